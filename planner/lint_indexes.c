/*
 * Lint of indexes: those that another makes needless, and those that rows may refuse.
 */
#include <string.h>
#include <strings.h>

#include "planner/lint_rules.h"

/* The index that a statement made, and its table as it is in the end; or NULL. */
static const struct amp_index *made_index(const struct amp_lint *lint,
	const struct amp_statement *statement, const struct amp_shape **table)
{
	const struct amp_shapes *shapes = &lint->seen->after;
	if (statement->verb != AMP_CREATE_INDEX || statement->idle)
		return NULL;
	for (size_t i = 0; i < shapes->count; i++)
		for (size_t k = 0; k < shapes->items[i].nindexes; k++)
			if (!strcasecmp(shapes->items[i].indexes[k].name,
				    statement->object)) {
				*table = &shapes->items[i];
				return &shapes->items[i].indexes[k];
			}
	return NULL;
}

/* COLLATE and DESC, which the shape does not tell, make indexes differ. */
static bool is_plain_statement(
	const struct amp_seen *seen, const struct amp_statement *statement)
{
	struct amp_words words =
		amp_words_of(seen->sql->text + statement->offset, statement->length);
	struct amp_word word;
	while (amp_words_next(&words, &word))
		if (amp_word_is(&word, "COLLATE") || amp_word_is(&word, "DESC"))
			return false;
	return true;
}

/* The statement that made it last, in this step or one before it. */
static bool is_plain(const struct amp_lint *lint, const struct amp_index *index)
{
	bool plain = true;
	for (uint32_t i = 0; !index->implied; i++) {
		const struct amp_seen *up = &lint->effects[lint->order[i]].up;
		for (size_t k = 0; k < up->nstatements; k++)
			if (up->statements[k].verb == AMP_CREATE_INDEX &&
				!strcasecmp(up->statements[k].object, index->name))
				plain = is_plain_statement(up, &up->statements[k]);
		if (lint->order[i] == lint->node)
			break;
	}
	return plain;
}

static bool begins_with(const struct amp_index *longer, const struct amp_index *shorter)
{
	if (longer->ncolumns < shorter->ncolumns)
		return false;
	for (size_t i = 0; i < shorter->ncolumns; i++)
		if (!longer->columns[i] || !shorter->columns[i] ||
			strcasecmp(longer->columns[i], shorter->columns[i]) != 0)
			return false;
	return true;
}

/* Does `other` make `index` needless? A unique one is needed for what it refuses. */
static bool is_covered(const struct amp_index *index, const struct amp_index *other)
{
	if (index->partial || other->partial || !begins_with(other, index))
		return false;
	return !index->unique || (other->unique && other->ncolumns == index->ncolumns);
}

static bool is_rowid(const struct amp_shape *table, const struct amp_index *index)
{
	size_t width = 0;
	for (size_t c = 0; c < table->ncolumns; c++)
		width += table->columns[c].key > 0;
	const struct amp_column *column = index->ncolumns == 1 && index->columns[0]
		? amp_column_find(table, index->columns[0])
		: NULL;
	return width == 1 && column && column->key && !index->partial &&
		!table->without_rowid && !strcasecmp(column->type, "INTEGER");
}

/* An index that a later statement of the step makes speaks for itself then. */
static bool is_made_later(const struct amp_lint *lint,
	const struct amp_statement *statement, const struct amp_index *index)
{
	const struct amp_seen *seen = lint->seen;
	for (size_t i = (size_t)(statement - seen->statements) + 1; i < seen->nstatements;
		i++)
		if (seen->statements[i].verb == AMP_CREATE_INDEX &&
			!strcasecmp(seen->statements[i].object, index->name))
			return true;
	return false;
}

static void say_needless(struct amp_lint *lint, const struct amp_statement *statement,
	const struct amp_index *needless, const struct amp_index *other)
{
	struct amp_word word;
	const char *type;
	if (!amp_lint_object(lint, statement, &word, &type))
		return;
	bool key = other->implied;
	struct amplan_finding *finding = amp_lint_say(lint, amp_lint_at(lint, &word),
		"index '%s' is needless: %s%s%s begins with the same columns",
		needless->name, key ? "a key of the table" : "'", key ? "" : other->name,
		key ? "" : "'");
	amp_lint_hint(lint, finding, "leave '%s' out, or drop it", needless->name);
}

/* Was there another reason already to call it needless? Then it was told of before. */
static bool was_needless(const struct amp_shape *table, const struct amp_index *index,
	const struct amp_index *new)
{
	for (size_t i = 0; i < table->nindexes; i++)
		if (&table->indexes[i] != index &&
			&table->indexes[i] != new &&is_covered(index, &table->indexes[i]))
			return true;
	return is_rowid(table, index);
}

void amp_rule_duplicate_index(
	struct amp_lint *lint, const struct amp_statement *statement)
{
	const struct amp_shape *table;
	const struct amp_index *index = made_index(lint, statement, &table);
	if (!index)
		return;
	if (is_rowid(table, index)) {
		struct amplan_finding *finding =
			amp_lint_say(lint, amp_lint_at_statement(lint, statement),
				"index '%s' is needless: '%s' is the rowid of '%s'",
				index->name, index->columns[0], table->name);
		amp_lint_hint(lint, finding, "leave it out");
		return;
	}
	for (size_t i = 0; i < table->nindexes; i++) {
		const struct amp_index *other = &table->indexes[i];
		if (other == index || is_made_later(lint, statement, other))
			continue;
		bool needless = is_covered(index, other);
		bool supersedes = !other->implied && is_covered(other, index) &&
			!was_needless(table, other, index);
		if (!(needless || supersedes) || !is_plain(lint, index) ||
			!is_plain(lint, other))
			continue;
		say_needless(lint, statement, needless ? index : other,
			needless ? other : index);
		return;
	}
}

/* Did anybody think of rows that repeat? */
static bool is_prepared(
	const struct amp_lint *lint, const struct amp_statement *statement)
{
	for (const struct amp_statement *s = lint->seen->statements; s < statement; s++)
		if ((s->verb == AMP_DELETE || s->verb == AMP_UPDATE) &&
			!strcasecmp(s->object, statement->table))
			return true;
	return lint->migration->npreconditions > 0;
}

void amp_rule_unique_over_rows(
	struct amp_lint *lint, const struct amp_statement *statement)
{
	const struct amp_shape *table;
	const struct amp_index *index = made_index(lint, statement, &table);
	struct amp_word word;
	const char *type;
	if (!index || !index->unique || !amp_lint_is_old(lint, statement) ||
		is_prepared(lint, statement) ||
		!amp_lint_object(lint, statement, &word, &type))
		return;
	for (size_t i = 0; i < table->nindexes; i++)
		if (&table->indexes[i] != index && table->indexes[i].unique &&
			!table->indexes[i].partial &&
			begins_with(index, &table->indexes[i]))
			return; /* narrower, so it cannot be violated */
	const struct amp_shape *was = amp_shape_find(&lint->seen->before, table->name);
	for (size_t i = 0; was && i < was->nindexes; i++)
		if (was->indexes[i].unique && !was->indexes[i].partial &&
			begins_with(index, &was->indexes[i]))
			return;
	struct amplan_finding *finding = amp_lint_say(lint, amp_lint_at(lint, &word),
		"unique index '%s' fails where rows of '%s' repeat", index->name,
		table->name);
	amp_lint_hint(lint, finding,
		"look for them in a <precondition>, or repair them before");
}
