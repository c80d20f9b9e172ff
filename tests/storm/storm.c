/*
 * Storm: many processes on one database at the same time. See storm.h.
 *
 *	test_storm SUITE [--rounds N] [--starters N] [--seed N] [--every N] [--point K]
 *
 * STORM_ROUNDS and STORM_STARTERS in the environment say the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/storm/storm.h"

/* A process under the address sanitizer costs ten times as much. */
#ifdef __SANITIZE_ADDRESS__
#define MANY 16
#else
#define MANY 64
#endif

static const struct {
	const char *name;
	suite *run;
	long rounds;
	long first, starters; /* of the first round, and of the others */
} suites[] = {
	{"starters", suite_starters, 4, 256, 4 * MANY},
	{"kills", suite_kills, 50, 64, MANY},
	{"releases", suite_releases, 8, 64, MANY},
	{"application", suite_application, 6, 24, 24},
	{"timeout", suite_timeout, 6, 8, 8},
};

enum { SUITES = sizeof(suites) / sizeof(*suites) };

static long positive(const char *what, const char *text)
{
	char *end;
	errno = 0;
	long value = text ? strtol(text, &end, 10) : 0;
	if (text && !errno && end != text && !*end && value > 0)
		return value;
	fprintf(stderr, "storm: %s wants a number\n", what);
	exit(2);
}

static long wanted(const char *variable, long otherwise)
{
	const char *text = getenv(variable);
	return text && *text ? positive(variable, text) : otherwise;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: test_storm SUITE [--rounds N] [--starters N] [--seed N] "
		"[--every N] [--point K]\nsuites:");
	for (int i = 0; i < SUITES; i++)
		fprintf(stderr, " %s", suites[i].name);
	fprintf(stderr, "\n");
	exit(2);
}

static int compare_times(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
	return (one > other) - (one < other);
}

/* Every second one from `first` on. */
static void tell_times(const char *what, const struct tally *tally, int first)
{
	int64_t *times = calloc((size_t)tally->nlate + 1, sizeof(*times));
	long count = 0, within = 0;
	for (long i = first; times && i < tally->nlate; i += 2) {
		within += tally->late[i] <= 1000000;
		times[count++] = tally->late[i];
	}
	if (count) {
		qsort(times, (size_t)count, sizeof(*times), compare_times);
		printf("  %s: %ld rounds, fastest %.3f s, median %.3f s, 90%% below %.3f s, "
		       "slowest %.3f s; %ld within one second\n",
			what, count, (double)times[0] / 1e6,
			(double)times[count / 2] / 1e6,
			(double)times[count * 9 / 10] / 1e6,
			(double)times[count - 1] / 1e6, within);
	}
	free(times);
}

static void tell(const struct tally *tally)
{
	printf("  %ld starters, %ld killed (%ld rounds missed), %ld rounds interrupted, %ld "
	       "times somebody said for whom it waits\n",
		tally->starters, tally->kills, tally->missed, tally->interrupted,
		tally->waiting_lines);
	if (tally->acknowledged)
		printf("  %ld writes of an application acknowledged, %ld times busy\n",
			tally->acknowledged, tally->busy);
	tell_times("commit of the winner to the last that was ready", tally, 0);
	tell_times("the same crowd with nothing to do", tally, 1);
}

static void run(struct points *points, suite *storm, long rounds, const long starters[2])
{
	struct tally tally = {.late = calloc((size_t)rounds * 2, sizeof(int64_t))};
	for (long i = 0; i < rounds; i++) {
		struct round round = {.points = points,
			.tally = &tally,
			.starters = (int)starters[i > 0]};
		if (!points_take(points))
			continue;
		round_open(&round);
		storm(&round);
		if (round_is_well(&round))
			points_passed(points);
		else
			points_failed(points, "%s", round.trouble);
		round_close(&round);
	}
	/* a judgement that is never made would be a test that cannot fail */
	if (tally.missed * 4 > points->passed + points->failed)
		points_failed(points,
			"in %ld rounds nobody was stopped or killed in time",
			tally.missed);
	tell(&tally);
	free(tally.late);
}

int main(int argc, char **argv)
{
	struct points points;
	char name[32];
	int which = 0;
	while (argc > 1 && which < SUITES && strcmp(suites[which].name, argv[1]) != 0)
		which++;
	if (argc < 2 || which == SUITES)
		usage();
	snprintf(name, sizeof(name), "storm %s", suites[which].name);
	argc = points_init(&points, name, 1, argc, argv);
	long rounds = wanted("STORM_ROUNDS", suites[which].rounds);
	long starters[] = {wanted("STORM_STARTERS", suites[which].first),
		wanted("STORM_STARTERS", suites[which].starters)};
	for (int i = 2; i < argc; i += 2) {
		if (!strcmp(argv[i], "--rounds"))
			rounds = positive(argv[i], argv[i + 1]);
		else if (!strcmp(argv[i], "--starters"))
			starters[0] = starters[1] = positive(argv[i], argv[i + 1]);
		else
			usage();
	}
	if (points.only >= rounds)
		rounds = points.only + 1;
	/* room for an application besides */
	if (starters[0] > PROCESSES_MAX - 10)
		usage();
	run(&points, suites[which].run, rounds, starters);
	return points_done(&points);
}
