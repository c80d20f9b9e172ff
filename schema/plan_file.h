/*
 * Plan file: a saved plan as XML, read and written. The format is schema/plan.xsd.
 *
 * A plan file holds everything that will run: each step carries its whole migration in
 * the descriptor's own format. The root's `seal` is a digest over all bytes of the file
 * but itself, so that no byte can change unnoticed.
 */
#ifndef SCHEMA_PLAN_FILE_H
#define SCHEMA_PLAN_FILE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/str.h"
#include "schema/migration.h"
#include "schema/reader.h"

struct amp_plan_file_effect {
	const char *kind; /* "created", "altered", "dropped" */
	const char *type, *name;
};

struct amp_plan_file_step {
	struct amp_migration *migration; /* with up or down, whichever the plan runs */
	unsigned number, stage;
	unsigned statements; /* as rehearsed */
	int64_t rows;        /* as rehearsed */
	const struct amp_plan_file_effect *effects;
	size_t neffects;
};

struct amp_plan_file {
	const char *tool;   /* "amplan 0.1.0" */
	const char *engine; /* "sqlite" */
	const char *digest; /* of the plan, as amp_plan computes it */
	const char *target; /* identity of the database: chain of history row 0; "" new */
	const char *head;   /* chain of the newest history row; "" if none */
	const char *start;  /* schema fingerprint before */
	const char *end;    /* schema fingerprint after, as rehearsed; "" if not */
	const char *fidelity; /* "copy", … */
	const char
		*database; /* name it was made for, without secrets; only for display */
	bool rollback;
	const char *schema_diff; /* or NULL */
	const struct amp_plan_file_step *steps;
	size_t nsteps;
};

/* How each begins that we write. */
#define AMP_PLAN_FILE_START \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plan xmlns=\"" AMP_NAMESPACE "\""
enum { AMP_PLAN_FILE_START_SIZE = sizeof(AMP_PLAN_FILE_START) - 1 };

/* Are these the first bytes of a plan file? */
bool amp_plan_file_starts(const char *bytes, size_t length);

/* Appends the XML of a plan, sealed. */
void amp_plan_file_write(struct amp_str *out, const struct amp_plan_file *file);

/*
 * Reads a plan from bytes, or says in findings (kind "plan-stale" for a broken seal,
 * "invalid-plan" otherwise) why it is none. On success *out lives in the arena.
 * Returns AMPLAN_OK, AMPLAN_REFUSED or AMPLAN_NOMEM.
 */
int amp_plan_file_read(struct amp_arena *arena, const char *path, const char *bytes,
	size_t length, struct amp_findings *findings, struct amp_plan_file **out,
	struct amplan_error *error);

#endif
