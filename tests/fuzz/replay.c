/*
 * Replay: gives a harness the files that are named, or those in folders that are named.
 *
 * The files are taken in the order of their names by a child; where it dies, or takes
 * longer than ten seconds for one, that file has failed and another child goes on behind
 * it. The last line says how many held: "fuzz.NAME: N passed, N failed".
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define SECONDS 10

struct files {
	char **items;
	size_t count;
};

static void add_file(struct files *files, const char *path)
{
	char **grown = realloc(files->items, (files->count + 1) * sizeof(*grown));
	must(grown);
	files->items = grown;
	must(grown[files->count++] = realpath(path, NULL));
}

static void add_folder(struct files *files, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char name[4096];
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			add_file(files, name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void run_file(const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *file = fopen(path, "rb");
	must(file);
	size_t size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	/* memory of just this size, so that what lies behind it is watched */
	uint8_t *copy = malloc(size ? size : 1);
	must(copy);
	memcpy(copy, bytes, size);
	alarm(SECONDS);
	LLVMFuzzerTestOneInput(copy, size);
	alarm(0);
	free(copy);
}

static int run_from(const struct files *files, volatile size_t *at)
{
	int argc = 1;
	char name[] = "replay", *words[] = {name, NULL}, **argv = words;
	LLVMFuzzerInitialize(&argc, &argv);
	for (; *at < files->count; (*at)++)
		run_file(files->items[*at]);
	return 0;
}

int main(int argc, char **argv)
{
	struct files files = {0};
	size_t failed = 0;
	volatile size_t *at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(at != MAP_FAILED);
	for (int i = 2; i < argc; i++) {
		struct stat about;
		if (!stat(argv[i], &about) && S_ISDIR(about.st_mode))
			add_folder(&files, argv[i]);
		else if (!stat(argv[i], &about))
			add_file(&files, argv[i]);
	}
	do {
		pid_t child = fork();
		must(child >= 0);
		if (!child)
			exit(run_from(&files, at));
		int status;
		must(waitpid(child, &status, 0) == child);
		if (status == 0)
			break;
		failed++;
		printf("%s: %s\n", *at < files.count ? files.items[*at] : "at the end",
			WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "too slow"
									   : "failed");
		fflush(stdout);
		++*at;
	} while (*at < files.count);
	printf("fuzz.%s: %zu passed, %zu failed\n", argc > 1 ? argv[1] : "?",
		files.count - (failed < files.count ? failed : files.count), failed);
	for (size_t i = 0; i < files.count; i++)
		free(files.items[i]);
	free(files.items);
	return failed > 0 || files.count == 0;
}
