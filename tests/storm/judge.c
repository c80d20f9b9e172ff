#include "tests/storm/judge.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/str.h"
#include "base/vec.h"
#include "tests/storm/crowd.h"
#include "tests/support/temp.h"

struct lines AMP_VEC(char *);

static int64_t number(struct round *round, sqlite3 *handle, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t value = -1;
	if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) ||
		sqlite3_step(statement) != SQLITE_ROW)
		round_wrong(round, "%s: %s", sql, sqlite3_errmsg(handle));
	else
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static void expect(struct round *round, sqlite3 *handle, int64_t wanted, const char *sql)
{
	int64_t got = number(round, handle, sql);
	if (got != wanted)
		round_wrong(round, "%lld instead of %lld: %s", (long long)got,
			(long long)wanted, sql);
}

static void add_line(struct lines *lines, const struct amp_str *text)
{
	char *line = strdup(amp_str_text(text));
	if (!line || !amp_vec_push(lines, line))
		abort();
}

/* All rows of a query, each a line. */
static void add_rows(
	struct round *round, sqlite3 *handle, struct lines *lines, const char *sql)
{
	sqlite3_stmt *rows = NULL;
	AMP_STR_AUTO text = AMP_STR_INIT;
	if (sqlite3_prepare_v2(handle, sql, -1, &rows, NULL))
		round_wrong(round, "%s: %s", sql, sqlite3_errmsg(handle));
	while (rows && sqlite3_step(rows) == SQLITE_ROW) {
		amp_str_clear(&text);
		for (int i = 0; i < sqlite3_column_count(rows); i++)
			amp_str_addf(&text, "%s|",
				sqlite3_column_type(rows, i) == SQLITE_NULL
					? "NULL"
					: (const char *)sqlite3_column_text(rows, i));
		add_line(lines, &text);
	}
	sqlite3_finalize(rows);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a database holds, apart from the history and what an application wrote. */
static void dump(struct round *round, const char *path, struct lines *lines)
{
	struct lines tables = {0};
	sqlite3 *handle = NULL;
	if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL))
		round_wrong(round, "cannot open '%s'", path);
	add_rows(round, handle, lines,
		"SELECT type, name, tbl_name, sql FROM sqlite_schema "
		"WHERE tbl_name <> 'amplan_history'");
	add_rows(round, handle, &tables,
		"SELECT name FROM sqlite_schema WHERE type = 'table' "
		"AND name NOT IN ('amplan_history', 'deed')");
	for (size_t i = 0; i < tables.count; i++) {
		char sql[128];
		tables.items[i][strlen(tables.items[i]) - 1] = '\0';
		snprintf(sql, sizeof(sql), "SELECT '%s', * FROM %s", tables.items[i],
			tables.items[i]);
		add_rows(round, handle, lines, sql);
		free(tables.items[i]);
	}
	amp_vec_deinit(&tables);
	sqlite3_close(handle);
	if (lines->count)
		qsort(lines->items, lines->count, sizeof(char *), compare_lines);
}

static void compare(
	struct round *round, const struct lines *got, const struct lines *calm)
{
	for (size_t i = 0; i < got->count || i < calm->count; i++) {
		const char *one = i < got->count ? got->items[i] : "(nothing)";
		const char *other = i < calm->count ? calm->items[i] : "(nothing)";
		if (!strcmp(one, other))
			continue;
		round_wrong(round, "the database holds '%s' where '%s' was to be", one,
			other);
		return;
	}
}

/* The same by one process that nobody disturbs. */
static void migrate_calmly(struct round *round, char *path)
{
	struct round calm = *round;
	struct tally tally = {0};
	CROWD crowd;
	calm.database = path;
	calm.tally = &tally;
	round_make(&calm, path);
	crowd_init(&crowd, &calm, 1);
	crowd.starters[0].by = BY_LIBRARY;
	crowd_release(&crowd);
	crowd_finish(&crowd);
	crowd_judge(&crowd, " applied ", " applied ");
	if (!round_is_well(&calm))
		round_wrong(round, "undisturbed: %s", calm.trouble);
}

static void compare_with_calm(struct round *round)
{
	struct lines got = {0}, calm = {0};
	char *path = temp_path(round->folder, "calm.db");
	if (access(path, F_OK))
		migrate_calmly(round, path);
	dump(round, path, &calm);
	dump(round, round->database, &got);
	compare(round, &got, &calm);
	for (size_t i = 0; i < got.count; i++)
		free(got.items[i]);
	for (size_t i = 0; i < calm.count; i++)
		free(calm.items[i]);
	amp_vec_deinit(&got);
	amp_vec_deinit(&calm);
	free(path);
}

static void judge_rows(struct round *round)
{
	int count = round->releases.count;
	sqlite3 *handle = NULL;
	if (sqlite3_open_v2(round->database, &handle, SQLITE_OPEN_READWRITE, NULL))
		round_wrong(round, "cannot open the database");
	expect(round, handle, 1,
		"SELECT integrity_check = 'ok' FROM pragma_integrity_check");
	expect(round, handle, 0, "SELECT count(*) FROM pragma_foreign_key_check");
	expect(round, handle, count,
		"SELECT count(*) FROM amplan_history WHERE event = 'applied'");
	expect(round, handle, count,
		"SELECT count(DISTINCT id) FROM amplan_history WHERE event = 'applied'");
	expect(round, handle, count, "SELECT count(*) FROM log");
	expect(round, handle, count, "SELECT count(DISTINCT step) FROM log");
	/* a step that may run twice does not count */
	expect(round, handle,
		count - (round->releases.again && round->releases.alone >= 0),
		"SELECT n FROM counter");
	sqlite3_close(handle);
}

void judge_database(struct round *round)
{
	char *output = NULL;
	judge_rows(round);
	int code = run_amplan(round, &output, "verify", NULL);
	if (code)
		round_wrong(round, "verify ends with %d: %s", code, output);
	free(output);
	compare_with_calm(round);
}

static char *read_file(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");
	if (!file || getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = strdup("");
	}
	if (file)
		fclose(file);
	return text;
}

int run_amplan(struct round *round, char **output, const char *command, ...)
{
	const char *words[16] = {"amplan", command};
	int count = 2, status = 0;
	va_list args;
	va_start(args, command);
	while ((words[count] = va_arg(args, const char *)))
		count++;
	va_end(args);
	char *folder = temp_path(round->folder, "new");
	char *path = temp_path(round->folder, "output");
	const char *const more[] = {"-d", round->database, "-m", folder, NULL};
	memcpy(&words[count], more, sizeof(more));
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		alarm(ROUND_MS / 1000);
		execv(AMPLAN_PROGRAM, (char *const *)(uintptr_t)words);
		_exit(98);
	}
	waitpid(pid, &status, 0);
	*output = read_file(path);
	free(folder);
	free(path);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
