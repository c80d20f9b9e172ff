/*
 * Planted: pairs of migrations that no path orders and that meet at an object.
 */
#ifndef TESTS_PROOFS_PLANTED_H
#define TESTS_PROOFS_PLANTED_H

#include <stdbool.h>
#include <stddef.h>

/* A `$` in SQL is a number, so that no two pairs of a catalog share a name. */
struct pair {
	const char *name;
	const char *setup; /* of the one that both depend on */
	const char *rows;  /* rows for it; NULL: what SQL there is brings its own */
	const char *one, *other;
	const char *object; /* where they do not commute: table to blame; NULL: they do */
	bool seeded; /* shows on any rows: `rows` may be left to check to think up */
};

extern const struct pair planted_pairs[];
extern const size_t planted_count;

#endif
