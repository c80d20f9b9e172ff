/*
 * Proofs: `check` against catalogs whose answer is known.
 *
 *	test_proofs SUITE [--seed N] [--catalogs N] [--only K] [--control]
 *
 * The environment may say the same: PROOFS_SEED, PROOFS_CATALOGS. One catalog that went
 * wrong is looked at again with --only and the number that was printed. With --control the
 * suite is blinded on purpose, and succeeds only if it then finds fault.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proofs/generate.h"
#include "tests/proofs/suites.h"
#include "tests/support/temp.h"

struct arguments {
	const char *name;
	suite *run;
	long seed, catalogs, only;
	bool control;
};

static const struct {
	const char *name;
	suite *run;
} suites[] = {
	{"model", suite_model},
	{"sound", suite_sound},
	{"deleted", suite_deleted},
	{"planted", suite_planted},
	{"extensions", suite_extensions},
};

static long number(const char *text, const char *what)
{
	char *end;
	errno = 0;
	long value = text ? strtol(text, &end, 10) : -1;
	if (text && !errno && end != text && !*end && value >= 0)
		return value;
	fprintf(stderr, "proofs: %s wants a number\n", what);
	exit(2);
}

static long from_environment(const char *name, long otherwise)
{
	const char *text = getenv(name);
	return text && *text ? number(text, name) : otherwise;
}

static struct arguments parse(int argc, char **argv)
{
	struct arguments arguments = {.seed = from_environment("PROOFS_SEED", 4711),
		.catalogs = from_environment("PROOFS_CATALOGS", 40),
		.only = -1};
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (!strcmp(word, "--seed"))
			arguments.seed = number(argv[++i], word);
		else if (!strcmp(word, "--catalogs"))
			arguments.catalogs = number(argv[++i], word);
		else if (!strcmp(word, "--only"))
			arguments.only = number(argv[++i], word);
		else if (!strcmp(word, "--control"))
			arguments.control = true;
		else
			arguments.name = word;
	}
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++)
		if (arguments.name && !strcmp(suites[i].name, arguments.name))
			arguments.run = suites[i].run;
	return arguments;
}

void count(struct tally *tally, long many, const char *name, ...)
{
	char text[48];
	int i = 0;
	va_list args;
	va_start(args, name);
	vsnprintf(text, sizeof(text), name, args);
	va_end(args);
	while (i < tally->used && strcmp(tally->names[i], text) != 0)
		i++;
	if (i == tally->used) {
		must(tally->used < COUNTS, "too many counts");
		snprintf(tally->names[tally->used++], sizeof(text), "%s", text);
	}
	tally->counts[i] += many;
}

/* True where nothing is wrong. */
static bool try_one(const struct arguments *arguments, struct trial *trial, long which)
{
	trial->dice = dice_of((uint64_t)arguments->seed, (uint64_t)which);
	trial->number = which;
	trial->folder = temp_make();
	arguments->run(trial);
	temp_remove(trial->folder);
	bool passed = trial->wrong.length == 0;
	if (trial->verbose)
		for (int i = 0; i < trial->catalog.count; i++)
			print_migration(&trial->catalog.migrations[i]);
	if (!passed && !arguments->control)
		printf("catalog %ld (--seed %ld --only %ld):\n%s", which, arguments->seed,
			which, amp_str_text(&trial->wrong));
	catalog_deinit(&trial->catalog);
	amp_str_clear(&trial->wrong);
	return passed;
}

static void print_tally(const struct tally *tally)
{
	for (int i = 0; i < tally->used; i++)
		printf("%8ld %s\n", tally->counts[i], tally->names[i]);
}

static long counted(const struct tally *tally, const char *name)
{
	for (int i = 0; i < tally->used; i++)
		if (strcmp(tally->names[i], name) == 0)
			return tally->counts[i];
	return 0;
}

/* Of what was told, how much is true; of what is true, how much was told. */
static void print_rates(const struct tally *tally)
{
	double found = (double)counted(tally, CONFLICT_FOUND);
	double told = found + (double)counted(tally, CONFLICT_INVENTED);
	double there = found + (double)counted(tally, CONFLICT_MISSED);
	if (told > 0 && there > 0)
		printf("precision %.4f, recall %.4f\n", found / told, found / there);
}

static int run(const struct arguments *arguments)
{
	struct tally tally = {0};
	struct trial *trial = calloc(1, sizeof(*trial));
	must(trial != NULL, "no memory");
	long first = arguments->only >= 0 ? arguments->only : 0;
	long last = arguments->only >= 0 ? arguments->only + 1 : arguments->catalogs;
	long failed = 0;
	trial->tally = &tally;
	trial->control = arguments->control;
	trial->verbose = arguments->only >= 0;
	for (long i = first; i < last; i++)
		failed += !try_one(arguments, trial, i);
	amp_str_deinit(&trial->wrong);
	free(trial);
	print_tally(&tally);
	print_rates(&tally);
	printf("%s%s: %ld passed, %ld failed\n", arguments->name,
		arguments->control ? ", blinded" : "", last - first - failed, failed);
	return arguments->control ? failed == 0 : failed != 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = parse(argc, argv);
	if (arguments.run)
		return run(&arguments);
	fprintf(stderr,
		"usage: test_proofs model|sound|deleted|planted|extensions "
		"[--seed N] [--catalogs N] [--only K] [--control]\n");
	return 2;
}
