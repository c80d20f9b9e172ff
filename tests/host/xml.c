/*
 * XML: an application that has libxml2 for itself, with handlers of its own.
 */
#include <pthread.h>
#include <string.h>

#include <libxml/catalog.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlmemory.h>

#include "tests/host/host.h"
#include "tests/support/temp.h"

static int told, loaded;

static void own_error(void *user, xmlErrorPtr error)
{
	(void)user, (void)error;
	told++;
}

static void own_generic(void *user, const char *format, ...)
{
	(void)user, (void)format;
	told++;
}

static xmlParserInputPtr own_loader(
	const char *url, const char *id, xmlParserCtxtPtr context)
{
	(void)url, (void)id, (void)context;
	loaded++;
	return NULL;
}

static void work(void)
{
	struct amplan_options options = host_options("app.db");
	MUST(host_apply(&options, NULL) == AMPLAN_OK);
	temp_text("m", "bad.xml",
		"<!DOCTYPE x SYSTEM 'file:///etc/passwd' [<!ENTITY e SYSTEM 'x'>]><x>&e;</x>");
	MUST(host_apply(&options, NULL) == AMPLAN_REFUSED);
	temp_text("m", "bad.xml", "<migration id='a'><up>&unknown;</up>");
	MUST(host_apply(&options, NULL) == AMPLAN_REFUSED);
	temp_text("m", "bad.xml",
		"<migration xmlns='urn:amplan:1' id='zz'><up>SELECT 1;</up></migration>");
}

static void handlers_are_not_touched(void)
{
	host_migrations("m", 3);
	xmlInitParser();
	xmlSetStructuredErrorFunc(&told, own_error);
	xmlSetGenericErrorFunc(&loaded, own_generic);
	xmlSetExternalEntityLoader(own_loader);
	int keep = xmlKeepBlanksDefault(0), entities = xmlSubstituteEntitiesDefault(1);
	int indent = xmlIndentTreeOutput, numbers = xmlLineNumbersDefault(1);
	xmlKeepBlanksDefault(0);
	int pedantic = xmlPedanticParserDefault(1);
	xmlPedanticParserDefault(1);
	(void)keep, (void)entities, (void)numbers, (void)pedantic;
	work();
	MUST(told == 0 && loaded == 0);
	MUST(xmlStructuredError == own_error && xmlStructuredErrorContext == &told);
	MUST(xmlGenericError == own_generic && xmlGenericErrorContext == &loaded);
	MUST(xmlGetExternalEntityLoader() == own_loader);
	MUST(xmlKeepBlanksDefault(0) == 0 && xmlSubstituteEntitiesDefault(1) == 1);
	MUST(xmlIndentTreeOutput == indent && xmlLineNumbersDefault(1) == 1);
	MUST(xmlPedanticParserDefault(1) == 1);
	/* the application's own parsing works as before, before and after cleaning up */
	xmlDocPtr document = xmlReadMemory("<a> <b/> </a>", 13, "a.xml", NULL, 0);
	MUST(document && xmlDocGetRootElement(document));
	xmlFreeDoc(document);
	xmlSetStructuredErrorFunc(NULL, NULL);
	xmlCleanupParser();
}

/* After xmlCleanupParser() by the application, which thinks it is the only user. */
static void cleaned_up_behind_us(void)
{
	struct amplan_options options = host_options("app.db");
	host_migrations("m", 3);
	MUST(host_apply(&options, NULL) == AMPLAN_OK);
	xmlCleanupParser();
	host_complete("app.db", 3);
	host_migrations("m", 5);
	MUST(host_apply(&options, NULL) == AMPLAN_OK);
	host_complete("app.db", 5);
	xmlCleanupParser();
}

static long blocks;

static void *count_malloc(size_t size)
{
	blocks++;
	return malloc(size);
}

static void count_free(void *memory)
{
	blocks -= memory != NULL;
	free(memory);
}

static void *count_realloc(void *memory, size_t size)
{
	blocks += memory == NULL;
	return realloc(memory, size);
}

static char *count_strdup(const char *text)
{
	blocks++;
	return strdup(text);
}

/* The application's allocator gets back all that was asked of it. */
static void allocator_of_its_own(void)
{
	host_migrations("m", 3);
	MUST(!xmlMemSetup(count_free, count_malloc, count_realloc, count_strdup));
	xmlInitParser();
	struct amplan_options options = host_options("app.db");
	MUST(host_apply(&options, NULL) == AMPLAN_OK);
	xmlResetLastError();
	long before = blocks;
	work();
	xmlResetLastError();
	MUST(blocks == before);
	xmlCleanupParser();
}

static bool stop;

static void *parse(void *wrong)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		xmlDocPtr good = xmlReadMemory("<a><b>c</b></a>", 15, "g.xml", NULL, 0);
		xmlDocPtr bad = xmlReadMemory("<a><b>", 6, "b.xml", NULL,
			XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
		*(bool *)wrong |= !good || bad;
		xmlFreeDoc(good);
		xmlFreeDoc(bad);
	}
	return NULL;
}

static void parsers_in_other_threads(void)
{
	pthread_t threads[3];
	bool wrong[3] = {false};
	host_migrations("m", 60);
	xmlInitParser();
	for (int i = 0; i < 3; i++)
		MUST(!pthread_create(&threads[i], NULL, parse, &wrong[i]));
	work();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		MUST(!wrong[i]);
	}
	xmlCleanupParser();
}

const struct scenario xml_scenarios[] = {
	{"xml: handlers and defaults are not touched, nor called",
		handlers_are_not_touched},
	{"xml: xmlCleanupParser() between two calls", cleaned_up_behind_us},
	{"xml: an allocator gets back what was asked of it", allocator_of_its_own},
	{"xml: parsers in other threads", parsers_in_other_threads},
	{NULL, NULL},
};
