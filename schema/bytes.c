#include "schema/bytes.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

static bool begins(const struct amp_source *source, const char *bytes, size_t length)
{
	return source->length >= length && !memcmp(source->bytes, bytes, length);
}

/* The encoding that a byte order mark or the zeros of a first '<' give away, or NULL. */
static const char *other_encoding(const struct amp_source *source)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *name;
	} known[] = {
		{"\xff\xfe\0\0", 4, "UTF-32"},
		{"\0\0\xfe\xff", 4, "UTF-32"},
		{"<\0\0\0", 4, "UTF-32"},
		{"\0\0\0<", 4, "UTF-32"},
		{"\xff\xfe", 2, "UTF-16"},
		{"\xfe\xff", 2, "UTF-16"},
		{"<\0", 2, "UTF-16"},
		{"\0<", 2, "UTF-16"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (begins(source, known[i].bytes, known[i].length))
			return known[i].name;
	return NULL;
}

/* The first byte that no text has. NULL: there is none. */
static struct amplan_finding *find_broken(const struct amp_complain *complain)
{
	const struct amp_source *source = complain->source;
	const char *zero = memchr(source->bytes, '\0', source->length);
	size_t broken = amp_text_invalid_utf8(source->bytes, source->length);
	if (zero && (size_t)(zero - source->bytes) < broken)
		return amp_complain(complain,
			(struct amp_scan_range){(size_t)(zero - source->bytes), 1},
			"a NUL byte does not belong into a text file");
	if (broken < source->length)
		return amp_complain(complain, (struct amp_scan_range){broken, 1},
			"byte 0x%02x is not UTF-8 here",
			(unsigned char)source->bytes[broken]);
	return NULL;
}

bool amp_bytes_are_text(const struct amp_complain *complain)
{
	struct amplan_finding *finding = NULL;
	const char *encoding = other_encoding(complain->source);
	if (encoding) {
		finding = amp_complain(complain, (struct amp_scan_range){0, 0},
			"the file is encoded in %s, not in UTF-8", encoding);
		finding->place.column = finding->place.length = 0;
		finding->place.text = NULL;
	} else {
		finding = find_broken(complain);
	}
	if (finding)
		amp_finding_hint(complain->findings, finding, "save the file as UTF-8");
	return !finding;
}

/* Length of the control or non-character at `at`; 0 where there is a proper one. */
static size_t improper(const char *bytes, size_t at)
{
	unsigned char c = (unsigned char)bytes[at];
	if (c < 0x20)
		return c != '\t' && c != '\n' && c != '\r';
	if (c != 0xef)
		return 0;
	return !memcmp(bytes + at, "\xef\xbf\xbe", 3) ||
			!memcmp(bytes + at, "\xef\xbf\xbf", 3)
		? 3
		: 0;
}

bool amp_bytes_are_sql(const struct amp_complain *complain)
{
	const struct amp_source *source = complain->source;
	if (!amp_bytes_are_text(complain))
		return false;
	for (size_t at = 0; at < source->length; at++) {
		size_t length = improper(source->bytes, at);
		if (!length)
			continue;
		struct amplan_finding *finding = amp_complain(complain,
			(struct amp_scan_range){at, length},
			length == 1 ? "the control character 0x%02x cannot stand in SQL"
				    : "the character U+%04X cannot stand in SQL",
			length == 1 ? (unsigned)source->bytes[at]
				: (unsigned char)source->bytes[at + 2] == 0xbe ? 0xfffeu
									       : 0xffffu);
		amp_finding_hint(complain->findings, finding,
			"remove it, or write it as char(...) in SQL");
		return false;
	}
	return true;
}

/* Where the value of encoding="…" stands in the XML declaration, if it does. */
static bool declared_encoding(const struct amp_source *source, struct amp_scan_range *at)
{
	size_t start = begins(source, "\xef\xbb\xbf", 3) ? 3 : 0;
	const char *text = source->bytes + start;
	if (source->length - start < 6 || strncmp(text, "<?xml", 5) != 0 ||
		!strchr(" \t\r\n", text[5]))
		return false;
	const char *end = strstr(text, "?>");
	const char *name = strstr(text, "encoding");
	if (!end || !name || name > end)
		return false;
	const char *quote = strpbrk(name, "\"'");
	const char *close = quote ? strchr(quote + 1, *quote) : NULL;
	if (!close || close > end)
		return false;
	at->offset = (size_t)(quote + 1 - source->bytes);
	at->length = (size_t)(close - quote) - 1;
	return true;
}

bool amp_bytes_are_xml(const struct amp_complain *complain)
{
	const struct amp_source *source = complain->source;
	struct amp_scan_range at;
	if (!amp_bytes_are_text(complain))
		return false;
	if (!declared_encoding(source, &at))
		return true;
	const char *name = source->bytes + at.offset;
	if (at.length == 5 && !strncasecmp(name, "UTF-8", 5))
		return true;
	struct amplan_finding *finding = amp_complain(complain, at,
		"the encoding '%s' is declared, but must be 'UTF-8'",
		amp_shown(complain->findings, name, at.length));
	amp_finding_hint(complain->findings, finding,
		"save the file as UTF-8 and write encoding=\"UTF-8\"");
	return false;
}
