#include "executor/see.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/always.h"

void amp_view_deinit(struct amp_view *view)
{
	amp_vec_deinit(&view->shapes);
}

/* Where a shape of that name is, or would be. */
static size_t position(const struct amp_view *view, const char *name, bool *found)
{
	size_t low = 0, high = view->shapes.count;
	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcasecmp(view->shapes.items[middle].name, name);
		*found = *found || !order;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct amp_shape *known(const struct amp_view *view, const char *name)
{
	bool found;
	size_t at = position(view, name, &found);
	return found ? &view->shapes.items[at] : NULL;
}

static bool put(struct amp_view *view, const struct amp_shape *shape)
{
	bool found;
	size_t at = position(view, shape->name, &found);
	if (!found) {
		if (!amp_vec_push(&view->shapes, *shape))
			return false;
		memmove(&view->shapes.items[at + 1], &view->shapes.items[at],
			(view->shapes.count - 1 - at) * sizeof(*shape));
	}
	view->shapes.items[at] = *shape;
	return true;
}

static void take_out(struct amp_view *view, const char *name)
{
	bool found;
	size_t at = position(view, name, &found);
	if (!found)
		return;
	view->shapes.count--;
	memmove(&view->shapes.items[at], &view->shapes.items[at + 1],
		(view->shapes.count - at) * sizeof(*view->shapes.items));
}

static int compare_touches(const void *left, const void *right)
{
	const struct amp_touch *l = left, *r = right;
	int order = strcasecmp(l->name, r->name);
	return order ? order : strcasecmp(l->column, r->column);
}

/* Sorts, and makes one of several touches of one thing. */
static void merge(struct amp_recorder *recorder)
{
	struct amp_touch *items = recorder->touches.items;
	size_t kept = 0;
	if (!recorder->touches.count)
		return;
	qsort(items, recorder->touches.count, sizeof(*items), compare_touches);
	for (size_t i = 1; i < recorder->touches.count; i++)
		if (!compare_touches(&items[kept], &items[i]))
			items[kept].how |= items[i].how;
		else
			items[++kept] = items[i];
	recorder->touches.count = kept + 1;
}

static void touch(
	struct amp_recorder *recorder, const char *name, const char *column, unsigned how)
{
	struct amp_touch touch = {name, column, how};
	if (!amp_vec_push(&recorder->touches, touch))
		recorder->failed = true;
}

static void touch_effects(
	struct amp_recorder *recorder, const struct amplan_effect *effects, size_t count)
{
	static const unsigned how[] = {
		[AMPLAN_CREATED] = AMPLAN_CREATES,
		[AMPLAN_ALTERED] = AMPLAN_ALTERS,
		[AMPLAN_DROPPED] = AMPLAN_DROPS,
	};
	for (size_t i = 0; i < count; i++)
		touch(recorder, effects[i].name, "", how[effects[i].kind]);
}

static bool same(const char *left, const char *right)
{
	return left == right || (left && right && !strcmp(left, right));
}

/* Columns that came, went or are not what they were. */
static void touch_columns(struct amp_recorder *recorder, const struct amp_shape *before,
	const struct amp_shape *after)
{
	for (size_t i = 0; i < after->ncolumns; i++) {
		const struct amp_column *now = &after->columns[i];
		const struct amp_column *was = amp_column_find(before, now->name);
		if (!was)
			touch(recorder, after->name, now->name, AMPLAN_CREATES);
		else if (strcmp(was->type, now->type) != 0 || was->key != now->key ||
			was->not_null != now->not_null || !same(was->value, now->value))
			touch(recorder, after->name, now->name, AMPLAN_ALTERS);
	}
	for (size_t i = 0; i < before->ncolumns; i++)
		if (!amp_column_find(after, before->columns[i].name))
			touch(recorder, after->name, before->columns[i].name,
				AMPLAN_DROPS);
}

/* A table that is made comes with all its columns. */
static void touch_new(struct amp_recorder *recorder, const struct amp_shape *shape)
{
	for (size_t i = 0; i < shape->ncolumns; i++)
		touch(recorder, shape->name, shape->columns[i].name, AMPLAN_CREATES);
}

static void touch_keys(
	struct amp_recorder *recorder, const struct amp_shape *shape, unsigned how)
{
	for (size_t i = 0; i < shape->nkeys; i++) {
		const struct amp_key *key = &shape->keys[i];
		touch(recorder, key->parent, "", how);
		for (size_t k = 0; k < key->ncolumns; k++)
			if (*key->parent_columns[k])
				touch(recorder, key->parent, key->parent_columns[k], how);
	}
}

/* What only the shapes tell. */
static void touch_shapes(struct amp_recorder *recorder, const struct amp_shapes *before,
	const struct amp_shapes *after)
{
	for (size_t i = 0; i < after->count; i++) {
		const struct amp_shape *now = &after->items[i];
		const struct amp_shape *was = amp_shape_find(before, now->name);
		if (was)
			touch_columns(recorder, was, now);
		else
			touch_new(recorder, now);
		if (!was || strcmp(was->sql, now->sql) != 0)
			touch_keys(recorder, now, AMPLAN_REFERS);
	}
}

/* Whoever writes rows needs those that their foreign keys point at. */
static void touch_parents(
	struct amp_recorder *recorder, const struct amp_view *view, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct amp_touch *item = &recorder->touches.items[i];
		const struct amp_shape *shape =
			item->how & AMPLAN_WRITES ? known(view, item->name) : NULL;
		if (shape)
			touch_keys(recorder, shape, AMPLAN_READS);
	}
}

static bool is_effect(const struct amplan_effect *effects, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(effects[i].name, name))
			return true;
	return false;
}

/* Leaves out what is no object of the schema, neither before nor after: tables that the
   step made and dropped, names of common table expressions; and spells as the schema. */
static void filter(struct amp_recorder *recorder, const struct amp_view *view,
	const struct amp_shapes *before, const struct amplan_effect *effects,
	size_t neffects)
{
	size_t kept = 0;
	for (size_t i = 0; i < recorder->touches.count; i++) {
		struct amp_touch item = recorder->touches.items[i];
		const struct amp_shape *shape = known(view, item.name);
		if (!shape)
			shape = amp_shape_find(before, item.name);
		if (!shape && !is_effect(effects, neffects, item.name))
			continue;
		const struct amp_column *column = shape && *item.column
			? amp_column_find(shape, item.column)
			: NULL;
		item.name = shape ? shape->name : item.name;
		item.column = column ? column->name : item.column;
		recorder->touches.items[kept++] = item;
	}
	recorder->touches.count = kept;
}

static int compare_names(const void *left, const void *right)
{
	const char *const *l = left, *const *r = right;
	return strcasecmp(*l, *r);
}

const char **amp_effect_names(
	const struct amplan_effect *effects, size_t count, struct amp_arena *arena)
{
	const char **names = amp_arena_array(arena, count, sizeof(*names));
	for (size_t i = 0; names && i < count; i++)
		names[i] = effects[i].name;
	return names;
}

/* The names of all that may have another shape, or whose rows were written. */
static const char **changed_names(const struct amplan_effect *effects, size_t neffects,
	const struct amp_recorder *recorder, struct amp_arena *arena, size_t *count)
{
	const unsigned changes =
		AMPLAN_WRITES | AMPLAN_CREATES | AMPLAN_ALTERS | AMPLAN_DROPS;
	const char **names = amp_arena_array(
		arena, neffects + recorder->touches.count, sizeof(*names));
	size_t all = 0;
	*count = 0;
	for (size_t i = 0; names && i < neffects; i++)
		names[all++] = effects[i].name;
	for (size_t i = 0; names && i < recorder->touches.count; i++)
		if (recorder->touches.items[i].how & changes)
			names[all++] = recorder->touches.items[i].name;
	/* a name that there was no memory for cannot be compared */
	for (size_t i = 0; i < all; i++)
		if (!names[i]) {
			arena->failed = true;
			return NULL;
		}
	if (all)
		qsort(names, all, sizeof(*names), compare_names);
	for (size_t i = 0; i < all; i++)
		if (!*count || strcasecmp(names[*count - 1], names[i]) != 0)
			names[(*count)++] = names[i];
	return names;
}

static int shapes_before(const struct amp_view *view, const char **names, size_t count,
	struct amp_shapes *before)
{
	before->items = amp_arena_array(view->arena, count, sizeof(*before->items));
	before->count = 0;
	for (size_t i = 0; before->items && i < count; i++) {
		const struct amp_shape *shape = known(view, names[i]);
		if (shape)
			before->items[before->count++] = *shape;
	}
	return before->items ? AMPLAN_OK : AMPLAN_NOMEM;
}

bool amp_view_follow(struct amp_view *view, const struct amp_shapes *before,
	const struct amp_shapes *after)
{
	for (size_t i = 0; i < before->count; i++)
		if (!amp_shape_find(after, before->items[i].name))
			take_out(view, before->items[i].name);
	for (size_t i = 0; i < after->count; i++)
		if (!put(view, &after->items[i]))
			return false;
	return true;
}

bool amp_view_copy(struct amp_view *to, const struct amp_view *from)
{
	bool room = true;
	for (size_t i = 0; room && i < from->shapes.count; i++)
		room = amp_vec_push(&to->shapes, from->shapes.items[i]);
	return room;
}

const struct amplan_effect *amp_effects_keep(
	struct amp_arena *arena, const struct amplan_effect *effects, size_t count)
{
	struct amplan_effect *copy = amp_arena_array(arena, count, sizeof(*copy));
	for (size_t i = 0; copy && i < count; i++)
		copy[i] = (struct amplan_effect){
			.kind = effects[i].kind,
			.type = amp_arena_strdup(arena, effects[i].type),
			.name = amp_arena_strdup(arena, effects[i].name),
		};
	return copy;
}

/* Something that others may use went: a table, a view, a column. */
static bool may_break(const struct amp_seen *seen)
{
	for (size_t i = 0; i < seen->before.count; i++) {
		const struct amp_shape *was = &seen->before.items[i];
		const struct amp_shape *now = amp_shape_find(&seen->after, was->name);
		if (!now)
			return true;
		for (size_t c = 0; c < was->ncolumns; c++)
			if (!amp_column_find(now, was->columns[c].name))
				return true;
	}
	return false;
}

static bool same_state(const struct amp_shape *left, const struct amp_shape *right)
{
	return !left->broken == !right->broken;
}

static bool append_shape(
	struct amp_shapes *shapes, const struct amp_shape *shape, struct amp_arena *arena)
{
	struct amp_shape *items =
		amp_arena_array(arena, shapes->count + 1, sizeof(*items));
	size_t at = 0;
	if (!items)
		return false;
	while (at < shapes->count && strcasecmp(shapes->items[at].name, shape->name) < 0)
		at++;
	memcpy(items, shapes->items, at * sizeof(*items));
	items[at] = *shape;
	memcpy(items + at + 1, shapes->items + at, (shapes->count - at) * sizeof(*items));
	shapes->items = items;
	shapes->count++;
	return true;
}

/* Views and tables with triggers that the step did not touch, but broke, or made whole. */
static int see_dependants(struct amp_view *view, struct amp_db *db, struct amp_seen *seen,
	struct amplan_error *error)
{
	size_t count = 0;
	struct amp_shapes now;
	const char **names =
		amp_arena_array(view->arena, view->shapes.count, sizeof(*names));
	for (size_t i = 0; names && i < view->shapes.count; i++) {
		const struct amp_shape *shape = &view->shapes.items[i];
		if ((shape->view || shape->ntriggers) &&
			!amp_shape_find(&seen->after, shape->name) &&
			!amp_shape_find(&seen->before, shape->name))
			names[count++] = shape->name;
	}
	if (!names)
		return amp_error_nomem(error);
	int code = count
		? db->engine->shapes(db, names, count, NULL, &now, view->arena, error)
		: AMPLAN_OK;
	for (size_t i = 0; !code && count && i < now.count; i++) {
		const struct amp_shape *was = known(view, now.items[i].name);
		/* asked was for what the view has */
		if (AMP_NEVER(!was) || same_state(was, &now.items[i]))
			continue;
		if (!append_shape(&seen->before, was, view->arena) ||
			!append_shape(&seen->after, &now.items[i], view->arena))
			code = amp_error_nomem(error);
	}
	return code;
}

int amp_see(struct amp_view *view, struct amp_db *db, const struct amp_sql *sql,
	const struct amplan_effect *effects, size_t neffects,
	struct amp_recorder *recorder, struct amp_seen *seen, struct amplan_error *error)
{
	size_t count;
	merge(recorder);
	const char **names =
		changed_names(effects, neffects, recorder, view->arena, &count);
	if (!names || shapes_before(view, names, count, &seen->before))
		return amp_error_nomem(error);
	int code = db->engine->shapes(
		db, names, count, recorder, &seen->after, view->arena, error);
	if (!code && may_break(seen))
		code = see_dependants(view, db, seen, error);
	if (code)
		return code;
	if (!amp_view_follow(view, &seen->before, &seen->after))
		return amp_error_nomem(error);
	touch_effects(recorder, effects, neffects);
	touch_shapes(recorder, &seen->before, &seen->after);
	touch_parents(recorder, view, recorder->touches.count);
	filter(recorder, view, &seen->before, effects, neffects);
	merge(recorder);
	seen->sql = sql;
	seen->effects = effects;
	seen->neffects = neffects;
	seen->touches = amp_arena_copy(view->arena, recorder->touches.items,
		recorder->touches.count, sizeof(*seen->touches));
	seen->ntouches = recorder->touches.count;
	seen->statements = amp_arena_copy(view->arena, recorder->statements.items,
		recorder->statements.count, sizeof(*seen->statements));
	seen->nstatements = recorder->statements.count;
	return recorder->failed || view->arena->failed ? amp_error_nomem(error)
						       : AMPLAN_OK;
}
