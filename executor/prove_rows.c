/*
 * Prove, rows: all migrations in plan order on tables that hold rows, each followed by its
 * down and by itself again.
 *
 * An empty shadow lies about data: NOT NULL, CHECK and UNIQUE hold on it whatever they
 * say. So tables get rows as soon as they are made, such as fit their own declaration.
 */
#include <string.h>

#include "executor/differ.h"
#include "executor/prove.h"

/* The tables that a migration made or changed, as the plain run saw it. */
static int seed(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amplan_error *error)
{
	const struct amp_shapes *after = &prover->effects[node].up.after;
	AMP_ARENA_AUTO scratch = {0};
	unsigned seeded, unseeded;
	size_t count = 0;
	const char **names = amp_arena_array(&scratch, after->count, sizeof(*names));
	if (!names)
		return amp_error_nomem(error);
	for (size_t i = 0; i < after->count; i++)
		if (!after->items[i].view)
			names[count++] = after->items[i].name;
	return count ? db->engine->seed(db, names, count, &seeded, &unseeded, error)
		     : AMPLAN_OK;
}

/* Takes the rows out of all tables that a migration touches. */
static int empty(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amplan_error *error)
{
	const struct amp_seen *seen = &prover->effects[node].up;
	const char *last = "";
	int code = AMPLAN_OK;
	for (size_t i = 0; !code && i < seen->ntouches; i++) {
		if (!strcmp(last, seen->touches[i].name))
			continue;
		last = seen->touches[i].name;
		code = db->engine->empty(db, last, error);
	}
	return code;
}

int amp_try_with_rows(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_trial *trial, struct amplan_error *error)
{
	struct amp_how how = {.rows = true};
	int code = amp_try(prover, db, node, how, trial, error);
	if (!code && trial->code && !trial->dirty) {
		code = empty(prover, db, node, error);
		amp_trial_deinit(trial);
		*trial = (struct amp_trial){0};
		if (!code)
			code = amp_try(prover, db, node, how, trial, error);
	}
	return code || trial->code ? code : seed(prover, db, node, error);
}

/* One migration on its way up, down, and up again. */
struct round {
	struct amp_prover *prover;
	struct amp_db *db;
	struct amp_view *view;
	uint32_t node;
	const struct amp_migration *migration;
	const char **names; /* of all that it touches */
	size_t nnames;
	bool transactional;
	bool emptied;           /* rows were in the way of the up, and had to go */
	bool silent;            /* whatever the down does is allowed */
	struct amp_snapshot up; /* the state after it, of those outside transactions */
};

static int gather_names(struct round *round, struct amplan_error *error)
{
	const struct amp_seen *seen = &round->prover->effects[round->node].up;
	round->names = amp_arena_array(
		&round->prover->job->arena, seen->ntouches, sizeof(*round->names));
	if (!round->names)
		return amp_error_nomem(error);
	for (size_t i = 0; i < seen->ntouches; i++)
		if (!round->nnames ||
			strcmp(round->names[round->nnames - 1], seen->touches[i].name) !=
				0)
			round->names[round->nnames++] = seen->touches[i].name;
	return AMPLAN_OK;
}

static struct amplan_finding *tell(struct round *round, enum amplan_severity severity,
	const char *text, const struct amp_trial *trial)
{
	struct amp_findings *findings = &round->prover->job->findings;
	const struct amp_sql *down = round->migration->down;
	struct amplan_finding *finding =
		amp_finding_add(findings, severity, "down-not-inverse", "%s", text);
	const struct amp_seen *seen = &round->prover->effects[round->node].down;
	size_t blank = seen->nstatements ? seen->statements[0].offset
					 : strspn(down->text, " \t\n");
	finding->place = trial && trial->place.file
		? trial->place
		: amp_sql_place(down, blank, strcspn(down->text + blank, " \t\n;"));
	finding->place.text = amp_arena_strdup(findings->arena, finding->place.text);
	amp_finding_id(findings, finding, round->migration->id);
	return finding;
}

static void tell_fails(struct round *round, const struct amp_trial *trial)
{
	struct amp_arena *arena = &round->prover->job->arena;
	struct amplan_finding *finding = tell(round,
		trial->needs_rows ? AMPLAN_WARNING : AMPLAN_ERROR,
		amp_arena_printf(arena, "the down of '%s' fails%s: %s",
			round->migration->id,
			trial->needs_rows ? " on rows made up to fit" : "", trial->why),
		trial);
	amp_finding_hint(&round->prover->job->findings, finding,
		"a rollback would stop here: mend it, or say <irreversible reason=\"…\"/>");
}

static void tell_difference(struct round *round, const struct amp_difference *difference)
{
	struct amp_arena *arena = &round->prover->job->arena;
	struct amp_findings *findings = &round->prover->job->findings;
	enum amplan_severity severity = difference->kind == AMP_OTHER_SCHEMA
		? AMPLAN_ERROR
		: difference->kind == AMP_OTHER_ROWS ? AMPLAN_WARNING
						     : AMPLAN_NOTE;
	struct amplan_finding *finding = tell(round, severity,
		amp_arena_printf(arena, "the down of '%s' does not undo its up: %s",
			round->migration->id, difference->text),
		NULL);
	if (difference->kind == AMP_OTHER_ROWS)
		amp_finding_hint(findings, finding,
			"seen on rows made up to fit; if they cannot be brought back, say so: "
			"<irreversible reason=\"…\"/>, or <allow kind=\"down-not-inverse\" "
			"reason=\"…\"/>");
	else
		amp_finding_hint(findings, finding,
			"the down has to undo the up, whole and nothing else");
}

/* Under a savepoint of the open transaction, or alone where there is none. */
static int try_step(struct round *round, struct amp_how how, struct amp_trial *trial,
	struct amplan_error *error)
{
	return round->transactional
		? amp_try_inside(round->prover, round->db, round->node, how, trial, error)
		: amp_try(round->prover, round->db, round->node, how, trial, error);
}

/* And up again: who rolls back means to come back. */
static int up_again(struct round *round, const struct amp_state *up, bool *same,
	struct amplan_error *error)
{
	struct amp_how how = {.rows = true};
	struct amp_state now = {0};
	struct amp_difference difference = {0};
	struct amp_prover *prover = round->prover;
	AMP_TRIAL_AUTO trial = {0};
	int code = try_step(round, how, &trial, error);
	if (code)
		return code;
	if (trial.code && round->silent)
		return AMPLAN_OK;
	if (trial.code) {
		struct amplan_finding *finding = tell(round, AMPLAN_ERROR,
			amp_arena_printf(&prover->job->arena,
				"after its down '%s' cannot be applied again: %s",
				round->migration->id, trial.why),
			&trial);
		amp_finding_hint(&prover->job->findings, finding,
			"the down left something behind: it has to undo the up, whole and "
			"nothing else");
		return AMPLAN_OK;
	}
	code = amp_state_read(&now, round->db, round->names, round->nnames, error);
	if (!code)
		code = amp_state_compare(
			up, &now, false, &difference, &prover->job->arena, error);
	*same = difference.kind == AMP_SAME;
	amp_state_deinit(&now);
	return code;
}

static int see_down(struct round *round, const struct amp_trial *trial,
	struct amp_recorder *recorder, struct amplan_error *error)
{
	struct amp_prover *prover = round->prover;
	struct amp_seen *seen = &prover->effects[round->node].down;
	const struct amplan_effect *effects =
		amp_effects_keep(&prover->job->arena, trial->effects, trial->neffects);
	/* the view looks back: what the down does is undone */
	struct amp_view aside = {.arena = round->view->arena};
	if (!effects || !amp_view_copy(&aside, round->view)) {
		amp_view_deinit(&aside);
		return amp_error_nomem(error);
	}
	int code = amp_see(&aside, round->db, round->migration->down, effects,
		trial->neffects, recorder, seen, error);
	amp_view_deinit(&aside);
	return code;
}

/* Where the schemas differ, what the tables look like says in what: those of before are
   in the view. */
static int compare(struct round *round, const struct amp_state *before,
	struct amp_state *after, bool rows, struct amp_difference *difference,
	struct amplan_error *error)
{
	struct amp_arena *arena = &round->prover->job->arena;
	int code = amp_state_compare(before, after, rows, difference, arena, error);
	if (code || difference->kind != AMP_OTHER_SCHEMA)
		return code;
	struct amp_state looked = *before;
	looked.shapes = round->prover->effects[round->node].up.before;
	code = amp_state_look(after, round->db, error);
	return code ? code
		    : amp_state_compare(&looked, after, rows, difference, arena, error);
}

/* *same: the shadow is where it was before the down. */
static int down_and_up(struct round *round, const struct amp_state *before,
	const struct amp_state *up, bool *same, struct amplan_error *error)
{
	struct amp_prover *prover = round->prover;
	struct amp_recorder recorder = {.arena = &prover->job->arena};
	struct amp_how how = {.down = true, .rows = true, .recorder = &recorder};
	struct amp_state after = {0};
	struct amp_difference difference = {0};
	AMP_TRIAL_AUTO trial = {0};
	bool rows =
		!round->emptied && !amp_effects_chance(&prover->effects[round->node].up);
	int code = try_step(round, how, &trial, error);
	if (!code && trial.code && !round->silent)
		tell_fails(round, &trial);
	else if (!code)
		code = see_down(round, &trial, &recorder, error);
	amp_vec_deinit(&recorder.touches);
	amp_vec_deinit(&recorder.statements);
	if (code || trial.code)
		return code;
	code = amp_state_read(&after, round->db, round->names, round->nnames, error);
	if (!code)
		code = compare(round, before, &after, rows, &difference, error);
	amp_state_deinit(&after);
	if (!code && difference.kind != AMP_SAME && !round->silent)
		tell_difference(round, &difference);
	/* another schema is told already: what comes of it is no news */
	if (!code && difference.kind != AMP_OTHER_SCHEMA)
		code = up_again(round, up, same, error);
	return code;
}

static int try_down(
	struct round *round, const struct amp_state *before, struct amplan_error *error)
{
	const struct amp_engine *engine = round->db->engine;
	struct amp_state up = {0};
	bool same = false;
	int code = round->transactional ? engine->savepoint(round->db, error)
					: engine->snapshot(round->db, &round->up, error);
	if (!code)
		code = amp_state_read(&up, round->db, round->names, round->nnames, error);
	if (!code)
		code = down_and_up(round, before, &up, &same, error);
	amp_state_deinit(&up);
	if (code || !round->transactional) {
		if (!code)
			code = engine->restore(round->db, &round->up, error);
		engine->snapshot_free(&round->up);
		return code;
	}
	if (!engine->is_open(round->db))
		return AMPLAN_OK;
	if (same)
		return engine->release(round->db, error);
	engine->undo(round->db);
	return AMPLAN_OK;
}

static void tell_rows(struct round *round, const struct amp_trial *trial)
{
	struct amp_findings *findings = &round->prover->job->findings;
	struct amplan_finding *finding;
	bool loss = trial->kind && !strcmp(trial->kind, "row-loss");
	if (loss)
		finding = amp_finding_add(findings, AMPLAN_WARNING, "row-loss",
			"on rows made up to fit: %s", trial->why);
	else
		finding = amp_finding_add(findings, AMPLAN_WARNING, "fails-on-rows",
			"'%s' works on empty tables, but not on rows made up to fit: %s",
			round->migration->id, trial->why);
	finding->place =
		trial->place.file ? trial->place : amp_migration_place(round->migration);
	finding->place.text = amp_arena_strdup(findings->arena, finding->place.text);
	amp_finding_id(findings, finding, round->migration->id);
	if (loss)
		amp_finding_hint(findings, finding,
			"if they are to go, write the DELETE; if yours are none of these, say "
			"why: <allow kind=\"row-loss\" reason=\"…\"/>");
	else
		amp_finding_hint(findings, finding,
			"bring the rows into shape first, in the same migration; if there "
			"can be no such rows: <allow kind=\"fails-on-rows\" reason=\"…\"/>");
}

/* Once. Where it does not work the shadow is as it was before. */
static int try_up(
	struct round *round, bool first, bool *worked, struct amplan_error *error)
{
	const struct amp_engine *engine = round->db->engine;
	struct amp_how how = {.rows = true};
	struct amp_snapshot before = {0};
	AMP_TRIAL_AUTO trial = {0};
	int code = round->transactional
		? engine->begin(
			  round->db, round->migration->flags & AMPLAN_FOREIGN_KEYS, error)
		: engine->snapshot(round->db, &before, error);
	if (!code)
		code = try_step(round, how, &trial, error);
	*worked = !code && !trial.code;
	if (!code && trial.code && first &&
		!amp_migration_allows(round->migration, "fails-on-rows"))
		tell_rows(round, &trial);
	if (!*worked && round->transactional)
		engine->rollback(round->db);
	else if (!code && !*worked)
		code = engine->restore(round->db, &before, error);
	engine->snapshot_free(&before);
	return code;
}

/* Up, where rows are in the way on emptied tables. *worked: and the transaction is open. */
static int go_up(struct round *round, bool *worked, struct amplan_error *error)
{
	int code = try_up(round, true, worked, error);
	if (code || *worked)
		return code;
	round->emptied = true;
	code = empty(round->prover, round->db, round->node, error);
	return code ? code : try_up(round, false, worked, error);
}

static int prove_one(struct round *round, bool *worked, struct amplan_error *error)
{
	const struct amp_engine *engine = round->db->engine;
	const struct amp_seen *seen = &round->prover->effects[round->node].up;
	struct amp_state before = {0};
	bool down = round->migration->down &&
		round->prover->plain[round->node].outcome == AMPLAN_DONE;
	/* it is run all the same: what it does is looked at */
	round->silent = amp_migration_allows(round->migration, "down-not-inverse");
	int code = gather_names(round, error);
	if (!code && down)
		code = amp_state_read(
			&before, round->db, round->names, round->nnames, error);
	if (!code)
		code = go_up(round, worked, error);
	if (!code && *worked &&
		!amp_view_follow(round->view, &seen->before, &seen->after))
		code = amp_error_nomem(error);
	if (!code && *worked && down)
		code = try_down(round, &before, error);
	amp_state_deinit(&before);
	if (engine->is_open(round->db)) {
		if (!code && *worked)
			code = engine->commit(round->db, error);
		else
			engine->rollback(round->db);
	}
	return code || !*worked ? code
				: seed(round->prover, round->db, round->node, error);
}

/* Needs it one that no rows let through? Then it says nothing. */
static bool needs_lost(
	const struct amp_prover *prover, uint32_t node, const uint64_t *lost)
{
	const uint64_t *before = amp_ancestors_of(&prover->before, node);
	for (size_t i = 0; i < prover->before.words; i++)
		if (before[i] & lost[i])
			return true;
	return false;
}

int amp_prove_rows(struct amp_prover *prover, struct amplan_error *error)
{
	const struct amp_graph *graph = &prover->job->graph;
	struct amp_view view = {.arena = &prover->job->arena};
	struct amp_db *db = NULL;
	AMP_ARENA_AUTO scratch = {0};
	uint64_t *lost =
		amp_arena_array(&scratch, prover->before.words + 1, sizeof(*lost));
	int code = lost ? amp_prove_open(prover, &db, error) : amp_error_nomem(error);
	for (uint32_t i = 0; !code && i < graph->count; i++) {
		const struct amp_migration *migration = graph->nodes[prover->sequence[i]];
		struct round round = {
			.prover = prover,
			.db = db,
			.view = &view,
			.node = prover->sequence[i],
			.migration = migration,
			.transactional = !(migration->flags & AMPLAN_NO_TRANSACTION),
		};
		bool worked = false;
		if (!amp_prove_works(prover, round.node))
			continue;
		if (!needs_lost(prover, round.node, lost))
			code = prove_one(&round, &worked, error);
		if (!worked)
			amp_set_add(lost, round.node);
	}
	amp_view_deinit(&view);
	prover->amplan->engine->close(db);
	return code;
}
