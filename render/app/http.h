/* render/app/http.h: the gate to libmicrohttpd: HTTP for the browser of this machine, or HTTPS for the local network.
 * One thread; what takes long comes from a pipe, and others are answered meanwhile. The library is loaded when a
 * server is opened. */
#ifndef RENDER_APP_HTTP_H
#define RENDER_APP_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "kb/base/err.h"
#include "kb/base/str.h"

struct http;

#define ADDRESS_TEXT 48
struct http_address {			/* of an interface of this machine */
	unsigned char b[16];		/* the first 4, or all */
	unsigned n, bits;		/* 4 or 16 bytes; how many bits the network has in common */
	char text[ADDRESS_TEXT];	/* "192.0.2.7" or "[2001:db8::7]", as in a URL */
};

struct http_request {			/* borrowed until the handler returns; decoded, any bytes but NUL */
	const char *path;		/* "/d/cs-mk-2022-taiwan.html" */
	bool post;			/* else GET or HEAD */
	struct str body;		/* of a POST, once it is all there */
	unsigned char peer[16];		/* who asks; IPv4 as ::ffff:a.b.c.d */
	const void *from;		/* for http_arg and the like */
};
/* The value of an argument ("q" of "?q=hawala"), header or cookie; STR_NONE when it is not there. */
struct str http_arg(const struct http_request *rq, const char *name);
struct str http_header(const struct http_request *rq, const char *name);
struct str http_cookie(const struct http_request *rq, const char *name);

struct http_field { const char *name, *value; };
struct http_reply {
	unsigned status;		/* 200 unless set */
	const char *type;		/* "text/html; charset=utf-8" unless set; a constant */
	struct buf body;		/* taken over and freed */
	int stream;			/* -1, or non-blocking: its bytes follow the body; taken over and closed */
	void (*ended)(void *);		/* of a stream: all was sent, or the connection is gone; called once */
	void *ended_with;
	struct http_field field[2];	/* more headers; copied */
};
typedef void http_handler(void *ctx, const struct http_request *rq, struct http_reply *reply);

struct http_app {
	http_handler *answer;
	/* The head of a POST: how many bytes its body may have; 0: none, the reply says why. NULL: no POST at all. */
	size_t (*expect)(void *ctx, const struct http_request *rq, struct http_reply *reply);
	void *ctx;
	/* Called when requests were answered and none waits; or NULL. */
	void (*idle)(void *idle_ctx);
	void *idle_ctx;
	const char *cert, *key;		/* PEM: HTTPS on these addresses; NULL: plain on 127.0.0.1 */
	const struct http_address *at;
	size_t n;
};

/* The addresses others on the local network reach this machine by, IPv4 first; 127.0.0.1 when there is none. At most
 * max; returns how many. */
size_t http_addresses(struct http_address *v, size_t max);

/* Listen; port 0: any free one. app is borrowed. Requests that are not for one of our own names (a page of the web
 * may have a name that leads here), of another method, or too long are answered without the handler; so is, with
 * HTTPS, whoever is not on a network of ours. RC_CONFLICT: the port is in use. */
enum rc http_open(struct http **h, uint16_t port, const struct http_app *app, struct err *e) NODISCARD;
uint16_t http_port(const struct http *h);
/* Answer requests until there is something to read from stop. */
enum rc http_run(struct http *h, int stop, struct err *e) NODISCARD;
void http_close(struct http *h);	/* no-op on NULL */

/* Is this the value of a Host header of ours, with the port: one of the addresses; with none: 127.0.0.1, localhost or
 * [::1]. */
bool http_host_valid(const char *host, uint16_t port, const struct http_address *at, size_t n);
/* Is the peer (as in http_request) on the network of that address, or has both an address for private networks? */
bool http_near(const unsigned char peer[16], const struct http_address *at);

void http_plain(struct http_reply *r, unsigned status, const char *text);	/* a sentence as text/plain */

#endif
