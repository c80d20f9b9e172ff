/*
 * Relations: who waits for whom, over the migrations of a report.
 */
#ifndef CLI_RELATIONS_H
#define CLI_RELATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <amplan/amplan.h>

#define RELATIONS_NONE ((size_t)-1)

/* Dependents of migration n: back[first[n]] to back[first[n + 1] - 1], ascending. */
struct relations {
	const struct amplan_report *report;
	size_t *first;
	size_t *back;
};

/* False: no memory; nothing to deinitialise then. */
bool relations_init(struct relations *relations, const struct amplan_report *report);
void relations_deinit(struct relations *relations);

/* Position of the migration with this id, or RELATIONS_NONE. */
size_t relations_find(const struct amplan_report *report, const char *id);

/*
 * Marks what `from` depends on (`up`), or what depends on it, within so many steps;
 * `from` itself is not marked. Returns how many were newly marked; RELATIONS_NONE: no
 * memory.
 */
size_t relations_reach(const struct relations *relations, size_t from, bool up,
	size_t steps, bool *marks);

/* True for what still has to run: pending, broken or interrupted. */
bool relations_is_pending(const struct amplan_migration *migration);

/* False for an event of a step that stopped part way, which is not applied yet. */
bool relations_is_applied(const struct amplan_event *event);

/* The migration nearest to a mistyped id, or NULL. */
const char *relations_nearest(const struct amplan_report *report, const char *id);

#endif
