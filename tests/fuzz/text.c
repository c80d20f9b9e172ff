/*
 * Fuzz: what is printed. The bytes are a report with findings, steps, a history and a
 * difference of schemas, as a hostile descriptor or database could make it.
 *
 * On a terminal no byte of it acts: no control, no escape but our colours, nothing that
 * turns the direction of writing, nothing broken; and each finding has the lines it
 * should have, so that no text can pretend to be another. For GitHub it is one command
 * each. As JSON, SARIF and log it can be parsed, and says what the report says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#include "cli/github.h"
#include "cli/json.h"
#include "cli/log.h"
#include "cli/sarif.h"
#include "cli/text_findings.h"
#include "cli/text_plan.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/shown.h"

#define MOST 4

struct world {
	struct amp_arena arena;
	struct amplan_report report;
	struct amplan_migration migrations[MOST];
	struct amplan_edge edges[MOST];
	struct amplan_step steps[MOST];
	struct amplan_effect effects[MOST];
	struct amplan_event events[MOST];
	struct amplan_finding findings[MOST];
	struct amplan_place related[MOST];
	const char *ids[MOST], *unknown[MOST];
	struct amplan_error error;
};

/* Fields are filled one after the other: compilers do not agree on the order in braces. */

/* Text, or NULL now and then where that may be. */
static const char *text(struct world *world, struct input *input)
{
	return input_text(input, &world->arena);
}

static const char *text_or_null(struct world *world, struct input *input)
{
	return input_below(input, 4) ? text(world, input) : NULL;
}

/* A place never has a line end in its text, nor a column behind it. */
static struct amplan_place make_place(struct world *world, struct input *input)
{
	struct amplan_place place = {.file = text_or_null(world, input)};
	if (!place.file)
		return place;
	place.line = input_byte(input);
	char *line = input_text(input, &world->arena);
	line[strcspn(line, "\r\n")] = '\0';
	if (!place.line)
		return place;
	place.text = input_below(input, 4) ? line : NULL;
	place.column = input_byte(input);
	place.length = place.column ? 1 + input_byte(input) : 0;
	return place;
}

static void make_findings(struct world *world, struct input *input)
{
	size_t count = input_below(input, MOST + 1);
	for (size_t i = 0; i < count; i++) {
		world->ids[i] = text(world, input);
		world->related[i] = make_place(world, input);
		world->related[i].label = text_or_null(world, input);
		struct amplan_finding *item = &world->findings[i];
		item->kind = i % 2 ? "invalid-sql" : "cycle";
		item->severity = (enum amplan_severity)input_below(input, 3);
		item->ids = world->ids;
		item->nids = i;
		item->place = make_place(world, input);
		item->message = text(world, input);
		item->hint = text_or_null(world, input);
		item->related = world->related;
		item->nrelated = i;
	}
	world->report.findings = world->findings;
	world->report.nfindings = count;
}

static void make_migrations(struct world *world, struct input *input)
{
	size_t count = input_below(input, MOST + 1);
	for (size_t i = 0; i < count; i++) {
		struct amplan_migration *item = &world->migrations[i];
		struct amplan_step *step = &world->steps[i];
		world->edges[i].on = text(world, input);
		world->edges[i].reason = text_or_null(world, input);
		item->id = text(world, input);
		item->module = text(world, input);
		item->description = text(world, input);
		item->checksum = text(world, input);
		item->place = make_place(world, input);
		item->state = (enum amplan_state)input_below(input, AMPLAN_RUNNING + 1);
		item->flags = input_byte(input);
		item->edges = world->edges;
		item->nedges = i;
		world->effects[i].kind = (enum amplan_effect_kind)input_below(input, 3);
		world->effects[i].type = "table";
		world->effects[i].name = text(world, input);
		step->migration = item;
		step->number = (unsigned)i + 1;
		step->stage = 1 + (unsigned)i / 2;
		step->outcome =
			(enum amplan_outcome)input_below(input, AMPLAN_UNTRIED + 1);
		step->statements = input_byte(input);
		step->rows = input_byte(input);
		step->effects = world->effects;
		step->neffects = i;
	}
	world->report.migrations = world->migrations;
	world->report.nmigrations = count;
	world->report.steps = world->steps;
	world->report.nsteps = input_below(input, 2) ? count : 0;
	world->report.nstages = (unsigned)(count + 1) / 2;
}

static void make_history(struct world *world, struct input *input)
{
	size_t count = input_below(input, MOST + 1);
	for (size_t i = 0; i < count; i++) {
		world->unknown[i] = text(world, input);
		struct amplan_event *event = &world->events[i];
		event->number = (int64_t)i;
		event->event = text(world, input);
		event->id = text(world, input);
		event->checksum = text(world, input);
		event->plan = text(world, input);
		event->applied_at = text(world, input);
		event->tool = text(world, input);
		event->host = text(world, input);
		event->fingerprint = text(world, input);
	}
	world->report.applied = world->events;
	world->report.napplied = count;
	world->report.unknown = world->unknown;
	world->report.nunknown = count;
}

static void make_world(struct world *world, struct input *input)
{
	struct amplan_report *report = &world->report;
	amp_arena_init(&world->arena);
	make_findings(world, input);
	make_migrations(world, input);
	make_history(world, input);
	report->verdict = (enum amplan_verdict)input_below(input, AMPLAN_DIVERGED + 1);
	report->engine = "sqlite";
	report->database = text_or_null(world, input);
	report->digest = text_or_null(world, input);
	report->fidelity_note = text_or_null(world, input);
	report->schema_diff = text_or_null(world, input);
	report->holder.command = text(world, input);
	report->holder.pid = input_byte(input);
	report->failure.at = text_or_null(world, input);
	report->failure.id = text(world, input);
	report->failure.message = text(world, input);
	report->failure.place = text(world, input);
	report->rollback = input_below(input, 2);
	report->done = input_below(input, 2);
	world->error.code = AMPLAN_FAILED;
	snprintf(world->error.message, sizeof(world->error.message), "%s",
		text(world, input));
	snprintf(world->error.hint, sizeof(world->error.hint), "%s", text(world, input));
}

/* A stream into memory that pretends to be a terminal with colours. */
struct page {
	struct terminal terminal;
	char *text;
	size_t length;
};

static void open_page(struct page *page, bool color)
{
	*page = (struct page){0};
	page->terminal.stream = open_memstream(&page->text, &page->length);
	must(page->terminal.stream);
	page->terminal.color = color;
	page->terminal.width = 80;
}

/* Takes out the colours, which are all that may begin with an escape. */
static void close_page(struct page *page)
{
	static const char *const colors[] = {"\033[1m", "\033[1;31m", "\033[33m",
		"\033[32m", "\033[36m", "\033[2m", "\033[0m"};
	must(!fclose(page->terminal.stream));
	char *to = page->text;
	for (const char *from = page->text; from < page->text + page->length;) {
		size_t n = 0;
		for (size_t i = 0; *from == '\033' && i < 7 && !n; i++)
			if (!strncmp(from, colors[i], strlen(colors[i])))
				n = strlen(colors[i]);
		if (!n)
			*to++ = *from++;
		from += n;
	}
	page->length = (size_t)(to - page->text);
	*to = '\0';
	shown_is_harmless(page->text, page->length, "\n\t");
}

static size_t count_lines(const struct page *page)
{
	size_t lines = 0;
	for (size_t i = 0; i < page->length; i++)
		lines += page->text[i] == '\n';
	return lines;
}

static size_t lines_of(const struct amplan_place *place)
{
	return place->text && place->line ? 1 + (place->column > 0) : 0;
}

static void check_findings(const struct world *world)
{
	struct page page;
	size_t lines = 0, at = 0;
	open_page(&page, true);
	text_findings(&page.terminal, &world->report, false);
	close_page(&page);
	for (size_t i = 0; i < world->report.nfindings; i++) {
		const struct amplan_finding *it = &world->findings[i];
		lines += 1 + lines_of(&it->place) + (it->hint != NULL);
		for (size_t k = 0; k < it->nrelated; k++)
			lines += 1 + lines_of(&it->related[k]);
	}
	must(lines == count_lines(&page));
	free(page.text);
	open_page(&page, false);
	github_findings(&page.terminal, &world->report, false);
	close_page(&page);
	must(count_lines(&page) == world->report.nfindings);
	for (size_t i = 0; i < world->report.nfindings; i++) {
		static const char *const words[] = {
			"::error ", "::warning ", "::notice "};
		const char *word = words[world->findings[i].severity];
		must(!strncmp(page.text + at, word, strlen(word)));
		/* between the command and its text no "::" that ends it too soon */
		const char *text = strstr(page.text + at + strlen(word), "::");
		must(text && strstr(page.text + at, "title=") < text);
		at += strcspn(page.text + at, "\n") + 1;
	}
	free(page.text);
}

static void check_rest(const struct world *world)
{
	const struct amplan_report *report = &world->report;
	struct page page;
	open_page(&page, true);
	struct log log = {.err = &page.terminal};
	struct amplan_field field = {"key", world->error.message};
	text_plan(&page.terminal, report);
	text_plan_totals(&page.terminal, report);
	text_findings_summary(&page.terminal, report);
	text_findings_log(&log, report, NULL);
	log_entry(&log, AMPLAN_LOG_ERROR, world->error.hint, &field, 1);
	terminal_wrap(&page.terminal, world->error.message, 0, 4);
	terminal_column(&page.terminal, world->error.hint, 20);
	terminal_argument(&page.terminal, world->error.hint);
	terminal_source(&page.terminal, world->error.hint);
	say(&page.terminal, BOLD "%s" PLAIN "\n", world->error.message);
	github_error(&page.terminal, &world->error);
	close_page(&page);
	free(page.text);
}

/* As JSON can hold it: each broken byte replaced, and no other. */
static void must_say(yajl_val value, const char *wanted)
{
	static const char replaced[] = "\xef\xbf\xbd";
	must(value && YAJL_IS_STRING(value));
	const char *is = YAJL_GET_STRING(value);
	for (size_t left = strlen(wanted), n; left; wanted += n, left -= n) {
		const char *part = wanted;
		uint32_t point;
		size_t length = n = shown_decode(wanted, left, &point);
		if (!n) {
			n = 1;
			part = replaced;
			length = sizeof(replaced) - 1;
		}
		must(!strncmp(is, part, length));
		is += length;
	}
	must(!*is);
}

static yajl_val parse(const struct page *page)
{
	char why[200] = "";
	yajl_val tree = yajl_tree_parse(page->text, why, sizeof(why));
	if (!tree)
		fprintf(stderr, "%s\n%s\n", why, page->text);
	must(tree);
	return tree;
}

static void check_json(const struct world *world)
{
	static const char *const path[] = {"findings", NULL};
	static const char *const message[] = {"message", NULL};
	struct page page;
	struct json json;
	open_page(&page, false);
	must(json_open(&json, page.terminal.stream));
	json_map(&json, NULL);
	json_report(&json, &world->report, NULL);
	json_error(&json, world->error.code, &world->error);
	json_end_map(&json);
	must(!json.failed);
	json_close(&json);
	must(!fclose(page.terminal.stream));
	yajl_val tree = parse(&page);
	yajl_val list = yajl_tree_get(tree, (const char **)(uintptr_t)path, yajl_t_array);
	must(list && YAJL_GET_ARRAY(list)->len == world->report.nfindings);
	for (size_t i = 0; i < world->report.nfindings; i++)
		must_say(yajl_tree_get(YAJL_GET_ARRAY(list)->values[i],
				 (const char **)(uintptr_t)message, yajl_t_string),
			world->findings[i].message);
	yajl_tree_free(tree);
	free(page.text);
}

static void check_other_json(const struct world *world)
{
	struct sarif_run run = {.report = &world->report,
		.folder = world->error.hint,
		.exit = 1,
		.error = &world->error};
	struct page page;
	open_page(&page, false);
	must(sarif_write(page.terminal.stream, &run));
	must(!fclose(page.terminal.stream));
	yajl_tree_free(parse(&page));
	free(page.text);
	open_page(&page, false);
	struct log log = {.err = &page.terminal, .json = true};
	text_findings_log(&log, &world->report, NULL);
	must(!fclose(page.terminal.stream));
	must(count_lines(&page) == world->report.nfindings);
	for (char *line = page.text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		struct page part = {.text = line};
		yajl_tree_free(parse(&part));
	}
	free(page.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = {0};
	struct input input = input_of(data, size);
	make_world(&world, &input);
	check_findings(&world);
	check_rest(&world);
	check_json(&world);
	check_other_json(&world);
	for (int state = AMPLAN_PENDING; state <= AMPLAN_RUNNING; state++)
		must(*json_state((enum amplan_state)state));
	amp_arena_deinit(&world.arena);
	return 0;
}
