/*
 * The commands: order, graph, plan, apply, rollback, status, verify, baseline, resolve.
 *
 * Each takes a session and answers with a report. When a call returns something other
 * than AMPLAN_OK the report may still be there, with the findings that say why: *out is
 * either NULL or a report that the caller frees.
 */
#ifndef AMPLAN_EXECUTOR_H
#define AMPLAN_EXECUTOR_H

#include <amplan/report.h>
#include <amplan/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set with AMPLAN_PLAN_OPTIONS_INIT first. */
struct amplan_plan_options {
	size_t size;      /* sizeof(struct amplan_plan_options) */
	const char *to;   /* up: stop after this id and what it needs; or NULL */
	const char *file; /* take the plan from this saved file; or NULL */
	bool rollback;    /* plan downs; needs `to` or `steps` */
	unsigned steps;   /* rollback: this many of the last applied */
	enum amplan_fidelity fidelity; /* of the rehearsal; AMPLAN_FIDELITY_NONE: none */
	int64_t copy_limit; /* bytes up to which AUTO copies; default 256 MiB */
};

#define AMPLAN_PLAN_OPTIONS_INIT                                          \
	{                                                                 \
		sizeof(struct amplan_plan_options), NULL, NULL, false, 0, \
			AMPLAN_FIDELITY_AUTO, (int64_t)256 << 20          \
	}

/*
 * Reads and orders the catalog; opens no database.
 *
 * amplan: not NULL. out: receives the report: migrations in plan order.
 * Returns AMPLAN_OK; AMPLAN_REFUSED with findings where descriptors do not hold;
 * AMPLAN_INTERNAL, AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_order(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error);

/*
 * The catalog with the state that each migration has in the database, if there is one.
 * Redundant edges are marked. Nothing is written.
 *
 * amplan: not NULL. out: receives the report.
 * Returns AMPLAN_OK, AMPLAN_REFUSED, AMPLAN_DATABASE, AMPLAN_INTERNAL, AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_graph(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error);

/*
 * Plans the pending work, or a rollback, and rehearses it on a shadow. The database and
 * its directory are left byte for byte as they were.
 *
 * amplan: not NULL. options: NULL for the defaults. out: receives the report.
 * Returns AMPLAN_OK; AMPLAN_FAILED where the rehearsal failed; AMPLAN_REFUSED;
 * AMPLAN_PARTIAL; AMPLAN_DATABASE; AMPLAN_USAGE for an unknown id; AMPLAN_CANCELLED;
 * AMPLAN_INTERNAL, AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_plan(struct amplan *amplan,
	const struct amplan_plan_options *options, struct amplan_report **out,
	struct amplan_error *error);

/*
 * Saves a plan as XML, written beside the file and renamed over it. It takes the place of
 * an older plan only: a database, a descriptor or any other file is left as it is.
 *
 * report: from amplan_plan(), successful. path: file to write.
 * Returns AMPLAN_OK, AMPLAN_USAGE (the report holds no plan, another file is there, or its
 * folder is not), AMPLAN_INTERNAL (the file cannot be written), AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_plan_save(
	const struct amplan_report *report, const char *path, struct amplan_error *error);

/*
 * Reads a saved plan for display; needs neither session nor database.
 *
 * path: the file. out: receives the report, with the steps as they were rehearsed.
 * Returns AMPLAN_OK, AMPLAN_REFUSED (not a plan, or altered), AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_show(
	const char *path, struct amplan_report **out, struct amplan_error *error);

/*
 * Applies under the lock, stage by stage; each stage commits whole or not at all.
 *
 * amplan: not NULL.
 * options: what to plan where `plan` is NULL; NULL for the defaults.
 * plan: a successful report of amplan_plan() of this session, which is applied exactly,
 *   and once, or refused with `plan-stale`; or NULL to plan, rehearse and apply what is
 *   pending, and to plan again where another process was faster. Stays the caller's.
 * out: receives the report: the steps that were applied.
 * Returns AMPLAN_OK; AMPLAN_FAILED; AMPLAN_REFUSED; AMPLAN_LOCKED; AMPLAN_PARTIAL;
 * AMPLAN_DATABASE; AMPLAN_CANCELLED; AMPLAN_USAGE; AMPLAN_INTERNAL, AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_apply(struct amplan *amplan,
	const struct amplan_plan_options *options, const struct amplan_report *plan,
	struct amplan_report **out, struct amplan_error *error);

/*
 * Says how the database stands: verdict, applied, pending, drifted, unknown, lock holder,
 * last failure. Nothing is written, no lock is taken.
 *
 * amplan: not NULL. out: receives the report.
 * Returns AMPLAN_OK; AMPLAN_PARTIAL where a transaction="none" step stopped part way;
 * AMPLAN_REFUSED; AMPLAN_DATABASE; AMPLAN_INTERNAL, AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_status(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error);

/*
 * Compares history and catalog, recomputes the hash chain of the history, and compares
 * the live schema with the fingerprint of the last apply. Nothing is written.
 *
 * amplan: not NULL. out: receives the report; all that is wrong is a finding.
 * Returns AMPLAN_OK; AMPLAN_REFUSED where something does not hold; AMPLAN_PARTIAL;
 * AMPLAN_DATABASE; AMPLAN_INTERNAL, AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_verify(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error);

/*
 * Records migrations as applied without running them, after comparing the live schema
 * with one that a rehearsal from nothing gives.
 *
 * amplan: not NULL. id: up to and including this one and what it needs; NULL: all.
 * accept_differences: record even where the schemas differ.
 * out: receives the report; schema_diff shows the difference, if any.
 * Returns AMPLAN_OK; AMPLAN_REFUSED; AMPLAN_FAILED; AMPLAN_LOCKED; AMPLAN_DATABASE;
 * AMPLAN_USAGE; AMPLAN_INTERNAL, AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_baseline(struct amplan *amplan, const char *id,
	bool accept_differences, struct amplan_report **out, struct amplan_error *error);

/*
 * Settles a transaction="none" step that stopped part way.
 *
 * amplan: not NULL. id: the step. applied: true: a person finished it, record it as
 *   applied; false: forget the attempt, the next apply runs it again.
 * Returns AMPLAN_OK; AMPLAN_USAGE (that step is not interrupted); AMPLAN_LOCKED;
 * AMPLAN_REFUSED; AMPLAN_DATABASE; AMPLAN_INTERNAL, AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_resolve(
	struct amplan *amplan, const char *id, bool applied, struct amplan_error *error);

#ifdef __cplusplus
}
#endif

#endif
