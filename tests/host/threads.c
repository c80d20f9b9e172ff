/*
 * Threads: eight of them on four databases, each with sessions of its own. The same runs
 * once more with the thread sanitizer: tsan.sh.
 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "tests/host/host.h"

enum { THREADS = 8, DATABASES = 4, MIGRATIONS = 12, ROUNDS = 3 };

struct work {
	char database[32];
	int number, codes[8];
	long talked;
};

static void listen(void *user, enum amplan_level level, const char *message,
	const struct amplan_field *fields, size_t nfields)
{
	struct work *work = user;
	(void)level, (void)fields;
	work->talked += (long)strlen(message) + (long)nfields;
}

static void watch(void *user, const struct amplan_progress *progress)
{
	struct work *work = user;
	work->talked += progress->number;
}

static int use(struct amplan *amplan, struct work *work)
{
	struct amplan_plan_options plan = AMPLAN_PLAN_OPTIONS_INIT;
	struct amplan_report *report = NULL;
	int worst = 0, code;
	plan.fidelity = AMPLAN_FIDELITY_SCHEMA;
	code = amplan_plan(amplan, &plan, &report, NULL);
	worst = code ? code : worst;
	amplan_report_free(report);
	code = amplan_apply(amplan, NULL, NULL, &report, NULL);
	worst = code ? code : worst;
	amplan_report_free(report);
	code = amplan_status(amplan, &report, NULL);
	worst = code ? code : worst;
	amplan_report_free(report);
	code = amplan_verify(amplan, &report, NULL);
	worst = code ? code : worst;
	amplan_report_free(report);
	(void)work;
	return worst;
}

static void *work_in_thread(void *user)
{
	struct work *work = user;
	for (int round = 0; round < ROUNDS; round++) {
		struct amplan_options options = host_options(work->database);
		struct amplan *amplan;
		options.log = listen;
		options.progress = watch;
		options.user = work;
		options.lock_timeout_ms = 100000;
		work->codes[round] = amplan_open(&options, &amplan, NULL);
		if (!work->codes[round])
			work->codes[round] = use(amplan, work);
		amplan_close(amplan);
		struct amplan_startup_options startup = AMPLAN_STARTUP_OPTIONS_INIT;
		struct amplan_startup_result result;
		startup.gate = AMPLAN_GATE_ON;
		int code = amplan_startup(&options, &startup, &result);
		work->codes[round] = work->codes[round] ? work->codes[round] : code;
		amplan_startup_result_deinit(&result);
	}
	return NULL;
}

static void eight_on_four(void)
{
	static struct work work[THREADS];
	pthread_t threads[THREADS];
	host_migrations("m", MIGRATIONS);
	for (int i = 0; i < THREADS; i++) {
		work[i] = (struct work){.number = i};
		snprintf(work[i].database, sizeof(work[i].database), "%d.db",
			i % DATABASES);
		MUST(!pthread_create(&threads[i], NULL, work_in_thread, &work[i]));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		for (int round = 0; round < ROUNDS; round++) {
			if (work[i].codes[round])
				fprintf(stderr, "thread %d, round %d: %d\n", i, round,
					work[i].codes[round]);
			MUST(work[i].codes[round] == AMPLAN_OK);
		}
	}
	for (int i = 0; i < DATABASES; i++)
		host_complete(work[i].database, MIGRATIONS);
}

const struct scenario thread_scenarios[] = {
	{"threads: eight on four databases", eight_on_four},
	{NULL, NULL},
};
