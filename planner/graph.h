/*
 * Graph: the dependency graph of a catalog, as flat arrays over dense ids.
 *
 * Node ids are ranks: the migrations sorted by qualified id with amp_text_compare(), so
 * "smallest id first" is a comparison of integers. Edges run from a migration to one it
 * depends on. A migration that is replaced by a squash in the catalog stays a node, is
 * marked, and whoever depends on it depends on the outermost squash instead; only
 * migrations of one and the same squash keep their edges among themselves.
 */
#ifndef PLANNER_GRAPH_H
#define PLANNER_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/finding.h"
#include "schema/catalog.h"

#define AMP_NO_NODE UINT32_MAX

/* An id that a squash stands for, whether or not the catalog still has it. */
struct amp_claim {
	const char *id;
	uint32_t squash;
	const struct amp_reference *reference; /* the <replaces> */
};

struct amp_graph {
	const struct amp_catalog *catalog; /* must outlive the graph */
	uint32_t count;
	const struct amp_migration **nodes; /* by node id */
	/* edges of node n: [first[n], first[n + 1]) */
	uint32_t *first;
	uint32_t *target;                       /* node depended on */
	const struct amp_reference **reference; /* where the edge is declared */
	bool *redundant; /* filled by amp_redundant(), false before */
	/* dependents of node n: [back_first[n], back_first[n + 1]), ascending */
	uint32_t *back_first;
	uint32_t *back;
	uint32_t *replaced_by; /* node of the squash that stands for n, or AMP_NO_NODE */
	uint32_t *outermost; /* end of the chain replaced_by; n itself if not replaced */
	struct amp_claim *claims; /* sorted by id, then squash */
	size_t nclaims;
	size_t conflicts; /* of squashes, those that are not told included */
	struct amp_arena arena;
};

/*
 * Builds the graph. Findings: `missing-dependency` (with did-you-mean), a dependency on
 * itself is a `cycle` of one; `replaces-conflict` where two squashes claim one id, claim
 * each other, or depend on what they replace. An <after> on an absent migration is no
 * edge. Equal edges of one migration are kept once (the first declared). Findings leave
 * edges out and the call still succeeds: AMPLAN_OK, AMPLAN_REFUSED (more dependencies
 * than can be numbered) or AMPLAN_NOMEM.
 * After it, also after a failure, the graph must be deinitialised.
 */
int amp_graph_build(struct amp_graph *graph, const struct amp_catalog *catalog,
	struct amp_findings *findings, struct amplan_error *error);
void amp_graph_deinit(struct amp_graph *graph);

/* The node with this qualified id, or AMP_NO_NODE. */
uint32_t amp_graph_find(const struct amp_graph *graph, const char *id);

/* All claims on this id: *count of them; NULL if no squash names it. */
const struct amp_claim *amp_graph_claims(
	const struct amp_graph *graph, const char *id, size_t *count);

/* Memory ran out at some point: in the graph, for a place in the catalog, or for a finding. */
bool amp_graph_failed(const struct amp_graph *graph, const struct amp_findings *findings);

#endif
