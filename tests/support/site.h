/*
 * Site: a folder with migrations in m/ and room for a database app.db, and sessions on them.
 */
#ifndef TESTS_SUPPORT_SITE_H
#define TESTS_SUPPORT_SITE_H

#include <amplan/amplan.h>
#include <sqlite3.h>

struct site {
	char *folder, *migrations, *path;
	const char *folders[1];
	struct amplan_options options; /* of every session; may be changed */
};

void site_make(struct site *site);
/* Removes the folder with all that is in it. */
void site_remove(struct site *site);

/* Writes m/ID.xml: the migration with these attributes besides its id, and this content. */
void site_migration(const struct site *site, const char *id, const char *attributes,
	const char *content);

/* A session by the options; the caller closes it. */
struct amplan *site_session(const struct site *site);
/* A connection to the database; the caller closes it. */
sqlite3 *site_connection(const struct site *site);
/* Runs SQL on a connection of its own. */
void site_run(const struct site *site, const char *sql);
/* Applies all that is pending, in a session of its own. */
void site_apply(const struct site *site);

#endif
