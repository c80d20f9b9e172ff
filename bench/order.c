/*
 * Bench: ordering a large catalog against tsort(1) on the same edges.
 *
 * amplan's time is that of amp_graph_build() and amp_order() over migrations in memory;
 * tsort's is the whole life of the process, reading its edges from a file. Both take
 * turns, so that a busy machine hits both. tsort does not promise which of the ready ones
 * comes first; amplan does, so it does the harder work.
 *
 * Usage: order [MIGRATIONS [ROUNDS]], by default 10000 and 21.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "planner/order.h"

#define MOST_DEPENDS 6
#define MOST_ROUNDS 1000

extern char **environ;

static _Noreturn void stop(const char *why)
{
	fprintf(stderr, "order: %s\n", why);
	exit(1);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static uint64_t next_number(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Names like "00417_add_something", each depending on up to six earlier ones. */
static struct amp_migration *make_migration(struct amp_catalog *catalog, size_t index,
	const char *const *ids, uint64_t *chance)
{
	struct amp_migration *migration =
		amp_arena_alloc(&catalog->arena, sizeof(*migration));
	struct amp_reference *depends =
		amp_arena_array(&catalog->arena, MOST_DEPENDS, sizeof(*depends));
	if (!migration || !depends)
		stop("out of memory");
	migration->id = ids[index];
	migration->depends = depends;
	migration->ndepends = index ? 1 + next_number(chance) % MOST_DEPENDS : 0;
	for (size_t i = 0; i < migration->ndepends; i++)
		depends[i].id = ids[next_number(chance) % index];
	return migration;
}

static void make_catalog(struct amp_catalog *catalog, size_t count)
{
	uint64_t chance = 1;
	*catalog = (struct amp_catalog){.count = count};
	catalog->items =
		amp_arena_array(&catalog->arena, count, sizeof(struct amp_migration *));
	const char **ids = amp_arena_array(&catalog->arena, count, sizeof(*ids));
	if (!catalog->items || !ids)
		stop("out of memory");
	for (size_t i = 0; i < count; i++) {
		ids[i] = amp_arena_printf(&catalog->arena, "%05zu_add_something", i);
		if (!ids[i])
			stop("out of memory");
		catalog->items[i] = make_migration(catalog, i, ids, &chance);
	}
}

/* Edges for tsort, "before after"; a migration alone is a pair of itself. */
static size_t write_edges(const struct amp_catalog *catalog, const char *path)
{
	FILE *file = fopen(path, "w");
	size_t edges = 0;
	if (!file)
		stop("cannot write the edges");
	for (size_t i = 0; i < catalog->count; i++) {
		const struct amp_migration *migration = catalog->items[i];
		if (!migration->ndepends)
			fprintf(file, "%s %s\n", migration->id, migration->id);
		for (size_t j = 0; j < migration->ndepends; j++)
			fprintf(file, "%s %s\n", migration->depends[j].id, migration->id);
		edges += migration->ndepends;
	}
	if (fclose(file))
		stop("cannot write the edges");
	return edges;
}

static double time_amplan(const struct amp_catalog *catalog, uint32_t *order)
{
	struct amp_arena arena = {0};
	struct amp_findings findings;
	struct amp_graph graph;
	uint32_t placed;
	amp_findings_init(&findings, &arena);
	double start = now();
	if (amp_graph_build(&graph, catalog, &findings, NULL) ||
		amp_order(&graph, order, &placed, NULL))
		stop("amplan failed");
	double time = now() - start;
	if (findings.count || placed != catalog->count ||
		amp_order_prove(&graph, order, placed, NULL))
		stop("amplan gave no order");
	amp_graph_deinit(&graph);
	amp_findings_deinit(&findings);
	amp_arena_deinit(&arena);
	return time;
}

static double time_tsort(char *path)
{
	char name[] = "tsort";
	char *const arguments[] = {name, path, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(
		&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	double start = now();
	if (posix_spawnp(&pid, name, &actions, NULL, arguments, environ) ||
		waitpid(pid, &status, 0) != pid || status)
		stop("tsort failed");
	double time = now() - start;
	posix_spawn_file_actions_destroy(&actions);
	return time;
}

static int compare_times(const void *a, const void *b)
{
	const double *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

static double median(double *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare_times);
	return count % 2 ? times[count / 2]
			 : (times[count / 2 - 1] + times[count / 2]) / 2;
}

static void compare(const struct amp_catalog *catalog, char *path, size_t rounds)
{
	static double ours[MOST_ROUNDS], theirs[MOST_ROUNDS];
	uint32_t *order = malloc(catalog->count * sizeof(*order));
	if (!order)
		stop("out of memory");
	size_t edges = write_edges(catalog, path);
	/* once each unmeasured, to fill caches */
	time_amplan(catalog, order);
	time_tsort(path);
	for (size_t i = 0; i < rounds; i++) {
		ours[i] = time_amplan(catalog, order);
		theirs[i] = time_tsort(path);
	}
	free(order);
	double our = median(ours, rounds), their = median(theirs, rounds);
	printf("%zu migrations, %zu dependencies, median of %zu rounds\n", catalog->count,
		edges, rounds);
	printf("amplan graph and order  %8.2f ms\n", our);
	printf("tsort                   %8.2f ms\n", their);
	printf("ratio amplan / tsort    %8.2f\n", our / their);
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 21;
	char path[] = "/tmp/amplan-bench-order-XXXXXX";
	struct amp_catalog catalog;
	if (!count || !rounds || rounds > MOST_ROUNDS)
		stop("usage: order [MIGRATIONS [ROUNDS]]");
	int fd = mkstemp(path);
	if (fd < 0)
		stop("cannot make a file for the edges");
	close(fd);
	make_catalog(&catalog, count);
	compare(&catalog, path, rounds);
	unlink(path);
	amp_arena_deinit(&catalog.arena);
	return 0;
}
