/*
 * Fork: a process that splits while the library is at work, or between two calls.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/host/host.h"

static int status_of(struct amplan *amplan, struct amplan_error *error)
{
	struct amplan_report *report = NULL;
	int code = amplan_status(amplan, &report, error);
	amplan_report_free(report);
	return code;
}

static void wait_for(pid_t child)
{
	int status = 1;
	MUST(waitpid(child, &status, 0) == child);
	MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void lent_handle(void)
{
	struct amplan_options options = host_options(NULL);
	struct amplan_error error;
	struct amplan *amplan;
	char expected[128];
	host_migrations("m", 2);
	MUST(!sqlite3_open("app.db", &options.sqlite));
	MUST(!amplan_open(&options, &amplan, NULL));
	MUST(status_of(amplan, &error) == AMPLAN_OK);
	pid_t child = fork();
	if (child == 0) {
		snprintf(expected, sizeof(expected),
			"the lent handle belongs to process %ld, from before fork()",
			(long)getppid());
		_exit(status_of(amplan, &error) != AMPLAN_USAGE ||
			strcmp(error.message, expected) != 0 ||
			strcmp(error.hint,
				"open a connection and a session in this process") != 0);
	}
	wait_for(child);
	MUST(status_of(amplan, &error) == AMPLAN_OK);
	amplan_close(amplan);
	sqlite3_close(options.sqlite);
}

/* A session on a path keeps nothing open between two calls, so it may be carried over. */
static void session_on_a_path(void)
{
	struct amplan_options options = host_options("app.db");
	struct amplan *amplan;
	struct amplan_report *report = NULL;
	host_migrations("m", 3);
	MUST(!amplan_open(&options, &amplan, NULL));
	MUST(status_of(amplan, NULL) == AMPLAN_OK);
	pid_t child = fork();
	if (child == 0) {
		int code = amplan_apply(amplan, NULL, NULL, &report, NULL);
		amplan_report_free(report);
		amplan_close(amplan);
		_exit(code);
	}
	wait_for(child);
	MUST(amplan_apply(amplan, NULL, NULL, &report, NULL) == AMPLAN_OK);
	MUST(report->nsteps == 0);
	amplan_report_free(report);
	amplan_close(amplan);
	host_complete("app.db", 3);
}

/* While a stage is open: children that end, and one that runs another program. */
static void fork_during(void *user, const struct amplan_progress *progress)
{
	int *forked = user;
	if (progress->phase != AMPLAN_APPLYING || progress->number < 3 || *forked == 3)
		return;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		if (*forked == 0)
			_exit(0);
		if (*forked == 1) {
			/* what closes at exit: all descriptors, one by one */
			for (int fd = 3; fd < 200; fd++)
				close(fd);
			_exit(0);
		}
		/* nothing of the library's may be open in another program */
		execlp("sh", "sh", "-c",
			"for f in /proc/$$/fd/*; do readlink $f; done | grep -q app.db && exit 1; "
			"exit 0",
			(char *)NULL);
		_exit(9);
	}
	wait_for(child);
	++*forked;
	/* and the lock is still ours */
	child = fork();
	if (child == 0) {
		execlp("sqlite3", "sqlite3", "app.db", "BEGIN IMMEDIATE", (char *)NULL);
		_exit(9);
	}
	int status = 0;
	MUST(waitpid(child, &status, 0) == child);
	MUST(WIFEXITED(status) && WEXITSTATUS(status) == 5); /* busy */
}

static void children_during_a_stage(const char *mode)
{
	struct amplan_options options = host_options("app.db");
	sqlite3 *db;
	char sql[64];
	int forked = 0;
	host_migrations("m", 8);
	MUST(!sqlite3_open("app.db", &db));
	snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s; CREATE TABLE mine (x)", mode);
	MUST(!sqlite3_exec(db, sql, NULL, NULL, NULL));
	sqlite3_close(db);
	options.progress = fork_during;
	options.user = &forked;
	freopen("/dev/null", "w", stderr);
	MUST(host_apply(&options, NULL) == AMPLAN_OK);
	MUST(forked == 3);
	host_complete("app.db", 8);
}

static void children_during_a_stage__journal(void)
{
	children_during_a_stage("DELETE");
}

static void children_during_a_stage__wal(void)
{
	children_during_a_stage("WAL");
}

const struct scenario fork_scenarios[] = {
	{"fork: a lent handle is refused in the child", lent_handle},
	{"fork: a session on a path works in both", session_on_a_path},
	{"fork: children that end during a stage, rollback journal",
		children_during_a_stage__journal},
	{"fork: children that end during a stage, WAL", children_during_a_stage__wal},
	{NULL, NULL},
};
