/*
 * Apply: what the library answers where a plan no longer fits, or never did, and what a
 * rehearsal on less than a copy says of itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/run.h"
#include "tests/support/cmocka.h"
#include "tests/support/site.h"

struct fixture {
	struct site site;
	struct amplan *amplan;
	int left; /* questions until the answer is: stop; below 0: never */
};

static bool stops(void *user)
{
	struct fixture *f = user;
	return f->left >= 0 && f->left-- == 0;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	site_make(&f->site);
	f->site.options.lock_timeout_ms = 60000;
	f->site.options.cancel = stops;
	f->site.options.user = f;
	f->left = -1;
	site_migration(&f->site, "1", "",
		"<up>CREATE TABLE a (x);</up><down>DROP TABLE a;</down>");
	site_migration(&f->site, "2", "",
		"<depends on='1'/><up>INSERT INTO a VALUES (1);</up><down>DELETE FROM a;</down>");
	f->amplan = site_session(&f->site);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	amplan_close(f->amplan);
	site_remove(&f->site);
	free(f);
	return 0;
}

static struct amplan_report *plan(struct fixture *f)
{
	struct amplan_report *report;
	assert_int_equal(amplan_plan(f->amplan, NULL, &report, NULL), AMPLAN_OK);
	assert_int_equal(report->nsteps, 2);
	return report;
}

static void assert_stale(
	struct fixture *f, const struct amplan_report *old, const char *what)
{
	char message[128];
	struct amplan_report *report;
	struct amplan_error error;
	snprintf(message, sizeof(message),
		"the %s of the database changed since the plan was made", what);
	assert_int_equal(
		amplan_apply(f->amplan, NULL, old, &report, &error), AMPLAN_REFUSED);
	assert_string_equal(error.message, message);
	assert_string_equal(
		error.hint, "plan again: the new plan starts from what is there now");
	assert_int_equal(report->nfindings, 1);
	assert_string_equal(report->findings[0].kind, "plan-stale");
	assert_string_equal(report->findings[0].message, message);
	assert_string_equal(report->findings[0].hint, error.hint);
	amplan_report_free(report);
}

static void test_plan__of_before_another_applied_is_stale(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *old = plan(f);
	site_apply(&f->site);
	assert_stale(f, old, "history");
	amplan_report_free(old);
}

static void test_plan__of_another_schema_is_stale(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *old = plan(f);
	site_run(&f->site, "CREATE TABLE b (x)");
	assert_stale(f, old, "schema");
	amplan_report_free(old);
	/* a new one is not, and nothing of the old one was left */
	old = plan(f);
	struct amplan_report *report;
	assert_int_equal(amplan_apply(f->amplan, NULL, old, &report, NULL), AMPLAN_OK);
	assert_int_equal(report->napplied, 2);
	amplan_report_free(report);
	amplan_report_free(old);
}

static void assert_no_plan(struct fixture *f, const struct amplan_report *of)
{
	struct amplan_report *report;
	struct amplan_error error;
	assert_int_equal(
		amplan_apply(f->amplan, NULL, of, &report, &error), AMPLAN_USAGE);
	assert_string_equal(error.message, "this report holds no plan to apply");
	assert_int_equal(amplan_apply(f->amplan, NULL, of, &report, NULL), AMPLAN_USAGE);
	assert_null(report);
	assert_int_equal(amplan_plan_save(of, "plan.xml", &error), AMPLAN_USAGE);
	assert_string_equal(error.message, "there is no plan to save");
}

static void test_plan__is_applied_once(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *none, *old = plan(f), *report;
	assert_int_equal(amplan_order(f->amplan, &none, NULL), AMPLAN_OK);
	assert_no_plan(f, none);
	amplan_report_free(none);
	/* what is pending there was not rehearsed */
	assert_int_equal(amplan_status(f->amplan, &none, NULL), AMPLAN_OK);
	assert_no_plan(f, none);
	amplan_report_free(none);
	assert_int_equal(amplan_apply(f->amplan, NULL, old, &report, NULL), AMPLAN_OK);
	/* what was done is no plan, and the plan is one of before it */
	assert_no_plan(f, report);
	assert_stale(f, old, "history");
	amplan_report_free(report);
	amplan_report_free(old);
}

/* Nothing in the schema tells that its rows are there already. */
static void test_plan__of_rows_alone_is_applied_once(void **state)
{
	struct fixture *f = *state;
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *old, *report;
	options.to = "1";
	assert_int_equal(
		amplan_apply(f->amplan, &options, NULL, &report, NULL), AMPLAN_OK);
	amplan_report_free(report);
	assert_int_equal(amplan_plan(f->amplan, NULL, &old, NULL), AMPLAN_OK);
	assert_int_equal(old->nsteps, 1);
	assert_int_equal(amplan_apply(f->amplan, NULL, old, &report, NULL), AMPLAN_OK);
	amplan_report_free(report);
	assert_stale(f, old, "history");
	amplan_report_free(old);
	site_run(&f->site,
		"CREATE TEMP TABLE one (x CHECK (x = 1));"
		"INSERT INTO one SELECT count(*) FROM a");
}

/* Whoever looks at no result codes does not get what was refused. */
static void test_plan__that_was_refused_is_no_plan(void **state)
{
	struct fixture *f = *state;
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *refused, *report;
	options.to = "1";
	assert_int_equal(
		amplan_apply(f->amplan, &options, NULL, &report, NULL), AMPLAN_OK);
	amplan_report_free(report);
	site_migration(&f->site, "1", "", "<up>CREATE TABLE other (x);</up>");
	assert_int_equal(amplan_plan(f->amplan, NULL, &refused, NULL), AMPLAN_REFUSED);
	assert_no_plan(f, refused);
	amplan_report_free(refused);
}

static void test_plan__whose_rehearsal_failed_is_no_plan(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *failed;
	site_migration(&f->site, "3", "",
		"<depends on='2'/><up>INSERT INTO none VALUES (1);</up>");
	assert_int_equal(amplan_plan(f->amplan, NULL, &failed, NULL), AMPLAN_FAILED);
	assert_no_plan(f, failed);
	amplan_report_free(failed);
}

static void test_apply__makes_no_plan_of_a_rollback_or_a_file(void **state)
{
	struct fixture *f = *state;
	struct amplan_plan_options back = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_plan_options file = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report;
	struct amplan_error error;
	back.rollback = true;
	back.steps = 1;
	file.file = "plan.xml";
	assert_int_equal(
		amplan_apply(f->amplan, &back, NULL, &report, &error), AMPLAN_USAGE);
	assert_string_equal(error.message,
		"a rollback or a saved plan is planned first: amplan_plan()");
	assert_int_equal(
		amplan_apply(f->amplan, &file, NULL, &report, NULL), AMPLAN_USAGE);
	assert_null(report);
}

static void test_runner__goes_only_where_the_protocol_goes(void **state)
{
	(void)state;
	struct amp_runner runner = {.state = AMP_RUN_IDLE};
	struct amplan_error error;
	assert_int_equal(amp_run_move(&runner, AMP_RUN_LOCKED, &error), AMPLAN_OK);
	assert_int_equal(amp_run_move(&runner, AMP_RUN_PARTIAL, &error), AMPLAN_INTERNAL);
	assert_string_equal(
		error.message, "the executor cannot go from LOCKED to PARTIAL");
	assert_int_equal(runner.state, AMP_RUN_LOCKED);
	assert_int_equal(amp_run_move(&runner, AMP_RUN_CHECKED, NULL), AMPLAN_OK);
	assert_int_equal(amp_run_move(&runner, AMP_RUN_LOCKED, NULL), AMPLAN_INTERNAL);
	assert_int_equal(amp_run_move(&runner, AMP_RUN_IDLE, NULL), AMPLAN_OK);
}

/* Plans on a shadow without rows; the note is the caller's to free. */
static char *note_of(struct amplan *amplan, enum amplan_fidelity wish, int64_t limit)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report;
	options.fidelity = wish;
	options.copy_limit = limit;
	assert_int_equal(amplan_plan(amplan, &options, &report, NULL), AMPLAN_OK);
	assert_int_equal(report->fidelity, AMPLAN_FIDELITY_SCHEMA);
	char *note = strdup(report->fidelity_note);
	amplan_report_free(report);
	return note;
}

static void test_shadow__of_a_large_database_has_no_rows_and_says_so(void **state)
{
	struct fixture *f = *state;
	site_run(&f->site,
		"CREATE TABLE large (x); INSERT INTO large VALUES (zeroblob(3000000))");
	char *note = note_of(f->amplan, AMPLAN_FIDELITY_AUTO, 1 << 20);
	assert_string_equal(note,
		"the database has 2 MiB, more than the 1 MiB that are copied: rows were "
		"not seen, so what depends on them is unknown");
	free(note);
	note = note_of(f->amplan, AMPLAN_FIDELITY_SCHEMA, INT64_MAX);
	assert_string_equal(
		note, "rows were not seen, so what depends on them is unknown");
	free(note);
}

static void twice(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	sqlite3_result_int(context, 2 * sqlite3_value_int(values[0]));
}

static void test_shadow__says_what_it_could_not_make(void **state)
{
	struct fixture *f = *state;
	sqlite3 *handle = site_connection(&f->site);
	sqlite3_create_function(handle, "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
		NULL, twice, NULL, NULL);
	assert_int_equal(sqlite3_exec(handle, "CREATE TABLE t (x, y AS (twice(x)))", NULL,
				 NULL, NULL),
		SQLITE_OK);
	f->site.options.database = NULL;
	f->site.options.sqlite = handle;
	struct amplan *amplan = site_session(&f->site);
	char *note = note_of(amplan, AMPLAN_FIDELITY_SCHEMA, 0);
	assert_string_equal(note,
		"the shadow lacks 't' (no such function: twice): what needs it is unknown");
	free(note);
	amplan_close(amplan);
	sqlite3_close(handle);
}

static void test_apply__notes_the_step_that_failed_among_warnings(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report;
	site_apply(&f->site);
	site_run(&f->site, "CREATE TABLE drift (x)");
	site_migration(&f->site, "3", "",
		"<depends on='2'/><up>INSERT INTO none VALUES (1);</up>");
	assert_int_equal(
		amplan_apply(f->amplan, NULL, NULL, &report, NULL), AMPLAN_FAILED);
	assert_int_equal(report->nfindings, 2);
	assert_string_equal(report->findings[0].kind, "schema-drift");
	amplan_report_free(report);
	assert_int_equal(amplan_status(f->amplan, &report, NULL), AMPLAN_OK);
	assert_string_equal(report->failure.id, "3");
	assert_string_equal(
		report->failure.message, "statement 1 fails: no such table: none");
	amplan_report_free(report);
}

/* A rollback that does not get anywhere leaves all as it was. */
static void test_rollback__whose_first_step_fails(void **state)
{
	struct fixture *f = *state;
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *back, *report;
	struct amplan_error error;
	site_migration(&f->site, "3", "",
		"<depends on='2'/><up>CREATE TABLE b (x);</up><down>DROP TABLE none;</down>");
	site_apply(&f->site);
	options.rollback = true;
	options.steps = 1;
	options.fidelity = AMPLAN_FIDELITY_NONE;
	assert_int_equal(amplan_plan(f->amplan, &options, &back, NULL), AMPLAN_OK);
	assert_int_equal(
		amplan_apply(f->amplan, NULL, back, &report, &error), AMPLAN_FAILED);
	assert_string_equal(
		error.message, "'3' failed in statement 1: no such table: none");
	assert_int_equal(report->verdict, AMPLAN_CURRENT);
	assert_int_equal(report->napplied, 3);
	amplan_report_free(report);
	amplan_report_free(back);
}

/* What needs a step that failed in the rehearsal was not tried. */
static void test_rehearsal__of_what_needs_a_failed_step(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report;
	site_migration(&f->site, "3", "transaction='none'",
		"<depends on='2'/><up>INSERT INTO none VALUES (1);</up>");
	site_migration(&f->site, "4", "transaction='none'",
		"<depends on='3'/><up>CREATE TABLE b (x);</up>");
	assert_int_equal(amplan_plan(f->amplan, NULL, &report, NULL), AMPLAN_FAILED);
	assert_int_equal(report->nsteps, 4);
	assert_int_equal(report->steps[1].outcome, AMPLAN_DONE);
	assert_int_equal(report->steps[2].outcome, AMPLAN_STOPPED);
	assert_int_equal(report->steps[3].outcome, AMPLAN_UNTRIED);
	amplan_report_free(report);
}

/* Each question in turn is answered with: stop. Nothing is done then, and it is said. */
static void test_apply__stops_whenever_it_is_told_to(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report;
	struct amplan_error error;
	int stopped = 0;
	site_run(&f->site, "CREATE TABLE other (x)");
	for (f->left = 0;; f->left = stopped) {
		int code = amplan_apply(f->amplan, NULL, NULL, &report, &error);
		if (code == AMPLAN_OK)
			break;
		assert_int_equal(code, AMPLAN_CANCELLED);
		assert_string_equal(error.message, "interrupted");
		amplan_report_free(report);
		stopped++;
		/* whatever was asked later was not done: the next begins from nothing */
		f->left = -1;
		assert_int_equal(amplan_status(f->amplan, &report, NULL), AMPLAN_OK);
		assert_int_equal(report->napplied, 0);
		amplan_report_free(report);
	}
	assert_true(stopped >= 2);
	assert_int_equal(report->napplied, 2);
	amplan_report_free(report);
}

/* In the rehearsal and on the database: the statement that runs is undone. */
static void test_apply__stops_in_the_middle_of_a_statement(void **state)
{
	enum { MANY = 1 << 20 };
	struct fixture *f = *state;
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report;
	struct amplan_error error;
	site_migration(&f->site, "3", "",
		"<depends on='2'/><up>INSERT INTO a WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i &lt; 200000) SELECT i FROM n;</up>");
	for (int rehearsed = 0; rehearsed < 2; rehearsed++) {
		options.fidelity =
			rehearsed ? AMPLAN_FIDELITY_COPY : AMPLAN_FIDELITY_NONE;
		f->left = MANY;
		options.to = NULL;
		assert_int_equal(
			amplan_plan(f->amplan, &options, &report, &error), AMPLAN_OK);
		amplan_report_free(report);
		/* what is asked of a plan alone, and from there on a while into the step */
		f->left = rehearsed ? (MANY - f->left) / 2 : MANY - f->left + 20;
		assert_int_equal(amplan_apply(f->amplan, &options, NULL, &report, &error),
			AMPLAN_CANCELLED);
		assert_string_equal(error.message, "interrupted");
		assert_int_equal(report->napplied, 0);
		amplan_report_free(report);
	}
	f->left = -1;
	assert_int_equal(amplan_apply(f->amplan, NULL, NULL, &report, NULL), AMPLAN_OK);
	assert_int_equal(report->napplied, 3);
	amplan_report_free(report);
}

static void test_apply__stops_while_it_waits(void **state)
{
	struct fixture *f = *state;
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report;
	struct amplan_error error;
	options.fidelity = AMPLAN_FIDELITY_NONE;
	site_run(&f->site, "CREATE TABLE other (x)");
	sqlite3 *handle = site_connection(&f->site);
	assert_int_equal(
		sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	f->left = 3;
	assert_int_equal(amplan_apply(f->amplan, &options, NULL, &report, &error),
		AMPLAN_CANCELLED);
	assert_string_equal(error.message, "interrupted");
	amplan_report_free(report);
	sqlite3_close(handle);
	assert_int_equal(
		amplan_apply(f->amplan, &options, NULL, &report, NULL), AMPLAN_OK);
	amplan_report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_plan__of_before_another_applied_is_stale),
		TEST(test_plan__of_another_schema_is_stale),
		TEST(test_plan__is_applied_once),
		TEST(test_plan__of_rows_alone_is_applied_once),
		TEST(test_plan__that_was_refused_is_no_plan),
		TEST(test_plan__whose_rehearsal_failed_is_no_plan),
		TEST(test_apply__makes_no_plan_of_a_rollback_or_a_file),
		TEST(test_runner__goes_only_where_the_protocol_goes),
		TEST(test_shadow__of_a_large_database_has_no_rows_and_says_so),
		TEST(test_shadow__says_what_it_could_not_make),
		TEST(test_apply__notes_the_step_that_failed_among_warnings),
		TEST(test_rollback__whose_first_step_fails),
		TEST(test_rehearsal__of_what_needs_a_failed_step),
		TEST(test_apply__stops_whenever_it_is_told_to),
		TEST(test_apply__stops_in_the_middle_of_a_statement),
		TEST(test_apply__stops_while_it_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
