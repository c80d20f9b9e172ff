# start: migrate if allowed to, then become the application. And the questions that
# apply and rollback ask on a terminal.
#
# AMPLAN names the program.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset AMPLAN_DATABASE DATABASE_URL AMPLAN_MIGRATIONS AMPLAN_LOCK_TIMEOUT
	unset PRODUCTION_MODE AUTO_MIGRATE_ON_STARTUP AUTO_MIGRATE_ON_FAILURE
	mkdir migrations
	cat >migrations/all.xml <<-'X'
	<migrations xmlns="urn:amplan:1">
	  <migration id="001_a"><up>CREATE TABLE a (b);</up><down>DROP TABLE a;</down></migration>
	  <migration id="002_b"><depends on="001_a"/><up>CREATE TABLE b (b);</up><down>DROP TABLE b;</down></migration>
	</migrations>
	X
}

tells='echo "$AMPLAN_RESULT [$AMPLAN_APPLIED]"'

open_gate() {
	export PRODUCTION_MODE=1 AUTO_MIGRATE_ON_STARTUP=true
}

# on_terminal COMMAND ANSWER: runs it on a terminal, its output without CRs in $output
on_terminal() {
	run bash -c '(sleep 0.7; printf "%s\n" "$2"; sleep 0.7) | script -qec "$1" /dev/null | tr -d "\r"' \
		- "$1; echo exit \$?" "$2"
}

@test "a closed gate opens nothing and starts the application" {
	run --separate-stderr "$AMPLAN" start -d app.db -- sh -c "$tells"
	[ "$status" -eq 0 ]
	[ "$output" = "disabled []" ]
	[ ! -e app.db ]
}

@test "a last step whose attempt is forgotten is still pending" {
	open_gate
	cat >migrations/last.xml <<-'X'
	<migration xmlns="urn:amplan:1" id="003_c" transaction="none">
	  <depends on="002_b"/>
	  <up>INSERT INTO nowhere VALUES (1);</up>
	</migration>
	X
	run "$AMPLAN" apply -d app.db --yes --no-rehearsal
	[ "$status" -eq 1 ]
	[ "$(sqlite3 app.db "SELECT event, length(catalog) FROM amplan_history ORDER BY number DESC LIMIT 1")" = "abandoned|0" ]
	run --separate-stderr "$AMPLAN" start -d app.db --shadow none -- sh -c "$tells"
	[ "$status" -eq 0 ]
	[ "$output" = "failed []" ]
}

@test "an open gate applies once, and tells the application" {
	open_gate
	run --separate-stderr "$AMPLAN" start -d app.db -- sh -c "$tells"
	[ "$output" = "applied [001_a 002_b]" ]
	run --separate-stderr "$AMPLAN" start -d app.db -- sh -c "$tells"
	[ "$output" = "current []" ]
}

@test "the application gets the process, its arguments and no open files" {
	open_gate
	run --separate-stderr bash -c 'echo $$; exec "$0" start -d app.db -- sh -c "echo \$\$; ls -l /proc/\$\$/fd; echo \$1" x --json' "$AMPLAN"
	[ "${lines[0]}" = "${lines[1]}" ]
	[ "${lines[-1]}" = --json ]
	[[ "$output" != *app.db* ]]
}

@test "the exit code of the application is that of the program" {
	run "$AMPLAN" start -d app.db -- sh -c 'exit 42'
	[ "$status" -eq 42 ]
}

@test "SIGPIPE is what the application expects" {
	run bash -c '"$0" start -d app.db -- sh -c "yes; echo \$? >code" | head -1; cat code' "$AMPLAN"
	[ "${lines[1]}" = 141 ]
}

@test "a failure is told and the application started, unless it must stop" {
	open_gate
	sed -i 's/TABLE b (b)/TABLE a (b)/' migrations/all.xml
	run --separate-stderr "$AMPLAN" start -d app.db -- sh -c "$tells"
	[ "$status" -eq 0 ]
	[ "$output" = "failed []" ]
	[[ "$stderr" = *"table a already exists"* ]]
	AUTO_MIGRATE_ON_FAILURE=stop run --separate-stderr "$AMPLAN" start -d app.db -- sh -c "$tells"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
}

@test "an application that cannot be started is told apart as in a shell" {
	run -127 "$AMPLAN" start -- ./nowhere
	[ "$status" -eq 127 ]
	[ "${lines[0]}" = "amplan: cannot start './nowhere': No such file or directory" ]
	echo >plain
	run "$AMPLAN" start -- ./plain
	[ "$status" -eq 126 ]
	[ "${lines[0]}" = "amplan: cannot start './plain': Permission denied" ]
}

@test "on a terminal the plan is shown and a no leaves the database alone" {
	on_terminal "$AMPLAN apply -d app.db" n
	[[ "$output" = *"plan for app.db"*"apply 2 migrations to app.db? [y/N] "*"nothing applied"*"exit 0"* ]]
	[ ! -e app.db ]
}

@test "a yes applies what was shown" {
	on_terminal "$AMPLAN apply -d app.db" yes
	[[ "$output" = *"[y/N] "*"applied 2 migrations to app.db in "*"exit 0"* ]]
	on_terminal "$AMPLAN rollback --steps 1 -d app.db" y
	[[ "$output" = *"roll back 1 migration from app.db? [y/N] "*"rolled back 1 migration from app.db in "* ]]
}

@test "with --yes nothing is asked" {
	on_terminal "$AMPLAN apply --yes -d app.db" n
	[[ "$output" != *"[y/N]"* ]]
	[[ "$output" = *"applied 2 migrations"* ]]
}

@test "a signal rolls back and is told" {
	cat >migrations/slow.xml <<-'X'
	<migration xmlns="urn:amplan:1" id="003_slow"><up>CREATE TABLE slow AS
	WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x &lt; 900000000)
	SELECT count(*) FROM c;</up><irreversible reason="a test"/></migration>
	X
	"$AMPLAN" apply -d app.db --no-rehearsal 2>said &
	local pid=$! code=0
	until grep -q 003_slow said; do sleep 0.1; done
	kill -TERM "$pid"
	wait "$pid" || code=$?
	cat said
	[ "$code" -eq 1 ]
	grep -q '^003_slow was stopped, step 3 of 3$' said
	grep -q '^nothing was applied$' said
	[ -z "$(sqlite3 app.db .tables)" ]
}

@test "a limit on the size of files is an error, and no end of the application" {
	open_gate
	sed -i 's|<up>CREATE TABLE b (b);</up>|<up>CREATE TABLE b (b); INSERT INTO b VALUES (zeroblob(9000000));</up>|' migrations/all.xml
	run bash -c 'ulimit -f 2000; "$1" start -d app.db -- sh -c "$2"' - "$AMPLAN" "$tells; grep -i sigign /proc/self/status"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"failed []"* ]]
	# what the application ignores is what it did before: bit 25 is SIGXFSZ
	[ $((0x$(awk '/SigIgn/ { print $2 }' <<<"$output") & 0x1000000)) -eq 0 ]
	run bash -c 'ulimit -f 2000; "$1" apply -y -d app.db' - "$AMPLAN"
	echo "$output"
	[ "$status" -eq 6 ]
	[[ $output == *"help: "* ]]
	"$AMPLAN" apply -y -d app.db
	"$AMPLAN" verify -d app.db
}
