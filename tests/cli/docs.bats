# What the documentation says beside the pages of commands, which manual.bats looks at:
# exit codes, kinds of findings, links with their headings, descriptors as examples.
#
# AMPLAN names the program, SOURCE the source folder.

setup() {
	pages=$SOURCE/docs/commands
	cd "$BATS_TEST_TMPDIR"
}

commands() {
	"$AMPLAN" --help | sed -n '/^commands:/,/^$/p' | sed -n 's/^  \([a-z]\+\) .*/\1/p'
}

# Short forms, and names of values, as "--out:-o FILE".
forms() {
	grep -oE '(-[A-Za-z], )?--[a-z-]+( [A-Za-z|]+)?' | LC_ALL=C sort -u
}

@test "options have the same short forms and values in help and page" {
	for command in $(commands); do
		echo "$command"
		diff <("$AMPLAN" "$command" --help | sed -n '/^options:$/,/^$/p' | grep -E '^ {2,6}-' | forms) \
			<(grep '^| `-' "$pages/$command.md" | sed -e 's/\\|/|/g' -e 's/` .*//' | forms)
	done
}

@test "the tour of the README prints what it is said to print" {
	diff "$SOURCE/README.md" <("$SOURCE/tests/support/console.sh" "$SOURCE/README.md")
	[ "$(grep -c '^\$ ' "$SOURCE/README.md")" -ge 5 ]
}

@test "exit codes are the same in help, README and documentation" {
	"$AMPLAN" --help | sed -n '/^exit codes:$/,/^$/p' | grep -oE '^ +[0-9]+ ' | tr -d ' ' >help
	[ "$(wc -l <help)" -ge 9 ]
	for page in README.md docs/recovery.md docs/commands/README.md; do
		echo "$page"
		diff help <(grep -oE '^\| [0-9]+ \|' "$SOURCE/$page" | tr -d '| ')
	done
}

@test "each kind that the documentation names is explained" {
	grep -ohE '(error|warning|note)\[[a-z-]+\]' -r "$SOURCE/README.md" "$SOURCE/docs" |
		sed 's/.*\[\(.*\)\]/\1/' | sort -u >kinds
	grep -E '^### `' "$SOURCE/docs/recovery.md" | sed 's/:.*//' | grep -oE '`[a-z-]+`' | tr -d '`' >>kinds
	[ "$(wc -l <kinds)" -ge 10 ]
	while read -r kind; do
		echo "$kind"
		"$AMPLAN" explain "$kind" >/dev/null
	done <kinds
}

@test "links lead to files and headings that are there" {
	cd "$SOURCE"
	for page in README.md CHANGELOG.md docs/*.md docs/commands/*.md; do
		grep -oE '\]\([^)]+\)' "$page" | sed -e 's/^](//' -e 's/)$//' | grep -v '^https\?:' |
			while read -r link; do
				echo "$page: $link"
				file=${link%%#*}
				target=${file:+$(dirname "$page")/$file}
				target=${target:-$page}
				[ -e "$target" ]
				[[ "$link" != *'#'* ]] || grep -E '^#+ ' "$target" |
					tr -d '`' | tr '[:upper:] ' '[:lower:]-' |
					sed -e 's/^#*-//' -e 's/[^a-z0-9-]//g' | grep -qx -- "${link#*#}"
			done
	done
}

@test "each descriptor in the documentation that stands whole can be read" {
	mkdir -p blocks
	for page in README.md docs/descriptor.md; do
		awk -v name="blocks/$(basename "$page")" '/^```xml$/ {file = name NR ".xml"; next}
			/^```$/ {file = ""} file {print > file}' "$SOURCE/$page"
	done
	for block in $(grep -lE '^<\?xml' blocks/*); do
		echo "$block"
		rm -rf one && mkdir one && cp "$block" one/
		# a dependency that is not here is no fault of the descriptor
		"$AMPLAN" order -m one >/dev/null 2>messages ||
			[ "$(grep -oE '[a-z]+\[[a-z-]+\]' messages | sort -u)" = 'error[missing-dependency]' ]
	done
	[ "$(grep -lE '^<\?xml' blocks/* | wc -l)" -ge 2 ]
}
