/*
 * Library: libamplan.so loaded, unloaded, and loaded twice.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <libxml/parser.h>

#include "tests/host/host.h"

/* What an application takes out of a library that it opened itself. */
struct loaded {
	void *handle;
	int (*open)(
		const struct amplan_options *, struct amplan **, struct amplan_error *);
	int (*apply)(struct amplan *, const struct amplan_plan_options *,
		const struct amplan_report *, struct amplan_report **,
		struct amplan_error *);
	void (*close)(struct amplan *);
	void (*report_free)(struct amplan_report *);
};

static void *symbol(void *handle, const char *name)
{
	void *found = dlsym(handle, name);
	if (!found)
		fprintf(stderr, "no %s\n", name);
	MUST(found);
	return found;
}

static struct loaded load(const char *path)
{
	struct loaded loaded = {.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
	if (!loaded.handle)
		fprintf(stderr, "%s\n", dlerror());
	MUST(loaded.handle);
	*(void **)&loaded.open = symbol(loaded.handle, "amplan_open");
	*(void **)&loaded.apply = symbol(loaded.handle, "amplan_apply");
	*(void **)&loaded.close = symbol(loaded.handle, "amplan_close");
	*(void **)&loaded.report_free = symbol(loaded.handle, "amplan_report_free");
	return loaded;
}

static int apply_by(const struct loaded *loaded, const char *database)
{
	struct amplan_options options = host_options(database);
	struct amplan *amplan = NULL;
	struct amplan_report *report = NULL;
	int code = loaded->open(&options, &amplan, NULL);
	if (!code)
		code = loaded->apply(amplan, NULL, NULL, &report, NULL);
	loaded->report_free(report);
	loaded->close(amplan);
	return code;
}

static void *sleeper(void *user)
{
	(void)user;
	pause();
	return NULL;
}

static void loaded_and_unloaded(void)
{
	pthread_t thread;
	char database[32];
	host_migrations("m", 3);
	MUST(!pthread_create(&thread, NULL, sleeper, NULL));
	for (int i = 0; i < 20; i++) {
		struct loaded loaded = load(AMPLAN_SHARED);
		snprintf(database, sizeof(database), "%d.db", i);
		MUST(apply_by(&loaded, database) == AMPLAN_OK);
		MUST(dlclose(loaded.handle) == 0);
	}
	/* the one that this program is linked with does not mind */
	host_complete("19.db", 3);
}

struct work {
	struct loaded loaded;
	const char *database;
	int code;
};

static void *apply_in_thread(void *user)
{
	struct work *work = user;
	work->code = apply_by(&work->loaded, work->database);
	return NULL;
}

static void copy_file(const char *from, const char *to)
{
	char command[1200];
	snprintf(command, sizeof(command), "cp '%s' %s", from, to);
	MUST(system(command) == 0);
}

/* Two copies of the library, as two plugins may bring them, on one database at once: they
   share one SQLite, so they see each other's locks. */
static void two_copies_on_one_database(void)
{
	struct work work[2];
	pthread_t threads[2];
	host_migrations("m", 40);
	copy_file(AMPLAN_SHARED, "one.so");
	copy_file(AMPLAN_SHARED, "two.so");
	work[0].loaded = load("./one.so");
	work[1].loaded = load("./two.so");
	MUST(work[0].loaded.apply != work[1].loaded.apply);
	/* two copies cannot know of each other while what they share is made ready */
	xmlInitParser();
	for (int i = 0; i < 2; i++) {
		work[i].database = "app.db";
		MUST(!pthread_create(&threads[i], NULL, apply_in_thread, &work[i]));
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		MUST(work[i].code == AMPLAN_OK);
	}
	host_complete("app.db", 40);
}

/* An application that was compiled for other headers is told so. */
static void options_of_another_version(void)
{
	struct amplan_options options = host_options("app.db");
	struct amplan_error error;
	struct amplan *amplan;
	options.size += 8;
	MUST(amplan_open(&options, &amplan, &error) == AMPLAN_USAGE);
	MUST(!strcmp(error.message, "the options are of another version"));
}

const struct scenario library_scenarios[] = {
	{"library: loaded and unloaded, with a thread alive", loaded_and_unloaded},
	{"library: two copies on one database", two_copies_on_one_database},
	{"library: options of another version", options_of_another_version},
	{NULL, NULL},
};
