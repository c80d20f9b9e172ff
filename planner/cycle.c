/*
 * Cycle: finds the shortest cycle among what could not be ordered, explains it, sets its
 * migrations aside and looks again.
 *
 * Every cycle has a smallest node, so a breadth-first search from each node over larger
 * ones finds all shortest cycles; whatever no longer lies on a cycle is peeled off as the
 * search goes on. The whole search is bounded: once BUDGET edges were looked at, the best
 * cycle so far is taken. One is always found, as the first search in a component of more
 * than one node cannot fail.
 */
#include "planner/cycle.h"

#include "base/always.h"
#include "base/str.h"

#define CYCLES_SHOWN 20
#define MEMBERS_SHOWN 12
#define BUDGET ((uint64_t)100 * 1000 * 1000)

struct hunt {
	const struct amp_graph *graph;
	bool *aside; /* in a cycle that was reported */
	bool *live;  /* may still lie on a cycle, in this round */
	/* strong components */
	uint32_t *component; /* by node; 0: on no cycle */
	uint32_t *visit, *low, *cursor, *stack, *calls;
	/* live edges of each node inside its component */
	uint32_t *out, *in;
	/* breadth-first search */
	uint32_t *mark, *parent, *depth, *queue;
	uint32_t searches;
	uint64_t looked;
	/* the best cycle so far; 0: none */
	uint32_t *best;
	uint32_t length;
};

static bool make_hunt(
	struct hunt *hunt, const struct amp_graph *graph, struct amp_arena *arena)
{
	uint32_t **arrays[] = {&hunt->component, &hunt->visit, &hunt->low, &hunt->cursor,
		&hunt->stack, &hunt->calls, &hunt->out, &hunt->in, &hunt->mark,
		&hunt->parent, &hunt->depth, &hunt->queue, &hunt->best};
	hunt->graph = graph;
	hunt->aside = amp_arena_array(arena, graph->count, sizeof(bool));
	hunt->live = amp_arena_array(arena, graph->count, sizeof(bool));
	for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++)
		*arrays[i] = amp_arena_array(arena, graph->count, sizeof(uint32_t));
	return !arena->failed;
}

/* Tarjan's walk with its own stack of calls. */
struct walk {
	uint32_t visits, components, nstack, ncalls;
};

static void enter(struct hunt *h, struct walk *w, uint32_t node)
{
	h->visit[node] = h->low[node] = ++w->visits;
	h->cursor[node] = h->graph->first[node];
	h->stack[w->nstack++] = node;
	h->calls[w->ncalls++] = node;
	h->live[node] = true; /* here: on the stack */
}

/* All edges of the node on top were followed: close its component, tell its caller. */
static void leave(struct hunt *h, struct walk *w)
{
	uint32_t node = h->calls[--w->ncalls];
	if (w->ncalls) {
		uint32_t caller = h->calls[w->ncalls - 1];
		if (h->low[node] < h->low[caller])
			h->low[caller] = h->low[node];
	}
	if (h->low[node] != h->visit[node])
		return;
	bool alone = h->stack[w->nstack - 1] == node;
	w->components += !alone;
	uint32_t member;
	do {
		member = h->stack[--w->nstack];
		h->live[member] = false;
		h->component[member] = alone ? 0 : w->components;
	} while (member != node);
}

static void walk_from(struct hunt *h, struct walk *w, uint32_t start)
{
	const struct amp_graph *graph = h->graph;
	enter(h, w, start);
	while (w->ncalls) {
		uint32_t node = h->calls[w->ncalls - 1];
		if (h->cursor[node] == graph->first[node + 1]) {
			leave(h, w);
			continue;
		}
		uint32_t target = graph->target[h->cursor[node]++];
		if (h->aside[target])
			continue;
		if (!h->visit[target])
			enter(h, w, target);
		else if (h->live[target] && h->visit[target] < h->low[node])
			h->low[node] = h->visit[target];
	}
}

/* Fills component and live; returns how many nodes lie on cycles. */
static uint32_t find_components(struct hunt *h)
{
	struct walk walk = {0};
	uint32_t count = h->graph->count, cyclic = 0;
	for (uint32_t n = 0; n < count; n++) {
		h->visit[n] = h->component[n] = 0;
		h->live[n] = false;
	}
	for (uint32_t n = 0; n < count; n++)
		if (!h->aside[n] && !h->visit[n])
			walk_from(h, &walk, n);
	for (uint32_t n = 0; n < count; n++) {
		h->live[n] = h->component[n] != 0;
		cyclic += h->live[n];
	}
	return cyclic;
}

static bool is_inside(const struct hunt *h, uint32_t from, uint32_t to)
{
	return h->live[to] && h->component[from] == h->component[to];
}

static void count_edges(struct hunt *h)
{
	const struct amp_graph *graph = h->graph;
	for (uint32_t n = 0; n < graph->count; n++)
		h->out[n] = h->in[n] = 0;
	for (uint32_t n = 0; n < graph->count; n++)
		for (uint32_t e = graph->first[n]; h->live[n] && e < graph->first[n + 1];
			e++)
			if (is_inside(h, n, graph->target[e])) {
				h->out[n]++;
				h->in[graph->target[e]]++;
			}
}

/* Takes a node out, and after it all that lost its last way in or out. */
static void peel(struct hunt *h, uint32_t node)
{
	const struct amp_graph *graph = h->graph;
	uint32_t waiting = 0;
	h->queue[waiting++] = node;
	h->live[node] = false;
	while (waiting) {
		uint32_t n = h->queue[--waiting];
		for (uint32_t e = graph->first[n]; e < graph->first[n + 1]; e++) {
			uint32_t to = graph->target[e];
			if (is_inside(h, n, to) && !--h->in[to]) {
				h->live[to] = false;
				h->queue[waiting++] = to;
			}
		}
		for (uint32_t e = graph->back_first[n]; e < graph->back_first[n + 1];
			e++) {
			uint32_t from = graph->back[e];
			if (is_inside(h, n, from) && !--h->out[from]) {
				h->live[from] = false;
				h->queue[waiting++] = from;
			}
		}
	}
}

static void take_best(struct hunt *h, uint32_t last)
{
	h->length = h->depth[last] + 1;
	for (uint32_t at = h->length; at > 0; at--, last = h->parent[last])
		h->best[at - 1] = last;
}

/* Looks for a cycle through `start` that is shorter than the best. */
static void search_from(struct hunt *h, uint32_t start)
{
	const struct amp_graph *graph = h->graph;
	uint32_t head = 0, tail = 0, mark = ++h->searches;
	h->queue[tail++] = start;
	h->mark[start] = mark;
	h->depth[start] = 0;
	while (head < tail) {
		uint32_t n = h->queue[head++];
		if (h->length && h->depth[n] + 1 >= h->length)
			return;
		for (uint32_t e = graph->first[n]; e < graph->first[n + 1]; e++) {
			uint32_t to = graph->target[e];
			h->looked++;
			if (to == start) {
				take_best(h, n);
				return;
			}
			if (h->mark[to] == mark || !is_inside(h, n, to))
				continue;
			h->mark[to] = mark;
			h->parent[to] = n;
			h->depth[to] = h->depth[n] + 1;
			h->queue[tail++] = to;
		}
	}
}

/* The shortest cycle into h->best; 0 where there is none left. */
static uint32_t find_shortest(struct hunt *h)
{
	h->length = 0;
	if (!find_components(h))
		return 0;
	count_edges(h);
	for (uint32_t n = 0; n < h->graph->count; n++) {
		if (!h->live[n])
			continue;
		search_from(h, n);
		/* the first search of a component finds one */
		if (h->length == 2 || (AMP_ALWAYS(h->length) && h->looked > BUDGET))
			break;
		peel(h, n);
	}
	return h->length;
}

/* The edge of the cycle that leaves its member number i. */
static const struct amp_reference *edge_of(
	const struct hunt *h, uint32_t i, uint32_t *target)
{
	const struct amp_graph *graph = h->graph;
	uint32_t node = h->best[i];
	*target = h->best[(i + 1) % h->length];
	uint32_t e = graph->first[node];
	while (graph->target[e] != *target)
		e++;
	return graph->reference[e];
}

static struct amplan_finding *add_finding(
	const struct hunt *h, struct amp_findings *findings)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	uint32_t hidden = h->length > MEMBERS_SHOWN ? h->length - MEMBERS_SHOWN : 0;
	for (uint32_t i = 0; i < h->length; i++) {
		if (hidden && i == MEMBERS_SHOWN / 2) {
			amp_str_addf(&text, "… %u more … -> ", hidden);
			i += hidden;
		}
		amp_str_addf(&text, "'%s' -> ", h->graph->nodes[h->best[i]]->id);
	}
	struct amplan_finding *finding = amp_finding_add(findings, AMPLAN_ERROR, "cycle",
		"dependency cycle of %u: %s'%s'", h->length, amp_str_text(&text),
		h->graph->nodes[h->best[0]]->id);
	if (text.failed)
		findings->failed = true;
	return finding;
}

static void add_edge(const struct hunt *h, struct amp_findings *findings,
	struct amplan_finding *finding, uint32_t i)
{
	uint32_t target;
	const struct amp_reference *edge = edge_of(h, i, &target);
	const char *id = h->graph->nodes[h->best[i]]->id;
	const char *on = h->graph->nodes[target]->id;
	bool direct = amp_graph_find(h->graph, edge->id) == target;
	AMP_STR_AUTO label = AMP_STR_INIT;
	amp_str_addf(&label, "'%s' %s '%s'", id,
		edge->orders_only ? "comes after" : "depends on", edge->id);
	if (!direct)
		amp_str_addf(&label, ", which '%s' replaces", on);
	if (label.failed)
		findings->failed = true;
	amp_finding_id(findings, finding, id);
	if (!edge->source)
		return;
	struct amplan_place place =
		amp_source_place(edge->source, edge->offset, edge->length);
	if (i == 0)
		finding->place = place;
	amp_finding_related(findings, finding, place, amp_str_text(&label));
}

/* Which edge to give up: one that only orders, or the only one that nobody explained. */
static void add_hint(const struct hunt *h, struct amp_findings *findings,
	struct amplan_finding *finding)
{
	uint32_t orders = 0, bare = 0, order_at = 0, bare_at = 0, target;
	for (uint32_t i = 0; i < h->length; i++) {
		const struct amp_reference *edge = edge_of(h, i, &target);
		if (edge->orders_only && !orders++)
			order_at = i;
		if (!edge->reason && !bare++)
			bare_at = i;
	}
	if (orders != 1 && bare != 1) {
		amp_finding_hint(findings, finding, "remove one of these dependencies");
		return;
	}
	uint32_t at = orders == 1 ? order_at : bare_at;
	const struct amp_reference *edge = edge_of(h, at, &target);
	amp_finding_hint(findings, finding,
		"remove one of these dependencies, perhaps that of '%s' on '%s', the only "
		"one %s",
		h->graph->nodes[h->best[at]]->id, edge->id,
		orders == 1 ? "that is only about order" : "without a reason");
}

static void report(struct hunt *h, struct amp_findings *findings)
{
	struct amplan_finding *finding = add_finding(h, findings);
	for (uint32_t i = 0; i < h->length; i++) {
		add_edge(h, findings, finding, i);
		h->aside[h->best[i]] = true;
	}
	add_hint(h, findings, finding);
}

static void report_rest(struct hunt *h, struct amp_findings *findings)
{
	uint32_t left = find_components(h);
	if (!left)
		return;
	struct amplan_finding *finding = amp_finding_add(findings, AMPLAN_NOTE, "cycle",
		"%u more migrations lie on cycles that are not shown", left);
	amp_finding_hint(findings, finding, "break the cycles shown, then look again");
}

int amp_cycles(const struct amp_graph *graph, struct amp_findings *findings,
	struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	struct hunt hunt = {0};
	if (!make_hunt(&hunt, graph, &scratch))
		return amp_error_nomem(error);
	uint32_t found = 0;
	while (found < CYCLES_SHOWN && find_shortest(&hunt)) {
		report(&hunt, findings);
		found++;
	}
	if (found == CYCLES_SHOWN)
		report_rest(&hunt, findings);
	return amp_graph_failed(graph, findings) ? amp_error_nomem(error) : AMPLAN_OK;
}
