/*
 * executor/sqlite_keep, _replace, _rebuild: what a step is told of rows that it loses, in
 * the corners that tests/recipes leaves out; and what is noted of its statements.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "executor/sqlite_keep.h"
#include "schema/migration.h"
#include "tests/support/cmocka.h"
#include "tests/support/shadow.h"

/* A shadow with this schema, and one step run on it. */
struct step {
	struct shadow shadow;
	struct amp_recorder recorder;
	struct amp_findings findings;
	int code;
};

#define STEP __attribute__((cleanup(step_deinit))) struct step

static void step_deinit(struct step *step)
{
	amp_findings_deinit(&step->findings);
	amp_vec_deinit(&step->recorder.touches);
	amp_vec_deinit(&step->recorder.statements);
	shadow_deinit(&step->shadow);
}

static void step_run(struct step *step, const char *schema, const char *text)
{
	static const struct amp_span whole[] = {{.step = 1}};
	struct shadow *s = &step->shadow;
	*step = (struct step){0};
	shadow_init(s);
	amp_findings_init(&step->findings, &s->arena);
	step->recorder.arena = &s->arena;
	shadow_exec(s, schema);
	shadow_exec(s, "BEGIN");
	struct amp_source *source =
		amp_source_new(&s->arena, "up.sql", text, strlen(text));
	struct amp_sql sql = {.text = text,
		.length = strlen(text),
		.source = source,
		.spans = whole,
		.nspans = 1};
	struct amp_migration migration = {.id = "m"};
	struct amp_run_as as = {.migration = &migration,
		.transactional = true,
		.findings = &step->findings,
		.arena = &s->arena,
		.recorder = &step->recorder};
	struct amp_run run;
	step->code = amp_sqlite.run(s->db, &sql, &as, &run, &s->error);
}

/* What the step is told, one finding a line: COLUMN: KIND: MESSAGE. */
static void assert_told(const char *schema, const char *text, int code, const char *told)
{
	STEP step;
	AMP_STR_AUTO out = AMP_STR_INIT;
	step_run(&step, schema, text);
	for (size_t i = 0; i < step.findings.count; i++) {
		const struct amplan_finding *finding = &step.findings.items[i];
		amp_str_addf(&out, "%s%u: %s: %s", i ? "\n" : "",
			(unsigned)finding->place.column, finding->kind, finding->message);
	}
	if (step.code != code || strcmp(amp_str_text(&out), told) != 0)
		fail_msg("%s\ncode %d, %s\n is: %s\nnot: %s", text, step.code,
			step.code ? step.shadow.error.message : "", amp_str_text(&out),
			told);
}

#define T                                                                  \
	"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b TEXT); " \
	"INSERT INTO t VALUES (1, 'x', 'p'), (2, 'y', 'q'), (3, 'z', 'r');"

/* One row has a value that SQLite cannot give. */
#define UNREADABLE                                                          \
	"CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES " \
	"(1, '{}'), (2, 'no json'); ALTER TABLE t ADD COLUMN g AS (json(a))"

static void test_replace__of_a_word_at_the_end(void **state)
{
	(void)state;
	assert_true(sqlite_says_replace("ON CONFLICT REPLACE", 19));
	assert_true(sqlite_says_replace("REPLACE  ", 9));
	assert_true(sqlite_says_replace("a replace\n= b", 13));
	assert_false(sqlite_says_replace("replace (a, b, c)", 17));
	assert_false(sqlite_says_replace("REPLACE  (a", 11));
	assert_false(sqlite_says_replace("REPLAC", 6));
	assert_false(sqlite_says_replace("REPLACE", 6));
}

static void test_replace__of_the_table_itself(void **state)
{
	(void)state;
	assert_told(
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE ON CONFLICT REPLACE); "
		"INSERT INTO t VALUES (1, 'x'), (2, 'y')",
		"INSERT INTO t VALUES (3, 'x'), (4, 'y')", AMPLAN_REFUSED,
		"1: row-loss: 2 of the 2 rows of 't' are gone after this statement, and no "
		"DELETE of the step removed them");
}

#define ONE_GONE                                                                           \
	"1: row-loss: 1 of the 3 rows of 't' is gone after this statement, and no DELETE " \
	"of the step removed it"

static void test_replace__in_a_trigger(void **state)
{
	(void)state;
	static const char schema[] =
		T "CREATE TABLE log (a TEXT); CREATE TRIGGER copy AFTER INSERT ON log "
		  "BEGIN INSERT OR REPLACE INTO t (a) VALUES (new.a); END;";
	assert_told(schema, "INSERT INTO log VALUES ('x')", AMPLAN_REFUSED, ONE_GONE);
	assert_told(schema, "INSERT INTO log VALUES ('w')", AMPLAN_OK, "");
}

/* The keys that are compared at the end have another name by then. */
static void test_replace__before_a_rename(void **state)
{
	(void)state;
	assert_told(T,
		"REPLACE INTO t VALUES (4, 'x', 'p'); ALTER TABLE t RENAME id TO k",
		AMPLAN_REFUSED, ONE_GONE);
	assert_told(T,
		"REPLACE INTO t VALUES (4, 'x', 'p'); ALTER TABLE t RENAME TO u; "
		"CREATE TABLE t (id)",
		AMPLAN_REFUSED, ONE_GONE);
	assert_told(T,
		"REPLACE INTO t VALUES (1, 'x', 's'); ALTER TABLE t RENAME id TO k",
		AMPLAN_OK, "");
}

/* Nothing can be told of rows without a key, nor of those that cannot be read. */
static void test_replace__of_what_cannot_be_measured(void **state)
{
	(void)state;
	assert_told("CREATE TABLE t (rowid, _rowid_, oid); "
		    "CREATE UNIQUE INDEX i ON t (lower(oid)); "
		    "INSERT INTO t VALUES (1, 2, 'x')",
		"REPLACE INTO t VALUES (3, 4, 'X')", AMPLAN_OK, "");
	assert_told(UNREADABLE,
		"REPLACE INTO t VALUES (1, '[]'); UPDATE OR REPLACE t SET id = 3 WHERE "
		"id = 1",
		AMPLAN_OK, "");
}

static void test_replace__of_a_trigger_that_only_might_delete(void **state)
{
	(void)state;
	assert_told(T "CREATE TABLE u (a); CREATE TRIGGER touch AFTER UPDATE ON u BEGIN "
		      "DELETE FROM t WHERE id > 90; UPDATE t SET b = NULL; END; "
		      "INSERT INTO u VALUES (1)",
		"UPDATE u SET a = 2", AMPLAN_OK, "");
	assert_told(T "CREATE TABLE u (a); CREATE TRIGGER touch AFTER UPDATE ON u BEGIN "
		      "DELETE FROM t WHERE id > 1; UPDATE t SET b = NULL; END; "
		      "INSERT INTO u VALUES (1)",
		"UPDATE u SET a = 2", AMPLAN_REFUSED,
		"1: row-loss: 2 of the 3 rows of 't' are gone after this statement, and no "
		"DELETE of the step removed them");
}

#define REBUILD(columns, copy)                                                 \
	"CREATE TABLE n (" columns "); " copy "; DROP TABLE t; ALTER TABLE n " \
	"RENAME TO t"

/* Two tables poured into one temporary one, from there to one that stays. */
static void test_rebuild__by_way_of_a_temporary_table(void **state)
{
	(void)state;
	static const char schema[] =
		T "CREATE TABLE u (id INTEGER PRIMARY KEY, a TEXT, b TEXT); "
		  "INSERT INTO u VALUES (4, 'v', 's'), (5, 'w', 't')";
	assert_told(schema,
		"CREATE TEMP TABLE k (id, a, b); INSERT INTO k SELECT * FROM t; "
		"INSERT INTO k SELECT * FROM u; DROP TABLE t; DROP TABLE u; "
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT); "
		"INSERT INTO t SELECT * FROM k; DROP TABLE k",
		AMPLAN_OK, "");
	/* one that is left over */
	assert_told(schema,
		"CREATE TEMP TABLE k AS SELECT * FROM t; " REBUILD(
			"id INTEGER PRIMARY KEY, a, b", "INSERT INTO n SELECT * FROM t"),
		AMPLAN_REFUSED,
		"1: forbidden-statement: the step leaves the temporary 'k' behind");
}

/* What the step changed on purpose may differ. */
static void test_rebuild__of_what_was_rewritten(void **state)
{
	(void)state;
	/* one of two copies was changed, and it is the other that has the name */
	assert_told(T,
		"CREATE TABLE m AS SELECT * FROM t; "
		"CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT, b TEXT); "
		"INSERT INTO n (id, a) SELECT id, a FROM t; UPDATE m SET a = NULL; "
		"DROP TABLE t; ALTER TABLE n RENAME TO t",
		AMPLAN_OK, "");
	/* another table takes the name, with rows of its own */
	assert_told(T "CREATE TABLE u (id INTEGER PRIMARY KEY, a TEXT, b TEXT); "
		      "INSERT INTO u (id, a) SELECT id + 5, a FROM t",
		"UPDATE u SET a = 'c'; DROP TABLE t; ALTER TABLE u RENAME TO t",
		AMPLAN_OK, "");
	assert_told(T "CREATE TABLE u (id INTEGER PRIMARY KEY, a TEXT, b TEXT); "
		      "INSERT INTO u (id, a) SELECT id, a FROM t",
		"DROP TABLE t; ALTER TABLE u RENAME TO t", AMPLAN_OK,
		"1: value-loss: 't.b' had 3 values and has 0 now, and no UPDATE of the step "
		"removed them");
}

static void test_rebuild__of_what_cannot_be_measured(void **state)
{
	(void)state;
	assert_told(UNREADABLE,
		REBUILD("id INTEGER PRIMARY KEY, a",
			"INSERT INTO n SELECT id, a FROM t LIMIT 1"),
		AMPLAN_OK, "");
	assert_told(UNREADABLE "; CREATE TABLE u (id INTEGER PRIMARY KEY); "
			       "INSERT INTO u VALUES (1)",
		"DROP TABLE u; ALTER TABLE t RENAME TO u", AMPLAN_OK, "");
}

/* Two columns, and nothing that tells the rows apart. */
#define BARE                                                                       \
	"CREATE TABLE t (a TEXT, b TEXT); INSERT INTO t VALUES ('x', 'p'), "       \
	"('y', 'q'), ('y', 'q'), ('z', NULL); CREATE TABLE m (a TEXT, team INT); " \
	"INSERT INTO m VALUES ('x', 1), ('x', 2), ('y', 1);"

#define LOST(rows, lost, columns, are)                                  \
	"row-loss: 't' had " rows " rows when it was dropped, " lost    \
	" of them (by " columns ") " are                                \
	" not in the copy, which has others more often, and no DELETE " \
	"of the step removed "

/* A join that leaves one out and repeats another, so that the count is right. */
static void test_rebuild__of_rows_without_a_key(void **state)
{
	(void)state;
	assert_told(BARE,
		REBUILD("a TEXT, b TEXT, team INT",
			"INSERT INTO n SELECT t.a, t.b, m.team FROM t JOIN m USING (a)"),
		AMPLAN_REFUSED, "44: " LOST("4", "1", "a, b", "is") "it");
	/* of two that are the same one is left */
	assert_told(BARE,
		REBUILD("a TEXT, b TEXT",
			"INSERT INTO n SELECT * FROM t GROUP BY a; "
			"INSERT INTO n SELECT * FROM t WHERE a = 'x'"),
		AMPLAN_REFUSED, "34: " LOST("4", "1", "a, b", "is") "it");
	/* by the columns that the copy has */
	assert_told(BARE,
		REBUILD("b TEXT, extra",
			"INSERT INTO n (b) SELECT t.b FROM t JOIN m USING (a)"),
		AMPLAN_REFUSED, "33: " LOST("4", "1", "b", "is") "it");
	assert_told(BARE,
		REBUILD("A TEXT, b TEXT",
			"INSERT INTO n SELECT * FROM t WHERE a = 'x'; "
			"INSERT INTO n SELECT * FROM n; INSERT INTO n SELECT * FROM n; "
			"INSERT INTO n SELECT * FROM t WHERE a = 'x' LIMIT 3"),
		AMPLAN_REFUSED,
		"34: row-loss: 't' had 4 rows when it was dropped, 2 of them were copied, "
		"and no DELETE of the step removed the others");
}

/* A key that the copy does without cannot tell them apart there. */
static void test_rebuild__into_rows_without_their_key(void **state)
{
	(void)state;
	static const char schema[] =
		T "CREATE TABLE m (a TEXT); INSERT INTO m VALUES ('x'), ('x'), ('y')";
	assert_told(schema,
		REBUILD("uuid, a TEXT, b TEXT",
			"INSERT INTO n (a, b) SELECT t.a, t.b FROM t JOIN m USING (a)"),
		AMPLAN_REFUSED, "40: " LOST("3", "1", "a, b", "is") "it");
	/* nor one that is given out anew */
	assert_told(schema,
		REBUILD("id INTEGER PRIMARY KEY, a TEXT, b TEXT",
			"INSERT INTO n (a, b) SELECT t.a, t.b FROM t JOIN m USING (a)"),
		AMPLAN_REFUSED, "58: " LOST("3", "1", "a, b", "is") "it");
	assert_told(schema,
		REBUILD("id INTEGER PRIMARY KEY, a TEXT, b TEXT",
			"INSERT INTO n (a, b) SELECT a, b FROM t ORDER BY a DESC"),
		AMPLAN_OK, "");
	assert_told("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES "
		    "(1, 'x'), (3, 'y')",
		REBUILD("id INTEGER PRIMARY KEY, a", "INSERT INTO n (a) SELECT a FROM t"),
		AMPLAN_OK,
		"45: row-loss: 't' had 2 rows when it was dropped, and 1 of their keys (id) "
		"are not there any more: others took their place");
	/* not where a copy beside has less than the one that stays */
	assert_told(T "CREATE TABLE m (a TEXT); INSERT INTO m VALUES ('x'), ('y'), ('q')",
		REBUILD("id INTEGER, a TEXT, b TEXT",
			"CREATE TABLE log AS SELECT a FROM t; INSERT INTO n SELECT t.* FROM "
			"t JOIN m ON m.a = t.a OR m.a = 'q' AND t.id = 2"),
		AMPLAN_REFUSED,
		"46: row-loss: 't' had 3 rows when it was dropped, 1 of their keys (id) are "
		"not there any more, and no DELETE of the step removed them");
	static const char wide[] =
		"CREATE TABLE t (a, b, c, d, e); INSERT INTO t VALUES (1, 2, 3, 4, 5), "
		"(1, 2, 3, 4, 6), (1, 2, 3, 4, 7)";
	assert_told(wide,
		REBUILD("a, b, c, d, e",
			"INSERT INTO n SELECT s.* FROM t JOIN t AS s ON t.e > 4 AND s.e = 6"),
		AMPLAN_REFUSED, "33: " LOST("3", "2", "a, b, c, d, …", "are") "them");
}

/* All rows are there, in another order, in parts, or not as they were. */
static void test_rebuild__of_rows_without_a_key_that_stay(void **state)
{
	(void)state;
	assert_told(BARE,
		REBUILD("b TEXT, a TEXT", "INSERT INTO n SELECT b, a FROM t ORDER BY b"),
		AMPLAN_OK, "");
	assert_told(BARE,
		REBUILD("a TEXT, b TEXT",
			"INSERT INTO n SELECT * FROM t WHERE a = 'y'; "
			"INSERT INTO n SELECT * FROM t WHERE a <> 'y'"),
		AMPLAN_OK, "");
	assert_told(BARE,
		REBUILD("a TEXT, b TEXT",
			"INSERT INTO n SELECT upper(a), b FROM t; "
			"INSERT INTO n VALUES ('x', 'p')"),
		AMPLAN_OK, "");
	assert_told(BARE,
		"CREATE TEMP TABLE n AS SELECT a FROM t; DROP TABLE t; "
		"CREATE TABLE t (a TEXT); INSERT INTO t SELECT a FROM n; DROP TABLE n",
		AMPLAN_OK, "");
	assert_told(BARE,
		"CREATE TABLE n AS SELECT a FROM t; CREATE TABLE o AS SELECT b FROM t; "
		"DROP TABLE t; ALTER TABLE n RENAME TO t",
		AMPLAN_OK, "");
	/* none of its columns */
	assert_told(BARE, REBUILD("c TEXT, d TEXT", "INSERT INTO n SELECT b, a FROM t"),
		AMPLAN_OK, "");
	/* a row may have changed on purpose */
	assert_told(BARE,
		REBUILD("a TEXT, b TEXT",
			"INSERT INTO n SELECT * FROM t; UPDATE n SET a = 'y', b = 'q'"),
		AMPLAN_OK, "");
}

/* Nobody has the name afterwards: it was to go. */
static void test_rebuild__into_an_archive(void **state)
{
	(void)state;
	assert_told(T, "CREATE TABLE archive AS SELECT * FROM t LIMIT 1; DROP TABLE t",
		AMPLAN_OK, "");
	assert_told(T,
		"CREATE TABLE archive AS SELECT * FROM t LIMIT 1; DROP TABLE t; "
		"CREATE VIEW t AS SELECT * FROM archive",
		AMPLAN_REFUSED,
		"1: row-loss: 't' had 3 rows when it was dropped, 1 of them were copied, and "
		"no DELETE of the step removed the others");
}

static void test_rebuild__where_ids_cannot_go_on(void **state)
{
	(void)state;
	static const char schema[] =
		"CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT); "
		"INSERT INTO t VALUES (1, 'x'), (7, 'y'); DELETE FROM t WHERE id = 7";
	assert_told(schema,
		REBUILD("id INTEGER PRIMARY KEY, a TEXT",
			"INSERT INTO n SELECT * FROM t"),
		AMPLAN_OK,
		"81: autoincrement-reset: 't' had given out ids up to 7, and begins again "
		"behind 1: it is no longer AUTOINCREMENT");
	/* what has no rowid gives out none */
	assert_told(schema,
		REBUILD("rowid INTEGER, _rowid_ TEXT, oid",
			"INSERT INTO n (rowid, _rowid_) SELECT * FROM t"),
		AMPLAN_OK, "");
}

/* What is noted of the only statement, or the last. */
static struct amp_statement noted(struct step *step, const char *schema, const char *text)
{
	step_run(step, schema, text);
	if (step->code)
		fail_msg("%s: %s", text, step->shadow.error.message);
	assert_true(step->recorder.statements.count > 0);
	return step->recorder.statements.items[step->recorder.statements.count - 1];
}

static void assert_idle(
	const char *schema, const char *text, const char *object, bool differs)
{
	STEP step;
	struct amp_statement statement = noted(&step, schema, text);
	assert_true(statement.idle);
	assert_string_equal(statement.object, object);
	assert_int_equal(statement.differs, differs);
}

static void test_record__of_idle_statements(void **state)
{
	(void)state;
	static const char schema[] = "CREATE TABLE t (a); CREATE INDEX i ON t (a)";
	assert_idle(schema, "CREATE TABLE IF NOT EXISTS t (a)", "t", false);
	assert_idle(schema, "CREATE TABLE IF NOT EXISTS t (a, b)", "t", true);
	/* SQLite does not ask about an index that is there */
	assert_idle(schema, "CREATE INDEX IF NOT EXISTS i ON t (lower(a))", "", false);
	/* it cannot be made where nothing else is */
	assert_idle(
		schema, "CREATE TABLE IF NOT EXISTS t AS SELECT a FROM t", "t", false);
	assert_idle(schema, "DROP TABLE IF EXISTS u", "", false);
}

static void assert_chance(const char *text, const char *chance)
{
	STEP step;
	struct amp_statement statement = noted(&step, "CREATE TABLE t (a)", text);
	if (chance)
		assert_string_equal(statement.chance, chance);
	else
		assert_null(statement.chance);
}

static void test_record__of_what_no_second_run_repeats(void **state)
{
	(void)state;
	assert_chance("INSERT INTO t VALUES (CURRENT_TIMESTAMP)", "current_timestamp");
	assert_chance("INSERT INTO t VALUES (random())", "random");
	assert_chance("INSERT INTO t VALUES (datetime('now'))", "datetime");
	assert_chance("INSERT INTO t VALUES (datetime('2000-01-01'))", NULL);
	assert_chance("INSERT INTO t VALUES (lower('A'))", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace__of_a_word_at_the_end),
		cmocka_unit_test(test_replace__of_the_table_itself),
		cmocka_unit_test(test_replace__in_a_trigger),
		cmocka_unit_test(test_replace__before_a_rename),
		cmocka_unit_test(test_replace__of_what_cannot_be_measured),
		cmocka_unit_test(test_replace__of_a_trigger_that_only_might_delete),
		cmocka_unit_test(test_rebuild__by_way_of_a_temporary_table),
		cmocka_unit_test(test_rebuild__of_what_was_rewritten),
		cmocka_unit_test(test_rebuild__of_what_cannot_be_measured),
		cmocka_unit_test(test_rebuild__of_rows_without_a_key),
		cmocka_unit_test(test_rebuild__into_rows_without_their_key),
		cmocka_unit_test(test_rebuild__of_rows_without_a_key_that_stay),
		cmocka_unit_test(test_rebuild__into_an_archive),
		cmocka_unit_test(test_rebuild__where_ids_cannot_go_on),
		cmocka_unit_test(test_record__of_idle_statements),
		cmocka_unit_test(test_record__of_what_no_second_run_repeats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
