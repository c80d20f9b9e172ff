/*
 * Shape: the schema of a database as plain data, as far as checks look at it.
 *
 * The engine fills it, before and after a step, for the objects that the step touched;
 * the planner only reads it. Everything lives in the arena of whoever asked for it.
 */
#ifndef PLANNER_SHAPE_H
#define PLANNER_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct amp_column {
	const char *name;
	const char *type;   /* as declared; "" if none */
	const char *value;  /* text of the DEFAULT; NULL: none */
	bool not_null;      /* NOT NULL */
	bool generated;     /* computed from others */
	unsigned key;       /* position in the primary key, from 1; 0: not in it */
	enum amp_affinity { /* what the database makes of the type */
		AMP_NUMERIC,
		AMP_INTEGER,
		AMP_REAL,
		AMP_TEXT,
		AMP_BLOB /* or none */
	} affinity;
};

struct amp_index {
	const char *name;
	bool unique, partial;
	bool implied;         /* made by PRIMARY KEY or UNIQUE in the table */
	const char **columns; /* NULL for an expression */
	size_t ncolumns;
};

struct amp_key {
	const char *parent;
	const char **columns;        /* of the child */
	const char **parent_columns; /* of the parent: as declared, or its primary key */
	size_t ncolumns;
	bool parent_exists;
	bool parent_is_unique; /* those columns are its primary key or a unique index */
};

/* A table or a view, with what belongs to it. */
struct amp_shape {
	const char *name;
	const char *sql;
	bool view, is_virtual, without_rowid, strict, autoincrement;
	struct amp_column *columns;
	size_t ncolumns;
	struct amp_index *indexes; /* sorted by name */
	size_t nindexes;
	struct amp_key *keys; /* foreign keys, in the order they are declared */
	size_t nkeys;
	const char **triggers; /* on it, sorted by name */
	size_t ntriggers;
	const char *broken; /* a view or trigger that cannot be used: why; NULL: fine */
};

/* Sorted by name; names are unique regardless of case. */
struct amp_shapes {
	struct amp_shape *items;
	size_t count;
};

/* The table or view of that name, regardless of case; NULL: none. */
const struct amp_shape *amp_shape_find(const struct amp_shapes *shapes, const char *name);
const struct amp_column *amp_column_find(const struct amp_shape *shape, const char *name);

#endif
