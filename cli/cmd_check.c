/*
 * check: what CI should refuse, proved without a database.
 */
#include "cli/cmd.h"
#include "cli/github.h"
#include "cli/sarif.h"
#include "cli/text_findings.h"

static const struct opt options[] = {
	{0, "strict", OPT_FLAG, NULL, OPT_FIELD(strict), "warnings are errors"},
	{0, "require-down", OPT_FLAG, NULL, OPT_FIELD(require_down),
		"a migration without a way back is an error"},
	{0, "fix", OPT_FLAG, NULL, OPT_FIELD(fix),
		"write each dependency that is missing into its descriptor"},
	{0, "format", OPT_CHOICE, OPT_FORMATS, OPT_FIELD(format),
		"how to print the findings: for people, as --json does, as SARIF 2.1.0, or "
		"as annotations of GitHub Actions"},
	{0, "statement-timeout", OPT_SECONDS, "SECONDS", OPT_FIELD(statement_timeout_ms),
		"how long one statement may run, 30 by default; 0: as long as it likes"},
	{0},
};

static int run(struct app *app)
{
	struct amplan_check_options check = AMPLAN_CHECK_OPTIONS_INIT;
	if (app->options.json && app->options.format > OPT_FORMAT_JSON)
		return app_fail(app, AMPLAN_USAGE, NULL,
			"'--json' and '--format' cannot be used together");
	check.strict = app->options.strict;
	check.require_down = app->options.require_down;
	check.fix = app->options.fix;
	check.statement_timeout_ms = app->options.statement_timeout_ms;
	return amplan_check(app->session, &check, &app->report, &app->error);
}

static void say_fixed(struct terminal *out, unsigned count)
{
	if (count == 1)
		say(out,
			GREEN "fixed" PLAIN
			      ": 1 dependency was written into its descriptor\n");
	else if (count)
		say(out,
			GREEN "fixed" PLAIN
			      ": %u dependencies were written into their descriptors\n",
			count);
}

/* What it came to, below the findings. */
static void say_result(struct app *app)
{
	const struct amplan_report *report = app->report;
	struct terminal *out = &app->out;
	text_findings_summary(out, report);
	say_fixed(out, report->nfixed);
	if (app->code)
		return;
	say(out, GREEN "checked" PLAIN ": ");
	terminal_count(out, report->nmigrations, "migration");
	say(out, report->nmigrations == 1 ? " holds" : " hold");
	if (report->fidelity == AMPLAN_FIDELITY_SEEDED)
		say(out, ", %s", amplan_fidelity_name(report->fidelity));
	say(out, "\n");
}

/* Errors among the findings are what a check is for: it came to its end. */
static const struct amplan_error *error_besides(const struct app *app)
{
	bool told = app->code == AMPLAN_REFUSED && app->report &&
		amplan_report_has_errors(app->report);
	return app->code && !told ? &app->error : NULL;
}

static void show_text(struct app *app)
{
	if (!app->report)
		return;
	text_findings(&app->out, app->report, app->options.quiet);
	say_result(app);
}

static void show_github(struct app *app)
{
	if (app->report)
		github_findings(&app->out, app->report, app->options.quiet);
	if (error_besides(app))
		github_error(&app->out, error_besides(app));
	if (app->report)
		say_result(app);
}

static void show_sarif(struct app *app)
{
	struct sarif_run sarif = {
		.report = app->report,
		.folder = app->settings.nfolders ? app->settings.folders[0] : NULL,
		.exit = amplan_exit_code(app->code),
		.error = error_besides(app),
	};
	if (!sarif_write(stdout, &sarif))
		app->code = app_fail(app, AMPLAN_NOMEM, NULL, "out of memory");
}

static void show(struct app *app)
{
	switch ((enum opt_format)app->options.format) {
	case OPT_FORMAT_SARIF:
		show_sarif(app);
		break;
	case OPT_FORMAT_GITHUB:
		show_github(app);
		break;
	default:
		show_text(app);
		break;
	}
}

static void json(struct app *app, struct json *json)
{
	const struct amplan_report *report = app->report;
	if (!report)
		return;
	json_array(json, "migrations");
	for (size_t i = 0; i < report->nmigrations; i++) {
		const struct amplan_migration *migration = &report->migrations[i];
		json_map(json, NULL);
		json_text(json, "id", migration->id);
		json_text(json, "file", migration->place.file);
		json_number(json, "line", migration->place.line);
		json_accesses(json, migration);
		json_end_map(json);
	}
	json_end_array(json);
	json_demands(json, report);
	if (report->nfixed)
		json_number(json, "fixed", report->nfixed);
}

const struct cmd cmd_check = {
	.name = "check",
	.line = "prove the descriptors without a database: what CI should refuse",
	.operands = "",
	.text = "Runs all migrations on a shadow of an empty database and tells what does not "
		"hold. No database is opened.\n\n"
		"In CI, --format github makes annotations of the findings, and --format sarif "
		"a file for code scanning:\n\n"
		"  amplan check --format sarif >amplan.sarif",
	.options = options,
	.needs = CMD_SESSION | CMD_OWN_FINDINGS,
	.run = run,
	.show = show,
	.json = json,
};
