#include "cli/sarif.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain_texts.h"
#include "cli/json.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"
#define NO_RULE ((size_t)-1)

static void member(struct json *json, const char *key, const char *name, const char *text)
{
	json_map(json, key);
	json_text(json, name, text);
	json_end_map(json);
}

/* Text that Markdown takes as it is: each of its marks is escaped. */
static void put_plain(FILE *stream, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\`*_{}[]()<>#+-.!|~&$@:", *text))
			putc('\\', stream);
		putc(*text, stream);
	}
}

/* A string while it is written. */
struct draft {
	FILE *stream;
	char *text;
	size_t length;
};

static bool draft_open(struct draft *draft, struct json *json)
{
	*draft = (struct draft){0};
	draft->stream = open_memstream(&draft->text, &draft->length);
	json->failed = json->failed || !draft->stream;
	return draft->stream;
}

/* Puts it under the key, and ends it. */
static void draft_put(struct draft *draft, struct json *json, const char *key)
{
	bool failed = ferror(draft->stream) != 0;
	/* the last reallocation may fail without a word, and then the text is gone */
	if (fclose(draft->stream) || failed || !draft->text)
		json->failed = true;
	else
		json_text(json, key, draft->text);
	free(draft->text);
}

static void rule_help(struct json *json, const struct explain_text *rule)
{
	struct draft draft;
	json_map(json, "help");
	if (draft_open(&draft, json)) {
		fprintf(draft.stream, "%s\n\nBad:\n%s\n\nGood:\n%s\n", rule->text,
			rule->bad, rule->good);
		draft_put(&draft, json, "text");
	}
	if (draft_open(&draft, json)) {
		put_plain(draft.stream, rule->text);
		fprintf(draft.stream,
			"\n\nBad:\n\n```\n%s\n```\n\nGood:\n\n```\n%s\n```\n", rule->bad,
			rule->good);
		draft_put(&draft, json, "markdown");
	}
	json_end_map(json);
}

static void driver(struct json *json)
{
	json_map(json, "tool");
	json_map(json, "driver");
	json_text(json, "name", "amplan");
	json_text(json, "version", amplan_version());
	json_array(json, "rules");
	for (size_t i = 0; explain_at(i)->kind; i++) {
		const struct explain_text *rule = explain_at(i);
		json_map(json, NULL);
		json_text(json, "id", rule->kind);
		member(json, "shortDescription", "text", rule->line);
		member(json, "fullDescription", "text", rule->text);
		rule_help(json, rule);
		json_end_map(json);
	}
	json_end_array(json);
	json_end_map(json);
	json_end_map(json);
}

/* A path as a URI: relative where the path is. */
static void artifact(struct json *json, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";
	struct draft draft;
	json_map(json, "artifactLocation");
	if (draft_open(&draft, json)) {
		if (*path == '/')
			fputs("file://", draft.stream);
		for (; *path; path++)
			if (strchr(plain, *path))
				putc(*path, draft.stream);
			else
				fprintf(draft.stream, "%%%02X",
					(unsigned)(unsigned char)*path);
		draft_put(&draft, json, "uri");
	}
	json_end_map(json);
}

static void physical(struct json *json, const struct amplan_place *place)
{
	json_map(json, "physicalLocation");
	artifact(json, place->file);
	if (place->line) {
		json_map(json, "region");
		json_number(json, "startLine", place->line);
		if (place->column) {
			json_number(json, "startColumn", place->column);
			json_number(json, "endColumn",
				(int64_t)place->column + place->length);
		}
		json_end_map(json);
	}
	json_end_map(json);
}

static void locations(struct json *json, const struct sarif_run *run,
	const struct amplan_finding *finding)
{
	struct amplan_place place = finding->place;
	if (!place.file)
		place = (struct amplan_place){.file = run->folder};
	if (!place.file)
		return;
	json_array(json, "locations");
	json_map(json, NULL);
	physical(json, &place);
	json_end_map(json);
	json_end_array(json);
}

static void related(struct json *json, const struct amplan_finding *finding)
{
	size_t id = 0;
	for (size_t i = 0; i < finding->nrelated; i++) {
		const struct amplan_place *place = &finding->related[i];
		if (!place->file)
			continue;
		if (!id++)
			json_array(json, "relatedLocations");
		json_map(json, NULL);
		json_number(json, "id", (int64_t)id);
		physical(json, place);
		member(json, "message", "text", place->label ? place->label : "here");
		json_end_map(json);
	}
	if (id)
		json_end_array(json);
}

static void message(struct json *json, const struct amplan_finding *finding)
{
	struct draft draft;
	json_map(json, "message");
	json_text(json, "text", finding->message);
	if (finding->hint && draft_open(&draft, json)) {
		put_plain(draft.stream, finding->message);
		fputs("\n\n**help:** ", draft.stream);
		put_plain(draft.stream, finding->hint);
		draft_put(&draft, json, "markdown");
	}
	json_end_map(json);
}

static void properties(struct json *json, const struct amplan_finding *finding)
{
	if (!finding->hint && !finding->nids)
		return;
	json_map(json, "properties");
	if (finding->nids) {
		json_array(json, "ids");
		for (size_t i = 0; i < finding->nids; i++)
			json_text(json, NULL, finding->ids[i]);
		json_end_array(json);
	}
	json_text(json, "hint", finding->hint);
	json_end_map(json);
}

/* FNV-1a, the NUL included, so that two texts are not taken for one. */
static uint64_t add_to_hash(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	while (*text++);
	return hash;
}

/* What stays the same while lines, and files with ids in them, are moved. */
static uint64_t hash_of(const struct amplan_finding *finding)
{
	uint64_t hash = add_to_hash(UINT64_C(0xcbf29ce484222325), finding->kind);
	for (size_t i = 0; i < finding->nids; i++)
		hash = add_to_hash(hash, finding->ids[i]);
	if (!finding->nids && finding->place.file)
		hash = add_to_hash(hash, finding->place.file);
	return add_to_hash(hash, finding->message);
}

/* One of several findings with the same hash is told by its number among them. */
struct print {
	uint64_t hash;
	size_t finding, number;
};

static int compare_hashes(const void *a, const void *b)
{
	const struct print *l = a, *r = b;
	if (l->hash != r->hash)
		return l->hash > r->hash ? 1 : -1;
	return (l->finding > r->finding) - (l->finding < r->finding);
}

static int compare_findings(const void *a, const void *b)
{
	const struct print *l = a, *r = b;
	return (l->finding > r->finding) - (l->finding < r->finding);
}

/* The fingerprints of all findings, to be freed; NULL: no memory. */
static struct print *take_prints(const struct amplan_report *report)
{
	size_t count = report ? report->nfindings : 0;
	struct print *prints = calloc(count + 1, sizeof(*prints));
	for (size_t i = 0; prints && i < count; i++)
		prints[i] = (struct print){hash_of(&report->findings[i]), i, 1};
	if (!prints || count < 2)
		return prints;
	qsort(prints, count, sizeof(*prints), compare_hashes);
	for (size_t i = 1; i < count; i++)
		if (prints[i].hash == prints[i - 1].hash)
			prints[i].number = prints[i - 1].number + 1;
	qsort(prints, count, sizeof(*prints), compare_findings);
	return prints;
}

static size_t rule_of(const char *kind)
{
	for (size_t i = 0; explain_at(i)->kind; i++)
		if (!strcmp(explain_at(i)->kind, kind))
			return i;
	return NO_RULE;
}

static void result(struct json *json, const struct sarif_run *run,
	const struct amplan_finding *finding, const struct print *print)
{
	static const char *const levels[] = {"error", "warning", "note"};
	char text[48];
	size_t rule = rule_of(finding->kind);
	json_map(json, NULL);
	json_text(json, "ruleId", finding->kind);
	if (rule != NO_RULE)
		json_number(json, "ruleIndex", (int64_t)rule);
	json_text(json, "level", levels[finding->severity]);
	message(json, finding);
	locations(json, run, finding);
	related(json, finding);
	snprintf(text, sizeof(text), "%016llx:%zu", (unsigned long long)print->hash,
		print->number);
	member(json, "partialFingerprints", "amplanFinding/v1", text);
	properties(json, finding);
	json_end_map(json);
}

static void results(struct json *json, const struct sarif_run *run)
{
	struct print *prints = take_prints(run->report);
	json->failed = json->failed || !prints;
	json_array(json, "results");
	for (size_t i = 0; prints && run->report && i < run->report->nfindings; i++)
		result(json, run, &run->report->findings[i], &prints[i]);
	json_end_array(json);
	free(prints);
}

static void invocation(struct json *json, const struct sarif_run *run)
{
	json_array(json, "invocations");
	json_map(json, NULL);
	json_bool(json, "executionSuccessful", !run->error);
	json_number(json, "exitCode", run->exit);
	if (run->error) {
		json_array(json, "toolExecutionNotifications");
		json_map(json, NULL);
		json_text(json, "level", "error");
		member(json, "message", "text", run->error->message);
		if (run->error->hint[0])
			member(json, "properties", "hint", run->error->hint);
		json_end_map(json);
		json_end_array(json);
	}
	json_end_map(json);
	json_end_array(json);
}

bool sarif_write(FILE *stream, const struct sarif_run *run)
{
	struct json json;
	if (!json_open(&json, stream))
		return false;
	json_map(&json, NULL);
	json_text(&json, "$schema", SCHEMA);
	json_text(&json, "version", "2.1.0");
	json_array(&json, "runs");
	json_map(&json, NULL);
	driver(&json);
	invocation(&json, run);
	json_text(&json, "columnKind", "unicodeCodePoints");
	results(&json, run);
	json_end_map(&json);
	json_end_array(&json);
	json_end_map(&json);
	putc('\n', stream);
	json_close(&json);
	return !json.failed;
}
