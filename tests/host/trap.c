/*
 * Trap: a process that opens and closes the database file beside SQLite loses all its POSIX
 * locks on it, without a word. What that does is shown, and that amplan notices.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/host/host.h"

struct trap {
	unsigned at;
	bool other_wrote;
};

/* As a program does that copies, hashes or just looks at the file. */
static void look_at_file(void *user, const struct amplan_progress *progress)
{
	struct trap *trap = user;
	char first[16];
	if (progress->phase != AMPLAN_APPLYING || progress->number != trap->at)
		return;
	int file = open("app.db", O_RDONLY | O_CLOEXEC);
	MUST(file >= 0 && read(file, first, sizeof(first)) >= 0);
	close(file);
	pid_t child = fork();
	if (child == 0) {
		execlp("sqlite3", "sqlite3", "app.db", "INSERT INTO mine VALUES (1)",
			(char *)NULL);
		_exit(9);
	}
	int status = 1;
	waitpid(child, &status, 0);
	trap->other_wrote = WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void closed_beside(const char *mode)
{
	struct amplan_options options = host_options("app.db");
	struct trap trap = {.at = 3};
	struct amplan_error error;
	sqlite3 *db;
	char sql[96];
	host_migrations("m", 6);
	MUST(!sqlite3_open("app.db", &db));
	snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s; CREATE TABLE mine (x)", mode);
	MUST(!sqlite3_exec(db, sql, NULL, NULL, NULL));
	sqlite3_close(db);
	options.progress = look_at_file;
	options.user = &trap;
	MUST(host_apply(&options, &error) == AMPLAN_DATABASE);
	MUST(!strcmp(error.message,
		"the lock on 'app.db' was lost: this process opened and closed the file "
		"beside SQLite"));
	MUST(!strcmp(error.hint,
		"nothing was committed; use the file through SQLite only, also to copy or to "
		"look at it"));
	/* the trap is real: with a rollback journal the other one was let in */
	MUST(trap.other_wrote == !strcmp(mode, "DELETE"));
	options.progress = NULL;
	MUST(host_number("app.db",
		     "SELECT count(*) FROM sqlite_schema"
		     " WHERE name GLOB 't[0-9]*'") == 0);
	MUST(host_number("app.db",
		     "SELECT count(*) FROM pragma_integrity_check"
		     " WHERE integrity_check = 'ok'") == 1);
	MUST(host_apply(&options, NULL) == AMPLAN_OK);
	host_complete("app.db", 6);
}

static void closed_beside__journal(void)
{
	closed_beside("DELETE");
}

static void closed_beside__wal(void)
{
	closed_beside("WAL");
}

const struct scenario trap_scenarios[] = {
	{"trap: the file is closed beside SQLite, rollback journal",
		closed_beside__journal},
	{"trap: the file is closed beside SQLite, WAL", closed_beside__wal},
	{NULL, NULL},
};
