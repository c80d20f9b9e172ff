/*
 * SQLite engine, seeding: made-up values.
 *
 * They fit the declared type, are the same every time, and are such as no migration
 * inserts itself. Keys that are the rowid go down from 0: the next row that a migration
 * adds is number 1, as in an empty table. Other numbers are large, negative and odd, so
 * that a CHECK that comes later has something to fail on.
 */
#include "executor/sqlite_seed.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool contains(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

static bool ends(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);
	return length >= tail && !strcasecmp(text + length - tail, end);
}

static bool begins(const char *text, const char *start)
{
	return !strncasecmp(text, start, strlen(start));
}

static bool is_flag_name(const char *name)
{
	return begins(name, "is_") || begins(name, "has_") || begins(name, "can_") ||
		ends(name, "_flag");
}

static bool is_moment_name(const char *name)
{
	return ends(name, "_at") || ends(name, "_on") || ends(name, "time") ||
		ends(name, "timestamp") || ends(name, "_utc");
}

static enum seed_class class_of_number(const char *name, const char *type)
{
	if (contains(type, "BOOL") || is_flag_name(name))
		return SEED_FLAG;
	if (is_moment_name(name) || ends(name, "date"))
		return SEED_EPOCH;
	return ends(name, "id") ? SEED_REFERENCE : SEED_NUMBER;
}

static enum seed_class class_of_text(const char *name, const char *type)
{
	if (contains(type, "JSON") || ends(name, "json"))
		return SEED_JSON;
	if (contains(type, "UUID") || contains(type, "GUID") || ends(name, "uuid") ||
		ends(name, "guid"))
		return SEED_UUID;
	if (is_moment_name(name))
		return SEED_MOMENT;
	return ends(name, "date") || ends(name, "day") ? SEED_DATE : SEED_TEXT;
}

/* Types that SQLite takes for numbers although they are none. */
static enum seed_class class_of_numeric(const char *name, const char *type)
{
	if (contains(type, "TIME"))
		return SEED_MOMENT;
	if (contains(type, "DATE"))
		return SEED_DATE;
	if (contains(type, "JSON") || contains(type, "UUID") || contains(type, "GUID"))
		return class_of_text(name, type);
	if (contains(type, "STRING") || !strcasecmp(type, "ANY"))
		return class_of_text(name, type);
	return class_of_number(name, type);
}

/* SQLite's own rules of affinity, in its order. */
void sqlite_seed_classify(struct seed_column *column, const char *type)
{
	const char *name = column->name ? column->name : "";
	const char *open = strchr(type, '(');
	column->untyped = !*type || !strcasecmp(type, "ANY");
	if (contains(type, "INT")) {
		column->class = class_of_number(name, type);
	} else if (contains(type, "CHAR") || contains(type, "CLOB") ||
		contains(type, "TEXT")) {
		column->class = class_of_text(name, type);
		column->width = open ? (int)strtol(open + 1, NULL, 10) : 0;
	} else if (contains(type, "BLOB")) {
		column->class = SEED_BYTES;
	} else if (!*type) {
		column->class = class_of_text(name, type);
	} else if (contains(type, "REAL") || contains(type, "FLOA") ||
		contains(type, "DOUB")) {
		column->class = SEED_REAL;
	} else {
		column->class = class_of_numeric(name, type);
	}
}

static struct seed_value number(int64_t value)
{
	return (struct seed_value){.type = SQLITE_INTEGER, .number = value};
}

static struct seed_value text(char *bytes)
{
	return (struct seed_value){.type = SQLITE_TEXT,
		.bytes = bytes,
		.length = bytes ? (int)strlen(bytes) : 0};
}

static struct seed_value text_value(int width, int variant, struct amp_arena *arena)
{
	char *bytes = amp_arena_printf(arena, "seed-%d", variant + 1);
	if (!bytes || width < 1 || width >= 6)
		return text(bytes);
	/* "c", "bc": short, and still different */
	bytes = amp_arena_strdup(arena, "seeda");
	if (!bytes)
		return text(NULL);
	bytes[4] = (char)('a' + variant);
	return text(bytes + 5 - width);
}

struct seed_value sqlite_seed_value(
	const struct seed_column *column, int variant, struct amp_arena *arena)
{
	if (column->alias)
		return number(-variant);
	switch (column->class) {
	case SEED_REFERENCE:
		/* matches the rowids that seeded parents have, where a key is added later */
		if (!column->alone)
			return number(-variant);
		return number(-1000003 - 2 * variant);
	case SEED_EPOCH:
		return number(946684800 + variant);
	case SEED_FLAG:
		return number(variant == 0);
	case SEED_REAL:
		return (struct seed_value){
			.type = SQLITE_FLOAT, .real = -1000003.5 - 2 * variant};
	case SEED_TEXT:
		return text_value(column->width, variant, arena);
	case SEED_DATE:
		return text(amp_arena_printf(arena, "2000-01-%02d", variant + 1));
	case SEED_MOMENT:
		return text(
			amp_arena_printf(arena, "2000-01-%02dT00:00:00Z", variant + 1));
	case SEED_JSON:
		return text(variant ? amp_arena_printf(arena, "{\"seed\":%d}", variant)
				    : amp_arena_strdup(arena, "{}"));
	case SEED_UUID:
		return text(amp_arena_printf(
			arena, "5eed0000-0000-4000-8000-%012d", variant + 1));
	case SEED_BYTES: {
		struct seed_value value =
			text(amp_arena_printf(arena, "\x5e\xed%c", variant + 1));
		value.type = SQLITE_BLOB;
		return value;
	}
	case SEED_NUMBER:
	default:
		return number(-1000003 - 2 * variant);
	}
}

struct seed_value sqlite_seed_edge(
	const struct seed_column *column, struct amp_arena *arena)
{
	switch (column->class) {
	case SEED_NUMBER:
		return number(0);
	case SEED_REAL:
		return (struct seed_value){.type = SQLITE_FLOAT, .real = 0};
	case SEED_TEXT:
		return text(amp_arena_strdup(arena, ""));
	case SEED_BYTES:
		return (struct seed_value){.type = SQLITE_BLOB, .bytes = ""};
	default:
		return sqlite_seed_value(column, 1, arena);
	}
}

bool sqlite_seed_equal(const struct seed_value *left, const struct seed_value *right)
{
	if (left->type != right->type)
		return false;
	if (left->type == SQLITE_INTEGER)
		return left->number == right->number;
	if (left->type == SQLITE_FLOAT)
		return !(left->real < right->real) && !(left->real > right->real);
	return left->length == right->length &&
		(!left->length ||
			!memcmp(left->bytes, right->bytes, (size_t)left->length));
}
