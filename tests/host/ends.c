/*
 * Ends: an application that goes, or is told to go, while the library is at work.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/host/host.h"

enum { MIGRATIONS = 20, MOMENT = 12 };

enum way { BY_EXIT, BY_QUICK_EXIT, BY_MAIN_RETURNING, BY_ABORT, BY_SIGNAL, BY_EXEC };

struct going {
	enum way way;
	pthread_mutex_t mutex;
	pthread_cond_t reached;
	bool at;
};

/* In the middle of a stage: says so to the main thread, which ends the process, and gives
   it the time for that. */
static void stop_here(void *user, const struct amplan_progress *progress)
{
	struct going *going = user;
	if (progress->phase != AMPLAN_APPLYING || progress->number != MOMENT)
		return;
	pthread_mutex_lock(&going->mutex);
	going->at = true;
	pthread_cond_signal(&going->reached);
	pthread_mutex_unlock(&going->mutex);
	usleep(going->way == BY_EXIT ? 300 : 100000);
}

static void *apply_in_thread(void *user)
{
	struct amplan_options options = host_options("app.db");
	options.progress = stop_here;
	options.user = user;
	host_apply(&options, NULL);
	return NULL;
}

static void go(enum way way)
{
	static struct going going;
	pthread_t thread;
	going = (struct going){.way = way};
	pthread_mutex_init(&going.mutex, NULL);
	pthread_cond_init(&going.reached, NULL);
	pthread_create(&thread, NULL, apply_in_thread, &going);
	pthread_mutex_lock(&going.mutex);
	while (!going.at)
		pthread_cond_wait(&going.reached, &going.mutex);
	pthread_mutex_unlock(&going.mutex);
	switch (way) {
	case BY_EXIT:
		exit(0);
	case BY_QUICK_EXIT:
		quick_exit(0);
	case BY_MAIN_RETURNING:
		_exit(0);
	case BY_ABORT:
		signal(SIGABRT, SIG_DFL);
		abort();
	case BY_SIGNAL:
		raise(SIGTERM);
		break;
	case BY_EXEC:
		execlp("true", "true", (char *)NULL);
	}
	_exit(9);
}

/* The next start finishes what the one before did not, whatever way it went. */
static void goes_by(enum way way)
{
	struct amplan_options options = host_options("app.db");
	host_migrations("m", MIGRATIONS);
	pid_t child = fork();
	if (child == 0)
		go(way);
	int status = 0;
	MUST(waitpid(child, &status, 0) == child);
	MUST(!WIFEXITED(status) || WEXITSTATUS(status) == 0);
	long begun = access("app.db", F_OK) ? 0
					    : host_number("app.db",
						      "SELECT count(*) FROM sqlite_schema"
						      " WHERE name GLOB 't[0-9]*'");
	MUST(begun == 0 || begun == MIGRATIONS);
	MUST(host_apply(&options, NULL) == AMPLAN_OK);
	host_complete("app.db", MIGRATIONS);
}

static void by_exit(void)
{
	goes_by(BY_EXIT);
}

static void by_quick_exit(void)
{
	goes_by(BY_QUICK_EXIT);
}

static void by_underscore_exit(void)
{
	goes_by(BY_MAIN_RETURNING);
}

static void by_abort(void)
{
	goes_by(BY_ABORT);
}

static void by_signal(void)
{
	goes_by(BY_SIGNAL);
}

static void by_exec(void)
{
	goes_by(BY_EXEC);
}

static volatile sig_atomic_t caught;

static void count_signal(int number)
{
	(void)number;
	caught++;
}

/* Handlers without SA_RESTART: system calls end early, all the time. */
static void signals_all_the_time(void)
{
	struct amplan_options options = host_options("app.db");
	struct sigaction action = {.sa_handler = count_signal};
	struct itimerval timer = {{0, 500}, {0, 500}};
	host_migrations("m", MIGRATIONS);
	MUST(!sigaction(SIGALRM, &action, NULL));
	MUST(!setitimer(ITIMER_REAL, &timer, NULL));
	for (int i = 0; i < 5; i++) {
		unlink("app.db");
		MUST(host_apply(&options, NULL) == AMPLAN_OK);
	}
	timer = (struct itimerval){{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &timer, NULL);
	MUST(caught > 10);
	host_complete("app.db", MIGRATIONS);
}

static void count_steps(void *user, const struct amplan_progress *progress)
{
	if (progress->phase == AMPLAN_APPLYING)
		*(unsigned *)user = progress->number;
}

static bool is_there(void *user)
{
	return *(unsigned *)user >= MOMENT;
}

static void cancelled(void)
{
	struct amplan_options options = host_options("app.db");
	unsigned number = 0;
	host_migrations("m", MIGRATIONS);
	options.progress = count_steps;
	options.cancel = is_there;
	options.user = &number;
	MUST(host_apply(&options, NULL) == AMPLAN_CANCELLED);
	MUST(host_number("app.db", "SELECT count(*) FROM sqlite_schema") == 0);
	options.cancel = NULL;
	MUST(host_apply(&options, NULL) == AMPLAN_OK);
	host_complete("app.db", MIGRATIONS);
}

const struct scenario end_scenarios[] = {
	{"ends: exit() during a stage", by_exit},
	{"ends: quick_exit() during a stage", by_quick_exit},
	{"ends: _exit() during a stage", by_underscore_exit},
	{"ends: abort() during a stage", by_abort},
	{"ends: a signal during a stage", by_signal},
	{"ends: exec() during a stage", by_exec},
	{"ends: signals all the time", signals_all_the_time},
	{"ends: cancelled during a stage", cancelled},
	{NULL, NULL},
};
