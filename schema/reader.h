/*
 * Reader: the one way into XML. Everything foreign about it stays in reader.c.
 *
 * It gives elements with exact places, refuses what no descriptor needs (DOCTYPE,
 * entities of one's own, other namespaces, other encodings) and asks nothing of the
 * network, of other files or of the environment.
 */
#ifndef SCHEMA_READER_H
#define SCHEMA_READER_H

#include <stdint.h>

#include "schema/complain.h"

#define AMP_NAMESPACE "urn:amplan:1"

/* After so many findings in one file the rest of it is passed over. */
#define AMP_READER_FINDINGS_MAX 100

struct amp_xml_attribute {
	const char *name;  /* NUL-terminated */
	const char *value; /* entities replaced; not NUL-terminated */
	size_t length;
	struct amp_scan_range name_at, value_at;
};

/* Valid during the call that hands it over. */
struct amp_xml_element {
	const char *name;   /* without prefix */
	size_t tag, behind; /* of the start tag: its '<', and the first byte behind it */
	struct amp_scan_range at; /* of the name */
	const struct amp_xml_attribute *attributes;
	size_t nattributes;
};

struct amp_xml_content {
	size_t end;    /* offset of the end tag; the content began behind the start tag */
	bool simple;   /* no element inside, so text and length tell something */
	uint64_t text; /* amp_text_hash() of what the parser delivered */
	size_t length;
};

struct amp_xml_handler {
	void *context;
	/* false: what is inside is not to be handed over, nor its end */
	bool (*start)(void *context, const struct amp_xml_element *element);
	/* the first text that is not blank, of the element that is open */
	void (*text)(void *context, struct amp_scan_range at);
	void (*end)(void *context, const struct amp_xml_content *content);
};

/* A running hash, to compare two texts without keeping either; begin with AMP_HASH. */
#define AMP_HASH UINT64_C(0xcbf29ce484222325)
uint64_t amp_text_hash(uint64_t hash, const char *bytes, size_t length);

/*
 * Reads complain->source. True where it was well-formed to the end; otherwise there is a
 * finding that says why not. No memory is seen in findings->failed.
 */
bool amp_xml_read(
	const struct amp_complain *complain, const struct amp_xml_handler *handler);

#endif
