#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <amplan/amplan.h>

#include "tests/proofs/generate.h"
#include "tests/proofs/suites.h"

static int position(const struct catalog *catalog, const char *id)
{
	for (int i = 0; i < catalog->count; i++)
		if (strcmp(catalog->migrations[i].qualified, id) == 0)
			return i;
	return -1;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = text ? strlen(text) : 0, tail = strlen(end);
	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_placed(const struct catalog *catalog, const struct answer *answer,
	const struct amplan_finding *finding)
{
	const char *file = catalog->migrations[answer->on].file;
	bool found = false;
	for (size_t i = 0; i < finding->nrelated; i++)
		if (ends_with(finding->related[i].file, file) &&
			finding->related[i].line > 0)
			found = true;
	return found && finding->place.line > 0 &&
		ends_with(finding->place.file, catalog->migrations[answer->from].file);
}

/* The demand that a finding speaks of. */
static void add_demand(const struct amplan_report *report, struct answer *answer,
	const struct amplan_finding *finding)
{
	for (size_t i = 0; i < report->ndemands; i++) {
		const struct amplan_demand *demand = &report->demands[i];
		if (strcmp(report->migrations[demand->from].id, finding->ids[0]) != 0 ||
			strcmp(report->migrations[demand->on].id, finding->ids[1]) != 0)
			continue;
		char quoted[2 * NAME + 4];
		snprintf(answer->object, sizeof(answer->object), "%s", demand->object);
		snprintf(quoted, sizeof(quoted), "'%s'", demand->object);
		answer->quoted = strstr(finding->message, quoted) != NULL;
		return;
	}
}

static void add_answer(const struct catalog *catalog, const struct amplan_report *report,
	const struct amplan_finding *finding, struct answers *answers)
{
	struct answer answer = {.from = -1, .on = -1};
	answer.undeclared = strcmp(finding->kind, "undeclared-dependency") == 0;
	answer.conflict = strcmp(finding->kind, "unordered-conflict") == 0;
	if (finding->nids > 0)
		answer.from = position(catalog, finding->ids[0]);
	if (finding->nids > 1)
		answer.on = position(catalog, finding->ids[1]);
	if (answer.from >= 0 && answer.on >= 0) {
		answer.placed = is_placed(catalog, &answer, finding);
		add_demand(report, &answer, finding);
	}
	snprintf(answer.text, sizeof(answer.text), "[%s] %s", finding->kind,
		finding->message);
	must(amp_vec_push(&answers->list, answer), "no memory");
}

void ask_check(struct trial *trial, struct answers *answers)
{
	char *path = NULL;
	must(asprintf(&path, "%s/m", trial->folder) > 0, "no memory");
	const char *const folders[] = {path};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_error error = {0};
	struct amplan *amplan = NULL;
	struct amplan_report *report = NULL;
	options.folders = folders;
	options.nfolders = 1;
	*answers = (struct answers){0};
	write_catalog(&trial->catalog, trial->folder);
	answers->code = amplan_open(&options, &amplan, &error);
	must(answers->code == AMPLAN_OK, error.message);
	answers->code = amplan_check(amplan, NULL, &report, &error);
	if (answers->code != AMPLAN_OK && answers->code != AMPLAN_REFUSED)
		amp_str_addf(
			&trial->wrong, "  check: %d, %s\n", answers->code, error.message);
	for (size_t i = 0; report && i < report->nfindings; i++)
		if (report->findings[i].severity == AMPLAN_ERROR)
			add_answer(
				&trial->catalog, report, &report->findings[i], answers);
	amplan_report_free(report);
	amplan_close(amplan);
	free(path);
}

void answers_deinit(struct answers *answers)
{
	amp_vec_deinit(&answers->list);
}

const struct answer *answer_about(const struct answers *answers, int one, int other)
{
	for (size_t i = 0; i < answers->list.count; i++) {
		const struct answer *answer = &answers->list.items[i];
		if ((answer->undeclared || answer->conflict) &&
			((answer->from == one && answer->on == other) ||
				(answer->from == other && answer->on == one)))
			return answer;
	}
	return NULL;
}

/* Not about order: none of our business, but worth a look. */
static void note_other(struct trial *trial, const struct answer *answer)
{
	count(trial->tally, 1, "errors of other kinds");
	if (trial->verbose)
		printf("%s\n", answer->text);
}

void complain_about_others(
	struct trial *trial, const struct answers *answers, int one, int other)
{
	for (size_t i = 0; i < answers->list.count; i++) {
		const struct answer *answer = &answers->list.items[i];
		if (answer == answer_about(answers, one, other))
			continue;
		if (answer->undeclared || answer->conflict ||
			strncmp(answer->text, "[invalid-sql]", 13) == 0)
			amp_str_addf(&trial->wrong, "  not wanted: %s\n", answer->text);
		else
			note_other(trial, answer);
	}
}
