/*
 * Vec: a growing array with checked growth, for any type.
 *
 *	struct amp_ids AMP_VEC(uint32_t);
 *	struct amp_ids ids = {0};
 *	if (!amp_vec_push(&ids, 7)) no memory;
 *	amp_vec_deinit(&ids);
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

/* The body of a struct that is a vec of `type`. */
#define AMP_VEC(type)                                                              \
	{                                                                          \
		/* NOLINTNEXTLINE(bugprone-macro-parentheses): a type, no value */ \
		type *items;                                                       \
		size_t count, capacity;                                            \
	}

/* Appends a value; false: no memory, nothing changed. */
#define amp_vec_push(vec, ...)                                                     \
	(amp_vec_grow((void **)&(vec)->items, sizeof(*(vec)->items), (vec)->count, \
		 &(vec)->capacity) &&                                              \
		((vec)->items[(vec)->count++] = __VA_ARGS__, true))

/* Frees the memory; the vec is empty afterwards. */
#define amp_vec_deinit(vec) \
	(amp_vec_free((void **)&(vec)->items), (void)((vec)->count = (vec)->capacity = 0))

/* Room for one more item behind `count`; false: no memory. */
bool amp_vec_grow(void **items, size_t size, size_t count, size_t *capacity);
void amp_vec_free(void **items);

#endif
