/*
 * Folders: images on the real disk, there and back.
 */
#ifndef TESTS_CRASH_FOLDERS_H
#define TESTS_CRASH_FOLDERS_H

#include "tests/crash/disk.h"

/* Where everything is done: in memory, where the system has a place for that. */
void folder_choose_memory(void);
/* Makes the folder hold these files and no others. */
void folder_put(const char *folder, const struct image *image);
void folder_take(const char *folder, struct image *image);
void folder_take_file(const char *folder, const char *name, struct content *content);

#endif
