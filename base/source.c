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

/* A line ends with LF, CRLF or a lone CR, as XML counts them. */
static size_t line_end(const struct amp_source *source, size_t at)
{
	while (at < source->length && source->bytes[at] != '\n' &&
		source->bytes[at] != '\r')
		at++;
	return at;
}

static size_t next_line(const struct amp_source *source, size_t end)
{
	if (end + 1 < source->length && source->bytes[end] == '\r' &&
		source->bytes[end + 1] == '\n')
		return end + 2;
	return end + 1;
}

static bool index_lines(struct amp_source *source)
{
	size_t count = 1;
	for (size_t at = line_end(source, 0); at < source->length; count++)
		at = line_end(source, next_line(source, at));
	size_t *lines = amp_arena_array(source->arena, count, sizeof(*lines));
	if (!lines)
		return false;
	size_t n = 0, at = 0;
	lines[n++] = 0;
	for (at = line_end(source, 0); at < source->length;
		at = line_end(source, lines[n - 1]))
		lines[n++] = next_line(source, at);
	source->lines = lines;
	source->nlines = n;
	return true;
}

static size_t find_line(const struct amp_source *source, size_t offset)
{
	size_t low = 0, high = source->nlines;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (source->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

#define LINE_SHOWN ((size_t)400)

struct amplan_place amp_source_place(
	struct amp_source *source, size_t offset, size_t length)
{
	struct amplan_place place = {.file = source->path};
	if (!source->lines && !index_lines(source))
		return place;
	if (offset > source->length)
		offset = source->length;
	size_t line = find_line(source, offset);
	size_t start = source->lines[line], end = line_end(source, start);
	if (offset > end)
		offset = end;
	if (length > end - offset)
		length = end - offset;
	if (line == 0 && source->length >= 3 &&
		!memcmp(source->bytes, "\xef\xbb\xbf", 3) && offset >= 3)
		start = 3;
	place.line = (unsigned)line + 1;
	place.column =
		(unsigned)amp_text_points(source->bytes + start, offset - start) + 1;
	place.length = (unsigned)amp_text_points(source->bytes + offset, length);
	if (place.length == 0)
		place.length = 1;
	if (end - start <= LINE_SHOWN)
		place.text = amp_arena_strndup(
			source->arena, source->bytes + start, end - start);
	return place;
}
