/*
 * new: a descriptor to fill in.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/relations.h"

#define ID_MAX ((size_t)128)

/* What new made, kept for show(). */
struct made {
	char id[ID_MAX + 40];
	char path[4096];
};

static bool is_id(const char *name)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";
	return isalnum((unsigned char)name[0]) && name[strspn(name, bytes)] == '\0' &&
		strlen(name) <= ID_MAX;
}

/* Digits of an "NNN_name" id; 0: it is not of that form. */
static size_t prefix_of(const char *id)
{
	size_t digits = strspn(id, "0123456789");
	return digits && digits <= 9 && id[digits] == '_' ? digits : 0;
}

/*
 * Ids are numbered where most of them are. The next number is one above the largest, with
 * as many digits as that has. False: they are not numbered.
 */
static bool next_prefix(const struct amplan_report *report, char *prefix, size_t size)
{
	size_t numbered = 0, width = 0;
	unsigned long largest = 0;
	for (size_t i = 0; i < report->nmigrations; i++) {
		const char *colon = strchr(report->migrations[i].id, ':');
		const char *id = colon ? colon + 1 : report->migrations[i].id;
		size_t digits = prefix_of(id);
		numbered += digits > 0;
		unsigned long number = digits ? strtoul(id, NULL, 10) : 0;
		if (digits && number >= largest) {
			largest = number;
			width = digits;
		}
	}
	if (numbered * 2 <= report->nmigrations)
		return false;
	snprintf(prefix, size, "%0*lu_", (int)width, largest + 1);
	return true;
}

static int choose_id(struct app *app, struct made *made)
{
	const char *name = app->options.operands[0];
	char prefix[32] = "";
	if (!is_id(name))
		return app_fail(app, AMPLAN_USAGE,
			"an id consists of letters, digits, '_', '.' and '-', starts with a "
			"letter or digit and has at most 128 characters",
			"'%.200s' cannot be an id", name);
	if (app->report && !prefix_of(name))
		next_prefix(app->report, prefix, sizeof(prefix));
	if (strlen(prefix) + strlen(name) > ID_MAX)
		return app_fail(app, AMPLAN_USAGE, NULL,
			"'%s%.200s' is longer than 128 characters", prefix, name);
	snprintf(made->id, sizeof(made->id), "%s%.*s", prefix, (int)ID_MAX, name);
	if (app->report && relations_find(app->report, made->id) != RELATIONS_NONE)
		return app_fail(app, AMPLAN_USAGE, "choose another name",
			"a migration '%s' exists already", made->id);
	return AMPLAN_OK;
}

/* False: there are none. */
static bool write_heads(FILE *file, const struct relations *relations)
{
	const struct amplan_report *report = relations->report;
	size_t heads = 0;
	for (size_t i = 0; report && i < report->nmigrations; i++) {
		if (relations->first[i] != relations->first[i + 1])
			continue;
		if (!heads++)
			fputs("  <!-- What this needs: today's newest are suggested. Keep "
			      "those that it\n"
			      "       really builds on; reason=\"...\" may say why. -->\n",
				file);
		fprintf(file, "  <depends on=\"%s\"/>\n", report->migrations[i].id);
	}
	return heads > 0;
}

/* The part of the id behind the number, where a table may be called so. */
static const char *name_of(const char *id)
{
	const char *name = id + prefix_of(id);
	name += *name == '_';
	bool reserved =
		!strncasecmp(name, "sqlite_", 7) || !strncasecmp(name, "amplan_", 7);
	return reserved ? "" : name;
}

static void write_descriptor(
	FILE *file, const struct made *made, const struct relations *relations)
{
	const char *name = name_of(made->id);
	const char *before = *name ? "" : "example_";
	name = *name ? name : made->id;
	fprintf(file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<migration xmlns=\"urn:amplan:1\" id=\"%s\">\n"
		"  <description>Say in one line what this is for</description>\n",
		made->id);
	if (!write_heads(file, relations))
		fputs("  <!-- What this needs, one line each:\n"
		      "  <depends on=\"ID\" reason=\"...\"/> -->\n",
			file);
	fprintf(file,
		"  <!-- SQL that makes the change, without BEGIN and COMMIT. This table is an "
		"example. -->\n"
		"  <up>\n"
		"    CREATE TABLE \"%s%s\" (id INTEGER PRIMARY KEY);\n"
		"  </up>\n"
		"  <!-- SQL that takes it back; or, where that cannot be, in its place:\n"
		"  <irreversible reason=\"...\"/> -->\n"
		"  <down>\n"
		"    DROP TABLE \"%s%s\";\n"
		"  </down>\n"
		"  <!-- A query whose one row must be true afterwards; there may be several:\n"
		"  <verify>SELECT count(*) = 0 FROM ...</verify> -->\n"
		"</migration>\n",
		before, name, before, name);
}

static int cannot(struct app *app, const char *what, const char *path)
{
	return errno == ENOMEM
		? app_fail(app, AMPLAN_NOMEM, NULL, "out of memory")
		: app_fail(app, AMPLAN_INTERNAL, NULL, "cannot %s '%.500s': %s", what,
			  path, strerror(errno));
}

/* false: errno says why. */
static bool write_whole(
	int fd, const struct made *made, const struct relations *relations)
{
	FILE *file = fdopen(fd, "w");
	if (!file) {
		int number = errno;
		close(fd);
		errno = number;
		return false;
	}
	write_descriptor(file, made, relations);
	bool failed = ferror(file);
	return !fclose(file) && !failed;
}

/* Never replaces a file; what is half done is taken away again, the folder too. */
static int write_file(
	struct app *app, struct made *made, const struct relations *relations)
{
	const char *folder = app->settings.folders[0];
	int n = snprintf(made->path, sizeof(made->path), "%s/%s.xml", folder, made->id);
	if (n < 0 || (size_t)n >= sizeof(made->path))
		return app_fail(app, AMPLAN_USAGE, NULL, "the path is too long");
	bool new_folder = !mkdir(folder, 0777);
	if (!new_folder && errno != EEXIST)
		return cannot(app, "create the folder", folder);
	int fd;
	do
		fd = open(made->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR);
	if (fd < 0 && errno == EEXIST)
		return app_fail(app, AMPLAN_USAGE, "choose another name",
			"'%.500s' exists already", made->path);
	if (fd >= 0 && write_whole(fd, made, relations))
		return AMPLAN_OK;
	int code = cannot(app, "write", made->path);
	if (fd >= 0)
		unlink(made->path);
	if (new_folder)
		rmdir(folder);
	return code;
}

/* A folder that is not there, or has nothing in it, is where one begins. */
static int read_catalog(struct app *app)
{
	if (app->settings.nfolders == 1 && access(app->settings.folders[0], F_OK) &&
		errno == ENOENT)
		return AMPLAN_OK;
	return amplan_order(app->session, &app->report, &app->error);
}

static int run(struct app *app)
{
	struct made *made = app->own = calloc(1, sizeof(*made));
	if (!made)
		return app_fail(app, AMPLAN_NOMEM, NULL, "out of memory");
	int code = read_catalog(app);
	if (!code)
		code = choose_id(app, made);
	if (code)
		return code;
	struct relations relations = {0};
	if (app->report && !relations_init(&relations, app->report))
		return app_fail(app, AMPLAN_NOMEM, NULL, "out of memory");
	code = write_file(app, made, &relations);
	relations_deinit(&relations);
	return code;
}

static void show(struct app *app)
{
	const struct made *made = app->own;
	if (!app->code)
		say(&app->out, "%s\n", made->path);
}

static void json(struct app *app, struct json *json)
{
	const struct made *made = app->own;
	if (app->code || !made)
		return;
	json_text(json, "id", made->id);
	json_text(json, "file", made->path);
}

const struct cmd cmd_new = {
	.name = "new",
	.line = "write a commented descriptor that depends on today's heads",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.text = "Writes a descriptor to fill in, into the first folder of migrations, which is "
		"made if it is missing, and prints its path. It depends on today's heads: the "
		"migrations that nothing depends on yet. Where most ids are numbered like "
		"014_tags, the next number is put before the name; otherwise NAME is the id. "
		"A file that exists is never replaced.\n\n"
		"  amplan new add_invite_usage",
	.needs = CMD_SESSION | CMD_NO_DATABASE,
	.run = run,
	.show = show,
	.json = json,
};
