/*
 * Fitness: may this program use its database, and is all there that it needs?
 *
 * Asked for each page and not only at startup: a newer program may migrate the database
 * while this one runs, and a person may finish what startup could not. The log is told
 * when the answer changes.
 */
#ifndef EXAMPLES_PRAYER_WALL_FITNESS_H
#define EXAMPLES_PRAYER_WALL_FITNESS_H

#include <amplan/amplan.h>

enum fitness_answer {
	FITNESS_FULL,    /* the schema is as this program needs it */
	FITNESS_LIMITED, /* it is not, or nobody knows: what works, works */
	FITNESS_NONE,    /* it is made for newer programs: hands off */
};

struct fitness {
	struct amplan *amplan; /* NULL: there is no session, and `error` says why */
	struct amplan_error error;
	amplan_log_fn *log;
	const char *notice; /* what visitors should know of the last answer; or "" */
	char said[1280];    /* what the log was told last */
};

/* Opens neither the database nor a descriptor: asking does. */
void fitness_open(struct fitness *fitness, const char *database, const char *folder,
	amplan_log_fn *log);
enum fitness_answer fitness_ask(struct fitness *fitness);
void fitness_close(struct fitness *fitness);

#endif
