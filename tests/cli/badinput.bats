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
