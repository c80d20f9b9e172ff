/*
 * rollback: downs in reverse order, under the lock.
 */
#include "cli/cmd.h"
#include "cli/plan_options.h"
#include "cli/run_plan.h"
#include "cli/text_plan.h"

static const struct opt options[] = {
	OPT_TO("roll back all that came after this migration, which itself stays"),
	{0, "steps", OPT_NUMBER, "N", OPT_FIELD(steps),
		"roll back the last N that were applied"},
	{0, "dry-run", OPT_FLAG, NULL, OPT_FIELD(dry_run), "show the plan and stop"},
	{'y', "yes", OPT_FLAG, NULL, OPT_FIELD(yes), "do not ask"},
	{0, "no-rehearsal", OPT_FLAG, NULL, OPT_FIELD(no_rehearsal),
		"do not run it on a shadow first"},
	OPT_SHADOW,
	OPT_COPY_LIMIT,
	{0},
};

static const struct run_words words = {"roll back", "rolled back", "from"};

static int run(struct app *app)
{
	struct amplan_plan_options plan = plan_options(&app->options);
	plan.rollback = true;
	plan.steps = app->options.steps;
	if (!plan.to && !plan.steps)
		return app_fail(app, AMPLAN_USAGE, NULL,
			"'rollback' needs '--to ID' or '--steps N'");
	if (plan.to && plan.steps)
		return app_fail(app, AMPLAN_USAGE, NULL,
			"'--to' and '--steps' cannot be used together");
	if (app->options.dry_run)
		return amplan_plan(app->session, &plan, &app->report, &app->error);
	return run_plan(app, &plan, false, &words);
}

static void show(struct app *app)
{
	const struct amplan_report *report = app->report;
	if (!app->options.dry_run) {
		run_plan_result(app, &words);
		return;
	}
	if (!report || (app->code && !report->nsteps))
		return;
	text_plan(&app->out, report);
	if (report->nsteps)
		text_plan_totals(&app->out, report);
	else
		say(&app->out, "nothing to roll back\n");
	if (!app->code && report->nsteps && !app->options.quiet) {
		say(&app->out, "to roll it back:\n");
		plan_say_next(app, "rollback");
	}
}

const struct cmd cmd_rollback = {
	.name = "rollback",
	.line = "run downs in reverse plan order, rehearsed first, under the lock",
	.operands = "",
	.text = "Undoes the last migrations with their downs, in reverse plan order: those "
		"after the one that --to names, or as many as --steps says. The downs are "
		"rehearsed on a shadow first and run under the lock, all in one transaction. "
		"A migration that is declared irreversible, or has no down, refuses the whole "
		"rollback, and its reason is shown.\n\n"
		"It asks like 'amplan apply'. With --dry-run it shows the plan and stops. "
		"Findings go to standard error.\n\n"
		"  amplan rollback -d app.db --steps 1\n"
		"  amplan rollback -d app.db --to 007_tags --dry-run",
	.options = options,
	.needs = CMD_SESSION | CMD_DATABASE,
	.run = run,
	.show = show,
};
