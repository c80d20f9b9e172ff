/*
 * File: reading. Every path below a folder goes through amp_open_beneath(), and what was
 * opened is looked at by its descriptor, never by its name again.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/walk.h"

#define FOLLOWED_MAX 40 /* as the kernel */

int amp_file_open(const char *path, int flags, unsigned mode)
{
	int fd;
	do
		fd = open(path, flags, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int amp_file_follow(struct amp_arena *arena, const char *path, const char **out)
{
	char to[PATH_MAX];
	for (int i = 0; path && i < FOLLOWED_MAX; i++) {
		ssize_t length = readlink(path, to, sizeof(to));
		/* no link, or nothing there; opening it will say what that means */
		if (length < 0 &&
			(errno == EINVAL || errno == ENOENT || errno == ENOTDIR))
			break;
		if (length < 0)
			return errno;
		if (length == sizeof(to))
			return ENAMETOOLONG;
		const char *slash = *to == '/' ? NULL : strrchr(path, '/');
		path = amp_arena_printf(arena, "%.*s%.*s",
			slash ? (int)(slash - path + 1) : 0, path, (int)length, to);
	}
	*out = path;
	return path ? 0 : ENOMEM;
}

static char *without_slashes(struct amp_arena *arena, const char *path)
{
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		length--;
	return amp_arena_strndup(arena, path, length);
}

static int refuse(const char *path, int number, struct amplan_error *error)
{
	if (number == ENOMEM)
		return amp_error_nomem(error);
	if (number == ENOENT)
		return amp_error(
			error, AMPLAN_REFUSED, "folder '%s' does not exist", path);
	if (number == ENOTDIR)
		return amp_error(error, AMPLAN_REFUSED, "'%s' is not a folder", path);
	return amp_error_errno(
		error, AMPLAN_REFUSED, number, "cannot read folder '%s'", path);
}

int amp_folder_open(struct amp_folder *folder, struct amp_arena *arena, const char *path,
	const char *const *endings, struct amplan_error *error)
{
	*folder = (struct amp_folder){.fd = -1};
	folder->path = without_slashes(arena, path);
	if (!folder->path)
		return amp_error_nomem(error);
	folder->fd = amp_file_open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (folder->fd < 0)
		return refuse(folder->path, errno, error);
	int number = amp_walk(folder, arena, endings);
	return number ? refuse(folder->path, number, error) : AMPLAN_OK;
}

void amp_folder_close(struct amp_folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
}

/* Opens a regular file of at most `limit` bytes; *fd is open only if it is fine. */
static enum amp_file_problem open_regular(const struct amp_folder *folder,
	const char *path, size_t limit, int *fd, struct stat *status, int *number)
{
	enum amp_file_problem problem = AMP_FILE_FINE;
	*number = 0;
	/* O_NONBLOCK: a pipe must not hold us up before fstat tells what it is */
	*fd = amp_open_beneath(
		folder->fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0) {
		*number = errno;
		return amp_walk_problem(*number);
	}
	if (fstat(*fd, status)) {
		*number = errno;
		problem = AMP_FILE_UNREADABLE;
	} else if (!S_ISREG(status->st_mode)) {
		problem = AMP_FILE_NOT_A_FILE;
	} else if ((uintmax_t)status->st_size > limit) {
		problem = AMP_FILE_TOO_LARGE;
	}
	if (problem)
		close(*fd);
	return problem;
}

/* Reads up to `size` bytes; returns how many, or -1 with errno. */
static ssize_t read_all(int fd, char *bytes, size_t size)
{
	size_t length = 0;
	while (length < size) {
		ssize_t n = read(fd, bytes + length, size - length);
		if (n == 0)
			break;
		if (n > 0)
			length += (size_t)n;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)length;
}

/* Reads and closes what was opened. A file that somebody writes to meanwhile is refused: it
   would be neither the old text nor the new one, nor would its end be the end. */
static enum amp_file_problem read_opened(
	int fd, const struct stat *before, char *memory, size_t *length, int *number)
{
	struct stat after;
	ssize_t n = memory ? read_all(fd, memory, (size_t)before->st_size) : -1;
	bool fine = n >= 0 && !fstat(fd, &after);
	*number = memory ? errno : ENOMEM;
	close(fd);
	if (!fine)
		return AMP_FILE_UNREADABLE;
	*number = 0;
	*length = (size_t)n;
	return after.st_size == before->st_size &&
			after.st_mtim.tv_sec == before->st_mtim.tv_sec &&
			after.st_mtim.tv_nsec == before->st_mtim.tv_nsec
		? AMP_FILE_FINE
		: AMP_FILE_CHANGED;
}

enum amp_file_problem amp_folder_read(const struct amp_folder *folder,
	struct amp_arena *arena, const char *path, size_t limit, const char **bytes,
	size_t *length, struct amp_file_identity *identity, int *number)
{
	int fd = -1;
	struct stat status = {0};
	enum amp_file_problem problem =
		open_regular(folder, path, limit, &fd, &status, number);
	if (problem)
		return problem;
	if (identity)
		*identity = (struct amp_file_identity){status.st_dev, status.st_ino};
	char *memory = amp_arena_alloc(arena, (size_t)status.st_size + 1);
	*bytes = memory;
	return read_opened(fd, &status, memory, length, number);
}

enum amp_file_problem amp_folder_read_into(const struct amp_folder *folder,
	struct amp_str *buffer, const char *path, size_t limit, int *number)
{
	int fd = -1;
	size_t length = 0;
	struct stat status = {0};
	amp_str_clear(buffer);
	enum amp_file_problem problem =
		open_regular(folder, path, limit, &fd, &status, number);
	if (problem)
		return problem;
	char *memory = amp_str_room(buffer, (size_t)status.st_size);
	problem = read_opened(fd, &status, memory, &length, number);
	if (!problem)
		amp_str_take(buffer, length);
	return problem;
}

/* Reads to the end, whatever kind of file it is; returns 0 or an errno. */
static int read_stream(int fd, struct amp_str *buffer, size_t limit)
{
	char chunk[16384];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		amp_str_addn(buffer, chunk, (size_t)n);
		if (buffer->failed)
			return ENOMEM;
		if (buffer->length > limit)
			return EFBIG;
	}
}

int amp_file_read(struct amp_arena *arena, const char *path, size_t limit,
	const char **bytes, size_t *length, struct amplan_error *error)
{
	int fd = amp_file_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	if (fd < 0)
		return amp_error_errno(
			error, AMPLAN_REFUSED, errno, "cannot read '%s'", path);
	AMP_STR_AUTO buffer = AMP_STR_INIT;
	int number = read_stream(fd, &buffer, limit);
	close(fd);
	if (number == EFBIG)
		return amp_error(error, AMPLAN_REFUSED,
			"cannot read '%s': it is larger than %zu bytes", path, limit);
	if (number && number != ENOMEM)
		return amp_error_errno(
			error, AMPLAN_REFUSED, number, "cannot read '%s'", path);
	const char *copy = number
		? NULL
		: amp_arena_strndup(arena, amp_str_text(&buffer), buffer.length);
	if (!copy)
		return amp_error_nomem(error);
	*bytes = copy;
	*length = buffer.length;
	return AMPLAN_OK;
}
