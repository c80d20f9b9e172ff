/*
 * Cases: all hostile files, kept or made, and what the table says that becomes of each.
 */
#ifndef TESTS_HOSTILE_CASES_H
#define TESTS_HOSTILE_CASES_H

#include <stdbool.h>
#include <stddef.h>

struct hostile_case {
	char *name;
	int exit;
	char *line; /* the first that tells what is wrong; with exit 0 the first of all */
};

struct hostile_cases {
	struct hostile_case *items;
	size_t count;
};

/* Reads expected.txt: "NAME EXIT LINE" with tabs between. Ends the program where a file
   of xml/ or one that is made is not in it, or one that is in it is not there. */
void cases_read(struct hostile_cases *cases);
void cases_free(struct hostile_cases *cases);

/* The case in "m"; all that was there before is gone. */
void cases_put(const struct hostile_case *item);

/* Its name begins so. */
bool cases_is(const struct hostile_case *item, const char *with);

#endif
