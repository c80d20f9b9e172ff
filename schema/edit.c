/*
 * Edit: the scanner says where the tags are, so that neither comments nor CDATA nor quotes
 * can be taken for one. Pieces are put in from the first to the last, and all that stands
 * between them is copied.
 */
#include "schema/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "schema/bytes.h"
#include "schema/xml_scan.h"

/* Where a migration takes new elements, and what is written before each. */
struct spot {
	const struct amp_edit *edit;
	size_t at;
	struct amp_scan_range prefix; /* of the migration's tag, with its ':' */
	struct amp_scan_range end;    /* a line end, of lines of their own */
	struct amp_scan_range indent; /* behind it; else a blank, or nothing */
};

/* An element, from its '<' to behind its end. */
struct part {
	size_t begin, end;
	bool known;
};

/* What of a migration decides about the spot. */
struct outline {
	struct amp_scan_range name; /* of the migration's tag */
	size_t behind;              /* its start tag */
	struct part first, last;    /* child, and <depends> or <after> */
	bool described;             /* the first child is the description */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/* Length of the line end at `at`, before the migration's end tag. */
static size_t line_end(const struct amp_source *source, size_t at)
{
	return source->bytes[at] == '\r' && source->bytes[at + 1] == '\n' ? 2 : 1;
}

/* The blanks before `at`, behind some tag, where nothing else stands on its line. */
static bool indent_before(
	const struct amp_source *source, size_t at, struct amp_scan_range *indent)
{
	size_t from = at;
	while (is_space(source->bytes[from - 1]))
		from--;
	*indent = (struct amp_scan_range){from, at - from};
	return is_line_end(source->bytes[from - 1]);
}

/* The line end before `at`. */
static struct amp_scan_range line_end_before(const struct amp_source *source, size_t at)
{
	size_t length = !memcmp(source->bytes + at - 2, "\r\n", 2) ? 2 : 1;
	return (struct amp_scan_range){at - length, length};
}

/* Steps over blanks and comments to where the line ends, inside of the migration. False
   where it holds more. */
static bool rest_of_line(const struct amp_source *source, size_t at, size_t *end)
{
	while (!is_line_end(source->bytes[at])) {
		size_t next = at + 1;
		if (!is_space(source->bytes[at])) {
			next = amp_scan_skip(source->bytes, source->length, at);
			if (next == at || source->bytes[at + 2] != '-')
				return false;
		}
		for (size_t i = at; i < next; i++)
			if (is_line_end(source->bytes[i]))
				return false;
		at = next;
	}
	*end = at;
	return true;
}

static bool is_named(
	const struct amp_scan *scan, struct amp_scan_range prefix, const char *local)
{
	size_t length = strlen(local);
	return scan->name.length == prefix.length + length &&
		!memcmp(scan->bytes + scan->name.offset + prefix.length, local, length);
}

static struct amp_scan_range prefix_of(
	const struct amp_source *source, struct amp_scan_range name)
{
	const char *colon = memchr(source->bytes + name.offset, ':', name.length);
	name.length = colon ? (size_t)(colon - source->bytes) + 1 - name.offset : 0;
	return name;
}

/* Names with another prefix than the migration's are told apart by their end. */
static bool is_edge(const struct amp_scan *scan, const struct amp_source *source)
{
	struct amp_scan_range prefix = prefix_of(source, scan->name);
	return is_named(scan, prefix, "depends") || is_named(scan, prefix, "after");
}

/* Notes a child that begins. */
static void begin_child(struct outline *outline, const struct amp_scan *scan,
	const struct amp_source *source, bool *edge)
{
	*edge = is_edge(scan, source);
	if (*edge)
		outline->last = (struct part){scan->tag, scan->end, true};
	if (outline->first.known)
		return;
	outline->first = (struct part){scan->tag, scan->end, true};
	outline->described = is_named(scan, prefix_of(source, scan->name), "description");
}

/* Reads the migration whose tag is at `tag`; false where that is not what stands there. */
static bool read_outline(struct amp_scan *scan, const struct amp_source *source,
	size_t tag, struct outline *outline)
{
	size_t depth = 0, children = 0;
	bool edge = false;
	amp_scan_init(scan, source->bytes, source->length);
	scan->at = tag;
	for (;;) {
		enum amp_scan_event event = amp_scan_next(scan);
		if (event == AMP_SCAN_START && depth++ == 0) {
			outline->name = scan->name;
			outline->behind = scan->end;
		} else if (event == AMP_SCAN_START && depth == 2) {
			begin_child(outline, scan, source, &edge);
		} else if (event == AMP_SCAN_END && depth-- == 2) {
			if (children++ == 0)
				outline->first.end = scan->end;
			if (edge)
				outline->last.end = scan->end;
		} else if (event == AMP_SCAN_END && depth == 0) {
			return outline->first.known;
		} else if (event != AMP_SCAN_START && event != AMP_SCAN_END) {
			return false;
		}
	}
}

/* Behind `behind`, on lines like that on which `model` begins, where it has one. */
static void place_spot(
	const struct amp_source *source, size_t behind, size_t model, struct spot *spot)
{
	bool own_line = indent_before(source, model, &spot->indent);
	size_t end;
	spot->at = behind;
	if (own_line && rest_of_line(source, behind, &end)) {
		spot->at = end;
		spot->end = (struct amp_scan_range){end, line_end(source, end)};
	} else if (own_line && model >= behind) {
		spot->end = line_end_before(source, spot->indent.offset);
	} else {
		/* <depends/> <depends/> keep their distance */
		spot->indent.length = !own_line && model < behind && spot->indent.length;
	}
}

static bool find_spot(struct amp_scan *scan, const struct amp_source *source,
	const struct amp_edit *edit, struct spot *spot)
{
	struct outline outline = {0};
	*spot = (struct spot){.edit = edit};
	if (!read_outline(scan, source, edit->migration->tag, &outline))
		return false;
	spot->prefix = prefix_of(source, outline.name);
	if (outline.last.known)
		place_spot(source, outline.last.end, outline.last.begin, spot);
	else if (outline.described)
		place_spot(source, outline.first.end, outline.first.begin, spot);
	else
		place_spot(source, outline.behind, outline.first.begin, spot);
	return true;
}

static bool is_declared(const struct amp_edit *edit, size_t which)
{
	const struct amp_migration *migration = edit->migration;
	for (size_t i = 0; i < migration->ndepends; i++)
		if (!strcmp(migration->depends[i].id, edit->ids[which]))
			return true;
	for (size_t i = 0; i < which; i++)
		if (!strcmp(edit->ids[i], edit->ids[which]))
			return true;
	return false;
}

static void add_range(
	struct amp_str *out, const struct amp_source *source, struct amp_scan_range range)
{
	amp_str_addn(out, source->bytes + range.offset, range.length);
}

/* Returns how many were added. */
static size_t add_elements(
	struct amp_str *out, const struct amp_source *source, const struct spot *spot)
{
	size_t added = 0;
	for (size_t i = 0; i < spot->edit->nids; i++) {
		if (is_declared(spot->edit, i))
			continue;
		add_range(out, source, spot->end);
		add_range(out, source, spot->indent);
		amp_str_addc(out, '<');
		add_range(out, source, spot->prefix);
		amp_str_add(out, "depends on=\"");
		amp_migration_add_name(out, spot->edit->migration, spot->edit->ids[i]);
		amp_str_add(out, "\"/>");
		added++;
	}
	return added;
}

static int compare_spots(const void *a, const void *b)
{
	const struct spot *l = a, *r = b;
	return (l->at > r->at) - (l->at < r->at);
}

static int refuse_place(const struct amp_source *source,
	const struct amp_migration *migration, struct amplan_error *error)
{
	amp_error(error, AMPLAN_REFUSED,
		"'%s' has no place for a dependency of migration '%s'", source->path,
		migration->id);
	amp_error_hint(error, "write it there by hand");
	return AMPLAN_REFUSED;
}

static size_t write_out(struct amp_str *out, const struct amp_source *source,
	const struct spot *spots, size_t count)
{
	size_t from = 0, added = 0;
	for (size_t i = 0; i < count; i++) {
		amp_str_addn(out, source->bytes + from, spots[i].at - from);
		added += add_elements(out, source, &spots[i]);
		from = spots[i].at;
	}
	amp_str_addn(out, source->bytes + from, source->length - from);
	return added;
}

int amp_edit_add_depends(const struct amp_source *source, const struct amp_edit *edits,
	size_t nedits, struct amp_str *out, size_t *nadded, struct amplan_error *error)
{
	AMP_ARENA_AUTO arena = {0};
	struct spot *spots = amp_arena_array(&arena, nedits, sizeof(*spots));
	struct amp_scan scan = {0};
	size_t count = 0, added = 0;
	int code = spots ? AMPLAN_OK : amp_error_nomem(error);
	amp_str_clear(out);
	for (size_t i = 0; i < nedits && !code; i++) {
		if (edits[i].migration->source != source)
			continue;
		bool found = find_spot(&scan, source, &edits[i], &spots[count++]);
		if (scan.failed)
			code = amp_error_nomem(error);
		else if (!found)
			code = refuse_place(source, edits[i].migration, error);
		amp_scan_deinit(&scan);
	}
	if (!code) {
		if (count)
			qsort(spots, count, sizeof(*spots), compare_spots);
		added = write_out(out, source, spots, count);
	}
	if (nadded)
		*nadded = added;
	return !code && out->failed ? amp_error_nomem(error) : code;
}

/* Whether the file is what was read; nobody's work is written over. */
static int compare_file(const struct amp_source *source, struct amplan_error *error)
{
	AMP_ARENA_AUTO arena = {0};
	const char *bytes;
	size_t length;
	int code = amp_file_read(
		&arena, source->path, AMP_XML_LIMIT, &bytes, &length, error);
	if (code)
		return code;
	if (length == source->length && !memcmp(bytes, source->bytes, length))
		return AMPLAN_OK;
	amp_error(error, AMPLAN_REFUSED, "'%s' was changed while it was looked at",
		source->path);
	amp_error_hint(error, "run it again");
	return AMPLAN_REFUSED;
}

int amp_edit_write(const struct amp_source *source, const struct amp_str *bytes,
	struct amplan_error *error)
{
	int code = compare_file(source, error);
	if (code)
		return code;
	return amp_file_replace(source->path, amp_str_text(bytes), bytes->length, error);
}

/* The new bytes of one file. */
struct change {
	const struct amp_source *source;
	struct amp_str bytes;
	size_t added;
};

static int compare_files(const void *a, const void *b)
{
	const struct amp_edit *l = a, *r = b;
	return strcmp(l->migration->source->path, r->migration->source->path);
}

/* Makes the changes of sorted edits, a file each; none is written yet. */
static int make_changes(const struct amp_edit *edits, size_t nedits,
	struct change *changes, size_t *nchanges, struct amplan_error *error)
{
	int code = AMPLAN_OK;
	for (size_t i = 0, next; i < nedits && !code; i = next) {
		struct change *change = &changes[(*nchanges)++];
		change->source = edits[i].migration->source;
		next = i + 1;
		while (next < nedits && edits[next].migration->source == change->source)
			next++;
		code = amp_edit_add_depends(change->source, edits + i, next - i,
			&change->bytes, &change->added, error);
		if (!code && change->added)
			code = compare_file(change->source, error);
	}
	return code;
}

int amp_edit_files(const struct amp_edit *edits, size_t nedits, size_t *nadded,
	struct amplan_error *error)
{
	AMP_ARENA_AUTO arena = {0};
	struct amp_edit *sorted = amp_arena_array(&arena, nedits, sizeof(*sorted));
	struct change *changes = amp_arena_array(&arena, nedits, sizeof(*changes));
	size_t count = 0;
	*nadded = 0;
	if (arena.failed)
		return amp_error_nomem(error);
	if (nedits) {
		memcpy(sorted, edits, nedits * sizeof(*sorted));
		qsort(sorted, nedits, sizeof(*sorted), compare_files);
	}
	int code = make_changes(sorted, nedits, changes, &count, error);
	for (size_t i = 0; i < count && !code; i++) {
		if (!changes[i].added)
			continue;
		code = amp_edit_write(changes[i].source, &changes[i].bytes, error);
		if (!code)
			*nadded += changes[i].added;
	}
	for (size_t i = 0; i < count; i++)
		amp_str_deinit(&changes[i].bytes);
	return code;
}
