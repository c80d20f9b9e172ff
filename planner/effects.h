/*
 * Effects: what a migration was seen to do, as plain data.
 *
 * The engine writes down what it sees while a migration runs on a shadow; the checks of
 * this floor work on these lists alone, so that they can be tested without a database.
 */
#ifndef PLANNER_EFFECTS_H
#define PLANNER_EFFECTS_H

#include "planner/shape.h"
#include "schema/migration.h"

#include <amplan/report.h>

/* One object, or one column of it, and all that was done with it. */
struct amp_touch {
	const char *name;   /* table, view, index or trigger; as the schema writes it */
	const char *column; /* "" for the object as a whole */
	unsigned how;       /* enum amplan_how, or-ed */
};

/* What one statement is. */
enum amp_verb {
	AMP_OTHER, /* PRAGMA, ANALYZE, REINDEX, VACUUM, … */
	AMP_SELECT,
	AMP_INSERT,
	AMP_UPDATE,
	AMP_DELETE,
	AMP_CREATE_TABLE,
	AMP_CREATE_INDEX,
	AMP_CREATE_VIEW,
	AMP_CREATE_TRIGGER,
	AMP_ALTER_TABLE,
	AMP_DROP_TABLE,
	AMP_DROP_INDEX,
	AMP_DROP_VIEW,
	AMP_DROP_TRIGGER,
};

struct amp_statement {
	enum amp_verb verb;
	size_t offset, length; /* in the SQL of the step */
	const char *object; /* what it creates, alters, drops or writes; "" if nothing */
	const char *table;  /* table that the object belongs to; "" if unknown */
	bool idle;          /* IF EXISTS or IF NOT EXISTS that found nothing to do */
	bool differs; /* it is idle, but what is there is not what it would have made */
	bool literal; /* a string literal in double quotes … */
	size_t literal_offset; /* … here in the SQL */
	const char *chance;    /* function whose result no second run repeats; or NULL */
};

/* What was seen of one piece of SQL: up, or down. */
struct amp_seen {
	const struct amp_sql *sql; /* NULL: there is none, or it was not run */
	bool failed;               /* it stopped; what follows is what it did before */
	struct amp_statement *statements;
	size_t nstatements;
	struct amp_touch *touches; /* sorted by name, column; regardless of case */
	size_t ntouches;
	const struct amplan_effect
		*effects; /* created, altered, dropped: the difference */
	size_t neffects;
	struct amp_shapes before, after; /* tables and views that it touched */
};

/* What was seen of one migration. */
struct amp_effects {
	struct amp_seen up, down;
};

/* What was seen of one object; 0 where it was not touched. `column` NULL: any of them. */
unsigned amp_touched(const struct amp_seen *seen, const char *name, const char *column);

#endif
