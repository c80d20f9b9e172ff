/*
 * Page: the wall as a web page, and the forms on it.
 */
#ifndef EXAMPLES_PRAYER_WALL_PAGE_H
#define EXAMPLES_PRAYER_WALL_PAGE_H

#include "examples/prayer_wall/http.h"

/* user: a struct wall. */
int page_answer(void *user, const struct http_request *request, FILE *page);

#endif
