/*
 * HTTP: as much of HTTP/1.0 as a small wall needs, on loopback, one request at a time.
 */
#ifndef EXAMPLES_PRAYER_WALL_HTTP_H
#define EXAMPLES_PRAYER_WALL_HTTP_H

#include <stddef.h>
#include <stdio.h>

#define HTTP_REQUEST_SIZE 16384

struct http_request {
	const char *method; /* "GET" */
	const char *path;   /* "/prayers" */
	const char *form;   /* what a form sent: "name=Ada&invite=" */
};

/* Writes the page and returns the status, such as 200. */
typedef int http_handler_fn(void *user, const struct http_request *request, FILE *page);

/*
 * Listens on 127.0.0.1. port: 0 takes a free one.
 * Returns the socket, and the port in *port; -1 and errno where that is not possible.
 */
int http_listen(unsigned short *port);

/* Answers requests until there is something to read from `stop`. */
void http_serve(int listener, int stop, http_handler_fn *handler, void *user);

/* Decodes a value of the form into `out`; cut to its size, empty if it is not there. */
void http_form_value(const char *form, const char *name, char *out, size_t size);

/* Writes text so that a browser shows it and does nothing else with it. */
void http_write_text(FILE *page, const char *text);

#endif
