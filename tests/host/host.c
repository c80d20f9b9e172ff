/*
 * Host: the library inside an application.
 *
 *	test_host [--seed N] [--point K]
 *
 * A point is a scenario; host.h says what one is.
 */
#include "tests/host/host.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/support/points.h"
#include "tests/support/temp.h"

void host_migrations(const char *folder, int count)
{
	char path[64], text[1024];
	for (int i = 0; i < count; i++) {
		char depends[64] = "";
		if (i)
			snprintf(
				depends, sizeof(depends), "<depends on='m%03d'/>", i - 1);
		snprintf(path, sizeof(path), "%s/m%03d.xml", folder, i);
		snprintf(text, sizeof(text),
			"<migration xmlns='urn:amplan:1' id='m%03d'>%s<up>"
			"CREATE TABLE t%d (a INTEGER PRIMARY KEY, b TEXT NOT NULL);"
			"INSERT INTO t%d (b) VALUES ('x'), ('y'), ('z');"
			"CREATE INDEX i%d ON t%d (b);</up><down>DROP TABLE t%d;</down>"
			"</migration>",
			i, depends, i, i, i, i, i);
		temp_text(".", path, text);
	}
}

struct amplan_options host_options(const char *database)
{
	static const char *const folders[] = {"m"};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	options.database = database;
	options.folders = folders;
	options.nfolders = 1;
	return options;
}

int host_apply(const struct amplan_options *options, struct amplan_error *error)
{
	struct amplan_error unused;
	struct amplan *amplan = NULL;
	struct amplan_report *report = NULL;
	error = error ? error : &unused;
	int code = amplan_open(options, &amplan, error);
	if (!code)
		code = amplan_apply(amplan, NULL, NULL, &report, error);
	amplan_report_free(report);
	amplan_close(amplan);
	return code;
}

long host_number_on(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	MUST(!sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
	MUST(sqlite3_step(statement) == SQLITE_ROW);
	long number = (long)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

long host_number(const char *database, const char *sql)
{
	sqlite3 *db;
	MUST(!sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, NULL));
	sqlite3_busy_timeout(db, 10000);
	long number = host_number_on(db, sql);
	sqlite3_close(db);
	return number;
}

void host_complete(const char *database, int count)
{
	struct amplan_options options = host_options(database);
	struct amplan *amplan;
	struct amplan_report *report = NULL;
	MUST(!amplan_open(&options, &amplan, NULL));
	MUST(!amplan_verify(amplan, &report, NULL));
	MUST(report->verdict == AMPLAN_CURRENT);
	MUST(report->napplied == (size_t)count);
	amplan_report_free(report);
	amplan_close(amplan);
	MUST(host_number(database,
		     "SELECT count(*) FROM amplan_history"
		     " WHERE event = 'applied'") == count);
	MUST(host_number(database,
		     "SELECT count(*) FROM sqlite_schema"
		     " WHERE name GLOB 't[0-9]*'") == count);
	MUST(host_number(database, "SELECT count(*) FROM t0") == 3);
}

/* Runs it in a child, in a new folder that has an empty folder "m". */
static bool run(const struct scenario *scenario)
{
	char *folder = temp_make();
	char *inside = temp_path(folder, "m");
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		free(inside);
		if (chdir(folder))
			_exit(3);
		free(folder);
		alarm(120);
		temp_text(".", "m/.keep", "");
		scenario->run();
		exit(0);
	}
	int status = 0;
	waitpid(child, &status, 0);
	temp_remove(folder);
	free(inside);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	static const struct scenario *const all[] = {fork_scenarios, trace_scenarios,
		xml_scenarios, library_scenarios, thread_scenarios, end_scenarios,
		lock_scenarios, trap_scenarios, lent_scenarios};
	struct points points;
	points_init(&points, "host", 1, argc, argv);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (const struct scenario *s = all[i]; s->name; s++) {
			if (!points_take(&points))
				continue;
			bool passed = run(s);
			printf("%s %s\n", passed ? "ok  " : "FAIL", s->name);
			if (passed)
				points_passed(&points);
			else
				points_failed(&points, "%s", s->name);
		}
	return points_done(&points);
}
