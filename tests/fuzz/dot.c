/*
 * Fuzz: the graph as DOT. The bytes are a report: migrations with ids, modules,
 * descriptions and edges between them, and a check that wants more edges.
 *
 * What is written is read again by cgraph: it has the nodes and edges of the report, each
 * once, and their labels say what the report says once the escapes are undone. No byte
 * of a terminal's language, nor one that turns the direction of writing, is in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgraph.h>

#include "cli/dot.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/shown.h"

#define MIGRATIONS_MAX 6
#define EDGES_MAX 3
#define DEMANDS_MAX 6

struct world {
	struct amp_arena arena;
	struct amplan_report report, check;
	struct amplan_migration items[MIGRATIONS_MAX];
	struct amplan_edge edges[MIGRATIONS_MAX][EDGES_MAX];
	struct amplan_demand demands[DEMANDS_MAX];
	bool shown[MIGRATIONS_MAX];
	struct dot_options options;
};

/* Ids are unique, not long, and begin with a letter or digit, which matters to cgraph. All
   else may be in them. */
static char *make_id(struct world *world, struct input *input, size_t number)
{
	char *text = input_text(input, &world->arena);
	return amp_arena_printf(&world->arena, "%zu%.120s", number, text);
}

static void make_migration(struct world *world, struct input *input, size_t i)
{
	/* one after the other: compilers do not agree on the order within braces */
	struct amplan_migration *item = &world->items[i];
	item->id = make_id(world, input, i);
	item->module = input_text(input, &world->arena);
	item->description = input_text(input, &world->arena);
	item->state = (enum amplan_state)input_below(input, AMPLAN_RUNNING + 1);
	item->flags = input_byte(input);
	item->edges = world->edges[i];
	item->nedges = input_below(input, EDGES_MAX + 1);
	item->place.file = input_text(input, &world->arena);
	item->place.line = input_byte(input);
	for (size_t k = 0; k < item->nedges; k++) {
		struct amplan_edge *edge = &world->edges[i][k];
		unsigned looks = input_byte(input);
		edge->index = input_below(input, MIGRATIONS_MAX + 1);
		edge->on = "x";
		edge->reason = looks & 1 ? input_text(input, &world->arena) : NULL;
		edge->orders_only = looks & 2;
		edge->redundant = looks & 4;
	}
}

/* Demands of the same two stand together, and none is of one alone. */
static int compare_demands(const void *a, const void *b)
{
	const struct amplan_demand *l = a, *r = b;
	int order = (l->from > r->from) - (l->from < r->from);
	return order ? order : (l->on > r->on) - (l->on < r->on);
}

static void make_world(struct world *world, struct input *input)
{
	unsigned what = input_byte(input);
	size_t count = input_below(input, MIGRATIONS_MAX + 1);
	for (size_t i = 0; i < count; i++)
		make_migration(world, input, i);
	world->report.migrations = world->items;
	world->report.nmigrations = count;
	world->options.reduce = what & 1;
	for (size_t i = 0; i < count; i++)
		world->shown[i] = !(what & 2) || input_below(input, 2);
	if (what & 2)
		world->options.shown = world->shown;
	if (!(what & 4) || count < 2)
		return;
	world->check = world->report;
	world->check.demands = world->demands;
	world->options.check = &world->check;
	for (; world->check.ndemands < DEMANDS_MAX && input->left;
		world->check.ndemands++) {
		uint32_t from = input_below(input, (unsigned)count);
		uint32_t on = input_below(input, (unsigned)count);
		struct amplan_demand *demand = &world->demands[world->check.ndemands];
		demand->from = from;
		demand->on = on == from ? (on + 1) % (uint32_t)count : on;
		demand->conflict = input_below(input, 2);
		demand->object = input_text(input, &world->arena);
	}
	qsort(world->demands, world->check.ndemands, sizeof(*world->demands),
		compare_demands);
}

static bool is_shown(const struct world *world, size_t i)
{
	return i < world->report.nmigrations &&
		(!world->options.shown || world->shown[i]);
}

/* Which pairs have an edge: the graph is strict, so each pair has one. */
static size_t count_edges(const struct world *world)
{
	bool edge[MIGRATIONS_MAX][MIGRATIONS_MAX] = {{false}};
	size_t count = 0;
	for (size_t i = 0; i < world->report.nmigrations; i++)
		for (size_t k = 0; k < world->items[i].nedges; k++) {
			const struct amplan_edge *it = &world->edges[i][k];
			if (is_shown(world, i) && is_shown(world, it->index) &&
				!(it->redundant && world->options.reduce))
				edge[i][it->index] = true;
		}
	for (size_t i = 0; i < world->check.ndemands; i++) {
		const struct amplan_demand *it = &world->demands[i];
		if (is_shown(world, it->from) && is_shown(world, it->on))
			edge[it->from][it->on] = true;
	}
	for (size_t i = 0; i < MIGRATIONS_MAX * MIGRATIONS_MAX; i++)
		count += edge[i / MIGRATIONS_MAX][i % MIGRATIONS_MAX];
	return count;
}

/* A label as a person sees it: "\\n" breaks a line, a doubled backslash is one. */
static void unescape(const char *label, struct amp_str *out)
{
	for (; *label; label++) {
		must(*label != '\n');
		if (*label != '\\') {
			amp_str_addc(out, *label);
			continue;
		}
		label++;
		must(*label == '\\' || *label == 'n');
		amp_str_addc(out, *label == 'n' ? '\n' : '\\');
	}
}

/* The id on the first line; then the words of the description, or the first of them. */
static void check_label(const struct amplan_migration *item, const char *label)
{
	AMP_STR_AUTO seen = AMP_STR_INIT;
	AMP_STR_AUTO id = AMP_STR_INIT;
	AMP_STR_AUTO words = AMP_STR_INIT;
	AMP_STR_AUTO is = AMP_STR_INIT;
	unescape(label, &seen);
	shown_text(&id, item->id);
	const char *rest = amp_str_text(&seen);
	must(!strncmp(rest, amp_str_text(&id), id.length));
	rest += id.length;
	if (!*item->description) {
		must(!*rest);
		return;
	}
	must(*rest == '\n');
	shown_words(&words, item->description);
	for (rest++; *rest; rest++)
		amp_str_addc(&is, *rest == '\n' ? ' ' : *rest);
	if (!strcmp(amp_str_text(&is), amp_str_text(&words)))
		return;
	/* too long: cut behind a word, or where the room for a label ends */
	size_t length = is.length;
	if (length > 4 && !strcmp(is.data + length - 4, " ..."))
		length -= 4;
	else
		must(id.length + words.length > 600);
	must(length <= words.length);
	must(!strncmp(amp_str_text(&is), amp_str_text(&words), length) ||
		words.length > 600);
}

static void check_nodes(const struct world *world, Agraph_t *graph)
{
	size_t nodes = 0;
	for (size_t i = 0; i < world->report.nmigrations; i++) {
		AMP_STR_AUTO name = AMP_STR_INIT;
		if (!is_shown(world, i))
			continue;
		nodes++;
		shown_escaped(&name, world->items[i].id);
		Agnode_t *node = agnode(graph, name.data, 0);
		must(node);
		char key[] = "label";
		const char *label = agget(node, key);
		must(label);
		check_label(&world->items[i], label);
	}
	for (Agnode_t *node = agfstnode(graph); node; node = agnxtnode(graph, node))
		if (!strncmp(agnameof(node), "legend ", 7) && !agfstedge(graph, node) &&
			nodes < (size_t)agnnodes(graph))
			nodes++;
	must(nodes == (size_t)agnnodes(graph));
}

static void check_dot(const struct world *world, const char *text, size_t length)
{
	shown_is_harmless(text, length, "\n\t");
	Agraph_t *graph = agmemread(text);
	must(graph);
	check_nodes(world, graph);
	must((size_t)agnedges(graph) == count_edges(world));
	agclose(graph);
}

/* cgraph never frees the numbers that it gives to names which are not mapped. The program
   draws in a child that ends, so there it does no harm. */
const char *__lsan_default_suppressions(void);

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
	return "leak:agalloc\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = {0};
	struct input input = input_of(data, size);
	char *text = NULL;
	size_t length = 0;
	amp_arena_init(&world.arena);
	make_world(&world, &input);
	FILE *stream = open_memstream(&text, &length);
	must(stream);
	must(dot_write(stream, &world.report, &world.options));
	must(!fclose(stream));
	check_dot(&world, text, length);
	free(text);
	amp_arena_deinit(&world.arena);
	return 0;
}
