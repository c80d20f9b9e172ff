/*
 * planner/plan: what is pending, what does not fit, what is undone, and the digest.
 */
#include "planner/plan.h"

#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/world.h"

#define UP ((struct amp_goal){.direction = AMP_UP})
#define UP_TO(id) ((struct amp_goal){.direction = AMP_UP, .to = id})
#define STARTUP ((struct amp_goal){.direction = AMP_UP, .skip_maintenance = true})
#define DOWN_TO(id) ((struct amp_goal){.direction = AMP_DOWN, .to = id})
#define DOWN(n) ((struct amp_goal){.direction = AMP_DOWN, .count = n})

static void assert_state(const struct world *w, const char *id, enum amplan_state state)
{
	assert_int_equal(w->plan.states[amp_graph_find(&w->graph, id)], state);
}

static void assert_planned(struct world *w, struct amp_goal goal)
{
	assert_int_equal(world_plan(w, goal), AMPLAN_OK);
}

static void assert_usage(
	struct world *w, struct amp_goal goal, const char *message, const char *hint)
{
	assert_int_equal(world_plan(w, goal), AMPLAN_USAGE);
	assert_string_equal(w->error.message, message);
	assert_string_equal(w->error.hint, hint);
}

static void test_plan__everything_is_pending_at_first(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "b", "a b", "c a", NULL);
	world_build(&w);
	assert_planned(&w, UP);
	assert_steps(&w, "1:b 1:a 1:c");
	assert_int_equal(w.plan.verdict, AMPLAN_BEHIND);
	assert_int_equal(w.plan.pending, 3);
	assert_int_equal(w.plan.nstages, 1);
	assert_findings(&w, "");
}

static void test_plan__nothing_is_pending_in_the_end(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", NULL);
	world_build(&w);
	world_applied(&w, "a");
	world_applied(&w, "b");
	assert_planned(&w, UP);
	assert_steps(&w, "");
	assert_int_equal(w.plan.verdict, AMPLAN_CURRENT);
	assert_int_equal(w.plan.pending, 0);
	assert_int_equal(w.plan.nstages, 0);
	assert_state(&w, "a", AMPLAN_APPLIED);
	assert_findings(&w, "");
}

static void test_plan__stages_by_mode_and_transaction(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(
		&w, "1", "2", "3 !fk", "4 !fk", "5 !none", "6 !none", "7 !fk", "8", NULL);
	world_build(&w);
	assert_planned(&w, UP);
	assert_steps(&w, "1:1 1:2 2:3 2:4 3:5 4:6 5:7 6:8");
	assert_int_equal(w.plan.nstages, 6);
}

static void test_plan__up_to_takes_only_what_it_needs(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c", "d b", "e d", NULL);
	world_build(&w);
	world_applied(&w, "b"); /* a came later, and d needs it through b */
	assert_planned(&w, UP_TO("d"));
	assert_steps(&w, "1:a 1:d");
	assert_int_equal(w.plan.pending, 4);
	assert_planned(&w, UP_TO("b"));
	assert_steps(&w, "1:a");
}

static void test_plan__up_to_the_unknown_is_a_usage_error(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "001_users", "auth:002_keys", NULL);
	world_build(&w);
	assert_usage(&w, UP_TO("001_user"), "there is no migration '001_user'",
		"did you mean '001_users'?");
	assert_usage(&w, UP_TO("002_keys"), "there is no migration '002_keys'",
		"did you mean 'auth:002_keys'?");
	assert_usage(&w, UP_TO("zzzzzz"), "there is no migration 'zzzzzz'",
		"'amplan order' lists all migrations");
}

static void test_plan__exactly_the_named_ones_in_order(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c", NULL);
	world_build(&w);
	const char *const ids[] = {"b", "a"};
	assert_planned(&w, (struct amp_goal){.only = ids, .nonly = 2});
	assert_steps(&w, "1:a 1:b");
	assert_planned(&w, (struct amp_goal){.only = ids, .nonly = 0});
	assert_steps(&w, "");
	world_applied(&w, "a");
	world_applied(&w, "b");
	world_applied(&w, "c");
	assert_planned(
		&w, (struct amp_goal){.direction = AMP_DOWN, .only = ids, .nonly = 2});
	assert_steps(&w, "1:b 1:a");
}

static void test_plan__changed_content_is_an_error(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "001_users", "002_invites #new", NULL);
	world_build(&w);
	world_applied(&w, "001_users");
	world_applied(&w, "002_invites #old");
	assert_planned(&w, UP);
	assert_state(&w, "002_invites", AMPLAN_DRIFTED);
	assert_int_equal(w.plan.verdict, AMPLAN_CURRENT);
	assert_findings(&w,
		"m/002_invites.xml:1:1: error[changed]: '002_invites' was changed after "
		"it was applied {002_invites} (restore the file from version control, or "
		"write a new migration; see 'amplan explain changed')\n");
}

static void test_plan__changed_comments_are_a_warning(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add(&w, "a #sql/new-comment");
	world_build(&w);
	world_applied(&w, "a #sql/old-comment");
	assert_planned(&w, UP);
	assert_state(&w, "a", AMPLAN_DRIFTED);
	assert_findings(&w,
		"m/a.xml:1:1: warning[changed]: 'a' was changed after it was applied, "
		"only in comments, white space or dependencies {a} (nothing has to run; restore the "
		"file from version control to silence this)\n");
}

static void test_plan__without_a_cosmetic_digest_a_change_is_an_error(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add(&w, "a #sql/new");
	world_build(&w);
	world_applied(&w, "a #sql/old");
	w.applied[0].cosmetic = "";
	assert_planned(&w, UP);
	assert_int_equal(w.findings.items[0].severity, AMPLAN_ERROR);
	w.applied[0].cosmetic = NULL;
	assert_planned(&w, UP);
	assert_int_equal(w.findings.items[1].severity, AMPLAN_ERROR);
}

static void test_plan__unknown_without_pending_work_is_ahead(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add(&w, "a");
	world_build(&w);
	world_applied(&w, "z");
	world_applied(&w, "a");
	world_applied(&w, "y");
	assert_planned(&w, UP);
	assert_int_equal(w.plan.verdict, AMPLAN_AHEAD);
	assert_int_equal(w.plan.nunknown, 2);
	assert_string_equal(w.plan.unknown[0], "y");
	assert_string_equal(w.plan.unknown[1], "z");
	assert_findings(&w,
		"warning[ahead]: 'y' is applied, but not known here {y} (a newer version "
		"of the program applied it; if that is not so, restore its file from "
		"version control)\n"
		"warning[ahead]: 'z' is applied, but not known here {z} (a newer version "
		"of the program applied it; if that is not so, restore its file from "
		"version control)\n");
}

static void test_plan__unknown_and_breaking_is_an_error(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_build(&w);
	world_applied(&w, "z !breaking");
	assert_planned(&w, UP);
	assert_int_equal(w.plan.verdict, AMPLAN_AHEAD);
	assert_findings(&w,
		"error[breaking-ahead]: 'z' is applied and breaks programs that do not "
		"know it {z} (use the version of the program whose migrations include "
		"it)\n");
}

static void test_plan__unknown_and_pending_work_is_missing(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "002_invite #i", "003_new #same", "004_also #same", NULL);
	world_build(&w);
	world_applied(&w, "001_gone");
	world_applied(&w, "002_invites");
	world_applied(&w, "old_name #same");
	assert_planned(&w, UP);
	assert_int_equal(w.plan.verdict, AMPLAN_DIVERGED);
	assert_findings(&w,
		"error[missing]: '001_gone' is applied, but not in the catalog "
		"{001_gone} (restore its file from version control)\n"
		"m/002_invite.xml:1:1: error[missing]: '002_invites' is applied, but not "
		"in the catalog {002_invites 002_invite} (restore its file from version "
		"control; or is it '002_invite', renamed and changed?)\n"
		"m/003_new.xml:1:1: error[missing]: 'old_name' is applied, but not in "
		"the catalog {old_name 003_new} ('003_new' has the same content: it was "
		"probably renamed; give it back its id)\n");
}

static void test_plan__interrupted_names_the_way_out(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a !none", "b a", NULL);
	world_build(&w);
	world_applied(&w, "a #other !interrupted");
	assert_planned(&w, UP);
	assert_state(&w, "a", AMPLAN_INTERRUPTED);
	assert_steps(&w, "1:b");
	assert_int_equal(w.plan.verdict, AMPLAN_BEHIND);
	assert_findings(&w,
		"m/a.xml:1:1: error[interrupted]: 'a' was started and has not finished "
		"{a} (look with 'amplan status', then 'amplan resolve a --applied' if it "
		"is complete, or 'amplan resolve a --again' to run it again)\n");
}

static void test_plan__an_interrupted_last_step_is_not_current(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add(&w, "a !none");
	world_build(&w);
	world_applied(&w, "a !interrupted");
	assert_planned(&w, UP);
	assert_int_equal(w.plan.pending, 0);
	assert_int_equal(w.plan.verdict, AMPLAN_BEHIND);
}

static void test_plan__dependency_added_after_the_fact(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a >c", "c", NULL);
	world_build(&w);
	world_applied(&w, "b");
	assert_planned(&w, UP);
	assert_steps(&w, "1:a 1:c");
	assert_findings(&w,
		"m/b.xml:1:3: warning[late-dependency]: 'b' was applied before 'a', on "
		"which it now depends {b a} ('a' runs after it here and before it "
		"elsewhere: make sure that both give the same schema)\n");
}

/* Squashes. */

static void test_plan__squash_runs_where_nothing_of_it_is_applied(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "c b", "s =a =b", NULL);
	world_build(&w);
	assert_planned(&w, UP);
	assert_steps(&w, "1:s 1:c");
	assert_state(&w, "a", AMPLAN_REPLACED);
	assert_state(&w, "s", AMPLAN_PENDING);
	assert_int_equal(w.plan.pending, 2);
	assert_planned(&w, UP_TO("b"));
	assert_steps(&w, "1:s");
}

static void test_plan__squash_is_satisfied_where_all_of_it_is_applied(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	/* b is not in the catalog any more */
	world_add_all(&w, "a", "c b", "s =a =b", NULL);
	world_build(&w);
	world_applied(&w, "a");
	world_applied(&w, "b");
	assert_planned(&w, UP);
	assert_steps(&w, "1:c");
	assert_state(&w, "a", AMPLAN_APPLIED);
	assert_state(&w, "s", AMPLAN_REPLACED);
	assert_int_equal(w.plan.nunknown, 0);
	assert_int_equal(w.plan.verdict, AMPLAN_BEHIND);
	assert_findings(&w, "");
}

static void test_plan__squash_applied_itself(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "s =a =b", NULL);
	world_build(&w);
	world_applied(&w, "s");
	assert_planned(&w, UP);
	assert_state(&w, "a", AMPLAN_REPLACED);
	assert_state(&w, "s", AMPLAN_APPLIED);
	assert_int_equal(w.plan.verdict, AMPLAN_CURRENT);
}

static void test_plan__squash_applied_answers_for_its_parts(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a #changed", "s =a", NULL);
	world_build(&w);
	world_applied(&w, "a");
	world_applied(&w, "s");
	assert_planned(&w, UP);
	assert_state(&w, "a", AMPLAN_REPLACED);
	assert_findings(&w, "");
}

static void test_plan__a_mix_is_refused(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "s =a =b =gone", NULL);
	world_build(&w);
	world_applied(&w, "a");
	assert_planned(&w, UP);
	assert_state(&w, "b", AMPLAN_REPLACED);
	assert_findings(&w,
		"m/s.xml:1:1: error[replaces-mixed]: 's' stands for 'a', applied, and "
		"for 'b' and 'gone', not applied {s a b gone} (apply 'b' and 'gone' with "
		"the catalog from before the squash, then come back to this one)\n");
}

static void test_plan__squash_of_squashes(void **state)
{
	(void)state;
	static const char *const pasts[] = {"a b", "s", "t", NULL};
	for (size_t i = 0; pasts[i]; i++) {
		WORLD w;
		world_init(&w);
		world_add_all(&w, "a", "b a", "s =a =b", "t =s =a =b", "u t", NULL);
		world_build(&w);
		world_applied(&w, strchr(pasts[i], 'b') ? "a" : pasts[i]);
		if (strchr(pasts[i], 'b'))
			world_applied(&w, "b");
		assert_planned(&w, UP);
		assert_steps(&w, "1:u");
		assert_findings(&w, "");
	}
}

static void test_plan__a_mix_within_a_squash_of_squashes_is_said_once(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a", "s =a =b", "t =s", NULL);
	world_build(&w);
	world_applied(&w, "a");
	assert_planned(&w, UP);
	assert_int_equal(w.findings.count, 1);
	assert_string_equal(w.findings.items[0].ids[0], "s");
}

/* Maintenance. */

static void test_plan__maintenance_is_left_out_with_what_needs_it(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b a !maintenance", "c b", "d c >b", "e a",
		"f !maintenance", NULL);
	world_build(&w);
	assert_planned(&w, STARTUP);
	assert_steps(&w, "1:a 1:e");
	assert_int_equal(w.plan.pending, 6);
	assert_findings(&w,
		"m/b.xml:1:1: warning[maintenance-required]: 'b' is left to a person, "
		"and holds back 'c' and 'd' {b c d} (run 'amplan apply' when there is "
		"time for maintenance)\n"
		"m/f.xml:1:1: warning[maintenance-required]: 'f' is left to a person {f} "
		"(run 'amplan apply' when there is time for maintenance)\n");
}

static void test_plan__maintenance_runs_when_a_person_asks(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a !maintenance", "b a", NULL);
	world_build(&w);
	assert_planned(&w, UP);
	assert_steps(&w, "1:a 1:b");
	assert_findings(&w, "");
}

static void test_plan__maintenance_holds_back_only_what_was_wanted(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a !maintenance", "b a", "c b", NULL);
	world_build(&w);
	assert_planned(&w, (struct amp_goal){.to = "b", .skip_maintenance = true});
	assert_string_equal(w.findings.items[0].message,
		"'a' is left to a person, and holds back 'b'");
}

static void test_plan__maintenance_holding_back_many_names_some(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "0 !maintenance", "1 0", "2 0", "3 0", "4 0", "5 0", "6 0",
		"7 0", "8 0", NULL);
	world_build(&w);
	assert_planned(&w, STARTUP);
	assert_string_equal(w.findings.items[0].message,
		"'0' is left to a person, and holds back '1', '2', '3', '4', '5' and 3 "
		"more");
}

/* Rollback. */

static void apply_all(struct world *w)
{
	for (uint32_t i = 0; i < w->placed; i++)
		world_applied(w, w->graph.nodes[w->order[i]]->id);
}

static void test_rollback__to_an_id_undoes_all_behind_it(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "1", "2 1", "3 1 !fk", "4", NULL);
	world_build(&w);
	apply_all(&w);
	assert_planned(&w, DOWN_TO("1"));
	assert_steps(&w, "1:4 2:3 3:2");
	assert_int_equal(w.plan.direction, AMP_DOWN);
	assert_string_equal(amp_plan_sql(&w.plan, &w.plan.steps[0])->text, "down");
	assert_planned(&w, DOWN_TO("4"));
	assert_steps(&w, "");
	assert_findings(&w, "");
}

static void test_rollback__by_number(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "1", "2", "3", NULL);
	world_build(&w);
	/* in which order they were applied does not matter */
	world_applied(&w, "3");
	world_applied(&w, "1");
	world_applied(&w, "2");
	assert_planned(&w, DOWN(2));
	assert_steps(&w, "1:3 1:2");
	assert_planned(&w, DOWN(9));
	assert_steps(&w, "1:3 1:2 1:1");
}

static void test_rollback__refuses_goals_that_cannot_be(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "001_a", "002_b", NULL);
	world_build(&w);
	world_applied(&w, "001_a");
	world_applied(&w, "gone");
	assert_usage(&w, DOWN(0),
		"a rollback needs an id to go back to, or a number of steps", "");
	assert_usage(&w, DOWN_TO("002_b"), "'002_b' is not applied",
		"'amplan status' lists what is applied");
	assert_usage(&w, DOWN_TO("001_b"), "there is no migration '001_b'",
		"did you mean '001_a'?");
	assert_usage(&w, DOWN_TO("gone"), "'gone' is applied, but not in the catalog",
		"restore its file from version control, or name another");
}

static void test_rollback__says_what_cannot_be_undone(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "1 -down", "2 ~rows-are-gone", "3 -down", "4", NULL);
	world_build(&w);
	apply_all(&w);
	assert_planned(&w, DOWN(3));
	assert_steps(&w, "1:4 1:3 1:2");
	assert_null(amp_plan_sql(&w.plan, &w.plan.steps[1]));
	assert_findings(&w,
		"m/2.xml:1:1: error[irreversible]: '2' cannot be rolled back: "
		"rows-are-gone {2} (restore a backup, or roll back no further than to "
		"'2')\n"
		"m/3.xml:1:1: error[missing-down]: '3' has no down {3} (add a <down>, or "
		"declare <irreversible reason=\"...\"/>)\n");
}

static void test_rollback__is_not_held_up_by_what_was_applied_before(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "1", "2", "3", NULL);
	world_build(&w);
	world_applied(&w, "1");
	world_applied(&w, "unknown !breaking");
	world_applied(&w, "2");
	assert_planned(&w, DOWN(1));
	assert_steps(&w, "1:2");
	assert_int_equal(w.plan.verdict, AMPLAN_DIVERGED);
	assert_int_equal(w.findings.count, 1);
	assert_string_equal(w.findings.items[0].kind, "ahead");
	assert_int_equal(w.findings.items[0].severity, AMPLAN_WARNING);
}

/* It may need what would be undone, and nobody here can tell. */
static void test_rollback__stops_at_what_is_unknown_and_newer(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "1", "2", "3", NULL);
	world_build(&w);
	world_applied(&w, "1");
	world_applied(&w, "2");
	world_applied(&w, "newer");
	assert_planned(&w, DOWN(2));
	assert_findings(&w,
		"error[missing]: 'newer' was applied after '1' and must be undone before "
		"it, but is not in the catalog {newer 1} (roll back with the descriptors "
		"of the version that applied it)\n"
		"warning[ahead]: 'newer' is applied, but not known here {newer} (a newer "
		"version of the program applied it; if that is not so, restore its file "
		"from version control)\n");
}

/* c depended on a before the squash came: it must go first, wherever a stands. */
static void test_rollback__goes_through_a_squash_backwards(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "1_s =8_a =9_b", "2_c 8_a", "8_a", "9_b 8_a", NULL);
	world_build(&w);
	assert_order(&w, "1_s 2_c 8_a 9_b");
	world_applied(&w, "8_a");
	world_applied(&w, "9_b");
	world_applied(&w, "2_c");
	assert_planned(&w, DOWN(3));
	assert_steps(&w, "1:2_c 1:9_b 1:8_a");
	assert_planned(&w, DOWN_TO("1_s"));
	assert_steps(&w, "1:2_c");
	assert_planned(&w, DOWN_TO("8_a"));
	assert_steps(&w, "1:2_c 1:9_b");
	assert_findings(&w, "");
}

static void test_rollback__cannot_undo_what_only_a_squash_remembers(void **state)
{
	(void)state;
	WORLD w;
	world_init(&w);
	world_add_all(&w, "root", "s root =gone", "t s", NULL);
	world_build(&w);
	world_applied(&w, "root");
	world_applied(&w, "gone");
	world_applied(&w, "t");
	assert_planned(&w, DOWN_TO("s"));
	assert_steps(&w, "1:t");
	assert_findings(&w, "");
	assert_planned(&w, DOWN_TO("root"));
	assert_steps(&w, "1:t");
	assert_findings(&w,
		"m/s.xml:1:1: error[missing-down]: 's' stands for 'gone', whose down is "
		"gone {s gone} (restore the file of 'gone' from version control, or roll "
		"back no further than to 's')\n");
}

/* Digest. */

static void plan_digest(char out[AMP_DIGEST_SIZE], const char *line,
	const char *const *applied, struct amp_goal goal)
{
	WORLD w;
	world_init(&w);
	world_add_all(&w, "a", "b", NULL);
	world_add(&w, line);
	world_build(&w);
	for (; *applied; applied++)
		world_applied(&w, *applied);
	assert_planned(&w, goal);
	memcpy(out, w.plan.digest, AMP_DIGEST_SIZE);
}

static void test_digest__is_the_same_for_the_same_plan_and_start(void **state)
{
	(void)state;
	char one[AMP_DIGEST_SIZE], two[AMP_DIGEST_SIZE];
	plan_digest(one, "c", (const char *const[]){"a", "b", NULL}, UP);
	plan_digest(two, "c", (const char *const[]){"b", "a", NULL}, UP);
	assert_string_equal(one, two);
	/* computed by hand from the fields: the same bytes on any machine */
	assert_string_equal(one,
		"sha256:ad954c3f7821772f9f1766801435054158f25ec0a3bcbd155f2764909a10e42d");
}

static void test_digest__differs_with_everything_that_matters(void **state)
{
	(void)state;
	char digests[7][AMP_DIGEST_SIZE];
	const char *const none[] = {NULL}, *const a[] = {"a", NULL};
	const char *const other[] = {"a #x", NULL}, *const z[] = {"a", "z", NULL};
	plan_digest(digests[0], "c", a, UP);
	plan_digest(digests[1], "c #other", a, UP);
	plan_digest(digests[2], "c !none", a, UP);
	plan_digest(digests[3], "c", none, UP);
	plan_digest(digests[4], "c", other, UP);
	plan_digest(digests[5], "c", z, UP);
	plan_digest(digests[6], "c", a, UP_TO("c"));
	for (size_t i = 0; i < 7; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(digests[i], digests[j]);
}

static void test_digest__up_and_down_differ_even_without_steps(void **state)
{
	(void)state;
	char up[AMP_DIGEST_SIZE], down[AMP_DIGEST_SIZE];
	const char *const all[] = {"a", "b", "c", NULL};
	plan_digest(up, "c", all, UP);
	plan_digest(down, "c", all, DOWN_TO("c"));
	assert_string_not_equal(up, down);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan__everything_is_pending_at_first),
		cmocka_unit_test(test_plan__nothing_is_pending_in_the_end),
		cmocka_unit_test(test_plan__stages_by_mode_and_transaction),
		cmocka_unit_test(test_plan__up_to_takes_only_what_it_needs),
		cmocka_unit_test(test_plan__up_to_the_unknown_is_a_usage_error),
		cmocka_unit_test(test_plan__exactly_the_named_ones_in_order),
		cmocka_unit_test(test_plan__changed_content_is_an_error),
		cmocka_unit_test(test_plan__changed_comments_are_a_warning),
		cmocka_unit_test(
			test_plan__without_a_cosmetic_digest_a_change_is_an_error),
		cmocka_unit_test(test_plan__unknown_without_pending_work_is_ahead),
		cmocka_unit_test(test_plan__unknown_and_breaking_is_an_error),
		cmocka_unit_test(test_plan__unknown_and_pending_work_is_missing),
		cmocka_unit_test(test_plan__interrupted_names_the_way_out),
		cmocka_unit_test(test_plan__an_interrupted_last_step_is_not_current),
		cmocka_unit_test(test_plan__dependency_added_after_the_fact),
		cmocka_unit_test(test_plan__squash_runs_where_nothing_of_it_is_applied),
		cmocka_unit_test(
			test_plan__squash_is_satisfied_where_all_of_it_is_applied),
		cmocka_unit_test(test_plan__squash_applied_itself),
		cmocka_unit_test(test_plan__squash_applied_answers_for_its_parts),
		cmocka_unit_test(test_plan__a_mix_is_refused),
		cmocka_unit_test(test_plan__squash_of_squashes),
		cmocka_unit_test(
			test_plan__a_mix_within_a_squash_of_squashes_is_said_once),
		cmocka_unit_test(test_plan__maintenance_is_left_out_with_what_needs_it),
		cmocka_unit_test(test_plan__maintenance_runs_when_a_person_asks),
		cmocka_unit_test(test_plan__maintenance_holds_back_only_what_was_wanted),
		cmocka_unit_test(test_plan__maintenance_holding_back_many_names_some),
		cmocka_unit_test(test_rollback__to_an_id_undoes_all_behind_it),
		cmocka_unit_test(test_rollback__by_number),
		cmocka_unit_test(test_rollback__refuses_goals_that_cannot_be),
		cmocka_unit_test(test_rollback__says_what_cannot_be_undone),
		cmocka_unit_test(
			test_rollback__is_not_held_up_by_what_was_applied_before),
		cmocka_unit_test(test_rollback__stops_at_what_is_unknown_and_newer),
		cmocka_unit_test(test_rollback__goes_through_a_squash_backwards),
		cmocka_unit_test(test_rollback__cannot_undo_what_only_a_squash_remembers),
		cmocka_unit_test(test_digest__is_the_same_for_the_same_plan_and_start),
		cmocka_unit_test(test_digest__differs_with_everything_that_matters),
		cmocka_unit_test(test_digest__up_and_down_differ_even_without_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
