/*
 * Prove: what `check` finds out by running migrations on shadows, from nothing.
 *
 *	plain      each in plan order on an empty database: does it work, what does it
 *	           touch?                                                    (prove.c)
 *	ancestors  each on what it declares to need, alone: does it do the same?
 *	                                                         (prove_ancestors.c)
 *	order      two that meet and that no path orders: the same both ways round?
 *	                                                         (prove_order.c)
 *	rows       all of them with rows made up to fit: does it still work, and does the
 *	           down undo it?                                      (prove_rows.c)
 *
 * The first two need no rows and have none, so that what a fresh installation would do is
 * what is seen. Dependencies that are missing are added as soon as they are found: what
 * follows is told as if they were declared, so that each is told once.
 */
#ifndef EXECUTOR_PROVE_H
#define EXECUTOR_PROVE_H

#include <amplan/check.h>

#include "executor/job.h"
#include "executor/see.h"
#include "planner/ancestors.h"
#include "planner/meet.h"

/* Why something is wrong, where no message of the engine says it. */
#define AMP_ROWS_DANGLE "rows point at nothing"

/* What the plain run of a migration came to; others are compared with it. */
struct amp_plain {
	bool works;
	enum amplan_outcome outcome;
	unsigned verified;
	size_t violations; /* of foreign keys, in the tables that it wrote */
	bool hoped;        /* it did not work so far: this is what it would be */
};

/* One that does not work where the plan has it, but would elsewhere. */
struct amp_suspect {
	uint32_t node, other;
	bool conflict; /* `other` breaks it, rather than `other` is missing */
	bool hopeless; /* and does not work after it either */
	bool settled;  /* with all that it needs it does not break it any more */
	const char *why;
	struct amplan_place place;
};

struct amp_prover {
	struct amp_job *job; /* planned from nothing */
	struct amplan *amplan;
	const struct amplan_check_options *options;
	size_t *step_of; /* position of each node in the plan; SIZE_MAX: not in it */
	/* All nodes as they are tried: as the plan has them, but for dependencies that were
	   missing; and the position of each in it. */
	uint32_t *sequence, *turn_of;
	struct amp_effects *effects;                 /* by node */
	struct amp_plain *plain;                     /* by node */
	struct amp_result *results;                  /* room for trials, one per step */
	struct AMP_VEC(struct amp_extra) extras;     /* dependencies that were missing */
	struct AMP_VEC(struct amp_suspect) suspects; /* told when all effects are known */
	struct AMP_VEC(struct amplan_demand) demands; /* by node, not yet by position */
	struct amp_ancestors need;                    /* by <depends> and extras */
	struct amp_ancestors before;                  /* by <after> as well */
};

/* One run of one migration on a shadow. */
struct amp_trial {
	int code; /* AMPLAN_OK, AMPLAN_FAILED, AMPLAN_REFUSED */
	enum amplan_outcome outcome;
	unsigned verified;
	bool needs_rows; /* it failed for what the rows are */
	size_t literals; /* statements that take a name for a string */
	bool dirty;      /* it failed outside a transaction: the shadow is spoilt */
	const struct amplan_effect *effects;
	size_t neffects;
	size_t violations;
	const char *why;  /* of the first error; NULL: none */
	const char *kind; /* of that error; NULL: there is none of it */
	struct amplan_place place;
	struct amp_arena arena;
	struct amp_findings findings;
};

struct amp_how {
	bool down;
	bool rows; /* there are made-up rows: what queries say about them is no matter */
	struct amp_recorder *recorder; /* or NULL */
};

#define AMP_TRIAL_AUTO __attribute__((cleanup(amp_trial_deinit))) struct amp_trial

/*
 * Runs a migration in a transaction of its own, kept where it works and undone where not.
 * The migration's failure is told by trial->code; the call fails for the machine only:
 * AMPLAN_NOMEM, AMPLAN_CANCELLED, AMPLAN_DATABASE. Deinitialise the trial in any case.
 */
int amp_try(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_how how, struct amp_trial *trial, struct amplan_error *error);
/* The same under a savepoint of the open transaction. */
int amp_try_inside(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_how how, struct amp_trial *trial, struct amplan_error *error);
void amp_trial_deinit(struct amp_trial *trial);

/* Whether a trial came to what the plain run came to; *why says in what it did not. */
int amp_try_compare(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_trial *trial, bool *same, const char **why,
	struct amplan_error *error);

/* Why one of the shapes cannot be used, or points at nothing; NULL: all is well. */
const char *amp_try_broken(const struct amp_shapes *shapes, struct amp_arena *arena);

/* A shadow for trials, empty and bounded. */
int amp_prove_open(struct amp_prover *prover, struct amp_db **db, struct amplan_error *);

/* Where a migration is planned, and whether its plain run worked. */
static inline bool amp_prove_works(const struct amp_prover *prover, uint32_t node)
{
	return prover->step_of[node] != SIZE_MAX && prover->plain[node].works;
}

/* As one migration has to name another, in the memory of the job; "" without memory. */
const char *amp_prove_name(struct amp_prover *prover, uint32_t from, uint32_t on);

/* The sequence and both sets of ancestors anew, from the graph and what was missing. */
int amp_prove_ancestry(struct amp_prover *prover, struct amplan_error *error);

/* With rows: where it fails for what they are, the tables that it touches are emptied and it
   is tried again; then the tables that it made or changed get rows. */
int amp_try_with_rows(struct amp_prover *prover, struct amp_db *db, uint32_t node,
	struct amp_trial *trial, struct amplan_error *error);

/* The proofs. Findings go to the job. */
int amp_prove_plain(struct amp_prover *prover, struct amplan_error *error);
int amp_prove_ancestors(struct amp_prover *prover, struct amplan_error *error);
int amp_prove_order(struct amp_prover *prover, struct amplan_error *error);
int amp_prove_rows(struct amp_prover *prover, struct amplan_error *error);

/* Writes each dependency that was found to be missing into its descriptor. */
int amp_prove_fix(struct amp_prover *prover, struct amplan_error *error);

#endif
