#include "tests/storm/locks.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* SQLite's own places: RESERVED of a database file, the writer of a WAL. */
#define RESERVED_BYTE 0x40000001
#define WAL_WRITER_BYTE 120

/* Asks for the one lock, instead of reading the list of all. Closing the file drops the
   locks that this process has on it: it has none, as it has no connection then. */
static pid_t holder(const char *database, const char *suffix, off_t byte)
{
	char name[4096];
	struct flock lock = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	snprintf(name, sizeof(name), "%s%s", database, suffix);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	bool asked = !fcntl(fd, F_GETLK, &lock);
	close(fd);
	return asked && lock.l_type == F_WRLCK ? lock.l_pid : 0;
}

pid_t locks_writer(const char *database)
{
	pid_t pid = holder(database, "", RESERVED_BYTE);
	return pid ? pid : holder(database, "-shm", WAL_WRITER_BYTE);
}

pid_t locks_aside(const char *database)
{
	return holder(database, "-amplan-lock", RESERVED_BYTE);
}
