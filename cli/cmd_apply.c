/*
 * apply: the pending work, under the lock.
 */
#include "cli/cmd.h"
#include "cli/plan_options.h"
#include "cli/run_plan.h"

static const struct opt options[] = {
	OPT_TO("apply this migration and what it needs, and no more"),
	{0, "plan", OPT_TEXT, "FILE", OPT_FIELD(file),
		"apply exactly this saved plan, or refuse"},
	{'y', "yes", OPT_FLAG, NULL, OPT_FIELD(yes), "do not ask"},
	{0, "no-rehearsal", OPT_FLAG, NULL, OPT_FIELD(no_rehearsal),
		"do not run it on a shadow first"},
	OPT_SHADOW,
	OPT_COPY_LIMIT,
	{0},
};

static const struct run_words words = {"apply", "applied", "to"};

static int run(struct app *app)
{
	struct amplan_plan_options plan = plan_options(&app->options);
	plan.file = app->options.file;
	if (plan.file && plan.to)
		return app_fail(app, AMPLAN_USAGE, NULL,
			"'--plan' and '--to' cannot be used together");
	return run_plan(app, &plan, !plan.file, &words);
}

static void show(struct app *app)
{
	run_plan_result(app, &words);
}

const struct cmd cmd_apply = {
	.name = "apply",
	.line = "plan, rehearse and apply what is pending, under the lock",
	.operands = "",
	.text = "Plans what is pending, rehearses it on a shadow, and runs it on the database "
		"under the lock, stage by stage. A stage commits whole, together with its "
		"rows in the history, or leaves no trace. Any number of processes may do so "
		"at once: one works, the others wait and find that nothing is left to do.\n\n"
		"On a terminal the plan is shown and a question asked; any answer but y or "
		"yes leaves the database alone, with exit code 0. Elsewhere, and with --yes, "
		"it goes on without asking.\n\n"
		"Ctrl-C and SIGTERM stop the step that runs and roll its stage back; a second "
		"one ends the program at once, and the database rolls back by itself. "
		"Findings go to standard error.\n\n"
		"  amplan apply -d app.db\n"
		"  amplan apply -d app.db --to 008_invite_usage --yes\n"
		"  amplan apply -d app.db --plan release.plan",
	.options = options,
	.needs = CMD_SESSION | CMD_DATABASE,
	.run = run,
	.show = show,
};
