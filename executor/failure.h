/*
 * Failure: what the last attempt that failed had to say.
 *
 * A failed stage leaves no trace in the database, so the note stands beside it, in the
 * file DATABASE-amplan-failure, for `status` and `graph` to read. It is for people only:
 * nothing is decided by it. The next success removes it.
 */
#ifndef EXECUTOR_FAILURE_H
#define EXECUTOR_FAILURE_H

#include "executor/engine.h"

/* Best effort: a folder that cannot be written to is no further failure. */
void amp_failure_write(const struct amp_engine *engine, const struct amp_target *target,
	const char *id, const struct amplan_place *place, const char *message);
void amp_failure_remove(const struct amp_engine *engine, const struct amp_target *target);
/* Leaves out->at NULL where there is none. */
void amp_failure_read(const struct amp_engine *engine, const struct amp_target *target,
	struct amp_arena *arena, struct amplan_failure *out);

#endif
