/*
 * Lint of foreign keys, by the schema that all migrations together leave.
 *
 * A later migration may add the index, the parent or its unique key, so nothing is said
 * before the end; then the migration that declared the key is told.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "planner/lint_rules.h"

/* A table, as one migration left it. */
struct state {
	const char *name;
	uint32_t position;             /* in plan order */
	const struct amp_shape *shape; /* NULL: it was dropped */
};

/* All states of all tables, by name and position. */
struct states {
	struct state *items;
	size_t count;
};

static int compare_states(const void *left, const void *right)
{
	const struct state *l = left, *r = right;
	int order = strcasecmp(l->name, r->name);
	return order ? order : (l->position > r->position) - (l->position < r->position);
}

static const struct amp_seen *up_at(const struct amp_lint *lint, uint32_t position)
{
	return &lint->effects[lint->order[position]].up;
}

static void add_states(
	struct states *states, const struct amp_seen *up, uint32_t position)
{
	for (size_t i = 0; i < up->after.count; i++)
		states->items[states->count++] = (struct state){
			up->after.items[i].name, position, &up->after.items[i]};
	for (size_t i = 0; i < up->before.count; i++)
		if (!amp_shape_find(&up->after, up->before.items[i].name))
			states->items[states->count++] =
				(struct state){up->before.items[i].name, position, NULL};
}

static struct states read_states(struct amp_lint *lint, struct amp_arena *arena)
{
	struct states states = {0};
	size_t room = 0;
	for (uint32_t i = 0; i < lint->graph->count; i++)
		room += up_at(lint, i)->after.count + up_at(lint, i)->before.count;
	states.items = amp_arena_array(arena, room, sizeof(*states.items));
	if (!states.items) {
		lint->arena.failed = true;
		return states;
	}
	for (uint32_t i = 0; i < lint->graph->count; i++)
		if (!up_at(lint, i)->failed)
			add_states(&states, up_at(lint, i), i);
	if (states.count)
		qsort(states.items, states.count, sizeof(*states.items), compare_states);
	return states;
}

/* The end of the states of the table whose first one is at `first`. */
static size_t run_end(const struct states *states, size_t first)
{
	size_t end = first + 1;
	while (end < states->count &&
		!strcasecmp(states->items[first].name, states->items[end].name))
		end++;
	return end;
}

/* The last state of a table; NULL: no migration touched it. */
static const struct state *last_state(const struct states *states, const char *name)
{
	size_t low = 0, high = states->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcasecmp(states->items[middle].name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && !strcasecmp(states->items[low - 1].name, name)
		? &states->items[low - 1]
		: NULL;
}

static bool same_key(const struct amp_key *left, const struct amp_key *right)
{
	if (strcasecmp(left->parent, right->parent) != 0 ||
		left->ncolumns != right->ncolumns)
		return false;
	for (size_t i = 0; i < left->ncolumns; i++)
		if (strcasecmp(left->columns[i], right->columns[i]) != 0)
			return false;
	return true;
}

/* A foreign key of the schema in the end, and what is known of its table. */
struct found {
	const struct amp_key *key;
	const struct amp_shape *child; /* in the end */
	const struct state *states;    /* of the child … */
	size_t nstates;                /* … so many */
	const struct state *parent;    /* in the end, or NULL */
};

/* The state of the child with which the key was declared. */
static const struct state *declared(const struct found *found)
{
	size_t first = found->nstates - 1;
	for (size_t i = found->nstates; i-- > 0 && found->states[i].shape;)
		for (size_t k = 0; k < found->states[i].shape->nkeys; k++)
			if (same_key(found->key, &found->states[i].shape->keys[k]))
				first = i;
	return &found->states[first];
}

/* Makes the migration that declared the key the one that is looked at. */
static struct amplan_place place_of_key(struct amp_lint *lint, const struct found *found)
{
	amp_lint_look(lint, lint->order[declared(found)->position], false);
	return amp_lint_at_column(lint, found->child->name, found->key->columns[0]);
}

typedef void key_rule(struct amp_lint *, const struct found *);

static void each_key(struct amp_lint *lint, key_rule *rule)
{
	AMP_ARENA_AUTO scratch = {0};
	struct states states = read_states(lint, &scratch);
	for (size_t i = 0, end; i < states.count; i = end) {
		end = run_end(&states, i);
		const struct amp_shape *child = states.items[end - 1].shape;
		for (size_t k = 0; child && k < child->nkeys; k++) {
			struct found found = {
				.key = &child->keys[k],
				.child = child,
				.states = &states.items[i],
				.nstates = end - i,
				.parent = last_state(&states, child->keys[k].parent),
			};
			rule(lint, &found);
		}
	}
}

static bool is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++)
		if (!strcasecmp(names[i], name))
			return true;
	return false;
}

/* Does an index of the table begin with the columns of the key, in any order? */
static bool has_index(const struct amp_shape *table, const struct amp_key *key)
{
	for (size_t i = 0; i < table->nindexes; i++) {
		const struct amp_index *index = &table->indexes[i];
		size_t leading = 0;
		while (leading < index->ncolumns &&
			is_in(key->columns, key->ncolumns, index->columns[leading]))
			leading++;
		if (leading >= key->ncolumns)
			return true;
	}
	for (size_t c = 0; c < table->ncolumns; c++)
		if (table->columns[c].key == 1 && key->ncolumns == 1 &&
			!strcasecmp(table->columns[c].name, key->columns[0]))
			return true;
	return false;
}

static void check_index(struct amp_lint *lint, const struct found *found)
{
	const struct amp_key *key = found->key;
	for (size_t i = 0; i < found->nstates; i++)
		if (found->states[i].shape && has_index(found->states[i].shape, key))
			return; /* another branch may have made it */
	struct amplan_place place = place_of_key(lint, found);
	struct amplan_finding *finding = amp_lint_say(lint, place,
		"the foreign key '%s%s' of table '%s' has no index", key->columns[0],
		key->ncolumns > 1 ? ", ..." : "", found->child->name);
	amp_lint_hint(lint, finding,
		"without it, to delete a row of '%s' is to read all of '%s'", key->parent,
		found->child->name);
}

void amp_rule_unindexed_foreign_key(struct amp_lint *lint)
{
	each_key(lint, check_index);
}

static bool is_unique(const struct amp_shape *parent, const struct amp_key *key)
{
	size_t width = 0, matched = 0;
	for (size_t c = 0; c < parent->ncolumns; c++) {
		width += parent->columns[c].key > 0;
		matched += parent->columns[c].key &&
			is_in(key->parent_columns, key->ncolumns,
				parent->columns[c].name);
	}
	if (width == key->ncolumns && (matched == width || !*key->parent_columns[0]))
		return true; /* no columns named: the primary key */
	for (size_t i = 0; i < parent->nindexes; i++) {
		const struct amp_index *index = &parent->indexes[i];
		size_t found = 0;
		for (size_t c = 0; c < index->ncolumns; c++)
			found += is_in(
				key->parent_columns, key->ncolumns, index->columns[c]);
		if (index->unique && !index->partial && found == key->ncolumns &&
			index->ncolumns == found)
			return true;
	}
	return false;
}

static void check_match(struct amp_lint *lint, const struct found *found)
{
	const struct amp_key *key = found->key;
	const struct amp_shape *parent = found->parent ? found->parent->shape : NULL;
	bool exists = found->parent ? parent != NULL : key->parent_exists;
	if (!exists || key->parent_is_unique || (parent && is_unique(parent, key)))
		return;
	struct amplan_place place = place_of_key(lint, found);
	struct amplan_finding *finding = amp_lint_say(lint, place,
		"the foreign key '%s%s' of table '%s' points at '%s%s' of '%s', which is "
		"neither its primary key nor unique",
		key->columns[0], key->ncolumns > 1 ? ", ..." : "", found->child->name,
		key->parent_columns[0], key->ncolumns > 1 ? ", ..." : "", key->parent);
	amp_lint_hint(lint, finding,
		"every change of either table fails while foreign keys are on: point at "
		"the primary key, or make that UNIQUE");
}

void amp_rule_foreign_key_mismatch(struct amp_lint *lint)
{
	each_key(lint, check_match);
}

/* The parent was never made, or a later migration dropped it. */
static void check_parent(struct amp_lint *lint, const struct found *found)
{
	const struct amp_key *key = found->key;
	if (found->parent ? found->parent->shape != NULL : key->parent_exists)
		return;
	struct amplan_place place = place_of_key(lint, found);
	bool dropped =
		found->parent && found->parent->position >= declared(found)->position;
	if (dropped) {
		amp_lint_look(lint, lint->order[found->parent->position], false);
		place = amp_lint_at_migration(lint);
		const struct amp_changes *changes = amp_lint_changes(lint);
		for (size_t i = 0; i < changes->count; i++)
			if (!strcasecmp(changes->items[i].table, key->parent))
				place = amp_lint_at(lint, &changes->items[i].word);
	}
	struct amplan_finding *finding = amp_lint_say(lint, place,
		dropped ? "table '%s' is dropped, but table '%s' still points at it"
			: "there is no table '%s', at which table '%s' points",
		key->parent, found->child->name);
	amp_lint_hint(lint, finding,
		"every INSERT with a value there fails while foreign keys are on: %s",
		dropped ? "rebuild the table without the key"
			: "create the table, or correct the name");
}

void amp_rule_dangling_reference(struct amp_lint *lint)
{
	each_key(lint, check_parent);
}
