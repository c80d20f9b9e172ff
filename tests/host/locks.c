/*
 * Locks: while a stage is open nobody else writes. What becomes of that where the application
 * closes the database file itself is in trap.c.
 */
#include <unistd.h>

#include "tests/host/host.h"

struct meddler {
	int other; /* what came of another process that wrote meanwhile; -1: not asked */
};

static void meddle(void *user, const struct amplan_progress *progress)
{
	struct meddler *meddler = user;
	if (progress->phase != AMPLAN_APPLYING || progress->number != 3 ||
		meddler->other != -1)
		return;
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

const struct scenario lock_scenarios[] = {
	{"locks: another process cannot write during a stage", kept},
	{NULL, NULL},
};
