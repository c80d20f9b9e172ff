#include "cli/relations.h"

#include <stdlib.h>
#include <string.h>

#include "cli/utf8.h"

static bool is_inside(const struct amplan_report *report, const struct amplan_edge *edge)
{
	return edge->index < report->nmigrations;
}

bool relations_init(struct relations *relations, const struct amplan_report *report)
{
	size_t count = report->nmigrations, edges = 0;
	*relations = (struct relations){.report = report};
	relations->first = calloc(count + 2, sizeof(size_t));
	if (!relations->first)
		return false;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < report->migrations[i].nedges; j++)
			if (is_inside(report, &report->migrations[i].edges[j])) {
				relations->first[report->migrations[i].edges[j].index +
					2]++;
				edges++;
			}
	relations->back = calloc(edges + 1, sizeof(size_t));
	if (!relations->back) {
		relations_deinit(relations);
		return false;
	}
	/* counted two ahead, so that filling moves each start to where it belongs */
	for (size_t i = 2; i < count + 2; i++)
		relations->first[i] += relations->first[i - 1];
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < report->migrations[i].nedges; j++) {
			const struct amplan_edge *edge = &report->migrations[i].edges[j];
			if (is_inside(report, edge))
				relations->back[relations->first[edge->index + 1]++] = i;
		}
	return true;
}

void relations_deinit(struct relations *relations)
{
	free(relations->first);
	free(relations->back);
	*relations = (struct relations){0};
}

size_t relations_find(const struct amplan_report *report, const char *id)
{
	for (size_t i = 0; i < report->nmigrations; i++)
		if (!strcmp(report->migrations[i].id, id))
			return i;
	return RELATIONS_NONE;
}

/* Neighbour number j of migration n in one direction; RELATIONS_NONE behind the last. */
static size_t neighbour(const struct relations *relations, size_t n, bool up, size_t j)
{
	const struct amplan_migration *migration = &relations->report->migrations[n];
	if (!up)
		return relations->first[n] + j < relations->first[n + 1]
			? relations->back[relations->first[n] + j]
			: RELATIONS_NONE;
	return j < migration->nedges ? migration->edges[j].index : RELATIONS_NONE;
}

size_t relations_reach(const struct relations *relations, size_t from, bool up,
	size_t steps, bool *marks)
{
	size_t count = relations->report->nmigrations, head = 0, tail = 0, next;
	size_t *queue = calloc(count + 1, sizeof(size_t));
	size_t *depth = calloc(count + 1, sizeof(size_t));
	if (!queue || !depth) {
		free(queue);
		free(depth);
		return RELATIONS_NONE;
	}
	queue[tail++] = from;
	while (head < tail) {
		size_t n = queue[head];
		if (depth[head++] == steps)
			continue;
		for (size_t j = 0;
			(next = neighbour(relations, n, up, j)) != RELATIONS_NONE; j++) {
			if (next >= count || next == from || marks[next])
				continue;
			marks[next] = true;
			depth[tail] = depth[head - 1] + 1;
			queue[tail++] = next;
		}
	}
	free(queue);
	free(depth);
	return tail - 1;
}

bool relations_is_pending(const struct amplan_migration *migration)
{
	return migration->state == AMPLAN_PENDING || migration->state == AMPLAN_BROKEN ||
		migration->state == AMPLAN_INTERRUPTED ||
		migration->state == AMPLAN_RUNNING;
}

bool relations_is_applied(const struct amplan_event *event)
{
	return strcmp(event->event, "started") != 0 &&
		strcmp(event->event, "undoing") != 0;
}

static const char *id_at(const void *words, size_t index)
{
	const struct amplan_report *report = words;
	return index < report->nmigrations ? report->migrations[index].id : NULL;
}

const char *relations_nearest(const struct amplan_report *report, const char *id)
{
	return utf8_nearest(id, id_at, report);
}
