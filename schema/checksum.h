/*
 * Checksum: what identifies the content of a migration.
 */
#ifndef SCHEMA_CHECKSUM_H
#define SCHEMA_CHECKSUM_H

#include <stdbool.h>

#include <stdbool.h>

#include "base/str.h"
#include "schema/migration.h"

/* Fills checksum and cosmetic from everything else in the migration; false: no memory. */
bool amp_checksum(struct amp_migration *migration, const char *engine);

/* Appends SQL without comments, and with white space only where tokens need it. */
void amp_checksum_squeeze(struct amp_str *out, const char *sql, size_t length);

#endif
