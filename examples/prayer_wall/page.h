/*
 * Page: the wall as a web page, and the forms on it.
 */
#ifndef EXAMPLES_PRAYER_WALL_PAGE_H
#define EXAMPLES_PRAYER_WALL_PAGE_H

#include "examples/prayer_wall/fitness.h"
#include "examples/prayer_wall/http.h"
#include "examples/prayer_wall/wall.h"

struct page_site {
	struct fitness fitness;
	struct wall wall;
};

/* user: a struct page_site. */
int page_answer(void *user, const struct http_request *request, FILE *page);

#endif
