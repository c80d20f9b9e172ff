# Bad luck with the database: every failure has its exit code, its words, and leaves the
# database as it was.
load ../support/common

setup() {
	setup_folder
}

teardown() {
	[ -n "${other:-}" ] && kill "$other" 2>/dev/null && kill -CONT "$other"
	mountpoint -q "$folder/small" && umount "$folder/small"
	remove_folder
}

@test "SQL error in statement 7 of 12: place, hint, exit 1, nothing left behind" {
	descriptor 001_a '<up>CREATE TABLE a (x);
INSERT INTO a VALUES (1);
INSERT INTO a VALUES (2);
INSERT INTO a VALUES (3);
INSERT INTO a VALUES (4);
INSERT INTO a VALUES (5);
  INSERT INTO aa (x) VALUES (6);
INSERT INTO a VALUES (7);
INSERT INTO a VALUES (8);
INSERT INTO a VALUES (9);
INSERT INTO a VALUES (10);
INSERT INTO a VALUES (11);</up>'
	sqlite3 app.db 'CREATE TABLE mine (x); INSERT INTO mine VALUES (1);'
	sqlite3 app.db .dump >before
	run "$AMPLAN" apply -d app.db --no-rehearsal
	[ "$status" -eq 1 ]
	[[ $output == *"migrations/001_a.xml:9:3: error[invalid-sql]: statement 7 fails: no such table: aa
    INSERT INTO aa (x) VALUES (6);
    ^^^^^^
  help: did you mean 'a'?
1 error"* ]]
	[[ $output == *"nothing was applied"* ]]
	sqlite3 app.db .dump | diff before -
	run "$AMPLAN" status -d app.db
	[ "$status" -eq 0 ]
	[[ $output == *"001_a  failed last time"* ]]
	[[ $output == *"migrations/001_a.xml:9:3: "*"no such table: aa"* ]]
}

@test "the next success clears the note of the last failure" {
	descriptor 001_a '<up>CREATE TABLE a (x); CREATE TABLE a (x);</up>'
	run "$AMPLAN" apply -d app.db
	[ "$status" -eq 1 ]
	[ -e app.db-amplan-failure ]
	descriptor 001_a '<up>CREATE TABLE a (x);</up>'
	"$AMPLAN" apply -d app.db
	[ ! -e app.db-amplan-failure ]
}

@test "a rehearsal tries what does not need the step that failed" {
	descriptor 001_a '<up>CREATE TABLE a (x); CREATE TABLE a (x);</up>'
	descriptor 002_b '<depends on="001_a"/><up>CREATE TABLE b (x);</up>'
	descriptor 003_c '<up>CREATE TABLE c (x); DROP TABLE absent;</up>'
	run "$AMPLAN" plan -d app.db
	[ "$status" -eq 1 ]
	[[ $output == *"statement 2 fails: table a already exists"* ]]
	[[ $output == *"002_b  UNTRIED"* ]]
	[[ $output == *"statement 2 fails: no such table: absent"* ]]
	[ ! -e app.db ]
}

@test "what would end the transaction, lead out or do nothing is refused with exit 3" {
	descriptor 01 '<up>BEGIN; CREATE TABLE a (x); COMMIT;</up>'
	descriptor 02 '<up>PRAGMA foreign_keys=OFF;</up>'
	descriptor 03 "<up>ATTACH 'other.db' AS other;</up>"
	descriptor 04 '<up>PRAGMA journal_mode=WAL;</up>'
	descriptor 05 "<up>SELECT load_extension('x');</up>"
	descriptor 06 '<up>SAVEPOINT s;</up>'
	descriptor 07 '<up>DELETE FROM amplan_history;</up>'
	descriptor 08 '<up>PRAGMA synchronous=OFF;</up>'
	descriptor 09 "<up>VACUUM INTO 'copy.db';</up>"
	descriptor 10 '<up>EXPLAIN ROLLBACK;</up>'
	descriptor 11 '<up>DROP TABLE amplan_history;</up>'
	descriptor 12 '<up>ALTER TABLE amplan_history RENAME TO gone;</up>'
	descriptor 13 '<up>CREATE TRIGGER t AFTER INSERT ON amplan_history BEGIN SELECT 1; END;</up>'
	descriptor 14 '<up>PRAGMA writable_schema=ON;</up>'
	run "$AMPLAN" plan -d app.db --json
	[ "$status" -eq 3 ]
	printf '%s' "$output" >out.json
	kinds=$(sqlite3 :memory: "SELECT json_extract(value, '\$.ids[0]') || ' ' || json_extract(value, '\$.kind') FROM json_each(json_extract(readfile('out.json'), '\$.findings')) ORDER BY 1")
	diff - <(printf '%s\n' "$kinds") <<-END
		01 transaction-control
		01 transaction-control
		02 ineffective-pragma
		03 forbidden-statement
		04 ineffective-pragma
		05 forbidden-statement
		06 transaction-control
		07 protected-history
		08 ineffective-pragma
		09 invalid-sql
		10 transaction-control
		11 protected-history
		12 protected-history
		13 protected-history
		14 forbidden-statement
	END
	[ ! -e copy.db ]
	[ ! -e other.db ]
}

@test "ON CONFLICT ROLLBACK does not let the rest of the step commit alone" {
	descriptor 001_a '<up>CREATE TABLE a (x);</up>'
	descriptor 002_b '<depends on="001_a"/><up>CREATE TABLE u (x UNIQUE ON CONFLICT ROLLBACK);
INSERT INTO u VALUES (1), (1); CREATE TABLE escaped (x);</up>'
	for how in "" --no-rehearsal; do
		run "$AMPLAN" apply -d app.db $how
		[ "$status" -eq 1 ]
		[[ $output == *"it also ended the transaction"* ]]
		[ "$(sqlite3 app.db 'SELECT count(*) FROM sqlite_schema')" = 0 ]
	done
}

@test "verify: false, no row, two rows, an error, a write, two statements" {
	descriptor 1 '<up>CREATE TABLE a (x);</up><verify>SELECT count(*) = 1 FROM a</verify>'
	descriptor 2 '<up>CREATE TABLE b (x); INSERT INTO b VALUES (1), (2);</up><verify>SELECT x FROM b</verify>'
	descriptor 3 '<up>CREATE TABLE c (x);</up><verify>SELECT x FROM c</verify>'
	descriptor 4 '<up>CREATE TABLE d (x);</up><verify>SELECT y FROM d</verify>'
	descriptor 5 '<up>CREATE TABLE e (x);</up><verify>DELETE FROM e</verify>'
	descriptor 6 '<up>CREATE TABLE f (x);</up><verify>SELECT 1; SELECT 2</verify>'
	run "$AMPLAN" plan -d app.db
	[ "$status" -eq 1 ]
	[[ $output == *"1.xml:3:37: error[verify-failed]: the verify query gave false"* ]]
	[[ $output == *"2.xml:3:68: error[verify-failed]: the verify query gave more than one row"* ]]
	[[ $output == *"3.xml:3:37: error[verify-failed]: the verify query gave no row"* ]]
	[[ $output == *"4.xml:3:44: error[invalid-sql]: statement 1 fails: no such column: y"* ]]
	[[ $output == *"5.xml:3:37: error[invalid-sql]: a query must not write"* ]]
	[[ $output == *"6.xml:3:47: error[invalid-sql]: a query must be one statement"* ]]
	run "$AMPLAN" apply -d app.db --no-rehearsal
	[ "$status" -eq 1 ]
	[ "$(sqlite3 app.db 'SELECT count(*) FROM sqlite_schema')" = 0 ]
}

@test "precondition: halt stops, mark-applied records without running" {
	descriptor 1 '<precondition on-fail="mark-applied">SELECT 0</precondition><up>CREATE TABLE a (x);</up>'
	"$AMPLAN" apply -d app.db
	[ "$(sqlite3 app.db "SELECT event FROM amplan_history WHERE id = '1'")" = marked ]
	[ "$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'a'")" = 0 ]
	descriptor 2 '<precondition>SELECT 0</precondition><up>CREATE TABLE b (x);</up>'
	run "$AMPLAN" apply -d app.db
	[ "$status" -eq 1 ]
	[[ $output == *"error[precondition-failed]: the precondition query gave false"* ]]
}

@test "foreign keys: a new violation is refused and named, an old one is tolerated" {
	sqlite3 app.db 'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id)); INSERT INTO c VALUES (7);'
	descriptor 1 '<up>CREATE TABLE d (x);</up>'
	"$AMPLAN" apply -d app.db
	descriptor 2 '<up>INSERT INTO c VALUES (8);</up>'
	run "$AMPLAN" apply -d app.db
	[ "$status" -eq 1 ]
	[[ $output == *"migrations/2.xml:3:5: error[foreign-key-violation]: 1 row of 'c' points now at rows of 'p' that do not exist (column p)"* ]]
	[ "$(sqlite3 app.db 'SELECT count(*) FROM c')" = 1 ]
	# one goes and one comes: that is a new one all the same
	descriptor 2 '<up>INSERT INTO c VALUES (8), (9); DELETE FROM c WHERE p = 7;</up>'
	run "$AMPLAN" apply -d app.db
	[ "$status" -eq 1 ]
	[[ $output == *"2 rows of 'c' point now at rows of 'p' that do not exist (column p)"* ]]
}

@test "keys that fit nothing are told, but not where a failed step is the cause" {
	descriptor 1 '<up>CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO nothere VALUES (1);</up>'
	descriptor 2 '<up>CREATE TABLE v (name TEXT REFERENCES u (name)); INSERT INTO v VALUES (NULL);</up>'
	run "$AMPLAN" plan
	[ "$status" -eq 1 ]
	[[ $output != *foreign-key-violation* ]]
	descriptor 1 '<up>CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT);</up>'
	run "$AMPLAN" plan
	[ "$status" -eq 1 ]
	[[ $output == *'error[foreign-key-violation]: foreign keys cannot be checked: foreign key mismatch - "v" referencing "u"'* ]]
	[[ $output == *"need a PRIMARY KEY or a UNIQUE index over just them"* ]]
}

@test "with foreign keys on, dropping a parent does not take its children along" {
	sqlite3 app.db 'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);'
	descriptor 1 '<up>CREATE TABLE p2 (id INTEGER PRIMARY KEY); INSERT INTO p2 SELECT id FROM p; DROP TABLE p; ALTER TABLE p2 RENAME TO p;</up>' 'foreign-keys="on"'
	for how in "" --no-rehearsal; do
		run "$AMPLAN" apply -d app.db $how
		[ "$status" -eq 3 ]
		[[ $output == *"migrations/1.xml:3:80: error[row-loss]: with foreign keys on, dropping 'p' deletes or changes rows of 'c'"* ]]
		[ "$(sqlite3 app.db 'SELECT count(*) FROM c')" = 1 ]
	done
}

@test "a temporary table cannot stand in for the history, nor hide a table from later steps" {
	descriptor 1 '<up>CREATE TABLE zz (a); CREATE TEMP TABLE h AS SELECT * FROM amplan_history; ALTER TABLE h RENAME TO amplan_history;</up>'
	for how in "" --no-rehearsal; do
		run "$AMPLAN" apply -d app.db $how
		[ "$status" -eq 3 ]
		[[ $output == *"error[forbidden-statement]: the step leaves the temporary 'amplan_history' behind"* ]]
		[ "$(sqlite3 app.db 'SELECT count(*) FROM sqlite_schema')" = 0 ]
	done
	descriptor 1 '<up>CREATE TEMP TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES (1); CREATE TABLE u AS SELECT a FROM t; DROP TABLE t;</up>'
	"$AMPLAN" apply -d app.db
}

@test "a step cannot plant a trigger that changes the history later" {
	descriptor 1 '<up>CREATE TABLE p (a); CREATE TRIGGER t AFTER INSERT ON p BEGIN DELETE FROM amplan_history; END;</up>'
	run "$AMPLAN" apply -d app.db
	[ "$status" -eq 3 ]
	[[ $output == *"error[protected-history]: the trigger 't' names the table 'amplan_history'"* ]]
}

@test "the note of a failure follows no link and waits for no pipe" {
	descriptor 1 '<up>SELEC 1;</up>'
	echo precious >victim
	ln -s victim app.db-amplan-failure
	run timeout 20 "$AMPLAN" apply -d app.db
	[ "$status" -eq 1 ]
	[ "$(cat victim)" = precious ]
	rm app.db-amplan-failure
	mkfifo app.db-amplan-failure
	run timeout 20 "$AMPLAN" apply -d app.db
	[ "$status" -eq 1 ]
	run timeout 20 "$AMPLAN" status -d app.db
	[ "$status" -eq 0 ]
	[[ $output == *"failed last time"* ]]
}

@test "a virtual table that does not fit its content is a failed migration, not a damaged database" {
	descriptor 1 "<up>CREATE TABLE s (a); INSERT INTO s VALUES ('x'); CREATE VIRTUAL TABLE f USING fts5(z, content='s'); INSERT INTO f(f) VALUES ('rebuild');</up>"
	run "$AMPLAN" apply -d app.db
	[ "$status" -eq 1 ]
}

@test "a table rebuild keeps its children, whatever ON DELETE says" {
	sqlite3 app.db 'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1), (1);'
	descriptor 1 '<up>CREATE TABLE p2 (id INTEGER PRIMARY KEY, more TEXT); INSERT INTO p2 (id) SELECT id FROM p; DROP TABLE p; ALTER TABLE p2 RENAME TO p;</up>'
	"$AMPLAN" apply -d app.db
	[ "$(sqlite3 app.db 'SELECT count(*) FROM c')" = 2 ]
	[ "$(sqlite3 app.db 'PRAGMA foreign_key_check')" = "" ]
}

@test "not a database, a folder, no folder: exit 6, untouched" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	printf 'these are the notes of the operator, which happen to be called app.db, and must stay' >app.db
	cp app.db before
	for command in "plan" "apply --yes" "status" "verify"; do
		run "$AMPLAN" $command -d app.db
		[ "$status" -eq 6 ]
		[[ $output == *"'app.db' is not a SQLite database"* ]]
		cmp app.db before
	done
	run "$AMPLAN" plan -d migrations
	[ "$status" -eq 6 ]
	[[ $output == *"cannot open 'migrations': it is not a regular file"* ]]
	run "$AMPLAN" apply -d nowhere/app.db
	[ "$status" -eq 6 ]
	[[ $output == *"cannot open 'nowhere/app.db': unable to open database file"*"check that the folder exists"* ]]
}

@test "a truncated database: exit 6" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	sqlite3 app.db 'CREATE TABLE z (x); INSERT INTO z VALUES (zeroblob(50000)); CREATE TABLE y (x);'
	truncate -s 9000 app.db
	run "$AMPLAN" apply -d app.db
	[ "$status" -eq 6 ]
	[[ $output == *"damaged"* ]]
}

@test "locked by another for longer than the timeout: exit 4, the holder is named" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	sqlite3 app.db 'CREATE TABLE z (x)'
	occupy app.db 'BEGIN IMMEDIATE'
	run "$AMPLAN" apply -d app.db --lock-timeout 0.5
	[ "$status" -eq 4 ]
	[[ $output == *"'app.db' is locked by process $other (sqlite3); waited 0.5 s"* ]]
	run "$AMPLAN" status -d app.db
	[ "$status" -eq 0 ]
	[[ $output == *"held by pid $other (sqlite3)"* ]]
	leave
	"$AMPLAN" apply -d app.db
}

@test "a dry run leaves database and folder byte for byte, journal modes and WAL in use" {
	descriptor 1 '<up>CREATE TABLE a (x); INSERT INTO z VALUES (3);</up>'
	for mode in delete truncate persist wal; do
		rm -f app.db*
		sqlite3 app.db "PRAGMA journal_mode=$mode; CREATE TABLE z (x); INSERT INTO z VALUES (1);" >/dev/null
		fingerprint_folder >"$BATS_TEST_TMPDIR/before"
		"$AMPLAN" plan -d app.db
		"$AMPLAN" status -d app.db
		"$AMPLAN" graph -d app.db >/dev/null
		"$AMPLAN" verify -d app.db
		fingerprint_folder | diff "$BATS_TEST_TMPDIR/before" -
	done
	# the log is full of what another process wrote and has not folded in
	occupy app.db 'INSERT INTO z VALUES (2);'
	[ -s app.db-wal ]
	fingerprint_folder >"$BATS_TEST_TMPDIR/before"
	run "$AMPLAN" plan -d app.db
	[ "$status" -eq 0 ]
	[[ $output == *"1 row changed"* ]]
	fingerprint_folder | diff "$BATS_TEST_TMPDIR/before" -
	# the same, left behind by a crash: nobody has it open, with and without -shm
	leave KILL
	for shm in with without; do
		[ $shm = without ] && rm app.db-shm
		fingerprint_folder >"$BATS_TEST_TMPDIR/before"
		"$AMPLAN" plan -d app.db
		fingerprint_folder | diff "$BATS_TEST_TMPDIR/before" -
	done
	"$AMPLAN" apply -d app.db
	[ "$(sqlite3 app.db 'SELECT group_concat(x) FROM z')" = 1,2,3 ]
}

@test "a dry run sees what a hot journal will undo, and does not undo it" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	sqlite3 app.db 'CREATE TABLE z (x); INSERT INTO z VALUES (zeroblob(400000));'
	occupy app.db 'PRAGMA cache_size=2; BEGIN; UPDATE z SET x = zeroblob(399999); CREATE TABLE half (x);'
	leave KILL
	[ -s app.db-journal ]
	fingerprint_folder >"$BATS_TEST_TMPDIR/before"
	run "$AMPLAN" plan -d app.db
	echo "$output"
	[ "$status" -eq 0 ]
	fingerprint_folder | diff "$BATS_TEST_TMPDIR/before" -
	"$AMPLAN" apply -d app.db
	[ "$(sqlite3 app.db 'SELECT length(x) FROM z')" = 400000 ]
}

@test "what stands on a first page that a hot journal will undo is not believed" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	sqlite3 old.db 'CREATE TABLE z (x); INSERT INTO z VALUES (zeroblob(400000));'
	sqlite3 old.db 'PRAGMA cache_size=2; BEGIN; CREATE TABLE half (x); UPDATE z SET x = zeroblob(399999);' \
		'.shell cp old.db app.db; cp old.db-journal app.db-journal' 'ROLLBACK;'
	[ -s app.db-journal ]
	# as if the page had been on its way: all of its head lost, and "uses a log" in it
	printf '\1%.0s' {1..18} | dd of=app.db conv=notrunc status=none
	printf '\2\2' | dd of=app.db bs=1 seek=18 conv=notrunc status=none
	fingerprint_folder >"$BATS_TEST_TMPDIR/before"
	for command in status plan verify; do
		run "$AMPLAN" "$command" -d app.db
		echo "$output"
		[ "$status" -eq 0 ]
	done
	fingerprint_folder | diff "$BATS_TEST_TMPDIR/before" -
	"$AMPLAN" apply -d app.db
	[ "$(sqlite3 app.db 'SELECT length(x) FROM z')" = 400000 ]
	[ "$(sqlite3 app.db 'PRAGMA integrity_check')" = ok ]
}

@test "names that SQLite would take for something else" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	for name in 'file:app.db' ':memory:' 'a b?c=d#e%41.db'; do
		"$AMPLAN" apply -d "$name"
		[ -s "$name" ]
		"$AMPLAN" status -d "sqlite:$name" | grep 'current: 1 applied'
		"$AMPLAN" plan -d "$name"
	done
}

@test "transaction=none that stops part way: exit 5 until a person settles it" {
	descriptor 1 '<up>CREATE TABLE a (x); CREATE TABLE b (x); DROP TABLE absent;</up>' 'transaction="none"'
	descriptor 2 '<depends on="1"/><up>CREATE TABLE c (x);</up>'
	run "$AMPLAN" apply -d app.db --no-rehearsal
	[ "$status" -eq 5 ]
	[[ $output == *"'1' stopped part way, after 2 statements"* ]]
	for command in apply plan status verify; do
		run "$AMPLAN" $command -d app.db
		[ "$status" -eq 5 ]
		[[ $output == *"amplan resolve 1 --applied"* ]]
	done
	run "$AMPLAN" resolve 2 --applied -d app.db
	[ "$status" -eq 2 ]
	"$AMPLAN" resolve 1 --applied -d app.db
	"$AMPLAN" apply -d app.db
	"$AMPLAN" verify -d app.db
	[ "$(sqlite3 app.db "SELECT group_concat(event || ' ' || id, ', ') FROM amplan_history WHERE number > 0")" = "started 1, resolved 1, applied 2" ]
}

@test "transaction=none that fails before anything took effect needs nobody" {
	descriptor 1 '<up>DROP TABLE absent;</up>' 'transaction="none"'
	run "$AMPLAN" apply -d app.db --no-rehearsal
	[ "$status" -eq 1 ]
	descriptor 1 '<up>CREATE TABLE a (x); VACUUM;</up>' 'transaction="none"'
	"$AMPLAN" apply -d app.db
	"$AMPLAN" verify -d app.db
}

@test "transaction=none killed part way: status says so, the next run does not go on" {
	# in WAL, so that it can be read while the step writes
	sqlite3 app.db 'PRAGMA journal_mode=WAL' >/dev/null
	descriptor 1 '<up>CREATE TABLE a (x); INSERT INTO a WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;</up>' 'transaction="none"'
	"$AMPLAN" apply -d app.db --no-rehearsal 3>&- &
	other=$!
	for i in $(seq 600); do
		[ "$(sqlite3 -cmd '.timeout 200' app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'a'" 2>/dev/null)" = 1 ] && break
		sleep 0.05
	done
	run "$AMPLAN" resolve 1 --again -d app.db --lock-timeout 0.3
	[ "$status" -eq 4 ]
	run "$AMPLAN" status -d app.db
	[ "$status" -eq 0 ]
	[[ $output == *"1 runs now, outside a transaction, in another process"* ]]
	[[ $output != *"resolve"* ]]
	run "$AMPLAN" plan -d app.db
	[ "$status" -eq 4 ]
	kill -9 "$other"
	wait "$other" || true
	other=
	run "$AMPLAN" status -d app.db
	echo "$output"
	[ "$status" -eq 5 ]
	run "$AMPLAN" apply -d app.db
	[ "$status" -eq 5 ]
	"$AMPLAN" resolve 1 --again -d app.db
}

@test "a full disk: exit 6, the database as it was, the next run succeeds" {
	[ "$(id -u)" -eq 0 ] || skip "needs root for a small file system"
	mkdir small
	mount -t tmpfs -o size=2m none small || skip "cannot mount"
	sqlite3 small/app.db 'CREATE TABLE z (x); INSERT INTO z VALUES (1);'
	descriptor 1 '<up>CREATE TABLE a (x); INSERT INTO a VALUES (zeroblob(4000000));</up>'
	run "$AMPLAN" apply -d small/app.db --no-rehearsal
	[ "$status" -eq 6 ]
	[[ $output == *"database or disk is full"*"free disk space"* ]]
	[ "$(sqlite3 small/app.db 'SELECT count(*) FROM sqlite_schema')" = 1 ]
	mount -o remount,size=32m small
	"$AMPLAN" apply -d small/app.db
}

@test "a read-only file system: exit 6 for apply, a plan works" {
	[ "$(id -u)" -eq 0 ] || skip "needs root for a file system of its own"
	mkdir small
	mount -t tmpfs -o size=2m none small || skip "cannot mount"
	sqlite3 small/app.db 'CREATE TABLE z (x)'
	mount -o remount,ro small
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	"$AMPLAN" plan -d small/app.db
	run "$AMPLAN" apply -d small/app.db
	[ "$status" -eq 6 ]
	[[ $output == *"readonly"*"must be writable"* ]]
}

@test "a 50 MB SQL file" {
	{
		echo 'CREATE TABLE big (a INTEGER, b TEXT);'
		for i in $(seq 500); do
			printf "INSERT INTO big VALUES (%d, '" "$i"
			head -c 100000 /dev/zero | tr '\0' x
			echo "');"
		done
	} >migrations/big.sql
	printf '<migration xmlns="urn:amplan:1" id="1"><up src="big.sql"/></migration>' >migrations/1.xml
	"$AMPLAN" apply -d app.db --no-rehearsal
	[ "$(sqlite3 app.db 'SELECT count(*), sum(length(b)) FROM big')" = '500|50000000' ]
}

@test "what was committed is success, even if nobody could be told" {
	[ -e /dev/full ] || skip "there is no /dev/full"
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	run bash -c '"$0" apply -d app.db >/dev/full' "$AMPLAN"
	[ "$status" -eq 0 ]
	[[ $output == *"cannot write to standard output: No space left on device"* ]]
	[ "$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'a'")" = 1 ]
	run bash -c '"$0" plan -d app.db >/dev/full' "$AMPLAN"
	[ "$status" -eq 70 ]
}

@test "one key that fits nothing does not hide the rows behind it" {
	sqlite3 app.db 'CREATE TABLE user (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE u1 (u REFERENCES user (n)); CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE v (p REFERENCES p (id)); INSERT INTO p VALUES (1); INSERT INTO v VALUES (1);'
	descriptor 1 '<up>CREATE TABLE p2 (id INTEGER PRIMARY KEY); DELETE FROM p; DROP TABLE p; ALTER TABLE p2 RENAME TO p;</up>'
	for how in "" --no-rehearsal; do
		run "$AMPLAN" apply -d app.db $how
		[ "$status" -eq 1 ]
		[[ $output == *"1 row of 'v' points now at rows of 'p' that do not exist (column p)"* ]]
	done
}

@test "mending one of two keys that fit nothing is no violation, and each new one has its step" {
	sqlite3 app.db 'CREATE TABLE user (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE u1 (u REFERENCES user (n)); CREATE TABLE acc (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE u3 (u REFERENCES acc (n));'
	descriptor 1 '<up>CREATE UNIQUE INDEX ux ON acc (n);</up>'
	descriptor 2 '<depends on="1"/><up>CREATE TABLE fine (x);</up>'
	"$AMPLAN" apply -d app.db
	descriptor 3 '<up>CREATE TABLE u4 (u REFERENCES acc (id), w REFERENCES user (n));</up>'
	descriptor 4 '<up>CREATE TABLE u5 (u REFERENCES user (n));</up>'
	descriptor 5 '<up>CREATE TABLE innocent (x);</up>'
	run "$AMPLAN" plan -d app.db
	[ "$status" -eq 1 ]
	[[ $output == *'migrations/3.xml:3:5: error[foreign-key-violation]: foreign keys cannot be checked: foreign key mismatch - "u4" referencing "user"'* ]]
	[[ $output == *'migrations/4.xml:3:5: error[foreign-key-violation]: foreign keys cannot be checked: foreign key mismatch - "u5" referencing "user"'* ]]
	[[ $output != *5.xml* ]]
}

@test "rolling back what was only recorded does not run its down" {
	descriptor 1 '<up>CREATE TABLE u (id INTEGER PRIMARY KEY, path TEXT);</up><down>DROP TABLE u;</down>'
	descriptor 2 "<depends on=\"1\"/><precondition on-fail=\"mark-applied\">SELECT count(*) = 0 FROM pragma_table_info('u') WHERE name = 'path'</precondition><up>ALTER TABLE u ADD COLUMN path TEXT;</up><down>ALTER TABLE u DROP COLUMN path;</down>"
	"$AMPLAN" apply -d app.db
	sqlite3 app.db "INSERT INTO u VALUES (1, 'precious')"
	run "$AMPLAN" rollback -d app.db --steps 1 --yes
	[ "$status" -eq 0 ]
	[[ $output == *"was there before: taken off the record, its down not run"* ]]
	[ "$(sqlite3 app.db 'SELECT path FROM u')" = precious ]
	"$AMPLAN" verify -d app.db
	"$AMPLAN" status -d app.db | grep 'behind: 1 applied, 1 pending'
}

@test "one run tells of all statements that are refused, in a step and in those behind it" {
	descriptor 1 '<up>BEGIN; CREATE TABLE a (x); PRAGMA foreign_keys=OFF; COMMIT;</up>'
	descriptor 2 '<depends on="1"/><up>BEGIN; INSERT INTO a VALUES (1); COMMIT</up><verify>SELECT count(*) = 1 FROM a</verify>'
	descriptor 3 '<depends on="2"/><up>INSERT INTO a VALUES (2);</up>'
	descriptor 4 '<depends on="2"/><up>ROLLBACK; INSERT INTO absent VALUES (2);</up>'
	run "$AMPLAN" plan -d app.db
	[ "$status" -eq 3 ]
	[ "$(printf '%s\n' "$output" | grep -oE '[0-9]+\.xml:[0-9:]+ error\[[a-z-]+\]' | LC_ALL=C sort)" = "1.xml:3:32: error[ineffective-pragma]
1.xml:3:57: error[transaction-control]
1.xml:3:5: error[transaction-control]
2.xml:3:22: error[transaction-control]
2.xml:3:55: error[transaction-control]
4.xml:3:22: error[transaction-control]
4.xml:3:32: error[invalid-sql]" ] || { echo "$output"; false; }
	[[ $output != *UNTRIED* ]]
	# on the database itself nothing is passed over
	run "$AMPLAN" apply -d app.db --no-rehearsal
	[ "$status" -eq 3 ]
	[ "$(sqlite3 app.db 'SELECT count(*) FROM sqlite_schema')" = 0 ]
}

@test "a step outside a transaction that ran, while another holds the lock: exit 5, its end can be recorded" {
	descriptor 001_a '<up>CREATE TABLE a (x);
WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i &lt; 10000000) SELECT count(*) FROM n;</up>' 'transaction="none"'
	sqlite3 app.db 'CREATE TABLE mine (x);'
	"$AMPLAN" apply -d app.db --no-rehearsal --lock-timeout 1 >out 2>&1 &
	local pid=$! i
	for ((i = 0; i < 3000; i++)); do
		[ "$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'a'")" = 1 ] && break
		sleep 0.01
	done
	kill -STOP "$pid"
	mkfifo hold
	sqlite3 app.db <hold &
	other=$!
	exec 7>hold
	printf '%s\n' "BEGIN IMMEDIATE; CREATE TABLE other (x);" '.shell : >held' >&7
	until [ -e held ]; do sleep 0.01; done
	kill -CONT "$pid"
	status=0
	wait "$pid" || status=$?
	cat out
	[ "$status" -eq 5 ]
	grep -F "'001_a' ran to its end, which cannot be recorded: 'app.db' is locked by process $other (sqlite3); waited 1.0 s" out
	grep -F "help: when that is mended: 'amplan resolve 001_a --applied'" out
	echo "ROLLBACK;" >&7
	exec 7>&-
	wait "$other"
	run "$AMPLAN" status -d app.db
	[ "$status" -eq 5 ]
	"$AMPLAN" resolve -d app.db 001_a --applied
	"$AMPLAN" verify -d app.db
	[ "$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'a'")" = 1 ]
}

# alone MARK: a step outside transactions that waits for nobody and takes a while
alone() {
	descriptor 1 "<up>INSERT INTO z SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i &lt; 8000000) SELECT i FROM n);</up>" \
		'transaction="none"'
}

# while_it_runs: waits until the step of process $other has been noted as started, and holds
# that process there
while_it_runs() {
	for i in $(seq 600); do
		if [ "$(sqlite3 app.db "SELECT count(*) FROM amplan_history WHERE event = 'started'" 2>/dev/null)" = 1 ]; then
			kill -STOP "$other"
			return
		fi
		sleep 0.05
	done
	return 1
}

@test "through a symlink it is the same database, with the same locks and the same log" {
	mkdir data
	sqlite3 data/app.db 'PRAGMA journal_mode=wal; CREATE TABLE z (x);' >/dev/null
	ln -s data/app.db link.db
	ln -s ../link.db data/again.db
	ln -s data/app.db app.db
	alone
	"$AMPLAN" apply -qy --no-rehearsal -d data/app.db 3>&- &
	other=$!
	while_it_runs
	for name in link.db data/again.db; do
		run "$AMPLAN" status -d "$name"
		echo "$output"
		[ "$status" -eq 0 ]
		[[ $output == *running* ]]
		run "$AMPLAN" resolve 1 --again -d "$name" --lock-timeout 0
		echo "$output"
		[ "$status" -eq 4 ]
	done
	kill -CONT "$other"
	wait "$other"
	other=
	"$AMPLAN" apply -y -d link.db
	[ "$(sqlite3 data/app.db 'SELECT count(*) FROM z')" = 1 ]
	[ ! -e link.db-amplan-lock ]
	# what is still in the log is seen through the link as well
	occupy data/app.db 'INSERT INTO z VALUES (7); CREATE TABLE late (x);'
	run "$AMPLAN" verify -d link.db
	echo "$output"
	[ "$status" -eq 3 ]
	[[ $output == *schema-drift* ]]
	leave
}

@test "a second hard link is warned of, once by every command that opens the database" {
	descriptor 1 '<up>CREATE TABLE a (x);</up><down>DROP TABLE a;</down>'
	sqlite3 app.db 'CREATE TABLE z (x)'
	warning="amplan: warning: the database has other names (hard links), under which neither its locks nor its journal are seen: remove them database=app.db"
	ln app.db again.db
	for command in plan status 'apply -qy' verify 'rollback -qy --steps 1'; do
		# shellcheck disable=SC2086
		"$AMPLAN" $command -d app.db 2>said >/dev/null
		[ "$(grep -cxF "$warning" said)" = 1 ] || { cat said; false; }
	done
	rm again.db
	ln -s app.db again.db
	run "$AMPLAN" status -d again.db
	[[ $output != *warning* ]]
}

@test "the lock beside belongs to whom the database belongs, and one that cannot be written is none" {
	[ "$(id -u)" -eq 0 ] || skip "only root can be two users"
	chmod 755 .
	mkdir -m 777 data
	sqlite3 data/app.db 'CREATE TABLE z (x)'
	ln -s data/app.db app.db
	chown 65534:65534 data/app.db
	alone
	(umask 077 && "$AMPLAN" apply -qy -d data/app.db)
	[ "$(stat -c '%u:%g %a' data/app.db-amplan-lock)" = "65534:65534 644" ]
	chown 0:0 data/app.db-amplan-lock
	descriptor 2 '<up>SELECT 1;</up>' 'transaction="none"'
	cp "$AMPLAN" amplan
	for mode in 644 600; do
		chmod $mode data/app.db-amplan-lock
		run setpriv --reuid=65534 --regid=65534 --clear-groups ./amplan apply -y -d data/app.db
		echo "$output"
		[ "$status" -eq 6 ]
		[[ $output == *"amplan: cannot lock 'data/app.db-amplan-lock': "* ]]
		[[ $output == *"help: it must be an empty file that has owner and mode of the database; while no amplan is at work it may be removed, and comes back so"* ]]
	done
	rm data/app.db-amplan-lock
	setpriv --reuid=65534 --regid=65534 --clear-groups ./amplan apply -qy -d data/app.db
}

@test "a statement outside a transaction that fails and keeps rows is not taken for nothing" {
	sqlite3 app.db "CREATE TABLE log (a); CREATE TABLE once (a UNIQUE); INSERT INTO once VALUES (3);
		CREATE TABLE seen (x); CREATE TRIGGER tt AFTER INSERT ON log WHEN new.a = 2 BEGIN SELECT raise(FAIL, 'no'); END;
		CREATE TRIGGER tb BEFORE INSERT ON log WHEN new.a = 9 BEGIN INSERT INTO seen VALUES (1); SELECT raise(FAIL, 'no'); END;"
	cp app.db fresh.db
	for up in 'INSERT INTO log VALUES (1), (2);' 'INSERT OR FAIL INTO once VALUES (1), (2), (3);' 'INSERT INTO log VALUES (9);'; do
		for mode in delete wal; do
			cp fresh.db app.db
			sqlite3 app.db "PRAGMA journal_mode=$mode" >/dev/null
			descriptor 1 "<up>$up</up>" 'transaction="none"'
			run "$AMPLAN" apply --no-rehearsal -d app.db
			echo "$output"
			[ "$status" -eq 5 ]
			[[ $output == *"amplan: '1' stopped part way, in its first statement: "* ]]
			dump app.db >left
			run "$AMPLAN" apply --no-rehearsal -d app.db
			[ "$status" -eq 5 ]
			dump app.db | diff left -
			"$AMPLAN" resolve 1 --again -d app.db
			rm -f app.db*
		done
	done
}

@test "a step outside a transaction of which nothing is left may run again" {
	sqlite3 app.db "CREATE TABLE once (a UNIQUE); INSERT INTO once VALUES (3);"
	for up in 'INSERT INTO once VALUES (1), (3);' 'BEGIN; INSERT INTO once VALUES (1); INSERT INTO once VALUES (3); COMMIT;' \
		'SELECT 1; INSERT INTO once VALUES (3);' 'INSERT OR ROLLBACK INTO once VALUES (1), (3);' \
		'PRAGMA cache_size = 10; INSERT INTO once WITH RECURSIVE n (i) AS (SELECT 9 UNION ALL SELECT i + 1 FROM n WHERE i &lt; 30000) SELECT i % 29000 + 4 FROM n;'; do
		descriptor 1 "<up>$up</up>" 'transaction="none"'
		run "$AMPLAN" apply --no-rehearsal -d app.db
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *"nothing was applied"* ]]
		[ "$(sqlite3 app.db 'SELECT group_concat(a) FROM once')" = 3 ]
		run "$AMPLAN" status -d app.db
		[ "$status" -eq 0 ]
	done
	descriptor 1 '<up>INSERT INTO once VALUES (1);</up>' 'transaction="none"'
	"$AMPLAN" apply --no-rehearsal -d app.db
	[ "$(sqlite3 app.db 'SELECT group_concat(a) FROM once')" = 3,1 ]
}

@test "outside a transaction keys are looked at as well" {
	sqlite3 app.db 'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE);
		INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (7), (1), (2), (8); DELETE FROM c WHERE p = 7;'
	cp app.db fresh.db
	descriptor 1 '<up>DELETE FROM p WHERE id = 1;</up>' 'transaction="none"'
	run "$AMPLAN" apply -d app.db
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"error[foreign-key-violation]: 1 row of 'c' points now at rows of 'p' that do not exist (column p)"* ]]
	cmp app.db fresh.db
	run "$AMPLAN" apply --no-rehearsal -d app.db
	echo "$output"
	[ "$status" -eq 5 ]
	[[ $output == *"stopped part way, after 1 statement: '1': 1 row of 'c' points now at rows of 'p'"* ]]
	sqlite3 app.db 'DELETE FROM c WHERE p = 1'
	"$AMPLAN" resolve 1 --applied -d app.db
	"$AMPLAN" verify -d app.db
	# on: the parent takes its children along
	for how in "" --no-rehearsal; do
		cp fresh.db app.db
		descriptor 1 '<up>DELETE FROM p WHERE id = 1;</up>' 'transaction="none" foreign-keys="on"'
		"$AMPLAN" apply $how -d app.db
		[ "$(sqlite3 app.db 'SELECT group_concat(p) FROM c')" = 2,8 ]
	done
	# those that were there before stay, whatever numbers their rows get
	cp fresh.db app.db
	descriptor 1 '<up>VACUUM;</up>' 'transaction="none"'
	"$AMPLAN" apply -d app.db
}

@test "an undo that stopped part way is not spoken of as an apply" {
	descriptor 1 '<up>CREATE TABLE t (a); INSERT INTO t VALUES (1);</up><down>DELETE FROM t; SELECT abs(-9223372036854775808);</down>' 'transaction="none"'
	"$AMPLAN" apply -d app.db
	run "$AMPLAN" rollback --no-rehearsal --steps 1 -d app.db
	echo "$output"
	[ "$status" -eq 5 ]
	[[ $output == *"help: its down runs without a transaction, so what that did stays; finish it by hand and 'amplan resolve 1 --applied', or put back what it took and 'amplan resolve 1 --again'"* ]]
	cp app.db stopped.db
	run "$AMPLAN" resolve 1 --again -d app.db
	[ "$output" = "1: attempt forgotten, it may run again" ]
	run "$AMPLAN" status -d app.db
	[[ $output == *"1 applied, 0 pending"* ]]
	run "$AMPLAN" resolve 1 --applied -d stopped.db
	[ "$output" = "1: recorded as finished" ]
	run "$AMPLAN" status -d stopped.db
	[[ $output == *"0 applied, 1 pending"* ]]
}
