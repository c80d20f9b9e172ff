#include "cli/json.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "cli/utf8.h"

static void put_escaped(FILE *stream, uint32_t point)
{
	if (point < 0x10000)
		fprintf(stream, "\\u%04x", (unsigned)point);
	else
		fprintf(stream, "\\u%04x\\u%04x",
			(unsigned)(0xd800 + ((point - 0x10000) >> 10)),
			(unsigned)(0xdc00 + ((point - 0x10000) & 0x3ff)));
}

/* yajl escapes what is below a blank. What turns the direction of text, or what a terminal
   takes for a command, is valid in JSON, and still not let loose on who looks at it. It hands
   over whole characters. Errors stay in the stream and are seen at exit. */
static void print(void *user, const char *text, size_t length)
{
	const char *end = text + length, *from = text;
	for (const char *at = text; at < end;) {
		uint32_t point = (unsigned char)*at;
		size_t n = point < 0x7f ? 1 : utf8_read(at, &point);
		if (n && point >= 0x7f && utf8_is_unsafe(point)) {
			fwrite(from, 1, (size_t)(at - from), user);
			put_escaped(user, point);
			from = at + n;
		}
		at += n ? n : 1;
	}
	fwrite(from, 1, (size_t)(end - from), user);
}

/*
 * yajl takes two pieces as it begins, and writes into the second without a look at whether
 * it got one. So both come from a room that is there already.
 */
struct json_room {
	size_t used;
	max_align_t bytes[128];
};

static void *take(void *user, size_t size)
{
	struct json_room *room = user;
	size_t items = (size + sizeof(*room->bytes) - 1) / sizeof(*room->bytes);
	if (items > sizeof(room->bytes) / sizeof(*room->bytes) - room->used)
		abort(); /* it never asks for as much */
	void *piece = room->bytes + room->used;
	room->used += items;
	return piece;
}

static void *take_more(void *user, void *piece, size_t size)
{
	(void)piece; /* only a buffer grows, and text goes straight to the stream */
	return take(user, size);
}

static void give_back(void *user, void *piece)
{
	(void)user;
	(void)piece;
}

bool json_open(struct json *json, FILE *stream)
{
	*json = (struct json){.room = calloc(1, sizeof(*json->room))};
	if (!json->room)
		return false;
	/* it is copied */
	yajl_alloc_funcs room = {take, take_more, give_back, json->room};
	json->gen = yajl_gen_alloc(&room);
	yajl_gen_config(json->gen, yajl_gen_print_callback, print, stream);
	return true;
}

void json_close(struct json *json)
{
	if (json->gen)
		yajl_gen_free(json->gen);
	free(json->room);
	*json = (struct json){.failed = json->failed};
}

static void check(struct json *json, yajl_gen_status status)
{
	if (status != yajl_gen_status_ok)
		json->failed = true;
}

static void put_string(struct json *json, const char *text, size_t length)
{
	check(json, yajl_gen_string(json->gen, (const unsigned char *)text, length));
}

/* The text with each broken byte replaced; NULL: no memory. */
static char *mended(const char *text)
{
	char *copy = malloc(strlen(text) * 3 + 1), *to = copy;
	while (copy && *text) {
		uint32_t point;
		size_t n = utf8_read(text, &point);
		memcpy(to, n ? text : "\xef\xbf\xbd", n ? n : 3);
		to += n ? n : 3;
		text += n ? n : 1;
	}
	if (copy)
		*to = '\0';
	return copy;
}

static bool is_sound(const char *text)
{
	uint32_t point;
	while (*text) {
		size_t n = utf8_read(text, &point);
		if (!n)
			return false;
		text += n;
	}
	return true;
}

static void put_any(struct json *json, const char *text)
{
	if (is_sound(text)) {
		put_string(json, text, strlen(text));
		return;
	}
	char *copy = mended(text);
	if (copy)
		put_string(json, copy, strlen(copy));
	else
		json->failed = true;
	free(copy);
}

static void put_key(struct json *json, const char *key)
{
	if (key)
		put_any(json, key);
}

void json_map(struct json *json, const char *key)
{
	put_key(json, key);
	check(json, yajl_gen_map_open(json->gen));
}

void json_array(struct json *json, const char *key)
{
	put_key(json, key);
	check(json, yajl_gen_array_open(json->gen));
}

void json_end_map(struct json *json)
{
	check(json, yajl_gen_map_close(json->gen));
}

void json_end_array(struct json *json)
{
	check(json, yajl_gen_array_close(json->gen));
}

void json_text(struct json *json, const char *key, const char *text)
{
	if (!text)
		return;
	put_key(json, key);
	put_any(json, text);
}

void json_number(struct json *json, const char *key, int64_t number)
{
	put_key(json, key);
	check(json, yajl_gen_integer(json->gen, number));
}

void json_bool(struct json *json, const char *key, bool value)
{
	put_key(json, key);
	check(json, yajl_gen_bool(json->gen, value));
}
