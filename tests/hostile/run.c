#include "tests/hostile/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)1 << 20)
#define SECONDS_MAX 60
#define WORDS_MAX 40

/* Beside this test, where CMake puts it. */
const char *run_program(void)
{
	static char path[4096];
	const char *named = getenv("HOSTILE_PROGRAM");
	if (named && *named)
		return named;
	ssize_t length = *path ? 0 : readlink("/proc/self/exe", path, sizeof(path) - 8);
	char *slash = length < 0 ? NULL : strrchr(path, '/');
	if (!slash) {
		perror("/proc/self/exe");
		exit(2);
	}
	strcpy(slash, "/amplan");
	return path;
}

const char *run_sources(void)
{
	return SOURCES;
}

/* How a process is run; all of it may be NULL but the words. */
struct manner {
	const char *const *words, *const *environment;
	bool apart; /* stderr has a file of its own */
	void (*begin)(void *data);
	int (*watch)(pid_t pid, void *data);
	void *data;
};

static void be_the_program(int out, int err, const struct manner *manner)
{
	const char *const *words = manner->words, *const *more = manner->environment;
	const char *argv[WORDS_MAX] = {run_program()};
	const char *environment[WORDS_MAX] = {
		"PATH=/usr/bin:/bin", "LC_ALL=C", "NO_COLOR=1", "HOME=/nonexistent"};
	size_t n = strchr(words[0], '/') ? 0 : 1, e = 4;
	for (size_t i = 0; words[i] && n < WORDS_MAX - 1; i++)
		argv[n++] = words[i];
	for (size_t i = 0; more && more[i] && e < WORDS_MAX - 1; i++)
		environment[e++] = more[i];
	int null = open("/dev/null", O_RDONLY);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	closefrom(3);
	struct rlimit limit = {SECONDS_MAX, SECONDS_MAX + 1};
	setrlimit(RLIMIT_CPU, &limit);
	if (manner->begin)
		manner->begin(manner->data);
	execve(argv[0], (char *const *)argv, (char *const *)environment);
	_exit(126);
}

static void wait_for(struct ran *ran, pid_t pid, const struct manner *manner)
{
	struct rusage used = {0};
	int status;
	if (manner->watch) {
		status = manner->watch(pid, manner->data);
	} else if (wait4(pid, &status, 0, &used) != pid) {
		perror("wait4");
		exit(2);
	}
	ran->exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	ran->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	ran->milliseconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
	ran->kilobytes = used.ru_maxrss;
}

static void read_output(struct ran *ran, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	size_t most = (size_t)size < OUTPUT_MAX ? (size_t)size : OUTPUT_MAX;
	ran->out = malloc(most + 1);
	ssize_t n = ran->out ? pread(fd, ran->out, most, 0) : -1;
	if (n < 0) {
		perror("output");
		exit(2);
	}
	ran->length = (size_t)n;
	ran->out[n] = '\0';
	close(fd);
}

static void start(struct ran *ran, const struct manner *manner)
{
	*ran = (struct ran){.exit = -1};
	int out = open("out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0600);
	int err = manner->apart
		? open("err", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
		: out;
	fflush(NULL);
	pid_t pid = out < 0 || err < 0 ? -1 : fork();
	if (pid == 0)
		be_the_program(out, err, manner);
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	wait_for(ran, pid, manner);
	if (manner->apart)
		close(err);
	read_output(ran, out);
}

void run(struct ran *ran, const char *const *words, const char *const *environment)
{
	start(ran, &(struct manner){.words = words, .environment = environment});
}

void run_stdout(struct ran *ran, const char *const *words)
{
	start(ran, &(struct manner){.words = words, .apart = true});
}

void run_watched(struct ran *ran, const char *const *words, void (*begin)(void *data),
	int (*watch)(pid_t pid, void *data), void *data)
{
	start(ran,
		&(struct manner){
			.words = words, .begin = begin, .watch = watch, .data = data});
}

void ran_free(struct ran *ran)
{
	free(ran->out);
	ran->out = NULL;
}

const char *ran_line(const struct ran *ran, char *line, size_t size)
{
	const char *from = ran->out, *error = strstr(ran->out, "error[");
	while (error && error > ran->out && error[-1] != '\n')
		error--;
	from = error ? error : from;
	size_t length = strcspn(from, "\n");
	snprintf(line, size, "%.*s", (int)(length < size ? length : size - 1), from);
	return line;
}
