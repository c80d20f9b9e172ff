#include "tests/crash/plans.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define SMALL "PRAGMA page_size=512;"
#define STEPS(list) .steps = list, .nsteps = COUNT(list)

/* A database that was in use for a while. */
#define SHOP                                                                             \
	SMALL                                                                            \
	"CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail TEXT);" \
	"CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL "      \
	"  REFERENCES customer(id) ON DELETE CASCADE, cents INTEGER, note TEXT);"        \
	"CREATE INDEX purchase_customer ON purchase(customer);"                          \
	"CREATE VIEW spent AS SELECT customer, sum(cents) AS cents FROM purchase "       \
	"  GROUP BY customer;"                                                           \
	"INSERT INTO customer VALUES (1, 'Ada', 'ada@example.org'),"                     \
	"  (2, 'Bob', NULL), (3, 'Cleo', 'cleo@example.org');"                           \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24)"   \
	"INSERT INTO purchase SELECT i, 1 + i % 3, i * 100,"                             \
	"  printf('purchase %d of a long list', i) FROM n;"

#define ROWS(count)                                                                        \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " #count \
	")"

static const struct step ten[] = {
	{.id = "01_a",
		.up = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT)",
		.down = "DROP TABLE a"},
	{.id = "02_b",
		.up = "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a(id))"},
	{.id = "03_i", .up = "CREATE INDEX b_a ON b(a)"},
	{.id = "04_r", .up = "INSERT INTO a VALUES (1, 'one'), (2, 'two'), (3, 'three')"},
	{.id = "05_r", .up = "INSERT INTO b VALUES (1, 1), (2, 1), (3, 3)"},
	{.id = "06_c", .up = "ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 7"},
	{.id = "07_u", .up = "UPDATE a SET y = id * 2 WHERE id > 1"},
	{.id = "08_v",
		.up = "CREATE VIEW ab AS SELECT a.x, b.id FROM a JOIN b ON b.a = a.id"},
	{.id = "09_t",
		.up = "CREATE TRIGGER a_gone AFTER DELETE ON a BEGIN DELETE FROM b WHERE a = old.id; END"},
	{.id = "10_d",
		.up = "CREATE TABLE d (k TEXT PRIMARY KEY, v) WITHOUT ROWID; "
		      "INSERT INTO d SELECT x, y FROM a"},
};

static const struct step fresh[] = {
	{.id = "1_users",
		.up = "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)"},
	{.id = "2_rows", .up = "INSERT INTO users(name) VALUES ('ada'), ('bob')"},
};

static const struct step rebuild[] = {
	{.id = "1_strict",
		.up = "CREATE TABLE customer_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, "
		      "mail TEXT, since TEXT NOT NULL DEFAULT 'ever') STRICT;"
		      "DROP VIEW spent;"
		      "INSERT INTO customer_new(id, name, mail) SELECT id, name, mail FROM customer;"
		      "DROP TABLE customer;"
		      "ALTER TABLE customer_new RENAME TO customer;"
		      "CREATE VIEW spent AS SELECT customer, sum(cents) AS cents FROM purchase "
		      "GROUP BY customer;",
		.more = "<verify>SELECT count(*) = 24 FROM purchase</verify>"},
	{.id = "2_index", .up = "CREATE INDEX customer_name ON customer(name)"},
};

static const struct step stages[] = {
	{.id = "1_t", .up = "CREATE TABLE tag (id INTEGER PRIMARY KEY, text TEXT)"},
	{.id = "2_r", .up = "INSERT INTO tag VALUES (1, 'red'), (2, 'blue')"},
	{.id = "3_k", .up = "DELETE FROM customer WHERE id = 2", .keys = true},
	{.id = "4_c",
		.up = "ALTER TABLE customer ADD COLUMN tag INTEGER REFERENCES tag(id)"},
	{.id = "5_u", .up = "UPDATE customer SET tag = 1"},
	{.id = "6_k",
		.up = "UPDATE customer SET tag = 2 WHERE id = 3; "
		      "INSERT INTO purchase VALUES (100, 3, 5, 'last')",
		.keys = true},
};

static const struct step keys[] = {
	{.id = "1_gone", .up = "DELETE FROM customer WHERE id = 1", .keys = true},
	{.id = "2_more",
		.up = "INSERT INTO customer(id, name) VALUES (9, 'Ida'); "
		      "INSERT INTO purchase(customer, cents) VALUES (9, 1), (9, 2)",
		.keys = true},
	{.id = "3_moved",
		.up = "UPDATE purchase SET customer = 9 WHERE customer = 2",
		.keys = true},
};

static const struct step vacuum[] = {
	{.id = "1_less", .up = "DELETE FROM purchase WHERE id > 4"},
	{.id = "2_vacuum", .up = "VACUUM", .alone = true},
	{.id = "3_more",
		.up = "CREATE TABLE after_it (x); INSERT INTO after_it VALUES (1)"},
};

static const struct step alone[] = {
	{.id = "1_mark", .up = "CREATE TABLE mark (x)"},
	{.id = "2_alone",
		.up = "UPDATE purchase SET note = 'a'; INSERT INTO mark VALUES (1);"
		      "CREATE INDEX purchase_note ON purchase(note); INSERT INTO mark VALUES (2)",
		.alone = true},
	{.id = "3_alone",
		.up = "PRAGMA wal_checkpoint; UPDATE purchase SET note = 'b'",
		.alone = true},
	{.id = "4_end", .up = "INSERT INTO mark VALUES (3)"},
};

static const struct step to_wal[] = {
	{.id = "1_t", .up = "CREATE TABLE t (x); INSERT INTO t VALUES (1)"},
	{.id = "2_wal", .up = "PRAGMA journal_mode=WAL", .alone = true},
	{.id = "3_r", .up = "INSERT INTO t VALUES (2); CREATE INDEX t_x ON t(x)"},
};

static const struct step to_delete[] = {
	{.id = "1_t", .up = "CREATE TABLE t (x); INSERT INTO t VALUES (1)"},
	{.id = "2_delete", .up = "PRAGMA journal_mode=DELETE", .alone = true},
	{.id = "3_r", .up = "INSERT INTO t VALUES (2); CREATE INDEX t_x ON t(x)"},
};

static const struct step squash[] = {
	{.id = "1_old", .up = "CREATE TABLE old (x)", .gone = true},
	{.id = "2_old", .up = "CREATE TABLE older (y)", .gone = true},
	{.id = "3_squash",
		.up = "CREATE TABLE old (x); CREATE TABLE older (y)",
		.more = "<replaces id=\"1_old\"/><replaces id=\"2_old\"/>",
		.late = true},
	{.id = "4_new", .up = "ALTER TABLE old ADD COLUMN z", .late = true},
	{.id = "5_new", .up = "INSERT INTO old VALUES (1, 2)", .late = true},
};

static const struct step undone[] = {
	{.id = "1_t", .up = "CREATE TABLE t (x)", .down = "DROP TABLE t"},
	{.id = "2_r", .up = "INSERT INTO t VALUES (1), (2)", .down = "DELETE FROM t"},
	{.id = "3_c",
		.up = "ALTER TABLE customer ADD COLUMN age INTEGER",
		.down = "ALTER TABLE customer DROP COLUMN age"},
	{.id = "4_i",
		.up = "CREATE INDEX customer_mail ON customer(mail)",
		.down = "DROP INDEX customer_mail"},
	{.id = "5_s",
		.up = "CREATE TABLE s (y); INSERT INTO s SELECT note FROM purchase",
		.down = "DROP TABLE s"},
};

static const struct step there[] = {
	{.id = "1_t", .up = "CREATE TABLE t (x TEXT)"},
	{.id = "2_i", .up = "CREATE INDEX t_x ON t(x)"},
};

static const struct step begun[] = {
	{.id = "1_t", .up = "CREATE TABLE t (x)"},
	{.id = "2_alone",
		.up = "INSERT INTO t VALUES (1); INSERT INTO t VALUES (RAISE_ERROR())",
		.alone = true,
		.fails = true},
};

static const struct step failing[] = {
	{.id = "1_t", .up = "CREATE TABLE t (x INTEGER CHECK (x < 10))"},
	{.id = "2_k", .up = "INSERT INTO t VALUES (1), (2)", .keys = true},
	{.id = "3_fails",
		.up = "CREATE TABLE u (y); INSERT INTO u VALUES (1); INSERT INTO t VALUES (11)",
		.fails = true},
	{.id = "4_never", .up = "CREATE TABLE never (x)"},
};

/* Without foreign keys the row goes; that others point at it is seen before the commit. */
static const struct step dangling[] = {
	{.id = "1_t", .up = "CREATE TABLE t (x)", .keys = true},
	{.id = "2_gone", .up = "DELETE FROM customer WHERE id = 1", .fails = true},
};

/* A cache of five pages: most of this is in the file long before the commit. */
#define TIGHT SMALL "PRAGMA default_cache_size=5;"
static const struct step spill[] = {
	{.id = "1_large",
		.up = "CREATE TABLE large (id INTEGER PRIMARY KEY, text TEXT, more TEXT); " ROWS(
			10) " INSERT INTO large SELECT i, printf('%0700d', i), NULL FROM n"},
	{.id = "2_update",
		.up = "UPDATE large SET more = printf('%0300d', id * 7) WHERE id % 3 = 0"},
	{.id = "3_index", .up = "CREATE INDEX large_text ON large(text)"},
	{.id = "4_less",
		.up = "DELETE FROM large WHERE id % 2; DELETE FROM old WHERE id > 3"},
};

static const struct step shrink[] = {
	{.id = "1_less", .up = "DELETE FROM old WHERE id > 3"},
	{.id = "2_more",
		.up = "CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(3000))"},
	{.id = "3_drop",
		.up = "DROP TABLE t; DROP TABLE old",
		.more = "<allow kind=\"destructive\" reason=\"test\"/>"},
};
#define OLD_ROWS                                                      \
	"CREATE TABLE old (id INTEGER PRIMARY KEY, text TEXT);" ROWS( \
		30) "INSERT INTO old SELECT i, printf('%0300d', i) FROM n;"

static const struct step search[] = {
	{.id = "1_fts", .up = "CREATE VIRTUAL TABLE note USING fts5(text)"},
	{.id = "2_fill", .up = "INSERT INTO note SELECT note FROM purchase"},
	{.id = "3_seq",
		.up = "CREATE TABLE seq (id INTEGER PRIMARY KEY AUTOINCREMENT, x); "
		      "INSERT INTO seq(x) SELECT id FROM purchase; DELETE FROM seq WHERE id > 20"},
};

const struct plan plans[] = {
	{.name = "ten",
		.about = "ten steps that make a new database",
		STEPS(ten),
		.grains = true},
	{.name = "fresh", .about = "a small new database", STEPS(fresh), .grains = true},
	{.name = "rebuild",
		.about = "a table made anew under its children",
		.base = SHOP,
		STEPS(rebuild)},
	{.name = "stages",
		.about = "several stages",
		.base = SHOP,
		STEPS(stages),
		.noted = true,
		.lent = true},
	{.name = "keys",
		.about = "foreign keys on, rows that cascade",
		.base = SHOP,
		STEPS(keys)},
	{.name = "vacuum",
		.about = "VACUUM between two stages",
		.base = SHOP,
		STEPS(vacuum)},
	{.name = "alone",
		.about = "steps without a transaction",
		.base = SHOP,
		STEPS(alone)},
	{.name = "to-wal",
		.about = "the journal mode becomes WAL on the way",
		.base = SHOP,
		STEPS(to_wal),
		.one_mode = true},
	{.name = "to-delete",
		.about = "the journal mode becomes DELETE on the way",
		.base = SHOP,
		STEPS(to_delete),
		.one_mode = true},
	{.name = "squash",
		.about = "two old steps are replaced by one, and more follows",
		.base = SHOP,
		STEPS(squash),
		.before = 2,
		.grains = true},
	{.name = "rollback",
		.about = "five steps are taken back",
		.action = DO_ROLLBACK,
		.base = SHOP,
		STEPS(undone),
		.before = 5,
		.grains = true},
	{.name = "baseline",
		.about = "what is there is recorded",
		.action = DO_BASELINE,
		.base = SMALL "CREATE TABLE t (x TEXT); CREATE INDEX t_x ON t(x);",
		STEPS(there)},
	{.name = "again",
		.about = "a step that stopped is to run again",
		.action = DO_AGAIN,
		.base = SHOP,
		STEPS(begun),
		.before = 2},
	{.name = "applied",
		.about = "a step that stopped was finished by hand",
		.action = DO_APPLIED,
		.base = SHOP,
		STEPS(begun),
		.before = 2},
	{.name = "failing",
		.about = "the third stage fails",
		.base = SHOP,
		STEPS(failing)},
	{.name = "spill",
		.about = "more than the cache holds",
		.base = TIGHT OLD_ROWS,
		STEPS(spill)},
	{.name = "shrink",
		.about = "a file that becomes shorter",
		.base = SMALL "PRAGMA auto_vacuum=FULL;" OLD_ROWS,
		STEPS(shrink),
		.grains = true},
	{.name = "search",
		.about = "a virtual table, a counter",
		.base = SHOP,
		STEPS(search),
		.grains = true},
	{.name = "saved",
		.about = "a saved plan, applied exactly",
		.action = DO_SAVED,
		.base = SHOP,
		STEPS(stages)},
	{.name = "dangling",
		.about = "the second stage leaves rows that point at nothing",
		.base = SHOP,
		STEPS(dangling)},
	{.name = "startup",
		.about = "an application starts",
		.action = DO_STARTUP,
		.base = SHOP,
		STEPS(undone),
		.before = 1,
		.grains = true},
};

const size_t nplans = COUNT(plans);

const struct plan *plans_find(const char *name)
{
	for (size_t i = 0; i < nplans; i++)
		if (!strcmp(plans[i].name, name))
			return &plans[i];
	return NULL;
}
