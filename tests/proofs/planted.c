#include "tests/proofs/planted.h"

#include <stdio.h>
#include <string.h>

#include "tests/proofs/generate.h"
#include "tests/proofs/oracle.h"
#include "tests/proofs/suites.h"

enum { PLANTED = 3 };

/* A pair in a catalog. */
struct plant {
	const struct pair *pair;
	int setup, one, other, number;
	bool rows; /* the catalog brings them along */
};

static void add_sql(struct amp_str *out, const char *sql, int number)
{
	for (; sql && *sql; sql++)
		if (*sql == '$')
			amp_str_addf(out, "%d", number);
		else
			amp_str_addc(out, *sql);
}

static int add_migration(
	struct trial *trial, const char *sql, const struct plant *plant, uint64_t depends)
{
	struct migration *m = catalog_add(&trial->catalog);
	add_sql(&m->sql, sql, plant->number);
	m->depends = depends;
	if (!depends)
		return trial->catalog.count - 1;
	struct amp_str object = AMP_STR_INIT;
	add_sql(&object, plant->pair->object ? plant->pair->object : "p$", plant->number);
	/* X with X is on no list of those that may swap */
	touch_add(m, plant->pair->object ? 'X' : 'S', amp_str_text(&object), NULL, "p:%d",
		plant->number);
	amp_str_deinit(&object);
	return trial->catalog.count - 1;
}

static struct plant plant_pair(struct trial *trial, const struct pair *pair, int number)
{
	struct plant plant = {.pair = pair, .number = number};
	bool turned = dice_chance(&trial->dice, 50);
	plant.rows = !pair->seeded || dice_chance(&trial->dice, 70);
	plant.setup = add_migration(trial, pair->setup, &plant, 0);
	if (plant.rows)
		add_sql(&trial->catalog.migrations[plant.setup].sql, pair->rows, number);
	uint64_t depends = UINT64_C(1) << plant.setup;
	plant.one =
		add_migration(trial, turned ? pair->other : pair->one, &plant, depends);
	plant.other =
		add_migration(trial, turned ? pair->one : pair->other, &plant, depends);
	return plant;
}

/* Both orders, without amplan: are they as the list of pairs says? */
static void prove(struct trial *trial, const struct plant *plant)
{
	struct outcome straight, turned;
	const int orders[2][3] = {{plant->setup, plant->one, plant->other},
		{plant->setup, plant->other, plant->one}};
	if (!plant->rows)
		add_sql(&trial->catalog.migrations[plant->setup].sql, plant->pair->rows,
			plant->number);
	run_in_order(&trial->catalog, orders[0], 3, &straight);
	run_in_order(&trial->catalog, orders[1], 3, &turned);
	bool same = !straight.failed && !turned.failed &&
		!strcmp(amp_str_text(&straight.text), amp_str_text(&turned.text));
	if (same != !plant->pair->object)
		amp_str_addf(&trial->wrong, "  the list is wrong: '%s'\n%s%s",
			plant->pair->name, amp_str_text(&straight.text),
			amp_str_text(&turned.text));
	outcome_deinit(&straight);
	outcome_deinit(&turned);
}

/* Whether the object, or the table of that column, is a word of this SQL. */
static bool is_named(const char *object, const char *sql, int number)
{
	struct amp_str text = AMP_STR_INIT;
	size_t length = strcspn(object, ".");
	add_sql(&text, sql, number);
	bool found = false;
	for (const char *at = amp_str_text(&text); !found && *at; at++)
		found = length && strncmp(at, object, length) == 0;
	amp_str_deinit(&text);
	return found;
}

static void judge(
	struct trial *trial, const struct answers *answers, const struct plant *plant)
{
	const struct catalog *catalog = &trial->catalog;
	bool wanted = (plant->pair->object != NULL) != trial->control;
	const struct answer *answer = answer_about(answers, plant->one, plant->other);
	if (wanted && answer)
		count(trial->tally, 1, CONFLICT_FOUND);
	else if (wanted)
		count(trial->tally, 1, CONFLICT_MISSED);
	else if (answer)
		count(trial->tally, 1, CONFLICT_INVENTED);
	else
		count(trial->tally, 1, "commuting pairs left alone");
	if (wanted != (answer != NULL))
		amp_str_addf(&trial->wrong, "  %s: %s (%s and %s%s)\n",
			wanted ? "missed" : "false alarm", plant->pair->name,
			catalog->migrations[plant->one].qualified,
			catalog->migrations[plant->other].qualified,
			plant->rows ? "" : "; no rows of its own");
	if (!wanted || !answer)
		return;
	count(trial->tally, 1,
		is_named(answer->object, plant->pair->object, plant->number)
			? "at the object where they meet"
			: "at an object where it shows");
	bool named = is_named(answer->object, plant->pair->one, plant->number) ||
		is_named(answer->object, plant->pair->other, plant->number) ||
		is_named(answer->object, plant->pair->object, plant->number);
	if (!named || !answer->conflict || !answer->placed || !answer->quoted)
		amp_str_addf(&trial->wrong,
			"  %s: not as it should be told, at '%s'%s: %s\n",
			plant->pair->name, answer->object,
			answer->placed ? "" : ", not both places", answer->text);
}

/* What is said about no planted pair. */
static void judge_others(struct trial *trial, const struct answers *answers,
	const struct plant *plants, int planted)
{
	for (size_t i = 0; i < answers->list.count; i++) {
		const struct answer *answer = &answers->list.items[i];
		bool about = !answer->undeclared && !answer->conflict &&
			strncmp(answer->text, "[invalid-sql]", 13) != 0;
		for (int j = 0; j < planted; j++)
			about |= answer ==
				answer_about(answers, plants[j].one, plants[j].other);
		if (about)
			continue;
		amp_str_addf(&trial->wrong, "  not wanted: %s\n", answer->text);
		if (answer->undeclared || answer->conflict)
			count(trial->tally, 1, CONFLICT_INVENTED);
	}
}

void suite_planted(struct trial *trial)
{
	struct plant plants[PLANTED];
	struct answers answers;
	generate(&trial->catalog, &trial->dice, 12, 0);
	for (int i = 0; i < PLANTED; i++) {
		/* by turns, so that few catalogs show all pairs */
		size_t which =
			((size_t)trial->number * PLANTED + (size_t)i) % planted_count;
		plants[i] = plant_pair(trial, &planted_pairs[which], 900 + i);
	}
	name_all(&trial->catalog, &trial->dice);
	ask_check(trial, &answers);
	for (int i = 0; i < PLANTED; i++) {
		judge(trial, &answers, &plants[i]);
		prove(trial, &plants[i]);
	}
	judge_others(trial, &answers, plants, PLANTED);
	answers_deinit(&answers);
}
