#include "tests/storm/releases.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "tests/support/temp.h"

enum kind { TABLE, INDEX, REBUILD, DATA, KINDS };

const char *releases_id(int index, char id[ID_SIZE])
{
	snprintf(id, ID_SIZE, "%03d_step", index);
	return id;
}

void releases_throw(struct releases *releases, struct dice *dice, int count, int rows)
{
	*releases = (struct releases){.count = count, .alone = -1, .rows = rows};
	for (int i = 0; i < count; i++) {
		releases->in_old[i] = true;
		releases->parent[i] = i ? dice_below(dice, i) : -1;
		releases->kind[i] = dice_below(dice, KINDS);
		releases->slow[i] = i && dice_chance(dice, 25);
	}
	releases->slow[count - 1] = true;
}

void releases_cut(struct releases *releases, struct dice *dice)
{
	bool on = false;
	for (int i = 1; i < releases->count; i++)
		releases->keys[i] = on = dice_chance(dice, 25) ? !on : on;
}

void releases_alone(struct releases *releases, struct dice *dice)
{
	releases->alone = 1 + dice_below(dice, releases->count - 1);
	releases->slow[releases->alone] = true;
}

void releases_age(struct releases *releases, struct dice *dice)
{
	bool prefix = dice_chance(dice, 50);
	int left = 1 + dice_below(dice, releases->count - 1);
	for (int i = 1; i < releases->count; i++)
		releases->in_old[i] = prefix
			? i < left
			: releases->in_old[releases->parent[i]] && dice_chance(dice, 80);
	releases->in_old[releases->count - 1] = false;
}

bool releases_ends_stage(const struct releases *releases, int index)
{
	return index == 0 || releases->keys[index] != releases->keys[index - 1] ||
		releases->alone == index || releases->alone == index - 1;
}

static void add_rows(
	struct amp_str *sql, const struct releases *releases, const char *table, int rows)
{
	amp_str_addf(sql,
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		"WHERE i &lt; %d%s) INSERT INTO %s (b) SELECT 'row ' || i FROM n;\n",
		rows, releases->ballast ? " * (SELECT count(*) FROM ballast)" : "",
		table);
}

/* Tables of its own: migrations that do not need each other may run in any order. */
static void add_work(struct amp_str *sql, const struct releases *releases, int index)
{
	int rows = releases->slow[index] ? releases->rows : 2;
	char table[16];
	snprintf(table, sizeof(table), "t%d", index);
	if (releases->kind[index] == DATA && !releases->slow[index])
		return;
	amp_str_addf(sql, "CREATE TABLE %s (a INTEGER PRIMARY KEY, b TEXT);\n", table);
	add_rows(sql, releases, table, rows);
	if (releases->kind[index] == INDEX)
		amp_str_addf(sql, "CREATE INDEX %s_b ON %s (b);\n", table, table);
	if (releases->kind[index] == REBUILD)
		amp_str_addf(sql,
			"CREATE TABLE new_%s (a INTEGER PRIMARY KEY, b TEXT NOT NULL);\n"
			"INSERT INTO new_%s SELECT a, b FROM %s;\nDROP TABLE %s;\n"
			"ALTER TABLE new_%s RENAME TO %s;\n",
			table, table, table, table, table, table);
}

/* Outside a transaction each statement stands for itself; so that a person who says
   `resolve --again` is right, each may run twice. */
static void add_work_again(
	struct amp_str *sql, const struct releases *releases, int index)
{
	amp_str_addf(sql,
		"CREATE TABLE IF NOT EXISTS t%d (a INTEGER PRIMARY KEY, b TEXT);\n"
		"DELETE FROM t%d;\n",
		index, index);
	char table[16];
	snprintf(table, sizeof(table), "t%d", index);
	add_rows(sql, releases, table, releases->rows);
	add_rows(sql, releases, table, releases->rows);
}

/* What an application keeps writing to, and what becomes of it. */
static void add_deeds(struct amp_str *sql, const struct releases *releases, int index)
{
	int last = releases->count - 1;
	if (index == 1)
		amp_str_add(sql,
			"CREATE TABLE deed (writer INTEGER NOT NULL, n INTEGER NOT NULL);\n");
	else if (index == 2)
		amp_str_add(sql,
			"ALTER TABLE deed ADD COLUMN note TEXT;\n"
			"CREATE INDEX deed_writer ON deed (writer, n);\n");
	else if (index == 3)
		amp_str_add(sql, "UPDATE deed SET note = 'seen' WHERE note IS NULL;\n");
	else if (index == last)
		amp_str_add(sql,
			"CREATE TABLE new_deed (id INTEGER PRIMARY KEY, "
			"writer INTEGER NOT NULL, n INTEGER NOT NULL, note TEXT);\n"
			"INSERT INTO new_deed (writer, n, note) "
			"SELECT writer, n, note FROM deed;\nDROP TABLE deed;\n"
			"ALTER TABLE new_deed RENAME TO deed;\n"
			"CREATE INDEX deed_writer ON deed (writer, n);\n");
}

static void add_sql(struct amp_str *sql, const struct releases *releases, int index)
{
	char id[ID_SIZE];
	releases_id(index, id);
	bool again = index == releases->alone && releases->again;
	if (index == 0)
		amp_str_add(sql,
			"CREATE TABLE log (step TEXT NOT NULL);\n"
			"CREATE TABLE counter (n INTEGER NOT NULL);\n"
			"INSERT INTO counter VALUES (0);\n");
	if (again) {
		add_work_again(sql, releases, index);
		amp_str_addf(sql,
			"INSERT INTO log SELECT '%s' WHERE NOT EXISTS "
			"(SELECT 1 FROM log WHERE step = '%s');\n",
			id, id);
		return;
	}
	amp_str_addf(sql, "UPDATE counter SET n = n + 1;\n");
	add_work(sql, releases, index);
	if (releases->deeds)
		add_deeds(sql, releases, index);
	/* last, so that half a migration has no row here */
	amp_str_addf(sql, "INSERT INTO log VALUES ('%s');\n", id);
}

static void add_migration(struct amp_str *xml, const struct releases *releases, int index)
{
	char id[ID_SIZE];
	amp_str_addf(xml, "<migration id=\"%s\"%s%s>\n", releases_id(index, id),
		releases->keys[index] ? " foreign-keys=\"on\"" : "",
		releases->alone == index ? " transaction=\"none\"" : "");
	if (index)
		amp_str_addf(xml, "<depends on=\"%s\"/>\n",
			releases_id(releases->parent[index], id));
	amp_str_add(xml, "<up>");
	add_sql(xml, releases, index);
	amp_str_add(xml, "</up>\n");
	if (index != releases->alone)
		amp_str_addf(xml,
			"<verify>SELECT count(*) = 1 FROM log WHERE step = '%s'</verify>\n",
			releases_id(index, id));
	amp_str_add(xml, "</migration>\n");
}

void releases_write(
	const struct releases *releases, bool old, const char *folder, const char *name)
{
	AMP_STR_AUTO xml = AMP_STR_INIT;
	amp_str_add(&xml, "<migrations xmlns=\"urn:amplan:1\">\n");
	for (int i = 0; i < releases->count; i++)
		if (!old || releases->in_old[i])
			add_migration(&xml, releases, i);
	amp_str_add(&xml, "</migrations>\n");
	if (xml.failed)
		abort();
	char *path = temp_path(name, "all.xml");
	temp_text(folder, path, amp_str_text(&xml));
	free(path);
}
