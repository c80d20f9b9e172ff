/*
 * Draft: what XML Schema cannot say of a migration. The rules that are stricter than
 * schema/migration.xsd are listed in tests/xsd/stricter.txt.
 */
#include "schema/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/always.h"
#include "schema/checksum.h"
#include "schema/reader.h"
#include "schema/sql.h"

void amp_draft_begin(struct amp_draft *draft, const struct amp_complain *complain,
	struct amp_scan_range at, size_t before)
{
	draft->complain = complain;
	draft->at = at;
	draft->before = before;
	draft->migration = (struct amp_migration){0};
	draft->depends.count = draft->replaces.count = 0;
	draft->sql.count = draft->allows.count = 0;
	memset(draft->seen, 0, sizeof(draft->seen));
}

void amp_draft_deinit(struct amp_draft *draft)
{
	amp_vec_deinit(&draft->depends);
	amp_vec_deinit(&draft->replaces);
	amp_vec_deinit(&draft->sql);
	amp_vec_deinit(&draft->allows);
}

static void relate(struct amp_draft *draft, struct amplan_finding *finding,
	struct amp_scan_range first, const char *label)
{
	amp_finding_related(draft->complain->findings, finding,
		amp_source_place(draft->complain->source, first.offset, first.length),
		label);
}

/* <down> and <irreversible> contradict each other, whichever comes first. */
static void refuse_both(
	struct amp_draft *draft, enum amp_element other, struct amp_scan_range at)
{
	if (!draft->seen[other])
		return;
	struct amplan_finding *finding = amp_complain(draft->complain, at,
		"a migration has 'down' or 'irreversible', not both");
	relate(draft, finding, draft->first[other], "the other one");
	amp_finding_hint(draft->complain->findings, finding, "remove one of them");
}

static void note_first(
	struct amp_draft *draft, enum amp_element which, struct amp_scan_range at)
{
	if (draft->seen[which])
		return;
	draft->seen[which] = true;
	draft->first[which] = at;
}

void amp_draft_once(
	struct amp_draft *draft, enum amp_element which, struct amp_scan_range at)
{
	if (which == AMP_EL_IRREVERSIBLE)
		refuse_both(draft, AMP_EL_DOWN, at);
	if (draft->seen[which]) {
		struct amplan_finding *finding = amp_complain(draft->complain, at,
			"a migration has one '%s' only", amp_grammar_name(which));
		relate(draft, finding, draft->first[which], "the first one");
		amp_complain_hint(draft->complain, finding, "remove one of them");
	}
	note_first(draft, which, at);
}

static bool same_engine(const char *left, const char *right)
{
	return left && right ? !strcmp(left, right) : left == right;
}

/* Of <up> and <down> there is one for each engine, and one for all others. */
static bool is_second(struct amp_draft *draft, const struct amp_draft_sql *piece)
{
	for (size_t i = 0; i < draft->sql.count; i++) {
		const struct amp_draft_sql *first = &draft->sql.items[i];
		if (first->which != piece->which ||
			!same_engine(first->sql.engine, piece->sql.engine))
			continue;
		const char *name = amp_grammar_name(piece->which);
		struct amplan_finding *finding = piece->sql.engine
			? amp_complain(draft->complain, piece->at,
				  "a migration has one '%s' for '%s' only", name,
				  piece->sql.engine)
			: amp_complain(draft->complain, piece->at,
				  "a migration has one '%s' without engine only", name);
		relate(draft, finding, first->at, "the first one");
		amp_finding_hint(draft->complain->findings, finding,
			"put all statements into one, or name an engine");
		return true;
	}
	return false;
}

void amp_draft_add_sql(struct amp_draft *draft, const struct amp_draft_sql *piece)
{
	bool single = piece->which == AMP_EL_UP || piece->which == AMP_EL_DOWN;
	if (piece->which == AMP_EL_DOWN)
		refuse_both(draft, AMP_EL_IRREVERSIBLE, piece->at);
	note_first(draft, piece->which, piece->at);
	if (piece->unknown || (single && is_second(draft, piece)))
		return;
	if (!amp_vec_push(&draft->sql, *piece))
		draft->complain->findings->failed = true;
}

static bool is_blank(const struct amp_sql *sql)
{
	for (size_t i = 0; i < sql->length; i++)
		if (!strchr(" \t\r\n", sql->text[i]))
			return false;
	return true;
}

/* A squash may stand for nothing, and a down may say in a comment why it is empty. */
static void check_statements(struct amp_draft *draft, const struct amp_draft_sql *piece)
{
	struct amp_findings *findings = draft->complain->findings;
	const char *name = amp_grammar_name(piece->which);
	if (piece->unread || amp_sql_has_statement(piece->sql.text, piece->sql.length) ||
		(piece->which == AMP_EL_UP && draft->replaces.count) ||
		(piece->which == AMP_EL_DOWN && !is_blank(&piece->sql)))
		return;
	struct amplan_finding *finding = amp_complain(
		draft->complain, piece->at, "'%s' has no SQL statement", name);
	if (piece->which == AMP_EL_DOWN)
		amp_finding_hint(findings, finding,
			"where there is nothing to undo, say why in an SQL comment; "
			"where it cannot be undone, write <irreversible reason=\"...\"/>");
	else if (piece->which == AMP_EL_UP)
		amp_finding_hint(findings, finding,
			"a migration that does nothing is not needed; where its id must stay, write SELECT 1;");
	else
		amp_finding_hint(findings, finding,
			"write a query that gives one row, whose first column is true");
}

/* The one for this engine, else the one for any. */
static const struct amp_draft_sql *choose(
	const struct amp_draft *draft, enum amp_element which, const char *engine)
{
	const struct amp_draft_sql *any = NULL;
	for (size_t i = 0; i < draft->sql.count; i++) {
		const struct amp_draft_sql *piece = &draft->sql.items[i];
		if (piece->which != which)
			continue;
		if (!piece->sql.engine)
			any = piece;
		else if (!strcmp(piece->sql.engine, engine))
			return piece;
	}
	return any;
}

static const struct amp_sql *keep(
	struct amp_draft *draft, enum amp_element which, const char *engine)
{
	const struct amp_draft_sql *piece = choose(draft, which, engine);
	if (!piece || piece->unread)
		return NULL;
	struct amp_sql *sql =
		amp_arena_alloc(draft->complain->findings->arena, sizeof(*sql));
	if (sql)
		*sql = piece->sql;
	return sql;
}

static void check_up(struct amp_draft *draft, const char *engine)
{
	struct amp_findings *findings = draft->complain->findings;
	const char *id = draft->migration.id ? draft->migration.id : "?";
	if (choose(draft, AMP_EL_UP, engine))
		return;
	const char *other = NULL;
	for (size_t i = 0; i < draft->sql.count && !other; i++)
		if (draft->sql.items[i].which == AMP_EL_UP)
			other = draft->sql.items[i].sql.engine;
	if (other) {
		struct amplan_finding *finding = amp_complain(draft->complain,
			draft->first[AMP_EL_UP],
			"migration '%s' has no 'up' for the engine '%s'", id, engine);
		amp_finding_hint(findings, finding,
			"there is one for '%s'; add one with engine=\"%s\"", other,
			engine);
	} else if (!draft->seen[AMP_EL_UP]) {
		struct amplan_finding *finding = amp_complain(
			draft->complain, draft->at, "migration '%s' has no 'up'", id);
		amp_finding_hint(findings, finding, "add <up>...</up> with its SQL");
	}
}

static int compare_references(const void *a, const void *b)
{
	const struct amp_reference *l = *(const struct amp_reference *const *)a;
	const struct amp_reference *r = *(const struct amp_reference *const *)b;
	int order = strcmp(l->id, r->id);
	return order ? order : (l->offset > r->offset) - (l->offset < r->offset);
}

static void warn_twice(struct amp_draft *draft, const struct amp_reference *first,
	const struct amp_reference *again)
{
	struct amp_findings *findings = draft->complain->findings;
	const char *id = draft->migration.id ? draft->migration.id : "?";
	struct amplan_finding *finding =
		amp_finding_add(findings, AMPLAN_WARNING, "redundant-dependency",
			"'%s' depends on '%s' more than once", id, first->id);
	amp_finding_at(finding, draft->complain->source, again->offset, again->length);
	relate(draft, finding, (struct amp_scan_range){first->offset, first->length},
		"the first one");
	amp_finding_hint(findings, finding, "remove one of them");
}

/* The reader stops there, but only where an element ends. */
static bool is_enough(const struct amp_draft *draft)
{
	return draft->complain->findings->count - draft->before >=
		AMP_READER_FINDINGS_MAX;
}

static void check_depends(struct amp_draft *draft)
{
	size_t count = draft->depends.count;
	if (count < 2)
		return;
	const struct amp_reference **sorted =
		amp_arena_array(draft->complain->findings->arena, count, sizeof(*sorted));
	if (!sorted)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &draft->depends.items[i];
	qsort(sorted, count, sizeof(*sorted), compare_references);
	for (size_t i = 1, first = 0; i < count && !is_enough(draft); i++) {
		if (strcmp(sorted[first]->id, sorted[i]->id) != 0)
			first = i;
		else
			warn_twice(draft, sorted[first], sorted[i]);
	}
}

/* Copies an array into the arena. */
static const void *keep_items(
	struct amp_draft *draft, const void *items, size_t count, size_t size)
{
	void *kept = amp_arena_array(draft->complain->findings->arena, count, size);
	if (kept && count)
		memcpy(kept, items, count * size);
	return kept;
}

/* A check without an engine is run on each, one with an engine on that one only. */
static const struct amp_check *keep_checks(struct amp_draft *draft,
	enum amp_element which, const char *engine, size_t *count)
{
	size_t most = 0;
	for (size_t i = 0; i < draft->sql.count; i++)
		most += draft->sql.items[i].which == which;
	struct amp_check *checks =
		amp_arena_array(draft->complain->findings->arena, most, sizeof(*checks));
	*count = 0;
	for (size_t i = 0; checks && i < draft->sql.count; i++) {
		const struct amp_draft_sql *piece = &draft->sql.items[i];
		if (piece->which == which && !piece->unread &&
			(!piece->sql.engine || !strcmp(piece->sql.engine, engine)))
			checks[(*count)++] =
				(struct amp_check){piece->sql, piece->mark_applied};
	}
	return checks;
}

/* Everything said since its start tag is about this migration. */
static void name_findings(struct amp_draft *draft)
{
	struct amp_findings *findings = draft->complain->findings;
	for (size_t i = draft->before; i < findings->count; i++)
		if (AMP_ALWAYS(!findings->items[i].nids)) /* who said it knew no id */
			amp_finding_id(
				findings, &findings->items[i], draft->migration.id);
}

struct amp_migration *amp_draft_end(struct amp_draft *draft)
{
	const char *engine = draft->engine;
	struct amp_migration *migration = &draft->migration;
	for (size_t i = 0; i < draft->sql.count && !is_enough(draft); i++)
		check_statements(draft, &draft->sql.items[i]);
	check_up(draft, engine);
	check_depends(draft);
	if (!migration->id)
		return NULL;
	name_findings(draft);
	migration->depends = keep_items(draft, draft->depends.items, draft->depends.count,
		sizeof(*migration->depends));
	migration->ndepends = draft->depends.count;
	migration->replaces = keep_items(draft, draft->replaces.items,
		draft->replaces.count, sizeof(*migration->replaces));
	migration->nreplaces = draft->replaces.count;
	migration->allows = keep_items(draft, draft->allows.items, draft->allows.count,
		sizeof(*migration->allows));
	migration->nallows = draft->allows.count;
	migration->up = keep(draft, AMP_EL_UP, engine);
	migration->down = keep(draft, AMP_EL_DOWN, engine);
	migration->preconditions = keep_checks(
		draft, AMP_EL_PRECONDITION, engine, &migration->npreconditions);
	migration->verifies =
		keep_checks(draft, AMP_EL_VERIFY, engine, &migration->nverifies);
	if (draft->seen[AMP_EL_IRREVERSIBLE])
		migration->flags |= AMPLAN_IRREVERSIBLE;
	if (migration->down)
		migration->flags |= AMPLAN_HAS_DOWN;
	if (migration->nreplaces)
		migration->flags |= AMPLAN_SQUASH;
	if (draft->complain->findings->failed || draft->complain->findings->arena->failed)
		return NULL;
	struct amp_migration *kept =
		amp_arena_alloc(draft->complain->findings->arena, sizeof(*kept));
	if (!kept || !amp_checksum(migration, engine)) {
		draft->complain->findings->failed = true;
		return NULL;
	}
	*kept = *migration;
	return kept;
}
