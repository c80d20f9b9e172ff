/*
 * Draft: a migration while its parts are read, and the rules between the parts.
 */
#ifndef SCHEMA_DRAFT_H
#define SCHEMA_DRAFT_H

#include <amplan/report.h>

#include "schema/grammar.h"
#include "schema/migration.h"

/* One <up>, <down>, <verify> or <precondition>. */
struct amp_draft_sql {
	enum amp_element which;
	struct amp_sql sql;
	struct amp_scan_range at; /* of the element's name */
	bool mark_applied;
	bool unknown; /* its engine is none that there is */
	bool unread;  /* its text could not be had; there is a finding already */
};

struct amp_draft {
	const struct amp_complain *complain;
	const char *engine; /* whose up and down the migration gets */
	struct amp_migration migration;
	struct amp_scan_range at;                  /* of <migration>'s name */
	size_t before;                             /* findings that were there already */
	struct amp_scan_range first[AMP_EL_COUNT]; /* of those elements that stand once */
	bool seen[AMP_EL_COUNT];
	struct AMP_VEC(struct amp_reference) depends;
	struct AMP_VEC(struct amp_reference) replaces;
	struct AMP_VEC(struct amp_draft_sql) sql;
	struct AMP_VEC(struct amp_allowance) allows;
};

/* Starts over, keeping the memory and the engine. Findings from the `before`th on are
   about this migration. */
void amp_draft_begin(struct amp_draft *draft, const struct amp_complain *complain,
	struct amp_scan_range at, size_t before);
void amp_draft_deinit(struct amp_draft *draft);

/* Notes an element of which a migration has one at most. */
void amp_draft_once(
	struct amp_draft *draft, enum amp_element which, struct amp_scan_range at);

void amp_draft_add_sql(struct amp_draft *draft, const struct amp_draft_sql *piece);

/* Checks the whole and makes it a migration in the arena; NULL where it has no id. */
struct amp_migration *amp_draft_end(struct amp_draft *draft);

#endif
