#include <stdio.h>

#include "tests/proofs/operations.h"

static struct hanger *new_hanger(
	struct state *state, struct migration *migration, int what, const char *letter)
{
	if (state->nhangers == HANGERS)
		return NULL;
	struct hanger *hanger = &state->hangers[state->nhangers++];
	*hanger = (struct hanger){.live = true,
		.table = NONE,
		.column = NONE,
		.other = NONE,
		.other_column = NONE,
		.view = NONE};
	hanger->what = what;
	snprintf(hanger->name, NAME, "%s%ld", letter, state->next++);
	touch_name(migration, 'C', hanger->name);
	return hanger;
}

static bool is_any(const struct column *column)
{
	return !column->dead;
}

static bool is_single(const struct column *column)
{
	return !column->twins && column->generated_from == NONE;
}

bool index_table(struct state *state, struct migration *migration, struct table *table)
{
	int form = dice_below(state->dice, 4);
	int column = pick_column(state, table, form == 3 ? is_single : is_any);
	if (column == NONE)
		return false;
	struct hanger *index = new_hanger(state, migration, INDEX, "i");
	if (!index)
		return false;
	index->table = table->number;
	index->column = column;
	index->form = form;
	table->columns[column].uses++;
	if (form == 3)
		table->columns[column].unique = true;
	touch_name(migration, 'S', table->name);
	touch_column(migration, 'r', table, column);
	write_index(state, &migration->sql, index);
	return true;
}

static bool is_ordinary(const struct table *table)
{
	return table->kind == PLAIN || table->kind == SINK;
}

bool make_index(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, is_ordinary);
	if (!table || !index_table(state, migration, table))
		return false;
	take(state, table);
	return true;
}

/* A view selects this column; returns it. */
static int see(struct state *state, struct migration *migration, struct table *table)
{
	int column = pick_column(state, table, is_any);
	table->users++;
	table->columns[column].uses++;
	touch_name(migration, 'S', table->name);
	touch_column(migration, 'r', table, column);
	return column;
}

static void view_on_view(struct state *state, struct migration *migration,
	struct hanger *view, struct hanger *on)
{
	view->view = (int)(on - state->hangers);
	on->users++;
	touch_name(migration, 'S', on->name);
	amp_str_addf(&migration->sql,
		"CREATE VIEW %1$s AS SELECT %2$s.%2$s_a AS %1$s_a FROM %2$s;\n",
		view->name, on->name);
}

static void view_on_tables(struct state *state, struct migration *migration,
	struct hanger *view, struct table *table, struct table *other)
{
	view->table = table->number;
	view->column = see(state, migration, table);
	const char *column = table->columns[view->column].name;
	if (!other) {
		amp_str_addf(&migration->sql,
			"CREATE VIEW %1$s AS SELECT %2$s.%3$s AS %1$s_a FROM %2$s "
			"WHERE %2$s.%3$s IS NOT NULL;\n",
			view->name, table->name, column);
		return;
	}
	view->other = other->number;
	view->other_column = see(state, migration, other);
	amp_str_addf(&migration->sql,
		"CREATE VIEW %1$s AS SELECT %2$s.%3$s AS %1$s_a, count(*) AS %1$s_n "
		"FROM %2$s LEFT JOIN %4$s ON %4$s.%5$s = %2$s.%3$s GROUP BY 1;\n",
		view->name, table->name, column, other->name,
		other->columns[view->other_column].name);
}

bool make_view(struct state *state, struct migration *migration)
{
	struct hanger *on =
		dice_chance(state->dice, 40) ? pick_hanger(state, VIEW, false) : NULL;
	struct table *table = pick_table(state, is_ordinary);
	if (!table && !on)
		return false;
	struct hanger *view = new_hanger(state, migration, VIEW, "v");
	if (!view)
		return false;
	if (on) {
		view_on_view(state, migration, view, on);
		return true;
	}
	take(state, table);
	struct table *other =
		dice_chance(state->dice, 40) ? pick_table(state, is_ordinary) : NULL;
	if (other)
		take(state, other);
	view_on_tables(state, migration, view, table, other);
	return true;
}

static bool is_plain(const struct table *table)
{
	return table->kind == PLAIN;
}

static bool is_sink(const struct table *table)
{
	return table->kind == SINK;
}

static bool is_written(const struct column *column)
{
	return column->generated_from == NONE;
}

/* A text that a trigger may fill. */
static bool is_note(const struct column *column)
{
	return column->type == 'T' && column->generated_from == NONE &&
		column->parent == NONE && !column->unique;
}

bool make_trigger(struct state *state, struct migration *migration)
{
	struct table *table = pick_table(state, is_plain);
	struct table *sink = pick_table(state, is_sink);
	int note = sink ? pick_column(state, sink, is_note) : NONE;
	if (!table || note == NONE)
		return false;
	struct hanger *trigger = new_hanger(state, migration, TRIGGER, "g");
	if (!trigger)
		return false;
	take(state, table);
	trigger->table = table->number;
	trigger->other = sink->number;
	trigger->other_column = note;
	trigger->event = dice_below(state->dice, 3);
	sink->users++;
	sink->columns[note].uses++;
	sink->columns[note].twins = true;
	touch_name(migration, 'S', table->name);
	touch_event(migration, 'H', table, trigger->event, sink->name);
	touch_name(migration, 'S', sink->name);
	touch_column(migration, 'r', sink, note);
	if (dice_chance(state->dice, 50)) {
		trigger->column = pick_column(state, table, is_written);
		if (trigger->column != NONE) {
			table->columns[trigger->column].uses++;
			touch_column(migration, 'r', table, trigger->column);
		}
	}
	write_trigger(state, &migration->sql, trigger);
	return true;
}

/* It no longer uses what it used; `modes`: how that touches the table and the column. */
static void let_go(struct state *state, struct migration *migration, int number,
	int column, const char *modes)
{
	if (number == NONE)
		return;
	struct table *table = &state->tables[number];
	table->users -= modes[0] == 'Z';
	touch_name(migration, modes[0], table->name);
	touch_hung(migration, modes[0], table, NONE);
	if (column == NONE)
		return;
	table->columns[column].uses--;
	touch_column(migration, modes[1], table, column);
	touch_hung(migration, modes[1], table, column);
}

static struct hanger *drop_hanger(
	struct state *state, struct migration *migration, int what, const char *word)
{
	struct hanger *hanger = pick_hanger(state, what, true);
	if (!hanger || (hanger->table != NONE && state->tables[hanger->table].taken))
		return NULL;
	hanger->live = false;
	touch_name(migration, 'K', hanger->name);
	let_go(state, migration, hanger->table, hanger->column,
		what == VIEW ? "Zz" : "Yz");
	let_go(state, migration, hanger->other, hanger->other_column,
		what == VIEW ? "Zz" : "Zy");
	amp_str_addf(&migration->sql, "DROP %s %s;\n", word, hanger->name);
	if (hanger->table != NONE)
		take(state, &state->tables[hanger->table]);
	return hanger;
}

bool drop_index(struct state *state, struct migration *migration)
{
	return drop_hanger(state, migration, INDEX, "INDEX") != NULL;
}

bool drop_view(struct state *state, struct migration *migration)
{
	struct hanger *view = drop_hanger(state, migration, VIEW, "VIEW");
	if (!view)
		return false;
	if (view->view != NONE) {
		state->hangers[view->view].users--;
		touch_name(migration, 'Z', state->hangers[view->view].name);
	}
	return true;
}

bool drop_trigger(struct state *state, struct migration *migration)
{
	struct hanger *trigger = drop_hanger(state, migration, TRIGGER, "TRIGGER");
	if (!trigger)
		return false;
	touch_event(migration, 'H', &state->tables[trigger->table], trigger->event,
		state->tables[trigger->other].name);
	return true;
}
