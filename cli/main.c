/*
 * amplan: the program.
 *
 * main() does what all commands share: it parses the command line, opens the session that
 * the command needs, runs it, prints what came of it as text or JSON, and turns the result
 * into an exit code. A command itself only calls the library and renders its report.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/man.h"
#include "cli/relations.h"
#include "cli/text_findings.h"

static const struct cmd *const commands[] = {
	&cmd_plan,
	&cmd_apply,
	&cmd_rollback,
	&cmd_status,
	&cmd_verify,
	&cmd_check,
	&cmd_graph,
	&cmd_order,
	&cmd_why,
	&cmd_explain,
	&cmd_new,
	&cmd_show,
	&cmd_baseline,
	&cmd_resolve,
	&cmd_start,
	&cmd_help,
	NULL,
};

/*
 * A descriptor that the caller closed would go to the database, and what is printed would
 * end in it. /dev/null takes its place, opened the wrong way round, so that reading and
 * writing fail as they would have.
 */
static void fill_standard_descriptors(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
			open("/dev/null", modes[fd]) != fd)
			_exit(70);
}

int app_fail(struct app *app, int code, const char *hint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	app->error = (struct amplan_error){.code = code};
	app->error_is_ours = true;
	vsnprintf(app->error.message, sizeof(app->error.message), format, args);
	va_end(args);
	if (hint)
		snprintf(app->error.hint, sizeof(app->error.hint), "%s", hint);
	return code;
}

int app_unknown_id(struct app *app, const char *id)
{
	const char *nearest = relations_nearest(app->report, id);
	app_fail(app, AMPLAN_USAGE, "'amplan order' lists all ids",
		"no migration is called '%.200s'", id);
	if (nearest)
		snprintf(app->error.hint, sizeof(app->error.hint), "did you mean '%s'?",
			nearest);
	return AMPLAN_USAGE;
}

void app_say_same_options(struct app *app, struct terminal *out)
{
	const struct options *options = &app->options;
	for (size_t i = 0; i < options->folders.count; i++) {
		say(out, " -m ");
		terminal_argument(out, options->folders.items[i]);
	}
	if (!options->database)
		return;
	/* the name the library gives has no password in it; where it differs, ask for it */
	const char *name = app->report ? app->report->database : NULL;
	say(out, " -d ");
	if ((strstr(options->database, "://") || strchr(options->database, '?')) &&
		(!name || strcmp(name, options->database) != 0))
		say(out, "URL");
	else
		terminal_argument(out, options->database);
}

static void on_log(void *user, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	struct app *app = user;
	progress_clear(&app->progress);
	log_message(&app->log, level, message, fields, nfields);
}

static void on_progress(void *user, const struct amplan_progress *progress)
{
	struct app *app = user;
	progress_tell(&app->progress, progress);
}

static bool on_cancel(void *user)
{
	(void)user;
	interrupt_listen();
	return interrupt_came();
}

void app_session_options(struct app *app, struct amplan_options *options)
{
	*options = (struct amplan_options)AMPLAN_OPTIONS_INIT;
	if (!(app->command->needs & CMD_NO_DATABASE))
		options->database = app->settings.database;
	options->folders = app->settings.folders;
	options->nfolders = app->settings.nfolders;
	options->lock_timeout_ms = app->settings.lock_timeout_ms;
	options->log = on_log;
	options->progress = on_progress;
	options->cancel = on_cancel;
	options->user = app;
}

static int open_session(struct app *app)
{
	struct amplan_options options;
	unsigned needs = app->command->needs;
	if ((needs & CMD_DATABASE) && !app->settings.database)
		return app_fail(app, AMPLAN_USAGE,
			"name it with --database app.db, or in AMPLAN_DATABASE",
			"'%s' needs a database", app->command->name);
	if (!(needs & CMD_SESSION))
		return AMPLAN_OK;
	app_session_options(app, &options);
	return amplan_open(&options, &app->session, &app->error);
}

static void init_output(struct app *app)
{
	const struct options *options = &app->options;
	bool starts = app->command == &cmd_start;
	terminal_init(&app->out, stdout, (enum color_when)options->color);
	terminal_init(&app->err, stderr, (enum color_when)options->color);
	app->log = (struct log){
		.err = &app->err,
		.least = options->verbose           ? AMPLAN_LOG_DEBUG
			: starts && !options->quiet ? AMPLAN_LOG_INFO
						    : AMPLAN_LOG_WARNING,
		.json = options->log_format == 1,
	};
	progress_init(&app->progress, &app->err, &app->log, options->quiet);
}

static void print_json(struct app *app)
{
	struct json json;
	const char *name = app->command ? app->command->name : "";
	if (!json_open(&json, stdout))
		json.failed = true;
	if (!json.failed) {
		json_map(&json, NULL);
		json_number(&json, "format", 1);
		json_text(&json, "command", name);
		if (app->report)
			json_report(&json, app->report, app->check);
		if (app->command && app->command->json)
			app->command->json(app, &json);
		if (app->code)
			json_error(&json, app->code, &app->error);
		json_end_map(&json);
		putc('\n', stdout);
	}
	json_close(&json);
	if (!json.failed)
		return;
	app->exit = amplan_exit_code(AMPLAN_NOMEM);
	say(&app->err, "amplan: out of memory\n");
}

static void print_findings(struct app *app)
{
	unsigned needs = app->command->needs;
	bool result = needs & CMD_FINDINGS_OUT;
	if (!app->report || (needs & CMD_OWN_FINDINGS))
		return;
	if (!result && app->log.json) {
		text_findings_log(&app->log, app->report, app->check);
		if (app->check)
			text_findings_log(&app->log, app->check, NULL);
		return;
	}
	struct terminal *terminal = result ? &app->out : &app->err;
	if (app->check) {
		text_findings_of_two(
			terminal, app->report, app->check, app->options.quiet);
		return;
	}
	text_findings(terminal, app->report, app->options.quiet);
	text_findings_summary(terminal, app->report);
}

static void print_error(struct app *app)
{
	const struct amplan_error *error = &app->error;
	struct amplan_field hint = {"hint", error->hint};
	if (!error->message[0])
		return;
	if (app->log.json) {
		log_entry(&app->log, AMPLAN_LOG_ERROR, error->message, &hint,
			error->hint[0] != '\0');
		return;
	}
	if (text_findings_say(app->report, error->message))
		return;
	say(&app->err, RED "amplan:" PLAIN " %s\n", error->message);
	if (error->hint[0])
		say(&app->err, "  " GREEN "help:" PLAIN " %s\n", error->hint);
	if (app->code == AMPLAN_USAGE && app->error_is_ours && !app->report &&
		app->exit < 0)
		help_usage(&app->err, app->command);
}

static void print(struct app *app)
{
	bool failed = app->code != AMPLAN_OK;
	progress_clear(&app->progress);
	if (app->options.json) {
		print_json(app);
		return;
	}
	/* after a failure the findings come first: what it came to is the last word */
	if (app->command && failed)
		print_findings(app);
	if (app->command && app->command->show)
		app->command->show(app);
	if (app->command && !failed)
		print_findings(app);
	if (fflush(stdout)) /* the error below comes after what it is about */
		app->write_error = errno;
	if (app->code)
		print_error(app);
}

/* What is asked for in place of a command's work; true: it is done. */
static bool instead_of_work(struct app *app, const struct cmd *named)
{
	if (app->options.version) {
		say(&app->out, "amplan %s\n", amplan_version());
	} else if (app->options.help && named) {
		help_command(&app->out, named);
	} else if (app->options.help) {
		help_program(&app->out, commands);
	} else if (app->options.man) {
		if (named)
			man_command(stdout, named, commands);
		else
			man_program(stdout, commands);
	} else {
		return false;
	}
	return true;
}

/* Without a command: the status, or a short help where there is nothing to show. */
static const struct cmd *default_command(const struct app *app)
{
	if (app->options.dry_run)
		return &cmd_plan;
	if (app->options.graph)
		return &cmd_graph;
	if (app->settings.database || access(app->settings.folders[0], F_OK) == 0)
		return &cmd_status;
	return &cmd_help;
}

/* apply --dry-run is plan, rollback has its own; elsewhere it would promise too much. */
static int dry_run(struct app *app, const struct cmd *named)
{
	const char *option = app->options.dry_run ? "--dry-run" : "--graph";
	if (!named || (!app->options.dry_run && !app->options.graph))
		return AMPLAN_OK;
	if (app->options.graph ? named == &cmd_graph
			       : named == &cmd_plan || named == &cmd_rollback)
		return AMPLAN_OK;
	if (named != &cmd_apply || app->options.graph)
		return app_fail(app, AMPLAN_USAGE, NULL, "'%s' does not take '%s'",
			named->name, option);
	app->command = &cmd_plan;
	return AMPLAN_OK;
}

static int work(struct app *app, int argc, char **argv)
{
	const struct cmd *named;
	int code =
		options_parse(&app->options, commands, &named, argc, argv, &app->error);
	app->command = named;
	app->error_is_ours = true;
	app->options.json = app->options.json || app->options.format == OPT_FORMAT_JSON;
	init_output(app);
	if (!code && instead_of_work(app, named)) {
		app->options.json = false;
		app->command = NULL;
		return AMPLAN_OK;
	}
	if (!code)
		code = settings_init(&app->settings, &app->options, &app->error);
	if (!code && !named)
		app->command = default_command(app);
	if (!code)
		code = dry_run(app, named);
	if (!code)
		code = open_session(app);
	if (!code) {
		app->error_is_ours = false;
		code = app->command->run(app);
	}
	return code;
}

/* Nobody reads any more: "amplan plan | head" is no failure. */
static bool reader_is_gone(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP));
}

/* The last word: what was printed must have been written. */
static int flush(struct app *app, int exit_code)
{
	errno = 0;
	bool failed = fflush(stdout) != 0;
	int number = app->write_error ? app->write_error : errno;
	if ((!failed && !ferror(stdout)) || number == EPIPE || reader_is_gone())
		return exit_code;
	say(&app->err, "amplan: cannot write to standard output: %s\n",
		number ? strerror(number) : "write error");
	/* what was committed stays so, and what was refused: a script must not take either
	   for a crash */
	bool committed = app->report && app->report->done;
	return exit_code || committed ? exit_code : 70;
}

int main(int argc, char **argv)
{
	struct app app = {.commands = commands, .exit = -1};
	fill_standard_descriptors();
	setvbuf(stderr, NULL, _IOLBF, 0); /* else each caret is a call of the system */
	interrupt_init();
	app.code = work(&app, argc, argv);
	print(&app);
	int exit_code = app.exit >= 0 ? app.exit : amplan_exit_code(app.code);
	exit_code = flush(&app, exit_code);
	amplan_report_free(app.report);
	amplan_report_free(app.check);
	amplan_close(app.session);
	free(app.own);
	settings_deinit(&app.settings);
	options_deinit(&app.options);
	return exit_code;
}
