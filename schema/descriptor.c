/*
 * Descriptor: goes on after a finding, so that one run shows everything that is wrong
 * with a file. The parts of a migration may stand in any order; what holds between them
 * is looked at when it is closed (draft.h).
 */
#include "schema/descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "base/always.h"
#include "base/system.h"
#include "schema/bytes.h"
#include "schema/draft.h"
#include "schema/sql.h"

#define DEPTH_MAX 8
/* Many more than anyone writes, and few enough to be read in half a second. */
#define ELEMENTS_MAX ((size_t)1 << 15)

struct builder {
	const struct amp_complain *complain;
	const struct amp_descriptor_hooks *hooks;
	struct amp_arena *arena;
	const char *module; /* of <migrations>, for those within */
	size_t elements;
	size_t pieces; /* of all texts */
	enum amp_element open[DEPTH_MAX];
	size_t depth;
	struct amp_draft draft;
	/* of the innermost open element */
	struct amp_values values;
	struct amp_scan_range at, text;
	size_t behind;
	bool has_text;
};

static enum amp_element innermost(const struct builder *builder)
{
	return builder->depth ? builder->open[builder->depth - 1] : AMP_EL_ROOT;
}

static void hint(
	struct builder *builder, struct amplan_finding *finding, const char *text)
{
	amp_finding_hint(builder->complain->findings, finding, "%s", text);
}

static const char *copy_qualified(
	struct builder *builder, const char *module, const char *id)
{
	const char *colon = strchr(id, ':');
	if (colon || !*module)
		return amp_arena_strdup(builder->arena, colon == id ? id + 1 : id);
	return amp_arena_printf(builder->arena, "%s:%s", module, id);
}

static bool is(const char *value, const char *word)
{
	return value && !strcmp(value, word);
}

static unsigned flags_of(const struct amp_values *values)
{
	unsigned flags = 0;
	if (is(values->text[AMP_AT_TRANSACTION], "none"))
		flags |= AMPLAN_NO_TRANSACTION;
	if (is(values->text[AMP_AT_FOREIGN_KEYS], "on"))
		flags |= AMPLAN_FOREIGN_KEYS;
	if (is(values->text[AMP_AT_MAINTENANCE], "true"))
		flags |= AMPLAN_MAINTENANCE;
	if (is(values->text[AMP_AT_BREAKING], "true"))
		flags |= AMPLAN_BREAKING;
	return flags;
}

static unsigned number_of(const char *text)
{
	unsigned long number = text ? strtoul(text, NULL, 10) : 0;
	return number > UINT32_MAX ? UINT32_MAX : (unsigned)number;
}

static void begin_migration(
	struct builder *builder, const struct amp_xml_element *element, size_t before)
{
	const struct amp_values *values = &builder->values;
	const char *module = values->text[AMP_AT_MODULE];
	const char *id = values->text[AMP_AT_ID];
	if (!module)
		module = builder->module ? builder->module : "";
	amp_draft_begin(&builder->draft, builder->complain, element->at, before);
	struct amp_migration *migration = &builder->draft.migration;
	migration->module = module;
	migration->id = id ? copy_qualified(builder, module, id) : NULL;
	migration->description = "";
	migration->source = builder->complain->source;
	migration->offset = values->at[AMP_AT_ID].offset;
	migration->length = values->at[AMP_AT_ID].length;
	migration->tag = element->tag;
	migration->flags = flags_of(values);
	if (values->text[AMP_AT_FILE])
		migration->origin = (struct amplan_place){
			.file = values->text[AMP_AT_FILE],
			.line = number_of(values->text[AMP_AT_LINE]),
			.column = number_of(values->text[AMP_AT_COLUMN]),
			.length = 1,
		};
}

static void add_reference(struct builder *builder, enum amp_element which)
{
	enum amp_attribute attribute = which == AMP_EL_REPLACES ? AMP_AT_ID : AMP_AT_ON;
	const struct amp_values *values = &builder->values;
	if (!values->text[attribute])
		return;
	struct amp_reference reference = {
		.id = copy_qualified(builder, builder->draft.migration.module,
			values->text[attribute]),
		.reason = values->text[AMP_AT_REASON],
		.orders_only = which == AMP_EL_AFTER,
		.source = builder->complain->source,
		.offset = values->at[attribute].offset,
		.length = values->at[attribute].length,
	};
	bool added = !reference.id ? false
		: which == AMP_EL_REPLACES
		? amp_vec_push(&builder->draft.replaces, reference)
		: amp_vec_push(&builder->draft.depends, reference);
	if (!added)
		builder->complain->findings->failed = true;
}

static void add_allowance(struct builder *builder)
{
	const struct amp_values *values = &builder->values;
	struct amp_allowance allowance = {
		.kind = values->text[AMP_AT_KIND],
		.reason = values->text[AMP_AT_REASON],
		.source = builder->complain->source,
		.offset = values->at[AMP_AT_KIND].offset,
		.length = values->at[AMP_AT_KIND].length,
	};
	if (allowance.kind && allowance.reason &&
		!amp_vec_push(&builder->draft.allows, allowance))
		builder->complain->findings->failed = true;
}

/* A saved plan has as many elements as its descriptors had together. */
static bool is_one_too_many(struct builder *builder, struct amp_scan_range at)
{
	if (builder->hooks->begin || ++builder->elements <= ELEMENTS_MAX)
		return false;
	if (builder->elements == ELEMENTS_MAX + 1)
		hint(builder,
			amp_complain(builder->complain, at,
				"the file holds more than %zu elements", ELEMENTS_MAX),
			"split it into several files");
	return true;
}

static bool on_start(void *context, const struct amp_xml_element *element)
{
	struct builder *builder = context;
	bool plan = builder->hooks->begin;
	size_t before = builder->complain->findings->count;
	if (is_one_too_many(builder, element->at))
		return false;
	enum amp_element which =
		amp_grammar_element(builder->complain, plan, innermost(builder), element);
	/* the grammar has no deeper elements */
	if (which == AMP_EL_NONE || AMP_NEVER(builder->depth == DEPTH_MAX))
		return false;
	builder->open[builder->depth++] = which;
	builder->at = element->at;
	builder->behind = element->behind;
	builder->has_text = false;
	amp_grammar_attributes(builder->complain, plan, which, element, &builder->values);
	switch (which) {
	case AMP_EL_MIGRATIONS:
		builder->module = builder->values.text[AMP_AT_MODULE];
		break;
	case AMP_EL_MIGRATION:
		begin_migration(builder, element, before);
		break;
	case AMP_EL_DEPENDS:
	case AMP_EL_AFTER:
	case AMP_EL_REPLACES:
		add_reference(builder, which);
		break;
	case AMP_EL_DESCRIPTION:
	case AMP_EL_IRREVERSIBLE:
		amp_draft_once(&builder->draft, which, element->at);
		if (which == AMP_EL_IRREVERSIBLE)
			builder->draft.migration.irreversible =
				builder->values.text[AMP_AT_REASON];
		break;
	case AMP_EL_ALLOW:
		add_allowance(builder);
		break;
	case AMP_EL_PLAN:
		if (builder->values.text[AMP_AT_ENGINE])
			builder->draft.engine = builder->values.text[AMP_AT_ENGINE];
		__attribute__((fallthrough));
	case AMP_EL_STEP:
	case AMP_EL_EFFECT:
		builder->hooks->begin(builder->hooks->context, which, &builder->values);
		break;
	default:
		break;
	}
	return true;
}

static void on_text(void *context, struct amp_scan_range at)
{
	struct builder *builder = context;
	enum amp_element which = innermost(builder);
	enum amp_inside inside = amp_grammar_inside(which);
	if (inside != AMP_INSIDE_TEXT) {
		bool section = builder->complain->source->bytes[at.offset] == '<';
		struct amplan_finding *finding =
			amp_complain(builder->complain, at, "%s is not allowed in '%s'",
				section ? "CDATA" : "text", amp_grammar_name(which));
		hint(builder, finding,
			which == AMP_EL_MIGRATION ? "SQL belongs into 'up' or 'down'"
						  : "remove it");
	} else if (!builder->has_text) {
		builder->has_text = true;
		builder->text = at;
	}
}

/* The text of the element that ends, compared with what the parser made of it. */
static bool decode(struct builder *builder, const struct amp_xml_content *content,
	struct amp_sql *sql)
{
	size_t left =
		builder->hooks->begin ? SIZE_MAX : AMP_SQL_PIECES_MAX - builder->pieces;
	if (!amp_sql_from_xml(
		    builder->complain, builder->behind, content->end, left, sql))
		return false;
	builder->pieces += left == SIZE_MAX ? 0 : sql->nspans;
	/* parser and scanner agree, as far as all fuzzing has told */
	if (AMP_NEVER(content->simple &&
		    (sql->length != content->length ||
			    amp_text_hash(AMP_HASH, sql->text, sql->length) !=
				    content->text)))
		hint(builder,
			amp_complain(builder->complain, builder->at,
				"internal error: this text can be read in two ways"),
			"please report this, with the file");
	return true;
}

/* Words with single spaces between them. */
static const char *collapse(struct builder *builder, const struct amp_sql *sql)
{
	char *out = amp_arena_alloc(builder->arena, sql->length + 1);
	size_t n = 0;
	for (size_t i = 0; out && i < sql->length; i++) {
		bool blank = strchr(" \t\r\n", sql->text[i]);
		if (!blank)
			out[n++] = sql->text[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	if (n && out[n - 1] == ' ')
		out[n - 1] = '\0';
	return out ? out : "";
}

static void refuse_file(
	struct builder *builder, enum amp_file_problem problem, int number)
{
	const char *path = builder->values.text[AMP_AT_SRC];
	struct amp_scan_range at = builder->values.at[AMP_AT_SRC];
	const char *shown = amp_shown(builder->complain->findings, path, strlen(path));
	struct amplan_finding *finding = NULL;
	switch (problem) {
	case AMP_FILE_MISSING:
		finding = amp_complain(
			builder->complain, at, "file '%s' does not exist", shown);
		hint(builder, finding, "the path is relative to the descriptor");
		break;
	case AMP_FILE_OUTSIDE:
		finding = amp_complain(builder->complain, at,
			"file '%s' is outside of the migrations folder", shown);
		hint(builder, finding, "move it into the folder");
		break;
	case AMP_FILE_NOT_A_FILE:
		finding =
			amp_complain(builder->complain, at, "'%s' is not a file", shown);
		hint(builder, finding, "name a file that ends in .sql");
		break;
	case AMP_FILE_TOO_LARGE:
		finding = amp_complain(builder->complain, at,
			"file '%s' is larger than %zu MiB", shown, AMP_SQL_LIMIT >> 20);
		hint(builder, finding, "split it into several migrations");
		break;
	case AMP_FILE_CHANGED:
		finding = amp_complain(builder->complain, at,
			"file '%s' was changed while it was read", shown);
		hint(builder, finding, "run it again when nobody writes to it");
		break;
	case AMP_FILE_TOO_MUCH:
		finding = amp_complain(builder->complain, at,
			"with file '%s' the migrations are larger than %zu MiB together",
			shown, AMP_CATALOG_LIMIT >> 20);
		hint(builder, finding, "load large data another way");
		break;
	case AMP_FILE_TOO_MUCH_AGAIN:
		finding = amp_complain(builder->complain, at,
			"the files that are named again, '%s' the last, are larger than "
			"%zu MiB together",
			shown, AMP_AGAIN_LIMIT >> 20);
		hint(builder, finding,
			"let one migration run it, and the others depend on that one");
		break;
	default:
		finding = amp_complain(builder->complain, at,
			"file '%s' cannot be read: %s", shown, amp_errno_text(number));
		hint(builder, finding, "make it readable");
		break;
	}
}

/* The SQL of src="…"; false after a finding. */
static bool load(struct builder *builder, struct amp_sql *sql)
{
	struct amp_scan_range at = builder->values.at[AMP_AT_SRC];
	enum amp_file_problem problem = AMP_FILE_FINE;
	int number = 0;
	if (builder->has_text)
		hint(builder,
			amp_complain(builder->complain, builder->text,
				"'%s' has both src and text",
				amp_grammar_name(innermost(builder))),
			"leave one of them out");
	if (!builder->values.text[AMP_AT_SRC])
		return false;
	if (!builder->hooks->open) {
		hint(builder,
			amp_complain(builder->complain, at,
				"'src' is not allowed in a saved plan"),
			"make the plan again");
		return false;
	}
	struct amp_source *source = builder->hooks->open(builder->hooks->context,
		builder->values.text[AMP_AT_SRC], &problem, &number);
	if (!source) {
		refuse_file(builder, problem, number);
		return false;
	}
	struct amp_complain inside = *builder->complain;
	inside.source = source;
	if (!amp_bytes_are_sql(&inside))
		return false;
	amp_sql_from_file(builder->arena, source, sql);
	return true;
}

/* What an <up>, <down>, <verify> or <precondition> that ends holds. */
static void end_sql(struct builder *builder, enum amp_element which,
	const struct amp_xml_content *content)
{
	const struct amp_values *values = &builder->values;
	struct amp_draft_sql piece = {
		.which = which,
		.at = builder->at,
		.mark_applied = is(values->text[AMP_AT_ON_FAIL], "mark-applied"),
		.unknown =
			values->at[AMP_AT_ENGINE].offset && !values->text[AMP_AT_ENGINE],
	};
	bool has_src = values->at[AMP_AT_SRC].offset;
	piece.unread = has_src ? !load(builder, &piece.sql)
			       : !decode(builder, content, &piece.sql);
	piece.unread =
		piece.unread || !content->simple; /* an element in it was refused */
	piece.sql.engine = values->text[AMP_AT_ENGINE];
	amp_draft_add_sql(&builder->draft, &piece);
}

static void end_migration(struct builder *builder)
{
	/* what it lacks may be behind the last element that counts */
	if (builder->elements > ELEMENTS_MAX)
		return;
	struct amp_migration *migration = amp_draft_end(&builder->draft);
	if (migration)
		builder->hooks->add(builder->hooks->context, migration);
}

static void on_end(void *context, const struct amp_xml_content *content)
{
	struct builder *builder = context;
	enum amp_element which = innermost(builder);
	struct amp_sql text = {.text = ""};
	switch (which) {
	case AMP_EL_UP:
	case AMP_EL_DOWN:
	case AMP_EL_VERIFY:
	case AMP_EL_PRECONDITION:
		end_sql(builder, which, content);
		break;
	case AMP_EL_DESCRIPTION:
		if (decode(builder, content, &text))
			builder->draft.migration.description = collapse(builder, &text);
		break;
	case AMP_EL_MIGRATION:
		end_migration(builder);
		break;
	case AMP_EL_SCHEMA_DIFF:
		decode(builder, content, &text);
		builder->hooks->end(builder->hooks->context, which, text.text);
		break;
	case AMP_EL_PLAN:
	case AMP_EL_STEP:
		builder->hooks->end(builder->hooks->context, which, NULL);
		break;
	default:
		break;
	}
	builder->depth--;
}

bool amp_descriptor_read(const struct amp_complain *complain, const char *engine,
	const struct amp_descriptor_hooks *hooks)
{
	struct builder builder = {
		.complain = complain,
		.hooks = hooks,
		.arena = complain->findings->arena,
		.draft.engine = engine,
	};
	struct amp_xml_handler handler = {
		.context = &builder,
		.start = on_start,
		.text = on_text,
		.end = on_end,
	};
	bool good = amp_xml_read(complain, &handler);
	amp_draft_deinit(&builder.draft);
	return good;
}
