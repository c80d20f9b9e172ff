/*
 * Crowd: making processes, letting them go, and waiting for every one of them.
 */
#include "tests/storm/crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <amplan/amplan.h>

#include "tests/support/temp.h"

void crowd_init(struct crowd *crowd, struct round *round, int count)
{
	static int number;
	*crowd = (struct crowd){.round = round, .count = count, .number = number++};
	crowd->starters = calloc((size_t)count, sizeof(*crowd->starters));
	if (!crowd->starters || count > PROCESSES_MAX)
		abort();
	for (int i = 0; i < count; i++)
		crowd->starters[i] = (struct starter){
			.by = BY_START, .lock_timeout = PATIENCE_MS, .pid = -1};
}

void crowd_mix(struct crowd *crowd, int percent)
{
	struct dice *dice = &crowd->round->dice;
	for (int i = 0; i < crowd->count; i++) {
		struct starter *starter = &crowd->starters[i];
		if (dice_chance(dice, percent))
			starter->by = BY_LIBRARY;
		else if (dice_chance(dice, 20))
			starter->by = BY_APPLY;
	}
}

void crowd_delay(struct crowd *crowd, int most_us)
{
	struct dice *dice = &crowd->round->dice;
	for (int i = 0; i < crowd->count; i++)
		if (dice_chance(dice, 50))
			crowd->starters[i].delay_us = dice_below(dice, most_us);
}

static char *log_name(const struct crowd *crowd, const struct starter *starter)
{
	char name[48];
	snprintf(name, sizeof(name), "log-%d-%d", crowd->number,
		(int)(starter - crowd->starters));
	return temp_path(crowd->round->folder, name);
}

static char *ready_name(const struct crowd *crowd)
{
	char name[32];
	snprintf(name, sizeof(name), "ready-%d", crowd->number);
	return temp_path(crowd->round->folder, name);
}

/* In the child, from here to its end: nothing is freed, nothing is flushed twice. */

static void take_output(const char *name, int to)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || dup2(fd, to) < 0)
		_exit(99);
	close(fd);
}

static void become_program(const struct crowd *crowd, const struct starter *starter)
{
	char timeout[32];
	char *folder = temp_path(crowd->round->folder, starter->old ? "old" : "new");
	snprintf(timeout, sizeof(timeout), "%.3f", (double)starter->lock_timeout / 1000);
	setenv("PRODUCTION_MODE", "1", 1);
	setenv("AUTO_MIGRATE_ON_STARTUP", "true", 1);
	setenv("AUTO_MIGRATE_ON_FAILURE", starter->goes_on ? "continue" : "stop", 1);
	if (starter->by == BY_START)
		execl(AMPLAN_PROGRAM, "amplan", "start", "-d", crowd->round->database,
			"-m", folder, "--lock-timeout", timeout, "--log-format", "json",
			"--", READY_PROGRAM, (char *)NULL);
	else
		execl(AMPLAN_PROGRAM, "amplan", "apply", "-d", crowd->round->database,
			"-m", folder, "--lock-timeout", timeout, "--log-format", "json",
			"-v", "--yes", (char *)NULL);
	_exit(98);
}

static void write_log(void *user, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	static const char *const levels[] = {"debug", "info", "warning", "error"};
	struct timespec now;
	struct tm utc;
	char stamp[32];
	(void)user;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
	dprintf(STDERR_FILENO,
		"{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"message\":\"%s\"", stamp,
		now.tv_nsec / 1000000, levels[level], message);
	for (size_t i = 0; i < nfields; i++)
		if (fields[i].value && *fields[i].value)
			dprintf(STDERR_FILENO, ",\"%s\":\"%s\"", fields[i].key,
				fields[i].value);
	dprintf(STDERR_FILENO, "}\n");
}

static void say_ready(const struct amplan_startup_result *result)
{
	struct timespec now;
	char line[4096];
	const struct amplan_report *report = result->report;
	clock_gettime(CLOCK_REALTIME, &now);
	int at = snprintf(line, sizeof(line), "%ld %lld %s ", (long)getpid(),
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000,
		amplan_startup_name(result->outcome));
	for (size_t i = 0; report && report->done && i < report->nsteps; i++)
		if (report->steps[i].outcome == AMPLAN_DONE)
			at += snprintf(line + at, sizeof(line) - (size_t)at, "%s ",
				report->steps[i].migration->id);
	line[at - 1] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)at) != at)
		_exit(97);
}

static void use_library(const struct crowd *crowd, const struct starter *starter)
{
	char *folder = temp_path(crowd->round->folder, starter->old ? "old" : "new");
	const char *const folders[] = {folder};
	struct amplan_options session = AMPLAN_OPTIONS_INIT;
	struct amplan_startup_options options = AMPLAN_STARTUP_OPTIONS_INIT;
	struct amplan_startup_result result;
	prctl(PR_SET_NAME, "application");
	setenv("AUTO_MIGRATE_ON_FAILURE", starter->goes_on ? "continue" : "stop", 1);
	session.database = crowd->round->database;
	session.folders = folders;
	session.nfolders = 1;
	session.lock_timeout_ms = starter->lock_timeout;
	session.log = write_log;
	options.gate = AMPLAN_GATE_ON;
	amplan_startup(&session, &options, &result);
	if (!result.stop)
		say_ready(&result);
	_exit(result.stop ? amplan_exit_code(result.code) : 0);
}

static void be_starter(
	const struct crowd *crowd, const struct starter *starter, const int gate[2])
{
	char byte;
	char *log = log_name(crowd, starter), *ready = ready_name(crowd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* whoever lets them go, stops and kills them must get his turn among so many */
	setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 5);
	close(gate[1]);
	take_output(log, STDERR_FILENO);
	take_output(starter->by == BY_APPLY ? log : ready, STDOUT_FILENO);
	while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
		;
	close(gate[0]);
	if (starter->delay_us)
		sleep_us(starter->delay_us);
	if (starter->by == BY_LIBRARY)
		use_library(crowd, starter);
	else
		become_program(crowd, starter);
}

void crowd_release(struct crowd *crowd)
{
	int gate[2];
	if (pipe2(gate, O_CLOEXEC))
		abort();
	fflush(NULL);
	for (int i = 0; i < crowd->count; i++) {
		struct starter *starter = &crowd->starters[i];
		starter->pid = fork();
		if (!starter->pid) {
			be_starter(crowd, starter, gate);
			_exit(96);
		}
		if (starter->pid > 0)
			crowd->left++;
		else
			round_wrong(crowd->round, "cannot fork: %s", strerror(errno));
		starter->ended = starter->pid < 0;
	}
	crowd->round->tally->starters += crowd->left;
	crowd->released_us = now_us();
	close(gate[0]);
	close(gate[1]);
}

void crowd_look(struct crowd *crowd)
{
	for (int i = 0; i < crowd->count; i++) {
		struct starter *starter = &crowd->starters[i];
		if (starter->ended ||
			waitpid(starter->pid, &starter->status, WNOHANG) != starter->pid)
			continue;
		starter->ended = true;
		starter->ended_us = now_us();
		crowd->left--;
	}
}

struct starter *crowd_find(struct crowd *crowd, pid_t pid)
{
	for (int i = 0; i < crowd->count; i++)
		if (crowd->starters[i].pid == pid && !crowd->starters[i].ended)
			return &crowd->starters[i];
	return NULL;
}

/* Until it is waited for, the number cannot be another's. */
void crowd_kill(struct crowd *crowd, struct starter *starter)
{
	if (starter->ended || starter->killed)
		return;
	kill(starter->pid, SIGKILL);
	starter->killed = true;
	crowd->round->tally->kills++;
}

static void end_all(struct crowd *crowd)
{
	for (int i = 0; i < crowd->count; i++) {
		struct starter *starter = &crowd->starters[i];
		if (starter->ended || starter->pid <= 0)
			continue;
		kill(starter->pid, SIGKILL);
		waitpid(starter->pid, &starter->status, 0);
		starter->ended = true;
		crowd->left--;
	}
}

static char *read_whole(char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(name, "re");
	if (!file || getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = strdup("");
	}
	if (file)
		fclose(file);
	free(name);
	return text;
}

static void read_ready(struct crowd *crowd)
{
	char *text = read_whole(ready_name(crowd)), *rest = text, *line;
	while ((line = strsep(&rest, "\n"))) {
		long pid;
		long long when;
		char result[16];
		int at = 0;
		if (!*line)
			continue;
		if (sscanf(line, "%ld %lld %15s %n", &pid, &when, result, &at) < 3)
			round_wrong(crowd->round, "a starter said '%s'", line);
		for (int i = 0; i < crowd->count; i++) {
			struct starter *starter = &crowd->starters[i];
			if (starter->pid != pid)
				continue;
			if (starter->ready_us)
				round_wrong(crowd->round, "%ld was ready twice", pid);
			starter->ready_us = when;
			snprintf(starter->result, sizeof(starter->result), "%s", result);
			snprintf(starter->applied, sizeof(starter->applied), "%s",
				line + at);
		}
	}
	free(text);
}

void crowd_finish(struct crowd *crowd)
{
	while (crowd->left && now_us() - crowd->released_us < ROUND_MS * 1000LL) {
		crowd_look(crowd);
		if (crowd->left)
			sleep_us(1000);
	}
	if (crowd->left)
		round_wrong(crowd->round, "%d starters still run after %d s", crowd->left,
			ROUND_MS / 1000);
	end_all(crowd);
	for (int i = 0; i < crowd->count; i++)
		crowd->starters[i].log = read_whole(log_name(crowd, &crowd->starters[i]));
	read_ready(crowd);
}

void crowd_deinit(struct crowd *crowd)
{
	end_all(crowd);
	for (int i = 0; i < crowd->count; i++)
		free(crowd->starters[i].log);
	free(crowd->starters);
}
