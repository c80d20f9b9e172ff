#include <stdio.h>
#include <string.h>

#include "tests/proofs/operations.h"

static struct column *new_column(struct state *state, struct table *table, char type)
{
	must(table->ncolumns < COLUMNS, "too many columns");
	struct column *column = &table->columns[table->ncolumns++];
	*column = (struct column){.type = type,
		.stays = table->ncolumns == 1,
		.parent = NONE,
		.generated_from = NONE};
	snprintf(column->name, NAME, "c%ld", state->next++);
	return column;
}

static char some_type(struct state *state)
{
	return "TTIR"[dice_below(state->dice, 4)];
}

/* One that rows are given a value for, or fall back on. */
static void settle_column(struct state *state, struct column *column)
{
	if (dice_chance(state->dice, 40)) {
		fresh_value(state, column->type, column->fallback);
		column->twins = true;
	}
	column->not_null = column->fallback[0] && dice_chance(state->dice, 50);
	column->check = column->type == 'T' && dice_chance(state->dice, 25);
}

static bool can_be_parent(const struct table *table)
{
	return table->kind == PLAIN &&
		(table->key == KEY_NUMBER || table->key == KEY_AUTO);
}

static bool is_text(const struct column *column)
{
	return column->type == 'T' && column->generated_from == NONE;
}

/* A key that points at another table; false where there is none. */
static bool add_key_column(
	struct state *state, struct migration *migration, struct table *table)
{
	struct table *parent = pick_table(state, can_be_parent);
	if (!parent)
		return false;
	struct column *column = new_column(state, table, 'I');
	column->parent = parent->number;
	column->twins = true;
	parent->referenced = true;
	touch_name(migration, 'F', parent->name);
	touch_column(migration, 'c', table, table->ncolumns - 1);
	return true;
}

static bool add_generated(struct state *state, struct migration *migration,
	struct table *table, bool stored)
{
	int from = pick_column(state, table, is_text);
	if (from == NONE)
		return false;
	struct column *column = new_column(state, table, 'T');
	column->generated_from = from;
	column->stored = stored;
	column->twins = true;
	table->columns[from].uses++;
	touch_column(migration, 'r', table, from);
	touch_column(migration, 'c', table, table->ncolumns - 1);
	return true;
}

/* A name that is free: now and then one that was used before, but not just dropped by the
   same migration, which would look like a rebuild that loses its rows. */
static void name_table(struct state *state, char name[NAME])
{
	if (state->ntables && dice_chance(state->dice, 25)) {
		const char *old =
			state->tables[dice_below(state->dice, state->ntables)].name;
		bool free = true;
		for (int i = 0; i < state->ntables; i++)
			if ((state->tables[i].live || state->tables[i].taken) &&
				!strcmp(state->tables[i].name, old))
				free = false;
		if (free) {
			snprintf(name, NAME, "%s", old);
			return;
		}
	}
	snprintf(name, NAME, "t%ld", state->next++);
}

static struct table *new_table(
	struct state *state, struct migration *migration, enum kind kind)
{
	if (state->ntables == TABLES)
		return NULL;
	char name[NAME];
	name_table(state, name);
	struct table *table = &state->tables[state->ntables];
	*table = (struct table){.number = state->ntables, .kind = kind, .live = true};
	memcpy(table->name, name, NAME);
	state->ntables++;
	touch_name(migration, 'C', table->name);
	take(state, table);
	return table;
}

static void choose_key(struct state *state, struct table *table)
{
	static const enum key keys[] = {
		KEY_NUMBER, KEY_NUMBER, KEY_NUMBER, KEY_AUTO, KEY_TEXT, KEY_NONE};
	struct dice *dice = state->dice;
	table->key = keys[dice_below(dice, 6)];
	table->strict = dice_chance(dice, 20);
	if (table->key == KEY_NUMBER || table->key == KEY_TEXT)
		table->without_rowid = dice_chance(dice, 25);
	if (!table->without_rowid && (table->key == KEY_NUMBER || table->key == KEY_AUTO))
		table->autoincrement = dice_chance(dice, 15);
}

bool make_table(struct state *state, struct migration *migration)
{
	struct table *table = new_table(state, migration, PLAIN);
	if (!table)
		return false;
	struct dice *dice = state->dice;
	choose_key(state, table);
	for (int i = dice_below(dice, 3) + 2; i > 0; i--) {
		struct column *column = new_column(state, table, some_type(state));
		if (i == 1) /* each row gets a value here, see insert_row() */
			column->not_null = dice_chance(dice, 30);
		else
			settle_column(state, column);
		column->unique =
			!column->twins && !column->not_null && dice_chance(dice, 15);
		touch_column(migration, 'c', table, table->ncolumns - 1);
	}
	if (dice_chance(dice, 35))
		add_key_column(state, migration, table);
	if (dice_chance(dice, 15))
		add_generated(state, migration, table, dice_chance(dice, 50));
	amp_str_addf(&migration->sql, "CREATE TABLE %s (", table->name);
	write_columns(state, &migration->sql, table, NONE);
	amp_str_add(&migration->sql, ")");
	write_options(&migration->sql, table);
	amp_str_add(&migration->sql, ";\n");
	for (int i = dice_chance(dice, 75) ? dice_below(dice, 3) + 2 : 0; i > 0; i--)
		insert_row(state, migration, table);
	if (dice_chance(dice, 20))
		index_table(state, migration, table);
	return true;
}

bool make_sink(struct state *state, struct migration *migration)
{
	struct table *table = new_table(state, migration, SINK);
	if (!table)
		return false;
	for (int i = 0; i < 2; i++) {
		struct column *column = new_column(state, table, 'T');
		column->twins = true;
		if (i)
			fresh_value(state, 'T', column->fallback);
		touch_column(migration, 'c', table, i);
	}
	amp_str_addf(&migration->sql, "CREATE TABLE %s (", table->name);
	write_columns(state, &migration->sql, table, NONE);
	amp_str_add(&migration->sql, ");\n");
	return true;
}

bool make_virtual(struct state *state, struct migration *migration)
{
	bool fts = dice_chance(state->dice, 60);
	struct table *table = new_table(state, migration, fts ? FTS : RTREE);
	if (!table)
		return false;
	amp_str_addf(&migration->sql, "CREATE VIRTUAL TABLE %s USING %s;\n", table->name,
		fts ? "fts5(title, body)" : "rtree(id, low, high)");
	return true;
}

static bool is_ordinary(const struct table *table)
{
	return table->kind == PLAIN || table->kind == SINK;
}

static bool has_room(const struct table *table)
{
	return is_ordinary(table) && table->ncolumns < COLUMNS - 2;
}

bool add_column(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, has_room);
	if (!table)
		return false;
	take(state, table);
	int form = dice_below(state->dice, 6);
	bool done = (form == 0 && add_key_column(state, migration, table)) ||
		(form == 1 && add_generated(state, migration, table, false));
	if (!done) {
		settle_column(state, new_column(state, table, some_type(state)));
		touch_column(migration, 'c', table, table->ncolumns - 1);
	}
	touch_name(migration, 'S', table->name);
	amp_str_addf(&migration->sql, "ALTER TABLE %s ADD COLUMN ", table->name);
	write_column(state, &migration->sql, table, table->ncolumns - 1);
	amp_str_add(&migration->sql, ";\n");
	return true;
}

static bool is_any(const struct column *column)
{
	return !column->dead;
}

bool rename_column(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, is_ordinary);
	int column = table ? pick_column(state, table, is_any) : NONE;
	if (column == NONE)
		return false;
	take(state, table);
	char *name = table->columns[column].name;
	touch_name(migration, 'S', table->name);
	touch_column(migration, 'n', table, column);
	amp_str_addf(&migration->sql, "ALTER TABLE %s RENAME COLUMN %s TO ", table->name,
		name);
	snprintf(name, NAME, "c%ld", state->next++);
	amp_str_addf(&migration->sql, "%s;\n", name);
	touch_column(migration, 'n', table, column);
	return true;
}

static bool is_unused(const struct column *column)
{
	return column->uses == 0 && !column->stays && !column->unique &&
		column->parent == NONE;
}

bool drop_column(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, is_ordinary);
	int column = table ? pick_column(state, table, is_unused) : NONE;
	if (column == NONE)
		return false;
	take(state, table);
	struct column *dropped = &table->columns[column];
	dropped->dead = true;
	if (dropped->generated_from != NONE) {
		table->columns[dropped->generated_from].uses--;
		touch_column(migration, 'z', table, dropped->generated_from);
		touch_hung(migration, 'z', table, dropped->generated_from);
	}
	touch_name(migration, 'S', table->name);
	touch_column(migration, 'k', table, column);
	touch_hung(migration, 'k', table, column);
	amp_str_addf(&migration->sql, "ALTER TABLE %s DROP COLUMN %s;\n", table->name,
		dropped->name);
	return true;
}

bool rename_table(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, is_ordinary);
	if (!table)
		return false;
	take(state, table);
	touch_name(migration, 'N', table->name);
	amp_str_addf(&migration->sql, "ALTER TABLE %s RENAME TO ", table->name);
	snprintf(table->name, NAME, "t%ld", state->next++);
	touch_name(migration, 'N', table->name);
	amp_str_addf(&migration->sql, "%s;\n", table->name);
	return true;
}

static bool may_go(const struct table *table)
{
	return table->users == 0 && !table->referenced;
}

/* Takes its indexes and triggers along. */
static void drop_hangers(
	struct state *state, struct migration *migration, const struct table *table)
{
	for (int i = 0; i < state->nhangers; i++) {
		struct hanger *hanger = &state->hangers[i];
		if (!hanger->live || hanger->what == VIEW ||
			hanger->table != table->number)
			continue;
		hanger->live = false;
		touch_name(migration, 'K', hanger->name);
		if (hanger->what != TRIGGER)
			continue;
		struct table *sink = &state->tables[hanger->other];
		sink->users--;
		sink->columns[hanger->other_column].uses--;
		touch_name(migration, 'Z', sink->name);
		touch_hung(migration, 'Z', sink, NONE);
		touch_column(migration, 'y', sink, hanger->other_column);
		touch_hung(migration, 'y', sink, hanger->other_column);
		touch_event(migration, 'H', table, hanger->event, sink->name);
	}
}

bool drop_table(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, may_go);
	if (!table)
		return false;
	take(state, table);
	table->live = false;
	touch_name(migration, 'K', table->name);
	touch_hung(migration, 'K', table, NONE);
	drop_hangers(state, migration, table);
	amp_str_addf(&migration->sql, "DROP TABLE %s;\n", table->name);
	return true;
}

static bool may_be_rebuilt(const struct table *table)
{
	return has_room(table) && table->users == 0 && !table->autoincrement;
}

static void write_list(struct amp_str *sql, const struct table *table, int without)
{
	const char *before = "";
	if (table->key != KEY_NONE) {
		amp_str_add(sql, key_name(table));
		before = ", ";
	}
	for (int i = 0; i < table->ncolumns; i++) {
		const struct column *column = &table->columns[i];
		if (column->dead || column->generated_from != NONE || i == without)
			continue;
		amp_str_addf(sql, "%s%s", before, column->name);
		before = ", ";
	}
}

static void touch_rebuilt(
	struct state *state, struct migration *migration, struct table *table)
{
	touch_name(migration, 'B', table->name);
	touch_hung(migration, 'B', table, NONE);
	for (int i = 0; i < table->ncolumns; i++) {
		const struct column *column = &table->columns[i];
		if (column->dead)
			continue;
		touch_column(migration, 'r', table, i);
		if (column->parent != NONE)
			touch_name(migration, 'F', state->tables[column->parent].name);
	}
}

/* DROP TABLE took it along. */
static void hang_again(
	struct state *state, struct migration *migration, const struct hanger *hanger)
{
	if (hanger->what == INDEX)
		write_index(state, &migration->sql, hanger);
	if (hanger->what != TRIGGER)
		return;
	const struct table *sink = &state->tables[hanger->other];
	write_trigger(state, &migration->sql, hanger);
	touch_name(migration, 'S', sink->name);
	touch_column(migration, 'r', sink, hanger->other_column);
}

/* As the documentation of SQLite has it, with a new column in front. */
bool rebuild_table(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, may_be_rebuilt);
	if (!table)
		return false;
	take(state, table);
	touch_rebuilt(state, migration, table);
	settle_column(state, new_column(state, table, some_type(state)));
	int added = table->ncolumns - 1;
	touch_column(migration, 'c', table, added);
	struct amp_str *sql = &migration->sql;
	amp_str_addf(sql, "CREATE TABLE %s_new (", table->name);
	write_columns(state, sql, table, added);
	amp_str_add(sql, ")");
	write_options(sql, table);
	amp_str_addf(sql, ";\nINSERT INTO %s_new (", table->name);
	write_list(sql, table, added);
	amp_str_add(sql, ") SELECT ");
	write_list(sql, table, added);
	amp_str_addf(sql,
		" FROM %1$s;\nDROP TABLE %1$s;\nALTER TABLE %1$s_new RENAME TO %1$s;\n",
		table->name);
	for (int i = 0; i < state->nhangers; i++) {
		const struct hanger *hanger = &state->hangers[i];
		if (hanger->live && hanger->table == table->number)
			hang_again(state, migration, hanger);
	}
	return true;
}
