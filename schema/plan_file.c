/*
 * Plan file, the reading side: first the seal, over the bytes as they are, and only then
 * the XML. A seal is no signature: whoever writes a plan can seal it. It tells accidents
 * and edits by hand.
 */
#include "schema/plan_file.h"

#include <stdlib.h>
#include <string.h>

#include "schema/descriptor.h"
#include "schema/seal.h"

struct reading {
	struct amp_arena *arena;
	const struct amp_complain *complain;
	struct amp_plan_file *file;
	struct AMP_VEC(struct amp_plan_file_step) steps;
	struct AMP_VEC(struct amp_plan_file_effect) effects;
	struct amp_plan_file_step step; /* the one that is open */
};

static const char *text_of(const struct amp_values *values, enum amp_attribute which)
{
	return values->text[which] ? values->text[which] : "";
}

static int64_t number_of(const struct amp_values *values, enum amp_attribute which)
{
	return values->text[which] ? strtoll(values->text[which], NULL, 10) : 0;
}

static unsigned small_number_of(const struct amp_values *values, enum amp_attribute which)
{
	int64_t number = number_of(values, which);
	return number > UINT32_MAX ? UINT32_MAX : (unsigned)number;
}

static void begin_plan(struct amp_plan_file *file, const struct amp_values *values)
{
	file->tool = text_of(values, AMP_AT_TOOL);
	file->engine = text_of(values, AMP_AT_ENGINE);
	file->digest = text_of(values, AMP_AT_DIGEST);
	file->target = text_of(values, AMP_AT_TARGET);
	file->head = text_of(values, AMP_AT_HEAD);
	file->start = text_of(values, AMP_AT_START);
	file->end = text_of(values, AMP_AT_END);
	file->fidelity = text_of(values, AMP_AT_FIDELITY);
	file->database = text_of(values, AMP_AT_DATABASE);
	file->rollback = !strcmp(text_of(values, AMP_AT_ROLLBACK), "true");
}

static void begin(
	void *context, enum amp_element element, const struct amp_values *values)
{
	struct reading *reading = context;
	if (element == AMP_EL_PLAN) {
		begin_plan(reading->file, values);
	} else if (element == AMP_EL_STEP) {
		reading->effects.count = 0;
		reading->step = (struct amp_plan_file_step){
			.number = small_number_of(values, AMP_AT_NUMBER),
			.stage = small_number_of(values, AMP_AT_STAGE),
			.statements = small_number_of(values, AMP_AT_STATEMENTS),
			.rows = number_of(values, AMP_AT_ROWS),
		};
	} else {
		struct amp_plan_file_effect effect = {
			.kind = text_of(values, AMP_AT_KIND),
			.type = text_of(values, AMP_AT_TYPE),
			.name = text_of(values, AMP_AT_NAME),
		};
		if (!amp_vec_push(&reading->effects, effect))
			reading->complain->findings->failed = true;
	}
}

/* A finding about the plan as a whole. */
static struct amplan_finding *refuse(const struct amp_complain *complain,
	const char *kind, const char *message, const char *advice)
{
	struct amplan_finding *finding =
		amp_finding_add(complain->findings, AMPLAN_ERROR, kind, "%s", message);
	finding->place.file = complain->source->path;
	amp_finding_hint(complain->findings, finding, "%s", advice);
	return finding;
}

static void add(void *context, struct amp_migration *migration)
{
	struct reading *reading = context;
	if (!reading->step.migration) {
		reading->step.migration = migration;
		return;
	}
	amp_complain_hint(reading->complain,
		amp_complain(reading->complain,
			(struct amp_scan_range){migration->offset, migration->length},
			"a step has one migration only"),
		"make the plan again");
}

static void *keep(struct reading *reading, const void *items, size_t count, size_t size)
{
	void *kept = amp_arena_array(reading->arena, count, size);
	if (kept && count)
		memcpy(kept, items, count * size);
	return kept;
}

static void end_step(struct reading *reading)
{
	struct amp_findings *findings = reading->complain->findings;
	struct amp_plan_file_step *step = &reading->step;
	if (!step->migration && !amp_findings_have_errors(findings))
		refuse(reading->complain, "invalid-plan",
			"a step of the plan has no migration", "make the plan again");
	step->effects = keep(reading, reading->effects.items, reading->effects.count,
		sizeof(*step->effects));
	step->neffects = reading->effects.count;
	if (!amp_vec_push(&reading->steps, *step))
		findings->failed = true;
}

static void end(void *context, enum amp_element element, const char *text)
{
	struct reading *reading = context;
	struct amp_plan_file *file = reading->file;
	if (element == AMP_EL_SCHEMA_DIFF) {
		file->schema_diff = text;
	} else if (element == AMP_EL_STEP) {
		end_step(reading);
	} else {
		file->steps = keep(reading, reading->steps.items, reading->steps.count,
			sizeof(*file->steps));
		file->nsteps = reading->steps.count;
	}
}

/* The seal says whether anything else is worth a look. */
static bool is_sealed(const struct amp_complain *complain)
{
	const struct amp_source *source = complain->source;
	switch (amp_seal_check(source->bytes, source->length)) {
	case AMP_SEAL_HOLDS:
		return true;
	case AMP_SEAL_BROKEN:
		refuse(complain, "plan-stale",
			"the plan file was altered after it was saved",
			"make the plan again with 'amplan plan --out FILE'");
		return false;
	default:
		refuse(complain, "invalid-plan", "this is not a saved plan",
			"a saved plan is written by 'amplan plan --out FILE'");
		return false;
	}
}

static bool read_plan(struct reading *reading)
{
	struct amp_descriptor_hooks hooks = {
		.context = reading,
		.begin = begin,
		.end = end,
		.add = add,
	};
	size_t before = reading->complain->findings->count;
	bool good = is_sealed(reading->complain) &&
		amp_descriptor_read(reading->complain, "sqlite", &hooks);
	for (size_t i = before; good && i < reading->complain->findings->count; i++)
		good = reading->complain->findings->items[i].severity != AMPLAN_ERROR;
	amp_vec_deinit(&reading->steps);
	amp_vec_deinit(&reading->effects);
	return good;
}

int amp_plan_file_read(struct amp_arena *arena, const char *path, const char *bytes,
	size_t length, struct amp_findings *findings, struct amp_plan_file **out,
	struct amplan_error *error)
{
	struct amp_complain complain = {
		.findings = findings,
		.source = amp_source_new(arena, path, bytes, length),
		.kind = "invalid-plan",
	};
	struct reading reading = {
		.arena = arena,
		.complain = &complain,
		.file = amp_arena_alloc(arena, sizeof(*reading.file)),
	};
	if (!complain.source || !reading.file)
		return amp_error_nomem(error);
	bool good = read_plan(&reading);
	if (findings->failed || arena->failed || findings->arena->failed)
		return amp_error_nomem(error);
	if (!good)
		return amp_error(
			error, AMPLAN_REFUSED, "the plan '%s' cannot be used", path);
	*out = reading.file;
	return AMPLAN_OK;
}
