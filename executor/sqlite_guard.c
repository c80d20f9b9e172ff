/*
 * SQLite engine: what the SQL of a migration may do.
 *
 * A step runs inside amplan's transaction. Nothing in it may end that transaction, reach
 * another file, load code, or write the history; and a pragma that would silently do
 * nothing is refused with the advice that helps. The authorizer sees every statement
 * when it is prepared, nested ones too.
 */
#include "executor/sqlite.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static int deny(
	struct guard *guard, const char *kind, const char *message, const char *hint)
{
	if (!guard->kind) {
		guard->kind = kind;
		snprintf(guard->message, sizeof(guard->message), "%s", message);
		snprintf(guard->hint, sizeof(guard->hint), "%s", hint);
	}
	return SQLITE_DENY;
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; word && *list; list++)
		if (!strcasecmp(word, *list))
			return true;
	return false;
}

/* Pragmas that only tell something, with or without an argument. */
static const char *const telling[] = {"collation_list", "compile_options", "data_version",
	"database_list", "foreign_key_check", "foreign_key_list", "function_list",
	"index_info", "index_list", "index_xinfo", "integrity_check", "module_list",
	"pragma_list", "quick_check", "table_info", "table_list", "table_xinfo", NULL};

/* Pragmas that take effect inside a transaction and are undone with it, or put back. */
static const char *const effective[] = {"application_id", "defer_foreign_keys",
	"incremental_vacuum", "legacy_alter_table", "optimize", "recursive_triggers",
	"user_version", NULL};

/* Pragmas that change the database file, but not inside a transaction. */
static const char *const lasting[] = {
	"auto_vacuum", "encoding", "journal_mode", "page_size", "wal_checkpoint", NULL};

/* Pragmas that do something without an argument, as pragma_optimize does as a table. */
static const char *const acting[] = {
	"incremental_vacuum", "optimize", "wal_checkpoint", NULL};

static int check_pragma(struct guard *guard, const char *name, const char *argument)
{
	char message[160];
	/* to read "PRAGMA journal_mode" is harmless, but some act without an argument */
	if ((!argument && !is_one_of(name, acting)) || is_one_of(name, telling))
		return SQLITE_OK;
	snprintf(message, sizeof(message),
		"'PRAGMA %s' has no effect inside a transaction", name);
	if (guard->mode == GUARD_QUERY)
		return deny(guard, "invalid-sql", "a query must not change settings",
			"use a SELECT that reads only");
	if (!strcasecmp(name, "writable_schema"))
		return deny(guard, "forbidden-statement",
			"writing the schema table directly is not allowed",
			"rebuild the table: create a new one, copy, drop the old, rename");
	if (!strcasecmp(name, "busy_timeout") || !strcasecmp(name, "locking_mode"))
		return deny(guard, "ineffective-pragma",
			"the lock and its timeout belong to amplan",
			"remove it; use --lock-timeout SECONDS");
	if (!strcasecmp(name, "query_only"))
		return deny(guard, "ineffective-pragma",
			"'PRAGMA query_only' would keep amplan from recording the step",
			"remove it");
	if (!strcasecmp(name, "journal_mode") && argument &&
		(!strcasecmp(argument, "off") || !strcasecmp(argument, "memory")))
		return deny(guard, "forbidden-statement",
			"without a journal on the disk nothing can be rolled back",
			"use DELETE, TRUNCATE, PERSIST or WAL");
	bool alone = guard->mode == GUARD_ALONE;
	if (alone && !strcasecmp(name, "synchronous"))
		return deny(guard, "ineffective-pragma",
			"how writes are synced belongs to amplan",
			"remove it: what is committed has to be on the disk");
	/* of the journal modes only WAL is the database's; to say DELETE is to leave it */
	bool lasts = is_one_of(name, lasting) &&
		(strcasecmp(name, "journal_mode") != 0 || !strcasecmp(argument, "wal") ||
			!strcasecmp(argument, "delete"));
	if (is_one_of(name, effective) || (alone && (lasts || sqlite_is_setting(name))))
		return SQLITE_OK;
	if (alone)
		snprintf(message, sizeof(message),
			"'PRAGMA %s' does not change the database", name);
	if (!strcasecmp(name, "foreign_keys"))
		return deny(guard, "ineffective-pragma", message,
			"remove it: foreign keys are off during a step and checked before "
			"commit; foreign-keys=\"on\" in <migration> turns them on");
	if (is_one_of(name, lasting))
		return deny(guard, "ineffective-pragma", message,
			"move it to a migration of its own with transaction=\"none\"");
	return deny(guard, "ineffective-pragma", message,
		"remove it: it is a setting of the connection, so the application "
		"must make it on its own");
}

static int check_transaction(struct guard *guard, const char *operation)
{
	char message[160];
	if (guard->mode == GUARD_ALONE)
		return SQLITE_OK;
	snprintf(message, sizeof(message), "'%s' is not allowed in a step", operation);
	return deny(guard, "transaction-control", message,
		"remove it: amplan runs the step in a transaction of its own and commits "
		"it together with the history");
}

/* VACUUM attaches a nameless file while it runs; everything else leads out. */
static int check_attach(struct guard *guard, const char *file)
{
	if (guard->mode == GUARD_ALONE && guard->stepping && file && !*file)
		return SQLITE_OK;
	return deny(guard, "forbidden-statement", "a step must not reach other databases",
		"move the data in the application, or with the sqlite3 shell, before or "
		"after the migration");
}

/* Databases that the application attached to the handle that it lends. */
static bool is_elsewhere(int action, const char *one, const char *database)
{
	const char *name = action == SQLITE_ALTER_TABLE ? one : database;
	return name && *name && strcasecmp(name, "main") != 0 &&
		strcasecmp(name, "temp") != 0;
}

static int check_elsewhere(struct guard *guard)
{
	return deny(guard, "forbidden-statement", "a step must not reach other databases",
		"this one the application attached to the handle that it lent; ANALYZE and "
		"REINDEX without a name mean it too: name the table");
}

static bool is_history(const char *table)
{
	return table && !strcasecmp(table, AMP_HISTORY_TABLE);
}

static int protect_history(struct guard *guard)
{
	return deny(guard, "protected-history",
		"the table '" AMP_HISTORY_TABLE "' is written by amplan alone",
		"remove the statement; 'amplan rollback', 'amplan baseline' and "
		"'amplan resolve' change what is recorded");
}

static void note_touched(struct guard *guard, const char *table)
{
	if (!table || !strncasecmp(table, "sqlite_", 7))
		return;
	for (size_t i = guard->ntouched; i-- > 0;)
		if (!strcasecmp(guard->touched[i], table))
			return;
	if (guard->ntouched == guard->room) {
		size_t room = guard->room ? guard->room * 2 : 8;
		const char **grown = amp_arena_array(guard->arena, room, sizeof(*grown));
		if (!grown)
			return;
		if (guard->ntouched)
			memcpy(grown, guard->touched, guard->ntouched * sizeof(*grown));
		guard->touched = grown;
		guard->room = room;
	}
	const char *copy = amp_arena_strdup(guard->arena, table);
	if (copy)
		guard->touched[guard->ntouched++] = copy;
}

/* Actions that change something; *table is what they are about. */
static bool is_change(int action, const char *one, const char *two, const char **table)
{
	switch (action) {
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
	case SQLITE_CREATE_TABLE:
	case SQLITE_CREATE_TEMP_TABLE:
	case SQLITE_CREATE_VTABLE:
	case SQLITE_CREATE_VIEW:
	case SQLITE_CREATE_TEMP_VIEW:
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_TEMP_TABLE:
	case SQLITE_DROP_VTABLE:
	case SQLITE_DROP_VIEW:
	case SQLITE_DROP_TEMP_VIEW:
		*table = one;
		return true;
	case SQLITE_CREATE_INDEX:
	case SQLITE_CREATE_TEMP_INDEX:
	case SQLITE_CREATE_TRIGGER:
	case SQLITE_CREATE_TEMP_TRIGGER:
	case SQLITE_DROP_INDEX:
	case SQLITE_DROP_TEMP_INDEX:
	case SQLITE_DROP_TRIGGER:
	case SQLITE_DROP_TEMP_TRIGGER:
	case SQLITE_ALTER_TABLE:
		*table = two;
		return true;
	case SQLITE_REINDEX:
	case SQLITE_ANALYZE:
		*table = one;
		return true;
	default:
		return false;
	}
}

static bool rewrites_schema(int action)
{
	switch (action) {
	case SQLITE_ALTER_TABLE:
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_VTABLE:
	case SQLITE_DROP_VIEW:
	case SQLITE_DROP_INDEX:
	case SQLITE_DROP_TRIGGER:
	case SQLITE_CREATE_VTABLE:
		return true;
	default:
		return false;
	}
}

static int authorize(void *user, int action, const char *one, const char *two,
	const char *database, const char *inner)
{
	struct guard *guard = &((struct sqlite_db *)user)->guard;
	const char *table = NULL;
	/* VACUUM copies every table, the history too, into a file of its own */
	bool vacuum = guard->stepping && database && !strcmp(database, "vacuum_db");
	if (guard->mode == GUARD_OFF || vacuum)
		return SQLITE_OK;
	if (guard->recorder)
		sqlite_record_action(guard, action, one, two, database, inner);
	sqlite_keep_see(user, action, one, two, database, inner);
	if (rewrites_schema(action))
		guard->rewrites = true;
	if (action == SQLITE_CREATE_TRIGGER)
		guard->makes_triggers = true;
	if (action == SQLITE_DROP_TABLE)
		snprintf(guard->dropping, sizeof(guard->dropping), "%s", one);
	switch (action) {
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
	case SQLITE_PRAGMA:
		guard->whole = !guard->stepping;
		break;
	default:
		break;
	}
	switch (action) {
	case SQLITE_TRANSACTION:
		return check_transaction(guard, one);
	case SQLITE_SAVEPOINT:
		return check_transaction(
			guard, !strcmp(one, "BEGIN") ? "SAVEPOINT" : one);
	case SQLITE_ATTACH:
		return check_attach(guard, one);
	case SQLITE_DETACH:
		return check_attach(guard, NULL);
	case SQLITE_PRAGMA:
		return is_elsewhere(action, one, database)
			? check_elsewhere(guard)
			: check_pragma(guard, one, two);
	case SQLITE_FUNCTION:
		if (two &&
			(!strcasecmp(two, "load_extension") ||
				!strcasecmp(two, "fts3_tokenizer")))
			return deny(guard, "forbidden-statement",
				"a step must not load code",
				"load the extension in the application and lend amplan "
				"its handle");
		return SQLITE_OK;
	default:
		break;
	}
	if (is_elsewhere(action, one, database))
		return check_elsewhere(guard);
	if (!is_change(action, one, two, &table))
		return SQLITE_OK;
	if (guard->mode == GUARD_QUERY)
		/* table-valued functions and sorting report changes to the schema table */
		return guard->stepping || !table || !strncasecmp(table, "sqlite_", 7)
			? SQLITE_OK
			: deny(guard, "invalid-sql", "a query must not write",
				  "use a SELECT; what writes belongs into <up>");
	/* ANALYZE and REINDEX of the whole database change no row of the history */
	if (action != SQLITE_ANALYZE && action != SQLITE_REINDEX &&
		(is_history(table) || (action == SQLITE_ALTER_TABLE && is_history(two))))
		return protect_history(guard);
	note_touched(guard, table);
	return SQLITE_OK;
}

void sqlite_guard_begin(
	struct sqlite_db *db, enum guard_mode mode, struct amp_arena *arena)
{
	db->guard = (struct guard){.mode = mode, .arena = arena};
	sqlite3_set_authorizer(db->handle, authorize, db);
}

void sqlite_guard_end(struct sqlite_db *db)
{
	db->guard.mode = GUARD_OFF;
	sqlite3_set_authorizer(db->handle, NULL, NULL);
}
