/*
 * Errors: each allocation, or each system call, of each public call and of each command
 * fails, once and for ever.
 *
 *	test_errors memory|calls library|commands [--case NAME] [--every N] [--seed N]
 *	            [--point K] [--list] [--places|--deep]
 *
 * A case is run undisturbed, which tells how many things can fail, and then again and
 * again in the same process, with one of them failing each time. The process is a child;
 * where it dies, the point is a failure and another child goes on behind it.
 *
 * With --places only the first is tried of those that are asked for from one place of our
 * code, whatever the case: each way out is taken, though not from each state. --deep tells
 * places apart by twice as many of those who asked.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/errors/judge.h"
#include "tests/errors/worlds.h"
#include "tests/support/points.h"
#include "tests/support/temp.h"

enum { SECONDS_MAX = 60, DESCRIPTORS = 64, WAYS = 16, MARKS = 1 << 18 };

/* What the children and their parent both know. */
struct shared {
	struct points points;
	long index;  /* of the point of this case that is tried, or was */
	bool trying; /* it was begun and not ended */
	bool ready;  /* the ground of this case was laid */
	bool done;   /* with this case */
	int code;    /* of the undisturbed run */
	char words[160];
	long excused; /* runs in which libxml2 lost memory of its own */
	/* of this case, for each way: whether marks were made, and where */
	bool marked[WAYS];
	unsigned char marks[WAYS][MARKS];
};

static struct shared *shared;
static enum fault_source source;
static bool places;
static char *folder;

/* What can fail how: as many points as there are calls of that kind. */
static const struct way {
	int error;
	bool forever;
	const char *name;
} memory_ways[] = {{ENOMEM, false, "once"}, {ENOMEM, true, "for ever"}},
  call_ways[] = {{EIO, false, "EIO"}, {ENOSPC, false, "ENOSPC"}, {EINTR, false, "EINTR"},
	  {EMFILE, false, "EMFILE"}, {EACCES, false, "EACCES"}, {EROFS, false, "EROFS"},
	  {FAULT_SHORT, false, "short"}, {FAULT_SHORT, true, "short for ever"},
	  {EIO, true, "EIO for ever"}, {ENOSPC, true, "ENOSPC for ever"},
	  {EMFILE, true, "EMFILE for ever"}, {EACCES, true, "EACCES for ever"},
	  {EROFS, true, "EROFS for ever"}};

static size_t count_ways(void)
{
	return source == FAULTS_MEMORY ? sizeof(memory_ways) / sizeof(*memory_ways)
				       : sizeof(call_ways) / sizeof(*call_ways);
}

static const struct way *way_at(size_t index)
{
	return source == FAULTS_MEMORY ? &memory_ways[index] : &call_ways[index];
}

/* One way to disturb a run. */
struct point {
	const struct way *way;
	long at;
};

static void start(void *user)
{
	const struct point *point = user;
	const struct way *way = point->way;
	faults_arm(source, point->at, way->forever, way->error);
}

static void stop(void *user)
{
	(void)user;
	faults_disarm();
}

static unsigned count_descriptors(void)
{
	unsigned count = 0;
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* libxml2 2.9 forgets its input buffer where there is no memory for the next thing. */
static bool is_of_libxml2(const void *caller)
{
	Dl_info info;
	return dladdr(caller, &info) && info.dli_fname &&
		strstr(info.dli_fname, "libxml2");
}

static char *describe_leaks(unsigned descriptors)
{
	struct leak leaks[64];
	size_t count = memory_leaks(leaks, 64), ours = 0;
	AMP_STR_AUTO text = AMP_STR_INIT;
	for (size_t i = 0; i < count && i < 64; i++) {
		Dl_info info = {0};
		if (is_of_libxml2(leaks[i].caller))
			continue;
		ours++;
		dladdr(leaks[i].caller, &info);
		amp_str_addf(&text, "\n  %zu bytes by %s in %s", leaks[i].size,
			info.dli_sname ? info.dli_sname : "?",
			info.dli_fname ? info.dli_fname : "?");
	}
	shared->excused += faults->happened && count > 0 && !ours;
	if (count_descriptors() != descriptors)
		amp_str_addf(&text, "\n  %u descriptors are open, %u were",
			count_descriptors(), descriptors);
	return text.length ? strdup(amp_str_text(&text)) : NULL;
}

/* Runs the case in the folder as it is. */
static void run_case(const struct ground *ground, struct point *point, struct run *run)
{
	const struct span span = {start, stop, point};
	unsigned descriptors = count_descriptors();
	*run = (struct run){0};
	clock_reset();
	if (ground->library)
		library_run(ground->one, &span, &run->answer);
	else
		command_run(ground->one, &span, &run->answer);
	if (!(ground->one->flags & (CASE_BECOMES | CASE_COLD)))
		run->leak = describe_leaks(descriptors);
	state_read(&run->state);
	if (ground->one->flags & CASE_WRITES &&
		!state_equals(&run->state, &ground->before)) {
		/* looking recovers what is to be recovered; that is for the next run */
		run->state.dump = state_dump();
		state_restore(&run->state);
	}
}

static const struct way undisturbed = {0, false, "undisturbed"};

static void run_undisturbed(const struct ground *ground, struct run *run)
{
	struct point point = {&undisturbed, 0};
	run_case(ground, &point, run);
}

static void die(const struct ground *ground, const char *what, const struct run *a,
	const struct run *b)
{
	printf("%s: %s\n%d %s\n%s\n%s\n---\n%d %s\n%s\n%s\n", ground->one->name, what,
		a->answer.code, amp_str_text(&a->answer.text),
		amp_str_text(&a->answer.words), a->leak ? a->leak : "", b->answer.code,
		amp_str_text(&b->answer.text), amp_str_text(&b->answer.words),
		b->leak ? b->leak : "");
	fflush(stdout);
	_exit(3);
}

/* The first run warms up what is made once in a process; the second one counts. */
static void lay_ground(struct ground *ground)
{
	struct run warm;
	state_restore(&ground->before);
	ground->before.dump = state_dump();
	state_restore(&ground->before);
	run_undisturbed(ground, &warm);
	state_restore(&ground->before);
	run_undisturbed(ground, &ground->first);
	if (!answer_equals(&warm.answer, &ground->first.answer) || ground->first.leak)
		die(ground, "two undisturbed runs differ, or it leaks", &warm,
			&ground->first);
	run_deinit(&warm);
	run_undisturbed(ground, &ground->again);
	shared->code = ground->first.answer.code;
	snprintf(shared->words, sizeof(shared->words), "%s",
		amp_str_text(&ground->first.answer.words));
}

static void show_point(
	const struct ground *ground, const struct point *point, const struct run *run)
{
	if (shared->points.verbose)
		printf("%s, %s at %ld: %s %s\n  code %d: %s\n  %s\n", ground->one->name,
			point->way->name, point->at, faults->call, faults->path,
			run->answer.code, amp_str_text(&run->answer.words),
			amp_str_text(&run->answer.text));
	fflush(stdout);
}

static void try_point(struct ground *ground, struct point *point)
{
	struct run faulty, after;
	struct faults then;
	bool cold = ground->one->flags & CASE_COLD;
	faults->verbose = shared->points.verbose;
	alarm(SECONDS_MAX);
	state_restore(&ground->before);
	run_case(ground, point, &faulty);
	then = *faults;
	show_point(ground, point, &faulty);
	if (cold)
		lay_ground(ground);
	state_restore(&faulty.state);
	state_remove_parts();
	run_undisturbed(ground, &after);
	*faults = then;
	const char *why = judge(ground, source, &faulty, &after);
	if (why)
		points_failed(&shared->points, "%s %s, %s at %ld (%s %s): %s",
			ground->library ? "call" : "command", ground->one->name,
			point->way->name, point->at, faults->call, faults->path, why);
	else
		points_passed(&shared->points);
	run_deinit(&faulty);
	run_deinit(&after);
	alarm(0);
}

/* In a process of its own, which has done nothing yet. */
static void try_cold(struct ground *ground, struct point *point)
{
	int status;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		try_point(ground, point);
		_exit(0);
	}
	bool died = waitpid(child, &status, 0) < 0 || status;
	faults_disarm();
	if (died)
		points_failed(&shared->points, "%s, %s at %ld (%s %s): the process died",
			ground->one->name, point->way->name, point->at, faults->call,
			faults->path);
}

/* How many things can fail that way. */
static long count_points(struct ground *ground, const struct way *way)
{
	struct point point = {way, 0};
	struct run run;
	state_restore(&ground->before);
	if (!(ground->one->flags & CASE_COLD)) {
		run_case(ground, &point, &run);
		run_deinit(&run);
		return faults->count;
	}
	pid_t child = fork();
	if (child == 0) {
		run_case(ground, &point, &run);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	faults_disarm();
	return faults->count;
}

static void make_world(const char *name)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		clock_reset();
		world_make(name);
		_exit(0);
	}
	if (waitpid(child, &status, 0) < 0 || status) {
		fprintf(stderr, "errors: no world '%s'\n", name);
		exit(2);
	}
}

/* The same; and marks those that come from a place not met before. */
static long mark_points(struct ground *ground, size_t way)
{
	if (places && !shared->marked[way])
		faults_mark(shared->marks[way], MARKS, (unsigned)way);
	long count = count_points(ground, way_at(way));
	faults_mark(NULL, 0, 0);
	shared->marked[way] = true;
	return count;
}

static bool is_wanted(size_t way, long at)
{
	return !places || (at < MARKS && shared->marks[way][at]);
}

/* In a child: all points of the case from shared->index on. */
static void work(struct ground *ground)
{
	long index = 0;
	bool cold = ground->one->flags & CASE_COLD;
	state_read(&ground->before);
	if (!cold)
		lay_ground(ground);
	shared->ready = true;
	for (size_t i = 0; i < count_ways(); i++) {
		struct point point = {way_at(i), 1};
		long count = mark_points(ground, i);
		for (; point.at <= count; point.at++) {
			if (index++ < shared->index)
				continue;
			shared->index = index;
			if (!is_wanted(i, point.at) || !points_take(&shared->points))
				continue;
			shared->trying = true;
			if (cold)
				try_cold(ground, &point);
			else
				try_point(ground, &point);
			shared->trying = false;
		}
	}
	shared->done = true;
}

static void work_in_child(const struct a_case *one, bool library)
{
	struct ground ground = {.one = one, .library = library};
	int status = 0;
	shared->ready = false;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		work(&ground);
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, &status, 0);
	faults_disarm();
	if (shared->done)
		return;
	if (!shared->ready || !shared->trying) {
		printf("%s: cannot be run: status %x\n", one->name, (unsigned)status);
		points_failed(&shared->points, "%s: no ground", one->name);
		shared->done = true;
		return;
	}
	shared->trying = false;
	points_failed(&shared->points, "%s %s, fault %ld (%s %s): %s %d",
		library ? "call" : "command", one->name, faults->count, faults->call,
		faults->path, WIFSIGNALED(status) ? "killed by signal" : "ended with",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void run_all(const struct a_case *cases, bool library, const char *only, bool list)
{
	for (const struct a_case *one = cases; one->name; one++) {
		long before = shared->points.number, tried = shared->points.passed;
		if (only && strcmp(only, one->name) != 0)
			continue;
		struct state nothing = {0};
		state_restore(&nothing);
		make_world(one->world);
		shared->index = 0;
		shared->done = false;
		memset(shared->marked, 0, sizeof(shared->marked));
		memset(shared->marks, 0, sizeof(shared->marks));
		struct state made;
		state_read(&made);
		while (!shared->done) {
			state_restore(&made);
			work_in_child(one, library);
		}
		state_free(&made);
		if (list)
			printf("%-20s %7ld points, %ld passed; undisturbed: %d %s\n",
				one->name, shared->points.number - before,
				shared->points.passed - tried, shared->code,
				shared->words);
		fflush(stdout);
	}
}

static int usage(void)
{
	fprintf(stderr,
		"usage: test_errors memory|calls library|commands [--case NAME] "
		"[--list] [--places|--deep] [--every N] [--seed N] [--point K]\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	bool list = false;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	faults_init();
	int left = points_init(&shared->points, "errors", 1, argc, argv);
	if (left < 3)
		return usage();
	for (int i = 3; i < left; i++)
		if (!strcmp(argv[i], "--case") && argv[i + 1])
			only = argv[++i];
		else if (!strcmp(argv[i], "--list"))
			list = true;
		else if (!strcmp(argv[i], "--places"))
			places = true;
		else if (!strcmp(argv[i], "--deep")) {
			places = true;
			faults_deep();
		} else
			return usage();
	bool library = !strcmp(argv[2], "library");
	if (!library && strcmp(argv[2], "commands") != 0)
		return usage();
	source = !strcmp(argv[1], "memory") ? FAULTS_MEMORY
		: !strcmp(argv[1], "calls") ? FAULTS_CALLS
					    : FAULTS_NONE;
	if (!source)
		return usage();
	char name[64];
	snprintf(name, sizeof(name), "errors %s %s", argv[1], argv[2]);
	shared->points.name = name;
	folder = temp_make();
	setenv("TMPDIR", folder, 1);
	char *world = temp_path(folder, "world");
	temp_text(folder, "world/x", "");
	if (chdir(world))
		return 2;
	free(world);
	run_all(library ? library_cases : command_cases, library, only, list);
	if (chdir("/"))
		return 2;
	temp_remove(folder);
	if (shared->excused)
		printf("in %ld runs libxml2 lost memory of its own\n", shared->excused);
	return points_done(&shared->points);
}

/* What is left allocated is judged run by run. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0:handle_segv=0";
}
