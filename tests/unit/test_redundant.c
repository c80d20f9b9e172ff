/*
 * planner/redundant: which edges another path implies.
 */
#include "planner/redundant.h"

#include <stdio.h>

#include "base/str.h"
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

/* "c->a", the redundant edges by node and as declared. */
static void assert_redundant(struct world *w, const char *expected)
{
	const struct amp_graph *g = &w->graph;
	AMP_STR_AUTO text = AMP_STR_INIT;
	assert_int_equal(amp_redundant(&w->graph, w->order, &w->error), AMPLAN_OK);
	for (uint32_t n = 0; n < g->count; n++)
		for (uint32_t e = g->first[n]; e < g->first[n + 1]; e++)
			if (g->redundant[e])
				amp_str_addf(&text, "%s%s->%s", text.length ? " " : "",
					g->nodes[n]->id, g->nodes[g->target[e]]->id);
	assert_string_equal(amp_str_text(&text), expected);
}

static void test_redundant__implied_by_one_and_by_many_steps(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c a b", "d a c b", "e", "f e a", NULL);
	world_build(&w);
	assert_redundant(&w, "c->a d->a d->b");
}

static void test_redundant__a_diamond_needs_all_its_edges(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c a", "d b c", NULL);
	world_build(&w);
	assert_redundant(&w, "");
}

static void test_redundant__empty_graph(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_build(&w);
	assert_redundant(&w, "");
}

/* More nodes than one block has columns, and edges across blocks. */
static void test_redundant__across_blocks_of_columns(void **state)
{
	(void)state;
	enum { COUNT = 1000, JUMP = 130 };
	WORLD w;
	world_init(&w);
	char line[64];
	for (int i = 0; i < COUNT; i++) {
		if (i >= JUMP)
			snprintf(line, sizeof(line), "%d %d %d", i, i - 1, i - JUMP);
		else if (i)
			snprintf(line, sizeof(line), "%d %d", i, i - 1);
		else
			snprintf(line, sizeof(line), "%d", i);
		world_add(&w, line);
	}
	world_build(&w);
	assert_int_equal(amp_redundant(&w.graph, w.order, &w.error), AMPLAN_OK);
	for (uint32_t n = 0; n < COUNT; n++)
		for (uint32_t e = w.graph.first[n]; e < w.graph.first[n + 1]; e++)
			assert_int_equal(
				w.graph.redundant[e], w.graph.target[e] + 1 != n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redundant__implied_by_one_and_by_many_steps),
		cmocka_unit_test(test_redundant__a_diamond_needs_all_its_edges),
		cmocka_unit_test(test_redundant__empty_graph),
		cmocka_unit_test(test_redundant__across_blocks_of_columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
