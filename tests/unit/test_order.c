/*
 * planner/order: the order, and the proof that it is one.
 */
#include "planner/order.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/world.h"

static void test_order__smallest_ready_id_first(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "10_d 2_b", "2_b", "1_a 9_c", "9_c", "11_e >10_d", "m:1", NULL);
	world_build(&w);
	assert_order(&w, "2_b 9_c 1_a 10_d 11_e m:1");
}

static void test_order__a_leaf_moves_nobody(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "1_a", "3_c 1_a", "2_b 3_c", "0_leaf 3_c", NULL);
	world_build(&w);
	assert_order(&w, "1_a 3_c 0_leaf 2_b");
}

static void test_order__squash_takes_the_place_of_what_it_replaces(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c b", "s =a =b", NULL);
	world_build(&w);
	assert_order(&w, "a b s c");
}

static void test_order__stops_before_a_cycle(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c b d", "d c", "e d", NULL);
	world_build(&w);
	assert_order(&w, "a b");
}

static void test_order__empty(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_build(&w);
	assert_int_equal(w.placed, 0);
}

/* A proof that accepts everything would prove nothing. */
static void assert_refuted(struct world *w, uint32_t count, const char *message)
{
	assert_int_equal(
		amp_order_prove(&w->graph, w->order, count, &w->error), AMPLAN_INTERNAL);
	assert_string_equal(w->error.message, message);
}

static void test_order_prove__refutes_what_is_no_order(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c b", NULL);
	world_build(&w);
	assert_refuted(&w, 2, "the order has 2 migrations and the graph has 3");
	memcpy(w.order, (uint32_t[]){0, 2, 1}, 3 * sizeof(uint32_t));
	assert_refuted(&w, 3, "the order puts 'c' before 'b', on which it depends");
	memcpy(w.order, (uint32_t[]){0, 0, 1}, 3 * sizeof(uint32_t));
	assert_refuted(&w, 3, "the order names 'a' twice");
	memcpy(w.order, (uint32_t[]){0, 1, 3}, 3 * sizeof(uint32_t));
	assert_refuted(&w, 3, "the order names node 3 of 3");
}

static void test_order__a_chain_of_100000(void **state)
{
	(void)state;
	enum { COUNT = 100000 };
	WORLD w;
	world_init(&w);
	char line[64];
	for (int i = 0; i < COUNT; i++) {
		/* the first in the chain has the largest id */
		int id = COUNT - i;
		if (i)
			snprintf(line, sizeof(line), "%d %d", id, id + 1);
		else
			snprintf(line, sizeof(line), "%d", id);
		world_add(&w, line);
	}
	world_build(&w);
	assert_int_equal(w.placed, COUNT);
	assert_string_equal(w.graph.nodes[w.order[0]]->id, "100000");
	assert_string_equal(w.graph.nodes[w.order[COUNT - 1]]->id, "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order__smallest_ready_id_first),
		cmocka_unit_test(test_order__a_leaf_moves_nobody),
		cmocka_unit_test(test_order__squash_takes_the_place_of_what_it_replaces),
		cmocka_unit_test(test_order__stops_before_a_cycle),
		cmocka_unit_test(test_order__empty),
		cmocka_unit_test(test_order_prove__refutes_what_is_no_order),
		cmocka_unit_test(test_order__a_chain_of_100000),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
