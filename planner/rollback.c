/*
 * Rollback: the applied migrations in plan order, cut where the goal says, reversed.
 *
 * Migrations that a squash replaces stand where the squash stands if that is earlier:
 * whoever depended on them has an edge to the squash alone, and must be undone first.
 * Nothing is undone below something that was applied later and has no descriptor here.
 */
#include "planner/rollback.h"

#include <stdlib.h>
#include <string.h>

#include "base/always.h"
#include "planner/suggest.h"

/* Something that can be undone, or must be and cannot. */
struct candidate {
	uint32_t node;
	uint32_t rank;  /* position in the order, or that of its squash if smaller */
	uint32_t place; /* position in the order */
};

struct undo {
	struct amp_plan *plan;
	const struct amp_past *past;
	const struct amp_graph *graph;
	struct amp_findings *findings;
	uint32_t *place; /* position of each node in the order */
	struct candidate *candidates;
	size_t count;
};

/* Satisfied by something whose descriptor is gone, and with it the way to undo it. */
static const char *gone_part(const struct undo *u, uint32_t squash)
{
	const struct amp_migration *migration = u->graph->nodes[squash];
	if (u->past->of[squash] || u->plan->states[squash] != AMPLAN_REPLACED)
		return NULL;
	for (size_t i = 0; i < migration->nreplaces; i++) {
		const char *id = migration->replaces[i].id;
		if (amp_graph_find(u->graph, id) == AMP_NO_NODE &&
			amp_past_find(u->past, id))
			return id;
	}
	return NULL;
}

static bool is_candidate(const struct undo *u, uint32_t node)
{
	enum amplan_state state = u->plan->states[node];
	return state == AMPLAN_APPLIED || state == AMPLAN_DRIFTED || gone_part(u, node);
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return (left->place > right->place) - (left->place < right->place);
}

static struct candidate make_candidate(const struct undo *u, uint32_t node)
{
	uint32_t place = u->place[node], squash = u->place[u->graph->outermost[node]];
	return (struct candidate){node, squash < place ? squash : place, place};
}

static bool collect(struct undo *u, const uint32_t *order, struct amp_arena *arena)
{
	uint32_t count = u->graph->count;
	u->place = amp_arena_array(arena, count, sizeof(*u->place));
	u->candidates = amp_arena_array(arena, count, sizeof(*u->candidates));
	if (arena->failed)
		return false;
	for (uint32_t i = 0; i < count; i++)
		u->place[order[i]] = i;
	for (uint32_t n = 0; n < count; n++)
		if (is_candidate(u, n))
			u->candidates[u->count++] = make_candidate(u, n);
	if (u->count)
		qsort(u->candidates, u->count, sizeof(*u->candidates),
			compare_candidates);
	return true;
}

static int refuse_unknown(
	const struct undo *u, const char *id, struct amplan_error *error)
{
	if (!amp_past_find(u->past, id))
		return amp_suggest_unknown(u->graph, id, error);
	amp_error(error, AMPLAN_USAGE, "'%s' is applied, but not in the catalog", id);
	amp_error_hint(error, "restore its file from version control, or name another");
	return AMPLAN_USAGE;
}

/* How many candidates stay when everything behind `id` goes. */
static int cut_behind(
	const struct undo *u, const char *id, size_t *kept, struct amplan_error *error)
{
	uint32_t node = amp_graph_find(u->graph, id);
	if (node == AMP_NO_NODE)
		return refuse_unknown(u, id, error);
	enum amplan_state state = u->plan->states[node];
	if (state == AMPLAN_REPLACED && !u->past->of[node] &&
		u->past->cover[node] != AMP_COVER_ALL) {
		node = u->graph->outermost[node];
		state = u->plan->states[node];
	}
	bool stands = state == AMPLAN_REPLACED && u->past->cover[node] == AMP_COVER_ALL;
	if (state == AMPLAN_PENDING || (state == AMPLAN_REPLACED && !stands)) {
		amp_error(error, AMPLAN_USAGE, "'%s' is not applied", id);
		amp_error_hint(error, "'amplan status' lists what is applied");
		return AMPLAN_USAGE;
	}
	struct candidate last = make_candidate(u, node);
	if (stands) /* all its parts stay */
		last.place = UINT32_MAX;
	for (*kept = 0; *kept < u->count; ++*kept)
		if (compare_candidates(&u->candidates[*kept], &last) > 0)
			break;
	return AMPLAN_OK;
}

/* Leaves only those whose ids are named. */
static int keep_only(struct undo *u, const struct amp_goal *goal, struct amp_arena *arena,
	struct amplan_error *error)
{
	bool *named = amp_arena_array(arena, u->graph->count, sizeof(*named));
	if (!named)
		return amp_error_nomem(error);
	for (size_t i = 0; i < goal->nonly; i++) {
		uint32_t node = amp_graph_find(u->graph, goal->only[i]);
		if (node == AMP_NO_NODE)
			return refuse_unknown(u, goal->only[i], error);
		named[node] = true;
	}
	size_t count = 0;
	for (size_t i = 0; i < u->count; i++)
		if (named[u->candidates[i].node])
			u->candidates[count++] = u->candidates[i];
	u->count = count;
	return AMPLAN_OK;
}

static void check_undo(struct undo *u, uint32_t node)
{
	const struct amp_migration *migration = u->graph->nodes[node];
	const char *id = migration->id, *gone = gone_part(u, node);
	struct amplan_finding *finding;
	if (gone) {
		finding = amp_finding_add(u->findings, AMPLAN_ERROR, "missing-down",
			"'%s' stands for '%s', whose down is gone", id, gone);
		amp_finding_hint(u->findings, finding,
			"restore the file of '%s' from version control, or roll back no "
			"further than to '%s'",
			gone, id);
	} else if (migration->irreversible) {
		finding = amp_finding_add(u->findings, AMPLAN_ERROR, "irreversible",
			"'%s' cannot be rolled back%s%s", id,
			*migration->irreversible ? ": " : "", migration->irreversible);
		amp_finding_hint(u->findings, finding,
			"restore a backup, or roll back no further than to '%s'", id);
	} else if (!migration->down) {
		finding = amp_finding_add(u->findings, AMPLAN_ERROR, "missing-down",
			"'%s' has no down", id);
		amp_finding_hint(u->findings, finding,
			"add a <down>, or declare <irreversible reason=\"...\"/>");
	} else {
		return;
	}
	amp_finding_at(finding, migration->source, migration->offset, migration->length);
	amp_finding_id(u->findings, finding, id);
	if (gone)
		amp_finding_id(u->findings, finding, gone);
}

/* The candidates from `kept` on become steps, the last first. */
static bool make_steps(struct undo *u, size_t kept)
{
	struct amp_plan *plan = u->plan;
	plan->steps =
		amp_arena_array(&plan->arena, u->count - kept, sizeof(*plan->steps));
	for (size_t i = u->count; plan->steps && i > kept; i--) {
		uint32_t node = u->candidates[i - 1].node;
		check_undo(u, node);
		if (gone_part(u, node))
			continue;
		plan->steps[plan->nsteps++] = (struct amp_plan_step){
			.migration = u->graph->nodes[node], .node = node};
	}
	return plan->steps != NULL;
}

/* The earliest in the history of what is undone, or NULL. */
static const struct amp_applied *earliest(const struct undo *u)
{
	const struct amp_applied *first = NULL;
	for (size_t i = 0; i < u->plan->nsteps; i++) {
		const struct amp_applied *row = u->past->of[u->plan->steps[i].node];
		/* what is undone was applied */
		if (AMP_ALWAYS(row) && (!first || row < first))
			first = row;
	}
	return first;
}

/* `below` NULL: it is one of those that were asked for. */
static void refuse_gone(struct undo *u, const char *id, const char *below, bool above)
{
	struct amplan_finding *finding;
	if (above)
		finding = amp_finding_add(u->findings, AMPLAN_ERROR, "missing",
			"'%s' was applied after '%s' and must be undone before it, but is "
			"not in the catalog",
			id, below);
	else if (below)
		finding = amp_finding_add(u->findings, AMPLAN_ERROR, "missing",
			"'%s' was applied after '%s' and must be undone, but is not in the "
			"catalog",
			id, below);
	else
		finding = amp_finding_add(u->findings, AMPLAN_ERROR, "missing",
			"'%s' is applied and must be undone, but is not in the catalog",
			id);
	amp_finding_id(u->findings, finding, id);
	if (below)
		amp_finding_id(u->findings, finding, below);
	amp_finding_hint(u->findings, finding,
		"roll back with the descriptors of the version that applied it");
}

/* What was applied later and is unknown here may need what would be undone. Where all that
   came after an id is to go, or more steps than are known here, it is one of them. */
static void check_unknown(struct undo *u, const struct amp_goal *goal)
{
	const struct amp_applied *first = earliest(u), *last = NULL;
	bool short_of = !goal->only && !goal->to && u->count < goal->count;
	if (goal->to)
		last = amp_past_find(u->past, goal->to);
	for (size_t i = 0; i < u->plan->nunknown; i++) {
		const char *id = u->plan->unknown[i];
		const struct amp_applied *row = amp_past_find(u->past, id);
		if (first && row > first)
			refuse_gone(u, id, first->id, true);
		else if (last && row > last)
			refuse_gone(u, id, last->id, false);
		else if (short_of)
			refuse_gone(u, id, NULL, false);
	}
}

int amp_rollback(struct amp_plan *plan, const struct amp_past *past,
	const uint32_t *order, const struct amp_goal *goal, struct amp_findings *findings,
	struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	struct undo u = {
		.plan = plan, .past = past, .graph = past->graph, .findings = findings};
	size_t kept = 0;
	int code = AMPLAN_OK;
	if (!collect(&u, order, &scratch))
		return amp_error_nomem(error);
	if (goal->only) {
		code = keep_only(&u, goal, &scratch, error);
	} else if (goal->to) {
		code = cut_behind(&u, goal->to, &kept, error);
	} else if (goal->count) {
		kept = u.count > goal->count ? u.count - goal->count : 0;
	} else {
		code = amp_error(error, AMPLAN_USAGE,
			"a rollback needs an id to go back to, or a number of steps");
	}
	if (!code && !make_steps(&u, kept))
		return amp_error_nomem(error);
	if (!code)
		check_unknown(&u, goal);
	return code;
}
