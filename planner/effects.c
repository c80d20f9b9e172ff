#include "planner/effects.h"

#include <strings.h>

/* The first touch of that name, or where it would be. */
static size_t first_touch(const struct amp_seen *seen, const char *name)
{
	size_t low = 0, high = seen->ntouches;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcasecmp(seen->touches[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

unsigned amp_touched(const struct amp_seen *seen, const char *name, const char *column)
{
	unsigned how = 0;
	for (size_t i = first_touch(seen, name);
		i < seen->ntouches && !strcasecmp(seen->touches[i].name, name); i++)
		if (!column || !strcasecmp(seen->touches[i].column, column))
			how |= seen->touches[i].how;
	return how;
}
