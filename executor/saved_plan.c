#include "executor/saved_plan.h"

#include <string.h>

#include <amplan/version.h>

#include "base/file.h"
#include "executor/look.h"
#include "executor/plan_place.h"
#include "schema/plan_file.h"

#define PLAN_FILE_LIMIT ((size_t)512 << 20)

static const char *effect_word(enum amplan_effect_kind kind)
{
	return kind == AMPLAN_CREATED    ? "created"
		: kind == AMPLAN_ALTERED ? "altered"
					 : "dropped";
}

static int copy_steps(const struct amp_job *job, struct amp_arena *arena,
	struct amp_plan_file_step *steps)
{
	for (size_t i = 0; i < job->plan.nsteps; i++) {
		const struct amp_result *result = &job->results[i];
		struct amp_plan_file_effect *effects =
			amp_arena_array(arena, result->neffects, sizeof(*effects));
		struct amp_migration *migration =
			amp_arena_alloc(arena, sizeof(*migration));
		if (!effects || !migration)
			return AMPLAN_NOMEM;
		for (size_t e = 0; e < result->neffects; e++)
			effects[e] = (struct amp_plan_file_effect){
				.kind = effect_word(result->effects[e].kind),
				.type = result->effects[e].type,
				.name = result->effects[e].name,
			};
		*migration = *job->plan.steps[i].migration;
		steps[i] = (struct amp_plan_file_step){
			.migration = migration,
			.number = job->plan.steps[i].number,
			.stage = job->plan.steps[i].stage,
			.statements = result->statements,
			.rows = result->rows,
			.effects = effects,
			.neffects = result->neffects,
		};
	}
	return AMPLAN_OK;
}

/* A plan of nothing was not rehearsed: nobody has chosen how. */
static const char *fidelity_word(const struct amp_job *job)
{
	return amplan_fidelity_name(job->report.fidelity == AMPLAN_FIDELITY_AUTO
			? AMPLAN_FIDELITY_NONE
			: job->report.fidelity);
}

static int write_file(const struct amp_job *job, struct amp_arena *arena,
	const char *path, struct amplan_error *error)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	struct amp_plan_file_step *steps =
		amp_arena_array(arena, job->plan.nsteps, sizeof(*steps));
	if (!steps || copy_steps(job, arena, steps))
		return amp_error_nomem(error);
	const struct amp_plan_file file = {
		.tool = "amplan " AMPLAN_VERSION,
		.engine = job->report.engine,
		.digest = job->plan.digest,
		.target = job->begins.identity,
		.head = job->begins.head,
		.start = job->fingerprint,
		.end = job->end_fingerprint,
		.fidelity = fidelity_word(job),
		.database = job->report.database ? job->report.database : "",
		.rollback = job->report.rollback,
		.schema_diff = job->report.schema_diff,
		.steps = steps,
		.nsteps = job->plan.nsteps,
	};
	amp_plan_file_write(&out, &file);
	if (out.failed)
		return amp_error_nomem(error);
	int code = amp_plan_place_check(job->engine, job->file, path, error);
	if (code)
		return code;
	return amp_file_replace(path, amp_str_text(&out), out.length, error);
}

int amplan_plan_save(
	const struct amplan_report *report, const char *path, struct amplan_error *error)
{
	const struct amp_job *job = amp_job_of(report);
	struct amp_arena arena;
	amp_error_clear(error);
	if (!job->sound)
		return amp_error(error, AMPLAN_USAGE, "there is no plan to save");
	amp_arena_init(&arena);
	int code = write_file(job, &arena, path, error);
	amp_arena_deinit(&arena);
	return code;
}

static int read_file(struct amp_job *job, const char *path, struct amp_plan_file **file,
	struct amplan_error *error)
{
	const char *bytes;
	size_t length;
	int code =
		amp_file_read(&job->arena, path, PLAN_FILE_LIMIT, &bytes, &length, error);
	if (code == AMPLAN_REFUSED)
		amp_error_hint(error, "name a file that 'amplan plan --out' wrote");
	if (!code)
		code = amp_plan_file_read(
			&job->arena, path, bytes, length, &job->findings, file, error);
	return code;
}

static void stale(
	struct amp_job *job, const char *path, const char *id, const char *message)
{
	struct amplan_finding *finding = amp_finding_add(
		&job->findings, AMPLAN_ERROR, "plan-stale", "%s", message);
	finding->place =
		(struct amplan_place){.file = amp_arena_strdup(&job->arena, path)};
	if (id)
		amp_finding_id(&job->findings, finding, id);
	amp_finding_hint(&job->findings, finding,
		"make and review a new plan: amplan plan --out FILE");
}

static bool is_applied(const struct amp_job *job, const char *id)
{
	for (size_t i = 0; i < job->history.napplied; i++)
		if (!strcmp(job->history.applied[i].id, id))
			return true;
	return false;
}

/* What differs between the saved steps and the catalog, in words. */
static void compare_steps(
	struct amp_job *job, const char *path, const struct amp_plan_file *file)
{
	const char *first = NULL;
	size_t moved = 0;
	for (size_t i = 0; i < file->nsteps; i++) {
		const struct amp_migration *saved = file->steps[i].migration;
		const struct amp_migration *now =
			amp_catalog_find(&job->catalog, saved->id);
		const char *message = NULL;
		if (!now)
			message = "'%s' is in the plan, but not in the catalog any more";
		else if (strcmp(now->checksum, saved->checksum) != 0)
			message = "'%s' was changed after the plan was saved";
		else if (is_applied(job, saved->id) != file->rollback) {
			first = first ? first : saved->id;
			moved++;
		}
		if (!message)
			continue;
		AMP_STR_AUTO text = AMP_STR_INIT;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		amp_str_addf(&text, message, saved->id);
#pragma GCC diagnostic pop
		stale(job, path, saved->id, amp_str_text(&text));
		job->arena.failed = job->arena.failed || text.failed;
	}
	if (!moved)
		return;
	AMP_STR_AUTO text = AMP_STR_INIT;
	amp_str_addf(&text, "'%s'", first);
	if (moved > 1)
		amp_str_addf(
			&text, " and %zu more step%s", moved - 1, moved == 2 ? "" : "s");
	if (file->rollback)
		amp_str_addf(&text, " %s not applied any more", moved > 1 ? "are" : "is");
	else
		amp_str_addf(&text, " %s applied meanwhile", moved > 1 ? "were" : "was");
	stale(job, path, first, amp_str_text(&text));
	job->arena.failed = job->arena.failed || text.failed;
}

static void compare_start(
	struct amp_job *job, const char *path, const struct amp_plan_file *file)
{
	if (strcmp(file->target, job->history.identity) != 0)
		stale(job, path, NULL,
			*file->target
				? "the plan was made for another database"
				: "the plan was made for a database without history");
	else if (strcmp(file->head, job->history.head) != 0)
		stale(job, path, NULL,
			"the history of the database changed after the plan was saved");
	if (strcmp(file->start, job->fingerprint) != 0)
		stale(job, path, NULL,
			"the schema of the database changed after the plan was saved");
}

/* Plans exactly the saved steps, from what is there now. */
static int plan_again(
	struct amp_job *job, const struct amp_plan_file *file, struct amplan_error *error)
{
	const char **ids = amp_arena_array(&job->arena, file->nsteps, sizeof(*ids));
	if (!ids)
		return amp_error_nomem(error);
	for (size_t i = 0; i < file->nsteps; i++)
		ids[i] = file->steps[i].migration->id;
	const struct amp_goal goal = {
		.direction = file->rollback ? AMP_DOWN : AMP_UP,
		.only = ids,
		.nonly = file->nsteps,
	};
	return amp_job_plan(job, &goal, error);
}

int amp_saved_plan_check(struct amp_job *job, struct amplan *amplan, const char *path,
	struct amp_db **db, struct amplan_error *error)
{
	struct amp_plan_file *file = NULL;
	int code = read_file(job, path, &file, error);
	if (!code)
		code = amp_job_load(job, amplan, error);
	if (!code && amplan->has_database)
		code = amp_look(job, amplan, AMP_OBSERVE, db, error);
	else if (!code)
		code = amp_job_look_at_nothing(job, error);
	if (code)
		return code;
	size_t before = job->findings.count;
	compare_start(job, path, file);
	compare_steps(job, path, file);
	bool differs = job->findings.count > before;
	if (!differs)
		code = plan_again(job, file, error);
	if (!code && !differs && strcmp(job->plan.digest, file->digest) != 0) {
		stale(job, path, NULL, "the saved plan would come out differently now");
		differs = true;
	}
	if (code || !differs)
		return code;
	amp_error(error, AMPLAN_REFUSED, "the plan '%s' does not fit any more", path);
	amp_error_hint(error, "make and review a new plan: amplan plan --out FILE");
	return AMPLAN_REFUSED;
}

/* Showing a plan needs nothing but the file: the report is filled from it alone. */

static enum amplan_effect_kind effect_kind(const char *word)
{
	return !strcmp(word, "created")    ? AMPLAN_CREATED
		: !strcmp(word, "altered") ? AMPLAN_ALTERED
					   : AMPLAN_DROPPED;
}

static void show_migration(struct amp_job *job, const struct amp_migration *from,
	struct amplan_migration *to)
{
	struct amplan_edge *edges =
		amp_arena_array(&job->arena, from->ndepends, sizeof(*edges));
	*to = (struct amplan_migration){
		.id = from->id,
		.module = from->module,
		.description = from->description,
		.checksum = from->checksum,
		.flags = from->flags | (from->down ? AMPLAN_HAS_DOWN : 0) |
			(from->irreversible ? AMPLAN_IRREVERSIBLE : 0),
		.edges = edges,
		.nedges = edges ? from->ndepends : 0,
		.place = amp_source_place(from->source, from->offset, from->length),
	};
	for (size_t i = 0; edges && i < from->ndepends; i++)
		edges[i] = (struct amplan_edge){
			.on = from->depends[i].id,
			.reason = from->depends[i].reason,
			.orders_only = from->depends[i].orders_only,
			.index = UINT32_MAX,
		};
}

static void show_step(struct amp_job *job, const struct amp_plan_file_step *from,
	const struct amplan_migration *migration, struct amplan_step *to)
{
	struct amplan_effect *effects =
		amp_arena_array(&job->arena, from->neffects, sizeof(*effects));
	for (size_t i = 0; effects && i < from->neffects; i++)
		effects[i] = (struct amplan_effect){
			.kind = effect_kind(from->effects[i].kind),
			.type = from->effects[i].type,
			.name = from->effects[i].name,
		};
	*to = (struct amplan_step){
		.migration = migration,
		.number = from->number,
		.stage = from->stage,
		.outcome = AMPLAN_DONE,
		.statements = from->statements,
		.rows = from->rows,
		.effects = effects,
		.neffects = effects ? from->neffects : 0,
	};
}

static enum amplan_fidelity fidelity_of(const char *word)
{
	enum amplan_fidelity fidelity = AMPLAN_FIDELITY_COPY;
	while (fidelity > AMPLAN_FIDELITY_NONE &&
		strcmp(amplan_fidelity_name(fidelity), word) != 0)
		fidelity--;
	return fidelity;
}

static int show_file(
	struct amp_job *job, const struct amp_plan_file *file, struct amplan_error *error)
{
	struct amplan_migration *migrations =
		amp_arena_array(&job->arena, file->nsteps, sizeof(*migrations));
	struct amplan_step *steps =
		amp_arena_array(&job->arena, file->nsteps, sizeof(*steps));
	if (!migrations || !steps)
		return amp_error_nomem(error);
	for (size_t i = 0; i < file->nsteps; i++) {
		show_migration(job, file->steps[i].migration, &migrations[i]);
		show_step(job, &file->steps[i], &migrations[i], &steps[i]);
		if (file->steps[i].stage > job->report.nstages)
			job->report.nstages = file->steps[i].stage;
	}
	job->report.engine = file->engine;
	job->report.database = *file->database ? file->database : NULL;
	job->report.digest = file->digest;
	job->report.rollback = file->rollback;
	job->report.fidelity = fidelity_of(file->fidelity);
	job->report.schema_diff = file->schema_diff;
	job->report.migrations = migrations;
	job->report.nmigrations = file->nsteps;
	job->report.steps = steps;
	job->report.nsteps = file->nsteps;
	return job->arena.failed ? amp_error_nomem(error) : AMPLAN_OK;
}

int amplan_show(const char *path, struct amplan_report **out, struct amplan_error *error)
{
	struct amp_plan_file *file = NULL;
	*out = NULL;
	amp_error_clear(error);
	struct amp_job *job = amp_job_new(error);
	if (!job)
		return AMPLAN_NOMEM;
	int code = read_file(job, path, &file, error);
	if (!code)
		code = show_file(job, file, error);
	job->report.findings = job->findings.items;
	job->report.nfindings = job->findings.count;
	*out = &job->report;
	return code;
}
