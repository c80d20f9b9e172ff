/*
 * The commands that only look: order, graph, plan, status.
 */
#include <amplan/executor.h>

#include "executor/look.h"
#include "executor/rehearse.h"
#include "executor/saved_plan.h"
#include "planner/redundant.h"

int amplan_order(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	*out = NULL;
	amp_error_clear(error);
	struct amp_job *job = amp_job_new(error);
	if (!job)
		return AMPLAN_NOMEM;
	int code = amp_job_load(job, amplan, error);
	return amp_job_finish(job, amplan, code, out, error);
}

/* Looks at the database and plans everything, for reports that change nothing. */
static int survey(struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	const struct amp_goal all = {.direction = AMP_UP};
	struct amp_db *db = NULL;
	int code = amp_look_and_plan(job, amplan, &all, AMP_OBSERVE, &db, error);
	amplan->engine->close(db);
	if (job->looked)
		amplan->engine->holder(&amplan->target, &job->report.holder, &job->arena);
	/* that another process is at work is an answer here, not a failure */
	if (code == AMPLAN_LOCKED && job->running) {
		amp_error_clear(error);
		code = AMPLAN_OK;
	}
	return code;
}

int amplan_graph(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	*out = NULL;
	amp_error_clear(error);
	struct amp_job *job = amp_job_new(error);
	if (!job)
		return AMPLAN_NOMEM;
	int code = amplan->has_database ? survey(job, amplan, error)
					: amp_job_load(job, amplan, error);
	/* whatever was wrong before: without it the picture would be another */
	if (job->order && amp_redundant(&job->graph, job->order, error))
		code = AMPLAN_NOMEM;
	return amp_job_finish(job, amplan, code, out, error);
}

int amplan_status(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	*out = NULL;
	amp_error_clear(error);
	int code = amp_need_database(amplan, error);
	if (code)
		return code;
	struct amp_job *job = amp_job_new(error);
	if (!job)
		return AMPLAN_NOMEM;
	code = survey(job, amplan, error);
	return amp_job_finish(job, amplan, code, out, error);
}

/* A goal from the caller's options. */
static int read_goal(const struct amplan_plan_options *options, struct amp_goal *goal,
	struct amplan_error *error)
{
	*goal = (struct amp_goal){
		.direction = options->rollback ? AMP_DOWN : AMP_UP,
		.to = options->to,
		.count = options->steps,
	};
	if (options->rollback && !options->to && !options->steps) {
		amp_error(error, AMPLAN_USAGE, "a rollback needs a target");
		amp_error_hint(error, "say how far: --to ID or --steps N");
		return AMPLAN_USAGE;
	}
	if (options->rollback && options->to && options->steps)
		return amp_error(error, AMPLAN_USAGE,
			"a rollback goes to an id or by a number of steps, not both");
	return AMPLAN_OK;
}

/* Plans for a call; without a database, for an empty one. */
static int make_plan(struct amp_job *job, struct amplan *amplan,
	const struct amplan_plan_options *options, struct amplan_error *error)
{
	struct amp_goal goal;
	struct amp_db *db = NULL;
	int code = read_goal(options, &goal, error);
	if (!code && options->file)
		code = amp_saved_plan_check(job, amplan, options->file, &db, error);
	else if (!code && amplan->has_database)
		code = amp_look_and_plan(job, amplan, &goal, AMP_OBSERVE, &db, error);
	else if (!code) {
		code = amp_job_load(job, amplan, error);
		if (!code)
			code = amp_job_look_at_nothing(job, error);
		if (!code)
			code = amp_job_plan(job, &goal, error);
	}
	if (goal.direction == AMP_DOWN && job->looked && !job->exists &&
		amp_is_missing(amplan))
		code = amp_no_such_database(amplan, error);
	if (!code && job->plan.nsteps)
		code = amp_rehearse(
			job, amplan, db, options->fidelity, options->copy_limit, error);
	amplan->engine->close(db);
	return code;
}

int amplan_plan(struct amplan *amplan, const struct amplan_plan_options *options,
	struct amplan_report **out, struct amplan_error *error)
{
	static const struct amplan_plan_options defaults = AMPLAN_PLAN_OPTIONS_INIT;
	*out = NULL;
	amp_error_clear(error);
	struct amp_job *job = amp_job_new(error);
	if (!job)
		return AMPLAN_NOMEM;
	int code = make_plan(job, amplan, options ? options : &defaults, error);
	job->sound = !code;
	return amp_job_finish(job, amplan, code, out, error);
}
