/*
 * check: what CI should refuse, proved without a database.
 */
#include "cli/cmd.h"
#include "cli/text_findings.h"

static const struct opt options[] = {
	{0, "strict", OPT_FLAG, NULL, OPT_FIELD(strict), "warnings are errors"},
	{0, "require-down", OPT_FLAG, NULL, OPT_FIELD(require_down),
		"a migration without a way back is an error"},
	{0, "fix", OPT_FLAG, NULL, OPT_FIELD(fix),
		"write each dependency that is missing into its descriptor"},
	{0},
};

static int run(struct app *app)
{
	struct amplan_check_options check = AMPLAN_CHECK_OPTIONS_INIT;
	check.strict = app->options.strict;
	check.require_down = app->options.require_down;
	check.fix = app->options.fix;
	return amplan_check(app->session, &check, &app->report, &app->error);
}

static void show(struct app *app)
{
	const struct amplan_report *report = app->report;
	struct terminal *out = &app->out;
	if (!report)
		return;
	text_findings(out, report, app->options.quiet);
	text_findings_summary(out, report);
	if (app->code)
		return;
	say(out, GREEN "checked" PLAIN ": ");
	terminal_count(out, report->nmigrations, "migration");
	say(out, " hold\n");
}

const struct cmd cmd_check = {
	.name = "check",
	.line = "prove the descriptors without a database: what CI should refuse",
	.operands = "",
	.text = "Runs all migrations on a shadow of an empty database and tells what does not "
		"hold. No database is opened.",
	.options = options,
	.needs = CMD_SESSION | CMD_OWN_FINDINGS,
	.run = run,
	.show = show,
};
