/*
 * baseline: record migrations as applied without running them.
 */
#include "cli/cmd.h"
#include "cli/prompt.h"
#include "cli/text_plan.h"

static const struct opt options[] = {
	{0, "accept-differences", OPT_FLAG, NULL, OPT_FIELD(accept_differences),
		"record them even where the live schema differs from a rehearsed one"},
	{'y', "yes", OPT_FLAG, NULL, OPT_FIELD(yes), "do not ask"},
	{0},
};

static int run(struct app *app)
{
	const char *id = app->options.noperands ? app->options.operands[0] : NULL;
	const char *question = id
		? "record migrations up to this one as applied, without running them?"
		: "record all migrations as applied, without running them?";
	int code;
	if (!app->options.yes && prompt_is_possible(app) &&
		!prompt_yes(app, question, &code))
		return code;
	return amplan_baseline(app->session, id, app->options.accept_differences,
		&app->report, &app->error);
}

static void show(struct app *app)
{
	const struct amplan_report *report = app->report;
	if (app->nothing_done && !app->code)
		say(&app->out, "nothing recorded\n");
	if (!report)
		return;
	if (report->schema_diff && *report->schema_diff) {
		say(&app->out,
			BOLD "what the migrations make (-) and what is there (+)" PLAIN
			     "\n");
		text_diff(&app->out, report->schema_diff);
	}
	if (app->code)
		return;
	say(&app->out, GREEN "recorded" PLAIN ": %s has ", text_database(report));
	terminal_count(&app->out, report->napplied, "migration");
	say(&app->out, " applied\n");
}

const struct cmd cmd_baseline = {
	.name = "baseline",
	.line = "record migrations as applied without running them",
	.operands = "[ID]",
	.most = 1,
	.text = "For a database that has its schema already. Runs the migrations up to ID and "
		"what it needs (without ID all of them) on an empty shadow, compares the "
		"schema that they give with the live one, and records them as applied where "
		"both are equal. Where they differ, the difference is shown and nothing is "
		"recorded, unless --accept-differences is given.\n\n"
		"On a terminal a question is asked first; --yes leaves it out. Findings go to "
		"standard error.",
	.options = options,
	.needs = CMD_SESSION | CMD_DATABASE,
	.run = run,
	.show = show,
};
