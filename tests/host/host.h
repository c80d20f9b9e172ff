/*
 * Host: an application around the library, and what it must not notice of it.
 *
 * A scenario runs in a process of its own, in a folder of its own, and ends by returning.
 */
#ifndef TESTS_HOST_HOST_H
#define TESTS_HOST_HOST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <amplan/amplan.h>

struct sqlite3;

/* Ends the scenario with what was wrong. */
#define MUST(what)                                                                 \
	do {                                                                       \
		if (!(what)) {                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
				#what);                                            \
			exit(1);                                                   \
		}                                                                  \
	} while (0)

struct scenario {
	const char *name;
	void (*run)(void);
};

/* Each ends with a name of NULL. */
extern const struct scenario fork_scenarios[];
extern const struct scenario trace_scenarios[];
extern const struct scenario xml_scenarios[];
extern const struct scenario library_scenarios[];
extern const struct scenario thread_scenarios[];
extern const struct scenario end_scenarios[];
extern const struct scenario lock_scenarios[];
extern const struct scenario trap_scenarios[];
extern const struct scenario lent_scenarios[];

/* COUNT migrations in FOLDER, each with a table and some rows, one on the other. */
void host_migrations(const char *folder, int count);
/* Options for a database and the folder "m". */
struct amplan_options host_options(const char *database);
/* Applies all there is, and says how it went. */
int host_apply(const struct amplan_options *options, struct amplan_error *error);
/* All COUNT migrations are applied, each once, and the history holds. */
void host_complete(const char *database, int count);
/* The first column of the first row, as a number. */
long host_number(const char *database, const char *sql);
long host_number_on(struct sqlite3 *db, const char *sql);

#endif
