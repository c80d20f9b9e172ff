#include "cli/terminal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/utf8.h"

static bool is_set(const char *name)
{
	const char *value = getenv(name);
	return value && *value;
}

static bool is_forced(const char *name)
{
	const char *value = getenv(name);
	return value && *value && strcmp(value, "0") != 0;
}

static bool is_dumb(void)
{
	const char *term = getenv("TERM");
	return !term || !*term || !strcmp(term, "dumb");
}

static bool wants_color(bool tty, enum color_when when)
{
	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	if (is_set("NO_COLOR"))
		return false;
	return is_forced("CLICOLOR_FORCE") || is_forced("FORCE_COLOR") || tty;
}

static unsigned columns_of(int fd)
{
	struct winsize size;
	if (ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col < 40 ? 40 : size.ws_col > 100 ? 100 : size.ws_col;
}

void terminal_init(struct terminal *terminal, FILE *stream, enum color_when when)
{
	int fd = fileno(stream);
	bool tty = isatty(fd);
	terminal->stream = stream;
	terminal->width = tty ? columns_of(fd) : 80;
	terminal->tty = tty && !is_dumb();
	terminal->color = wants_color(terminal->tty, when);
}

static void put_point(FILE *stream, const char *text, size_t n, uint32_t point)
{
	if (!n)
		fprintf(stream, "\\x%02x", (unsigned)(unsigned char)text[0]);
	else if (!utf8_is_unsafe(point))
		fwrite(text, 1, n, stream);
	else if (point < 0x80)
		fprintf(stream, "\\x%02x", (unsigned)point);
	else
		fprintf(stream, "\\u{%04x}", (unsigned)point);
}

static void put_text(FILE *stream, const char *text, size_t length, bool keep_tabs)
{
	for (const char *end = text + length; text < end;) {
		uint32_t point = 0;
		size_t n = utf8_read(text, &point);
		if (point == '\t' && keep_tabs)
			putc('\t', stream);
		else
			put_point(stream, text, n, point);
		text += n ? n : 1;
	}
}

void terminal_text(struct terminal *terminal, const char *text)
{
	put_text(terminal->stream, text, strlen(text), false);
}

void terminal_piece(struct terminal *terminal, const char *text, size_t length)
{
	put_text(terminal->stream, text, length, false);
}

void terminal_source(struct terminal *terminal, const char *text)
{
	put_text(terminal->stream, text, strlen(text), true);
}

static void put_blanks(FILE *stream, size_t count)
{
	while (count--)
		putc(' ', stream);
}

void terminal_column(struct terminal *terminal, const char *text, size_t width)
{
	size_t taken = utf8_width(text);
	terminal_text(terminal, text);
	if (taken < width)
		put_blanks(terminal->stream, width - taken);
}

static void put_style(struct terminal *terminal, char code)
{
	static const char *const sequences[] = {[1] = "1",
		[2] = "1;31",
		[3] = "33",
		[4] = "32",
		[5] = "36",
		[6] = "2",
		[14] = "0"};
	if (terminal->color)
		fprintf(terminal->stream, "\033[%sm", sequences[(unsigned char)code]);
}

static long long take_signed(va_list *args, unsigned longs)
{
	if (longs > 1)
		return va_arg(*args, long long);
	if (longs == 1)
		return va_arg(*args, long);
	return va_arg(*args, int);
}

static unsigned long long take_unsigned(va_list *args, unsigned longs, bool size)
{
	if (size)
		return va_arg(*args, size_t);
	if (longs > 1)
		return va_arg(*args, unsigned long long);
	if (longs == 1)
		return va_arg(*args, unsigned long);
	return va_arg(*args, unsigned);
}

/* One conversion of say(); returns the byte behind it. */
static const char *convert(struct terminal *terminal, const char *format, va_list *args)
{
	FILE *stream = terminal->stream;
	unsigned longs = 0;
	bool size = false;
	for (; *format == 'l' || *format == 'z'; format++)
		*format == 'z' ? (size = true) : (bool)longs++;
	switch (*format) {
	case 's':
		terminal_text(terminal, va_arg(*args, const char *));
		break;
	case 'd':
		fprintf(stream, "%lld", take_signed(args, longs));
		break;
	case 'u':
		fprintf(stream, "%llu", take_unsigned(args, longs, size));
		break;
	case 'c':
		putc(va_arg(*args, int), stream);
		break;
	case '\0':
		return format;
	default:
		putc(*format, stream);
	}
	return format + 1;
}

void say(struct terminal *terminal, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	while (*format) {
		if (*format == '%')
			format = convert(terminal, format + 1, &args);
		else if ((*format > 0 && *format <= *FAINT) || *format == *PLAIN)
			put_style(terminal, *format++);
		else
			putc(*format++, terminal->stream);
	}
	va_end(args);
}

static size_t piece_width(const char *text, size_t length)
{
	size_t width = 0;
	for (const char *end = text + length; text < end;) {
		uint32_t point = 0;
		size_t n = utf8_read(text, &point);
		width += !n ? 4 : utf8_is_unsafe(point) ? 8 : utf8_columns(point);
		text += n ? n : 1;
	}
	return width;
}

void terminal_wrap(
	struct terminal *terminal, const char *text, size_t column, size_t indent)
{
	static const char blanks[] = " \t\r\n";
	bool first = true;
	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		size_t length = strcspn(text, blanks);
		size_t width = piece_width(text, length);
		if (!first && column + 1 + width > terminal->width) {
			putc('\n', terminal->stream);
			put_blanks(terminal->stream, indent);
			column = indent;
			first = true;
		}
		if (!first) {
			putc(' ', terminal->stream);
			column++;
		}
		put_text(terminal->stream, text, length, false);
		column += width;
		text += length;
		first = false;
	}
	putc('\n', terminal->stream);
}

void terminal_argument(struct terminal *terminal, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:=@%+,-";
	if (*word && word[strspn(word, plain)] == '\0') {
		terminal_text(terminal, word);
		return;
	}
	putc('\'', terminal->stream);
	for (; *word; word++) {
		const char *quote = strchr(word, '\'');
		size_t length = quote ? (size_t)(quote - word) : strlen(word);
		put_text(terminal->stream, word, length, false);
		word += length;
		if (!quote)
			break;
		fputs("'\\''", terminal->stream);
	}
	putc('\'', terminal->stream);
}

void terminal_count(struct terminal *terminal, size_t count, const char *noun)
{
	say(terminal, "%zu %s", count, noun);
	if (count != 1)
		putc('s', terminal->stream);
}
