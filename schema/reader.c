/*
 * Reader: libxml2's SAX2 interface, and nothing else of it.
 *
 * A fresh context per file, fed in small pieces from memory, with no option but NONET and
 * IGNORE_ENC: another encoding is refused by us, and where a declaration is broken so that
 * we do not see it, the parser would act on it and print what it thinks of the bytes. No
 * handler is global; that of the thread is ours while we read, and then what it was. The
 * parser decides what is well-formed and what the names and values
 * are; the scanner that runs in step with it (xml_scan.h) says where they are, since the
 * parser's own line numbers end at 65,535 and it has no columns for attributes.
 */
#include "schema/reader.h"

#include <pthread.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/always.h"
#include "schema/bytes.h"

#define XSI "http://www.w3.org/2001/XMLSchema-instance"
#define PIS_MAX 100
#define PASSED_MAX 10000
#define DECLARATIONS_MAX 64
#define DECLARATIONS_IN_ALL 32768
#define PARSER_DEPTH_MAX 256 /* it refuses what is deeper */

struct reader {
	const struct amp_complain *complain;
	const struct amp_xml_handler *handler;
	xmlParserCtxtPtr parser;
	struct amp_scan scan;
	struct AMP_VEC(struct amp_xml_attribute) attributes;
	size_t fed;     /* bytes given to the parser */
	size_t before;  /* findings that were there already */
	size_t depth;   /* open elements, those passed over not counted */
	size_t skipped; /* open elements inside the one that is passed over */
	size_t passed;  /* elements and attributes in such */
	size_t pis;
	struct amp_xml_content content; /* of the innermost open element */
	bool stopped; /* the parser complained, or there is enough wrong */
	bool lost;    /* the scanner met something else than the parser, at scan.tag */
	bool ended;   /* the root element was closed */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

uint64_t amp_text_hash(uint64_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static void stop(struct reader *reader)
{
	reader->stopped = true;
	xmlStopParser(reader->parser);
}

/* Elements in one that is passed over are only counted, but the parser remembers each of
   their names, and those of their attributes, and finds one among many slowly. */
static void pass_over(struct reader *reader)
{
	struct amp_findings *findings = reader->complain->findings;
	reader->skipped++;
	reader->passed += 1 + reader->scan.attributes.count;
	if (reader->passed <= PASSED_MAX)
		return;
	struct amplan_finding *finding = amp_finding_add(findings, AMPLAN_NOTE,
		reader->complain->kind,
		"the rest of the file is not looked at: too much stands in elements that "
		"do not belong here");
	finding->place.file = reader->complain->source->path;
	amp_complain_hint(reader->complain, finding, "mend these first");
	stop(reader);
}

/* Stops where there is more wrong than a person reads. */
static void limit_findings(struct reader *reader)
{
	struct amp_findings *findings = reader->complain->findings;
	if (findings->failed || findings->arena->failed) {
		stop(reader);
	} else if (findings->count - reader->before >= AMP_READER_FINDINGS_MAX) {
		struct amplan_finding *finding =
			amp_finding_add(findings, AMPLAN_NOTE, reader->complain->kind,
				"the rest of the file is not looked at after %d findings",
				AMP_READER_FINDINGS_MAX);
		finding->place.file = reader->complain->source->path;
		amp_complain_hint(reader->complain, finding, "mend these first");
		stop(reader);
	}
}

/* The parser and the scanner do not see the same file. The parser reports a start tag
   before it looks for its '>', so that its complaint may still come: judge() sees. */
static void out_of_step(struct reader *reader)
{
	reader->lost = true;
	reader->content.simple = false;
}

/* Steps the scanner to the event that the parser reports. */
static bool step(struct reader *reader, enum amp_scan_event event)
{
	if (reader->stopped || reader->lost)
		return false;
	if (amp_scan_next(&reader->scan) != event) {
		out_of_step(reader);
		return false;
	}
	if (reader->scan.failed) {
		reader->complain->findings->failed = true;
		out_of_step(reader);
		return false;
	}
	if (reader->scan.has_text && reader->depth && !reader->skipped)
		reader->handler->text(reader->handler->context, reader->scan.text);
	return true;
}

static bool names_match(
	const struct reader *reader, struct amp_scan_range range, const char *local)
{
	const char *written = reader->scan.bytes + range.offset;
	size_t length = strlen(local);
	/* a name of the scanner ends where none of the parser's could go on */
	return AMP_ALWAYS(range.length >= length) &&
		!memcmp(written + range.length - length, local, length) &&
		(range.length == length || written[range.length - length - 1] == ':');
}

static bool is_declaration(const char *bytes, struct amp_scan_range name)
{
	const char *text = bytes + name.offset;
	return name.length >= 5 && !memcmp(text, "xmlns", 5) &&
		(name.length == 5 || text[5] == ':');
}

/* Only our namespace and the one of xsi:schemaLocation have any use. */
static void check_namespaces(struct reader *reader, int count, const xmlChar **pairs)
{
	struct amp_findings *findings = reader->complain->findings;
	size_t at = 0;
	for (int i = 0; i < count; i++) {
		/* libxml2 has "" for none */
		const char *uri = AMP_ALWAYS(pairs[2 * i + 1] != NULL)
			? (const char *)pairs[2 * i + 1]
			: "";
		/* the parser took as many of them from here */
		while (AMP_ALWAYS(at < reader->scan.attributes.count) &&
			!is_declaration(reader->scan.bytes,
				reader->scan.attributes.items[at].name))
			at++;
		if (AMP_NEVER(at == reader->scan.attributes.count)) /* as said */
			return;
		struct amp_scan_range value = reader->scan.attributes.items[at++].value;
		if (!strcmp(uri, AMP_NAMESPACE) || !strcmp(uri, XSI))
			continue;
		struct amplan_finding *finding = amp_complain(reader->complain, value,
			"the namespace '%s' has no meaning here",
			amp_shown(findings, uri, strlen(uri)));
		amp_finding_hint(findings, finding,
			"the only namespace of descriptors is '" AMP_NAMESPACE "'");
	}
}

/* Attributes with a prefix: xsi:schemaLocation on the root, for editors, and no other. */
static void check_foreign(struct reader *reader, const struct amp_scan_attribute *written,
	const char *local, const char *uri)
{
	if (!reader->depth && !strcmp(uri, XSI) && !strcmp(local, "schemaLocation"))
		return;
	amp_complain_hint(reader->complain,
		amp_complain(reader->complain, written->name, "unknown attribute '%s'",
			amp_shown(reader->complain->findings,
				reader->scan.bytes + written->name.offset,
				written->name.length)),
		"remove it");
}

/* SAX2 leaves "&#38;" where an '&' is meant, and nothing else of the kind. */
static void take_ampersands(struct reader *reader, struct amp_xml_attribute *attribute)
{
	static const char written[] = "&#38;";
	const size_t n = sizeof(written) - 1;
	const char *from = attribute->value, *end = from + attribute->length;
	if (!memchr(from, '&', attribute->length))
		return;
	char *value =
		amp_arena_alloc(reader->complain->findings->arena, attribute->length);
	attribute->value = value;
	attribute->length = 0;
	while (value && from < end) {
		bool is_one = (size_t)(end - from) >= n && !memcmp(from, written, n);
		value[attribute->length++] = *from;
		from += is_one ? n : 1;
	}
	if (!value)
		reader->complain->findings->failed = true;
}

static void add_attribute(struct reader *reader, const struct amp_scan_attribute *written,
	const xmlChar **parsed)
{
	struct amp_xml_attribute attribute = {
		.name = (const char *)parsed[0],
		.value = (const char *)parsed[3],
		.length = (size_t)(parsed[4] - parsed[3]),
		.name_at = written->name,
		.value_at = written->value,
	};
	take_ampersands(reader, &attribute);
	if (parsed[2])
		check_foreign(reader, written, attribute.name, (const char *)parsed[2]);
	else if (!amp_vec_push(&reader->attributes, attribute))
		reader->complain->findings->failed = true;
}

/* Brings what was parsed together with where it is written. */
static bool collect_attributes(struct reader *reader, int count, const xmlChar **parsed)
{
	const struct amp_scan_attribute *written = reader->scan.attributes.items;
	size_t next = 0;
	reader->attributes.count = 0;
	for (int i = 0; i < count; i++, parsed += 5) {
		/* one that was parsed is whole: a complaint about it came before */
		while (AMP_ALWAYS(next < reader->scan.attributes.count) &&
			is_declaration(reader->scan.bytes, written[next].name))
			next++;
		if (AMP_NEVER(next == reader->scan.attributes.count ||
			    !names_match(
				    reader, written[next].name, (const char *)parsed[0])))
			return false;
		add_attribute(reader, &written[next++], parsed);
	}
	return true;
}

static void refuse_namespace(struct reader *reader, const char *uri)
{
	struct amp_findings *findings = reader->complain->findings;
	const char *name = amp_shown(findings,
		reader->scan.bytes + reader->scan.name.offset, reader->scan.name.length);
	struct amplan_finding *finding;
	if (uri)
		finding = amp_complain(reader->complain, reader->scan.name,
			"element '%s' is in the namespace '%s', not in '%s'", name,
			amp_shown(findings, uri, strlen(uri)), AMP_NAMESPACE);
	else
		finding = amp_complain(reader->complain, reader->scan.name,
			"element '%s' is in no namespace, but must be in '%s'", name,
			AMP_NAMESPACE);
	if (reader->depth)
		amp_finding_hint(findings, finding,
			"remove it, or its prefix and its xmlns, if it is one of amplan's");
	else
		amp_finding_hint(findings, finding,
			"write <%s xmlns=\"" AMP_NAMESPACE "\" ...>", name);
}

static bool hand_over(struct reader *reader, const char *name)
{
	struct amp_xml_element element = {
		.name = name,
		.tag = reader->scan.tag,
		.behind = reader->scan.end,
		.at = reader->scan.name,
		.attributes = reader->attributes.items,
		.nattributes = reader->attributes.count,
	};
	return reader->handler->start(reader->handler->context, &element);
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
	const xmlChar *uri, int nnamespaces, const xmlChar **namespaces, int nattributes,
	int ndefaulted, const xmlChar **attributes)
{
	struct reader *reader = context;
	(void)prefix;
	(void)ndefaulted;
	if (!step(reader, AMP_SCAN_START))
		return;
	reader->content.simple = false;
	if (reader->skipped) {
		pass_over(reader);
		return;
	}
	bool same = collect_attributes(reader, nattributes, attributes);
	/* the parser may read on in a name in which the scanner met its end */
	if (AMP_NEVER(!same) ||
		!names_match(reader, reader->scan.name, (const char *)name)) {
		out_of_step(reader);
		return;
	}
	bool ours = uri && !strcmp((const char *)uri, AMP_NAMESPACE);
	if (ours)
		check_namespaces(reader, nnamespaces, namespaces);
	else
		refuse_namespace(reader, (const char *)uri);
	if (ours && hand_over(reader, (const char *)name)) {
		reader->depth++;
		reader->content =
			(struct amp_xml_content){.simple = true, .text = AMP_HASH};
	} else {
		reader->skipped = 1;
	}
	limit_findings(reader);
}

static void on_end(
	void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *reader = context;
	(void)name;
	(void)prefix;
	(void)uri;
	if (!step(reader, AMP_SCAN_END))
		return;
	if (reader->skipped) {
		reader->skipped--;
	} else {
		reader->content.end = reader->scan.tag;
		reader->handler->end(reader->handler->context, &reader->content);
		reader->content.simple = false;
		reader->depth--;
	}
	reader->ended = !reader->depth && !reader->skipped;
	limit_findings(reader);
}

static void on_text(void *context, const xmlChar *text, int length)
{
	struct reader *reader = context;
	if (!reader->content.simple)
		return;
	reader->content.text =
		amp_text_hash(reader->content.text, (const char *)text, (size_t)length);
	reader->content.length += (size_t)length;
}

static void on_instruction(void *context, const xmlChar *target, const xmlChar *data)
{
	struct reader *reader = context;
	(void)target;
	(void)data;
	/* the parser remembers each name for ever, so their number must end somewhere */
	if (++reader->pis <= PIS_MAX || reader->stopped)
		return;
	amp_complain_hint(reader->complain,
		amp_complain(reader->complain,
			(struct amp_scan_range){reader->scan.end, 1},
			"the file holds more than %d processing instructions", PIS_MAX),
		"remove them; amplan does not look at any");
	stop(reader);
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *external,
	const xmlChar *system)
{
	struct reader *reader = context;
	(void)name;
	(void)external;
	(void)system;
	bool in_step = step(reader, AMP_SCAN_DOCTYPE);
	if (AMP_NEVER(!in_step)) /* nothing that stops the reader stands before it */
		return;
	struct amplan_finding *finding = amp_complain(reader->complain,
		(struct amp_scan_range){reader->scan.tag, strlen("<!DOCTYPE")},
		"a DOCTYPE is not allowed in a descriptor");
	amp_finding_hint(reader->complain->findings, finding,
		"remove it; '&lt;' '&gt;' '&amp;' '&quot;' '&apos;' need no declaration");
	stop(reader);
}

/* We look at namespaces ourselves: of these two the second comes as a warning. libxml2
   also calls one broken when it only has no memory to look at it. */
static inline bool is_about_uri(int code)
{
	return code == XML_WAR_NS_URI || code == XML_WAR_NS_URI_RELATIVE;
}

/* What is no business of a parser's: only that there was no memory. */
static void on_early_error(void *context, xmlErrorPtr problem)
{
	struct reader *reader = context;
	/* nothing was read yet that could be wrong */
	if (AMP_ALWAYS(problem->code == XML_ERR_NO_MEMORY || !problem->message))
		reader->complain->findings->failed = true;
}

static void on_error(void *context, xmlErrorPtr problem)
{
	struct reader *reader = context;
	struct amp_findings *findings = reader->complain->findings;
	if (problem->code == XML_ERR_NO_MEMORY || !problem->message)
		findings->failed = true;
	if (problem->level == XML_ERR_WARNING || problem->code == XML_WAR_NS_URI ||
		reader->stopped || findings->failed)
		return;
	long consumed = xmlByteConsumed(reader->parser);
	/* it has an input, of UTF-8 */
	size_t at = AMP_NEVER(consumed < 0) ? reader->scan.at : (size_t)consumed;
	/* a '<' or '&' that stands for itself is noticed behind it */
	bool bare = problem->code == XML_ERR_NAME_REQUIRED && AMP_ALWAYS(at);
	if (bare && strchr("<&", reader->complain->source->bytes[at - 1]))
		at--;
	struct amplan_finding *finding = amp_complain(reader->complain,
		(struct amp_scan_range){at, 1}, "the XML is not well-formed: %s",
		amp_shown(findings, problem->message, strcspn(problem->message, "\n")));
	amp_finding_hint(findings, finding, "%s",
		bare ? "in SQL write '&lt;' for '<' and '&amp;' for '&', or put the SQL into "
		       "<![CDATA[ … ]]>"
		     : "check that each tag is closed and each quote has its partner");
	/* the parser goes on after some; nothing that follows from it is told as well, and
	   it is fed no more */
	reader->stopped = true;
}

static int feed(void *context, char *buffer, int length)
{
	struct reader *reader = context;
	const struct amp_source *source = reader->complain->source;
	size_t left = reader->stopped ? 0 : source->length - reader->fed;
	size_t n = left < (size_t)length ? left : (size_t)length;
	memcpy(buffer, source->bytes + reader->fed, n);
	reader->fed += n;
	return (int)n;
}

/* How many namespace declarations are in force, as tags open and close. */
struct scope {
	size_t at[PARSER_DEPTH_MAX + 1], depth, total;
	size_t seen; /* whether in force or not: their names are remembered as well */
};

/* Steps over a tag; false where the parser would not go deeper, or where too many
   declarations are in force. */
static bool enter(
	struct scope *scope, const struct amp_scan *scan, enum amp_scan_event event)
{
	if (event == AMP_SCAN_END) {
		if (scope->depth)
			scope->total -= scope->at[--scope->depth];
		return true;
	}
	if (scope->depth > PARSER_DEPTH_MAX)
		return false;
	size_t count = 0;
	for (size_t i = 0; i < scan->attributes.count; i++)
		count += is_declaration(scan->bytes, scan->attributes.items[i].name);
	scope->at[scope->depth++] = count;
	scope->total += count;
	scope->seen += count;
	return scope->total <= DECLARATIONS_MAX && scope->seen <= DECLARATIONS_IN_ALL;
}

/* What the parser would take quadratic time for is refused before: a tag without bounds,
   and names that are looked up among many namespaces. */
static bool tags_are_modest(const struct amp_complain *complain)
{
	struct amp_scan scan;
	struct scope scope = {.depth = 0};
	amp_scan_init(&scan, complain->source->bytes, complain->source->length);
	enum amp_scan_event event;
	do
		event = amp_scan_next(&scan);
	while ((event == AMP_SCAN_START || event == AMP_SCAN_END) &&
		enter(&scope, &scan, event));
	bool crowded = scope.total > DECLARATIONS_MAX || scope.seen > DECLARATIONS_IN_ALL;
	if (scan.too_long)
		amp_complain_hint(complain,
			amp_complain(complain, (struct amp_scan_range){scan.tag, 1},
				"this tag is longer than %zu bytes", AMP_SCAN_TAG_MAX),
			"no descriptor needs as much; shorten it");
	else if (crowded)
		amp_complain_hint(complain,
			amp_complain(complain, scan.name,
				scope.total > DECLARATIONS_MAX
					? "more than %d namespace declarations are in force here"
					: "the file holds more than %d namespace declarations",
				scope.total > DECLARATIONS_MAX ? DECLARATIONS_MAX
							       : DECLARATIONS_IN_ALL),
			"one is enough, on the root element: '" AMP_NAMESPACE "'");
	if (scan.failed)
		complain->findings->failed = true;
	amp_scan_deinit(&scan);
	return !scan.too_long && !crowded && !scan.failed;
}

static xmlParserCtxtPtr new_parser(struct reader *reader)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.internalSubset = on_doctype,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.processingInstruction = on_instruction,
		.serror = on_error,
	};
	xmlParserCtxtPtr parser = xmlCreateIOParserCtxt(
		&sax, reader, feed, NULL, reader, XML_CHAR_ENCODING_NONE);
	if (parser)
		xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
	return parser;
}

/* Whether the parser is content; otherwise a finding says so. */
static bool judge(struct reader *reader)
{
	if (reader->parser->errNo == XML_ERR_NO_MEMORY)
		reader->complain->findings->failed = true;
	if (reader->stopped || reader->complain->findings->failed)
		return false;
	if (AMP_NEVER(reader->lost)) { /* in a file without fault */
		amp_complain_hint(reader->complain,
			amp_complain(reader->complain,
				(struct amp_scan_range){reader->scan.tag, 1},
				"internal error: lost the place in the file"),
			"please report this, with the file");
		return false;
	}
	int code = reader->parser->errNo;
	/* whatever is wrong was told to on_error() */
	if (AMP_ALWAYS(reader->parser->wellFormed && reader->ended &&
		    (code == XML_ERR_OK || is_about_uri(code))))
		return true;
	amp_complain_hint(reader->complain,
		amp_complain(reader->complain,
			(struct amp_scan_range){reader->complain->source->length, 1},
			"the XML is not well-formed: error %d of the parser", code),
		"check it with xmllint");
	return false;
}

static void say_nothing(void *user, xmlErrorPtr error)
{
	(void)user;
	(void)error;
}

/* Once, and by one thread: where there is no memory for it, it would print. */
static void make_ready(void)
{
	xmlStructuredErrorFunc before = xmlStructuredError;
	void *context = xmlStructuredErrorContext;
	xmlSetStructuredErrorFunc(NULL, say_nothing);
	xmlInitParser();
	xmlSetStructuredErrorFunc(context, before);
}

bool amp_xml_read(
	const struct amp_complain *complain, const struct amp_xml_handler *handler)
{
	if (complain->source->length == 0) {
		amp_complain_hint(complain,
			amp_complain(complain, (struct amp_scan_range){0, 0},
				"the file is empty"),
			"write a migration into it, or remove it");
		return false;
	}
	if (!amp_bytes_are_xml(complain) || !tags_are_modest(complain))
		return false;
	struct reader reader = {
		.complain = complain,
		.handler = handler,
		.before = complain->findings->count,
	};
	amp_scan_init(&reader.scan, complain->source->bytes, complain->source->length);
	/* before all else: a thread's settings are taken from what this makes */
	pthread_once(&once, make_ready);
	/* what libxml2 has to say while there is no context it would print */
	xmlStructuredErrorFunc before = xmlStructuredError;
	void *context = xmlStructuredErrorContext;
	xmlSetStructuredErrorFunc(&reader, on_early_error);
	reader.parser = new_parser(&reader);
	bool good = false;
	if (reader.parser) {
		xmlParseDocument(reader.parser);
		good = judge(&reader);
		xmlFreeParserCtxt(reader.parser);
	} else {
		complain->findings->failed = true;
	}
	xmlSetStructuredErrorFunc(context, before);
	amp_scan_deinit(&reader.scan);
	amp_vec_deinit(&reader.attributes);
	return good;
}
