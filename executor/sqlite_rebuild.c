/*
 * SQLite engine: rebuilds. What is dropped is measured then, and judged at the end of the
 * step.
 *
 * A table of before the step was dropped, and its name is borne by another one now, or by
 * a view of what was copied out of it: then it was not meant to go, and each of its rows
 * must have been copied. Rows that the step inserts from elsewhere do not count. A table
 * whose name nobody bears was dropped on purpose, which is not this file's matter.
 */
#include "executor/sqlite_keep.h"

#include <string.h>
#include <strings.h>

#define HINT_COPY                                                                     \
	"copy all rows; if some are to go, write the DELETE before the copy, or say " \
	"<allow kind=\"row-loss\" reason=\"…\"/>"

static bool was_named(const struct kept *table, const char *column)
{
	const struct read_column *read = sqlite_keep_find_read(table, column);
	return read && read->copied;
}

/* Keeps of the columns those that went along when the table was copied, as far as the
   statements tell. */
static void strike_unnamed(const struct kept *table, struct table_keys *keys)
{
	size_t had = keys->ncolumns;
	keys->ncolumns = 0;
	for (size_t i = 0; i < had; i++)
		if (was_named(table, keys->columns[i]))
			keys->columns[keys->ncolumns++] = keys->columns[i];
}

/*
 * By what the rows of a table that is about to go can be found again where they went: by
 * their key; and where each copy does without it, or none took it from here, by all that
 * the widest of the copies has of them.
 */
static bool choose_keys(struct loss *loss, struct kept *table)
{
	const struct keep *keep = loss->db->keep;
	struct table_keys *keys = &table->keys, *whole = &table->whole;
	const struct kept *widest = NULL;
	size_t width = 0;
	bool carried = false;
	if (!sqlite_sums_find_key(loss->db, table->at, keys, loss->as->arena) ||
		!sqlite_sums_list(loss->db, table->at, whole, loss->as->arena))
		return false;
	strike_unnamed(table, whole);
	for (size_t i = 0; i < keep->copies.count; i++) {
		const struct kept *to = keep->copies.items[i].to;
		if (keep->copies.items[i].from != table || !to->alive)
			continue;
		size_t shared = sqlite_sums_shared(loss->db, to->at, whole);
		if (shared > width) {
			widest = to;
			width = shared;
		}
		carried |= sqlite_sums_shared(loss->db, to->at, keys) == keys->ncolumns;
	}
	for (size_t i = 0; i < keys->ncolumns; i++)
		carried &= was_named(table, keys->columns[i]);
	if (widest && !(carried && keys->ncolumns))
		sqlite_sums_narrow(loss->db, widest->at, whole);
	else
		whole->ncolumns = 0;
	return true;
}

int sqlite_rebuild_measure(struct loss *loss, struct kept *table, size_t offset)
{
	struct amp_arena *arena = loss->as->arena;
	table->dropped_at = offset;
	table->last.rows = -1;
	if (!table->original || table->at.temp)
		return AMPLAN_OK;
	int code = sqlite_sums_table(
		loss->db, table->at, true, &table->last, arena, loss->error);
	table->mark = sqlite_sums_mark(loss->db, table->at.name);
	if (code || table->last.rows <= 0)
		return code;
	if (!choose_keys(loss, table))
		return amp_error_nomem(loss->error);
	/* by the rowid alone nothing is found again */
	if (table->keys.ncolumns)
		code = sqlite_sums_keys(
			loss->db, table->at, &table->keys, arena, loss->error);
	if (!code && table->whole.ncolumns)
		code = sqlite_sums_keys(
			loss->db, table->at, &table->whole, arena, loss->error);
	return code;
}

/* Rows reach a table that stays directly, or through others that the step drops again: then
   at most as many as went on from there afterwards. Hence latest first. */
static void follow_copies(struct keep *keep)
{
	for (size_t i = 0; i < keep->tables.count; i++)
		keep->tables.items[i]->out = 0;
	for (size_t i = keep->copies.count; i-- > 0;) {
		const struct copied *copy = &keep->copies.items[i];
		const struct kept *to = copy->to;
		bool stays = to->alive && !to->at.temp;
		copy->from->out += stays || copy->rows < to->out ? copy->rows : to->out;
	}
}

static bool is_view(struct sqlite_db *db, const char *name)
{
	sqlite3_stmt *row = NULL;
	bool found = false;
	if (sqlite_prepare(db,
		    "SELECT 1 FROM main.sqlite_schema WHERE type = 'view' "
		    "AND name = ?1 COLLATE NOCASE",
		    &row) == SQLITE_OK) {
		sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
		found = sqlite_step(db, row) == SQLITE_ROW;
	}
	sqlite3_finalize(row);
	return found;
}

/* The statement to blame: the one that copied, or copied on from where it was put aside;
   where none did, the one that dropped. */
static size_t blame(const struct keep *keep, const struct kept *table)
{
	size_t at = table->dropped_at;
	for (size_t i = 0; i < keep->copies.count; i++) {
		const struct copied *copy = &keep->copies.items[i];
		if (copy->from != table)
			continue;
		at = copy->offset;
		if (copy->to->alive || copy->rows <= copy->to->out)
			return at;
		/* later copies come later in the list: this ends */
		table = copy->to;
		at = table->dropped_at;
	}
	return at;
}

/* Did the step change what it had copied? Then that may be smaller on purpose. */
static bool was_rewritten(const struct keep *keep, const struct kept *table)
{
	for (size_t i = 0; i < keep->copies.count; i++)
		if (keep->copies.items[i].from == table &&
			keep->copies.items[i].to->rewritten)
			return true;
	return false;
}

static bool was_copied_to(
	const struct keep *keep, const struct kept *from, const struct kept *to)
{
	for (size_t i = 0; i < keep->copies.count; i++)
		if (keep->copies.items[i].from == from &&
			(!to || keep->copies.items[i].to == to))
			return true;
	return false;
}

static int tell_uncopied(struct loss *loss, const struct keep *keep,
	const struct kept *table, int64_t have)
{
	struct amp_arena *arena = loss->as->arena;
	long long rows = table->last.rows, here = have;
	const char *name = table->original;
	const char *message = have
		? amp_arena_printf(arena,
			  "'%s' had %lld rows when it was dropped, %lld of them were copied, "
			  "and no DELETE of the step removed the others",
			  name, rows, here)
		: amp_arena_printf(arena,
			  "'%s' had %lld rows when it was dropped, none of them was copied, "
			  "and no DELETE of the step removed them",
			  name, rows);
	return sqlite_loss_refuse(
		loss, "row-loss", blame(keep, table), message, HINT_COPY);
}

/* The first of the columns; all where `most` is none. */
static const char *name_columns(
	const struct table_keys *keys, size_t most, struct amp_arena *arena)
{
	const char *text = "";
	for (size_t i = 0; text && i < keys->ncolumns; i++) {
		if (most && i == most)
			return amp_arena_printf(arena, "%s, …", text);
		text = amp_arena_printf(
			arena, "%s%s%s", text, i ? ", " : "", keys->columns[i]);
	}
	return text;
}

/* Adds the keys of one table to those found so far. */
static int gather(struct loss *loss, const struct table_keys *like, const struct kept *in,
	struct table_keys *all)
{
	struct table_keys keys = {
		.columns = like->columns,
		.ncolumns = like->ncolumns,
		.folds = like->folds,
	};
	int code =
		sqlite_sums_keys(loss->db, in->at, &keys, loss->as->arena, loss->error);
	for (size_t i = 0; !code && keys.known && i < keys.rows.count; i++)
		if (!amp_vec_push(&all->rows, keys.rows.items[i]))
			code = amp_error_nomem(loss->error);
	all->known |= keys.known;
	sqlite_sums_keys_free(&keys);
	return code;
}

/* The keys of all that was copied out of a table, sorted; !known where one cannot say. */
static int gather_all(struct loss *loss, const struct keep *keep,
	const struct kept *table, const struct kept *heir, const struct table_keys *like,
	struct table_keys *now)
{
	int code = gather(loss, like, heir, now);
	for (size_t i = 0; !code && now->known && i < keep->tables.count; i++) {
		const struct kept *to = keep->tables.items[i];
		if (to != heir && to->alive && !to->at.temp &&
			was_copied_to(keep, table, to))
			code = gather(loss, like, to, now);
	}
	sqlite_sums_sort(now);
	return code;
}

static int judge_keys(struct loss *loss, const struct keep *keep,
	const struct kept *table, const struct table_keys *now)
{
	struct amp_arena *arena = loss->as->arena;
	long long lost = sqlite_sums_missing(&table->keys, now);
	long long fresh = sqlite_sums_missing(now, &table->keys);
	const char *columns = name_columns(&table->keys, 0, arena);
	long long rows = table->last.rows;
	if (lost > fresh)
		return sqlite_loss_refuse(loss, "row-loss", blame(keep, table),
			amp_arena_printf(arena,
				"'%s' had %lld rows when it was dropped, %lld of their keys "
				"(%s) are not there any more, and no DELETE of the step "
				"removed them",
				table->original, rows, lost, columns),
			HINT_COPY);
	if (lost && lost < rows)
		sqlite_loss_warn(loss, "row-loss", blame(keep, table),
			amp_arena_printf(arena,
				"'%s' had %lld rows when it was dropped, and %lld of their "
				"keys (%s) are not there any more: others took their place",
				table->original, rows, lost, columns),
			"copy the key too: whatever points at the old one, in other tables "
			"or outside the database, now finds another row or none");
	return AMPLAN_OK;
}

/* Rows by what the copies have of them. Where there are values that were not
   there before, the copy changes values, and a row cannot be found again by them. */
static int judge_whole(struct loss *loss, const struct keep *keep,
	const struct kept *table, const struct table_keys *now)
{
	struct amp_arena *arena = loss->as->arena;
	long long fewer = sqlite_sums_fewer(&table->whole, now);
	if (!fewer || sqlite_sums_missing(now, &table->whole))
		return AMPLAN_OK;
	return sqlite_loss_refuse(loss, "row-loss", blame(keep, table),
		amp_arena_printf(arena,
			"'%s' had %lld rows when it was dropped, %lld of them (by %s) %s not "
			"in the copy, which has others more often, and no DELETE of the step "
			"removed %s",
			table->original, (long long)table->last.rows, fewer,
			name_columns(&table->whole, 4, arena), fewer == 1 ? "is" : "are",
			fewer == 1 ? "it" : "them"),
		HINT_COPY);
}

typedef int judge_fn(struct loss *loss, const struct keep *keep, const struct kept *table,
	const struct table_keys *now);

static int compare_rows(struct loss *loss, const struct keep *keep,
	const struct kept *table, const struct kept *heir, const struct table_keys *keys,
	judge_fn *judge)
{
	struct table_keys now = {0};
	if (!keys->known)
		return AMPLAN_OK;
	int code = gather_all(loss, keep, table, heir, keys, &now);
	if (!code && now.known)
		code = judge(loss, keep, table, &now);
	sqlite_sums_keys_free(&now);
	return code;
}

/* Enough rows were copied; are they the same ones? A join can drop some and repeat others,
   and a key that the copy forgot is given out anew, to other rows. */
static int check_keys(struct loss *loss, const struct keep *keep,
	const struct kept *table, const struct kept *heir)
{
	if (table->is_virtual || was_rewritten(keep, table) || heir->rewritten)
		return AMPLAN_OK;
	int code = compare_rows(loss, keep, table, heir, &table->keys, judge_keys);
	if (!code)
		code = compare_rows(loss, keep, table, heir, &table->whole, judge_whole);
	return code;
}

static const struct column_sum *column_of(const struct table_sum *sum, const char *name)
{
	for (size_t i = 0; i < sum->ncolumns; i++)
		if (!strcasecmp(sum->columns[i].name, name))
			return &sum->columns[i];
	return NULL;
}

void sqlite_rebuild_compare(struct loss *loss, const char *table,
	const struct table_sum *before, const struct table_sum *after, size_t offset,
	const char *hint)
{
	struct amp_arena *arena = loss->as->arena;
	if (after->rows < before->rows || before->rows < 0)
		return;
	for (size_t i = 0; i < before->ncolumns; i++) {
		const struct column_sum *was = &before->columns[i];
		const struct column_sum *is = column_of(after, was->name);
		if (is && is->filled < was->filled)
			sqlite_loss_warn(loss, "value-loss", offset,
				amp_arena_printf(arena,
					"'%s.%s' had %lld values and has %lld now, and no "
					"UPDATE of the step removed them",
					table, was->name, (long long)was->filled,
					(long long)is->filled),
				hint);
		else if (is && was->varies && !is->varies)
			sqlite_loss_warn(loss, "value-loss", offset,
				amp_arena_printf(arena,
					"'%s.%s' had different values and has the same in "
					"all rows now, and no UPDATE of the step did that",
					table, was->name),
				hint);
	}
}

static int check_values(struct loss *loss, const struct keep *keep,
	const struct kept *table, const struct kept *heir)
{
	struct table_sum now;
	if (heir->rewritten || was_rewritten(keep, table))
		return AMPLAN_OK;
	int code = sqlite_sums_table(
		loss->db, heir->at, true, &now, loss->as->arena, loss->error);
	if (!code)
		sqlite_rebuild_compare(loss, table->original, &table->last, &now,
			blame(keep, table),
			"copy that column too: name the columns in INSERT and SELECT");
	return code;
}

static int check_mark(
	struct loss *loss, const struct kept *table, const struct kept *heir)
{
	if (table->mark < 0)
		return AMPLAN_OK;
	int64_t mark = sqlite_sums_mark(loss->db, heir->at.name);
	bool counts = sqlite_sums_counts(loss->db, heir->at);
	if (mark < 0)
		mark = sqlite_sums_last_rowid(loss->db, heir->at);
	if (mark < 0 || mark >= table->mark)
		return AMPLAN_OK;
	const char *message = counts
		? amp_arena_printf(loss->as->arena,
			  "'%s' had given out ids up to %lld, and begins again behind %lld",
			  table->original, (long long)table->mark, (long long)mark)
		: amp_arena_printf(loss->as->arena,
			  "'%s' had given out ids up to %lld, and begins again behind %lld: "
			  "it is no longer AUTOINCREMENT",
			  table->original, (long long)table->mark, (long long)mark);
	sqlite_loss_warn(loss, "autoincrement-reset", table->dropped_at, message,
		counts ? "before the DROP: UPDATE sqlite_sequence SET seq = (SELECT seq FROM "
			 "sqlite_sequence WHERE name = 'OLD') WHERE name = 'NEW'"
		       : "say AUTOINCREMENT again, and carry the mark over in "
			 "sqlite_sequence");
	return AMPLAN_OK;
}

static int check_heir(struct loss *loss, const struct keep *keep,
	const struct kept *table, const struct kept *heir)
{
	int64_t have = table->out;
	int code = AMPLAN_OK;
	/* filled by an earlier step perhaps, or an index that was made anew */
	if (table->is_virtual || (heir->original && !was_copied_to(keep, table, heir))) {
		struct table_sum sum;
		code = sqlite_sums_table(
			loss->db, heir->at, false, &sum, loss->as->arena, loss->error);
		if (sum.rows > have || sum.rows < 0)
			have = sum.rows < 0 ? table->last.rows : sum.rows;
	}
	if (!code && have < table->last.rows) {
		code = tell_uncopied(loss, keep, table, have);
	} else {
		if (!code)
			code = check_keys(loss, keep, table, heir);
		if (!code)
			code = check_values(loss, keep, table, heir);
	}
	return code ? code : check_mark(loss, table, heir);
}

static int check_table(
	struct loss *loss, const struct keep *keep, const struct kept *table)
{
	if (table->alive || !table->original || table->at.temp || table->last.rows < 0)
		return AMPLAN_OK;
	const struct kept *heir = sqlite_keep_find(keep, table->original, false);
	if (heir)
		return check_heir(loss, keep, table, heir);
	if (table->out < table->last.rows && was_copied_to(keep, table, NULL) &&
		is_view(loss->db, table->original))
		return tell_uncopied(loss, keep, table, table->out);
	return AMPLAN_OK;
}

int sqlite_rebuild_check(struct loss *loss, struct keep *keep)
{
	int worst = AMPLAN_OK;
	follow_copies(keep);
	for (size_t i = 0; i < keep->tables.count; i++) {
		int code = check_table(loss, keep, keep->tables.items[i]);
		if (code && code != AMPLAN_REFUSED)
			return code;
		if (code)
			worst = code;
	}
	return worst;
}
