/*
 * Prayer wall: a small web application that brings its own database up to date.
 *
 *	prayer_wall [--database FILE] [--migrations DIR] [--port N]
 *
 * What migrates is in migrate(), and fitness.c asks for each page how the schema stands;
 * the rest would be the same without amplan. Whatever becomes of the migration, the wall
 * is served: on the schema as it was, if need be. It listens on loopback and believes
 * every name, so it is an example and not a service.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <amplan/amplan.h>

#include "examples/prayer_wall/fitness.h"
#include "examples/prayer_wall/http.h"
#include "examples/prayer_wall/page.h"

struct arguments {
	const char *database, *migrations;
	unsigned short port;
};

static void log_line(void *user, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	static const char *const words[] = {"debug", "info", "warning", "error"};
	(void)user;
	if (level == AMPLAN_LOG_DEBUG)
		return;
	fprintf(stderr, "%s: %s", words[level], message);
	for (size_t i = 0; i < nfields; i++)
		fprintf(stderr, " %s=\"%s\"", fields[i].key, fields[i].value);
	fputc('\n', stderr);
}

static void give_up(const struct amplan_startup_result *result)
{
	fprintf(stderr, "prayer_wall: does not start: %s\n", result->error.message);
	exit(amplan_exit_code(result->code));
}

static void migrate(const char *database, const char *folder)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_startup_result result;
	options.database = database;
	options.folders = &folder;
	options.nfolders = 1;
	options.log = log_line;
	if (amplan_startup(&options, NULL, &result) && result.stop)
		give_up(&result);
	amplan_startup_result_deinit(&result);
}

static bool parse_port(const char *text, unsigned short *port)
{
	char *end = NULL;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > 65535)
		return false;
	*port = (unsigned short)value;
	return true;
}

static bool parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{"database", required_argument, NULL, 'd'},
		{"migrations", required_argument, NULL, 'm'},
		{"port", required_argument, NULL, 'p'},
		{0},
	};
	for (int c; (c = getopt_long(argc, argv, "d:m:p:", options, NULL)) != -1;) {
		if (c == 'd')
			arguments->database = optarg;
		else if (c == 'm')
			arguments->migrations = optarg;
		else if (c != 'p' || !parse_port(optarg, &arguments->port))
			return false;
	}
	return optind == argc;
}

/* A descriptor that can be read from when it is time to end. */
static int watch_signals(void)
{
	sigset_t ends;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	return signalfd(-1, &ends, SFD_CLOEXEC);
}

static int fail(const char *what)
{
	fprintf(stderr, "prayer_wall: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {"wall.db", "migrations", 8080};
	if (!parse_arguments(argc, argv, &arguments)) {
		fprintf(stderr,
			"usage: prayer_wall [--database FILE] [--migrations DIR] "
			"[--port N]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN); /* whoever reads the log may go, the wall stays */
	migrate(arguments.database, arguments.migrations);

	int listener = http_listen(&arguments.port);
	if (listener < 0)
		return fail("cannot listen");
	int stop = watch_signals();
	if (stop < 0)
		return fail("cannot watch for signals");
	struct page_site site = {.wall.path = arguments.database};
	fitness_open(&site.fitness, arguments.database, arguments.migrations, log_line);
	printf("listening on http://127.0.0.1:%u\n", arguments.port);
	fflush(stdout);
	http_serve(listener, stop, page_answer, &site);
	fitness_close(&site.fitness);
	close(listener);
	close(stop);
	return 0;
}
