# Rebuild recipes as people write them, each with its verdict: no lossy one passes, no sound
# one is refused. tests/recipes holds one descriptor per recipe; the comment at its top
# says what is to come out:
#
#	verdict:  passes, warns, notes (exit 0), refused (3) or fails (1)
#	says:     LINE:COLUMN: and a finding; there must be no others
#	query:    on the database afterwards, and what it
#	gives:    then
#
# Each is tried on world.sql: in a plan, in an apply with rehearsal and in one without.

load ../support/common

setup() {
	setup_folder
	sqlite3 world.db <"$SOURCE/tests/recipes/world.sql"
}

teardown() {
	remove_folder
}

# said WORD FILE: the lines of the comment that begin with it
said() {
	sed -n "/^<!--/,/^-->/s/^$1: //p" "$2"
}

exit_code() {
	case $1 in
	passes | warns | notes) echo 0 ;;
	fails) echo 1 ;;
	refused) echo 3 ;;
	esac
}

# try COMMAND…: runs it for each recipe; prints those that come out otherwise
try() {
	local recipe wrong=0 count=0 code
	for recipe in "$SOURCE"/tests/recipes/*.xml; do
		count=$((count + 1))
		rm -rf migrations app.db*
		mkdir migrations
		cp "$recipe" migrations
		cp world.db app.db
		code=0
		"$AMPLAN" "$@" -d app.db >out 2>&1 || code=$?
		check_one "$recipe" "$1" $code || wrong=$((wrong + 1))
	done
	echo "$count recipes, $wrong wrong"
	[ "$count" -ge 90 ] && [ $wrong -eq 0 ]
}

# check_one RECIPE COMMAND CODE: what came out, in ./out and app.db
check_one() {
	local verdict right=0
	verdict=$(said verdict "$1")
	if [ "$3" != "$(exit_code "$verdict")" ]; then
		echo "$(basename "$1"): $verdict, but exit code $3"
		right=1
	fi
	diff <(said says "$1") <(grep -F '.xml:' out | grep -vF 'note[unknown-without-rows]' |
		sed 's/^migrations.[^:]*://') || {
		echo "$(basename "$1"): other findings"
		right=1
	}
	if [ "$2" = plan ] || [ "$(exit_code "$verdict")" != 0 ]; then
		cmp world.db app.db || right=1
		[ ! -e app.db-journal ] || right=1
	else
		diff <(said gives "$1") <(sqlite3 app.db "$(said query "$1")") || {
			echo "$(basename "$1"): other rows"
			right=1
		}
		[ "$(sqlite3 app.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] || right=1
	fi
	[ $right -eq 0 ] || cat out
	return $right
}

@test "each recipe says what it should" {
	local recipe verdict
	for recipe in "$SOURCE"/tests/recipes/*.xml; do
		verdict=$(said verdict "$recipe")
		[ -n "$(exit_code "$verdict")" ]
		case $verdict in
		passes) [ -z "$(said says "$recipe")" ] ;;
		warns) said says "$recipe" | grep -q ': warning' ;;
		notes) said says "$recipe" | grep -q ': note' ;;
		*) said says "$recipe" | grep -q ': error' ;;
		esac
		[ "$(exit_code "$verdict")" != 0 ] || [ -n "$(said query "$recipe")" ]
		grep -q "id=\"$(basename "$recipe" .xml)\"" "$recipe"
	done
}

@test "recipes in a plan" {
	try plan
}

@test "recipes in an apply" {
	try apply --yes
}

@test "recipes without a rehearsal: the transaction itself refuses" {
	try apply --yes --no-rehearsal
}

@test "recipes after a rehearsal without rows: the transaction is the last proof" {
	try apply --yes --shadow schema
}

# rebuild [CONDITION]: SQL that rebuilds ticket, with a condition in the copy
rebuild() {
	echo "CREATE TABLE t2 (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO t2 SELECT id, title FROM ticket $1; DROP TABLE ticket; ALTER TABLE t2 RENAME TO ticket;"
}

@test "a rebuild over two steps: the table that takes the name was filled before" {
	cp world.db app.db
	descriptor 1 '<up>CREATE TABLE code (code TEXT, name TEXT); INSERT INTO code SELECT * FROM country;</up>'
	descriptor 2 '<depends on="1"/><up>DROP TABLE country; ALTER TABLE code RENAME TO country;</up>'
	"$AMPLAN" apply --yes -d app.db
	[ "$(sqlite3 app.db 'SELECT count(*) FROM country')" = 4 ]
	cp world.db app.db
	descriptor 1 '<up>CREATE TABLE code (code TEXT, name TEXT); INSERT INTO code SELECT DISTINCT code, NULL FROM country;</up>'
	for how in "" --no-rehearsal; do
		run "$AMPLAN" apply --yes -d app.db $how
		[ "$status" -eq 3 ]
		[[ $output == *"migrations/2.xml:3:22: error[row-loss]: 'country' had 4 rows when it was dropped, 3 of them were copied, and no DELETE of the step removed the others"* ]]
		cmp world.db app.db
	done
}

@test "the finding stands at the copy that lost the rows, and says what to do" {
	cp world.db app.db
	descriptor 1 "<up>$(rebuild 'WHERE id > 1')</up>"
	run "$AMPLAN" apply --yes -d app.db
	[ "$status" -eq 3 ]
	expect_output <<-'END'
		migrations/1.xml:3:59: error[row-loss]: 'ticket' had 3 rows when it was dropped, 2 of them were copied, and no DELETE of the step removed the others
		  <up>CREATE TABLE t2 (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO t2 SELECT id, title FROM ticket WHERE id > 1; DROP TABLE ticket; ALTER TABLE t2 RENAME TO ticket;</up>
		                                                            ^^^^^^
		  help: copy all rows; if some are to go, write the DELETE before the copy, or say <allow kind="row-loss" reason="…"/>
		1 error
		amplan: '1': 'ticket' had 3 rows when it was dropped, 2 of them were copied, and no DELETE of the step removed the others
	END
}

@test "a row that a join repeats does not stand for one that it leaves out" {
	sqlite3 app.db "CREATE TABLE member (name, mail); INSERT INTO member VALUES ('ada', 'a@'), ('bob', 'b@'), ('cy', 'c@');
		CREATE TABLE team (name, member); INSERT INTO team VALUES ('red', 'ada'), ('blue', 'ada'), ('red', 'bob');"
	descriptor 1 '<up>CREATE TABLE m2 (name, mail, team); INSERT INTO m2 SELECT m.name, m.mail, t.name FROM member AS m JOIN team AS t ON t.member = m.name; DROP TABLE member; ALTER TABLE m2 RENAME TO member;</up>'
	run "$AMPLAN" apply --yes -d app.db
	[ "$status" -eq 3 ]
	expect_output <<-'END'
		migrations/1.xml:3:41: error[row-loss]: 'member' had 3 rows when it was dropped, 1 of them (by name, mail) is not in the copy, which has others more often, and no DELETE of the step removed it
		  <up>CREATE TABLE m2 (name, mail, team); INSERT INTO m2 SELECT m.name, m.mail, t.name FROM member AS m JOIN team AS t ON t.member = m.name; DROP TABLE member; ALTER TABLE m2 RENAME TO member;</up>
		                                          ^^^^^^
		  help: copy all rows; if some are to go, write the DELETE before the copy, or say <allow kind="row-loss" reason="…"/>
		1 error
		amplan: '1': 'member' had 3 rows when it was dropped, 1 of them (by name, mail) is not in the copy, which has others more often, and no DELETE of the step removed it
	END
	[ "$(sqlite3 app.db 'SELECT count(*) FROM member')" = 3 ]
}

@test "a down must not lose rows either" {
	cp world.db app.db
	descriptor 1 "<up>ALTER TABLE ticket ADD COLUMN done;</up><down>$(rebuild 'WHERE done')</down>"
	"$AMPLAN" apply --yes -d app.db
	run "$AMPLAN" rollback --yes -d app.db --steps 1
	[ "$status" -eq 3 ]
	[[ $output == *"error[row-loss]: 'ticket' had 3 rows when it was dropped, none of them was copied, and no DELETE of the step removed them"* ]]
	[ "$(sqlite3 app.db 'SELECT count(*) FROM ticket')" = 3 ]
}

@test "a step without a transaction is watched in its rehearsal" {
	cp world.db app.db
	descriptor 1 "<up>$(rebuild 'WHERE id > 1')</up>" 'transaction="none"'
	run "$AMPLAN" apply --yes -d app.db
	[ "$status" -eq 3 ]
	[[ $output == *"error[row-loss]: 'ticket' had 3 rows"* ]]
	cmp world.db app.db
	# what it rolls back itself was not lost
	descriptor 1 '<up>BEGIN; DROP TABLE reading; CREATE TABLE reading (a); ROLLBACK; CREATE TABLE fine (a);</up>' 'transaction="none"'
	"$AMPLAN" apply --yes -d app.db
	[ "$(sqlite3 app.db 'SELECT count(*) FROM reading')" = 4 ]
}

@test "several allowed kinds become notes with their reasons" {
	cp world.db app.db
	descriptor 1 "<allow kind=\"row-loss\" reason=\"ticket 1 was a test\"/><allow kind=\"autoincrement-reset\" reason=\"nobody keeps them\"/><up>$(rebuild 'WHERE id > 1')</up>"
	run "$AMPLAN" plan -d app.db
	[ "$status" -eq 0 ]
	[[ $output == *"note[row-loss]: 'ticket' had 3 rows when it was dropped, 2 of them were copied, and no DELETE of the step removed the others (allowed: ticket 1 was a test)"* ]]
	[[ $output == *"note[autoincrement-reset]: 'ticket' had given out ids up to 4, and begins again behind 3: it is no longer AUTOINCREMENT (allowed: nobody keeps them)"* ]]
	"$AMPLAN" apply --yes -d app.db
	[ "$(sqlite3 app.db 'SELECT count(*) FROM ticket')" = 2 ]
}
