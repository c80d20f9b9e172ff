#include "tests/rebuilds/rebuild.h"

#include <stdio.h>
#include <string.h>

const char *const plant_names[PLANTS] = {"sound", "where", "limit", "join", "or ignore",
	"or replace", "group by", "column forgotten", "counter forgotten",
	"index forgotten", "trigger forgotten", "key forgotten"};
const char *const style_names[STYLES] = {"careful", "legacy_alter_table", "rename first",
	"rename first, legacy_alter_table", "foreign-keys=on"};

/* A column that nothing names, that may be left out or changed; NULL: there is none. */
static struct column *find_free(struct table *table)
{
	for (int i = table->ncolumns - 1; i > 0; i--)
		if (!table->columns[i].used && !table->columns[i].generated)
			return &table->columns[i];
	return NULL;
}

static void change(struct dice *dice, struct rebuild *rebuild)
{
	struct table *after = &rebuild->after;
	struct column *free = find_free(after);
	if (rebuild->change == ADD && after->ncolumns < COLUMNS) {
		struct column *added = &after->columns[after->ncolumns++];
		*added = (struct column){
			.name = "added", .type = "TEXT", .rules = "DEFAULT 'x'"};
	} else if (rebuild->change == DROP && free) {
		size_t behind = (size_t)(&after->columns[--after->ncolumns] - free);
		memmove(free, free + 1, behind * sizeof(*free));
	} else if (rebuild->change == REORDER && after->ncolumns > 1) {
		struct column *one =
			&after->columns[1 + dice_below(dice, after->ncolumns - 1)];
		struct column *two =
			&after->columns[1 + dice_below(dice, after->ncolumns - 1)];
		struct column kept = *one;
		*one = *two;
		*two = kept;
	}
}

static const struct column *find_column(const struct table *table, const char *name)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (!strcmp(table->columns[i].name, name))
			return &table->columns[i];
	return NULL;
}

/* The columns that both have, as the copy names them. */
static void write_columns(
	const struct rebuild *rebuild, const char *nothing, struct amp_str *sql)
{
	const char *comma = "";
	if (rebuild->rowids) {
		amp_str_add(sql, "rowid");
		comma = ", ";
	}
	for (int i = 0; i < rebuild->after.ncolumns; i++) {
		const struct column *column = &rebuild->after.columns[i];
		if (column->generated || !find_column(&rebuild->before, column->name))
			continue;
		if (nothing && !strcmp(nothing, column->name))
			amp_str_addf(sql, "%sNULL", comma);
		else
			amp_str_addf(sql, "%s\"%s\"", comma, column->name);
		comma = ", ";
	}
}

static bool is_same(const struct rebuild *rebuild)
{
	for (int i = 0; i < rebuild->before.ncolumns; i++)
		if (rebuild->before.columns[i].generated)
			return false;
	return rebuild->change == SAME && !rebuild->rowids;
}

/* What stands behind FROM, where rows are to be lost. */
static void write_condition(const struct schema *schema, const struct rebuild *rebuild,
	const char *from, struct amp_str *sql)
{
	const char *own[2];
	const char *last = own[schema_key_columns(&rebuild->before, own) - 1];
	const struct key *key = &rebuild->before.keys[0];
	struct table after = rebuild->after;
	switch (rebuild->plant) {
	case LOSE_WHERE:
		amp_str_addf(sql, " WHERE \"%s\" <> (SELECT max(\"%s\") FROM \"%s\")",
			last, last, from);
		break;
	case LOSE_LIMIT:
		amp_str_addf(sql, " LIMIT (SELECT count(*) / 2 FROM \"%s\")", from);
		break;
	case LOSE_JOIN:
		amp_str_add(sql, " WHERE EXISTS (SELECT 1 FROM ");
		/* at itself: the table has another name now perhaps */
		amp_str_addf(sql, "\"%s\" AS p WHERE p.\"%s\" = \"%s\".\"%s\")",
			key->parent == rebuild->table ? from
						      : schema->tables[key->parent].name,
			key->to[0], from, key->from[0]);
		break;
	case LOSE_GROUP:
		amp_str_addf(sql, " GROUP BY \"%s\"", find_free(&after)->name);
		break;
	default:
		break;
	}
}

static void write_copy(struct schema *schema, const struct rebuild *rebuild,
	const char *from, const char *to, struct amp_str *sql)
{
	struct table after = rebuild->after;
	const char *how = rebuild->plant == LOSE_IGNORE ? " OR IGNORE"
		: rebuild->plant == LOSE_REPLACE        ? " OR REPLACE"
							: "";
	const char *nothing =
		rebuild->plant == LOSE_VALUE ? find_free(&after)->name : NULL;
	bool whole = is_same(rebuild) && !nothing && dice_chance(schema->dice, 50);
	bool parts = rebuild->plant == SOUND && schema_has_rowid(&rebuild->before) &&
		dice_chance(schema->dice, 15);
	for (int part = 0; part <= parts; part++) {
		amp_str_addf(sql, "INSERT%s INTO \"%s\"", how, to);
		if (!whole) {
			amp_str_add(sql, " (");
			write_columns(rebuild, NULL, sql);
			amp_str_add(sql, ")");
		}
		amp_str_add(sql, " SELECT ");
		if (whole)
			amp_str_add(sql, "*");
		else
			write_columns(rebuild, nothing, sql);
		amp_str_addf(sql, " FROM \"%s\"", from);
		if (parts)
			amp_str_addf(sql, " WHERE rowid %% 2 %s 0", part ? "<>" : "=");
		write_condition(schema, rebuild, from, sql);
		amp_str_add(sql, ";\n");
	}
	if (rebuild->before.identity == BY_COUNTER && rebuild->plant != LOSE_COUNTER)
		amp_str_addf(sql,
			"DELETE FROM sqlite_sequence WHERE name = '%s';\n"
			"INSERT INTO sqlite_sequence SELECT '%s', seq FROM sqlite_sequence "
			"WHERE name = '%s';\n",
			to, to, from);
}

static bool is_on(const struct thing *thing, int table)
{
	return thing->what != VIEW && thing->table == table;
}

/* The careful way: what names the table goes first, last made first. */
static void write_down(
	const struct schema *schema, const struct rebuild *rebuild, struct amp_str *sql)
{
	for (int i = schema->nthings; i-- > 0;) {
		const struct thing *thing = &schema->things[i];
		if (thing->what == INDEX || is_on(thing, rebuild->table) ||
			!schema_uses(schema, thing, rebuild->table))
			continue;
		amp_str_addf(sql, "DROP %s \"%s\";\n",
			thing->what == VIEW ? "VIEW" : "TRIGGER", thing->name);
	}
}

static bool is_forgotten(const struct rebuild *rebuild, const struct thing *thing)
{
	return (rebuild->plant == FORGET_INDEX && thing->what == INDEX) ||
		(rebuild->plant == FORGET_TRIGGER && thing->what == TRIGGER);
}

static void write_up(const struct schema *schema, const struct rebuild *rebuild,
	bool careful, struct amp_str *sql)
{
	bool forgotten = false;
	for (int i = 0; i < schema->nthings; i++) {
		const struct thing *thing = &schema->things[i];
		bool on = is_on(thing, rebuild->table);
		if (on && !forgotten && is_forgotten(rebuild, thing)) {
			forgotten = true;
			continue;
		}
		if (on ||
			(careful && thing->what != INDEX &&
				schema_uses(schema, thing, rebuild->table)))
			amp_str_addf(sql, "%s;\n", thing->sql);
	}
}

static void write_rebuild(
	struct schema *schema, const struct rebuild *rebuild, struct amp_str *sql)
{
	char from[2 * NAME], to[2 * NAME];
	const char *name = rebuild->before.name;
	bool careful = rebuild->style == CAREFUL || rebuild->style == KEYS_ON;
	bool first =
		rebuild->style == RENAME_FIRST || rebuild->style == RENAME_FIRST_LEGACY;
	bool legacy = rebuild->style == LEGACY || rebuild->style == RENAME_FIRST_LEGACY;
	snprintf(from, sizeof(from), "%s%s", name, first ? "_old" : "");
	snprintf(to, sizeof(to), "%s%s", name, first ? "" : "_new");
	if (legacy)
		amp_str_add(sql, "PRAGMA legacy_alter_table = ON;\n");
	if (careful)
		write_down(schema, rebuild, sql);
	if (first)
		amp_str_addf(sql, "ALTER TABLE \"%s\" RENAME TO \"%s\";\n", name, from);
	schema_write_table(schema, &rebuild->after, to, sql);
	write_copy(schema, rebuild, from, to, sql);
	amp_str_addf(sql, "DROP TABLE \"%s\";\n", from);
	if (!first)
		amp_str_addf(sql, "ALTER TABLE \"%s\" RENAME TO \"%s\";\n", to, name);
	write_up(schema, rebuild, careful, sql);
	if (legacy)
		amp_str_add(sql, "PRAGMA legacy_alter_table = OFF;\n");
}

static bool has_on_it(const struct schema *schema, int table, unsigned what)
{
	for (int i = 0; i < schema->nthings; i++)
		if (schema->things[i].what == what && is_on(&schema->things[i], table))
			return true;
	return false;
}

/* Can this be lost here at all? */
static bool can_plant(const struct schema *schema, int at, enum plant plant)
{
	struct table table = schema->tables[at];
	switch (plant) {
	case LOSE_JOIN:
	case FORGET_KEY:
		return table.nkeys > 0;
	case LOSE_IGNORE:
	case LOSE_REPLACE:
	case LOSE_GROUP:
	case LOSE_VALUE:
		return find_free(&table) != NULL;
	case LOSE_COUNTER:
		return table.identity == BY_COUNTER;
	case FORGET_INDEX:
		return has_on_it(schema, at, INDEX);
	case FORGET_TRIGGER:
		return has_on_it(schema, at, TRIGGER);
	default:
		return true;
	}
}

static void plant(struct rebuild *rebuild)
{
	struct column *free = find_free(&rebuild->after);
	if (rebuild->plant != SOUND)
		rebuild->change = SAME;
	if (rebuild->plant == LOSE_IGNORE || rebuild->plant == LOSE_REPLACE)
		strcat(free->rules, " UNIQUE");
	if (rebuild->plant == FORGET_KEY)
		rebuild->after.nkeys--;
}

/* Mostly sound ones. */
static enum style think_of_style(struct dice *dice)
{
	static const int weights[STYLES] = {45, 26, 6, 9, 14};
	int at = dice_below(dice, 100), style = 0;
	while (at >= weights[style])
		at -= weights[style++];
	return (enum style)style;
}

static void think_of(struct schema *schema, struct rebuilds *rebuilds, int at)
{
	struct dice *dice = schema->dice;
	struct rebuild *rebuild = &rebuilds->items[rebuilds->count++];
	*rebuild = (struct rebuild){.table = at,
		.before = schema->tables[at],
		.after = schema->tables[at],
		.style = think_of_style(dice),
		.change = (enum change)dice_below(dice, CHANGES)};
	if (rebuilds->count == 1 && can_plant(schema, at, rebuilds->plant))
		rebuild->plant = rebuilds->plant;
	else if (rebuilds->count == 1)
		rebuilds->plant = SOUND;
	/* a plant that is to be seen alone */
	if (rebuild->plant != SOUND && rebuild->style != LEGACY)
		rebuild->style = CAREFUL;
	bool hidden = schema_has_rowid(&rebuild->before) &&
		rebuild->before.identity != BY_NUMBER &&
		rebuild->before.identity != BY_COUNTER;
	rebuild->rowids = hidden && dice_chance(dice, 60);
	plant(rebuild);
	change(dice, rebuild);
}

static bool is_taken(const struct rebuilds *rebuilds, int table)
{
	for (int i = 0; i < rebuilds->count; i++)
		if (rebuilds->items[i].table == table)
			return true;
	return false;
}

void rebuilds_make(struct rebuilds *rebuilds, struct schema *schema, int planted)
{
	struct dice *dice = schema->dice;
	*rebuilds = (struct rebuilds){.apart = dice_chance(dice, 40)};
	if (dice_chance(dice, planted))
		rebuilds->plant = (enum plant)(1 + dice_below(dice, PLANTS - 1));
	int wanted = dice_chance(dice, 60) ? 1 : 2 + dice_below(dice, 2);
	for (int tries = 0; rebuilds->count < wanted && tries < 9; tries++) {
		int at = dice_below(dice, schema->ntables);
		if (is_taken(rebuilds, at))
			continue;
		int slot = rebuilds->apart ? rebuilds->count : 0;
		think_of(schema, rebuilds, at);
		const struct rebuild *rebuild = &rebuilds->items[rebuilds->count - 1];
		rebuilds->nmigrations = slot + 1;
		rebuilds->keys_on[slot] |= rebuild->style == KEYS_ON;
		write_rebuild(schema, rebuild, &rebuilds->sql[slot]);
		schema->tables[at] = rebuild->after;
	}
}

void rebuilds_deinit(struct rebuilds *rebuilds)
{
	for (int i = 0; i < 3; i++)
		amp_str_deinit(&rebuilds->sql[i]);
}
