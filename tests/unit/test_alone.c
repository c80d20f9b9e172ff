/*
 * Alone: what is recorded of a step outside a transaction, which cannot be undone.
 */
#include <stdlib.h>
#include <string.h>

#include "executor/session.h"
#include "tests/support/cmocka.h"
#include "tests/support/site.h"

struct fixture {
	struct site site;
	struct amplan *amplan;
	struct amp_engine engine; /* SQLite, but for one answer */
};

static struct fixture *now;

/* Connections ask the engine that opened them. */
static int open_changed(const struct amp_target *target, enum amp_access access,
	const struct amp_hooks *hooks, struct amp_db **out, struct amplan_error *error)
{
	int code = amp_sqlite.open(target, access, hooks, out, error);
	if (!code)
		(*out)->engine = &now->engine;
	return code;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	site_make(&f->site);
	site_migration(
		&f->site, "1", "transaction='none'", "<up>CREATE TABLE a (x);</up>");
	f->amplan = site_session(&f->site);
	f->engine = *f->amplan->engine;
	f->engine.open = open_changed;
	f->amplan->engine = &f->engine;
	now = f;
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

static int apply(struct fixture *f, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report;
	options.fidelity = AMPLAN_FIDELITY_NONE;
	int code = amplan_apply(f->amplan, &options, NULL, &report, error);
	amplan_report_free(report);
	return code;
}

/* The events of the history, behind the first row. */
static void assert_events(const struct fixture *f, const char *expected)
{
	sqlite3 *handle = site_connection(&f->site);
	sqlite3_stmt *query;
	assert_int_equal(
		sqlite3_prepare_v2(handle,
			"SELECT group_concat(event, ' ') FROM (SELECT event FROM "
			"amplan_history WHERE number > 0 ORDER BY number)",
			-1, &query, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(query, 0), expected);
	sqlite3_finalize(query);
	sqlite3_close(handle);
}

/* Memory runs out once the statement has taken effect, and before it was counted. */
static int run_without_memory(struct amp_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, struct amp_run *run, struct amplan_error *error)
{
	assert_int_equal(amp_sqlite.run(db, sql, as, run, error), AMPLAN_OK);
	assert_int_equal(run->statements, 1);
	run->statements = 0;
	run->committed = false; /* as far as can be told */
	return amp_error_nomem(error);
}

static void test_step__that_may_have_run_is_never_forgotten(void **state)
{
	struct fixture *f = *state;
	struct amplan_error error;
	f->engine.run = run_without_memory;
	assert_int_equal(apply(f, &error), AMPLAN_PARTIAL);
	assert_string_equal(error.message,
		"'1' stopped part way, in its first statement: out of memory");
	assert_events(f, "started");
	/* it is not run a second time */
	f->engine.run = amp_sqlite.run;
	assert_int_equal(apply(f, NULL), AMPLAN_PARTIAL);
	assert_events(f, "started");
	assert_int_equal(amplan_resolve(f->amplan, "1", true, NULL), AMPLAN_OK);
	assert_int_equal(apply(f, NULL), AMPLAN_OK);
}

/* What SQLite refused has not run: the attempt is forgotten, and may be made again. */
static void test_step__that_cannot_have_run_is_forgotten(void **state)
{
	struct fixture *f = *state;
	struct amplan_error error;
	site_migration(&f->site, "1", "transaction='none'",
		"<up>INSERT INTO nowhere VALUES (1);</up>");
	assert_int_equal(apply(f, &error), AMPLAN_FAILED);
	assert_events(f, "started abandoned");
	site_migration(
		&f->site, "1", "transaction='none'", "<up>CREATE TABLE a (x);</up>");
	assert_int_equal(apply(f, NULL), AMPLAN_OK);
	assert_events(f, "started abandoned started applied");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_step__that_may_have_run_is_never_forgotten),
		TEST(test_step__that_cannot_have_run_is_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
