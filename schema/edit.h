/*
 * Edit: adds <depends> to descriptors that are there, for `check --fix`.
 *
 * Nothing is reformatted: the new bytes are the old ones with pieces put between them,
 * written as the lines around them are.
 */
#ifndef SCHEMA_EDIT_H
#define SCHEMA_EDIT_H

#include "base/error.h"
#include "base/str.h"
#include "schema/migration.h"

/* What one migration is to depend on besides. */
struct amp_edit {
	const struct amp_migration *migration;
	const char *const *ids; /* qualified */
	size_t nids;
};

/*
 * The bytes of a descriptor file with the dependencies added: behind the last <depends>
 * or <after> of each migration, else behind a description that comes first, else behind
 * the start tag. Ids that a migration names in one of them already, or that come twice, are
 * passed over.
 *
 * source: what the migrations were read from; edits of other sources are passed over. No
 *   two edits are of one migration.
 * out: is cleared first. *nadded, which may be NULL: the number of new elements.
 * Returns AMPLAN_OK; AMPLAN_REFUSED where a migration has no place for them; AMPLAN_NOMEM.
 */
int amp_edit_add_depends(const struct amp_source *source, const struct amp_edit *edits,
	size_t nedits, struct amp_str *out, size_t *nadded, struct amplan_error *error);

/*
 * Replaces the file of a source whole, mode kept. Returns AMPLAN_OK; AMPLAN_REFUSED where
 * the file can no longer be read, or is no longer what was read; AMPLAN_INTERNAL where it
 * cannot be written; AMPLAN_NOMEM.
 */
int amp_edit_write(const struct amp_source *source, const struct amp_str *bytes,
	struct amplan_error *error);

/*
 * Both, for all files that the edits are of; edits of one file need not stand together.
 * No file is touched before the new bytes of all are known and all files were found to be
 * what was read. *nadded: the number of elements in the files that were written, after a
 * failure as well.
 */
int amp_edit_files(const struct amp_edit *edits, size_t nedits, size_t *nadded,
	struct amplan_error *error);

#endif
