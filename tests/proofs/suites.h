/*
 * Suites: what is claimed of `check`, catalog by catalog.
 *
 * A suite thinks up one catalog, and says what it found wrong: nothing, if all is well.
 * With `control` its knowledge is blinded: it must then find fault, or it finds none ever.
 */
#ifndef TESTS_PROOFS_SUITES_H
#define TESTS_PROOFS_SUITES_H

#include "tests/support/dice.h"
#include "tests/proofs/model.h"

enum { COUNTS = 192 };

/* What was counted over all catalogs, by name. */
struct tally {
	char names[COUNTS][48];
	long counts[COUNTS];
	int used;
};
void count(struct tally *tally, long many, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

/* Names of counts from which precision and recall are made. */
#define CONFLICT_FOUND "conflicts found (true positives)"
#define CONFLICT_MISSED "conflicts missed (false negatives)"
#define CONFLICT_INVENTED "false alarms (false positives)"

struct trial {
	struct dice dice;
	long number; /* of the catalog, from 0 */
	struct catalog catalog;
	char *folder; /* for the descriptors */
	bool control, verbose;
	struct amp_str wrong; /* what is wrong, for people; "" if nothing is */
	struct tally *tally;
};

typedef void suite(struct trial *trial);

suite suite_model;      /* the model against SQLite, without amplan */
suite suite_sound;      /* sound catalogs are accepted */
suite suite_deleted;    /* a dependency that was taken away is reported */
suite suite_planted;    /* pairs that meet: reported where they do not commute */
suite suite_extensions; /* an accepted catalog gives one schema in every order */

/* answers.c: what check says. An error of check about a pair, or another one. */
struct answer {
	bool undeclared, conflict; /* neither: an error of another kind */
	int from, on;              /* in the catalog; -1: none */
	char object[2 * NAME];     /* of the demand; "" if there is none */
	bool quoted;               /* the message holds the object in quotes */
	bool placed;               /* both places are in the files of the two */
	char text[400];
};

struct answers {
	struct AMP_VEC(struct answer) list;
	int code; /* what amplan_check() returned */
};

/* Writes the catalog and lets check look at it. */
void ask_check(struct trial *trial, struct answers *answers);
void answers_deinit(struct answers *answers);
/* Finds the one about this pair, whichever kind of the two; NULL if there is none. */
const struct answer *answer_about(const struct answers *answers, int one, int other);
/* Errors about order that are not about this pair; `one` -1: all of them. Says which, and
   whatever SQL is called invalid. */
void complain_about_others(
	struct trial *trial, const struct answers *answers, int one, int other);

#endif
