/*
 * Rebuilds: tables of random schemas are rebuilt by migrations; no row and no object may
 * be lost or changed but as the migration says.
 *
 *	test_rebuilds [--seed N] [--every N] [--point K]
 *
 * Each point is a database, and one to three rebuilds of its tables. Plain SQLite does the
 * same by hand first: what then is lost, broken or refused is what amplan is measured by.
 * Some are lossy on purpose: they must be refused, or told of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <amplan/amplan.h>

#include "tests/rebuilds/facts.h"
#include "tests/support/points.h"
#include "tests/support/temp.h"

enum { POINTS = 10000, PLANTED = 30 };

/* What SQLite alone makes of it. */
enum fate {
	CLEAN,
	REFUSED_BY_SQLITE,
	ROWS_LOST,
	VALUES_LOST,
	BROKEN,
	LESS,
	COUNTER_LOST,
	FATES
};
static const char *const fate_names[FATES] = {"nothing lost", "SQLite refuses it",
	"rows lost", "values changed", "keys, views or triggers broken",
	"index, trigger or key gone", "counter set back"};

struct bench {
	struct points points;
	char *folder;
	struct schema schema;
	struct rebuilds rebuilds;
	struct facts before, oracle, after;
	enum fate fate;
	char why[200];       /* SQLite refused it */
	struct amp_str said; /* findings */
	bool told;           /* of a loss: row-loss, value-loss, … */
	bool refused_keys;   /* row-loss for foreign-keys="on" */
	/* [fate][0]: points, [1]: refused, [2]: told, [3]: neither */
	long fates[FATES][4], plants[PLANTS][4], styles[STYLES], careful_refusals;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "rebuilds: %s\n", what);
	abort();
}

static void exec_on(const char *path, const char *sql)
{
	sqlite3 *handle = NULL;
	char *message = NULL;
	must(!sqlite3_open(path, &handle), "no database");
	if (sqlite3_exec(handle, sql, NULL, NULL, &message)) {
		fprintf(stderr, "rebuilds: %s\n%s\n", message, sql);
		abort();
	}
	sqlite3_close(handle);
}

/* Keys are not looked at while rows come, so some point at rows that did not. */
static void clear_up(const char *path)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *row = NULL;
	must(!sqlite3_open(path, &handle), "no database");
	sqlite3_exec(handle, "PRAGMA synchronous = OFF; BEGIN", NULL, NULL, NULL);
	for (bool more = true; more;) {
		char *sql = NULL;
		sqlite3_prepare_v2(handle,
			"SELECT CASE WHEN rowid IS NULL THEN printf('DELETE FROM \"%w\"', "
			"\"table\") ELSE printf('DELETE FROM \"%w\" WHERE rowid = %d', "
			"\"table\", rowid) END FROM pragma_foreign_key_check",
			-1, &row, NULL);
		more = sqlite3_step(row) == SQLITE_ROW;
		if (more)
			sql = sqlite3_mprintf("%s", sqlite3_column_text(row, 0));
		sqlite3_finalize(row);
		if (more)
			must(!sqlite3_exec(handle, sql, NULL, NULL, NULL), sql);
		sqlite3_free(sql);
	}
	must(!sqlite3_exec(handle, "DELETE FROM note; COMMIT", NULL, NULL, NULL),
		"COMMIT");
	sqlite3_close(handle);
}

/* In the order in which rows can come: triggers last, so that they note nothing. */
static void make_database(struct bench *bench)
{
	AMP_STR_AUTO sql = AMP_STR_INIT;
	struct schema *schema = &bench->schema;
	int things = schema->nthings;
	unlink("app.db");
	unlink("oracle.db");
	amp_str_add(&sql, "PRAGMA synchronous = OFF; BEGIN;\n");
	schema->nthings = 0;
	schema_write(schema, &sql);
	schema->nthings = things;
	schema_write_rows(schema, &sql);
	for (int i = 0; i < things; i++)
		amp_str_addf(&sql, "%s;\n", schema->things[i].sql);
	amp_str_add(&sql, "COMMIT;");
	must(!sql.failed, "no memory");
	exec_on("app.db", amp_str_text(&sql));
	clear_up("app.db");
}

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	must(file && !fstat(fileno(file), &status), path);
	*size = (size_t)status.st_size;
	char *bytes = malloc(*size + 1);
	must(bytes && fread(bytes, 1, *size, file) == *size, path);
	fclose(file);
	return bytes;
}

static void remove_descriptors(void)
{
	static const char *const names[] = {
		"m/1_world.xml", "m/2_first.xml", "m/3_second.xml", "m/4_third.xml"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
}

static void write_descriptors(struct bench *bench, const char *world)
{
	static const char *const ids[] = {"2_first", "3_second", "4_third"};
	remove_descriptors();
	AMP_STR_AUTO text = AMP_STR_INIT;
	if (world) {
		amp_str_addf(&text,
			"<migration xmlns=\"urn:amplan:1\" id=\"1_world\">\n<up><![CDATA[\n%s]]>"
			"</up>\n</migration>\n",
			world);
		temp_text(bench->folder, "m/1_world.xml", amp_str_text(&text));
	}
	for (int i = 0; i < bench->rebuilds.nmigrations; i++) {
		char name[32];
		amp_str_clear(&text);
		amp_str_addf(&text, "<migration xmlns=\"urn:amplan:1\" id=\"%s\"%s>\n",
			ids[i], bench->rebuilds.keys_on[i] ? " foreign-keys=\"on\"" : "");
		if (i || world)
			amp_str_addf(&text, "<depends on=\"%s\"/>\n",
				i ? ids[i - 1] : "1_world");
		amp_str_addf(&text, "<up><![CDATA[\n%s]]></up>\n</migration>\n",
			amp_str_text(&bench->rebuilds.sql[i]));
		snprintf(name, sizeof(name), "m/%s.xml", ids[i]);
		must(!text.failed, "no memory");
		temp_text(bench->folder, name, amp_str_text(&text));
	}
}

static bool is_loss(const struct amplan_finding *finding)
{
	static const char *const kinds[] = {"row-loss", "value-loss",
		"autoincrement-reset", "rebuild-loses", "destructive",
		"dangling-reference", "broken-view", "broken-trigger",
		"foreign-key-violation"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(finding->kind, kinds[i]))
			return finding->severity != AMPLAN_NOTE;
	return false;
}

static void see(struct bench *bench, struct amplan_report *report)
{
	for (size_t i = 0; report && i < report->nfindings; i++) {
		const struct amplan_finding *finding = &report->findings[i];
		amp_str_addf(&bench->said, "    %s:%u: %d[%s]: %s\n",
			finding->place.file ? finding->place.file : "-",
			finding->place.line, (int)finding->severity, finding->kind,
			finding->message);
		bench->told |= is_loss(finding);
		bench->refused_keys |= finding->severity == AMPLAN_ERROR &&
			!strncmp(finding->message, "with foreign keys on", 20);
	}
	amplan_report_free(report);
}

static struct amplan *open_session(const char *database)
{
	static const char *const folders[] = {"m"};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan *amplan = NULL;
	struct amplan_error error;
	options.database = database;
	options.folders = folders;
	options.nfolders = 1;
	must(!amplan_open(&options, &amplan, &error), "no session");
	return amplan;
}

static int apply(struct bench *bench, bool rehearsed)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error = {0};
	struct amplan *amplan = open_session("app.db");
	if (!rehearsed)
		options.fidelity = AMPLAN_FIDELITY_NONE;
	int code = amplan_apply(amplan, &options, NULL, &report, &error);
	if (code)
		amp_str_addf(&bench->said, "    code %d: %s\n", code, error.message);
	see(bench, report);
	amplan_close(amplan);
	return code;
}

/* What is a matter of the schema is told by check, which needs the world as a migration. */
static void check(struct bench *bench, const char *world)
{
	struct amplan_report *report = NULL;
	struct amplan_error error = {0};
	write_descriptors(bench, world);
	struct amplan *amplan = open_session(NULL);
	amplan_check(amplan, NULL, &report, &error);
	see(bench, report);
	amplan_close(amplan);
}

static long count_lines(const char *text)
{
	long count = 0;
	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static enum fate judge_oracle(struct bench *bench, bool ran)
{
	const struct facts *before = &bench->before, *oracle = &bench->oracle;
	if (!ran)
		return REFUSED_BY_SQLITE;
	if (*oracle->faults)
		return BROKEN;
	if (count_lines(oracle->rows) < count_lines(before->rows))
		return ROWS_LOST;
	if (strcmp(oracle->rows, before->rows) != 0)
		return VALUES_LOST;
	if (strcmp(oracle->counters, before->counters) != 0)
		return COUNTER_LOST;
	if (facts_missing(before->structure, oracle->structure))
		return LESS;
	return CLEAN;
}

static void ask_oracle(struct bench *bench)
{
	size_t size;
	char *bytes = read_file("app.db", &size);
	temp_write(bench->folder, "oracle.db", bytes, size);
	temp_write(bench->folder, "stages.db", bytes, size);
	free(bytes);
	facts_read(&bench->before, "app.db", &bench->schema, &bench->rebuilds);
	must(!*bench->before.faults, bench->before.faults);
	bool ran = oracle_run("oracle.db", &bench->rebuilds, bench->why);
	facts_read(&bench->oracle, "oracle.db", &bench->schema, &bench->rebuilds);
	bench->fate = judge_oracle(bench, ran);
}

/* With keys on amplan looks at what a DROP could do, not at whether it hits a row. */
static bool may_be_careful(const struct bench *bench)
{
	const struct schema *schema = &bench->schema;
	for (int r = 0; r < bench->rebuilds.count; r++)
		for (int i = 0; i < schema->ntables; i++)
			for (int k = 0; k < schema->tables[i].nkeys; k++) {
				const struct key *key = &schema->tables[i].keys[k];
				/* a new table that points at itself points at the old one
				   as long as that bears the name */
				if (key->parent == bench->rebuilds.items[r].table &&
					(strstr(key->actions, "DELETE CASCADE") ||
						strstr(key->actions, "DELETE SET")))
					return bench->refused_keys;
			}
	return false;
}

static int applied(const char *path)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *row = NULL;
	int count = 0;
	must(!sqlite3_open(path, &handle), "no database");
	if (!sqlite3_prepare_v2(handle,
		    "SELECT count(*) FROM amplan_history WHERE event = 'applied'", -1,
		    &row, NULL) &&
		sqlite3_step(row) == SQLITE_ROW)
		count = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(handle);
	return count;
}

/* Keys on begins a stage. Where a later one is refused the earlier ones stay, and what they
   leave is what SQLite alone makes of them. */
static bool stays_in_stages(struct bench *bench)
{
	struct facts facts;
	char why[sizeof(bench->why)] = "";
	int all = bench->rebuilds.nmigrations, done = applied("app.db");
	if (done == 0 || done >= all)
		return false;
	bench->rebuilds.nmigrations = done;
	bool ran = oracle_run("stages.db", &bench->rebuilds, why);
	bench->rebuilds.nmigrations = all;
	facts_read(&facts, "stages.db", &bench->schema, &bench->rebuilds);
	bool same = ran && !strcmp(facts.all, bench->after.all);
	facts_free(&facts);
	return same;
}

/* SQLite alone leaves a trigger that names a table that is gone, until it fires. That a
   later migration makes it anew is not waited for: docs/testing/rebuilds.md. */
static bool leaves_dead_trigger(struct bench *bench)
{
	struct facts facts;
	char why[sizeof(bench->why)] = "";
	int all = bench->rebuilds.nmigrations;
	if (!strstr(amp_str_text(&bench->said), "[broken-trigger]"))
		return false;
	bench->rebuilds.nmigrations = 1;
	oracle_run("stages.db", &bench->rebuilds, why);
	bench->rebuilds.nmigrations = all;
	facts_read(&facts, "stages.db", &bench->schema, &bench->rebuilds);
	bool dead = strstr(facts.all, "_old") != NULL;
	facts_free(&facts);
	return dead;
}

static bool judge(struct bench *bench, int code)
{
	const char *wrong = NULL;
	bool same = !strcmp(bench->after.all, bench->before.all) ||
		(code && stays_in_stages(bench));
	if (code && !same)
		wrong = "it is refused, and yet something changed";
	else if (!code && strcmp(bench->after.all, bench->oracle.all) != 0)
		wrong = "it is not as SQLite alone leaves it";
	else if (code && bench->fate == CLEAN && !may_be_careful(bench) &&
		!leaves_dead_trigger(bench))
		wrong = "it is refused, and nothing is wrong with it";
	else if (!code && bench->fate == REFUSED_BY_SQLITE)
		wrong = "SQLite refuses it, and amplan does not";
	else if (!code && bench->fate == ROWS_LOST)
		wrong = "rows are lost, and it is not refused";
	else if (!code && bench->fate == BROKEN)
		wrong = "something is broken, and it is not refused";
	else if (!code && bench->fate != CLEAN && !bench->told)
		wrong = "something is lost, and it is not told";
	if (!wrong)
		return true;
	points_failed(&bench->points, "%s (SQLite alone: %s %s; %s, %s)\n%s%s%s%s", wrong,
		fate_names[bench->fate], bench->why, plant_names[bench->rebuilds.plant],
		style_names[bench->rebuilds.items[0].style], amp_str_text(&bench->said),
		bench->oracle.faults, bench->points.verbose ? bench->before.all : "",
		bench->points.verbose ? bench->after.all : "");
	return false;
}

static void count(struct bench *bench, int code)
{
	int how = code ? 1 : bench->told ? 2 : 3;
	bench->fates[bench->fate][0]++;
	bench->fates[bench->fate][how]++;
	bench->careful_refusals += code && bench->fate == CLEAN;
	for (int i = 0; i < bench->rebuilds.count; i++)
		bench->styles[bench->rebuilds.items[i].style]++;
	if (bench->rebuilds.plant == SOUND || bench->fate == CLEAN)
		return;
	bench->plants[bench->rebuilds.plant][0]++;
	bench->plants[bench->rebuilds.plant][how]++;
}

static void print(const struct bench *bench)
{
	for (int i = 0; i < bench->rebuilds.nmigrations; i++)
		printf("-- migration %d%s\n%s", i + 1,
			bench->rebuilds.keys_on[i] ? ", foreign keys on" : "",
			amp_str_text(&bench->rebuilds.sql[i]));
	printf("-- SQLite alone: %s %s\n%s", fate_names[bench->fate], bench->why,
		amp_str_text(&bench->said));
}

static void try(struct bench *bench)
{
	struct dice dice = dice_of(bench->points.seed, (uint64_t)bench->points.number);
	AMP_STR_AUTO world = AMP_STR_INIT;
	bool rehearsed = dice_chance(&dice, 50);
	schema_make(&bench->schema, &dice);
	schema_write(&bench->schema, &world);
	make_database(bench);
	rebuilds_make(&bench->rebuilds, &bench->schema, PLANTED);
	must(bench->rebuilds.count > 0, "nothing to rebuild");
	amp_str_clear(&bench->said);
	bench->told = bench->refused_keys = false;
	ask_oracle(bench);
	write_descriptors(bench, NULL);
	int code = apply(bench, rehearsed);
	facts_read(&bench->after, "app.db", &bench->schema, &bench->rebuilds);
	if (!code && bench->fate == LESS)
		check(bench, amp_str_text(&world));
	count(bench, code);
	if (bench->points.verbose)
		print(bench);
	if (judge(bench, code))
		points_passed(&bench->points);
	facts_free(&bench->before);
	facts_free(&bench->oracle);
	facts_free(&bench->after);
	rebuilds_deinit(&bench->rebuilds);
	unlink("app.db-amplan-failure");
}

static void print_counts(const struct bench *bench)
{
	for (int i = 0; i < STYLES; i++)
		printf("%6ld tables rebuilt: %s\n", bench->styles[i], style_names[i]);
	printf("SQLite alone:                    points  refused     told     passed\n");
	for (int i = 0; i < FATES; i++)
		printf("  %-29s %8ld %8ld %8ld %8ld\n", fate_names[i], bench->fates[i][0],
			bench->fates[i][1], bench->fates[i][2], bench->fates[i][3]);
	printf("lost on purpose, and it shows:\n");
	for (int i = 1; i < PLANTS; i++)
		printf("  %-29s %8ld %8ld %8ld %8ld\n", plant_names[i],
			bench->plants[i][0], bench->plants[i][1], bench->plants[i][2],
			bench->plants[i][3]);
	printf("refused for foreign-keys=\"on\" where no row was in the way: %ld\n",
		bench->careful_refusals);
}

int main(int argc, char **argv)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct stat status;
	must(bench != NULL, "no memory");
	if (points_init(&bench->points, "rebuilds", 5, argc, argv) != 1) {
		fprintf(stderr,
			"usage: test_rebuilds [--seed N] [--every N] [--point K]\n");
		return 2;
	}
	/* a disk in memory: nothing here depends on what is synced */
	if (!getenv("TMPDIR") && !stat("/dev/shm", &status))
		setenv("TMPDIR", "/dev/shm", 1);
	char *start = getcwd(NULL, 0);
	bench->folder = temp_make();
	must(!chdir(bench->folder) && !mkdir("m", 0700), "no folder");
	for (long i = 0; i < POINTS; i++)
		if (points_take(&bench->points))
			try(bench);
	print_counts(bench);
	must(!chdir(start), "no folder to go back to");
	temp_remove(bench->folder);
	int failed = points_done(&bench->points);
	amp_str_deinit(&bench->said);
	free(start);
	free(bench);
	return failed;
}
