/*
 * Try: one migration, run on a shadow by the same code that rehearses and applies.
 */
#include <string.h>

#include "executor/prove.h"
#include "executor/run.h"

void amp_trial_deinit(struct amp_trial *trial)
{
	amp_findings_deinit(&trial->findings);
	amp_arena_deinit(&trial->arena);
}

static bool is_about_sql(int code)
{
	return code == AMPLAN_FAILED || code == AMPLAN_REFUSED;
}

/* The trial says what the step said; trouble of the machine stays an error. */
static int take_result(struct amp_trial *trial, const struct amp_result *result, int code,
	struct amplan_error *error)
{
	trial->code = code;
	trial->outcome = result->outcome;
	trial->verified = result->verified;
	trial->needs_rows = result->needs_rows;
	trial->effects = result->effects;
	trial->neffects = result->neffects;
	for (size_t i = 0; i < trial->findings.count && !trial->why; i++)
		if (trial->findings.items[i].severity == AMPLAN_ERROR) {
			trial->why = trial->findings.items[i].message;
			trial->kind = trial->findings.items[i].kind;
			trial->place = trial->findings.items[i].place;
		}
	if (code && !is_about_sql(code))
		return code;
	if (code && !trial->why)
		trial->why = "it fails";
	amp_error_clear(error);
	return AMPLAN_OK;
}

/* Rows of the tables it wrote that point at nothing. */
static int count_violations(struct amp_db *db, const struct amp_result *result,
	struct amp_trial *trial, struct amplan_error *error)
{
	struct amp_violations violations = {.arena = &trial->arena};
	int code = db->engine->violations(
		db, result->touched, result->ntouched, &violations, error);
	trial->violations = violations.count;
	amp_vec_deinit(&violations);
	return code;
}

static int run(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_how how, struct amp_trial *trial, struct amplan_error *error)
{
	size_t index = prover->step_of[node];
	struct amp_result *result = &prover->results[index];
	/* it borrows everything from the job but what is written */
	struct amp_job job = *prover->job;
	job.arena = trial->arena;
	job.findings = trial->findings;
	job.findings.arena = &job.arena;
	job.results = prover->results;
	job.plan.direction = how.down ? AMP_DOWN : AMP_UP;
	struct amp_runner runner = {
		.job = &job,
		.db = db,
		.rehearsal = true,
		.trial = true,
		.real_rows = !how.rows,
		.recorder = how.recorder,
		.statement_timeout_ms = prover->options->statement_timeout_ms,
	};
	int code = amp_run_step(&runner, index, error);
	trial->arena = job.arena;
	trial->findings = job.findings;
	trial->findings.arena = &trial->arena;
	for (size_t i = 0; how.recorder && i < how.recorder->statements.count; i++)
		trial->literals += how.recorder->statements.items[i].literal;
	code = take_result(trial, result, code, error);
	/* what it found is not all there, so nothing may be made of it */
	if (!code && (trial->findings.failed || trial->arena.failed))
		code = amp_error_nomem(error);
	if (!code && !trial->code && result->rows)
		code = count_violations(db, result, trial, error);
	return code;
}

static void begin_trial(struct amp_trial *trial)
{
	*trial = (struct amp_trial){0};
	amp_arena_init(&trial->arena);
	amp_findings_init(&trial->findings, &trial->arena);
}

/* Deferred keys are looked at by the commit alone. It would fail, and say nothing of who is
   to blame. */
static void take_unsettled(struct amp_prover *prover, uint32_t node, struct amp_how how,
	struct amp_trial *trial)
{
	const struct amp_migration *migration = prover->job->graph.nodes[node];
	const struct amp_sql *sql = how.down ? migration->down : migration->up;
	size_t blank = strspn(sql->text, " \t\n");
	struct amplan_finding *finding =
		amp_finding_add(&trial->findings, AMPLAN_ERROR, "foreign-key-violation",
			"with foreign keys on, rows point at nothing when the step ends");
	finding->place = amp_sql_place(sql, blank, strcspn(sql->text + blank, "\n"));
	amp_finding_id(&trial->findings, finding, migration->id);
	amp_finding_hint(&trial->findings, finding,
		"keep, move or delete the rows that point there in the same step; 'PRAGMA "
		"foreign_key_check' lists them");
	trial->code = AMPLAN_FAILED;
	trial->outcome = AMPLAN_STOPPED;
	trial->why = finding->message;
	trial->kind = finding->kind;
	trial->place = finding->place;
	prover->results[prover->step_of[node]].outcome = AMPLAN_STOPPED;
}

static int inside(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_how how, struct amp_trial *trial, struct amplan_error *error)
{
	int code = db->engine->savepoint(db, error);
	if (!code)
		code = run(prover, db, node, how, trial, error);
	if (code || !db->engine->is_open(db))
		return code;
	if (!trial->code && db->engine->unsettled(db))
		take_unsettled(prover, node, how, trial);
	if (trial->code)
		db->engine->undo(db);
	else
		code = db->engine->release(db, error);
	if (!code && (trial->findings.failed || trial->arena.failed))
		code = amp_error_nomem(error);
	return code;
}

int amp_try_inside(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_how how, struct amp_trial *trial, struct amplan_error *error)
{
	begin_trial(trial);
	return inside(prover, db, node, how, trial, error);
}

static int alone(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_how how, struct amp_trial *trial, struct amplan_error *error)
{
	int code = run(prover, db, node, how, trial, error);
	trial->dirty = trial->code != AMPLAN_OK;
	return code;
}

int amp_try(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_how how, struct amp_trial *trial, struct amplan_error *error)
{
	unsigned flags = prover->job->graph.nodes[node]->flags;
	begin_trial(trial);
	if (flags & AMPLAN_NO_TRANSACTION)
		return alone(prover, db, node, how, trial, error);
	int code = db->engine->begin(db, flags & AMPLAN_FOREIGN_KEYS, error);
	if (!code)
		code = inside(prover, db, node, how, trial, error);
	if (code || trial->code || !db->engine->is_open(db)) {
		db->engine->rollback(db);
		return code;
	}
	return db->engine->commit(db, error);
}

const char *amp_try_broken(const struct amp_shapes *shapes, struct amp_arena *arena)
{
	for (size_t i = 0; i < shapes->count; i++) {
		const struct amp_shape *shape = &shapes->items[i];
		if (shape->broken)
			return amp_arena_printf(arena, "'%s' cannot be used: %s",
				shape->name, shape->broken);
		for (size_t k = 0; k < shape->nkeys; k++)
			if (!shape->keys[k].parent_exists)
				return amp_arena_printf(arena,
					"'%s' points at '%s', which is not there",
					shape->name, shape->keys[k].parent);
	}
	return NULL;
}

/* What the plain run left usable must be usable here as well. */
static const char *newly_broken(const struct amp_shapes *plain,
	const struct amp_shapes *here, struct amp_arena *arena)
{
	for (size_t i = 0; i < here->count; i++) {
		const struct amp_shapes one = {&here->items[i], 1};
		const struct amp_shape *was = amp_shape_find(plain, here->items[i].name);
		const struct amp_shapes before = {
			(struct amp_shape *)(uintptr_t)was, was != NULL};
		const char *why = amp_try_broken(&one, arena);
		if (why && was && !amp_try_broken(&before, arena))
			return why;
	}
	return NULL;
}

static size_t count_literals(const struct amp_seen *seen)
{
	size_t count = 0;
	for (size_t i = 0; i < seen->nstatements; i++)
		count += seen->statements[i].literal;
	return count;
}

int amp_try_compare(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_trial *trial, bool *same, const char **why, struct amplan_error *error)
{
	const struct amp_plain *plain = &prover->plain[node];
	const struct amp_seen *seen = &prover->effects[node].up;
	struct amp_shapes shapes = {0};
	*why = NULL;
	if (trial->code)
		*why = trial->why;
	else if (trial->verified < plain->verified)
		*why = "a verify query is not true";
	else if (trial->outcome != plain->outcome)
		*why = plain->outcome == AMPLAN_MARKED
			? "it is not there already, as it is in the plan"
			: "it is there already, as it is not in the plan";
	else if (!plain->hoped && trial->literals > count_literals(seen))
		*why = "a column that is not there is taken for a string";
	else if (trial->violations > plain->violations)
		*why = AMP_ROWS_DANGLE;
	int code = AMPLAN_OK;
	if (!*why && trial->neffects) {
		const char **names =
			amp_effect_names(trial->effects, trial->neffects, &trial->arena);
		code = names ? db->engine->shapes(db, names, trial->neffects, NULL,
				       &shapes, &trial->arena, error)
			     : amp_error_nomem(error);
		if (!code)
			*why = plain->hoped
				? amp_try_broken(&shapes, &trial->arena)
				: newly_broken(&seen->after, &shapes, &trial->arena);
	}
	*same = !*why;
	return code;
}
