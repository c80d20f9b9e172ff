/*
 * Error: filling in the public error object.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <amplan/error.h>

/* Sets code and message, clears the rest; returns code, for `return amp_error(...)`. */
int amp_error(struct amplan_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with errno's text appended as cause. */
int amp_error_errno(struct amplan_error *error, int code, int number, const char *format,
	...) __attribute__((format(printf, 4, 5)));
/* Adds the advice. */
void amp_error_hint(struct amplan_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void amp_error_say_nomem(struct amplan_error *error);
/* "out of memory". Here, so that whoever reads a caller sees that it never returns 0. */
static inline int amp_error_nomem(struct amplan_error *error)
{
	amp_error_say_nomem(error);
	return AMPLAN_NOMEM;
}
void amp_error_clear(struct amplan_error *error);

#endif
