/*
 * The reader: what a descriptor becomes, and what is said of one that does not hold.
 */
#include <string.h>
#include <time.h>

#include <amplan/report.h>

#include "base/str.h"
#include "schema/bytes.h"
#include "schema/reader.h"
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"

#define NS "xmlns=\"urn:amplan:1\""
#define GOOD "<up>SELECT 1</up>"
#define UNCLOSED "(check that each tag is closed and each quote has its partner)\n"
/* <migration id="a"> with something in it; what is inside begins at column 41 */
#define M(inside) "<migration " NS " id=\"a\">" inside "</migration>"

static const char sample[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<migration xmlns=\"urn:amplan:1\" id=\"008_invite_usage\" module=\"core\"\n"
	"  transaction=\"none\" foreign-keys=\"on\" maintenance=\"true\"\n"
	"  breaking=\"true\">\n"
	"  <description>Count how\n\toften</description>\n"
	"  <depends on=\"002_invites\"/>\n"
	"  <depends on=\"auth:001_users\" reason=\"rows &lt;point&gt; &amp; &#38; &amp;#38;\"/>\n"
	"  <after on=\":003\"></after>\n"
	"  <replaces id=\"000\"/>\n"
	"  <precondition on-fail=\"mark-applied\">SELECT 1</precondition>\n"
	"  <precondition on-fail=\"halt\">SELECT 2</precondition>\n"
	"  <up>CREATE TABLE u (x);</up>\n"
	"  <up engine=\"postgresql\">CREATE TABLE u (x int);</up>\n"
	"  <down>DROP TABLE u;</down>\n"
	"  <verify>SELECT 3</verify>\n"
	"  <verify engine=\"postgresql\">SELECT 4</verify>\n"
	"  <allow kind=\"row-loss\" reason=\"it is empty\"/>\n"
	"</migration>\n";

static void assert_reference(const struct amp_reference *reference, const char *id,
	const char *reason, bool orders_only, unsigned line, unsigned column)
{
	struct amplan_place place =
		amp_source_place(reference->source, reference->offset, reference->length);
	assert_string_equal(reference->id, id);
	if (reason)
		assert_string_equal(reference->reason, reason);
	else
		assert_null(reference->reason);
	assert_int_equal(reference->orders_only, orders_only);
	assert_int_equal(place.line, line);
	assert_int_equal(place.column, column);
}

static void test_reader__fills_every_field(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml", sample);
	folder_load(&folder);
	assert_catalog(&folder, "");
	assert_int_equal(folder.catalog.count, 1);
	const struct amp_migration *m = folder.catalog.items[0];
	assert_string_equal(m->id, "core:008_invite_usage");
	assert_string_equal(m->module, "core");
	assert_string_equal(m->description, "Count how often");
	assert_int_equal(m->flags,
		AMPLAN_NO_TRANSACTION | AMPLAN_FOREIGN_KEYS | AMPLAN_MAINTENANCE |
			AMPLAN_BREAKING | AMPLAN_HAS_DOWN | AMPLAN_SQUASH);
	assert_int_equal(m->ndepends, 3);
	assert_reference(&m->depends[0], "core:002_invites", NULL, false, 7, 16);
	assert_reference(
		&m->depends[1], "auth:001_users", "rows <point> & & &#38;", false, 8, 16);
	assert_reference(&m->depends[2], "003", NULL, true, 9, 14);
	assert_int_equal(m->nreplaces, 1);
	assert_reference(&m->replaces[0], "core:000", NULL, false, 10, 17);
	assert_int_equal(m->npreconditions, 2);
	assert_true(m->preconditions[0].mark_applied);
	assert_false(m->preconditions[1].mark_applied);
	assert_string_equal(m->preconditions[1].sql.text, "SELECT 2");
	assert_string_equal(m->up->text, "CREATE TABLE u (x);");
	assert_null(m->up->engine);
	assert_string_equal(m->down->text, "DROP TABLE u;");
	assert_null(m->irreversible);
	assert_int_equal(m->nverifies, 1);
	assert_string_equal(m->verifies[0].sql.text, "SELECT 3");
	assert_int_equal(m->nallows, 1);
	assert_string_equal(m->allows[0].kind, "row-loss");
	assert_string_equal(m->allows[0].reason, "it is empty");
	struct amplan_place place = amp_migration_place(m);
	assert_string_equal(place.file, "m/a.xml");
	assert_int_equal(place.line, 2);
	assert_int_equal(place.column, 37);
	assert_int_equal(place.length, 16);
	assert_int_equal(m->source->bytes[m->tag], '<');
}

static void test_reader__takes_the_sql_of_the_engine(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml", sample);
	folder_load_for(&folder, "postgresql");
	assert_catalog(&folder, "");
	const struct amp_migration *m = folder.catalog.items[0];
	assert_string_equal(m->up->text, "CREATE TABLE u (x int);");
	assert_string_equal(m->up->engine, "postgresql");
	assert_string_equal(m->down->text, "DROP TABLE u;");
	assert_int_equal(m->nverifies, 2);
}

static void test_reader__takes_the_defaults(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migrations " NS " module=\"core\">"
		"<migration id=\"a\"><depends on=\"b\"/>" GOOD
		"<irreversible reason=\"gone\"/></migration>"
		"<migration id=\"b\" module=\"auth\" transaction=\"required\" "
		"foreign-keys=\"off\" maintenance=\"false\" breaking=\"false\">"
		"<depends on=\"b\"/>" GOOD "</migration></migrations>");
	folder_load(&folder);
	assert_catalog(&folder, "");
	const struct amp_migration *a = amp_catalog_find(&folder.catalog, "core:a");
	const struct amp_migration *b = amp_catalog_find(&folder.catalog, "auth:b");
	assert_int_equal(a->flags, AMPLAN_IRREVERSIBLE);
	assert_string_equal(a->irreversible, "gone");
	assert_string_equal(a->description, "");
	assert_string_equal(a->depends[0].id, "core:b");
	assert_null(a->down);
	assert_int_equal(b->flags, 0);
	assert_string_equal(b->depends[0].id, "auth:b");
}

static void test_reader__accepts(void **state)
{
	static const char *const good[] = {
		M(GOOD),
		"\xef\xbb\xbf" M(GOOD),
		"<?xml version=\"1.0\"?>\n<!-- x --><?pi x?>" M(GOOD) "<!-- y -->\n",
		"<?xml version='1.0' encoding='utf-8' standalone='yes'?>" M(GOOD),
		"<a:migration xmlns:a=\"urn:amplan:1\" id=\"a\"><a:up>x</a:up>"
		"</a:migration>",
		"<migration xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" " NS
		" xsi:schemaLocation=\"urn:amplan:1 migration.xsd\" id=\"a\">" GOOD
		"</migration>",
		"<migrations " NS "/>",
		M("<!-- c --><depends on=\"b\"> <!-- d --> </depends>" GOOD),
		M("<replaces id=\"b\"/><up/>"),
		M("<replaces id=\"b\"/><up> -- nothing\n </up>"),
		M(GOOD "<down>-- nothing to undo</down>"),
		M("<up engine=\"sqlite\">x</up><up engine=\"postgresql\">y</up><up>z</up>"),
		M("<down>x</down>" GOOD "<description/>"),
		"<migration " NS " id='a' ><up >x</up\n></migration\n>",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_descriptor(good[i], "");
}

static void test_reader__names_what_is_wrong_with_elements(void **state)
{
	(void)state;
	assert_descriptor(M("<dpends on=\"b\"/>" GOOD),
		"m/a.xml:1:41+6: error[invalid-descriptor]: unknown element 'dpends' in "
		"'migration' {a} (did you mean 'depends'?)\n");
	assert_descriptor(M("<x><up/><depends/>text</x>" GOOD),
		"m/a.xml:1:41+1: error[invalid-descriptor]: unknown element 'x' in "
		"'migration' {a} (what may stand here: 'description', 'depends', "
		"'after', 'replaces', 'up', 'down', 'irreversible', 'verify', "
		"'precondition' or 'allow')\n");
	assert_descriptor(M(GOOD "<migration id=\"b\"/>"),
		"m/a.xml:1:58+9: error[invalid-descriptor]: an element 'migration' is not "
		"allowed in 'migration' {a} (what may stand here: 'description', "
		"'depends', 'after', 'replaces', 'up', 'down', 'irreversible', "
		"'verify', 'precondition' or 'allow')\n");
	assert_descriptor(M("<up>a <b/> c</up>"),
		"m/a.xml:1:47+1: error[invalid-descriptor]: an element 'b' is not "
		"allowed in 'up' {a} (for a '<' in the text write '&lt;' or use CDATA)\n");
	assert_descriptor(M("<depends on=\"b\"><up/></depends>" GOOD),
		"m/a.xml:1:57+2: error[invalid-descriptor]: an element 'up' is not "
		"allowed in 'depends' {a} (remove it)\n");
	assert_descriptor("<migrations " NS "><up>x</up></migrations>",
		"m/a.xml:1:35+2: error[invalid-descriptor]: an element 'up' is not "
		"allowed in 'migrations' {} (what may stand here: 'migration')\n");
	assert_descriptor("<changelog " NS "/>",
		"m/a.xml:1:2+9: error[invalid-descriptor]: the root element is "
		"'changelog', not 'migration' or 'migrations' {} "
		"(keep other XML files outside of the migrations folder)\n");
	assert_descriptor("<plan " NS "/>",
		"m/a.xml:1:2+4: error[invalid-descriptor]: the root element is 'plan', "
		"not 'migration' or 'migrations' {} (this is a saved plan; keep it "
		"outside of the migrations folder)\n");
}

static void test_reader__names_what_is_wrong_with_namespaces(void **state)
{
	(void)state;
	assert_descriptor("<migration id=\"a\">" GOOD "</migration>",
		"m/a.xml:1:2+9: error[invalid-descriptor]: element 'migration' is in no "
		"namespace, but must be in 'urn:amplan:1' {} (write <migration "
		"xmlns=\"urn:amplan:1\" ...>)\n");
	assert_descriptor("<migration xmlns=\"urn:amplan:2\" id=\"a\"/>",
		"m/a.xml:1:2+9: error[invalid-descriptor]: element 'migration' is in the "
		"namespace 'urn:amplan:2', not in 'urn:amplan:1' {} (write <migration "
		"xmlns=\"urn:amplan:1\" ...>)\n");
	assert_descriptor(M(GOOD "<x:down xmlns:x=\"urn:x\">y</x:down>"),
		"m/a.xml:1:58+6: error[invalid-descriptor]: element 'x:down' is in the "
		"namespace 'urn:x', not in 'urn:amplan:1' {a} "
		"(remove it, or its prefix and its xmlns, if it is one of amplan's)\n");
	assert_descriptor(M("<up xmlns:x=\"urn:x\">y</up>"),
		"m/a.xml:1:53+5: error[invalid-descriptor]: the namespace 'urn:x' has no "
		"meaning here {a} (the only namespace of descriptors is "
		"'urn:amplan:1')\n");
	assert_descriptor(M("<up xmlns:x=\"a b\">y</up>"),
		"m/a.xml:1:53+3: error[invalid-descriptor]: the namespace 'a b' has no "
		"meaning here {a} (the only namespace of descriptors is "
		"'urn:amplan:1')\n");
	assert_descriptor(M("<up xml:space=\"preserve\">y</up>"),
		"m/a.xml:1:44+9: error[invalid-descriptor]: unknown attribute "
		"'xml:space' {a} (remove it)\n");
	assert_descriptor(M("<up xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" "
			    "i:nil=\"true\">y</up>"),
		"m/a.xml:1:96+5: error[invalid-descriptor]: unknown attribute 'i:nil' {a} "
		"(remove it)\n");
}

static void test_reader__names_what_is_wrong_with_attributes(void **state)
{
	(void)state;
	assert_descriptor("<migration " NS ">" GOOD "</migration>",
		"m/a.xml:1:2+9: error[invalid-descriptor]: 'migration' needs the "
		"attribute 'id' {} (write <migration id=\"...\">)\n");
	assert_descriptor("<migration " NS " idd=\"a\">" GOOD "</migration>",
		"m/a.xml:1:2+9: error[invalid-descriptor]: 'migration' needs the "
		"attribute 'id' {} (write <migration id=\"...\">)\n"
		"m/a.xml:1:33+3: error[invalid-descriptor]: unknown attribute 'idd' on "
		"'migration' {} (did you mean 'id'?)\n");
	assert_descriptor("<migration " NS " id=\"a b\">" GOOD "</migration>",
		"m/a.xml:1:37+3: error[invalid-descriptor]: 'id' cannot be 'a b' {} (1 to "
		"128 letters, digits, '_', '.' or '-', beginning with a letter or "
		"digit)\n");
	assert_descriptor("<migration " NS " id=\"a\" module=\"\">" GOOD "</migration>",
		"m/a.xml:1:48+1: error[invalid-descriptor]: 'module' is empty {a} (1 to "
		"128 letters, digits, '_', '.' or '-', beginning with a letter or "
		"digit)\n");
	assert_descriptor("<migration " NS
			  " id=\"a\" transaction=\"non\" breaking=\"1\">" GOOD
			  "</migration>",
		"m/a.xml:1:53+3: error[invalid-descriptor]: 'transaction' is 'non', but "
		"must be 'required' or 'none' {a} (did you mean 'none'?)\n"
		"m/a.xml:1:68+1: error[invalid-descriptor]: 'breaking' is '1', but must "
		"be 'true' or 'false' {a} (write 'true' or 'false')\n");
	assert_descriptor(M("<depends on=\"x:y:z\"/>" GOOD),
		"m/a.xml:1:53+5: error[invalid-descriptor]: 'on' cannot be 'x:y:z' {a} "
		"(write 'id', 'module:id', or ':id' for one without a module)\n");
	assert_descriptor(M("<depends on=\"b\" reason=\" \"/>" GOOD),
		"m/a.xml:1:64+1: error[invalid-descriptor]: 'reason' cannot be ' ' {a} "
		"(say why, in a few words)\n");
	assert_descriptor(M(GOOD "<irreversible/>"),
		"m/a.xml:1:58+12: error[invalid-descriptor]: 'irreversible' needs the "
		"attribute 'reason' {a} (write <irreversible reason=\"...\">)\n");
	assert_descriptor(M(GOOD "<verify src=\"a.sql\">x</verify>"),
		"m/a.xml:1:65+3: error[invalid-descriptor]: unknown attribute 'src' on "
		"'verify' {a} (what may stand here: 'engine')\n");
	assert_descriptor(M(GOOD "<description lang=\"en\">x</description>"),
		"m/a.xml:1:70+4: error[invalid-descriptor]: unknown attribute 'lang' on "
		"'description' {a} (remove it)\n");
	assert_descriptor(M(GOOD "<allow kind=\"Row loss\" reason=\"x\"/>"),
		"m/a.xml:1:70+8: error[invalid-descriptor]: 'kind' cannot be 'Row loss' "
		"{a} (the kind of a finding, such as 'row-loss')\n");
}

static void test_reader__shortens_long_values(void **state)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	(void)state;
	amp_str_add(&text, "<migration " NS " id=\"");
	for (int i = 0; i < 200; i++)
		amp_str_add(&text, "\xc3\xa4");
	amp_str_add(&text, "\">" GOOD "</migration>");
	assert_descriptor(amp_str_text(&text),
		"m/a.xml:1:37+200: error[invalid-descriptor]: 'id' cannot be 'ääääääääääää"
		"ääääääääääääääääääääääääää...' {} (1 to 128 letters, digits, '_', '.' "
		"or '-', beginning with a letter or digit)\n");
}

static void test_reader__names_what_does_not_go_together(void **state)
{
	(void)state;
	assert_descriptor(M(""),
		"m/a.xml:1:2+9: error[invalid-descriptor]: migration 'a' has no 'up' {a} "
		"(add <up>...</up> with its SQL)\n");
	assert_descriptor(M("<up engine=\"postgresql\">x</up>"),
		"m/a.xml:1:41+2: error[invalid-descriptor]: migration 'a' has no 'up' for "
		"the engine 'sqlite' {a} (there is one for 'postgresql'; add one with "
		"engine=\"sqlite\")\n");
	assert_descriptor(M("<up> ; -- x\n/* y */ </up>"),
		"m/a.xml:1:41+2: error[invalid-descriptor]: 'up' has no SQL statement {a} "
		"(a migration that does nothing is not needed; where its id must stay, write SELECT 1;)\n");
	assert_descriptor(M(GOOD "<down> </down>"),
		"m/a.xml:1:58+4: error[invalid-descriptor]: 'down' has no SQL statement "
		"{a} (where there is nothing to undo, say why in an SQL comment; where "
		"it cannot be undone, write <irreversible reason=\"...\"/>)\n");
	assert_descriptor(M(GOOD "<verify/>"),
		"m/a.xml:1:58+6: error[invalid-descriptor]: 'verify' has no SQL statement "
		"{a} (write a query that gives one row, whose first column is true)\n");
	assert_descriptor(M(GOOD "<up>y</up>"),
		"m/a.xml:1:58+2: error[invalid-descriptor]: a migration has one 'up' "
		"without engine only {a} (put all statements into one, or name an "
		"engine)\n  m/a.xml:1:41+2: the first one\n");
	assert_descriptor(M(GOOD "<down engine=\"sqlite\">y</down>"
				 "<down engine=\"sqlite\">y</down>"),
		"m/a.xml:1:88+4: error[invalid-descriptor]: a migration has one 'down' for "
		"'sqlite' only {a} (put all statements into one, or name an engine)\n"
		"  m/a.xml:1:58+4: the first one\n");
	assert_descriptor(M(GOOD "<down>y</down><irreversible reason=\"z\"/>"),
		"m/a.xml:1:72+12: error[invalid-descriptor]: a migration has 'down' or "
		"'irreversible', not both {a} (remove one of them)\n"
		"  m/a.xml:1:58+4: the other one\n");
	assert_descriptor(M(GOOD "<irreversible reason=\"z\"/><down>y</down>"),
		"m/a.xml:1:84+4: error[invalid-descriptor]: a migration has 'down' or "
		"'irreversible', not both {a} (remove one of them)\n"
		"  m/a.xml:1:58+12: the other one\n");
	assert_descriptor(M(GOOD "<description>y</description><description/>"),
		"m/a.xml:1:86+11: error[invalid-descriptor]: a migration has one "
		"'description' only {a} (remove one of them)\n  m/a.xml:1:58+11: the first one\n");
	assert_descriptor(
		M("<depends on=\"b\"/><after on=\"b\"/><depends on=\"b\"/>" GOOD),
		"m/a.xml:1:68+1: warning[redundant-dependency]: 'a' depends on 'b' more "
		"than once {a} (remove one of them)\n"
		"  m/a.xml:1:53+1: the first one\n"
		"m/a.xml:1:85+1: warning[redundant-dependency]: 'a' depends on 'b' more "
		"than once {a} (remove one of them)\n"
		"  m/a.xml:1:53+1: the first one\n");
}

static void test_reader__refuses_text_where_none_belongs(void **state)
{
	(void)state;
	assert_descriptor(M("SELECT 1;\n more" GOOD),
		"m/a.xml:1:40+9: error[invalid-descriptor]: text is not allowed in "
		"'migration' {a} (SQL belongs into 'up' or 'down')\n");
	assert_descriptor(M(GOOD "<depends on=\"b\"> x</depends>"),
		"m/a.xml:1:74+1: error[invalid-descriptor]: text is not allowed in "
		"'depends' {a} (remove it)\n");
	assert_descriptor(M(GOOD "<![CDATA[x]]>"),
		"m/a.xml:1:57+9: error[invalid-descriptor]: CDATA is not allowed in "
		"'migration' {a} (SQL belongs into 'up' or 'down')\n");
	assert_descriptor("<migrations " NS "> &amp; </migrations>",
		"m/a.xml:1:35+5: error[invalid-descriptor]: text is not allowed in "
		"'migrations' {} (remove it)\n");
}

static void test_reader__names_what_is_wrong_with_bytes(void **state)
{
	FOLDER folder;
	(void)state;
	assert_descriptor("",
		"m/a.xml:1:1+1: error[invalid-descriptor]: the file is empty {} "
		"(write a migration into it, or remove it)\n");
	assert_descriptor("<a>\n \xff</a>",
		"m/a.xml:2:2+1: error[invalid-descriptor]: byte 0xff is not UTF-8 here {} "
		"(save the file as UTF-8)\n");
	assert_descriptor("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" M(GOOD),
		"m/a.xml:1:31+10: error[invalid-descriptor]: the encoding 'ISO-8859-1' is "
		"declared, but must be 'UTF-8' {} (save the file as UTF-8 and write "
		"encoding=\"UTF-8\")\n");
	folder_init(&folder);
	folder_bytes(&folder, "nul.xml", "<a>\0</a>", 8);
	folder_bytes(&folder, "utf16.xml", "\xff\xfe<\0a\0", 6);
	folder_bytes(&folder, "utf16-be.xml", "\0<\0a", 4);
	folder_bytes(&folder, "utf32.xml", "\xff\xfe\0\0<\0\0\0", 8);
	folder_load(&folder);
	assert_catalog(&folder,
		"m/nul.xml:1:4+1: error[invalid-descriptor]: a NUL byte does not belong "
		"into a text file {} (save the file as UTF-8)\n"
		"m/utf16-be.xml:1:0+0: error[invalid-descriptor]: the file is encoded in "
		"UTF-16, not in UTF-8 {} (save the file as UTF-8)\n"
		"m/utf16.xml:1:0+0: error[invalid-descriptor]: the file is encoded in "
		"UTF-16, not in UTF-8 {} (save the file as UTF-8)\n"
		"m/utf32.xml:1:0+0: error[invalid-descriptor]: the file is encoded in "
		"UTF-32, not in UTF-8 {} (save the file as UTF-8)\n");
}

static void test_reader__places_broken_xml(void **state)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	(void)state;
	assert_descriptor("<migration " NS " id=\"a\">\n<up>x</migration>",
		"m/a.xml:2:18+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Opening and ending tag mismatch: up line 2 and migration {} " UNCLOSED);
	assert_descriptor("<migration " NS " id=\"a\"><up>a < b</up></migration>",
		"m/a.xml:1:46+1: error[invalid-descriptor]: the XML is not well-formed: "
		"StartTag: invalid element name {} "
		"(in SQL write '&lt;' for '<' and '&amp;' for '&', or "
		"put the SQL into <![CDATA[ … ]]>)\n");
	assert_descriptor(M(GOOD) "<x/>",
		"m/a.xml:1:69+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Extra content at the end of the document {} " UNCLOSED);
	assert_descriptor(M("<up>&nbsp;</up>"),
		"m/a.xml:1:50+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Entity 'nbsp' not defined {} " UNCLOSED);
	assert_descriptor("<migration " NS " id=\"a\"><x:up>y</x:up></migration>",
		"m/a.xml:1:45+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Namespace prefix x on up is not defined {} " UNCLOSED);
	for (int i = 0; i < 100000; i++)
		amp_str_add(&text, "\n");
	amp_str_add(&text, M(GOOD) "\n" M(GOOD));
	assert_descriptor(amp_str_text(&text),
		"m/a.xml:100002:1+1: error[invalid-descriptor]: the XML is not "
		"well-formed: Extra content at the end of the document {} " UNCLOSED);
}

static void test_reader__tells_everything_at_once_and_not_too_much(void **state)
{
	FOLDER folder;
	AMP_STR_AUTO text = AMP_STR_INIT;
	(void)state;
	amp_str_add(&text, "<migrations " NS ">");
	for (int i = 0; i < 5000; i++)
		amp_str_addf(
			&text, "\n<migration id=\"a%d\"><x/><up>x</up></migration>", i);
	amp_str_add(&text, "</migrations>");
	folder_init(&folder);
	folder_bytes(&folder, "a.xml", text.data, text.length);
	folder_load(&folder);
	const struct amp_findings *findings = &folder.catalog.findings;
	assert_int_equal(findings->count, AMP_READER_FINDINGS_MAX + 1);
	assert_string_equal(findings->items[0].message,
		"the rest of the file is not looked at after 100 findings");
	assert_int_equal(findings->items[0].severity, AMPLAN_NOTE);
	for (unsigned i = 1; i <= AMP_READER_FINDINGS_MAX; i++)
		assert_int_equal(findings->items[i].place.line, i + 1);
}

/* A text of SQL pieces, written as XML in all ways there are, with its places. */
static void test_reader__knows_the_place_of_every_byte_of_sql(void **state)
{
	static const struct {
		const char *xml, *sql;
	} pieces[] = {
		{"x", "x"},
		{"SELECT ", "SELECT "},
		{"&lt;", "<"},
		{"&gt;", ">"},
		{"&amp;", "&"},
		{"&apos;", "'"},
		{"&quot;", "\""},
		{"&#65;", "A"},
		{"&#x20AC;", "\xe2\x82\xac"},
		{"\xe2\x82\xac", "\xe2\x82\xac"},
		{"\n", "\n"},
		{"\r\n", "\n"},
		{"\r ", "\n "},
		{"&#13;", "\r"},
		{"\t", "\t"},
		{"<!-- > c -->", ""},
		{"<?p < i?>", ""},
		{"<![CDATA[]]>", ""},
		{"<![CDATA[<&\r\n]x]>]]>", "<&\n]x]>"},
		{"&#x1F600;", "\xf0\x9f\x98\x80"},
		{"&#xE4;", "\xc3\xa4"},
	};
	uint32_t seed = 7;
	(void)state;
	for (int round = 0; round < 300; round++) {
		FOLDER folder;
		AMP_STR_AUTO xml = AMP_STR_INIT;
		AMP_STR_AUTO sql = AMP_STR_INIT;
		size_t at[64][2], count = 0;
		amp_str_add(&xml, "<migration " NS " id=\"a\"><up>S");
		amp_str_add(&sql, "S");
		for (; count < 40; count++) {
			seed = seed * 1664525 + 1013904223;
			size_t n = (seed >> 8) % (sizeof(pieces) / sizeof(*pieces));
			at[count][0] = sql.length;
			at[count][1] = xml.length;
			amp_str_add(&xml, pieces[n].xml);
			amp_str_add(&sql, pieces[n].sql);
			if (!strncmp(pieces[n].xml, "<![CDATA[", 9))
				at[count][1] += 9;
			if (!*pieces[n].sql)
				at[count--][0] = SIZE_MAX;
		}
		amp_str_add(&xml, "</up></migration>");
		folder_init(&folder);
		folder_bytes(&folder, "a.xml", xml.data, xml.length);
		folder_load(&folder);
		assert_catalog(&folder, "");
		const struct amp_sql *up = folder.catalog.items[0]->up;
		assert_int_equal(up->length, sql.length);
		assert_memory_equal(up->text, sql.data, sql.length);
		for (size_t i = 0; i < count; i++) {
			struct amplan_place is = amp_sql_place(up, at[i][0], 1);
			struct amplan_place be =
				amp_source_place(up->source, at[i][1], 1);
			assert_int_equal(is.line, be.line);
			assert_int_equal(is.column, be.column);
		}
	}
}

static void assert_place(const struct amp_sql *sql, const char *what, unsigned line,
	unsigned column, unsigned length)
{
	const char *found = strstr(sql->text, what);
	assert_non_null(found);
	struct amplan_place place =
		amp_sql_place(sql, (size_t)(found - sql->text), strlen(what));
	assert_int_equal(place.line, line);
	assert_int_equal(place.column, column);
	assert_int_equal(place.length, length);
}

static void test_reader__underlines_sql_in_its_file(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"\xef\xbb\xbf<migration " NS " id=\"a\"><up>\r\n"
		"  ALTER \xc3\xa4 &lt;&#x3c;&amp; <![CDATA[one ]]>two;</up>\r\n"
		"<down src=\"sql/b.sql\"/></migration>");
	folder_file(&folder, "sql/b.sql",
		"\xef\xbb\xbf"
		"eins\r\nzwei\rdrei\n");
	folder_load(&folder);
	assert_catalog(&folder, "");
	const struct amp_migration *m = folder.catalog.items[0];
	assert_string_equal(m->up->text, "\n  ALTER \xc3\xa4 <<& one two;");
	assert_place(m->up, "ALTER", 2, 3, 5);
	assert_place(m->up, "\xc3\xa4", 2, 9, 1);
	assert_place(m->up, "<<", 2, 11, 10);
	assert_place(m->up, "&", 2, 21, 5);
	assert_place(m->up, "one", 2, 36, 3);
	assert_place(m->up, "one two", 2, 36, 10);
	assert_place(m->up, ";", 2, 46, 1);
	assert_string_equal(m->down->text, "eins\nzwei\ndrei\n");
	assert_place(m->down, "eins", 1, 1, 4);
	assert_place(m->down, "zwei", 2, 1, 4);
	assert_place(m->down, "rei", 3, 2, 3);
	assert_string_equal(m->down->source->path, "m/sql/b.sql");
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Refused, quickly, whatever it is; the sanitizers watch over the rest. */
static void assert_refused(const struct amp_str *text)
{
	FOLDER folder;
	folder_init(&folder);
	assert_false(text->failed);
	folder_bytes(&folder, "a.xml", text->data, text->length);
	double start = seconds();
	folder_load(&folder);
	double took = seconds() - start;
	assert_true(folder.catalog.findings.count > 0);
	assert_true(folder.catalog.findings.count <= AMP_READER_FINDINGS_MAX + 1);
	/* some 0.1 s in a release build; sanitizers are given more */
	if (took > 5)
		fail_msg("took %.1f s", took);
}

static void test_reader__refuses_any_doctype(void **state)
{
	static const char *const doctypes[] = {
		"<!DOCTYPE migration>",
		"<!DOCTYPE migration SYSTEM \"file:///etc/passwd\">",
		"<!DOCTYPE migration SYSTEM \"http://127.0.0.1:9/x.dtd\">",
		"<!DOCTYPE migration PUBLIC \"-//X\" \"x.dtd\">",
		"<!DOCTYPE migration [<!ENTITY a SYSTEM \"/etc/passwd\">]>",
		"<!DOCTYPE migration [<!ENTITY % a SYSTEM \"/etc/passwd\"> %a;]>",
		"<!DOCTYPE migration [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;\">]>",
		"<!DOCTYPE migration [<!ATTLIST migration id CDATA \"x\">]>",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(doctypes) / sizeof(*doctypes); i++) {
		AMP_STR_AUTO text = AMP_STR_INIT;
		amp_str_addf(&text, "<?xml version=\"1.0\"?>\n<!-- -->%s%s", doctypes[i],
			M(GOOD));
		assert_descriptor(amp_str_text(&text),
			"m/a.xml:2:9+9: error[invalid-descriptor]: a DOCTYPE is not "
			"allowed in a descriptor {} (remove it; '&lt;' '&gt;' '&amp;' "
			"'&quot;' '&apos;' need no declaration)\n");
	}
}

static void repeat(struct amp_str *text, const char *what, size_t bytes)
{
	while (text->length < bytes)
		amp_str_add(text, what);
}

#define MIB ((size_t)1 << 20)

static void test_reader__decides_on_hostile_files(void **state)
{
	static const struct {
		const char *before, *again;
		size_t size;
		const char *after;
	} hostile[] = {
		{"<migration " NS, " a=\"\"", 4 * MIB, ""},
		{"<migration " NS, "\n", 4 * MIB, ""},
		{"<migration " NS " id=\"", "a", 4 * MIB, "\">"},
		{"", "<a>", 4 * MIB, ""},
		{"<migration " NS " id=\"a\">", "<a>", 4 * MIB, ""},
		{"<migration " NS " id=\"a\">", "<x/>", 4 * MIB, "</migration>"},
		{"<migration " NS " id=\"a\">", "<up/>", 4 * MIB, "</migration>"},
		{"<migrations " NS ">", "<migration/>", 4 * MIB, "</migrations>"},
		{"<migration " NS " id=\"a\"><up>", "&lt;x", 4 * MIB,
			"</up></migration>"},
		{"<migration " NS " id=\"a\"><up>", "\r\n", 4 * MIB, "</up></migration>"},
		{"<migration " NS " id=\"a\"><up><![CDATA[", "x", 11 * MIB,
			"]]></up></migration>"},
		{"<migration " NS " id=\"a\"><!--", " - ", 4 * MIB, "--></migration>"},
		{"<migration " NS " id=\"a\"><up>x</up>", "<verify>x</verify>", 6 * MIB,
			"</migration>"},
		{"", "\n", 4 * MIB, "<x"},
		{"<", "?", 4 * MIB, ""},
		{"", "<?a?>", 4 * MIB, ""},
		{"<", "<", 4 * MIB, ""},
		{"<!DOCTYPE a [", "<!ENTITY a \"b\">", 4 * MIB, ""},
		{"<a b='", "&#38;", 12000, "'/>"},
		{"<a ", "xmlns:a='b' ", 15000, "/>"},
		{"<", "a:", 15000, "/>"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		AMP_STR_AUTO text = AMP_STR_INIT;
		amp_str_add(&text, hostile[i].before);
		repeat(&text, hostile[i].again, hostile[i].size);
		amp_str_add(&text, hostile[i].after);
		assert_refused(&text);
	}
}

static void test_reader__refuses_long_tags_and_many_instructions(void **state)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	(void)state;
	amp_str_add(&text, "<migrations " NS ">\n <migration id=\"a\"");
	repeat(&text, " ", 17000);
	amp_str_add(&text, "></migration></migrations>");
	assert_descriptor(amp_str_text(&text),
		"m/a.xml:2:2+1: error[invalid-descriptor]: this tag is longer than 16384 "
		"bytes {} (no descriptor needs as much; shorten it)\n");
	amp_str_clear(&text);
	for (int i = 0; i <= 100; i++)
		amp_str_addf(&text, "<?p%d?>\n", i);
	amp_str_add(&text, M(GOOD));
	FOLDER folder;
	folder_init(&folder);
	folder_bytes(&folder, "a.xml", text.data, text.length);
	folder_load(&folder);
	assert_int_equal(folder.catalog.findings.count, 1);
	assert_string_equal(folder.catalog.findings.items[0].message,
		"the file holds more than 100 processing instructions");
}

static void test_reader__what_looks_like_something_else(void **state)
{
	(void)state;
	assert_descriptor("<migration " NS " id=\"a\" xmlnsx=\"b\">" GOOD "</migration>",
		"m/a.xml:1:40+6: error[invalid-descriptor]: unknown attribute 'xmlnsx' on "
		"'migration' {a} (what may stand here: 'id', 'module', 'transaction', "
		"'foreign-keys', 'maintenance' or 'breaking')\n");
	assert_descriptor("<migration " NS " xmlns:r=\"relative\" id=\"a\">" GOOD
			  "</migration>",
		"m/a.xml:1:42+8: error[invalid-descriptor]: the namespace 'relative' has "
		"no meaning here {} (the only namespace of descriptors is 'urn:amplan:1')\n");
	assert_descriptor(M(GOOD "<down xmlns=\"\">x</down>"),
		"m/a.xml:1:58+4: error[invalid-descriptor]: element 'down' is in no "
		"namespace, but must be in 'urn:amplan:1' {a} (remove it, or its prefix "
		"and its xmlns, if it is one of amplan's)\n");
	assert_descriptor("<migration " NS "><depends on=\"b\"/><depends on=\"b\"/>" GOOD
			  "</migration>",
		"m/a.xml:1:2+9: error[invalid-descriptor]: 'migration' needs the attribute "
		"'id' {} (write <migration id=\"...\">)\n"
		"m/a.xml:1:63+1: warning[redundant-dependency]: '?' depends on 'b' more "
		"than once {} (remove one of them)\n"
		"  m/a.xml:1:46+1: the first one\n");
	assert_descriptor("<a:migration xmlns:a=\"urn:amplan:1\" xmlns=\"\" id=\"a\">"
			  "<a:up>x</a:up></a:migration>",
		"m/a.xml:1:44+1: error[invalid-descriptor]: the namespace '' has no "
		"meaning here {} (the only namespace of descriptors is 'urn:amplan:1')\n");
	assert_descriptor(M("<up>1 </ >"),
		"m/a.xml:1:50+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Opening and ending tag mismatch: up line 1 and unparsable {} (check that "
		"each tag is closed and each quote has its partner)\n");
	assert_descriptor(M("<up>&;</up>"),
		"m/a.xml:1:44+1: error[invalid-descriptor]: the XML is not well-formed: "
		"xmlParseEntityRef: no name {} (in SQL write '&lt;' for '<' and '&amp;' "
		"for '&', or put the SQL into <![CDATA[ … ]]>)\n");
	assert_descriptor(M("<up a='&;'>x</up>"),
		"m/a.xml:1:47+1: error[invalid-descriptor]: the XML is not well-formed: "
		"xmlParseEntityRef: no name {} (in SQL write '&lt;' for '<' and '&amp;' "
		"for '&', or put the SQL into <![CDATA[ … ]]>)\n");
	assert_descriptor(M("<up>a <b</up>"),
		"m/a.xml:1:48+1: error[invalid-descriptor]: the XML is not well-formed: "
		"error parsing attribute name {} (in SQL write '&lt;' for '<' and '&amp;' "
		"for '&', or put the SQL into <![CDATA[ … ]]>)\n");
}

static void test_reader__tells_no_more_than_a_person_reads(void **state)
{
	static const struct {
		const char *again;
		size_t count, findings;
	} cases[] = {
		{"<depends on=\"b\"/>", 150, AMP_READER_FINDINGS_MAX + 1},
		{"<verify>--</verify>", 150, AMP_READER_FINDINGS_MAX + 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		FOLDER folder;
		AMP_STR_AUTO text = AMP_STR_INIT;
		folder_init(&folder);
		amp_str_add(&text, "<migration " NS " id=\"a\">");
		for (size_t k = 0; k < cases[i].count; k++)
			amp_str_add(&text, cases[i].again);
		amp_str_add(&text, GOOD "</migration>");
		folder_file(&folder, "a.xml", amp_str_text(&text));
		folder_load(&folder);
		assert_int_equal(folder.catalog.findings.count, cases[i].findings);
	}
}

static void test_reader__counts_elements_and_pieces(void **state)
{
	FOLDER folder;
	AMP_STR_AUTO text = AMP_STR_INIT;
	(void)state;
	folder_init(&folder);
	amp_str_add(&text, "<migration " NS " id=\"a\">" GOOD "\n");
	for (int i = 0; i < (1 << 15) + 10; i++)
		amp_str_addf(&text, "<depends on=\"b%d\"/>", i);
	amp_str_add(&text, "</migration>");
	folder_file(&folder, "a.xml", amp_str_text(&text));
	amp_str_clear(&text);
	amp_str_add(&text, "<migration " NS " id=\"b\">\n<up>SELECT");
	repeat(&text, "\r\n1+&lt;", 2 << 20);
	amp_str_add(&text, "</up></migration>");
	folder_file(&folder, "b.xml", amp_str_text(&text));
	folder_load(&folder);
	assert_int_equal(folder.catalog.findings.count, 2);
	assert_string_equal(folder.catalog.findings.items[0].message,
		"the file holds more than 32768 elements");
	assert_string_equal(folder.catalog.findings.items[1].message,
		"with this text the file has more than 262144 pieces of text");
}

/* The parser tells of a tag before it sees that it does not end. */
static void test_reader__loses_its_place_in_a_tag_without_end(void **state)
{
	(void)state;
	assert_descriptor("<migration " NS " id=\"a\" ",
		"m/a.xml:1:40+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Couldn't find end of Start Tag migration line 1 {} (check that each tag "
		"is closed and each quote has its partner)\n");
	assert_descriptor("<migration " NS " id=\"a\"",
		"m/a.xml:1:39+1: error[invalid-descriptor]: the XML is not well-formed: "
		"attributes construct error {} (check that each tag is closed and each "
		"quote has its partner)\n");
	assert_descriptor("</migration><migration " NS " id=\"a\">" GOOD "</migration>",
		"m/a.xml:1:1+1: error[invalid-descriptor]: the XML is not well-formed: "
		"StartTag: invalid element name {} (in SQL write '&lt;' for '<' and "
		"'&amp;' for '&', or put the SQL into <![CDATA[ … ]]>)\n");
	FOLDER folder;
	AMP_STR_AUTO text = AMP_STR_INIT;
	folder_init(&folder);
	repeat(&text, "<a>", 3 * 1000);
	folder_file(&folder, "a.xml", amp_str_text(&text));
	folder_load(&folder);
	assert_catalog(&folder,
		"m/a.xml:1:2+1: error[invalid-descriptor]: element 'a' is in no namespace, "
		"but must be in 'urn:amplan:1' {} (write <a xmlns=\"urn:amplan:1\" ...>)\n"
		"m/a.xml:1:772+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Excessive depth in document: 256 use XML_PARSE_HUGE option {} (check that "
		"each tag is closed and each quote has its partner)\n");
}

/* More instructions than are looked at, behind something that is wrong already. */
static void test_reader__complains_once(void **state)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	(void)state;
	amp_str_add(&text, "<migration " NS " id=\"a\"><x:y/>");
	for (int i = 0; i <= 200; i++)
		amp_str_add(&text, "<?p?>");
	amp_str_add(&text, GOOD "</migration>");
	assert_descriptor(amp_str_text(&text),
		"m/a.xml:1:44+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Namespace prefix x on y is not defined {} (check that each tag is closed "
		"and each quote has its partner)\n");
}

static void test_reader__reads_a_thousand_migrations_and_large_sql(void **state)
{
	FOLDER folder;
	AMP_STR_AUTO text = AMP_STR_INIT;
	(void)state;
	amp_str_add(&text, "<migrations " NS ">\n");
	for (int i = 0; i < 1000; i++)
		amp_str_addf(&text,
			"<migration id=\"%d\"><depends on=\"%d\"/><up>CREATE TABLE t%d (x)"
			"</up></migration>\n",
			i + 1, i, i);
	amp_str_add(&text, "<migration id=\"0\"><up><![CDATA[");
	repeat(&text, "INSERT INTO t VALUES ('<&>');\n", 7 * MIB / 2);
	amp_str_add(&text, "]]></up></migration></migrations>");
	folder_init(&folder);
	folder_bytes(&folder, "a.xml", text.data, text.length);
	folder_load(&folder);
	assert_catalog(&folder, "");
	assert_int_equal(folder.catalog.count, 1001);
	const struct amp_migration *large = amp_catalog_find(&folder.catalog, "0");
	assert_true(large->up->length > 3 * MIB);
	struct amplan_place place = amp_sql_place(large->up, 30 * 100000, 6);
	assert_int_equal(place.line, 101002);
	assert_int_equal(place.column, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader__fills_every_field),
		cmocka_unit_test(test_reader__takes_the_sql_of_the_engine),
		cmocka_unit_test(test_reader__takes_the_defaults),
		cmocka_unit_test(test_reader__accepts),
		cmocka_unit_test(test_reader__names_what_is_wrong_with_elements),
		cmocka_unit_test(test_reader__names_what_is_wrong_with_namespaces),
		cmocka_unit_test(test_reader__names_what_is_wrong_with_attributes),
		cmocka_unit_test(test_reader__shortens_long_values),
		cmocka_unit_test(test_reader__names_what_does_not_go_together),
		cmocka_unit_test(test_reader__refuses_text_where_none_belongs),
		cmocka_unit_test(test_reader__names_what_is_wrong_with_bytes),
		cmocka_unit_test(test_reader__places_broken_xml),
		cmocka_unit_test(test_reader__tells_everything_at_once_and_not_too_much),
		cmocka_unit_test(test_reader__knows_the_place_of_every_byte_of_sql),
		cmocka_unit_test(test_reader__underlines_sql_in_its_file),
		cmocka_unit_test(test_reader__refuses_any_doctype),
		cmocka_unit_test(test_reader__decides_on_hostile_files),
		cmocka_unit_test(test_reader__refuses_long_tags_and_many_instructions),
		cmocka_unit_test(test_reader__what_looks_like_something_else),
		cmocka_unit_test(test_reader__tells_no_more_than_a_person_reads),
		cmocka_unit_test(test_reader__counts_elements_and_pieces),
		cmocka_unit_test(test_reader__loses_its_place_in_a_tag_without_end),
		cmocka_unit_test(test_reader__complains_once),
		cmocka_unit_test(test_reader__reads_a_thousand_migrations_and_large_sql),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
