/*
 * SQLite engine, inside: row conservation. A step must not lose rows without saying so.
 *
 *	sqlite_keep.c    follows the tables of a step: what it fills, copies, renames, drops
 *	sqlite_replace.c watches what takes rows away without naming them
 *	sqlite_sums.c    measures one table: rows, filled columns, keys
 *	sqlite_rebuild.c measures what is dropped, and judges at the end: was all of it copied?
 *	sqlite_dangle.c  references that a step left behind, to a table that is gone
 *	sqlite_loss.c    tells of it, or lets it pass where the descriptor allows it
 *
 * Nothing is measured before a statement that can lose rows: a plain INSERT, CREATE or
 * ADD COLUMN only notes a name.
 */
#ifndef EXECUTOR_SQLITE_KEEP_H
#define EXECUTOR_SQLITE_KEEP_H

#include "executor/sqlite.h"

/* A name in main or temp, quoted for SQL, is "schema"."name". */
struct place_name {
	const char *name;
	bool temp;
};

struct column_sum {
	const char *name;
	int64_t filled; /* rows where it is not NULL */
	bool varies;    /* not all values are the same */
};

/* What a table holds. */
struct table_sum {
	int64_t rows; /* -1: cannot be said */
	struct column_sum *columns;
	size_t ncolumns;
};

/* What tells the rows of a table apart: its primary key, else what is UNIQUE, else the
   rowid; and a digest of the key of each row, sorted. Or just a list of columns, by which a
   row may be there several times. */
struct table_keys {
	const char **columns;
	size_t ncolumns; /* 0: the rowid */
	bool folds; /* a collation makes 'A' and 'a' one: neither case nor blanks count */
	struct AMP_VEC(uint64_t) rows;
	bool known;
};

enum { DOES_READ = 1, DOES_INSERT = 2, DOES_UPDATE = 4, DOES_DELETE = 8 };

/* A column that a statement named when it read the table. */
struct read_column {
	const char *name;
	unsigned statement; /* the last one */
	bool copied;        /* one of them put rows into another table */
};

/* A table that a step touches. After DROP it stays in the list, under no name. */
struct kept {
	struct place_name at;
	const char *original; /* its name at the start; NULL: the step made it */
	bool alive;
	bool is_virtual; /* when it was dropped: its rows may be those of another table */
	bool rewritten;  /* an UPDATE or DELETE of the step changed it on purpose */
	int replaces; /* a constraint of it says ON CONFLICT REPLACE; -1: not known yet */

	/* of the statement at hand */
	unsigned statement, does;
	const char *trigger; /* that deletes from it, or NULL */
	bool counted;
	struct table_sum before;
	struct AMP_VEC(struct read_column) reads; /* of those before as well */

	/* from the first statement on that may replace rows, until they are compared */
	bool watched, watched_more; /* by several statements */
	size_t watched_at;
	const char *watched_trigger;
	struct table_keys watched_keys;
	struct table_sum watched_sum;

	/* when it was dropped */
	size_t dropped_at;
	struct table_sum last;
	struct table_keys keys;
	struct table_keys whole; /* all that was copied, where that is not the key */
	int64_t mark;            /* of AUTOINCREMENT; -1: none */
	int64_t out;             /* rows that went from it into tables that stay */
};

/* Rows that a statement put into one table and read from another. */
struct copied {
	struct kept *from, *to;
	int64_t rows;
	size_t offset; /* of the statement */
};

/* A name that a table had for a while. */
struct gone {
	const char *name;
	bool renamed; /* it was given up by a rename before */
	size_t offset;
};

struct keep {
	struct amp_arena *arena;
	struct AMP_VEC(struct kept *) tables;
	struct AMP_VEC(struct copied) copies;
	struct AMP_VEC(struct gone) gone;
	/* the statement at hand */
	unsigned statement;
	int verb; /* SQLite's action code, 0: it changes no table */
	struct kept *target;
	struct place_name creates;
	bool inner_writes;   /* a trigger or a key writes as well */
	int64_t rows_before; /* of the target of an INSERT that may replace; else -1 */
	bool exists;         /* what it creates IF NOT EXISTS */
	int64_t entry;       /* of the schema table, of what it renames */
	bool failed;         /* no memory */
};

/* What is told, and where. */
struct loss {
	struct sqlite_db *db;
	const struct amp_sql *sql;
	struct amp_run_as *as;
	struct amplan_error *error;
};

/* sqlite_keep.c */
/* The table that has this name now, or NULL. */
struct kept *sqlite_keep_find(const struct keep *keep, const char *name, bool temp);

/* What is known of a column that was read; NULL: none did. */
struct read_column *sqlite_keep_find_read(const struct kept *table, const char *name);

/* Does the statement at hand read a table besides this one? */
bool sqlite_keep_reads_another(const struct keep *keep, const struct kept *table);

/* sqlite_replace.c */
/* Is there a REPLACE that is not the function? Where there is none, none can conflict. */
bool sqlite_says_replace(const char *text, size_t length);
/* Before the statement at hand, which `says` REPLACE: measures a table that it writes. */
int sqlite_replace_watch(struct loss *loss, struct kept *table, bool says, size_t offset);
/* The same for the target of an INSERT from other tables: by how much the table grows is
   what counts, not how often a row was put into it. */
int sqlite_replace_count_target(struct loss *loss, bool says);
/* After it: a table that was counted. */
int sqlite_replace_counted(struct loss *loss, struct kept *table, size_t offset);
/* Compares the rows of a table with those before its first REPLACE. */
int sqlite_replace_compare(struct loss *loss, struct kept *table);
void sqlite_replace_forget(struct kept *table);

/* sqlite_sums.c */
bool sqlite_sums_exists(struct sqlite_db *db, struct place_name at);
/* AMPLAN_OK with rows -1 or !known where SQLite cannot say. `columns`: those as well. */
int sqlite_sums_table(struct sqlite_db *db, struct place_name at, bool columns,
	struct table_sum *out, struct amp_arena *arena, struct amplan_error *error);
/* The rows by these columns; `out->columns` NULL: by those that tell them apart. */
int sqlite_sums_keys(struct sqlite_db *db, struct place_name at, struct table_keys *out,
	struct amp_arena *arena, struct amplan_error *error);
void sqlite_sums_keys_free(struct table_keys *keys);
/* What tells the rows apart, without the rows; no columns: nothing but the rowid. */
bool sqlite_sums_find_key(struct sqlite_db *db, struct place_name at,
	struct table_keys *out, struct amp_arena *arena);
/* Instead: all columns that are stored. */
bool sqlite_sums_list(struct sqlite_db *db, struct place_name at, struct table_keys *out,
	struct amp_arena *arena);
/* How many of the columns this table has, too. */
size_t sqlite_sums_shared(
	struct sqlite_db *db, struct place_name at, const struct table_keys *keys);
/* Strikes the others. */
void sqlite_sums_narrow(
	struct sqlite_db *db, struct place_name at, struct table_keys *keys);
/* How many of these rows have no equal there. */
int64_t sqlite_sums_missing(
	const struct table_keys *keys, const struct table_keys *there);
/* How many of them, where a row may be there several times, it is less often. */
int64_t sqlite_sums_fewer(const struct table_keys *keys, const struct table_keys *there);
void sqlite_sums_sort(struct table_keys *keys);
/* Is it AUTOINCREMENT? */
bool sqlite_sums_counts(struct sqlite_db *db, struct place_name at);
/* The greatest rowid; 0: no rows, -1: it has none. */
int64_t sqlite_sums_last_rowid(struct sqlite_db *db, struct place_name at);
/* The AUTOINCREMENT mark of a table of main; -1: it has none. */
int64_t sqlite_sums_mark(struct sqlite_db *db, const char *table);

/* sqlite_rebuild.c */
/* The rows of a table that is about to go, where the step did not make it. */
int sqlite_rebuild_measure(struct loss *loss, struct kept *table, size_t offset);
int sqlite_rebuild_check(struct loss *loss, struct keep *keep);
/* Warns of columns that hold less than before. */
void sqlite_rebuild_compare(struct loss *loss, const char *table,
	const struct table_sum *before, const struct table_sum *after, size_t offset,
	const char *hint);

/* sqlite_dangle.c */
int sqlite_dangle_check(struct loss *loss, struct keep *keep);

/* sqlite_loss.c */
/* Refuses, unless the descriptor allows this kind. */
int sqlite_loss_refuse(struct loss *loss, const char *kind, size_t offset,
	const char *message, const char *hint);
void sqlite_loss_warn(struct loss *loss, const char *kind, size_t offset,
	const char *message, const char *hint);

#endif
