/*
 * Prove: what all proofs share: shadows, names, the sequence and the sets of ancestors.
 */
#include "executor/prove.h"

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
	job->arena.failed = job->arena.failed || name.failed;
	const char *copy = amp_arena_strdup(&job->arena, amp_str_text(&name));
	return copy ? copy : "";
}

/* The first of those that must come before it and is not placed yet; AMP_NO_NODE: none. */
static uint32_t unplaced(
	const struct amp_prover *prover, uint32_t node, const bool *placed)
{
	const struct amp_graph *graph = &prover->job->graph;
	for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++)
		if (!placed[graph->target[e]])
			return graph->target[e];
	for (size_t i = 0; i < prover->extras.count; i++)
		if (prover->extras.items[i].from == node &&
			!placed[prover->extras.items[i].on])
			return prover->extras.items[i].on;
	return AMP_NO_NODE;
}

/* In the order of the plan, but each behind all that it needs. */
static int make_sequence(struct amp_prover *prover, struct amplan_error *error)
{
	uint32_t count = prover->job->graph.count, turn = 0;
	AMP_ARENA_AUTO scratch = {0};
	bool *placed = amp_arena_array(&scratch, count, sizeof(*placed));
	uint32_t *stack = amp_arena_array(&scratch, count + (size_t)1, sizeof(*stack));
	if (!placed || !stack)
		return amp_error_nomem(error);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t depth = 0;
		if (!placed[prover->job->order[i]])
			stack[depth++] = prover->job->order[i];
		while (depth) {
			uint32_t node = stack[depth - 1];
			uint32_t first = unplaced(prover, node, placed);
			/* extras close no circle, so nothing is on the stack twice */
			if (first != AMP_NO_NODE && depth > count)
				return amp_error(error, AMPLAN_INTERNAL,
					"the dependencies that were found close a circle");
			if (first != AMP_NO_NODE) {
				stack[depth++] = first;
				continue;
			}
			placed[node] = true;
			prover->turn_of[node] = turn;
			prover->sequence[turn++] = node;
			depth--;
		}
	}
	return AMPLAN_OK;
}

int amp_prove_ancestry(struct amp_prover *prover, struct amplan_error *error)
{
	const struct amp_job *job = prover->job;
	amp_ancestors_deinit(&prover->need);
	amp_ancestors_deinit(&prover->before);
	int code = make_sequence(prover, error);
	if (!code)
		code = amp_ancestors_build(&prover->need, &job->graph, prover->sequence,
			prover->extras.items, prover->extras.count, false, error);
	if (!code)
		code = amp_ancestors_build(&prover->before, &job->graph, prover->sequence,
			prover->extras.items, prover->extras.count, true, error);
	return code;
}
