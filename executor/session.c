#include "executor/session.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int take_folders(struct amplan *amplan, const struct amplan_options *options,
	struct amplan_error *error)
{
	amplan->folders = amp_arena_array(
		&amplan->arena, options->nfolders, sizeof(*amplan->folders));
	for (size_t i = 0; amplan->folders && i < options->nfolders; i++)
		amplan->folders[i] =
			amp_arena_strdup(&amplan->arena, options->folders[i]);
	amplan->nfolders = options->nfolders;
	return amplan->arena.failed ? amp_error_nomem(error) : AMPLAN_OK;
}

static int take_database(struct amplan *amplan, const struct amplan_options *options,
	struct amplan_error *error)
{
	amplan->engine = &amp_sqlite;
	if (options->sqlite && options->database)
		return amp_error(
			error, AMPLAN_USAGE, "give a database or a handle, not both");
	if (options->sqlite) {
		amplan->target.handle = options->sqlite;
		amplan->owner = (long)getpid();
		amplan->target.display = "the application's database";
		amplan->has_database = true;
		return AMPLAN_OK;
	}
	if (!options->database)
		return AMPLAN_OK;
	amplan->has_database = true;
	return amp_engine_parse(options->database, &amplan->arena, &amplan->engine,
		&amplan->target, error);
}

int amplan_open(const struct amplan_options *options, struct amplan **out,
	struct amplan_error *error)
{
	amp_error_clear(error);
	*out = NULL;
	if (options->size != sizeof(*options)) {
		amp_error(error, AMPLAN_USAGE, "the options are of another version");
		amp_error_hint(error,
			"set them with AMPLAN_OPTIONS_INIT and compile "
			"against the headers of this library");
		return AMPLAN_USAGE;
	}
	struct amplan *amplan = calloc(1, sizeof(*amplan));
	if (!amplan)
		return amp_error_nomem(error);
	amplan->hooks = (struct amp_hooks){
		.log = options->log,
		.progress = options->progress,
		.cancel = options->cancel,
		.returned = options->returned,
		.user = options->user,
		.lock_timeout_ms = options->lock_timeout_ms,
	};
	int code = take_folders(amplan, options, error);
	if (!code)
		code = take_database(amplan, options, error);
	if (code) {
		amplan_close(amplan);
		return code;
	}
	*out = amplan;
	return AMPLAN_OK;
}

void amplan_close(struct amplan *amplan)
{
	if (!amplan)
		return;
	amp_arena_deinit(&amplan->arena);
	free(amplan);
}

bool amp_is_missing(const struct amplan *amplan)
{
	struct stat file;
	return amplan->target.path && stat(amplan->target.path, &file) && errno == ENOENT;
}

int amp_no_such_database(const struct amplan *amplan, struct amplan_error *error)
{
	amp_error(error, AMPLAN_DATABASE, "'%s' does not exist", amplan->target.display);
	amp_error_hint(error,
		"check the name; only plan, apply and start take a missing file for a "
		"database that is to be made");
	return AMPLAN_DATABASE;
}

int amp_need_database(struct amplan *amplan, struct amplan_error *error)
{
	/* SQLite's rule: a connection carried over fork() loses locks and writes */
	if (amplan->target.handle && amplan->owner != (long)getpid()) {
		amp_error(error, AMPLAN_USAGE,
			"the lent handle belongs to process %ld, from before fork()",
			amplan->owner);
		amp_error_hint(error, "open a connection and a session in this process");
		return AMPLAN_USAGE;
	}
	if (amplan->has_database)
		return AMPLAN_OK;
	amp_error(error, AMPLAN_USAGE, "no database was named");
	amp_error_hint(error, "name one with --database FILE, or in AMPLAN_DATABASE");
	return AMPLAN_USAGE;
}
