/*
 * Fuzz: SQL of a migration. The first byte says how it runs: inside the transaction
 * ('T', and all else), with transaction="none" ('N'), or as a query ('Q'). The others
 * are the SQL.
 *
 * It runs on a shadow of a small database, by the code that rehearses and applies. None
 * of it opens a file, reaches another database, writes the history or ends the
 * transaction; what failed is undone to the last byte; settings are as they were; and
 * what was refused or failed has a finding with a place, what did not has none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/history.h"
#include "executor/objects.h"
#include "executor/sqlite.h"
#include "schema/bytes.h"
#include "schema/checksum.h"
#include "schema/sql.h"
#include "tests/fuzz/fuzz.h"

#define TIMEOUT_MS 50
#define BOUND ((int64_t)8 << 20)

static const char world_sql[] =
	"PRAGMA page_size=1024;"
	"CREATE TABLE author (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE);"
	"CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT 'x',"
	"  author INTEGER REFERENCES author ON DELETE CASCADE, year INT CHECK (year > 0),"
	"  initial AS (substr(title, 1, 1)));"
	"CREATE INDEX book_author ON book (author) WHERE year > 1;"
	"CREATE TABLE tag (book INT, word TEXT, PRIMARY KEY (book, word)) WITHOUT ROWID;"
	"CREATE VIEW shelf AS SELECT title, name FROM book JOIN author ON author.id = author;"
	"CREATE TRIGGER count_up AFTER INSERT ON book BEGIN"
	"  INSERT OR IGNORE INTO tag VALUES (new.id, 'new'); END;"
	"INSERT INTO author (name) VALUES ('a'), ('b');"
	"INSERT INTO book (title, author, year) VALUES ('one', 1, 7), ('two', 2, 8);";

/* The database that shadows are made of; its file system is watched. */
static sqlite3 *origin;
static struct amp_hooks hooks;
static bool watching;

/* SQLite opens files by this while it is watched: only nameless ones of its own. */
static int watched_open(const char *path, int flags, int mode)
{
	typedef int open_fn(const char *, int, int);
	static open_fn *real;
	must(!watching || strstr(path, "etilqs_"));
	if (!real) {
		sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
		vfs->xSetSystemCall(vfs, "open", NULL);
		real = (open_fn *)vfs->xGetSystemCall(vfs, "open");
		vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)watched_open);
	}
	return real(path, flags, mode);
}

static struct amp_db *shadow_of(struct amp_db *from, struct amp_arena *arena)
{
	enum amplan_fidelity fidelity = AMPLAN_FIDELITY_COPY;
	struct amp_db *shadow = NULL;
	const char *note;
	must(!amp_sqlite.shadow(from, from ? AMPLAN_FIDELITY_COPY : AMPLAN_FIDELITY_EMPTY,
		INT64_MAX, &hooks, &shadow, &fidelity, &note, arena, NULL));
	return shadow;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	AMP_ARENA_AUTO arena = {0};
	struct amp_history_head head = {0};
	(void)argc;
	(void)argv;
	fuzz_own_folder();
	struct amp_db *db = shadow_of(NULL, &arena);
	origin = sqlite_of(db)->handle;
	must(!sqlite3_exec(origin, world_sql, NULL, NULL, NULL));
	must(!amp_history_create(db, &head, NULL));
	watched_open("/dev/null", 0, 0);
	watching = true;
	return 0;
}

static struct amp_db *new_shadow(struct amp_arena *arena)
{
	struct amp_db *shadow = shadow_of(NULL, arena);
	sqlite3_backup *backup =
		sqlite3_backup_init(sqlite_of(shadow)->handle, "main", origin, "main");
	must(backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE);
	sqlite3_backup_finish(backup);
	must(!amp_sqlite.bound(shadow, BOUND, NULL));
	return shadow;
}

/* All bytes of the database. */
static unsigned char *content(struct amp_db *db, sqlite3_int64 *size)
{
	unsigned char *bytes = sqlite3_serialize(sqlite_of(db)->handle, "main", size, 0);
	must(bytes);
	return bytes;
}

static void must_be_unchanged(
	struct amp_db *db, const unsigned char *before, sqlite3_int64 size)
{
	sqlite3_int64 now;
	unsigned char *bytes = content(db, &now);
	must(now == size && !memcmp(bytes, before, (size_t)size));
	sqlite3_free(bytes);
}

static int64_t ask(struct amp_db *db, const char *sql)
{
	return sqlite_number(sqlite_of(db), sql, -1);
}

/* Whatever the SQL did, these are amplan's. */
static void must_be_ours(struct amp_db *db)
{
	static const char untouched[] =
		"SELECT count(*) = 1 AND min(number) = 0 AND length(max(chain)) = 71 "
		"AND max(event) = 'created' FROM main.amplan_history";
	static const char alone[] = "SELECT count(*) FROM main.sqlite_schema "
				    "WHERE tbl_name = 'amplan_history' COLLATE NOCASE";
	static const struct {
		const char *pragma;
		int64_t value;
	} settings[] = {{"PRAGMA legacy_alter_table", 0},
		{"PRAGMA recursive_triggers", 0}, {"PRAGMA ignore_check_constraints", 0},
		{"PRAGMA synchronous", 3}, {"PRAGMA writable_schema", 0},
		{"PRAGMA query_only", 0}};
	sqlite3 *handle = sqlite_of(db)->handle;
	must(ask(db, untouched) == 1);
	must(ask(db, alone) == 1);
	must(ask(db,
		     "SELECT count(*) FROM pragma_database_list "
		     "WHERE name NOT IN ('main', 'temp')") == 0);
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		must(ask(db, settings[i].pragma) == settings[i].value);
	must(sqlite_config(handle, SQLITE_DBCONFIG_DEFENSIVE) == 1);
	must(sqlite_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION) == 0);
}

/* A step, its text and what it told. */
struct step {
	struct amp_arena arena;
	struct amp_findings findings;
	struct amp_migration migration;
	struct amp_source *source;
	struct amp_sql sql;
	struct amp_run_as as;
	struct amplan_error error;
	char *text;
};

static void make_step(struct step *step, const char *text, size_t length, unsigned flags)
{
	*step = (struct step){.migration = {.id = "a", .module = "", .flags = flags}};
	step->text = fuzz_exact(text, length);
	amp_arena_init(&step->arena);
	amp_findings_init(&step->findings, &step->arena);
	step->source = amp_source_new(&step->arena, "m/a.sql", step->text, length);
	amp_sql_from_file(&step->arena, step->source, &step->sql);
	step->migration.up = &step->sql;
	step->migration.source = step->source;
	step->as = (struct amp_run_as){
		.migration = &step->migration,
		.transactional = !(flags & AMPLAN_NO_TRANSACTION),
		.findings = &step->findings,
		.arena = &step->arena,
		.statement_timeout_ms = TIMEOUT_MS,
	};
}

static void end_step(struct step *step)
{
	amp_findings_deinit(&step->findings);
	amp_arena_deinit(&step->arena);
	free(step->text);
}

/* What failed says so, with a place in the text; what did not says nothing of the kind. */
static void check_told(const struct step *step, int code)
{
	bool errors = amp_findings_have_errors(&step->findings);
	must(!code || *step->error.message);
	must(code == AMPLAN_OK || code == AMPLAN_FAILED || code == AMPLAN_REFUSED ||
		code == AMPLAN_DATABASE || code == AMPLAN_NOMEM);
	must(code != AMPLAN_OK || !errors);
	must((code != AMPLAN_FAILED && code != AMPLAN_REFUSED) || errors);
	for (size_t i = 0; i < step->findings.count; i++) {
		const struct amplan_finding *finding = &step->findings.items[i];
		must(*finding->message && finding->nids && finding->place.file);
		must(finding->place.line && finding->place.column);
	}
}

static void run_transactional(struct amp_db *db, struct step *step)
{
	struct amp_run run;
	sqlite3_int64 size;
	unsigned char *before = content(db, &size);
	must(!amp_sqlite.begin(db, false, NULL));
	must(!amp_sqlite.savepoint(db, NULL));
	int code = amp_sqlite.run(db, &step->sql, &step->as, &run, &step->error);
	check_told(step, code);
	must(amp_sqlite.is_open(db) == !run.ended_transaction);
	must(code || !run.ended_transaction);
	must(run.statements <= step->sql.length);
	if (!code) {
		/* ours are the only savepoint and the only transaction */
		must(!amp_sqlite.release(db, NULL));
		must(amp_sqlite.is_open(db));
		must_be_ours(db);
	} else if (!run.ended_transaction) {
		amp_sqlite.undo(db);
		must(amp_sqlite.is_open(db));
		must_be_ours(db);
	}
	amp_sqlite.rollback(db);
	must(!amp_sqlite.is_open(db));
	must_be_ours(db);
	must_be_unchanged(db, before, size);
	sqlite3_free(before);
}

/* Whether the SQL works on a fresh shadow, and the schema that it gives. */
static bool gives(
	const char *text, size_t length, char out[AMP_DIGEST_SIZE], bool *endless)
{
	struct step step;
	struct amp_run run;
	struct amp_objects objects;
	make_step(&step, text, length, 0);
	struct amp_db *db = new_shadow(&step.arena);
	must(!amp_sqlite.begin(db, false, NULL));
	bool works = !amp_sqlite.run(db, &step.sql, &step.as, &run, &step.error);
	for (size_t i = 0; i < step.findings.count; i++)
		*endless = *endless ||
			!strcmp(step.findings.items[i].kind, "endless-statement");
	must(!amp_sqlite.objects(db, &objects, NULL));
	amp_objects_fingerprint(&objects, out);
	amp_sqlite.close(db);
	end_step(&step);
	return works;
}

/* What the cosmetic digest calls equal gives the same schema, or fails as well. */
static void check_squeezed(const char *text, size_t length)
{
	char as_it_is[AMP_DIGEST_SIZE], squeezed[AMP_DIGEST_SIZE];
	AMP_STR_AUTO less = AMP_STR_INIT;
	bool endless = false;
	/* chance and time give something else each time */
	if (strcasestr(text, "random") || strcasestr(text, "current_") ||
		strcasestr(text, "now"))
		return;
	/* as a step has it: with its line ends made one kind, since they end comments */
	struct step step;
	make_step(&step, text, length, 0);
	amp_checksum_squeeze(&less, step.sql.text, step.sql.length);
	bool same = less.length == step.sql.length;
	end_step(&step);
	if (same)
		return;
	bool works = gives(text, length, as_it_is, &endless);
	bool works_too = gives(amp_str_text(&less), less.length, squeezed, &endless);
	must(endless || works == works_too);
	must(endless || !works || !strcmp(as_it_is, squeezed));
}

static void run_alone(struct amp_db *db, struct step *step)
{
	struct amp_run run;
	int code = amp_sqlite.run(db, &step->sql, &step->as, &run, &step->error);
	check_told(step, code);
	must(!amp_sqlite.is_open(db));
	must(ask(db, "SELECT count(*) FROM main.amplan_history") == 1);
	must(ask(db, "PRAGMA writable_schema") == 0);
	must(!amp_sqlite.begin(db, false, NULL));
	must(!amp_sqlite.commit(db, NULL));
}

static void run_query(struct amp_db *db, struct step *step)
{
	enum amp_answer answer = AMP_TRUE;
	sqlite3_int64 size;
	unsigned char *before = content(db, &size);
	must(!amp_sqlite.begin(db, false, NULL));
	int code = amp_sqlite.ask(db, &step->sql, &step->as, &answer, &step->error);
	check_told(step, code);
	must(amp_sqlite.is_open(db));
	must(answer <= AMP_NO_ANSWER);
	must(code || answer != AMP_NO_ANSWER);
	must(!amp_sqlite.commit(db, NULL));
	must_be_ours(db);
	must_be_unchanged(db, before, size);
	sqlite3_free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AMP_ARENA_AUTO arena = {0};
	struct input input = input_of(data, size);
	unsigned mode = input_byte(&input);
	const char *text = input_rest(&input, &arena, &size);
	struct amp_findings findings;
	amp_findings_init(&findings, &arena);
	struct amp_complain complain = {
		&findings, amp_source_new(&arena, "m/a.sql", text, size), "invalid-sql"};
	/* what is no text never comes so far */
	bool good = amp_bytes_are_sql(&complain);
	amp_findings_deinit(&findings);
	if (!good)
		return 0;
	struct step step;
	make_step(&step, text, size, mode == 'N' ? AMPLAN_NO_TRANSACTION : 0);
	struct amp_db *db = new_shadow(&step.arena);
	if (mode == 'N')
		run_alone(db, &step);
	else if (mode == 'Q')
		run_query(db, &step);
	else
		run_transactional(db, &step);
	amp_sqlite.close(db);
	end_step(&step);
	if (mode != 'N' && mode != 'Q' && fuzz_hash(text, size) % 4 == 0)
		check_squeezed(text, size);
	return 0;
}
