/*
 * Crowd: starters, let loose at the same moment, and what became of each of them.
 *
 * A starter is the real program (`amplan start -- ready`, `amplan apply`) or a process
 * that calls amplan_startup(). Only processes of this crowd are ever killed, by number, and
 * all of them are waited for.
 */
#ifndef TESTS_STORM_CROWD_H
#define TESTS_STORM_CROWD_H

#include <sys/types.h>

#include "tests/storm/storm.h"

enum by { BY_START, BY_APPLY, BY_LIBRARY };

struct starter {
	/* what it is to do */
	enum by by;
	bool old;          /* the old release */
	bool goes_on;      /* AUTO_MIGRATE_ON_FAILURE=continue */
	long lock_timeout; /* milliseconds */
	int64_t delay_us;  /* comes so much later than the others */
	/* what became of it */
	pid_t pid;
	bool ended, killed;
	int status;         /* of waitpid() */
	int64_t ended_us;   /* when it was seen to have ended, on now_us() */
	int64_t ready_us;   /* when it was ready, on the wall clock; 0: never */
	char result[16];    /* what startup told the application; "" */
	char applied[1024]; /* ids that it applied, with blanks between them */
	char *log;
};

struct crowd {
	struct round *round;
	struct starter *starters;
	int count, left; /* left: not ended yet */
	int64_t released_us;
	int number; /* of the crowd in this round */
};

#define CROWD __attribute__((cleanup(crowd_deinit))) struct crowd

/* All by `start`, new release, patient, stopping on failure: change what is to differ. */
void crowd_init(struct crowd *crowd, struct round *round, int count);
/* Makes some of them something else: `percent` by the library, some by apply. */
void crowd_mix(struct crowd *crowd, int percent);
/* Lets half of them come later than the others, by up to so much. */
void crowd_delay(struct crowd *crowd, int most_us);
/* Makes all processes, and lets them go at once. */
void crowd_release(struct crowd *crowd);
/* Looks who has ended, without waiting. */
void crowd_look(struct crowd *crowd);
/* Waits for all; whoever takes too long is killed, which is wrong. Reads what they said. */
void crowd_finish(struct crowd *crowd);
void crowd_kill(struct crowd *crowd, struct starter *starter);
/* The starter with this process; NULL: none, or it has ended. */
struct starter *crowd_find(struct crowd *crowd, pid_t pid);
void crowd_deinit(struct crowd *crowd);

/* All that were not killed succeeded: exit 0, `ready` where that was to be, no error in
   the log; the result is one of these words, with blanks in front of and behind each. */
void crowd_judge(struct crowd *crowd, const char *old, const char *new);
/* Each id was applied by one of them, and only by one. */
void crowd_judge_once(struct crowd *crowd);
/* Whoever said for whom it waits said it of a process that was there, by its name. */
void crowd_judge_names(struct crowd *crowd);

/* The wall clock of a log line, in microseconds. */
int64_t log_time(const char *line);
/* The next line of a log with this message, from `from` on; NULL: none. */
const char *log_find(const char *from, const char *message);
/* A field of that line, "" where it is not there. */
void log_field(const char *line, const char *name, char *out, size_t size);

#endif
