/*
 * Json: the one object that --json prints, and the lines of --log-format json.
 *
 * Members come in a fixed order and nothing of the machine is in them but what the report
 * says, so that the same input gives the same bytes. Bytes that are no UTF-8 appear as
 * U+FFFD. Members are only ever added.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <amplan/amplan.h>

struct json {
	struct yajl_gen_t *gen;
	struct json_room *room; /* all the memory that it takes */
	bool failed;            /* no memory, or nested too deep */
};

/* Starts writing to the stream; false: no memory. */
bool json_open(struct json *json, FILE *stream);
void json_close(struct json *json);

void json_map(struct json *json, const char *key); /* key NULL: in an array, or on top */
void json_array(struct json *json, const char *key); /* the same */
void json_end_map(struct json *json);
void json_end_array(struct json *json);
/* A member; with key NULL an item of an array. A NULL text is left out. */
void json_text(struct json *json, const char *key, const char *text);
void json_number(struct json *json, const char *key, int64_t number);
void json_bool(struct json *json, const char *key, bool value);

/* The members that a report says, in their order. The findings of a second one, which may
   be NULL, come behind those that only the first has. */
void json_report(struct json *json, const struct amplan_report *report,
	const struct amplan_report *second);
/* "error": {code, message, hint}. */
void json_error(struct json *json, int code, const struct amplan_error *error);
/* "depends" of a migration: ids, in the order they are declared. */
void json_depends(struct json *json, const struct amplan_migration *migration);

/* "effects" of a migration, as a check saw them. */
void json_accesses(struct json *json, const struct amplan_migration *migration);
/* "demands": dependencies that the effects demand. */
void json_demands(struct json *json, const struct amplan_report *report);

/* The word for a state: "pending", "applied", "failed", "drifted", … */
const char *json_state(enum amplan_state state);

#endif
