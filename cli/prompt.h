/*
 * Prompt: asking a person.
 */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include <stdbool.h>

#include "cli/cmd.h"

/* True if there is a person to ask: both stdin and stderr are terminals. */
bool prompt_is_possible(const struct app *app);

/*
 * Asks "QUESTION [y/N] " on stderr. True for y and yes; anything else and the end of the
 * input are a no: then app->nothing_done is set and *code is AMPLAN_OK, or
 * AMPLAN_CANCELLED after Ctrl-C.
 */
bool prompt_yes(struct app *app, const char *question, int *code);

/* Asks about the plan in app->report, which was shown: "apply 3 migrations to app.db?" */
bool prompt_plan(struct app *app, const char *verb, const char *preposition, int *code);

#endif
