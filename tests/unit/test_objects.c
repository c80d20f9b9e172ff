/*
 * executor/objects: fingerprint, effects and diff of schemas.
 */
#include <string.h>

#include "executor/objects.h"
#include "tests/support/cmocka.h"

static struct amp_object make(const char *type, const char *name, const char *sql)
{
	struct amp_object object = {type, name, "prayer", sql, {0}};
	struct amp_digest digest;
	amp_digest_init(&digest);
	amp_digest_string(&digest, name);
	amp_digest_string(&digest, sql);
	amp_digest_end_raw(&digest, object.digest);
	return object;
}

static void test_diff__shows_a_changed_table_line_by_line(void **state)
{
	struct amp_object old =
		make("table", "prayer", "CREATE TABLE prayer (\n  id,\n  text\n)");
	struct amp_object new = make(
		"table", "prayer", "CREATE TABLE prayer (\n  id,\n  text,\n  mark\n)");
	const struct amp_object *before[] = {&old}, *after[] = {&new};
	struct amp_objects left = {before, 1}, right = {after, 1};
	AMP_STR_AUTO diff = AMP_STR_INIT;
	(void)state;
	amp_objects_diff(&left, &right, &diff);
	assert_string_equal(amp_str_text(&diff),
		"--- schema before\n"
		"+++ schema after\n"
		"@@ -1,4 +1,5 @@\n"
		" CREATE TABLE prayer (\n"
		"   id,\n"
		"-  text\n"
		"+  text,\n"
		"+  mark\n"
		" )\n");
}

static void test_diff__from_nothing_is_all_new(void **state)
{
	struct amp_object new = make("table", "prayer", "CREATE TABLE prayer (id)");
	const struct amp_object *after[] = {&new};
	struct amp_objects left = {NULL, 0}, right = {after, 1};
	AMP_STR_AUTO diff = AMP_STR_INIT;
	(void)state;
	amp_objects_diff(&left, &right, &diff);
	assert_string_equal(amp_str_text(&diff),
		"--- schema before\n+++ schema after\n@@ -0,0 +1,1 @@\n"
		"+CREATE TABLE prayer (id)\n");
}

static void test_diff__of_equals_is_empty(void **state)
{
	struct amp_object same = make("table", "prayer", "CREATE TABLE prayer (id)");
	const struct amp_object *list[] = {&same};
	struct amp_objects schema = {list, 1};
	AMP_STR_AUTO diff = AMP_STR_INIT;
	(void)state;
	amp_objects_diff(&schema, &schema, &diff);
	assert_int_equal(diff.length, 0);
}

static void test_effects__tell_created_altered_dropped(void **state)
{
	struct amp_object table = make("table", "prayer", "a");
	struct amp_object changed = make("table", "prayer", "b");
	struct amp_object index = make("index", "by_person", "i");
	struct amp_object trigger = make("trigger", "on_mark", "t");
	const struct amp_object *before[] = {&table, &index},
				*after[] = {&changed, &trigger};
	struct amp_objects left = {before, 2}, right = {after, 2};
	struct amp_arena arena;
	const struct amplan_effect *effects;
	size_t count;
	(void)state;
	amp_arena_init(&arena);
	assert_int_equal(
		amp_objects_effects(&left, &right, &arena, &effects, &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_int_equal(effects[0].kind, AMPLAN_ALTERED);
	assert_string_equal(effects[0].name, "prayer");
	assert_int_equal(effects[1].kind, AMPLAN_DROPPED);
	assert_string_equal(effects[1].name, "by_person");
	assert_int_equal(effects[2].kind, AMPLAN_CREATED);
	assert_string_equal(effects[2].name, "on_mark");
	amp_arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff__shows_a_changed_table_line_by_line),
		cmocka_unit_test(test_diff__from_nothing_is_all_new),
		cmocka_unit_test(test_diff__of_equals_is_empty),
		cmocka_unit_test(test_effects__tell_created_altered_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
