/*
 * The planner with the 1st, 2nd, ... Nth allocation failing, until one run has no fault:
 * each run before that ends with AMPLAN_NOMEM, none crashes or leaks.
 *
 * The linker puts the functions below in the place of those they are named after. They
 * are those of the arena rather than malloc(), which the arena asks for whole blocks.
 */
#include <stdlib.h>

#include "planner/ancestors.h"
#include "planner/redundant.h"
#include "planner/suggest.h"
#include "tests/support/cmocka.h"
#include "tests/support/lint_world.h"

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_amp_arena_alloc(struct amp_arena *arena, size_t size);
void *__real_amp_arena_array(struct amp_arena *arena, size_t count, size_t size);
char *__real_amp_arena_strdup(struct amp_arena *arena, const char *string);
char *__real_amp_arena_strndup(struct amp_arena *arena, const char *bytes, size_t length);
char *__real_amp_arena_vprintf(struct amp_arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_amp_arena_alloc(struct amp_arena *arena, size_t size);
void *__wrap_amp_arena_array(struct amp_arena *arena, size_t count, size_t size);
char *__wrap_amp_arena_strdup(struct amp_arena *arena, const char *string);
char *__wrap_amp_arena_strndup(struct amp_arena *arena, const char *bytes, size_t length);
char *__wrap_amp_arena_vprintf(struct amp_arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static struct {
	bool armed, happened;
	unsigned left; /* allocations before the one that fails */
} fault;

static bool fails(struct amp_arena *arena)
{
	if (!fault.armed || fault.happened || fault.left--)
		return false;
	fault.happened = true;
	if (arena)
		arena->failed = true;
	return true;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails(NULL) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return fails(NULL) ? NULL : __real_realloc(memory, size);
}

void *__wrap_amp_arena_alloc(struct amp_arena *arena, size_t size)
{
	return fails(arena) ? NULL : __real_amp_arena_alloc(arena, size);
}

void *__wrap_amp_arena_array(struct amp_arena *arena, size_t count, size_t size)
{
	return fails(arena) ? NULL : __real_amp_arena_array(arena, count, size);
}

char *__wrap_amp_arena_strdup(struct amp_arena *arena, const char *string)
{
	return fails(arena) ? NULL : __real_amp_arena_strdup(arena, string);
}

char *__wrap_amp_arena_strndup(struct amp_arena *arena, const char *bytes, size_t length)
{
	return fails(arena) ? NULL : __real_amp_arena_strndup(arena, bytes, length);
}

char *__wrap_amp_arena_vprintf(struct amp_arena *arena, const char *format, va_list args)
{
	return fails(arena) ? NULL : __real_amp_arena_vprintf(arena, format, args);
}

/* Allocates as the code under test does: the order is part of it. */
static int build(struct world *w)
{
	int code = amp_graph_build(&w->graph, &w->catalog, &w->findings, &w->error);
	if (code)
		return code;
	w->order = amp_arena_array(&w->arena, w->graph.count, sizeof(*w->order));
	if (!w->order)
		return AMPLAN_NOMEM;
	code = amp_order(&w->graph, w->order, &w->placed, &w->error);
	if (!code && w->placed < w->graph.count)
		return amp_cycles(&w->graph, &w->findings, &w->error);
	if (!code)
		code = amp_order_prove(&w->graph, w->order, w->placed, &w->error);
	return code ? code : amp_redundant(&w->graph, w->order, &w->error);
}

/* One run, in which the allocation after `left` others fails; false: it did. */
static bool run(const char *const *lines, const char *const *past,
	const struct amp_goal *goal, unsigned left)
{
	WORLD w;
	world_init(&w);
	for (; *lines; lines++)
		world_add(&w, *lines);
	for (; past && *past; past++)
		world_applied(&w, *past);
	fault.happened = false;
	fault.left = left;
	fault.armed = true;
	int code = build(&w);
	if (!code && goal)
		code = world_plan(&w, *goal);
	fault.armed = false;
	assert_int_equal(code, fault.happened ? AMPLAN_NOMEM : AMPLAN_OK);
	return !fault.happened;
}

static void run_all(const char *const *lines, const char *const *past,
	const struct amp_goal *goal, unsigned least)
{
	unsigned left = 0;
	while (!run(lines, past, goal, left))
		left++;
	/* the more places can fail, the more this test has seen */
	assert_true(left >= least);
}

static void test_memory__graph_with_everything_wrong(void **state)
{
	(void)state;
	const char *const lines[] = {"001_a", "002_b 001_x 002_b", "m:003_c 004_d",
		"004_d", "s =001_a", "t =001_a", "u 004_d =004_d", "v =w", "w =v", "x =x",
		NULL};
	run_all(lines, NULL, NULL, 50);
}

static void test_memory__cycles(void **state)
{
	(void)state;
	const char *const lines[] = {"a b", "b c", "c a", "d e?", "e >d", NULL};
	run_all(lines, NULL, NULL, 50);
}

static const char *const catalog[] = {"1", "2 1 #new", "3 2 !maintenance", "4 3",
	"5 -down", "6 ~why !none", "7 #c/new", "8 9", "9", "s =5 =gone", NULL};
static const char *const history[] = {"1", "2 #old", "5", "6", "7 #c/old", "8", "unknown",
	"oldname #9", "stopped !interrupted", NULL};

static void test_memory__plan(void **state)
{
	(void)state;
	const struct amp_goal goal = {.skip_maintenance = true};
	run_all(catalog, history, &goal, 60);
}

static void test_memory__rollback(void **state)
{
	(void)state;
	const struct amp_goal goal = {.direction = AMP_DOWN, .count = 9};
	run_all(catalog, history, &goal, 60);
}

static void test_memory__rollback_by_names(void **state)
{
	(void)state;
	static const char *const names[] = {"2", "1"};
	const struct amp_goal goal = {.direction = AMP_DOWN, .only = names, .nonly = 2};
	run_all(catalog, history, &goal, 60);
}

/* A goal that is not there: with too little memory the answer is that. */
static void test_memory__unknown_goals(void **state)
{
	(void)state;
	unsigned left = 0;
	do {
		WORLD w;
		world_init(&w);
		world_add_all(&w, "a", "b", NULL);
		world_build(&w);
		fault.happened = false;
		fault.left = left++;
		fault.armed = true;
		int code = amp_suggest_unknown(&w.graph, "c", &w.error);
		fault.armed = false;
		assert_int_equal(code, fault.happened ? AMPLAN_NOMEM : AMPLAN_USAGE);
	} while (fault.happened);
	assert_true(left > 1);
}

static void test_memory__ancestors(void **state)
{
	(void)state;
	WORLD w;
	struct amp_ancestors ancestors;
	world_init(&w);
	world_add_all(&w, "a", "b a", NULL);
	world_build(&w);
	for (unsigned left = 0; left <= 2; left++) {
		fault.happened = false;
		fault.left = left;
		fault.armed = true;
		int code = amp_ancestors_build(
			&ancestors, &w.graph, w.order, NULL, 0, true, &w.error);
		fault.armed = false;
		assert_int_equal(code, left < 2 ? AMPLAN_NOMEM : AMPLAN_OK);
		amp_ancestors_deinit(&ancestors);
	}
}

/* Steps that give findings of most kinds. */
static void fill(struct lint_world *lint)
{
	lint_world_init(lint, "a !none -down", "b a", "c a b -down", "d a", NULL);
	lint_world_allow(lint, "a", "no-such-kind");
	lint_world_up(lint, "a", "",
		"CREATE TABLE user (\"order\" STRING PRIMARY KEY, ref REFERENCES x (y))",
		"user order/STRING# name/TEXT! ref/ i:n(name) t:seen k:ref>x.y?");
	lint_world_up(lint, "b",
		"user order/STRING# name/TEXT! ref/ i:n(name) t:seen k:ref>x.y?;~v name/TEXT",
		"--differs\nCREATE TABLE IF NOT EXISTS user (id);\n"
		"--idle\nDROP INDEX IF EXISTS nothing;\n"
		"CREATE TABLE u (name TEXT);\n"
		"INSERT OR IGNORE INTO u (name) SELECT name FROM user;\n"
		"DROP TABLE user; ALTER TABLE u RENAME TO user",
		"user name/INTEGER;~v broken:no such column: ref");
	struct amp_seen *rename = lint_world_up(lint, "c",
		"user name/INTEGER;~v name/TEXT",
		"ALTER TABLE user RENAME name TO title; UPDATE user SET title = \"x\";"
		"ALTER TABLE user ADD a INT NOT NULL; CREATE UNIQUE INDEX i ON user (a)",
		"user title/INTEGER a/INT! u:i(a);~v name/TEXT");
	lint_world_alters(lint, rename, "view v");
	lint_world_down(lint, "c", "user title/INTEGER a/INT! u:i(a);~v name/TEXT",
		"DROP VIEW v; ALTER TABLE user DROP a", "user title/INTEGER");
}

static bool run_lint(unsigned left)
{
	LINT_WORLD lint;
	fill(&lint);
	struct world *w = &lint.world;
	fault.happened = false;
	fault.left = left;
	fault.armed = true;
	int code = amp_lint(
		&w->graph, w->order, lint.effects, false, &w->findings, &w->error);
	fault.armed = false;
	assert_int_equal(code, fault.happened ? AMPLAN_NOMEM : AMPLAN_OK);
	return !fault.happened;
}

static void test_memory__lint(void **state)
{
	(void)state;
	unsigned left = 0;
	while (!run_lint(left))
		left++;
	assert_true(left >= 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory__graph_with_everything_wrong),
		cmocka_unit_test(test_memory__cycles),
		cmocka_unit_test(test_memory__plan),
		cmocka_unit_test(test_memory__rollback),
		cmocka_unit_test(test_memory__rollback_by_names),
		cmocka_unit_test(test_memory__unknown_goals),
		cmocka_unit_test(test_memory__ancestors),
		cmocka_unit_test(test_memory__lint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
