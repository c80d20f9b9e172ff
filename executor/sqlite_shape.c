/*
 * SQLite engine: the shape of tables and views, and whether views and triggers can be used.
 *
 * CREATE VIEW and CREATE TRIGGER do not look at what they name, and the authorizer is not
 * asked either. So each is tried: a view is selected from, the table of a trigger is
 * written to, by statements that are prepared and never run.
 */
#include "executor/sqlite.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/always.h"
#include "base/str.h"
#include "executor/sqlite_seed.h"

/* A walk over the rows of one PRAGMA function for one table. */
struct walk {
	sqlite3_stmt *statement;
	int rc;
};

static struct walk walk_begin(struct sqlite_db *db, const char *sql, const char *name)
{
	struct walk walk = {0};
	walk.rc = sqlite_prepare(db, sql, &walk.statement);
	if (walk.rc == SQLITE_OK && name)
		sqlite3_bind_text(walk.statement, 1, name, -1, SQLITE_STATIC);
	return walk;
}

static bool walk_next(struct walk *walk)
{
	if (walk->rc != SQLITE_OK && walk->rc != SQLITE_ROW)
		return false;
	walk->rc = sqlite3_step(walk->statement);
	return walk->rc == SQLITE_ROW;
}

static int walk_end(struct sqlite_db *db, struct walk *walk, struct amplan_error *error)
{
	bool broken =
		walk->rc == SQLITE_ERROR; /* a view that cannot be used has no columns */
	/* before the first row, or with one at hand, the caller stopped, and knows why */
	bool stopped = walk->rc == SQLITE_OK || walk->rc == SQLITE_ROW;
	int code = walk->rc == SQLITE_DONE || stopped || broken
		? AMPLAN_OK
		: sqlite_error(db, walk->rc, "read the schema of", error);
	sqlite3_finalize(walk->statement);
	return code;
}

static const char *text(struct walk *walk, int column)
{
	const char *value = (const char *)sqlite3_column_text(walk->statement, column);
	return value ? value : "";
}

static int number(struct walk *walk, int column)
{
	return sqlite3_column_int(walk->statement, column);
}

static bool has(const char *type, const char *part)
{
	for (; *type; type++)
		if (!strncasecmp(type, part, strlen(part)))
			return true;
	return false;
}

/* SQLite's five rules, in their order. */
static enum amp_affinity affinity_of(const char *type)
{
	if (has(type, "INT"))
		return AMP_INTEGER;
	if (has(type, "CHAR") || has(type, "CLOB") || has(type, "TEXT"))
		return AMP_TEXT;
	if (!*type || has(type, "BLOB"))
		return AMP_BLOB;
	if (has(type, "REAL") || has(type, "FLOA") || has(type, "DOUB"))
		return AMP_REAL;
	return AMP_NUMERIC;
}

struct columns AMP_VEC(struct amp_column);
struct indexes AMP_VEC(struct amp_index);
struct keys AMP_VEC(struct amp_key);
struct texts AMP_VEC(const char *);
struct list AMP_VEC(struct amp_shape);

static int read_columns(struct sqlite_db *db, struct amp_shape *shape,
	struct amp_arena *arena, struct amplan_error *error)
{
	struct walk walk = walk_begin(db,
		"SELECT name, type, \"notnull\", dflt_value, pk, hidden "
		"FROM pragma_table_xinfo(?1, 'main') ORDER BY cid",
		shape->name);
	struct columns columns = {0};
	bool room = true;
	while (room && walk_next(&walk)) {
		struct amp_column column = {
			.name = amp_arena_strdup(arena, text(&walk, 0)),
			.type = amp_arena_strdup(arena, text(&walk, 1)),
			.not_null = number(&walk, 2),
			.key = (unsigned)number(&walk, 4),
			.generated = number(&walk, 5) >= 2,
			.affinity = affinity_of(text(&walk, 1)),
		};
		if (sqlite3_column_type(walk.statement, 3) != SQLITE_NULL)
			column.value = amp_arena_strdup(arena, text(&walk, 3));
		room = amp_vec_push(&columns, column);
	}
	shape->columns = amp_arena_copy(
		arena, columns.items, columns.count, sizeof(*columns.items));
	shape->ncolumns = columns.count;
	amp_vec_deinit(&columns);
	int code = walk_end(db, &walk, error);
	return code || (room && !arena->failed) ? code : amp_error_nomem(error);
}

static int read_index_columns(struct sqlite_db *db, struct amp_index *index,
	struct amp_arena *arena, struct amplan_error *error)
{
	struct walk walk = walk_begin(db,
		"SELECT name FROM pragma_index_info(?1, 'main') ORDER BY seqno",
		index->name);
	struct texts names = {0};
	bool room = true;
	while (room && walk_next(&walk)) {
		bool expression = sqlite3_column_type(walk.statement, 0) == SQLITE_NULL;
		const char *name =
			expression ? NULL : amp_arena_strdup(arena, text(&walk, 0));
		room = amp_vec_push(&names, name);
	}
	index->columns =
		amp_arena_copy(arena, names.items, names.count, sizeof(*names.items));
	index->ncolumns = names.count;
	amp_vec_deinit(&names);
	int code = walk_end(db, &walk, error);
	return code || (room && !arena->failed) ? code : amp_error_nomem(error);
}

static int read_indexes(struct sqlite_db *db, struct amp_shape *shape,
	struct amp_arena *arena, struct amplan_error *error)
{
	struct walk walk = walk_begin(db,
		"SELECT name, \"unique\", origin, partial FROM "
		"pragma_index_list(?1, 'main') ORDER BY name",
		shape->name);
	struct indexes indexes = {0};
	bool room = true;
	while (room && walk_next(&walk)) {
		struct amp_index index = {
			.name = amp_arena_strdup(arena, text(&walk, 0)),
			.unique = number(&walk, 1),
			.implied = strcmp(text(&walk, 2), "c") != 0,
			.partial = number(&walk, 3),
		};
		room = amp_vec_push(&indexes, index);
	}
	int code = walk_end(db, &walk, error);
	if (!room || arena->failed)
		code = amp_error_nomem(error);
	for (size_t i = 0; !code && i < indexes.count; i++)
		code = read_index_columns(db, &indexes.items[i], arena, error);
	shape->indexes = amp_arena_copy(
		arena, indexes.items, indexes.count, sizeof(*indexes.items));
	shape->nindexes = indexes.count;
	amp_vec_deinit(&indexes);
	return code;
}

static bool is_unique(const struct amp_shape *parent, const struct amp_key *key)
{
	unsigned matched = 0, members = 0;
	for (size_t c = 0; c < parent->ncolumns; c++) {
		members += parent->columns[c].key > 0;
		for (size_t k = 0; k < key->ncolumns && parent->columns[c].key; k++)
			matched += !strcasecmp(
				parent->columns[c].name, key->parent_columns[k]);
	}
	if (members && matched == members && key->ncolumns == members)
		return true;
	for (size_t i = 0; i < parent->nindexes; i++) {
		const struct amp_index *index = &parent->indexes[i];
		size_t found = 0;
		for (size_t c = 0; c < index->ncolumns; c++)
			for (size_t k = 0; index->columns[c] && k < key->ncolumns; k++)
				found += !strcasecmp(
					index->columns[c], key->parent_columns[k]);
		if (index->unique && !index->partial &&
			index->ncolumns == key->ncolumns && found == key->ncolumns)
			return true;
	}
	return false;
}

/* The columns that a key names are its parent's primary key where it names none. */
static void default_columns(const struct amp_shape *parent, struct amp_key *key)
{
	for (size_t k = 0; k < key->ncolumns; k++)
		for (size_t c = 0; c < parent->ncolumns && !*key->parent_columns[k]; c++)
			if (parent->columns[c].key == k + 1)
				key->parent_columns[k] = parent->columns[c].name;
}

static int look_at_parent(struct sqlite_db *db, struct amp_key *key,
	struct amp_arena *arena, struct amplan_error *error)
{
	struct amp_shape parent = {.name = key->parent};
	int code = read_columns(db, &parent, arena, error);
	key->parent_exists = parent.ncolumns > 0;
	if (!code && key->parent_exists)
		code = read_indexes(db, &parent, arena, error);
	if (code || !key->parent_exists)
		return code;
	default_columns(&parent, key);
	key->parent_is_unique = is_unique(&parent, key);
	return AMPLAN_OK;
}

static bool take_key_column(struct walk *walk, struct keys *keys, struct amp_arena *arena)
{
	if (number(walk, 1) == 0) {
		struct amp_key key = {
			.parent = amp_arena_strdup(arena, text(walk, 2)),
			.columns = amp_arena_array(
				arena, (size_t)number(walk, 5), sizeof(char *)),
			.parent_columns = amp_arena_array(
				arena, (size_t)number(walk, 5), sizeof(char *)),
		};
		if (!amp_vec_push(keys, key))
			return false;
	}
	if (AMP_NEVER(!keys->count)) /* the first column of a key comes first */
		return false;
	struct amp_key *key = &keys->items[keys->count - 1];
	if (arena->failed || !key->columns || !key->parent_columns)
		return false;
	key->columns[key->ncolumns] = amp_arena_strdup(arena, text(walk, 3));
	key->parent_columns[key->ncolumns] = amp_arena_strdup(arena, text(walk, 4));
	key->ncolumns++;
	return !arena->failed;
}

static int read_keys(struct sqlite_db *db, struct amp_shape *shape,
	struct amp_arena *arena, struct amplan_error *error)
{
	/* SQLite numbers them backwards */
	struct walk walk = walk_begin(db,
		"SELECT id, seq, \"table\", \"from\", \"to\", "
		"count(*) OVER (PARTITION BY id) "
		"FROM pragma_foreign_key_list(?1, 'main') ORDER BY id DESC, seq",
		shape->name);
	struct keys keys = {0};
	bool room = true;
	while (room && walk_next(&walk))
		room = take_key_column(&walk, &keys, arena);
	int code = walk_end(db, &walk, error);
	if (!code && !room)
		code = amp_error_nomem(error);
	for (size_t i = 0; !code && i < keys.count; i++)
		code = look_at_parent(db, &keys.items[i], arena, error);
	shape->keys = amp_arena_copy(arena, keys.items, keys.count, sizeof(*keys.items));
	shape->nkeys = keys.count;
	amp_vec_deinit(&keys);
	return code;
}

static int read_triggers(struct sqlite_db *db, struct amp_shape *shape,
	struct amp_arena *arena, struct amplan_error *error)
{
	struct walk walk = walk_begin(db,
		"SELECT name FROM main.sqlite_schema WHERE type = 'trigger' "
		"AND tbl_name = ?1 COLLATE NOCASE ORDER BY name",
		shape->name);
	struct texts names = {0};
	bool room = true;
	while (room && walk_next(&walk))
		room = amp_vec_push(&names, amp_arena_strdup(arena, text(&walk, 0)));
	shape->triggers =
		amp_arena_copy(arena, names.items, names.count, sizeof(*names.items));
	shape->ntriggers = names.count;
	amp_vec_deinit(&names);
	int code = walk_end(db, &walk, error);
	return code || (room && !arena->failed) ? code : amp_error_nomem(error);
}

/* What is being tried: reads of the objects asked for go to the recorder. */
struct trial {
	struct sqlite_db *db;
	const char *const *names;
	size_t count;
	struct amp_recorder *recorder;
	struct amp_arena *arena;
};

static bool is_asked_for(const struct trial *trial, const char *name)
{
	for (size_t i = 0; name && i < trial->count; i++)
		if (!strcasecmp(trial->names[i], name))
			return true;
	return false;
}

static int watch(void *user, int action, const char *one, const char *two,
	const char *database, const char *inner)
{
	const struct trial *trial = user;
	bool touches = action == SQLITE_READ || action == SQLITE_INSERT ||
		action == SQLITE_UPDATE || action == SQLITE_DELETE;
	bool columns = action == SQLITE_READ || action == SQLITE_UPDATE;
	bool elsewhere = database && !strcmp(database, "temp");
	if (touches && !elsewhere && trial->recorder && is_asked_for(trial, inner))
		sqlite_record_touch(
			trial->recorder, one, columns ? two : NULL, AMPLAN_READS);
	return SQLITE_OK;
}

/* Prepares and throws away; the reason where that fails is kept, the first one. */
static void try_statement(struct trial *trial, struct amp_shape *shape,
	const struct amp_str *sql, struct amp_arena *arena)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *handle = trial->db->handle;
	sqlite3_set_authorizer(handle, watch, trial);
	sqlite_string_literals(trial->db, true);
	int rc = sqlite_prepare(trial->db, amp_str_text(sql), &statement);
	if (sql->failed)
		rc = sqlite_note(trial->db, SQLITE_NOMEM);
	if (rc && !shape->broken)
		shape->broken = amp_arena_strdup(arena, sqlite3_errmsg(handle));
	sqlite3_set_authorizer(handle, NULL, NULL);
	sqlite3_finalize(statement);
}

static void try_view(
	struct trial *trial, struct amp_shape *shape, struct amp_arena *arena)
{
	AMP_STR_AUTO sql = AMP_STR_INIT;
	amp_str_add(&sql, "SELECT * FROM main.");
	sqlite_add_name(&sql, shape->name);
	try_statement(trial, shape, &sql, arena);
}

/* Whether a trigger says INSTEAD OF and this verb; those in its body do not count. */
static bool is_instead_of(const char *sql, const char *verb)
{
	const char *const words[] = {"instead", "of", verb};
	struct seed_token token;
	size_t found = 0;
	while (found < 3 && sqlite_seed_token(&sql, &token))
		found = sqlite_seed_is_word(&token, words[found])
			? found + 1
			: sqlite_seed_is_word(&token, "instead");
	return found == 3;
}

/* Is there an INSTEAD OF trigger for it? A view cannot be written to otherwise. */
static bool can_be_tried(
	struct trial *trial, const struct amp_shape *shape, const char *verb)
{
	if (!shape->view)
		return true;
	struct walk walk = walk_begin(trial->db,
		"SELECT sql FROM main.sqlite_schema WHERE type = 'trigger' "
		"AND tbl_name = ?1 COLLATE NOCASE",
		shape->name);
	bool can = false;
	while (!can && walk_next(&walk))
		can = is_instead_of(text(&walk, 0), verb);
	sqlite_note(trial->db, walk.rc);
	sqlite3_finalize(walk.statement);
	return can;
}

static void try_triggers(
	struct trial *trial, struct amp_shape *shape, struct amp_arena *arena)
{
	AMP_STR_AUTO insert = AMP_STR_INIT;
	AMP_STR_AUTO delete = AMP_STR_INIT;
	AMP_STR_AUTO update = AMP_STR_INIT;
	const char *comma = "";
	amp_str_add(&insert, "INSERT INTO main.");
	sqlite_add_name(&insert, shape->name);
	amp_str_add(&insert, " DEFAULT VALUES");
	amp_str_add(&delete, "DELETE FROM main.");
	sqlite_add_name(&delete, shape->name);
	amp_str_add(&update, "UPDATE main.");
	sqlite_add_name(&update, shape->name);
	amp_str_add(&update, " SET ");
	for (size_t i = 0; i < shape->ncolumns; i++) {
		if (shape->columns[i].generated)
			continue;
		amp_str_add(&update, comma);
		sqlite_add_name(&update, shape->columns[i].name);
		amp_str_add(&update, " = ");
		sqlite_add_name(&update, shape->columns[i].name);
		comma = ", ";
	}
	if (can_be_tried(trial, shape, "INSERT"))
		try_statement(trial, shape, &insert, arena);
	if (*comma && can_be_tried(trial, shape, "UPDATE"))
		try_statement(trial, shape, &update, arena);
	if (can_be_tried(trial, shape, "DELETE"))
		try_statement(trial, shape, &delete, arena);
}

static int read_shape(struct trial *trial, struct amp_shape *shape,
	struct amp_arena *arena, struct amplan_error *error)
{
	struct sqlite_db *db = trial->db;
	int code = read_columns(db, shape, arena, error);
	if (!code && !shape->view)
		code = read_indexes(db, shape, arena, error);
	if (!code && !shape->view)
		code = read_keys(db, shape, arena, error);
	if (!code)
		code = read_triggers(db, shape, arena, error);
	if (!code && shape->view)
		try_view(trial, shape, arena);
	if (!code && shape->ntriggers && !shape->broken)
		try_triggers(trial, shape, arena);
	return code || !arena->failed ? code : amp_error_nomem(error);
}

static int by_name(const void *left, const void *right)
{
	const struct amp_shape *l = left, *r = right;
	return strcasecmp(l->name, r->name);
}

static bool is_known(const struct list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcasecmp(list->items[i].name, name))
			return true;
	return false;
}

/* Adds what the row of the schema table is about, unless it is there. */
static bool add_shape(struct list *list, sqlite3_stmt *row, struct amp_arena *arena)
{
	struct walk walk = {.statement = row};
	if (is_known(list, text(&walk, 0)))
		return true;
	struct amp_shape shape = {
		.name = amp_arena_strdup(arena, text(&walk, 0)),
		.sql = "",
		.view = !strcmp(text(&walk, 1), "view"),
		.is_virtual = !strcmp(text(&walk, 1), "virtual"),
		.without_rowid = number(&walk, 2),
		.strict = number(&walk, 3),
	};
	return !arena->failed && amp_vec_push(list, shape);
}

static int compare_names(const void *left, const void *right)
{
	const char *const *l = left, *const *r = right;
	return strcasecmp(*l, *r);
}

static bool is_among(const struct texts *sorted, const char *name)
{
	return sorted->count &&
		bsearch(&name, sorted->items, sorted->count, sizeof(name), compare_names);
}

static void sort(struct texts *names)
{
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
}

/* The names of the tables and views: those asked for, and those that an index or a trigger
   asked for belongs to. The schema table has no index, so it is read once for all. */
static int find_owners(
	struct trial *trial, struct texts *tables, struct amplan_error *error)
{
	struct texts asked = {0};
	bool room = true;
	for (size_t i = 0; room && i < trial->count; i++)
		room = amp_vec_push(&asked, trial->names[i]);
	sort(&asked);
	struct walk walk = walk_begin(
		trial->db, "SELECT name, tbl_name FROM main.sqlite_schema", NULL);
	while (room && walk_next(&walk))
		if (is_among(&asked, text(&walk, 0))) {
			const char *name = amp_arena_strdup(trial->arena, text(&walk, 1));
			room = name && amp_vec_push(tables, name);
		}
	amp_vec_deinit(&asked);
	sort(tables);
	int code = walk_end(trial->db, &walk, error);
	return code || (room && !trial->arena->failed) ? code : amp_error_nomem(error);
}

static int find_tables(struct trial *trial, struct list *list, struct amplan_error *error)
{
	static const char sql[] =
		"SELECT name, type, wr, strict FROM pragma_table_list(?1) "
		"WHERE schema = 'main' AND type <> 'shadow'";
	struct texts tables = {0};
	bool room = true;
	int code = find_owners(trial, &tables, error);
	struct walk walk = walk_begin(trial->db, sql, NULL);
	for (size_t i = 0; !code && room && i < tables.count; i++) {
		sqlite3_bind_text(walk.statement, 1, tables.items[i], -1, SQLITE_STATIC);
		while (room && walk_next(&walk))
			room = add_shape(list, walk.statement, trial->arena);
		sqlite3_reset(walk.statement);
		if (i + 1 < tables.count && walk.rc == SQLITE_DONE)
			walk.rc = SQLITE_OK;
	}
	amp_vec_deinit(&tables);
	int ended = walk_end(trial->db, &walk, error);
	code = code ? code : ended;
	return code || room ? code : amp_error_nomem(error);
}

/* The SQL of those found; like everything of the schema table, read once for all. */
static int read_definitions(
	struct trial *trial, struct list *list, struct amplan_error *error)
{
	struct walk walk = walk_begin(trial->db,
		"SELECT name, sql FROM main.sqlite_schema "
		"WHERE type IN ('table', 'view')",
		NULL);
	while (list->count && walk_next(&walk)) {
		struct amp_shape key = {.name = text(&walk, 0)};
		struct amp_shape *shape =
			bsearch(&key, list->items, list->count, sizeof(key), by_name);
		if (!shape)
			continue;
		shape->sql = amp_arena_strdup(trial->arena, text(&walk, 1));
		shape->autoincrement = strcasestr(text(&walk, 1), "AUTOINCREMENT");
	}
	int code = walk_end(trial->db, &walk, error);
	return code || !trial->arena->failed ? code : amp_error_nomem(error);
}

int sqlite_shapes(struct amp_db *base, const char *const *names, size_t count,
	struct amp_recorder *recorder, struct amp_shapes *out, struct amp_arena *arena,
	struct amplan_error *error)
{
	struct trial trial = {sqlite_of(base), names, count, recorder, arena};
	struct list list = {0};
	int code = find_tables(&trial, &list, error);
	if (!code && list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_name);
	if (!code)
		code = read_definitions(&trial, &list, error);
	for (size_t i = 0; !code && i < list.count; i++)
		code = read_shape(&trial, &list.items[i], arena, error);
	out->items = amp_arena_copy(arena, list.items, list.count, sizeof(*list.items));
	out->count = list.count;
	amp_vec_deinit(&list);
	if (!code)
		code = sqlite_trouble(trial.db, error);
	return code || out->items ? code : amp_error_nomem(error);
}
