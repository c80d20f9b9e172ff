#include "tests/crash/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "out of memory\n");
	abort();
}

const char *op_name(enum op_kind kind)
{
	static const char *const names[] = {
		"create", "write", "truncate", "sync", "unlink", "rename", "sync folder"};
	return names[kind];
}

const char *damage_name(enum damage_kind kind)
{
	static const char *const names[] = {"kill", "torn", "torn-bytes", "lost",
		"lost-bytes", "lost-names", "lost-create", "lost-unlink", "subset",
		"trash"};
	return names[kind];
}

void trace_free(struct trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		free(trace->items[i].bytes);
	amp_vec_deinit(trace);
	*trace = (struct trace){0};
}

static void resize(struct content *content, size_t size)
{
	if (size > content->room) {
		content->room = size * 2;
		content->bytes = must(realloc(content->bytes, content->room));
	}
	if (size > content->size)
		memset(content->bytes + content->size, 0, size - content->size);
	content->size = size;
}

static void write_at(
	struct content *content, size_t offset, const unsigned char *bytes, size_t length)
{
	if (!length)
		return;
	if (offset + length > content->size)
		resize(content, offset + length);
	memcpy(content->bytes + offset, bytes, length);
}

static void assign(struct content *to, const struct content *from)
{
	to->size = 0;
	resize(to, from->size);
	if (from->size)
		memcpy(to->bytes, from->bytes, from->size);
}

void disk_init(struct disk *disk)
{
	*disk = (struct disk){0};
}

void disk_free(struct disk *disk)
{
	for (size_t i = 0; i < disk->nodes.count; i++) {
		free(disk->nodes.items[i].live.bytes);
		free(disk->nodes.items[i].certain.bytes);
		amp_vec_deinit(&disk->nodes.items[i].pending);
	}
	amp_vec_deinit(&disk->nodes);
	amp_vec_deinit(&disk->live);
	amp_vec_deinit(&disk->certain);
	amp_vec_deinit(&disk->pending);
	*disk = (struct disk){0};
}

static struct node *node_of(struct disk *disk, int number)
{
	while ((int)disk->nodes.count <= number)
		if (!amp_vec_push(&disk->nodes, (struct node){0}))
			must(NULL);
	return &disk->nodes.items[number];
}

static void names_copy(struct names *to, const struct names *from)
{
	to->count = 0;
	for (size_t i = 0; i < from->count; i++)
		if (!amp_vec_push(to, from->items[i]))
			must(NULL);
}

static int names_find(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i].text, name))
			return (int)i;
	return -1;
}

static void names_remove(struct names *names, const char *name)
{
	int at = names_find(names, name);
	if (at >= 0)
		names->items[at] = names->items[--names->count];
}

static void names_set(struct names *names, const char *name, int node)
{
	struct name entry = {.node = node};
	snprintf(entry.text, sizeof(entry.text), "%s", name);
	names_remove(names, name);
	if (!amp_vec_push(names, entry))
		must(NULL);
}

static void names_apply(struct names *names, const struct op *op)
{
	int at = names_find(names, op->name);
	if (op->kind == OP_CREATE)
		names_set(names, op->name, op->node);
	else if (at >= 0 && op->kind == OP_RENAME)
		names_set(names, op->to, names->items[at].node);
	if (op->kind != OP_CREATE)
		names_remove(names, op->name);
}

void disk_copy(struct disk *to, const struct disk *from)
{
	disk_init(to);
	for (size_t i = 0; i < from->nodes.count; i++) {
		const struct node *old = &from->nodes.items[i];
		struct node *node = node_of(to, (int)i);
		assign(&node->live, &old->live);
		assign(&node->certain, &old->certain);
		node->shared = old->shared;
		for (size_t p = 0; p < old->pending.count; p++)
			if (!amp_vec_push(&node->pending, old->pending.items[p]))
				must(NULL);
	}
	names_copy(&to->live, &from->live);
	names_copy(&to->certain, &from->certain);
	for (size_t p = 0; p < from->pending.count; p++)
		if (!amp_vec_push(&to->pending, from->pending.items[p]))
			must(NULL);
}

static bool is_shared(const char *name)
{
	size_t length = strlen(name);
	return length > 4 && !strcmp(name + length - 4, "-shm");
}

int disk_put(struct disk *disk, const char *name, const void *bytes, size_t size)
{
	int number = (int)disk->nodes.count;
	struct node *node = node_of(disk, number);
	write_at(&node->live, 0, bytes, size);
	node->shared = is_shared(name);
	assign(&node->certain, &node->live);
	names_set(&disk->live, name, number);
	names_set(&disk->certain, name, number);
	return number;
}

int disk_find(const struct disk *disk, const char *name)
{
	int at = names_find(&disk->live, name);
	return at < 0 ? -1 : disk->live.items[at].node;
}

static void sync_node(struct node *node)
{
	assign(&node->certain, &node->live);
	node->pending.count = 0;
}

void disk_apply(struct disk *disk, const struct op *op)
{
	struct node *node;
	switch (op->kind) {
	case OP_WRITE:
		node = node_of(disk, op->node);
		write_at(&node->live, (size_t)op->offset, op->bytes, op->length);
		if (!amp_vec_push(&node->pending, op))
			must(NULL);
		break;
	case OP_TRUNCATE:
		node = node_of(disk, op->node);
		resize(&node->live, (size_t)op->offset);
		if (!amp_vec_push(&node->pending, op))
			must(NULL);
		break;
	case OP_SYNC:
		sync_node(node_of(disk, op->node));
		break;
	case OP_SYNC_FOLDER:
		names_copy(&disk->certain, &disk->live);
		disk->pending.count = 0;
		break;
	default:
		if (op->kind == OP_CREATE)
			node_of(disk, op->node)->shared = is_shared(op->name);
		names_apply(&disk->live, op);
		if (!amp_vec_push(&disk->pending, op))
			must(NULL);
	}
}

/* Does a pending name depend on one that was left out? */
static bool is_held_up(const struct op *op, const struct op *const *left, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct op *other = left[i];
		if (!strcmp(op->name, other->name) || !strcmp(op->name, other->to) ||
			(*op->to &&
				(!strcmp(op->to, other->name) ||
					!strcmp(op->to, other->to))))
			return true;
	}
	return false;
}

static bool keeps_name(
	const struct op *op, enum damage_kind kind, struct dice *dice, int percent)
{
	switch (kind) {
	case DAMAGE_LOST:
	case DAMAGE_LOST_NAMES:
		return false;
	case DAMAGE_LOST_CREATE:
		return op->kind != OP_CREATE;
	case DAMAGE_LOST_UNLINK:
		return op->kind == OP_CREATE;
	case DAMAGE_SUBSET:
	case DAMAGE_TRASH:
		return dice_chance(dice, percent);
	default:
		return true;
	}
}

/* The names after the stop. */
static void names_after(const struct disk *disk, const struct op *next,
	enum damage_kind kind, struct dice *dice, int percent, struct names *names)
{
	const struct op *left[256];
	size_t nleft = 0;
	names_copy(names, &disk->certain);
	for (size_t i = 0; i <= disk->pending.count; i++) {
		const struct op *op =
			i < disk->pending.count ? disk->pending.items[i] : next;
		if (!op)
			continue;
		if (is_held_up(op, left, nleft) || !keeps_name(op, kind, dice, percent)) {
			if (nleft < sizeof(left) / sizeof(*left))
				left[nleft++] = op;
			continue;
		}
		names_apply(names, op);
	}
}

static void garbage(unsigned char *bytes, size_t length, struct dice *dice)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (unsigned char)dice_throw(dice);
}

/* Some of the sectors of a pending write. */
static void write_some(struct content *content, const struct op *op,
	enum damage_kind kind, struct dice *dice, int percent)
{
	unsigned char trash[DISK_SECTOR];
	for (size_t done = 0, part; done < op->length; done += part) {
		size_t at = (size_t)op->offset + done;
		part = DISK_SECTOR - at % DISK_SECTOR;
		if (part > op->length - done)
			part = op->length - done;
		if (dice_chance(dice, percent)) {
			write_at(content, at, op->bytes + done, part);
		} else if (kind == DAMAGE_TRASH && dice_chance(dice, 30)) {
			garbage(trash, part, dice);
			write_at(content, at, trash, part);
		} else if (kind == DAMAGE_TRASH && dice_chance(dice, 30)) {
			/* the head came to the end of it half way through */
			write_at(content, at, op->bytes + done,
				(size_t)dice_below(dice, (int)part));
		}
	}
}

static void content_after(const struct node *node, const struct op *next,
	enum damage_kind kind, struct dice *dice, int percent, struct content *out)
{
	bool lost = kind == DAMAGE_LOST || kind == DAMAGE_LOST_BYTES;
	if (kind != DAMAGE_SUBSET && kind != DAMAGE_TRASH) {
		assign(out, lost ? &node->certain : &node->live);
		return;
	}
	assign(out, &node->certain);
	for (size_t i = 0; i <= node->pending.count; i++) {
		const struct op *op =
			i < node->pending.count ? node->pending.items[i] : next;
		if (op && op->kind == OP_WRITE)
			write_some(out, op, kind, dice, percent);
		else if (op && op->kind == OP_TRUNCATE && dice_chance(dice, percent))
			resize(out, (size_t)op->offset);
	}
}

/* Where a write is cut: between two sectors, or between any two bytes. */
static size_t cut_of(const struct op *op, enum damage_kind kind, struct dice *dice)
{
	size_t first = DISK_SECTOR - (size_t)op->offset % DISK_SECTOR;
	if (kind == DAMAGE_TORN_BYTES)
		return op->length < 2 ? 0
				      : 1 + (size_t)dice_below(dice, (int)op->length - 1);
	if (op->length <= first)
		return 0;
	size_t cuts = (op->length - first + DISK_SECTOR - 1) / DISK_SECTOR;
	return first + DISK_SECTOR * (size_t)dice_below(dice, (int)cuts);
}

size_t disk_cut(const struct op *op, struct damage damage)
{
	struct dice dice = dice_of(damage.seed, 100);
	return cut_of(op, damage.kind, &dice);
}

static int by_name(const void *left, const void *right)
{
	const struct file *a = left, *b = right;
	return strcmp(a->name, b->name);
}

bool disk_damages(const struct disk *disk, const struct op *next, enum damage_kind kind)
{
	bool writes = next && next->kind == OP_WRITE, bytes = false, creates = false,
	     removes = false;
	for (size_t i = 0; i < disk->nodes.count; i++)
		bytes = bytes || disk->nodes.items[i].pending.count > 0;
	for (size_t i = 0; i < disk->pending.count; i++) {
		creates = creates || disk->pending.items[i]->kind == OP_CREATE;
		removes = removes || disk->pending.items[i]->kind != OP_CREATE;
	}
	switch (kind) {
	case DAMAGE_TORN:
		return writes &&
			next->length > DISK_SECTOR - (size_t)next->offset % DISK_SECTOR;
	case DAMAGE_TORN_BYTES:
		return writes && next->length > 1;
	case DAMAGE_LOST:
		return bytes || creates || removes;
	case DAMAGE_LOST_BYTES:
		return bytes && (creates || removes);
	case DAMAGE_LOST_NAMES:
		return bytes && (creates || removes);
	case DAMAGE_LOST_CREATE:
		return creates && removes;
	case DAMAGE_LOST_UNLINK:
		return creates && removes;
	case DAMAGE_SUBSET:
	case DAMAGE_TRASH:
		return bytes || creates || removes || writes;
	default:
		return true;
	}
}

void disk_image(const struct disk *disk, const struct op *next, struct damage damage,
	struct image *image)
{
	struct names names = {0};
	struct dice dice = dice_of(damage.seed, damage.kind);
	int percent = 10 + 80 * dice_below(&dice, 101) / 100;
	bool random = damage.kind == DAMAGE_SUBSET || damage.kind == DAMAGE_TRASH;
	bool on_name = next &&
		(next->kind == OP_CREATE || next->kind == OP_UNLINK ||
			next->kind == OP_RENAME);
	names_after(disk, random && on_name ? next : NULL, damage.kind, &dice, percent,
		&names);
	image->count = 0;
	for (size_t i = 0; i < names.count; i++) {
		if (image->count == sizeof(image->files) / sizeof(*image->files))
			abort();
		struct file *file = &image->files[image->count++];
		static const struct node none;
		int number = names.items[i].node;
		/* one that is just being created */
		const struct node *node = number < (int)disk->nodes.count
			? &disk->nodes.items[number]
			: &none;
		bool here = next && !on_name && next->kind != OP_SYNC_FOLDER &&
			next->node == number;
		memcpy(file->name, names.items[i].text, DISK_NAME);
		content_after(node, random && here ? next : NULL, damage.kind, &dice,
			percent, &file->content);
		if (here &&
			(damage.kind == DAMAGE_TORN || damage.kind == DAMAGE_TORN_BYTES))
			write_at(&file->content, (size_t)next->offset, next->bytes,
				disk_cut(next, damage));
		if (node->shared && file->content.size)
			memset(file->content.bytes, 0, file->content.size);
	}
	qsort(image->files, image->count, sizeof(*image->files), by_name);
	amp_vec_deinit(&names);
}

void image_free(struct image *image)
{
	/* files behind the count keep their room for the next image */
	for (size_t i = 0; i < sizeof(image->files) / sizeof(*image->files); i++)
		free(image->files[i].content.bytes);
	*image = (struct image){0};
}

const struct file *image_find(const struct image *image, const char *name)
{
	for (size_t i = 0; i < image->count; i++)
		if (!strcmp(image->files[i].name, name))
			return &image->files[i];
	return NULL;
}

static void mix(struct digest *digest, uint64_t word)
{
	unsigned __int128 product =
		(unsigned __int128)(digest->low ^ word) * 0x9e3779b97f4a7c15u;
	digest->low = (uint64_t)product ^ digest->high;
	digest->high = ((digest->high << 23) | (digest->high >> 41)) +
		(uint64_t)(product >> 64) + word;
}

static void mix_bytes(struct digest *digest, const unsigned char *bytes, size_t length)
{
	uint64_t word;
	mix(digest, length);
	for (; length >= 8; bytes += 8, length -= 8) {
		memcpy(&word, bytes, 8);
		mix(digest, word);
	}
	word = 0;
	if (length)
		memcpy(&word, bytes, length);
	mix(digest, word);
}

struct digest image_digest(const struct image *image)
{
	struct digest digest = {0x243f6a8885a308d3u, 0x13198a2e03707344u};
	for (size_t i = 0; i < image->count; i++) {
		const struct file *file = &image->files[i];
		mix_bytes(&digest, (const unsigned char *)file->name, strlen(file->name));
		mix_bytes(&digest, file->content.bytes, file->content.size);
	}
	return digest;
}

bool image_equal(const struct image *one, const struct image *two, char *why, size_t size)
{
	for (size_t i = 0; i < one->count || i < two->count; i++) {
		const struct file *a = &one->files[i], *b = &two->files[i];
		bool there = i < one->count && i < two->count;
		if (!there || strcmp(a->name, b->name) != 0) {
			snprintf(why, size, "other files: '%s'",
				i < one->count ? a->name : b->name);
			return false;
		}
		if (a->content.size != b->content.size) {
			snprintf(why, size, "'%s' has %zu bytes and %zu", a->name,
				a->content.size, b->content.size);
			return false;
		}
		if (!is_shared(a->name) && a->content.size &&
			memcmp(a->content.bytes, b->content.bytes, a->content.size) !=
				0) {
			size_t at = 0;
			while (a->content.bytes[at] == b->content.bytes[at])
				at++;
			snprintf(why, size, "'%s' has other bytes at %zu (%02x, %02x)",
				a->name, at, a->content.bytes[at], b->content.bytes[at]);
			return false;
		}
	}
	return true;
}
