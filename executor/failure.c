#include "executor/failure.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/system.h"

#define SUFFIX "-amplan-failure"
#define SIZE_LIMIT ((size_t)64 * 1024)

/* One line per field, so a line end inside a message becomes a space. */
static void add_line(struct amp_str *out, const char *text)
{
	for (; *text; text++)
		amp_str_addc(out, *text == '\n' || *text == '\r' ? ' ' : *text);
	amp_str_addc(out, '\n');
}

void amp_failure_write(const struct amp_engine *engine, const struct amp_target *target,
	const char *id, const struct amplan_place *place, const char *message)
{
	struct amp_arena arena;
	amp_arena_init(&arena);
	AMP_STR_AUTO out = AMP_STR_INIT, where = AMP_STR_INIT;
	char at[AMP_TIME_SIZE];
	amp_now_utc(at);
	if (place && place->file)
		amp_str_addf(&where, "%s:%u:%u", place->file, place->line, place->column);
	add_line(&out, at);
	add_line(&out, id ? id : "");
	add_line(&out, amp_str_text(&where));
	add_line(&out, message);
	const char *path = engine->beside(target, SUFFIX, &arena);
	if (path && !out.failed && !where.failed)
		amp_file_put(path, amp_str_text(&out), out.length);
	amp_arena_deinit(&arena);
}

void amp_failure_remove(const struct amp_engine *engine, const struct amp_target *target)
{
	struct amp_arena arena;
	amp_arena_init(&arena);
	const char *path = engine->beside(target, SUFFIX, &arena);
	if (path)
		unlink(path);
	amp_arena_deinit(&arena);
}

static const char *take_line(struct amp_arena *arena, const char **rest)
{
	size_t length = strcspn(*rest, "\n");
	const char *line = amp_arena_strndup(arena, *rest, length);
	*rest += length + ((*rest)[length] == '\n');
	return line ? line : "";
}

void amp_failure_read(const struct amp_engine *engine, const struct amp_target *target,
	struct amp_arena *arena, struct amplan_failure *out)
{
	*out = (struct amplan_failure){.id = "", .message = "", .place = ""};
	const char *path = engine->beside(target, SUFFIX, arena), *bytes = NULL;
	size_t length;
	struct stat status;
	if (!path || lstat(path, &status) || !S_ISREG(status.st_mode) ||
		amp_file_read(arena, path, SIZE_LIMIT, &bytes, &length, NULL))
		return;
	out->at = take_line(arena, &bytes);
	out->id = take_line(arena, &bytes);
	out->place = take_line(arena, &bytes);
	out->message = take_line(arena, &bytes);
}
