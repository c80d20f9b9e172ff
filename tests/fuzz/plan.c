/*
 * Fuzz: saved plans. The first byte says what the others are: the bytes of a plan file
 * ('<' and all else), which are sealed as well; or descriptors, of which a plan is made
 * ('D'), with the words of its root in front.
 *
 * A plan that is taken is written again as one that means the same, and that one is
 * written again in the same bytes. Whatever a descriptor holds comes through a plan
 * whole. A sealed plan in which a byte is altered is not taken.
 */
#include <stdlib.h>
#include <string.h>

#include <amplan/report.h>

#include "base/str.h"
#include "schema/descriptor.h"
#include "schema/plan_file.h"
#include "schema/seal.h"
#include "tests/fuzz/fuzz.h"

#define STEPS_MAX 8

struct reading {
	struct amp_arena arena;
	struct amp_findings findings;
	struct amp_plan_file *file;
	char *bytes;
};

/* Whether the bytes are taken for a plan. */
static bool read_plan(struct reading *reading, const char *bytes, size_t length)
{
	struct amplan_error error = {0};
	*reading = (struct reading){.bytes = fuzz_exact(bytes, length)};
	amp_arena_init(&reading->arena);
	amp_findings_init(&reading->findings, &reading->arena);
	int code = amp_plan_file_read(&reading->arena, "plan.xml", reading->bytes, length,
		&reading->findings, &reading->file, &error);
	must(code == AMPLAN_OK || code == AMPLAN_REFUSED);
	must(!code == !amp_findings_have_errors(&reading->findings));
	must(!code == (reading->file != NULL) && !code == !*error.message);
	for (size_t i = 0; i < reading->findings.count; i++) {
		const struct amplan_finding *finding = &reading->findings.items[i];
		must(!strcmp(finding->kind, "plan-stale") ||
			!strcmp(finding->kind, "invalid-plan"));
		must(finding->hint && strncmp(finding->message, "internal error", 14));
	}
	return !code;
}

static void end_reading(struct reading *reading)
{
	amp_findings_deinit(&reading->findings);
	amp_arena_deinit(&reading->arena);
	free(reading->bytes);
}

/* One altered byte, wherever it is. */
static void check_altered(const struct amp_str *sealed, size_t at, char by)
{
	AMP_STR_AUTO altered = AMP_STR_INIT;
	struct reading reading;
	amp_str_addn(&altered, sealed->data, sealed->length);
	at %= altered.length;
	altered.data[at] = (char)(altered.data[at] ^ (by ? by : 1));
	must(!read_plan(&reading, altered.data, altered.length));
	end_reading(&reading);
}

static void check_same(const struct amp_plan_file *one, const struct amp_plan_file *two)
{
	must(!strcmp(one->tool, two->tool) && !strcmp(one->engine, two->engine));
	must(!strcmp(one->digest, two->digest) && !strcmp(one->target, two->target));
	must(!strcmp(one->head, two->head) && !strcmp(one->start, two->start));
	must(!strcmp(one->end, two->end) && !strcmp(one->fidelity, two->fidelity));
	must(!strcmp(one->database, two->database));
	must(one->rollback == two->rollback && one->nsteps == two->nsteps);
	must(!one->schema_diff == !two->schema_diff);
	must(!one->schema_diff || !strcmp(one->schema_diff, two->schema_diff));
	for (size_t i = 0; i < one->nsteps; i++) {
		const struct amp_plan_file_step *l = &one->steps[i], *r = &two->steps[i];
		must(l->number == r->number && l->stage == r->stage);
		must(l->statements == r->statements && l->rows == r->rows);
		must(l->neffects == r->neffects);
		for (size_t k = 0; k < l->neffects; k++)
			must(!strcmp(l->effects[k].kind, r->effects[k].kind) &&
				!strcmp(l->effects[k].type, r->effects[k].type) &&
				!strcmp(l->effects[k].name, r->effects[k].name));
		must_mean_the_same(l->migration, r->migration, false);
		struct amplan_place here = amp_migration_place(l->migration);
		struct amplan_place there = amp_migration_place(r->migration);
		must(!strcmp(here.file, there.file) && here.line == there.line &&
			here.column == there.column);
	}
}

/* Writes a plan and reads it again, twice. */
static void check_plan(const struct amp_plan_file *file)
{
	AMP_STR_AUTO first = AMP_STR_INIT;
	AMP_STR_AUTO second = AMP_STR_INIT;
	struct reading reading;
	amp_plan_file_write(&first, file);
	must(!first.failed);
	must(amp_seal_check(first.data, first.length) == AMP_SEAL_HOLDS);
	must(read_plan(&reading, first.data, first.length));
	check_same(file, reading.file);
	amp_plan_file_write(&second, reading.file);
	must(first.length == second.length);
	must(!memcmp(first.data, second.data, first.length));
	end_reading(&reading);
	uint64_t hash = fuzz_hash(first.data, first.length);
	check_altered(&first, hash % first.length, (char)(hash >> 40));
}

/* A whole file, as it is and with a seal that holds. */
static void check_file(const char *bytes, size_t length)
{
	static const char mark[] = "seal=\"";
	AMP_STR_AUTO sealed = AMP_STR_INIT;
	struct reading reading;
	bool holds = amp_seal_check(bytes, length) == AMP_SEAL_HOLDS;
	bool taken = read_plan(&reading, bytes, length);
	must(holds || !taken);
	if (taken)
		check_plan(reading.file);
	end_reading(&reading);
	amp_str_addn(&sealed, bytes, length);
	char *found =
		memmem(amp_str_text(&sealed), sealed.length, mark, sizeof(mark) - 1);
	size_t at = found ? (size_t)(found - sealed.data) + sizeof(mark) - 1 : 0;
	if (!found || sealed.length - at < AMP_DIGEST_SIZE - 1)
		return;
	memcpy(sealed.data + at, AMP_SEAL_OPEN, AMP_DIGEST_SIZE - 1);
	amp_seal_close(sealed.data, sealed.length, at);
	if (read_plan(&reading, sealed.data, sealed.length))
		check_plan(reading.file);
	end_reading(&reading);
}

/* The migrations of descriptors, and the arena they live in. */
struct catalog {
	struct amp_arena arena;
	struct amp_findings findings;
	struct amp_plan_file_step steps[STEPS_MAX];
	size_t count;
};

static void add(void *context, struct amp_migration *migration)
{
	struct catalog *catalog = context;
	if (catalog->count == STEPS_MAX)
		return;
	unsigned number = (unsigned)catalog->count + 1;
	catalog->steps[catalog->count++] = (struct amp_plan_file_step){
		.migration = migration, .number = number, .stage = number};
}

static bool is_text(const char *text)
{
	for (; *text; text++)
		if (*text != '\n' && (*text < 0x20 || *text >= 0x7f))
			return false;
	return true;
}

static void check_descriptors(struct input *input)
{
	struct catalog catalog = {0};
	amp_arena_init(&catalog.arena);
	amp_findings_init(&catalog.findings, &catalog.arena);
	static const char *const fidelities[] = {"copy", "schema", "empty", "none"};
	static const char digest[] = AMP_SEAL_OPEN;
	struct amp_plan_file file = {
		.tool = "amplan 0.1.0",
		.engine = "sqlite",
		.digest = digest,
		.target = digest,
		.head = digest,
		.start = digest,
		.end = digest,
		.steps = catalog.steps,
	};
	/* one after the other: compilers do not agree on the order within braces */
	file.fidelity = fidelities[input_below(input, 4)];
	file.rollback = input_below(input, 2);
	file.database = input_text(input, &catalog.arena);
	file.schema_diff = input_text(input, &catalog.arena);
	struct amp_plan_file_effect effect = {
		"created", "table", input_text(input, &catalog.arena)};
	size_t length;
	const char *bytes = input_rest(input, &catalog.arena, &length);
	struct amp_complain complain = {&catalog.findings,
		amp_source_new(&catalog.arena, "m/a.xml", bytes, length),
		"invalid-descriptor"};
	struct amp_descriptor_hooks hooks = {.context = &catalog, .add = add};
	/* bytes that XML cannot hold are replaced in what is only shown */
	bool shown = is_text(file.database) && is_text(file.schema_diff) &&
		is_text(effect.name);
	if (amp_descriptor_read(&complain, "sqlite", &hooks) && catalog.count && shown &&
		!amp_findings_have_errors(&catalog.findings)) {
		file.nsteps = catalog.count;
		catalog.steps[0].effects = &effect;
		catalog.steps[0].neffects = 1;
		catalog.steps[0].rows = INT64_C(999999999999999999);
		check_plan(&file);
	}
	amp_findings_deinit(&catalog.findings);
	amp_arena_deinit(&catalog.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AMP_ARENA_AUTO arena = {0};
	struct input input = input_of(data, size);
	fuzz_no_prints();
	if (size && data[0] == 'D') {
		input_byte(&input);
		check_descriptors(&input);
		return 0;
	}
	const char *bytes = input_rest(&input, &arena, &size);
	check_file(bytes, size);
	return 0;
}
