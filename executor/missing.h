/*
 * Missing: what a migration needs besides what it declares, found by trying.
 */
#ifndef EXECUTOR_MISSING_H
#define EXECUTOR_MISSING_H

#include "executor/shelf.h"

/* One that is not what it was in the plain run: why, and where it says so. */
struct amp_failure {
	uint32_t node;
	const char *why;
	struct amplan_place place;
};

struct amp_nodes AMP_VEC(uint32_t);

/* Does it do, after exactly this set, what it did in the plain run? `keep`: the state
   before it is kept. `failure` may be NULL, and is left alone where it does. */
int amp_try_on(struct amp_shelf *shelf, uint32_t node, const uint64_t *set, bool keep,
	bool *same, struct amp_failure *failure, struct amplan_error *error);

/*
 * Finds the fewest others with which it does, among those that stand before it; `anywhere`:
 * among all that work and do not need it. None where not even all of them will do.
 */
int amp_find_missing(struct amp_shelf *shelf, uint32_t node, bool anywhere,
	struct amp_nodes *missing, struct amplan_error *error);
/* Whether one of them needs this one, so that it comes anyway. */
bool amp_comes_with_another(
	const struct amp_prover *prover, const struct amp_nodes *missing, uint32_t node);

/*
 * Finds the one that it does not do after, though it does on what it needs alone: among
 * those before it. AMP_NO_NODE: there is none.
 */
int amp_find_breaker(struct amp_shelf *shelf, uint32_t node, uint32_t *breaker,
	struct amplan_error *error);

/* The findings, with their demands. */
int amp_tell_undeclared(struct amp_prover *prover, const struct amp_failure *failure,
	uint32_t on, struct amplan_error *error);
int amp_tell_breaker(struct amp_prover *prover, const struct amp_suspect *suspect,
	struct amplan_error *error);

#endif
