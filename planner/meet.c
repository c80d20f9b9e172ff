#include "planner/meet.h"

#include <string.h>
#include <strings.h>

#include "base/always.h"

#define STRUCTURE (AMPLAN_CREATES | AMPLAN_ALTERS | AMPLAN_DROPS)

/* All touches of one object: [first, end) of a list sorted by name and column. */
struct group {
	const struct amp_touch *first, *end;
	unsigned all, whole; /* what was done to any part of it; to the object itself */
};

static struct group group_at(const struct amp_seen *seen, size_t at)
{
	struct group group = {.first = &seen->touches[at]};
	size_t end = at;
	while (end < seen->ntouches &&
		!strcasecmp(seen->touches[end].name, group.first->name)) {
		group.all |= seen->touches[end].how;
		if (!*seen->touches[end].column)
			group.whole |= seen->touches[end].how;
		end++;
	}
	group.end = &seen->touches[end];
	return group;
}

/* What was done to a column of the group; 0 where nothing was. */
static unsigned done_to(const struct group *group, const char *column)
{
	for (const struct amp_touch *touch = group->first; touch < group->end; touch++)
		if (!strcasecmp(touch->column, column))
			return touch->how;
	return 0;
}

/* Where the text names it last, as a word, from 1; 0: nowhere. What a message says last is
   mostly the cause. */
static int named_at(const char *text, const char *name)
{
	static const char edges[] = " .:,;()'\"`[]\n\t";
	size_t length = strlen(name);
	int last = 0;
	/* a name has a length, or the search would leave the text */
	for (const char *at = text;
		at && AMP_ALWAYS(length) && (at = strcasestr(at, name)); at++)
		if ((at == text || strchr(edges, at[-1])) &&
			(!at[length] || strchr(edges, at[length])))
			last = (int)(at - text) + 1;
	return last;
}

/* An object that was made tells more than a column of it; else the column does. */
static int rank(const struct amp_meeting *meeting, const char *about)
{
	if (!meeting->name)
		return 0;
	bool column = *meeting->column;
	/* what goes with its table, or is rewritten with it: the table tells more */
	bool goes_along = meeting->writer & AMPLAN_CREATES && !column &&
		(meeting->other == AMPLAN_DROPS || meeting->other == AMPLAN_ALTERS);
	int rank = goes_along                      ? 3
		: meeting->writer & AMPLAN_CREATES ? (column ? 8 : 10)
		: meeting->writer & STRUCTURE      ? (column ? 5 : 4)
						   : (column ? 2 : 1);
	int name = named_at(about, meeting->name);
	int part = column ? named_at(about, meeting->column) : 0;
	return rank + (name ? 100 + name : 0) + (part ? 100 + part : 0);
}

/* The best one so far, and the text that it should be named in. */
struct choice {
	struct amp_meeting best;
	const char *about;
};

static void take_better(struct choice *choice, struct amp_meeting meeting)
{
	if (rank(&meeting, choice->about) > rank(&choice->best, choice->about))
		choice->best = meeting;
}

/* Columns that one changed and the other touched. */
static void meet_columns(const struct group *writer, const struct group *other,
	unsigned changes, struct choice *choice)
{
	for (const struct amp_touch *touch = writer->first; touch < writer->end;
		touch++) {
		unsigned how = *touch->column ? done_to(other, touch->column) : 0;
		if ((touch->how & changes) && how)
			take_better(choice,
				(struct amp_meeting){
					touch->name, touch->column, touch->how, how});
	}
}

static void meet_groups(
	const struct group *writer, const struct group *other, struct choice *choice)
{
	bool structure = (writer->all | other->all) & STRUCTURE;
	unsigned rows = AMPLAN_READS | AMPLAN_WRITES;
	if (!(writer->all & (STRUCTURE | AMPLAN_WRITES)))
		return;
	/* of what was made whole its columns tell no more */
	if (!(writer->whole & AMPLAN_CREATES))
		meet_columns(writer, other,
			structure ? STRUCTURE | AMPLAN_WRITES : AMPLAN_WRITES, choice);
	/* rows that come and go concern whoever reads or writes any of them: if there is no
	   structure, the writer does write */
	bool whole = structure ||
		((writer->whole & AMPLAN_WRITES) && (other->all & rows)) ||
		(other->whole & AMPLAN_WRITES);
	if (whole)
		take_better(choice,
			(struct amp_meeting){writer->first->name, "",
				writer->whole ? writer->whole : writer->all,
				other->whole ? other->whole : other->all});
}

static void meet(const struct amp_seen *writer, const struct amp_seen *other,
	struct choice *choice)
{
	for (size_t i = 0, j = 0; i < writer->ntouches && j < other->ntouches;) {
		struct group left = group_at(writer, i), right = group_at(other, j);
		int order = strcasecmp(left.first->name, right.first->name);
		if (!order)
			meet_groups(&left, &right, choice);
		i += order <= 0 ? (size_t)(left.end - left.first) : 0;
		j += order >= 0 ? (size_t)(right.end - right.first) : 0;
	}
}

struct amp_meeting amp_meet(
	const struct amp_seen *writer, const struct amp_seen *other, const char *about)
{
	struct choice choice = {.best = {.column = ""}, .about = about};
	meet(writer, other, &choice);
	return choice.best;
}

struct amp_meeting amp_meet_either(
	const struct amp_seen *one, const struct amp_seen *two, const char *about)
{
	struct choice choice = {.best = {.column = ""}, .about = about};
	meet(one, two, &choice);
	meet(two, one, &choice);
	return choice.best;
}

struct amp_meeting amp_meet_named(const struct amp_seen *seen, const char *about)
{
	struct amp_meeting best = {.column = ""};
	int at = 0;
	for (size_t i = 0; i < seen->ntouches; i++) {
		const struct amp_touch *touch = &seen->touches[i];
		int named = named_at(about, touch->name);
		int column = *touch->column ? named_at(about, touch->column) : 0;
		named = column > named ? column : *touch->column ? 0 : named;
		if (named > at)
			best = (struct amp_meeting){
				touch->name, touch->column, touch->how, 0};
		at = named > at ? named : at;
	}
	return best;
}

const char *amp_meeting_object(const struct amp_meeting *meeting, struct amp_arena *arena)
{
	return *meeting->column
		? amp_arena_printf(arena, "%s.%s", meeting->name, meeting->column)
		: meeting->name;
}

bool amp_effects_chance(const struct amp_seen *seen)
{
	for (size_t i = 0; i < seen->nstatements; i++)
		if (seen->statements[i].chance)
			return true;
	return false;
}
