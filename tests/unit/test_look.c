/*
 * Look: what is read of the history may be over when the lock is asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <amplan/amplan.h>

#include "executor/session.h"
#include "tests/support/cmocka.h"
#include "tests/support/temp.h"

/* A database whose step "2" stopped part way, and a session on it. */
struct fixture {
	char *folder, *migrations, *path;
	const char *folders[1];
	struct amplan *amplan;
	struct amp_engine engine; /* SQLite, but for one answer */
};

static struct fixture *now;
static int asked;

static struct amplan *open_session(struct fixture *f)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan *amplan;
	options.database = f->path;
	options.folders = f->folders;
	options.nfolders = 1;
	assert_int_equal(amplan_open(&options, &amplan, NULL), AMPLAN_OK);
	return amplan;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->folder = temp_make();
	f->migrations = temp_path(f->folder, "migrations");
	f->path = temp_path(f->folder, "app.db");
	f->folders[0] = f->migrations;
	temp_text(f->folder, "migrations/1.xml",
		"<migration xmlns='urn:amplan:1' id='1' transaction='none'><up>PRAGMA journal_mode=WAL;"
		"</up></migration>");
	temp_text(f->folder, "migrations/2.xml",
		"<migration xmlns='urn:amplan:1' id='2' transaction='none'><up>"
		"CREATE TABLE a (x UNIQUE); INSERT INTO a VALUES (1), (1);</up>"
		"</migration>");
	struct amplan *amplan = open_session(f);
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	options.fidelity = AMPLAN_FIDELITY_NONE;
	assert_int_equal(
		amplan_apply(amplan, &options, NULL, &report, NULL), AMPLAN_PARTIAL);
	amplan_report_free(report);
	amplan_close(amplan);
	f->amplan = open_session(f);
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
	temp_remove(f->folder);
	free(f->migrations);
	free(f->path);
	free(f);
	return 0;
}

/* The process that ran the step finishes it and goes, just before we ask for its lock. */
static int held_until_now(
	const struct amp_target *target, bool *held, struct amplan_error *error)
{
	(void)target, (void)error;
	struct amplan *other = open_session(now);
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
		struct amplan *other = open_session(now);
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

/* Between our last look and our lock: another process does it all. */
static int begin_after_another(
	struct amp_db *db, bool foreign_keys, struct amplan_error *error)
{
	if (db->given_up && !asked++) {
		struct amplan *other = open_session(now);
		struct amplan_report *report = NULL;
		assert_int_equal(
			amplan_apply(other, NULL, NULL, &report, NULL), AMPLAN_OK);
		amplan_report_free(report);
		amplan_close(other);
	}
	return amp_sqlite.begin(db, foreign_keys, error);
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
	struct amplan *other = open_session(f);
	assert_int_equal(amplan_resolve(other, "2", true, NULL), AMPLAN_OK);
	amplan_close(other);
	temp_text(f->folder, "migrations/3.xml",
		"<migration xmlns='urn:amplan:1' id='3'><depends on='2'/><up>"
		"CREATE TABLE b (x); INSERT INTO b VALUES (1);</up></migration>");
	/* one stage only: it is the lock of the database that counts */
	char *aside = temp_path(f->folder, "app.db-amplan-lock");
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_step__that_ended_meanwhile_is_not_interrupted),
		TEST(test_step__that_a_process_holds_is_running),
		TEST(test_step__that_nobody_holds_stopped_part_way),
		TEST(test_step__that_was_not_listed_is_waited_for),
		TEST(test_plan__that_another_applied_meanwhile_is_not_applied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
