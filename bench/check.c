/*
 * Checking 1,000 migrations, against one plain replay of the same SQL in memory.
 *
 * check runs each migration three times and more: in plan order, on its ancestors alone, and
 * with rows made up to fit; and it reads 1,000 files.
 */
#include <sqlite3.h>

#include <amplan/amplan.h>

#include "bench/common.h"

static void replay(int count)
{
	sqlite3 *db;
	char sql[400];
	must(sqlite3_open(":memory:", &db) == SQLITE_OK, "open");
	for (int i = 0; i < count; i++) {
		migration_sql(sql, sizeof(sql), i);
		must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
	}
	sqlite3_close(db);
}

static void check(const char *folder)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	struct amplan *amplan;
	options.folders = &folder;
	options.nfolders = 1;
	must(amplan_open(&options, &amplan, &error) == 0, error.message);
	must(amplan_check(amplan, NULL, &report, &error) == 0, error.message);
	amplan_report_free(report);
	amplan_close(amplan);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1000,
	    rounds = argc > 2 ? atoi(argv[2]) : 5;
	char folder[] = "/tmp/amplan-bench-XXXXXX", migrations[64], command[128];
	double times[2][ROUNDS_MAX];
	must(mkdtemp(folder) != NULL && rounds > 0 && rounds <= ROUNDS_MAX, "set-up");
	snprintf(migrations, sizeof(migrations), "%s/m", folder);
	write_migrations(migrations, count, 0);
	for (int round = 0; round < rounds; round++) {
		double began = now_ms();
		replay(count);
		times[0][round] = now_ms() - began;
		began = now_ms();
		check(migrations);
		times[1][round] = now_ms() - began;
	}
	double base = median(times[0], rounds), proved = median(times[1], rounds);
	printf("check %d: plain replay %.1f ms, check %.1f ms (%.1fx)\n", count, base,
		proved, proved / base);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) ? 1 : 0;
}
