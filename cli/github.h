/*
 * Github: findings as commands that GitHub's runners turn into annotations of a commit.
 *
 *	::error file=…,line=…,col=…,endColumn=…,title=kind::message%0Ahelp: what to do next
 *
 * Whatever a message contains, it stays within its own annotation.
 */
#ifndef CLI_GITHUB_H
#define CLI_GITHUB_H

#include <stdbool.h>

#include <amplan/amplan.h>

#include "cli/terminal.h"

/* All findings of a report. Quiet leaves the notes out. */
void github_findings(
	struct terminal *out, const struct amplan_report *report, bool quiet);

/* What no finding says. */
void github_error(struct terminal *out, const struct amplan_error *error);

#endif
