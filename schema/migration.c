#include "schema/migration.h"

#include <string.h>

struct amplan_place amp_migration_place(const struct amp_migration *migration)
{
	if (migration->origin.file)
		return migration->origin;
	return amp_source_place(migration->source, migration->offset, migration->length);
}

void amp_migration_add_name(
	struct amp_str *out, const struct amp_migration *from, const char *id)
{
	size_t length = strlen(from->module);
	if (length && !strchr(id, ':'))
		amp_str_addc(out, ':');
	else if (length && !strncmp(id, from->module, length) && id[length] == ':')
		id += length + 1;
	amp_str_add(out, id);
}

const struct amp_allowance *amp_migration_allows(
	const struct amp_migration *migration, const char *kind)
{
	for (size_t i = 0; i < migration->nallows; i++)
		if (!strcmp(migration->allows[i].kind, kind))
			return &migration->allows[i];
	return NULL;
}
