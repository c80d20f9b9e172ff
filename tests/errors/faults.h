/*
 * Faults: which allocation or system call of this process fails, and how.
 *
 * The test program defines malloc(), open(), pread() and their kin itself. The linker and
 * the loader therefore send every call of them there, from our code and from SQLite,
 * libxml2, libmd, yajl, cgraph and the C library alike; from there it goes on to the
 * sanitizer, or to the C library. While faults are armed they are counted, and the one
 * asked for fails.
 *
 * The state is in memory shared with child processes: what a child meets counts too, and
 * the parent can tell what happened where one dies.
 */
#ifndef TESTS_ERRORS_FAULTS_H
#define TESTS_ERRORS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum fault_source { FAULTS_NONE, FAULTS_MEMORY, FAULTS_CALLS };

/* As an errno: half of what was asked for is read or written, and no error. */
#define FAULT_SHORT (-1)

/* What a call can meet besides an error, or-ed. */
enum fault_call {
	CALL_PLAIN = 0,
	CALL_READS = 1,  /* may read less than it was asked for */
	CALL_WRITES = 2, /* may write less than it was asked for */
};

struct faults {
	enum fault_source source; /* armed for these */
	long at;                  /* the one that fails, from 1; 0: none */
	bool forever;             /* and all that follow */
	int error;                /* of system calls: an errno, or FAULT_SHORT */
	long count;               /* seen since they were armed */
	long happened;            /* that failed */
	unsigned char *marks;     /* of places that are new, or NULL */
	long room;                /* in them */
	unsigned kind;            /* of faults, part of a place */
	bool verbose;             /* show the stack where it happens */
	char call[32];            /* the first that failed: its name */
	char path[256];           /* and the file, where it has one */
};

extern struct faults *faults;

/* Makes the shared state; once, before the first fork. */
void faults_init(void);
/* From now on places are told apart by more of those who asked. */
void faults_deep(void);
void faults_arm(enum fault_source source, long at, bool forever, int error);
void faults_disarm(void);

/* While nothing is to fail: marks[n] is set for the n-th that is seen, if none was seen
   before from the same place in our code. `kind` tells apart what is to be tried for each
   place. NULL: marks no more. The memory is shared with child processes. */
void faults_mark(unsigned char *marks, long room, unsigned kind);

/* For memory.c: does this allocation fail? */
bool faults_memory(void);
/* For calls.c: the errno of this call, FAULT_SHORT, or 0 where it is well. `path` names the
   file, or is NULL and `fd` does. */
int faults_call(const char *name, const char *path, int fd, unsigned can);

/* From arming on, what was allocated and not freed. */
struct leak {
	size_t size;
	const void *caller; /* where malloc() was called from */
};

size_t memory_leaks(struct leak *leaks, size_t most);

/* The clock stands still but for sleeping, and what is random is not: the same call gives
   the same bytes again. Once per process. */
void clock_reset(void);

#endif
