#include "tests/hostile/cases.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hostile/make.h"
#include "tests/hostile/run.h"

#define LINE_MAX_HERE 8192

static void die(const char *what, const char *name)
{
	fprintf(stderr, "%s: %s\n", name, what);
	exit(2);
}

static void add(struct hostile_cases *cases, char *line)
{
	char *exit_code = strchr(line, '\t');
	char *text = exit_code ? strchr(exit_code + 1, '\t') : NULL;
	if (!text)
		die("expected.txt wants a name, an exit code and a line, with tabs",
			line);
	*exit_code++ = *text++ = '\0';
	text[strcspn(text, "\n")] = '\0';
	cases->items = realloc(cases->items, (cases->count + 1) * sizeof(*cases->items));
	if (!cases->items)
		die("no memory", line);
	cases->items[cases->count++] =
		(struct hostile_case){strdup(line), atoi(exit_code), strdup(text)};
}

static bool is_in(const struct hostile_cases *cases, const char *name)
{
	for (size_t i = 0; i < cases->count; i++)
		if (!strcmp(cases->items[i].name, name))
			return true;
	return false;
}

/* None is forgotten: what is not in the table is not looked at. */
static void check(const struct hostile_cases *cases)
{
	char path[4096], name[256];
	snprintf(path, sizeof(path), "%s/xml", run_sources());
	DIR *folder = opendir(path);
	if (!folder)
		die("no such folder", path);
	for (struct dirent *entry; (entry = readdir(folder));) {
		snprintf(name, sizeof(name), "%.250s", entry->d_name);
		char *ending = strrchr(name, '.');
		if (!ending || strcmp(ending, ".xml") != 0)
			continue;
		*ending = '\0';
		if (!is_in(cases, name))
			die("is not in expected.txt", name);
	}
	closedir(folder);
	const char *made;
	for (int i = 0; (made = make_name(i)); i++)
		if (!is_in(cases, made))
			die("is not in expected.txt", made);
}

void cases_read(struct hostile_cases *cases)
{
	char path[4096], line[LINE_MAX_HERE];
	*cases = (struct hostile_cases){0};
	snprintf(path, sizeof(path), "%s/expected.txt", run_sources());
	FILE *file = fopen(path, "r");
	if (!file)
		die("cannot be read", path);
	while (fgets(line, sizeof(line), file))
		add(cases, line);
	fclose(file);
	check(cases);
}

void cases_free(struct hostile_cases *cases)
{
	for (size_t i = 0; i < cases->count; i++) {
		free(cases->items[i].name);
		free(cases->items[i].line);
	}
	free(cases->items);
}

static void copy(FILE *from, const char *to)
{
	FILE *file = fopen(to, "w");
	if (!file)
		die("cannot be written", to);
	for (int c; (c = getc(from)) != EOF;)
		putc(c, file);
	fclose(file);
}

void cases_put(const struct hostile_case *item)
{
	char path[4096];
	make_clean();
	snprintf(path, sizeof(path), "%s/xml/%s.xml", run_sources(), item->name);
	FILE *file = fopen(path, "r");
	if (file) {
		copy(file, "m/a.xml");
		fclose(file);
	} else if (!make_case(item->name)) {
		die("is in expected.txt, and nowhere else", item->name);
	}
}

bool cases_is(const struct hostile_case *item, const char *with)
{
	return !strncmp(item->name, with, strlen(with));
}
