/*
 * Interrupt: Ctrl-C and SIGTERM ask the work to stop and roll back; a second one ends the
 * program at once, which is as safe as a kill: the database rolls back when it is opened.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* Installs the handlers, and ignores SIGPIPE. A signal that was ignored stays ignored. */
void interrupt_init(void);

/* True once a signal came. */
bool interrupt_came(void);

/* Puts SIGPIPE back, for a program that takes our place. */
void interrupt_undo(void);

#endif
