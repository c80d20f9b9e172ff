/*
 * Verify: history against catalog, history against itself, schema against history.
 */
#include <string.h>

#include "executor/look.h"

/* The fingerprint that the newest row recorded is what the schema should be now. */
static void compare_schema(struct amp_job *job)
{
	const struct amp_history *history = &job->history;
	if (!history->count || history->count == 1)
		return;
	const struct amplan_event *last = &history->rows[history->count - 1].event;
	if (!*last->fingerprint || !strcmp(last->fingerprint, job->fingerprint))
		return;
	struct amplan_finding *finding = amp_finding_add(&job->findings, AMPLAN_ERROR,
		"schema-drift", "the schema is not what '%s' left on %s", last->id,
		last->applied_at);
	amp_finding_id(&job->findings, finding, last->id);
	amp_finding_hint(&job->findings, finding,
		"somebody changed it outside amplan: undo that, or write it down as a "
		"migration and record it with 'amplan baseline'");
}

/* Applied migrations that the catalog does not have are `missing` here, pending or not. */
static void report_missing(struct amp_job *job)
{
	for (size_t i = 0; i < job->findings.count; i++) {
		struct amplan_finding *finding = &job->findings.items[i];
		if (strcmp(finding->kind, "ahead") != 0)
			continue;
		finding->kind = "missing";
		finding->severity = AMPLAN_ERROR;
	}
}

static int verify(struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	const struct amp_goal all = {.direction = AMP_UP};
	struct amp_db *db = NULL;
	int code = amp_look_and_plan(job, amplan, &all, &db, error);
	amplan->engine->close(db);
	if (!job->looked)
		return code;
	amplan->engine->holder(&amplan->target, &job->report.holder, &job->arena);
	report_missing(job);
	compare_schema(job);
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
