/*
 * Squash: which migration stands for which.
 */
#ifndef PLANNER_SQUASH_H
#define PLANNER_SQUASH_H

#include "planner/graph.h"

/*
 * Fills claims, replaced_by and outermost of a graph whose nodes are set. A squash may be
 * replaced by a later one; where two that are not so related claim the same id, the one
 * with the smallest id has it and the others are `replaces-conflict`.
 * Out of memory is seen in graph->arena.failed.
 */
void amp_squash(struct amp_graph *graph, struct amp_findings *findings);

#endif
