#include "cli/text_plan.h"

#include <string.h>

#include "cli/utf8.h"

const char *text_database(const struct amplan_report *report)
{
	return report->database ? report->database : "a new database";
}

const char *text_marked(const struct amplan_report *report)
{
	return report->rollback
		? "was there before: taken off the record, its down not run"
		: "already there: recorded, not run";
}

void text_duration(struct terminal *out, int64_t milliseconds)
{
	if (milliseconds < 60000)
		say(out, "%lld.%lld s", (long long)(milliseconds / 1000),
			(long long)(milliseconds % 1000 / 100));
	else
		say(out, "%lld min %lld s", (long long)(milliseconds / 60000),
			(long long)(milliseconds % 60000 / 1000));
}

void text_marks(struct terminal *out, unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *word;
	} marks[] = {{AMPLAN_MAINTENANCE, "maintenance"}, {AMPLAN_BREAKING, "breaking"},
		{AMPLAN_NO_TRANSACTION, "no transaction"},
		{AMPLAN_IRREVERSIBLE, "irreversible"}, {AMPLAN_SQUASH, "squash"}};
	bool any = false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!(flags & marks[i].bit))
			continue;
		say(out, any ? ", %s" : " " YELLOW "[%s", marks[i].word);
		any = true;
	}
	if (any)
		say(out, "]" PLAIN);
}

static const char *fidelity_text(enum amplan_fidelity fidelity)
{
	switch (fidelity) {
	case AMPLAN_FIDELITY_EMPTY:
		return "rehearsed on an empty database";
	case AMPLAN_FIDELITY_SEEDED:
		return "rehearsed from nothing, with rows made up to fit";
	case AMPLAN_FIDELITY_SCHEMA:
		return "rehearsed on the schema, without rows";
	case AMPLAN_FIDELITY_COPY:
		return "rehearsed on a copy with all rows";
	case AMPLAN_FIDELITY_NONE:
	case AMPLAN_FIDELITY_AUTO:
		break;
	}
	return "not rehearsed";
}

static void header(struct terminal *out, const struct amplan_report *report)
{
	bool looked = !report->rollback && report->verdict != AMPLAN_VERDICT_UNKNOWN;
	const char *what = report->done
		? (report->rollback ? "rolled back: " : "applied: ")
		: (report->rollback ? "rollback of " : "plan for ");
	say(out, BOLD "%s%s" PLAIN, what, text_database(report));
	if (looked)
		say(out, ": %s", amplan_verdict_name(report->verdict));
	if (looked && report->verdict != AMPLAN_CURRENT)
		say(out, ", %zu applied", report->napplied);
	if (report->nsteps) {
		say(out, ", ");
		terminal_count(out, report->nsteps, "migration");
		say(out, " to %s", report->rollback ? "roll back" : "run");
	}
	say(out, "\n");
	if (!report->nsteps || report->done)
		return;
	say(out, "%s", fidelity_text(report->fidelity));
	say(out, "\n");
	if (report->fidelity_note) {
		say(out, "  ");
		terminal_wrap(out, report->fidelity_note, 2, 2);
	}
}

static size_t digits(size_t number)
{
	size_t n = 1;
	while (number /= 10)
		n++;
	return n;
}

static void blanks(struct terminal *out, size_t count)
{
	while (count--)
		say(out, " ");
}

#define MOST_REASONS 6

/* The place of a step is given by what it depends on; redundant edges add nothing. */
static void reason(
	struct terminal *out, const struct amplan_migration *migration, size_t indent)
{
	char text[MOST_REASONS * 136 + 64] = "after ";
	size_t shown = 0, more = 0, at = strlen(text);
	for (size_t i = 0; i < migration->nedges; i++) {
		const struct amplan_edge *edge = &migration->edges[i];
		if (edge->redundant || (edge->orders_only && edge->index == UINT32_MAX))
			continue;
		if (shown == MOST_REASONS || strlen(edge->on) > 128) {
			more++;
			continue;
		}
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
			shown ? ", " : "", edge->on);
		shown++;
	}
	if (!shown && !more)
		snprintf(text, sizeof(text), "depends on nothing");
	else if (more)
		snprintf(text + at, sizeof(text) - at, "%s%zu more", shown ? " and " : "",
			more);
	blanks(out, indent);
	terminal_wrap(out, text, indent, indent + 2);
}

static void outcome(struct terminal *out, const struct amplan_report *report,
	const struct amplan_step *step)
{
	switch (step->outcome) {
	case AMPLAN_STOPPED:
		say(out, RED "  FAILED" PLAIN);
		break;
	case AMPLAN_UNTRIED:
		say(out, YELLOW "  UNTRIED" PLAIN);
		break;
	case AMPLAN_MARKED:
		say(out, CYAN "  %s" PLAIN, text_marked(report));
		break;
	case AMPLAN_NOT_RUN:
	case AMPLAN_DONE:
		break;
	}
}

static void counts(struct terminal *out, const struct amplan_step *step, size_t indent)
{
	if (step->outcome != AMPLAN_DONE && !step->statements)
		return;
	blanks(out, indent);
	terminal_count(out, step->statements, "statement");
	if (step->rows > 0) {
		say(out, ", ");
		terminal_count(out, (size_t)step->rows, "row");
		say(out, " changed");
	}
	if (step->verified)
		say(out, ", %u verified", step->verified);
	if (step->unknown)
		say(out, ", " YELLOW "%u unknown without rows" PLAIN, step->unknown);
	if (step->milliseconds >= 100) {
		say(out, ", ");
		text_duration(out, step->milliseconds);
	}
	say(out, "\n");
}

static void effects(struct terminal *out, const struct amplan_step *step, size_t indent)
{
	static const char marks[] = {'+', '~', '-'};
	size_t column = indent;
	blanks(out, step->neffects ? indent : 0);
	for (size_t i = 0; i < step->neffects; i++) {
		const struct amplan_effect *effect = &step->effects[i];
		size_t width = strlen(effect->type) + utf8_width(effect->name) + 3;
		if (i && column + 2 + width > out->width) {
			say(out, "\n");
			blanks(out, indent);
			column = indent;
		} else if (i) {
			say(out, "  ");
			column += 2;
		}
		say(out,
			effect->kind == AMPLAN_CREATED           ? GREEN "%c %s %s" PLAIN
				: effect->kind == AMPLAN_DROPPED ? RED "%c %s %s" PLAIN
								 : YELLOW
				"%c %s %s" PLAIN,
			marks[effect->kind], effect->type, effect->name);
		column += width;
	}
	if (step->neffects)
		say(out, "\n");
}

static void one_step(struct terminal *out, const struct amplan_report *report,
	const struct amplan_step *step)
{
	const struct amplan_migration *migration = step->migration;
	size_t indent = digits(report->nsteps) + 4;
	blanks(out, 2 + digits(report->nsteps) - digits(step->number));
	say(out, "%u  " BOLD "%s" PLAIN, step->number, migration->id);
	text_marks(out, migration->flags);
	outcome(out, report, step);
	say(out, "\n");
	if (migration->description && *migration->description) {
		blanks(out, indent);
		terminal_wrap(out, migration->description, indent, indent);
	}
	if (!report->rollback)
		reason(out, migration, indent);
	counts(out, step, indent);
	effects(out, step, indent);
}

void text_diff(struct terminal *out, const char *diff)
{
	while (*diff) {
		size_t length = strcspn(diff, "\n");
		char line[1024];
		size_t n = length < sizeof(line) - 1 ? length : sizeof(line) - 1;
		memcpy(line, diff, n);
		line[n] = '\0';
		say(out,
			*diff == '+'           ? GREEN
				: *diff == '-' ? RED
				: *diff == '@' ? CYAN
					       : "");
		terminal_source(out, line);
		say(out, length > n ? "..." PLAIN "\n" : PLAIN "\n");
		diff += length + (diff[length] == '\n');
	}
}

void text_plan(struct terminal *out, const struct amplan_report *report)
{
	header(out, report);
	unsigned stage = 0;
	for (size_t i = 0; i < report->nsteps; i++) {
		const struct amplan_step *step = &report->steps[i];
		if (step->stage != stage && report->nstages > 1)
			say(out, "\n" BOLD "stage %u of %u" PLAIN "\n", step->stage,
				report->nstages);
		else
			say(out, i && report->nsteps > 30 ? "" : "\n");
		stage = step->stage;
		one_step(out, report, step);
	}
	if (!report->nsteps)
		return;
	say(out, "\n");
	if (report->schema_diff && *report->schema_diff) {
		text_diff(out, report->schema_diff);
		say(out, "\n");
	}
}

void text_plan_totals(struct terminal *out, const struct amplan_report *report)
{
	uint64_t statements = 0, rows = 0, unknown = 0;
	int64_t milliseconds = 0;
	size_t kinds[3] = {0};
	for (size_t i = 0; i < report->nsteps; i++) {
		const struct amplan_step *step = &report->steps[i];
		statements += step->statements;
		rows += step->rows > 0 ? (uint64_t)step->rows : 0;
		unknown += step->unknown;
		milliseconds += step->milliseconds;
		for (size_t j = 0; j < step->neffects; j++)
			kinds[step->effects[j].kind]++;
	}
	terminal_count(out, report->nsteps, "migration");
	say(out, " in ");
	terminal_count(out, report->nstages, "stage");
	if (statements) {
		say(out, ", ");
		terminal_count(out, statements, "statement");
		say(out, ", ");
		terminal_count(out, rows, "row");
		say(out, " changed");
	}
	if (milliseconds >= 100) {
		say(out, ", ");
		text_duration(out, milliseconds);
	}
	say(out, "\n");
	if (kinds[0] + kinds[1] + kinds[2])
		say(out, "objects: %zu created, %zu altered, %zu dropped\n", kinds[0],
			kinds[1], kinds[2]);
	if (unknown) {
		terminal_count(out, unknown, "check");
		say(out, " could not be judged without the real rows\n");
	}
	if (report->digest)
		say(out, "digest %s\n", report->digest);
}
