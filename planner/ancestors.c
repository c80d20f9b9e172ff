#include "planner/ancestors.h"

#include <stdlib.h>

void amp_set_unite(uint64_t *set, const uint64_t *other, size_t words)
{
	for (size_t i = 0; i < words; i++)
		set[i] |= other[i];
}

bool amp_set_includes(const uint64_t *set, const uint64_t *part, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (part[i] & ~set[i])
			return false;
	return true;
}

uint32_t amp_set_size(const uint64_t *set, size_t words)
{
	uint32_t size = 0;
	for (size_t i = 0; i < words; i++)
		size += (uint32_t)__builtin_popcountll(set[i]);
	return size;
}

static void inherit(struct amp_ancestors *ancestors, uint32_t node, uint32_t from)
{
	uint64_t *set = amp_ancestors_of(ancestors, node);
	amp_set_unite(set, amp_ancestors_of(ancestors, from), ancestors->words);
	amp_set_add(set, from);
}

int amp_ancestors_build(struct amp_ancestors *ancestors, const struct amp_graph *graph,
	const uint32_t *order, const struct amp_extra *extras, size_t nextras, bool all,
	struct amplan_error *error)
{
	size_t words = ((size_t)graph->count + 63) / 64;
	*ancestors = (struct amp_ancestors){.count = graph->count, .words = words};
	/* one more than needed, so that an empty graph is no special case */
	ancestors->sets = calloc(graph->count * words + 1, sizeof(*ancestors->sets));
	ancestors->sizes = calloc(graph->count + (size_t)1, sizeof(*ancestors->sizes));
	if (!ancestors->sets || !ancestors->sizes)
		return amp_error_nomem(error);
	for (uint32_t i = 0; i < graph->count; i++) {
		uint32_t node = order[i];
		for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++)
			if (all || !graph->reference[e]->orders_only)
				inherit(ancestors, node, graph->target[e]);
		for (size_t e = 0; e < nextras; e++)
			if (extras[e].from == node)
				inherit(ancestors, node, extras[e].on);
		ancestors->sizes[node] =
			amp_set_size(amp_ancestors_of(ancestors, node), words);
	}
	return AMPLAN_OK;
}

void amp_ancestors_deinit(struct amp_ancestors *ancestors)
{
	free(ancestors->sets);
	free(ancestors->sizes);
	*ancestors = (struct amp_ancestors){0};
}
