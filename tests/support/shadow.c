#include "tests/support/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/support/cmocka.h"

void shadow_deinit(struct shadow *s)
{
	amp_sqlite.close(s->db);
	amp_arena_deinit(&s->arena);
}

void shadow_init(struct shadow *s)
{
	enum amplan_fidelity fidelity;
	const char *note;
	*s = (struct shadow){0};
	amp_arena_init(&s->arena);
	assert_int_equal(amp_sqlite.shadow(NULL, AMPLAN_FIDELITY_EMPTY, 0, &s->hooks,
				 &s->db, &fidelity, &note, &s->arena, &s->error),
		0);
	s->handle = sqlite_of(s->db)->handle;
}

void shadow_exec(struct shadow *s, const char *sql)
{
	char *message = NULL;
	if (sqlite3_exec(s->handle, sql, NULL, NULL, &message))
		fail_msg("%s: %.80s", message, sql);
}

void shadow_seed(struct shadow *s)
{
	s->code = amp_sqlite.seed(s->db, NULL, 0, &s->seeded, &s->unseeded, &s->error);
}

const char *shadow_ask(struct shadow *s, const char *sql)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	sqlite3_stmt *row;
	int rc;
	if (sqlite3_prepare_v2(s->handle, sql, -1, &row, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(s->handle));
	for (bool first = true; (rc = sqlite3_step(row)) == SQLITE_ROW; first = false) {
		amp_str_add(&out, first ? "" : " ; ");
		for (int i = 0; i < sqlite3_column_count(row); i++) {
			const char *text = (const char *)sqlite3_column_text(row, i);
			amp_str_addf(&out, "%s%s", i ? "|" : "", text ? text : "NULL");
		}
	}
	sqlite3_finalize(row);
	if (rc != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(s->handle));
	return amp_arena_strdup(&s->arena, amp_str_text(&out));
}

static void add_table(struct shadow *s, const char *table, struct amp_str *out)
{
	char *columns_sql = sqlite3_mprintf(
		"SELECT group_concat('quote(\"' || replace(name, '\"', '\"\"') || '\")', "
		"'||'',''||') FROM (SELECT name FROM pragma_table_xinfo(%Q) "
		"WHERE hidden <> 1 LIMIT 300)",
		table);
	char *sql = sqlite3_mprintf("SELECT %s FROM main.\"%w\" ORDER BY 1",
		shadow_ask(s, columns_sql), table);
	amp_str_addf(out, "%s: %s\n", table, shadow_ask(s, sql));
	sqlite3_free(columns_sql);
	sqlite3_free(sql);
}

char *shadow_dump(struct shadow *s)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	sqlite3_stmt *row;
	sqlite3_prepare_v2(s->handle,
		"SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY 1", -1,
		&row, NULL);
	while (sqlite3_step(row) == SQLITE_ROW)
		add_table(s, (const char *)sqlite3_column_text(row, 0), &out);
	sqlite3_finalize(row);
	return strdup(amp_str_text(&out));
}

void assert_shadow_sound(struct shadow *s)
{
	struct amp_violations violations = {.arena = &s->arena};
	assert_int_equal(
		amp_sqlite.violations(s->db, NULL, 0, &violations, &s->error), 0);
	assert_int_equal(violations.count, 0);
	free(violations.items);
	/* SQLite 3.40 takes one column for another where there is no rowid */
	assert_string_equal(shadow_ask(s,
				    "SELECT * FROM pragma_integrity_check WHERE "
				    "integrity_check NOT LIKE '% value in %' "
				    "AND integrity_check <> 'ok'"),
		"");
}
