/*
 * Lint of tables: what goes, and what a rebuild forgets.
 */
#include <string.h>
#include <strings.h>

#include "base/always.h"
#include "planner/lint_rules.h"
#include "planner/suggest.h"

#define SAY_WHY "or say why it may go: <allow kind=\"destructive\" reason=\"...\"/>"

static const struct amp_shape *before(const struct amp_lint *lint, const char *table)
{
	return amp_shape_find(&lint->seen->before, table);
}

static const struct amp_shape *after(const struct amp_lint *lint, const char *table)
{
	return amp_shape_find(&lint->seen->after, table);
}

void amp_rule_dropped_tables(struct amp_lint *lint)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	for (size_t i = 0; i < changes->count; i++) {
		const struct amp_change *change = &changes->items[i];
		if (change->kind != AMP_GONE || !change->origin ||
			amp_lint_is_rebuilt(lint, change->origin))
			continue;
		struct amplan_finding *finding = amp_lint_say(lint,
			amp_lint_at(lint, &change->word),
			"table '%s' is dropped with all its rows%s", change->origin,
			after(lint, change->origin) ? ", and made again without them"
						    : "");
		amp_lint_hint(lint, finding,
			"drop it when no release uses it any more, " SAY_WHY);
	}
}

/* Is a statement of the step of that verb, about that object? */
static bool has_statement(
	const struct amp_lint *lint, enum amp_verb verb, const char *object)
{
	for (size_t i = 0; i < lint->seen->nstatements; i++) {
		const struct amp_statement *statement = &lint->seen->statements[i];
		if (statement->verb == verb && !statement->idle &&
			!strcasecmp(statement->object, object))
			return true;
	}
	return false;
}

/* The column as it was before the step; NULL: it was added or is no column of its own. */
static const struct amp_column *dropped_column(
	struct amp_lint *lint, const struct amp_changes *changes, size_t at)
{
	const struct amp_change *change = &changes->items[at];
	const struct amp_shape *shape = before(lint, change->origin);
	const char *name = change->column;
	for (size_t i = at; i-- > 0;) {
		const struct amp_change *earlier = &changes->items[i];
		if (!earlier->origin || strcasecmp(earlier->origin, change->origin) != 0)
			continue;
		if (earlier->kind == AMP_COLUMN_ADDED &&
			!strcasecmp(earlier->column, name))
			return NULL;
		if (earlier->kind == AMP_COLUMN_RENAMED && !strcasecmp(earlier->to, name))
			name = earlier->column;
	}
	/* where a table comes from is one of the shapes before */
	if (AMP_NEVER(!shape))
		return NULL;
	const struct amp_column *column = amp_column_find(shape, name);
	return column && !column->generated ? column : NULL;
}

void amp_rule_dropped_columns(struct amp_lint *lint)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	for (size_t i = 0; i < changes->count; i++) {
		const struct amp_change *change = &changes->items[i];
		if (change->kind != AMP_COLUMN_GONE || !change->origin)
			continue;
		const struct amp_column *column = dropped_column(lint, changes, i);
		const struct amp_shape *now = after(lint, change->table);
		bool copied = now && amp_column_find(now, change->column) &&
			has_statement(lint, AMP_UPDATE, change->table);
		if (!column || copied)
			continue;
		struct amplan_finding *finding =
			amp_lint_say(lint, amp_lint_at(lint, &change->word),
				"column '%s' of table '%s' is dropped with its values",
				change->column, change->table);
		amp_lint_hint(lint, finding,
			"drop it when no release uses it any more, " SAY_WHY);
	}
}

/* Does a statement that copies rows name the column? Then its values went elsewhere. */
static bool is_copied(struct amp_lint *lint, const char *column)
{
	const struct amp_seen *seen = lint->seen;
	for (size_t i = 0; i < seen->nstatements; i++) {
		struct amp_words words = amp_lint_words(lint, &seen->statements[i]);
		struct amp_word word;
		enum amp_verb verb = seen->statements[i].verb;
		if (verb == AMP_CREATE_TABLE ? !amp_words_find(&words, "SELECT")
					     : verb != AMP_INSERT)
			continue;
		while (amp_words_next(&words, &word)) {
			if (!amp_word_is_name(&word))
				continue;
			const char *name = amp_word_name(&word, &lint->arena);
			if (name && !strcasecmp(name, column))
				return true;
		}
	}
	return false;
}

static bool drops_column(struct amp_lint *lint, const char *column)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].kind >= AMP_COLUMN_GONE &&
			!strcasecmp(changes->items[i].column, column))
			return true;
	return false;
}

void amp_rule_columns_left_out(struct amp_lint *lint)
{
	const struct amp_shapes *shapes = &lint->seen->before;
	for (size_t i = 0; i < shapes->count; i++) {
		const struct amp_shape *was = &shapes->items[i];
		const struct amp_shape *now = after(lint, was->name);
		if (!now || !amp_lint_is_rebuilt(lint, was->name))
			continue;
		for (size_t c = 0; c < was->ncolumns; c++) {
			const char *column = was->columns[c].name;
			if (was->columns[c].generated || amp_column_find(now, column) ||
				drops_column(lint, column) || is_copied(lint, column))
				continue;
			struct amplan_finding *finding = amp_lint_say(lint,
				amp_lint_at_table(lint, was->name),
				"table '%s' is rebuilt without its column '%s' and the "
				"values in it",
				was->name, column);
			amp_lint_hint(lint, finding, "copy it, " SAY_WHY);
		}
	}
}

/* Does `right` begin with the columns of `left`? */
static bool begins_alike(const struct amp_index *left, const struct amp_index *right)
{
	if (right->ncolumns < left->ncolumns)
		return false;
	for (size_t i = 0; i < left->ncolumns; i++)
		if (!left->columns[i] || !right->columns[i] ||
			strcasecmp(left->columns[i], right->columns[i]) != 0)
			return false;
	return true;
}

static bool has_index_named(const struct amp_shape *shape, const struct amp_index *index)
{
	for (size_t i = 0; !index->implied && i < shape->nindexes; i++)
		if (!strcasecmp(shape->indexes[i].name, index->name))
			return true;
	return false;
}

/* Is there one of that name, or one that does the same? Not one that `was` has as well,
   if given: beside that one the index stood before. */
static bool has_index(const struct amp_shape *shape, const struct amp_index *index,
	const struct amp_shape *was)
{
	if (has_index_named(shape, index))
		return true;
	for (size_t i = 0; i < shape->nindexes; i++) {
		const struct amp_index *other = &shape->indexes[i];
		if (index->partial || other->partial ||
			(was && !index->implied && has_index_named(was, other)))
			continue;
		if (index->unique ? other->unique && other->ncolumns == index->ncolumns
				  : true)
			if (begins_alike(index, other))
				return true;
	}
	return false;
}

static const struct amp_index *find_index(
	const struct amp_shapes *shapes, const char *name, const struct amp_shape **table)
{
	for (size_t i = 0; i < shapes->count; i++)
		for (size_t k = 0; k < shapes->items[i].nindexes; k++)
			if (!strcasecmp(shapes->items[i].indexes[k].name, name)) {
				*table = &shapes->items[i];
				return &shapes->items[i].indexes[k];
			}
	return NULL;
}

void amp_rule_dropped_index(struct amp_lint *lint, const struct amp_statement *statement)
{
	const struct amp_shape *was, *now;
	struct amp_word word;
	const char *type;
	if (statement->verb != AMP_DROP_INDEX || statement->idle ||
		!amp_lint_object(lint, statement, &word, &type))
		return;
	const struct amp_index *index =
		find_index(&lint->seen->before, statement->object, &was);
	if (!index || !(now = after(lint, was->name)) || has_index(now, index, NULL))
		return;
	struct amplan_finding *finding = amp_lint_say_as(lint,
		index->unique ? AMPLAN_WARNING : AMPLAN_NOTE, amp_lint_at(lint, &word),
		index->unique ? "unique index '%s' is dropped: values of '%s' may repeat"
			      : "index '%s' is dropped: queries of '%s' may be slower",
		index->name, was->name);
	if (index->unique)
		amp_lint_hint(lint, finding,
			"coming back, it fails on rows that repeat; say why it may go: "
			"<allow kind=\"destructive\" reason=\"...\"/>");
}

/* "'t' is rebuilt without …". */
static void say_lost(struct amp_lint *lint, const struct amp_shape *table,
	enum amplan_severity severity, const char *hint, const char *what,
	const char *name)
{
	struct amplan_finding *finding =
		amp_lint_say_as(lint, severity, amp_lint_at_table(lint, table->name),
			"table '%s' is rebuilt without %s%s%s", table->name, what,
			*name ? " '" : "", name);
	amp_lint_hint(lint, finding, "%s", hint);
}

/* A name in quotes, or the columns. */
static const char *quoted(struct amp_lint *lint, const char *const *names, size_t count)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	for (size_t i = 0; i < count; i++)
		amp_str_addf(&text, "%s%s", i ? ", " : "", names[i] ? names[i] : "...");
	amp_str_addc(&text, '\'');
	if (text.failed)
		lint->arena.failed = true;
	const char *copy = amp_arena_strdup(&lint->arena, amp_str_text(&text));
	return copy ? copy : "";
}

#define AFTERWARDS "make it again after the table has its name"
#define INSIDE "keep it in the new CREATE TABLE"

static bool has_columns(
	const struct amp_shape *shape, const char *const *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (columns[i] && !amp_column_find(shape, columns[i]))
			return false;
	return true;
}

/* Columns of the primary key; as many as the index if they are the index's. */
static size_t key_width(const struct amp_shape *shape, const struct amp_index *index)
{
	size_t width = 0;
	for (size_t c = 0; c < shape->ncolumns; c++) {
		bool member = !index;
		for (size_t i = 0; index && i < index->ncolumns; i++)
			member = member ||
				(index->columns[i] &&
					!strcasecmp(index->columns[i],
						shape->columns[c].name));
		width += shape->columns[c].key && member;
	}
	return width;
}

static bool is_primary_key(const struct amp_shape *shape, const struct amp_index *index)
{
	size_t width = key_width(shape, NULL);
	return width && width == index->ncolumns && key_width(shape, index) == width;
}

static void lost_indexes(
	struct amp_lint *lint, const struct amp_shape *was, const struct amp_shape *now)
{
	for (size_t i = 0; i < was->nindexes; i++) {
		const struct amp_index *index = &was->indexes[i];
		if (has_index(now, index, was) ||
			has_statement(lint, AMP_DROP_INDEX, index->name) ||
			!has_columns(now, index->columns, index->ncolumns))
			continue;
		if (!index->implied)
			say_lost(lint, was, AMPLAN_WARNING, AFTERWARDS, "its index",
				quoted(lint, &index->name, 1));
		else if (!is_primary_key(was, index) && !is_primary_key(now, index))
			say_lost(lint, was, AMPLAN_WARNING, INSIDE, "its UNIQUE",
				quoted(lint, index->columns, index->ncolumns));
	}
	if (key_width(was, NULL) && !key_width(now, NULL))
		say_lost(lint, was, AMPLAN_WARNING, INSIDE, "its primary key", "");
}

static void lost_triggers(
	struct amp_lint *lint, const struct amp_shape *was, const struct amp_shape *now)
{
	for (size_t i = 0; i < was->ntriggers; i++) {
		bool kept = has_statement(lint, AMP_DROP_TRIGGER, was->triggers[i]);
		for (size_t k = 0; k < now->ntriggers; k++)
			kept = kept || !strcasecmp(was->triggers[i], now->triggers[k]);
		if (!kept)
			say_lost(lint, was, AMPLAN_WARNING, AFTERWARDS, "its trigger",
				quoted(lint, &was->triggers[i], 1));
	}
}

static bool same_key(const struct amp_key *left, const struct amp_key *right)
{
	if (left->ncolumns != right->ncolumns)
		return false;
	for (size_t i = 0; i < left->ncolumns; i++)
		if (strcasecmp(left->columns[i], right->columns[i]) != 0)
			return false;
	return true;
}

static void lost_keys(
	struct amp_lint *lint, const struct amp_shape *was, const struct amp_shape *now)
{
	for (size_t i = 0; i < was->nkeys; i++) {
		const struct amp_key *key = &was->keys[i];
		bool kept = !has_columns(now, key->columns, key->ncolumns);
		for (size_t k = 0; k < now->nkeys; k++)
			kept = kept || same_key(key, &now->keys[k]);
		if (!kept)
			say_lost(lint, was, AMPLAN_WARNING, INSIDE, "the foreign key of",
				quoted(lint, key->columns, key->ncolumns));
	}
}

/* Taking these away is often what the rebuild is for. */
static void lost_in_columns(
	struct amp_lint *lint, const struct amp_shape *was, const struct amp_shape *now)
{
	for (size_t c = 0; c < was->ncolumns; c++) {
		const struct amp_column *old = &was->columns[c];
		const struct amp_column *new = amp_column_find(now, old->name);
		if (new && old->not_null && !new->not_null && !new->key)
			say_lost(lint, was, AMPLAN_NOTE, INSIDE, "the NOT NULL of",
				quoted(lint, &old->name, 1));
		if (new && old->value && !new->value && !new->generated)
			say_lost(lint, was, AMPLAN_NOTE, INSIDE, "the default of",
				quoted(lint, &old->name, 1));
	}
	if (was->autoincrement && !now->autoincrement)
		say_lost(lint, was, AMPLAN_WARNING, INSIDE, "its AUTOINCREMENT", "");
}

void amp_rule_rebuild_loses(struct amp_lint *lint)
{
	const struct amp_shapes *shapes = &lint->seen->before;
	for (size_t i = 0; i < shapes->count; i++) {
		const struct amp_shape *was = &shapes->items[i];
		const struct amp_shape *now = after(lint, was->name);
		if (!now || was->view || !amp_lint_is_rebuilt(lint, was->name))
			continue;
		lost_indexes(lint, was, now);
		lost_triggers(lint, was, now);
		lost_keys(lint, was, now);
		lost_in_columns(lint, was, now);
	}
}
