/*
 * Walks: public calls one after the other, in an order that nobody thought of.
 *
 *	test_walks [--seed N] [--every N] [--point K]
 *
 * Three sessions share a database, one of them with the descriptors of an older release. They
 * plan, keep their plans, apply them late or twice, roll back, save plans and read them again,
 * while the application alters the schema and the caller cancels. After each call every
 * migration has done its deed just as often as the history says: once, or not at all. The
 * deeds are rows of a table without any constraint, so that nothing else would stop a second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/support/dice.h"
#include "tests/support/points.h"
#include "tests/support/site.h"
#include "tests/support/temp.h"

enum {
	POINTS = 10000,
	EVERY = 100,
	STEPS = 8,
	OLD = 5,
	SESSIONS = 3,
	HELD = 5,
	CALLS = 30
};

struct walk {
	struct points *points;
	struct dice dice;
	struct site site;
	struct amplan *sessions[SESSIONS];
	struct amplan_report *held[HELD]; /* plans; NULL: free */
	/* whose they are, how planning ended, and whether they were applied */
	int owner[HELD], code[HELD];
	bool applied[HELD];
	int left;            /* questions until the caller cancels; below 0: never */
	struct amp_str said; /* the calls so far */
	char wrong[200];
	bool in_vain; /* a rollback was asked for where there is no database */
};

static long calls, done[8]; /* of all walks; how many ended how */

static bool cancels(void *user)
{
	struct walk *walk = user;
	return walk->left >= 0 && walk->left-- == 0;
}

static void wrong(struct walk *walk, const char *what, int step)
{
	if (!*walk->wrong)
		snprintf(walk->wrong, sizeof(walk->wrong), "'%d' %s", step, what);
}

/* Each has a deed; some a table, a stage or no transaction of their own. */
static void write_step(struct walk *walk, int step, bool alone)
{
	AMP_STR_AUTO up = AMP_STR_INIT;
	AMP_STR_AUTO path = AMP_STR_INIT;
	char id[8];
	bool table = alone || dice_chance(&walk->dice, 40);
	const char *attributes = alone         ? "transaction='none'"
		: dice_chance(&walk->dice, 25) ? "foreign-keys='on'"
					       : "";
	snprintf(id, sizeof(id), "%d", step);
	amp_str_addf(&up, "<depends on='%d'/><up>INSERT INTO deed VALUES (%d);",
		dice_below(&walk->dice, step), step);
	if (table)
		amp_str_addf(&up, " CREATE TABLE t%d (x);", step);
	amp_str_addf(&up, "</up><down>DELETE FROM deed WHERE id = %d;", step);
	if (table)
		amp_str_addf(&up, " DROP TABLE t%d;", step);
	amp_str_add(&up, "</down>");
	site_migration(&walk->site, id, attributes, amp_str_text(&up));
	if (step >= OLD)
		return;
	amp_str_addf(&path, "old/%d.xml", step);
	AMP_STR_AUTO text = AMP_STR_INIT;
	amp_str_addf(&text, "<migration xmlns='urn:amplan:1' id='%d' %s>%s</migration>",
		step, attributes, amp_str_text(&up));
	temp_text(walk->site.folder, amp_str_text(&path), amp_str_text(&text));
}

static void write_steps(struct walk *walk)
{
	static const char first[] =
		"<up>CREATE TABLE deed (id);</up><down>DROP TABLE deed;</down>";
	AMP_STR_AUTO text = AMP_STR_INIT;
	int alone =
		dice_chance(&walk->dice, 30) ? 1 + dice_below(&walk->dice, STEPS - 1) : 0;
	site_migration(&walk->site, "0", "", first);
	amp_str_addf(
		&text, "<migration xmlns='urn:amplan:1' id='0'>%s</migration>", first);
	temp_text(walk->site.folder, "old/0.xml", amp_str_text(&text));
	for (int step = 1; step < STEPS; step++)
		write_step(walk, step, step == alone);
}

static void begin(struct walk *walk)
{
	site_make(&walk->site);
	walk->left = -1;
	write_steps(walk);
	if (dice_chance(&walk->dice, 50))
		site_run(&walk->site, "PRAGMA journal_mode=WAL");
	walk->site.options.lock_timeout_ms = 0;
	walk->site.options.cancel = cancels;
	walk->site.options.user = walk;
	for (int i = 0; i < SESSIONS; i++) {
		char *old = temp_path(walk->site.folder, "old");
		walk->site.folders[0] = i ? walk->site.migrations : old;
		walk->sessions[i] = site_session(&walk->site);
		free(old);
	}
}

static void end(struct walk *walk)
{
	for (int i = 0; i < HELD; i++)
		amplan_report_free(walk->held[i]);
	for (int i = 0; i < SESSIONS; i++)
		amplan_close(walk->sessions[i]);
	amp_str_deinit(&walk->said);
	site_remove(&walk->site);
}

/* A number that a query gives; -1: it cannot be asked. */
static int ask(sqlite3 *handle, const char *format, int step)
{
	sqlite3_stmt *query;
	char *sql = sqlite3_mprintf(format, step);
	int number = -1;
	if (!sqlite3_prepare_v2(handle, sql, -1, &query, NULL) &&
		sqlite3_step(query) == SQLITE_ROW)
		number = sqlite3_column_int(query, 0);
	sqlite3_finalize(query);
	sqlite3_free(sql);
	return number;
}

enum state { NOT, APPLIED, UP_BEGUN, DOWN_BEGUN };

static enum state state_of(sqlite3 *handle, int step)
{
	int state = ask(handle,
		"SELECT CASE WHEN event IN ('applied', 'resolved') THEN 1 "
		"WHEN event = 'started' THEN 2 WHEN event = 'undoing' THEN 3 ELSE 0 END "
		"FROM amplan_history WHERE id = '%d' ORDER BY number DESC LIMIT 1",
		step);
	return state < 0 ? NOT : (enum state)state;
}

/* What a person would do: looks how far it came, finishes that, and says so. */
static void settle(struct walk *walk, sqlite3 *handle, int step, enum state state)
{
	struct amplan_error error;
	char id[8];
	bool there = ask(handle, "SELECT count(*) FROM deed WHERE id = %d", step) == 1;
	snprintf(id, sizeof(id), "%d", step);
	ask(handle,
		there ? "CREATE TABLE IF NOT EXISTS t%d (x)" : "DROP TABLE IF EXISTS t%d",
		step);
	walk->left = -1;
	if (amplan_resolve(walk->sessions[1], id, there == (state == UP_BEGUN), &error))
		wrong(walk, error.message, step);
}

/* The one thing that must hold. */
static void check(struct walk *walk)
{
	sqlite3 *handle = site_connection(&walk->site);
	for (int step = 1; step < STEPS && !*walk->wrong; step++) {
		int deeds = ask(handle, "SELECT count(*) FROM deed WHERE id = %d", step);
		enum state state = state_of(handle, step);
		if (state == UP_BEGUN || state == DOWN_BEGUN)
			settle(walk, handle, step, state);
		if (deeds > 1)
			wrong(walk, "ran more than once", step);
		else if (state == APPLIED && deeds != 1)
			wrong(walk, "is said to have run", step);
		else if (state == NOT && deeds == 1)
			wrong(walk, "ran, and nobody says so", step);
	}
	sqlite3_close(handle);
}

static int spare(const struct walk *walk)
{
	for (int i = 0; i < HELD; i++)
		if (!walk->held[i])
			return i;
	return -1;
}

/* Plans, whatever comes of it; what may not be applied is kept like all else. */
static int plan(struct walk *walk, int session, struct amplan_plan_options *options)
{
	struct amplan_report *report;
	int place = spare(walk);
	int code = amplan_plan(walk->sessions[session], options, &report, NULL);
	if (place < 0 || !report) {
		amplan_report_free(report);
		return code;
	}
	walk->held[place] = report;
	walk->owner[place] = session;
	walk->code[place] = code;
	walk->applied[place] = false;
	return code;
}

static int plan_something(struct walk *walk, int session)
{
	static const enum amplan_fidelity fidelities[] = {AMPLAN_FIDELITY_NONE,
		AMPLAN_FIDELITY_NONE, AMPLAN_FIDELITY_COPY, AMPLAN_FIDELITY_SCHEMA};
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	char to[8];
	options.fidelity = fidelities[dice_below(&walk->dice, 4)];
	options.rollback = dice_chance(&walk->dice, 35);
	if (options.rollback)
		options.steps = 1 + (unsigned)dice_below(&walk->dice, 3);
	snprintf(to, sizeof(to), "%d", dice_below(&walk->dice, STEPS));
	if (!options.rollback && dice_chance(&walk->dice, 50))
		options.to = to;
	char *database = temp_path(walk->site.folder, "app.db");
	walk->in_vain = options.rollback && access(database, F_OK) != 0;
	free(database);
	return plan(walk, session, &options);
}

/* Applies a plan that is kept, and keeps it: it may be applied again. */
static int apply_held(struct walk *walk, int place)
{
	struct amplan_report *report;
	int code = amplan_apply(walk->sessions[walk->owner[place]], NULL,
		walk->held[place], &report, NULL);
	amplan_report_free(report);
	if (walk->code[place] && code != AMPLAN_USAGE)
		wrong(walk, "is no plan, and was applied", place);
	if (code || !walk->held[place]->nsteps)
		return code;
	if (walk->applied[place])
		wrong(walk, "is a plan that was applied twice", place);
	walk->applied[place] = true;
	/* at once, where nothing else tells that it is stale */
	return dice_chance(&walk->dice, 50) ? apply_held(walk, place) : code;
}

static int apply_all(struct walk *walk, int session)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report;
	options.fidelity = AMPLAN_FIDELITY_NONE;
	int code = amplan_apply(walk->sessions[session], &options, NULL, &report, NULL);
	amplan_report_free(report);
	return code;
}

static int by_file(struct walk *walk, int session, int place)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	char *path = temp_path(walk->site.folder, "plan.xml");
	int code = walk->held[place] ? amplan_plan_save(walk->held[place], path, NULL)
				     : AMPLAN_OK;
	options.file = path;
	if (!code)
		code = plan(walk, session, &options);
	free(path);
	return code;
}

static int forget(struct walk *walk, int place)
{
	amplan_report_free(walk->held[place]);
	walk->held[place] = NULL;
	return AMPLAN_OK;
}

/* The application makes a table, or takes one away: its own, or one that a step makes, which
   then fails in the middle. */
static int alter(struct walk *walk)
{
	AMP_STR_AUTO sql = AMP_STR_INIT;
	amp_str_add(&sql,
		dice_chance(&walk->dice, 50) ? "CREATE TABLE IF NOT EXISTS "
					     : "DROP TABLE IF EXISTS ");
	if (dice_chance(&walk->dice, 50))
		amp_str_add(&sql, "mine");
	else
		amp_str_addf(&sql, "t%d", 1 + dice_below(&walk->dice, STEPS - 1));
	if (*amp_str_text(&sql) == 'C')
		amp_str_add(&sql, " (x)");
	site_run(&walk->site, amp_str_text(&sql));
	return AMPLAN_OK;
}

static int call(struct walk *walk)
{
	int session = dice_below(&walk->dice, SESSIONS),
	    place = dice_below(&walk->dice, HELD);
	int what = dice_below(&walk->dice, 10);
	/* a walk begins with plans, or there would be nothing to be late with */
	if (what > 5 && what < 9 && !walk->held[place])
		what = 0;
	walk->left = dice_chance(&walk->dice, 30) ? dice_below(&walk->dice, 8) : -1;
	amp_str_addf(&walk->said, " %d.%d.%d", what, session, place);
	switch (what) {
	case 0:
	case 1:
	case 2:
		return plan_something(walk, session);
	case 3:
		return apply_all(walk, session);
	case 4:
		return by_file(walk, session, place);
	case 5:
		return forget(walk, place);
	case 9:
		return alter(walk);
	default:
		return apply_held(walk, place);
	}
}

static void go(struct walk *walk)
{
	for (int i = 0; i < CALLS && !*walk->wrong; i++) {
		walk->in_vain = false;
		int code = call(walk);
		amp_str_addf(&walk->said, "=%d", code);
		calls++;
		done[code == AMPLAN_CANCELLED ? 7 : amplan_exit_code(code) % 7]++;
		bool fine = walk->in_vain ? code != AMPLAN_OK && code >= AMPLAN_DATABASE
					  : code > AMPLAN_DATABASE;
		if (!fine && code != AMPLAN_CANCELLED)
			wrong(walk, "is what no call should answer", -code);
		check(walk);
	}
}

int main(int argc, char **argv)
{
	struct points points;
	if (points_init(&points, "walks", EVERY, argc, argv) != 1) {
		fprintf(stderr, "usage: test_walks [--seed N] [--every N] [--point K]\n");
		return 2;
	}
	for (int i = 0; i < POINTS; i++) {
		if (!points_take(&points))
			continue;
		struct walk walk = {.points = &points,
			.dice = dice_of(points.seed, (uint64_t)points.number),
			.said = AMP_STR_INIT};
		begin(&walk);
		go(&walk);
		if (*walk.wrong || points.verbose)
			printf("walks: calls%s\n", amp_str_text(&walk.said));
		if (*walk.wrong)
			points_failed(&points, "%s", walk.wrong);
		else
			points_passed(&points);
		end(&walk);
	}
	printf("  %ld calls: %ld done, %ld failed, %ld of no use, %ld refused, %ld part way, "
	       "%ld cancelled\n",
		calls, done[0], done[1], done[2], done[3], done[5], done[7]);
	return points_done(&points);
}
