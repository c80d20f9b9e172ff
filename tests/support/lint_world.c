#include "tests/support/lint_world.h"

#include <string.h>
#include <strings.h>

#include "planner/words.h"
#include "tests/support/cmocka.h"

enum { MOST = 16 }; /* columns, indexes, statements, … of one thing */

void lint_world_init(struct lint_world *lint, ...)
{
	va_list lines;
	const char *line;
	world_init(&lint->world);
	va_start(lines, lint);
	while ((line = va_arg(lines, const char *)))
		world_add(&lint->world, line);
	va_end(lines);
	world_build(&lint->world);
	lint->effects = amp_arena_array(
		&lint->world.arena, lint->world.graph.count, sizeof(*lint->effects));
}

void lint_world_deinit(struct lint_world *lint)
{
	world_deinit(&lint->world);
}

/* "a,b" up to ')' or the end. */
static const char **read_names(struct amp_arena *arena, const char *text, size_t *count)
{
	const char **names = amp_arena_array(arena, MOST, sizeof(*names));
	*count = 0;
	while (*text && *text != ')') {
		size_t length = strcspn(text, ",)");
		const char *name = amp_arena_strndup(arena, text, length);
		names[(*count)++] = strcmp(name, "*") != 0 ? name : NULL;
		text += length + (text[length] == ',');
	}
	return names;
}

static void read_index(struct amp_arena *arena, struct amp_shape *shape, const char *word)
{
	struct amp_index *index = &shape->indexes[shape->nindexes++];
	const char *open = strchr(word, '(');
	index->name = amp_arena_strndup(arena, word + 2, (size_t)(open - word) - 2);
	index->unique = *word == 'u' || *word == 'U' || *word == 'P';
	index->implied = *word == 'U';
	index->partial = *word == 'p' || *word == 'P';
	index->columns = read_names(arena, open + 1, &index->ncolumns);
}

/* k:a>parent.b */
static void read_key(struct amp_arena *arena, struct amp_shape *shape, const char *word)
{
	struct amp_key *key = &shape->keys[shape->nkeys++];
	char *text = amp_arena_strdup(arena, word + 2), *rest = NULL;
	key->parent_exists = !strchr(text, '?');
	key->parent_is_unique = key->parent_exists && !strchr(text, '%');
	text[strcspn(text, "?%")] = '\0';
	key->columns = read_names(arena, strtok_r(text, ">", &rest), &key->ncolumns);
	key->parent = strtok_r(NULL, ".", &rest);
	key->parent_columns = read_names(arena, rest, &key->ncolumns);
}

static enum amp_affinity affinity_of(const char *type)
{
	static const char *const parts[] = {
		"INT", "CHAR", "TEXT", "BLOB", "REAL", "FLOA", "DOUB"};
	static const enum amp_affinity affinities[] = {
		AMP_INTEGER, AMP_TEXT, AMP_TEXT, AMP_BLOB, AMP_REAL, AMP_REAL, AMP_REAL};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strstr(type, parts[i]))
			return affinities[i];
	return *type ? AMP_NUMERIC : AMP_BLOB;
}

/* name/TYPE!#=default */
static void read_column(
	struct amp_arena *arena, struct amp_shape *shape, const char *word)
{
	struct amp_column *column = &shape->columns[shape->ncolumns++];
	const char *slash = strchr(word, '/');
	size_t length = strcspn(slash + 1, "!#^=");
	unsigned keys = 0;
	for (size_t i = 0; i < shape->ncolumns; i++)
		keys += shape->columns[i].key > 0;
	column->name = amp_arena_strndup(arena, word, (size_t)(slash - word));
	char *type = amp_arena_strndup(arena, slash + 1, length);
	for (char *c = type; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	column->type = type;
	column->affinity = affinity_of(type);
	for (const char *flag = slash + 1 + length; *flag; flag++) {
		column->not_null = column->not_null || *flag == '!';
		column->key = *flag == '#' ? keys + 1 : column->key;
		column->generated = column->generated || *flag == '^';
		if (*flag == '=') {
			column->value = flag + 1;
			break;
		}
	}
}

static void read_word(struct amp_arena *arena, struct amp_shape *shape, const char *word)
{
	shape->strict = shape->strict || !strcmp(word, "strict");
	shape->without_rowid = shape->without_rowid || !strcmp(word, "norowid");
	shape->autoincrement = shape->autoincrement || !strcmp(word, "auto");
	shape->is_virtual = shape->is_virtual || !strcmp(word, "virtual");
	if (word[1] == ':' && strchr("iupUP", *word))
		read_index(arena, shape, word);
	else if (word[1] == ':' && *word == 't')
		shape->triggers[shape->ntriggers++] = word + 2;
	else if (word[1] == ':' && *word == 'k')
		read_key(arena, shape, word);
	else if (strchr(word, '/'))
		read_column(arena, shape, word);
}

static void read_shape(struct amp_arena *arena, struct amp_shape *shape, char *line)
{
	char *rest = NULL, *broken = strstr(line, "broken:"), *word;
	*shape = (struct amp_shape){
		.sql = "",
		.columns = amp_arena_array(arena, MOST, sizeof(*shape->columns)),
		.indexes = amp_arena_array(arena, MOST, sizeof(*shape->indexes)),
		.keys = amp_arena_array(arena, MOST, sizeof(*shape->keys)),
		.triggers = amp_arena_array(arena, MOST, sizeof(*shape->triggers)),
	};
	if (broken) {
		shape->broken = broken + strlen("broken:");
		broken[-1] = '\0';
	}
	shape->name = strtok_r(line, " ", &rest);
	shape->view = *shape->name == '~';
	shape->name += shape->view;
	while ((word = strtok_r(NULL, " ", &rest)))
		read_word(arena, shape, word);
}

/* They must be given in the order of their names. */
static struct amp_shapes read_shapes(struct amp_arena *arena, const char *text)
{
	struct amp_shapes shapes = {
		.items = amp_arena_array(arena, MOST, sizeof(*shapes.items))};
	char *rest = NULL, *line;
	for (line = strtok_r(amp_arena_strdup(arena, text), ";", &rest); line;
		line = strtok_r(NULL, ";", &rest)) {
		read_shape(arena, &shapes.items[shapes.count++], line);
		if (shapes.count > 1)
			assert_true(strcasecmp(shapes.items[shapes.count - 2].name,
					    shapes.items[shapes.count - 1].name) < 0);
	}
	return shapes;
}

static void add_effect(struct amp_arena *arena, struct amp_seen *seen,
	enum amplan_effect_kind kind, const char *type, const char *name)
{
	struct amplan_effect *effects =
		amp_arena_array(arena, seen->neffects + 1, sizeof(*effects));
	if (seen->neffects)
		memcpy(effects, seen->effects, seen->neffects * sizeof(*effects));
	effects[seen->neffects++] = (struct amplan_effect){kind, type, name};
	seen->effects = effects;
}

static bool has_trigger(const struct amp_shape *shape, const char *name)
{
	for (size_t i = 0; shape && i < shape->ntriggers; i++)
		if (!strcmp(shape->triggers[i], name))
			return true;
	return false;
}

static bool has_index(const struct amp_shape *shape, const char *name)
{
	for (size_t i = 0; shape && i < shape->nindexes; i++)
		if (!strcmp(shape->indexes[i].name, name))
			return true;
	return false;
}

/* What `left` has and `right` has not. */
static void add_effects(struct amp_arena *arena, struct amp_seen *seen,
	const struct amp_shapes *left, const struct amp_shapes *right,
	enum amplan_effect_kind kind)
{
	for (size_t i = 0; i < left->count; i++) {
		const struct amp_shape *shape = &left->items[i];
		const struct amp_shape *other = amp_shape_find(right, shape->name);
		if (!other)
			add_effect(arena, seen, kind, shape->view ? "view" : "table",
				shape->name);
		for (size_t k = 0; k < shape->nindexes; k++)
			if (!shape->indexes[k].implied &&
				!has_index(other, shape->indexes[k].name))
				add_effect(arena, seen, kind, "index",
					shape->indexes[k].name);
		for (size_t k = 0; k < shape->ntriggers; k++)
			if (!has_trigger(other, shape->triggers[k]))
				add_effect(
					arena, seen, kind, "trigger", shape->triggers[k]);
	}
}

static const char *next_name(
	struct amp_arena *arena, struct amp_words *words, const char *keyword)
{
	struct amp_word word;
	if (!amp_words_find(words, keyword))
		return "";
	if (amp_words_take(words, "IF")) {
		amp_words_take(words, "NOT");
		amp_words_take(words, "EXISTS");
	}
	return amp_words_take_name(words, &word) ? amp_word_name(&word, arena) : "";
}

/* How statements begin, and where their object and its table are named. */
static const struct form {
	enum amp_verb verb;
	const char *first, *second, *object, *table;
} forms[] = {
	{AMP_CREATE_TABLE, "CREATE", "TABLE", "TABLE", NULL},
	{AMP_CREATE_INDEX, "CREATE", "INDEX", "INDEX", "ON"},
	{AMP_CREATE_VIEW, "CREATE", "VIEW", "VIEW", NULL},
	{AMP_CREATE_TRIGGER, "CREATE", "TRIGGER", "TRIGGER", "ON"},
	{AMP_ALTER_TABLE, "ALTER", "TABLE", "TABLE", NULL},
	{AMP_DROP_TABLE, "DROP", "TABLE", "TABLE", NULL},
	{AMP_DROP_INDEX, "DROP", "INDEX", "INDEX", NULL},
	{AMP_DROP_VIEW, "DROP", "VIEW", "VIEW", NULL},
	{AMP_DROP_TRIGGER, "DROP", "TRIGGER", "TRIGGER", NULL},
	{AMP_INSERT, "INSERT", "INTO", "INTO", NULL},
	{AMP_INSERT, "REPLACE", "INTO", "INTO", NULL},
	{AMP_UPDATE, "UPDATE", "SET", "UPDATE", NULL},
	{AMP_DELETE, "DELETE", "FROM", "FROM", NULL},
	{AMP_SELECT, "SELECT", NULL, NULL, NULL},
};

static bool has_form(const struct form *form, struct amp_words words)
{
	struct amp_words rest = words;
	return amp_words_take(&words, form->first) &&
		(!form->second || amp_words_find(&rest, form->second));
}

static void read_form(
	struct amp_arena *arena, struct amp_statement *statement, struct amp_words words)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (!has_form(&forms[i], words))
			continue;
		statement->verb = forms[i].verb;
		if (forms[i].object && !strcmp(forms[i].object, "UPDATE")) {
			struct amp_word word, set = {.length = 0};
			do
				word = set;
			while (amp_words_next(&words, &set) && !amp_word_is(&set, "SET"));
			statement->object = amp_word_name(&word, arena);
		} else if (forms[i].object) {
			statement->object = next_name(arena, &words, forms[i].object);
		}
		statement->table = forms[i].table
			? next_name(arena, &words, forms[i].table)
			: statement->object;
		return;
	}
}

static void read_statement(struct amp_arena *arena, struct amp_statement *statement,
	const char *sql, size_t offset, size_t length)
{
	const char *text = sql + offset, *quote = memchr(text, '"', length);
	*statement = (struct amp_statement){
		.verb = AMP_OTHER,
		.offset = offset,
		.length = length,
		.object = "",
		.table = "",
		.differs = !strncmp(text, "--differs", 9),
		.idle = !strncmp(text, "--idle", 6) || !strncmp(text, "--differs", 9),
		.literal = !strncmp(text, "--literal", 9),
		.literal_offset = quote ? (size_t)(quote - sql) : offset,
	};
	if (!strncmp(text, "--chance ", 9))
		statement->chance =
			amp_arena_strndup(arena, text + 9, strcspn(text + 9, "\n"));
	read_form(arena, statement, amp_words_of(text, length));
	/* the engine does not hear of the others where nothing is to be done */
	if (statement->idle && statement->verb != AMP_CREATE_TABLE &&
		statement->verb != AMP_CREATE_VIEW) {
		statement->verb = AMP_OTHER;
		statement->object = statement->table = "";
	}
}

static struct amp_sql *make_sql(
	struct amp_arena *arena, const char *path, const char *text)
{
	static const struct amp_span plain = {0, 0, 1};
	struct amp_sql *sql = amp_arena_alloc(arena, sizeof(*sql));
	*sql = (struct amp_sql){
		.text = text,
		.length = strlen(text),
		.source = amp_source_new(arena, path, text, strlen(text)),
		.spans = &plain,
		.nspans = 1,
	};
	return sql;
}

static struct amp_seen *see(struct lint_world *lint, struct amp_seen *seen,
	const char *path, const char *before, const char *sql, const char *after)
{
	struct amp_arena *arena = &lint->world.arena;
	seen->sql = make_sql(arena, path, sql);
	seen->before = read_shapes(arena, before);
	seen->after = read_shapes(arena, after);
	add_effects(arena, seen, &seen->after, &seen->before, AMPLAN_CREATED);
	add_effects(arena, seen, &seen->before, &seen->after, AMPLAN_DROPPED);
	seen->statements = amp_arena_array(arena, MOST, sizeof(*seen->statements));
	for (size_t at = 0; sql[at];) {
		size_t length = strcspn(sql + at, ";");
		read_statement(
			arena, &seen->statements[seen->nstatements++], sql, at, length);
		at += length + (sql[at + length] == ';');
		at += strspn(sql + at, " \n");
	}
	return seen;
}

static uint32_t node_of(const struct lint_world *lint, const char *id)
{
	uint32_t node = amp_graph_find(&lint->world.graph, id);
	assert_true(node != AMP_NO_NODE);
	return node;
}

struct amp_seen *lint_world_up(struct lint_world *lint, const char *id,
	const char *before, const char *sql, const char *after)
{
	return see(lint, &lint->effects[node_of(lint, id)].up,
		amp_arena_printf(&lint->world.arena, "m/%s.sql", id), before, sql, after);
}

struct amp_seen *lint_world_down(struct lint_world *lint, const char *id,
	const char *before, const char *sql, const char *after)
{
	return see(lint, &lint->effects[node_of(lint, id)].down,
		amp_arena_printf(&lint->world.arena, "m/%s.down.sql", id), before, sql,
		after);
}

void lint_world_alters(struct lint_world *lint, struct amp_seen *seen, const char *object)
{
	char *rest = NULL,
	     *type = strtok_r(amp_arena_strdup(&lint->world.arena, object), " ", &rest);
	add_effect(&lint->world.arena, seen, AMPLAN_ALTERED, type, rest);
}

void lint_world_allow(struct lint_world *lint, const char *id, const char *kind)
{
	struct amp_migration *migration =
		(struct amp_migration *)lint->world.graph.nodes[node_of(lint, id)];
	struct amp_allowance *allows = amp_arena_array(
		&lint->world.arena, migration->nallows + 1, sizeof(*allows));
	if (migration->nallows)
		memcpy(allows, migration->allows, migration->nallows * sizeof(*allows));
	allows[migration->nallows++] =
		(struct amp_allowance){kind, "because", migration->source, 0, 1};
	migration->allows = allows;
}

void assert_lint(struct lint_world *lint, const char *expected)
{
	struct world *world = &lint->world;
	assert_int_equal(amp_lint(&world->graph, world->order, lint->effects, false,
				 &world->findings, &world->error),
		AMPLAN_OK);
	assert_findings(world, expected);
}

void assert_lint_up(
	const char *before, const char *sql, const char *after, const char *expected)
{
	LINT_WORLD lint;
	lint_world_init(&lint, "a", NULL);
	lint_world_up(&lint, "a", before, sql, after);
	assert_lint(&lint, expected);
}
