/*
 * Lint: the table of rules, and the loops that ask them.
 *
 * The order of the rules does not matter, but for the last one: which allowances were of
 * no use is known when all others have spoken.
 */
#include "planner/lint.h"

#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "planner/lint_rules.h"
#include "planner/redundant.h"

static const struct amp_rule rules[] = {
	{AMPLAN_WARNING, "destructive", AMP_IN_UP, .step = amp_rule_dropped_tables},
	{AMPLAN_WARNING, "destructive", AMP_IN_UP, .step = amp_rule_dropped_columns},
	{AMPLAN_WARNING, "destructive", AMP_IN_UP, .step = amp_rule_columns_left_out},
	{AMPLAN_WARNING, "destructive", AMP_IN_UP, .statement = amp_rule_dropped_index},
	{AMPLAN_WARNING, "rebuild-loses", AMP_IN_UP, .step = amp_rule_rebuild_loses},
	{AMPLAN_WARNING, "changed-affinity", AMP_IN_UP,
		.step = amp_rule_changed_affinity},
	{AMPLAN_ERROR, "not-null-without-default", AMP_IN_BOTH,
		.step = amp_rule_not_null},
	{AMPLAN_ERROR, "default-not-constant", AMP_IN_BOTH, .step = amp_rule_default},
	{AMPLAN_WARNING, "renames-used", AMP_IN_UP, .step = amp_rule_renames_used},
	{AMPLAN_ERROR, "down-drops-foreign", AMP_IN_DOWN,
		.step = amp_rule_down_drops_foreign},
	{AMPLAN_ERROR, "broken-view", AMP_IN_BOTH, .step = amp_rule_broken_view},
	{AMPLAN_ERROR, "broken-trigger", AMP_IN_BOTH, .step = amp_rule_broken_trigger},

	{AMPLAN_WARNING, "double-quoted-string", AMP_IN_BOTH,
		.statement = amp_rule_double_quoted},
	{AMPLAN_WARNING, "hidden-difference", AMP_IN_BOTH,
		.statement = amp_rule_hidden_difference},
	{AMPLAN_WARNING, "no-effect", AMP_IN_BOTH, .statement = amp_rule_no_effect},
	{AMPLAN_WARNING, "no-where", AMP_IN_BOTH, .statement = amp_rule_no_where},
	{AMPLAN_NOTE, "insert-without-columns", AMP_IN_BOTH,
		.statement = amp_rule_insert_without_columns},
	{AMPLAN_NOTE, "select-star", AMP_IN_BOTH, .statement = amp_rule_select_star},
	{AMPLAN_WARNING, "replaces-rows", AMP_IN_BOTH,
		.statement = amp_rule_replaces_rows},
	{AMPLAN_WARNING, "ignores-rows", AMP_IN_BOTH, .statement = amp_rule_ignores_rows},
	{AMPLAN_NOTE, "depends-on-chance", AMP_IN_BOTH,
		.statement = amp_rule_depends_on_chance},

	{AMPLAN_WARNING, "surprising-type", AMP_IN_UP, .step = amp_rule_surprising_type},
	{AMPLAN_NOTE, "nullable-primary-key", AMP_IN_UP,
		.step = amp_rule_nullable_primary_key},
	{AMPLAN_NOTE, "not-a-rowid-alias", AMP_IN_UP, .step = amp_rule_not_a_rowid_alias},
	{AMPLAN_NOTE, "no-primary-key", AMP_IN_UP, .step = amp_rule_no_primary_key},
	{AMPLAN_NOTE, "keyword-name", AMP_IN_UP, .step = amp_rule_keyword_name},
	{AMPLAN_WARNING, "duplicate-index", AMP_IN_UP,
		.statement = amp_rule_duplicate_index},
	{AMPLAN_NOTE, "unique-over-rows", AMP_IN_UP,
		.statement = amp_rule_unique_over_rows},

	{AMPLAN_WARNING, "needless-none", .migration = amp_rule_needless_none},
	{AMPLAN_WARNING, "empty-verify", .migration = amp_rule_empty_verify},

	{AMPLAN_NOTE, "unindexed-foreign-key", .catalog = amp_rule_unindexed_foreign_key},
	{AMPLAN_ERROR, "foreign-key-mismatch", .catalog = amp_rule_foreign_key_mismatch},
	{AMPLAN_WARNING, "dangling-reference", .catalog = amp_rule_dangling_reference},
	{AMPLAN_NOTE, "no-down", .catalog = amp_rule_no_down},
	{AMPLAN_NOTE, "several-heads", .catalog = amp_rule_several_heads},
	{AMPLAN_NOTE, "redundant-dependency", .catalog = amp_rule_redundant_dependency},
	{AMPLAN_WARNING, "unused-allowance", .catalog = amp_rule_unused_allowance},
};

#define NRULES (sizeof(rules) / sizeof(*rules))

bool amp_lint_knows(const char *kind)
{
	for (size_t i = 0; i < NRULES; i++)
		if (!strcmp(rules[i].kind, kind))
			return true;
	return false;
}

void amp_lint_look(struct amp_lint *lint, uint32_t node, bool down)
{
	const struct amp_effects *effects = &lint->effects[node];
	lint->node = node;
	lint->migration = lint->graph->nodes[node];
	lint->seen = down ? &effects->down : &effects->up;
	lint->down = down;
}

/* The allowances of the kind are used by this finding, whichever of them it is. */
static bool is_allowed(struct amp_lint *lint)
{
	const struct amp_migration *migration = lint->migration;
	bool allowed = false;
	for (size_t i = 0; i < migration->nallows; i++) {
		if (strcmp(migration->allows[i].kind, lint->rule->kind) != 0)
			continue;
		lint->used[lint->first_allow[lint->node] + i] = true;
		allowed = true;
	}
	return allowed;
}

static struct amplan_finding *say(struct amp_lint *lint, enum amplan_severity severity,
	struct amplan_place place, const char *format, va_list args)
{
	struct amp_findings *findings = lint->findings;
	if (is_allowed(lint))
		return NULL;
	AMP_STR_AUTO message = AMP_STR_INIT;
	amp_str_vaddf(&message, format, args);
	if (message.failed)
		findings->failed = true;
	struct amplan_finding *finding = amp_finding_add(
		findings, severity, lint->rule->kind, "%s", amp_str_text(&message));
	finding->place = place;
	amp_finding_id(findings, finding, lint->migration->id);
	return finding;
}

struct amplan_finding *amp_lint_say(
	struct amp_lint *lint, struct amplan_place place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct amplan_finding *finding =
		say(lint, lint->rule->severity, place, format, args);
	va_end(args);
	return finding;
}

struct amplan_finding *amp_lint_say_as(struct amp_lint *lint,
	enum amplan_severity severity, struct amplan_place place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct amplan_finding *finding = say(lint, severity, place, format, args);
	va_end(args);
	return finding;
}

void amp_lint_hint(
	struct amp_lint *lint, struct amplan_finding *finding, const char *format, ...)
{
	if (!finding)
		return;
	va_list args;
	va_start(args, format);
	finding->hint = amp_arena_vprintf(lint->findings->arena, format, args);
	va_end(args);
	if (!finding->hint)
		lint->findings->failed = true;
}

struct amp_words amp_lint_words(
	const struct amp_lint *lint, const struct amp_statement *statement)
{
	return amp_words_of(lint->seen->sql->text + statement->offset, statement->length);
}

struct amplan_place amp_lint_at(const struct amp_lint *lint, const struct amp_word *word)
{
	const struct amp_sql *sql = lint->seen->sql;
	return amp_sql_place(sql, (size_t)(word->text - sql->text), word->length);
}

struct amplan_place amp_lint_at_statement(
	const struct amp_lint *lint, const struct amp_statement *statement)
{
	struct amp_words words = amp_lint_words(lint, statement);
	struct amp_word first;
	amp_words_next(&words, &first);
	return amp_lint_at(lint, &first);
}

struct amplan_place amp_lint_at_migration(const struct amp_lint *lint)
{
	return amp_migration_place(lint->migration);
}

/* A step that failed has an error of its own, and what it left says little. */
static bool is_readable(const struct amp_seen *seen)
{
	return seen->sql && !seen->failed;
}

static void ask_about_step(struct amp_lint *lint)
{
	const struct amp_seen *seen = lint->seen;
	enum amp_rule_steps which = lint->down ? AMP_IN_DOWN : AMP_IN_UP;
	for (size_t r = 0; r < NRULES; r++) {
		lint->rule = &rules[r];
		if (!(lint->rule->steps & which))
			continue;
		if (lint->rule->step)
			lint->rule->step(lint);
		for (size_t i = 0; lint->rule->statement && i < seen->nstatements; i++)
			lint->rule->statement(lint, &seen->statements[i]);
	}
}

static void ask_about_migration(struct amp_lint *lint, uint32_t node)
{
	amp_lint_look(lint, node, true);
	if (is_readable(lint->seen))
		ask_about_step(lint);
	amp_lint_look(lint, node, false);
	if (is_readable(lint->seen))
		ask_about_step(lint);
	for (size_t r = 0; r < NRULES; r++) {
		lint->rule = &rules[r];
		if (lint->rule->migration)
			lint->rule->migration(lint);
	}
}

static bool prepare(struct amp_lint *lint)
{
	const struct amp_graph *graph = lint->graph;
	size_t allows = 0;
	lint->first_allow =
		amp_arena_array(&lint->arena, graph->count, sizeof(*lint->first_allow));
	lint->changes = amp_arena_array(
		&lint->arena, 2 * (size_t)graph->count, sizeof(*lint->changes));
	for (uint32_t n = 0; n < graph->count && lint->first_allow; n++) {
		lint->first_allow[n] = allows;
		allows += graph->nodes[n]->nallows;
	}
	lint->used = amp_arena_array(&lint->arena, allows, sizeof(*lint->used));
	return !lint->arena.failed;
}

int amp_lint(struct amp_graph *graph, const uint32_t *order,
	const struct amp_effects *effects, bool require_down,
	struct amp_findings *findings, struct amplan_error *error)
{
	struct amp_lint lint = {
		.graph = graph,
		.order = order,
		.effects = effects,
		.require_down = require_down,
		.findings = findings,
	};
	bool good = prepare(&lint) && !amp_redundant(graph, order, error);
	for (uint32_t i = 0; good && i < graph->count; i++)
		ask_about_migration(&lint, order[i]);
	for (size_t r = 0; good && r < NRULES; r++) {
		lint.rule = &rules[r];
		if (lint.rule->catalog)
			lint.rule->catalog(&lint);
		good = !lint.arena.failed;
	}
	good = good && !amp_graph_failed(graph, findings);
	amp_arena_deinit(&lint.arena);
	return good ? AMPLAN_OK : amp_error_nomem(error);
}
