#include "cli/plan_options.h"

enum amplan_fidelity plan_fidelity(int choice)
{
	static const enum amplan_fidelity fidelities[] = {AMPLAN_FIDELITY_AUTO,
		AMPLAN_FIDELITY_COPY, AMPLAN_FIDELITY_SCHEMA, AMPLAN_FIDELITY_NONE};
	return fidelities[choice];
}

struct amplan_plan_options plan_options(const struct options *options)
{
	struct amplan_plan_options plan = AMPLAN_PLAN_OPTIONS_INIT;
	plan.to = options->to;
	plan.fidelity = options->no_rehearsal ? AMPLAN_FIDELITY_NONE
					      : plan_fidelity(options->shadow);
	if (options->copy_limit >= 0)
		plan.copy_limit = options->copy_limit;
	return plan;
}

void plan_say_next(struct app *app, const char *word)
{
	const struct options *options = &app->options;
	say(&app->out, "  amplan %s", word);
	if (options->to) {
		say(&app->out, " --to ");
		terminal_argument(&app->out, options->to);
	}
	if (options->steps)
		say(&app->out, " --steps %u", options->steps);
	app_say_same_options(app, &app->out);
	say(&app->out, "\n");
}
