#include "tests/fuzz/shown.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

size_t shown_decode(const char *text, size_t length, uint32_t *point)
{
	unsigned char c = (unsigned char)text[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	*point = c;
	if (c > 0xf4 || n > length || !n)
		return 0;
	*point = c & masks[n];
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (*point < least[n] || *point > 0x10ffff || (*point & 0x1ff800) == 0xd800)
		return 0;
	return n;
}

/* Controls; what writes backwards; what is not seen; what is not for interchange. */
static bool is_hostile(uint32_t point)
{
	static const uint32_t ranges[][2] = {{0, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c},
		{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
		{0xfff9, 0xfffb}, {0xe0000, 0x10ffff}};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (point >= ranges[i][0] && point <= ranges[i][1])
			return true;
	return false;
}

static size_t add_one(struct amp_str *out, const char *text, size_t length)
{
	uint32_t point;
	size_t n = shown_decode(text, length, &point);
	if (!n || (is_hostile(point) && point < 0x80))
		amp_str_addf(out, "\\x%02x", (unsigned)(unsigned char)*text);
	else if (is_hostile(point))
		amp_str_addf(out, "\\u{%04x}", (unsigned)point);
	else
		amp_str_addn(out, text, n);
	return n ? n : 1;
}

void shown_text(struct amp_str *out, const char *text)
{
	for (size_t left = strlen(text), n; left; text += n, left -= n)
		n = add_one(out, text, left);
}

void shown_words(struct amp_str *out, const char *text)
{
	static const char blanks[] = " \t\r\n";
	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		size_t length = strcspn(text, blanks);
		if (out->length)
			amp_str_addc(out, ' ');
		for (size_t n; length; text += n, length -= n)
			n = add_one(out, text, length);
	}
}

void shown_escaped(struct amp_str *out, const char *text)
{
	AMP_STR_AUTO plain = AMP_STR_INIT;
	shown_text(&plain, text);
	for (const char *at = amp_str_text(&plain); *at; at++) {
		amp_str_addc(out, *at);
		if (*at == '\\')
			amp_str_addc(out, '\\');
	}
}

void shown_is_harmless(const char *text, size_t length, const char *allowed)
{
	for (size_t at = 0, n; at < length; at += n) {
		uint32_t point;
		n = shown_decode(text + at, length - at, &point);
		must(n);
		must(!is_hostile(point) ||
			(point && point < 0x80 && strchr(allowed, (int)point)));
	}
}
