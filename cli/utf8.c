#include "cli/utf8.h"

#include <string.h>

size_t utf8_read(const char *text, uint32_t *point)
{
	const unsigned char *s = (const unsigned char *)text;
	if (s[0] < 0x80) {
		*point = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	size_t need = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	uint32_t value = s[0] & (0xffu >> (need + 1));
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80) /* the terminating NUL ends here as well */
			return 0;
		value = value << 6 | (s[i] & 0x3f);
	}
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (value < least[need] || value > 0x10ffff ||
		(value >= 0xd800 && value <= 0xdfff))
		return 0;
	*point = value;
	return need;
}

bool utf8_is_unsafe(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
		(point >= 0x200b && point <= 0x200f) ||
		(point >= 0x2028 && point <= 0x202e) ||
		(point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
		(point >= 0xfff9 && point <= 0xfffb) || point >= 0xe0000;
}

struct range {
	uint32_t first, last;
};

static bool is_in(uint32_t point, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	return false;
}

/* The blocks that matter in practice; the C library's table would need a locale. */
unsigned utf8_columns(uint32_t point)
{
	static const struct range none[] = {{0x300, 0x36f}, {0x483, 0x489},
		{0x591, 0x5bd}, {0x610, 0x61a}, {0x64b, 0x65f}, {0x93c, 0x93c},
		{0xe31, 0xe31}, {0xe34, 0xe3a}, {0xe47, 0xe4e}, {0x1ab0, 0x1aff},
		{0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0x302a, 0x302d}, {0x3099, 0x309a},
		{0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
	static const struct range two[] = {{0x1100, 0x115f}, {0x231a, 0x231b},
		{0x23e9, 0x23ec}, {0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653},
		{0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x2705, 0x2705}, {0x274c, 0x274c},
		{0x2753, 0x2755}, {0x2795, 0x2797}, {0x2e80, 0x303e}, {0x3041, 0x33ff},
		{0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97f},
		{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
		{0xffe0, 0xffe6}, {0x17000, 0x18cff}, {0x1b000, 0x1b2ff},
		{0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
		{0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f64f},
		{0x1f680, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f90c, 0x1f9ff},
		{0x1fa70, 0x1faff}, {0x20000, 0x3fffd}};
	if (point < 0x300)
		return 1;
	if (is_in(point, none, sizeof(none) / sizeof(none[0])))
		return 0;
	return is_in(point, two, sizeof(two) / sizeof(two[0])) ? 2 : 1;
}

/* Columns of \xNN or \u{NNNN}, the forms that terminal_text() prints. */
static size_t escaped_columns(uint32_t point)
{
	if (point < 0x80)
		return 4;
	return point < 0x10000 ? 8 : point < 0x100000 ? 9 : 10;
}

size_t utf8_width(const char *text)
{
	size_t width = 0;
	while (*text) {
		uint32_t point;
		size_t n = utf8_read(text, &point);
		if (!n)
			width += 4;
		else if (utf8_is_unsafe(point))
			width += escaped_columns(point);
		else
			width += utf8_columns(point);
		text += n ? n : 1;
	}
	return width;
}

#define LONGEST ((size_t)160)

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap) between two words, at most limit + 1. */
static size_t distance(const char *left, const char *right, size_t limit)
{
	size_t nl = strlen(left), nr = strlen(right);
	size_t gap = nl > nr ? nl - nr : nr - nl;
	if (gap > limit || nl > LONGEST || nr > LONGEST)
		return limit + 1;
	size_t rows[3][LONGEST + 1];
	for (size_t j = 0; j <= nr; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= nl; i++) {
		size_t *now = rows[i % 3];
		const size_t *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= nr; j++) {
			size_t d = least(before[j], now[j - 1]) + 1;
			d = least(d, before[j - 1] + (left[i - 1] != right[j - 1]));
			if (i > 1 && j > 1 && left[i - 1] == right[j - 2] &&
				left[i - 2] == right[j - 1])
				d = least(d, earlier[j - 2] + 1);
			now[j] = d;
		}
	}
	return least(rows[nl % 3][nr], limit + 1);
}

const char *utf8_nearest(const char *word, utf8_word_fn *get, const void *words)
{
	size_t third = strlen(word) / 3;
	size_t best = (third > 2 ? 2 : third ? third : 1) + 1;
	const char *nearest = NULL, *candidate;
	for (size_t i = 0; best && (candidate = get(words, i)); i++) {
		size_t d = distance(word, candidate, best - 1);
		if (d < best) {
			best = d;
			nearest = candidate;
		}
	}
	return nearest;
}
