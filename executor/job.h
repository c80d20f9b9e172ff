/*
 * Job: one call at work, from the catalog to the report that the caller gets.
 *
 * A job owns everything that a report points to, so the report is the job: its first
 * field. The stages of a job follow the way of the data and each may be the last:
 *
 *	amp_job_load     folders -> catalog, graph, order
 *	amp_job_look     database -> history, live schema
 *	amp_job_plan     graph, order, history -> plan
 *	amp_rehearse     plan -> shadow -> results, findings       (rehearse.h)
 *	amp_job_publish  all of it -> the report
 */
#ifndef EXECUTOR_JOB_H
#define EXECUTOR_JOB_H

#include <amplan/executor.h>

#include "executor/engine.h"
#include "executor/history.h"
#include "executor/session.h"
#include "planner/plan.h"

/* What happened to one step of the plan. */
struct amp_result {
	enum amplan_outcome outcome;
	unsigned statements, verified, unknown;
	int64_t rows, milliseconds;
	const struct amplan_effect *effects;
	size_t neffects;
	bool complete;   /* refused for statements that were passed over; the rest ran */
	bool needs_rows; /* it failed for what the rows are */
	bool committed;  /* outside a transaction: something of it is in the database */
	const char **touched; /* tables it wrote, altered or dropped */
	size_t ntouched;
};

struct amp_job {
	struct amplan_report report; /* first: what the caller sees */
	struct amp_arena arena;
	struct amp_findings findings;
	struct amp_catalog catalog;
	struct amp_graph graph;
	uint32_t *order;                 /* proved; NULL where descriptors do not hold */
	bool looked;                     /* the database was looked at */
	bool exists;                     /* there is one */
	const struct amp_engine *engine; /* of that one */
	const char *file;                /* it is, or would be; NULL: none */
	struct amp_history history;
	struct AMP_VEC(struct amp_history) past; /* histories that reports point into */
	char fingerprint[AMP_DIGEST_SIZE];       /* of the live schema when looked at */
	struct amp_plan plan;
	bool planned;
	bool sound; /* amplan_plan() succeeded: it may be saved and applied */
	/* where the plan begins; `history` moves on when it was carried out */
	struct amp_history_head begins;
	bool running; /* looked at: another process runs a step outside a transaction */
	bool apart; /* we hold the lock beside: nobody else is in the middle of a plan */
	struct amp_goal goal;
	struct {
		const struct amplan_access *items;
		size_t count;
	} * accesses;                          /* by node, from check; or NULL */
	struct amp_result *results;            /* one per step of the plan */
	char end_fingerprint[AMP_DIGEST_SIZE]; /* after the rehearsal; "" if none */
	unsigned references;                   /* answers that point into this job */
	struct amp_job *parent; /* the job that this answer points into; or NULL */
};

struct amp_job *amp_job_new(struct amplan_error *error);
void amp_job_free(struct amp_job *job);
/* The job behind a report of ours. */
struct amp_job *amp_job_of(const struct amplan_report *report);

/* AMPLAN_REFUSED, with findings, where the descriptors do not hold. */
int amp_job_load(struct amp_job *job, struct amplan *amplan, struct amplan_error *error);
/* Reads history and schema from a connection; a read transaction must be open. */
int amp_job_look(struct amp_job *job, struct amp_db *db, struct amplan_error *error);
/* The same for a database that does not exist. */
int amp_job_look_at_nothing(struct amp_job *job, struct amplan_error *error);
/* AMPLAN_REFUSED, with findings, where history and catalog do not fit. */
int amp_job_plan(
	struct amp_job *job, const struct amp_goal *goal, struct amplan_error *error);

/* Adds `schema-drift` where the schema is not what the newest history row recorded. */
void amp_job_compare_schema(struct amp_job *job, enum amplan_severity severity);

/* Adds `lock-timeout` with the words of the error. */
void amp_job_say_locked(struct amp_job *job, const struct amplan_error *error);

/* Is a transaction="none" step begun and not done? AMPLAN_PARTIAL where it stopped part
   way, AMPLAN_LOCKED where a living process runs it (amp_look() knows), else AMPLAN_OK. */
int amp_job_begun(struct amp_job *job, struct amplan_error *error);

/* Makes the report from whatever is there. AMPLAN_OK or AMPLAN_NOMEM. */
int amp_job_publish(
	struct amp_job *job, struct amplan *amplan, struct amplan_error *error);

/*
 * Ends a call: publishes and hands the job over as *out, also where `code` says that it
 * failed; returns the code. Frees the job where there is no room for a report.
 */
int amp_job_finish(struct amp_job *job, struct amplan *amplan, int code,
	struct amplan_report **out, struct amplan_error *error);

/* The same where the job is the plan of the caller, which stays his: *out points into it
   and keeps it alive as long as it is needed. */
int amp_job_answer(struct amp_job *job, struct amplan *amplan, int code,
	struct amplan_report **out, struct amplan_error *error);

#endif
