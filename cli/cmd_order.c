/*
 * order: the ids in plan order.
 */
#include "cli/cmd.h"

static int run(struct app *app)
{
	return amplan_order(app->session, &app->report, &app->error);
}

static void show(struct app *app)
{
	if (app->code || !app->report)
		return;
	for (size_t i = 0; i < app->report->nmigrations; i++)
		say(&app->out, "%s\n", app->report->migrations[i].id);
}

static void json(struct app *app, struct json *json)
{
	if (app->code || !app->report)
		return;
	json_array(json, "migrations");
	for (size_t i = 0; i < app->report->nmigrations; i++) {
		const struct amplan_migration *migration = &app->report->migrations[i];
		json_map(json, NULL);
		json_text(json, "id", migration->id);
		json_text(json, "file", migration->place.file);
		json_number(json, "line", migration->place.line);
		json_depends(json, migration);
		json_end_map(json);
	}
	json_end_array(json);
}

const struct cmd cmd_order = {
	.name = "order",
	.line = "print the ids in plan order, one a line",
	.operands = "",
	.text = "Reads the descriptors, sorts them, and prints their ids: dependencies first; "
		"among those that are ready, the smallest id first, where runs of digits "
		"count by value. The order depends on the descriptors alone: not on file "
		"names, folders, locale or time. No database is opened.\n\n"
		"Findings go to standard error; with an error among them nothing is printed "
		"on standard output and the exit code is 3.",
	.needs = CMD_SESSION | CMD_NO_DATABASE,
	.run = run,
	.show = show,
	.json = json,
};
