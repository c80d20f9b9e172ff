/*
 * planner/lint where statements, shapes and graphs are not what a rule looks for: each
 * second half of a condition once. What the rules are for is in test_lint.c.
 */
#include "planner/lint.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/lint_world.h"

#define USER "user id/INTEGER# name/TEXT! color/TEXT"
#define REBUILD(columns, copied)                                           \
	"CREATE TABLE user_new (" columns ");\n"                           \
	"INSERT INTO user_new (" copied ") SELECT " copied " FROM user;\n" \
	"DROP TABLE user; ALTER TABLE user_new RENAME TO user;"

#define T "t id/INTEGER# x/TEXT u:i(x) u:k(x)"

/*
 * One statement of table "t" that the engine says is of this verb, whatever it reads
 * like; if it is not SQL that a rule can read, nothing is said.
 */
static void assert_unread(enum amp_verb verb, bool idle, const char *sql)
{
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(&lint, "a", T, sql, T);
	seen->statements[0].verb = verb;
	seen->statements[0].idle = idle;
	seen->statements[0].object =
		verb == AMP_CREATE_INDEX || verb == AMP_DROP_INDEX ? "i" : "t";
	seen->statements[0].table = "t";
	assert_lint(&lint, "");
}

static void test_edges__statements_that_read_otherwise_than_they_act(void **state)
{
	(void)state;
	static const char *const alters[] = {"EXPLAIN", "ALTER VIEW t", "ALTER TABLE (",
		"ALTER TABLE t.", "ALTER TABLE t FLY", "ALTER TABLE t ADD COLUMN",
		"ALTER TABLE t RENAME TO"};
	for (size_t i = 0; i < sizeof(alters) / sizeof(*alters); i++)
		assert_unread(AMP_ALTER_TABLE, false, alters[i]);
	assert_unread(AMP_DROP_TABLE, false, "EXPLAIN DROP TABLE t");
	assert_unread(AMP_DROP_TABLE, false, "DROP TABLE");
	assert_unread(AMP_CREATE_TABLE, false, "CREATE t");
	assert_unread(AMP_OTHER, true, "REINDEX IF EXISTS t");
	assert_unread(AMP_OTHER, true, "CREATE SCHEMA IF NOT EXISTS t");
	assert_unread(AMP_DROP_INDEX, false, "DROP i");
	assert_unread(AMP_DROP_INDEX, true, "DROP INDEX i");
	assert_unread(AMP_CREATE_INDEX, false, "CREATE i");
	assert_unread(AMP_CREATE_INDEX, true, "CREATE UNIQUE INDEX i ON t (x)");
	assert_unread(AMP_UPDATE, false, "UPDATE t WHERE 1");
	assert_unread(AMP_INSERT, false, "VALUES (INSERT)");
	assert_unread(AMP_INSERT, false, "INSERT OR REPLACE t");
	assert_unread(AMP_INSERT, false, "INSERT OR IGNORE INTO");
	assert_unread(AMP_SELECT, false, "EXPLAIN SELECT 1");
}

static void test_edges__kinds_of_tables(void **state)
{
	(void)state;
	assert_lint_up("",
		"CREATE VIRTUAL TABLE v USING fts5 (x); CREATE TEMPORARY TABLE w (x); "
		"CREATE TEMP TABLE y (x); CREATE TABLE \"order\" (id INTEGER PRIMARY KEY)",
		"order id/INTEGER#;v x/ virtual",
		"m/a.sql:1:108: note[keyword-name]: table 'order' is called like an SQL "
		"keyword {a} (every query must write it in quotes: choose another name)\n");
	assert_lint_up("", "CREATE VIEW \"group\" AS SELECT 1 AS \"order\"",
		"~group order/",
		"m/a.xml:1:1: note[keyword-name]: view 'group' is called like an SQL "
		"keyword {a} (every query must write it in quotes: choose another name)\n");
}

static void test_edges__names_are_followed_through_renames(void **state)
{
	(void)state;
	assert_lint_up(USER,
		"ALTER TABLE user RENAME TO a; ALTER TABLE a RENAME TO [order]",
		"order id/INTEGER# name/TEXT! color/TEXT",
		"m/a.sql:1:43: note[keyword-name]: table 'order' is called like an SQL "
		"keyword {a} (every query must write it in quotes: choose another name)\n");
	assert_lint_up("t id/INTEGER#;" USER,
		"ALTER TABLE user ADD [order] TEXT; ALTER TABLE t ADD [order] TEXT; "
		"ALTER TABLE t ADD fine TEXT",
		"t id/INTEGER# order/TEXT fine/TEXT;" USER " order/TEXT",
		"m/a.sql:1:22: note[keyword-name]: column 'order' is called like an SQL "
		"keyword {a} (every query must write it in quotes: choose another name)\n"
		"m/a.sql:1:54: note[keyword-name]: column 'order' is called like an SQL "
		"keyword {a} (every query must write it in quotes: choose another name)\n");
	assert_lint_up("t id/INTEGER#;" USER,
		"ALTER TABLE user ADD c TEXT NOT NULL; ALTER TABLE t RENAME TO s; "
		"ALTER TABLE user RENAME TO person",
		"person id/INTEGER# name/TEXT! color/TEXT c/TEXT!;s id/INTEGER#",
		"m/a.sql:1:22: error[not-null-without-default]: column 'c' is added NOT "
		"NULL without a default: that fails where 'user' has rows {a} (give it a "
		"DEFAULT, or rebuild the table and fill the column)\n");
	assert_lint_up(USER, "ALTER TABLE user ADD c TEXT NOT NULL; DROP TABLE user", "",
		"m/a.sql:1:50: warning[destructive]: table 'user' is dropped with all its "
		"rows {a} (drop it when no release uses it any more, or say why it may go: "
		"<allow kind=\"destructive\" reason=\"...\"/>)\n");
	assert_lint_up(USER,
		"ALTER TABLE user RENAME color TO hue; ALTER TABLE user DROP hue",
		"user id/INTEGER# name/TEXT!",
		"m/a.sql:1:61: warning[destructive]: column 'hue' of table 'user' is "
		"dropped with its values {a} (drop it when no release uses it any more, or "
		"say why it may go: <allow kind=\"destructive\" reason=\"...\"/>)\n");
	assert_lint_up("t id/INTEGER#;" USER,
		"ALTER TABLE t ADD x; ALTER TABLE user ADD y; ALTER TABLE user RENAME y TO z; "
		"ALTER TABLE user DROP color; ALTER TABLE user DROP nothing",
		"t id/INTEGER# x/;user id/INTEGER# name/TEXT! z/",
		"m/a.sql:1:100: warning[destructive]: column 'color' of table 'user' is "
		"dropped with its values {a} (drop it when no release uses it any more, or "
		"say why it may go: <allow kind=\"destructive\" reason=\"...\"/>)\n");
	assert_lint_up(USER, "ALTER TABLE user DROP color; DROP TABLE user", "",
		"m/a.sql:1:23: warning[destructive]: column 'color' of table 'user' is "
		"dropped with its values {a} (drop it when no release uses it any more, or "
		"say why it may go: <allow kind=\"destructive\" reason=\"...\"/>)\n"
		"m/a.sql:1:41: warning[destructive]: table 'user' is dropped with all its "
		"rows {a} (drop it when no release uses it any more, or say why it may go: "
		"<allow kind=\"destructive\" reason=\"...\"/>)\n");
	assert_lint_up(USER,
		"ALTER TABLE user DROP color; ALTER TABLE user ADD color TEXT", USER,
		"m/a.sql:1:23: warning[destructive]: column 'color' of table 'user' is "
		"dropped with its values {a} (drop it when no release uses it any more, or "
		"say why it may go: <allow kind=\"destructive\" reason=\"...\"/>)\n");
	assert_lint_up(USER " g/TEXT^", "ALTER TABLE user DROP g", USER, "");
}

static void test_edges__more_names(void **state)
{
	(void)state;
	/* copied, and gone */
	assert_lint_up("t id/INTEGER#;" USER,
		"INSERT INTO t (id) SELECT id FROM user; DROP TABLE user",
		"t id/INTEGER#",
		"m/a.sql:1:52: warning[destructive]: table 'user' is dropped with all its "
		"rows {a} (drop it when no release uses it any more, or say why it may go: "
		"<allow kind=\"destructive\" reason=\"...\"/>)\n");
	/* a column that got its name by a rename */
	assert_lint_up("t id/INTEGER# a/", "ALTER TABLE t RENAME a TO [order]",
		"t id/INTEGER# order/",
		"m/a.sql:1:22: note[keyword-name]: column 'order' is called like an SQL "
		"keyword {a} (every query must write it in quotes: choose another name)\n");
	/* what a rename rewrites, beside what is made anew */
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(&lint, "a", USER ";~v a/;~w a/",
		"ALTER TABLE user RENAME TO person; DROP VIEW w; "
		"CREATE VIEW w AS SELECT 1 AS a; "
		"CREATE TRIGGER r AFTER INSERT ON person BEGIN SELECT 1",
		"person id/INTEGER# name/TEXT! color/TEXT;~v a/;~w a/");
	lint_world_alters(&lint, seen, "view v");
	lint_world_alters(&lint, seen, "view w");
	lint_world_alters(&lint, seen, "trigger r");
	lint_world_alters(&lint, seen, "trigger s");
	assert_lint(&lint,
		"m/a.sql:1:13: warning[renames-used]: renaming 'user' rewrites what uses "
		"it: 'v' and 's' {a} (read them again, and see that no release asks for "
		"the old name)\n");
	/* made by the first of two, dropped by the other */
	LINT_WORLD three;
	lint_world_init(&three, "a", "b a", "c b", NULL);
	lint_world_up(&three, "a", "u id/INTEGER#",
		"CREATE TABLE s (id INTEGER PRIMARY KEY); "
		"CREATE TABLE t (id INTEGER PRIMARY KEY); ALTER TABLE u ADD x",
		"s id/INTEGER#;t id/INTEGER#;u id/INTEGER# x/");
	lint_world_alters(&three,
		lint_world_up(&three, "b", "u id/INTEGER#", "ALTER TABLE u ADD y",
			"u id/INTEGER# x/ y/"),
		"table u");
	lint_world_up(&three, "c", "t id/INTEGER#",
		"--differs\nCREATE TABLE IF NOT EXISTS t (id TEXT)", "t id/INTEGER#");
	assert_lint(&three,
		"m/c.sql:2:28: warning[hidden-difference]: IF NOT EXISTS hides that there "
		"is another table 't' already {c} (change the one that is there, or choose "
		"another name)\n"
		"  m/a.xml:1:1: made here\n");
}

static void test_edges__affinities(void **state)
{
	(void)state;
	assert_lint_up("user id/INTEGER# a/INTEGER b/NUMBER c/NUMBER d/INTEGER e/NUMBER",
		REBUILD("id INTEGER PRIMARY KEY", "id, a, b, c, d, e"),
		"user id/INTEGER# a/NUMBER b/INTEGER c/TEXT d/REAL e/NUMBER",
		"m/a.sql:1:14: warning[changed-affinity]: the affinity of column 'c' of "
		"table 'user' changes from NUMERIC to TEXT {a} (values are converted: see "
		"that '007' or 0.5 is not among them)\n"
		"m/a.sql:1:14: warning[changed-affinity]: the affinity of column 'd' of "
		"table 'user' changes from INTEGER to REAL {a} (values are converted: see "
		"that '007' or 0.5 is not among them)\n");
	assert_lint_up(USER,
		"CREATE TABLE u (id INTEGER PRIMARY KEY, old TEXT); "
		"INSERT INTO u (id, old) SELECT id, color FROM user; "
		"CREATE TABLE w (id INTEGER PRIMARY KEY); DROP TABLE w",
		"u id/INTEGER# old/TEXT;user id/INTEGER# name/TEXT! color/NUMBER",
		"m/a.xml:1:1: warning[changed-affinity]: the affinity of column 'color' of "
		"table 'user' changes from TEXT to NUMERIC {a} (values are converted: see "
		"that '007' or 0.5 is not among them)\n");
	assert_lint_up(USER,
		"ALTER TABLE user RENAME TO person; CREATE VIEW user AS SELECT 1 AS color",
		"person id/INTEGER# name/TEXT! color/TEXT;~user color/", "");
}

static void test_edges__defaults(void **state)
{
	(void)state;
	static const char sql[] =
		"ALTER TABLE t ADD a; ALTER TABLE t ADD b; ALTER TABLE t ADD c; "
		"ALTER TABLE t ADD d; ALTER TABLE t ADD e; ALTER TABLE t ADD f";
	assert_lint_up("t id/INTEGER#", sql,
		"t id/INTEGER# a/TEXT=CURRENT_DATE b/TEXT=CURRENT_TIME c/TEXT=CAST('1') "
		"d/TEXT!^ e/TEXT!=null f/TEXT!=x",
		"m/a.sql:1:19: error[default-not-constant]: the default of column 'a' is "
		"not constant: that fails where 't' has rows {a} (add the column without "
		"it and fill it, or rebuild the table)\n"
		"m/a.sql:1:40: error[default-not-constant]: the default of column 'b' is "
		"not constant: that fails where 't' has rows {a} (add the column without "
		"it and fill it, or rebuild the table)\n"
		"m/a.sql:1:103: error[not-null-without-default]: column 'e' is added NOT "
		"NULL without a default: that fails where 't' has rows {a} (give it a "
		"DEFAULT, or rebuild the table and fill the column)\n");
}

static void assert_down(const char *up_before, const char *up_sql, const char *up_after,
	const char *before, const char *sql, const char *after, const char *expected)
{
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	lint_world_allow(&lint, "a", "destructive");
	lint_world_allow(&lint, "a", "no-primary-key");
	lint_world_allow(&lint, "a", "unused-allowance");
	if (up_sql)
		lint_world_up(&lint, "a", up_before, up_sql, up_after);
	lint_world_down(&lint, "a", before, sql, after);
	assert_lint(&lint, expected);
}

static void test_edges__downs(void **state)
{
	(void)state;
	static const char t[] = "t id/INTEGER# x/TEXT i:i(x) i:k(id) t:r t:s";
	/* what goes with its table, and what goes alone */
	assert_down("", "CREATE TABLE u (id)", "u id/", t, "DROP TABLE t", "",
		"m/a.down.sql:1:12: error[down-drops-foreign]: the down drops table 't', "
		"which its up did not create {a} (a down undoes its own up and nothing "
		"else)\n");
	assert_down("", "CREATE TABLE u (id)", "u id/", t,
		"--idle\nDROP VIEW IF EXISTS v; DROP TRIGGER s; DROP INDEX k",
		"t id/INTEGER# x/TEXT i:i(x) t:r",
		"m/a.down.sql:2:21: note[no-effect]: there is no view 'v' to drop: this "
		"does nothing {a} (leave the statement out, or correct the name)\n"
		"m/a.down.sql:2:37: error[down-drops-foreign]: the down drops trigger 's', "
		"which its up did not create {a} (a down undoes its own up and nothing "
		"else)\n"
		"m/a.down.sql:2:51: error[down-drops-foreign]: the down drops index 'k', "
		"which its up did not create {a} (a down undoes its own up and nothing "
		"else)\n");
	/* no statement says that it goes */
	assert_down("", "CREATE TABLE u (id)", "u id/", "t id/INTEGER#;~v a/",
		"DROP TABLE t", "",
		"m/a.down.sql:1:12: error[down-drops-foreign]: the down drops table 't', "
		"which its up did not create {a} (a down undoes its own up and nothing "
		"else)\n"
		"m/a.xml:1:1: error[down-drops-foreign]: the down drops view 'v', which "
		"its up did not create {a} (a down undoes its own up and nothing else)\n");
	/* columns: of a table that the up left alone, one that it found, one that it added */
	assert_down("", "CREATE TABLE u (id)", "u id/",
		"t id/INTEGER# x/TEXT;u id/;~v x/", "ALTER TABLE t DROP x",
		"t id/INTEGER#;u id/;~v x/",
		"m/a.down.sql:1:20: error[down-drops-foreign]: the down drops column 'x' "
		"of table 't', which its up did not add {a} (a down undoes its own up and "
		"nothing else)\n");
	assert_down("t id/INTEGER# x/TEXT", "ALTER TABLE t ADD y",
		"t id/INTEGER# x/TEXT y/", "t id/INTEGER# x/TEXT y/",
		"ALTER TABLE t DROP y; ALTER TABLE t DROP x", "t id/INTEGER#",
		"m/a.down.sql:1:42: error[down-drops-foreign]: the down drops column 'x' "
		"of table 't', which its up did not add {a} (a down undoes its own up and "
		"nothing else)\n");
	assert_down("t id/INTEGER# y/", "ALTER TABLE t ADD x", "t id/INTEGER# x/ y/",
		"t id/INTEGER# x/ y/",
		"ALTER TABLE t RENAME x TO z; ALTER TABLE t RENAME y TO w; "
		"ALTER TABLE t RENAME w TO y; ALTER TABLE t RENAME y TO v",
		"t id/INTEGER# v/ z/", "");
	/* makes something while it is at it */
	assert_down("", "CREATE TABLE u (id)", "u id/", "u id/",
		"DROP TABLE u; CREATE TABLE w (id INTEGER PRIMARY KEY)", "w id/INTEGER#",
		"");
	/* a down without an up, or of one that failed */
	assert_down(NULL, NULL, NULL, "t id/INTEGER#", "DROP TABLE t", "", "");
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	lint_world_up(&lint, "a", "", "CREATE TABLE u (id)", "")->failed = true;
	lint_world_down(&lint, "a", "t id/INTEGER#", "DROP TABLE t", "");
	assert_lint(&lint, "");
	/* a statement that is called a drop, but cannot be read */
	LINT_WORLD odd;
	lint_world_init(&odd, "a", NULL);
	lint_world_up(&odd, "a", "", "CREATE TABLE u (id INTEGER PRIMARY KEY)",
		"u id/INTEGER#");
	struct amp_seen *down = lint_world_down(&odd, "a", "t id/INTEGER#;w id/INTEGER#",
		"DROP TABLE w; DROP TABLE t; EXPLAIN; DROP TABLE t", "w id/INTEGER#");
	down->statements[1].idle = true;
	down->statements[2].verb = AMP_DROP_TABLE;
	down->statements[2].object = "t";
	assert_lint(&odd,
		"m/a.down.sql:1:49: error[down-drops-foreign]: the down drops table 't', "
		"which its up did not create {a} (a down undoes its own up and nothing "
		"else)\n");
}

static void test_edges__transactions_given_up(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		bool failed;
	} cases[] = {
		{"PRAGMA wal_checkpoint", false}, {"", false}, {"DROP TABLE t", true}};
	for (size_t i = 0; i < 3; i++) {
		LINT_WORLD lint;
		lint_world_init(&lint, "a !none", "b a !none", NULL);
		lint_world_up(&lint, "a", "", cases[i].sql, "")->failed = cases[i].failed;
		assert_lint(&lint, "");
	}
}

static void assert_verify(const char *sql, const char *expected)
{
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(&lint, "a", "", sql, "");
	struct amp_check check = {.sql = *seen->sql};
	seen->nstatements = 0;
	struct amp_migration *a = (struct amp_migration *)lint.world.graph.nodes[0];
	a->verifies = a->preconditions = &check;
	a->nverifies = 1;
	a->npreconditions = *expected != '\0';
	assert_lint(&lint, expected);
}

static void test_edges__verifies(void **state)
{
	(void)state;
	assert_verify("VALUES (1)",
		"m/a.sql:1:1: warning[empty-verify]: this precondition reads no table: its "
		"answer is always the same {a} (ask for what the step is to have done, or "
		"leave it out)\n"
		"m/a.sql:1:1: warning[empty-verify]: this verify reads no table: its "
		"answer is always the same {a} (ask for what the step is to have done, or "
		"leave it out)\n");
	assert_verify("SELECT (1 + (2))",
		"m/a.sql:1:1: warning[empty-verify]: this precondition reads no table: its "
		"answer is always the same {a} (ask for what the step is to have done, or "
		"leave it out)\n"
		"m/a.sql:1:1: warning[empty-verify]: this verify reads no table: its "
		"answer is always the same {a} (ask for what the step is to have done, or "
		"leave it out)\n");
	assert_verify("VALUES (1 IN (2))", "");
	assert_verify("SELECT 1 in t", "");
	assert_verify("SELECT 1 FROM t", "");
	assert_verify("SELECT (1), abs (2)", "");
}

static void test_edges__the_graph(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a -down -up", "b -down", "c a", "d b c", "n:d b a d",
		"n:e a", "e2 a", "s =x", "x -down", "y a", "z a", NULL);
	((struct amp_migration *)
			lint.world.graph.nodes[amp_graph_find(&lint.world.graph, "n:d")])
		->module = "n";
	((struct amp_migration *)
			lint.world.graph.nodes[amp_graph_find(&lint.world.graph, "n:e")])
		->module = "n";
	lint_world_allow(&lint, "n:d", "several-heads");
	lint_world_allow(&lint, "n:d", "redundant-dependency");
	lint_world_allow(&lint, "z", "unused-allowance");
	lint_world_allow(&lint, "z", "no-such-kind");
	assert_lint(&lint,
		"m/b.xml:1:1: note[no-down]: 'b' has no down {b} (write a <down>, or say "
		"why there is none: <irreversible reason=\"...\"/>)\n"
		"m/e2.xml:1:1: note[several-heads]: there are 4 migrations on which none "
		"depends: 'e2', 's', 'y' and 'z' {e2 s y z} (let the next one depend on "
		"all of them: 'amplan new' writes it so)\n");
}

/* After so many searches for the way by which it depends already, none is named. */
static void test_edges__a_thousand_redundant_dependencies(void **state)
{
	(void)state;
	enum { COUNT = 1005 };
	WORLD w;
	world_init(&w);
	for (unsigned i = 0; i < COUNT; i++) {
		char line[64];
		snprintf(line, sizeof(line), i ? "%04u %04u" : "%04u", i, i - 1);
		world_add(&w, amp_arena_strdup(&w.arena, line));
	}
	struct amp_migration *last = world_add(&w, "last");
	world_depends(&w, last, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		world_depend(last, i, w.catalog.items[i]->id);
	world_build(&w);
	struct amp_effects *effects =
		amp_arena_array(&w.arena, w.graph.count, sizeof(*effects));
	assert_int_equal(
		amp_lint(&w.graph, w.order, effects, false, &w.findings, &w.error),
		AMPLAN_OK);
	size_t named = 0, unnamed = 0;
	for (size_t i = 0; i < w.findings.count; i++) {
		named += strstr(w.findings.items[i].message, ", by way of '") != NULL;
		unnamed +=
			strstr(w.findings.items[i].message, " by way of others") != NULL;
	}
	assert_int_equal(named, 1000);
	assert_int_equal(unnamed, COUNT - 1 - 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_edges__statements_that_read_otherwise_than_they_act),
		cmocka_unit_test(test_edges__kinds_of_tables),
		cmocka_unit_test(test_edges__names_are_followed_through_renames),
		cmocka_unit_test(test_edges__more_names),
		cmocka_unit_test(test_edges__affinities),
		cmocka_unit_test(test_edges__defaults),
		cmocka_unit_test(test_edges__downs),
		cmocka_unit_test(test_edges__transactions_given_up),
		cmocka_unit_test(test_edges__verifies),
		cmocka_unit_test(test_edges__the_graph),
		cmocka_unit_test(test_edges__a_thousand_redundant_dependencies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
