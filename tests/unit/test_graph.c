/*
 * planner/graph and planner/squash: what a catalog comes to as a graph.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "planner/graph.h"
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

/* "a->b a->c", the edges by node and as declared. */
static void assert_edges(const struct world *w, const char *expected)
{
	const struct amp_graph *g = &w->graph;
	AMP_STR_AUTO text = AMP_STR_INIT;
	for (uint32_t n = 0; n < g->count; n++)
		for (uint32_t e = g->first[n]; e < g->first[n + 1]; e++)
			amp_str_addf(&text, "%s%s->%s", text.length ? " " : "",
				g->nodes[n]->id, g->nodes[g->target[e]]->id);
	assert_string_equal(amp_str_text(&text), expected);
}

static void assert_back(const struct world *w, const char *id, const char *expected)
{
	const struct amp_graph *g = &w->graph;
	uint32_t n = amp_graph_find(g, id);
	AMP_STR_AUTO text = AMP_STR_INIT;
	for (uint32_t e = g->back_first[n]; e < g->back_first[n + 1]; e++)
		amp_str_addf(
			&text, "%s%s", text.length ? " " : "", g->nodes[g->back[e]]->id);
	assert_string_equal(amp_str_text(&text), expected);
}

static void test_graph__empty_catalog_is_an_empty_graph(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_build(&w);
	assert_int_equal(w.graph.count, 0);
	assert_int_equal(amp_graph_find(&w.graph, "a"), AMP_NO_NODE);
	assert_findings(&w, "");
}

static void test_graph__nodes_are_ranks_by_number_and_byte(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "10_c", "9_b", "a", "09_b", "Z", "m:1", NULL);
	world_build(&w);
	const char *const sorted[] = {"09_b", "9_b", "10_c", "Z", "a", "m:1"};
	for (uint32_t n = 0; n < 6; n++) {
		assert_string_equal(w.graph.nodes[n]->id, sorted[n]);
		assert_int_equal(amp_graph_find(&w.graph, sorted[n]), n);
	}
	assert_int_equal(amp_graph_find(&w.graph, "009_b"), AMP_NO_NODE);
}

static void test_graph__edges_both_ways(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "c b a", "b a", "a", "d >b >nowhere", NULL);
	world_build(&w);
	assert_edges(&w, "b->a c->b c->a d->b");
	assert_back(&w, "a", "b c");
	assert_back(&w, "b", "c d");
	assert_back(&w, "d", "");
	assert_findings(&w, "");
}

static void test_graph__equal_edges_are_kept_once_the_first_declared(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a? a >a", NULL);
	world_build(&w);
	assert_edges(&w, "b->a");
	assert_string_equal(w.graph.reference[0]->reason, "because");
}

static void test_graph__missing_dependency_names_what_was_meant(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(
		&w, "001_users", "002_invites", "008_invites 001_users 002_invite", NULL);
	world_build(&w);
	assert_edges(&w, "008_invites->001_users");
	assert_findings(&w,
		"m/008_invites.xml:1:23: error[missing-dependency]: "
		"'008_invites' depends on '002_invite', which does not exist "
		"{008_invites 002_invite} "
		"(did you mean '002_invites'? (m/002_invites.xml:1:1))\n");
}

static void test_graph__missing_dependency_in_another_module(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(
		&w, "auth:1_users", "2_plain", "x 1_users", "auth:y auth:2_plain", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/auth:y.xml:1:8: error[missing-dependency]: 'auth:y' depends on "
		"'auth:2_plain', which does not exist {auth:y auth:2_plain} (it is in no "
		"module: write '2_plain' (m/2_plain.xml:1:1))\n"
		"m/x.xml:1:3: error[missing-dependency]: 'x' depends on '1_users', which "
		"does not exist {x 1_users} (it is in another module: write "
		"'auth:1_users' (m/auth:1_users.xml:1:1))\n");
}

static void test_graph__missing_dependency_near_nothing(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "alpha", "beta", "gamma something_else", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/gamma.xml:1:7: error[missing-dependency]: 'gamma' depends on "
		"'something_else', which does not exist {gamma something_else} "
		"(3 migrations are known and none has a similar id: add "
		"'something_else', or remove this dependency)\n");
}

static void test_graph__depending_on_itself_is_a_cycle_of_one(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add(&w, "x x");
	world_build(&w);
	assert_edges(&w, "");
	assert_findings(&w,
		"m/x.xml:1:3: error[cycle]: 'x' depends on itself {x} "
		"(remove this dependency)\n");
}

static void test_graph__dependents_of_the_replaced_depend_on_the_squash(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c b", "d gone", "s =a =b =gone", NULL);
	world_build(&w);
	/* b and a belong to the same squash and keep their edge */
	assert_edges(&w, "b->a c->s d->s");
	assert_int_equal(w.graph.replaced_by[amp_graph_find(&w.graph, "a")],
		amp_graph_find(&w.graph, "s"));
	assert_int_equal(w.graph.replaced_by[amp_graph_find(&w.graph, "c")], AMP_NO_NODE);
	assert_findings(&w, "");
}

static void test_graph__nested_squashes_lead_to_the_outermost(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c b", "s =a =b", "t =s =a", NULL);
	world_build(&w);
	assert_edges(&w, "b->a c->t");
	assert_int_equal(w.graph.outermost[amp_graph_find(&w.graph, "a")],
		amp_graph_find(&w.graph, "t"));
	assert_findings(&w, "");
}

static void test_graph__claims_are_found_however_they_are_declared(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(
		&w, "s =z9 =m =10_a =b", "t =c =9_a =y", "x 9_a 10_a", "y1 z9 y", NULL);
	world_build(&w);
	assert_edges(&w, "x->t x->s y1->s y1->t");
	size_t count;
	assert_null(amp_graph_claims(&w.graph, "a", &count));
	assert_int_equal(count, 0);
	assert_int_equal(amp_graph_claims(&w.graph, "m", &count)->squash, 0);
	assert_int_equal(count, 1);
	assert_findings(&w, "");
}

static void test_graph__references_to_what_is_gone(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	/* within the squash, and from outside */
	world_add_all(&w, "a gone", "b gone", "s =a =gone =gone", NULL);
	world_build(&w);
	assert_edges(&w, "b->s");
	size_t count;
	amp_graph_claims(&w.graph, "gone", &count);
	assert_int_equal(count, 1);
	assert_findings(&w, "");
}

static void test_graph__missing_beside_a_single_migration(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add(&w, "first something");
	world_build(&w);
	assert_findings(&w,
		"m/first.xml:1:7: error[missing-dependency]: 'first' depends on "
		"'something', which does not exist {first something} (1 migration is known "
		"and none has a similar id: add 'something', or remove this dependency)\n");
}

static void test_graph__where_nothing_has_a_place(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	struct amp_migration *near = world_add(&w, "002_users");
	struct amp_migration *s = world_add(&w, "s =x");
	((struct amp_reference *)s->replaces)->source = near->source = NULL;
	world_add_all(&w, "001_a 002_user", "t =x", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/001_a.xml:1:7: error[missing-dependency]: '001_a' depends on '002_user', "
		"which does not exist {001_a 002_user} (did you mean '002_users'?)\n"
		"m/t.xml:1:4: error[replaces-conflict]: 't' replaces 'x', which 's' replaces "
		"already {t s x} (only one squash can stand for it: remove one <replaces>, or "
		"let 't' replace 's')\n");
}

static void assert_refused(size_t count, size_t ndepends, const char *message)
{
	struct amp_migration migration = {.ndepends = ndepends};
	struct amp_migration *items[] = {&migration};
	struct amp_catalog catalog = {.items = items, .count = count};
	AMP_ARENA_AUTO arena = {0};
	struct amp_findings findings;
	struct amp_graph graph;
	struct amplan_error error;
	amp_findings_init(&findings, &arena);
	assert_int_equal(
		amp_graph_build(&graph, &catalog, &findings, &error), AMPLAN_REFUSED);
	assert_string_equal(error.message, message);
	amp_graph_deinit(&graph);
}

static void test_graph__numbers_its_nodes_and_edges(void **state)
{
	(void)state;
	assert_refused(UINT32_MAX - 1, 0, "4294967294 migrations are too many");
	assert_refused(1, UINT32_MAX - 1, "4294967294 dependencies are too many");
}

/* Four who may have been short of memory, each alone. */
static void test_graph__fails_with_any_of_its_arenas(void **state)
{
	(void)state;
	AMP_ARENA_AUTO arena = {0};
	struct amp_catalog catalog = {0};
	struct amp_graph graph = {.catalog = &catalog};
	struct amp_findings findings = {.arena = &arena};
	bool *const flags[] = {&graph.arena.failed, &catalog.arena.failed,
		&findings.failed, &arena.failed};
	assert_false(amp_graph_failed(&graph, &findings));
	for (size_t i = 0; i < 4; i++) {
		*flags[i] = true;
		assert_true(amp_graph_failed(&graph, &findings));
		*flags[i] = false;
	}
}

static void test_graph__two_squashes_claim_one_id(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "s =a", "t =a", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/t.xml:1:4: error[replaces-conflict]: 't' replaces 'a', which 's' "
		"replaces already {t s a} (only one squash can stand for it: remove one "
		"<replaces>, or let 't' replace 's')\n"
		"  m/s.xml:1:4: the first one\n");
}

static void test_graph__squash_depends_on_what_it_replaces(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "s a gone =a =gone", NULL);
	world_build(&w);
	assert_edges(&w, "");
	assert_findings(&w,
		"m/s.xml:1:3: error[replaces-conflict]: 's' depends on 'a', which it "
		"replaces {s a} (where the squash runs, what it replaces never does: "
		"remove this dependency)\n"
		"m/s.xml:1:5: error[replaces-conflict]: 's' depends on 'gone', which it "
		"replaces {s gone} (where the squash runs, what it replaces never does: "
		"remove this dependency)\n");
}

static void test_graph__squashes_that_replace_each_other(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "s =t", "t =s", "u =u", "v s", NULL);
	world_build(&w);
	assert_findings(&w,
		"m/s.xml:1:1: error[replaces-conflict]: 's' is replaced by 't', which it "
		"replaces in turn {s t} (only the newer of two squashes replaces the "
		"other: remove one <replaces>)\n"
		"m/u.xml:1:4: error[replaces-conflict]: 'u' replaces itself {u} "
		"(name the migrations that it stands for)\n");
}

/* Looking for similar ids is dear, so it is done for the first few only. */
static void test_graph__thousands_of_wrong_ids_end_soon(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	for (int i = 1000; i < 6000; i++) {
		char line[64];
		snprintf(line, sizeof(line), "name_%d nmae_%d", i, i);
		world_add(&w, line);
	}
	world_build(&w);
	assert_int_equal(w.findings.count, 101);
	assert_string_equal(w.findings.items[0].hint,
		"did you mean 'name_1000'? (m/name_1000.xml:1:1)");
	assert_string_equal(w.findings.items[99].hint,
		"5000 migrations are known: add 'nmae_1099', or remove this dependency");
	assert_string_equal(w.findings.items[100].message,
		"4900 more dependencies are on migrations that do not exist");
}

/* "ID words" with a number in the place of each '#', so many times. */
static void add_many(struct world *w, int count, const char *line)
{
	for (int i = 0; i < count; i++) {
		AMP_STR_AUTO text = AMP_STR_INIT;
		for (const char *c = line; *c; c++)
			if (*c == '@')
				amp_str_addf(&text, "%d", i);
			else
				amp_str_addc(&text, *c);
		world_add(w, amp_arena_strdup(&w->arena, amp_str_text(&text)));
	}
}

static void assert_told(
	int count, const char *line, const char *other, size_t findings, const char *last)
{
	WORLD w;
	world_init(&w);
	add_many(&w, count, line);
	if (other)
		add_many(&w, count, other);
	world_build(&w);
	assert_int_equal(w.findings.count, findings);
	bool found = false;
	for (size_t i = 0; i < w.findings.count; i++)
		found = found || !strcmp(w.findings.items[i].message, last);
	assert_true(found);
}

static void test_graph__a_hundred_of_a_kind_are_told(void **state)
{
	(void)state;
	assert_told(103, "a@ a@", NULL, 101,
		"3 more dependencies are of a migration on itself");
	assert_told(103, "s@ a@ =a@", "a@", 101,
		"3 more dependencies are on what the migration replaces");
	assert_told(
		103, "s@ =s@", NULL, 101, "3 more conflicts of squashes are not shown");
	assert_told(103, "s@ =t@", "t@ =s@", 101,
		"3 more conflicts of squashes are not shown");
	assert_told(103, "s@ =x@", "t@ =x@", 101,
		"3 more conflicts of squashes are not shown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_graph__empty_catalog_is_an_empty_graph),
		cmocka_unit_test(test_graph__nodes_are_ranks_by_number_and_byte),
		cmocka_unit_test(test_graph__edges_both_ways),
		cmocka_unit_test(
			test_graph__equal_edges_are_kept_once_the_first_declared),
		cmocka_unit_test(test_graph__missing_dependency_names_what_was_meant),
		cmocka_unit_test(test_graph__missing_dependency_in_another_module),
		cmocka_unit_test(test_graph__missing_dependency_near_nothing),
		cmocka_unit_test(test_graph__depending_on_itself_is_a_cycle_of_one),
		cmocka_unit_test(
			test_graph__dependents_of_the_replaced_depend_on_the_squash),
		cmocka_unit_test(test_graph__nested_squashes_lead_to_the_outermost),
		cmocka_unit_test(test_graph__claims_are_found_however_they_are_declared),
		cmocka_unit_test(test_graph__references_to_what_is_gone),
		cmocka_unit_test(test_graph__missing_beside_a_single_migration),
		cmocka_unit_test(test_graph__where_nothing_has_a_place),
		cmocka_unit_test(test_graph__numbers_its_nodes_and_edges),
		cmocka_unit_test(test_graph__fails_with_any_of_its_arenas),
		cmocka_unit_test(test_graph__two_squashes_claim_one_id),
		cmocka_unit_test(test_graph__squash_depends_on_what_it_replaces),
		cmocka_unit_test(test_graph__squashes_that_replace_each_other),
		cmocka_unit_test(test_graph__thousands_of_wrong_ids_end_soon),
		cmocka_unit_test(test_graph__a_hundred_of_a_kind_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
