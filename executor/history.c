#include "executor/history.h"

#include <stdio.h>
#include <string.h>

#include <amplan/version.h>

#include "base/system.h"
#include "base/vec.h"

#define COLUMNS                                                               \
	"number, event, id, checksum, cosmetic, plan, position, applied_at, " \
	"milliseconds, rows_changed, tool, host, breaking, fingerprint, catalog, chain"

enum {
	NUMBER,
	EVENT,
	ID,
	CHECKSUM,
	COSMETIC,
	PLAN,
	POSITION,
	APPLIED_AT,
	MILLISECONDS,
	ROWS,
	TOOL,
	HOST,
	BREAKING,
	FINGERPRINT,
	CATALOG,
	CHAIN,
	NCOLUMNS,
};

static const char create_sql[] =
	"CREATE TABLE " AMP_HISTORY_QUALIFIED " (\n"
	"  number INTEGER PRIMARY KEY,   -- place in the chain, from 0\n"
	"  event TEXT NOT NULL,          -- created, applied, marked, baselined, started,\n"
	"                                -- undoing, resolved, abandoned, rolled-back\n"
	"  id TEXT NOT NULL,             -- of the migration\n"
	"  checksum TEXT NOT NULL,       -- over what ran\n"
	"  cosmetic TEXT NOT NULL,       -- the same without comments and white space\n"
	"  plan TEXT NOT NULL,           -- digest of the plan\n"
	"  position INTEGER NOT NULL,    -- order number in the plan\n"
	"  applied_at TEXT NOT NULL,     -- UTC\n"
	"  milliseconds INTEGER NOT NULL,\n"
	"  rows_changed INTEGER NOT NULL,\n"
	"  tool TEXT NOT NULL,\n"
	"  host TEXT NOT NULL,\n"
	"  breaking INTEGER NOT NULL,\n"
	"  fingerprint TEXT NOT NULL,    -- of the schema after it\n"
	"  catalog TEXT NOT NULL,        -- stamp of the catalog, if applied whole now\n"
	"  chain TEXT NOT NULL           -- over the row before and this one\n"
	")";

static void chain_of(
	const char *before, const struct amp_history_row *row, char out[AMP_DIGEST_SIZE])
{
	const struct amplan_event *event = &row->event;
	struct amp_digest digest;
	amp_digest_init(&digest);
	amp_digest_string(&digest, before);
	amp_digest_number(&digest, event->number);
	amp_digest_string(&digest, event->event);
	amp_digest_string(&digest, event->id);
	amp_digest_string(&digest, event->checksum);
	amp_digest_string(&digest, row->cosmetic);
	amp_digest_string(&digest, event->plan);
	amp_digest_number(&digest, event->order);
	amp_digest_string(&digest, event->applied_at);
	amp_digest_number(&digest, event->milliseconds);
	amp_digest_number(&digest, event->rows);
	amp_digest_string(&digest, event->tool);
	amp_digest_string(&digest, event->host);
	amp_digest_number(&digest, event->breaking);
	amp_digest_string(&digest, event->fingerprint);
	amp_digest_string(&digest, row->catalog);
	amp_digest_end(&digest, out);
}

static int table_exists(struct amp_db *db, bool *exists, struct amplan_error *error);

struct reading {
	struct amp_history *history;
	struct rows AMP_VEC(struct amp_history_row) rows;
};

static const char *keep(struct reading *reading, const struct amp_value *value)
{
	const char *copy = amp_arena_strdup(
		&reading->history->arena, value->text ? value->text : "");
	return copy ? copy : "";
}

/* The chain is over values: one of another type may come to the same, '' to 0. */
static bool is_odd(const struct amp_value *columns)
{
	for (int i = 0; i < NCOLUMNS; i++) {
		bool number = i == NUMBER || i == POSITION || i == MILLISECONDS ||
			i == ROWS || i == BREAKING;
		if (number == (columns[i].text != NULL))
			return true;
	}
	return false;
}

static int take_row(void *user, const struct amp_value *c, int count)
{
	struct reading *reading = user;
	(void)count; /* the query names all of them */
	struct amp_history_row row = {
		.event =
			{
				.number = c[NUMBER].number,
				.event = keep(reading, &c[EVENT]),
				.id = keep(reading, &c[ID]),
				.checksum = keep(reading, &c[CHECKSUM]),
				.plan = keep(reading, &c[PLAN]),
				.order = c[POSITION].number,
				.applied_at = keep(reading, &c[APPLIED_AT]),
				.milliseconds = c[MILLISECONDS].number,
				.rows = c[ROWS].number,
				.tool = keep(reading, &c[TOOL]),
				.host = keep(reading, &c[HOST]),
				.breaking = c[BREAKING].number != 0,
				.fingerprint = keep(reading, &c[FINGERPRINT]),
			},
		.cosmetic = keep(reading, &c[COSMETIC]),
		.catalog = keep(reading, &c[CATALOG]),
		.chain = keep(reading, &c[CHAIN]),
		.odd = is_odd(c),
	};
	if (reading->history->arena.failed || !amp_vec_push(&reading->rows, row))
		return AMPLAN_NOMEM;
	return 0;
}

/* The first row whose number or chain is not what the rows before it demand. */
static size_t check_chain(const struct amp_history *history)
{
	char expected[AMP_DIGEST_SIZE];
	for (size_t i = 0; i < history->count; i++) {
		const struct amp_history_row *row = &history->rows[i];
		if (row->event.number != (int64_t)i || row->odd)
			return i;
		if (i == 0 && strcmp(row->event.event, "created") != 0)
			return i;
		chain_of(i ? history->rows[i - 1].chain : "", row, expected);
		if (strcmp(expected, row->chain) != 0)
			return i;
	}
	return history->count;
}

static size_t find_applied(const struct amp_history *history, const char *id)
{
	/* newest first: a step is settled soon after it was started */
	for (size_t i = history->napplied; i-- > 0;)
		if (!strcmp(history->applied[i].id, id))
			return i;
	return history->napplied;
}

static void forget_applied(struct amp_history *history, size_t at)
{
	size_t behind = history->napplied - at - 1;
	memmove(history->applied + at, history->applied + at + 1,
		behind * sizeof(*history->applied));
	memmove(history->applied_row + at, history->applied_row + at + 1,
		behind * sizeof(*history->applied_row));
	history->napplied--;
}

/* Rows after which the migration counts as applied, or as begun. */
static bool is_adding(const char *event)
{
	return !strcmp(event, "applied") || !strcmp(event, "marked") ||
		!strcmp(event, "baselined") || !strcmp(event, "started") ||
		!strcmp(event, "resolved") || !strcmp(event, "undoing");
}

/* Rows about a migration that an earlier row added. */
static bool is_following(const char *event)
{
	return !strcmp(event, "rolled-back") || !strcmp(event, "abandoned") ||
		!strcmp(event, "resolved") || !strcmp(event, "undoing");
}

static bool is_begun(const char *event)
{
	return !strcmp(event, "started") || !strcmp(event, "undoing");
}

static void add_applied(struct amp_history *history, size_t i)
{
	const struct amp_history_row *row = &history->rows[i];
	history->applied_row[history->napplied] = i;
	history->applied[history->napplied++] = (struct amp_applied){
		.id = row->event.id,
		.checksum = row->event.checksum,
		.cosmetic = row->cosmetic,
		.breaking = row->event.breaking,
		.interrupted = is_begun(row->event.event),
	};
}

/* What the rows come to. Looked for is only what can be there: the list may be long. */
static void replay(struct amp_history *history)
{
	const char *begun = NULL;
	for (size_t i = 0; i < history->count; i++) {
		const struct amplan_event *event = &history->rows[i].event;
		bool settles = begun && !strcmp(begun, event->id);
		if (settles || is_following(event->event)) {
			size_t at = find_applied(history, event->id);
			if (at < history->napplied)
				forget_applied(history, at);
		}
		if (is_begun(event->event))
			begun = event->id;
		else if (settles)
			begun = NULL;
		if (is_adding(event->event))
			add_applied(history, i);
	}
}

static int finish_reading(struct reading *reading, struct amplan_error *error)
{
	struct amp_history *history = reading->history;
	history->count = reading->rows.count;
	history->rows =
		amp_arena_array(&history->arena, history->count, sizeof(*history->rows));
	history->applied = amp_arena_array(
		&history->arena, history->count, sizeof(*history->applied));
	history->applied_row = amp_arena_array(
		&history->arena, history->count, sizeof(*history->applied_row));
	if (history->arena.failed) {
		history->count = 0;
		return amp_error_nomem(error);
	}
	if (history->count) {
		memcpy(history->rows, reading->rows.items,
			history->count * sizeof(*history->rows));
		history->identity = history->rows[0].chain;
		history->head = history->rows[history->count - 1].chain;
		history->next = history->rows[history->count - 1].event.number + 1;
	}
	history->first_broken = check_chain(history);
	replay(history);
	return AMPLAN_OK;
}

/* The first row comes with the table, in one transaction. */
static int explain_emptied(struct amplan_error *error)
{
	amp_error(error, AMPLAN_REFUSED,
		"the table '" AMP_HISTORY_TABLE "' was emptied: what was applied is "
		"not known any more");
	amp_error_hint(error,
		"restore it from a backup, or drop it and use 'amplan baseline' to "
		"begin a new history");
	return AMPLAN_REFUSED;
}

/* A table of that name that does not have our columns was made or edited by others. */
static int explain_foreign(struct amplan_error *error)
{
	amp_error(error, AMPLAN_REFUSED,
		"the table '" AMP_HISTORY_TABLE "' was edited: %s",
		error ? error->message : "");
	amp_error_hint(error,
		"restore it from a backup, or move it away and use 'amplan "
		"baseline' to begin a new history");
	return AMPLAN_REFUSED;
}

int amp_history_read(
	struct amp_history *history, struct amp_db *db, struct amplan_error *error)
{
	struct reading reading = {.history = history};
	struct amplan_error inner = {0};
	*history = (struct amp_history){.identity = "", .head = ""};
	int code = table_exists(db, &history->exists, error);
	if (code || !history->exists)
		return code;
	code = db->engine->read(db,
		"SELECT " COLUMNS " FROM " AMP_HISTORY_QUALIFIED " ORDER BY number", NULL,
		0, take_row, &reading, &inner);
	if (!code) {
		code = finish_reading(&reading, error);
		if (!code && !history->count)
			code = explain_emptied(error);
	} else if (code == AMPLAN_NOMEM) {
		amp_error_nomem(error);
	} else if ((inner.system & 0xff) == 1) {
		/* SQLITE_ERROR: a column is missing */
		if (error)
			*error = inner;
		code = explain_foreign(error);
	} else if (error) {
		*error = inner;
	}
	amp_vec_deinit(&reading.rows);
	return code;
}

void amp_history_deinit(struct amp_history *history)
{
	amp_arena_deinit(&history->arena);
	*history = (struct amp_history){.identity = "", .head = ""};
}

/* What of the schema has to do with our table. */
struct standing {
	bool exists;
	char type[16], name[128]; /* of the first that should not be; "" none */
};

static int take_object(void *user, const struct amp_value *columns, int count)
{
	struct standing *standing = user;
	(void)count; /* the query names three */
	const char *type = columns[0].text ? columns[0].text : "";
	bool ours = !strcmp(type, "table");
	standing->exists = standing->exists || ours;
	if (!ours && !*standing->type) {
		snprintf(standing->type, sizeof(standing->type), "%s", type);
		snprintf(standing->name, sizeof(standing->name), "%s",
			columns[1].text ? columns[1].text : "");
	}
	return 0;
}

/* A trigger may swallow a row, or change it; an index may refuse it. */
static int explain_standing(const struct standing *standing, struct amplan_error *error)
{
	if (!strcmp(standing->type, "trigger") || !strcmp(standing->type, "index")) {
		amp_error(error, AMPLAN_REFUSED,
			"the %s '%s' acts on '" AMP_HISTORY_TABLE
			"', which only amplan may write",
			standing->type, standing->name);
		amp_error_hint(error,
			"drop it; then see with 'amplan verify' whether the history "
			"holds");
	} else {
		amp_error(error, AMPLAN_REFUSED,
			"'%s' is a %s, not the table in which amplan keeps its history",
			standing->name, standing->type);
		amp_error_hint(error,
			"give it another name, or move what it holds away and use "
			"'amplan baseline' to begin a new history");
	}
	return AMPLAN_REFUSED;
}

static int table_exists(struct amp_db *db, bool *exists, struct amplan_error *error)
{
	struct standing standing = {0};
	int code = db->engine->read(db,
		"SELECT CASE WHEN sql LIKE 'CREATE VIRTUAL%' THEN 'virtual table' "
		"ELSE type END, name, tbl_name FROM (SELECT * FROM main.sqlite_schema "
		"UNION ALL SELECT * FROM temp.sqlite_schema) "
		"WHERE name = '" AMP_HISTORY_TABLE "' COLLATE NOCASE "
		"OR tbl_name = '" AMP_HISTORY_TABLE "' COLLATE NOCASE",
		NULL, 0, take_object, &standing, error);
	*exists = standing.exists;
	return code || !*standing.type ? code : explain_standing(&standing, error);
}

static void put(char out[AMP_DIGEST_SIZE], const struct amp_value *value)
{
	snprintf(out, AMP_DIGEST_SIZE, "%s", value->text ? value->text : "");
}

static int take_stamp(void *user, const struct amp_value *columns, int count)
{
	(void)count; /* the query names one */
	put(user, &columns[0]);
	return 0;
}

int amp_history_stamp(
	struct amp_db *db, char out[AMP_DIGEST_SIZE], struct amplan_error *error)
{
	bool exists;
	out[0] = '\0';
	int code = table_exists(db, &exists, error);
	if (code || !exists)
		return code;
	return db->engine->read(db,
		"SELECT catalog FROM " AMP_HISTORY_QUALIFIED
		" ORDER BY number DESC LIMIT 1",
		NULL, 0, take_stamp, out, error);
}

static int take_head(void *user, const struct amp_value *columns, int count)
{
	struct amp_history_head *head = user;
	(void)count; /* the query names two */
	if (columns[0].number == 0)
		put(head->identity, &columns[1]);
	put(head->head, &columns[1]);
	head->next = columns[0].number + 1;
	return 0;
}

int amp_history_head(
	struct amp_db *db, struct amp_history_head *head, struct amplan_error *error)
{
	*head = (struct amp_history_head){0};
	int code = table_exists(db, &head->exists, error);
	if (code || !head->exists)
		return code;
	return db->engine->read(db,
		"SELECT number, chain FROM " AMP_HISTORY_QUALIFIED
		" WHERE number = 0 UNION "
		"SELECT * FROM (SELECT number, chain FROM " AMP_HISTORY_QUALIFIED
		" ORDER BY number DESC LIMIT 1) ORDER BY 1",
		NULL, 0, take_head, head, error);
}

int amp_history_create(
	struct amp_db *db, struct amp_history_head *head, struct amplan_error *error)
{
	char identity[33];
	if (head->exists)
		return AMPLAN_OK;
	if (amp_random_hex(identity))
		return amp_error(
			error, AMPLAN_INTERNAL, "the system has no random bytes");
	int code = db->engine->write(db, create_sql, NULL, 0, error);
	if (code)
		return code;
	*head = (struct amp_history_head){.exists = true};
	/* the random identity stands in `plan`, so that the chain covers it */
	struct amp_history_row row = {
		.event = {.event = "created", .plan = identity},
	};
	code = amp_history_append(db, head, &row, error);
	snprintf(head->identity, sizeof(head->identity), "%s", head->head);
	return code;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

int amp_history_append(struct amp_db *db, struct amp_history_head *head,
	struct amp_history_row *row, struct amplan_error *error)
{
	char at[AMP_TIME_SIZE], host[AMP_HOST_SIZE], chain[AMP_DIGEST_SIZE];
	struct amplan_event *event = &row->event;
	amp_now_utc(at);
	amp_host_name(host);
	event->number = head->next;
	event->applied_at = at;
	event->host = host;
	event->tool = "amplan " AMPLAN_VERSION;
	chain_of(head->head, row, chain);
	const struct amp_value values[NCOLUMNS] = {
		[NUMBER] = {.number = event->number},
		[EVENT] = {.text = event->event},
		[ID] = {.text = or_empty(event->id)},
		[CHECKSUM] = {.text = or_empty(event->checksum)},
		[COSMETIC] = {.text = or_empty(row->cosmetic)},
		[PLAN] = {.text = or_empty(event->plan)},
		[POSITION] = {.number = event->order},
		[APPLIED_AT] = {.text = at},
		[MILLISECONDS] = {.number = event->milliseconds},
		[ROWS] = {.number = event->rows},
		[TOOL] = {.text = event->tool},
		[HOST] = {.text = host},
		[BREAKING] = {.number = event->breaking},
		[FINGERPRINT] = {.text = or_empty(event->fingerprint)},
		[CATALOG] = {.text = or_empty(row->catalog)},
		[CHAIN] = {.text = chain},
	};
	int code = db->engine->write(db,
		"INSERT INTO " AMP_HISTORY_QUALIFIED " (" COLUMNS
		") VALUES (?1, ?2, ?3, ?4, ?5, "
		"?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
		values, NCOLUMNS, error);
	/* these two are gone when this returns */
	event->applied_at = event->host = NULL;
	if (code)
		return code;
	memcpy(head->head, chain, sizeof(chain));
	head->next++;
	return AMPLAN_OK;
}
