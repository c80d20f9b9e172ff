/*
 * Man: manual pages in mdoc, from the same tables as --help.
 */
#ifndef CLI_MAN_H
#define CLI_MAN_H

#include <stdio.h>

#include "cli/cmd.h"

/* amplan-COMMAND.1 */
void man_command(FILE *out, const struct cmd *command, const struct cmd *const *commands);
/* amplan.1 */
void man_program(FILE *out, const struct cmd *const *commands);

#endif
