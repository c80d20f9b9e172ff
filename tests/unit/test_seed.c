/*
 * executor/sqlite_seed: made-up rows fit the schema, are the same every time, and find
 * what only fails where there are rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/support/cmocka.h"
#include "tests/support/shadow.h"

/* The ways a shadow is used: foreign keys off or on, in a transaction or not. */
#define WAYS 4

static char *seed_in_way(const char *schema, int way, unsigned seeded, unsigned unseeded)
{
	SHADOW s;
	shadow_init(&s);
	shadow_exec(&s, schema);
	shadow_exec(&s, way & 1 ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF");
	if (way & 2)
		shadow_exec(&s, "BEGIN");
	const char *cookie = shadow_ask(&s, "PRAGMA schema_version");
	shadow_seed(&s);
	if (s.code || s.seeded != seeded || s.unseeded != unseeded)
		fail_msg("%s\nway %d: code %d, seeded %u, unseeded %u", schema, way,
			s.code, s.seeded, s.unseeded);
	assert_int_equal(sqlite3_get_autocommit(s.handle), !(way & 2));
	assert_string_equal(shadow_ask(&s, "PRAGMA schema_version"), cookie);
	assert_shadow_sound(&s);
	if (way & 2)
		shadow_exec(&s, "COMMIT");
	char *all = shadow_dump(&s);
	shadow_seed(&s);
	assert_int_equal(s.seeded, 0);
	char *again = shadow_dump(&s);
	assert_string_equal(all, again);
	free(again);
	return all;
}

struct expected {
	const char *schema;
	unsigned seeded, unseeded;
	const char *query, *answer;
};

static void check_case(const struct expected *expected)
{
	char *first = NULL;
	for (int way = 0; way < WAYS; way++) {
		char *all = seed_in_way(
			expected->schema, way, expected->seeded, expected->unseeded);
		if (first)
			assert_string_equal(first, all);
		else
			first = strdup(all);
		free(all);
	}
	free(first);
	SHADOW s;
	shadow_init(&s);
	shadow_exec(&s, expected->schema);
	shadow_seed(&s);
	const char *answer = shadow_ask(&s, expected->query);
	if (strcmp(answer, expected->answer) != 0)
		fail_msg("%s\n%s\n is: %s\nnot: %s", expected->schema, expected->query,
			answer, expected->answer);
}

static const struct expected types[] = {
	{"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT NOT NULL, c REAL, d BLOB)",
		1, 0, "SELECT id, a, b, c, hex(d) FROM t ORDER BY id DESC",
		"0|seed-1|-1000003|-1000003.5|5EED01 ; -1|seed-1|-1000003|-1000003.5|5EED01"
		" ; -2|NULL|0|NULL|"},
	{"CREATE TABLE t (a TEXT NOT NULL)", 1, 0,
		"SELECT rowid, a FROM t ORDER BY rowid DESC",
		"0|seed-1 ; -1|seed-1 ; -2|"},
	{"CREATE TABLE t (rowid TEXT, a)", 1, 0, "SELECT _rowid_, rowid FROM t",
		"-2|NULL ; -1|seed-1 ; 0|seed-1"},
	{"CREATE TABLE t (rowid, _rowid_, oid)", 1, 0, "SELECT count(*) FROM t", "3"},
	{"CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a);"
	 "CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT, a)",
		2, 0, "SELECT * FROM sqlite_sequence ORDER BY name", "t|0 ; u|0"},
	{"CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a)", 1, 0,
		"SELECT id FROM t ORDER BY id", "-1000007 ; -1000005 ; -1000003"},
	{"CREATE TABLE t (k TEXT PRIMARY KEY, v) WITHOUT ROWID", 1, 0, "SELECT * FROM t",
		"seed-1|seed-1 ; seed-2|seed-1 ; seed-3|NULL"},
	{"CREATE TABLE t (k INTEGER PRIMARY KEY) WITHOUT ROWID", 1, 0, "SELECT * FROM t",
		"-1000007 ; -1000005 ; -1000003"},
	{"CREATE TABLE t (i INT, j INTEGER NOT NULL, r REAL, t TEXT, b BLOB NOT NULL, a ANY"
	 ") STRICT",
		1, 0, "SELECT DISTINCT typeof(j), typeof(b), typeof(a) FROM t",
		"integer|blob|null ; integer|blob|text"},
	{"CREATE TABLE t (born DATE, made_at DATETIME, done TIMESTAMP, ok BOOLEAN, "
	 "at_time INTEGER, seen_at TEXT)",
		1, 0, "SELECT * FROM t WHERE rowid = 0",
		"2000-01-01|2000-01-01T00:00:00Z|2000-01-01T00:00:00Z|1|946684800"
		"|2000-01-01T00:00:00Z"},
	{"CREATE TABLE t (a CHAR(1) UNIQUE, b VARCHAR(2) UNIQUE, c VARCHAR(20))", 1, 0,
		"SELECT * FROM t ORDER BY rowid DESC",
		"a|da|seed-1 ; b|db|seed-1 ; NULL|NULL|NULL"},
	{"CREATE TABLE t (a JSON, b UUID UNIQUE, other_id INT NOT NULL)", 1, 0,
		"SELECT * FROM t ORDER BY rowid DESC",
		"{}|5eed0000-0000-4000-8000-000000000001|0"
		" ; {}|5eed0000-0000-4000-8000-000000000002|0 ; NULL|NULL|-1"},
	{"CREATE TABLE t (a INT, g AS (a + 1) UNIQUE, h AS (a * 2) STORED NOT NULL)", 1,
		0, "SELECT count(*) > 1, count(*) = count(g) FROM t", "1|1"},
	{"CREATE TABLE t (a TEXT NOT NULL, \"A b\"\"c\" TEXT, `z'` REAL)", 1, 0,
		"SELECT count(*) FROM t", "3"},
};

static const struct expected keys[] = {
	{"CREATE TABLE p (x REAL PRIMARY KEY); INSERT INTO p VALUES (1.5), (2.5);"
	 "CREATE TABLE c (x REAL NOT NULL REFERENCES p, y REFERENCES p (x))",
		1, 0, "SELECT x, y FROM c ORDER BY x, y", "2.5|NULL ; 2.5|2.5 ; 2.5|2.5"},
	{"CREATE TABLE p (a, b, c, PRIMARY KEY (c, a)); INSERT INTO p VALUES (1, 2, 3);"
	 "CREATE TABLE c (x NOT NULL, y NOT NULL, FOREIGN KEY (x, y) REFERENCES p)",
		1, 0, "SELECT x, y FROM c ORDER BY x, y", "3|1 ; 3|1 ; 3|1"},
	{"CREATE TEMP TABLE other (a); CREATE TABLE t (a TEXT NOT NULL)", 1, 0,
		"SELECT count(*), (SELECT count(*) FROM temp.other) FROM t", "3|0"},
	{"CREATE TABLE t (a TEXT UNIQUE, b TEXT NOT NULL UNIQUE, c)", 1, 0,
		"SELECT a, b, c FROM t ORDER BY rowid DESC",
		"seed-1|seed-1|seed-1 ; seed-2|seed-2|seed-1 ; NULL|seed-3|NULL"},
	{"CREATE TABLE t (a TEXT NOT NULL, b TEXT NOT NULL, UNIQUE (a, b))", 1, 0,
		"SELECT * FROM t ORDER BY rowid DESC",
		"seed-1|seed-1 ; seed-1|seed-2 ; |seed-3"},
	{"CREATE TABLE t (a TEXT NOT NULL); CREATE UNIQUE INDEX i ON t (a) "
	 "WHERE a <> ''",
		1, 0, "SELECT count(DISTINCT a) FROM t", "3"},
	{"CREATE TABLE t (a TEXT NOT NULL); CREATE UNIQUE INDEX i ON t (lower(a))", 1, 0,
		"SELECT count(DISTINCT lower(a)) FROM t", "3"},
	{"CREATE TABLE t (a TEXT NOT NULL UNIQUE ON CONFLICT REPLACE, "
	 "b TEXT NOT NULL UNIQUE ON CONFLICT ROLLBACK, "
	 "c TEXT NOT NULL ON CONFLICT ROLLBACK, d CHECK (d <> 'seed-1'))",
		1, 0, "SELECT count(*) FROM t", "3"},
	{"CREATE TABLE p (id INTEGER PRIMARY KEY); "
	 "CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INT NOT NULL REFERENCES p)",
		2, 0, "SELECT p_id FROM c", "0 ; 0 ; 0"},
	{"CREATE TABLE z (k TEXT PRIMARY KEY); "
	 "CREATE TABLE a (z TEXT REFERENCES z (k), y TEXT UNIQUE REFERENCES z (k))",
		2, 0, "SELECT z, y FROM a ORDER BY rowid DESC",
		"seed-3|seed-3 ; seed-3|seed-2 ; NULL|NULL"},
	{"CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY);"
	 "CREATE TABLE ab (a REFERENCES a, b REFERENCES b, PRIMARY KEY (a, b)) WITHOUT "
	 "ROWID",
		3, 0, "SELECT * FROM ab", "0|-2 ; 0|-1 ; 0|0"},
	{"CREATE TABLE a (id INTEGER PRIMARY KEY); "
	 "CREATE TABLE b (id INTEGER PRIMARY KEY); INSERT INTO b VALUES (5);"
	 "CREATE TABLE ab (a REFERENCES a, b REFERENCES b, PRIMARY KEY (a, b)) WITHOUT "
	 "ROWID",
		2, 0, "SELECT * FROM ab", "-2|5 ; -1|5 ; 0|5"},
	{"CREATE TABLE p (a TEXT, b INT, PRIMARY KEY (a, b)); "
	 "CREATE TABLE c (x TEXT NOT NULL, y INT NOT NULL, FOREIGN KEY (x, y) REFERENCES p)",
		2, 0, "SELECT count(*) FROM c JOIN p ON c.x = p.a AND c.y = p.b", "3"},
	{"CREATE TABLE node (id INTEGER PRIMARY KEY, up INT REFERENCES node)", 1, 0,
		"SELECT * FROM node ORDER BY id DESC", "0|NULL ; -1|0 ; -2|NULL"},
	{"CREATE TABLE node (id INTEGER PRIMARY KEY, up INT NOT NULL REFERENCES node)", 1,
		0, "SELECT up FROM node", "0 ; 0 ; 0"},
	{"CREATE TABLE node (k TEXT PRIMARY KEY, up TEXT NOT NULL REFERENCES node)", 1, 0,
		"SELECT * FROM node ORDER BY k",
		"seed-1|seed-1 ; seed-2|seed-1 ; seed-3|seed-2"},
	{"CREATE TABLE a (id INTEGER PRIMARY KEY, b INT NOT NULL REFERENCES b);"
	 "CREATE TABLE b (id INTEGER PRIMARY KEY, a INT REFERENCES a)",
		2, 0, "SELECT (SELECT count(b) FROM a), (SELECT count(a) FROM b)", "3|0"},
	{"CREATE TABLE a (id INTEGER PRIMARY KEY, b INT NOT NULL REFERENCES b);"
	 "CREATE TABLE b (id INTEGER PRIMARY KEY, a INT NOT NULL REFERENCES a)",
		0, 2, "SELECT count(*) FROM a", "0"},
	{"CREATE TABLE p (id INTEGER PRIMARY KEY CHECK (id = 1)); "
	 "CREATE TABLE c (p INT NOT NULL REFERENCES p)",
		0, 2, "SELECT count(*) FROM c", "0"},
	{"CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (7); "
	 "CREATE TABLE c (id INTEGER PRIMARY KEY REFERENCES p, a)",
		1, 0, "SELECT * FROM c", "7|seed-1"},
};

/* SQL in its rarer spellings, and what names and types say of a column;
   one row of three has NULL where it may. */
static const struct expected spellings[] = {
	{"CREATE TABLE t (n INT NOT NULL CHECK (n -- it's )\n > 90) /* ) */)", 1, 0,
		"SELECT min(n) > 90, count(*) FROM t", "1|3"},
	{"CREATE TABLE t (r REAL NOT NULL CHECK (r > 1e+3 AND r < 2E+3))", 1, 0,
		"SELECT min(r) > 1000, max(r) < 2000 FROM t", "1|1"},
	{"CREATE TABLE t (r DOUBLE NOT NULL CHECK (r >= .5 AND r < 1e0))", 1, 0,
		"SELECT min(r) >= .5, max(r) < 1 FROM t", "1|1"},
	{"CREATE TABLE t (n FLOAT NOT NULL CHECK (n < -1e-1))", 1, 0,
		"SELECT max(n) < 0 FROM t", "1"},
	{"CREATE TABLE t (n INT NOT NULL CHECK (n IN (0x10, 9223372036854775807)))", 1, 0,
		"SELECT DISTINCT n FROM t", "16"},
	{"CREATE TABLE t (`n` INT NOT NULL CHECK (`n` = 1e2))", 1, 0,
		"SELECT DISTINCT n FROM t", "100"},
	{"CREATE TABLE t (a$1 INT NOT NULL CHECK (a$1 = 77))", 1, 0,
		"SELECT DISTINCT a$1 FROM t", "77"},
	{"CREATE TABLE t (g TEXT NOT NULL CHECK (g GLOB '[]x]-[^a-f]'))", 1, 0,
		"SELECT count(*) FROM t WHERE g GLOB '?-?'", "3"},
	{"CREATE TABLE t (has_a INT, can_b INT, c_flag INT, d BOOLEAN)", 1, 0,
		"SELECT sum(has_a IN (0, 1)), sum(can_b IN (0, 1)), sum(c_flag IN (0, 1)), "
		"sum(d IN (0, 1)) FROM t",
		"2|2|2|2"},
	{"CREATE TABLE t (a_timestamp TEXT, b_utc CLOB, c_on TEXT, a_day TEXT)", 1, 0,
		"SELECT sum(datetime(a_timestamp) IS NOT NULL), sum(datetime(b_utc) IS NOT "
		"NULL), sum(datetime(c_on) IS NOT NULL), sum(date(a_day) IS a_day) FROM t",
		"2|2|2|3"},
	{"CREATE TABLE t (a GUID, b UUID, c TEXT, d_guid TEXT, e_json TEXT, f JSON)", 1,
		0,
		"SELECT sum(length(a) = 36), sum(length(b) = 36), sum(length(d_guid) = 36), "
		"sum(json_valid(e_json)), sum(json_valid(f)) FROM t",
		"2|2|2|2|2"},
	{"CREATE TABLE t (a VARCHAR(0), b VARCHAR(3), c NATIVE CHARACTER(5))", 1, 0,
		"SELECT max(length(b)) <= 3, max(length(c)) <= 5 FROM t", "1|1"},
};

static const struct expected checks[] = {
	{"CREATE TABLE t (s TEXT NOT NULL CHECK (s IN ('draft', 'it''s open')))", 1, 0,
		"SELECT DISTINCT s FROM t", "draft"},
	{"CREATE TABLE t (n INT NOT NULL CHECK (n BETWEEN 18 AND 99))", 1, 0,
		"SELECT count(*) FROM t", "3"},
	{"CREATE TABLE t (n INT UNIQUE NOT NULL CHECK (n > 0))", 1, 0,
		"SELECT min(n) > 1000, count(*) FROM t", "1|3"},
	{"CREATE TABLE t (c TEXT NOT NULL UNIQUE CHECK (length(c) = 10))", 1, 0,
		"SELECT count(*), max(length(c)) FROM t", "3|10"},
	{"CREATE TABLE t (c BLOB NOT NULL CHECK (length(c) = 33))", 1, 0,
		"SELECT count(*) FROM t", "3"},
	{"CREATE TABLE t (j TEXT NOT NULL CHECK (json_valid(j)))", 1, 0,
		"SELECT sum(json_valid(j)) FROM t", "3"},
	{"CREATE TABLE t (j NOT NULL CHECK (json_type(j) = 'array'))", 1, 0,
		"SELECT j FROM t LIMIT 1", "[]"},
	{"CREATE TABLE t (j TEXT, g AS (json_extract(j, '$.name')) STORED NOT NULL)", 1,
		0, "SELECT g FROM t LIMIT 1", "seed"},
	{"CREATE TABLE t (d TEXT NOT NULL CHECK (date(d) IS d))", 1, 0,
		"SELECT DISTINCT d FROM t", "2000-01-01"},
	{"CREATE TABLE t (d TEXT NOT NULL CHECK (d GLOB "
	 "'[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T*Z'))",
		1, 0, "SELECT count(*) FROM t", "3"},
	{"CREATE TABLE t (id TEXT PRIMARY KEY CHECK (id GLOB 'usr_*' AND length(id) = 20 "
	 "AND id NOT GLOB '*[^a-z0-9_]*'))",
		1, 0, "SELECT count(*), max(length(id)) FROM t", "3|20"},
	{"CREATE TABLE t (m TEXT NOT NULL CHECK (m LIKE '%_@_%._%'))", 1, 0,
		"SELECT count(*) FROM t WHERE m LIKE '%@%'", "3"},
	{"CREATE TABLE t (h TEXT NOT NULL CHECK (length(h) = 40 AND h NOT GLOB "
	 "'*[^0-9a-f]*'))",
		1, 0, "SELECT count(*) FROM t", "3"},
	{"CREATE TABLE t (s TEXT NOT NULL CHECK (s = upper(s) AND length(s) = 3))", 1, 0,
		"SELECT count(*) FROM t", "3"},
	{"CREATE TABLE t (b INT NOT NULL CHECK (b IN (0, 1)), r REAL NOT NULL "
	 "CHECK (r > 0.0 AND r < 1.0), n NUMERIC NOT NULL CHECK (n >= -5 AND n < 0))",
		1, 0, "SELECT count(*) FROM t", "3"},
	{"CREATE TABLE t (a TEXT NOT NULL, b TEXT NOT NULL, CONSTRAINT \"b after a\" "
	 "CHECK (b > a))",
		1, 0, "SELECT count(*) FROM t WHERE b > a", "3"},
	{"CREATE TABLE t (s TEXT NOT NULL, CONSTRAINT 'one''s own' CHECK (s = 'p'))", 1,
		0, "SELECT DISTINCT s FROM t", "p"},
	{"CREATE TABLE t (a INT, b INT, c INT, CHECK ((a IS NOT NULL) + (b IS NOT NULL) + "
	 "(c IS NOT NULL) = 1))",
		1, 0, "SELECT count(*) > 1 FROM t", "1"},
	{"CREATE TABLE t (a INT, b INT, CHECK ((a IS NULL) <> (b IS NULL)))", 1, 0,
		"SELECT count(*) > 1 FROM t", "1"},
	{"CREATE TABLE t (k TEXT NOT NULL, a INT, b INT, CONSTRAINT one CHECK "
	 "((k = 'x' AND a IS NOT NULL AND b IS NULL) OR "
	 "(k = 'y' AND b IS NOT NULL AND a IS NULL)))",
		1, 0, "SELECT DISTINCT k IN ('x', 'y') FROM t", "1"},
	{"CREATE TABLE t (a TEXT NOT NULL, b INT NOT NULL, "
	 "CONSTRAINT ck_a CHECK (a IN ('p', 'q')), CONSTRAINT b CHECK (b % 7 = 3))",
		1, 0, "SELECT DISTINCT a, b % 7 FROM t", "p|3"},
	{"CREATE TABLE t (a INT CHECK (typeof(a) = 'integer'), b CHECK (typeof(b) = 'blob')"
	 ")",
		1, 0, "SELECT count(*) FROM t", "3"},
	{"CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE f (x INT NOT NULL "
	 "REFERENCES a, y INT NOT NULL REFERENCES a, UNIQUE (x, y), CHECK (x <> y))",
		2, 0, "SELECT count(*) > 1 FROM f WHERE x <> y", "1"},
	{"CREATE TABLE t (\"s\" TEXT NOT NULL CHECK (\"s\" IN ('p', 'q')), [n] INT NOT NULL "
	 "CHECK ([n] > 4), CHECK ([n] < 9 OR /* ) */ [n] IS NULL), CHECK ('x' <> \"s\"))",
		1, 0, "SELECT DISTINCT s, n > 4, n < 9 FROM t", "p|1|1"},
	/* a row that awaits a certain value, which a migration may bring */
	{"CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id = 1), a)", 0, 1,
		"SELECT count(*) FROM t", "0"},
	{"CREATE TABLE t (name TEXT PRIMARY KEY CHECK (name IN ('admin', 'user')))", 0, 1,
		"SELECT count(*) FROM t", "0"},
	/* nothing fits */
	{"CREATE TABLE t (a CHECK (0))", 0, 1, "SELECT count(*) FROM t", "0"},
	{"CREATE TABLE t (a INT NOT NULL CHECK (a * a = 1522756))", 0, 1,
		"SELECT count(*) FROM t", "0"},
	{"CREATE TABLE good (a); CREATE TABLE bad (id INTEGER PRIMARY KEY AUTOINCREMENT, "
	 "a NOT NULL CHECK (a IS NULL))",
		1, 1, "SELECT count(*), (SELECT count(*) FROM sqlite_sequence) FROM good",
		"3|0"},
};

static const struct expected others[] = {
	{"CREATE VIRTUAL TABLE f USING fts5(title, content)", 1, 0,
		"SELECT count(*) FROM f WHERE f MATCH 'seed'", "2"},
	{"CREATE VIRTUAL TABLE f USING fts4(title, body)", 1, 0,
		"SELECT count(*) FROM f WHERE f MATCH 'seed'", "2"},
	{"CREATE TABLE t (a TEXT); CREATE VIRTUAL TABLE f USING fts5(a, content='t')", 1,
		0, "SELECT count(*) FROM f WHERE f MATCH 'seed'", "0"},
	{"CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1, +label)", 1, 0,
		"SELECT id FROM r ORDER BY id", "-2 ; -1 ; 0"},
	{"CREATE VIRTUAL TABLE r USING rtree_i32(id, x0, x1)", 1, 0,
		"SELECT count(*) FROM r", "3"},
	{"CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) "
	 "SELECT i FROM n; CREATE TABLE t (a)",
		1, 0, "SELECT count(*) FROM t", "3"},
	{"CREATE TABLE amplan_history (a); CREATE TABLE t (a)", 1, 0,
		"SELECT count(*) FROM amplan_history", "0"},
	{"CREATE TABLE t (a); INSERT INTO t VALUES (1); CREATE TABLE u (a)", 1, 0,
		"SELECT * FROM t", "1"},
	{"CREATE TABLE log (a); INSERT INTO log VALUES ('old'); CREATE TABLE t (a);"
	 "CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;"
	 "CREATE TRIGGER b BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'no'); END",
		1, 0, "SELECT group_concat(a) FROM log", "old"},
	{"CREATE TABLE t (a TEXT COLLATE NOCASE UNIQUE, b DEFAULT CURRENT_TIMESTAMP, "
	 "c DEFAULT (random()))",
		1, 0, "SELECT c FROM t", "NULL ; seed-1 ; seed-1"},
	{"CREATE TABLE \"we\"\"ird ';-- t\" (\"a'\"\"b\" TEXT NOT NULL CHECK "
	 "(\"a'\"\"b\" IN ('x')), \"SELECT\" INT, [c d] UNIQUE, \"\" INT)",
		1, 0, "SELECT DISTINCT \"a'\"\"b\" FROM \"we\"\"ird ';-- t\"", "x"},
	{"CREATE TABLE \"\xc3\xa9t\xc3\xa9\" (\"\xc3\xa0\" TEXT NOT NULL CHECK "
	 "(\xc3\xa0 = 'oui'))",
		1, 0, "SELECT DISTINCT * FROM \"\xc3\xa9t\xc3\xa9\"", "oui"},
};

static void check_cases(const struct expected *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_case(&cases[i]);
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void test_seed__fits_types(void **state)
{
	(void)state;
	check_cases(types, COUNT(types));
}

static void test_seed__fits_unique_and_foreign_keys(void **state)
{
	(void)state;
	check_cases(keys, COUNT(keys));
}

static void test_seed__reads_rare_spellings(void **state)
{
	(void)state;
	check_cases(spellings, COUNT(spellings));
}

static void test_seed__fits_checks(void **state)
{
	(void)state;
	check_cases(checks, COUNT(checks));
}

static void test_seed__knows_what_is_no_ordinary_table(void **state)
{
	(void)state;
	check_cases(others, COUNT(others));
}

/* What fails on a table that has rows, and passed on one that has none. */
static void test_seed__finds_what_fails_on_rows(void **state)
{
	static const char *const later[] = {
		"CREATE UNIQUE INDEX i ON t (a)",
		"CREATE UNIQUE INDEX i ON t (n)",
		"CREATE UNIQUE INDEX i ON t (a, n)",
		"CREATE UNIQUE INDEX i ON t (p_id)",
		"CREATE UNIQUE INDEX i ON t (x)",
		"CREATE UNIQUE INDEX i ON pair (l)",
		"ALTER TABLE t ADD COLUMN c TEXT NOT NULL",
		"ALTER TABLE t ADD COLUMN c TEXT DEFAULT CURRENT_TIMESTAMP",
		"INSERT INTO new (a) SELECT a FROM t",
		"INSERT INTO new (a) SELECT e FROM t",
		"INSERT INTO checked (n) SELECT n FROM t",
		"INSERT INTO checked (s) SELECT x FROM t",
		"INSERT INTO filled (s) SELECT x FROM t",
	};
	SHADOW s;
	(void)state;
	shadow_init(&s);
	shadow_exec(&s,
		"CREATE TABLE p (id INTEGER PRIMARY KEY);"
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, n INT NOT NULL,"
		"e TEXT UNIQUE, x TEXT NOT NULL, p_id INT NOT NULL REFERENCES p);"
		"CREATE TABLE pair (l TEXT NOT NULL, r TEXT NOT NULL, PRIMARY KEY (l, r))");
	shadow_seed(&s);
	assert_int_equal(s.seeded, 3);
	shadow_exec(&s,
		"CREATE TABLE new (a TEXT NOT NULL);"
		"CREATE TABLE checked (n INT CHECK (n >= 0), s CHECK (s IN ('a', 'b')));"
		"CREATE TABLE filled (s CHECK (s <> ''))");
	for (size_t i = 0; i < COUNT(later); i++)
		if (!sqlite3_exec(s.handle, later[i], NULL, NULL, NULL))
			fail_msg("passed: %s", later[i]);
}

/* What a migration does to an empty table goes on as it would. */
static void test_seed__leaves_the_next_row_the_first(void **state)
{
	SHADOW s;
	(void)state;
	shadow_init(&s);
	shadow_exec(&s,
		"CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT UNIQUE);"
		"CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT UNIQUE);"
		"CREATE TABLE c (t TEXT);"
		"CREATE TABLE d (a_id INT NOT NULL REFERENCES a, k INT UNIQUE);"
		"CREATE TABLE one (x); INSERT INTO one (rowid, x) VALUES (41, 1)");
	shadow_seed(&s);
	assert_int_equal(sqlite3_last_insert_rowid(s.handle), 41);
	shadow_exec(&s,
		"INSERT INTO a (t) VALUES ('x'); INSERT INTO b (t) VALUES ('x');"
		"INSERT INTO c (t) VALUES ('x'); INSERT INTO d VALUES (1, 1)");
	assert_string_equal(shadow_ask(&s,
				    "SELECT (SELECT id FROM a WHERE t = 'x'),"
				    "(SELECT id FROM b WHERE t = 'x'),"
				    "(SELECT rowid FROM c WHERE t = 'x')"),
		"1|1|1");
	assert_shadow_sound(&s);
}

static void test_seed__touches_only_the_tables_asked_for(void **state)
{
	static const char *const wanted[] = {"B", "nothing", "v", "b", "sqlite_sequence",
		"f_content", "amplan_history"};
	SHADOW s;
	(void)state;
	shadow_init(&s);
	shadow_exec(&s,
		"CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT 1;"
		"CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT, a REFERENCES a);"
		"CREATE VIRTUAL TABLE f USING fts5(x); CREATE TABLE amplan_history (x);"
		"CREATE TEMP TABLE b (x)");
	s.code = amp_sqlite.seed(
		s.db, wanted, COUNT(wanted), &s.seeded, &s.unseeded, &s.error);
	assert_int_equal(s.code, 0);
	assert_int_equal(s.seeded, 1);
	assert_int_equal(s.unseeded, 0);
	assert_string_equal(shadow_ask(&s,
				    "SELECT (SELECT count(*) FROM a), count(*), count(a),"
				    "(SELECT count(*) FROM temp.b) FROM main.b"),
		"0|3|0|0");
	s.code = amp_sqlite.seed(s.db, wanted, 0, &s.seeded, &s.unseeded, &s.error);
	assert_int_equal(s.code, 0);
	assert_int_equal(s.seeded, 0);
}

/* The order in which tables are named, made and seeded makes no difference. */
static void test_seed__does_not_depend_on_order(void **state)
{
	static const char *const forth[] = {"a", "b", "c"},
				 *const back[] = {"c", "b", "a"};
	char *dumps[2];
	(void)state;
	for (int i = 0; i < 2; i++) {
		SHADOW s;
		shadow_init(&s);
		shadow_exec(&s,
			i ? "CREATE TABLE c (b REFERENCES b); CREATE TABLE b (id INTEGER "
			    "PRIMARY KEY, a REFERENCES a); CREATE TABLE a (id INTEGER PRIMARY "
			    "KEY)"
			  : "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id "
			    "INTEGER PRIMARY KEY, a REFERENCES a); CREATE TABLE c (b "
			    "REFERENCES b)");
		s.code = amp_sqlite.seed(
			s.db, i ? back : forth, 3, &s.seeded, &s.unseeded, &s.error);
		assert_int_equal(s.seeded, 3);
		dumps[i] = shadow_dump(&s);
	}
	assert_string_equal(dumps[0], dumps[1]);
	free(dumps[0]);
	free(dumps[1]);
}

/* SQLite takes no row at all there, not even NULL, while foreign keys are on. */
static void test_seed__of_a_key_without_parent_is_null(void **state)
{
	(void)state;
	for (int on = 0; on < 2; on++) {
		SHADOW s;
		shadow_init(&s);
		shadow_exec(
			&s, on ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF");
		shadow_exec(&s,
			"CREATE TABLE c (p INT REFERENCES nowhere);"
			"CREATE TABLE d (p INT NOT NULL REFERENCES nowhere)");
		shadow_seed(&s);
		assert_int_equal(s.code, 0);
		assert_int_equal(s.seeded, on ? 0 : 1);
		assert_int_equal(s.unseeded, on ? 2 : 1);
		assert_string_equal(shadow_ask(&s, "SELECT count(p) FROM c"), "0");
		assert_shadow_sound(&s);
	}
}

static void test_seed__of_a_wrong_key_stays_empty(void **state)
{
	SHADOW s;
	(void)state;
	shadow_init(&s);
	shadow_exec(&s,
		"CREATE TABLE p (a, b); CREATE TABLE c (a REFERENCES p (a));"
		"CREATE TABLE d (a REFERENCES p (absent)); CREATE TABLE e (a, b, "
		"FOREIGN KEY (a, b) REFERENCES p)");
	shadow_seed(&s);
	assert_int_equal(s.code, 0);
	assert_int_equal(s.seeded, 1);
	assert_int_equal(s.unseeded, 3);
}

static int refuse_function(void *user, int action, const char *one, const char *two,
	const char *database, const char *inner)
{
	(void)user, (void)one, (void)database, (void)inner;
	return action == SQLITE_FUNCTION && two && !strcmp(two, "mine") ? SQLITE_DENY
									: SQLITE_OK;
}

static void mine(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	sqlite3_result_int(context, sqlite3_value_type(values[0]) != SQLITE_NULL);
}

static void test_seed__of_a_function_that_is_not_there_stays_empty(void **state)
{
	SHADOW s;
	(void)state;
	shadow_init(&s);
	sqlite3_create_function(s.handle, "mine", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
		NULL, mine, NULL, NULL);
	shadow_exec(&s,
		"CREATE TABLE c (a CHECK (mine(a))); CREATE TABLE d (a, b AS (mine(a)) "
		"STORED); CREATE TABLE e (a); CREATE INDEX i ON e (mine(a))");
	sqlite3_set_authorizer(s.handle, refuse_function, NULL);
	sqlite3_create_function(s.handle, "mine", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL);
	shadow_seed(&s);
	sqlite3_set_authorizer(s.handle, NULL, NULL);
	assert_int_equal(s.code, 0);
	assert_int_equal(s.seeded, 0);
	assert_int_equal(s.unseeded, 3);
}

/* They fire although triggers are off, and belong to whoever made them. */
static void test_seed__waits_for_temporary_triggers_to_go(void **state)
{
	SHADOW s;
	(void)state;
	shadow_init(&s);
	shadow_exec(&s,
		"CREATE TABLE t (a); CREATE TABLE log (a); INSERT INTO log VALUES (1);"
		"CREATE TEMP TRIGGER i AFTER INSERT ON main.t "
		"BEGIN INSERT INTO log VALUES (2); END");
	shadow_seed(&s);
	assert_int_equal(s.unseeded, 1);
	assert_string_equal(shadow_ask(&s, "SELECT count(*) FROM log"), "1");
	shadow_exec(&s, "DROP TRIGGER i");
	shadow_seed(&s);
	assert_int_equal(s.seeded, 1);
}

static void test_seed__leaves_triggers_switched_as_they_were(void **state)
{
	SHADOW s;
	(void)state;
	shadow_init(&s);
	shadow_exec(&s,
		"CREATE TABLE t (a); CREATE TABLE log (a);"
		"CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO log VALUES (2); END");
	shadow_seed(&s);
	assert_string_equal(shadow_ask(&s, "SELECT count(*) FROM log"), "3");
	shadow_exec(&s, "INSERT INTO t VALUES (1)");
	assert_string_equal(shadow_ask(&s, "SELECT count(*) FROM log"), "4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seed__fits_types),
		cmocka_unit_test(test_seed__fits_unique_and_foreign_keys),
		cmocka_unit_test(test_seed__reads_rare_spellings),
		cmocka_unit_test(test_seed__fits_checks),
		cmocka_unit_test(test_seed__knows_what_is_no_ordinary_table),
		cmocka_unit_test(test_seed__finds_what_fails_on_rows),
		cmocka_unit_test(test_seed__leaves_the_next_row_the_first),
		cmocka_unit_test(test_seed__touches_only_the_tables_asked_for),
		cmocka_unit_test(test_seed__does_not_depend_on_order),
		cmocka_unit_test(test_seed__of_a_key_without_parent_is_null),
		cmocka_unit_test(test_seed__of_a_wrong_key_stays_empty),
		cmocka_unit_test(test_seed__of_a_function_that_is_not_there_stays_empty),
		cmocka_unit_test(test_seed__waits_for_temporary_triggers_to_go),
		cmocka_unit_test(test_seed__leaves_triggers_switched_as_they_were),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
