/*
 * show: a saved plan, as plan shows it.
 */
#include "cli/cmd.h"
#include "cli/text_findings.h"
#include "cli/text_plan.h"

static int run(struct app *app)
{
	return amplan_show(app->options.operands[0], &app->report, &app->error);
}

static void show(struct app *app)
{
	const struct amplan_report *report = app->report;
	struct terminal *out = &app->out;
	if (!report)
		return;
	if (!app->code)
		text_plan(out, report);
	text_findings(out, report, app->options.quiet);
	text_findings_summary(out, report);
	if (app->code)
		return;
	text_plan_totals(out, report);
	if (app->options.quiet)
		return;
	say(out,
		"to apply exactly this plan, with the same -d and -m:\n"
		"  amplan apply --plan ");
	terminal_argument(out, app->options.operands[0]);
	app_say_same_options(app, out);
	say(out, "\n");
}

const struct cmd cmd_show = {
	.name = "show",
	.line = "show a saved plan as 'plan' does",
	.operands = "FILE",
	.least = 1,
	.most = 1,
	.text = "Reads a plan that 'amplan plan --out FILE' saved and prints it as it was "
		"rehearsed then. Neither descriptors nor a database are needed. A file that "
		"was altered is refused, with exit code 3; whether the plan still fits the "
		"database is found out by 'amplan apply --plan FILE'.",
	.needs = CMD_OWN_FINDINGS,
	.run = run,
	.show = show,
};
