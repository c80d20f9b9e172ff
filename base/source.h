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

/* Where a walk over the bytes stands: in which line, and how far into it. */
struct amp_source_mark {
	size_t at, line, start; /* line from 0, and where it starts */
	size_t points;          /* code points between start and at */
};

struct amp_source {
	const char
		*path; /* as shown to people: folder as given, then the path below it */
	const char *bytes; /* NUL-terminated, in the arena */
	size_t length;
	/* one every thousand bytes or so, made on first use: a place costs the same wherever
	   it is, be the file one line or nothing but line ends */
	struct amp_source_mark *marks;
	size_t nmarks;
	struct {
		size_t start;
		const char *text;
	} shown; /* the line that was copied last: many places are on one */
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
