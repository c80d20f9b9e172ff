/*
 * verify: does the database still hold what its history says?
 */
#include "cli/cmd.h"
#include "cli/text_findings.h"
#include "cli/text_plan.h"

static int run(struct app *app)
{
	return amplan_verify(app->session, &app->report, &app->error);
}

static void show(struct app *app)
{
	const struct amplan_report *report = app->report;
	struct terminal *out = &app->out;
	if (!report)
		return;
	if (report->schema_diff && *report->schema_diff) {
		text_diff(out, report->schema_diff);
		say(out, "\n");
	}
	text_findings(out, report, app->options.quiet);
	text_findings_summary(out, report);
	if (app->code)
		return;
	say(out, GREEN "verified" PLAIN ": %s, ", text_database(report));
	terminal_count(out, report->napplied, "migration");
	say(out, " applied, history and schema hold\n");
}

const struct cmd cmd_verify = {
	.name = "verify",
	.line = "compare history with descriptors, and the schema with the history",
	.operands = "",
	.text = "Compares each applied migration with its descriptor ('changed', 'missing'), "
		"recomputes the hash chain of the history ('history-tampered'), and compares "
		"the live schema with the fingerprint that the last apply recorded "
		"('schema-drift'). Nothing is written.\n\n"
		"What does not hold is a finding; findings are the result and go to standard "
		"output. The exit code is 3 where one of them is an error.",
	.needs = CMD_SESSION | CMD_DATABASE | CMD_OWN_FINDINGS,
	.run = run,
	.show = show,
};
