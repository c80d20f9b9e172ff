/*
 * Opens: what the program opens for each hostile file, as strace tells: libraries, what is
 * below the migrations folder, and nothing else; no socket, no other program. Variables
 * that other programs take for an invitation change nothing, neither that nor the result.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/hostile/cases.h"
#include "tests/hostile/make.h"
#include "tests/hostile/run.h"
#include "tests/support/points.h"

#define STRACE "/usr/bin/strace"
#define SKIPPED 77

static char room[4096];

/* strace sets them for the program, not for itself. */
static const char *const traced[] = {STRACE, "-f", "-y", "-s", "65536", "-o", "trace",
	"-e",
	"trace=%file,%network,execve,execveat,open_by_handle_at,memfd_create,io_uring_setup",
	"-E", "XML_CATALOG_FILES=outside/catalog.xml", "-E",
	"SGML_CATALOG_FILES=outside/catalog.xml", "-E", "RNG_INCLUDE_LIMIT=1", "-E",
	"LANG=tr_TR.UTF-8", "-E", "LC_ALL=tr_TR.UTF-8", "-E", "TZ=:outside/zone", "-E",
	"SQLITE_TMPDIR=outside", "-E", "SQLITE_HISTORY=outside/history", "-E",
	"http_proxy=http://127.0.0.1:9/", NULL};

static void run_traced(struct ran *ran, const char *command)
{
	const char *words[40];
	size_t n = 0;
	for (; traced[n]; n++)
		words[n] = traced[n];
	words[n++] = run_program();
	words[n++] = command;
	words[n++] = "-m";
	words[n++] = "m";
	words[n] = NULL;
	run(ran, words, NULL);
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* "/lib/…/libx.so.1", and what the loader looks at before it. */
static bool is_library(const char *path)
{
	return begins(path, "/etc/ld.so.") ||
		((begins(path, "/lib") || begins(path, "/usr/lib")) &&
			strstr(path, ".so"));
}

/* Below "m" of this room, without a way up. */
static bool is_below(const char *path)
{
	size_t length = strlen(room);
	return !strncmp(path, room, length) && begins(path + length, "/m") &&
		(path[length + 2] == '/' || path[length + 2] == '\0') &&
		!strstr(path, "/..");
}

/* The text between two marks behind *at, which moves on; NULL: there is none. */
static char *between(char **at, const char *open, char close)
{
	char *from = strstr(*at, open);
	char *end = from ? strchr(from + strlen(open), close) : NULL;
	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return from + strlen(open);
}

/* A path of a call, made absolute by the folder it starts from. */
static bool is_fine(const char *folder, const char *path, const char *call)
{
	char whole[2 * 4096];
	if (*path == '/')
		return is_library(path) || is_below(path) || !strcmp(path, run_program());
	if (begins(call, "openat2") && folder && is_below(folder))
		return true; /* the kernel keeps it below; see has_mark() */
	snprintf(whole, sizeof(whole), "%.4000s/%.4000s", folder ? folder : room, path);
	return is_below(whole) || (folder && is_below(folder) && !*path);
}

static bool is_call(const char *line, const char *name)
{
	size_t length = strlen(name);
	return !strncmp(line, name, length) && line[length] == '(';
}

/* NULL: nothing is wrong with this call. */
static const char *judge_call(char *line, int *programs)
{
	static const char *const quiet[] = {"getcwd", "chdir", NULL};
	for (int i = 0; quiet[i]; i++)
		if (is_call(line, quiet[i]))
			return NULL;
	if (is_call(line, "execve"))
		return (*programs)++ ? "another program is started" : NULL;
	bool is_open = begins(line, "open"), is_kept = strstr(line, "RESOLVE_BENEATH");
	if (is_call(line, "openat2") && !is_kept)
		return "openat2 without RESOLVE_BENEATH";
	if (!is_open && strstr(line, "\"\"") && strstr(line, "AT_EMPTY_PATH"))
		return NULL; /* of what is open already */
	if (!is_open && !strchr(line, '"'))
		return "a call that reads no file";
	char *result = strrchr(line, '=');
	char opened[4096] = "";
	if (is_open && result && strchr(result, '<'))
		snprintf(opened, sizeof(opened), "%.*s",
			(int)strcspn(strchr(result, '<') + 1, ">"),
			strchr(result, '<') + 1);
	if (*opened && !is_library(opened) && !is_below(opened))
		return "it opened what it must not";
	char *at = line, *quote = strchr(line, '"'), *angle = strchr(line, '<');
	char *folder = angle && quote && angle < quote ? between(&at, "<", '>') : NULL;
	char *path = between(&at, "\"", '"');
	if (!path || is_fine(folder, path, line))
		return NULL;
	return "it looks where it must not";
}

static bool judge_trace(struct points *points, const struct hostile_case *item)
{
	static char line[1 << 18];
	int programs = 0;
	bool good = true;
	FILE *file = fopen("trace", "r");
	while (file && good && fgets(line, sizeof(line), file)) {
		char *call = line + strspn(line, "0123456789 "), shown[400];
		if (begins(call, "+++") || begins(call, "---"))
			continue;
		snprintf(shown, sizeof(shown), "%.390s", call);
		shown[strcspn(shown, "\n")] = '\0';
		const char *wrong = judge_call(call, &programs);
		if (!wrong)
			continue;
		points_failed(points, "%s: %s: %s", item->name, wrong, shown);
		good = false;
	}
	if (file)
		fclose(file);
	if (good && programs != 1) {
		points_failed(points, "%s: the trace does not begin", item->name);
		good = false;
	}
	return good;
}

static void try(struct points *points, const struct hostile_case *item)
{
	struct ran ran;
	char line[4096];
	cases_put(item);
	run_traced(&ran, "order");
	ran_line(&ran, line, sizeof(line));
	if (ran.exit != item->exit || strcmp(line, item->line) != 0)
		points_failed(points, "%s: with other variables exit %d and\n  %s",
			item->name, ran.exit, line);
	else if (judge_trace(points, item))
		points_passed(points);
	if (points->verbose)
		printf("%s", ran.out);
	ran_free(&ran);
}

static bool is_possible(void)
{
	static const char *const words[] = {STRACE, "-o", "trace", "/bin/true", NULL};
	struct ran ran;
	run(&ran, words, NULL);
	bool possible = ran.exit == 0;
	if (!possible)
		printf("hostile.opens: SKIPPED, nothing was tried: strace cannot run here: "
		       "%s\n",
			ran.out);
	ran_free(&ran);
	return possible;
}

/* A suite that sees nothing passes everything: an open from outside must be seen. */
static void prove_sight(struct points *points)
{
	char seen[] =
		"openat(AT_FDCWD</tmp>, \"/etc/passwd\", O_RDONLY) = 3</etc/passwd>";
	char socket[] = "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3";
	char up[] =
		"openat(AT_FDCWD</tmp>, \"outside/secret.sql\", O_RDONLY) = -1 ENOENT";
	int programs = 1;
	if (!points_take(points))
		return;
	if (judge_call(seen, &programs) && judge_call(socket, &programs) &&
		judge_call(up, &programs))
		points_passed(points);
	else
		points_failed(points, "what must be seen is not");
}

int main(int argc, char **argv)
{
	struct points points;
	struct hostile_cases cases;
	points_init(&points, "hostile.opens", 1, argc, argv);
	cases_read(&cases);
	make_room();
	bool possible = getcwd(room, sizeof(room)) && is_possible();
	if (possible)
		prove_sight(&points);
	for (size_t i = 0; possible && i < cases.count; i++)
		if (points_take(&points))
			try(&points, &cases.items[i]);
	make_no_room();
	cases_free(&cases);
	return possible ? points_done(&points) : SKIPPED;
}
