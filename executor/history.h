/*
 * History: what the database says was applied, as a chain that nobody edits unnoticed.
 *
 * Table amplan_history, in the same database, so that a step and its row commit together.
 * Rows are only ever added: a rollback is a row too. Row 0 says when the history began
 * and holds a random identity of the database. Each row's `chain` is a digest over the
 * chain of the row before and its own fields.
 */
#ifndef EXECUTOR_HISTORY_H
#define EXECUTOR_HISTORY_H

#include "executor/engine.h"
#include "planner/plan.h"

/* A row as the database holds it. */
struct amp_history_row {
	struct amplan_event event; /* what is public of it */
	const char *cosmetic;      /* second digest of the migration */
	const char *catalog; /* stamp of a catalog that is applied whole now, or "" */
	const char *chain;
	bool odd; /* text where amplan writes a number, or none where it writes text */
};

struct amp_history {
	bool exists; /* the table is there */
	struct amp_history_row *rows;
	size_t count;
	const char *identity;        /* chain of row 0, "" where there is no history */
	const char *head;            /* chain of the last row, "" */
	int64_t next;                /* number of the next row */
	struct amp_applied *applied; /* what is applied now, in order of application */
	size_t *applied_row;         /* its row */
	size_t napplied;
	size_t first_broken; /* first row whose chain does not hold; count if all do */
	struct amp_arena arena;
};

/* Reads it all. A database without the table gives an empty history. */
int amp_history_read(
	struct amp_history *history, struct amp_db *db, struct amplan_error *error);
void amp_history_deinit(struct amp_history *history);

/* The stamp in the newest row, or "": one indexed read, for the fast path of startup. */
int amp_history_stamp(
	struct amp_db *db, char out[AMP_DIGEST_SIZE], struct amplan_error *error);

/* Identity and head only, to see under the lock whether anything happened since. */
struct amp_history_head {
	bool exists;
	int64_t next;
	char identity[AMP_DIGEST_SIZE], head[AMP_DIGEST_SIZE];
};
int amp_history_head(
	struct amp_db *db, struct amp_history_head *head, struct amplan_error *error);

/* Makes the table and row 0 where they are missing, and moves head on. */
int amp_history_create(
	struct amp_db *db, struct amp_history_head *head, struct amplan_error *error);

/* Appends a row: fills in number, time, tool and host, and moves head on. */
int amp_history_append(struct amp_db *db, struct amp_history_head *head,
	struct amp_history_row *row, struct amplan_error *error);

#endif
