/*
 * Commands: the whole program, called as a function. Its streams are made here, so that
 * writing to them can fail; where it becomes another program, it ends.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/errors/cases.h"
#include "tests/errors/faults.h"

#define SEEN __attribute__((visibility("default")))

/* cli/main.c, compiled under another name. */
int amplan_main(int argc, char **argv);

#define WORDS(...)                \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}
#define APP "-d", "app.db", "-m", "m"

const struct a_case command_cases[] = {
	{"plan", "behind", 0, WORDS("plan", APP), NULL},
	{"plan json", "behind", 0, WORDS("plan", APP, "--json", "-v"), NULL},
	{"plan none", "none", 0, WORDS("plan", APP, "--exit-code"), NULL},
	{"plan failing", "failing", 0, WORDS("plan", APP), NULL},
	{"plan broken", "broken", 0, WORDS("plan", APP), NULL},
	{"plan out", "behind", CASE_WRITES, WORDS("plan", APP, "-o", "new.xml"), NULL},
	{"graph", "behind", 0, WORDS("graph", APP), NULL},
	{"graph pending", "behind", 0, WORDS("graph", APP, "--pending", "--reduce"),
		NULL},
	{"graph around", "drifted", 0, WORDS("graph", APP, "--around", "002_notes"),
		NULL},
	{"graph json", "current", 0, WORDS("graph", APP, "--json"), NULL},
	{"graph effects", "undeclared", 0, WORDS("graph", "-m", "m", "--effects"), NULL},
	{"order", "none", 0, WORDS("order", "-m", "m"), NULL},
	{"order json", "none", 0, WORDS("order", "-m", "m", "--json"), NULL},
	{"order broken", "broken", 0, WORDS("order", "-m", "m"), NULL},
	{"order broken json", "broken", 0, WORDS("order", "-m", "m", "--json"), NULL},
	{"order cold", "none", CASE_COLD, WORDS("order", "-m", "m"), NULL},
	{"apply", "behind", CASE_WRITES, WORDS("apply", APP), NULL},
	{"apply json", "wal", CASE_WRITES, WORDS("apply", APP, "--json"), NULL},
	{"apply log", "none", CASE_WRITES, WORDS("apply", APP, "--log-format", "json"),
		NULL},
	{"apply file", "saved", CASE_WRITES, WORDS("apply", APP, "--plan", "plan.xml"),
		NULL},
	{"apply failing", "failing", CASE_WRITES, WORDS("apply", APP, "--no-rehearsal"),
		NULL},
	{"apply outside", "outside", CASE_WRITES | CASE_STEPS, WORDS("apply", APP), NULL},
	{"rollback refused", "current", 0, WORDS("rollback", APP, "--to", "001_users"),
		NULL},
	{"rollback", "back", CASE_WRITES, WORDS("rollback", APP, "--to", "001_users"),
		NULL},
	{"rollback dry", "behind", 0, WORDS("rollback", APP, "--steps", "1", "--dry-run"),
		NULL},
	{"status", "behind", 0, WORDS("status", APP), NULL},
	{"status json", "drifted", 0, WORDS("status", APP, "--json"), NULL},
	{"status failing", "failing", 0, WORDS("status", APP, "--exit-code"), NULL},
	{"status stopped", "stopped", 0, WORDS("status", APP), NULL},
	{"status cold", "behind", CASE_COLD, WORDS("status", APP), NULL},
	{"verify", "current", 0, WORDS("verify", APP), NULL},
	{"verify drifted", "drifted", 0, WORDS("verify", APP, "--color", "always"), NULL},
	{"check", "undeclared", 0, WORDS("check", "-m", "m"), NULL},
	{"check json", "undeclared", 0, WORDS("check", "-m", "m", "--json"), NULL},
	{"check sarif", "lint", 0, WORDS("check", "-m", "m", "--format", "sarif"), NULL},
	{"check github", "broken", 0, WORDS("check", "-m", "m", "--format", "github"),
		NULL},
	{"check fix", "undeclared", CASE_WRITES, WORDS("check", "-m", "m", "--fix"),
		NULL},
	{"why", "behind", 0, WORDS("why", "tags:1", APP), NULL},
	{"why json", "behind", 0, WORDS("why", "tags:1", APP, "--json"), NULL},
	{"why unknown", "behind", 0, WORDS("why", "tag:1", APP), NULL},
	{"explain", "empty", 0, WORDS("explain", "cycle"), NULL},
	{"explain all", "empty", 0, WORDS("explain"), NULL},
	{"explain json", "empty", 0, WORDS("explain", "cycle", "--json"), NULL},
	{"new", "none", CASE_WRITES | CASE_MAKES, WORDS("new", "add_more", "-m", "m"),
		NULL},
	{"new empty", "empty", CASE_WRITES | CASE_MAKES,
		WORDS("new", "first", "-m", "m", "--json"), NULL},
	{"resolve", "stopped", CASE_WRITES,
		WORDS("resolve", "003_outside", "--applied", APP), NULL},
	{"resolve json", "stopped", CASE_WRITES,
		WORDS("resolve", "003_outside", "--again", APP, "--json"), NULL},
	{"show", "saved", 0, WORDS("show", "plan.xml"), NULL},
	{"show json", "saved", 0, WORDS("show", "plan.xml", "--json"), NULL},
	{"baseline", "foreign", CASE_WRITES,
		WORDS("baseline", APP, "--accept-differences", "--yes"), NULL},
	{"baseline differs", "foreign", CASE_WRITES, WORDS("baseline", APP, "--yes"),
		NULL},
	{"start", "behind", CASE_WRITES | CASE_BECOMES,
		WORDS("start", APP, "--", "server", "--port", "80"), NULL},
	{"start current", "current", CASE_BECOMES, WORDS("start", APP, "server"), NULL},
	{"start failing", "failing", CASE_WRITES | CASE_BECOMES,
		WORDS("start", APP, "server"), NULL},
	{"help", "empty", 0, WORDS("help"), NULL},
	{"help plan", "empty", 0, WORDS("plan", "--help"), NULL},
	{"man", "empty", 0, WORDS("--man"), NULL},
	{"usage", "empty", 0, WORDS("plan", "--jsonn"), NULL},
	{"version", "empty", 0, WORDS("--version"), NULL},
	{0},
};

/* The program that it became ends this one. */
static jmp_buf became;
static struct answer *becoming;
static const struct amp_str *watched; /* standard output: writing to it can fail */

SEEN int fault_execvp(const char *program, char *const *words) __asm__("execvp");

int fault_execvp(const char *program, char *const *words)
{
	int number = faults_call("execvp", program, -1, 0);
	if (number) {
		errno = number;
		return -1;
	}
	faults_disarm();
	for (; *words; words++)
		amp_str_addf(&becoming->text, "%s ", *words);
	amp_str_addf(&becoming->text, "with %s %s\n", getenv("AMPLAN_RESULT"),
		getenv("AMPLAN_APPLIED"));
	longjmp(became, 1);
}

static ssize_t append(void *cookie, const char *bytes, size_t size)
{
	struct amp_str *out = cookie;
	/* talk that nobody can hear is lost; a short write is the C library's matter */
	int number = out == watched ? faults_call("write", "standard output", -1, 0) : 0;
	if (number) {
		errno = number;
		return 0;
	}
	/* what the harness keeps is not the program's memory */
	enum fault_source source = faults->source;
	faults->source = FAULTS_NONE;
	amp_str_addn(out, bytes, size);
	faults->source = source;
	return (ssize_t)size;
}

FILE *case_stream(struct amp_str *out, int mode)
{
	const cookie_io_functions_t functions = {.write = append};
	FILE *stream = fopencookie(out, "w", functions);
	if (!stream)
		abort();
	setvbuf(stream, NULL, mode, 0);
	return stream;
}

static void set_environment(void)
{
	static const char *const names[] = {"AMPLAN_RESULT", "AMPLAN_APPLIED",
		"AMPLAN_DATABASE", "AMPLAN_MIGRATIONS", "AMPLAN_LOCK_TIMEOUT",
		"DATABASE_URL"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
	setenv("PRODUCTION_MODE", "1", 1);
	setenv("AUTO_MIGRATE_ON_STARTUP", "true", 1);
	setenv("AUTO_MIGRATE_ON_FAILURE", "stop", 1);
	setenv("NO_COLOR", "1", 1);
}

void command_run(const struct a_case *one, const struct span *span, struct answer *answer)
{
	char *words[24] = {strdup("amplan")};
	FILE *out = stdout, *err = stderr;
	int count = 1;
	for (const char *const *word = one->words; *word; word++)
		words[count++] = strdup(*word);
	set_environment();
	becoming = answer;
	watched = &answer->text;
	stdout = case_stream(&answer->text, _IOFBF);
	stderr = case_stream(&answer->words, _IONBF);
	if (!setjmp(became)) {
		span->start(span->user);
		answer->code = amplan_main(count, words);
		span->stop(span->user);
	} else {
		answer->code = 0;
		span->stop(span->user);
	}
	fclose(stdout);
	fclose(stderr);
	stdout = out;
	stderr = err;
	while (count)
		free(words[--count]);
}
