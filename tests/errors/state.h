/*
 * State: the folder that a case runs in, all files of it byte by byte, and what its
 * database says.
 */
#ifndef TESTS_ERRORS_STATE_H
#define TESTS_ERRORS_STATE_H

#include <stdbool.h>
#include <stddef.h>

struct state_file {
	char *path, *bytes; /* bytes NULL: a folder */
	size_t length;
};

/* Everything below the working folder, sorted by path, and app.db as text. */
struct state {
	struct state_file *files;
	size_t count;
	char *dump; /* NULL until it is asked for */
};

void state_read(struct state *state);
void state_free(struct state *state);
/* Makes the working folder what it was. */
void state_restore(const struct state *state);
/* Removes what could not be removed: its random name would be the next one's, too. */
void state_remove_parts(void);
/* Byte by byte. */
bool state_equals(const struct state *left, const struct state *right);
/* The name of a file that one has and the other has not, or that has other bytes, where it
   is neither the database nor a journal of it, nor, where `note`, the note of the last
   failure; NULL: there is none. */
const char *state_other_file(
	const struct state *left, const struct state *right, bool note);

/* app.db in the working folder: schema, rows, and what SQLite thinks of its health. What
   is to be recovered is recovered. The caller frees it. */
char *state_dump(void);

#endif
