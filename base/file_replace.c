/*
 * File: replacing one whole. The new bytes are on the disk before the name is; a failure
 * at any moment leaves the old file, or none.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system.h"

/* Returns 0 or an errno. */
static int write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* A terminal, a pipe or a device: there is nothing to rename over. */
static int write_through(const char *path, const char *bytes, size_t length)
{
	int fd = amp_file_open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);
	if (fd < 0)
		return errno;
	int number = write_all(fd, bytes, length);
	if (close(fd) && !number)
		number = errno;
	return number;
}

static void sync_folder_of(const char *path)
{
	char *copy = strdup(path);
	int fd = copy
		? amp_file_open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
		: -1;
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

/* Writes `beside`, then renames it to `path`; returns 0 or an errno. */
static int write_beside(const char *path, const char *beside, const struct stat *old,
	const char *bytes, size_t length)
{
	int fd = amp_file_open(
		beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return errno;
	int number = 0;
	if (old && fchmod(fd, old->st_mode & 07777))
		number = errno;
	if (!number)
		number = write_all(fd, bytes, length);
	if (!number && fsync(fd))
		number = errno;
	if (close(fd) && !number)
		number = errno;
	if (!number && rename(beside, path))
		number = errno;
	if (number)
		unlink(beside);
	else
		sync_folder_of(path);
	return number;
}

/* Returns 0 or an errno. */
static int replace(const char *path, const char *bytes, size_t length)
{
	struct stat status;
	bool exists = stat(path, &status) == 0;
	if (exists && S_ISDIR(status.st_mode))
		return EISDIR;
	if (exists && !S_ISREG(status.st_mode))
		return write_through(path, bytes, length);
	/* a link keeps being one: the file behind it is replaced */
	char *real = exists ? realpath(path, NULL) : strdup(path);
	char suffix[33], *beside = NULL;
	if (!real)
		return errno;
	int number = 0;
	if (amp_random_hex(suffix))
		number = EIO;
	if (!number && asprintf(&beside, "%s.%.8s.part", real, suffix) < 0) {
		beside = NULL;
		number = ENOMEM;
	}
	if (!number)
		number = write_beside(
			real, beside, exists ? &status : NULL, bytes, length);
	free(beside);
	free(real);
	return number;
}

int amp_file_put(const char *path, const char *bytes, size_t length)
{
	char suffix[33], *beside = NULL;
	if (amp_random_hex(suffix))
		return EIO;
	if (asprintf(&beside, "%s.%.8s.part", path, suffix) < 0)
		return ENOMEM;
	int number = write_beside(path, beside, NULL, bytes, length);
	free(beside);
	return number;
}

int amp_file_replace(
	const char *path, const char *bytes, size_t length, struct amplan_error *error)
{
	int number = replace(path, bytes, length);
	if (number == ENOMEM)
		return amp_error_nomem(error);
	if (number)
		return amp_error_errno(
			error, AMPLAN_INTERNAL, number, "cannot write '%s'", path);
	return AMPLAN_OK;
}
