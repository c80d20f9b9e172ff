#include "tests/storm/application.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

/* One process of the application, at work. */
struct worker {
	struct round *round;
	struct desk *desk;
	int number;
	struct dice dice;
	sqlite3 *handle;
};

static void fail(struct worker *worker, const char *what)
{
	snprintf(worker->desk->trouble[worker->number],
		sizeof(worker->desk->trouble[worker->number]), "%s: %s", what,
		sqlite3_errmsg(worker->handle));
	_exit(1);
}

/* What an application must be ready for where others write, too. */
static bool is_busy(struct worker *worker, int rc)
{
	if ((rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_LOCKED &&
		(rc & 0xff) != SQLITE_SCHEMA)
		return false;
	worker->desk->busy[worker->number]++;
	return true;
}

static int run(struct worker *worker, const char *sql)
{
	return sqlite3_exec(worker->handle, sql, NULL, NULL, NULL);
}

static void leave(struct worker *worker)
{
	if (!sqlite3_get_autocommit(worker->handle))
		run(worker, "ROLLBACK");
}

/* Runs one statement; false where others were in the way. */
static bool manage(struct worker *worker, const char *sql)
{
	int rc = run(worker, sql);
	if (rc && !is_busy(worker, rc))
		fail(worker, sql);
	return rc == SQLITE_OK;
}

static int64_t ask(struct worker *worker, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = -1;
	int rc = sqlite3_prepare_v2(worker->handle, sql, -1, &statement, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		number = sqlite3_column_int64(statement, 0);
		rc = SQLITE_OK;
	}
	if (rc && !is_busy(worker, rc))
		fail(worker, sql);
	sqlite3_finalize(statement);
	return number;
}

/* Tries until it is there: a COMMIT that was refused left the transaction open. */
static void write_row(struct worker *worker, const char *begin, int64_t keep_us)
{
	char insert[120];
	long next = worker->desk->acknowledged[worker->number] + 1;
	snprintf(insert, sizeof(insert), "INSERT INTO deed (writer, n) VALUES (%d, %ld)",
		worker->number, next);
	bool done = manage(worker, begin);
	if (done && begin[5] == ' ' && begin[6] == 'D')
		done = ask(worker, "SELECT count(*) FROM deed") >= 0;
	done = done && manage(worker, insert);
	if (done && keep_us)
		sleep_us(keep_us);
	for (int tries = 0; done && !(done = manage(worker, "COMMIT")) && tries < 50;
		tries++) {
		sleep_us(1000);
		done = true;
	}
	if (done && sqlite3_get_autocommit(worker->handle))
		worker->desk->acknowledged[worker->number] = next;
	else
		leave(worker);
}

static void read_long(struct worker *worker)
{
	int64_t first = -1, second = -1;
	if (manage(worker, "BEGIN")) {
		first = ask(worker, "SELECT count(*) FROM deed");
		/* some so long that whoever commits says for whom it waits */
		sleep_us(dice_chance(&worker->dice, 10)
				? 400000
				: dice_below(&worker->dice, 50000));
		second = first < 0 ? -1 : ask(worker, "SELECT count(*) FROM deed");
	}
	leave(worker);
	if (second >= 0 && first != second)
		fail(worker, "a read transaction saw two states");
	worker->desk->looks[worker->number]++;
}

/* How many migrations of which stages may be applied at some moment. */
static bool may_be(const struct releases *releases, int64_t applied)
{
	return applied == releases->count || releases_ends_stage(releases, (int)applied);
}

static void open_database(struct worker *worker)
{
	while (sqlite3_open_v2(
		worker->round->database, &worker->handle, SQLITE_OPEN_READWRITE, NULL)) {
		sqlite3_close(worker->handle);
		if (worker->desk->stop)
			_exit(0);
		sleep_us(500);
	}
}

/* One moment: what the history says and what the SQL left must be the same migrations. */
static void see(struct worker *worker)
{
	char id[ID_SIZE], sql[400];
	int alone = worker->round->releases.alone;
	int64_t there = ask(worker,
		"SELECT count(*) FROM sqlite_schema WHERE name IN ('amplan_history', 'log')");
	if (there <= 0)
		return;
	if (there != 2)
		fail(worker, "history and first migration are not there together");
	releases_id(alone, id);
	snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM (SELECT step FROM log WHERE step <> '%s' EXCEPT "
		"SELECT id FROM amplan_history WHERE event = 'applied')",
		alone < 0 ? "" : id);
	if (ask(worker, sql) > 0)
		fail(worker, "SQL is there whose history row is not");
	if (ask(worker,
		    "SELECT count(*) FROM (SELECT id FROM amplan_history "
		    "WHERE event = 'applied' EXCEPT SELECT step FROM log)") > 0)
		fail(worker, "a history row is there whose SQL is not");
	if (ask(worker, "SELECT count(*) - count(DISTINCT step) FROM log") > 0)
		fail(worker, "SQL ran twice");
	int64_t applied = ask(
		worker, "SELECT count(*) FROM amplan_history WHERE event = 'applied'");
	if (applied >= 0 && !may_be(&worker->round->releases, applied)) {
		snprintf(sql, sizeof(sql), "half of a stage is there, %lld migrations",
			(long long)applied);
		fail(worker, sql);
	}
}

static void witness(struct worker *worker)
{
	open_database(worker);
	if (manage(worker, "BEGIN"))
		see(worker);
	leave(worker);
	sqlite3_close(worker->handle);
	worker->handle = NULL;
	worker->desk->looks[worker->number]++;
	sleep_us(dice_below(&worker->dice, 5000));
}

static void work(struct worker *worker, enum habit habit)
{
	switch (habit) {
	case SHORT_WRITES:
		write_row(worker,
			dice_chance(&worker->dice, 50) ? "BEGIN IMMEDIATE" : "BEGIN", 0);
		sleep_us(dice_below(&worker->dice, 4000));
		break;
	case READ_TO_WRITE:
		write_row(worker, "BEGIN DEFERRED", 0);
		sleep_us(dice_below(&worker->dice, 4000));
		break;
	case EXCLUSIVE:
		write_row(worker, "BEGIN EXCLUSIVE", dice_below(&worker->dice, 30000));
		sleep_us(dice_below(&worker->dice, 20000));
		break;
	case LONG_READS:
		read_long(worker);
		sleep_us(dice_below(&worker->dice, 2000));
		break;
	case WITNESS:
	case HABITS:
		witness(worker);
	}
}

void application_init(struct application *application, struct round *round)
{
	*application = (struct application){.round = round};
	application->desk = mmap(NULL, sizeof(*application->desk), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (application->desk == MAP_FAILED)
		abort();
}

static void be_worker(struct application *application, int number, enum habit habit)
{
	struct worker worker = {.round = application->round,
		.desk = application->desk,
		.number = number,
		.dice = dice_of(dice_throw(&application->round->dice), (uint64_t)number)};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "worker");
	if (habit != WITNESS) {
		open_database(&worker);
		sqlite3_busy_timeout(worker.handle, dice_below(&worker.dice, 3) * 20);
	}
	while (!worker.desk->stop)
		work(&worker, habit);
	sqlite3_close(worker.handle);
	_exit(0);
}

void application_start(struct application *application, enum habit habit)
{
	int number = application->count++;
	fflush(NULL);
	application->habits[number] = habit;
	application->pids[number] = fork();
	if (!application->pids[number])
		be_worker(application, number, habit);
	application->round->workers[number] = application->pids[number];
	if (application->pids[number] < 0)
		round_wrong(application->round, "cannot fork");
}

static bool has_enough(const struct application *application, long least)
{
	for (int i = 0; i < application->count; i++)
		if (!*application->desk->trouble[i] &&
			application->desk->acknowledged[i] + application->desk->looks[i] <
				least)
			return false;
	return true;
}

static void end_one(struct application *application, int number)
{
	int status = 0;
	pid_t pid = application->pids[number], ended = 0;
	int64_t since = now_us();
	if (pid <= 0)
		return;
	while (!(ended = waitpid(pid, &status, WNOHANG)) && now_us() - since < 30000000)
		sleep_us(1000);
	if (!ended) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		round_wrong(application->round, "the application hangs");
	}
	application->pids[number] = 0;
	if (*application->desk->trouble[number])
		round_wrong(application->round, "application: %s",
			application->desk->trouble[number]);
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		round_wrong(
			application->round, "the application died of status %d", status);
}

void application_finish(struct application *application, long least)
{
	struct tally *tally = application->round->tally;
	int64_t since = now_us();
	while (!has_enough(application, least) && now_us() - since < 30000000)
		sleep_us(2000);
	if (!has_enough(application, least))
		round_wrong(application->round, "the application gets nothing done");
	application->desk->stop = true;
	for (int i = 0; i < application->count; i++) {
		end_one(application, i);
		tally->acknowledged += application->desk->acknowledged[i];
		tally->busy += application->desk->busy[i];
	}
}

void application_judge(struct application *application)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *rows = NULL;
	if (sqlite3_open_v2(
		    application->round->database, &handle, SQLITE_OPEN_READWRITE, NULL) ||
		sqlite3_prepare_v2(handle,
			"SELECT count(*), count(DISTINCT n), coalesce(max(n), 0) FROM deed "
			"WHERE writer = ?1",
			-1, &rows, NULL))
		round_wrong(
			application->round, "cannot read: %s", sqlite3_errmsg(handle));
	for (int i = 0; rows && i < application->count; i++) {
		long wanted = application->desk->acknowledged[i];
		sqlite3_bind_int(rows, 1, i);
		if (sqlite3_step(rows) != SQLITE_ROW ||
			sqlite3_column_int64(rows, 0) != wanted ||
			sqlite3_column_int64(rows, 1) != wanted ||
			sqlite3_column_int64(rows, 2) != wanted)
			round_wrong(application->round,
				"%ld rows of one writer were acknowledged, %lld are there "
				"(%lld different, last %lld)",
				wanted, (long long)sqlite3_column_int64(rows, 0),
				(long long)sqlite3_column_int64(rows, 1),
				(long long)sqlite3_column_int64(rows, 2));
		sqlite3_reset(rows);
	}
	sqlite3_finalize(rows);
	sqlite3_close(handle);
}

void application_deinit(struct application *application)
{
	application->desk->stop = true;
	for (int i = 0; i < application->count; i++)
		end_one(application, i);
	munmap(application->desk, sizeof(*application->desk));
}
