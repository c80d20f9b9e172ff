/*
 * planner/lint, the rest of what is in test_lint_edges.c: single statements and
 * rebuilt tables.
 */
#include "planner/lint.h"

#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/lint_world.h"

#define USER "user id/INTEGER# name/TEXT! color/TEXT"
#define T "t id/INTEGER# x/TEXT y/TEXT"

/* b, which needs a; a made what is there. Findings about a are of no interest. */
static void assert_idle(
	const char *made, const char *there, const char *idle, const char *expected)
{
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_up(&lint, "a", "", made, there);
	lint_world_up(&lint, "b", there, idle, there);
	assert_lint(&lint, expected);
}

static void test_corners__idle_statements(void **state)
{
	(void)state;
	static const char made[] =
		"CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y TEXT); "
		"CREATE INDEX i ON t (x)";
	static const char there[] = T " i:i(x)";
	assert_idle(made, there, "--idle\nREINDEX i", "");
	assert_idle(made, there, "--idle\nCREATE INDEX IF NOT EXISTS i",
		"m/b.sql:2:28: warning[no-effect]: the index 'i' is there already: this "
		"does nothing {b} (leave the statement out)\n");
	assert_idle(made, there, "--idle\nCREATE INDEX IF NOT EXISTS i ON",
		"m/b.sql:2:28: warning[no-effect]: the index 'i' is there already: this "
		"does nothing {b} (leave the statement out)\n");
	assert_idle(made, there, "--idle\nCREATE INDEX IF NOT EXISTS i ON t (xx)",
		"m/b.sql:2:28: warning[hidden-difference]: IF NOT EXISTS hides that there "
		"is another index 'i' already {b} (change the one that is there, or choose "
		"another name)\n"
		"  m/a.xml:1:1: made here\n");
	assert_idle(made, there, "--idle\nCREATE INDEX IF NOT EXISTS i ON t (y)",
		"m/b.sql:2:28: warning[hidden-difference]: IF NOT EXISTS hides that there "
		"is another index 'i' already {b} (change the one that is there, or choose "
		"another name)\n"
		"  m/a.xml:1:1: made here\n");
	assert_idle(made, there, "--idle\nCREATE INDEX IF NOT EXISTS i ON u (x)",
		"m/b.sql:2:28: warning[hidden-difference]: IF NOT EXISTS hides that there "
		"is another index 'i' already {b} (change the one that is there, or choose "
		"another name)\n"
		"  m/a.xml:1:1: made here\n");
	assert_idle(made, there, "--idle\nCREATE UNIQUE INDEX IF NOT EXISTS i ON t (x)",
		"m/b.sql:2:35: warning[hidden-difference]: IF NOT EXISTS hides that there "
		"is another index 'i' already {b} (change the one that is there, or choose "
		"another name)\n"
		"  m/a.xml:1:1: made here\n");
	assert_idle("CREATE TABLE u (id INTEGER PRIMARY KEY); "
		    "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT); "
		    "ALTER TABLE u ADD y; CREATE INDEX i ON t (x)",
		"t id/INTEGER# x/TEXT i:i(x);u id/INTEGER# y/",
		"--idle\nCREATE INDEX IF NOT EXISTS i ON s (x)",
		"m/b.sql:2:28: warning[hidden-difference]: IF NOT EXISTS hides that there "
		"is another index 'i' already {b} (change the one that is there, or choose "
		"another name)\n"
		"  m/a.xml:1:1: made here\n");
}

static void test_corners__an_idle_statement_with_its_end(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	struct amp_seen *a = lint_world_up(&lint, "a", "",
		"CREATE INDEX j ON t (x); CREATE INDEX i ON t (x); CREATE INDEX i ON t (y);",
		T " i:i(x)");
	struct amp_seen *b = lint_world_up(&lint, "b", T " i:i(x)",
		"--idle\nCREATE INDEX IF NOT EXISTS i ON t (x);", T " i:i(x)");
	a->statements[1].length++;
	a->statements[2].idle = true; /* made nothing */
	b->statements[0].length++;
	assert_lint(&lint,
		"m/b.sql:2:28: warning[no-effect]: the index 'i' is there already: this "
		"does nothing {b} (leave the statement out)\n");
}

static void test_corners__made_by_a_statement_that_cannot_be_read(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	struct amp_seen *a = lint_world_up(&lint, "a", "", "EXPLAIN", T " i:i(x)");
	a->statements[0].verb = AMP_CREATE_INDEX;
	a->statements[0].object = "i";
	lint_world_up(&lint, "b", T " i:i(x)",
		"--idle\nCREATE INDEX IF NOT EXISTS i ON t (y)", T " i:i(x)");
	assert_lint(&lint,
		"m/b.sql:2:28: warning[no-effect]: the index 'i' is there already: this "
		"does nothing {b} (leave the statement out)\n");
}

static void test_corners__differences_that_may_be_hidden(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_allow(&lint, "b", "hidden-difference");
	lint_world_up(&lint, "b", "u id/INTEGER#",
		"--differs\nCREATE TABLE IF NOT EXISTS u (id TEXT)", "u id/INTEGER#");
	assert_lint(&lint, "");
}

static void test_corners__precautions(void **state)
{
	(void)state;
	assert_lint_up("t id/INTEGER# x/TEXT i:i(x)",
		"DROP TABLE t; --idle\nDROP INDEX IF EXISTS i; "
		"--idle\nDROP INDEX IF EXISTS other",
		"",
		"m/a.sql:1:12: warning[destructive]: table 't' is dropped with all its "
		"rows {a} (drop it when no release uses it any more, or say why it may go: "
		"<allow kind=\"destructive\" reason=\"...\"/>)\n"
		"m/a.sql:3:22: note[no-effect]: there is no index 'other' to drop: this "
		"does nothing {a} (leave the statement out, or correct the name)\n");
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(
		&lint, "a", "", "VALUES (1); WITH a AS (SELECT 1) SELECT * FROM a", "");
	seen->statements[0].verb = seen->statements[1].verb = AMP_SELECT;
	assert_lint(&lint,
		"m/a.sql:1:1: warning[no-effect]: nobody reads the result of this query "
		"{a} (a check belongs into <verify> or <precondition>; leave out what is "
		"neither)\n");
}

static void test_corners__the_schema(void **state)
{
	(void)state;
	/* the type has a word that surprises, and another that saves it */
	assert_lint_up("", "CREATE TABLE t (id INTEGER PRIMARY KEY, a STRING TEXT)",
		"t id/INTEGER# a/STRING_TEXT", "");
	/* unique for some rows only is no key */
	assert_lint_up("",
		"CREATE TABLE t (a TEXT); CREATE UNIQUE INDEX i ON t (a) WHERE a",
		"t a/TEXT P:i(a)",
		"m/a.sql:1:14: note[no-primary-key]: table 't' has no primary key {a} "
		"(without one no other table can point at a row of it)\n");
	assert_lint_up("",
		"CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a); "
		"CREATE UNIQUE INDEX k ON t (a, b); CREATE INDEX l ON t (b)",
		"t a/TEXT b/TEXT i:i(b,a) u:k(a,b) i:l(a,a)", "");
}

static void test_corners__broken_views_and_triggers(void **state)
{
	(void)state;
	/* broken before */
	assert_lint_up("t id/INTEGER#;~v a/ broken:as ever", "ALTER TABLE t ADD b",
		"t id/INTEGER# b/;~v a/ broken:as ever", "");
	/* the cause is a column, a table, or not to be seen */
	assert_lint_up("t id/INTEGER# a/ b/;~v a/",
		"CREATE TABLE s (id INTEGER PRIMARY KEY); ALTER TABLE t ADD c; "
		"ALTER TABLE t RENAME b TO bb",
		"s id/INTEGER#;t id/INTEGER# a/ bb/ c/;~v a/ broken:no such column: b",
		"m/a.sql:1:60: error[broken-view]: view 'v' cannot be used any more: no "
		"such column: b {a} (drop it before, and create it anew afterwards)\n");
	assert_lint_up("t id/INTEGER#;~v a/",
		"CREATE VIEW w AS SELECT 1; DROP TABLE t; "
		"--idle\nCREATE VIEW IF NOT EXISTS v AS SELECT 2",
		"~v a/ broken:no such table: main.t;~w a/",
		"m/a.sql:1:39: error[broken-view]: view 'v' cannot be used any more: no "
		"such table: main.t {a} (drop it before, and create it anew afterwards)\n"
		"m/a.sql:1:39: warning[destructive]: table 't' is dropped with all its "
		"rows {a} (drop it when no release uses it any more, or say why it may go: "
		"<allow kind=\"destructive\" reason=\"...\"/>)\n"
		"m/a.sql:2:27: warning[no-effect]: the view 'v' is there already: this "
		"does nothing {a} (leave the statement out)\n");
	assert_lint_up("~v a/", "DELETE FROM elsewhere WHERE 1",
		"~v a/ broken:no such module: m",
		"m/a.xml:1:1: error[broken-view]: view 'v' cannot be used any more: no "
		"such module: m {a} (drop it before, and create it anew afterwards)\n");
	/* several triggers, of which one is broken */
	assert_lint_up("t id/INTEGER# b/ t:r t:s", "ALTER TABLE t DROP b",
		"t id/INTEGER# t:r t:s broken:no such column: b",
		"m/a.sql:1:20: error[broken-trigger]: a trigger on 't' cannot be used any "
		"more: no such column: b {a} (drop it before, and create it anew "
		"afterwards)\n"
		"m/a.sql:1:20: warning[destructive]: column 'b' of table 't' is dropped "
		"with its values {a} (drop it when no release uses it any more, or say why "
		"it may go: <allow kind=\"destructive\" reason=\"...\"/>)\n");
	/* what made it cannot be read, or has no name */
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(&lint, "a", "",
		"EXPLAIN; CREATE VIEW v AS SELECT b; DROP TABLE x; DROP TABLE y",
		"~v a/ broken:no such column: b");
	seen->statements[0].verb = AMP_CREATE_VIEW;
	seen->statements[0].object = "v";
	seen->statements[1].idle = true;
	seen->statements[2].object = seen->statements[2].table = "";
	assert_lint(&lint,
		"m/a.xml:1:1: warning[broken-view]: view 'v' cannot be used yet: no such "
		"column: b {a} (create it when what it uses is there)\n");
}

static void test_corners__literals(void **state)
{
	(void)state;
	assert_lint_up(USER,
		"--literal\nINSERT INTO user (name) SELECT name FROM user WHERE name = 'x'",
		USER,
		"m/a.sql:2:1: warning[double-quoted-string]: a string is in double quotes, "
		"which are for names {a} (put strings in single quotes)\n");
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(&lint, "a", USER,
		"--literal\nUPDATE user SET name = \"x\" WHERE id = 1", USER);
	seen->statements[0].literal_offset = 1000;
	assert_lint(&lint, "");
}

static void test_corners__updates_of_all_rows(void **state)
{
	(void)state;
	static const char *const sql[] = {
		"UPDATE user SET color = o.hue FROM other AS o",
		"UPDATE user SET color = 'x' RETURNING id",
		"UPDATE user SET color = name || color ORDER BY id LIMIT 3",
		"UPDATE user SET color = 'x' LIMIT 3",
		"UPDATE user SET (name, color) = ('x', 'y')",
		"UPDATE user SET color",
		"UPDATE user SET = 1",
	};
	for (size_t i = 0; i < sizeof(sql) / sizeof(*sql); i++)
		assert_lint_up(USER, sql[i], USER,
			i == 2 || i == 6
				? ""
				: "m/a.sql:1:1: warning[no-where]: UPDATE without WHERE "
				  "overwrites all rows of 'user' {a} (say which rows, or "
				  "that all are meant: <allow kind=\"no-where\" "
				  "reason=\"...\"/>)\n");
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(&lint, "a", USER, "UPDATE user", USER);
	seen->statements[0].verb = AMP_UPDATE;
	seen->statements[0].object = "user";
	assert_lint(&lint,
		"m/a.sql:1:1: warning[no-where]: UPDATE without WHERE overwrites all rows "
		"of 'user' {a} (say which rows, or that all are meant: <allow "
		"kind=\"no-where\" reason=\"...\"/>)\n");
	assert_lint_up("v a/ virtual", "DELETE FROM v", "v a/ virtual", "");
	assert_lint_up(USER, "DELETE FROM user; DROP TABLE user", "",
		"m/a.sql:1:30: warning[destructive]: table 'user' is dropped with all its "
		"rows {a} (drop it when no release uses it any more, or say why it may go: "
		"<allow kind=\"destructive\" reason=\"...\"/>)\n");
	assert_lint_up("t id/INTEGER# x/TEXT;" USER,
		"DELETE FROM user; UPDATE t SET x = 'x' WHERE id = 1; "
		"INSERT INTO user (id, name) VALUES (1, 'x'); "
		"INSERT INTO t (id) SELECT id FROM user",
		"t id/INTEGER# x/TEXT;" USER,
		"m/a.sql:1:1: warning[no-where]: DELETE without WHERE deletes all rows of "
		"'user' {a} (say which rows, or that all are meant: <allow "
		"kind=\"no-where\" reason=\"...\"/>)\n");
}

static void test_corners__inserts(void **state)
{
	(void)state;
	assert_lint_up("t id/INTEGER#;" USER,
		"INSERT INTO user (id) SELECT DISTINCT * FROM t; "
		"INSERT INTO user (id) SELECT ALL * FROM t; "
		"INSERT INTO user (id, name) SELECT 1, * FROM t; "
		"INSERT INTO user (id) SELECT t.* FROM t; "
		"INSERT INTO user (id) SELECT id * 2 FROM t",
		"t id/INTEGER#;" USER,
		"m/a.sql:1:1: warning[select-star]: SELECT * fills the columns of 'user' "
		"by their order, not by their names {a} (name the columns on both sides: "
		"another branch may have added one)\n"
		"m/a.sql:1:49: warning[select-star]: SELECT * fills the columns of 'user' "
		"by their order, not by their names {a} (name the columns on both sides: "
		"another branch may have added one)\n"
		"m/a.sql:1:92: warning[select-star]: SELECT * fills the columns of 'user' "
		"by their order, not by their names {a} (name the columns on both sides: "
		"another branch may have added one)\n"
		"m/a.sql:1:140: warning[select-star]: SELECT * fills the columns of 'user' "
		"by their order, not by their names {a} (name the columns on both sides: "
		"another branch may have added one)\n");
	assert_lint_up(USER,
		"INSERT INTO user SELECT * FROM user; "
		"INSERT OR FAIL INTO user (id) VALUES (1); INSERT INTO user DEFAULT VALUES; "
		"INSERT INTO user (id) SELECT 1 ON CONFLICT DO NOTHING; "
		"INSERT OR IGNORE INTO user (id) VALUES (1)",
		USER,
		"m/a.sql:1:1: warning[select-star]: SELECT * fills the columns of 'user' "
		"by their order, not by their names {a} (name the columns on both sides: "
		"another branch may have added one)\n");
	assert_lint_up(USER,
		"UPDATE OR IGNORE user SET name = 'x' WHERE id = 1; "
		"UPDATE OR REPLACE user SET name = 'x' WHERE id = 1; "
		"CREATE TABLE n (id INTEGER PRIMARY KEY); "
		"UPDATE OR REPLACE n SET id = 1 WHERE id = 2; "
		"REPLACE INTO n (id) VALUES (1); "
		"INSERT OR REPLACE INTO n (id) SELECT id FROM user; "
		"INSERT OR IGNORE INTO n (id) VALUES (1)",
		"n id/INTEGER#;" USER,
		"m/a.sql:1:52: warning[replaces-rows]: UPDATE OR REPLACE deletes the rows "
		"of 'user' that are in its way {a} (delete them in a statement of its "
		"own)\n"
		"m/a.sql:1:222: warning[replaces-rows]: REPLACE deletes the rows of 'n' "
		"that are in its way {a} (INSERT ... ON CONFLICT DO UPDATE keeps them and "
		"what points at them)\n");
	assert_lint_up(USER, "--chance random\nSELECT random() FROM user WHERE id = 1",
		USER,
		"m/a.sql:2:1: warning[no-effect]: nobody reads the result of this query "
		"{a} (a check belongs into <verify> or <precondition>; leave out what is "
		"neither)\n");
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(&lint, "a", USER,
		"INSERT INTO user (name) VALUES ('x'); EXPLAIN; REPLACE user; "
		"WITH w AS (SELECT 1 INSERT) INSERT INTO user (id) SELECT * FROM w",
		USER);
	seen->statements[0].table = ""; /* of no table that is known */
	seen->statements[1].verb = AMP_UPDATE;
	seen->statements[1].object = "elsewhere";
	seen->statements[2].verb = AMP_UPDATE;
	seen->statements[3].verb = AMP_INSERT;
	seen->statements[3].object = seen->statements[3].table = "user";
	assert_lint(&lint,
		"m/a.sql:1:62: warning[select-star]: SELECT * fills the columns of 'user' "
		"by their order, not by their names {a} (name the columns on both sides: "
		"another branch may have added one)\n");
}

#define REBUILD(columns, copied)                                           \
	"CREATE TABLE user_new (" columns ");\n"                           \
	"INSERT INTO user_new (" copied ") SELECT " copied " FROM user;\n" \
	"DROP TABLE user; ALTER TABLE user_new RENAME TO user;"

static void test_corners__rebuilt_indexes(void **state)
{
	(void)state;
	static const char id[] = REBUILD("id INTEGER PRIMARY KEY", "id");
	/* indexes: another that does the same, over fewer columns, over expressions */
	assert_lint_up("user id/INTEGER# a/TEXT b/TEXT i:i(a,b) i:j(*) p:k(a) u:l(a) "
		       "u:m(b) i:n(gone) U:o(a,*) U:p(b,a)",
		id, "user id/INTEGER# a/TEXT b/TEXT i:x(a) p:y(a) i:z(*) u:u(b) U:v(b,a)",
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"UNIQUE 'a, ...' {a} (keep it in the new CREATE TABLE)\n"
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"index 'i' {a} (make it again after the table has its name)\n"
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"index 'j' {a} (make it again after the table has its name)\n"
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"index 'k' {a} (make it again after the table has its name)\n"
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"index 'l' {a} (make it again after the table has its name)\n");
	/* one of two that do the same was forgotten; another in its place was not */
	assert_lint_up("user id/INTEGER# a/TEXT i:i(a) i:j(a)", id,
		"user id/INTEGER# a/TEXT i:j(a)",
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"index 'i' {a} (make it again after the table has its name)\n");
	assert_lint_up("user id/INTEGER# a/TEXT i:i(a) i:j(a)", id,
		"user id/INTEGER# a/TEXT i:k(a)", "");
	/* an index that a statement drops, beside others */
	assert_lint_up("user id/INTEGER# a/TEXT i:i(a) i:j(a,id)",
		"DROP INDEX I; --idle\nDROP INDEX IF EXISTS j; " REBUILD(
			"id INTEGER PRIMARY KEY", "id, a"),
		"user id/INTEGER# a/TEXT",
		"m/a.sql:1:12: note[destructive]: index 'i' is dropped: queries of 'user' "
		"may be slower {a} ()\n"
		"m/a.sql:2:38: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"index 'j' {a} (make it again after the table has its name)\n");
	/* primary keys as indexes of their own */
	assert_lint_up("user a/TEXT# b/TEXT# c/TEXT U:k(a,b)", id,
		"user a/TEXT b/TEXT c/TEXT#", "");
	assert_lint_up("user a/TEXT# b/TEXT# c/TEXT U:k(a,c) U:l(b) U:m(c)", id,
		"user a/TEXT b/TEXT c/TEXT#",
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"UNIQUE 'a, c' {a} (keep it in the new CREATE TABLE)\n"
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"UNIQUE 'b' {a} (keep it in the new CREATE TABLE)\n");
	assert_lint_up("user a/TEXT# b/TEXT", id, "user a/TEXT b/TEXT",
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"primary key {a} (keep it in the new CREATE TABLE)\n");
}

static void test_corners__rebuilt_tables(void **state)
{
	(void)state;
	static const char id[] = REBUILD("id INTEGER PRIMARY KEY", "id");
	/* columns that went on purpose, or were computed */
	assert_lint_up(USER " g/TEXT^ h/TEXT",
		"ALTER TABLE user DROP COLUMN color; ALTER TABLE user ADD color2; " REBUILD(
			"id INTEGER PRIMARY KEY, name TEXT NOT NULL", "id, name"),
		"user id/INTEGER# name/TEXT!",
		"m/a.sql:1:30: warning[destructive]: column 'color' of table 'user' is "
		"dropped with its values {a} (drop it when no release uses it any more, or "
		"say why it may go: <allow kind=\"destructive\" reason=\"...\"/>)\n"
		"m/a.sql:1:79: warning[destructive]: table 'user' is rebuilt without its "
		"column 'h' and the values in it {a} (copy it, or say why it may go: "
		"<allow kind=\"destructive\" reason=\"...\"/>)\n");
	/* triggers, kept, dropped and lost */
	assert_lint_up("user id/INTEGER# t:a t:b t:c",
		"DROP TRIGGER b; " REBUILD("id INTEGER PRIMARY KEY", "id"),
		"user id/INTEGER# t:A t:x",
		"m/a.sql:1:30: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"trigger 'c' {a} (make it again after the table has its name)\n");
	/* foreign keys */
	assert_lint_up("user id/INTEGER# a/TEXT b/TEXT k:a>p.x k:a,b>p.x,y k:b>p.x", id,
		"user id/INTEGER# a/TEXT b/TEXT i:i(a,b) i:k(b) k:a,b>p.x,y k:a>p.x",
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without the "
		"foreign key of 'b' {a} (keep it in the new CREATE TABLE)\n");
	/* what is said of columns, computed now or in the key */
	assert_lint_up("user id/INTEGER# a/TEXT! b/TEXT=1 c/TEXT!=1 d/TEXT!", id,
		"user id/INTEGER# a/TEXT# b/TEXT^ c/TEXT!=2",
		"m/a.sql:1:14: warning[destructive]: table 'user' is rebuilt without its "
		"column 'd' and the values in it {a} (copy it, or say why it may go: "
		"<allow kind=\"destructive\" reason=\"...\"/>)\n");
	/* no primary key at all, and a key that is an expression */
	assert_lint_up("user a/TEXT U:k(a)", id, "user a/TEXT",
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"UNIQUE 'a' {a} (keep it in the new CREATE TABLE)\n");
	assert_lint_up("user a/TEXT# U:k(*)", id, "user a/TEXT#",
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"UNIQUE '...' {a} (keep it in the new CREATE TABLE)\n");
	/* of tables that the step made */
	assert_lint_up(USER,
		"CREATE TABLE n (id INTEGER PRIMARY KEY, b, c); ALTER TABLE n DROP b; "
		"ALTER TABLE user DROP color",
		"n id/INTEGER# c/;user id/INTEGER# name/TEXT!",
		"m/a.sql:1:92: warning[destructive]: column 'color' of table 'user' is "
		"dropped with its values {a} (drop it when no release uses it any more, or "
		"say why it may go: <allow kind=\"destructive\" reason=\"...\"/>)\n");
	/* dropped by a statement that found nothing to drop */
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *seen = lint_world_up(&lint, "a", "user id/INTEGER# t:a",
		"DROP TRIGGER a; " REBUILD("id INTEGER PRIMARY KEY", "id"),
		"user id/INTEGER#");
	seen->statements[0].idle = true;
	assert_lint(&lint,
		"m/a.sql:1:30: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"trigger 'a' {a} (make it again after the table has its name)\n");
	assert_lint_up("user id/INTEGER# auto", id, "user id/INTEGER# auto", "");
}

static void test_corners__dropped_indexes(void **state)
{
	(void)state;
	assert_lint_up("", "DROP INDEX unknown", "", "");
	assert_lint_up("s id/INTEGER#;t id/INTEGER# x/TEXT i:a(x) i:i(x)",
		"DROP INDEX i; DROP TABLE t", "s id/INTEGER#",
		"m/a.sql:1:26: warning[destructive]: table 't' is dropped with all its "
		"rows {a} (drop it when no release uses it any more, or say why it may go: "
		"<allow kind=\"destructive\" reason=\"...\"/>)\n");
	assert_lint_up(T " i:i(x,y) u:k(x)", "DROP INDEX i; DROP INDEX k",
		T " i:l(x) u:m(x,y) u:n(*)",
		"m/a.sql:1:26: warning[destructive]: unique index 'k' is dropped: values "
		"of 't' may repeat {a} (coming back, it fails on rows that repeat; say why "
		"it may go: <allow kind=\"destructive\" reason=\"...\"/>)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corners__idle_statements),
		cmocka_unit_test(test_corners__an_idle_statement_with_its_end),
		cmocka_unit_test(test_corners__made_by_a_statement_that_cannot_be_read),
		cmocka_unit_test(test_corners__differences_that_may_be_hidden),
		cmocka_unit_test(test_corners__precautions),
		cmocka_unit_test(test_corners__the_schema),
		cmocka_unit_test(test_corners__broken_views_and_triggers),
		cmocka_unit_test(test_corners__literals),
		cmocka_unit_test(test_corners__updates_of_all_rows),
		cmocka_unit_test(test_corners__inserts),
		cmocka_unit_test(test_corners__rebuilt_indexes),
		cmocka_unit_test(test_corners__rebuilt_tables),
		cmocka_unit_test(test_corners__dropped_indexes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
