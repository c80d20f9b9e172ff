#include "executor/look.h"

int amp_look(struct amp_job *job, struct amplan *amplan, enum amp_access access,
	struct amp_db **db, struct amplan_error *error)
{
	bool exists = false;
	*db = NULL;
	int code = amplan->engine->exists(&amplan->target, &exists, error);
	if (code)
		return code;
	if (!exists)
		return amp_job_look_at_nothing(job, error);
	code = amplan->engine->open(&amplan->target, access, &amplan->hooks, db, error);
	if (!code)
		code = amplan->engine->begin_read(*db, error);
	if (!code)
		code = amp_job_look(job, *db, error);
	return code;
}

int amp_look_and_plan(struct amp_job *job, struct amplan *amplan,
	const struct amp_goal *goal, enum amp_access access, struct amp_db **db,
	struct amplan_error *error)
{
	int code = amp_job_load(job, amplan, error);
	if (!code)
		code = amp_look(job, amplan, access, db, error);
	if (!code)
		code = amp_job_plan(job, goal, error);
	if (!code)
		amp_job_compare_schema(job, AMPLAN_WARNING);
	/* a step that is begun is why the plan does not hold: say so by its own code */
	if (!code || code == AMPLAN_REFUSED) {
		struct amplan_error begun;
		int why = amp_job_begun(job, amplan, &begun);
		if (why && error)
			*error = begun;
		code = why ? why : code;
	}
	return code;
}
