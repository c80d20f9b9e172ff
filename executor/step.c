/*
 * Step: one migration of a plan: preconditions, SQL, verifies, effects, history row.
 */
#include <string.h>

#include "base/system.h"
#include "executor/objects.h"
#include "executor/run.h"

static struct amp_run_as run_as(struct amp_runner *runner, size_t index)
{
	const struct amp_plan_step *step = &runner->job->plan.steps[index];
	bool up = runner->job->plan.direction == AMP_UP;
	return (struct amp_run_as){
		.migration = step->migration,
		.transactional = !(step->migration->flags & AMPLAN_NO_TRANSACTION),
		.progress =
			{
				.phase = runner->rehearsal ? AMPLAN_REHEARSING
					: up               ? AMPLAN_APPLYING
							   : AMPLAN_UNDOING,
				.number = step->number,
				.count = (unsigned)runner->job->plan.nsteps,
				.id = step->migration->id,
			},
		.findings = &runner->job->findings,
		.arena = &runner->job->arena,
		.danglings = runner->trial ? NULL : &runner->danglings,
		.recorder = runner->recorder,
		.statement_timeout_ms = runner->statement_timeout_ms,
		.pass_over = runner->rehearsal,
	};
}

/* What the answer to a query means, where it is not plainly true. */
static const char *answer_text(enum amp_answer answer)
{
	switch (answer) {
	case AMP_FALSE:
		return "gave false";
	case AMP_NO_ROW:
		return "gave no row";
	case AMP_SEVERAL_ROWS:
		return "gave more than one row";
	default:
		return "gave no answer";
	}
}

static int report_answer(struct amp_runner *runner, size_t index,
	const struct amp_check *check, const char *kind, enum amp_answer answer,
	struct amplan_error *error)
{
	struct amp_findings *findings = &runner->job->findings;
	const char *id = runner->job->plan.steps[index].migration->id;
	bool verify = !strcmp(kind, "verify-failed");
	struct amplan_finding *finding =
		amp_finding_add(findings, AMPLAN_ERROR, kind, "the %s query %s",
			verify ? "verify" : "precondition", answer_text(answer));
	size_t blank = strspn(check->sql.text, " \t\n");
	finding->place =
		amp_sql_place(&check->sql, blank, strcspn(check->sql.text + blank, "\n"));
	amp_finding_id(findings, finding, id);
	if (answer == AMP_NO_ROW || answer == AMP_SEVERAL_ROWS)
		amp_finding_hint(findings, finding,
			"it must give exactly one row; SELECT count(*) = … or EXISTS (…) "
			"always does");
	else if (verify)
		amp_finding_hint(findings, finding,
			"the step ran, but its result is not what was wanted: it was rolled "
			"back; run the query by hand to see why");
	else
		amp_finding_hint(findings, finding,
			"the database is not as '%s' expects it; if that means it is done "
			"already, say on-fail=\"mark-applied\"",
			id);
	return amp_error(error, AMPLAN_FAILED, "'%s': the %s query %s", id,
		verify ? "verify" : "precondition", answer_text(answer));
}

/* Asks the preconditions. *skip: a mark-applied one says that it is there already. */
static int ask_preconditions(struct amp_runner *runner, size_t index,
	struct amp_run_as *as, bool *skip, struct amplan_error *error)
{
	const struct amp_migration *migration = as->migration;
	struct amp_result *result = &runner->job->results[index];
	*skip = false;
	for (size_t i = 0; i < migration->npreconditions; i++) {
		const struct amp_check *check = &migration->preconditions[i];
		enum amp_answer answer;
		int code = runner->db->engine->ask(
			runner->db, &check->sql, as, &answer, error);
		if (code)
			return code;
		if (answer == AMP_TRUE)
			continue;
		if (!runner->real_rows)
			result->unknown++;
		if (answer == AMP_FALSE && check->mark_applied)
			*skip = true;
		else if (runner->real_rows)
			return report_answer(runner, index, check, "precondition-failed",
				answer, error);
	}
	return AMPLAN_OK;
}

static int ask_verifies(struct amp_runner *runner, size_t index, struct amp_run_as *as,
	struct amplan_error *error)
{
	const struct amp_migration *migration = as->migration;
	struct amp_result *result = &runner->job->results[index];
	for (size_t i = 0; i < migration->nverifies; i++) {
		const struct amp_check *check = &migration->verifies[i];
		enum amp_answer answer;
		int code = runner->db->engine->ask(
			runner->db, &check->sql, as, &answer, error);
		if (code)
			return code;
		if (answer == AMP_TRUE)
			result->verified++;
		else if (!runner->real_rows)
			result->unknown++;
		else
			return report_answer(
				runner, index, check, "verify-failed", answer, error);
	}
	return AMPLAN_OK;
}

static int run_sql(struct amp_runner *runner, size_t index, struct amp_run_as *as,
	struct amplan_error *error)
{
	struct amp_result *result = &runner->job->results[index];
	const struct amp_sql *sql =
		amp_plan_sql(&runner->job->plan, &runner->job->plan.steps[index]);
	struct amp_run run = {0};
	if (!sql)
		return AMPLAN_OK;
	int code = runner->db->engine->run(runner->db, sql, as, &run, error);
	result->needs_rows = as->needs_rows;
	result->statements = run.statements;
	result->committed = run.committed;
	result->rows = run.rows;
	result->touched = run.touched;
	result->ntouched = run.ntouched;
	return code;
}

static int see_effects(struct amp_runner *runner, size_t index,
	const struct amp_objects *before, struct amplan_error *error)
{
	struct amp_result *result = &runner->job->results[index];
	struct amp_objects after;
	int code = runner->db->engine->objects(runner->db, &after, error);
	if (code)
		return code;
	/* in a rehearsal only the end counts, and the fingerprint is most of a step's cost */
	if (!runner->rehearsal)
		amp_objects_fingerprint(&after, runner->fingerprint);
	if (!before)
		return AMPLAN_OK;
	return amp_objects_effects(before, &after, &runner->job->arena, &result->effects,
		&result->neffects, error);
}

int amp_run_record(struct amp_runner *runner, size_t index, const char *event,
	struct amplan_error *error)
{
	const struct amp_job *job = runner->job;
	const struct amp_plan_step *step = &job->plan.steps[index];
	const struct amp_result *result = &job->results[index];
	bool up = job->plan.direction == AMP_UP;
	bool last =
		index + 1 == job->plan.nsteps && job->plan.nsteps == job->plan.pending;
	/* not where it only began, nor where the attempt is forgotten */
	bool whole = up && last && !event;
	if (!event)
		event = !up                                ? "rolled-back"
			: result->outcome == AMPLAN_MARKED ? "marked"
							   : "applied";
	struct amp_history_row row = {
		.event =
			{
				.event = event,
				.id = step->migration->id,
				.checksum = step->migration->checksum,
				.plan = job->plan.digest,
				.order = step->number,
				.milliseconds = result->milliseconds,
				.rows = result->rows,
				.breaking = step->migration->flags & AMPLAN_BREAKING,
				.fingerprint = runner->fingerprint,
			},
		.cosmetic = step->migration->cosmetic,
		.catalog = whole ? job->catalog.stamp : "",
	};
	return amp_history_append(runner->db, &runner->head, &row, error);
}

/* The list before a step; its objects stay readable while the next list is made. */
static int remember(struct amp_runner *runner, struct amp_arena *scratch,
	struct amp_objects *before, struct amplan_error *error)
{
	struct amp_objects now;
	int code = runner->db->engine->objects(runner->db, &now, error);
	if (code)
		return code;
	const struct amp_object **items =
		amp_arena_array(scratch, now.count, sizeof(*items));
	if (!items)
		return amp_error_nomem(error);
	if (now.count)
		memcpy(items, now.items, now.count * sizeof(*items));
	*before = (struct amp_objects){items, now.count};
	return AMPLAN_OK;
}

/* On a shadow without rows "already there" may be wrong: try, and believe what works. */
static int try_or_skip(struct amp_runner *runner, size_t index, struct amp_run_as *as,
	bool skip, struct amplan_error *error)
{
	struct amp_result *result = &runner->job->results[index];
	size_t findings = runner->job->findings.count;
	result->outcome = AMPLAN_MARKED;
	if (skip && (runner->real_rows || !as->transactional))
		return AMPLAN_OK;
	int code = run_sql(runner, index, as, error);
	if (code && skip) {
		runner->job->findings.count = findings;
		runner->db->engine->undo(runner->db);
		amp_error_clear(error);
		return runner->db->engine->savepoint(runner->db, error);
	}
	result->outcome = AMPLAN_DONE;
	return code;
}

/* Was it only recorded, because it was there already? Then its down is not ours to run. */
static bool was_marked(const struct amp_job *job, const char *id)
{
	for (size_t i = 0; i < job->history.napplied; i++)
		if (!strcmp(job->history.applied[i].id, id))
			return !strcmp(job->history.rows[job->history.applied_row[i]]
					       .event.event,
				"marked");
	return false;
}

int amp_run_step(struct amp_runner *runner, size_t index, struct amplan_error *error)
{
	struct amp_result *result = &runner->job->results[index];
	struct amp_run_as as = run_as(runner, index);
	struct amp_arena scratch;
	struct amp_objects before = {0};
	bool up = runner->job->plan.direction == AMP_UP, skip = false;
	int64_t began = amp_now_ms();
	*result = (struct amp_result){.outcome = AMPLAN_STOPPED};
	amp_arena_init(&scratch);
	amp_progress(runner->db->hooks, &as.progress);
	int code = amp_cancelled(runner->db->hooks)
		? amp_error(error, AMPLAN_CANCELLED, "interrupted")
		: AMPLAN_OK;
	if (!code && runner->rehearsal)
		code = remember(runner, &scratch, &before, error);
	if (!code && up)
		code = ask_preconditions(runner, index, &as, &skip, error);
	if (!code && !up && was_marked(runner->job, as.migration->id))
		result->outcome = AMPLAN_MARKED;
	else if (!code)
		code = try_or_skip(runner, index, &as, skip, error);
	if (!code && up && result->outcome == AMPLAN_DONE)
		code = ask_verifies(runner, index, &as, error);
	if (!code)
		code = see_effects(
			runner, index, runner->rehearsal ? &before : NULL, error);
	amp_arena_deinit(&scratch);
	if (as.refusal && as.pass_over && (!code || code == AMPLAN_FAILED)) {
		result->complete = !code;
		code = amp_error(
			error, AMPLAN_REFUSED, "'%s': %s", as.migration->id, as.refusal);
	}
	result->milliseconds = amp_now_ms() - began;
	if (code)
		result->outcome = AMPLAN_STOPPED;
	/* on a shadow without rows, what fails for want of rows proves nothing */
	if (code == AMPLAN_FAILED &&
		((!runner->real_rows && as.needs_rows) ||
			(runner->lent && as.unknown_function)))
		result->outcome = AMPLAN_UNTRIED;
	return code;
}
