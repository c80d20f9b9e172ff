/*
 * Plan: history against catalog, then the steps that are wanted, then stages and digest.
 */
#include "planner/plan.h"

#include "base/str.h"
#include "planner/past.h"
#include "planner/rollback.h"
#include "planner/stages.h"
#include "planner/suggest.h"
#include "planner/verdict.h"

#define HELD_BACK_NAMED 20

/* Choosing what to apply. */
struct choice {
	struct amp_plan *plan;
	const struct amp_graph *graph;
	const uint32_t *order;
	struct amp_findings *findings;
	bool *wanted; /* by node: pending, and the goal includes it */
	bool *left;   /* by node: wanted, and left out for maintenance */
	bool *held;   /* by node: held back by the maintenance step looked at */
};

static bool is_pending(const struct choice *c, uint32_t node)
{
	return c->plan->states[node] == AMPLAN_PENDING;
}

/* The node that stands for this id now; AMPLAN_USAGE where there is none. */
static int find_goal(const struct choice *c, const char *id, uint32_t *node,
	struct amplan_error *error)
{
	size_t count;
	*node = amp_graph_find(c->graph, id);
	if (*node == AMP_NO_NODE) {
		const struct amp_claim *claims = amp_graph_claims(c->graph, id, &count);
		if (!claims)
			return amp_suggest_unknown(c->graph, id, error);
		*node = claims[0].squash;
	}
	if (c->plan->states[*node] == AMPLAN_REPLACED)
		*node = c->graph->outermost[*node];
	return AMPLAN_OK;
}

/* The migration and all it depends on, through applied ones as well. */
static int want_ancestors(struct choice *c, const char *id, struct amplan_error *error)
{
	uint32_t node;
	int code = find_goal(c, id, &node, error);
	if (code)
		return code;
	c->wanted[node] = true;
	for (uint32_t i = c->graph->count; i > 0; i--) {
		uint32_t n = c->order[i - 1];
		for (uint32_t e = c->graph->first[n];
			c->wanted[n] && e < c->graph->first[n + 1]; e++)
			c->wanted[c->graph->target[e]] = true;
	}
	return AMPLAN_OK;
}

static int want_only(
	struct choice *c, const struct amp_goal *goal, struct amplan_error *error)
{
	for (size_t i = 0; i < goal->nonly; i++) {
		uint32_t node = amp_graph_find(c->graph, goal->only[i]);
		if (node == AMP_NO_NODE)
			return amp_suggest_unknown(c->graph, goal->only[i], error);
		c->wanted[node] = true;
	}
	return AMPLAN_OK;
}

static int want(struct choice *c, const struct amp_goal *goal, struct amplan_error *error)
{
	int code = AMPLAN_OK;
	if (goal->only)
		code = want_only(c, goal, error);
	else if (goal->to)
		code = want_ancestors(c, goal->to, error);
	for (uint32_t n = 0; n < c->graph->count; n++)
		c->wanted[n] =
			is_pending(c, n) && (c->wanted[n] || (!goal->only && !goal->to));
	return code;
}

static bool needs_maintenance(const struct choice *c, uint32_t node)
{
	return c->wanted[node] && c->graph->nodes[node]->flags & AMPLAN_MAINTENANCE;
}

static bool waits_for(const struct choice *c, uint32_t node, const bool *set)
{
	for (uint32_t e = c->graph->first[node]; e < c->graph->first[node + 1]; e++)
		if (set[c->graph->target[e]])
			return true;
	return false;
}

/* Says that the step at this position is left out, and what has to wait for it. */
static void say_left_out(struct choice *c, uint32_t position)
{
	const char *ids[HELD_BACK_NAMED];
	const struct amp_migration *migration = c->graph->nodes[c->order[position]];
	size_t count = 0;
	for (uint32_t i = 0; i < c->graph->count; i++) {
		uint32_t n = c->order[i];
		c->held[n] = i == position ||
			(i > position && c->wanted[n] && waits_for(c, n, c->held));
		if (i > position && c->held[n] && count++ < HELD_BACK_NAMED)
			ids[count - 1] = c->graph->nodes[n]->id;
	}
	AMP_STR_AUTO text = AMP_STR_INIT;
	if (count) {
		amp_str_add(&text, ", and holds back ");
		amp_suggest_list(&text, ids, count);
	}
	struct amplan_finding *finding =
		amp_finding_add(c->findings, AMPLAN_WARNING, "maintenance-required",
			"'%s' is left to a person%s", migration->id, amp_str_text(&text));
	amp_finding_at(finding, migration->source, migration->offset, migration->length);
	amp_finding_id(c->findings, finding, migration->id);
	for (size_t i = 0; i < count && i < HELD_BACK_NAMED; i++)
		amp_finding_id(c->findings, finding, ids[i]);
	amp_finding_hint(c->findings, finding,
		"run 'amplan apply' when there is time for maintenance");
	if (text.failed)
		c->findings->failed = true;
}

static void leave_out_maintenance(struct choice *c)
{
	for (uint32_t i = 0; i < c->graph->count; i++) {
		uint32_t n = c->order[i];
		c->left[n] = c->wanted[n] &&
			(needs_maintenance(c, n) || waits_for(c, n, c->left));
		if (needs_maintenance(c, n))
			say_left_out(c, i);
	}
}

static bool make_steps(struct choice *c)
{
	struct amp_plan *plan = c->plan;
	plan->steps = amp_arena_array(&plan->arena, plan->pending, sizeof(*plan->steps));
	for (uint32_t i = 0; plan->steps && i < c->graph->count; i++) {
		uint32_t n = c->order[i];
		if (c->wanted[n] && !c->left[n])
			plan->steps[plan->nsteps++] = (struct amp_plan_step){
				.migration = c->graph->nodes[n], .node = n};
	}
	return plan->steps != NULL;
}

static int choose(struct amp_plan *plan, const struct amp_graph *graph,
	const uint32_t *order, const struct amp_goal *goal, struct amp_findings *findings,
	struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	struct choice c = {
		.plan = plan, .graph = graph, .order = order, .findings = findings};
	c.wanted = amp_arena_array(&scratch, graph->count, sizeof(bool));
	c.left = amp_arena_array(&scratch, graph->count, sizeof(bool));
	c.held = amp_arena_array(&scratch, graph->count, sizeof(bool));
	if (scratch.failed)
		return amp_error_nomem(error);
	int code = want(&c, goal, error);
	if (code)
		return code;
	if (goal->skip_maintenance)
		leave_out_maintenance(&c);
	return make_steps(&c) ? AMPLAN_OK : amp_error_nomem(error);
}

int amp_plan_build(struct amp_plan *plan, const struct amp_graph *graph,
	const uint32_t *order, const struct amp_start *start, const struct amp_goal *goal,
	struct amp_findings *findings, struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	struct amp_past past;
	*plan = (struct amp_plan){.direction = goal->direction};
	amp_past_build(&past, graph, start, &scratch);
	if (scratch.failed)
		return amp_error_nomem(error);
	amp_verdict(plan, &past, findings);
	if (plan->arena.failed || amp_graph_failed(graph, findings))
		return amp_error_nomem(error);
	int code = goal->direction == AMP_UP
		? choose(plan, graph, order, goal, findings, error)
		: amp_rollback(plan, &past, order, goal, findings, error);
	if (code)
		return code;
	amp_stages(plan);
	amp_stages_digest(plan, &past, start->fingerprint);
	if (amp_graph_failed(graph, findings))
		return amp_error_nomem(error);
	return AMPLAN_OK;
}

void amp_plan_deinit(struct amp_plan *plan)
{
	amp_arena_deinit(&plan->arena);
	*plan = (struct amp_plan){0};
}

const struct amp_sql *amp_plan_sql(
	const struct amp_plan *plan, const struct amp_plan_step *step)
{
	return plan->direction == AMP_UP ? step->migration->up : step->migration->down;
}
