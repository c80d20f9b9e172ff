# What `check` proves by running: dependencies, order, downs, rows. Each case is a small
# catalog and the whole list of errors that it must give, word by word.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	descriptor 1 '<up>CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)</up>'
}

teardown() {
	remove_folder
}

# The errors and warnings of the proofs, "kind id id: message" a line.
proved() {
	"$AMPLAN" check --json "$@" | jq -r '.findings[] | select(.kind == ("undeclared-dependency",
		"unordered-conflict", "column-order", "down-not-inverse", "fails-on-rows",
		"endless-statement", "invalid-sql", "foreign-key-violation", "verify-failed")) |
		"\(.severity) \(.kind) \(.ids | join(" ")): \(.message)"'
}

expect() {
	diff <(if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi) <(proved)
}

# The same with a limit for statements, in seconds.
expect_with() {
	diff <(printf '%s\n' "${@:2}") <(proved --statement-timeout "$1")
}

@test "a table, with both places, the object, and the line to paste" {
	descriptor 2 '
<up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	run -3 --separate-stderr "$AMPLAN" check -q
	expect_output "$output" <<-'END'
		migrations/2.xml:4:5: error[undeclared-dependency]: '2' uses 't', which '1' makes, but does not depend on it: alone, statement 1 fails: no such table: t
		  <up>ALTER TABLE t ADD COLUMN c TEXT</up>
		      ^^^^^
		migrations/1.xml:2:37: note: this is what it needs
		  <migration xmlns="urn:amplan:1" id="1">
		                                      ^
		  help: add <depends on="1"/> to '2'; 'amplan check --fix' does it
		1 error, 2 notes
	END
}

@test "a column that another migration adds" {
	descriptor 2 '<depends on="1"/><up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	descriptor 3 '<depends on="1"/><up>CREATE INDEX i ON t (c)</up>'
	expect "error undeclared-dependency 3 2: '3' uses 't.c', which '2' makes, but does not depend on it: alone, statement 1 fails: no such column: c"
}

@test "what only a view names, which SQLite does not look at" {
	descriptor 2 '<up>CREATE VIEW v AS SELECT a FROM t</up>'
	expect "error undeclared-dependency 2 1: '2' uses 't', which '1' makes, but does not depend on it: alone, 'v' cannot be used: no such table: main.t"
}

@test "a view on a view" {
	descriptor 2 '<depends on="1"/><up>CREATE VIEW v AS SELECT a FROM t</up>'
	descriptor 3 '<depends on="1"/><up>CREATE VIEW w AS SELECT a FROM v</up>'
	expect "error undeclared-dependency 3 2: '3' uses 'v', which '2' makes, but does not depend on it: alone, 'w' cannot be used: no such table: main.v"
}

@test "what only the body of a trigger names" {
	descriptor 2 '<up>CREATE TABLE log (x)</up>'
	descriptor 3 '<depends on="1"/><up>CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END</up>'
	expect "error undeclared-dependency 3 2: '3' uses 'log', which '2' makes, but does not depend on it: alone, 't' cannot be used: no such table: main.log"
}

@test "what a nested trigger writes when a row is inserted" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE log (x); CREATE TABLE loud (x);
CREATE TRIGGER one AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END;
CREATE TRIGGER two AFTER INSERT ON log BEGIN INSERT INTO loud VALUES (new.x); END</up>'
	descriptor 3 "<depends on=\"1\"/><up>INSERT INTO t (id, a) VALUES (7, 'x')</up>"
	expect "error unordered-conflict 3 2: '3' and '2' meet at 'log', and no path orders them: with '3' first, 'log' has 0 rows instead of 1"
}

@test "a foreign key, which SQLite takes without its parent" {
	descriptor 2 '<up>CREATE TABLE c (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id))</up>'
	expect "error undeclared-dependency 2 1: '2' uses 't', which '1' makes, but does not depend on it: alone, 'c' points at 't', which is not there"
}

@test "the row that a foreign key points at" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE c (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id))</up>'
	descriptor 3 "<depends on=\"1\"/><up>INSERT INTO t (id, a) VALUES (5, 'x')</up>"
	descriptor 4 '<depends on="2"/><up>INSERT INTO c (id, t) VALUES (1, 5)</up>'
	expect "error undeclared-dependency 4 3: '4' uses 't', which '3' fills, but does not depend on it: alone, rows point at nothing"
}

@test "rows that a verify counts" {
	descriptor 2 "<depends on=\"1\"/><up>INSERT INTO t (a) VALUES ('x')</up>"
	descriptor 3 '<depends on="1"/><up>CREATE INDEX i ON t (b)</up><verify>SELECT count(*) = 1 FROM t</verify>'
	expect "error undeclared-dependency 3 2: '3' uses 't', which '2' fills, but does not depend on it: alone, the verify query gave false"
}

@test "what a precondition found" {
	descriptor 2 '<depends on="1"/><up>CREATE INDEX i ON t (a)</up>'
	descriptor 3 "<depends on=\"1\"/><precondition on-fail=\"mark-applied\">SELECT count(*) = 0 FROM sqlite_schema WHERE name = 'i'</precondition>
<up>CREATE INDEX i ON t (a)</up>"
	expect "error undeclared-dependency 3 2: '3' needs '2', but does not depend on it: alone, it is not there already, as it is in the plan"
}

@test "virtual tables, STRICT and WITHOUT ROWID, generated columns, expressions" {
	descriptor 2 '<depends on="1"/><up>CREATE VIRTUAL TABLE f USING fts5 (x); CREATE VIRTUAL TABLE r USING rtree (id, lo, hi);
CREATE TABLE s (k TEXT PRIMARY KEY, v INT) STRICT, WITHOUT ROWID;
ALTER TABLE t ADD COLUMN u TEXT GENERATED ALWAYS AS (upper(a)) VIRTUAL;</up>'
	descriptor 3 "<up>INSERT INTO f (x) VALUES ('hello')</up>"
	descriptor 4 '<up>INSERT INTO r (id, lo, hi) VALUES (1, 2, 3)</up>'
	descriptor 5 "<up>INSERT INTO s (k, v) VALUES ('a', 1)</up>"
	descriptor 6 '<depends on="1"/><up>CREATE INDEX i ON t (lower(u)) WHERE u IS NOT NULL</up>'
	expect "error undeclared-dependency 3 2: '3' uses 'f', which '2' makes, but does not depend on it: alone, statement 1 fails: no such table: f" \
		"error undeclared-dependency 4 2: '4' uses 'r', which '2' makes, but does not depend on it: alone, statement 1 fails: no such table: r" \
		"error undeclared-dependency 5 2: '5' uses 's', which '2' makes, but does not depend on it: alone, statement 1 fails: no such table: s" \
		"error undeclared-dependency 6 2: '6' uses 't.u', which '2' makes, but does not depend on it: alone, statement 1 fails: no such column: u"
}

@test "a temporary table is nobody's, what it is made from is" {
	descriptor 2 '<up>CREATE TEMP TABLE z AS SELECT * FROM t; DROP TABLE z</up>'
	expect "error undeclared-dependency 2 1: '2' uses 't', which '1' makes, but does not depend on it: alone, statement 1 fails: no such table: t"
}

@test "<after> is no dependency" {
	descriptor 2 '<after on="1"/><up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	run -3 --separate-stderr "$AMPLAN" check -q
	[[ $output == *"help: <after> only orders, and does not hold where '1' is absent: write <depends on=\"1\"/>"* ]]
}

@test "of several that are missing those that the others come with are not told" {
	descriptor 2 '<depends on="1"/><up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	descriptor 3 '<up>CREATE TABLE u (x)</up>'
	descriptor 4 '<up>CREATE INDEX i ON t (a); CREATE INDEX j ON t (c); CREATE INDEX k ON u (x)</up>'
	expect "error undeclared-dependency 4 2: '4' uses 't.c', which '2' makes, but does not depend on it: alone, statement 1 fails: no such table: main.t" \
		"error undeclared-dependency 4 3: '4' uses 'u', which '3' makes, but does not depend on it: alone, statement 1 fails: no such table: main.t"
}

@test "what hangs on one that lacks a dependency is told once" {
	descriptor 2 '<up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	descriptor 3 '<depends on="2"/><up>CREATE INDEX i ON t (c)</up>'
	descriptor 4 '<depends on="3"/><up>DROP INDEX i</up>'
	expect "error undeclared-dependency 2 1: '2' uses 't', which '1' makes, but does not depend on it: alone, statement 1 fails: no such table: t"
}

@test "nor what fails because one before it left a broken view" {
	descriptor 2 '<depends on="1"/><up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	descriptor 3 '<depends on="1"/><up>CREATE VIEW v AS SELECT c FROM t; CREATE TABLE u (x)</up>'
	descriptor 4 '<depends on="3"/><up>ALTER TABLE u RENAME TO w</up>'
	expect "error undeclared-dependency 3 2: '3' uses 't.c', which '2' makes, but does not depend on it: alone, 'v' cannot be used: no such column: c"
}

@test "a squash stands for what it replaces" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE u (x)</up>'
	descriptor 3 '<replaces id="1"/><replaces id="2"/><up>CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER); CREATE TABLE u (x)</up>'
	descriptor 4 '<depends on="2"/><up>CREATE INDEX i ON u (x)</up>'
	descriptor 5 '<up>CREATE INDEX j ON t (a)</up>'
	expect "error undeclared-dependency 5 3: '5' uses 't', which '3' makes, but does not depend on it: alone, statement 1 fails: no such table: main.t"
}

@test "two branches that each add a column commute, but for the order of the columns" {
	descriptor 2 '<depends on="1"/><up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	descriptor 3 '<depends on="1"/><up>ALTER TABLE t ADD COLUMN d TEXT</up>'
	"$AMPLAN" check
	expect "note column-order 3 2: '3' and '2' both add columns to 't', and no path orders them: only the order of the columns depends on which comes first"
}

@test "what commutes is not told" {
	descriptor 2 '<depends on="1"/><up>CREATE INDEX i ON t (a)</up>'
	descriptor 3 '<depends on="1"/><up>CREATE INDEX j ON t (b); UPDATE t SET b = 1 WHERE b IS NULL</up>'
	descriptor 4 "<depends on=\"1\"/><up>UPDATE t SET a = 'q' WHERE a IS NULL</up>"
	descriptor 5 '<depends on="1"/><up>CREATE VIEW v AS SELECT a FROM t; CREATE TABLE c (t INTEGER REFERENCES t (id))</up>'
	expect
}

@test "rows that are numbered as they come" {
	descriptor 2 "<depends on=\"1\"/><up>INSERT INTO t (a) VALUES ('x')</up>"
	descriptor 3 "<depends on=\"1\"/>
<up>INSERT INTO t (a) VALUES ('y')</up>"
	run -3 --separate-stderr "$AMPLAN" check -q
	expect_output "$output" <<-'END'
		migrations/3.xml:2:37: error[unordered-conflict]: '3' and '2' meet at 't', and no path orders them: with '3' first, the rows of 't' are others
		  <migration xmlns="urn:amplan:1" id="3">
		                                      ^
		migrations/2.xml:2:37: note: the other one
		  <migration xmlns="urn:amplan:1" id="2">
		                                      ^
		  help: say which comes first: <depends on="2"/> in '3', as the plan has it, or <depends on="3"/> in '2'
		1 error, 2 notes
	END
}

@test "rows with keys of their own commute" {
	descriptor 2 "<depends on=\"1\"/><up>INSERT INTO t (id, a) VALUES (1, 'x')</up>"
	descriptor 3 "<depends on=\"1\"/><up>INSERT INTO t (id, a) VALUES (2, 'y')</up>"
	expect
}

@test "updates of one column do not commute, of two they do" {
	descriptor 2 '<depends on="1"/><up>UPDATE t SET b = b * 2 WHERE id = 0</up>'
	descriptor 3 '<depends on="1"/><up>UPDATE t SET b = b + 1 WHERE id = 0</up>'
	descriptor 4 "<depends on=\"1\"/><up>UPDATE t SET a = 'q' WHERE id = 0</up>"
	expect "error unordered-conflict 3 2: '3' and '2' meet at 't.b', and no path orders them: with '3' first, the rows of 't' are others"
}

@test "one order fails" {
	descriptor 2 '<depends on="1"/><up>UPDATE t SET b = 1 WHERE id = 0</up>'
	descriptor 3 '<depends on="1"/><up>ALTER TABLE t DROP COLUMN b</up>'
	expect "error unordered-conflict 3 2: '3' and '2' meet at 't.b', and no path orders them: with '3' first, '2' fails: statement 1 fails: no such column: b"
}

@test "IF NOT EXISTS: whoever comes first" {
	descriptor 2 '<up>CREATE TABLE IF NOT EXISTS q (a)</up>'
	descriptor 3 '<up>CREATE TABLE IF NOT EXISTS q (a, b)</up>'
	expect "error unordered-conflict 3 2: '3' and '2' meet at 'q', and no path orders them: with '3' first, the table 'q' has the column 'b' besides"
}

@test "a rebuild that takes away what another branch put on the table" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, c);
INSERT INTO n (id, a, b) SELECT id, a, b FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t</up>'
	descriptor 3 '<depends on="1"/><up>CREATE INDEX i ON t (a)</up>'
	expect "error unordered-conflict 3 2: '3' and '2' meet at 't', and no path orders them: with '3' first, the index 'i' is missing"
}

@test "what chance does is not compared" {
	descriptor 2 '<depends on="1"/><up>UPDATE t SET b = random() WHERE id = 0</up>'
	descriptor 3 "<depends on=\"1\"/><up>UPDATE t SET a = a || 'x' WHERE b > 0</up>"
	expect
}

@test "a down that leaves the schema another one, and one that fails" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE u (x); CREATE INDEX i ON t (a)</up><down>DROP TABLE u</down>'
	descriptor 3 '<depends on="2"/><up>ALTER TABLE t ADD COLUMN c TEXT</up><down>ALTER TABLE t DROP COLUMN d</down>'
	descriptor 4 "<depends on=\"3\"/><up>ALTER TABLE t DROP COLUMN b</up><down>ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 7</down>"
	expect "error down-not-inverse 2: the down of '2' does not undo its up: the index 'i' is there besides" \
		"error down-not-inverse 3: the down of '3' fails: statement 1 fails: no such column: \"d\"" \
		"error down-not-inverse 4: the down of '4' does not undo its up: the table 't' has 'b' with the default 7 instead of none"
}

@test "a down that does not bring the rows back" {
	descriptor 2 "<depends on=\"1\"/><up>UPDATE t SET a = 'all alike' WHERE id &lt; 1</up><down>UPDATE t SET a = NULL WHERE id &lt; 1</down>"
	descriptor 3 '<depends on="2"/><up>DELETE FROM t WHERE id = 0</up><down>UPDATE t SET b = 1 WHERE id = 0</down>'
	descriptor 4 "<depends on=\"3\"/><up>INSERT INTO t (id, a) VALUES (50, 'x')</up><down>DELETE FROM t WHERE id = 50</down>"
	expect "warning down-not-inverse 2: the down of '2' does not undo its up: the rows of 't' are others" \
		"warning down-not-inverse 3: the down of '3' does not undo its up: 't' has 2 rows instead of 3"
}

@test "a down that undoes its up, quotes and all, and one without a way back, are not told" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE u (x)</up><down>DROP TABLE u</down>'
	descriptor 3 '<depends on="1"/><up>ALTER TABLE t RENAME TO tt</up><down>ALTER TABLE tt RENAME TO t</down>'
	descriptor 4 '<depends on="2"/><up>DROP TABLE u</up><irreversible reason="nobody uses it"/>'
	expect
}

@test "what fails on rows only" {
	descriptor 2 '<depends on="1"/><up>CREATE UNIQUE INDEX i ON t (b)</up>'
	descriptor 3 '<depends on="2"/><up>CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b INTEGER);
INSERT INTO n SELECT id, a, b FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t</up>'
	descriptor 4 '<depends on="3"/><up>CREATE TABLE k (id INTEGER PRIMARY KEY, n INTEGER CHECK (n &lt; 5)); INSERT INTO k SELECT id, id FROM t</up>'
	expect "warning fails-on-rows 2: '2' works on empty tables, but not on rows made up to fit: statement 1 fails: UNIQUE constraint failed: t.b" \
		"warning fails-on-rows 3: '3' works on empty tables, but not on rows made up to fit: statement 2 fails: NOT NULL constraint failed: n.a"
}

@test "a copy that forgets rows loses made-up ones" {
	descriptor 2 "<depends on=\"1\"/><up>CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT, b INTEGER);
INSERT INTO n (id, a, b) SELECT id, a, b FROM t WHERE a IS NOT NULL; DROP TABLE t; ALTER TABLE n RENAME TO t</up>"
	run -0 --separate-stderr "$AMPLAN" check -q
	[[ $output == *"warning[row-loss]: on rows made up to fit: "* ]]
}

@test "<allow> silences a proof, with a reason, where it stands" {
	descriptor 2 '<allow kind="undeclared-dependency" reason="the table is made by the application"/><up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	descriptor 3 '<depends on="1"/><allow kind="unordered-conflict" reason="either will do"/><up>UPDATE t SET b = 1 WHERE id = 0</up>'
	descriptor 4 '<depends on="1"/><up>UPDATE t SET b = 2 WHERE id = 0</up>'
	descriptor 5 '<depends on="1"/><allow kind="down-not-inverse" reason="kept on purpose"/><up>CREATE TABLE kept (x)</up><down>SELECT 1</down>'
	expect
}

@test "a statement that never ends is told" {
	descriptor 2 '<up>CREATE TABLE n (i); INSERT INTO n WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT max(i) FROM c</up>'
	expect_with 1 "error endless-statement 2: statement 2 runs longer than the time that a statement is given"
}

@test "a query that never ends is told" {
	descriptor 2 '<up>CREATE TABLE n (i)</up><verify>WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i FROM c) SELECT count(*) FROM c</verify>'
	expect_with 1 "error endless-statement 2: statement 1 runs longer than the time that a statement is given"
}

@test "only the statement that never ends is told as one" {
	descriptor 2 '<up>CREATE TABLE n (i); INSERT INTO n WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT max(i) FROM c</up>'
	descriptor 3 '<up>CREATE TABL x</up>'
	expect_with 1 "error endless-statement 2: statement 2 runs longer than the time that a statement is given" \
		"error invalid-sql 3: statement 1 fails: near \"TABL\": syntax error"
}

@test "a statement that fills the shadow is told" {
	descriptor 2 '<up>CREATE TABLE z (i); INSERT INTO z WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT zeroblob(1000000) FROM c</up>'
	expect_with 300 "error endless-statement 2: statement 2 fills the shadow"
}

@test "--fix writes the dependency, and changes nothing else" {
	printf '<?xml version="1.0"?>\r\n<!-- kept -->\r\n<migration xmlns="urn:amplan:1" id="2" >\r\n\t<description>kept &amp; all</description>\r\n\t<up>ALTER TABLE t ADD COLUMN c TEXT</up>\r\n</migration>\r\n' >migrations/2.xml
	cp migrations/2.xml before.xml
	run "$AMPLAN" check --fix -q
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "fixed: 1 dependency was written into its descriptor" ] || [[ $output == *"fixed: 1 dependency"* ]]
	diff <(grep -v '<depends on="1"/>' migrations/2.xml) before.xml
	[ "$(grep -c "$(printf '\t<depends on="1"/>\r')" migrations/2.xml)" -eq 1 ]
	"$AMPLAN" check -q
	expect
}

@test "what --fix writes into a descriptor that was applied is a warning, not an error" {
	descriptor 2 '<up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	"$AMPLAN" apply -qyd app.db
	"$AMPLAN" check --fix -q
	run -0 --separate-stderr "$AMPLAN" plan -d app.db
	[[ $output == *"warning[changed]: '2' was changed after it was applied, only in comments, white space or dependencies"* ]]
	"$AMPLAN" verify -d app.db
}

@test "the same catalog gives the same bytes, and no database is opened" {
	descriptor 2 '<up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	descriptor 3 '<depends on="1"/><up>UPDATE t SET b = 1 WHERE id = 0</up>'
	descriptor 4 '<depends on="1"/><up>UPDATE t SET b = 2 WHERE id = 0</up>'
	"$AMPLAN" check --json >one || true
	"$AMPLAN" check --json -d app.db >two || true
	cmp one two
	[ ! -e app.db ]
}

@test "one that breaks another which is declared to come after it is no matter of order" {
	descriptor 2 '<depends on="1"/><up>ALTER TABLE t DROP COLUMN b</up>'
	descriptor 3 '<depends on="1"/><after on="2"/><up>CREATE INDEX i ON t (b)</up>'
	expect "error invalid-sql 3: statement 1 fails: no such column: b"
}

@test "a name in double quotes that is no column yet" {
	descriptor 2 '<depends on="1"/><up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	descriptor 3 '<depends on="1"/><up>CREATE INDEX i ON t ("c")</up>'
	expect "error undeclared-dependency 3 2: '3' uses 't.c', which '2' makes, but does not depend on it: alone, a column that is not there is taken for a string"
}

@test "a row that a precondition looks for" {
	descriptor 2 "<depends on=\"1\"/><precondition on-fail=\"mark-applied\">SELECT count(*) = 0 FROM t WHERE a = 'new'</precondition><up>CREATE TABLE w (x)</up>"
	descriptor 3 "<depends on=\"1\"/><up>INSERT INTO t (id, a) VALUES (60, 'new')</up>"
	expect "error unordered-conflict 3 2: '3' and '2' meet at 't', and no path orders them: with '3' first, the table 'w' is missing"
}

@test "the down of one that fails on rows is not judged by them" {
	descriptor 2 '<depends on="1"/><up>CREATE UNIQUE INDEX i ON t (b)</up><down>DROP INDEX i</down>'
	expect "warning fails-on-rows 2: '2' works on empty tables, but not on rows made up to fit: statement 1 fails: UNIQUE constraint failed: t.b"
}

@test "what a step outside a transaction left half done is not there for the next try" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE x (a); CREATE UNIQUE INDEX i ON t (b)</up>' 'transaction="none"'
	descriptor 3 '<depends on="2"/><up>DROP INDEX i; CREATE INDEX j ON x (a)</up>'
	expect "warning fails-on-rows 2: '2' works on empty tables, but not on rows made up to fit: statement 2 fails: UNIQUE constraint failed: t.b"
}

@test "what needs one that no rows let through is not tried on rows" {
	descriptor 2 "<depends on=\"1\"/><up>CREATE TABLE r (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO r VALUES (1, 'x')</up>"
	descriptor 3 "<depends on=\"2\"/><up>CREATE UNIQUE INDEX i ON t (b); CREATE TABLE c (r INTEGER NOT NULL);
INSERT INTO c (r) VALUES ((SELECT id FROM r WHERE a = 'x'))</up>"
	descriptor 4 '<depends on="3"/><up>CREATE INDEX j ON c (r)</up>'
	expect "warning fails-on-rows 3: '3' works on empty tables, but not on rows made up to fit: statement 1 fails: UNIQUE constraint failed: t.b"
}
