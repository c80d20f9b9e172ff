#include "executor/differ.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/checksum.h"

void amp_state_deinit(struct amp_state *state)
{
	amp_arena_deinit(&state->arena);
}

int amp_state_read(struct amp_state *state, struct amp_db *db, const char *const *names,
	size_t count, struct amplan_error *error)
{
	struct amp_objects now;
	amp_arena_init(&state->arena);
	state->contents = amp_arena_array(&state->arena, count, sizeof(*state->contents));
	state->ncontents = count;
	if (!state->contents)
		return amp_error_nomem(error);
	for (size_t i = 0; i < count; i++)
		state->contents[i].name = names[i];
	int code = db->engine->objects(db, &now, error);
	if (!code)
		code = amp_objects_copy(&state->objects, &now, &state->arena, error);
	if (!code)
		code = db->engine->shapes(
			db, names, count, NULL, &state->shapes, &state->arena, error);
	if (!code)
		code = db->engine->contents(db, state->contents, count, error);
	return code;
}

/* The pieces of a definition between its commas, sorted: what a table consists of, in
   whatever order. Commas in parentheses, quotes and comments are no borders. */
struct pieces {
	struct AMP_VEC(const char *) items;
	struct amp_str text;
};

/* The end of a quoted stretch that begins at `at`. */
static size_t quoted_end(const char *text, size_t at)
{
	char close = text[at] == '[' ? ']' : text[at];
	for (at++; text[at]; at++) {
		if (text[at] != close)
			continue;
		if (text[at + 1] != close || close == ']')
			return at + 1;
		at++;
	}
	return at;
}

static int compare_pieces(const void *left, const void *right)
{
	const char *const *l = left, *const *r = right;
	return strcasecmp(*l, *r);
}

static char *trim(char *piece)
{
	size_t length = strlen(piece);
	while (length && piece[length - 1] == ' ')
		piece[--length] = '\0';
	return piece + strspn(piece, " ");
}

static bool cut(struct pieces *pieces, const char *sql)
{
	int depth = 0;
	amp_checksum_squeeze(&pieces->text, sql, strlen(sql));
	if (pieces->text.failed || !pieces->text.data)
		return false;
	char *text = pieces->text.data, *start = text;
	bool room = true;
	for (size_t at = 0; room && text[at];) {
		char c = text[at];
		if (strchr("'\"`[", c)) {
			at = quoted_end(text, at);
			continue;
		}
		depth += (c == '(') - (c == ')');
		bool border = (depth == 1 && (c == ',' || c == '(')) ||
			(depth == 0 && c == ')');
		if (border) {
			text[at] = '\0';
			room = amp_vec_push(&pieces->items, trim(start));
			start = text + at + 1;
		}
		at++;
	}
	room = room && amp_vec_push(&pieces->items, trim(start));
	if (pieces->items.count)
		qsort(pieces->items.items, pieces->items.count,
			sizeof(*pieces->items.items), compare_pieces);
	return room;
}

static void free_pieces(struct pieces *pieces)
{
	amp_vec_deinit(&pieces->items);
	amp_str_deinit(&pieces->text);
}

/* The same pieces in another order? */
static bool same_pieces(const char *left, const char *right)
{
	struct pieces a = {.text = AMP_STR_INIT}, b = {.text = AMP_STR_INIT};
	bool same = cut(&a, left) && cut(&b, right) && a.items.count == b.items.count;
	for (size_t i = 0; same && i < a.items.count; i++)
		same = !strcasecmp(a.items.items[i], b.items.items[i]);
	free_pieces(&a);
	free_pieces(&b);
	return same;
}

static void set_difference(struct amp_difference *difference,
	enum amp_difference_kind kind, const char *object, const char *text)
{
	if (kind <= difference->kind)
		return;
	difference->kind = kind;
	difference->object = object;
	difference->text = text;
}

static void compare_objects(const struct amp_state *one, const struct amp_state *two,
	struct amp_difference *difference, struct amp_arena *arena)
{
	struct amp_pair pair;
	for (size_t i = 0, j = 0;
		amp_objects_next(&one->objects, &two->objects, &i, &j, &pair);) {
		const struct amp_object *object = pair.before ? pair.before : pair.after;
		const char *name = amp_arena_strdup(arena, object->name);
		if (amp_pair_is_equal(&pair))
			continue;
		if (!pair.before || !pair.after)
			set_difference(difference, AMP_OTHER_SCHEMA, name,
				amp_arena_printf(arena, "only then is there the %s '%s'",
					object->type, name));
		else if (!strcmp(object->type, "table") &&
			same_pieces(pair.before->sql, pair.after->sql))
			set_difference(difference, AMP_COLUMN_ORDER, name,
				amp_arena_printf(arena,
					"the columns of '%s' have another order", name));
		else
			set_difference(difference, AMP_OTHER_SCHEMA, name,
				amp_arena_printf(arena, "the %s '%s' is another one",
					object->type, name));
	}
}

static void compare_rows(const struct amp_state *one, const struct amp_state *two,
	struct amp_difference *difference, struct amp_arena *arena)
{
	for (size_t i = 0; i < one->ncontents && i < two->ncontents; i++) {
		const struct amp_content *left = &one->contents[i];
		const struct amp_content *right = &two->contents[i];
		if (!left->exists || !right->exists)
			continue;
		if (left->rows != right->rows) {
			difference->lost = left->rows - right->rows;
			set_difference(difference, AMP_OTHER_ROWS, left->name,
				amp_arena_printf(arena, "'%s' has %lld rows or %lld",
					left->name, (long long)left->rows,
					(long long)right->rows));
		} else if (memcmp(left->digest, right->digest, sizeof(left->digest)) !=
			0) {
			set_difference(difference, AMP_OTHER_ROWS, left->name,
				amp_arena_printf(
					arena, "the rows of '%s' differ", left->name));
		}
	}
}

int amp_state_compare(const struct amp_state *one, const struct amp_state *two, bool rows,
	struct amp_difference *difference, struct amp_arena *arena,
	struct amplan_error *error)
{
	*difference = (struct amp_difference){0};
	compare_objects(one, two, difference, arena);
	if (rows && difference->kind < AMP_OTHER_SCHEMA)
		compare_rows(one, two, difference, arena);
	return arena->failed ? amp_error_nomem(error) : AMPLAN_OK;
}
