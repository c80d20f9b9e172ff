/*
 * Arena: many small things with one lifetime, freed at once.
 *
 * A failed allocation is remembered in `failed`, so that a caller may build a whole
 * structure and ask once at the end; single results are NULL all the same.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct amp_arena_block;

struct amp_arena {
	struct amp_arena_block *blocks;
	bool failed; /* an allocation failed since init */
};

/* A local arena, for what is needed only until the function returns. */
#define AMP_ARENA_AUTO __attribute__((cleanup(amp_arena_deinit))) struct amp_arena

/* All bytes zero is a valid empty arena; init says so where it is read. */
void amp_arena_init(struct amp_arena *arena);
void amp_arena_deinit(struct amp_arena *arena);

/* Zeroed memory, aligned for any type; size 0 gives a valid pointer. NULL: no memory. */
void *amp_arena_alloc(struct amp_arena *arena, size_t size);
/* Room for count things of size bytes, zeroed; NULL on overflow as well. */
void *amp_arena_array(struct amp_arena *arena, size_t count, size_t size);
/* A copy of count things of size bytes; `items` may be NULL where there are none. */
void *amp_arena_copy(
	struct amp_arena *arena, const void *items, size_t count, size_t size);
/* Copies; NULL stays NULL. */
char *amp_arena_strdup(struct amp_arena *arena, const char *string);
char *amp_arena_strndup(struct amp_arena *arena, const char *bytes, size_t length);
char *amp_arena_printf(struct amp_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *amp_arena_vprintf(struct amp_arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

#endif
