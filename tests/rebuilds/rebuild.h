/*
 * Rebuild: the SQL by which people rebuild a table, in several styles; sound, or with
 * something lost on purpose.
 */
#ifndef TESTS_REBUILDS_REBUILD_H
#define TESTS_REBUILDS_REBUILD_H

#include "tests/rebuilds/schema.h"

enum style {
	CAREFUL, /* views and triggers down, new, copy, drop, rename, and up again */
	LEGACY,  /* the same under legacy_alter_table, which leaves them standing */
	RENAME_FIRST,
	RENAME_FIRST_LEGACY,
	KEYS_ON, /* careful, but with foreign-keys="on" */
	STYLES,
};

enum change { SAME, ADD, DROP, REORDER, CHANGES };

enum plant {
	SOUND,
	LOSE_WHERE,   /* the copy leaves the last row out */
	LOSE_LIMIT,   /* it copies half of them */
	LOSE_JOIN,    /* it copies those that point at something */
	LOSE_IGNORE,  /* OR IGNORE into a column that is UNIQUE now */
	LOSE_REPLACE, /* OR REPLACE */
	LOSE_GROUP,   /* one of each */
	LOSE_VALUE,   /* it forgets a column */
	LOSE_COUNTER, /* AUTOINCREMENT begins again */
	FORGET_INDEX,
	FORGET_TRIGGER,
	FORGET_KEY, /* a foreign key */
	PLANTS,
};
extern const char *const plant_names[PLANTS];
extern const char *const style_names[STYLES];

struct rebuild {
	int table;
	enum style style;
	enum change change;
	enum plant plant;
	bool rowids; /* those that have no name are copied too */
	struct table before, after;
};

/* One to three tables, in one migration or in as many. */
struct rebuilds {
	struct rebuild items[3];
	int count;
	bool apart;
	int nmigrations;
	struct amp_str sql[3];
	bool keys_on[3];
	enum plant plant; /* of the first one; the others are sound */
};

/* Thinks them up, writes them, and moves the schema on. */
void rebuilds_make(struct rebuilds *rebuilds, struct schema *schema, int planted);
void rebuilds_deinit(struct rebuilds *rebuilds);

#endif
