# What the commands print: text as people read it, JSON as programs do, and DOT.
#
# AMPLAN names the program.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset AMPLAN_DATABASE DATABASE_URL AMPLAN_MIGRATIONS AMPLAN_LOCK_TIMEOUT
	mkdir migrations
	cat >migrations/all.xml <<-'X'
	<migrations xmlns="urn:amplan:1">
	  <migration id="001_users">
	    <description>People who can sign in</description>
	    <up>CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT);</up>
	    <down>DROP TABLE user;</down>
	  </migration>
	  <migration id="002_invites" breaking="true">
	    <depends on="001_users" reason="an invite has an author"/>
	    <up>
	      CREATE TABLE invite (code TEXT, author INTEGER REFERENCES user (id));
	      INSERT INTO user (name) VALUES ('root'), ('guest');
	    </up>
	    <down>DROP TABLE invite; DELETE FROM user;</down>
	    <verify>SELECT count(*) = 2 FROM user</verify>
	  </migration>
	</migrations>
	X
}

# is_json: what is in $output is one JSON value
is_json() {
	printf %s "$output" >answer.json
	[ "$(sqlite3 :memory: "SELECT json_valid(readfile('answer.json'))")" = 1 ]
}

# lacks PATTERN: $output does not match it (a plain "!" would not fail a test)
lacks() {
	if grep -q -- "$1" <<<"$output"; then
		echo "found: $1"
		return 1
	fi
}

# json PATH: a part of it
json() {
	printf %s "$output" >answer.json
	sqlite3 :memory: "SELECT json_extract(readfile('answer.json'), '$1')"
}

@test "plan shows steps, effects, difference, totals and what to do next" {
	run --separate-stderr "$AMPLAN" plan -d app.db
	# how long a step took is said where it was long, as on a busy machine
	echo "$output" | sed 's/sha256:[0-9a-f]*/DIGEST/; s/verified, [0-9.]* s$/verified/' >seen
	cat >wanted <<-'X'
	plan for app.db: behind, 0 applied, 2 migrations to run
	rehearsed on an empty database

	  1  001_users
	     People who can sign in
	     depends on nothing
	     1 statement
	     + table user

	  2  002_invites [breaking]
	     after 001_users
	     2 statements, 2 rows changed, 1 verified
	     + table invite

	--- schema before
	+++ schema after
	@@ -0,0 +1,2 @@
	+CREATE TABLE invite (code TEXT, author INTEGER REFERENCES user (id))
	+CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT)

	2 migrations in 1 stage, 3 statements, 2 rows changed
	objects: 2 created, 0 altered, 0 dropped
	digest DIGEST
	to apply it:
	  amplan apply -d app.db
	X
	diff -u wanted seen
	[ "$status" -eq 0 ]
	[ ! -e app.db ]
}

@test "apply, status, why and rollback tell what they did" {
	run --separate-stderr "$AMPLAN" apply -d app.db
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "  001_users" ]
	[[ "${lines[2]}" = "applied 2 migrations to app.db in "* ]]
	run --separate-stderr "$AMPLAN" status -d app.db
	[ "${lines[1]}" = "verdict      current: 2 applied, 0 pending" ]
	run --separate-stderr "$AMPLAN" why 002_invites -d app.db
	[[ "$output" = *"  001_users, applied  migrations/all.xml:8:18"*"because an invite has an author"* ]]
	[ "${lines[-1]}" = "It stands behind 001_users because it needs it." ]
	run --separate-stderr "$AMPLAN" rollback --steps 1 -d app.db
	[[ "$output" = *"rolled back 1 migration from app.db in "* ]]
	run --separate-stderr "$AMPLAN" status -d app.db --exit-code
	[ "$status" -eq 7 ]
	[ "${lines[1]}" = "verdict      behind: 1 applied, 1 pending" ]
}

@test "a failure shows the line, then what holds" {
	sed -i 's/= 2 FROM/= 3 FROM/' migrations/all.xml
	run --separate-stderr "$AMPLAN" apply -d app.db
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ "${stderr_lines[0]}" = "migrations/all.xml:14:13: error[verify-failed]: "* ]]
	[ "${stderr_lines[1]}" = "      <verify>SELECT count(*) = 3 FROM user</verify>" ]
	[ "${stderr_lines[2]}" = "              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^" ]
	[[ "${stderr_lines[3]}" = "  help: "* ]]
	[ "${stderr_lines[4]}" = "1 error" ]
	[ "${stderr_lines[5]}" = "002_invites failed, step 2 of 2, in the rehearsal" ]
	[ "${stderr_lines[6]}" = "nothing was applied" ]
	[[ "${stderr_lines[7]}" = "amplan: "* ]]
}

@test "tabs and wide characters do not move the caret" {
	printf '<migration xmlns="urn:amplan:1" id="x">\n\t<!-- 日本 --> <depends on="y"/><up>SELECT 1;</up>\n</migration>\n' >migrations/x.xml
	run --separate-stderr "$AMPLAN" order
	[ "$status" -eq 3 ]
	[ "${stderr_lines[1]}" = "$(printf '  \t<!-- 日本 --> <depends on="y"/><up>SELECT 1;</up>')" ]
	[ "${stderr_lines[2]}" = "$(printf '  \t                           ^')" ]
}

@test "nothing that a descriptor says reaches the terminal as a command" {
	printf '<migration xmlns="urn:amplan:1" id="x"><description>a\xc2\x9b31mb\xe2\x80\xaec</description><up>SELECT 1;</up></migration>\n' >migrations/x.xml
	for command in plan "why x" graph "plan --color always" status; do
		run "$AMPLAN" $command
		lacks $'\xc2\x9b\|\xe2\x80\xae'
	done
	run "$AMPLAN" plan
	[[ "$output" = *'a\u{009b}31mb\u{202e}c'* ]]
}

@test "no escape sequence is written off a terminal, and colour on demand" {
	unset NO_COLOR
	run "$AMPLAN" plan
	lacks $'\033'
	run "$AMPLAN" plan --color always
	grep -q $'\033' <<<"$output"
	NO_COLOR=1 CLICOLOR_FORCE=1 run "$AMPLAN" plan
	lacks $'\033'
}

@test "every command answers with one JSON object" {
	for command in "plan" "plan -d app.db" "apply -d app.db" "status -d app.db" \
		"verify -d app.db" "graph -d app.db" "order" "why 001_users" "explain cycle" \
		"new third" "rollback --steps 1 -d app.db" "apply -d app.db --to 001_users" \
		"resolve 001_users --again -d app.db" "show nothing" "why nobody" "help"; do
		run --separate-stderr "$AMPLAN" $command --json
		echo "$command: $output $stderr"
		is_json
		[ "$(json '$.format')" = 1 ]
		[ "$(json '$.command')" = "${command%% *}" ]
		if [ "$status" -eq 0 ]; then
			[ -z "$(json '$.error')" ]
		else
			[ "$(json '$.error.code')" = "$status" ]
			[ -n "$(json '$.error.message')" ]
		fi
	done
}

@test "the JSON of a plan has what the text has" {
	run --separate-stderr "$AMPLAN" plan -d app.db --json
	[ "$(json '$.verdict')" = behind ]
	[ "$(json '$.fidelity')" = empty ]
	[ "$(json '$.pending[1].id')" = 002_invites ]
	[ "$(json '$.pending[1].line')" = 7 ]
	[ "$(json '$.pending[1].depends')" = '["001_users"]' ]
	[ "$(json '$.pending[1].effects')" = '[{"kind":"created","type":"table","name":"invite"}]' ]
	[ "$(json '$.pending[1].rows')" = 2 ]
	[ "$(json '$.pending[1].stage')" = 1 ]
	[ "$(json '$.findings')" = '[]' ]
}

@test "the graph is DOT, the same bytes each time, edges towards what is needed" {
	run --separate-stderr "$AMPLAN" graph
	local first=$output
	grep -q '"002_invites" -> "001_users"' <<<"$output"
	run --separate-stderr "$AMPLAN" --graph
	[ "$output" = "$first" ]
	"$AMPLAN" apply -q -d app.db --to 001_users
	run --separate-stderr "$AMPLAN" graph -d app.db
	grep -q 'legend applied' <<<"$output"
	grep -q 'legend pending' <<<"$output"
	command -v dot >/dev/null || skip "dot is not installed"
	dot -Tsvg <<<"$output" | grep -q '</svg>'
}

@test "words of DOT and backslashes in descriptions do no harm" {
	cat >migrations/x.xml <<-'X'
	<migrations xmlns="urn:amplan:1">
	<migration id="graph"><description>\N "quoted" &lt;b&gt;\l</description><up>CREATE TABLE a (b);</up><down>DROP TABLE a;</down></migration>
	<migration id="node"><depends on="graph"/><up>CREATE TABLE c (b);</up><down>DROP TABLE c;</down></migration>
	</migrations>
	X
	run --separate-stderr "$AMPLAN" graph
	grep -q '"node" -> "graph"' <<<"$output"
	grep -qF 'graph\n\\N \"quoted\" <b>\\l' <<<"$output"
	command -v dot >/dev/null || skip "dot is not installed"
	dot -Tsvg <<<"$output" 2>warnings | grep -qF '\N &quot;quoted&quot; &lt;b&gt;\l'
	[ ! -s warnings ]
}

# Graphviz writes these without quotes, and does not read them again.
@test "the graph: reasons of signs and points" {
	rm -r migrations/*
	local reason
	for reason in - . -. .. -1 5.; do
		cat >migrations/x.xml <<-X
		<migrations xmlns="urn:amplan:1">
		<migration id="a"><up>CREATE TABLE a (b);</up></migration>
		<migration id="b"><depends on="a" reason="$reason"/><up>CREATE TABLE c (b);</up></migration>
		</migrations>
		X
		"$AMPLAN" graph | dot -Tsvg | sed 's/&#45;/-/g' >graph.svg
		grep -qE "<a xlink:title=\"${reason//./\\.} ?\">" graph.svg
	done
}

@test "parts of the graph: reduced, pending, around" {
	cat >migrations/x.xml <<-'X'
	<migrations xmlns="urn:amplan:1">
	<migration id="003"><depends on="002_invites"/><depends on="001_users"/><up>CREATE TABLE a (b);</up><down>DROP TABLE a;</down></migration>
	<migration id="004"><depends on="003"/><up>CREATE TABLE c (b);</up><down>DROP TABLE c;</down></migration>
	<migration id="005"><depends on="004"/><up>CREATE TABLE d (b);</up><down>DROP TABLE d;</down></migration>
	</migrations>
	X
	[ "$("$AMPLAN" graph | grep -c -- '->')" = 5 ]
	[ "$("$AMPLAN" graph --reduce | grep -c -- '->')" = 4 ]
	run "$AMPLAN" graph --around 005
	[[ "$output" = *003* ]]
	[[ "$output" != *002_invites* ]]
	"$AMPLAN" apply -q -d app.db --to 003
	run "$AMPLAN" graph --pending -d app.db
	[[ "$output" = *003* && "$output" = *005* ]]
	[[ "$output" != *002_invites* ]]
	run "$AMPLAN" graph --around 05
	[ "$status" -eq 2 ]
	[ "${lines[1]}" = "  help: did you mean '005'?" ]
}

@test "new writes a descriptor that plans, after today's heads, and replaces nothing" {
	run --separate-stderr "$AMPLAN" new votes
	[ "$output" = migrations/003_votes.xml ]
	grep -q '<depends on="002_invites"/>' migrations/003_votes.xml
	[ "$(grep -c '<depends' migrations/003_votes.xml)" = 1 ]
	run --separate-stderr "$AMPLAN" plan
	[ "$status" -eq 0 ]
	run --separate-stderr "$AMPLAN" new 003_votes
	[ "$status" -eq 2 ]
	[ "${stderr_lines[0]}" = "amplan: a migration '003_votes' exists already" ]
	run --separate-stderr "$AMPLAN" new ../evil
	[ "$status" -eq 2 ]
	run --separate-stderr "$AMPLAN" new first -m fresh
	[ "$output" = fresh/first.xml ]
	run --separate-stderr "$AMPLAN" plan -m fresh
	[ "$status" -eq 0 ]
}

@test "a saved plan shows what was planned and applies once" {
	run "$AMPLAN" plan -d app.db --out p.plan
	[ "$status" -eq 0 ]
	run "$AMPLAN" show p.plan
	[ "${lines[0]}" = "plan for app.db, 2 migrations to run" ]
	run "$AMPLAN" apply --plan p.plan -d app.db
	[ "$status" -eq 0 ]
	run --separate-stderr "$AMPLAN" apply --plan p.plan -d app.db
	[ "$status" -eq 3 ]
	[[ "${stderr_lines[0]}" = "p.plan: error[plan-stale]: "* ]]
}
