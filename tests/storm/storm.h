/*
 * Storm: many processes on one database at the same time.
 *
 * A round is one point: a folder with descriptors and a database of its own, a crowd that
 * is let loose on it, and a look at what is there afterwards. The seed decides everything
 * that is ours to decide: the descriptors, who starts how, when somebody is killed. The
 * order in which the system runs them is not ours, so a round repeated is the same storm,
 * not the same moment.
 */
#ifndef TESTS_STORM_STORM_H
#define TESTS_STORM_STORM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/storm/releases.h"
#include "tests/support/dice.h"
#include "tests/support/points.h"

/* What one round may take, whatever the machine does besides. */
#define ROUND_MS 180000
/* How long starters wait for the lock where nothing else is said. */
#define PATIENCE_MS 150000
/* Never more processes than this at once. */
#define PROCESSES_MAX 300

enum { WORKERS_MAX = 8 };

/* What was counted over all rounds. */
struct tally {
	long starters, waiting_lines, kills, interrupted, acknowledged, busy;
	int64_t *late; /* per round: winner's commit to the last starter, microseconds */
	long nlate;
	long missed; /* rounds in which the holder was gone before it was stopped or killed */
};

struct round {
	const struct points *points;
	struct tally *tally;
	struct dice dice;
	int starters; /* how many are wanted */
	char *folder, *database;
	bool wal;
	struct releases releases;
	pid_t workers[WORKERS_MAX]; /* of an application, each named "worker" */
	char trouble[1024];         /* what is wrong, the first thing; "" if nothing is */
};

void round_open(struct round *round);
void round_close(struct round *round);
/* Makes descriptors `new` and `old`, and the database where it is not a new one. */
void round_prepare(struct round *round);
/* A database as it is before anything: there is none, unless something needs one. */
void round_make(struct round *round, const char *path);
/* Something is wrong. Only the first is kept: the rest often follows from it. */
void round_wrong(struct round *round, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool round_is_well(const struct round *round);
/* Says it where one round alone is looked at. */
void round_say(const struct round *round, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

typedef void suite(struct round *round);

suite suite_starters;    /* many on one database: exactly once, all succeed */
suite suite_kills;       /* the holder is killed, again and again */
suite suite_releases;    /* an old and a new release at the same time */
suite suite_application; /* an application goes on reading and writing */
suite suite_timeout;     /* somebody else does not let go of the lock */

int64_t now_us(void); /* since some moment, never jumps */
void sleep_us(int64_t microseconds);

#endif
