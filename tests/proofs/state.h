/*
 * State: the schema as the generator has it in mind while it thinks up migrations.
 */
#ifndef TESTS_PROOFS_STATE_H
#define TESTS_PROOFS_STATE_H

#include "tests/support/dice.h"
#include "tests/proofs/model.h"

enum { TABLES = 64, COLUMNS = 40, HANGERS = 160, KEYS = 64, NONE = -1 };

enum key {
	KEY_NONE,
	KEY_NUMBER, /* INTEGER PRIMARY KEY, always given */
	KEY_AUTO,   /* INTEGER PRIMARY KEY, always left to SQLite */
	KEY_TEXT,
};

enum kind {
	PLAIN,
	SINK, /* triggers write into it; has none of its own */
	FTS,
	RTREE,
};

enum event { ON_INSERT, ON_UPDATE, ON_DELETE };

struct column {
	char name[NAME], fallback[NAME]; /* fallback: its DEFAULT, or "" */
	char type;                       /* I, T, R */
	bool dead, not_null, check, unique, stored;
	bool stays;         /* is never dropped: a table must have a column */
	bool twins;         /* may hold a value twice: no unique index any more */
	int parent;         /* table that it REFERENCES */
	int generated_from; /* column */
	int uses;           /* views, triggers, indexes, expressions */
};

struct table {
	int number; /* stays when it is renamed */
	char name[NAME];
	enum kind kind;
	enum key key;
	bool live, strict, without_rowid, autoincrement;
	bool referenced;                /* by a foreign key, ever */
	bool copied_into;               /* keys are no longer known */
	bool taken;                     /* by the migration that is being thought up */
	struct column columns[COLUMNS]; /* the key is not among them */
	int ncolumns;
	long keys[KEYS];
	bool pinned[KEYS]; /* row is pointed at, or gone */
	int nkeys, rows;
	int users; /* views, and triggers of others, that use it */
};

/* What hangs on tables. */
struct hanger {
	enum { INDEX, TRIGGER, VIEW } what;
	char name[NAME];
	bool live;
	int table, column;       /* of an index, a trigger, the first of a view; NONE */
	int other, other_column; /* a trigger's sink; the second table of a view; NONE */
	int view;                /* that a view selects from; NONE */
	enum event event;
	int form; /* of an index, a view */
	int users;
};

struct state {
	struct dice *dice;
	struct table tables[TABLES];
	int ntables;
	struct hanger hangers[HANGERS];
	int nhangers;
	long next;  /* number for names and values: none is given twice */
	int recent; /* percent: how often work goes on where it was last */
	int last;   /* table that was taken last */
};

typedef bool table_filter(const struct table *table);
typedef bool column_filter(const struct column *column);

/* A live table that this migration has not taken yet; NULL where there is none. */
struct table *pick_table(struct state *state, table_filter *fits);
/* A column that fits, NONE where there is none. */
int pick_column(struct state *state, const struct table *table, column_filter *fits);
struct hanger *pick_hanger(struct state *state, int what, bool unused);
/* Nobody else in this migration uses it now. */
void take(struct state *state, struct table *table);
const char *key_name(const struct table *table);
/* A value that was never given before. */
void fresh_value(struct state *state, char type, char out[NAME]);

/* Touches. */
void touch_name(struct migration *migration, char mode, const char *name);
void touch_column(
	struct migration *migration, char mode, const struct table *table, int column);
/* What hangs on the table, or its column; NONE: the table as a whole. */
void touch_hung(
	struct migration *migration, char mode, const struct table *table, int column);
void touch_rows(struct migration *migration, char mode, const struct table *table);
void touch_row(
	struct migration *migration, char mode, const struct table *table, long key);
void touch_values(
	struct migration *migration, char mode, const struct table *table, int column);
void touch_event(struct migration *migration, char mode, const struct table *table,
	enum event event, const char *also);

/* SQL text. */
void write_columns(const struct state *state, struct amp_str *sql,
	const struct table *table, int first);
void write_column(const struct state *state, struct amp_str *sql,
	const struct table *table, int column);
void write_options(struct amp_str *sql, const struct table *table);
void write_index(
	const struct state *state, struct amp_str *sql, const struct hanger *index);
void write_trigger(
	const struct state *state, struct amp_str *sql, const struct hanger *trigger);

#endif
