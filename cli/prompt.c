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

bool prompt_yes(struct app *app, const char *question)
{
	char answer[64];
	fflush(stdout);
	progress_clear(&app->progress);
	say(&app->err, BOLD "%s [y/N] " PLAIN, question);
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin)) {
		say(&app->err, "\n");
		return false;
	}
	answer[strcspn(answer, "\n")] = '\0';
	char *word = answer + strspn(answer, " \t");
	word[strcspn(word, " \t\r")] = '\0';
	return !interrupt_came() && (!strcasecmp(word, "y") || !strcasecmp(word, "yes"));
}

bool prompt_plan(struct app *app, const char *verb, const char *preposition)
{
	char question[512];
	size_t count = app->report->nsteps;
	snprintf(question, sizeof(question), "%s %zu migration%s %s %.300s?", verb, count,
		count == 1 ? "" : "s", preposition, text_database(app->report));
	return prompt_yes(app, question);
}
