/*
 * Look: what is read of the history may be over when the lock is asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "executor/session.h"
#include "tests/support/cmocka.h"
#include "tests/support/site.h"
#include "tests/support/temp.h"

/* A database whose step "2" stopped part way, and a session on it. */
struct fixture {
	struct site site;
	struct amplan *amplan;
	struct amp_engine engine; /* SQLite, but for one answer */
};

static struct fixture *now;
static int asked;

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	site_make(&f->site);
	site_migration(
		&f->site, "1", "transaction='none'", "<up>PRAGMA journal_mode=WAL;</up>");
	site_migration(&f->site, "2", "transaction='none'",
		"<up>CREATE TABLE a (x UNIQUE); INSERT INTO a VALUES (1), (1);</up>");
	struct amplan *amplan = site_session(&f->site);
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	options.fidelity = AMPLAN_FIDELITY_NONE;
	assert_int_equal(
		amplan_apply(amplan, &options, NULL, &report, NULL), AMPLAN_PARTIAL);
	amplan_report_free(report);
	amplan_close(amplan);
	f->amplan = site_session(&f->site);
	f->engine = *f->amplan->engine;
	f->amplan->engine = &f->engine;
	now = f;
	asked = 0;
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

/* The process that ran the step finishes it and goes, just before we ask for its lock. */
static int held_until_now(
	const struct amp_target *target, bool *held, struct amplan_error *error)
{
	(void)target, (void)error;
	struct amplan *other = site_session(&now->site);
	if (!asked++)
		assert_int_equal(amplan_resolve(other, "2", true, NULL), AMPLAN_OK);
	amplan_close(other);
	*held = false;
	return AMPLAN_OK;
}

static int held(const struct amp_target *target, bool *answer, struct amplan_error *error)
{
	(void)target, (void)error;
	asked++;
	*answer = true;
	return AMPLAN_OK;
}

static int status_of(struct fixture *f, struct amplan_error *error)
{
	struct amplan_report *report = NULL;
	int code = amplan_status(f->amplan, &report, error);
	amplan_report_free(report);
	return code;
}

static void test_step__that_ended_meanwhile_is_not_interrupted(void **state)
{
	struct fixture *f = *state;
	struct amplan_error error;
	f->engine.held_aside = held_until_now;
	assert_int_equal(status_of(f, &error), AMPLAN_OK);
	assert_int_equal(asked, 1);
}

static void test_step__that_a_process_holds_is_running(void **state)
{
	struct fixture *f = *state;
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	f->engine.held_aside = held;
	assert_int_equal(
		amplan_plan(f->amplan, &options, &report, &error), AMPLAN_LOCKED);
	assert_string_equal(
		error.message, "'2' runs now, outside a transaction, in another process");
	assert_int_equal(asked, 1);
	amplan_report_free(report);
}

/* Other findings keep their kind, and stand beside the one that is told of the step. */
static void test_step__that_runs_leaves_other_findings_alone(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report = NULL;
	site_migration(&f->site, "1", "transaction='none'",
		"<up>PRAGMA  journal_mode=WAL;</up>");
	f->engine.held_aside = held;
	assert_int_equal(amplan_status(f->amplan, &report, NULL), AMPLAN_OK);
	assert_int_equal(report->nfindings, 2);
	assert_string_equal(report->findings[0].kind, "changed");
	assert_int_equal(report->findings[0].severity, AMPLAN_WARNING);
	assert_string_equal(report->findings[1].kind, "running");
	assert_string_equal(report->findings[1].message,
		"'2' runs now, outside a transaction, in another process");
	assert_int_equal(report->findings[1].severity, AMPLAN_NOTE);
	amplan_report_free(report);
}

static void test_step__that_nobody_holds_stopped_part_way(void **state)
{
	struct fixture *f = *state;
	struct amplan_error error;
	assert_int_equal(status_of(f, &error), AMPLAN_PARTIAL);
	assert_string_equal(error.message, "'2' stopped part way");
}

static int not_listed(
	const struct amp_target *target, bool *answer, struct amplan_error *error)
{
	(void)target, (void)error;
	*answer = false;
	return AMPLAN_OK;
}

/* The list of locks left its lock out; it finishes while we wait for that. */
static int lock_after_its_end(struct amp_db *db, bool make, struct amplan_error *error)
{
	if (!asked++) {
		struct amplan *other = site_session(&now->site);
		assert_int_equal(amplan_resolve(other, "2", true, NULL), AMPLAN_OK);
		amplan_close(other);
	}
	return amp_sqlite.lock_aside(db, make, error);
}

static void test_step__that_was_not_listed_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report = NULL;
	f->engine.held_aside = not_listed;
	f->engine.lock_aside = lock_after_its_end;
	assert_int_equal(amplan_apply(f->amplan, NULL, NULL, &report, NULL), AMPLAN_OK);
	assert_int_equal(report->verdict, AMPLAN_CURRENT);
	assert_int_equal(asked > 0, 1);
	amplan_report_free(report);
}

/* It died meanwhile: whoever takes its lock finds what it left. */
static void test_step__whose_process_died_stopped_part_way(void **state)
{
	struct fixture *f = *state;
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	options.fidelity = AMPLAN_FIDELITY_NONE;
	f->engine.held_aside = held;
	assert_int_equal(
		amplan_apply(f->amplan, &options, NULL, &report, &error), AMPLAN_PARTIAL);
	assert_string_equal(error.message, "'2' stopped part way");
	amplan_report_free(report);
}

/* Between our last look and our lock: another process does it all. */
static int begin_after_another(
	struct amp_db *db, bool foreign_keys, struct amplan_error *error)
{
	if (db->given_up && !asked++) {
		site_apply(&now->site);
	}
	return amp_sqlite.begin(db, foreign_keys, error);
}

/* The same, and a third one holds the lock beside the database from then on. */
static int lock_after_another(struct amp_db *db, bool make, struct amplan_error *error)
{
	sqlite3 *third = NULL;
	if (asked++)
		return amp_sqlite.lock_aside(db, make, error);
	site_apply(&now->site);
	char *aside = temp_path(now->site.folder, "app.db-amplan-lock");
	assert_int_equal(sqlite3_open(aside, &third), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(third, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	free(aside);
	int code = amp_sqlite.lock_aside(db, make, error);
	sqlite3_close(third);
	return code;
}

static int open_as_ours(const struct amp_target *target, enum amp_access access,
	const struct amp_hooks *hooks, struct amp_db **out, struct amplan_error *error)
{
	int code = amp_sqlite.open(target, access, hooks, out, error);
	if (!code)
		(*out)->engine = &now->engine;
	return code;
}

static void test_plan__that_another_applied_meanwhile_is_not_applied(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report = NULL;
	struct amplan *other = site_session(&f->site);
	assert_int_equal(amplan_resolve(other, "2", true, NULL), AMPLAN_OK);
	amplan_close(other);
	site_migration(&f->site, "3", "",
		"<depends on='2'/><up>CREATE TABLE b (x); INSERT INTO b VALUES (1);</up>");
	/* one stage only: it is the lock of the database that counts */
	char *aside = temp_path(f->site.folder, "app.db-amplan-lock");
	assert_int_equal(unlink(aside), 0);
	free(aside);
	f->engine.open = open_as_ours;
	f->engine.begin = begin_after_another;
	assert_int_equal(amplan_apply(f->amplan, NULL, NULL, &report, NULL), AMPLAN_OK);
	assert_int_equal(asked, 1);
	assert_int_equal(report->nsteps, 0);
	assert_int_equal(report->napplied, 3);
	amplan_report_free(report);
}

static void add_third_step(struct fixture *f)
{
	struct amplan *other = site_session(&f->site);
	assert_int_equal(amplan_resolve(other, "2", true, NULL), AMPLAN_OK);
	amplan_close(other);
	site_migration(&f->site, "3", "transaction='none'",
		"<depends on='2'/><up>CREATE TABLE b (x);</up>");
}

/* It waits for nobody: what it would do is done. */
static void test_plan__that_is_done_is_not_waited_for(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report = NULL;
	add_third_step(f);
	f->engine.open = open_as_ours;
	f->engine.lock_aside = lock_after_another;
	assert_int_equal(amplan_apply(f->amplan, NULL, NULL, &report, NULL), AMPLAN_OK);
	assert_int_equal(report->nsteps, 0);
	assert_int_equal(report->napplied, 3);
	amplan_report_free(report);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_step__that_ended_meanwhile_is_not_interrupted),
		TEST(test_step__that_a_process_holds_is_running),
		TEST(test_step__that_runs_leaves_other_findings_alone),
		TEST(test_step__that_nobody_holds_stopped_part_way),
		TEST(test_step__that_was_not_listed_is_waited_for),
		TEST(test_step__whose_process_died_stopped_part_way),
		TEST(test_plan__that_another_applied_meanwhile_is_not_applied),
		TEST(test_plan__that_is_done_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
