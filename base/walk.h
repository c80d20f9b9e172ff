/*
 * Walk: listing what lies below a folder.
 */
#ifndef BASE_WALK_H
#define BASE_WALK_H

#include "base/file.h"

/*
 * Fills folder->entries as amp_folder_open() promises. Returns 0, or an errno: ENOMEM, or
 * why the folder itself cannot be listed.
 */
int amp_walk(
	struct amp_folder *folder, struct amp_arena *arena, const char *const *endings);

/* What an errno of opening something below a folder means. */
enum amp_file_problem amp_walk_problem(int number);

#endif
