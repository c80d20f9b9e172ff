/*
 * Str: a growing, NUL-terminated string of bytes.
 *
 * A failed growth is remembered in `failed` and later appends do nothing, so that a
 * writer may append freely and ask once at the end.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct amp_str {
	char *data; /* NULL until something was appended */
	size_t length, capacity;
	bool failed; /* no memory at some point */
};

#define AMP_STR_INIT \
	{            \
		0    \
	}
#define AMP_STR_AUTO __attribute__((cleanup(amp_str_deinit))) struct amp_str

void amp_str_deinit(struct amp_str *str);
/* Length 0, keeps the memory. */
void amp_str_clear(struct amp_str *str);
void amp_str_add(struct amp_str *str, const char *string);
void amp_str_addn(struct amp_str *str, const char *bytes, size_t length);
void amp_str_addc(struct amp_str *str, char byte);
void amp_str_addf(struct amp_str *str, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void amp_str_vaddf(struct amp_str *str, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* Room for `length` bytes behind the text, to be written by the caller; NULL: no memory. */
char *amp_str_room(struct amp_str *str, size_t length);
/* Says how many of them were written. */
void amp_str_take(struct amp_str *str, size_t length);
/* The text, "" where nothing was appended; valid until the next append. */
const char *amp_str_text(const struct amp_str *str);

#endif
