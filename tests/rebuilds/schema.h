/*
 * Schema: a database thought up by dice: tables with keys to each other, what hangs on
 * them, and rows. It is kept as a model, so that the SQL of a rebuild can be written.
 */
#ifndef TESTS_REBUILDS_SCHEMA_H
#define TESTS_REBUILDS_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "tests/support/dice.h"

enum { TABLES = 7, COLUMNS = 14, KEYS = 4, THINGS = 48, NAME = 24, ROWS = 26 };

/* What tells the rows of a table apart. */
enum identity {
	BY_ROWID, /* no primary key, but a UNIQUE column */
	BY_NUMBER,
	BY_COUNTER, /* AUTOINCREMENT */
	BY_TEXT,
	BY_PAIR,
	BY_TEXT_ALONE, /* WITHOUT ROWID */
	BY_PAIR_ALONE,
	IDENTITIES,
};

struct column {
	char name[NAME], type[12], rules[160];
	bool generated;
	bool used; /* something names it: it must stay */
};

struct key {
	int parent, count; /* count: of columns, 1 or 2 */
	char from[2][NAME], to[2][NAME], actions[96];
};

struct table {
	char name[NAME];
	enum identity identity;
	bool strict;
	struct column columns[COLUMNS];
	int ncolumns;
	struct key keys[KEYS];
	int nkeys;
	char values[ROWS][2][NAME]; /* of what its rows are told apart by, as SQL */
	int nvalues;
};

/* An index, a view or a trigger. */
struct thing {
	enum { INDEX, VIEW, TRIGGER } what;
	char name[NAME];
	int table;     /* that it is on; -1: on a view, or a view itself */
	int view;      /* the view that the trigger is on, or that a view reads; or -1 */
	unsigned uses; /* tables that it names, as bits */
	bool unique, partial;
	char sql[480];
};

struct schema {
	struct dice *dice;
	struct table tables[TABLES];
	int ntables;
	struct thing things[THINGS];
	int nthings;
	int next; /* number for names */
};

void schema_make(struct schema *schema, struct dice *dice);
/* The statements that make it; with rows, and what has to be cleared up, or without. */
void schema_write(struct schema *schema, struct amp_str *sql);
void schema_write_rows(struct schema *schema, struct amp_str *sql);

/* "name"(columns, keys) and options, under another name. */
void schema_write_table(const struct schema *schema, const struct table *table,
	const char *name, struct amp_str *sql);
/* The columns by which another table can point at it, one or two. */
int schema_key_columns(const struct table *table, const char *out[2]);
bool schema_has_rowid(const struct table *table);
/* Does it, or a view that it reads, name this table? */
bool schema_uses(const struct schema *schema, const struct thing *thing, int table);

#endif
