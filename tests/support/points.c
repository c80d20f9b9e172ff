#include "tests/support/points.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/dice.h"

static long number(const char *name, const char *what, const char *text)
{
	char *end;
	errno = 0;
	long value = text ? strtol(text, &end, 10) : -1;
	if (text && !errno && end != text && !*end && value >= 0)
		return value;
	fprintf(stderr, "%s: %s wants a number\n", name, what);
	exit(2);
}

static long from_environment(const char *name, const char *variable, long otherwise)
{
	const char *text = getenv(variable);
	return text && *text ? number(name, variable, text) : otherwise;
}

int points_init(
	struct points *points, const char *name, long every, int argc, char **argv)
{
	int left = 1;
	*points = (struct points){.name = name,
		.seed = (uint64_t)from_environment(name, "POINTS_SEED", 4711),
		.every = from_environment(name, "POINTS_EVERY", every),
		.only = -1,
		.number = -1};
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (!strcmp(word, "--seed"))
			points->seed = (uint64_t)number(name, word, argv[++i]);
		else if (!strcmp(word, "--every"))
			points->every = number(name, word, argv[++i]);
		else if (!strcmp(word, "--point"))
			points->only = number(name, word, argv[++i]);
		else
			argv[left++] = argv[i];
	}
	argv[left] = NULL;
	if (points->every == 0)
		points->every = 1;
	points->verbose = points->only >= 0;
	return left;
}

bool points_take(struct points *points)
{
	points->number++;
	if (points->only >= 0)
		return points->number == points->only;
	struct dice dice = dice_of(points->seed, (uint64_t)points->number);
	return points->every == 1 || dice_throw(&dice) % (uint64_t)points->every == 0;
}

void points_passed(struct points *points)
{
	points->passed++;
}

void points_failed(struct points *points, const char *format, ...)
{
	va_list args;
	points->failed++;
	printf("%s: point %ld (--seed %llu --point %ld): ", points->name, points->number,
		(unsigned long long)points->seed, points->number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

int points_done(const struct points *points)
{
	long tried = points->passed + points->failed;
	printf("%s: %ld of %ld points, seed %llu: %ld passed, %ld failed\n", points->name,
		tried, points->number + 1, (unsigned long long)points->seed,
		points->passed, points->failed);
	return points->failed > 0 || tried == 0;
}
