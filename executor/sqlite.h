/*
 * SQLite engine, inside: the connection that the sqlite*.c files share.
 *
 *	sqlite.c          the table; opening, transactions, own statements
 *	sqlite_db.c       the connection: errors, closing
 *	sqlite_settings.c under which settings migrations run, and putting back
 *	sqlite_lock.c     waiting for the lock, and who holds it
 *	sqlite_guard.c    what the SQL of a migration may do: the authorizer
 *	sqlite_record.c   what the SQL of a migration touches, for the proofs
 *	sqlite_run.c      walking the statements of a step; verify queries
 *	sqlite_keep.h     that no row is lost silently, in six files of its own
 *	sqlite_loss.c     what a step must not lose, nor leave behind
 *	sqlite_schema.c   objects, and rows that point at nothing
 *	sqlite_shape.c    tables and what belongs to them; trying views and triggers
 *	sqlite_content.c  snapshots of a shadow, and digests of what its tables hold
 *	sqlite_seed*.c    made-up rows for the empty tables of a shadow
 *	sqlite_shadow.c   looking without touching, and shadows
 *	sqlite_hint.c     advice for SQLite's own messages
 */
#ifndef EXECUTOR_SQLITE_H
#define EXECUTOR_SQLITE_H

#include <sqlite3.h>

#include "base/str.h"
#include "executor/engine.h"

/* What the authorizer lets pass. */
enum guard_mode {
	GUARD_OFF,   /* amplan's own statements */
	GUARD_STEP,  /* SQL of a transactional step */
	GUARD_ALONE, /* SQL of a transaction="none" step */
	GUARD_QUERY  /* verify and precondition: reads only */
};

struct guard {
	enum guard_mode mode;
	bool stepping;       /* a statement runs: nested prepares are SQLite's own */
	bool rewrites;       /* saw an action that changes or drops schema objects */
	bool makes_triggers; /* saw CREATE TRIGGER */
	char dropping[256];  /* table that the statement drops; or "" */
	bool whole;          /* what was denied is a statement of a kind of its own */
	const char *kind;    /* of the finding, where something was denied */
	char message[256];
	char hint[256];
	struct amp_arena *arena;
	const char **touched;
	size_t ntouched, room;
	const char **hiding; /* temporary objects of the application, before the step */
	size_t nhiding;
	struct amp_recorder *recorder; /* or NULL */
	struct amp_statement now;      /* what is recorded of the statement at hand */
	bool acts;                     /* it did something to the schema table */
	unsigned actions;              /* that the authorizer was asked about */
};

/* Pragmas that say how a connection works; which ones: sqlite_settings.c */
enum { SQLITE_PRAGMAS = 11 };
struct pragmas {
	int64_t values[SQLITE_PRAGMAS];
};

/* Settings of a lent handle, to be put back. */
struct lent_settings {
	bool lent;
	struct pragmas pragmas;
	int busy_timeout;
	int switches[6];
	char journal_mode[16]; /* "memory" or "off"; "": one that stays */
};

struct schema_cache {
	struct amp_arena arena;  /* of what is listed now */
	struct amp_arena before; /* of what was listed before that */
	const struct amp_object **sorted;
	size_t count, room;
	const struct amp_object *
		*old; /* what was listed before, whose digests are known */
	size_t old_count, old_room;
	int64_t last_rowid;
	bool complete; /* all objects up to last_rowid are in it */
	int cookie;    /* schema_version it was read at */
};

struct sqlite_db {
	struct amp_db base;
	sqlite3 *handle;
	sqlite3 *aside; /* holds the aside lock, or NULL */
	char *path;     /* NULL: in memory, or a shadow */
	bool shadow;
	int64_t bound;        /* of a shadow for proofs, in bytes; 0: none */
	int64_t memory_then;  /* that SQLite used when the statement began */
	bool listed;          /* our lock was seen in the kernel's list */
	char *private_folder; /* of a private copy, removed at close; or NULL */
	int64_t deadline, waiting_since, last_told, last_shown;
	int64_t statement_deadline; /* in a rehearsal; 0: none */
	bool out_of_room;           /* it filled the memory that it is given */
	bool out_of_time;           /* the statement ran longer than that */
	bool cancelled;             /* the progress handler stopped a statement */
	int trouble; /* of the machine, that a question of ours met; 0: none */
	uint32_t jitter;
	struct amplan_progress progress;
	int64_t changes_at_start;
	struct guard guard;
	struct keep *keep; /* while a step runs */
	struct lent_settings lent;
	struct schema_cache cache;
};

static inline struct sqlite_db *sqlite_of(struct amp_db *db)
{
	return (struct sqlite_db *)(void *)db;
}

/* sqlite_db.c */
struct sqlite_db *sqlite_wrap(sqlite3 *handle, const struct amp_hooks *hooks);
int sqlite_exec(struct sqlite_db *db, const char *sql, struct amplan_error *error);

/*
 * amplan's own questions. Where the machine fails one, no memory or a read error, that is
 * remembered, so that no answer is never taken for "no"; and it may have ended the
 * transaction. Whoever asks in between calls sqlite_trouble() before it acts on answers.
 */
int sqlite_prepare(struct sqlite_db *db, const char *sql, sqlite3_stmt **out);
int sqlite_step(struct sqlite_db *db, sqlite3_stmt *row);
/* The code of another call that asks something; returns it. */
int sqlite_note(struct sqlite_db *db, int rc);
/* An integer from a statement; `otherwise` where it gives no row. */
int64_t sqlite_number(struct sqlite_db *db, const char *sql, int64_t otherwise);
/* What was remembered, as an error, and forgets it. AMPLAN_OK: there was nothing. */
int sqlite_trouble(struct sqlite_db *db, struct amplan_error *error);
/* Trouble of the machine, not of the SQL. */
bool sqlite_is_trouble(int rc);
/* AMPLAN_DATABASE, _LOCKED, _NOMEM or _CANCELLED with SQLite's own message. */
int sqlite_error(
	struct sqlite_db *db, int rc, const char *what, struct amplan_error *error);
void sqlite_cache_forget(struct sqlite_db *db);
void sqlite_roll_back(struct amp_db *db);
void sqlite_close(struct amp_db *db);
/* A name in double quotes. */
void sqlite_add_name(struct amp_str *sql, const char *name);
/* A name SQLite takes for a file, never for a URI or for memory. */
char *sqlite_literal_path(const char *path);

/* sqlite_settings.c */
/* The settings under which migrations run, on every connection alike. */
int sqlite_settings(struct sqlite_db *db, struct amplan_error *error);
/* Notes how a lent handle is set; nothing is touched. */
int sqlite_borrow(struct sqlite_db *db, struct amplan_error *error);
int sqlite_need_journal(struct sqlite_db *db, struct amplan_error *error);
void sqlite_give_back(struct sqlite_db *db);
/* A step may change these; its changes end with it. */
bool sqlite_is_setting(const char *pragma);
int sqlite_config(sqlite3 *handle, int option);
void sqlite_pragmas_read(struct sqlite_db *db, struct pragmas *out);
int sqlite_pragmas_write(struct sqlite_db *db, const struct pragmas *pragmas);
/* How the journal ends: a setting of the connection, but for WAL, which stays. */
bool sqlite_journal_read(sqlite3 *handle, char mode[16]);
void sqlite_journal_write(sqlite3 *handle, const char *mode);

/* sqlite_lock.c */
void sqlite_wait_begins(struct sqlite_db *db);
int sqlite_busy(void *db, int count);
/* Others are in the way, and may be gone in a moment. */
bool sqlite_is_busy(int rc);
int sqlite_progress(void *db);
int sqlite_locked(struct sqlite_db *db, struct amplan_error *error);
void sqlite_holder(const struct amp_target *target, struct amplan_holder *out,
	struct amp_arena *arena);
/* Does the kernel list a lock of ours on the database file? Then, before a commit, it must
   still be there: a close() of that file anywhere in the process drops it without a word. */
bool sqlite_is_listed(const struct sqlite_db *db);
int sqlite_check_lock(const struct sqlite_db *db, struct amplan_error *error);
int sqlite_held_aside(
	const struct amp_target *target, bool *held, struct amplan_error *error);
/* The lock beside a database has its name, and this. */
#define ASIDE_SUFFIX "-amplan-lock"
int sqlite_lock_aside(struct amp_db *db, bool make, struct amplan_error *error);
/* Begins a write transaction on the database or on the file beside it, as soon as can be. */
int sqlite_insist(struct sqlite_db *db, sqlite3 *handle, struct amplan_error *error);
void sqlite_unlock_aside(struct amp_db *db);

/* sqlite_guard.c */
void sqlite_guard_begin(
	struct sqlite_db *db, enum guard_mode mode, struct amp_arena *arena);
void sqlite_guard_end(struct sqlite_db *db);

/* sqlite_record.c */
void sqlite_record_touch(struct amp_recorder *recorder, const char *name,
	const char *column, unsigned how);
/* One question to the authorizer. */
void sqlite_record_action(struct guard *guard, int action, const char *one,
	const char *two, const char *database, const char *inner);
/* A statement begins at `text`; it was prepared; it ran. */
void sqlite_record_begin(struct guard *guard, size_t offset);
void sqlite_record_end(struct sqlite_db *db, const char *text, size_t length);

/* Whether "text" may stand for 'text' where no column has that name. */
void sqlite_string_literals(struct sqlite_db *db, bool allowed);

/* sqlite_run.c */
int sqlite_run(struct amp_db *db, const struct amp_sql *sql, struct amp_run_as *as,
	struct amp_run *run, struct amplan_error *error);
int sqlite_ask(struct amp_db *db, const struct amp_sql *sql, struct amp_run_as *as,
	enum amp_answer *answer, struct amplan_error *error);

/* Adds an error at an offset of the SQL of a step, one word long. */
struct amplan_finding *sqlite_add_finding(const struct amp_sql *sql,
	struct amp_run_as *as, const char *kind, size_t offset, const char *message);

/* sqlite_keep.c: that no row is lost silently */
int sqlite_keep_begin(
	struct sqlite_db *db, struct amp_arena *arena, struct amplan_error *error);
void sqlite_keep_end(struct sqlite_db *db);
/* A statement is about to be prepared; one question to the authorizer meanwhile. */
void sqlite_keep_next(struct sqlite_db *db);
void sqlite_keep_see(struct sqlite_db *db, int action, const char *one, const char *two,
	const char *database, const char *inner);
/* It was prepared. */
void sqlite_keep_probe(struct sqlite_db *db, const char *text, size_t length);
/* It is about to run; it ran; it was the last of the step. */
int sqlite_keep_before(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, size_t offset, size_t length, struct amplan_error *error);
int sqlite_keep_after(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, size_t offset, size_t length, struct amplan_error *error);
int sqlite_keep_check(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, struct amplan_error *error);

/* sqlite_loss.c */
int64_t sqlite_temp_objects(struct sqlite_db *db);
/* The names of those that are there now, which no statement of the step may use then. */
void sqlite_temp_hide(struct sqlite_db *db, int64_t count);
/* The last temporary object; drops those that were made after it, however a step ended. */
int64_t sqlite_temp_last(struct sqlite_db *db);
void sqlite_temp_drop(struct sqlite_db *db, int64_t last);
int sqlite_check_drop(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, size_t offset, struct amplan_error *error);
int sqlite_check_left(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, int64_t temp_before, struct amplan_error *error);

/* sqlite_hint.c */
void sqlite_hint(struct sqlite_db *db, struct amp_run_as *as,
	struct amplan_finding *finding, const char *message);

/* sqlite_schema.c */
int sqlite_objects(
	struct amp_db *db, struct amp_objects *out, struct amplan_error *error);
int sqlite_violations(struct amp_db *db, const char *const *tables, size_t ntables,
	struct amp_violations *out, struct amplan_error *error);

/* sqlite_shape.c */
int sqlite_shapes(struct amp_db *db, const char *const *names, size_t count,
	struct amp_recorder *recorder, struct amp_shapes *out, struct amp_arena *arena,
	struct amplan_error *error);

/* sqlite_content.c */
int sqlite_bound(struct amp_db *db, int64_t bytes, struct amplan_error *error);
int sqlite_snapshot(
	struct amp_db *db, struct amp_snapshot *out, struct amplan_error *error);
int sqlite_restore(struct amp_db *db, const struct amp_snapshot *snapshot,
	struct amplan_error *error);
void sqlite_snapshot_free(struct amp_snapshot *snapshot);
int sqlite_contents(struct amp_db *db, struct amp_content *contents, size_t count,
	struct amplan_error *error);
int sqlite_empty(struct amp_db *db, const char *table, struct amplan_error *error);

/* sqlite_seed.c */
int sqlite_seed(struct amp_db *db, const char *const *tables, size_t ntables,
	unsigned *seeded, unsigned *unseeded, struct amplan_error *error);

/* sqlite_shadow.c */
int sqlite_exists(
	const struct amp_target *target, bool *exists, struct amplan_error *error);
int sqlite_observe(const struct amp_target *target, const struct amp_hooks *hooks,
	struct amp_db **out, struct amplan_error *error);
int sqlite_shadow(struct amp_db *from, enum amplan_fidelity wish, int64_t copy_limit,
	const struct amp_hooks *hooks, struct amp_db **out,
	enum amplan_fidelity *fidelity, const char **note, struct amp_arena *arena,
	struct amplan_error *error);

#endif
