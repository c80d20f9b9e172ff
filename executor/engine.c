/*
 * Engine: from a URL to an engine.
 */
#include "executor/engine.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"

/* "postgresql://user:secret@host/db" without the secret, and without what is behind '?',
   where one may stand as well. An '@' there leaves open which part is which: neither is
   shown. */
static const char *redact(struct amp_arena *arena, const char *url)
{
	const char *authority = strstr(url, "://") + 3;
	const char *query = strchr(authority, '?');
	const char *at = strrchr(authority, '@');
	const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
	if (at && query && query < at)
		return amp_arena_printf(arena, "%.*s***", (int)(authority - url), url);
	if (!colon)
		return amp_arena_strndup(arena, url, strcspn(url, "?"));
	return amp_arena_printf(arena, "%.*s:***%.*s", (int)(colon - url), url,
		(int)strcspn(at, "?"), at);
}

/* "host=h password=secret dbname=d": as a file name it would be shown. */
static bool is_connection_string(const char *url)
{
	static const char *const keys[] = {"host=", "hostaddr=", "port=", "dbname=",
		"user=", "password=", "service=", "sslmode="};
	url += strspn(url, " ");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strncmp(url, keys[i], strlen(keys[i])))
			return true;
	return false;
}

int amp_engine_parse(const char *url, struct amp_arena *arena,
	const struct amp_engine **engine, struct amp_target *target,
	struct amplan_error *error)
{
	*target = (struct amp_target){0};
	const char *path = strncmp(url, "sqlite:", 7) ? url : url + 7;
	if (path == url && strstr(url, "://")) {
		const char *shown = redact(arena, url);
		amp_error(error, AMPLAN_USAGE, "no engine for the database '%s'",
			shown ? shown : "");
		amp_error_hint(error,
			"this build has SQLite only: give a file name or sqlite:FILE");
		return AMPLAN_USAGE;
	}
	if (path == url && is_connection_string(url)) {
		amp_error(error, AMPLAN_USAGE,
			"no engine for a database that is named by host and user");
		amp_error_hint(error,
			"this build has SQLite only: give a file name or sqlite:FILE");
		return AMPLAN_USAGE;
	}
	if (path != url && !strncmp(path, "//", 2))
		path += 2; /* sqlite://relative and sqlite:///absolute, as others write it */
	if (!*path) {
		amp_error(error, AMPLAN_USAGE, "the name of the database is empty");
		amp_error_hint(error, "give a file name, as in --database app.db");
		return AMPLAN_USAGE;
	}
	if (path[strlen(path) - 1] == '/') {
		amp_error(
			error, AMPLAN_USAGE, "the database '%s' would be a folder", path);
		amp_error_hint(error, "give a file name, as in --database app.db");
		return AMPLAN_USAGE;
	}
	*engine = &amp_sqlite;
	target->display = amp_arena_strdup(arena, path);
	if (!target->display)
		return amp_error_nomem(error);
	/* SQLite's files stand beside the database, and so must ours: not beside a link */
	int number = amp_file_follow(arena, target->display, &target->path);
	if (number == ENOMEM)
		return amp_error_nomem(error);
	return number ? amp_error_errno(error, AMPLAN_DATABASE, number,
				"cannot open '%s'", target->display)
		      : AMPLAN_OK;
}
