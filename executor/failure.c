#include "executor/failure.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/system.h"
#include "executor/session.h"

#define SUFFIX "-amplan-failure"
#define SIZE_LIMIT ((size_t)64 * 1024)

/* One line per field, so a line end inside a message becomes a space. */
static void add_line(struct amp_str *out, const char *text)
{
	for (; *text; text++)
		amp_str_addc(out, *text == '\n' || *text == '\r' ? ' ' : *text);
	amp_str_addc(out, '\n');
}

static void warn(struct amplan *amplan, const char *message, int number)
{
	char text[128] = "";
	const char *reason = strerror_r(number, text, sizeof(text));
	amp_log(&amplan->hooks, AMPLAN_LOG_WARNING, message, "database",
		amplan->target.display, "reason", reason, NULL);
}

void amp_failure_write(struct amplan *amplan, const char *id,
	const struct amplan_place *place, const char *message)
{
	AMP_ARENA_AUTO arena = {0};
	AMP_STR_AUTO out = AMP_STR_INIT, where = AMP_STR_INIT;
	char at[AMP_TIME_SIZE];
	amp_now_utc(at);
	if (place && place->file)
		amp_str_addf(&where, "%s:%u:%u", place->file, place->line, place->column);
	add_line(&out, at);
	add_line(&out, id ? id : "");
	add_line(&out, amp_str_text(&where));
	add_line(&out, message);
	const char *path = amplan->engine->beside(&amplan->target, SUFFIX, &arena);
	bool room = !arena.failed && !out.failed && !where.failed;
	int number = !room ? ENOMEM
		: path     ? amp_file_put(path, amp_str_text(&out), out.length)
			   : 0;
	if (number)
		warn(amplan, "cannot write the note of the failure", number);
}

void amp_failure_remove(struct amplan *amplan)
{
	AMP_ARENA_AUTO arena = {0};
	const char *path = amplan->engine->beside(&amplan->target, SUFFIX, &arena);
	int number = arena.failed ? ENOMEM : path && unlink(path) ? errno : 0;
	if (number && number != ENOENT)
		warn(amplan, "cannot remove the note of the last failure", number);
}

static const char *take_line(struct amp_arena *arena, const char **rest)
{
	size_t length = strcspn(*rest, "\n");
	const char *line = amp_arena_strndup(arena, *rest, length);
	*rest += length + ((*rest)[length] == '\n');
	return line ? line : "";
}

void amp_failure_read(
	struct amplan *amplan, struct amp_arena *arena, struct amplan_failure *out)
{
	*out = (struct amplan_failure){.id = "", .message = "", .place = ""};
	const char *path = amplan->engine->beside(&amplan->target, SUFFIX, arena);
	const char *bytes = NULL;
	size_t length;
	struct stat status;
	struct amplan_error error = {0};
	/* only a file: a pipe of that name would hold us up */
	if (!path || lstat(path, &status)) {
		if (path && errno != ENOENT)
			warn(amplan, "cannot read the note of the last failure", errno);
		return;
	}
	if (!S_ISREG(status.st_mode))
		return;
	if (amp_file_read(arena, path, SIZE_LIMIT, &bytes, &length, &error)) {
		arena->failed = arena->failed || error.code == AMPLAN_NOMEM;
		if (error.system && error.system != ENOENT)
			warn(amplan, "cannot read the note of the last failure",
				error.system);
		return;
	}
	out->at = take_line(arena, &bytes);
	out->id = take_line(arena, &bytes);
	out->place = take_line(arena, &bytes);
	out->message = take_line(arena, &bytes);
}
