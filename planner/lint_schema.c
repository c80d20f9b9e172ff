/*
 * Lint of the schema that a step leaves: new tables and columns, and what no longer works.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "planner/lint_rules.h"

static const struct amp_shape *before(const struct amp_lint *lint, const char *name)
{
	return amp_shape_find(&lint->seen->before, name);
}

/* Was the column there before, with this type? */
static bool is_known(const struct amp_shape *was, const struct amp_column *column)
{
	const struct amp_column *old = was ? amp_column_find(was, column->name) : NULL;
	return old && !strcasecmp(old->type, column->type);
}

/* Words in a type that do not mean what they say; SQLite looks for INT first. */
static const struct surprise {
	const char *word, *instead;
} surprises[] = {
	{"STRING", "TEXT"},
	{"STR", "TEXT"},
	{"POINT", "REAL"},
	{"INTERVAL", "TEXT"},
};

static const struct surprise *find_surprise(const char *type)
{
	struct amp_words words = amp_words_of(type, strlen(type));
	struct amp_word word;
	while (amp_words_next(&words, &word))
		for (size_t i = 0; i < sizeof(surprises) / sizeof(*surprises); i++)
			if (amp_word_is(&word, surprises[i].word))
				return &surprises[i];
	return NULL;
}

static void check_type(struct amp_lint *lint, const struct amp_shape *table,
	const struct amp_column *column)
{
	const struct surprise *surprise = find_surprise(column->type);
	bool integer = column->affinity == AMP_INTEGER;
	if (!surprise || (!integer && column->affinity != AMP_NUMERIC))
		return;
	struct amplan_finding *finding = amp_lint_say(lint,
		amp_lint_at_column(lint, table->name, column->name),
		"the type '%s' of column '%s' means %s: what looks like a number becomes "
		"one",
		column->type, column->name, integer ? "INTEGER" : "NUMERIC");
	amp_lint_hint(lint, finding, "write %s", surprise->instead);
}

void amp_rule_surprising_type(struct amp_lint *lint)
{
	const struct amp_shapes *shapes = &lint->seen->after;
	for (size_t i = 0; i < shapes->count; i++) {
		const struct amp_shape *table = &shapes->items[i];
		if (table->view || table->is_virtual || table->strict)
			continue;
		for (size_t c = 0; c < table->ncolumns; c++)
			if (!is_known(before(lint, table->name), &table->columns[c]))
				check_type(lint, table, &table->columns[c]);
	}
}

/* A table that the step made, and that was not there under that name before. */
static bool is_new(struct amp_lint *lint, const struct amp_shape *table)
{
	const struct amp_change *maker;
	return !table->view && !table->is_virtual && !before(lint, table->name) &&
		(maker = amp_lint_maker(lint, table->name)) && maker->kind == AMP_MADE;
}

/* The column that is the whole primary key, or NULL; *width: how many are in the key. */
static const struct amp_column *key_column(const struct amp_shape *table, size_t *width)
{
	const struct amp_column *found = NULL;
	*width = 0;
	for (size_t c = 0; c < table->ncolumns; c++)
		if (table->columns[c].key) {
			found = &table->columns[c];
			++*width;
		}
	return *width == 1 ? found : NULL;
}

/* An integer key that is not the rowid: only "INTEGER" makes it that. */
static bool is_near_rowid(const struct amp_shape *table)
{
	size_t width;
	const struct amp_column *key = key_column(table, &width);
	return key && !table->without_rowid && key->affinity == AMP_INTEGER &&
		strcasecmp(key->type, "INTEGER") != 0;
}

void amp_rule_not_a_rowid_alias(struct amp_lint *lint)
{
	size_t width;
	for (size_t i = 0; i < lint->seen->after.count; i++) {
		const struct amp_shape *table = &lint->seen->after.items[i];
		if (!is_new(lint, table) || !is_near_rowid(table))
			continue;
		const struct amp_column *key = key_column(table, &width);
		struct amplan_finding *finding = amp_lint_say(lint,
			amp_lint_at_column(lint, table->name, key->name),
			"'%s %s PRIMARY KEY' is not filled in by itself and may be NULL",
			key->name, key->type);
		amp_lint_hint(lint, finding, "only the type INTEGER makes it the rowid");
	}
}

void amp_rule_nullable_primary_key(struct amp_lint *lint)
{
	size_t width;
	for (size_t i = 0; i < lint->seen->after.count; i++) {
		const struct amp_shape *table = &lint->seen->after.items[i];
		if (table->without_rowid || table->strict || !is_new(lint, table) ||
			is_near_rowid(table))
			continue;
		const struct amp_column *single = key_column(table, &width);
		if (single && !strcasecmp(single->type, "INTEGER"))
			continue;
		for (size_t c = 0; c < table->ncolumns; c++) {
			const struct amp_column *column = &table->columns[c];
			if (!column->key || column->not_null)
				continue;
			struct amplan_finding *finding = amp_lint_say(lint,
				amp_lint_at_column(lint, table->name, column->name),
				"column '%s' is in the primary key of '%s' and may be NULL",
				column->name, table->name);
			amp_lint_hint(lint, finding, "make it NOT NULL");
		}
	}
}

void amp_rule_no_primary_key(struct amp_lint *lint)
{
	size_t width;
	for (size_t i = 0; i < lint->seen->after.count; i++) {
		const struct amp_shape *table = &lint->seen->after.items[i];
		bool unique = false;
		for (size_t k = 0; k < table->nindexes; k++)
			unique = unique ||
				(table->indexes[k].unique && !table->indexes[k].partial);
		key_column(table, &width);
		if (width || unique || !is_new(lint, table))
			continue;
		struct amplan_finding *finding =
			amp_lint_say(lint, amp_lint_at_table(lint, table->name),
				"table '%s' has no primary key", table->name);
		amp_lint_hint(lint, finding,
			"without one no other table can point at a row of it");
	}
}

static int compare_keywords(const void *left, const void *right)
{
	return strcasecmp(left, *(const char *const *)right);
}

/* Words that SQLite accepts as a name only in quotes. */
static bool is_keyword(const char *name)
{
	static const char *const keywords[] = {"ADD", "ALL", "ALTER", "AND", "AS",
		"AUTOINCREMENT", "BETWEEN", "CASE", "CHECK", "COLLATE", "COMMIT",
		"CONSTRAINT", "CREATE", "DEFAULT", "DEFERRABLE", "DELETE", "DISTINCT",
		"DROP", "ELSE", "ESCAPE", "EXISTS", "FOREIGN", "FROM", "GROUP", "HAVING",
		"IN", "INDEX", "INSERT", "INTO", "IS", "ISNULL", "JOIN", "LIMIT", "NOT",
		"NOTHING", "NOTNULL", "NULL", "ON", "OR", "ORDER", "PRIMARY",
		"REFERENCES", "RETURNING", "SELECT", "SET", "TABLE", "THEN", "TO",
		"TRANSACTION", "UNION", "UNIQUE", "UPDATE", "USING", "VALUES", "WHEN",
		"WHERE"};
	return bsearch(name, keywords, sizeof(keywords) / sizeof(*keywords),
		sizeof(*keywords), compare_keywords);
}

static void say_keyword(struct amp_lint *lint, struct amplan_place place,
	const char *what, const char *name)
{
	struct amplan_finding *finding = amp_lint_say(
		lint, place, "%s '%s' is called like an SQL keyword", what, name);
	amp_lint_hint(lint, finding,
		"every query must write it in quotes: choose another name");
}

void amp_rule_keyword_name(struct amp_lint *lint)
{
	const struct amp_shapes *shapes = &lint->seen->after;
	for (size_t i = 0; i < shapes->count; i++) {
		const struct amp_shape *now = &shapes->items[i];
		const struct amp_shape *was = before(lint, now->name);
		if (!was && is_keyword(now->name))
			say_keyword(lint, amp_lint_at_table(lint, now->name),
				now->view ? "view" : "table", now->name);
		for (size_t c = 0; c < now->ncolumns && !now->view; c++) {
			const char *column = now->columns[c].name;
			if (is_keyword(column) && !(was && amp_column_find(was, column)))
				say_keyword(lint,
					amp_lint_at_column(lint, now->name, column),
					"column", column);
		}
	}
}

/* What the step did to something that the reason names. */
static struct amplan_place place_of_cause(
	struct amp_lint *lint, const struct amp_shape *shape)
{
	const struct amp_changes *changes = amp_lint_changes(lint);
	for (size_t i = 0; i < changes->count; i++) {
		const struct amp_change *change = &changes->items[i];
		const char *name = *change->column ? change->column : change->table;
		if (change->kind != AMP_MADE && *name && strstr(shape->broken, name))
			return amp_lint_at(lint, &change->word);
	}
	return amp_lint_at_table(lint, shape->name);
}

/* The statement that made the view, or the last trigger on the table. */
static struct amplan_place place_of_broken(
	struct amp_lint *lint, const struct amp_shape *shape)
{
	enum amp_verb verb = shape->view ? AMP_CREATE_VIEW : AMP_CREATE_TRIGGER;
	for (size_t i = lint->seen->nstatements; i-- > 0;) {
		const struct amp_statement *statement = &lint->seen->statements[i];
		struct amp_word word;
		const char *type;
		if (statement->verb == verb && !statement->idle &&
			!strcasecmp(shape->view ? statement->object : statement->table,
				shape->name) &&
			amp_lint_object(lint, statement, &word, &type))
			return amp_lint_at(lint, &word);
	}
	return place_of_cause(lint, shape);
}

static void add_broken(struct amp_str *what, const struct amp_shape *shape)
{
	if (shape->view)
		amp_str_addf(what, "view '%s'", shape->name);
	else if (shape->ntriggers == 1)
		amp_str_addf(what, "trigger '%s'", shape->triggers[0]);
	else
		amp_str_addf(what, "a trigger on '%s'", shape->name);
}

static void say_broken(struct amp_lint *lint, const struct amp_shape *shape, bool made)
{
	AMP_STR_AUTO what = AMP_STR_INIT;
	add_broken(&what, shape);
	if (what.failed)
		lint->arena.failed = true;
	struct amplan_finding *finding = amp_lint_say_as(lint,
		made ? AMPLAN_WARNING : AMPLAN_ERROR, place_of_broken(lint, shape),
		made ? "%s cannot be used yet: %s" : "%s cannot be used any more: %s",
		amp_str_text(&what), shape->broken);
	amp_lint_hint(lint, finding,
		made ? "create it when what it uses is there"
		     : "drop it before, and create it anew afterwards");
}

/* What is broken since this step; what it made itself may wait for a later migration. */
static void check_broken(struct amp_lint *lint, bool views)
{
	const struct amp_shapes *shapes = &lint->seen->after;
	for (size_t i = 0; i < shapes->count; i++) {
		const struct amp_shape *now = &shapes->items[i];
		const struct amp_shape *was = before(lint, now->name);
		if (now->view != views || !now->broken || (was && was->broken))
			continue;
		say_broken(lint, now, !was || was->ntriggers < now->ntriggers);
	}
}

void amp_rule_broken_view(struct amp_lint *lint)
{
	check_broken(lint, true);
}

void amp_rule_broken_trigger(struct amp_lint *lint)
{
	check_broken(lint, false);
}
