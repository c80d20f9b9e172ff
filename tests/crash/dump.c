#include "tests/crash/dump.h"

#include <string.h>

static void add_row(sqlite3_stmt *row, struct amp_str *out)
{
	for (int i = 0; i < sqlite3_column_count(row); i++) {
		const unsigned char *blob;
		amp_str_addc(out, i ? '|' : ' ');
		switch (sqlite3_column_type(row, i)) {
		case SQLITE_NULL:
			amp_str_add(out, "NULL");
			break;
		case SQLITE_BLOB:
			blob = sqlite3_column_blob(row, i);
			for (int b = 0; b < sqlite3_column_bytes(row, i); b++)
				amp_str_addf(out, "%02x", blob[b]);
			break;
		default:
			amp_str_addn(out, (const char *)sqlite3_column_text(row, i),
				(size_t)sqlite3_column_bytes(row, i));
		}
	}
	amp_str_addc(out, '\n');
}

/* A query that fails is part of what is there. */
static void add_rows(sqlite3 *handle, const char *sql, struct amp_str *out)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		add_row(statement, out);
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_DONE)
		amp_str_addf(out, "%s: %s\n", sql, sqlite3_errmsg(handle));
	sqlite3_finalize(statement);
}

static void add_header(sqlite3 *handle, struct amp_str *out)
{
	static const char *const names[] = {
		"journal_mode", "page_size", "user_version", "auto_vacuum"};
	char sql[64];
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		sqlite3_stmt *statement = NULL;
		sqlite3_snprintf(sizeof(sql), sql, "PRAGMA %s", names[i]);
		if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK &&
			sqlite3_step(statement) == SQLITE_ROW) {
			const char *text =
				(const char *)sqlite3_column_text(statement, 0);
			/* the other modes are settings of a connection */
			if (i == 0 && strcmp(text, "wal") != 0)
				text = "rollback";
			amp_str_addf(out, "%s %s\n", names[i], text);
		}
		sqlite3_finalize(statement);
	}
}

void dump_content(sqlite3 *handle, struct amp_str *out)
{
	sqlite3_stmt *table = NULL;
	add_header(handle, out);
	add_rows(handle,
		"SELECT type, name, tbl_name, sql FROM sqlite_schema "
		"WHERE tbl_name <> 'amplan_history' ORDER BY type, name",
		out);
	int rc = sqlite3_prepare_v2(handle,
		"SELECT name, format('SELECT * FROM \"%w\"', name) FROM sqlite_schema "
		"WHERE type = 'table' AND name <> 'amplan_history' ORDER BY name",
		-1, &table, NULL);
	while (rc == SQLITE_OK && sqlite3_step(table) == SQLITE_ROW) {
		amp_str_addf(out, "%s:\n", sqlite3_column_text(table, 0));
		add_rows(handle, (const char *)sqlite3_column_text(table, 1), out);
	}
	sqlite3_finalize(table);
}

static bool has_history(sqlite3 *handle)
{
	sqlite3_stmt *statement = NULL;
	bool has = sqlite3_prepare_v2(handle,
			   "SELECT 1 FROM sqlite_schema WHERE name = 'amplan_history'",
			   -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_finalize(statement);
	return has;
}

void dump_history(sqlite3 *handle, bool whole, struct amp_str *out)
{
	if (has_history(handle))
		add_rows(handle,
			whole ? "SELECT * FROM amplan_history ORDER BY number"
			      : "SELECT number, event, id FROM amplan_history ORDER BY number",
			out);
}

bool dump_sound(sqlite3 *handle, struct amp_str *out)
{
	size_t before = out->length;
	add_rows(handle, "SELECT * FROM pragma_integrity_check", out);
	bool sound = !strcmp(amp_str_text(out) + before, " ok\n");
	before = out->length;
	add_rows(handle, "PRAGMA foreign_key_check", out);
	return sound && out->length == before;
}
