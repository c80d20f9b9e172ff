/*
 * Look: reading history and schema of a database, before anything is decided.
 */
#ifndef EXECUTOR_LOOK_H
#define EXECUTOR_LOOK_H

#include "executor/job.h"

/*
 * Opens the database and reads history and schema into the job. `access` is AMP_OBSERVE
 * for what promises to touch nothing, AMP_WRITE for what will write anyway: the usual way
 * of opening is the surer one beside other processes. *db is the connection with its read
 * transaction, to be closed by the caller also after a failure; NULL where there is no
 * database yet.
 */
int amp_look(struct amp_job *job, struct amplan *amplan, enum amp_access access,
	struct amp_db **db, struct amplan_error *error);

/* Load, look and plan. AMPLAN_PARTIAL where a step is interrupted. */
int amp_look_and_plan(struct amp_job *job, struct amplan *amplan,
	const struct amp_goal *goal, enum amp_access access, struct amp_db **db,
	struct amplan_error *error);

#endif
