/*
 * Grammar: which elements and attributes there are, and what may stand in them.
 *
 * The tables say what schema/migration.xsd and schema/plan.xsd say; a test compares them
 * over a generated corpus.
 */
#ifndef SCHEMA_GRAMMAR_H
#define SCHEMA_GRAMMAR_H

#include "schema/reader.h"

enum amp_element {
	AMP_EL_ROOT, /* what is around the root element */
	AMP_EL_MIGRATIONS,
	AMP_EL_MIGRATION,
	AMP_EL_DESCRIPTION,
	AMP_EL_DEPENDS,
	AMP_EL_AFTER,
	AMP_EL_REPLACES,
	AMP_EL_UP,
	AMP_EL_DOWN,
	AMP_EL_IRREVERSIBLE,
	AMP_EL_VERIFY,
	AMP_EL_PRECONDITION,
	AMP_EL_ALLOW,
	AMP_EL_PLAN,
	AMP_EL_STEP,
	AMP_EL_EFFECT,
	AMP_EL_SCHEMA_DIFF,
	AMP_EL_COUNT,
	AMP_EL_NONE, /* unknown, or not allowed here */
};

enum amp_attribute {
	AMP_AT_ID,
	AMP_AT_MODULE,
	AMP_AT_TRANSACTION,
	AMP_AT_FOREIGN_KEYS,
	AMP_AT_MAINTENANCE,
	AMP_AT_BREAKING,
	AMP_AT_ON,
	AMP_AT_REASON,
	AMP_AT_ENGINE,
	AMP_AT_SRC,
	AMP_AT_ON_FAIL,
	AMP_AT_KIND,
	/* saved plans only */
	AMP_AT_FILE,
	AMP_AT_LINE,
	AMP_AT_COLUMN,
	AMP_AT_FORMAT,
	AMP_AT_SEAL,
	AMP_AT_TOOL,
	AMP_AT_DIGEST,
	AMP_AT_TARGET,
	AMP_AT_HEAD,
	AMP_AT_START,
	AMP_AT_END,
	AMP_AT_FIDELITY,
	AMP_AT_DATABASE,
	AMP_AT_ROLLBACK,
	AMP_AT_NUMBER,
	AMP_AT_STAGE,
	AMP_AT_STATEMENTS,
	AMP_AT_ROWS,
	AMP_AT_TYPE,
	AMP_AT_NAME,
	AMP_AT_COUNT,
};

/* What may stand between the tags. */
enum amp_inside {
	AMP_INSIDE_CHILDREN,
	AMP_INSIDE_NOTHING,
	AMP_INSIDE_TEXT,
};

/* The attributes of one element; a value that is missing or wrong is NULL. */
struct amp_values {
	const char *text[AMP_AT_COUNT]; /* in the arena */
	struct amp_scan_range at[AMP_AT_COUNT];
};

const char *amp_grammar_name(enum amp_element element);
enum amp_inside amp_grammar_inside(enum amp_element element);

/* Which element it is; AMP_EL_NONE after a finding where there is none of this name here. */
enum amp_element amp_grammar_element(const struct amp_complain *complain, bool plan,
	enum amp_element parent, const struct amp_xml_element *element);

/* Checks and copies the attributes; everything wrong with them is a finding. */
void amp_grammar_attributes(const struct amp_complain *complain, bool plan,
	enum amp_element which, const struct amp_xml_element *element,
	struct amp_values *values);

#endif
