/*
 * Cmd: what a command is, and what it is given.
 *
 * Each command is one constant descriptor in a file of its own. main.c has the list, opens
 * what the descriptor says is needed, runs the command, and prints what came of it; the
 * option parser, --help and the manual pages read the same descriptor.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <amplan/amplan.h>

#include "cli/json.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "cli/terminal.h"

struct app;

/* What a command needs, and where its findings belong. */
enum cmd_needs {
	CMD_SESSION = 1,       /* a session over the migrations */
	CMD_DATABASE = 2,      /* refuses to run without a database */
	CMD_NO_DATABASE = 4,   /* the session has none, whatever the options say */
	CMD_OWN_FINDINGS = 8,  /* show() prints the findings itself */
	CMD_FINDINGS_OUT = 16, /* findings are results: they go to stdout */
	CMD_STOPS = 32         /* the first operand ends the options */
};

struct cmd {
	const char *name;
	const char *line;     /* what it does, in one line */
	const char *operands; /* for the usage line; "" if it has none */
	size_t least, most;   /* number of operands */
	const char *text; /* long description; paragraphs are separated by empty lines,
	                     lines that begin with two blanks are kept as they are */
	const struct opt *options; /* its own ones; NULL: none */
	unsigned needs;            /* enum cmd_needs, or-ed */
	/* Does it. May set app->report, app->error and app->exit; returns enum amplan_code. */
	int (*run)(struct app *app);
	/* Prints the result for people; called after run, also when it failed. */
	void (*show)(struct app *app);
	/* Adds members to the JSON object; NULL: the report says all. */
	void (*json)(struct app *app, struct json *json);
};

struct app {
	const struct cmd *const *commands; /* all of them, NULL at the end */
	const struct cmd *command;
	struct options options;
	struct settings settings;
	struct terminal out, err;
	struct log log;
	struct progress progress;
	struct amplan *session;
	struct amplan_report *report; /* freed by main */
	struct amplan_report *check;  /* of graph --effects, besides; freed by main */
	struct amplan_error error;    /* why it failed */
	bool error_is_ours;           /* the program said it, not the library */
	int code;                     /* what run() returned */
	int exit;                     /* exit code to use instead; -1: none */
	bool nothing_done;            /* a person said no, or there was nothing to do */
	int write_error;              /* errno of a write to stdout that failed */
	void *own;                    /* what run() keeps for show(); freed by main */
};

extern const struct cmd cmd_apply, cmd_baseline, cmd_check, cmd_explain, cmd_graph,
	cmd_help, cmd_new, cmd_order, cmd_plan, cmd_resolve, cmd_rollback, cmd_show,
	cmd_start, cmd_status, cmd_verify, cmd_why;

/* Session options as the settings say, with the callbacks of the program. */
void app_session_options(struct app *app, struct amplan_options *options);

/* Fills app->error and returns the code. */
int app_fail(struct app *app, int code, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* An unknown id, with did-you-mean over the report's migrations. */
int app_unknown_id(struct app *app, const char *id);

/* Prints " -d … -m …" as they were given on the command line, for "run this next". */
void app_say_same_options(struct app *app, struct terminal *out);

#endif
