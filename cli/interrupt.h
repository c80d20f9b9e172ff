/*
 * Interrupt: Ctrl-C and SIGTERM ask the work to stop and roll back; a second one ends the
 * program at once, which is as safe as a kill: the database rolls back when it is opened.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* Ignores SIGPIPE and SIGXFSZ. */
void interrupt_init(void);

/* From here on a signal asks first: called by who looks whether one came. One that was
   ignored stays ignored. */
void interrupt_listen(void);

/* From here on it ends the program again: there is nobody who looks. */
void interrupt_rest(void);

/* True once a signal came. */
bool interrupt_came(void);

/* Puts SIGPIPE back, for a program that takes our place. */
void interrupt_undo(void);

#endif
