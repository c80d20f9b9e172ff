/*
 * Settings: what holds for this run, from the options and, where they are silent, from
 * the environment.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"

#define SETTINGS_FOLDER "migrations"

struct settings {
	const char *database; /* --database, AMPLAN_DATABASE, DATABASE_URL; or NULL */
	const char **folders; /* --migrations, AMPLAN_MIGRATIONS, "migrations" */
	size_t nfolders;
	int64_t lock_timeout_ms; /* --lock-timeout, AMPLAN_LOCK_TIMEOUT, 30 s */
	char *split;             /* memory behind folders from the environment */
};

/* Returns AMPLAN_OK, AMPLAN_USAGE (a variable that cannot be) or AMPLAN_NOMEM. */
int settings_init(struct settings *settings, const struct options *options,
	struct amplan_error *error);
void settings_deinit(struct settings *settings);

#endif
