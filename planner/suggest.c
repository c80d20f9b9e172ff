/*
 * Suggest: did-you-mean over the ids of a graph, and lists of ids as prose.
 */
#include "planner/suggest.h"

#include <string.h>

#include "base/str.h"
#include "base/text.h"

#define QUESTIONS 64
#define LISTED 6

bool amp_suggest_init(struct amp_suggest *suggest, const struct amp_graph *graph,
	struct amp_arena *arena)
{
	*suggest = (struct amp_suggest){.graph = graph, .left = QUESTIONS};
	suggest->ids = amp_arena_array(arena, graph->count, sizeof(*suggest->ids));
	return suggest->ids != NULL;
}

void amp_suggest_add(struct amp_suggest *suggest, uint32_t node)
{
	suggest->ids[suggest->count++] = suggest->graph->nodes[node]->id;
}

uint32_t amp_suggest_near(struct amp_suggest *suggest, const char *id)
{
	if (!suggest->left)
		return AMP_NO_NODE;
	suggest->left--;
	const char *near = amp_text_nearest(id, suggest->ids, suggest->count);
	return near ? amp_graph_find(suggest->graph, near) : AMP_NO_NODE;
}

static const char *without_module(const char *id)
{
	const char *colon = strchr(id, ':');
	return colon ? colon + 1 : id;
}

uint32_t amp_suggest_module(struct amp_suggest *suggest, const char *id)
{
	if (!suggest->left)
		return AMP_NO_NODE;
	const char *plain = without_module(id);
	for (size_t i = 0; i < suggest->count; i++)
		if (!strcmp(without_module(suggest->ids[i]), plain))
			return amp_graph_find(suggest->graph, suggest->ids[i]);
	return AMP_NO_NODE;
}

int amp_suggest_unknown(
	const struct amp_graph *graph, const char *id, struct amplan_error *error)
{
	AMP_ARENA_AUTO scratch = {0};
	struct amp_suggest suggest;
	if (!amp_suggest_init(&suggest, graph, &scratch))
		return amp_error_nomem(error);
	for (uint32_t n = 0; n < graph->count; n++)
		amp_suggest_add(&suggest, n);
	uint32_t other = amp_suggest_module(&suggest, id);
	if (other == AMP_NO_NODE)
		other = amp_suggest_near(&suggest, id);
	amp_error(error, AMPLAN_USAGE, "there is no migration '%s'", id);
	if (other != AMP_NO_NODE)
		amp_error_hint(error, "did you mean '%s'?", graph->nodes[other]->id);
	else
		amp_error_hint(error, "'amplan order' lists all migrations");
	return AMPLAN_USAGE;
}

void amp_suggest_place(struct amp_str *str, const struct amp_migration *migration)
{
	if (!migration->source)
		return;
	struct amplan_place place =
		amp_source_place(migration->source, migration->offset, migration->length);
	amp_str_addf(str, " (%s:%u:%u)", place.file, place.line, place.column);
}

void amp_suggest_list(struct amp_str *str, const char *const *ids, size_t count)
{
	size_t shown = count <= LISTED ? count : LISTED - 1;
	for (size_t i = 0; i < shown; i++) {
		bool last = i + 1 == count;
		amp_str_addf(str, "%s'%s'", !i ? "" : last ? " and " : ", ", ids[i]);
	}
	if (shown < count)
		amp_str_addf(str, " and %zu more", count - shown);
}
