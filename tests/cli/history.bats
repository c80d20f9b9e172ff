# The history against the descriptors: what was edited, deleted, renamed or tampered with
# after it was applied, and a database that is newer than the descriptors.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	descriptor 001_a '<description>a</description>
<up>CREATE TABLE a (x);</up><down>DROP TABLE a;</down>'
	descriptor 002_b '<depends on="001_a"/>
<up>CREATE TABLE b (x);
INSERT INTO b VALUES (1);</up><down>DROP TABLE b;</down>'
	"$AMPLAN" apply -qyd app.db
}

teardown() {
	remove_folder
}

# refused COMMAND...: exit 3, the output is the text on stdin, the database untouched
refused() {
	local digest
	digest=$(sha256sum <app.db)
	run "$AMPLAN" "$@" -d app.db
	[ "$status" -eq 3 ]
	expect_output
	[ "$(sha256sum <app.db)" = "$digest" ]
}

history() {
	sqlite3 app.db "$@"
}

@test "an applied descriptor that was edited is refused by everything that plans" {
	sed -i 's/(1)/(2)/' migrations/002_b.xml
	for command in plan 'apply -y' verify 'rollback -y --steps 1'; do
		echo "$command"
		refused $command <<-'X'
		migrations/002_b.xml:2:37: error[changed]: '002_b' was changed after it was applied
		  <migration xmlns="urn:amplan:1" id="002_b">
		                                      ^^^^^
		  help: restore the file from version control, or write a new migration; see 'amplan explain changed'
		1 error
		amplan: the plan does not hold: 1 error, nothing was touched
		X
	done
	run "$AMPLAN" status -d app.db
	[ "$status" -eq 3 ]
	[[ $output == *"current: 2 applied, 0 pending, 1 drifted"* ]]
}

@test "an edit of comments and white space in SQL is a warning" {
	sed -i 's/b (x)/b  (x) \/* a note *\//' migrations/002_b.xml
	run "$AMPLAN" verify -d app.db
	[ "$status" -eq 0 ]
	expect_output <<-'X'
	migrations/002_b.xml:2:37: warning[changed]: '002_b' was changed after it was applied, only in comments, white space or dependencies
	  <migration xmlns="urn:amplan:1" id="002_b">
	                                      ^^^^^
	  help: nothing has to run; restore the file from version control to silence this
	1 warning
	verified: app.db, 2 migrations applied, history and schema hold
	X
}

@test "description, comments in the XML and the name of the file are free to change" {
	sed -i 's/<description>a/<description>another/; s/<up>/<!-- a note -->&/' migrations/001_a.xml
	mkdir migrations/old
	mv migrations/001_a.xml migrations/old/zzz.xml
	run "$AMPLAN" verify -d app.db
	[ "$status" -eq 0 ]
	[ "$output" = "verified: app.db, 2 migrations applied, history and schema hold" ]
}

@test "a deleted descriptor: the database is ahead, verify calls it missing" {
	rm migrations/002_b.xml
	run "$AMPLAN" status -d app.db
	[ "$status" -eq 0 ]
	[[ $output == *"ahead: 2 applied, 0 pending, 1 unknown"* ]]
	[[ $output == *"warning[ahead]: '002_b' is applied, but not known here"* ]]
	run "$AMPLAN" verify -d app.db
	[ "$status" -eq 3 ]
	[[ $output == *"error[missing]: '002_b' is applied, but not known here"* ]]
}

@test "nothing is rolled back below a later migration that has no descriptor" {
	rm migrations/002_b.xml
	for goal in '--steps 1' '--steps 9'; do
		refused rollback -y $goal <<-'X'
		error[missing]: '002_b' was applied after '001_a' and must be undone before it, but is not in the catalog
		  help: roll back with the descriptors of the version that applied it
		warning[ahead]: '002_b' is applied, but not known here
		  help: a newer version of the program applied it; if that is not so, restore its file from version control
		1 error, 1 warning
		amplan: the plan does not hold: 1 error, nothing was touched
		X
	done
}

@test "all that came after cannot be rolled back where one of it has no descriptor" {
	descriptor 003_c '<up>CREATE TABLE c (x);</up><down>DROP TABLE c;</down>'
	"$AMPLAN" apply -qy -d app.db
	rm migrations/002_b.xml
	refused rollback -y --to 001_a <<-'X'
	error[missing]: '002_b' was applied after '001_a' and must be undone, but is not in the catalog
	  help: roll back with the descriptors of the version that applied it
	warning[ahead]: '002_b' is applied, but not known here
	  help: a newer version of the program applied it; if that is not so, restore its file from version control
	1 error, 1 warning
	amplan: the plan does not hold: 1 error, nothing was touched
	X
	rm migrations/003_c.xml
	run "$AMPLAN" rollback -y --to 001_a -d app.db
	[ "$status" -eq 3 ]
	[[ $output == *"error[missing]: '003_c' was applied after '001_a' and must be undone, but is not in the catalog"* ]]
}

@test "of more steps than have a descriptor none is rolled back" {
	rm app.db migrations/002_b.xml
	descriptor 003_c '<up>CREATE TABLE c (x);</up><down>DROP TABLE c;</down>'
	"$AMPLAN" apply -qyd app.db
	rm migrations/001_a.xml
	for steps in 2 1; do
		refused rollback -y --steps $steps <<-'X'
		error[missing]: '001_a' is applied and must be undone, but is not in the catalog
		  help: roll back with the descriptors of the version that applied it
		warning[ahead]: '001_a' is applied, but not known here
		  help: a newer version of the program applied it; if that is not so, restore its file from version control
		1 error, 1 warning
		amplan: the plan does not hold: 1 error, nothing was touched
		X
		[ $steps -eq 1 ] || "$AMPLAN" rollback -qyd app.db --steps 1
		rm -f migrations/003_c.xml
	done
}

@test "what was applied after an unknown one may be rolled back" {
	descriptor 003_c '<up>CREATE TABLE c (x);</up><down>DROP TABLE c;</down>'
	"$AMPLAN" apply -qyd app.db
	rm migrations/002_b.xml
	"$AMPLAN" rollback -qyd app.db --steps 1
	[ "$(history "SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('a', 'b', 'c')")" = a,b ]
	run "$AMPLAN" rollback -qyd app.db --steps 1
	[ "$status" -eq 3 ]
}

@test "a renamed id: the pending one of the same content is named" {
	sed 's/002_b/002_c/' migrations/002_b.xml >migrations/002_c.xml
	rm migrations/002_b.xml
	refused apply -y <<-'X'
	migrations/002_c.xml:2:37: error[missing]: '002_b' is applied, but not in the catalog
	  <migration xmlns="urn:amplan:1" id="002_c">
	                                      ^^^^^
	  help: '002_c' has the same content: it was probably renamed; give it back its id
	1 error
	amplan: the plan does not hold: 1 error, nothing was touched
	X
}

@test "a row of the history that was edited, in any column, is found" {
	cp app.db good.db
	columns=$(history "SELECT name FROM pragma_table_info('amplan_history')")
	[ "$(wc -w <<<"$columns")" -ge 12 ]
	for column in $columns; do
		for row in 0 1 2; do
			cp good.db app.db
			[ "$column" != number ] || [ "$row" -lt 2 ] || continue
			history "UPDATE amplan_history SET $column = CASE typeof($column)
				WHEN 'integer' THEN $column + 17 ELSE $column || 'x' END WHERE number = $row"
			run "$AMPLAN" verify -d app.db
			echo "$column of row $row: $status $output"
			[ "$status" -eq 3 ]
			[[ $output == *"error[history-tampered]: row "* ]]
		done
	done
}

# The chain is over what the values say, and these say the same.
@test "a value of another type is found" {
	cp app.db good.db
	for change in "breaking = ''" "rows_changed = '' WHERE rows_changed = 0"; do
		cp good.db app.db
		history "UPDATE amplan_history SET $change"
		run "$AMPLAN" verify -d app.db
		echo "$change: $output"
		[ "$status" -eq 3 ]
		[[ $output == *"error[history-tampered]: row "* ]]
	done
}

@test "rows removed from the middle, inserted or exchanged are found" {
	cp app.db good.db
	for sql in 'DELETE FROM amplan_history WHERE number = 0' \
		'DELETE FROM amplan_history WHERE number = 1' \
		'UPDATE amplan_history SET number = -number; UPDATE amplan_history SET number = 3 + number WHERE number < 0' \
		"INSERT INTO amplan_history SELECT number + 1, event, 'zz', checksum, cosmetic, plan, position, applied_at, milliseconds, rows_changed, tool, host, breaking, fingerprint, catalog, chain FROM amplan_history WHERE number = 2"; do
		cp good.db app.db
		history "$sql"
		run "$AMPLAN" apply -yd app.db
		echo "$sql: $output"
		[ "$status" -eq 3 ]
		[[ $output == *"error[history-tampered]: row "* ]]
	done
}

@test "the last row removed: the schema is not what the row before it left" {
	history 'DELETE FROM amplan_history WHERE number = 2'
	run "$AMPLAN" verify -d app.db
	[ "$status" -eq 3 ]
	[[ $output == *"error[schema-drift]: the schema is not what '001_a' left on "* ]]
}

@test "a history with other columns is refused" {
	history 'ALTER TABLE amplan_history DROP COLUMN host'
	refused status <<-'X'
	database     app.db
	amplan: the table 'amplan_history' was edited: cannot use 'app.db': no such column: host
	  help: restore it from a backup, or move it away and use 'amplan baseline' to begin a new history
	X
}

@test "without its history a database is not migrated twice; baseline begins a new one" {
	history 'DROP TABLE amplan_history'
	dump app.db >rows
	run "$AMPLAN" apply -yd app.db
	[ "$status" -eq 1 ]
	[[ $output == *"statement 1 fails: table a already exists"*"see 'amplan baseline'"*"nothing was applied"* ]]
	dump app.db | diff rows -
	"$AMPLAN" baseline -yd app.db
	"$AMPLAN" verify -d app.db
	dump app.db | diff rows -
}

@test "a rollback is recorded, and nothing is deleted from the history" {
	"$AMPLAN" rollback -qyd app.db --steps 1
	"$AMPLAN" apply -qyd app.db
	"$AMPLAN" rollback -qyd app.db --steps 2
	[ "$(history "SELECT group_concat(event || ' ' || id, ', ') FROM amplan_history")" = \
		"created , applied 001_a, applied 002_b, rolled-back 002_b, applied 002_b, rolled-back 002_b, rolled-back 001_a" ]
	"$AMPLAN" verify -d app.db
	"$AMPLAN" status -d app.db | grep 'behind: 0 applied, 2 pending'
}

@test "an older program meets a breaking migration" {
	descriptor 003_c '<depends on="002_b"/><up>CREATE TABLE c (x);</up><down>DROP TABLE c;</down>' 'breaking="true"'
	"$AMPLAN" apply -qyd app.db
	rm migrations/003_c.xml
	refused status <<-X
	database     app.db
	verdict      ahead: 3 applied, 0 pending, 1 unknown
	last applied 003_c at $(history 'SELECT max(applied_at) FROM amplan_history') on $(hostname)
	unknown      003_c is applied and has no descriptor
	error[breaking-ahead]: '003_c' is applied and breaks programs that do not know it
	  help: use the version of the program whose migrations include it
	1 error
	amplan: the plan does not hold: 1 error, nothing was touched
	X
}

@test "diverged: nothing is applied until the missing descriptor is there" {
	rm migrations/002_b.xml
	descriptor 003_c '<depends on="001_a"/><up>CREATE TABLE c (x);</up>'
	refused apply -y <<-'X'
	error[missing]: '002_b' is applied, but not in the catalog
	  help: restore its file from version control
	1 error
	amplan: the plan does not hold: 1 error, nothing was touched
	X
}

@test "looking writes nothing: status, verify, plan, graph, why" {
	fingerprint_folder . >"$BATS_TEST_TMPDIR/before"
	for command in status verify plan graph 'why 002_b' 'rollback --dry-run --steps 1'; do
		echo "$command"
		"$AMPLAN" $command -d app.db >/dev/null
		fingerprint_folder . | diff "$BATS_TEST_TMPDIR/before" -
	done
}

# only_ours OBJECT... : all that use the history refuse with the text on stdin
only_ours() {
	local text
	text=$(cat)
	for command in status verify plan graph 'apply -y' 'apply -y --shadow none' 'rollback -y --steps 1'; do
		echo "$command"
		run --separate-stderr "$AMPLAN" $command -d app.db
		[ "$status" -eq 3 ]
		[[ $stderr == *"$text"* ]]
	done
	PRODUCTION_MODE=1 AUTO_MIGRATE_ON_STARTUP=true run "$AMPLAN" start -d app.db -- sh -c 'echo "$AMPLAN_RESULT"'
	echo "$output"
	[[ $output == *refused ]]
}

@test "a trigger or an index on the history is refused before anything runs" {
	descriptor 003_c '<up>INSERT INTO a VALUES (3);</up>'
	history 'CREATE TRIGGER audit BEFORE INSERT ON amplan_history BEGIN SELECT RAISE(IGNORE); END'
	only_ours <<-'X'
	amplan: the trigger 'audit' acts on 'amplan_history', which only amplan may write
	  help: drop it; then see with 'amplan verify' whether the history holds
	X
	history 'DROP TRIGGER audit; CREATE UNIQUE INDEX once ON AMPLAN_HISTORY (event, id)'
	only_ours <<-'X'
	amplan: the index 'once' acts on 'amplan_history', which only amplan may write
	  help: drop it; then see with 'amplan verify' whether the history holds
	X
	history 'DROP INDEX once'
	"$AMPLAN" apply -qyd app.db
	"$AMPLAN" verify -d app.db
	[ "$(history 'SELECT count(*) FROM a')" = 1 ]
}

@test "what has the name of the history and is no table of ours is refused" {
	history 'ALTER TABLE amplan_history RENAME TO old; CREATE VIEW amplan_history AS SELECT * FROM old'
	only_ours <<-'X'
	amplan: 'amplan_history' is a view, not the table in which amplan keeps its history
	  help: give it another name, or move what it holds away and use 'amplan baseline' to begin a new history
	X
	history 'DROP VIEW amplan_history; CREATE VIRTUAL TABLE Amplan_History USING fts5(number)'
	only_ours <<-'X'
	amplan: 'Amplan_History' is a virtual table, not the table in which amplan keeps its history
	X
}

@test "a history without its first row was emptied, and nothing runs again" {
	history 'DELETE FROM amplan_history'
	only_ours <<-'X'
	amplan: the table 'amplan_history' was emptied: what was applied is not known any more
	  help: restore it from a backup, or drop it and use 'amplan baseline' to begin a new history
	X
	[ "$(history 'SELECT count(*) FROM b')" = 1 ]
}
