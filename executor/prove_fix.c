/*
 * Prove, fix: dependencies that were found to be missing, written into the descriptors.
 */
#include <string.h>

#include "executor/prove.h"
#include "schema/edit.h"

/* All that one migration lacks, as one edit. */
static bool add_edit(struct amp_prover *prover, uint32_t node, struct amp_edit *edit)
{
	struct amp_job *job = prover->job;
	size_t count = prover->demands.count;
	const char **ids = amp_arena_array(&job->arena, count, sizeof(*ids));
	*edit = (struct amp_edit){.migration = job->graph.nodes[node], .ids = ids};
	for (size_t i = 0; ids && i < count; i++) {
		const struct amplan_demand *demand = &prover->demands.items[i];
		if (demand->from == node && !demand->conflict)
			ids[edit->nids++] = job->graph.nodes[demand->on]->id;
	}
	return ids != NULL;
}

/* What was wrong is not any more: it stays worth a note. */
static void settle(struct amp_prover *prover)
{
	struct amp_findings *findings = &prover->job->findings;
	for (size_t i = 0; i < findings->count; i++) {
		struct amplan_finding *finding = &findings->items[i];
		if (strcmp(finding->kind, "undeclared-dependency") != 0 ||
			(finding->hint && *finding->hint == '<'))
			continue;
		finding->severity = AMPLAN_NOTE;
		amp_finding_hint(findings, finding,
			"fixed: the dependency was written into the descriptor of '%s'",
			finding->ids[0]);
	}
}

int amp_prove_fix(struct amp_prover *prover, struct amplan_error *error)
{
	struct amp_job *job = prover->job;
	size_t nedits = 0, added = 0;
	struct amp_edit *edits =
		amp_arena_array(&job->arena, job->graph.count, sizeof(*edits));
	if (!edits)
		return amp_error_nomem(error);
	for (uint32_t node = 0; node < job->graph.count; node++) {
		if (!add_edit(prover, node, &edits[nedits]))
			return amp_error_nomem(error);
		nedits += edits[nedits].nids > 0;
	}
	int code = amp_edit_files(edits, nedits, &added, error);
	job->report.nfixed = (unsigned)added;
	if (!code)
		settle(prover);
	return code;
}
