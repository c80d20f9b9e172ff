/*
 * Engine: what the executor needs of a database, and nothing more.
 *
 * One table of functions per engine. Everything above this line is the same for all of
 * them: history, rehearsal, apply, rollback, startup. SQLite is in sqlite*.c.
 */
#ifndef EXECUTOR_ENGINE_H
#define EXECUTOR_ENGINE_H

#include <amplan/report.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/vec.h"
#include "executor/hooks.h"
#include "planner/effects.h"
#include "schema/migration.h"

/* The name of the history table, in every engine. */
#define AMP_HISTORY_TABLE "amplan_history"
/* As amplan's own statements say it: a temporary table of that name is not it. */
#define AMP_HISTORY_QUALIFIED "main." AMP_HISTORY_TABLE

struct sqlite3;

/* Which database. */
struct amp_target {
	const char *path;       /* SQLite: file name; NULL: the lent handle */
	struct sqlite3 *handle; /* lent by the application, or NULL */
	const char *display;    /* for people: no secrets */
};

/* How a connection will be used. */
enum amp_access {
	AMP_OBSERVE, /* read only; the database and its directory stay byte for byte */
	AMP_WRITE,   /* read and write; never creates the database */
	AMP_CREATE   /* the same, and creates it where it does not exist */
};

/* A bound parameter or a column: text where not NULL, else the number. */
struct amp_value {
	const char *text;
	int64_t number;
};

/* One row of a query; return 0 to go on. `columns` live until the return. */
typedef int amp_row_fn(void *user, const struct amp_value *columns, int count);

/* An object of the schema. */
struct amp_object {
	const char *type; /* "table", "index", "view", "trigger" */
	const char *name;
	const char *table;              /* that it belongs to */
	const char *sql;                /* as the database keeps it; "" if it has none */
	uint8_t digest[AMP_DIGEST_RAW]; /* over type, name, table and normalised SQL */
};

/* The schema: sorted by table, kind (tables first) and name; without the history. */
struct amp_objects {
	const struct amp_object *const *items;
	size_t count;
};

/* What running the SQL of one step came to. */
struct amp_run {
	unsigned statements;
	int64_t rows;
	const char **touched; /* tables written, altered or dropped, in the given arena */
	size_t ntouched;
	bool ended_transaction; /* the SQL made the database roll back on its own */
	bool committed; /* outside a transaction: something of it is in the database */
};

/* What a verify or precondition said. */
enum amp_answer {
	AMP_TRUE,
	AMP_FALSE,
	AMP_NO_ROW,
	AMP_SEVERAL_ROWS,
	AMP_NO_ANSWER /* it failed: a finding says why */
};

/* Rows that point at nothing: child table, parent table, key, and the row itself. */
struct amp_violation {
	const char *child, *parent, *key;
	int64_t row;   /* rowid; of tables without one, 0 */
	int64_t count; /* 1, or how many of a table without rowid */
};

struct amp_violations {
	struct amp_violation *items;
	size_t count, capacity;
	struct amp_arena *arena;
	bool by_key; /* compared by how many a key has: rows may get other numbers since */
};

/* Writes down what SQL of a migration touches while it runs, as it comes; see.c makes
   effects of it. Temporary objects and the engine's own are left out. */
struct amp_recorder {
	struct amp_arena *arena; /* of the names */
	struct AMP_VEC(struct amp_touch) touches;
	struct AMP_VEC(struct amp_statement) statements;
	bool failed; /* no memory at some point */
};

/* What a table holds: how many rows, and a digest that does not depend on their order, nor
   on the order of the columns. */
struct amp_content {
	const char *name;
	bool exists;
	int64_t rows;
	uint64_t digest[4];
};

/* The whole content of a shadow at one moment. */
struct amp_snapshot {
	void *copy;   /* the engine's own; NULL: of a shadow that holds nothing */
	int64_t size; /* in bytes */
};

struct amp_engine;

/* A connection; engines put their own fields behind. */
struct amp_db {
	const struct amp_engine *engine;
	const struct amp_hooks *hooks;
	/* Asked now and then while it waits for a lock: true where that is no longer wanted.
	   It may read through this connection. NULL: it is wanted. */
	bool (*given_up)(void *user);
	void *given_up_user;
};

/* Something that a step left pointing at a table that is gone. A later step of the stage may
   mend it; if none does, the warning becomes an error. */
struct amp_dangling {
	const char *name; /* the table or view to look at again */
	const char *gone;
	size_t finding; /* its position in the findings */
};

struct amp_danglings AMP_VEC(struct amp_dangling);

/* What SQL of a migration may do, and whom to blame. */
struct amp_run_as {
	const struct amp_migration *migration;
	bool transactional;              /* false: transaction="none" */
	struct amplan_progress progress; /* sent on while statements run */
	struct amp_findings *findings;
	struct amp_arena *arena;
	struct amp_danglings *danglings; /* NULL: nobody asks */
	struct amp_recorder *recorder;   /* or NULL */
	int64_t statement_timeout_ms;    /* 0: none */
	bool pass_over; /* rehearsal: go on behind a statement that is refused whole */
	const char *refusal;   /* out: the first that was passed over; NULL: none was */
	bool unknown_function; /* out: that was what failed */
	bool needs_rows;       /* out: a constraint failed, which is a matter of rows */
};

struct amp_engine {
	const char *name;

	/* Whether there is a database yet; false for a missing or empty file. */
	int (*exists)(
		const struct amp_target *target, bool *exists, struct amplan_error *);
	int (*open)(const struct amp_target *target, enum amp_access access,
		const struct amp_hooks *hooks, struct amp_db **out,
		struct amplan_error *);
	/* Rolls back what is open; gives a lent handle back as it was. NULL is fine. */
	void (*close)(struct amp_db *db);
	/* The file that the database is, or NULL; the database's own. */
	const char *(*file)(const struct amp_db *db);

	/* Is a path the file of this database, or one that is kept beside it? By what is there,
	   whatever the path, and without opening it: that would drop locks. */
	bool (*owns)(const char *file, const char *path);

	/* Whether keys are checked as rows change; outside a transaction. begin() does it too. */
	int (*foreign_keys)(struct amp_db *db, bool on, struct amplan_error *);

	/* A read transaction: one consistent view until end_read. */
	int (*begin_read)(struct amp_db *db, struct amplan_error *);
	void (*end_read)(struct amp_db *db);

	/* The write transaction, which is the lock. Waits as long as the hooks say; AMPLAN_LOCKED
	   where they, or given_up(), say no more. */
	int (*begin)(struct amp_db *db, bool foreign_keys, struct amplan_error *);
	int (*commit)(struct amp_db *db, struct amplan_error *);
	void (*rollback)(struct amp_db *db); /* safe where nothing is open */
	/* Whether it is still open: SQL can end it without asking. */
	bool (*is_open)(struct amp_db *db);
	/* Whether a commit would fail now, for rows that point at nothing. */
	bool (*unsettled)(struct amp_db *db);
	/* Held besides, by plans that commit more than once; dies with the process. Waits, too.
	   `make` false: only where somebody ever held it; else there is nothing to wait for. */
	int (*lock_aside)(struct amp_db *db, bool make, struct amplan_error *);
	void (*unlock_aside)(struct amp_db *db);
	/* Within a transaction of a shadow: one step that can be undone. */
	int (*savepoint)(struct amp_db *db, struct amplan_error *);
	int (*release)(struct amp_db *db, struct amplan_error *);
	void (*undo)(struct amp_db *db);

	/* amplan's own statements; parameters are ?1, ?2, … */
	int (*write)(struct amp_db *db, const char *sql, const struct amp_value *values,
		int count, struct amplan_error *);
	int (*read)(struct amp_db *db, const char *sql, const struct amp_value *values,
		int count, amp_row_fn *row, void *user, struct amplan_error *);

	/* The SQL of a step, statement by statement. AMPLAN_FAILED and AMPLAN_REFUSED come
	   with a finding. */
	int (*run)(struct amp_db *db, const struct amp_sql *sql, struct amp_run_as *as,
		struct amp_run *run, struct amplan_error *);
	/* A verify or precondition; read only. */
	int (*ask)(struct amp_db *db, const struct amp_sql *sql, struct amp_run_as *as,
		enum amp_answer *answer, struct amplan_error *);

	/* The schema now. The list is valid until the next call with this connection, the
	   objects in it until the one after that, so that two can be compared. */
	int (*objects)(struct amp_db *db, struct amp_objects *out, struct amplan_error *);
	/* Of these tables only; `tables` NULL: of all. */
	int (*violations)(struct amp_db *db, const char *const *tables, size_t ntables,
		struct amp_violations *out, struct amplan_error *);

	/* A private stand-in. `from` NULL: an empty one. Sets *fidelity to what it is. */
	int (*shadow)(struct amp_db *from, enum amplan_fidelity wish, int64_t copy_limit,
		const struct amp_hooks *hooks, struct amp_db **out,
		enum amplan_fidelity *fidelity, const char **note,
		struct amp_arena *arena, struct amplan_error *);
	/* Proofs, on shadows only: see prove.h. A bounded shadow, and what SQL needs while it
	   runs, do not outgrow these bytes. */
	int (*bound)(struct amp_db *db, int64_t bytes, struct amplan_error *);
	int (*snapshot)(
		struct amp_db *db, struct amp_snapshot *out, struct amplan_error *);
	int (*restore)(struct amp_db *db, const struct amp_snapshot *snapshot,
		struct amplan_error *);
	void (*snapshot_free)(struct amp_snapshot *snapshot);
	/* The tables and views among `names`, with what belongs to them, sorted. Views and
	   triggers are tried: what those among `names` read goes to the recorder. */
	int (*shapes)(struct amp_db *db, const char *const *names, size_t count,
		struct amp_recorder *recorder, struct amp_shapes *out,
		struct amp_arena *arena, struct amplan_error *);
	/* Fills in what the tables hold whose names are set. */
	int (*contents)(struct amp_db *db, struct amp_content *contents, size_t count,
		struct amplan_error *);
	/* Takes all rows out of a table; no trigger fires, no key acts. */
	int (*empty)(struct amp_db *db, const char *table, struct amplan_error *);
	/* Puts made-up rows into tables of a shadow that have none; the same schema always
	   gets the same rows. Only those of `tables`; NULL: all. The rows keep every
	   constraint and every foreign key; triggers do not fire. A table for which no row
	   is found stays empty and counts as unseeded; errors are the machine's only. */
	int (*seed)(struct amp_db *db, const char *const *tables, size_t ntables,
		unsigned *seeded, unsigned *unseeded, struct amplan_error *);
	/* Who holds the lock, as far as the system tells. */
	void (*holder)(const struct amp_target *target, struct amplan_holder *out,
		struct amp_arena *arena);
	/* Is the aside lock held by a living process? */
	int (*held_aside)(
		const struct amp_target *target, bool *held, struct amplan_error *);
	/* A path for amplan's own file beside the database; NULL where there is none. */
	const char *(*beside)(const struct amp_target *target, const char *suffix,
		struct amp_arena *arena);
};

extern const struct amp_engine amp_sqlite;

/* The engine and the target that a URL names. AMPLAN_USAGE where it names neither. */
int amp_engine_parse(const char *url, struct amp_arena *arena,
	const struct amp_engine **engine, struct amp_target *target,
	struct amplan_error *error);

#endif
