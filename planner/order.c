/*
 * Order: Kahn's algorithm over a heap of node ids; ids are ranks, so the smallest number
 * is the smallest id. The proof shares nothing with it but the graph.
 */
#include "planner/order.h"

/* A binary heap, the smallest at the root. It never holds more than all nodes. */
struct heap {
	uint32_t *items;
	uint32_t count;
};

static void heap_push(struct heap *heap, uint32_t node)
{
	uint32_t at = heap->count++;
	while (at > 0 && heap->items[(at - 1) / 2] > node) {
		heap->items[at] = heap->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap->items[at] = node;
}

static uint32_t heap_pop(struct heap *heap)
{
	uint32_t top = heap->items[0];
	uint32_t last = heap->items[--heap->count];
	size_t at = 0, child;
	while ((child = 2 * at + 1) < heap->count) {
		if (child + 1 < heap->count &&
			heap->items[child + 1] < heap->items[child])
			child++;
		if (heap->items[child] >= last)
			break;
		heap->items[at] = heap->items[child];
		at = child;
	}
	heap->items[at] = last;
	return top;
}

int amp_order(const struct amp_graph *graph, uint32_t *order, uint32_t *placed,
	struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	uint32_t *waits = amp_arena_array(&scratch, graph->count, sizeof(*waits));
	struct heap ready = {
		.items = amp_arena_array(&scratch, graph->count, sizeof(*ready.items))};
	if (scratch.failed)
		return amp_error_nomem(error);
	for (uint32_t n = 0; n < graph->count; n++) {
		waits[n] = graph->first[n + 1] - graph->first[n];
		if (!waits[n])
			heap_push(&ready, n);
	}
	uint32_t count = 0;
	while (ready.count) {
		uint32_t n = heap_pop(&ready);
		order[count++] = n;
		for (uint32_t e = graph->back_first[n]; e < graph->back_first[n + 1]; e++)
			if (!--waits[graph->back[e]])
				heap_push(&ready, graph->back[e]);
	}
	*placed = count;
	return AMPLAN_OK;
}

/* Fills place[n] with 1 + the position of n. */
static int prove_permutation(const struct amp_graph *graph, const uint32_t *order,
	uint32_t count, uint32_t *place, struct amplan_error *error)
{
	if (count != graph->count)
		return amp_error(error, AMPLAN_INTERNAL,
			"the order has %u migrations and the graph has %u", count,
			graph->count);
	for (uint32_t i = 0; i < count; i++) {
		if (order[i] >= graph->count)
			return amp_error(error, AMPLAN_INTERNAL,
				"the order names node %u of %u", order[i], graph->count);
		if (place[order[i]])
			return amp_error(error, AMPLAN_INTERNAL,
				"the order names '%s' twice", graph->nodes[order[i]]->id);
		place[order[i]] = i + 1;
	}
	return AMPLAN_OK;
}

int amp_order_prove(const struct amp_graph *graph, const uint32_t *order, uint32_t count,
	struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	uint32_t *place = amp_arena_array(&scratch, graph->count, sizeof(*place));
	if (!place)
		return amp_error_nomem(error);
	int code = prove_permutation(graph, order, count, place, error);
	for (uint32_t n = 0; !code && n < graph->count; n++)
		for (uint32_t e = graph->first[n]; e < graph->first[n + 1]; e++)
			if (place[graph->target[e]] >= place[n])
				return amp_error(error, AMPLAN_INTERNAL,
					"the order puts '%s' before '%s', on which it "
					"depends",
					graph->nodes[n]->id,
					graph->nodes[graph->target[e]]->id);
	return code;
}
