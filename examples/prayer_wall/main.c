/*
 * Prayer wall: a small web application that brings its own database up to date.
 *
 *   prayer_wall [PORT [DATABASE [MIGRATIONS]]]
 *
 * What concerns amplan is in migrate(); the rest would be the same without it. Whatever
 * becomes of the migration, the wall is served: on the schema as it was, if need be.
 * It listens on loopback and believes every name, so it is an example and not a service.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <amplan/amplan.h>

#include "examples/prayer_wall/http.h"
#include "examples/prayer_wall/page.h"
#include "examples/prayer_wall/wall.h"

static volatile sig_atomic_t stop;

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

static void migrate(const char *database, const char *folder)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_startup_result result;
	options.database = database;
	options.folders = &folder;
	options.nfolders = 1;
	options.log = log_line;
	if (amplan_startup(&options, NULL, &result) && result.stop)
		exit(amplan_exit_code(result.code));
	amplan_startup_result_deinit(&result);
}

static void note_signal(int number)
{
	stop = number;
}

static int fail(const char *what)
{
	fprintf(stderr, "prayer_wall: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	unsigned short port = argc > 1 ? (unsigned short)atoi(argv[1]) : 8080;
	struct wall wall = {.path = argc > 2 ? argv[2] : "wall.db"};
	struct sigaction action = {.sa_handler = note_signal};

	migrate(wall.path, argc > 3 ? argv[3] : "migrations");

	int listener = http_listen(&port);
	if (listener < 0)
		return fail("cannot listen");
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	printf("listening on http://127.0.0.1:%u/\n", port);
	fflush(stdout);
	http_serve(listener, page_answer, &wall, &stop);
	return 0;
}
