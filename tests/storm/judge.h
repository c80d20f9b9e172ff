/*
 * Judge: the database after the storm.
 */
#ifndef TESTS_STORM_JUDGE_H
#define TESTS_STORM_JUDGE_H

#include "tests/storm/storm.h"

/*
 * Each migration of the new release was applied exactly once, by history and by what its
 * SQL left; the history's chain holds; nothing is damaged; and schema and rows are those
 * of a database that one process alone migrated.
 */
void judge_database(struct round *round);

/* Runs amplan with these arguments behind the database and the new release. Returns its
   exit code; what it printed goes to *output, to be freed. NULL ends the arguments. */
int run_amplan(struct round *round, char **output, const char *command, ...)
	__attribute__((sentinel));

#endif
