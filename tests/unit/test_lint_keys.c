/*
 * planner/lint, more of what is in test_lint_edges.c: indexes and keys.
 */
#include "planner/lint.h"

#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/lint_world.h"

#define T "t id/INTEGER# x/TEXT y/TEXT"

static void test_keys__indexes_of_their_own_kind(void **state)
{
	(void)state;
	/* gone again */
	assert_lint_up(T, "CREATE INDEX i ON t (x); DROP INDEX i", T, "");
	/* not what SQLite has for the rowid */
	assert_lint_up("t id/INTEGER#", "CREATE INDEX i ON t (id) WHERE id > 1",
		"t id/INTEGER# p:i(id)", "");
	assert_lint_up("t id/INTEGER# norowid", "CREATE INDEX i ON t (id)",
		"t id/INTEGER# norowid i:i(id)", "");
	assert_lint_up("t id/INT#", "CREATE INDEX i ON t (id)", "t id/INT# i:i(id)", "");
	assert_lint_up(
		"t id/INTEGER#", "CREATE INDEX i ON t (1)", "t id/INTEGER# i:i(*)", "");
	assert_lint_up("t id/INTEGER#", "CREATE INDEX i ON t (rowid)",
		"t id/INTEGER# i:i(rowid)", "");
	/* an order or a collation of their own */
	assert_lint_up(T, "CREATE INDEX i ON t (x); CREATE INDEX k ON t (x DESC)",
		T " i:i(x) i:k(x)", "");
	assert_lint_up(T,
		"CREATE INDEX i ON t (x COLLATE NOCASE); CREATE INDEX k ON t (x)",
		T " i:i(x) i:k(x)", "");
}

static void test_keys__unique_where_it_was_unique(void **state)
{
	(void)state;
	static const char unique[] = "CREATE UNIQUE INDEX i ON t (x, y)";
	assert_lint_up(T, unique, T " u:i(x,y) P:k(x)",
		"m/a.sql:1:21: note[unique-over-rows]: unique index 'i' fails where rows "
		"of 't' repeat {a} (look for them in a <precondition>, or repair them "
		"before)\n");
	assert_lint_up(T, unique, T " u:i(x,y) u:k(x)", "");
	assert_lint_up(T, unique, T " u:i(x,y) u:k(y)",
		"m/a.sql:1:21: note[unique-over-rows]: unique index 'i' fails where rows "
		"of 't' repeat {a} (look for them in a <precondition>, or repair them "
		"before)\n");
	assert_lint_up(T " i:j(y) P:k(x) u:l(y)", unique, T " u:i(x,y)",
		"m/a.sql:1:21: note[unique-over-rows]: unique index 'i' fails where rows "
		"of 't' repeat {a} (look for them in a <precondition>, or repair them "
		"before)\n");
	assert_lint_up(T " u:k(x)", unique, T " u:i(x,y)", "");
	assert_lint_up(T, "ALTER TABLE t RENAME TO s; CREATE UNIQUE INDEX i ON s (x, y)",
		"s id/INTEGER# x/TEXT y/TEXT u:i(x,y)",
		"m/a.sql:1:48: note[unique-over-rows]: unique index 'i' fails where rows "
		"of 's' repeat {a} (look for them in a <precondition>, or repair them "
		"before)\n");
}

static void test_keys__keys_of_several_columns(void **state)
{
	(void)state;
	static const char p[] = "p a/INTEGER# b/INTEGER";
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_allow(&lint, "a", "unindexed-foreign-key");
	lint_world_up(
		&lint, "a", "", "CREATE TABLE p (a INTEGER PRIMARY KEY, b INTEGER)", p);
	lint_world_up(&lint, "b", "",
		"CREATE TABLE c (x INTEGER, y INTEGER, PRIMARY KEY (x, y),\n"
		"FOREIGN KEY (x, y) REFERENCES p (a, b),\n"
		"FOREIGN KEY (y) REFERENCES p (b))",
		"c x/INTEGER!# y/INTEGER!# k:x,y>p.a,b% k:y>p.b%");
	assert_lint(&lint,
		"m/a.xml:1:1: warning[unused-allowance]: nothing of the kind "
		"'unindexed-foreign-key' was found in 'a' {a} (leave the <allow> out)\n"
		"m/b.sql:1:17: error[foreign-key-mismatch]: the foreign key 'x, ...' of "
		"table 'c' points at 'a, ...' of 'p', which is neither its primary key nor "
		"unique {b} (every change of either table fails while foreign keys are on: "
		"point at the primary key, or make that UNIQUE)\n"
		"m/b.sql:1:17: note[unindexed-foreign-key]: the foreign key 'x, ...' of "
		"table 'c' has no index {b} (without it, to delete a row of 'p' is to read "
		"all of 'c')\n"
		"m/b.sql:1:28: error[foreign-key-mismatch]: the foreign key 'y' of table "
		"'c' points at 'b' of 'p', which is neither its primary key nor unique {b} "
		"(every change of either table fails while foreign keys are on: point at "
		"the primary key, or make that UNIQUE)\n"
		"m/b.sql:1:28: note[unindexed-foreign-key]: the foreign key 'y' of table "
		"'c' has no index {b} (without it, to delete a row of 'p' is to read all "
		"of 'c')\n");
}

/* The parent as the last migration leaves it, against what the key was seen to find. */
static void assert_parent(const char *parent, const char *key, const char *expected)
{
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_allow(&lint, "b", "unindexed-foreign-key");
	lint_world_allow(&lint, "b", "unused-allowance");
	lint_world_up(&lint, "a", parent, "UPDATE z SET id = id", parent);
	lint_world_up(&lint, "b", "",
		"CREATE TABLE c (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER)",
		amp_arena_printf(&lint.world.arena,
			"c id/INTEGER# x/INTEGER y/INTEGER k:%s", key));
	assert_lint(&lint, expected);
}

static void test_keys__what_a_key_may_point_at(void **state)
{
	(void)state;
	assert_parent("z id/INTEGER# n/TEXT", "x>z.id%", "");
	assert_parent("z id/INTEGER# n/TEXT", "x>z.,%", "");
	assert_parent("z id/INTEGER# n/TEXT", "x,y>z.,,%",
		"m/b.sql:1:41: error[foreign-key-mismatch]: the foreign key 'x, ...' of "
		"table 'c' points at ', ...' of 'z', which is neither its primary key nor "
		"unique {b} (every change of either table fails while foreign keys are on: "
		"point at the primary key, or make that UNIQUE)\n");
	assert_parent("z id/INTEGER# n/TEXT", "x>z.n%",
		"m/b.sql:1:41: error[foreign-key-mismatch]: the foreign key 'x' of table "
		"'c' points at 'n' of 'z', which is neither its primary key nor unique {b} "
		"(every change of either table fails while foreign keys are on: point at "
		"the primary key, or make that UNIQUE)\n");
	assert_parent("z id/INTEGER# n/TEXT m/TEXT i:h(n) P:i(n) u:j(m) u:k(n,m) u:l(*)",
		"x>z.n%",
		"m/b.sql:1:41: error[foreign-key-mismatch]: the foreign key 'x' of table "
		"'c' points at 'n' of 'z', which is neither its primary key nor unique {b} "
		"(every change of either table fails while foreign keys are on: point at "
		"the primary key, or make that UNIQUE)\n");
	assert_parent("z id/INTEGER# n/TEXT u:i(n)", "x>z.n%", "");
	assert_parent("z id/INTEGER# n/TEXT m/TEXT u:i(m,n)", "x,y>z.n,m%", "");
	assert_parent("z id/INTEGER# n/TEXT m/TEXT", "x,y>z.n,m%",
		"m/b.sql:1:41: error[foreign-key-mismatch]: the foreign key 'x, ...' of "
		"table 'c' points at 'n, ...' of 'z', which is neither its primary key nor "
		"unique {b} (every change of either table fails while foreign keys are on: "
		"point at the primary key, or make that UNIQUE)\n");
	assert_parent("z id/INTEGER# n/TEXT", "x>a.id?",
		"m/b.sql:1:41: warning[dangling-reference]: there is no table 'a', at "
		"which table 'c' points {b} (every INSERT with a value there fails while "
		"foreign keys are on: create the table, or correct the name)\n");
	assert_parent("z id/INTEGER# n/TEXT", "x>a.id", "");
	assert_parent("z id/INTEGER# n/TEXT", "x>a.id%",
		"m/b.sql:1:41: error[foreign-key-mismatch]: the foreign key 'x' of table "
		"'c' points at 'id' of 'a', which is neither its primary key nor unique "
		"{b} (every change of either table fails while foreign keys are on: point "
		"at the primary key, or make that UNIQUE)\n");
}

static void test_keys__a_parent_among_others_that_are_dropped(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_allow(&lint, "b", "destructive");
	lint_world_up(&lint, "a", "",
		"CREATE TABLE user (id INTEGER PRIMARY KEY); "
		"CREATE TABLE t (id INTEGER PRIMARY KEY REFERENCES user (id))",
		"t id/INTEGER# k:id>user.id;user id/INTEGER#");
	lint_world_up(&lint, "b", "s id/INTEGER#;user id/INTEGER#",
		"DROP TABLE user; DROP TABLE s", "");
	assert_lint(&lint,
		"m/b.sql:1:12: warning[dangling-reference]: table 'user' is dropped, but "
		"table 't' still points at it {b} (every INSERT with a value there fails "
		"while foreign keys are on: rebuild the table without the key)\n");
}

static void test_keys__more_indexes(void **state)
{
	(void)state;
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", NULL);
	lint_world_up(&lint, "a", "",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y TEXT); "
		"CREATE INDEX j ON t (y); CREATE INDEX i ON t (x)",
		T " i:i(x) i:j(y)");
	lint_world_up(&lint, "b", T " i:i(x) i:j(y)",
		"CREATE INDEX k ON t (x, y); CREATE INDEX l ON t (y, x)",
		T " i:i(x) i:j(y) i:k(x,y) i:l(y,x)");
	assert_lint(&lint,
		"m/b.sql:1:14: warning[duplicate-index]: index 'i' is needless: 'k' begins "
		"with the same columns {b} (leave 'i' out, or drop it)\n"
		"m/b.sql:1:42: warning[duplicate-index]: index 'j' is needless: 'l' begins "
		"with the same columns {b} (leave 'j' out, or drop it)\n");
	/* needless before, for another reason: told of then */
	assert_lint_up(T " i:i(x) i:j(x)", "CREATE INDEX k ON t (x, y)",
		T " i:i(x) i:j(x) i:k(x,y)", "");
	/* prepared, or rows of another table */
	assert_lint_up("s id/INTEGER#;" T,
		"DELETE FROM s WHERE id = 1; CREATE UNIQUE INDEX i ON t (x); "
		"UPDATE t SET y = id WHERE y = ''; CREATE UNIQUE INDEX k ON t (y)",
		"s id/INTEGER#;" T " u:i(x) i:j(y,x) u:k(y)",
		"m/a.sql:1:49: note[unique-over-rows]: unique index 'i' fails where rows "
		"of 't' repeat {a} (look for them in a <precondition>, or repair them "
		"before)\n");
}

static void test_keys__keys_that_come_and_go(void **state)
{
	(void)state;
	static const char made[] = "t id/INTEGER# x/ k:x>user.id";
	LINT_WORLD lint;
	lint_world_init(&lint, "a", "b a", "c b", NULL);
	lint_world_allow(&lint, "b", "destructive");
	lint_world_allow(&lint, "c", "destructive");
	lint_world_up(&lint, "a", "user id/INTEGER#", "CREATE TABLE t (x)", made);
	lint_world_up(&lint, "b", made, "DROP TABLE t", "");
	lint_world_up(&lint, "c", "", "CREATE TABLE t (id INTEGER PRIMARY KEY, x)", made);
	assert_lint(&lint,
		"m/c.sql:1:41: warning[dangling-reference]: there is no table 'user', at "
		"which table 't' points {c} (every INSERT with a value there fails while "
		"foreign keys are on: create the table, or correct the name)\n"
		"m/c.sql:1:41: note[unindexed-foreign-key]: the foreign key 'x' of table "
		"'t' has no index {c} (without it, to delete a row of 'user' is to read "
		"all of 't')\n"
		"m/c.xml:1:1: warning[unused-allowance]: nothing of the kind 'destructive' "
		"was found in 'c' {c} (leave the <allow> out)\n");
	/* the parent went before the child was touched again */
	LINT_WORLD late;
	lint_world_init(&late, "a", "b a", "c b", NULL);
	lint_world_allow(&late, "b", "destructive");
	lint_world_up(&late, "a", "user id/INTEGER#",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, x); CREATE INDEX i ON t (x)",
		"t id/INTEGER# x/ k:x>user.id i:i(x);user id/INTEGER#");
	lint_world_up(&late, "b", "user id/INTEGER#", "DROP TABLE user", "");
	lint_world_up(&late, "c", "t id/INTEGER# x/ k:x>user.id? i:i(x)",
		"ALTER TABLE t ADD y", "t id/INTEGER# x/ y/ k:x>user.id? i:i(x)");
	assert_lint(&late,
		"m/b.sql:1:12: warning[dangling-reference]: table 'user' is dropped, but "
		"table 't' still points at it {b} (every INSERT with a value there fails "
		"while foreign keys are on: rebuild the table without the key)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys__indexes_of_their_own_kind),
		cmocka_unit_test(test_keys__unique_where_it_was_unique),
		cmocka_unit_test(test_keys__keys_of_several_columns),
		cmocka_unit_test(test_keys__what_a_key_may_point_at),
		cmocka_unit_test(test_keys__a_parent_among_others_that_are_dropped),
		cmocka_unit_test(test_keys__more_indexes),
		cmocka_unit_test(test_keys__keys_that_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
