/*
 * Reports: what a call found out or did, as plain data to read.
 *
 * Every command of the library answers with one struct amplan_report. A part about which
 * a command has nothing to say is NULL, 0 or empty. A report and all it points to belong
 * to the caller and are freed by amplan_report_free(). Fields may be added at the end of
 * each struct, so never copy one by size.
 */
#ifndef AMPLAN_REPORT_H
#define AMPLAN_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <amplan/error.h>
#include <amplan/finding.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How the database stands to the catalog. */
enum amplan_verdict {
	AMPLAN_VERDICT_UNKNOWN, /* no database was looked at */
	AMPLAN_CURRENT,         /* nothing pending, nothing unknown */
	AMPLAN_BEHIND,          /* there is pending work */
	AMPLAN_AHEAD,           /* history knows migrations that the catalog does not */
	AMPLAN_DIVERGED         /* both */
};

/* How close the shadow of a rehearsal is to the database. */
enum amplan_fidelity {
	AMPLAN_FIDELITY_AUTO,  /* as an option: copy, or schema where that is too large */
	AMPLAN_FIDELITY_NONE,  /* no rehearsal */
	AMPLAN_FIDELITY_EMPTY, /* the database does not exist yet */
	AMPLAN_FIDELITY_SCHEMA, /* schema without rows */
	AMPLAN_FIDELITY_COPY,   /* all rows */
	AMPLAN_FIDELITY_SEEDED  /* from nothing, with rows made up to fit the schema */
};

/* What is known of a migration in this database. */
enum amplan_state {
	AMPLAN_PENDING,     /* not applied */
	AMPLAN_APPLIED,     /* applied, unchanged since */
	AMPLAN_DRIFTED,     /* applied, but the descriptor was changed afterwards */
	AMPLAN_REPLACED,    /* a squash stands for it, or it is satisfied as a squash */
	AMPLAN_INTERRUPTED, /* transaction="none" step that stopped part way */
	AMPLAN_BROKEN,      /* pending, and its last attempt failed */
	AMPLAN_RUNNING      /* transaction="none" step that another process runs now */
};

/* Attributes of a migration, or-ed together. */
enum amplan_flags {
	AMPLAN_NO_TRANSACTION = 1, /* transaction="none" */
	AMPLAN_FOREIGN_KEYS = 2,   /* foreign-keys="on" */
	AMPLAN_MAINTENANCE = 4,    /* maintenance="true" */
	AMPLAN_BREAKING = 8,       /* breaking="true" */
	AMPLAN_IRREVERSIBLE = 16,  /* <irreversible/> */
	AMPLAN_HAS_DOWN = 32,      /* there is a down for the engine in use */
	AMPLAN_SQUASH = 64         /* has <replaces/> */
};

/* A declared dependency. */
struct amplan_edge {
	const char *on;     /* qualified id that is depended on */
	const char *reason; /* as declared, or NULL */
	uint32_t index;   /* position of `on` in report.migrations; UINT32_MAX: absent */
	bool orders_only; /* <after/> rather than <depends/> */
	bool redundant;   /* another dependency implies it */
	struct amplan_place place; /* where it is declared */
};

/* What was done with an object, or-ed together. */
enum amplan_how {
	AMPLAN_READS = 1,   /* its rows, or its shape by a view, a trigger, an index */
	AMPLAN_REFERS = 2,  /* a foreign key points at it */
	AMPLAN_WRITES = 4,  /* rows inserted, updated, deleted */
	AMPLAN_CREATES = 8, /* it was made */
	AMPLAN_ALTERS = 16, /* its shape was changed, or what hangs on it */
	AMPLAN_DROPS = 32   /* it went */
};

/* An object, or a column of one, that a migration was seen to touch. */
struct amplan_access {
	const char *name;   /* table, view, index or trigger */
	const char *column; /* "" for the object as a whole */
	unsigned how;       /* enum amplan_how, or-ed */
};

/* A dependency that the effects demand and nobody declared. */
struct amplan_demand {
	uint32_t from; /* position in report.migrations of who should depend … */
	uint32_t on;   /* … and on whom; of a conflict the later in plan order first */
	bool conflict; /* both orders run, or might, with different results */
	const char *object; /* that they meet at: "table" or "table.column"; "" none */
};

/* One migration of the catalog. */
struct amplan_migration {
	const char *id;            /* qualified: "id" or "module:id" */
	const char *module;        /* "" if it is in none */
	const char *description;   /* "" if there is none */
	const char *checksum;      /* "sha256:" and 64 hexadecimal digits */
	struct amplan_place place; /* of the start tag */
	enum amplan_state state;   /* AMPLAN_PENDING where there is no database */
	unsigned flags;            /* enum amplan_flags */
	const struct amplan_edge
		*edges; /* dependencies, in the order they are declared */
	size_t nedges;  /* number of dependencies */
	const struct amplan_access *accesses; /* by check: what up touched, sorted */
	size_t naccesses;                     /* number of them */
};

/* What happened to an object of the schema. */
enum amplan_effect_kind { AMPLAN_CREATED, AMPLAN_ALTERED, AMPLAN_DROPPED };

/* An object that a step was seen to create, alter or drop. */
struct amplan_effect {
	enum amplan_effect_kind kind; /* what was done */
	const char *type;             /* "table", "index", "view" or "trigger" */
	const char *name;             /* name of the object */
};

/* How a step of a plan ended. */
enum amplan_outcome {
	AMPLAN_NOT_RUN, /* the plan was not rehearsed or not reached */
	AMPLAN_DONE,    /* ran, all its verifies true */
	AMPLAN_MARKED,  /* precondition said it is there already: recorded, not run */
	AMPLAN_STOPPED, /* failed */
	AMPLAN_UNTRIED  /* rehearsal: depends on a step that failed */
};

/* One step of a plan: a migration to run up or down. */
struct amplan_step {
	const struct amplan_migration *migration; /* which one */
	unsigned number;                          /* from 1 */
	unsigned stage;                           /* from 1 */
	enum amplan_outcome outcome;              /* in the rehearsal, or in the apply */
	unsigned statements;                      /* statements that ran */
	unsigned verified;                        /* verify queries that gave true */
	unsigned unknown;     /* queries that only real rows could answer */
	int64_t rows;         /* rows inserted, updated and deleted */
	int64_t milliseconds; /* time taken; in a plan rounded to hundreds */
	const struct amplan_effect *effects; /* sorted by type and name */
	size_t neffects;                     /* number of effects */
};

/* One row of the history. */
struct amplan_event {
	int64_t number;         /* position in the hash chain, from 0 */
	const char *event;      /* "created", "applied", "marked", "baselined", "started",
	                            "undoing", "resolved", "abandoned", "rolled-back" */
	const char *id;         /* qualified id; "" for "created" */
	const char *checksum;   /* of what ran */
	const char *plan;       /* digest of the plan that it was part of */
	const char *applied_at; /* UTC, RFC 3339 with milliseconds */
	const char *tool;       /* "amplan 0.1.0" */
	const char *host;       /* host name */
	const char *fingerprint; /* of the schema after it */
	int64_t order;           /* order number in that plan, from 1 */
	int64_t milliseconds;    /* time it took */
	int64_t rows;            /* rows it changed */
	bool breaking;           /* breaking="true" at that time */
};

/* Who holds the lock, as far as the system tells. */
struct amplan_holder {
	long pid;            /* process id; 0 if nobody is seen to hold it */
	const char *command; /* its command name; "" if not known */
	int64_t seconds;     /* since that process started; -1 if not known */
};

/* The last attempt that failed, if nothing succeeded since. */
struct amplan_failure {
	const char *at;      /* UTC, RFC 3339; NULL if there is none */
	const char *id;      /* migration that failed; "" if not known */
	const char *message; /* what it said */
	const char *place;   /* "file:line:column"; "" if not known */
};

/* The answer of a call. */
struct amplan_report {
	enum amplan_verdict verdict;
	const char *database; /* name of the database, without secrets; NULL if none */
	const char *engine;   /* "sqlite" */
	const char *digest;   /* of the plan, "sha256:…"; NULL if there is no plan */
	enum amplan_fidelity fidelity; /* of the rehearsal */
	const char *fidelity_note;     /* why this one and what it cannot know; or NULL */
	bool rollback;                 /* the plan runs downs */
	bool done;                     /* it ran on the database, not only in rehearsal */
	const struct amplan_migration *migrations; /* the catalog, in plan order */
	size_t nmigrations;
	const struct amplan_step *steps; /* the plan: pending work, in order */
	size_t nsteps;
	unsigned nstages;                   /* number of stages of the plan */
	const struct amplan_event *applied; /* what is applied now, in history order */
	size_t napplied;
	const char *const *unknown; /* applied ids that the catalog does not have */
	size_t nunknown;
	const char *schema_diff; /* unified diff start to end; NULL if not made */
	struct amplan_holder holder;
	struct amplan_failure failure;
	const struct amplan_finding *findings; /* sorted by place */
	size_t nfindings;
	const struct amplan_demand *demands; /* by check: sorted by from, on */
	size_t ndemands;
	unsigned nfixed; /* by check: dependencies that were written into descriptors */
};

/*
 * Frees a report and everything it points to.
 *
 * report: from any function of this library; NULL does nothing.
 * Since 0.1.
 */
AMPLAN_API void amplan_report_free(struct amplan_report *report);

/*
 * Tells whether a report holds at least one finding of severity AMPLAN_ERROR.
 *
 * report: not NULL.
 * Since 0.1.
 */
AMPLAN_API bool amplan_report_has_errors(const struct amplan_report *report);

/*
 * The word for a verdict, as printed: "current", "behind", "ahead", "diverged",
 * "unknown".
 *
 * verdict: any value of the enumeration.
 * Returns a static string; never NULL.
 * Since 0.1.
 */
AMPLAN_API const char *amplan_verdict_name(enum amplan_verdict verdict);

/*
 * The word for a fidelity, as printed: "none", "empty", "schema", "copy", "auto",
 * "seeded".
 *
 * fidelity: any value of the enumeration.
 * Returns a static string; never NULL.
 * Since 0.1.
 */
AMPLAN_API const char *amplan_fidelity_name(enum amplan_fidelity fidelity);

#ifdef __cplusplus
}
#endif

#endif
