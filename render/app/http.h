/* render/app/http.h: the gate to libmicrohttpd: plain HTTP for the browser of this machine. One thread, one
 * request at a time, 127.0.0.1 only. The library is loaded when a server is opened. */
#ifndef RENDER_APP_HTTP_H
#define RENDER_APP_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "kb/base/err.h"
#include "kb/base/str.h"

struct http;

struct http_request {			/* borrowed until the handler returns; decoded, any bytes but NUL */
	const char *path;		/* "/d/cs-mk-2022-taiwan.html" */
	const void *from;		/* for http_arg */
};
/* The value of an argument ("q" of "?q=hawala"); STR_NONE when it is not there. */
struct str http_arg(const struct http_request *rq, const char *name);

struct http_reply {
	unsigned status;		/* 200 unless set */
	const char *type;		/* "text/html; charset=utf-8" unless set; a constant */
	struct buf body;		/* taken over and freed */
};
typedef void http_handler(void *ctx, const struct http_request *rq, struct http_reply *reply);

/* Listen on 127.0.0.1; port 0: any free one. Requests that are not GET or HEAD, not for one of our own names
 * (a page of the web may have a name that leads here), or too long are answered without the handler.
 * RC_CONFLICT: the port is in use. */
enum rc http_open(struct http **h, uint16_t port, http_handler *fn, void *ctx, struct err *e) NODISCARD;
uint16_t http_port(const struct http *h);
/* Answer requests until there is something to read from stop. */
enum rc http_run(struct http *h, int stop, struct err *e) NODISCARD;
void http_close(struct http *h);	/* no-op on NULL */

/* Is this the value of a Host header of ours: 127.0.0.1, localhost or [::1], with the port. */
bool http_host_valid(const char *host, uint16_t port);

#endif
