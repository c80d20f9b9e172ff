#include "tests/crash/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/crash/dump.h"
#include "tests/support/temp.h"

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	abort();
}

void expect_exec(sqlite3 *handle, const char *sql)
{
	char *message = NULL;
	if (sqlite3_exec(handle, sql, NULL, NULL, &message))
		fail(sql, message ? message : sqlite3_errmsg(handle));
}

sqlite3 *expect_open(const char *folder)
{
	char *path = temp_path(folder, DATABASE);
	sqlite3 *handle = NULL;
	if (sqlite3_open(path, &handle))
		fail(path, sqlite3_errmsg(handle));
	free(path);
	return handle;
}

bool expect_has_keys(const struct stand *stand, size_t step)
{
	const struct step *what = &stand->plan->steps[step];
	return !what->alone && (what->keys || (stand->each && step % 2));
}

static void write_step(const struct stand *stand, size_t index)
{
	const struct step *step = &stand->plan->steps[index];
	AMP_STR_AUTO text = AMP_STR_INIT;
	char name[64];
	amp_str_addf(&text, "<migration xmlns=\"urn:amplan:1\" id=\"%s\"%s%s>\n",
		step->id, step->alone ? " transaction=\"none\"" : "",
		expect_has_keys(stand, index) ? " foreign-keys=\"on\"" : "");
	const struct step *on = index ? step - 1 : NULL;
	if (on && on->gone == step->gone)
		amp_str_addf(&text, "<depends on=\"%s\"/>\n", on->id);
	if (step->more)
		amp_str_addf(&text, "%s\n", step->more);
	amp_str_addf(&text, "<up><![CDATA[%s]]></up>\n", step->up);
	if (step->down)
		amp_str_addf(&text, "<down><![CDATA[%s]]></down>\n", step->down);
	amp_str_add(&text, "</migration>\n");
	snprintf(name, sizeof(name), "%s.xml", step->id);
	temp_text(stand->migrations, name, amp_str_text(&text));
}

void expect_descriptors(const struct stand *stand, bool base)
{
	char name[64];
	for (size_t i = 0; i < stand->plan->nsteps; i++) {
		const struct step *step = &stand->plan->steps[i];
		snprintf(name, sizeof(name), "%s.xml", step->id);
		char *path = temp_path(stand->migrations, name);
		remove(path);
		free(path);
		if (base ? !step->late : !step->gone)
			write_step(stand, i);
	}
}

/* The states as they are found, while a plain database goes through them. */
struct way {
	struct stand *stand;
	sqlite3 *handle;
	struct amp_str events;
	int nevents;
};

static void note_event(struct way *way, const char *event, const char *id)
{
	if (!way->nevents)
		amp_str_addf(&way->events, " %d|created|\n", way->nevents++);
	amp_str_addf(&way->events, " %d|%s|%s\n", way->nevents++, event, id);
}

static void note_state(struct way *way)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	struct stand *stand = way->stand;
	dump_content(way->handle, &text);
	amp_str_add(&text, amp_str_text(&way->events));
	if (!amp_vec_push(&stand->states, strdup(amp_str_text(&text))))
		fail("states", "no memory");
}

static int committed(const struct way *way)
{
	return (int)way->stand->states.count - 1;
}

/* Statement by statement; each but the last is a state of its own. */
static void run_alone(struct way *way, const struct step *step, bool stops)
{
	struct stand *stand = way->stand;
	note_event(way, "started", step->id);
	note_state(way);
	stand->before[step - stand->plan->steps] = committed(way);
	stand->alone_first[stand->nalone] = committed(way);
	for (const char *sql = step->up; *sql;) {
		sqlite3_stmt *statement = NULL;
		const char *rest;
		if (sqlite3_prepare_v2(way->handle, sql, -1, &statement, &rest)) {
			if (stops)
				break;
			fail(sql, sqlite3_errmsg(way->handle));
		}
		while (sqlite3_step(statement) == SQLITE_ROW)
			;
		if (sqlite3_finalize(statement))
			fail(sql, sqlite3_errmsg(way->handle));
		note_state(way);
		sql = rest;
	}
	stand->alone_last[stand->nalone++] = committed(way);
	if (stops)
		return;
	note_event(way, "applied", step->id);
	note_state(way);
}

static void set_keys(struct way *way, bool on)
{
	expect_exec(
		way->handle, on ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF");
}

/* Do these two commit together? */
static bool is_same_stage(const struct stand *stand, size_t one, size_t two)
{
	const struct step *steps = stand->plan->steps;
	return !steps[one].alone && !steps[two].alone &&
		expect_has_keys(stand, one) == expect_has_keys(stand, two);
}

static void run_up(struct way *way, size_t first, size_t end)
{
	struct stand *stand = way->stand;
	for (size_t i = first; i < end; i++) {
		const struct step *step = &stand->plan->steps[i];
		if (step->gone != stand->plan->steps[first].gone ||
			(step->late && i == stand->plan->before))
			continue;
		if (step->alone) {
			run_alone(way, step, step->fails);
			continue;
		}
		stand->before[i] = committed(way);
		if (step->fails)
			return;
		set_keys(way, expect_has_keys(stand, i));
		expect_exec(way->handle, step->up);
		note_event(way, "applied", step->id);
		if (i + 1 == end || !is_same_stage(stand, i, i + 1) ||
			stand->plan->steps[i + 1].fails)
			note_state(way);
		if (i + 1 < end && stand->plan->steps[i + 1].fails &&
			is_same_stage(stand, i, i + 1))
			fail(step->id, "a failing step begins a stage");
	}
}

static void run_down(struct way *way)
{
	struct stand *stand = way->stand;
	for (size_t i = stand->plan->nsteps; i-- > 0;) {
		const struct step *step = &stand->plan->steps[i];
		stand->before[i] = committed(way);
		set_keys(way, expect_has_keys(stand, i));
		expect_exec(way->handle, step->down);
		note_event(way, "rolled-back", step->id);
		if (!i || !is_same_stage(stand, i, i - 1))
			note_state(way);
	}
}

static void find_same(struct stand *stand)
{
	stand->same = calloc(stand->states.count, sizeof(int));
	for (size_t i = 0; i < stand->states.count; i++) {
		size_t first = 0;
		while (strcmp(stand->states.items[first], stand->states.items[i]) != 0)
			first++;
		stand->same[i] = (int)first;
		stand->has_wal = stand->has_wal ||
			!strncmp(stand->states.items[i], "journal_mode wal", 16);
	}
}

/* What is there before the first run; its commits are not counted. */
static void go_to_base(struct way *way)
{
	struct stand *stand = way->stand;
	const struct plan *plan = stand->plan;
	if (plan->base)
		expect_exec(way->handle, plan->base);
	if (stand->mode == MODE_WAL)
		expect_exec(way->handle, "PRAGMA journal_mode=WAL");
	if (!plan->before)
		return;
	run_up(way, 0, plan->before);
	for (size_t i = 0; i < stand->states.count; i++)
		free(stand->states.items[i]);
	stand->states.count = 0;
	stand->nalone = 0;
}

void expect_states(struct stand *stand)
{
	const struct plan *plan = stand->plan;
	char *folder = temp_make();
	struct way way = {.stand = stand, .handle = expect_open(folder)};
	expect_exec(way.handle, "PRAGMA synchronous=OFF");
	go_to_base(&way);
	note_state(&way);
	switch (plan->action) {
	case DO_ROLLBACK:
		run_down(&way);
		break;
	case DO_BASELINE:
		for (size_t i = 0; i < plan->nsteps; i++)
			note_event(&way, "baselined", plan->steps[i].id);
		note_state(&way);
		break;
	case DO_AGAIN:
	case DO_APPLIED:
		note_event(&way, plan->action == DO_AGAIN ? "abandoned" : "resolved",
			plan->steps[plan->nsteps - 1].id);
		note_state(&way);
		break;
	default:
		run_up(&way, plan->before, plan->nsteps);
	}
	find_same(stand);
	sqlite3_close(way.handle);
	amp_str_deinit(&way.events);
	temp_remove(folder);
}
