/*
 * Common to the benchmarks: time, medians, a folder of migrations.
 */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 99

static inline double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static inline int compare_times(const void *a, const void *b)
{
	double l = *(const double *)a, r = *(const double *)b;
	return (l > r) - (l < r);
}

static inline double median(double *times, int count)
{
	qsort(times, (size_t)count, sizeof(*times), compare_times);
	return times[count / 2];
}

static inline void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* The SQL of migration i, the same for amplan and for the loop it is measured against. */
static inline void migration_sql(char *out, size_t size, int i)
{
	snprintf(out, size,
		"CREATE TABLE t%d (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b REAL);"
		"CREATE INDEX t%d_a ON t%d (a);"
		"INSERT INTO t%d (a, b) VALUES ('one', 1), ('two', 2);",
		i, i, i, i);
}

/* Writes `count` descriptors, each depending on an earlier one; `one` puts them into a
   single file. */
static inline void write_migrations(const char *folder, int count, int one)
{
	char path[300], sql[400];
	FILE *file = NULL;
	mkdir(folder, 0700);
	for (int i = 0; i < count; i++) {
		if (!file) {
			snprintf(path, sizeof(path), "%s/%04d.xml", folder, i);
			file = fopen(path, "w");
			must(file != NULL, path);
			fputs(one ? "<migrations xmlns=\"urn:amplan:1\">\n" : "", file);
		}
		migration_sql(sql, sizeof(sql), i);
		fprintf(file, "<migration%s id=\"%04d_t\">\n",
			one ? "" : " xmlns=\"urn:amplan:1\"", i);
		if (i)
			fprintf(file, "<depends on=\"%04d_t\"/>\n", (i - 1) / 2);
		fprintf(file, "<up>%s</up>\n</migration>\n", sql);
		if (!one || i + 1 == count) {
			fputs(one ? "</migrations>\n" : "", file);
			must(fclose(file) == 0, path);
			file = NULL;
		}
	}
}

#endif
