#include "tests/proofs/state.h"

#include <stdio.h>
#include <string.h>

struct table *pick_table(struct state *state, table_filter *fits)
{
	struct table *found[TABLES];
	int count = 0;
	if (state->ntables && dice_chance(state->dice, state->recent)) {
		struct table *last = &state->tables[state->last];
		if (last->live && !last->taken && fits(last))
			return last;
	}
	for (int i = 0; i < state->ntables; i++) {
		struct table *table = &state->tables[i];
		if (table->live && !table->taken && fits(table))
			found[count++] = table;
	}
	return count ? found[dice_below(state->dice, count)] : NULL;
}

int pick_column(struct state *state, const struct table *table, column_filter *fits)
{
	int found[COLUMNS], count = 0;
	for (int i = 0; i < table->ncolumns; i++)
		if (!table->columns[i].dead && fits(&table->columns[i]))
			found[count++] = i;
	return count ? found[dice_below(state->dice, count)] : NONE;
}

struct hanger *pick_hanger(struct state *state, int what, bool unused)
{
	struct hanger *found[HANGERS];
	int count = 0;
	for (int i = 0; i < state->nhangers; i++) {
		struct hanger *hanger = &state->hangers[i];
		if (hanger->live && (int)hanger->what == what &&
			(!unused || hanger->users == 0))
			found[count++] = hanger;
	}
	return count ? found[dice_below(state->dice, count)] : NULL;
}

void take(struct state *state, struct table *table)
{
	table->taken = true;
	state->last = table->number;
}

const char *key_name(const struct table *table)
{
	return table->key == KEY_TEXT ? "code" : table->key == KEY_NONE ? NULL : "id";
}

void fresh_value(struct state *state, char type, char out[NAME])
{
	long number = state->next++;
	if (type == 'I')
		snprintf(out, NAME, "%ld", number);
	else if (type == 'R')
		snprintf(out, NAME, "%ld.5", number);
	else
		snprintf(out, NAME, "'v%ld'", number);
}

void touch_name(struct migration *migration, char mode, const char *name)
{
	touch_add(migration, mode, name, NULL, "n:%s", name);
}

static const char *dotted(
	char out[2 * NAME], const struct table *table, const char *column)
{
	snprintf(out, 2 * NAME, "%s.%s", table->name, column);
	return out;
}

void touch_column(
	struct migration *migration, char mode, const struct table *table, int column)
{
	char object[2 * NAME];
	const char *name = table->columns[column].name;
	touch_add(migration, mode, dotted(object, table, name), NULL, "c:%d.%s",
		table->number, name);
}

void touch_hung(
	struct migration *migration, char mode, const struct table *table, int column)
{
	touch_add(migration, mode, table->name, NULL, "h:%d.%d", table->number, column);
}

void touch_rows(struct migration *migration, char mode, const struct table *table)
{
	touch_add(migration, mode, table->name, NULL, "r:%d", table->number);
}

void touch_row(
	struct migration *migration, char mode, const struct table *table, long key)
{
	touch_add(migration, mode, table->name, NULL, "k:%d.%ld", table->number, key);
}

void touch_values(
	struct migration *migration, char mode, const struct table *table, int column)
{
	char object[2 * NAME];
	touch_add(migration, mode, dotted(object, table, table->columns[column].name),
		NULL, "d:%d.%d", table->number, column);
}

void touch_event(struct migration *migration, char mode, const struct table *table,
	enum event event, const char *also)
{
	touch_add(
		migration, mode, table->name, also, "f:%d.%d", table->number, (int)event);
}

static const char *type_name(char type)
{
	return type == 'I' ? "INTEGER" : type == 'R' ? "REAL" : "TEXT";
}

void write_column(const struct state *state, struct amp_str *sql,
	const struct table *table, int column)
{
	const struct column *c = &table->columns[column];
	amp_str_addf(sql, "%s %s", c->name, type_name(c->type));
	if (c->generated_from != NONE)
		amp_str_addf(sql, " GENERATED ALWAYS AS (%s || '!') %s",
			table->columns[c->generated_from].name,
			c->stored ? "STORED" : "VIRTUAL");
	if (c->not_null)
		amp_str_add(sql, " NOT NULL");
	if (c->fallback[0])
		amp_str_addf(sql, " DEFAULT %s", c->fallback);
	if (c->unique)
		amp_str_add(sql, " UNIQUE");
	if (c->check)
		amp_str_addf(sql, " CHECK (%s <> '?')", c->name);
	if (c->parent != NONE)
		amp_str_addf(sql, " REFERENCES %s (id)", state->tables[c->parent].name);
}

/* The list of a CREATE TABLE; `first`: a column to stand in front, or NONE. */
void write_columns(const struct state *state, struct amp_str *sql,
	const struct table *table, int first)
{
	const char *before = "";
	if (first != NONE) {
		write_column(state, sql, table, first);
		before = ", ";
	}
	if (table->key != KEY_NONE) {
		amp_str_addf(sql, "%s%s %s PRIMARY KEY%s", before, key_name(table),
			table->key == KEY_TEXT ? "TEXT" : "INTEGER",
			table->autoincrement ? " AUTOINCREMENT" : "");
		before = ", ";
	}
	for (int i = 0; i < table->ncolumns; i++) {
		if (table->columns[i].dead || i == first)
			continue;
		amp_str_add(sql, before);
		write_column(state, sql, table, i);
		before = ", ";
	}
}

void write_options(struct amp_str *sql, const struct table *table)
{
	amp_str_add(sql, table->without_rowid ? " WITHOUT ROWID" : "");
	amp_str_add(sql, table->without_rowid && table->strict ? "," : "");
	amp_str_add(sql, table->strict ? " STRICT" : "");
}

void write_index(
	const struct state *state, struct amp_str *sql, const struct hanger *index)
{
	const struct table *table = &state->tables[index->table];
	const char *column = table->columns[index->column].name;
	amp_str_addf(sql, "CREATE %sINDEX %s ON %s (", index->form == 3 ? "UNIQUE " : "",
		index->name, table->name);
	if (index->form == 2)
		amp_str_addf(sql, "lower(%s));\n", column);
	else if (index->form == 1)
		amp_str_addf(sql, "%s DESC) WHERE %s IS NOT NULL;\n", column, column);
	else
		amp_str_addf(sql, "%s);\n", column);
}

void write_trigger(
	const struct state *state, struct amp_str *sql, const struct hanger *trigger)
{
	static const char *const events[] = {"INSERT", "UPDATE", "DELETE"};
	const struct table *table = &state->tables[trigger->table];
	const struct table *sink = &state->tables[trigger->other];
	amp_str_addf(sql, "CREATE TRIGGER %s AFTER %s ON %s\nBEGIN\n", trigger->name,
		events[trigger->event], table->name);
	amp_str_addf(sql, "  INSERT INTO %s (%s) VALUES ('%s'", sink->name,
		sink->columns[trigger->other_column].name, trigger->name);
	if (trigger->column != NONE)
		amp_str_addf(sql, " || coalesce(%s.%s, '-')",
			trigger->event == ON_DELETE ? "old" : "new",
			table->columns[trigger->column].name);
	amp_str_add(sql, ");\nEND;\n");
}
