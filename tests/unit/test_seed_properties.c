/*
 * executor/sqlite_seed: rows for random and for huge schemas; interrupted, and out of
 * memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/support/cmocka.h"
#include "tests/support/shadow.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The ways a shadow is used: foreign keys off or on, in a transaction or not. */
#define WAYS 4

/* Random schemas from a generator that always draws the same. */
struct generator {
	uint32_t state;
	struct amp_str sql;
	int tables;
};

static uint32_t draw(struct generator *g, uint32_t below)
{
	g->state = g->state * 1664525u + 1013904223u;
	return (g->state >> 8) % below;
}

static void draw_column(struct generator *g, int number, bool strict)
{
	static const char *const loose[] = {"INTEGER", "TEXT", "", "REAL", "BLOB",
		"NUMERIC(8, 2)", "VARCHAR(3)", "DATETIME", "BOOLEAN", "JSON", "UUID"};
	static const char *const tight[] = {
		"INTEGER", "TEXT", "ANY", "REAL", "BLOB", "INT"};
	static const char *const conditions[] = {"IN ('a', 'b', 7)", "> 0", "<> ''",
		"IS NOT NULL", "BETWEEN 5 AND 6", "GLOB 'k[0-9]*'", "LIKE '%@%'", "<> c0",
		"IS NULL", "= lower(c0)", "NOT IN (0, -1, 'seed-1')"};
	amp_str_addf(&g->sql, "%sc%d %s", number ? ", " : "", number,
		strict ? tight[draw(g, COUNT(tight))] : loose[draw(g, COUNT(loose))]);
	if (!draw(g, 3))
		amp_str_add(&g->sql, " NOT NULL");
	if (!draw(g, 5))
		amp_str_add(&g->sql, " UNIQUE");
	if (!draw(g, 4))
		amp_str_addf(&g->sql, " CHECK (c%d %s)", number,
			conditions[draw(g, COUNT(conditions))]);
	if (!draw(g, 6))
		amp_str_addf(&g->sql, " CHECK (length(c%d) = %u)", number, draw(g, 40));
	if (!draw(g, 8))
		amp_str_addf(&g->sql, " DEFAULT 'k%u'", draw(g, 10));
}

static void draw_table(struct generator *g, int number, int tables)
{
	bool strict = !draw(g, 4), without_rowid = !draw(g, 4), alias = draw(g, 2);
	int columns = 1 + (int)draw(g, 6), last = columns;
	amp_str_addf(&g->sql, "CREATE TABLE t%d (", number);
	for (int i = 0; i < columns; i++)
		draw_column(g, i, strict);
	amp_str_addf(
		&g->sql, ", id %s", alias ? "INTEGER PRIMARY KEY" : "INTEGER UNIQUE");
	if (!draw(g, 4))
		amp_str_addf(&g->sql, ", g %s AS (%s) %s", strict ? "ANY" : "",
			draw(g, 2) ? "c0 || 'x'" : "length(c0) + 1",
			draw(g, 2) ? "STORED" : "VIRTUAL NOT NULL");
	for (; !draw(g, 2); last++)
		amp_str_addf(&g->sql, ", c%d INTEGER%s REFERENCES t%u (id)", last,
			draw(g, 2) ? " NOT NULL" : "", draw(g, (uint32_t)tables));
	if (columns > 1 && !draw(g, 3))
		amp_str_addf(&g->sql, ", UNIQUE (c0, c%d)", last - 1);
	if (columns > 1 && !draw(g, 4))
		amp_str_addf(&g->sql, ", CHECK (c0 <> c1 OR c%d IS NULL)", last - 1);
	if (!alias && (without_rowid || !draw(g, 2)))
		amp_str_addf(&g->sql, ", PRIMARY KEY (c%d%s)", last - 1,
			columns > 1 ? ", c0" : "");
	without_rowid &= alias || strstr(amp_str_text(&g->sql), "PRIMARY") != NULL;
	amp_str_addf(&g->sql, ")%s;\n",
		without_rowid && strict ? " STRICT, WITHOUT ROWID"
			: without_rowid ? " WITHOUT ROWID"
			: strict        ? " STRICT"
					: "");
	if (!draw(g, 4))
		amp_str_addf(&g->sql, "CREATE UNIQUE INDEX i%d ON t%d (lower(c0), id);\n",
			number, number);
	if (!draw(g, 4))
		amp_str_addf(&g->sql,
			"CREATE TRIGGER r%d AFTER INSERT ON t%d BEGIN "
			"INSERT INTO fired VALUES (1); END;\n",
			number, number);
}

static void draw_schema(struct generator *g)
{
	g->tables = 1 + (int)draw(g, 6);
	amp_str_clear(&g->sql);
	amp_str_add(&g->sql, "CREATE TABLE fired (x CHECK (0));\n");
	for (int i = 0; i < g->tables; i++)
		draw_table(g, i, g->tables);
}

#define SCHEMAS 200

static void test_seed__of_random_schemas_keeps_every_rule(void **state)
{
	struct generator g = {.state = 20};
	unsigned seeded = 0, tables = 0;
	(void)state;
	for (int i = 0; i < SCHEMAS; i++) {
		char *first = NULL;
		draw_schema(&g);
		for (int way = 0; way < WAYS; way++) {
			SHADOW s;
			shadow_init(&s);
			shadow_exec(&s, amp_str_text(&g.sql));
			shadow_exec(&s,
				way & 1 ? "PRAGMA foreign_keys=ON"
					: "PRAGMA foreign_keys=OFF");
			if (way & 2)
				shadow_exec(&s, "BEGIN");
			shadow_seed(&s);
			assert_int_equal(s.code, 0);
			assert_int_equal(s.seeded + s.unseeded, g.tables + 1);
			assert_shadow_sound(&s);
			assert_string_equal(
				shadow_ask(&s, "SELECT count(*) FROM fired"), "0");
			char *all = shadow_dump(&s);
			if (first && strcmp(first, all) != 0)
				fail_msg("%s\n%s\n%s", amp_str_text(&g.sql), first, all);
			if (first)
				free(all);
			else
				first = all;
			seeded += way ? 0 : s.seeded;
		}
		tables += (unsigned)g.tables;
		free(first);
	}
	amp_str_deinit(&g.sql);
	/* most, though some contradict themselves */
	if (seeded < tables * 7 / 10)
		fail_msg("only %u of %u tables were seeded", seeded, tables);
}

/* 2000 columns, each with a CHECK of its own; a CHECK with thousands of words. */
static void test_seed__bounds_its_work(void **state)
{
	AMP_STR_AUTO sql = AMP_STR_INIT;
	SHADOW s;
	(void)state;
	shadow_init(&s);
	amp_str_add(&sql, "CREATE TABLE wide (c0 UNIQUE");
	for (int i = 1; i < 1990; i++)
		amp_str_addf(&sql, ", c%d TEXT NOT NULL CHECK (c%d IN ('v%d'))", i, i, i);
	amp_str_add(&sql, "); CREATE TABLE open (c0 UNIQUE");
	for (int i = 1; i < 1990; i++)
		amp_str_addf(&sql, ", c%d INT NOT NULL", i);
	amp_str_add(&sql, "); CREATE TABLE deep (a TEXT NOT NULL CHECK (a IN ('w0'");
	for (int i = 1; i < 20000; i++)
		amp_str_addf(&sql, ", 'w%d'", i);
	amp_str_add(&sql, ")), b TEXT NOT NULL CHECK (");
	for (int i = 0; i < 90; i++)
		amp_str_add(&sql, i % 40 ? "" : "(");
	amp_str_add(&sql, "b = 'y'");
	for (int i = 0; i < 90; i++)
		amp_str_addf(&sql, " OR b = 'z%d'%s", i, i % 40 ? "" : ")");
	amp_str_add(&sql, "))");
	shadow_exec(&s, amp_str_text(&sql));
	shadow_seed(&s);
	assert_int_equal(s.code, 0);
	assert_int_equal(s.seeded, 2);
	assert_int_equal(s.unseeded, 1);
	assert_string_equal(shadow_ask(&s, "SELECT DISTINCT a, b FROM deep"), "w0|y");
	assert_string_equal(shadow_ask(&s, "SELECT count(*) FROM open"), "3");
	assert_shadow_sound(&s);
}

static bool cancel(void *user)
{
	(void)user;
	return true;
}

/* Looking for keys in a large parent can be interrupted; nothing is left of it then. */
static void test_seed__interrupted_leaves_nothing(void **state)
{
	SHADOW s;
	(void)state;
	shadow_init(&s);
	shadow_exec(&s,
		"CREATE TABLE a (x); CREATE TABLE big (k);"
		"CREATE TABLE c (k REFERENCES big (k));"
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		"WHERE i < 20000) INSERT INTO big SELECT i FROM n; BEGIN");
	s.hooks.cancel = cancel;
	shadow_seed(&s);
	assert_int_equal(s.code, AMPLAN_CANCELLED);
	assert_string_equal(s.error.message, "interrupted");
	assert_int_equal(sqlite3_get_autocommit(s.handle), 0);
	s.hooks.cancel = NULL;
	assert_string_equal(shadow_ask(&s, "SELECT count(*) FROM a"), "0");
}

/* Memory runs out at the 1st, 2nd, … Nth request of SQLite, until one run has no fault. */
static struct {
	sqlite3_mem_methods real;
	bool armed, happened;
	unsigned left;
} fault;

static bool fails(void)
{
	if (!fault.armed || fault.happened || fault.left--)
		return false;
	fault.happened = true;
	return true;
}

static void *faulty_malloc(int size)
{
	return fails() ? NULL : fault.real.xMalloc(size);
}

static void *faulty_realloc(void *memory, int size)
{
	return fails() ? NULL : fault.real.xRealloc(memory, size);
}

static void install_faults(void)
{
	sqlite3_shutdown();
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &fault.real), SQLITE_OK);
	sqlite3_mem_methods methods = fault.real;
	methods.xMalloc = faulty_malloc;
	methods.xRealloc = faulty_realloc;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
	/* what is set aside for small requests would hide them */
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	sqlite3_initialize();
}

/* Returns whether the fault happened. */
static bool seed_with_fault(unsigned nth, const char *sound)
{
	SHADOW s;
	shadow_init(&s);
	shadow_exec(&s,
		"CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT UNIQUE "
		"CHECK (t IN ('ab', 'cd') OR length(t) = 9));"
		"CREATE TABLE c (p INT NOT NULL REFERENCES p, s CHECK (s GLOB 'x[0-9]*'));"
		"CREATE VIRTUAL TABLE f USING fts5(t); BEGIN");
	fault.left = nth;
	fault.happened = false;
	fault.armed = true;
	shadow_seed(&s);
	fault.armed = false;
	/* SQLite gets over some */
	if (s.code) {
		assert_true(fault.happened);
		if (s.code != AMPLAN_NOMEM)
			fail_msg("request %u: %d, %s", nth, s.code, s.error.message);
		if (!sqlite3_get_autocommit(s.handle))
			assert_string_equal(shadow_ask(&s,
						    "SELECT (SELECT count(*) FROM p),"
						    "(SELECT count(*) FROM c)"),
				"0|0");
	} else if (sound) {
		char *all = shadow_dump(&s);
		assert_int_equal(s.seeded, 3);
		assert_string_equal(all, sound);
		free(all);
	}
	return fault.happened;
}

static void test_seed__out_of_memory_is_an_error_like_others(void **state)
{
	SHADOW s;
	unsigned nth = 0;
	(void)state;
	shadow_init(&s);
	shadow_exec(&s,
		"CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT UNIQUE "
		"CHECK (t IN ('ab', 'cd') OR length(t) = 9));"
		"CREATE TABLE c (p INT NOT NULL REFERENCES p, s CHECK (s GLOB 'x[0-9]*'));"
		"CREATE VIRTUAL TABLE f USING fts5(t)");
	shadow_seed(&s);
	assert_int_equal(s.seeded, 3);
	char *sound = shadow_dump(&s);
	while (seed_with_fault(nth, sound))
		nth++;
	free(sound);
	assert_true(nth > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seed__of_random_schemas_keeps_every_rule),
		cmocka_unit_test(test_seed__bounds_its_work),
		cmocka_unit_test(test_seed__interrupted_leaves_nothing),
		cmocka_unit_test(test_seed__out_of_memory_is_an_error_like_others),
	};
	install_faults();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
