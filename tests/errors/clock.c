/*
 * Clock: time stands still but for long sleeping, which takes none, and random bytes are the
 * same in each run. So a run can be compared with another byte by byte, and one that waits
 * for a lock is over at once.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "tests/errors/faults.h"
#include "tests/support/dice.h"

#define SEEN __attribute__((visibility("default")))
#define START 1767323045 /* 2026-01-02 03:04:05 UTC */

static int64_t slept; /* nanoseconds */
static int sleeps;
static struct dice dice;

void clock_reset(void)
{
	slept = 0;
	sleeps = 0;
	dice = dice_of(4711, 1);
}

static struct timespec now(int64_t start)
{
	return (struct timespec){start + slept / 1000000000, slept % 1000000000};
}

SEEN int fault_clock_gettime(int clock, struct timespec *out) __asm__("clock_gettime");

int fault_clock_gettime(int clock, struct timespec *out)
{
	*out = now(clock == CLOCK_REALTIME ? START : 1000);
	return 0;
}

SEEN int fault_gettimeofday(struct timeval *out, void *zone) __asm__("gettimeofday");

int fault_gettimeofday(struct timeval *out, void *zone)
{
	struct timespec time = now(START);
	(void)zone;
	*out = (struct timeval){time.tv_sec, time.tv_nsec / 1000};
	return 0;
}

SEEN time_t fault_time(time_t *out) __asm__("time");

time_t fault_time(time_t *out)
{
	time_t time = now(START).tv_sec;
	if (out)
		*out = time;
	return time;
}

/* A short wait does not show; one that has no end comes to it. */
static void sleep_for(int64_t nanoseconds)
{
	if (++sleeps > 100)
		slept += nanoseconds + 1000000000;
}

SEEN int fault_nanosleep(const struct timespec *wish, void *left) __asm__("nanosleep");

int fault_nanosleep(const struct timespec *wish, void *left)
{
	(void)left;
	sleep_for(wish->tv_sec * INT64_C(1000000000) + wish->tv_nsec);
	return 0;
}

SEEN int fault_usleep(unsigned microseconds) __asm__("usleep");

int fault_usleep(unsigned microseconds)
{
	sleep_for((int64_t)microseconds * 1000);
	return 0;
}

SEEN unsigned fault_sleep(unsigned seconds) __asm__("sleep");

unsigned fault_sleep(unsigned seconds)
{
	sleep_for((int64_t)seconds * 1000000000);
	return 0;
}

SEEN ssize_t fault_getrandom(unsigned char *out, size_t size, unsigned flags) __asm__(
	"getrandom");

ssize_t fault_getrandom(unsigned char *out, size_t size, unsigned flags)
{
	(void)flags;
	int number = faults_call("getrandom", "random", -1, 0);
	if (number) {
		errno = number;
		return -1;
	}
	for (size_t i = 0; i < size; i++)
		out[i] = (unsigned char)dice_throw(&dice);
	return (ssize_t)size;
}
