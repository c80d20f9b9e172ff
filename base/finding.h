/*
 * Finding: collecting findings, and putting them into their one order.
 *
 * A list does not own memory: everything it says lives in its arena.
 */
#ifndef BASE_FINDING_H
#define BASE_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include <amplan/finding.h>

#include "base/arena.h"
#include "base/source.h"
#include "base/vec.h"

struct amp_findings {
	struct amplan_finding *items;
	size_t count, capacity;
	struct amp_arena *arena;
	bool failed; /* one could not be recorded: no memory */
};

void amp_findings_init(struct amp_findings *findings, struct amp_arena *arena);
void amp_findings_deinit(struct amp_findings *findings);

/*
 * Adds a finding without a place and returns it, to be completed by the calls below;
 * never NULL: out of memory is remembered in `failed` and a spare one is returned.
 * `kind` must be a string literal. The pointer is valid until the next add.
 */
struct amplan_finding *amp_finding_add(struct amp_findings *findings,
	enum amplan_severity severity, const char *kind, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Where it is. A NULL source changes nothing. */
void amp_finding_at(struct amplan_finding *finding, struct amp_source *source,
	size_t offset, size_t length);
/* What to do next. */
void amp_finding_hint(struct amp_findings *findings, struct amplan_finding *finding,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A migration concerned; the id is copied. */
void amp_finding_id(
	struct amp_findings *findings, struct amplan_finding *finding, const char *id);
/* Another place, with its label; the label is copied. */
void amp_finding_related(struct amp_findings *findings, struct amplan_finding *finding,
	struct amplan_place place, const char *label);

/* Copies a finding with all it points to into the list. */
void amp_findings_copy(struct amp_findings *to, const struct amplan_finding *finding);

/* Sorts by file, line, column, severity, kind, message; drops exact repetitions. */
void amp_findings_sort(struct amp_findings *findings);
bool amp_findings_have_errors(const struct amp_findings *findings);

#endif
