/*
 * Judge: what may come of a run in which something failed.
 */
#ifndef TESTS_ERRORS_JUDGE_H
#define TESTS_ERRORS_JUDGE_H

#include "tests/errors/cases.h"
#include "tests/errors/faults.h"
#include "tests/errors/state.h"

/* One run: what it said, what it left. */
struct run {
	struct answer answer;
	struct state state;
	char *leak; /* NULL: nothing was left allocated or open */
};

void run_deinit(struct run *run);

/* What is known of a case: the world before, an undisturbed run, and one after that. */
struct ground {
	const struct a_case *one;
	bool library;
	struct state before;
	struct run first, again;
};

/*
 * The reason why a run in which faults happened, and the undisturbed one after it, are not
 * what they should be; NULL: they are. The text lives until the next call.
 */
const char *judge(const struct ground *ground, enum fault_source source,
	const struct run *faulty, const struct run *after);

#endif
