#include "base/text.h"

#include <stdint.h>
#include <string.h>

/* Length of the well-formed sequence at `at`, 0 if it is broken. Sets *point. */
static size_t decode(const char *text, size_t length, size_t at, uint32_t *point)
{
	const unsigned char *s = (const unsigned char *)text + at;
	size_t left = length - at;
	if (s[0] < 0x80) {
		*point = s[0];
		return 1;
	}
	size_t need = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || left < need)
		return 0;
	uint32_t value = s[0] & (0xffu >> (need + 1));
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
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

size_t amp_text_points(const char *bytes, size_t length)
{
	size_t points = 0;
	for (size_t at = 0; at < length; points++) {
		uint32_t point;
		size_t n = decode(bytes, length, at, &point);
		at += n ? n : 1;
	}
	return points;
}

size_t amp_text_step(const char *bytes, size_t length)
{
	uint32_t point;
	size_t n = length ? decode(bytes, length, 0, &point) : 0;
	return n ? n : 1;
}

size_t amp_text_invalid_utf8(const char *bytes, size_t length)
{
	size_t at = 0;
	while (at < length) {
		uint32_t point;
		size_t n = decode(bytes, length, at, &point);
		if (!n)
			break;
		at += n;
	}
	return at;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool amp_text_is_id_byte(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		c == '_' || c == '.' || c == '-';
}

/* Compares the digit runs at *left and *right by value and steps over them. */
static int compare_runs(const char **left, const char **right)
{
	const char *l = *left, *r = *right;
	while (*l == '0')
		l++;
	while (*r == '0')
		r++;
	int order = 0;
	for (; is_digit(*l) && is_digit(*r); l++, r++)
		if (!order && *l != *r)
			order = *l < *r ? -1 : 1;
	if (is_digit(*l) || is_digit(*r))
		order = is_digit(*l) ? 1 : -1;
	*left = l;
	*right = r;
	return order;
}

static int compare_from(const char *l, const char *r)
{
	while (*l && *r) {
		if (is_digit(*l) && is_digit(*r)) {
			int order = compare_runs(&l, &r);
			if (order)
				return order;
		} else if (*l != *r) {
			return (unsigned char)*l < (unsigned char)*r ? -1 : 1;
		} else {
			l++;
			r++;
		}
	}
	return (*l != '\0') - (*r != '\0');
}

int amp_text_compare(const char *left, const char *right)
{
	/* what both begin with decides nothing, but a run of digits counts as a whole */
	size_t at = 0;
	while (left[at] && left[at] == right[at])
		at++;
	if (left[at] == right[at])
		return 0;
	size_t start = at;
	while (start > 0 && is_digit(left[start - 1]))
		start--;
	int order = compare_from(left + start, right + start);
	if (order)
		return order;
	return (unsigned char)left[at] < (unsigned char)right[at] ? -1 : 1;
}

#define DISTANCE_MAX ((size_t)160)

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t amp_text_distance(const char *left, const char *right, size_t limit)
{
	size_t nl = strlen(left), nr = strlen(right);
	size_t gap = nl > nr ? nl - nr : nr - nl;
	if (gap > limit || nl > DISTANCE_MAX || nr > DISTANCE_MAX)
		return limit + 1;
	size_t rows[3][DISTANCE_MAX + 1];
	for (size_t j = 0; j <= nr; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= nl; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3];
		const size_t *earlier = rows[(i + 1) % 3];
		size_t best = now[0] = i;
		for (size_t j = 1; j <= nr; j++) {
			size_t cost = left[i - 1] != right[j - 1];
			size_t d = min(before[j] + 1, now[j - 1] + 1);
			d = min(d, before[j - 1] + cost);
			if (i > 1 && j > 1 && left[i - 1] == right[j - 2] &&
				left[i - 2] == right[j - 1])
				d = min(d, earlier[j - 2] + 1);
			now[j] = d;
			best = min(best, d);
		}
		if (best > limit)
			return limit + 1;
	}
	return min(rows[nl % 3][nr], limit + 1);
}

const char *amp_text_nearest(const char *word, const char *const *words, size_t count)
{
	size_t third = strlen(word) / 3;
	size_t limit = third > 2 ? 2 : third ? third : 1;
	const char *best = NULL;
	for (size_t i = 0; i < count; i++) {
		size_t distance = amp_text_distance(word, words[i], limit);
		if (distance <= limit) {
			best = words[i];
			if (distance == 0)
				break;
			limit = distance - 1;
		}
	}
	return best;
}
