/*
 * Plan: what is to be done to one database, in order, cut into stages, with a digest.
 *
 * The state of the database comes in as plain data; nothing here opens anything.
 */
#ifndef PLANNER_PLAN_H
#define PLANNER_PLAN_H

#include <amplan/report.h>

#include "base/digest.h"
#include "planner/graph.h"

/* A migration that the history says is applied now. */
struct amp_applied {
	const char *id; /* qualified */
	const char *checksum, *cosmetic;
	bool breaking;
	bool interrupted; /* transaction="none", started and not done */
};

/* Where a plan starts from. */
struct amp_start {
	const struct amp_applied *applied; /* in history order */
	size_t napplied;
	const char *fingerprint; /* of the live schema; "" if there is no database */
};

struct amp_plan_step {
	const struct amp_migration *migration;
	uint32_t node;
	unsigned number, stage; /* from 1 */
};

enum amp_direction {
	AMP_UP,
	AMP_DOWN,
};

/* What is wanted. */
struct amp_goal {
	enum amp_direction direction;
	const char
		*to; /* up: this and what it needs; down: down to this, exclusive; NULL */
	unsigned count; /* down: the last so many, where `to` is NULL */
	const char *const
		*only; /* exactly these ids, as a saved plan has them; or NULL */
	size_t nonly;
	bool skip_maintenance; /* up: leave out maintenance steps and what needs them */
};

struct amp_plan {
	enum amp_direction direction;
	enum amplan_verdict verdict;
	struct amp_plan_step *steps;
	size_t nsteps;
	unsigned nstages;
	size_t pending;            /* all pending migrations, planned or not */
	enum amplan_state *states; /* of each node */
	const char **unknown;      /* applied ids that the catalog does not have */
	size_t nunknown;
	char digest
		[AMP_DIGEST_SIZE]; /* over direction, contents, order, stages and start */
	struct amp_arena arena;
};

/*
 * Plans. `order` is a proved order of the graph. Findings: `changed` (error, or warning
 * where only comments or white space differ), `missing` (error; a pending migration of
 * the same checksum is named as a likely rename), `ahead` (warning), `replaces-mixed`,
 * `interrupted`; for a rollback `irreversible`, `missing-down`.
 * A `to` that is not in the catalog, or not applied for a rollback, is AMPLAN_USAGE with
 * did-you-mean. The plan is made as far as it makes sense even where findings are errors.
 * After it, also after a failure, the plan must be deinitialised.
 */
int amp_plan_build(struct amp_plan *plan, const struct amp_graph *graph,
	const uint32_t *order, const struct amp_start *start, const struct amp_goal *goal,
	struct amp_findings *findings, struct amplan_error *error);
void amp_plan_deinit(struct amp_plan *plan);

/* The SQL of a step: up or down as the plan says; NULL where the migration has none. */
const struct amp_sql *amp_plan_sql(
	const struct amp_plan *plan, const struct amp_plan_step *step);

#endif
