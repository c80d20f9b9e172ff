/*
 * Redundant: transitive reduction with sets of 64 nodes at a time.
 *
 * For each block of 64 positions one pass over the order computes which of the 64 each
 * node reaches; an edge into the block is redundant if another dependency reaches its
 * target. Eight bytes a node, however large the graph.
 */
#include "planner/redundant.h"

#define WIDTH 64u

/* One block of columns, and the rows so far. */
struct block {
	const uint32_t *place; /* position of each node in the order */
	uint64_t *reach;       /* by node: which of the block's nodes it reaches */
	uint32_t start;        /* position of the block's first column */
};

/* The node's own bit if it is one of the block's columns. */
static uint64_t bit_of(const struct block *block, uint32_t node)
{
	uint32_t column = block->place[node] - block->start;
	return column < WIDTH ? UINT64_C(1) << column : 0;
}

static void visit(struct amp_graph *graph, const struct block *block, uint32_t node)
{
	uint64_t through = 0, direct = 0;
	for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++) {
		if (block->place[graph->target[e]] < block->start)
			continue; /* reaches only what is before the block */
		through |= block->reach[graph->target[e]];
		direct |= bit_of(block, graph->target[e]);
	}
	block->reach[node] = through | direct;
	if (!(through & direct))
		return;
	for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++)
		if (through & bit_of(block, graph->target[e]))
			graph->redundant[e] = true;
}

int amp_redundant(
	struct amp_graph *graph, const uint32_t *order, struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	uint32_t *place = amp_arena_array(&scratch, graph->count, sizeof(*place));
	uint64_t *reach = amp_arena_array(&scratch, graph->count, sizeof(*reach));
	if (scratch.failed)
		return amp_error_nomem(error);
	for (uint32_t i = 0; i < graph->count; i++)
		place[order[i]] = i;
	for (uint32_t e = 0; e < graph->first[graph->count]; e++)
		graph->redundant[e] = false;
	struct block block = {.place = place, .reach = reach};
	while (block.start < graph->count) {
		for (uint32_t i = block.start; i < graph->count; i++)
			visit(graph, &block, order[i]);
		if (graph->count - block.start <= WIDTH)
			break;
		block.start += WIDTH;
	}
	return AMPLAN_OK;
}
