/*
 * Disk: a folder as it would be found after the machine or the process stopped.
 *
 * A trace is everything that a run did to the files of one folder, in order. A disk plays
 * it step by step and remembers what is certain, because it was synced, and what is only
 * pending. From that the folder can be put together as it may be after a stop at any
 * moment: nothing of what is pending is there, or all, or any part of it.
 *
 * What is promised by POSIX is believed, and no more: fsync of a file makes its bytes and
 * size certain, but not its name; fsync of the folder makes names certain. A write that is
 * pending damages nothing outside the bytes that it writes.
 */
#ifndef TESTS_CRASH_DISK_H
#define TESTS_CRASH_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "tests/support/dice.h"

#define DISK_SECTOR 512
#define DISK_NAME 48

enum op_kind {
	OP_CREATE,   /* name, node */
	OP_WRITE,    /* node, offset, bytes */
	OP_TRUNCATE, /* node, offset: the new size */
	OP_SYNC,     /* node */
	OP_UNLINK,   /* name */
	OP_RENAME,   /* name, to */
	OP_SYNC_FOLDER,
};

struct op {
	enum op_kind kind;
	int node;
	int64_t offset;
	size_t length;
	unsigned char *bytes;
	char name[DISK_NAME], to[DISK_NAME];
};

struct trace AMP_VEC(struct op);

void trace_free(struct trace *trace);
const char *op_name(enum op_kind kind);

/* Bytes of a file. */
struct content {
	unsigned char *bytes;
	size_t size, room;
};

/* A file by number; its names are in a list of their own, as on a real disk. */
struct node {
	struct content live, certain;
	struct AMP_VEC(const struct op *) pending; /* writes, truncates */
	bool shared; /* a -shm: written by mapping, so its bytes are not known */
};

struct name {
	char text[DISK_NAME];
	int node;
};

struct names AMP_VEC(struct name);

struct disk {
	struct AMP_VEC(struct node) nodes;
	struct names live, certain;
	struct AMP_VEC(const struct op *) pending; /* creates, unlinks, renames */
};

void disk_init(struct disk *disk);
void disk_free(struct disk *disk);
void disk_copy(struct disk *to, const struct disk *from);
/* Puts a file there, certain; returns its node. */
int disk_put(struct disk *disk, const char *name, const void *bytes, size_t size);
/* Carries out one operation, which must live as long as the disk. */
void disk_apply(struct disk *disk, const struct op *op);
/* The node of a name now; -1: none. */
int disk_find(const struct disk *disk, const char *name);

/* How the stop damages what is pending. */
enum damage_kind {
	DAMAGE_KILL,        /* the process dies, the system does not: nothing is lost */
	DAMAGE_TORN,        /* kill, and half of the write at hand: whole sectors */
	DAMAGE_TORN_BYTES,  /* the same, cut at any byte */
	DAMAGE_LOST,        /* all that is pending is lost */
	DAMAGE_LOST_BYTES,  /* writes and sizes are, names are not */
	DAMAGE_LOST_NAMES,  /* names are, writes are not */
	DAMAGE_LOST_CREATE, /* only creations are */
	DAMAGE_LOST_UNLINK, /* only removals are */
	DAMAGE_SUBSET,      /* any sector may have got there, in any order */
	DAMAGE_TRASH,       /* the same; some of those that did not hold garbage */
	DAMAGE_KINDS,
};

struct damage {
	enum damage_kind kind;
	uint64_t seed;
};

const char *damage_name(enum damage_kind kind);

/* A folder. Files are sorted by name. */
struct file {
	char name[DISK_NAME];
	struct content content;
};

struct image {
	struct file files[16];
	size_t count;
};

void image_free(struct image *image);
/* The folder after a stop: all that the disk was told is done or pending; `next`, where not
   NULL, is at work. */
void disk_image(const struct disk *disk, const struct op *next, struct damage damage,
	struct image *image);
/* False: this damage does not apply here, or would be that of another. */
bool disk_damages(const struct disk *disk, const struct op *next, enum damage_kind kind);
/* Where a torn write is cut. */
size_t disk_cut(const struct op *op, struct damage damage);
/* But for the bytes of a -shm; `why` says what is not. */
bool image_equal(
	const struct image *one, const struct image *two, char *why, size_t size);
/* 128 bits that stand for all names and bytes. */
struct digest {
	uint64_t low, high;
};
struct digest image_digest(const struct image *image);
const struct file *image_find(const struct image *image, const char *name);

#endif
