/*
 * SQLite engine: following the tables of a step, so that no row is lost silently.
 *
 * The authorizer tells which tables a statement reads and writes, through views, triggers
 * and keys as well; a row of the schema table keeps its rowid through a rename. So it is
 * known what became of each table: what was copied out of it, who bears its name now.
 *
 * A table is measured before it is dropped; whether its rows are elsewhere is judged at the
 * end of the step (sqlite_rebuild.c). What takes single rows away is in sqlite_replace.c.
 */
#include "executor/sqlite_keep.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/always.h"

struct kept *sqlite_keep_find(const struct keep *keep, const char *name, bool temp)
{
	for (size_t i = keep->tables.count; i-- > 0;) {
		struct kept *table = keep->tables.items[i];
		if (table->alive && table->at.temp == temp &&
			!strcasecmp(table->at.name, name))
			return table;
	}
	return NULL;
}

static struct kept *add_table(
	struct keep *keep, const char *name, bool temp, bool is_new, int replaces)
{
	struct kept *table = amp_arena_alloc(keep->arena, sizeof(*table));
	const char *copy = amp_arena_strdup(keep->arena, name);
	if (!table || !copy || !amp_vec_push(&keep->tables, table)) {
		keep->failed = true;
		return NULL;
	}
	table->at = (struct place_name){copy, temp};
	table->original = is_new ? NULL : copy;
	table->alive = true;
	table->replaces = replaces;
	return table;
}

/* Notes what the statement at hand does to a table; that the step has not met yet, it was
   there before. */
static struct kept *note(
	struct keep *keep, const char *name, const char *database, unsigned does)
{
	bool temp = database && !strcmp(database, "temp");
	if (!name || !strncasecmp(name, "sqlite_", 7))
		return NULL;
	struct kept *table = sqlite_keep_find(keep, name, temp);
	if (!table)
		table = add_table(keep, name, temp, false, -1);
	if (!table)
		return NULL;
	if (table->statement != keep->statement) {
		table->statement = keep->statement;
		table->does = 0;
		table->trigger = NULL;
		table->counted = false;
	}
	table->does |= does;
	return table;
}

struct read_column *sqlite_keep_find_read(const struct kept *table, const char *name)
{
	for (size_t i = 0; i < table->reads.count; i++)
		if (!strcasecmp(table->reads.items[i].name, name))
			return &table->reads.items[i];
	return NULL;
}

static void note_read(
	struct keep *keep, const char *name, const char *column, const char *database)
{
	struct kept *table = note(keep, name, database, DOES_READ);
	if (!table)
		return;
	struct read_column *known = sqlite_keep_find_read(table, column);
	if (known) {
		known->statement = keep->statement;
		return;
	}
	const char *copy = amp_arena_strdup(keep->arena, column);
	if (!copy ||
		!amp_vec_push(&table->reads,
			(struct read_column){copy, keep->statement, false}))
		keep->failed = true;
}

static void note_write(struct keep *keep, int action, const char *name,
	const char *database, const char *inner)
{
	unsigned does = action == SQLITE_INSERT ? DOES_INSERT
		: action == SQLITE_UPDATE       ? DOES_UPDATE
						: DOES_DELETE;
	struct kept *table = note(keep, name, database, does);
	if (!table)
		return;
	if (!keep->verb) {
		keep->verb = action;
		keep->target = table;
	} else if (inner || table != keep->target) {
		keep->inner_writes = true;
	}
	if (action == SQLITE_DELETE && inner && !table->trigger)
		table->trigger = amp_arena_strdup(keep->arena, inner);
}

void sqlite_keep_see(struct sqlite_db *db, int action, const char *one, const char *two,
	const char *database, const char *inner)
{
	struct keep *keep = db->keep;
	if (!keep || db->guard.stepping)
		return;
	switch (action) {
	case SQLITE_READ:
		note_read(keep, one, two, database);
		break;
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
		note_write(keep, action, one, database, inner);
		break;
	case SQLITE_CREATE_TABLE:
	case SQLITE_CREATE_TEMP_TABLE:
	case SQLITE_CREATE_VTABLE:
		keep->verb = SQLITE_CREATE_TABLE;
		keep->creates.name = amp_arena_strdup(keep->arena, one);
		keep->creates.temp = database && !strcmp(database, "temp");
		break;
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_TEMP_TABLE:
	case SQLITE_DROP_VTABLE:
		keep->verb = SQLITE_DROP_TABLE;
		keep->target = note(keep, one, database, 0);
		if (keep->target)
			keep->target->is_virtual = action == SQLITE_DROP_VTABLE;
		break;
	case SQLITE_ALTER_TABLE:
		keep->verb = SQLITE_ALTER_TABLE;
		keep->target = note(keep, two, one, 0);
		break;
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		/* only outside the transaction of a step; what was seen is not so any more;
		   SQLite always says which it is */
		if (AMP_ALWAYS(one) && !strcmp(one, "ROLLBACK"))
			keep->verb = SQLITE_TRANSACTION;
		break;
	default:
		break;
	}
}

static void forget(struct keep *keep)
{
	for (size_t i = 0; i < keep->tables.count; i++) {
		sqlite_replace_forget(keep->tables.items[i]);
		sqlite_sums_keys_free(&keep->tables.items[i]->keys);
		sqlite_sums_keys_free(&keep->tables.items[i]->whole);
		amp_vec_deinit(&keep->tables.items[i]->reads);
	}
	amp_vec_deinit(&keep->tables);
	amp_vec_deinit(&keep->copies);
	amp_vec_deinit(&keep->gone);
}

int sqlite_keep_begin(
	struct sqlite_db *db, struct amp_arena *arena, struct amplan_error *error)
{
	db->keep = amp_arena_alloc(arena, sizeof(*db->keep));
	if (!db->keep)
		return amp_error_nomem(error);
	db->keep->arena = arena;
	return AMPLAN_OK;
}

void sqlite_keep_end(struct sqlite_db *db)
{
	if (db->keep)
		forget(db->keep);
	db->keep = NULL;
}

void sqlite_keep_next(struct sqlite_db *db)
{
	struct keep *keep = db->keep;
	if (!keep)
		return;
	keep->statement++;
	keep->verb = 0;
	keep->target = NULL;
	keep->creates.name = NULL;
	keep->inner_writes = keep->exists = false;
	keep->entry = 0;
}

static bool says(const char *text, size_t length, const char *word)
{
	for (size_t i = 0, n = strlen(word); i + n <= length; i++)
		if ((text[i] | 0x20) == *word && !strncasecmp(text + i, word, n))
			return true;
	return false;
}

bool sqlite_keep_reads_another(const struct keep *keep, const struct kept *table)
{
	for (size_t i = 0; i < keep->tables.count; i++)
		if (keep->tables.items[i] != table &&
			keep->tables.items[i]->statement == keep->statement &&
			keep->tables.items[i]->does & DOES_READ)
			return true;
	return false;
}

static int64_t schema_entry(struct sqlite_db *db, struct place_name at)
{
	sqlite3_stmt *row = NULL;
	int64_t entry = 0;
	if (sqlite_prepare(db,
		    at.temp ? "SELECT rowid FROM temp.sqlite_schema WHERE type = 'table' "
			      "AND name = ?1 COLLATE NOCASE"
			    : "SELECT rowid FROM main.sqlite_schema WHERE type = 'table' "
			      "AND name = ?1 COLLATE NOCASE",
		    &row) == SQLITE_OK) {
		sqlite3_bind_text(row, 1, at.name, -1, SQLITE_STATIC);
		if (sqlite_step(db, row) == SQLITE_ROW)
			entry = sqlite3_column_int64(row, 0);
	}
	sqlite3_finalize(row);
	return entry;
}

static int before(struct loss *loss, size_t offset, size_t length)
{
	struct keep *keep = loss->db->keep;
	const char *text = loss->sql->text + offset;
	int code = AMPLAN_OK;
	switch (keep->verb) {
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
	case SQLITE_DROP_TABLE: {
		bool says = sqlite_says_replace(text, length);
		for (size_t i = 0; !code && i < keep->tables.count; i++)
			if (keep->tables.items[i]->statement == keep->statement)
				code = sqlite_replace_watch(
					loss, keep->tables.items[i], says, offset);
		if (!code)
			code = sqlite_replace_count_target(loss, says);
		if (!code && keep->verb == SQLITE_DROP_TABLE && keep->target)
			code = sqlite_rebuild_measure(loss, keep->target, offset);
		return code;
	}
	case SQLITE_CREATE_TABLE:
		keep->exists =
			keep->creates.name && sqlite_sums_exists(loss->db, keep->creates);
		return AMPLAN_OK;
	case SQLITE_ALTER_TABLE:
		if (!keep->target || !says(text, length, "rename"))
			return AMPLAN_OK;
		keep->entry = schema_entry(loss->db, keep->target->at);
		/* while the columns of the keys have the names they had */
		return sqlite_replace_compare(loss, keep->target);
	default:
		return AMPLAN_OK;
	}
}

/* Rows that came from other tables into one. */
static void note_copies(struct keep *keep, struct kept *to, int64_t rows, size_t offset)
{
	for (size_t i = 0; i < keep->tables.count; i++) {
		struct kept *from = keep->tables.items[i];
		if (from == to || from->statement != keep->statement ||
			!(from->does & DOES_READ))
			continue;
		for (size_t k = 0; k < from->reads.count; k++)
			from->reads.items[k].copied |=
				from->reads.items[k].statement == keep->statement;
		size_t last = keep->copies.count;
		/* the same again, as in a copy by parts */
		if (last && keep->copies.items[last - 1].from == from &&
			keep->copies.items[last - 1].to == to)
			keep->copies.items[last - 1].rows += rows;
		else if (!amp_vec_push(
				 &keep->copies, (struct copied){from, to, rows, offset}))
			keep->failed = true;
	}
}

static int after_create(struct loss *loss, size_t offset, size_t length)
{
	struct keep *keep = loss->db->keep;
	struct table_sum now;
	if (keep->exists || !keep->creates.name)
		return AMPLAN_OK;
	struct kept *made = add_table(keep, keep->creates.name, keep->creates.temp, true,
		sqlite_says_replace(loss->sql->text + offset, length));
	if (!made || !sqlite_keep_reads_another(keep, made))
		return AMPLAN_OK;
	int code = sqlite_sums_table(
		loss->db, made->at, false, &now, keep->arena, loss->error);
	if (!code && now.rows > 0)
		note_copies(keep, made, now.rows, offset);
	return code;
}

static void give_up_name(
	struct keep *keep, const struct kept *table, size_t offset, bool renamed)
{
	if (!table->at.temp &&
		!amp_vec_push(
			&keep->gone, (struct gone){table->at.name, renamed, offset}))
		keep->failed = true;
}

static void after_rename(struct loss *loss, size_t offset)
{
	struct keep *keep = loss->db->keep;
	struct kept *table = keep->target;
	sqlite3_stmt *row = NULL;
	if (!keep->entry)
		return;
	if (sqlite_prepare(loss->db,
		    table->at.temp
			    ? "SELECT name FROM temp.sqlite_schema WHERE rowid = ?1"
			    : "SELECT name FROM main.sqlite_schema WHERE rowid = ?1",
		    &row) == SQLITE_OK) {
		sqlite3_bind_int64(row, 1, keep->entry);
		const char *name = sqlite_step(loss->db, row) == SQLITE_ROW
			? (const char *)sqlite3_column_text(row, 0)
			: NULL;
		if (sqlite3_data_count(row) && !name)
			keep->failed = true;
		if (name && strcasecmp(name, table->at.name) != 0) {
			give_up_name(keep, table, offset, true);
			table->at.name = amp_arena_strdup(keep->arena, name);
			keep->failed |= !table->at.name;
		}
	}
	sqlite3_finalize(row);
}

static int after_insert(struct loss *loss, int64_t rows, size_t offset)
{
	struct keep *keep = loss->db->keep;
	struct table_sum now = {.rows = -1};
	int code = AMPLAN_OK;
	if (keep->rows_before >= 0)
		code = sqlite_sums_table(loss->db, keep->target->at, false, &now,
			loss->as->arena, loss->error);
	if (now.rows >= 0)
		rows = now.rows - keep->rows_before;
	if (!code)
		note_copies(keep, keep->target, rows, offset);
	return code;
}

static int after(struct loss *loss, size_t offset, size_t length)
{
	struct keep *keep = loss->db->keep;
	struct kept *target = keep->target;
	int64_t changes = sqlite3_changes64(loss->db->handle);
	int code = AMPLAN_OK;
	for (size_t i = 0; !code && i < keep->tables.count; i++) {
		struct kept *table = keep->tables.items[i];
		if (table->statement != keep->statement)
			continue;
		if (keep->verb == SQLITE_DELETE &&
			table->does & (DOES_UPDATE | DOES_DELETE))
			table->rewritten = true;
		if (table->counted)
			code = sqlite_replace_counted(loss, table, offset);
	}
	if (code)
		return code;
	switch (keep->verb) {
	case SQLITE_INSERT:
		return after_insert(loss, changes, offset);
	case SQLITE_UPDATE:
		target->rewritten = true;
		return AMPLAN_OK;
	case SQLITE_CREATE_TABLE:
		return after_create(loss, offset, length);
	case SQLITE_DROP_TABLE:
		if (!target)
			return AMPLAN_OK;
		give_up_name(keep, target, offset,
			target->original && target->at.name != target->original);
		target->alive = false;
		return AMPLAN_OK;
	case SQLITE_TRANSACTION:
		forget(keep);
		return AMPLAN_OK;
	case SQLITE_ALTER_TABLE:
		after_rename(loss, offset);
		return AMPLAN_OK;
	default:
		return AMPLAN_OK;
	}
}

/* A whole table poured into one of the same shape goes by a way of its own, on which SQLite
   asks nobody whether the rows may be read. Behind WITH it does not take that way; so the
   same is prepared once more, to be asked, and thrown away. */
void sqlite_keep_probe(struct sqlite_db *db, const char *text, size_t length)
{
	const struct keep *keep = db->keep;
	sqlite3_stmt *probe = NULL;
	if (!keep || keep->verb != SQLITE_INSERT || length > INT_MAX / 2 ||
		!says(text, length, "select"))
		return;
	if (sqlite_keep_reads_another(keep, NULL))
		return;
	char *sql = sqlite3_mprintf(
		"WITH \"amplan probe\" AS (SELECT 1) %.*s", (int)length, text);
	if (sql)
		sqlite_prepare(db, sql, &probe);
	else
		sqlite_note(db, SQLITE_NOMEM);
	sqlite3_finalize(probe);
	sqlite3_free(sql);
}

/* Own queries are not for the guard to judge. */
static int unguarded(struct loss *loss, size_t offset, size_t length,
	int (*what)(struct loss *loss, size_t offset, size_t length))
{
	struct sqlite_db *db = loss->db;
	/* where it could not begin no statement ran */
	if (AMP_NEVER(!db->keep) || !db->keep->verb)
		return AMPLAN_OK;
	enum guard_mode mode = db->guard.mode;
	db->guard.mode = GUARD_OFF;
	int code = what(loss, offset, length);
	db->guard.mode = mode;
	return !code && db->keep->failed ? amp_error_nomem(loss->error) : code;
}

int sqlite_keep_before(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, size_t offset, size_t length, struct amplan_error *error)
{
	struct loss loss = {db, sql, as, error};
	return unguarded(&loss, offset, length, before);
}

int sqlite_keep_after(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, size_t offset, size_t length, struct amplan_error *error)
{
	struct loss loss = {db, sql, as, error};
	return unguarded(&loss, offset, length, after);
}

int sqlite_keep_check(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, struct amplan_error *error)
{
	struct loss loss = {db, sql, as, error};
	struct keep *keep = db->keep;
	int code = AMPLAN_OK;
	if (AMP_NEVER(!keep)) /* where it could not begin the step did not run */
		return AMPLAN_OK;
	for (size_t i = 0; !code && i < keep->tables.count; i++)
		if (keep->tables.items[i]->alive)
			code = sqlite_replace_compare(&loss, keep->tables.items[i]);
	int worse = code ? code : sqlite_rebuild_check(&loss, keep);
	if (!worse || worse == AMPLAN_REFUSED)
		code = sqlite_dangle_check(&loss, keep);
	return worse ? worse : code;
}
