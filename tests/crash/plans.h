/*
 * Plans: what is migrated while the disk fails.
 */
#ifndef TESTS_CRASH_PLANS_H
#define TESTS_CRASH_PLANS_H

#include <stdbool.h>
#include <stddef.h>

struct step {
	const char *id, *up, *down;
	const char *more; /* further elements: verify, replaces, ... */
	bool alone;       /* transaction="none" */
	bool keys;        /* foreign-keys="on" */
	bool fails;       /* at its last statement */
	bool gone;        /* in the folder only while the base is made */
	bool late;        /* in the folder only after that */
};

/* What is stopped. */
enum action {
	DO_APPLY,
	DO_SAVED,   /* plan, save, read and apply that */
	DO_STARTUP, /* as an application starts */
	DO_ROLLBACK,
	DO_BASELINE,
	DO_AGAIN,   /* resolve --again */
	DO_APPLIED, /* resolve --applied */
};

struct plan {
	const char *name, *about;
	enum action action;
	const char *base; /* SQL that makes the database; NULL: there is none yet */
	const struct step *steps;
	size_t nsteps;
	size_t before; /* so many of them are applied to the base first */
	bool grains;   /* also with a stage for each step */
	bool noted;    /* an attempt failed before: its note is there */
	bool lent;     /* also with a handle whose journal is in memory, or off */
	bool one_mode; /* its journal mode changes on the way: tried from DELETE and WAL */
};

extern const struct plan plans[];
extern const size_t nplans;

const struct plan *plans_find(const char *name);

#endif
