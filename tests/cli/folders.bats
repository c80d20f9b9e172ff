# Where descriptors are looked for: folders, links, several of them, hidden ones.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	body='<up>CREATE TABLE a (x);</up>'
}

teardown() {
	remove_folder
}

@test "folders are walked to any depth, hidden names are passed over" {
	mkdir -p migrations/a/b/c migrations/.git
	descriptor 001_a "$body"
	descriptor 002_b "$body"
	descriptor 003_hidden "$body"
	descriptor 004_hidden "$body"
	mv migrations/002_b.xml migrations/a/b/c/zz.xml
	mv migrations/003_hidden.xml migrations/.git/
	mv migrations/004_hidden.xml migrations/.004_hidden.xml
	echo 'not a descriptor' >migrations/a/README.txt
	run --separate-stderr "$AMPLAN" order
	[ "$status" -eq 0 ]
	[ "$output" = $'001_a\n002_b' ]
}

@test "a link inside the folder is followed once, a circle ends" {
	mkdir migrations/real
	descriptor 001_a "$body"
	mv migrations/001_a.xml migrations/real/
	ln -s real migrations/again
	ln -s . migrations/circle
	ln -s ../real migrations/real/circle
	run --separate-stderr "$AMPLAN" order
	[ "$status" -eq 0 ]
	[ "$output" = 001_a ]
}

@test "a link to a folder outside is refused, not passed over" {
	mkdir shared
	descriptor 001_a "$body"
	mv migrations/001_a.xml shared/
	ln -s ../shared migrations/shared
	ln -s ../shared/README migrations/README
	run "$AMPLAN" order
	[ "$status" -eq 3 ]
	expect_output <<-'X'
	migrations/shared: error[invalid-descriptor]: the link leads out of the migrations folder
	  help: name the other folder, too: -m may be given several times
	1 error
	amplan: the descriptors do not hold: 1 error, nothing was touched
	X
	rm migrations/shared
	run --separate-stderr "$AMPLAN" order -m migrations -m shared
	[ "$status" -eq 0 ]
	[ "$output" = 001_a ]
}

@test "several folders are one catalog, and one within another is read once" {
	mkdir -p other/inner
	descriptor 001_a "$body"
	descriptor 002_b '<depends on="001_a"/><up>CREATE TABLE b (x);</up>'
	mv migrations/002_b.xml other/inner/
	run --separate-stderr "$AMPLAN" order -m other -m migrations -m other/inner
	[ "$status" -eq 0 ]
	[ "$output" = $'001_a\n002_b' ]
	AMPLAN_MIGRATIONS=other:migrations run --separate-stderr "$AMPLAN" order
	[ "$output" = $'001_a\n002_b' ]
	run "$AMPLAN" order -m other
	[ "$status" -eq 3 ]
	[[ $output == *"error[missing-dependency]: '002_b' depends on '001_a', which does not exist"* ]]
}

@test "the order does not depend on names of files and folders" {
	chain 30
	"$AMPLAN" order >before
	mkdir migrations/x migrations/y
	for file in migrations/*.xml; do
		mv "$file" "migrations/$([ $((RANDOM % 2)) = 0 ] && echo x || echo y)/$RANDOM$RANDOM.xml"
	done
	"$AMPLAN" order | diff before -
	[ "$(wc -l <before)" -eq 30 ]
}
