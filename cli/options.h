/*
 * Options: the command line, parsed by the tables that help and manual are made from.
 *
 * Short and long options, `--option=value`, clusters (`-qv`), `--`. Nothing is
 * abbreviated; what is not known is refused, with the nearest known word as advice.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <amplan/error.h>

struct cmd;

enum opt_type {
	OPT_FLAG,    /* bool: no value */
	OPT_TEXT,    /* const char * */
	OPT_LIST,    /* struct opt_list, repeatable */
	OPT_NUMBER,  /* unsigned, from 1 */
	OPT_SECONDS, /* int64_t milliseconds, from decimal seconds */
	OPT_MIB,     /* int64_t bytes, from MiB */
	OPT_CHOICE   /* int: position in `argument`, "one|two|three" */
};

/* One option. A table ends with one without a name. */
struct opt {
	char letter;      /* 0: none */
	const char *name; /* without the dashes */
	enum opt_type type;
	const char *argument; /* name of its value; NULL: takes none */
	size_t offset;        /* of its field in struct options */
	const char *text;     /* for help and manual; NULL: hidden */
};

#define OPT_FIELD(field) offsetof(struct options, field)

struct opt_list {
	const char **items;
	size_t count;
};

/* All that a command line can say. */
struct options {
	/* everywhere */
	const char *database;
	struct opt_list folders;
	int64_t lock_timeout_ms; /* -1: not given */
	bool json, quiet, verbose, help, version;
	int color;      /* enum color_when */
	int log_format; /* 0: text, 1: json */
	/* in place of a command */
	bool dry_run, graph, man;
	/* of single commands */
	const char *to, *file, *out, *around;
	int shadow;                   /* position in OPT_SHADOWS */
	int format;                   /* enum opt_format */
	int64_t statement_timeout_ms; /* 0: no limit */
	int64_t copy_limit;
	unsigned steps;
	bool exit_code, yes, no_rehearsal, reduce, pending, applied, again,
		accept_differences, strict, require_down, fix, effects;
	/* words that are no options, after the command */
	const char **operands;
	size_t noperands;
};

#define OPT_SHADOWS "auto|copy|schema|none"
#define OPT_FORMATS "text|json|sarif|github"

/* Positions in OPT_FORMATS. */
enum opt_format { OPT_FORMAT_TEXT, OPT_FORMAT_JSON, OPT_FORMAT_SARIF, OPT_FORMAT_GITHUB };

/* The options that every command has. */
extern const struct opt options_everywhere[];

/*
 * Parses. *command is set as soon as it is known, also on failure; NULL: none was named.
 * The strings stay those of argv. Returns AMPLAN_OK, AMPLAN_USAGE or AMPLAN_NOMEM; end
 * with options_deinit() in any case.
 */
int options_parse(struct options *options, const struct cmd *const *commands,
	const struct cmd **command, int argc, char **argv, struct amplan_error *error);
void options_deinit(struct options *options);

/* Parses "2", "0.5": seconds as milliseconds. False: not a number, or too large. */
bool options_seconds(const char *text, int64_t *milliseconds);

/* The command with this name, or NULL. */
const struct cmd *options_command(const struct cmd *const *commands, const char *name);

#endif
