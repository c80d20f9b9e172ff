/*
 * Lint rules: what the rules share among themselves, and what each of them is called.
 *
 * A rule is a function that looks at one statement, one step, one migration or the whole
 * catalog, and says something or nothing. Kind and severity stand in the table of lint.c.
 * Out of memory is remembered in the arena and in the findings.
 */
#ifndef PLANNER_LINT_RULES_H
#define PLANNER_LINT_RULES_H

#include "planner/lint.h"
#include "planner/words.h"

/* What a statement does to the tables of the schema, and what they were called. */
struct amp_change {
	enum amp_change_kind {
		AMP_MADE,
		AMP_GONE,
		AMP_RENAMED,
		AMP_COLUMN_ADDED,
		AMP_COLUMN_GONE,
		AMP_COLUMN_RENAMED
	} kind;
	size_t statement;
	const char *table;    /* its name at that moment */
	const char *origin;   /* its name before the step; NULL: the step made it */
	const char *column;   /* that came, went or was renamed; or "" */
	const char *to;       /* the new name, of table or column; or "" */
	struct amp_word word; /* where to point */
};

struct amp_changes {
	struct amp_change *items;
	size_t count;
	bool read;   /* they were found out */
	bool copies; /* rows are put from one table into another */
};

struct amp_lint {
	const struct amp_graph *graph;
	const uint32_t *order;
	const struct amp_effects *effects;
	bool require_down;
	struct amp_findings *findings;
	struct amp_arena arena;      /* until the end of the lint */
	struct amp_changes *changes; /* two per node, up and down */
	size_t *first_allow; /* by node: position of its first allowance in `used` */
	bool *used;          /* allowances that silenced something */

	/* what is looked at now */
	const struct amp_rule *rule;
	uint32_t node;
	const struct amp_migration *migration;
	const struct amp_seen *seen; /* its up or its down */
	bool down;
};

/* Which steps a rule looks at. */
enum amp_rule_steps { AMP_IN_UP = 1, AMP_IN_DOWN = 2, AMP_IN_BOTH = 3 };

struct amp_rule {
	enum amplan_severity severity;
	const char *kind;
	enum amp_rule_steps steps; /* of `statement` and `step` */
	void (*statement)(struct amp_lint *, const struct amp_statement *);
	void (*step)(struct amp_lint *);
	void (*migration)(struct amp_lint *);
	void (*catalog)(struct amp_lint *);
};

/* lint.c */

/* Makes this migration's up, or down, the one that is looked at. */
void amp_lint_look(struct amp_lint *lint, uint32_t node, bool down);
/* A finding of the rule's kind about the migration that is looked at; NULL: silenced. */
struct amplan_finding *amp_lint_say(struct amp_lint *lint, struct amplan_place place,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same with another severity than the rule's. */
struct amplan_finding *amp_lint_say_as(struct amp_lint *lint,
	enum amplan_severity severity, struct amplan_place place, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* What to do about it; NULL does nothing. */
void amp_lint_hint(struct amp_lint *lint, struct amplan_finding *finding,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

struct amp_words amp_lint_words(
	const struct amp_lint *lint, const struct amp_statement *statement);
/* The place of a word of the step; of its first word; of the migration's id. */
struct amplan_place amp_lint_at(const struct amp_lint *lint, const struct amp_word *word);
struct amplan_place amp_lint_at_statement(
	const struct amp_lint *lint, const struct amp_statement *statement);
struct amplan_place amp_lint_at_migration(const struct amp_lint *lint);

/* lint_changes.c */

const struct amp_changes *amp_lint_changes(struct amp_lint *lint);
/* What a table that a statement names was called before the step; NULL: not there. */
const char *amp_lint_origin(
	struct amp_lint *lint, const struct amp_statement *statement, const char *name);
/* Was a table of that name dropped and made again with its rows? */
bool amp_lint_is_rebuilt(struct amp_lint *lint, const char *table);
/* The change that made, or last altered, what is called that in the end; or NULL. */
const struct amp_change *amp_lint_maker(struct amp_lint *lint, const char *table);
/* Its place, or the migration's. */
struct amplan_place amp_lint_at_table(struct amp_lint *lint, const char *table);
/* The place where the column is added or declared; else that of its table. */
struct amplan_place amp_lint_at_column(
	struct amp_lint *lint, const char *table, const char *column);
/* Was the table there before the step, whatever it was called? */
bool amp_lint_is_old(struct amp_lint *lint, const struct amp_statement *statement);
/* The object of CREATE … name and DROP … name, and what it is: "table", "index", … */
bool amp_lint_object(const struct amp_lint *lint, const struct amp_statement *statement,
	struct amp_word *object, const char **type);

/* The name that a word stands for; "" where memory ran out. */
const char *amp_lint_name(struct amp_lint *lint, const struct amp_word *word);
/* The migration that made an object of that name before this one; or AMP_NO_NODE. */
uint32_t amp_lint_creator(const struct amp_lint *lint, const char *name);

/* rules, by file */

void amp_rule_double_quoted(struct amp_lint *, const struct amp_statement *);
void amp_rule_hidden_difference(struct amp_lint *, const struct amp_statement *);
void amp_rule_no_effect(struct amp_lint *, const struct amp_statement *);
void amp_rule_no_where(struct amp_lint *, const struct amp_statement *);
void amp_rule_insert_without_columns(struct amp_lint *, const struct amp_statement *);
void amp_rule_select_star(struct amp_lint *, const struct amp_statement *);
void amp_rule_replaces_rows(struct amp_lint *, const struct amp_statement *);
void amp_rule_ignores_rows(struct amp_lint *, const struct amp_statement *);
void amp_rule_depends_on_chance(struct amp_lint *, const struct amp_statement *);

void amp_rule_dropped_tables(struct amp_lint *);
void amp_rule_dropped_columns(struct amp_lint *);
void amp_rule_dropped_index(struct amp_lint *, const struct amp_statement *);
void amp_rule_columns_left_out(struct amp_lint *);
void amp_rule_rebuild_loses(struct amp_lint *);
void amp_rule_changed_affinity(struct amp_lint *);
void amp_rule_not_null(struct amp_lint *);
void amp_rule_default(struct amp_lint *);
void amp_rule_renames_used(struct amp_lint *);
void amp_rule_down_drops_foreign(struct amp_lint *);

void amp_rule_surprising_type(struct amp_lint *);
void amp_rule_nullable_primary_key(struct amp_lint *);
void amp_rule_not_a_rowid_alias(struct amp_lint *);
void amp_rule_no_primary_key(struct amp_lint *);
void amp_rule_keyword_name(struct amp_lint *);
void amp_rule_broken_view(struct amp_lint *);
void amp_rule_broken_trigger(struct amp_lint *);

void amp_rule_duplicate_index(struct amp_lint *, const struct amp_statement *);
void amp_rule_unique_over_rows(struct amp_lint *, const struct amp_statement *);

void amp_rule_unindexed_foreign_key(struct amp_lint *);
void amp_rule_foreign_key_mismatch(struct amp_lint *);
void amp_rule_dangling_reference(struct amp_lint *);

void amp_rule_needless_none(struct amp_lint *);
void amp_rule_empty_verify(struct amp_lint *);
void amp_rule_no_down(struct amp_lint *);
void amp_rule_several_heads(struct amp_lint *);
void amp_rule_redundant_dependency(struct amp_lint *);
void amp_rule_unused_allowance(struct amp_lint *);

#endif
