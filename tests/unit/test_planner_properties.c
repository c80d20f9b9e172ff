/*
 * The planner against hundreds of random catalogs, and against slow and simple versions
 * of itself. AMPLAN_SEED starts elsewhere; a failure prints the seed that shows it first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "planner/redundant.h"
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

#define ROUNDS 200
#define MOST 300
#define SMALL 9
#define LINE 2048

/* Fails with the seed of this round. */
#define HOLDS(seed, condition)                                                      \
	do {                                                                        \
		if (!(condition)) {                                                 \
			print_error("does not hold, AMPLAN_SEED=%" PRIu64 ": %s\n", \
				(uint64_t)(seed), #condition);                      \
			fail();                                                     \
		}                                                                   \
	} while (0)

static uint64_t first_seed(void)
{
	const char *seed = getenv("AMPLAN_SEED");
	return seed ? strtoull(seed, NULL, 10) : 1;
}

/* splitmix64 */
static uint64_t next_number(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned below(uint64_t *state, unsigned limit)
{
	return (unsigned)(next_number(state) % limit);
}

/* A random catalog as lines for world_add(). */
struct sketch {
	uint64_t seed, chance;
	unsigned count;
	char ids[MOST + 1][32];
	char lines[MOST + 1][LINE];
};

static void add_word(struct sketch *s, unsigned at, const char *mark, const char *word)
{
	size_t length = strlen(s->lines[at]);
	if (length + strlen(mark) + strlen(word) + 2 < LINE)
		snprintf(s->lines[at] + length, LINE - length, " %s%s", mark, word);
}

/* Ids that differ in numbers, in leading zeros, in modules and in nothing else. */
static void name_nodes(struct sketch *s)
{
	static const char *const forms[] = {
		"%03u_x", "%u", "m:%u", "%05u", "a%u-b", "n%u."};
	for (unsigned i = 0; i < s->count; i++) {
		unsigned form = below(&s->chance, 6);
		bool taken = true;
		for (unsigned number = below(&s->chance, 2 * MOST); taken; number++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(s->ids[i], sizeof(s->ids[i]), forms[form], number);
#pragma GCC diagnostic pop
			taken = false;
			for (unsigned j = 0; j < i; j++)
				taken |= !strcmp(s->ids[i], s->ids[j]);
		}
		memcpy(s->lines[i], s->ids[i], sizeof(s->ids[i]));
	}
}

static struct sketch *new_sketch(uint64_t seed, unsigned most)
{
	struct sketch *s = calloc(1, sizeof(*s));
	assert_non_null(s);
	s->seed = s->chance = seed;
	s->count = 1 + below(&s->chance, most);
	name_nodes(s);
	return s;
}

/* Each depends on some before it, so there is no cycle; ids are in no such order. */
static void connect(struct sketch *s)
{
	unsigned density = 1 + below(&s->chance, 4);
	for (unsigned i = 1; i < s->count; i++)
		for (unsigned k = below(&s->chance, 2 * density); k > 0; k--)
			add_word(s, i, below(&s->chance, 8) ? "" : ">",
				s->ids[below(&s->chance, i)]);
}

static void connect_anyhow(struct sketch *s)
{
	unsigned edges = below(&s->chance, 3 * s->count);
	for (unsigned k = 0; k < edges; k++)
		add_word(s, below(&s->chance, s->count), "",
			s->ids[below(&s->chance, s->count)]);
}

/* Squashes, attributes, and references to nothing. */
static void decorate(struct sketch *s)
{
	static const char *const words[] = {
		"!fk", "!none", "!maintenance", "-down", "~reason", ">absent"};
	for (unsigned i = 0; i < s->count; i++) {
		if (!below(&s->chance, 4))
			add_word(s, i, "", words[below(&s->chance, 6)]);
		if (i > 2 && !below(&s->chance, 12))
			add_word(s, i, "=", s->ids[below(&s->chance, i)]);
		if (!below(&s->chance, 40))
			add_word(s, i, "", "missing");
	}
}

/* The catalog, with its migrations in a random order. */
static void build_shuffled(struct sketch *s, struct world *w)
{
	unsigned order[MOST + 1];
	world_init(w);
	for (unsigned i = 0; i < s->count; i++) {
		unsigned j = below(&s->chance, i + 1);
		order[i] = order[j];
		order[j] = i;
	}
	for (unsigned i = 0; i < s->count; i++)
		world_add(w, s->lines[order[i]]);
	world_build(w);
}

static void order_text(const struct world *w, struct amp_str *text, const char *except)
{
	for (uint32_t i = 0; i < w->placed; i++) {
		const char *id = w->graph.nodes[w->order[i]]->id;
		if (!except || strcmp(id, except) != 0)
			amp_str_addf(text, "%s ", id);
	}
}

/* History: the first so many of the order, as far as the world has room for them. */
static void apply_some(struct world *w, unsigned count)
{
	for (unsigned i = 0; i < count && i < w->placed && i < 60; i++)
		world_applied(w, w->graph.nodes[w->order[i]]->id);
}

static void test_properties__input_order_changes_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = first_seed(), end = seed + ROUNDS; seed < end; seed++) {
		struct sketch *s = new_sketch(seed, MOST);
		connect(s);
		decorate(s);
		unsigned applied = below(&s->chance, s->count + 1);
		WORLD one, two;
		build_shuffled(s, &one);
		build_shuffled(s, &two);
		AMP_STR_AUTO first = AMP_STR_INIT;
		AMP_STR_AUTO second = AMP_STR_INIT;
		order_text(&one, &first, NULL);
		order_text(&two, &second, NULL);
		HOLDS(seed, !strcmp(amp_str_text(&first), amp_str_text(&second)));
		if (one.placed == s->count) {
			struct amp_goal goal = {.skip_maintenance = seed % 2};
			apply_some(&one, applied);
			apply_some(&two, applied);
			HOLDS(seed, world_plan(&one, goal) == AMPLAN_OK);
			HOLDS(seed, world_plan(&two, goal) == AMPLAN_OK);
			HOLDS(seed, !strcmp(one.plan.digest, two.plan.digest));
			HOLDS(seed, one.plan.nsteps == two.plan.nsteps);
		}
		HOLDS(seed, !strcmp(world_findings(&one), world_findings(&two)));
		free(s);
	}
}

static void test_properties__a_leaf_reorders_nobody(void **state)
{
	(void)state;
	for (uint64_t seed = first_seed(), end = seed + ROUNDS; seed < end; seed++) {
		struct sketch *s = new_sketch(seed, MOST);
		connect(s);
		WORLD before, after;
		build_shuffled(s, &before);
		unsigned leaf = s->count++;
		snprintf(s->ids[leaf], sizeof(s->ids[leaf]), "%u_leaf",
			below(&s->chance, 2 * MOST));
		memcpy(s->lines[leaf], s->ids[leaf], sizeof(s->ids[leaf]));
		for (unsigned k = below(&s->chance, 4); k > 0; k--)
			add_word(s, leaf, "", s->ids[below(&s->chance, leaf)]);
		build_shuffled(s, &after);
		AMP_STR_AUTO first = AMP_STR_INIT;
		AMP_STR_AUTO second = AMP_STR_INIT;
		order_text(&before, &first, NULL);
		order_text(&after, &second, s->ids[leaf]);
		HOLDS(seed, after.placed == before.placed + 1);
		HOLDS(seed, !strcmp(amp_str_text(&first), amp_str_text(&second)));
		free(s);
	}
}

/* Taken at its word: at every position the smallest of those whose edges are behind. */
static bool is_smallest_first(const struct world *w)
{
	const struct amp_graph *g = &w->graph;
	bool done[MOST + 1] = {false};
	for (uint32_t i = 0; i < w->placed; i++) {
		uint32_t smallest = 0;
		for (;; smallest++) {
			bool ready = !done[smallest];
			for (uint32_t e = g->first[smallest]; e < g->first[smallest + 1];
				e++)
				ready = ready && done[g->target[e]];
			if (ready)
				break;
		}
		if (w->order[i] != smallest)
			return false;
		done[smallest] = true;
	}
	return true;
}

static int prove(struct world *w)
{
	return amp_order_prove(&w->graph, w->order, w->placed, &w->error);
}

/* Each edge turned round by swapping its two ends must be noticed. */
static void corrupt(struct sketch *s, struct world *w)
{
	const struct amp_graph *g = &w->graph;
	uint32_t place[MOST + 1];
	for (uint32_t i = 0; i < w->placed; i++)
		place[w->order[i]] = i;
	for (uint32_t n = 0; n < g->count; n++)
		for (uint32_t e = g->first[n]; e < g->first[n + 1]; e++) {
			uint32_t *here = &w->order[place[n]];
			uint32_t *there = &w->order[place[g->target[e]]];
			*here = g->target[e];
			*there = n;
			HOLDS(s->seed, prove(w) == AMPLAN_INTERNAL);
			*there = *here;
			HOLDS(s->seed, prove(w) == AMPLAN_INTERNAL);
			*here = n;
			HOLDS(s->seed, prove(w) == AMPLAN_OK);
		}
}

static void test_properties__orders_are_proved_and_corrupted_ones_are_not(void **state)
{
	(void)state;
	for (uint64_t seed = first_seed(), end = seed + ROUNDS; seed < end; seed++) {
		struct sketch *s = new_sketch(seed, MOST / 3);
		connect(s);
		WORLD w;
		build_shuffled(s, &w);
		HOLDS(seed, w.placed == s->count);
		HOLDS(seed, is_smallest_first(&w));
		corrupt(s, &w);
		free(s);
	}
}

/* Distances by Floyd and Warshall among the nodes that are not aside; 0: no way. */
static void measure(
	const struct amp_graph *g, const bool *aside, unsigned far[SMALL + 1][SMALL + 1])
{
	memset(far, 0, sizeof(unsigned) * (SMALL + 1) * (SMALL + 1));
	for (uint32_t n = 0; n < g->count; n++)
		for (uint32_t e = g->first[n]; e < g->first[n + 1]; e++)
			if (!aside[n] && !aside[g->target[e]])
				far[n][g->target[e]] = 1;
	for (uint32_t k = 0; k < g->count; k++)
		for (uint32_t i = 0; i < g->count; i++)
			for (uint32_t j = 0; j < g->count; j++)
				if (far[i][k] && far[k][j] &&
					(!far[i][j] || far[i][k] + far[k][j] < far[i][j]))
					far[i][j] = far[i][k] + far[k][j];
}

static unsigned shortest_cycle(const struct amp_graph *g, const bool *aside)
{
	unsigned far[SMALL + 1][SMALL + 1], best = 0;
	measure(g, aside, far);
	for (uint32_t n = 0; n < g->count; n++)
		if (far[n][n] && (!best || far[n][n] < best))
			best = far[n][n];
	return best;
}

static bool has_edge(const struct amp_graph *g, const char *from, const char *to)
{
	uint32_t n = amp_graph_find(g, from), target = amp_graph_find(g, to);
	for (uint32_t e = g->first[n]; e < g->first[n + 1]; e++)
		if (g->target[e] == target)
			return true;
	return false;
}

static void check_cycle(struct sketch *s, const struct amp_graph *g, bool *aside,
	const struct amplan_finding *finding)
{
	HOLDS(s->seed, finding->nids == shortest_cycle(g, aside));
	HOLDS(s->seed, finding->nrelated == finding->nids);
	for (size_t i = 0; i < finding->nids; i++) {
		const char *next = finding->ids[(i + 1) % finding->nids];
		uint32_t node = amp_graph_find(g, finding->ids[i]);
		HOLDS(s->seed, has_edge(g, finding->ids[i], next));
		HOLDS(s->seed, !aside[node]);
		HOLDS(s->seed, amp_text_compare(finding->ids[0], finding->ids[i]) <= 0);
		aside[node] = true;
	}
}

static void test_properties__cycles_are_real_and_the_shortest(void **state)
{
	(void)state;
	unsigned seen = 0;
	for (uint64_t seed = first_seed(), end = seed + 10 * ROUNDS; seed < end; seed++) {
		struct sketch *s = new_sketch(seed, SMALL);
		connect_anyhow(s);
		WORLD w;
		build_shuffled(s, &w);
		bool aside[SMALL + 1] = {false};
		for (size_t i = 0; i < w.findings.count; i++)
			if (w.findings.items[i].nids > 1) {
				check_cycle(s, &w.graph, aside, &w.findings.items[i]);
				seen++;
			}
		HOLDS(seed, !shortest_cycle(&w.graph, aside));
		free(s);
	}
	assert_true(seen > ROUNDS);
}

/* Does a path of two or more edges lead from n to its target? */
static bool is_implied(
	const struct amp_graph *g, bool reach[][MOST + 1], uint32_t n, uint32_t target)
{
	for (uint32_t e = g->first[n]; e < g->first[n + 1]; e++)
		if (g->target[e] != target && reach[g->target[e]][target])
			return true;
	return false;
}

static void close_graph(const struct world *w, bool reach[][MOST + 1])
{
	const struct amp_graph *g = &w->graph;
	memset(reach, 0, sizeof(bool) * (MOST + 1) * (MOST + 1));
	for (uint32_t i = 0; i < w->placed; i++) {
		uint32_t n = w->order[i];
		for (uint32_t e = g->first[n]; e < g->first[n + 1]; e++)
			for (uint32_t t = 0; t < g->count; t++)
				if (t == g->target[e] || reach[g->target[e]][t])
					reach[n][t] = true;
	}
}

static void test_properties__redundant_edges_are_those_implied(void **state)
{
	(void)state;
	bool(*reach)[MOST + 1] = malloc(sizeof(bool) * (MOST + 1) * (MOST + 1));
	unsigned redundant = 0;
	assert_non_null(reach);
	for (uint64_t seed = first_seed(), end = seed + ROUNDS; seed < end; seed++) {
		struct sketch *s = new_sketch(seed, MOST);
		connect(s);
		WORLD w;
		build_shuffled(s, &w);
		close_graph(&w, reach);
		assert_int_equal(amp_redundant(&w.graph, w.order, &w.error), AMPLAN_OK);
		for (uint32_t n = 0; n < w.graph.count; n++)
			for (uint32_t e = w.graph.first[n]; e < w.graph.first[n + 1];
				e++) {
				bool implied =
					is_implied(&w.graph, reach, n, w.graph.target[e]);
				HOLDS(seed, w.graph.redundant[e] == implied);
				redundant += implied;
			}
		free(s);
	}
	free(reach);
	assert_true(redundant > ROUNDS);
}

/* All that a step depends on is there, or comes earlier. */
static bool is_runnable(const struct world *w)
{
	const struct amp_graph *g = &w->graph;
	bool there[MOST + 1];
	for (uint32_t n = 0; n < g->count; n++)
		there[n] = w->plan.states[n] != AMPLAN_PENDING;
	for (size_t i = 0; i < w->plan.nsteps; i++) {
		uint32_t n = w->plan.steps[i].node;
		for (uint32_t e = g->first[n]; e < g->first[n + 1]; e++)
			if (!there[g->target[e]])
				return false;
		if (there[n])
			return false;
		there[n] = true;
	}
	return true;
}

static void test_properties__every_plan_can_run_in_its_order(void **state)
{
	(void)state;
	unsigned planned = 0;
	for (uint64_t seed = first_seed(), end = seed + ROUNDS; seed < end; seed++) {
		struct sketch *s = new_sketch(seed, MOST);
		connect(s);
		decorate(s);
		WORLD w;
		build_shuffled(s, &w);
		if (w.placed == s->count) {
			const char *to = s->ids[below(&s->chance, s->count)];
			apply_some(&w, below(&s->chance, s->count));
			HOLDS(seed, world_plan_up(&w) == AMPLAN_OK && is_runnable(&w));
			HOLDS(seed, w.plan.nsteps == w.plan.pending);
			struct amp_goal goal = {.to = to, .skip_maintenance = seed % 2};
			HOLDS(seed, world_plan(&w, goal) == AMPLAN_OK && is_runnable(&w));
			planned++;
		}
		free(s);
	}
	assert_true(planned > ROUNDS / 4);
}

static void test_properties__rollback_is_apply_backwards(void **state)
{
	(void)state;
	for (uint64_t seed = first_seed(), end = seed + ROUNDS; seed < end; seed++) {
		struct sketch *s = new_sketch(seed, 60);
		connect(s);
		WORLD w;
		build_shuffled(s, &w);
		unsigned applied = 1 + below(&s->chance, s->count);
		apply_some(&w, applied);
		struct amp_goal all = {.direction = AMP_DOWN, .count = applied};
		HOLDS(seed, world_plan(&w, all) == AMPLAN_OK);
		HOLDS(seed, w.plan.nsteps == applied);
		for (unsigned i = 0; i < applied; i++)
			HOLDS(seed, w.plan.steps[i].node == w.order[applied - 1 - i]);
		free(s);
	}
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

static void random_id(uint64_t *chance, char id[9])
{
	static const char bytes[] = "00019a_:Z";
	unsigned length = below(chance, 8);
	for (unsigned i = 0; i < length; i++)
		id[i] = bytes[below(chance, sizeof(bytes) - 1)];
	id[length] = '\0';
}

static void test_properties__natural_order_is_total(void **state)
{
	(void)state;
	uint64_t seed = first_seed(), chance = seed;
	for (unsigned round = 0; round < 300 * ROUNDS; round++) {
		char a[9], b[9], c[9];
		random_id(&chance, a);
		random_id(&chance, b);
		random_id(&chance, c);
		int ab = sign(amp_text_compare(a, b)), bc = sign(amp_text_compare(b, c));
		HOLDS(seed, ab == -sign(amp_text_compare(b, a)));
		HOLDS(seed, (ab == 0) == !strcmp(a, b));
		HOLDS(seed, amp_text_compare(a, a) == 0);
		if (ab <= 0 && bc <= 0)
			HOLDS(seed, amp_text_compare(a, c) <= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_properties__input_order_changes_nothing),
		cmocka_unit_test(test_properties__a_leaf_reorders_nobody),
		cmocka_unit_test(
			test_properties__orders_are_proved_and_corrupted_ones_are_not),
		cmocka_unit_test(test_properties__cycles_are_real_and_the_shortest),
		cmocka_unit_test(test_properties__redundant_edges_are_those_implied),
		cmocka_unit_test(test_properties__every_plan_can_run_in_its_order),
		cmocka_unit_test(test_properties__rollback_is_apply_backwards),
		cmocka_unit_test(test_properties__natural_order_is_total),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
