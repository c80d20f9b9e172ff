/*
 * XML scan: knows comments, processing instructions, CDATA, tags and quotes, and no more.
 * Each byte is looked at once.
 */
#include "schema/xml_scan.h"

#include <stdlib.h>
#include <string.h>

void amp_scan_init(struct amp_scan *scan, const char *bytes, size_t length)
{
	*scan = (struct amp_scan){.bytes = bytes, .length = length};
	if (length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3))
		scan->at = 3;
}

void amp_scan_deinit(struct amp_scan *scan)
{
	amp_vec_deinit(&scan->attributes);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool starts(const char *bytes, size_t length, size_t at, const char *with)
{
	size_t n = strlen(with);
	return length - at >= n && !memcmp(bytes + at, with, n);
}

/* Behind the next `closer`, which ends in '>', or the end. Not memmem: sanitizers look at
   all that is left of the file in each call. */
static size_t behind(const char *bytes, size_t length, size_t at, const char *closer)
{
	size_t n = strlen(closer), from = at + n - 1;
	while (from < length) {
		const char *found = memchr(bytes + from, '>', length - from);
		if (!found)
			break;
		if (!memcmp(found + 1 - n, closer, n))
			return (size_t)(found - bytes) + 1;
		from = (size_t)(found - bytes) + 1;
	}
	return length;
}

size_t amp_scan_skip(const char *bytes, size_t length, size_t at)
{
	if (starts(bytes, length, at, "<!--"))
		return behind(bytes, length, at + 4, "-->");
	if (starts(bytes, length, at, "<?"))
		return behind(bytes, length, at + 2, "?>");
	if (starts(bytes, length, at, "<![CDATA["))
		return behind(bytes, length, at + 9, "]]>");
	return at;
}

static void note_text(struct amp_scan *scan, size_t from, size_t to)
{
	if (scan->has_text)
		return;
	scan->has_text = true;
	while (to > from + 1 && is_blank(scan->bytes[to - 1]))
		to--;
	scan->text = (struct amp_scan_range){from, to - from};
}

/* Behind the white space at `at`, written as itself or as a character reference. */
static size_t skip_blank_text(const char *bytes, size_t at, size_t end)
{
	while (at < end) {
		const char *close =
			bytes[at] == '&' ? memchr(bytes + at, ';', end - at) : NULL;
		if (is_blank(bytes[at])) {
			at++;
			continue;
		}
		if (!close || bytes[at + 1] != '#')
			break;
		bool hex = bytes[at + 2] == 'x';
		unsigned long point =
			strtoul(bytes + at + (hex ? 3 : 2), NULL, hex ? 16 : 10);
		if (point > ' ' || !is_blank((char)point))
			break;
		at = (size_t)(close - bytes) + 1;
	}
	return at;
}

/* Steps over text, noting the first piece of it that is not blank. */
static void skip_text(struct amp_scan *scan)
{
	const char *open = memchr(scan->bytes + scan->at, '<', scan->length - scan->at);
	size_t end = open ? (size_t)(open - scan->bytes) : scan->length;
	if (!scan->has_text) {
		size_t from = skip_blank_text(scan->bytes, scan->at, end), line = from;
		while (line < end && scan->bytes[line] != '\n' &&
			scan->bytes[line] != '\r')
			line++;
		if (from < end)
			note_text(scan, from, line);
	}
	scan->at = end;
}

static size_t skip_blanks(const struct amp_scan *scan, size_t at)
{
	while (at < scan->length && is_blank(scan->bytes[at]))
		at++;
	return at;
}

static size_t skip_name(const struct amp_scan *scan, size_t at)
{
	while (at < scan->length && !is_blank(scan->bytes[at]) &&
		!strchr("=/>\"'<", scan->bytes[at]))
		at++;
	return at;
}

/* One attribute at `at`; returns where it ends, or `length` where it does not. */
static size_t scan_attribute(struct amp_scan *scan, size_t at)
{
	struct amp_scan_attribute attribute = {.name.offset = at};
	at = skip_name(scan, at);
	attribute.name.length = at - attribute.name.offset;
	at = skip_blanks(scan, at);
	if (at >= scan->length || scan->bytes[at] != '=')
		return scan->length;
	at = skip_blanks(scan, at + 1);
	if (at >= scan->length || (scan->bytes[at] != '"' && scan->bytes[at] != '\''))
		return scan->length;
	const char *close =
		memchr(scan->bytes + at + 1, scan->bytes[at], scan->length - at - 1);
	if (!close)
		return scan->length;
	attribute.value.offset = at + 1;
	attribute.value.length = (size_t)(close - scan->bytes) - at - 1;
	if (!amp_vec_push(&scan->attributes, attribute))
		scan->failed = true;
	return (size_t)(close - scan->bytes) + 1;
}

static enum amp_scan_event lost(struct amp_scan *scan)
{
	scan->at = scan->end = scan->length;
	return AMP_SCAN_LOST;
}

static enum amp_scan_event scan_start(struct amp_scan *scan)
{
	size_t at = skip_name(scan, scan->at + 1);
	scan->name = (struct amp_scan_range){scan->at + 1, at - scan->at - 1};
	scan->attributes.count = 0;
	for (;;) {
		at = skip_blanks(scan, at);
		scan->too_long = at - scan->at > AMP_SCAN_TAG_MAX;
		if (at >= scan->length || scan->too_long)
			return lost(scan);
		if (scan->bytes[at] == '>' || scan->bytes[at] == '/')
			break;
		if (skip_name(scan, at) == at)
			return lost(scan);
		at = scan_attribute(scan, at);
	}
	scan->empty = scan->bytes[at] == '/';
	if (scan->empty && (++at >= scan->length || scan->bytes[at] != '>'))
		return lost(scan);
	scan->at = scan->end = at + 1;
	return AMP_SCAN_START;
}

static enum amp_scan_event scan_end(struct amp_scan *scan)
{
	size_t at = skip_name(scan, scan->at + 2);
	scan->name = (struct amp_scan_range){scan->at + 2, at - scan->at - 2};
	at = skip_blanks(scan, at);
	scan->too_long = at - scan->at > AMP_SCAN_TAG_MAX;
	if (at >= scan->length || scan->bytes[at] != '>' || scan->too_long)
		return lost(scan);
	scan->at = scan->end = at + 1;
	return AMP_SCAN_END;
}

/* Text, comments, PIs and CDATA up to the next tag. */
static void skip_content(struct amp_scan *scan)
{
	while (scan->at < scan->length) {
		skip_text(scan);
		if (scan->at == scan->length)
			return;
		size_t next = amp_scan_skip(scan->bytes, scan->length, scan->at);
		if (next == scan->at)
			return;
		if (scan->bytes[scan->at + 1] == '!' && scan->bytes[scan->at + 2] == '[')
			note_text(scan, scan->at, scan->at + strlen("<![CDATA["));
		scan->at = next;
	}
}

enum amp_scan_event amp_scan_next(struct amp_scan *scan)
{
	scan->has_text = false;
	if (scan->empty) {
		scan->empty = false;
		scan->tag = scan->end;
		return AMP_SCAN_END;
	}
	skip_content(scan);
	scan->tag = scan->at;
	if (scan->at >= scan->length)
		return AMP_SCAN_DONE;
	if (starts(scan->bytes, scan->length, scan->at, "</"))
		return scan_end(scan);
	if (starts(scan->bytes, scan->length, scan->at, "<!")) {
		scan->at = scan->end = behind(scan->bytes, scan->length, scan->at, ">");
		return AMP_SCAN_DOCTYPE;
	}
	return scan_start(scan);
}
