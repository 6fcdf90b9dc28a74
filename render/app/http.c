/* render/app/http.c: see http.h. The only file that includes <microhttpd.h>.
 *
 * The library runs no thread of its own: its epoll descriptor is polled here beside our listening sockets, the
 * descriptor that ends us and what streams wait for, so that pages, index and Markdown worker are used by one
 * thread. Every answer says that the page may load nothing from elsewhere, stand in no frame and tell no address, and
 * is kept by nobody.
 *
 * Connections are accepted here and handed to the library. Bounded are: connections, in all and of one address;
 * bytes of a request's head and body; seconds of silence; and seconds for one request and its answer, since a client
 * that sends a byte now and then is never silent. A stream has longer; while its pipe is empty, the connection is
 * taken out of the library's loop, and we look whether the client is still there. */
#include "render/app/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "kb/base/arena.h"
#include "kb/gate/load.h"

#define LIBRARY "libmicrohttpd.so.12"
#define URL_MAX 2048			/* bytes of a path */
#define MEMORY ((size_t)32 << 10)	/* bytes of one request's line and headers */
#define NOT_OURS "This address is not one of this program; use the one it printed at its start."
#define STREAM_BLOCK ((size_t)16 << 10)
enum {
	CONNECTIONS = 256, ONE_ADDRESS = 32,
	IDLE = 15,			/* seconds until a silent connection is closed */
	WHOLE = 60,			/* for a request and its answer */
	STREAM_WHOLE = 1800,		/* when that is a stream */
	ADDRESSES = 16
};

#define FUNCTIONS(X) X(start_daemon) X(stop_daemon) X(get_daemon_info) X(run) X(get_timeout) X(add_connection) \
	X(lookup_connection_value) X(create_response_from_buffer) X(create_response_from_callback) X(add_response_header) \
	X(queue_response) X(destroy_response) X(suspend_connection) X(resume_connection) X(get_connection_info)

#define X(name) static __typeof__(MHD_##name) *p_##name;
FUNCTIONS(X)
#undef X

struct conn {				/* from accept to close */
	struct conn *next, **link;
	int fd;
	double since;			/* when what it does now began */
	bool streams;
};

struct stream {				/* an answer that comes from a pipe */
	struct stream *next, **link;
	struct MHD_Connection *c;
	struct conn *conn;
	struct buf first;		/* before the bytes of the pipe */
	size_t sent;			/* of it */
	int fd;
	bool waits, dead;		/* waits: taken out of the library's loop until there is something to read */
	void (*ended)(void *);
	void *ended_with;
};

struct request {			/* its body so far */
	struct buf body;
	size_t max;
	bool refused;
};

struct http {
	struct MHD_Daemon *daemon;
	int listens[ADDRESSES], poll_fd;	/* poll_fd: the library's epoll */
	size_t nlistens;
	struct conn *conns;
	struct stream *streams;
	uint16_t port;
	const struct http_app *app;
	bool worked;			/* something was answered since it was idle */
};

static enum rc load(struct err *e)
{
#define X(name) { "MHD_" #name, &p_##name },
	static const struct load_function functions[] = { FUNCTIONS(X) { NULL, NULL } };
#undef X

	return load_library(LIBRARY, "libmicrohttpd12", functions, e);
}

static double clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- addresses ---- */

static bool host_is(const char *host, const char *name, uint16_t port, uint16_t usual)
{
	char want[ADDRESS_TEXT + 8];

	snprintf(want, sizeof want, "%s:%u", name, (unsigned)port);
	return strcmp(host, want) == 0 || (port == usual && strcmp(host, name) == 0);
}

bool http_host_valid(const char *host, uint16_t port, const struct http_address *at, size_t n)
{
	static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };
	size_t i;

	for (i = 0; host && !n && i < sizeof names / sizeof names[0]; i++)
		if (host_is(host, names[i], port, 80))
			return true;
	for (i = 0; host && i < n; i++)
		if (host_is(host, at[i].text, port, 443))
			return true;
	return false;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned rest = bits % 8;

	return memcmp(a, b, bits / 8) == 0 && (!rest || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0);
}

/* Addresses that the Internet does not carry. */
static bool private_address(const unsigned char *b, unsigned n)
{
	if (n == 16)
		return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
	return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
	    (b[0] == 169 && b[1] == 254);
}

static const unsigned char v4[12] = { [10] = 0xff, [11] = 0xff };	/* ::ffff:0.0.0.0/96 */

bool http_near(const unsigned char peer[16], const struct http_address *at)
{
	if (at->n == 4 ? memcmp(peer, v4, sizeof v4) != 0 : memcmp(peer, v4, sizeof v4) == 0)
		return false;
	peer += 16 - at->n;
	return same_bits(peer, at->b, at->bits) || (private_address(peer, at->n) && private_address(at->b, at->n));
}

/* The bytes of a socket address; 0 for what is neither IPv4 nor IPv6. */
static unsigned address_bytes(unsigned char b[16], const struct sockaddr *sa)
{
	if (sa && sa->sa_family == AF_INET)
		return memcpy(b, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4), 4;
	if (sa && sa->sa_family == AF_INET6)
		return memcpy(b, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16), 16;
	return 0;
}

static void peer_bytes(unsigned char out[16], const struct sockaddr *sa)
{
	unsigned char b[16] = { 0 };
	unsigned n = address_bytes(b, sa);

	memcpy(out, v4, sizeof v4);
	memcpy(out + 16 - (n ? n : 16), b, n ? n : 16);
}

static void add_address(struct http_address *v, size_t *n, size_t max, const struct sockaddr *sa, const struct sockaddr *mask)
{
	struct http_address a = { .n = 0 };
	unsigned char m[16] = { 0 };
	unsigned i;

	a.n = address_bytes(a.b, sa);
	(void)address_bytes(m, mask);
	/* Link-local addresses of IPv6 need the name of an interface, which a browser does not take. */
	if (*n == max || !a.n || (a.n == 16 && a.b[0] == 0xfe && (a.b[1] & 0xc0) == 0x80))
		return;
	for (i = 0; i < a.n * 8 && m[i / 8] >> (7 - i % 8) & 1; i++)
		;
	a.bits = i;
	if (a.n == 4)
		snprintf(a.text, sizeof a.text, "%u.%u.%u.%u", a.b[0], a.b[1], a.b[2], a.b[3]);
	else if (!inet_ntop(AF_INET6, a.b, a.text + 1, sizeof a.text - 2))
		return;
	if (a.n == 16) {
		a.text[0] = '[';
		strcat(a.text, "]");
	}
	v[(*n)++] = a;
}

size_t http_addresses(struct http_address *v, size_t max)
{
	struct ifaddrs *all = NULL, *i;
	size_t n = 0;
	int family;

	if (getifaddrs(&all))
		all = NULL;
	for (family = AF_INET; ; family = AF_INET6) {
		for (i = all; i; i = i->ifa_next)
			if (i->ifa_addr && i->ifa_addr->sa_family == family && i->ifa_flags & IFF_UP && !(i->ifa_flags & IFF_LOOPBACK))
				add_address(v, &n, max, i->ifa_addr, i->ifa_netmask);
		if (family == AF_INET6)
			break;
	}
	if (all)
		freeifaddrs(all);
	if (!n && max)
		v[n++] = (struct http_address){ .b = { 127, 0, 0, 1 }, .n = 4, .bits = 8, .text = "127.0.0.1" };
	return n;
}

/* ---- requests ---- */

static struct str value_of(const struct http_request *rq, enum MHD_ValueKind kind, const char *name)
{
	return cstr(p_lookup_connection_value((struct MHD_Connection *)(uintptr_t)rq->from, kind, name));
}

struct str http_arg(const struct http_request *rq, const char *name)
{
	return value_of(rq, MHD_GET_ARGUMENT_KIND, name);
}

struct str http_header(const struct http_request *rq, const char *name)
{
	return value_of(rq, MHD_HEADER_KIND, name);
}

struct str http_cookie(const struct http_request *rq, const char *name)
{
	return value_of(rq, MHD_COOKIE_KIND, name);
}

void http_plain(struct http_reply *r, unsigned status, const char *text)
{
	r->status = status;
	r->type = "text/plain; charset=utf-8";
	buf_clear(&r->body);
	buf_puts(&r->body, text);
	buf_putc(&r->body, '\n');
}

/* ---- streams ---- */

static ssize_t stream_read(void *cls, uint64_t at, char *p, size_t max)
{
	struct stream *s = cls;
	size_t left = s->first.n - s->sent;
	ssize_t n;

	(void)at;
	if (left) {
		if (left > max)
			left = max;
		memcpy(p, s->first.p + s->sent, left);
		s->sent += left;
		return (ssize_t)left;
	}
	if (s->dead)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if ((n = read(s->fd, p, max)) > 0)
		return n;
	if (n == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (errno != EAGAIN && errno != EINTR)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	p_suspend_connection(s->c);
	s->waits = true;
	return 0;
}

static void stream_end(void *cls)
{
	struct stream *s = cls;

	if ((*s->link = s->next))
		s->next->link = s->link;
	if (s->conn)
		s->conn->streams = false;
	close(s->fd);
	if (s->ended)
		s->ended(s->ended_with);
	buf_free(&s->first);
	free(s);
}

static struct MHD_Response *stream_response(struct http *h, struct MHD_Connection *c, struct conn *conn, struct http_reply *r)
{
	struct stream *s = xmalloc(sizeof *s);
	struct MHD_Response *response;

	*s = (struct stream){ .next = h->streams, .link = &h->streams, .c = c, .conn = conn, .first = r->body, .fd = r->stream,
		.ended = r->ended, .ended_with = r->ended_with };
	r->body = (struct buf)BUF_INIT;
	if (s->next)
		s->next->link = &s->next;
	h->streams = s;
	if (conn) {
		conn->streams = true;
		conn->since = clock_seconds();
	}
	if (!(response = p_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, s, stream_end)))
		stream_end(s);
	return response;
}

/* ---- answers ---- */

static struct conn *conn_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = p_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static enum MHD_Result send_reply(struct http *h, struct MHD_Connection *c, struct http_reply *r)
{
	static const char *const headers[][2] = {
		{ "Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
		    "base-uri 'none'; form-action 'self'; "
		    "frame-ancestors 'none'" },
		{ "X-Content-Type-Options", "nosniff" }, { "Referrer-Policy", "no-referrer" }, { "X-Frame-Options", "DENY" },
		{ "Cross-Origin-Resource-Policy", "same-origin" }, { "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cache-Control", "no-store" },
	};
	struct MHD_Response *response;
	enum MHD_Result ok = MHD_NO;
	size_t i;

	if (r->stream >= 0)
		response = stream_response(h, c, conn_of(c), r);
	else
		response = p_create_response_from_buffer(r->body.n, r->body.n ? r->body.p : NULL, MHD_RESPMEM_MUST_COPY);
	if (response) {
		p_add_response_header(response, "Content-Type", r->type);
		if (r->status == 405)
			p_add_response_header(response, "Allow", "GET, HEAD");
		for (i = 0; i < sizeof headers / sizeof headers[0]; i++)
			p_add_response_header(response, headers[i][0], headers[i][1]);
		for (i = 0; i < sizeof r->field / sizeof r->field[0]; i++)
			if (r->field[i].name)
				p_add_response_header(response, r->field[i].name, r->field[i].value);
		ok = p_queue_response(c, r->status, response);
		p_destroy_response(response);
	}
	buf_free(&r->body);
	return ok;
}

/* Called with the head of a request, then with each part of its body, then once more. Answered before the end of the
 * request is seen, a connection is not kept: so what we refuse anyway is refused then, and the rest waits. */
static enum MHD_Result answer(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **state)
{
	struct http *h = ctx;
	const struct http_app *app = h->app;
	const union MHD_ConnectionInfo *info = p_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct http_request rq = { .path = url, .from = c };
	struct http_reply r = { .status = 200, .type = "text/html; charset=utf-8", .body = BUF_INIT, .stream = -1 };
	struct request *got = *state;
	uint64_t length;
	bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	(void)version;
	rq.post = strcmp(method, "POST") == 0 && app->expect;
	peer_bytes(rq.peer, info ? info->client_addr : NULL);
	if (!got) {
		struct conn *conn = conn_of(c);

		if (conn)
			conn->since = clock_seconds();
		*state = got = xmalloc(sizeof *got);
		*got = (struct request){ .body = BUF_INIT };
		if (get)
			return MHD_YES;
		if (!rq.post)
			http_plain(&r, 405, "Only GET and HEAD are answered here.");
		else if (http_host_valid(p_lookup_connection_value(c, MHD_HEADER_KIND, "Host"), h->port, app->at, app->n) &&
		    (got->max = app->expect(app->ctx, &rq, &r))) {
			if (!str_u64(&length, http_header(&rq, "Content-Length")) || length <= got->max)
				return MHD_YES;
			http_plain(&r, 413, "That is more than is read here.");
		} else if (r.status == 200)
			http_plain(&r, 403, NOT_OURS);
		got->refused = true;
		return send_reply(h, c, &r);
	}
	if (*size) {
		if (*size > got->max - got->body.n || got->refused)
			return MHD_NO;		/* longer than was allowed */
		buf_add(&got->body, data, *size);
		*size = 0;
		return MHD_YES;
	}
	rq.body = rq.post ? (got->body.n ? buf_str(&got->body) : STR("")) : STR_NONE;
	if (!http_host_valid(p_lookup_connection_value(c, MHD_HEADER_KIND, "Host"), h->port, app->at, app->n))
		http_plain(&r, 403, NOT_OURS);
	else if (strlen(url) > URL_MAX)
		http_plain(&r, 414, "The address is too long.");
	else
		app->answer(app->ctx, &rq, &r);
	h->worked = true;
	return send_reply(h, c, &r);
}

static void completed(void *ctx, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	struct request *got = *state;
	struct conn *conn = conn_of(c);

	(void)ctx;
	(void)why;
	if (conn)
		conn->since = clock_seconds();
	if (got) {
		buf_free(&got->body);
		free(got);
	}
	*state = NULL;
}

static void connection(void *ctx, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode what)
{
	struct http *h = ctx;
	struct conn *conn = *state;
	struct stream *s;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info = p_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

		*state = conn = xmalloc(sizeof *conn);
		*conn = (struct conn){ .next = h->conns, .link = &h->conns, .fd = info ? info->connect_fd : -1, .since = clock_seconds() };
		if (conn->next)
			conn->next->link = &conn->next;
		h->conns = conn;
	} else if (conn) {
		for (s = h->streams; s; s = s->next)
			if (s->conn == conn)
				s->conn = NULL;
		if ((*conn->link = conn->next))
			conn->next->link = conn->link;
		free(conn);
		*state = NULL;
	}
}

/* ---- listening ---- */

static enum rc listen_on(int *out, struct http *h, const struct http_address *at, struct err *e)
{
	union { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; } a = { .any.sa_family = AF_INET };
	socklen_t n = at->n == 4 ? sizeof a.v4 : sizeof a.v6;
	int on = 1, fd;

	if (at->n == 4) {
		a.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(h->port) };
		memcpy(&a.v4.sin_addr, at->b, 4);
	} else {
		a.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(h->port) };
		memcpy(&a.v6.sin6_addr, at->b, 16);
	}
	if ((fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return err_errno(e, "socket");
	*out = fd;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, &a.any, n) || listen(fd, 64)) {
		if (errno == EADDRINUSE)
			return err_set(e, RC_CONFLICT, "port %u: in use by another program, perhaps another 'colep serve'; end that "
			    "one, or choose another with --port, 0 for any free one", (unsigned)h->port);
		return err_errno(e, "%s port %u", at->text, (unsigned)h->port);
	}
	if (getsockname(fd, &a.any, &n))
		return err_errno(e, "port %u", (unsigned)h->port);
	h->port = ntohs(at->n == 4 ? a.v4.sin_port : a.v6.sin6_port);
	return RC_OK;
}

enum rc http_open(struct http **out, uint16_t port, const struct http_app *app, struct err *e)
{
	static const struct http_address loopback = { .b = { 127, 0, 0, 1 }, .n = 4, .bits = 8, .text = "127.0.0.1" };
	struct http *h = xmalloc(sizeof *h);
	const union MHD_DaemonInfo *info;
	const struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)app->cert }, { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)app->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)"NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3" },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem end = { MHD_OPTION_END, 0, NULL };
	enum rc rc;

	*h = (struct http){ .port = port, .app = app };
	if ((rc = load(e)))
		goto out;
	do {
		int *fd = &h->listens[h->nlistens];

		*fd = -1;
		rc = listen_on(fd, h, app->n ? &app->at[h->nlistens] : &loopback, e);
		if (rc && *fd >= 0) {
			close(*fd);
			*fd = -1;
		}
		if (rc == RC_CONFLICT || (rc && !h->nlistens))
			goto out;
		h->nlistens++;			/* another one that is not ready yet: the others will do */
	} while (h->nlistens < app->n && h->nlistens < ADDRESSES);
	rc = RC_OK;
	h->daemon = p_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | (app->cert ? MHD_USE_TLS : 0u), 0,
	    NULL, NULL, answer, h, MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)(app->n ? ONE_ADDRESS : CONNECTIONS),
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE, MHD_OPTION_NOTIFY_COMPLETED, completed, h,
	    MHD_OPTION_NOTIFY_CONNECTION, connection, h, MHD_OPTION_ARRAY, app->cert ? tls : &end, MHD_OPTION_END);
	if (!h->daemon) {
		rc = err_set(e, RC_IO, "port %u: " LIBRARY " does not start", (unsigned)h->port);
		goto out;
	}
	if (!(info = p_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD))) {
		rc = err_set(e, RC_IO, LIBRARY ": was built without epoll");
		goto out;
	}
	h->poll_fd = info->epoll_fd;
	*out = h;
	h = NULL;
out:
	http_close(h);
	return rc;
}

uint16_t http_port(const struct http *h)
{
	return h->port;
}

static void accept_on(struct http *h, size_t i)
{
	struct sockaddr_in6 a;		/* the larger of the two */
	unsigned char peer[16];
	socklen_t n;
	int fd;

	for (;;) {
		n = sizeof a;
		if ((fd = accept4(h->listens[i], (struct sockaddr *)&a, &n, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
			return;
		peer_bytes(peer, (struct sockaddr *)&a);
		if (h->app->n && !http_near(peer, &h->app->at[i]))
			close(fd);
		else
			(void)p_add_connection(h->daemon, fd, (struct sockaddr *)&a, n);	/* closes it when it is one too many */
	}
}

static void cut(struct http *h)
{
	double now = clock_seconds();
	struct conn *conn;

	for (conn = h->conns; conn; conn = conn->next)
		if (now - conn->since > (conn->streams ? STREAM_WHOLE : WHOLE) && conn->fd >= 0)
			shutdown(conn->fd, SHUT_RDWR);
}

enum rc http_run(struct http *h, int stop, struct err *e)
{
	struct pollfd *p = NULL;
	MHD_UNSIGNED_LONG_LONG wait;
	struct stream *s;
	size_t n, k, cap = 0;
	enum rc rc = RC_OK;
	int timeout;

	for (;;) {
		for (n = 2 + h->nlistens, s = h->streams; s; s = s->next)
			n += s->waits ? 2 : 0;
		if (n > cap)
			p = xrealloc(p, (cap = n + 32) * sizeof *p);
		p[0] = (struct pollfd){ h->poll_fd, POLLIN, 0 };
		p[1] = (struct pollfd){ stop, POLLIN, 0 };
		for (k = 0; k < h->nlistens; k++)
			p[2 + k] = (struct pollfd){ h->listens[k], POLLIN, 0 };
		for (n = 2 + h->nlistens, s = h->streams; s; s = s->next) {
			if (!s->waits)
				continue;
			p[n++] = (struct pollfd){ s->fd, POLLIN, 0 };
			p[n++] = (struct pollfd){ s->conn ? s->conn->fd : -1, POLLRDHUP, 0 };
		}
		timeout = p_get_timeout(h->daemon, &wait) == MHD_YES ? (wait > 60000 ? 60000 : (int)wait) : -1;
		if (h->conns && (timeout < 0 || timeout > 1000))
			timeout = 1000;
		if (h->worked && h->app->idle && timeout && poll(p, (nfds_t)n, 0) == 0) {
			h->worked = false;
			h->app->idle(h->app->idle_ctx);
		}
		if (poll(p, (nfds_t)n, timeout) < 0 && errno != EINTR) {
			rc = err_errno(e, "waiting for requests");
			break;
		}
		if (p[1].revents)
			break;
		for (k = 0; k < h->nlistens; k++)
			if (p[2 + k].revents)
				accept_on(h, k);
		for (n = 2 + h->nlistens, s = h->streams; s; s = s->next) {
			if (!s->waits)
				continue;
			s->dead |= p[n + 1].revents != 0;
			if (p[n].revents || s->dead) {
				s->waits = false;
				p_resume_connection(s->c);
			}
			n += 2;
		}
		cut(h);
		if (p_run(h->daemon) != MHD_YES) {
			rc = err_set(e, RC_IO, LIBRARY ": cannot go on");
			break;
		}
	}
	free(p);
	return rc;
}

void http_close(struct http *h)
{
	struct stream *s;
	size_t i;

	if (!h)
		return;
	for (i = 0; i < h->nlistens; i++)
		if (h->listens[i] >= 0)
			close(h->listens[i]);
	for (s = h->streams; s; s = s->next) {
		s->dead = true;
		if (s->waits)
			p_resume_connection(s->c);	/* the library may not be stopped before */
		s->waits = false;
	}
	if (h->daemon)
		p_stop_daemon(h->daemon);	/* ends the streams too */
	free(h);
}
