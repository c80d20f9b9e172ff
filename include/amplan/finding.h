/*
 * Findings: what amplan has to say about descriptors, plans, history and schema.
 *
 * Findings are data. They belong to the report that holds them and are only read by the
 * caller. Fields may be added at the end of a struct, so never copy one by size.
 */
#ifndef AMPLAN_FINDING_H
#define AMPLAN_FINDING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum amplan_severity {
	AMPLAN_ERROR,   /* the plan is refused, or a step failed */
	AMPLAN_WARNING, /* allowed, but a person should look */
	AMPLAN_NOTE     /* worth knowing */
};

/* A place in a file. */
struct amplan_place {
	const char *file;  /* path as the catalog shows it; NULL if there is no place */
	unsigned line;     /* from 1; 0: the whole file */
	unsigned column;   /* from 1, in code points; 0: the whole line */
	unsigned length;   /* code points to underline, at least 1 when column is set */
	const char *text;  /* that line without its line end; NULL if not known */
	const char *label; /* what is at this place, for related places; may be NULL */
};

/* One finding. Pointers are valid as long as the report. */
struct amplan_finding {
	const char *kind;              /* stable word, e.g. "missing-dependency" */
	enum amplan_severity severity; /* how bad it is */
	const char *const *ids;        /* qualified ids concerned, most important first */
	size_t nids;                   /* number of ids, may be 0 */
	struct amplan_place place;     /* where; place.file may be NULL */
	const char *message;           /* lower case, no full stop */
	const char *hint;              /* what to do next; NULL if there is no advice */
	const struct amplan_place *related; /* other places, e.g. the first declaration */
	size_t nrelated;                    /* number of other places */
};

#ifdef __cplusplus
}
#endif

#endif
