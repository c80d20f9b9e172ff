/*
 * explain: a kind of finding, explained.
 */
#include <string.h>

#include "cli/cmd.h"
#include "cli/explain_texts.h"
#include "cli/utf8.h"

static const char *kind_at(const void *words, size_t index)
{
	(void)words;
	return explain_at(index)->kind; /* asked in order, up to the one without */
}

static int run(struct app *app)
{
	const char *kind = app->options.noperands ? app->options.operands[0] : NULL;
	if (!kind || explain_find(kind))
		return AMPLAN_OK;
	const char *nearest = utf8_nearest(kind, kind_at, NULL);
	app_fail(app, AMPLAN_USAGE, "'amplan explain' lists all kinds",
		"no finding is of the kind '%.100s'", kind);
	if (nearest)
		snprintf(app->error.hint, sizeof(app->error.hint), "did you mean '%s'?",
			nearest);
	return AMPLAN_USAGE;
}

/* Examples are indented line by line. */
static void example(struct terminal *out, const char *title, const char *text)
{
	say(out, "\n" BOLD "%s" PLAIN "\n", title);
	while (*text) {
		size_t length = strcspn(text, "\n");
		say(out, "  ");
		for (size_t i = 0; i < length; i++)
			say(out, "%c", text[i]);
		say(out, "\n");
		text += length + (text[length] == '\n');
	}
}

static void list(struct terminal *out)
{
	for (size_t i = 0; explain_at(i)->kind; i++) {
		const struct explain_text *text = explain_at(i);
		terminal_column(out, text->kind, 26);
		terminal_wrap(out, text->line, 26, 26);
	}
	say(out, "\n'amplan explain KIND' says more.\n");
}

static void show(struct app *app)
{
	struct terminal *out = &app->out;
	if (app->code)
		return;
	if (!app->options.noperands) {
		list(out);
		return;
	}
	const struct explain_text *text = explain_find(app->options.operands[0]);
	say(out, BOLD "%s" PLAIN ": %s\n\n", text->kind, text->line);
	terminal_wrap(out, text->text, 0, 0);
	example(out, "bad", text->bad);
	example(out, "good", text->good);
}

static void members(struct json *json, const struct explain_text *text)
{
	json_text(json, "kind", text->kind);
	json_text(json, "line", text->line);
	json_text(json, "text", text->text);
	json_text(json, "bad", text->bad);
	json_text(json, "good", text->good);
}

static void json(struct app *app, struct json *json)
{
	if (app->code)
		return;
	json_array(json, "kinds");
	for (size_t i = 0; explain_at(i)->kind; i++) {
		const struct explain_text *text = explain_at(i);
		if (app->options.noperands &&
			strcmp(text->kind, app->options.operands[0]) != 0)
			continue;
		json_map(json, NULL);
		members(json, text);
		json_end_map(json);
	}
	json_end_array(json);
}

const struct cmd cmd_explain = {
	.name = "explain",
	.line = "explain a kind of finding, with a bad and a good example",
	.operands = "[KIND]",
	.most = 1,
	.text = "Explains the word in brackets of a finding: what it means, why it matters, "
		"what it looks like and what to do instead. Without a kind it lists all.\n\n"
		"  amplan explain missing-dependency",
	.run = run,
	.show = show,
	.json = json,
};
