/*
 * Suggest: what was probably meant, and how it is said in a hint.
 */
#ifndef PLANNER_SUGGEST_H
#define PLANNER_SUGGEST_H

#include "base/str.h"
#include "planner/graph.h"

/*
 * Ids to choose from. Comparing a word with every id is dear where a hostile catalog has
 * thousands of wrong ones, so only the first so many questions are answered.
 */
struct amp_suggest {
	const struct amp_graph *graph;
	const char **ids; /* in the order of the nodes */
	size_t count;
	unsigned left; /* questions still answered */
};

/* Room for the ids of the graph, none filled in yet; false: no memory. */
bool amp_suggest_init(struct amp_suggest *suggest, const struct amp_graph *graph,
	struct amp_arena *arena);
void amp_suggest_add(struct amp_suggest *suggest, uint32_t node);

/* The node whose id is near; AMP_NO_NODE if there is none, or too much was asked. */
uint32_t amp_suggest_near(struct amp_suggest *suggest, const char *id);
/* The first node that has the same id in another module; or AMP_NO_NODE. */
uint32_t amp_suggest_module(struct amp_suggest *suggest, const char *id);

/* AMPLAN_USAGE for an id that a person asked for and the graph does not have. */
int amp_suggest_unknown(
	const struct amp_graph *graph, const char *id, struct amplan_error *error);

/* Appends " (file:line:column)" of a migration's id, where it has a place. */
void amp_suggest_place(struct amp_str *str, const struct amp_migration *migration);

/* Appends "'a', 'b' and 'c'", after some of them "and 7 more". */
void amp_suggest_list(struct amp_str *str, const char *const *ids, size_t count);

#endif
