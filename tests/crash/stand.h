/*
 * Stand: one plan in one journal mode, set up so that its runs can be stopped and judged.
 *
 * What has to be in the database is not taken from amplan: the SQL of the steps is run by
 * plain SQLite, commit by commit, and what that gives are the states. A folder that was
 * left behind by a stop is good if SQLite itself finds one of them in it, whole, and if
 * amplan, started on it, ends as it does when it starts from that state undisturbed.
 */
#ifndef TESTS_CRASH_STAND_H
#define TESTS_CRASH_STAND_H

#include "tests/crash/disk.h"
#include "tests/crash/plans.h"

#define DATABASE "app.db"

/* All but DELETE and WAL are modes of an application that lends its handle. */
enum mode {
	MODE_DELETE,
	MODE_TRUNCATE,
	MODE_PERSIST,
	MODE_WAL,
	MODE_MEMORY,
	MODE_OFF,
	MODES
};

const char *mode_name(enum mode mode);

/* From this operation on so many states are committed, as the run itself reported. */
struct mark {
	size_t op;
	int state;
};

/* What one call of the library came to. */
struct run {
	int code;
	struct AMP_VEC(struct mark) marks;
	const struct stand *stand;
	const struct trace *trace; /* being recorded, or NULL */
};

/* How amplan ends when it starts from a state that is whole. */
struct reference {
	struct digest key; /* of all that is in the database at the start */
	int state, end, code;
	char *text; /* all that is in it at the end */
	struct digest bytes;
};

/* What was found before, by a digest. */
struct memory {
	struct digest key;
	int state;                   /* of an image; -1: nothing good */
	struct reference *reference; /* of recovered bytes; NULL: nothing good */
};

struct memories {
	struct memory *items;
	size_t count, room;
};

struct stand {
	const struct plan *plan;
	enum mode mode;
	bool each; /* a stage for each step */
	char *root, *folder, *raw, *migrations, *database;
	struct image base;
	/* states[i]: what is in the database after i commits, as text */
	struct AMP_VEC(char *) states;
	/* in some state the mode is WAL: then pages that are free may hold anything */
	bool has_wal;
	int *same;                           /* the first state that looks the same */
	int before[32];                      /* committed states when step i begins */
	int alone_first[32], alone_last[32]; /* states in which a step is interrupted */
	size_t nalone;
	struct AMP_VEC(struct reference *) references;
	struct memories images, recovered, seen;
	int share;      /* amplan starts on one of so many images, besides new ones */
	long nstarts;   /* on so many it did */
	char why[4096]; /* it is not good */
};

void stand_init(struct stand *stand, const struct plan *plan, enum mode mode, bool each);
void stand_free(struct stand *stand);

/* The disk before the first run. */
void stand_disk(const struct stand *stand, struct disk *disk);
/* Puts the files of an image into the folder in which amplan works. */
void stand_put(const struct stand *stand, const struct image *image);
/* What is in that folder. */
void stand_take(const struct stand *stand, struct image *image);

/* The run that is to be stopped. The tap may be recording into `trace`. */
void stand_first(struct stand *stand, struct run *run, const struct trace *trace);
/* The run after it. */
void stand_again(struct stand *stand, struct run *run, const struct trace *trace);
void run_free(struct run *run);
/* The states that may be found when the process stops in front of this operation. */
void run_bounds(
	const struct run *run, const struct trace *trace, size_t op, int *low, int *high);
int stand_last(const struct stand *stand);

/* Which state is in this folder? -1, and stand->why, where it is none, or where amplan does
   not end as it should. Images that were seen before are remembered. */
int stand_judge(struct stand *stand, const struct image *image);
/* Is that a state from `low` to `high`? */
bool stand_is_between(const struct stand *stand, int state, int low, int high);

#endif
