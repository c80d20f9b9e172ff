/*
 * planner/lint: each rule with what it says and what it leaves alone.
 */
#include "planner/lint.h"

#include <stdio.h>

#include "tests/support/cmocka.h"
#include "tests/support/lint_world.h"

#define USER "user id/INTEGER# name/TEXT! color/TEXT"
#define TAG "tag id/INTEGER# name/TEXT! u:tag_name(name)"

static void assert_fine(const char *before, const char *sql, const char *after)
{
	assert_lint_up(before, sql, after, "");
}

#define WHY "or say why it may go: <allow kind=\"destructive\" reason=\"...\"/>"

static void test_lint__destructive_drop_of_a_table(void **state)
{
	(void)state;
	assert_lint_up(USER, "DROP TABLE user;", "",
		"m/a.sql:1:12: warning[destructive]: table 'user' is dropped with all its "
		"rows {a} (drop it when no release uses it any more, " WHY ")\n");
	assert_lint_up(USER, "ALTER TABLE user RENAME TO old; DROP TABLE main.\"old\";",
		"",
		"m/a.sql:1:49: warning[destructive]: table 'user' is dropped with all its "
		"rows {a} (drop it when no release uses it any more, " WHY ")\n");
	assert_lint_up(USER,
		"DROP TABLE user; CREATE TABLE user (id INTEGER PRIMARY KEY);",
		"user id/INTEGER#",
		"m/a.sql:1:12: warning[destructive]: table 'user' is dropped with all its "
		"rows, and made again without them {a} (drop it when no release uses it any "
		"more, " WHY ")\n");
	assert_fine("", "CREATE TABLE t (id INTEGER PRIMARY KEY); DROP TABLE t;", "");
}

#define REBUILD(columns, copied)                                           \
	"CREATE TABLE user_new (" columns ");\n"                           \
	"INSERT INTO user_new (" copied ") SELECT " copied " FROM user;\n" \
	"DROP TABLE user; ALTER TABLE user_new RENAME TO user;"
#define REBUILD_OLD(columns, copied)                                       \
	"ALTER TABLE user RENAME TO user_old;\n"                           \
	"CREATE TABLE user (" columns ");\n"                               \
	"INSERT INTO user (" copied ") SELECT " copied " FROM user_old;\n" \
	"DROP TABLE user_old;"

static void test_lint__destructive_rebuild_leaves_a_column_out(void **state)
{
	(void)state;
	static const char now[] = "user id/INTEGER# name/TEXT!";
	assert_lint_up(USER,
		REBUILD("id INTEGER PRIMARY KEY, name TEXT NOT NULL", "id, name"), now,
		"m/a.sql:1:14: warning[destructive]: table 'user' is rebuilt without its "
		"column 'color' and the values in it {a} (copy it, " WHY ")\n");
	assert_lint_up(USER,
		REBUILD_OLD("id INTEGER PRIMARY KEY, name TEXT NOT NULL", "id, name"),
		now,
		"m/a.sql:2:14: warning[destructive]: table 'user' is rebuilt without its "
		"column 'color' and the values in it {a} (copy it, " WHY ")\n");
	assert_fine(USER,
		REBUILD("id INTEGER PRIMARY KEY, name TEXT NOT NULL, color TEXT",
			"id, name, color"),
		USER);
	assert_fine(USER,
		"CREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT NOT NULL, hue TEXT); "
		"INSERT INTO n (id, name, hue) SELECT id, name, \"color\" FROM user; "
		"DROP TABLE user; ALTER TABLE n RENAME TO user;",
		"user id/INTEGER# name/TEXT! hue/TEXT");
}

static void test_lint__destructive_drop_of_a_column(void **state)
{
	(void)state;
	static const char now[] = "user id/INTEGER# name/TEXT!";
	assert_lint_up(USER, "ALTER TABLE user DROP COLUMN color;", now,
		"m/a.sql:1:30: warning[destructive]: column 'color' of table 'user' is "
		"dropped with its values {a} (drop it when no release uses it any more, " WHY
		")\n");
	assert_fine(USER,
		"ALTER TABLE user ADD COLUMN c TEXT; UPDATE user SET c = color; "
		"ALTER TABLE user DROP color; ALTER TABLE user RENAME c TO color;",
		USER);
	assert_fine(USER, "ALTER TABLE user ADD c TEXT; ALTER TABLE user DROP c;", USER);
}

static void test_lint__destructive_drop_of_an_index(void **state)
{
	(void)state;
	assert_lint_up(TAG, "DROP INDEX IF EXISTS tag_name;",
		"tag id/INTEGER# name/TEXT!",
		"m/a.sql:1:22: warning[destructive]: unique index 'tag_name' is dropped: "
		"values of 'tag' may repeat {a} (coming back, it fails on rows that repeat; "
		"say why it may go: <allow kind=\"destructive\" reason=\"...\"/>)\n");
	assert_lint_up("tag id/INTEGER# name/TEXT! i:n(name)", "DROP INDEX n;",
		"tag id/INTEGER# name/TEXT!",
		"m/a.sql:1:12: note[destructive]: index 'n' is dropped: queries of 'tag' may "
		"be slower {a} ()\n");
	assert_fine("tag id/INTEGER# name/TEXT! i:n(name)",
		"DROP INDEX n; CREATE INDEX m ON tag (name, id);",
		"tag id/INTEGER# name/TEXT! i:m(name,id)");
	assert_fine(TAG,
		"DROP INDEX tag_name; CREATE UNIQUE INDEX tag_name ON tag (name)", TAG);
}

static void test_lint__rebuild_loses(void **state)
{
	(void)state;
	static const char sql[] = REBUILD("id INTEGER PRIMARY KEY", "id, name, ref");
	static const char was[] =
		"user id/INTEGER# name/TEXT! ref/INTEGER=0 i:n(name) U:auto_1(ref,name) "
		"k:ref>user.id t:seen auto";
	static const char now[] = "user id/INTEGER# name/TEXT ref/INTEGER";
	assert_lint_up(was, sql, now,
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"AUTOINCREMENT {a} (keep it in the new CREATE TABLE)\n"
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"UNIQUE 'ref, name' {a} (keep it in the new CREATE TABLE)\n"
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"index 'n' {a} (make it again after the table has its name)\n"
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without its "
		"trigger 'seen' {a} (make it again after the table has its name)\n"
		"m/a.sql:1:14: warning[rebuild-loses]: table 'user' is rebuilt without the "
		"foreign key of 'ref' {a} (keep it in the new CREATE TABLE)\n"
		"m/a.sql:1:14: note[rebuild-loses]: table 'user' is rebuilt without the "
		"NOT NULL of 'name' {a} (keep it in the new CREATE TABLE)\n"
		"m/a.sql:1:14: note[rebuild-loses]: table 'user' is rebuilt without the "
		"default of 'ref' {a} (keep it in the new CREATE TABLE)\n");
}

static void test_lint__changed_affinity(void **state)
{
	(void)state;
	static const char sql[] = REBUILD("id INTEGER PRIMARY KEY", "id, name, color");
	assert_lint_up(USER, sql, "user id/INTEGER# name/TEXT! color/NUMBER",
		"m/a.sql:1:14: warning[changed-affinity]: the affinity of column 'color' of "
		"table 'user' changes from TEXT to NUMERIC {a} (values are converted: see "
		"that '007' or 0.5 is not among them)\n");
	assert_lint_up("t id/INTEGER# n/TEXT",
		"DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)",
		"t id/INTEGER# n/INT",
		"m/a.sql:1:12: warning[destructive]: table 't' is dropped with all its rows, "
		"and made again without them {a} (drop it when no release uses it any more, " WHY
		")\n");
	assert_fine("t id/INTEGER# n/INT", "ALTER TABLE t RENAME TO t",
		"t id/INTEGER# n/DECIMAL");
}

static void test_lint__added_columns(void **state)
{
	(void)state;
	assert_lint_up(USER, "ALTER TABLE user ADD COLUMN age INTEGER NOT NULL",
		USER " age/INTEGER!",
		"m/a.sql:1:29: error[not-null-without-default]: column 'age' is added NOT "
		"NULL without a default: that fails where 'user' has rows {a} (give it a "
		"DEFAULT, or rebuild the table and fill the column)\n");
	assert_lint_up(USER, "ALTER TABLE user ADD age INTEGER NOT NULL DEFAULT NULL",
		USER " age/INTEGER!=NULL",
		"m/a.sql:1:22: error[not-null-without-default]: column 'age' is added NOT "
		"NULL without a default: that fails where 'user' has rows {a} (give it a "
		"DEFAULT, or rebuild the table and fill the column)\n");
	assert_fine(USER, "ALTER TABLE user ADD age INTEGER NOT NULL DEFAULT 0",
		USER " age/INTEGER!=0");
	assert_fine("",
		"CREATE TABLE t (id INTEGER PRIMARY KEY); ALTER TABLE t ADD a INT NOT NULL",
		"t id/INTEGER# a/INT!");
}

static void test_lint__default_not_constant(void **state)
{
	(void)state;
	static const char *const computed[] = {"CURRENT_TIMESTAMP", "current_date",
		"datetime('now')", "1+2", "(random())", "a||'b'"};
	static const char *const constant[] = {
		"0", "-1.5", "+1", "'it''s'", "\"x\"", "x'00'", "NULL", "TRUE", "(7)"};
	for (size_t i = 0; i < sizeof(computed) / sizeof(*computed); i++) {
		char after[100];
		snprintf(
			after, sizeof(after), "user id/INTEGER# at/TEXT=%s", computed[i]);
		assert_lint_up("user id/INTEGER#", "ALTER TABLE user ADD at TEXT", after,
			"m/a.sql:1:22: error[default-not-constant]: the default of column "
			"'at' is not constant: that fails where 'user' has rows {a} (add "
			"the column without it and fill it, or rebuild the table)\n");
	}
	for (size_t i = 0; i < sizeof(constant) / sizeof(*constant); i++) {
		char after[100];
		snprintf(
			after, sizeof(after), "user id/INTEGER# at/TEXT=%s", constant[i]);
		assert_fine("user id/INTEGER#", "ALTER TABLE user ADD at TEXT", after);
	}
	assert_fine("",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, at DEFAULT CURRENT_TIME)",
		"t id/INTEGER# at/=CURRENT_TIME");
}

static void test_lint__renames_used(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *up = lint_world_up(&lint, "a", USER ";~v name/TEXT",
		"ALTER TABLE user RENAME COLUMN name TO nick",
		"user id/INTEGER# nick/TEXT! color/TEXT;~v name/TEXT");
	lint_world_alters(&lint, up, "table user");
	lint_world_alters(&lint, up, "view v");
	lint_world_alters(&lint, up, "trigger seen");
	assert_lint(&lint,
		"m/a.sql:1:32: warning[renames-used]: renaming 'name' rewrites what uses it: "
		"'v' and 'seen' {a} (read them again, and see that no release asks for the "
		"old name)\n");
}

static void test_lint__a_rename_that_nothing_uses_is_fine(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	struct amp_seen *up = lint_world_up(&lint, "a", USER ";~v name/TEXT",
		"DROP VIEW v; ALTER TABLE user RENAME TO person; "
		"CREATE VIEW v AS SELECT name FROM person",
		"person id/INTEGER# name/TEXT! color/TEXT;~v name/TEXT");
	lint_world_alters(&lint, up, "view v");
	assert_lint(&lint, "");
}

static void test_lint__down_drops_foreign(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	lint_world_up(&lint, "a", TAG, "ALTER TABLE tag ADD c TEXT", TAG " c/TEXT");
	lint_world_down(&lint, "a", TAG " c/TEXT;" USER,
		"DROP TABLE tag; ALTER TABLE user DROP COLUMN color",
		"user id/INTEGER# name/TEXT!");
	assert_lint(&lint,
		"m/a.down.sql:1:12: error[down-drops-foreign]: the down drops table 'tag', "
		"which its up did not create {a} (a down undoes its own up and nothing "
		"else)\n"
		"m/a.down.sql:1:46: error[down-drops-foreign]: the down drops column 'color' "
		"of table 'user', which its up did not add {a} (a down undoes its own up and "
		"nothing else)\n");
}

static void test_lint__a_down_may_drop_what_its_up_made(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	lint_world_up(&lint, "a", TAG,
		"ALTER TABLE tag ADD c TEXT; ALTER TABLE tag RENAME name TO word; "
		"CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE INDEX ti ON t (x)",
		"t id/INTEGER# x/TEXT i:ti(x);tag id/INTEGER# word/TEXT! c/TEXT u:tag_name(word)");
	lint_world_down(&lint, "a",
		"t id/INTEGER# x/TEXT i:ti(x);tag id/INTEGER# word/TEXT! c/TEXT u:tag_name(word)",
		"DROP TABLE t; ALTER TABLE tag RENAME word TO name; ALTER TABLE tag DROP c",
		TAG);
	assert_lint(&lint, "");
}

static void test_lint__broken_by_the_step(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	lint_world_allow(&lint, "a", "destructive");
	lint_world_up(&lint, "a", "log id/INTEGER#;user id/INTEGER# t:seen;~v id/INTEGER",
		"DROP TABLE log",
		"user id/INTEGER# t:seen broken:no such table: main.log;"
		"~v broken:no such table: main.log");
	assert_lint(&lint,
		"m/a.sql:1:12: error[broken-trigger]: trigger 'seen' cannot be used any more: "
		"no such table: main.log {a} (drop it before, and create it anew "
		"afterwards)\n"
		"m/a.sql:1:12: error[broken-view]: view 'v' cannot be used any more: no such "
		"table: main.log {a} (drop it before, and create it anew afterwards)\n");
}

static void test_lint__made_broken(void **state)
{
	(void)state;
	assert_lint_up(USER,
		"CREATE VIEW v AS SELECT x FROM later;\n"
		"CREATE TRIGGER seen AFTER INSERT ON user",
		USER " t:seen broken:no such table: main.later;"
		     "~v broken:no such table: main.later",
		"m/a.sql:1:13: warning[broken-view]: view 'v' cannot be used yet: no such "
		"table: main.later {a} (create it when what it uses is there)\n"
		"m/a.sql:2:16: warning[broken-trigger]: trigger 'seen' cannot be used yet: no "
		"such table: main.later {a} (create it when what it uses is there)\n");
}

static void test_lint__surprising_type(void **state)
{
	(void)state;
	assert_lint_up(USER, "ALTER TABLE user ADD zip STRING", USER " zip/STRING",
		"m/a.sql:1:22: warning[surprising-type]: the type 'STRING' of column 'zip' "
		"means NUMERIC: what looks like a number becomes one {a} (write TEXT)\n");
	assert_lint_up("", "CREATE TABLE t (id INTEGER PRIMARY KEY, w FLOATING POINT)",
		"t id/INTEGER# w/FLOATING_POINT",
		"m/a.sql:1:41: warning[surprising-type]: the type 'FLOATING POINT' of column "
		"'w' means INTEGER: what looks like a number becomes one {a} (write REAL)\n");
	assert_fine("", "CREATE TABLE t (id INTEGER PRIMARY KEY, a DATETIME, b BOOLEAN)",
		"t id/INTEGER# a/DATETIME b/BOOLEAN c/NVARCHAR");
}

static void test_lint__primary_keys(void **state)
{
	(void)state;
	assert_lint_up("", "CREATE TABLE t (word TEXT PRIMARY KEY, n INT)",
		"t word/TEXT# n/INT U:auto(word)",
		"m/a.sql:1:17: note[nullable-primary-key]: column 'word' is in the primary "
		"key of 't' and may be NULL {a} (make it NOT NULL)\n");
	assert_lint_up("", "CREATE TABLE t (id BIGINT PRIMARY KEY)", "t id/BIGINT#",
		"m/a.sql:1:17: note[not-a-rowid-alias]: 'id BIGINT PRIMARY KEY' is not filled "
		"in by itself and may be NULL {a} (only the type INTEGER makes it the "
		"rowid)\n");
	assert_lint_up("", "CREATE TABLE main.[t] (a, b)", "t a/ b/",
		"m/a.sql:1:19: note[no-primary-key]: table 't' has no primary key {a} (without "
		"one no other table can point at a row of it)\n");
	assert_fine("", "CREATE TABLE t (word TEXT PRIMARY KEY) STRICT",
		"t word/TEXT# strict");
	assert_fine("", "CREATE TABLE t (word TEXT PRIMARY KEY)", "t word/TEXT# norowid");
	assert_fine(
		"", "CREATE TABLE t (word TEXT NOT NULL PRIMARY KEY)", "t word/TEXT!#");
	assert_fine("", "CREATE TABLE t (a INT, b INT, UNIQUE (a, b))",
		"t a/INT b/INT U:x(a,b)");
	assert_fine("", "CREATE VIRTUAL TABLE t USING fts5 (a)", "t a/ virtual");
}

static void test_lint__keyword_name(void **state)
{
	(void)state;
	assert_lint_up("",
		"CREATE TABLE \"order\" (id INTEGER PRIMARY KEY, \"group\" TEXT)",
		"order id/INTEGER# group/TEXT key/TEXT",
		"m/a.sql:1:14: note[keyword-name]: table 'order' is called like an SQL keyword "
		"{a} (every query must write it in quotes: choose another name)\n"
		"m/a.sql:1:47: note[keyword-name]: column 'group' is called like an SQL keyword "
		"{a} (every query must write it in quotes: choose another name)\n");
	assert_fine("order id/INTEGER# group/TEXT", "ALTER TABLE \"order\" ADD a TEXT",
		"order id/INTEGER# group/TEXT a/TEXT");
}

static void test_lint__duplicate_index(void **state)
{
	(void)state;
	assert_lint_up(USER " i:old(name)", "CREATE INDEX new ON user (name)",
		USER " i:new(name) i:old(name)",
		"m/a.sql:1:14: warning[duplicate-index]: index 'new' is needless: 'old' begins "
		"with the same columns {a} (leave 'new' out, or drop it)\n");
	assert_lint_up(USER " i:old(name)", "CREATE INDEX new ON user (name, color)",
		USER " i:new(name,color) i:old(name)",
		"m/a.sql:1:14: warning[duplicate-index]: index 'old' is needless: 'new' begins "
		"with the same columns {a} (leave 'old' out, or drop it)\n");
	assert_lint_up(USER " U:auto(name)", "CREATE INDEX new ON user (name)",
		USER " U:auto(name) i:new(name)",
		"m/a.sql:1:14: warning[duplicate-index]: index 'new' is needless: a key of the "
		"table begins with the same columns {a} (leave 'new' out, or drop it)\n");
	assert_lint_up(USER, "CREATE INDEX new ON user (id)", USER " i:new(id)",
		"m/a.sql:1:1: warning[duplicate-index]: index 'new' is needless: 'id' is the "
		"rowid of 'user' {a} (leave it out)\n");
	assert_lint_up(USER,
		"CREATE INDEX x ON user (name); CREATE INDEX y ON user (name)",
		USER " i:x(name) i:y(name)",
		"m/a.sql:1:45: warning[duplicate-index]: index 'y' is needless: 'x' begins with "
		"the same columns {a} (leave 'y' out, or drop it)\n");
	assert_lint_up(USER " U:auto(name)",
		"CREATE INDEX x ON user (name); CREATE INDEX y ON user (name, color)",
		USER " U:auto(name) i:x(name) i:y(name,color)",
		"m/a.sql:1:14: warning[duplicate-index]: index 'x' is needless: a key of the "
		"table begins with the same columns {a} (leave 'x' out, or drop it)\n");
	assert_fine(USER " i:old(name)", "CREATE INDEX new ON user (name COLLATE NOCASE)",
		USER " i:new(name) i:old(name)");
	assert_fine(USER " i:old(name)", "CREATE INDEX new ON user (name) WHERE color",
		USER " p:new(name) i:old(name)");
	assert_fine(USER " i:old(name)", "CREATE INDEX new ON user (lower(name))",
		USER " i:new(*) i:old(name)");
	assert_fine(TAG, "CREATE INDEX new ON tag (name, id)", TAG " i:new(name,id)");
}

static void test_lint__unique_over_rows(void **state)
{
	(void)state;
	assert_lint_up(USER, "CREATE UNIQUE INDEX n ON user (name)", USER " u:n(name)",
		"m/a.sql:1:21: note[unique-over-rows]: unique index 'n' fails where rows of "
		"'user' repeat {a} (look for them in a <precondition>, or repair them "
		"before)\n");
	assert_fine(USER,
		"DELETE FROM user WHERE id > 7; CREATE UNIQUE INDEX n ON user (name)",
		USER " u:n(name)");
	assert_fine(TAG, "CREATE UNIQUE INDEX n ON tag (name, id)", TAG " u:n(name,id)");
	assert_fine("",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE UNIQUE INDEX n ON t (a)",
		"t id/INTEGER# a/ u:n(a)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lint__destructive_drop_of_a_table),
		cmocka_unit_test(test_lint__destructive_rebuild_leaves_a_column_out),
		cmocka_unit_test(test_lint__destructive_drop_of_a_column),
		cmocka_unit_test(test_lint__destructive_drop_of_an_index),
		cmocka_unit_test(test_lint__rebuild_loses),
		cmocka_unit_test(test_lint__changed_affinity),
		cmocka_unit_test(test_lint__added_columns),
		cmocka_unit_test(test_lint__default_not_constant),
		cmocka_unit_test(test_lint__renames_used),
		cmocka_unit_test(test_lint__a_rename_that_nothing_uses_is_fine),
		cmocka_unit_test(test_lint__down_drops_foreign),
		cmocka_unit_test(test_lint__a_down_may_drop_what_its_up_made),
		cmocka_unit_test(test_lint__broken_by_the_step),
		cmocka_unit_test(test_lint__made_broken),
		cmocka_unit_test(test_lint__surprising_type),
		cmocka_unit_test(test_lint__primary_keys),
		cmocka_unit_test(test_lint__keyword_name),
		cmocka_unit_test(test_lint__duplicate_index),
		cmocka_unit_test(test_lint__unique_over_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
