/*
 * Tap: what a run does to one folder, taken down where it meets the system.
 *
 * The program defines open, write, fsync and so on itself, so that the calls of libsqlite3
 * and those of amplan's own files both come through here; none can be forgotten, and the
 * order is the true one. In the same place a child can be made to die: in front of the
 * k-th operation, or half way through it.
 *
 * Chance and time are taken away as well (the random numbers of SQLite and of amplan, the
 * clocks), so that the same start gives the same bytes, operation by operation.
 */
#ifndef TESTS_CRASH_TAP_H
#define TESTS_CRASH_TAP_H

#include "tests/crash/disk.h"

/* What was done to the folder, besides what is in the trace. */
struct tap_counts {
	long writes, truncates, creates, removes;
	long syncs, folder_syncs;
	long write_locks, read_locks;        /* asked for, on files of the folder */
	struct AMP_VEC(struct name) by_file; /* syncs of each; "/" is the folder */
};

/* Once, at the start of the program. */
void tap_init(void);
/* The same chance and time as at the last call with this number. */
void tap_reset(uint64_t seed);

/* From here on the operations on files in this folder go to the trace. `disk` knows the
   files that are there already. */
void tap_record(const char *folder, const struct disk *disk, struct trace *trace);
/* From here on they are counted only. */
void tap_count(const char *folder, struct tap_counts *counts);
/* The process dies in front of operation number `at`, after so many bytes of it. */
void tap_die(const char *folder, const struct disk *disk, struct trace *trace, size_t at,
	size_t bytes);
void tap_stop(void);

#endif
