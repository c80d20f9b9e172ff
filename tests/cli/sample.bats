# The sample migrations: what amplan makes of them is what the sqlite3 shell makes of the
# same SQL, with rows in the tables all the way, and each down takes back its up.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	cp -r "$SOURCE/migrations" .
}

teardown() {
	remove_folder
}

# sql_of ID ELEMENT: what stands in <up> or <down>, as another reader of XML sees it
sql_of() {
	local file="migrations/$1.xml" src
	src=$(xmllint --xpath "string(//*[local-name()='$2']/@src)" "$file")
	if [ -n "$src" ]; then
		cat "migrations/$src"
	else
		xmllint --xpath "string(//*[local-name()='$2'])" "$file"
	fi
}

# schema DATABASE: every object, one a line; sqlite_sequence, once there, is there for ever
schema() {
	sqlite3 "$1" "SELECT type, name, tbl_name, replace(sql, char(10), ' ') FROM sqlite_schema
		WHERE tbl_name NOT IN ('amplan_history', 'sqlite_sequence') ORDER BY 1, 2"
}

# rows DATABASE: every row of every table that is not amplan's or SQLite's
rows() {
	local table
	for table in $(sqlite3 "$1" "SELECT name FROM sqlite_schema WHERE type = 'table'
			AND name NOT LIKE 'sqlite_%' AND name <> 'amplan_history' ORDER BY 1"); do
		sqlite3 "$1" "SELECT '$table', * FROM \"$table\"" | LC_ALL=C sort
	done
}

# seed ID: rows that belong into the tables that this migration makes, as statements
seed() {
	case $1 in
	001_users) echo "INSERT INTO users (id, name, created_at) VALUES (1, 'ada', '2026-01-01'), (2, 'bo', '2026-01-02');
		INSERT INTO sessions VALUES ('s', 1, '2027-01-01');" ;;
	002_prayers) echo "INSERT INTO prayers (id, author_id, text, created_at, flagged) VALUES
		(1, 1, 'rain; sun', '2026-01-03', 0), (2, 2, 'it''s late', '2026-01-04', 1);" ;;
	003_marks) echo "INSERT INTO marks (prayer_id, user_id, marked_at) VALUES
		(1, 2, '2026-01-05 10:00'), (1, 2, '2026-01-05 11:00'), (2, 1, '2026-01-06 10:00');" ;;
	004_invites) echo "INSERT INTO invites (token, sent_by, expires_at) VALUES ('x', 1, '2027-01-01');" ;;
	006_prayer_attributes) echo "INSERT INTO prayer_attributes (prayer_id, name, set_at) VALUES (1, 'answered', '2026-01-07');" ;;
	008_invite_usage) echo "INSERT INTO invite_usage (token, user_id, used_at) VALUES ('x', 2, '2026-01-02');" ;;
	010_notifications) echo "INSERT INTO notifications (user_id, text) VALUES (1, 'welcome');" ;;
	esac
}

@test "the descriptors hold for the XSD, too" {
	xmllint --noout --schema "$SOURCE/schema/migration.xsd" migrations/*.xml
	[ "$(ls migrations/*.xml | wc -l)" -ge 14 ]
}

@test "each step leaves the schema and the rows that the sqlite3 shell leaves" {
	for id in $("$AMPLAN" order); do
		echo "$id"
		"$AMPLAN" apply -qyd ours.db --to "$id"
		sql_of "$id" up | sqlite3 -bail theirs.db
		diff <(schema theirs.db) <(schema ours.db)
		seed "$id" | sqlite3 -bail ours.db
		seed "$id" | sqlite3 -bail theirs.db
		diff <(rows theirs.db | sed 's/20[0-9-]* [0-9:]*$/NOW/') \
			<(rows ours.db | sed 's/20[0-9-]* [0-9:]*$/NOW/')
	done
	[ -z "$(sqlite3 ours.db 'PRAGMA foreign_key_check')" ]
	[ "$(sqlite3 ours.db 'SELECT count(*) FROM wall')" -eq 1 ]
	"$AMPLAN" verify -d ours.db
}

@test "all at once gives the schema that step by step gives" {
	"$AMPLAN" apply -qyd once.db
	for id in $("$AMPLAN" order); do
		"$AMPLAN" apply -qyd steps.db --to "$id"
	done
	diff <(schema once.db) <(schema steps.db)
	diff <(rows once.db | sed 's/|20[0-9-]* .*//') <(rows steps.db | sed 's/|20[0-9-]* .*//')
}

@test "each down takes back its up, schema and rows; the rest is declared irreversible" {
	undone=0
	for id in $("$AMPLAN" order); do
		echo "$id"
		[ ! -e wall.db ] || cp wall.db before.db
		"$AMPLAN" apply -qyd wall.db --to "$id"
		if grep -q '<irreversible' "migrations/$id.xml"; then
			run "$AMPLAN" rollback -qyd wall.db --steps 1
			[ "$status" -eq 3 ]
			[[ $output == *"error[irreversible]: '$id' cannot be rolled back: "* ]]
		else
			"$AMPLAN" rollback -qyd wall.db --steps 1
			undone=$((undone + 1))
			if [ -e before.db ]; then
				diff <(schema before.db) <(schema wall.db)
				diff <(rows before.db) <(rows wall.db)
			fi
			"$AMPLAN" apply -qyd wall.db --to "$id"
		fi
		seed "$id" | sqlite3 -bail wall.db
	done
	[ "$undone" -ge 12 ]
	"$AMPLAN" verify -d wall.db
}

@test "flagged prayers, categories and marks of one day come through" {
	"$AMPLAN" apply -qyd wall.db --to 003_marks
	for id in 001_users 002_prayers 003_marks; do
		seed "$id" | sqlite3 -bail wall.db
	done
	"$AMPLAN" apply -yd wall.db
	[ "$(sqlite3 wall.db "SELECT prayer_id FROM prayer_attributes WHERE name = 'flagged'")" = 2 ]
	[ "$(sqlite3 wall.db 'SELECT count(*) FROM marks')" -eq 2 ]
	[ "$(sqlite3 wall.db 'SELECT * FROM wall')" = "1|rain; sun|ada|other|2026-01-03|1" ]
}

@test "an index that somebody made by hand is recorded, not made again" {
	"$AMPLAN" apply -qyd wall.db --to 001_users
	sqlite3 wall.db 'CREATE INDEX sessions_by_expiry ON sessions (expires_at)'
	"$AMPLAN" apply -qyd wall.db
	[ "$(sqlite3 wall.db "SELECT event FROM amplan_history WHERE id = '016_session_index'")" = marked ]
	"$AMPLAN" status -d wall.db | grep 'current: 16 applied, 0 pending'
}

@test "dot draws the graph of the sample" {
	"$AMPLAN" apply -qyd wall.db --to 012_categories
	for options in '' '-d wall.db' '-d wall.db --pending' '--reduce' '--around 003_marks'; do
		"$AMPLAN" graph $options >graph.dot
		dot -Tsvg graph.dot >graph.svg
		grep -q '003_marks' graph.svg
	done
	"$AMPLAN" --graph | dot -Tplain | awk '$1 == "node"' | wc -l | grep -qx 16
}
