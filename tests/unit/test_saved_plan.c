/*
 * Saved plans: what is written, what is shown of it, and what no longer fits.
 */
#include <stdlib.h>
#include <string.h>

#include <amplan/amplan.h>

#include "base/file.h"
#include "base/str.h"
#include "schema/plan_file.h"
#include "tests/support/cmocka.h"
#include "tests/support/temp.h"

/* A folder with three migrations, the last of which alters and drops. */
struct fixture {
	char *folder, *migrations, *path, *file;
	const char *folders[1];
	struct amplan *amplan;
};

static struct amplan *open_session(struct fixture *f, const char *database)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan *amplan;
	options.database = database;
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
	f->file = temp_path(f->folder, "saved.plan");
	f->folders[0] = f->migrations;
	temp_text(f->folder, "migrations/all.xml",
		"<migrations xmlns='urn:amplan:1'>"
		"<migration id='1'><up>CREATE TABLE a (x)</up>"
		"<down>DROP TABLE a</down></migration>"
		"<migration id='2'><depends on='1'/><up>CREATE TABLE b (x)</up>"
		"<down>DROP TABLE b</down></migration>"
		"<migration id='3'><depends on='2'/><allow kind='destructive' reason='r'/>"
		"<up>ALTER TABLE a ADD COLUMN y; DROP TABLE b</up>"
		"<down>ALTER TABLE a DROP COLUMN y; CREATE TABLE b (x)</down></migration>"
		"</migrations>");
	f->amplan = open_session(f, f->path);
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
	free(f->file);
	free(f);
	return 0;
}

static void apply_all(struct fixture *f)
{
	struct amplan_report *report = NULL;
	assert_int_equal(amplan_apply(f->amplan, NULL, NULL, &report, NULL), AMPLAN_OK);
	amplan_report_free(report);
}

/* Plans the rollback of the last `steps`; the caller frees the report. */
static struct amplan_report *plan_back(struct fixture *f, unsigned steps)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	options.rollback = true;
	options.steps = steps;
	assert_int_equal(amplan_plan(f->amplan, &options, &report, NULL), AMPLAN_OK);
	assert_int_equal(report->nsteps, steps);
	return report;
}

static void save_back(struct fixture *f, unsigned steps)
{
	struct amplan_report *report = plan_back(f, steps);
	assert_int_equal(amplan_plan_save(report, f->file, NULL), AMPLAN_OK);
	amplan_report_free(report);
}

static int plan_file(struct fixture *f, struct amplan *amplan,
	struct amplan_report **report, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	options.file = f->file;
	*report = NULL;
	return amplan_plan(amplan, &options, report, error);
}

static const char *message_of(const struct amplan_report *report, size_t index)
{
	assert_true(index < report->nfindings);
	assert_string_equal(report->findings[index].kind, "plan-stale");
	return report->findings[index].message;
}

static void test_report__without_a_plan_is_not_saved(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	assert_int_equal(amplan_order(f->amplan, &report, NULL), AMPLAN_OK);
	assert_int_equal(amplan_plan_save(report, f->file, &error), AMPLAN_USAGE);
	assert_string_equal(error.message, "there is no plan to save");
	amplan_report_free(report);
}

/* Planned and looked at without a database: for a new one. */
static void test_plan__for_no_database_is_shown_and_taken(void **state)
{
	struct fixture *f = *state;
	struct amplan *amplan = open_session(f, NULL);
	struct amplan_report *report = NULL, *shown = NULL;
	assert_int_equal(amplan_plan(amplan, NULL, &report, NULL), AMPLAN_OK);
	assert_int_equal(amplan_plan_save(report, f->file, NULL), AMPLAN_OK);
	assert_int_equal(amplan_show(f->file, &shown, NULL), AMPLAN_OK);
	assert_null(shown->database);
	assert_string_equal(shown->digest, report->digest);
	assert_int_equal(shown->nsteps, 3);
	assert_int_equal(shown->steps[0].neffects, 1);
	assert_int_equal(shown->steps[0].effects[0].kind, AMPLAN_CREATED);
	assert_int_equal(shown->steps[2].neffects, 2);
	assert_int_equal(shown->steps[2].effects[0].kind, AMPLAN_ALTERED);
	assert_string_equal(shown->steps[2].effects[0].name, "a");
	assert_int_equal(shown->steps[2].effects[1].kind, AMPLAN_DROPPED);
	assert_string_equal(shown->steps[2].effects[1].name, "b");
	amplan_report_free(report);
	amplan_report_free(shown);
	assert_int_equal(plan_file(f, amplan, &report, NULL), AMPLAN_OK);
	assert_int_equal(report->nsteps, 3);
	amplan_report_free(report);
	amplan_close(amplan);
}

static void test_rollback__that_is_saved_is_applied(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report = NULL, *shown = NULL, *done = NULL;
	apply_all(f);
	save_back(f, 2);
	assert_int_equal(amplan_show(f->file, &shown, NULL), AMPLAN_OK);
	assert_true(shown->rollback);
	assert_string_equal(shown->database, f->path);
	amplan_report_free(shown);
	assert_int_equal(plan_file(f, f->amplan, &report, NULL), AMPLAN_OK);
	assert_true(report->rollback);
	assert_int_equal(amplan_apply(f->amplan, NULL, report, &done, NULL), AMPLAN_OK);
	assert_int_equal(done->napplied, 1);
	amplan_report_free(done);
	amplan_report_free(report);
}

/* The steps that a saved rollback names are gone: one, or several. */
static void expect_stale(struct fixture *f, unsigned steps, const char *message)
{
	struct amplan_report *report = plan_back(f, steps), *done = NULL;
	struct amplan_error error;
	assert_int_equal(amplan_plan_save(report, f->file, NULL), AMPLAN_OK);
	assert_int_equal(amplan_apply(f->amplan, NULL, report, &done, NULL), AMPLAN_OK);
	amplan_report_free(done);
	amplan_report_free(report);
	assert_int_equal(plan_file(f, f->amplan, &report, &error), AMPLAN_REFUSED);
	assert_non_null(strstr(error.message, "does not fit any more"));
	assert_int_equal(report->nfindings, 3);
	assert_string_equal(message_of(report, 0), message);
	assert_string_equal(message_of(report, 1),
		"the history of the database changed after the plan was saved");
	assert_string_equal(message_of(report, 2),
		"the schema of the database changed after the plan was saved");
	amplan_report_free(report);
}

static void test_rollback__that_was_done_meanwhile_is_stale(void **state)
{
	struct fixture *f = *state;
	apply_all(f);
	expect_stale(f, 1, "'3' is not applied any more");
	apply_all(f);
	expect_stale(f, 2, "'3' and 1 more step are not applied any more");
}

/* Written again with another digest, as by a release that counts other things into it. */
static void save_otherwise(struct fixture *f)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	AMP_ARENA_AUTO arena = {0};
	struct amp_findings findings;
	struct amp_plan_file *file = NULL;
	const char *bytes;
	size_t length;
	amp_findings_init(&findings, &arena);
	assert_int_equal(
		amp_file_read(&arena, f->file, 1 << 20, &bytes, &length, NULL), 0);
	assert_int_equal(amp_plan_file_read(
				 &arena, f->file, bytes, length, &findings, &file, NULL),
		0);
	file->digest = "sha256:0";
	amp_plan_file_write(&out, file);
	temp_write(f->folder, "saved.plan", out.data, out.length);
	amp_findings_deinit(&findings);
}

static void test_rollback__of_another_digest_is_stale(void **state)
{
	struct fixture *f = *state;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	apply_all(f);
	save_back(f, 1);
	save_otherwise(f);
	assert_int_equal(plan_file(f, f->amplan, &report, &error), AMPLAN_REFUSED);
	assert_int_equal(report->nfindings, 1);
	assert_string_equal(
		message_of(report, 0), "the saved plan would come out differently now");
	amplan_report_free(report);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_report__without_a_plan_is_not_saved),
		TEST(test_plan__for_no_database_is_shown_and_taken),
		TEST(test_rollback__that_is_saved_is_applied),
		TEST(test_rollback__that_was_done_meanwhile_is_stale),
		TEST(test_rollback__of_another_digest_is_stale),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
