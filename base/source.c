#include "base/source.h"

#include <string.h>

#include "base/text.h"

struct amp_source *amp_source_new(
	struct amp_arena *arena, const char *path, const char *bytes, size_t length)
{
	struct amp_source *source = amp_arena_alloc(arena, sizeof(*source));
	if (!source)
		return NULL;
	*source = (struct amp_source){
		.path = amp_arena_strdup(arena, path),
		.bytes = bytes,
		.length = length,
		.arena = arena,
	};
	return source->path ? source : NULL;
}

#define STRIDE ((size_t)1024)
#define LINE_SHOWN ((size_t)400)

static bool is_line_end(const struct amp_source *source, size_t at)
{
	return at == source->length || source->bytes[at] == '\n' ||
		source->bytes[at] == '\r';
}

/* One code point on. A line ends with LF, CRLF or a lone CR, as XML counts them. */
static void step(const struct amp_source *source, struct amp_source_mark *mark)
{
	const char *at = source->bytes + mark->at;
	size_t left = source->length - mark->at;
	if (*at == '\n' || *at == '\r') {
		mark->at += *at == '\r' && left > 1 && at[1] == '\n' ? 2 : 1;
		mark->start = mark->at;
		mark->points = 0;
		mark->line++;
	} else {
		mark->at += (unsigned char)*at < 0x80 ? 1 : amp_text_step(at, left);
		mark->points++;
	}
}

/* The byte order mark is no part of the first line. */
static struct amp_source_mark first_mark(const struct amp_source *source)
{
	bool marked = source->length >= 3 && !memcmp(source->bytes, "\xef\xbb\xbf", 3);
	size_t start = marked ? 3 : 0;
	return (struct amp_source_mark){.at = start, .start = start};
}

static bool make_marks(struct amp_source *source)
{
	struct amp_source_mark *marks = amp_arena_array(
		source->arena, source->length / STRIDE + 1, sizeof(*marks));
	if (!marks)
		return false;
	struct amp_source_mark mark = first_mark(source);
	marks[source->nmarks++] = mark;
	while (mark.at < source->length) {
		step(source, &mark);
		if (mark.at >= source->nmarks * STRIDE)
			marks[source->nmarks++] = mark;
	}
	source->marks = marks;
	return true;
}

/* The code point that `offset` is in, or the line end. */
static struct amp_source_mark find(const struct amp_source *source, size_t offset)
{
	size_t near = offset / STRIDE;
	if (near && source->marks[near].at > offset)
		near--;
	struct amp_source_mark mark = source->marks[near], next = mark;
	while (next.at <= offset && next.at < source->length) {
		mark = next;
		step(source, &next);
	}
	return next.at <= offset ? next : mark;
}

static size_t count_points(const struct amp_source *source, size_t at, size_t end)
{
	size_t points = 0;
	for (; at < end && !is_line_end(source, at); points++)
		at += amp_text_step(source->bytes + at, source->length - at);
	return points;
}

static const char *line_at(struct amp_source *source, size_t start)
{
	size_t end = start;
	if (source->shown.text && source->shown.start == start)
		return source->shown.text;
	while (!is_line_end(source, end) && end - start <= LINE_SHOWN)
		end++;
	if (end - start > LINE_SHOWN)
		return NULL;
	source->shown.start = start;
	source->shown.text =
		amp_arena_strndup(source->arena, source->bytes + start, end - start);
	return source->shown.text;
}

struct amplan_place amp_source_place(
	struct amp_source *source, size_t offset, size_t length)
{
	struct amplan_place place = {.file = source->path};
	if (!source->marks && !make_marks(source))
		return place;
	if (offset > source->length)
		offset = source->length;
	if (length > source->length - offset)
		length = source->length - offset;
	struct amp_source_mark mark = find(source, offset);
	size_t end = offset + length;
	if (offset < mark.at) /* on the byte order mark */
		offset = mark.at;
	place.line = (unsigned)mark.line + 1;
	place.column = (unsigned)mark.points + 1;
	place.length = (unsigned)count_points(source, offset, end);
	if (place.length == 0)
		place.length = 1;
	place.text = line_at(source, mark.start);
	return place;
}
