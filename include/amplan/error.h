/*
 * Result codes and the error object.
 *
 * Every function that can fail returns 0 or a negative enum amplan_code, and describes
 * the failure in a struct amplan_error that the caller owns, usually on its stack.
 * Setting an error allocates nothing; NULL may be passed where the text is not wanted.
 */
#ifndef AMPLAN_ERROR_H
#define AMPLAN_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define AMPLAN_API __attribute__((visibility("default")))
#else
#define AMPLAN_API
#endif

/* What a call came to. The negated values -1 to -6 are the exit codes of the program. */
enum amplan_code {
	AMPLAN_OK = 0,       /* done, or nothing to do */
	AMPLAN_FAILED = -1,  /* a migration, verify or precondition failed: rolled back */
	AMPLAN_USAGE = -2,   /* the call itself is wrong: an option, an unknown id */
	AMPLAN_REFUSED = -3, /* descriptors, plan or history do not hold: not touched */
	AMPLAN_LOCKED = -4,  /* lock not obtained within the timeout: nothing done */
	AMPLAN_PARTIAL = -5, /* a transaction="none" step stopped part way */
	AMPLAN_DATABASE = -6,  /* database cannot be opened, reached, or is damaged */
	AMPLAN_INTERNAL = -70, /* a defect in amplan, or the system failed it */
	AMPLAN_NOMEM = -71,    /* out of memory */
	AMPLAN_CANCELLED = -72 /* the caller's cancel callback said stop: rolled back */
};

/* One failure, described. All strings are NUL-terminated and never NULL. */
struct amplan_error {
	int code;           /* enum amplan_code */
	int system;         /* errno or the database's own result code, 0 if neither */
	char message[1024]; /* lower case, no full stop, names the object */
	char hint[512];     /* what to do next; empty if there is nothing to advise */
};

/*
 * Exit code of the program for a result code.
 *
 * code: any value a function of this library returned.
 * Returns 0 to 6 or 70, as in the table "exit codes" of the manual.
 * Since 0.1.
 */
AMPLAN_API int amplan_exit_code(int code);

#ifdef __cplusplus
}
#endif

#endif
