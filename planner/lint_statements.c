/*
 * Lint of statements: what a single one does, or does not do, whatever the others do.
 */
#include <string.h>
#include <strings.h>

#include "planner/lint_rules.h"

static const char *name_of(struct amp_lint *lint, const struct amp_word *word)
{
	const char *name = amp_word_name(word, &lint->arena);
	return name ? name : "";
}

void amp_rule_double_quoted(struct amp_lint *lint, const struct amp_statement *statement)
{
	const struct amp_sql *sql = lint->seen->sql;
	if (!statement->literal || statement->literal_offset >= sql->length)
		return;
	struct amp_words words = amp_words_of(sql->text + statement->literal_offset,
		sql->length - statement->literal_offset);
	struct amp_word word;
	amp_words_next(&words, &word);
	struct amplan_finding *finding;
	if (*word.text == '"')
		finding = amp_lint_say(lint, amp_lint_at(lint, &word),
			"'%.100s' is in double quotes, but no column is called that: it "
			"is taken as a string",
			name_of(lint, &word));
	else
		finding = amp_lint_say(lint, amp_lint_at_statement(lint, statement),
			"a string is in double quotes, which are for names");
	amp_lint_hint(lint, finding, "put strings in single quotes");
}

/* Is there an IF, so that it is meant to do nothing where nothing is to be done? */
static bool is_conditional(
	const struct amp_lint *lint, const struct amp_statement *statement)
{
	struct amp_words words = amp_lint_words(lint, statement);
	return statement->idle && amp_words_find(&words, "IF");
}

/* Goes to behind the name of an index or trigger, of an index to behind its table's. */
static bool skip_name(
	struct amp_words *words, bool index, bool *unique, struct amp_word *table)
{
	struct amp_word word;
	*unique = false;
	*table = (struct amp_word){.length = 0};
	while (amp_words_next(words, &word) && !amp_word_is(&word, "INDEX") &&
		!amp_word_is(&word, "TRIGGER"))
		*unique = *unique || amp_word_is(&word, "UNIQUE");
	if (amp_words_take(words, "IF")) {
		amp_words_take(words, "NOT");
		amp_words_take(words, "EXISTS");
	}
	return amp_words_take_name(words, &word) &&
		(!index ||
			(amp_words_take(words, "ON") &&
				amp_words_take_name(words, table)));
}

static bool same_rest(struct amp_words left, struct amp_words right)
{
	struct amp_word l, r;
	do {
		do
			amp_words_next(&left, &l);
		while (amp_word_is_sign(&l, ';'));
		do
			amp_words_next(&right, &r);
		while (amp_word_is_sign(&r, ';'));
		if (l.length != r.length || strncasecmp(l.text, r.text, l.length) != 0)
			return false;
	} while (l.length);
	return true;
}

/* A table that was renamed since then is the same under another name. */
static bool was_renamed(struct amp_lint *lint, const char *table)
{
	for (uint32_t i = 0;; i++) {
		const struct amp_seen *up = &lint->effects[lint->order[i]].up;
		for (size_t k = 0; k < up->nstatements; k++)
			if (up->statements[k].verb == AMP_ALTER_TABLE &&
				!strcasecmp(up->statements[k].object, table))
				return true;
		if (lint->order[i] == lint->node)
			return false;
	}
}

static bool same_object(
	struct amp_lint *lint, struct amp_words now, struct amp_words made, bool index)
{
	bool unique, other;
	struct amp_word table, origin;
	if (!skip_name(&now, index, &unique, &table) ||
		!skip_name(&made, index, &other, &origin))
		return true; /* read wrongly, so nothing is known */
	if (unique != other || !same_rest(now, made))
		return false;
	const char *name = name_of(lint, &origin);
	return !strcasecmp(name, name_of(lint, &table)) || was_renamed(lint, name);
}

/* Of an idle CREATE INDEX and CREATE TRIGGER the engine hears nothing: it is compared with
   the statement that made the object. */
static bool is_another(struct amp_lint *lint, const struct amp_statement *statement,
	const char *type, const char *name)
{
	bool index = !strcmp(type, "index"), same = true;
	enum amp_verb verb = index ? AMP_CREATE_INDEX : AMP_CREATE_TRIGGER;
	if (!index && strcmp(type, "trigger") != 0)
		return false;
	for (uint32_t i = 0;; i++) {
		const struct amp_seen *up = &lint->effects[lint->order[i]].up;
		for (size_t k = 0; k < up->nstatements; k++) {
			const struct amp_statement *made = &up->statements[k];
			if (made->verb != verb || made->idle ||
				strcasecmp(made->object, name) != 0)
				continue;
			same = same_object(lint, amp_lint_words(lint, statement),
				amp_words_of(up->sql->text + made->offset, made->length),
				index);
		}
		if (lint->order[i] == lint->node)
			return !same;
	}
}

/* Is it idle, and is what is there not what it describes? */
static bool is_hiding(struct amp_lint *lint, const struct amp_statement *statement,
	const char *type, const char *name)
{
	struct amp_words words = amp_lint_words(lint, statement);
	return statement->differs ||
		(amp_words_take(&words, "CREATE") &&
			is_another(lint, statement, type, name));
}

void amp_rule_hidden_difference(
	struct amp_lint *lint, const struct amp_statement *statement)
{
	struct amp_word word;
	const char *type;
	if (!is_conditional(lint, statement) ||
		!amp_lint_object(lint, statement, &word, &type))
		return;
	const char *name = name_of(lint, &word);
	if (!is_hiding(lint, statement, type, name))
		return;
	uint32_t creator = amp_lint_creator(lint, name);
	struct amplan_finding *finding = amp_lint_say(lint, amp_lint_at(lint, &word),
		"IF NOT EXISTS hides that there is another %s '%s' already", type, name);
	amp_lint_hint(
		lint, finding, "change the one that is there, or choose another name");
	if (finding && creator != AMP_NO_NODE)
		amp_finding_related(lint->findings, finding,
			amp_migration_place(lint->graph->nodes[creator]), "made here");
}

/* Does the step drop it elsewhere, or make it afterwards? Then it was a precaution. */
static bool is_precaution(struct amp_lint *lint, const char *name)
{
	const struct amp_seen *seen = lint->seen;
	const struct amp_changes *changes = amp_lint_changes(lint);
	for (size_t i = 0; i < seen->nstatements; i++)
		if (!seen->statements[i].idle &&
			seen->statements[i].verb >= AMP_CREATE_TABLE &&
			!strcasecmp(seen->statements[i].object, name))
			return true;
	for (size_t i = 0; i < changes->count; i++)
		if (!strcasecmp(changes->items[i].to, name))
			return true;
	for (size_t i = 0; i < seen->neffects; i++)
		if (!strcasecmp(seen->effects[i].name, name))
			return true; /* it went with its table */
	return false;
}

static void say_idle(struct amp_lint *lint, const struct amp_statement *statement)
{
	struct amp_words words = amp_lint_words(lint, statement);
	struct amp_word word;
	struct amplan_finding *finding;
	const char *type;
	if (!amp_lint_object(lint, statement, &word, &type))
		return;
	const char *name = name_of(lint, &word);
	if (is_hiding(lint, statement, type, name))
		return;
	if (amp_words_take(&words, "CREATE")) {
		finding = amp_lint_say(lint, amp_lint_at(lint, &word),
			"the %s '%s' is there already: this does nothing", type, name);
		amp_lint_hint(lint, finding, "leave the statement out");
	} else if (!is_precaution(lint, name)) {
		finding = amp_lint_say_as(lint, AMPLAN_NOTE, amp_lint_at(lint, &word),
			"there is no %s '%s' to drop: this does nothing", type, name);
		amp_lint_hint(
			lint, finding, "leave the statement out, or correct the name");
	}
}

void amp_rule_no_effect(struct amp_lint *lint, const struct amp_statement *statement)
{
	if (is_conditional(lint, statement)) {
		say_idle(lint, statement);
		return;
	}
	struct amp_words words = amp_lint_words(lint, statement);
	if (statement->verb != AMP_SELECT ||
		(!amp_words_take(&words, "SELECT") && !amp_words_take(&words, "VALUES")))
		return;
	struct amplan_finding *finding =
		amp_lint_say(lint, amp_lint_at_statement(lint, statement),
			"nobody reads the result of this query");
	amp_lint_hint(lint, finding,
		"a check belongs into <verify> or <precondition>; leave out what is neither");
}

/* The end of the assignments of an UPDATE. */
static bool ends_assignments(const struct amp_word *word)
{
	return amp_word_is(word, "FROM") || amp_word_is(word, "RETURNING") ||
		amp_word_is(word, "ORDER") || amp_word_is(word, "LIMIT");
}

static bool same_name(
	struct amp_lint *lint, const struct amp_word *word, const char *name)
{
	return amp_word_is_name(word) && !strcasecmp(name_of(lint, word), name);
}

/* Takes "column =" or "(column, …) =": the first of them, and whether all are new. */
static const char *take_target(struct amp_lint *lint, struct amp_words *words,
	const struct amp_shape *table, bool *fresh)
{
	const char *first = NULL;
	struct amp_word word;
	*fresh = true;
	while (amp_words_next(words, &word) && !amp_word_is_sign(&word, '=')) {
		if (!amp_word_is_name(&word))
			continue;
		const char *name = name_of(lint, &word);
		first = first ? first : name;
		*fresh = *fresh && !amp_column_find(table, name);
	}
	return first ? first : "";
}

/*
 * An UPDATE of all rows is meant so if it fills columns that the step added, or makes the
 * new value of each row from its old one.
 */
static bool is_for_all_rows(struct amp_lint *lint, const struct amp_statement *statement,
	const struct amp_shape *table)
{
	struct amp_words words = amp_lint_words(lint, statement);
	struct amp_word word = {.length = 1};
	if (!amp_words_find(&words, "SET"))
		return false;
	while (word.length) {
		bool fine;
		const char *target = take_target(lint, &words, table, &fine);
		while (amp_words_next(&words, &word)) {
			if (!word.depth && amp_word_is_sign(&word, ','))
				break;
			if (!word.depth && ends_assignments(&word))
				return fine;
			fine = fine || same_name(lint, &word, target);
		}
		if (!fine)
			return false;
	}
	return true;
}

/* Are rows put in again afterwards, from a copy? */
static bool is_refilled(struct amp_lint *lint, const struct amp_statement *statement)
{
	const struct amp_seen *seen = lint->seen;
	for (size_t i = (size_t)(statement - seen->statements) + 1; i < seen->nstatements;
		i++) {
		struct amp_words words = amp_lint_words(lint, &seen->statements[i]);
		if (seen->statements[i].verb == AMP_INSERT &&
			!strcasecmp(seen->statements[i].object, statement->object) &&
			amp_words_find(&words, "FROM"))
			return true;
	}
	return false;
}

void amp_rule_no_where(struct amp_lint *lint, const struct amp_statement *statement)
{
	bool update = statement->verb == AMP_UPDATE;
	if (!update && statement->verb != AMP_DELETE)
		return;
	struct amp_words words = amp_lint_words(lint, statement);
	const char *origin = amp_lint_origin(lint, statement, statement->object);
	const struct amp_shape *table =
		origin ? amp_shape_find(&lint->seen->before, origin) : NULL;
	if (!table || table->is_virtual || amp_words_find(&words, "WHERE") ||
		!amp_shape_find(&lint->seen->after, origin) ||
		(update ? is_for_all_rows(lint, statement, table)
			: is_refilled(lint, statement)))
		return;
	struct amplan_finding *finding =
		amp_lint_say(lint, amp_lint_at_statement(lint, statement),
			update ? "UPDATE without WHERE overwrites all rows of '%s'"
			       : "DELETE without WHERE deletes all rows of '%s'",
			statement->object);
	amp_lint_hint(lint, finding,
		"say which rows, or that all are meant: <allow kind=\"no-where\" "
		"reason=\"...\"/>");
}

/* How an INSERT is written. */
struct insert {
	bool replaces, ignores;
	bool columns; /* has a list of them */
	bool selects; /* rows come from a query */
	bool values;  /* or they are listed */
	bool star;    /* SELECT * */
};

static bool is_star(const struct amp_word *word, const struct amp_word *before)
{
	return !word->depth && amp_word_is_sign(word, '*') &&
		(amp_word_is(before, "SELECT") || amp_word_is(before, "DISTINCT") ||
			amp_word_is(before, "ALL") || amp_word_is_sign(before, '.') ||
			amp_word_is_sign(before, ','));
}

static void read_rest(struct amp_words *words, struct insert *insert)
{
	struct amp_word word, before = {.length = 0};
	for (; amp_words_next(words, &word); before = word) {
		insert->selects =
			insert->selects || (!word.depth && amp_word_is(&word, "SELECT"));
		insert->values = insert->values ||
			(!word.depth && !insert->selects &&
				amp_word_is(&word, "VALUES") &&
				!amp_word_is(&before, "DEFAULT"));
		insert->star = insert->star || is_star(&word, &before);
		insert->ignores = insert->ignores ||
			(amp_word_is(&before, "DO") && amp_word_is(&word, "NOTHING"));
	}
}

static bool read_insert(const struct amp_lint *lint,
	const struct amp_statement *statement, struct insert *insert)
{
	struct amp_words words = amp_lint_words(lint, statement);
	struct amp_word word;
	*insert = (struct insert){0};
	if (statement->verb != AMP_INSERT)
		return false;
	do
		if (!amp_words_next(&words, &word))
			return false;
	while (word.depth ||
		!(amp_word_is(&word, "INSERT") || amp_word_is(&word, "REPLACE")));
	insert->replaces = amp_word_is(&word, "REPLACE");
	if (amp_words_take(&words, "OR")) {
		insert->replaces = amp_words_take(&words, "REPLACE");
		insert->ignores = !insert->replaces && amp_words_take(&words, "IGNORE");
	}
	while (amp_words_next(&words, &word) && !amp_word_is(&word, "INTO"))
		;
	if (!amp_words_take_name(&words, &word))
		return false;
	if (amp_words_take(&words, "AS"))
		amp_words_take_name(&words, &word);
	struct amp_words ahead = words;
	amp_words_next(&ahead, &word);
	insert->columns = amp_word_is_sign(&word, '(');
	read_rest(&words, insert);
	return true;
}

void amp_rule_insert_without_columns(
	struct amp_lint *lint, const struct amp_statement *statement)
{
	struct insert insert;
	if (statement->verb != AMP_INSERT || !amp_lint_is_old(lint, statement) ||
		!read_insert(lint, statement, &insert) || insert.columns || insert.star ||
		!(insert.values || insert.selects))
		return;
	struct amplan_finding *finding =
		amp_lint_say(lint, amp_lint_at_statement(lint, statement),
			"INSERT into '%s' does not name its columns", statement->object);
	amp_lint_hint(lint, finding,
		"name them: their order depends on which migration added its column first");
}

static bool view_has_star(
	const struct amp_lint *lint, const struct amp_statement *statement)
{
	struct amp_words words = amp_lint_words(lint, statement);
	struct amp_word word, before = {.length = 0};
	bool star = false;
	for (; !star && amp_words_next(&words, &word); before = word)
		star = is_star(&word, &before);
	return star;
}

void amp_rule_select_star(struct amp_lint *lint, const struct amp_statement *statement)
{
	struct insert insert;
	struct amplan_finding *finding;
	if (statement->idle)
		return;
	if (statement->verb == AMP_CREATE_VIEW && view_has_star(lint, statement)) {
		finding = amp_lint_say(lint, amp_lint_at_statement(lint, statement),
			"view '%s' has whatever columns its tables have",
			statement->object);
		amp_lint_hint(lint, finding, "name the columns that are meant");
	} else if (read_insert(lint, statement, &insert) && insert.star) {
		finding = amp_lint_say_as(lint, AMPLAN_WARNING,
			amp_lint_at_statement(lint, statement),
			"SELECT * fills the columns of '%s' by their order, not by their "
			"names",
			statement->object);
		amp_lint_hint(lint, finding,
			"name the columns on both sides: another branch may have added "
			"one");
	}
}

static bool updates_or_replaces(
	const struct amp_lint *lint, const struct amp_statement *statement)
{
	struct amp_words words = amp_lint_words(lint, statement);
	return statement->verb == AMP_UPDATE && amp_words_find(&words, "UPDATE") &&
		amp_words_take(&words, "OR") && amp_words_take(&words, "REPLACE");
}

/* A copy into a table that the step made loses rows, one into an old table replaces them. */
void amp_rule_replaces_rows(struct amp_lint *lint, const struct amp_statement *statement)
{
	struct insert insert;
	bool update = updates_or_replaces(lint, statement);
	if (!update && !(read_insert(lint, statement, &insert) && insert.replaces))
		return;
	if (!amp_lint_is_old(lint, statement) && (update || !insert.selects))
		return;
	struct amplan_finding *finding =
		amp_lint_say(lint, amp_lint_at_statement(lint, statement),
			"%s deletes the rows of '%s' that are in its way",
			update ? "UPDATE OR REPLACE" : "REPLACE", statement->object);
	amp_lint_hint(lint, finding,
		update ? "delete them in a statement of its own"
		       : "INSERT ... ON CONFLICT DO UPDATE keeps them and what points at "
			 "them");
}

void amp_rule_ignores_rows(struct amp_lint *lint, const struct amp_statement *statement)
{
	struct insert insert;
	if (!read_insert(lint, statement, &insert) || !insert.ignores ||
		!insert.selects || amp_lint_is_old(lint, statement))
		return;
	struct amplan_finding *finding =
		amp_lint_say(lint, amp_lint_at_statement(lint, statement),
			"rows that do not fit into '%s' are left out in silence",
			statement->object);
	amp_lint_hint(lint, finding,
		"leave IGNORE out, and say in a WHERE which rows are not copied");
}

void amp_rule_depends_on_chance(
	struct amp_lint *lint, const struct amp_statement *statement)
{
	bool changes = statement->verb == AMP_INSERT || statement->verb == AMP_UPDATE ||
		statement->verb == AMP_DELETE;
	struct amp_words words = amp_lint_words(lint, statement);
	struct amp_word word = {.length = 0};
	if (!statement->chance || !changes)
		return;
	while (amp_words_next(&words, &word) && !amp_word_is(&word, statement->chance))
		;
	if (!word.length)
		return; /* in a default or a trigger, which is where it belongs */
	struct amplan_finding *finding = amp_lint_say(lint, amp_lint_at(lint, &word),
		"the rows of '%s' will differ from database to database: '%s'",
		statement->object, statement->chance);
	amp_lint_hint(lint, finding,
		"write down the value, unless each database should have its own");
}
