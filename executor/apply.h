/*
 * Apply: carrying a plan out on the database, under the lock.
 */
#ifndef EXECUTOR_APPLY_H
#define EXECUTOR_APPLY_H

#include "executor/job.h"

/* Applies the job's plan exactly. *stale: it did not start from what is there. */
int amp_apply_job(struct amp_job *job, struct amplan *amplan, bool *stale,
	struct amplan_error *error);

/* After a run: history, states and verdict as they are now. */
int amp_apply_settle(
	struct amp_job *job, struct amplan *amplan, struct amplan_error *error);

/* How pending work is applied, where not simply all of it. */
struct amp_manner {
	/* Asked about each plan before anything of it runs; may refuse it. */
	int (*consent)(struct amp_job *job, struct amplan_error *error);
	/* Asked where another process was faster: true where nothing is left to do. */
	bool (*is_done)(struct amplan *amplan);
	bool worked; /* out: there was work, be it that another did it */
};

/*
 * Plans, rehearses and applies what is pending; again where another process was faster.
 * *out is the last round's job, also after a failure; NULL where there is none, as where
 * is_done() said yes.
 */
int amp_apply_pending(struct amplan *amplan, const struct amp_goal *goal,
	const struct amplan_plan_options *options, struct amp_manner *manner,
	struct amp_job **out, struct amplan_error *error);

#endif
