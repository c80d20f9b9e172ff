/*
 * Squash: collects every <replaces>, sorted by the id it names, and follows the chains
 * from a replaced migration to the outermost squash. What comes out is free of loops,
 * whatever was declared.
 */
#include "planner/squash.h"

#include <stdlib.h>

#include "base/text.h"

#define KIND "replaces-conflict"
#define TOLD_MAX 100

static int compare_claims(const void *a, const void *b)
{
	const struct amp_claim *left = a, *right = b;
	int order = amp_text_compare(left->id, right->id);
	if (!order)
		order = (left->squash > right->squash) - (left->squash < right->squash);
	if (order)
		return order;
	return (left->reference > right->reference) -
		(left->reference < right->reference);
}

static const char *id_of(const struct amp_graph *graph, uint32_t node)
{
	return graph->nodes[node]->id;
}

/* The first conflicts are told, of the others how many there are. */
static bool is_enough(struct amp_graph *graph)
{
	return graph->conflicts++ >= TOLD_MAX;
}

static void note_more(const struct amp_graph *graph, struct amp_findings *findings)
{
	if (graph->conflicts > TOLD_MAX)
		amp_finding_hint(findings,
			amp_finding_add(findings, AMPLAN_NOTE, KIND,
				"%zu more conflicts of squashes are not shown",
				graph->conflicts - TOLD_MAX),
			"mend these first");
}

static void say_itself(struct amp_graph *graph, struct amp_findings *findings,
	const struct amp_migration *squash, const struct amp_reference *reference)
{
	if (is_enough(graph))
		return;
	struct amplan_finding *finding = amp_finding_add(
		findings, AMPLAN_ERROR, KIND, "'%s' replaces itself", squash->id);
	amp_finding_at(finding, reference->source, reference->offset, reference->length);
	amp_finding_hint(findings, finding, "name the migrations that it stands for");
	amp_finding_id(findings, finding, squash->id);
}

/* One squash naming an id twice has claimed it once. */
static size_t drop_repeated(struct amp_claim *claims, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (!kept || claims[kept - 1].squash != claims[i].squash ||
			amp_text_compare(claims[kept - 1].id, claims[i].id))
			claims[kept++] = claims[i];
	return kept;
}

static void collect(struct amp_graph *graph, struct amp_findings *findings)
{
	size_t total = 0, count = 0;
	for (uint32_t n = 0; n < graph->count; n++)
		total += graph->nodes[n]->nreplaces;
	graph->claims = amp_arena_array(&graph->arena, total, sizeof(*graph->claims));
	if (!graph->claims || !total)
		return;
	for (uint32_t n = 0; n < graph->count; n++) {
		const struct amp_migration *squash = graph->nodes[n];
		for (size_t i = 0; i < squash->nreplaces; i++) {
			const struct amp_reference *reference = &squash->replaces[i];
			if (amp_text_compare(reference->id, squash->id))
				graph->claims[count++] =
					(struct amp_claim){reference->id, n, reference};
			else
				say_itself(graph, findings, squash, reference);
		}
	}
	qsort(graph->claims, count, sizeof(*graph->claims), compare_claims);
	graph->nclaims = drop_repeated(graph->claims, count);
}

/* The end of the run of claims that begins at `first` and names one id. */
static size_t run_end(const struct amp_graph *graph, size_t first)
{
	size_t end = first + 1;
	while (end < graph->nclaims &&
		!amp_text_compare(graph->claims[first].id, graph->claims[end].id))
		end++;
	return end;
}

static void assign(struct amp_graph *graph)
{
	for (size_t i = 0; i < graph->nclaims; i = run_end(graph, i)) {
		uint32_t node = amp_graph_find(graph, graph->claims[i].id);
		if (node != AMP_NO_NODE)
			graph->replaced_by[node] = graph->claims[i].squash;
	}
}

static void say_loop(
	struct amp_graph *graph, struct amp_findings *findings, uint32_t node)
{
	if (is_enough(graph))
		return;
	const struct amp_migration *squash = graph->nodes[node];
	const char *by = id_of(graph, graph->replaced_by[node]);
	struct amplan_finding *finding = amp_finding_add(findings, AMPLAN_ERROR, KIND,
		"'%s' is replaced by '%s', which it replaces in turn", squash->id, by);
	amp_finding_at(finding, squash->source, squash->offset, squash->length);
	amp_finding_hint(findings, finding,
		"only the newer of two squashes replaces the other: remove one <replaces>");
	amp_finding_id(findings, finding, squash->id);
	amp_finding_id(findings, finding, by);
}

/* Chains that bite their tail are cut, so that every later walk ends. */
static void cut_loops(struct amp_graph *graph, struct amp_findings *findings)
{
	AMP_ARENA_AUTO scratch = {0};
	uint32_t *walk = amp_arena_array(&scratch, graph->count, sizeof(*walk));
	if (!walk) {
		graph->arena.failed = true;
		return;
	}
	for (uint32_t start = 0; start < graph->count; start++) {
		uint32_t n = start;
		for (; n != AMP_NO_NODE && !walk[n]; n = graph->replaced_by[n])
			walk[n] = start + 1;
		if (n == AMP_NO_NODE || walk[n] != start + 1)
			continue;
		say_loop(graph, findings, n);
		graph->replaced_by[n] = AMP_NO_NODE;
	}
}

static void follow(struct amp_graph *graph)
{
	for (uint32_t n = 0; n < graph->count; n++)
		graph->outermost[n] = AMP_NO_NODE;
	for (uint32_t n = 0; n < graph->count; n++) {
		uint32_t end = n;
		while (graph->outermost[end] == AMP_NO_NODE &&
			graph->replaced_by[end] != AMP_NO_NODE)
			end = graph->replaced_by[end];
		if (graph->outermost[end] != AMP_NO_NODE)
			end = graph->outermost[end];
		for (uint32_t at = n;
			at != AMP_NO_NODE && graph->outermost[at] == AMP_NO_NODE;
			at = graph->replaced_by[at])
			graph->outermost[at] = end;
	}
}

static void say_rivals(struct amp_graph *graph, struct amp_findings *findings,
	const struct amp_claim *first, const struct amp_claim *second)
{
	if (is_enough(graph))
		return;
	const struct amp_reference *mine = second->reference, *other = first->reference;
	const char *squash = id_of(graph, second->squash);
	const char *rival = id_of(graph, first->squash);
	struct amplan_finding *finding = amp_finding_add(findings, AMPLAN_ERROR, KIND,
		"'%s' replaces '%s', which '%s' replaces already", squash, second->id,
		rival);
	amp_finding_at(finding, mine->source, mine->offset, mine->length);
	amp_finding_hint(findings, finding,
		"only one squash can stand for it: remove one <replaces>, or let '%s' "
		"replace '%s'",
		squash, rival);
	amp_finding_id(findings, finding, squash);
	amp_finding_id(findings, finding, rival);
	amp_finding_id(findings, finding, second->id);
	if (other->source)
		amp_finding_related(findings, finding,
			amp_source_place(other->source, other->offset, other->length),
			"the first one");
}

static void check_rivals(struct amp_graph *graph, struct amp_findings *findings)
{
	const struct amp_claim *claims = graph->claims;
	for (size_t i = 0, end; i < graph->nclaims; i = end) {
		end = run_end(graph, i);
		for (size_t j = i + 1; j < end; j++)
			if (graph->outermost[claims[i].squash] !=
				graph->outermost[claims[j].squash])
				say_rivals(graph, findings, &claims[i], &claims[j]);
	}
}

void amp_squash(struct amp_graph *graph, struct amp_findings *findings)
{
	struct amp_arena *arena = &graph->arena;
	graph->replaced_by =
		amp_arena_array(arena, graph->count, sizeof(*graph->replaced_by));
	graph->outermost =
		amp_arena_array(arena, graph->count, sizeof(*graph->outermost));
	if (!graph->replaced_by || !graph->outermost)
		return;
	for (uint32_t n = 0; n < graph->count; n++)
		graph->replaced_by[n] = graph->outermost[n] = AMP_NO_NODE;
	collect(graph, findings);
	assign(graph);
	cut_loops(graph, findings);
	if (graph->arena.failed)
		return; /* loops may be left, and the walks below would not end */
	follow(graph);
	check_rivals(graph, findings);
	note_more(graph, findings);
}

const struct amp_claim *amp_graph_claims(
	const struct amp_graph *graph, const char *id, size_t *count)
{
	size_t low = 0, high = graph->nclaims;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (amp_text_compare(graph->claims[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	if (low == graph->nclaims || amp_text_compare(graph->claims[low].id, id))
		return NULL;
	*count = run_end(graph, low) - low;
	return &graph->claims[low];
}
