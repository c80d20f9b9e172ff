/*
 * Checksum: each field goes in with its name and its length, so that no two migrations
 * that differ in anything that would run have the same.
 *
 * The cosmetic digest errs on the side of difference: what it calls equal runs equally,
 * but not everything that runs equally is equal to it.
 */
#include "schema/checksum.h"

#include <amplan/report.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where squeezed bytes go: into a string, or by way of a buffer into a digest. */
struct sink {
	struct amp_str *str;
	struct amp_digest *digest;
	char buffer[4096];
	size_t used;
	char last; /* byte before; 0 at the start */
};

static void flush(struct sink *sink)
{
	if (sink->str)
		amp_str_addn(sink->str, sink->buffer, sink->used);
	else
		amp_digest_bytes(sink->digest, sink->buffer, sink->used);
	sink->used = 0;
}

static void put(struct sink *sink, char byte)
{
	if (sink->used == sizeof(sink->buffer))
		flush(sink);
	sink->buffer[sink->used++] = sink->last = byte;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* '.' counts, since "1. e5" and "1.e5" differ. */
static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		(c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '.' ||
		(unsigned char)c >= 0x80;
}

/* Quotes are like words: x 'ab' is not x'ab', and 'a' 'b' is not 'a''b'. */
static bool is_sticky(char c)
{
	return is_word(c) || strchr("'\"`[]", c);
}

static bool is_operator(char c)
{
	return !is_sticky(c) && !strchr("(),;", c);
}

/* Behind the quoted text at `at`, opened by its first byte. */
static size_t behind_quote(const char *sql, size_t length, size_t at, bool escapes)
{
	char close = sql[at] == '[' ? ']' : sql[at];
	for (size_t i = at + 1; i < length; i++) {
		bool doubled = sql[i] == close && i + 1 < length && sql[i + 1] == close;
		if (escapes && (sql[i] == '\\' || doubled))
			i++;
		else if (sql[i] == close)
			return i + 1; /* a doubled quote opens the next one at once */
	}
	return length;
}

/* PostgreSQL's $tag$ … $tag$; `at` where there is none. */
static size_t behind_dollars(const char *sql, size_t length, size_t at)
{
	size_t tag = at + 1;
	if (tag < length && sql[tag] >= '0' && sql[tag] <= '9')
		return at;
	while (tag < length && sql[tag] != '$' && sql[tag] != '.' && is_word(sql[tag]))
		tag++;
	if (tag >= length || sql[tag] != '$')
		return at;
	size_t n = tag + 1 - at;
	const char *close = memmem(sql + tag + 1, length - tag - 1, sql + at, n);
	return close ? (size_t)(close - sql) + n : at;
}

/* Behind the quoted text at `at`; `at` where nothing quoted begins. */
static size_t behind_literal(const char *sql, size_t length, size_t at)
{
	bool after_word = at && is_word(sql[at - 1]);
	if (sql[at] == '$' && !after_word)
		return behind_dollars(sql, length, at);
	if (sql[at] != '\'' && sql[at] != '"' && sql[at] != '`' && sql[at] != '[')
		return at;
	bool escapes = sql[at] == '\'' && after_word &&
		(sql[at - 1] == 'E' || sql[at - 1] == 'e') &&
		(at < 2 || !is_word(sql[at - 2]));
	return behind_quote(sql, length, at, escapes);
}

/* Behind the white space and comments at `at`; or where a comment begins that is `endless`. */
static size_t behind_idle(const char *sql, size_t length, size_t at, bool *endless)
{
	while (at < length) {
		const char *end = NULL;
		if (is_blank(sql[at])) {
			at++;
			continue;
		}
		if (length - at < 2)
			return at;
		if (!memcmp(sql + at, "--", 2))
			end = memchr(sql + at, '\n', length - at);
		else if (!memcmp(sql + at, "/*", 2))
			end = memmem(sql + at + 2, length - at - 2, "*/", 2);
		else
			return at;
		*endless = !end;
		if (!end)
			return at;
		at = (size_t)(end - sql) + (*end == '*' ? 2 : 1);
	}
	return at;
}

/* ALTER TABLE ADD COLUMN takes over the text of the column with all that is behind it; what
   SQLite then writes there would be in the comment, so it fails. */
static bool may_alter(const char *sql, size_t length)
{
	for (size_t at = 0; at + 5 <= length; at++)
		if (!strncasecmp(sql + at, "alter", 5))
			return true;
	return false;
}

static void squeeze(struct sink *sink, const char *sql, size_t length)
{
	for (size_t at = 0; at < length;) {
		bool endless = false;
		size_t next = behind_idle(sql, length, at, &endless);
		if (endless &&
			(!sink->last || sink->last == ';' || !may_alter(sql, length)))
			break;
		if (next > at && next < length && sink->last &&
			((is_sticky(sink->last) && is_sticky(sql[next])) ||
				(is_operator(sink->last) && is_operator(sql[next]))))
			put(sink, ' ');
		at = next;
		if (at == length)
			break;
		size_t end = endless ? length : behind_literal(sql, length, at);
		do
			put(sink, sql[at++]);
		while (at < end);
	}
	flush(sink);
}

void amp_checksum_squeeze(struct amp_str *out, const char *sql, size_t length)
{
	struct sink sink = {.str = out};
	squeeze(&sink, sql, length);
}

/* How SQL goes into a digest: as it is, or squeezed. */
static void add_sql(struct amp_digest *digest, const char *name,
	const struct amp_sql *sql, bool cosmetic)
{
	uint8_t raw[AMP_DIGEST_RAW];
	struct amp_digest inner;
	amp_digest_string(digest, name);
	if (!cosmetic) {
		amp_digest_field(digest, sql->text, sql->length);
		return;
	}
	/* its length is not known before it is done, so a digest stands for it */
	struct sink sink = {.digest = &inner};
	amp_digest_init(&inner);
	squeeze(&sink, sql->text, sql->length);
	amp_digest_end_raw(&inner, raw);
	amp_digest_field(digest, (const char *)raw, sizeof(raw));
}

static int compare_ids(const void *a, const void *b)
{
	const struct amp_reference *l = *(const struct amp_reference *const *)a;
	const struct amp_reference *r = *(const struct amp_reference *const *)b;
	int order = (l->orders_only > r->orders_only) - (l->orders_only < r->orders_only);
	return order ? order : strcmp(l->id, r->id);
}

/* Sorted and each once, since neither order nor repetition changes what runs. */
static bool add_references(struct amp_digest *digest,
	const struct amp_reference *references, size_t count, const char *name)
{
	const struct amp_reference **sorted = calloc(count + 1, sizeof(*sorted));
	if (!sorted)
		return false;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &references[i];
	qsort(sorted, count, sizeof(*sorted), compare_ids);
	for (size_t i = 0; i < count; i++) {
		if (i && !compare_ids(&sorted[i - 1], &sorted[i]))
			continue;
		amp_digest_string(digest, sorted[i]->orders_only ? "after" : name);
		amp_digest_string(digest, sorted[i]->id);
	}
	free(sorted);
	return true;
}

static void add_checks(struct amp_digest *digest, const char *name,
	const struct amp_check *checks, size_t count, bool cosmetic)
{
	for (size_t i = 0; i < count; i++) {
		add_sql(digest, name, &checks[i].sql, cosmetic);
		if (checks[i].mark_applied)
			amp_digest_string(digest, "mark-applied");
	}
}

static bool digest_migration(const struct amp_migration *migration, const char *engine,
	bool cosmetic, char out[AMP_DIGEST_SIZE])
{
	struct amp_digest digest;
	amp_digest_init(&digest);
	amp_digest_string(&digest, cosmetic ? "amplan cosmetic 1" : "amplan migration 1");
	amp_digest_string(&digest, engine);
	amp_digest_string(&digest,
		migration->flags & AMPLAN_NO_TRANSACTION ? "transaction none"
							 : "transaction required");
	amp_digest_string(&digest,
		migration->flags & AMPLAN_FOREIGN_KEYS ? "foreign-keys on"
						       : "foreign-keys off");
	/* what runs before it matters while it is pending; once it ran, to say so better
	   than before, as 'check --fix' does, changes nothing */
	bool good = cosmetic ||
		add_references(
			&digest, migration->depends, migration->ndepends, "depends");
	good = add_references(
		       &digest, migration->replaces, migration->nreplaces, "replaces") &&
		good;
	if (migration->up)
		add_sql(&digest, "up", migration->up, cosmetic);
	if (migration->down)
		add_sql(&digest, "down", migration->down, cosmetic);
	if (migration->flags & AMPLAN_IRREVERSIBLE)
		amp_digest_string(&digest, "irreversible");
	add_checks(&digest, "precondition", migration->preconditions,
		migration->npreconditions, cosmetic);
	add_checks(
		&digest, "verify", migration->verifies, migration->nverifies, cosmetic);
	amp_digest_end(&digest, out);
	return good;
}

bool amp_checksum(struct amp_migration *migration, const char *engine)
{
	return digest_migration(migration, engine, false, migration->checksum) &&
		digest_migration(migration, engine, true, migration->cosmetic);
}
