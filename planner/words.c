#include "planner/words.h"

#include <string.h>
#include <strings.h>

struct amp_words amp_words_of(const char *text, size_t length)
{
	return (struct amp_words){.text = text, .at = text, .end = text + length};
}

static bool is_bare(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		(c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
		(unsigned char)c >= 0x80;
}

/* Behind white space and comments. */
static const char *behind_idle(const char *at, const char *end)
{
	while (at < end) {
		const char *close;
		if (strchr(" \t\r\n\f", *at)) { /* NUL counts */
			at++;
		} else if (end - at > 1 && !memcmp(at, "--", 2)) {
			close = memchr(at, '\n', (size_t)(end - at));
			at = close ? close + 1 : end;
		} else if (end - at > 1 && !memcmp(at, "/*", 2)) {
			close = memmem(at + 2, (size_t)(end - at) - 2, "*/", 2);
			at = close ? close + 2 : end;
		} else {
			break;
		}
	}
	return at;
}

/* Behind the quoted text at `at`; a doubled quote stands for one. */
static const char *behind_quoted(const char *at, const char *end)
{
	char close = *at == '[' ? ']' : *at;
	for (at++; at < end; at++) {
		if (*at != close)
			continue;
		if (close == ']' || at + 1 == end || at[1] != close)
			return at + 1;
		at++;
	}
	return end;
}

bool amp_words_next(struct amp_words *words, struct amp_word *word)
{
	const char *at = behind_idle(words->at, words->end), *behind = at + 1;
	*word = (struct amp_word){.text = at, .kind = AMP_SIGN, .depth = words->depth};
	words->at = at;
	if (at == words->end)
		return false;
	if (is_bare(*at)) {
		word->kind = AMP_BARE;
		while (behind < words->end && is_bare(*behind))
			behind++;
	} else if (strchr("'\"`[", *at)) {
		word->kind = *at == '\'' ? AMP_STRING : AMP_QUOTED;
		behind = behind_quoted(at, words->end);
	} else if (*at == '(') {
		words->depth++;
	} else if (*at == ')' && words->depth) {
		word->depth = --words->depth;
	}
	word->length = (size_t)(behind - at);
	words->at = behind;
	return true;
}

bool amp_words_find(struct amp_words *words, const char *keyword)
{
	struct amp_word word;
	while (amp_words_next(words, &word))
		if (!word.depth && amp_word_is(&word, keyword))
			return true;
	return false;
}

bool amp_words_take(struct amp_words *words, const char *keyword)
{
	struct amp_words ahead = *words;
	struct amp_word word;
	if (!amp_words_next(&ahead, &word) || !amp_word_is(&word, keyword))
		return false;
	*words = ahead;
	return true;
}

bool amp_words_take_name(struct amp_words *words, struct amp_word *name)
{
	struct amp_word dot;
	if (!amp_words_next(words, name) || !amp_word_is_name(name))
		return false;
	struct amp_words ahead = *words;
	if (!amp_words_next(&ahead, &dot) || !amp_word_is_sign(&dot, '.'))
		return true;
	*words = ahead;
	return amp_words_next(words, name) && amp_word_is_name(name);
}

bool amp_word_is(const struct amp_word *word, const char *keyword)
{
	return word->kind == AMP_BARE && word->length == strlen(keyword) &&
		!strncasecmp(word->text, keyword, word->length);
}

bool amp_word_is_sign(const struct amp_word *word, char sign)
{
	return word->length == 1 && word->kind == AMP_SIGN && *word->text == sign;
}

bool amp_word_is_name(const struct amp_word *word)
{
	return word->length && word->kind != AMP_SIGN;
}

const char *amp_word_name(const struct amp_word *word, struct amp_arena *arena)
{
	if (word->kind == AMP_BARE || word->kind == AMP_SIGN || word->length < 2)
		return amp_arena_strndup(arena, word->text, word->length);
	char *name = amp_arena_strndup(arena, word->text + 1, word->length - 2);
	char close = word->text[word->length - 1];
	size_t kept = 0;
	for (size_t i = 0; name && i < word->length - 2; i++) {
		name[kept++] = name[i];
		if (name[i] == close && close != ']')
			i++;
	}
	if (name)
		name[kept] = '\0';
	return name;
}
