/*
 * Expect: the states that a plan goes through, made by plain SQLite from the SQL of its
 * steps, one per commit; and the descriptors that say the same to amplan.
 */
#ifndef TESTS_CRASH_EXPECT_H
#define TESTS_CRASH_EXPECT_H

#include <sqlite3.h>

#include "tests/crash/stand.h"

/* Fills in states, same, before and alone_*. */
void expect_states(struct stand *stand);
/* Writes the descriptors: those before the base is done, or those after. */
void expect_descriptors(const struct stand *stand, bool base);
/* Runs SQL that must succeed. */
void expect_exec(sqlite3 *handle, const char *sql);
sqlite3 *expect_open(const char *folder);
bool expect_has_keys(const struct stand *stand, size_t step);

#endif
