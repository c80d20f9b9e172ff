#include "cli/man.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "cli/help.h"

/* Pages carry the day their texts were last changed, so that builds repeat. */
#define DATE "November 23, 2026"

static size_t word_length(const char *word)
{
	return strcspn(word, " \n");
}

#define WIDTH ((size_t)72)

/* Text as mdoc: no line may look like a macro, nothing like an escape. */
static void text(FILE *out, const char *bytes, size_t length, size_t width)
{
	bool start = true;
	size_t column = 0;
	for (size_t i = 0; i < length; i++, column++) {
		char c = bytes[i];
		if (c == ' ' && column + word_length(bytes + i + 1) > width) {
			c = '\n';
			column = 0;
		}
		if (start && (c == '.' || c == '\''))
			fputs("\\&", out);
		start = c == '\n';
		if (c == '\\')
			fputs("\\e", out);
		else if (c == '-')
			fputs("\\-", out);
		else
			putc(c, out);
	}
}

/* Prose: a new line after each sentence, as mdoc wants it. */
static void prose(FILE *out, const char *bytes, size_t length)
{
	size_t start = 0;
	for (size_t i = 0; i + 2 < length; i++) {
		bool ends = (bytes[i] == '.' || bytes[i] == '?') && bytes[i + 1] == ' ' &&
			isupper((unsigned char)bytes[i + 2]);
		if (!ends)
			continue;
		text(out, bytes + start, i + 1 - start, WIDTH);
		putc('\n', out);
		start = i + 2;
	}
	text(out, bytes + start, length - start, WIDTH);
	putc('\n', out);
}

static void whole(FILE *out, const char *string)
{
	prose(out, string, strlen(string));
}

/* Paragraphs, with lines that begin with two blanks as displays. */
static void paragraphs(FILE *out, const char *string)
{
	bool literal = false, first = true;
	while (*string) {
		bool kept = !strncmp(string, "  ", 2);
		const char *end = kept ? strchr(string, '\n') : strstr(string, "\n\n");
		size_t length = end ? (size_t)(end - string) : strlen(string);
		if (kept && !literal)
			fputs(".Bd -literal -offset indent\n", out);
		else if (!kept && literal)
			fputs(".Ed\n.Pp\n", out);
		else if (!kept && !first)
			fputs(".Pp\n", out);
		if (kept) {
			text(out, string + 2, length - 2, SIZE_MAX);
			putc('\n', out);
		} else {
			prose(out, string, length);
		}
		literal = kept;
		first = false;
		string += length;
		string += strspn(string, "\n");
	}
	if (literal)
		fputs(".Ed\n", out);
}

static void option(FILE *out, const struct opt *option)
{
	fputs(".It ", out);
	if (option->letter)
		fprintf(out, "Fl %c , ", option->letter);
	fprintf(out, "Fl \\-%s", option->name);
	if (option->argument)
		fprintf(out, " Ar %s", option->argument);
	putc('\n', out);
	whole(out, option->text);
}

static void options(FILE *out, const struct opt *table)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (; table->name; table++)
		if (table->text)
			option(out, table);
	fputs(".El\n", out);
}

static void head(FILE *out, const char *command, const char *line)
{
	fprintf(out, ".Dd %s\n.Dt AMPLAN", DATE);
	if (command)
		putc('-', out);
	for (const char *c = command; c && *c; c++)
		putc(toupper((unsigned char)*c), out);
	fprintf(out, " 1\n.Os\n.Sh NAME\n.Nm amplan%s%s\n.Nd %s\n", command ? "-" : "",
		command ? command : "", line);
}

static void exits(FILE *out)
{
	fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
	for (const struct help_exit *exit = help_exits; exit->text; exit++) {
		fprintf(out, ".It %d\n", exit->code);
		whole(out, exit->text);
	}
	fputs(".El\n", out);
}

/* The smallest name behind `last` (NULL: of all) among the commands; NULL: none. */
static const struct cmd *next_by_name(
	const struct cmd *const *commands, const struct cmd *last)
{
	const struct cmd *next = NULL;
	for (; *commands; commands++) {
		if (last && strcmp((*commands)->name, last->name) <= 0)
			continue;
		if (!next || strcmp((*commands)->name, next->name) < 0)
			next = *commands;
	}
	return next;
}

static void see_also(
	FILE *out, const struct cmd *const *commands, const struct cmd *without)
{
	const char *before = without ? " ,\n" : "";
	fputs(".Sh SEE ALSO\n", out);
	if (without)
		fputs(".Xr amplan 1", out);
	for (const struct cmd *at = NULL; (at = next_by_name(commands, at));) {
		if (at == without)
			continue;
		fprintf(out, "%s.Xr amplan-%s 1", before, at->name);
		before = " ,\n";
	}
	putc('\n', out);
}

void man_command(FILE *out, const struct cmd *command, const struct cmd *const *commands)
{
	head(out, command->name, command->line);
	fprintf(out, ".Sh SYNOPSIS\n.Nm amplan %s\n.Op Ar OPTIONS\n", command->name);
	if (*command->operands) {
		fputs(".Ar ", out);
		text(out, command->operands, strlen(command->operands), SIZE_MAX);
		putc('\n', out);
	}
	fputs(".Sh DESCRIPTION\n", out);
	paragraphs(out, command->text);
	if (command->options) {
		fputs(".Pp\nThe options are:\n", out);
		options(out, command->options);
	}
	fputs(".Pp\nOptions that all commands have are described in\n.Xr amplan 1 .\n",
		out);
	exits(out);
	see_also(out, commands, command);
}

void man_program(FILE *out, const struct cmd *const *commands)
{
	head(out, NULL, help_line);
	fputs(".Sh SYNOPSIS\n.Nm\n.Op Ar COMMAND\n.Op Ar OPTIONS\n.Sh DESCRIPTION\n",
		out);
	paragraphs(out, help_summary);
	fputs(".Pp\nWithout a command the status is printed, or a short help where there is\n"
	      "nothing to show.\n",
		out);
	fputs(".Nm Fl \\-dry\\-run\nis\n.Nm Cm plan ,\n.Nm Fl \\-graph\nis\n"
	      ".Nm Cm graph .\n"
	      ".Pp\nResults are printed on standard output, talk on standard error.\n"
	      ".Pp\nThe commands are:\n.Bl -tag -width baseline\n",
		out);
	for (const struct cmd *const *at = commands; *at; at++) {
		fprintf(out, ".It Cm %s\n", (*at)->name);
		whole(out, (*at)->line);
	}
	fputs(".El\n.Pp\nThe options that all commands have are:\n", out);
	options(out, options_everywhere);
	fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n", out);
	for (const struct help_variable *at = help_variables; at->name; at++) {
		fprintf(out, ".It Ev %s\n", at->name);
		whole(out, at->text);
	}
	fputs(".El\n", out);
	exits(out);
	see_also(out, commands, NULL);
}
