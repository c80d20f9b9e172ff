/*
 * Traces: what a call leaves behind in the process, which is nothing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/str.h"
#include "tests/host/host.h"
#include "tests/support/temp.h"

extern char **environ;

static void add_folder(struct amp_str *text, const char *folder, bool links)
{
	DIR *entries = opendir(folder);
	MUST(entries);
	int own = dirfd(entries);
	for (struct dirent *entry; (entry = readdir(entries));) {
		char path[300], target[300] = "";
		if (atoi(entry->d_name) == own && links)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (links && readlink(path, target, sizeof(target) - 1) < 0)
			continue;
		amp_str_addf(text, "%s %s\n", entry->d_name, target);
	}
	closedir(entries);
}

/* All that a process has and a library might change, as text. */
static void note(struct amp_str *text)
{
	char folder[4096];
	struct sigaction action;
	sigset_t mask;
	amp_str_clear(text);
	add_folder(text, "/proc/self/fd", true);
	add_folder(text, "/proc/self/task", false);
	for (int signal = 1; signal < NSIG; signal++) {
		if (sigaction(signal, NULL, &action))
			continue;
		amp_str_addf(text, "signal %d %p %d\n", signal,
			(void *)action.sa_sigaction, action.sa_flags);
	}
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int signal = 1; signal < NSIG; signal++)
		amp_str_addf(text, "%d", sigismember(&mask, signal));
	for (int which = 0; which < RLIM_NLIMITS; which++) {
		struct rlimit limit;
		if (!getrlimit(which, &limit))
			amp_str_addf(text, "limit %d %lu %lu\n", which,
				(unsigned long)limit.rlim_cur,
				(unsigned long)limit.rlim_max);
	}
	struct itimerval timer;
	getitimer(ITIMER_VIRTUAL, &timer);
	mode_t mode = umask(0);
	umask(mode);
	amp_str_addf(text, "umask %o locale %s rounding %d folder %s timer %ld\n", mode,
		setlocale(LC_ALL, NULL), fegetround(), getcwd(folder, sizeof(folder)),
		(long)timer.it_value.tv_sec);
	for (char **variable = environ; *variable; variable++)
		amp_str_addf(text, "%s\n", *variable);
	MUST(!text->failed);
}

static void change_nothing(void (*work)(void))
{
	AMP_STR_AUTO before = AMP_STR_INIT;
	AMP_STR_AUTO after = AMP_STR_INIT;
	note(&before);
	work();
	note(&after);
	if (strcmp(amp_str_text(&before), amp_str_text(&after)) != 0) {
		fprintf(stderr, "--- before\n%s--- after\n%s", amp_str_text(&before),
			amp_str_text(&after));
		exit(1);
	}
}

static void use_all(void)
{
	struct amplan_options options = host_options("app.db");
	struct amplan *amplan;
	struct amplan_report *report = NULL;
	MUST(!amplan_open(&options, &amplan, NULL));
	amplan_plan(amplan, NULL, &report, NULL);
	amplan_report_free(report);
	amplan_apply(amplan, NULL, NULL, &report, NULL);
	amplan_report_free(report);
	amplan_status(amplan, &report, NULL);
	amplan_report_free(report);
	amplan_verify(amplan, &report, NULL);
	amplan_report_free(report);
	amplan_close(amplan);
	struct amplan_startup_options startup = AMPLAN_STARTUP_OPTIONS_INIT;
	struct amplan_startup_result result;
	startup.gate = AMPLAN_GATE_ON;
	amplan_startup(&options, &startup, &result);
	amplan_startup_result_deinit(&result);
}

static void process_is_as_it_was(void)
{
	host_migrations("m", 4);
	use_all(); /* what libraries keep for good, as libxml2 does, is there from now on */
	unlink("app.db");
	setlocale(LC_ALL, "C");
	change_nothing(use_all);
	host_complete("app.db", 4);
}

static void process_is_as_it_was_after_failures(void)
{
	host_migrations("m", 4);
	temp_text("m", "bad.xml",
		"<migration xmlns='urn:amplan:1' id='m999'><depends on='m003'/>"
		"<up>CREATE TABLE t0 (x)</up></migration>");
	use_all();
	change_nothing(use_all);
	temp_text("m", "worse.xml", "<!DOCTYPE x><x/>");
	change_nothing(use_all);
	temp_text(
		".", "app.db", "this is no database, though it is long enough to be one");
	change_nothing(use_all);
}

/* With 0, 1 and 2 closed, what is opened next must not become one of them: somebody
   would print into the database. */
static void look_at_standard(void *user, const struct amplan_progress *progress)
{
	(void)progress;
	char path[32], target[300];
	for (int fd = 0; fd < 3; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t length = readlink(path, target, sizeof(target) - 1);
		if (length > 0 && !memmem(target, (size_t)length, "/dev/null", 9))
			*(int *)user = fd;
	}
	*((int *)user + 1) += 1;
}

static void standard_descriptors_are_closed(void)
{
	struct amplan_options options = host_options("app.db");
	int seen[2] = {-1, 0};
	host_migrations("m", 4);
	options.progress = look_at_standard;
	options.user = seen;
	int kept = fcntl(2, F_DUPFD_CLOEXEC, 100);
	close(0);
	close(1);
	close(2);
	int code = host_apply(&options, NULL);
	dup2(kept, 2);
	MUST(code == AMPLAN_OK);
	MUST(seen[1] > 4);
	MUST(seen[0] == -1);
	host_complete("app.db", 4);
}

static void nothing_is_printed(void)
{
	host_migrations("m", 4);
	fflush(NULL);
	int kept = fcntl(2, F_DUPFD_CLOEXEC, 100);
	FILE *file = tmpfile();
	MUST(file);
	dup2(fileno(file), 1);
	dup2(fileno(file), 2);
	use_all();
	temp_text("m", "bad.xml", "<migration id='&#0;'");
	use_all();
	fflush(NULL);
	dup2(kept, 2);
	MUST(ftell(file) == 0 && lseek(fileno(file), 0, SEEK_END) == 0);
	fclose(file);
}

/* Invariant 15, by what the application can ask. */
static long setting(sqlite3 *db, const char *name)
{
	char sql[64];
	snprintf(sql, sizeof(sql), "PRAGMA %s", name);
	return host_number_on(db, sql);
}

static void lent_handle_is_as_it_was(void)
{
	static const char *const names[] = {"foreign_keys", "legacy_alter_table",
		"recursive_triggers", "synchronous", "busy_timeout", "trusted_schema",
		"cache_size", "temp_store", "mmap_size", "case_sensitive_like",
		"defer_foreign_keys", "ignore_check_constraints", "query_only",
		"automatic_index", "cell_size_check", "secure_delete",
		"journal_size_limit", "wal_autocheckpoint", "writable_schema",
		"reverse_unordered_selects", "user_version", "application_id",
		"analysis_limit", "threads"};
	enum { COUNT = sizeof(names) / sizeof(*names) };
	long before[COUNT];
	int limits[SQLITE_LIMIT_WORKER_THREADS + 1];
	int flags[SQLITE_DBCONFIG_MAX + 1];
	struct amplan_options options = host_options(NULL);
	sqlite3 *db;
	host_migrations("m", 4);
	for (int odd = 0; odd < 2; odd++) {
		unlink("app.db");
		MUST(!sqlite3_open("app.db", &db));
		sqlite3_extended_result_codes(db, odd);
		if (odd)
			MUST(!sqlite3_exec(db,
				"PRAGMA foreign_keys=1; PRAGMA legacy_alter_table=1;"
				"PRAGMA recursive_triggers=1; PRAGMA synchronous=1;"
				"PRAGMA busy_timeout=77; PRAGMA trusted_schema=0;"
				"PRAGMA cache_size=-77; PRAGMA temp_store=2;"
				"PRAGMA query_only=0; PRAGMA automatic_index=0;"
				"PRAGMA secure_delete=0; PRAGMA cell_size_check=1;"
				"PRAGMA user_version=7; PRAGMA application_id=8",
				NULL, NULL, NULL));
		for (int i = 0; i < COUNT; i++)
			before[i] = sqlite3_stricmp(names[i], "case_sensitive_like") &&
					sqlite3_stricmp(names[i], "analysis_limit")
				? setting(db, names[i])
				: 0;
		for (int i = 0; i <= SQLITE_LIMIT_WORKER_THREADS; i++)
			limits[i] = sqlite3_limit(db, i, -1);
		for (int i = SQLITE_DBCONFIG_ENABLE_FKEY; i <= SQLITE_DBCONFIG_MAX; i++)
			sqlite3_db_config(db, i, -1, &flags[i]);
		options.sqlite = db;
		MUST(host_apply(&options, NULL) == AMPLAN_OK);
		for (int i = 0; i < COUNT; i++) {
			long now = sqlite3_stricmp(names[i], "case_sensitive_like") &&
					sqlite3_stricmp(names[i], "analysis_limit")
				? setting(db, names[i])
				: 0;
			if (now != before[i])
				fprintf(stderr, "%s was %ld, is %ld\n", names[i],
					before[i], now);
			MUST(now == before[i]);
		}
		for (int i = 0; i <= SQLITE_LIMIT_WORKER_THREADS; i++)
			MUST(sqlite3_limit(db, i, -1) == limits[i]);
		for (int i = SQLITE_DBCONFIG_ENABLE_FKEY; i <= SQLITE_DBCONFIG_MAX; i++) {
			int now = 0;
			sqlite3_db_config(db, i, -1, &now);
			MUST(now == flags[i]);
		}
		MUST(sqlite3_get_autocommit(db));
		MUST(!sqlite3_next_stmt(db, NULL));
		MUST(!sqlite3_exec(db, "SELECT 'x' = \"x\"", NULL, NULL, NULL));
		sqlite3_close(db);
		host_complete("app.db", 4);
	}
}

const struct scenario trace_scenarios[] = {
	{"traces: a process is as it was after every call", process_is_as_it_was},
	{"traces: also after calls that fail", process_is_as_it_was_after_failures},
	{"traces: 0, 1 and 2 are closed, and stay what they are",
		standard_descriptors_are_closed},
	{"traces: nothing is printed", nothing_is_printed},
	{"traces: a lent handle is as it was", lent_handle_is_as_it_was},
	{NULL, NULL},
};
