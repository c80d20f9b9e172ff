/*
 * Outputs: what is printed about hostile files is safe to print. No byte of it moves a
 * cursor, changes a title or turns the direction of text; JSON is JSON, DOT is DOT, and an
 * annotation of GitHub's is one line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hostile/cases.h"
#include "tests/hostile/make.h"
#include "tests/hostile/run.h"
#include "tests/support/points.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))
#define DATABASE "-d", "app.db"

enum kind { TEXT, JSON, DOT, GITHUB, LINES };

static const struct output {
	const char *name;
	enum kind kind;
	bool quick; /* runs no SQL, so that large files are no matter */
	bool both;  /* stderr is looked at, too, as the same kind */
	const char *words[12];
} outputs[] = {
	{"order", TEXT, true, true, {"order", "-m", "m"}},
	{"order-json", JSON, true, false, {"order", "--json", "-m", "m"}},
	{"why", TEXT, true, true, {"why", "a", "-m", "m"}},
	{"graph", DOT, false, false, {"graph", "-m", "m"}},
	{"graph-effects", DOT, false, false, {"graph", "--effects", "-m", "m"}},
	{"check", TEXT, false, true, {"check", "-m", "m"}},
	{"check-json", JSON, false, false, {"check", "--json", "-m", "m"}},
	{"check-sarif", JSON, false, false, {"check", "--format", "sarif", "-m", "m"}},
	{"check-github", GITHUB, false, false,
		{"check", "--format", "github", "-m", "m"}},
	{"plan", TEXT, false, true, {"plan", "-m", "m", "-v"}},
	{"plan-json", JSON, false, false, {"plan", "--json", "-m", "m"}},
	{"apply", TEXT, false, true, {"apply", "-v", "-m", "m", DATABASE}},
	{"apply-log", LINES, false, true,
		{"apply", "-v", "--log-format", "json", "-q", "-m", "m", DATABASE}},
	{"status", TEXT, false, true, {"status", "-m", "m", DATABASE}},
	{"status-json", JSON, false, false, {"status", "--json", "-m", "m", DATABASE}},
	{"new", TEXT, false, true, {"new", "b\033[2J", "-m", "m"}},
};

/* Code points that no output may hold: controls but "\n" and "\t", and what turns the
   direction of text. */
static bool is_unsafe(unsigned point)
{
	return (point < 0x20 && point != '\n' && point != '\t') ||
		(point >= 0x7f && point < 0xa0) || point == 0x061c ||
		(point >= 0x200e && point <= 0x200f) ||
		(point >= 0x202a && point <= 0x202e) ||
		(point >= 0x2066 && point <= 0x2069);
}

/* Bytes of the code point at `s`; 0: none is there. */
static size_t decode(const unsigned char *s, unsigned *point)
{
	size_t n = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	if (*s > 0xf4 || !n)
		return 0;
	*point = n == 1 ? *s : *s & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (s[i] & 0x3f);
	}
	return n;
}

/* What stops the walk: the offset of what is unsafe or no UTF-8; `length`: nothing. */
static size_t first_unsafe(const char *text, size_t length)
{
	size_t at = 0;
	while (at < length) {
		unsigned point = 0;
		size_t n = decode((const unsigned char *)text + at, &point);
		if (!n || at + n > length || is_unsafe(point))
			break;
		at += n;
	}
	return at;
}

static bool is_valid_to(const char *const *words)
{
	struct ran ran;
	run(&ran, words, NULL);
	bool valid = ran.exit == 0;
	ran_free(&ran);
	return valid;
}

static long lines_with(const char *text, const char *front)
{
	long count = 0;
	for (const char *at = text; at;
		at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		count += !strncmp(at, front, strlen(front));
	return count;
}

/* As many annotations as there are findings, so that none was made by a file's name. */
static bool is_annotated(const char *text)
{
	static const char *const words[] = {"check", "--json", "-m", "m", NULL};
	static const char mark[] = "\"severity\":";
	struct ran ran;
	long findings = 0;
	run_stdout(&ran, words);
	for (const char *at = ran.out; (at = strstr(at, mark)); at += strlen(mark))
		findings++;
	ran_free(&ran);
	return lines_with(text, "::") == findings;
}

static bool is_whole(const struct output *output, const struct ran *ran)
{
	static const char *const jq[] = {"/usr/bin/jq", "-e", ".", "said", NULL};
	static const char *const dot[] = {"/usr/bin/dot", "-Tcanon", "said", NULL};
	if (!ran->length)
		return output->kind == TEXT || output->kind == GITHUB ||
			output->kind == LINES || (output->kind == DOT && ran->exit);
	if (rename("out", "said")) {
		perror("said");
		exit(2);
	}
	/* results are no log: they stand beside it */
	if (output->kind == LINES &&
		system("grep '^{' said >lines; [ -s lines ] || echo 0 >lines; mv lines said"))
		return false;
	if (output->kind == JSON || output->kind == LINES)
		return is_valid_to(jq);
	if (output->kind == DOT)
		return is_valid_to(dot);
	return output->kind != GITHUB || is_annotated(ran->out);
}

static void try(struct points *points, const struct hostile_case *item,
	const struct output *output)
{
	struct ran ran;
	cases_put(item);
	remove("app.db");
	if (output->both)
		run(&ran, output->words, NULL);
	else
		run_stdout(&ran, output->words);
	size_t at = first_unsafe(ran.out, ran.length);
	/* what is longer than a MiB is cut */
	bool cut = ran.length == (size_t)1 << 20;
	if (ran.exit < 0 || ran.exit == 70)
		points_failed(points, "%s, %s: exit %d, signal %d", item->name,
			output->name, ran.exit, ran.signal);
	else if (at < ran.length && !(cut && at + 4 > ran.length))
		points_failed(points, "%s, %s: byte 0x%02x at %zu is not safe to print",
			item->name, output->name, (unsigned char)ran.out[at], at);
	else if (strstr(ran.out, SECRET))
		points_failed(points, "%s, %s: something from outside is shown",
			item->name, output->name);
	else if (!cut && !is_whole(output, &ran))
		points_failed(points, "%s, %s: it is not valid:\n%.2000s", item->name,
			output->name, ran.out);
	else
		points_passed(points);
	if (points->verbose)
		printf("%s, %s: exit %d\n%s", item->name, output->name, ran.exit,
			ran.out);
	ran_free(&ran);
}

static bool is_heavy(const struct hostile_case *item)
{
	static const char *const heavy[] = {"large-", "many-", "graph-", "comments-",
		"namespaces-one-", "elements-", "src-8-", "src-sparse", "src-again-",
		"folder-of-many-files"};
	for (size_t i = 0; i < COUNT_OF(heavy); i++)
		if (cases_is(item, heavy[i]))
			return true;
	return false;
}

/* What must be seen is seen. */
static void prove_sight(struct points *points)
{
	static const char *const bad[] = {"a\033[2J", "a\xc2\x9b", "a\xe2\x80\xae",
		"a\x7f", "a\r\n", "a\xff", "a\xe2\x81\xa6", "a\xed\xa0"};
	if (!points_take(points))
		return;
	size_t seen = 0;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		seen += first_unsafe(bad[i], strlen(bad[i])) == 1;
	if (seen == COUNT_OF(bad) && first_unsafe("a\t\xc3\xa4\n", 5) == 5)
		points_passed(points);
	else
		points_failed(points, "what must be seen is not");
}

int main(int argc, char **argv)
{
	struct points points;
	struct hostile_cases cases;
	points_init(&points, "hostile.outputs", 6, argc, argv);
	cases_read(&cases);
	make_room();
	prove_sight(&points);
	for (size_t i = 0; i < cases.count; i++)
		for (size_t k = 0; k < COUNT_OF(outputs); k++)
			if ((outputs[k].quick || !is_heavy(&cases.items[i])) &&
				points_take(&points))
				try(&points, &cases.items[i], &outputs[k]);
	make_no_room();
	cases_free(&cases);
	return points_done(&points);
}
