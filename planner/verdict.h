/*
 * Verdict: what the history says against the catalog.
 */
#ifndef PLANNER_VERDICT_H
#define PLANNER_VERDICT_H

#include "planner/past.h"

/*
 * Fills states, pending, unknown and verdict of the plan, whose direction is set, and
 * says what does not fit. A rollback is not held up by applied migrations that the
 * catalog does not have: they are warnings there.
 * Out of memory is seen in plan->arena.failed and findings->failed.
 */
void amp_verdict(struct amp_plan *plan, const struct amp_past *past,
	struct amp_findings *findings);

#endif
