# What is judged at the end of a stage: rows that point at nothing, and what dangles until a
# later step mends it. All of one stage: it is told of the step that is to blame.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	descriptor 1 '<up>CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (id INTEGER PRIMARY KEY, x UNIQUE);
CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id), p2 INTEGER REFERENCES p (id), q INTEGER REFERENCES q (x));
CREATE TABLE other (x); CREATE VIEW v AS SELECT p.id FROM p JOIN other</up>'
	"$AMPLAN" apply -qyd app.db
}

teardown() {
	remove_folder
}

# told STATUS: the findings of an apply, "severity kind id: message" a line, are the text on stdin
told() {
	run -"$1" --separate-stderr "$AMPLAN" apply --json -yd app.db
	diff <(jq -r '.findings[] | "\(.severity) \(.kind) \(.ids | join(" ")): \(.message)"' <<<"$output") -
}

@test "each key that does not hold is told, with the step that wrote the rows" {
	descriptor 2 '<depends on="1"/><up>INSERT INTO c (id, p, p2, q) VALUES (1, 5, 6, 7), (2, 5, NULL, 7)</up>'
	descriptor 3 '<depends on="2"/><up>CREATE TABLE z (x); INSERT INTO z (x) VALUES (1)</up>'
	told 1 <<-'X'
	error foreign-key-violation 2: 1 row of 'c' points now at rows of 'p' that do not exist (column p2)
	error foreign-key-violation 2: 2 rows of 'c' point now at rows of 'p' that do not exist (column p)
	error foreign-key-violation 2: 2 rows of 'c' point now at rows of 'q' that do not exist (column q)
	X
}

@test "a key that fits nothing is told of the step that names its parent" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE n (id INTEGER PRIMARY KEY, x); DROP TABLE q; ALTER TABLE n RENAME TO q</up>'
	descriptor 3 '<depends on="2"/><up>INSERT INTO other (x) VALUES (1)</up>'
	told 1 <<-'X'
	error foreign-key-violation 2: foreign keys cannot be checked: foreign key mismatch - "c" referencing "q"
	X
}

@test "a parent that a later step makes again" {
	descriptor 2 '<depends on="1"/><up>DROP VIEW v; DROP TABLE p</up>'
	descriptor 3 '<depends on="2"/><up>CREATE TABLE p (id INTEGER PRIMARY KEY)</up>'
	told 0 <<-'X'
	note dangling-reference 2: the foreign key of 'c' (p2) points at 'p', which does not exist after the step
	X
}

@test "a child and a view that a later step takes away" {
	descriptor 2 '<depends on="1"/><up>DROP TABLE p</up>'
	descriptor 3 '<depends on="2"/><up>DROP VIEW v; DROP TABLE c</up>'
	told 0 <<-'X'
	note broken-view 2: the view 'v' uses 'p', which does not exist after the step
	note dangling-reference 2: the foreign key of 'c' (p2) points at 'p', which does not exist after the step
	X
}

@test "what dangles by leave is a note, and stays one" {
	descriptor 2 '<depends on="1"/><allow kind="dangling-reference" reason="it comes back"/><up>DROP VIEW v; DROP TABLE p</up>'
	told 0 <<-'X'
	note dangling-reference 2: the foreign key of 'c' (p2) points at 'p', which does not exist after the step (allowed: it comes back)
	X
}

@test "a view that lacks two tables is told of the one that it misses first" {
	descriptor 2 '<depends on="1"/><up>DROP TABLE c; DROP TABLE p; DROP TABLE other</up>'
	told 3 <<-'X'
	error broken-view 2: the view 'v' uses 'p', which does not exist after the step
	X
}

@test "columns that a rebuild makes otherwise are told as altered" {
	descriptor 1 '<up>CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT DEFAULT 1, c INT DEFAULT 1, d INT, e INT DEFAULT 1, f INT, g, h INT DEFAULT 1)</up>'
	descriptor 2 '<depends on="1"/><up>CREATE TABLE n (id INTEGER, a TEXT DEFAULT 3, b INT, c INT DEFAULT 2, d INT NOT NULL, e INT DEFAULT 1, f TEXT, g, h INT DEFAULT 1, PRIMARY KEY (id, e));
INSERT INTO n (id, a, b, c, d, e, f, g, h) SELECT id, a, b, c, d, e, f, g, h FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t</up>'
	run --separate-stderr "$AMPLAN" check --json
	diff <(jq -r '.migrations[1].effects[] | select(.column) | "\(.column) \(.how | join(" "))"' <<<"$output") - <<-'X'
	a reads alters
	b reads alters
	c reads alters
	d reads alters
	e reads alters
	f reads alters
	g reads
	h reads
	id reads
	X
}

@test "a key that names no column, and whose parent is not there yet" {
	descriptor 1 '<up>CREATE TABLE x (p INTEGER REFERENCES y)</up>'
	descriptor 2 '<up>CREATE TABLE y (id INTEGER PRIMARY KEY)</up>'
	run --separate-stderr "$AMPLAN" check --json
	diff <(jq -r '.findings[] | select(.severity == "error") | "\(.kind) \(.ids | join(" ")): \(.message)"' <<<"$output") - <<-'X'
	undeclared-dependency 1 2: '1' uses 'y', which '2' makes, but does not depend on it: alone, 'x' points at 'y', which is not there
	X
}

@test "the schema is not what a rollback left" {
	descriptor 2 '<depends on="1"/><up>CREATE TABLE z (x)</up><down>DROP TABLE z</down>'
	"$AMPLAN" apply -qyd app.db
	"$AMPLAN" rollback -qyd app.db --steps 1
	"$AMPLAN" verify -qd app.db
	sqlite3 app.db 'CREATE TABLE mine (x)'
	run -3 --separate-stderr "$AMPLAN" verify --json -d app.db
	[[ $(jq -r '.findings[] | "\(.severity) \(.kind) \(.ids | join(" ")): \(.message)"' <<<"$output") == \
		"error schema-drift 2: the schema is not what the rollback of '2' left on 2"* ]]
}
