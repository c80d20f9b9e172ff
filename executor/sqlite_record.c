/*
 * SQLite engine: what the SQL of a migration touches.
 *
 * The authorizer is asked about everything that a statement does, view and trigger bodies
 * included, when it is prepared. What it does not tell is found by other means: see
 * sqlite_shape.c (views, triggers, foreign keys) and see.c (the difference of schemas).
 */
#include "executor/sqlite.h"

#include <string.h>
#include <strings.h>

#include "base/always.h"
#include "base/str.h"
#include "schema/checksum.h"

static bool is_own(const char *name)
{
	return !*name || !strncasecmp(name, "sqlite_", 7) ||
		!strcasecmp(name, AMP_HISTORY_TABLE);
}

/* The name as it is already kept for one of the last touches, or a copy. */
static const char *keep(struct amp_recorder *recorder, const char *name)
{
	size_t count = recorder->touches.count;
	for (size_t i = count; i-- > 0 && count - i <= 8;) {
		const struct amp_touch *touch = &recorder->touches.items[i];
		if (!strcmp(touch->name, name))
			return touch->name;
		if (!strcmp(touch->column, name))
			return touch->column;
	}
	return *name ? amp_arena_strdup(recorder->arena, name) : "";
}

void sqlite_record_touch(
	struct amp_recorder *recorder, const char *name, const char *column, unsigned how)
{
	if (!name || is_own(name))
		return;
	struct amp_touch touch = {
		.name = keep(recorder, name),
		.column = keep(recorder, column ? column : ""),
		.how = how,
	};
	size_t count = recorder->touches.count;
	for (size_t i = count; i-- > 0 && count - i <= 8;) {
		struct amp_touch *known = &recorder->touches.items[i];
		if (known->name == touch.name && known->column == touch.column) {
			known->how |= how;
			return;
		}
	}
	if (!touch.name || !touch.column || !amp_vec_push(&recorder->touches, touch))
		recorder->failed = true;
}

/* How each action of the authorizer touches what; verbs by which statements are told. */
static const struct action {
	int code;
	enum amp_verb verb;
	unsigned how;      /* what it does to the object */
	unsigned to_table; /* and to the table that it belongs to */
	int object, table; /* which argument is which: 1, 2 or none */
} actions[] = {
	{SQLITE_READ, AMP_SELECT, AMPLAN_READS, 0, 1, 0},
	{SQLITE_INSERT, AMP_INSERT, AMPLAN_WRITES, 0, 1, 1},
	{SQLITE_UPDATE, AMP_UPDATE, AMPLAN_WRITES, 0, 1, 1},
	{SQLITE_DELETE, AMP_DELETE, AMPLAN_WRITES, 0, 1, 1},
	{SQLITE_CREATE_TABLE, AMP_CREATE_TABLE, AMPLAN_CREATES, 0, 1, 1},
	{SQLITE_CREATE_VTABLE, AMP_CREATE_TABLE, AMPLAN_CREATES, 0, 1, 1},
	{SQLITE_CREATE_VIEW, AMP_CREATE_VIEW, AMPLAN_CREATES, 0, 1, 1},
	{SQLITE_CREATE_INDEX, AMP_CREATE_INDEX, AMPLAN_CREATES, AMPLAN_ALTERS, 1, 2},
	{SQLITE_CREATE_TRIGGER, AMP_CREATE_TRIGGER, AMPLAN_CREATES, AMPLAN_ALTERS, 1, 2},
	{SQLITE_ALTER_TABLE, AMP_ALTER_TABLE, AMPLAN_ALTERS, 0, 2, 2},
	{SQLITE_DROP_TABLE, AMP_DROP_TABLE, AMPLAN_DROPS, 0, 1, 1},
	{SQLITE_DROP_VTABLE, AMP_DROP_TABLE, AMPLAN_DROPS, 0, 1, 1},
	{SQLITE_DROP_VIEW, AMP_DROP_VIEW, AMPLAN_DROPS, 0, 1, 1},
	{SQLITE_DROP_INDEX, AMP_DROP_INDEX, AMPLAN_DROPS, AMPLAN_ALTERS, 1, 2},
	{SQLITE_DROP_TRIGGER, AMP_DROP_TRIGGER, AMPLAN_DROPS, AMPLAN_ALTERS, 1, 2},
};

static const struct action *find_action(int code)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (actions[i].code == code)
			return &actions[i];
	return NULL;
}

/* What changes the schema names a statement; rows only where nothing else does. */
static void name_statement(struct guard *guard, const struct action *action,
	const char *object, const char *table)
{
	struct amp_statement *now = &guard->now;
	bool schema = action->verb >= AMP_CREATE_TABLE;
	bool first = now->verb == AMP_OTHER || now->verb == AMP_SELECT;
	if (!first && !(schema && now->verb < AMP_CREATE_TABLE))
		return;
	now->verb = action->verb;
	now->object = amp_arena_strdup(guard->recorder->arena, object);
	now->table = amp_arena_strdup(guard->recorder->arena, table);
}

/* Functions whose result no second run repeats. Whether a date is today's is told by the
   text of the statement alone. */
static void note_function(struct guard *guard, const char *name)
{
	static const char *const chances[] = {"random", "randomblob", "current_timestamp",
		"current_date", "current_time", NULL};
	static const char *const dates[] = {
		"date", "time", "datetime", "julianday", "strftime", "unixepoch", NULL};
	for (size_t i = 0; chances[i]; i++)
		if (!strcasecmp(name, chances[i]))
			guard->now.chance = chances[i];
	for (size_t i = 0; dates[i] && !guard->now.chance; i++)
		if (!strcasecmp(name, dates[i]))
			guard->now.chance = dates[i];
}

void sqlite_record_action(struct guard *guard, int code, const char *one, const char *two,
	const char *database, const char *inner)
{
	const char *arguments[] = {"", one ? one : "", two ? two : ""};
	guard->actions++;
	if (code == SQLITE_FUNCTION && AMP_ALWAYS(two)) /* the function's name */
		note_function(guard, two);
	if (code == SQLITE_SELECT && guard->now.verb == AMP_OTHER)
		guard->now.verb = AMP_SELECT;
	const struct action *action = find_action(code);
	if (!action)
		return;
	const char *object = arguments[action->object], *table = arguments[action->table];
	bool writes =
		code == SQLITE_INSERT || code == SQLITE_UPDATE || code == SQLITE_DELETE;
	/* CREATE TABLE and CREATE VIEW ask for the INSERT even where IF NOT EXISTS then finds
	   nothing to do, and for an UPDATE where they do it */
	if (writes && !strncasecmp(object, "sqlite_", 7))
		guard->acts = guard->acts || code != SQLITE_INSERT ||
			guard->now.verb == AMP_CREATE_INDEX ||
			guard->now.verb == AMP_CREATE_TRIGGER;
	if (database && !strcmp(database, "temp"))
		return;
	if (is_own(object))
		return;
	bool column = code == SQLITE_READ || code == SQLITE_UPDATE;
	sqlite_record_touch(guard->recorder, object, column ? two : NULL, action->how);
	if (action->to_table)
		sqlite_record_touch(guard->recorder, table, NULL, action->to_table);
	if (inner)
		sqlite_record_touch(guard->recorder, inner, NULL, AMPLAN_READS);
	else if (!guard->stepping && code != SQLITE_READ)
		name_statement(guard, action, object, table);
}

void sqlite_record_begin(struct guard *guard, size_t offset)
{
	guard->now = (struct amp_statement){.offset = offset, .object = "", .table = ""};
	guard->acts = false;
	guard->actions = 0;
}

/* The SQL that the schema keeps of a table or view, without comments and white space. */
static bool add_definition(
	struct sqlite_db *db, sqlite3 *handle, const char *name, struct amp_str *out)
{
	sqlite3_stmt *statement = NULL;
	bool found = false;
	if (sqlite_note(db,
		    sqlite3_prepare_v2(handle,
			    "SELECT sql FROM main.sqlite_schema WHERE name = ?1 COLLATE "
			    "NOCASE",
			    -1, &statement, NULL)) == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
		found = sqlite_step(db, statement) == SQLITE_ROW;
		const char *sql =
			found ? (const char *)sqlite3_column_text(statement, 0) : NULL;
		if (sql)
			amp_checksum_squeeze(out, sql, strlen(sql));
	}
	sqlite3_finalize(statement);
	return found;
}

/* What an idle CREATE … IF NOT EXISTS would have made, made in a database of its own. */
static bool would_differ(struct sqlite_db *db, const char *text, size_t length)
{
	AMP_STR_AUTO there = AMP_STR_INIT;
	AMP_STR_AUTO made = AMP_STR_INIT;
	AMP_STR_AUTO sql = AMP_STR_INIT;
	const char *name = db->guard.now.object;
	sqlite3 *scratch = NULL;
	enum guard_mode mode = db->guard.mode;
	amp_str_addn(&sql, text, length);
	db->guard.mode = GUARD_OFF;
	bool differs = sqlite_note(db, sqlite3_open(":memory:", &scratch)) == SQLITE_OK &&
		!sql.failed &&
		sqlite_note(db,
			sqlite3_exec(scratch, amp_str_text(&sql), NULL, NULL, NULL)) ==
			SQLITE_OK &&
		add_definition(db, scratch, name, &made) &&
		add_definition(db, db->handle, name, &there) &&
		strcasecmp(amp_str_text(&made), amp_str_text(&there)) != 0;
	if (sql.failed || made.failed || there.failed)
		sqlite_note(db, SQLITE_NOMEM);
	db->guard.mode = mode;
	sqlite3_close(scratch);
	return differs;
}

static bool begins_with(const char *text, const char *word)
{
	size_t length = strlen(word);
	return !strncasecmp(text, word, length);
}

static bool contains(const char *text, size_t length, const char *word)
{
	size_t size = strlen(word);
	for (size_t i = 0; i + size <= length; i++)
		if (!strncasecmp(text + i, word, size))
			return true;
	return false;
}

void sqlite_record_end(struct sqlite_db *db, const char *text, size_t length)
{
	struct guard *guard = &db->guard;
	struct amp_statement *now = &guard->now;
	now->length = length;
	bool creates = begins_with(text, "CREATE"), drops = begins_with(text, "DROP");
	/* SQLite asks about nothing, or writes nothing, where IF [NOT] EXISTS ends it */
	now->idle = (creates || drops) && !guard->acts;
	if (now->idle && creates && *now->object)
		now->differs = would_differ(db, text, length);
	bool date = now->chance && strncmp(now->chance, "random", 6) != 0 &&
		strncmp(now->chance, "current_", 8) != 0;
	if (date && !contains(text, length, "'now'"))
		now->chance = NULL;
	if (!amp_vec_push(&guard->recorder->statements, *now))
		guard->recorder->failed = true;
}

void sqlite_string_literals(struct sqlite_db *db, bool allowed)
{
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, allowed, (int *)NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, allowed, (int *)NULL);
}
