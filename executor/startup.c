/*
 * Startup: gate, fast path, lock, plan, apply, report.
 */
#include <amplan/startup.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/apply.h"

static bool is_yes(const char *value)
{
	return value &&
		(!strcasecmp(value, "true") || !strcasecmp(value, "1") ||
			!strcasecmp(value, "yes") || !strcasecmp(value, "on"));
}

static bool is_gate_open(enum amplan_gate gate)
{
	if (gate != AMPLAN_GATE_ENVIRONMENT)
		return gate == AMPLAN_GATE_ON;
	return is_yes(getenv("PRODUCTION_MODE")) &&
		is_yes(getenv("AUTO_MIGRATE_ON_STARTUP"));
}

static bool stops_on_failure(void)
{
	const char *value = getenv("AUTO_MIGRATE_ON_FAILURE");
	return value && !strcasecmp(value, "stop");
}

/* How long the fast path waits: not knowing is an answer, and the timeout is for the rest. */
#define FAST_MS 50

/* One open, one indexed read, one comparison. false: not known to be current. */
static bool is_current(struct amplan *amplan)
{
	struct amp_hooks hooks = amplan->hooks;
	if (hooks.lock_timeout_ms > FAST_MS)
		hooks.lock_timeout_ms = FAST_MS;
	char wanted[AMP_DIGEST_SIZE], stamp[AMP_DIGEST_SIZE] = "";
	struct amp_db *db = NULL;
	bool exists = false;
	if (amplan->engine->exists(&amplan->target, &exists, NULL) || !exists)
		return false;
	if (!amplan->engine->open(&amplan->target, AMP_OBSERVE, &hooks, &db, NULL))
		amp_history_stamp(db, stamp, NULL);
	amplan->engine->close(db);
	return *stamp &&
		!amp_catalog_stamp((const char *const *)amplan->folders, amplan->nfolders,
			amplan->engine->name, wanted, NULL) &&
		!strcmp(stamp, wanted);
}

/* Work that a person must do: nothing is applied at startup while it is pending. */
static int refuse_maintenance(struct amp_job *job, struct amplan_error *error)
{
	bool refused = false;
	for (size_t i = 0; i < job->plan.nsteps; i++) {
		const struct amp_migration *migration = job->plan.steps[i].migration;
		if (!(migration->flags & AMPLAN_MAINTENANCE))
			continue;
		struct amplan_finding *finding = amp_finding_add(&job->findings,
			AMPLAN_ERROR, "maintenance-required",
			"'%s' is maintenance work, which startup never runs",
			migration->id);
		finding->place = amp_source_place(
			migration->source, migration->offset, migration->length);
		amp_finding_id(&job->findings, finding, migration->id);
		amp_finding_hint(&job->findings, finding,
			"a person runs it: amplan apply, at a quiet time");
		refused = true;
	}
	if (!refused)
		return AMPLAN_OK;
	amp_error(error, AMPLAN_REFUSED, "maintenance work is pending");
	amp_error_hint(error, "run 'amplan apply' by hand, at a quiet time");
	return AMPLAN_REFUSED;
}

static enum amplan_outcome_of_startup outcome_of(
	int code, const struct amp_job *job, bool ran)
{
	bool planned = job && job->planned;
	enum amplan_verdict verdict =
		planned ? job->plan.verdict : AMPLAN_VERDICT_UNKNOWN;
	switch (code) {
	case AMPLAN_OK:
		if (verdict == AMPLAN_AHEAD)
			return AMPLAN_STARTUP_AHEAD;
		return ran ? AMPLAN_STARTUP_APPLIED : AMPLAN_STARTUP_CURRENT;
	case AMPLAN_LOCKED:
		return AMPLAN_STARTUP_LOCKED;
	case AMPLAN_REFUSED:
		/* a newer database whose changes break this program is ahead, too */
		return verdict == AMPLAN_AHEAD ? AMPLAN_STARTUP_AHEAD
					       : AMPLAN_STARTUP_REFUSED;
	case AMPLAN_USAGE:
	case AMPLAN_PARTIAL:
		return AMPLAN_STARTUP_REFUSED;
	default:
		return AMPLAN_STARTUP_FAILED;
	}
}

static void log_findings(const struct amp_job *job, struct amplan *amplan)
{
	for (size_t i = 0; job && i < job->findings.count; i++) {
		const struct amplan_finding *finding = &job->findings.items[i];
		char place[512] = "";
		if (finding->place.file)
			snprintf(place, sizeof(place), "%s:%u:%u", finding->place.file,
				finding->place.line, finding->place.column);
		enum amplan_level level = finding->severity == AMPLAN_ERROR
			? AMPLAN_LOG_ERROR
			: finding->severity == AMPLAN_WARNING ? AMPLAN_LOG_WARNING
							      : AMPLAN_LOG_INFO;
		amp_log(&amplan->hooks, level, finding->message, "kind", finding->kind,
			"place", place, "help", finding->hint ? finding->hint : "", NULL);
	}
}

static void log_end(struct amplan *amplan, const struct amplan_startup_result *result)
{
	const char *name = amplan_startup_name(result->outcome);
	const char *database = amplan->target.display;
	char steps[32] = "0";
	size_t done = 0;
	for (size_t i = 0; result->report && i < result->report->nsteps; i++)
		done += result->report->steps[i].outcome == AMPLAN_DONE ||
			result->report->steps[i].outcome == AMPLAN_MARKED;
	snprintf(steps, sizeof(steps), "%zu", done);
	if (result->code)
		amp_log(&amplan->hooks, AMPLAN_LOG_ERROR, "startup did not migrate",
			"result", name, "database", database, "reason",
			result->error.message, "help", result->error.hint, NULL);
	else
		amp_log(&amplan->hooks,
			result->outcome == AMPLAN_STARTUP_AHEAD ? AMPLAN_LOG_WARNING
								: AMPLAN_LOG_INFO,
			"startup is done", "result", name, "database", database,
			"applied", steps, NULL);
}

static void migrate(struct amplan *amplan, const struct amplan_startup_options *options,
	struct amplan_startup_result *result)
{
	const struct amp_goal all = {.direction = AMP_UP};
	struct amplan_plan_options plan_options = AMPLAN_PLAN_OPTIONS_INIT;
	plan_options.fidelity = options->fidelity;
	struct amp_manner manner = {.consent = refuse_maintenance, .is_done = is_current};
	struct amp_job *job = NULL;
	result->code = amp_apply_pending(
		amplan, &all, &plan_options, &manner, &job, &result->error);
	result->outcome = outcome_of(result->code, job, manner.worked);
	log_findings(job, amplan);
	if (job) {
		int code = amp_job_finish(
			job, amplan, result->code, &result->report, &result->error);
		/* no report, for want of memory: the reason is another now */
		if (code != result->code) {
			result->code = code;
			result->outcome = AMPLAN_STARTUP_FAILED;
		}
	}
}

/* The session itself could not be made, so its options are all there is. */
static void log_no_session(
	const struct amplan_options *options, const struct amplan_startup_result *result)
{
	const struct amplan_field fields[] = {
		{"result", amplan_startup_name(result->outcome)},
		{"reason", result->error.message},
		{"help", result->error.hint},
	};
	if (options->log)
		options->log(options->user, AMPLAN_LOG_ERROR, "startup did not migrate",
			fields, 3);
}

int amplan_startup(const struct amplan_options *session_options,
	const struct amplan_startup_options *options,
	struct amplan_startup_result *result)
{
	static const struct amplan_startup_options defaults = AMPLAN_STARTUP_OPTIONS_INIT;
	struct amplan *amplan = NULL;
	*result = (struct amplan_startup_result){.outcome = AMPLAN_STARTUP_DISABLED};
	options = options ? options : &defaults;
	int code = amplan_open(session_options, &amplan, &result->error);
	if (!code && !is_gate_open(options->gate)) {
		amp_log(&amplan->hooks, AMPLAN_LOG_DEBUG, "startup migration is off",
			NULL);
		amplan_close(amplan);
		return AMPLAN_OK;
	}
	if (!code)
		code = amp_need_database(amplan, &result->error);
	result->code = code;
	if (code)
		result->outcome = AMPLAN_STARTUP_REFUSED;
	else if (is_current(amplan))
		result->outcome = AMPLAN_STARTUP_CURRENT;
	else
		migrate(amplan, options, result);
	if (amplan)
		log_end(amplan, result);
	else
		log_no_session(session_options, result);
	result->stop = result->code && stops_on_failure();
	amplan_close(amplan);
	return result->code;
}

void amplan_startup_result_deinit(struct amplan_startup_result *result)
{
	if (!result)
		return;
	amplan_report_free(result->report);
	*result = (struct amplan_startup_result){.outcome = AMPLAN_STARTUP_DISABLED};
}

/* Was a migration applied that this program does not know and that breaks it? */
static bool is_breaking(const struct amp_job *job)
{
	for (size_t i = 0; i < job->history.napplied; i++) {
		const struct amp_applied *applied = &job->history.applied[i];
		for (size_t u = 0; applied->breaking && u < job->plan.nunknown; u++)
			if (!strcmp(job->plan.unknown[u], applied->id))
				return true;
	}
	return false;
}

int amplan_fit(struct amplan *amplan, enum amplan_fitness *fitness,
	struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_report *report = NULL;
	int code = amplan_status(amplan, &report, error);
	struct amp_job *job = report ? amp_job_of(report) : NULL;
	/* refused only for what is unknown here is an answer, not a failure */
	if (job && job->planned && (!code || code == AMPLAN_REFUSED)) {
		code = AMPLAN_OK;
		amp_error_clear(error);
		*fitness = is_breaking(job)      ? AMPLAN_UNFIT_BREAKING
			: job->plan.pending      ? AMPLAN_UNFIT_BEHIND
			: job->plan.nunknown > 0 ? AMPLAN_FIT_AHEAD
						 : AMPLAN_FIT;
	}
	if (out)
		*out = report;
	else
		amplan_report_free(report);
	return code;
}
