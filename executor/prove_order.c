/*
 * Prove, order: two migrations that meet and that no path orders, tried both ways round.
 *
 * If all such pairs commute, and those that do not meet cannot but commute, then any
 * topological order can be turned into any other by exchanging neighbours, and all give
 * the same database.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/differ.h"
#include "executor/shelf.h"

struct pair {
	uint32_t first, second; /* in plan order */
	struct amp_meeting meeting;
	uint64_t *base; /* what both need */
};

struct pairs AMP_VEC(struct pair);

static bool is_unordered(const struct amp_prover *prover, uint32_t a, uint32_t b)
{
	return !amp_set_has(amp_ancestors_of(&prover->before, a), b) &&
		!amp_set_has(amp_ancestors_of(&prover->before, b), a);
}

/* Whoever of the two changes what the other touches; the more telling of both. */
static struct amp_meeting meet_either(
	const struct amp_prover *prover, uint32_t a, uint32_t b)
{
	const struct amp_seen *left = &prover->effects[a].up;
	const struct amp_seen *right = &prover->effects[b].up;
	struct amp_meeting meeting = amp_meet(left, right, NULL);
	return meeting.name ? meeting : amp_meet(right, left, NULL);
}

static bool add_pair(struct amp_prover *prover, struct pairs *pairs, struct pair pair)
{
	size_t words = prover->before.words;
	pair.base = amp_arena_array(&prover->job->arena, words + 1, sizeof(*pair.base));
	if (!pair.base)
		return false;
	amp_set_unite(pair.base, amp_ancestors_of(&prover->before, pair.first), words);
	amp_set_unite(pair.base, amp_ancestors_of(&prover->before, pair.second), words);
	return amp_vec_push(pairs, pair);
}

static int find_pairs(
	struct amp_prover *prover, struct pairs *pairs, struct amplan_error *error)
{
	const struct amp_plan *plan = &prover->job->plan;
	for (size_t i = 0; i < plan->nsteps; i++)
		for (size_t j = i + 1; j < plan->nsteps; j++) {
			struct pair pair = {
				plan->steps[i].node, plan->steps[j].node, {0}, NULL};
			if (!amp_prove_works(prover, pair.first) ||
				!amp_prove_works(prover, pair.second) ||
				!is_unordered(prover, pair.first, pair.second))
				continue;
			pair.meeting = meet_either(prover, pair.first, pair.second);
			if (pair.meeting.name && !add_pair(prover, pairs, pair))
				return amp_error_nomem(error);
		}
	return AMPLAN_OK;
}

/* One after the other on the state that both need. `failed`: which did not work. */
static int run_both(struct amp_shelf *shelf, const struct pair *pair, uint32_t first,
	uint32_t second, uint32_t *failed, struct amp_trial *trial,
	struct amplan_error *error)
{
	bool reached;
	*failed = AMP_NO_NODE;
	int code = amp_shelf_reach(shelf, pair->base, &reached, failed, error);
	if (code || !reached)
		return code;
	code = amp_shelf_keep(shelf, error);
	const uint32_t order[] = {first, second};
	for (size_t i = 0; !code && *failed == AMP_NO_NODE && i < 2; i++) {
		amp_trial_deinit(trial);
		code = amp_shelf_try(shelf, order[i], false, trial, error);
		if (trial->code)
			*failed = order[i];
	}
	/* made without rows for new tables, or in another order: no state to start from */
	shelf->live_known = false;
	return code;
}

/* The tables that either of them touched. */
static const char **names_of(
	const struct amp_prover *prover, const struct pair *pair, size_t *count)
{
	const struct amp_seen *seen[] = {
		&prover->effects[pair->first].up, &prover->effects[pair->second].up};
	const char **names = amp_arena_array(&prover->job->arena,
		seen[0]->ntouches + seen[1]->ntouches, sizeof(*names));
	*count = 0;
	for (size_t i = 0; names && i < 2; i++)
		for (size_t t = 0; t < seen[i]->ntouches; t++)
			if (!*count ||
				strcasecmp(names[*count - 1], seen[i]->touches[t].name) !=
					0)
				names[(*count)++] = seen[i]->touches[t].name;
	return names;
}

/* What came out of both orders. */
struct outcome {
	uint32_t failed; /* in the order that is not the plan's; AMP_NO_NODE: none */
	const char *why;
	struct amp_difference difference;
	bool undecided; /* not even the order of the plan works here */
};

static int read_state(struct amp_state *state, struct amp_db *db,
	const char *const *names, size_t count, struct amplan_error *error)
{
	int code = amp_state_read(state, db, names, count, error);
	return code ? code : amp_state_look(state, db, error);
}

static int try_both(struct amp_shelf *shelf, const struct pair *pair,
	struct outcome *outcome, struct amplan_error *error)
{
	struct amp_prover *prover = shelf->prover;
	struct amp_state one = {0}, two = {0};
	AMP_TRIAL_AUTO trial = {0};
	size_t count;
	uint32_t failed;
	const char **names = names_of(prover, pair, &count);
	bool rows = !amp_effects_chance(&prover->effects[pair->first].up) &&
		!amp_effects_chance(&prover->effects[pair->second].up);
	*outcome = (struct outcome){.failed = AMP_NO_NODE};
	if (!names)
		return amp_error_nomem(error);
	int code =
		run_both(shelf, pair, pair->first, pair->second, &failed, &trial, error);
	outcome->undecided = failed != AMP_NO_NODE;
	if (!code && !outcome->undecided)
		code = read_state(&one, shelf->db, names, count, error);
	if (!code && !outcome->undecided)
		code = run_both(shelf, pair, pair->second, pair->first, &outcome->failed,
			&trial, error);
	if (!code && outcome->failed != AMP_NO_NODE)
		outcome->why = amp_arena_strdup(&prover->job->arena, trial.why);
	else if (!code && !outcome->undecided)
		code = read_state(&two, shelf->db, names, count, error);
	if (!code && !outcome->undecided && outcome->failed == AMP_NO_NODE)
		code = amp_state_compare(&one, &two, rows, &outcome->difference,
			&prover->job->arena, error);
	amp_state_deinit(&one);
	amp_state_deinit(&two);
	return code;
}

static const char *object_of(const struct amp_meeting *meeting, struct amp_arena *arena)
{
	return *meeting->column
		? amp_arena_printf(arena, "%s.%s", meeting->name, meeting->column)
		: meeting->name;
}

static void add_places(struct amp_findings *findings, struct amplan_finding *finding,
	const struct amp_migration *second, const struct amp_migration *first)
{
	finding->place = amp_migration_place(second);
	amp_finding_id(findings, finding, second->id);
	amp_finding_id(findings, finding, first->id);
	amp_finding_related(
		findings, finding, amp_migration_place(first), "the other one");
}

static void tell_conflict(struct amp_prover *prover, const struct pair *pair,
	const struct outcome *outcome, const char *object)
{
	struct amp_job *job = prover->job;
	struct amp_findings *findings = &job->findings;
	const struct amp_migration *first = job->graph.nodes[pair->first];
	const struct amp_migration *second = job->graph.nodes[pair->second];
	const char *to_first = amp_prove_name(prover, pair->second, pair->first);
	const char *to_second = amp_prove_name(prover, pair->first, pair->second);
	struct amplan_finding *finding;
	if (outcome->failed != AMP_NO_NODE)
		finding = amp_finding_add(findings, AMPLAN_ERROR, "unordered-conflict",
			"'%s' and '%s' meet at '%s', and no path orders them: with '%s' "
			"first, '%s' fails: %s",
			second->id, first->id, object, second->id,
			job->graph.nodes[outcome->failed]->id, outcome->why);
	else
		finding = amp_finding_add(findings, AMPLAN_ERROR, "unordered-conflict",
			"'%s' and '%s' meet at '%s', and no path orders them: with '%s' "
			"first, %s",
			second->id, first->id, object, second->id,
			outcome->difference.text);
	add_places(findings, finding, second, first);
	if (outcome->failed != AMP_NO_NODE)
		amp_finding_hint(findings, finding,
			"add <depends on=\"%s\"/> to '%s', as the plan has it",
			to_first ? to_first : "", second->id);
	else
		amp_finding_hint(findings, finding,
			"say which comes first: <depends on=\"%s\"/> in '%s', as the plan "
			"has it, or <depends on=\"%s\"/> in '%s'",
			to_first ? to_first : "", second->id, to_second ? to_second : "",
			first->id);
}

static void tell_column_order(
	struct amp_prover *prover, const struct pair *pair, const char *table)
{
	struct amp_job *job = prover->job;
	const struct amp_migration *first = job->graph.nodes[pair->first];
	const struct amp_migration *second = job->graph.nodes[pair->second];
	struct amplan_finding *finding = amp_finding_add(&job->findings, AMPLAN_NOTE,
		"column-order",
		"'%s' and '%s' both add columns to '%s', and no path orders them: only the "
		"order of the columns depends on which comes first",
		second->id, first->id, table);
	add_places(&job->findings, finding, second, first);
	amp_finding_hint(&job->findings, finding,
		"nothing needs to be done where columns are named, as in INSERT INTO %s "
		"(column, …)",
		table);
}

/* A reason in one of the two descriptors will do. */
static bool is_allowed(
	const struct amp_prover *prover, const struct pair *pair, const char *kind)
{
	const struct amp_graph *graph = &prover->job->graph;
	return amp_migration_allows(graph->nodes[pair->first], kind) ||
		amp_migration_allows(graph->nodes[pair->second], kind);
}

static int judge(struct amp_prover *prover, const struct pair *pair,
	const struct outcome *outcome, struct amplan_error *error)
{
	const char *object = object_of(&pair->meeting, &prover->job->arena);
	if (outcome->undecided ||
		(outcome->failed == AMP_NO_NODE && outcome->difference.kind == AMP_SAME))
		return AMPLAN_OK;
	if (outcome->failed == AMP_NO_NODE &&
		outcome->difference.kind == AMP_COLUMN_ORDER) {
		if (!is_allowed(prover, pair, "column-order"))
			tell_column_order(prover, pair, outcome->difference.object);
		return AMPLAN_OK;
	}
	if (is_allowed(prover, pair, "unordered-conflict"))
		return AMPLAN_OK;
	if (outcome->difference.object &&
		strcmp(outcome->difference.object, pair->meeting.name) != 0)
		object = outcome->difference.object;
	tell_conflict(prover, pair, outcome, object);
	struct amplan_demand demand = {.from = pair->second,
		.on = pair->first,
		.conflict = true,
		.object = object};
	return amp_vec_push(&prover->demands, demand) ? AMPLAN_OK
						      : amp_error_nomem(error);
}

/* With rows; where that does not work even in plan order, without. */
static int prove_pair(struct amp_shelf *seeded, struct amp_shelf *empty,
	const struct pair *pair, struct amplan_error *error)
{
	struct outcome outcome;
	int code = try_both(seeded, pair, &outcome, error);
	if (!code && outcome.undecided)
		code = try_both(empty, pair, &outcome, error);
	return code ? code : judge(seeded->prover, pair, &outcome, error);
}

/* Pairs with the same needs one after the other: they begin from the same state. */
static int compare_pairs(const void *left, const void *right)
{
	const struct pair *l = left, *r = right;
	return l->second != r->second ? (l->second < r->second ? -1 : 1)
				      : (l->first < r->first ? -1 : l->first > r->first);
}

int amp_prove_order(struct amp_prover *prover, struct amplan_error *error)
{
	struct pairs pairs = {0};
	struct amp_shelf seeded = {0}, empty = {0};
	int code = find_pairs(prover, &pairs, error);
	if (!code && pairs.count)
		code = amp_shelf_init(&seeded, prover, true, error);
	if (!code && pairs.count)
		code = amp_shelf_init(&empty, prover, false, error);
	if (pairs.count)
		qsort(pairs.items, pairs.count, sizeof(*pairs.items), compare_pairs);
	for (size_t i = 0; !code && i < pairs.count; i++)
		code = prove_pair(&seeded, &empty, &pairs.items[i], error);
	amp_shelf_deinit(&seeded);
	amp_shelf_deinit(&empty);
	amp_vec_deinit(&pairs);
	return code;
}
