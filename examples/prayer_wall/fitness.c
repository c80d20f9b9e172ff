#include "examples/prayer_wall/fitness.h"

#include <stdio.h>
#include <string.h>

/* What an answer means here. */
struct meaning {
	enum fitness_answer answer;
	enum amplan_level level;
	const char *about;  /* for the log */
	const char *kind;   /* of the finding that says why, or NULL */
	const char *notice; /* for visitors */
};

static const struct meaning meanings[] = {
	[AMPLAN_FIT] = {FITNESS_FULL, AMPLAN_LOG_INFO, "the schema is up to date", NULL,
		""},
	[AMPLAN_FIT_AHEAD] = {FITNESS_FULL, AMPLAN_LOG_INFO,
		"the database is newer than this program, which can use it", "ahead", ""},
	[AMPLAN_UNFIT_BEHIND] = {FITNESS_LIMITED, AMPLAN_LOG_WARNING,
		"the schema is not up to date", NULL,
		"The schema of this wall is not up to date: some things may not work."},
	[AMPLAN_UNFIT_BREAKING] = {FITNESS_NONE, AMPLAN_LOG_ERROR,
		"the database is too new for this program", "breaking-ahead",
		"The wall is closed for maintenance: its database is newer than this "
		"program. Please come back later."},
};

static const struct meaning unknown = {FITNESS_LIMITED, AMPLAN_LOG_WARNING,
	"it is not known whether the schema is up to date", NULL,
	"It is not known whether the schema of this wall is up to date: some things may "
	"not work."};

void fitness_open(struct fitness *fitness, const char *database, const char *folder,
	amplan_log_fn *log)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	options.database = database;
	options.folders = &folder;
	options.nfolders = 1;
	*fitness = (struct fitness){.log = log, .notice = ""};
	if (amplan_open(&options, &fitness->amplan, &fitness->error))
		fitness->amplan = NULL;
}

/* The first one of that kind, or the first error where the kind is NULL. */
static const struct amplan_finding *find_finding(
	const struct amplan_report *report, const char *kind)
{
	for (size_t i = 0; report && i < report->nfindings; i++)
		if (kind ? !strcmp(report->findings[i].kind, kind)
			 : report->findings[i].severity == AMPLAN_ERROR)
			return &report->findings[i];
	return NULL;
}

static const char *find_pending(const struct amplan_report *report)
{
	for (size_t i = 0; report && i < report->nmigrations; i++)
		if (report->migrations[i].state == AMPLAN_PENDING ||
			report->migrations[i].state == AMPLAN_BROKEN)
			return report->migrations[i].id;
	return NULL;
}

/* Why the answer is what it is; leaves `reason` where the report does not say it. */
static void find_reason(const struct meaning *meaning, const struct amplan_report *report,
	char *reason, size_t size)
{
	const struct amplan_finding *finding =
		meaning->kind ? find_finding(report, meaning->kind) : NULL;
	const char *pending =
		meaning == &meanings[AMPLAN_UNFIT_BEHIND] ? find_pending(report) : NULL;
	if (!finding)
		finding = find_finding(report, NULL);
	if (finding && finding->place.file)
		snprintf(reason, size, "%s:%u:%u: %s", finding->place.file,
			finding->place.line, finding->place.column, finding->message);
	else if (finding)
		snprintf(reason, size, "%s", finding->message);
	else if (pending)
		snprintf(reason, size, "'%s' is not applied", pending);
}

/* Once, however many pages are asked for. */
static void tell(
	struct fitness *fitness, const struct meaning *meaning, const char *reason)
{
	char text[sizeof(fitness->said)];
	const struct amplan_field field = {"reason", reason};
	/* that all is well is news only after it was not */
	bool news = meaning != &meanings[AMPLAN_FIT] || *fitness->said;
	snprintf(text, sizeof(text), "%s: %s", meaning->about, reason);
	if (news && strcmp(text, fitness->said) != 0) {
		fitness->log(NULL, meaning->level, meaning->about, &field, *reason != 0);
		memcpy(fitness->said, text, sizeof(text));
	}
}

static const struct meaning *ask(struct fitness *fitness, struct amplan_report **report,
	struct amplan_error *error)
{
	enum amplan_fitness answer = AMPLAN_FIT;
	if (!fitness->amplan || amplan_fit(fitness->amplan, &answer, report, error))
		return &unknown;
	/* nothing is missing, but what is there is not what the descriptors say */
	if (meanings[answer].answer == FITNESS_FULL && amplan_report_has_errors(*report))
		return &unknown;
	return &meanings[answer];
}

enum fitness_answer fitness_ask(struct fitness *fitness)
{
	struct amplan_report *report = NULL;
	struct amplan_error error = fitness->error;
	const struct meaning *meaning = ask(fitness, &report, &error);
	find_reason(meaning, report, error.message, sizeof(error.message));
	tell(fitness, meaning, error.message);
	amplan_report_free(report);
	fitness->notice = meaning->notice;
	return meaning->answer;
}

void fitness_close(struct fitness *fitness)
{
	amplan_close(fitness->amplan);
}
