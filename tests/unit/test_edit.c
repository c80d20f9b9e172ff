/*
 * Edit: where a new <depends> goes, in descriptors of every style, and that nothing else
 * changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "schema/edit.h"
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"

#define NS "xmlns=\"urn:amplan:1\""
#define UP "<up>SELECT 1</up>"
#define BOM "\xef\xbb\xbf"

/* Each file as it is to be afterwards; what is put in stands between two '@'. */
struct style {
	const char *text;
	const char *edits; /* "migration id id, migration id" */
};

static const struct style styles[] = {
	/* none yet: the indentation of what follows */
	{"<migration " NS " id=\"a\">@\n  <depends on=\"n\"/>@\n  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">@\n\t<depends on=\"n\"/>\n\t<depends on=\"o\"/>@\n"
	 "\t" UP "\n</migration>",
		"a n o"},
	{"<migration " NS " id=\"a\">@\n<depends on=\"n\"/>@\n" UP "\n</migration>\n",
		"a n"},
	{"<migration " NS "\n  id=\"a\"\n  >@\n    <depends on=\"n\"/>@\n\n\n    " UP
	 "</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\"> <!-- why -->@\n  <depends on=\"n\"/>@\n  " UP
	 "\n</migration>\n",
		"a n"},
	{"<migration " NS
	 " id=\"a\">@\n  <depends on=\"n\"/>@ <!-- why\n  it is -->\n  " UP
	 "\n</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">@\n  <depends on=\"n\"/>@ <?x\n y?>\n  " UP
	 "\n</migration>\n",
		"a n"},
	{"<migration " NS
	 " id=\"a\">@\n  <depends on=\"n\"/>@\n  <!-- <depends on=\"b\"/> "
	 "-->\n  " UP "\n</migration>\n",
		"a n"},
	/* behind a description, if that comes first */
	{"<migration " NS " id=\"a\">\n  <description>d</description>@\n"
	 "  <depends on=\"n\"/>@\n  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">\n  <description>\n    d\n  </description>@\n"
	 "  <depends on=\"n\"/>@\n  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS
	 " id=\"a\">\n  <!-- first --><description/>@<depends on=\"n\"/>@\n"
	 "  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">@\n  <depends on=\"n\"/>@\n  " UP "\n"
	 "  <description>d</description>\n</migration>\n",
		"a n"},
	/* behind the last one there is */
	{"<migration " NS
	 " id=\"a\">\n  <depends on=\"b\"/>\n      <depends on=\"c\"/>@\n"
	 "      <depends on=\"n\"/>@\n  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">\n  <depends on=\"b\"/>\n  " UP "\n"
	 "  <after on=\"c\"></after >@\n  <depends on=\"n\"/>@\n</migration>\n",
		"a n"},
	{"<migration " NS
	 " id=\"a\">\n  <depends on=\"b\"\n    reason=\"r > s\"\n    />@\n"
	 "  <depends on=\"n\"/>@\n  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS
	 " id=\"a\">\n  <depends on=\"b\"/> \t<!-- b --> <!-- c --> \t@\n"
	 "  <depends on=\"n\"/>@\n  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS
	 " id=\"a\">\n  <depends on=\"b\"/>@<depends on=\"n\"/>@ <!-- b\n"
	 "  c -->\n  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">\n  <depends on=\"b\"/>@<depends on=\"n\"/>"
	 "<depends on=\"o\"/>@" UP "\n</migration>\n",
		"a n o"},
	{"<migration " NS " id=\"a\">\n  <depends on=\"b\"/> <depends on=\"c\"/>@ "
	 "<depends on=\"n\"/> <depends on=\"o\"/>@\n  " UP "\n</migration>\n",
		"a n o"},
	{"<migration " NS " id=\"a\">\n  <depends on='b'/>@\n  <depends on=\"n\"/>@\n"
	 "  <verify>SELECT 1</verify>" UP "\n</migration>\n",
		"a n"},
	{"<migration " NS " id='a' ><depends on=\"b\"> <!-- </depends> --> </depends>@"
	 "<depends on=\"n\"/>@" UP "</migration>",
		"a n"},
	/* files of one line, and of other line ends */
	{"<migration " NS " id=\"a\">@<depends on=\"n\"/><depends on=\"o\"/>@" UP
	 "</migration>",
		"a n o"},
	{"<migration " NS " id=\"a\">@<depends on=\"n\"/>@ " UP " </migration>", "a n"},
	{"<migration " NS " id=\"a\"><description>d</description>@<depends on=\"n\"/>@" UP
	 "</migration>",
		"a n"},
	{"<migration " NS " id=\"a\">@\r\n  <depends on=\"n\"/>\r\n  <depends on=\"o\"/>@"
	 "\r\n  " UP "\r\n</migration>\r\n",
		"a n o"},
	{BOM "<?xml version=\"1.0\"?>\r\n<migration " NS " id=\"a\">\r\n"
	     "\t<depends on=\"b\"/>  @\r\n\t<depends on=\"n\"/>@\r\n\t" UP
	     "\r\n</migration>\r\n",
		"a n"},
	{"<migration " NS
	 " id=\"a\">\r  <depends on=\"b\"/>@\r  <depends on=\"n\"/>@\r  " UP
	 "\r</migration>\r",
		"a n"},
	{"<migration " NS
	 " id=\"a\">\n  <depends on=\"b\"/>@\r\n  <depends on=\"n\"/>@\r\n"
	 "  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">@\r\n  <depends on=\"n\"/>@ <!-- \n -->\r\n  " UP
	 "\n</migration>\n",
		"a n"},
	/* what only looks like one */
	{"<migration " NS " id=\"a\">@\n  <depends on=\"n\"/>@\n"
	 "  <up><![CDATA[\n  <depends on=\"b\"/>\n]]></up>\n</migration>\n",
		"a n"},
	{"<!-- <migration id=\"a\"> -->\n<migration " NS " id=\"a\">\n"
	 "  <!-- <depends on=\"b\"/> -->\n  <depends reason='&lt;/depends>' on=\"b\"/>"
	 "@\n  <depends on=\"n\"/>@\n  <!--\n  <depends on=\"c\"/>\n  -->\n"
	 "  <up>SELECT '&lt;after on=\"d\"/>' -- >\n  </up>\n</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">\n  <replaces id=\"y\"/>\n"
	 "  <irreversible reason=\"&lt;depends on='b'/>\"/>\n  <depends on=\"b\"/>@\n"
	 "  <depends on=\"n\"/>@\n  " UP "\n</migration>\n",
		"a n"},
	{"<?x <depends/> ?><migration " NS " id=\"a\">@\n  <depends on=\"n\"/>@\n  "
	 "<?y <after/> ?>\n  " UP "\n</migration>\n",
		"a n"},
	/* prefixes */
	{"<p:migration xmlns:p=\"urn:amplan:1\" id=\"a\">@\n  <p:depends on=\"n\"/>@\n"
	 "  <p:up>SELECT 1</p:up>\n</p:migration>\n",
		"a n"},
	{"<p:migration xmlns:p=\"urn:amplan:1\" " NS
	 " id=\"a\">\n  <depends on=\"b\"/>@\n"
	 "  <p:depends on=\"n\"/>@\n  " UP "\n</p:migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">\n"
	 "  <q:description xmlns:q=\"urn:amplan:1\">d</q:description>@\n"
	 "  <depends on=\"n\"/>@\n  " UP "\n</migration>\n",
		"a n"},
	/* UTF-8 */
	{"<migration " NS " id=\"a\">\n  <depends on=\"b\" reason=\"\xc3\xa4\xe2\x82\xac"
	 "\xf0\x9f\x98\x80\"/> <!-- \xc3\xbc -->@\n  <depends on=\"n\"/>@\n"
	 "  " UP "\n</migration>\n",
		"a n"},
	/* several in one file, told in whatever order */
	{"<migrations " NS ">\n  <migration id=\"a\">@\n    <depends on=\"n\"/>@\n    " UP
	 "\n  </migration>\n  <migration id=\"b\">\n    <depends on=\"a\"/>\n    " UP
	 "\n  </migration>\n  <migration id=\"c\">\n    <depends on=\"b\"/>@\n"
	 "    <depends on=\"n\"/>\n    <depends on=\"o\"/>@\n    " UP
	 "\n  </migration>\n</migrations>\n",
		"c n o, a n"},
	{"<migrations " NS "><migration id=\"a\">@<depends on=\"n\"/>@" UP "</migration>"
	 "<migration id=\"b\">@<depends on=\"a\"/>@" UP "</migration></migrations>",
		"a n, b a"},
	/* modules */
	{"<migration " NS " id=\"a\" module=\"m\">@\n  <depends on=\"n\"/>\n"
	 "  <depends on=\"k:n\"/>\n  <depends on=\":n\"/>\n  <depends on=\"mm:n\"/>@\n  " UP
	 "\n</migration>\n",
		"m:a m:n k:n n mm:n"},
	{"<migrations " NS " module=\"m\">\n  <migration id=\"a\">\n"
	 "    <depends on=\":b\"/>@\n    <depends on=\"b\"/>@\n    " UP
	 "\n  </migration>\n</migrations>\n",
		"m:a m:b"},
	{"<migration " NS " id=\"a\">@\n  <depends on=\"m:n\"/>@\n  " UP
	 "\n</migration>\n",
		"a m:n"},
	/* those that are there, or told twice */
	{"<migration " NS
	 " id=\"a\">\n  <depends on=\"n\"/>@\n  <depends on=\"o\"/>@\n  " UP
	 "\n</migration>\n",
		"a n o o n"},
	{"<migration " NS " id=\"a\">\n  <after on=\"n\"/>\n  " UP "\n</migration>\n",
		"a n"},
	{"<migration " NS " id=\"a\">\n  <depends on=\"n\"/>\n  " UP "\n</migration>\n",
		"a n"},
};

#define NSTYLES (sizeof(styles) / sizeof(*styles))
#define IDS_MAX 8

/* The text without the '@', and without what is between them unless `put_in`. */
static char *without_marks(const char *text, bool put_in)
{
	char *out = malloc(strlen(text) + 1), *to = out;
	bool inside = false;
	for (; *text; text++) {
		if (*text == '@')
			inside = !inside;
		else if (!inside || put_in)
			*to++ = *text;
	}
	*to = '\0';
	return out;
}

/* The edits of a style; `words` is taken apart. */
static size_t take_edits(const struct amp_catalog *catalog, char *words,
	struct amp_edit *edits, const char *(*ids)[IDS_MAX])
{
	size_t n = 0;
	char *rest, *more, *part;
	for (part = strtok_r(words, ",", &rest); part;
		part = strtok_r(NULL, ",", &rest), n++) {
		const char *id = strtok_r(part, " ", &more);
		edits[n] = (struct amp_edit){amp_catalog_find(catalog, id), ids[n], 0};
		assert_non_null(edits[n].migration);
		while ((id = strtok_r(NULL, " ", &more)))
			ids[n][edits[n].nids++] = id;
	}
	return n;
}

static bool depends_on(const struct amp_migration *migration, const char *id)
{
	for (size_t i = 0; i < migration->ndepends; i++)
		if (!strcmp(migration->depends[i].id, id))
			return true;
	return false;
}

static void assert_file(const char *path, const char *text)
{
	AMP_ARENA_AUTO arena = {0};
	const char *bytes;
	size_t length;
	assert_int_equal(
		amp_file_read(&arena, path, (size_t)1 << 20, &bytes, &length, NULL), 0);
	assert_string_equal(bytes, text);
	assert_int_equal(length, strlen(text));
}

/* Old dependencies in their order, then the new ones; each once. */
static void assert_depends(
	const struct amp_catalog *before, const struct amp_catalog *after, size_t added)
{
	size_t more = 0;
	assert_int_equal(before->count, after->count);
	for (size_t i = 0; i < before->count; i++) {
		const struct amp_migration *old = before->items[i];
		const struct amp_migration *new = after->items[i];
		assert_string_equal(old->id, new->id);
		assert_string_equal(old->up->text, new->up->text);
		for (size_t j = 0; j < old->ndepends; j++)
			assert_string_equal(old->depends[j].id, new->depends[j].id);
		more += new->ndepends - old->ndepends;
	}
	assert_int_equal(more, added);
}

static void check_style(const struct style *style)
{
	FOLDER folder;
	const char *ids[IDS_MAX][IDS_MAX];
	struct amp_edit edits[IDS_MAX];
	char *before = without_marks(style->text, false);
	char *after = without_marks(style->text, true);
	char *words = strdup(style->edits);
	size_t added;
	folder_init(&folder);
	folder_file(&folder, "a.xml", before);
	folder_load(&folder);
	assert_catalog(&folder, "");
	size_t n = take_edits(&folder.catalog, words, edits, ids);
	if (amp_edit_files(edits, n, &added, &folder.error))
		fail_msg("%s\n%s", folder.error.message, before);
	assert_file("m/a.xml", after);
	struct amp_catalog old = folder.catalog;
	folder.catalog = (struct amp_catalog){0};
	folder_load(&folder);
	assert_catalog(&folder, "");
	assert_depends(&old, &folder.catalog, added);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < edits[i].nids; j++)
			assert_true(depends_on(
				amp_catalog_find(&folder.catalog, edits[i].migration->id),
				edits[i].ids[j]));
	amp_catalog_deinit(&old);
	free(words);
	free(after);
	free(before);
}

static void test_edit__keeps_the_style(void **state)
{
	(void)state;
	for (size_t i = 0; i < NSTYLES; i++)
		check_style(&styles[i]);
}

/* The next of a row of numbers that is the same in each run. */
static unsigned draw(unsigned *state, unsigned below)
{
	*state = *state * 1664525U + 1013904223U;
	return (*state >> 16) % below;
}

static void add_gap(struct amp_str *text, unsigned *state)
{
	static const char *const gaps[] = {"", " ", "\n", "\n  ", "\r\n\t", "\r",
		"  \n\n ", "<!-- <depends on='q'/> -->", "<!-- a\n <after on='q'/> -->",
		"<?p <depends on='q'/> ?>", " <!-- > --> "};
	for (unsigned n = 1 + draw(state, 3); n; n--)
		amp_str_add(text, gaps[draw(state, sizeof(gaps) / sizeof(*gaps))]);
}

/* The part with a number in place of its '#'. */
static void add_part(struct amp_str *text, const char *part, unsigned number)
{
	size_t before = strcspn(part, "#");
	amp_str_addn(text, part, before);
	amp_str_addf(text, "%u%s", number, part + before + 1);
}

/* A migration of parts in any order, with anything between them. */
static void add_random(struct amp_str *text, unsigned *state)
{
	static const char *const parts[] = {"<depends on='b#'/>", "<depends on=\"c#\" />",
		"<after on='d#'\n reason='r > &quot; s'></after >",
		"<depends\n on='e#'>\n</depends>", "<replaces id='f#'/>",
		"<verify>SELECT # -- &lt;depends on='q'/></verify>"};
	bool upped = false, described = false;
	amp_str_add(text, "<migration " NS " id='a'");
	amp_str_add(text, draw(state, 2) ? ">" : "\n >");
	for (unsigned i = 0; i < 7 || !upped; i++) {
		unsigned part = draw(state, 8);
		add_gap(text, state);
		if (part < 6)
			add_part(text, parts[part], i);
		else if (part == 6 && !upped)
			amp_str_add(text, "<up><![CDATA[SELECT '<depends/>]>']]></up>");
		else if (part == 7 && !described)
			amp_str_add(text, "<description>d</description>");
		upped = upped || part == 6;
		described = described || part == 7;
	}
	add_gap(text, state);
	amp_str_add(text, "</migration>\n");
}

/* What is left without the one piece that was put in is the text as it was. */
static void assert_put_in(const char *before, const struct amp_str *after, size_t count)
{
	size_t length = strlen(before), more = after->length - length, same = 0;
	while (same < length && before[same] == after->data[same])
		same++;
	assert_string_equal(before + same, after->data + same + more);
	assert_true(more >= count * strlen("<depends on=\"n\"/>"));
	assert_true(more <= count * (strlen("<depends on=\"n\"/>") + 5));
}

static void test_edit__puts_one_piece_into_whatever_there_is(void **state)
{
	static const char *const ids[] = {"n", "o"};
	unsigned numbers = 1;
	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		FOLDER folder;
		AMP_STR_AUTO text = AMP_STR_INIT;
		AMP_STR_AUTO out = AMP_STR_INIT;
		size_t added;
		add_random(&text, &numbers);
		folder_init(&folder);
		folder_file(&folder, "a.xml", amp_str_text(&text));
		folder_load(&folder);
		assert_catalog(&folder, "");
		const struct amp_edit edit = {
			folder.catalog.items[0], ids, 1 + draw(&numbers, 2)};
		assert_int_equal(amp_edit_add_depends(edit.migration->source, &edit, 1,
					 &out, &added, &folder.error),
			AMPLAN_OK);
		assert_int_equal(added, edit.nids);
		assert_put_in(text.data, &out, added);
		struct amp_catalog old = folder.catalog;
		folder.catalog = (struct amp_catalog){0};
		folder_bytes(&folder, "a.xml", out.data, out.length);
		folder_load(&folder);
		assert_catalog(&folder, "");
		assert_depends(&old, &folder.catalog, added);
		assert_true(depends_on(folder.catalog.items[0], ids[added - 1]));
		amp_catalog_deinit(&old);
	}
}

static const char plain[] = "<migration " NS " id=\"a\">\n  " UP "\n</migration>\n";

static void load_plain(struct folder *folder)
{
	folder_init(folder);
	folder_file(folder, "a.xml", plain);
	folder_file(
		folder, "b.xml", "<migration " NS " id=\"b\">\n  " UP "\n</migration>\n");
	folder_load(folder);
	assert_catalog(folder, "");
}

static void test_edit__writes_all_files(void **state)
{
	static const char *const ids[] = {"x"};
	FOLDER folder;
	struct stat status;
	size_t added;
	(void)state;
	load_plain(&folder);
	assert_int_equal(chmod("m/a.xml", 0640), 0);
	const struct amp_edit edits[] = {
		{folder.catalog.items[1], ids, 1}, {folder.catalog.items[0], ids, 1}};
	assert_int_equal(amp_edit_files(edits, 2, &added, &folder.error), AMPLAN_OK);
	assert_int_equal(added, 2);
	assert_file("m/a.xml",
		"<migration " NS " id=\"a\">\n  <depends on=\"x\"/>\n  " UP
		"\n</migration>\n");
	assert_file("m/b.xml",
		"<migration " NS " id=\"b\">\n  <depends on=\"x\"/>\n  " UP
		"\n</migration>\n");
	assert_int_equal(stat("m/a.xml", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_int_equal(amp_edit_files(NULL, 0, &added, &folder.error), AMPLAN_OK);
	assert_int_equal(added, 0);
}

/* Nobody's work is lost, and where one file cannot be written none is. */
static void test_edit__refuses_a_file_that_changed(void **state)
{
	static const char *const ids[] = {"x"};
	FOLDER folder;
	AMP_STR_AUTO bytes = AMP_STR_INIT;
	size_t added;
	(void)state;
	load_plain(&folder);
	folder_file(&folder, "b.xml", "mine");
	const struct amp_edit edits[] = {
		{folder.catalog.items[0], ids, 1}, {folder.catalog.items[1], ids, 1}};
	assert_int_equal(amp_edit_files(edits, 2, &added, &folder.error), AMPLAN_REFUSED);
	assert_string_equal(
		folder.error.message, "'m/b.xml' was changed while it was looked at");
	assert_string_equal(folder.error.hint, "run it again");
	assert_int_equal(added, 0);
	assert_file("m/a.xml", plain);
	assert_file("m/b.xml", "mine");
	amp_str_add(&bytes, "ours");
	assert_int_equal(
		amp_edit_write(folder.catalog.items[1]->source, &bytes, &folder.error),
		AMPLAN_REFUSED);
	assert_file("m/b.xml", "mine");
	assert_int_equal(unlink("m/b.xml"), 0);
	assert_int_equal(amp_edit_files(edits, 2, &added, &folder.error), AMPLAN_REFUSED);
	assert_string_equal(
		folder.error.message, "cannot read 'm/b.xml': No such file or directory");
	assert_file("m/a.xml", plain);
}

/* A file in which nothing is missing is not even looked at. */
static void test_edit__leaves_what_is_complete(void **state)
{
	static const char *const ids[] = {"x"};
	FOLDER folder;
	size_t added;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migration " NS " id=\"a\"><depends on=\"x\"/>" UP "</migration>");
	folder_load(&folder);
	assert_int_equal(unlink("m/a.xml"), 0);
	const struct amp_edit edit = {folder.catalog.items[0], ids, 1};
	assert_int_equal(amp_edit_files(&edit, 1, &added, &folder.error), AMPLAN_OK);
	assert_int_equal(added, 0);
	assert_int_equal(access("m/a.xml", F_OK), -1);
}

static void test_edit__has_no_place_in_an_empty_element(void **state)
{
	static const char *const ids[] = {"x"};
	FOLDER folder;
	AMP_STR_AUTO bytes = AMP_STR_INIT;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml", "<migration " NS " id=\"a\"/>");
	folder_load(&folder);
	const struct amp_edit edit = {folder.catalog.items[0], ids, 1};
	assert_int_equal(amp_edit_add_depends(edit.migration->source, &edit, 1, &bytes,
				 NULL, &folder.error),
		AMPLAN_REFUSED);
	assert_string_equal(folder.error.message,
		"'m/a.xml' has no place for a dependency of migration 'a'");
}

/* A migration that no reader made, at the start of a text. */
static void assert_edited(const char *text, const char *expected)
{
	static const char *const ids[] = {"x"};
	AMP_ARENA_AUTO arena = {0};
	AMP_STR_AUTO bytes = AMP_STR_INIT;
	struct amplan_error error;
	struct amp_source *source = amp_source_new(&arena, "a.xml", text, strlen(text));
	const struct amp_migration migration = {
		.id = "a", .module = "", .source = source};
	const struct amp_edit edit = {&migration, ids, 1};
	int code = amp_edit_add_depends(source, &edit, 1, &bytes, NULL, &error);
	assert_int_equal(code, expected ? AMPLAN_OK : AMPLAN_REFUSED);
	if (expected)
		assert_string_equal(amp_str_text(&bytes), expected);
	else
		assert_string_equal(error.message,
			"'a.xml' has no place for a dependency of migration 'a'");
}

static void test_edit__of_what_no_reader_accepts(void **state)
{
	(void)state;
	assert_edited("<a><b><c/></b></a>", "<a><depends on=\"x\"/><b><c/></b></a>");
	assert_edited("<a><allow/></a>", "<a><depends on=\"x\"/><allow/></a>");
	assert_edited("<a><b", NULL);
	assert_edited("<a><b>", NULL);
	assert_edited("<a><!b></a>", NULL);
	assert_edited("</a>", NULL);
}

static void test_edit__leaves_other_sources_alone(void **state)
{
	static const char *const ids[] = {"x"};
	FOLDER folder;
	AMP_STR_AUTO bytes = AMP_STR_INIT;
	size_t added;
	(void)state;
	load_plain(&folder);
	const struct amp_edit edits[] = {
		{folder.catalog.items[0], ids, 1}, {folder.catalog.items[1], ids, 1}};
	assert_int_equal(amp_edit_add_depends(folder.catalog.items[1]->source, edits, 1,
				 &bytes, &added, &folder.error),
		AMPLAN_OK);
	assert_int_equal(added, 0);
	assert_int_equal(bytes.length, folder.catalog.items[1]->source->length);
	assert_int_equal(amp_edit_add_depends(folder.catalog.items[1]->source, edits, 2,
				 &bytes, &added, &folder.error),
		AMPLAN_OK);
	assert_int_equal(added, 1);
}

/* The first of two files cannot take it, has changed in length only, or cannot be written. */
static void test_edit__stops_at_the_first_file(void **state)
{
	static const char *const ids[] = {"x"};
	char name[300];
	FOLDER folder;
	size_t added;
	(void)state;
	load_plain(&folder);
	folder_file(&folder, "0.xml", "<migration " NS " id=\"0\"/>");
	amp_catalog_deinit(&folder.catalog);
	assert_int_equal(amp_catalog_load(&folder.catalog, (const char *[]){"m"}, 1,
				 "sqlite", &folder.error),
		AMPLAN_OK);
	struct amp_edit edits[] = {
		{folder.catalog.items[0], ids, 1}, {folder.catalog.items[1], ids, 1}};
	assert_int_equal(amp_edit_files(edits, 2, &added, &folder.error), AMPLAN_REFUSED);
	assert_string_equal(folder.error.message,
		"'m/0.xml' has no place for a dependency of migration '0'");
	edits[0].migration = folder.catalog.items[2];
	AMP_STR_AUTO other = AMP_STR_INIT;
	amp_str_add(&other, plain);
	other.data[other.length - 2] = '\t';
	folder_file(&folder, "a.xml", amp_str_text(&other));
	assert_int_equal(amp_edit_files(edits, 2, &added, &folder.error), AMPLAN_REFUSED);
	assert_string_equal(
		folder.error.message, "'m/a.xml' was changed while it was looked at");
	assert_int_equal(unlink("m/a.xml"), 0);
	assert_int_equal(unlink("m/0.xml"), 0);
	/* beside a name as long as this there is no room for another */
	memset(name, 'n', sizeof(name));
	strcpy(name + 240, ".xml");
	folder_file(&folder, name, plain);
	amp_catalog_deinit(&folder.catalog);
	folder_load(&folder);
	edits[0].migration = folder.catalog.items[0];
	assert_int_equal(
		amp_edit_files(edits, 1, &added, &folder.error), AMPLAN_INTERNAL);
	assert_int_equal(added, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edit__keeps_the_style),
		cmocka_unit_test(test_edit__puts_one_piece_into_whatever_there_is),
		cmocka_unit_test(test_edit__writes_all_files),
		cmocka_unit_test(test_edit__refuses_a_file_that_changed),
		cmocka_unit_test(test_edit__leaves_what_is_complete),
		cmocka_unit_test(test_edit__of_what_no_reader_accepts),
		cmocka_unit_test(test_edit__leaves_other_sources_alone),
		cmocka_unit_test(test_edit__stops_at_the_first_file),
		cmocka_unit_test(test_edit__has_no_place_in_an_empty_element),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
