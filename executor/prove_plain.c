/*
 * Prove, the plain run: what a fresh installation would do, and what is seen of it.
 *
 * One that does not work where the plan has it gets a second look: perhaps one that comes
 * later is what it needs, or one that came before took away what it needs. Then they are
 * taken as ordered in the way that works, and the run begins anew, so that the rest can be
 * proved as well.
 */
#include <stdlib.h>
#include <string.h>

#include "executor/missing.h"
#include "executor/run.h"

/* Does it need one that did not work? Its own failure would say nothing then. */
static bool needs_failed(const struct amp_prover *prover, uint32_t node)
{
	const uint64_t *before = amp_ancestors_of(&prover->before, node);
	for (uint32_t i = 0; i < prover->job->graph.count; i++)
		if (amp_set_has(before, i) && prover->step_of[i] != SIZE_MAX &&
			!prover->plain[i].works)
			return true;
	return false;
}

/* What the trial says in its own memory is copied into that of the job. False: no memory,
   and nobody may look at what there is of it. */
static bool keep_result(struct amp_result *result, struct amp_arena *arena)
{
	const char **touched = amp_arena_array(arena, result->ntouched, sizeof(*touched));
	for (size_t i = 0; touched && i < result->ntouched; i++)
		touched[i] = amp_arena_strdup(arena, result->touched[i]);
	result->touched = touched;
	result->effects = amp_effects_keep(arena, result->effects, result->neffects);
	return !arena->failed;
}

/* It does not work on either side of another one: that is told instead. */
static bool is_told(const struct amp_prover *prover, uint32_t node)
{
	for (size_t i = 0; i < prover->suspects.count; i++)
		if (prover->suspects.items[i].hopeless &&
			prover->suspects.items[i].node == node)
			return true;
	return false;
}

static bool take_plain(
	struct amp_prover *prover, uint32_t node, const struct amp_trial *trial)
{
	struct amp_result *result = &prover->job->results[prover->step_of[node]];
	*result = prover->results[prover->step_of[node]];
	if (!keep_result(result, &prover->job->arena)) {
		*result = (struct amp_result){0};
		return false;
	}
	prover->plain[node] = (struct amp_plain){
		.works = !trial->code,
		.outcome = trial->outcome,
		.verified = trial->verified,
		.violations = trial->violations,
	};
	for (size_t i = 0; i < trial->findings.count; i++)
		amp_findings_copy(&prover->job->findings, &trial->findings.items[i]);
	return true;
}

struct failures AMP_VEC(struct amp_failure);

static bool take_failure(struct amp_prover *prover, uint32_t node,
	const struct amp_trial *trial, struct failures *failures)
{
	struct amp_arena *arena = &prover->job->arena;
	/* it ends nowhere else either, and each try takes as long again */
	if (trial->kind && !strcmp(trial->kind, "endless-statement"))
		return true;
	struct amp_failure failure = {
		.node = node,
		.why = amp_arena_strdup(arena, trial->why),
		.place = trial->place,
	};
	failure.place.text = amp_arena_strdup(arena, trial->place.text);
	return amp_vec_push(failures, failure);
}

/* SQLite makes views, triggers and foreign keys that name what is not there, and rows that
   point there. It may come later; then it should have come before. */
static bool take_broken(
	struct amp_prover *prover, uint32_t node, struct failures *failures)
{
	const struct amp_seen *seen = &prover->effects[node].up;
	struct amp_arena *arena = &prover->job->arena;
	struct amp_failure failure = {
		.node = node, .why = amp_try_broken(&seen->after, arena)};
	if (amp_try_broken(&seen->before, arena))
		failure.why = NULL;
	if (prover->plain[node].violations)
		failure.why = AMP_ROWS_DANGLE;
	return !failure.why || amp_vec_push(failures, failure);
}

static int run_one(struct amp_prover *prover, struct amp_db *db, struct amp_view *view,
	uint32_t node, struct failures *failures, struct amplan_error *error)
{
	struct amp_job *job = prover->job;
	struct amp_seen *seen = &prover->effects[node].up;
	struct amp_recorder recorder = {.arena = &job->arena};
	AMP_TRIAL_AUTO trial = {0};
	struct amp_how how = {.recorder = &recorder};
	int code = amp_try(prover, db, node, how, &trial, error);
	if (!code && !take_plain(prover, node, &trial))
		code = amp_error_nomem(error);
	seen->failed = trial.code != AMPLAN_OK;
	if (!code && trial.code && !take_failure(prover, node, &trial, failures))
		code = amp_error_nomem(error);
	if (!code && !trial.code) {
		const struct amp_result *result = &job->results[prover->step_of[node]];
		code = amp_see(view, db, job->graph.nodes[node]->up, result->effects,
			result->neffects, &recorder, seen, error);
		if (!code && !take_broken(prover, node, failures))
			code = amp_error_nomem(error);
	}
	amp_vec_deinit(&recorder.touches);
	amp_vec_deinit(&recorder.statements);
	return code;
}

/* Rows that point at nothing when all is done. */
static int check_keys(
	struct amp_prover *prover, struct amp_db *db, struct amplan_error *error)
{
	struct amp_violations none = {.arena = &prover->job->arena};
	struct amp_runner runner = {
		.job = prover->job, .db = db, .rehearsal = true, .real_rows = true};
	int code = amp_run_violations(&runner, &none, 0, prover->job->plan.nsteps, error);
	return code == AMPLAN_FAILED ? AMPLAN_OK : code;
}

/* All in sequence; those that do not work are gathered. */
static int run_all(
	struct amp_prover *prover, struct failures *failures, struct amplan_error *error)
{
	struct amp_db *db = NULL;
	struct amp_view view = {.arena = &prover->job->arena};
	bool all = true;
	int code = amp_prove_open(prover, &db, error);
	for (uint32_t i = 0; !code && i < prover->job->graph.count; i++) {
		uint32_t node = prover->sequence[i];
		if (prover->step_of[node] == SIZE_MAX)
			continue;
		/* of one that worked a round ago and does not now, what it did is known */
		prover->plain[node] = (struct amp_plain){0};
		if (needs_failed(prover, node) || is_told(prover, node))
			prover->job->results[prover->step_of[node]] =
				(struct amp_result){.outcome = AMPLAN_UNTRIED};
		else
			code = run_one(prover, db, &view, node, failures, error);
		all = all && prover->plain[node].works;
	}
	if (!code && all)
		code = check_keys(prover, db, error);
	amp_view_deinit(&view);
	prover->amplan->engine->close(db);
	return code;
}

/* What it would do if it worked, to compare trials with. */
static void expect_success(struct amp_prover *prover, uint32_t node)
{
	const struct amp_migration *migration = prover->job->graph.nodes[node];
	prover->plain[node] = (struct amp_plain){
		.outcome = AMPLAN_DONE,
		.verified = (unsigned)migration->nverifies,
		/* where it did not run there is nothing to compare them with */
		.violations = prover->plain[node].works ? 0 : SIZE_MAX,
		.hoped = true,
	};
}

/* Told when the effects of both are known. From now on one comes after the other, unless
   neither order works. */
static int add_suspect(struct amp_prover *prover, const struct amp_suspect *suspect,
	size_t *found, struct amplan_error *error)
{
	struct amp_extra extra = {suspect->node, suspect->other};
	if (suspect->conflict)
		extra = (struct amp_extra){suspect->other, suspect->node};
	if (!amp_vec_push(&prover->suspects, *suspect))
		return amp_error_nomem(error);
	(*found)++;
	if (suspect->hopeless)
		return AMPLAN_OK;
	return amp_vec_push(&prover->extras, extra) ? AMPLAN_OK : amp_error_nomem(error);
}

/* Does one work right after another, on what both need? */
static int try_after(struct amp_shelf *shelf, uint32_t node, uint32_t first, bool *works,
	struct amplan_error *error)
{
	struct amp_prover *prover = shelf->prover;
	size_t words = prover->need.words;
	AMP_ARENA_AUTO scratch = {0};
	uint64_t *set = amp_arena_array(&scratch, words + 1, sizeof(*set));
	if (!set)
		return amp_error_nomem(error);
	amp_set_unite(set, amp_ancestors_of(&prover->need, node), words);
	amp_set_unite(set, amp_ancestors_of(&prover->need, first), words);
	amp_set_add(set, first);
	return amp_try_on(shelf, node, set, false, works, NULL, error);
}

/* Does it work elsewhere? On what it needs alone, then one before it breaks it; after others
   that come later, then they are what it needs. */
static int diagnose(struct amp_shelf *shelf, const struct amp_failure *failure,
	size_t *found, struct amplan_error *error)
{
	struct amp_prover *prover = shelf->prover;
	struct amp_nodes missing = {0};
	uint32_t node = failure->node, breaker = AMP_NO_NODE;
	const struct amp_plain plain = prover->plain[node];
	bool same;
	expect_success(prover, node);
	int code = amp_try_on(shelf, node, amp_ancestors_of(&prover->need, node), false,
		&same, NULL, error);
	if (!code && same)
		code = amp_find_breaker(shelf, node, &breaker, error);
	else if (!code)
		code = amp_find_missing(shelf, node, true, &missing, error);
	prover->plain[node] = plain;
	struct amp_suspect suspect = {
		.node = node, .why = failure->why, .place = failure->place};
	if (!code && breaker != AMP_NO_NODE) {
		bool works = false;
		code = try_after(shelf, breaker, node, &works, error);
		suspect.other = breaker;
		suspect.conflict = true;
		suspect.hopeless = !works;
		if (!code)
			code = add_suspect(prover, &suspect, found, error);
	}
	for (size_t i = 0; !code && i < missing.count; i++) {
		suspect.other = missing.items[i];
		if (!amp_comes_with_another(prover, &missing, missing.items[i]))
			code = add_suspect(prover, &suspect, found, error);
	}
	amp_vec_deinit(&missing);
	return code;
}

/* Each of the failures; `found` counts the dependencies that would mend some. One at a time
   where they might close a circle: the next round sees the rest. */
static int diagnose_all(struct amp_prover *prover, const struct failures *failures,
	size_t *found, struct amplan_error *error)
{
	struct amp_shelf shelf;
	*found = 0;
	if (!failures->count)
		return AMPLAN_OK;
	int code = amp_shelf_init(&shelf, prover, false, error);
	for (size_t i = 0; !code && !*found && i < failures->count; i++)
		code = diagnose(&shelf, &failures->items[i], found, error);
	amp_shelf_deinit(&shelf);
	return code;
}

/* Whether `from` comes after `on` anyway, for what else was declared or found. */
static bool is_implied(const struct amp_prover *prover, uint32_t from, uint32_t on)
{
	const struct amp_graph *graph = &prover->job->graph;
	for (uint32_t e = graph->first[from]; e < graph->first[from + 1]; e++)
		if (amp_set_has(amp_ancestors_of(&prover->before, graph->target[e]), on))
			return true;
	for (size_t i = 0; i < prover->extras.count; i++)
		if (prover->extras.items[i].from == from &&
			amp_set_has(amp_ancestors_of(
					    &prover->before, prover->extras.items[i].on),
				on))
			return true;
	return false;
}

static void take_extra_out(struct amp_prover *prover, uint32_t from, uint32_t on)
{
	size_t kept = 0;
	for (size_t i = 0; i < prover->extras.count; i++) {
		struct amp_extra extra = prover->extras.items[i];
		if (extra.from != from || extra.on != on)
			prover->extras.items[kept++] = extra;
	}
	prover->extras.count = kept;
}

/* Does the one still break the other, now that it has all that it needs? Not where it comes
   after it for another reason. */
static int look_again(struct amp_prover *prover, struct amp_suspect *suspect,
	struct amplan_error *error)
{
	struct amp_extra extra = {suspect->other, suspect->node};
	struct amp_shelf shelf = {0};
	take_extra_out(prover, extra.from, extra.on);
	int code = amp_prove_ancestry(prover, error);
	suspect->settled = !code &&
		amp_set_has(amp_ancestors_of(&prover->before, extra.from), extra.on);
	if (code || suspect->settled)
		return code;
	code = amp_shelf_init(&shelf, prover, false, error);
	if (!code)
		code = try_after(
			&shelf, suspect->node, suspect->other, &suspect->settled, error);
	amp_shelf_deinit(&shelf);
	if (code || suspect->settled)
		return code;
	if (!amp_vec_push(&prover->extras, extra))
		return amp_error_nomem(error);
	return amp_prove_ancestry(prover, error);
}

static int look_at_conflicts(struct amp_prover *prover, struct amplan_error *error)
{
	int code = AMPLAN_OK;
	for (size_t i = 0; !code && i < prover->suspects.count; i++) {
		struct amp_suspect *suspect = &prover->suspects.items[i];
		if (suspect->conflict && !suspect->hopeless)
			code = look_again(prover, suspect, error);
	}
	return code;
}

static int tell_suspects(struct amp_prover *prover, struct amplan_error *error)
{
	int code = AMPLAN_OK;
	for (size_t i = 0; !code && i < prover->suspects.count; i++) {
		const struct amp_suspect *suspect = &prover->suspects.items[i];
		struct amp_failure failure = {
			suspect->node, suspect->why, suspect->place};
		/* what was only found because something else was missing */
		if (suspect->settled ||
			(!suspect->conflict &&
				is_implied(prover, suspect->node, suspect->other)))
			continue;
		code = suspect->conflict
			? amp_tell_breaker(prover, suspect, error)
			: amp_tell_undeclared(prover, &failure, suspect->other, error);
	}
	return code;
}

int amp_prove_plain(struct amp_prover *prover, struct amplan_error *error)
{
	struct amp_findings *findings = &prover->job->findings;
	size_t before = findings->count, found = 1;
	int code = AMPLAN_OK;
	while (!code && found) {
		struct failures failures = {0};
		findings->count = before;
		code = run_all(prover, &failures, error);
		if (!code)
			code = diagnose_all(prover, &failures, &found, error);
		if (!code && found)
			code = amp_prove_ancestry(prover, error);
		amp_vec_deinit(&failures);
	}
	if (!code)
		code = look_at_conflicts(prover, error);
	return code ? code : tell_suspects(prover, error);
}
