/*
 * Locks: who holds a database, as the kernel says when it is asked for that one lock. The
 * library reads the kernel's list instead, since it must not open the file; so this is a
 * second opinion.
 */
#ifndef TESTS_STORM_LOCKS_H
#define TESTS_STORM_LOCKS_H

#include <stdbool.h>
#include <sys/types.h>

/* Who may write to it now; 0: nobody is seen. */
pid_t locks_writer(const char *database);
/* Who holds the lock beside it, for a step outside a transaction; 0: nobody is seen. */
pid_t locks_aside(const char *database);

#endif
