/*
 * Verdict: the state of each migration, then one check after the other: changed, stopped
 * part way, squashes half applied, applied too early, applied and unknown.
 */
#include "planner/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "planner/suggest.h"

/* What the checks share. */
struct check {
	struct amp_plan *plan;
	const struct amp_past *past;
	const struct amp_graph *graph;
	struct amp_findings *findings;
};

/* A squash further out ran here, so it answers for this migration as well. */
static bool is_outlived(const struct amp_past *past, uint32_t node)
{
	const uint32_t *replaced_by = past->graph->replaced_by;
	for (uint32_t n = replaced_by[node]; n != AMP_NO_NODE; n = replaced_by[n])
		if (past->of[n])
			return true;
	return false;
}

static enum amplan_state state_of(const struct amp_past *past, uint32_t node)
{
	const struct amp_graph *graph = past->graph;
	const struct amp_applied *applied = past->of[node];
	if (!applied) {
		bool replaced = graph->outermost[node] != node ||
			past->cover[node] == AMP_COVER_ALL;
		return replaced ? AMPLAN_REPLACED : AMPLAN_PENDING;
	}
	if (is_outlived(past, node))
		return AMPLAN_REPLACED;
	if (applied->interrupted)
		return AMPLAN_INTERRUPTED;
	bool same = !strcmp(applied->checksum, graph->nodes[node]->checksum);
	return same ? AMPLAN_APPLIED : AMPLAN_DRIFTED;
}

/* A finding at the id of a migration. */
static struct amplan_finding *say(struct check *check, enum amplan_severity severity,
	const char *kind, const struct amp_migration *migration, const char *message)
{
	struct amplan_finding *finding = amp_finding_add(
		check->findings, severity, kind, "'%s' %s", migration->id, message);
	amp_finding_at(finding, migration->source, migration->offset, migration->length);
	amp_finding_id(check->findings, finding, migration->id);
	return finding;
}

static void check_changed(struct check *check, uint32_t node)
{
	const struct amp_migration *migration = check->graph->nodes[node];
	const char *before = check->past->of[node]->cosmetic;
	struct amplan_finding *finding;
	if (before && *before && !strcmp(before, migration->cosmetic)) {
		finding = say(check, AMPLAN_WARNING, "changed", migration,
			"was changed after it was applied, only in comments, white space "
			"or dependencies");
		amp_finding_hint(check->findings, finding,
			"nothing has to run; restore the file from version control to "
			"silence this");
		return;
	}
	finding = say(check, AMPLAN_ERROR, "changed", migration,
		"was changed after it was applied");
	amp_finding_hint(check->findings, finding,
		"restore the file from version control, or write a new migration; see "
		"'amplan explain changed'");
}

static void hint_interrupted(
	struct check *check, struct amplan_finding *finding, const char *id)
{
	amp_finding_hint(check->findings, finding,
		"look with 'amplan status', then 'amplan resolve %s --applied' if it is "
		"complete, or 'amplan resolve %s --again' to run it again",
		id, id);
}

static void check_interrupted(struct check *check, uint32_t node)
{
	const struct amp_migration *migration = check->graph->nodes[node];
	struct amplan_finding *finding = say(check, AMPLAN_ERROR, "interrupted",
		migration, "was started and has not finished");
	hint_interrupted(check, finding, migration->id);
}

/* Applied, and now depends on something that is still to come. */
static void check_late(struct check *check, uint32_t node)
{
	const struct amp_graph *graph = check->graph;
	for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++) {
		const struct amp_reference *edge = graph->reference[e];
		const char *on = graph->nodes[graph->target[e]]->id;
		if (check->plan->states[graph->target[e]] != AMPLAN_PENDING ||
			edge->orders_only)
			continue;
		struct amplan_finding *finding = amp_finding_add(check->findings,
			AMPLAN_WARNING, "late-dependency",
			"'%s' was applied before '%s', on which it now depends",
			graph->nodes[node]->id, on);
		amp_finding_at(finding, edge->source, edge->offset, edge->length);
		amp_finding_id(check->findings, finding, graph->nodes[node]->id);
		amp_finding_id(check->findings, finding, on);
		amp_finding_hint(check->findings, finding,
			"'%s' runs after it here and before it elsewhere: make sure that "
			"both give the same schema",
			on);
	}
}

static void list_parts(struct check *check, uint32_t squash, enum amp_cover cover,
	struct amp_str *str, struct amplan_finding *finding)
{
	AMP_ARENA_AUTO scratch = {0};
	const struct amp_migration *migration = check->graph->nodes[squash];
	const char **ids = amp_arena_array(&scratch, migration->nreplaces, sizeof(*ids));
	size_t count = 0;
	for (size_t i = 0; ids && i < migration->nreplaces; i++) {
		const char *id = migration->replaces[i].id;
		bool all = amp_past_cover(check->past, squash, id) == AMP_COVER_ALL;
		if (all != (cover == AMP_COVER_ALL) || !strcmp(id, migration->id))
			continue;
		ids[count++] = id;
		if (finding)
			amp_finding_id(check->findings, finding, id);
	}
	amp_suggest_list(str, ids, count);
	if (!ids || str->failed)
		check->findings->failed = true;
}

/* A squash inside this one is mixed already, and says so itself. */
static bool has_mixed_part(const struct check *check, uint32_t squash)
{
	const struct amp_migration *migration = check->graph->nodes[squash];
	for (size_t i = 0; i < migration->nreplaces; i++) {
		uint32_t node = amp_graph_find(check->graph, migration->replaces[i].id);
		if (node != AMP_NO_NODE && node != squash &&
			check->past->cover[node] == AMP_COVER_SOME)
			return true;
	}
	return false;
}

static void check_mixed(struct check *check, uint32_t squash)
{
	AMP_STR_AUTO there = AMP_STR_INIT;
	AMP_STR_AUTO absent = AMP_STR_INIT;
	if (check->past->cover[squash] != AMP_COVER_SOME || has_mixed_part(check, squash))
		return;
	list_parts(check, squash, AMP_COVER_ALL, &there, NULL);
	list_parts(check, squash, AMP_COVER_NONE, &absent, NULL);
	AMP_STR_AUTO text = AMP_STR_INIT;
	amp_str_addf(&text, "stands for %s, applied, and for %s, not applied",
		amp_str_text(&there), amp_str_text(&absent));
	struct amplan_finding *finding = say(check, AMPLAN_ERROR, "replaces-mixed",
		check->graph->nodes[squash], amp_str_text(&text));
	amp_str_clear(&text);
	list_parts(check, squash, AMP_COVER_ALL, &text, finding);
	list_parts(check, squash, AMP_COVER_NONE, &text, finding);
	amp_finding_hint(check->findings, finding,
		"apply %s with the catalog from before the squash, then come back to "
		"this one",
		amp_str_text(&absent));
	if (there.failed || absent.failed || text.failed)
		check->findings->failed = true;
}

static int compare_checksums(const void *a, const void *b)
{
	const struct amp_migration *const *left = a, *const *right = b;
	int order = strcmp((*left)->checksum, (*right)->checksum);
	return order ? order : amp_text_compare((*left)->id, (*right)->id);
}

/* The pending migrations, to be asked for one of the same content or a similar id. */
struct pending {
	const struct amp_migration **items; /* by checksum, then id */
	size_t count;
	struct amp_suggest suggest;
};

static bool collect_pending(
	struct check *check, struct pending *pending, struct amp_arena *arena)
{
	const struct amp_graph *graph = check->graph;
	*pending = (struct pending){
		.items = amp_arena_array(arena, graph->count, sizeof(*pending->items))};
	if (!amp_suggest_init(&pending->suggest, graph, arena) || arena->failed)
		return false;
	for (uint32_t n = 0; n < graph->count; n++)
		if (check->plan->states[n] == AMPLAN_PENDING) {
			pending->items[pending->count++] = graph->nodes[n];
			amp_suggest_add(&pending->suggest, n);
		}
	if (pending->count)
		qsort(pending->items, pending->count, sizeof(*pending->items),
			compare_checksums);
	return true;
}

/* Of several with the same content the one with the smallest id. */
static const struct amp_migration *find_same(
	const struct pending *pending, const char *checksum)
{
	size_t low = 0, high = pending->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(pending->items[middle]->checksum, checksum) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < pending->count && !strcmp(pending->items[low]->checksum, checksum)
		? pending->items[low]
		: NULL;
}

static void say_missing(
	struct check *check, struct pending *pending, const struct amp_applied *applied)
{
	struct amplan_finding *finding = amp_finding_add(check->findings, AMPLAN_ERROR,
		"missing", "'%s' is applied, but not in the catalog", applied->id);
	const struct amp_migration *same = find_same(pending, applied->checksum);
	uint32_t near =
		same ? AMP_NO_NODE : amp_suggest_near(&pending->suggest, applied->id);
	const struct amp_migration *other = same ? same
		: near != AMP_NO_NODE            ? check->graph->nodes[near]
						 : NULL;
	amp_finding_id(check->findings, finding, applied->id);
	if (!other) {
		amp_finding_hint(check->findings, finding,
			"restore its file from version control");
		return;
	}
	amp_finding_id(check->findings, finding, other->id);
	amp_finding_at(finding, other->source, other->offset, other->length);
	if (same)
		amp_finding_hint(check->findings, finding,
			"'%s' has the same content: it was probably renamed; give it "
			"back its id",
			other->id);
	else
		amp_finding_hint(check->findings, finding,
			"restore its file from version control; or is it '%s', renamed "
			"and changed?",
			other->id);
}

static void say_ahead(struct check *check, const struct amp_applied *applied)
{
	bool stops = applied->breaking && check->plan->direction == AMP_UP;
	struct amplan_finding *finding;
	if (stops) {
		finding = amp_finding_add(check->findings, AMPLAN_ERROR, "breaking-ahead",
			"'%s' is applied and breaks programs that do not know it",
			applied->id);
		amp_finding_hint(check->findings, finding,
			"use the version of the program whose migrations include it");
	} else {
		finding = amp_finding_add(check->findings, AMPLAN_WARNING, "ahead",
			"'%s' is applied, but not known here", applied->id);
		amp_finding_hint(check->findings, finding,
			"a newer version of the program applied it; if that is not so, "
			"restore its file from version control");
	}
	amp_finding_id(check->findings, finding, applied->id);
}

static void check_unknown(struct check *check)
{
	AMP_ARENA_AUTO scratch = {0};
	struct amp_plan *plan = check->plan;
	struct pending pending;
	bool diverged = plan->verdict == AMPLAN_DIVERGED && plan->direction == AMP_UP;
	if (!collect_pending(check, &pending, &scratch)) {
		check->findings->failed = true;
		return;
	}
	for (size_t i = 0; i < plan->nunknown; i++) {
		const struct amp_applied *applied =
			amp_past_find(check->past, plan->unknown[i]);
		if (diverged)
			say_missing(check, &pending, applied);
		else
			say_ahead(check, applied);
		if (!applied->interrupted)
			continue;
		struct amplan_finding *finding =
			amp_finding_add(check->findings, AMPLAN_ERROR, "interrupted",
				"'%s' was started and has not finished", applied->id);
		amp_finding_id(check->findings, finding, applied->id);
		hint_interrupted(check, finding, applied->id);
	}
}

/* Applied, not in the catalog, and no squash stands for it: in order of id. */
static bool collect_unknown(struct amp_plan *plan, const struct amp_past *past)
{
	plan->unknown =
		amp_arena_array(&plan->arena, past->count, sizeof(*plan->unknown));
	if (!plan->unknown)
		return false;
	for (size_t i = 0; i < past->count; i++) {
		const char *id = past->sorted[i]->id;
		size_t claims;
		if (amp_graph_find(past->graph, id) == AMP_NO_NODE &&
			!amp_graph_claims(past->graph, id, &claims))
			plan->unknown[plan->nunknown++] =
				amp_arena_strdup(&plan->arena, id);
	}
	return !plan->arena.failed;
}

static bool fill_states(struct amp_plan *plan, const struct amp_past *past)
{
	uint32_t count = past->graph->count;
	size_t interrupted = 0;
	plan->states = amp_arena_array(&plan->arena, count, sizeof(*plan->states));
	if (!plan->states || !collect_unknown(plan, past))
		return false;
	for (uint32_t n = 0; n < count; n++) {
		plan->states[n] = state_of(past, n);
		plan->pending += plan->states[n] == AMPLAN_PENDING;
		interrupted += plan->states[n] == AMPLAN_INTERRUPTED;
	}
	/* what stopped part way is work to be done as well */
	if (plan->pending || interrupted)
		plan->verdict = plan->nunknown ? AMPLAN_DIVERGED : AMPLAN_BEHIND;
	else
		plan->verdict = plan->nunknown ? AMPLAN_AHEAD : AMPLAN_CURRENT;
	return true;
}

void amp_verdict(
	struct amp_plan *plan, const struct amp_past *past, struct amp_findings *findings)
{
	struct check check = {plan, past, past->graph, findings};
	if (!fill_states(plan, past))
		return;
	for (uint32_t n = 0; n < past->graph->count; n++) {
		enum amplan_state state = plan->states[n];
		if (state == AMPLAN_DRIFTED)
			check_changed(&check, n);
		if (state == AMPLAN_INTERRUPTED)
			check_interrupted(&check, n);
		if (plan->direction == AMP_UP &&
			(state == AMPLAN_DRIFTED || state == AMPLAN_APPLIED))
			check_late(&check, n);
		check_mixed(&check, n);
	}
	check_unknown(&check);
}
