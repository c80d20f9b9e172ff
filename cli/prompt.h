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
 * Asks "QUESTION [y/N] " on stderr. True for y and yes; anything else, the end of the
 * input and Ctrl-C are a no.
 */
bool prompt_yes(struct app *app, const char *question);

/* Asks about the plan in app->report, which was shown: "apply 3 migrations to app.db?" */
bool prompt_plan(struct app *app, const char *verb, const char *preposition);

#endif
