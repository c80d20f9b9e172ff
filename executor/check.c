/*
 * Check: a catalog proved from nothing, without a database.
 */
#include <amplan/check.h>

#include <stdlib.h>
#include <string.h>

#include "executor/prove.h"
#include "planner/lint.h"

/* With --strict a warning counts as an error. */
static void be_strict(struct amp_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].severity == AMPLAN_WARNING)
			findings->items[i].severity = AMPLAN_ERROR;
}

/* What a fresh installation would do: all of the catalog, on an empty database. */
static int plan_from_nothing(
	struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	const struct amp_goal everything = {.direction = AMP_UP};
	int code = amp_job_load(job, amplan, error);
	if (!code)
		code = amp_job_look_at_nothing(job, error);
	return code ? code : amp_job_plan(job, &everything, error);
}

static void prover_deinit(struct amp_prover *prover)
{
	amp_vec_deinit(&prover->extras);
	amp_vec_deinit(&prover->suspects);
	amp_vec_deinit(&prover->demands);
	amp_ancestors_deinit(&prover->need);
	amp_ancestors_deinit(&prover->before);
}

static int prover_init(struct amp_prover *prover, struct amplan_error *error)
{
	struct amp_job *job = prover->job;
	size_t nodes = job->graph.count, steps = job->plan.nsteps;
	prover->step_of = amp_arena_array(&job->arena, nodes, sizeof(*prover->step_of));
	prover->effects = amp_arena_array(&job->arena, nodes, sizeof(*prover->effects));
	prover->plain = amp_arena_array(&job->arena, nodes, sizeof(*prover->plain));
	prover->results = amp_arena_array(&job->arena, steps, sizeof(*prover->results));
	prover->sequence = amp_arena_array(&job->arena, nodes, sizeof(*prover->sequence));
	prover->turn_of = amp_arena_array(&job->arena, nodes, sizeof(*prover->turn_of));
	if (job->arena.failed)
		return amp_error_nomem(error);
	for (size_t i = 0; i < nodes; i++)
		prover->step_of[i] = SIZE_MAX;
	for (size_t i = 0; i < steps; i++)
		prover->step_of[job->plan.steps[i].node] = i;
	return amp_prove_ancestry(prover, error);
}

static int compare_demands(const void *left, const void *right)
{
	const struct amplan_demand *l = left, *r = right;
	return l->from != r->from ? (l->from < r->from ? -1 : 1)
				  : (l->on < r->on ? -1 : l->on > r->on);
}

/* The report counts in plan order. */
static int publish_demands(struct amp_prover *prover, struct amplan_error *error)
{
	struct amp_job *job = prover->job;
	size_t count = prover->demands.count;
	struct amplan_demand *demands =
		amp_arena_array(&job->arena, count, sizeof(*demands));
	uint32_t *place = amp_arena_array(&job->arena, job->graph.count, sizeof(*place));
	if (!demands || !place)
		return amp_error_nomem(error);
	for (uint32_t i = 0; i < job->graph.count; i++)
		place[job->order[i]] = i;
	for (size_t i = 0; i < count; i++) {
		demands[i] = prover->demands.items[i];
		demands[i].from = place[demands[i].from];
		demands[i].on = place[demands[i].on];
	}
	if (count)
		qsort(demands, count, sizeof(*demands), compare_demands);
	job->report.demands = demands;
	job->report.ndemands = count;
	return AMPLAN_OK;
}

/* What each migration touches goes to the report; amp_job_publish() shows it. */
static int publish_accesses(struct amp_prover *prover, struct amplan_error *error)
{
	struct amp_job *job = prover->job;
	job->accesses =
		amp_arena_array(&job->arena, job->graph.count, sizeof(*job->accesses));
	if (!job->accesses)
		return amp_error_nomem(error);
	for (uint32_t i = 0; i < job->graph.count; i++) {
		const struct amp_seen *seen = &prover->effects[i].up;
		struct amplan_access *list =
			amp_arena_array(&job->arena, seen->ntouches, sizeof(*list));
		if (!list)
			return amp_error_nomem(error);
		for (size_t t = 0; t < seen->ntouches; t++)
			list[t] = (struct amplan_access){seen->touches[t].name,
				seen->touches[t].column, seen->touches[t].how};
		job->accesses[i].items = list;
		job->accesses[i].count = seen->ntouches;
	}
	return AMPLAN_OK;
}

/* What is told about the same migration by two checks is left to the one that knows more. */
static const struct {
	const char *echo, *by;
} echoes[] = {
	{"fails-on-rows", "not-null-without-default"},
	{"fails-on-rows", "default-not-constant"},
	{"unique-over-rows", "fails-on-rows"},
};

static bool is_about(
	const struct amplan_finding *finding, const char *kind, const char *id)
{
	return !strcmp(finding->kind, kind) && finding->nids &&
		!strcmp(finding->ids[0], id);
}

static bool is_echo(
	const struct amp_findings *findings, const struct amplan_finding *finding)
{
	for (size_t e = 0; e < sizeof(echoes) / sizeof(*echoes); e++) {
		if (strcmp(finding->kind, echoes[e].echo) != 0 || !finding->nids)
			continue;
		for (size_t i = 0; i < findings->count; i++)
			if (is_about(&findings->items[i], echoes[e].by, finding->ids[0]))
				return true;
	}
	return false;
}

static void drop_echoes(struct amp_findings *findings)
{
	size_t kept = 0;
	for (size_t i = 0; i < findings->count; i++) {
		struct amplan_finding item = findings->items[i];
		if (!is_echo(findings, &item))
			findings->items[kept++] = item;
	}
	findings->count = kept;
}

static int prove(struct amp_prover *prover, struct amplan_error *error)
{
	struct amp_job *job = prover->job;
	int code = prover_init(prover, error);
	if (!code)
		code = amp_prove_plain(prover, error);
	if (!code)
		code = amp_prove_ancestors(prover, error);
	if (!code)
		code = amp_prove_order(prover, error);
	if (!code)
		code = amp_prove_rows(prover, error);
	if (!code)
		code = amp_lint(&job->graph, job->order, prover->effects,
			prover->options->require_down, &job->findings, error);
	drop_echoes(&job->findings);
	if (!code)
		code = publish_demands(prover, error);
	if (!code)
		code = publish_accesses(prover, error);
	job->report.fidelity = AMPLAN_FIDELITY_SEEDED;
	return code;
}

static int check(struct amp_job *job, struct amplan *amplan,
	const struct amplan_check_options *options, struct amplan_error *error)
{
	struct amp_prover prover = {.job = job, .amplan = amplan, .options = options};
	int code = plan_from_nothing(job, amplan, error);
	if (!code)
		code = prove(&prover, error);
	if (!code && options->fix)
		code = amp_prove_fix(&prover, error);
	prover_deinit(&prover);
	return code;
}

/* Whatever a finding says, the descriptors are what must change. */
static int judge(struct amp_job *job, int code, struct amplan_error *error)
{
	if (code && code != AMPLAN_FAILED)
		return code;
	if (!amp_findings_have_errors(&job->findings))
		return code;
	return amp_error(error, AMPLAN_REFUSED, "the descriptors do not hold");
}

int amplan_check(struct amplan *amplan, const struct amplan_check_options *options,
	struct amplan_report **out, struct amplan_error *error)
{
	static const struct amplan_check_options defaults = AMPLAN_CHECK_OPTIONS_INIT;
	*out = NULL;
	amp_error_clear(error);
	if (!options)
		options = &defaults;
	struct amp_job *job = amp_job_new(error);
	if (!job)
		return AMPLAN_NOMEM;
	int code = check(job, amplan, options, error);
	if (options->strict)
		be_strict(&job->findings);
	code = judge(job, code, error);
	code = amp_job_finish(job, amplan, code, out, error);
	/* whatever the session names, it was not looked at */
	if (*out)
		(*out)->database = NULL;
	return code;
}
