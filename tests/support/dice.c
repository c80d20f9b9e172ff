#include "tests/support/dice.h"

/* A counter whose bits are mixed: each state is visited once, any start is as good. */
uint64_t dice_throw(struct dice *dice)
{
	uint64_t mixed = dice->state += 0x9e3779b97f4a7c15u;
	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
	return mixed ^ (mixed >> 31);
}

struct dice dice_of(uint64_t seed, uint64_t number)
{
	struct dice dice = {seed};
	dice.state = dice_throw(&dice) + number;
	dice.state = dice_throw(&dice);
	return dice;
}

int dice_below(struct dice *dice, int count)
{
	return count > 0 ? (int)(dice_throw(dice) % (uint64_t)count) : 0;
}

bool dice_chance(struct dice *dice, int percent)
{
	return dice_below(dice, 100) < percent;
}
