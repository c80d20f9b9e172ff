/*
 * Shadow: an empty shadow, made as the executor makes it, and seeded.
 */
#ifndef TESTS_SUPPORT_SHADOW_H
#define TESTS_SUPPORT_SHADOW_H

#include "executor/sqlite.h"

/* A shadow, and what seeding it came to. */
struct shadow {
	struct amp_hooks hooks;
	struct amp_db *db;
	sqlite3 *handle;
	struct amp_arena arena;
	struct amplan_error error;
	unsigned seeded, unseeded;
	int code;
};

#define SHADOW __attribute__((cleanup(shadow_deinit))) struct shadow

void shadow_init(struct shadow *shadow);
void shadow_deinit(struct shadow *shadow);
/* Runs SQL, which must succeed. */
void shadow_exec(struct shadow *shadow, const char *sql);
/* Seeds all tables. */
void shadow_seed(struct shadow *shadow);
/* All rows of a query: columns apart by "|", rows by " ; ". */
const char *shadow_ask(struct shadow *shadow, const char *sql);
/* Every row of every table; the caller frees it. */
char *shadow_dump(struct shadow *shadow);
/* No key points at nothing, and SQLite finds no fault. */
void assert_shadow_sound(struct shadow *shadow);

#endif
