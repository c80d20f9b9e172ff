#include "tests/crash/folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

void folder_choose_memory(void)
{
	if (!getenv("TMPDIR") && access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	if (getenv("TMPDIR"))
		setenv("SQLITE_TMPDIR", getenv("TMPDIR"), 1);
}

static void path_of(char *out, size_t size, const char *folder, const char *name)
{
	must((size_t)snprintf(out, size, "%s/%s", folder, name) < size, "path");
}

static void put_file(const char *path, const struct content *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	must(fd >= 0, path);
	for (size_t done = 0; done < content->size;) {
		ssize_t wrote = write(fd, content->bytes + done, content->size - done);
		must(wrote > 0, path);
		done += (size_t)wrote;
	}
	close(fd);
}

void folder_put(const char *folder, const struct image *image)
{
	char path[1024];
	DIR *entries = opendir(folder);
	must(entries != NULL, folder);
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (entry->d_name[0] == '.' || image_find(image, entry->d_name))
			continue;
		path_of(path, sizeof(path), folder, entry->d_name);
		must(unlink(path) == 0, path);
	}
	closedir(entries);
	for (size_t i = 0; i < image->count; i++) {
		path_of(path, sizeof(path), folder, image->files[i].name);
		put_file(path, &image->files[i].content);
	}
}

static void take_file(const char *path, struct content *content)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && fstat(fd, &status) == 0, path);
	content->size = (size_t)status.st_size;
	if (content->size > content->room) {
		content->room = content->size;
		content->bytes = realloc(content->bytes, content->room);
		must(content->bytes != NULL, path);
	}
	must(read(fd, content->bytes, content->size) == (ssize_t)content->size, path);
	close(fd);
}

void folder_take_file(const char *folder, const char *name, struct content *content)
{
	char path[1024];
	path_of(path, sizeof(path), folder, name);
	take_file(path, content);
}

static int by_name(const void *left, const void *right)
{
	const struct file *a = left, *b = right;
	return strcmp(a->name, b->name);
}

void folder_take(const char *folder, struct image *image)
{
	char path[1024];
	DIR *entries = opendir(folder);
	must(entries != NULL, folder);
	image->count = 0;
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (entry->d_name[0] == '.')
			continue;
		struct file *file = &image->files[image->count++];
		must(image->count <= sizeof(image->files) / sizeof(*image->files) &&
				strlen(entry->d_name) < DISK_NAME,
			folder);
		memcpy(file->name, entry->d_name, strlen(entry->d_name) + 1);
		path_of(path, sizeof(path), folder, entry->d_name);
		take_file(path, &file->content);
	}
	closedir(entries);
	qsort(image->files, image->count, sizeof(*image->files), by_name);
}
