/*
 * Rollback: which applied migrations are undone, and in which order.
 */
#ifndef PLANNER_ROLLBACK_H
#define PLANNER_ROLLBACK_H

#include "planner/past.h"

/*
 * Fills plan->steps, the last applied first. What cannot be undone is a step all the same,
 * with a finding: `irreversible` or `missing-down`.
 * Returns AMPLAN_OK, AMPLAN_USAGE (the goal cannot be: see planner/plan.h) or
 * AMPLAN_NOMEM.
 */
int amp_rollback(struct amp_plan *plan, const struct amp_past *past,
	const uint32_t *order, const struct amp_goal *goal, struct amp_findings *findings,
	struct amplan_error *error);

#endif
