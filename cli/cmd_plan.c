/*
 * plan: what would be done, proved on a shadow.
 */
#include "cli/cmd.h"
#include "cli/interrupt.h"
#include "cli/plan_options.h"
#include "cli/text_findings.h"
#include "cli/text_plan.h"

static const struct opt options[] = {
	OPT_TO("plan this migration and what it needs, and no more"),
	{'o', "out", OPT_TEXT, "FILE", OPT_FIELD(out),
		"save the plan, to be applied exactly with 'amplan apply --plan FILE'"},
	{0, "plan", OPT_TEXT, "FILE", OPT_FIELD(file),
		"take the plan from this saved file, and rehearse it again"},
	OPT_SHADOW,
	OPT_COPY_LIMIT,
	{0, "exit-code", OPT_FLAG, NULL, OPT_FIELD(exit_code),
		"exit with 7 where there is pending work"},
	{0},
};

static int run(struct app *app)
{
	struct amplan_plan_options plan = plan_options(&app->options);
	plan.file = app->options.file;
	int code = amplan_plan(app->session, &plan, &app->report, &app->error);
	interrupt_rest(); /* a pipe may have no reader */
	if (!code && app->options.out)
		code = amplan_plan_save(app->report, app->options.out, &app->error);
	if (!code && app->options.exit_code && app->report->nsteps)
		app->exit = 7;
	return code;
}

static void next(struct app *app)
{
	struct terminal *out = &app->out;
	if (app->code || app->options.quiet || !app->report->nsteps)
		return;
	if (app->options.out) {
		say(out, "saved as ");
		terminal_argument(out, app->options.out);
		say(out, "; to apply exactly this plan:\n  amplan apply --plan ");
		terminal_argument(out, app->options.out);
		app_say_same_options(app, out);
		say(out, "\n");
	} else if (app->report->database) {
		say(out, "to apply it:\n");
		plan_say_next(app, "apply");
	} else {
		say(out, "no database was named, so this is the plan for an empty one\n");
	}
}

static void show(struct app *app)
{
	struct terminal *out = &app->out;
	const struct amplan_report *report = app->report;
	if (!report)
		return;
	bool planned = report->nsteps || !app->code;
	if (planned)
		text_plan(out, report);
	text_findings(out, report, app->options.quiet);
	text_findings_summary(out, report);
	if (!planned)
		return;
	if (report->nfindings && report->nsteps)
		say(out, "\n");
	if (report->nsteps)
		text_plan_totals(out, report);
	else
		say(out, "nothing to do\n");
	next(app);
}

const struct cmd cmd_plan = {
	.name = "plan",
	.line = "show what would be done, rehearsed on a shadow of the database",
	.operands = "",
	.text = "Reads the descriptors, orders them, compares them with the history of the "
		"database, and really runs what is pending on a private shadow of it. What "
		"is printed is what was seen: the steps with the reason for their place, the "
		"statements and rows, the objects created (+), altered (~) and dropped (-), "
		"the difference of the schemas, the findings, the totals, and a digest that "
		"names this plan. Nothing is written to the database. Without a database it "
		"plans for an empty one.\n\n"
		"How close the shadow is to the database is always named: a copy with all "
		"rows, the schema without rows, or an empty database. On a shadow without the "
		"real rows, checks that look at rows are reported as unknown.\n\n"
		"Findings are part of the result and go to standard output. A step that fails "
		"in the rehearsal is marked FAILED, those that need it UNTRIED, and the exit "
		"code is 1.\n\n"
		"  amplan plan -d app.db\n"
		"  amplan plan -d app.db --out release.plan\n"
		"  amplan apply -d app.db --plan release.plan",
	.options = options,
	.needs = CMD_SESSION | CMD_OWN_FINDINGS,
	.run = run,
	.show = show,
};
