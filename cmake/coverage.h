/*
 * In builds with counters every file begins with this: a process that ends by _exit(), as
 * forked children do, would take its counters with it.
 */
#ifndef AMPLAN_COVERAGE_H
#define AMPLAN_COVERAGE_H

#include <unistd.h>

void __gcov_dump(void);

#define _exit(code) (__gcov_dump(), _exit(code))

#endif
