/*
 * Memory: malloc() and its kin, for the whole process. What is allocated while memory
 * faults are armed is remembered with the place of the call, so that what is left at the
 * end is known, reachable or not.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/errors/faults.h"

#define SEEN __attribute__((visibility("default")))
#define WEAK __attribute__((weak))

/* Where it goes on: to the sanitizer where there is one, else to the C library. */
extern void *__interceptor_malloc(size_t size) WEAK;
extern void *__interceptor_calloc(size_t count, size_t size) WEAK;
extern void *__interceptor_realloc(void *memory, size_t size) WEAK;
extern int __interceptor_posix_memalign(void **out, size_t align, size_t size) WEAK;
extern void __interceptor_free(void *memory) WEAK;
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *memory);

/* What is allocated now: chains of nodes, by address. */
enum { BUCKETS = 1 << 16, NODES = 1 << 20 };

struct node {
	uintptr_t address;
	size_t size;
	const void *caller;
	int next; /* in its chain, or among the free ones */
};

static struct node nodes[NODES];
static int buckets[BUCKETS]; /* index + 1; 0: empty */
static int used, spare;      /* nodes ever used; the first free one, index + 1 */
static long live;

static int *bucket_of(uintptr_t address)
{
	return &buckets[(address >> 4) * 2654435761u % BUCKETS];
}

void memory_forget(void);

void memory_forget(void)
{
	for (int i = 0; i < used; i++)
		if (nodes[i].address)
			*bucket_of(nodes[i].address) = 0;
	used = spare = 0;
	live = 0;
}

static void remember(void *memory, size_t size, const void *caller)
{
	if (!memory || !faults || faults->source == FAULTS_NONE)
		return;
	int index = spare ? spare - 1 : used;
	if (index == NODES)
		abort();
	if (spare)
		spare = nodes[index].next;
	else
		used++;
	int *bucket = bucket_of((uintptr_t)memory);
	nodes[index] = (struct node){(uintptr_t)memory, size, caller, *bucket};
	*bucket = index + 1;
	live++;
}

static void forget(void *memory)
{
	if (!memory || !live)
		return;
	for (int *at = bucket_of((uintptr_t)memory); *at; at = &nodes[*at - 1].next) {
		int index = *at - 1;
		if (nodes[index].address != (uintptr_t)memory)
			continue;
		*at = nodes[index].next;
		nodes[index] = (struct node){.next = spare};
		spare = index + 1;
		live--;
		return;
	}
}

size_t memory_leaks(struct leak *leaks, size_t most)
{
	size_t count = 0;
	for (int i = 0; live && i < used; i++) {
		if (!nodes[i].address)
			continue;
		if (count < most)
			leaks[count] = (struct leak){nodes[i].size, nodes[i].caller};
		count++;
	}
	return count;
}

static void *plain_malloc(size_t size)
{
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

static void *allocate(size_t size, const void *caller)
{
	void *memory = faults_memory() ? NULL : plain_malloc(size);
	remember(memory, size, caller);
	return memory;
}

#define CALLER __builtin_return_address(0)

SEEN void *malloc(size_t size)
{
	return allocate(size, CALLER);
}

SEEN void *calloc(size_t count, size_t size)
{
	void *memory = faults_memory() ? NULL
		: __interceptor_calloc ? __interceptor_calloc(count, size)
				       : __libc_calloc(count, size);
	remember(memory, count * size, CALLER);
	return memory;
}

SEEN void *realloc(void *old, size_t size)
{
	if (faults_memory())
		return NULL;
	forget(old);
	void *memory = __interceptor_realloc ? __interceptor_realloc(old, size)
					     : __libc_realloc(old, size);
	remember(memory, size, CALLER);
	return memory;
}

SEEN void *reallocarray(void *old, size_t count, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(count, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, total);
}

SEEN int posix_memalign(void **out, size_t align, size_t size)
{
	if (faults_memory())
		return ENOMEM;
	if (__interceptor_posix_memalign)
		__interceptor_posix_memalign(out, align, size);
	else
		*out = __libc_memalign(align, size);
	remember(*out, size, CALLER);
	return *out ? 0 : ENOMEM;
}

SEEN void free(void *memory)
{
	forget(memory);
	if (__interceptor_free)
		__interceptor_free(memory);
	else
		__libc_free(memory);
}

static char *copy(const char *text, size_t length, const void *caller)
{
	char *memory = allocate(length + 1, caller);
	if (memory) {
		memcpy(memory, text, length);
		memory[length] = '\0';
	}
	return memory;
}

SEEN char *strdup(const char *text)
{
	return copy(text, strlen(text), CALLER);
}

SEEN char *__strdup(const char *text);

SEEN char *__strdup(const char *text)
{
	return copy(text, strlen(text), CALLER);
}

SEEN char *strndup(const char *text, size_t length)
{
	return copy(text, strnlen(text, length), CALLER);
}

SEEN char *__strndup(const char *text, size_t length);

SEEN char *__strndup(const char *text, size_t length)
{
	return copy(text, strnlen(text, length), CALLER);
}
