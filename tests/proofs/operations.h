/*
 * Operations: what a migration may do; each writes SQL and touches, and moves the state on.
 *
 * Each returns false, having done nothing, where the state offers nothing to do it with.
 */
#ifndef TESTS_PROOFS_OPERATIONS_H
#define TESTS_PROOFS_OPERATIONS_H

#include "tests/proofs/state.h"

typedef bool operation(struct state *state, struct migration *migration);

/* operations_table.c */
operation make_table, make_sink, make_virtual, add_column, rename_column, drop_column,
	rename_table, drop_table, rebuild_table;
/* operations_rows.c */
operation insert_rows, update_rows, delete_row, copy_rows;
/* operations_hangers.c */
operation make_index, make_view, make_trigger, drop_index, drop_view, drop_trigger;

/* One row into a table that this migration has taken. */
void insert_row(struct state *state, struct migration *migration, struct table *table);
/* An index on a column of a table that this migration has taken. */
bool index_table(struct state *state, struct migration *migration, struct table *table);

#endif
