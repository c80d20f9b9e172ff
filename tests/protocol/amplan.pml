/*
 * The protocol of amplan, modelled: what processes that start together on one database do
 * to each other, killed anywhere. docs/protocol.md explains it; protocol.sh runs it.
 *
 *	catalog of the old release     1
 *	catalog of the one after it    1 2 | 3         a bar ends a stage, and each
 *	catalog of the new release     1 2 | 3 | 4     depends on the one before it
 * 3 is transaction="none" and has two statements. What is not here: what SQL does, files
 * and bytes. A commit is atomic and durable, which is SQLite's promise and is tried where
 * the crash points are. The history's hash stands here as the number of its rows, since
 * nothing but commits under the lock adds to it.
 *
 * With -DBUG_… the model has a defect that must be found: see the table in protocol.sh.
 */
#ifndef STARTERS
#define STARTERS 2	/* 1 to 3; the last one is for the end */
#endif
#ifndef CRASHES
#define CRASHES 1	/* kills, in all; who is killed starts again */
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 1	/* waits that end with the deadline */
#endif
#ifndef FAULTS
#define FAULTS 1	/* statements or commits that fail */
#endif
#ifndef WRITES
#define WRITES 1	/* transactions of the application */
#endif
#ifndef RESOLVES
#define RESOLVES 1	/* calls of resolve, needed or not */
#endif

/* migrations, as bits of the catalog and of what the history says is applied */
#define M1 1
#define M2 2
#define M3 4
#define M4 8
#define OLD M1
#define MIDDLE (M1 | M2 | M3)
#define NEW (M1 | M2 | M3 | M4)

/* what they leave in the schema, which is also its fingerprint */
#define T1 1
#define T2 2
#define S1 4	/* first statement of 3 */
#define S2 8	/* second */
#define T4 16
#define OTHER 32	/* counts what the application changed */

#define PERSON 5
#define APPLICATION 6
#define LAST 4

mtype = { IDLE, LOCKED, CHECKED, ALONE, PARTIAL };

/* The arrows of executor/run.c; arrows.sh compares them. */
#define arrow(from, to) ( \
	(from == IDLE && to == LOCKED) || \
	(from == IDLE && to == ALONE) || \
	(from == LOCKED && to == CHECKED) || \
	(from == LOCKED && to == IDLE) || \
	(from == CHECKED && to == IDLE) || \
	(from == ALONE && to == IDLE) || \
	(from == ALONE && to == PARTIAL))

/* how a call ends: the codes of amplan/error.h, and why one goes on */
#define OK 0
#define FAILED 1
#define REFUSED 3
#define TIMEOUT 4
#define INTERRUPTED 5
#define STALE 6

/* what is on the disk */
byte schema, applied, head, stamp;
bool begun;

/* locks, which the kernel frees when the process that holds one dies */
byte lock, aside;
bool aside_file; /* once there was a plan of several commits */

byte crashes = CRASHES, timeouts = TIMEOUTS, faults = FAULTS;
byte doomed, ended, alive;

/* not of amplan, but of the proof */
byte working;	/* who changes the database */
byte runner;	/* who runs the step outside a transaction */
bool was_old;	/* the old release applied something */
bool meddled;	/* the application changed the schema */

/* What holds whenever nothing is written: rows and schema say the same, each migration
   stands on those that it needs, and a stage is there whole or not at all. */
inline check_disk()
{
	assert(((applied & M1) != 0) == ((schema & T1) != 0));
	assert(((applied & M2) != 0) == ((schema & T2) != 0));
	assert(((applied & M4) != 0) == ((schema & T4) != 0));
	assert(!(applied & M2) || (applied & M1));
	assert(!(applied & M3) || ((applied & M2) && (schema & S1) && (schema & S2)));
	assert(!(applied & M4) || (applied & M3));
	assert(begun || (applied & M3) || !(schema & (S1 | S2)));
	assert(!(begun && (applied & M3)));
	assert((applied & (M1 | M2)) != M1 || was_old);
	assert(!stamp || (!begun && (applied & stamp) == stamp));
}

inline move(to)
{
	assert(arrow(state, to));
	state = to;
}

/* One consistent view of history and schema. */
inline look()
{
	p_head = head;
	p_schema = schema;
	plan = catalog & ~applied;
	p_begun = begun;
#ifdef BUG_INTERRUPTED_IGNORED
	p_begun = false;
#endif
}

inline look_at_disk()
{
#if defined(BUG_LOOK_IN_TWO)
	plan = catalog & ~applied;
	atomic { p_head = head; p_schema = schema; p_begun = begun; code = OK }
#elif defined(BUG_LOOK_ONCE)
	if
	:: !looked -> atomic { look(); code = OK; looked = true }
	:: else -> code = OK
	fi
#else
	atomic { look(); code = OK }
#endif
}

inline forget()
{
	w_schema = 0; w_applied = 0; todo = 0; rows = 0; begins = false
}

/* What a process that ends or dies has in memory is gone. */
inline reset()
{
	forget();
	state = IDLE;
	p_head = 0; p_schema = 0; plan = 0; p_begun = false;
	s_head = 0; s_schema = 0;
	code = 0; last = 0; ran = false; failed = false
}

inline undo()
{
	atomic {
#ifndef BUG_NO_ROLLBACK
		lock = (lock == me -> 0 : lock);
#endif
		working = (working == me && runner != me -> 0 : working);
		forget();
		move(IDLE)
	}
}

/* BEGIN IMMEDIATE, and under it: is everything as it was when the plan was made? */
inline fence()
{
	if
#if defined(BUG_NO_FENCE)
	:: true
#elif defined(BUG_FENCE_HEAD_ONLY)
	:: head == p_head
#else
	:: head == p_head && schema == p_schema
#endif
	:: else -> code = STALE
	fi
}

inline begin()
{
#ifdef BUG_FENCE_BEFORE_LOCK
	fence();
#endif
	if
	:: code != OK
#ifdef BUG_LOCK_IN_TWO
	:: code == OK && lock == 0 -> atomic { lock = me; move(LOCKED) };
#else
	:: atomic { code == OK && lock == 0 -> lock = me; move(LOCKED) };
#endif
		atomic {
#ifndef BUG_FENCE_BEFORE_LOCK
			fence();
#endif
			if
			:: code == OK ->
				assert(working == 0 || working == me);
				working = me
			:: else
			fi
		}
	:: atomic { code == OK && timeouts > 0 && lock != 0 -> timeouts--; code = TIMEOUT }
	fi
}

/* A statement that fails; or one that makes the database end the transaction by itself. */
inline step(migration, table)
{
	if
	:: code == OK && (todo & migration) ->
		if
		:: atomic { faults > 0 -> faults--; code = FAILED }
#ifdef BUG_END_IGNORED
		:: atomic { faults > 0 -> faults--; lock = 0; w_schema = 0; w_applied = 0 }
		:: atomic { lock != me -> schema = schema | table; check_disk() }
#else
		:: atomic { faults > 0 -> faults--; lock = 0; working = 0;
			forget(); code = FAILED }
#endif
		:: atomic { lock == me ->
			assert(!((schema | w_schema) & table));
			w_schema = w_schema | table;
			w_applied = w_applied | migration }
		fi
	:: else
	fi
}

/* `begins`: the row says `started`; the newest row of all carries the catalog's stamp. */
inline commit()
{
#ifdef BUG_ROW_AFTER_COMMIT
	atomic { assert(lock == me); schema = schema | w_schema; lock = 0; check_disk() }
	atomic { lock == 0 -> lock = me }
#endif
	atomic {
		assert(lock == me);
		assert(!exact || ran || (head == s_head && schema == s_schema));
		was_old = was_old || (catalog == OLD && w_applied != 0);
		schema = schema | w_schema;
		applied = applied | w_applied;
		head = head + rows + (head == 0 -> 1 : 0);
#if defined(BUG_STAMP_ON_ABANDONED)
		stamp = (!begins && (catalog & ~(applied | M3)) == 0 -> catalog : 0);
#elif defined(BUG_STAMP_EARLY)
		stamp = (begins -> 0 : catalog);
#else
		stamp = (!begins && (catalog & ~applied) == 0 -> catalog : 0);
#endif
#ifndef BUG_NOT_STARTED
		begun = begins;
#endif
		lock = 0;
		p_head = head;
		p_schema = p_schema | w_schema;
		plan = plan & ~w_applied;
		ran = true;
		if
		:: begins -> runner = me; move(IDLE); move(ALONE)
		:: else -> runner = 0; working = 0; move(IDLE)
		fi;
		forget();
		check_disk()
	}
}

/* One stage, or the row before or after a step outside a transaction. */
inline transaction()
{
	begin();
	step(M1, T1);
	step(M2, T2);
	step(M4, T4);
	if
	:: code == OK ->
		w_applied = todo;
		move(CHECKED);
		if
		:: commit()
		:: atomic { faults > 0 -> faults--; code = FAILED }
		fi
	:: else
	fi;
	if
	:: state == LOCKED || state == CHECKED -> undo()
	:: else
	fi
}

/* A statement outside a transaction is one of its own. */
inline statement(table)
{
	if
	:: atomic { lock == 0 ->
		assert(runner == me && aside == me);
		assert(!(schema & table));
		schema = schema | table }
	:: atomic { faults > 0 -> faults--; code = FAILED }
	:: atomic { timeouts > 0 && lock != 0 -> timeouts--; code = FAILED }
	fi
}

inline take_aside()
{
	if
	:: atomic { aside == 0 -> aside = me; aside_file = true }
	:: atomic { timeouts > 0 && aside != 0 -> timeouts--; code = TIMEOUT }
	fi
}

inline drop_aside()
{
	atomic {
		if
		:: aside == me -> aside = 0
		:: else
		fi
	}
}

/* Where the first one fails nothing took effect, and the attempt is forgotten. */
inline statements()
{
#ifdef BUG_ASIDE_LATE
	atomic { aside == 0 -> aside = me }
#endif
	statement(S1);
	if
	:: code == OK -> statement(S2); todo = M3; rows = 1
	:: else -> code = OK; failed = true; rows = 1
	fi;
#ifdef BUG_ABANDONED_LATE
	if
	:: code == FAILED -> code = OK; failed = true; todo = 0
	:: else
	fi;
#endif
	if
	:: code == OK -> atomic { p_schema = schema; move(IDLE) }
	:: else
	fi;
#ifdef BUG_ASIDE_EARLY
	drop_aside()
#endif
}

/* A step is begun: does a living process run it, or did it stop part way? Asked without
   the lock, and so believed only of what is still the same afterwards. */
inline look_for_runner()
{
	do
	:: !p_begun -> break
	:: p_begun && aside != 0 -> code = TIMEOUT; break
	:: p_begun && aside == 0 ->
		atomic {
			last = p_head;
#ifndef BUG_INTERRUPTED_FROM_MEMORY
			look();
#endif
			if
			:: p_begun && p_head == last ->
				assert(begun && runner == 0);
				code = INTERRUPTED
			:: else
			fi;
			last = 0
		}
		if
		:: code == INTERRUPTED -> break
		:: else
		fi
	od
}

/* The same asked with the lock: nobody else can be in the middle of it. */
inline look_apart()
{
	take_aside();
	if
	:: code == OK ->
		atomic {
			look();
			if
			:: p_begun -> assert(begun && runner == 0); code = INTERRUPTED
			:: else
			fi
		}
		drop_aside()
	:: else
	fi
}

/* Where there once was a plan of several commits, another may be in the middle of one. */
inline carry_out()
{
	if
#ifndef BUG_ASIDE_LATE
#ifdef BUG_BETWEEN_STAGES
	:: plan & M3 -> take_aside()
#else
	:: (plan & M3) || aside_file -> take_aside()
#endif
#endif
	:: else
	fi;
	do
	:: code == OK && plan != 0 && !failed ->
		if
		:: atomic { plan & (M1 | M2) ->
			todo = plan & (M1 | M2);
			rows = (todo == (M1 | M2) -> 2 : 1) }
		:: atomic { plan == M4 -> todo = M4; rows = 1 }
		:: atomic { !(plan & (M1 | M2)) && (plan & M3) && state == IDLE && runner != me ->
			begins = true; rows = 1 }
		:: state == ALONE -> statements()
		fi;
		if
		:: code == OK -> transaction()
		:: else
		fi
	:: else -> break
	od;
	if
#ifdef BUG_ENDS_UNTOLD
	:: runner == me && state == IDLE -> working = 0
	:: runner == me && state == ALONE ->
#else
	:: runner == me ->
#endif
		if
		:: state == IDLE -> move(ALONE)
		:: else
		fi;
		atomic { move(PARTIAL); code = INTERRUPTED; runner = 0; working = 0 }
	:: failed && code == OK -> code = FAILED
	:: else
	fi;
	drop_aside()
}

/* What a call says at its end must be so. */
inline end()
{
	atomic {
		assert(lock != me && aside != me && working != me && runner != me);
		assert(code != OK || (applied & catalog) == catalog || exact);
		assert(code != REFUSED || exact || (ran && meddled));
		reset();
		alive = alive & ~(1 << me);
		ended++
	}
}

proctype Starter(byte me; byte catalog; bool exact)
{
	mtype state = IDLE;
	byte p_head, p_schema, plan, todo, w_schema, w_applied, s_head, s_schema;
	byte code, last, rows;
	bool p_begun, ran, begins, failed;
#ifdef BUG_LOOK_ONCE
	bool looked;
#endif
again:
	{
		if
		:: exact ->
			/* a person looked at this plan, some time before */
			atomic { look(); s_head = p_head; s_schema = p_schema }
		:: else
		fi;
		do
		:: stamp == catalog && !exact -> break
		:: else ->
			look_at_disk();
			if
#ifndef BUG_WAITER_HOLDS
			:: !exact && p_begun -> look_apart()
#endif
			:: else -> look_for_runner()
			fi;
			if
#if defined(BUG_SAVED_REPLANNED)
			:: code == OK && p_head != s_head && false
#elif defined(BUG_SAVED_HEAD_ONLY)
			:: code == OK && exact && p_head != s_head -> code = REFUSED
#else
			:: code == OK && exact && (p_head != s_head || p_schema != s_schema) ->
				code = REFUSED
#endif
			:: else
			fi;
			if
			:: code == OK -> carry_out()
#ifdef BUG_WAITER_HOLDS
			:: code == TIMEOUT && !exact && p_begun ->
				atomic { aside == 0 -> aside = me }
				atomic { aside = 0; code = STALE }
#endif
			:: else
			fi;
			if
			/* what is done stays and is told; the next start goes on */
			:: code == STALE && !exact && ran -> code = REFUSED; break
			:: atomic { code == STALE && !exact && !ran ->
				code = OK;
#ifndef BUG_LOOK_ONCE
				p_head = 0; p_schema = 0; plan = 0;
#endif
				p_begun = false }
			:: code == STALE && exact -> code = REFUSED; break
			:: else -> break
			fi
		od;
		end()
	} unless {
		atomic {
			doomed == me ->
			assert(lock != me && aside != me);
			reset();
			doomed = 0
		}
		goto again
	}
}

/* Kills at any moment. The kernel frees the locks; what was not committed is not there. */
proctype Fate()
{
	do
	:: atomic {
		crashes > 0 && alive != 0 ->
		if
		:: alive & 2 -> doomed = 1
		:: alive & 4 -> doomed = 2
		:: alive & 8 -> doomed = 3
		fi;
		crashes--;
#ifndef BUG_LOCK_FILE
		lock = (lock == doomed -> 0 : lock);
#endif
		aside = (aside == doomed -> 0 : aside);
		working = (working == doomed -> 0 : working);
		runner = (runner == doomed -> 0 : runner)
	   }
	   doomed == 0
	:: alive == 0 -> break
	od
}

/* Writes as it likes, and makes a table now and then. */
proctype Application()
{
	byte writes = WRITES;
	do
	:: writes > 0 ->
		atomic { lock == 0 -> lock = APPLICATION; writes-- }
		atomic {
			if
			:: schema = schema + OTHER; meddled = (alive != 0)
			:: skip
			fi;
			lock = 0
		}
	:: ended >= STARTERS -> break
	od
}

/* amplan resolve: what the person did by hand counts from the commit. */
inline settle()
{
	atomic {
		if
		:: begun ->
			if
			:: applied = applied | M3; schema = schema | S1 | S2
			:: schema = schema & ~(S1 | S2)
			fi;
			begun = false;
			head++;
			stamp = 0;
			check_disk()
		:: else
		fi
	}
}

proctype Person()
{
	byte resolves = RESOLVES;
#ifdef BUG_RESOLVE_FROM_MEMORY
	bool seen;
#endif
	do
	:: resolves > 0 ->
		resolves--;
#if defined(BUG_RESOLVE_NO_ASIDE)
		atomic { lock == 0 -> lock = PERSON }
#elif defined(BUG_RESOLVE_ORDER)
		atomic { lock == 0 -> lock = PERSON }
		atomic { aside == 0 -> aside = PERSON }
#else
		atomic { aside == 0 -> aside = PERSON }
		atomic { lock == 0 -> lock = PERSON }
#endif
#ifdef BUG_RESOLVE_FROM_MEMORY
		seen = begun; lock = 0; aside = 0;
		atomic { aside == 0 && lock == 0 -> aside = PERSON; lock = PERSON; begun = seen }
#endif
		assert(!begun || runner == 0);
		settle();
		lock = 0;
		aside = 0
	:: ended >= STARTERS -> break
	od
}

init {
	atomic {
#if STARTERS >= 1
		alive = 2;
		run Starter(1, NEW, false);
#endif
#if STARTERS >= 2
		alive = alive | 4;
		if
		:: run Starter(2, NEW, false)
		:: run Starter(2, OLD, false)
		:: run Starter(2, MIDDLE, false)
		:: run Starter(2, NEW, true)
		fi;
#endif
#if STARTERS >= 3
		alive = alive | 8;
		if
		:: run Starter(3, NEW, false)
		:: run Starter(3, OLD, false)
		fi;
#endif
		run Application();
		run Person();
		run Fate()
	}
	/* whatever became of them: one more, undisturbed, finishes the work */
	atomic {
		ended == STARTERS && _nr_pr == 1 ->
		crashes = 0; timeouts = 0; faults = 0;
		assert(lock == 0 && aside == 0);
		settle()
	}
	run Starter(LAST, NEW, false);
	ended == STARTERS + 1;
	assert(applied == NEW && !begun)
}
