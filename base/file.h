/*
 * File: reading folders and files without being led astray, and replacing files whole.
 *
 * Below a folder nothing is followed that leads out of it: no symlink whose target is
 * outside, no "..", no device, no socket. Each file is read once, as it was when opened; one
 * that is written to meanwhile is not taken.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/* Why an entry cannot be used; each is worth a finding. */
enum amp_file_problem {
	AMP_FILE_FINE,
	AMP_FILE_MISSING,    /* does not exist */
	AMP_FILE_OUTSIDE,    /* leads out of the folder */
	AMP_FILE_NOT_A_FILE, /* a device, socket, pipe or folder */
	AMP_FILE_UNREADABLE, /* permission, I/O error: see `number` */
	AMP_FILE_TOO_LARGE,  /* larger than the caller's limit */
	AMP_FILE_CHANGED,    /* somebody wrote to it while it was read */
	/* said by callers of amp_folder_read(), about what they read before */
	AMP_FILE_TOO_MUCH,       /* it would be too much together with others */
	AMP_FILE_TOO_MUCH_AGAIN, /* the same of what is read more than once */
};

/* One file found by a walk, or one that could not be used. */
struct amp_file_entry {
	const char *path; /* below the folder, with '/' */
	enum amp_file_problem problem;
	int number; /* errno behind AMP_FILE_UNREADABLE */
};

struct amp_folder {
	int fd;
	const char *path;               /* as given, without trailing slashes */
	struct amp_file_entry *entries; /* sorted by path, bytewise */
	size_t count;
};

/*
 * Opens a folder and lists the files below it whose names end in one of `endings`
 * (NULL-terminated), at any depth; names that begin with '.' are passed over. A symlink
 * to a place inside the folder is followed once; loops end. Folders that cannot be read,
 * links that lead out and devices with such a name are entries with a problem.
 * Returns AMPLAN_OK, AMPLAN_REFUSED (not there, not a folder, not readable; the message
 * says so), AMPLAN_NOMEM. Memory comes from the arena; close the folder anyway.
 */
int amp_folder_open(struct amp_folder *folder, struct amp_arena *arena, const char *path,
	const char *const *endings, struct amplan_error *error);
void amp_folder_close(struct amp_folder *folder);

/* Which file it is, whatever name it was reached by. */
struct amp_file_identity {
	uint64_t device, inode;
};

/*
 * Reads one regular file below the folder into the arena, NUL-terminated.
 * Returns AMP_FILE_FINE or the problem, with *number set to errno where it has one;
 * identity may be NULL.
 * Out of memory is seen in arena->failed, with AMP_FILE_UNREADABLE and ENOMEM.
 */
enum amp_file_problem amp_folder_read(const struct amp_folder *folder,
	struct amp_arena *arena, const char *path, size_t limit, const char **bytes,
	size_t *length, struct amp_file_identity *identity, int *number);

/*
 * The same into a buffer, which is cleared first and may be used again for the next
 * file. Out of memory is seen in buffer->failed as well.
 */
enum amp_file_problem amp_folder_read_into(const struct amp_folder *folder,
	struct amp_str *buffer, const char *path, size_t limit, int *number);

/*
 * Where a path leads whose last part is a symlink: the same path with the link's target
 * instead, as often as there is one. What is not there is no error. Returns 0, or an errno
 * where it cannot be told.
 */
int amp_file_follow(struct amp_arena *arena, const char *path, const char **out);

/* As open(2), again where a signal came between. */
int amp_file_open(const char *path, int flags, unsigned mode);

/* Reads any file, wherever it is: plan files named by a person. */
int amp_file_read(struct amp_arena *arena, const char *path, size_t limit,
	const char **bytes, size_t *length, struct amplan_error *error);

/* Replaces a file whole: written beside it, synced, renamed over it. */
int amp_file_replace(
	const char *path, const char *bytes, size_t length, struct amplan_error *error);

/*
 * Puts a file under exactly this name, whatever stands there: a link or a pipe is
 * replaced, never followed or opened. For files of ours whose name others can guess.
 * Returns 0 or an errno.
 */
int amp_file_put(const char *path, const char *bytes, size_t length);

#endif
