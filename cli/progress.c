#include "cli/progress.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli/utf8.h"

#define FIRST_SIGN_MS 200
#define REPAINT_MS 100
#define SIGN_OF_LIFE_MS 10000

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_init(
	struct progress *progress, struct terminal *err, struct log *log, bool off)
{
	*progress = (struct progress){
		.err = err, .log = log, .off = off, .began_ms = now_ms()};
}

void progress_clear(struct progress *progress)
{
	if (!progress->painted)
		return;
	fputs("\r\033[K", progress->err->stream);
	fflush(progress->err->stream);
	progress->painted = false;
}

static void describe(const struct amplan_progress *now, char *text, size_t size)
{
	const char *id = now->id ? now->id : "";
	int n = 0;
	switch (now->phase) {
	case AMPLAN_WAITING:
		n = snprintf(text, size, "waiting for the lock%s%s",
			*id ? ", held by " : "", id);
		break;
	case AMPLAN_COPYING:
		n = snprintf(text, size, "making a shadow of the database");
		break;
	case AMPLAN_REHEARSING:
	case AMPLAN_APPLYING:
	case AMPLAN_UNDOING:
		n = snprintf(text, size, "%s %u of %u: %s",
			now->phase == AMPLAN_APPLYING          ? "applying"
				: now->phase == AMPLAN_UNDOING ? "rolling back"
							       : "rehearsing",
			now->number, now->count, id);
		break;
	}
	if (n < 0 || (size_t)n >= size)
		return;
	if (now->rows > 0)
		n += snprintf(text + n, size - (size_t)n, ", %" PRId64 " row%s",
			now->rows, now->rows == 1 ? "" : "s");
	if (now->milliseconds >= 1000 && (size_t)n < size)
		snprintf(text + n, size - (size_t)n, ", %" PRId64 " s",
			now->milliseconds / 1000);
}

/* Cut so that the line never wraps: a wrapped one cannot be overwritten. */
static void paint(struct progress *progress, char *text, int64_t now)
{
	while (*text && utf8_width(text) >= progress->err->width)
		text[strlen(text) - 1] = '\0';
	fputc('\r', progress->err->stream);
	terminal_text(progress->err, text);
	fputs("\033[K", progress->err->stream);
	fflush(progress->err->stream);
	progress->painted = true;
	progress->spoken_ms = now;
}

static void plain(struct progress *progress, const struct amplan_progress *now,
	const char *text, int64_t time)
{
	bool fresh = now->phase != progress->phase || now->number != progress->number ||
		!progress->spoken_ms;
	bool logged = progress->log->least <= AMPLAN_LOG_INFO; /* by the library */
	bool working = now->phase == AMPLAN_APPLYING || now->phase == AMPLAN_UNDOING;
	bool telling = (now->phase == AMPLAN_WAITING || working) && !logged;
	if (!(fresh && telling) && now->milliseconds < SIGN_OF_LIFE_MS)
		return;
	if (!fresh && time - progress->spoken_ms < SIGN_OF_LIFE_MS)
		return;
	progress->phase = now->phase;
	progress->number = now->number;
	progress->spoken_ms = time;
	log_entry(progress->log, AMPLAN_LOG_INFO, text, NULL, 0);
}

void progress_tell(struct progress *progress, const struct amplan_progress *now)
{
	char text[512];
	int64_t time = now_ms();
	if (progress->off)
		return;
	describe(now, text, sizeof(text));
	if (!progress->err->tty || progress->log->json)
		plain(progress, now, text, time);
	else if (time - progress->began_ms >= FIRST_SIGN_MS &&
		time - progress->spoken_ms >= REPAINT_MS)
		paint(progress, text, time);
}
