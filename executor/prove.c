/*
 * Prove, the plain run: what a fresh installation would do, and what is seen of it.
 */
#include "executor/prove.h"

#include <string.h>

#include "executor/run.h"

#define SHADOW_BYTES ((int64_t)128 << 20)

int amp_prove_open(
	struct amp_prover *prover, struct amp_db **db, struct amplan_error *error)
{
	enum amplan_fidelity fidelity;
	const char *note;
	int code = prover->amplan->engine->shadow(NULL, AMPLAN_FIDELITY_EMPTY, 0,
		&prover->amplan->hooks, db, &fidelity, &note, &prover->job->arena, error);
	return code ? code : (*db)->engine->bound(*db, SHADOW_BYTES, error);
}

const char *amp_prove_name(struct amp_prover *prover, uint32_t from, uint32_t on)
{
	struct amp_job *job = prover->job;
	AMP_STR_AUTO name = AMP_STR_INIT;
	amp_migration_add_name(&name, job->graph.nodes[from], job->graph.nodes[on]->id);
	return amp_arena_strdup(&job->arena, amp_str_text(&name));
}

int amp_prove_ancestry(struct amp_prover *prover, struct amplan_error *error)
{
	const struct amp_job *job = prover->job;
	amp_ancestors_deinit(&prover->need);
	amp_ancestors_deinit(&prover->before);
	int code = amp_ancestors_build(&prover->need, &job->graph, job->order,
		prover->extras.items, prover->extras.count, false, error);
	if (!code)
		code = amp_ancestors_build(&prover->before, &job->graph, job->order,
			prover->extras.items, prover->extras.count, true, error);
	return code;
}

/* Does it need one that did not work? Its own failure would say nothing then. */
static bool needs_failed(const struct amp_prover *prover, uint32_t node)
{
	const struct amp_graph *graph = &prover->job->graph;
	for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++)
		if (prover->step_of[graph->target[e]] != SIZE_MAX &&
			!prover->plain[graph->target[e]].works)
			return true;
	return false;
}

/* What the trial says in its own memory is copied into that of the job. */
static void keep_result(struct amp_result *result, struct amp_arena *arena)
{
	const char **touched = amp_arena_array(arena, result->ntouched, sizeof(*touched));
	for (size_t i = 0; touched && i < result->ntouched; i++)
		touched[i] = amp_arena_strdup(arena, result->touched[i]);
	result->touched = touched;
	result->effects = amp_effects_keep(arena, result->effects, result->neffects);
}

static void take_plain(
	struct amp_prover *prover, uint32_t node, const struct amp_trial *trial)
{
	struct amp_result *result = &prover->job->results[prover->step_of[node]];
	*result = prover->results[prover->step_of[node]];
	keep_result(result, &prover->job->arena);
	prover->plain[node] = (struct amp_plain){
		.works = !trial->code,
		.outcome = trial->outcome,
		.verified = trial->verified,
		.violations = trial->violations,
	};
	for (size_t i = 0; i < trial->findings.count; i++)
		amp_findings_copy(&prover->job->findings, &trial->findings.items[i]);
}

static int run_one(struct amp_prover *prover, struct amp_db *db, struct amp_view *view,
	uint32_t node, struct amplan_error *error)
{
	struct amp_job *job = prover->job;
	struct amp_seen *seen = &prover->effects[node].up;
	struct amp_recorder recorder = {.arena = &job->arena};
	AMP_TRIAL_AUTO trial = {0};
	struct amp_how how = {.recorder = &recorder};
	int code = amp_try(prover, db, node, how, &trial, error);
	if (!code)
		take_plain(prover, node, &trial);
	seen->failed = trial.code != AMPLAN_OK;
	if (!code && !trial.code) {
		const struct amp_result *result = &job->results[prover->step_of[node]];
		code = amp_see(view, db, job->graph.nodes[node]->up, result->effects,
			result->neffects, &recorder, seen, error);
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

int amp_prove_plain(struct amp_prover *prover, struct amplan_error *error)
{
	const struct amp_plan *plan = &prover->job->plan;
	struct amp_db *db = NULL;
	struct amp_view view = {.arena = &prover->job->arena};
	bool all = true;
	int code = amp_prove_open(prover, &db, error);
	for (size_t i = 0; !code && i < plan->nsteps; i++) {
		uint32_t node = plan->steps[i].node;
		if (needs_failed(prover, node))
			prover->job->results[i].outcome = AMPLAN_UNTRIED;
		else
			code = run_one(prover, db, &view, node, error);
		all = all && prover->plain[node].works;
	}
	if (!code && all)
		code = check_keys(prover, db, error);
	amp_view_deinit(&view);
	prover->amplan->engine->close(db);
	return code;
}
