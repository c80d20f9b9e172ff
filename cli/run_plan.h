/*
 * Run plan: the way that apply and rollback share, from a plan to what was done.
 */
#ifndef CLI_RUN_PLAN_H
#define CLI_RUN_PLAN_H

#include "cli/cmd.h"

/* Words of a command: "apply", "applied", "to"; "roll back", "rolled back", "from". */
struct run_words {
	const char *verb, *past, *preposition;
};

/* Prints the plan in app->report with its findings, for a person to judge. */
void run_plan_show(struct app *app);

/*
 * Plans, shows the plan where a person is asked, and applies just that plan. Where nobody
 * is asked and it need not be shown, `at_once` lets the library plan under the lock.
 */
int run_plan(struct app *app, const struct amplan_plan_options *options, bool at_once,
	const struct run_words *words);

/* Prints what was done: the steps that matter, and a line at the end. */
void run_plan_result(struct app *app, const struct run_words *words);

#endif
