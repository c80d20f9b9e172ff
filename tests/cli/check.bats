# The check in its forms: text, JSON, SARIF and annotations of GitHub, and what they say of
# descriptors that hold, that do not, and that are meant to do harm.
#
# AMPLAN names the program, SOURCE the root of the sources.

bats_require_minimum_version 1.5.0

load "$SOURCE/tests/support/common.bash"

setup() {
	cd "$BATS_TEST_TMPDIR"
	unset AMPLAN_DATABASE DATABASE_URL AMPLAN_MIGRATIONS AMPLAN_LOCK_TIMEOUT
	mkdir migrations
	two_that_hold
}

two_that_hold() {
	cat >migrations/all.xml <<-'X'
	<migrations xmlns="urn:amplan:1">
	  <migration id="001">
	    <up>CREATE TABLE user (id INTEGER PRIMARY KEY);</up>
	    <down>DROP TABLE user;</down>
	  </migration>
	  <migration id="002">
	    <depends on="001"/>
	    <up>CREATE VIEW people AS SELECT id FROM user;</up>
	    <down>DROP VIEW people;</down>
	  </migration>
	</migrations>
	X
}

# Two errors, one of which has another place; the path has to be encoded.
two_that_do_not() {
	rm migrations/all.xml
	mkdir 'migrations/ä, b'
	cat >'migrations/ä, b/c%:d.xml' <<-'X'
	<migrations xmlns="urn:amplan:1">
	  <migration id="001">
	    <up>SELECT 1;</up>
	    <!-- größer --><depends on="000"/>
	  </migration>
	  <migration id="001"><up>SELECT 1;</up></migration>
	</migrations>
	X
}

# json PATH: a part of $output
json() {
	printf %s "$output" >answer.json
	sqlite3 :memory: "SELECT json_extract(readfile('answer.json'), '$1')"
}

# count PATH: members of an array of $output
count() {
	printf %s "$output" >answer.json
	sqlite3 :memory: "SELECT json_array_length(readfile('answer.json'), '$1')"
}

@test "what holds is said in a line" {
	run --separate-stderr "$AMPLAN" check
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ "${lines[-1]}" = 'checked: 2 migrations hold'* ]]
	sed -i '/<migration id="002">/,/<\/migration>/d' migrations/all.xml
	run --separate-stderr "$AMPLAN" check --format text
	[[ "${lines[-1]}" = 'checked: 1 migration holds'* ]]
}

@test "--format json is --json" {
	run --separate-stderr "$AMPLAN" check --json
	[ "$status" -eq 0 ]
	[ "$(json '$.command')" = check ]
	[ "$(json '$.migrations[1].id')" = 002 ]
	[ "$(json '$.migrations[1].file')" = migrations/all.xml ]
	[ "$(json '$.migrations[1].line')" = 6 ]
	[ "$(count '$.migrations[1].effects')" -ge 0 ]
	[ "$(json '$.demands')" = '[]' ]
	[ -z "$(json '$.fixed')" ]
	local first=$output
	run --separate-stderr "$AMPLAN" check --format json
	diff <(steady "$first") <(steady "$output")
	run --separate-stderr "$AMPLAN" check --format=json --nonsense
	[ "$status" -eq 2 ]
	[ "$(json '$.error.message')" = "unknown option '--nonsense'" ]
}

# Times differ from run to run.
steady() {
	sed 's/"milliseconds":[0-9]*/"milliseconds":0/g' <<<"$1"
}

@test "SARIF: a run without results is complete" {
	run --separate-stderr "$AMPLAN" check --format sarif --quiet
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(json '$."$schema"')" = https://json.schemastore.org/sarif-2.1.0.json ]
	[ "$(json '$.version')" = 2.1.0 ]
	[ "$(count '$.runs')" = 1 ]
	[ "$(json '$.runs[0].tool.driver.name')" = amplan ]
	[ "amplan $(json '$.runs[0].tool.driver.version')" = "$("$AMPLAN" --version)" ]
	[ "$(json '$.runs[0].columnKind')" = unicodeCodePoints ]
	[ "$(json '$.runs[0].invocations[0].executionSuccessful')" = 1 ]
	[ "$(json '$.runs[0].invocations[0].exitCode')" = 0 ]
	[ "$(sqlite3 :memory: "SELECT json_type(readfile('answer.json'), '\$.runs[0].results')")" = array ]
}

@test "SARIF: the rules are the kinds that explain knows" {
	run --separate-stderr "$AMPLAN" check --format sarif
	printf %s "$output" >answer.json
	sqlite3 :memory: "SELECT json_extract(value, '\$.id') FROM json_each(readfile('answer.json'), '\$.runs[0].tool.driver.rules')" >rules
	"$AMPLAN" explain | sed -n 's/^\([a-z-]\+\)  *.*/\1/p' | diff rules -
	[ "$(wc -l <rules)" -ge 20 ]
	[ "$(sqlite3 :memory: "SELECT count(*) FROM json_each(readfile('answer.json'), '\$.runs[0].tool.driver.rules')
		WHERE json_extract(value, '\$.shortDescription.text') <> '' AND json_extract(value, '\$.fullDescription.text') <> ''
		AND json_extract(value, '\$.help.text') LIKE '%Bad:%Good:%' AND json_extract(value, '\$.help.markdown') LIKE '%\`\`\`%'")" = "$(wc -l <rules)" ]
}

@test "SARIF: a result has its rule, places, hint and fingerprint" {
	two_that_do_not
	run --separate-stderr "$AMPLAN" check --format sarif
	[ "$status" -eq 3 ]
	[ "$(json '$.runs[0].invocations[0].executionSuccessful')" = 1 ]
	[ "$(json '$.runs[0].invocations[0].exitCode')" = 3 ]
	[ "$(count '$.runs[0].results')" = 2 ]
	[ "$(json '$.runs[0].results[0].ruleId')" = missing-dependency ]
	local rule=$(json '$.runs[0].results[0].ruleIndex')
	[ "$(json "\$.runs[0].tool.driver.rules[$rule].id")" = missing-dependency ]
	[ "$(json '$.runs[0].results[0].level')" = error ]
	[ "$(json '$.runs[0].results[0].message.text')" = "'001' depends on '000', which does not exist" ]
	[[ "$(json '$.runs[0].results[0].message.markdown')" = *"which does not exist"*"**help:** "* ]]
	[[ "$(json '$.runs[0].results[0].properties.hint')" = "did you mean '001'?"* ]]
	[ "$(json '$.runs[0].results[0].properties.ids')" = '["001","000"]' ]
	[ "$(json '$.runs[0].results[0].locations[0].physicalLocation')" = \
		'{"artifactLocation":{"uri":"migrations/%C3%A4%2C%20b/c%25%3Ad.xml"},"region":{"startLine":4,"startColumn":33,"endColumn":36}}' ]
	[ "$(json '$.runs[0].results[1].ruleId')" = duplicate-id ]
	[ "$(json '$.runs[0].results[1].relatedLocations[0].message.text')" = 'first declared here' ]
	[ "$(json '$.runs[0].results[1].relatedLocations[0].physicalLocation.region')" = '{"startLine":2,"startColumn":18,"endColumn":21}' ]
	[ "$(json '$.runs[0].results[1].relatedLocations[0].id')" = 1 ]
	[[ "$(json '$.runs[0].results[0].partialFingerprints."amplanFinding/v1"')" =~ ^[0-9a-f]{16}:1$ ]]
}

@test "SARIF: a fingerprint stays where lines move, and is unique" {
	two_that_do_not
	local file='migrations/ä, b/c%:d.xml'
	run --separate-stderr "$AMPLAN" check --format sarif
	local one=$(json '$.runs[0].results[0].partialFingerprints."amplanFinding/v1"')
	sed -i '2i\\n' "$file"
	mv "$file" migrations/moved.xml
	run --separate-stderr "$AMPLAN" check --format sarif
	[ "$(json '$.runs[0].results[0].partialFingerprints."amplanFinding/v1"')" = "$one" ]
	printf '<migration xmlns="urn:amplan:1" id="x" a="" />' >migrations/a.xml
	printf '<migration xmlns="urn:amplan:1" id="x">\n<depends on="!"/>\n<depends on="!"/>\n<up>SELECT 1</up></migration>' >migrations/a.xml
	run --separate-stderr "$AMPLAN" check --format sarif
	[ "$(count '$.runs[0].results')" = 4 ]
	sqlite3 :memory: "SELECT json_extract(value, '\$.partialFingerprints.amplanFinding/v1') FROM json_each(readfile('answer.json'), '\$.runs[0].results')" >prints
	[ "$(grep -c . prints)" = 4 ]
	[ "$(sort -u prints | wc -l)" = 4 ]
	[ "$(grep -c ':2$' prints)" = 1 ]
	[ "$(sort -u <(cut -d: -f1 prints) | wc -l)" = 3 ]
}

@test "SARIF: absolute paths are URIs, and the same bytes come each time" {
	two_that_do_not
	run --separate-stderr "$AMPLAN" check --format sarif -m "$PWD/migrations"
	[[ "$(json '$.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri')" = "file:///"*"/migrations/%C3%A4%2C%20b/c%25%3Ad.xml" ]]
	local first=$output
	run --separate-stderr "$AMPLAN" check --format sarif -m "$PWD/migrations"
	[ "$output" = "$first" ]
}

@test "SARIF: descriptors that are no XML, none at all, and a wrong command line" {
	printf '<migration xmlns="urn:amplan:1" id="x"><up>\xff' >migrations/all.xml
	run --separate-stderr "$AMPLAN" check --format sarif
	[ "$status" -eq 3 ]
	[ "$(json '$.runs[0].results[0].ruleId')" = invalid-descriptor ]
	[ "$(json '$.runs[0].invocations[0].executionSuccessful')" = 1 ]
	run --separate-stderr "$AMPLAN" check --format sarif -m nowhere
	[ "$status" -eq 3 ]
	[ "$(json '$.runs[0].results')" = '[]' ]
	[ "$(json '$.runs[0].invocations[0].executionSuccessful')" = 0 ]
	[ "$(json '$.runs[0].invocations[0].exitCode')" = 3 ]
	[ "$(json '$.runs[0].invocations[0].toolExecutionNotifications[0].level')" = error ]
	[ "$(json '$.runs[0].invocations[0].toolExecutionNotifications[0].message.text')" = "folder 'nowhere' does not exist" ]
	[ "${stderr_lines[0]}" = "amplan: folder 'nowhere' does not exist" ]
	run --separate-stderr "$AMPLAN" check --format sarif --nonsense
	[ "$status" -eq 2 ]
	[ "$(json '$.runs[0].invocations[0].toolExecutionNotifications[0].message.text')" = "unknown option '--nonsense'" ]
	run --separate-stderr "$AMPLAN" check --format sarif --json
	[ "$status" -eq 2 ]
	[ "$(json '$.error.message')" = "'--json' and '--format' cannot be used together" ]
}

@test "GitHub: an annotation a line, with its place and the hint" {
	two_that_do_not
	run --separate-stderr "$AMPLAN" check --format github
	[ "$status" -eq 3 ]
	[ "${lines[0]}" = "::error file=migrations/ä%2C b/c%25%3Ad.xml,line=4,col=33,endColumn=36,title=missing-dependency::'001' depends on '000', which does not exist%0Ahelp: did you mean '001'? (migrations/ä, b/c%25:d.xml:2:18)" ]
	[ "${lines[1]}" = "::error file=migrations/ä%2C b/c%25%3Ad.xml,line=6,col=18,endColumn=21,title=duplicate-id::the id '001' is declared twice%0Amigrations/ä, b/c%25:d.xml:2:18: first declared here%0Ahelp: give one of them another id; one that was applied keeps its own" ]
	[ "${lines[2]}" = '2 errors' ]
	[ "${#lines[@]}" = 3 ]
	run --separate-stderr "$AMPLAN" check --format github -m nowhere
	[ "$status" -eq 3 ]
	[[ "${lines[0]}" = "::error title=amplan::folder 'nowhere' does not exist%0Ahelp: "* ]]
	[ "${#lines[@]}" = 1 ]
	two_that_hold
	run --separate-stderr "$AMPLAN" check --format github -q
	[ "$status" -eq 3 ]
	rm -r migrations/ä*
	run --separate-stderr "$AMPLAN" check --format github -q
	[ "$status" -eq 0 ]
	[[ "${lines[-1]}" = 'checked: 2 migrations hold'* ]]
}

@test "what a descriptor says stays within its annotation" {
	cat >migrations/all.xml <<-'X'
	<migration xmlns="urn:amplan:1" id="x">
	  <depends on="&#10;::stop-commands::y&#13;&#10;##[warning]%0A::&#x202e;&#9;"/><up>SELECT 1;</up>
	</migration>
	X
	run --separate-stderr "$AMPLAN" check --format github
	[ "${#lines[@]}" = 2 ]
	[[ "${lines[0]}" = "::error file=migrations/all.xml,line=2,col=16,endColumn="*",title=invalid-descriptor::'on' cannot be '%0A::stop-commands::y%0D%0A##[warning]%250A::\\u{202e}\\x09'%0Ahelp: "* ]]
	[ "${lines[1]}" = '1 error' ]
	run --separate-stderr "$AMPLAN" check --format sarif
	[[ "$(json '$.runs[0].results[0].message.text')" = *'::stop-commands::y'* ]]
	[[ "$(json '$.runs[0].results[0].message.markdown')" = *'\#\#\[warning\]'* ]]
	[[ "$output" != *$'\n'* ]]
}

@test "warnings and notes are told apart, and --strict makes errors of warnings" {
	sed -i 's/<depends on="001"\/>/&&/' migrations/all.xml
	run --separate-stderr "$AMPLAN" check --format github
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" = '::warning file=migrations/all.xml,line=7,col=37,endColumn=40,title=redundant-dependency::'* ]]
	run --separate-stderr "$AMPLAN" check --format sarif
	[ "$status" -eq 0 ]
	[ "$(json '$.runs[0].results[0].level')" = warning ]
	run --separate-stderr "$AMPLAN" check --format sarif --strict
	[ "$status" -eq 3 ]
	[ "$(json '$.runs[0].results[0].level')" = error ]
}

@test "--statement-timeout takes seconds, and nothing else" {
	for seconds in 0 0.25 30; do
		"$AMPLAN" check --statement-timeout $seconds
	done
	for seconds in -1 x 1s ''; do
		run --separate-stderr "$AMPLAN" check --statement-timeout "$seconds"
		[ "$status" -eq 2 ]
		[ "${stderr_lines[0]}" = "amplan: option '--statement-timeout' needs a number of seconds, not '$seconds'" ]
	done
	run --separate-stderr "$AMPLAN" check --format xml
	[ "$status" -eq 2 ]
	[ "${stderr_lines[0]}" = "amplan: option '--format' needs one of text|json|sarif|github, not 'xml'" ]
}

# A view on a table of another, and two that write the same column.
four_that_meet() {
	cat >migrations/all.xml <<-'X'
	<migrations xmlns="urn:amplan:1">
	  <migration id="001">
	    <up>CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT);</up>
	    <down>DROP TABLE user;</down>
	  </migration>
	  <migration id="002">
	    <up>CREATE VIEW people AS SELECT id FROM user;</up>
	    <down>DROP VIEW people;</down>
	  </migration>
	  <migration id="003">
	    <depends on="001"/>
	    <up>UPDATE user SET name = name || 'a' WHERE id &lt;> 0;</up>
	    <irreversible reason="nobody knows who had it"/>
	  </migration>
	  <migration id="004">
	    <depends on="001"/>
	    <up>UPDATE user SET name = name || 'b' WHERE id &lt;> 0;</up>
	    <irreversible reason="nobody knows who had it"/>
	  </migration>
	</migrations>
	X
}

@test "the JSON says what was touched, and what is demanded" {
	four_that_meet
	run --separate-stderr "$AMPLAN" check --json
	[ "$status" -eq 3 ]
	[ "$(json '$.migrations[0].effects')" = '[{"name":"user","how":["creates"]},{"name":"user","column":"id","how":["creates"]},{"name":"user","column":"name","how":["creates"]}]' ]
	[[ "$(json '$.migrations[1].effects')" = *'{"name":"user","column":"id","how":["reads"]}'* ]]
	[[ "$(json '$.migrations[2].effects')" = *'{"name":"user","column":"name","how":["reads","writes"]}'* ]]
	[ "$(json '$.demands')" = '[{"from":"002","on":"001","conflict":false,"object":"user"},{"from":"004","on":"003","conflict":true,"object":"user.name"}]' ]
}

@test "graph --effects draws what is demanded in red, and tells it" {
	four_that_meet
	"$AMPLAN" graph >before.dot 2>&1
	[ "$(grep -c c01515 before.dot)" = 0 ]
	run --separate-stderr "$AMPLAN" graph --effects
	[ "$status" -eq 3 ]
	# the picture is the same, but for the red lines and a legend
	[ "$(tr -d '\n\t' <<<"$output" | grep -oE '[0-9]{3} -> [0-9]{3}[^;]*;')" = '002 -> 001[color="#c01515",fontcolor="#c01515",fontname=Helvetica,fontsize=9,label=user,style=dashed,tooltip="002 needs 001 and does not say so"];
003 -> 001;
004 -> 001;
004 -> 003[color="#c01515",constraint=false,dir=none,fontcolor="#c01515",fontname=Helvetica,fontsize=9,label="user.name",style=dashed,tooltip="004 and 003: their order makes a difference"];' ]
	grep -q 'legend undeclared dependency' <<<"$output"
	grep -q 'legend conflict' <<<"$output"
	dot -Tsvg <<<"$output" | grep -q '002 needs 001 and does not say so'
	[ "$(grep -c 'error\[undeclared-dependency\]' <<<"$stderr")" = 1 ]
	[ "$(grep -c 'error\[unordered-conflict\]' <<<"$stderr")" = 1 ]
	[[ "$stderr" = *$'\n2 errors'* ]]
	local first=$output
	run --separate-stderr "$AMPLAN" graph --effects
	[ "$output" = "$first" ]
	run --separate-stderr "$AMPLAN" graph --effects --json
	[ "$status" -eq 3 ]
	[ "$(json '$.demands[1]')" = '{"from":"004","on":"003","conflict":true,"object":"user.name"}' ]
	[ "$(printf %s "$output" | grep -o '"severity":"error"' | wc -l)" = 2 ]
	[ "$(json '$.migrations[1].edges')" = '[]' ]
}

@test "graph --effects leaves out what is not shown, and keeps the states" {
	four_that_meet
	"$AMPLAN" apply -qyd app.db --to 001
	run --separate-stderr "$AMPLAN" graph --effects --around 003 -d app.db
	[ "$(grep -c -- '->' <<<"$output")" = 1 ]
	[[ "$output" != *c01515* ]]
	grep -q 'legend applied' <<<"$output"
	[ "$(sqlite3 app.db 'SELECT count(*) FROM amplan_history WHERE id <> ""')" = 1 ]
	# what the history says is told as well, once, and before what the check says
	sed -i 's/name TEXT/name TEXT, more TEXT/' migrations/all.xml
	run --separate-stderr "$AMPLAN" graph --effects -d app.db
	[ "$status" -eq 3 ]
	[ "$(grep -c 'error\[' <<<"$stderr")" = 3 ]
	[ "$(grep -c 'error\[changed\]' <<<"$stderr")" = 1 ]
	[[ "$stderr" = *$'\n3 errors'* ]]
	run --separate-stderr "$AMPLAN" graph --effects -d app.db --log-format json
	[ "$(grep -c '"kind":"undeclared-dependency"' <<<"$stderr")" = 1 ]
	[ "$(grep -c '"kind":"changed"' <<<"$stderr")" = 1 ]
}

@test "graph --effects of what holds is the picture as ever" {
	"$AMPLAN" graph >before.dot
	"$AMPLAN" graph --effects >after.dot
	cmp before.dot after.dot
	printf '<migration xmlns="urn:amplan:1" id="x">' >migrations/x.xml
	run --separate-stderr "$AMPLAN" graph --effects
	[ "$status" -eq 3 ]
	[ "$(grep -c 'error\[' <<<"$stderr")" = 1 ]
}

@test "a statement that never ends is stopped" {
	descriptor 003 '<depends on="002"/><up>CREATE TABLE n AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c;</up><irreversible reason="x"/>'
	run --separate-stderr timeout 60 "$AMPLAN" check --statement-timeout 0.3
	[ "$status" -eq 3 ]
	[[ "$output" = *migrations/003.xml* ]]
}

@test "--fix writes what is missing, says so, and then it is there" {
	four_that_meet
	sed -i '/<migration id="004">/,/<\/migration>/d' migrations/all.xml
	cp -r migrations before
	cp -r migrations again
	run --separate-stderr "$AMPLAN" check -q --fix
	[ "$status" -eq 0 ]
	[ "${lines[-2]}" = 'fixed: 1 dependency was written into its descriptor' ]
	[[ "${lines[-1]}" = 'checked: 3 migrations hold'* ]]
	[ "$(diff before/all.xml migrations/all.xml)" = '6a7
>     <depends on="001"/>' ]
	cp -r migrations after
	run --separate-stderr "$AMPLAN" check -q --fix
	[ "$status" -eq 0 ]
	[[ "$output" != *fixed* ]]
	diff -r after migrations
	run --separate-stderr "$AMPLAN" check --fix --json -m again
	[ "$(json '$.fixed')" = 1 ]
	cmp again/all.xml after/all.xml
	cp before/all.xml again
	sed -i 's/<\/migrations>/<migration id="005"><up>CREATE VIEW more AS SELECT name FROM user;<\/up><down>DROP VIEW more;<\/down><\/migration>\n&/' again/all.xml
	run --separate-stderr "$AMPLAN" check -q --fix -m again
	echo "$output"
	[[ "$output" = *'fixed: 2 dependencies were written into their descriptors'* ]]
	grep -qF '<migration id="005"><depends on="001"/><up>' again/all.xml
}
