/*
 * Verify: history against catalog, history against itself, schema against history.
 */
#include <string.h>

#include "executor/look.h"

/* What is allowed while planning is not in order here: `ahead`, a changed schema. */
static void report_errors(struct amp_job *job)
{
	for (size_t i = 0; i < job->findings.count; i++) {
		struct amplan_finding *finding = &job->findings.items[i];
		if (!strcmp(finding->kind, "ahead"))
			finding->kind = "missing";
		if (!strcmp(finding->kind, "missing") ||
			!strcmp(finding->kind, "schema-drift"))
			finding->severity = AMPLAN_ERROR;
	}
}

static int verify(struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	const struct amp_goal all = {.direction = AMP_UP};
	struct amp_db *db = NULL;
	int code = amp_look_and_plan(job, amplan, &all, AMP_OBSERVE, &db, error);
	amplan->engine->close(db);
	if (!job->looked)
		return code;
	if (!job->exists && amp_is_missing(amplan))
		return amp_no_such_database(amplan, error);
	amplan->engine->holder(&amplan->target, &job->report.holder, &job->arena);
	report_errors(job);
	if (!code && amp_findings_have_errors(&job->findings)) {
		amp_error(error, AMPLAN_REFUSED, "the database does not hold");
		amp_error_hint(error, "nothing was touched; see the findings");
		code = AMPLAN_REFUSED;
	}
	return code;
}

int amplan_verify(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	*out = NULL;
	amp_error_clear(error);
	int code = amp_need_database(amplan, error);
	if (code)
		return code;
	struct amp_job *job = amp_job_new(error);
	if (!job)
		return AMPLAN_NOMEM;
	code = verify(job, amplan, error);
	return amp_job_finish(job, amplan, code, out, error);
}
