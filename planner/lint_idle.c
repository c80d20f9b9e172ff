/*
 * Lint of what does nothing: IF [NOT] EXISTS that found nothing to do, and queries.
 */
#include <string.h>
#include <strings.h>

#include "planner/lint_rules.h"

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
		*unique |= amp_word_is(&word, "UNIQUE");
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
	const char *name = amp_lint_name(lint, &origin);
	return !strcasecmp(name, amp_lint_name(lint, &table)) || was_renamed(lint, name);
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
	const char *name = amp_lint_name(lint, &word);
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
	const char *name = amp_lint_name(lint, &word);
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
