/*
 * Lint of columns: added, changed and renamed ones, and what a down takes away.
 */
#include <string.h>
#include <strings.h>

#include "base/always.h"
#include "planner/lint_rules.h"
#include "planner/suggest.h"

static const char *affinity_name(enum amp_affinity affinity)
{
	static const char *const names[] = {"NUMERIC", "INTEGER", "REAL", "TEXT", "none"};
	return names[affinity];
}

static bool changes_values(enum amp_affinity from, enum amp_affinity to)
{
	bool whole = from == AMP_INTEGER || from == AMP_NUMERIC;
	return from != to && !(whole && (to == AMP_INTEGER || to == AMP_NUMERIC));
}

/* A table that was dropped and made again empty has no values to convert. */
static bool is_emptied(struct amp_lint *lint, const char *table)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	for (size_t i = 0; i < changes->count; i++)
		if (changes->items[i].kind == AMP_GONE && changes->items[i].origin &&
			!strcasecmp(changes->items[i].origin, table))
			return !amp_lint_is_rebuilt(lint, table);
	return false;
}

void amp_rule_changed_affinity(struct amp_lint *lint)
{
	const struct amp_shapes *shapes = &lint->seen->before;
	for (size_t i = 0; i < shapes->count; i++) {
		const struct amp_shape *was = &shapes->items[i];
		const struct amp_shape *now =
			amp_shape_find(&lint->seen->after, was->name);
		if (!now || was->view || now->view || is_emptied(lint, was->name))
			continue;
		for (size_t c = 0; c < was->ncolumns; c++) {
			const struct amp_column *old = &was->columns[c];
			const struct amp_column *new = amp_column_find(now, old->name);
			if (!new || !changes_values(old->affinity, new->affinity))
				continue;
			struct amplan_finding *finding = amp_lint_say(lint,
				amp_lint_at_table(lint, was->name),
				"the affinity of column '%s' of table '%s' changes from %s "
				"to %s",
				old->name, was->name, affinity_name(old->affinity),
				affinity_name(new->affinity));
			amp_lint_hint(lint, finding,
				"values are converted: see that '007' or 0.5 is not among "
				"them");
		}
	}
}

/* The column that was added to an old table, as it is in the end; or NULL. */
static const struct amp_column *added_column(
	const struct amp_lint *lint, const struct amp_changes *changes, size_t at)
{
	const struct amp_change *change = &changes->items[at];
	const char *table = change->table;
	if (change->kind != AMP_COLUMN_ADDED || !change->origin)
		return NULL;
	for (size_t i = at + 1; i < changes->count; i++)
		if (changes->items[i].kind == AMP_RENAMED &&
			!strcasecmp(changes->items[i].table, table))
			table = changes->items[i].to;
	const struct amp_shape *shape = amp_shape_find(&lint->seen->after, table);
	return shape ? amp_column_find(shape, change->column) : NULL;
}

void amp_rule_not_null(struct amp_lint *lint)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	for (size_t i = 0; i < changes->count; i++) {
		const struct amp_change *change = &changes->items[i];
		const struct amp_column *column = added_column(lint, changes, i);
		if (!column || !column->not_null || column->generated ||
			(column->value && strcasecmp(column->value, "NULL") != 0))
			continue;
		struct amplan_finding *finding = amp_lint_say(lint,
			amp_lint_at(lint, &change->word),
			"column '%s' is added NOT NULL without a default: that fails where "
			"'%s' has rows",
			change->column, change->table);
		amp_lint_hint(lint, finding,
			"give it a DEFAULT, or rebuild the table and fill the column");
	}
}

static bool is_call_of_now(const struct amp_word *word)
{
	return amp_word_is(word, "CURRENT_TIMESTAMP") ||
		amp_word_is(word, "CURRENT_DATE") || amp_word_is(word, "CURRENT_TIME");
}

/* What SQLite takes as the default of a column that is added to rows: a literal. */
static bool is_constant(const char *value)
{
	struct amp_words words = amp_words_of(value, strlen(value));
	struct amp_word word;
	unsigned parts = 0;
	if (amp_words_take(&words, "CAST"))
		return true;
	while (amp_words_next(&words, &word)) {
		if (is_call_of_now(&word))
			return false;
		if (amp_word_is_sign(&word, '+') || amp_word_is_sign(&word, '-')) {
			if (parts)
				return false;
		} else if (word.kind != AMP_SIGN) {
			parts++; /* 1.5 and x'00' are more than one word */
		} else if (!amp_word_is_sign(&word, '.') &&
			!(amp_word_is_sign(&word, '(') && !parts) &&
			!amp_word_is_sign(&word, ')')) {
			return false;
		}
	}
	return true;
}

void amp_rule_default(struct amp_lint *lint)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	for (size_t i = 0; i < changes->count; i++) {
		const struct amp_change *change = &changes->items[i];
		const struct amp_column *column = added_column(lint, changes, i);
		if (!column || column->generated || !column->value ||
			is_constant(column->value))
			continue;
		struct amplan_finding *finding = amp_lint_say(lint,
			amp_lint_at(lint, &change->word),
			"the default of column '%s' is not constant: that fails where '%s' "
			"has rows",
			change->column, change->table);
		amp_lint_hint(lint, finding,
			"add the column without it and fill it, or rebuild the table");
	}
}

static bool is_made_anew(const struct amp_lint *lint, const char *name)
{
	for (size_t i = 0; i < lint->seen->nstatements; i++) {
		const struct amp_statement *statement = &lint->seen->statements[i];
		if ((statement->verb == AMP_CREATE_VIEW ||
			    statement->verb == AMP_CREATE_TRIGGER) &&
			!strcasecmp(statement->object, name))
			return true;
	}
	return false;
}

/* Views and triggers that the step altered without a statement about them. */
static size_t rewritten(struct amp_lint *lint, const char **names)
{
	size_t count = 0;
	for (size_t i = 0; i < lint->seen->neffects; i++) {
		const struct amplan_effect *effect = &lint->seen->effects[i];
		bool dependant =
			!strcmp(effect->type, "view") || !strcmp(effect->type, "trigger");
		if (effect->kind == AMPLAN_ALTERED && dependant &&
			!is_made_anew(lint, effect->name))
			names[count++] = effect->name;
	}
	return count;
}

/* The first rename of what was there before; that of a rebuild is none. */
static const struct amp_change *find_rename(struct amp_lint *lint)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	for (size_t i = 0; i < changes->count; i++) {
		const struct amp_change *change = &changes->items[i];
		if ((change->kind == AMP_RENAMED || change->kind == AMP_COLUMN_RENAMED) &&
			change->origin && !amp_lint_is_rebuilt(lint, change->origin))
			return change;
	}
	return NULL;
}

void amp_rule_renames_used(struct amp_lint *lint)
{
	const struct amp_change *rename = find_rename(lint);
	const char **names =
		amp_arena_array(&lint->arena, lint->seen->neffects, sizeof(*names));
	size_t count = names ? rewritten(lint, names) : 0;
	AMP_STR_AUTO list = AMP_STR_INIT;
	if (!rename || !count)
		return;
	amp_suggest_list(&list, names, count);
	if (list.failed)
		lint->arena.failed = true;
	struct amplan_finding *finding = amp_lint_say(lint,
		amp_lint_at(lint, &rename->word),
		"renaming '%s' rewrites what uses it: %s",
		*rename->column ? rename->column : rename->table, amp_str_text(&list));
	amp_lint_hint(lint, finding,
		"read them again, and see that no release asks for the old name");
}

static bool up_created(const struct amp_lint *lint, const char *name)
{
	const struct amp_seen *up = &lint->effects[lint->node].up;
	for (size_t i = 0; i < up->neffects; i++)
		if (up->effects[i].kind == AMPLAN_CREATED &&
			!strcasecmp(up->effects[i].name, name))
			return true;
	return false;
}

/* Did it go with its table? */
static bool went_along(const struct amp_lint *lint, const char *name)
{
	const struct amp_shapes *shapes = &lint->seen->before;
	for (size_t i = 0; i < shapes->count; i++) {
		const struct amp_shape *shape = &shapes->items[i];
		bool own = false;
		for (size_t k = 0; k < shape->nindexes; k++)
			own = own || !strcasecmp(shape->indexes[k].name, name);
		for (size_t k = 0; k < shape->ntriggers; k++)
			own = own || !strcasecmp(shape->triggers[k], name);
		if (own && !amp_shape_find(&lint->seen->after, shape->name))
			return true;
	}
	return false;
}

static struct amplan_place place_of_drop(const struct amp_lint *lint, const char *name)
{
	struct amp_word word;
	const char *type;
	for (size_t i = 0; i < lint->seen->nstatements; i++) {
		const struct amp_statement *statement = &lint->seen->statements[i];
		if (statement->verb >= AMP_DROP_TABLE && !statement->idle &&
			!strcasecmp(statement->object, name) &&
			amp_lint_object(lint, statement, &word, &type))
			return amp_lint_at(lint, &word);
	}
	return amp_lint_at_migration(lint);
}

#define ITS_OWN "a down undoes its own up and nothing else"

static void foreign_columns(
	struct amp_lint *lint, const struct amp_shape *was, const struct amp_shape *now)
{
	const struct amp_seen *up = &lint->effects[lint->node].up;
	const struct amp_changes *changes = amp_lint_changes(lint);
	const struct amp_shape *made = amp_shape_find(&up->after, was->name);
	/* what the up did not create and left, it found */
	const struct amp_shape *found = amp_shape_find(&up->before, was->name);
	for (size_t c = 0; c < was->ncolumns; c++) {
		const char *column = was->columns[c].name;
		bool fine = amp_column_find(now, column) ||
			(made && !(AMP_ALWAYS(found) && amp_column_find(found, column)));
		struct amplan_place place = amp_lint_at_table(lint, was->name);
		for (size_t i = 0; i < changes->count; i++) {
			const struct amp_change *change = &changes->items[i];
			if (strcasecmp(change->column, column) != 0)
				continue;
			fine = fine || change->kind == AMP_COLUMN_RENAMED;
			place = amp_lint_at(lint, &change->word);
		}
		if (fine)
			continue;
		struct amplan_finding *finding = amp_lint_say(lint, place,
			"the down drops column '%s' of table '%s', which its up did not "
			"add",
			column, was->name);
		amp_lint_hint(lint, finding, ITS_OWN);
	}
}

void amp_rule_down_drops_foreign(struct amp_lint *lint)
{
	const struct amp_seen *down = lint->seen, *up = &lint->effects[lint->node].up;
	if (!up->sql || up->failed)
		return;
	for (size_t i = 0; i < down->neffects; i++) {
		const struct amplan_effect *effect = &down->effects[i];
		if (effect->kind != AMPLAN_DROPPED || up_created(lint, effect->name) ||
			went_along(lint, effect->name))
			continue;
		struct amplan_finding *finding =
			amp_lint_say(lint, place_of_drop(lint, effect->name),
				"the down drops %s '%s', which its up did not create",
				effect->type, effect->name);
		amp_lint_hint(lint, finding, ITS_OWN);
	}
	for (size_t i = 0; i < down->before.count; i++) {
		const struct amp_shape *was = &down->before.items[i];
		const struct amp_shape *now = amp_shape_find(&down->after, was->name);
		if (now && !was->view && !up_created(lint, was->name))
			foreign_columns(lint, was, now);
	}
}
