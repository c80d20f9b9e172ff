/*
 * Dump: what is in a database, as text.
 */
#ifndef TESTS_CRASH_DUMP_H
#define TESTS_CRASH_DUMP_H

#include <sqlite3.h>

#include "base/str.h"

/* Schema, all rows, and what the header says, without the history. */
void dump_content(sqlite3 *handle, struct amp_str *out);
/* The history: "number event id", or with every column. Nothing where there is none. */
void dump_history(sqlite3 *handle, bool whole, struct amp_str *out);
/* Adds what SQLite finds wrong; true: nothing. */
bool dump_sound(sqlite3 *handle, struct amp_str *out);

#endif
