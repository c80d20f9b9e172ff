/*
 * Walk: real folders first, then links to folders in order of their paths, each folder
 * once, whatever ways lead to it. So the result does not depend on the order in which the
 * file system lists names, and a link that leads back up ends there.
 */
#include "base/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/vec.h"

struct walk {
	struct amp_folder *folder;
	struct amp_arena *arena;
	const char *const *endings;
	struct AMP_VEC(struct amp_file_entry) entries;
	struct AMP_VEC(const char *) folders; /* to be listed */
	struct AMP_VEC(const char *) links;   /* to folders, for later */
	struct AMP_VEC(struct amp_file_identity) seen;
	bool failed;
};

enum amp_file_problem amp_walk_problem(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return AMP_FILE_MISSING;
	case EXDEV:
		return AMP_FILE_OUTSIDE;
	case ENXIO:
	case ENODEV:
	case EISDIR:
		return AMP_FILE_NOT_A_FILE;
	default:
		return AMP_FILE_UNREADABLE;
	}
}

static bool has_ending(const struct walk *walk, const char *name)
{
	size_t length = strlen(name);
	for (const char *const *ending = walk->endings; *ending; ending++) {
		size_t n = strlen(*ending);
		if (length > n && !strcmp(name + length - n, *ending))
			return true;
	}
	return false;
}

static void add_entry(
	struct walk *walk, const char *path, enum amp_file_problem problem, int number)
{
	struct amp_file_entry entry = {path, problem, number};
	if (number == ENOMEM || !amp_vec_push(&walk->entries, entry))
		walk->failed = true;
}

/* True the first time. */
static bool first_visit(struct walk *walk, const struct stat *status)
{
	struct amp_file_identity id = {status->st_dev, status->st_ino};
	for (size_t i = 0; i < walk->seen.count; i++)
		if (walk->seen.items[i].inode == id.inode &&
			walk->seen.items[i].device == id.device)
			return false;
	if (!amp_vec_push(&walk->seen, id))
		walk->failed = true;
	return true;
}

/* Whether a link leads to a folder out of reach: descriptors may be expected there. */
static bool is_folder_outside(const struct walk *walk, const char *path, int number)
{
	struct stat status;
	return amp_walk_problem(number) == AMP_FILE_OUTSIDE &&
		!fstatat(walk->folder->fd, path, &status, 0) && S_ISDIR(status.st_mode);
}

/* Trouble of the machine: what the link leads to may be a folder, with descriptors in it. */
static bool is_unknown(int number)
{
	return number == EIO || number == ENOMEM || number == EMFILE ||
		number == ENFILE || number == EINTR;
}

/* A link counts as what it leads to, if that is inside. */
static void add_link(struct walk *walk, const char *path, const char *name)
{
	int fd = amp_open_beneath(walk->folder->fd, path, O_PATH);
	int number = errno;
	struct stat status;
	if (fd >= 0) {
		number = fstat(fd, &status) ? errno : 0;
		close(fd);
		if (!number && S_ISDIR(status.st_mode)) {
			if (!amp_vec_push(&walk->links, path))
				walk->failed = true;
			return;
		}
	}
	if (!has_ending(walk, name) && !is_unknown(number) &&
		(fd >= 0 || !is_folder_outside(walk, path, number)))
		return;
	if (fd < 0 || number)
		add_entry(walk, path, amp_walk_problem(number), number);
	else
		add_entry(walk, path,
			S_ISREG(status.st_mode) ? AMP_FILE_FINE : AMP_FILE_NOT_A_FILE, 0);
}

static unsigned char type_of(int fd, const struct dirent *entry)
{
	struct stat status;
	if (entry->d_type != DT_UNKNOWN ||
		fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW))
		return entry->d_type;
	return IFTODT(status.st_mode);
}

static void add_name(struct walk *walk, int fd, const char *below, struct dirent *entry)
{
	unsigned char type = type_of(fd, entry);
	bool wanted = has_ending(walk, entry->d_name);
	if (type != DT_DIR && type != DT_LNK && !wanted)
		return;
	const char *path = amp_arena_printf(
		walk->arena, "%s%s%s", below, *below ? "/" : "", entry->d_name);
	if (path && type == DT_LNK)
		add_link(walk, path, entry->d_name);
	else if (path && type != DT_DIR)
		add_entry(walk, path,
			type == DT_REG ? AMP_FILE_FINE : AMP_FILE_NOT_A_FILE, 0);
	else if (!path || !amp_vec_push(&walk->folders, path))
		walk->failed = true;
}

/* Lists one folder; returns 0 or an errno. */
static int list(struct walk *walk, const char *path)
{
	int fd = amp_open_beneath(
		walk->folder->fd, *path ? path : ".", O_RDONLY | O_DIRECTORY);
	struct stat status;
	if (fd < 0)
		return errno;
	int unknown = fstat(fd, &status) ? errno : 0;
	if (unknown || !first_visit(walk, &status)) {
		close(fd);
		return unknown;
	}
	DIR *stream = fdopendir(fd);
	if (!stream) {
		int number = errno;
		close(fd);
		return number;
	}
	struct dirent *entry;
	/* cppcheck-suppress readdirCalled ; readdir_r is withdrawn: glibc advises against it */
	while ((errno = 0, entry = readdir(stream)) && !walk->failed)
		if (entry->d_name[0] != '.')
			add_name(walk, fd, path, entry);
	int number = entry ? 0 : errno;
	closedir(stream);
	return number;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct amp_file_entry *)a)->path,
		((const struct amp_file_entry *)b)->path);
}

/* Lists all folders waiting, those found meanwhile included. */
static void list_all(struct walk *walk)
{
	while (walk->folders.count && !walk->failed) {
		const char *path = walk->folders.items[--walk->folders.count];
		int number = list(walk, path);
		if (number)
			add_entry(walk, path, amp_walk_problem(number), number);
	}
}

static void list_links(struct walk *walk)
{
	while (walk->links.count && !walk->failed) {
		qsort(walk->links.items, walk->links.count, sizeof(char *),
			compare_paths);
		size_t count = walk->links.count;
		for (size_t i = 0; i < count && !walk->failed; i++) {
			if (!amp_vec_push(&walk->folders, walk->links.items[i]))
				walk->failed = true;
			list_all(walk);
		}
		walk->links.count -= count;
		memmove(walk->links.items, walk->links.items + count,
			walk->links.count * sizeof(char *));
	}
}

static void keep_entries(struct walk *walk)
{
	size_t count = walk->entries.count;
	struct amp_file_entry *kept = amp_arena_array(walk->arena, count, sizeof(*kept));
	if (!kept) {
		walk->failed = true;
		return;
	}
	if (count) {
		qsort(walk->entries.items, count, sizeof(*kept), compare_entries);
		memcpy(kept, walk->entries.items, count * sizeof(*kept));
	}
	walk->folder->entries = kept;
	walk->folder->count = count;
}

int amp_walk(
	struct amp_folder *folder, struct amp_arena *arena, const char *const *endings)
{
	struct walk walk = {.folder = folder, .arena = arena, .endings = endings};
	int number = list(&walk, "");
	if (!number) {
		list_all(&walk);
		list_links(&walk);
		keep_entries(&walk);
	}
	amp_vec_deinit(&walk.entries);
	amp_vec_deinit(&walk.folders);
	amp_vec_deinit(&walk.links);
	amp_vec_deinit(&walk.seen);
	return walk.failed ? ENOMEM : number;
}
