/*
 * Descriptor: from XML elements to struct amp_migration.
 */
#ifndef SCHEMA_DESCRIPTOR_H
#define SCHEMA_DESCRIPTOR_H

#include "base/file.h"
#include "schema/grammar.h"
#include "schema/migration.h"

/* How a reader gets at the files that src="…" names, and at a plan's own elements. */
struct amp_descriptor_hooks {
	void *context;
	/* The .sql file at a path relative to the descriptor, kept in the arena; or NULL
	   with the problem. NULL as a hook: src is not allowed. */
	struct amp_source *(*open)(void *context, const char *path,
		enum amp_file_problem *problem, int *number);
	/* Elements that only plans have; text is the content of <schema-diff>. NULL as a
	   hook: this is a descriptor. */
	void (*begin)(
		void *context, enum amp_element element, const struct amp_values *values);
	void (*end)(void *context, enum amp_element element, const char *text);
	/* A migration that is read; it lives in the arena. */
	void (*add)(void *context, struct amp_migration *migration);
};

/*
 * Reads one file. What is wrong is in complain->findings; a migration with findings is
 * handed over all the same where its id can be used, so that others find it. Returns
 * whether the XML was well-formed. No memory is seen in findings and arena.
 */
bool amp_descriptor_read(const struct amp_complain *complain, const char *engine,
	const struct amp_descriptor_hooks *hooks);

#endif
