/*
 * Worlds: what a case finds in its folder: migrations in "m", and app.db.
 */
#ifndef TESTS_ERRORS_WORLDS_H
#define TESTS_ERRORS_WORLDS_H

/*
 * Makes the world of this name in the working folder, which is empty:
 *
 *	none      migrations, no database
 *	behind    two of five applied, with rows
 *	wal       the same in WAL mode
 *	hot       the same, and a journal to roll back
 *	log       the same, and a log to recover
 *	current   all applied
 *	back      three applied, which can be rolled back
 *	drifted   all applied, then a descriptor, the schema and the history were changed
 *	foreign   the schema is there, made by hand; no history
 *	ahead     all applied, and two descriptors taken away
 *	failing   a migration that fails, and the note of the last failure
 *	outside   a transaction="none" step is pending
 *	stopped   it stopped part way
 *	broken    descriptors with all that can be wrong
 *	lint      descriptors to find fault with
 *	undeclared  a dependency that check --fix writes
 *	saved     behind, with a saved plan in plan.xml
 *	empty     nothing at all
 */
void world_make(const char *name);

#endif
