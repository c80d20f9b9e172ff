/*
 * resolve: settle a step that stopped part way.
 */
#include "cli/cmd.h"

static const struct opt options[] = {
	{0, "applied", OPT_FLAG, NULL, OPT_FIELD(applied),
		"a person finished it: record it as applied"},
	{0, "again", OPT_FLAG, NULL, OPT_FIELD(again),
		"forget the attempt: the next apply runs it again"},
	{0},
};

static int run(struct app *app)
{
	if (app->options.applied == app->options.again)
		return app_fail(app, AMPLAN_USAGE, NULL,
			"'resolve' needs either '--applied' or '--again'");
	return amplan_resolve(app->session, app->options.operands[0],
		app->options.applied, &app->error);
}

static void show(struct app *app)
{
	if (app->code)
		return;
	say(&app->out, "%s: %s\n", app->options.operands[0],
		app->options.applied ? "recorded as finished"
				     : "attempt forgotten, it may run again");
}

static void json(struct app *app, struct json *json)
{
	if (app->code)
		return;
	json_text(json, "id", app->options.operands[0]);
	json_text(json, "resolved", app->options.applied ? "applied" : "again");
}

const struct cmd cmd_resolve = {
	.name = "resolve",
	.line = "settle a transaction=\"none\" step that stopped part way",
	.operands = "ID",
	.least = 1,
	.most = 1,
	.text = "A step with transaction=\"none\" cannot be rolled back. Where it stopped part "
		"way, 'amplan status' says so, and no plan is made until a person has looked "
		"at what it did. Either finish it by hand and say --applied, or undo what it "
		"did, or know that it may run twice, and say --again.",
	.options = options,
	.needs = CMD_SESSION | CMD_DATABASE,
	.run = run,
	.show = show,
	.json = json,
};
