/*
 * Locks: an application that opens and closes the database file itself, behind SQLite's
 * back. Closing any descriptor of a file drops all POSIX locks of the process on it, so
 * others may write while a stage is open. Nothing in this process can put that right: what
 * is tried here is that the manual tells it as it is.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/host/host.h"

struct meddler {
	bool opens;
	int other; /* what came of another process that wrote meanwhile; -1: not asked */
};

static void meddle(void *user, const struct amplan_progress *progress)
{
	struct meddler *meddler = user;
	if (progress->phase != AMPLAN_APPLYING || progress->number != 3 ||
		meddler->other != -1)
		return;
	if (meddler->opens) {
		int file = open("app.db", O_RDONLY | O_CLOEXEC);
		MUST(file >= 0);
		close(file);
	}
	meddler->other =
		system("exec sqlite3 app.db 'CREATE TABLE other (a)' >/dev/null 2>&1");
}

static int apply_with(struct meddler *meddler, struct amplan_error *error)
{
	struct amplan_options options = host_options("app.db");
	options.progress = meddle;
	options.user = meddler;
	host_migrations("m", 1);
	MUST(!host_apply(&options, NULL));
	host_migrations("m", 6);
	return host_apply(&options, error);
}

static long has_other(void)
{
	return host_number(
		"app.db", "SELECT count(*) FROM sqlite_schema WHERE name = 'other'");
}

static void kept(void)
{
	struct meddler meddler = {.other = -1};
	MUST(!apply_with(&meddler, NULL));
	MUST(meddler.other > 0);
	MUST(!has_other());
	host_complete("app.db", 6);
}

/* The other is told that its table is there, and it is not; ours is told what happened. */
static void lost(void)
{
	struct meddler meddler = {.opens = true, .other = -1};
	struct amplan_error error = {0};
	MUST(apply_with(&meddler, &error) == AMPLAN_DATABASE);
	MUST(!strcmp(error.message, "cannot write to 'app.db': disk I/O error"));
	MUST(!strcmp(error.hint,
		"the journal is gone, so others wrote as well: was it deleted, or did this "
		"program open and close the file beside SQLite, which drops its locks? see "
		"docs/startup.md"));
	MUST(!meddler.other);
	MUST(!has_other());
}

const struct scenario lock_scenarios[] = {
	{"locks: another process cannot write during a stage", kept},
	{"locks: it can where the application closed the file", lost},
	{NULL, NULL},
};
