# The check says what a down makes otherwise than it was, in the first thing that differs.
#
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
}

teardown() {
	remove_folder
}

# makes WAS NOW: a step whose down makes NOW of what was WAS
makes() {
	descriptor 1 "<up>CREATE TABLE o (a INTEGER PRIMARY KEY); CREATE TABLE $1;</up>
<irreversible reason=\"it is the first\"/>"
	descriptor 2 "<depends on=\"1\"/>
<allow kind=\"destructive\" reason=\"a test\"/>
<up>DROP TABLE t;</up><down>CREATE TABLE $2;</down>"
}

# otherwise WAS NOW: what is said of such a step
otherwise() {
	makes "$@"
	run -3 "$AMPLAN" check
	grep -o "error\[.*" <<<"$output"
}

down="error[down-not-inverse]: the down of '2' does not undo its up: the table 't'"

@test "a down that makes other columns" {
	was="t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x', c INT NOT NULL)"
	[ "$(otherwise "$was" "t (a INTEGER PRIMARY KEY, b INT DEFAULT 'x', c INT NOT NULL)")" \
		= "$down has 'b' as 'INT' instead of 'TEXT'" ]
	[ "$(otherwise "$was" "t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x', c INT)")" \
		= "$down has 'c' without NOT NULL" ]
	[ "$(otherwise "$was" "t (a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'x', c INT NOT NULL)")" \
		= "$down has 'b' as NOT NULL" ]
	[ "$(otherwise "$was" "t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'y', c INT NOT NULL)")" \
		= "$down has 'b' with the default 'y' instead of 'x'" ]
	[ "$(otherwise "$was" "t (a INTEGER PRIMARY KEY, b TEXT, c INT NOT NULL)")" \
		= "$down has 'b' with the default none instead of 'x'" ]
	[ "$(otherwise "$was" "t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x', c INT NOT NULL DEFAULT 1)")" \
		= "$down has 'c' with the default 1 instead of none" ]
	[ "$(otherwise "$was" "t (a INTEGER, b TEXT DEFAULT 'x', c INT NOT NULL)")" \
		= "$down has 'a' in another primary key" ]
}

@test "a down that makes other constraints" {
	was="t (a INTEGER PRIMARY KEY, b INT)"
	[ "$(otherwise "$was" "t (a INTEGER PRIMARY KEY, b INT REFERENCES o)")" \
		= "$down has 1 foreign keys instead of 0" ]
	[ "$(otherwise "$was" "t (a INTEGER PRIMARY KEY, b INT UNIQUE)")" \
		= "$down has other constraints" ]
	[ "$(otherwise "$was" "t (a INTEGER PRIMARY KEY, b INT CHECK (b))")" \
		= "$down is declared in another way" ]
}

# A person wrote it so; what is missing then are the rows.
@test "a down that makes the columns in another order, quoted in each way" {
	makes 't (a INTEGER PRIMARY KEY, "b""1" INT, [c] INT, `d` INT)' \
		't (a INTEGER PRIMARY KEY, `d` INT, [c] INT, "b""1" INT)'
	run -0 "$AMPLAN" check
	[ "$(grep -o "\[down.*" <<<"$output")" = \
		"[down-not-inverse]: the down of '2' does not undo its up: 't' has 0 rows instead of 3" ]
}

# The mark of ids stays behind, and the second time the row has the next one.
@test "a down after which the up cannot be applied again" {
	descriptor 1 '<up>CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id &lt; 2), v);</up>
<down>DROP TABLE t;</down>'
	descriptor 2 "<depends on=\"1\"/>
<up>INSERT INTO t (v) VALUES ('x');</up><down>DELETE FROM t WHERE v = 'x';</down>"
	run -3 "$AMPLAN" check
	[ "$(grep -A3 "error\[" <<<"$output")" = "\
migrations/2.xml:4:5: error[down-not-inverse]: after its down '2' cannot be applied again: statement 1 fails: CHECK constraint failed: id < 2
  <up>INSERT INTO t (v) VALUES ('x');</up><down>DELETE FROM t WHERE v = 'x';</down>
      ^^^^^^
  help: the down left something behind: it has to undo the up, whole and nothing else" ]
}
