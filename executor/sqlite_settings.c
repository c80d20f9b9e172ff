/*
 * SQLite engine: the settings of a connection: under which ones migrations run, and that
 * they are as before when a step ends, and when a lent handle goes back.
 *
 * What a step sets holds for that step only. So it may set what can be read, and thus be
 * put back, and what lies in the database itself; of the rest the guard refuses every word:
 * settings of the whole process among them.
 */
#include "executor/sqlite.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const pragmas_known[SQLITE_PRAGMAS] = {
	"analysis_limit",
	"automatic_index",
	"cache_size",
	"foreign_keys",
	"ignore_check_constraints",
	"journal_size_limit",
	"legacy_alter_table",
	"recursive_triggers",
	"reverse_unordered_selects",
	"synchronous",
	"threads",
};

/* In the order of lent_settings.switches. */
static const struct {
	int option, wanted;
} switches[] = {
	{SQLITE_DBCONFIG_DEFENSIVE, 1},
	/* untrusted, a CHECK with json_valid() or a function of the application fails that
	   works in the application; what is dangerous is denied in schemas either way */
	{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1},
	{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	/* takes the address of code from a blob */
	{SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
};
#define NSWITCHES (sizeof(switches) / sizeof(*switches))

bool sqlite_is_setting(const char *pragma)
{
	for (size_t i = 0; i < SQLITE_PRAGMAS; i++)
		if (!strcasecmp(pragma, pragmas_known[i]))
			return true;
	return false;
}

void sqlite_pragmas_read(sqlite3 *handle, struct pragmas *out)
{
	char sql[64];
	for (size_t i = 0; i < SQLITE_PRAGMAS; i++) {
		snprintf(sql, sizeof(sql), "PRAGMA main.%s", pragmas_known[i]);
		out->values[i] = sqlite_number(handle, sql, 0);
	}
}

void sqlite_pragmas_write(sqlite3 *handle, const struct pragmas *pragmas)
{
	struct pragmas now;
	char sql[96];
	sqlite_pragmas_read(handle, &now);
	for (size_t i = 0; i < SQLITE_PRAGMAS; i++) {
		if (now.values[i] == pragmas->values[i])
			continue;
		snprintf(sql, sizeof(sql), "PRAGMA main.%s=%lld", pragmas_known[i],
			(long long)pragmas->values[i]);
		sqlite3_exec(handle, sql, NULL, NULL, NULL);
	}
}

bool sqlite_journal_read(sqlite3 *handle, char mode[16])
{
	sqlite3_stmt *row = NULL;
	bool known = false;
	if (sqlite3_prepare_v2(handle, "PRAGMA main.journal_mode", -1, &row, NULL) ==
			SQLITE_OK &&
		sqlite3_step(row) == SQLITE_ROW) {
		snprintf(mode, 16, "%s", (const char *)sqlite3_column_text(row, 0));
		known = true;
	}
	sqlite3_finalize(row);
	return known;
}

void sqlite_journal_write(sqlite3 *handle, const char *mode)
{
	char now[16], sql[48];
	if (!sqlite_journal_read(handle, now) || !strcmp(now, mode) ||
		!strcmp(now, "wal") || !strcmp(mode, "wal"))
		return;
	snprintf(sql, sizeof(sql), "PRAGMA main.journal_mode=%s", mode);
	sqlite3_exec(handle, sql, NULL, NULL, NULL);
}

int sqlite_settings(struct sqlite_db *db, struct amplan_error *error)
{
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_handler(db->handle, sqlite_busy, db);
	sqlite3_progress_handler(db->handle, 2000, sqlite_progress, db);
	for (size_t i = 0; i < NSWITCHES; i++)
		sqlite3_db_config(
			db->handle, switches[i].option, switches[i].wanted, (int *)NULL);
	sqlite_wait_begins(db);
	/* EXTRA syncs the folder after the journal is gone: committed means durable */
	return sqlite_exec(db,
		"PRAGMA synchronous=EXTRA; PRAGMA foreign_keys=OFF;"
		"PRAGMA legacy_alter_table=OFF; PRAGMA recursive_triggers=OFF;"
		"PRAGMA ignore_check_constraints=OFF;"
		"PRAGMA reverse_unordered_selects=OFF;",
		error);
}

int sqlite_config(sqlite3 *handle, int option)
{
	int value = 0;
	sqlite3_db_config(handle, option, -1, &value);
	return value;
}

void sqlite_borrow(struct sqlite_db *db)
{
	db->lent.lent = true;
	db->lent.busy_timeout = (int)sqlite_number(db->handle, "PRAGMA busy_timeout", 0);
	sqlite_pragmas_read(db->handle, &db->lent.pragmas);
	for (size_t i = 0; i < NSWITCHES; i++)
		sqlite3_db_config(
			db->handle, switches[i].option, -1, &db->lent.switches[i]);
}

void sqlite_give_back(struct sqlite_db *db)
{
	sqlite3_progress_handler(db->handle, 0, NULL, NULL);
	sqlite3_set_authorizer(db->handle, NULL, NULL);
	sqlite_pragmas_write(db->handle, &db->lent.pragmas);
	for (size_t i = 0; i < NSWITCHES; i++)
		sqlite3_db_config(db->handle, switches[i].option, db->lent.switches[i],
			(int *)NULL);
	sqlite3_busy_timeout(db->handle, db->lent.busy_timeout);
	if (db->base.hooks->returned)
		db->base.hooks->returned(db->base.hooks->user, db->handle);
}
