/*
 * planner/lint: rules about single statements, and about descriptors and the graph.
 */
#include "planner/lint.h"

#include "tests/support/cmocka.h"
#include "tests/support/lint_world.h"

#define USER "user id/INTEGER# name/TEXT! color/TEXT"

static void assert_data(const char *sql, const char *expected)
{
	assert_lint_up(USER, sql, USER, expected);
}

static void test_lint__double_quoted_string(void **state)
{
	(void)state;
	assert_data("--literal\nUPDATE user SET color = \"red\"\"ish\" WHERE id = 1",
		"m/a.sql:2:25: warning[double-quoted-string]: 'red\"ish' is in double quotes, "
		"but no column is called that: it is taken as a string {a} (put strings in "
		"single quotes)\n");
	assert_data("UPDATE user SET color = \"name\" WHERE id = 1", "");
}

static void test_lint__hidden_difference(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_up(&lint, "a", "",
		"CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL, color)",
		USER);
	lint_world_up(&lint, "b", USER,
		"--differs\nCREATE TABLE IF NOT EXISTS user (id INTEGER PRIMARY KEY)",
		USER);
	assert_lint(&lint,
		"m/b.sql:2:28: warning[hidden-difference]: IF NOT EXISTS hides that there is "
		"another table 'user' already {b} (change the one that is there, or choose "
		"another name)\n"
		"  m/a.xml:1:1: made here\n");
}

static void test_lint__hidden_difference_of_indexes_and_triggers(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_up(&lint, "a", USER,
		"CREATE INDEX i ON user (name); CREATE INDEX j ON person (color);\n"
		"CREATE TRIGGER t AFTER INSERT ON user WHEN 1; "
		"CREATE TRIGGER u AFTER INSERT ON user WHEN 1",
		USER " i:i(name) i:j(color) t:t t:u");
	lint_world_up(&lint, "b", "",
		"--idle\nCREATE UNIQUE INDEX IF NOT EXISTS i ON user (name);\n"
		"ALTER TABLE person RENAME TO user;\n"
		"--idle\nCREATE INDEX IF NOT EXISTS j ON user (Color);\n"
		"--idle\nCREATE TRIGGER IF NOT EXISTS t AFTER DELETE ON user WHEN 1;\n"
		"--idle\nCREATE TRIGGER IF NOT EXISTS u after insert on user when 1;",
		"");
	assert_lint(&lint,
		"m/b.sql:2:35: warning[hidden-difference]: IF NOT EXISTS hides that there is "
		"another index 'i' already {b} (change the one that is there, or choose "
		"another name)\n"
		"  m/a.xml:1:1: made here\n"
		"m/b.sql:5:28: warning[no-effect]: the index 'j' is there already: this does "
		"nothing {b} (leave the statement out)\n"
		"m/b.sql:7:30: warning[hidden-difference]: IF NOT EXISTS hides that there is "
		"another trigger 't' already {b} (change the one that is there, or choose "
		"another name)\n"
		"  m/a.xml:1:1: made here\n"
		"m/b.sql:9:30: warning[no-effect]: the trigger 'u' is there already: this does "
		"nothing {b} (leave the statement out)\n");
}

static void test_lint__hidden_difference_of_an_index_of_another_table(void **state)
{
	(void)state;
	assert_lint_up("",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE INDEX i ON t (a);\n"
		"CREATE TABLE u (id INTEGER PRIMARY KEY, a);\n"
		"--idle\nCREATE INDEX IF NOT EXISTS i ON u (a)",
		"t id/INTEGER# a/ i:i(a);u id/INTEGER# a/",
		"m/a.sql:4:28: warning[hidden-difference]: IF NOT EXISTS hides that there is "
		"another index 'i' already {a} (change the one that is there, or choose "
		"another name)\n");
}

static void test_lint__no_effect(void **state)
{
	(void)state;
	assert_data("--idle\nCREATE TABLE IF NOT EXISTS user (id INTEGER PRIMARY KEY);",
		"m/a.sql:2:28: warning[no-effect]: the table 'user' is there already: this "
		"does nothing {a} (leave the statement out)\n");
	assert_data("--idle\nDROP INDEX IF EXISTS main.users_name;",
		"m/a.sql:2:27: note[no-effect]: there is no index 'users_name' to drop: this "
		"does nothing {a} (leave the statement out, or correct the name)\n");
	assert_data("-- how many?\nSELECT count(*) FROM user",
		"m/a.sql:2:1: warning[no-effect]: nobody reads the result of this query {a} (a "
		"check belongs into <verify> or <precondition>; leave out what is neither)\n");
	assert_data("PRAGMA user_version = 3; ANALYZE", "");
	assert_lint_up("",
		"--idle\nDROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY)",
		"t id/INTEGER#", "");
	assert_lint_up(USER ";~v id/INTEGER",
		"DROP VIEW v;\n--idle\nDROP VIEW IF EXISTS v;", USER, "");
}

#define ALL                                                                     \
	"{a} (say which rows, or that all are meant: <allow kind=\"no-where\" " \
	"reason=\"...\"/>)\n"

static void test_lint__no_where(void **state)
{
	(void)state;
	assert_data("UPDATE user SET color = 'red'",
		"m/a.sql:1:1: warning[no-where]: UPDATE without WHERE overwrites all rows of "
		"'user' " ALL);
	assert_data("DELETE FROM user",
		"m/a.sql:1:1: warning[no-where]: DELETE without WHERE deletes all rows of "
		"'user' " ALL);
	assert_data("UPDATE user SET name = trim(name), color = (SELECT 1 WHERE name)",
		"m/a.sql:1:1: warning[no-where]: UPDATE without WHERE overwrites all rows of "
		"'user' " ALL);
	assert_data("UPDATE user SET (name, color) = (SELECT 1, 2)",
		"m/a.sql:1:1: warning[no-where]: UPDATE without WHERE overwrites all rows of "
		"'user' " ALL);
	assert_data("UPDATE user SET color = ' where ' /* WHERE */ -- WHERE",
		"m/a.sql:1:1: warning[no-where]: UPDATE without WHERE overwrites all rows of "
		"'user' " ALL);
	assert_data("UPDATE user SET color = 'red' WHERE id = 1", "");
	assert_data("UPDATE user SET name = trim(\"name\"), color = upper(Color)", "");
	assert_data("DELETE FROM user WHERE true", "");
	assert_data(
		"DELETE FROM user; INSERT INTO user (id, name) SELECT id, name FROM copy",
		"");
}

static void test_lint__no_where_is_fine_for_new_columns_and_tables(void **state)
{
	(void)state;
	assert_lint_up(USER,
		"ALTER TABLE user ADD a TEXT; ALTER TABLE user ADD b TEXT; "
		"UPDATE user SET a = 'x', b = name; UPDATE user SET (a, b) = (1, 2)",
		USER " a/TEXT b/TEXT", "");
	assert_lint_up("", "CREATE TABLE t (id INTEGER PRIMARY KEY); DELETE FROM t",
		"t id/INTEGER#", "");
}

static void test_lint__insert_without_columns(void **state)
{
	(void)state;
	assert_data("INSERT INTO user VALUES (1, 'a', 'b')",
		"m/a.sql:1:1: note[insert-without-columns]: INSERT into 'user' does not name "
		"its columns {a} (name them: their order depends on which migration added its "
		"column first)\n");
	assert_data("INSERT INTO main.user AS u SELECT 1, 'a', 'b'",
		"m/a.sql:1:1: note[insert-without-columns]: INSERT into 'user' does not name "
		"its columns {a} (name them: their order depends on which migration added its "
		"column first)\n");
	assert_data("INSERT INTO user (id, name) VALUES (1, 'a')", "");
	assert_data("INSERT INTO user DEFAULT VALUES", "");
	assert_lint_up("",
		"CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)",
		"t id/INTEGER#", "");
}

static void test_lint__select_star(void **state)
{
	(void)state;
	static const char view[] = USER ";~v id/INTEGER";
	assert_lint_up(USER, "CREATE VIEW v AS SELECT * FROM user", view,
		"m/a.sql:1:1: note[select-star]: view 'v' has whatever columns its tables have "
		"{a} (name the columns that are meant)\n");
	assert_lint_up(USER,
		"CREATE VIEW v AS SELECT id FROM user WHERE EXISTS (SELECT * FROM user)",
		view, "");
	assert_lint_up(
		USER, "CREATE VIEW v AS SELECT count(*), id * 2 FROM user", view, "");
	assert_lint_up(USER,
		"CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t SELECT u.* FROM user u",
		"t id/INTEGER#;" USER,
		"m/a.sql:1:42: warning[select-star]: SELECT * fills the columns of 't' by "
		"their order, not by their names {a} (name the columns on both sides: another "
		"branch may have added one)\n");
}

static void test_lint__replaces_rows(void **state)
{
	(void)state;
	assert_data("INSERT OR REPLACE INTO user (id, name) VALUES (1, 'a')",
		"m/a.sql:1:1: warning[replaces-rows]: REPLACE deletes the rows of 'user' that "
		"are in its way {a} (INSERT ... ON CONFLICT DO UPDATE keeps them and what "
		"points at them)\n");
	assert_data("replace into user (id, name) values (1, 'a')",
		"m/a.sql:1:1: warning[replaces-rows]: REPLACE deletes the rows of 'user' that "
		"are in its way {a} (INSERT ... ON CONFLICT DO UPDATE keeps them and what "
		"points at them)\n");
	assert_data("UPDATE OR REPLACE user SET id = 1 WHERE name = 'a'",
		"m/a.sql:1:1: warning[replaces-rows]: UPDATE OR REPLACE deletes the rows of "
		"'user' that are in its way {a} (delete them in a statement of its own)\n");
	assert_data("UPDATE user SET name = replace(name, 'a', 'b')", "");
	assert_data("INSERT INTO user (id, name) VALUES (1, 'a') "
		    "ON CONFLICT (id) DO UPDATE SET name = excluded.name",
		"");
}

static void test_lint__ignores_rows(void **state)
{
	(void)state;
	static const char after[] = "t id/INTEGER# name/TEXT;" USER;
	assert_lint_up(USER,
		"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);\n"
		"INSERT OR IGNORE INTO t (id, name) SELECT id, name FROM user",
		after,
		"m/a.sql:2:1: warning[ignores-rows]: rows that do not fit into 't' are left "
		"out in silence {a} (leave IGNORE out, and say in a WHERE which rows are not "
		"copied)\n");
	assert_lint_up(USER,
		"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);\n"
		"INSERT INTO t (id, name) SELECT id, name FROM user WHERE 1 "
		"ON CONFLICT DO NOTHING",
		after,
		"m/a.sql:2:1: warning[ignores-rows]: rows that do not fit into 't' are left "
		"out in silence {a} (leave IGNORE out, and say in a WHERE which rows are not "
		"copied)\n");
	assert_data("INSERT OR IGNORE INTO user (id, name) VALUES (1, 'root')", "");
}

static void test_lint__depends_on_chance(void **state)
{
	(void)state;
	assert_data("--chance random\nUPDATE user SET color = random() WHERE id = 1",
		"m/a.sql:2:25: note[depends-on-chance]: the rows of 'user' will differ from "
		"database to database: 'random' {a} (write down the value, unless each "
		"database should have its own)\n");
	assert_data(
		"--chance current_timestamp\nINSERT INTO user (name) VALUES ('a')", "");
	assert_data("UPDATE user SET color = 'random' WHERE id = 1", "");
}

static void test_lint__needless_none(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		LINT_WORLD lint;
		lint_world_init(&lint, "a !none", NULL);
		lint_world_up(&lint, "a", USER,
			i ? "CREATE TABLE t (id INTEGER PRIMARY KEY); VACUUM"
			  : "CREATE TABLE t (id INTEGER PRIMARY KEY)",
			"t id/INTEGER#;" USER);
		assert_lint(&lint,
			i ? ""
			  : "m/a.xml:1:1: warning[needless-none]: 'a' gives up its "
			    "transaction, though all of it could run in one {a} (leave "
			    "transaction=\"none\" out: killed part way, it could not be "
			    "rolled back)\n");
	}
}

static void assert_verify(const char *sql, const char *expected)
{
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(&lint, "a", "", sql, "");
	struct amp_check check = {.sql = *seen->sql};
	seen->nstatements = 0;
	((struct amp_migration *)lint.world.graph.nodes[0])->verifies = &check;
	((struct amp_migration *)lint.world.graph.nodes[0])->nverifies = 1;
	assert_lint(&lint, expected);
}

static void test_lint__empty_verify(void **state)
{
	(void)state;
	assert_verify("-- all well\nSELECT 1 = 1",
		"m/a.sql:2:1: warning[empty-verify]: this verify reads no table: its answer is "
		"always the same {a} (ask for what the step is to have done, or leave it "
		"out)\n");
	assert_verify("SELECT count(*) = 0 FROM user", "");
	assert_verify("SELECT sqlite_version() >= '3.35'", "");
	assert_verify("SELECT 1 IN user", "");
	assert_verify("PRAGMA integrity_check", "");
}

#define UNDO \
	" (write a <down>, or say why there is none: <irreversible reason=\"...\"/>)\n"

static void test_lint__no_down(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a -down", "b a", "c b -down", "d c -down ~why",
		"e d -down", "f e -down", NULL);
	lint_world_allow(&lint, "e", "no-down");
	assert_lint(&lint,
		"m/a.xml:1:1: note[no-down]: 'a', 'c' and 'f' have no down {a}" UNDO);
}

static void test_lint__no_down_where_it_is_required(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a -down", "b a", "c b -down", NULL);
	struct world *w = &lint.world;
	assert_int_equal(amp_lint(&w->graph, w->order, lint.effects, true, &w->findings,
				 &w->error),
		AMPLAN_OK);
	assert_findings(w,
		"m/a.xml:1:1: error[no-down]: 'a' has no down {a}" UNDO
		"m/c.xml:1:1: error[no-down]: 'c' has no down {c}" UNDO);
}

static void test_lint__several_heads(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", "c a", "s =x", "x a", NULL);
	assert_lint(&lint,
		"m/b.xml:1:1: note[several-heads]: there are 3 migrations on which none "
		"depends: 'b', 'c' and 's' {b c s} (let the next one depend on all of them: "
		"'amplan new' writes it so)\n");
}

static void test_lint__heads_are_counted_by_module(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "m:a", "n:a", "n:b", NULL);
	for (uint32_t n = 0; n < 3; n++)
		((struct amp_migration *)lint.world.graph.nodes[n])->module =
			n ? "n" : "m";
	assert_lint(&lint,
		"m/n:a.xml:1:1: note[several-heads]: module 'n' has 2 migrations on which "
		"none depends: 'n:a' and 'n:b' {n:a n:b} (let the next one depend on all of "
		"them: 'amplan new' writes it so)\n");
}

static void test_lint__redundant_dependency(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", "c b", "d a c", "e a? d", NULL);
	assert_lint(&lint,
		"m/d.xml:1:3: note[redundant-dependency]: 'd' depends on 'a' already, by way "
		"of 'c' {d a} (leave it out, or keep it with a reason=\"...\" if it is meant "
		"for itself)\n");
}

static void test_lint__allowances(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	lint_world_up(&lint, "a", USER, "DROP TABLE user", "");
	lint_world_allow(&lint, "a", "destructive");
	lint_world_allow(&lint, "a", "no-where");
	lint_world_allow(&lint, "a", "row-loss");
	lint_world_allow(&lint, "a", "destruction");
	assert_lint(&lint,
		"m/a.xml:1:1: warning[unused-allowance]: no finding of the kind 'destruction' "
		"can be allowed {a} ('amplan explain' lists all kinds)\n"
		"m/a.xml:1:1: warning[unused-allowance]: nothing of the kind 'no-where' was "
		"found in 'a' {a} (leave the <allow> out)\n");
}

static void test_lint__a_step_that_failed_is_left_alone(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	lint_world_up(&lint, "a", USER, "DELETE FROM user; DROP TABLE user", "")->failed =
		true;
	lint_world_allow(&lint, "a", "no-where");
	assert_lint(&lint, "");
}

static void test_lint__foreign_keys(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	lint_world_up(&lint, "a", USER,
		"CREATE TABLE t (id INTEGER PRIMARY KEY, u INTEGER REFERENCES user (id),\n"
		"n TEXT REFERENCES user (name),\n"
		"x INTEGER REFERENCES users)",
		"t id/INTEGER# u/INTEGER n/TEXT x/INTEGER k:u>user.id k:n>user.name% "
		"k:x>users.id? i:n(n) i:x(x)");
	lint.effects[0].up.before = (struct amp_shapes){0};
	assert_lint(&lint,
		"m/a.sql:1:41: note[unindexed-foreign-key]: the foreign key 'u' of table 't' "
		"has no index {a} (without it, to delete a row of 'user' is to read all of "
		"'t')\n"
		"m/a.sql:2:1: error[foreign-key-mismatch]: the foreign key 'n' of table 't' "
		"points at 'name' of 'user', which is neither its primary key nor unique {a} "
		"(every change of either table fails while foreign keys are on: point at the "
		"primary key, or make that UNIQUE)\n"
		"m/a.sql:3:1: warning[dangling-reference]: there is no table 'users', at which "
		"table 't' points {a} (every INSERT with a value there fails while foreign "
		"keys are on: create the table, or correct the name)\n");
}

static void test_lint__foreign_keys_are_judged_in_the_end(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_up(&lint, "a", "",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT REFERENCES user (name))",
		"t id/INTEGER# x/TEXT k:x>user.name?");
	lint_world_up(&lint, "b", "t id/INTEGER# x/TEXT k:x>user.name?",
		"CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL); "
		"CREATE UNIQUE INDEX n ON user (name); CREATE INDEX tx ON t (x)",
		"t id/INTEGER# x/TEXT k:x>user.name i:tx(x);"
		"user id/INTEGER# name/TEXT! u:n(name)");
	assert_lint(&lint, "");
}

static void test_lint__a_parent_that_is_dropped_later(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_allow(&lint, "b", "destructive");
	lint_world_up(&lint, "a", "",
		"CREATE TABLE user (id INTEGER PRIMARY KEY); "
		"CREATE TABLE t (id INTEGER PRIMARY KEY REFERENCES user (id))",
		"t id/INTEGER# k:id>user.id;user id/INTEGER#");
	lint_world_up(&lint, "b", "user id/INTEGER#", "DROP TABLE user", "");
	assert_lint(&lint,
		"m/b.sql:1:12: warning[dangling-reference]: table 'user' is dropped, but table "
		"'t' still points at it {b} (every INSERT with a value there fails while "
		"foreign keys are on: rebuild the table without the key)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lint__double_quoted_string),
		cmocka_unit_test(test_lint__hidden_difference),
		cmocka_unit_test(test_lint__hidden_difference_of_indexes_and_triggers),
		cmocka_unit_test(
			test_lint__hidden_difference_of_an_index_of_another_table),
		cmocka_unit_test(test_lint__no_effect),
		cmocka_unit_test(test_lint__no_where),
		cmocka_unit_test(test_lint__no_where_is_fine_for_new_columns_and_tables),
		cmocka_unit_test(test_lint__insert_without_columns),
		cmocka_unit_test(test_lint__select_star),
		cmocka_unit_test(test_lint__replaces_rows),
		cmocka_unit_test(test_lint__ignores_rows),
		cmocka_unit_test(test_lint__depends_on_chance),
		cmocka_unit_test(test_lint__needless_none),
		cmocka_unit_test(test_lint__empty_verify),
		cmocka_unit_test(test_lint__no_down),
		cmocka_unit_test(test_lint__no_down_where_it_is_required),
		cmocka_unit_test(test_lint__several_heads),
		cmocka_unit_test(test_lint__heads_are_counted_by_module),
		cmocka_unit_test(test_lint__redundant_dependency),
		cmocka_unit_test(test_lint__allowances),
		cmocka_unit_test(test_lint__a_step_that_failed_is_left_alone),
		cmocka_unit_test(test_lint__foreign_keys),
		cmocka_unit_test(test_lint__foreign_keys_are_judged_in_the_end),
		cmocka_unit_test(test_lint__a_parent_that_is_dropped_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
