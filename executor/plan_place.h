/*
 * Plan place: where a plan may be saved. It takes the place of an older plan, and of
 * nothing else: descriptors, databases and whatever a slip of the hand names stay.
 */
#ifndef EXECUTOR_PLAN_PLACE_H
#define EXECUTOR_PLAN_PLACE_H

#include "executor/engine.h"

/*
 * engine, database: whose plan it is, and its file, or NULL. path: where the plan is to
 * go; may lead through a link.
 * Returns AMPLAN_OK; AMPLAN_USAGE where something else is there; AMPLAN_INTERNAL where that
 * cannot be told.
 */
int amp_plan_place_check(const struct amp_engine *engine, const char *database,
	const char *path, struct amplan_error *error);

#endif
