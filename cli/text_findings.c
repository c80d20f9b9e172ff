#include "cli/text_findings.h"

#include <stdio.h>
#include <string.h>

#include "cli/utf8.h"

static void severity_of(struct terminal *out, const struct amplan_finding *finding)
{
	switch (finding->severity) {
	case AMPLAN_ERROR:
		say(out, RED "error[%s]:" PLAIN " ", finding->kind);
		break;
	case AMPLAN_WARNING:
		say(out, YELLOW "warning[%s]:" PLAIN " ", finding->kind);
		break;
	case AMPLAN_NOTE:
		say(out, CYAN "note[%s]:" PLAIN " ", finding->kind);
		break;
	}
}

static void place_of(struct terminal *out, const struct amplan_place *place)
{
	if (!place->file)
		return;
	say(out, BOLD "%s:", place->file);
	if (place->line)
		say(out, "%u:", place->line);
	if (place->line && place->column)
		say(out, "%u:", place->column);
	say(out, PLAIN " ");
}

/* Columns that one character of a source line takes, as terminal_source() prints it. */
static size_t columns_at(const char *text, size_t *bytes)
{
	char one[8] = {0};
	uint32_t point;
	size_t n = utf8_read(text, &point);
	*bytes = n ? n : 1;
	memcpy(one, text, *bytes);
	return utf8_width(one);
}

/* Blanks up to the place, tabs as tabs, then carets as wide as what they point at. */
static void carets(struct terminal *out, const struct amplan_place *place)
{
	const char *text = place->text;
	size_t bytes, width = 0;
	say(out, "  ");
	for (unsigned column = 1; column < place->column && *text; column++) {
		width = columns_at(text, &bytes);
		for (size_t i = 0; *text == '\t' ? i < 1 : i < width; i++)
			putc(*text == '\t' ? '\t' : ' ', out->stream);
		text += bytes;
	}
	width = 0;
	for (unsigned i = 0; i < place->length && *text; i++, text += bytes)
		width += *text == '\t' ? (bytes = 1) : columns_at(text, &bytes);
	say(out, GREEN);
	for (size_t i = 0; i < (width ? width : 1); i++)
		putc('^', out->stream);
	say(out, PLAIN "\n");
}

static void source_line(struct terminal *out, const struct amplan_place *place)
{
	if (!place->text || !place->line)
		return;
	say(out, "  ");
	terminal_source(out, place->text);
	say(out, "\n");
	if (place->column)
		carets(out, place);
}

static void finding(struct terminal *out, const struct amplan_finding *item)
{
	place_of(out, &item->place);
	severity_of(out, item);
	say(out, "%s\n", item->message);
	source_line(out, &item->place);
	for (size_t i = 0; i < item->nrelated; i++) {
		const struct amplan_place *other = &item->related[i];
		place_of(out, other);
		say(out, CYAN "note:" PLAIN " %s\n",
			other->label ? other->label : "here");
		source_line(out, other);
	}
	if (item->hint)
		say(out, "  " GREEN "help:" PLAIN " %s\n", item->hint);
}

void text_findings(
	struct terminal *terminal, const struct amplan_report *report, bool quiet)
{
	for (size_t i = 0; i < report->nfindings; i++)
		if (!quiet || report->findings[i].severity != AMPLAN_NOTE)
			finding(terminal, &report->findings[i]);
}

static bool is_same_text(const char *left, const char *right)
{
	return left == right || (left && right && !strcmp(left, right));
}

bool text_findings_has(
	const struct amplan_report *report, const struct amplan_finding *item)
{
	for (size_t i = 0; report && i < report->nfindings; i++) {
		const struct amplan_finding *other = &report->findings[i];
		if (other->place.line == item->place.line &&
			other->place.column == item->place.column &&
			is_same_text(other->place.file, item->place.file) &&
			is_same_text(other->kind, item->kind) &&
			is_same_text(other->message, item->message))
			return true;
	}
	return false;
}

static void summary(struct terminal *terminal, const size_t counts[3])
{
	static const char *const words[] = {"error", "warning", "note"};
	const char *comma = "";
	for (size_t i = 0; i < 3; i++) {
		if (!counts[i])
			continue;
		say(terminal, "%s", comma);
		terminal_count(terminal, counts[i], words[i]);
		comma = ", ";
	}
	if (counts[0] || counts[1] || counts[2])
		say(terminal, "\n");
}

void text_findings_summary(struct terminal *terminal, const struct amplan_report *report)
{
	size_t counts[3] = {0};
	for (size_t i = 0; i < report->nfindings; i++)
		counts[report->findings[i].severity]++;
	summary(terminal, counts);
}

void text_findings_of_two(struct terminal *terminal, const struct amplan_report *first,
	const struct amplan_report *second, bool quiet)
{
	size_t counts[3] = {0};
	for (size_t i = 0; i < first->nfindings; i++) {
		const struct amplan_finding *item = &first->findings[i];
		if (text_findings_has(second, item))
			continue;
		counts[item->severity]++;
		if (!quiet || item->severity != AMPLAN_NOTE)
			finding(terminal, item);
	}
	for (size_t i = 0; i < second->nfindings; i++)
		counts[second->findings[i].severity]++;
	text_findings(terminal, second, quiet);
	summary(terminal, counts);
}

void text_findings_log(struct log *log, const struct amplan_report *report,
	const struct amplan_report *than)
{
	static const enum amplan_level levels[] = {
		AMPLAN_LOG_ERROR, AMPLAN_LOG_WARNING, AMPLAN_LOG_INFO};
	for (size_t i = 0; i < report->nfindings; i++) {
		const struct amplan_finding *item = &report->findings[i];
		if (text_findings_has(than, item))
			continue;
		char line[16], column[16];
		snprintf(line, sizeof(line), "%u", item->place.line);
		snprintf(column, sizeof(column), "%u", item->place.column);
		struct amplan_field fields[6];
		size_t n = 0;
		fields[n++] = (struct amplan_field){"kind", item->kind};
		if (item->nids)
			fields[n++] = (struct amplan_field){"id", item->ids[0]};
		if (item->place.file)
			fields[n++] = (struct amplan_field){"file", item->place.file};
		if (item->place.file && item->place.line)
			fields[n++] = (struct amplan_field){"line", line};
		if (item->place.file && item->place.column)
			fields[n++] = (struct amplan_field){"column", column};
		if (item->hint)
			fields[n++] = (struct amplan_field){"hint", item->hint};
		log_entry(log, levels[item->severity], item->message, fields, n);
	}
}

bool text_findings_say(const struct amplan_report *report, const char *message)
{
	for (size_t i = 0; report && i < report->nfindings; i++)
		if (!strcmp(report->findings[i].message, message))
			return true;
	return false;
}
