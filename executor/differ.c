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
		code = db->engine->contents(db, state->contents, count, error);
	return code;
}

int amp_state_look(struct amp_state *state, struct amp_db *db, struct amplan_error *error)
{
	const char **names =
		amp_arena_array(&state->arena, state->ncontents, sizeof(*names));
	for (size_t i = 0; names && i < state->ncontents; i++)
		names[i] = state->contents[i].name;
	return names ? db->engine->shapes(db, names, state->ncontents, NULL,
			       &state->shapes, &state->arena, error)
		     : amp_error_nomem(error);
}

/* The pieces of a definition between its commas: what a table consists of. Commas in
   parentheses, quotes and comments are no borders. */
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

/* Names in quotes and without are the same: ALTER TABLE writes its own. Blanks that only
   the quotes made unnecessary go as well. */
static void unquote(struct amp_str *out, const char *sql)
{
	for (size_t at = 0; sql[at];) {
		size_t end = strchr("'\"`[", sql[at]) ? quoted_end(sql, at) : at + 1;
		bool name = end > at + 2 && sql[at] != '\'';
		bool edge = out->length && strchr(" (),", out->data[out->length - 1]);
		if (name)
			amp_str_addn(out, sql + at + 1, end - at - 2);
		else if (sql[at] != ' ' || (!edge && !strchr("(),", sql[end])))
			amp_str_addn(out, sql + at, end - at);
		at = end;
	}
}

static bool cut(struct pieces *pieces, const char *sql)
{
	int depth = 0;
	AMP_STR_AUTO squeezed = AMP_STR_INIT;
	amp_checksum_squeeze(&squeezed, sql, strlen(sql));
	unquote(&pieces->text, amp_str_text(&squeezed));
	if (squeezed.failed || pieces->text.failed || !pieces->text.data)
		return false;
	char *text = pieces->text.data, *start = text;
	bool room = true;
	for (size_t at = 0; room && text[at];) {
		char c = text[at];
		if (c == '\'') {
			at = quoted_end(text, at);
			continue;
		}
		depth += (c == '(') - (c == ')');
		bool border = (depth == 1 && (c == ',' || c == '(')) ||
			(depth == 0 && c == ')');
		if (border) {
			text[at] = '\0';
			room = amp_vec_push(&pieces->items, start);
			start = text + at + 1;
		}
		at++;
	}
	return room && amp_vec_push(&pieces->items, start);
}

static void free_pieces(struct pieces *pieces)
{
	amp_vec_deinit(&pieces->items);
	amp_str_deinit(&pieces->text);
}

static bool equal_pieces(const struct pieces *a, const struct pieces *b)
{
	bool same = a->items.count == b->items.count;
	for (size_t i = 0; same && i < a->items.count; i++)
		same = !strcasecmp(a->items.items[i], b->items.items[i]);
	return same;
}

static int compare_pieces(const void *left, const void *right)
{
	const char *const *l = left, *const *r = right;
	return strcasecmp(*l, *r);
}

static void sort(struct pieces *pieces)
{
	if (pieces->items.count)
		qsort(pieces->items.items, pieces->items.count,
			sizeof(*pieces->items.items), compare_pieces);
}

/* Two definitions: the same but for quotes and white space, the same in another order? */
static enum amp_difference_kind compare_definitions(const char *left, const char *right)
{
	struct pieces a = {.text = AMP_STR_INIT}, b = {.text = AMP_STR_INIT};
	enum amp_difference_kind kind = AMP_OTHER_SCHEMA;
	if (cut(&a, left) && cut(&b, right)) {
		if (equal_pieces(&a, &b))
			kind = AMP_SAME;
		sort(&a);
		sort(&b);
		if (kind != AMP_SAME && equal_pieces(&a, &b))
			kind = AMP_COLUMN_ORDER;
	}
	free_pieces(&a);
	free_pieces(&b);
	return kind;
}

static bool same_text(const char *left, const char *right)
{
	return left == right || (left && right && !strcmp(left, right));
}

/* What a column of the second state is that it was not in the first. */
static const char *compare_columns(const struct amp_column *was,
	const struct amp_column *now, struct amp_arena *arena)
{
	if (strcasecmp(was->type, now->type) != 0)
		return amp_arena_printf(arena, "has '%s' as '%s' instead of '%s'",
			now->name, now->type, was->type);
	if (was->not_null != now->not_null)
		return amp_arena_printf(arena, "has '%s' %s NOT NULL", now->name,
			now->not_null ? "as" : "without");
	if (!same_text(was->value, now->value))
		return amp_arena_printf(arena,
			"has '%s' with the default %s instead of %s", now->name,
			now->value ? now->value : "none",
			was->value ? was->value : "none");
	if (was->key != now->key)
		return amp_arena_printf(
			arena, "has '%s' in another primary key", now->name);
	return NULL;
}

/* The first thing in which the second shape is not the first one. */
static const char *compare_shapes(
	const struct amp_shape *one, const struct amp_shape *two, struct amp_arena *arena)
{
	const char *text = NULL;
	for (size_t i = 0; i < one->ncolumns && !text; i++) {
		const struct amp_column *was = &one->columns[i];
		const struct amp_column *now = amp_column_find(two, was->name);
		text = now ? compare_columns(was, now, arena)
			   : amp_arena_printf(arena, "lacks the column '%s'", was->name);
	}
	for (size_t i = 0; i < two->ncolumns && !text; i++)
		if (!amp_column_find(one, two->columns[i].name))
			text = amp_arena_printf(arena, "has the column '%s' besides",
				two->columns[i].name);
	if (!text && one->nkeys != two->nkeys)
		text = amp_arena_printf(arena, "has %zu foreign keys instead of %zu",
			two->nkeys, one->nkeys);
	if (!text && one->nindexes != two->nindexes)
		text = "has other constraints";
	return text ? text : "is declared in another way";
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

static void compare_pair(const struct amp_state *one, const struct amp_state *two,
	const struct amp_pair *pair, struct amp_difference *difference,
	struct amp_arena *arena)
{
	const struct amp_object *object = pair->before ? pair->before : pair->after;
	const char *name = amp_arena_strdup(arena, object->name); /* or NULL */
	enum amp_difference_kind kind = AMP_OTHER_SCHEMA;
	if (!pair->before || !pair->after) {
		set_difference(difference, kind, name,
			amp_arena_printf(arena, "the %s '%s' is %s", object->type,
				object->name,
				pair->before ? "missing" : "there besides"));
		return;
	}
	kind = compare_definitions(pair->before->sql, pair->after->sql);
	const struct amp_shape *was = amp_shape_find(&one->shapes, object->name);
	const struct amp_shape *now = amp_shape_find(&two->shapes, object->name);
	const char *how = kind == AMP_COLUMN_ORDER ? "has its columns in another order"
		: was && now                       ? compare_shapes(was, now, arena)
						   : "is declared in another way";
	set_difference(difference, kind, name,
		amp_arena_printf(
			arena, "the %s '%s' %s", object->type, object->name, how));
}

static void compare_objects(const struct amp_state *one, const struct amp_state *two,
	struct amp_difference *difference, struct amp_arena *arena)
{
	struct amp_pair pair;
	for (size_t i = 0, j = 0;
		amp_objects_next(&one->objects, &two->objects, &i, &j, &pair);)
		if (!amp_pair_is_equal(&pair))
			compare_pair(one, two, &pair, difference, arena);
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
			set_difference(difference, AMP_OTHER_ROWS, left->name,
				amp_arena_printf(arena,
					"'%s' has %lld rows instead of %lld", left->name,
					(long long)right->rows, (long long)left->rows));
		} else if (memcmp(left->digest, right->digest, sizeof(left->digest)) !=
			0) {
			set_difference(difference, AMP_OTHER_ROWS, left->name,
				amp_arena_printf(arena, "the rows of '%s' are others",
					left->name));
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
