/*
 * Trace: the program, halted at each of its system calls that touch a file, so that the
 * world can be changed between two of them.
 */
#ifndef TESTS_HOSTILE_TRACE_H
#define TESTS_HOSTILE_TRACE_H

#include "tests/hostile/run.h"

struct trace {
	long stop; /* `act` is called at this one, from 0; -1: at none */
	void (*act)(void *data);
	void *data;
	bool old;   /* the kernel has no openat2() */
	long count; /* out: how many there were */
};

/* As run(), without anything in the environment. The loader's own calls are not counted:
   it begins with the first call that names a relative path. A call is halted before the
   kernel does it. Where the program cannot be traced it is not run, and ran->exit is
   TRACE_REFUSED. */
void trace_run(struct ran *ran, const char *const *words, struct trace *trace);

#define TRACE_REFUSED 125

#endif
