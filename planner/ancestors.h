/*
 * Ancestors: for each migration the set of all that it needs, directly or not, as bits.
 */
#ifndef PLANNER_ANCESTORS_H
#define PLANNER_ANCESTORS_H

#include "planner/graph.h"

/* A dependency that is not in the graph; `on` stands before `from` in plan order. */
struct amp_extra {
	uint32_t from, on;
};

struct amp_ancestors {
	uint32_t count;  /* nodes */
	size_t words;    /* of one set */
	uint64_t *sets;  /* that of node n begins at sets[n * words] */
	uint32_t *sizes; /* members of each */
};

/*
 * Sets of all nodes in a proved order. `all` false leaves <after> out, which orders and
 * is no need. Deinitialise also after a failure. Returns AMPLAN_OK or AMPLAN_NOMEM.
 */
int amp_ancestors_build(struct amp_ancestors *ancestors, const struct amp_graph *graph,
	const uint32_t *order, const struct amp_extra *extras, size_t nextras, bool all,
	struct amplan_error *error);
void amp_ancestors_deinit(struct amp_ancestors *ancestors);

static inline uint64_t *amp_ancestors_of(
	const struct amp_ancestors *ancestors, uint32_t node)
{
	return ancestors->sets + node * ancestors->words;
}

/* Sets of nodes, `words` long. */
static inline bool amp_set_has(const uint64_t *set, uint32_t node)
{
	return set[node / 64] >> (node % 64) & 1;
}

static inline void amp_set_add(uint64_t *set, uint32_t node)
{
	set[node / 64] |= (uint64_t)1 << (node % 64);
}

void amp_set_unite(uint64_t *set, const uint64_t *other, size_t words);
bool amp_set_includes(const uint64_t *set, const uint64_t *part, size_t words);
uint32_t amp_set_size(const uint64_t *set, size_t words);

#endif
