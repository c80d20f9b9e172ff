/*
 * planner/cycle: which cycle is shown, and what is said about it.
 */
#include "planner/cycle.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/world.h"

static void test_cycle__of_two(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "b a", "a b", "c a", "root", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/a.xml:1:3: error[cycle]: dependency cycle of 2: 'a' -> 'b' -> 'a' "
		"{a b} (remove one of these dependencies)\n"
		"  m/a.xml:1:3: 'a' depends on 'b'\n"
		"  m/b.xml:1:3: 'b' depends on 'a'\n");
}

static void test_cycle__of_three_names_the_unexplained_dependency(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a b?", "b c?", "c a", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/a.xml:1:3: error[cycle]: dependency cycle of 3: 'a' -> 'b' -> 'c' -> "
		"'a' {a b c} (remove one of these dependencies, perhaps that of 'c' on "
		"'a', the only one without a reason)\n"
		"  m/a.xml:1:3: 'a' depends on 'b'\n"
		"  m/b.xml:1:3: 'b' depends on 'c'\n"
		"  m/c.xml:1:3: 'c' depends on 'a'\n");
}

static void test_cycle__names_the_edge_that_only_orders(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a b", "b >a", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/a.xml:1:3: error[cycle]: dependency cycle of 2: 'a' -> 'b' -> 'a' "
		"{a b} (remove one of these dependencies, perhaps that of 'b' on 'a', "
		"the only one that is only about order)\n"
		"  m/a.xml:1:3: 'a' depends on 'b'\n"
		"  m/b.xml:1:4: 'b' comes after 'a'\n");
}

static void test_cycle__the_shortest_of_many_and_then_the_rest(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	/* a b c d and c d share nodes; x y z stands alone */
	world_add_all(&w, "a b", "b c", "c d", "d a c", "x y", "y z", "z x", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/c.xml:1:3: error[cycle]: dependency cycle of 2: 'c' -> 'd' -> 'c' "
		"{c d} (remove one of these dependencies)\n"
		"  m/c.xml:1:3: 'c' depends on 'd'\n"
		"  m/d.xml:1:5: 'd' depends on 'c'\n"
		"m/x.xml:1:3: error[cycle]: dependency cycle of 3: 'x' -> 'y' -> 'z' -> "
		"'x' {x y z} (remove one of these dependencies)\n"
		"  m/x.xml:1:3: 'x' depends on 'y'\n"
		"  m/y.xml:1:3: 'y' depends on 'z'\n"
		"  m/z.xml:1:3: 'z' depends on 'x'\n");
}

static void test_cycle__through_a_squash_says_so(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "x a", "s x =a", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/s.xml:1:3: error[cycle]: dependency cycle of 2: 's' -> 'x' -> 's' "
		"{s x} (remove one of these dependencies)\n"
		"  m/s.xml:1:3: 's' depends on 'x'\n"
		"  m/x.xml:1:3: 'x' depends on 'a', which 's' replaces\n");
}

static void add_ring(struct world *w, int count)
{
	char line[64];
	for (int i = 0; i < count; i++) {
		snprintf(line, sizeof(line), "n%d n%d", i, (i + 1) % count);
		world_add(w, line);
	}
}

static void test_cycle__of_500_is_shortened_in_the_middle_only(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	add_ring(&w, 500);
	world_build(&w);
	assert_int_equal(w.findings.count, 1);
	const struct amplan_finding *finding = &w.findings.items[0];
	assert_string_equal(finding->message,
		"dependency cycle of 500: 'n0' -> 'n1' -> 'n2' -> 'n3' -> 'n4' -> 'n5' "
		"-> … 488 more … -> 'n494' -> 'n495' -> 'n496' -> 'n497' -> 'n498' -> "
		"'n499' -> 'n0'");
	assert_int_equal(finding->nids, 500);
	assert_int_equal(finding->nrelated, 500);
	assert_string_equal(finding->ids[250], "n250");
	assert_string_equal(finding->related[250].label, "'n250' depends on 'n251'");
	assert_string_equal(finding->related[250].file, "m/n250.xml");
}

static void test_cycle__of_12_is_shown_whole(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	add_ring(&w, 12);
	world_build(&w);
	assert_string_equal(w.findings.items[0].message,
		"dependency cycle of 12: 'n0' -> 'n1' -> 'n2' -> 'n3' -> 'n4' -> 'n5' -> "
		"'n6' -> 'n7' -> 'n8' -> 'n9' -> 'n10' -> 'n11' -> 'n0'");
}

static void test_cycle__twenty_are_shown_and_the_rest_counted(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	char line[64];
	for (int i = 0; i < 25; i++) {
		snprintf(line, sizeof(line), "a%d b%d", i, i);
		world_add(&w, line);
		snprintf(line, sizeof(line), "b%d a%d", i, i);
		world_add(&w, line);
	}
	world_build(&w);
	assert_int_equal(w.findings.count, 21);
	assert_string_equal(w.findings.items[0].ids[0], "a0");
	assert_string_equal(w.findings.items[19].ids[0], "a19");
	assert_int_equal(w.findings.items[20].severity, AMPLAN_NOTE);
	assert_string_equal(w.findings.items[20].message,
		"10 more migrations lie on cycles that are not shown");
}

static void test_cycle__twenty_and_no_more(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	char line[64];
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "a%d b%d", i, i);
		world_add(&w, line);
		snprintf(line, sizeof(line), "b%d a%d", i, i);
		world_add(&w, line);
	}
	world_build(&w);
	assert_int_equal(w.findings.count, 20);
}

/* With 'a' gone nothing leads back to 'b': the shortest is among what it leads to. */
static void test_cycle__a_search_may_find_none(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a x", "b y", "x b z1", "z1 z2", "z2 x", "y a w", "w y", NULL);
	world_build(&w);
	assert_string_equal(
		w.findings.items[0].message, "dependency cycle of 2: 'w' -> 'y' -> 'w'");
}

static void test_cycle__of_edges_that_all_order_and_stand_nowhere(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	struct amp_migration *a = world_add(&w, "a >b");
	world_add(&w, "b >a");
	((struct amp_reference *)a->depends)->source = NULL;
	world_build(&w);
	assert_findings(&w,
		"error[cycle]: dependency cycle of 2: 'a' -> 'b' -> 'a' {a b} (remove one of "
		"these dependencies)\n"
		"  m/b.xml:1:4: 'b' comes after 'a'\n");
}

static void test_cycle__a_ring_of_10000_ends_soon(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	add_ring(&w, 10000);
	/* a search without bound would outlast the time limit of the test by far */
	world_build(&w);
	assert_int_equal(w.findings.count, 1);
	assert_int_equal(w.findings.items[0].nids, 10000);
}

/* 100 layers in a ring, each node depending on five of the next layer: no cycle is shorter
   than 100, no search ends early and little can be peeled off. */
static void test_cycle__ten_thousand_long_ways_round_end_soon(void **state)
{
	(void)state;
	enum { LAYERS = 100, WIDTH = 100, OUT = 5 };
	WORLD w;
	world_init(&w);
	char line[128];
	for (int i = 0; i < LAYERS * WIDTH; i++) {
		int layer = i % LAYERS, row = i / LAYERS;
		int length = snprintf(line, sizeof(line), "n%d", i);
		for (int j = 0; j < OUT; j++)
			length += snprintf(line + length, sizeof(line) - (size_t)length,
				" n%d",
				(row * 7 + j * 13) % WIDTH * LAYERS +
					(layer + 1) % LAYERS);
		world_add(&w, line);
	}
	/* a search without bound would outlast the time limit of the test by far */
	world_build(&w);
	assert_int_equal(w.findings.count, 21);
	assert_int_equal(w.findings.items[0].nids, LAYERS);
}

/* A long way round and, at its end, a short one. Without what lies on no cycle any more
   being peeled off, a search along the long way from each of its nodes would use up what all
   searches may look at, and the short one would not be found. */
enum { LONG = 20000 };

static void add_long_way(struct world *w, const char *last)
{
	char line[64];
	for (int i = 1; i <= LONG; i++) {
		snprintf(line, sizeof(line), "n%d n%d", i, i + 1);
		world_add(w, line);
	}
	snprintf(line, sizeof(line), "n%d %s", LONG + 1, last);
	world_add(w, line);
}

static void assert_last(struct world *w, const char *message)
{
	world_build(w);
	assert_string_equal(w->findings.items[w->findings.count - 1].message, message);
}

static void test_cycle__what_nothing_leads_to_is_peeled_off(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	add_long_way(&w, "x");
	world_add_all(&w, "x y", "y z", "z x n1", NULL);
	assert_last(&w, "dependency cycle of 3: 'x' -> 'y' -> 'z' -> 'x'");
	assert_int_equal(w.findings.count, 1);
}

/* In the second round, too: another cycle is found first. */
static void test_cycle__what_is_peeled_off_is_counted_anew(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a b", "b a", NULL);
	add_long_way(&w, "x");
	world_add_all(&w, "x y", "y z", "z x n1", NULL);
	assert_last(&w, "dependency cycle of 3: 'x' -> 'y' -> 'z' -> 'x'");
	assert_int_equal(w.findings.count, 2);
}

/* Adds one that depends on all that begin with this letter. */
static void add_hub(struct world *w, const char *id, char letter, const char *more)
{
	size_t count = 0, filled = 0;
	struct amp_migration *hub = world_add(w, id);
	for (size_t i = 0; i < w->catalog.count; i++)
		count += *w->catalog.items[i]->id == letter;
	world_depends(w, hub, count + (more != NULL));
	for (size_t i = 0; i < w->catalog.count; i++)
		if (*w->catalog.items[i]->id == letter)
			world_depend(hub, filled++, w->catalog.items[i]->id);
	if (more)
		world_depend(hub, filled, more);
}

/* Of a wide way round, all of which the short one leads to: there is always a way in. */
static void test_cycle__what_leads_to_nothing_is_peeled_off(void **state)
{
	(void)state;
	char line[64];
	WORLD w;
	world_init(&w);
	world_add(&w, "m x");
	for (int i = 0; i < LONG; i++) {
		snprintf(line, sizeof(line), "p%d m", i);
		world_add(&w, line);
		snprintf(line, sizeof(line), "n%d o", i);
		if (i < LONG / 4)
			world_add(&w, line);
	}
	add_hub(&w, "o", 'p', NULL);
	world_add_all(&w, "x y", "y z", NULL);
	add_hub(&w, "z", 'n', "x");
	assert_last(&w, "dependency cycle of 3: 'x' -> 'y' -> 'z' -> 'x'");
	assert_int_equal(w.findings.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cycle__of_two),
		cmocka_unit_test(test_cycle__of_three_names_the_unexplained_dependency),
		cmocka_unit_test(test_cycle__names_the_edge_that_only_orders),
		cmocka_unit_test(test_cycle__the_shortest_of_many_and_then_the_rest),
		cmocka_unit_test(test_cycle__through_a_squash_says_so),
		cmocka_unit_test(test_cycle__of_500_is_shortened_in_the_middle_only),
		cmocka_unit_test(test_cycle__of_12_is_shown_whole),
		cmocka_unit_test(test_cycle__twenty_are_shown_and_the_rest_counted),
		cmocka_unit_test(test_cycle__twenty_and_no_more),
		cmocka_unit_test(test_cycle__a_search_may_find_none),
		cmocka_unit_test(test_cycle__of_edges_that_all_order_and_stand_nowhere),
		cmocka_unit_test(test_cycle__a_ring_of_10000_ends_soon),
		cmocka_unit_test(test_cycle__ten_thousand_long_ways_round_end_soon),
		cmocka_unit_test(test_cycle__what_nothing_leads_to_is_peeled_off),
		cmocka_unit_test(test_cycle__what_is_peeled_off_is_counted_anew),
		cmocka_unit_test(test_cycle__what_leads_to_nothing_is_peeled_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
