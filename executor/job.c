#include "executor/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/always.h"
#include "executor/failure.h"
#include "executor/objects.h"
#include "planner/cycle.h"
#include "planner/order.h"
#include "planner/redundant.h"

struct amp_job *amp_job_new(struct amplan_error *error)
{
	struct amp_job *job = calloc(1, sizeof(*job));
	if (!job) {
		amp_error_nomem(error);
		return NULL;
	}
	job->references = 1;
	amp_arena_init(&job->arena);
	amp_findings_init(&job->findings, &job->arena);
	job->history.identity = job->history.head = "";
	return job;
}

void amp_job_free(struct amp_job *job)
{
	while (job && job->references-- == 1) {
		struct amp_job *parent = job->parent;
		amp_plan_deinit(&job->plan);
		amp_history_deinit(&job->history);
		for (size_t i = 0; i < job->past.count; i++)
			amp_history_deinit(&job->past.items[i]);
		amp_vec_deinit(&job->past);
		amp_graph_deinit(&job->graph);
		amp_catalog_deinit(&job->catalog);
		amp_findings_deinit(&job->findings);
		amp_arena_deinit(&job->arena);
		free(job);
		job = parent;
	}
}

struct amp_job *amp_job_of(const struct amplan_report *report)
{
	return (struct amp_job *)(uintptr_t)report;
}

void amplan_report_free(struct amplan_report *report)
{
	amp_job_free(amp_job_of(report));
}

static size_t count_errors(const struct amp_findings *findings)
{
	size_t count = 0;
	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].severity == AMPLAN_ERROR;
	return count;
}

/* AMPLAN_REFUSED with the first error where there is one. */
static int refuse_errors(
	const struct amp_findings *findings, const char *what, struct amplan_error *error)
{
	size_t count = count_errors(findings);
	if (findings->failed)
		return amp_error_nomem(error);
	if (!count)
		return AMPLAN_OK;
	return amp_error(error, AMPLAN_REFUSED, "%s: %zu error%s, nothing was touched",
		what, count, count == 1 ? "" : "s");
}

static int order_graph(struct amp_job *job, struct amplan_error *error)
{
	uint32_t placed = 0;
	uint32_t *order = amp_arena_array(&job->arena, job->graph.count, sizeof(*order));
	if (!order)
		return amp_error_nomem(error);
	int code = amp_order(&job->graph, order, &placed, error);
	if (code)
		return code;
	if (placed < job->graph.count)
		return amp_cycles(&job->graph, &job->findings, error);
	code = amp_order_prove(&job->graph, order, placed, error);
	if (!code)
		job->order = order;
	return code;
}

int amp_job_load(struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	int code = amp_catalog_load(&job->catalog, amplan->folders, amplan->nfolders,
		amplan->engine->name, error);
	if (code)
		return code;
	for (size_t i = 0; i < job->catalog.findings.count; i++)
		amp_findings_copy(&job->findings, &job->catalog.findings.items[i]);
	code = amp_graph_build(&job->graph, &job->catalog, &job->findings, error);
	if (!code)
		code = order_graph(job, error);
	if (!code)
		code = refuse_errors(
			&job->findings, "the descriptors do not hold", error);
	return code;
}

int amp_job_look(struct amp_job *job, struct amp_db *db, struct amplan_error *error)
{
	struct amp_objects objects;
	job->exists = job->looked = true;
	amp_history_deinit(&job->history);
	int code = db->engine->objects(db, &objects, error);
	if (!code)
		amp_objects_fingerprint(&objects, job->fingerprint);
	if (!code)
		code = amp_history_read(&job->history, db, error);
	if (!code && job->history.first_broken < job->history.count) {
		const struct amplan_event *event =
			&job->history.rows[job->history.first_broken].event;
		struct amplan_finding *finding =
			amp_finding_add(&job->findings, AMPLAN_ERROR, "history-tampered",
				"row %lld of the history does not fit the rows before it",
				(long long)event->number);
		if (*event->id)
			amp_finding_id(&job->findings, finding, event->id);
		amp_finding_hint(&job->findings, finding,
			"somebody edited '" AMP_HISTORY_TABLE "': compare it with a "
			"backup; to accept what is there, move the table away and use "
			"'amplan baseline'");
	}
	return code;
}

int amp_job_look_at_nothing(struct amp_job *job, struct amplan_error *error)
{
	struct amp_objects none = {0};
	(void)error;
	job->looked = true;
	job->exists = false;
	amp_objects_fingerprint(&none, job->fingerprint);
	return AMPLAN_OK;
}

int amp_job_plan(
	struct amp_job *job, const struct amp_goal *goal, struct amplan_error *error)
{
	const struct amp_start start = {
		.applied = job->history.applied,
		.napplied = job->history.napplied,
		.fingerprint = job->fingerprint,
	};
	amp_plan_deinit(&job->plan);
	job->goal = *goal;
	int code = amp_plan_build(
		&job->plan, &job->graph, job->order, &start, goal, &job->findings, error);
	if (code)
		return code;
	job->results =
		amp_arena_array(&job->arena, job->plan.nsteps, sizeof(*job->results));
	if (!job->results) {
		/* whoever sees steps looks at their results */
		amp_plan_deinit(&job->plan);
		return amp_error_nomem(error);
	}
	job->planned = true;
	job->begins = (struct amp_history_head){
		.exists = job->history.exists, .next = job->history.next};
	snprintf(job->begins.identity, AMP_DIGEST_SIZE, "%s", job->history.identity);
	snprintf(job->begins.head, AMP_DIGEST_SIZE, "%s", job->history.head);
	return refuse_errors(&job->findings, "the plan does not hold", error);
}

void amp_job_compare_schema(struct amp_job *job, enum amplan_severity severity)
{
	const struct amp_history *history = &job->history;
	/* row 0 only says when the history began */
	if (history->count < 2)
		return;
	const struct amplan_event *last = &history->rows[history->count - 1].event;
	/* a step that is running, or stopped part way, changes it just now */
	if (!*last->fingerprint || !strcmp(last->fingerprint, job->fingerprint) ||
		!strcmp(last->event, "started") || !strcmp(last->event, "undoing"))
		return;
	struct amplan_finding *finding = amp_finding_add(&job->findings, severity,
		"schema-drift", "the schema is not what %s'%s' left on %s",
		!strcmp(last->event, "rolled-back") ? "the rollback of " : "", last->id,
		last->applied_at);
	amp_finding_id(&job->findings, finding, last->id);
	amp_finding_hint(&job->findings, finding,
		"somebody changed it outside amplan: undo that, or write it down as a "
		"migration and record it with 'amplan baseline'");
}

void amp_job_say_locked(struct amp_job *job, const struct amplan_error *error)
{
	struct amplan_finding *finding = amp_finding_add(&job->findings, AMPLAN_ERROR,
		"lock-timeout", "%s", error ? error->message : "the database is locked");
	if (error && *error->hint)
		amp_finding_hint(&job->findings, finding, "%s", error->hint);
}

/* The finding of a step that is begun: by a living process it is no accident. */
static void say_running(struct amp_job *job, const char *id)
{
	for (size_t i = 0; i < job->findings.count; i++) {
		struct amplan_finding *finding = &job->findings.items[i];
		if (strcmp(finding->kind, "interrupted") != 0)
			continue;
		finding->kind = "running";
		finding->severity = AMPLAN_NOTE;
		finding->message = amp_arena_printf(&job->arena,
			"'%s' runs now, outside a transaction, in another process", id);
		finding->hint = "wait until it is finished";
	}
}

int amp_job_begun(struct amp_job *job, struct amplan_error *error)
{
	for (size_t i = 0; i < job->history.napplied; i++) {
		const char *id = job->history.applied[i].id;
		if (!job->history.applied[i].interrupted)
			continue;
		if (job->running) {
			say_running(job, id);
			amp_error(error, AMPLAN_LOCKED,
				"'%s' runs now, outside a transaction, in another process",
				id);
			amp_error_hint(
				error, "nothing was done; try again when it is finished");
			return AMPLAN_LOCKED;
		}
		amp_error(error, AMPLAN_PARTIAL, "'%s' stopped part way", id);
		amp_error_hint(error,
			"look at what it did, then 'amplan resolve %s --applied' if it is "
			"complete now, or 'amplan resolve %s --again' to run it again",
			id, id);
		return AMPLAN_PARTIAL;
	}
	return AMPLAN_OK;
}

/* Publishing: from the inner data to the structs of the public report. */

static struct amplan_edge *publish_edges(
	struct amp_job *job, uint32_t node, const uint32_t *position, size_t *count)
{
	const struct amp_graph *graph = &job->graph;
	const struct amp_migration *migration = graph->nodes[node];
	struct amplan_edge *edges =
		amp_arena_array(&job->arena, migration->ndepends, sizeof(*edges));
	*count = 0;
	uint32_t e = graph->first[node]; /* edges are in the order of the references */
	for (size_t i = 0; edges && i < migration->ndepends; i++) {
		const struct amp_reference *reference = &migration->depends[i];
		struct amplan_edge edge = {
			.on = reference->id,
			.reason = reference->reason,
			.index = UINT32_MAX,
			.orders_only = reference->orders_only,
			.place = amp_source_place(
				reference->source, reference->offset, reference->length),
		};
		if (e < graph->first[node + 1] && graph->reference[e] == reference) {
			edge.index =
				position ? position[graph->target[e]] : graph->target[e];
			edge.redundant = graph->redundant[e];
			e++;
		}
		edges[(*count)++] = edge;
	}
	return edges;
}

static unsigned public_flags(const struct amp_migration *migration)
{
	unsigned flags = migration->flags;
	flags |= migration->down ? AMPLAN_HAS_DOWN : 0;
	flags |= migration->irreversible ? AMPLAN_IRREVERSIBLE : 0;
	flags |= migration->nreplaces ? AMPLAN_SQUASH : 0;
	return flags;
}

static int publish_migrations(struct amp_job *job, struct amplan_migration **out)
{
	const struct amp_graph *graph = &job->graph;
	const uint32_t *order = job->order;
	uint32_t *position = NULL;
	struct amplan_migration *list =
		amp_arena_array(&job->arena, graph->count, sizeof(*list));
	if (order)
		position = amp_arena_array(&job->arena, graph->count, sizeof(*position));
	if (!list || (order && !position))
		return AMPLAN_NOMEM;
	for (uint32_t i = 0; position && i < graph->count; i++)
		position[order[i]] = i;
	for (uint32_t i = 0; i < graph->count; i++) {
		uint32_t node = order ? order[i] : i;
		const struct amp_migration *migration = graph->nodes[node];
		struct amplan_migration *shown = &list[i];
		*shown = (struct amplan_migration){
			.id = migration->id,
			.module = migration->module,
			.description = migration->description,
			.checksum = migration->checksum,
			.state = job->planned ? job->plan.states[node] : AMPLAN_PENDING,
			.flags = public_flags(migration),
			.place = amp_source_place(
				migration->source, migration->offset, migration->length),
		};
		if (job->accesses) {
			shown->accesses = job->accesses[node].items;
			shown->naccesses = job->accesses[node].count;
		}
		if (shown->state == AMPLAN_INTERRUPTED && job->running)
			shown->state = AMPLAN_RUNNING;
		shown->edges = publish_edges(job, node, position, &shown->nedges);
	}
	job->report.migrations = list;
	job->report.nmigrations = graph->count;
	*out = list;
	return AMPLAN_OK;
}

static int publish_steps(struct amp_job *job)
{
	const struct amp_plan *plan = &job->plan;
	struct amplan_step *steps =
		amp_arena_array(&job->arena, plan->nsteps, sizeof(*steps));
	uint32_t *place = amp_arena_array(&job->arena, job->graph.count, sizeof(*place));
	if (!steps || !place)
		return AMPLAN_NOMEM;
	for (uint32_t i = 0; i < job->graph.count; i++)
		place[job->order[i]] = i;
	for (size_t i = 0; i < plan->nsteps; i++) {
		const struct amp_result *result = &job->results[i];
		/* a plan says the same on every machine, so it says only what is long */
		int64_t shown = job->report.done
			? result->milliseconds
			: (result->milliseconds + 50) / 100 * 100;
		steps[i] = (struct amplan_step){
			.migration = &job->report.migrations[place[plan->steps[i].node]],
			.number = plan->steps[i].number,
			.stage = plan->steps[i].stage,
			.outcome = result->outcome,
			.statements = result->statements,
			.verified = result->verified,
			.unknown = result->unknown,
			.rows = result->rows,
			.milliseconds = shown,
			.effects = result->effects,
			.neffects = result->neffects,
		};
	}
	job->report.steps = steps;
	job->report.nsteps = plan->nsteps;
	job->report.nstages = plan->nstages;
	job->report.digest = plan->digest;
	job->report.verdict = plan->verdict;
	job->report.unknown = plan->unknown;
	job->report.nunknown = plan->nunknown;
	job->report.rollback = plan->direction == AMP_DOWN;
	return AMPLAN_OK;
}

static int publish_applied(struct amp_job *job)
{
	struct amplan_event *applied =
		amp_arena_array(&job->arena, job->history.napplied, sizeof(*applied));
	if (!applied)
		return AMPLAN_NOMEM;
	size_t count = 0;
	for (size_t i = 0; i < job->history.napplied; i++)
		if (!job->history.applied[i].interrupted)
			applied[count++] =
				job->history.rows[job->history.applied_row[i]].event;
	job->report.applied = applied;
	job->report.napplied = count;
	return AMPLAN_OK;
}

/* The note stays where the process died between its success and the note's removal, and
   comes back where the power went; but the history knows what came after it. */
static bool is_outlived(const struct amp_job *job)
{
	const struct amp_history *history = &job->history;
	return history->count &&
		strcmp(history->rows[history->count - 1].event.applied_at,
			job->report.failure.at) > 0;
}

static void publish_failure(
	struct amp_job *job, struct amplan *amplan, struct amplan_migration *migrations)
{
	amp_failure_read(amplan, &job->arena, &job->report.failure);
	if (!job->report.failure.at)
		return;
	if (is_outlived(job)) {
		job->report.failure =
			(struct amplan_failure){.id = "", .message = "", .place = ""};
		return;
	}
	for (size_t i = 0; i < job->report.nmigrations; i++)
		if (!strcmp(migrations[i].id, job->report.failure.id) &&
			migrations[i].state == AMPLAN_PENDING)
			migrations[i].state = AMPLAN_BROKEN;
}

int amp_job_publish(
	struct amp_job *job, struct amplan *amplan, struct amplan_error *error)
{
	struct amplan_migration *migrations = NULL;
	job->report.engine = amplan->engine->name;
	if (amplan->has_database)
		job->report.database =
			amp_arena_strdup(&job->arena, amplan->target.display);
	int code = AMPLAN_OK;
	if (job->graph.nodes)
		code = publish_migrations(job, &migrations);
	if (!code && job->planned)
		code = publish_steps(job);
	if (!code && job->looked)
		code = publish_applied(job);
	/* nobody looks before the catalog is loaded */
	if (!code && job->looked && AMP_ALWAYS(migrations))
		publish_failure(job, amplan, migrations);
	amp_findings_sort(&job->findings);
	job->report.findings = job->findings.items;
	job->report.nfindings = job->findings.count;
	if (code || job->arena.failed || job->findings.failed ||
		job->catalog.arena.failed)
		return amp_error_nomem(error);
	return AMPLAN_OK;
}

/* Without the findings nobody could tell what the code is about, unless a person must act
   on it all the same. */
static int no_report(int code, struct amplan_error *error)
{
	return code == AMPLAN_PARTIAL ? code : amp_error_nomem(error);
}

int amp_job_finish(struct amp_job *job, struct amplan *amplan, int code,
	struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_error unused;
	int published = amp_job_publish(job, amplan, code ? &unused : error);
	if (published) {
		amp_job_free(job);
		return no_report(code, error);
	}
	*out = &job->report;
	return code;
}

int amp_job_answer(struct amp_job *job, struct amplan *amplan, int code,
	struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_error unused;
	struct amplan_report plan = job->report;
	struct amp_job *answer = amp_job_new(code ? &unused : error);
	if (!answer)
		return no_report(code, error);
	plan.done = false;
	int published = amp_job_publish(job, amplan, code ? &unused : error);
	answer->report = job->report;
	answer->parent = job;
	job->references++;
	/* what the caller holds goes on saying what was planned */
	job->report = plan;
	if (published) {
		amp_job_free(answer);
		return no_report(code, error);
	}
	*out = &answer->report;
	return code;
}

bool amplan_report_has_errors(const struct amplan_report *report)
{
	for (size_t i = 0; i < report->nfindings; i++)
		if (report->findings[i].severity == AMPLAN_ERROR)
			return true;
	return false;
}
