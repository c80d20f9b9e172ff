/*
 * graph: the dependency graph as DOT.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/dot.h"
#include "cli/relations.h"

static const struct opt options[] = {
	{0, "reduce", OPT_FLAG, NULL, OPT_FIELD(reduce),
		"leave out dependencies that others imply"},
	{0, "pending", OPT_FLAG, NULL, OPT_FIELD(pending),
		"only what is pending, and what that depends on directly"},
	{0, "around", OPT_TEXT, "ID", OPT_FIELD(around),
		"only this migration, and what is within two steps of it"},
	{0, "effects", OPT_FLAG, NULL, OPT_FIELD(effects),
		"run the migrations on a shadow, and draw what their effects demand and "
		"nobody declared"},
	{0},
};

#define STEPS_AROUND 2

static void mark_pending(const struct amplan_report *report, bool *marks)
{
	for (size_t i = 0; i < report->nmigrations; i++) {
		const struct amplan_migration *migration = &report->migrations[i];
		if (!relations_is_pending(migration))
			continue;
		marks[i] = true;
		for (size_t j = 0; j < migration->nedges; j++)
			if (migration->edges[j].index < report->nmigrations)
				marks[migration->edges[j].index] = true;
	}
}

static bool mark_around(const struct amplan_report *report, size_t center, bool *marks)
{
	struct relations relations;
	if (!relations_init(&relations, report))
		return false;
	bool *below = calloc(report->nmigrations + 1, sizeof(*below));
	bool done = below &&
		relations_reach(&relations, center, true, STEPS_AROUND, marks) !=
			RELATIONS_NONE &&
		relations_reach(&relations, center, false, STEPS_AROUND, below) !=
			RELATIONS_NONE;
	for (size_t i = 0; done && i < report->nmigrations; i++)
		marks[i] = marks[i] || below[i] || i == center;
	free(below);
	relations_deinit(&relations);
	return done;
}

static int choose(struct app *app)
{
	const struct amplan_report *report = app->report;
	const char *around = app->options.around;
	if (!app->options.pending && !around)
		return AMPLAN_OK;
	bool *marks = app->own = calloc(report->nmigrations + 1, sizeof(*marks));
	if (!marks)
		return app_fail(app, AMPLAN_NOMEM, NULL, "out of memory");
	if (app->options.pending)
		mark_pending(report, marks);
	if (!around)
		return AMPLAN_OK;
	size_t center = relations_find(report, around);
	if (center == RELATIONS_NONE)
		return app_unknown_id(app, around);
	if (!mark_around(report, center, marks))
		return app_fail(app, AMPLAN_NOMEM, NULL, "out of memory");
	return AMPLAN_OK;
}

/* What is wrong can often be seen best in the picture, so it comes with the findings. */
static bool has_picture(const struct app *app)
{
	return app->report && (app->report->nmigrations || !app->code);
}

/* The migrations run from nothing, so that the database does not matter. */
static int add_check(struct app *app, int code)
{
	struct amplan_check_options check = AMPLAN_CHECK_OPTIONS_INIT;
	struct amplan_error error = {0};
	check.statement_timeout_ms = app->options.statement_timeout_ms;
	int checked = amplan_check(app->session, &check, &app->check, &error);
	if (checked && !code)
		app->error = error;
	return code ? code : checked;
}

static int run(struct app *app)
{
	if (app->options.pending && app->options.around)
		return app_fail(app, AMPLAN_USAGE, NULL,
			"'--pending' and '--around' cannot be used together");
	int code = amplan_graph(app->session, &app->report, &app->error);
	/* the ids are not all there, and it is no matter of the one that was named */
	if (code == AMPLAN_NOMEM)
		return code;
	int chosen = has_picture(app) ? choose(app) : AMPLAN_OK;
	if (!chosen && app->options.effects && has_picture(app))
		code = add_check(app, code);
	return chosen ? chosen : code;
}

static _Noreturn void draw_and_exit(
	int fd, const struct app *app, const struct dot_options *dot)
{
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	FILE *stream = fdopen(fd, "w");
	bool drawn = stream && dot_write(stream, app->report, dot) && !fflush(stream);
	_exit(drawn ? 0 : 1);
}

/* Passes on what comes; 0 or an errno. What cannot be written is told at the end, like
   everything on standard output. */
static int pass_on(int fd)
{
	char bytes[16384];
	while (!ferror(stdout)) {
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n == 0)
			return 0;
		if (n > 0)
			fwrite(bytes, 1, (size_t)n, stdout);
		else if (errno != EINTR)
			return errno;
	}
	return 0;
}

/* What went wrong before is told as well. */
static int cannot_draw(struct app *app, int number)
{
	int code = number == ENOMEM ? AMPLAN_NOMEM : AMPLAN_INTERNAL;
	const char *cause = number == ENOMEM ? "out of memory" : strerror(number);
	if (!app->code)
		return app_fail(app, code, NULL, "cannot draw the graph: %s", cause);
	app->exit = amplan_exit_code(code);
	say(&app->err, "amplan: cannot draw the graph: %s\n", cause);
	return app->code;
}

/*
 * cgraph does not look whether it got the memory that it asked for, and dies. So a child
 * draws, and if it dies that is an error like others.
 */
static int draw(struct app *app, const struct dot_options *dot)
{
	int ends[2], status = 0, number = 0;
	if (pipe2(ends, O_CLOEXEC))
		return cannot_draw(app, errno);
	pid_t child = fork();
	if (child == 0)
		draw_and_exit(ends[1], app, dot);
	if (child < 0)
		number = errno;
	close(ends[1]);
	if (!number)
		number = pass_on(ends[0]);
	close(ends[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	/* where nobody reads, the child was stopped by that */
	if (!number && status && !ferror(stdout))
		number = ENOMEM;
	return number ? cannot_draw(app, number) : app->code;
}

static void show(struct app *app)
{
	struct dot_options dot = {
		.reduce = app->options.reduce,
		.shown = app->own,
		.check = app->check,
	};
	if (app->code == AMPLAN_USAGE || !has_picture(app))
		return;
	app->code = draw(app, &dot);
}

static void edges(struct json *json, const struct amplan_migration *migration)
{
	json_array(json, "edges");
	for (size_t i = 0; i < migration->nedges; i++) {
		const struct amplan_edge *edge = &migration->edges[i];
		json_map(json, NULL);
		json_text(json, "on", edge->on);
		json_text(json, "reason", edge->reason);
		json_bool(json, "orders_only", edge->orders_only);
		json_bool(json, "redundant", edge->redundant);
		json_end_map(json);
	}
	json_end_array(json);
}

static void json(struct app *app, struct json *json)
{
	const bool *shown = app->own;
	if (app->code == AMPLAN_USAGE || !has_picture(app))
		return;
	json_array(json, "migrations");
	for (size_t i = 0; i < app->report->nmigrations; i++) {
		const struct amplan_migration *migration = &app->report->migrations[i];
		if (shown && !shown[i])
			continue;
		json_map(json, NULL);
		json_text(json, "id", migration->id);
		json_text(json, "state", json_state(migration->state));
		json_text(json, "file", migration->place.file);
		json_number(json, "line", migration->place.line);
		json_depends(json, migration);
		edges(json, migration);
		json_end_map(json);
	}
	json_end_array(json);
	if (app->check)
		json_demands(json, app->check);
}

const struct cmd cmd_graph = {
	.name = "graph",
	.line = "print the dependency graph as DOT, with the state of each migration",
	.operands = "",
	.text = "Prints the dependency graph in the language of Graphviz. An edge runs from a "
		"migration to one it depends on; the roots are on the left. With a database, "
		"applied, pending, failed, drifted, interrupted and replaced migrations differ "
		"by shape and by colour; those for maintenance have a second, dashed border. "
		"An edge that only orders is dashed, one that others imply is pale. The reason "
		"of an edge and the place of a migration are tooltips in SVG.\n\n"
		"--effects runs the migrations as 'amplan check' does, on a shadow that begins "
		"empty; a database is not touched. A dependency that they were seen to need "
		"and do not declare is a dashed red edge, a pair whose order makes a "
		"difference though nobody declared one a red line without arrow; both are "
		"marked with the object at which the two meet.\n\n"
		"The same input gives the same bytes. Findings go to standard error; where "
		"one of them is an error the picture is printed all the same, and the exit "
		"code tells.\n\n"
		"  amplan graph -d app.db | dot -Tsvg -o graph.svg",
	.options = options,
	.needs = CMD_SESSION,
	.run = run,
	.show = show,
	.json = json,
};
