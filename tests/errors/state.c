#include "tests/errors/state.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/str.h"
#include "tests/errors/faults.h"

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static struct state *reading; /* nftw hands nothing through */

static char *read_bytes(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	must(file != NULL, path);
	struct stat status;
	must(!fstat(fileno(file), &status), path);
	*length = (size_t)status.st_size;
	char *bytes = malloc(*length + 1);
	must(bytes && fread(bytes, 1, *length, file) == *length, path);
	bytes[*length] = '\0';
	fclose(file);
	return bytes;
}

static int add(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	struct state_file file = {NULL, NULL, 0};
	(void)walk;
	(void)type;
	if (!strcmp(path, "."))
		return 0;
	reading->files =
		realloc(reading->files, (reading->count + 1) * sizeof(*reading->files));
	file.path = strdup(path);
	if (S_ISREG(status->st_mode))
		file.bytes = read_bytes(path, &file.length);
	reading->files[reading->count++] = file;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct state_file *)a)->path,
		((const struct state_file *)b)->path);
}

void state_read(struct state *state)
{
	*state = (struct state){0};
	reading = state;
	must(!nftw(".", add, 16, FTW_PHYS), "nftw");
	if (state->count)
		qsort(state->files, state->count, sizeof(*state->files), compare);
}

void state_free(struct state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		free(state->files[i].path);
		free(state->files[i].bytes);
	}
	free(state->files);
	free(state->dump);
	*state = (struct state){0};
}

static bool same(const struct state_file *left, const struct state_file *right)
{
	return left->length == right->length && !left->bytes == !right->bytes &&
		(!left->bytes || !memcmp(left->bytes, right->bytes, left->length));
}

static void write_file(const struct state_file *file)
{
	if (!file->bytes) {
		must(!mkdir(file->path, 0700), file->path);
		return;
	}
	FILE *stream = fopen(file->path, "wb");
	must(stream && fwrite(file->bytes, 1, file->length, stream) == file->length &&
			!fclose(stream),
		file->path);
}

static const struct state_file *find(
	const struct state *state, const struct state_file *file)
{
	return state->count ? bsearch(file, state->files, state->count,
				      sizeof(*state->files), compare)
			    : NULL;
}

/* From the end, where folders are emptied before they go. */
void state_restore(const struct state *state)
{
	struct state now;
	state_read(&now);
	for (size_t i = now.count; i-- > 0;) {
		const struct state_file *kept = find(state, &now.files[i]);
		if (!kept || !same(kept, &now.files[i]))
			must(!remove(now.files[i].path), now.files[i].path);
	}
	for (size_t i = 0; i < state->count; i++)
		if (access(state->files[i].path, F_OK))
			write_file(&state->files[i]);
	state_free(&now);
}

void state_remove_parts(void)
{
	struct state now;
	state_read(&now);
	for (size_t i = 0; i < now.count; i++)
		if (strstr(now.files[i].path, ".part"))
			must(!remove(now.files[i].path), now.files[i].path);
	state_free(&now);
}

bool state_equals(const struct state *left, const struct state *right)
{
	if (left->count != right->count)
		return false;
	for (size_t i = 0; i < left->count; i++)
		if (strcmp(left->files[i].path, right->files[i].path) != 0 ||
			!same(&left->files[i], &right->files[i]))
			return false;
	return true;
}

static bool is_database(const char *path, bool note)
{
	/* where nothing can be removed any more, a new file beside the old one stays */
	if (faults->forever && strstr(path, ".part"))
		return true;
	if (note && !strcmp(path, "./app.db-amplan-failure"))
		return true;
	static const char *const names[] = {"./app.db", "./app.db-journal",
		"./app.db-wal", "./app.db-shm", "./app.db-amplan-lock",
		"./app.db-amplan-lock-journal"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(path, names[i]))
			return true;
	return false;
}

static const char *lacks(const struct state *left, const struct state *right, bool note)
{
	for (size_t i = 0; i < left->count; i++) {
		const struct state_file *file = &left->files[i];
		const struct state_file *other = find(right, file);
		if (!is_database(file->path, note) && (!other || !same(file, other)))
			return file->path;
	}
	return NULL;
}

const char *state_other_file(
	const struct state *left, const struct state *right, bool note)
{
	const char *path = lacks(left, right, note);
	return path ? path : lacks(right, left, note);
}

static void add_rows(sqlite3 *handle, const char *sql, struct amp_str *out)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(handle, sql, -1, &row, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(row); i++) {
			const char *text = (const char *)sqlite3_column_text(row, i);
			amp_str_addf(out, "%s%s", i ? "|" : "  ", text ? text : "NULL");
		}
		amp_str_add(out, "\n");
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_DONE && rc != SQLITE_OK)
		amp_str_addf(out, "ERROR %s: %s\n", sql, sqlite3_errmsg(handle));
	sqlite3_finalize(row);
}

static void add_tables(sqlite3 *handle, struct amp_str *out)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(handle,
		"SELECT name FROM sqlite_schema WHERE type = 'table' "
		"ORDER BY name = 'amplan_history', name",
		-1, &row, NULL);
	while (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(row, 0);
		/* not when, where and how long, nor the chain over that: somebody may have
		   waited */
		char *sql = sqlite3_mprintf("SELECT %s FROM \"%w\"",
			strcmp(name, "amplan_history")
				? "*"
				: "number, event, id, checksum, plan, fingerprint, rows_changed",
			name);
		amp_str_addf(out, "%s\n", name);
		add_rows(handle, sql, out);
		sqlite3_free(sql);
	}
	sqlite3_finalize(row);
}

char *state_dump(void)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	sqlite3 *handle = NULL;
	/* a file that a run made and then did not write holds nothing, like one that is
	   not there */
	if (!access("app.db", F_OK) &&
		!sqlite3_open_v2("app.db", &handle, SQLITE_OPEN_READWRITE, NULL)) {
		add_rows(handle,
			"SELECT type, name, tbl_name, sql FROM sqlite_schema "
			"ORDER BY type, name",
			&out);
		add_rows(handle, "SELECT * FROM pragma_integrity_check", &out);
		add_rows(handle, "SELECT * FROM pragma_foreign_key_check", &out);
		add_tables(handle, &out);
	} else {
		amp_str_add(&out, "  ok\n");
	}
	sqlite3_close(handle);
	return strdup(amp_str_text(&out));
}
