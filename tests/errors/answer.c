#include "tests/errors/answer.h"

#include <string.h>

void answer_deinit(struct answer *answer)
{
	amp_str_deinit(&answer->text);
	amp_str_deinit(&answer->words);
}

bool answer_equals(const struct answer *left, const struct answer *right)
{
	return left->code == right->code &&
		!strcmp(amp_str_text(&left->text), amp_str_text(&right->text)) &&
		!strcmp(amp_str_text(&left->words), amp_str_text(&right->words));
}

static const char *word(const char *text)
{
	return text ? text : "(null)";
}

static void add_place(struct amp_str *out, const struct amplan_place *place)
{
	amp_str_addf(out, " at %s:%u:%u+%u [%s] %s", word(place->file), place->line,
		place->column, place->length, word(place->text), word(place->label));
}

static void add_migration(struct amp_str *out, const struct amplan_migration *item)
{
	amp_str_addf(out, "migration %s module %s \"%s\" %s state %d flags %u", item->id,
		item->module, item->description, item->checksum, item->state,
		item->flags);
	add_place(out, &item->place);
	for (size_t i = 0; i < item->nedges; i++) {
		const struct amplan_edge *edge = &item->edges[i];
		amp_str_addf(out, "\n  edge %s (%s) to %u after %d redundant %d",
			edge->on, word(edge->reason), edge->index, edge->orders_only,
			edge->redundant);
		add_place(out, &edge->place);
	}
	for (size_t i = 0; i < item->naccesses; i++)
		amp_str_addf(out, "\n  access %s.%s %u", item->accesses[i].name,
			item->accesses[i].column, item->accesses[i].how);
	amp_str_add(out, "\n");
}

static void add_step(struct amp_str *out, const struct amplan_step *step)
{
	amp_str_addf(out,
		"step %s %u stage %u outcome %d statements %u verified %u unknown %u rows "
		"%lld ms %lld",
		step->migration->id, step->number, step->stage, step->outcome,
		step->statements, step->verified, step->unknown, (long long)step->rows,
		(long long)step->milliseconds);
	for (size_t i = 0; i < step->neffects; i++)
		amp_str_addf(out, "\n  effect %d %s %s", step->effects[i].kind,
			step->effects[i].type, step->effects[i].name);
	amp_str_add(out, "\n");
}

static void add_event(struct amp_str *out, const struct amplan_event *event)
{
	amp_str_addf(out,
		"event %lld %s %s %s %s at %s by %s schema %s order %lld ms %lld rows "
		"%lld breaking %d\n",
		(long long)event->number, event->event, event->id, event->checksum,
		event->plan, event->applied_at, event->tool, event->fingerprint,
		(long long)event->order, (long long)event->milliseconds,
		(long long)event->rows, event->breaking);
}

static void add_finding(struct amp_str *out, const struct amplan_finding *finding)
{
	amp_str_addf(out, "finding %d %s: %s (%s)", finding->severity, finding->kind,
		finding->message, word(finding->hint));
	add_place(out, &finding->place);
	for (size_t i = 0; i < finding->nids; i++)
		amp_str_addf(out, " {%s}", finding->ids[i]);
	for (size_t i = 0; i < finding->nrelated; i++)
		add_place(out, &finding->related[i]);
	amp_str_add(out, "\n");
}

static void add_rest(struct amp_str *out, const struct amplan_report *report)
{
	for (size_t i = 0; i < report->nunknown; i++)
		amp_str_addf(out, "unknown %s\n", report->unknown[i]);
	for (size_t i = 0; i < report->ndemands; i++) {
		const struct amplan_demand *demand = &report->demands[i];
		amp_str_addf(out, "demand %u on %u conflict %d at %s\n", demand->from,
			demand->on, demand->conflict, demand->object);
	}
	amp_str_addf(out, "holder %ld %s\nfailure %s %s %s %s\nfixed %u\n%s\n",
		report->holder.pid, word(report->holder.command),
		word(report->failure.at), word(report->failure.id),
		word(report->failure.message), word(report->failure.place),
		report->nfixed, word(report->schema_diff));
}

void answer_report(struct amp_str *out, const struct amplan_report *report)
{
	if (!report) {
		amp_str_add(out, "no report\n");
		return;
	}
	amp_str_addf(out,
		"verdict %d database %s engine %s digest %s fidelity %d (%s) rollback %d done "
		"%d stages %u\n",
		report->verdict, word(report->database), word(report->engine),
		word(report->digest), report->fidelity, word(report->fidelity_note),
		report->rollback, report->done, report->nstages);
	for (size_t i = 0; i < report->nmigrations; i++)
		add_migration(out, &report->migrations[i]);
	for (size_t i = 0; i < report->nsteps; i++)
		add_step(out, &report->steps[i]);
	for (size_t i = 0; i < report->napplied; i++)
		add_event(out, &report->applied[i]);
	for (size_t i = 0; i < report->nfindings; i++)
		add_finding(out, &report->findings[i]);
	add_rest(out, report);
}
