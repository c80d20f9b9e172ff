/*
 * Releases: the descriptors that a storm is about, in a new release and in an old one that
 * lacks some of them.
 *
 * What each migration did is counted in the database itself, in a table without any
 * constraint: SQL that ran twice, or half, is seen there even if nothing failed.
 */
#ifndef TESTS_STORM_RELEASES_H
#define TESTS_STORM_RELEASES_H

#include <stdbool.h>

#include "tests/support/dice.h"

enum { MIGRATIONS_MAX = 40, ID_SIZE = 16 };

struct releases {
	int count;  /* migrations of the new release */
	int alone;  /* the one with transaction="none"; -1: there is none */
	bool again; /* that one may run twice without harm */
	int rows;   /* that slow migrations make */
	bool slow[MIGRATIONS_MAX]; /* takes its time */
	bool keys[MIGRATIONS_MAX]; /* foreign-keys="on": where it changes a stage ends */
	bool in_old[MIGRATIONS_MAX]; /* the old release has it, too */
	int parent[MIGRATIONS_MAX];  /* that it depends on; -1 */
	int kind[MIGRATIONS_MAX];
	bool ballast; /* slow ones are slow on the database only, not on a shadow without rows */
	bool deeds; /* the first two make what an application writes to, later ones alter it */
};

/* Thinks up `count` migrations in one stage that all are in both releases. */
void releases_throw(struct releases *releases, struct dice *dice, int count, int rows);
/* Cuts the plan into stages; and makes one of the migrations transaction="none". */
void releases_cut(struct releases *releases, struct dice *dice);
void releases_alone(struct releases *releases, struct dice *dice);
/* Takes migrations out of the old release, never one that another in it needs. */
void releases_age(struct releases *releases, struct dice *dice);

/* Writes the descriptors of one of them into folder/name. */
void releases_write(
	const struct releases *releases, bool old, const char *folder, const char *name);

/* The id of a migration. */
const char *releases_id(int index, char id[ID_SIZE]);
/* Whether a stage ends in front of this one, in the plan of a new database. */
bool releases_ends_stage(const struct releases *releases, int index);

#endif
