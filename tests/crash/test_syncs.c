/*
 * Syncs: committed means durable, and not one sync more than that takes.
 *
 * The exact number of syncs of one apply in each journal mode; what is left when all is
 * lost that was not synced; files of amplan's own, old or new but whole; and a startup with
 * nothing to do, which writes, syncs and locks nothing.
 */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <amplan/amplan.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/crash/expect.h"
#include "tests/crash/folders.h"
#include "tests/crash/stand.h"
#include "tests/crash/tap.h"
#include "tests/support/temp.h"

static int by_name(const void *left, const void *right)
{
	const struct name *a = left, *b = right;
	return strcmp(a->text, b->text);
}

/* "app.db 4, app.db-journal 8, / 5": how often each file was synced; "/" is the folder. */
static void assert_syncs(struct tap_counts *counts, const char *expected)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	if (counts->by_file.count)
		qsort(counts->by_file.items, counts->by_file.count,
			sizeof(*counts->by_file.items), by_name);
	for (size_t i = 0; i < counts->by_file.count; i++)
		amp_str_addf(&text, "%s%s %d", i ? ", " : "",
			counts->by_file.items[i].text, counts->by_file.items[i].node);
	assert_string_equal(amp_str_text(&text), expected);
	amp_vec_deinit(&counts->by_file);
}

static void count_first(enum mode mode, const char *plan, const char *expected)
{
	struct stand stand;
	struct tap_counts counts = {0};
	struct run run;
	stand_init(&stand, plans_find(plan), mode, false);
	stand_put(&stand, &stand.base);
	tap_count(stand.folder, &counts);
	stand_first(&stand, &run, NULL);
	tap_stop();
	assert_int_equal(run.code, AMPLAN_OK);
	assert_syncs(&counts, expected);
	run_free(&run);
	stand_free(&stand);
}

/* Four stages on a database that exists. For each the journal is synced twice before the
   database is, and its name once; what ends it is one sync more, of the folder or of the
   journal. */
static void test_syncs__of_a_rollback_journal(void **state)
{
	(void)state;
	count_first(MODE_DELETE, "saved", "/ 8, app.db 4, app.db-journal 8");
	count_first(MODE_TRUNCATE, "saved", "/ 4, app.db 4, app.db-journal 12");
	count_first(MODE_PERSIST, "saved", "/ 4, app.db 4, app.db-journal 12");
}

static void test_syncs__of_a_log(void **state)
{
	(void)state;
	count_first(MODE_WAL, "saved", "/ 1, app.db 1, app.db-wal 6");
}

static void test_syncs__of_a_new_database(void **state)
{
	(void)state;
	count_first(MODE_DELETE, "ten", "/ 2, app.db 1, app.db-journal 2");
}

/* Success was reported; then all is lost that was not synced. */
static void test_syncs__what_is_committed_stays(void **state)
{
	(void)state;
	for (size_t p = 0; p < nplans; p++)
		for (int mode = 0; mode < MODES; mode++) {
			struct stand stand;
			struct disk disk;
			struct run run;
			struct trace trace = {0};
			struct image image = {0};
			if (plans[p].one_mode && mode != MODE_DELETE && mode != MODE_WAL)
				continue;
			stand_init(&stand, &plans[p], (enum mode)mode, false);
			stand_put(&stand, &stand.base);
			stand_disk(&stand, &disk);
			tap_record(stand.folder, &disk, &trace);
			stand_first(&stand, &run, &trace);
			tap_stop();
			for (size_t i = 0; i < trace.count; i++)
				disk_apply(&disk, &trace.items[i]);
			disk_image(&disk, NULL, (struct damage){DAMAGE_LOST, 0}, &image);
			int found = stand_judge(&stand, &image);
			if (found != stand.same[stand_last(&stand)])
				fail_msg("%s, %s: state %d is left of %d: %s",
					plans[p].name, mode_name((enum mode)mode), found,
					stand_last(&stand), stand.why);
			run_free(&run);
			image_free(&image);
			disk_free(&disk);
			trace_free(&trace);
			stand_free(&stand);
		}
}

/* --- files of amplan's own --------------------------------------------------------- */

#define OLD "the old text\n"

/* A file that is written while the disk fails. */
struct written {
	char *folder, *path;
	const char *text;
	size_t length;
	bool through_put;
};

static bool is_whole(const struct image *image, const struct written *written, bool must)
{
	const struct file *file = image_find(image, "note");
	if (!file)
		return false;
	const char *bytes = (const char *)file->content.bytes;
	if (file->content.size == written->length &&
		!memcmp(bytes, written->text, written->length))
		return true;
	return !must && file->content.size == strlen(OLD) &&
		!memcmp(bytes, OLD, strlen(OLD));
}

static void write_it(const struct written *written)
{
	struct amplan_error error;
	if (written->through_put)
		assert_int_equal(
			amp_file_put(written->path, written->text, written->length), 0);
	else
		assert_int_equal(amp_file_replace(written->path, written->text,
					 written->length, &error),
			0);
}

static void try_written(struct written *written)
{
	struct disk disk;
	struct trace trace = {0};
	struct image image = {0};
	disk_init(&disk);
	disk_put(&disk, "note", OLD, strlen(OLD));
	disk_image(&disk, NULL, (struct damage){DAMAGE_KILL, 0}, &image);
	folder_put(written->folder, &image);
	tap_reset(1);
	tap_record(written->folder, &disk, &trace);
	write_it(written);
	tap_stop();
	/* create, write, sync, rename, sync of the folder */
	assert_int_equal(trace.count, 5);
	for (size_t at = 0; at <= trace.count; at++) {
		const struct op *next = at < trace.count ? &trace.items[at] : NULL;
		for (int kind = 0; kind < DAMAGE_KINDS; kind++)
			for (uint64_t seed = 0; seed < 50; seed++) {
				struct damage damage = {(enum damage_kind)kind, seed};
				if (!disk_damages(&disk, next, damage.kind))
					continue;
				disk_image(&disk, next, damage, &image);
				if (!is_whole(&image, written, !next))
					fail_msg("neither old nor new: %s before %s",
						damage_name(damage.kind),
						next ? op_name(next->kind) : "the end");
			}
		if (next)
			disk_apply(&disk, next);
	}
	image_free(&image);
	disk_free(&disk);
	trace_free(&trace);
}

static void test_syncs__files_are_old_or_new(void **state)
{
	char text[5000];
	struct written written = {.folder = temp_make(), .text = text};
	(void)state;
	memset(text, 'x', sizeof(text));
	written.length = sizeof(text);
	written.path = temp_path(written.folder, "note");
	try_written(&written);
	written.through_put = true;
	try_written(&written);
	free(written.path);
	temp_remove(written.folder);
}

/* --- nothing to do ------------------------------------------------------------------ */

static void assert_idle(enum mode mode, long read_locks)
{
	struct stand stand;
	struct run run;
	struct tap_counts counts = {0};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_startup_options startup = AMPLAN_STARTUP_OPTIONS_INIT;
	struct amplan_startup_result result;
	stand_init(&stand, plans_find("startup"), mode, false);
	stand_put(&stand, &stand.base);
	stand_first(&stand, &run, NULL);
	assert_int_equal(run.code, AMPLAN_OK);
	options.database = stand.database;
	options.folders = (const char *const *)&stand.migrations;
	options.nfolders = 1;
	startup.gate = AMPLAN_GATE_ON;
	tap_count(stand.folder, &counts);
	amplan_startup(&options, &startup, &result);
	tap_stop();
	assert_int_equal(result.outcome, AMPLAN_STARTUP_CURRENT);
	assert_int_equal(counts.writes, 0);
	assert_int_equal(counts.truncates, 0);
	assert_int_equal(counts.creates, 0);
	assert_int_equal(counts.removes, 0);
	assert_int_equal(counts.syncs, 0);
	assert_int_equal(counts.folder_syncs, 0);
	assert_int_equal(counts.write_locks, 0);
	assert_int_equal(counts.read_locks, read_locks);
	amplan_startup_result_deinit(&result);
	amp_vec_deinit(&counts.by_file);
	run_free(&run);
	stand_free(&stand);
}

/* What SQLite takes to read, PENDING and SHARED for each of four statements; where the log
   is empty, nothing. */
static void test_syncs__with_nothing_to_do_there_are_none(void **state)
{
	(void)state;
	assert_idle(MODE_DELETE, 8);
	assert_idle(MODE_WAL, 0);
}

/* --- what would undo it ------------------------------------------------------------- */

static void test_syncs__steps_do_not_choose_them(void **state)
{
	static const char step[] = "<migration xmlns=\"urn:amplan:1\" id=\"1_fast\" "
				   "transaction=\"none\"><up>PRAGMA synchronous=OFF; "
				   "CREATE TABLE t (x)</up></migration>";
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	struct amplan *amplan;
	char *folder = temp_make(), *database = temp_path(folder, "app.db");
	char *migrations = temp_path(folder, "m");
	(void)state;
	temp_text(folder, "m/1_fast.xml", step);
	options.database = database;
	options.folders = (const char *const *)&migrations;
	options.nfolders = 1;
	assert_int_equal(amplan_open(&options, &amplan, &error), AMPLAN_OK);
	assert_int_equal(
		amplan_apply(amplan, NULL, NULL, &report, &error), AMPLAN_REFUSED);
	assert_int_equal(report->nfindings, 1);
	assert_string_equal(report->findings[0].kind, "ineffective-pragma");
	assert_string_equal(
		report->findings[0].message, "how writes are synced belongs to amplan");
	amplan_report_free(report);
	amplan_close(amplan);
	free(migrations);
	free(database);
	temp_remove(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syncs__of_a_rollback_journal),
		cmocka_unit_test(test_syncs__of_a_log),
		cmocka_unit_test(test_syncs__of_a_new_database),
		cmocka_unit_test(test_syncs__what_is_committed_stays),
		cmocka_unit_test(test_syncs__files_are_old_or_new),
		cmocka_unit_test(test_syncs__with_nothing_to_do_there_are_none),
		cmocka_unit_test(test_syncs__steps_do_not_choose_them),
	};
	folder_choose_memory();
	tap_init();
	return cmocka_run_group_tests_name("syncs", tests, NULL, NULL);
}
