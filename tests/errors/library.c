/*
 * Library: the public calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/errors/cases.h"
#include "tests/errors/faults.h"

static int order(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_order(amplan, out, error);
}

static int graph(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_graph(amplan, out, error);
}

static int plan(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_plan(amplan, NULL, out, error);
}

static int plan_schema(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	options.fidelity = AMPLAN_FIDELITY_SCHEMA;
	options.to = "tags:1";
	return amplan_plan(amplan, &options, out, error);
}

static int plan_rollback(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	options.rollback = true;
	options.steps = 1;
	return amplan_plan(amplan, &options, out, error);
}

static int plan_file(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	options.file = "plan.xml";
	return amplan_plan(amplan, &options, out, error);
}

static int plan_save(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	int code = amplan_plan(amplan, NULL, out, error);
	return code ? code : amplan_plan_save(*out, "new.xml", error);
}

static int show(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	(void)amplan;
	return amplan_show("plan.xml", out, error);
}

static int apply(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_apply(amplan, NULL, NULL, out, error);
}

static int apply_unrehearsed(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	options.fidelity = AMPLAN_FIDELITY_NONE;
	return amplan_apply(amplan, &options, NULL, out, error);
}

static int apply_planned(struct amplan *amplan, const struct amplan_plan_options *options,
	struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_report *made = NULL;
	int code = amplan_plan(amplan, options, &made, error);
	if (!code)
		code = amplan_apply(amplan, NULL, made, out, error);
	if (*out || !code)
		amplan_report_free(made);
	else
		*out = made;
	return code;
}

static int apply_plan(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return apply_planned(amplan, NULL, out, error);
}

static int apply_file(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	options.file = "plan.xml";
	return apply_planned(amplan, &options, out, error);
}

static int apply_rollback(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_plan_options options = AMPLAN_PLAN_OPTIONS_INIT;
	options.rollback = true;
	options.to = "001_users";
	return apply_planned(amplan, &options, out, error);
}

static int status(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_status(amplan, out, error);
}

static int verify(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_verify(amplan, out, error);
}

static int baseline(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_baseline(amplan, "003_rebuild", false, out, error);
}

static int baseline_anyway(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_baseline(amplan, NULL, true, out, error);
}

static int resolve_applied(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	(void)out;
	return amplan_resolve(amplan, "003_outside", true, error);
}

static int resolve_again(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	(void)out;
	return amplan_resolve(amplan, "003_outside", false, error);
}

static int check(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	return amplan_check(amplan, NULL, out, error);
}

static int check_fix(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	struct amplan_check_options options = AMPLAN_CHECK_OPTIONS_INIT;
	options.fix = options.require_down = options.strict = true;
	return amplan_check(amplan, &options, out, error);
}

static int fit(
	struct amplan *amplan, struct amplan_report **out, struct amplan_error *error)
{
	enum amplan_fitness fitness = AMPLAN_FIT;
	int code = amplan_fit(amplan, &fitness, out, error);
	/* a place of the report that this call leaves empty keeps the answer */
	if (*out)
		(*out)->nfixed = (unsigned)fitness + 100;
	return code;
}

const struct a_case library_cases[] = {
	{"open", "empty", 0, NULL, NULL},
	{"order", "none", 0, NULL, order},
	{"order broken", "broken", 0, NULL, order},
	{"order cold", "none", CASE_COLD, NULL, order},
	{"graph", "behind", 0, NULL, graph},
	{"graph drifted", "drifted", 0, NULL, graph},
	{"graph none", "none", 0, NULL, graph},
	{"plan", "behind", 0, NULL, plan},
	{"plan none", "none", 0, NULL, plan},
	{"plan wal", "wal", 0, NULL, plan},
	{"plan hot", "hot", 0, NULL, plan},
	{"plan log", "log", 0, NULL, plan},
	{"plan schema", "behind", 0, NULL, plan_schema},
	{"plan rollback", "behind", 0, NULL, plan_rollback},
	{"plan failing", "failing", 0, NULL, plan},
	{"plan file", "saved", 0, NULL, plan_file},
	{"plan stale", "stale", 0, NULL, plan_file},
	{"plan save", "behind", CASE_WRITES, NULL, plan_save},
	{"show", "saved", 0, NULL, show},
	{"apply", "behind", CASE_WRITES, NULL, apply},
	{"apply none", "none", CASE_WRITES, NULL, apply},
	{"apply wal", "wal", CASE_WRITES, NULL, apply},
	{"apply hot", "hot", CASE_WRITES, NULL, apply},
	{"apply log", "log", CASE_WRITES, NULL, apply},
	{"apply current", "current", 0, NULL, apply},
	{"apply unrehearsed", "behind", CASE_WRITES, NULL, apply_unrehearsed},
	{"apply plan", "behind", CASE_WRITES, NULL, apply_plan},
	{"apply file", "saved", CASE_WRITES, NULL, apply_file},
	{"apply failing", "failing", CASE_WRITES, NULL, apply_unrehearsed},
	{"apply outside", "outside", CASE_WRITES | CASE_STEPS, NULL, apply},
	{"apply cold", "behind", CASE_WRITES | CASE_COLD, NULL, apply},
	{"rollback", "back", CASE_WRITES, NULL, apply_rollback},
	{"status", "behind", 0, NULL, status},
	{"status none", "none", 0, NULL, status},
	{"status wal", "wal", 0, NULL, status},
	{"status drifted", "drifted", 0, NULL, status},
	{"status ahead", "ahead", 0, NULL, status},
	{"status failing", "failing", 0, NULL, status},
	{"status stopped", "stopped", 0, NULL, status},
	{"status cold", "behind", CASE_COLD, NULL, status},
	{"verify", "current", 0, NULL, verify},
	{"verify drifted", "drifted", 0, NULL, verify},
	{"baseline", "foreign", CASE_WRITES, NULL, baseline},
	{"baseline anyway", "foreign", CASE_WRITES, NULL, baseline_anyway},
	{"resolve applied", "stopped", CASE_WRITES, NULL, resolve_applied},
	{"resolve again", "stopped", CASE_WRITES, NULL, resolve_again},
	{"fit", "ahead", 0, NULL, fit},
	{"fit behind", "behind", 0, NULL, fit},
	{"startup", "behind", CASE_WRITES, NULL, NULL},
	{"startup none", "none", CASE_WRITES, NULL, NULL},
	{"startup current", "current", 0, NULL, NULL},
	{"startup failing", "failing", CASE_WRITES, NULL, NULL},
	{"lent plan", "behind", 0, NULL, plan},
	{"lent apply", "behind", CASE_WRITES, NULL, apply},
	{"check", "none", 0, NULL, check},
	{"check lint", "lint", 0, NULL, check},
	{"check fix", "undeclared", CASE_WRITES, NULL, check_fix},
	{0},
};

static void on_log(void *user, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	struct answer *answer = user;
	enum fault_source source = faults->source;
	(void)fields, (void)nfields;
	if (level < AMPLAN_LOG_WARNING)
		return;
	/* what the harness keeps is not the library's memory */
	faults->source = FAULTS_NONE;
	amp_str_addf(&answer->words, "log: %s\n", message);
	faults->source = source;
}

static void on_progress(void *user, const struct amplan_progress *progress)
{
	(void)user, (void)progress;
}

static bool on_cancel(void *user)
{
	(void)user;
	return false;
}

static void tell(struct answer *answer, int code, const struct amplan_report *report,
	const struct amplan_error *error)
{
	answer->code = code;
	answer_report(&answer->text, report);
	if (code)
		amp_str_addf(&answer->words, "%s (%s)", error->message, error->hint);
	if (code && error->code != code)
		amp_str_addf(&answer->words, " BUT code %d", error->code);
}

/* The library prints nothing, whatever happens: it runs with streams that would show it. */
struct silence {
	struct amp_str text;
	FILE *out, *err;
};

static void silence_begin(struct silence *silence)
{
	*silence = (struct silence){.out = stdout, .err = stderr};
	stdout = case_stream(&silence->text, _IONBF);
	stderr = case_stream(&silence->text, _IONBF);
}

static void silence_end(struct silence *silence, struct answer *answer)
{
	fclose(stdout);
	fclose(stderr);
	stdout = silence->out;
	stderr = silence->err;
	if (silence->text.length)
		amp_str_addf(&answer->words, " PRINTED: %s", silence->text.data);
	amp_str_deinit(&silence->text);
}

static void run_startup(const struct amplan_options *options, const struct span *span,
	struct answer *answer)
{
	struct amplan_startup_options startup = AMPLAN_STARTUP_OPTIONS_INIT;
	struct amplan_startup_result result;
	startup.gate = AMPLAN_GATE_ON;
	struct silence silence;
	silence_begin(&silence);
	span->start(span->user);
	amplan_startup(options, &startup, &result);
	span->stop(span->user);
	/* that nothing is to be done may be found out the short way or the long one */
	bool current = result.outcome == AMPLAN_STARTUP_CURRENT;
	tell(answer, result.code, current ? NULL : result.report, &result.error);
	amp_str_addf(&answer->text, "%s stop %d\n", amplan_startup_name(result.outcome),
		result.stop);
	amplan_startup_result_deinit(&result);
	silence_end(&silence, answer);
}

/* What a lent handle must be given back with. */
static void add_settings(sqlite3 *handle, struct amp_str *out)
{
	static const char *const pragmas[] = {
		"foreign_keys", "synchronous", "legacy_alter_table", "busy_timeout"};
	for (size_t i = 0; i < sizeof(pragmas) / sizeof(*pragmas); i++) {
		char sql[64];
		sqlite3_stmt *row = NULL;
		snprintf(sql, sizeof(sql), "PRAGMA %s", pragmas[i]);
		sqlite3_prepare_v2(handle, sql, -1, &row, NULL);
		sqlite3_step(row);
		amp_str_addf(out, "%s %d\n", pragmas[i], sqlite3_column_int(row, 0));
		sqlite3_finalize(row);
	}
	amp_str_addf(out, "autocommit %d\n", sqlite3_get_autocommit(handle));
}

void library_run(const struct a_case *one, const struct span *span, struct answer *answer)
{
	static const char *const folders[] = {"m"};
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	struct amplan_error error = {0};
	struct amplan *amplan = NULL;
	sqlite3 *handle = NULL;
	AMP_STR_AUTO settings = AMP_STR_INIT;
	AMP_STR_AUTO settings_after = AMP_STR_INIT;
	options.database = "app.db";
	options.folders = folders;
	options.nfolders = 1;
	options.lock_timeout_ms = 1000;
	options.log = on_log;
	options.progress = on_progress;
	options.cancel = on_cancel;
	options.user = answer;
	if (!strncmp(one->name, "startup", 7)) {
		run_startup(&options, span, answer);
		return;
	}
	if (!strncmp(one->name, "lent", 4)) {
		options.database = NULL;
		sqlite3_open("app.db", &handle);
		sqlite3_exec(handle, "PRAGMA foreign_keys = ON; PRAGMA synchronous = 1;",
			NULL, NULL, NULL);
		options.sqlite = handle;
		add_settings(handle, &settings);
	}
	struct silence silence;
	silence_begin(&silence);
	span->start(span->user);
	int code = amplan_open(&options, &amplan, &error);
	if (!code && one->call)
		code = one->call(amplan, &report, &error);
	span->stop(span->user);
	tell(answer, code, report, &error);
	amplan_report_free(report);
	amplan_close(amplan);
	silence_end(&silence, answer);
	if (handle)
		add_settings(handle, &settings_after);
	if (strcmp(amp_str_text(&settings), amp_str_text(&settings_after)) != 0)
		amp_str_addf(&answer->words, " HANDLE CHANGED: %s",
			amp_str_text(&settings_after));
	sqlite3_close(handle);
}
