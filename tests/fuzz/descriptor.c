/*
 * Fuzz: descriptors. The first byte says what the others are: a whole file, or a part of
 * one that is well-formed around it, so that they come past the parser.
 *
 * Reading is a function of the bytes. Every finding has a place in them and a hint. What
 * was read without an error is the same SQL as stands there, squeezes to the same, and
 * after `check --fix` would have put dependencies in, it is the same migration with them.
 */
#include <stdlib.h>
#include <string.h>

#include <amplan/report.h>

#include "base/str.h"
#include "schema/bytes.h"
#include "schema/checksum.h"
#include "schema/descriptor.h"
#include "schema/edit.h"
#include "tests/fuzz/fuzz.h"

#define NS "xmlns=\"urn:amplan:1\""
#define MIGRATIONS_MAX 8

/* One reading of a file, and of the one .sql file there is. */
struct reading {
	struct amp_arena arena;
	struct amp_findings findings;
	struct amp_source *source;
	char *bytes, *sql;
	size_t nsql;
	struct amp_migration *items[MIGRATIONS_MAX];
	size_t count;
	bool formed, errors;
};

static struct amp_source *open_sql(
	void *context, const char *path, enum amp_file_problem *problem, int *number)
{
	struct reading *reading = context;
	*number = 0;
	*problem = strcmp(path, "x.sql") ? AMP_FILE_MISSING : AMP_FILE_FINE;
	return *problem
		? NULL
		: amp_source_new(&reading->arena, "m/x.sql", reading->sql, reading->nsql);
}

static void add(void *context, struct amp_migration *migration)
{
	struct reading *reading = context;
	must(migration->id && *migration->id);
	if (reading->count < MIGRATIONS_MAX)
		reading->items[reading->count] = migration;
	reading->count++;
}

static void read_bytes(struct reading *reading, const char *bytes, size_t length,
	const char *sql, size_t nsql)
{
	*reading = (struct reading){.bytes = fuzz_exact(bytes, length),
		.sql = fuzz_exact(sql, nsql),
		.nsql = nsql};
	amp_arena_init(&reading->arena);
	amp_findings_init(&reading->findings, &reading->arena);
	reading->source =
		amp_source_new(&reading->arena, "m/a.xml", reading->bytes, length);
	struct amp_complain complain = {
		&reading->findings, reading->source, "invalid-descriptor"};
	struct amp_descriptor_hooks hooks = {
		.context = reading, .open = open_sql, .add = add};
	reading->formed = amp_descriptor_read(&complain, "sqlite", &hooks);
	must(!reading->findings.failed && !reading->arena.failed);
	reading->errors = amp_findings_have_errors(&reading->findings);
	must(reading->formed || reading->errors);
}

static void end_reading(struct reading *reading)
{
	amp_findings_deinit(&reading->findings);
	amp_arena_deinit(&reading->arena);
	free(reading->bytes);
	free(reading->sql);
}

static size_t count_lines(const struct amp_source *source)
{
	size_t lines = 1;
	for (size_t i = 0; i < source->length; i++)
		lines += source->bytes[i] == '\n' || source->bytes[i] == '\r';
	return lines;
}

static void check_findings(const struct reading *reading)
{
	size_t lines = count_lines(reading->source);
	must(reading->findings.count <= 2 * AMP_READER_FINDINGS_MAX);
	for (size_t i = 0; i < reading->findings.count; i++) {
		const struct amplan_finding *finding = &reading->findings.items[i];
		const struct amplan_place *place = &finding->place;
		must(finding->hint && *finding->hint && *finding->message);
		must(strncmp(finding->message, "internal error", 14));
		must(place->file);
		must(strcmp(place->file, "m/a.xml") || place->line <= lines);
		must(!place->column || (place->line && place->length));
		must(!place->text || !strchr(place->text, '\n'));
	}
}

/* Bytes that stand for themselves in the file are those of the text. */
static void check_sql(const struct amp_sql *sql)
{
	if (!sql)
		return;
	must(strlen(sql->text) == sql->length);
	for (size_t i = 0; i < sql->nspans; i++) {
		size_t from = sql->spans[i].text;
		size_t to = i + 1 < sql->nspans ? sql->spans[i + 1].text : sql->length;
		must(from <= to && to <= sql->length);
		must(sql->spans[i].file + (to - from) * sql->spans[i].step <=
			sql->source->length);
		for (size_t k = from; sql->spans[i].step == 1 && k < to; k++) {
			char there = sql->source->bytes[sql->spans[i].file + k - from];
			must(there == sql->text[k] ||
				(there == '\r' && sql->text[k] == '\n'));
		}
	}
	for (size_t at = 0; at <= sql->length; at += 1 + sql->length / 16) {
		struct amplan_place place = amp_sql_place(sql, at, 3);
		must(place.line && place.column && place.length);
	}
}

/* A comment changes nothing, and what is squeezed cannot be squeezed further. */
static void check_squeeze(const struct amp_sql *sql)
{
	AMP_STR_AUTO plain = AMP_STR_INIT;
	AMP_STR_AUTO again = AMP_STR_INIT;
	AMP_STR_AUTO longer = AMP_STR_INIT;
	AMP_STR_AUTO commented = AMP_STR_INIT;
	if (!sql)
		return;
	amp_checksum_squeeze(&plain, sql->text, sql->length);
	amp_checksum_squeeze(&again, amp_str_text(&plain), plain.length);
	amp_str_add(&longer, " -- why ' \" [ /* \n/* \n ; -- */\t");
	amp_str_addn(&longer, sql->text, sql->length);
	amp_checksum_squeeze(&commented, amp_str_text(&longer), longer.length);
	must(plain.length <= sql->length);
	must(!strcmp(amp_str_text(&plain), amp_str_text(&again)));
	must(!strcmp(amp_str_text(&plain), amp_str_text(&commented)));
}

static void check_migration(const struct amp_migration *migration)
{
	struct amp_migration copy = *migration;
	must(strlen(migration->id) <= 128 + 1 + 128);
	check_sql(migration->up);
	check_sql(migration->down);
	check_squeeze(migration->up);
	must(amp_checksum(&copy, "sqlite"));
	must(!strcmp(copy.checksum, migration->checksum));
	must(!strcmp(copy.cosmetic, migration->cosmetic));
	must(strcmp(copy.checksum, copy.cosmetic));
}

static bool depends_on(const struct amp_migration *migration, const char *id)
{
	for (size_t i = 0; i < migration->ndepends; i++)
		if (!strcmp(migration->depends[i].id, id))
			return true;
	return false;
}

/* Nothing of the old file is missing from the new one, and it stands in its order. */
static void check_kept(const struct amp_source *old, const struct amp_str *now)
{
	size_t at = 0;
	for (size_t i = 0; i < now->length && at < old->length; i++)
		at += now->data[i] == old->bytes[at];
	must(at == old->length);
}

static void check_edit(const struct reading *before)
{
	static const char *const ids[] = {"zz-8", "m:zz-9", "zz-8", "0"};
	struct amp_edit edits[MIGRATIONS_MAX];
	AMP_STR_AUTO out = AMP_STR_INIT;
	struct amplan_error error = {0};
	struct reading after;
	size_t added;
	if (before->errors || !before->count || before->count > MIGRATIONS_MAX)
		return;
	for (size_t i = 0; i < before->count; i++)
		edits[i] = (struct amp_edit){before->items[i], ids, 1 + i % 4};
	must(!amp_edit_add_depends(
		before->source, edits, before->count, &out, &added, &error));
	check_kept(before->source, &out);
	read_bytes(&after, amp_str_text(&out), out.length, before->sql, before->nsql);
	must(!after.errors && after.count == before->count);
	for (size_t i = 0; i < before->count; i++) {
		must_mean_the_same(before->items[i], after.items[i], true);
		for (size_t k = 0; k < edits[i].nids; k++)
			must(depends_on(after.items[i], ids[k]));
		added -= after.items[i]->ndepends - before->items[i]->ndepends;
	}
	must(added == 0);
	end_reading(&after);
}

static void check_file(const char *bytes, size_t length, const char *sql, size_t nsql)
{
	struct reading one, two;
	read_bytes(&one, bytes, length, sql, nsql);
	read_bytes(&two, bytes, length, sql, nsql);
	must(one.count == two.count && one.findings.count == two.findings.count);
	check_findings(&one);
	for (size_t i = 0; i < one.count && i < MIGRATIONS_MAX; i++) {
		must(!strcmp(one.items[i]->checksum, two.items[i]->checksum));
		if (!one.errors)
			check_migration(one.items[i]);
	}
	check_edit(&one);
	end_reading(&one);
	end_reading(&two);
}

/* Attributes and texts of a descriptor of the usual kind. */
static void add_fields(struct amp_str *file, struct input *input, struct amp_arena *arena)
{
	amp_str_addf(file, "<migration " NS " id=\"%s\">", input_text(input, arena));
	amp_str_addf(file, "<description>%s</description>", input_text(input, arena));
	amp_str_addf(file, "<depends on=\"%s\"", input_text(input, arena));
	amp_str_addf(file, " reason=\"%s\"/>", input_text(input, arena));
	amp_str_addf(file, "<allow kind=\"%s\"", input_text(input, arena));
	amp_str_addf(file, " reason=\"%s\"/>", input_text(input, arena));
	amp_str_addf(file, "<up>%s</up>", input_text(input, arena));
	amp_str_addf(file, "<verify>%s</verify>", input_text(input, arena));
	amp_str_addf(file, "<down>%s</down></migration>", input_text(input, arena));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		char mode;
		const char *before, *behind;
	} frames[] = {
		{'u', "<migration " NS " id=\"a\">\n<up>", "</up></migration>"},
		{'c', "<migration " NS " id=\"a\"><up><![CDATA[", "]]></up></migration>"},
		{'m', "<migration " NS " id=\"a\">", "</migration>"},
		{'w', "<migrations " NS ">\n", "</migrations>\n"},
		{'t', "<p:migration xmlns:p=\"urn:amplan:1\" ",
			"><p:up>x</p:up></p:migration>"},
		{'f', "<migration " NS " id=\"a\"><up src=\"x.sql\"/></migration>", ""},
	};
	AMP_ARENA_AUTO arena = {0};
	AMP_STR_AUTO file = AMP_STR_INIT;
	struct input input = input_of(data, size);
	fuzz_no_prints();
	unsigned mode = size ? data[0] : 0;
	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		if ((unsigned char)frames[i].mode != mode)
			continue;
		bool sql = mode == 'f';
		input_byte(&input);
		const char *bytes = input_rest(&input, &arena, &size);
		amp_str_add(&file, frames[i].before);
		amp_str_addn(&file, bytes, sql ? 0 : size);
		amp_str_add(&file, frames[i].behind);
		check_file(amp_str_text(&file), file.length, bytes, size);
		return 0;
	}
	if (mode == 'a') {
		input_byte(&input);
		add_fields(&file, &input, &arena);
		check_file(amp_str_text(&file), file.length, "SELECT 1", 8);
		return 0;
	}
	const char *bytes = input_rest(&input, &arena, &size);
	check_file(bytes, size, "SELECT 1;\r\n", 11);
	return 0;
}
