# The sample schema in migrations/: a database with rows comes through it, and each down
# gives back what was there.
#
# AMPLAN names the program, SOURCE the source folder.

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset AMPLAN_DATABASE DATABASE_URL AMPLAN_MIGRATIONS AMPLAN_LOCK_TIMEOUT
	cp -r "$SOURCE/migrations" .
}

schema() {
	sqlite3 wall.db "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'amplan_%'
		AND name NOT LIKE 'sqlite_%' ORDER BY type, name" |
		tr -s ' \n\t' ' '
}

# Rows that later migrations have to bring along.
write_on_the_wall() {
	case $1 in
	002_prayers)
		sqlite3 wall.db "INSERT INTO users (name) VALUES ('ada'), ('ben'), ('cleo');
			INSERT INTO prayers (author_id, text, flagged) VALUES (1, 'rain', 0), (2, 'spam', 1);"
		;;
	003_marks)
		sqlite3 wall.db "INSERT INTO marks (prayer_id, user_id, marked_at) VALUES
			(1, 2, '2026-01-31 08:00'), (1, 2, '2026-01-31 20:00'), (1, 3, '2026-01-31 08:00');"
		;;
	esac
}

@test "each migration applies over rows, and its down gives the schema back" {
	count=0 downs=0
	for id in $("$AMPLAN" order); do
		echo "$id"
		[ ! -e wall.db ] || before=$(schema)
		"$AMPLAN" apply -q --yes -d wall.db --to "$id"
		run "$AMPLAN" rollback -q --yes -d wall.db --steps 1
		if grep -q '<irreversible' "migrations/$id.xml"; then
			[ "$status" -eq 3 ]
		else
			[ "$status" -eq 0 ]
			[ "$(schema)" = "${before:-}" ]
			"$AMPLAN" apply -q --yes -d wall.db --to "$id"
			downs=$((downs + 1))
		fi
		write_on_the_wall "$id"
		count=$((count + 1))
	done
	[ "$count" -eq 16 ]
	[ "$downs" -eq 14 ]
	"$AMPLAN" verify -q -d wall.db
	# the flag became an attribute, marks of one day became one
	[ "$(sqlite3 wall.db "SELECT text, author, category, marks FROM wall")" = 'rain|ada|other|2' ]
}

@test "ids are the names of the files" {
	for file in migrations/*.xml; do
		grep -q "id=\"$(basename "$file" .xml)\"" "$file"
	done
}

@test "an index that was made by hand is recorded and not made again" {
	"$AMPLAN" apply -q --yes -d wall.db --to 015_wall_view
	sqlite3 wall.db "CREATE INDEX sessions_by_expiry ON sessions (expires_at)"
	run "$AMPLAN" apply --yes -d wall.db --to 016_session_index
	[ "$status" -eq 0 ]
	[[ "$output" = *'016_session_index  already there: recorded, not run'* ]]
	[ "$(sqlite3 wall.db "SELECT event FROM amplan_history ORDER BY number DESC LIMIT 1")" = marked ]
}

@test "the descriptors are valid against the schema for editors" {
	command -v xmllint >/dev/null || skip "xmllint is not installed"
	xmllint --noout --nonet --schema "$SOURCE/schema/migration.xsd" migrations/*.xml
}
