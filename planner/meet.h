/*
 * Meet: where the effects of two migrations touch each other.
 */
#ifndef PLANNER_MEET_H
#define PLANNER_MEET_H

#include "base/arena.h"
#include "planner/effects.h"

struct amp_meeting {
	const char *name;   /* of the object; NULL: they do not meet */
	const char *column; /* "" for the object as a whole */
	unsigned writer;    /* enum amplan_how: what the one that changes it did */
	unsigned other;     /* and what the other did */
};

/*
 * The object that `writer` made or changed and `other` touched in any way; the most
 * telling one where there are several: an object or a column that was made before one
 * that was altered or dropped, before rows; and before all others one that the text
 * `about`, which may be NULL, names. `name` is NULL where there is none.
 */
struct amp_meeting amp_meet(
	const struct amp_seen *writer, const struct amp_seen *other, const char *about);

/* The same where either of the two is the writer. */
struct amp_meeting amp_meet_either(
	const struct amp_seen *one, const struct amp_seen *two, const char *about);

/* Of one that the other is not known of: what it touched that the text names last. */
struct amp_meeting amp_meet_named(const struct amp_seen *seen, const char *about);

/* "table" or "table.column", in the arena where it is made; NULL: no memory. */
const char *amp_meeting_object(
	const struct amp_meeting *meeting, struct amp_arena *arena);

/* Whether a second run would not repeat what it does to rows. */
bool amp_effects_chance(const struct amp_seen *seen);

#endif
