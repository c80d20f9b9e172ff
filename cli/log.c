#include "cli/log.h"

#include <string.h>
#include <time.h>

#include "cli/json.h"

static const char *const levels[] = {"debug", "info", "warning", "error"};

/* Where there is no memory for the message, that is said in its place. */
static void as_json_without_memory(struct log *log, enum amplan_level level)
{
	fprintf(log->err->stream, "{\"level\":\"%s\",\"message\":\"out of memory\"}\n",
		levels[level]);
}

static void as_json(struct log *log, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	struct json json;
	struct timespec now;
	struct tm utc;
	char seconds[32], stamp[48];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(stamp, sizeof(stamp), "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
	if (!json_open(&json, log->err->stream)) {
		as_json_without_memory(log, level);
		return;
	}
	json_map(&json, NULL);
	json_text(&json, "time", stamp);
	json_text(&json, "level", levels[level]);
	json_text(&json, "message", message);
	for (size_t i = 0; i < nfields; i++)
		if (fields[i].value && *fields[i].value)
			json_text(&json, fields[i].key, fields[i].value);
	json_end_map(&json);
	json_close(&json);
	putc('\n', log->err->stream);
	if (json.failed)
		as_json_without_memory(log, level);
}

/* Values with blanks or quotes in them are quoted, so that the end of each is seen. */
static void field(struct terminal *err, const struct amplan_field *item)
{
	const char *value = item->value;
	if (!value || !*value)
		return;
	say(err, FAINT " %s=" PLAIN, item->key);
	if (!strpbrk(value, " \t\r\n\"=")) {
		say(err, "%s", value);
		return;
	}
	say(err, "\"");
	for (const char *quote; (quote = strpbrk(value, "\"\\")); value = quote + 1) {
		terminal_piece(err, value, (size_t)(quote - value));
		say(err, "\\%c", *quote);
	}
	say(err, "%s\"", value);
}

static void as_text(struct log *log, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	say(log->err, "amplan: ");
	if (level == AMPLAN_LOG_ERROR)
		say(log->err, RED "error: " PLAIN);
	else if (level == AMPLAN_LOG_WARNING)
		say(log->err, YELLOW "warning: " PLAIN);
	say(log->err, "%s", message);
	for (size_t i = 0; i < nfields; i++)
		field(log->err, &fields[i]);
	say(log->err, "\n");
}

void log_entry(struct log *log, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	if (log->json)
		as_json(log, level, message, fields, nfields);
	else
		as_text(log, level, message, fields, nfields);
	fflush(log->err->stream);
}

void log_message(struct log *log, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	if (level >= log->least)
		log_entry(log, level, message, fields, nfields);
}
