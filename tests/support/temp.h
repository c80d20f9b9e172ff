/*
 * Temp: a folder for one test, and files in it.
 */
#ifndef TESTS_SUPPORT_TEMP_H
#define TESTS_SUPPORT_TEMP_H

#include <stddef.h>

/* A new folder below TMPDIR; the caller removes it with temp_remove(). */
char *temp_make(void);
/* Removes the folder with all that is in it, and frees the name. */
void temp_remove(char *folder);
/* Writes a file, making the folders on the way. */
void temp_write(const char *folder, const char *path, const char *bytes, size_t length);
void temp_text(const char *folder, const char *path, const char *text);
/* folder/path in memory of the caller. */
char *temp_path(const char *folder, const char *path);

#endif
