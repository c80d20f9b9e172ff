/*
 * Lent: a handle that the application has set up in its own way.
 */
#include <string.h>

#include <sqlite3.h>

#include "tests/host/host.h"
#include "tests/support/temp.h"

static sqlite3 *lend(const char *sql)
{
	sqlite3 *db;
	MUST(!sqlite3_open("app.db", &db));
	MUST(!sqlite3_exec(db, sql, NULL, NULL, NULL));
	return db;
}

static void write_step(const char *up)
{
	char text[512];
	snprintf(text, sizeof(text),
		"<migration xmlns='urn:amplan:1' id='1'><up>%s</up></migration>", up);
	temp_text(".", "m/1.xml", text);
}

static long count(sqlite3 *db, const char *table)
{
	char sql[128];
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	return host_number_on(db, sql);
}

/* What was rehearsed on a table of the database is not done to one that hides it. */
static void temporary_hides(void)
{
	static const char *const steps[] = {"INSERT INTO t VALUES (2)", "DELETE FROM t",
		"UPDATE t SET a = 3", "DROP TABLE t", "ALTER TABLE t ADD COLUMN z",
		"CREATE TABLE u AS SELECT a FROM t", "ALTER TABLE T RENAME TO v",
		"CREATE INDEX i ON t (a)"};
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct amplan_options options = host_options(NULL);
		struct amplan_error error;
		remove("app.db");
		write_step(steps[i]);
		sqlite3 *db =
			lend("CREATE TABLE main.t (a); INSERT INTO main.t VALUES (1);"
			     "CREATE TEMP TABLE t (a); CREATE TEMP TABLE other (a)");
		options.sqlite = db;
		int code = host_apply(&options, &error);
		if (code != AMPLAN_REFUSED)
			fprintf(stderr, "%s: %d %s\n", steps[i], code, error.message);
		MUST(code == AMPLAN_REFUSED);
		MUST(count(db, "main.t") == 1 && count(db, "temp.t") == 0);
		MUST(count(db, "main.sqlite_schema") == 1);
		/* those that hide nothing are left alone, and in nobody's way */
		write_step("INSERT INTO main.t VALUES (2); CREATE TABLE u (a)");
		MUST(host_apply(&options, NULL) == AMPLAN_OK);
		MUST(count(db, "main.t") == 2 && count(db, "temp.other") == 0);
		sqlite3_close(db);
	}
}

static void triggers_off(void)
{
	struct amplan_options options = host_options(NULL);
	int fire = 1, show = 1;
	write_step(
		"CREATE TABLE log (a); CREATE TRIGGER tr AFTER INSERT ON t BEGIN "
		"INSERT INTO log VALUES (new.a); END; CREATE VIEW w AS SELECT a FROM t;"
		"INSERT INTO t SELECT a + 1 FROM w");
	sqlite3 *db = lend("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)NULL);
	options.sqlite = db;
	MUST(host_apply(&options, NULL) == AMPLAN_OK);
	MUST(count(db, "log") == 1);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, -1, &fire);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, -1, &show);
	MUST(!fire && !show);
	sqlite3_close(db);
}

const struct scenario lent_scenarios[] = {
	{"lent: a temporary table hides one of the database", temporary_hides},
	{"lent: triggers and views are off", triggers_off},
	{NULL, NULL},
};
