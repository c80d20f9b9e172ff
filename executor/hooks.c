#include "executor/hooks.h"

#include <stdarg.h>

void amp_log(
	const struct amp_hooks *hooks, enum amplan_level level, const char *message, ...)
{
	if (!hooks->log)
		return;
	struct amplan_field fields[8];
	size_t count = 0;
	va_list args;
	va_start(args, message);
	const char *key;
	while (count < 8 && (key = va_arg(args, const char *))) {
		const char *value = va_arg(args, const char *);
		fields[count++] = (struct amplan_field){key, value ? value : ""};
	}
	va_end(args);
	hooks->log(hooks->user, level, message, fields, count);
}

void amp_progress(const struct amp_hooks *hooks, const struct amplan_progress *progress)
{
	if (hooks->progress)
		hooks->progress(hooks->user, progress);
}

bool amp_cancelled(const struct amp_hooks *hooks)
{
	return hooks->cancel && hooks->cancel(hooks->user);
}
