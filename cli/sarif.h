/*
 * Sarif: findings in the Static Analysis Results Interchange Format, version 2.1.0, for
 * code scanning services and editors.
 *
 * One run, with all kinds as rules in the order of `explain`. The file is complete
 * whatever happened: where the call itself failed, that is a notification of the run.
 * Same findings, same bytes.
 */
#ifndef CLI_SARIF_H
#define CLI_SARIF_H

#include <stdbool.h>
#include <stdio.h>

#include <amplan/amplan.h>

struct sarif_run {
	const struct amplan_report *report; /* NULL: there is none */
	const char *folder; /* where a finding without a place belongs; NULL: nowhere */
	int exit;           /* exit code of the program */
	const struct amplan_error *error; /* that kept it from its end; NULL: none did */
};

/* Writes to the stream, with a line feed at the end. False: no memory. */
bool sarif_write(FILE *stream, const struct sarif_run *run);

#endif
