/*
 * Swaps: between any two system calls of the program somebody puts another file, folder,
 * link, plan, database or history in the place of what is there. Then it refuses, or it
 * applies what it read, whole: what was there before, or what was there afterwards.
 *
 * What the database may hold is known from undisturbed runs: the swap alone; the swap and
 * then the program; the program and then the swap. Nothing else is possible, so nothing in
 * between is: no text of one file under the checksum of another, no half of a plan.
 *
 *	test_swaps [TEXT] [--every N] ...	only COMMAND/SWAP that hold the text
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/hostile/make.h"
#include "tests/hostile/swap_world.h"
#include "tests/hostile/trace.h"
#include "tests/support/points.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))
#define SKIPPED 77
#define SOURCE_TOLD \
	"m/one.xml:1:79: error[invalid-descriptor]: file 'sql/one.sql' was changed while it was read\n"
#define DESCRIPTOR_TOLD \
	"m/two.xml: error[invalid-descriptor]: the file was changed while it was read\n"
#define HERE "-d", "app.db", "-m", "m"

static const struct command {
	const char *name;
	int reads; /* what of it may be swapped */
	bool applies;
	bool old; /* on a kernel without openat2() */
	const char *words[10];
} commands[] = {
	{"apply", FILES | DATABASE, true, false, {"apply", HERE}},
	{"apply-plan", FILES | PLAN | DATABASE, true, false,
		{"apply", "--plan", "plan.xml", HERE}},
	{"plan", FILES | DATABASE, false, false, {"plan", "--out", "saved.xml", HERE}},
	{"check", FILES, false, false, {"check", "-m", "m"}},
	{"old-apply", FILES, true, true, {"apply", HERE}},
};

static const char *const apply[] = {"apply", HERE, NULL};
static const char *const apply_saved[] = {"apply", "--plan", "saved.xml", HERE, NULL};
static const char *const verify[] = {"verify", HERE, NULL};

/* What a database may hold, and what comes of it next. */
struct outcome {
	char *text;
	bool done;   /* the pending work is in it */
	int verify;  /* the exit then */
	int again;   /* of one more apply */
	char *after; /* what that one left */
};

enum { UNTOUCHED, DONE, SWAPPED, SWAPPED_DONE, DONE_SWAPPED, OUTCOMES };

struct group {
	const struct command *command;
	const struct swap *swap;
	struct outcome outcomes[OUTCOMES];
	bool made, swapped; /* swapped: in the point that is tried now */
};

static int run_to_exit(const char *const *words)
{
	struct ran ran;
	run(&ran, words, NULL);
	ran_free(&ran);
	return ran.exit;
}

static void look(struct outcome *outcome)
{
	outcome->text = swap_world_read("app.db");
	outcome->verify = run_to_exit(verify);
	outcome->again = run_to_exit(apply);
	outcome->after = swap_world_read("app.db");
}

/* What writes nothing leaves the work to the apply that comes after it. */
static const char *const *working_words(const struct group *group)
{
	return group->command->applies ? group->command->words : apply;
}

static void make_outcomes(struct group *group)
{
	struct outcome *outcomes = group->outcomes;
	if (group->made)
		return;
	for (int i = 0; i < OUTCOMES; i++) {
		swap_world_reset();
		if (i == SWAPPED || i == SWAPPED_DONE)
			group->swap->make();
		if (i == DONE || i == SWAPPED_DONE || i == DONE_SWAPPED)
			outcomes[i].done = run_to_exit(working_words(group)) == 0;
		if (i == DONE_SWAPPED)
			group->swap->make();
		look(&outcomes[i]);
	}
	/* where the database is swapped the work is in the one that is away */
	if (!strcmp(outcomes[DONE_SWAPPED].text, outcomes[SWAPPED].text))
		outcomes[DONE_SWAPPED].done = false;
	group->made = true;
}

static void free_outcomes(struct group *group)
{
	for (int i = 0; i < OUTCOMES; i++) {
		free(group->outcomes[i].text);
		free(group->outcomes[i].after);
	}
}

/* A catalog that is changed behind what was read of it is not stamped, which only takes
   the fast path from a startup. */
static bool is_same(const char *text, const char *expected)
{
	const char *stamp = strstr(text, SWAP_STAMP);
	size_t length = (size_t)(stamp - text);
	return !strcmp(text, expected) ||
		(!strcmp(stamp, SWAP_STAMP "|\n") && !strncmp(text, expected, length) &&
			!strncmp(expected + length, SWAP_STAMP, strlen(SWAP_STAMP)));
}

/* The one that the database is in; NULL: none of those that may be. */
static const struct outcome *find_outcome(const struct group *group, const char *text)
{
	int first = group->swapped ? SWAPPED : UNTOUCHED;
	int end = group->swapped ? OUTCOMES : SWAPPED;
	for (int i = first; i < end; i++)
		if (is_same(text, group->outcomes[i].text))
			return &group->outcomes[i];
	return NULL;
}

/* What was "app.db" and is not any more: as it was, or with all of the work. */
static const char *judge_away(const struct group *group, bool *done)
{
	if (access(AWAY, F_OK))
		return NULL;
	char *text = swap_world_read(AWAY);
	bool untouched = !strcmp(text, group->outcomes[UNTOUCHED].text);
	*done = is_same(text, group->outcomes[DONE].text);
	free(text);
	return untouched || *done ? NULL
				  : "the database that was put away is neither "
				    "untouched nor done";
}

/* What the program said, whatever it did. */
static const char *judge_words(const struct ran *ran)
{
	static const int exits[] = {0, 1, 3, 4, 6};
	bool known = false;
	for (size_t i = 0; i < COUNT_OF(exits); i++)
		known = known || ran->exit == exits[i];
	if (!known)
		return "this exit is none of those that may be";
	if (strstr(ran->out, STOLEN))
		return "something from outside is shown";
	if (ran->exit && !strstr(ran->out, "error[") && !strstr(ran->out, "amplan: "))
		return "nothing is said about it";
	return NULL;
}

/* NULL: all is well after the program ended so. *found is what is there now. */
static const char *judge(
	const struct group *group, const struct ran *ran, const struct outcome **found)
{
	static const char *const left[] = {
		"app.db-journal", "app.db-wal", "other.db-journal", AWAY "-journal"};
	bool away = false;
	const char *wrong = judge_words(ran);
	for (size_t i = 0; !wrong && i < COUNT_OF(left); i++)
		if (!access(left[i], F_OK))
			wrong = "a file is left";
	char *text = swap_world_read("app.db");
	*found = find_outcome(group, text);
	if (!wrong && !*found)
		wrong = "the database holds what it must not";
	free(text);
	if (!wrong)
		wrong = judge_away(group, &away);
	if (wrong)
		return wrong;
	bool done = (*found)->done || away;
	if (!group->command->applies)
		return done ? "it applied something" : NULL;
	if (ran->exit == 0 && !done)
		return "it says that it is done, and nothing is";
	/* the report after the work looks at the database again, which may be gone */
	if (ran->exit && done && !strstr(ran->out, "were applied and stay so"))
		return "it says that it failed, and all is done";
	return NULL;
}

/* Verify and one more apply say the same as they do after an undisturbed run. */
static const char *judge_next(const struct outcome *found)
{
	int wanted = found->verify;
	/* an empty file holds the same as none, and is a database: apply may have made it */
	if (wanted == 6 && !access("app.db", F_OK))
		wanted = 0;
	if (run_to_exit(verify) != wanted)
		return "verify ends otherwise";
	if (run_to_exit(apply) != found->again)
		return "one more apply ends otherwise";
	char *text = swap_world_read("app.db");
	bool same = is_same(text, found->after);
	free(text);
	return same ? NULL : "one more apply leaves something else";
}

/* The plan that was saved meanwhile is of the old world or of the new one. */
static const char *judge_saved(const struct group *group)
{
	struct ran ran;
	const struct outcome *found;
	struct group later = *group;
	later.command = &commands[0];
	if (access("saved.xml", F_OK))
		return NULL;
	if (!system("grep -q " STOLEN " saved.xml"))
		return "something from outside is in the saved plan";
	run(&ran, apply_saved, NULL);
	const char *wrong = judge(&later, &ran, &found);
	ran_free(&ran);
	return wrong;
}

static void swap_now(void *data)
{
	struct group *group = data;
	group->swapped = group->swap->make();
}

static void tell(const struct group *group, const struct ran *ran)
{
	static const char *const names[] = {
		"untouched", "done", "swapped", "swapped, done", "done, swapped"};
	char *text = swap_world_read("app.db");
	printf("exit %d\n%s\nThe database:\n%s", ran->exit, ran->out, text);
	for (int i = 0; i < OUTCOMES; i++)
		printf("\nWhat may be there (%s):\n%s", names[i],
			group->outcomes[i].text);
	free(text);
}

static void try_at(struct points *points, struct group *group, long stop)
{
	struct ran ran;
	const struct outcome *found = NULL;
	struct trace trace = {
		.stop = stop, .act = swap_now, .data = group, .old = group->command->old};
	make_outcomes(group);
	swap_world_reset();
	group->swapped = false;
	trace_run(&ran, group->command->words, &trace);
	if (points->verbose)
		tell(group, &ran);
	const char *wrong = judge(group, &ran, &found);
	if (!wrong)
		wrong = group->command->applies ? judge_next(found) : judge_saved(group);
	if (wrong)
		points_failed(points, "%s, %s at stop %ld: %s: exit %d\n%s",
			group->command->name, group->swap->name, stop, wrong, ran.exit,
			ran.out);
	else
		points_passed(points);
	ran_free(&ran);
}

/* Is what an undisturbed run makes of the swap what the table says? */
static void try_outcomes(struct points *points, struct group *group)
{
	struct ran ran, after;
	const struct swap *swap = group->swap;
	int expected = group->command->reads & PLAN ? swap->plan : swap->apply;
	make_outcomes(group);
	swap_world_reset();
	swap->make();
	run(&ran, working_words(group), NULL);
	swap_world_reset();
	run_to_exit(working_words(group));
	swap->make();
	run(&after, verify, NULL);
	if (ran.exit != expected || group->outcomes[SWAPPED_DONE].done != !expected)
		points_failed(points, "%s, %s: exit %d, not %d\n%s", group->command->name,
			swap->name, ran.exit, expected, ran.out);
	else if (swap->verify ? !strstr(after.out, swap->verify) : after.exit != 0)
		points_failed(points, "%s, %s: verify says, exit %d:\n%s",
			group->command->name, swap->name, after.exit, after.out);
	else
		points_passed(points);
	ran_free(&ran);
	ran_free(&after);
}

static void try_group(struct points *points, const char *only,
	const struct command *command, const struct swap *swap, long stops)
{
	struct group group = {.command = command, .swap = swap};
	char name[64];
	snprintf(name, sizeof(name), "%s/%s", command->name, swap->name);
	if (only && !strstr(name, only)) {
		points->number += stops + command->applies;
		return;
	}
	if (command->applies && points_take(points))
		try_outcomes(points, &group);
	for (long stop = 0; stop < stops; stop++)
		if (points_take(points))
			try_at(points, &group, stop);
	free_outcomes(&group);
}

static bool blocks(
	const struct group *group, const char *const *words, const char *sql, int exit)
{
	const struct outcome *found;
	char said[] = "amplan: error";
	struct ran ran = {.exit = exit, .out = said};
	swap_world_reset();
	if (words)
		run_to_exit(words);
	if (*sql)
		swap_world_execute("app.db", sql);
	return judge(group, &ran, &found) != NULL;
}

/* A judge that lets everything pass is none. */
static void prove_sight(struct points *points)
{
	struct group group = {.command = &commands[0], .swap = &swaps[1]};
	if (!points_take(points))
		return;
	make_outcomes(&group);
	group.swapped = true;
	if (blocks(&group, NULL, "", 3) || blocks(&group, apply, "", 0))
		points_failed(points, "what is well is not seen as such");
	else if (!blocks(&group, NULL, "CREATE TABLE " STOLEN " (v)", 3) ||
		!blocks(&group, apply, "CREATE TABLE " STOLEN " (v)", 0))
		points_failed(points, "a stolen table is not seen");
	else if (!blocks(&group, apply, "UPDATE one SET v = 'new'", 0) ||
		!blocks(&group, apply, "DELETE FROM four", 0) ||
		!blocks(&group, apply, "DELETE FROM amplan_history WHERE number = 4", 0))
		points_failed(points, "a mix is not seen");
	else if (!blocks(&group, NULL, "", 0) || !blocks(&group, apply, "", 3) ||
		!blocks(&group, NULL, "", 70) || !blocks(&group, NULL, "", -1))
		points_failed(points, "a wrong exit is not seen");
	else
		points_passed(points);
	free_outcomes(&group);
}

/* Somewhere between two calls a file is written to that is being read, and that is said. */
static void prove_told(
	struct points *points, const char *name, const char *line, long stops)
{
	const struct swap *swap = swaps;
	while (strcmp(swap->name, name) != 0)
		swap++;
	struct group group = {.command = &commands[0], .swap = swap};
	bool told = false;
	if (!points_take(points))
		return;
	for (long stop = 0; stop < stops && !told; stop++) {
		struct ran ran;
		struct trace trace = {.stop = stop, .act = swap_now, .data = &group};
		swap_world_reset();
		trace_run(&ran, group.command->words, &trace);
		told = ran.exit == 3 && strstr(ran.out, line);
		ran_free(&ran);
	}
	if (told)
		points_passed(points);
	else
		points_failed(points, "%s: never is it said that\n%s", name, line);
}

/* How often the program halts where nobody disturbs it; -1: it cannot be traced. */
static long count_stops(const struct command *command)
{
	struct ran ran;
	struct trace trace = {.stop = -1, .old = command->old};
	swap_world_reset();
	trace_run(&ran, command->words, &trace);
	if (ran.exit == TRACE_REFUSED) {
		printf("hostile.swaps: SKIPPED, nothing was tried: nothing can be traced "
		       "here\n");
		trace.count = -1;
	} else if (ran.exit || trace.count == 0) {
		fprintf(stderr, "%s: exit %d, %ld stops\n%s", command->name, ran.exit,
			trace.count, ran.out);
		exit(2);
	}
	ran_free(&ran);
	return trace.count;
}

int main(int argc, char **argv)
{
	struct points points;
	bool possible = true;
	argc = points_init(&points, "hostile.swaps", 40, argc, argv);
	if (!getenv("TMPDIR") && !access("/dev/shm", W_OK))
		setenv("TMPDIR", "/dev/shm", 1); /* it is about order, not about syncs */
	make_room();
	swap_world_prepare();
	for (size_t i = 0; possible && i < COUNT_OF(commands); i++) {
		long stops = count_stops(&commands[i]);
		possible = stops >= 0;
		if (i == 0 && possible) {
			prove_sight(&points);
			prove_told(&points, "source-written", SOURCE_TOLD, stops);
			prove_told(&points, "descriptor-written", DESCRIPTOR_TOLD, stops);
		}
		for (int k = 0; possible && swaps[k].name; k++)
			if (swaps[k].touches & commands[i].reads)
				try_group(&points, argc > 1 ? argv[1] : NULL,
					&commands[i], &swaps[k], stops);
	}
	make_no_room();
	return possible ? points_done(&points) : SKIPPED;
}
