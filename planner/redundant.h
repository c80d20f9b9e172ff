/*
 * Redundant: edges that another path implies.
 */
#ifndef PLANNER_REDUNDANT_H
#define PLANNER_REDUNDANT_H

#include "planner/graph.h"

/* Marks graph->redundant: the complement of the transitive reduction. Acyclic graphs. */
int amp_redundant(
	struct amp_graph *graph, const uint32_t *order, struct amplan_error *error);

#endif
