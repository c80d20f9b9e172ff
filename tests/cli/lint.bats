# The examples of `amplan explain`: of each kind that the lint gives, the bad one is found and
# the good one is not. They stand on the tables of 001_base, which is made here.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	descriptor 001_base "<allow kind=\"no-down\" reason=\"there is nothing before it\"/>
<up>
CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL, color TEXT, active INTEGER NOT NULL DEFAULT 1);
CREATE TABLE message (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES user (id), text TEXT NOT NULL);
CREATE INDEX message_by_author ON message (author);
CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE UNIQUE INDEX tag_name ON tag (name);
CREATE TABLE setting (name TEXT NOT NULL PRIMARY KEY, value TEXT);
CREATE TABLE log (id INTEGER PRIMARY KEY, at TEXT, what TEXT);
CREATE VIEW author AS SELECT user.name, message.text FROM message JOIN user ON user.id = message.author;
CREATE TRIGGER message_log AFTER INSERT ON message BEGIN INSERT INTO log (what) VALUES ('message'); END;
</up>"
}

teardown() {
	remove_folder
}

# example KIND bad|good: writes migrations/002.xml, whether the example is SQL, the inside of
# a migration, or migrations.
example() {
	local text
	text=$("$AMPLAN" explain "$1" --json | jq -r ".kinds[0].$2")
	case $text in
	'<migration '*)
		printf '<migrations xmlns="urn:amplan:1">\n%s\n</migrations>\n' "$text" >migrations/002.xml
		;;
	'<'*) descriptor 002 "<depends on=\"001_base\"/>
$text" ;;
	*) descriptor 002 "<depends on=\"001_base\"/>
<up><![CDATA[
$text
]]></up>" ;;
	esac
}

# The findings of a kind, with their places.
found() {
	"$AMPLAN" check --json | jq -r ".findings[] | select(.kind == \"$1\") |
		\"\(.file):\(.line):\(.column): \(.severity): \(.message)\""
}

kinds() {
	[ -r "$SOURCE/planner/lint.c" ] || exit 1
	grep -oE 'AMPLAN_(ERROR|WARNING|NOTE), "[a-z-]+"' "$SOURCE/planner/lint.c" |
		grep -oE '"[a-z-]+"' | tr -d '"' | sort -u
}

@test "what the examples stand on is without findings" {
	run --separate-stderr "$AMPLAN" check --json
	[ "$(jq '.findings | length' <<<"$output")" -eq 0 ]
}

@test "the bad example of each kind is found" {
	run kinds
	[ "${#lines[@]}" -ge 25 ]
	for kind in "${lines[@]}"; do
		echo "$kind"
		example "$kind" bad
		# where rows could be made up, they say it better
		[ "$kind" != unique-over-rows ] || kind=fails-on-rows
		[ -n "$(found "$kind")" ]
	done
}

@test "the good example of each kind is not, and holds" {
	run kinds
	[ "${#lines[@]}" -ge 25 ]
	for kind in "${lines[@]}"; do
		echo "$kind"
		example "$kind" good
		[ -z "$(found "$kind")" ]
		run "$AMPLAN" check
		echo "$output"
		[ "$status" -eq 0 ]
	done
}

@test "each kind is in the table of docs/checks.md, with its severity" {
	run -0 grep -oE 'AMPLAN_(ERROR|WARNING|NOTE), "[a-z-]+"' "$SOURCE/planner/lint.c"
	[ "${#lines[@]}" -ge 25 ]
	for line in "${lines[@]}"; do
		echo "$line"
		severity=$(tr '[:upper:]' '[:lower:]' <<<"${line%%,*}")
		kind=${line#* \"}
		grep -qE "^\\| .${kind%\"}. \\| [a-z, ]*${severity#amplan_}" "$SOURCE/docs/checks.md"
	done
	[ "$(grep -cE '^\| `' "$SOURCE/docs/checks.md")" -eq "$(kinds | wc -l)" ]
}

@test "an allowance silences its kind in its migration, and nowhere else" {
	descriptor 002 '<depends on="001_base"/><allow kind="no-where" reason="all are meant"/>
<up>DELETE FROM log; DELETE FROM setting;</up><down>DELETE FROM tag WHERE id = 0;</down>'
	descriptor 003 '<depends on="002"/><up>DELETE FROM tag;</up><down>DELETE FROM tag WHERE id = 0;</down>'
	[ "$(found no-where)" = "migrations/003.xml:3:24: warning: DELETE without WHERE deletes all rows of 'tag'" ]
}

@test "a missing down is one note for all, or an error for each" {
	descriptor 002 '<depends on="001_base"/><up>DELETE FROM log WHERE id = 1;</up>'
	descriptor 003 '<depends on="002"/><up>DELETE FROM log WHERE id = 2;</up>'
	run --separate-stderr "$AMPLAN" check
	[ "$status" -eq 0 ]
	expect_output <<'END'
migrations/002.xml:2:37: note[no-down]: '002' and '003' have no down
  <migration xmlns="urn:amplan:1" id="002">
                                      ^^^
  help: write a <down>, or say why there is none: <irreversible reason="..."/>
1 note
checked: 3 migrations hold, seeded
END
	run --separate-stderr "$AMPLAN" check --require-down
	[ "$status" -eq 3 ]
	[[ $output == *"migrations/003.xml:2:37: error[no-down]: '003' has no down"* ]]
}

@test "--strict refuses for a warning, not for a note" {
	descriptor 002 '<depends on="001_base"/><up>CREATE TABLE visit (day TEXT);</up><down>DROP TABLE visit;</down>'
	"$AMPLAN" check --strict
	descriptor 002 '<depends on="001_base"/><up>ALTER TABLE tag ADD COLUMN zip STRING;</up><down>ALTER TABLE tag DROP COLUMN zip;</down>'
	run "$AMPLAN" check --strict
	[ "$status" -eq 3 ]
	[[ $output == *"error[surprising-type]: the type 'STRING' of column 'zip' means NUMERIC"* ]]
}
