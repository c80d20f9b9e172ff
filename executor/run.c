#include "executor/run.h"

#include <string.h>

#include "executor/objects.h"

static const char *const state_names[] = {
	[AMP_RUN_IDLE] = "IDLE",
	[AMP_RUN_LOCKED] = "LOCKED",
	[AMP_RUN_CHECKED] = "CHECKED",
	[AMP_RUN_ALONE] = "ALONE",
	[AMP_RUN_PARTIAL] = "PARTIAL",
};

#define TO(state) (1u << AMP_RUN_##state)

/* The arrows of the picture in run.h; docs/protocol.md and the model have the same. */
static const unsigned arrows[] = {
	[AMP_RUN_IDLE] = TO(LOCKED) | TO(ALONE),
	[AMP_RUN_LOCKED] = TO(CHECKED) | TO(IDLE),
	[AMP_RUN_CHECKED] = TO(IDLE),
	[AMP_RUN_ALONE] = TO(IDLE) | TO(PARTIAL),
	[AMP_RUN_PARTIAL] = 0,
};

int amp_run_move(
	struct amp_runner *runner, enum amp_run_state to, struct amplan_error *error)
{
	if (!(arrows[runner->state] & (1u << to)))
		return amp_error(error, AMPLAN_INTERNAL,
			"the executor cannot go from %s to %s",
			state_names[runner->state], state_names[to]);
	runner->state = to;
	return AMPLAN_OK;
}

/* The transaction is gone, whatever it held. */
static void rest(struct amp_runner *runner)
{
	if (runner->state != AMP_RUN_IDLE)
		amp_run_move(runner, AMP_RUN_IDLE, NULL);
}

int amp_run_stale(struct amp_runner *runner, bool history, struct amplan_error *error)
{
	runner->stale = true;
	amp_error(error, AMPLAN_REFUSED,
		"the %s of the database changed since the plan was made",
		history ? "history" : "schema");
	amp_error_hint(error, "plan again: the new plan starts from what is there now");
	return AMPLAN_REFUSED;
}

static bool has_moved(
	const struct amp_runner *runner, const struct amp_history_head *head)
{
	return strcmp(head->head, runner->head.head) != 0 ||
		strcmp(head->identity, runner->head.identity) != 0;
}

bool amp_run_is_stale(void *user)
{
	struct amp_runner *runner = user;
	struct amp_history_head head;
	struct amplan_error unused;
	if (!amp_history_head(runner->db, &head, &unused) && has_moved(runner, &head))
		runner->stale = true;
	return runner->stale;
}

bool amp_run_is_over(void *user)
{
	struct amp_runner *runner = user;
	char stamp[AMP_DIGEST_SIZE];
	bool over = amp_run_is_stale(user) &&
		!amp_history_stamp(runner->db, stamp, NULL) && *stamp;
	runner->stale = over;
	return over;
}

/* Under the lock: is everything as it was when the plan was made? (invariant 4) */
static int check_fence(struct amp_runner *runner, struct amplan_error *error)
{
	struct amp_history_head head;
	struct amp_objects objects;
	char fingerprint[AMP_DIGEST_SIZE];
	int code = amp_history_head(runner->db, &head, error);
	if (!code && has_moved(runner, &head))
		return amp_run_stale(runner, true, error);
	if (!code)
		code = runner->db->engine->objects(runner->db, &objects, error);
	if (code)
		return code;
	amp_objects_fingerprint(&objects, fingerprint);
	return strcmp(fingerprint, runner->fingerprint)
		? amp_run_stale(runner, false, error)
		: AMPLAN_OK;
}

static int begin_stage(
	struct amp_runner *runner, bool foreign_keys, struct amplan_error *error)
{
	int code = runner->db->engine->begin(runner->db, foreign_keys, error);
	if (code == AMPLAN_LOCKED && runner->stale)
		return amp_run_stale(runner, true, error);
	if (!code)
		code = amp_run_move(runner, AMP_RUN_LOCKED, error);
	if (!code && !runner->rehearsal)
		code = check_fence(runner, error);
	if (!code)
		code = amp_history_create(runner->db, &runner->head, error);
	return code;
}

static int end_stage(struct amp_runner *runner, struct amplan_error *error)
{
	int code = amp_run_move(runner, AMP_RUN_CHECKED, error);
	if (!code)
		code = runner->db->engine->commit(runner->db, error);
	if (!code)
		code = amp_run_move(runner, AMP_RUN_IDLE, error);
	return code;
}

static void undo_stage(struct amp_runner *runner, size_t first, size_t end)
{
	runner->db->engine->rollback(runner->db);
	rest(runner);
	for (size_t i = first; i < end; i++)
		if (runner->job->results[i].outcome != AMPLAN_STOPPED)
			runner->job->results[i] = (struct amp_result){0};
}

/* Rehearsal: does this step need one that did not work? Rollbacks need the later ones. */
static bool needs_failed(const struct amp_runner *runner, size_t index)
{
	const struct amp_job *job = runner->job;
	const struct amp_plan_step *steps = job->plan.steps;
	const struct amp_graph *graph = &job->graph;
	for (size_t i = 0; i < index; i++) {
		enum amplan_outcome outcome = job->results[i].outcome;
		bool there =
			job->results[i].complete; /* all but what is to be taken out */
		if (there || (outcome != AMPLAN_STOPPED && outcome != AMPLAN_UNTRIED))
			continue;
		bool up = job->plan.direction == AMP_UP;
		uint32_t from = up ? steps[index].node : steps[i].node;
		uint32_t to = up ? steps[i].node : steps[index].node;
		for (uint32_t e = graph->first[from]; e < graph->first[from + 1]; e++)
			if (graph->target[e] == to)
				return true;
	}
	return false;
}

static void note_unknown(struct amp_runner *runner, size_t index)
{
	struct amp_findings *findings = &runner->job->findings;
	struct amplan_finding *finding = &findings->items[findings->count - 1];
	const char *id = runner->job->plan.steps[index].migration->id;
	finding->severity = AMPLAN_NOTE;
	finding->kind = "unknown-without-rows";
	amp_finding_hint(findings, finding,
		"the shadow has no rows, so this proves nothing about '%s'; --shadow copy "
		"rehearses with all rows",
		id);
}

/* One step on the shadow, undone where it fails. Only trouble of the machine is an error. */
static int rehearse_step(struct amp_runner *runner, size_t index, int *worst,
	struct amplan_error *first_error)
{
	const struct amp_engine *engine = runner->db->engine;
	struct amp_result *result = &runner->job->results[index];
	struct amplan_error error = {0};
	char fingerprint[AMP_DIGEST_SIZE];
	memcpy(fingerprint, runner->fingerprint, sizeof(fingerprint));
	if (needs_failed(runner, index)) {
		*result = (struct amp_result){.outcome = AMPLAN_UNTRIED};
		return AMPLAN_OK;
	}
	int code = engine->savepoint(runner->db, &error);
	if (!code)
		code = amp_run_step(runner, index, &error);
	if (!code)
		code = amp_run_record(runner, index, NULL, &error);
	if (!code)
		return engine->release(runner->db, first_error);
	memcpy(runner->fingerprint, fingerprint, sizeof(fingerprint));
	/* with the transaction everything before is gone: nothing more can be tried */
	bool lost = !engine->is_open(runner->db);
	if (!lost && result->complete)
		engine->release(runner->db, NULL);
	else if (!lost)
		engine->undo(runner->db);
	if (lost || (code != AMPLAN_FAILED && code != AMPLAN_REFUSED)) {
		runner->failed_id = runner->job->plan.steps[index].migration->id;
		runner->lost = lost;
		*first_error = error;
		return code;
	}
	if (result->outcome == AMPLAN_UNTRIED) {
		note_unknown(runner, index);
		return AMPLAN_OK;
	}
	if (!runner->failed_id) {
		runner->failed_id = runner->job->plan.steps[index].migration->id;
		*first_error = error;
	}
	/* refused weighs more: the descriptors must change before anything can run */
	if (*worst != AMPLAN_REFUSED)
		*worst = code;
	return AMPLAN_OK;
}

/* What ran before the transaction was lost is undone, what stands behind was not tried. */
static void forget_untold(struct amp_runner *runner, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (runner->job->results[i].outcome != AMPLAN_STOPPED)
			runner->job->results[i] =
				(struct amp_result){.outcome = AMPLAN_UNTRIED};
	rest(runner);
}

/* Where a step did not work, what its keys point at may be missing for that reason. */
static bool all_ran(const struct amp_runner *runner, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (runner->job->results[i].outcome == AMPLAN_STOPPED ||
			runner->job->results[i].outcome == AMPLAN_UNTRIED)
			return false;
	return true;
}

static int rehearse_stage(
	struct amp_runner *runner, size_t first, size_t end, struct amplan_error *error)
{
	const struct amp_migration *lead = runner->job->plan.steps[first].migration;
	struct amp_violations before = {.arena = &runner->job->arena};
	int worst = AMPLAN_OK;
	int code = begin_stage(runner, lead->flags & AMPLAN_FOREIGN_KEYS, error);
	if (!code)
		code = runner->db->engine->violations(
			runner->db, NULL, 0, &before, error);
	for (size_t i = first; !code && i < end; i++)
		code = rehearse_step(runner, i, &worst, error);
	struct amplan_error dangles = {0};
	int left = code ? AMPLAN_OK : amp_run_danglings(runner, &dangles);
	if (left && !worst)
		*error = dangles;
	if (left && worst != AMPLAN_REFUSED)
		worst = left;
	amp_vec_deinit(&runner->danglings);
	if (!code && !left && runner->real_rows && all_ran(runner, first, end)) {
		struct amplan_error inner = {0};
		int violated = amp_run_violations(runner, &before, first, end, &inner);
		if (violated == AMPLAN_FAILED && !worst) {
			worst = violated;
			*error = inner;
		} else if (violated && violated != AMPLAN_FAILED) {
			code = violated;
			*error = inner;
		}
	}
	struct amplan_error at_end = {0};
	if (!code && (code = end_stage(runner, &at_end))) {
		/* a step that failed may leave the shadow so that it cannot commit */
		bool machine = code == AMPLAN_NOMEM;
		runner->lost = worst != AMPLAN_OK;
		if (!worst || machine)
			*error = at_end;
		code = worst && !machine ? worst : code;
	}
	if (runner->lost)
		forget_untold(runner, first, end);
	amp_vec_deinit(&before);
	return code == AMPLAN_FAILED && worst ? worst : code ? code : worst;
}

static int apply_stage(
	struct amp_runner *runner, size_t first, size_t end, struct amplan_error *error)
{
	const struct amp_migration *lead = runner->job->plan.steps[first].migration;
	struct amp_violations before = {.arena = &runner->job->arena};
	int code = begin_stage(runner, lead->flags & AMPLAN_FOREIGN_KEYS, error);
	if (!code)
		code = runner->db->engine->violations(
			runner->db, NULL, 0, &before, error);
	for (size_t i = first; !code && i < end; i++) {
		code = amp_run_step(runner, i, error);
		if (!code)
			code = amp_run_record(runner, i, NULL, error);
		else
			runner->failed_id = runner->job->plan.steps[i].migration->id;
	}
	if (!code)
		code = amp_run_danglings(runner, error);
	amp_vec_deinit(&runner->danglings);
	if (!code)
		code = amp_run_violations(runner, &before, first, end, error);
	if (!code)
		code = end_stage(runner, error);
	if (code)
		undo_stage(runner, first, end);
	amp_vec_deinit(&before);
	return code;
}

/* A history row in a transaction of its own, around a transaction="none" step. */
static int record_alone(struct amp_runner *runner, size_t index, const char *event,
	struct amplan_error *error)
{
	int code = begin_stage(runner, false, error);
	if (!code)
		code = amp_run_record(runner, index, event, error);
	if (!code)
		code = end_stage(runner, error);
	if (code) {
		runner->db->engine->rollback(runner->db);
		rest(runner);
	}
	return code;
}

static int explain_partial(
	struct amp_runner *runner, size_t index, struct amplan_error *error)
{
	const char *id = runner->job->plan.steps[index].migration->id;
	unsigned statements = runner->job->results[index].statements;
	const char *why = error ? error->message : "";
	bool up = runner->job->plan.direction == AMP_UP;
	if (statements)
		amp_error(error, AMPLAN_PARTIAL,
			"'%s' stopped part way, after %u statement%s: %s", id, statements,
			statements == 1 ? "" : "s", why);
	else
		amp_error(error, AMPLAN_PARTIAL,
			"'%s' stopped part way, in its first statement: %s", id, why);
	if (up)
		amp_error_hint(error,
			"it runs without a transaction, so what it did stays; finish it by "
			"hand and 'amplan resolve %s --applied', or undo it and 'amplan "
			"resolve %s --again'",
			id, id);
	else
		amp_error_hint(error,
			"its down runs without a transaction, so what that did stays; "
			"finish it by hand and 'amplan resolve %s --applied', or put back "
			"what it took and 'amplan resolve %s --again'",
			id, id);
	return AMPLAN_PARTIAL;
}

/* Its SQL is done, and the history says only that it began. */
static int explain_unrecorded(
	struct amp_runner *runner, size_t index, struct amplan_error *error)
{
	const char *id = runner->job->plan.steps[index].migration->id;
	runner->stale = false;
	runner->failed_id = id;
	amp_error(error, AMPLAN_PARTIAL,
		"'%s' ran to its end, which cannot be recorded: %s", id,
		error ? error->message : "");
	amp_error_hint(error, "when that is mended: 'amplan resolve %s --applied'", id);
	return AMPLAN_PARTIAL;
}

static int stop_part_way(struct amp_runner *runner, struct amplan_error *error)
{
	int code = runner->state == AMP_RUN_ALONE
		? AMPLAN_OK
		: amp_run_move(runner, AMP_RUN_ALONE, error);
	return code ? code : amp_run_move(runner, AMP_RUN_PARTIAL, error);
}

static bool record_abandoned(struct amp_runner *runner, size_t index)
{
	struct amplan_error unused;
	struct amp_objects objects;
	bool up = runner->job->plan.direction == AMP_UP;
	if (runner->db->engine->objects(runner->db, &objects, &unused) ||
		amp_run_move(runner, AMP_RUN_IDLE, &unused))
		return false;
	amp_objects_fingerprint(&objects, runner->fingerprint);
	return !record_alone(runner, index, up ? "abandoned" : "resolved", &unused);
}

/* SQL outside a transaction, with a look whether the keys hold that held before. What is
   found of them comes late: the step is done, and stays so. */
static int try_alone(
	struct amp_runner *runner, size_t index, bool *tried, struct amplan_error *error)
{
	const struct amp_engine *engine = runner->db->engine;
	const struct amp_migration *migration = runner->job->plan.steps[index].migration;
	/* VACUUM gives rows other numbers */
	struct amp_violations before = {.arena = &runner->job->arena, .by_key = true};
	*tried = false;
	int code = engine->foreign_keys(
		runner->db, migration->flags & AMPLAN_FOREIGN_KEYS, error);
	if (!code)
		code = engine->violations(runner->db, NULL, 0, &before, error);
	if (!code) {
		*tried = true;
		code = amp_run_step(runner, index, error);
	}
	if (!code && runner->real_rows)
		code = amp_run_violations(runner, &before, index, index + 1, error);
	amp_vec_deinit(&before);
	return code;
}

/* Recorded as started before, and as done after. */
static int apply_alone(
	struct amp_runner *runner, size_t index, struct amplan_error *error)
{
	bool up = runner->job->plan.direction == AMP_UP, tried = false;
	int code = record_alone(runner, index, up ? "started" : "undoing", error);
	if (!code)
		code = amp_run_move(runner, AMP_RUN_ALONE, error);
	if (code)
		return code;
	code = try_alone(runner, index, &tried, error);
	bool ran = !code;
	if (ran)
		code = amp_run_move(runner, AMP_RUN_IDLE, error);
	if (!code)
		code = record_alone(runner, index, NULL, error);
	if (!code)
		return AMPLAN_OK;
	runner->failed_id = runner->job->plan.steps[index].migration->id;
	/* nothing is there of it: there is nothing for a person to settle. What the machine
	   failed may have taken effect all the same */
	bool machine = tried && (code == AMPLAN_DATABASE || code == AMPLAN_NOMEM);
	if (!ran && !machine && !runner->job->results[index].committed &&
		record_abandoned(runner, index))
		return code;
	code = ran ? explain_unrecorded(runner, index, error)
		   : explain_partial(runner, index, error);
	struct amplan_error unused;
	int moved = stop_part_way(runner, &unused);
	return moved ? moved : code;
}

static int rehearse_alone(
	struct amp_runner *runner, size_t index, struct amplan_error *error)
{
	struct amp_result *result = &runner->job->results[index];
	struct amplan_error inner = {0};
	bool first = !runner->failed_id, tried;
	if (needs_failed(runner, index)) {
		result->outcome = AMPLAN_UNTRIED;
		return AMPLAN_OK;
	}
	int code = try_alone(runner, index, &tried, &inner);
	if (!code)
		return record_alone(runner, index, NULL, error);
	if (code == AMPLAN_FAILED && result->outcome == AMPLAN_UNTRIED) {
		note_unknown(runner, index);
		return AMPLAN_OK;
	}
	if (first) {
		runner->failed_id = runner->job->plan.steps[index].migration->id;
		*error = inner;
	}
	return code;
}

static int run_stage(
	struct amp_runner *runner, size_t first, size_t end, struct amplan_error *error)
{
	const struct amp_migration *lead = runner->job->plan.steps[first].migration;
	bool alone = lead->flags & AMPLAN_NO_TRANSACTION;
	if (runner->rehearsal)
		return alone ? rehearse_alone(runner, first, error)
			     : rehearse_stage(runner, first, end, error);
	return alone ? apply_alone(runner, first, error)
		     : apply_stage(runner, first, end, error);
}

/* A rehearsal goes on after a step that failed or was refused, to tell all of it. */
static bool goes_on(const struct amp_runner *runner, int code)
{
	return !code ||
		(runner->rehearsal && (code == AMPLAN_FAILED || code == AMPLAN_REFUSED));
}

int amp_run_plan(struct amp_runner *runner, struct amplan_error *error)
{
	const struct amp_plan *plan = &runner->job->plan;
	struct amplan_error first_error = {0};
	int worst = AMPLAN_OK;
	for (size_t first = 0, end; first < plan->nsteps; first = end) {
		for (end = first + 1; end < plan->nsteps &&
			plan->steps[end].stage == plan->steps[first].stage;)
			end++;
		struct amplan_error stage_error = {0};
		int code = run_stage(runner, first, end, &stage_error);
		if (code && !worst) {
			first_error = stage_error;
			worst = code;
		}
		if (code == AMPLAN_REFUSED)
			worst = code;
		if (!goes_on(runner, code)) {
			worst = code;
			first_error = stage_error;
			break;
		}
	}
	if (worst && error)
		*error = first_error;
	return worst;
}
