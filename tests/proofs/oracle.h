/*
 * Oracle: what SQLite makes of migrations, run one after the other, without amplan.
 */
#ifndef TESTS_PROOFS_ORACLE_H
#define TESTS_PROOFS_ORACLE_H

#include "tests/proofs/model.h"

/* Where it stopped; `text` is then SQLite's reason, else what is there at the end. */
struct outcome {
	bool failed;
	struct amp_str text;
};

/*
 * Runs the migrations in this order in an empty database. The text at the end is the
 * schema and the rows: equal for two databases that are equal up to the order of columns
 * and rows.
 */
void run_in_order(
	const struct catalog *catalog, const int *order, int count, struct outcome *out);
void outcome_deinit(struct outcome *outcome);

#endif
