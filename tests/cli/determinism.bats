# The same input gives the same bytes (guarantee 5): plan, JSON and DOT depend neither on the
# order in which files came to the disk, nor on locale, time zone, umask, folder or terminal.
#
# SHUFFLES sets how many orders are tried, SEED which; the full run is
#   SHUFFLES=10000 ./check -R cli.determinism
load ../support/common

setup() {
	setup_folder
	shuffles=${SHUFFLES:-30}
	RANDOM=${SEED:-4711}
}

teardown() {
	remove_folder
}

# catalog: ids whose order a locale, a hash or a folder would get wrong
catalog() {
	local ids=(b a B A 10_x 9_x 2_x z_1 z-1 z.1 Z i I 1 01 001 d1 d2 d3)
	local i
	for i in "${!ids[@]}"; do
		descriptor "${ids[$i]}" "$([ "$i" -lt 4 ] || printf '<depends on="%s"/>' "${ids[$((i % 4))]}" "${ids[$((i / 2))]}" | sort -u)
<up>CREATE TABLE t$i (a INTEGER PRIMARY KEY, b TEXT);
CREATE INDEX n$i ON t$i (b);</up><down>DROP TABLE t$i;</down>"
	done
	for i in 1 2 3; do
		descriptor "w$i" "<depends on=\"b\"/><up>INSERT INTO t0 VALUES ($i, 'x');</up><down>DELETE FROM t0 WHERE a = $i;</down>"
	done
}

# said FOLDER: everything that is printed of a catalog; times of a step are no part of it
said() {
	"$AMPLAN" order -m "$1" || return 1
	"$AMPLAN" graph -m "$1" || return 1
	"$AMPLAN" graph -m "$1" --reduce || return 1
	"$AMPLAN" plan -m "$1" --exit-code --json | jq -cS 'del(.pending[].milliseconds)'
	"$AMPLAN" plan -m "$1" --json | jq -r .digest
	"$AMPLAN" check -m "$1" --json | jq -cS 'del(.pending[].milliseconds)'
}

@test "files in any order on the disk: the same bytes" {
	catalog
	said migrations >first
	[ "$(wc -c <first)" -gt 4000 ]
	mv migrations kept
	local i file
	for ((i = 0; i < shuffles; i++)); do
		rm -rf migrations && mkdir migrations
		# some are made and taken away again, so that the folder's own order moves too
		for file in $(ls kept | while read -r name; do echo "$RANDOM $name"; done | sort -n | cut -d' ' -f2); do
			[ $((RANDOM % 3)) -ne 0 ] || : >"migrations/$RANDOM.tmp"
			cp "kept/$file" migrations/
		done
		rm -f migrations/*.tmp
		said migrations >again
		diff first again >&2 || { echo "shuffle $i differs" >&2; return 1; }
	done
	echo "$shuffles shuffles"
}

@test "other file names, folders and files with many migrations: the same order and digest" {
	catalog
	"$AMPLAN" order >first
	"$AMPLAN" plan --json | jq -r .digest >>first
	local i file to
	for ((i = 0; i < shuffles / 2; i++)); do
		rm -rf other && mkdir -p other/x other/y/z
		printf '<migrations xmlns="urn:amplan:1">\n' >other/many.xml
		for file in migrations/*.xml; do
			case $((RANDOM % 4)) in
			0) cp "$file" "other/$RANDOM$i.${file##*/}" ;;
			1) cp "$file" "other/x/$((RANDOM % 10)).${file##*/}" ;;
			2) cp "$file" "other/y/z/${file##*/}" ;;
			3) sed '1d; s/ xmlns="urn:amplan:1"//' "$file" >>other/many.xml ;;
			esac
		done
		printf '</migrations>\n' >>other/many.xml
		grep -q '<migration ' other/many.xml || rm other/many.xml
		{
			"$AMPLAN" order -m other
			"$AMPLAN" plan -m other --json | jq -r .digest
		} >again
		diff first again >&2 || { echo "shuffle $i differs" >&2; return 1; }
	done
}

@test "locale, time zone, umask, terminal and folder: the same bytes" {
	catalog
	said migrations >first
	for setting in LC_ALL=C.UTF-8 LC_ALL=tr_TR.UTF-8 LANG=et_EE TZ=Asia/Kathmandu TZ=:/nowhere \
		TERM=dumb TERM= COLUMNS=20 HOME=/nonexistent TMPDIR="$PWD" MALLOC_PERTURB_=85; do
		(export "${setting?}"; said migrations) >again
		diff first again >&2 || { echo "$setting differs" >&2; return 1; }
	done
	(umask 077; said migrations) >again
	diff first again >&2
	mkdir -p deep/er && mv migrations deep/er/
	(cd deep/er && said migrations) >again
	diff first again >&2
}
