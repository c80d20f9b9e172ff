/*
 * SQLite engine: advice for SQLite's own messages.
 *
 * SQLite says what is wrong in few words; what to do about it depends on what the author
 * of a migration probably meant.
 */
#include "executor/sqlite.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The rest of `message` behind `prefix`, or NULL. */
static const char *after(const char *message, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(message, prefix, n) ? NULL : message + n;
}

static const char *nearest_table(
	struct sqlite_db *db, const char *name, struct amp_arena *arena)
{
	struct amp_objects objects;
	int code = sqlite_objects(&db->base, &objects, NULL);
	if (code == AMPLAN_NOMEM)
		sqlite_note(db, SQLITE_NOMEM);
	if (code || !objects.count)
		return NULL;
	const char **names = amp_arena_array(arena, objects.count, sizeof(*names));
	size_t count = 0;
	for (size_t i = 0; names && i < objects.count; i++)
		if (!strcmp(objects.items[i]->type, "table") ||
			!strcmp(objects.items[i]->type, "view"))
			names[count++] = objects.items[i]->name;
	const char *best = names ? amp_text_nearest(name, names, count) : NULL;
	return amp_arena_strdup(arena, best);
}

static void hint_missing(struct sqlite_db *db, struct amp_run_as *as,
	struct amplan_finding *finding, const char *name)
{
	const char *dot = strchr(name, '.');
	const char *meant = nearest_table(db, dot ? dot + 1 : name, as->arena);
	if (meant)
		amp_finding_hint(as->findings, finding, "did you mean '%s'?", meant);
	else
		amp_finding_hint(as->findings, finding,
			"if another migration makes it, add <depends on=\"…\"/> for that "
			"one to '%s'",
			as->migration->id);
}

static void hint_duplicate_column(
	struct amp_run_as *as, struct amplan_finding *finding, const char *column)
{
	amp_finding_hint(as->findings, finding,
		"an earlier migration made this column already; remove the statement, or "
		"record the step as done where it is there: <precondition "
		"on-fail=\"mark-applied\">SELECT count(*) = 0 FROM "
		"pragma_table_info('TABLE') WHERE name = '%s'</precondition>",
		column);
}

static void hint_exists(struct amp_run_as *as, struct amplan_finding *finding)
{
	amp_finding_hint(as->findings, finding,
		"it is there already: if this database was made before amplan, see 'amplan "
		"baseline'; if another migration makes it, one of the two is too much");
}

/* What SQLite says, in part, and what to do about it. */
static const struct {
	const char *part, *hint;
} known[] = {
	{"within a transaction",
		"give this migration transaction=\"none\" and keep it small: it "
		"runs outside the transaction of the plan"},
	{"NOT NULL constraint failed",
		"rows hold NULL there: fill them in with an UPDATE before, or give "
		"a default"},
	{"Cannot add a NOT NULL column with default value NULL",
		"give the column a constant DEFAULT, or rebuild the table"},
	{"Cannot add a column with non-constant default",
		"add it without the default, then UPDATE the rows, or rebuild "
		"the table"},
	{"UNIQUE constraint failed",
		"rows have equal values there: settle the duplicates with an UPDATE "
		"or DELETE before"},
	{"CHECK constraint failed",
		"rows do not fit the condition: correct them with an UPDATE before"},
	{"FOREIGN KEY constraint failed",
		"rows point at this one: delete or change them first"},
	{": syntax error",
		"look at that word and the one before it; a name that is a keyword "
		"of SQL needs \"double quotes\""},
	{"no such column: ",
		"check the name; if another migration adds the column, "
		"depend on that one"},
	{"no such index: ",
		"check the name; DROP INDEX IF EXISTS passes over one "
		"that is not there"},
	{"no such trigger: ", "check the name; dropping a table drops its triggers"},
	{"incomplete input",
		"the last statement is not finished: is an END, a "
		"bracket or a quote missing?"},
	{"unrecognized token",
		"is a quote missing, or is this SQL of another "
		"database engine?"},
};

void sqlite_hint(struct sqlite_db *db, struct amp_run_as *as,
	struct amplan_finding *finding, const char *message)
{
	const char *name;
	if ((name = after(message, "no such table: ")) ||
		(name = after(message, "no such view: "))) {
		hint_missing(db, as, finding, name);
	} else if ((name = after(message, "duplicate column name: "))) {
		hint_duplicate_column(as, finding, name);
	} else if (strstr(message, "already exists")) {
		hint_exists(as, finding);
	} else if (after(message, "no such function: ") ||
		after(message, "no such collation sequence: ") ||
		after(message, "no such module: ")) {
		as->unknown_function = true;
		amp_finding_hint(as->findings, finding,
			"if the application defines it, let it call the library with its "
			"own handle");
	} else {
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (strstr(message, known[i].part))
				amp_finding_hint(
					as->findings, finding, "%s", known[i].hint);
	}
}
