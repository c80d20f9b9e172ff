/*
 * Folder: a migrations folder "m" on the disk, and the catalog that is read from it.
 *
 * A test runs inside a folder of its own, so that paths in findings are short and always
 * the same.
 */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

#include "schema/catalog.h"

struct folder {
	char *path, *before;
	struct amp_catalog catalog;
	struct amplan_error error;
	int code;
};

#define FOLDER __attribute__((cleanup(folder_deinit))) struct folder

/* Makes the folder and goes there. */
void folder_init(struct folder *folder);
void folder_deinit(struct folder *folder);

/* Writes m/NAME. */
void folder_file(struct folder *folder, const char *name, const char *text);
void folder_bytes(
	struct folder *folder, const char *name, const char *bytes, size_t length);

/* Reads "m", again where it was read before; it must succeed. */
void folder_load(struct folder *folder);
void folder_load_for(struct folder *folder, const char *engine);

/* All findings: as in world.h. */
void assert_catalog(const struct folder *folder, const char *expected);
/* One file "m/a.xml" with this text, its findings, and nothing else. */
void assert_descriptor(const char *text, const char *expected);

/* The findings of a list, sorted, as text in the list's arena. */
const char *list_findings(struct amp_findings *findings);

#endif
