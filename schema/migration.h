/*
 * Migration: one descriptor as data. Filled by the reader, read by every floor below.
 *
 * Everything lives in the arena of the catalog (or of the saved plan) it belongs to.
 */
#ifndef SCHEMA_MIGRATION_H
#define SCHEMA_MIGRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/source.h"
#include "base/str.h"

/* Text bytes [text, next span) came from file offset `file` on, `step` file bytes each:
   1 for plain text; 0 where the whole span stands for one entity or line end. */
struct amp_span {
	size_t text, file;
	unsigned step;
};

/* A piece of SQL, and how to get from an offset in it to a place in its file. */
struct amp_sql {
	const char *text; /* NUL-terminated, line ends are LF; never NULL */
	size_t length;
	const char *engine; /* "sqlite", "postgresql", or NULL: any */
	struct amp_source *source;
	const struct amp_span *spans; /* sorted by text offset; the first is at 0 */
	size_t nspans;
};

/* The file place of `length` bytes of the text at `offset`. */
struct amplan_place amp_sql_place(
	const struct amp_sql *sql, size_t offset, size_t length);

/* <depends>, <after> and <replaces>. */
struct amp_reference {
	const char *id;     /* qualified: the module of the migration is filled in */
	const char *reason; /* or NULL */
	bool orders_only;   /* <after> */
	struct amp_source *source;
	size_t offset, length; /* of the attribute's value */
};

/* <verify> and <precondition>. */
struct amp_check {
	struct amp_sql sql;
	bool mark_applied; /* precondition with on-fail="mark-applied" */
};

/* <allow>: a kind of finding that is wanted here. */
struct amp_allowance {
	const char *kind, *reason;
	struct amp_source *source;
	size_t offset, length; /* of the kind's value */
};

struct amp_migration {
	const char *id;     /* qualified */
	const char *module; /* "" if none */
	const char *description;
	struct amp_source *source;
	size_t offset, length; /* of the id attribute's value: where findings point */
	size_t tag;            /* offset of the start tag's '<' */
	unsigned flags;        /* enum amplan_flags */
	const struct amp_reference *depends; /* <depends> and <after>, as declared */
	size_t ndepends;
	const struct amp_reference *replaces;
	size_t nreplaces;
	const struct amp_sql *up;   /* for the engine of the catalog; NULL: none given */
	const struct amp_sql *down; /* the same; NULL: none */
	const char *irreversible;   /* reason; NULL: not declared */
	const struct amp_check *preconditions;
	size_t npreconditions;
	const struct amp_check *verifies;
	size_t nverifies;
	const struct amp_allowance *allows;
	size_t nallows;
	/* read from a saved plan: where the descriptor stood; file is NULL otherwise */
	struct amplan_place origin;
	char checksum[AMP_DIGEST_SIZE]; /* over what would run */
	char cosmetic
		[AMP_DIGEST_SIZE]; /* the same without SQL comments and white space */
};

/* Where a migration is declared, for findings: its id, in its own file where known. */
struct amplan_place amp_migration_place(const struct amp_migration *migration);

/* As a migration has to name another one, whose qualified id this is: plain within its
   module, ":id" for one of none. */
void amp_migration_add_name(
	struct amp_str *out, const struct amp_migration *from, const char *id);

/* The <allow> of a kind of finding; NULL: there is none. */
const struct amp_allowance *amp_migration_allows(
	const struct amp_migration *migration, const char *kind);

#endif
