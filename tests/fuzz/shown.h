/*
 * Shown: how hostile text has to appear, written down a second time, so that the program's
 * own way of doing it is not asked whether it is right.
 */
#ifndef TESTS_FUZZ_SHOWN_H
#define TESTS_FUZZ_SHOWN_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* The code point that begins at `text`, and its length; 0 where it is broken. */
size_t shown_decode(const char *text, size_t length, uint32_t *point);

/* As it is to be read: \xNN for controls and broken bytes, \u{NNNN} for what lies about
   the direction or is not seen. */
void shown_text(struct amp_str *out, const char *text);
/* The same with single blanks between words, and none around them. */
void shown_words(struct amp_str *out, const char *text);
/* The same as it stands in DOT: with its backslashes doubled. */
void shown_escaped(struct amp_str *out, const char *text);

/* Ends the process unless all of it is UTF-8 without any such character, but those of
   `allowed`. */
void shown_is_harmless(const char *text, size_t length, const char *allowed);

#endif
