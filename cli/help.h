/*
 * Help: usage lines and --help, from the tables of the commands.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/cmd.h"

/* "usage: amplan plan [OPTIONS]"; without a command that of the program. */
void help_usage(struct terminal *out, const struct cmd *command);
/* The page of a command. */
void help_command(struct terminal *out, const struct cmd *command);
/* The page of the program. */
void help_program(struct terminal *out, const struct cmd *const *commands);

/* What the program does, in the words that help and manual share. */
extern const char help_summary[], help_line[];

/* The exit codes, in order; ends with a NULL text. */
struct help_exit {
	int code;
	const char *text;
};
extern const struct help_exit help_exits[];

/* The variables, in order; ends with a NULL name. */
struct help_variable {
	const char *name, *text;
};
extern const struct help_variable help_variables[];

#endif
