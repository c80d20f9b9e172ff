/*
 * Stages: which steps commit together, and the digest that names the whole plan.
 */
#ifndef PLANNER_STAGES_H
#define PLANNER_STAGES_H

#include "planner/past.h"

/*
 * Numbers the steps and cuts them into stages: a run of steps with the same foreign-keys
 * mode is one stage, a transaction="none" step is a stage of its own.
 */
void amp_stages(struct amp_plan *plan);

/*
 * The digest over direction, steps and start. The start counts as a set: in which order
 * the history was made changes nothing.
 */
void amp_stages_digest(
	struct amp_plan *plan, const struct amp_past *past, const char *fingerprint);

#endif
