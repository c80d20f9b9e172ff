/*
 * Kills: whoever holds the lock is killed at a random moment, again and again.
 *
 * The others go on as if nothing had been. Only where it was killed during a step outside
 * a transaction, nobody can know how far that came: then all of them must say so, a person
 * says `resolve --again`, and the next starters finish it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/storm/application.h"
#include "tests/storm/crowd.h"
#include "tests/storm/judge.h"
#include "tests/storm/locks.h"

/* At least this many are left to live. */
enum { SURVIVORS = 8 };

static int64_t random_moment(struct dice *dice)
{
	static const int most[] = {300, 3000, 15000, 60000};
	return dice_below(dice, most[dice_below(dice, 4)]);
}

static void kill_holders(struct crowd *crowd, int wanted)
{
	struct round *round = crowd->round;
	int64_t since = now_us();
	for (int kills = 0; crowd->left > 0 && kills < wanted;) {
		pid_t pid =
			dice_chance(&round->dice, 50) ? locks_writer(round->database) : 0;
		if (!pid)
			pid = locks_aside(round->database);
		if (!pid)
			pid = locks_writer(round->database);
		crowd_look(crowd);
		struct starter *holder = pid ? crowd_find(crowd, pid) : NULL;
		if (now_us() - since > ROUND_MS * 500LL)
			return;
		if (!holder || holder->killed) {
			sleep_us(50);
			continue;
		}
		sleep_us(random_moment(&round->dice));
		crowd_look(crowd);
		if (holder->ended)
			continue;
		crowd_kill(crowd, holder);
		kills++;
	}
}

/* All that live say that a step is interrupted, unless they were done before. */
static void judge_interrupted(struct crowd *crowd)
{
	int told = 0;
	for (int i = 0; i < crowd->count; i++) {
		const struct starter *starter = &crowd->starters[i];
		int code = WIFEXITED(starter->status) ? WEXITSTATUS(starter->status) : -1;
		if (starter->killed)
			continue;
		told += code == 5;
		if (code != 0 && code != 5)
			round_wrong(crowd->round, "%ld ended with %d, not with 5: %.500s",
				(long)starter->pid, code, starter->log);
	}
	if (!told && crowd->count)
		round_wrong(crowd->round, "a step is interrupted, and nobody said so");
}

/* What a person does, and what then happens. */
static void settle(struct round *round)
{
	char id[ID_SIZE], *output = NULL;
	CROWD crowd;
	int code = run_amplan(round, &output, "resolve",
		releases_id(round->releases.alone, id), "--again", NULL);
	if (code)
		round_wrong(round, "resolve ends with %d: %s", code, output);
	free(output);
	crowd_init(&crowd, round, 4);
	crowd_mix(&crowd, 50);
	crowd_release(&crowd);
	crowd_finish(&crowd);
	crowd_judge(&crowd, "", " applied current ");
}

/* Whoever was left to live did it, or somebody who starts afterwards does. */
static void start_after_all(struct round *round)
{
	CROWD crowd;
	crowd_init(&crowd, round, 1);
	crowd_release(&crowd);
	crowd_finish(&crowd);
	crowd_judge(&crowd, "", " current ");
}

void suite_kills(struct round *round)
{
	char *output = NULL;
	long kills = round->tally->kills;
	int wanted = dice_chance(&round->dice, 20) ? 4 + dice_below(&round->dice, 28)
						   : 1 + dice_below(&round->dice, 4);
	CROWD crowd;
	APPLICATION application;
	round->wal = dice_chance(&round->dice, 50);
	releases_throw(
		&round->releases, &round->dice, 4 + dice_below(&round->dice, 12), 4000);
	if ((round->releases.ballast = dice_chance(&round->dice, 75)))
		round->releases.rows = 20000;
	if (dice_chance(&round->dice, 40))
		releases_cut(&round->releases, &round->dice);
	if (dice_chance(&round->dice, 40))
		releases_alone(&round->releases, &round->dice);
	round->releases.again = true;
	round_prepare(round);
	application_init(&application, round);
	if (dice_chance(&round->dice, 50))
		application_start(&application, WITNESS);
	crowd_init(&crowd, round, round->starters);
	crowd_mix(&crowd, 75);
	if (dice_chance(&round->dice, 50))
		crowd_delay(&crowd, 200000);
	crowd_release(&crowd);
	kill_holders(&crowd,
		wanted < round->starters - SURVIVORS ? wanted
						     : round->starters - SURVIVORS);
	crowd_finish(&crowd);
	application_finish(&application, 1);
	/* what is quick on a shadow is quick on the database, and may be over before we look */
	if (round->tally->kills == kills && round->releases.ballast)
		round->tally->missed++;
	bool interrupted = round->releases.alone >= 0 &&
		run_amplan(round, &output, "status", NULL) == 5;
	free(output);
	round_say(round, "%ld kills%s", round->tally->kills - kills,
		interrupted ? ", interrupted" : "");
	if (interrupted) {
		round->tally->interrupted++;
		judge_interrupted(&crowd);
		settle(round);
	} else {
		crowd_judge(&crowd, "", " applied current ");
		start_after_all(round);
	}
	crowd_judge_names(&crowd);
	judge_database(round);
}
