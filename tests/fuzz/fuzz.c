#include "tests/fuzz/fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxml/xmlerror.h>

_Noreturn void fuzz_wrong(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

/* The library prints nothing, and neither does what it uses. */
static void printing(void *context, const char *format, ...)
{
	(void)context;
	fprintf(stderr, "libxml2 prints: %s\n", format);
	must(!"printed");
}

void fuzz_no_prints(void)
{
	xmlSetGenericErrorFunc(NULL, printing);
}

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

struct input input_of(const uint8_t *data, size_t size)
{
	return (struct input){(const char *)data, size};
}

unsigned input_byte(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return (unsigned char)*input->bytes++;
}

unsigned input_below(struct input *input, unsigned count)
{
	return input_byte(input) % count;
}

char *input_text(struct input *input, struct amp_arena *arena)
{
	const char *end = input->left ? memchr(input->bytes, '\0', input->left) : NULL;
	size_t length = end ? (size_t)(end - input->bytes) : input->left;
	char *text = amp_arena_strndup(arena, length ? input->bytes : "", length);
	must(text);
	input->bytes += length + (end != NULL);
	input->left -= length + (end != NULL);
	return text;
}

char *input_rest(struct input *input, struct amp_arena *arena, size_t *length)
{
	char *rest = amp_arena_strndup(arena, "", 0);
	*length = input->left;
	if (input->left) {
		rest = amp_arena_alloc(arena, input->left + 1);
		must(rest);
		memcpy(rest, input->bytes, input->left);
	}
	input->left = 0;
	return rest;
}

char *fuzz_exact(const char *bytes, size_t length)
{
	char *copy = malloc(length + 1);
	must(copy);
	if (length)
		memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

uint64_t fuzz_hash(const char *bytes, size_t length)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 32;
}

static char folder[64];

static int remove_entry(const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_folder(void)
{
	if (chdir("/") == 0)
		nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void fuzz_own_folder(void)
{
	bool memory = !access("/dev/shm", W_OK);
	snprintf(folder, sizeof(folder), "%s/amplan-fuzz-XXXXXX",
		memory ? "/dev/shm" : "/tmp");
	must(mkdtemp(folder));
	must(!chdir(folder));
	atexit(remove_folder);
}

static bool is_same(const char *one, const char *two)
{
	return one == two || (one && two && !strcmp(one, two));
}

static void must_be_same_sql(const struct amp_sql *one, const struct amp_sql *two)
{
	must(!one == !two);
	if (!one)
		return;
	must(one->length == two->length);
	must(!memcmp(one->text, two->text, one->length));
	must(is_same(one->engine, two->engine));
}

static void must_be_same_checks(const struct amp_check *one, size_t none,
	const struct amp_check *two, size_t ntwo)
{
	must(none == ntwo);
	for (size_t i = 0; i < none; i++) {
		must_be_same_sql(&one[i].sql, &two[i].sql);
		must(one[i].mark_applied == two[i].mark_applied);
	}
}

static bool has_reference(const struct amp_reference *list, size_t count,
	const struct amp_reference *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i].id, wanted->id) &&
			list[i].orders_only == wanted->orders_only &&
			is_same(list[i].reason, wanted->reason))
			return true;
	return false;
}

static void must_have_references(const struct amp_reference *one, size_t none,
	const struct amp_reference *two, size_t ntwo)
{
	for (size_t i = 0; i < none; i++)
		must(has_reference(two, ntwo, &one[i]));
}

void must_mean_the_same(
	const struct amp_migration *one, const struct amp_migration *two, bool more)
{
	must(!strcmp(one->id, two->id));
	must(!strcmp(one->module, two->module));
	must(!strcmp(one->description, two->description));
	must(one->flags == two->flags);
	must(is_same(one->irreversible, two->irreversible));
	must_be_same_sql(one->up, two->up);
	must_be_same_sql(one->down, two->down);
	must_be_same_checks(one->preconditions, one->npreconditions, two->preconditions,
		two->npreconditions);
	must_be_same_checks(one->verifies, one->nverifies, two->verifies, two->nverifies);
	must_have_references(one->depends, one->ndepends, two->depends, two->ndepends);
	must_have_references(
		one->replaces, one->nreplaces, two->replaces, two->nreplaces);
	must(one->nreplaces == two->nreplaces && one->nallows == two->nallows);
	for (size_t i = 0; i < one->nallows; i++)
		must(!strcmp(one->allows[i].kind, two->allows[i].kind) &&
			!strcmp(one->allows[i].reason, two->allows[i].reason));
	must(more ? one->ndepends <= two->ndepends : one->ndepends == two->ndepends);
	/* dependencies are no part of the second one */
	must(!strcmp(one->cosmetic, two->cosmetic));
	must(more || !strcmp(one->checksum, two->checksum));
}
