#include "cli/explain_texts.h"

#include <stddef.h>

/* What amplan_check() says of what is risky though valid. The examples are run by a test,
   after a migration 001_base that makes the tables they use. */
const struct explain_text explain_lint[] =
	{
		{"broken-trigger", "a trigger that cannot run",
			"What the trigger uses is not there, or not any more: every statement that fires it fails. SQLite drops the triggers of a table with it, but not those of other tables that use it. It is an error where the step broke it, a warning where the trigger was made for something that comes later.",
			"DROP TABLE log;   -- message_log, a trigger on message, writes to it",
			"DROP TRIGGER message_log;\n"
			"DROP TABLE log;"},
		{"broken-view", "a view that cannot be used",
			"What the view selects from is not there, or not any more. SQLite says nothing when it is dropped; the queries that use the view fail later. It is an error where the step broke it, a warning where the view was made for something that comes later.",
			"DROP TABLE message;   -- the view author selects from it",
			"DROP VIEW author;\n"
			"DROP TABLE message;"},
		{"changed-affinity", "a column whose type stores values differently",
			"The affinity of a type says what SQLite makes of a value: in a NUMERIC or INTEGER column the text '007' becomes the number 7, in a TEXT column the number 1 becomes '1'. A rebuild with another type converts all values, and comparisons that were true may no longer be.",
			"CREATE TABLE tag_new (id INTEGER PRIMARY KEY, name INTEGER NOT NULL);\n"
			"INSERT INTO tag_new (id, name) SELECT id, name FROM tag;\n"
			"DROP TABLE tag;\n"
			"ALTER TABLE tag_new RENAME TO tag;\n"
			"CREATE UNIQUE INDEX tag_name ON tag (name);",
			"CREATE TABLE tag_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"
			"INSERT INTO tag_new (id, name) SELECT id, name FROM tag;\n"
			"DROP TABLE tag;\n"
			"ALTER TABLE tag_new RENAME TO tag;\n"
			"CREATE UNIQUE INDEX tag_name ON tag (name);"},
		{"dangling-reference", "a foreign key that points at no table",
			"SQLite takes a foreign key to a table that does not exist. While foreign keys are on, every INSERT with a value in that column fails. The name may be mistyped, or a migration dropped the table. What a later migration creates is found. It is an error where a step took the table away, most often by a rebuild that renames the old table first: the keys follow it to its new name, and it is dropped at the end.",
			"CREATE TABLE vote (\n"
			"  id INTEGER PRIMARY KEY,\n"
			"  message INTEGER REFERENCES messages (id)   -- it is called message\n"
			");",
			"CREATE TABLE vote (\n"
			"  id INTEGER PRIMARY KEY,\n"
			"  message INTEGER REFERENCES message (id)\n"
			");"},
		{"default-not-constant", "an added column whose default must be computed",
			"ALTER TABLE ADD COLUMN takes only a literal as the default where the table has rows: no expression in parentheses and no CURRENT_TIMESTAMP. On an empty table it works, so tests pass, and production fails.",
			"ALTER TABLE user ADD COLUMN joined TEXT DEFAULT CURRENT_TIMESTAMP;",
			"ALTER TABLE user ADD COLUMN joined TEXT;\n"
			"UPDATE user SET joined = '2026-01-31';"},
		{"depends-on-chance", "data that is different in each database",
			"The statement writes what random() or the clock gives, so that no two databases hold the same, and no rehearsal shows what will be written. That may be wanted, for a secret of each installation. A default of a table is not meant.",
			"INSERT INTO log (at, what) VALUES (datetime('now'), 'new rules');",
			"INSERT INTO log (at, what) VALUES ('2026-01-31', 'new rules');"},
		{"destructive", "a step that throws data away",
			"A table or a column is dropped with what is in it, a rebuild leaves a column out, or a unique index goes (another index: a note). No down brings rows back, and releases that still run fail. First stop using it, drop it in a later release, and say so in the descriptor.",
			"ALTER TABLE user DROP COLUMN color;",
			"<allow kind=\"destructive\" reason=\"no release since 2.3 reads it\"/>\n"
			"<up>ALTER TABLE user DROP COLUMN color;</up>"},
		{"double-quoted-string", "a string in double quotes",
			"Double quotes are for names. Where no column has that name, SQLite takes the word as a string instead of telling of the mistake; as soon as there is such a column, the statement does something else. Other databases refuse it.",
			"UPDATE user SET color = \"red\" WHERE color IS NULL;",
			"UPDATE user SET color = 'red' WHERE color IS NULL;"},
		{"down-drops-foreign", "a down that takes away what its up did not make",
			"A rollback of this migration would drop an object, or a column, that another migration made or that was there before. A down undoes its own up and nothing else.",
			"<up>ALTER TABLE tag ADD COLUMN color TEXT;</up>\n"
			"<down>DROP TABLE tag;</down>",
			"<up>ALTER TABLE tag ADD COLUMN color TEXT;</up>\n"
			"<down>ALTER TABLE tag DROP COLUMN color;</down>"},
		{"duplicate-index", "an index that another one makes needless",
			"An index on (a, b) serves every query that one on (a) does, and so do the indexes behind PRIMARY KEY and UNIQUE. The needless one costs room, and time at each write.",
			"CREATE INDEX message_author ON message (author);   -- as message_by_author",
			"DROP INDEX message_by_author;\n"
			"CREATE INDEX message_by_author_and_text ON message (author, text);"},
		{"empty-verify", "a check that cannot fail",
			"The query reads no table and calls no function, so that its answer is the same whatever the step did. Ask for what the step is to have done.",
			"<up>INSERT INTO tag (name) VALUES ('new');</up>\n"
			"<verify>SELECT 1</verify>",
			"<up>INSERT INTO tag (name) VALUES ('new');</up>\n"
			"<verify>SELECT count(*) = 1 FROM tag WHERE name = 'new'</verify>"},
		{"foreign-key-mismatch",
			"a foreign key that points at columns which are not unique", "The columns pointed at must be the primary key of their table or have a UNIQUE index over exactly them. SQLite takes the CREATE TABLE, but while foreign keys are on, every change of either table fails with 'foreign key mismatch'.",
			"CREATE TABLE nick (id INTEGER PRIMARY KEY, user TEXT REFERENCES user (name));",
			"CREATE TABLE nick (id INTEGER PRIMARY KEY, user INTEGER REFERENCES user (id));"},
		{"hidden-difference", "IF NOT EXISTS that hides a difference",
			"There is an object of that name already, and it is not the one that the statement describes. The statement does nothing, and whatever relies on it fails later. In a folder of migrations it is known what exists: leave IF NOT EXISTS out.",
			"CREATE TABLE IF NOT EXISTS tag (\n"
			"  id INTEGER PRIMARY KEY, name TEXT NOT NULL, color TEXT\n"
			");",
			"ALTER TABLE tag ADD COLUMN color TEXT;"},
		{"ignores-rows", "a copy that leaves out rows which do not fit",
			"INSERT OR IGNORE, or ON CONFLICT DO NOTHING, passes over each row that violates a constraint of the new table: they are gone when the old table is dropped, and nobody is told.",
			"CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);\n"
			"INSERT OR IGNORE INTO person (id, name) SELECT id, name FROM user;",
			"CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);\n"
			"INSERT INTO person (id, name) SELECT min(id), name FROM user GROUP BY name;"},
		{"insert-without-columns", "an INSERT that does not name its columns",
			"The values go into the columns in the order in which these were added. Two branches that each add one give another order in the next database, and one column more makes the statement fail.",
			"INSERT INTO tag VALUES (1, 'new');",
			"INSERT INTO tag (id, name) VALUES (1, 'new');"},
		{"keyword-name", "a name that is an SQL keyword",
			"SQLite takes it in quotes only, so every query must quote it, for ever, and the one that does not fails with a syntax error at another word.",
			"ALTER TABLE user ADD COLUMN \"group\" TEXT;",
			"ALTER TABLE user ADD COLUMN team TEXT;"},
		{"needless-none", "a step without transaction that needs none",
			"transaction=\"none\" is for what a database refuses inside a transaction, as VACUUM. Everything else is better inside: killed part way, a step without one leaves half of it, and a person must settle it with 'amplan resolve'.",
			"<migration id=\"002_names\" transaction=\"none\">\n"
			"  <depends on=\"001_base\"/>\n"
			"  <up>CREATE INDEX user_by_name ON user (name);</up>\n"
			"</migration>",
			"<migration id=\"002_names\">\n"
			"  <depends on=\"001_base\"/>\n"
			"  <up>CREATE INDEX user_by_name ON user (name);</up>\n"
			"</migration>"},
		{"no-down", "a migration that cannot be rolled back",
			"It has no down for this engine and does not say why. A rollback that would pass it is refused. Where all is forward, as many teams have it, this is one note for all; with --require-down it is an error for each.",
			"<up>CREATE TABLE room (id INTEGER PRIMARY KEY);</up>",
			"<up>CREATE TABLE room (id INTEGER PRIMARY KEY);</up>\n"
			"<down>DROP TABLE room;</down>"},
		{"no-effect", "a statement that does nothing",
			"Nobody reads what a SELECT in a step gives; to check something, write a verify or a precondition. An IF NOT EXISTS whose object exists, or an IF EXISTS whose object does not, is a mistaken name more often than a precaution.",
			"SELECT count(*) = 0 FROM user WHERE name = '';",
			"<up>UPDATE user SET name = 'nobody' WHERE name = '';</up>\n"
			"<verify>SELECT count(*) = 0 FROM user WHERE name = ''</verify>"},
		{"no-primary-key", "a new table without a primary key",
			"Nothing keeps the same row from being there twice, no other table can point at a row, and tools that copy or compare tables cannot tell rows apart. A UNIQUE index does as well.",
			"CREATE TABLE visit (user INTEGER NOT NULL, day TEXT NOT NULL);",
			"CREATE TABLE visit (user INTEGER NOT NULL, day TEXT NOT NULL, PRIMARY KEY (user, day));"},
		{"no-where", "an UPDATE or DELETE of all rows",
			"It has no WHERE, and the table was there before the step, with rows that others wrote. Nothing is said where an UPDATE fills columns that the same step added, or makes each new value from the old one.",
			"UPDATE user SET active = 0;",
			"UPDATE user SET active = 0 WHERE name = 'guest';"},
		{"not-a-rowid-alias", "an integer primary key that is not the rowid",
			"Only a column declared INTEGER PRIMARY KEY, with exactly this word, is the rowid: numbered by itself, never NULL, without an index of its own. INT or BIGINT is an ordinary column with an index beside the rowid.",
			"CREATE TABLE room (id INT PRIMARY KEY, name TEXT);",
			"CREATE TABLE room (id INTEGER PRIMARY KEY, name TEXT);"},
		{"not-null-without-default",
			"an added column that no existing row could have",
			"ALTER TABLE ADD COLUMN with NOT NULL and without a default works on an empty table only. Tests pass, and production fails.",
			"ALTER TABLE user ADD COLUMN age INTEGER NOT NULL;",
			"ALTER TABLE user ADD COLUMN age INTEGER NOT NULL DEFAULT 0;"},
		{"nullable-primary-key", "a primary key that may be NULL",
			"By an old mistake that SQLite keeps, columns of a primary key may be NULL, any number of times, unless they are declared NOT NULL, are INTEGER PRIMARY KEY, or the table is STRICT or WITHOUT ROWID.",
			"CREATE TABLE token (value TEXT PRIMARY KEY, made_at TEXT);",
			"CREATE TABLE token (value TEXT NOT NULL PRIMARY KEY, made_at TEXT);"},
		{"rebuild-loses", "a rebuilt table that lacks what it had",
			"Dropping the old table drops its indexes and triggers, and the new CREATE TABLE must repeat foreign keys, UNIQUE and AUTOINCREMENT. One that was there before is not there afterwards. A NOT NULL or a default that went is a note, since it is often what the rebuild is for.",
			"CREATE TABLE tag_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, color TEXT);\n"
			"INSERT INTO tag_new (id, name) SELECT id, name FROM tag;\n"
			"DROP TABLE tag;\n"
			"ALTER TABLE tag_new RENAME TO tag;   -- and the index tag_name?",
			"CREATE TABLE tag_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, color TEXT);\n"
			"INSERT INTO tag_new (id, name) SELECT id, name FROM tag;\n"
			"DROP TABLE tag;\n"
			"ALTER TABLE tag_new RENAME TO tag;\n"
			"CREATE UNIQUE INDEX tag_name ON tag (name);"},
		{"redundant-dependency", "a dependency that others imply",
			"What it says is true, but another dependency of the same migration leads to the same one. It does no harm. Drop it if it was only meant for the order; if it documents a real use, give it a reason, and nothing is said.",
			"<migration id=\"002_colors\">\n"
			"  <depends on=\"001_base\"/>\n"
			"  <up>ALTER TABLE tag ADD COLUMN color TEXT;</up>\n"
			"</migration>\n"
			"<migration id=\"003_red\">\n"
			"  <depends on=\"002_colors\"/>\n"
			"  <depends on=\"001_base\"/>\n"
			"  <up>INSERT INTO tag (name, color) VALUES ('urgent', 'red');</up>\n"
			"</migration>",
			"<migration id=\"002_colors\">\n"
			"  <depends on=\"001_base\"/>\n"
			"  <up>ALTER TABLE tag ADD COLUMN color TEXT;</up>\n"
			"</migration>\n"
			"<migration id=\"003_red\">\n"
			"  <depends on=\"002_colors\"/>\n"
			"  <up>INSERT INTO tag (name, color) VALUES ('urgent', 'red');</up>\n"
			"</migration>"},
		{"renames-used", "a rename that reaches views and triggers", "SQLite rewrites the views and triggers that use a table or column which is renamed; their text is no longer what its author wrote, and a view may show the new name to its readers. Releases that still run ask for the old name and fail.",
			"ALTER TABLE message RENAME COLUMN text TO body;",
			"ALTER TABLE message ADD COLUMN body TEXT;\n"
			"UPDATE message SET body = text;\n"
			"-- and drop the old one when no release uses it any more"},
		{"replaces-rows", "a REPLACE that deletes rows",
			"Where a row is in the way, REPLACE deletes it and inserts a new one: columns that are not named lose their values, rows that point at it are deleted or left pointing at nothing, and no DELETE trigger runs. In a copy, of rows with the same key only the last remains.",
			"INSERT OR REPLACE INTO setting (name, value) VALUES ('theme', 'dark');",
			"INSERT INTO setting (name, value) VALUES ('theme', 'dark')\n"
			"  ON CONFLICT (name) DO UPDATE SET value = excluded.value;"},
		{"select-star", "columns that are taken as they come",
			"The columns of such a view are those that its tables have when it is asked: one that is added shows up, one that is dropped is missed. In an INSERT they are filled by position (a warning): two branches that each add a column give another order in the next database, and values land in the wrong column.",
			"CREATE VIEW active_user AS SELECT * FROM user WHERE active;",
			"CREATE VIEW active_user AS SELECT id, name FROM user WHERE active;"},
		{"several-heads", "migrations on which none depends",
			"Work was done on several branches and nothing has brought them together yet. That is no mistake. The next migration may depend on all of them, so that the graph has one end again; 'amplan new' writes it so. Modules have their own ends.",
			"<migration id=\"002_rooms\">\n"
			"  <depends on=\"001_base\"/>\n"
			"  <up>CREATE TABLE room (id INTEGER PRIMARY KEY);</up>\n"
			"</migration>\n"
			"<migration id=\"003_colors\">\n"
			"  <depends on=\"001_base\"/>\n"
			"  <up>ALTER TABLE tag ADD COLUMN color TEXT;</up>\n"
			"</migration>",
			"<migration id=\"002_rooms\">\n"
			"  <depends on=\"001_base\"/>\n"
			"  <up>CREATE TABLE room (id INTEGER PRIMARY KEY);</up>\n"
			"</migration>\n"
			"<migration id=\"003_colors\">\n"
			"  <depends on=\"002_rooms\"/>\n"
			"  <up>ALTER TABLE tag ADD COLUMN color TEXT;</up>\n"
			"</migration>"},
		{"surprising-type", "a type that does not mean what it says",
			"SQLite knows five affinities and finds them by parts of the word. STRING has none of the parts and means NUMERIC, so that '007' is stored as 7; POINT and INTERVAL contain INT and mean INTEGER.",
			"ALTER TABLE user ADD COLUMN phone STRING;",
			"ALTER TABLE user ADD COLUMN phone TEXT;"},
		{"unindexed-foreign-key", "a foreign key without an index",
			"To delete a row that is pointed at, or to change its key, SQLite looks for rows that point at it: without an index on their columns it reads the whole table, once for each. An index that a later migration adds is found.",
			"CREATE TABLE vote (\n"
			"  id INTEGER PRIMARY KEY,\n"
			"  message INTEGER NOT NULL REFERENCES message (id)\n"
			");",
			"CREATE TABLE vote (\n"
			"  id INTEGER PRIMARY KEY,\n"
			"  message INTEGER NOT NULL REFERENCES message (id)\n"
			");\n"
			"CREATE INDEX vote_by_message ON vote (message);"},
		{"unique-over-rows", "a unique index on rows that are there",
			"It fails where two rows have the same values, and tests with few rows do not show that. A precondition says it before anything runs; or repair the rows in the same step.",
			"CREATE UNIQUE INDEX user_name ON user (name);",
			"<precondition>SELECT count(*) = count(DISTINCT name) FROM user</precondition>\n"
			"<up>CREATE UNIQUE INDEX user_name ON user (name);</up>"},
		{"unused-allowance", "an allowance for what was not found",
			"The descriptor allows a kind of finding that its SQL does not give, or that cannot be allowed. It was true once, or the word is mistyped. Left in, it would hide the next one.",
			"<allow kind=\"destructive\" reason=\"no release since 2.3 reads it\"/>\n"
			"<up>ALTER TABLE user ADD COLUMN age INTEGER;</up>",
			"<up>ALTER TABLE user ADD COLUMN age INTEGER;</up>"},
		{NULL, NULL, NULL, NULL, NULL},
};
