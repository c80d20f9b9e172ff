/*
 * Text plan: a plan, or what an apply or rollback did, as people read it.
 */
#ifndef CLI_TEXT_PLAN_H
#define CLI_TEXT_PLAN_H

#include <stdbool.h>

#include <amplan/amplan.h>

#include "cli/terminal.h"

/* Header, steps by stage, schema difference; not the findings and totals. */
void text_plan(struct terminal *out, const struct amplan_report *report);
/* "3 migrations in 1 stage, 12 statements, …" and the digest. */
void text_plan_totals(struct terminal *out, const struct amplan_report *report);
/* A unified diff, coloured. */
void text_diff(struct terminal *out, const char *diff);
/* "[maintenance, breaking]" behind an id, or nothing. */
void text_marks(struct terminal *out, unsigned flags);
/* What became of a step that was only recorded, or taken off the record. */
const char *text_marked(const struct amplan_report *report);
/* "0.3 s", "2 min 5 s". */
void text_duration(struct terminal *out, int64_t milliseconds);
/* Name of the database, or "a new database". */
const char *text_database(const struct amplan_report *report);

#endif
