/*
 * Plan file, the writing side. SQL goes into CDATA, so that a person can read it, and
 * comes out byte for byte as it went in.
 */
#include "schema/plan_file.h"

#include <inttypes.h>
#include <string.h>

#include <amplan/report.h>

#include "base/str.h"
#include "base/text.h"
#include "schema/reader.h"
#include "schema/seal.h"

/* libxml2 takes no CDATA section of more than 10,000,000 bytes. */
#define SECTION_MAX ((size_t)1 << 20)

/* Length of the character at `at`, 0 where XML cannot hold what is there. */
static size_t character(const char *text, size_t length, size_t at)
{
	unsigned char c = (unsigned char)text[at];
	if (c < 0x80)
		return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (n > length - at || amp_text_invalid_utf8(text + at, n) < n)
		return 0;
	return memcmp(text + at, "\xef\xbf\xbe", n) != 0 &&
			memcmp(text + at, "\xef\xbf\xbf", n) != 0
		? n
		: 0;
}

/* Text as it may stand in an element, or in an attribute, where line ends count. */
static void add_escaped(struct amp_str *out, const char *text, bool attribute)
{
	const char *special = attribute ? "<>&\"\t\n\r" : "<>&\r";
	size_t length = strlen(text), n;
	for (size_t at = 0; at < length; at += n) {
		n = character(text, length, at);
		if (n == 0) {
			amp_str_add(out, "\xef\xbf\xbd"); /* U+FFFD: only for display */
			n = 1;
		} else if (strchr(special, text[at])) {
			amp_str_addf(out, "&#%d;", text[at]);
		} else {
			amp_str_addn(out, text + at, n);
		}
	}
}

static void add_attribute(struct amp_str *out, const char *name, const char *value)
{
	amp_str_addf(out, " %s=\"", name);
	add_escaped(out, value ? value : "", true);
	amp_str_addc(out, '"');
}

/* Where a CDATA section that begins at `at` has to end. */
static size_t section_end(const char *text, size_t length, size_t at)
{
	size_t limit = length - at > SECTION_MAX ? at + SECTION_MAX : length;
	size_t end = at;
	while (end < limit && text[end] != '\r') {
		if (text[end] == '>' && end >= at + 2 && !memcmp(text + end - 2, "]]", 2))
			return end;
		end++;
	}
	while (end < length && end > at + 4 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	return end;
}

static void add_sections(struct amp_str *out, const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		size_t end = section_end(text, length, at);
		if (end > at) {
			amp_str_add(out, "<![CDATA[");
			amp_str_addn(out, text + at, end - at);
			amp_str_add(out, "]]>");
		}
		at = end;
		if (at < length && text[at] == '\r') {
			amp_str_add(out, "&#13;");
			at++;
		}
	}
}

static void add_sql(struct amp_str *out, const char *element, const struct amp_sql *sql,
	bool mark_applied)
{
	if (!sql)
		return;
	amp_str_addf(out, "      <%s", element);
	if (sql->engine)
		add_attribute(out, "engine", sql->engine);
	if (mark_applied)
		add_attribute(out, "on-fail", "mark-applied");
	amp_str_addc(out, '>');
	add_sections(out, sql->text, sql->length);
	amp_str_addf(out, "</%s>\n", element);
}

/* A plain id means the migration's own module, so one without module says so. */
static void add_reference(struct amp_str *out, const struct amp_migration *migration,
	const char *element, const char *attribute, const struct amp_reference *reference)
{
	bool bare = *migration->module && !strchr(reference->id, ':');
	amp_str_addf(out, "      <%s %s=\"%s", element, attribute, bare ? ":" : "");
	add_escaped(out, reference->id, true);
	amp_str_addc(out, '"');
	if (reference->reason)
		add_attribute(out, "reason", reference->reason);
	amp_str_add(out, "/>\n");
}

static void add_references(struct amp_str *out, const struct amp_migration *migration)
{
	for (size_t i = 0; i < migration->ndepends; i++)
		add_reference(out, migration,
			migration->depends[i].orders_only ? "after" : "depends", "on",
			&migration->depends[i]);
	for (size_t i = 0; i < migration->nreplaces; i++)
		add_reference(out, migration, "replaces", "id", &migration->replaces[i]);
	for (size_t i = 0; i < migration->nallows; i++) {
		amp_str_add(out, "      <allow");
		add_attribute(out, "kind", migration->allows[i].kind);
		add_attribute(out, "reason", migration->allows[i].reason);
		amp_str_add(out, "/>\n");
	}
}

static void add_start_tag(struct amp_str *out, const struct amp_migration *migration)
{
	struct amplan_place place = amp_migration_place(migration);
	const char *id = migration->id;
	amp_str_add(out, "    <migration");
	if (*migration->module) {
		add_attribute(out, "module", migration->module);
		id += strlen(migration->module) + 1;
	}
	add_attribute(out, "id", id);
	if (migration->flags & AMPLAN_NO_TRANSACTION)
		add_attribute(out, "transaction", "none");
	if (migration->flags & AMPLAN_FOREIGN_KEYS)
		add_attribute(out, "foreign-keys", "on");
	if (migration->flags & AMPLAN_MAINTENANCE)
		add_attribute(out, "maintenance", "true");
	if (migration->flags & AMPLAN_BREAKING)
		add_attribute(out, "breaking", "true");
	add_attribute(out, "file", place.file);
	amp_str_addf(out, " line=\"%u\" column=\"%u\">\n", place.line, place.column);
}

static void add_migration(struct amp_str *out, const struct amp_migration *migration)
{
	add_start_tag(out, migration);
	if (*migration->description) {
		amp_str_add(out, "      <description>");
		add_escaped(out, migration->description, false);
		amp_str_add(out, "</description>\n");
	}
	add_references(out, migration);
	for (size_t i = 0; i < migration->npreconditions; i++)
		add_sql(out, "precondition", &migration->preconditions[i].sql,
			migration->preconditions[i].mark_applied);
	add_sql(out, "up", migration->up, false);
	add_sql(out, "down", migration->down, false);
	if (migration->irreversible) {
		amp_str_add(out, "      <irreversible");
		add_attribute(out, "reason", migration->irreversible);
		amp_str_add(out, "/>\n");
	}
	for (size_t i = 0; i < migration->nverifies; i++)
		add_sql(out, "verify", &migration->verifies[i].sql, false);
	amp_str_add(out, "    </migration>\n");
}

static void add_step(struct amp_str *out, const struct amp_plan_file_step *step)
{
	amp_str_addf(out,
		"  <step number=\"%u\" stage=\"%u\" statements=\"%u\" rows=\"%" PRId64
		"\">\n",
		step->number, step->stage, step->statements,
		step->rows < 0 ? 0 : step->rows);
	for (size_t i = 0; i < step->neffects; i++) {
		amp_str_add(out, "    <effect");
		add_attribute(out, "kind", step->effects[i].kind);
		add_attribute(out, "type", step->effects[i].type);
		add_attribute(out, "name", step->effects[i].name);
		amp_str_add(out, "/>\n");
	}
	add_migration(out, step->migration);
	amp_str_add(out, "  </step>\n");
}

bool amp_plan_file_starts(const char *bytes, size_t length)
{
	return length >= AMP_PLAN_FILE_START_SIZE &&
		!memcmp(bytes, AMP_PLAN_FILE_START, AMP_PLAN_FILE_START_SIZE);
}

/* Returns where the open seal stands. */
static size_t add_root(struct amp_str *out, const struct amp_plan_file *file)
{
	amp_str_add(out, AMP_PLAN_FILE_START " format=\"1\"\n  seal=\"");
	size_t seal = out->length;
	amp_str_add(out, AMP_SEAL_OPEN "\"\n ");
	add_attribute(out, "tool", file->tool);
	add_attribute(out, "engine", file->engine);
	add_attribute(out, "fidelity", file->fidelity);
	add_attribute(out, "rollback", file->rollback ? "true" : "false");
	amp_str_add(out, "\n ");
	add_attribute(out, "database", file->database);
	amp_str_add(out, "\n ");
	add_attribute(out, "digest", file->digest);
	amp_str_add(out, "\n ");
	add_attribute(out, "target", file->target);
	amp_str_add(out, "\n ");
	add_attribute(out, "head", file->head);
	amp_str_add(out, "\n ");
	add_attribute(out, "start", file->start);
	amp_str_add(out, "\n ");
	add_attribute(out, "end", file->end);
	amp_str_add(out, ">\n");
	return seal;
}

void amp_plan_file_write(struct amp_str *out, const struct amp_plan_file *file)
{
	size_t begin = out->length;
	size_t seal = add_root(out, file);
	for (size_t i = 0; i < file->nsteps; i++)
		add_step(out, &file->steps[i]);
	if (file->schema_diff) {
		amp_str_add(out, "  <schema-diff>");
		add_escaped(out, file->schema_diff, false);
		amp_str_add(out, "</schema-diff>\n");
	}
	amp_str_add(out, "</plan>\n");
	if (!out->failed)
		amp_seal_close(out->data + begin, out->length - begin, seal - begin);
}
