#include "executor/missing.h"

#include <string.h>

/* Does it do on these what it did in the plain run? */
int amp_try_on(struct amp_shelf *shelf, uint32_t node, const uint64_t *set, bool keep,
	bool *same, struct amp_failure *failure, struct amplan_error *error)
{
	struct amp_prover *prover = shelf->prover;
	struct amp_arena *arena = &prover->job->arena;
	AMP_TRIAL_AUTO trial = {0};
	bool reached;
	const char *why = NULL;
	*same = false;
	int code = amp_shelf_reach(shelf, set, &reached, NULL, error);
	if (code || !reached)
		return code;
	if (keep)
		code = amp_shelf_keep(shelf, error);
	if (!code)
		code = amp_shelf_try(shelf, node, false, &trial, error);
	if (!code)
		code = amp_try_compare(
			prover, shelf->db, node, &trial, same, &why, error);
	if (code || *same || !failure)
		return code;
	*failure =
		(struct amp_failure){.node = node, .why = amp_arena_strdup(arena, why)};
	if (trial.why) {
		failure->place = trial.place;
		failure->place.text = amp_arena_strdup(arena, trial.place.text);
	}
	return AMPLAN_OK;
}

/* Where to look: among those before it, or anywhere; among those that it meets, or all. */
struct search {
	uint64_t *base; /* what it has already */
	bool anywhere, all;
	bool free; /* only those that nothing puts before it, not even <after> */
};

static bool is_candidate(const struct amp_prover *prover, uint32_t node, uint32_t other,
	const struct search *search)
{
	bool descends = amp_set_has(amp_ancestors_of(&prover->before, other), node);
	if (amp_set_has(search->base, other) || !amp_prove_works(prover, other) ||
		other == node || descends)
		return false;
	if (search->free && amp_set_has(amp_ancestors_of(&prover->before, node), other))
		return false;
	if (!search->anywhere && prover->turn_of[other] > prover->turn_of[node])
		return false;
	return search->all ||
		amp_meet(&prover->effects[other].up, &prover->effects[node].up, NULL)
			.name;
}

static int candidates(struct amp_prover *prover, uint32_t node,
	const struct search *search, struct amp_nodes *out, struct amplan_error *error)
{
	out->count = 0;
	for (uint32_t i = 0; i < prover->job->graph.count; i++)
		if (is_candidate(prover, node, prover->sequence[i], search) &&
			!amp_vec_push(out, prover->sequence[i]))
			return amp_error_nomem(error);
	return AMPLAN_OK;
}

static void unite_first(const struct amp_prover *prover, uint64_t *set,
	const uint64_t *base, const struct amp_nodes *nodes, size_t count)
{
	memcpy(set, base, prover->need.words * sizeof(*set));
	for (size_t i = 0; i < count; i++) {
		amp_set_unite(set, amp_ancestors_of(&prover->need, nodes->items[i]),
			prover->need.words);
		amp_set_add(set, nodes->items[i]);
	}
}

/* How many of the candidates, from the first on, it takes until it does what it did in the
   plain run, or, where `breaks`, until it does not; count + 1: not even all of them do. */
static int bisect(struct amp_shelf *shelf, uint32_t node, const uint64_t *base,
	const struct amp_nodes *nodes, uint64_t *set, bool breaks, size_t *taken,
	struct amplan_error *error)
{
	size_t low = 0, high = nodes->count + 1;
	bool same, reached;
	unite_first(shelf->prover, set, base, nodes, nodes->count);
	int code = amp_try_on(shelf, node, set, false, &same, NULL, error);
	reached = same != breaks;
	if (reached)
		high = nodes->count;
	/* low does not do, high does */
	while (!code && reached && high - low > 1) {
		size_t middle = low + (high - low) / 2;
		unite_first(shelf->prover, set, base, nodes, middle);
		code = amp_try_on(shelf, node, set, false, &same, NULL, error);
		if (same != breaks)
			high = middle;
		else
			low = middle;
	}
	*taken = high;
	return code;
}

static int begin_search(struct amp_prover *prover, uint32_t node, struct search *search,
	uint64_t **set, struct amp_arena *arena, struct amplan_error *error)
{
	size_t words = prover->need.words;
	search->base = amp_arena_array(arena, words + 1, sizeof(*search->base));
	*set = amp_arena_array(arena, words + 1, sizeof(**set));
	if (!search->base || !*set)
		return amp_error_nomem(error);
	amp_set_unite(search->base, amp_ancestors_of(&prover->need, node), words);
	return AMPLAN_OK;
}

/* Where all of them together will not do, as when one of them takes away again what another
   made: the first that does with its own ancestors alone; count + 1: none. */
static int try_each(struct amp_shelf *shelf, uint32_t node, const uint64_t *base,
	const struct amp_nodes *nodes, uint64_t *set, size_t *taken,
	struct amplan_error *error)
{
	int code = AMPLAN_OK;
	bool same = false;
	*taken = nodes->count + 1;
	for (size_t i = 0; !code && !same && i < nodes->count; i++) {
		const struct amp_nodes one = {.items = &nodes->items[i], .count = 1};
		unite_first(shelf->prover, set, base, &one, 1);
		code = amp_try_on(shelf, node, set, false, &same, NULL, error);
		if (same)
			*taken = i + 1;
	}
	return code;
}

/*
 * One after the other: the last of the fewest first candidates that do is needed for
 * certain; then it is looked for what is missing besides.
 */
int amp_find_missing(struct amp_shelf *shelf, uint32_t node, bool anywhere,
	struct amp_nodes *missing, struct amplan_error *error)
{
	struct amp_prover *prover = shelf->prover;
	AMP_ARENA_AUTO scratch = {0};
	struct search search = {.anywhere = anywhere, .all = anywhere};
	struct amp_nodes nodes = {0};
	uint64_t *set = NULL;
	bool same = false;
	int code = begin_search(prover, node, &search, &set, &scratch, error);
	while (!code && !same) {
		size_t taken = 0;
		code = candidates(prover, node, &search, &nodes, error);
		if (!code)
			code = bisect(shelf, node, search.base, &nodes, set, false,
				&taken, error);
		if (!code && taken > nodes.count && search.all)
			code = try_each(
				shelf, node, search.base, &nodes, set, &taken, error);
		/* none: from another start it does, so it is a matter of order, told there */
		if (code || taken == 0 || (taken > nodes.count && search.all))
			break;
		search.all = search.all || taken > nodes.count;
		if (taken > nodes.count)
			continue;
		uint32_t found = nodes.items[taken - 1];
		if (!amp_vec_push(missing, found))
			code = amp_error_nomem(error);
		amp_set_unite(search.base, amp_ancestors_of(&prover->need, found),
			prover->need.words);
		amp_set_add(search.base, found);
		if (!code)
			code = amp_try_on(
				shelf, node, search.base, false, &same, NULL, error);
	}
	amp_vec_deinit(&nodes);
	return code;
}

int amp_find_breaker(struct amp_shelf *shelf, uint32_t node, uint32_t *breaker,
	struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	struct search search = {.all = true, .free = true};
	struct amp_nodes nodes = {0};
	uint64_t *set = NULL;
	size_t taken = 0;
	*breaker = AMP_NO_NODE;
	int code = begin_search(shelf->prover, node, &search, &set, &scratch, error);
	if (!code)
		code = candidates(shelf->prover, node, &search, &nodes, error);
	if (!code)
		code = bisect(shelf, node, search.base, &nodes, set, true, &taken, error);
	if (!code && taken && taken <= nodes.count)
		*breaker = nodes.items[taken - 1];
	amp_vec_deinit(&nodes);
	return code;
}

bool amp_comes_with_another(
	const struct amp_prover *prover, const struct amp_nodes *missing, uint32_t node)
{
	for (size_t i = 0; i < missing->count; i++)
		if (amp_set_has(amp_ancestors_of(&prover->need, missing->items[i]), node))
			return true;
	return false;
}
