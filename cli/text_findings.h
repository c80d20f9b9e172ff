/*
 * Text findings: findings as people read them, and editors jump to them.
 *
 *	file:line:column: error[kind]: message
 *	  the line itself
 *	      ^^^^
 *	file:line:column: note: first declared here
 *	  that line
 *	  ^^^
 *	  help: what to do next
 */
#ifndef CLI_TEXT_FINDINGS_H
#define CLI_TEXT_FINDINGS_H

#include <stdbool.h>

#include <amplan/amplan.h>

#include "cli/log.h"
#include "cli/terminal.h"

/* All findings of a report, and how many there were. Quiet leaves the notes out. */
void text_findings(
	struct terminal *terminal, const struct amplan_report *report, bool quiet);

/* "2 errors, 1 warning"; nothing where there are none. Ends the line. */
void text_findings_summary(struct terminal *terminal, const struct amplan_report *report);

/* The findings of two reports and how many there were; one that both have is told once. */
void text_findings_of_two(struct terminal *terminal, const struct amplan_report *first,
	const struct amplan_report *second, bool quiet);

/* The findings that `than` does not have as log entries, for --log-format json. `than`
   may be NULL. */
void text_findings_log(struct log *log, const struct amplan_report *report,
	const struct amplan_report *than);

/* True if a report, which may be NULL, says the same of the same place. */
bool text_findings_has(
	const struct amplan_report *report, const struct amplan_finding *item);

/* True if a finding says just this, so that it needs no second line. */
bool text_findings_say(const struct amplan_report *report, const char *message);

#endif
