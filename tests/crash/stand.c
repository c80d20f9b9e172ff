#include "tests/crash/stand.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <amplan/amplan.h>

#include "tests/crash/expect.h"
#include "tests/crash/folders.h"
#include "tests/crash/tap.h"
#include "tests/support/temp.h"

const char *mode_name(enum mode mode)
{
	static const char *const names[] = {
		"delete", "truncate", "persist", "wal", "memory", "off"};
	return names[mode];
}

static void fail(const struct stand *stand, const char *what, const char *why)
{
	fprintf(stderr, "%s, %s: %s: %s\n", stand->plan->name, mode_name(stand->mode),
		what, why);
	abort();
}

/* --- runs ------------------------------------------------------------------------ */

static void see_progress(void *user, const struct amplan_progress *progress)
{
	struct run *run = user;
	const struct plan *plan = run->stand->plan;
	if (!run->trace || !progress->id || progress->rows ||
		(progress->phase != AMPLAN_APPLYING && progress->phase != AMPLAN_UNDOING))
		return;
	for (size_t i = 0; i < plan->nsteps; i++)
		if (!strcmp(plan->steps[i].id, progress->id) &&
			!amp_vec_push(&run->marks,
				(struct mark){run->trace->count, run->stand->before[i]}))
			abort();
}

static int apply_saved(struct stand *stand, struct amplan *amplan,
	struct amplan_report **report, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *plan = NULL;
	char *path = temp_path(stand->root, "plan.xml");
	options.fidelity = AMPLAN_FIDELITY_SCHEMA;
	int code = amplan_plan(amplan, &options, &plan, error);
	if (!code)
		code = amplan_plan_save(plan, path, error);
	amplan_report_free(plan);
	plan = NULL;
	options.file = path;
	if (!code)
		code = amplan_plan(amplan, &options, &plan, error);
	if (!code)
		code = amplan_apply(amplan, NULL, plan, report, error);
	amplan_report_free(plan);
	free(path);
	return code;
}

static int roll_back(struct stand *stand, struct amplan *amplan,
	struct amplan_report **report, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *plan = NULL;
	options.fidelity = AMPLAN_FIDELITY_NONE;
	options.rollback = true;
	options.steps = (unsigned)stand->plan->nsteps;
	int code = amplan_plan(amplan, &options, &plan, error);
	if (!code && plan->nsteps)
		code = amplan_apply(amplan, NULL, plan, report, error);
	amplan_report_free(plan);
	return code;
}

static int call(struct stand *stand, bool again, struct amplan *amplan,
	struct amplan_report **report, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	const char *last = stand->plan->steps[stand->plan->nsteps - 1].id;
	options.fidelity = again ? AMPLAN_FIDELITY_NONE : AMPLAN_FIDELITY_SCHEMA;
	switch (stand->plan->action) {
	case DO_SAVED:
		return again ? amplan_apply(amplan, &options, NULL, report, error)
			     : apply_saved(stand, amplan, report, error);
	case DO_ROLLBACK:
		return roll_back(stand, amplan, report, error);
	case DO_BASELINE:
		return amplan_baseline(amplan, NULL, false, report, error);
	case DO_AGAIN:
	case DO_APPLIED:
		return amplan_resolve(
			amplan, last, stand->plan->action == DO_APPLIED, error);
	default:
		return amplan_apply(amplan, &options, NULL, report, error);
	}
}

/* An application that has the database open in its own way, and does not sync much. */
static sqlite3 *lend(const struct stand *stand)
{
	sqlite3 *handle = expect_open(stand->folder);
	char sql[96];
	snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s; PRAGMA synchronous=NORMAL",
		mode_name(stand->mode));
	sqlite3_extended_result_codes(handle, 1);
	sqlite3_exec(handle, sql, NULL, NULL, NULL);
	return handle;
}

static int read_word(void *out, int count, char **values, char **names)
{
	(void)names;
	if (count == 1 && values[0])
		snprintf(out, 16, "%s", values[0]);
	return 0;
}

/* The application finds its handle as it was. */
static void take_back(const struct stand *stand, sqlite3 *handle)
{
	char mode[16] = "", synchronous[16] = "";
	sqlite3_exec(handle, "PRAGMA journal_mode", read_word, mode, NULL);
	sqlite3_exec(handle, "PRAGMA synchronous", read_word, synchronous, NULL);
	if (strcmp(mode, mode_name(stand->mode)) != 0 || strcmp(synchronous, "1") != 0)
		fail(stand, "the handle came back with another journal", mode);
	sqlite3_close(handle);
}

static int run_session(struct stand *stand, bool again,
	const struct amplan_options *options, struct amplan_error *error)
{
	struct amplan *amplan = NULL;
	struct amplan_report *report = NULL;
	int code = amplan_open(options, &amplan, error);
	if (!code)
		code = call(stand, again, amplan, &report, error);
	amplan_report_free(report);
	amplan_close(amplan);
	return code;
}

static int run_startup(const struct amplan_options *options, struct amplan_error *error)
{
	struct amplan_startup_options startup = AMPLAN_STARTUP_OPTIONS_INIT;
	struct amplan_startup_result result;
	startup.gate = AMPLAN_GATE_ON;
	int code = amplan_startup(options, &startup, &result);
	*error = result.error;
	amplan_startup_result_deinit(&result);
	return code;
}

static void run_any(
	struct stand *stand, bool again, struct run *run, const struct trace *trace)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_error error;
	bool lent = !again && stand->mode != MODE_DELETE && stand->mode != MODE_WAL;
	*run = (struct run){.stand = stand, .trace = trace};
	tap_reset(again ? 2 : 1);
	sqlite3 *handle = lent ? lend(stand) : NULL;
	options.database = lent ? NULL : stand->database;
	options.sqlite = handle;
	options.folders = (const char *const *)&stand->migrations;
	options.nfolders = 1;
	options.progress = see_progress;
	options.user = run;
	run->code = stand->plan->action == DO_STARTUP
		? run_startup(&options, &error)
		: run_session(stand, again, &options, &error);
	snprintf(stand->why, sizeof(stand->why), "%s", run->code ? error.message : "");
	if (trace && !run->code &&
		!amp_vec_push(
			&run->marks, (struct mark){trace->count, stand_last(stand)}))
		abort();
	if (handle)
		take_back(stand, handle);
}

void stand_first(struct stand *stand, struct run *run, const struct trace *trace)
{
	run_any(stand, false, run, trace);
}

void stand_again(struct stand *stand, struct run *run, const struct trace *trace)
{
	run_any(stand, true, run, trace);
}

void run_free(struct run *run)
{
	amp_vec_deinit(&run->marks);
}

int stand_last(const struct stand *stand)
{
	return (int)stand->states.count - 1;
}

void run_bounds(
	const struct run *run, const struct trace *trace, size_t op, int *low, int *high)
{
	(void)trace;
	*low = 0;
	*high = stand_last(run->stand);
	for (size_t i = 0; i < run->marks.count; i++) {
		const struct mark *mark = &run->marks.items[i];
		if (mark->op > op) {
			*high = mark->state;
			return;
		}
		*low = mark->state;
	}
}

/* --- setting up ------------------------------------------------------------------ */

static void make_base(struct stand *stand)
{
	const struct plan *plan = stand->plan;
	if (plan->base || stand->mode == MODE_WAL) {
		sqlite3 *handle = expect_open(stand->folder);
		if (plan->base)
			expect_exec(handle, plan->base);
		if (stand->mode == MODE_WAL)
			expect_exec(handle, "PRAGMA journal_mode=WAL");
		sqlite3_close(handle);
	}
	if (plan->before) {
		struct amplan_options options = AMPLAN_OPTIONS_INIT;
		struct amplan_plan_options how = AMPLAN_PLAN_OPTIONS_INIT;
		struct amplan_report *report = NULL;
		struct amplan_error error;
		struct amplan *amplan = NULL;
		tap_reset(0);
		expect_descriptors(stand, true);
		options.database = stand->database;
		options.folders = (const char *const *)&stand->migrations;
		options.nfolders = 1;
		how.fidelity = AMPLAN_FIDELITY_NONE;
		how.to = plan->steps[plan->before - 1].id;
		int code = amplan_open(&options, &amplan, &error);
		if (!code)
			code = amplan_apply(amplan, &how, NULL, &report, &error);
		if (code != (plan->steps[plan->before - 1].fails ? AMPLAN_PARTIAL : 0))
			fail(stand, "base", error.message);
		amplan_report_free(report);
		amplan_close(amplan);
	}
	expect_descriptors(stand, false);
	if (plan->noted)
		temp_text(stand->folder, DATABASE "-amplan-failure",
			"2026-11-22T00:00:00.000Z\n1_t\n\nit failed yesterday\n");
	folder_take(stand->folder, &stand->base);
}

void stand_init(struct stand *stand, const struct plan *plan, enum mode mode, bool each)
{
	*stand = (struct stand){.plan = plan, .mode = mode, .each = each, .share = 8};
	stand->root = temp_make();
	stand->folder = temp_path(stand->root, "run");
	stand->raw = temp_path(stand->root, "raw");
	stand->migrations = temp_path(stand->root, "m");
	stand->database = temp_path(stand->folder, DATABASE);
	mkdir(stand->folder, 0700);
	mkdir(stand->raw, 0700);
	mkdir(stand->migrations, 0700);
	expect_states(stand);
	make_base(stand);
}

void stand_free(struct stand *stand)
{
	for (size_t i = 0; i < stand->states.count; i++)
		free(stand->states.items[i]);
	amp_vec_deinit(&stand->states);
	for (size_t i = 0; i < stand->references.count; i++) {
		free(stand->references.items[i]->text);
		free(stand->references.items[i]);
	}
	amp_vec_deinit(&stand->references);
	image_free(&stand->base);
	temp_remove(stand->root);
	free(stand->same);
	free(stand->images.items);
	free(stand->recovered.items);
	free(stand->seen.items);
	free(stand->folder);
	free(stand->raw);
	free(stand->migrations);
	free(stand->database);
}

void stand_disk(const struct stand *stand, struct disk *disk)
{
	disk_init(disk);
	for (size_t i = 0; i < stand->base.count; i++)
		disk_put(disk, stand->base.files[i].name,
			stand->base.files[i].content.bytes,
			stand->base.files[i].content.size);
}

void stand_put(const struct stand *stand, const struct image *image)
{
	folder_put(stand->folder, image);
}

void stand_take(const struct stand *stand, struct image *image)
{
	folder_take(stand->folder, image);
}
