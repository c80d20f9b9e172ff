#include "tests/rebuilds/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "rebuilds: %s\n", what);
	abort();
}

static int compare(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* The lines in order, as new text. */
static char *sorted(struct amp_str *text)
{
	size_t count = 0, room = 1;
	must(!text->failed, "no memory");
	char *copy = strdup(amp_str_text(text)), *out = strdup(amp_str_text(text));
	for (const char *c = copy; *c; c++)
		room += *c == '\n';
	char **lines = calloc(room, sizeof(*lines)), *at = copy;
	must(copy && out && lines, "no memory");
	while (*at) {
		lines[count++] = at;
		at += strcspn(at, "\n");
		if (*at)
			*at++ = '\0';
	}
	qsort(lines, count, sizeof(*lines), compare);
	char *end = out;
	for (size_t i = 0; i < count; i++)
		end += sprintf(end, "%s\n", lines[i]);
	*end = '\0';
	free(lines);
	free(copy);
	amp_str_clear(text);
	return out;
}

/* The first column of each row, one a line. */
static void add_lines(sqlite3 *handle, const char *head, const char *sql,
	const char *bound, struct amp_str *out)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(handle, sql, -1, &row, NULL);
	if (rc == SQLITE_OK && bound)
		sqlite3_bind_text(row, 1, bound, -1, SQLITE_STATIC);
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(row, 0);
		amp_str_addf(out, "%s", head);
		/* a row is a line */
		for (; text && *text; text++)
			amp_str_addc(out, *text == '\n' ? ' ' : *text);
		amp_str_addc(out, '\n');
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_DONE)
		amp_str_addf(out, "%scannot be read: %s\n", head, sqlite3_errmsg(handle));
	sqlite3_finalize(row);
}

static const struct rebuild *rebuild_of(const struct rebuilds *rebuilds, int table)
{
	for (int i = 0; i < rebuilds->count; i++)
		if (rebuilds->items[i].table == table)
			return &rebuilds->items[i];
	return NULL;
}

static bool has_column(const struct table *table, const char *name)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (!strcmp(table->columns[i].name, name))
			return true;
	return false;
}

static void add_rows(sqlite3 *handle, const struct schema *schema,
	const struct rebuilds *rebuilds, int at, struct amp_str *out)
{
	const struct rebuild *rebuild = rebuild_of(rebuilds, at);
	const struct table *now = &schema->tables[at];
	const struct table *table = rebuild ? &rebuild->before : now;
	const struct table *after = rebuild ? &rebuild->after : now;
	AMP_STR_AUTO sql = AMP_STR_INIT;
	char head[2 * NAME];
	amp_str_add(&sql, "SELECT ''");
	if (schema_has_rowid(table) && (!rebuild || rebuild->rowids))
		amp_str_add(&sql, " || rowid");
	for (int i = 0; i < table->ncolumns; i++) {
		const char *name = table->columns[i].name;
		if (has_column(after, name))
			amp_str_addf(&sql,
				" || ' ' || typeof(\"%s\") || hex(\"%s\") || "
				"quote(\"%s\")",
				name, name, name);
	}
	amp_str_addf(&sql, " FROM \"%s\"", now->name);
	snprintf(head, sizeof(head), "%s: ", now->name);
	add_lines(handle, head, amp_str_text(&sql), NULL, out);
}

static char *read_rows(
	sqlite3 *handle, const struct schema *schema, const struct rebuilds *rebuilds)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	for (int i = 0; i < schema->ntables; i++)
		add_rows(handle, schema, rebuilds, i, &out);
	add_lines(handle, "note: ", "SELECT rowid || quote(line) FROM note", NULL, &out);
	for (int i = 0; i < schema->nthings; i++) {
		const struct thing *thing = &schema->things[i];
		char sql[160], head[2 * NAME];
		if (thing->what != VIEW)
			continue;
		snprintf(sql, sizeof(sql),
			"SELECT quote(one) || ' ' || quote(two) FROM \"%s\"",
			thing->name);
		snprintf(head, sizeof(head), "%s: ", thing->name);
		add_lines(handle, head, sql, NULL, &out);
	}
	return sorted(&out);
}

static bool is_dropped(const struct rebuilds *rebuilds, int table, const char *column)
{
	const struct rebuild *rebuild = rebuild_of(rebuilds, table);
	return rebuild &&
		(!has_column(&rebuild->after, column) ||
			!has_column(&rebuild->before, column));
}

static void add_columns(sqlite3 *handle, const struct rebuilds *rebuilds, int at,
	const char *name, struct amp_str *out)
{
	sqlite3_stmt *row = NULL;
	sqlite3_prepare_v2(handle,
		"SELECT name, type || '|' || \"notnull\" || '|' || ifnull(dflt_value, '-') || "
		"'|' || pk || '|' || hidden FROM pragma_table_xinfo(?1)",
		-1, &row, NULL);
	sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
	while (sqlite3_step(row) == SQLITE_ROW) {
		const char *column = (const char *)sqlite3_column_text(row, 0);
		if (!is_dropped(rebuilds, at, column))
			amp_str_addf(out, "%s: column %s %s\n", name, column,
				sqlite3_column_text(row, 1));
	}
	sqlite3_finalize(row);
}

static char *read_structure(
	sqlite3 *handle, const struct schema *schema, const struct rebuilds *rebuilds)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	for (int i = 0; i < schema->ntables; i++) {
		const char *name = schema->tables[i].name;
		char head[2 * NAME];
		snprintf(head, sizeof(head), "%s: ", name);
		add_columns(handle, rebuilds, i, name, &out);
		add_lines(handle, head,
			"SELECT 'key ' || group_concat(\"from\" || '->' || \"table\" || '.' || "
			"\"to\") || on_delete || on_update FROM pragma_foreign_key_list(?1) "
			"GROUP BY id",
			name, &out);
		add_lines(handle, head,
			"SELECT 'index ' || l.\"unique\" || l.origin || l.partial || (SELECT "
			"group_concat(ifnull(name, '()') || \"desc\" || coll) FROM "
			"pragma_index_xinfo(l.name) WHERE key) FROM pragma_index_list(?1) AS l",
			name, &out);
	}
	add_lines(handle, "",
		"SELECT type || ' ' || name || ' ' || tbl_name || ' ' || "
		"CASE type WHEN 'table' THEN '' ELSE sql END FROM sqlite_schema "
		"WHERE sql IS NOT NULL AND tbl_name <> 'amplan_history'",
		NULL, &out);
	return sorted(&out);
}

static void try(sqlite3 *handle, const char *what, char *sql, struct amp_str *out)
{
	sqlite3_stmt *statement = NULL;
	must(sql != NULL, "no memory");
	if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL))
		amp_str_addf(out, "%s: %s\n", what, sqlite3_errmsg(handle));
	sqlite3_finalize(statement);
	sqlite3_free(sql);
}

static char *read_faults(sqlite3 *handle, const struct schema *schema)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	add_lines(handle, "",
		"SELECT \"table\" || ifnull(rowid, '') || parent || fkid FROM "
		"pragma_foreign_key_check",
		NULL, &out);
	/* SQLite 3.40 takes one column for another where there is no rowid */
	add_lines(handle, "",
		"SELECT * FROM pragma_integrity_check WHERE integrity_check <> "
		"'ok' AND integrity_check NOT LIKE '% value in %'",
		NULL, &out);
	add_lines(handle, "",
		"SELECT s.name || ' points at ' || f.\"table\" FROM sqlite_schema "
		"AS s, pragma_foreign_key_list(s.name) AS f WHERE s.type = 'table' "
		"AND f.\"table\" COLLATE NOCASE NOT IN (SELECT name FROM "
		"sqlite_schema WHERE type = 'table')",
		NULL, &out);
	for (int i = 0; i < schema->ntables; i++) {
		const char *name = schema->tables[i].name;
		const char *column = schema->tables[i].columns[0].name;
		try(handle, name,
			sqlite3_mprintf("INSERT INTO \"%w\" DEFAULT VALUES", name), &out);
		try(handle, name, sqlite3_mprintf("DELETE FROM \"%w\"", name), &out);
		try(handle, name,
			sqlite3_mprintf("UPDATE \"%w\" SET \"%w\" = \"%w\"", name, column,
				column),
			&out);
	}
	for (int i = 0; i < schema->nthings; i++)
		if (schema->things[i].what == VIEW)
			try(handle, schema->things[i].name,
				sqlite3_mprintf(
					"SELECT * FROM \"%w\"", schema->things[i].name),
				&out);
	return sorted(&out);
}

static char *read_all(sqlite3 *handle)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	sqlite3_stmt *table = NULL;
	add_lines(handle, "",
		"SELECT type || name || tbl_name || ifnull(sql, '') FROM "
		"sqlite_schema WHERE tbl_name <> 'amplan_history'",
		NULL, &out);
	sqlite3_prepare_v2(handle,
		"SELECT name, printf('SELECT %s FROM \"%w\"', (SELECT group_concat("
		"printf('typeof(\"%w\") || hex(\"%w\")', name, name), ' || '' '' || ') FROM "
		"pragma_table_xinfo(s.name)), name) FROM sqlite_schema AS s WHERE "
		"type = 'table' AND name <> 'amplan_history'",
		-1, &table, NULL);
	while (sqlite3_step(table) == SQLITE_ROW)
		add_lines(handle, (const char *)sqlite3_column_text(table, 0),
			(const char *)sqlite3_column_text(table, 1), NULL, &out);
	sqlite3_finalize(table);
	return sorted(&out);
}

void facts_read(struct facts *facts, const char *path, const struct schema *schema,
	const struct rebuilds *rebuilds)
{
	sqlite3 *handle = NULL;
	AMP_STR_AUTO out = AMP_STR_INIT;
	must(!sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL), "no database");
	facts->rows = read_rows(handle, schema, rebuilds);
	facts->structure = read_structure(handle, schema, rebuilds);
	facts->faults = read_faults(handle, schema);
	facts->all = read_all(handle);
	if (sqlite3_table_column_metadata(handle, NULL, "sqlite_sequence", NULL, NULL,
		    NULL, NULL, NULL, NULL) == SQLITE_OK)
		add_lines(handle, "",
			"SELECT name || ' ' || seq FROM sqlite_sequence WHERE seq > 0",
			NULL, &out); /* a new counter at 0 lost nothing */
	facts->counters = sorted(&out);
	sqlite3_close(handle);
}

void facts_free(struct facts *facts)
{
	free(facts->rows);
	free(facts->structure);
	free(facts->counters);
	free(facts->faults);
	free(facts->all);
	*facts = (struct facts){0};
}

static int compare_line(
	const char *one, size_t one_length, const char *two, size_t length)
{
	int order = memcmp(one, two, one_length < length ? one_length : length);
	return order ? order : (one_length > length) - (one_length < length);
}

long facts_missing(const char *before, const char *after)
{
	long missing = 0;
	while (*before) {
		size_t b = strcspn(before, "\n"), a = strcspn(after, "\n");
		int order = *after ? compare_line(before, b, after, a) : -1;
		missing += order < 0;
		if (order <= 0)
			before += b + 1;
		if (order >= 0)
			after += a + 1;
	}
	return missing;
}

bool oracle_run(const char *path, const struct rebuilds *rebuilds, char why[200])
{
	sqlite3 *handle = NULL;
	char *message = NULL;
	must(!sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), "no database");
	sqlite3_exec(handle, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	for (int i = 0; !message && i < rebuilds->nmigrations; i++) {
		sqlite3_exec(handle,
			rebuilds->keys_on[i] ? "PRAGMA foreign_keys = ON"
					     : "PRAGMA foreign_keys = OFF",
			NULL, NULL, NULL);
		sqlite3_exec(handle, "BEGIN", NULL, NULL, NULL);
		sqlite3_exec(
			handle, amp_str_text(&rebuilds->sql[i]), NULL, NULL, &message);
		if (!message)
			sqlite3_exec(handle, "COMMIT", NULL, NULL, &message);
	}
	snprintf(why, 200, "%s", message ? message : "");
	sqlite3_free(message);
	sqlite3_close(handle);
	return !*why;
}
