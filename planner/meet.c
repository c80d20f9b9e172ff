#include "planner/meet.h"

#include <strings.h>

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

static int rank(const struct amp_meeting *meeting)
{
	if (!meeting->name)
		return 0;
	int rank = meeting->writer & AMPLAN_CREATES ? 4
		: meeting->writer & STRUCTURE       ? 2
						    : 1;
	return rank * 2 + (*meeting->column != '\0');
}

static void take_better(struct amp_meeting *best, struct amp_meeting meeting)
{
	if (rank(&meeting) > rank(best))
		*best = meeting;
}

/* Columns that one changed and the other touched. */
static void meet_columns(const struct group *writer, const struct group *other,
	unsigned changes, struct amp_meeting *best)
{
	for (const struct amp_touch *touch = writer->first; touch < writer->end;
		touch++) {
		unsigned how = *touch->column ? done_to(other, touch->column) : 0;
		if ((touch->how & changes) && how)
			take_better(best,
				(struct amp_meeting){
					touch->name, touch->column, touch->how, how});
	}
}

static void meet_groups(
	const struct group *writer, const struct group *other, struct amp_meeting *best)
{
	bool structure = (writer->all | other->all) & STRUCTURE;
	unsigned rows = AMPLAN_READS | AMPLAN_WRITES;
	if (!(writer->all & (STRUCTURE | AMPLAN_WRITES)))
		return;
	meet_columns(writer, other, structure ? STRUCTURE | AMPLAN_WRITES : AMPLAN_WRITES,
		best);
	/* rows that come and go concern whoever reads or writes any of them */
	bool whole = structure ||
		((writer->whole & AMPLAN_WRITES) && (other->all & rows)) ||
		((other->whole & AMPLAN_WRITES) && (writer->all & AMPLAN_WRITES));
	if (whole)
		take_better(best,
			(struct amp_meeting){
				writer->first->name, "", writer->all, other->all});
}

struct amp_meeting amp_meet(const struct amp_seen *writer, const struct amp_seen *other)
{
	struct amp_meeting best = {.column = ""};
	for (size_t i = 0, j = 0; i < writer->ntouches && j < other->ntouches;) {
		struct group left = group_at(writer, i), right = group_at(other, j);
		int order = strcasecmp(left.first->name, right.first->name);
		if (!order)
			meet_groups(&left, &right, &best);
		i += order <= 0 ? (size_t)(left.end - left.first) : 0;
		j += order >= 0 ? (size_t)(right.end - right.first) : 0;
	}
	return best;
}

bool amp_effects_chance(const struct amp_seen *seen)
{
	for (size_t i = 0; i < seen->nstatements; i++)
		if (seen->statements[i].chance)
			return true;
	return false;
}
