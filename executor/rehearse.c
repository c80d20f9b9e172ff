#include "executor/rehearse.h"

#include <string.h>

#include "executor/objects.h"
#include "executor/run.h"

static int see_schema(struct amp_db *db, struct amp_arena *arena, struct amp_objects *out,
	struct amplan_error *error)
{
	struct amp_objects now;
	int code = db->engine->objects(db, &now, error);
	return code ? code : amp_objects_copy(out, &now, arena, error);
}

static int tell_difference(struct amp_job *job, struct amp_db *shadow,
	const struct amp_objects *before, struct amplan_error *error)
{
	struct amp_objects after;
	AMP_STR_AUTO diff = AMP_STR_INIT;
	int code = shadow->engine->objects(shadow, &after, error);
	if (code)
		return code;
	amp_objects_fingerprint(&after, job->end_fingerprint);
	amp_objects_diff(before, &after, &diff);
	if (diff.failed)
		return amp_error_nomem(error);
	job->report.schema_diff = amp_arena_strdup(&job->arena, amp_str_text(&diff));
	return AMPLAN_OK;
}

static int run_on(struct amp_job *job, struct amplan *amplan, struct amp_db *shadow,
	struct amplan_error *error)
{
	struct amp_objects before;
	struct amp_runner runner = {
		.job = job,
		.db = shadow,
		.rehearsal = true,
		.real_rows = job->report.fidelity != AMPLAN_FIDELITY_SCHEMA,
		.lent = amplan->target.handle != NULL,
	};
	int code = see_schema(shadow, &job->arena, &before, error);
	if (!code)
		code = amp_history_head(shadow, &runner.head, error);
	if (code)
		return code;
	int ran = amp_run_plan(&runner, error);
	struct amplan_error inner;
	code = tell_difference(job, shadow, &before, ran ? &inner : error);
	/* what could not be told for want of memory is not told by halves */
	if (ran && code == AMPLAN_NOMEM && error)
		*error = inner;
	return ran && code != AMPLAN_NOMEM ? ran : code;
}

int amp_rehearse(struct amp_job *job, struct amplan *amplan, struct amp_db *from,
	enum amplan_fidelity wish, int64_t copy_limit, struct amplan_error *error)
{
	struct amp_db *shadow = NULL;
	if (wish == AMPLAN_FIDELITY_NONE)
		return AMPLAN_OK;
	int code = amplan->engine->shadow(from, wish, copy_limit, &amplan->hooks, &shadow,
		&job->report.fidelity, &job->report.fidelity_note, &job->arena, error);
	/* what follows is between us and the shadow: let writers of the database go on */
	if (from)
		from->engine->end_read(from);
	if (!code)
		code = run_on(job, amplan, shadow, error);
	amplan->engine->close(shadow);
	return code;
}
