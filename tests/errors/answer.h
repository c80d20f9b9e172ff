/*
 * Answer: all that a call or a command said, as text to compare.
 */
#ifndef TESTS_ERRORS_ANSWER_H
#define TESTS_ERRORS_ANSWER_H

#include <amplan/amplan.h>

#include "base/str.h"

struct answer {
	int code;             /* enum amplan_code, or an exit code */
	struct amp_str text;  /* the report, or what went to standard output */
	struct amp_str words; /* the error, or what went to standard error */
};

void answer_deinit(struct answer *answer);
bool answer_equals(const struct answer *left, const struct answer *right);

/* Every field of a report. */
void answer_report(struct amp_str *out, const struct amplan_report *report);

#endif
