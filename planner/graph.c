/*
 * Graph: nodes are sorted, references are resolved, edges are laid out in flat arrays.
 *
 * The result is a function of the set of migrations alone: whatever order the catalog
 * lists them in, node ids, edges and findings come out the same.
 */
#include "planner/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "planner/squash.h"
#include "planner/suggest.h"

/* Of each trouble so many are told, and how many more there are. */
#define TOLD_MAX 100

enum trouble { MISSING, ITSELF, REPLACED, TROUBLES };

/* What is needed while edges are made. */
struct builder {
	struct amp_graph *graph;
	struct amp_findings *findings;
	struct amp_suggest suggest;
	uint32_t *seen; /* by target: 1 + the last node that got an edge to it */
	uint32_t edges;
	size_t troubles[TROUBLES];
};

static int compare_nodes(const void *a, const void *b)
{
	const struct amp_migration *const *left = a, *const *right = b;
	return amp_text_compare((*left)->id, (*right)->id);
}

static bool is_sorted(const struct amp_graph *graph)
{
	for (uint32_t n = 1; n < graph->count; n++)
		if (compare_nodes(&graph->nodes[n - 1], &graph->nodes[n]) > 0)
			return false;
	return true;
}

static void fill_nodes(struct amp_graph *graph, const struct amp_catalog *catalog)
{
	graph->nodes =
		amp_arena_array(&graph->arena, catalog->count, sizeof(*graph->nodes));
	if (!graph->nodes)
		return;
	for (size_t i = 0; i < catalog->count; i++)
		graph->nodes[i] = catalog->items[i];
	graph->count = (uint32_t)catalog->count;
	if (!is_sorted(graph))
		qsort(graph->nodes, graph->count, sizeof(*graph->nodes), compare_nodes);
}

uint32_t amp_graph_find(const struct amp_graph *graph, const char *id)
{
	uint32_t low = 0, high = graph->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = amp_text_compare(graph->nodes[middle]->id, id);
		if (!order)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return AMP_NO_NODE;
}

/* Completes a finding about one reference of a node. */
static void point_at(struct builder *b, struct amplan_finding *finding, uint32_t node,
	const struct amp_reference *reference)
{
	amp_finding_at(finding, reference->source, reference->offset, reference->length);
	amp_finding_id(b->findings, finding, b->graph->nodes[node]->id);
}

static void hint_missing(
	struct builder *b, struct amplan_finding *finding, const char *wanted)
{
	uint32_t count = b->graph->count;
	bool asked = b->suggest.left > 0;
	uint32_t elsewhere = amp_suggest_module(&b->suggest, wanted);
	uint32_t near = amp_suggest_near(&b->suggest, wanted);
	AMP_STR_AUTO text = AMP_STR_INIT;
	if (elsewhere != AMP_NO_NODE) {
		const struct amp_migration *other = b->graph->nodes[elsewhere];
		bool in_module = strchr(other->id, ':') != NULL;
		amp_str_addf(&text, "it is %s: write '%s'",
			in_module ? "in another module" : "in no module", other->id);
		amp_suggest_place(&text, other);
	} else if (near != AMP_NO_NODE) {
		amp_str_addf(&text, "did you mean '%s'?", b->graph->nodes[near]->id);
		amp_suggest_place(&text, b->graph->nodes[near]);
	} else {
		amp_str_addf(&text,
			"%u migration%s known%s: add '%s', or remove this dependency",
			count, count == 1 ? " is" : "s are",
			asked ? " and none has a similar id" : "", wanted);
	}
	amp_finding_hint(b->findings, finding, "%s", amp_str_text(&text));
	if (text.failed)
		b->findings->failed = true;
}

static bool is_enough(struct builder *b, enum trouble which)
{
	return b->troubles[which]++ >= TOLD_MAX;
}

static void note_more(struct builder *b)
{
	static const struct {
		const char *kind, *what;
	} more[TROUBLES] = {
		[MISSING] = {"missing-dependency",
			"dependencies are on migrations that do not exist"},
		[ITSELF] = {"cycle", "dependencies are of a migration on itself"},
		[REPLACED] = {"replaces-conflict",
			"dependencies are on what the migration replaces"},
	};
	for (int i = 0; i < TROUBLES; i++)
		if (b->troubles[i] > TOLD_MAX)
			amp_finding_hint(b->findings,
				amp_finding_add(b->findings, AMPLAN_NOTE, more[i].kind,
					"%zu more %s", b->troubles[i] - TOLD_MAX,
					more[i].what),
				"mend these first");
}

static void say_missing(
	struct builder *b, uint32_t node, const struct amp_reference *reference)
{
	if (is_enough(b, MISSING))
		return;
	struct amplan_finding *finding = amp_finding_add(b->findings, AMPLAN_ERROR,
		"missing-dependency", "'%s' depends on '%s', which does not exist",
		b->graph->nodes[node]->id, reference->id);
	point_at(b, finding, node, reference);
	amp_finding_id(b->findings, finding, reference->id);
	hint_missing(b, finding, reference->id);
}

static void say_itself(
	struct builder *b, uint32_t node, const struct amp_reference *reference)
{
	if (is_enough(b, ITSELF))
		return;
	struct amplan_finding *finding = amp_finding_add(b->findings, AMPLAN_ERROR,
		"cycle", "'%s' depends on itself", b->graph->nodes[node]->id);
	point_at(b, finding, node, reference);
	amp_finding_hint(b->findings, finding, "remove this dependency");
}

static void say_replaced(
	struct builder *b, uint32_t node, const struct amp_reference *reference)
{
	if (is_enough(b, REPLACED))
		return;
	struct amplan_finding *finding = amp_finding_add(b->findings, AMPLAN_ERROR,
		"replaces-conflict", "'%s' depends on '%s', which it replaces",
		b->graph->nodes[node]->id, reference->id);
	point_at(b, finding, node, reference);
	amp_finding_id(b->findings, finding, reference->id);
	amp_finding_hint(b->findings, finding,
		"where the squash runs, what it replaces never does: remove this "
		"dependency");
}

static bool replaces(const struct amp_graph *graph, uint32_t squash, uint32_t node)
{
	for (uint32_t n = graph->replaced_by[node]; n != AMP_NO_NODE;
		n = graph->replaced_by[n])
		if (n == squash)
			return true;
	return false;
}

/* A reference to an id that the catalog has, as a node to depend on. */
static uint32_t resolve_present(struct builder *b, uint32_t node, uint32_t target,
	const struct amp_reference *reference)
{
	const struct amp_graph *graph = b->graph;
	if (target == node) {
		say_itself(b, node, reference);
		return AMP_NO_NODE;
	}
	if (graph->outermost[target] != graph->outermost[node])
		return graph->outermost[target];
	if (!replaces(graph, node, target))
		return target;
	say_replaced(b, node, reference);
	return AMP_NO_NODE;
}

/* A reference to an id that is gone: its squash, if there is one, stands for it. */
static uint32_t resolve_gone(
	struct builder *b, uint32_t node, const struct amp_reference *reference)
{
	const struct amp_graph *graph = b->graph;
	size_t count;
	const struct amp_claim *claims = amp_graph_claims(graph, reference->id, &count);
	if (!claims) {
		if (!reference->orders_only)
			say_missing(b, node, reference);
		return AMP_NO_NODE;
	}
	for (size_t i = 0; i < count; i++)
		if (claims[i].squash == node) {
			say_replaced(b, node, reference);
			return AMP_NO_NODE;
		}
	/* within one squash nothing has to wait for what is gone */
	uint32_t squash = graph->outermost[claims[0].squash];
	return squash == graph->outermost[node] ? AMP_NO_NODE : squash;
}

static void add_edge(
	struct builder *b, uint32_t node, const struct amp_reference *reference)
{
	struct amp_graph *graph = b->graph;
	uint32_t target = amp_graph_find(graph, reference->id);
	target = target == AMP_NO_NODE ? resolve_gone(b, node, reference)
				       : resolve_present(b, node, target, reference);
	if (target == AMP_NO_NODE || b->seen[target] == node + 1)
		return;
	b->seen[target] = node + 1;
	graph->target[b->edges] = target;
	graph->reference[b->edges] = reference;
	b->edges++;
}

/* Dependents, by counting: ascending because nodes are visited so. */
static void fill_back(struct amp_graph *graph)
{
	uint32_t *next = graph->back_first;
	for (uint32_t e = 0; e < graph->first[graph->count]; e++)
		next[graph->target[e] + 1]++;
	for (uint32_t n = 0; n < graph->count; n++)
		next[n + 1] += next[n];
	for (uint32_t n = 0; n < graph->count; n++)
		for (uint32_t e = graph->first[n]; e < graph->first[n + 1]; e++)
			graph->back[next[graph->target[e]]++] = n;
	/* each start has moved to the next one's place: move them back */
	for (uint32_t n = graph->count; n > 0; n--)
		next[n] = next[n - 1];
	next[0] = 0;
}

static bool make_room(struct amp_graph *graph, size_t edges)
{
	struct amp_arena *arena = &graph->arena;
	size_t starts = (size_t)graph->count + 1;
	graph->first = amp_arena_array(arena, starts, sizeof(*graph->first));
	graph->back_first = amp_arena_array(arena, starts, sizeof(*graph->back_first));
	graph->target = amp_arena_array(arena, edges, sizeof(*graph->target));
	graph->reference = amp_arena_array(arena, edges, sizeof(*graph->reference));
	graph->redundant = amp_arena_array(arena, edges, sizeof(*graph->redundant));
	graph->back = amp_arena_array(arena, edges, sizeof(*graph->back));
	return !arena->failed;
}

static bool fill_edges(
	struct amp_graph *graph, size_t references, struct amp_findings *findings)
{
	AMP_ARENA_AUTO scratch = {0};
	struct builder b = {.graph = graph, .findings = findings};
	b.seen = amp_arena_array(&scratch, graph->count, sizeof(*b.seen));
	if (!b.seen || !amp_suggest_init(&b.suggest, graph, &scratch) ||
		!make_room(graph, references))
		return false;
	for (uint32_t n = 0; n < graph->count; n++)
		amp_suggest_add(&b.suggest, n);
	for (uint32_t n = 0; n < graph->count; n++) {
		for (size_t i = 0; i < graph->nodes[n]->ndepends; i++)
			add_edge(&b, n, &graph->nodes[n]->depends[i]);
		graph->first[n + 1] = b.edges;
	}
	fill_back(graph);
	note_more(&b);
	return true;
}

int amp_graph_build(struct amp_graph *graph, const struct amp_catalog *catalog,
	struct amp_findings *findings, struct amplan_error *error)
{
	*graph = (struct amp_graph){.catalog = catalog};
	size_t references = 0;
	/* node + 1 and one past the last edge must be numbers as well */
	bool many = catalog->count >= UINT32_MAX - 1;
	for (size_t i = 0; !many && i < catalog->count; i++)
		references += catalog->items[i]->ndepends;
	if (many || references >= UINT32_MAX - 1)
		return amp_error(error, AMPLAN_REFUSED, "%zu %s are too many",
			many ? catalog->count : references,
			many ? "migrations" : "dependencies");
	fill_nodes(graph, catalog);
	if (!graph->arena.failed)
		amp_squash(graph, findings);
	if (graph->arena.failed || !fill_edges(graph, references, findings) ||
		amp_graph_failed(graph, findings)) {
		/* nobody may look at half a graph */
		amp_graph_deinit(graph);
		return amp_error_nomem(error);
	}
	return AMPLAN_OK;
}

bool amp_graph_failed(const struct amp_graph *graph, const struct amp_findings *findings)
{
	return graph->arena.failed || graph->catalog->arena.failed || findings->failed ||
		findings->arena->failed;
}

void amp_graph_deinit(struct amp_graph *graph)
{
	amp_arena_deinit(&graph->arena);
	*graph = (struct amp_graph){0};
}
