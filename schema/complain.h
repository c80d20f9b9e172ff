/*
 * Complain: findings about one XML or SQL file.
 */
#ifndef SCHEMA_COMPLAIN_H
#define SCHEMA_COMPLAIN_H

#include "base/finding.h"
#include "schema/xml_scan.h"

struct amp_complain {
	struct amp_findings *findings;
	struct amp_source *source;
	const char *kind; /* a literal: "invalid-descriptor" or "invalid-plan" */
};

/* An error at a place of the source; completed by amp_complain_hint() and the like. */
struct amplan_finding *amp_complain(const struct amp_complain *complain,
	struct amp_scan_range at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What to do about it: every finding says so. */
void amp_complain_hint(const struct amp_complain *complain,
	struct amplan_finding *finding, const char *hint);

/* Text for a message: itself, or its beginning and "..."; in the arena, never NULL. */
const char *amp_shown(struct amp_findings *findings, const char *text, size_t length);

#endif
