#include <stdio.h>
#include <string.h>

#include "tests/proofs/operations.h"

/* Triggers write into their sinks, and may look at a column of the row. */
static void fire(struct state *state, struct migration *migration, struct table *table,
	enum event event)
{
	touch_event(migration, 'f', table, event, NULL);
	for (int i = 0; i < state->nhangers; i++) {
		const struct hanger *trigger = &state->hangers[i];
		if (!trigger->live || trigger->what != TRIGGER ||
			trigger->table != table->number || trigger->event != event)
			continue;
		struct table *sink = &state->tables[trigger->other];
		touch_rows(migration, 'A', sink);
		sink->rows++;
		if (event == ON_UPDATE) /* once a row: so it counts them */
			touch_rows(migration, 'Q', table);
		if (trigger->column != NONE && event != ON_INSERT)
			touch_values(migration, 'q', table, trigger->column);
	}
}

/* Points at a row of the parent, or at none. */
static void write_pointer(
	struct state *state, struct migration *migration, const struct column *column)
{
	struct table *parent = &state->tables[column->parent];
	int row = dice_below(state->dice, parent->nkeys);
	if (!parent->live || !parent->nkeys || parent->keys[row] == 0 ||
		dice_chance(state->dice, 30)) {
		amp_str_add(&migration->sql, "NULL");
		return;
	}
	parent->pinned[row] = true;
	touch_row(migration, 'g', parent, parent->keys[row]);
	amp_str_addf(&migration->sql, "%ld", parent->keys[row]);
}

static void remember_key(struct migration *migration, struct table *table, long key)
{
	touch_row(migration, 'p', table, key);
	if (table->nkeys < KEYS)
		table->keys[table->nkeys++] = key;
}

/* A row can do without a column that would have to be given only once it is gone. */
static void lean_on_dropped(struct migration *migration, const struct table *table)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (table->columns[i].dead && table->columns[i].not_null &&
			!table->columns[i].fallback[0])
			touch_column(migration, 'r', table, i);
}

/* Each row has a value of its own in the first column that can have one; others where
   they must, or by chance. */
static uint64_t choose_columns(struct state *state, const struct table *table)
{
	uint64_t chosen = 0;
	for (int i = 0; i < table->ncolumns; i++) {
		const struct column *column = &table->columns[i];
		if (column->dead || column->generated_from != NONE)
			continue;
		bool first = !chosen && column->parent == NONE;
		if (first || (column->not_null && !column->fallback[0]) ||
			dice_chance(state->dice, 60))
			chosen |= UINT64_C(1) << i;
	}
	return chosen;
}

static void write_names(struct migration *migration, const struct table *table,
	uint64_t chosen, const char *before)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (chosen >> i & 1) {
			amp_str_addf(
				&migration->sql, "%s%s", before, table->columns[i].name);
			before = ", ";
			touch_column(migration, 'r', table, i);
		}
}

static void write_values(struct state *state, struct migration *migration,
	const struct table *table, uint64_t chosen, const char *before)
{
	for (int i = 0; i < table->ncolumns; i++) {
		if (!(chosen >> i & 1))
			continue;
		amp_str_add(&migration->sql, before);
		before = ", ";
		char value[NAME];
		if (table->columns[i].parent != NONE) {
			write_pointer(state, migration, &table->columns[i]);
			continue;
		}
		fresh_value(state, table->columns[i].type, value);
		amp_str_add(&migration->sql, value);
	}
}

static void insert_virtual(
	struct state *state, struct migration *migration, struct table *table)
{
	long key = state->next++;
	touch_rows(migration, 'V', table);
	if (table->kind == FTS)
		amp_str_addf(&migration->sql,
			"INSERT INTO %s (rowid, title, body) "
			"VALUES (%ld, 'psalm %ld', 'out of the depths');\n",
			table->name, key, key);
	else
		amp_str_addf(&migration->sql, "INSERT INTO %s VALUES (%ld, %ld, %ld);\n",
			table->name, key, key, key + 7);
}

void insert_row(struct state *state, struct migration *migration, struct table *table)
{
	touch_name(migration, 'D', table->name);
	if (table->kind == FTS || table->kind == RTREE) {
		insert_virtual(state, migration, table);
		return;
	}
	uint64_t chosen = choose_columns(state, table);
	bool keyed = table->key == KEY_NUMBER || table->key == KEY_TEXT;
	amp_str_addf(&migration->sql, "INSERT INTO %s (%s", table->name,
		keyed ? key_name(table) : "");
	write_names(migration, table, chosen, keyed ? ", " : "");
	amp_str_add(&migration->sql, ") VALUES (");
	long key = table->key == KEY_AUTO ? table->rows + 1 : state->next++;
	if (keyed)
		amp_str_addf(
			&migration->sql, table->key == KEY_TEXT ? "'%ld'" : "%ld", key);
	write_values(state, migration, table, chosen, keyed ? ", " : "");
	amp_str_add(&migration->sql, ");\n");
	lean_on_dropped(migration, table);
	touch_rows(migration, table->key == KEY_AUTO ? 'W' : 'A', table);
	fire(state, migration, table, ON_INSERT);
	if (table->key != KEY_NONE)
		remember_key(migration, table, key);
	table->rows++;
}

static bool is_open(const struct table *table)
{
	return table->live;
}

bool insert_rows(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, is_open);
	if (!table)
		return false;
	take(state, table);
	for (int i = dice_below(state->dice, 2); i >= 0; i--)
		insert_row(state, migration, table);
	return true;
}

static bool has_rows(const struct table *table)
{
	return (table->kind == PLAIN || table->kind == SINK) && table->rows > 0;
}

static bool may_be_set(const struct column *column)
{
	return !column->unique && column->parent == NONE &&
		column->generated_from == NONE;
}

bool update_rows(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, has_rows);
	int column = table ? pick_column(state, table, may_be_set) : NONE;
	if (column == NONE)
		return false;
	take(state, table);
	char value[NAME];
	fresh_value(state, table->columns[column].type, value);
	table->columns[column].twins = true;
	amp_str_addf(&migration->sql, "UPDATE %s SET %s = %s;\n", table->name,
		table->columns[column].name, value);
	touch_name(migration, 'D', table->name);
	touch_rows(migration, 'U', table);
	touch_column(migration, 'r', table, column);
	touch_values(migration, 'w', table, column);
	fire(state, migration, table, ON_UPDATE);
	return true;
}

static bool has_spare_rows(const struct table *table)
{
	return table->kind == PLAIN && table->rows > 1 && table->nkeys > 0 &&
		(table->key == KEY_NUMBER || table->key == KEY_TEXT);
}

bool delete_row(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, has_spare_rows);
	int row = table ? dice_below(state->dice, table->nkeys) : 0;
	if (!table || table->pinned[row])
		return false;
	take(state, table);
	amp_str_addf(&migration->sql,
		table->key == KEY_TEXT ? "DELETE FROM %s WHERE %s = '%ld';\n"
				       : "DELETE FROM %s WHERE %s = %ld;\n",
		table->name, key_name(table), table->keys[row]);
	touch_name(migration, 'D', table->name);
	touch_rows(migration, 'E', table);
	touch_row(migration, 'e', table, table->keys[row]);
	fire(state, migration, table, ON_DELETE);
	table->pinned[row] = true;
	table->keys[row] = 0;
	table->rows--;
	return true;
}

static bool is_source(const struct table *table)
{
	return has_rows(table) && !table->copied_into;
}

static bool is_target(const struct table *table)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (!table->columns[i].dead && table->columns[i].not_null &&
			!table->columns[i].fallback[0])
			return false;
	return table->kind == PLAIN && table->key != KEY_AUTO;
}

/* Columns of one type, NONE where there are none. */
static int matching(struct state *state, const struct table *source,
	const struct table *target, int *from)
{
	int column = pick_column(state, target, may_be_set);
	*from = pick_column(state, source, may_be_set);
	if (column == NONE || *from == NONE ||
		target->columns[column].type != source->columns[*from].type ||
		target->columns[column].not_null)
		return NONE;
	return column;
}

bool copy_rows(struct state *state, struct migration *migration)
{
	struct table *source = pick_table(state, is_source);
	struct table *target = pick_table(state, is_target);
	if (!source || !target || source == target)
		return false;
	bool numbered = source->key == KEY_NUMBER || source->key == KEY_AUTO;
	int from, to = matching(state, source, target, &from);
	if (to == NONE || (target->key == KEY_NUMBER && !numbered) ||
		(target->key == KEY_TEXT && source->key == KEY_NONE))
		return false;
	take(state, source);
	take(state, target);
	struct amp_str *sql = &migration->sql;
	const char *into = target->columns[to].name, *out = source->columns[from].name;
	long mark = state->next++;
	if (target->key == KEY_NONE)
		amp_str_addf(sql, "INSERT INTO %s (%s) SELECT %s FROM %s;\n",
			target->name, into, out, source->name);
	else if (target->key == KEY_NUMBER)
		amp_str_addf(sql,
			"INSERT INTO %s (id, %s) SELECT id + %ld, %s FROM %s;\n",
			target->name, into, mark * 1000000, out, source->name);
	else
		amp_str_addf(sql,
			"INSERT INTO %s (code, %s) SELECT %ld || ':' || %s, %s FROM %s;\n",
			target->name, into, mark, key_name(source), out, source->name);
	target->copied_into = true;
	target->columns[to].twins = true;
	target->rows += source->rows;
	touch_name(migration, 'D', source->name);
	touch_rows(migration, 'Q', source);
	touch_column(migration, 'r', source, from);
	touch_values(migration, 'q', source, from);
	touch_name(migration, 'D', target->name);
	touch_rows(migration, 'A', target);
	lean_on_dropped(migration, target);
	touch_column(migration, 'r', target, to);
	fire(state, migration, target, ON_INSERT);
	return true;
}
