/*
 * Meet and ancestors: the plain data under the proofs.
 */
#include <string.h>

#include "planner/ancestors.h"
#include "planner/meet.h"
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

enum { R = AMPLAN_READS, W = AMPLAN_WRITES, C = AMPLAN_CREATES, A = AMPLAN_ALTERS };
enum { D = AMPLAN_DROPS, F = AMPLAN_REFERS };

#define SEEN(...)                                                        \
	((struct amp_seen){.touches = (struct amp_touch[]){__VA_ARGS__}, \
		.ntouches = sizeof((struct amp_touch[]){__VA_ARGS__}) /  \
			sizeof(struct amp_touch)})

static void expect(const struct amp_seen *writer, const struct amp_seen *other,
	const char *about, const char *name, const char *column)
{
	struct amp_meeting meeting = amp_meet(writer, other, about);
	if (!name) {
		assert_null(meeting.name);
		return;
	}
	assert_non_null(meeting.name);
	assert_string_equal(meeting.name, name);
	assert_string_equal(meeting.column, column);
}

static void test_meet__is_where_one_changes_what_the_other_touches(void **state)
{
	static const struct {
		struct amp_touch writer, other;
		bool meets;
	} cases[] = {
		{{"t", "", C}, {"t", "", R}, true},
		{{"t", "", C}, {"u", "", R}, false},
		{{"T", "", C}, {"t", "", R}, true},
		{{"t", "", R}, {"t", "", R}, false},
		{{"t", "", R}, {"t", "", W}, false},
		{{"t", "", W}, {"t", "", R}, true},
		{{"t", "", W}, {"t", "", W}, true},
		{{"t", "", W}, {"t", "a", R}, true},
		{{"t", "", W}, {"t", "", F}, false},
		{{"t", "", A}, {"t", "", F}, true},
		{{"t", "a", W}, {"t", "a", R}, true},
		{{"t", "a", W}, {"t", "b", R}, false},
		{{"t", "a", W}, {"t", "b", W}, false},
		{{"t", "a", W}, {"t", "", W}, true},
		{{"t", "", D}, {"t", "a", R}, true},
		{{"t", "c", C}, {"t", "d", C}, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct amp_seen writer = SEEN(cases[i].writer);
		const struct amp_seen other = SEEN(cases[i].other);
		assert_int_equal(
			amp_meet(&writer, &other, NULL).name != NULL, cases[i].meets);
	}
}

static void test_meet__names_what_tells_most(void **state)
{
	const struct amp_seen makes =
		SEEN({"i", "", C}, {"t", "", C}, {"t", "a", C}, {"u", "", W});
	const struct amp_seen uses = SEEN({"t", "a", R}, {"u", "", R});
	const struct amp_seen adds = SEEN({"t", "", A}, {"t", "c", C});
	const struct amp_seen reads = SEEN({"t", "c", R}, {"u", "", R});
	const struct amp_seen drops = SEEN({"i", "", D}, {"t", "", A});
	const struct amp_seen indexes = SEEN({"i", "", C}, {"t", "", A});
	(void)state;
	expect(&makes, &uses, NULL, "t", "");
	expect(&adds, &reads, NULL, "t", "c");
	expect(&makes, &uses, "no such table: main.u", "u", "");
	expect(&makes, &uses, "'u' points at 't', which is not there", "t", "");
	/* the index goes with its table */
	expect(&indexes, &drops, NULL, "t", "");
	expect(&uses, &reads, NULL, NULL, NULL);
	assert_string_equal(amp_meet_either(&reads, &adds, NULL).column, "c");
	assert_string_equal(
		amp_meet_named(&reads, "error in view v: no such column: c").column, "c");
	assert_null(amp_meet_named(&reads, "disk full").name);
}

static void test_meet__chance_is_a_matter_of_any_statement(void **state)
{
	struct amp_statement statements[] = {{.chance = NULL}, {.chance = "random"}};
	struct amp_seen seen = {.statements = statements, .nstatements = 1};
	(void)state;
	assert_false(amp_effects_chance(&seen));
	seen.nstatements = 2;
	assert_true(amp_effects_chance(&seen));
}

static void test_meet__ranks(void **state)
{
	(void)state;
	/* rows of the other one, and of both */
	const struct amp_seen whole = SEEN({"t", "", W}), part = SEEN({"t", "a", W});
	expect(&part, &whole, NULL, "t", "");
	expect(&whole, &part, NULL, "t", "");
	const struct amp_seen late = SEEN({"z", "", W}), early = SEEN({"a", "", R});
	expect(&late, &early, NULL, NULL, NULL);
	/* made with its table, that the other drops or alters */
	const struct amp_seen makes = SEEN({"i", "", C}, {"t", "", W});
	const struct amp_seen drops = SEEN({"i", "", D}, {"t", "", R});
	const struct amp_seen alters = SEEN({"i", "", A}, {"t", "", R});
	expect(&makes, &drops, NULL, "i", "");
	expect(&makes, &alters, NULL, "i", "");
	/* the text names a column, at its end and in the middle of a word */
	const struct amp_seen columns = SEEN({"t", "a", W}, {"t", "b", W});
	const struct amp_seen reads = SEEN({"t", "a", R}, {"t", "b", R}, {"u", "", R});
	expect(&columns, &reads, "no such column: t.b", "t", "b");
	expect(&columns, &reads, "abba: a, bb", "t", "a");
	const struct amp_seen dropped = SEEN({"t", "a", D}, {"t", "b", F});
	expect(&dropped, &reads, NULL, "t", "a");
	expect(&whole, &reads, "t", "t", "");
	const struct amp_meeting column = {"t", "a", W, R}, table = {"t", "", W, R};
	AMP_ARENA_AUTO arena = {0};
	assert_string_equal(amp_meeting_object(&column, &arena), "t.a");
	assert_string_equal(amp_meeting_object(&table, &arena), "t");
}

/* Each two of them in the order of what tells more, whichever comes first. */
static void test_meet__ranks_of_what_was_done(void **state)
{
	(void)state;
	/* in both orders, so that being the first decides nothing */
	const struct amp_seen all = SEEN({"a", "", R | W | A}, {"b", "", R | W | A},
		{"b", "c", R | W | A}, {"z", "", R | W | A});
	/* made, against made along with what the other one alters: the first tells more */
	const struct amp_seen made = SEEN({"a", "", C}, {"b", "c", C});
	const struct amp_seen alters = SEEN({"a", "", A}, {"b", "c", A});
	expect(&made, &alters, NULL, "b", "c");
	const struct amp_seen drops = SEEN({"a", "", D}, {"b", "c", A});
	expect(&made, &drops, NULL, "b", "c");
	expect(&made, &all, NULL, "a", "");
	/* a table altered tells less than a column altered */
	const struct amp_seen altered = SEEN({"a", "", A}, {"b", "c", A});
	expect(&altered, &all, NULL, "b", "c");
	/* rows written tell less than anything that was altered */
	const struct amp_seen written = SEEN({"a", "", W}, {"b", "c", W});
	expect(&written, &all, NULL, "b", "c");
	const struct amp_seen both = SEEN({"a", "", W}, {"z", "", A});
	expect(&both, &all, NULL, "z", "");
	/* what was read only, and made whole: the table tells more than its column */
	const struct amp_seen reads = SEEN({"a", "", R}, {"b", "", R}, {"b", "c", R});
	const struct amp_seen whole = SEEN({"b", "", C}, {"b", "c", C});
	expect(&whole, &reads, NULL, "b", "");
	const struct amp_seen column = SEEN({"a", "", C}, {"b", "c", C});
	expect(&column, &reads, NULL, "a", "");
}

/* What the other one did is that to the object itself, if anything, else to its parts. */
static void test_meet__says_what_both_did(void **state)
{
	(void)state;
	const struct amp_seen makes = SEEN({"t", "", C});
	const struct amp_seen whole = SEEN({"t", "", R}, {"t", "a", W});
	const struct amp_seen parts = SEEN({"t", "a", W}, {"t", "b", R});
	assert_int_equal(amp_meet(&makes, &whole, NULL).other, R);
	assert_int_equal(amp_meet(&makes, &parts, NULL).other, W | R);
	assert_int_equal(amp_meet(&makes, &whole, NULL).writer, C);
	const struct amp_seen columns = SEEN({"t", "a", A}, {"t", "b", W});
	const struct amp_seen reads = SEEN({"t", "", R});
	assert_int_equal(amp_meet(&columns, &reads, NULL).writer, A | W);
}

/* The last thing that the text names; a table and its column are told by the column. */
static void test_meet__named_last(void **state)
{
	(void)state;
	const struct amp_seen seen = SEEN({"a", "", R}, {"t", "", R}, {"t", "c", W});
	struct amp_meeting meeting = amp_meet_named(&seen, "t.c is not there");
	assert_string_equal(meeting.name, "t");
	assert_string_equal(meeting.column, "c");
	meeting = amp_meet_named(&seen, "c is not there in a");
	assert_string_equal(meeting.name, "a");
	meeting = amp_meet_named(&seen, "c is not in t");
	assert_string_equal(meeting.name, "t");
	assert_string_equal(meeting.column, "");
	meeting = amp_meet_named(&seen, "a, t, c");
	assert_string_equal(meeting.column, "c");
}

static void test_effects__touched(void **state)
{
	(void)state;
	const struct amp_seen seen = SEEN(
		{"a", "", R}, {"T", "", C}, {"t", "x", W}, {"t", "y", R}, {"u", "", D});
	assert_int_equal(amp_touched(&seen, "t", NULL), C | W | R);
	assert_int_equal(amp_touched(&seen, "t", ""), C);
	assert_int_equal(amp_touched(&seen, "T", "X"), W);
	assert_int_equal(amp_touched(&seen, "t", "z"), 0);
	assert_int_equal(amp_touched(&seen, "b", NULL), 0);
	assert_int_equal(amp_touched(&seen, "u", NULL), D);
	assert_int_equal(amp_touched(&seen, "v", NULL), 0);
}

static void test_ancestors__sets(void **state)
{
	(void)state;
	const uint64_t set[] = {7, 1}, part[] = {5, 1}, other[] = {5, 2};
	assert_true(amp_set_includes(set, part, 2));
	assert_false(amp_set_includes(set, other, 2));
}

/* "a b" of the set of one migration. */
static void assert_needs(struct world *world, const struct amp_ancestors *ancestors,
	const char *id, const char *expected)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	uint32_t node = amp_graph_find(&world->graph, id), size = 0;
	for (uint32_t i = 0; i < world->graph.count; i++)
		if (amp_set_has(amp_ancestors_of(ancestors, node), i)) {
			amp_str_addf(&text, "%s%s", text.length ? " " : "",
				world->graph.nodes[i]->id);
			size++;
		}
	assert_string_equal(amp_str_text(&text), expected);
	assert_int_equal(ancestors->sizes[node], size);
}

static void test_ancestors__are_all_that_is_needed(void **state)
{
	WORLD world;
	struct amp_ancestors need, before;
	(void)state;
	world_init(&world);
	world_add_all(&world, "a", "b a", "c a", "d b c", "e >d", "f", NULL);
	world_build(&world);
	struct amp_extra extra = {
		amp_graph_find(&world.graph, "f"), amp_graph_find(&world.graph, "b")};
	assert_int_equal(amp_ancestors_build(&need, &world.graph, world.order, &extra, 1,
				 false, &world.error),
		0);
	assert_int_equal(amp_ancestors_build(&before, &world.graph, world.order, NULL, 0,
				 true, &world.error),
		0);
	assert_needs(&world, &need, "a", "");
	assert_needs(&world, &need, "d", "a b c");
	assert_needs(&world, &need, "e", "");
	assert_needs(&world, &before, "e", "a b c d");
	assert_needs(&world, &need, "f", "a b");
	assert_needs(&world, &before, "f", "");
	amp_ancestors_deinit(&need);
	amp_ancestors_deinit(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meet__is_where_one_changes_what_the_other_touches),
		cmocka_unit_test(test_meet__names_what_tells_most),
		cmocka_unit_test(test_meet__chance_is_a_matter_of_any_statement),
		cmocka_unit_test(test_meet__ranks),
		cmocka_unit_test(test_meet__ranks_of_what_was_done),
		cmocka_unit_test(test_meet__says_what_both_did),
		cmocka_unit_test(test_meet__named_last),
		cmocka_unit_test(test_effects__touched),
		cmocka_unit_test(test_ancestors__sets),
		cmocka_unit_test(test_ancestors__are_all_that_is_needed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
