/*
 * Cases: public calls and commands, each in a world of its own.
 */
#ifndef TESTS_ERRORS_CASES_H
#define TESTS_ERRORS_CASES_H

#include <stdio.h>

#include "tests/errors/answer.h"

/* What is special about a case, or-ed. */
enum case_flags {
	CASE_WRITES = 1,  /* the database, or a file, may be as after it as well */
	CASE_STEPS = 2,   /* several commits: may be between, and must go on from there */
	CASE_BECOMES = 4, /* ends as another program, with all that is allocated */
	CASE_COLD = 8,    /* each point in a process that has done nothing yet */
	CASE_MAKES = 16, /* makes a file, that stays where nothing can be removed again */
};

struct a_case {
	const char *name, *world;
	unsigned flags;
	const char *const *words; /* of a command line */
	int (*call)(struct amplan *amplan, struct amplan_report **out,
		struct amplan_error *error);
};

/* NULL name at the end. */
extern const struct a_case library_cases[], command_cases[];

/*
 * Runs it in the working folder. Between start() and stop() faults may be armed; what a
 * case makes for itself, and the text of its answer, is made outside of them.
 */
struct span {
	void (*start)(void *user);
	void (*stop)(void *user);
	void *user;
};

/* A stream that appends to a string, as far as write() lets it. */
FILE *case_stream(struct amp_str *out, int mode);

void library_run(
	const struct a_case *one, const struct span *span, struct answer *answer);
void command_run(
	const struct a_case *one, const struct span *span, struct answer *answer);

#endif
