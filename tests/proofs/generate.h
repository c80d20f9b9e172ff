/*
 * Generate: catalogs that are sound, and say so themselves.
 */
#ifndef TESTS_PROOFS_GENERATE_H
#define TESTS_PROOFS_GENERATE_H

#include "tests/support/dice.h"
#include "tests/proofs/model.h"

/* A catalog of 5 to `most` migrations that declares what it needs. `extra` percent of its
   migrations also declare one that they do not need. */
void generate(struct catalog *catalog, struct dice *dice, int most, int extra);
/* Takes away each dependency that others imply. */
void reduce(struct catalog *catalog);
/* Adds a migration, empty, behind the others. */
struct migration *catalog_add(struct catalog *catalog);
/* Gives ids and file names that say nothing about the order; modules too. */
void name_all(struct catalog *catalog, struct dice *dice);

/* Writes the descriptors into folder/m. */
void write_catalog(const struct catalog *catalog, const char *folder);
/* An order that the dependencies allow, by chance. */
void extension(const struct catalog *catalog, struct dice *dice, int *order);
/* For people: what each migration does, and what it touches. */
void print_migration(const struct migration *migration);

#endif
