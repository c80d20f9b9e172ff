/*
 * Catalog: all descriptors found below the given folders.
 */
#ifndef SCHEMA_CATALOG_H
#define SCHEMA_CATALOG_H

#include "base/arena.h"
#include "base/error.h"
#include "base/finding.h"
#include "schema/migration.h"

struct amp_catalog {
	struct amp_arena arena;
	struct amp_migration **items; /* sorted by qualified id; ids are unique */
	size_t count;
	size_t files;                 /* XML files read */
	struct amp_findings findings; /* everything wrong with the descriptors */
	char stamp[AMP_DIGEST_SIZE];  /* see amp_catalog_stamp() */
};

/*
 * Reads all folders. What is wrong with descriptors is in catalog->findings, and the
 * call still succeeds; it fails only for lack of memory or where the system fails.
 * A duplicate id is a finding; the first in order of path stays in the catalog.
 *
 * engine: "sqlite" or "postgresql"; decides which up and down a migration shows.
 * After it, also after a failure, the catalog must be deinitialised.
 */
int amp_catalog_load(struct amp_catalog *catalog, const char *const *folders,
	size_t nfolders, const char *engine, struct amplan_error *error);
void amp_catalog_deinit(struct amp_catalog *catalog);

/* The migration with this qualified id, or NULL. */
const struct amp_migration *amp_catalog_find(
	const struct amp_catalog *catalog, const char *id);

/*
 * A digest over the names and bytes of all .xml and .sql files below the folders, and
 * the engine: equal to catalog.stamp of a load exactly where nothing was changed, without
 * parsing anything. `out` is "" where a folder cannot be read as a load would read it.
 */
int amp_catalog_stamp(const char *const *folders, size_t nfolders, const char *engine,
	char out[AMP_DIGEST_SIZE], struct amplan_error *error);

#endif
