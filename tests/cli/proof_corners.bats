# Proofs where two rules meet: rows that let neither through, downs that are allowed, orders
# of which only one works. As in proofs.bats the whole list is compared, word by word.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	descriptor 1 '<up>CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)</up>'
}

teardown() {
	remove_folder
}

# The findings of the proofs, "kind id id: message" a line.
proved() {
	"$AMPLAN" check --json | jq -r '.findings[] | select(.kind == ("undeclared-dependency",
		"unordered-conflict", "column-order", "down-not-inverse", "fails-on-rows",
		"invalid-sql", "foreign-key-violation", "verify-failed")) |
		"\(.severity) \(.kind) \(.ids | join(" ")): \(.message)"'
}

expect() {
	diff <(if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi) <(proved)
}

# helped KIND: the help with the findings of that kind
helped() {
	"$AMPLAN" check --json | jq -r ".findings[] | select(.kind == \"$1\") | .hint"
}

@test "the order of the plan leaves rows that point at nothing, the other one does not" {
	descriptor 1 '<up>CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE flag (x);
CREATE TABLE c (p INTEGER REFERENCES p (id)); INSERT INTO p (id) VALUES (1)</up>'
	descriptor 2 '<depends on="1"/><up>INSERT INTO c (p) SELECT id FROM p WHERE id = 1</up>'
	descriptor 3 '<depends on="1"/><up>INSERT INTO flag (x) VALUES (1)</up>'
	descriptor 4 '<depends on="1"/><up>DELETE FROM p WHERE id = 1 AND NOT EXISTS (SELECT 1 FROM flag)</up>'
	expect "error unordered-conflict 4 2: '4' and '2' meet at 'p', and no path orders them: with '2' first, '4' fails: rows point at nothing" \
		"error unordered-conflict 4 3: '4' and '3' meet at 'flag', and no path orders them: with '4' first, 'p' has 0 rows instead of 1"
	[ "$(helped unordered-conflict)" = "add <depends on=\"4\"/> to '2'
say which comes first: <depends on=\"3\"/> in '4', as the plan has it, or <depends on=\"4\"/> in '3'" ]
}

@test "one breaks two others, each of which has to come first" {
	descriptor 2 '<depends on="1"/><up>ALTER TABLE t RENAME TO tt</up>'
	descriptor 3 '<depends on="1"/><up>CREATE INDEX i ON t (b)</up>'
	descriptor 4 '<depends on="1"/><up>CREATE INDEX j ON t (a)</up>'
	expect "error unordered-conflict 2 3: '2' and '3' meet at 't', and no path orders them: with '2' first, '3' fails: statement 1 fails: no such table: main.t" \
		"error unordered-conflict 2 4: '2' and '4' meet at 't', and no path orders them: with '2' first, '4' fails: statement 1 fails: no such table: main.t"
	[ "$(helped unordered-conflict)" = "add <depends on=\"3\"/> to '2'
add <depends on=\"4\"/> to '2'" ]
}

@test "one breaks two others, of which the later says it all" {
	descriptor 2 '<depends on="1"/><up>ALTER TABLE t RENAME TO tt</up>'
	descriptor 3 '<depends on="1"/><up>CREATE INDEX i ON t (b)</up>'
	descriptor 4 '<depends on="3"/><up>CREATE INDEX j ON t (a)</up>'
	expect "error unordered-conflict 2 4: '2' and '4' meet at 't', and no path orders them: with '2' first, '4' fails: statement 1 fails: no such table: main.t"
}

@test "what chance does in the second is not compared" {
	descriptor 2 "<depends on=\"1\"/><up>UPDATE t SET a = 'x' WHERE id = 0</up>"
	descriptor 3 '<depends on="1"/><up>UPDATE t SET a = random() WHERE id = 0</up>'
	expect
}

@test "an order is allowed in the second as in the first" {
	descriptor 2 '<depends on="1"/><up>UPDATE t SET b = 1 WHERE id = 0</up>'
	descriptor 3 '<depends on="1"/><allow kind="unordered-conflict" reason="either"/><up>UPDATE t SET b = 2 WHERE id = 0</up>'
	descriptor 4 '<depends on="3"/><up>ALTER TABLE t ADD COLUMN c TEXT</up>'
	descriptor 5 '<depends on="3"/><allow kind="column-order" reason="either"/><up>ALTER TABLE t ADD COLUMN d TEXT</up>'
	expect
}

@test "the second has a precondition, which only rows that are written tell about" {
	descriptor 2 "<depends on=\"1\"/><up>INSERT INTO t (id, a) VALUES (60, 'new')</up>"
	descriptor 3 "<depends on=\"2\"/><up>DELETE FROM t WHERE a = 'new'</up>"
	descriptor 4 "<depends on=\"1\"/><precondition on-fail=\"mark-applied\">SELECT count(*) = 0 FROM t WHERE a = 'new'</precondition><up>CREATE TABLE w (x)</up>"
	expect "error unordered-conflict 4 2: '4' and '2' meet at 't', and no path orders them: with '4' first, the table 'w' is there besides" \
		"error unordered-conflict 4 3: '4' and '3' meet at 't', and no path orders them: with '4' first, the table 'w' is missing"
}

@test "two above one that no rows let through are tried without rows" {
	descriptor 2 '<depends on="1"/><up>INSERT INTO t (id) VALUES (100); CREATE TABLE probe (n CHECK (n = 1))</up>'
	descriptor 3 '<depends on="2"/><up>INSERT INTO probe (n) SELECT count(*) FROM t</up>'
	descriptor 4 '<depends on="3"/><up>UPDATE t SET b = 1 WHERE id = 100</up>'
	descriptor 5 '<depends on="3"/><up>UPDATE t SET b = 2 WHERE id = 100</up>'
	expect "warning fails-on-rows 3: '3' works on empty tables, but not on rows made up to fit: statement 1 fails: CHECK constraint failed: n = 1" \
		"error unordered-conflict 5 4: '5' and '4' meet at 't.b', and no path orders them: with '5' first, the rows of 't' are others"
}

@test "two above one that stops part way on rows are tried without rows" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE x (a); CREATE UNIQUE INDEX i ON t (b)</up>' 'transaction="none"'
	descriptor 3 '<depends on="2"/><up>UPDATE t SET b = 1 WHERE id = 100</up>'
	descriptor 4 '<depends on="2"/><up>INSERT INTO t (id, b) VALUES (100, 9)</up>'
	expect "warning fails-on-rows 2: '2' works on empty tables, but not on rows made up to fit: statement 2 fails: UNIQUE constraint failed: t.b" \
		"error unordered-conflict 4 3: '4' and '3' meet at 't', and no path orders them: with '4' first, the rows of 't' are others"
}

@test "a down that puts a column back at the end" {
	descriptor 1 '<up>CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL DEFAULT 1 CHECK (a = 1), b TEXT)</up>'
	descriptor 2 '<depends on="1"/><up>ALTER TABLE t DROP COLUMN a</up><down>ALTER TABLE t ADD COLUMN a INTEGER NOT NULL DEFAULT 1 CHECK (a = 1)</down>'
	expect "note down-not-inverse 2: the down of '2' does not undo its up: the table 't' has its columns in another order"
}

@test "a down that fails for what the rows are" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE n (x INTEGER CHECK (x != 2))</up><down>INSERT INTO n (x) SELECT 2 FROM t; DROP TABLE n</down>'
	expect "warning down-not-inverse 2: the down of '2' fails on rows made up to fit: statement 1 fails: CHECK constraint failed: x != 2"
}

@test "an up that fails after its down" {
	descriptor 2 "<depends on=\"1\"/><up>INSERT INTO t (id, a) VALUES (100, 'x')</up><down>SELECT 1</down>"
	expect "error down-not-inverse 2: after its down '2' cannot be applied again: statement 1 fails: UNIQUE constraint failed: t.id" \
		"warning down-not-inverse 2: the down of '2' does not undo its up: 't' has 4 rows instead of 3"
}

@test "<allow> silences whatever a down does" {
	descriptor 2 "<depends on=\"1\"/><allow kind=\"down-not-inverse\" reason=\"kept\"/><up>INSERT INTO t (id, a) VALUES (100, 'x')</up><down>SELECT 1</down>"
	descriptor 3 "<depends on=\"2\"/><allow kind=\"down-not-inverse\" reason=\"kept\"/><up>INSERT INTO t (id, a) VALUES (101, 'x')</up><down>DELETE FROM nothing WHERE id = 101</down>"
	expect
}

@test "a down of what chance wrote, and of what rows may not let through" {
	descriptor 2 '<depends on="1"/><up>UPDATE t SET a = random() WHERE id &gt; 0</up><down>UPDATE t SET a = NULL WHERE id &gt; 0</down>'
	descriptor 3 '<depends on="2"/><allow kind="fails-on-rows" reason="there are none"/><up>CREATE UNIQUE INDEX i ON t (b)</up><down>DROP INDEX i</down>'
	expect
}

@test "the down of what was there already is not tried" {
	descriptor 2 '<depends on="1"/><up>CREATE INDEX i ON t (a)</up>'
	descriptor 3 "<depends on=\"2\"/><precondition on-fail=\"mark-applied\">SELECT count(*) = 0 FROM sqlite_schema WHERE name = 'i'</precondition>
<up>CREATE INDEX i ON t (a)</up><down>DROP INDEX nothing</down>"
	expect
}

@test "two that meet nowhere, of which one counts what the other makes" {
	descriptor 2 '<up>CREATE TABLE x (a)</up>'
	descriptor 3 "<up>CREATE TABLE y (a)</up><verify>SELECT count(*) = 1 FROM sqlite_schema WHERE name IN ('x', 'y')</verify>"
	expect "error unordered-conflict 2 3: no path orders '2' and '3': with '2' first, '3' fails: the verify query gave false"
}

# Deferred keys are looked at when the transaction is committed: no statement fails.
@test "a key that is deferred, and does not hold at the end" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE c (t INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)</up>'
	descriptor 3 '<depends on="2"/><up>INSERT INTO c (t) VALUES (500)</up><down>DELETE FROM c WHERE t = 500</down>' 'foreign-keys="on"'
	run -3 --separate-stderr "$AMPLAN" check -q
	expect_output <<-'X'
	migrations/3.xml:3:22: error[foreign-key-violation]: with foreign keys on, rows point at nothing when the step ends
	  <depends on="2"/><up>INSERT INTO c (t) VALUES (500)</up><down>DELETE FROM c WHERE t = 500</down>
	                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
	  help: keep, move or delete the rows that point there in the same step; 'PRAGMA foreign_key_check' lists them
	1 error, 3 notes
	X
}

@test "a key that is deferred, and does not hold on rows, or after the down" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE c (t INTEGER NOT NULL REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)</up>'
	descriptor 3 '<depends on="2"/><up>DELETE FROM t WHERE id IN (SELECT t FROM c)</up><irreversible reason="they go"/>' 'foreign-keys="on"'
	descriptor 4 '<depends on="2"/><after on="3"/><up>CREATE TABLE d (x)</up><down>DROP TABLE d; INSERT INTO c (t) VALUES (500)</down>' 'foreign-keys="on"'
	expect "warning fails-on-rows 3: '3' works on empty tables, but not on rows made up to fit: with foreign keys on, rows point at nothing when the step ends" \
		"error down-not-inverse 4: the down of '4' fails: with foreign keys on, rows point at nothing when the step ends"
}

@test "two that work in neither order without a third are not told, but the third is" {
	descriptor 1 '<up>CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE probe (n CHECK (n = 0))</up>'
	descriptor 2 '<depends on="1"/><up>INSERT INTO t (id) VALUES (100)</up>'
	descriptor 3 '<depends on="2"/><up>DELETE FROM t WHERE id = 100</up>'
	descriptor 4 '<depends on="1"/><up>INSERT INTO probe (n) SELECT count(*) FROM t WHERE id = 100</up>'
	expect "error unordered-conflict 4 3: '4' and '3' meet at 't', and no path orders them: with '4' first, it fails: statement 1 fails: CHECK constraint failed: n = 0"
	[ "$(helped unordered-conflict)" = "add <depends on=\"3\"/> to '4'" ]
}

@test "what one that no rows let through would have made is not there to be dropped" {
	descriptor 2 '<depends on="1"/><up>INSERT INTO t (id) VALUES (100); CREATE TABLE probe (n CHECK (n = 1))</up>'
	descriptor 3 '<depends on="2"/><up>CREATE TABLE u (x); INSERT INTO probe (n) SELECT count(*) FROM t</up>'
	descriptor 4 '<depends on="1"/><allow kind="destructive" reason="old"/><up>DROP TABLE IF EXISTS u</up>'
	expect "warning fails-on-rows 3: '3' works on empty tables, but not on rows made up to fit: statement 2 fails: CHECK constraint failed: n = 1" \
		"error unordered-conflict 4 3: '4' and '3' meet at 'u', and no path orders them: with '4' first, the table 'u' is there besides"
}
