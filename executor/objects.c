#include "executor/objects.h"

#include <stdlib.h>
#include <string.h>

#include "base/always.h"

void amp_objects_fingerprint(const struct amp_objects *objects, char out[AMP_DIGEST_SIZE])
{
	struct amp_digest digest;
	amp_digest_init(&digest);
	for (size_t i = 0; i < objects->count; i++)
		amp_digest_bytes(&digest, objects->items[i]->digest, AMP_DIGEST_RAW);
	amp_digest_end(&digest, out);
}

static struct amp_object *copy_object(
	const struct amp_object *from, struct amp_arena *arena)
{
	struct amp_object *copy = amp_arena_alloc(arena, sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = *from;
	copy->type = amp_arena_strdup(arena, from->type);
	copy->name = amp_arena_strdup(arena, from->name);
	copy->table = amp_arena_strdup(arena, from->table);
	copy->sql = amp_arena_strdup(arena, from->sql);
	return arena->failed ? NULL : copy;
}

int amp_objects_copy(struct amp_objects *to, const struct amp_objects *from,
	struct amp_arena *arena, struct amplan_error *error)
{
	const struct amp_object **items =
		amp_arena_array(arena, from->count, sizeof(*items));
	if (!items)
		return amp_error_nomem(error);
	for (size_t i = 0; i < from->count; i++)
		if (!(items[i] = copy_object(from->items[i], arena)))
			return amp_error_nomem(error);
	*to = (struct amp_objects){items, from->count};
	return AMPLAN_OK;
}

static int kind_rank(const char *type)
{
	static const char *const order[] = {"table", "view", "index", "trigger"};
	int rank = 0;
	while (rank < 4 && strcmp(order[rank], type) != 0)
		rank++;
	return rank;
}

/* The order of the list itself. */
static int compare(const struct amp_object *left, const struct amp_object *right)
{
	int order = strcmp(left->table, right->table);
	if (!order)
		order = kind_rank(left->type) - kind_rank(right->type);
	return order ? order : strcmp(left->name, right->name);
}

bool amp_objects_next(const struct amp_objects *before, const struct amp_objects *after,
	size_t *i, size_t *j, struct amp_pair *pair)
{
	*pair = (struct amp_pair){0};
	if (*i == before->count && *j == after->count)
		return false;
	int order = *i == before->count ? 1
		: *j == after->count    ? -1
					: compare(before->items[*i], after->items[*j]);
	if (order <= 0)
		pair->before = before->items[(*i)++];
	if (order >= 0)
		pair->after = after->items[(*j)++];
	return true;
}

bool amp_pair_is_equal(const struct amp_pair *pair)
{
	return pair->before && pair->after &&
		!memcmp(pair->before->digest, pair->after->digest, AMP_DIGEST_RAW);
}

static int compare_effects(const void *a, const void *b)
{
	const struct amplan_effect *l = a, *r = b;
	int order = kind_rank(l->type) - kind_rank(r->type);
	if (!order)
		order = strcmp(l->name, r->name);
	return order ? order : (int)l->kind - (int)r->kind;
}

int amp_objects_effects(const struct amp_objects *before, const struct amp_objects *after,
	struct amp_arena *arena, const struct amplan_effect **effects, size_t *count,
	struct amplan_error *error)
{
	struct amp_pair pair;
	size_t n = 0;
	for (size_t i = 0, j = 0; amp_objects_next(before, after, &i, &j, &pair);)
		n += !amp_pair_is_equal(&pair);
	struct amplan_effect *list = amp_arena_array(arena, n, sizeof(*list));
	if (!list)
		return amp_error_nomem(error);
	n = 0;
	for (size_t i = 0, j = 0; amp_objects_next(before, after, &i, &j, &pair);) {
		if (amp_pair_is_equal(&pair))
			continue;
		const struct amp_object *object = pair.after ? pair.after : pair.before;
		list[n++] = (struct amplan_effect){
			.kind = !pair.before  ? AMPLAN_CREATED
				: !pair.after ? AMPLAN_DROPPED
					      : AMPLAN_ALTERED,
			.type = amp_arena_strdup(arena, object->type),
			.name = amp_arena_strdup(arena, object->name),
		};
	}
	if (arena->failed)
		return amp_error_nomem(error);
	qsort(list, n, sizeof(*list), compare_effects);
	*effects = list;
	*count = n;
	return AMPLAN_OK;
}

/* A line of the edit from one schema to the other. */
struct line {
	const char *text;
	size_t length;
	char mark; /* ' ', '-', '+' */
};

struct lines AMP_VEC(struct line);

/* Adds the SQL of an object as lines, then an empty one. */
static bool add_lines(struct lines *lines, const char *sql, char mark)
{
	while (*sql) {
		size_t length = strcspn(sql, "\n");
		struct line line = {sql, length, mark};
		if (!amp_vec_push(lines, line))
			return false;
		sql += length + (sql[length] == '\n');
	}
	return true;
}

#define TABLE_MAX ((size_t)4 << 20)

/* Edit from `a` to `b` by the longest common subsequence of their lines. */
static bool add_edit(struct lines *out, const struct lines *a, const struct lines *b)
{
	size_t n = a->count, m = b->count, width = m + 1;
	if ((n + 1) * width > TABLE_MAX)
		n = 0;
	uint32_t *table = calloc((n + 1) * width, sizeof(*table));
	bool ok = table != NULL;
#define SAME(i, j)                                   \
	(a->items[i].length == b->items[j].length && \
		!memcmp(a->items[i].text, b->items[j].text, a->items[i].length))
	for (size_t i = n; ok && i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			uint32_t down = table[(i + 1) * width + j],
				 right = table[i * width + j + 1];
			table[i * width + j] = SAME(i, j)
				? table[(i + 1) * width + j + 1] + 1
				: down > right ? down
					       : right;
		}
	size_t i = 0, j = 0;
	/* where the table would be too large: all of the one, then all of the other */
	for (; ok && n == 0 && i < a->count; i++)
		ok = amp_vec_push(
			out, (struct line){a->items[i].text, a->items[i].length, '-'});
	while (ok && (i < n || j < m)) {
		struct line line;
		if (i < n && j < m && SAME(i, j)) {
			line = a->items[i++];
			line.mark = ' ';
			j++;
		} else if (i < n &&
			(j == m ||
				table[(i + 1) * width + j] >= table[i * width + j + 1])) {
			line = a->items[i++];
			line.mark = '-';
		} else {
			line = b->items[j++];
			line.mark = '+';
		}
		ok = amp_vec_push(out, line);
	}
#undef SAME
	free(table);
	return ok;
}

static bool add_pair(struct lines *out, const struct amp_pair *pair)
{
	/* amp_objects_next() gives at least one of them */
	if (AMP_NEVER(!pair->before && !pair->after))
		return true;
	if (!pair->after)
		return add_lines(out, pair->before->sql, '-');
	if (!pair->before)
		return add_lines(out, pair->after->sql, '+');
	if (amp_pair_is_equal(pair))
		return add_lines(out, pair->after->sql, ' ');
	struct lines a = {0}, b = {0};
	bool ok = add_lines(&a, pair->before->sql, '-') &&
		add_lines(&b, pair->after->sql, '+') && add_edit(out, &a, &b);
	amp_vec_deinit(&a);
	amp_vec_deinit(&b);
	return ok;
}

#define CONTEXT ((size_t)3)

/* End of the hunk that starts with the change at `at`: no gap of more than 2 contexts. */
static size_t hunk_end(const struct lines *lines, size_t at)
{
	size_t end = at;
	for (size_t i = at; i < lines->count && i - end <= 2 * CONTEXT; i++)
		if (lines->items[i].mark != ' ')
			end = i;
	end += 1 + CONTEXT;
	return end < lines->count ? end : lines->count;
}

static void add_hunk(struct amp_str *out, const struct lines *lines, size_t start,
	size_t end, size_t old_line, size_t new_line)
{
	size_t old_count = 0, new_count = 0;
	for (size_t i = start; i < end; i++) {
		old_count += lines->items[i].mark != '+';
		new_count += lines->items[i].mark != '-';
	}
	amp_str_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", old_line + (old_count > 0),
		old_count, new_line + (new_count > 0), new_count);
	for (size_t i = start; i < end; i++) {
		amp_str_addc(out, lines->items[i].mark);
		amp_str_addn(out, lines->items[i].text, lines->items[i].length);
		amp_str_addc(out, '\n');
	}
}

static void add_hunks(struct amp_str *out, const struct lines *lines)
{
	size_t old_line = 0, new_line = 0, done = 0;
	for (size_t at = 0; at < lines->count; at++) {
		if (lines->items[at].mark == ' ')
			continue;
		size_t start = at - done < CONTEXT ? done : at - CONTEXT;
		for (; done < start; done++) {
			old_line += lines->items[done].mark != '+';
			new_line += lines->items[done].mark != '-';
		}
		if (!out->length)
			amp_str_add(out, "--- schema before\n+++ schema after\n");
		size_t end = hunk_end(lines, at);
		add_hunk(out, lines, start, end, old_line, new_line);
		for (; done < end; done++) {
			old_line += lines->items[done].mark != '+';
			new_line += lines->items[done].mark != '-';
		}
		at = end - 1;
	}
}

void amp_objects_diff(const struct amp_objects *before, const struct amp_objects *after,
	struct amp_str *out)
{
	struct lines lines = {0};
	struct amp_pair pair;
	bool ok = true;
	for (size_t i = 0, j = 0; ok && amp_objects_next(before, after, &i, &j, &pair);)
		ok = add_pair(&lines, &pair);
	if (ok)
		add_hunks(out, &lines);
	else
		out->failed = true;
	amp_vec_deinit(&lines);
}
