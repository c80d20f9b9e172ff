/*
 * Log lock: a database whose write-ahead log cannot be read, since a process that was
 * stopped half way holds it. SQLite itself gives up after ten seconds.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <amplan/amplan.h>
#include <sqlite3.h>

#include "tests/support/cmocka.h"
#include "tests/support/temp.h"

/* Where the locks of readers are in the shared index: "WAL-Index Locks" of SQLite's
   file format. */
enum { READERS_AT = 123, READERS = 5 };
enum { HELD_MS = 12000 };

static struct {
	char *folder, *migrations, *path;
	pid_t holder;
} bench;

static struct amplan *open_session(unsigned timeout_ms)
{
	const char *const folders[] = {bench.migrations};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan *amplan = NULL;
	options.database = bench.path;
	options.folders = folders;
	options.nfolders = 1;
	options.lock_timeout_ms = timeout_ms;
	assert_int_equal(amplan_open(&options, &amplan, NULL), AMPLAN_OK);
	return amplan;
}

/* In the child: a log with something in it, and no place among its readers; `ready` is
   the end of a pipe on which it says that it holds the locks. */
static void hold(int ready)
{
	sqlite3 *handle = NULL;
	char *name = temp_path(bench.folder, "app.db-shm");
	if (sqlite3_open(bench.path, &handle) ||
		sqlite3_exec(handle, "CREATE TABLE filled (x)", NULL, NULL, NULL))
		_exit(2);
	int fd = open(name, O_RDWR | O_CLOEXEC);
	struct flock lock = {.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = READERS_AT,
		.l_len = READERS};
	if (fd < 0 || fcntl(fd, F_SETLK, &lock) || write(ready, "", 1) != 1)
		_exit(2);
	usleep(HELD_MS * 1000);
	_exit(0); /* the kernel takes the locks back */
}

static int setup(void **state)
{
	(void)state;
	int ends[2];
	char byte;
	sqlite3 *handle = NULL;
	bench.folder = temp_make();
	bench.migrations = temp_path(bench.folder, "m");
	bench.path = temp_path(bench.folder, "app.db");
	temp_text(bench.folder, "m/1.xml",
		"<migration xmlns='urn:amplan:1' id='1'><up>CREATE TABLE a (x);</up>"
		"</migration>");
	assert_int_equal(sqlite3_open(bench.path, &handle), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(handle, "PRAGMA journal_mode=WAL", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(handle);
	assert_int_equal(pipe(ends), 0);
	bench.holder = fork();
	if (bench.holder == 0)
		hold(ends[1]);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	int status;
	kill(bench.holder, SIGKILL);
	waitpid(bench.holder, &status, 0);
	temp_remove(bench.folder);
	free(bench.migrations);
	free(bench.path);
	return 0;
}

static void test_log__that_comes_free_is_waited_for(void **state)
{
	(void)state;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	struct amplan *amplan = open_session(60000);
	assert_int_equal(amplan_apply(amplan, NULL, NULL, &report, &error), AMPLAN_OK);
	assert_int_equal(report->nsteps, 1);
	amplan_report_free(report);
	amplan_close(amplan);
}

static void test_log__that_does_not_is_told_as_locked(void **state)
{
	(void)state;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	struct amplan *amplan = open_session(1000);
	char wanted[4096];
	assert_int_equal(
		amplan_apply(amplan, NULL, NULL, &report, &error), AMPLAN_LOCKED);
	snprintf(wanted, sizeof(wanted),
		"'%s' is locked by another process; waited 1.0 s", bench.path);
	assert_string_equal(error.message, wanted);
	amplan_report_free(report);
	amplan_close(amplan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_log__that_comes_free_is_waited_for, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_log__that_does_not_is_told_as_locked, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
