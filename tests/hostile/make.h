/*
 * Make: the hostile files and folders that are too large, or too odd, to be kept as they
 * are. Each has a name, and is the same each time.
 */
#ifndef TESTS_HOSTILE_MAKE_H
#define TESTS_HOSTILE_MAKE_H

#include <stdbool.h>

/* A folder of its own below $TMPDIR, with "m" and "outside" in it, and goes there. */
void make_room(void);
/* Empties "m" and "outside" again; "outside" holds what must never be read. */
void make_clean(void);
void make_no_room(void);

/* The case with this name in "m"; false: there is none with this name. */
bool make_case(const char *name);
/* The name of each that is made; NULL behind the last. */
const char *make_name(int number);

void make_file(const char *path, const char *text);
void make_tree_away(const char *path);

/* What "outside" holds everywhere, and nothing else does. */
#define SECRET "ausplaudern"

#endif
