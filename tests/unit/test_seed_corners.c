/*
 * executor/sqlite_seed, the rest of what is in test_seed.c: keys, checks and tables of
 * which there are few.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "tests/support/cmocka.h"
#include "tests/support/shadow.h"

static void assert_seeded(const char *schema, unsigned seeded, unsigned unseeded,
	const char *query, const char *expected)
{
	SHADOW s;
	shadow_init(&s);
	shadow_exec(&s, schema);
	shadow_seed(&s);
	if (s.code || s.seeded != seeded || s.unseeded != unseeded)
		fail_msg("%s\ncode %d, seeded %u, unseeded %u", schema, s.code, s.seeded,
			s.unseeded);
	const char *answer = shadow_ask(&s, query);
	if (strcmp(answer, expected) != 0)
		fail_msg("%s\n%s\n is: %s\nnot: %s", schema, query, answer, expected);
}

static void test_corners__a_schema_without_tables(void **state)
{
	(void)state;
	assert_seeded("", 0, 0, "SELECT count(*) FROM sqlite_schema", "0");
}

static void test_corners__names_that_say_what_a_column_holds(void **state)
{
	(void)state;
	assert_seeded("CREATE TABLE t (is_open INT, born_date INT, order_uuid TEXT, "
		      "end_date TEXT, seen_at INT)",
		1, 0, "SELECT * FROM t WHERE rowid = 0",
		"1|946684800|5eed0000-0000-4000-8000-000000000001|2000-01-01|946684800");
}

static void test_corners__virtual_tables(void **state)
{
	(void)state;
	assert_seeded("CREATE VIRTUAL TABLE f USING fts3(title)", 1, 0,
		"SELECT count(*) FROM f WHERE f MATCH 'seed'", "2");
	assert_seeded("CREATE VIRTUAL TABLE f USING fts5(title, tokenize = 'porter')", 1,
		0, "SELECT count(*) FROM f WHERE f MATCH 'seed'", "2");
	/* no rows of its own */
	assert_seeded("CREATE VIRTUAL TABLE f USING fts5(title); "
		      "CREATE VIRTUAL TABLE v USING fts5vocab('f', 'row')",
		1, 0, "SELECT term, doc FROM v ORDER BY term", "1|2 ; seed|2");
}

static int refuse_reading(void *user, int action, const char *one, const char *two,
	const char *database, const char *inner)
{
	(void)user, (void)two, (void)database, (void)inner;
	return action == SQLITE_READ && !strcmp(one, "secret") ? SQLITE_DENY : SQLITE_OK;
}

static void test_corners__a_table_that_cannot_be_read(void **state)
{
	SHADOW s;
	(void)state;
	shadow_init(&s);
	shadow_exec(&s, "CREATE TABLE secret (a); CREATE TABLE t (a)");
	sqlite3_set_authorizer(s.handle, refuse_reading, NULL);
	shadow_seed(&s);
	sqlite3_set_authorizer(s.handle, NULL, NULL);
	assert_int_equal(s.code, 0);
	assert_int_equal(s.seeded, 1);
	assert_int_equal(s.unseeded, 1);
	assert_string_equal(shadow_ask(&s,
				    "SELECT count(*), (SELECT count(*) FROM secret) "
				    "FROM t"),
		"3|0");
}

static void test_corners__keys_of_several_columns(void **state)
{
	(void)state;
	assert_seeded("CREATE TABLE p (x TEXT, y TEXT, PRIMARY KEY (x, y)); "
		      "CREATE TABLE c (a, FOREIGN KEY (a, a) REFERENCES p (x, y))",
		2, 0, "SELECT a FROM c", "NULL ; seed-1 ; seed-1");
	/* half a key: a mistake */
	assert_seeded("CREATE TABLE p (x INT, y INT, PRIMARY KEY (x, y)); "
		      "CREATE TABLE c (a INT REFERENCES p)",
		1, 1, "SELECT count(*) FROM c", "0");
	/* no parent has rows, and one column alone can be NULL */
	assert_seeded("CREATE TABLE p (x INT, y INT, PRIMARY KEY (x, y), CHECK (0)); "
		      "CREATE TABLE c (a INT NOT NULL, b INT, FOREIGN KEY (a, b) "
		      "REFERENCES p)",
		1, 1, "SELECT count(a), count(b) FROM c", "3|0");
	/* a CHECK on part of a key: the key is let go rather than broken */
	assert_seeded("CREATE TABLE p (x TEXT, y INT, PRIMARY KEY (x, y)); "
		      "CREATE TABLE c (a TEXT, b INT, FOREIGN KEY (a, b) REFERENCES p, "
		      "CHECK (a IS NULL OR b > 0))",
		2, 0, "SELECT count(*), count(a) FROM c", "3|0");
}

static void test_corners__keys_of_other_kinds(void **state)
{
	(void)state;
	assert_seeded("CREATE TABLE p (r REAL PRIMARY KEY); "
		      "CREATE TABLE c (r REAL NOT NULL REFERENCES p)",
		2, 0, "SELECT count(*) FROM c JOIN p USING (r)", "3");
	/* a generated column follows from others */
	assert_seeded("CREATE TABLE p (id INTEGER PRIMARY KEY); "
		      "CREATE TABLE c (a_id INT, g AS (a_id) STORED REFERENCES p)",
		2, 0, "SELECT count(*), count(g) FROM c", "3|2");
	/* a table that points at a key it does not have */
	assert_seeded("CREATE TABLE node (id INT, up INT NOT NULL REFERENCES node)", 0, 1,
		"SELECT count(*) FROM node", "0");
	/* its own key is NULL, since the parent of that has no rows */
	assert_seeded("CREATE TABLE p (id INTEGER PRIMARY KEY CHECK (0)); "
		      "CREATE TABLE n (up TEXT NOT NULL REFERENCES n (k), "
		      "k TEXT UNIQUE REFERENCES p)",
		0, 2, "SELECT count(*) FROM n", "0");
	/* views are no parents; this one has no end */
	assert_seeded(
		"CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
		"i FROM n) SELECT i FROM n; CREATE TABLE c (a REFERENCES v (i))",
		0, 1, "SELECT count(*) FROM c", "0");
}

static void test_corners__checks_that_nothing_meets(void **state)
{
	(void)state;
	assert_seeded("CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (0))", 0, 1,
		"SELECT count(*) FROM t", "0");
	assert_seeded(
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h, i, "
		"CHECK (0))",
		0, 1, "SELECT count(*) FROM t", "0");
	/* a key that offers one value */
	assert_seeded(
		"CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (7); "
		"CREATE TABLE t (a INT NOT NULL REFERENCES p, b INT NOT NULL, "
		"CHECK (a * b = 1522756))",
		0, 1, "SELECT count(*) FROM t", "0");
	/* many literals, which a unique column does not take */
	assert_seeded("CREATE TABLE t (a INT NOT NULL UNIQUE, b INT NOT NULL, CHECK "
		      "(a * b = 1522756 AND a NOT IN (1, 2, 3, 4, 5, 6)))",
		0, 1, "SELECT count(*) FROM t", "0");
}

/* More columns than are told apart. */
static void test_corners__an_index_over_many_columns(void **state)
{
	AMP_STR_AUTO schema = {0}, columns = {0};
	(void)state;
	for (int i = 0; i < 70; i++)
		amp_str_addf(&columns, "%sc%d", i ? ", " : "", i);
	amp_str_addf(&schema, "CREATE TABLE t (%s); CREATE UNIQUE INDEX i ON t (%s)",
		amp_str_text(&columns), amp_str_text(&columns));
	assert_seeded(amp_str_text(&schema), 1, 0,
		"SELECT count(*), count(DISTINCT c63), count(DISTINCT c69) FROM t",
		"3|2|1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corners__a_schema_without_tables),
		cmocka_unit_test(test_corners__names_that_say_what_a_column_holds),
		cmocka_unit_test(test_corners__virtual_tables),
		cmocka_unit_test(test_corners__a_table_that_cannot_be_read),
		cmocka_unit_test(test_corners__keys_of_several_columns),
		cmocka_unit_test(test_corners__keys_of_other_kinds),
		cmocka_unit_test(test_corners__checks_that_nothing_meets),
		cmocka_unit_test(test_corners__an_index_over_many_columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
