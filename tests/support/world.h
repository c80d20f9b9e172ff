/*
 * World: a catalog, its graph, a history and a plan, made from a few words.
 *
 * A migration is one line, which is also the text of its file "m/ID.xml", so that a
 * column in an expected finding can be counted in the line:
 *
 *	"ID word ..."   x depends on x     x? the same with a reason
 *	                >x only after x    =x replaces x
 *	                #c content c; of "c/d" the part after the slash is cosmetic
 *	                -down no down      -up no up
 *	                !none !fk !maintenance !breaking    its attributes
 *	                ~why irreversible
 *
 * A row of history is one line as well: "ID #c !breaking !interrupted". Without #c the
 * content is the id.
 */
#ifndef TESTS_SUPPORT_WORLD_H
#define TESTS_SUPPORT_WORLD_H

#include "planner/cycle.h"
#include "planner/order.h"
#include "planner/plan.h"

struct world {
	struct amp_catalog catalog;
	size_t capacity;
	struct amp_arena arena; /* findings, order, history */
	struct amp_findings findings;
	struct amp_graph graph;
	uint32_t *order;
	uint32_t placed;
	struct amp_applied applied[64];
	size_t napplied;
	struct amp_plan plan;
	struct amplan_error error;
};

#define WORLD __attribute__((cleanup(world_deinit))) struct world

void world_init(struct world *world);
void world_deinit(struct world *world);
struct amp_migration *world_add(struct world *world, const char *line);
/* Many at once; ends with NULL. */
void world_add_all(struct world *world, ...) __attribute__((sentinel));
/* Room for `count` dependencies of a migration, and one of them; no place, no line. */
void world_depends(struct world *world, struct amp_migration *migration, size_t count);
void world_depend(struct amp_migration *migration, size_t index, const char *on);

/* Graph, then order, proved; or cycles. */
void world_build(struct world *world);
void world_applied(struct world *world, const char *line);
/* Plans; returns the code. */
int world_plan(struct world *world, struct amp_goal goal);
int world_plan_up(struct world *world);

/* "a b c" against the order. */
void assert_order(const struct world *world, const char *ids);
/* "1:a 1:b 2:c", stage and id, against the steps. */
void assert_steps(const struct world *world, const char *steps);
/*
 * All findings, sorted, one or more lines each:
 *	m/b.xml:1:3: error[kind]: message {ids} (hint)
 *	  m/b.xml:1:3: label
 */
void assert_findings(struct world *world, const char *expected);
char *world_findings(struct world *world);

#endif
