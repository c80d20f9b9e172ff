#include "cli/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A variable's value; an empty one counts as not set. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

static int nomem(struct amplan_error *error)
{
	error->code = AMPLAN_NOMEM;
	snprintf(error->message, sizeof(error->message), "out of memory");
	return AMPLAN_NOMEM;
}

/* AMPLAN_MIGRATIONS names one folder, or several with ':' between them. */
static bool split_folders(struct settings *settings, const char *list)
{
	size_t most = 1;
	if (list[strspn(list, ":")] == '\0')
		list = SETTINGS_FOLDER;
	for (const char *at = list; *at; at++)
		most += *at == ':';
	settings->folders = calloc(most, sizeof(*settings->folders));
	settings->split = strdup(list);
	if (!settings->folders || !settings->split)
		return false;
	char *rest = settings->split, *folder;
	while ((folder = strsep(&rest, ":")))
		if (*folder)
			settings->folders[settings->nfolders++] = folder;
	return true;
}

static bool copy_folders(struct settings *settings, const struct opt_list *list)
{
	settings->folders = calloc(list->count, sizeof(*settings->folders));
	if (!settings->folders)
		return false;
	memcpy(settings->folders, list->items, list->count * sizeof(*list->items));
	settings->nfolders = list->count;
	return true;
}

static int lock_timeout(struct settings *settings, const struct options *options,
	struct amplan_error *error)
{
	const char *value = variable("AMPLAN_LOCK_TIMEOUT");
	settings->lock_timeout_ms = 30000;
	if (options->lock_timeout_ms >= 0) {
		settings->lock_timeout_ms = options->lock_timeout_ms;
	} else if (value && !options_seconds(value, &settings->lock_timeout_ms)) {
		error->code = AMPLAN_USAGE;
		snprintf(error->message, sizeof(error->message),
			"AMPLAN_LOCK_TIMEOUT is not a number of seconds: '%.100s'",
			value);
		return AMPLAN_USAGE;
	}
	return AMPLAN_OK;
}

int settings_init(struct settings *settings, const struct options *options,
	struct amplan_error *error)
{
	const char *folders = variable("AMPLAN_MIGRATIONS");
	*settings = (struct settings){.database = options->database};
	if (!settings->database)
		settings->database = variable("AMPLAN_DATABASE");
	if (!settings->database)
		settings->database = variable("DATABASE_URL");
	if (options->folders.count) {
		if (!copy_folders(settings, &options->folders))
			return nomem(error);
	} else if (!split_folders(settings, folders ? folders : SETTINGS_FOLDER)) {
		return nomem(error);
	}
	return lock_timeout(settings, options, error);
}

void settings_deinit(struct settings *settings)
{
	free(settings->folders);
	free(settings->split);
	*settings = (struct settings){0};
}
