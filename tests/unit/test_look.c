/*
 * Look: what is read of the history may be over when the lock is asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_step__that_ended_meanwhile_is_not_interrupted),
		TEST(test_step__that_a_process_holds_is_running),
		TEST(test_step__that_nobody_holds_stopped_part_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
