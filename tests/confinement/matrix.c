/*
 * Matrix: what SQL of a migration may do, statement by statement, place by place.
 *
 *	test_confinement statements.txt [TEXT] [--seed N] [--every N] [--point K]
 *
 * TEXT: only the statements that hold it; a point has another number then.
 *
 * Each line of the table is tried wherever SQL can stand, on a handle that is lent and on
 * one that is amplan's own; then again with a step behind it that fails. What is refused
 * must be refused with that kind, at that place, and nothing may be left of it; what is
 * allowed must have done what it says; and where a later step fails, the file must be the
 * same, byte for byte, the folder have no new file, the handle the same settings.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/confinement/bench.h"
#include "tests/support/points.h"

enum cell { REQUIRED, NONE, QUERY, CELLS };

/* A line of the table. */
struct line {
	unsigned number;      /* in the file */
	char *cells[CELLS];   /* "ok", a kind, or "-": it is not tried there */
	struct amp_str sql;   /* without the mark */
	unsigned row, column; /* of the mark, from the beginning of the SQL */
	unsigned begin_row, begin_column; /* of the first word */
	char *after; /* query that is true when it ran; or "says ..." */
};

#define FAILS "<depends on=\"" IT "\"/><up>SELECT no_such_function();</up>"
#define TRIED_FOR 20000
#define ENDLESS_FOR 150

static char *trim(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	char *end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static void broken(const struct line *line, const char *what)
{
	fprintf(stderr, "line %u of the table: %s\n", line->number, what);
	exit(2);
}

/* "{1000*(}" is a thousand brackets. */
static const char *repeat(struct amp_str *sql, const char *text)
{
	char *what;
	long times = strtol(text + 1, &what, 10);
	const char *end = strchr(text, '}');
	if (what == text + 1 || *what != '*' || !end) {
		amp_str_addc(sql, *text);
		return text + 1;
	}
	for (long i = 0; i < times; i++)
		amp_str_addn(sql, what + 1, (size_t)(end - what - 1));
	return end + 1;
}

static void find_begin(struct line *line)
{
	const char *at = amp_str_text(&line->sql);
	size_t length;
	for (; (length = strspn(at, " ;\n")) || *at == '/' || !strncmp(at, "--", 2);) {
		const char *end = !strncmp(at, "/*", 2) ? strstr(at, "*/")
			: !strncmp(at, "--", 2)         ? strchr(at, '\n')
							: NULL;
		if (!length && !end)
			break;
		for (const char *to = length ? at + length : end + (*at == '/' ? 2 : 0);
			at < to; at++) {
			line->begin_row += *at == '\n';
			line->begin_column = *at == '\n' ? 0 : line->begin_column + 1;
		}
	}
}

static void take_sql(struct line *line, const char *text)
{
	while (*text) {
		if (*text == '^') {
			const char *before = amp_str_text(&line->sql), *row;
			line->row = 0;
			for (; (row = strchr(before, '\n')); before = row + 1)
				line->row++;
			line->column = (unsigned)strlen(before);
			text++;
		} else if (!strncmp(text, "\\n", 2)) {
			amp_str_addc(&line->sql, '\n');
			text += 2;
		} else if (*text == '{') {
			text = repeat(&line->sql, text);
		} else {
			amp_str_addc(&line->sql, *text++);
		}
	}
}

static bool take_line(struct line *line, char *text)
{
	char *end = text + strcspn(text, "\n");
	*end = '\0';
	if (!*text || *text == '#')
		return false;
	for (int i = 0; i < CELLS; i++) {
		char *bar = strstr(text, " | ");
		if (!bar)
			broken(line, "three cells and SQL are wanted");
		*bar = '\0';
		line->cells[i] = strdup(trim(text));
		text = bar + 3;
	}
	char *after = strstr(text, "  --> ");
	if (after) {
		*after = '\0';
		line->after = strdup(trim(after + 6));
	}
	take_sql(line, trim(text));
	find_begin(line);
	return true;
}

static void deinit_line(struct line *line)
{
	for (int i = 0; i < CELLS; i++)
		free(line->cells[i]);
	free(line->after);
	amp_str_deinit(&line->sql);
	*line = (struct line){0};
}

/* The body of the migration in question: SQL begins a line of its own. */
static char *body(const struct line *line, const char *element)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	amp_str_addf(&text, "<%s><![CDATA[\n%s\n]]></%s>", element,
		amp_str_text(&line->sql), element);
	return strdup(amp_str_text(&text));
}

/* "verify-failed" is what a verify comes to that is not true; a precondition likewise. */
static const char *expected_kind(const char *kind, bool before)
{
	return before && !strcmp(kind, "verify-failed") ? "precondition-failed" : kind;
}

/* Is the outcome what the table says? `row` is the line on which the SQL begins. */
static void judge(const struct line *line, const char *kind,
	const struct outcome *outcome, unsigned row, const char *where,
	struct amp_str *wrong)
{
	if (!strcmp(kind, "ok")) {
		if (outcome->code)
			amp_str_addf(wrong, "  %s: wanted to pass, but %s: %s\n", where,
				outcome->kind, outcome->message);
		return;
	}
	/* what cannot be a query at all is told where it begins, not where the mark is */
	static const char *const whole[] = {"a query must not write",
		"a query must not change settings", "a query must read and give a row"};
	unsigned row_wanted = row + line->row, column_wanted = line->column + 1;
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (!strcmp(outcome->message, whole[i])) {
			row_wanted = row + line->begin_row;
			column_wanted = line->begin_column + 1;
		}
	if (!outcome->code)
		amp_str_addf(wrong, "  %s: %s is wanted, but it passed\n", where, kind);
	else if (strcmp(outcome->kind, kind) != 0)
		amp_str_addf(wrong, "  %s: %s is wanted, not %s: %s\n", where, kind,
			outcome->kind, outcome->message);
	else if (!strcmp(kind, "invalid-descriptor"))
		return; /* it is the element that is at fault */
	else if (outcome->column &&
		(outcome->line != row_wanted || outcome->column != column_wanted))
		amp_str_addf(wrong, "  %s: wanted at %u:%u, not at %u:%u\n", where,
			row + line->row, line->column + 1, outcome->line,
			outcome->column);
	else if (!outcome->column && strcmp(kind, "cancelled") != 0)
		amp_str_addf(wrong, "  %s: %s has no place\n", where, kind);
	else if (line->after && !strncmp(line->after, "says ", 5) &&
		!strstr(outcome->message, line->after + 5) &&
		!strstr(outcome->hint, line->after + 5))
		amp_str_addf(wrong, "  %s: '%s' is not said: %s (%s)\n", where,
			line->after + 5, outcome->message, outcome->hint);
}

static int64_t time_for(const struct line *line, enum cell cell)
{
	const char *kind = line->cells[cell];
	return !strcmp(kind, "cancelled") ? ENDLESS_FOR : TRIED_FOR;
}

/* What it should have done it did. */
static void judge_effect(
	struct bench *bench, const struct line *line, struct amp_str *wrong)
{
	if (line->after && strncmp(line->after, "says ", 5) != 0 &&
		bench_ask(bench, line->after) != 1)
		amp_str_addf(wrong, "  without effect: %s\n", line->after);
}

/* The whole table, but for what is not undone: whether a step may stand before another. */
struct attempt {
	const struct line *line;
	struct bench *bench;
	bool lent;
	struct amp_str wrong;
	char kind[64];
};

/* "this/that": this on the database of a lent handle, that everywhere else. "this~": not
   known in the rehearsal of a lent handle. */
static const char *kind_of(struct attempt *attempt, enum cell cell, bool rehearsed)
{
	const char *kind = attempt->line->cells[cell], *slash = strchr(kind, '/');
	size_t length = strlen(kind);
	/* the shadow of a lent handle lacks what the application added to the handle */
	if (kind[length - 1] == '~') {
		snprintf(attempt->kind, sizeof(attempt->kind), "%.*s", (int)length - 1,
			kind);
		return attempt->lent && rehearsed ? "ok" : attempt->kind;
	}
	if (!slash)
		return kind;
	snprintf(attempt->kind, sizeof(attempt->kind), "%.*s", (int)(slash - kind), kind);
	return attempt->lent && !rehearsed ? attempt->kind : slash + 1;
}

static bool is_ok(struct attempt *attempt, enum cell cell)
{
	return !strcmp(kind_of(attempt, cell, false), "ok");
}

/* Line of the descriptor on which the SQL begins: behind the start tag and that of up. */
enum { SQL_ROW = 3 };

static void up_alone(struct attempt *attempt)
{
	const struct line *line = attempt->line;
	struct bench *bench = attempt->bench;
	char *up = body(line, "up");
	bench_descriptor(bench, IT, "", up);
	bench_open(bench, attempt->lent, time_for(line, REQUIRED));
	struct outcome outcome = bench_apply(bench, false);
	bench_close(bench, &attempt->wrong);
	judge(line, kind_of(attempt, REQUIRED, false), &outcome, SQL_ROW, "up",
		&attempt->wrong);
	if (is_ok(attempt, REQUIRED)) {
		judge_effect(bench, line, &attempt->wrong);
		bench_compare_folder(bench, &attempt->wrong);
	} else {
		bench_compare(bench, &attempt->wrong);
	}
	free(up);
}

static void up_then_failure(struct attempt *attempt)
{
	const struct line *line = attempt->line;
	struct bench *bench = attempt->bench;
	char *up = body(line, "up");
	bench_descriptor(bench, IT, "", up);
	bench_descriptor(bench, "3_fails", "", FAILS);
	bench_open(bench, attempt->lent, time_for(line, REQUIRED));
	struct outcome outcome = bench_apply(bench, false);
	bench_close(bench, &attempt->wrong);
	if (!outcome.code)
		amp_str_add(&attempt->wrong, "  the step behind it did not fail\n");
	bench_compare(bench, &attempt->wrong);
	free(up);
}

static void up_rehearsed(struct attempt *attempt)
{
	const struct line *line = attempt->line;
	struct bench *bench = attempt->bench;
	char *up = body(line, "up");
	bench_descriptor(bench, IT, "", up);
	bench_open(bench, attempt->lent, time_for(line, REQUIRED));
	struct outcome outcome = bench_plan(bench);
	bench_close(bench, &attempt->wrong);
	judge(line, kind_of(attempt, REQUIRED, true), &outcome, SQL_ROW, "plan",
		&attempt->wrong);
	bench_compare(bench, &attempt->wrong);
	free(up);
}

/* A down of 2_it, where that was applied with an up that makes a table of its own. */
static void apply_first(struct attempt *attempt, const char *failing)
{
	struct bench *bench = attempt->bench;
	AMP_STR_AUTO text = AMP_STR_INIT;
	char *down = body(attempt->line, "down");
	amp_str_addf(&text, "%s<up>CREATE TABLE its (x);</up>\n%s",
		failing ? "<depends on=\"1_fails\"/>" : "", down);
	if (failing)
		bench_descriptor(bench, "1_fails", "", failing);
	bench_descriptor(bench, IT, "", amp_str_text(&text));
	bench_open(bench, false, TRIED_FOR);
	struct outcome outcome = bench_apply(bench, false);
	bench_close(bench, &attempt->wrong);
	if (outcome.code)
		amp_str_addf(&attempt->wrong,
			"  what is to be rolled back cannot run:\n%s",
			amp_str_text(&bench->said));
	free(down);
}

static void down(struct attempt *attempt, const char *failing, bool rehearsed)
{
	const struct line *line = attempt->line;
	struct bench *bench = attempt->bench;
	char *kept = bench->before;
	size_t size = bench->before_size;
	apply_first(attempt, failing);
	bench->before = NULL;
	bench_remember(bench);
	bench_open(bench, attempt->lent, time_for(line, REQUIRED));
	struct outcome outcome = bench_roll_back(bench, failing ? 2 : 1, rehearsed);
	bench_close(bench, &attempt->wrong);
	if (failing && !outcome.code)
		amp_str_add(&attempt->wrong, "  the down behind it did not fail\n");
	if (!failing)
		judge(line, kind_of(attempt, REQUIRED, rehearsed), &outcome, SQL_ROW + 1,
			"down", &attempt->wrong);
	if (failing || rehearsed || !is_ok(attempt, REQUIRED))
		bench_compare(bench, &attempt->wrong);
	else
		judge_effect(bench, line, &attempt->wrong);
	free(bench->before);
	bench->before = kept;
	bench->before_size = size;
}

static void down_alone(struct attempt *attempt)
{
	down(attempt, NULL, false);
}

static void down_rehearsed(struct attempt *attempt)
{
	down(attempt, NULL, true);
}

static void down_then_failure(struct attempt *attempt)
{
	down(attempt,
		"<up>CREATE TABLE fails (x);</up><down>SELECT no_such_function();</down>",
		false);
}

#define ALONE "transaction=\"none\""

static void none_alone(struct attempt *attempt)
{
	const struct line *line = attempt->line;
	struct bench *bench = attempt->bench;
	char *up = body(line, "up");
	bench_descriptor(bench, IT, ALONE, up);
	bench_open(bench, attempt->lent, time_for(line, NONE));
	struct outcome outcome = bench_apply(bench, false);
	bench_close(bench, &attempt->wrong);
	judge(line, kind_of(attempt, NONE, false), &outcome, SQL_ROW, "none",
		&attempt->wrong);
	if (is_ok(attempt, NONE))
		judge_effect(bench, line, &attempt->wrong);
	bench_compare_folder(bench, &attempt->wrong);
	free(up);
}

/* What it did stays; what the step behind it did must not. */
static void none_then_failure(struct attempt *attempt)
{
	const struct line *line = attempt->line;
	struct bench *bench = attempt->bench;
	char *up = body(line, "up");
	bench_descriptor(bench, IT, ALONE, up);
	bench_open(bench, attempt->lent, time_for(line, NONE));
	bench_apply(bench, false);
	bench_close(bench, &attempt->wrong);
	char *dump = bench_dump(bench);
	bench_lay(bench);
	bench_descriptor(bench, IT, ALONE, up);
	bench_descriptor(bench, "3_fails", "",
		"<depends on=\"" IT
		"\"/><up>CREATE TABLE left (x); INSERT INTO left VALUES (1);"
		"DELETE FROM base; SELECT no_such_function();</up>");
	bench_open(bench, attempt->lent, time_for(line, NONE));
	struct outcome outcome = bench_apply(bench, false);
	bench_close(bench, &attempt->wrong);
	char *dump_now = bench_dump(bench);
	if (!outcome.code)
		amp_str_add(&attempt->wrong, "  the step behind it did not fail\n");
	bench_compare_texts(
		"with a step behind it that fails", dump, dump_now, &attempt->wrong);
	free(dump_now);
	free(dump);
	free(up);
}

static void none_rehearsed(struct attempt *attempt)
{
	const struct line *line = attempt->line;
	struct bench *bench = attempt->bench;
	char *up = body(line, "up");
	bench_descriptor(bench, IT, ALONE, up);
	bench_open(bench, attempt->lent, time_for(line, NONE));
	struct outcome outcome = bench_plan(bench);
	bench_close(bench, &attempt->wrong);
	judge(line, kind_of(attempt, NONE, true), &outcome, SQL_ROW, "none in a plan",
		&attempt->wrong);
	bench_compare(bench, &attempt->wrong);
	free(up);
}

static void query(struct attempt *attempt, const char *element, bool rehearsed)
{
	const struct line *line = attempt->line;
	struct bench *bench = attempt->bench;
	bool before = !strcmp(element, "precondition");
	AMP_STR_AUTO text = AMP_STR_INIT;
	char *check = body(line, element);
	amp_str_addf(&text, "%s%s<up>CREATE TABLE its (x);</up>\n%s", "",
		before ? "" : "", check);
	if (before) {
		amp_str_clear(&text);
		amp_str_addf(&text, "\n%s<up>CREATE TABLE its (x);</up>", check);
	}
	bench_descriptor(bench, IT, "", amp_str_text(&text));
	bench_open(bench, attempt->lent, time_for(line, QUERY));
	struct outcome outcome =
		rehearsed ? bench_plan(bench) : bench_apply(bench, false);
	bench_close(bench, &attempt->wrong);
	judge(line, expected_kind(kind_of(attempt, QUERY, rehearsed), before), &outcome,
		SQL_ROW + 1, element, &attempt->wrong);
	if (rehearsed || !is_ok(attempt, QUERY))
		bench_compare(bench, &attempt->wrong);
	else
		bench_compare_folder(bench, &attempt->wrong);
	free(check);
}

static void verify(struct attempt *attempt)
{
	query(attempt, "verify", false);
}

static void precondition(struct attempt *attempt)
{
	query(attempt, "precondition", false);
}

static void verify_rehearsed(struct attempt *attempt)
{
	query(attempt, "verify", true);
}

/* A query changes nothing: with it and without it the same comes out. */
static void query_changes_nothing(struct attempt *attempt)
{
	const struct line *line = attempt->line;
	struct bench *bench = attempt->bench;
	AMP_STR_AUTO text = AMP_STR_INIT;
	char *check = body(line, "verify"), *dumps[2];
	amp_str_addf(&text, "<up>SELECT 1;</up>\n%s", check);
	for (int i = 0; i < 2; i++) {
		bench_descriptor(
			bench, IT, "", i ? amp_str_text(&text) : "<up>SELECT 1;</up>");
		bench_open(bench, attempt->lent, time_for(line, QUERY));
		bench_apply(bench, false);
		bench_close(bench, &attempt->wrong);
		dumps[i] = bench_dump(bench);
		bench_lay(bench);
	}
	if (is_ok(attempt, QUERY))
		bench_compare_texts(
			"with the query", dumps[0], dumps[1], &attempt->wrong);
	free(dumps[0]);
	free(dumps[1]);
	free(check);
}

static const struct {
	const char *name;
	enum cell cell;
	void (*run)(struct attempt *attempt);
} places[] = {
	{"up", REQUIRED, up_alone},
	{"up, then a step that fails", REQUIRED, up_then_failure},
	{"up, rehearsed", REQUIRED, up_rehearsed},
	{"down", REQUIRED, down_alone},
	{"down, then one that fails", REQUIRED, down_then_failure},
	{"down, rehearsed", REQUIRED, down_rehearsed},
	{"none", NONE, none_alone},
	{"none, then a step that fails", NONE, none_then_failure},
	{"none, rehearsed", NONE, none_rehearsed},
	{"verify", QUERY, verify},
	{"verify, rehearsed", QUERY, verify_rehearsed},
	{"verify, and without", QUERY, query_changes_nothing},
	{"precondition", QUERY, precondition},
};

static void try(struct points *points, struct bench *bench, const struct line *line,
	size_t place, bool lent)
{
	struct attempt attempt = {.line = line, .bench = bench, .lent = lent};
	if (!strcmp(line->cells[places[place].cell], "-") || !points_take(points))
		return;
	bench_lay(bench);
	places[place].run(&attempt);
	if (points->verbose)
		printf("%.300s\n%s", amp_str_text(&line->sql),
			amp_str_text(&bench->said));
	if (attempt.wrong.length)
		points_failed(points, "line %u, %s, %s handle: %.200s\n%s%s",
			line->number, places[place].name, lent ? "lent" : "own",
			amp_str_text(&line->sql), amp_str_text(&attempt.wrong),
			amp_str_text(&bench->said));
	else
		points_passed(points);
	amp_str_deinit(&attempt.wrong);
}

static FILE *open_table(int argc, char **argv)
{
	FILE *table = argc == 2 || argc == 3 ? fopen(argv[1], "r") : NULL;
	if (table)
		return table;
	fprintf(stderr,
		"usage: test_confinement TABLE [TEXT] [--seed N] [--every N] "
		"[--point K]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct points points;
	struct bench bench;
	struct line line = {0};
	char *text = NULL;
	size_t room = 0;
	unsigned number = 0, statements = 0;
	argc = points_init(&points, "confinement", 5, argc, argv);
	FILE *table = open_table(argc, argv);
	bench_init(&bench);
	while (getline(&text, &room, table) > 0) {
		line.number = ++number;
		if (take_line(&line, text) &&
			(argc < 3 || strstr(amp_str_text(&line.sql), argv[2]))) {
			statements++;
			for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
				for (int lent = 0; lent < 2; lent++)
					try(&points, &bench, &line, i, lent);
		}
		deinit_line(&line);
	}
	free(text);
	fclose(table);
	bench_deinit(&bench);
	printf("%u statements, %zu places, handles own and lent\n", statements,
		sizeof(places) / sizeof(*places));
	return points_done(&points);
}
