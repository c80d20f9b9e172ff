# What you saw is what runs: flip one bit anywhere, in a descriptor, in the saved plan, in the
# history, in the live schema, and either nothing changes in what would run or it is refused.
#
# FLIPS=1 flips every byte; else every FLIP_STEP-th (7).
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	descriptor 001_a '<up>CREATE TABLE a (x INTEGER, y TEXT); INSERT INTO a VALUES (1, 2)</up>'
	"$AMPLAN" apply -qyd app.db
	descriptor 002_b '<depends on="001_a"/><up>CREATE TABLE b (z); INSERT INTO b VALUES (7)</up><verify>SELECT count(*) = 1 FROM b</verify>'
	"$AMPLAN" plan -d app.db --out p.xml -q >/dev/null
	cp app.db start.db
	cp -r migrations before
	"$AMPLAN" apply -qyd app.db --plan p.xml
	dump app.db >wanted
}

teardown() {
	remove_folder
}

# flip FILE OFFSET: turns one bit of one byte
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N1 "$1")
	# shellcheck disable=SC2059
	printf "\\x$(printf %x $((byte ^ (1 << ($2 % 7)))))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# try_all FILE: flips it byte by byte; prints what was neither refused nor without effect
try_all() {
	local size at step=${FLIP_STEP:-7} refused=0 same=0
	[ -z "${FLIPS:-}" ] || step=1
	size=$(stat -c %s "$1")
	for ((at = 0; at < size; at += step)); do
		cp start.db app.db
		rm -rf app.db-* migrations
		cp -r before migrations
		cp p.xml plan.xml
		flip "$1" "$at"
		if "$AMPLAN" apply -qyd app.db --plan plan.xml >out 2>&1; then
			dump app.db | cmp -s - wanted || echo "byte $at: something else was applied"
			same=$((same + 1))
		else
			cmp -s app.db start.db || echo "byte $at: refused, but the database was touched"
			refused=$((refused + 1))
		fi
	done
	echo "$refused refused, $same without effect" >&3
	[ "$refused" -gt 0 ]
}

@test "any byte of the saved plan" {
	cp p.xml plan.xml
	run try_all plan.xml
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "any byte of the descriptor that is pending" {
	run try_all migrations/002_b.xml
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "any byte of the descriptor that is applied" {
	run try_all migrations/001_a.xml
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "any cell of the history" {
	for column in $(sqlite3 start.db "SELECT name FROM pragma_table_info('amplan_history')"); do
		for row in $(sqlite3 start.db 'SELECT rowid FROM amplan_history'); do
			cp start.db app.db
			sqlite3 app.db "UPDATE amplan_history SET $column = CASE typeof($column) WHEN 'integer' THEN $column + 1000 ELSE coalesce($column, '') || 'x' END WHERE rowid = $row"
			run "$AMPLAN" apply -qyd app.db --plan p.xml
			echo "$column of row $row: $output"
			[ "$status" -eq 3 ]
			[ "$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'b'")" = 0 ]
		done
	done
}

@test "any object of the live schema" {
	for change in 'CREATE TABLE c (x)' 'CREATE INDEX i ON a (x)' 'CREATE VIEW v AS SELECT 1' \
		'ALTER TABLE a ADD COLUMN q' 'ALTER TABLE a RENAME COLUMN x TO w' 'DROP TABLE a' \
		'CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END'; do
		cp start.db app.db
		sqlite3 app.db "$change"
		run "$AMPLAN" apply -qyd app.db --plan p.xml
		echo "$change: $output"
		[ "$status" -eq 3 ]
		[[ $output == *"plan-stale"* ]]
		[ "$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'b'")" = 0 ]
	done
}
