/*
 * Values: what an attribute may be, by type.
 */
#ifndef SCHEMA_VALUES_H
#define SCHEMA_VALUES_H

#include <stdbool.h>
#include <stddef.h>

enum amp_value_type {
	AMP_VALUE_ANY,
	AMP_VALUE_ID,        /* also the name of a module */
	AMP_VALUE_REFERENCE, /* "id", "module:id" or ":id" */
	AMP_VALUE_REASON,    /* not blank */
	AMP_VALUE_FILE,      /* relative path of a .sql file */
	AMP_VALUE_KIND,      /* of a finding */
	AMP_VALUE_NUMBER,    /* up to 18 digits */
	AMP_VALUE_SEAL,      /* "sha256:" and 64 digits */
	AMP_VALUE_WORD,      /* one of amp_value_words() */
};

/* Whether a value is one of the type, words excepted. */
bool amp_value_fits(enum amp_value_type type, const char *value);

/* What a good value is, for a hint. */
const char *amp_value_rule(enum amp_value_type type);

#endif
