/*
 * Applying 1,000 pending migrations, against a C loop that runs the same SQL and inserts
 * the same number of history rows in one transaction.
 *
 * Both write to a new file each round and alternate. amplan is timed twice: with its
 * rehearsal, as users run it, and without.
 */
#include <sqlite3.h>

#include <amplan/amplan.h>

#include "bench/common.h"

static void loop(const char *path, int count)
{
	sqlite3 *db;
	sqlite3_stmt *row;
	char sql[400], id[16];
	must(sqlite3_open(path, &db) == SQLITE_OK, "open");
	sqlite3_exec(db,
		"PRAGMA synchronous=EXTRA; BEGIN IMMEDIATE; CREATE TABLE h (n INTEGER "
		"PRIMARY KEY, e, i, c1, c2, p, o, t, m, r, v, h, b, f, s, c)",
		NULL, NULL, NULL);
	must(sqlite3_prepare_v2(db,
		     "INSERT INTO h VALUES (?1,?2,?2,?2,?2,?2,?1,?2,?1,?1,?2,?2,"
		     "?1,?2,?2,?2)",
		     -1, &row, NULL) == SQLITE_OK,
		"prepare");
	for (int i = 0; i < count; i++) {
		migration_sql(sql, sizeof(sql), i);
		must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
		snprintf(id, sizeof(id), "%04d_t", i);
		sqlite3_bind_int(row, 1, i);
		sqlite3_bind_text(row, 2, id, -1, SQLITE_STATIC);
		must(sqlite3_step(row) == SQLITE_DONE, "history row");
		sqlite3_reset(row);
	}
	sqlite3_finalize(row);
	must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "commit");
	sqlite3_close(db);
}

static void apply(const char *path, const char *folder, enum amplan_fidelity fidelity)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_plan_options plan = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	struct amplan *amplan;
	options.database = path;
	options.folders = &folder;
	options.nfolders = 1;
	plan.fidelity = fidelity;
	must(amplan_open(&options, &amplan, &error) == 0, error.message);
	must(amplan_apply(amplan, &plan, NULL, &report, &error) == 0, error.message);
	amplan_report_free(report);
	amplan_close(amplan);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1000,
	    rounds = argc > 2 ? atoi(argv[2]) : 9;
	char folder[] = "/tmp/amplan-bench-XXXXXX", path[64], migrations[64];
	double times[3][ROUNDS_MAX];
	must(mkdtemp(folder) != NULL && rounds > 0 && rounds <= ROUNDS_MAX, "set-up");
	snprintf(migrations, sizeof(migrations), "%s/m", folder);
	snprintf(path, sizeof(path), "%s/x.db", folder);
	write_migrations(migrations, count, 0);
	for (int round = 0; round < rounds; round++)
		for (int what = 0; what < 3; what++) {
			unlink(path);
			double began = now_ms();
			if (what == 0)
				loop(path, count);
			else
				apply(path, migrations,
					what == 1 ? AMPLAN_FIDELITY_NONE
						  : AMPLAN_FIDELITY_AUTO);
			times[what][round] = now_ms() - began;
		}
	double base = median(times[0], rounds), bare = median(times[1], rounds);
	double rehearsed = median(times[2], rounds);
	printf("apply %d: C loop %.1f ms, amplan without rehearsal %.1f ms (%.2fx), "
	       "with %.1f ms (%.2fx)\n",
		count, base, bare, bare / base, rehearsed, rehearsed / base);
	char command[128];
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) ? 1 : 0;
}
