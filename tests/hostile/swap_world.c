#include "tests/hostile/swap_world.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/hostile/make.h"
#include "tests/hostile/run.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))
#define NS " xmlns=\"urn:amplan:1\" "
#define DOWN "<irreversible reason=\"a test\"/>"
#define ONE "m/sql/one.sql"
#define TWO "m/two.xml"

/* A text that is cut to the length of the old one is good SQL, too. */
#define ONE_TEXT(v) "CREATE TABLE one (v);\nINSERT INTO one VALUES ('" v "');\n"
#define ONE_OLD ONE_TEXT("old")
#define ONE_NEW ONE_TEXT("new") "INSERT INTO one VALUES ('more');\n"
#define SIMPLE(name, v) \
	"CREATE TABLE " name " (v);\nINSERT INTO " name " VALUES ('" v "');\n"
#define TWO_XML(v, more)                                           \
	"<migration" NS "id=\"002_two\"><depends on=\"001_one\"/>" \
	"<up src=\"sql/deep/two" v ".sql\"/>" DOWN more "</migration>\n"

static void must(bool done, const char *what)
{
	if (done)
		return;
	perror(what);
	exit(2);
}

static void must_run(const char *const *words)
{
	struct ran ran;
	run(&ran, words, NULL);
	if (ran.exit)
		fprintf(stderr, "%s: exit %d\n%s", words[0], ran.exit, ran.out);
	must(!ran.exit, "preparing");
	ran_free(&ran);
}

static void copy(const char *from, const char *to)
{
	char bytes[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;
	must(in >= 0 && out >= 0, to);
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		must(write(out, bytes, (size_t)n) == n, to);
	close(in);
	close(out);
}

bool swap_world_execute(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	int code = sqlite3_open(path, &db);
	if (!code)
		code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return code == SQLITE_OK;
}

/* A folder of migrations; `v` is what their rows hold. */
static void release(const char *folder, bool new)
{
	char path[64];
	const struct {
		const char *path, *text;
	} files[] = {
		{"zero.xml",
			"<migration" NS
			"id=\"000_zero\"><up>CREATE TABLE zero (v);</up>" DOWN
			"</migration>\n"},
		{"one.xml",
			"<migration" NS "id=\"001_one\"><depends on=\"000_zero\"/>"
			"<up src=\"sql/one.sql\"/>" DOWN "</migration>\n"},
		{"two.xml", TWO_XML("", "")},
		{"more/three.xml",
			"<migrations" NS
			"><migration id=\"003_three\"><depends on=\"002_two\"/>"
			"<up>CREATE TABLE three (v);</up>" DOWN "</migration>"
			"<migration id=\"004_four\"><depends on=\"003_three\"/>"
			"<up src=\"sql/four.sql\"/>" DOWN "</migration></migrations>\n"},
		{"sql/one.sql", new ? ONE_NEW : ONE_OLD},
		{"sql/deep/two.sql", new ? SIMPLE("two", "new") : SIMPLE("two", "old")},
		{"sql/deep/two-new.sql", SIMPLE("two", "other")},
		{"more/sql/four.sql",
			new ? SIMPLE("four", "new") : SIMPLE("four", "old")},
	};
	static const char *const folders[] = {
		"", "/sql", "/sql/deep", "/more", "/more/sql"};
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, folders[i]);
		must(!mkdir(path, 0700), path);
	}
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i].path);
		make_file(path, files[i].text);
	}
}

static void steal(void)
{
	must(!mkdir("outside", 0700) && !mkdir("outside/sql", 0700) &&
			!mkdir("outside/sql/deep", 0700),
		"outside");
	make_file("outside/sql/one.sql", "CREATE TABLE " STOLEN " (v);\n");
	make_file("outside/sql/deep/two.sql", "CREATE TABLE " STOLEN " (v);\n");
	make_file("outside/two.xml",
		"<migration" NS "id=\"002_two\"><up>CREATE TABLE " STOLEN
		" (v);</up>" DOWN "</migration>\n");
}

static void away(void)
{
	static const char *const all[] = {"m", "m-away", "n", "outside", "app.db",
		"app.db-journal", "app.db-amplan-lock", "app.db-amplan-failure",
		"other.db", "other.db-journal", "other.db-amplan-lock",
		"other.db-amplan-failure", AWAY, "plan.xml", "saved.xml"};
	for (size_t i = 0; i < COUNT_OF(all); i++)
		make_tree_away(all[i]);
}

void swap_world_reset(void)
{
	away();
	release("m", false);
	release("n", true);
	steal();
	copy("first/app.db", "app.db");
	copy("first/other.db", "other.db");
	if (!access("first/plan.xml", F_OK))
		copy("first/plan.xml", "plan.xml");
}

/* Both databases have a history, each its own; "other" is to be known by a table. */
void swap_world_prepare(void)
{
	static const char *const zero[] = {
		"apply", "--to", "000_zero", "-d", "app.db", "-m", "m", NULL};
	static const char *const plan[] = {
		"plan", "--out", "plan.xml", "-d", "app.db", "-m", "m", NULL};
	must(!mkdir("first", 0700), "first");
	release("m", false);
	must_run(zero);
	must(!rename("app.db", "first/app.db"), "app.db");
	must(swap_world_execute("app.db", "CREATE TABLE other (v)"), "other");
	must_run(zero);
	must_run(plan);
	must(!rename("plan.xml", "first/other.xml"), "other.xml");
	must(!rename("app.db", "first/other.db"), "other.db");
	swap_world_reset();
	must_run(plan);
	must(!rename("plan.xml", "first/plan.xml"), "plan.xml");
}

/* Puts `text` in the place of `path`, at once. */
static bool rename_over(const char *path, const char *text)
{
	make_file("swapped", text);
	must(!rename("swapped", path), path);
	return true;
}

static bool link_over(const char *path, const char *target)
{
	must(!symlink(target, "swapped") && !rename("swapped", path), path);
	return true;
}

/* The file stays, and holds other bytes. */
static bool write_over(const char *path, const char *text)
{
	make_file(path, text);
	return true;
}

static bool none(void)
{
	return true;
}

static bool source_renamed(void)
{
	return rename_over(ONE, ONE_NEW);
}

static bool source_written(void)
{
	return write_over(ONE, ONE_NEW);
}

static bool source_shortened(void)
{
	return write_over(ONE, "CREATE TABLE one (v);\n");
}

static bool source_linked(void)
{
	return link_over(ONE, "../../outside/sql/one.sql");
}

static bool source_is_folder(void)
{
	must(!unlink(ONE) && !mkdir(ONE, 0700), ONE);
	return true;
}

static bool descriptor_renamed(void)
{
	return rename_over(TWO, TWO_XML("-new", ""));
}

static bool descriptor_written(void)
{
	return write_over(
		TWO, TWO_XML("-new", "<verify>SELECT count(*) = 1 FROM two</verify>"));
}

static bool descriptor_linked(void)
{
	return link_over(TWO, "../outside/two.xml");
}

static bool folder_renamed(void)
{
	must(!rename("m/sql/deep", "m-away") && !rename("n/sql/deep", "m/sql/deep"),
		"deep");
	return true;
}

static bool folder_linked(void)
{
	must(!rename("m/sql", "m-away"), "m/sql");
	return link_over("m/sql", "../outside/sql");
}

static bool migrations_linked(void)
{
	must(!rename("m", "m-away"), "m");
	return link_over("m", "n");
}

static bool migrations_gone(void)
{
	must(!rename("m", "m-away"), "m");
	return true;
}

static bool plan_of_another(void)
{
	copy("first/other.xml", "swapped");
	must(!rename("swapped", "plan.xml"), "plan.xml");
	return true;
}

static bool plan_damaged(void)
{
	struct stat status;
	must(!stat("plan.xml", &status), "plan.xml");
	must(!truncate("plan.xml", status.st_size / 2), "plan.xml");
	return true;
}

/* As an editor of the database's files would: what was "app.db" is kept aside. */
static bool database_renamed(void)
{
	must(!link("app.db", AWAY) && !rename("other.db", "app.db"), "app.db");
	return true;
}

static bool database_linked(void)
{
	must(!link("app.db", AWAY), AWAY);
	return link_over("app.db", "other.db");
}

static bool database_gone(void)
{
	must(!rename("app.db", AWAY), "app.db");
	return true;
}

static bool history_longer(void)
{
	return swap_world_execute("app.db",
		"INSERT INTO amplan_history SELECT number + 1, event, '009_forged', checksum,"
		" cosmetic, plan, position, applied_at, milliseconds, rows_changed, tool, host,"
		" breaking, fingerprint, catalog, chain"
		" FROM amplan_history ORDER BY number DESC LIMIT 1");
}

static bool history_shorter(void)
{
	return swap_world_execute("app.db",
		"DELETE FROM amplan_history"
		" WHERE number = (SELECT max(number) FROM amplan_history)");
}

static bool history_gone(void)
{
	return swap_world_execute("app.db", "DROP TABLE amplan_history");
}

static bool schema_changed(void)
{
	return swap_world_execute("app.db", "CREATE TABLE meanwhile (v)");
}

/* Its output is a file of its own: the other one is writing to "out". */
static bool applied_by_another(void)
{
	static const char *const words[] = {"apply", "--to", "001_one", "-d", "app.db",
		"-m", "m", "--lock-timeout", "0", NULL};
	struct ran ran;
	must(!unlink("out") || errno == ENOENT, "out");
	run(&ran, words, NULL);
	bool done = ran.exit == 0;
	ran_free(&ran);
	return done;
}

const struct swap swaps[] = {
	{"none", FILES, none, 0, 0, NULL},
	{"source-renamed", FILES, source_renamed, 0, 3, "[changed]"},
	{"source-written", FILES, source_written, 0, 3, "[changed]"},
	{"source-shortened", FILES, source_shortened, 0, 3, "[changed]"},
	{"source-linked", FILES, source_linked, 3, 3, "[invalid-descriptor]"},
	{"source-is-folder", FILES, source_is_folder, 3, 3, "[invalid-descriptor]"},
	{"descriptor-renamed", FILES, descriptor_renamed, 0, 3, "[changed]"},
	{"descriptor-written", FILES, descriptor_written, 0, 3, "[changed]"},
	{"descriptor-linked", FILES, descriptor_linked, 3, 3, "[invalid-descriptor]"},
	{"folder-renamed", FILES, folder_renamed, 0, 3, "[changed]"},
	{"folder-linked", FILES, folder_linked, 3, 3, "[invalid-descriptor]"},
	{"migrations-linked", FILES, migrations_linked, 0, 3, "[changed]"},
	{"migrations-gone", FILES, migrations_gone, 3, 3,
		"amplan: folder 'm' does not exist"},
	{"plan-of-another", PLAN, plan_of_another, 0, 3, NULL},
	{"plan-damaged", PLAN, plan_damaged, 0, 3, NULL},
	{"database-renamed", DATABASE, database_renamed, 0, 3, NULL},
	{"database-linked", DATABASE, database_linked, 0, 3, NULL},
	{"database-gone", DATABASE, database_gone, 0, 3, NULL},
	{"history-longer", DATABASE, history_longer, 3, 3, "[history-tampered]"},
	{"history-shorter", DATABASE, history_shorter, 1, 3, "[schema-drift]"},
	{"history-gone", DATABASE, history_gone, 1, 3, NULL},
	{"schema-changed", DATABASE, schema_changed, 0, 3, "[schema-drift]"},
	{"applied-by-another", DATABASE, applied_by_another, 0, 3, NULL},
	{NULL, 0, NULL, 0, 0, NULL},
};

/* Rows of a query, a line each; what is wrong is a line, too. */
static void lines(FILE *out, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	while (!code && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(statement); i++) {
			const char *text =
				(const char *)sqlite3_column_text(statement, i);
			fprintf(out, "%s|", text ? text : "NULL");
		}
		fputc('\n', out);
		code = SQLITE_OK;
	}
	if (code != SQLITE_DONE)
		fprintf(out, "%s: %s\n", sql, sqlite3_errmsg(db));
	sqlite3_finalize(statement);
}

char *swap_world_read(const char *path)
{
	static const char *const tables[] = {
		"zero", "one", "two", "three", "four", "other", "meanwhile"};
	char *text = NULL, sql[64];
	size_t size = 0;
	struct stat status;
	FILE *out = open_memstream(&text, &size);
	sqlite3 *db = NULL;
	must(out != NULL, "memory");
	/* SQLite makes an empty file before it looks at what is in it */
	if (stat(path, &status) || !status.st_size ||
		sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL))
		fprintf(out, "there is none\n");
	else
		lines(out, db, "PRAGMA integrity_check");
	if (db)
		lines(out, db, "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2");
	for (size_t i = 0; db && i < COUNT_OF(tables); i++) {
		snprintf(sql, sizeof(sql), "SELECT rowid, * FROM %s", tables[i]);
		lines(out, db, sql);
	}
	if (db)
		lines(out, db,
			"SELECT number, event, id, checksum, cosmetic, position, rows_changed, "
			"breaking, fingerprint FROM amplan_history ORDER BY number");
	/* last, as it may be missing: see is_same() */
	fputs(SWAP_STAMP, out);
	if (db)
		lines(out, db,
			"SELECT catalog FROM amplan_history ORDER BY number DESC LIMIT 1");
	sqlite3_close(db);
	must(!fclose(out), "memory");
	return text;
}
