/*
 * See: from what the engine wrote down while SQL ran to effects that the planner works on.
 *
 * The authorizer tells most of it. The difference of the schemas before and after adds what
 * it does not: columns that came or went, what a rename rewrote, indexes that went with
 * their table, foreign keys.
 */
#ifndef EXECUTOR_SEE_H
#define EXECUTOR_SEE_H

#include "executor/engine.h"

/* The shapes of all tables and views of one shadow, kept up to date step by step. */
struct amp_view {
	struct AMP_VEC(struct amp_shape) shapes; /* sorted by name */
	struct amp_arena *arena;                 /* of all that is seen */
};

void amp_view_deinit(struct amp_view *view);

/* A second view of the same; false: no memory. */
bool amp_view_copy(struct amp_view *to, const struct amp_view *from);
/* Moves on by what was seen elsewhere. */
bool amp_view_follow(struct amp_view *view, const struct amp_shapes *before,
	const struct amp_shapes *after);

/*
 * Fills in `seen` after SQL ran on `db`: effects is the difference of the schemas that it
 * made. The view moves on. AMPLAN_OK, AMPLAN_NOMEM, AMPLAN_DATABASE, AMPLAN_CANCELLED.
 */
int amp_see(struct amp_view *view, struct amp_db *db, const struct amp_sql *sql,
	const struct amplan_effect *effects, size_t neffects,
	struct amp_recorder *recorder, struct amp_seen *seen, struct amplan_error *error);

/* A copy of effects in the arena; NULL: no memory. */
const struct amplan_effect *amp_effects_keep(
	struct amp_arena *arena, const struct amplan_effect *effects, size_t count);

/* The names of the objects of effects, in the arena; NULL: no memory. */
const char **amp_effect_names(
	const struct amplan_effect *effects, size_t count, struct amp_arena *arena);

#endif
