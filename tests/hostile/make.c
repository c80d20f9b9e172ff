/*
 * Make: most are a head, a unit that is repeated, and a tail. Written piece by piece: what
 * the test holds in memory would be counted for the program that it starts.
 */
#include "tests/hostile/make.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))
#define NS "xmlns=\"urn:amplan:1\""
#define MANY "<migrations " NS ">\n"
#define MANY_END "</migrations>\n"
#define ONE "<migration " NS " id=\"a\">"
#define UP "<up>SELECT 1;</up>"
#define END "</migration>\n"
#define FULL 0 /* up to the bound of a descriptor file */
#define LIMIT ((long)4 << 20)

/* {i} in a unit is its number, {j} the one before, {x} its number with the lowest bit
   turned, {k} N bytes of 'k'. */
struct shape {
	const char *name, *head, *unit, *tail;
	long count; /* of units; FULL */
	int k;
};

static const struct shape shapes[] = {
	/* text */
	{"large-text", ONE "<up>", "SELECT 1;\n", "</up>" END, FULL, 0},
	{"large-cdata", ONE "<up><![CDATA[", "SELECT 1;\n", "]]></up>" END, FULL, 0},
	{"large-cdata-sections", ONE "<up>SELECT 1;", "<![CDATA[x]]>", "</up>" END, FULL,
		0},
	{"large-cdata-sections-4k", ONE "<up>SELECT 1;--", "<![CDATA[{k}]]>", "</up>" END,
		FULL, 4000},
	{"large-cdata-brackets", ONE "<up>SELECT 1;<![CDATA[", "]", "]]></up>" END, FULL,
		0},
	{"large-entities", ONE "<up>SELECT 1;--", "&lt;", "</up>" END, FULL, 0},
	{"large-entities-between", ONE "<up>SELECT 1;--", "&lt;x", "</up>" END, FULL, 0},
	{"large-entities-allowed", ONE "<up>SELECT 1;--",
		"&lt;xxxxxxxxxxxxxxxxxxxxxxxxxxx", "</up>" END, 131000, 0},
	{"large-entities-by-verify", ONE UP, "<verify>SELECT 1 &lt;2 &lt;3</verify>", END,
		30000, 0},
	{"large-references", ONE "<up>SELECT 1;--", "&#x41;&#66;", "</up>" END, FULL, 0},
	{"large-line-ends", ONE "<up>SELECT 1;", "\n", "</up>" END, FULL, 0},
	{"large-line-ends-cr", ONE "<up>SELECT 1;", "\r", "</up>" END, FULL, 0},
	{"large-line-ends-cr-between", ONE "<up>SELECT 1;--", "x\r", "</up>" END, FULL,
		0},
	{"large-line-ends-crlf", ONE "<up>SELECT 1;--",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", "</up>" END, FULL, 0},
	{"large-four-bytes", ONE "<up>SELECT 1;--", "\xf0\x9f\x98\x80", "</up>" END, FULL,
		0},
	{"large-blanks", "", " ", ONE UP END, FULL, 0},
	{"large-description", ONE UP "<description>", "x ", "</description>" END, FULL,
		0},
	{"large-verify", ONE UP "<verify>SELECT 1--", "x", "</verify>" END, FULL, 0},
	{"large-one-byte-too-much", ONE "<up>SELECT 1;--", "x", "</up>" END, LIMIT - 69,
		0},
	{"large-not-well-formed", "", "<", "", FULL, 0},
	{"large-not-well-formed-ampersands", ONE, "&", END, FULL, 0},
	{"large-closing-tags", ONE UP END, "</a>", "", FULL, 0},
	/* comments and instructions */
	{"comments", MANY, "<!---->", MANY_END, FULL, 0},
	{"comments-in-sql", ONE "<up>SELECT 1;", "<!--x-->", "</up>" END, FULL, 0},
	{"comment-large", MANY "<!--", "x", "-->" MANY_END, FULL, 0},
	{"comment-of-dashes", MANY "<!--", "- ", "-->" MANY_END, FULL, 0},
	{"comment-without-end", MANY "<!--", "x", "", FULL, 0},
	{"instructions-100", MANY, "<?p{i} x?>", MANY_END, 100, 0},
	{"instructions-101", MANY, "<?p{i} x?>", MANY_END, 101, 0},
	{"instructions-full", MANY, "<?p{i}?>", MANY_END, FULL, 0},
	{"instruction-large", MANY "<?p ", "x", "?>" MANY_END, FULL, 0},
	/* tags and attributes */
	{"tag-of-16-kib", MANY, "<migration id=\"a{i}\" module=\"{k}\"/>", MANY_END, 200,
		16000},
	{"tag-too-long", MANY "<migration id=\"", "x", "\"/>" MANY_END, 17000, 0},
	{"tag-too-long-blanks", MANY "<migration ", " ", "id=\"a\"/>" MANY_END, 17000, 0},
	{"tag-without-end", MANY "<migration id=\"", "x", "", FULL, 0},
	{"attributes-in-one-tag", MANY "<migration ", "a{i}=\"\" ", "/>" MANY_END, 1400,
		0},
	{"attributes-in-one-tag-too-many", MANY "<migration ", "a{i}=\"\" ",
		"/>" MANY_END, 300000, 0},
	{"attributes-equal", MANY "<migration ", "a=\"\" ", "/>" MANY_END, 2000, 0},
	{"attribute-of-references", MANY "<migration id=\"", "&#65;", "\"/>" MANY_END,
		3000, 0},
	{"namespaces-64", MANY "<migration id=\"a\" ", "xmlns:n{i}=\"urn:amplan:1\" ",
		">" UP "</migration>" MANY_END, 63, 0},
	{"namespaces-65", MANY "<migration id=\"a\" ", "xmlns:n{i}=\"urn:amplan:1\" ",
		">" UP "</migration>" MANY_END, 64, 0},
	{"namespaces-storm", MANY "<migration ", "xmlns:n{i}=\"u\" ", "/>" MANY_END, 800,
		0},
	{"namespaces-nested", MANY "<a>", "<b xmlns:n{i}=\"u\">", "</a>" MANY_END, 200,
		0},
	{"namespaces-one-after-another", MANY,
		"<p{i}:migration xmlns:p{i}=\"urn:amplan:1\" id=\"a{i}\"><p{i}:up>SELECT "
		"1;</p{i}:up></p{i}:migration>",
		MANY_END, 16000, 0},
	{"namespace-looked-up", MANY "<a xmlns:q=\"u\">", "<q:a/>", "</a>" MANY_END, FULL,
		0},
	{"names-distinct", MANY, "<a{i}/>", MANY_END, FULL, 0},
	{"names-distinct-below-unknown", MANY "<x>", "<a{i}/>", "</x>" MANY_END, FULL, 0},
	{"names-distinct-of-attributes", MANY "<x>",
		"<a a{i}=\"\" b{i}=\"\" c{i}=\"\" d{i}=\"\" e{i}=\"\"/>", "</x>" MANY_END,
		FULL, 0},
	{"namespaces-distinct", MANY,
		"<migration id=\"a{i}\" xmlns:a{i}=\"urn:amplan:1\" "
		"xmlns:b{i}=\"urn:amplan:1\" xmlns:c{i}=\"urn:amplan:1\" "
		"xmlns:d{i}=\"urn:amplan:1\">" UP "</migration>",
		MANY_END, FULL, 0},
	{"name-large", MANY "<", "x", "/>" MANY_END, FULL, 0},
	/* depth and width */
	{"deep-255", MANY, "<a>", MANY_END, 255, 0},
	{"deep-full", MANY, "<a>", "", FULL, 0},
	{"deep-full-balanced", "", "<a>", "", FULL, 0},
	{"wide", MANY, "<a/>", MANY_END, FULL, 0},
	{"wide-below-unknown", MANY "<a>", "<a/>", "</a>" MANY_END, FULL, 0},
	{"elements-32768", ONE, "<allow kind=\"x\" reason=\"y\"/>", UP END, 32766, 0},
	{"elements-32769", ONE, "<allow kind=\"x\" reason=\"y\"/>", UP END, 32767, 0},
	/* many of what is known */
	{"many-migrations", MANY, "<migration id=\"a{i}\">" UP "</migration>", MANY_END,
		16000, 0},
	{"many-migrations-in-lines", MANY, "<migration id=\"a{i}\">" UP "</migration>\n",
		MANY_END, 16000, 0},
	{"many-migrations-without-up", MANY, "<migration id=\"a{i}\"/>", MANY_END, 30000,
		0},
	{"many-equal-ids", MANY, "<migration id=\"a\">" UP "</migration>", MANY_END,
		16000, 0},
	{"many-long-ids", MANY,
		"<migration id=\"{k}{i}\"><depends on=\"{k}{j}\"/>" UP "</migration>",
		MANY_END, 10000, 120},
	{"many-ids-of-digits", MANY, "<migration id=\"{k}{i}\">" UP "</migration>",
		MANY_END, 16000, -100},
	{"many-verifies", ONE UP, "<verify>SELECT 1</verify>", END, 30000, 0},
	{"many-preconditions", ONE UP, "<precondition>SELECT 1</precondition>", END,
		30000, 0},
	{"many-empty-verifies", ONE UP, "<verify/>", END, 30000, 0},
	{"many-ups", ONE, "<up>SELECT 1;</up>", END, 30000, 0},
	{"many-descriptions", ONE UP, "<description>x</description>", END, 30000, 0},
	{"many-depends-on-one", ONE UP, "<depends on=\"b\"/>", END, 30000, 0},
	{"many-depends-on-nothing", ONE UP, "<depends on=\"b{i}\"/>", END, 30000, 0},
	{"many-depends-in-lines", ONE UP, "<depends on=\"b{i}\"/>\n", END, 30000, 0},
	{"many-after", ONE UP, "<after on=\"b{i}\"/>", END, 30000, 0},
	{"many-replaces", ONE UP, "<replaces id=\"b{i}\"/>", END, 30000, 0},
	{"many-reasons", ONE UP, "<allow kind=\"x\" reason=\"{k}\"/>", END, 250, 16000},
	{"graph-chain", MANY "<migration id=\"a-1\">" UP "</migration>",
		"<migration id=\"a{i}\"><depends on=\"a{j}\"/>" UP "</migration>",
		MANY_END, 10000, 0},
	{"graph-cycle-of-thousands",
		MANY "<migration id=\"a-1\"><depends on=\"a9999\"/>" UP "</migration>",
		"<migration id=\"a{i}\"><depends on=\"a{j}\"/>" UP "</migration>",
		MANY_END, 10000, 0},
	{"graph-cycles-of-two", MANY,
		"<migration id=\"a{i}\"><depends on=\"a{x}\"/>" UP "</migration>",
		MANY_END, 10000, 0},
	{"graph-cycles-of-one", MANY,
		"<migration id=\"a{i}\"><depends on=\"a{i}\"/>" UP "</migration>",
		MANY_END, 10000, 0},
	{"graph-squashes-of-one", MANY,
		"<migration id=\"a{i}\"><replaces id=\"x\"/>" UP "</migration>", MANY_END,
		10000, 0},
	{"graph-squashes-in-circles", MANY,
		"<migration id=\"a{i}\"><replaces id=\"a{x}\"/>" UP "</migration>",
		MANY_END, 10000, 0},
	{"graph-squashes-in-chain", MANY "<migration id=\"a-1\">" UP "</migration>",
		"<migration id=\"a{i}\"><replaces id=\"a{j}\"/>" UP "</migration>",
		MANY_END, 10000, 0},
	/* files named with src */
	{"src-again", MANY, "<migration id=\"a{i}\"><up src=\"x.sql\"/></migration>",
		MANY_END, 16000, 0},
	{"src-missing-thousands", MANY,
		"<migration id=\"a{i}\"><up src=\"y/{i}.sql\"/></migration>", MANY_END,
		16000, 0},
	{"src-very-long", MANY,
		"<migration id=\"a{i}\"><up src=\"{k}.sql\"/></migration>", MANY_END, 200,
		16000},
};

static void put_number(FILE *file, const char *what, long i, int k)
{
	if (*what == 'k')
		for (int n = k < 0 ? -k : k; n; n--)
			putc(k < 0 ? '1' : 'k', file);
	else
		fprintf(file, "%ld", *what == 'i' ? i : *what == 'j' ? i - 1 : i ^ 1);
}

static void put_unit(FILE *file, const struct shape *shape, long i)
{
	for (const char *at = shape->unit; *at; at++)
		if (*at == '{') {
			put_number(file, at + 1, i, shape->k);
			at += 2;
		} else {
			putc(*at, file);
		}
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(2);
	}
	return file;
}

static void make_shape(const struct shape *shape)
{
	FILE *file = create("m/a.xml");
	fputs(shape->head, file);
	long tail = (long)strlen(shape->tail), longest = 0, at = ftell(file);
	for (long i = 0; shape->count == FULL || i < shape->count; i++) {
		if (shape->count == FULL && at + longest + 2 + tail > LIMIT)
			break;
		put_unit(file, shape, i);
		/* ftell() is a call of the system where the buffer was written */
		long now = at + (longest ? longest : 0);
		if (!longest || strchr(shape->unit, '{')) {
			now = ftell(file);
			longest = now - at > longest ? now - at : longest;
		}
		at = now;
	}
	fputs(shape->tail, file);
	fclose(file);
}

void make_file(const char *path, const char *text)
{
	FILE *file = create(path);
	fputs(text, file);
	fclose(file);
}

static void must(int result, const char *what)
{
	if (!result)
		return;
	perror(what);
	exit(2);
}

static void with_src(const char *src)
{
	FILE *file = create("m/a.xml");
	fprintf(file, "<migration " NS " id=\"a\"><up src=\"%s\"/></migration>\n", src);
	fclose(file);
}

/* Folders: each puts something odd into "m". */

static void src_pipe(void)
{
	with_src("x.sql");
	must(mkfifo("m/x.sql", 0600), "mkfifo");
}

static void src_folder(void)
{
	with_src("x.sql");
	must(mkdir("m/x.sql", 0700), "mkdir");
}

static void src_socket(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "m/x.sql"};
	with_src("x.sql");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	must(bind(fd, (struct sockaddr *)&name, sizeof(name)), "bind");
	close(fd);
}

static void linked(const char *target)
{
	with_src("x.sql");
	must(symlink(target, "m/x.sql"), "symlink");
}

static void src_link_device(void)
{
	linked("/dev/zero");
}

static void src_link_proc(void)
{
	linked("/proc/self/environ");
}

static void src_link_fd(void)
{
	linked("/proc/self/fd/0");
}

static void src_link_outside(void)
{
	linked("../outside/secret.sql");
}

static void src_link_to_itself(void)
{
	linked("x.sql");
}

static void src_link_nowhere(void)
{
	linked("nowhere");
}

static void src_link_up_and_down(void)
{
	linked("../m/y.sql");
	make_file("m/y.sql", "SELECT 1;\n");
}

static void src_link_inside(void)
{
	linked("y.sql");
	make_file("m/y.sql", "SELECT 1;\n");
}

static void src_folder_outside(void)
{
	with_src("sql/secret.sql");
	must(symlink("../outside", "m/sql"), "symlink");
}

static void src_hard_link_outside(void)
{
	with_src("x.sql");
	make_file("outside/linked.sql", "SELECT 1;\n");
	must(link("outside/linked.sql", "m/x.sql"), "link");
}

static void sparse(const char *path, off_t size)
{
	make_file(path, "");
	must(truncate(path, size), "truncate");
}

static void src_sparse(void)
{
	with_src("x.sql");
	sparse("m/x.sql", (off_t)256 << 20);
}

static void src_sparse_giant(void)
{
	with_src("x.sql");
	sparse("m/x.sql", (off_t)1 << 40);
}

static void src_sparse_many(void)
{
	char path[32];
	FILE *file = create("m/a.xml");
	fputs(MANY, file);
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "m/x%d.sql", i);
		sparse(path, (off_t)200 << 20);
		fprintf(file, "<migration id=\"a%d\"><up src=\"x%d.sql\"/></migration>",
			i, i);
	}
	fputs(MANY_END, file);
	fclose(file);
}

static void src_8_mib(void)
{
	with_src("x.sql");
	FILE *file = create("m/x.sql");
	for (long i = 0; i < (8 << 20) / 10; i++)
		fputs("SELECT 1;\n", file);
	fclose(file);
}

static void src_again_is_large(void)
{
	FILE *file = create("m/a.xml");
	fputs(MANY, file);
	for (int i = 0; i < 16000; i++)
		fprintf(file, "<migration id=\"a%d\"><up src=\"x.sql\"/></migration>", i);
	fputs(MANY_END, file);
	fclose(file);
	file = create("m/x.sql");
	for (int i = 0; i < 1000; i++)
		fputs("SELECT 1;\n", file);
	fclose(file);
}

static void src_with_nul(void)
{
	with_src("x.sql");
	FILE *file = create("m/x.sql");
	fwrite("SELECT 1;\0DROP TABLE t;", 1, 23, file);
	fclose(file);
}

static void src_with_escape(void)
{
	with_src("x.sql");
	make_file("m/x.sql", "SELECT '\033[2J';\n");
}

static void src_is_utf16(void)
{
	with_src("x.sql");
	FILE *file = create("m/x.sql");
	fwrite("\xff\xfeS\0E\0L\0", 1, 8, file);
	fclose(file);
}

static void xml_sparse(void)
{
	sparse("m/a.xml", LIMIT);
}

static void xml_sparse_giant(void)
{
	sparse("m/a.xml", (off_t)1 << 40);
}

static void xml_pipe(void)
{
	must(mkfifo("m/a.xml", 0600), "mkfifo");
}

static void xml_link_outside(void)
{
	must(symlink("../outside/secret.xml", "m/a.xml"), "symlink");
}

static void xml_link_device(void)
{
	must(symlink("/dev/zero", "m/a.xml"), "symlink");
}

static void folder_link_outside(void)
{
	must(symlink("../outside", "m/b"), "symlink");
}

static void folder_link_up(void)
{
	must(symlink("..", "m/b"), "symlink");
}

static void folder_link_root(void)
{
	must(symlink("/", "m/b"), "symlink");
}

static void folder_link_proc(void)
{
	must(symlink("/proc/self/cwd", "m/b"), "symlink");
}

static void folder_circle(void)
{
	must(mkdir("m/b", 0700), "mkdir");
	must(symlink("../b", "m/b/b"), "symlink");
	make_file("m/b/a.xml", ONE UP END);
}

static void folder_links_of_links(void)
{
	char from[16], to[16];
	make_file("m/l0.xml", ONE UP END);
	for (int i = 1; i < 60; i++) {
		snprintf(from, sizeof(from), "l%d.xml", i - 1);
		snprintf(to, sizeof(to), "m/l%d.xml", i);
		must(symlink(from, to), "symlink");
	}
}

static void folder_deep(void)
{
	char path[4000] = "m";
	for (int i = 0; i < 200; i++) {
		strcat(path, "/d");
		must(mkdir(path, 0700), "mkdir");
	}
	strcat(path, "/a.xml");
	make_file(path, ONE UP END);
}

static void folder_of_many_files(void)
{
	char path[32], text[128];
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "m/f%d.xml", i);
		snprintf(text, sizeof(text), "<migration " NS " id=\"a%d\">" UP END, i);
		make_file(path, text);
	}
}

static void folder_of_many_broken_files(void)
{
	char path[32];
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "m/f%d.xml", i);
		make_file(path, "<");
	}
}

static void named(const char *name)
{
	char path[400];
	snprintf(path, sizeof(path), "m/%s.xml", name);
	make_file(path, "<oops/>");
}

static void name_escape(void)
{
	named("\033[31mred\033]0;title\a");
}

static void name_c1(void)
{
	named("a\xc2\x9b"
	      "2J");
}

static void name_newline(void)
{
	named("a\n::error file=x::y");
}

static void name_carriage_return(void)
{
	named("a\rb");
}

static void name_bidi(void)
{
	named("\xe2\x80\xae"
	      "gnp.exe");
}

static void name_isolate(void)
{
	named("\xe2\x81\xa6"
	      "a\xe2\x81\xa9");
}

static void name_not_utf8(void)
{
	named("a\xff\xfe");
}

static void name_quotes(void)
{
	named("a\"];x[label=\"',{}");
}

static void name_shell(void)
{
	named("$(touch pwned);`touch pwned`");
}

static void name_option(void)
{
	named("--json");
}

static void name_longest(void)
{
	char name[256];
	memset(name, 'n', 251);
	name[251] = '\0';
	named(name);
}

static void name_colons(void)
{
	named("m:1:1: error[x]: y");
}

static const struct {
	const char *name;
	void (*make)(void);
} folders[] = {
	{"src-pipe", src_pipe},
	{"src-folder", src_folder},
	{"src-socket", src_socket},
	{"src-link-device", src_link_device},
	{"src-link-proc", src_link_proc},
	{"src-link-fd", src_link_fd},
	{"src-link-outside", src_link_outside},
	{"src-link-to-itself", src_link_to_itself},
	{"src-link-nowhere", src_link_nowhere},
	{"src-link-up-and-down", src_link_up_and_down},
	{"src-link-inside", src_link_inside},
	{"src-folder-outside", src_folder_outside},
	{"src-hard-link-outside", src_hard_link_outside},
	{"src-sparse", src_sparse},
	{"src-sparse-giant", src_sparse_giant},
	{"src-sparse-many", src_sparse_many},
	{"src-8-mib", src_8_mib},
	{"src-again-is-large", src_again_is_large},
	{"src-with-nul", src_with_nul},
	{"src-with-escape", src_with_escape},
	{"src-is-utf16", src_is_utf16},
	{"xml-sparse", xml_sparse},
	{"xml-sparse-giant", xml_sparse_giant},
	{"xml-pipe", xml_pipe},
	{"xml-link-outside", xml_link_outside},
	{"xml-link-device", xml_link_device},
	{"folder-link-outside", folder_link_outside},
	{"folder-link-up", folder_link_up},
	{"folder-link-root", folder_link_root},
	{"folder-link-proc", folder_link_proc},
	{"folder-circle", folder_circle},
	{"folder-links-of-links", folder_links_of_links},
	{"folder-deep", folder_deep},
	{"folder-of-many-files", folder_of_many_files},
	{"folder-of-many-broken-files", folder_of_many_broken_files},
	{"name-escape", name_escape},
	{"name-c1", name_c1},
	{"name-newline", name_newline},
	{"name-carriage-return", name_carriage_return},
	{"name-bidi", name_bidi},
	{"name-isolate", name_isolate},
	{"name-not-utf8", name_not_utf8},
	{"name-quotes", name_quotes},
	{"name-shell", name_shell},
	{"name-option", name_option},
	{"name-longest", name_longest},
	{"name-colons", name_colons},
};

const char *make_name(int number)
{
	size_t n = (size_t)number;
	if (n < COUNT_OF(shapes))
		return shapes[n].name;
	n -= COUNT_OF(shapes);
	return n < COUNT_OF(folders) ? folders[n].name : NULL;
}

bool make_case(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		if (!strcmp(shapes[i].name, name)) {
			make_shape(&shapes[i]);
			return true;
		}
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		if (!strcmp(folders[i].name, name)) {
			folders[i].make();
			return true;
		}
	return false;
}

static char room[200];

void make_room(void)
{
	const char *below = getenv("TMPDIR");
	snprintf(room, sizeof(room), "%s/amplan-hostile-XXXXXX",
		below && *below ? below : "/tmp");
	must(!mkdtemp(room), "mkdtemp");
	must(chdir(room), "chdir");
}

static int away(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

void make_tree_away(const char *path)
{
	if (nftw(path, away, 64, FTW_DEPTH | FTW_PHYS) && errno != ENOENT) {
		perror(path);
		exit(2);
	}
}

void make_clean(void)
{
	make_tree_away("m");
	make_tree_away("outside");
	must(mkdir("m", 0700), "mkdir");
	must(mkdir("outside", 0700), "mkdir");
	make_file("outside/secret.txt", SECRET);
	make_file("outside/secret.sql", "CREATE TABLE " SECRET " (x);\n");
	make_file("outside/secret.xml",
		"<migration " NS " id=\"" SECRET "\"><up>CREATE TABLE " SECRET
		" (x);</up></migration>\n");
	make_file("outside/evil.dtd", "<!ENTITY x \"" SECRET "\">\n");
	make_file("outside/catalog.xml",
		"<catalog xmlns=\"urn:oasis:names:tc:entity:xmlns:xml:catalog\"/>\n");
	make_file("outside/zone", "TZif");
}

void make_no_room(void)
{
	must(chdir("/"), "chdir");
	make_tree_away(room);
}
