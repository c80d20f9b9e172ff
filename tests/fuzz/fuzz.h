/*
 * Fuzz: what the harnesses share.
 *
 * A harness takes any bytes, does with them what a hostile person could, and asserts what
 * must hold of the result. It is built twice: by clang with libFuzzer, which thinks up the
 * bytes, and by any compiler with replay.c, which takes them from files.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "schema/migration.h"

/* One input. What a harness finds wrong ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Once, before the first; may be missing in a harness, then fuzz.c has an empty one. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Ends the process with the place where it is said, unless it holds. */
#define must(condition) \
	((condition) ? (void)0 : fuzz_wrong(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_wrong(const char *condition, const char *file, int line);

/* The bytes as a list of fields that end in NUL, and of single bytes. */
struct input {
	const char *bytes;
	size_t left;
};

struct input input_of(const uint8_t *data, size_t size);
/* The next byte, 0 at the end; the same, from 0 to count - 1. */
unsigned input_byte(struct input *input);
unsigned input_below(struct input *input, unsigned count);
/* A copy of the bytes up to the next NUL; "" at the end. */
char *input_text(struct input *input, struct amp_arena *arena);
/* A copy of all that is left, NUL-terminated. */
char *input_rest(struct input *input, struct amp_arena *arena, size_t *length);

/* A copy of just this size and a NUL behind it, so that what reads further is seen; the
   arena has room behind each of its things. To be freed. */
char *fuzz_exact(const char *bytes, size_t length);

/* A number that is the same for the same bytes, to do costly things with some only. */
uint64_t fuzz_hash(const char *bytes, size_t length);

/* The current folder becomes a new one that is empty, in memory where there is room for
   one, and is removed when the process ends. */
void fuzz_own_folder(void);

/* From now on it is wrong if the XML parser prints something on its own. */
void fuzz_no_prints(void);

/* That two migrations would do the same. `more`: the second may depend on more. */
void must_mean_the_same(
	const struct amp_migration *one, const struct amp_migration *two, bool more);

#endif
