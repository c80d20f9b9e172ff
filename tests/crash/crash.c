/*
 * Crash: stops a run at every operation on its folder, in every way that the disk allows,
 * and lets the next run find what is left.
 *
 *	test_crash [--every N] [--seed N] [--point K] [--only PLAN[/MODE]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/folders.h"
#include "tests/crash/stand.h"
#include "tests/crash/tap.h"
#include "tests/support/points.h"

/* How often each damage is tried at a point; those with dice more than once. */
static const int tries[DAMAGE_KINDS] = {
	[DAMAGE_KILL] = 1,
	[DAMAGE_TORN] = 3,
	[DAMAGE_TORN_BYTES] = 4,
	[DAMAGE_LOST] = 1,
	[DAMAGE_LOST_BYTES] = 1,
	[DAMAGE_LOST_NAMES] = 1,
	[DAMAGE_LOST_CREATE] = 1,
	[DAMAGE_LOST_UNLINK] = 1,
	[DAMAGE_SUBSET] = 64,
	[DAMAGE_TRASH] = 32,
};

struct suite {
	struct points points;
	const char *plan, *mode; /* only these; NULL: all */
	long images, starts, deaths;
};

/* One run that is stopped. */
struct scene {
	struct suite *suite;
	struct stand *stand;
	struct trace trace;
	struct run run;
	struct disk disk; /* as it is at the moment */
	struct image image;
};

static const char *where(const struct scene *scene, size_t at, char out[256])
{
	const struct op *op = at < scene->trace.count ? &scene->trace.items[at] : NULL;
	const char *name = op && *op->name ? op->name : "";
	for (size_t i = 0; op && !*op->name && i < scene->disk.live.count; i++)
		if (scene->disk.live.items[i].node == op->node)
			name = scene->disk.live.items[i].text;
	snprintf(out, 256, "%s, %s%s, before operation %zu of %zu (%s%s%s)",
		scene->stand->plan->name, mode_name(scene->stand->mode),
		scene->stand->each ? ", a stage each" : "", at, scene->trace.count,
		op ? op_name(op->kind) : "the end", *name ? " " : "", name);
	return out;
}

static void judge(struct scene *scene, size_t at, const char *damage)
{
	struct points *points = &scene->suite->points;
	char place[256];
	int low, high;
	run_bounds(&scene->run, &scene->trace, at, &low, &high);
	int state = stand_judge(scene->stand, &scene->image);
	if (points->verbose)
		printf("%s: %s: state %d of %d to %d\n", where(scene, at, place), damage,
			state, low, high);
	if (state < 0)
		points_failed(points, "%s: %s: %s", where(scene, at, place), damage,
			scene->stand->why);
	else if (!stand_is_between(scene->stand, state, low, high))
		points_failed(points, "%s: %s: state %d, but %d to %d may be there",
			where(scene, at, place), damage, state, low, high);
	else
		points_passed(points);
}

static void try_damages(struct scene *scene, size_t at)
{
	const struct op *next = at < scene->trace.count ? &scene->trace.items[at] : NULL;
	struct points *points = &scene->suite->points;
	for (int kind = 0; kind < DAMAGE_KINDS; kind++)
		for (int i = 0; i < tries[kind]; i++) {
			/* asked first, so that a point has the same number for each seed */
			struct damage damage = {(enum damage_kind)kind, 0};
			if (!disk_damages(&scene->disk, next, damage.kind))
				break;
			if (!points_take(points))
				continue;
			struct dice dice =
				dice_of(points->seed, (uint64_t)points->number);
			damage.seed = dice_throw(&dice);
			disk_image(&scene->disk, next, damage, &scene->image);
			judge(scene, at, damage_name(damage.kind));
		}
}

/* A process that really dies there leaves what the trace says. */
static void try_death(struct scene *scene, size_t at, bool torn)
{
	struct points *points = &scene->suite->points;
	const struct op *next = &scene->trace.items[at];
	struct damage damage = {torn ? DAMAGE_TORN_BYTES : DAMAGE_KILL, 7};
	struct image left = {0};
	char place[256], why[256];
	int status;
	if (!disk_damages(&scene->disk, next, damage.kind) || !points_take(points))
		return;
	disk_image(&scene->disk, next, damage, &scene->image);
	stand_put(scene->stand, &scene->stand->base);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct trace trace = {0};
		struct disk disk;
		struct run run;
		stand_disk(scene->stand, &disk);
		tap_die(scene->stand->folder, &disk, &trace, at,
			torn ? disk_cut(next, damage) : 0);
		stand_first(scene->stand, &run, &trace);
		_exit(1);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		abort();
	stand_take(scene->stand, &left);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		points_failed(points, "%s: the child did not die there",
			where(scene, at, place));
	else if (!image_equal(&scene->image, &left, why, sizeof(why)))
		points_failed(points,
			"%s: a dead process left something else than the trace says: %s",
			where(scene, at, place), why);
	else
		points_passed(points);
	scene->suite->deaths++;
	image_free(&left);
}

static void record(struct scene *scene)
{
	struct disk disk;
	struct image left = {0};
	char why[256];
	stand_put(scene->stand, &scene->stand->base);
	stand_disk(scene->stand, &disk);
	tap_record(scene->stand->folder, &disk, &scene->trace);
	stand_first(scene->stand, &scene->run, &scene->trace);
	tap_stop();
	/* what the trace says is what is there */
	for (size_t i = 0; i < scene->trace.count; i++)
		disk_apply(&disk, &scene->trace.items[i]);
	disk_image(&disk, NULL, (struct damage){DAMAGE_KILL, 0}, &scene->image);
	stand_take(scene->stand, &left);
	if (!image_equal(&scene->image, &left, why, sizeof(why))) {
		fprintf(stderr, "%s, %s: the trace is not what happened: %s\n",
			scene->stand->plan->name, mode_name(scene->stand->mode), why);
		exit(1);
	}
	image_free(&left);
	disk_free(&disk);
}

static void try_stand(struct suite *suite, struct stand *stand)
{
	struct scene scene = {.suite = suite, .stand = stand};
	record(&scene);
	stand_disk(stand, &scene.disk);
	for (size_t at = 0; at <= scene.trace.count; at++) {
		try_damages(&scene, at);
		if (at == scene.trace.count)
			break;
		try_death(&scene, at, false);
		try_death(&scene, at, true);
		disk_apply(&scene.disk, &scene.trace.items[at]);
	}
	suite->images += (long)stand->images.count;
	suite->starts += stand->nstarts;
	disk_free(&scene.disk);
	image_free(&scene.image);
	run_free(&scene.run);
	trace_free(&scene.trace);
}

static bool is_wanted(const struct suite *suite, const struct plan *plan, int mode)
{
	if (plan->one_mode && mode != MODE_DELETE && mode != MODE_WAL)
		return false;
	if (!plan->lent && mode > MODE_WAL)
		return false;
	return (!suite->plan || !strcmp(suite->plan, plan->name)) &&
		(!suite->mode || !strcmp(suite->mode, mode_name((enum mode)mode)));
}

static void take_only(struct suite *suite, char *word)
{
	char *slash = strchr(word, '/');
	suite->plan = word;
	if (slash) {
		*slash = '\0';
		suite->mode = slash + 1;
	}
}

int main(int argc, char **argv)
{
	struct suite suite = {0};
	int left = points_init(&suite.points, "crash", 50, argc, argv);
	for (int i = 1; i < left; i++)
		if (!strcmp(argv[i], "--only") && i + 1 < left)
			take_only(&suite, argv[++i]);
	folder_choose_memory();
	tap_init();
	for (size_t p = 0; p < nplans; p++)
		for (int mode = 0; mode < MODES; mode++)
			for (int each = 0; each <= plans[p].grains; each++) {
				struct stand stand;
				if (!is_wanted(&suite, &plans[p], mode))
					continue;
				stand_init(&stand, &plans[p], (enum mode)mode, each);
				try_stand(&suite, &stand);
				stand_free(&stand);
			}
	printf("crash: %ld different folders, amplan started on %ld; %ld processes died\n",
		suite.images, suite.starts, suite.deaths);
	return points_done(&suite.points);
}
