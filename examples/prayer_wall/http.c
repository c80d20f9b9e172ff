#include "examples/prayer_wall/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How long one request may take, so that a slow one does not keep the others out. */
#define PATIENCE_MS 2000

static long long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Waits until the client can be read from or written to; false: it took too long. */
static bool wait_for(int client, short events, long long deadline)
{
	struct pollfd wait = {.fd = client, .events = events};
	long long left;
	int ready = 0;
	while ((left = deadline - now_ms()) > 0) {
		ready = poll(&wait, 1, (int)left);
		if (ready >= 0 || errno != EINTR)
			break;
	}
	return left > 0 && ready > 0;
}

int http_listen(unsigned short *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int yes = 1;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0)
		return -1;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 16) ||
		getsockname(listener, (struct sockaddr *)&address, &size)) {
		close(listener);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return listener;
}

/* What the header says of the length of the form. */
static size_t form_length(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");
	return line ? strtoul(line + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

/* Reads until the header and its form are complete. */
static bool read_request(int client, char *buffer, size_t size, long long deadline)
{
	size_t length = 0;
	while (wait_for(client, POLLIN, deadline)) {
		ssize_t n = recv(client, buffer + length, size - 1 - length, 0);
		if (n <= 0)
			return false;
		length += (size_t)n;
		buffer[length] = '\0';
		char *end = strstr(buffer, "\r\n\r\n");
		if (end && form_length(buffer) <= length - (size_t)(end + 4 - buffer))
			return true;
		if (length == size - 1)
			return false;
	}
	return false;
}

/* Cuts "GET /path HTTP/1.0" and the form out of the buffer. */
static bool parse_request(char *buffer, struct http_request *request)
{
	char *rest = NULL;
	char *form = strstr(buffer, "\r\n\r\n");
	*form = '\0';
	request->form = form + 4;
	request->method = strtok_r(buffer, " ", &rest);
	request->path = strtok_r(NULL, " ", &rest);
	return request->method && request->path;
}

static void send_all(int client, const char *bytes, size_t length, long long deadline)
{
	while (length && wait_for(client, POLLOUT, deadline)) {
		ssize_t n = send(client, bytes, length, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		bytes += n;
		length -= (size_t)n;
	}
}

static void answer(int client, http_handler_fn *handler, void *user)
{
	char buffer[HTTP_REQUEST_SIZE], head[160];
	struct http_request request;
	char *text = NULL;
	size_t length = 0;
	if (!read_request(client, buffer, sizeof(buffer), now_ms() + PATIENCE_MS) ||
		!parse_request(buffer, &request))
		return;
	FILE *page = open_memstream(&text, &length);
	if (!page)
		return;
	int status = handler(user, &request, page);
	if (!fclose(page)) {
		snprintf(head, sizeof(head),
			"HTTP/1.0 %d %s\r\nContent-Type: text/html; charset=utf-8\r\n"
			"Content-Length: %zu\r\n\r\n",
			status, status < 400 ? "OK" : "Error", length);
		long long deadline = now_ms() + PATIENCE_MS;
		send_all(client, head, strlen(head), deadline);
		send_all(client, text, length, deadline);
	}
	free(text);
}

void http_serve(int listener, int stop, http_handler_fn *handler, void *user)
{
	struct pollfd waits[] = {
		{.fd = stop, .events = POLLIN},
		{.fd = listener, .events = POLLIN},
	};
	for (;;) {
		if (poll(waits, 2, -1) < 0 && errno != EINTR)
			return;
		if (waits[0].revents)
			return;
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client < 0)
			continue;
		answer(client, handler, user);
		close(client);
	}
}

static int hex(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit ? strchr(digits, digit | 0x20) : NULL;
	return found ? (int)(found - digits) : -1;
}

void http_form_value(const char *form, const char *name, char *out, size_t size)
{
	size_t length = strlen(name), n = 0;
	while (form && (strncmp(form, name, length) || form[length] != '='))
		form = (form = strchr(form, '&')) ? form + 1 : NULL;
	form = form ? form + length + 1 : "";
	for (; *form && *form != '&' && n + 1 < size; form++) {
		int high = *form == '%' ? hex(form[1]) : -1;
		int low = high < 0 ? -1 : hex(form[2]);
		if (low >= 0)
			form += 2;
		out[n++] = low >= 0    ? (char)(high * 16 + low)
			: *form == '+' ? ' '
				       : *form;
	}
	out[n] = '\0';
}

void http_write_text(FILE *page, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", page);
			break;
		case '>':
			fputs("&gt;", page);
			break;
		case '&':
			fputs("&amp;", page);
			break;
		case '"':
			fputs("&quot;", page);
			break;
		default:
			fputc(*text, page);
		}
	}
}
