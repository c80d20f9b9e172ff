/*
 * Catalog: folders are read in the order they are given, files in the order of their
 * paths. Each file is read once: what is parsed, what is hashed for the stamp and what
 * will run are the same bytes.
 */
#include "schema/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "base/system.h"
#include "base/text.h"
#include "schema/bytes.h"
#include "schema/descriptor.h"

static const char *const endings[] = {".sql", ".xml", NULL};

#define KIND "invalid-descriptor"
#define DUPLICATES_MAX 100

/* One of the folders, and what was read of it. */
struct shelf {
	struct amp_folder folder;
	struct amp_source **sources; /* by entry; NULL: not read */
	bool *named;                 /* by entry: in a src="…" */
};

/* An XML file that is to be parsed. */
struct file {
	struct amp_file_identity identity;
	size_t shelf, entry, number; /* number: in the order of reading */
	bool again;                  /* the same file as one before it */
};

struct loader {
	struct amp_catalog *catalog;
	const char *engine;
	struct shelf *shelves;
	size_t nshelves;
	struct shelf *shelf; /* the one that is read, and its entry */
	const struct amp_file_entry *entry;
	struct AMP_VEC(struct file) files;
	struct AMP_VEC(struct amp_migration *) migrations;
	size_t read, again; /* bytes in all, and of .sql files named once more */
	bool failed;
};

static bool has_ending(const char *path, const char *ending)
{
	size_t length = strlen(path);
	return length > 4 && !strcmp(path + length - 4, ending);
}

static bool is_xml(const char *path)
{
	return has_ending(path, ".xml");
}

static size_t limit_of(const char *path)
{
	return is_xml(path) ? AMP_XML_LIMIT : AMP_SQL_LIMIT;
}

static const char *shown_path(struct loader *loader, const char *below)
{
	const char *folder = loader->shelf->folder.path;
	size_t length = strlen(folder);
	/* the root folder ends so, but no test reads all files of the machine */
	const char *slash = folder[length - 1] == '/' ? "" : "/"; /* GCOVR_EXCL_BR_LINE */
	const char *path =
		amp_arena_printf(&loader->catalog->arena, "%s%s%s", folder, slash, below);
	if (!path)
		loader->failed = true;
	return path ? path : "";
}

/* A finding about a file as a whole. */
static void refuse_file(struct loader *loader, const struct amp_file_entry *entry,
	enum amp_file_problem problem, int number)
{
	struct amp_findings *findings = &loader->catalog->findings;
	struct amplan_finding *finding;
	switch (problem) {
	case AMP_FILE_MISSING:
		finding = amp_finding_add(
			findings, AMPLAN_ERROR, KIND, "the link leads nowhere");
		amp_finding_hint(
			findings, finding, "bring back what it leads to, or remove it");
		break;
	case AMP_FILE_OUTSIDE:
		finding = amp_finding_add(findings, AMPLAN_ERROR, KIND,
			"the link leads out of the migrations folder");
		amp_finding_hint(findings, finding,
			is_xml(entry->path) || has_ending(entry->path, ".sql")
				? "copy the file into the folder"
				: "name the other folder, too: -m may be given several "
				  "times");
		break;
	case AMP_FILE_NOT_A_FILE:
		finding = amp_finding_add(
			findings, AMPLAN_ERROR, KIND, "this is not a regular file");
		amp_finding_hint(findings, finding,
			"move it elsewhere, or give it a name that does not end so");
		break;
	case AMP_FILE_TOO_LARGE: /* SQL is read when a descriptor names it */
		finding = amp_finding_add(findings, AMPLAN_ERROR, KIND,
			"the file is larger than %zu MiB", AMP_XML_LIMIT >> 20);
		amp_finding_hint(findings, finding,
			"put large SQL into .sql files, named with src=\"...\"");
		break;
	case AMP_FILE_CHANGED:
		finding = amp_finding_add(findings, AMPLAN_ERROR, KIND,
			"the file was changed while it was read");
		amp_finding_hint(
			findings, finding, "run it again when nobody writes to it");
		break;
	case AMP_FILE_TOO_MUCH:
		finding = amp_finding_add(findings, AMPLAN_ERROR, KIND,
			"with this file the migrations are larger than %zu MiB together",
			AMP_CATALOG_LIMIT >> 20);
		amp_finding_hint(findings, finding, "load large data another way");
		break;
	default:
		finding = amp_finding_add(findings, AMPLAN_ERROR, KIND,
			"the file cannot be read: %s", amp_errno_text(number));
		amp_finding_hint(findings, finding, "make it readable");
		break;
	}
	finding->place.file = shown_path(loader, entry->path);
}

/* Reads a file of the shelf, as far as there is room for it. */
static struct amp_source *read_path(struct loader *loader, const char *path,
	struct amp_file_identity *identity, enum amp_file_problem *problem, int *number)
{
	const char *bytes;
	size_t length, room = AMP_CATALOG_LIMIT - loader->read;
	size_t limit = limit_of(path);
	*problem = amp_folder_read(&loader->shelf->folder, &loader->catalog->arena, path,
		room < limit ? room : limit, &bytes, &length, identity, number);
	if (*problem == AMP_FILE_TOO_LARGE && room < limit)
		*problem = AMP_FILE_TOO_MUCH;
	if (*problem)
		return NULL;
	loader->read += length;
	return amp_source_new(
		&loader->catalog->arena, shown_path(loader, path), bytes, length);
}

/* Reads an entry into the catalog's arena, once. */
static struct amp_source *read_entry(struct loader *loader, size_t index,
	struct amp_file_identity *identity, enum amp_file_problem *problem, int *number)
{
	struct shelf *shelf = loader->shelf;
	const struct amp_file_entry *entry = &shelf->folder.entries[index];
	*problem = entry->problem;
	*number = entry->number;
	if (!*problem && !shelf->sources[index])
		shelf->sources[index] =
			read_path(loader, entry->path, identity, problem, number);
	return shelf->sources[index];
}

static int compare_entry(const void *path, const void *entry)
{
	return strcmp(path, ((const struct amp_file_entry *)entry)->path);
}

/* "folder/of/the/descriptor" and "sql/x.sql" make one path. */
static const char *join(struct loader *loader, const char *path)
{
	const char *slash = strrchr(loader->entry->path, '/');
	int length = slash ? (int)(slash + 1 - loader->entry->path) : 0;
	return amp_arena_printf(
		&loader->catalog->arena, "%.*s%s", length, loader->entry->path, path);
}

/* An entry in a src="…": each time its SQL is looked through and hashed anew. */
static struct amp_source *read_named(
	struct loader *loader, size_t index, enum amp_file_problem *problem, int *number)
{
	bool *named = &loader->shelf->named[index];
	struct amp_source *source = read_entry(loader, index, NULL, problem, number);
	if (!source)
		return NULL;
	loader->again += *named ? source->length : 0;
	*named = true;
	if (loader->again <= AMP_AGAIN_LIMIT)
		return source;
	*problem = AMP_FILE_TOO_MUCH_AGAIN;
	return NULL;
}

/* src="…" of the descriptor that is read. A path by way of a link to a folder is not
   among the entries, but the file behind it is. */
static struct amp_source *open_sql(
	void *context, const char *src, enum amp_file_problem *problem, int *number)
{
	struct loader *loader = context;
	struct amp_folder *folder = &loader->shelf->folder;
	const char *path = join(loader, src);
	if (!path) {
		*problem = AMP_FILE_UNREADABLE;
		*number = ENOMEM;
		return NULL;
	}
	const struct amp_file_entry *entry = bsearch(path, folder->entries, folder->count,
		sizeof(*folder->entries), compare_entry);
	if (entry)
		return read_named(
			loader, (size_t)(entry - folder->entries), problem, number);
	return read_path(loader, path, NULL, problem, number);
}

static void add_migration(void *context, struct amp_migration *migration)
{
	struct loader *loader = context;
	if (!amp_vec_push(&loader->migrations, migration))
		loader->failed = true;
}

/* Reads the XML files of one folder and tells what cannot be read, .sql files included. */
static void read_shelf(struct loader *loader, size_t which)
{
	struct shelf *shelf = loader->shelf = &loader->shelves[which];
	for (size_t i = 0; i < shelf->folder.count && !loader->failed; i++) {
		const struct amp_file_entry *entry = &shelf->folder.entries[i];
		struct file file = {{0, 0}, which, i, loader->files.count, false};
		enum amp_file_problem problem = entry->problem;
		int number = entry->number;
		if (!problem && is_xml(entry->path))
			read_entry(loader, i, &file.identity, &problem, &number);
		if (problem)
			refuse_file(loader, entry, problem, number);
		else if (is_xml(entry->path) && !amp_vec_push(&loader->files, file))
			loader->failed = true;
	}
}

static int compare_numbers(const void *a, const void *b)
{
	const struct file *l = a, *r = b;
	return (l->number > r->number) - (l->number < r->number);
}

static int compare_identities(const void *a, const void *b)
{
	const struct file *l = a, *r = b;
	int device = (l->identity.device > r->identity.device) -
		(l->identity.device < r->identity.device);
	int inode = (l->identity.inode > r->identity.inode) -
		(l->identity.inode < r->identity.inode);
	return 4 * device + 2 * inode + compare_numbers(a, b);
}

/* A folder given twice, one within another, or a link beside its target. */
static void mark_repeated(struct loader *loader)
{
	struct file *files = loader->files.items;
	size_t count = loader->files.count;
	if (count < 2)
		return;
	qsort(files, count, sizeof(*files), compare_identities);
	for (size_t i = 1; i < count; i++)
		files[i].again = !memcmp(&files[i].identity, &files[i - 1].identity,
			sizeof(files[i].identity));
	qsort(files, count, sizeof(*files), compare_numbers);
}

static void parse(struct loader *loader, const struct file *file)
{
	struct amp_descriptor_hooks hooks = {
		.context = loader,
		.open = open_sql,
		.add = add_migration,
	};
	loader->shelf = &loader->shelves[file->shelf];
	loader->entry = &loader->shelf->folder.entries[file->entry];
	struct amp_complain complain = {
		.findings = &loader->catalog->findings,
		.source = loader->shelf->sources[file->entry],
		.kind = KIND,
	};
	if (!complain.source) /* no memory, which the arena remembers */
		return;
	amp_descriptor_read(&complain, loader->engine, &hooks);
	loader->catalog->files++;
}

static int compare_ids(const void *a, const void *b)
{
	const struct amp_migration *l = *(struct amp_migration *const *)a;
	const struct amp_migration *r = *(struct amp_migration *const *)b;
	return amp_text_compare(l->id, r->id);
}

static void refuse_duplicate(struct loader *loader, const struct amp_migration *first,
	const struct amp_migration *again)
{
	struct amp_findings *findings = &loader->catalog->findings;
	struct amplan_finding *finding = amp_finding_add(findings, AMPLAN_ERROR,
		"duplicate-id", "the id '%s' is declared twice", again->id);
	amp_finding_at(finding, again->source, again->offset, again->length);
	amp_finding_related(findings, finding,
		amp_source_place(first->source, first->offset, first->length),
		"first declared here");
	amp_finding_hint(findings, finding,
		"give one of them another id; one that was applied keeps its own");
	amp_finding_id(findings, finding, again->id);
}

/* Merges by id, from the bottom up; unlike qsort it keeps the order of equal ones. */
static void merge_sort(
	struct amp_migration **items, struct amp_migration **spare, size_t count)
{
	for (size_t width = 1; width < count; width *= 2) {
		for (size_t low = 0; low < count; low += 2 * width) {
			size_t middle = low + width < count ? low + width : count;
			size_t high = middle + width < count ? middle + width : count;
			size_t l = low, r = middle;
			for (size_t i = low; i < high; i++) {
				bool left = l < middle &&
					(r == high ||
						compare_ids(&items[l], &items[r]) <= 0);
				spare[i] = left ? items[l++] : items[r++];
			}
		}
		memcpy(items, spare, count * sizeof(*items));
	}
}

static void note_more_duplicates(struct loader *loader, size_t count)
{
	struct amp_findings *findings = &loader->catalog->findings;
	if (count > DUPLICATES_MAX)
		amp_finding_hint(findings,
			amp_finding_add(findings, AMPLAN_NOTE, "duplicate-id",
				"%zu more ids are declared twice",
				count - DUPLICATES_MAX),
			"mend these first");
}

/* Sorts by id and leaves out all but the first of equal ones. */
static void keep_migrations(struct loader *loader)
{
	struct amp_catalog *catalog = loader->catalog;
	struct amp_migration **items = loader->migrations.items;
	size_t count = loader->migrations.count, kept = 0;
	struct amp_migration **sorted =
		amp_arena_array(&catalog->arena, count, sizeof(*sorted));
	if (!sorted)
		return;
	merge_sort(items, sorted, count);
	for (size_t i = 0; i < count; i++) {
		if (!kept || strcmp(sorted[kept - 1]->id, items[i]->id) != 0)
			sorted[kept++] = items[i];
		else if (i - kept < DUPLICATES_MAX)
			refuse_duplicate(loader, sorted[kept - 1], items[i]);
	}
	note_more_duplicates(loader, count - kept);
	catalog->items = sorted;
	catalog->count = kept;
}

static void begin_stamp(struct amp_digest *digest, const char *engine, size_t nfolders)
{
	amp_digest_init(digest);
	amp_digest_string(digest, "amplan stamp 1");
	amp_digest_string(digest, engine);
	amp_digest_number(digest, (int64_t)nfolders);
}

/* Adds the files of one folder; what is in `sources` is not read again. */
static bool stamp_folder(struct amp_digest *digest, const struct amp_folder *folder,
	struct amp_source *const *sources, struct amp_str *buffer, size_t *room)
{
	amp_digest_number(digest, (int64_t)folder->count);
	for (size_t i = 0; i < folder->count; i++) {
		const struct amp_file_entry *entry = &folder->entries[i];
		int number;
		if (entry->problem)
			return false;
		amp_digest_string(digest, entry->path);
		if (sources && sources[i]) {
			if (sources[i]->length > *room)
				return false;
			*room -= sources[i]->length;
			amp_digest_field(digest, sources[i]->bytes, sources[i]->length);
			continue;
		}
		size_t limit = limit_of(entry->path);
		if (amp_folder_read_into(folder, buffer, entry->path,
			    *room < limit ? *room : limit, &number))
			return false;
		*room -= buffer->length;
		amp_digest_field(digest, amp_str_text(buffer), buffer->length);
	}
	return true;
}

static void stamp_shelves(struct loader *loader)
{
	AMP_STR_AUTO buffer = AMP_STR_INIT;
	struct amp_digest digest;
	begin_stamp(&digest, loader->engine, loader->nshelves);
	size_t room = AMP_CATALOG_LIMIT;
	bool good = true;
	for (size_t i = 0; i < loader->nshelves && good; i++)
		good = stamp_folder(&digest, &loader->shelves[i].folder,
			loader->shelves[i].sources, &buffer, &room);
	if (good)
		amp_digest_end(&digest, loader->catalog->stamp);
	loader->failed = loader->failed || buffer.failed;
}

static int open_folder(struct amp_folder *folder, struct amp_arena *arena,
	const char *path, struct amplan_error *error)
{
	int code = amp_folder_open(folder, arena, path, endings, error);
	if (code == AMPLAN_REFUSED)
		amp_error_hint(error,
			"create it, write a first migration with 'amplan new', or name "
			"another folder with -m");
	return code;
}

static int open_shelves(
	struct loader *loader, const char *const *folders, struct amplan_error *error)
{
	struct amp_arena *arena = &loader->catalog->arena;
	int code = AMPLAN_OK;
	for (size_t i = 0; i < loader->nshelves && !code; i++) {
		struct shelf *shelf = &loader->shelves[i];
		code = open_folder(&shelf->folder, arena, folders[i], error);
		shelf->sources = amp_arena_array(
			arena, shelf->folder.count, sizeof(*shelf->sources));
		shelf->named = amp_arena_array(
			arena, shelf->folder.count, sizeof(*shelf->named));
	}
	if (!code && arena->failed)
		code = amp_error_nomem(error);
	return code;
}

static int load(struct loader *loader, struct amplan_error *error)
{
	struct amp_catalog *catalog = loader->catalog;
	for (size_t i = 0; i < loader->nshelves; i++)
		read_shelf(loader, i);
	mark_repeated(loader);
	for (size_t i = 0; i < loader->files.count && !loader->failed; i++)
		if (!loader->files.items[i].again)
			parse(loader, &loader->files.items[i]);
	keep_migrations(loader);
	stamp_shelves(loader);
	amp_findings_sort(&catalog->findings);
	if (loader->failed || catalog->findings.failed || catalog->arena.failed)
		return amp_error_nomem(error);
	return AMPLAN_OK;
}

int amp_catalog_load(struct amp_catalog *catalog, const char *const *folders,
	size_t nfolders, const char *engine, struct amplan_error *error)
{
	*catalog = (struct amp_catalog){0};
	amp_arena_init(&catalog->arena);
	amp_findings_init(&catalog->findings, &catalog->arena);
	struct loader loader = {
		.catalog = catalog,
		.engine = engine,
		.shelves = amp_arena_array(
			&catalog->arena, nfolders, sizeof(*loader.shelves)),
		.nshelves = nfolders,
	};
	if (!loader.shelves)
		return amp_error_nomem(error);
	for (size_t i = 0; i < nfolders; i++)
		loader.shelves[i].folder.fd = -1;
	int code = open_shelves(&loader, folders, error);
	if (!code)
		code = load(&loader, error);
	for (size_t i = 0; i < nfolders; i++)
		amp_folder_close(&loader.shelves[i].folder);
	amp_vec_deinit(&loader.files);
	amp_vec_deinit(&loader.migrations);
	return code;
}

void amp_catalog_deinit(struct amp_catalog *catalog)
{
	amp_findings_deinit(&catalog->findings);
	amp_arena_deinit(&catalog->arena);
	*catalog = (struct amp_catalog){0};
}

const struct amp_migration *amp_catalog_find(
	const struct amp_catalog *catalog, const char *id)
{
	struct amp_migration wanted = {.id = id};
	const struct amp_migration *key = &wanted;
	if (catalog->count == 0)
		return NULL;
	struct amp_migration **found = bsearch(&key, catalog->items, catalog->count,
		sizeof(struct amp_migration *), compare_ids);
	return found ? *found : NULL;
}

int amp_catalog_stamp(const char *const *folders, size_t nfolders, const char *engine,
	char out[AMP_DIGEST_SIZE], struct amplan_error *error)
{
	AMP_STR_AUTO buffer = AMP_STR_INIT;
	struct amp_digest digest;
	size_t room = AMP_CATALOG_LIMIT;
	int code = AMPLAN_OK;
	bool good = true;
	out[0] = '\0';
	begin_stamp(&digest, engine, nfolders);
	for (size_t i = 0; i < nfolders && good && !code; i++) {
		struct amp_arena arena;
		struct amp_folder folder;
		amp_arena_init(&arena);
		code = open_folder(&folder, &arena, folders[i], error);
		if (!code)
			good = stamp_folder(&digest, &folder, NULL, &buffer, &room);
		amp_folder_close(&folder);
		amp_arena_deinit(&arena);
	}
	if (buffer.failed)
		return amp_error_nomem(error);
	if (!code && good)
		amp_digest_end(&digest, out);
	if (code == AMPLAN_REFUSED) {
		amp_error_clear(error);
		code = AMPLAN_OK;
	}
	return code;
}
