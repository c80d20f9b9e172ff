/*
 * planner/plan, past, verdict and rollback: squashes within squashes, ids that are gone and
 * goals that cannot be, beside what is in test_plan.c.
 */
#include <string.h>

#include "planner/plan.h"
#include "planner/suggest.h"
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

#define UP ((struct amp_goal){.direction = AMP_UP})
#define UP_TO(id) ((struct amp_goal){.direction = AMP_UP, .to = id})
#define DOWN_TO(id) ((struct amp_goal){.direction = AMP_DOWN, .to = id})
#define DOWN(n) ((struct amp_goal){.direction = AMP_DOWN, .count = n})

static void assert_planned(struct world *w, struct amp_goal goal, const char *steps)
{
	w->findings.count = 0;
	assert_int_equal(world_plan(w, goal), AMPLAN_OK);
	assert_steps(w, steps);
}

static void assert_usage(struct world *w, struct amp_goal goal, const char *message)
{
	assert_int_equal(world_plan(w, goal), AMPLAN_USAGE);
	assert_string_equal(w->error.message, message);
}

static void assert_state(const struct world *w, const char *id, enum amplan_state state)
{
	assert_int_equal(w->plan.states[amp_graph_find(&w->graph, id)], state);
}

/* Applied by one squash, what it stood for counts for the others of its family. */
static void test_past__of_a_family_of_squashes(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b", "s =u =a", "t =s =v =a", "u =a", "v =b", NULL);
	world_build(&w);
	w.findings.count = 0;
	assert_planned(&w, UP, "1:t");
	assert_findings(&w, "");
	world_applied(&w, "u");
	assert_planned(&w, UP, "1:t");
	assert_state(&w, "s", AMPLAN_REPLACED);
	assert_findings(&w,
		"m/t.xml:1:1: error[replaces-mixed]: 't' stands for 's' and 'a', applied, and "
		"for 'v', not applied {t s a v} (apply 'v' with the catalog from before the "
		"squash, then come back to this one)\n");
	world_applied(&w, "b");
	assert_planned(&w, UP, "");
	assert_findings(&w, "");
}

/* A squash that names itself, and one of what was never known. */
static void test_past__of_squashes_that_are_wrong(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b", "s =s =a =b =gone", NULL);
	world_build(&w);
	assert_int_equal(w.findings.count, 1);
	world_applied(&w, "a");
	assert_planned(&w, UP, "1:s");
	assert_findings(&w,
		"m/s.xml:1:1: error[replaces-mixed]: 's' stands for 'a', applied, and for 'b' "
		"and 'gone', not applied {s a b gone} (apply 'b' and 'gone' with the catalog "
		"from before the squash, then come back to this one)\n");
}

static void test_plan__up_to_what_is_gone(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b", "s a =gone", NULL);
	world_build(&w);
	assert_planned(&w, UP_TO("gone"), "1:a 1:s");
	const char *const only[] = {"a", "c", NULL};
	assert_usage(&w, (struct amp_goal){.direction = AMP_UP, .only = only, .nonly = 2},
		"there is no migration 'c'");
}

static void test_plan__several_with_the_content_of_one_that_is_gone(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "10 #x", "9 #x", "8 #y", "7 #z", NULL);
	world_build(&w);
	world_applied(&w, "old #x");
	world_applied(&w, "other #zz");
	assert_planned(&w, UP, "1:7 1:8 1:9 1:10");
	assert_findings(&w,
		"error[missing]: 'other' is applied, but not in the catalog {other} "
		"(restore its file from version control)\n"
		"m/9.xml:1:1: error[missing]: 'old' is applied, but not in the catalog "
		"{old 9} ('9' has the same content: it was probably renamed; give it back "
		"its id)\n");
}

static void test_rollback__by_names(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b", "c", NULL);
	world_build(&w);
	assert_planned(&w, DOWN(2), "");
	world_applied(&w, "a");
	world_applied(&w, "b");
	world_applied(&w, "gone");
	const char *const names[] = {"b", "a", "b"}, *const unknown[] = {"b", "x"},
			  *const gone[] = {"gone"};
	struct amp_goal goal = {.direction = AMP_DOWN, .only = names, .nonly = 3};
	assert_planned(&w, goal, "1:b 1:a");
	goal.only = unknown;
	goal.nonly = 2;
	assert_usage(&w, goal, "there is no migration 'x'");
	goal.only = gone;
	goal.nonly = 1;
	assert_usage(&w, goal, "'gone' is applied, but not in the catalog");
}

/* Where the squash was applied, its parts stand where it stands. */
static void test_rollback__to_a_part_of_a_squash(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c s", "s =a =b", NULL);
	world_build(&w);
	assert_usage(&w, DOWN_TO("a"), "'a' is not applied");
	world_applied(&w, "s");
	world_applied(&w, "c");
	assert_planned(&w, DOWN_TO("a"), "1:c");
	/* applied itself, and then once more by the squash */
	world_applied(&w, "b");
	assert_usage(&w, DOWN_TO("b"), "'b' is not applied");
}

/* What is gone was never applied itself: another squash stood for it. */
static void test_rollback__of_a_squash_of_what_is_gone(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "s =t =gone", "t =gone =a", "z ~", NULL);
	world_build(&w);
	world_applied(&w, "t");
	world_applied(&w, "z");
	assert_planned(&w, DOWN(9), "1:z 1:t");
	assert_findings(&w,
		"m/z.xml:1:1: error[irreversible]: 'z' cannot be rolled back {z} (restore "
		"a backup, or roll back no further than to 'z')\n");
}

static void test_rollback__stops_at_the_first_of_what_is_undone(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b", "c", NULL);
	world_build(&w);
	world_applied(&w, "c");
	world_applied(&w, "a");
	world_applied(&w, "gone");
	world_applied(&w, "b");
	assert_planned(&w, DOWN(3), "1:c 1:b 1:a");
	assert_findings(&w,
		"error[missing]: 'gone' was applied after 'c' and must be undone before "
		"it, but is not in the catalog {gone c} (roll back with the descriptors of "
		"the version that applied it)\n"
		"warning[ahead]: 'gone' is applied, but not known here {gone} (a newer "
		"version of the program applied it; if that is not so, restore its file "
		"from version control)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_past__of_a_family_of_squashes),
		cmocka_unit_test(test_past__of_squashes_that_are_wrong),
		cmocka_unit_test(test_plan__up_to_what_is_gone),
		cmocka_unit_test(test_plan__several_with_the_content_of_one_that_is_gone),
		cmocka_unit_test(test_rollback__by_names),
		cmocka_unit_test(test_rollback__to_a_part_of_a_squash),
		cmocka_unit_test(test_rollback__of_a_squash_of_what_is_gone),
		cmocka_unit_test(test_rollback__stops_at_the_first_of_what_is_undone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
