/*
 * Facts: what is in a database, as text that can be compared; and what a plain SQLite
 * makes of the same SQL, without amplan.
 */
#ifndef TESTS_REBUILDS_FACTS_H
#define TESTS_REBUILDS_FACTS_H

#include <sqlite3.h>

#include "tests/rebuilds/rebuild.h"

struct facts {
	char *rows;      /* of what was there before: a line each, sorted */
	char *structure; /* columns, keys, indexes, views, triggers */
	char *counters;  /* sqlite_sequence */
	char *faults;    /* keys that do not hold, what does not compile, integrity */
	char *all;       /* the schema word by word, and all rows */
};

/* Of the columns that every rebuild leaves in the table. */
void facts_read(struct facts *facts, const char *path, const struct schema *schema,
	const struct rebuilds *rebuilds);
void facts_free(struct facts *facts);
/* How many lines of the first are not in the second; both are sorted. */
long facts_missing(const char *before, const char *after);

/* Runs the migrations as one should by hand; false where SQLite refuses one. */
bool oracle_run(const char *path, const struct rebuilds *rebuilds, char why[200]);

#endif
