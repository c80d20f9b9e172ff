/*
 * Wall: what the application does with its database, whose tables migrations/ makes.
 *
 * Each call opens the database, does one thing in one transaction and closes it, so that
 * the wall goes on with whatever schema is there: where a table is missing the call says
 * so, and the next one may find it.
 */
#ifndef EXAMPLES_PRAYER_WALL_WALL_H
#define EXAMPLES_PRAYER_WALL_WALL_H

#include <stdbool.h>
#include <stdio.h>

#define WALL_TEXT_SIZE 2048

struct wall {
	const char *path;  /* of the database */
	char message[256]; /* why the last call failed */
};

/* What the wall shows of one prayer. */
struct wall_prayer {
	int id;
	const char *author, *text, *category;
	int marks;
};

typedef void wall_prayer_fn(void *user, const struct wall_prayer *prayer);

/* Hands over all prayers of the wall, newest first. */
bool wall_show(struct wall *wall, wall_prayer_fn *show, void *user);

/* The first one to come founds the wall; all others need an invite. */
bool wall_join(struct wall *wall, const char *name, const char *invite);
bool wall_pray(struct wall *wall, const char *author, const char *text);
/* One mark a day for each prayer and person; another one changes nothing. */
bool wall_mark(struct wall *wall, const char *prayer, const char *user);
/* Makes an invite for `invite`, a word that the sender thinks of. */
bool wall_invite(struct wall *wall, const char *sender, const char *invite);

#endif
