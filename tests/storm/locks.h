/*
 * Locks: who holds a database, as the kernel tells it. Not by the library's code, which is
 * what is tested.
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
