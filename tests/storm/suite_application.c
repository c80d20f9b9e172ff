/*
 * Application: it goes on reading and writing while starters migrate what it writes to.
 *
 * It may be told that the database is busy; what it was told is written must be there in
 * the end, whatever was rebuilt meanwhile.
 */
#include "tests/storm/application.h"
#include "tests/storm/crowd.h"
#include "tests/storm/judge.h"

/* The first two migrations, by somebody who came before. */
static void migrate_first(struct round *round)
{
	CROWD crowd;
	crowd_init(&crowd, round, 1);
	crowd.starters[0].old = true;
	crowd.starters[0].by = BY_LIBRARY;
	crowd_release(&crowd);
	crowd_finish(&crowd);
	crowd_judge(&crowd, " applied ", "");
}

void suite_application(struct round *round)
{
	CROWD crowd;
	APPLICATION application;
	round->wal = round->points->number & 1;
	releases_throw(
		&round->releases, &round->dice, 6 + dice_below(&round->dice, 8), 10000);
	round->releases.deeds = true;
	for (int i = 2; i < round->releases.count; i++)
		round->releases.in_old[i] = false;
	if (dice_chance(&round->dice, 30))
		releases_cut(&round->releases, &round->dice);
	if (dice_chance(&round->dice, 30))
		round->releases.alone = 4;
	round_prepare(round);
	migrate_first(round);
	application_init(&application, round);
	int workers = 2 + dice_below(&round->dice, 4);
	/* a commit to a rollback journal waits for readers: there is always one of them */
	application_start(&application, SHORT_WRITES);
	application_start(&application, LONG_READS);
	for (int i = 2; i < workers; i++)
		application_start(
			&application, (enum habit)dice_below(&round->dice, WITNESS));
	crowd_init(&crowd, round, round->starters);
	crowd_mix(&crowd, 75);
	crowd_release(&crowd);
	crowd_finish(&crowd);
	application_finish(&application, 5);
	crowd_judge(&crowd, "", " applied current ");
	application_judge(&application);
	crowd_judge_names(&crowd);
	judge_database(round);
}
