#include "planner/shape.h"

#include <strings.h>

const struct amp_shape *amp_shape_find(const struct amp_shapes *shapes, const char *name)
{
	size_t low = 0, high = shapes->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcasecmp(shapes->items[middle].name, name);
		if (!order)
			return &shapes->items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct amp_column *amp_column_find(const struct amp_shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->ncolumns; i++)
		if (!strcasecmp(shape->columns[i].name, name))
			return &shape->columns[i];
	return NULL;
}
