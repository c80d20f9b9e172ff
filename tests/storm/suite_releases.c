/*
 * Releases: programs of an old and of a new release start at the same time.
 *
 * Whichever comes first, the new release's migrations are applied once each, and a program
 * of the old one goes on: it applied its own, or finds the database ahead of it.
 */
#include "tests/storm/application.h"
#include "tests/storm/crowd.h"
#include "tests/storm/judge.h"

void suite_releases(struct round *round)
{
	CROWD crowd;
	round->wal = dice_chance(&round->dice, 50);
	releases_throw(
		&round->releases, &round->dice, 4 + dice_below(&round->dice, 16), 3000);
	releases_age(&round->releases, &round->dice);
	if (dice_chance(&round->dice, 40))
		releases_cut(&round->releases, &round->dice);
	if (dice_chance(&round->dice, 30))
		releases_alone(&round->releases, &round->dice);
	round_prepare(round);
	crowd_init(&crowd, round, round->starters);
	crowd_mix(&crowd, 75);
	if (dice_chance(&round->dice, 50))
		crowd_delay(&crowd, 200000);
	for (int i = 0; i < crowd.count; i++)
		crowd.starters[i].old = i && dice_chance(&round->dice, 50);
	crowd_release(&crowd);
	crowd_finish(&crowd);
	crowd_judge(&crowd, " applied current ahead ", " applied current ");
	crowd_judge_once(&crowd);
	crowd_judge_names(&crowd);
	judge_database(round);
}
