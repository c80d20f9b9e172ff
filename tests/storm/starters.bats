# Many processes that start together on one new database: each migration is applied
# exactly once, and all of them succeed. (invariants 2 and 3)
#
# STORM_ROUNDS and STORM_STARTERS set the size; the full run is
#   STORM_ROUNDS=50 STORM_STARTERS=64 ./check -R storm.starters
load ../support/common

setup() {
	setup_folder
	export PRODUCTION_MODE=1 AUTO_MIGRATE_ON_STARTUP=true
	rounds=${STORM_ROUNDS:-3}
	starters=${STORM_STARTERS:-64}
}

teardown() {
	remove_folder
}

# round: starts them all, waits for them all, and looks at what is there.
round() {
	local pids=() i failures=0
	rm -f app.db*
	for ((i = 0; i < starters; i++)); do
		"$AMPLAN" start -d app.db --lock-timeout 120 -- true 2>"log.$i" &
		pids+=($!)
	done
	for i in "${!pids[@]}"; do
		wait "${pids[$i]}" || {
			failures=$((failures + 1))
			cat "log.$i" >&2
		}
	done
	[ "$failures" -eq 0 ]
	! grep -h "error" log.*
	[ "$(sqlite3 app.db 'PRAGMA integrity_check')" = ok ]
	[ "$(sqlite3 app.db "SELECT count(*) FROM amplan_history WHERE event = 'applied'")" = 20 ]
	[ "$(sqlite3 app.db "SELECT count(DISTINCT id) FROM amplan_history WHERE event = 'applied'")" = 20 ]
	[ "$(sqlite3 app.db 'SELECT count(*) FROM log')" = 19 ]
	"$AMPLAN" verify -d app.db
}

@test "64 starters on one new database: exactly once, all succeed" {
	chain 20
	for ((r = 1; r <= rounds; r++)); do
		round
	done
	echo "$rounds rounds of $starters starters"
}

@test "64 starters where the first step runs outside a transaction" {
	chain 20
	descriptor 000_wal '<up>PRAGMA journal_mode=WAL;</up>' 'transaction="none"'
	rm -f app.db*
	local pids=() i
	for ((i = 0; i < starters; i++)); do
		"$AMPLAN" start -d app.db --lock-timeout 120 -- true 2>"log.$i" &
		pids+=($!)
	done
	for i in "${!pids[@]}"; do
		wait "${pids[$i]}" || { cat "log.$i" >&2; false; }
	done
	! grep -h "error" log.*
	[ "$(sqlite3 app.db "SELECT count(*) FROM amplan_history WHERE event = 'applied'")" = 21 ]
	[ "$(sqlite3 app.db "SELECT count(*) FROM amplan_history WHERE event = 'started'")" = 1 ]
	"$AMPLAN" verify -d app.db
}
