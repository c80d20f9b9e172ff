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

#define STRIDE ((size_t)64)
#define LINE_SHOWN ((size_t)400)

/* A file of nothing but line ends must not cost a multiple of its size. */
static bool index_lines(struct amp_source *source)
{
	size_t count = 1;
	for (size_t at = line_end(source, 0); at < source->length; count++)
		at = line_end(source, next_line(source, at));
	size_t *lines = amp_arena_array(
		source->arena, (count + STRIDE - 1) / STRIDE, sizeof(*lines));
	if (!lines)
		return false;
	size_t start = 0;
	for (size_t line = 0; line < count; line++) {
		if (line % STRIDE == 0)
			lines[source->nlines++] = start;
		start = next_line(source, line_end(source, start));
	}
	source->lines = lines;
	return true;
}

/* Makes the line that `offset` is on the last one. */
static void find_line(struct amp_source *source, size_t offset)
{
	if (source->last.known && offset >= source->last.start &&
		offset <= source->last.end)
		return;
	size_t low = 0, high = source->nlines;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (source->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	size_t line = low * STRIDE, start = source->lines[low];
	size_t end = line_end(source, start);
	while (end < source->length && next_line(source, end) <= offset) {
		start = next_line(source, end);
		end = line_end(source, start);
		line++;
	}
	source->last.line = line;
	source->last.start = source->last.offset = start;
	source->last.end = end;
	source->last.points = 0;
	source->last.known = true;
	if (line == 0 && end >= 3 && !memcmp(source->bytes, "\xef\xbb\xbf", 3))
		source->last.start = source->last.offset = 3;
}

/* Code points of the last line before `offset`, counted from the nearest known place. */
static size_t points_before(struct amp_source *source, size_t offset)
{
	const char *bytes = source->bytes;
	size_t start = source->last.start, known = source->last.offset;
	if (offset >= known)
		source->last.points += amp_text_points(bytes + known, offset - known);
	else if (known - offset < offset - start)
		source->last.points -= amp_text_points(bytes + offset, known - offset);
	else
		source->last.points = amp_text_points(bytes + start, offset - start);
	source->last.offset = offset;
	return source->last.points;
}

struct amplan_place amp_source_place(
	struct amp_source *source, size_t offset, size_t length)
{
	struct amplan_place place = {.file = source->path};
	if (!source->lines && !index_lines(source))
		return place;
	if (offset > source->length)
		offset = source->length;
	find_line(source, offset);
	size_t start = source->last.start, end = source->last.end;
	if (offset < start) /* on the byte order mark */
		offset = start;
	if (offset > end)
		offset = end;
	if (length > end - offset)
		length = end - offset;
	place.line = (unsigned)source->last.line + 1;
	place.column = (unsigned)points_before(source, offset) + 1;
	place.length = (unsigned)amp_text_points(source->bytes + offset, length);
	if (place.length == 0)
		place.length = 1;
	if (end - start <= LINE_SHOWN)
		place.text = amp_arena_strndup(
			source->arena, source->bytes + start, end - start);
	return place;
}
