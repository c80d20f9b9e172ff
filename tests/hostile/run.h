/*
 * Run: the program on a case, and what it said, took and touched.
 *
 * The program is the one beside the test, or that HOSTILE_PROGRAM names, run with a bare
 * environment in the folder that make.h made.
 */
#ifndef TESTS_HOSTILE_RUN_H
#define TESTS_HOSTILE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ran {
	int exit; /* -1: killed, by the signal below */
	int signal;
	double milliseconds; /* of the processor, its and the system's */
	long kilobytes;      /* resident, at most */
	char *out;           /* stdout and stderr, as they came */
	size_t length;
};

/* The program with these words behind its name; `environment` is added, NULL: nothing.
   The words are the whole command where the first has a '/'. stdin is empty. What comes
   out is kept up to a MiB; free it with ran_free(). */
void run(struct ran *ran, const char *const *words, const char *const *environment);
/* The same with stdout alone in `out`; stderr goes to the file "err". */
void run_stdout(struct ran *ran, const char *const *words);
/* As run(), and watched by the caller: `begin` is called in the new process, just before it
   becomes the program; `watch` gets the process and returns the status that it ended with.
   What it took is not measured. */
void run_watched(struct ran *ran, const char *const *words, void (*begin)(void *data),
	int (*watch)(pid_t pid, void *data), void *data);
void ran_free(struct ran *ran);

/* The line that tells what is wrong: the first with "error[", else the first of all. */
const char *ran_line(const struct ran *ran, char *line, size_t size);

/* The program, and the folder that this file is in. */
const char *run_program(void);
const char *run_sources(void);

#endif
