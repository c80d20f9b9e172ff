#include "tests/errors/worlds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include <amplan/amplan.h>

#include "tests/support/temp.h"

#define XML "<migration xmlns=\"urn:amplan:1\" id="

static const char users[] =
	XML "\"001_users\"><description>Who may write</description><up>\n"
	    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);\n"
	    "INSERT INTO users VALUES (1, 'ann'), (2, 'bob');\n"
	    "</up><down>DROP TABLE users;</down>"
	    "<verify>SELECT count(*) = 2 FROM users</verify></migration>";
static const char notes[] = XML "\"002_notes\"><depends on=\"001_users\" reason=\"a note "
				"has a writer\"/><up src=\"sql/notes.sql\"/>"
				"<down>DROP TABLE notes;</down></migration>";
static const char notes_sql[] =
	"CREATE TABLE notes (id INTEGER PRIMARY KEY, user INTEGER NOT NULL REFERENCES "
	"users (id) ON DELETE CASCADE, text TEXT);\n"
	"CREATE INDEX notes_user ON notes (user);\n"
	"CREATE TRIGGER notes_trim AFTER INSERT ON notes BEGIN\n"
	"  UPDATE notes SET text = trim(text) WHERE id = new.id;\nEND;\n";
static const char rebuild[] = XML
	"\"003_rebuild\"><depends on=\"002_notes\"/>"
	"<precondition>SELECT count(*) &gt;= 0 FROM users</precondition><up>\n"
	"CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
	"since TEXT NOT NULL DEFAULT 'ever');\n"
	"INSERT INTO users_new (id, name) SELECT id, name FROM users;\n"
	"DROP TABLE users;\nALTER TABLE users_new RENAME TO users;\n"
	"CREATE VIEW writers AS SELECT DISTINCT name FROM users JOIN notes ON "
	"notes.user = users.id;\n"
	"</up><down>DROP VIEW writers; ALTER TABLE users DROP COLUMN since;</down>"
	"<verify>SELECT count(*) = 0 FROM users WHERE since IS NULL</verify></migration>";
static const char module[] =
	"<migrations xmlns=\"urn:amplan:1\" module=\"tags\">\n"
	"<migration id=\"1\"><depends on=\":002_notes\"/><depends on=\":001_users\"/>"
	"<up>CREATE TABLE tags (note INTEGER REFERENCES notes (id), tag TEXT);</up>"
	"<down>DROP TABLE tags;</down></migration>\n"
	"<migration id=\"2\"><depends on=\"1\"/><after on=\"absent\"/>"
	"<up>INSERT INTO tags SELECT id, 'old' FROM notes;\n"
	"CREATE TABLE tags2 (tag TEXT, note INTEGER REFERENCES notes (id));\n"
	"INSERT INTO tags2 SELECT tag, note FROM tags;\n"
	"DROP TABLE tags; ALTER TABLE tags2 RENAME TO tags;</up>"
	"<irreversible reason=\"nobody knows which were new\"/></migration>\n"
	"</migrations>";

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "errors: cannot make a world: %s\n", what);
	abort();
}

static void put(const char *path, const char *text)
{
	temp_text(".", path, text);
}

static void sql(const char *text)
{
	sqlite3 *handle = NULL;
	char *message = NULL;
	must(!sqlite3_open("app.db", &handle), "open");
	must(!sqlite3_exec(handle, text, NULL, NULL, &message), message);
	sqlite3_close(handle);
}

static int apply(enum amplan_fidelity fidelity)
{
	struct amplan_plan_options plan = AMPLAN_PLAN_OPTIONS_INIT;
	static const char *const folders[] = {"m"};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	struct amplan *amplan = NULL;
	options.database = "app.db";
	options.folders = folders;
	options.nfolders = 1;
	must(!amplan_open(&options, &amplan, &error), "open a session");
	plan.fidelity = fidelity;
	int code = amplan_apply(amplan, &plan, NULL, &report, &error);
	amplan_report_free(report);
	amplan_close(amplan);
	return code;
}

static void make_none(void)
{
	put("m/001.xml", users);
	put("m/002.xml", notes);
	put("m/sql/notes.sql", notes_sql);
	put("m/later/003.xml", rebuild);
	put("m/tags.xml", module);
}

static void make_behind(void)
{
	put("m/001.xml", users);
	put("m/002.xml", notes);
	put("m/sql/notes.sql", notes_sql);
	must(!apply(AMPLAN_FIDELITY_AUTO), "apply");
	sql("INSERT INTO notes (user, text) VALUES (1, ' a '), (2, 'b'), (2, 'c')");
	make_none();
}

static void make_wal(void)
{
	make_behind();
	sql("PRAGMA journal_mode = WAL");
}

static void copy(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	int byte;
	must(in && out, from);
	while ((byte = getc(in)) != EOF)
		putc(byte, out);
	must(!fclose(in) && !fclose(out), to);
}

/* The files as they are in the middle of `text`, as after a power cut. */
static void cut(const char *text, const char *suffix)
{
	sqlite3 *handle = NULL;
	char *message = NULL, name[32];
	must(!sqlite3_open("app.db", &handle), "open");
	must(!sqlite3_exec(handle, text, NULL, NULL, &message), message);
	snprintf(name, sizeof(name), "app.db%s", suffix);
	copy("app.db", "kept");
	copy(name, "kept-journal");
	sqlite3_close(handle);
	remove("app.db-shm");
	must(!rename("kept", "app.db") && !rename("kept-journal", name), "rename");
}

static void make_hot(void)
{
	make_behind();
	cut("PRAGMA cache_size = 2; BEGIN IMMEDIATE; CREATE TABLE big (x);"
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
	    "200) INSERT INTO big SELECT randomblob(200) FROM n;",
		"-journal");
}

static void make_log(void)
{
	make_wal();
	cut("INSERT INTO notes (user, text) VALUES (1, 'in the log')", "-wal");
}

static void make_current(void)
{
	make_none();
	must(!apply(AMPLAN_FIDELITY_AUTO), "apply");
}

static void make_back(void)
{
	make_behind();
	remove("m/tags.xml");
	must(!apply(AMPLAN_FIDELITY_AUTO), "apply");
}

static void make_drifted(void)
{
	make_current();
	put("m/sql/notes.sql", "CREATE TABLE notes (id INTEGER PRIMARY KEY);");
	sql("CREATE TABLE stray (x); UPDATE amplan_history SET host = 'x' WHERE number "
	    "= 3");
}

static void make_foreign(void)
{
	make_current();
	sql("DROP TABLE amplan_history; CREATE TABLE stray (x)");
}

static void make_ahead(void)
{
	make_current();
	must(!remove("m/tags.xml"), "remove");
}

static void make_failing(void)
{
	make_behind();
	put("m/later/003.xml",
		XML "\"003_rebuild\"><depends on=\"002_notes\"/><up>\n"
		    "CREATE TABLE one (x);\nINSERT INTO notess VALUES (1);\n"
		    "</up><down>DROP TABLE one;</down></migration>");
	must(apply(AMPLAN_FIDELITY_AUTO) == AMPLAN_FAILED, "fail");
}

static const char outside[] =
	XML "\"003_outside\" transaction=\"none\"><depends on=\"002_notes\"/>"
	    "<up>CREATE TABLE o (x);\nVACUUM;\nINSERT INTO o VALUES (1);</up>"
	    "<down>DROP TABLE o;</down></migration>";

static void make_outside(void)
{
	make_behind();
	remove("m/later/003.xml");
	put("m/003.xml", outside);
}

static void make_stopped(void)
{
	make_behind();
	remove("m/later/003.xml");
	remove("m/tags.xml");
	put("m/003.xml",
		XML "\"003_outside\" transaction=\"none\"><depends on=\"002_notes\"/>"
		    "<up>CREATE TABLE o (x);\nINSERT INTO absent VALUES (1);</up>"
		    "</migration>");
	must(apply(AMPLAN_FIDELITY_NONE) == AMPLAN_PARTIAL, "stop");
}

static void make_broken(void)
{
	put("m/a.xml",
		"<migrations xmlns=\"urn:amplan:1\" module=\"m\">"
		"<migration id=\"a\"><description>d &amp; e</description>"
		"<depends on=\"b\" reason=\"a &amp; b\"/><depends on=\"b\"/>"
		"<up>SELECT '&lt;'<![CDATA[ < ]]></up><down src=\"x.sql\"/>"
		"<verify>SELECT 1</verify></migration>"
		"<migration id=\"a\" other=\"1\"><upp/></migration>"
		"<migration id=\"c\"><depends on=\"d\"/><up>x</up></migration>"
		"<migration id=\"d\"><depends on=\"c\"/><up>x</up></migration>"
		"</migrations>");
	put("m/b.xml", XML "\"b\"><up>");
	put("m/c/d/c.xml", "<!DOCTYPE x><x/>");
	put("m/e.xml",
		XML "\"e\"><depends on=\"a\"/><up src=\"absent.sql\"/></migration>");
	put("m/x.sql", "SELECT 1;\r\nSELECT 2;\r\n");
	must(!symlink("c", "m/link"), "symlink");
}

static void make_lint(void)
{
	put("m/1.xml",
		XML "\"1\"><up>CREATE TABLE \"order\" (id STRING PRIMARY KEY, ref "
		    "REFERENCES x (y));</up></migration>");
	put("m/2.xml",
		XML
		"\"2\"><depends on=\"1\"/><up>CREATE TABLE t (id INTEGER PRIMARY KEY, "
		"a TEXT);\nINSERT INTO t VALUES (1, 'a');</up>"
		"<down>DROP TABLE t;</down></migration>");
	put("m/3.xml",
		XML "\"3\"><depends on=\"2\"/><up>ALTER TABLE t RENAME a TO b;\n"
		    "UPDATE t SET b = \"x\";</up>"
		    "<down>ALTER TABLE t RENAME b TO c;</down></migration>");
	put("m/4.xml",
		XML "\"4\"><depends on=\"2\"/><up>DELETE FROM t;\nDROP TABLE IF EXISTS "
		    "nothing;\nCREATE INDEX i ON t (id);</up></migration>");
	put("m/5.xml", XML "\"5\"><depends on=\"1\"/><up>SELEC 1;</up></migration>");
}

static void make_undeclared(void)
{
	put("m/1.xml",
		XML "\"1\"><up>CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);</up>"
		    "<down>DROP TABLE a;</down></migration>");
	put("m/2.xml",
		XML "\"2\">\n  <up>ALTER TABLE a ADD COLUMN y TEXT;</up>"
		    "<down>ALTER TABLE a DROP COLUMN y;</down></migration>");
}

static void make_saved(void)
{
	static const char *const folders[] = {"m"};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan *amplan = NULL;
	make_behind();
	options.database = "app.db";
	options.folders = folders;
	options.nfolders = 1;
	must(!amplan_open(&options, &amplan, NULL), "open a session");
	must(!amplan_plan(amplan, NULL, &report, NULL), "plan");
	must(!amplan_plan_save(report, "plan.xml", NULL), "save");
	amplan_report_free(report);
	amplan_close(amplan);
}

/* What the plan was made for is not there any more: a step of it was applied since, and
   the others are gone. */
static void make_stale(void)
{
	make_saved();
	must(!apply(AMPLAN_FIDELITY_AUTO), "apply");
	must(!remove("m/tags.xml"), "remove");
}

static void make_empty(void)
{
}

void world_make(const char *name)
{
	static const struct {
		const char *name;
		void (*make)(void);
	} worlds[] = {
		{"none", make_none},
		{"behind", make_behind},
		{"wal", make_wal},
		{"hot", make_hot},
		{"log", make_log},
		{"current", make_current},
		{"back", make_back},
		{"drifted", make_drifted},
		{"foreign", make_foreign},
		{"ahead", make_ahead},
		{"failing", make_failing},
		{"outside", make_outside},
		{"stopped", make_stopped},
		{"broken", make_broken},
		{"lint", make_lint},
		{"undeclared", make_undeclared},
		{"saved", make_saved},
		{"stale", make_stale},
		{"empty", make_empty},
	};
	for (size_t i = 0; i < sizeof(worlds) / sizeof(*worlds); i++)
		if (!strcmp(worlds[i].name, name)) {
			worlds[i].make();
			return;
		}
	must(false, name);
}
