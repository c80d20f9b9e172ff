/*
 * Look: reading a database without touching it.
 */
#ifndef EXECUTOR_LOOK_H
#define EXECUTOR_LOOK_H

#include "executor/job.h"

/*
 * Opens the database to observe it and reads history and schema into the job. *db is the
 * connection, to be closed by the caller also after a failure; NULL where there is no
 * database yet.
 */
int amp_look(struct amp_job *job, struct amplan *amplan, struct amp_db **db,
	struct amplan_error *error);

/* Load, look and plan. AMPLAN_PARTIAL where a step is interrupted. */
int amp_look_and_plan(struct amp_job *job, struct amplan *amplan,
	const struct amp_goal *goal, struct amp_db **db, struct amplan_error *error);

#endif
