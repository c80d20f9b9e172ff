/*
 * help: about the program, or one command.
 */
#include "cli/cmd.h"
#include "cli/help.h"
#include "cli/utf8.h"

static const char *name_at(const void *words, size_t index)
{
	const struct cmd *const *commands = words;
	return commands[index] ? commands[index]->name : NULL;
}

static int run(struct app *app)
{
	const char *word = app->options.noperands ? app->options.operands[0] : NULL;
	if (!word || options_command(app->commands, word))
		return AMPLAN_OK;
	const char *nearest = utf8_nearest(word, name_at, app->commands);
	app_fail(app, AMPLAN_USAGE, "'amplan help' lists the commands",
		"unknown command '%.100s'", word);
	if (nearest)
		snprintf(app->error.hint, sizeof(app->error.hint), "did you mean '%s'?",
			nearest);
	return AMPLAN_USAGE;
}

static void show(struct app *app)
{
	if (app->code)
		return;
	if (app->options.noperands)
		help_command(&app->out,
			options_command(app->commands, app->options.operands[0]));
	else
		help_program(&app->out, app->commands);
}

static void json(struct app *app, struct json *json)
{
	json_array(json, "commands");
	for (size_t i = 0; app->commands[i]; i++) {
		json_map(json, NULL);
		json_text(json, "name", app->commands[i]->name);
		json_text(json, "line", app->commands[i]->line);
		json_end_map(json);
	}
	json_end_array(json);
}

const struct cmd cmd_help = {
	.name = "help",
	.line = "show help, about the program or one command",
	.operands = "[COMMAND]",
	.most = 1,
	.text = "Shows what the program does and lists its commands, or says more about one "
		"command. It is the same text as --help and the manual pages.",
	.run = run,
	.show = show,
	.json = json,
};
