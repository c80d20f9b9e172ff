/*
 * Session: the public handle, inside.
 */
#ifndef EXECUTOR_SESSION_H
#define EXECUTOR_SESSION_H

#include <amplan/session.h>

#include "executor/engine.h"

struct amplan {
	struct amp_arena arena;
	const struct amp_engine *engine; /* SQLite where no database was given */
	struct amp_target target;
	bool has_database;
	bool warned_of_names; /* once is enough */
	long owner;           /* process that lent the handle */
	const char **folders;
	size_t nfolders;
	struct amp_hooks hooks;
};

/* Is there no such file? An empty one is an empty database. */
bool amp_is_missing(const struct amplan *amplan);

/* AMPLAN_DATABASE with advice, for what wants one that is there. */
int amp_no_such_database(const struct amplan *amplan, struct amplan_error *error);

/* AMPLAN_USAGE with advice where the session has no database. */
int amp_need_database(struct amplan *amplan, struct amplan_error *error);

#endif
