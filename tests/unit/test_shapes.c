/*
 * executor/sqlite_shape, sqlite_schema: what is read of tables, keys, views and triggers,
 * and of rows that point at nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "tests/support/cmocka.h"
#include "tests/support/shadow.h"

/* Of a schema, the shapes of some names; and what trying them touched. */
struct view {
	struct shadow shadow;
	struct amp_recorder recorder;
	struct amp_shapes shapes;
};

#define VIEW __attribute__((cleanup(view_deinit))) struct view
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void view_deinit(struct view *view)
{
	amp_vec_deinit(&view->recorder.touches);
	amp_vec_deinit(&view->recorder.statements);
	shadow_deinit(&view->shadow);
}

static void look(
	struct view *view, const char *schema, const char *const *names, size_t count)
{
	struct shadow *s = &view->shadow;
	*view = (struct view){0};
	shadow_init(s);
	view->recorder.arena = &s->arena;
	shadow_exec(s, schema);
	assert_int_equal(amp_sqlite.shapes(s->db, names, count, &view->recorder,
				 &view->shapes, &s->arena, &s->error),
		0);
}

static const struct amp_shape *shape_of(const struct view *view, const char *name)
{
	const struct amp_shape *shape = amp_shape_find(&view->shapes, name);
	assert_non_null(shape);
	return shape;
}

static void test_shapes__of_all_affinities(void **state)
{
	static const char *const names[] = {"t"};
	static const enum amp_affinity expected[] = {AMP_INTEGER, AMP_TEXT, AMP_TEXT,
		AMP_TEXT, AMP_BLOB, AMP_BLOB, AMP_REAL, AMP_REAL, AMP_REAL, AMP_NUMERIC,
		AMP_INTEGER};
	VIEW view;
	(void)state;
	look(&view,
		"CREATE TABLE t (a BIGINT, b VARCHAR(3), c CLOB, d MEDIUMTEXT, e BLOB, f, "
		"g REAL, h FLOAT, i DOUBLE PRECISION, j DECIMAL(5, 2), k FLOATING POINT)",
		names, 1);
	const struct amp_shape *shape = shape_of(&view, "t");
	assert_int_equal(shape->ncolumns, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		if (shape->columns[i].affinity != expected[i])
			fail_msg("%s: %d", shape->columns[i].type,
				(int)shape->columns[i].affinity);
}

/* The first key of c: the columns it points at, and whether they are unique. */
static void assert_key(const char *schema, const char *columns, bool unique)
{
	static const char *const names[] = {"c"};
	VIEW view;
	AMP_STR_AUTO out = AMP_STR_INIT;
	look(&view, schema, names, 1);
	const struct amp_shape *shape = shape_of(&view, "c");
	assert_int_equal(shape->nkeys, 1);
	const struct amp_key *key = &shape->keys[0];
	for (size_t i = 0; i < key->ncolumns; i++)
		amp_str_addf(&out, "%s%s", i ? ", " : "", key->parent_columns[i]);
	if (strcmp(amp_str_text(&out), columns) != 0 || key->parent_is_unique != unique)
		fail_msg("%s: (%s), %d", schema, amp_str_text(&out),
			(int)key->parent_is_unique);
}

static void test_shapes__of_keys(void **state)
{
	(void)state;
	/* a primary key that does not come first, nor in the order of the columns */
	assert_key("CREATE TABLE p (a, b, c, PRIMARY KEY (c, b)); "
		   "CREATE TABLE c (x, y, FOREIGN KEY (x, y) REFERENCES p)",
		"c, b", true);
	assert_key("CREATE TABLE p (a, b, c, PRIMARY KEY (c, b)); "
		   "CREATE TABLE c (x, y, FOREIGN KEY (x, y) REFERENCES p (b, C))",
		"b, C", true);
	/* the primary key and something else, half of it, something else */
	assert_key("CREATE TABLE p (id INTEGER PRIMARY KEY, z); "
		   "CREATE TABLE c (x, y, FOREIGN KEY (x, y) REFERENCES p (id, z))",
		"id, z", false);
	assert_key("CREATE TABLE p (a, b, PRIMARY KEY (a, b)); "
		   "CREATE TABLE c (x REFERENCES p (a))",
		"a", false);
	assert_key("CREATE TABLE p (a, b UNIQUE); CREATE TABLE c (x REFERENCES p (a))",
		"a", false);
	assert_key("CREATE TABLE p (a, b UNIQUE); CREATE TABLE c (x REFERENCES p (B))",
		"B", true);
	assert_key("CREATE TABLE p (a, b, UNIQUE (a, b)); "
		   "CREATE TABLE c (x REFERENCES p (a))",
		"a", false);
	/* an index that leaves rows out, that tells none apart, that is over no column */
	assert_key("CREATE TABLE p (a); CREATE UNIQUE INDEX i ON p (a) WHERE a > 0; "
		   "CREATE INDEX j ON p (a); CREATE UNIQUE INDEX k ON p (abs(a)); "
		   "CREATE TABLE c (x REFERENCES p (a))",
		"a", false);
	assert_key("CREATE TABLE c (x REFERENCES nowhere (a))", "a", false);
}

/* What trying the views and triggers of these names reads, and why one is broken. */
static void assert_reads(
	const char *schema, const char *name, const char *reads, const char *broken)
{
	VIEW view;
	AMP_STR_AUTO out = AMP_STR_INIT;
	look(&view, schema, &name, 1);
	assert_int_equal(view.shapes.count, 1);
	for (size_t i = 0; i < view.recorder.touches.count; i++) {
		const struct amp_touch *touch = &view.recorder.touches.items[i];
		assert_int_equal(touch->how, AMPLAN_READS);
		amp_str_addf(&out, "%s%s.%s", i ? " " : "", touch->name, touch->column);
	}
	const char *why = view.shapes.items[0].broken;
	if (strcmp(amp_str_text(&out), reads) != 0 || strcmp(why ? why : "", broken) != 0)
		fail_msg("%s\nreads: %s\nnot:   %s\nbroken: %s", schema,
			amp_str_text(&out), reads, why ? why : "no");
}

static void test_shapes__of_views_and_triggers(void **state)
{
	(void)state;
	assert_reads("CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a FROM t", "v",
		"t.a", "");
	assert_reads("CREATE TABLE t (a); CREATE VIEW v AS SELECT nope FROM t", "v", "",
		"no such column: nope");
	/* what is SQLite's own, and amplan's, is nobody's dependency */
	assert_reads("CREATE TABLE amplan_history (a); CREATE VIEW v AS "
		     "SELECT name, a FROM sqlite_schema, amplan_history",
		"v", "", "");
	/* nor is what has no name */
	assert_reads("CREATE TABLE \"\" (a); CREATE VIEW v AS SELECT a FROM \"\"", "v",
		"", "");
	assert_reads("CREATE TABLE t (a); CREATE TABLE log (x); CREATE TRIGGER r AFTER "
		     "INSERT ON t BEGIN INSERT INTO log VALUES (1); END",
		"r", "log.", "");
	assert_reads("CREATE TABLE t (a); CREATE TRIGGER r AFTER DELETE ON t BEGIN "
		     "DELETE FROM gone; END",
		"r", "", "no such table: main.gone");
}

/* Of a view only that is tried which a trigger makes possible. */
static void test_shapes__of_triggers_on_views(void **state)
{
	(void)state;
#define LOG "CREATE TABLE log (x, y); CREATE VIEW v AS SELECT 1 AS a; "
	assert_reads(LOG "CREATE TRIGGER r INSTEAD OF DELETE ON v BEGIN "
			 "INSERT INTO log (x) VALUES (old.a); END",
		"r", "log. v.a", "");
	assert_reads(LOG "CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN "
			 "DELETE FROM log; END",
		"r", "log.", "");
	assert_reads(LOG "CREATE TRIGGER r INSTEAD OF UPDATE ON v BEGIN "
			 "INSERT INTO gone VALUES (1); END",
		"r", "", "no such table: main.gone");
}

/* A temporary trigger is not of the schema, whatever it is called. */
static void test_shapes__of_temporary_triggers(void **state)
{
	(void)state;
	assert_reads("CREATE TABLE t (a); CREATE TABLE log (x); "
		     "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM log; END; "
		     "CREATE TEMP TABLE mine (x); CREATE TEMP TRIGGER r AFTER INSERT ON "
		     "main.t BEGIN INSERT INTO mine VALUES (1); END",
		"r", "log.", "");
}

/* Each violation: CHILD(KEY) -> PARENT, row and how many. */
static void assert_violations(const char *schema, const char *expected)
{
	SHADOW s;
	AMP_STR_AUTO out = AMP_STR_INIT;
	struct amp_violations violations = {0};
	shadow_init(&s);
	violations.arena = &s.arena;
	shadow_exec(&s, "PRAGMA foreign_keys=OFF");
	shadow_exec(&s, schema);
	assert_int_equal(amp_sqlite.violations(s.db, NULL, 0, &violations, &s.error), 0);
	for (size_t i = 0; i < violations.count; i++) {
		const struct amp_violation *one = &violations.items[i];
		amp_str_addf(&out, "%s%s(%s) -> %s %lld*%lld", i ? "; " : "", one->child,
			one->key, one->parent, (long long)one->row,
			(long long)one->count);
	}
	amp_vec_deinit(&violations);
	if (strcmp(amp_str_text(&out), expected) != 0)
		fail_msg("%s\n is: %s\nnot: %s", schema, amp_str_text(&out), expected);
}

static void test_violations__of_each_key(void **state)
{
	(void)state;
	assert_violations("CREATE TABLE p (a, b, PRIMARY KEY (a, b)); "
			  "CREATE TABLE c (x, y, z REFERENCES q, "
			  "FOREIGN KEY (x, y) REFERENCES p); "
			  "CREATE TABLE q (id INTEGER PRIMARY KEY); "
			  "CREATE TABLE d (x REFERENCES q); "
			  "INSERT INTO c VALUES (1, 2, 3), (4, 5, 6), (NULL, 1, NULL); "
			  "INSERT INTO d VALUES (7)",
		"c(x, y) -> p 1*1; c(x, y) -> p 2*1; c(z) -> q 1*1; c(z) -> q 2*1; "
		"d(x) -> q 1*1");
	assert_violations("CREATE TABLE q (id INTEGER PRIMARY KEY); CREATE TABLE d "
			  "(k PRIMARY KEY, x REFERENCES q) WITHOUT ROWID; "
			  "INSERT INTO d VALUES (1, 7), (2, 8)",
		"d(x) -> q 0*2");
	assert_violations("CREATE TABLE q (id); CREATE TABLE d (x REFERENCES q)",
		"d(foreign key mismatch - \"d\" referencing \"q\") ->  0*1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes__of_all_affinities),
		cmocka_unit_test(test_shapes__of_keys),
		cmocka_unit_test(test_shapes__of_views_and_triggers),
		cmocka_unit_test(test_shapes__of_triggers_on_views),
		cmocka_unit_test(test_shapes__of_temporary_triggers),
		cmocka_unit_test(test_violations__of_each_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
