/*
 * Apply: plan, rehearse, lock, run; and once more from the start where another process
 * was faster. A plan that came from a person or a file is applied exactly or refused.
 */
#include "executor/apply.h"

#include <stdio.h>
#include <string.h>

#include "executor/failure.h"
#include "executor/look.h"
#include "executor/rehearse.h"
#include "executor/run.h"

/* More rounds than this and something else writes to the database all the time. */
#define ROUNDS_MAX 20

/* Such a plan commits more than once, and is half done in between. */
static bool is_in_parts(const struct amp_plan *plan)
{
	for (size_t i = 0; i < plan->nsteps; i++)
		if (plan->steps[i].migration->flags & AMPLAN_NO_TRANSACTION)
			return true;
	return plan->nstages > 1;
}

static void log_steps(const struct amp_job *job, struct amplan *amplan)
{
	char number[32], milliseconds[32], rows[32];
	for (size_t i = 0; i < job->plan.nsteps; i++) {
		const struct amp_result *result = &job->results[i];
		if (result->outcome != AMPLAN_DONE && result->outcome != AMPLAN_MARKED)
			continue;
		snprintf(number, sizeof(number), "%u of %zu", job->plan.steps[i].number,
			job->plan.nsteps);
		snprintf(milliseconds, sizeof(milliseconds), "%lld",
			(long long)result->milliseconds);
		snprintf(rows, sizeof(rows), "%lld", (long long)result->rows);
		amp_log(&amplan->hooks, AMPLAN_LOG_INFO,
			job->plan.direction == AMP_DOWN ? "rolled back"
				: result->outcome == AMPLAN_MARKED
				? "already there, recorded"
				: "applied",
			"id", job->plan.steps[i].migration->id, "step", number,
			"milliseconds", milliseconds, "rows", rows, NULL);
	}
}

static const struct amplan_place *place_of_failure(
	const struct amp_job *job, const char *id)
{
	for (size_t i = job->findings.count; id && i-- > 0;) {
		const struct amplan_finding *finding = &job->findings.items[i];
		if (finding->nids && !strcmp(finding->ids[0], id))
			return &finding->place;
	}
	return NULL;
}

/* Runs the job's plan on the database. *stale: it does not start where it should. */
static int carry_out(struct amp_job *job, struct amplan *amplan, bool *stale,
	struct amplan_error *error)
{
	struct amp_runner runner = {.job = job, .real_rows = true, .head = job->begins};
	struct amplan_error unused = {0}, *into = error ? error : &unused;
	int code = amplan->engine->open(
		&amplan->target, AMP_CREATE, &amplan->hooks, &runner.db, into);
	if (code)
		return code;
	job->report.done = true;
	memcpy(runner.fingerprint, job->fingerprint, AMP_DIGEST_SIZE);
	runner.db->given_up_user = &runner;
	runner.db->given_up = amp_run_is_over;
	/* Several commits: nobody may come in between, nor take what is half done for an
	   accident. Where there once was such a plan, another may be at work now. */
	code = amplan->engine->lock_aside(runner.db, is_in_parts(&job->plan), into);
	if (code == AMPLAN_LOCKED && runner.stale)
		code = amp_run_stale(&runner, true, into);
	runner.db->given_up = amp_run_is_stale;
	if (!code)
		code = amp_run_plan(&runner, into);
	amplan->engine->close(runner.db);
	*stale = runner.stale;
	log_steps(job, amplan);
	if (!code)
		amp_failure_remove(amplan);
	else if (runner.failed_id && code != AMPLAN_CANCELLED)
		amp_failure_write(amplan, runner.failed_id,
			place_of_failure(job, runner.failed_id), into->message);
	return code;
}

/* What history and verdict are after the run, for the report. */
static int look_again(
	struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	struct amp_db *db = NULL;
	int code = amplan->engine->open(
		&amplan->target, AMP_WRITE, &amplan->hooks, &db, error);
	if (!code)
		code = amplan->engine->begin_read(db, error);
	/* reports that were handed out point into what was known before */
	if (!code && !amp_vec_push(&job->past, job->history))
		code = amp_error_nomem(error);
	if (!code)
		code = amp_history_read(&job->history, db, error);
	amplan->engine->close(db);
	return code;
}

static void settle_states(struct amp_job *job)
{
	size_t done = 0;
	for (size_t i = 0; i < job->plan.nsteps; i++) {
		enum amplan_outcome outcome = job->results[i].outcome;
		if (outcome != AMPLAN_DONE && outcome != AMPLAN_MARKED)
			continue;
		done++;
		job->plan.states[job->plan.steps[i].node] =
			job->plan.direction == AMP_UP ? AMPLAN_APPLIED : AMPLAN_PENDING;
	}
	bool pending = job->plan.direction == AMP_DOWN ? done > 0 || job->plan.pending
						       : job->plan.pending > done;
	if (job->plan.nunknown)
		job->plan.verdict = pending ? AMPLAN_DIVERGED : AMPLAN_AHEAD;
	else
		job->plan.verdict = pending ? AMPLAN_BEHIND : AMPLAN_CURRENT;
}

static bool ran_any(const struct amp_job *job)
{
	for (size_t i = 0; i < job->plan.nsteps; i++)
		if (job->results[i].outcome == AMPLAN_DONE ||
			job->results[i].outcome == AMPLAN_MARKED)
			return true;
	return false;
}

int amp_apply_settle(
	struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	settle_states(job);
	return ran_any(job) ? look_again(job, amplan, error) : AMPLAN_OK;
}

/* The rehearsal's findings and results are not the run's. */
static void forget_rehearsal(struct amp_job *job)
{
	for (size_t i = 0; i < job->plan.nsteps; i++)
		job->results[i] = (struct amp_result){
			.effects = job->results[i].effects,
			.neffects = job->results[i].neffects,
		};
}

int amp_apply_job(struct amp_job *job, struct amplan *amplan, bool *stale,
	struct amplan_error *error)
{
	*stale = false;
	job->report.done = !job->plan.nsteps;
	if (!job->plan.nsteps)
		return AMPLAN_OK;
	forget_rehearsal(job);
	int code = carry_out(job, amplan, stale, error);
	struct amplan_error inner;
	int settled = amp_apply_settle(job, amplan, code ? &inner : error);
	return code ? code : settled;
}

/* A step that failed in the rehearsal is what `status` should tell of. */
static void note_rehearsal(const struct amp_job *job, struct amplan *amplan)
{
	for (size_t i = 0; i < job->findings.count; i++) {
		const struct amplan_finding *finding = &job->findings.items[i];
		if (finding->severity != AMPLAN_ERROR || !finding->nids)
			continue;
		amp_failure_write(
			amplan, finding->ids[0], &finding->place, finding->message);
		return;
	}
}

/* Looks and plans. `apart`: not while another is in the middle of a plan of several
   commits. Its lock is held while we look, and given back: a plan is checked again. */
static int look(struct amp_job *job, struct amplan *amplan, const struct amp_goal *goal,
	bool apart, struct amp_db **db, struct amplan_error *error)
{
	struct amp_db *aside = NULL;
	int code = AMPLAN_OK;
	if (apart)
		code = amplan->engine->open(
			&amplan->target, AMP_WRITE, &amplan->hooks, &aside, error);
	if (!code && apart)
		code = amplan->engine->lock_aside(aside, false, error);
	job->apart = apart && !code;
	if (!code)
		code = amp_look_and_plan(job, amplan, goal, AMP_WRITE, db, error);
	amplan->engine->close(aside);
	return code;
}

/* Does it look like what another process may just be in the middle of? */
static bool may_be_halfway(const struct amp_job *job, int code)
{
	if (job->apart)
		return false;
	return code == AMPLAN_PARTIAL || (code == AMPLAN_LOCKED && job->running) ||
		(code == AMPLAN_REFUSED && job->planned &&
			job->plan.verdict == AMPLAN_DIVERGED);
}

/* One round: everything from the folders on. *again: not to be taken at its word. */
static int plan_and_apply(struct amp_job *job, struct amplan *amplan,
	const struct amp_goal *goal, const struct amplan_plan_options *options,
	struct amp_manner *manner, bool *apart, bool *again, struct amplan_error *error)
{
	struct amp_db *db = NULL;
	int code = look(job, amplan, goal, *apart, &db, error);
	*apart = *again = may_be_halfway(job, code);
	manner->worked |= *again || (job->planned && job->plan.nsteps);
	if (!code && job->plan.nsteps && manner->consent)
		code = manner->consent(job, error);
	if (!code && job->plan.nsteps) {
		code = amp_rehearse(
			job, amplan, db, options->fidelity, options->copy_limit, error);
		if (code == AMPLAN_FAILED)
			note_rehearsal(job, amplan);
	}
	amplan->engine->close(db);
	return code ? code : amp_apply_job(job, amplan, again, error);
}

int amp_apply_pending(struct amplan *amplan, const struct amp_goal *goal,
	const struct amplan_plan_options *options, struct amp_manner *manner,
	struct amp_job **out, struct amplan_error *error)
{
	struct amplan_error inner;
	bool apart = false, again = false;
	for (int round = 1;; round++) {
		struct amp_job *job = amp_job_new(error);
		if (!job)
			return AMPLAN_NOMEM;
		*out = job;
		amp_error_clear(&inner);
		int code = plan_and_apply(
			job, amplan, goal, options, manner, &apart, &again, &inner);
		if (!code || !again || round >= ROUNDS_MAX || ran_any(job)) {
			if (code && error)
				*error = inner;
			return code;
		}
		amp_job_free(job);
		*out = NULL;
		if (!apart && manner->is_done && manner->is_done(amplan))
			return AMPLAN_OK;
	}
}

static int apply_exactly(struct amplan *amplan, const struct amplan_report *plan,
	struct amplan_report **out, struct amplan_error *error)
{
	struct amp_job *job = amp_job_of(plan);
	bool stale = false;
	if (!job->sound)
		return amp_error(
			error, AMPLAN_USAGE, "this report holds no plan to apply");
	int code = amp_apply_job(job, amplan, &stale, error);
	if (stale) {
		struct amplan_finding *finding = amp_finding_add(&job->findings,
			AMPLAN_ERROR, "plan-stale", "%s", error ? error->message : "");
		amp_finding_hint(&job->findings, finding, "%s", error ? error->hint : "");
	}
	if (code == AMPLAN_LOCKED)
		amp_job_say_locked(job, error);
	/* the caller keeps the plan's report, so the answer is a job of its own */
	return amp_job_answer(job, amplan, code, out, error);
}

int amplan_apply(struct amplan *amplan, const struct amplan_plan_options *options,
	const struct amplan_report *plan, struct amplan_report **out,
	struct amplan_error *error)
{
	static const struct amplan_plan_options defaults = AMPLAN_PLAN_OPTIONS_INIT;
	struct amp_job *job = NULL;
	*out = NULL;
	amp_error_clear(error);
	int code = amp_need_database(amplan, error);
	if (code)
		return code;
	if (plan)
		return apply_exactly(amplan, plan, out, error);
	options = options ? options : &defaults;
	if (options->rollback || options->file)
		return amp_error(error, AMPLAN_USAGE,
			"a rollback or a saved plan is planned first: amplan_plan()");
	const struct amp_goal goal = {.direction = AMP_UP, .to = options->to};
	struct amp_manner manner = {0};
	code = amp_apply_pending(amplan, &goal, options, &manner, &job, error);
	if (job && code == AMPLAN_LOCKED)
		amp_job_say_locked(job, error);
	return job ? amp_job_finish(job, amplan, code, out, error) : code;
}
