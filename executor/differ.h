/*
 * Differ: what a shadow holds at one moment, and in what two moments differ.
 */
#ifndef EXECUTOR_DIFFER_H
#define EXECUTOR_DIFFER_H

#include "executor/objects.h"

/* The whole schema, and what some tables look like and hold. */
struct amp_state {
	struct amp_arena arena;
	struct amp_objects objects;
	struct amp_shapes shapes; /* of the tables named */
	struct amp_content *contents;
	size_t ncontents;
};

enum amp_difference_kind {
	AMP_SAME,
	AMP_COLUMN_ORDER, /* but for the order of columns in a table */
	AMP_OTHER_ROWS,
	AMP_OTHER_SCHEMA
};

struct amp_difference {
	enum amp_difference_kind kind;
	const char *object; /* where; NULL: they are the same */
	const char *text;   /* in words, said of the second: "the index 'i' is missing" */
};

/* Reads the schema, and what the tables among `names` hold. */
int amp_state_read(struct amp_state *state, struct amp_db *db, const char *const *names,
	size_t count, struct amplan_error *error);
/* And what they look like, which a comparison uses to say more. The database must be as it
   was when the state was read. */
int amp_state_look(
	struct amp_state *state, struct amp_db *db, struct amplan_error *error);
void amp_state_deinit(struct amp_state *state);

/* The first and gravest difference. `rows` false: what the tables hold is no matter. */
int amp_state_compare(const struct amp_state *one, const struct amp_state *two, bool rows,
	struct amp_difference *difference, struct amp_arena *arena,
	struct amplan_error *error);

#endif
