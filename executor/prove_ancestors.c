/*
 * Prove, ancestors: each migration on what it declares to need, and on nothing else.
 *
 * They are tried depth first, so that a state is mostly the one that the last trial left,
 * and kept where the graph forks. Where one does not do what it did in the plain run, the
 * smallest set of dependencies is looked for with which it does.
 */
#include <stdlib.h>
#include <string.h>

#include "executor/missing.h"

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
	uint32_t count = prover->job->graph.count;
	uint32_t *child = malloc((count + (size_t)1) * sizeof(*child));
	uint32_t *sibling = malloc((count + (size_t)1) * sizeof(*sibling));
	uint32_t *stack = malloc((count + (size_t)1) * sizeof(*stack));
	bool room = child && sibling && stack;
	uint32_t roots = AMP_NO_NODE, depth = 0;
	for (uint32_t i = 0; room && i < count; i++)
		child[i] = sibling[i] = AMP_NO_NODE;
	for (uint32_t i = count; room && i-- > 0;) {
		uint32_t node = prover->sequence[i];
		if (prover->step_of[node] == SIZE_MAX)
			continue;
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

struct failures AMP_VEC(struct amp_failure);

/* One of those that it needs did not do the same, though it ran. */
static bool hangs_on_failure(
	const struct amp_prover *prover, uint32_t node, const struct failures *failures)
{
	const uint64_t *need = amp_ancestors_of(&prover->need, node);
	for (size_t i = 0; i < failures->count; i++)
		if (amp_set_has(need, failures->items[i].node))
			return true;
	return false;
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
		struct amp_failure failure = {.node = AMP_NO_NODE};
		bool same = false;
		if (!amp_prove_works(prover, node))
			continue;
		code = amp_try_on(shelf, node, amp_ancestors_of(&prover->need, node),
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

int amp_tell_undeclared(struct amp_prover *prover, const struct amp_failure *failure,
	uint32_t on, struct amplan_error *error)
{
	struct amp_job *job = prover->job;
	struct amp_findings *findings = &job->findings;
	const struct amp_migration *from = job->graph.nodes[failure->node];
	const struct amp_migration *needed = job->graph.nodes[on];
	struct amp_meeting meeting = amp_meet(&prover->effects[on].up,
		&prover->effects[failure->node].up, failure->why);
	struct amplan_finding *finding;
	if (amp_migration_allows(from, "undeclared-dependency"))
		return AMPLAN_OK;
	struct amplan_demand demand = {
		.from = failure->node,
		.on = on,
		.object = meeting.name ? amp_meeting_object(&meeting, &job->arena) : "",
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
			needed->id, name);
	else
		amp_finding_hint(findings, finding,
			"add <depends on=\"%s\"/> to '%s'; 'amplan check --fix' does it",
			name, from->id);
	return amp_vec_push(&prover->demands, demand) ? AMPLAN_OK
						      : amp_error_nomem(error);
}

/* What follows is told as if it were declared, also where it is allowed not to be. */
static int add_missing(struct amp_prover *prover, const struct amp_failure *failure,
	uint32_t on, struct amplan_error *error)
{
	struct amp_extra extra = {failure->node, on};
	return amp_vec_push(&prover->extras, extra)
		? amp_tell_undeclared(prover, failure, on, error)
		: amp_error_nomem(error);
}

static int resolve(struct amp_shelf *shelf, const struct amp_failure *failure,
	size_t *found, struct amplan_error *error)
{
	struct amp_nodes missing = {0};
	int code = amp_find_missing(shelf, failure->node, false, &missing, error);
	for (size_t i = 0; !code && i < missing.count; i++) {
		if (amp_comes_with_another(shelf->prover, &missing, missing.items[i]))
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
			if (!hangs_on_failure(prover, failures.items[i].node, &failures))
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
