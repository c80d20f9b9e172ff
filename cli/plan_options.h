/*
 * Plan options: the options that say what to plan, and how faithfully to rehearse it.
 */
#ifndef CLI_PLAN_OPTIONS_H
#define CLI_PLAN_OPTIONS_H

#include "cli/cmd.h"

/* Rows for option tables. */
#define OPT_TO(text)                                         \
	{                                                    \
		0, "to", OPT_TEXT, "ID", OPT_FIELD(to), text \
	}
#define OPT_SHADOW                                                                             \
	{                                                                                      \
		0, "shadow", OPT_CHOICE, OPT_SHADOWS, OPT_FIELD(shadow),                       \
			"what to rehearse on: a copy with all rows, the schema without rows, " \
			"or nothing; auto copies up to the limit"                              \
	}
#define OPT_COPY_LIMIT                                                                  \
	{                                                                               \
		0, "copy-limit", OPT_MIB, "MIB", OPT_FIELD(copy_limit),                 \
			"size up to which auto makes a copy with all rows, in MiB; 256" \
	}

/* The position of a --shadow choice as what the library calls it. */
enum amplan_fidelity plan_fidelity(int choice);

/* Plan options as the command line says: to, shadow, copy limit. */
struct amplan_plan_options plan_options(const struct options *options);

/* Prints "amplan WORD …" with the options that were given, to be run next. */
void plan_say_next(struct app *app, const char *word);

#endif
