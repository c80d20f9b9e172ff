/*
 * Terminal: printing to people, on a terminal or into a file.
 *
 * All text that comes from outside goes through here: whatever a descriptor, a history
 * row or a file name contains, it cannot move the cursor, change the title, or reverse
 * the direction of writing. Errors of writing stay in the stream and are seen at exit.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct terminal {
	FILE *stream;
	bool tty;       /* a terminal that can overwrite a line */
	bool color;     /* styles are written */
	unsigned width; /* columns to wrap at */
};

/* Styles, to be written into formats: say(out, RED "error" PLAIN ": %s\n", text). */
#define BOLD "\001"
#define RED "\002"
#define YELLOW "\003"
#define GREEN "\004"
#define CYAN "\005"
#define FAINT "\006"
#define PLAIN "\016"

/* The colour rule: --color, NO_COLOR, CLICOLOR_FORCE, TERM=dumb, then isatty. */
void terminal_init(struct terminal *terminal, FILE *stream, enum color_when when);

/*
 * Prints. Understands %s, %c, %%, and %d and %u with l, ll or z; what %s stands for is
 * escaped, line ends included. The format may contain the styles above.
 */
void say(struct terminal *terminal, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints text escaped: \xNN for controls and broken bytes, \u{NNNN} for others. */
void terminal_text(struct terminal *terminal, const char *text);
/* The same with so many bytes of it. */
void terminal_piece(struct terminal *terminal, const char *text, size_t length);
/* The same, filled up with blanks to `width` columns. */
void terminal_column(struct terminal *terminal, const char *text, size_t width);
/* The same as one line of source: tabs stay tabs. */
void terminal_source(struct terminal *terminal, const char *text);

/*
 * Prints words broken at the width, lines after the first indented by `indent`. `column`
 * is where the cursor is; ends with a line end.
 */
void terminal_wrap(
	struct terminal *terminal, const char *text, size_t column, size_t indent);

/* Prints a word as one argument for the shell, quoted where it must be. */
void terminal_argument(struct terminal *terminal, const char *word);

/* "1 migration", "2 migrations". */
void terminal_count(struct terminal *terminal, size_t count, const char *noun);

#endif
