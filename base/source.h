/*
 * Source: the bytes of one file, and where its lines are.
 *
 * The bytes are read once and kept: what is parsed, hashed and run is this memory, never
 * the file again.
 */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stddef.h>

#include <amplan/finding.h>

#include "base/arena.h"

struct amp_source {
	const char
		*path; /* as shown to people: folder as given, then the path below it */
	const char *bytes; /* NUL-terminated, in the arena */
	size_t length;
	size_t *lines; /* offset of each line's first byte; made on first use */
	size_t nlines;
	struct amp_arena *arena;
};

/* A source over bytes that are already in the arena. NULL: no memory. */
struct amp_source *amp_source_new(
	struct amp_arena *arena, const char *path, const char *bytes, size_t length);

/*
 * The place of `length` bytes at `offset`: line and column from 1, in code points; the
 * text of the line in the arena, shortened around the place where it is very long.
 */
struct amplan_place amp_source_place(
	struct amp_source *source, size_t offset, size_t length);

#endif
