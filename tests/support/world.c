#include "tests/support/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/support/cmocka.h"

void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	amp_findings_init(&world->findings, &world->arena);
}

void world_deinit(struct world *world)
{
	amp_plan_deinit(&world->plan);
	amp_graph_deinit(&world->graph);
	amp_findings_deinit(&world->findings);
	amp_arena_deinit(&world->arena);
	amp_arena_deinit(&world->catalog.arena);
}

static void digest_of(const char *text, size_t length, char out[AMP_DIGEST_SIZE])
{
	struct amp_digest digest;
	amp_digest_init(&digest);
	amp_digest_field(&digest, text, length);
	amp_digest_end(&digest, out);
}

static void set_content(struct amp_migration *migration, const char *content)
{
	digest_of(content, strlen(content), migration->checksum);
	digest_of(content, strcspn(content, "/"), migration->cosmetic);
}

static struct amp_sql *make_sql(struct amp_arena *arena, const char *text)
{
	struct amp_sql *sql = amp_arena_alloc(arena, sizeof(*sql));
	sql->text = text;
	sql->length = strlen(text);
	return sql;
}

static void set_flag(struct amp_migration *migration, const char *name)
{
	static const struct {
		const char *name;
		unsigned flag;
	} flags[] = {
		{"none", AMPLAN_NO_TRANSACTION},
		{"fk", AMPLAN_FOREIGN_KEYS},
		{"maintenance", AMPLAN_MAINTENANCE},
		{"breaking", AMPLAN_BREAKING},
	};
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (!strcmp(flags[i].name, name))
			migration->flags |= flags[i].flag;
}

static void set_reference(struct amp_arena *arena, struct amp_migration *migration,
	char *word, size_t offset)
{
	bool replaces = *word == '=', after = *word == '>';
	const struct amp_reference *old =
		replaces ? migration->replaces : migration->depends;
	size_t count = replaces ? migration->nreplaces : migration->ndepends;
	struct amp_reference *list = amp_arena_array(arena, count + 1, sizeof(*list));
	if (count)
		memcpy(list, old, count * sizeof(*list));
	word += replaces || after;
	size_t length = strlen(word);
	bool reason = length && word[length - 1] == '?';
	if (reason)
		word[--length] = '\0';
	list[count] = (struct amp_reference){
		.id = word,
		.reason = reason ? "because" : NULL,
		.orders_only = after,
		.source = migration->source,
		.offset = offset + (replaces || after),
		.length = length,
	};
	if (replaces) {
		migration->replaces = list;
		migration->nreplaces = count + 1;
	} else {
		migration->depends = list;
		migration->ndepends = count + 1;
	}
}

static void set_word(struct amp_arena *arena, struct amp_migration *migration, char *word,
	size_t offset)
{
	if (*word == '#')
		set_content(migration, word + 1);
	else if (*word == '!')
		set_flag(migration, word + 1);
	else if (*word == '~')
		migration->irreversible = word + 1;
	else if (!strcmp(word, "-down"))
		migration->down = NULL;
	else if (!strcmp(word, "-up"))
		migration->up = NULL;
	else
		set_reference(arena, migration, word, offset);
}

static void append(struct world *world, struct amp_migration *migration)
{
	struct amp_catalog *catalog = &world->catalog;
	if (catalog->count == world->capacity) {
		size_t capacity = world->capacity ? 2 * world->capacity : 16;
		struct amp_migration **items = amp_arena_array(
			&catalog->arena, capacity, sizeof(struct amp_migration *));
		if (catalog->count)
			memcpy(items, catalog->items,
				catalog->count * sizeof(struct amp_migration *));
		catalog->items = items;
		world->capacity = capacity;
	}
	catalog->items[catalog->count++] = migration;
}

struct amp_migration *world_add(struct world *world, const char *line)
{
	struct amp_arena *arena = &world->catalog.arena;
	struct amp_migration *migration = amp_arena_alloc(arena, sizeof(*migration));
	char *words = amp_arena_strdup(arena, line), *rest = NULL;
	char *id = strtok_r(words, " ", &rest);
	migration->id = id;
	migration->module = migration->description = "";
	migration->length = strlen(id);
	migration->source = amp_source_new(arena, amp_arena_printf(arena, "m/%s.xml", id),
		amp_arena_strdup(arena, line), strlen(line));
	migration->up = make_sql(arena, "up");
	migration->down = make_sql(arena, "down");
	set_content(migration, id);
	char *word;
	while ((word = strtok_r(NULL, " ", &rest)))
		set_word(arena, migration, word, (size_t)(word - words));
	append(world, migration);
	return migration;
}

void world_add_all(struct world *world, ...)
{
	va_list lines;
	const char *line;
	va_start(lines, world);
	while ((line = va_arg(lines, const char *)))
		world_add(world, line);
	va_end(lines);
}

void world_depends(struct world *world, struct amp_migration *migration, size_t count)
{
	migration->depends = amp_arena_array(
		&world->catalog.arena, count, sizeof(*migration->depends));
	migration->ndepends = count;
}

void world_depend(struct amp_migration *migration, size_t index, const char *on)
{
	struct amp_reference *list = (struct amp_reference *)migration->depends;
	list[index].id = on;
	list[index].source = migration->source;
	list[index].length = migration->length;
}

void world_build(struct world *world)
{
	struct amplan_error *error = &world->error;
	assert_int_equal(
		amp_graph_build(&world->graph, &world->catalog, &world->findings, error),
		AMPLAN_OK);
	world->order =
		amp_arena_array(&world->arena, world->graph.count, sizeof(*world->order));
	assert_int_equal(
		amp_order(&world->graph, world->order, &world->placed, error), AMPLAN_OK);
	if (world->placed < world->graph.count)
		assert_int_equal(
			amp_cycles(&world->graph, &world->findings, error), AMPLAN_OK);
	else
		assert_int_equal(amp_order_prove(&world->graph, world->order,
					 world->placed, error),
			AMPLAN_OK);
}

void world_applied(struct world *world, const char *line)
{
	struct amp_arena *arena = &world->arena;
	char *words = amp_arena_strdup(arena, line), *rest = NULL, *word;
	struct amp_migration content;
	assert_true(world->napplied < sizeof(world->applied) / sizeof(*world->applied));
	struct amp_applied *applied = &world->applied[world->napplied++];
	applied->id = strtok_r(words, " ", &rest);
	set_content(&content, applied->id);
	while ((word = strtok_r(NULL, " ", &rest))) {
		if (*word == '#')
			set_content(&content, word + 1);
		applied->breaking |= !strcmp(word, "!breaking");
		applied->interrupted |= !strcmp(word, "!interrupted");
	}
	applied->checksum = amp_arena_strdup(arena, content.checksum);
	applied->cosmetic = amp_arena_strdup(arena, content.cosmetic);
}

int world_plan(struct world *world, struct amp_goal goal)
{
	struct amp_start start = {world->applied, world->napplied, "fingerprint"};
	amp_plan_deinit(&world->plan);
	return amp_plan_build(&world->plan, &world->graph, world->order, &start, &goal,
		&world->findings, &world->error);
}

int world_plan_up(struct world *world)
{
	return world_plan(world, (struct amp_goal){.direction = AMP_UP});
}

void assert_order(const struct world *world, const char *ids)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	for (uint32_t i = 0; i < world->placed; i++)
		amp_str_addf(&text, "%s%s", i ? " " : "",
			world->graph.nodes[world->order[i]]->id);
	assert_string_equal(amp_str_text(&text), ids);
}

void assert_steps(const struct world *world, const char *steps)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	for (size_t i = 0; i < world->plan.nsteps; i++) {
		const struct amp_plan_step *step = &world->plan.steps[i];
		assert_int_equal(step->number, i + 1);
		assert_ptr_equal(step->migration, world->graph.nodes[step->node]);
		amp_str_addf(
			&text, "%s%u:%s", i ? " " : "", step->stage, step->migration->id);
	}
	assert_string_equal(amp_str_text(&text), steps);
}

static void add_place(struct amp_str *text, const struct amplan_place *place)
{
	if (place->file)
		amp_str_addf(text, "%s:%u:%u: ", place->file, place->line, place->column);
}

char *world_findings(struct world *world)
{
	static const char *const severities[] = {"error", "warning", "note"};
	AMP_STR_AUTO text = AMP_STR_INIT;
	amp_findings_sort(&world->findings);
	for (size_t i = 0; i < world->findings.count; i++) {
		const struct amplan_finding *f = &world->findings.items[i];
		add_place(&text, &f->place);
		amp_str_addf(&text, "%s[%s]: %s {", severities[f->severity], f->kind,
			f->message);
		for (size_t j = 0; j < f->nids; j++)
			amp_str_addf(&text, "%s%s", j ? " " : "", f->ids[j]);
		amp_str_addf(&text, "} (%s)\n", f->hint ? f->hint : "");
		for (size_t j = 0; j < f->nrelated; j++) {
			amp_str_add(&text, "  ");
			add_place(&text, &f->related[j]);
			amp_str_addf(&text, "%s\n", f->related[j].label);
		}
	}
	return amp_arena_strdup(&world->arena, amp_str_text(&text));
}

void assert_findings(struct world *world, const char *expected)
{
	assert_false(world->findings.failed);
	assert_string_equal(world_findings(world), expected);
}
