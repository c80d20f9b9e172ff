#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/utf8.h"

const struct opt options_everywhere[] = {
	{'d', "database", OPT_TEXT, "URL", OPT_FIELD(database),
		"the database: app.db or sqlite:app.db; else AMPLAN_DATABASE, else "
		"DATABASE_URL"},
	{'m', "migrations", OPT_LIST, "DIR", OPT_FIELD(folders),
		"a folder of descriptors, may be given several times; else "
		"AMPLAN_MIGRATIONS (separated by ':'), else 'migrations'"},
	{0, "lock-timeout", OPT_SECONDS, "SECONDS", OPT_FIELD(lock_timeout_ms),
		"how long to wait for the lock; else AMPLAN_LOCK_TIMEOUT, else 30"},
	{0, "json", OPT_FLAG, NULL, OPT_FIELD(json), "print one JSON object on stdout"},
	{0, "color", OPT_CHOICE, "auto|always|never", OPT_FIELD(color),
		"when to use colour; NO_COLOR is honoured"},
	{'q', "quiet", OPT_FLAG, NULL, OPT_FIELD(quiet),
		"only results, warnings and errors"},
	{'v', "verbose", OPT_FLAG, NULL, OPT_FIELD(verbose),
		"log what is done, on stderr"},
	{0, "log-format", OPT_CHOICE, "text|json", OPT_FIELD(log_format),
		"how to log on stderr"},
	{'h', "help", OPT_FLAG, NULL, OPT_FIELD(help), "show help"},
	{'V', "version", OPT_FLAG, NULL, OPT_FIELD(version), "show the version"},
	{0, "dry-run", OPT_FLAG, NULL, OPT_FIELD(dry_run), NULL},
	{0, "graph", OPT_FLAG, NULL, OPT_FIELD(graph), NULL},
	{0, "man", OPT_FLAG, NULL, OPT_FIELD(man), NULL},
	{0},
};

/* No statement of a migration that is only tried on a shadow needs as long. */
#define STATEMENT_TIMEOUT_MS 30000

/* Where the parser is. */
struct scan {
	struct options *options; /* NULL: only looking for the command */
	const struct cmd *const *commands;
	const struct cmd *command;
	int argc, at;
	char **argv;
	struct amplan_error *error;
};

static int wrong(struct amplan_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int wrong(struct amplan_error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	error->code = AMPLAN_USAGE;
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return AMPLAN_USAGE;
}

const struct cmd *options_command(const struct cmd *const *commands, const char *name)
{
	for (; *commands; commands++)
		if (!strcmp((*commands)->name, name))
			return *commands;
	return NULL;
}

static const char *command_name(const void *words, size_t index)
{
	const struct cmd *const *commands = words;
	return commands[index] ? commands[index]->name : NULL;
}

static const struct opt *find_in(
	const struct opt *table, const char *name, size_t length, char letter)
{
	for (; table && table->name; table++) {
		if (letter && table->letter == letter)
			return table;
		if (name && !strncmp(table->name, name, length) && !table->name[length])
			return table;
	}
	return NULL;
}

/* While the command is not known, options of all commands are looked at. */
static const struct opt *find(
	const struct scan *scan, const char *name, size_t length, char letter)
{
	const struct opt *option = NULL;
	if (scan->command)
		option = find_in(scan->command->options, name, length, letter);
	for (size_t i = 0; !option && !scan->command && scan->commands[i]; i++)
		option = find_in(scan->commands[i]->options, name, length, letter);
	return option ? option : find_in(options_everywhere, name, length, letter);
}

static const char *option_name(const void *words, size_t index)
{
	const struct cmd *command = words;
	const struct opt *table = command ? command->options : NULL;
	for (; table && table->name; table++)
		if (!index--)
			return table->name;
	for (table = options_everywhere; table->name; table++)
		if (!index--)
			return table->name;
	return NULL;
}

static int unknown_option(struct scan *scan, const char *name, size_t length)
{
	char word[64];
	snprintf(word, sizeof(word), "%.*s", (int)(length < 60 ? length : 60), name);
	const char *nearest = utf8_nearest(word, option_name, scan->command);
	wrong(scan->error, "unknown option '--%s'", word);
	if (nearest)
		snprintf(scan->error->hint, sizeof(scan->error->hint),
			"did you mean '--%s'?", nearest);
	return AMPLAN_USAGE;
}

static int unknown_command(struct scan *scan, const char *word)
{
	const char *nearest = utf8_nearest(word, command_name, scan->commands);
	wrong(scan->error, "unknown command '%.100s'", word);
	if (nearest)
		snprintf(scan->error->hint, sizeof(scan->error->hint),
			"did you mean '%s'?", nearest);
	else
		snprintf(scan->error->hint, sizeof(scan->error->hint),
			"'amplan help' lists the commands");
	return AMPLAN_USAGE;
}

/* Digits of `text` as a number up to 10^12, multiplied by 1000 with its decimals. */
static bool thousandths(const char *text, int64_t *value)
{
	int64_t number = 0;
	int decimals = -1;
	bool digits = false;
	for (; *text; text++) {
		if (*text == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (*text < '0' || *text > '9' || number >= INT64_C(100000000000000))
			return false;
		digits = true;
		if (decimals < 3)
			number = number * 10 + (*text - '0');
		if (decimals >= 0 && decimals < 3)
			decimals++;
	}
	for (decimals = decimals < 0 ? 0 : decimals; decimals < 3; decimals++)
		number *= 10;
	*value = number;
	return digits;
}

bool options_seconds(const char *text, int64_t *milliseconds)
{
	int64_t value;
	if (!thousandths(text, &value) || value > INT64_C(1000000000000))
		return false;
	*milliseconds = value;
	return true;
}

static bool whole(const char *text, int64_t most, int64_t *value)
{
	int64_t number;
	if (strchr(text, '.') || !thousandths(text, &number) || number / 1000 > most)
		return false;
	*value = number / 1000;
	return true;
}

static int choose(const struct opt *option, const char *value)
{
	size_t length = strlen(value);
	const char *word = option->argument;
	for (int i = 0; *word; i++) {
		size_t n = strcspn(word, "|");
		if (n == length && !strncmp(word, value, n))
			return i;
		word += n + (word[n] == '|');
	}
	return -1;
}

static int set_number(
	struct scan *scan, const struct opt *option, const char *value, void *field)
{
	int64_t number;
	if (option->type == OPT_SECONDS) {
		if (!options_seconds(value, field))
			return wrong(scan->error,
				"option '--%s' needs a number of seconds, not '%.100s'",
				option->name, value);
		return AMPLAN_OK;
	}
	if (!whole(value, 1 << 30, &number) ||
		(option->type == OPT_NUMBER && number == 0))
		return wrong(scan->error, "option '--%s' needs a number, not '%.100s'",
			option->name, value);
	if (option->type == OPT_MIB)
		*(int64_t *)field = number << 20;
	else
		*(unsigned *)field = (unsigned)number;
	return AMPLAN_OK;
}

static int set(struct scan *scan, const struct opt *option, const char *value)
{
	if (!scan->options)
		return AMPLAN_OK;
	void *field = (char *)scan->options + option->offset;
	struct opt_list *list = field;
	/* only a flag takes none */
	if (!value) {
		*(bool *)field = true;
		return AMPLAN_OK;
	}
	switch (option->type) {
	case OPT_TEXT:
		if (!*value)
			return wrong(scan->error,
				"option '--%s' needs a value that is "
				"not empty",
				option->name);
		*(const char **)field = value;
		return AMPLAN_OK;
	case OPT_LIST:
		list->items[list->count++] = value;
		return AMPLAN_OK;
	case OPT_CHOICE:
		*(int *)field = choose(option, value);
		if (*(int *)field >= 0)
			return AMPLAN_OK;
		*(int *)field = 0;
		return wrong(scan->error, "option '--%s' needs one of %s, not '%.100s'",
			option->name, option->argument, value);
	case OPT_FLAG:
	case OPT_NUMBER:
	case OPT_SECONDS:
	case OPT_MIB:
		break;
	}
	return set_number(scan, option, value, field);
}

static int needs_value(struct scan *scan, const struct opt *option)
{
	return wrong(scan->error, "option '--%s' needs a value: %s", option->name,
		option->argument);
}

static int long_option(struct scan *scan, const char *word)
{
	size_t length = strcspn(word, "=");
	const char *value = word[length] ? word + length + 1 : NULL;
	const struct opt *option = find(scan, word, length, 0);
	if (!option)
		return unknown_option(scan, word, length);
	if (value && !option->argument)
		return wrong(scan->error, "option '--%s' takes no value", option->name);
	if (option->argument && !value) {
		if (scan->at >= scan->argc)
			return needs_value(scan, option);
		value = scan->argv[scan->at++];
	}
	return set(scan, option, value);
}

static int short_options(struct scan *scan, const char *letters)
{
	for (; *letters; letters++) {
		const struct opt *option = find(scan, NULL, 0, *letters);
		if (!option)
			return wrong(scan->error, "unknown option '-%c'",
				*letters > ' ' && *letters < 0x7f ? *letters : '?');
		const char *value = NULL;
		if (option->argument && letters[1])
			value = letters + 1;
		else if (option->argument && scan->at >= scan->argc)
			return needs_value(scan, option);
		else if (option->argument)
			value = scan->argv[scan->at++];
		int code = set(scan, option, value);
		if (code || option->argument)
			return code;
	}
	return AMPLAN_OK;
}

/*
 * Reads on to the next operand, NULL at the end. Sets *rest once options have ended, so
 * that everything behind is an operand.
 */
static int next_operand(struct scan *scan, bool *rest, const char **operand)
{
	*operand = NULL;
	while (scan->at < scan->argc) {
		const char *word = scan->argv[scan->at++];
		int code = AMPLAN_OK;
		if (*rest || word[0] != '-' || !word[1]) {
			*operand = word;
			return AMPLAN_OK;
		}
		if (!strcmp(word, "--"))
			*rest = true;
		else if (word[1] == '-')
			code = long_option(scan, word + 2);
		else
			code = short_options(scan, word + 1);
		if (code)
			return code;
	}
	return AMPLAN_OK;
}

/* The first operand names the command. What is wrong is left to the second reading. */
static int find_command(struct scan *scan)
{
	struct amplan_error ignored = {0};
	struct scan look = *scan;
	bool rest = false;
	const char *word;
	look.options = NULL;
	look.error = &ignored;
	next_operand(&look, &rest, &word);
	if (!word || rest)
		return AMPLAN_OK;
	scan->command = options_command(scan->commands, word);
	return scan->command ? AMPLAN_OK : unknown_command(scan, word);
}

static int check_operands(struct scan *scan)
{
	const struct options *options = scan->options;
	const struct cmd *command = scan->command;
	if (options->help || options->version || options->man || !command)
		return AMPLAN_OK;
	if (options->noperands < command->least)
		return wrong(
			scan->error, "'%s' needs %s", command->name, command->operands);
	if (options->noperands > command->most)
		return wrong(scan->error, "'%s' does not take '%.100s'", command->name,
			options->operands[command->most]);
	return AMPLAN_OK;
}

static int parse(struct scan *scan)
{
	bool named = scan->command != NULL, rest = false;
	const char *word;
	for (;;) {
		int code = next_operand(scan, &rest, &word);
		if (code)
			return code;
		if (!word)
			return AMPLAN_OK;
		if (named) {
			named = false;
			continue;
		}
		if (!scan->command)
			return wrong(scan->error,
				"'%.100s' is behind '--' and no "
				"command is named",
				word);
		scan->options->operands[scan->options->noperands++] = word;
		if (scan->command->needs & CMD_STOPS)
			rest = true;
	}
}

/* --json is honoured even where the rest of the line is wrong. */
static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--json"))
			return true;
	return false;
}

int options_parse(struct options *options, const struct cmd *const *commands,
	const struct cmd **command, int argc, char **argv, struct amplan_error *error)
{
	struct scan scan = {options, commands, NULL, argc, 1, argv, error};
	size_t most = (size_t)argc + 1;
	*options = (struct options){.lock_timeout_ms = -1,
		.copy_limit = -1,
		.statement_timeout_ms = STATEMENT_TIMEOUT_MS};
	*command = NULL;
	options->json = asks_for_json(argc, argv);
	options->folders.items = calloc(most, sizeof(char *));
	options->operands = calloc(most, sizeof(char *));
	if (!options->folders.items || !options->operands) {
		error->code = AMPLAN_NOMEM;
		snprintf(error->message, sizeof(error->message), "out of memory");
		return AMPLAN_NOMEM;
	}
	int code = find_command(&scan);
	*command = scan.command;
	if (!code)
		code = parse(&scan);
	return code ? code : check_operands(&scan);
}

void options_deinit(struct options *options)
{
	free(options->folders.items);
	free(options->operands);
	*options = (struct options){0};
}
