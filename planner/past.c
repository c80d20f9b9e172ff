/*
 * Past: looks up what was applied, and judges squashes from the innermost outwards, so
 * that a squash of squashes is satisfied by whatever its parts were satisfied by.
 */
#include "planner/past.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int compare_applied(const void *a, const void *b)
{
	const struct amp_applied *const *left = a, *const *right = b;
	return amp_text_compare((*left)->id, (*right)->id);
}

const struct amp_applied *amp_past_find(const struct amp_past *past, const char *id)
{
	const struct amp_applied key = {.id = id}, *pointer = &key;
	if (!past->count)
		return NULL;
	const struct amp_applied **found = bsearch(&pointer, past->sorted, past->count,
		sizeof(*past->sorted), compare_applied);
	return found ? *found : NULL;
}

enum amp_cover amp_past_cover(
	const struct amp_past *past, uint32_t squash, const char *id)
{
	const struct amp_graph *graph = past->graph;
	uint32_t node = amp_graph_find(graph, id);
	enum amp_cover cover = node == AMP_NO_NODE ? AMP_COVER_NONE : past->cover[node];
	if (cover == AMP_COVER_ALL || amp_past_find(past, id))
		return AMP_COVER_ALL;
	/* another squash of the same family may have brought it */
	size_t count;
	const struct amp_claim *claims = amp_graph_claims(graph, id, &count);
	for (size_t i = 0; i < count; i++) {
		uint32_t other = claims[i].squash;
		if (other != squash &&
			graph->outermost[other] == graph->outermost[squash] &&
			(past->of[other] || past->cover[other] == AMP_COVER_ALL))
			return AMP_COVER_ALL;
	}
	return cover;
}

static enum amp_cover judge(const struct amp_past *past, uint32_t squash)
{
	const struct amp_migration *migration = past->graph->nodes[squash];
	size_t all = 0, none = 0, total = 0;
	if (past->of[squash])
		return AMP_COVER_ALL;
	for (size_t i = 0; i < migration->nreplaces; i++) {
		const char *id = migration->replaces[i].id;
		if (!strcmp(id, migration->id))
			continue;
		enum amp_cover cover = amp_past_cover(past, squash, id);
		total++;
		all += cover == AMP_COVER_ALL;
		none += cover == AMP_COVER_NONE;
	}
	if (none == total)
		return AMP_COVER_NONE;
	return all == total ? AMP_COVER_ALL : AMP_COVER_SOME;
}

static bool is_squash(const struct amp_graph *graph, uint32_t node)
{
	return graph->nodes[node]->nreplaces > 0;
}

/* For each squash, how many squashes it replaces: they are judged before it. */
static void count_parts(const struct amp_graph *graph, uint32_t *parts)
{
	for (size_t i = 0; i < graph->nclaims; i++) {
		uint32_t node = amp_graph_find(graph, graph->claims[i].id);
		if (node != AMP_NO_NODE && is_squash(graph, node))
			parts[graph->claims[i].squash]++;
	}
}

static void judge_all(struct amp_past *past, struct amp_arena *arena)
{
	const struct amp_graph *graph = past->graph;
	uint32_t *parts = amp_arena_array(arena, graph->count, sizeof(*parts));
	uint32_t *queue = amp_arena_array(arena, graph->count, sizeof(*queue));
	uint32_t head = 0, tail = 0;
	if (!parts || !queue)
		return;
	count_parts(graph, parts);
	for (uint32_t n = 0; n < graph->count; n++)
		if (is_squash(graph, n) && !parts[n])
			queue[tail++] = n;
	while (head < tail) {
		uint32_t n = queue[head++];
		size_t count;
		const struct amp_claim *claims =
			amp_graph_claims(graph, graph->nodes[n]->id, &count);
		past->cover[n] = judge(past, n);
		for (size_t i = 0; i < count; i++)
			if (!--parts[claims[i].squash])
				queue[tail++] = claims[i].squash;
	}
}

void amp_past_build(struct amp_past *past, const struct amp_graph *graph,
	const struct amp_start *start, struct amp_arena *arena)
{
	*past = (struct amp_past){.graph = graph};
	past->of = amp_arena_array(arena, graph->count, sizeof(*past->of));
	past->cover = amp_arena_array(arena, graph->count, sizeof(*past->cover));
	past->sorted = amp_arena_array(arena, start->napplied, sizeof(*past->sorted));
	if (arena->failed)
		return;
	for (size_t i = 0; i < start->napplied; i++) {
		const struct amp_applied *applied = &start->applied[i];
		uint32_t node = amp_graph_find(graph, applied->id);
		past->sorted[past->count++] = applied;
		if (node != AMP_NO_NODE)
			past->of[node] = applied;
	}
	if (past->count)
		qsort(past->sorted, past->count, sizeof(*past->sorted), compare_applied);
	judge_all(past, arena);
}
