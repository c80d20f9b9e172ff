/*
 * Resolve: a person settles a transaction="none" step that stopped part way.
 */
#include <string.h>

#include <amplan/executor.h>

#include "executor/failure.h"
#include "executor/history.h"
#include "executor/objects.h"
#include "executor/session.h"

static const struct amp_history_row *find_interrupted(
	const struct amp_history *history, const char *id)
{
	for (size_t i = 0; i < history->napplied; i++)
		if (history->applied[i].interrupted &&
			!strcmp(history->applied[i].id, id))
			return &history->rows[history->applied_row[i]];
	return NULL;
}

static int refuse(
	const struct amp_history *history, const char *id, struct amplan_error *error)
{
	amp_error(error, AMPLAN_USAGE, "'%s' is not interrupted", id);
	for (size_t i = 0; i < history->napplied; i++)
		if (history->applied[i].interrupted) {
			amp_error_hint(error, "'%s' is", history->applied[i].id);
			return AMPLAN_USAGE;
		}
	amp_error_hint(error, "nothing is: there is nothing to resolve");
	return AMPLAN_USAGE;
}

/* What a begun step comes to: run up or down, finished by a person or to be run again. */
static const char *settled_event(const char *begun, bool applied)
{
	if (!strcmp(begun, "undoing"))
		return applied ? "rolled-back" : "resolved";
	return applied ? "resolved" : "abandoned";
}

static int settle(
	struct amp_db *db, const char *id, bool applied, struct amplan_error *error)
{
	struct amp_history history = {0};
	struct amp_history_head head;
	struct amp_objects objects;
	char fingerprint[AMP_DIGEST_SIZE] = "";
	int code = amp_history_read(&history, db, error);
	if (!code)
		code = amp_history_head(db, &head, error);
	if (!code)
		code = db->engine->objects(db, &objects, error);
	const struct amp_history_row *begun =
		code ? NULL : find_interrupted(&history, id);
	if (!begun) {
		code = code ? code : refuse(&history, id, error);
	} else {
		amp_objects_fingerprint(&objects, fingerprint);
		struct amp_history_row row = *begun;
		row.event.event = settled_event(begun->event.event, applied);
		row.event.fingerprint = fingerprint;
		row.catalog = "";
		code = amp_history_append(db, &head, &row, error);
	}
	amp_history_deinit(&history);
	return code;
}

int amplan_resolve(
	struct amplan *amplan, const char *id, bool applied, struct amplan_error *error)
{
	struct amp_db *db = NULL;
	bool exists = false;
	amp_error_clear(error);
	int code = amp_need_database(amplan, error);
	if (!code)
		code = amplan->engine->exists(&amplan->target, &exists, error);
	if (!code && !exists)
		code = amp_no_such_database(amplan, error);
	if (!code)
		code = amplan->engine->open(
			&amplan->target, AMP_WRITE, &amplan->hooks, &db, error);
	/* the aside lock first: a step that still runs is not interrupted */
	if (!code)
		code = amplan->engine->lock_aside(db, true, error);
	if (!code)
		code = amplan->engine->begin(db, false, error);
	if (!code)
		code = settle(db, id, applied, error);
	if (!code)
		code = amplan->engine->commit(db, error);
	amplan->engine->close(db);
	if (!code)
		amp_failure_remove(amplan);
	return code;
}
