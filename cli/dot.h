/*
 * Dot: the dependency graph as DOT, through cgraph.
 *
 * Edges run from a migration to one it depends on, as everywhere in amplan; the picture is
 * laid out so that time flows one way, with the roots first. States differ by shape and
 * by colour, so that the picture also says it in print. Same report, same bytes.
 */
#ifndef CLI_DOT_H
#define CLI_DOT_H

#include <stdbool.h>
#include <stdio.h>

#include <amplan/amplan.h>

struct dot_options {
	bool reduce;       /* leave redundant edges out */
	const bool *shown; /* by migration; NULL: all */
	const struct amplan_report
		*check; /* whose demands are drawn in red; NULL: none */
};

/* Writes to the stream. False: no memory. */
bool dot_write(FILE *stream, const struct amplan_report *report,
	const struct dot_options *options);

#endif
