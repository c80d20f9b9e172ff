#include "tests/proofs/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

void outcome_deinit(struct outcome *outcome)
{
	amp_str_deinit(&outcome->text);
}

/* Rows of a query as text, a line a row, in the order of the query. */
static void add_query(sqlite3 *db, struct amp_str *text, const char *label, char *sql)
{
	sqlite3_stmt *statement = NULL;
	must(sql != NULL, "no memory");
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL))
		amp_str_addf(text, "%s: %s\n", label, sqlite3_errmsg(db));
	while (statement && sqlite3_step(statement) == SQLITE_ROW) {
		amp_str_addf(text, "%s:", label);
		for (int i = 0; i < sqlite3_column_count(statement); i++) {
			const char *value =
				(const char *)sqlite3_column_text(statement, i);
			amp_str_addf(text, " %s|", value ? value : "NULL");
		}
		amp_str_add(text, "\n");
	}
	sqlite3_finalize(statement);
	sqlite3_free(sql);
}

/* The columns of a table by name, with commas between them. */
static char *columns_of(sqlite3 *db, const char *table)
{
	sqlite3_stmt *statement = NULL;
	sqlite3_prepare_v2(db,
		"SELECT group_concat('\"' || name || '\"', ', ') FROM (SELECT name "
		"FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY name)",
		-1, &statement, NULL);
	sqlite3_bind_text(statement, 1, table, -1, NULL);
	char *list = NULL;
	if (sqlite3_step(statement) == SQLITE_ROW)
		list = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return list;
}

static int terms(const char *list)
{
	int count = 1;
	for (; *list; list++)
		count += *list == ',';
	return count;
}

/* Rows sorted by all their columns. */
static void add_rows(sqlite3 *db, struct amp_str *text, const char *table)
{
	char *columns = columns_of(db, table);
	must(columns != NULL, "no columns");
	struct amp_str by = AMP_STR_INIT;
	for (int i = 1; i <= terms(columns); i++)
		amp_str_addf(&by, "%s%d", i > 1 ? ", " : "", i);
	add_query(db, text, "row",
		sqlite3_mprintf("SELECT %s FROM \"%w\" ORDER BY %s", columns, table,
			amp_str_text(&by)));
	amp_str_deinit(&by);
	sqlite3_free(columns);
}

static void add_table(sqlite3 *db, struct amp_str *text, const char *name)
{
	add_query(db, text, "column",
		sqlite3_mprintf("SELECT name, type, \"notnull\", dflt_value, pk, hidden "
				"FROM pragma_table_xinfo(%Q) ORDER BY name",
			name));
	add_query(db, text, "key",
		sqlite3_mprintf(
			"SELECT \"table\", \"from\", \"to\", on_update, on_delete "
			"FROM pragma_foreign_key_list(%Q) ORDER BY 1, 2, 3",
			name));
	/* automatic indexes are numbered in the order of the columns: no names */
	add_query(db, text, "index",
		sqlite3_mprintf(
			"SELECT iif(l.origin = 'c', l.name, '') AS n, l.\"unique\", "
			"l.origin, l.partial, (SELECT group_concat(x.name || "
			"x.\"desc\" || x.coll) FROM pragma_index_xinfo(l.name) AS x "
			"WHERE x.key) AS c FROM pragma_index_list(%Q) AS l "
			"ORDER BY n, c",
			name));
	add_rows(db, text, name);
}

/* FTS5 and RTree keep tables of their own, whose blobs differ with the order of work. */
static const char tables[] =
	"SELECT t.name, t.type, t.wr, t.strict FROM pragma_table_list AS t WHERE t.schema = 'main' "
	"AND t.type IN ('table', 'virtual') "
	"AND t.name NOT LIKE 'sqlite\\_schema' ESCAPE '\\' ORDER BY t.name";

static void add_all(sqlite3 *db, struct amp_str *text)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(db, tables, -1, &statement, NULL))
		must(false, sqlite3_errmsg(db));
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 0);
		amp_str_addf(text, "%s %s, without rowid %d, strict %d\n",
			sqlite3_column_text(statement, 1), name,
			sqlite3_column_int(statement, 2),
			sqlite3_column_int(statement, 3));
		add_table(db, text, name);
	}
	sqlite3_finalize(statement);
	add_query(db, text, "object",
		sqlite3_mprintf("SELECT type, name, tbl_name, sql FROM sqlite_schema "
				"WHERE type <> 'table' AND sql IS NOT NULL ORDER BY 2"));
}

/* As amplan: each step whole, keys not enforced while it runs but checked at its end. */
static bool run_one(sqlite3 *db, const struct migration *migration, struct amp_str *text)
{
	char *message = NULL;
	if (sqlite3_exec(db, amp_str_text(&migration->sql), NULL, NULL, &message)) {
		amp_str_addf(text, "%s: %s", migration->qualified, message);
		sqlite3_free(message);
		return false;
	}
	size_t before = text->length;
	add_query(db, text, migration->qualified,
		sqlite3_mprintf("SELECT 'key', * FROM pragma_foreign_key_check"));
	return text->length == before;
}

void run_in_order(
	const struct catalog *catalog, const int *order, int count, struct outcome *out)
{
	sqlite3 *db = NULL;
	*out = (struct outcome){.text = AMP_STR_INIT};
	must(sqlite3_open(":memory:", &db) == SQLITE_OK, "cannot open a database");
	for (int i = 0; i < count && !out->failed; i++)
		out->failed = !run_one(db, &catalog->migrations[order[i]], &out->text);
	if (!out->failed)
		add_all(db, &out->text);
	must(!out->text.failed, "no memory");
	sqlite3_close(db);
}
