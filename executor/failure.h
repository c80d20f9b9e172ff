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

struct amplan;

/* Best effort: a folder that cannot be written to is no further failure. What cannot be
   written, removed or read is logged as a warning. */
void amp_failure_write(struct amplan *amplan, const char *id,
	const struct amplan_place *place, const char *message);
void amp_failure_remove(struct amplan *amplan);
/* Leaves out->at NULL where there is none. */
void amp_failure_read(
	struct amplan *amplan, struct amp_arena *arena, struct amplan_failure *out);

#endif
