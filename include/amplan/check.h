/*
 * Check: everything about a catalog that can be proved without a database.
 */
#ifndef AMPLAN_CHECK_H
#define AMPLAN_CHECK_H

#include <amplan/report.h>
#include <amplan/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set with AMPLAN_CHECK_OPTIONS_INIT first. */
struct amplan_check_options {
	size_t size;       /* sizeof(struct amplan_check_options) */
	bool strict;       /* warnings are errors */
	bool require_down; /* a migration without a way back is an error, not a note */
	bool fix;          /* write each `depends` that is missing into its descriptor */
	int64_t statement_timeout_ms; /* that one statement may run; 0: no limit */
};

#define AMPLAN_CHECK_OPTIONS_INIT                                            \
	{                                                                    \
		sizeof(struct amplan_check_options), false, false, false, 0, \
	}

/*
 * Proves a catalog from nothing: each migration is run on a shadow that holds only its
 * declared ancestors, those that no path orders are tried both ways round where they
 * meet, each down is run after its up, and what is valid but risky is told. The database
 * of the session, if it has one, is not opened.
 *
 * amplan: not NULL. options: NULL for the defaults.
 * out: receives the report: migrations in plan order with what they touch, demands,
 *   findings.
 * Returns AMPLAN_OK; AMPLAN_REFUSED where a finding is an error; AMPLAN_CANCELLED;
 * AMPLAN_INTERNAL, AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_check(struct amplan *amplan,
	const struct amplan_check_options *options, struct amplan_report **out,
	struct amplan_error *error);

#ifdef __cplusplus
}
#endif

#endif
