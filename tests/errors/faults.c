#include "tests/errors/faults.h"

#include <errno.h>
#include <execinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct faults *faults;
static FILE *talk; /* stderr may be another while a case runs */

/* A place is told by the innermost frames of our own code: below what belongs to this
   test and to base/ there are at least two of who asked. Where a library asked, those who
   called it are enough. */
enum { FRAMES = 96, OWN = 13, ABOVE_LIBRARY = 6, PLACES = 1 << 20 };
static int depth = 1; /* so many times as many frames */

static uint64_t *places; /* seen, by their hash; 0: free */

extern void __sanitizer_print_stack_trace(void) __attribute__((weak));
void memory_forget(void);

void faults_init(void)
{
	faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (faults == MAP_FAILED)
		abort();
	talk = stderr;
	places = mmap(NULL, PLACES * sizeof(*places), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (places == MAP_FAILED)
		abort();
	void *frames[1];
	backtrace(frames, 1); /* it allocates once */
}

void faults_deep(void)
{
	depth = 2;
}

void faults_mark(unsigned char *marks, long room, unsigned kind)
{
	faults->marks = marks;
	faults->room = room;
	faults->kind = kind;
}

static bool is_ours(const void *address)
{
	extern const char __executable_start[], etext[];
	return (uintptr_t)address >= (uintptr_t)__executable_start &&
		(uintptr_t)address < (uintptr_t)etext;
}

/* Never 0. */
static uint64_t place_here(void)
{
	void *frames[FRAMES];
	int count = backtrace(frames, FRAMES), own = 0, most = depth * OWN;
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ faults->kind;
	for (int i = 0; i < count && own < most; i++) {
		if (is_ours(frames[i])) {
			own++;
			hash = (hash ^ (uintptr_t)frames[i]) * UINT64_C(0x100000001b3);
			hash ^= hash >> 29;
		} else if (own && own <= depth * ABOVE_LIBRARY) {
			most = own + depth * ABOVE_LIBRARY;
		}
	}
	return hash | 1;
}

static void mark(long number)
{
	if (!faults->marks || faults->at || number >= faults->room)
		return;
	uint64_t place = place_here();
	for (uint64_t i = place >> 20;; i++) {
		uint64_t *known = &places[i % PLACES];
		if (*known == place)
			return;
		if (!*known) {
			*known = place;
			faults->marks[number] = 1;
			return;
		}
	}
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
	mark(number);
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
