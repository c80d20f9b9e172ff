/*
 * Saved plan: a plan as a file, and whether it still fits.
 */
#ifndef EXECUTOR_SAVED_PLAN_H
#define EXECUTOR_SAVED_PLAN_H

#include "executor/job.h"

/*
 * Reads the file, looks at catalog and database, and makes the same plan again from what
 * is there. Only where the two agree in every digest is the job's plan ready; otherwise
 * AMPLAN_REFUSED with a `plan-stale` finding for each difference.
 */
int amp_saved_plan_check(struct amp_job *job, struct amplan *amplan, const char *path,
	struct amp_db **db, struct amplan_error *error);

#endif
