/*
 * Fuzz: the command line and the environment. The first byte says what the others are:
 * any words behind any variables ('r', and all else); a line that is right, made from the
 * tables of a command ('v'); or the parts of a URL with a password in it ('u').
 *
 * Any line is understood or refused with a reason, and what it says are its own words. A
 * right one says what was put into it, however it is written. The environment counts
 * where the line is silent. Startup is on where both variables say so and nowhere else.
 * No password comes back in a message. No command is run.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sqlite3.h>

#include "cli/cmd.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 24

static const struct cmd *const commands[] = {&cmd_plan, &cmd_apply, &cmd_rollback,
	&cmd_status, &cmd_verify, &cmd_check, &cmd_graph, &cmd_order, &cmd_why,
	&cmd_explain, &cmd_new, &cmd_show, &cmd_baseline, &cmd_resolve, &cmd_start,
	&cmd_help, NULL};
#define COMMANDS (sizeof(commands) / sizeof(*commands) - 1)

static const char *const variables[] = {"AMPLAN_DATABASE", "DATABASE_URL",
	"AMPLAN_MIGRATIONS", "AMPLAN_LOCK_TIMEOUT", "PRODUCTION_MODE",
	"AUTO_MIGRATE_ON_STARTUP", "AUTO_MIGRATE_ON_FAILURE"};
#define VARIABLES (sizeof(variables) / sizeof(*variables))

struct line {
	int argc;
	char *argv[WORDS_MAX + 1];
};

static void add_word(struct line *line, char *word)
{
	must(word);
	if (line->argc < WORDS_MAX)
		line->argv[line->argc++] = word;
}

/* Whether a string is one of the words, or the end of one. */
static bool is_of(const struct line *line, const char *text)
{
	for (int i = 0; text && i < line->argc; i++)
		if (text >= line->argv[i] &&
			text <= line->argv[i] + strlen(line->argv[i]))
			return true;
	return !text;
}

static void check_refused(int code, const struct amplan_error *error)
{
	must(code == AMPLAN_USAGE && error->code == code);
	must(*error->message && strlen(error->message) < sizeof(error->message));
	must(amplan_exit_code(code) == 2);
	must(strncmp(error->hint, "did you mean", 12) ||
		error->hint[strlen(error->hint) - 1] == '?');
}

static void check_words(const struct line *line, const struct options *options)
{
	must(is_of(line, options->database) && is_of(line, options->to));
	must(is_of(line, options->file) && is_of(line, options->out));
	must(is_of(line, options->around));
	must(options->folders.count < (size_t)line->argc);
	must(options->noperands <= (size_t)line->argc);
	for (size_t i = 0; i < options->folders.count; i++)
		must(is_of(line, options->folders.items[i]));
	for (size_t i = 0; i < options->noperands; i++)
		must(is_of(line, options->operands[i]));
	must(options->color >= 0 && options->color <= 2);
	must(options->shadow >= 0 && options->shadow <= 3);
	must(options->format >= 0 && options->format <= 3);
	must(options->log_format == 0 || options->log_format == 1);
	must(options->lock_timeout_ms >= -1 && options->statement_timeout_ms >= 0);
	must(options->copy_limit >= -1);
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

static bool is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789"), behind = 0;
	if (text[digits] == '.')
		behind = strspn(text + digits + 1, "0123456789");
	size_t length = digits + behind + (text[digits] == '.');
	return digits + behind > 0 && !text[length];
}

/* What holds: the line, then the environment, then what is usual. */
static void check_settings(const struct options *options)
{
	struct settings settings;
	struct amplan_error error = {0};
	const char *database = options->database, *wait = variable("AMPLAN_LOCK_TIMEOUT");
	int code = settings_init(&settings, options, &error);
	if (!database)
		database = variable("AMPLAN_DATABASE");
	if (!database)
		database = variable("DATABASE_URL");
	must(!database == !settings.database);
	must(!database || !strcmp(database, settings.database));
	must(settings.nfolders > 0);
	must(!options->folders.count || settings.nfolders == options->folders.count);
	for (size_t i = 0; i < settings.nfolders; i++)
		must(options->folders.count || *settings.folders[i]);
	if (code) {
		check_refused(code, &error);
		must(options->lock_timeout_ms < 0 && wait);
		must(!is_number(wait) || strtod(wait, NULL) > 1e9);
	} else if (options->lock_timeout_ms < 0 && wait) {
		must(is_number(wait));
		must(fabs(strtod(wait, NULL) * 1000 - (double)settings.lock_timeout_ms) <
			1.001);
	} else {
		must(settings.lock_timeout_ms ==
			(options->lock_timeout_ms < 0 ? 30000
						      : options->lock_timeout_ms));
	}
	settings_deinit(&settings);
}

static void set_variables(struct input *input, struct amp_arena *arena)
{
	unsigned set = input_byte(input);
	for (size_t i = 0; i < VARIABLES; i++)
		if (set >> i & 1)
			must(!setenv(variables[i], input_text(input, arena), 1));
		else
			must(!unsetenv(variables[i]));
}

static bool is_yes(const char *name)
{
	static const char *const words[] = {"1", "true", "yes", "on"};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (getenv(name) && !strcasecmp(getenv(name), words[i]))
			return true;
	return false;
}

/* The gate, with a database in memory and a catalog that holds nothing. */
static void check_startup(void)
{
	static const char *const folders[] = {"migrations"};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_startup_result result;
	sqlite3 *handle;
	must(!sqlite3_open(":memory:", &handle));
	options.sqlite = handle;
	options.folders = folders;
	options.nfolders = 1;
	int code = amplan_startup(&options, NULL, &result);
	bool on = is_yes("PRODUCTION_MODE") && is_yes("AUTO_MIGRATE_ON_STARTUP");
	const char *failure = getenv("AUTO_MIGRATE_ON_FAILURE");
	must(code == result.code);
	must((result.outcome == AMPLAN_STARTUP_DISABLED) == !on);
	/* there is no such folder */
	must(!on || result.outcome == AMPLAN_STARTUP_REFUSED);
	must(result.stop == (on && failure && !strcasecmp(failure, "stop")));
	amplan_startup_result_deinit(&result);
	sqlite3_close(handle);
}

static void check_any(struct input *input, struct amp_arena *arena)
{
	struct line line = {0};
	struct options options, again;
	const struct cmd *command, *same;
	struct amplan_error error = {0}, other = {0};
	char program[] = "amplan";
	add_word(&line, program);
	set_variables(input, arena);
	while (input->left && line.argc < WORDS_MAX)
		add_word(&line, input_text(input, arena));
	int code =
		options_parse(&options, commands, &command, line.argc, line.argv, &error);
	must(code ==
		options_parse(&again, commands, &same, line.argc, line.argv, &other));
	must(command == same && !strcmp(error.message, other.message));
	if (code)
		check_refused(code, &error);
	check_words(&line, &options);
	if (!code && command && !options.help && !options.version && !options.man)
		must(options.noperands >= command->least &&
			options.noperands <= command->most);
	check_settings(&options);
	if (fuzz_hash(error.message, strlen(error.message)) % 8 == 0)
		check_startup();
	options_deinit(&options);
	options_deinit(&again);
}

/* Something to say with an option, and what must come of it. */
struct said {
	const struct opt *option;
	char *value;
};

static const struct opt *nth_option(const struct cmd *command, unsigned n)
{
	const struct opt *table = command->options;
	for (; table && table->name; table++)
		if (!n--)
			return table;
	for (table = options_everywhere; table->name; table++)
		if (!n--)
			return table;
	return NULL;
}

/* A value that the option takes. */
static char *make_value(
	const struct opt *option, struct input *input, struct amp_arena *arena)
{
	unsigned number = input_byte(input);
	char *text, *bar;
	switch (option->type) {
	case OPT_FLAG:
		return NULL;
	case OPT_TEXT:
	case OPT_LIST:
		text = input_text(input, arena);
		return *text ? text : amp_arena_strdup(arena, "x");
	case OPT_SECONDS:
		return amp_arena_printf(arena, "%u.%u", number, number % 10);
	case OPT_CHOICE:
		text = amp_arena_strdup(arena, option->argument);
		for (number %= 4; number && (bar = strchr(text, '|')); number--)
			text = bar + 1;
		text[strcspn(text, "|")] = '\0';
		return text;
	default:
		return amp_arena_printf(arena, "%u", number + 1);
	}
}

static void write_option(
	struct line *line, const struct said *said, unsigned how, struct amp_arena *arena)
{
	const struct opt *option = said->option;
	bool is_short = (how & 1) && option->letter;
	if (is_short && said->value && (how & 2)) {
		add_word(line,
			amp_arena_printf(arena, "-%c%s", option->letter, said->value));
	} else if (!is_short && said->value && (how & 2)) {
		add_word(line,
			amp_arena_printf(arena, "--%s=%s", option->name, said->value));
	} else {
		add_word(line,
			is_short ? amp_arena_printf(arena, "-%c", option->letter)
				 : amp_arena_printf(arena, "--%s", option->name));
		if (said->value)
			add_word(line, said->value);
	}
}

static void check_said(const struct options *options, const struct said *said)
{
	const void *field = (const char *)options + said->option->offset;
	const struct opt_list *list = field;
	bool found = false;
	switch (said->option->type) {
	case OPT_FLAG:
		must(*(const bool *)field);
		return;
	case OPT_TEXT:
		must(!strcmp(*(const char *const *)field, said->value));
		return;
	case OPT_LIST:
		for (size_t i = 0; i < list->count; i++)
			found = found || !strcmp(list->items[i], said->value);
		must(found);
		return;
	case OPT_NUMBER:
		must(*(const unsigned *)field == strtoul(said->value, NULL, 10));
		return;
	case OPT_MIB:
		must(*(const int64_t *)field == strtoll(said->value, NULL, 10) << 20);
		return;
	case OPT_SECONDS:
		must(fabs((double)*(const int64_t *)field -
			     strtod(said->value, NULL) * 1000) < 1);
		return;
	case OPT_CHOICE:
		must(!strncmp(said->option->argument, said->value, strlen(said->value)) ||
			*(const int *)field > 0);
		return;
	}
}

/* Which of two that mean the same field counts: the last one. */
static bool is_last(const struct said *said, size_t count, size_t i)
{
	for (size_t k = i + 1; k < count; k++)
		if (said[k].option->offset == said[i].option->offset)
			return said[i].option->type == OPT_LIST ||
				said[i].option->type == OPT_FLAG;
	return true;
}

static void check_right(struct input *input, struct amp_arena *arena)
{
	const struct cmd *wanted = commands[input_below(input, COMMANDS)];
	struct line line = {0};
	struct said said[6];
	size_t count = input_below(input, 6), noperands = 0;
	char program[] = "amplan", dashes[] = "--";
	bool first = input_below(input, 2);
	char *name = amp_arena_strdup(arena, wanted->name);
	add_word(&line, program);
	if (first)
		add_word(&line, name);
	for (size_t i = 0; i < count; i++) {
		said[i].option = nth_option(wanted, input_byte(input) % 40);
		if (!said[i].option) {
			count = i;
			break;
		}
		said[i].value = make_value(said[i].option, input, arena);
		/* before the command, its own options go by their long names */
		write_option(
			&line, &said[i], input_byte(input) & (first ? 3u : 2u), arena);
	}
	if (!first)
		add_word(&line, name);
	if (wanted->least || input_below(input, 2)) {
		size_t most = wanted->most < 3 ? wanted->most : 3;
		noperands = wanted->least;
		if (most > wanted->least)
			noperands +=
				input_below(input, (unsigned)(most - wanted->least + 1));
		if (noperands)
			add_word(&line, dashes);
		for (size_t i = 0; i < noperands; i++)
			add_word(&line, input_text(input, arena));
	}
	struct options options;
	struct amplan_error error = {0};
	const struct cmd *command;
	int code =
		options_parse(&options, commands, &command, line.argc, line.argv, &error);
	must(!code && command == wanted);
	must(options.noperands == noperands);
	for (size_t i = 0; i < noperands; i++)
		must(!strcmp(options.operands[i],
			line.argv[line.argc - (int)noperands + (int)i]));
	for (size_t i = 0; i < count; i++)
		if (is_last(said, count, i))
			check_said(&options, &said[i]);
	options_deinit(&options);
}

/* Bytes of a part of a URL that do not look like the secret by accident. */
static char *part(struct input *input, struct amp_arena *arena)
{
	char *text = input_text(input, arena);
	for (char *at = text; (at = strstr(at, "S3")); at++)
		*at = 's';
	return text;
}

static void check_url(struct input *input, struct amp_arena *arena)
{
	static const char secret[] = "S3CR3T";
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_error error = {0};
	struct amplan *amplan = NULL;
	unsigned how = input_byte(input);
	char *user = part(input, arena), *before = part(input, arena);
	char *behind = part(input, arena), *host = part(input, arena);
	options.database = how & 1
		? amp_arena_printf(arena, "postgresql://%s:%s%s%s@%s", user, before,
			  secret, behind, host)
		: amp_arena_printf(arena, "postgresql://%s%s/db?%spassword=%s%s", user,
			  host, before, secret, behind);
	int code = amplan_open(&options, &amplan, &error);
	must(code == AMPLAN_USAGE && !amplan);
	check_refused(code, &error);
	must(!strstr(error.message, secret) && !strstr(error.hint, secret));
	/* and nothing of what may stand behind it in it, but where it stands elsewhere, too */
	const char *elsewhere = amp_arena_printf(arena,
		"no engine for the database 'postgresql://%s:***@%s' "
		"'postgresql://%s%s/db'",
		user, host, user, host);
	must(strlen(behind) < 4 || !strstr(error.message, behind) ||
		strstr(elsewhere, behind));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_own_folder();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AMP_ARENA_AUTO arena = {0};
	struct input input = input_of(data, size);
	unsigned mode = input_byte(&input);
	if (mode == 'v')
		check_right(&input, &arena);
	else if (mode == 'u')
		check_url(&input, &arena);
	else
		check_any(&input, &arena);
	return 0;
}
