/*
 * Bench: a database, three migrations and a lent handle, for one statement at a time.
 *
 * The database is laid anew from the same bytes before each attempt, and so is the handle:
 * with settings that are nobody's default, a temporary table and an attached database of
 * the application, so that whatever is not put back shows.
 */
#ifndef TESTS_CONFINEMENT_BENCH_H
#define TESTS_CONFINEMENT_BENCH_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <amplan/amplan.h>

#include "base/str.h"

struct bench {
	char *folder, *database, *start;
	char *before; /* bytes of the database file */
	size_t before_size;
	char *settings;  /* of the handle, before it was lent */
	sqlite3 *handle; /* NULL: amplan opens the file itself */
	struct amplan *amplan;
	int64_t deadline;    /* on the clock of clock_gettime(), in ms */
	bool out_of_time;    /* it was reached: the call was cancelled */
	struct amp_str said; /* all findings and the error, for people */
};

/* What a call came to: its code, and the first error about the migration in question. */
struct outcome {
	int code;
	char kind[48], message[512], hint[512];
	unsigned line, column;
};

/* The migration that holds the statement; others are before and behind it. */
#define IT "2_it"

void bench_init(struct bench *bench);
void bench_deinit(struct bench *bench);
/* A database that is as it was, no other file, no descriptor but the first. */
void bench_lay(struct bench *bench);
/* What the database holds now is what it must hold when all is undone. */
void bench_remember(struct bench *bench);
void bench_descriptor(
	struct bench *bench, const char *id, const char *attributes, const char *body);
void bench_open(struct bench *bench, bool lent, int64_t milliseconds);
/* Closes the session, and says what is not as it was of the lent handle. */
void bench_close(struct bench *bench, struct amp_str *wrong);

struct outcome bench_apply(struct bench *bench, bool rehearsed);
struct outcome bench_plan(struct bench *bench);
struct outcome bench_roll_back(struct bench *bench, unsigned steps, bool rehearsed);

/* Says what differs: bytes of the database, files beside it. */
void bench_compare(struct bench *bench, struct amp_str *wrong);
/* Says which files there are that nobody asked for. */
void bench_compare_folder(struct bench *bench, struct amp_str *wrong);
/* Line by line. */
void bench_compare_texts(
	const char *what, const char *before, const char *after, struct amp_str *wrong);
/* Schema, rows and header, but for times and digests in the history; the caller frees. */
char *bench_dump(struct bench *bench);
/* The first column of the first row as an integer; -1 where the query fails. */
int64_t bench_ask(struct bench *bench, const char *sql);

#endif
