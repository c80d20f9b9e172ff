/*
 * Model: what migrations touch, and whether two of them may swap places.
 *
 * This is the known answer that `check` is measured by. It knows nothing of SQLite: the
 * generator writes down, beside each statement, which tokens it touches and how; two
 * migrations may swap if all tokens that both touch allow it. A token is a name in the
 * schema, a column, the rows of a table, the values in a column, one row, or what fires.
 * That the model is right is itself tested, by running the SQL (oracle.h).
 */
#ifndef TESTS_PROOFS_MODEL_H
#define TESTS_PROOFS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"

enum {
	MIGRATIONS = 48, /* that a catalog has at most: they are bits of a word */
	NAME = 32,
};

/*
 * How a token is touched. Names of tables, views, indexes and triggers:
 *	C created  K dropped  N renamed  B rebuilt, with all that hangs on it
 *	S its shape is changed or used   D its rows are read or written
 *	F a key points at it             Y what hung on it is dropped
 *	Z a view or the body of a trigger that used it is dropped
 * Columns: c made  k dropped  n renamed  r used  z let go  y let go by a trigger that
 *	filled it, which SQLite does not mind
 * Rows: A some are added  W added under numbers that SQLite gives
 *	U all are updated  E one is deleted  Q all are copied or counted
 *	V added to a virtual table
 * Values of a column: w written  q read
 * One row: p put  e deleted  g pointed at
 * What hangs on a table, or on a column, under whatever name: B K Y Z k y z as above
 * What fires: H a trigger is hung up or taken down  f the event happens
 */
struct touch {
	char token[2 * NAME];
	char mode;
	char object[2 * NAME]; /* how a report may name it: "table" or "table.column" */
	char also[NAME]; /* another name that would be as right; "" if there is none */
};

struct migration {
	char id[NAME], module[NAME], qualified[2 * NAME + 2], file[2 * NAME + 8];
	struct amp_str sql;
	struct AMP_VEC(struct touch) touches;
	uint64_t depends; /* bit n: declares that it depends on the n-th */
};

/* In the order in which they were thought up, in which all of them run. */
struct catalog {
	struct migration migrations[MIGRATIONS];
	int count;
};

enum need {
	FREE,   /* may swap: nothing may be reported */
	UNSURE, /* must not be swapped by us, but to report it or not are both fine */
	NEEDED, /* one breaks without the other, or the results differ */
};

/* What is known of a pair. */
struct meeting {
	enum need need;
	char modes[3]; /* of the touches that forbid it: first one found; "" where FREE */
	char token;    /* and the kind of token: its first letter */
	bool runs;     /* some of it shows when both orders are run */
};

void catalog_deinit(struct catalog *catalog);
void touch_add(struct migration *migration, char mode, const char *object,
	const char *also, const char *token, ...) __attribute__((format(printf, 5, 6)));

struct meeting meet(const struct migration *one, const struct migration *other);
/* How right an object is that a report names for two that may not swap. */
enum blame {
	WRONG,
	SHOWS, /* one of them changes it, so the difference may be seen there */
	MEET,  /* there they meet */
};
enum blame blame(
	const struct migration *one, const struct migration *other, const char *object);

/* All that the n-th needs to run before it, itself not among them. */
uint64_t ancestors(const struct catalog *catalog, int n);
/* Declares each pair that may not swap. */
void declare_needs(struct catalog *catalog);
/* The test cannot go on: no memory, or a limit of its own was too low. */
void must(bool ok, const char *what);

#endif
