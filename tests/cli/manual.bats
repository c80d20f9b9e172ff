# The manual says what the program does: each page lists the options that there are, and
# its examples print what they are said to print.
bats_require_minimum_version 1.5.0

commands() {
	"$AMPLAN" help --json | grep -oE '"name":"[a-z]+"' | cut -d'"' -f4
}

# The options in the part of a help that begins with the given line.
options_in_help() {
	sed -n "/^$1:\$/,/^\$/p" | sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z-]+).*/\2/p' | sort
}

# The options that begin a row of a table.
options_in_page() {
	sed -nE 's/^\| `(-[a-zA-Z], )?(--[a-z-]+).*/\2/p' "$1" | sort
}

@test "each command has a page, each page a command" {
	diff <(commands | sort) \
		<(cd "$SOURCE/docs/commands" && ls -- *.md | grep -v README | sed 's/\.md$//' | sort)
	for command in $(commands); do
		grep -q "^# amplan $command\$" "$SOURCE/docs/commands/$command.md"
		grep -q "](${command}.md)" "$SOURCE/docs/commands/README.md"
	done
}

@test "the page of a command lists its options, and no other" {
	for command in $(commands); do
		echo "$command:"
		diff <("$AMPLAN" "$command" --help | options_in_help options) \
			<(options_in_page "$SOURCE/docs/commands/$command.md")
	done
}

@test "the first page lists the options everywhere, and no other" {
	diff <("$AMPLAN" --help | options_in_help "options everywhere") \
		<(options_in_page "$SOURCE/docs/commands/README.md")
	[ "$("$AMPLAN" --help | options_in_help "options everywhere" | wc -l)" -ge 10 ]
}

@test "the examples print what they are said to print" {
	count=0
	for page in "$SOURCE"/docs/commands/*.md; do
		echo "$page"
		diff "$page" <("$SOURCE/tests/support/console.sh" "$page")
		count=$((count + $(grep -c '^\$ ' "$page" || true)))
	done
	[ "$count" -ge 25 ]
}

@test "an example that is wrong is found" {
	sed 's/^005_roles$/005_rolls/' "$SOURCE/docs/commands/order.md" >"$BATS_TEST_TMPDIR/page"
	run diff "$BATS_TEST_TMPDIR/page" \
		<("$SOURCE/tests/support/console.sh" "$BATS_TEST_TMPDIR/page")
	[ "$status" -eq 1 ]
}
