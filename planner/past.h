/*
 * Past: the history laid over the graph.
 */
#ifndef PLANNER_PAST_H
#define PLANNER_PAST_H

#include "planner/plan.h"

/* How much of what a squash stands for is there. */
enum amp_cover {
	AMP_COVER_NONE,
	AMP_COVER_SOME,
	AMP_COVER_ALL, /* satisfied: also where the squash itself was applied */
};

struct amp_past {
	const struct amp_graph *graph;
	const struct amp_applied **sorted; /* the history, by id */
	size_t count;
	const struct amp_applied **of; /* by node; NULL: not in the history */
	enum amp_cover *cover;         /* by node; NONE for what is no squash */
};

/* Everything comes from the arena; out of memory is seen there. */
void amp_past_build(struct amp_past *past, const struct amp_graph *graph,
	const struct amp_start *start, struct amp_arena *arena);

/* The history's row for this id, or NULL. */
const struct amp_applied *amp_past_find(const struct amp_past *past, const char *id);

/* How much of one id that `squash` replaces is there. */
enum amp_cover amp_past_cover(
	const struct amp_past *past, uint32_t squash, const char *id);

#endif
