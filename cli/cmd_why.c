/*
 * why: why a migration stands where it stands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/relations.h"
#include "cli/text_plan.h"

/* What is found out about the migration in question. */
struct answer {
	size_t index, count;
	size_t ndirect, nall; /* what waits for it */
	size_t npending;      /* what it waits for and is not applied */
	bool *above;          /* what it needs, by migration */
	struct relations relations;
};

static int find_out(struct app *app, struct answer *answer)
{
	const struct amplan_report *report = app->report;
	bool *below = calloc(report->nmigrations + 1, sizeof(*below));
	answer->count = report->nmigrations;
	answer->above = calloc(report->nmigrations + 1, sizeof(*answer->above));
	if (below && answer->above && relations_init(&answer->relations, report)) {
		const struct relations *relations = &answer->relations;
		answer->nall =
			relations_reach(relations, answer->index, false, SIZE_MAX, below);
		size_t needs = relations_reach(
			relations, answer->index, true, SIZE_MAX, answer->above);
		free(below);
		if (answer->nall == RELATIONS_NONE || needs == RELATIONS_NONE)
			return app_fail(app, AMPLAN_NOMEM, NULL, "out of memory");
		answer->ndirect = relations->first[answer->index + 1] -
			relations->first[answer->index];
		for (size_t i = 0; i < report->nmigrations; i++)
			answer->npending += answer->above[i] &&
				relations_is_pending(&report->migrations[i]);
		return AMPLAN_OK;
	}
	free(below);
	return app_fail(app, AMPLAN_NOMEM, NULL, "out of memory");
}

static void forget(struct answer *answer)
{
	free(answer->above);
	relations_deinit(&answer->relations);
}

/* There is an order to talk about, even if the history does not fit it. */
static bool is_ordered(const struct app *app, int code)
{
	if (!app->report || code == AMPLAN_USAGE)
		return false;
	return !code || app->report->verdict != AMPLAN_VERDICT_UNKNOWN;
}

static int run(struct app *app)
{
	const char *id = app->options.operands[0];
	int code = amplan_graph(app->session, &app->report, &app->error);
	if (is_ordered(app, code) && relations_find(app->report, id) == RELATIONS_NONE)
		return app_unknown_id(app, id);
	return code;
}

static void place(struct terminal *out, const struct amplan_place *at)
{
	if (at->file)
		say(out, "  " FAINT "%s:%u:%u" PLAIN, at->file, at->line, at->column);
}

static bool has_states(const struct app *app)
{
	return app->report->verdict != AMPLAN_VERDICT_UNKNOWN;
}

static void one_edge(struct app *app, const struct amplan_edge *edge)
{
	struct terminal *out = &app->out;
	say(out, "  %s", edge->on);
	if (edge->index >= app->report->nmigrations)
		say(out, ", which does not exist");
	else if (has_states(app))
		say(out, ", %s", json_state(app->report->migrations[edge->index].state));
	if (edge->orders_only)
		say(out, ", only for the order");
	if (edge->redundant)
		say(out, ", " YELLOW "redundant" PLAIN ": another dependency implies it");
	place(out, &edge->place);
	say(out, "\n");
	if (edge->reason)
		say(out, "    because %s\n", edge->reason);
}

/* The one that stands before it: needed, or only smaller by id among those ready. */
static void predecessor(struct app *app, const struct answer *answer)
{
	struct terminal *out = &app->out;
	const struct amplan_migration *all = app->report->migrations;
	if (!answer->index) {
		say(out, "It is the first.\n");
		return;
	}
	const char *before = all[answer->index - 1].id;
	char text[512];
	if (answer->above[answer->index - 1])
		snprintf(text, sizeof(text),
			"It stands behind %.200s because it needs it.", before);
	else
		snprintf(text, sizeof(text),
			"It stands behind %.200s only by id: neither needs the other, and "
			"%.200s was the smallest id that was ready.",
			before, before);
	terminal_wrap(out, text, 0, 0);
}

static void dependents(struct app *app, const struct answer *answer)
{
	struct terminal *out = &app->out;
	const struct relations *relations = &answer->relations;
	if (!answer->ndirect) {
		say(out, "\nNothing waits for it.\n");
		return;
	}
	say(out, "\nwaiting for it (");
	say(out, "%zu directly, %zu in all):\n", answer->ndirect, answer->nall);
	for (size_t i = 0; i < answer->ndirect; i++) {
		size_t n = relations->back[relations->first[answer->index] + i];
		say(out, "  %s", app->report->migrations[n].id);
		if (has_states(app))
			say(out, ", %s", json_state(app->report->migrations[n].state));
		say(out, "\n");
	}
}

static void pending(struct app *app, const struct answer *answer)
{
	if (!has_states(app) || !answer->npending)
		return;
	say(&app->out, "\nIt waits for ");
	terminal_count(&app->out, answer->npending, "pending migration");
	say(&app->out, ":\n");
	for (size_t i = 0; i < answer->count; i++)
		if (answer->above[i] && relations_is_pending(&app->report->migrations[i]))
			say(&app->out, "  %s\n", app->report->migrations[i].id);
}

static void print(struct app *app, const struct answer *answer)
{
	struct terminal *out = &app->out;
	const struct amplan_migration *migration =
		&app->report->migrations[answer->index];
	say(out, BOLD "%s" PLAIN, migration->id);
	text_marks(out, migration->flags);
	say(out, ": %zu of %zu in plan order", answer->index + 1, answer->count);
	if (has_states(app))
		say(out, ", %s", json_state(migration->state));
	place(out, &migration->place);
	say(out, "\n");
	if (migration->description && *migration->description) {
		say(out, "  ");
		terminal_wrap(out, migration->description, 2, 2);
	}
	say(out, "\n");
	if (migration->nedges)
		say(out, "depends on:\n");
	else
		say(out, "It depends on nothing.\n");
	for (size_t i = 0; i < migration->nedges; i++)
		one_edge(app, &migration->edges[i]);
	pending(app, answer);
	dependents(app, answer);
	say(out, "\n");
	predecessor(app, answer);
}

static void show(struct app *app)
{
	struct answer answer = {0};
	if (!is_ordered(app, app->code))
		return;
	answer.index = relations_find(app->report, app->options.operands[0]);
	int code = find_out(app, &answer);
	if (code)
		app->code = code;
	else
		print(app, &answer);
	forget(&answer);
}

static void json_members(struct app *app, const struct answer *answer, struct json *json)
{
	const struct amplan_report *report = app->report;
	const struct amplan_migration *migration = &report->migrations[answer->index];
	json_map(json, "migration");
	json_text(json, "id", migration->id);
	json_number(json, "position", (int64_t)answer->index + 1);
	json_number(json, "of", (int64_t)answer->count);
	json_text(json, "file", migration->place.file);
	json_number(json, "line", migration->place.line);
	if (has_states(app))
		json_text(json, "state", json_state(migration->state));
	if (answer->index) {
		json_text(json, "behind", report->migrations[answer->index - 1].id);
		json_bool(json, "needs_it", answer->above[answer->index - 1]);
	}
	json_array(json, "depends");
	for (size_t i = 0; i < migration->nedges; i++) {
		const struct amplan_edge *edge = &migration->edges[i];
		json_map(json, NULL);
		json_text(json, "id", edge->on);
		json_text(json, "reason", edge->reason);
		json_text(json, "file", edge->place.file);
		json_number(json, "line", edge->place.line);
		json_bool(json, "orders_only", edge->orders_only);
		json_bool(json, "redundant", edge->redundant);
		json_end_map(json);
	}
	json_end_array(json);
	json_array(json, "dependents");
	for (size_t i = 0; i < answer->ndirect; i++) {
		const struct relations *relations = &answer->relations;
		size_t n = relations->back[relations->first[answer->index] + i];
		json_text(json, NULL, report->migrations[n].id);
	}
	json_end_array(json);
	json_number(json, "dependents_in_all", (int64_t)answer->nall);
	json_array(json, "waits_for");
	for (size_t i = 0; has_states(app) && i < answer->count; i++)
		if (answer->above[i] && relations_is_pending(&report->migrations[i]))
			json_text(json, NULL, report->migrations[i].id);
	json_end_array(json);
	json_end_map(json);
}

static void json(struct app *app, struct json *json)
{
	struct answer answer = {0};
	if (!is_ordered(app, app->code))
		return;
	answer.index = relations_find(app->report, app->options.operands[0]);
	int code = find_out(app, &answer);
	if (code)
		app->code = code;
	else
		json_members(app, &answer, json);
	forget(&answer);
}

const struct cmd cmd_why = {
	.name = "why",
	.line = "tell why a migration stands where it stands",
	.operands = "ID",
	.least = 1,
	.most = 1,
	.text = "Shows the position of a migration in plan order, what it depends on with the "
		"place and the reason of each dependency and whether another implies it "
		"(redundant), what waits for it, which pending migrations it waits for, and "
		"why it stands behind the one before it: because it needs it, or only because "
		"of its id. With a database, states are shown as well.\n\n"
		"  amplan why 008_invite_usage -d app.db",
	.needs = CMD_SESSION,
	.run = run,
	.show = show,
	.json = json,
};
