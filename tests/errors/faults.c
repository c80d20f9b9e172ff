#include "tests/errors/faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct faults *faults;
static FILE *talk; /* stderr may be another while a case runs */

extern void __sanitizer_print_stack_trace(void) __attribute__((weak));
void memory_forget(void);

void faults_init(void)
{
	faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (faults == MAP_FAILED)
		abort();
	talk = stderr;
}

void faults_arm(enum fault_source source, long at, bool forever, int error)
{
	memory_forget();
	faults->at = at;
	faults->forever = forever;
	faults->error = error;
	faults->count = faults->happened = 0;
	faults->call[0] = faults->path[0] = '\0';
	faults->source = source;
}

void faults_disarm(void)
{
	faults->source = FAULTS_NONE;
}

/* Counts one; true: it fails. */
static bool fails(void)
{
	long number = ++faults->count;
	if (!faults->at || number < faults->at ||
		(number > faults->at && !faults->forever))
		return false;
	faults->happened++;
	return true;
}

static void show(void)
{
	enum fault_source source = faults->source;
	if (!faults->verbose || faults->happened > 1)
		return;
	faults->source = FAULTS_NONE;
	fprintf(talk, "fails: %s %s\n", faults->call, faults->path);
	if (__sanitizer_print_stack_trace)
		__sanitizer_print_stack_trace();
	faults->source = source;
}

bool faults_memory(void)
{
	if (!faults || faults->source != FAULTS_MEMORY || !fails())
		return false;
	if (faults->happened == 1)
		strcpy(faults->call, "allocation");
	show();
	errno = ENOMEM;
	return true;
}

static void note_file(const char *path, int fd)
{
	char name[64];
	ssize_t length = -1;
	if (path) {
		snprintf(faults->path, sizeof(faults->path), "%s", path);
	} else if (fd >= 0) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		/* the function of this name here would count it */
		extern ssize_t plain_readlink(const char *, char *, size_t);
		length = plain_readlink(name, faults->path, sizeof(faults->path) - 1);
		faults->path[length < 0 ? 0 : length] = '\0';
	}
}

int faults_call(const char *name, const char *path, int fd, unsigned can)
{
	if (!faults || faults->source != FAULTS_CALLS)
		return 0;
	if (faults->error == FAULT_SHORT && !can)
		return 0;
	if (!fails())
		return 0;
	if (faults->happened == 1) {
		snprintf(faults->call, sizeof(faults->call), "%s", name);
		note_file(path, fd);
		show();
	}
	return faults->error;
}
