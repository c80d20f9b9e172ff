#include "examples/prayer_wall/page.h"

#include <string.h>

static void show_prayer(void *user, const struct wall_prayer *prayer)
{
	FILE *page = user;
	fputs("<article><p>", page);
	http_write_text(page, prayer->text);
	fputs("</p><p>", page);
	http_write_text(page, prayer->author);
	fputs(", ", page);
	http_write_text(page, prayer->category);
	fprintf(page, ", %d marks", prayer->marks);
	fprintf(page,
		"<form method=post action=/marks><input type=hidden name=prayer value=%d>"
		"<input name=user placeholder=\"your name\"><button>I prayed this</button>"
		"</form></article>\n",
		prayer->id);
}

static const char head[] =
	"<!doctype html><meta charset=utf-8><title>Prayer wall</title>\n"
	"<h1>Prayer wall</h1>\n";

static const char forms[] =
	"<form method=post action=/prayers><input name=author placeholder=\"your name\">"
	"<input name=text placeholder=\"pray for ...\"><button>Ask</button></form>\n"
	"<form method=post action=/users><input name=name placeholder=\"your name\">"
	"<input name=invite placeholder=invite><button>Join</button></form>\n"
	"<form method=post action=/invites><input name=sender placeholder=\"your name\">"
	"<input name=invite placeholder=\"a secret word\"><button>Invite</button></form>\n";

static int apologize(struct wall *wall, int status, FILE *page)
{
	fputs("<p>That did not work: ", page);
	http_write_text(page, wall->message);
	fputs("</p><p><a href=/>Back to the wall</a></p>\n", page);
	return status;
}

static int lost(struct wall *wall, FILE *page)
{
	snprintf(wall->message, sizeof(wall->message), "there is no such page");
	return apologize(wall, 404, page);
}

static const struct {
	const char *path;
	bool (*change)(struct wall *wall, const char *one, const char *two);
	const char *one, *two; /* names of the fields of the form */
} changes[] = {
	{"/users", wall_join, "name", "invite"},
	{"/prayers", wall_pray, "author", "text"},
	{"/marks", wall_mark, "prayer", "user"},
	{"/invites", wall_invite, "sender", "invite"},
};

static int change(struct wall *wall, const struct http_request *request, FILE *page)
{
	char one[WALL_TEXT_SIZE], two[WALL_TEXT_SIZE];
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		if (strcmp(request->path, changes[i].path))
			continue;
		http_form_value(request->form, changes[i].one, one, sizeof(one));
		http_form_value(request->form, changes[i].two, two, sizeof(two));
		if (!changes[i].change(wall, one, two))
			return apologize(wall, 400, page);
		fputs("<p>Done. <a href=/>Back to the wall</a></p>\n", page);
		return 200;
	}
	return lost(wall, page);
}

static int answer(struct wall *wall, const struct http_request *request, FILE *page)
{
	if (!strcmp(request->method, "POST"))
		return change(wall, request, page);
	if (strcmp(request->path, "/"))
		return lost(wall, page);
	if (!wall_show(wall, show_prayer, page))
		return apologize(wall, 503, page);
	fputs(forms, page);
	return 200;
}

int page_answer(void *user, const struct http_request *request, FILE *page)
{
	struct page_site *site = user;
	enum fitness_answer fitness = fitness_ask(&site->fitness);
	fputs(head, page);
	if (fitness != FITNESS_FULL)
		fprintf(page, "<p role=alert>%s</p>\n", site->fitness.notice);
	if (fitness == FITNESS_NONE)
		return 503;
	return answer(&site->wall, request, page);
}
