# What examples/README.md shows is what there is, and it can be built elsewhere: against
# an installed library, found by pkg-config. BINARY is the folder of the build.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	page=$SOURCE/examples/README.md
}

teardown() {
	remove_folder
}

# block FIRST_LINE: the block of the page that begins with this line
block() {
	awk -v first="$1" '/^```/ {inside = 0} inside; previous ~ /^```[a-z]/ && $0 == first {
		inside = 1; print} {previous = $0}' "$page"
}

@test "the ten lines are those of the program, and not more" {
	first='static void migrate(const char *database, const char *folder)'
	block "$first" >shown
	sed -n "/^static void migrate(/,/^}/p" "$SOURCE/examples/prayer_wall/main.c" | diff shown -
	lines=$(sed '1,/^{$/d; /^}$/d' shown | wc -l)
	[ "$lines" -ge 5 ]
	[ "$lines" -le 10 ]
}

@test "its links lead to files, and each source of the wall is told of" {
	grep -oE '\]\([^)#]+' "$page" | sed 's/^](//' >links
	[ "$(wc -l <links)" -ge 5 ]
	while read -r link; do
		echo "$link"
		[ -e "$SOURCE/examples/$link" ]
	done <links
	diff <(grep -oE 'prayer_wall/[a-z]+\.c' links | sort) \
		<(cd "$SOURCE/examples" && ls prayer_wall/*.c)
}

@test "another CMake project finds the library, on a path and on a lent handle" {
	block '# CMakeLists.txt' >CMakeLists.txt
	block '/* path.c */' >path.c
	block '/* lent.c */' >lent.c
	cp -r "$SOURCE"/migrations .
	DESTDIR=$PWD/root cmake --install "$BINARY" >/dev/null
	pc=$(find root -name amplan.pc)
	# staged below another root than it was configured for: the file finds its own way
	# a library with sanitizers needs a program with sanitizers
	flags='-Wall -Wextra -Werror'
	grep -q '^AMPLAN_SANITIZE:BOOL=ON' "$BINARY/CMakeCache.txt" &&
		flags+=' -fsanitize=address,undefined'
	grep -q '^AMPLAN_COVERAGE:BOOL=ON' "$BINARY/CMakeCache.txt" && flags+=' --coverage'
	PKG_CONFIG_PATH=$PWD/$(dirname "$pc") cmake -B out -DCMAKE_C_FLAGS="$flags" >/dev/null
	cmake --build out

	[ "$(out/path)" = disabled ]
	[ ! -e app.db ]
	export PRODUCTION_MODE=1 AUTO_MIGRATE_ON_STARTUP=true
	[ "$(out/path)" = applied ]
	[ "$(out/path)" = current ]
	unset PRODUCTION_MODE
	[ "$(out/lent)" = applied ]
	[ "$(out/lent lent.db)" = applied ]
	[ "$(sqlite3 lent.db 'SELECT name FROM users')" = Ada ]
	run --separate-stderr out/lent lent.db
	[ "$status" -eq 1 ]
	[ "$output" = current ]
	[ "$stderr" = 'UNIQUE constraint failed: users.name' ]
}
