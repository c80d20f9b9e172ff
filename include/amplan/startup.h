/*
 * Startup: bring the schema to what this program needs, or say why not, without ever
 * taking the program down. See docs/startup.md.
 */
#ifndef AMPLAN_STARTUP_H
#define AMPLAN_STARTUP_H

#include <amplan/report.h>
#include <amplan/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What startup came to. */
enum amplan_outcome_of_startup {
	AMPLAN_STARTUP_DISABLED, /* the gate is off; nothing was opened */
	AMPLAN_STARTUP_CURRENT,  /* nothing to do */
	AMPLAN_STARTUP_APPLIED,  /* pending work was applied, by us or while we waited */
	AMPLAN_STARTUP_LOCKED,   /* lock not obtained within the timeout */
	AMPLAN_STARTUP_REFUSED,  /* the plan does not hold, or a person must act */
	AMPLAN_STARTUP_FAILED, /* a migration failed, or the database cannot be reached */
	AMPLAN_STARTUP_AHEAD   /* the database is newer than this program's catalog */
};

/* The gate: who decides whether startup runs. */
enum amplan_gate {
	AMPLAN_GATE_ENVIRONMENT, /* PRODUCTION_MODE=1 and AUTO_MIGRATE_ON_STARTUP=true */
	AMPLAN_GATE_ON,          /* the application says yes */
	AMPLAN_GATE_OFF          /* the application says no */
};

/* Set with AMPLAN_STARTUP_OPTIONS_INIT first. */
struct amplan_startup_options {
	size_t size;           /* sizeof(struct amplan_startup_options) */
	enum amplan_gate gate; /* default: the environment decides */
	/* AMPLAN_FIDELITY_SCHEMA (default), AMPLAN_FIDELITY_COPY or AMPLAN_FIDELITY_NONE */
	enum amplan_fidelity fidelity;
};

#define AMPLAN_STARTUP_OPTIONS_INIT                                             \
	{                                                                       \
		sizeof(struct amplan_startup_options), AMPLAN_GATE_ENVIRONMENT, \
			AMPLAN_FIDELITY_SCHEMA                                  \
	}

/* The result of a startup, as a value. */
struct amplan_startup_result {
	enum amplan_outcome_of_startup outcome;
	int code;  /* enum amplan_code behind the outcome */
	bool stop; /* AUTO_MIGRATE_ON_FAILURE=stop, and it did not work */
	struct amplan_report *report; /* steps with ids and times, findings; or NULL */
	struct amplan_error error;    /* the reason, where it did not work */
};

/*
 * Gate, fast path, lock, plan, apply, report. Never fails the caller: whatever happens is
 * in the result. With nothing to do it takes no lock, writes nothing and parses no XML.
 *
 * session_options: database and folders; not NULL.
 * options: NULL for the defaults.
 * result: receives what happened; end it with amplan_startup_result_deinit().
 * Returns result->code.
 * Since 0.1.
 */
AMPLAN_API int amplan_startup(const struct amplan_options *session_options,
	const struct amplan_startup_options *options,
	struct amplan_startup_result *result);

/*
 * Frees what a result points to; the struct itself is the caller's.
 *
 * result: filled by amplan_startup(); NULL does nothing.
 * Since 0.1.
 */
AMPLAN_API void amplan_startup_result_deinit(struct amplan_startup_result *result);

/*
 * The word for an outcome: "disabled", "current", "applied", "locked", "refused",
 * "failed", "ahead".
 *
 * outcome: any value of the enumeration.
 * Returns a static string; never NULL.
 * Since 0.1.
 */
AMPLAN_API const char *amplan_startup_name(enum amplan_outcome_of_startup outcome);

/* Whether this program may use a database. */
enum amplan_fitness {
	AMPLAN_FIT,       /* current: use it */
	AMPLAN_FIT_AHEAD, /* newer, but nothing in it breaks programs of this catalog */
	AMPLAN_UNFIT_BEHIND, /* this program needs migrations that are not applied */
	AMPLAN_UNFIT_BREAKING /* a breaking="true" migration that this program does not know */
};

/*
 * Is this database fit for me? An old program asks before it meets a newer schema.
 * Reads only; no lock.
 *
 * amplan: not NULL. fitness: receives the answer.
 * out: receives the report behind the answer (findings `ahead`, `breaking-ahead`); may be
 *   NULL where only the answer is wanted.
 * Returns AMPLAN_OK whatever the answer; AMPLAN_REFUSED, AMPLAN_DATABASE,
 * AMPLAN_INTERNAL, AMPLAN_NOMEM where there is no answer.
 * Since 0.1.
 */
AMPLAN_API int amplan_fit(struct amplan *amplan, enum amplan_fitness *fitness,
	struct amplan_report **out, struct amplan_error *error);

#ifdef __cplusplus
}
#endif

#endif
