#include "examples/prayer_wall/wall.h"

#include <stdlib.h>

#include <sqlite3.h>

static sqlite3 *open_database(struct wall *wall)
{
	sqlite3 *db = NULL;
	/* never made here: the migrations do that */
	if (sqlite3_open_v2(wall->path, &db, SQLITE_OPEN_READWRITE, NULL)) {
		snprintf(wall->message, sizeof(wall->message), "%s", sqlite3_errmsg(db));
		sqlite3_close(db);
		return NULL;
	}
	sqlite3_busy_timeout(db, 2000);
	sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
	return db;
}

static bool fail(struct wall *wall, const char *message)
{
	snprintf(wall->message, sizeof(wall->message), "%s", message);
	return false;
}

/* Runs one statement to its end; ?1, ?2 are the values. Counts the rows it changed. */
static bool run(struct wall *wall, sqlite3 *db, const char *sql,
	const char *const values[2], int *changed)
{
	sqlite3_stmt *statement = NULL;
	int before = sqlite3_total_changes(db);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL))
		return fail(wall, sqlite3_errmsg(db));
	for (int i = 0; i < sqlite3_bind_parameter_count(statement); i++)
		sqlite3_bind_text(statement, i + 1, values[i], -1, SQLITE_STATIC);
	while (sqlite3_step(statement) == SQLITE_ROW)
		;
	*changed = sqlite3_total_changes(db) - before;
	if (sqlite3_finalize(statement))
		return fail(wall, sqlite3_errmsg(db));
	return true;
}

/*
 * Runs statements, up to a NULL, in one transaction. Where the first one changes nothing
 * the rest is left out and `refusal` is the reason; no refusal: nothing is also well.
 */
static bool change(struct wall *wall, const char *const *statements,
	const char *const values[2], const char *refusal)
{
	int changed = 0;
	sqlite3 *db = open_database(wall);
	if (!db)
		return false;
	bool ok = run(wall, db, "BEGIN IMMEDIATE", NULL, &changed) &&
		run(wall, db, *statements, values, &changed);
	if (ok && !changed && refusal)
		ok = fail(wall, refusal);
	while (ok && *++statements)
		ok = run(wall, db, *statements, values, &changed);
	if (ok)
		ok = run(wall, db, "COMMIT", NULL, &changed);
	sqlite3_close(db); /* rolls back what is not committed */
	return ok;
}

bool wall_join(struct wall *wall, const char *name, const char *invite)
{
	static const char *const statements[] = {
		"INSERT INTO users (name) SELECT ?1 WHERE length(trim(?1)) > 0 AND ("
		"  NOT EXISTS (SELECT 1 FROM users) OR EXISTS ("
		"    SELECT 1 FROM invites WHERE token = ?2 AND expires_at > CURRENT_TIMESTAMP"
		"    AND (SELECT count(*) FROM invite_usage WHERE token = ?2) < max_uses))",
		"INSERT INTO user_roles (user_id, role_id) SELECT users.id, roles.id"
		"  FROM users, roles WHERE users.name = ?1 AND roles.name ="
		"  CASE (SELECT count(*) FROM users) WHEN 1 THEN 'keeper' ELSE 'member' END",
		"INSERT INTO invite_usage (token, user_id) SELECT invites.token, users.id"
		"  FROM users, invites WHERE users.name = ?1 AND invites.token = ?2",
		NULL,
	};
	const char *const values[] = {name, invite};
	return change(wall, statements, values, "this needs a name, and an invite");
}

bool wall_pray(struct wall *wall, const char *author, const char *text)
{
	static const char *const statements[] = {
		"INSERT INTO prayers (author_id, text, category_id) SELECT users.id, ?2, 1"
		"  FROM users WHERE name = ?1 AND length(trim(?2)) > 0",
		NULL,
	};
	const char *const values[] = {author, text};
	return change(
		wall, statements, values, "this needs the name of a user, and a text");
}

bool wall_mark(struct wall *wall, const char *prayer, const char *user)
{
	static const char *const statements[] = {
		"INSERT OR IGNORE INTO marks (prayer_id, user_id) SELECT prayers.id, users.id"
		"  FROM prayers, users WHERE prayers.id = ?1 AND users.name = ?2",
		NULL,
	};
	const char *const values[] = {prayer, user};
	return change(wall, statements, values, NULL);
}

bool wall_invite(struct wall *wall, const char *sender, const char *invite)
{
	static const char *const statements[] = {
		"INSERT INTO invites (token, sent_by, expires_at)"
		"  SELECT ?2, id, datetime('now', '+7 days') FROM users"
		"  WHERE name = ?1 AND length(?2) > 0",
		NULL,
	};
	const char *const values[] = {sender, invite};
	return change(
		wall, statements, values, "this needs the name of a user, and a word");
}

static const char *text_of(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	return text ? text : "";
}

/* The best that the schema gives; where it gives nothing, why not the first one. */
static bool prepare_wall(struct wall *wall, sqlite3 *db, sqlite3_stmt **statement)
{
	static const char *const queries[] = {
		"SELECT id, author, text, category, marks FROM wall"
		" ORDER BY created_at DESC, id DESC LIMIT 100",
		/* What an upgrade that failed leaves of the first release, up to 004. Later
		   than that attributes may hide a prayer: nothing is shown, not too much. */
		"SELECT prayers.id, users.name, text, 'other',"
		"  (SELECT count(*) FROM marks WHERE prayer_id = prayers.id)"
		" FROM prayers JOIN users ON users.id = author_id WHERE NOT flagged"
		"  AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'prayer_attributes')"
		" ORDER BY prayers.created_at DESC, prayers.id DESC LIMIT 100",
	};
	char why[sizeof(wall->message)];
	if (!sqlite3_prepare_v2(db, queries[0], -1, statement, NULL))
		return true;
	snprintf(why, sizeof(why), "%s", sqlite3_errmsg(db));
	return !sqlite3_prepare_v2(db, queries[1], -1, statement, NULL) ||
		fail(wall, why);
}

bool wall_show(struct wall *wall, wall_prayer_fn *show, void *user)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = open_database(wall);
	bool ok = db && prepare_wall(wall, db, &statement);
	while (ok && sqlite3_step(statement) == SQLITE_ROW) {
		const struct wall_prayer prayer = {
			.id = sqlite3_column_int(statement, 0),
			.author = text_of(statement, 1),
			.text = text_of(statement, 2),
			.category = text_of(statement, 3),
			.marks = sqlite3_column_int(statement, 4),
		};
		show(user, &prayer);
	}
	if (sqlite3_finalize(statement))
		ok = fail(wall, sqlite3_errmsg(db));
	sqlite3_close(db);
	return ok;
}
