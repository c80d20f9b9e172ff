/*
 * Lint world: effects as the engine would give them, made from a few words.
 *
 * A shape is one line, several are separated by ';':
 *
 *	"NAME word ..."    ~NAME a view
 *	                   column/TYPE     with ! not null, # in the key, ^ generated,
 *	                                   =text default
 *	                   i:NAME(a,b)     index; u: unique; p: partial; P: both; U: of the
 *	                                   table
 *	                   t:NAME          trigger
 *	                   k:a>parent.b    foreign key; with ? no such parent, % not unique
 *	                   strict norowid auto virtual
 *	                   broken:why      to the end of the line
 *
 * What a statement is, and of what, is read from its SQL. A comment in front of it says what
 * cannot be read there: "--idle\n", "--differs\n", "--literal\n", "--chance random\n".
 */
#ifndef TESTS_SUPPORT_LINT_WORLD_H
#define TESTS_SUPPORT_LINT_WORLD_H

#include "planner/lint.h"
#include "tests/support/world.h"

struct lint_world {
	struct world world;
	struct amp_effects *effects; /* by node */
};

#define LINT_WORLD __attribute__((cleanup(lint_world_deinit))) struct lint_world

/* Migrations as in world.h; ends with NULL. */
void lint_world_init(struct lint_world *lint, ...) __attribute__((sentinel));
void lint_world_deinit(struct lint_world *lint);

/* What the up of a migration did: its SQL is that of m/ID.sql. */
struct amp_seen *lint_world_up(struct lint_world *lint, const char *id,
	const char *before, const char *sql, const char *after);
/* Its down is that of m/ID.down.sql. */
struct amp_seen *lint_world_down(struct lint_world *lint, const char *id,
	const char *before, const char *sql, const char *after);
/* "view NAME": altered by a step, beside what came and went. */
void lint_world_alters(
	struct lint_world *lint, struct amp_seen *seen, const char *object);
/* <allow> in a migration. */
void lint_world_allow(struct lint_world *lint, const char *id, const char *kind);

/* Lints; all findings, as assert_findings() writes them. */
void assert_lint(struct lint_world *lint, const char *expected);

/* The same of a single migration "a" whose up did this. */
void assert_lint_up(
	const char *before, const char *sql, const char *after, const char *expected);

#endif
