#include "tests/support/folder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/support/cmocka.h"
#include "tests/support/temp.h"

void folder_init(struct folder *folder)
{
	*folder = (struct folder){0};
	folder->before = getcwd(NULL, 0);
	folder->path = temp_make();
	assert_int_equal(chdir(folder->path), 0);
	assert_int_equal(mkdir("m", 0700), 0);
}

void folder_deinit(struct folder *folder)
{
	amp_catalog_deinit(&folder->catalog);
	if (folder->path) {
		assert_int_equal(chdir(folder->before), 0);
		temp_remove(folder->path);
	}
	free(folder->before);
}

void folder_bytes(
	struct folder *folder, const char *name, const char *bytes, size_t length)
{
	char *path = temp_path("m", name);
	temp_write(folder->path, path, bytes, length);
	free(path);
}

void folder_file(struct folder *folder, const char *name, const char *text)
{
	folder_bytes(folder, name, text, strlen(text));
}

void folder_load_for(struct folder *folder, const char *engine)
{
	const char *const folders[] = {"m"};
	amp_catalog_deinit(&folder->catalog);
	folder->code =
		amp_catalog_load(&folder->catalog, folders, 1, engine, &folder->error);
	if (folder->code)
		fail_msg("cannot load: %s", folder->error.message);
}

void folder_load(struct folder *folder)
{
	folder_load_for(folder, "sqlite");
}

static void add_place(struct amp_str *text, const struct amplan_place *place)
{
	if (place->file)
		amp_str_addf(text, "%s:%u:%u+%u: ", place->file, place->line,
			place->column, place->length);
}

const char *list_findings(struct amp_findings *findings)
{
	static const char *const severities[] = {"error", "warning", "note"};
	AMP_STR_AUTO text = AMP_STR_INIT;
	amp_findings_sort(findings);
	for (size_t i = 0; i < findings->count; i++) {
		const struct amplan_finding *f = &findings->items[i];
		add_place(&text, &f->place);
		amp_str_addf(&text, "%s[%s]: %s {", severities[f->severity], f->kind,
			f->message);
		for (size_t j = 0; j < f->nids; j++)
			amp_str_addf(&text, "%s%s", j ? " " : "", f->ids[j]);
		amp_str_addf(&text, "} (%s)\n", f->hint ? f->hint : "");
		for (size_t j = 0; j < f->nrelated; j++) {
			amp_str_add(&text, "  ");
			add_place(&text, &f->related[j]);
			amp_str_addf(&text, "%s\n", f->related[j].label);
		}
	}
	const char *kept = amp_arena_strdup(findings->arena, amp_str_text(&text));
	assert_non_null(kept);
	return kept;
}

void assert_catalog(const struct folder *folder, const char *expected)
{
	struct amp_findings findings = folder->catalog.findings;
	assert_false(findings.failed);
	assert_string_equal(list_findings(&findings), expected);
}

void assert_descriptor(const char *text, const char *expected)
{
	FOLDER folder;
	folder_init(&folder);
	folder_file(&folder, "a.xml", text);
	folder_load(&folder);
	assert_catalog(&folder, expected);
}
