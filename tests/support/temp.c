#include "tests/support/temp.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

char *temp_make(void)
{
	const char *base = getenv("TMPDIR");
	char *name = NULL;
	must(asprintf(&name, "%s/amplan-test-XXXXXX", base ? base : "/tmp") > 0,
		"asprintf");
	must(mkdtemp(name) != NULL, name);
	return name;
}

static int remove_one(
	const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void temp_remove(char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(folder);
}

char *temp_path(const char *folder, const char *path)
{
	char *name = NULL;
	must(asprintf(&name, "%s/%s", folder, path) > 0, "asprintf");
	return name;
}

void temp_write(const char *folder, const char *path, const char *bytes, size_t length)
{
	char *name = temp_path(folder, path);
	for (char *slash = name + strlen(folder) + 1; (slash = strchr(slash, '/'));
		slash++) {
		*slash = '\0';
		mkdir(name, 0700);
		*slash = '/';
	}
	FILE *file = fopen(name, "wb");
	must(file && fwrite(bytes, 1, length, file) == length && !fclose(file), name);
	free(name);
}

void temp_text(const char *folder, const char *path, const char *text)
{
	temp_write(folder, path, text, strlen(text));
}
