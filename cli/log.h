/*
 * Log: what the library tells while it works, as lines of text or JSON on stderr.
 */
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include <stdbool.h>

#include <amplan/amplan.h>

#include "cli/terminal.h"

struct log {
	struct terminal *err;
	enum amplan_level least; /* what is below is not written */
	bool json;
};

/* Writes one entry, whatever its level. */
void log_entry(struct log *log, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields);

/* For struct amplan_options; drops what is below the least level. */
void log_message(struct log *log, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields);

#endif
