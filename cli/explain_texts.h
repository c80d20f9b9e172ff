/*
 * Explain texts: each kind of finding, with a bad and a good example.
 */
#ifndef CLI_EXPLAIN_TEXTS_H
#define CLI_EXPLAIN_TEXTS_H

#include <stddef.h>

struct explain_text {
	const char *kind;
	const char *line; /* in a list of all */
	const char *text; /* one paragraph */
	const char *bad, *good;
};

/* Each sorted by kind; each ends with one without a kind. */
extern const struct explain_text explain_texts[], explain_lint[];

/* The lists merged: the text at this position, one without a kind behind the last. */
const struct explain_text *explain_at(size_t index);
/* The text of a kind; NULL: there is none. */
const struct explain_text *explain_find(const char *kind);

#endif
