/*
 * XML scan: where things are in the bytes of an XML file.
 *
 * A linear scanner that runs in step with a real parser: the i-th start tag it finds is
 * the one of the parser's i-th startElement. It judges nothing; what it says of bytes that
 * are not well-formed XML is of no use and does no harm.
 */
#ifndef SCHEMA_XML_SCAN_H
#define SCHEMA_XML_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"

/* No tag of ours comes near this; parsers take quadratic time for one without bounds. */
#define AMP_SCAN_TAG_MAX ((size_t)16 * 1024)

struct amp_scan_range {
	size_t offset, length;
};

struct amp_scan_attribute {
	struct amp_scan_range name, value; /* the value without its quotes */
};

enum amp_scan_event {
	AMP_SCAN_START,   /* a start tag; of <a/> as well, an END follows */
	AMP_SCAN_END,     /* an end tag */
	AMP_SCAN_DOCTYPE, /* "<!" that begins neither a comment nor CDATA */
	AMP_SCAN_DONE,    /* end of the bytes */
	AMP_SCAN_LOST,    /* a tag without end, or a longer one than AMP_SCAN_TAG_MAX */
};

struct amp_scan {
	const char *bytes;
	size_t length, at;
	size_t tag, end;            /* of the last event: its '<', and behind its '>' */
	struct amp_scan_range name; /* as written, with prefix */
	struct amp_scan_range text; /* first that is not blank since the event before */
	bool has_text;
	bool empty; /* <a/>: its END is still to be given */
	struct AMP_VEC(struct amp_scan_attribute) attributes; /* of a START */
	bool too_long; /* a LOST is for the length of a tag, which is at `tag` */
	bool failed;   /* no memory */
};

void amp_scan_init(struct amp_scan *scan, const char *bytes, size_t length);
void amp_scan_deinit(struct amp_scan *scan);
enum amp_scan_event amp_scan_next(struct amp_scan *scan);

/* Steps over a comment, a PI or a CDATA section at `at`; returns `at` where none is. */
size_t amp_scan_skip(const char *bytes, size_t length, size_t at);

#endif
