/*
 * SQLite engine, seeding: finding rows that the table takes.
 *
 * A row is made up and tried. What SQLite says when it refuses it leads to the next try:
 * a CHECK names its columns and shows literals, UNIQUE asks for more columns that differ.
 * The number of tries is bounded; a table that takes none of them stays empty.
 */
#include "executor/sqlite_seed.h"

#include <string.h>

#define TRIES 200       /* for the first row */
#define TRIES_MORE 40   /* for each style of a further one */
#define ROUNDS 24       /* constraints repaired in one row */
#define MENTIONED_MAX 8 /* columns of one constraint that are varied */
#define LIKELY 16       /* candidates that are tried before anything else */
#define SINGLES_MAX 120 /* tries with one column changed */

/* How a row is made up. */
struct style {
	int spread; /* 0: keys differ; 1: all columns of keys; 2: all columns */
	bool odd;   /* NULL where allowed, else zero or empty */
};

struct search {
	sqlite3 *handle;
	struct seed_table *table;
	struct amp_arena *arena;
	sqlite3_stmt *insert;
	struct seed_value *rows[SEED_ROWS], *row;
	int number;      /* of this row: 0, 1, 2 */
	unsigned placed; /* rows that are in */
	struct style style;
	unsigned left; /* tries */
	const char *sql;
	bool has_sql;
	int rc;              /* of the last try */
	const char *message; /* why it failed */
	const char *seen[ROUNDS];
	size_t nseen;
};

/* One constraint that refused the row, and what may be tried. */
struct repair {
	const char *text;
	size_t columns[MENTIONED_MAX], count;
	struct seed_candidates candidates[MENTIONED_MAX];
	struct seed_value saved[MENTIONED_MAX];
};

static bool is_nullable(const struct seed_column *column)
{
	return !column->not_null && !column->key && !column->alias;
}

static int prepare_insert(struct search *search)
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
		sqlite3_str_appendf(
			sql, "%s%s", table->ncolumns ? "," : "(", table->rowid);
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

/* Tries the row as it is now. True: it is in. */
static bool try(struct search *search)
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
	if (search->arena->failed)
		search->rc = SQLITE_NOMEM;
	return search->rc == SQLITE_OK;
}

static bool is_over(const struct search *search)
{
	return !search->left || search->rc == SQLITE_OK || seed_is_trouble(search->rc);
}

static bool is_told_apart(const struct search *search, const struct seed_column *column)
{
	return column->varies || search->style.spread == 2 ||
		(search->style.spread == 1 && column->indexed);
}

static struct seed_value make_up(struct search *search, const struct seed_column *column)
{
	bool odd = search->style.odd;
	if (odd && is_nullable(column))
		return (struct seed_value){.type = SQLITE_NULL};
	if (is_told_apart(search, column))
		return sqlite_seed_value(column, search->number, search->arena);
	if (odd)
		return sqlite_seed_edge(column, search->arena);
	/* like the first row, which has passed */
	return search->placed ? search->rows[0][column - search->table->columns]
			      : sqlite_seed_value(column, 0, search->arena);
}

static const struct seed_value *own_value(const struct search *search, const char *name)
{
	for (size_t i = 0; name && i < search->table->ncolumns; i++)
		if (!sqlite3_stricmp(search->table->columns[i].name, name))
			return &search->row[i];
	return NULL;
}

/* The first row of a table that points at itself. */
static bool point_at_self(struct search *search, const struct seed_foreign *foreign)
{
	for (size_t i = 0; i < foreign->count; i++) {
		const struct seed_value *own = own_value(search, foreign->to[i]);
		if (!own)
			return false;
		search->row[foreign->from[i]] = *own;
	}
	return true;
}

static void point_at_nothing(struct search *search, const struct seed_foreign *foreign)
{
	for (size_t i = 0; i < foreign->count; i++)
		if (is_nullable(&search->table->columns[foreign->from[i]]))
			search->row[foreign->from[i]] =
				(struct seed_value){.type = SQLITE_NULL};
}

static bool point(struct search *search, const struct seed_foreign *foreign)
{
	bool told_apart = false;
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
static bool make_up_row(struct search *search)
{
	struct seed_table *table = search->table;
	for (size_t i = 0; i < table->ncolumns; i++)
		search->row[i] = make_up(search, &table->columns[i]);
	for (size_t i = 0; i < table->nforeigns; i++)
		if (!point(search, &table->foreigns[i]))
			return false;
	return true;
}

/* The key of which this column is all; *keyed: it is part of some key. */
static const struct seed_foreign *foreign_of(
	const struct seed_table *table, size_t column, bool *keyed)
{
	*keyed = table->columns[column].foreign;
	for (size_t i = 0; *keyed && i < table->nforeigns; i++)
		if (table->foreigns[i].count == 1 && table->foreigns[i].from[0] == column)
			return &table->foreigns[i];
	return NULL;
}

/* Of a foreign key only what keeps it whole. */
static bool suggest(struct search *search, size_t column, const char *text,
	struct seed_candidates *out)
{
	bool keyed, room = true;
	const struct seed_column *of = &search->table->columns[column];
	const struct seed_foreign *foreign = foreign_of(search->table, column, &keyed);
	if (!keyed)
		return sqlite_seed_suggest(of, text, out, search->arena);
	for (size_t i = 0; foreign && room && i < foreign->nkeys; i++) {
		struct seed_candidate key = {.value = foreign->keys[i]};
		room = amp_vec_push(out, key);
	}
	struct seed_candidate nothing = {.value = {.type = SQLITE_NULL}};
	return room && (!is_nullable(of) || amp_vec_push(out, nothing));
}

static const char *sql_of(struct search *search)
{
	if (!search->has_sql)
		search->sql = sqlite_seed_sql(
			search->handle, search->table->name, search->arena);
	search->has_sql = true;
	return search->sql ? search->sql : "";
}

/* The text of the constraint that refused the row; all of the table where SQLite does not
   say which that was. */
static const char *text_of_failure(struct search *search)
{
	static const char prefix[] = "CHECK constraint failed: ";
	if (search->rc != SQLITE_CONSTRAINT_CHECK ||
		strncmp(search->message, prefix, sizeof(prefix) - 1) != 0)
		return sql_of(search);
	const char *text = search->message + sizeof(prefix) - 1;
	const char *named = sqlite_seed_named_check(sql_of(search), text, search->arena);
	return named ? named : text;
}

/* The column that a NOT NULL is about, where it is one of ours. */
static struct seed_value *null_of_failure(struct search *search, size_t *column)
{
	size_t length = strlen(search->message);
	for (size_t i = 0; i < search->table->ncolumns; i++) {
		const char *name = search->table->columns[i].name;
		size_t tail = strlen(name);
		if (length > tail && search->message[length - tail - 1] == '.' &&
			!strcmp(search->message + length - tail, name)) {
			*column = i;
			return &search->row[i];
		}
	}
	return NULL;
}

static bool is_fixable(const struct search *search)
{
	switch (search->rc) {
	case SQLITE_CONSTRAINT_CHECK:
	case SQLITE_CONSTRAINT_NOTNULL:
	case SQLITE_ERROR: /* a function did not like its argument */
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT_DATATYPE:
		return true;
	default:
		return false;
	}
}

/* Whether the constraint in hand is passed, and another one is in the way now that was
   not before. */
static bool is_progress(const struct search *search)
{
	if (search->rc != SQLITE_CONSTRAINT_CHECK &&
		search->rc != SQLITE_CONSTRAINT_NOTNULL)
		return false;
	for (size_t i = 0; i < search->nseen; i++)
		if (!strcmp(search->seen[i], search->message))
			return false;
	return true;
}

/* Tries; true: done, or on to the next constraint, or nothing more can be tried. */
static bool settle(struct search *search)
{
	return try(search) || is_over(search) || is_progress(search);
}

/* A value that another row has, in a column that tells rows apart; or one that a
   migration may well insert, in a column that is unique by itself. */
static bool is_taken(const struct search *search, size_t column,
	const struct seed_candidate *candidate)
{
	const struct seed_column *of = &search->table->columns[column];
	if (!of->varies || (search->style.spread && !of->alone))
		return false;
	if (of->alone && candidate->literal)
		return true;
	for (unsigned i = 0; i < search->placed; i++)
		if (candidate->value.type != SQLITE_NULL &&
			sqlite_seed_equal(&search->rows[i][column], &candidate->value))
			return true;
	return false;
}

/* One column changed, for the candidates from `first` to before `end`. */
static bool change_one(
	struct search *search, struct repair *repair, size_t first, size_t end)
{
	unsigned tries = 0;
	for (size_t n = first; n < end; n++) {
		bool any = false;
		for (size_t i = 0; i < repair->count; i++) {
			size_t column = repair->columns[i];
			if (n >= repair->candidates[i].count)
				continue;
			any = true;
			const struct seed_candidate *candidate =
				&repair->candidates[i].items[n];
			if (is_taken(search, column, candidate) ||
				sqlite_seed_equal(
					&candidate->value, &search->row[column]))
				continue;
			struct seed_value before = search->row[column];
			search->row[column] = candidate->value;
			if (settle(search))
				return true;
			search->row[column] = before;
			if (++tries >= SINGLES_MAX)
				return false;
		}
		if (!any)
			break;
	}
	return false;
}

static void restore(struct search *search, const struct repair *repair)
{
	for (size_t i = 0; i < repair->count; i++)
		search->row[repair->columns[i]] = repair->saved[i];
}

/* All nullable columns but one are NULL; the others as likely values have it. */
static bool keep_one(struct search *search, struct repair *repair, size_t keep)
{
	size_t nulls = 0;
	struct repair others = {.text = repair->text};
	for (size_t i = 0; i < repair->count; i++) {
		size_t column = repair->columns[i];
		if (is_nullable(&search->table->columns[column])) {
			if (i == keep)
				continue;
			search->row[column] = (struct seed_value){.type = SQLITE_NULL};
			nulls++;
		} else {
			others.columns[others.count] = column;
			others.candidates[others.count++] = repair->candidates[i];
		}
	}
	if (!nulls)
		return false;
	return settle(search) || change_one(search, &others, 0, LIKELY);
}

static bool change_nulls(struct search *search, struct repair *repair)
{
	for (size_t keep = 0; keep <= repair->count; keep++) {
		if (keep_one(search, repair, keep))
			return true;
		restore(search, repair);
	}
	return false;
}

static bool change_two(struct search *search, struct repair *repair)
{
	for (size_t i = 0; i < repair->count; i++)
		for (size_t n = 0; n < LIKELY && n < repair->candidates[i].count; n++) {
			const struct seed_candidate *first =
				&repair->candidates[i].items[n];
			struct repair others = {.text = repair->text};
			for (size_t j = i + 1; j < repair->count; j++) {
				others.columns[others.count] = repair->columns[j];
				others.candidates[others.count++] = repair->candidates[j];
			}
			if (!others.count || is_taken(search, repair->columns[i], first))
				continue;
			search->row[repair->columns[i]] = first->value;
			if (change_one(search, &others, 0, LIKELY))
				return true;
			restore(search, repair);
		}
	return false;
}

static bool begin_repair(struct search *search, struct repair *repair)
{
	const struct seed_table *table = search->table;
	bool room = true;
	repair->text = text_of_failure(search);
	repair->count = sqlite_seed_mentioned(
		table, repair->text, repair->columns, MENTIONED_MAX);
	for (size_t i = 0; !repair->count && i < table->ncolumns; i++)
		if (!table->columns[i].alias || table->ncolumns == 1) {
			repair->columns[repair->count++] = i;
			if (repair->count == MENTIONED_MAX)
				break;
		}
	for (size_t i = 0; room && i < repair->count; i++) {
		size_t column = repair->columns[i];
		repair->saved[i] = search->row[column];
		room = suggest(search, column, repair->text, &repair->candidates[i]);
	}
	return room;
}

/* False: the constraint cannot be met. */
static bool repair(struct search *search)
{
	struct repair repair = {0};
	size_t column;
	if (search->nseen < ROUNDS)
		search->seen[search->nseen++] = search->message;
	if (search->rc == SQLITE_CONSTRAINT_NOTNULL && null_of_failure(search, &column)) {
		const struct seed_column *of = &search->table->columns[column];
		search->row[column] =
			sqlite_seed_value(of, search->number, search->arena);
		return settle(search);
	}
	bool settled = begin_repair(search, &repair);
	if (!settled)
		search->rc = SQLITE_NOMEM;
	settled = settled &&
		(change_one(search, &repair, 0, LIKELY) ||
			change_nulls(search, &repair) ||
			change_one(search, &repair, LIKELY, SIZE_MAX) ||
			change_two(search, &repair));
	for (size_t i = 0; i < repair.count; i++)
		amp_vec_deinit(&repair.candidates[i]);
	return settled;
}

/* True: the row is in. */
static bool place_in_style(struct search *search, struct style style)
{
	search->style = style;
	search->nseen = 0;
	search->rc = SQLITE_CONSTRAINT;
	if (!make_up_row(search))
		return false;
	try(search);
	while (!is_over(search) && is_fixable(search) && search->nseen < ROUNDS)
		if (!repair(search))
			break;
	return search->rc == SQLITE_OK;
}

static bool place(struct search *search)
{
	static const struct style styles[SEED_ROWS][4] = {
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
static int load_keys(struct search *search)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; rc == SQLITE_OK && i < search->table->nforeigns; i++) {
		struct seed_foreign *foreign = &search->table->foreigns[i];
		if (search->number == 0 || foreign->itself)
			rc = sqlite_seed_keys(search->handle, foreign, search->arena);
	}
	return rc;
}

static int place_rows(struct search *search)
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
	struct search search = {.handle = handle, .table = table, .arena = arena};
	*rows = 0;
	if (!table->ncolumns && !table->rowid)
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
