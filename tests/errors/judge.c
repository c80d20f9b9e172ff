#include "tests/errors/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void run_deinit(struct run *run)
{
	answer_deinit(&run->answer);
	state_free(&run->state);
	free(run->leak);
	*run = (struct run){0};
}

static char reason[8192];

/* Where two texts begin to differ: that line of the left one. */
static const char *first_difference(const char *left, const char *right)
{
	const char *line = left;
	for (; *left && *left == *right; left++, right++)
		if (*left == '\n')
			line = left + 1;
	return line;
}

static const char *because(
	const char *what, const struct run *got, const struct run *wanted)
{
	const char *text = amp_str_text(&got->answer.text);
	const char *other = wanted ? amp_str_text(&wanted->answer.text) : text;
	const char *left = first_difference(text, other);
	const char *right = first_difference(other, text);
	snprintf(reason, sizeof(reason), "%s\n  got %d %.1000s\n  %.*s\n", what,
		got->answer.code, amp_str_text(&got->answer.words),
		(int)strcspn(left, "\n"), left);
	size_t length = strlen(reason);
	if (wanted)
		snprintf(reason + length, sizeof(reason) - length,
			"  not %d %.1000s\n  %.*s\n", wanted->answer.code,
			amp_str_text(&wanted->answer.words), (int)strcspn(right, "\n"),
			right);
	return reason;
}

static bool says(const struct run *run, const char *words)
{
	return strstr(amp_str_text(&run->answer.words), words) ||
		strstr(amp_str_text(&run->answer.text), words);
}

static const char *dump_of(const struct state *state)
{
	return state->dump ? state->dump : "";
}

/* The files of `left` are those of `right`, and the database says the same. Where `note` is
   said, the note of the last failure does not count: a call that failed may write it. */
static bool same_state(const struct state *left, const struct state *right, bool note)
{
	if (state_equals(left, right))
		return true;
	return left->dump && right->dump && !strcmp(left->dump, right->dump) &&
		!state_other_file(left, right, note);
}

static bool is_transfer(const char *call)
{
	return !strcmp(call, "read") || !strncmp(call, "pread", 5) ||
		!strncmp(call, "pwrite", 6) ||
		/* the C library gives up a stream that was interrupted */
		(!strcmp(call, "write") && strcmp(faults->path, "standard output") != 0);
}

/* What a program has to do again, or go on with, without a word. */
static bool must_go_on(void)
{
	if (faults->error == FAULT_SHORT)
		return true;
	return faults->error == EINTR && !faults->forever &&
		(is_transfer(faults->call) || !strncmp(faults->call, "open", 4));
}

/* The note of the last failure is for people, and nothing is decided by it: without it a
   call says the rest, and that. */
static bool lacks_note(const struct ground *ground, const struct run *faulty)
{
	return faulty->answer.code == ground->first.answer.code &&
		strstr(amp_str_text(&faulty->answer.words), "the note of the");
}

static const char *judge_memory(const struct ground *ground, const struct run *faulty)
{
	int code = faulty->answer.code;
	/* talk that went missing is no other result, if that is said */
	if (code == ground->first.answer.code && says(faulty, "out of memory") &&
		!strcmp(amp_str_text(&faulty->answer.text),
			amp_str_text(&ground->first.answer.text)))
		return NULL;
	/* that a person must act is said all the same; the report may be missing then */
	if (code == (ground->library ? AMPLAN_PARTIAL : -AMPLAN_PARTIAL) &&
		code == ground->first.answer.code &&
		!strcmp(amp_str_text(&faulty->answer.words),
			amp_str_text(&ground->first.answer.words)))
		return NULL;
	int wanted = ground->library ? AMPLAN_NOMEM : amplan_exit_code(AMPLAN_NOMEM);
	if (ground->one->flags & CASE_STEPS &&
		code == (ground->library ? AMPLAN_PARTIAL : -AMPLAN_PARTIAL))
		return NULL;
	if (code != wanted)
		return because("another result, and not for want of memory", faulty,
			&ground->first);
	if (!says(faulty, "out of memory"))
		return because("does not say that there is no memory", faulty, NULL);
	return NULL;
}

/* The part of the path that a message can be expected to name. */
static const char *name_to_tell(void)
{
	static char name[64];
	const char *slash = strrchr(faults->path, '/');
	snprintf(name, sizeof(name), "%.60s", slash ? slash + 1 : faults->path);
	if (!strncmp(name, "app.db", 6))
		return "app.db";
	if (strstr(faults->path, "/m/") || !strncmp(faults->path, "m", 1) ||
		strstr(name, ".xml") || strstr(name, ".sql"))
		return "m";
	if (!strcmp(faults->path, "standard output"))
		return "standard output";
	return "";
}

static const char *judge_calls(const struct ground *ground, const struct run *faulty)
{
	int code = faulty->answer.code;
	/* nothing hangs on the name of the host; where it is not known it is left empty */
	if (code == ground->first.answer.code && !faults->forever &&
		!strcmp(faults->call, "gethostname"))
		return NULL;
	if (must_go_on())
		return because(
			"was interrupted, and did not go on", faulty, &ground->first);
	/* what was committed stays so, though the last word on it is lost */
	if (code == ground->first.answer.code &&
		says(faulty, "cannot write to standard output"))
		return NULL;
	if (code == 0 ||
		(code == ground->first.answer.code && ground->library &&
			code != AMPLAN_DATABASE && code != AMPLAN_REFUSED))
		return because("another result", faulty, &ground->first);
	if (!faulty->answer.words.length && !says(faulty, "\"error\""))
		return because("fails without a word", faulty, NULL);
	if (!says(faulty, name_to_tell()) &&
		!(faults->forever && says(faulty, "standard output")))
		return because("does not name the file", faulty, NULL);
	return NULL;
}

static const char *judge_state(const struct ground *ground, const struct run *faulty)
{
	const struct state *state = &faulty->state;
	bool note = faulty->answer.code != 0 || lacks_note(ground, faulty);
	if (same_state(state, &ground->before, note))
		return NULL;
	if (ground->one->flags & CASE_WRITES &&
		same_state(state, &ground->first.state, note))
		return NULL;
	if (ground->one->flags & CASE_STEPS)
		return NULL;
	const char *file = state_other_file(state, &ground->before, note);
	if (ground->one->flags & CASE_MAKES && faults->forever && file &&
		says(faulty, strrchr(file, '/') + 1))
		return NULL;
	static char what[4096];
	snprintf(what, sizeof(what),
		"leaves something between; file %s, database\n  %.3000s",
		file ? file : "-",
		first_difference(dump_of(state), dump_of(&ground->before)));
	return because(what, faulty, NULL);
}

static bool same_but_history(const char *left, const char *right)
{
	const char *left_end = strstr(left, "\namplan_history\n");
	const char *right_end = strstr(right, "\namplan_history\n");
	return left_end && right_end && left_end - left == right_end - right &&
		!memcmp(left, right, (size_t)(left_end - left));
}

/* Reports of the same, one without the name of the host. */
static bool same_but_host(const char *left, const char *right)
{
	static const char before[] = "\"host\":\"";
	size_t length = sizeof(before) - 1;
	for (size_t same = 0; *left || *right; left++, right++, same++) {
		if (*left == *right)
			continue;
		if (!*left || !*right || same < length ||
			memcmp(left - length, before, length) != 0)
			return false;
		left += strcspn(left, "\"");
		right += strcspn(right, "\"");
	}
	return true;
}

static const char *judge_after(
	const struct ground *ground, const struct run *faulty, const struct run *after)
{
	bool done = !same_state(&faulty->state, &ground->before, true) &&
		same_state(&faulty->state, &ground->first.state, true);
	const struct run *wanted = done ? &ground->again : &ground->first;
	if (after->leak)
		return because(after->leak, after, NULL);
	if (answer_equals(&after->answer, &wanted->answer) &&
		same_state(&after->state, &wanted->state, after->answer.code != 0))
		return NULL;
	/* what could not be removed, like a journal, made it begin from something else */
	bool kept = faults->forever || !strcmp(faults->call, "unlink");
	if (ground->one->flags & CASE_MAKES && kept && after->answer.code &&
		!state_equals(&faulty->state, &ground->before))
		return NULL;
	if (kept && !state_equals(&faulty->state, &ground->before) &&
		after->answer.code == ground->first.answer.code &&
		!strcmp(dump_of(&after->state), dump_of(&ground->first.state)))
		return NULL;
	/* the name that was not known then is not known now */
	if (!strcmp(faults->call, "gethostname") &&
		after->answer.code == wanted->answer.code &&
		same_but_host(amp_str_text(&after->answer.text),
			amp_str_text(&wanted->answer.text)) &&
		same_but_history(dump_of(&after->state), dump_of(&wanted->state)))
		return NULL;
	int partial = ground->library ? AMPLAN_PARTIAL : -AMPLAN_PARTIAL;
	if (ground->one->flags & CASE_STEPS && after->answer.code == partial)
		return NULL;
	/* other stages, other plan: what the database holds is the same */
	if (ground->one->flags & CASE_STEPS &&
		after->answer.code == ground->first.answer.code &&
		same_but_history(dump_of(&after->state), dump_of(&ground->first.state)))
		return NULL;
	return because("run again, it is not what it would have been", after, wanted);
}

const char *judge(const struct ground *ground, enum fault_source source,
	const struct run *faulty, const struct run *after)
{
	const char *why = NULL;
	if (faulty->leak)
		return because(faulty->leak, faulty, NULL);
	if (says(faulty, "PRINTED"))
		return because("the library prints", faulty, NULL);
	/* without any memory at all it is at least told */
	if (says(faulty, "HANDLE CHANGED") &&
		!(faults->forever && says(faulty, "cannot put back")))
		return because("does not give the handle back as it was", faulty, NULL);
	if (lacks_note(ground, faulty))
		why = NULL;
	else if (!answer_equals(&faulty->answer, &ground->first.answer))
		why = source == FAULTS_MEMORY ? judge_memory(ground, faulty)
					      : judge_calls(ground, faulty);
	else if (!same_state(&faulty->state, &ground->first.state, false))
		why = because("says the same, and did not do it", faulty, NULL);
	if (!why)
		why = judge_state(ground, faulty);
	return why ? why : judge_after(ground, faulty, after);
}
