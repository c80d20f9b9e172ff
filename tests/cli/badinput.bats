# Bad input: descriptors that do not hold. Exit 3, the exact words and places, and never a
# database.
load ../support/common

setup() {
	setup_folder
}

teardown() {
	remove_folder
}

# refused: runs `order`, expects exit 3 and the text on stdin on stderr.
refused() {
	run "$AMPLAN" order
	[ "$status" -eq 3 ]
	expect_output
}

@test "an empty folder is fine, no folder is not" {
	run "$AMPLAN" order
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run "$AMPLAN" plan -d app.db
	[ "$status" -eq 0 ]
	[ ! -e app.db ]
	run "$AMPLAN" check
	[ "$status" -eq 0 ]
	[ "$output" = "checked: 0 migrations hold, seeded" ]
	echo '<migrations xmlns="urn:amplan:1"/>' >migrations/none.xml
	run "$AMPLAN" check
	[ "$status" -eq 0 ]
	[ "$output" = "checked: 0 migrations hold, seeded" ]
	rm migrations/none.xml
	rmdir migrations
	refused <<-'END'
		amplan: folder 'migrations' does not exist
		  help: create it, write a first migration with 'amplan new', or name another folder with -m
	END
}

@test "not XML, and SQL that is not escaped" {
	echo 'CREATE TABLE a(x);' >migrations/a.xml
	printf '<migration xmlns="urn:amplan:1" id="b">\n<up>SELECT 1 < 2;</up>\n</migration>' >migrations/b.xml
	refused <<-'END'
		migrations/a.xml:1:1: error[invalid-descriptor]: the XML is not well-formed: Start tag expected, '<' not found
		  CREATE TABLE a(x);
		  ^
		  help: check that each tag is closed and each quote has its partner
		migrations/b.xml:2:14: error[invalid-descriptor]: the XML is not well-formed: StartTag: invalid element name
		  <up>SELECT 1 < 2;</up>
		               ^
		  help: in SQL write '&lt;' for '<' and '&amp;' for '&', or put the SQL into <![CDATA[ … ]]>
		2 errors
		amplan: the descriptors do not hold: 2 errors, nothing was touched
	END
}

@test "unknown attribute and element: did you mean" {
	printf '<migration xmlns="urn:amplan:1" id="a" transction="none">\n<up>SELECT 1;</up><dwon>x</dwon>\n</migration>' >migrations/a.xml
	refused <<-'END'
		migrations/a.xml:1:40: error[invalid-descriptor]: unknown attribute 'transction' on 'migration'
		  <migration xmlns="urn:amplan:1" id="a" transction="none">
		                                         ^^^^^^^^^^
		  help: did you mean 'transaction'?
		migrations/a.xml:2:20: error[invalid-descriptor]: unknown element 'dwon' in 'migration'
		  <up>SELECT 1;</up><dwon>x</dwon>
		                     ^^^^
		  help: did you mean 'down'?
		2 errors
		amplan: the descriptors do not hold: 2 errors, nothing was touched
	END
}

@test "the same id in two files: both places" {
	descriptor a '<up>SELECT 1;</up>'
	mkdir migrations/sub
	cp migrations/a.xml migrations/sub/
	refused <<-'END'
		migrations/sub/a.xml:2:37: error[duplicate-id]: the id 'a' is declared twice
		  <migration xmlns="urn:amplan:1" id="a">
		                                      ^
		migrations/a.xml:2:37: note: first declared here
		  <migration xmlns="urn:amplan:1" id="a">
		                                      ^
		  help: give one of them another id; one that was applied keeps its own
		1 error
		amplan: the descriptors do not hold: 1 error, nothing was touched
	END
}

@test "depends on itself" {
	descriptor a '<depends on="a"/><up>SELECT 1;</up>'
	refused <<-'END'
		migrations/a.xml:3:14: error[cycle]: 'a' depends on itself
		  <depends on="a"/><up>SELECT 1;</up>
		               ^
		  help: remove this dependency
		1 error
		amplan: the descriptors do not hold: 1 error, nothing was touched
	END
}

@test "cycles of 2 and of 3 in one run, an edge a line" {
	descriptor a '<depends on="b"/><up>SELECT 1;</up>'
	descriptor b '<depends on="a"/><up>SELECT 1;</up>'
	descriptor x '<depends on="y"/><up>SELECT 1;</up>'
	descriptor y '<depends on="z"/><up>SELECT 1;</up>'
	descriptor z '<depends on="x"/><up>SELECT 1;</up>'
	refused <<-'END'
		migrations/a.xml:3:14: error[cycle]: dependency cycle of 2: 'a' -> 'b' -> 'a'
		  <depends on="b"/><up>SELECT 1;</up>
		               ^
		migrations/a.xml:3:14: note: 'a' depends on 'b'
		  <depends on="b"/><up>SELECT 1;</up>
		               ^
		migrations/b.xml:3:14: note: 'b' depends on 'a'
		  <depends on="a"/><up>SELECT 1;</up>
		               ^
		  help: remove one of these dependencies
		migrations/x.xml:3:14: error[cycle]: dependency cycle of 3: 'x' -> 'y' -> 'z' -> 'x'
		  <depends on="y"/><up>SELECT 1;</up>
		               ^
		migrations/x.xml:3:14: note: 'x' depends on 'y'
		  <depends on="y"/><up>SELECT 1;</up>
		               ^
		migrations/y.xml:3:14: note: 'y' depends on 'z'
		  <depends on="z"/><up>SELECT 1;</up>
		               ^
		migrations/z.xml:3:14: note: 'z' depends on 'x'
		  <depends on="x"/><up>SELECT 1;</up>
		               ^
		  help: remove one of these dependencies
		2 errors
		amplan: the descriptors do not hold: 2 errors, nothing was touched
	END
}

@test "a cycle of 500" {
	for i in $(seq 500); do
		descriptor "n$i" "<depends on=\"n$((i % 500 + 1))\"/><up>SELECT 1;</up>"
	done
	run "$AMPLAN" order
	[ "$status" -eq 3 ]
	[[ ${lines[0]} == "migrations/n1.xml:3:14: error[cycle]: dependency cycle of 500: 'n1' -> 'n2' -> "* ]]
	[ "$(printf '%s\n' "$output" | grep -c ": note: 'n[0-9]*' depends on 'n[0-9]*'")" -eq 500 ]
}

@test "a dependency with a typo" {
	descriptor 001_users '<up>SELECT 1;</up>'
	descriptor 002 '<depends on="001_user"/><up>SELECT 1;</up>'
	refused <<-'END'
		migrations/002.xml:3:14: error[missing-dependency]: '002' depends on '001_user', which does not exist
		  <depends on="001_user"/><up>SELECT 1;</up>
		               ^^^^^^^^
		  help: did you mean '001_users'? (migrations/001_users.xml:2:37)
		1 error
		amplan: the descriptors do not hold: 1 error, nothing was touched
	END
}

@test "NUL, UTF-16, bytes that are not UTF-8, DOCTYPE" {
	printf '<migration xmlns="urn:amplan:1" id="a">\n<up>SELECT \0 1;</up></migration>' >migrations/a.xml
	printf '\xff\xfe<\0' >migrations/b.xml
	printf '<migration xmlns="urn:amplan:1" id="d"><up>SELECT "\xff";</up></migration>' >migrations/d.xml
	printf '<!DOCTYPE migration [<!ENTITY a "b">]>\n<migration xmlns="urn:amplan:1" id="e"><up>SELECT "&a;";</up></migration>' >migrations/e.xml
	refused <<-'END'
		migrations/a.xml:2:12: error[invalid-descriptor]: a NUL byte does not belong into a text file
		  <up>SELECT 
		             ^
		  help: save the file as UTF-8
		migrations/b.xml:1: error[invalid-descriptor]: the file is encoded in UTF-16, not in UTF-8
		  help: save the file as UTF-8
		migrations/d.xml:1:52: error[invalid-descriptor]: byte 0xff is not UTF-8 here
		  <migration xmlns="urn:amplan:1" id="d"><up>SELECT "\xff";</up></migration>
		                                                     ^^^^
		  help: save the file as UTF-8
		migrations/e.xml:1:1: error[invalid-descriptor]: a DOCTYPE is not allowed in a descriptor
		  <!DOCTYPE migration [<!ENTITY a "b">]>
		  ^^^^^^^^^
		  help: remove it; '&lt;' '&gt;' '&amp;' '&quot;' '&apos;' need no declaration
		4 errors
		amplan: the descriptors do not hold: 4 errors, nothing was touched
	END
}

@test "links that lead out, a pipe, src that leads up or nowhere" {
	ln -s /etc/passwd migrations/p.xml
	mkfifo migrations/f.xml
	ln -s . migrations/loop
	ln -s /etc/passwd migrations/q.sql
	printf '<migration xmlns="urn:amplan:1" id="a"><up src="../x.sql"/></migration>' >migrations/a.xml
	printf '<migration xmlns="urn:amplan:1" id="b"><up src="q.sql"/></migration>' >migrations/b.xml
	printf '<migration xmlns="urn:amplan:1" id="c"><up src="none.sql"/></migration>' >migrations/c.xml
	run "$AMPLAN" order
	[ "$status" -eq 3 ]
	[[ $output == *"migrations/a.xml:1:49: error[invalid-descriptor]: file '../x.sql' is outside of the migrations folder"* ]]
	[[ $output == *"migrations/b.xml:1:49: error[invalid-descriptor]: file 'q.sql' is outside of the migrations folder"* ]]
	[[ $output == *"migrations/c.xml:1:49: error[invalid-descriptor]: file 'none.sql' does not exist"* ]]
	[[ $output == *"migrations/f.xml: error[invalid-descriptor]: this is not a regular file"* ]]
	[[ $output == *"migrations/p.xml: error[invalid-descriptor]: the link leads out of the migrations folder"* ]]
	[[ $output != *root:* ]]
}

@test "src may lead upwards as long as it stays inside" {
	mkdir -p migrations/sub/deep
	echo 'CREATE TABLE a (x);' >migrations/shared.sql
	printf '<migration xmlns="urn:amplan:1" id="a"><up src="../../shared.sql"/></migration>' >migrations/sub/deep/a.xml
	"$AMPLAN" apply -d app.db
	[ "$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'a'")" = 1 ]
}

@test "exact places in SQL: inline, behind entities, in CDATA, in a file with CRLF" {
	printf '<migration xmlns="urn:amplan:1" id="a">\n<up>SELECT 1 &lt; 2; SELECT &amp;1;</up>\n</migration>' >migrations/a.xml
	printf '<migration xmlns="urn:amplan:1" id="b">\n<up>SELECT 1 &lt; 2; <![CDATA[\n SELECT  x\xc3\xa9 < 2;]]></up>\n</migration>' >migrations/b.xml
	printf 'SELECT 1;\r\n\r\nSELECT "a" || zz;\r\n' >migrations/s.sql
	printf '<migration xmlns="urn:amplan:1" id="c"><up src="s.sql"/></migration>' >migrations/c.xml
	printf '\xef\xbb\xbf<migration xmlns="urn:amplan:1" id="d">\r\n<up>SELECT\r\n bad;</up></migration>' >migrations/d.xml
	run "$AMPLAN" plan
	[ "$status" -eq 1 ]
	[[ $output == *"migrations/a.xml:2:29: error[invalid-sql]: statement 2 fails: near \"&\": syntax error"* ]]
	[[ $output == *"migrations/b.xml:3:10: error[invalid-sql]: statement 2 fails: no such column: xé
   SELECT  xé < 2;]]></up>
           ^^"* ]]
	[[ $output == *"migrations/s.sql:3:15: error[invalid-sql]: statement 2 fails: no such column: zz"* ]]
	[[ $output == *"migrations/d.xml:3:2: error[invalid-sql]: statement 1 fails: no such column: bad"* ]]
}

@test "trigger bodies, CASE, comments and strings with semicolons are not split" {
	descriptor a "<up><![CDATA[
CREATE TABLE a (x); /* one; two; */ -- three; four
CREATE TABLE log (y DEFAULT ';');
CREATE TRIGGER t AFTER INSERT ON a BEGIN
  INSERT INTO log (y) VALUES (CASE WHEN new.x = ';' THEN 'a;b' ELSE 'END;' END);
  UPDATE log SET y = y || ';--' WHERE y = 'a;b'; -- ; END;
END;
INSERT INTO a VALUES (';');
]]></up><verify>SELECT y = 'a;b;--' FROM log</verify>"
	"$AMPLAN" apply -d app.db
	[ "$("$AMPLAN" plan -d other.db | grep -c '     4 statements, 3 rows')" -eq 1 ]
}

@test "a saved plan of which any byte changed is refused" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	"$AMPLAN" plan -d app.db --out plan.xml >/dev/null
	size=$(stat -c %s plan.xml)
	for ((at = 0; at < size; at += 1 + size / 60)); do
		cp plan.xml bent.xml
		byte=$(od -An -tu1 -j $at -N 1 plan.xml)
		printf "\\x$(printf %02x $((byte ^ 1)))" | dd of=bent.xml bs=1 seek=$at conv=notrunc status=none
		run "$AMPLAN" apply -d app.db --plan bent.xml
		[ "$status" -eq 3 ] || { echo "byte $at"; false; }
		[ ! -e app.db ]
	done
	"$AMPLAN" apply -d app.db --plan plan.xml
}

@test "a saved plan does not fit a changed descriptor, schema, history or database" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	sqlite3 app.db 'CREATE TABLE mine (x)'
	"$AMPLAN" plan -d app.db --out plan.xml >/dev/null
	descriptor 1 '<up>CREATE TABLE b (x);</up>'
	run "$AMPLAN" apply -d app.db --plan plan.xml
	[ "$status" -eq 3 ]
	[[ $output == *"plan.xml: error[plan-stale]: '1' was changed after the plan was saved"* ]]
	rm migrations/1.xml
	run "$AMPLAN" apply -d app.db --plan plan.xml
	[ "$status" -eq 3 ]
	[[ $output == *"error[plan-stale]: '1' is in the plan, but not in the catalog any more"* ]]
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	sqlite3 app.db 'CREATE INDEX i ON mine (x)'
	run "$AMPLAN" apply -d app.db --plan plan.xml
	[ "$status" -eq 3 ]
	[[ $output == *"error[plan-stale]: the schema of the database changed after the plan was saved"* ]]
	sqlite3 app.db 'DROP INDEX i'
	"$AMPLAN" apply -d app.db --plan plan.xml
	run "$AMPLAN" apply -d app.db --plan plan.xml
	[ "$status" -eq 3 ]
	[[ $output == *"error[plan-stale]: '1' was applied meanwhile"* ]]
}

@test "JSON escapes what turns text round or tells a terminal to do something" {
	mkdir -p migrations
	printf '<migration xmlns="urn:amplan:1" id="a"><depends on="x\342\200\256y\302\233z\363\240\200\201"/><up>SELECT 1;</up></migration>' >migrations/a.xml
	run "$AMPLAN" check --json
	[ "$status" -eq 3 ]
	jq . <<<"$output" >/dev/null
	[[ $output == *'\u202e'* && $output == *'\u009b'* && $output == *'\udb40\udc01'* ]]
	! grep -qaP '\xe2\x80\xae|\xc2\x9b|\xf3\xa0\x80\x81' <<<"$output"
}

@test "a saved plan takes the place of an older one, and of nothing else" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	"$AMPLAN" apply -d app.db
	descriptor 2 '<up>CREATE TABLE b (x);</up>'
	sqlite3 other.db 'CREATE TABLE mine (x)'
	ln -s app.db link
	ln -s other.db second
	echo notes >notes.txt
	fingerprint_folder >"$BATS_TEST_TMPDIR/before"
	for name in app.db ./app.db link; do
		run "$AMPLAN" plan -q -d app.db --out "$name"
		[ "$status" -eq 2 ]
		[[ $output == *"amplan: '$name' is the database, or a file that belongs to it
  help: nothing was written: save the plan under another name" ]] || { echo "$output"; false; }
	done
	for name in other.db second notes.txt migrations/1.xml; do
		run "$AMPLAN" plan -q -d app.db --out "$name" --json
		[ "$status" -eq 2 ]
		[[ $output == *"'$name' exists, and is not a saved plan"* ]] || { echo "$output"; false; }
	done
	fingerprint_folder | diff "$BATS_TEST_TMPDIR/before" -
	# where the database is yet to be made, and beside it
	run "$AMPLAN" plan -q -d new.db --out new.db
	[ "$status" -eq 2 ]
	[ ! -e new.db ]
	sqlite3 wal.db 'PRAGMA journal_mode=wal; CREATE TABLE z (x);' >/dev/null
	occupy wal.db 'INSERT INTO z VALUES (1)'
	for suffix in -wal -shm; do
		run "$AMPLAN" plan -q -d wal.db --out wal.db$suffix
		[ "$status" -eq 2 ]
		[[ $output == *"'wal.db$suffix' is the database, or a file that belongs to it"* ]]
	done
	leave
	# an empty file, as mktemp makes it, and a plan
	: >a.plan
	"$AMPLAN" plan -q -d app.db --out a.plan
	ln -s a.plan b.plan
	"$AMPLAN" plan -q -d app.db --out b.plan
	[ -L b.plan ]
	"$AMPLAN" apply -q --plan a.plan -d app.db
	"$AMPLAN" plan -q -d wal.db --out /dev/stdout | grep -q '^<plan '
}

@test "a place where no plan can be saved is a mistake of the caller" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	for name in nowhere/x .; do
		run "$AMPLAN" plan -q -d app.db --out $name
		[ "$status" -eq 2 ]
		[[ $output == *"amplan: cannot write '$name': "*"
  help: name a file in a folder that exists" ]] || { echo "$output"; false; }
	done
	run "$AMPLAN" show nowhere
	[ "$status" -eq 3 ]
	expect_output <<-'END'
		amplan: cannot read 'nowhere': No such file or directory
		  help: name a file that 'amplan plan --out' wrote
	END
}

@test "verify, rollback and resolve do not take a missing file for a database" {
	descriptor 1 '<up>CREATE TABLE a (x);</up><down>DROP TABLE a;</down>'
	for command in verify 'rollback --steps 1' 'resolve 1 --applied'; do
		# shellcheck disable=SC2086
		run "$AMPLAN" $command -d missing.db
		[ "$status" -eq 6 ]
		expect_output <<-'END'
			amplan: 'missing.db' does not exist
			  help: check the name; only plan, apply and start take a missing file for a database that is to be made
		END
		[ ! -e missing.db ]
	done
	# an empty file is an empty database: so a first start leaves it that was killed
	: >empty.db
	run "$AMPLAN" verify -d empty.db
	[ "$status" -eq 0 ]
	expect_output <<-'END'
		verified: empty.db, 0 migrations applied, history and schema hold
	END
}

@test "a connection string of PostgreSQL is not taken for a file, nor shown" {
	for name in 'host=h password=SECRET' 'password=SECRET host=h' 'dbname=d password=SECRET'; do
		run env DATABASE_URL="$name" "$AMPLAN" status
		[ "$status" -eq 2 ]
		[[ $output != *SECRET* ]]
		[[ $output == *"no engine for a database that is named by host and user"* ]]
	done
	run "$AMPLAN" status -d 'sqlite:host=h'
	[ "$status" -eq 0 ]
}

@test "a pipe where a plan is expected is waited for, and the first signal ends that" {
	descriptor 1 '<up>CREATE TABLE a (x);</up>'
	mkfifo pipe
	for command in "show pipe" "apply -qy -d app.db --plan pipe" "plan -q -d app.db --out pipe"; do
		# shellcheck disable=SC2086
		run timeout -s TERM -k 20 2 "$AMPLAN" $command
		[ "$status" -eq 124 ]
	done
	[ ! -e app.db ]
	# with somebody at the other end
	"$AMPLAN" plan -q -d app.db --out pipe &
	"$AMPLAN" show pipe | grep -q 'plan for app.db'
	wait $!
}

@test "an output that cannot be written hides no verdict" {
	descriptor 1 '<up>SELECT nope;</up>'
	for command in check 'plan -d app.db'; do
		code=0
		# shellcheck disable=SC2086
		"$AMPLAN" $command >/dev/null || code=$?
		status=0
		# shellcheck disable=SC2086
		"$AMPLAN" $command >/dev/full 2>said || status=$?
		[ "$code" -ne 0 ]
		[ "$status" -eq "$code" ]
		grep -q '^amplan: cannot write to standard output: No space left on device' said
	done
	descriptor 1 '<up>SELECT 1;</up>'
	status=0
	"$AMPLAN" order >/dev/full || status=$?
	[ "$status" -eq 70 ]
}

@test "of a file with too many elements only that is said" {
	{
		echo '<migrations xmlns="urn:amplan:1">'
		for i in $(seq 16384); do echo "<migration id=\"m$i\"><up>SELECT 1;</up></migration>"; done
		echo '</migrations>'
	} >migrations/many.xml
	run "$AMPLAN" order
	[ "$status" -eq 3 ]
	[[ ${lines[0]} == *"the file holds more than "*" elements" ]] || { echo "$output" | cut -c1-200; false; }
	[ "$(printf '%s\n' "$output" | grep -c 'error')" -le 3 ]
	[[ $output != *"has no 'up'"* ]]
}
