/*
 * Hooks: the application's callbacks, and how the executor speaks to them.
 */
#ifndef EXECUTOR_HOOKS_H
#define EXECUTOR_HOOKS_H

#include <amplan/session.h>

struct amp_hooks {
	amplan_log_fn *log;
	amplan_progress_fn *progress;
	amplan_cancel_fn *cancel;
	amplan_returned_fn *returned;
	void *user;
	int64_t lock_timeout_ms;
};

/* Sends a message with up to 8 key/value pairs: key, value, …, NULL. */
void amp_log(const struct amp_hooks *hooks, enum amplan_level level, const char *message,
	...) __attribute__((sentinel));
void amp_progress(const struct amp_hooks *hooks, const struct amplan_progress *progress);
bool amp_cancelled(const struct amp_hooks *hooks);

#endif
