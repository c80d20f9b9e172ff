/*
 * Objects: what follows from the list of schema objects, for every engine alike.
 */
#ifndef EXECUTOR_OBJECTS_H
#define EXECUTOR_OBJECTS_H

#include "base/str.h"
#include "executor/engine.h"

/* The fingerprint of a schema: SHA-256 over all objects, the history left out. */
void amp_objects_fingerprint(
	const struct amp_objects *objects, char out[AMP_DIGEST_SIZE]);

/* Copies the list and its objects into an arena. */
int amp_objects_copy(struct amp_objects *to, const struct amp_objects *from,
	struct amp_arena *arena, struct amplan_error *error);

/* One pair of a merge of two lists; one side is NULL where only the other has it. */
struct amp_pair {
	const struct amp_object *before, *after;
};

/* The next pair; *i and *j begin with 0. False: there is none. */
bool amp_objects_next(const struct amp_objects *before, const struct amp_objects *after,
	size_t *i, size_t *j, struct amp_pair *pair);
bool amp_pair_is_equal(const struct amp_pair *pair);

/* What changed, as effects sorted by type and name. */
int amp_objects_effects(const struct amp_objects *before, const struct amp_objects *after,
	struct amp_arena *arena, const struct amplan_effect **effects, size_t *count,
	struct amplan_error *error);

/* A unified diff of two schemas, as text; empty where they are equal. */
void amp_objects_diff(const struct amp_objects *before, const struct amp_objects *after,
	struct amp_str *out);

#endif
