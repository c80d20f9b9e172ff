/*
 * executor/history: the chain, and what the rows come to.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/history.h"
#include "tests/support/cmocka.h"

struct fixture {
	sqlite3 *handle;
	struct amp_hooks hooks;
	struct amp_db *db;
	struct amp_history_head head;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	assert_int_equal(sqlite3_open(":memory:", &f->handle), SQLITE_OK);
	struct amp_target target = {.handle = f->handle};
	assert_int_equal(amp_sqlite.open(&target, AMP_WRITE, &f->hooks, &f->db, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	amp_sqlite.close(f->db);
	sqlite3_close(f->handle);
	free(f);
	return 0;
}

static void add(struct fixture *f, const char *event, const char *id)
{
	struct amp_history_row row = {.event = {.event = event, .id = id}};
	assert_int_equal(amp_history_append(f->db, &f->head, &row, NULL), 0);
}

static void begin(struct fixture *f)
{
	assert_int_equal(amp_history_create(f->db, &f->head, NULL), 0);
}

static void test_history__is_empty_without_a_table(void **state)
{
	struct fixture *f = *state;
	struct amp_history history;
	assert_int_equal(amp_history_read(&history, f->db, NULL), 0);
	assert_false(history.exists);
	assert_int_equal(history.napplied, 0);
	assert_string_equal(history.head, "");
	amp_history_deinit(&history);
}

static void test_history__replays_to_what_is_applied_now(void **state)
{
	struct fixture *f = *state;
	struct amp_history history;
	begin(f);
	add(f, "applied", "a");
	add(f, "applied", "b");
	add(f, "started", "c");
	add(f, "applied", "c");
	add(f, "rolled-back", "b");
	add(f, "started", "d");
	add(f, "abandoned", "d");
	add(f, "applied", "b");
	add(f, "started", "e");
	assert_int_equal(amp_history_read(&history, f->db, NULL), 0);
	assert_int_equal(history.first_broken, history.count);
	assert_int_equal(history.napplied, 4);
	assert_string_equal(history.applied[0].id, "a");
	assert_string_equal(history.applied[1].id, "c");
	assert_false(history.applied[1].interrupted);
	assert_string_equal(history.applied[2].id, "b");
	assert_string_equal(history.applied[3].id, "e");
	assert_true(history.applied[3].interrupted);
	assert_string_equal(history.head, f->head.head);
	assert_string_equal(history.identity, f->head.identity);
	amp_history_deinit(&history);
}

static void test_history__replays_what_was_undone_and_resolved(void **state)
{
	struct fixture *f = *state;
	struct amp_history history;
	begin(f);
	add(f, "applied", "a");
	add(f, "started", "b");
	/* another one meanwhile, and one that nobody knows */
	add(f, "started", "c");
	add(f, "resolved", "b");
	add(f, "started", "d");
	add(f, "abandoned", "c");
	add(f, "applied", "d");
	add(f, "rolled-back", "x");
	add(f, "undoing", "a");
	assert_int_equal(amp_history_read(&history, f->db, NULL), 0);
	assert_int_equal(history.first_broken, history.count);
	assert_int_equal(history.napplied, 3);
	assert_string_equal(history.applied[0].id, "b");
	assert_false(history.applied[0].interrupted);
	assert_string_equal(history.applied[1].id, "d");
	assert_false(history.applied[1].interrupted);
	assert_string_equal(history.applied[2].id, "a");
	assert_true(history.applied[2].interrupted);
	amp_history_deinit(&history);
	add(f, "rolled-back", "a");
	assert_int_equal(amp_history_read(&history, f->db, NULL), 0);
	assert_int_equal(history.napplied, 2);
	amp_history_deinit(&history);
}

static void expect_broken_at(struct fixture *f, const char *sql, size_t row)
{
	struct amp_history history;
	assert_int_equal(sqlite3_exec(f->handle, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(amp_history_read(&history, f->db, NULL), 0);
	assert_int_equal(history.first_broken, row);
	amp_history_deinit(&history);
}

static void test_chain__every_column_is_under_it(void **state)
{
	static const char *const columns[] = {"event", "id", "checksum", "cosmetic",
		"plan", "applied_at", "tool", "host", "fingerprint", "catalog", "chain"};
	static const char *const numbers[] = {
		"position", "milliseconds", "rows_changed", "breaking"};
	struct fixture *f = *state;
	char sql[200];
	begin(f);
	add(f, "applied", "a");
	add(f, "applied", "b");
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		sqlite3_exec(f->handle, "SAVEPOINT t", NULL, NULL, NULL);
		snprintf(sql, sizeof(sql),
			"UPDATE amplan_history SET %s = %s || 'x' WHERE number = 1",
			columns[i], columns[i]);
		expect_broken_at(f, sql, 1);
		sqlite3_exec(f->handle, "ROLLBACK TO t; RELEASE t", NULL, NULL, NULL);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		sqlite3_exec(f->handle, "SAVEPOINT t", NULL, NULL, NULL);
		snprintf(sql, sizeof(sql),
			"UPDATE amplan_history SET %s = %s + 1 WHERE number = 1",
			numbers[i], numbers[i]);
		expect_broken_at(f, sql, 1);
		sqlite3_exec(f->handle, "ROLLBACK TO t; RELEASE t", NULL, NULL, NULL);
	}
	expect_broken_at(f, "SELECT 1", 3);
}

static void test_chain__a_row_taken_out_is_seen(void **state)
{
	struct fixture *f = *state;
	begin(f);
	add(f, "applied", "a");
	add(f, "applied", "b");
	expect_broken_at(f, "DELETE FROM amplan_history WHERE number = 1", 1);
}

/* '' and 0 give one chain: the types have to be what they were. */
static void test_chain__a_value_of_another_type_is_seen(void **state)
{
	static const char *const changes[] = {"milliseconds = ''", "rows_changed = 'x'",
		"position = 1.5", "plan = NULL"};
	struct fixture *f = *state;
	char sql[200];
	begin(f);
	add(f, "applied", "a");
	add(f, "applied", "b");
	/* the values are those that were written, but nothing forbids others */
	assert_int_equal(sqlite3_exec(f->handle,
				 "CREATE TABLE other AS SELECT * FROM amplan_history;"
				 "DROP TABLE amplan_history;"
				 "ALTER TABLE other RENAME TO amplan_history",
				 NULL, NULL, NULL),
		SQLITE_OK);
	expect_broken_at(f, "SELECT 1", 3);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		sqlite3_exec(f->handle, "SAVEPOINT t", NULL, NULL, NULL);
		snprintf(sql, sizeof(sql),
			"UPDATE amplan_history SET %s WHERE number = 1", changes[i]);
		expect_broken_at(f, sql, 1);
		sqlite3_exec(f->handle, "ROLLBACK TO t; RELEASE t", NULL, NULL, NULL);
	}
}

static void test_history__of_other_columns_is_refused(void **state)
{
	struct fixture *f = *state;
	struct amp_history history;
	struct amplan_error error;
	sqlite3_exec(
		f->handle, "CREATE TABLE amplan_history (id TEXT)", NULL, NULL, NULL);
	assert_int_equal(amp_history_read(&history, f->db, &error), AMPLAN_REFUSED);
	assert_non_null(strstr(error.message, "the table 'amplan_history' was edited"));
	amp_history_deinit(&history);
}

/* What stands in the way of the table, by the message; whoever asks for none gets the code. */
static void expect_refused(struct fixture *f, const char *sql, const char *message)
{
	struct amp_history history;
	struct amplan_error error;
	sqlite3_exec(f->handle, "SAVEPOINT t", NULL, NULL, NULL);
	assert_int_equal(sqlite3_exec(f->handle, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(amp_history_read(&history, f->db, &error), AMPLAN_REFUSED);
	assert_string_equal(error.message, message);
	amp_history_deinit(&history);
	assert_int_equal(amp_history_read(&history, f->db, NULL), AMPLAN_REFUSED);
	amp_history_deinit(&history);
	sqlite3_exec(f->handle, "ROLLBACK TO t; RELEASE t", NULL, NULL, NULL);
}

static void test_history__that_others_act_on_is_refused(void **state)
{
	struct fixture *f = *state;
	expect_refused(f, "CREATE TABLE amplan_history (id TEXT)",
		"the table 'amplan_history' was edited: cannot use 'database': "
		"no such column: number");
	begin(f);
	expect_refused(f, "DELETE FROM amplan_history",
		"the table 'amplan_history' was emptied: what was applied is not known any "
		"more");
	expect_refused(f,
		"CREATE INDEX first ON amplan_history (id);"
		"CREATE TRIGGER second AFTER INSERT ON amplan_history BEGIN SELECT 1; END",
		"the index 'first' acts on 'amplan_history', which only amplan may write");
	expect_refused(f,
		"CREATE TRIGGER first AFTER INSERT ON amplan_history BEGIN SELECT 1; END;"
		"CREATE INDEX second ON amplan_history (id)",
		"the trigger 'first' acts on 'amplan_history', which only amplan may write");
}

/* A value that is no text counts as none, where it is only compared. */
static void test_history__head_and_stamp_of_other_types(void **state)
{
	struct fixture *f = *state;
	char stamp[AMP_DIGEST_SIZE] = "x";
	struct amp_history_head head;
	begin(f);
	add(f, "applied", "a");
	/* without the affinity that would make a text of it */
	assert_int_equal(sqlite3_exec(f->handle,
				 "CREATE TABLE other AS SELECT * FROM amplan_history;"
				 "DROP TABLE amplan_history;"
				 "CREATE TABLE amplan_history (number, chain, catalog);"
				 "INSERT INTO amplan_history SELECT number, chain, 7 "
				 "FROM other",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(amp_history_stamp(f->db, stamp, NULL), 0);
	assert_string_equal(stamp, "");
	assert_int_equal(amp_history_head(f->db, &head, NULL), 0);
	assert_string_equal(head.head, f->head.head);
	assert_string_equal(head.identity, f->head.identity);
	assert_int_equal(head.next, 2);
}

static int reads;

/* The second read of a call fails, for the machine's sake. */
static int read_once(struct amp_db *db, const char *sql, const struct amp_value *values,
	int count, amp_row_fn *row, void *user, struct amplan_error *error)
{
	if (!reads++)
		return amp_sqlite.read(db, sql, values, count, row, user, error);
	if (error)
		error->system = SQLITE_IOERR;
	return amp_error(error, AMPLAN_DATABASE, "the disk is gone");
}

static void test_history__that_the_disk_does_not_give_is_not_edited(void **state)
{
	struct fixture *f = *state;
	struct amp_engine engine = amp_sqlite;
	struct amp_history history;
	struct amplan_error error;
	begin(f);
	engine.read = read_once;
	f->db->engine = &engine;
	reads = 0;
	int code = amp_history_read(&history, f->db, &error);
	amp_history_deinit(&history);
	reads = 0;
	int silent = amp_history_read(&history, f->db, NULL);
	amp_history_deinit(&history);
	f->db->engine = &amp_sqlite;
	assert_int_equal(code, AMPLAN_DATABASE);
	assert_string_equal(error.message, "the disk is gone");
	assert_int_equal(silent, AMPLAN_DATABASE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_history__is_empty_without_a_table, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_history__replays_to_what_is_applied_now, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_chain__every_column_is_under_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_chain__a_row_taken_out_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_history__of_other_columns_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_history__replays_what_was_undone_and_resolved, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			test_chain__a_value_of_another_type_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_history__that_others_act_on_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_history__head_and_stamp_of_other_types, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_history__that_the_disk_does_not_give_is_not_edited, setup,
			teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
