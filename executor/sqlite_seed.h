/*
 * SQLite engine, seeding: what its files share.
 *
 *	sqlite_seed.c        the tables asked for, parents first
 *	sqlite_seed_table.c  the shape of one table, read from SQLite's own pragmas
 *	sqlite_seed_row.c    making up rows that the table takes
 *	sqlite_seed_repair.c changing one that it refuses
 *	sqlite_seed_value.c  made-up values
 *	sqlite_seed_hint.c   values that the text of a CHECK suggests
 */
#ifndef EXECUTOR_SQLITE_SEED_H
#define EXECUTOR_SQLITE_SEED_H

#include "base/vec.h"
#include "executor/sqlite.h"

/* Rows per table: two alike as far as keys allow, and one with NULL where allowed. */
#define SEED_ROWS 3

/* A value; `type` is one of SQLITE_NULL, _INTEGER, _FLOAT, _TEXT, _BLOB. */
struct seed_value {
	int type;
	int64_t number;
	double real;
	const char *bytes;
	int length;
};

/* A value to be tried. */
struct seed_candidate {
	struct seed_value value;
	bool literal; /* stands in the schema: a migration may well insert it itself */
};

struct seed_candidates AMP_VEC(struct seed_candidate);

/* What a column looks like, by its declared type first and its name second. */
enum seed_class {
	SEED_NUMBER,    /* INTEGER or NUMERIC affinity */
	SEED_REFERENCE, /* a number whose name ends in "id" */
	SEED_EPOCH,
	SEED_FLAG,
	SEED_REAL,
	SEED_TEXT,
	SEED_DATE,
	SEED_MOMENT,
	SEED_JSON,
	SEED_UUID,
	SEED_BYTES,
};

struct seed_column {
	const char *name;
	const char *otherwise; /* DEFAULT as it is written, or NULL */
	enum seed_class class;
	int width; /* n of CHAR(n), or 0 */
	int key;   /* place in the primary key, from 1; or 0 */
	bool untyped, not_null;
	bool alias;   /* of the rowid */
	bool alone;   /* unique by itself */
	bool varies;  /* told apart from row to row, for a unique index */
	bool indexed; /* part of a unique index */
	bool foreign; /* part of a foreign key */
};

/* A foreign key, and values that its parent holds. */
struct seed_foreign {
	const char *parent;
	size_t count;
	size_t *from;            /* columns of the table */
	const char **to;         /* columns of the parent; NULL: its primary key */
	struct seed_value *keys; /* nkeys times count */
	size_t nkeys;
	bool nullable;                  /* one of `from` is */
	bool itself;                    /* the parent is the same table */
	const struct seed_table *among; /* the parent, where it is to be seeded too */
};

struct seed_table {
	const char *name;
	bool has_rows;
	bool virtual;
	bool without_rowid;
	bool has_primary_index;
	const char *rowid; /* what it is called here; NULL: not to be set */
	struct seed_column *columns;
	size_t ncolumns;
	struct seed_foreign *foreigns;
	size_t nforeigns;
	bool done;
};

/* SQLite's own trouble, not the table's. */
static inline bool seed_is_trouble(int rc)
{
	int primary = rc & 0xff;
	return primary == SQLITE_NOMEM || primary == SQLITE_IOERR ||
		primary == SQLITE_FULL || primary == SQLITE_INTERRUPT;
}

/* sqlite_seed_table.c: these give an SQLite code; *found is false for what has rows
   already, and for what has none of its own, such as views and the shadow tables of
   virtual ones. */
int sqlite_seed_prepare(sqlite3 *handle, sqlite3_stmt **out, const char *format, ...);
int sqlite_seed_read(sqlite3 *handle, const char *name, struct seed_table *table,
	bool *found, struct amp_arena *arena);
int sqlite_seed_keys(
	sqlite3 *handle, struct seed_foreign *foreign, struct amp_arena *arena);
/* The statement that made the table; "" where there is none. */
int sqlite_seed_sql(
	sqlite3 *handle, const char *table, const char **sql, struct amp_arena *arena);

/* Constraints repaired in one row. */
#define SEED_ROUNDS 24

/* How a row is made up. */
struct seed_style {
	int spread; /* 0: keys differ; 1: all columns of keys; 2: all columns */
	bool odd;   /* NULL where allowed, else zero or empty */
};

/* The search for the rows of a table. */
struct seed_search {
	sqlite3 *handle;
	struct seed_table *table;
	struct amp_arena *arena;
	sqlite3_stmt *insert;
	struct seed_value *rows[SEED_ROWS], *row;
	int number;      /* of this row: 0, 1, 2 */
	unsigned placed; /* rows that are in */
	struct seed_style style;
	unsigned left;       /* tries */
	const char *sql;     /* that made the table; NULL: not read yet */
	int rc;              /* of the last try */
	const char *message; /* why it failed */
	const char *seen[SEED_ROUNDS];
	size_t nseen;
};

static inline bool seed_is_nullable(const struct seed_column *column)
{
	return !column->not_null && !column->key && !column->alias;
}

static inline bool seed_is_over(const struct seed_search *search)
{
	return !search->left || search->rc == SQLITE_OK || seed_is_trouble(search->rc);
}

/* sqlite_seed_row.c: *rows is how many were put in. */
int sqlite_seed_rows(sqlite3 *handle, struct seed_table *table, unsigned *rows,
	struct amp_arena *arena);
/* Tries the row as it is now. True: it is in. */
bool sqlite_seed_try(struct seed_search *search);

/* sqlite_seed_repair.c: after a try that failed. True: the row is in, changed. */
bool sqlite_seed_repair(struct seed_search *search);

/* sqlite_seed_value.c */
void sqlite_seed_classify(struct seed_column *column, const char *type);
/* The made-up value; different for different variants, and always the same. */
struct seed_value sqlite_seed_value(
	const struct seed_column *column, int variant, struct amp_arena *arena);
/* For a row that is to be unlike the others: zero, the empty text. */
struct seed_value sqlite_seed_edge(
	const struct seed_column *column, struct amp_arena *arena);
bool sqlite_seed_equal(const struct seed_value *left, const struct seed_value *right);

/* sqlite_seed_hint.c: what the text of a CHECK suggests */
enum seed_token_kind { SEED_WORD, SEED_QUOTED, SEED_STRING, SEED_DIGITS, SEED_SIGN };

struct seed_token {
	enum seed_token_kind kind;
	const char *start;
	size_t length;
};

/* The next token, moving on; false: there is none. */
bool sqlite_seed_token(const char **at, struct seed_token *token);
bool sqlite_seed_is_word(const struct seed_token *token, const char *word);
/* The CHECKs of which SQLite shows this much, being their name or what they start with;
   NULL: none, or no memory. */
const char *sqlite_seed_shown_checks(
	const char *sql, const char *name, struct amp_arena *arena);
/* Which columns a text names, each once; returns how many. */
size_t sqlite_seed_mentioned(
	const struct seed_table *table, const char *text, size_t *columns, size_t room);
/* Values for a column, the likeliest first; false: no memory. */
bool sqlite_seed_suggest(const struct seed_column *column, const char *text,
	struct seed_candidates *out, struct amp_arena *arena);

#endif
