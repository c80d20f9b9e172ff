/*
 * Run: carrying a plan out, stage by stage, on a shadow or on the database.
 *
 * Rehearsal and apply are this same code. They differ in what follows a failure: on the
 * database the stage is rolled back and the run ends; on a shadow the one step is undone
 * and the steps that do not need it are tried all the same, so that one run tells all.
 *
 * The states of a run, asserted at each move (docs/invariants.md):
 *
 *	           begin                 steps, checks              commit
 *	  IDLE ------------> LOCKED ------------------> CHECKED ------------> IDLE
 *	   |                   |                          |
 *	   | started           +---------- rollback ------+------> IDLE (stage undone)
 *	   v
 *	 ALONE ------------> IDLE    a transaction="none" step ran; recording that is a stage
 *	   +---------------> PARTIAL stopped part way, or not recorded; a person goes on
 */
#ifndef EXECUTOR_RUN_H
#define EXECUTOR_RUN_H

#include "executor/job.h"

enum amp_run_state {
	AMP_RUN_IDLE,    /* no transaction is open */
	AMP_RUN_LOCKED,  /* the write transaction is open: we hold the lock */
	AMP_RUN_CHECKED, /* all steps of the stage ran and hold */
	AMP_RUN_ALONE,   /* a transaction="none" step is recorded as started */
	AMP_RUN_PARTIAL, /* it stopped part way */
};

struct amp_runner {
	struct amp_job *job;
	struct amp_db *db;
	bool rehearsal;
	bool trial;     /* of a proof: what dangles is told by others */
	bool real_rows; /* what queries say about rows counts */
	bool lent;      /* shadow of a handle whose functions we do not have */
	struct amp_danglings danglings; /* left by the steps of this stage */
	struct amp_recorder *recorder;  /* writes down what steps touch; or NULL */
	int64_t statement_timeout_ms;   /* 0: none */
	enum amp_run_state state;
	/* What must still be so under the lock; moves on with our own commits. */
	struct amp_history_head head;
	char fingerprint[AMP_DIGEST_SIZE];
	bool lost;             /* a step of the rehearsal ended the transaction */
	bool stale;            /* out: it was not */
	const char *failed_id; /* out: the step that failed; or NULL */
};

/* Runs all stages of the plan. Findings and results go into the job. */
int amp_run_plan(struct amp_runner *runner, struct amplan_error *error);

/* Asked while others have the lock: is the plan no longer worth waiting for? `user` is the
   runner; what it says is AMPLAN_REFUSED by amp_run_stale(). */
bool amp_run_is_stale(void *user);
/* The same where others may be in the middle of a plan: has one of them finished his? */
bool amp_run_is_over(void *user);
int amp_run_stale(struct amp_runner *runner, bool history, struct amplan_error *error);

/* Moves to a state; AMPLAN_INTERNAL where the picture above has no such arrow. */
int amp_run_move(
	struct amp_runner *runner, enum amp_run_state to, struct amplan_error *error);

/* One step inside the open transaction, or alone: step.c. */
int amp_run_step(struct amp_runner *runner, size_t index, struct amplan_error *error);
/* Its history row. `event` NULL: the one that its result calls for. */
int amp_run_record(struct amp_runner *runner, size_t index, const char *event,
	struct amplan_error *error);

/* Rows that point at nothing now and did not before: findings. violations.c */
int amp_run_violations(struct amp_runner *runner, const struct amp_violations *before,
	size_t first, size_t end, struct amplan_error *error);

/* At the end of a stage: what steps left pointing at nothing and no other mended is an error,
   the rest worth a note. AMPLAN_REFUSED where there is such an error. violations.c */
int amp_run_danglings(struct amp_runner *runner, struct amplan_error *error);

#endif
