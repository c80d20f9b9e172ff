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
	/* as in the rehearsal, or other rows come of it */
	{SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
	{SQLITE_DBCONFIG_ENABLE_VIEW, 1},
};
#define NSWITCHES (sizeof(switches) / sizeof(*switches))

bool sqlite_is_setting(const char *pragma)
{
	for (size_t i = 0; i < SQLITE_PRAGMAS; i++)
		if (!strcasecmp(pragma, pragmas_known[i]))
			return true;
	return false;
}

void sqlite_pragmas_read(struct sqlite_db *db, struct pragmas *out)
{
	char sql[64];
	for (size_t i = 0; i < SQLITE_PRAGMAS; i++) {
		snprintf(sql, sizeof(sql), "PRAGMA main.%s", pragmas_known[i]);
		out->values[i] = sqlite_number(db, sql, 0);
	}
}

/* A second try is worth the while where there was no memory for a moment. */
static int insist_on(struct sqlite_db *db, const char *sql)
{
	int rc = SQLITE_OK;
	for (int tries = 0; tries < 3; tries++)
		if ((rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL)) == SQLITE_OK)
			break;
	return rc;
}

int sqlite_pragmas_write(struct sqlite_db *db, const struct pragmas *pragmas)
{
	struct pragmas now;
	char sql[96];
	int worst = SQLITE_OK;
	sqlite_pragmas_read(db, &now);
	for (size_t i = 0; i < SQLITE_PRAGMAS; i++) {
		if (now.values[i] == pragmas->values[i])
			continue;
		snprintf(sql, sizeof(sql), "PRAGMA main.%s=%lld", pragmas_known[i],
			(long long)pragmas->values[i]);
		int rc = insist_on(db, sql);
		worst = worst ? worst : rc;
	}
	sqlite_note(db, worst);
	return worst;
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
	static const char sql[] =
		"PRAGMA synchronous=EXTRA; PRAGMA foreign_keys=OFF;"
		"PRAGMA legacy_alter_table=OFF; PRAGMA recursive_triggers=OFF;"
		"PRAGMA ignore_check_constraints=OFF;"
		"PRAGMA reverse_unordered_selects=OFF;";
	/* the first of them reads the schema, and SQLite itself waits for a log whose writer
	   was stopped half way no longer than ten seconds */
	int rc;
	do
		rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	while (sqlite_is_busy(rc) && sqlite_busy(db, 0));
	return rc ? sqlite_error(db, rc, "use", error) : AMPLAN_OK;
}

int sqlite_config(sqlite3 *handle, int option)
{
	int value = 0;
	sqlite3_db_config(handle, option, -1, &value);
	return value;
}

int sqlite_borrow(struct sqlite_db *db, struct amplan_error *error)
{
	struct lent_settings lent = {.lent = true};
	lent.busy_timeout = (int)sqlite_number(db, "PRAGMA busy_timeout", 0);
	sqlite_pragmas_read(db, &lent.pragmas);
	for (size_t i = 0; i < NSWITCHES; i++)
		sqlite3_db_config(db->handle, switches[i].option, -1, &lent.switches[i]);
	int code = sqlite_trouble(db, error);
	if (!code)
		db->lent = lent;
	return code;
}

/* Without a journal on the disk a process that dies leaves half a transaction behind. */
int sqlite_need_journal(struct sqlite_db *db, struct amplan_error *error)
{
	char mode[sizeof(db->lent.journal_mode)] = "";
	if (!db->path)
		return AMPLAN_OK;
	sqlite_journal_read(db->handle, mode);
	if (strcmp(mode, "memory") != 0 && strcmp(mode, "off") != 0)
		return AMPLAN_OK;
	memcpy(db->lent.journal_mode, mode, sizeof(mode));
	return sqlite_exec(db, "PRAGMA main.journal_mode=DELETE", error);
}

void sqlite_give_back(struct sqlite_db *db)
{
	const struct lent_settings *lent = &db->lent;
	char sql[64];
	sqlite3_progress_handler(db->handle, 0, NULL, NULL);
	sqlite3_set_authorizer(db->handle, NULL, NULL);
	int rc = sqlite_pragmas_write(db, &lent->pragmas);
	for (size_t i = 0; i < NSWITCHES; i++)
		sqlite3_db_config(
			db->handle, switches[i].option, lent->switches[i], (int *)NULL);
	/* behind the switches: OFF is denied as long as DEFENSIVE is on */
	if (*lent->journal_mode) {
		snprintf(sql, sizeof(sql), "PRAGMA main.journal_mode=%s",
			lent->journal_mode);
		int journal = insist_on(db, sql);
		rc = rc ? rc : journal;
	}
	sqlite3_busy_timeout(db->handle, lent->busy_timeout);
	if (rc || !sqlite3_get_autocommit(db->handle))
		amp_log(db->base.hooks, AMPLAN_LOG_ERROR,
			"cannot put back the settings of the lent handle", "reason",
			sqlite3_errmsg(db->handle), NULL);
	if (db->base.hooks->returned)
		db->base.hooks->returned(db->base.hooks->user, db->handle);
}
