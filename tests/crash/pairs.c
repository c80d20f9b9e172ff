/*
 * Pairs: the run that finds what a stop left is stopped as well, at every operation; the
 * third run has to finish.
 *
 *	test_pairs [--every N] [--seed N] [--point K]
 *
 * The first stop is that of the process, whose unsynced writes the second run still sees
 * and the second stop may yet lose; or that of the machine, with all of them lost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/crash/folders.h"
#include "tests/crash/stand.h"
#include "tests/crash/tap.h"
#include "tests/support/points.h"

static const enum damage_kind firsts[] = {DAMAGE_KILL, DAMAGE_LOST};
static const enum damage_kind seconds[] = {
	DAMAGE_KILL, DAMAGE_LOST, DAMAGE_SUBSET, DAMAGE_TRASH};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A run after a stop. */
struct second {
	struct points *points;
	struct stand *stand;
	enum damage_kind first;
	size_t at; /* of the first stop */
	int sure;  /* committed for certain by then */
	int found; /* what the second run found */
	struct disk disk;
	struct trace trace;
	struct run run;
	struct image image;
};

static void run_and_record(struct stand *stand, const struct disk *disk,
	struct trace *trace, struct run *run, bool again)
{
	tap_record(stand->folder, disk, trace);
	if (again)
		stand_again(stand, run, trace);
	else
		stand_first(stand, run, trace);
	tap_stop();
}

/* What may be there: nothing that was certain is lost. That the second run saw a commit of
   the first does not make it certain; what it commits itself does. */
static void bounds(const struct second *second, size_t at, enum damage_kind damage,
	int *low, int *high)
{
	int seen;
	run_bounds(&second->run, &second->trace, at, &seen, high);
	bool all = second->first == DAMAGE_LOST || damage == DAMAGE_KILL;
	*low = all ? second->found : second->sure;
	if (seen > second->found)
		*low = seen;
	if (*high < second->found)
		*high = second->found;
}

static void try_one(struct second *second, size_t at, enum damage_kind kind)
{
	const struct op *next =
		at < second->trace.count ? &second->trace.items[at] : NULL;
	struct points *points = second->points;
	int low, high;
	if (!disk_damages(&second->disk, next, kind) || !points_take(points))
		return;
	struct dice dice = dice_of(points->seed, (uint64_t)points->number);
	disk_image(&second->disk, next, (struct damage){kind, dice_throw(&dice)},
		&second->image);
	bounds(second, at, kind, &low, &high);
	int state = stand_judge(second->stand, &second->image);
	const char *name = mode_name(second->stand->mode);
	if (points->verbose)
		printf("%s: %s before operation %zu, then %s before %zu of %zu: state %d\n",
			name, damage_name(second->first), second->at, damage_name(kind),
			at, second->trace.count, state);
	if (state >= 0 && stand_is_between(second->stand, state, low, high))
		points_passed(points);
	else
		points_failed(points,
			"%s%s: %s before operation %zu, then %s before %zu of %zu: state "
			"%d, but %d to %d may be there: %s",
			name, second->stand->each ? ", a stage each" : "",
			damage_name(second->first), second->at, damage_name(kind), at,
			second->trace.count, state, low, high, second->stand->why);
}

static void try_second(struct points *points, struct stand *stand,
	const struct disk *disk, enum damage_kind first, size_t at, int sure)
{
	struct second second = {
		.points = points, .stand = stand, .first = first, .at = at, .sure = sure};
	disk_image(disk, NULL, (struct damage){first, 0}, &second.image);
	second.found = stand_judge(stand, &second.image);
	if (second.found < 0)
		return; /* told by test_crash */
	disk_init(&second.disk);
	if (first == DAMAGE_KILL) {
		disk_free(&second.disk);
		disk_copy(&second.disk, disk);
	} else {
		for (size_t i = 0; i < second.image.count; i++)
			disk_put(&second.disk, second.image.files[i].name,
				second.image.files[i].content.bytes,
				second.image.files[i].content.size);
	}
	stand_put(stand, &second.image);
	run_and_record(stand, &second.disk, &second.trace, &second.run, true);
	for (size_t then = 0; then <= second.trace.count; then++) {
		for (size_t i = 0; i < COUNT(seconds); i++)
			try_one(&second, then, seconds[i]);
		if (then < second.trace.count)
			disk_apply(&second.disk, &second.trace.items[then]);
	}
	disk_free(&second.disk);
	trace_free(&second.trace);
	run_free(&second.run);
	image_free(&second.image);
}

static void try_stand(struct points *points, struct stand *stand)
{
	struct trace trace = {0};
	struct run run;
	struct disk disk;
	int low, high;
	stand_disk(stand, &disk);
	stand_put(stand, &stand->base);
	run_and_record(stand, &disk, &trace, &run, false);
	for (size_t at = 0; at <= trace.count; at++) {
		run_bounds(&run, &trace, at, &low, &high);
		for (size_t i = 0; i < COUNT(firsts); i++)
			if (disk_damages(&disk, NULL, firsts[i]))
				try_second(points, stand, &disk, firsts[i], at, low);
		if (at < trace.count)
			disk_apply(&disk, &trace.items[at]);
	}
	disk_free(&disk);
	run_free(&run);
	trace_free(&trace);
}

int main(int argc, char **argv)
{
	static const enum mode modes[] = {MODE_DELETE, MODE_WAL};
	struct points points;
	long images = 0, starts = 0;
	points_init(&points, "pairs", 200, argc, argv);
	folder_choose_memory();
	tap_init();
	for (size_t i = 0; i < COUNT(modes); i++)
		for (int each = 0; each < 2; each++) {
			struct stand stand;
			stand_init(&stand, plans_find("ten"), modes[i], each);
			try_stand(&points, &stand);
			images += (long)stand.images.count;
			starts += stand.nstarts;
			stand_free(&stand);
		}
	printf("pairs: %ld different folders, amplan started on %ld\n", images, starts);
	return points_done(&points);
}
