/*
 * Rehearse: running a plan on a shadow, and what that tells.
 */
#ifndef EXECUTOR_REHEARSE_H
#define EXECUTOR_REHEARSE_H

#include "executor/job.h"

/*
 * Runs the job's plan on a shadow of `from` (NULL: of nothing) and fills the results, the
 * schema difference and the fidelity. Returns AMPLAN_FAILED or AMPLAN_REFUSED with
 * findings where a step does not work.
 */
int amp_rehearse(struct amp_job *job, struct amplan *amplan, struct amp_db *from,
	enum amplan_fidelity wish, int64_t copy_limit, struct amplan_error *error);

#endif
