/*
 * Explain texts: each kind of finding, with a bad and a good example.
 */
#ifndef CLI_EXPLAIN_TEXTS_H
#define CLI_EXPLAIN_TEXTS_H

struct explain_text {
	const char *kind;
	const char *line; /* in a list of all */
	const char *text; /* one paragraph */
	const char *bad, *good;
};

/* Each sorted by kind; each ends with one without a kind. */
extern const struct explain_text explain_texts[], explain_lint[];

#endif
