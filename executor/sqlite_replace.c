/*
 * SQLite engine: statements that take rows away without naming them.
 *
 *	REPLACE, on INSERT   the keys before, until something else changes or drops the table
 *	REPLACE, on UPDATE   rows counted before and after: an UPDATE may change keys
 *	a trigger's DELETE   like REPLACE; below a DELETE of the step it is that one's effect
 *
 * A row lives on where another one has its key. The keys before are compared as late as
 * may be, so that ten thousand REPLACE are watched for the price of one.
 */
#include "executor/sqlite_keep.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/always.h"

void sqlite_replace_forget(struct kept *table)
{
	sqlite_sums_keys_free(&table->watched_keys);
	table->watched = false;
}

bool sqlite_says_replace(const char *text, size_t length)
{
	for (size_t i = 0; i + 7 <= length; i++) {
		if ((text[i] | 0x20) != 'r' || strncasecmp(text + i, "replace", 7) != 0)
			continue;
		for (i += 7; i < length && isspace((unsigned char)text[i]); i++)
			;
		if (i == length || text[i] != '(')
			return true;
	}
	return false;
}

static bool column_says_replace(struct sqlite_db *db, const char *sql, const char *name)
{
	sqlite3_stmt *row = NULL;
	bool found = false;
	if (sqlite_prepare(db, sql, &row) == SQLITE_OK) {
		if (name)
			sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
		while (!found && sqlite_step(db, row) == SQLITE_ROW) {
			const char *text = (const char *)sqlite3_column_text(row, 0);
			found = text && sqlite_says_replace(text, strlen(text));
		}
	}
	sqlite3_finalize(row);
	return found;
}

/* Whether writing to this table can take other rows away. */
static bool may_replace(struct sqlite_db *db, struct kept *table, bool says)
{
	if (says || table->at.temp)
		return says;
	if (table->replaces < 0)
		table->replaces = column_says_replace(db,
			"SELECT sql FROM main.sqlite_schema WHERE type = 'table' "
			"AND name = ?1 COLLATE NOCASE",
			table->at.name);
	return table->replaces ||
		(db->keep->inner_writes &&
			column_says_replace(db,
				"SELECT sql FROM main.sqlite_schema WHERE type = 'trigger' "
				"AND instr(lower(sql), 'replace')",
				NULL));
}

static const char *replace_hint(const char *trigger, struct amp_arena *arena)
{
	if (trigger)
		return amp_arena_printf(arena,
			"the trigger '%s' deletes them: drop it before and make it again "
			"after, or write the DELETE into the step, or say "
			"<allow kind=\"row-loss\" reason=\"…\"/>",
			trigger);
	return "REPLACE deletes the rows that are in the way: use ON CONFLICT (…) DO UPDATE, "
	       "or write the DELETE, or say <allow kind=\"row-loss\" reason=\"…\"/>";
}

static int tell_lost(struct loss *loss, const struct kept *table, int64_t before,
	int64_t lost, size_t offset, bool more, const char *trigger)
{
	struct amp_arena *arena = loss->as->arena;
	return sqlite_loss_refuse(loss, "row-loss", offset,
		amp_arena_printf(arena,
			"%lld of the %lld rows of '%s' %s gone after this statement%s, and "
			"no DELETE of the step removed %s",
			(long long)lost, (long long)before, table->at.name,
			lost == 1 ? "is" : "are",
			more ? " and those like it that follow" : "",
			lost == 1 ? "it" : "them"),
		replace_hint(trigger, arena));
}

int sqlite_replace_compare(struct loss *loss, struct kept *table)
{
	struct table_sum now;
	struct table_keys keys = {
		.columns = table->watched_keys.columns,
		.ncolumns = table->watched_keys.ncolumns,
		.folds = table->watched_keys.folds,
	};
	if (!table->watched)
		return AMPLAN_OK;
	struct amp_arena *arena = loss->as->arena;
	int code = sqlite_sums_keys(loss->db, table->at, &keys, arena, loss->error);
	int64_t lost = keys.known ? sqlite_sums_missing(&table->watched_keys, &keys) : 0;
	sqlite_sums_keys_free(&keys);
	sqlite_replace_forget(table);
	if (!code && lost)
		return tell_lost(loss, table, table->watched_sum.rows, lost,
			table->watched_at, table->watched_more, table->watched_trigger);
	if (!code)
		code = sqlite_sums_table(
			loss->db, table->at, true, &now, arena, loss->error);
	if (!code)
		sqlite_rebuild_compare(loss, table->at.name, &table->watched_sum, &now,
			table->watched_at,
			"REPLACE sets the columns that it does not name to their "
			"default: use ON CONFLICT (…) DO UPDATE");
	return code;
}

static int begin_watch(struct loss *loss, struct kept *table, size_t offset)
{
	struct amp_arena *arena = loss->as->arena;
	if (table->watched) {
		table->watched_more = true;
		return AMPLAN_OK;
	}
	sqlite_sums_keys_free(&table->watched_keys);
	table->watched_keys = (struct table_keys){0};
	table->watched_more = false;
	int code = sqlite_sums_keys(
		loss->db, table->at, &table->watched_keys, arena, loss->error);
	if (!code && table->watched_keys.known && table->watched_keys.rows.count)
		code = sqlite_sums_table(loss->db, table->at, true, &table->watched_sum,
			arena, loss->error);
	else
		return code;
	table->watched = true;
	table->watched_at = offset;
	table->watched_trigger = table->trigger;
	return code;
}

int sqlite_replace_count_target(struct loss *loss, bool says)
{
	struct keep *keep = loss->db->keep;
	struct kept *target = keep->target;
	struct table_sum sum;
	keep->rows_before = -1;
	if (keep->verb != SQLITE_INSERT || AMP_NEVER(!target) || /* it set the verb */
		!sqlite_keep_reads_another(keep, target) ||
		(!(target->does & (DOES_UPDATE | DOES_DELETE)) &&
			!may_replace(loss->db, target, says)))
		return AMPLAN_OK;
	int code = sqlite_sums_table(
		loss->db, target->at, false, &sum, loss->as->arena, loss->error);
	keep->rows_before = sum.rows;
	return code;
}

int sqlite_replace_watch(struct loss *loss, struct kept *table, bool says, size_t offset)
{
	struct keep *keep = loss->db->keep;
	bool changes = keep->verb == SQLITE_INSERT || keep->verb == SQLITE_UPDATE;
	bool writes = table->does & (DOES_INSERT | DOES_UPDATE | DOES_DELETE);
	if (!changes || !writes) {
		/* what a DELETE takes away is meant; DROP asks for a DELETE as well */
		bool ends = table->does & (DOES_UPDATE | DOES_DELETE);
		return ends ? sqlite_replace_compare(loss, table) : AMPLAN_OK;
	}
	bool loses = table->does & DOES_DELETE || may_replace(loss->db, table, says);
	if (table->does & DOES_UPDATE) {
		int code = sqlite_replace_compare(loss, table);
		if (code || !loses)
			return code;
		table->counted = true;
		return sqlite_sums_table(loss->db, table->at, table != keep->target,
			&table->before, loss->as->arena, loss->error);
	}
	return loses ? begin_watch(loss, table, offset) : AMPLAN_OK;
}

int sqlite_replace_counted(struct loss *loss, struct kept *table, size_t offset)
{
	struct keep *keep = loss->db->keep;
	struct table_sum now;
	int code = sqlite_sums_table(loss->db, table->at, table != keep->target, &now,
		loss->as->arena, loss->error);
	if (code || now.rows < 0 || table->before.rows < 0)
		return code;
	if (now.rows < table->before.rows)
		return tell_lost(loss, table, table->before.rows,
			table->before.rows - now.rows, offset, false, table->trigger);
	if (table != keep->target && !table->trigger)
		sqlite_rebuild_compare(loss, table->at.name, &table->before, &now, offset,
			"a foreign key set them to NULL or to its default when REPLACE "
			"deleted the row they point at: use ON CONFLICT (…) DO UPDATE");
	return AMPLAN_OK;
}
