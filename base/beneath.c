/*
 * Beneath: the kernel does the work where it can (openat2 with RESOLVE_BENEATH); the slow
 * way walks component by component, holding each folder open, so that a folder that is
 * moved or swapped for a link meanwhile cannot lead it astray either.
 */
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define LINKS_MAX 40

int amp_open_beneath(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	/* EPERM: sandboxes that do not know the call; EAGAIN: something was renamed */
	for (int tries = 0; fd < 0 && (errno == EAGAIN || errno == EINTR) && tries < 8;
		tries++)
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
		return amp_open_beneath_slow(root, path, flags);
	return (int)fd;
}

/* The folders from root down to where the walk stands. */
struct trail {
	int fds[DEPTH_MAX];
	size_t depth;
	char rest[2 * PATH_MAX]; /* components still to walk */
	char last[NAME_MAX + 2]; /* name of fds[depth - 1] */
	int links;
};

static int stop(struct trail *trail, int number)
{
	while (trail->depth > 1)
		close(trail->fds[--trail->depth]);
	errno = number;
	return -1;
}

/* Cuts the next component off the front of `rest`; false: there is none. */
static bool next_component(struct trail *trail, char component[NAME_MAX + 2])
{
	size_t skip = strspn(trail->rest, "/");
	size_t length = strcspn(trail->rest + skip, "/");
	if (length == 0)
		return false;
	if (length > NAME_MAX)
		length = NAME_MAX + 1; /* openat finds out that it is too long */
	memcpy(component, trail->rest + skip, length);
	component[length] = '\0';
	memmove(trail->rest, trail->rest + skip + length,
		strlen(trail->rest + skip + length) + 1);
	return true;
}

/* Puts the target of a link in front of what is left; returns 0 or an errno. */
static int follow_link(struct trail *trail, int link)
{
	char target[PATH_MAX];
	if (++trail->links > LINKS_MAX)
		return ELOOP;
	ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);
	if (length < 0)
		return errno;
	target[length] = '\0';
	if (target[0] == '/')
		return EXDEV;
	size_t rest = strlen(trail->rest);
	if ((size_t)length + 1 + rest + 1 > sizeof(trail->rest))
		return ENAMETOOLONG;
	memmove(trail->rest + length + 1, trail->rest, rest + 1);
	memcpy(trail->rest, target, (size_t)length);
	trail->rest[length] = '/';
	return 0;
}

/* One step down, up or through a link; returns 0 or an errno. */
static int step(struct trail *trail, const char *component)
{
	if (!strcmp(component, "."))
		return 0;
	if (!strcmp(component, "..")) {
		if (trail->depth == 1)
			return EXDEV;
		close(trail->fds[--trail->depth]);
		return 0;
	}
	if (trail->depth == DEPTH_MAX)
		return ENAMETOOLONG;
	int fd = openat(
		trail->fds[trail->depth - 1], component, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno;
	struct stat status;
	int number = fstat(fd, &status) ? errno : 0;
	if (!number && S_ISLNK(status.st_mode)) {
		number = follow_link(trail, fd);
		close(fd);
		return number;
	}
	trail->fds[trail->depth++] = fd;
	memcpy(trail->last, component, strlen(component) + 1);
	return number;
}

int amp_open_beneath_slow(int root, const char *path, int flags)
{
	struct trail trail = {.fds = {root}, .depth = 1};
	if (path[0] == '/')
		return stop(&trail, EXDEV);
	if (strlen(path) >= PATH_MAX)
		return stop(&trail, ENAMETOOLONG);
	memcpy(trail.rest, path, strlen(path) + 1);
	char component[NAME_MAX + 2];
	while (next_component(&trail, component)) {
		int number = step(&trail, component);
		if (number)
			return stop(&trail, number);
	}
	/* by name from the folder that holds it, where a link put there meanwhile is refused;
	   a folder is opened through its own handle */
	int top = trail.fds[trail.depth - 1];
	struct stat status;
	int fd = -1;
	if (!fstat(top, &status) && !S_ISDIR(status.st_mode) && trail.depth > 1)
		fd = openat(trail.fds[trail.depth - 2], trail.last,
			flags | O_NOFOLLOW | O_CLOEXEC);
	else
		fd = openat(top, ".", flags | O_CLOEXEC);
	stop(&trail, errno);
	return fd;
}
