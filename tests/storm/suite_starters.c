/*
 * Starters: many on one database that needs work.
 *
 * In every second pair of rounds the first that gets the lock is stopped while it holds
 * it, until each of the others has said for whom it waits: they must all name it. Then it
 * goes on, and what they need from its commit on until the last is ready is what waiting
 * costs. It is compared with what the same crowd needs where there is nothing to do.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/storm/application.h"
#include "tests/storm/crowd.h"
#include "tests/storm/judge.h"
#include "tests/storm/locks.h"
#include "tests/support/temp.h"

static bool holds(const struct crowd *crowd, pid_t pid)
{
	return locks_writer(crowd->round->database) == pid ||
		locks_aside(crowd->round->database) == pid;
}

/* Stops the holder while it holds; NULL where nobody could be stopped in time. */
static struct starter *stop_holder(struct crowd *crowd)
{
	while (crowd->left) {
		pid_t pid = locks_writer(crowd->round->database);
		struct starter *holder;
		if (!pid)
			pid = locks_aside(crowd->round->database);
		crowd_look(crowd);
		holder = pid ? crowd_find(crowd, pid) : NULL;
		if (!holder) {
			sleep_us(20);
			continue;
		}
		kill(holder->pid, SIGSTOP);
		siginfo_t stopped = {0};
		/* WNOWAIT: its end, where it came first, is for crowd_look() */
		waitid(P_PID, (id_t)holder->pid, &stopped, WSTOPPED | WEXITED | WNOWAIT);
		if (stopped.si_code == CLD_STOPPED && holds(crowd, pid))
			return holder;
		kill(holder->pid, SIGCONT);
	}
	return NULL;
}

static off_t size_of_log(const struct crowd *crowd, int index)
{
	struct stat log;
	char name[48];
	snprintf(name, sizeof(name), "log-%d-%d", crowd->number, index);
	char *path = temp_path(crowd->round->folder, name);
	off_t size = stat(path, &log) ? 0 : log.st_size;
	free(path);
	return size;
}

static void await_words(struct crowd *crowd, const struct starter *holder)
{
	off_t said[PROCESSES_MAX];
	int64_t since = now_us();
	for (int i = 0; i < crowd->count; i++)
		said[i] = size_of_log(crowd, i);
	for (int i = 0; i < crowd->count;) {
		crowd_look(crowd);
		if (now_us() - since > ROUND_MS * 500LL) {
			round_wrong(crowd->round, "%ld says nothing while it waits",
				(long)crowd->starters[i].pid);
			return;
		}
		if (&crowd->starters[i] == holder || size_of_log(crowd, i) > said[i])
			i++;
		else if (crowd->starters[i].ended)
			return; /* then all was done before: judge_named() sees that */
		else
			sleep_us(2000);
	}
}

static int64_t wall_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* While it was stopped there was nobody else to wait for. One in twenty may be wrong: the
   kernel lists its locks a page at a time, and whoever first opens a WAL holds the lock of
   the writer for a moment, too. false: nobody waited at all, all was done before. */
static bool judge_named(
	struct crowd *crowd, const struct starter *holder, int64_t from, int64_t until)
{
	char wanted[64], named[128], other[128] = "";
	int right = 0, wrong = 0;
	snprintf(wanted, sizeof(wanted), "process %ld (%s)", (long)holder->pid,
		holder->by == BY_LIBRARY ? "application" : "amplan");
	for (int i = 0; i < crowd->count; i++) {
		const char *line = crowd->starters[i].log;
		for (; (line = log_find(line, "waiting for the lock"));
			line = strchrnul(line, '\n')) {
			int64_t at = log_time(line);
			if (at < from || at >= until - 1000)
				continue;
			log_field(line, "holder", named, sizeof(named));
			if (!strcmp(named, wanted))
				right++;
			else if (wrong++ == 0)
				memcpy(other, named, sizeof(other));
		}
	}
	if (!right && !wrong)
		return false;
	if (wrong * 20 > right)
		round_wrong(crowd->round,
			"%d wait for '%s' as they must, %d not: for '%s'", right, wanted,
			wrong, other);
	return true;
}

/* From the last step that was applied and committed to the last starter that was ready. */
static int64_t lateness(const struct crowd *crowd)
{
	int64_t committed = 0, ready = 0;
	for (int i = 0; i < crowd->count; i++) {
		const char *line = crowd->starters[i].log;
		if (crowd->starters[i].ready_us > ready)
			ready = crowd->starters[i].ready_us;
		for (; (line = log_find(line, "applied")); line = strchrnul(line, '\n'))
			if (log_time(line) > committed)
				committed = log_time(line);
	}
	return ready - committed;
}

/* The same crowd with nothing to do: what starting so many costs in itself. */
static int64_t start_again(struct round *round, int percent)
{
	CROWD crowd;
	int64_t last = 0;
	crowd_init(&crowd, round, round->starters);
	crowd_mix(&crowd, percent);
	int64_t began = wall_us();
	crowd_release(&crowd);
	crowd_finish(&crowd);
	crowd_judge(&crowd, " current ", " current ");
	for (int i = 0; i < crowd.count; i++)
		if (crowd.starters[i].ready_us > last)
			last = crowd.starters[i].ready_us;
	return last - began;
}

static void keep_waiting(struct round *round, struct crowd *crowd, int percent)
{
	struct starter *holder = stop_holder(crowd);
	int64_t from = wall_us();
	if (!holder)
		round_wrong(round, "nobody was seen to hold the lock");
	else
		await_words(crowd, holder);
	int64_t until = wall_us();
	if (holder)
		kill(holder->pid, SIGCONT);
	crowd_finish(crowd);
	if (!holder || !round_is_well(round))
		return;
	if (!judge_named(crowd, holder, from, until)) {
		round->tally->missed++;
		return;
	}
	int64_t late = lateness(crowd), calm = start_again(round, percent);
	round_say(round, "last ready after %lld us, the same crowd current %lld us",
		(long long)late, (long long)calm);
	round->tally->late[round->tally->nlate++] = late;
	round->tally->late[round->tally->nlate++] = calm;
	if (late > 1000000 && late > 3 * calm)
		round_wrong(round,
			"the last was ready %lld ms after the winner; a crowd with nothing "
			"to do needs %lld ms",
			(long long)late / 1000, (long long)calm / 1000);
}

void suite_starters(struct round *round)
{
	long number = round->points->number;
	int percent = number & 8 ? 0 : 75;
	CROWD crowd;
	APPLICATION application;
	round->wal = number & 1;
	releases_throw(
		&round->releases, &round->dice, 8 + dice_below(&round->dice, 16), 3000);
	/* what holds for long must not make all the others work for as long */
	if (number & 2) {
		round->releases.ballast = true;
		round->releases.rows = 20000;
	}
	if (number & 4)
		releases_cut(&round->releases, &round->dice);
	if ((number & 3) == 1 || (number & 3) == 2)
		releases_alone(&round->releases, &round->dice);
	round_prepare(round);
	application_init(&application, round);
	crowd_init(&crowd, round, round->starters);
	crowd_mix(&crowd, percent);
	/* some come while the work is in progress */
	if (!(number & 2))
		crowd_delay(&crowd, 400000);
	crowd_release(&crowd);
	if (number & 2) {
		keep_waiting(round, &crowd, percent);
	} else {
		application_start(&application, WITNESS);
		crowd_finish(&crowd);
	}
	application_finish(&application, 1);
	crowd_judge(&crowd, "", " applied current ");
	crowd_judge_once(&crowd);
	crowd_judge_names(&crowd);
	judge_database(round);
}
