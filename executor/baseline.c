/*
 * Baseline: recording as applied what is there already, after a comparison.
 *
 * The migrations are rehearsed from nothing; what they make is compared with the live
 * schema. Only where the two are equal, or a person accepts the difference, are they
 * recorded.
 */
#include <string.h>

#include "executor/apply.h"
#include "executor/failure.h"
#include "executor/look.h"
#include "executor/objects.h"
#include "executor/run.h"

static int run_on_nothing(struct amp_job *job, struct amplan *amplan,
	struct amp_objects *made, struct amplan_error *error)
{
	struct amp_runner runner = {.job = job, .rehearsal = true, .real_rows = true};
	struct amp_objects now;
	int code = amplan->engine->shadow(NULL, AMPLAN_FIDELITY_EMPTY, 0, &amplan->hooks,
		&runner.db, &job->report.fidelity, &job->report.fidelity_note,
		&job->arena, error);
	if (!code)
		code = amp_run_plan(&runner, error);
	if (!code)
		code = runner.db->engine->objects(runner.db, &now, error);
	if (!code)
		code = amp_objects_copy(made, &now, &job->arena, error);
	amplan->engine->close(runner.db);
	return code;
}

/* What is applied and what is to be recorded, as one plan that starts from nothing. */
static int plan_from_nothing(struct amp_job *scratch, struct amp_job *job,
	struct amplan *amplan, struct amplan_error *error)
{
	size_t count = 0;
	const char **ids = amp_arena_array(
		&scratch->arena, job->history.napplied + job->plan.nsteps, sizeof(*ids));
	if (!ids)
		return amp_error_nomem(error);
	for (size_t i = 0; i < job->history.napplied; i++)
		if (amp_catalog_find(&job->catalog, job->history.applied[i].id))
			ids[count++] = job->history.applied[i].id;
	for (size_t i = 0; i < job->plan.nsteps; i++)
		ids[count++] = job->plan.steps[i].migration->id;
	const struct amp_goal goal = {.direction = AMP_UP, .only = ids, .nonly = count};
	int code = amp_job_load(scratch, amplan, error);
	if (!code)
		code = amp_job_look_at_nothing(scratch, error);
	return code ? code : amp_job_plan(scratch, &goal, error);
}

/* Rehearses in a job of its own; its findings and results are told, its plan is not. */
static int rehearse_from_nothing(struct amp_job *job, struct amplan *amplan,
	struct amp_objects *made, struct amplan_error *error)
{
	struct amp_objects inner;
	struct amp_job *scratch = amp_job_new(error);
	if (!scratch)
		return AMPLAN_NOMEM;
	int code = plan_from_nothing(scratch, job, amplan, error);
	if (!code)
		code = run_on_nothing(scratch, amplan, &inner, error);
	for (size_t i = 0; code && i < scratch->findings.count; i++)
		amp_findings_copy(&job->findings, &scratch->findings.items[i]);
	if (!code)
		code = amp_objects_copy(made, &inner, &job->arena, error);
	job->report.fidelity = scratch->report.fidelity;
	amp_job_free(scratch);
	return code;
}

/* *equal, and the difference from what is made to what is there. */
static int compare(struct amp_job *job, struct amp_db *db, const struct amp_objects *made,
	bool *equal, struct amplan_error *error)
{
	struct amp_objects live;
	AMP_STR_AUTO diff = AMP_STR_INIT;
	char wanted[AMP_DIGEST_SIZE];
	int code = db->engine->objects(db, &live, error);
	if (code)
		return code;
	amp_objects_fingerprint(made, wanted);
	*equal = !strcmp(wanted, job->fingerprint);
	amp_objects_diff(made, &live, &diff);
	if (diff.failed)
		return amp_error_nomem(error);
	if (diff.length)
		job->report.schema_diff =
			amp_arena_strdup(&job->arena, amp_str_text(&diff));
	return AMPLAN_OK;
}

static int refuse_difference(struct amp_job *job, struct amplan_error *error)
{
	struct amplan_finding *finding = amp_finding_add(&job->findings, AMPLAN_ERROR,
		"schema-differs", "the live schema is not what the migrations make");
	amp_finding_hint(&job->findings, finding,
		"the difference shows it: '-' is what the migrations make, '+' is what is "
		"there; record anyway with --accept-differences");
	return amp_error(
		error, AMPLAN_REFUSED, "the live schema is not what the migrations make");
}

static int record(struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	struct amp_runner runner = {.job = job, .real_rows = true};
	struct amp_history_head expected = {.exists = job->history.exists};
	int code = amplan->engine->open(
		&amplan->target, AMP_WRITE, &amplan->hooks, &runner.db, error);
	if (!code)
		code = runner.db->engine->begin(runner.db, false, error);
	if (!code)
		code = amp_history_head(runner.db, &runner.head, error);
	if (!code &&
		(runner.head.exists != expected.exists ||
			strcmp(runner.head.head, job->history.head) != 0))
		code = amp_error(error, AMPLAN_REFUSED,
			"the history of the database changed meanwhile; try again");
	if (!code)
		code = amp_history_create(runner.db, &runner.head, error);
	memcpy(runner.fingerprint, job->fingerprint, AMP_DIGEST_SIZE);
	for (size_t i = 0; !code && i < job->plan.nsteps; i++) {
		job->results[i] = (struct amp_result){.outcome = AMPLAN_MARKED};
		code = amp_run_record(&runner, i, "baselined", error);
	}
	if (!code)
		code = runner.db->engine->commit(runner.db, error);
	amplan->engine->close(runner.db);
	if (!code)
		amp_failure_remove(amplan);
	return code;
}

static int baseline(struct amp_job *job, struct amplan *amplan, const char *id,
	bool accept_differences, struct amplan_error *error)
{
	const struct amp_goal goal = {.direction = AMP_UP, .to = id};
	struct amp_objects made = {0};
	struct amp_db *db = NULL;
	bool equal = true;
	int code = amp_look_and_plan(job, amplan, &goal, AMP_WRITE, &db, error);
	if (!code && !db) {
		amp_error(error, AMPLAN_DATABASE, "'%s' does not exist",
			amplan->target.display);
		amp_error_hint(
			error, "a new database needs no baseline: use 'amplan apply'");
		code = AMPLAN_DATABASE;
	}
	if (!code)
		code = rehearse_from_nothing(job, amplan, &made, error);
	if (!code)
		code = compare(job, db, &made, &equal, error);
	amplan->engine->close(db);
	if (!code && !equal && !accept_differences)
		code = refuse_difference(job, error);
	if (!code)
		code = record(job, amplan, error);
	job->report.done = !code;
	return code ? code : amp_apply_settle(job, amplan, error);
}

int amplan_baseline(struct amplan *amplan, const char *id, bool accept_differences,
	struct amplan_report **out, struct amplan_error *error)
{
	*out = NULL;
	amp_error_clear(error);
	int code = amp_need_database(amplan, error);
	if (code)
		return code;
	struct amp_job *job = amp_job_new(error);
	if (!job)
		return AMPLAN_NOMEM;
	code = baseline(job, amplan, id, accept_differences, error);
	return amp_job_finish(job, amplan, code, out, error);
}
