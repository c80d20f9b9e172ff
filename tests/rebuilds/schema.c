#include "tests/rebuilds/schema.h"

#include <stdio.h>
#include <string.h>

int schema_key_columns(const struct table *table, const char *out[2])
{
	switch (table->identity) {
	case BY_ROWID:
		out[0] = "u";
		return 1;
	case BY_NUMBER:
	case BY_COUNTER:
		out[0] = "id";
		return 1;
	case BY_TEXT:
	case BY_TEXT_ALONE:
		out[0] = "code";
		return 1;
	default:
		out[0] = "k1";
		out[1] = "k2";
		return 2;
	}
}

bool schema_has_rowid(const struct table *table)
{
	return table->identity != BY_TEXT_ALONE && table->identity != BY_PAIR_ALONE;
}

static struct column *add_column(
	struct table *table, const char *name, const char *type, const char *rules)
{
	struct column *column = &table->columns[table->ncolumns++];
	*column = (struct column){.used = *rules != '\0'};
	snprintf(column->name, NAME, "%s", name);
	snprintf(column->type, sizeof(column->type), "%s", type);
	snprintf(column->rules, sizeof(column->rules), "%s", rules);
	return column;
}

static const char *pick(struct dice *dice, const char *const *words, int count)
{
	return words[dice_below(dice, count)];
}
#define PICK(dice, words) pick(dice, words, (int)(sizeof(words) / sizeof(*(words))))

/* The columns that tell rows apart. */
static void add_identity(struct schema *schema, struct table *table)
{
	const char *collation = dice_chance(schema->dice, 20) ? " COLLATE NOCASE" : "";
	char rules[80];
	switch (table->identity) {
	case BY_ROWID:
		add_column(table, "u", "INTEGER", "UNIQUE");
		break;
	case BY_NUMBER:
		add_column(table, "id", "INTEGER", "PRIMARY KEY");
		break;
	case BY_COUNTER:
		add_column(table, "id", "INTEGER", "PRIMARY KEY AUTOINCREMENT");
		break;
	case BY_TEXT:
	case BY_TEXT_ALONE:
		snprintf(rules, sizeof(rules), "PRIMARY KEY%s NOT NULL", collation);
		add_column(table, "code", "TEXT", rules);
		break;
	default:
		add_column(table, "k1", "INTEGER", "NOT NULL");
		add_column(table, "k2", "TEXT", "NOT NULL");
	}
}

static void add_plain(struct schema *schema, struct table *table, int number)
{
	static const char *const loose[] = {
		"INTEGER", "TEXT", "REAL", "BLOB", "NUMERIC", "VARCHAR(9)", ""};
	static const char *const strict[] = {"INTEGER", "TEXT", "REAL", "BLOB", "ANY"};
	static const char *const defaults[] = {"", "", "", "DEFAULT NULL",
		"DEFAULT (lower('X') || 1)", "DEFAULT CURRENT_TIMESTAMP",
		"DEFAULT (abs(-7))"};
	struct dice *dice = schema->dice;
	char name[NAME], rules[160] = "";
	bool typed = table->strict;
	const char *type = typed ? PICK(dice, strict) : PICK(dice, loose);
	snprintf(name, NAME, "%s%d", dice_chance(dice, 10) ? "odd name " : "c", number);
	if (!typed)
		snprintf(rules, sizeof(rules), "%s", PICK(dice, defaults));
	if (dice_chance(dice, 15) && !strcmp(type, "TEXT"))
		strcat(rules,
			dice_chance(dice, 50) ? " COLLATE NOCASE" : " COLLATE RTRIM");
	if (dice_chance(dice, 12))
		snprintf(rules + strlen(rules), sizeof(rules) - strlen(rules),
			" CHECK (\"%s\" IS NULL OR length(\"%s\") < 99999)", name, name);
	if (dice_chance(dice, 10))
		strcat(rules, " UNIQUE");
	add_column(table, name, type, rules)->used = strstr(rules, "UNIQUE") != NULL;
}

static void add_generated(struct schema *schema, struct table *table)
{
	struct column *from = &table->columns[table->ncolumns - 1];
	char rules[160];
	snprintf(rules, sizeof(rules),
		"GENERATED ALWAYS AS (coalesce(\"%s\", '') || '!') %s", from->name,
		dice_chance(schema->dice, 50) ? "STORED" : "VIRTUAL");
	from->used = true;
	add_column(table, "made", "TEXT", rules)->generated = true;
}

static void add_table(struct schema *schema)
{
	static const char *const names[] = {
		"users", "order", "Item", "a b", "gr\u00fcn", "select", "likes"};
	struct table *table = &schema->tables[schema->ntables];
	*table = (struct table){0};
	snprintf(table->name, NAME, "%s", names[schema->ntables++]);
	table->identity = (enum identity)dice_below(schema->dice, IDENTITIES);
	table->strict = dice_chance(schema->dice, 20);
	add_identity(schema, table);
	for (int i = 0, count = dice_below(schema->dice, 4) + 1; i < count; i++)
		add_plain(schema, table, i);
	if (dice_chance(schema->dice, 25))
		add_generated(schema, table);
}

static void write_actions(struct dice *dice, char out[96])
{
	static const char *const actions[] = {
		"CASCADE", "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"};
	*out = '\0';
	if (dice_chance(dice, 70))
		snprintf(out, 96, " ON DELETE %s", PICK(dice, actions));
	if (dice_chance(dice, 40))
		snprintf(out + strlen(out), 96 - strlen(out), " ON UPDATE %s",
			PICK(dice, actions));
	if (dice_chance(dice, 25))
		strcat(out, " DEFERRABLE INITIALLY DEFERRED");
}

/* Points anywhere: at itself, at earlier ones and at later ones, so that circles come. */
static void add_key(struct schema *schema, struct table *table)
{
	struct key *key = &table->keys[table->nkeys];
	*key = (struct key){.parent = dice_below(schema->dice, schema->ntables)};
	const struct table *parent = &schema->tables[key->parent];
	const char *to[2];
	key->count = schema_key_columns(parent, to);
	if (table->nkeys == KEYS || table->ncolumns + key->count > COLUMNS)
		return;
	for (int i = 0; i < key->count; i++) {
		snprintf(key->to[i], NAME, "%s", to[i]);
		snprintf(key->from[i], NAME, "f%d_%s", table->nkeys, to[i]);
		bool text = !strcmp(to[i], "code") || !strcmp(to[i], "k2");
		add_column(table, key->from[i], text ? "TEXT" : "INTEGER", "")->used =
			true;
	}
	write_actions(schema->dice, key->actions);
	table->nkeys++;
}

static struct thing *add_thing(struct schema *schema, int what)
{
	struct thing *thing = &schema->things[schema->nthings++];
	*thing = (struct thing){.what = (unsigned)what, .table = -1, .view = -1};
	snprintf(thing->name, NAME, "%s_%d",
		what == INDEX          ? "by"
			: what == VIEW ? "view"
				       : "trigger",
		schema->next++);
	return thing;
}

static struct column *some_column(struct schema *schema, struct table *table)
{
	struct column *column =
		&table->columns[dice_below(schema->dice, table->ncolumns)];
	column->used = true;
	return column;
}

static void add_index(struct schema *schema)
{
	int at = dice_below(schema->dice, schema->ntables);
	struct table *table = &schema->tables[at];
	struct thing *thing = add_thing(schema, INDEX);
	const char *column = some_column(schema, table)->name;
	const char *other = some_column(schema, table)->name;
	thing->table = at;
	thing->uses = 1u << at;
	thing->partial = dice_chance(schema->dice, 25);
	if (dice_chance(schema->dice, 25))
		snprintf(thing->sql, sizeof(thing->sql),
			"CREATE INDEX \"%s\" ON \"%s\" (lower(\"%s\") || 'x', \"%s\" DESC)",
			thing->name, table->name, column, other);
	else
		snprintf(thing->sql, sizeof(thing->sql),
			"CREATE INDEX \"%s\" ON \"%s\" (\"%s\" COLLATE NOCASE, \"%s\")",
			thing->name, table->name, column, other);
	/* by what tells rows apart, so that it can be unique */
	const char *keys[2];
	if (dice_chance(schema->dice, 20) && schema_key_columns(table, keys) == 1)
		snprintf(thing->sql, sizeof(thing->sql),
			"CREATE UNIQUE INDEX \"%s\" ON \"%s\" (\"%s\", \"%s\")",
			thing->name, table->name, keys[0], column);
	if (thing->partial)
		snprintf(thing->sql + strlen(thing->sql),
			sizeof(thing->sql) - strlen(thing->sql),
			" WHERE \"%s\" IS NOT NULL", column);
}

static int some_view(struct schema *schema)
{
	int found = -1, count = 0;
	for (int i = 0; i < schema->nthings; i++)
		if (schema->things[i].what == VIEW &&
			dice_below(schema->dice, ++count) == 0)
			found = i;
	return found;
}

static void add_view(struct schema *schema)
{
	int on = dice_chance(schema->dice, 35) ? some_view(schema) : -1;
	int at = dice_below(schema->dice, schema->ntables);
	int other = dice_below(schema->dice, schema->ntables);
	struct table *table = &schema->tables[at], *second = &schema->tables[other];
	struct thing *thing = add_thing(schema, VIEW);
	thing->view = on;
	if (on >= 0) {
		snprintf(thing->sql, sizeof(thing->sql),
			"CREATE VIEW \"%s\" AS SELECT one, count(*) AS two FROM \"%s\" GROUP BY 1",
			thing->name, schema->things[on].name);
		return;
	}
	const char *one = some_column(schema, table)->name;
	thing->uses = 1u << at;
	if (dice_chance(schema->dice, 60)) {
		snprintf(thing->sql, sizeof(thing->sql),
			"CREATE VIEW \"%s\" AS SELECT \"%s\" AS one, 2 AS two FROM \"%s\"",
			thing->name, one, table->name);
		return;
	}
	thing->uses |= 1u << other;
	snprintf(thing->sql, sizeof(thing->sql),
		"CREATE VIEW \"%s\" AS SELECT a.\"%s\" AS one, b.\"%s\" AS two FROM \"%s\" AS a "
		"JOIN \"%s\" AS b ON typeof(a.\"%s\") = typeof(b.\"%s\")",
		thing->name, one, second->columns[0].name, table->name, second->name, one,
		second->columns[0].name);
}

/* What a trigger does: it notes something, and may name another table. */
static void write_body(struct schema *schema, struct thing *thing)
{
	int at = dice_below(schema->dice, schema->ntables);
	struct table *other = &schema->tables[at];
	char *end = thing->sql + strlen(thing->sql);
	size_t room = sizeof(thing->sql) - strlen(thing->sql);
	int form = dice_below(schema->dice, 4);
	if (form)
		thing->uses |= 1u << at;
	if (form == 1)
		snprintf(end, room, "DELETE FROM \"%s\" WHERE 0;", other->name);
	else if (form == 2)
		snprintf(end, room, "INSERT INTO note SELECT count(*) FROM \"%s\";",
			other->name);
	else if (form == 3)
		snprintf(end, room, "UPDATE \"%s\" SET \"%s\" = \"%s\" WHERE 0;",
			other->name, other->columns[0].name, other->columns[0].name);
	strcat(thing->sql,
		" INSERT INTO note SELECT * FROM note WHERE 0; "
		"INSERT INTO note VALUES ('fired'); END");
}

static void add_trigger(struct schema *schema)
{
	static const char *const events[] = {"INSERT", "DELETE", "UPDATE"};
	static const char *const times[] = {"AFTER", "BEFORE"};
	int view = dice_chance(schema->dice, 25) ? some_view(schema) : -1;
	int at = dice_below(schema->dice, schema->ntables);
	struct thing *thing = add_thing(schema, TRIGGER);
	thing->view = view;
	thing->table = view < 0 ? at : -1;
	thing->uses = view < 0 ? 1u << at : 0;
	snprintf(thing->sql, sizeof(thing->sql),
		"CREATE TRIGGER \"%s\" %s %s ON \"%s\" BEGIN ", thing->name,
		view < 0 ? PICK(schema->dice, times) : "INSTEAD OF",
		PICK(schema->dice, events),
		view < 0 ? schema->tables[at].name : schema->things[view].name);
	write_body(schema, thing);
}

bool schema_uses(const struct schema *schema, const struct thing *thing, int table)
{
	for (; thing; thing = thing->view < 0 ? NULL : &schema->things[thing->view])
		if (thing->uses >> table & 1)
			return true;
	return false;
}

/* Values by which rows are told apart, known before any row is written. */
static void think_of_values(struct schema *schema, struct table *table)
{
	static const char *const wide[] = {
		"9223372036854775806", "-9223372036854775808", "0", "-1", "4294967296"};
	table->nvalues =
		dice_chance(schema->dice, 12) ? 0 : dice_below(schema->dice, ROWS);
	for (int i = 0; i < table->nvalues; i++) {
		char *one = table->values[i][0], *two = table->values[i][1];
		bool text =
			table->identity == BY_TEXT || table->identity == BY_TEXT_ALONE;
		int number = (i + 1) * 3 + dice_below(schema->dice, 3);
		if (text)
			snprintf(one, NAME, "'%s%d'",
				dice_chance(schema->dice, 30) ? "0" : "k", number);
		else if (i < 5 && table->identity == BY_NUMBER &&
			dice_chance(schema->dice, 20))
			snprintf(one, NAME, "%s", wide[i]);
		else
			snprintf(one, NAME, "%d", number);
		snprintf(two, NAME, "'%c%d'", "aAbB "[i % 5], number);
	}
}

void schema_make(struct schema *schema, struct dice *dice)
{
	*schema = (struct schema){.dice = dice};
	int tables = dice_below(dice, TABLES - 2) + 3;
	while (schema->ntables < tables)
		add_table(schema);
	for (int i = 0; i < tables; i++)
		for (int k = dice_below(dice, KEYS); k > 0; k--)
			add_key(schema, &schema->tables[i]);
	for (int i = dice_below(dice, 10); i > 0; i--)
		add_index(schema);
	for (int i = dice_below(dice, 6); i > 0; i--)
		add_view(schema);
	for (int i = dice_below(dice, 8); i > 0; i--)
		add_trigger(schema);
	for (int i = 0; i < tables; i++)
		think_of_values(schema, &schema->tables[i]);
}

static void write_key(
	const struct schema *schema, const struct key *key, struct amp_str *sql)
{
	amp_str_add(sql, ", FOREIGN KEY (");
	for (int i = 0; i < key->count; i++)
		amp_str_addf(sql, "%s\"%s\"", i ? ", " : "", key->from[i]);
	amp_str_addf(sql, ") REFERENCES \"%s\" (", schema->tables[key->parent].name);
	for (int i = 0; i < key->count; i++)
		amp_str_addf(sql, "%s\"%s\"", i ? ", " : "", key->to[i]);
	amp_str_addf(sql, ")%s", key->actions);
}

void schema_write_table(const struct schema *schema, const struct table *table,
	const char *name, struct amp_str *sql)
{
	bool pair = table->identity == BY_PAIR || table->identity == BY_PAIR_ALONE;
	amp_str_addf(sql, "CREATE TABLE \"%s\" (", name);
	for (int i = 0; i < table->ncolumns; i++)
		amp_str_addf(sql, "%s\"%s\" %s %s", i ? ", " : "", table->columns[i].name,
			table->columns[i].type, table->columns[i].rules);
	if (pair)
		amp_str_add(sql, ", PRIMARY KEY (\"k1\", \"k2\")");
	for (int i = 0; i < table->nkeys; i++)
		write_key(schema, &table->keys[i], sql);
	amp_str_addf(sql, ")%s%s%s;\n", schema_has_rowid(table) ? "" : " WITHOUT ROWID",
		!schema_has_rowid(table) && table->strict ? "," : "",
		table->strict ? " STRICT" : "");
}

void schema_write(struct schema *schema, struct amp_str *sql)
{
	amp_str_add(sql, "CREATE TABLE note (line);\n");
	for (int i = 0; i < schema->ntables; i++)
		schema_write_table(
			schema, &schema->tables[i], schema->tables[i].name, sql);
	for (int i = 0; i < schema->nthings; i++)
		amp_str_addf(sql, "%s;\n", schema->things[i].sql);
}

/* Values that look alike, that are as large as can be, that are nothing. */
static const char *value_for(
	struct schema *schema, const struct table *table, const struct column *column)
{
	static const char *const numbers[] = {"NULL", "0", "7", "-1",
		"9223372036854775807", "-9223372036854775808", "9007199254740993"};
	static const char *const reals[] = {
		"NULL", "0.1", "-0.0", "1e308", "1.5", "2.0", "3e-300", "9e999"};
	static const char *const texts[] = {"NULL", "''", "'a'", "'A'", "'a '", "'007'",
		"'7'", "'NULL'", "'it''s'", "'gr\u00fcn'", "'1e3'",
		"'x' || char(0) || 'y'", "printf('%.3000c', 'z')"};
	static const char *const blobs[] = {
		"NULL", "x''", "x'00ff'", "x'61'", "zeroblob(5000)", "CAST('7' AS BLOB)"};
	const char *type = column->type;
	int form = dice_below(schema->dice, 4);
	if (table->strict && strcmp(type, "ANY") != 0)
		form = !strcmp(type, "INTEGER") ? 0
			: !strcmp(type, "REAL") ? 1
			: !strcmp(type, "TEXT") ? 2
						: 3;
	return form == 0    ? PICK(schema->dice, numbers)
		: form == 1 ? PICK(schema->dice, reals)
		: form == 2 ? PICK(schema->dice, texts)
			    : PICK(schema->dice, blobs);
}

/* The value of a column: of the identity, of a key, or any. */
static void write_value(struct schema *schema, const struct table *table, int row,
	const struct column *column, const int *chosen, struct amp_str *sql)
{
	const char *own[2];
	int count = schema_key_columns(table, own);
	for (int i = 0; i < count; i++)
		if (!strcmp(column->name, own[i])) {
			amp_str_add(sql, table->values[row][i]);
			return;
		}
	for (int k = 0; k < table->nkeys; k++)
		for (int i = 0; i < table->keys[k].count; i++)
			if (!strcmp(column->name, table->keys[k].from[i])) {
				const struct table *parent =
					&schema->tables[table->keys[k].parent];
				amp_str_add(sql,
					chosen[k] < 0 ? "NULL"
						      : parent->values[chosen[k]][i]);
				return;
			}
	amp_str_add(sql, value_for(schema, table, column));
}

static void write_row(
	struct schema *schema, const struct table *table, int row, struct amp_str *sql)
{
	int chosen[KEYS];
	for (int k = 0; k < table->nkeys; k++) {
		int there = schema->tables[table->keys[k].parent].nvalues;
		chosen[k] = there && dice_chance(schema->dice, 75)
			? dice_below(schema->dice, there)
			: -1;
	}
	amp_str_addf(sql, "INSERT OR IGNORE INTO \"%s\" (", table->name);
	const char *comma = "";
	for (int i = 0; i < table->ncolumns; i++)
		if (!table->columns[i].generated) {
			amp_str_addf(sql, "%s\"%s\"", comma, table->columns[i].name);
			comma = ", ";
		}
	amp_str_add(sql, ") VALUES (");
	comma = "";
	for (int i = 0; i < table->ncolumns; i++)
		if (!table->columns[i].generated) {
			amp_str_add(sql, comma);
			write_value(schema, table, row, &table->columns[i], chosen, sql);
			comma = ", ";
		}
	amp_str_add(sql, ");\n");
}

void schema_write_rows(struct schema *schema, struct amp_str *sql)
{
	for (int i = 0; i < schema->ntables; i++) {
		const struct table *table = &schema->tables[i];
		for (int row = 0; row < table->nvalues; row++)
			write_row(schema, table, row, sql);
		/* gaps; and a counter that is further than its last row */
		if (schema_has_rowid(table) && dice_chance(schema->dice, 50))
			amp_str_addf(sql,
				"DELETE FROM \"%s\" WHERE rowid %% 5 = 0 OR rowid = (SELECT "
				"max(rowid) FROM \"%s\");\n",
				table->name, table->name);
	}
}
