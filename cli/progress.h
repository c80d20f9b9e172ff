/*
 * Progress: where a long call is.
 *
 * On a terminal one line that is overwritten, not before 200 ms of work and at most ten
 * times a second. Elsewhere plain lines: one a step that is applied, one when a wait
 * begins, and every ten seconds a sign of life.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <amplan/amplan.h>

#include "cli/log.h"
#include "cli/terminal.h"

struct progress {
	struct terminal *err;
	struct log *log; /* plain lines go here */
	bool off;
	bool painted;      /* a line stands on the terminal */
	int64_t began_ms;  /* when the program began */
	int64_t spoken_ms; /* when something was last written */
	enum amplan_phase phase;
	unsigned number; /* of the step that was last written about */
};

void progress_init(
	struct progress *progress, struct terminal *err, struct log *log, bool off);
/* For struct amplan_options. */
void progress_tell(struct progress *progress, const struct amplan_progress *now);
/* Wipes the line, so that something else can be printed. */
void progress_clear(struct progress *progress);

#endif
