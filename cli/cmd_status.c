/*
 * status: how the database stands, on one screen.
 */
#include <string.h>

#include "cli/cmd.h"
#include "cli/relations.h"
#include "cli/text_findings.h"
#include "cli/text_plan.h"

static const struct opt options[] = {
	{0, "exit-code", OPT_FLAG, NULL, OPT_FIELD(exit_code),
		"exit with 7 where there is pending work"},
	{0},
};

static int run(struct app *app)
{
	int code = app->settings.database
		? amplan_status(app->session, &app->report, &app->error)
		: amplan_order(app->session, &app->report, &app->error);
	if (!code && app->options.exit_code &&
		(app->report->verdict == AMPLAN_BEHIND ||
			app->report->verdict == AMPLAN_DIVERGED))
		app->exit = 7;
	return code;
}

#define LABEL ((size_t)13)
#define MOST_LISTED ((size_t)10)

static void label(struct terminal *out, const char *word)
{
	terminal_column(out, word, LABEL);
}

static size_t count_state(const struct amplan_report *report, enum amplan_state state)
{
	size_t count = 0;
	for (size_t i = 0; i < report->nmigrations; i++)
		count += report->migrations[i].state == state;
	return count;
}

static size_t count_pending(const struct amplan_report *report)
{
	size_t count = 0;
	for (size_t i = 0; i < report->nmigrations; i++)
		count += relations_is_pending(&report->migrations[i]);
	return count;
}

static size_t count_applied(const struct amplan_report *report)
{
	size_t count = 0;
	for (size_t i = 0; i < report->napplied; i++)
		count += relations_is_applied(&report->applied[i]);
	return count;
}

static void verdict(struct terminal *out, const struct amplan_report *report)
{
	size_t drifted = count_state(report, AMPLAN_DRIFTED);
	bool good = report->verdict == AMPLAN_CURRENT && !drifted;
	label(out, "verdict");
	say(out, good ? GREEN "%s" PLAIN : YELLOW "%s" PLAIN,
		amplan_verdict_name(report->verdict));
	say(out, ": %zu applied, %zu pending", count_applied(report),
		count_pending(report));
	if (drifted)
		say(out, ", " RED "%zu drifted" PLAIN, drifted);
	if (report->nunknown)
		say(out, ", " YELLOW "%zu unknown" PLAIN, report->nunknown);
	say(out, "\n");
}

static void last_applied(struct terminal *out, const struct amplan_report *report)
{
	const struct amplan_event *last = NULL;
	for (size_t i = 0; i < report->napplied; i++)
		if (relations_is_applied(&report->applied[i]))
			last = &report->applied[i];
	if (!last)
		return;
	label(out, "last applied");
	say(out, "%s at %s", last->id, last->applied_at);
	if (last->host && *last->host)
		say(out, " on %s", last->host);
	say(out, "\n");
}

static void interrupted(struct app *app, const struct amplan_migration *migration)
{
	struct terminal *out = &app->out;
	label(out, "interrupted");
	say(out, RED "%s" PLAIN " stopped part way; look at what it did, then either\n",
		migration->id);
	label(out, "");
	say(out, "  amplan resolve %s --applied", migration->id);
	app_say_same_options(app, out);
	say(out, "   (you finished it)\n");
	label(out, "");
	say(out, "  amplan resolve %s --again", migration->id);
	app_say_same_options(app, out);
	say(out, "     (it may run again)\n");
}

static void running(struct terminal *out, const struct amplan_migration *migration)
{
	label(out, "running");
	say(out, "%s runs now, outside a transaction, in another process\n",
		migration->id);
}

static void one_pending(struct terminal *out, const struct amplan_migration *migration)
{
	say(out, "%s", migration->id);
	text_marks(out, migration->flags);
	if (migration->state == AMPLAN_BROKEN)
		say(out, RED "  failed last time" PLAIN);
	say(out, "\n");
}

static void pending(struct app *app, const struct amplan_report *report)
{
	struct terminal *out = &app->out;
	size_t shown = 0, count = 0;
	for (size_t i = 0; i < report->nmigrations; i++) {
		const struct amplan_migration *migration = &report->migrations[i];
		if (migration->state == AMPLAN_INTERRUPTED ||
			migration->state == AMPLAN_RUNNING ||
			!relations_is_pending(migration))
			continue;
		if (++count > MOST_LISTED && !app->options.verbose)
			continue;
		label(out, shown++ ? "" : "pending");
		one_pending(out, migration);
	}
	if (count > shown) {
		label(out, "");
		say(out, "and %zu more\n", count - shown);
	}
}

static void drifted(struct app *app, const struct amplan_report *report)
{
	bool first = true;
	for (size_t i = 0; i < report->nmigrations; i++) {
		const struct amplan_migration *migration = &report->migrations[i];
		if (migration->state != AMPLAN_DRIFTED)
			continue;
		label(&app->out, first ? "drifted" : "");
		say(&app->out, RED "%s" PLAIN " was changed after it was applied (%s)\n",
			migration->id, migration->place.file);
		first = false;
	}
}

static void unknown(struct app *app, const struct amplan_report *report)
{
	for (size_t i = 0; i < report->nunknown; i++) {
		label(&app->out, i ? "" : "unknown");
		say(&app->out, YELLOW "%s" PLAIN " is applied and has no descriptor\n",
			report->unknown[i]);
	}
}

static void holder(struct terminal *out, const struct amplan_holder *who)
{
	if (!who->pid)
		return;
	label(out, "lock");
	say(out, "held by pid %ld", who->pid);
	if (who->command && *who->command)
		say(out, " (%s)", who->command);
	if (who->seconds >= 0) {
		say(out, ", which started ");
		text_duration(out, who->seconds * 1000);
		say(out, " ago");
	}
	say(out, "\n");
}

static void failure(struct terminal *out, const struct amplan_failure *last)
{
	if (!last->at)
		return;
	label(out, "last failure");
	say(out, "%s", last->at);
	if (last->id && *last->id)
		say(out, " in " RED "%s" PLAIN, last->id);
	say(out, "\n");
	label(out, "");
	if (last->place && *last->place)
		say(out, "%s: ", last->place);
	say(out, "%s\n", last->message);
}

static void next(struct app *app, const struct amplan_report *report)
{
	if (app->options.quiet || app->code)
		return;
	if (!report->database) {
		say(&app->out,
			"no database is named; 'amplan plan' shows the plan for an "
			"empty one,\nand --database app.db or AMPLAN_DATABASE names "
			"one\n");
	} else if (count_pending(report)) {
		say(&app->out, "to see what would be done: amplan plan");
		app_say_same_options(app, &app->out);
		say(&app->out, "\n");
	}
}

static void show(struct app *app)
{
	const struct amplan_report *report = app->report;
	struct terminal *out = &app->out;
	if (!report)
		return;
	if (report->database || !app->code) {
		label(out, "database");
		say(out, BOLD "%s" PLAIN "\n",
			report->database ? report->database : "none named");
	}
	if (report->verdict != AMPLAN_VERDICT_UNKNOWN) {
		verdict(out, report);
		last_applied(out, report);
		for (size_t i = 0; i < report->nmigrations; i++)
			if (report->migrations[i].state == AMPLAN_RUNNING)
				running(&app->out, &report->migrations[i]);
			else if (report->migrations[i].state == AMPLAN_INTERRUPTED)
				interrupted(app, &report->migrations[i]);
		pending(app, report);
		drifted(app, report);
		unknown(app, report);
	} else if (!app->code) {
		label(out, "migrations");
		say(out, "%zu\n", report->nmigrations);
	}
	holder(out, &report->holder);
	failure(out, &report->failure);
	text_findings(out, report, app->options.quiet);
	text_findings_summary(out, report);
	next(app, report);
}

const struct cmd cmd_status = {
	.name = "status",
	.line = "show the verdict, what is pending, who holds the lock, the last failure",
	.operands = "",
	.text = "Shows on one screen how the database stands to the descriptors: the verdict "
		"(current, behind, ahead or diverged) with its counts, what was applied last, "
		"the first ten that are pending (all with --verbose), those that were changed "
		"after they were applied, those that have no descriptor, who holds the lock, "
		"and the last attempt that failed. A step that stopped part way is shown with "
		"the two commands that settle it, and the exit code is 5.\n\n"
		"Nothing is written and no lock is taken. Findings are part of the result and "
		"go to standard output.",
	.options = options,
	.needs = CMD_SESSION | CMD_OWN_FINDINGS,
	.run = run,
	.show = show,
};
