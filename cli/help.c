#include "cli/help.h"

#include <string.h>

const char help_line[] = "bring a database to the schema that an application needs";

const char help_summary[] =
	"Migrations are XML descriptors in a folder; each says which others it depends "
	"on. amplan sorts them into one plan, rehearses the plan on a shadow of the real "
	"database, shows it, and applies it in a transaction, exactly once, however many "
	"processes start together.";

const struct help_exit help_exits[] = {
	{0, "done, or nothing to do"},
	{1, "a migration, verify or precondition failed; its stage was rolled back"},
	{2, "usage: an option, a command or an id that does not exist"},
	{3,
		"refused: descriptors, plan, history or saved plan do not hold; the database "
		"was not touched"},
	{4, "lock not obtained within the timeout; nothing done"},
	{5,
		"a step with transaction=\"none\" stopped part way; 'amplan status' says which "
		"and what to do"},
	{6, "the database cannot be opened or reached, or is damaged"},
	{7, "only with --exit-code: there is pending work"},
	{70, "internal error"},
	{0, NULL},
};

const struct help_variable help_variables[] = {
	{"AMPLAN_DATABASE", "the database, where --database is not given"},
	{"DATABASE_URL", "the database, where AMPLAN_DATABASE is not set either"},
	{"AMPLAN_MIGRATIONS",
		"the folders of descriptors, separated by ':', where "
		"--migrations is not given"},
	{"AMPLAN_LOCK_TIMEOUT",
		"how many seconds to wait for the lock, where "
		"--lock-timeout is not given"},
	{"PRODUCTION_MODE",
		"the first half of the gate of 'amplan start': 1, true, yes "
		"or on"},
	{"AUTO_MIGRATE_ON_STARTUP", "the second half of the gate: 1, true, yes or on"},
	{"AUTO_MIGRATE_ON_FAILURE",
		"continue (the default) or stop: what 'amplan start' "
		"does when migrating fails"},
	{"NO_COLOR", "set to anything: no colour"},
	{NULL, NULL},
};

void help_usage(struct terminal *out, const struct cmd *command)
{
	if (!command)
		say(out, "usage: amplan [COMMAND] [OPTIONS]\n");
	else
		say(out, "usage: amplan %s [OPTIONS]%s%s\n", command->name,
			*command->operands ? " " : "", command->operands);
}

#define TEXT_COLUMN ((size_t)28)

static void option(struct terminal *out, const struct opt *option)
{
	char left[80];
	int n = snprintf(left, sizeof(left), "  %c%c%c --%s%s%s",
		option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
		option->letter ? ',' : ' ', option->name, option->argument ? " " : "",
		option->argument ? option->argument : "");
	size_t column = n < 0 ? 0 : (size_t)n;
	terminal_column(out, left, TEXT_COLUMN);
	if (column >= TEXT_COLUMN) {
		say(out, "\n");
		terminal_column(out, "", TEXT_COLUMN);
	}
	terminal_wrap(out, option->text, TEXT_COLUMN, TEXT_COLUMN);
}

static void options(struct terminal *out, const char *title, const struct opt *table)
{
	if (!table)
		return;
	say(out, "\n" BOLD "%s:" PLAIN "\n", title);
	for (; table->name; table++)
		if (table->text)
			option(out, table);
}

/* Paragraphs are wrapped; lines that begin with two blanks stay as they are. */
static void paragraphs(struct terminal *out, const char *text)
{
	char piece[4096];
	while (*text) {
		bool literal = !strncmp(text, "  ", 2);
		const char *end = literal ? strchr(text, '\n') : strstr(text, "\n\n");
		size_t length = end ? (size_t)(end - text) : strlen(text);
		if (length >= sizeof(piece))
			length = sizeof(piece) - 1;
		memcpy(piece, text, length);
		piece[length] = '\0';
		if (literal)
			say(out, "%s\n", piece);
		else
			terminal_wrap(out, piece, 0, 0);
		text += length;
		if (!strncmp(text, "\n\n", 2))
			say(out, "\n");
		text += strspn(text, "\n");
	}
}

void help_command(struct terminal *out, const struct cmd *command)
{
	say(out, "amplan %s: ", command->name);
	terminal_wrap(out, command->line, strlen(command->name) + 9, 2);
	say(out, "\n");
	help_usage(out, command);
	say(out, "\n");
	paragraphs(out, command->text);
	options(out, "options", command->options);
	options(out, "options everywhere", options_everywhere);
}

void help_program(struct terminal *out, const struct cmd *const *commands)
{
	say(out, "amplan: %s\n\n", help_line);
	help_usage(out, NULL);
	say(out, "\n");
	terminal_wrap(out, help_summary, 0, 0);
	say(out, "\n" BOLD "commands:" PLAIN "\n");
	for (; *commands; commands++) {
		say(out, "  ");
		terminal_column(out, (*commands)->name, 10);
		terminal_wrap(out, (*commands)->line, 12, 12);
	}
	options(out, "options everywhere", options_everywhere);
	say(out, "\n" BOLD "exit codes:" PLAIN "\n");
	for (const struct help_exit *exits = help_exits; exits->text; exits++) {
		say(out, exits->code < 10 ? "   %d  " : "  %d  ", exits->code);
		terminal_wrap(out, exits->text, 6, 6);
	}
	say(out, "\n'amplan help COMMAND' says more about a command.\n");
}
