/*
 * Stages: one pass over the steps, and one over everything a plan depends on.
 */
#include "planner/stages.h"

/* Changed when the fields below change, so that old digests are not taken for new ones. */
#define DIGEST_FORMAT "amplan-plan-1"

static bool belongs(const struct amp_migration *before, const struct amp_migration *next)
{
	unsigned either = before->flags | next->flags,
		 differ = before->flags ^ next->flags;
	return !(either & AMPLAN_NO_TRANSACTION) && !(differ & AMPLAN_FOREIGN_KEYS);
}

void amp_stages(struct amp_plan *plan)
{
	plan->nstages = 0;
	for (size_t i = 0; i < plan->nsteps; i++) {
		struct amp_plan_step *step = &plan->steps[i];
		if (i == 0 || !belongs(step[-1].migration, step->migration))
			plan->nstages++;
		step->number = (unsigned)i + 1;
		step->stage = plan->nstages;
	}
}

void amp_stages_digest(
	struct amp_plan *plan, const struct amp_past *past, const char *fingerprint)
{
	struct amp_digest digest;
	amp_digest_init(&digest);
	amp_digest_string(&digest, DIGEST_FORMAT);
	amp_digest_string(&digest, plan->direction == AMP_UP ? "up" : "down");
	amp_digest_number(&digest, (int64_t)plan->nsteps);
	for (size_t i = 0; i < plan->nsteps; i++) {
		const struct amp_plan_step *step = &plan->steps[i];
		amp_digest_number(&digest, step->number);
		amp_digest_number(&digest, step->stage);
		amp_digest_string(&digest, step->migration->id);
		amp_digest_string(&digest, step->migration->checksum);
	}
	amp_digest_number(&digest, (int64_t)past->count);
	for (size_t i = 0; i < past->count; i++) {
		amp_digest_string(&digest, past->sorted[i]->id);
		amp_digest_string(&digest, past->sorted[i]->checksum);
	}
	amp_digest_string(&digest, fingerprint);
	amp_digest_end(&digest, plan->digest);
}
