/*
 * start: startup auto-apply, then become another program.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/interrupt.h"

static const struct opt options[] = {
	{0, "shadow", OPT_CHOICE, "schema|copy|none", OPT_FIELD(shadow),
		"what to rehearse on: the schema without rows, which takes milliseconds "
		"whatever the data, a copy with all rows, or nothing"},
	{0},
};

static const char *applied_id(const struct amplan_report *report, size_t index)
{
	const struct amplan_step *step = &report->steps[index];
	bool applied = step->outcome == AMPLAN_DONE || step->outcome == AMPLAN_MARKED;
	return applied && report->done ? step->migration->id : "";
}

/* The ids that were applied, with blanks between them; NULL: no memory. */
static char *applied_ids(const struct amplan_report *report)
{
	size_t size = 1, at = 0;
	for (size_t i = 0; report && i < report->nsteps; i++)
		size += strlen(applied_id(report, i)) + 1;
	char *ids = calloc(size, 1);
	for (size_t i = 0; ids && report && i < report->nsteps; i++) {
		const char *id = applied_id(report, i);
		if (at && *id)
			ids[at++] = ' ';
		memcpy(ids + at, id, strlen(id) + 1);
		at += strlen(id);
	}
	return ids;
}

static int export_result(struct app *app, const struct amplan_startup_result *result)
{
	char *ids = applied_ids(result->report);
	bool done = ids &&
		!setenv("AMPLAN_RESULT", amplan_startup_name(result->outcome), 1) &&
		!setenv("AMPLAN_APPLIED", ids, 1);
	free(ids);
	return done ? AMPLAN_OK : app_fail(app, AMPLAN_NOMEM, NULL, "out of memory");
}

/* Returns only where the program cannot be started. */
static int become(struct app *app)
{
	char **words = calloc(app->options.noperands + 1, sizeof(char *));
	if (!words)
		return app_fail(app, AMPLAN_NOMEM, NULL, "out of memory");
	memcpy(words, app->options.operands, app->options.noperands * sizeof(char *));
	progress_clear(&app->progress);
	fflush(NULL);
	interrupt_undo();
	execvp(words[0], words);
	int number = errno;
	app->exit = number == ENOENT ? 127 : 126;
	app_fail(app, AMPLAN_USAGE, NULL, "cannot start '%.200s': %s", words[0],
		strerror(number));
	free(words);
	return AMPLAN_USAGE;
}

static int after_startup(struct app *app, struct amplan_startup_result *result)
{
	int code = result->code;
	if (result->stop || code == AMPLAN_CANCELLED || interrupt_came()) {
		if (app->options.json) /* otherwise the library has logged it */
			app->error = result->error;
		if (!code || code == AMPLAN_CANCELLED)
			code = app_fail(app, AMPLAN_CANCELLED, NULL,
				"stopped by a signal, '%.200s' was not started",
				app->options.operands[0]);
		return code;
	}
	code = export_result(app, result);
	return code ? code : become(app);
}

static int run(struct app *app)
{
	static const enum amplan_fidelity fidelities[] = {
		AMPLAN_FIDELITY_SCHEMA, AMPLAN_FIDELITY_COPY, AMPLAN_FIDELITY_NONE};
	struct amplan_options session;
	struct amplan_startup_options startup = AMPLAN_STARTUP_OPTIONS_INIT;
	struct amplan_startup_result result;
	app_session_options(app, &session);
	startup.fidelity = fidelities[app->options.shadow];
	amplan_startup(&session, &startup, &result);
	int code = after_startup(app, &result);
	amplan_startup_result_deinit(&result);
	return code;
}

const struct cmd cmd_start = {
	.name = "start",
	.line = "migrate at startup, then become the application",
	.operands = "-- COMMAND [ARGUMENT...]",
	.least = 1,
	.most = SIZE_MAX,
	.text = "For entry points of containers and units: applies what is pending, if it is "
		"allowed to, and then becomes COMMAND, with the same process id. It is "
		"allowed to where PRODUCTION_MODE and AUTO_MIGRATE_ON_STARTUP are both 1, "
		"true, yes or on; otherwise nothing is opened and COMMAND starts at once.\n\n"
		"COMMAND finds in AMPLAN_RESULT what it came to: disabled, current, applied, "
		"locked, refused, failed or ahead; and in AMPLAN_APPLIED the ids that were "
		"applied, separated by blanks. It is started whatever the result, unless "
		"AUTO_MIGRATE_ON_FAILURE is stop: then it is not, and the exit code tells "
		"why. A signal while migrating rolls back and ends the program without "
		"starting COMMAND, with exit code 1. Where COMMAND cannot be started, the exit "
		"code is 127 if it does not exist and 126 otherwise, as in a shell.\n\n"
		"What is done is logged on standard error, one line each; standard output is "
		"left to COMMAND.\n\n"
		"  amplan start -d /data/app.db -m /app/migrations -- /app/server --port 80",
	.options = options,
	.needs = CMD_STOPS,
	.run = run,
};
