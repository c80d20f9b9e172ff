/*
 * Prove, order: two migrations that meet and that no path orders, tried both ways round.
 *
 * If all such pairs commute, and those that do not meet cannot but commute, then any
 * topological order can be turned into any other by exchanging neighbours, and all give
 * the same database. That holds but for what only three of them do together: two that each
 * drop a column commute, and leave none if no third added one.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/differ.h"
#include "executor/missing.h"

struct pair {
	uint32_t first, second; /* in plan order */
	struct amp_meeting meeting;
	uint64_t *base; /* what both need */
};

struct pairs AMP_VEC(struct pair);

/* What comes first in plan order has none behind it that it needs. */
static bool is_unordered(const struct amp_prover *prover, uint32_t first, uint32_t second)
{
	return !amp_set_has(amp_ancestors_of(&prover->before, second), first);
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
	uint32_t count = prover->job->graph.count;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = i + 1; j < count; j++) {
			struct pair pair = {
				prover->sequence[i], prover->sequence[j], {0}, NULL};
			if (!amp_prove_works(prover, pair.first) ||
				!amp_prove_works(prover, pair.second) ||
				!is_unordered(prover, pair.first, pair.second))
				continue;
			pair.meeting = amp_meet_either(&prover->effects[pair.first].up,
				&prover->effects[pair.second].up, NULL);
			if (pair.meeting.name && !add_pair(prover, pairs, pair))
				return amp_error_nomem(error);
		}
	return AMPLAN_OK;
}

static size_t add_names(const char **names, size_t count, const struct amp_seen *seen)
{
	for (size_t t = 0; t < seen->ntouches; t++)
		if (!count || strcasecmp(names[count - 1], seen->touches[t].name) != 0)
			names[count++] = seen->touches[t].name;
	return count;
}

static bool has_trigger(const struct amp_seen *seen)
{
	for (size_t i = 0; i < seen->neffects; i++)
		if (!strcmp(seen->effects[i].type, "trigger"))
			return true;
	return false;
}

/* The tables that either of them touched. A trigger that comes or goes makes that another
   matter in the other order: then all that anybody before them touched. */
static const char **names_of(
	const struct amp_prover *prover, const struct pair *pair, size_t *count)
{
	const struct amp_seen *one = &prover->effects[pair->first].up;
	const struct amp_seen *two = &prover->effects[pair->second].up;
	bool all = has_trigger(one) || has_trigger(two);
	uint32_t nodes = all ? prover->job->graph.count : 0;
	size_t room = one->ntouches + two->ntouches;
	for (uint32_t i = 0; i < nodes; i++)
		room += amp_set_has(pair->base, i) ? prover->effects[i].up.ntouches : 0;
	const char **names = amp_arena_array(&prover->job->arena, room, sizeof(*names));
	*count = 0;
	if (!names)
		return NULL;
	*count = add_names(names, *count, one);
	*count = add_names(names, *count, two);
	for (uint32_t i = 0; i < nodes; i++)
		if (amp_set_has(pair->base, i))
			*count = add_names(names, *count, &prover->effects[i].up);
	return names;
}

static int read_state(struct amp_state *state, struct amp_db *db,
	const char *const *names, size_t count, struct amplan_error *error)
{
	int code = amp_state_read(state, db, names, count, error);
	return code ? code : amp_state_look(state, db, error);
}

/* One of the two orders, tried. */
struct attempt {
	uint32_t failed; /* which did not work; AMP_NO_NODE: both did */
	const char *why;
	bool dangles; /* both did, but together they leave rows that point at nothing */
	struct amp_state state;
};

static int count_dangling(struct amp_shelf *shelf, const char *const *names, size_t count,
	size_t *dangling, struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	struct amp_violations violations = {.arena = &scratch};
	int code = shelf->db->engine->violations(
		shelf->db, names, count, &violations, error);
	*dangling = violations.count;
	amp_vec_deinit(&violations);
	return code;
}

/* The second of an attempt, after the first; and what both left. */
static int run_second(struct amp_shelf *shelf, uint32_t second, const char *const *names,
	size_t count, size_t before, struct attempt *attempt, struct amplan_error *error)
{
	AMP_TRIAL_AUTO trial = {0};
	size_t after = 0;
	int code = amp_shelf_try(shelf, second, false, &trial, error);
	if (!code && trial.code) {
		attempt->failed = second;
		attempt->why = amp_arena_strdup(&shelf->prover->job->arena, trial.why);
		return AMPLAN_OK;
	}
	if (!code)
		code = count_dangling(shelf, names, count, &after, error);
	/* made-up rows dangle for reasons of their own */
	if (!code && after > before && !shelf->rows) {
		attempt->failed = second;
		attempt->why = AMP_ROWS_DANGLE;
		attempt->dangles = true;
	} else if (!code) {
		code = read_state(&attempt->state, shelf->db, names, count, error);
	}
	return code;
}

/* One after the other on the state that both need. */
static int run_both(struct amp_shelf *shelf, const struct pair *pair, uint32_t first,
	uint32_t second, const char *const *names, size_t count, struct attempt *attempt,
	struct amplan_error *error)
{
	AMP_TRIAL_AUTO trial = {0};
	bool reached;
	size_t dangling = 0;
	*attempt = (struct attempt){.failed = AMP_NO_NODE};
	int code = amp_shelf_reach(shelf, pair->base, &reached, &attempt->failed, error);
	if (code || !reached)
		return code;
	code = amp_shelf_settle(shelf, error);
	if (!code)
		code = count_dangling(shelf, names, count, &dangling, error);
	if (!code)
		code = amp_shelf_try(shelf, first, false, &trial, error);
	if (!code && trial.code) {
		attempt->failed = first;
		attempt->why = amp_arena_strdup(&shelf->prover->job->arena, trial.why);
	}
	if (!code && !trial.code)
		code = run_second(shelf, second, names, count, dangling, attempt, error);
	/* made without rows for new tables, or in another order: no state to start from */
	shelf->live_known = false;
	return code;
}

/* What came out of both orders. */
struct outcome {
	uint32_t failed; /* in one order; AMP_NO_NODE: none */
	uint32_t leader; /* who came first in that order */
	uint32_t other;  /* who fails in the other one, where it is hopeless */
	const char *why;
	struct amp_difference difference;
	bool hopeless;  /* and the other order works no better */
	bool undecided; /* not even the order of the plan works here */
};

static int compare(const struct amp_prover *prover, const struct pair *pair,
	const struct attempt *one, const struct attempt *two, struct outcome *outcome,
	struct amplan_error *error)
{
	bool rows = !amp_effects_chance(&prover->effects[pair->first].up) &&
		!amp_effects_chance(&prover->effects[pair->second].up);
	const struct attempt *failed = one->failed != AMP_NO_NODE ? one : two;
	*outcome = (struct outcome){
		.failed = failed->failed,
		.leader = failed == one ? pair->first : pair->second,
		.other = two->failed,
		.why = failed->why,
		.hopeless = one->failed != AMP_NO_NODE && two->failed != AMP_NO_NODE,
		/* made-up rows may be in the way, but not be what dangles */
		.undecided = one->failed != AMP_NO_NODE && !one->dangles,
	};
	if (outcome->failed != AMP_NO_NODE)
		return AMPLAN_OK;
	return amp_state_compare(&one->state, &two->state, rows, &outcome->difference,
		&prover->job->arena, error);
}

static int try_both(struct amp_shelf *shelf, const struct pair *pair,
	struct outcome *outcome, struct amplan_error *error)
{
	struct amp_prover *prover = shelf->prover;
	struct attempt one = {0}, two = {.failed = AMP_NO_NODE};
	size_t count;
	const char **names = names_of(prover, pair, &count);
	if (!names)
		return amp_error_nomem(error);
	int code = run_both(
		shelf, pair, pair->first, pair->second, names, count, &one, error);
	if (!code && (one.failed == AMP_NO_NODE || one.dangles))
		code = run_both(shelf, pair, pair->second, pair->first, names, count,
			&two, error);
	if (!code)
		code = compare(prover, pair, &one, &two, outcome, error);
	amp_state_deinit(&one.state);
	amp_state_deinit(&two.state);
	return code;
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

/* What a verify counts in the schema need not be what the other one touches. */
static const char *lack_of_order(struct amp_arena *arena, const char *second,
	const char *first, const char *object)
{
	return *object
		? amp_arena_printf(arena,
			  "'%s' and '%s' meet at '%s', and no path orders them", second,
			  first, object)
		: amp_arena_printf(arena, "no path orders '%s' and '%s'", second, first);
}

static void tell_conflict(struct amp_prover *prover, const struct pair *pair,
	const struct outcome *outcome, const char *object)
{
	struct amp_job *job = prover->job;
	struct amp_findings *findings = &job->findings;
	const struct amp_migration *first = job->graph.nodes[pair->first];
	const struct amp_migration *second = job->graph.nodes[pair->second];
	const char *what = lack_of_order(&job->arena, second->id, first->id, object);
	const char *to_first = amp_prove_name(prover, pair->second, pair->first);
	const char *to_second = amp_prove_name(prover, pair->first, pair->second);
	bool planned = outcome->leader == pair->first;
	const char *leader = planned ? first->id : second->id;
	struct amplan_finding *finding;
	if (outcome->failed != AMP_NO_NODE && outcome->failed == outcome->leader)
		finding = amp_finding_add(findings, AMPLAN_ERROR, "unordered-conflict",
			"%s: with '%s' first, it fails: %s", what, leader, outcome->why);
	else if (outcome->failed != AMP_NO_NODE)
		finding = amp_finding_add(findings, AMPLAN_ERROR, "unordered-conflict",
			"%s: with '%s' first, '%s' fails: %s", what, leader,
			job->graph.nodes[outcome->failed]->id, outcome->why);
	else
		finding = amp_finding_add(findings, AMPLAN_ERROR, "unordered-conflict",
			"%s: with '%s' first, %s", what, second->id,
			outcome->difference.text);
	add_places(findings, finding, second, first);
	if (outcome->hopeless)
		amp_finding_hint(findings, finding,
			"the other way round '%s' fails: change one of them",
			job->graph.nodes[outcome->other]->id);
	else if (outcome->failed != AMP_NO_NODE)
		amp_finding_hint(findings, finding, "add <depends on=\"%s\"/> to '%s'",
			planned ? to_second : to_first, leader);
	else
		amp_finding_hint(findings, finding,
			"say which comes first: <depends on=\"%s\"/> in '%s', as the plan "
			"has it, or <depends on=\"%s\"/> in '%s'",
			to_first, second->id, to_second, first->id);
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

/* Of many that add columns to one table each is told once, with the first of the others. */
static bool is_told(const struct amp_prover *prover, const struct pair *pair)
{
	const struct amp_findings *findings = &prover->job->findings;
	const char *id = prover->job->graph.nodes[pair->second]->id;
	for (size_t i = 0; i < findings->count; i++)
		if (!strcmp(findings->items[i].kind, "column-order") &&
			!strcmp(findings->items[i].ids[0], id))
			return true;
	return false;
}

static int judge(struct amp_prover *prover, const struct pair *pair,
	const struct outcome *outcome, struct amplan_error *error)
{
	const char *text = outcome->difference.text;
	/* of an index or a trigger that is another one, its table tells more */
	bool table = outcome->difference.kind == AMP_OTHER_ROWS ||
		(text && !strncmp(text, "the table", 9));
	const char *about = outcome->failed != AMP_NO_NODE ? outcome->why
		: table                                    ? text
							   : NULL;
	struct amp_meeting meeting = amp_meet_either(&prover->effects[pair->first].up,
		&prover->effects[pair->second].up, about);
	const char *object = amp_meeting_object(
		meeting.name ? &meeting : &pair->meeting, &prover->job->arena);
	if (outcome->undecided ||
		(outcome->failed == AMP_NO_NODE && outcome->difference.kind == AMP_SAME))
		return AMPLAN_OK;
	if (outcome->failed == AMP_NO_NODE &&
		outcome->difference.kind == AMP_COLUMN_ORDER) {
		if (!is_allowed(prover, pair, "column-order") && !is_told(prover, pair))
			tell_column_order(prover, pair, outcome->difference.object);
		return AMPLAN_OK;
	}
	if (is_allowed(prover, pair, "unordered-conflict"))
		return AMPLAN_OK;
	tell_conflict(prover, pair, outcome, object);
	struct amplan_demand demand = {.from = pair->second,
		.on = pair->first,
		.conflict = true,
		.object = object};
	return amp_vec_push(&prover->demands, demand) ? AMPLAN_OK
						      : amp_error_nomem(error);
}

/* One that stands later in the plan, and does not work after one before it. */
int amp_tell_breaker(struct amp_prover *prover, const struct amp_suspect *suspect,
	struct amplan_error *error)
{
	const struct amp_seen *breaker = &prover->effects[suspect->other].up;
	struct pair pair = {.first = suspect->node, .second = suspect->other};
	struct outcome outcome = {
		.failed = suspect->node,
		.leader = suspect->other,
		.other = suspect->other,
		.why = suspect->why,
		.hopeless = suspect->hopeless,
	};
	pair.meeting = amp_meet_either(
		breaker, &prover->effects[suspect->node].up, suspect->why);
	if (!pair.meeting.name)
		pair.meeting = amp_meet_named(breaker, suspect->why);
	if (!pair.meeting.name)
		pair.meeting = (struct amp_meeting){.name = "", .column = ""};
	return judge(prover, &pair, &outcome, error);
}

static bool writes(const struct amp_seen *seen)
{
	for (size_t i = 0; i < seen->ntouches; i++)
		if (seen->touches[i].how & AMPLAN_WRITES)
			return true;
	return false;
}

/* Nothing but columns added to one table: that they commute needs no trial. */
static bool only_adds_columns(const struct amp_seen *seen, const char *table)
{
	for (size_t i = 0; i < seen->ntouches; i++) {
		const struct amp_touch *touch = &seen->touches[i];
		bool column = *touch->column && touch->how == AMPLAN_CREATES;
		bool whole = !*touch->column && touch->how == AMPLAN_ALTERS;
		if (strcasecmp(touch->name, table) != 0 || !(column || whole))
			return false;
	}
	return true;
}

static bool is_column_order(const struct amp_prover *prover, const struct pair *pair)
{
	const struct amp_seen *one = &prover->effects[pair->first].up;
	const struct amp_seen *two = &prover->effects[pair->second].up;
	for (size_t i = 0; i < one->ntouches; i++)
		if (*one->touches[i].column &&
			amp_touched(two, pair->meeting.name, one->touches[i].column))
			return false;
	return only_adds_columns(one, pair->meeting.name) &&
		only_adds_columns(two, pair->meeting.name);
}

/* With rows; where that does not work even in plan order, without. And without as well where
   both write rows: only those that migrations themselves write must not point at nothing. */
static int prove_pair(struct amp_shelf *seeded, struct amp_shelf *empty,
	const struct pair *pair, struct amplan_error *error)
{
	const struct amp_prover *prover = seeded->prover;
	struct outcome outcome = {0};
	const struct amp_graph *graph = &prover->job->graph;
	/* what a precondition says counts only where rows are what they are */
	bool both = (writes(&prover->effects[pair->first].up) &&
			    writes(&prover->effects[pair->second].up)) ||
		graph->nodes[pair->first]->npreconditions ||
		graph->nodes[pair->second]->npreconditions;
	if (is_column_order(prover, pair)) {
		outcome = (struct outcome){.failed = AMP_NO_NODE,
			.difference = {AMP_COLUMN_ORDER, pair->meeting.name, ""}};
		return judge(seeded->prover, pair, &outcome, error);
	}
	int code = try_both(seeded, pair, &outcome, error);
	bool same = outcome.failed == AMP_NO_NODE && outcome.difference.kind == AMP_SAME;
	if (!code && (outcome.undecided || (both && same)))
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
