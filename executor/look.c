#include "executor/look.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int look_once(struct amp_job *job, struct amplan *amplan, enum amp_access access,
	struct amp_db **db, struct amplan_error *error)
{
	const struct amp_engine *engine = amplan->engine;
	engine->close(*db);
	*db = NULL;
	int code = engine->open(&amplan->target, access, &amplan->hooks, db, error);
	if (!code)
		code = engine->begin_read(*db, error);
	if (!code)
		code = amp_job_look(job, *db, error);
	return code;
}

static bool has_begun(const struct amp_history *history)
{
	for (size_t i = 0; i < history->napplied; i++)
		if (history->applied[i].interrupted)
			return true;
	return false;
}

/*
 * A step that is begun and not finished: does a living process run it, or did it stop part
 * way? The history was read before the lock was asked for, so the process may have finished
 * and gone in between. Only a step that is still begun when it is read again, after nobody
 * held the lock, was left by nobody who could go on with it. Where we hold that lock ourselves,
 * what is read is the last word. (invariant 11)
 */
static int look_for_runner(struct amp_job *job, struct amplan *amplan,
	enum amp_access access, struct amp_db **db, struct amplan_error *error)
{
	size_t findings = job->findings.count;
	char head[AMP_DIGEST_SIZE] = "";
	int code = look_once(job, amplan, access, db, error);
	while (!code && !job->apart && has_begun(&job->history)) {
		if (!strcmp(head, job->history.head))
			break;
		code = amplan->engine->held_aside(&amplan->target, &job->running, error);
		if (code || job->running)
			break;
		snprintf(head, sizeof(head), "%s", job->history.head);
		job->findings.count = findings;
		code = look_once(job, amplan, access, db, error);
	}
	return code;
}

/* Journals, logs and locks go by the name of the file: under another hard link nobody sees
   them. Which of the names is meant we cannot know, so that no start is stopped for it. */
static void warn_of_other_names(struct amplan *amplan, const char *path)
{
	struct stat file;
	if (amplan->warned_of_names || !path || stat(path, &file) ||
		!S_ISREG(file.st_mode) || file.st_nlink < 2)
		return;
	amplan->warned_of_names = true;
	amp_log(&amplan->hooks, AMPLAN_LOG_WARNING,
		"the database has other names (hard links), under which neither its locks "
		"nor its journal are seen: remove them",
		"database", amplan->target.display, NULL);
}

int amp_look(struct amp_job *job, struct amplan *amplan, enum amp_access access,
	struct amp_db **db, struct amplan_error *error)
{
	bool exists = false;
	*db = NULL;
	int code = amplan->engine->exists(&amplan->target, &exists, error);
	if (code)
		return code;
	const char *path = amplan->target.path;
	job->engine = amplan->engine;
	if (exists) {
		code = look_for_runner(job, amplan, access, db, error);
		if (code)
			return code;
		path = amplan->engine->file(*db);
		warn_of_other_names(amplan, path);
	} else {
		code = amp_job_look_at_nothing(job, error);
	}
	if (!code && path && !(job->file = amp_arena_strdup(&job->arena, path)))
		code = amp_error_nomem(error);
	return code;
}

int amp_look_and_plan(struct amp_job *job, struct amplan *amplan,
	const struct amp_goal *goal, enum amp_access access, struct amp_db **db,
	struct amplan_error *error)
{
	int code = amp_job_load(job, amplan, error);
	if (!code)
		code = amp_look(job, amplan, access, db, error);
	if (!code)
		code = amp_job_plan(job, goal, error);
	if (!code)
		amp_job_compare_schema(job, AMPLAN_WARNING);
	/* a step that is begun is why the plan does not hold: say so by its own code */
	if (!code || code == AMPLAN_REFUSED) {
		struct amplan_error begun;
		int why = amp_job_begun(job, &begun);
		if (why && error)
			*error = begun;
		code = why ? why : code;
	}
	return code;
}
