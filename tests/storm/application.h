/*
 * Application: what else uses the database while it is migrated, through connections of
 * its own; and a witness, who looks at it all the time and never may see half of a stage.
 */
#ifndef TESTS_STORM_APPLICATION_H
#define TESTS_STORM_APPLICATION_H

#include <stdatomic.h>

#include "tests/storm/storm.h"

enum habit {
	SHORT_WRITES,  /* a row at a time, as fast as it goes */
	READ_TO_WRITE, /* begins by reading: its write may be refused at once */
	EXCLUSIVE,     /* BEGIN EXCLUSIVE, and keeps it for a while */
	LONG_READS,    /* keeps a read transaction open, in which nothing may change */
	WITNESS,
	HABITS
};

/* Shared with the processes. */
struct desk {
	_Atomic bool stop;
	_Atomic long acknowledged[WORKERS_MAX]; /* rows whose COMMIT said yes */
	_Atomic long busy[WORKERS_MAX];
	_Atomic long looks[WORKERS_MAX];
	char trouble[WORKERS_MAX][400];
};

struct application {
	struct round *round;
	struct desk *desk;
	int count;
	enum habit habits[WORKERS_MAX];
	pid_t pids[WORKERS_MAX];
};

#define APPLICATION __attribute__((cleanup(application_deinit))) struct application

void application_init(struct application *application, struct round *round);
void application_start(struct application *application, enum habit habit);
/* Stops them all, after at least so many looks or writes of each, and says what went
   wrong in them. */
void application_finish(struct application *application, long least);
/* Each row that was acknowledged is there, once, and no other is. */
void application_judge(struct application *application);
void application_deinit(struct application *application);

#endif
