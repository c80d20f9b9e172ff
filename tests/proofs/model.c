#include "tests/proofs/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "proofs: %s\n", what);
	abort();
}

void catalog_deinit(struct catalog *catalog)
{
	for (int i = 0; i < catalog->count; i++) {
		amp_str_deinit(&catalog->migrations[i].sql);
		amp_vec_deinit(&catalog->migrations[i].touches);
	}
	catalog->count = 0;
}

void touch_add(struct migration *migration, char mode, const char *object,
	const char *also, const char *token, ...)
{
	struct touch touch = {.mode = mode};
	va_list args;
	va_start(args, token);
	vsnprintf(touch.token, sizeof(touch.token), token, args);
	va_end(args);
	snprintf(touch.object, sizeof(touch.object), "%s", object);
	snprintf(touch.also, sizeof(touch.also), "%s", also ? also : "");
	must(amp_vec_push(&migration->touches, touch), "no memory");
}

/* Pairs of modes, in both orders; what is in no list may not swap. */
static const char may_swap[] =
	"SS SD SF SY SZ DD DF DY DZ FF FY FZ YY YZ ZZ NY NZ CZ BD BF "
	"rr rz zz nz cz ry zy yy ny cy AA AE UU UE UQ EE QQ qq gg HH ff ";
static const char nobody_knows[] = "KZ KF VV ky ";

static bool listed(const char *list, char one, char other)
{
	for (; *list; list += 3)
		if ((list[0] == one && list[1] == other) ||
			(list[0] == other && list[1] == one))
			return true;
	return false;
}

static enum need need_of(const struct touch *one, const struct touch *other)
{
	if (strcmp(one->token, other->token) != 0)
		return FREE;
	if (listed(may_swap, one->mode, other->mode))
		return FREE;
	return listed(nobody_knows, one->mode, other->mode) ? UNSURE : NEEDED;
}

/* SQLite takes views, triggers and keys that name what is not there: such a need is one
   by the rule that who uses something comes after who made it, and may not show. */
static bool shows(const struct touch *one, const struct touch *other)
{
	return !strchr("CcNn", one->mode) && !strchr("CcNn", other->mode);
}

struct meeting meet(const struct migration *one, const struct migration *other)
{
	struct meeting meeting = {0};
	for (size_t i = 0; i < one->touches.count; i++)
		for (size_t j = 0; j < other->touches.count; j++) {
			const struct touch *a = &one->touches.items[i];
			const struct touch *b = &other->touches.items[j];
			enum need need = need_of(a, b);
			if (need == NEEDED && shows(a, b))
				meeting.runs = true;
			if (need <= meeting.need)
				continue;
			meeting.need = need;
			meeting.modes[0] = a->mode;
			meeting.modes[1] = b->mode;
			meeting.token = a->token[0];
		}
	return meeting;
}

/* "t.c" may be blamed as "t" too. */
static bool names(const struct touch *touch, const char *object)
{
	size_t table = strcspn(object, ".");
	return strcasecmp(touch->object, object) == 0 ||
		(touch->also[0] && strcasecmp(touch->also, object) == 0) ||
		(strcspn(touch->object, ".") == table &&
			strncasecmp(touch->object, object, table) == 0);
}

static bool changes(const struct migration *migration, const char *object)
{
	for (size_t i = 0; i < migration->touches.count; i++) {
		const struct touch *touch = &migration->touches.items[i];
		if (strchr("CKNBcknAWUEVw", touch->mode) && names(touch, object))
			return true;
	}
	return false;
}

enum blame blame(
	const struct migration *one, const struct migration *other, const char *object)
{
	for (size_t i = 0; i < one->touches.count; i++)
		for (size_t j = 0; j < other->touches.count; j++) {
			const struct touch *a = &one->touches.items[i];
			const struct touch *b = &other->touches.items[j];
			if (need_of(a, b) != FREE &&
				(names(a, object) || names(b, object)))
				return MEET;
		}
	return changes(one, object) || changes(other, object) ? SHOWS : WRONG;
}

uint64_t ancestors(const struct catalog *catalog, int n)
{
	uint64_t found = 0;
	uint64_t open = catalog->migrations[n].depends;
	while (open) {
		int next = __builtin_ctzll(open);
		found |= UINT64_C(1) << next;
		open = (open | catalog->migrations[next].depends) & ~found;
	}
	return found;
}

void declare_needs(struct catalog *catalog)
{
	for (int i = 0; i < catalog->count; i++)
		for (int j = 0; j < i; j++)
			if (meet(&catalog->migrations[j], &catalog->migrations[i]).need)
				catalog->migrations[i].depends |= UINT64_C(1) << j;
}
