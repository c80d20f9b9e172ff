# The command line: what is understood, and how the rest is refused. Nothing here needs
# a database or a descriptor.
#
# AMPLAN names the program.

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset AMPLAN_DATABASE DATABASE_URL AMPLAN_MIGRATIONS AMPLAN_LOCK_TIMEOUT
}

# refused EXIT FIRST-LINE [SECOND-LINE] -- ARGUMENT...: stdout empty, lines on stderr
refused() {
	local code=$1 first=$2 second=
	shift 2
	[ "$1" = -- ] || { second=$1; shift; }
	shift
	run --separate-stderr "$AMPLAN" "$@"
	echo "$stderr"
	[ "$status" -eq "$code" ]
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "$first" ]
	[ -z "$second" ] || [ "${stderr_lines[1]}" = "$second" ]
}

bats_require_minimum_version 1.5.0

@test "an unknown command is refused with the nearest one" {
	refused 2 "amplan: unknown command 'plna'" "  help: did you mean 'plan'?" -- plna
}

@test "a command that resembles none points at the list" {
	refused 2 "amplan: unknown command 'frobnicate'" \
		"  help: 'amplan help' lists the commands" -- frobnicate
}

@test "an unknown option is refused with the nearest one" {
	refused 2 "amplan: unknown option '--shadwo'" "  help: did you mean '--shadow'?" \
		-- plan --shadwo copy
}

@test "an option of another command is unknown" {
	refused 2 "amplan: unknown option '--reduce'" -- plan --reduce
}

@test "options are not abbreviated" {
	refused 2 "amplan: unknown option '--datab'" -- plan --datab x.db
}

@test "an option without its value is refused" {
	refused 2 "amplan: option '--to' needs a value: ID" -- plan --to
	refused 2 "amplan: option '--database' needs a value: URL" -- plan -d
}

@test "a flag with a value is refused" {
	refused 2 "amplan: option '--json' takes no value" -- plan --json=yes --color never
}

@test "an empty value is refused" {
	refused 2 "amplan: option '--database' needs a value that is not empty" \
		-- plan --database=
}

@test "a choice that does not exist is refused with those that do" {
	refused 2 "amplan: option '--color' needs one of auto|always|never, not 'blue'" \
		-- plan --color blue
}

@test "numbers are whole, seconds may have decimals" {
	refused 2 "amplan: option '--steps' needs a number, not '0'" -- rollback --steps 0
	refused 2 "amplan: option '--steps' needs a number, not '1.5'" -- rollback --steps 1.5
	refused 2 "amplan: option '--steps' needs a number, not '-1'" -- rollback --steps=-1
	refused 2 "amplan: option '--lock-timeout' needs a number of seconds, not '1s'" \
		-- plan --lock-timeout 1s
	refused 2 "amplan: option '--lock-timeout' needs a number of seconds, not ''" \
		-- plan --lock-timeout ''
	run "$AMPLAN" help --lock-timeout 0.25
	[ "$status" -eq 0 ]
}

@test "the environment is checked like an option" {
	AMPLAN_LOCK_TIMEOUT=soon refused 2 \
		"amplan: AMPLAN_LOCK_TIMEOUT is not a number of seconds: 'soon'" -- order
}

@test "too few and too many words are refused" {
	refused 2 "amplan: 'why' needs ID" "usage: amplan why [OPTIONS] ID" -- why
	refused 2 "amplan: 'why' does not take 'b'" -- why a b
	refused 2 "amplan: 'start' needs -- COMMAND [ARGUMENT...]" -- start
}

@test "a command that needs a database says how to name it" {
	refused 2 "amplan: 'apply' needs a database" \
		"  help: name it with --database app.db, or in AMPLAN_DATABASE" -- apply
}

@test "dry runs are refused where they would promise too much" {
	refused 2 "amplan: 'verify' does not take '--dry-run'" -- verify --dry-run -d x
	refused 2 "amplan: 'apply' does not take '--graph'" -- apply --graph -d x
}

@test "usage errors are one JSON object where JSON is asked for" {
	run --separate-stderr "$AMPLAN" plan --jsno --json
	[ "$status" -eq 2 ]
	[ "$output" = '{"format":1,"command":"plan","error":{"code":2,"message":"unknown option '"'--jsno'"'","hint":"did you mean '"'--json'"'?"}}' ]
	[ -z "$stderr" ]
}

@test "hostile words are printed harmlessly" {
	run "$AMPLAN" "$(printf 'a\033[2Jb')"
	[ "$status" -eq 2 ]
	[ "${lines[0]}" = "amplan: unknown command 'a\\x1b[2Jb'" ]
}

@test "help, the help command and the version are results" {
	run --separate-stderr "$AMPLAN" plan --help
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	local help=$output
	run --separate-stderr "$AMPLAN" help plan
	[ "$output" = "$help" ]
	run --separate-stderr "$AMPLAN" -V
	[[ "$output" =~ ^amplan\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "without migrations and database there is a short help" {
	run --separate-stderr "$AMPLAN"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "amplan: bring a database to the schema that an application needs" ]
}

@test "no line of any help is wider than 80 columns" {
	for command in '' $("$AMPLAN" help --json | grep -oE '"name":"[a-z]+"' | cut -d'"' -f4); do
		run "$AMPLAN" help $command
		[ "$status" -eq 0 ]
		for line in "${lines[@]}"; do
			echo "$line"
			[ "${#line}" -le 80 ]
		done
	done
}

@test "manual pages pass the lint" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	for command in '' $("$AMPLAN" help --json | grep -oE '"name":"[a-z]+"' | cut -d'"' -f4); do
		"$AMPLAN" $command --man >page.1
		run mandoc -T lint page.1
		for line in "${lines[@]}"; do
			echo "$command: $line"
			[[ "$line" == *"referenced manual not found"* ]]
		done
	done
}

@test "what cannot be written is an error, a reader that left is not" {
	[ -e /dev/full ] || skip "there is no /dev/full"
	run bash -c '"$0" help >/dev/full' "$AMPLAN"
	[ "$status" -eq 70 ]
	[ "$output" = "amplan: cannot write to standard output: No space left on device" ]
	run bash -c '"$0" help >&-' "$AMPLAN"
	[ "$status" -eq 70 ]
	[ "$output" = "amplan: cannot write to standard output: Bad file descriptor" ]
	run bash -c '"$0" help | true; echo "${PIPESTATUS[0]}"' "$AMPLAN"
	[ "$output" = 0 ]
}
