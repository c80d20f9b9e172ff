/*
 * Prove, ancestors: each migration on what it declares to need, and on nothing else.
 *
 * They are tried depth first, so that a state is mostly the one that the last trial left,
 * and kept where the graph forks. Where one does not do what it did in the plain run, the
 * smallest set of dependencies is looked for with which it does.
 */
#include <stdlib.h>
#include <string.h>

#include "executor/shelf.h"

/* The migrations in the order they are tried. */
struct tour {
	uint32_t *nodes;
	uint32_t count;
	bool *keep_before, *keep_after; /* by position: somebody comes back to it */
};

static void tour_deinit(struct tour *tour)
{
	free(tour->nodes);
	free(tour->keep_before);
	free(tour->keep_after);
}

/* The dependency that most of the others come with; AMP_NO_NODE: it has none. */
static uint32_t nearest(const struct amp_prover *prover, uint32_t node)
{
	const struct amp_graph *graph = &prover->job->graph;
	uint32_t best = AMP_NO_NODE;
	for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++) {
		uint32_t on = graph->target[e];
		if (graph->reference[e]->orders_only || prover->step_of[on] == SIZE_MAX)
			continue;
		if (best == AMP_NO_NODE ||
			prover->need.sizes[on] >= prover->need.sizes[best])
			best = on;
	}
	return best;
}

/* Depth first over the tree of nearest dependencies, children in plan order. */
static bool walk_tree(struct amp_prover *prover, const uint32_t *via, struct tour *tour)
{
	const struct amp_plan *plan = &prover->job->plan;
	uint32_t count = prover->job->graph.count;
	uint32_t *child = malloc((count + (size_t)1) * sizeof(*child));
	uint32_t *sibling = malloc((count + (size_t)1) * sizeof(*sibling));
	uint32_t *stack = malloc((count + (size_t)1) * sizeof(*stack));
	bool room = child && sibling && stack;
	uint32_t roots = AMP_NO_NODE, depth = 0;
	for (uint32_t i = 0; room && i < count; i++)
		child[i] = sibling[i] = AMP_NO_NODE;
	for (size_t i = plan->nsteps; room && i-- > 0;) {
		uint32_t node = plan->steps[i].node;
		uint32_t *head = via[node] == AMP_NO_NODE ? &roots : &child[via[node]];
		sibling[node] = *head;
		*head = node;
	}
	if (room && roots != AMP_NO_NODE)
		stack[depth++] = roots;
	while (depth) {
		uint32_t node = stack[--depth];
		tour->nodes[tour->count++] = node;
		if (sibling[node] != AMP_NO_NODE)
			stack[depth++] = sibling[node];
		if (child[node] != AMP_NO_NODE)
			stack[depth++] = child[node];
	}
	free(child);
	free(sibling);
	free(stack);
	return room;
}

static bool equal_sets(const struct amp_prover *prover, uint32_t a, uint32_t b)
{
	return prover->need.sizes[a] == prover->need.sizes[b] &&
		!memcmp(amp_ancestors_of(&prover->need, a),
			amp_ancestors_of(&prover->need, b),
			prover->need.words * sizeof(uint64_t));
}

/* Which states will be wanted again, by somebody who does not come right after. */
static void mark_kept(struct amp_prover *prover, const uint32_t *via, struct tour *tour,
	uint32_t *place)
{
	for (uint32_t i = 0; i < tour->count; i++)
		place[tour->nodes[i]] = i;
	for (uint32_t i = 1; i < tour->count; i++) {
		uint32_t node = tour->nodes[i], from = via[node];
		/* siblings that need the same begin from the same state */
		uint32_t other = tour->nodes[i - 1];
		while (via[other] != from && via[other] != AMP_NO_NODE)
			other = via[other];
		if (other != node && equal_sets(prover, other, node))
			tour->keep_before[place[other]] = true;
		else if (from != AMP_NO_NODE && place[from] + 1 != i)
			tour->keep_after[place[from]] = true;
	}
}

static int plan_tour(
	struct amp_prover *prover, struct tour *tour, struct amplan_error *error)
{
	size_t count = prover->job->graph.count + (size_t)1;
	uint32_t *via = malloc(count * sizeof(*via));
	uint32_t *place = calloc(count, sizeof(*place));
	tour->nodes = malloc(count * sizeof(*tour->nodes));
	tour->keep_before = calloc(count, sizeof(*tour->keep_before));
	tour->keep_after = calloc(count, sizeof(*tour->keep_after));
	bool room = via && place && tour->nodes && tour->keep_before && tour->keep_after;
	for (uint32_t i = 0; room && i + 1 < count; i++)
		via[i] = nearest(prover, i);
	room = room && walk_tree(prover, via, tour);
	if (room)
		mark_kept(prover, via, tour, place);
	free(via);
	free(place);
	return room ? AMPLAN_OK : amp_error_nomem(error);
}

/* One that is not what it was: why, and where it says so. */
struct failure {
	uint32_t node;
	const char *why;
	struct amplan_place place;
};

struct failures AMP_VEC(struct failure);

/* Does it do on these what it did in the plain run? */
static int try_on(struct amp_shelf *shelf, uint32_t node, const uint64_t *set, bool keep,
	bool *same, struct failure *failure, struct amplan_error *error)
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
	*failure = (struct failure){.node = node, .why = amp_arena_strdup(arena, why)};
	if (trial.why) {
		failure->place = trial.place;
		failure->place.text = amp_arena_strdup(arena, trial.place.text);
	}
	return AMPLAN_OK;
}

/* Each on its declared ancestors, once; those that do not do the same are gathered. What
   hangs on one of these says nothing yet. */
static int try_all(struct amp_shelf *shelf, bool *proved, struct failures *failures,
	struct amplan_error *error)
{
	struct amp_prover *prover = shelf->prover;
	struct tour tour = {0};
	int code = plan_tour(prover, &tour, error);
	for (uint32_t i = 0; !code && i < tour.count; i++) {
		uint32_t node = tour.nodes[i];
		struct failure failure = {.node = AMP_NO_NODE};
		bool same = false;
		if (!amp_prove_works(prover, node))
			continue;
		code = try_on(shelf, node, amp_ancestors_of(&prover->need, node),
			tour.keep_before[i], &same, &failure, error);
		if (!code && same && tour.keep_after[i])
			code = amp_shelf_keep(shelf, error);
		proved[node] = same;
		if (!code && failure.node != AMP_NO_NODE &&
			!amp_vec_push(failures, failure))
			code = amp_error_nomem(error);
	}
	tour_deinit(&tour);
	return code;
}

struct nodes AMP_VEC(uint32_t);

/* Those before it in plan order that it does not declare: all, or those that it meets. */
static int candidates(struct amp_prover *prover, uint32_t node, const uint64_t *set,
	bool all, struct nodes *out, struct amplan_error *error)
{
	const struct amp_plan *plan = &prover->job->plan;
	out->count = 0;
	for (size_t i = 0; i < prover->step_of[node]; i++) {
		uint32_t other = plan->steps[i].node;
		if (amp_set_has(set, other) || !amp_prove_works(prover, other))
			continue;
		struct amp_meeting meeting = {0};
		if (!all)
			meeting = amp_meet(&prover->effects[other].up,
				&prover->effects[node].up, NULL);
		if ((all || meeting.name) && !amp_vec_push(out, other))
			return amp_error_nomem(error);
	}
	return AMPLAN_OK;
}

static void unite_first(const struct amp_prover *prover, uint64_t *set,
	const uint64_t *base, const struct nodes *nodes, size_t count)
{
	memcpy(set, base, prover->need.words * sizeof(*set));
	for (size_t i = 0; i < count; i++) {
		amp_set_unite(set, amp_ancestors_of(&prover->need, nodes->items[i]),
			prover->need.words);
		amp_set_add(set, nodes->items[i]);
	}
}

/* How many of the candidates, from the first on, it takes; count + 1: more than all. */
static int bisect(struct amp_shelf *shelf, uint32_t node, const uint64_t *base,
	const struct nodes *nodes, uint64_t *set, size_t *taken,
	struct amplan_error *error)
{
	size_t low = 0, high = nodes->count + 1;
	bool same;
	unite_first(shelf->prover, set, base, nodes, nodes->count);
	int code = try_on(shelf, node, set, false, &same, NULL, error);
	if (same)
		high = nodes->count;
	/* low does not do, high does */
	while (!code && same && high - low > 1) {
		size_t middle = low + (high - low) / 2;
		bool enough;
		unite_first(shelf->prover, set, base, nodes, middle);
		code = try_on(shelf, node, set, false, &enough, NULL, error);
		if (enough)
			high = middle;
		else
			low = middle;
	}
	*taken = high;
	return code;
}

/*
 * Finds what is missing, one after the other: the last of the fewest first candidates that
 * do is needed for certain; then it is looked for what is missing besides.
 */
static int find_missing(struct amp_shelf *shelf, uint32_t node, struct nodes *missing,
	struct amplan_error *error)
{
	struct amp_prover *prover = shelf->prover;
	size_t bytes = (prover->need.words + 1) * sizeof(uint64_t);
	uint64_t *base = malloc(bytes), *set = malloc(bytes);
	struct nodes nodes = {0};
	int code = base && set ? AMPLAN_OK : amp_error_nomem(error);
	bool all = false, same = false;
	if (!code)
		memcpy(base, amp_ancestors_of(&prover->need, node),
			prover->need.words * sizeof(*base));
	while (!code && !same) {
		size_t taken;
		code = candidates(prover, node, base, all, &nodes, error);
		if (!code)
			code = bisect(shelf, node, base, &nodes, set, &taken, error);
		if (code || (taken > nodes.count && all))
			break;
		all = all || taken > nodes.count;
		if (taken > nodes.count)
			continue;
		uint32_t found = nodes.items[taken - 1];
		if (!amp_vec_push(missing, found))
			code = amp_error_nomem(error);
		amp_set_unite(
			base, amp_ancestors_of(&prover->need, found), prover->need.words);
		amp_set_add(base, found);
		if (!code)
			code = try_on(shelf, node, base, false, &same, NULL, error);
	}
	amp_vec_deinit(&nodes);
	free(base);
	free(set);
	return code;
}

/* The words for what it uses; the kind of the object is in its effects or unknown. */
static const char *describe(const struct amp_meeting *meeting, struct amp_arena *arena)
{
	return *meeting->column
		? amp_arena_printf(arena, "%s.%s", meeting->name, meeting->column)
		: meeting->name;
}

static const char *what_it_did(unsigned how)
{
	return how & AMPLAN_CREATES   ? "makes"
		: how & AMPLAN_DROPS  ? "drops"
		: how & AMPLAN_ALTERS ? "changes"
				      : "fills";
}

/* Ordered by <after>, which does not hold where the other one is absent. */
static bool is_after(const struct amp_prover *prover, uint32_t node, uint32_t on)
{
	return amp_set_has(amp_ancestors_of(&prover->before, node), on);
}

static int tell(struct amp_prover *prover, const struct failure *failure, uint32_t on,
	struct amplan_error *error)
{
	struct amp_job *job = prover->job;
	struct amp_findings *findings = &job->findings;
	const struct amp_migration *from = job->graph.nodes[failure->node];
	const struct amp_migration *needed = job->graph.nodes[on];
	struct amp_meeting meeting = amp_meet(&prover->effects[on].up,
		&prover->effects[failure->node].up, failure->why);
	struct amplan_finding *finding;
	struct amplan_demand demand = {
		.from = failure->node,
		.on = on,
		.object = meeting.name ? describe(&meeting, &job->arena) : "",
	};
	if (meeting.name)
		finding = amp_finding_add(findings, AMPLAN_ERROR, "undeclared-dependency",
			"'%s' uses '%s', which '%s' %s, but does not depend on it: alone, "
			"%s",
			from->id, demand.object, needed->id, what_it_did(meeting.writer),
			failure->why);
	else
		finding = amp_finding_add(findings, AMPLAN_ERROR, "undeclared-dependency",
			"'%s' needs '%s', but does not depend on it: alone, %s", from->id,
			needed->id, failure->why);
	finding->place = failure->place.file ? failure->place : amp_migration_place(from);
	amp_finding_id(findings, finding, from->id);
	amp_finding_id(findings, finding, needed->id);
	amp_finding_related(
		findings, finding, amp_migration_place(needed), "this is what it needs");
	const char *name = amp_prove_name(prover, failure->node, on);
	if (is_after(prover, failure->node, on))
		amp_finding_hint(findings, finding,
			"<after> only orders, and does not hold where '%s' is absent: write "
			"<depends on=\"%s\"/>",
			needed->id, name ? name : "");
	else
		amp_finding_hint(findings, finding,
			"add <depends on=\"%s\"/> to '%s'; 'amplan check --fix' does it",
			name ? name : "", from->id);
	return amp_vec_push(&prover->demands, demand) ? AMPLAN_OK
						      : amp_error_nomem(error);
}

/* Only those that no other of them comes with. */
static bool comes_with_another(
	const struct amp_prover *prover, const struct nodes *missing, uint32_t node)
{
	for (size_t i = 0; i < missing->count; i++)
		if (amp_set_has(amp_ancestors_of(&prover->need, missing->items[i]), node))
			return true;
	return false;
}

/* What follows is told as if it were declared, also where it is allowed not to be. */
static int add_missing(struct amp_prover *prover, const struct failure *failure,
	uint32_t on, struct amplan_error *error)
{
	struct amp_extra extra = {failure->node, on};
	const struct amp_migration *from = prover->job->graph.nodes[failure->node];
	if (!amp_vec_push(&prover->extras, extra))
		return amp_error_nomem(error);
	return amp_migration_allows(from, "undeclared-dependency")
		? AMPLAN_OK
		: tell(prover, failure, on, error);
}

static int resolve(struct amp_shelf *shelf, const struct failure *failure, size_t *found,
	struct amplan_error *error)
{
	struct nodes missing = {0};
	int code = find_missing(shelf, failure->node, &missing, error);
	for (size_t i = 0; !code && i < missing.count; i++) {
		if (comes_with_another(shelf->prover, &missing, missing.items[i]))
			continue;
		code = add_missing(shelf->prover, failure, missing.items[i], error);
		(*found)++;
	}
	amp_vec_deinit(&missing);
	return code;
}

int amp_prove_ancestors(struct amp_prover *prover, struct amplan_error *error)
{
	struct amp_shelf shelf;
	bool *proved = calloc(prover->job->graph.count + (size_t)1, sizeof(*proved));
	int code = proved ? amp_shelf_init(&shelf, prover, false, error)
			  : amp_error_nomem(error);
	for (size_t found = 1; !code && found;) {
		struct failures failures = {0};
		found = 0;
		code = try_all(&shelf, proved, &failures, error);
		for (size_t i = 0; !code && i < failures.count; i++)
			code = resolve(&shelf, &failures.items[i], &found, error);
		amp_vec_deinit(&failures);
		if (!code && found)
			code = amp_prove_ancestry(prover, error);
	}
	if (proved)
		amp_shelf_deinit(&shelf);
	free(proved);
	return code;
}
