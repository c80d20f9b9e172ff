/*
 * Source: the bytes of one file, and where its lines are.
 *
 * The bytes are read once and kept: what is parsed, hashed and run is this memory, never
 * the file again.
 */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <amplan/finding.h>

#include "base/arena.h"

struct amp_source {
	const char
		*path; /* as shown to people: folder as given, then the path below it */
	const char *bytes; /* NUL-terminated, in the arena */
	size_t length;
	size_t *lines; /* where every 64th line begins; made on first use */
	size_t nlines;
	/* the place that was asked for last: on a long line the next one is near */
	struct {
		size_t line, start, end; /* its number from 0, and its bytes */
		size_t offset, points;   /* code points between start and offset */
		bool known;
	} last;
	struct amp_arena *arena;
};

/* A source over bytes that are already in the arena. NULL: no memory. */
struct amp_source *amp_source_new(
	struct amp_arena *arena, const char *path, const char *bytes, size_t length);

/*
 * The place of `length` bytes at `offset`: line and column from 1, in code points; the
 * text of the line in the arena, unless the line is longer than 400 bytes.
 */
struct amplan_place amp_source_place(
	struct amp_source *source, size_t offset, size_t length);

#endif
