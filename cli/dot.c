#include "cli/dot.h"

#include <stdlib.h>
#include <string.h>

#include <cgraph.h>

#include "cli/relations.h"
#include "cli/utf8.h"

/* How a state looks. The word is for the legend. */
struct look {
	const char *word, *shape, *style, *fill, *line;
};

static const struct look looks[] = {
	[AMPLAN_PENDING] = {"pending", "box", "rounded,filled", "#eaf2fd", "#3b74b8"},
	[AMPLAN_APPLIED] = {"applied", "box", "filled", "#e6f4e6", "#5b8f5b"},
	[AMPLAN_DRIFTED] = {"drifted", "note", "filled", "#fdebd0", "#c9780a"},
	[AMPLAN_REPLACED] = {"replaced", "box", "filled,dotted", "#f1f1f1", "#8a8a8a"},
	[AMPLAN_INTERRUPTED] = {"interrupted", "hexagon", "filled", "#fff3b8", "#b08c00"},
	[AMPLAN_RUNNING] = {"running", "hexagon", "filled,bold", "#fff3b8", "#3b74b8"},
	[AMPLAN_BROKEN] = {"failed", "octagon", "filled,bold", "#fbdcdc", "#b52020"},
};

#define STATES (sizeof(looks) / sizeof(looks[0]))

#define DEMAND_COLOR "#c01515"
#define OBJECTS_MAX 4

/* A picture while it is made. Strings given to cgraph are copied by it. */
struct picture {
	const struct amplan_report *report;
	const struct dot_options *options;
	Agraph_t *graph;
	Agnode_t **nodes;           /* by migration; NULL: not shown */
	bool undeclared, conflicts; /* demands that are drawn */
};

/* cgraph takes char * for what it only reads. */
static char *lend(const char *text)
{
	union {
		const char *given;
		char *lent;
	} cast = {.given = text};
	return cast.lent;
}

/* cgraph writes '-', '.' and '-.' without quotes, as if they were numbers, and then cannot
   read them; what has a blank in it is quoted. */
static void set(void *object, const char *name, const char *value)
{
	char quoted[4];
	size_t length = strlen(value);
	if (length && length < 3 && strspn(value, "-.") == length) {
		snprintf(quoted, sizeof(quoted), "%s ", value);
		value = quoted;
	}
	agsafeset(object, lend(name), lend(value), lend(""));
}

#define LABEL_MAX ((size_t)1400)
#define LABEL_COLUMNS 30
#define LABEL_LINES 4

/* A text while it is built for an attribute; too much of it is cut. */
struct label {
	char text[LABEL_MAX + 16];
	size_t length;
};

static void add_bytes(struct label *label, const char *bytes, size_t length)
{
	if (label->length + length > LABEL_MAX)
		return;
	memcpy(label->text + label->length, bytes, length);
	label->length += length;
	label->text[label->length] = '\0';
}

/* One character made harmless: backslashes are escapes in DOT, broken bytes are not UTF-8. */
static size_t add_point(struct label *label, const char *text)
{
	char escaped[16];
	uint32_t point;
	size_t n = utf8_read(text, &point);
	if (n && !utf8_is_unsafe(point) && point != '\\') {
		add_bytes(label, text, n);
		return n;
	}
	if (n && point == '\\')
		snprintf(escaped, sizeof(escaped), "\\\\");
	else if (n && point >= 0x80)
		snprintf(escaped, sizeof(escaped), "\\\\u{%04x}", (unsigned)point);
	else
		snprintf(escaped, sizeof(escaped), "\\\\x%02x",
			(unsigned)(unsigned char)*text);
	add_bytes(label, escaped, strlen(escaped));
	return n ? n : 1;
}

static void add_text(struct label *label, const char *text)
{
	while (*text)
		text += add_point(label, text);
}

/* Words broken into short lines, and cut after a few of them. */
static void add_wrapped(struct label *label, const char *text)
{
	static const char blanks[] = " \t\r\n";
	size_t column = 0;
	unsigned lines = 1;
	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		size_t length = strcspn(text, blanks);
		if (column && column + 1 + length > LABEL_COLUMNS) {
			if (lines++ == LABEL_LINES) {
				add_bytes(label, " ...", 4);
				return;
			}
			add_bytes(label, "\\n", 2);
			column = 0;
		} else if (column) {
			add_bytes(label, " ", 1);
		}
		for (const char *end = text + length; text < end;)
			text += add_point(label, text);
		column += length + 1;
	}
}

static void node_label(Agnode_t *node, const struct amplan_migration *migration)
{
	struct label label = {.text = ""}, tip = {.text = ""};
	add_text(&label, migration->id);
	if (migration->description && *migration->description) {
		add_bytes(&label, "\\n", 2);
		add_wrapped(&label, migration->description);
	}
	set(node, "label", label.text);
	add_text(&tip, migration->place.file ? migration->place.file : migration->id);
	if (migration->place.file && migration->place.line) {
		char line[24];
		int n = snprintf(line, sizeof(line), ":%u", migration->place.line);
		add_bytes(&tip, line, (size_t)n);
	}
	set(node, "tooltip", tip.text);
}

/* Maintenance is a dashed double border, whatever the state. */
static void node_look(Agnode_t *node, enum amplan_state state, unsigned flags)
{
	const struct look *look = &looks[state];
	char style[48];
	snprintf(style, sizeof(style), "%s%s", look->style,
		flags & AMPLAN_MAINTENANCE ? ",dashed" : "");
	set(node, "shape", look->shape);
	set(node, "style", style);
	set(node, "fillcolor", look->fill);
	set(node, "color", look->line);
	if (flags & AMPLAN_MAINTENANCE)
		set(node, "peripheries", "2");
}

static Agraph_t *home_of(
	struct picture *picture, const struct amplan_migration *item, bool by_module)
{
	struct label name = {.text = "cluster_"}, title = {.text = ""};
	if (!by_module || !item->module || !*item->module)
		return picture->graph;
	name.length = strlen(name.text);
	add_text(&name, item->module);
	add_text(&title, item->module);
	Agraph_t *cluster = agsubg(picture->graph, name.text, 1);
	set(cluster, "label", title.text);
	set(cluster, "labeljust", "r"); /* mirrored: left */
	set(cluster, "style", "rounded,filled");
	set(cluster, "fillcolor", "#fafafa");
	set(cluster, "color", "#b8b8b8");
	set(cluster, "fontcolor", "#606060");
	return cluster;
}

static bool has_modules(const struct amplan_report *report)
{
	for (size_t i = 1; i < report->nmigrations; i++)
		if (strcmp(report->migrations[i].module ? report->migrations[i].module
							: "",
			    report->migrations[0].module ? report->migrations[0].module
							 : "") != 0)
			return true;
	return false;
}

static void add_nodes(struct picture *picture)
{
	const struct amplan_report *report = picture->report;
	bool by_module = has_modules(report);
	if (by_module) /* one ranking for all, or time would run backwards in places */
		set(picture->graph, "newrank", "true");
	for (size_t i = 0; i < report->nmigrations; i++) {
		const struct amplan_migration *item = &report->migrations[i];
		if (picture->options->shown && !picture->options->shown[i])
			continue;
		struct label name = {.text = ""};
		add_text(&name, item->id);
		Agraph_t *home = home_of(picture, item, by_module);
		Agnode_t *node = agnode(home, name.text, 1);
		node_label(node, item);
		node_look(node, item->state, item->flags);
		picture->nodes[i] = node;
	}
}

static void edge_look(Agedge_t *edge, const struct amplan_edge *declared)
{
	if (declared->reason) {
		struct label tip = {.text = ""};
		add_text(&tip, declared->reason);
		set(edge, "tooltip", tip.text);
	}
	if (declared->orders_only)
		set(edge, "style", "dashed");
	if (declared->redundant)
		set(edge, "color", "#c4c4c4");
	if (declared->redundant)
		set(edge, "weight", "0");
}

static void add_edges(struct picture *picture)
{
	const struct amplan_report *report = picture->report;
	for (size_t i = 0; i < report->nmigrations; i++)
		for (size_t j = 0; j < report->migrations[i].nedges; j++) {
			const struct amplan_edge *declared =
				&report->migrations[i].edges[j];
			if (declared->index >= report->nmigrations ||
				!picture->nodes[i] || !picture->nodes[declared->index] ||
				(declared->redundant && picture->options->reduce))
				continue;
			edge_look(agedge(picture->graph, picture->nodes[i],
					  picture->nodes[declared->index], NULL, 1),
				declared);
		}
}

/* The node of a migration of the check. Its order is that of the report, except where
   the history has a say. */
static Agnode_t *node_of(const struct picture *picture, uint32_t index)
{
	const struct amplan_report *report = picture->report;
	const char *id = picture->options->check->migrations[index].id;
	size_t at = index;
	if (at >= report->nmigrations || strcmp(report->migrations[at].id, id) != 0)
		at = relations_find(report, id);
	return at == RELATIONS_NONE ? NULL : picture->nodes[at];
}

static void demand_tip(Agedge_t *edge, const struct amplan_report *check,
	const struct amplan_demand *demand, bool conflict)
{
	struct label tip = {.text = ""};
	add_text(&tip, check->migrations[demand->from].id);
	add_text(&tip, conflict ? " and " : " needs ");
	add_text(&tip, check->migrations[demand->on].id);
	add_text(&tip,
		conflict ? ": their order makes a difference" : " and does not say so");
	set(edge, "tooltip", tip.text);
}

static void demand_look(Agedge_t *edge, const char *label, bool conflict)
{
	set(edge, "label", label);
	set(edge, "style", "dashed");
	set(edge, "color", DEMAND_COLOR);
	set(edge, "fontcolor", DEMAND_COLOR);
	set(edge, "fontname", "Helvetica");
	set(edge, "fontsize", "9");
	if (conflict) {
		set(edge, "dir", "none");
		set(edge, "constraint", "false"); /* neither comes first */
	}
}

/* One edge for all that the two meet at; returns how many demands that were. */
static size_t add_demand(struct picture *picture, size_t first)
{
	const struct amplan_report *check = picture->options->check;
	const struct amplan_demand *demand = &check->demands[first];
	Agnode_t *from = node_of(picture, demand->from);
	Agnode_t *on = node_of(picture, demand->on);
	struct label label = {.text = ""};
	bool conflict = true;
	size_t n = 0;
	for (; first + n < check->ndemands && demand[n].from == demand->from &&
		demand[n].on == demand->on;
		n++) {
		conflict = conflict && demand[n].conflict;
		if (n && n <= OBJECTS_MAX)
			add_bytes(&label, "\\n", 2);
		if (n <= OBJECTS_MAX)
			add_text(&label, n < OBJECTS_MAX ? demand[n].object : "...");
	}
	if (from && on) {
		Agedge_t *edge = agedge(picture->graph, from, on, NULL, 1);
		demand_look(edge, label.text, conflict);
		demand_tip(edge, check, demand, conflict);
		picture->conflicts = picture->conflicts || conflict;
		picture->undeclared = picture->undeclared || !conflict;
	}
	return n;
}

static void add_demands(struct picture *picture)
{
	const struct amplan_report *check = picture->options->check;
	for (size_t i = 0; check && i < check->ndemands;)
		i += add_demand(picture, i);
}

static void add_line_to_legend(Agraph_t *legend, const char *word, bool used)
{
	char name[48];
	if (!used)
		return;
	snprintf(name, sizeof(name), "legend %s", word);
	Agnode_t *node = agnode(legend, name, 1);
	set(node, "label", word);
	set(node, "shape", "box");
	set(node, "style", "dashed");
	set(node, "color", DEMAND_COLOR);
	set(node, "fontcolor", DEMAND_COLOR);
}

/* Only what is in the picture, and only if there is something to tell apart. */
static void add_legend(struct picture *picture)
{
	bool used[STATES] = {false}, maintenance = false;
	size_t kinds = 0;
	for (size_t i = 0; i < picture->report->nmigrations; i++) {
		const struct amplan_migration *item = &picture->report->migrations[i];
		if (!picture->nodes[i])
			continue;
		kinds += !used[item->state];
		used[item->state] = true;
		maintenance = maintenance || item->flags & AMPLAN_MAINTENANCE;
	}
	if (kinds + maintenance + picture->undeclared + picture->conflicts < 2)
		return;
	Agraph_t *legend = agsubg(picture->graph, lend("cluster legend"), 1);
	set(legend, "label", "legend");
	set(legend, "style", "dotted");
	set(legend, "fontcolor", "#606060");
	for (size_t i = 0; i < STATES + 1; i++) {
		if (i < STATES ? !used[i] : !maintenance)
			continue;
		const char *word = i < STATES ? looks[i].word : "maintenance";
		char name[32];
		snprintf(name, sizeof(name), "legend %s", word);
		Agnode_t *node = agnode(legend, name, 1);
		set(node, "label", word);
		node_look(node, i < STATES ? (enum amplan_state)i : AMPLAN_PENDING,
			i < STATES ? 0 : AMPLAN_MAINTENANCE);
	}
	add_line_to_legend(legend, "undeclared dependency", picture->undeclared);
	add_line_to_legend(legend, "conflict", picture->conflicts);
}

static void frame(Agraph_t *graph)
{
	agattr(graph, AGRAPH, lend("rankdir"), lend("RL"));
	agattr(graph, AGRAPH, lend("charset"), lend("UTF-8"));
	agattr(graph, AGRAPH, lend("fontname"), lend("Helvetica"));
	agattr(graph, AGRAPH, lend("fontsize"), lend("11"));
	agattr(graph, AGRAPH, lend("nodesep"), lend("0.15"));
	agattr(graph, AGRAPH, lend("ranksep"), lend("0.5"));
	agattr(graph, AGNODE, lend("fontname"), lend("Helvetica"));
	agattr(graph, AGNODE, lend("fontsize"), lend("10"));
	agattr(graph, AGNODE, lend("margin"), lend("0.12,0.06"));
	agattr(graph, AGNODE, lend("height"), lend("0.3"));
	agattr(graph, AGEDGE, lend("arrowsize"), lend("0.6"));
	agattr(graph, AGEDGE, lend("color"), lend("#6b6b6b"));
}

/*
 * cgraph keeps subgraphs in the order of their ids, and takes the address of a name for its
 * id. Names of graphs that are not mapped get numbers from it, in the order in which they
 * are made: same report, same bytes.
 */
static long map_name(void *state, int type, char *name, IDTYPE *id, int create)
{
	if (type == AGRAPH && name)
		return 0;
	return AgIdDisc.map(state, type, name, id, create);
}

bool dot_write(FILE *stream, const struct amplan_report *report,
	const struct dot_options *options)
{
	struct picture picture = {.report = report, .options = options};
	picture.nodes = calloc(report->nmigrations + 1, sizeof(*picture.nodes));
	if (!picture.nodes)
		return false;
	Agiddisc_t ids = AgIdDisc;
	ids.map = map_name;
	Agdisc_t discipline = {.mem = &AgMemDisc, .id = &ids, .io = &AgIoDisc};
	picture.graph = agopen(lend("amplan"), Agstrictdirected, &discipline);
	frame(picture.graph);
	add_nodes(&picture);
	add_edges(&picture);
	add_demands(&picture);
	add_legend(&picture);
	agwrite(picture.graph, stream);
	agclose(picture.graph);
	free(picture.nodes);
	return true;
}
