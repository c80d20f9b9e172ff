/*
 * Json: what a report says, member by member.
 */
#include <string.h>

#include "cli/json.h"
#include "cli/relations.h"
#include "cli/text_findings.h"

static void place(struct json *json, const struct amplan_place *at)
{
	if (!at->file)
		return;
	json_text(json, "file", at->file);
	if (at->line)
		json_number(json, "line", at->line);
	if (at->column)
		json_number(json, "column", at->column);
}

static void finding(struct json *json, const struct amplan_finding *item)
{
	static const char *const severities[] = {"error", "warning", "note"};
	json_map(json, NULL);
	json_text(json, "kind", item->kind);
	json_text(json, "severity", severities[item->severity]);
	json_array(json, "ids");
	for (size_t i = 0; i < item->nids; i++)
		json_text(json, NULL, item->ids[i]);
	json_end_array(json);
	place(json, &item->place);
	json_text(json, "message", item->message);
	json_text(json, "hint", item->hint);
	if (item->nrelated)
		json_array(json, "related");
	for (size_t i = 0; i < item->nrelated; i++) {
		json_map(json, NULL);
		place(json, &item->related[i]);
		json_text(json, "label", item->related[i].label);
		json_end_map(json);
	}
	if (item->nrelated)
		json_end_array(json);
	json_end_map(json);
}

static void applied(struct json *json, const struct amplan_report *report)
{
	if (report->verdict == AMPLAN_VERDICT_UNKNOWN)
		return;
	json_array(json, "applied");
	for (size_t i = 0; i < report->napplied; i++) {
		const struct amplan_event *event = &report->applied[i];
		if (!relations_is_applied(event))
			continue;
		json_map(json, NULL);
		json_text(json, "id", event->id);
		json_text(json, "event", event->event);
		json_text(json, "checksum", event->checksum);
		json_text(json, "plan", event->plan);
		json_text(json, "applied_at", event->applied_at);
		json_text(json, "tool", event->tool);
		json_text(json, "host", event->host);
		json_number(json, "rows", event->rows);
		json_number(json, "milliseconds", event->milliseconds);
		json_end_map(json);
	}
	json_end_array(json);
}

void json_depends(struct json *json, const struct amplan_migration *migration)
{
	json_array(json, "depends");
	for (size_t i = 0; i < migration->nedges; i++)
		json_text(json, NULL, migration->edges[i].on);
	json_end_array(json);
}

static void effects(struct json *json, const struct amplan_step *step)
{
	static const char *const kinds[] = {"created", "altered", "dropped"};
	json_array(json, "effects");
	for (size_t i = 0; i < step->neffects; i++) {
		json_map(json, NULL);
		json_text(json, "kind", kinds[step->effects[i].kind]);
		json_text(json, "type", step->effects[i].type);
		json_text(json, "name", step->effects[i].name);
		json_end_map(json);
	}
	json_end_array(json);
}

/* Columns by their own names; an object as a whole has none. */
void json_accesses(struct json *json, const struct amplan_migration *item)
{
	static const char *const words[] = {
		"reads", "refers", "writes", "creates", "alters", "drops"};
	json_array(json, "effects");
	for (size_t i = 0; i < item->naccesses; i++) {
		const struct amplan_access *access = &item->accesses[i];
		json_map(json, NULL);
		json_text(json, "name", access->name);
		if (*access->column)
			json_text(json, "column", access->column);
		json_array(json, "how");
		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
			if (access->how & 1U << j)
				json_text(json, NULL, words[j]);
		json_end_array(json);
		json_end_map(json);
	}
	json_end_array(json);
}

void json_demands(struct json *json, const struct amplan_report *report)
{
	json_array(json, "demands");
	for (size_t i = 0; i < report->ndemands; i++) {
		const struct amplan_demand *demand = &report->demands[i];
		json_map(json, NULL);
		json_text(json, "from", report->migrations[demand->from].id);
		json_text(json, "on", report->migrations[demand->on].id);
		json_bool(json, "conflict", demand->conflict);
		json_text(json, "object", demand->object);
		json_end_map(json);
	}
	json_end_array(json);
}

static void flags(struct json *json, unsigned bits)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {{AMPLAN_NO_TRANSACTION, "no-transaction"},
		{AMPLAN_FOREIGN_KEYS, "foreign-keys"},
		{AMPLAN_MAINTENANCE, "maintenance"}, {AMPLAN_BREAKING, "breaking"},
		{AMPLAN_IRREVERSIBLE, "irreversible"}, {AMPLAN_HAS_DOWN, "down"},
		{AMPLAN_SQUASH, "squash"}};
	json_array(json, "flags");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (bits & words[i].bit)
			json_text(json, NULL, words[i].word);
	json_end_array(json);
}

const char *json_state(enum amplan_state state)
{
	static const char *const words[] = {"pending", "applied", "drifted", "replaced",
		"interrupted", "failed", "running"};
	return words[state];
}

static void migration(struct json *json, const struct amplan_migration *item)
{
	json_text(json, "id", item->id);
	if (item->module && *item->module)
		json_text(json, "module", item->module);
	if (item->description && *item->description)
		json_text(json, "description", item->description);
	place(json, &item->place);
}

static void steps(struct json *json, const struct amplan_report *report)
{
	static const char *const outcomes[] = {
		"not-run", "done", "marked", "stopped", "untried"};
	json_array(json, report->rollback || report->done ? "steps" : "pending");
	for (size_t i = 0; i < report->nsteps; i++) {
		const struct amplan_step *step = &report->steps[i];
		json_map(json, NULL);
		migration(json, step->migration);
		json_number(json, "number", step->number);
		json_number(json, "stage", step->stage);
		json_depends(json, step->migration);
		flags(json, step->migration->flags);
		effects(json, step);
		json_text(json, "outcome", outcomes[step->outcome]);
		json_number(json, "statements", step->statements);
		json_number(json, "verified", step->verified);
		json_number(json, "unknown", step->unknown);
		json_number(json, "rows", step->rows);
		json_number(json, "milliseconds", step->milliseconds);
		json_end_map(json);
	}
	json_end_array(json);
}

/* Pending work of a report without a plan: what the states of the catalog say. */
static void pending_by_state(struct json *json, const struct amplan_report *report)
{
	json_array(json, "pending");
	for (size_t i = 0; i < report->nmigrations; i++) {
		const struct amplan_migration *item = &report->migrations[i];
		if (item->state == AMPLAN_APPLIED || item->state == AMPLAN_DRIFTED ||
			item->state == AMPLAN_REPLACED)
			continue;
		json_map(json, NULL);
		migration(json, item);
		json_text(json, "state", json_state(item->state));
		json_depends(json, item);
		flags(json, item->flags);
		json_end_map(json);
	}
	json_end_array(json);
}

static void drifted(struct json *json, const struct amplan_report *report)
{
	bool any = false;
	for (size_t i = 0; i < report->nmigrations; i++) {
		if (report->migrations[i].state != AMPLAN_DRIFTED)
			continue;
		if (!any)
			json_array(json, "drifted");
		any = true;
		json_text(json, NULL, report->migrations[i].id);
	}
	if (any)
		json_end_array(json);
}

static void unknown(struct json *json, const struct amplan_report *report)
{
	if (!report->nunknown)
		return;
	json_array(json, "unknown");
	for (size_t i = 0; i < report->nunknown; i++)
		json_text(json, NULL, report->unknown[i]);
	json_end_array(json);
}

static void holder(struct json *json, const struct amplan_holder *who)
{
	if (!who->pid)
		return;
	json_map(json, "holder");
	json_number(json, "pid", who->pid);
	if (who->command && *who->command)
		json_text(json, "command", who->command);
	if (who->seconds >= 0)
		json_number(json, "seconds", who->seconds);
	json_end_map(json);
}

static void failure(struct json *json, const struct amplan_failure *last)
{
	if (!last->at)
		return;
	json_map(json, "failure");
	json_text(json, "at", last->at);
	json_text(json, "id", last->id);
	json_text(json, "message", last->message);
	json_text(json, "place", last->place);
	json_end_map(json);
}

static void findings(struct json *json, const struct amplan_report *report,
	const struct amplan_report *second)
{
	json_array(json, "findings");
	for (size_t i = 0; i < report->nfindings; i++)
		if (!text_findings_has(second, &report->findings[i]))
			finding(json, &report->findings[i]);
	for (size_t i = 0; second && i < second->nfindings; i++)
		finding(json, &second->findings[i]);
	json_end_array(json);
}

void json_report(struct json *json, const struct amplan_report *report,
	const struct amplan_report *second)
{
	bool looked = report->verdict != AMPLAN_VERDICT_UNKNOWN;
	if (looked)
		json_text(json, "verdict", amplan_verdict_name(report->verdict));
	json_text(json, "database", report->database);
	if (report->database)
		json_text(json, "engine", report->engine);
	json_text(json, "digest", report->digest);
	if (report->digest) {
		json_text(json, "fidelity",
			amplan_fidelity_name(report->fidelity == AMPLAN_FIDELITY_AUTO
					? AMPLAN_FIDELITY_NONE
					: report->fidelity));
		json_text(json, "fidelity_note", report->fidelity_note);
		json_number(json, "stages", report->nstages);
	}
	if (report->rollback)
		json_bool(json, "rollback", true);
	if (report->done)
		json_bool(json, "done", true);
	applied(json, report);
	if (report->nsteps || report->rollback || report->done)
		steps(json, report);
	else if (looked)
		pending_by_state(json, report);
	drifted(json, report);
	unknown(json, report);
	json_text(json, "schema_diff", report->schema_diff);
	holder(json, &report->holder);
	failure(json, &report->failure);
	findings(json, report, second);
}

void json_error(struct json *json, int code, const struct amplan_error *error)
{
	json_map(json, "error");
	json_number(json, "code", amplan_exit_code(code));
	json_text(json, "message", error->message);
	if (error->hint[0])
		json_text(json, "hint", error->hint);
	json_end_map(json);
}
