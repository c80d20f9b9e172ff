/*
 * Shelf: bringing a shadow to the state after a set of migrations, and keeping such states
 * for whoever comes next, so that proofs cost near one run per migration.
 */
#ifndef EXECUTOR_SHELF_H
#define EXECUTOR_SHELF_H

#include "executor/prove.h"

#define AMP_SHELF_STATES 64
#define AMP_SHELF_BYTES ((int64_t)192 << 20)

struct amp_shelf {
	struct amp_prover *prover;
	struct amp_db *db;
	bool rows;       /* tables are seeded as they are made */
	size_t words;    /* of a set */
	uint64_t *live;  /* which migrations the shadow holds now … */
	bool live_known; /* … unless something went wrong */
	struct {
		uint64_t *set; /* NULL: free */
		uint32_t size;
		struct amp_snapshot snapshot;
		uint64_t used; /* when; the one that was not used for longest goes */
	} states[AMP_SHELF_STATES];
	uint64_t clock;
	int64_t bytes;
};

int amp_shelf_init(struct amp_shelf *shelf, struct amp_prover *prover, bool rows,
	struct amplan_error *error);
void amp_shelf_deinit(struct amp_shelf *shelf);

/*
 * Brings the shadow to the state after exactly these migrations, run in plan order.
 * *reached is false where one of them does not work there: *stuck, if not NULL, says which.
 */
int amp_shelf_reach(struct amp_shelf *shelf, const uint64_t *set, bool *reached,
	uint32_t *stuck, struct amplan_error *error);
/* Keeps the state that the shadow is in. */
int amp_shelf_keep(struct amp_shelf *shelf, struct amplan_error *error);
/* The same; where one of that set is kept already, goes to it: made-up rows may have come
   another way, and who compares must start from the same. */
int amp_shelf_settle(struct amp_shelf *shelf, struct amplan_error *error);
/* Runs one more; where it works the shadow holds it then. `grow`: where there are rows, the
   tables that it makes get some too. */
int amp_shelf_try(struct amp_shelf *shelf, uint32_t node, bool grow,
	struct amp_trial *trial, struct amplan_error *error);

#endif
