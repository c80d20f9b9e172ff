/*
 * Judge: is what a stop left behind a whole state, and does amplan go on from there?
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <amplan/amplan.h>

#include "tests/crash/dump.h"
#include "tests/crash/expect.h"
#include "tests/crash/folders.h"
#include "tests/crash/stand.h"
#include "tests/crash/tap.h"
#include "tests/support/temp.h"

#define BAD (-1)

static int bad(struct stand *stand, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int bad(struct stand *stand, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(stand->why, sizeof(stand->why), format, args);
	va_end(args);
	return BAD;
}

/* What plain SQLite finds in a folder. */
struct found {
	struct amp_str text;  /* content and history as the states have it */
	struct amp_str whole; /* and every column of the history */
	struct amp_str fault;
	bool sound;
};

static void found_free(struct found *found)
{
	amp_str_deinit(&found->text);
	amp_str_deinit(&found->whole);
	amp_str_deinit(&found->fault);
}

static void look(const char *folder, bool exists, bool closely, struct found *found)
{
	sqlite3 *handle = NULL;
	char *path = temp_path(folder, DATABASE);
	*found = (struct found){.sound = true};
	if (sqlite3_open_v2(
		    exists ? path : ":memory:", &handle, SQLITE_OPEN_READWRITE, NULL))
		amp_str_addf(&found->fault, "cannot open: %s", sqlite3_errmsg(handle));
	dump_content(handle, &found->whole);
	amp_str_add(&found->text, amp_str_text(&found->whole));
	dump_history(handle, false, &found->text);
	dump_history(handle, true, &found->whole);
	if (closely)
		found->sound = dump_sound(handle, &found->fault);
	sqlite3_close(handle);
	free(path);
}

static struct digest digest_of(const char *bytes, size_t length)
{
	struct image image = {.count = 1};
	image.files[0].content.bytes = (unsigned char *)(uintptr_t)bytes;
	image.files[0].content.size = length;
	return image_digest(&image);
}

static bool is_equal(struct digest one, struct digest two)
{
	return one.low == two.low && one.high == two.high;
}

static int find_state(const struct stand *stand, const char *text)
{
	for (size_t i = 0; i < stand->states.count; i++)
		if (!strcmp(stand->states.items[i], text))
			return (int)i;
	return BAD;
}

/* Where two texts part. */
static const char *first_difference(const char *one, const char *two, char out[512])
{
	size_t at = 0, line = 0;
	for (; one[at] && one[at] == two[at]; at++)
		if (one[at] == '\n')
			line = at + 1;
	snprintf(out, 512, "'%.*s' instead of '%.*s'", (int)strcspn(one + line, "\n"),
		one + line, (int)strcspn(two + line, "\n"), two + line);
	return out;
}

static bool is_interrupted(const struct stand *stand, int state)
{
	for (size_t i = 0; i < stand->nalone; i++)
		if (state >= stand->alone_first[i] && state <= stand->alone_last[i])
			return true;
	return false;
}

/* What a run that begins in this state has to come to. */
static void expected_end(const struct stand *stand, int state, int *code, int *end)
{
	const struct plan *plan = stand->plan;
	bool fails = false,
	     applies = plan->action == DO_APPLY || plan->action == DO_SAVED ||
		plan->action == DO_STARTUP;
	for (size_t i = 0; applies && i < plan->nsteps; i++)
		fails = fails || plan->steps[i].fails;
	*end = stand_last(stand);
	*code = fails ? AMPLAN_FAILED : AMPLAN_OK;
	if (applies && is_interrupted(stand, state)) {
		*code = AMPLAN_PARTIAL;
		*end = state;
	} else if (!applies && state == *end) {
		*code = plan->action == DO_ROLLBACK || plan->action == DO_BASELINE
			? AMPLAN_OK
			: AMPLAN_USAGE;
	}
}

/* Does the library find the history whole? */
static bool verifies(struct stand *stand)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan *amplan = NULL;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	options.database = stand->database;
	options.folders = (const char *const *)&stand->migrations;
	options.nfolders = 1;
	int code = amplan_open(&options, &amplan, &error);
	if (!code)
		code = amplan_verify(amplan, &report, &error);
	/* before the file is made there is nothing to verify, and that is said */
	bool missing = access(stand->database, F_OK) != 0;
	bool right = missing ? code == AMPLAN_DATABASE : !code || code == AMPLAN_PARTIAL;
	if (!right)
		bad(stand, "verify: %d %s", code, code ? error.message : "");
	amplan_report_free(report);
	amplan_close(amplan);
	return right;
}

/* A success forgets the failure before it, whatever became of the note. */
static bool is_forgotten(struct stand *stand)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	struct amplan *amplan = NULL;
	struct amplan_report *report = NULL;
	struct amplan_error error;
	options.database = stand->database;
	options.folders = (const char *const *)&stand->migrations;
	options.nfolders = 1;
	int code = amplan_open(&options, &amplan, &error);
	if (!code)
		code = amplan_status(amplan, &report, &error);
	bool forgotten = report && !report->failure.at;
	if (code || !forgotten)
		bad(stand, "status tells of a failure after the success: %s",
			report && report->failure.at ? report->failure.message
						     : error.message);
	amplan_report_free(report);
	amplan_close(amplan);
	return !code && forgotten;
}

/* The pages that count: an auto-vacuum cuts the file off after the commit, unsynced. */
static struct digest digest_of_pages(const struct content *content)
{
	const unsigned char *b = content->bytes;
	size_t size = content->size;
	if (size >= 100) {
		size_t page = (size_t)b[16] << 8 | b[17];
		size_t count = (size_t)b[28] << 24 | (size_t)b[29] << 16 |
			(size_t)b[30] << 8 | b[31];
		page = page == 1 ? 65536 : page;
		size = page * count < size ? page * count : size;
	}
	return digest_of((const char *)b, size);
}

/* Runs amplan once more on what is in its folder; what is there then. */
static int run_again(struct stand *stand, struct found *end, struct digest *bytes)
{
	struct run run;
	struct image after = {0};
	stand_again(stand, &run, NULL);
	folder_take(stand->folder, &after);
	const struct file *file = image_find(&after, DATABASE);
	*bytes = file ? digest_of_pages(&file->content) : (struct digest){0};
	look(stand->folder, file != NULL, false, end);
	image_free(&after);
	run_free(&run);
	return run.code;
}

static struct reference *find_reference(struct stand *stand, struct digest key)
{
	for (size_t i = 0; i < stand->references.count; i++)
		if (is_equal(stand->references.items[i]->key, key))
			return stand->references.items[i];
	return NULL;
}

/* How amplan ends when it begins with this state and nothing else in the folder. */
static struct reference *make_reference(
	struct stand *stand, struct digest key, int state, const struct image *clean)
{
	struct found end;
	char difference[512];
	struct reference *reference = calloc(1, sizeof(*reference));
	int code;
	*reference = (struct reference){.key = key, .state = state};
	folder_put(stand->folder, clean);
	if (image_find(clean, DATABASE) && !verifies(stand)) {
		free(reference);
		return NULL;
	}
	folder_put(stand->folder, clean);
	expected_end(stand, state, &code, &reference->end);
	reference->code = run_again(stand, &end, &reference->bytes);
	reference->text = strdup(amp_str_text(&end.whole));
	const char *wanted = stand->states.items[reference->end];
	bool good = false;
	if (reference->code != code)
		bad(stand, "undisturbed from state %d: code %d instead of %d: %s", state,
			reference->code, code, strdupa(stand->why));
	else if (strcmp(wanted, amp_str_text(&end.text)) != 0)
		bad(stand, "undisturbed from state %d: %s", state,
			first_difference(amp_str_text(&end.text), wanted, difference));
	else
		good = verifies(stand);
	found_free(&end);
	if (!good || !amp_vec_push(&stand->references, reference)) {
		free(reference->text);
		free(reference);
		return NULL;
	}
	return reference;
}

/* Are the very bytes known? Not where WAL leaves in free pages what it likes, nor where two
   states look alike, as before and after a VACUUM. */
static bool has_bytes(const struct stand *stand, const struct reference *reference)
{
	for (int i = reference->state + 1; i <= stand_last(stand); i++)
		if (stand->same[i] == reference->state)
			return false;
	return !stand->has_wal;
}

/* amplan is the first to open what the stop left. */
static int judge_end(
	struct stand *stand, const struct image *image, const struct reference *reference)
{
	struct found end;
	struct digest bytes;
	char difference[512], message[sizeof(stand->why)];
	int state = reference->state;
	folder_put(stand->folder, image);
	int code = run_again(stand, &end, &bytes);
	snprintf(message, sizeof(message), "%s", stand->why);
	if (code != reference->code)
		state = bad(stand, "from state %d: code %d instead of %d: %s", state,
			code, reference->code, message);
	else if (strcmp(amp_str_text(&end.whole), reference->text) != 0)
		state = bad(stand, "from state %d the end is another: %s", state,
			first_difference(
				amp_str_text(&end.whole), reference->text, difference));
	else if (!is_equal(bytes, reference->bytes) && has_bytes(stand, reference))
		state = bad(stand, "from state %d the end has other bytes", state);
	else if (!code && image_find(image, DATABASE "-amplan-failure") &&
		!is_forgotten(stand))
		state = BAD;
	found_free(&end);
	return state;
}

/* --- remembering ------------------------------------------------------------------ */

static bool is_taken(const struct memory *slot)
{
	return slot->key.low | slot->key.high;
}

static struct memory *slot_of(struct memories *memories, struct digest key)
{
	size_t at = key.low & (memories->room - 1);
	while (is_taken(&memories->items[at]) && !is_equal(memories->items[at].key, key))
		at = (at + 1) & (memories->room - 1);
	return &memories->items[at];
}

static void grow(struct memories *memories)
{
	struct memories old = *memories;
	memories->room = old.room ? old.room * 2 : 1024;
	memories->items = calloc(memories->room, sizeof(*memories->items));
	if (!memories->items)
		abort();
	for (size_t i = 0; i < old.room; i++)
		if (is_taken(&old.items[i]))
			*slot_of(memories, old.items[i].key) = old.items[i];
	free(old.items);
}

/* The place of a key; fresh: it was not there before. */
static struct memory *memory_at(struct memories *memories, struct digest key, bool *fresh)
{
	key.low |= 1;
	if (memories->count * 2 >= memories->room)
		grow(memories);
	struct memory *slot = slot_of(memories, key);
	*fresh = !is_taken(slot);
	if (*fresh) {
		slot->key = key;
		memories->count++;
	}
	return slot;
}

/* --- one image --- */

/* SQLite recovers the folder by itself; which bytes the database has then. */
static struct digest recover(struct stand *stand, bool exists)
{
	sqlite3 *handle = NULL;
	struct image clean = {0};
	struct digest digest = {0};
	char *path = temp_path(stand->raw, DATABASE);
	if (exists &&
		sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		sqlite3_exec(
			handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	sqlite3_close(handle);
	free(path);
	if (exists) {
		folder_take_file(stand->raw, DATABASE, &clean.files[0].content);
		clean.count = 1;
		digest = image_digest(&clean);
	}
	image_free(&clean);
	return digest;
}

/* Reads and compares all that is in a folder that was recovered. */
static struct reference *examine(struct stand *stand, bool exists)
{
	struct found found;
	struct image clean = {0};
	char difference[512];
	look(stand->raw, exists, true, &found);
	int state = find_state(stand, amp_str_text(&found.text));
	if (!found.sound)
		state = bad(stand, "not sound: %s", amp_str_text(&found.fault));
	else if (state == BAD)
		bad(stand, "between the states: %s",
			first_difference(amp_str_text(&found.text),
				stand->states.items[0], difference));
	struct digest key = digest_of(found.whole.data, found.whole.length);
	struct reference *reference = NULL;
	if (state != BAD && !(reference = find_reference(stand, key))) {
		if (exists)
			folder_take(stand->raw, &clean);
		reference = make_reference(stand, key, state, &clean);
		image_free(&clean);
	}
	found_free(&found);
	return reference;
}

/* What amplan can see of a folder before SQLite recovers it. */
static struct digest outside_of(const struct image *image, struct digest recovered)
{
	struct digest sum = recovered;
	for (size_t i = 0; i < image->count; i++) {
		const struct content *content = &image->files[i].content;
		struct image head = {.count = 1};
		memcpy(head.files[0].name, image->files[i].name, DISK_NAME);
		head.files[0].content.bytes = content->bytes;
		head.files[0].content.size = content->size < 8 ? content->size : 8;
		struct digest digest = image_digest(&head);
		sum.low = sum.low * 31 + digest.low;
		sum.high = sum.high * 31 + digest.high;
	}
	return sum;
}

/*
 * SQLite recovers the folder; if the bytes that come out were examined before, they need
 * not be again. amplan itself starts on the folder as the stop left it: on each that is
 * new to it from outside or comes to new bytes, and on a share of the others.
 */
static int judge_anew(
	struct stand *stand, const struct image *image, struct digest digest)
{
	bool exists = image_find(image, DATABASE) != NULL, fresh;
	folder_put(stand->raw, image);
	struct digest recovered = recover(stand, exists);
	struct memory *known = memory_at(&stand->recovered, recovered, &fresh);
	if (fresh)
		known->reference = examine(stand, exists);
	struct reference *reference = known->reference;
	if (!reference)
		return BAD;
	memory_at(&stand->seen, outside_of(image, recovered), &fresh);
	if (!fresh && digest.high % (uint64_t)stand->share != 0)
		return reference->state;
	stand->nstarts++;
	return judge_end(stand, image, reference);
}

int stand_judge(struct stand *stand, const struct image *image)
{
	bool fresh;
	struct digest digest = image_digest(image);
	struct memory *slot = memory_at(&stand->images, digest, &fresh);
	if (fresh)
		slot->state = judge_anew(stand, image, digest);
	else if (slot->state == BAD)
		bad(stand, "as at an earlier point, which left the same files");
	return slot->state;
}

bool stand_is_between(const struct stand *stand, int state, int low, int high)
{
	for (int i = low; i <= high; i++)
		if (stand->same[i] == state)
			return true;
	return false;
}
