#include "cli/prompt.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/text_plan.h"

bool prompt_is_possible(const struct app *app)
{
	return !app->options.json && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static bool reads_yes(struct app *app)
{
	char answer[64];
	if (!fgets(answer, sizeof(answer), stdin)) {
		say(&app->err, "\n");
		return false;
	}
	char *word = answer + strspn(answer, " \t");
	word[strcspn(word, " \t\r\n")] = '\0';
	return !strcasecmp(word, "y") || !strcasecmp(word, "yes");
}

bool prompt_yes(struct app *app, const char *question, int *code)
{
	fflush(stdout);
	interrupt_listen();
	progress_clear(&app->progress);
	say(&app->err, BOLD "%s [y/N] " PLAIN, question);
	fflush(stderr);
	bool yes = reads_yes(app);
	*code = AMPLAN_OK;
	if (interrupt_came())
		*code = app_fail(
			app, AMPLAN_CANCELLED, NULL, "stopped, nothing was done");
	app->nothing_done = !yes || *code;
	return !app->nothing_done;
}

bool prompt_plan(struct app *app, const char *verb, const char *preposition, int *code)
{
	char question[512];
	size_t count = app->report->nsteps;
	snprintf(question, sizeof(question), "%s %zu migration%s %s %.300s?", verb, count,
		count == 1 ? "" : "s", preposition, text_database(app->report));
	return prompt_yes(app, question, code);
}
