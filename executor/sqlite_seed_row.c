/*
 * SQLite engine, seeding: finding rows that the table takes.
 *
 * A row is made up and tried. What SQLite says when it refuses it leads to the next try:
 * a CHECK names its columns and shows literals, UNIQUE asks for more columns that differ.
 * The number of tries is bounded; a table that takes none of them stays empty.
 */
#include "executor/sqlite_seed.h"

#include <string.h>

#include "base/always.h"

#define TRIES 200     /* for the first row */
#define TRIES_MORE 40 /* for each style of a further one */

static int prepare_insert(struct seed_search *search)
{
	const struct seed_table *table = search->table;
	sqlite3_str *sql = sqlite3_str_new(NULL);
	size_t count = table->ncolumns + (table->rowid != NULL);
	/* OR ABORT: a constraint declared ON CONFLICT ROLLBACK would end the transaction */
	sqlite3_str_appendf(sql, "INSERT OR ABORT INTO main.\"%w\"", table->name);
	for (size_t i = 0; i < table->ncolumns; i++)
		sqlite3_str_appendf(
			sql, "%s\"%w\"", i ? "," : "(", table->columns[i].name);
	if (table->rowid)
		sqlite3_str_appendf(sql, ",%s", table->rowid);
	for (size_t i = 0; i < count; i++)
		sqlite3_str_appendall(sql, i ? ",?" : ")VALUES(?");
	sqlite3_str_appendall(sql, ")");
	char *text = sqlite3_str_finish(sql);
	if (!text)
		return SQLITE_NOMEM;
	int rc = sqlite3_prepare_v2(search->handle, text, -1, &search->insert, NULL);
	sqlite3_free(text);
	return rc;
}

static int bind(sqlite3_stmt *statement, int place, const struct seed_value *value)
{
	switch (value->type) {
	case SQLITE_INTEGER:
		return sqlite3_bind_int64(statement, place, value->number);
	case SQLITE_FLOAT:
		return sqlite3_bind_double(statement, place, value->real);
	case SQLITE_TEXT:
		return sqlite3_bind_text(
			statement, place, value->bytes, value->length, SQLITE_STATIC);
	case SQLITE_BLOB:
		return sqlite3_bind_blob(
			statement, place, value->bytes, value->length, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(statement, place);
	}
}

bool sqlite_seed_try(struct seed_search *search)
{
	const struct seed_table *table = search->table;
	int rc = SQLITE_OK;
	search->left -= search->left > 0;
	for (size_t i = 0; rc == SQLITE_OK && i < table->ncolumns; i++)
		rc = bind(search->insert, (int)i + 1, &search->row[i]);
	if (rc == SQLITE_OK && table->rowid)
		rc = sqlite3_bind_int64(
			search->insert, (int)table->ncolumns + 1, -search->number);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(search->insert);
	search->rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
	search->message = NULL;
	if (search->rc)
		search->message =
			amp_arena_strdup(search->arena, sqlite3_errmsg(search->handle));
	sqlite3_reset(search->insert);
	/* SQLite says which constraint it was, unless it had no memory for the words */
	bool wordless = (search->rc == SQLITE_CONSTRAINT_CHECK ||
				search->rc == SQLITE_CONSTRAINT_NOTNULL) &&
		search->message && !strstr(search->message, ": ");
	if (search->arena->failed || wordless)
		search->rc = SQLITE_NOMEM;
	return search->rc == SQLITE_OK;
}

static bool is_told_apart(
	const struct seed_search *search, const struct seed_column *column)
{
	return column->varies || search->style.spread == 2 ||
		(search->style.spread == 1 && column->indexed);
}

static struct seed_value make_up(
	struct seed_search *search, const struct seed_column *column)
{
	bool odd = search->style.odd;
	if (odd && seed_is_nullable(column))
		return (struct seed_value){.type = SQLITE_NULL};
	if (is_told_apart(search, column))
		return sqlite_seed_value(column, search->number, search->arena);
	if (odd)
		return sqlite_seed_edge(column, search->arena);
	/* like the first row, which has passed */
	return search->placed ? search->rows[0][column - search->table->columns]
			      : sqlite_seed_value(column, 0, search->arena);
}

static const struct seed_value *own_value(
	const struct seed_search *search, const char *name)
{
	for (size_t i = 0; name && i < search->table->ncolumns; i++)
		if (!sqlite3_stricmp(search->table->columns[i].name, name))
			return &search->row[i];
	return NULL;
}

/* The first row of a table that points at itself. */
static bool point_at_self(struct seed_search *search, const struct seed_foreign *foreign)
{
	for (size_t i = 0; i < foreign->count; i++) {
		const struct seed_value *own = own_value(search, foreign->to[i]);
		if (!own)
			return false;
		search->row[foreign->from[i]] = *own;
	}
	return true;
}

static void point_at_nothing(
	struct seed_search *search, const struct seed_foreign *foreign)
{
	for (size_t i = 0; i < foreign->count; i++)
		if (seed_is_nullable(&search->table->columns[foreign->from[i]]))
			search->row[foreign->from[i]] =
				(struct seed_value){.type = SQLITE_NULL};
}

static bool point(struct seed_search *search, const struct seed_foreign *foreign)
{
	bool told_apart = false;
	/* generated columns only: they follow from others */
	if (!foreign->count)
		return true;
	for (size_t i = 0; i < foreign->count; i++)
		told_apart |=
			is_told_apart(search, &search->table->columns[foreign->from[i]]);
	if (foreign->nullable && (search->style.odd || !foreign->nkeys)) {
		point_at_nothing(search, foreign);
		return true;
	}
	if (!foreign->nkeys)
		return foreign->itself && point_at_self(search, foreign);
	size_t which = told_apart ? (size_t)search->number % foreign->nkeys : 0;
	for (size_t i = 0; i < foreign->count; i++)
		search->row[foreign->from[i]] = foreign->keys[which * foreign->count + i];
	return true;
}

/* False: a parent that the row needs has no rows. */
static bool make_up_row(struct seed_search *search)
{
	struct seed_table *table = search->table;
	for (size_t i = 0; i < table->ncolumns; i++)
		search->row[i] = make_up(search, &table->columns[i]);
	for (size_t i = 0; i < table->nforeigns; i++)
		if (!point(search, &table->foreigns[i]))
			return false;
	return true;
}

/* True: the row is in. */
static bool place_in_style(struct seed_search *search, struct seed_style style)
{
	search->style = style;
	search->nseen = 0;
	search->rc = SQLITE_CONSTRAINT;
	if (!make_up_row(search))
		return false;
	return sqlite_seed_try(search) || sqlite_seed_repair(search);
}

static bool place(struct seed_search *search)
{
	static const struct seed_style styles[SEED_ROWS][4] = {
		{{0, false}},
		{{0, false}, {1, false}, {2, false}},
		{{0, true}, {1, true}, {0, false}, {2, false}},
	};
	static const int counts[SEED_ROWS] = {1, 3, 4};
	for (int i = 0; i < counts[search->number]; i++) {
		search->left = search->placed ? TRIES_MORE : TRIES;
		if (place_in_style(search, styles[search->number][i]))
			return true;
		if (seed_is_trouble(search->rc))
			return false;
	}
	return false;
}

/* Keys of other tables once, of the table itself before each row. */
static int load_keys(struct seed_search *search)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; rc == SQLITE_OK && i < search->table->nforeigns; i++) {
		struct seed_foreign *foreign = &search->table->foreigns[i];
		if (search->number == 0 || foreign->itself)
			rc = sqlite_seed_keys(search->handle, foreign, search->arena);
	}
	return rc;
}

static int place_rows(struct seed_search *search)
{
	for (search->number = 0; search->number < SEED_ROWS; search->number++) {
		int rc = load_keys(search);
		if (rc)
			return rc;
		search->row = search->rows[search->placed];
		if (place(search))
			search->placed++;
		else if (seed_is_trouble(search->rc))
			return search->rc;
		/* the second may fail where the third, which is another kind, does not */
		if (!search->placed)
			break;
	}
	return SQLITE_OK;
}

/* A foreign key that varies holds the table to one row where its parent has one. Any other
   table that takes just one row awaits a certain one, which a migration may bring. */
static bool may_have_one_row(const struct seed_table *table)
{
	for (size_t i = 0; i < table->ncolumns; i++)
		if (table->columns[i].foreign && table->columns[i].alone)
			return true;
	return false;
}

int sqlite_seed_rows(sqlite3 *handle, struct seed_table *table, unsigned *rows,
	struct amp_arena *arena)
{
	struct seed_search search = {.handle = handle, .table = table, .arena = arena};
	*rows = 0;
	/* SQLite makes no table without a column that is written */
	if (AMP_NEVER(!table->ncolumns))
		return SQLITE_OK;
	for (int i = 0; i < SEED_ROWS; i++)
		search.rows[i] = amp_arena_array(
			arena, table->ncolumns, sizeof(struct seed_value));
	int rc = arena->failed ? SQLITE_NOMEM : prepare_insert(&search);
	if (rc == SQLITE_OK)
		rc = place_rows(&search);
	sqlite3_finalize(search.insert);
	if (search.placed > 1 || may_have_one_row(table))
		*rows = search.placed;
	return seed_is_trouble(rc) ? rc : SQLITE_OK;
}
