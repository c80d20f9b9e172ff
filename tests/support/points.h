/*
 * Points: the cases that a suite tries, numbered, so that each can be tried again alone.
 *
 *	PROGRAM [--seed N] [--every N] [--point K]
 *
 * The environment may say the same: POINTS_SEED, POINTS_EVERY. A suite walks over all its
 * points in a fixed order and asks points_take() before each. With --every N each N-th is
 * taken, which ones depends on the seed; that is the budget in CI, and --every 1 is the
 * full run. --point K takes that one only, and tells more. The last line is always
 *
 *	NAME: 20123 of 160984 points, seed 4711: 20123 passed, 0 failed
 */
#ifndef TESTS_SUPPORT_POINTS_H
#define TESTS_SUPPORT_POINTS_H

#include <stdbool.h>
#include <stdint.h>

struct points {
	const char *name;
	uint64_t seed;
	long every, only; /* only: -1 where all are wanted */
	long number;      /* of the point now; -1 before the first */
	long passed, failed;
	bool verbose; /* one point alone: say what it does */
};

/* Takes its options out of argv; the others stay, with argv[0] in front and NULL at the
   end, and their number is returned. Wrong ones end the program with 2. */
int points_init(
	struct points *points, const char *name, long every, int argc, char **argv);
/* Goes on to the next point; false where it is passed over. */
bool points_take(struct points *points);
/* What became of the point that was taken. */
void points_passed(struct points *points);
void points_failed(struct points *points, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The last line; what main() returns. A suite that tried nothing failed. */
int points_done(const struct points *points);

#endif
