#include "executor/shelf.h"

#include <stdlib.h>
#include <string.h>

int amp_shelf_init(struct amp_shelf *shelf, struct amp_prover *prover, bool rows,
	struct amplan_error *error)
{
	*shelf = (struct amp_shelf){
		.prover = prover,
		.rows = rows,
		.words = prover->need.words,
		.live_known = true,
	};
	shelf->live = calloc(shelf->words + 1, sizeof(*shelf->live));
	if (!shelf->live)
		return amp_error_nomem(error);
	return amp_prove_open(prover, &shelf->db, error);
}

static void take_off(struct amp_shelf *shelf, size_t index)
{
	shelf->bytes -= shelf->states[index].snapshot.size;
	shelf->db->engine->snapshot_free(&shelf->states[index].snapshot);
	free(shelf->states[index].set);
	shelf->states[index].set = NULL;
}

void amp_shelf_deinit(struct amp_shelf *shelf)
{
	for (size_t i = 0; shelf->db && i < AMP_SHELF_STATES; i++)
		if (shelf->states[i].set)
			take_off(shelf, i);
	if (shelf->db)
		shelf->db->engine->close(shelf->db);
	free(shelf->live);
}

static bool is_live(const struct amp_shelf *shelf, const uint64_t *set)
{
	return shelf->live_known &&
		!memcmp(shelf->live, set, shelf->words * sizeof(*set));
}

/* The largest state that is part of the one that is wanted; SIZE_MAX: only nothing is. */
static size_t best_state(const struct amp_shelf *shelf, const uint64_t *set)
{
	size_t best = SIZE_MAX;
	for (size_t i = 0; i < AMP_SHELF_STATES; i++)
		if (shelf->states[i].set &&
			(best == SIZE_MAX ||
				shelf->states[i].size > shelf->states[best].size) &&
			amp_set_includes(set, shelf->states[i].set, shelf->words))
			best = i;
	return best;
}

/* Puts the shadow where the way to the set is shortest. */
static int start_from(
	struct amp_shelf *shelf, const uint64_t *set, struct amplan_error *error)
{
	static const struct amp_snapshot nothing;
	size_t best = best_state(shelf, set);
	uint32_t size = best == SIZE_MAX ? 0 : shelf->states[best].size;
	if (shelf->live_known && amp_set_includes(set, shelf->live, shelf->words) &&
		amp_set_size(shelf->live, shelf->words) >= size)
		return AMPLAN_OK;
	size_t bytes = shelf->words * sizeof(*set);
	if (best == SIZE_MAX)
		memset(shelf->live, 0, bytes);
	else
		memcpy(shelf->live, shelf->states[best].set, bytes);
	if (best != SIZE_MAX)
		shelf->states[best].used = ++shelf->clock;
	shelf->live_known = true;
	return shelf->db->engine->restore(shelf->db,
		best == SIZE_MAX ? &nothing : &shelf->states[best].snapshot, error);
}

int amp_shelf_try(struct amp_shelf *shelf, uint32_t node, bool grow,
	struct amp_trial *trial, struct amplan_error *error)
{
	struct amp_prover *prover = shelf->prover;
	AMP_ARENA_AUTO scratch = {0};
	struct amp_recorder recorder = {.arena = &scratch};
	struct amp_how how = {.rows = shelf->rows, .recorder = &recorder};
	int code = shelf->rows && grow
		? amp_try_with_rows(prover, shelf->db, node, trial, error)
		: amp_try(prover, shelf->db, node, how, trial, error);
	amp_vec_deinit(&recorder.touches);
	amp_vec_deinit(&recorder.statements);
	if (!code && !trial->code)
		amp_set_add(shelf->live, node);
	if (code || trial->dirty)
		shelf->live_known = false;
	return code;
}

int amp_shelf_reach(struct amp_shelf *shelf, const uint64_t *set, bool *reached,
	uint32_t *stuck, struct amplan_error *error)
{
	const struct amp_prover *prover = shelf->prover;
	*reached = true;
	if (is_live(shelf, set))
		return AMPLAN_OK;
	int code = start_from(shelf, set, error);
	for (uint32_t i = 0; !code && *reached && i < prover->job->graph.count; i++) {
		uint32_t node = prover->sequence[i];
		if (!amp_set_has(set, node) || amp_set_has(shelf->live, node))
			continue;
		AMP_TRIAL_AUTO trial = {0};
		code = amp_shelf_try(shelf, node, true, &trial, error);
		*reached = trial.code == AMPLAN_OK;
		if (!*reached && stuck)
			*stuck = node;
	}
	return code;
}

/* Makes room for one more, and gives the place for it. */
static size_t make_room(struct amp_shelf *shelf, int64_t size)
{
	for (;;) {
		size_t place = SIZE_MAX, oldest = SIZE_MAX;
		for (size_t i = 0; i < AMP_SHELF_STATES; i++)
			if (!shelf->states[i].set)
				place = i;
			else if (oldest == SIZE_MAX ||
				shelf->states[i].used < shelf->states[oldest].used)
				oldest = i;
		bool fits = shelf->bytes + size <= AMP_SHELF_BYTES;
		if (place != SIZE_MAX && (fits || oldest == SIZE_MAX))
			return place;
		take_off(shelf, oldest);
	}
}

int amp_shelf_keep(struct amp_shelf *shelf, struct amplan_error *error)
{
	size_t best = best_state(shelf, shelf->live);
	uint32_t size = amp_set_size(shelf->live, shelf->words);
	if (!shelf->live_known || !size)
		return AMPLAN_OK;
	if (best != SIZE_MAX && shelf->states[best].size == size)
		return AMPLAN_OK;
	struct amp_snapshot snapshot;
	int code = shelf->db->engine->snapshot(shelf->db, &snapshot, error);
	if (code)
		return code;
	uint64_t *set = malloc((shelf->words + 1) * sizeof(*set));
	if (!set) {
		shelf->db->engine->snapshot_free(&snapshot);
		return amp_error_nomem(error);
	}
	memcpy(set, shelf->live, shelf->words * sizeof(*set));
	size_t place = make_room(shelf, snapshot.size);
	shelf->states[place].set = set;
	shelf->states[place].size = size;
	shelf->states[place].snapshot = snapshot;
	shelf->states[place].used = ++shelf->clock;
	shelf->bytes += snapshot.size;
	return AMPLAN_OK;
}

int amp_shelf_settle(struct amp_shelf *shelf, struct amplan_error *error)
{
	size_t best = best_state(shelf, shelf->live);
	uint32_t size = amp_set_size(shelf->live, shelf->words);
	if (best == SIZE_MAX || shelf->states[best].size != size)
		return amp_shelf_keep(shelf, error);
	return shelf->db->engine->restore(
		shelf->db, &shelf->states[best].snapshot, error);
}
