/*
 * SQL: two passes over the bytes, the first to count, the second to write, so that no
 * more memory is taken than the text needs.
 */
#include "schema/sql.h"

#include <stdlib.h>
#include <string.h>

struct writer {
	char *text; /* NULL while counting */
	struct amp_span *spans;
	size_t length, nspans;
	struct amp_span last;
};

/* One byte or run of bytes that came from `file` on, `step` file bytes each. */
static void note_span(struct writer *writer, size_t file, unsigned step)
{
	const struct amp_span *last = &writer->last;
	if (writer->nspans && step && last->step == step &&
		file == last->file + (writer->length - last->text) * step)
		return;
	writer->last = (struct amp_span){writer->length, file, step};
	if (writer->spans)
		writer->spans[writer->nspans] = writer->last;
	writer->nspans++;
}

static void put(struct writer *writer, const char *bytes, size_t length)
{
	if (writer->text)
		memcpy(writer->text + writer->length, bytes, length);
	writer->length += length;
}

/* Plain bytes [from, to) of the file; CR and CRLF become LF. */
static void put_lines(struct writer *writer, const char *bytes, size_t from, size_t to)
{
	while (from < to) {
		const char *cr = memchr(bytes + from, '\r', to - from);
		size_t end = cr ? (size_t)(cr - bytes) : to;
		note_span(writer, from, 1);
		put(writer, bytes + from, end - from);
		from = end;
		if (!cr)
			break;
		note_span(writer, from, 1);
		put(writer, "\n", 1);
		from += from + 1 < to && bytes[from + 1] == '\n' ? 2 : 1;
	}
}

static size_t encode(unsigned long point, char out[4])
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n - 1; i > 0; i--, point >>= 6)
		out[i] = (char)(0x80 | (point & 0x3f));
	out[0] = (char)(lead[n] | point);
	return n;
}

/* The entity or character reference between '&' and ';'. */
static size_t resolve(const char *name, size_t length, char out[4])
{
	static const struct {
		const char *name;
		char byte;
	} known[] = {
		{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].name) == length &&
			!memcmp(name, known[i].name, length)) {
			out[0] = known[i].byte;
			return 1;
		}
	if (length < 2 || name[0] != '#')
		return 0;
	bool hex = name[1] == 'x';
	return encode(strtoul(name + (hex ? 2 : 1), NULL, hex ? 16 : 10), out);
}

static size_t put_entity(struct writer *writer, const char *bytes, size_t at, size_t end)
{
	const char *close = memchr(bytes + at, ';', end - at);
	if (!close)
		return end;
	size_t behind = (size_t)(close - bytes) + 1;
	char text[4];
	size_t n = resolve(bytes + at + 1, behind - at - 2, text);
	note_span(writer, at, n == 1 ? (unsigned)(behind - at) : 0);
	put(writer, text, n);
	return behind;
}

static size_t put_markup(struct writer *writer, const char *bytes, size_t at, size_t end)
{
	size_t behind = amp_scan_skip(bytes, end, at);
	if (behind == at) { /* a tag, which is a finding of its own */
		const char *close = memchr(bytes + at, '>', end - at);
		return close ? (size_t)(close - bytes) + 1 : end;
	}
	if (bytes[at + 2] == '[')
		put_lines(writer, bytes, at + 9, behind - 3);
	return behind;
}

static void write_content(
	struct writer *writer, const char *bytes, size_t begin, size_t end)
{
	size_t at = begin;
	while (at < end) {
		size_t run = at;
		while (run < end && bytes[run] != '<' && bytes[run] != '&')
			run++;
		put_lines(writer, bytes, at, run);
		if (run == end)
			break;
		at = bytes[run] == '&' ? put_entity(writer, bytes, run, end)
				       : put_markup(writer, bytes, run, end);
	}
}

/* Memory for what a counting pass found. */
static bool prepare(struct amp_arena *arena, struct writer *writer, size_t begin)
{
	struct writer counted = *writer;
	*writer = (struct writer){
		.text = amp_arena_alloc(arena, counted.length + 1),
		.spans = amp_arena_array(
			arena, counted.nspans + 1, sizeof(*writer->spans)),
	};
	if (!writer->text || !writer->spans)
		return false;
	if (counted.nspans == 0)
		writer->spans[0] = (struct amp_span){0, begin, 1};
	return true;
}

static void take(struct amp_sql *sql, const struct writer *writer)
{
	sql->text = writer->text;
	sql->length = writer->length;
	sql->spans = writer->spans;
	sql->nspans = writer->nspans ? writer->nspans : 1;
}

bool amp_sql_from_xml(const struct amp_complain *complain, size_t begin, size_t end,
	size_t pieces, struct amp_sql *sql)
{
	static const struct amp_span none = {0, 0, 1};
	const char *bytes = complain->source->bytes;
	struct writer writer = {0};
	*sql = (struct amp_sql){
		.text = "", .source = complain->source, .spans = &none, .nspans = 1};
	write_content(&writer, bytes, begin, end);
	if (writer.nspans > pieces) {
		struct amplan_finding *finding =
			amp_complain(complain, (struct amp_scan_range){begin, 1},
				"with this text the file has more than %zu pieces of "
				"text",
				AMP_SQL_PIECES_MAX);
		amp_finding_hint(complain->findings, finding,
			"put it into a file of its own and name it with src=\"...\"");
		return false;
	}
	if (!prepare(complain->findings->arena, &writer, begin))
		return false;
	write_content(&writer, bytes, begin, end);
	take(sql, &writer);
	return true;
}

void amp_sql_from_file(
	struct amp_arena *arena, struct amp_source *source, struct amp_sql *sql)
{
	static const struct amp_span plain = {0, 0, 1}, marked = {0, 3, 1};
	bool mark = source->length >= 3 && !memcmp(source->bytes, "\xef\xbb\xbf", 3);
	size_t begin = mark ? 3 : 0;
	*sql = (struct amp_sql){
		.text = source->bytes + begin,
		.length = source->length - begin,
		.source = source,
		.spans = mark ? &marked : &plain,
		.nspans = 1,
	};
	if (!memchr(sql->text, '\r', sql->length))
		return;
	struct writer writer = {0};
	put_lines(&writer, source->bytes, begin, source->length);
	if (!prepare(arena, &writer, begin))
		return;
	put_lines(&writer, source->bytes, begin, source->length);
	take(sql, &writer);
}

/* Behind the white space, comment or semicolon at `at`; `at` where there is none. */
static size_t skip_idle(const char *text, size_t length, size_t at)
{
	if (text[at] == ';' || strchr(" \t\r\n\f", text[at]))
		return at + 1;
	const char *found = NULL;
	if (length - at >= 2 && !memcmp(text + at, "--", 2))
		found = memchr(text + at, '\n', length - at);
	else if (length - at >= 2 && !memcmp(text + at, "/*", 2))
		found = memmem(text + at + 2, length - at - 2, "*/", 2);
	else
		return at;
	if (!found)
		return length;
	return (size_t)(found - text) + (*found == '*' ? 2 : 1);
}

bool amp_sql_has_statement(const char *text, size_t length)
{
	size_t at = 0;
	while (at < length) {
		size_t next = skip_idle(text, length, at);
		if (next == at)
			return true;
		at = next;
	}
	return false;
}

static const struct amp_span *find_span(const struct amp_sql *sql, size_t offset)
{
	size_t low = 0, high = sql->nspans;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (sql->spans[middle].text <= offset)
			low = middle;
		else
			high = middle;
	}
	return &sql->spans[low];
}

/* Where in the file the text at `offset` begins, and *end where that byte's origin ends. */
static size_t origin(const struct amp_sql *sql, size_t offset, size_t *end)
{
	const struct amp_span *span = find_span(sql, offset);
	size_t file = span->file + (offset - span->text) * span->step;
	*end = file + span->step;
	if (span->step == 0) {
		const char *close = memchr(
			sql->source->bytes + file, ';', sql->source->length - file);
		*end = close ? (size_t)(close - sql->source->bytes) + 1 : file + 1;
	}
	return file;
}

struct amplan_place amp_sql_place(const struct amp_sql *sql, size_t offset, size_t length)
{
	if (offset > sql->length)
		offset = sql->length;
	if (length > sql->length - offset)
		length = sql->length - offset;
	size_t end, file = origin(sql, offset, &end);
	if (length > 1)
		origin(sql, offset + length - 1, &end);
	return amp_source_place(sql->source, file, end - file);
}
