#include "tests/storm/storm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

#include "tests/support/temp.h"

int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void sleep_us(int64_t microseconds)
{
	struct timespec left = {.tv_sec = (time_t)(microseconds / 1000000),
		.tv_nsec = (long)(microseconds % 1000000) * 1000};
	nanosleep(&left, NULL);
}

void round_open(struct round *round)
{
	round->dice = dice_of(round->points->seed, (uint64_t)round->points->number);
	round->folder = temp_make();
	round->database = temp_path(round->folder, "app.db");
	round->trouble[0] = '\0';
}

void round_close(struct round *round)
{
	free(round->database);
	if (getenv("STORM_KEEP")) {
		printf("kept: %s\n", round->folder);
		free(round->folder);
		return;
	}
	temp_remove(round->folder);
}

/* A rollback journal needs nothing; WAL is a property of the file, so there is one. */
void round_make(struct round *round, const char *path)
{
	sqlite3 *handle = NULL;
	if (!round->wal && !round->releases.ballast)
		return;
	if (sqlite3_open(path, &handle) ||
		sqlite3_exec(handle, round->wal ? "PRAGMA journal_mode=WAL" : "SELECT 1",
			NULL, NULL, NULL) ||
		sqlite3_exec(handle,
			"CREATE TABLE ballast (a); INSERT INTO ballast VALUES (1)", NULL,
			NULL, NULL) ||
		(!round->releases.ballast &&
			sqlite3_exec(handle, "DROP TABLE ballast", NULL, NULL, NULL)))
		round_wrong(round, "cannot make a database: %s", sqlite3_errmsg(handle));
	sqlite3_close(handle);
}

void round_prepare(struct round *round)
{
	releases_write(&round->releases, false, round->folder, "new");
	releases_write(&round->releases, true, round->folder, "old");
	round_make(round, round->database);
}

void round_wrong(struct round *round, const char *format, ...)
{
	va_list args;
	if (*round->trouble)
		return;
	va_start(args, format);
	vsnprintf(round->trouble, sizeof(round->trouble), format, args);
	va_end(args);
}

bool round_is_well(const struct round *round)
{
	return !*round->trouble;
}

void round_say(const struct round *round, const char *format, ...)
{
	va_list args;
	if (!round->points->verbose)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}
