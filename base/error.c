#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int amplan_exit_code(int code)
{
	if (code >= AMPLAN_DATABASE && code <= AMPLAN_OK)
		return -code;
	return code == AMPLAN_CANCELLED ? -AMPLAN_FAILED : -AMPLAN_INTERNAL;
}

void amp_error_clear(struct amplan_error *error)
{
	if (error)
		*error = (struct amplan_error){0};
}

int amp_error(struct amplan_error *error, int code, const char *format, ...)
{
	if (!error)
		return code;
	/* the arguments may point into the error itself, as when context is wrapped in */
	struct amplan_error fresh = {.code = code};
	va_list args;
	va_start(args, format);
	vsnprintf(fresh.message, sizeof(fresh.message), format, args);
	va_end(args);
	*error = fresh;
	return code;
}

int amp_error_errno(
	struct amplan_error *error, int code, int number, const char *format, ...)
{
	if (!error)
		return code;
	struct amplan_error fresh = {.code = code, .system = number};
	va_list args;
	va_start(args, format);
	int length = vsnprintf(fresh.message, sizeof(fresh.message), format, args);
	va_end(args);
	char cause[128] = "";
	const char *text = strerror_r(number, cause, sizeof(cause));
	if (length > 0 && (size_t)length < sizeof(fresh.message))
		snprintf(fresh.message + length, sizeof(fresh.message) - (size_t)length,
			": %s", text);
	*error = fresh;
	return code;
}

void amp_error_hint(struct amplan_error *error, const char *format, ...)
{
	if (!error)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(error->hint, sizeof(error->hint), format, args);
	va_end(args);
}

void amp_error_say_nomem(struct amplan_error *error)
{
	amp_error(error, AMPLAN_NOMEM, "out of memory");
}
