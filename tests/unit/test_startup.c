/*
 * The library as an application uses it: startup on a path and on a lent handle, what is
 * given back, and whether a database is fit for a program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include <amplan/amplan.h>

#include "tests/support/cmocka.h"
#include "tests/support/temp.h"

struct fixture {
	char *folder, *migrations, *path;
	const char *folders[1];
	struct amplan_options options;
	unsigned logged;
};

static void count_log(void *user, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	struct fixture *f = user;
	(void)level, (void)message, (void)fields, (void)nfields;
	f->logged++;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->folder = temp_make();
	f->migrations = temp_path(f->folder, "migrations");
	f->path = temp_path(f->folder, "app.db");
	temp_text(f->folder, "migrations/1.xml",
		"<migration xmlns='urn:amplan:1' id='1'><up>CREATE TABLE a (x);</up>"
		"<down>DROP TABLE a;</down></migration>");
	f->folders[0] = f->migrations;
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	f->options = options;
	f->options.database = f->path;
	f->options.folders = f->folders;
	f->options.nfolders = 1;
	f->options.log = count_log;
	f->options.user = f;
	unsetenv("PRODUCTION_MODE");
	unsetenv("AUTO_MIGRATE_ON_STARTUP");
	unsetenv("AUTO_MIGRATE_ON_FAILURE");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	temp_remove(f->folder);
	free(f->migrations);
	free(f->path);
	free(f);
	return 0;
}

static struct amplan_startup_result start(struct fixture *f, enum amplan_gate gate)
{
	struct amplan_startup_options options = AMPLAN_STARTUP_OPTIONS_INIT;
	struct amplan_startup_result result;
	options.gate = gate;
	int code = amplan_startup(&f->options, &options, &result);
	assert_int_equal(code, result.code);
	return result;
}

static void expect(struct fixture *f, enum amplan_outcome_of_startup outcome)
{
	struct amplan_startup_result result = start(f, AMPLAN_GATE_ON);
	assert_string_equal(
		amplan_startup_name(result.outcome), amplan_startup_name(outcome));
	amplan_startup_result_deinit(&result);
}

static void test_gate__is_off_by_default_and_opens_nothing(void **state)
{
	struct fixture *f = *state;
	struct stat status;
	static const char *const values[][2] = {
		{"0", "true"}, {"1", "false"}, {"1", ""}, {"", "true"}, {"yes", "no"}};
	struct amplan_startup_result result = start(f, AMPLAN_GATE_ENVIRONMENT);
	assert_int_equal(result.outcome, AMPLAN_STARTUP_DISABLED);
	assert_int_equal(f->logged, 1);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		setenv("PRODUCTION_MODE", values[i][0], 1);
		setenv("AUTO_MIGRATE_ON_STARTUP", values[i][1], 1);
		result = start(f, AMPLAN_GATE_ENVIRONMENT);
		assert_int_equal(result.outcome, AMPLAN_STARTUP_DISABLED);
	}
	assert_int_not_equal(stat(f->path, &status), 0);
}

static void test_gate__opens_with_any_word_for_yes(void **state)
{
	struct fixture *f = *state;
	static const char *const words[] = {"1", "true", "yes", "on", "TRUE"};
	setenv("PRODUCTION_MODE", "1", 1);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		setenv("AUTO_MIGRATE_ON_STARTUP", words[i], 1);
		struct amplan_startup_result result = start(f, AMPLAN_GATE_ENVIRONMENT);
		assert_int_equal(result.outcome,
			i ? AMPLAN_STARTUP_CURRENT : AMPLAN_STARTUP_APPLIED);
		amplan_startup_result_deinit(&result);
	}
}

static void test_startup__tells_what_it_applied(void **state)
{
	struct fixture *f = *state;
	struct amplan_startup_result result = start(f, AMPLAN_GATE_ON);
	assert_int_equal(result.outcome, AMPLAN_STARTUP_APPLIED);
	assert_int_equal(result.report->nsteps, 1);
	assert_string_equal(result.report->steps[0].migration->id, "1");
	assert_int_equal(result.report->steps[0].outcome, AMPLAN_DONE);
	assert_int_equal(result.report->verdict, AMPLAN_CURRENT);
	amplan_startup_result_deinit(&result);
}

/* invariant 14 */
static void test_startup__with_nothing_to_do_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct stat before, after;
	sqlite3 *writer;
	expect(f, AMPLAN_STARTUP_APPLIED);
	/* somebody holds the write lock: nothing that is up to date waits for it */
	assert_int_equal(sqlite3_open(f->path, &writer), SQLITE_OK);
	sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	f->options.lock_timeout_ms = 0;
	assert_int_equal(stat(f->path, &before), 0);
	expect(f, AMPLAN_STARTUP_CURRENT);
	assert_int_equal(stat(f->path, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	/* and where there is work, the lock is what it does not get */
	temp_text(f->folder, "migrations/2.xml",
		"<migration xmlns='urn:amplan:1' id='2'><up>CREATE TABLE b (x);</up>"
		"</migration>");
	expect(f, AMPLAN_STARTUP_LOCKED);
	sqlite3_close(writer);
	expect(f, AMPLAN_STARTUP_APPLIED);
}

static void test_startup__notices_a_catalog_of_the_same_names(void **state)
{
	struct fixture *f = *state;
	expect(f, AMPLAN_STARTUP_APPLIED);
	temp_text(f->folder, "migrations/1.xml",
		"<migration xmlns='urn:amplan:1' id='1'><up>CREATE TABLE z (x);</up>"
		"</migration>");
	expect(f, AMPLAN_STARTUP_REFUSED);
}

static void test_startup__failure_leaves_the_application_running(void **state)
{
	struct fixture *f = *state;
	temp_text(f->folder, "migrations/2.xml",
		"<migration xmlns='urn:amplan:1' id='2'><up>CREATE TABL b;</up></migration>");
	struct amplan_startup_result result = start(f, AMPLAN_GATE_ON);
	assert_int_equal(result.outcome, AMPLAN_STARTUP_FAILED);
	assert_int_equal(result.code, AMPLAN_FAILED);
	assert_false(result.stop);
	assert_string_equal(result.error.message,
		"'2' failed in statement 1: near \"TABL\": syntax error");
	amplan_startup_result_deinit(&result);
	setenv("AUTO_MIGRATE_ON_FAILURE", "stop", 1);
	result = start(f, AMPLAN_GATE_ON);
	assert_true(result.stop);
	amplan_startup_result_deinit(&result);
}

static void test_startup__leaves_maintenance_to_a_person(void **state)
{
	struct fixture *f = *state;
	temp_text(f->folder, "migrations/2.xml",
		"<migration xmlns='urn:amplan:1' id='2' maintenance='true'>"
		"<up>CREATE TABLE b (x);</up></migration>");
	struct amplan_startup_result result = start(f, AMPLAN_GATE_ON);
	assert_int_equal(result.outcome, AMPLAN_STARTUP_REFUSED);
	assert_string_equal(result.report->findings[0].kind, "maintenance-required");
	amplan_startup_result_deinit(&result);
}

static void test_startup__logs_also_where_there_is_no_session(void **state)
{
	struct fixture *f = *state;
	f->options.database = "postgresql://somebody:secret@nowhere/db";
	struct amplan_startup_result result = start(f, AMPLAN_GATE_ON);
	assert_int_equal(result.outcome, AMPLAN_STARTUP_REFUSED);
	assert_int_equal(f->logged, 1);
	assert_null(strstr(result.error.message, "secret"));
	amplan_startup_result_deinit(&result);
}

static int64_t setting(sqlite3 *handle, const char *name)
{
	char sql[80];
	sqlite3_stmt *statement;
	snprintf(sql, sizeof(sql), "PRAGMA %s", name);
	assert_int_equal(
		sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static void give_back(void *user, sqlite3 *handle)
{
	struct fixture *f = user;
	assert_non_null(handle);
	f->logged += 1000;
}

/* invariant 15 */
static void test_lent_handle__comes_back_as_it_was(void **state)
{
	struct fixture *f = *state;
	static const char *const settings[] = {"foreign_keys", "legacy_alter_table",
		"recursive_triggers", "synchronous", "busy_timeout", "trusted_schema"};
	static const int options[] = {SQLITE_DBCONFIG_DEFENSIVE,
		SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION};
	int64_t before[6];
	int flags[3], now;
	sqlite3 *handle;
	for (int on = 0; on < 2; on++) {
		assert_int_equal(
			sqlite3_open(on ? f->path : ":memory:", &handle), SQLITE_OK);
		sqlite3_exec(handle,
			on ? "PRAGMA foreign_keys=ON; PRAGMA legacy_alter_table=ON; PRAGMA "
			     "recursive_triggers=ON; PRAGMA synchronous=NORMAL; PRAGMA "
			     "busy_timeout=1234;"
			   : "PRAGMA foreign_keys=OFF;",
			NULL, NULL, NULL);
		sqlite3_db_config(handle, options[0], on, (int *)NULL);
		sqlite3_db_config(handle, options[1], !on, (int *)NULL);
		sqlite3_db_config(handle, options[2], on, (int *)NULL);
		for (size_t i = 0; i < 6; i++)
			before[i] = setting(handle, settings[i]);
		for (size_t i = 0; i < 3; i++)
			sqlite3_db_config(handle, options[i], -1, &flags[i]);
		f->options.database = NULL;
		f->options.sqlite = handle;
		f->options.returned = give_back;
		f->logged = 0;
		expect(f, AMPLAN_STARTUP_APPLIED);
		assert_true(f->logged >= 1000);
		for (size_t i = 0; i < 6; i++)
			assert_int_equal(setting(handle, settings[i]), before[i]);
		for (size_t i = 0; i < 3; i++) {
			sqlite3_db_config(handle, options[i], -1, &now);
			assert_int_equal(now, flags[i]);
		}
		assert_true(sqlite3_get_autocommit(handle));
		assert_int_equal(sqlite3_exec(handle, "INSERT INTO a VALUES (1)", NULL,
					 NULL, NULL),
			SQLITE_OK);
		expect(f, AMPLAN_STARTUP_CURRENT);
		sqlite3_close(handle);
	}
}

static void test_lent_handle__with_an_open_transaction_is_refused(void **state)
{
	struct fixture *f = *state;
	sqlite3 *handle;
	assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
	sqlite3_exec(handle, "BEGIN; CREATE TABLE mine (x);", NULL, NULL, NULL);
	f->options.database = NULL;
	f->options.sqlite = handle;
	struct amplan_startup_result result = start(f, AMPLAN_GATE_ON);
	assert_int_equal(result.outcome, AMPLAN_STARTUP_REFUSED);
	assert_string_equal(
		result.error.message, "the lent handle has an open transaction");
	assert_false(sqlite3_get_autocommit(handle));
	amplan_startup_result_deinit(&result);
	sqlite3_close(handle);
}

static void test_lent_handle__with_an_unended_query_is_refused(void **state)
{
	struct fixture *f = *state;
	sqlite3 *handle;
	sqlite3_stmt *query;
	assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
	sqlite3_exec(handle, "CREATE TABLE mine (x); INSERT INTO mine VALUES (1), (2);",
		NULL, NULL, NULL);
	sqlite3_prepare_v2(handle, "SELECT x FROM mine", -1, &query, NULL);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	f->options.database = NULL;
	f->options.sqlite = handle;
	struct amplan_startup_result result = start(f, AMPLAN_GATE_ON);
	assert_int_equal(result.outcome, AMPLAN_STARTUP_REFUSED);
	assert_string_equal(
		result.error.message, "the lent handle has a query that has not ended");
	assert_string_equal(
		result.error.hint, "reset or finalize it before calling amplan");
	amplan_startup_result_deinit(&result);
	/* which goes on undisturbed */
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(query, 0), 2);
	sqlite3_reset(query);
	result = start(f, AMPLAN_GATE_ON);
	assert_int_equal(result.outcome, AMPLAN_STARTUP_APPLIED);
	amplan_startup_result_deinit(&result);
	sqlite3_finalize(query);
	sqlite3_close(handle);
}

static void twice(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
}

/* The shadow does not know the application's functions; the database itself does. */
static void test_lent_handle__may_bring_functions_of_its_own(void **state)
{
	struct fixture *f = *state;
	sqlite3 *handle;
	temp_text(f->folder, "migrations/2.xml",
		"<migration xmlns='urn:amplan:1' id='2'><depends on='1'/>"
		"<up>INSERT INTO a VALUES (twice(21));</up>"
		"<verify>SELECT x = 42 FROM a</verify></migration>");
	assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
	sqlite3_create_function(handle, "twice", 1, SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL,
		twice, NULL, NULL);
	f->options.database = NULL;
	f->options.sqlite = handle;
	expect(f, AMPLAN_STARTUP_APPLIED);
	sqlite3_close(handle);
}

static enum amplan_fitness fitness(struct fixture *f)
{
	struct amplan *amplan;
	struct amplan_error error;
	enum amplan_fitness answer = AMPLAN_FIT;
	assert_int_equal(amplan_open(&f->options, &amplan, &error), AMPLAN_OK);
	assert_int_equal(amplan_fit(amplan, &answer, NULL, &error), AMPLAN_OK);
	amplan_close(amplan);
	return answer;
}

static void test_fit__an_old_program_meets_a_newer_schema_knowingly(void **state)
{
	struct fixture *f = *state;
	char *name = temp_path(f->folder, "migrations/2.xml");
	assert_int_equal(fitness(f), AMPLAN_UNFIT_BEHIND);
	expect(f, AMPLAN_STARTUP_APPLIED);
	assert_int_equal(fitness(f), AMPLAN_FIT);
	temp_text(f->folder, "migrations/2.xml",
		"<migration xmlns='urn:amplan:1' id='2'><up>CREATE TABLE b (x);</up>"
		"</migration>");
	expect(f, AMPLAN_STARTUP_APPLIED);
	remove(name);
	assert_int_equal(fitness(f), AMPLAN_FIT_AHEAD);
	expect(f, AMPLAN_STARTUP_AHEAD);
	temp_text(f->folder, "migrations/2.xml",
		"<migrations xmlns='urn:amplan:1'><migration id='2'>"
		"<up>CREATE TABLE b (x);</up></migration><migration id='3' breaking='true'>"
		"<up>CREATE TABLE c (x);</up></migration></migrations>");
	expect(f, AMPLAN_STARTUP_APPLIED);
	remove(name);
	assert_int_equal(fitness(f), AMPLAN_UNFIT_BREAKING);
	expect(f, AMPLAN_STARTUP_AHEAD);
	/* diverged: what breaks weighs more than what is pending */
	temp_text(f->folder, "migrations/2.xml",
		"<migration xmlns='urn:amplan:1' id='9'><up>CREATE TABLE d (x);</up>"
		"</migration>");
	assert_int_equal(fitness(f), AMPLAN_UNFIT_BREAKING);
	expect(f, AMPLAN_STARTUP_REFUSED);
	free(name);
}

static void test_schema_shadow__judges_structure_only(void **state)
{
	struct fixture *f = *state;
	sqlite3 *handle;
	expect(f, AMPLAN_STARTUP_APPLIED);
	assert_int_equal(sqlite3_open(f->path, &handle), SQLITE_OK);
	sqlite3_exec(handle, "INSERT INTO a VALUES (1)", NULL, NULL, NULL);
	sqlite3_close(handle);
	/* true only with the rows: unknown on the shadow, proved by the transaction */
	temp_text(f->folder, "migrations/2.xml",
		"<migration xmlns='urn:amplan:1' id='2'><depends on='1'/>"
		"<precondition>SELECT count(*) = 1 FROM a</precondition>"
		"<up>CREATE TABLE b (x NOT NULL); INSERT INTO b VALUES ((SELECT x FROM a));"
		"</up><verify>SELECT x = 1 FROM b</verify></migration>");
	expect(f, AMPLAN_STARTUP_APPLIED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_gate__is_off_by_default_and_opens_nothing),
		TEST(test_gate__opens_with_any_word_for_yes),
		TEST(test_startup__tells_what_it_applied),
		TEST(test_startup__with_nothing_to_do_writes_nothing),
		TEST(test_startup__notices_a_catalog_of_the_same_names),
		TEST(test_startup__failure_leaves_the_application_running),
		TEST(test_startup__leaves_maintenance_to_a_person),
		TEST(test_startup__logs_also_where_there_is_no_session),
		TEST(test_lent_handle__comes_back_as_it_was),
		TEST(test_lent_handle__with_an_open_transaction_is_refused),
		TEST(test_lent_handle__with_an_unended_query_is_refused),
		TEST(test_lent_handle__may_bring_functions_of_its_own),
		TEST(test_fit__an_old_program_meets_a_newer_schema_knowingly),
		TEST(test_schema_shadow__judges_structure_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
