/*
 * SQLite engine, seeding: values that the text of a CHECK suggests.
 *
 * This parses no SQL. It takes the words and literals out of a text: the words say which
 * columns a CHECK is about, the literals are values worth trying, also as lengths and as
 * patterns. SQLite says of each whether it fits.
 */
#include "executor/sqlite_seed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS_MAX 512 /* of a CHECK; what comes after them is not looked at */
#define LITERALS_MAX 32
#define LENGTH_MAX 4096 /* of a text made to be as long as a literal says */

static bool is_word_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_' || byte == '$' || byte & 0x80;
}

static const char *skip_space(const char *at)
{
	for (;;) {
		at += strspn(at, " \t\r\n\f");
		if (at[0] == '-' && at[1] == '-') {
			at += strcspn(at, "\n");
		} else if (at[0] == '/' && at[1] == '*') {
			const char *end = strstr(at + 2, "*/");
			at = end ? end + 2 : at + strlen(at);
		} else {
			return at;
		}
	}
}

/* Behind the closing quote; a doubled one is part of it. */
static const char *skip_quoted(const char *at)
{
	char quote = *at == '[' ? ']' : *at;
	for (at++; *at; at++)
		if (*at == quote) {
			if (quote == ']' || at[1] != quote)
				return at + 1;
			at++;
		}
	return at;
}

static const char *skip_number(const char *at)
{
	for (; is_word_byte(*at) || *at == '.'; at++)
		if ((*at == 'e' || *at == 'E') && (at[1] == '-' || at[1] == '+'))
			at++;
	return at;
}

bool sqlite_seed_token(const char **from, struct seed_token *token)
{
	const char *at = skip_space(*from), *end = at + 1;
	if (!*at)
		return false;
	token->kind = SEED_SIGN;
	if (*at == '\'') {
		token->kind = SEED_STRING;
		end = skip_quoted(at);
	} else if (*at == '"' || *at == '`' || *at == '[') {
		token->kind = SEED_QUOTED;
		end = skip_quoted(at);
	} else if (isdigit((unsigned char)*at) ||
		(*at == '.' && isdigit((unsigned char)at[1]))) {
		token->kind = SEED_DIGITS;
		end = skip_number(at);
	} else if (is_word_byte(*at)) {
		token->kind = SEED_WORD;
		while (is_word_byte(*end))
			end++;
	}
	token->start = at;
	token->length = (size_t)(end - at);
	*from = end;
	return true;
}

bool sqlite_seed_is_word(const struct seed_token *token, const char *word)
{
	return token->start && token->kind == SEED_WORD &&
		token->length == strlen(word) &&
		!sqlite3_strnicmp(token->start, word, (int)token->length);
}

/* What stands between the quotes. */
static char *unquote(const struct seed_token *token, struct amp_arena *arena)
{
	char *out = amp_arena_alloc(arena, token->length + 1);
	char quote = *token->start == '[' ? ']' : *token->start;
	size_t count = 0;
	for (size_t i = 1; out && i < token->length; i++) {
		if (token->start[i] == quote) {
			if (i + 1 >= token->length)
				break;
			i++;
		}
		out[count++] = token->start[i];
	}
	return out;
}

/* Whether the token is this name, quoted or not; SQLite takes a text for one as well. */
static bool is_name(const struct seed_token *token, const char *name)
{
	if (token->kind == SEED_WORD)
		return sqlite_seed_is_word(token, name);
	if (token->kind != SEED_QUOTED && token->kind != SEED_STRING)
		return false;
	char quote = *token->start == '[' ? ']' : *token->start;
	size_t at = 0;
	for (size_t i = 1; i < token->length; i++, at++) {
		if (token->start[i] == quote && ++i >= token->length)
			break;
		if (!name[at] || sqlite3_strnicmp(name + at, token->start + i, 1) != 0)
			return false;
	}
	return !name[at];
}

/* Behind the parenthesis that closes the one before `at`. */
static const char *skip_parentheses(const char *at)
{
	struct seed_token token;
	size_t depth = 1;
	while (depth && sqlite_seed_token(&at, &token)) {
		depth += token.kind == SEED_SIGN && *token.start == '(';
		depth -= token.kind == SEED_SIGN && *token.start == ')';
	}
	return at;
}

/* Of a CHECK that starts with something in quotes SQLite shows just that. */
static bool starts_quoted(const char *at, const char *name)
{
	struct seed_token token;
	return sqlite_seed_token(&at, &token) && token.kind != SEED_WORD &&
		is_name(&token, name);
}

const char *sqlite_seed_shown_checks(
	const char *sql, const char *name, struct amp_arena *arena)
{
	struct seed_token last[3] = {{0}}, token;
	const char *found = NULL;
	for (const char *at = sql; sqlite_seed_token(&at, &token);) {
		if (*token.start == '(' && sqlite_seed_is_word(&last[0], "check") &&
			((sqlite_seed_is_word(&last[2], "constraint") &&
				 is_name(&last[1], name)) ||
				starts_quoted(at, name))) {
			const char *end = skip_parentheses(at);
			found = amp_arena_printf(arena, "%s%.*s", found ? found : "",
				(int)(end - token.start), token.start);
			at = end;
		}
		last[2] = last[1];
		last[1] = last[0];
		last[0] = token;
	}
	return found;
}

size_t sqlite_seed_mentioned(
	const struct seed_table *table, const char *text, size_t *columns, size_t room)
{
	/* many columns times many words is bounded as well */
	size_t left = table->ncolumns > 200 ? TOKENS_MAX / 8 : TOKENS_MAX, count = 0;
	struct seed_token token;
	while (left-- && count < room && sqlite_seed_token(&text, &token)) {
		if (token.kind != SEED_WORD && token.kind != SEED_QUOTED)
			continue;
		for (size_t i = 0; i < table->ncolumns; i++) {
			bool known = false;
			if (!is_name(&token, table->columns[i].name))
				continue;
			for (size_t j = 0; j < count; j++)
				known |= columns[j] == i;
			if (!known)
				columns[count++] = i;
			break;
		}
	}
	return count;
}

/* Takes candidates; remembers whether memory ran out. */
struct basket {
	const struct seed_column *column;
	struct seed_candidates *out;
	struct amp_arena *arena;
	bool numbers, texts, bytes; /* what the column is for */
	int lengths[4];             /* small numbers in the text */
	size_t nlengths;
	bool failed;
};

static void put(struct basket *basket, struct seed_value value, bool literal)
{
	struct seed_candidate candidate = {value, literal};
	basket->failed |= basket->arena->failed || !amp_vec_push(basket->out, candidate);
}

static void put_number(struct basket *basket, int64_t number, bool literal)
{
	if (basket->numbers)
		put(basket, (struct seed_value){.type = SQLITE_INTEGER, .number = number},
			literal);
}

static void put_real(struct basket *basket, double real, bool literal)
{
	if (basket->numbers)
		put(basket, (struct seed_value){.type = SQLITE_FLOAT, .real = real},
			literal);
}

static void put_bytes(
	struct basket *basket, const char *bytes, size_t length, int type, bool literal)
{
	if (type == SQLITE_BLOB ? !basket->bytes : !basket->texts)
		return;
	put(basket,
		(struct seed_value){.type = type, .bytes = bytes, .length = (int)length},
		literal);
}

static void put_text(struct basket *basket, const char *text, bool literal)
{
	if (text)
		put_bytes(basket, text, strlen(text), SQLITE_TEXT, literal);
}

static void put_repeated(struct basket *basket, char byte, int64_t length, int type)
{
	if (length < 0 || length > LENGTH_MAX)
		return;
	char *bytes = amp_arena_alloc(basket->arena, (size_t)length + 1);
	if (!bytes)
		return;
	memset(bytes, byte, (size_t)length);
	put_bytes(basket, bytes, (size_t)length, type, false);
}

/* The n-th byte that a class such as [a-f] or [^0-9] lets pass; *end is behind it. */
static char byte_of_class(const char *at, int n, const char **end)
{
	static const char tried[] = "abcdef0123456789ABCDEFghijklmnopqrstuvwxyzGHIJKLMNOP"
				    "QRSTUVWXYZ_-.@/:+# ";
	const char *first = at + 1, *last;
	bool negated = *first == '^';
	first += negated;
	last = *first ? strchr(first + 1, ']') : NULL;
	*end = last ? last + 1 : at + strlen(at);
	for (const char *byte = tried; last && *byte; byte++) {
		bool in = false;
		for (const char *c = first; c < last; c++) {
			if (c + 2 < last && c[1] == '-') {
				in |= *byte >= c[0] && *byte <= c[2];
				c += 2;
			} else {
				in |= *byte == *c;
			}
		}
		if (in != negated && n-- <= 0)
			return *byte;
	}
	return 'a';
}

/* A text that a GLOB pattern lets pass; its first star stands for so many bytes. */
static void put_glob(struct basket *basket, const char *pattern, int variant, char byte,
	size_t filling)
{
	char *text = amp_arena_alloc(basket->arena, strlen(pattern) + filling + 1);
	char *out = text;
	for (const char *at = pattern; text && *at;) {
		if (*at == '[') {
			*out++ = byte_of_class(at, variant, &at);
		} else if (*at == '*') {
			for (; filling; filling--)
				*out++ = byte;
			at++;
		} else {
			*out++ = *at == '?' ? byte : *at;
			at++;
		}
	}
	put_text(basket, text, false);
}

/* How long the text is that a pattern stands for, its stars left out. */
static size_t length_of_glob(const char *pattern)
{
	size_t length = 0;
	for (const char *at = pattern; *at;) {
		length += *at != '*';
		if (*at == '[')
			byte_of_class(at, 0, &at);
		else
			at++;
	}
	return length;
}

static void put_globs(struct basket *basket, const char *pattern, int variant)
{
	char letter = (char)('a' + variant), digit = (char)('0' + variant);
	size_t length = length_of_glob(pattern);
	put_glob(basket, pattern, variant, letter, 0);
	if (!strchr(pattern, '*'))
		return;
	put_glob(basket, pattern, variant, letter, 1);
	for (size_t i = 0; i < basket->nlengths; i++)
		if ((size_t)basket->lengths[i] > length) {
			size_t filling = (size_t)basket->lengths[i] - length;
			put_glob(basket, pattern, variant, letter, filling);
			put_glob(basket, pattern, variant, digit, filling);
		}
}

static void put_like(struct basket *basket, const char *pattern, int variant)
{
	char *text = amp_arena_strdup(basket->arena, pattern);
	for (char *at = text; at && *at; at++)
		if (*at == '%' || *at == '_')
			*at = (char)('a' + variant);
	put_text(basket, text, false);
}

static void put_string(struct basket *basket, const char *string)
{
	put_text(basket, string, true);
	for (int variant = 0; variant < SEED_ROWS; variant++) {
		if (strpbrk(string, "*?["))
			put_globs(basket, string, variant);
		if (strpbrk(string, "%_"))
			put_like(basket, string, variant);
	}
	if (!strcmp(string, "array"))
		put_text(basket, "[]", false);
	/* the path of a JSON function */
	if (!strncmp(string, "$.", 2) && !strpbrk(string + 2, "\"\\.["))
		put_text(basket,
			amp_arena_printf(basket->arena, "{\"%s\":\"seed\"}", string + 2),
			false);
}

/* A literal has no sign: that is a token of its own. */
static void put_integer(struct basket *basket, int64_t number)
{
	put_number(basket, number, true);
	if (number < INT64_MAX) {
		put_number(basket, number + 1, true);
		put_number(basket, number - 1, true);
		put_number(basket, -number, true);
	}
	for (int variant = 0; variant < SEED_ROWS; variant++) {
		put_repeated(basket, (char)('a' + variant), number, SQLITE_TEXT);
		put_repeated(basket, (char)('0' + variant), number, SQLITE_TEXT);
		put_repeated(basket, (char)('A' + variant), number, SQLITE_TEXT);
		put_repeated(basket, (char)variant, number, SQLITE_BLOB);
	}
	if (number < LENGTH_MAX) {
		put_repeated(basket, 'a', number + 1, SQLITE_TEXT);
		put_repeated(basket, 'a', number - 1, SQLITE_TEXT);
	}
	put_text(
		basket, amp_arena_printf(basket->arena, "%lld", (long long)number), true);
}

static void put_digits(struct basket *basket, const struct seed_token *token)
{
	char digits[40];
	if (token->length >= sizeof(digits))
		return;
	memcpy(digits, token->start, token->length);
	digits[token->length] = '\0';
	bool hex = !strncasecmp(digits, "0x", 2);
	if (!hex && strpbrk(digits, ".eE")) {
		double real = strtod(digits, NULL);
		put_real(basket, real, true);
		put_real(basket, real + 0.5, true);
		put_real(basket, real - 0.5, true);
		put_real(basket, -real, true);
	} else {
		put_integer(basket, strtoll(digits, NULL, hex ? 16 : 10));
	}
}

static void find_lengths(struct basket *basket, const char *text)
{
	struct seed_token token;
	size_t tokens = TOKENS_MAX, room = sizeof(basket->lengths) / sizeof(int);
	while (tokens-- && basket->nlengths < room && sqlite_seed_token(&text, &token)) {
		int length = token.kind == SEED_DIGITS && token.length < 5
			? (int)strtol(token.start, NULL, 10)
			: 0;
		if (length > 0 && length <= LENGTH_MAX)
			basket->lengths[basket->nlengths++] = length;
	}
}

static void put_literals(struct basket *basket, const char *text)
{
	struct seed_token token;
	size_t tokens = TOKENS_MAX, literals = LITERALS_MAX;
	while (tokens-- && literals && sqlite_seed_token(&text, &token)) {
		if (token.kind == SEED_STRING || token.kind == SEED_QUOTED) {
			const char *string = unquote(&token, basket->arena);
			literals--;
			if (string && strlen(string) <= LENGTH_MAX)
				put_string(basket, string);
		} else if (token.kind == SEED_DIGITS) {
			literals--;
			put_digits(basket, &token);
		}
	}
}

/* # is a digit, ~ a small letter, ^ a capital: different for each variant. */
static const char *const common_texts[] = {"2000-01-0#", "2000-01-0#T00:00:00Z",
	"2000-01-0# 00:00:00", "2000-01-0#T00:00:00.000Z", "200#-01", "200#", "0#:00",
	"0#:00:00", "{\"seed\":#}", "[#]", "{}", "[]", "#", "~", "^", "~~", "^^", "~~~",
	"^^^", "", "seed#@example.org", "https://example.org/#", "/seed/#", "#00000",
	"+1000000000#", "127.0.0.#", "seed#", "5eed0000-0000-4000-8000-00000000000#",
	"5eed000000000000000000000000000#",
	"5eed00000000000000000000000000000000000000000000000000000000000#",
	"5eed00000000000000000000000000000000000#", "2001-01-0#T00:00:00Z", "2001-01-0#"};

static void put_common_text(struct basket *basket, const char *template, int variant)
{
	char *text = amp_arena_strdup(basket->arena, template);
	for (char *at = text; at && *at; at++)
		if (*at == '#')
			*at = (char)('1' + variant);
		else if (*at == '~')
			*at = (char)('a' + variant);
		else if (*at == '^')
			*at = (char)('A' + variant);
	put_text(basket, text, false);
}

static void put_common(struct basket *basket, int variant)
{
	static const int64_t numbers[] = {1000000003, 946684801, 1, 0, 2, 10, 100, 2000};
	static const int lengths[] = {16, 32, 20, 8, 4, 1, 64};
	bool alone = basket->column->alone;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		put_number(basket, numbers[i] + INT64_C(2) * variant,
			alone && numbers[i] <= 2000);
	put_real(basket, 0.5 + variant, alone);
	for (size_t i = 0; i < sizeof(common_texts) / sizeof(*common_texts); i++)
		put_common_text(basket, common_texts[i], variant);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		put_repeated(basket, (char)(variant + 1), lengths[i], SQLITE_BLOB);
}

static void sort_out(struct basket *basket)
{
	switch (basket->column->class) {
	case SEED_NUMBER:
	case SEED_REFERENCE:
	case SEED_EPOCH:
	case SEED_FLAG:
	case SEED_REAL:
		basket->numbers = true;
		break;
	case SEED_BYTES:
		basket->bytes = true;
		break;
	default:
		basket->texts = true;
		break;
	}
	if (basket->column->untyped)
		basket->numbers = basket->texts = basket->bytes = true;
}

bool sqlite_seed_suggest(const struct seed_column *column, const char *text,
	struct seed_candidates *out, struct amp_arena *arena)
{
	struct basket basket = {.column = column, .out = out, .arena = arena};
	struct seed_value null = {.type = SQLITE_NULL};
	bool nullable = !column->not_null && !column->key;
	struct seed_token token;
	bool says_null = false;
	sort_out(&basket);
	find_lengths(&basket, text);
	for (const char *at = text; sqlite_seed_token(&at, &token);)
		says_null |= sqlite_seed_is_word(&token, "null");
	for (int variant = 0; variant < SEED_ROWS; variant++)
		put(&basket, sqlite_seed_value(column, variant, arena), false);
	if (column->otherwise)
		put_literals(&basket, column->otherwise);
	put_literals(&basket, text);
	if (nullable && says_null)
		put(&basket, null, false);
	for (int variant = 0; variant < SEED_ROWS; variant++)
		put_common(&basket, variant);
	if (nullable && !says_null)
		put(&basket, null, false);
	return !basket.failed && !arena->failed;
}
