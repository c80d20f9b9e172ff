/*
 * Order: the topological order of a graph; among those ready, the smallest id first.
 *
 * Append-stable: a new migration that nothing depends on never reorders the others.
 */
#ifndef PLANNER_ORDER_H
#define PLANNER_ORDER_H

#include "planner/graph.h"

/*
 * Fills order[0..count) with node ids, dependencies first, and *placed with how many could
 * be placed; fewer than graph->count means there are cycles among the rest.
 * Returns AMPLAN_OK or AMPLAN_NOMEM.
 */
int amp_order(const struct amp_graph *graph, uint32_t *order, uint32_t *placed,
	struct amplan_error *error);

/*
 * Proves an order without sorting: a permutation of all nodes in which each edge points
 * backwards. Independent of amp_order() on purpose. Returns AMPLAN_OK, AMPLAN_INTERNAL
 * with a message that names the offending edge, or AMPLAN_NOMEM.
 */
int amp_order_prove(const struct amp_graph *graph, const uint32_t *order, uint32_t count,
	struct amplan_error *error);

#endif
