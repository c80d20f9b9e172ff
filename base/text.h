/*
 * Text: UTF-8, natural order and did-you-mean.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Number of code points in UTF-8 text; stray bytes count one each. */
size_t amp_text_points(const char *bytes, size_t length);

/* Bytes of the code point at the front of some text; 1 where a stray byte is there. */
size_t amp_text_step(const char *bytes, size_t length);

/* Offset of the first byte that is not well-formed UTF-8; `length` if all is well. */
size_t amp_text_invalid_utf8(const char *bytes, size_t length);

/*
 * Compares ids: runs of digits by value, the rest by byte; ids of equal value ("1", "01")
 * by byte, so that only equal strings are equal. Returns <0, 0 or >0.
 */
int amp_text_compare(const char *left, const char *right);

/* Optimal string alignment distance (insert, delete, replace, swap), at most `limit`+1. */
size_t amp_text_distance(const char *left, const char *right, size_t limit);

/*
 * The one of `count` words that `word` was probably meant to be: within 2 edits and a
 * third of its length; NULL if none is near. Of several, the nearest and then the first.
 */
const char *amp_text_nearest(const char *word, const char *const *words, size_t count);

/* True for the characters an id consists of: letters, digits, _ . - */
bool amp_text_is_id_byte(char byte);

#endif
