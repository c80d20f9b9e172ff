/*
 * A session: one catalog, and usually one database.
 *
 * A session is used by one thread at a time; different sessions are independent. The
 * library prints nothing, exits never, installs no signal handlers and keeps no global
 * state. What it has to tell while it works goes to the callbacks below, which are called
 * on the thread that called the library and must not call back into the same session.
 */
#ifndef AMPLAN_SESSION_H
#define AMPLAN_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <amplan/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sqlite3;
struct amplan;

enum amplan_level {
	AMPLAN_LOG_DEBUG,
	AMPLAN_LOG_INFO,
	AMPLAN_LOG_WARNING,
	AMPLAN_LOG_ERROR
};

/* A key and its value, attached to a log message. */
struct amplan_field {
	const char *key;
	const char *value;
};

/* Where a long call is. */
enum amplan_phase {
	AMPLAN_REHEARSING, /* a step runs on the shadow */
	AMPLAN_APPLYING,   /* a step runs on the database */
	AMPLAN_WAITING,    /* another process holds the lock */
	AMPLAN_COPYING,    /* the shadow is being made */
	AMPLAN_UNDOING     /* a step is rolled back on the database */
};

/* Sent before each step, and at most ten times a second during one. */
struct amplan_progress {
	enum amplan_phase phase;
	unsigned number; /* step, from 1; 0 when waiting or copying */
	unsigned count;  /* steps in the plan */
	const char *id;  /* of the step, or the name of the lock holder when waiting */
	int64_t milliseconds; /* since this step, or the wait, began */
	int64_t rows;         /* changed by this step so far */
};

/* Log: a message with its key/value fields. */
typedef void amplan_log_fn(void *user, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields);
/* Progress of a long call. */
typedef void amplan_progress_fn(void *user, const struct amplan_progress *progress);
/* Asked often while a call works: return true to stop it, which rolls it back. */
typedef bool amplan_cancel_fn(void *user);
/* A lent handle is given back: reinstall your own authorizer, busy and progress handlers. */
typedef void amplan_returned_fn(void *user, struct sqlite3 *handle);

/* Set with AMPLAN_OPTIONS_INIT first; strings are copied by amplan_open(). */
struct amplan_options {
	size_t size; /* sizeof(struct amplan_options) */
	/* Database: "app.db", "sqlite:app.db"; NULL: none, or the lent handle. */
	const char *database;
	/* A handle lent by the application instead; it stays the application's. It must have
	   no open transaction during a call, nor a query that has not ended. All settings
	   that a call touches are put back before it returns, except callbacks that SQLite
	   cannot read out: see `returned`. */
	struct sqlite3 *sqlite;
	/* Folders that hold the descriptors; at least one for all calls but amplan_show(). */
	const char *const *folders;
	size_t nfolders;
	/* How long to wait for the lock, in milliseconds; 0: do not wait. Default 30,000. */
	int64_t lock_timeout_ms;
	/* Callbacks, each may be NULL; `user` is passed to all of them. */
	amplan_log_fn *log;
	amplan_progress_fn *progress;
	amplan_cancel_fn *cancel;
	amplan_returned_fn *returned;
	void *user;
};

#define AMPLAN_OPTIONS_INIT                                                            \
	{                                                                              \
		sizeof(struct amplan_options), NULL, NULL, NULL, 0, 30000, NULL, NULL, \
			NULL, NULL, NULL                                               \
	}

/*
 * Opens a session. Nothing is read and no database is opened yet.
 *
 * options: not NULL; copied.
 * out: receives the session; free it with amplan_close().
 * error: receives the failure; may be NULL.
 * Returns AMPLAN_OK, AMPLAN_USAGE (a URL or option that cannot be) or AMPLAN_NOMEM.
 * Since 0.1.
 */
AMPLAN_API int amplan_open(const struct amplan_options *options, struct amplan **out,
	struct amplan_error *error);

/*
 * Ends a session. Reports that came from it stay valid.
 *
 * amplan: from amplan_open(); NULL does nothing.
 * Since 0.1.
 */
AMPLAN_API void amplan_close(struct amplan *amplan);

#ifdef __cplusplus
}
#endif

#endif
