#include "tests/proofs/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proofs/generate.h"
#include "tests/proofs/oracle.h"

enum { EXTENSIONS = 20 };

/* The n-th bit that is set. */
static int nth_bit(uint64_t bits, int n)
{
	while (n-- > 0)
		bits &= bits - 1;
	return __builtin_ctzll(bits);
}

/* What is declared and no path makes up for. */
static uint64_t deletable(struct catalog *catalog, int from)
{
	uint64_t *depends = &catalog->migrations[from].depends, found = 0;
	for (int on = 0; on < from; on++) {
		uint64_t bit = UINT64_C(1) << on;
		if (!(*depends & bit))
			continue;
		*depends &= ~bit;
		if (!(ancestors(catalog, from) & bit))
			found |= bit;
		*depends |= bit;
	}
	return found;
}

/* Takes a dependency away by chance; false where none can go. Not one of which nobody
   can say whether it is needed, and only one that is where `needed`. */
static bool take_away(struct trial *trial, bool needed, int *from, int *on)
{
	struct catalog *catalog = &trial->catalog;
	for (int tries = 0; tries < 60; tries++) {
		*from = dice_below(&trial->dice, catalog->count);
		uint64_t bits = deletable(catalog, *from);
		if (!bits)
			continue;
		*on = nth_bit(bits, dice_below(&trial->dice, __builtin_popcountll(bits)));
		enum need need =
			meet(&catalog->migrations[*on], &catalog->migrations[*from]).need;
		if (need == UNSURE || (needed && need == FREE))
			continue;
		catalog->migrations[*from].depends &= ~(UINT64_C(1) << *on);
		return true;
	}
	return false;
}

/* All that the two need, then the two: `swapped`, the later one first. */
static void run_pair(const struct catalog *catalog, int one, int other, bool swapped,
	struct outcome *out)
{
	uint64_t before = ancestors(catalog, one) | ancestors(catalog, other);
	int order[MIGRATIONS + 2], n = 0;
	for (int i = 0; i < catalog->count; i++)
		if (before >> i & 1)
			order[n++] = i;
	order[n++] = swapped ? other : one;
	order[n++] = swapped ? one : other;
	run_in_order(catalog, order, n, out);
}

/* 0: the same both ways round; 1: not the same, or one way fails; -1: neither runs. */
static int differs(const struct catalog *catalog, int one, int other)
{
	struct outcome straight, swapped;
	run_pair(catalog, one, other, false, &straight);
	run_pair(catalog, one, other, true, &swapped);
	int result = straight.failed && swapped.failed ? -1
		: straight.failed != swapped.failed
		? 1
		: strcmp(amp_str_text(&straight.text), amp_str_text(&swapped.text)) != 0;
	outcome_deinit(&straight);
	outcome_deinit(&swapped);
	return result;
}

static void show_pair(struct trial *trial, int one, int other, const char *what)
{
	struct catalog *catalog = &trial->catalog;
	struct meeting meeting =
		meet(&catalog->migrations[one], &catalog->migrations[other]);
	amp_str_addf(&trial->wrong, "  %s: %s and %s, class %c:%s\n", what,
		catalog->migrations[one].qualified, catalog->migrations[other].qualified,
		meeting.token ? meeting.token : '-', meeting.modes);
}

/* In every order that is drawn the same schema and the same rows. */
static void compare_extensions(struct trial *trial, int many)
{
	struct catalog *catalog = &trial->catalog;
	struct outcome first, next;
	int order[MIGRATIONS];
	for (int i = 0; i < catalog->count; i++)
		order[i] = i;
	run_in_order(catalog, order, catalog->count, &first);
	if (first.failed)
		amp_str_addf(&trial->wrong, "  as thought up: %s\n",
			amp_str_text(&first.text));
	for (int i = 0; i < many; i++) {
		extension(catalog, &trial->dice, order);
		run_in_order(catalog, order, catalog->count, &next);
		if (strcmp(amp_str_text(&first.text), amp_str_text(&next.text)) != 0) {
			amp_str_addf(&trial->wrong, "  order %d: ", i);
			amp_str_add(&trial->wrong,
				next.failed ? amp_str_text(&next.text)
					    : "another result");
			amp_str_add(&trial->wrong, "\n");
			if (trial->verbose)
				printf("%s\n======\n%s\n", amp_str_text(&first.text),
					amp_str_text(&next.text));
		}
		outcome_deinit(&next);
	}
	outcome_deinit(&first);
	count(trial->tally, many, "orders run");
}

void suite_model(struct trial *trial)
{
	int from, on;
	generate(&trial->catalog, &trial->dice, 40, 15);
	if (trial->control)
		take_away(trial, true, &from, &on);
	compare_extensions(trial, EXTENSIONS);
	if (trial->control || !take_away(trial, false, &from, &on))
		return;
	struct meeting meeting =
		meet(&trial->catalog.migrations[on], &trial->catalog.migrations[from]);
	int result = differs(&trial->catalog, on, from);
	if (meeting.need == FREE && result != 0)
		show_pair(trial, on, from, "free, but not the same both ways round");
	if (meeting.need == NEEDED && meeting.runs && result != 1)
		show_pair(trial, on, from, "needed, but the same both ways round");
	count(trial->tally, 1, "%s, class %c:%s", meeting.need ? "needed" : "not needed",
		meeting.token ? meeting.token : '-', meeting.modes);
}

void suite_sound(struct trial *trial)
{
	int from, on;
	struct answers answers;
	generate(&trial->catalog, &trial->dice, 40, 10);
	if (dice_chance(&trial->dice, 50))
		reduce(&trial->catalog);
	if (trial->control)
		take_away(trial, true, &from, &on);
	ask_check(trial, &answers);
	complain_about_others(trial, &answers, -1, -1);
	count(trial->tally, trial->catalog.count, "migrations");
	answers_deinit(&answers);
}

/* The finding about a dependency that is missing. */
static void judge(struct trial *trial, const struct answer *answer, int from, int on)
{
	struct catalog *catalog = &trial->catalog;
	if (!answer) {
		struct meeting meeting =
			meet(&catalog->migrations[on], &catalog->migrations[from]);
		count(trial->tally, 1, "missed, class %c:%s", meeting.token,
			meeting.modes);
		show_pair(trial, on, from, "missed");
		return;
	}
	count(trial->tally, 1,
		answer->conflict ? "told as conflict" : "told as undeclared");
	if (answer->undeclared && answer->from != from)
		show_pair(trial, on, from, "the wrong one is to depend");
	if (!answer->placed)
		amp_str_addf(&trial->wrong, "  not both places: %s\n", answer->text);
	enum blame right = blame(
		&catalog->migrations[on], &catalog->migrations[from], answer->object);
	count(trial->tally, 1,
		right == MEET            ? "at the object where they meet"
			: right == SHOWS ? "at an object where it shows"
					 : "at a wrong object");
	if (answer->quoted && right != WRONG)
		return;
	show_pair(trial, on, from, "wrong object");
	amp_str_addf(&trial->wrong, "    '%s': %s\n", answer->object, answer->text);
}

void suite_deleted(struct trial *trial)
{
	int from, on;
	struct answers answers;
	struct catalog *catalog = &trial->catalog;
	generate(catalog, &trial->dice, 40, 25);
	if (!take_away(trial, false, &from, &on))
		return;
	ask_check(trial, &answers);
	struct meeting meeting =
		meet(&catalog->migrations[on], &catalog->migrations[from]);
	bool needed = (meeting.need == NEEDED) != trial->control;
	count(trial->tally, 1, "%s, class %c:%s", needed ? "needed" : "not needed",
		meeting.token ? meeting.token : '-', meeting.modes);
	if (needed)
		judge(trial, answer_about(&answers, from, on), from, on);
	complain_about_others(trial, &answers, needed ? from : -1, needed ? on : -1);
	answers_deinit(&answers);
}

void suite_extensions(struct trial *trial)
{
	int from, on;
	struct answers answers;
	generate(&trial->catalog, &trial->dice, 30, 10);
	ask_check(trial, &answers);
	complain_about_others(trial, &answers, -1, -1);
	bool accepted = trial->wrong.length == 0;
	answers_deinit(&answers);
	count(trial->tally, 1, accepted ? "accepted" : "refused");
	if (trial->control)
		take_away(trial, true, &from, &on);
	if (accepted)
		compare_extensions(trial, EXTENSIONS);
}
