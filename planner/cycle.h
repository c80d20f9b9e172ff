/*
 * Cycle: explaining why there is no order.
 */
#ifndef PLANNER_CYCLE_H
#define PLANNER_CYCLE_H

#include "planner/graph.h"

/*
 * Adds a `cycle` finding for each of a set of independent cycles (no migration in two of
 * them): the shortest first, then the shortest among what is left, at most 20 and a note
 * on how many migrations are left over. Each names its migrations in order, starting with
 * the smallest id, and has one related place per edge.
 */
int amp_cycles(const struct amp_graph *graph, struct amp_findings *findings,
	struct amplan_error *error);

#endif
