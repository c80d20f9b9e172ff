/*
 * Arena: a list of blocks, the newest first. Large requests get a block of their own.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BLOCK_SIZE /* tests make each thing a block of its own */
#define BLOCK_SIZE ((size_t)16 * 1024)
#endif
#define ALIGNMENT (_Alignof(max_align_t))

struct amp_arena_block {
	struct amp_arena_block *next;
	size_t size, used;
	max_align_t data[];
};

void amp_arena_init(struct amp_arena *arena)
{
	*arena = (struct amp_arena){0};
}

void amp_arena_deinit(struct amp_arena *arena)
{
	struct amp_arena_block *block = arena->blocks;
	while (block) {
		struct amp_arena_block *next = block->next;
		free(block);
		block = next;
	}
	*arena = (struct amp_arena){0};
}

static struct amp_arena_block *add_block(struct amp_arena *arena, size_t need)
{
	size_t size = need > BLOCK_SIZE / 4 ? need : BLOCK_SIZE;
	struct amp_arena_block *block = calloc(1, sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	if (size == need && arena->blocks) {
		/* keep filling the current block; a large one goes behind it */
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *amp_arena_alloc(struct amp_arena *arena, size_t size)
{
	if (size == 0)
		size = 1;
	if (size > SIZE_MAX / 2) {
		arena->failed = true;
		return NULL;
	}
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct amp_arena_block *block = arena->blocks;
	if (!block || block->size - block->used < size)
		block = add_block(arena, size);
	if (!block) {
		arena->failed = true;
		return NULL;
	}
	void *memory = (char *)block->data + block->used;
	block->used += size;
	return memory;
}

void *amp_arena_array(struct amp_arena *arena, size_t count, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(count, size, &total)) {
		arena->failed = true;
		return NULL;
	}
	return amp_arena_alloc(arena, total);
}

char *amp_arena_strndup(struct amp_arena *arena, const char *bytes, size_t length)
{
	if (!bytes)
		return NULL;
	char *copy = amp_arena_alloc(arena, length + 1);
	if (copy)
		memcpy(copy, bytes, length);
	return copy;
}

void *amp_arena_copy(
	struct amp_arena *arena, const void *items, size_t count, size_t size)
{
	void *copy = amp_arena_array(arena, count, size);
	if (copy && count)
		memcpy(copy, items, count * size);
	return copy;
}

char *amp_arena_strdup(struct amp_arena *arena, const char *string)
{
	return string ? amp_arena_strndup(arena, string, strlen(string)) : NULL;
}

char *amp_arena_vprintf(struct amp_arena *arena, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	char *text = length < 0 ? NULL : amp_arena_alloc(arena, (size_t)length + 1);
	if (text)
		vsnprintf(text, (size_t)length + 1, format, again);
	else
		arena->failed = true;
	va_end(again);
	return text;
}

char *amp_arena_printf(struct amp_arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = amp_arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}
