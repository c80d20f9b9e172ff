/*
 * Lint: what is risky though valid.
 *
 * A table of rules over what each migration was seen to do, over the shapes it left and
 * over the graph. A rule speaks only where a reviewer would want to be told; where it is
 * wrong, <allow kind="…" reason="…"/> in the descriptor silences that kind for that
 * migration.
 */
#ifndef PLANNER_LINT_H
#define PLANNER_LINT_H

#include "planner/effects.h"
#include "planner/graph.h"

/*
 * All rules over one catalog. effects: one per node of the graph, indexed by node; those
 * that were not run are all zero. The graph has no cycle; graph->redundant is filled in. With
 * require_down a missing down is an error. AMPLAN_OK or AMPLAN_NOMEM.
 */
int amp_lint(struct amp_graph *graph, const uint32_t *order,
	const struct amp_effects *effects, bool require_down,
	struct amp_findings *findings, struct amplan_error *error);

/* Is there a rule that gives findings of this kind? */
bool amp_lint_knows(const char *kind);

#endif
