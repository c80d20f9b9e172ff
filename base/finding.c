#include "base/finding.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void amp_findings_init(struct amp_findings *findings, struct amp_arena *arena)
{
	*findings = (struct amp_findings){.arena = arena};
}

void amp_findings_deinit(struct amp_findings *findings)
{
	amp_vec_deinit(findings);
}

struct amplan_finding *amp_finding_add(struct amp_findings *findings,
	enum amplan_severity severity, const char *kind, const char *format, ...)
{
	/* written to where memory is short and read by nobody */
	static _Thread_local struct amplan_finding spare;
	va_list args;
	va_start(args, format);
	struct amplan_finding finding = {
		.kind = kind,
		.severity = severity,
		.message = amp_arena_vprintf(findings->arena, format, args),
	};
	va_end(args);
	if (!finding.message || !amp_vec_push(findings, finding)) {
		findings->failed = true;
		spare = (struct amplan_finding){.kind = kind, .message = ""};
		return &spare;
	}
	return &findings->items[findings->count - 1];
}

void amp_finding_at(struct amplan_finding *finding, struct amp_source *source,
	size_t offset, size_t length)
{
	if (source)
		finding->place = amp_source_place(source, offset, length);
}

void amp_finding_hint(struct amp_findings *findings, struct amplan_finding *finding,
	const char *format, ...)
{
	va_list args;
	va_start(args, format);
	finding->hint = amp_arena_vprintf(findings->arena, format, args);
	va_end(args);
	if (!finding->hint)
		findings->failed = true;
}

/* Room for one more item: doubled at each power of two, so that the related places of a
   cycle of ten thousand cost memory in proportion to their number. */
static void *grow(struct amp_arena *arena, void *items, size_t count, size_t size)
{
	if (count & (count - 1))
		return items;
	char *grown = amp_arena_array(arena, count ? 2 * count : 1, size);
	if (grown && count)
		memcpy(grown, items, count * size);
	return grown;
}

void amp_finding_id(
	struct amp_findings *findings, struct amplan_finding *finding, const char *id)
{
	const char **ids =
		grow(findings->arena, (void *)finding->ids, finding->nids, sizeof(*ids));
	char *copy = amp_arena_strdup(findings->arena, id);
	if (!ids || !copy) {
		findings->failed = true;
		return;
	}
	ids[finding->nids++] = copy;
	finding->ids = ids;
}

void amp_finding_related(struct amp_findings *findings, struct amplan_finding *finding,
	struct amplan_place place, const char *label)
{
	struct amplan_place *related = grow(findings->arena, (void *)finding->related,
		finding->nrelated, sizeof(*related));
	place.label = amp_arena_strdup(findings->arena, label);
	if (!related || (label && !place.label)) {
		findings->failed = true;
		return;
	}
	related[finding->nrelated++] = place;
	finding->related = related;
}

static struct amplan_place copy_place(
	struct amp_findings *to, const struct amplan_place *place)
{
	struct amplan_place copy = *place;
	copy.file = amp_arena_strdup(to->arena, place->file);
	copy.text = amp_arena_strdup(to->arena, place->text);
	copy.label = amp_arena_strdup(to->arena, place->label);
	return copy;
}

void amp_findings_copy(struct amp_findings *to, const struct amplan_finding *finding)
{
	struct amplan_finding *copy = amp_finding_add(
		to, finding->severity, finding->kind, "%s", finding->message);
	copy->place = copy_place(to, &finding->place);
	if (finding->hint)
		amp_finding_hint(to, copy, "%s", finding->hint);
	for (size_t i = 0; i < finding->nids; i++)
		amp_finding_id(to, copy, finding->ids[i]);
	for (size_t i = 0; i < finding->nrelated; i++)
		amp_finding_related(to, copy, copy_place(to, &finding->related[i]),
			finding->related[i].label);
	if (to->arena->failed)
		to->failed = true;
}

static int compare_text(const char *left, const char *right)
{
	return strcmp(left ? left : "", right ? right : "");
}

static int compare_numbers(unsigned left, unsigned right)
{
	return (left > right) - (left < right);
}

static int compare(const void *a, const void *b)
{
	const struct amplan_finding *l = a, *r = b;
	int order = compare_text(l->place.file, r->place.file);
	if (!order)
		order = compare_numbers(l->place.line, r->place.line);
	if (!order)
		order = compare_numbers(l->place.column, r->place.column);
	if (!order)
		order = compare_numbers(l->severity, r->severity);
	if (!order)
		order = compare_text(l->kind, r->kind);
	return order ? order : compare_text(l->message, r->message);
}

void amp_findings_sort(struct amp_findings *findings)
{
	if (findings->count < 2)
		return;
	qsort(findings->items, findings->count, sizeof(*findings->items), compare);
	size_t kept = 1;
	for (size_t i = 1; i < findings->count; i++)
		if (compare(&findings->items[kept - 1], &findings->items[i]))
			findings->items[kept++] = findings->items[i];
	findings->count = kept;
}

bool amp_findings_have_errors(const struct amp_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].severity == AMPLAN_ERROR)
			return true;
	return false;
}
