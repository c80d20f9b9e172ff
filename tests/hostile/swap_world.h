/*
 * Swap world: a folder of migrations, a saved plan and a database, all that can be put in
 * their places by others, and what the databases hold afterwards.
 */
#ifndef TESTS_HOSTILE_SWAP_WORLD_H
#define TESTS_HOSTILE_SWAP_WORLD_H

#include <stdbool.h>

/* What a swap touches; who does not read it need not try it. */
enum { FILES = 1, PLAN = 2, DATABASE = 4 };

struct swap {
	const char *name;
	int touches;
	/* false: it could not be done now, as somebody holds a lock */
	bool (*make)(void);
	/* the exits where it comes before all: of `apply`, of `apply --plan` */
	int apply, plan;
	/* what `verify` says where it comes after all; NULL: nothing */
	const char *verify;
};

/* The first one is none; a name of NULL is behind the last. */
extern const struct swap swaps[];

/* Makes what is the same in each world; once. */
void swap_world_prepare(void);
/* The world as it was, whatever was done to it. */
void swap_world_reset(void);

/* All that matters of a database, as text: whether it is whole, schema, rows, history
   without what differs from run to run, and the catalog's stamp behind SWAP_STAMP. Free
   it. */
#define SWAP_STAMP "The catalog: "
char *swap_world_read(const char *path);

/* SQL by a connection that waits for nobody; false: it was not done. */
bool swap_world_execute(const char *path, const char *sql);

/* What must never be run, nor come to be read. */
#define STOLEN "stolen"
/* Where a swap leaves the database that was "app.db". */
#define AWAY "away.db"

#endif
