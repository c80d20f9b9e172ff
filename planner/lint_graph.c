/*
 * Lint of descriptors and of the graph: what is declared, whatever the SQL does.
 */
#include <string.h>
#include <strings.h>

#include "base/always.h"
#include "base/str.h"
#include "base/text.h"
#include "planner/lint_rules.h"
#include "planner/suggest.h"

/* Words with which a statement begins that no transaction may hold. */
static bool needs_none(const struct amp_lint *lint, const struct amp_statement *statement)
{
	struct amp_words words = amp_lint_words(lint, statement);
	return amp_words_take(&words, "VACUUM") || amp_words_take(&words, "PRAGMA");
}

void amp_rule_needless_none(struct amp_lint *lint)
{
	const struct amp_seen *up = lint->seen;
	if (!(lint->migration->flags & AMPLAN_NO_TRANSACTION) || !up->sql || up->failed ||
		!up->nstatements)
		return;
	for (size_t i = 0; i < up->nstatements; i++)
		if (needs_none(lint, &up->statements[i]))
			return;
	struct amplan_finding *finding = amp_lint_say(lint, amp_lint_at_migration(lint),
		"'%s' gives up its transaction, though all of it could run in one",
		lint->migration->id);
	amp_lint_hint(lint, finding,
		"leave transaction=\"none\" out: killed part way, it could not be rolled "
		"back");
}

/* SELECT or VALUES of what is written there, whatever the database holds. */
static bool reads_nothing(const struct amp_sql *sql)
{
	struct amp_words words = amp_words_of(sql->text, sql->length);
	struct amp_word word, last = {.length = 0};
	if (!amp_words_take(&words, "SELECT") && !amp_words_take(&words, "VALUES"))
		return false;
	for (; amp_words_next(&words, &word); last = word)
		if (amp_word_is(&word, "FROM") || amp_word_is(&word, "IN") ||
			(amp_word_is_sign(&word, '(') && last.kind == AMP_BARE &&
				last.length))
			return false; /* a table, or a function */
	return true;
}

static void check_query(
	struct amp_lint *lint, const struct amp_check *check, const char *element)
{
	struct amp_words words = amp_words_of(check->sql.text, check->sql.length);
	struct amp_word word;
	if (!reads_nothing(&check->sql))
		return;
	amp_words_next(&words, &word);
	struct amplan_finding *finding = amp_lint_say(lint,
		amp_sql_place(
			&check->sql, (size_t)(word.text - check->sql.text), word.length),
		"this %s reads no table: its answer is always the same", element);
	amp_lint_hint(
		lint, finding, "ask for what the step is to have done, or leave it out");
}

void amp_rule_empty_verify(struct amp_lint *lint)
{
	const struct amp_migration *migration = lint->migration;
	for (size_t i = 0; i < migration->npreconditions; i++)
		check_query(lint, &migration->preconditions[i], "precondition");
	for (size_t i = 0; i < migration->nverifies; i++)
		check_query(lint, &migration->verifies[i], "verify");
}

/* What a squash stands for is not run any more in new databases. */
static bool is_replaced(const struct amp_lint *lint, uint32_t node)
{
	return lint->graph->replaced_by[node] != AMP_NO_NODE;
}

static bool lacks_down(const struct amp_lint *lint, uint32_t node)
{
	const struct amp_migration *migration = lint->graph->nodes[node];
	return migration->up && !migration->down && !migration->irreversible &&
		!is_replaced(lint, node);
}

#define UNDO "write a <down>, or say why there is none: <irreversible reason=\"...\"/>"

/* All in one note, since who does without downs does so everywhere. */
static void note_downs(
	struct amp_lint *lint, uint32_t first, const char **ids, size_t count)
{
	AMP_STR_AUTO list = AMP_STR_INIT;
	amp_suggest_list(&list, ids, count);
	if (list.failed)
		lint->arena.failed = true;
	amp_lint_look(lint, first, false);
	struct amplan_finding *finding = amp_lint_say(lint, amp_lint_at_migration(lint),
		"%s %s no down", amp_str_text(&list), count == 1 ? "has" : "have");
	amp_lint_hint(lint, finding, UNDO);
}

static bool allows(struct amp_lint *lint, uint32_t node)
{
	const struct amp_migration *migration = lint->graph->nodes[node];
	bool allowed = false;
	for (size_t i = 0; i < migration->nallows; i++)
		if (!strcmp(migration->allows[i].kind, lint->rule->kind))
			allowed = lint->used[lint->first_allow[node] + i] = true;
	return allowed;
}

void amp_rule_no_down(struct amp_lint *lint)
{
	const struct amp_graph *graph = lint->graph;
	const char **ids = amp_arena_array(&lint->arena, graph->count, sizeof(*ids));
	uint32_t first = AMP_NO_NODE;
	size_t count = 0;
	for (uint32_t n = 0; ids && n < graph->count; n++) {
		if (!lacks_down(lint, n) || allows(lint, n))
			continue;
		first = first == AMP_NO_NODE ? n : first;
		ids[count++] = graph->nodes[n]->id;
		if (!lint->require_down)
			continue;
		amp_lint_look(lint, n, false);
		struct amplan_finding *finding =
			amp_lint_say_as(lint, AMPLAN_ERROR, amp_lint_at_migration(lint),
				"'%s' has no down", lint->migration->id);
		amp_lint_hint(lint, finding, UNDO);
	}
	if (count && !lint->require_down)
		note_downs(lint, first, ids, count);
}

static bool is_head(const struct amp_lint *lint, uint32_t node)
{
	const struct amp_graph *graph = lint->graph;
	return graph->back_first[node] == graph->back_first[node + 1] &&
		!is_replaced(lint, node);
}

/* All heads from `first` on that are in its module. */
static void check_module(
	struct amp_lint *lint, uint32_t first, const char **ids, bool *seen)
{
	const struct amp_graph *graph = lint->graph;
	const char *module = graph->nodes[first]->module;
	AMP_STR_AUTO list = AMP_STR_INIT;
	size_t count = 0;
	for (uint32_t n = first; n < graph->count; n++) {
		if (seen[n] || !is_head(lint, n) ||
			strcmp(graph->nodes[n]->module, module) != 0)
			continue;
		seen[n] = true;
		ids[count++] = graph->nodes[n]->id;
	}
	if (count < 2)
		return;
	amp_suggest_list(&list, ids, count);
	if (list.failed)
		lint->arena.failed = true;
	amp_lint_look(lint, first, false);
	struct amplan_finding *finding = amp_lint_say(lint, amp_lint_at_migration(lint),
		"%s%s%s%zu migrations on which none depends: %s",
		*module ? "module '" : "there are ", module, *module ? "' has " : "",
		count, amp_str_text(&list));
	amp_lint_hint(lint, finding,
		"let the next one depend on all of them: 'amplan new' writes it so");
	for (size_t i = 1; finding && i < count; i++)
		amp_finding_id(lint->findings, finding, ids[i]);
}

void amp_rule_several_heads(struct amp_lint *lint)
{
	const struct amp_graph *graph = lint->graph;
	const char **ids = amp_arena_array(&lint->arena, graph->count, sizeof(*ids));
	bool *seen = amp_arena_array(&lint->arena, graph->count, sizeof(*seen));
	for (uint32_t n = 0; ids && seen && n < graph->count; n++)
		if (is_head(lint, n) && !seen[n])
			check_module(lint, n, ids, seen);
}

/* A search from the other dependencies of a migration towards one of them. */
struct search {
	uint32_t *from;  /* by node: the one it was reached from */
	uint32_t *round; /* by node: the search that reached it */
	uint32_t *queue;
	uint32_t count, rounds;
};

static void reach(struct search *search, uint32_t node, uint32_t from)
{
	if (search->round[node] == search->rounds)
		return;
	search->round[node] = search->rounds;
	search->from[node] = from;
	search->queue[search->count++] = node;
}

/* The dependency of `node` through which `edge` is implied, on a shortest way. */
static uint32_t find_detour(const struct amp_graph *graph, struct search *search,
	uint32_t node, uint32_t edge)
{
	uint32_t target = graph->target[edge];
	search->rounds++;
	search->count = 0;
	for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++)
		if (e != edge)
			reach(search, graph->target[e], node);
	/* a redundant edge has a detour */
	for (uint32_t i = 0; AMP_ALWAYS(i < search->count); i++) {
		uint32_t at = search->queue[i];
		for (uint32_t e = graph->first[at]; e < graph->first[at + 1]; e++)
			reach(search, graph->target[e], at);
		if (search->round[target] == search->rounds)
			break;
	}
	if (AMP_NEVER(search->round[target] != search->rounds)) /* as said */
		return AMP_NO_NODE;
	while (search->from[target] != node)
		target = search->from[target];
	return target;
}

/* Searching costs as much as the graph has edges, so only so often. */
#define SEARCHES 1000

static void say_redundant(struct amp_lint *lint, struct search *search, uint32_t edge)
{
	const struct amp_graph *graph = lint->graph;
	const struct amp_reference *reference = graph->reference[edge];
	const char *target = graph->nodes[graph->target[edge]]->id;
	uint32_t detour = search->rounds < SEARCHES
		? find_detour(graph, search, lint->node, edge)
		: AMP_NO_NODE;
	const char *through = detour == AMP_NO_NODE ? "" : graph->nodes[detour]->id;
	struct amplan_finding *finding = amp_lint_say(lint, amp_lint_at_migration(lint),
		"'%s' depends on '%s' already%s%s%s", lint->migration->id, target,
		*through ? ", by way of '" : " by way of others", through,
		*through ? "'" : "");
	if (!finding)
		return;
	amp_finding_at(finding, reference->source, reference->offset, reference->length);
	amp_finding_id(lint->findings, finding, target);
	amp_lint_hint(lint, finding,
		"leave it out, or keep it with a reason=\"...\" if it is meant for itself");
}

void amp_rule_redundant_dependency(struct amp_lint *lint)
{
	const struct amp_graph *graph = lint->graph;
	struct search search = {
		.from = amp_arena_array(&lint->arena, graph->count, sizeof(uint32_t)),
		.round = amp_arena_array(&lint->arena, graph->count, sizeof(uint32_t)),
		.queue = amp_arena_array(&lint->arena, graph->count, sizeof(uint32_t)),
	};
	if (lint->arena.failed)
		return;
	for (uint32_t n = 0; n < graph->count; n++) {
		amp_lint_look(lint, n, false);
		for (uint32_t e = graph->first[n]; e < graph->first[n + 1]; e++)
			if (graph->redundant[e] && !graph->reference[e]->reason)
				say_redundant(lint, &search, e);
	}
}

/* Kinds of findings that checks beside the lint leave out where they are allowed. */
static bool is_of_others(const char *kind)
{
	static const char *const kinds[] = {"autoincrement-reset", "column-order",
		"dangling-reference", "down-not-inverse", "fails-on-rows", "row-loss",
		"undeclared-dependency", "unordered-conflict", "value-loss"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i], kind))
			return true;
	return false;
}

static void check_allowance(
	struct amp_lint *lint, const struct amp_allowance *allowance, bool known)
{
	struct amplan_finding *finding = amp_lint_say(lint, amp_lint_at_migration(lint),
		known ? "nothing of the kind '%.100s' was found in '%s'"
		      : "no finding of the kind '%.100s' can be allowed",
		allowance->kind, lint->migration->id);
	if (finding)
		amp_finding_at(
			finding, allowance->source, allowance->offset, allowance->length);
	amp_lint_hint(lint, finding,
		known ? "leave the <allow> out" : "'amplan explain' lists all kinds");
}

void amp_rule_unused_allowance(struct amp_lint *lint)
{
	for (uint32_t n = 0; n < lint->graph->count; n++) {
		amp_lint_look(lint, n, false);
		for (size_t i = 0; i < lint->migration->nallows; i++) {
			const struct amp_allowance *allowance =
				&lint->migration->allows[i];
			bool known = amp_lint_knows(allowance->kind);
			bool unseen = !lint->seen->sql || lint->seen->failed;
			if (lint->used[lint->first_allow[n] + i] ||
				is_of_others(allowance->kind) || (known && unseen))
				continue;
			check_allowance(lint, allowance, known);
		}
	}
}
