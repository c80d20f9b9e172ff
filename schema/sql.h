/*
 * SQL: from the bytes of a file to the text that runs, and back to places.
 */
#ifndef SCHEMA_SQL_H
#define SCHEMA_SQL_H

#include "schema/complain.h"
#include "schema/migration.h"

/* More pieces than this a text inside a descriptor cannot have: see struct amp_span. A
   saved plan can, since it carries .sql files as well. */
#define AMP_SQL_PIECES_MAX ((size_t)1 << 18)

/*
 * Decodes the content [begin, end) of a well-formed element: entities, character
 * references and CDATA are replaced, comments and PIs left out, line ends made LF. False
 * after a finding where there are more than `pieces`; no memory is seen in the arena.
 */
bool amp_sql_from_xml(const struct amp_complain *complain, size_t begin, size_t end,
	size_t pieces, struct amp_sql *sql);

/* A whole file as SQL: without a byte order mark, line ends made LF. */
void amp_sql_from_file(
	struct amp_arena *arena, struct amp_source *source, struct amp_sql *sql);

/* Whether there is anything but white space, comments and semicolons. */
bool amp_sql_has_statement(const char *text, size_t length);

#endif
