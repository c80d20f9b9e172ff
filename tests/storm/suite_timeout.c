/*
 * Timeout: somebody does not let go of the lock. Then each starter ends in time, having
 * done nothing, and says who it is.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/storm/crowd.h"
#include "tests/storm/judge.h"
#include "tests/support/temp.h"

/* What it may take beyond the timeout: starting, and looking for the holder. */
#define SLACK_MS 3000

struct keeper {
	pid_t pid;
	const char *name;
};

static void be_keeper(
	const struct round *round, const char *suffix, const char *begin, int ready)
{
	sqlite3 *handle = NULL;
	char path[4096];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "keeper");
	snprintf(path, sizeof(path), "%s%s", round->database, suffix);
	if (sqlite3_open(path, &handle) ||
		sqlite3_exec(handle, begin, NULL, NULL, NULL) ||
		write(ready, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static pid_t start_keeper(struct round *round, const char *suffix, const char *begin)
{
	int ready[2];
	char byte;
	if (pipe(ready))
		abort();
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		close(ready[0]);
		be_keeper(round, suffix, begin, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		round_wrong(round, "the keeper does not get the lock");
	close(ready[0]);
	return pid;
}

static void judge_one(struct crowd *crowd, const struct starter *starter, pid_t keeper)
{
	struct round *round = crowd->round;
	char wanted[128];
	int64_t took = (starter->ended_us - crowd->released_us) / 1000;
	int code = WIFEXITED(starter->status) ? WEXITSTATUS(starter->status) : -1;
	int expected = starter->goes_on && starter->by != BY_APPLY ? 0 : 4;
	if (code != expected)
		round_wrong(round, "exit code %d, not %d: %.500s", code, expected,
			starter->log);
	if (starter->by != BY_APPLY && starter->goes_on &&
		strcmp(starter->result, "locked") != 0)
		round_wrong(round, "result '%s', not 'locked'", starter->result);
	snprintf(wanted, sizeof(wanted),
		"app.db' is locked by process %ld (keeper); waited", (long)keeper);
	if (!strstr(starter->log, wanted))
		round_wrong(round, "'%s' is not said by: %.500s", wanted, starter->log);
	round_say(round, "timeout %ld ms, took %lld ms", starter->lock_timeout,
		(long long)took);
	if (took < starter->lock_timeout || took > starter->lock_timeout + SLACK_MS)
		round_wrong(round, "a timeout of %ld ms took %lld ms",
			starter->lock_timeout, (long long)took);
}

static void judge_untouched(struct round *round)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *rows = NULL;
	if (sqlite3_open(round->database, &handle) ||
		sqlite3_prepare_v2(
			handle, "SELECT count(*) FROM sqlite_schema", -1, &rows, NULL) ||
		sqlite3_step(rows) != SQLITE_ROW || sqlite3_column_int(rows, 0) != 1)
		round_wrong(round, "something was done to the database");
	sqlite3_finalize(rows);
	sqlite3_close(handle);
}

void suite_timeout(struct round *round)
{
	static const struct {
		const char *suffix, *begin;
	} ways[] = {{"", "BEGIN IMMEDIATE"}, {"", "BEGIN EXCLUSIVE"},
		{"-amplan-lock", "BEGIN EXCLUSIVE"}};
	/* the longest so long that waiting twice is more than slack */
	static const long timeouts[] = {0, 300, 1200, 4000};
	long number = round->points->number;
	int way = (int)(number / 2 % 3);
	CROWD crowd;
	round->wal = number & 1;
	releases_throw(&round->releases, &round->dice, 4, 10);
	round->releases.ballast = true;
	if (way == 2)
		releases_alone(&round->releases, &round->dice);
	round_prepare(round);
	pid_t keeper = start_keeper(round, ways[way].suffix, ways[way].begin);
	crowd_init(&crowd, round, round->starters);
	crowd_mix(&crowd, 50);
	for (int i = 0; i < crowd.count; i++) {
		crowd.starters[i].lock_timeout = timeouts[dice_below(&round->dice, 4)];
		crowd.starters[i].goes_on = dice_chance(&round->dice, 50);
	}
	crowd_release(&crowd);
	crowd_finish(&crowd);
	for (int i = 0; i < crowd.count; i++)
		judge_one(&crowd, &crowd.starters[i], keeper);
	kill(keeper, SIGKILL);
	waitpid(keeper, NULL, 0);
	judge_untouched(round);
}
