# kill -9 at random moments of a 200-step apply: what is there afterwards is a state of
# the plan's stages, and the next run finishes unaided. (invariants 1 and 3)
#
# KILLS sets how many, SEED which; the full run is
#   KILLS=300 ./check -R storm.kills
load ../support/common

setup() {
	setup_folder
	chain 200
	kills=${KILLS:-25}
	RANDOM=${SEED:-4711}
}

teardown() {
	remove_folder
}

# Longest moment to wait for, in milliseconds: a bit more than a whole run takes.
measure() {
	local began ended
	began=$(date +%s%3N)
	"$AMPLAN" apply -d whole.db --yes --no-rehearsal >/dev/null 2>&1
	ended=$(date +%s%3N)
	longest=$(((ended - began) * 11 / 10 + 1))
	dump whole.db >whole.txt
}

# state: what is applied and what is there must be nothing, or a prefix in whole stages.
check_state() {
	local applied steps
	[ -s app.db ] || return 0
	[ "$(sqlite3 app.db 'PRAGMA integrity_check')" = ok ]
	applied=$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'amplan_history'")
	[ "$applied" = 1 ] && applied=$(sqlite3 app.db "SELECT count(*) FROM amplan_history WHERE event = 'applied'")
	steps=$(sqlite3 app.db "SELECT count(*) FROM sqlite_schema WHERE name GLOB 't[0-9]*'")
	case "$1:$applied:$steps" in
	one:0:0 | one:200:199 | two:0:0 | two:100:99 | two:200:199) ;;
	*)
		echo "between two states: $applied applied, $steps tables" >&2
		return 1
		;;
	esac
}

storm() {
	local i pid moment survived=0
	for ((i = 1; i <= kills; i++)); do
		rm -f app.db*
		[ "$2" = wal ] && sqlite3 app.db 'PRAGMA journal_mode=WAL; CREATE TABLE tmp(a); DROP TABLE tmp;' >/dev/null
		"$AMPLAN" apply -d app.db --yes --no-rehearsal >/dev/null 2>&1 &
		pid=$!
		moment=$((RANDOM % longest))
		sleep "$(printf '0.%03d' $((moment % 1000)))"
		[ "$moment" -ge 1000 ] && sleep $((moment / 1000))
		kill -9 "$pid" 2>/dev/null || survived=$((survived + 1))
		wait "$pid" 2>/dev/null || true
		check_state "$1" || { echo "kill $i after $moment ms" >&2; return 1; }
		"$AMPLAN" apply -d app.db --yes --no-rehearsal >/dev/null 2>log || { cat log >&2; return 1; }
		dump app.db | diff - whole.txt >&2
		"$AMPLAN" verify -d app.db
	done
	echo "$kills kills, $survived of them after the end"
}

@test "kill -9 during one stage, rollback journal" {
	measure
	storm one delete
}

@test "kill -9 during one stage, WAL" {
	measure
	storm one wal
}

@test "kill -9 between two stages" {
	sed -i 's/id="100_step"/id="100_step" foreign-keys="on"/' migrations/100_step.xml
	for i in $(seq 101 199); do
		sed -i "s/id=\"${i}_step\"/id=\"${i}_step\" foreign-keys=\"on\"/" "migrations/${i}_step.xml"
	done
	kills=$((kills / 2 + 1))
	measure
	storm two delete
}
