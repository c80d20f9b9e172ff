/*
 * SQLite engine, seeding: a row that the table refused, changed until it takes it.
 *
 * What SQLite says when it refuses leads to the next try: a CHECK names its columns and
 * shows literals. One constraint after the other is got past; the number of tries is
 * bounded.
 */
#include "executor/sqlite_seed.h"

#include <string.h>

#define MENTIONED_MAX 8 /* columns of one constraint that are varied */
#define LIKELY 16       /* candidates that are tried before anything else */
#define SINGLES_MAX 120 /* tries with one column changed */

/* One constraint that refused the row, and what may be tried. */
struct repair {
	const char *text;
	size_t columns[MENTIONED_MAX], count;
	struct seed_candidates candidates[MENTIONED_MAX];
	struct seed_value saved[MENTIONED_MAX];
};

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
static bool suggest(struct seed_search *search, size_t column, const char *text,
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
	return room && (!seed_is_nullable(of) || amp_vec_push(out, nothing));
}

/* SQLite shows the name of a CHECK, or the text of one that has none. */
static bool may_be_name(const char *text)
{
	return !strpbrk(text, "()=<>");
}

/* The text of the constraint that refused the row; all of the table where SQLite does not
   say which that was. */
static int text_of_failure(struct seed_search *search, const char **text)
{
	static const char prefix[] = "CHECK constraint failed: ";
	bool is_check = search->rc == SQLITE_CONSTRAINT_CHECK &&
		!strncmp(search->message, prefix, sizeof(prefix) - 1);
	*text = is_check ? search->message + sizeof(prefix) - 1 : NULL;
	if (is_check && !may_be_name(*text))
		return SQLITE_OK;
	if (!search->sql) {
		int rc = sqlite_seed_sql(
			search->handle, search->table->name, &search->sql, search->arena);
		if (rc)
			return rc;
	}
	const char *named = NULL;
	if (is_check)
		named = sqlite_seed_shown_checks(search->sql, *text, search->arena);
	if (!*text || named)
		*text = named ? named : search->sql;
	return SQLITE_OK;
}

/* The column that a NOT NULL is about, where it is one of ours. */
static bool null_of_failure(const struct seed_search *search, size_t *column)
{
	size_t length = strlen(search->message);
	for (size_t i = 0; i < search->table->ncolumns; i++) {
		const char *name = search->table->columns[i].name;
		size_t tail = strlen(name);
		if (length > tail && search->message[length - tail - 1] == '.' &&
			!strcmp(search->message + length - tail, name)) {
			*column = i;
			return true;
		}
	}
	return false;
}

static bool is_fixable(const struct seed_search *search)
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
static bool is_progress(const struct seed_search *search)
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
static bool settle(struct seed_search *search)
{
	return sqlite_seed_try(search) || seed_is_over(search) || is_progress(search);
}

/* A value that another row has, in a column that tells rows apart; or one that a
   migration may well insert, in a column that is unique by itself. */
static bool is_taken(const struct seed_search *search, size_t column,
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
	struct seed_search *search, struct repair *repair, size_t first, size_t end)
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

static void restore(struct seed_search *search, const struct repair *repair)
{
	for (size_t i = 0; i < repair->count; i++)
		search->row[repair->columns[i]] = repair->saved[i];
}

/* All nullable columns but one are NULL; the others as likely values have it. */
static bool keep_one(struct seed_search *search, struct repair *repair, size_t keep)
{
	size_t nulls = 0;
	struct repair others = {.text = repair->text};
	for (size_t i = 0; i < repair->count; i++) {
		size_t column = repair->columns[i];
		if (seed_is_nullable(&search->table->columns[column])) {
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

static bool change_nulls(struct seed_search *search, struct repair *repair)
{
	for (size_t keep = 0; keep <= repair->count; keep++) {
		if (keep_one(search, repair, keep))
			return true;
		restore(search, repair);
	}
	return false;
}

static bool change_two(struct seed_search *search, struct repair *repair)
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

/* Where none is named any may be meant. */
static void take_first_columns(const struct seed_table *table, struct repair *repair)
{
	for (size_t i = 0; i < table->ncolumns && repair->count < MENTIONED_MAX; i++)
		if (!table->columns[i].alias || table->ncolumns == 1)
			repair->columns[repair->count++] = i;
}

static int begin_repair(struct seed_search *search, struct repair *repair)
{
	const struct seed_table *table = search->table;
	int rc = text_of_failure(search, &repair->text);
	if (rc)
		return rc;
	repair->count = sqlite_seed_mentioned(
		table, repair->text, repair->columns, MENTIONED_MAX);
	if (!repair->count)
		take_first_columns(table, repair);
	for (size_t i = 0; i < repair->count; i++) {
		size_t column = repair->columns[i];
		repair->saved[i] = search->row[column];
		if (!suggest(search, column, repair->text, &repair->candidates[i]))
			return SQLITE_NOMEM;
	}
	return SQLITE_OK;
}

/* False: the constraint cannot be met. */
static bool repair_one(struct seed_search *search)
{
	struct repair repair = {0};
	size_t column;
	search->seen[search->nseen++] = search->message;
	if (search->rc == SQLITE_CONSTRAINT_NOTNULL && null_of_failure(search, &column)) {
		const struct seed_column *of = &search->table->columns[column];
		search->row[column] =
			sqlite_seed_value(of, search->number, search->arena);
		return settle(search);
	}
	int rc = begin_repair(search, &repair);
	if (rc)
		search->rc = rc;
	bool settled = !rc &&
		(change_one(search, &repair, 0, LIKELY) ||
			change_nulls(search, &repair) ||
			change_one(search, &repair, LIKELY, SIZE_MAX) ||
			change_two(search, &repair));
	for (size_t i = 0; i < repair.count; i++)
		amp_vec_deinit(&repair.candidates[i]);
	return settled;
}

bool sqlite_seed_repair(struct seed_search *search)
{
	while (!seed_is_over(search) && is_fixable(search) && search->nseen < SEED_ROUNDS)
		if (!repair_one(search))
			break;
	return search->rc == SQLITE_OK;
}
