/*
 * Lint changes: what a step did to tables, statement by statement, under which names.
 *
 * The shapes tell what was there before the step and after it. A table that is rebuilt has
 * another name in between, so the names are followed through every RENAME, CREATE and
 * DROP.
 */
#include <strings.h>

#include "base/vec.h"
#include "planner/lint_rules.h"

struct list AMP_VEC(struct amp_change);

bool amp_lint_object(const struct amp_lint *lint, const struct amp_statement *statement,
	struct amp_word *object, const char **type)
{
	static const char *const types[] = {"table", "index", "view", "trigger"};
	struct amp_words words = amp_lint_words(lint, statement);
	if (!amp_words_take(&words, "CREATE") && !amp_words_take(&words, "DROP"))
		return false;
	while (amp_words_take(&words, "UNIQUE") || amp_words_take(&words, "VIRTUAL") ||
		amp_words_take(&words, "TEMP") || amp_words_take(&words, "TEMPORARY"))
		;
	*type = NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types) && !*type; i++)
		if (amp_words_take(&words, types[i]))
			*type = types[i];
	if (!*type)
		return false;
	if (amp_words_take(&words, "IF")) {
		amp_words_take(&words, "NOT");
		amp_words_take(&words, "EXISTS");
	}
	return amp_words_take_name(&words, object);
}

/* What the table was called before the step, as far as the changes so far tell. */
static const char *origin_of(const struct amp_seen *seen, const struct amp_change *items,
	size_t count, const char *name)
{
	for (size_t i = count; i-- > 0;) {
		const struct amp_change *change = &items[i];
		if (change->kind == AMP_RENAMED && !strcasecmp(change->to, name))
			return change->origin;
		if (change->kind <= AMP_RENAMED && !strcasecmp(change->table, name))
			return NULL; /* made by the step, or not there any more */
	}
	const struct amp_shape *shape = amp_shape_find(&seen->before, name);
	return shape ? shape->name : NULL;
}

/* ALTER TABLE name RENAME TO new | RENAME COLUMN old TO new | ADD column | DROP column */
static bool read_alter(struct amp_lint *lint, const struct amp_statement *statement,
	struct amp_change *change)
{
	struct amp_words words = amp_lint_words(lint, statement);
	struct amp_word to;
	if (!amp_words_take(&words, "ALTER") || !amp_words_take(&words, "TABLE") ||
		!amp_words_take_name(&words, &change->word))
		return false;
	if (amp_words_take(&words, "ADD"))
		change->kind = AMP_COLUMN_ADDED;
	else if (amp_words_take(&words, "DROP"))
		change->kind = AMP_COLUMN_GONE;
	else if (amp_words_take(&words, "RENAME"))
		change->kind = AMP_COLUMN_RENAMED;
	else
		return false;
	if (change->kind == AMP_COLUMN_RENAMED && amp_words_take(&words, "TO")) {
		change->kind = AMP_RENAMED;
	} else {
		amp_words_take(&words, "COLUMN");
		if (!amp_words_next(&words, &change->word))
			return false;
		change->column = amp_word_name(&change->word, &lint->arena);
		if (change->kind != AMP_COLUMN_RENAMED)
			return true;
		amp_words_take(&words, "TO");
	}
	if (!amp_words_next(&words, &to))
		return false;
	change->to = amp_word_name(&to, &lint->arena);
	return true;
}

static bool read_change(struct amp_lint *lint, const struct amp_statement *statement,
	struct amp_change *change)
{
	const char *type;
	*change = (struct amp_change){
		.statement = (size_t)(statement - lint->seen->statements),
		.table = statement->object,
		.column = "",
		.to = "",
	};
	if (statement->idle)
		return false;
	if (statement->verb == AMP_ALTER_TABLE)
		return read_alter(lint, statement, change);
	if (statement->verb != AMP_CREATE_TABLE && statement->verb != AMP_DROP_TABLE)
		return false;
	change->kind = statement->verb == AMP_CREATE_TABLE ? AMP_MADE : AMP_GONE;
	return amp_lint_object(lint, statement, &change->word, &type);
}

/* INSERT … SELECT … FROM, or CREATE TABLE … AS SELECT. */
static bool copies_rows(struct amp_lint *lint)
{
	const struct amp_seen *seen = lint->seen;
	for (size_t i = 0; i < seen->nstatements; i++) {
		const struct amp_statement *statement = &seen->statements[i];
		bool insert = statement->verb == AMP_INSERT;
		struct amp_words words = amp_lint_words(lint, statement);
		if ((insert || statement->verb == AMP_CREATE_TABLE) &&
			amp_words_find(&words, insert ? "FROM" : "SELECT"))
			return true;
	}
	return false;
}

static void read_changes(struct amp_lint *lint, struct amp_changes *changes)
{
	const struct amp_seen *seen = lint->seen;
	struct list list = {0};
	struct amp_change change;
	bool gone = false;
	changes->read = true;
	for (size_t i = 0; i < seen->nstatements; i++) {
		if (!read_change(lint, &seen->statements[i], &change))
			continue;
		change.origin = origin_of(seen, list.items, list.count, change.table);
		gone = gone || change.kind == AMP_GONE;
		if (lint->arena.failed || !amp_vec_push(&list, change)) {
			lint->arena.failed = true;
			break;
		}
	}
	changes->items =
		amp_arena_array(&lint->arena, list.count, sizeof(*changes->items));
	for (size_t i = 0; changes->items && i < list.count; i++)
		changes->items[changes->count++] = list.items[i];
	changes->copies = gone && copies_rows(lint);
	amp_vec_deinit(&list);
}

const struct amp_changes *amp_lint_changes(struct amp_lint *lint)
{
	struct amp_changes *changes = &lint->changes[2 * (size_t)lint->node + lint->down];
	if (!changes->read)
		read_changes(lint, changes);
	return changes;
}

const char *amp_lint_origin(
	struct amp_lint *lint, const struct amp_statement *statement, const char *name)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	size_t count = 0, index = (size_t)(statement - lint->seen->statements);
	while (count < changes->count && changes->items[count].statement < index)
		count++;
	return origin_of(lint->seen, changes->items, count, name);
}

bool amp_lint_is_old(struct amp_lint *lint, const struct amp_statement *statement)
{
	return *statement->table && amp_lint_origin(lint, statement, statement->table);
}

bool amp_lint_is_rebuilt(struct amp_lint *lint, const char *table)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	if (!changes->copies || !amp_shape_find(&lint->seen->after, table))
		return false;
	for (size_t i = 0; i < changes->count; i++) {
		const struct amp_change *change = &changes->items[i];
		if (change->kind == AMP_GONE && change->origin &&
			!strcasecmp(change->origin, table))
			return true;
	}
	return false;
}

const struct amp_change *amp_lint_maker(struct amp_lint *lint, const char *table)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	const struct amp_change *last = NULL;
	for (size_t i = changes->count; i-- > 0;) {
		const struct amp_change *change = &changes->items[i];
		if (change->kind == AMP_RENAMED && !strcasecmp(change->to, table)) {
			last = last ? last : change;
			table = change->table;
		} else if (!strcasecmp(change->table, table)) {
			if (change->kind == AMP_MADE)
				return change;
			last = last ? last : change;
		}
	}
	return last;
}

struct amplan_place amp_lint_at_table(struct amp_lint *lint, const char *table)
{
	const struct amp_change *maker = amp_lint_maker(lint, table);
	return maker ? amp_lint_at(lint, &maker->word) : amp_lint_at_migration(lint);
}

struct amplan_place amp_lint_at_column(
	struct amp_lint *lint, const char *table, const char *column)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	const struct amp_change *maker = amp_lint_maker(lint, table);
	for (size_t i = changes->count; i-- > 0;) {
		const struct amp_change *change = &changes->items[i];
		if (change->kind == AMP_COLUMN_ADDED &&
			!strcasecmp(change->column, column) &&
			!strcasecmp(change->table, table))
			return amp_lint_at(lint, &change->word);
	}
	if (!maker || maker->kind != AMP_MADE)
		return amp_lint_at_table(lint, table);
	struct amp_words words =
		amp_lint_words(lint, &lint->seen->statements[maker->statement]);
	struct amp_word word;
	while (amp_words_next(&words, &word)) {
		const char *name = word.depth == 1 && amp_word_is_name(&word)
			? amp_word_name(&word, &lint->arena)
			: NULL;
		if (name && !strcasecmp(name, column))
			return amp_lint_at(lint, &word);
	}
	return amp_lint_at(lint, &maker->word);
}

const char *amp_lint_name(struct amp_lint *lint, const struct amp_word *word)
{
	const char *name = amp_word_name(word, &lint->arena);
	return name ? name : "";
}

uint32_t amp_lint_creator(const struct amp_lint *lint, const char *name)
{
	uint32_t found = AMP_NO_NODE;
	for (uint32_t i = 0; lint->order[i] != lint->node; i++) {
		const struct amp_seen *up = &lint->effects[lint->order[i]].up;
		for (size_t k = 0; k < up->neffects; k++)
			if (up->effects[k].kind == AMPLAN_CREATED &&
				!strcasecmp(up->effects[k].name, name))
				found = lint->order[i];
	}
	return found;
}
