/*
 * Dice: numbers that look random and are the same for the same seed everywhere.
 */
#ifndef TESTS_SUPPORT_DICE_H
#define TESTS_SUPPORT_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* A throw of its own for each catalog, so that one can be repeated alone. */
struct dice dice_of(uint64_t seed, uint64_t number);
uint64_t dice_throw(struct dice *dice);
/* 0 to count - 1; 0 where count is 0. */
int dice_below(struct dice *dice, int count);
bool dice_chance(struct dice *dice, int percent);

#endif
