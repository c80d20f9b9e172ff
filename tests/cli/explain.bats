# Every kind of finding that the library can give must be explained.
#
# AMPLAN names the program, SOURCE the source folder.

kinds() {
	cat "$SOURCE"/{base,schema,planner,executor}/*.c |
		tr '\n\t' '  ' |
		grep -oE '((AMPLAN_(ERROR|WARNING|NOTE)|severity), *|kind = |KIND |deny\( *guard, *|add_finding\([^;"]*, *|sqlite_loss_(refuse|warn)\([^;"]*, *)"[a-z]+(-[a-z]+)*"' |
		grep -oE '"[a-z-]+"$' | tr -d '"' | sort -u
}

@test "each kind that the library emits has a text" {
	run kinds
	[ "${#lines[@]}" -ge 20 ]
	for kind in "${lines[@]}"; do
		echo "$kind"
		"$AMPLAN" explain "$kind" >/dev/null
	done
}

@test "the list of kinds is sorted and has no kind twice" {
	"$AMPLAN" explain | sed '/^$/,$d' | grep -v '^ ' | cut -d' ' -f1 >"$BATS_TEST_TMPDIR/kinds"
	LC_ALL=C sort -uc "$BATS_TEST_TMPDIR/kinds"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/kinds")" -ge 20 ]
}

@test "an unknown kind is refused with the nearest known one" {
	run "$AMPLAN" explain cycel
	[ "$status" -eq 2 ]
	[ "${lines[0]}" = "amplan: no finding is of the kind 'cycel'" ]
	[ "${lines[1]}" = "  help: did you mean 'cycle'?" ]
}
