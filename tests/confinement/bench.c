#include "tests/confinement/bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/temp.h"

/* What a migration may find: tables with everything on them, rows in all of them. */
static const char world[] =
	"PRAGMA auto_vacuum = incremental; PRAGMA user_version = 3;"
	"PRAGMA application_id = 4;"
	"CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE);"
	"CREATE UNIQUE INDEX ax ON a (x);"
	"INSERT INTO a VALUES (1, 'one'), (2, 'two'), (3, 'three');"
	"CREATE TABLE log (line TEXT);"
	"CREATE VIEW v AS SELECT id, x FROM a WHERE id > 1;"
	"CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO a VALUES (new.id, new.x); "
	"END;"
	"CREATE TRIGGER al AFTER INSERT ON a BEGIN INSERT INTO log VALUES (new.x); END;"
	"CREATE TABLE p (id INTEGER PRIMARY KEY);"
	"CREATE TABLE c (p INTEGER REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED);"
	"INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1), (2);"
	"CREATE TABLE s (id INTEGER PRIMARY KEY AUTOINCREMENT, x); INSERT INTO s VALUES (7, 0);"
	"CREATE VIRTUAL TABLE f USING fts5 (body); INSERT INTO f VALUES ('red apple');"
	"CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(20000)); DELETE FROM big;";

/* Settings of a connection, and a value that is not the default. */
static const struct {
	const char *name, *value;
} settings[] = {
	{"analysis_limit", "100"},
	{"automatic_index", "0"},
	{"busy_timeout", "4321"},
	{"cache_size", "-1500"},
	{"cell_size_check", "1"},
	{"checkpoint_fullfsync", "1"},
	{"count_changes", "0"},
	{"defer_foreign_keys", "0"},
	{"empty_result_callbacks", "0"},
	{"foreign_keys", "1"},
	{"full_column_names", "0"},
	{"fullfsync", "1"},
	{"hard_heap_limit", NULL},
	{"ignore_check_constraints", "1"},
	{"journal_size_limit", "54321"},
	{"legacy_alter_table", "1"},
	{"locking_mode", NULL},
	{"max_page_count", "9999"},
	{"mmap_size", "65536"},
	{"query_only", "0"},
	{"read_uncommitted", "1"},
	{"recursive_triggers", "1"},
	{"reverse_unordered_selects", "1"},
	{"secure_delete", "0"},
	{"short_column_names", "1"},
	{"soft_heap_limit", NULL},
	{"synchronous", "1"},
	{"temp_store", "2"},
	{"threads", "2"},
	{"trusted_schema", "0"},
	{"wal_autocheckpoint", "777"},
	{"writable_schema", "0"},
};
#define NSETTINGS (sizeof(settings) / sizeof(*settings))

static const int switches[] = {
	SQLITE_DBCONFIG_ENABLE_FKEY,
	SQLITE_DBCONFIG_ENABLE_TRIGGER,
	SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER,
	SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
	SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
	SQLITE_DBCONFIG_DEFENSIVE,
	SQLITE_DBCONFIG_WRITABLE_SCHEMA,
	SQLITE_DBCONFIG_LEGACY_ALTER_TABLE,
	SQLITE_DBCONFIG_DQS_DML,
	SQLITE_DBCONFIG_DQS_DDL,
	SQLITE_DBCONFIG_ENABLE_VIEW,
	SQLITE_DBCONFIG_TRUSTED_SCHEMA,
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "confinement: %s\n", what);
	abort();
}

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void exec(sqlite3 *handle, const char *sql)
{
	char *message = NULL;
	if (sqlite3_exec(handle, sql, NULL, NULL, &message))
		fprintf(stderr, "%s: %s\n", message, sql);
	must(!message, "SQL of the bench");
}

/* All rows of a query, a line each, values as literals. */
static void add_rows(sqlite3 *handle, const char *sql, struct amp_str *out)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(handle, sql, -1, &row, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(row); i++) {
			char *text = sqlite3_mprintf("%s", sqlite3_column_text(row, i));
			amp_str_addf(out, "%s%d:%s", i ? "|" : "",
				sqlite3_column_type(row, i), text ? text : "");
			sqlite3_free(text);
		}
		amp_str_addc(out, '\n');
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_DONE)
		amp_str_addf(out, "%s: %s\n", sql, sqlite3_errmsg(handle));
	sqlite3_finalize(row);
}

static char *read_settings(sqlite3 *handle)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	char pragma[80];
	for (size_t i = 0; i < NSETTINGS; i++) {
		snprintf(pragma, sizeof(pragma), "PRAGMA %s", settings[i].name);
		amp_str_addf(&text, "%s ", settings[i].name);
		add_rows(handle, pragma, &text);
	}
	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
		int value = -1;
		sqlite3_db_config(handle, switches[i], -1, &value);
		amp_str_addf(&text, "switch %d %d\n", switches[i], value);
	}
	for (int i = 0; i <= SQLITE_LIMIT_WORKER_THREADS; i++)
		amp_str_addf(&text, "limit %d %d\n", i, sqlite3_limit(handle, i, -1));
	amp_str_addf(&text, "temp folder %s, data folder %s\n",
		sqlite3_temp_directory ? sqlite3_temp_directory : "",
		sqlite3_data_directory ? sqlite3_data_directory : "");
	add_rows(handle, "SELECT 'a' LIKE 'A'", &text);
	add_rows(handle, "SELECT name FROM pragma_database_list", &text);
	add_rows(handle, "SELECT type, name, sql FROM temp.sqlite_schema", &text);
	add_rows(handle, "SELECT * FROM temp.mine", &text);
	add_rows(handle, "SELECT * FROM other.theirs", &text);
	must(!text.failed, "no memory");
	return strdup(amp_str_text(&text));
}

static void read_database(struct bench *bench)
{
	FILE *file = fopen(bench->database, "rb");
	struct stat status;
	must(file && !fstat(fileno(file), &status), "no database");
	free(bench->before);
	bench->before_size = (size_t)status.st_size;
	bench->before = malloc(bench->before_size + 1);
	must(bench->before &&
			fread(bench->before, 1, bench->before_size, file) ==
				bench->before_size,
		"the database cannot be read");
	fclose(file);
}

void bench_remember(struct bench *bench)
{
	read_database(bench);
}

static void remove_others(struct bench *bench)
{
	DIR *folder = opendir(bench->folder);
	struct dirent *entry;
	must(folder != NULL, "no folder");
	while ((entry = readdir(folder)))
		if (entry->d_type == DT_REG)
			must(!unlinkat(dirfd(folder), entry->d_name, 0), "unlink");
	closedir(folder);
	folder = opendir("m");
	must(folder != NULL, "no folder m");
	while ((entry = readdir(folder)))
		if (entry->d_type == DT_REG && strcmp(entry->d_name, "1_base.xml") != 0)
			must(!unlinkat(dirfd(folder), entry->d_name, 0), "unlink");
	closedir(folder);
}

void bench_lay(struct bench *bench)
{
	remove_others(bench);
	temp_write(bench->folder, "app.db", bench->before, bench->before_size);
}

void bench_descriptor(
	struct bench *bench, const char *id, const char *attributes, const char *body)
{
	AMP_STR_AUTO text = AMP_STR_INIT, name = AMP_STR_INIT;
	amp_str_addf(&text,
		"<migration xmlns=\"urn:amplan:1\" id=\"%s\" %s>\n%s</migration>\n", id,
		attributes, body);
	amp_str_addf(&name, "m/%s.xml", id);
	must(!text.failed && !name.failed, "no memory");
	temp_write(bench->folder, amp_str_text(&name), amp_str_text(&text), text.length);
}

void bench_init(struct bench *bench)
{
	struct stat status;
	*bench = (struct bench){0};
	/* a database in memory: what is asked here is not whether a disk is fast */
	if (!getenv("TMPDIR") && !stat("/dev/shm", &status))
		setenv("TMPDIR", "/dev/shm", 1);
	bench->folder = temp_make();
	bench->start = getcwd(NULL, 0);
	bench->database = temp_path(bench->folder, "app.db");
	/* SQLite's own temporary files would show among the others */
	setenv("SQLITE_TMPDIR", bench->folder, 1);
	must(!chdir(bench->folder) && !mkdir("m", 0700), "no folder");
	sqlite3 *handle = NULL;
	must(!sqlite3_open(bench->database, &handle), "no database");
	exec(handle, world);
	sqlite3_close(handle);
	bench_descriptor(bench, "1_base", "",
		"<up>CREATE TABLE base (x); INSERT INTO base VALUES (1);</up>"
		"<down>DROP TABLE base;</down>");
	bench_open(bench, false, 60000);
	must(!bench_apply(bench, false).code, "the first migration does not run");
	AMP_STR_AUTO wrong = AMP_STR_INIT;
	bench_close(bench, &wrong);
	bench_remember(bench);
}

void bench_deinit(struct bench *bench)
{
	must(!chdir(bench->start), "no folder to go back to");
	temp_remove(bench->folder);
	free(bench->start);
	free(bench->database);
	free(bench->before);
	amp_str_deinit(&bench->said);
}

static bool is_late(void *user)
{
	struct bench *bench = user;
	bench->out_of_time |= now() > bench->deadline;
	return bench->out_of_time;
}

/* A handle as an application may have it. */
static void make_handle(struct bench *bench)
{
	char pragma[80];
	must(!sqlite3_open(bench->database, &bench->handle), "no database");
	exec(bench->handle,
		"ATTACH ':memory:' AS other;"
		"CREATE TABLE other.theirs (x); INSERT INTO other.theirs VALUES (1);"
		"CREATE TEMP TABLE mine (x); INSERT INTO mine VALUES (1);");
	for (size_t i = 0; i < NSETTINGS; i++) {
		if (!settings[i].value)
			continue;
		snprintf(pragma, sizeof(pragma), "PRAGMA main.%s = %s", settings[i].name,
			settings[i].value);
		exec(bench->handle, pragma);
	}
	exec(bench->handle, "PRAGMA case_sensitive_like = ON");
	/* the temporary table is as lasting as the setting that moves it lets it be */
	exec(bench->handle,
		"CREATE TEMP TABLE IF NOT EXISTS mine (x); DELETE FROM mine;"
		"INSERT INTO mine VALUES (1)");
	bench->settings = read_settings(bench->handle);
}

void bench_open(struct bench *bench, bool lent, int64_t milliseconds)
{
	static const char *const folders[] = {"m"};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_error error;
	if (lent)
		make_handle(bench);
	options.database = lent ? NULL : "app.db";
	options.sqlite = bench->handle;
	options.folders = folders;
	options.nfolders = 1;
	options.lock_timeout_ms = 200;
	options.cancel = is_late;
	options.user = bench;
	bench->out_of_time = false;
	bench->deadline = now() + milliseconds;
	amp_str_clear(&bench->said);
	if (amplan_open(&options, &bench->amplan, &error))
		must(false, error.message);
}

void bench_compare_texts(
	const char *what, const char *before, const char *after, struct amp_str *wrong)
{
	while (*before || *after) {
		size_t b = strcspn(before, "\n"), a = strcspn(after, "\n");
		if (a != b || memcmp(before, after, a) != 0)
			amp_str_addf(wrong, "  %s: was '%.*s', is '%.*s'\n", what, (int)b,
				before, (int)a, after);
		before += b + (before[b] == '\n');
		after += a + (after[a] == '\n');
	}
}

void bench_close(struct bench *bench, struct amp_str *wrong)
{
	amplan_close(bench->amplan);
	bench->amplan = NULL;
	if (!bench->handle)
		return;
	if (!sqlite3_get_autocommit(bench->handle))
		amp_str_add(wrong, "  the lent handle came back inside a transaction\n");
	char *settings_now = read_settings(bench->handle);
	bench_compare_texts("setting", bench->settings, settings_now, wrong);
	free(settings_now);
	free(bench->settings);
	bench->settings = NULL;
	must(!sqlite3_close(bench->handle), "the lent handle cannot be closed");
	bench->handle = NULL;
	/* the reading itself leaves no trace, but a setting could */
	sqlite3_soft_heap_limit64(0);
	sqlite3_hard_heap_limit64(0);
}

static bool concerns(const struct amplan_finding *finding, const char *id)
{
	for (size_t i = 0; i < finding->nids; i++)
		if (!strcmp(finding->ids[i], id))
			return true;
	return finding->nids == 0;
}

static void see_finding(struct bench *bench, struct outcome *outcome,
	const struct amplan_finding *finding)
{
	static const char *const severities[] = {"error", "warning", "note"};
	amp_str_addf(&bench->said, "  %s:%u:%u: %s[%s]: %s (%s)\n",
		finding->place.file ? finding->place.file : "-", finding->place.line,
		finding->place.column, severities[finding->severity], finding->kind,
		finding->message, finding->hint ? finding->hint : "");
	if (finding->severity != AMPLAN_ERROR || *outcome->kind || !concerns(finding, IT))
		return;
	snprintf(outcome->kind, sizeof(outcome->kind), "%s", finding->kind);
	snprintf(outcome->message, sizeof(outcome->message), "%s", finding->message);
	snprintf(outcome->hint, sizeof(outcome->hint), "%s",
		finding->hint ? finding->hint : "");
	outcome->line = finding->place.line;
	outcome->column = finding->place.column;
}

static struct outcome see(struct bench *bench, int code, struct amplan_report *report,
	const struct amplan_error *error)
{
	struct outcome outcome = {.code = code};
	for (size_t i = 0; report && i < report->nfindings; i++)
		see_finding(bench, &outcome, &report->findings[i]);
	if (code)
		amp_str_addf(
			&bench->said, "  code %d: %s\n", error->code, error->message);
	if (code == AMPLAN_CANCELLED && !*outcome.kind)
		strcpy(outcome.kind, "cancelled");
	else if (code && !*outcome.kind)
		snprintf(outcome.kind, sizeof(outcome.kind), "code%d", code);
	amplan_report_free(report);
	return outcome;
}

struct outcome bench_apply(struct bench *bench, bool rehearsed)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error = {0};
	if (!rehearsed)
		options.fidelity = AMPLAN_FIDELITY_NONE;
	int code = amplan_apply(bench->amplan, &options, NULL, &report, &error);
	return see(bench, code, report, &error);
}

struct outcome bench_plan(struct bench *bench)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error = {0};
	options.fidelity = AMPLAN_FIDELITY_COPY;
	int code = amplan_plan(bench->amplan, &options, &report, &error);
	return see(bench, code, report, &error);
}

struct outcome bench_roll_back(struct bench *bench, unsigned steps, bool rehearsed)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *plan = NULL, *report = NULL;
	struct amplan_error error = {0};
	options.rollback = true;
	options.steps = steps;
	options.fidelity = rehearsed ? AMPLAN_FIDELITY_COPY : AMPLAN_FIDELITY_NONE;
	int code = amplan_plan(bench->amplan, &options, &plan, &error);
	if (code || rehearsed)
		return see(bench, code, plan, &error);
	code = amplan_apply(bench->amplan, NULL, plan, &report, &error);
	struct outcome outcome = see(bench, code, report, &error);
	amplan_report_free(plan);
	return outcome;
}

void bench_compare_folder(struct bench *bench, struct amp_str *wrong)
{
	/* the note for `status`, and the lock of a step alone, are amplan's own */
	static const char *const known[] = {"app.db", "app.db-amplan-failure",
		"app.db-amplan-lock", "m", ".", "..", NULL};
	DIR *folder = opendir(bench->folder);
	struct dirent *entry;
	must(folder != NULL, "no folder");
	while ((entry = readdir(folder))) {
		bool is_known = false;
		for (size_t i = 0; known[i]; i++)
			is_known |= !strcmp(entry->d_name, known[i]);
		if (!is_known)
			amp_str_addf(wrong, "  there is a file '%s'\n", entry->d_name);
	}
	closedir(folder);
}

void bench_compare(struct bench *bench, struct amp_str *wrong)
{
	char *before = bench->before;
	size_t size = bench->before_size;
	bench->before = NULL;
	read_database(bench);
	if (bench->before_size != size || memcmp(bench->before, before, size) != 0)
		amp_str_add(wrong, "  the database is not as it was\n");
	free(bench->before);
	bench->before = before;
	bench->before_size = size;
	bench_compare_folder(bench, wrong);
}

char *bench_dump(struct bench *bench)
{
	static const char *const headers[] = {"user_version", "application_id",
		"encoding", "auto_vacuum", "page_size", "journal_mode"};
	AMP_STR_AUTO out = AMP_STR_INIT;
	sqlite3 *handle = NULL;
	sqlite3_stmt *table = NULL;
	char pragma[40];
	must(!sqlite3_open_v2(bench->database, &handle, SQLITE_OPEN_READWRITE, NULL),
		"no database");
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		snprintf(pragma, sizeof(pragma), "PRAGMA %s", headers[i]);
		add_rows(handle, pragma, &out);
	}
	add_rows(handle,
		"SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2",
		&out);
	add_rows(handle,
		"SELECT number, event, id, rows_changed FROM amplan_history "
		"ORDER BY number",
		&out);
	sqlite3_prepare_v2(handle,
		"SELECT printf('SELECT * FROM \"%w\" ORDER BY 1', name) FROM sqlite_schema "
		"WHERE type = 'table' AND name <> 'amplan_history' ORDER BY name",
		-1, &table, NULL);
	while (table && sqlite3_step(table) == SQLITE_ROW)
		add_rows(handle, (const char *)sqlite3_column_text(table, 0), &out);
	sqlite3_finalize(table);
	sqlite3_close(handle);
	must(!out.failed, "no memory");
	return strdup(amp_str_text(&out));
}

int64_t bench_ask(struct bench *bench, const char *sql)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *row = NULL;
	int64_t answer = -1;
	must(!sqlite3_open_v2(bench->database, &handle, SQLITE_OPEN_READWRITE, NULL),
		"no database");
	if (sqlite3_prepare_v2(handle, sql, -1, &row, NULL) == SQLITE_OK &&
		sqlite3_step(row) == SQLITE_ROW)
		answer = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(handle);
	return answer;
}
