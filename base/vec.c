#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>

bool amp_vec_grow(void **items, size_t size, size_t count, size_t *capacity)
{
	if (count < *capacity)
		return true;
	size_t wanted = *capacity ? *capacity * 2 : 8;
	if (wanted > SIZE_MAX / 2 / size)
		return false;
	void *memory = realloc(*items, wanted * size);
	if (!memory)
		return false;
	*items = memory;
	*capacity = wanted;
	return true;
}

void amp_vec_free(void **items)
{
	free(*items);
	*items = NULL;
}
