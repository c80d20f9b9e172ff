/*
 * Lint of statements: what a single one does, or does not do, whatever the others do.
 */
#include <string.h>
#include <strings.h>

#include "planner/lint_rules.h"

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
			amp_lint_name(lint, &word));
	else
		finding = amp_lint_say(lint, amp_lint_at_statement(lint, statement),
			"a string is in double quotes, which are for names");
	amp_lint_hint(lint, finding, "put strings in single quotes");
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
	return amp_word_is_name(word) && !strcasecmp(amp_lint_name(lint, word), name);
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
		const char *name = amp_lint_name(lint, &word);
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
