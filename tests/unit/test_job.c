/*
 * Jobs: findings that are made from a code and from rows of the history alone.
 */
#include <stdio.h>
#include <string.h>

#include "executor/job.h"
#include "tests/support/cmocka.h"

static void test_lock__that_nobody_explains_is_told_all_the_same(void **state)
{
	(void)state;
	struct amplan_error error = {.message = "the database is locked by 7"};
	struct amp_job *job = amp_job_new(NULL);
	amp_job_say_locked(job, NULL);
	amp_job_say_locked(job, &error);
	assert_int_equal(job->findings.count, 2);
	assert_string_equal(job->findings.items[0].kind, "lock-timeout");
	assert_string_equal(job->findings.items[0].message, "the database is locked");
	assert_string_equal(
		job->findings.items[1].message, "the database is locked by 7");
	amp_job_free(job);
}

/* How many findings there are of a schema that is "now" after such a last row. */
static size_t drifts(const char *event, const char *fingerprint)
{
	struct amp_history_row rows[] = {
		{.event = {.event = "created"}},
		{.event = {.event = event,
			 .id = "a",
			 .fingerprint = fingerprint,
			 .applied_at = "2026-01-02T03:04:05Z"}},
	};
	struct amp_job *job = amp_job_new(NULL);
	job->history.rows = rows;
	job->history.count = 2;
	snprintf(job->fingerprint, sizeof(job->fingerprint), "now");
	amp_job_compare_schema(job, AMPLAN_WARNING);
	size_t count = job->findings.count;
	if (count) {
		assert_string_equal(job->findings.items[0].kind, "schema-drift");
		assert_string_equal(job->findings.items[0].message,
			"the schema is not what 'a' left on 2026-01-02T03:04:05Z");
	}
	amp_job_free(job);
	return count;
}

/* While a step runs, or where none was recorded, no schema is the wrong one. */
static void test_drift__is_told_of_what_is_finished(void **state)
{
	(void)state;
	assert_int_equal(drifts("applied", "then"), 1);
	assert_int_equal(drifts("applied", "now"), 0);
	assert_int_equal(drifts("applied", ""), 0);
	assert_int_equal(drifts("started", "then"), 0);
	assert_int_equal(drifts("undoing", "then"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock__that_nobody_explains_is_told_all_the_same),
		cmocka_unit_test(test_drift__is_told_of_what_is_finished),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
