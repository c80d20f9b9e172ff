/*
 * SQLite engine: walking the statements of a step, and asking verify queries.
 *
 * Statements are never split by hand: SQLite prepares one and says where it ended. Each
 * runs before the next is prepared. After each it is checked that the transaction is
 * still open: ON CONFLICT ROLLBACK, RAISE(ROLLBACK), a full disk may have ended it, and
 * the next statement would then run, and commit, alone.
 */
#include "executor/sqlite.h"

#include <stdio.h>
#include <string.h>

#include "base/system.h"

/* A statement as prepared: where it starts in the text and how long it is. */
struct statement {
	sqlite3_stmt *prepared;
	size_t start, length;
	unsigned number;
};

/* Offset of the first byte that is neither white space nor comment. */
static size_t skip_blank(const char *text, size_t at)
{
	for (;;) {
		at += strspn(text + at, " \t\r\n\f;");
		if (!strncmp(text + at, "--", 2)) {
			at += strcspn(text + at, "\n");
		} else if (!strncmp(text + at, "/*", 2)) {
			const char *end = strstr(text + at + 2, "*/");
			if (!end)
				return at;
			at = (size_t)(end - text) + 2;
		} else {
			return at;
		}
	}
}

static size_t word_length(const char *text)
{
	size_t n = strcspn(text, " \t\r\n\f;(),");
	return n ? n : 1;
}

struct amplan_finding *sqlite_add_finding(const struct amp_sql *sql,
	struct amp_run_as *as, const char *kind, size_t offset, const char *message)
{
	struct amplan_finding *finding =
		amp_finding_add(as->findings, AMPLAN_ERROR, kind, "%s", message);
	finding->place = amp_sql_place(
		sql, offset, offset < sql->length ? word_length(sql->text + offset) : 0);
	amp_finding_id(as->findings, finding, as->migration->id);
	return finding;
}

static int report_denied(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, const struct statement *statement,
	struct amplan_error *error)
{
	const struct guard *guard = &db->guard;
	struct amplan_finding *finding = sqlite_add_finding(
		sql, as, guard->kind, statement->start, guard->message);
	amp_finding_hint(as->findings, finding, "%s", guard->hint);
	if (!strcmp(guard->kind, "invalid-sql"))
		return amp_error(error, AMPLAN_FAILED, "'%s': %s", as->migration->id,
			guard->message);
	return amp_error(
		error, AMPLAN_REFUSED, "'%s': %s", as->migration->id, guard->message);
}

/* A statement of a proof that ran too long, or filled the shadow. */
static int report_endless(const struct amp_sql *sql, struct amp_run_as *as,
	const struct statement *statement, const char *what, const char *hint,
	struct amplan_error *error)
{
	char message[160];
	snprintf(message, sizeof(message), "statement %u %s", statement->number, what);
	struct amplan_finding *finding = sqlite_add_finding(
		sql, as, "endless-statement", statement->start, message);
	amp_finding_hint(as->findings, finding, "%s", hint);
	return amp_error(error, AMPLAN_FAILED, "'%s': %s", as->migration->id, message);
}

static int report_failure(struct sqlite_db *db, int rc, const struct amp_sql *sql,
	struct amp_run_as *as, const struct statement *statement, bool ended,
	struct amplan_error *error)
{
	if (db->guard.kind)
		return report_denied(db, sql, as, statement, error);
	if (db->out_of_time && !db->cancelled)
		return report_endless(sql, as, statement,
			"runs longer than the time that a statement is given",
			"look for a recursive query without an end, or a join without a "
			"condition; --statement-timeout SECONDS gives it more",
			error);
	if (db->bound && (db->out_of_room || (rc & 0xff) == SQLITE_FULL))
		return report_endless(sql, as, statement, "fills the shadow",
			"a shadow for proofs holds 128 MiB, and it began empty; look for a "
			"query that makes rows without an end",
			error);
	if (sqlite_is_trouble(rc) || db->cancelled)
		return sqlite_error(db, rc, "migrate", error);
	as->needs_rows = (rc & 0xff) == SQLITE_CONSTRAINT;
	const char *cause = sqlite3_errmsg(db->handle);
	int at = sqlite3_error_offset(db->handle);
	size_t offset = at >= 0 ? statement->start + (size_t)at : statement->start;
	char message[700];
	snprintf(message, sizeof(message), "statement %u fails: %s", statement->number,
		cause);
	struct amplan_finding *finding =
		sqlite_add_finding(sql, as, "invalid-sql", offset, message);
	if (ended)
		amp_finding_hint(as->findings, finding,
			"it also ended the transaction and undid all steps: ON CONFLICT "
			"ROLLBACK and RAISE(ROLLBACK) do that; use ABORT or FAIL");
	else
		sqlite_hint(db, as, finding, cause);
	return amp_error(error, AMPLAN_FAILED, "'%s' failed in statement %u: %s",
		as->migration->id, statement->number, cause);
}

static int report_rolled_back(const struct amp_sql *sql, struct amp_run_as *as,
	const struct statement *statement, struct amplan_error *error)
{
	char message[160];
	snprintf(message, sizeof(message),
		"statement %u ended the transaction of the step", statement->number);
	struct amplan_finding *finding = sqlite_add_finding(
		sql, as, "transaction-control", statement->start, message);
	amp_finding_hint(as->findings, finding,
		"ON CONFLICT ROLLBACK and RAISE(ROLLBACK) undo all steps; use ABORT or FAIL");
	return amp_error(error, AMPLAN_FAILED, "'%s': %s", as->migration->id, message);
}

/* While it is recorded what a statement touches, a column that does not exist must not pass
   for a string: "name" is tried without that habit of SQLite's first. */
static int prepare_text(
	struct sqlite_db *db, const char *text, sqlite3_stmt **prepared, const char **end)
{
	if (!db->guard.recorder)
		return sqlite3_prepare_v2(db->handle, text, -1, prepared, end);
	sqlite_string_literals(db, false);
	int rc = sqlite3_prepare_v2(db->handle, text, -1, prepared, end);
	int offset = sqlite3_error_offset(db->handle);
	sqlite_string_literals(db, true);
	if (rc != SQLITE_ERROR || db->guard.kind)
		return rc;
	rc = sqlite3_prepare_v2(db->handle, text, -1, prepared, end);
	db->guard.now.literal = rc == SQLITE_OK;
	if (rc == SQLITE_OK)
		db->guard.now.literal_offset =
			db->guard.now.offset + (offset > 0 ? (size_t)offset : 0);
	return rc;
}

/* Prepares the next statement; *tail moves behind it. prepared NULL: only blanks left. */
static int prepare(struct sqlite_db *db, const struct amp_sql *sql, size_t *tail,
	struct statement *statement)
{
	statement->start = skip_blank(sql->text, *tail);
	statement->prepared = NULL;
	if (statement->start >= sql->length)
		return SQLITE_OK;
	statement->number++;
	const char *end = NULL;
	db->guard.stepping = false;
	db->guard.dropping[0] = '\0';
	db->guard.whole = false;
	/* that of the statement before, which may be one of another migration */
	db->out_of_time = db->out_of_room = false;
	sqlite_keep_next(db);
	if (db->guard.recorder)
		sqlite_record_begin(&db->guard, statement->start);
	int rc = prepare_text(
		db, sql->text + statement->start, &statement->prepared, &end);
	/* a refused BEGIN or PRAGMA is read to its end before the guard is asked */
	bool readable = rc == SQLITE_OK || (rc == SQLITE_AUTH && db->guard.whole);
	if (readable && end)
		*tail = (size_t)(end - sql->text);
	statement->length = end ? (size_t)(end - sql->text) - statement->start : 0;
	if (rc == SQLITE_OK)
		sqlite_keep_probe(db, sql->text + statement->start, statement->length);
	return rc;
}

/* In a rehearsal: tell of a statement that is refused whole, and go on behind it as if it
   were taken out, so that one run tells of all of them. */
static bool pass_over(struct sqlite_db *db, int rc, const struct amp_sql *sql,
	struct amp_run_as *as, const struct statement *statement, size_t tail)
{
	if (!as->pass_over || rc != SQLITE_AUTH || !db->guard.kind || !db->guard.whole ||
		tail <= statement->start)
		return false;
	report_denied(db, sql, as, statement, NULL);
	if (!as->refusal)
		as->refusal = amp_arena_strdup(as->arena, db->guard.message);
	db->guard.kind = NULL;
	return true;
}

/* What a statement is given begins now: time, and of a bounded shadow room. */
static void begin_limits(struct sqlite_db *db, const struct amp_run_as *as)
{
	int64_t limit = as->statement_timeout_ms;
	db->statement_deadline = limit ? amp_now_ms() + limit : 0;
	db->memory_then = sqlite3_memory_used();
	db->guard.stepping = true;
}

static void end_limits(struct sqlite_db *db)
{
	db->statement_deadline = 0;
	db->guard.stepping = false;
}

static int step_through(
	struct sqlite_db *db, sqlite3_stmt *prepared, const struct amp_run_as *as)
{
	int rc;
	begin_limits(db, as);
	do
		rc = sqlite3_step(prepared);
	while (rc == SQLITE_ROW);
	end_limits(db);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A question that the machine failed may have ended the transaction: the next statement
   would run, and commit, alone. */
static int still_open(struct sqlite_db *db, bool inside, struct amplan_error *error)
{
	int code = sqlite_trouble(db, error);
	if (code || !inside || !sqlite3_get_autocommit(db->handle))
		return code;
	return amp_error(error, AMPLAN_DATABASE,
		"the transaction on '%s' ended between two statements",
		db->path ? db->path : "the shadow");
}

static int run_statements(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, struct amp_run *run, struct amplan_error *error)
{
	struct statement statement = {0};
	bool inside = !sqlite3_get_autocommit(db->handle);
	for (size_t tail = 0;;) {
		int rc = prepare(db, sql, &tail, &statement);
		if (rc == SQLITE_OK && !statement.prepared)
			return AMPLAN_OK;
		if (pass_over(db, rc, sql, as, &statement, tail))
			continue;
		int code = rc ? AMPLAN_OK
			      : sqlite_check_drop(db, sql, as, statement.start, error);
		if (!rc && !code)
			code = sqlite_keep_before(
				db, sql, as, statement.start, statement.length, error);
		if (!rc && !code)
			code = still_open(db, inside, error);
		if (code) {
			sqlite3_finalize(statement.prepared);
			return code;
		}
		if (rc == SQLITE_OK)
			rc = step_through(db, statement.prepared, as);
		/* outside a transaction it has taken effect, whatever is found of it below */
		run->statements += rc == SQLITE_OK;
		if (rc == SQLITE_OK && db->guard.recorder)
			sqlite_record_end(
				db, sql->text + statement.start, statement.length);
		run->ended_transaction = inside && sqlite3_get_autocommit(db->handle);
		if (rc)
			code = report_failure(db, rc, sql, as, &statement,
				run->ended_transaction, error);
		else if (run->ended_transaction)
			code = report_rolled_back(sql, as, &statement, error);
		else
			code = sqlite_keep_after(
				db, sql, as, statement.start, statement.length, error);
		sqlite3_finalize(statement.prepared);
		if (code)
			return code;
	}
}

/* A transaction="none" step may open transactions, but must close them. One that failed
   within its own is undone as far as that goes, so that the connection can be used. */
static int close_transaction(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, int code, struct amplan_error *error)
{
	if (as->transactional || sqlite3_get_autocommit(db->handle))
		return code;
	sqlite_roll_back(&db->base);
	if (code)
		return code;
	struct amplan_finding *finding = sqlite_add_finding(sql, as,
		"transaction-control", skip_blank(sql->text, 0),
		"the step ends inside an open transaction");
	amp_finding_hint(as->findings, finding, "add the COMMIT that is missing");
	return amp_error(error, AMPLAN_FAILED, "'%s' ends inside an open transaction",
		as->migration->id);
}

/* What our own connection has committed so far. The version moves with commits of others
   too, the writes also with what is rolled back; only a commit of ours moves both. */
struct commits {
	unsigned version;
	int writes;
};

static struct commits count_commits(struct sqlite_db *db)
{
	struct commits now = {0};
	int most;
	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_DATA_VERSION, &now.version);
	sqlite3_db_status(db->handle, SQLITE_DBSTATUS_CACHE_WRITE, &now.writes, &most, 0);
	return now;
}

static bool has_committed(struct sqlite_db *db, const struct commits *then)
{
	struct commits now = count_commits(db);
	return now.version != then->version && now.writes != then->writes;
}

int sqlite_run(struct amp_db *base, const struct amp_sql *sql, struct amp_run_as *as,
	struct amp_run *run, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	struct pragmas pragmas;
	char journal[16];
	*run = (struct amp_run){0};
	sqlite_pragmas_read(db, &pragmas);
	bool alone = !as->transactional && sqlite_journal_read(db->handle, journal);
	db->progress = as->progress;
	db->progress.milliseconds = db->last_told = amp_now_ms();
	db->changes_at_start = sqlite3_total_changes64(db->handle);
	sqlite_wait_begins(db);
	db->last_told = amp_now_ms();
	sqlite_guard_begin(db, as->transactional ? GUARD_STEP : GUARD_ALONE, as->arena);
	db->guard.recorder = as->recorder;
	int64_t temp_before = sqlite_temp_objects(db), temp_last = sqlite_temp_last(db);
	if (temp_before && db->lent.lent)
		sqlite_temp_hide(db, temp_before);
	int code = sqlite_trouble(db, error);
	const struct commits then = count_commits(db);
	if (!code)
		code = sqlite_keep_begin(db, as->arena, error);
	if (!code)
		code = run_statements(db, sql, as, run, error);
	run->committed = !as->transactional && has_committed(db, &then);
	sqlite_guard_end(db);
	if (!code)
		code = sqlite_keep_check(db, sql, as, error);
	sqlite_keep_end(db);
	if (!code)
		code = sqlite_check_left(db, sql, as, temp_before, error);
	db->progress.number = 0;
	code = close_transaction(db, sql, as, code, error);
	run->rows = sqlite3_total_changes64(db->handle) - db->changes_at_start;
	run->touched = db->guard.touched;
	run->ntouched = db->guard.ntouched;
	if (db->guard.rewrites || !as->transactional || code)
		sqlite_cache_forget(db);
	/* where a transaction is open, its rollback does it */
	if (code && sqlite3_get_autocommit(db->handle))
		sqlite_temp_drop(db, temp_last);
	sqlite_pragmas_write(db, &pragmas);
	if (alone)
		sqlite_journal_write(db->handle, journal);
	/* what was found for want of an answer does not count */
	int trouble = sqlite_trouble(db, error);
	return trouble ? trouble : code;
}

static int ask_statement(struct statement *statement, enum amp_answer *answer)
{
	int rc = sqlite3_step(statement->prepared);
	if (rc == SQLITE_DONE) {
		*answer = AMP_NO_ROW;
		return SQLITE_OK;
	}
	if (rc != SQLITE_ROW)
		return rc;
	*answer = sqlite3_column_int64(statement->prepared, 0) ||
			sqlite3_column_double(statement->prepared, 0) != 0.0
		? AMP_TRUE
		: AMP_FALSE;
	rc = sqlite3_step(statement->prepared);
	if (rc == SQLITE_ROW)
		*answer = AMP_SEVERAL_ROWS;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int refuse_query(const struct amp_sql *sql, struct amp_run_as *as, size_t offset,
	const char *message, struct amplan_error *error)
{
	struct amplan_finding *finding =
		sqlite_add_finding(sql, as, "invalid-sql", offset, message);
	amp_finding_hint(as->findings, finding,
		"write one SELECT that gives one row whose first column is true or false");
	return amp_error(error, AMPLAN_FAILED, "'%s': %s", as->migration->id, message);
}

static int ask_one(struct sqlite_db *db, const struct amp_sql *sql, struct amp_run_as *as,
	enum amp_answer *answer, struct amplan_error *error)
{
	struct statement statement = {0};
	size_t tail = 0;
	int code = AMPLAN_OK;
	int rc = prepare(db, sql, &tail, &statement);
	if (rc == SQLITE_OK && !statement.prepared)
		return refuse_query(sql, as, 0, "the query is empty", error);
	if (rc == SQLITE_OK &&
		(sqlite3_column_count(statement.prepared) == 0 ||
			!sqlite3_stmt_readonly(statement.prepared)))
		code = refuse_query(sql, as, statement.start,
			"a query must read and give a row", error);
	else if (rc == SQLITE_OK && skip_blank(sql->text, tail) < sql->length)
		code = refuse_query(sql, as, skip_blank(sql->text, tail),
			"a query must be one statement", error);
	else if (rc == SQLITE_OK) {
		/* a verify that never ends must not keep a check for ever */
		begin_limits(db, as);
		rc = ask_statement(&statement, answer);
		end_limits(db);
	}
	if (rc)
		code = report_failure(db, rc, sql, as, &statement, false, error);
	sqlite3_finalize(statement.prepared);
	return code;
}

int sqlite_ask(struct amp_db *base, const struct amp_sql *sql, struct amp_run_as *as,
	enum amp_answer *answer, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	*answer = AMP_NO_ANSWER;
	sqlite_wait_begins(db);
	sqlite_guard_begin(db, GUARD_QUERY, as->arena);
	db->guard.recorder = as->recorder;
	int code = ask_one(db, sql, as, answer, error);
	sqlite_guard_end(db);
	int trouble = sqlite_trouble(db, error);
	return trouble ? trouble : code;
}
