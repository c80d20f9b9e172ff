#include "cli/github.h"

#include <string.h>

#include "cli/utf8.h"

/* The runner takes each of `special` for an end or a separator, and undoes just these. */
static void put(struct terminal *out, const char *text, const char *special)
{
	while (*text) {
		uint32_t point;
		size_t n = utf8_read(text, &point);
		if (strchr(special, *text))
			fprintf(out->stream, "%%%02X", (unsigned)(unsigned char)*text);
		else
			terminal_piece(out, text, n ? n : 1);
		text += n ? n : 1;
	}
}

static void data(struct terminal *out, const char *text)
{
	put(out, text, "%\r\n");
}

static void property(struct terminal *out, const char *text)
{
	put(out, text, "%\r\n:,");
}

static void position(struct terminal *out, const struct amplan_place *place)
{
	if (!place->file)
		return;
	say(out, "file=");
	property(out, place->file);
	if (place->line)
		say(out, ",line=%u", place->line);
	if (place->line && place->column)
		say(out, ",col=%u,endColumn=%u", place->column,
			place->column + place->length);
	say(out, ",");
}

/* "file:line:column: label", on a line of its own. */
static void other(struct terminal *out, const struct amplan_place *place)
{
	say(out, "%%0A");
	if (place->file)
		data(out, place->file);
	if (place->file && place->line)
		say(out, ":%u", place->line);
	if (place->file && place->line && place->column)
		say(out, ":%u", place->column);
	if (place->file)
		say(out, ": ");
	data(out, place->label ? place->label : "here");
}

static void hint(struct terminal *out, const char *text)
{
	say(out, "%%0Ahelp: ");
	data(out, text);
}

static void finding(struct terminal *out, const struct amplan_finding *item)
{
	static const char *const commands[] = {"error", "warning", "notice"};
	say(out, "::%s ", commands[item->severity]);
	position(out, &item->place);
	say(out, "title=");
	property(out, item->kind);
	say(out, "::");
	data(out, item->message);
	for (size_t i = 0; i < item->nrelated; i++)
		other(out, &item->related[i]);
	if (item->hint)
		hint(out, item->hint);
	say(out, "\n");
}

void github_findings(struct terminal *out, const struct amplan_report *report, bool quiet)
{
	for (size_t i = 0; i < report->nfindings; i++)
		if (!quiet || report->findings[i].severity != AMPLAN_NOTE)
			finding(out, &report->findings[i]);
}

void github_error(struct terminal *out, const struct amplan_error *error)
{
	say(out, "::error title=amplan::");
	data(out, error->message);
	if (error->hint[0])
		hint(out, error->hint);
	say(out, "\n");
}
