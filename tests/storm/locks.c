#include "tests/storm/locks.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp.h"

/* SQLite's own places: RESERVED of a database file, the writer of a WAL. */
#define RESERVED_BYTE 0x40000001LL
#define WAL_WRITER_BYTE 120LL

static pid_t holder(const char *database, const char *suffix, long long byte)
{
	struct stat file;
	char name[4096], line[256];
	pid_t found = 0;
	snprintf(name, sizeof(name), "%s%s", database, suffix);
	FILE *locks = stat(name, &file) ? NULL : fopen("/proc/locks", "re");
	while (locks && !found && fgets(line, sizeof(line), locks)) {
		long pid;
		unsigned long inode;
		long long first, last;
		char *write = strstr(line, " WRITE "), end[32];
		if (!write || strstr(line, "->") ||
			sscanf(write, " WRITE %ld %*x:%*x:%lu %lld %31s", &pid, &inode,
				&first, end) != 4 ||
			inode != file.st_ino)
			continue;
		last = strcmp(end, "EOF") ? atoll(end) : INT64_MAX;
		if (first <= byte && byte <= last && pid > 0)
			found = (pid_t)pid;
	}
	if (locks)
		fclose(locks);
	return found;
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
