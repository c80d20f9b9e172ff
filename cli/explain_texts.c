#include "cli/explain_texts.h"

#include <stddef.h>

const struct explain_text explain_texts[] = {
	{"ahead", "the history knows migrations that the descriptors do not",
		"The database was brought to a newer version than this program's "
		"descriptors. That is normal while versions are rolled out, or after an "
		"older version was put back: the older program goes on with the newer "
		"schema. It is not when a descriptor was deleted by mistake. At startup "
		"nothing is applied to such a database.",
		"history:      001_users 002_invites 003_tags\n"
		"descriptors:  001_users 002_invites",
		"amplan plan -m the-newer-migrations -d app.db\n"
		"# or roll back with the newer version before the older one returns:\n"
		"amplan rollback -m the-newer-migrations -d app.db --to 002_invites"},
	{"autoincrement-reset", "a rebuilt table gives out ids a second time",
		"An AUTOINCREMENT table remembers the greatest id that it ever gave out, in "
		"sqlite_sequence. A rebuild begins to count behind the greatest id that is "
		"left, so the id of a row that was deleted is given to another one; whatever "
		"kept the old id, a log or another system, then means the wrong row.",
		"CREATE TABLE ticket_new (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT);\n"
		"INSERT INTO ticket_new SELECT id, title FROM ticket;\n"
		"DROP TABLE ticket;\n"
		"ALTER TABLE ticket_new RENAME TO ticket;",
		"INSERT INTO ticket_new SELECT id, title FROM ticket;\n"
		"UPDATE sqlite_sequence\n"
		"  SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'ticket')\n"
		"  WHERE name = 'ticket_new';\n"
		"DROP TABLE ticket;\n"
		"ALTER TABLE ticket_new RENAME TO ticket;"},
	{"breaking-ahead", "the database has a breaking migration that is not known here",
		"A migration with breaking=\"true\" was applied, and this program's "
		"descriptors do not have it. Whoever wrote it said that programs which do "
		"not know it must not use the database any more: they would misread or "
		"damage it.",
		"<migration id=\"020_split_names\" breaking=\"true\">  <!-- newer version "
		"-->\n"
		"$ old-version --serve",
		"stop the old version before 020_split_names is applied, or split the\n"
		"change: first add the new columns (not breaking), drop the old ones "
		"later"},
	{"changed", "a descriptor was changed after it was applied",
		"What would run now is not what ran then. Databases made from now on would "
		"differ from those that exist. A change of SQL comments, white space or dependencies alone "
		"is a warning; description, path and comments in the XML are free to change.",
		"<up>CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT, color "
		"TEXT);</up>\n"
		"<!-- color was added after the release -->",
		"put the descriptor back as it was, and write a new one:\n"
		"<migration xmlns=\"urn:amplan:1\" id=\"016_tag_color\">\n"
		"  <depends on=\"015_tags\"/>\n"
		"  <up>ALTER TABLE tag ADD COLUMN color TEXT;</up>\n"
		"</migration>"},
	{"column-order", "two migrations add columns to one table, in either order",
		"No path orders them, and both ways round give the same database but for the "
		"order of the columns. That is what two branches do that each add a column, "
		"and it does no harm where statements name their columns; INSERT INTO t "
		"VALUES (...) and SELECT * see the difference.",
		"<migration id=\"020_nickname\">... ALTER TABLE users ADD COLUMN nickname\n"
		"<migration id=\"021_birthday\">... ALTER TABLE users ADD COLUMN birthday",
		"<migration id=\"021_birthday\">\n"
		"  <depends on=\"020_nickname\"/>  <!-- where the order matters -->"},
	{"cycle", "migrations depend on each other in a circle",
		"There is no order in which they could run. The shortest circle is shown, "
		"an edge a line, each with the place where it is declared. One of these "
		"dependencies must go; often a migration must be cut in two.",
		"<migration id=\"a\"><depends on=\"b\"/>...\n"
		"<migration id=\"b\"><depends on=\"a\"/>...",
		"<migration id=\"a\">...\n"
		"<migration id=\"b\"><depends on=\"a\"/>..."},
	{"down-not-inverse", "a down does not undo its up",
		"Each down was run after its up, on tables with rows made up to fit, and what "
		"was there before was compared with what is there after: the schema (an "
		"error; only another order of columns is a note) and the rows (a warning). "
		"Then the up was run again. A rollback that leaves something behind is "
		"noticed at the worst time: in an incident.",
		"<up>CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT);\n"
		"    CREATE TABLE colors (name TEXT PRIMARY KEY);</up>\n"
		"<down>DROP TABLE tags</down>",
		"<down>DROP TABLE colors; DROP TABLE tags</down>\n"
		"<!-- or, where there is no way back: -->\n"
		"<irreversible reason=\"the old numbers are gone\"/>"},
	{"duplicate-id", "two descriptors have the same id",
		"The id is the identity of a migration: the history and all dependencies "
		"name it by its id. Two people may have chosen the same number on two "
		"branches. Rename the one that was not applied anywhere yet.",
		"012_tags.xml:   <migration id=\"012\">\n"
		"012_votes.xml:  <migration id=\"012\">",
		"012_tags.xml:   <migration id=\"012_tags\">\n"
		"012_votes.xml:  <migration id=\"013_votes\">"},
	{"endless-statement", "a statement takes more time or room than a proof gives it",
		"A proof runs each statement on a shadow that holds next to nothing. One that "
		"takes longer there than --statement-timeout, or fills 128 MiB, will not end "
		"on the database either: mostly a recursive query without a limit, or a join "
		"without a condition.",
		"INSERT INTO n WITH RECURSIVE c(i) AS\n"
		"  (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c",
		"INSERT INTO n WITH RECURSIVE c(i) AS\n"
		"  (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000) SELECT i FROM c"},
	{"fails-on-rows", "it works on empty tables, but not on tables with rows",
		"An empty shadow lies about data: NOT NULL, CHECK and UNIQUE hold there "
		"whatever they say. So each migration was also run on tables with rows made "
		"up to fit what was declared before it, and did not work. Whether your rows "
		"are like that only you know.",
		"CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n"
		"-- next migration:\n"
		"CREATE UNIQUE INDEX users_by_name ON users (name);",
		"UPDATE users SET name = name || '-' || id WHERE EXISTS\n"
		"  (SELECT 1 FROM users AS u WHERE u.name = users.name AND u.id < users.id);\n"
		"CREATE UNIQUE INDEX users_by_name ON users (name);"},
	{"forbidden-statement", "a statement that a migration must not contain",
		"A migration works on its one database, inside the transaction that amplan "
		"holds. Statements that reach other files (ATTACH, VACUUM INTO), or load code "
		"into the process, cannot be rehearsed or rolled back and are refused.",
		"ATTACH 'other.db' AS other;\n"
		"INSERT INTO tag SELECT * FROM other.tag;",
		"load the rows with a program of your own, or as INSERT statements"},
	{"foreign-key-violation", "a row points at a row that is not there",
		"Before a stage is committed all foreign keys are checked. A row was found "
		"whose parent does not exist, so the stage was rolled back. The row may have "
		"been there before, written while foreign keys were off, or the step deleted "
		"or rewrote the parent.",
		"DELETE FROM user WHERE banned = 1;",
		"DELETE FROM message WHERE author IN (SELECT id FROM user WHERE banned = 1);\n"
		"DELETE FROM user WHERE banned = 1;"},
	{"history-tampered", "the history was changed by something other than amplan",
		"Each row of the history carries a digest over itself and the row before. "
		"One of them does not fit any more: a row was edited, removed or inserted. "
		"The history cannot be trusted to say what was applied, so nothing is "
		"planned on it.",
		"DELETE FROM amplan_history WHERE id = '012_tags';",
		"restore the table from a backup; to have a migration run again, roll it\n"
		"back or write a new one"},
	{"ineffective-pragma", "a pragma that does nothing where it stands",
		"Some settings are ignored inside a transaction, where migrations run. For "
		"foreign keys nothing is needed: they are off while a step runs, so that "
		"table rebuilds keep their children, and all keys are checked before the "
		"commit.",
		"PRAGMA foreign_keys = OFF;\n"
		"CREATE TABLE user_new (...); ...",
		"leave the pragma out; with foreign-keys=\"on\" at the migration the keys\n"
		"are enforced while it runs"},
	{"interrupted", "a step with transaction=\"none\" stopped part way",
		"It cannot be rolled back, so the database may hold half of it. Nothing else "
		"is planned until a person has looked at what it did and said how to go on.",
		"<migration id=\"030_vacuum\" transaction=\"none\">   (killed while it ran)",
		"amplan resolve 030_vacuum --applied   # it is finished now\n"
		"amplan resolve 030_vacuum --again     # it may run once more"},
	{"invalid-descriptor", "a file that is not a descriptor as it should be",
		"The XML is not well-formed, or has an element or attribute that does not "
		"exist, or lacks one. DOCTYPE, entity declarations and XInclude are refused "
		"as well. schema/migration.xsd tells editors what belongs where.",
		"<migration id=\"001_users\">\n"
		"  <depend on=\"000_base\"/>\n"
		"  <sql>...</sql>\n"
		"</migration>",
		"<migration xmlns=\"urn:amplan:1\" id=\"001_users\">\n"
		"  <depends on=\"000_base\"/>\n"
		"  <up>...</up>\n"
		"</migration>"},
	{"invalid-plan", "a file that is not a saved plan",
		"'amplan plan --out FILE' writes plans. The file that was named is something "
		"else, was written by a newer version, or was damaged on its way.",
		"amplan apply --plan 001_users.xml",
		"amplan plan -d app.db --out release.plan\n"
		"amplan apply -d app.db --plan release.plan"},
	{"invalid-sql", "SQL that the database does not accept",
		"The statement was compiled by the database itself, in the rehearsal or when "
		"it ran. The place is that of the word it stumbled over, where the database "
		"says so, otherwise the beginning of the statement.",
		"ALTER TABLE invite ADD max_uses INTEGER NOT NULL;",
		"ALTER TABLE invite ADD max_uses INTEGER NOT NULL DEFAULT 0;"},
	{"irreversible", "a rollback would pass a migration that cannot be undone",
		"Its descriptor says so, with the reason that is shown. The rollback is "
		"refused as a whole. A new migration forward is usually the way.",
		"amplan rollback --to 011_votes   # 012 dropped a column with data",
		"amplan rollback --to 012_drop_color\n"
		"# or write 013, which brings the column back"},
	{"late-dependency", "an applied migration depends on one that is not applied",
		"The dependency was declared after the migration had been applied, or the "
		"one depended on is newer than the database. In this database the order was "
		"different from the one that is declared now, and a new database will see "
		"another order than this one did.",
		"applied:  012_votes\n"
		"pending:  013_tags\n"
		"012_votes.xml:  <depends on=\"013_tags\"/>   <!-- added later -->",
		"leave applied descriptors as they are; let the new one depend on the old:\n"
		"013_tags.xml:  <depends on=\"012_votes\"/>"},
	{"lock-timeout", "another process held the lock for too long",
		"Only one process migrates a database at a time. The one named holds the "
		"lock; it ends with that process, so there is nothing to unlock by hand. If "
		"it works on a large table, wait longer; if it hangs, end it.",
		"amplan apply -d app.db --lock-timeout 1",
		"amplan status -d app.db             # who holds it\n"
		"amplan apply -d app.db --lock-timeout 600"},
	{"maintenance-required", "pending work that startup leaves to a person",
		"A pending migration has maintenance=\"true\": it may take long or needs the "
		"application to be down. Startup never runs it, and applies nothing else "
		"while it is pending.",
		"AUTO_MIGRATE_ON_STARTUP=true amplan start -- server   # 030 is maintenance",
		"stop the application, then:  amplan apply -d app.db"},
	{"missing", "an applied migration has no descriptor any more",
		"The history says that it was applied, but its descriptor was deleted or "
		"renamed. A pending migration with the same content is named as its likely "
		"new name.",
		"git mv 012_tags.xml 012_labels.xml   # and id=\"012_labels\" inside",
		"rename the file as you like, but keep the id:  id=\"012_tags\""},
	{"missing-dependency", "a dependency on a migration that does not exist",
		"The id is mistyped, the descriptor was not committed, or it lies in a folder "
		"that was not given with --migrations. In a module, ids of other modules "
		"are written module:id.",
		"<depends on=\"001_user\"/>",
		"<depends on=\"001_users\"/>\n"
		"<depends on=\"billing:001_accounts\"/>\n"
		"<after on=\"search:001_index\"/>   <!-- only if it exists -->"},
	{"missing-down", "a rollback would pass a migration without a down",
		"There is no SQL that undoes it, and nothing that says why. The rollback is "
		"refused as a whole.",
		"<up>CREATE TABLE tag (id INTEGER PRIMARY KEY);</up>",
		"<up>CREATE TABLE tag (id INTEGER PRIMARY KEY);</up>\n"
		"<down>DROP TABLE tag;</down>\n"
		"<!-- or: <irreversible reason=\"the old values are gone\"/> -->"},
	{"plan-stale", "the plan does not fit any more",
		"Since the plan was made a descriptor changed, somebody applied something, "
		"the schema was changed, or the file itself was. A plan is applied exactly "
		"as it was shown or not at all. The message says what is different.",
		"amplan plan -d app.db --out release.plan\n"
		"# ... somebody else applies 012_tags ...\n"
		"amplan apply -d app.db --plan release.plan",
		"amplan plan -d app.db --out release.plan   # again, and look at it again\n"
		"amplan apply -d app.db --plan release.plan"},
	{"precondition-failed", "what a migration wants to find is not there",
		"A precondition query did not give exactly one row whose first column is "
		"true. The step did not run and its stage was rolled back. With "
		"on-fail=\"mark-applied\" the same result means that it is there already: it "
		"is recorded and not run.",
		"<precondition>SELECT count(*) = 0 FROM invite WHERE code IS NULL"
		"</precondition>\n"
		"(three rows have no code)",
		"repair the rows first, in a migration that this one depends on"},
	{"protected-history", "a migration touches amplan's own tables",
		"The tables whose names begin with amplan_ say what was applied. Only amplan "
		"writes them.",
		"DELETE FROM amplan_history WHERE id = '012_tags';",
		"amplan rollback -d app.db --to 011_votes\n"
		"amplan baseline -d app.db   # for a schema that is there already"},
	{"replaces-conflict", "squashes that contradict each other",
		"A squash replaces itself, two squashes replace the same migration, or they "
		"replace each other in a circle. Each migration can have one squash that "
		"stands for it; a later squash may replace an earlier one.",
		"<migration id=\"s1\"><replaces id=\"001\"/>...\n"
		"<migration id=\"s2\"><replaces id=\"001\"/>...",
		"<migration id=\"s1\"><replaces id=\"001\"/>...\n"
		"<migration id=\"s2\"><replaces id=\"s1\"/>..."},
	{"replaces-mixed", "some of what a squash replaces is applied, but not all",
		"A squash stands for all of the migrations that it replaces, or for none. "
		"This database is in between: the squash would repeat what is there, and "
		"leaving it out would lose the rest.",
		"applied: 001 002        squash: <replaces id=\"001\"/> <replaces "
		"id=\"002\"/>\n"
		"                                <replaces id=\"003\"/>",
		"bring the database to 003 with the version before the squash, then use\n"
		"the squash"},
	{"row-loss", "rows vanish without a DELETE",
		"Rows that are to go are deleted; rows that vanish in another way are lost. "
		"When a step drops a table and another one takes its name, each row must have "
		"been copied: a condition, a JOIN, a LIMIT, OR IGNORE or DISTINCT in the copy "
		"leaves some out, and a JOIN may repeat others in their place. REPLACE, "
		"triggers, and with foreign keys on a DROP TABLE, delete rows that the step "
		"does not name. As a warning: enough rows were copied, but some got another "
		"key. Where a loss is wanted, write the DELETE, or allow it with a reason.",
		"INSERT INTO users_new SELECT * FROM users WHERE NOT (country = 'xx');\n"
		"DROP TABLE users;   -- and those without a country\n"
		"ALTER TABLE users_new RENAME TO users;",
		"DELETE FROM users WHERE country = 'xx';\n"
		"INSERT INTO users_new SELECT * FROM users;\n"
		"DROP TABLE users;\n"
		"ALTER TABLE users_new RENAME TO users;\n"
		"# or, in the descriptor:\n"
		"<allow kind=\"row-loss\" reason=\"the cache fills again by itself\"/>"},
	{"running", "a step with transaction=\"none\" runs in another process now",
		"Such a step runs outside the transaction of the plan, under a lock of its own "
		"that dies with its process. Nothing is wrong: 'apply' and 'start' wait for it.",
		"amplan plan -d app.db   (while another 'amplan apply' builds an index)",
		"amplan status -d app.db   # until it says that it is finished"},
	{"schema-differs", "the live schema is not the one that the migrations give",
		"A baseline records migrations as applied without running them, so it first "
		"compares: the same migrations run on an empty shadow give another schema "
		"than the database has. The difference is shown.",
		"amplan baseline 014_votes -d app.db   # the database stands at 012",
		"amplan baseline 012_tags -d app.db\n"
		"amplan apply -d app.db\n"
		"# or, if the difference is meant to be: --accept-differences"},
	{"schema-drift", "the live schema is not the one that the last apply left",
		"Something other than amplan changed tables, indexes, views or triggers. The "
		"plan was rehearsed from a state that this database is not in, and the next "
		"database will not have the change.",
		"sqlite3 app.db 'CREATE INDEX quick_fix ON message (author)'",
		"undo it, or make it a migration with a precondition:\n"
		"<precondition on-fail=\"mark-applied\">SELECT count(*) = 0 FROM "
		"sqlite_schema\n"
		"  WHERE name = 'quick_fix'</precondition>"},
	{"transaction-control", "BEGIN, COMMIT or the like in a migration",
		"A stage is one transaction, together with its rows in the history. A COMMIT "
		"in the middle would keep half of it for ever. amplan begins and commits.",
		"BEGIN; ALTER TABLE user ADD COLUMN age INTEGER; COMMIT;",
		"ALTER TABLE user ADD COLUMN age INTEGER;\n"
		"-- for what cannot run in a transaction (VACUUM):\n"
		"<migration id=\"030_vacuum\" transaction=\"none\">"},
	{"undeclared-dependency", "a migration needs one that it does not depend on",
		"Each migration was run on a shadow that holds what it declares to need, and "
		"nothing else. This one does not do there what it does in the whole plan. It "
		"works today because the order happens to fit, and will not when another "
		"branch is merged or a new id sorts in between. 'amplan check --fix' writes "
		"the missing line and changes nothing else in the file.",
		"<migration id=\"001_users\">... CREATE TABLE users\n"
		"<migration id=\"009_nickname\">  <!-- depends on nothing -->\n"
		"  <up>ALTER TABLE users ADD COLUMN nickname TEXT</up>",
		"<migration id=\"009_nickname\">\n"
		"  <depends on=\"001_users\"/>\n"
		"  <up>ALTER TABLE users ADD COLUMN nickname TEXT</up>"},
	{"unknown-without-rows", "a check that only the real rows can answer",
		"The rehearsal ran on a shadow without the rows of the database. A verify or "
		"precondition gave false there, which may be because of that. It is judged "
		"for good in the transaction of the apply.",
		"<verify>SELECT count(*) > 0 FROM user WHERE admin</verify>   (no rows here)",
		"amplan plan -d app.db --shadow copy"},
	{"unordered-conflict",
		"two migrations give different databases in different order",
		"No path orders them, they touch the same thing, and run both ways round they "
		"left another schema or other rows, or one of them failed. Which database one "
		"gets then depends on which branch was merged first.",
		"<migration id=\"020_a\">... UPDATE prices SET cents = cents * 2\n"
		"<migration id=\"021_b\">... UPDATE prices SET cents = cents + 100",
		"<migration id=\"021_b\">\n"
		"  <depends on=\"020_a\"/>"},
	{"untried", "a step that could not be rehearsed because another failed",
		"It depends on a step that failed in the rehearsal, so nothing is known about "
		"it. Repair the other first; there may be more to find here afterwards.",
		"002_invites FAILED, 008_invite_usage UNTRIED",
		"repair 002_invites, then:  amplan plan"},
	{"value-loss", "a column holds less than before, and no UPDATE says so",
		"The rows are all there, but a column has fewer values, or the same one in all "
		"rows where there were different ones. Most often the copy of a rebuild forgot "
		"the column and got its default, or REPLACE reset the columns that it does "
		"not name.",
		"INSERT INTO posts_new (id, title) SELECT id, title FROM posts;   -- and score?",
		"INSERT INTO posts_new (id, title, score) SELECT id, title, score FROM posts;\n"
		"# or say that it is meant:\n"
		"UPDATE posts SET score = 0;"},
	{"verify-failed", "after the step its own check is not true",
		"A verify query did not give exactly one row whose first column is true. The "
		"SQL ran, but did not do what its author meant; the stage was rolled back.",
		"<up>UPDATE user SET name = trim(name) WHERE name LIKE ' %';</up>\n"
		"<verify>SELECT count(*) = 0 FROM user WHERE name != trim(name)</verify>",
		"<up>UPDATE user SET name = trim(name);</up>\n"
		"<verify>SELECT count(*) = 0 FROM user WHERE name != trim(name)</verify>"},
	{NULL, NULL, NULL, NULL, NULL},
};
