/*
 * Utf8: code points, the columns they take on a terminal, and did-you-mean.
 */
#ifndef CLI_UTF8_H
#define CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the code point at `text` (not at its end): bytes taken, 0 if it is broken. */
size_t utf8_read(const char *text, uint32_t *point);

/* True for control and bidirectional characters, which could lie on a terminal. */
bool utf8_is_unsafe(uint32_t point);

/* Columns of a printable code point: 0, 1 or 2. */
unsigned utf8_columns(uint32_t point);

/* Columns of a text as terminal_text() prints it. */
size_t utf8_width(const char *text);

/* What utf8_nearest() looks at: the word number `index`, or NULL behind the last. */
typedef const char *utf8_word_fn(const void *words, size_t index);

/*
 * The one of the words that `word` was probably meant to be: within 2 edits and a third
 * of its length; of several the nearest and then the first. NULL if none is near.
 */
const char *utf8_nearest(const char *word, utf8_word_fn *get, const void *words);

#endif
