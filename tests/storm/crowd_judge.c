/*
 * Crowd, judged: by exit codes, by what each told, and by its log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/storm/crowd.h"

int64_t log_time(const char *line)
{
	char text[32];
	struct tm utc = {0};
	log_field(line, "time", text, sizeof(text));
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
	int64_t fraction = rest && *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
	return (int64_t)timegm(&utc) * 1000000 + fraction * 1000;
}

const char *log_find(const char *from, const char *message)
{
	char wanted[128];
	snprintf(wanted, sizeof(wanted), "\"message\":\"%s\"", message);
	const char *at = strstr(from, wanted);
	while (at && at > from && at[-1] != '\n')
		at--;
	return at;
}

void log_field(const char *line, const char *name, char *out, size_t size)
{
	char wanted[64];
	const char *end = strchrnul(line, '\n');
	snprintf(wanted, sizeof(wanted), "\"%s\":\"", name);
	const char *at = strstr(line, wanted);
	*out = '\0';
	if (!at || at > end)
		return;
	at += strlen(wanted);
	snprintf(out, size, "%.*s", (int)strcspn(at, "\"\n"), at);
}

static const char *first_line(const char *log, char *out, size_t size)
{
	const char *at = strstr(log, "\"level\":\"error\"");
	while (at && at > log && at[-1] != '\n')
		at--;
	at = at ? at : log;
	snprintf(out, size, "%.*s", (int)strcspn(at, "\n"), at);
	return out;
}

static const char *word_of(const struct starter *starter)
{
	static const char *const words[] = {"start", "apply", "the library"};
	return words[starter->by];
}

static void judge(struct crowd *crowd, const struct starter *starter, const char *results)
{
	char line[700], wanted[20];
	snprintf(wanted, sizeof(wanted), " %s ", starter->result);
	if (!WIFEXITED(starter->status) || WEXITSTATUS(starter->status))
		round_wrong(crowd->round, "%ld (%s%s) ended with %s %d: %s",
			(long)starter->pid, word_of(starter), starter->old ? ", old" : "",
			WIFEXITED(starter->status) ? "exit code" : "signal",
			WIFEXITED(starter->status) ? WEXITSTATUS(starter->status)
						   : WTERMSIG(starter->status),
			first_line(starter->log, line, sizeof(line)));
	else if (starter->by != BY_APPLY && !strstr(results, wanted))
		round_wrong(crowd->round, "%ld (%s%s) came to '%s': %s",
			(long)starter->pid, word_of(starter), starter->old ? ", old" : "",
			starter->result, first_line(starter->log, line, sizeof(line)));
	else if (strstr(starter->log, "\"level\":\"error\""))
		round_wrong(crowd->round, "%ld (%s%s) succeeded, but said: %s",
			(long)starter->pid, word_of(starter), starter->old ? ", old" : "",
			first_line(starter->log, line, sizeof(line)));
}

void crowd_judge(struct crowd *crowd, const char *old, const char *new)
{
	for (int i = 0; i < crowd->count; i++)
		if (!crowd->starters[i].killed)
			judge(crowd, &crowd->starters[i],
				crowd->starters[i].old ? old : new);
}

/* `apply` tells it by the lines of its log, one for each step. */
static bool says_applied(const struct starter *starter, const char *id)
{
	char word[ID_SIZE + 2], text[1100];
	if (starter->by != BY_APPLY) {
		snprintf(word, sizeof(word), " %s ", id);
		snprintf(text, sizeof(text), " %s ", starter->applied);
		return strstr(text, word);
	}
	for (const char *line = starter->log; (line = log_find(line, "applied"));
		line++) {
		log_field(line, "id", text, sizeof(text));
		if (!strcmp(text, id))
			return true;
		line = strchrnul(line, '\n') - 1;
	}
	return false;
}

void crowd_judge_once(struct crowd *crowd)
{
	char id[ID_SIZE];
	for (int m = 0; m < crowd->round->releases.count; m++) {
		int times = 0;
		for (int i = 0; i < crowd->count; i++)
			times += says_applied(&crowd->starters[i], releases_id(m, id));
		if (times != 1)
			round_wrong(crowd->round,
				"%d starters say that they applied '%s'", times,
				releases_id(m, id));
	}
}

/* The name of a process of this round, NULL: it is none. */
static const char *name_of(const struct crowd *crowd, long pid)
{
	for (int i = 0; i < crowd->count; i++)
		if (crowd->starters[i].pid == pid)
			return crowd->starters[i].by == BY_LIBRARY ? "application"
								   : "amplan";
	for (int i = 0; i < WORKERS_MAX; i++)
		if (pid > 0 && crowd->round->workers[i] == pid)
			return "worker";
	return NULL;
}

static void judge_name(
	struct crowd *crowd, const struct starter *starter, const char *holder)
{
	char command[64] = "";
	long pid = 0;
	/* between two of them nobody holds it */
	if (!strcmp(holder, "another process"))
		return;
	sscanf(holder, "process %ld (%63[^)])", &pid, command);
	const char *name = name_of(crowd, pid);
	/* between the two looks, at the lock and at the name, it may have ended, or become the
	   application that it was to start */
	if (!name || pid == starter->pid ||
		(strcmp(command, "?") != 0 && strcmp(command, "storm_ready") != 0 &&
			strcmp(command, name) != 0))
		round_wrong(
			crowd->round, "%ld waits for '%s'", (long)starter->pid, holder);
}

void crowd_judge_names(struct crowd *crowd)
{
	char holder[128];
	for (int i = 0; i < crowd->count; i++) {
		const char *line = crowd->starters[i].log;
		for (; (line = log_find(line, "waiting for the lock"));
			line = strchrnul(line, '\n')) {
			log_field(line, "holder", holder, sizeof(holder));
			crowd->round->tally->waiting_lines++;
			judge_name(crowd, &crowd->starters[i], holder);
		}
	}
}
