/*
 * Names: the words for the values of the public enumerations.
 */
#include <amplan/report.h>
#include <amplan/startup.h>

const char *amplan_verdict_name(enum amplan_verdict verdict)
{
	switch (verdict) {
	case AMPLAN_CURRENT:
		return "current";
	case AMPLAN_BEHIND:
		return "behind";
	case AMPLAN_AHEAD:
		return "ahead";
	case AMPLAN_DIVERGED:
		return "diverged";
	case AMPLAN_VERDICT_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *amplan_fidelity_name(enum amplan_fidelity fidelity)
{
	switch (fidelity) {
	case AMPLAN_FIDELITY_EMPTY:
		return "empty";
	case AMPLAN_FIDELITY_SCHEMA:
		return "schema";
	case AMPLAN_FIDELITY_COPY:
		return "copy";
	case AMPLAN_FIDELITY_SEEDED:
		return "seeded";
	case AMPLAN_FIDELITY_AUTO:
		return "auto";
	case AMPLAN_FIDELITY_NONE:
		break;
	}
	return "none";
}

const char *amplan_startup_name(enum amplan_outcome_of_startup outcome)
{
	switch (outcome) {
	case AMPLAN_STARTUP_DISABLED:
		return "disabled";
	case AMPLAN_STARTUP_CURRENT:
		return "current";
	case AMPLAN_STARTUP_APPLIED:
		return "applied";
	case AMPLAN_STARTUP_LOCKED:
		return "locked";
	case AMPLAN_STARTUP_REFUSED:
		return "refused";
	case AMPLAN_STARTUP_AHEAD:
		return "ahead";
	case AMPLAN_STARTUP_FAILED:
		break;
	}
	return "failed";
}
