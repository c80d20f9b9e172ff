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
			"use DELETE or WAL");
	bool alone = guard->mode == GUARD_ALONE;
	if (alone && !strcasecmp(name, "synchronous"))
		return deny(guard, "ineffective-pragma",
			"how writes are synced belongs to amplan",
			"remove it: what is committed has to be on the disk");
	/* of the journal modes only WAL is the database's; to say DELETE is to leave it */
	bool lasts = is_one_of(name, lasting) &&
		(strcasecmp(name, "journal_mode") != 0 ||
			(argument &&
				(!strcasecmp(argument, "wal") ||
					!strcasecmp(argument, "delete"))));
	if (is_one_of(name, effective) || (alone && (lasts || sqlite_is_setting(name))))
		return SQLITE_OK;
	if (alone)
		snprintf(message, sizeof(message),
			"'PRAGMA %s' does not change the database", name);
	if (!strcasecmp(name, "foreign_keys"))
		return deny(guard, "ineffective-pragma", message,
			"remove it: foreign keys are off during a step and checked before "
			"commit; foreign-keys=\"on\" in <migration> turns them on");
	if (alone && !strcasecmp(name, "journal_mode"))
		return deny(guard, "ineffective-pragma", message,
			"of the journal modes only WAL is kept in the database, and DELETE "
			"leaves it; the others the application must set on its own");
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

/* Temporary objects come first when a name is looked up, so what the rehearsal did to a
   table of the database would be done to one of the application. */
static bool is_hiding(const struct guard *guard, int action, const char *one,
	const char *two, const char *database)
{
	bool alters = action == SQLITE_ALTER_TABLE;
	const char *name = alters ? two : one, *where = alters ? one : database;
	if (!guard->nhiding || !name || !where || strcasecmp(where, "temp") != 0)
		return false;
	for (size_t i = 0; i < guard->nhiding; i++)
		if (!strcasecmp(guard->hiding[i], name))
			return true;
	return false;
}

static int check_hiding(struct guard *guard, const char *name)
{
	char message[160];
	snprintf(message, sizeof(message),
		"'%.100s' is a temporary object of the application here", name);
	return deny(guard, "forbidden-statement", message,
		"it hides what has that name in the database: migrate before it is made, or "
		"on a connection of its own");
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

/* What is not about one table: transactions, files, settings, code. */
static bool is_whole(int action)
{
	return action == SQLITE_TRANSACTION || action == SQLITE_SAVEPOINT ||
		action == SQLITE_ATTACH || action == SQLITE_DETACH ||
		action == SQLITE_PRAGMA;
}

/* What later questions about the statement need to know. */
static void note_action(struct guard *guard, int action, const char *one)
{
	if (rewrites_schema(action))
		guard->rewrites = true;
	if (action == SQLITE_CREATE_TRIGGER)
		guard->makes_triggers = true;
	if (action == SQLITE_DROP_TABLE)
		snprintf(guard->dropping, sizeof(guard->dropping), "%s", one);
	if (is_whole(action))
		guard->whole = !guard->stepping;
}

static int check_whole(struct guard *guard, int action, const char *one, const char *two,
	const char *database)
{
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
	default:
		return is_elsewhere(action, one, database)
			? check_elsewhere(guard)
			: check_pragma(guard, one, two);
	}
}

static int check_function(struct guard *guard, const char *name)
{
	if (name &&
		(!strcasecmp(name, "load_extension") ||
			!strcasecmp(name, "fts3_tokenizer")))
		return deny(guard, "forbidden-statement", "a step must not load code",
			"load the extension in the application and lend amplan "
			"its handle");
	return SQLITE_OK;
}

static int check_change(struct guard *guard, int action, const char *one, const char *two)
{
	const char *table = NULL;
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

static int authorize(void *user, int action, const char *one, const char *two,
	const char *database, const char *inner)
{
	struct guard *guard = &((struct sqlite_db *)user)->guard;
	/* VACUUM copies every table, the history too, into a file of its own */
	bool vacuum = guard->stepping && database && !strcmp(database, "vacuum_db");
	if (guard->mode == GUARD_OFF || vacuum)
		return SQLITE_OK;
	if (guard->recorder)
		sqlite_record_action(guard, action, one, two, database, inner);
	sqlite_keep_see(user, action, one, two, database, inner);
	note_action(guard, action, one);
	if (is_whole(action))
		return check_whole(guard, action, one, two, database);
	if (action == SQLITE_FUNCTION)
		return check_function(guard, two);
	if (is_elsewhere(action, one, database))
		return check_elsewhere(guard);
	if (is_hiding(guard, action, one, two, database))
		return check_hiding(guard, action == SQLITE_ALTER_TABLE ? two : one);
	return check_change(guard, action, one, two);
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
