#include "executor/plan_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "schema/plan_file.h"

/* Does the file begin as a saved plan does? An errno where it cannot be read. */
static int look_inside(const char *path, bool *is_plan)
{
	char start[AMP_PLAN_FILE_START_SIZE];
	int fd = amp_file_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	if (fd < 0)
		return errno;
	ssize_t n;
	do
		n = read(fd, start, sizeof(start));
	while (n < 0 && errno == EINTR);
	int number = n < 0 ? errno : 0;
	close(fd);
	*is_plan = n >= 0 && amp_plan_file_starts(start, (size_t)n);
	return number;
}

/* Why nothing can ever be written there, where stat() said this; 0: one can try. */
static int misnamed(const char *path, int number)
{
	struct stat status;
	char folder[PATH_MAX + 1];
	const char *slash = strrchr(path, '/');
	if (number != ENOENT)
		return number == ENOTDIR || number == ELOOP || number == ENAMETOOLONG
			? number
			: 0;
	/* there is a folder, or no name of one */
	if (!slash || slash - path >= (ptrdiff_t)sizeof(folder))
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path + 1), path);
	return stat(folder, &status) && errno == ENOENT ? ENOENT : 0;
}

int amp_plan_place_check(const struct amp_engine *engine, const char *database,
	const char *path, struct amplan_error *error)
{
	struct stat file;
	bool exists = !stat(path, &file), is_plan = false;
	int number = !exists ? misnamed(path, errno) : S_ISDIR(file.st_mode) ? EISDIR : 0;
	if (number) {
		amp_error_errno(error, AMPLAN_USAGE, number, "cannot write '%s'", path);
		amp_error_hint(error, "name a file in a folder that exists");
		return AMPLAN_USAGE;
	}
	if (database && engine->owns(database, path)) {
		amp_error(error, AMPLAN_USAGE,
			"'%s' is the database, or a file that belongs to it", path);
		amp_error_hint(
			error, "nothing was written: save the plan under another name");
		return AMPLAN_USAGE;
	}
	if (!exists || !S_ISREG(file.st_mode) || !file.st_size)
		return AMPLAN_OK;
	number = look_inside(path, &is_plan);
	if (number)
		return amp_error_errno(error, AMPLAN_INTERNAL, number,
			"cannot read '%s', which is there already", path);
	if (is_plan)
		return AMPLAN_OK;
	amp_error(error, AMPLAN_USAGE, "'%s' exists, and is not a saved plan", path);
	amp_error_hint(error, "nothing was written: choose another name, or remove it");
	return AMPLAN_USAGE;
}
