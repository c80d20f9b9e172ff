/*
 * The protocol of starters on one database, as a model for spin (docs/protocol.md).
 *
 * Three migrations: 0 and 2 are stages, 1 is a transaction="none" step. An old release knows
 * 0 and 1, a new one all three. What is global here is what a disk and a kernel keep; what is
 * local to a process dies with it. A transaction is invisible until its commit, so it is not
 * modelled as writes but as one step; where a bug makes it two, it is two.
 *
 * Each BUG brings one bug of the protocol back; protocol.sh knows what must then be found.
 */
/*
 * Who is there beside one of the new release:
 *	1	an old release, and a person who settles what stopped part way
 *	2	somebody with a saved plan, and an application that changes the schema
 *	3	an old release, and somebody with a saved plan
 *	4	all of them
 */
#ifndef WORLD
#define WORLD 1
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef FAILURES
#define FAILURES 1
#endif

#define COUNT 3
#define STEP_ALONE 1
#define NOBODY 15

mtype = { IDLE, LOCKED, CHECKED, ALONE, PARTIAL };

/* The arrows of executor/run.c; protocol.sh compares them. */
#define ARROW(from, to) ( \
	(from == IDLE && to == LOCKED) || \
	(from == IDLE && to == ALONE) || \
	(from == LOCKED && to == CHECKED) || \
	(from == LOCKED && to == IDLE) || \
	(from == CHECKED && to == IDLE) || \
	(from == ALONE && to == IDLE) || \
	(from == ALONE && to == PARTIAL))

#define NEW 0
#define STARTED 1
#define APPLIED 2

/* The disk: the history, and what the SQL of a migration has made of the schema. */
byte history[COUNT];
byte head;
byte schema;
byte made[COUNT]; /* 0 nothing, 1 a part, 2 all */

/* The kernel: locks. */
byte lock = NOBODY;
byte aside = NOBODY;

/* What may still go wrong, and what nobody but the model knows. */
byte crashes;
byte failures;
byte ended;
byte inside;          /* processes in a write transaction */
byte runner = NOBODY; /* who began the step outside a transaction, and lives */

#define MOVE(to) d_step { assert(ARROW(phase, to)); phase = to }

/* Killed, or the power fails for it: what is its own is gone, the kernel frees its locks. */
inline crash_or_go_on()
{
	if
	:: mortal && crashes < CRASHES -> crashes++; goto killed
	:: true
	fi
}

inline release_lock()
{
	if
	:: lock == me -> lock = NOBODY; inside--
	:: else
	fi
}

inline release_aside()
{
	if
	:: aside == me -> aside = NOBODY
	:: else
	fi
}

/* BEGIN IMMEDIATE: atomic, or not at all within the timeout. */
inline begin()
{
	do
#ifdef BUG_LOCK_NOT_ATOMIC
	:: lock == NOBODY -> skip; lock = me; inside++; break
#else
	:: atomic { lock == NOBODY -> lock = me; inside++ } break
#endif
#ifdef BUG_TIMEOUT_GOES_ON
	:: lock != NOBODY && !patient -> lock = me; inside++; break
#else
	:: lock != NOBODY && !patient -> goto too_late
#endif
	:: mortal && crashes < CRASHES -> crashes++; goto killed
	od;
	assert(inside == 1)
}

#ifdef BUG_FENCE_HISTORY_ONLY
#define AS_PLANNED head == seen_head
#else
#define AS_PLANNED head == seen_head && schema == seen_schema
#endif

/* Under the lock: is all as it was when the plan was made? */
inline fence()
{
#ifdef BUG_NO_FENCE
	skip
#else
	if
	:: AS_PLANNED
	:: else -> goto stale
	fi
#endif
}

inline look()
{
	d_step {
		seen_head = head;
		seen_schema = schema;
		was[0] = history[0];
		was[1] = history[1];
		was[2] = history[2];
		/* never half a stage, never a history that says more or less than there is */
		assert((was[0] == APPLIED) == (made[0] == 2) && made[0] != 1);
		assert((was[2] == APPLIED) == (made[2] == 2) && made[2] != 1);
		assert(was[1] != APPLIED || made[1] == 2);
		assert(was[1] != NEW || made[1] == 0)
	}
}

#ifdef BUG_COMMIT_IN_TWO
#define COMMIT_BEGINS
#define COMMIT_MIDDLE crash_or_go_on();
#define COMMIT_ENDS
#else
#define COMMIT_BEGINS atomic {
#define COMMIT_MIDDLE
#define COMMIT_ENDS }
#endif

/* One stage: the lock, the fence, the steps and their history rows, the commit. */
inline stage(m)
{
#ifdef BUG_FENCE_BEFORE_LOCK
	fence();
	crash_or_go_on();
	begin();
	MOVE(LOCKED);
#else
	begin();
	MOVE(LOCKED);
	fence();
#endif
#ifdef BUG_LOCK_DROPPED_BETWEEN
	d_step { release_lock() }
	begin();
#endif
	crash_or_go_on();
	if
	:: mortal && failures < FAILURES -> failures++; goto failed
	:: true
	fi;
#ifdef BUG_HISTORY_FIRST
	d_step { history[m] = APPLIED; head++ }
	crash_or_go_on();
#endif
	MOVE(CHECKED);
	crash_or_go_on();
	COMMIT_BEGINS
	d_step {
		assert(made[m] == 0);
		assert(m == 0 || history[m - 1] == APPLIED);
		/* what a person saw is what is applied, on what it was made for */
		assert(!exact || (head == seen_head && schema == seen_schema));
		made[m] = 2;
		schema++;
		seen_schema = schema
	}
	COMMIT_MIDDLE
	d_step {
#ifndef BUG_HISTORY_FIRST
		history[m] = APPLIED;
		head++;
#endif
		seen_head = head;
		assert(ARROW(phase, IDLE));
		phase = IDLE;
		release_lock()
	}
	COMMIT_ENDS
}

/* A history row in a transaction of its own, around a transaction="none" step. */
inline record(event)
{
	begin();
	MOVE(LOCKED);
	fence();
	crash_or_go_on();
	MOVE(CHECKED);
	crash_or_go_on();
	d_step {
		history[STEP_ALONE] = event;
		runner = (event == STARTED -> me : NOBODY);
		head++;
		seen_head = head;
		assert(ARROW(phase, IDLE));
		phase = IDLE;
		release_lock()
	}
}

/* Two statements, each of them durable at once. */
inline step_alone()
{
#ifndef BUG_STARTED_UNRECORDED
	record(STARTED);
#endif
	MOVE(ALONE);
#ifdef BUG_APPLIED_BEFORE_RUN
	MOVE(IDLE);
	record(APPLIED);
	MOVE(ALONE);
#endif
	crash_or_go_on();
	if
	:: mortal && failures < FAILURES ->
		failures++;
#ifdef BUG_ABANDONED_AFTER_EFFECT
		made[STEP_ALONE] = 1;
#endif
		MOVE(IDLE);
		record(NEW);
		goto failed
	:: true
	fi;
	d_step { assert(made[STEP_ALONE] == 0); made[STEP_ALONE] = 1 }
	crash_or_go_on();
	if
	:: mortal && failures < FAILURES -> failures++; MOVE(PARTIAL); goto partial
	:: true
	fi;
	d_step {
		assert(made[STEP_ALONE] == 1);
		made[STEP_ALONE] = 2;
		schema++
	}
	crash_or_go_on();
	/* its own work moved the schema: the next fence starts from here */
	seen_schema = schema;
#ifdef BUG_ASIDE_RELEASED_EARLY
	aside = NOBODY;
#endif
	MOVE(IDLE);
#ifndef BUG_APPLIED_BEFORE_RUN
	record(APPLIED);
#endif
}

/*
 * A process that starts: `knows` how many migrations; `exact` with a plan that a person saw,
 * which is applied so or not at all; `patient` without a timeout; `mortal`: may be killed,
 * and its SQL may fail.
 */
proctype starter(byte me; byte knows; bool exact; bool patient; bool mortal)
{
	mtype phase = IDLE;
	byte seen_head, seen_schema;
	byte was[COUNT];

again:
	skip;
	look();
	crash_or_go_on();
#ifndef BUG_INTERRUPTED_RERUN
	if
	:: was[STEP_ALONE] == STARTED ->
		if
		:: aside != NOBODY -> goto running
		:: aside == NOBODY
		fi;
#ifdef BUG_INTERRUPTED_FROM_MEMORY
		atomic { true ->
#else
		/* it may have ended before we asked: read again, and believe only the same */
		atomic {
			if
			:: head != seen_head -> goto again
			:: else
			fi;
#endif
			assert(history[STEP_ALONE] == STARTED && runner == NOBODY);
			goto partial
		}
	:: else
	fi;
#endif
	if
	/* nothing to do, or the history knows more than we: neither is touched */
	:: was[0] == APPLIED && was[1] == APPLIED && (knows == 2 || was[2] == APPLIED) -> goto done
	:: else
	fi;
#ifndef BUG_NO_ASIDE
	if
	:: was[STEP_ALONE] != APPLIED ->
#ifdef BUG_ASIDE_AFTER_LOCK
		begin();
#endif
		do
		:: atomic { aside == NOBODY -> aside = me } break
		:: aside != NOBODY && !patient -> goto too_late
		:: mortal && crashes < CRASHES -> crashes++; goto killed
		od
#ifdef BUG_ASIDE_AFTER_LOCK
		;
		atomic { release_lock() }
#endif
	:: else
	fi;
#endif
	crash_or_go_on();
	if
	:: was[0] == NEW -> stage(0)
	:: else
	fi;
	if
	:: was[1] != APPLIED -> step_alone()
	:: else
	fi;
	if
	:: knows > 2 && was[2] == NEW -> stage(2)
	:: else
	fi;
	goto done;

stale:
	/* behind a step that ran, there is no going back to the plan: a person looks at it */
	atomic {
		if
		:: runner == me || exact -> goto done
		:: else
		fi;
		d_step { release_lock(); release_aside(); phase = IDLE }
		goto again
	}
running:
	/* wait for the end of the other one, then look again */
	do
	:: aside == NOBODY -> goto again
	:: !patient -> goto too_late
	:: mortal && crashes < CRASHES -> crashes++; goto killed
	od;
failed:
	skip;
	d_step { release_lock(); phase = IDLE }
	goto done;
partial:
too_late:
	goto done;
killed:
	skip;
	d_step {
		if
		:: runner == me -> runner = NOBODY
		:: else
		fi;
#ifdef BUG_LOCK_OUTLIVES
		inside = inside - (lock == me -> 1 : 0)
#else
		release_lock();
		release_aside()
#endif
	}
done:
	skip;
	d_step {
#ifndef BUG_LOCK_OUTLIVES
		release_lock();
		release_aside();
		assert(lock != me && aside != me);
#endif
		if
		:: runner == me -> runner = NOBODY
		:: else
		fi;
		/* nothing of it is left to tell states apart by */
		seen_head = 0;
		seen_schema = 0;
		was[0] = 0;
		was[1] = 0;
		was[2] = 0;
		phase = IDLE;
		ended++
	}
}

/* A person settles what stopped part way: looks, finishes it or undoes it, and says so. */
inline settle()
{
#ifndef BUG_RESOLVE_WITHOUT_ASIDE
	atomic { aside == NOBODY -> aside = me }
#endif
	atomic { lock == NOBODY -> lock = me; inside++ }
	atomic {
		if
		:: history[STEP_ALONE] == STARTED ->
			assert(runner == NOBODY);
			if
			:: made[STEP_ALONE] == 2 -> history[STEP_ALONE] = APPLIED
			:: else ->
				made[STEP_ALONE] = 0;
				schema++;
				history[STEP_ALONE] = NEW
			fi;
			head++
		:: else
		fi;
		d_step { release_lock(); release_aside() }
	}
}

/* An application that changes the schema on its own, once, at any moment. */
proctype application(byte me)
{
	atomic { lock == NOBODY -> lock = me; inside++ }
	assert(inside == 1);
	d_step { schema++; release_lock() }
	ended++
}

/* Somebody types `resolve` while others may still be at work. */
proctype person(byte me)
{
	if
	:: history[STEP_ALONE] == STARTED -> settle()
	:: true
	fi;
	ended++
}

init
{
	byte me = 5;
	byte round;
	atomic {
		run starter(1, 3, false, true, true);
#if WORLD != 2
		run starter(0, 2, false, false, true);
#endif
#if WORLD != 1
		run starter(2, 3, true, false, true);
#endif
#if WORLD == 2 || WORLD == 4
		run application(3);
#endif
#if WORLD == 1 || WORLD == 4
		run person(4)
#endif
	}
	ended == (WORLD == 4 -> 5 : 3);
	/* No manual step but that of a step outside a transaction: one more start finishes. */
	do
	:: round < 2 && history[2] != APPLIED ->
		if
		:: history[STEP_ALONE] == STARTED -> settle()
		:: else
		fi;
		ended = 0;
		run starter(0, 3, false, true, false);
		ended == 1;
		round++
	:: else -> break
	od;
	assert(lock == NOBODY && aside == NOBODY);
	assert(history[0] == APPLIED && history[1] == APPLIED && history[2] == APPLIED);
	assert(made[0] == 2 && made[1] == 2 && made[2] == 2);
	assert(round <= 1)
}
