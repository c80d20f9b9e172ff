/*
 * Fuzz: databases made by somebody hostile. The first byte says what the others are: SQL
 * that is run without any guard on a database with a history ('S'); values for one cell
 * after the other of that history ('R'); or the bytes of a database file ('B', all else).
 *
 * status, verify, plan and apply then work on it, through a lent handle. Each answers by
 * one of its codes, with a reason where it refuses; what only looks changes no byte of
 * the database, and an apply that did not work has changed none either. A history that
 * verify calls sound is the chain of its rows; one altered row is always found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include <amplan/amplan.h>

#include "base/system.h"
#include "tests/fuzz/fuzz.h"

#define SECONDS 5

static const char first[] = "<migration xmlns=\"urn:amplan:1\" id=\"a\">"
			    "<up>CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);"
			    "INSERT INTO a (x) VALUES ('one'), ('two')</up>"
			    "<down>DROP TABLE a</down></migration>\n";
static const char second[] =
	"<migration xmlns=\"urn:amplan:1\" id=\"b\"><depends on=\"a\"/>"
	"<precondition on-fail=\"mark-applied\">SELECT count(*) = 0 FROM "
	"pragma_table_info('a') WHERE name = 'y'</precondition>"
	"<up>ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = x</up>"
	"<verify>SELECT count(*) = 0 FROM a WHERE y IS NOT x</verify>"
	"<irreversible reason=\"x\"/></migration>\n";

static const char *const one[] = {"one"}, *const both[] = {"one", "two"};
static unsigned char *template;
static sqlite3_int64 template_size;

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	must(file && fputs(text, file) >= 0 && !fclose(file));
}

static sqlite3 *new_database(void)
{
	sqlite3 *handle;
	must(!sqlite3_open(":memory:", &handle));
	return handle;
}

static struct amplan *open_on(
	sqlite3 *handle, const char *const *folders, size_t count, int64_t *until);

/* The template has "a" applied; the catalog has "b" as well. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct amplan_report *report = NULL;
	int64_t until = amp_now_ms() + 1000 * 60;
	(void)argc;
	(void)argv;
	fuzz_own_folder();
	must(!mkdir("one", 0700) && !mkdir("two", 0700));
	put("one/a.xml", first);
	put("two/b.xml", second);
	sqlite3 *handle = new_database();
	must(!sqlite3_exec(handle, "PRAGMA page_size=1024", NULL, NULL, NULL));
	struct amplan *amplan = open_on(handle, one, 1, &until);
	must(!amplan_apply(amplan, NULL, NULL, &report, NULL));
	amplan_report_free(report);
	amplan_close(amplan);
	template = sqlite3_serialize(handle, "main", &template_size, 0);
	must(template);
	sqlite3_close(handle);
	return 0;
}

/* Whatever is in the database, a call ends when it is told to. */
static bool is_late(void *user)
{
	return amp_now_ms() > *(const int64_t *)user;
}

static struct amplan *open_on(
	sqlite3 *handle, const char *const *folders, size_t count, int64_t *until)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan *amplan;
	options.sqlite = handle;
	options.folders = folders;
	options.nfolders = count;
	options.lock_timeout_ms = 0;
	options.cancel = is_late;
	options.user = until;
	must(!amplan_open(&options, &amplan, NULL));
	return amplan;
}

/* Bytes that can be given to a database as its own; a file must not be without pages. */
static bool load(sqlite3 *handle, const unsigned char *bytes, size_t size)
{
	unsigned char *copy = sqlite3_malloc64(size ? size : 1);
	must(copy);
	memcpy(copy, bytes, size);
	return !sqlite3_deserialize(handle, "main", copy, (sqlite3_int64)size,
		(sqlite3_int64)size,
		SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
}

/* The pages as they are; NULL where SQLite does not take them for any. */
static unsigned char *content(sqlite3 *handle, sqlite3_int64 *size)
{
	*size = 0;
	return sqlite3_serialize(handle, "main", size, 0);
}

static void check_report(
	int code, const struct amplan_report *report, const struct amplan_error *error)
{
	bool errors = report && amplan_report_has_errors(report);
	must(code == AMPLAN_OK || code == AMPLAN_FAILED || code == AMPLAN_REFUSED ||
		code == AMPLAN_LOCKED || code == AMPLAN_PARTIAL ||
		code == AMPLAN_DATABASE || code == AMPLAN_CANCELLED);
	must(!code == !*error->message);
	must(!code || error->code == code);
	must(report || code);
	for (size_t i = 0; errors && i < report->nfindings; i++) {
		const struct amplan_finding *finding = &report->findings[i];
		must(*finding->message && *finding->kind);
		/* SQLite says itself what it does not like */
		must(finding->severity != AMPLAN_ERROR || finding->hint ||
			!strcmp(finding->kind, "invalid-sql"));
	}
	for (size_t i = 0; report && i < report->napplied; i++) {
		const struct amplan_event *event = &report->applied[i];
		must(event->event && event->id && event->checksum && event->plan);
		must(event->tool && event->host && event->fingerprint);
	}
}

typedef int call_fn(struct amplan *, struct amplan_report **, struct amplan_error *);

static int plan(struct amplan *a, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_plan(a, NULL, out, error);
}

static int apply(struct amplan *a, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_apply(a, NULL, NULL, out, error);
}

/* One call on the database; whether it changed any byte. */
static int call(sqlite3 *handle, call_fn *function, bool *changed)
{
	struct amplan_report *report = NULL;
	struct amplan_error error = {0};
	int64_t until = amp_now_ms() + 1000 * SECONDS;
	sqlite3_int64 size, now;
	unsigned char *before = content(handle, &size);
	struct amplan *amplan = open_on(handle, both, 2, &until);
	int code = function(amplan, &report, &error);
	must(code != AMPLAN_CANCELLED);
	check_report(code, report, &error);
	amplan_report_free(report);
	amplan_close(amplan);
	must(sqlite3_get_autocommit(handle));
	unsigned char *after = content(handle, &now);
	*changed = !before != !after || size != now ||
		(before && memcmp(before, after, (size_t)size) != 0);
	sqlite3_free(before);
	sqlite3_free(after);
	return code;
}

static int64_t ask(sqlite3 *handle, const char *sql)
{
	sqlite3_stmt *row;
	int64_t answer = -1;
	if (!sqlite3_prepare_v2(handle, sql, -1, &row, NULL) &&
		sqlite3_step(row) == SQLITE_ROW)
		answer = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return answer;
}

/* All calls, or just two of them, which is faster; returns what verify said. */
static int work_on(sqlite3 *handle, bool all)
{
	bool changed = false;
	if (all)
		call(handle, amplan_status, &changed);
	must(!changed);
	int verified = call(handle, amplan_verify, &changed);
	must(!changed);
	int planned = all ? call(handle, plan, &changed) : AMPLAN_REFUSED;
	must(!changed);
	/* where two tables lie on one page, writing one destroys the other */
	bool sound = ask(handle,
			     "SELECT integrity_check = 'ok' FROM "
			     "pragma_integrity_check LIMIT 1") == 1;
	int applied = call(handle, apply, &changed);
	must(!changed || !applied);
	must(!applied || planned || applied == AMPLAN_DATABASE ||
		applied == AMPLAN_FAILED || applied == AMPLAN_REFUSED);
	must(!all || !call(handle, amplan_status, &changed) || applied || !sound);
	must(!all || !changed);
	return verified;
}

static void check_bytes(const char *bytes, size_t size)
{
	sqlite3 *handle = new_database();
	if (load(handle, (const unsigned char *)bytes, size))
		work_on(handle, fuzz_hash(bytes, size) % 4 == 0);
	sqlite3_close(handle);
}

static int stop_when_late(void *until)
{
	return is_late(until);
}

/* SQL of somebody who may do anything. */
static void check_script(const char *sql)
{
	sqlite3 *handle = new_database();
	int64_t until = amp_now_ms() + 100;
	must(load(handle, template, (size_t)template_size));
	sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 1 << 20);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_progress_handler(handle, 1000, stop_when_late, &until);
	sqlite3_exec(handle, "PRAGMA max_page_count=1000", NULL, NULL, NULL);
	sqlite3_exec(handle, sql, NULL, NULL, NULL);
	sqlite3_progress_handler(handle, 0, NULL, NULL);
	if (!sqlite3_get_autocommit(handle))
		sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_exec(handle, "PRAGMA query_only=0", NULL, NULL, NULL);
	if (strcasestr(sql, "writable_schema")) {
		/* this handle would go on with the schema as it was before */
		sqlite3_int64 size;
		unsigned char *bytes = content(handle, &size);
		sqlite3_close(handle);
		handle = new_database();
		must(bytes && load(handle, bytes, (size_t)size));
		sqlite3_free(bytes);
	}
	work_on(handle, fuzz_hash(sql, strlen(sql)) % 4 == 0);
	sqlite3_close(handle);
}

/* Other values in some cells: unless they are what was there, the chain is broken. */
static void check_cells(struct input *input, struct amp_arena *arena)
{
	static const char *const columns[] = {"event", "id", "checksum", "cosmetic",
		"plan", "position", "applied_at", "milliseconds", "rows_changed", "tool",
		"host", "breaking", "fingerprint", "catalog", "chain", "number"};
	sqlite3 *handle = new_database();
	must(load(handle, template, (size_t)template_size));
	must(!sqlite3_exec(handle,
		"CREATE TEMP TABLE before AS SELECT * FROM main.amplan_history", NULL,
		NULL, NULL));
	while (input->left) {
		unsigned column = input_below(input, 16), row = input_below(input, 2);
		char *value = input_text(input, arena);
		char *sql = sqlite3_mprintf("UPDATE main.amplan_history SET %s = "
					    "CAST(%Q AS %s) WHERE number = %u",
			columns[column], value, *value == 'x' ? "BLOB" : "TEXT", row);
		must(sql);
		sqlite3_exec(handle, sql, NULL, NULL, NULL);
		sqlite3_free(sql);
	}
	bool same = ask(handle,
			    "SELECT count(*) FROM (SELECT * FROM before INTERSECT "
			    "SELECT * FROM main.amplan_history)") == 2;
	must(!sqlite3_exec(handle, "DROP TABLE temp.before", NULL, NULL, NULL));
	int verified = work_on(handle, false);
	must(!same == (verified != AMPLAN_OK));
	sqlite3_close(handle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AMP_ARENA_AUTO arena = {0};
	struct input input = input_of(data, size);
	unsigned mode = size ? data[0] : 0;
	if (mode == 'R') {
		input_byte(&input);
		check_cells(&input, &arena);
		return 0;
	}
	if (mode == 'S' || mode == 'B')
		input_byte(&input);
	const char *bytes = input_rest(&input, &arena, &size);
	if (mode == 'S')
		check_script(bytes);
	else
		check_bytes(bytes, size);
	return 0;
}
