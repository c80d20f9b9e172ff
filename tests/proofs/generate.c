#include "tests/proofs/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proofs/operations.h"
#include "tests/support/temp.h"

static const struct {
	operation *run;
	int weight;
} operations[] = {
	{make_table, 14},
	{make_sink, 4},
	{make_virtual, 3},
	{add_column, 12},
	{rename_column, 5},
	{drop_column, 5},
	{rename_table, 3},
	{drop_table, 4},
	{rebuild_table, 5},
	{insert_rows, 12},
	{update_rows, 8},
	{delete_row, 4},
	{copy_rows, 5},
	{make_index, 8},
	{make_view, 8},
	{make_trigger, 6},
	{drop_index, 3},
	{drop_view, 3},
	{drop_trigger, 2},
};

static operation *pick_operation(struct dice *dice)
{
	int total = 0;
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		total += operations[i].weight;
	int at = dice_below(dice, total);
	size_t i = 0;
	while (at >= operations[i].weight)
		at -= operations[i++].weight;
	return operations[i].run;
}

struct migration *catalog_add(struct catalog *catalog)
{
	must(catalog->count < MIGRATIONS, "too many migrations");
	struct migration *migration = &catalog->migrations[catalog->count++];
	*migration = (struct migration){0};
	return migration;
}

/* One to three operations that find something to do. */
static void think_up(struct state *state, struct migration *migration)
{
	int wanted = dice_below(state->dice, 3) + 1;
	for (int i = 0; i < state->ntables; i++)
		state->tables[i].taken = false;
	for (int tries = 0; wanted > 0 && tries < 12; tries++)
		wanted -= pick_operation(state->dice)(state, migration);
	if (!migration->touches.count)
		must(make_table(state, migration) || make_view(state, migration),
			"nothing to do");
}

/* One that is neither needed nor there already. */
static void declare_extra(struct catalog *catalog, struct dice *dice, int n)
{
	int on = dice_below(dice, n);
	if (n > 0 && !(ancestors(catalog, n) >> on & 1))
		catalog->migrations[n].depends |= UINT64_C(1) << on;
}

static void shuffle(struct dice *dice, int *numbers, int count)
{
	for (int i = 0; i < count; i++)
		numbers[i] = i;
	for (int i = count - 1; i > 0; i--) {
		int j = dice_below(dice, i + 1), kept = numbers[i];
		numbers[i] = numbers[j];
		numbers[j] = kept;
	}
}

static void qualify(struct migration *m)
{
	char module[NAME], id[NAME];
	memcpy(module, m->module, NAME);
	memcpy(id, m->id, NAME);
	const char *colon = module[0] ? ":" : "", *slash = module[0] ? "/" : "";
	snprintf(m->qualified, sizeof(m->qualified), "%s%s%s", module, colon, id);
	snprintf(m->file, sizeof(m->file), "m/%s%s%s.xml", module, slash, id);
}

void name_all(struct catalog *catalog, struct dice *dice)
{
	static const char *const modules[] = {"", "core", "billing"};
	int numbers[MIGRATIONS];
	bool several = dice_chance(dice, 30);
	shuffle(dice, numbers, catalog->count);
	for (int i = 0; i < catalog->count; i++) {
		struct migration *m = &catalog->migrations[i];
		snprintf(m->id, NAME, "%03d_step", numbers[i] + 1);
		snprintf(m->module, NAME, "%s",
			modules[several ? dice_below(dice, 3) : 0]);
		qualify(m);
	}
}

void generate(struct catalog *catalog, struct dice *dice, int most, int extra)
{
	struct state *state = calloc(1, sizeof(*state));
	must(state != NULL, "no memory");
	state->dice = dice;
	state->next = 1;
	state->recent = dice_below(dice, 4) * 25;
	catalog->count = 0;
	for (int count = 5 + dice_below(dice, most - 4); count > 0; count--)
		think_up(state, catalog_add(catalog));
	free(state);
	declare_needs(catalog);
	for (int i = 1; i < catalog->count; i++)
		if (dice_chance(dice, extra))
			declare_extra(catalog, dice, i);
	name_all(catalog, dice);
}

void reduce(struct catalog *catalog)
{
	for (int i = 0; i < catalog->count; i++) {
		uint64_t *depends = &catalog->migrations[i].depends;
		for (int j = i - 1; j >= 0; j--) {
			uint64_t bit = UINT64_C(1) << j;
			if (!(*depends & bit))
				continue;
			*depends &= ~bit;
			if (!(ancestors(catalog, i) & bit))
				*depends |= bit;
		}
	}
}

static void write_depends(
	struct amp_str *text, const struct migration *from, const struct migration *on)
{
	const char *name = on->qualified;
	if (strcmp(from->module, on->module) == 0)
		name = on->id;
	amp_str_addf(text, "  <depends on=\"%s%s\"/>\n",
		from->module[0] && !on->module[0] ? ":" : "", name);
}

static void write_migration(
	const struct catalog *catalog, const struct migration *m, struct amp_str *text)
{
	amp_str_clear(text);
	amp_str_addf(text, "<migration xmlns=\"urn:amplan:1\" id=\"%s\"", m->id);
	if (m->module[0])
		amp_str_addf(text, " module=\"%s\"", m->module);
	amp_str_add(text, ">\n");
	for (int i = 0; i < catalog->count; i++)
		if (m->depends >> i & 1)
			write_depends(text, m, &catalog->migrations[i]);
	amp_str_addf(text, "  <up><![CDATA[\n%s]]></up>\n</migration>\n",
		amp_str_text(&m->sql));
}

void write_catalog(const struct catalog *catalog, const char *folder)
{
	struct amp_str text = AMP_STR_INIT;
	for (int i = 0; i < catalog->count; i++) {
		const struct migration *m = &catalog->migrations[i];
		write_migration(catalog, m, &text);
		must(!text.failed && !m->sql.failed, "no memory");
		temp_text(folder, m->file, amp_str_text(&text));
	}
	amp_str_deinit(&text);
}

void extension(const struct catalog *catalog, struct dice *dice, int *order)
{
	uint64_t done = 0;
	for (int placed = 0; placed < catalog->count; placed++) {
		int ready[MIGRATIONS], count = 0;
		for (int i = 0; i < catalog->count; i++)
			if (!(done >> i & 1) && !(catalog->migrations[i].depends & ~done))
				ready[count++] = i;
		must(count > 0, "a cycle");
		order[placed] = ready[dice_below(dice, count)];
		done |= UINT64_C(1) << order[placed];
	}
}

void print_migration(const struct migration *migration)
{
	printf("-- %s (%s)\n%s", migration->qualified, migration->file,
		amp_str_text(&migration->sql));
	printf("--");
	for (size_t i = 0; i < migration->touches.count; i++)
		printf(" %s/%c", migration->touches.items[i].token,
			migration->touches.items[i].mode);
	printf("\n");
}
