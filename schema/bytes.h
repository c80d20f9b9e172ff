/*
 * Bytes: what must hold of a file before anything is read into it.
 */
#ifndef SCHEMA_BYTES_H
#define SCHEMA_BYTES_H

#include "schema/complain.h"

#define AMP_XML_LIMIT ((size_t)4 << 20)   /* largest descriptor file */
#define AMP_SQL_LIMIT ((size_t)256 << 20) /* largest .sql file */

/* What is read of all folders together. */
#define AMP_CATALOG_LIMIT ((size_t)512 << 20)
/* SQL of files that were named before: a few bytes of XML must not make much work. */
#define AMP_AGAIN_LIMIT ((size_t)8 << 20)

/* UTF-8 without NUL; otherwise a finding at the first place where it is not. */
bool amp_bytes_are_text(const struct amp_complain *complain);

/* The same, and nothing that XML could not hold, since a saved plan carries it. */
bool amp_bytes_are_sql(const struct amp_complain *complain);

/* Text, and an XML declaration, if there is one, that does not claim otherwise. */
bool amp_bytes_are_xml(const struct amp_complain *complain);

#endif
