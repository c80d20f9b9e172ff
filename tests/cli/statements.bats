# Statements that work on the whole database, and so meet the history as well.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	descriptor 001_a '<up>CREATE TABLE a (x); CREATE INDEX ax ON a (x); INSERT INTO a VALUES (1);</up>'
	"$AMPLAN" apply -qyd app.db
}

teardown() {
	remove_folder
}

@test "ANALYZE, REINDEX and PRAGMA optimize may run in a step" {
	descriptor 002_b '<depends on="001_a"/><up>ANALYZE; REINDEX; PRAGMA optimize; PRAGMA user_version = 7;</up>'
	"$AMPLAN" apply -yd app.db
	[ "$(sqlite3 app.db "SELECT stat FROM sqlite_stat1 WHERE tbl = 'a'")" = "1 1" ]
	[ "$(sqlite3 app.db 'PRAGMA user_version')" = 7 ]
	"$AMPLAN" verify -d app.db
}

@test "VACUUM runs outside a transaction only" {
	descriptor 002_b '<up>VACUUM;</up>'
	run "$AMPLAN" apply -yd app.db
	[ "$status" -ne 0 ]
	[[ $output == *'transaction="none"'* ]]
	descriptor 002_b '<up>VACUUM;</up>' 'transaction="none"'
	"$AMPLAN" apply -yd app.db
	"$AMPLAN" verify -d app.db
}

@test "no statement reaches the history, however it is written" {
	for sql in 'DROP TABLE amplan_history' 'DELETE FROM "AMPLAN_HISTORY"' \
		'UPDATE main.amplan_history SET id = 1' \
		'CREATE INDEX i ON amplan_history (id)' \
		'ALTER TABLE amplan_history RENAME TO mine' \
		'CREATE TRIGGER t AFTER INSERT ON amplan_history BEGIN SELECT 1; END' \
		'INSERT INTO a SELECT 1; CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM amplan_history; END; INSERT INTO a VALUES (2)'; do
		echo "$sql"
		descriptor 002_b "<up>$sql;</up>"
		run "$AMPLAN" apply -yd app.db
		[ "$status" -ne 0 ]
		[[ $output == *"error[protected-history]: the table 'amplan_history' is written by amplan alone"* ]]
		[ "$(sqlite3 app.db 'SELECT count(*) FROM a')" = 1 ]
	done
	rm migrations/002_b.xml
	"$AMPLAN" verify -d app.db
}

@test "functions of SQLite may stand in a CHECK, a generated column, an index and a view" {
	descriptor 002_json "<up>
CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT NOT NULL CHECK (json_valid(body)),
  kind TEXT GENERATED ALWAYS AS (json_extract(body, '\$.kind')) VIRTUAL);
CREATE INDEX t_by_name ON t (json_extract(body, '\$.name'));
CREATE VIEW names AS SELECT json_extract(body, '\$.name') AS name FROM t;
INSERT INTO t (body) VALUES ('{\"kind\": \"a\", \"name\": \"b\"}');
</up><verify>SELECT count(*) = 1 FROM names WHERE name = 'b'</verify><irreversible reason=\"x\"/>"
	"$AMPLAN" check
	"$AMPLAN" apply -qyd app.db
	[ "$(sqlite3 app.db 'SELECT kind FROM t')" = a ]
}

@test "what one step leaves pointing at nothing another of the stage may mend" {
	descriptor 002_b "<depends on=\"001_a\"/><up>CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p (id))</up>"
	descriptor 003_b "<depends on=\"002_b\"/><up>ALTER TABLE p RENAME TO q; CREATE TABLE p (id INTEGER PRIMARY KEY); DROP TABLE q</up>"
	run -3 --separate-stderr "$AMPLAN" plan -d app.db
	[[ $output == *"error[dangling-reference]: the foreign key of 'c' (p) points at 'q', which does not exist after the step"* ]]
	run -3 --separate-stderr "$AMPLAN" apply --no-rehearsal -yd app.db
	[ "$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name IN ('p', 'c')")" = 0 ]
	descriptor 004_b "<depends on=\"003_b\"/><up>CREATE TABLE n (p INTEGER REFERENCES p (id)); INSERT INTO n SELECT p FROM c; DROP TABLE c; ALTER TABLE n RENAME TO c</up>"
	run -0 --separate-stderr "$AMPLAN" plan -d app.db
	[[ $output == *"note[dangling-reference]: the foreign key of 'c' (p) points at 'q'"* ]]
	"$AMPLAN" apply -qyd app.db
	[ "$(sqlite3 app.db 'SELECT "table" FROM pragma_foreign_key_list("c")')" = p ]
}

@test "a step of its own that fails inside its transaction does not keep the next from being tried" {
	descriptor 002_b '<up>BEGIN; CREATE TABLE t (x); DROP TABLE u</up>' 'transaction="none"'
	descriptor 003_c '<up>CREATE TABLE b (x)</up>'
	run -1 --separate-stderr "$AMPLAN" plan -d app.db
	[[ $stderr == "amplan: '002_b' failed in statement 3: no such table: u" ]]
	[[ $output == *"+ table b"* && $output != *"+CREATE TABLE t"* ]]
}

@test "a plan of nothing can be saved, shown and applied" {
	"$AMPLAN" plan -qd app.db --out nothing.plan
	"$AMPLAN" show nothing.plan
	"$AMPLAN" apply -yd app.db --plan nothing.plan
}
