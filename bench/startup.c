/*
 * Startup with 1,000 migrations applied and nothing to do, and status, against a C
 * program that opens the database and reads one row. Once with a file for each migration,
 * once with all of them in one file.
 */
#include <sqlite3.h>

#include <amplan/amplan.h>

#include "bench/common.h"

static void read_one_row(const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *row;
	must(sqlite3_open(path, &db) == SQLITE_OK, "open");
	must(sqlite3_prepare_v2(db,
		     "SELECT id FROM amplan_history ORDER BY number DESC LIMIT 1", -1,
		     &row, NULL) == SQLITE_OK,
		"prepare");
	must(sqlite3_step(row) == SQLITE_ROW, "row");
	sqlite3_finalize(row);
	sqlite3_close(db);
}

static void start(struct amplan_options *options, enum amplan_outcome_of_startup expected)
{
	struct amplan_startup_options startup = AMPLAN_STARTUP_OPTIONS_INIT;
	struct amplan_startup_result result;
	startup.gate = AMPLAN_GATE_ON;
	startup.fidelity = AMPLAN_FIDELITY_NONE;
	amplan_startup(options, &startup, &result);
	must(result.outcome == expected, result.error.message);
	amplan_startup_result_deinit(&result);
}

static void status(struct amplan_options *options)
{
	struct amplan *amplan;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	must(amplan_open(options, &amplan, &error) == 0, error.message);
	must(amplan_status(amplan, &report, &error) == 0, error.message);
	amplan_report_free(report);
	amplan_close(amplan);
}

static void measure(int count, int rounds, int one)
{
	char folder[] = "/tmp/amplan-bench-XXXXXX", path[64], migrations[64],
	     command[128];
	double times[3][ROUNDS_MAX];
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	const char *folders[] = {migrations};
	must(mkdtemp(folder) != NULL, "mkdtemp");
	snprintf(migrations, sizeof(migrations), "%s/m", folder);
	snprintf(path, sizeof(path), "%s/x.db", folder);
	write_migrations(migrations, count, one);
	options.database = path;
	options.folders = folders;
	options.nfolders = 1;
	start(&options, AMPLAN_STARTUP_APPLIED);
	for (int round = 0; round < rounds; round++)
		for (int what = 0; what < 3; what++) {
			double began = now_ms();
			if (what == 0)
				read_one_row(path);
			else if (what == 1)
				start(&options, AMPLAN_STARTUP_CURRENT);
			else
				status(&options);
			times[what][round] = now_ms() - began;
		}
	double base = median(times[0], rounds), fast = median(times[1], rounds);
	double slow = median(times[2], rounds);
	printf("startup %d in %s: C program %.2f ms, startup %.2f ms (%.1fx), status %.2f ms "
	       "(%.1fx)\n",
		count, one ? "one file" : "a file each", base, fast, fast / base, slow,
		slow / base);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	must(system(command) == 0, command);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1000,
	    rounds = argc > 2 ? atoi(argv[2]) : 31;
	must(rounds > 0 && rounds <= ROUNDS_MAX, "rounds");
	measure(count, rounds, 0);
	measure(count, rounds, 1);
	return 0;
}
