/*
 * Violations: rows that point at nothing, which a stage must not add to.
 *
 * Foreign keys are off while a stage runs, so that tables can be rebuilt; instead they
 * are checked before its commit, against what was violated before it began.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/run.h"

static int compare(const void *a, const void *b)
{
	const struct amp_violation *l = a, *r = b;
	int order = strcmp(l->child, r->child);
	if (!order)
		order = strcmp(l->parent, r->parent);
	if (!order)
		order = strcmp(l->key, r->key);
	return order ? order : (l->row > r->row) - (l->row < r->row);
}

static bool is_same_key(const struct amp_violation *l, const struct amp_violation *r)
{
	return !strcmp(l->child, r->child) && !strcmp(l->parent, r->parent) &&
		!strcmp(l->key, r->key);
}

/* How many there are that were not there before. Both lists are sorted by the caller. */
static int64_t count_new(
	const struct amp_violations *before, const struct amp_violation *violation)
{
	const struct amp_violation *old = before->count
		? bsearch(violation, before->items, before->count, sizeof(*violation),
			  compare)
		: NULL;
	return violation->count - (old ? old->count : 0);
}

/* How many there were of a key, whatever the rows were. */
static int64_t count_key(
	const struct amp_violations *before, const struct amp_violation *violation)
{
	int64_t count = 0;
	for (size_t i = 0; i < before->count; i++)
		if (is_same_key(&before->items[i], violation))
			count += before->items[i].count;
	return count;
}

static bool is_about(const struct amp_violation *violation, const char *table)
{
	if (!strcasecmp(table, violation->child) || !strcasecmp(table, violation->parent))
		return true;
	/* of a key that fits nothing, only SQLite's message names the parent */
	return !*violation->parent && strcasestr(violation->key, table);
}

/* The last step of the stage that touched one of the two tables; else its last step. */
static size_t find_culprit(const struct amp_job *job,
	const struct amp_violation *violation, size_t first, size_t end)
{
	for (size_t i = end; i-- > first;)
		for (size_t t = 0; t < job->results[i].ntouched; t++)
			if (is_about(violation, job->results[i].touched[t]))
				return i;
	return end - 1;
}

static void report(struct amp_job *job, const struct amp_violation *violation,
	size_t culprit, struct amplan_error *error)
{
	const struct amp_plan_step *step = &job->plan.steps[culprit];
	const struct amp_sql *sql = amp_plan_sql(&job->plan, step);
	struct amplan_finding *finding;
	if (*violation->parent)
		finding = amp_finding_add(&job->findings, AMPLAN_ERROR,
			"foreign-key-violation",
			"%lld row%s of '%s' point%s now at rows of '%s' that do not exist "
			"(column %s)",
			(long long)violation->count, violation->count == 1 ? "" : "s",
			violation->child, violation->count == 1 ? "s" : "",
			violation->parent, violation->key);
	else
		finding = amp_finding_add(&job->findings, AMPLAN_ERROR,
			"foreign-key-violation", "foreign keys cannot be checked: %s",
			violation->key);
	if (sql) {
		size_t blank = strspn(sql->text, " \t\n");
		finding->place =
			amp_sql_place(sql, blank, strcspn(sql->text + blank, "\n"));
	}
	amp_finding_id(&job->findings, finding, step->migration->id);
	amp_finding_hint(&job->findings, finding, "%s",
		*violation->parent
			? "keep, move or delete the rows that point there in the "
			  "same step; 'PRAGMA foreign_key_check' lists them"
			: "the columns that are pointed at need a PRIMARY KEY or a "
			  "UNIQUE index over just them");
	amp_error(
		error, AMPLAN_FAILED, "'%s': %s", step->migration->id, finding->message);
}

int amp_run_violations(struct amp_runner *runner, const struct amp_violations *before,
	size_t first, size_t end, struct amplan_error *error)
{
	struct amp_violations after = {.arena = &runner->job->arena};
	int code = runner->db->engine->violations(runner->db, NULL, 0, &after, error);
	if (before->count)
		qsort(before->items, before->count, sizeof(*before->items), compare);
	if (!code && after.count)
		qsort(after.items, after.count, sizeof(*after.items), compare);
	/* one finding for all new ones of a key */
	for (size_t i = 0, next; (!code || code == AMPLAN_FAILED) && i < after.count;
		i = next) {
		struct amp_violation sum = after.items[i];
		int64_t all = 0;
		sum.count = 0;
		for (next = i;
			next < after.count && is_same_key(&sum, &after.items[next]);
			next++) {
			int64_t fresh = count_new(before, &after.items[next]);
			sum.count += fresh > 0 ? fresh : 0;
			all += after.items[next].count;
		}
		if (before->by_key)
			sum.count = all - count_key(before, &sum);
		if (sum.count <= 0)
			continue;
		size_t culprit = find_culprit(runner->job, &sum, first, end);
		report(runner->job, &sum, culprit, error);
		runner->job->results[culprit].outcome = AMPLAN_STOPPED;
		runner->failed_id = runner->job->plan.steps[culprit].migration->id;
		code = AMPLAN_FAILED;
	}
	amp_vec_deinit(&after);
	return code;
}

/* Is it still so? A view or trigger that cannot be used, a key without its parent. */
static bool still_dangles(
	const struct amp_shape *shape, const struct amp_dangling *dangling)
{
	for (size_t i = 0; i < shape->nkeys; i++)
		if (!strcasecmp(shape->keys[i].parent, dangling->gone) &&
			!shape->keys[i].parent_exists)
			return true;
	return shape->broken != NULL;
}

static int look_again(struct amp_runner *runner, const struct amp_dangling *dangling,
	bool *still, struct amplan_error *error)
{
	struct amp_shapes shapes = {0};
	int code = runner->db->engine->shapes(runner->db, &dangling->name, 1, NULL,
		&shapes, &runner->job->arena, error);
	*still = !code && shapes.count && still_dangles(&shapes.items[0], dangling);
	return code;
}

int amp_run_danglings(struct amp_runner *runner, struct amplan_error *error)
{
	struct amp_findings *findings = &runner->job->findings;
	int code = AMPLAN_OK;
	for (size_t i = 0; i < runner->danglings.count; i++) {
		const struct amp_dangling *dangling = &runner->danglings.items[i];
		bool still = false;
		/* allowed, or told by a step that was undone */
		if (dangling->finding >= findings->count ||
			findings->items[dangling->finding].severity != AMPLAN_WARNING)
			continue;
		struct amplan_finding *finding = &findings->items[dangling->finding];
		int looked = look_again(runner, dangling, &still, error);
		finding->severity = still ? AMPLAN_ERROR : AMPLAN_NOTE;
		if (still && finding->nids)
			runner->failed_id = finding->ids[0];
		if (looked)
			code = looked;
		else if (still && !code)
			code = amp_error(error, AMPLAN_REFUSED, "'%s': %s",
				finding->nids ? finding->ids[0] : "", finding->message);
	}
	amp_vec_deinit(&runner->danglings);
	return code;
}
