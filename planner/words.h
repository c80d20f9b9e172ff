/*
 * Words: SQL text cut into words, for rules that look at how something is written.
 *
 * No parser: it knows quotes, comments and parentheses, and that a statement which the
 * database compiled is well-formed. What a statement does is told by the effects.
 */
#ifndef PLANNER_WORDS_H
#define PLANNER_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum amp_word_kind {
	AMP_BARE,   /* a keyword, a name, a number */
	AMP_QUOTED, /* a name in "", `` or [] */
	AMP_STRING, /* '…' */
	AMP_SIGN    /* one byte of anything else */
};

struct amp_word {
	const char *text; /* as written; in the SQL that is read */
	size_t length;    /* 0: there are no more */
	enum amp_word_kind kind;
	unsigned depth; /* parentheses around it; both of a pair have that of outside */
};

struct amp_words {
	const char *text, *at, *end;
	unsigned depth;
};

struct amp_words amp_words_of(const char *text, size_t length);
/* False, and a word of no length, at the end. */
bool amp_words_next(struct amp_words *words, struct amp_word *word);
/* Goes on to behind this keyword outside of all parentheses; false: it is not there. */
bool amp_words_find(struct amp_words *words, const char *keyword);

/* Takes the next word if it is this keyword. */
bool amp_words_take(struct amp_words *words, const char *keyword);
/* Takes a name, passing over "schema." before it. */
bool amp_words_take_name(struct amp_words *words, struct amp_word *name);

/* Is it this keyword, regardless of case? */
bool amp_word_is(const struct amp_word *word, const char *keyword);
bool amp_word_is_sign(const struct amp_word *word, char sign);
/* Could it be a name? A string could, since SQLite is lenient. */
bool amp_word_is_name(const struct amp_word *word);
/* The name without its quotes, in the arena; NULL: no memory. */
const char *amp_word_name(const struct amp_word *word, struct amp_arena *arena);

#endif
