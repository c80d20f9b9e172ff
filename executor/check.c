/*
 * Check: a catalog proved from nothing, without a database.
 */
#include <amplan/check.h>

#include "executor/job.h"
#include "executor/rehearse.h"

/* With --strict a warning counts as an error. */
static void be_strict(struct amp_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].severity == AMPLAN_WARNING)
			findings->items[i].severity = AMPLAN_ERROR;
}

/* What a fresh installation would do: all of the catalog, on an empty database. */
static int plan_from_nothing(
	struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	const struct amp_goal everything = {.direction = AMP_UP};
	int code = amp_job_load(job, amplan, error);
	if (!code)
		code = amp_job_look_at_nothing(job, error);
	return code ? code : amp_job_plan(job, &everything, error);
}

static int prove(struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	int code = plan_from_nothing(job, amplan, error);
	if (!code && job->plan.nsteps)
		code = amp_rehearse(job, amplan, NULL, AMPLAN_FIDELITY_EMPTY, 0, error);
	return code;
}

/* Whatever a finding says, the descriptors are what must change. */
static int judge(struct amp_job *job, int code, struct amplan_error *error)
{
	if (code && code != AMPLAN_FAILED)
		return code;
	if (!amp_findings_have_errors(&job->findings))
		return code;
	return amp_error(error, AMPLAN_REFUSED, "the descriptors do not hold");
}

int amplan_check(struct amplan *amplan, const struct amplan_check_options *options,
	struct amplan_report **out, struct amplan_error *error)
{
	static const struct amplan_check_options defaults = AMPLAN_CHECK_OPTIONS_INIT;
	*out = NULL;
	amp_error_clear(error);
	if (!options)
		options = &defaults;
	struct amp_job *job = amp_job_new(error);
	if (!job)
		return AMPLAN_NOMEM;
	int code = prove(job, amplan, error);
	if (options->strict)
		be_strict(&job->findings);
	code = judge(job, code, error);
	return amp_job_finish(job, amplan, code, out, error);
}
