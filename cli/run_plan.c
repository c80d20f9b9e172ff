#include "cli/run_plan.h"

#include "cli/prompt.h"
#include "cli/text_findings.h"
#include "cli/text_plan.h"

void run_plan_show(struct app *app)
{
	progress_clear(&app->progress);
	text_plan(&app->out, app->report);
	text_findings(&app->out, app->report, app->options.quiet);
	text_findings_summary(&app->out, app->report);
	if (app->report->nfindings && app->report->nsteps)
		say(&app->out, "\n");
	if (app->report->nsteps)
		text_plan_totals(&app->out, app->report);
}

/* Applies the plan in app->report, whose place the report of the apply takes. */
static int apply_shown(struct app *app, const struct amplan_plan_options *options)
{
	struct amplan_report *plan = app->report;
	app->report = NULL;
	int code = amplan_apply(app->session, options, plan, &app->report, &app->error);
	amplan_report_free(plan);
	return code;
}

int run_plan(struct app *app, const struct amplan_plan_options *options, bool at_once,
	const struct run_words *words)
{
	bool asks = !app->options.yes && prompt_is_possible(app);
	if (at_once && !asks)
		return amplan_apply(
			app->session, options, NULL, &app->report, &app->error);
	int code = amplan_plan(app->session, options, &app->report, &app->error);
	if (code || !app->report->nsteps)
		return code;
	if (asks) {
		run_plan_show(app);
		if (!prompt_plan(app, words->verb, words->preposition, &code))
			return code;
	}
	return apply_shown(app, options);
}

/* After a failure: what holds and what does not, for whoever has to go on from there. */
static void failed_steps(struct app *app, const struct run_words *words)
{
	const struct amplan_report *report = app->report;
	struct terminal *err = &app->err;
	size_t done = 0;
	if (app->log.json || app->code == AMPLAN_REFUSED || app->code == AMPLAN_LOCKED ||
		app->code == AMPLAN_PARTIAL)
		return; /* these say by themselves what was done */
	for (size_t i = 0; i < report->nsteps; i++) {
		const struct amplan_step *step = &report->steps[i];
		done += step->outcome == AMPLAN_DONE || step->outcome == AMPLAN_MARKED;
		if (step->outcome == AMPLAN_STOPPED)
			say(err, RED "%s" PLAIN " %s, step %u of %zu%s\n",
				step->migration->id,
				app->code == AMPLAN_CANCELLED ? "was stopped" : "failed",
				step->number, report->nsteps,
				report->done ? "" : ", in the rehearsal");
	}
	if (report->done && done) {
		terminal_count(err, done, "migration");
		say(err, " of earlier stages %s %s and stay%s so\n",
			done == 1 ? "was" : "were", words->past, done == 1 ? "s" : "");
	} else {
		say(err, "nothing was %s\n", words->past);
	}
}

static void done_steps(struct app *app)
{
	const struct amplan_report *report = app->report;
	for (size_t i = 0; i < report->nsteps; i++) {
		const struct amplan_step *step = &report->steps[i];
		say(&app->out, "  %s", step->migration->id);
		if (step->outcome == AMPLAN_MARKED)
			say(&app->out, "  %s", text_marked(report));
		else if (step->milliseconds >= 1000) {
			say(&app->out, "  ");
			text_duration(&app->out, step->milliseconds);
		}
		say(&app->out, "\n");
	}
}

void run_plan_result(struct app *app, const struct run_words *words)
{
	const struct amplan_report *report = app->report;
	int64_t milliseconds = 0;
	if (app->nothing_done && !app->code)
		say(&app->out, "nothing %s\n", words->past);
	else if (app->code && report && report->nsteps && !app->nothing_done)
		failed_steps(app, words);
	if (app->code || app->nothing_done)
		return;
	if (!report->nsteps) {
		say(&app->out, "nothing to do: %s is %s\n", text_database(report),
			amplan_verdict_name(report->verdict));
		return;
	}
	for (size_t i = 0; i < report->nsteps; i++)
		milliseconds += report->steps[i].milliseconds;
	if (!app->options.quiet)
		done_steps(app);
	say(&app->out, GREEN "%s" PLAIN " ", words->past);
	terminal_count(&app->out, report->nsteps, "migration");
	say(&app->out, " %s %s in ", words->preposition, text_database(report));
	text_duration(&app->out, milliseconds);
	say(&app->out, "\n");
}
