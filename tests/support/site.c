#include "tests/support/site.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "tests/support/cmocka.h"
#include "tests/support/temp.h"

void site_make(struct site *site)
{
	struct amplan_options options = AMPLAN_OPTIONS_INIT;
	site->folder = temp_make();
	site->migrations = temp_path(site->folder, "m");
	site->path = temp_path(site->folder, "app.db");
	site->folders[0] = site->migrations;
	site->options = options;
	site->options.database = site->path;
	site->options.folders = site->folders;
	site->options.nfolders = 1;
}

void site_remove(struct site *site)
{
	temp_remove(site->folder);
	free(site->migrations);
	free(site->path);
}

void site_migration(const struct site *site, const char *id, const char *attributes,
	const char *content)
{
	AMP_STR_AUTO name = AMP_STR_INIT;
	AMP_STR_AUTO text = AMP_STR_INIT;
	amp_str_addf(&name, "m/%s.xml", id);
	amp_str_addf(&text, "<migration xmlns='urn:amplan:1' id='%s' %s>%s</migration>",
		id, attributes, content);
	temp_text(site->folder, amp_str_text(&name), amp_str_text(&text));
}

struct amplan *site_session(const struct site *site)
{
	struct amplan *amplan;
	assert_int_equal(amplan_open(&site->options, &amplan, NULL), AMPLAN_OK);
	return amplan;
}

sqlite3 *site_connection(const struct site *site)
{
	sqlite3 *handle;
	assert_int_equal(sqlite3_open(site->path, &handle), SQLITE_OK);
	return handle;
}

void site_run(const struct site *site, const char *sql)
{
	sqlite3 *handle = site_connection(site);
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
}

void site_apply(const struct site *site)
{
	struct amplan *amplan = site_session(site);
	struct amplan_report *report;
	assert_int_equal(amplan_apply(amplan, NULL, NULL, &report, NULL), AMPLAN_OK);
	amplan_report_free(report);
	amplan_close(amplan);
}
