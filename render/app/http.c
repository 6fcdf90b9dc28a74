/* render/app/http.c: see http.h. The only file that includes <microhttpd.h>.
 *
 * The library runs no thread of its own: its epoll descriptor is polled here beside the one that ends us, so
 * that pages, index and Markdown worker are used by one thread. Requests have no body: whatever is not GET or
 * HEAD is refused before its body is read. Every answer says that the page may load nothing from elsewhere,
 * stand in no frame and tell no address, and is kept by nobody. */
#include "render/app/http.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "kb/base/arena.h"

#define LIBRARY "libmicrohttpd.so.12"
#define URL_MAX 2048			/* bytes of a path */
#define MEMORY ((size_t)32 << 10)	/* bytes of one request's line and headers */
#define CONNECTIONS 64
#define IDLE 15				/* seconds until a silent connection is closed */

#define FUNCTIONS(X) X(start_daemon) X(stop_daemon) X(get_daemon_info) X(run) X(get_timeout) \
	X(lookup_connection_value) X(create_response_from_buffer) X(add_response_header) \
	X(queue_response) X(destroy_response)

#define X(name) static __typeof__(MHD_##name) *p_##name;
FUNCTIONS(X)
#undef X

struct http {
	struct MHD_Daemon *daemon;
	void *library;
	int fd, poll_fd;		/* listening; the library's epoll */
	uint16_t port;
	http_handler *fn;
	void *ctx;
};

static enum rc load(struct http *h, struct err *e)
{
	void *f;

	if (!(h->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL)))
		return err_set(e, RC_IO, LIBRARY ": cannot be loaded; install the package libmicrohttpd12");
#define X(name) \
	if (!(f = dlsym(h->library, "MHD_" #name))) \
		return err_set(e, RC_IO, LIBRARY ": has no MHD_" #name "; install a version of its own series"); \
	memcpy(&p_##name, &f, sizeof f);
	FUNCTIONS(X)
#undef X
	return RC_OK;
}

bool http_host_valid(const char *host, uint16_t port)
{
	static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };
	char want[32];
	size_t i;

	for (i = 0; host && i < sizeof names / sizeof names[0]; i++) {
		snprintf(want, sizeof want, "%s:%u", names[i], (unsigned)port);
		if (strcmp(host, want) == 0 || (port == 80 && strcmp(host, names[i]) == 0))
			return true;
	}
	return false;
}

struct str http_arg(const struct http_request *rq, const char *name)
{
	const char *v = p_lookup_connection_value((struct MHD_Connection *)(uintptr_t)rq->from, MHD_GET_ARGUMENT_KIND, name);

	return cstr(v);
}

static void plain(struct http_reply *r, unsigned status, const char *text)
{
	r->status = status;
	r->type = "text/plain; charset=utf-8";
	buf_clear(&r->body);
	buf_puts(&r->body, text);
	buf_putc(&r->body, '\n');
}

static enum MHD_Result send_reply(struct MHD_Connection *c, struct http_reply *r)
{
	static const char *const headers[][2] = {
		{ "Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
		    "frame-ancestors 'none'" },
		{ "X-Content-Type-Options", "nosniff" }, { "Referrer-Policy", "no-referrer" }, { "X-Frame-Options", "DENY" },
		{ "Cross-Origin-Resource-Policy", "same-origin" }, { "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cache-Control", "no-store" },
	};
	struct MHD_Response *response;
	enum MHD_Result ok = MHD_NO;
	size_t i;

	response = p_create_response_from_buffer(r->body.n, r->body.n ? r->body.p : NULL, MHD_RESPMEM_MUST_COPY);
	if (response) {
		p_add_response_header(response, "Content-Type", r->type);
		if (r->status == 405)
			p_add_response_header(response, "Allow", "GET, HEAD");
		for (i = 0; i < sizeof headers / sizeof headers[0]; i++)
			p_add_response_header(response, headers[i][0], headers[i][1]);
		ok = p_queue_response(c, r->status, response);
		p_destroy_response(response);
	}
	buf_free(&r->body);
	return ok;
}

static enum MHD_Result answer(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **state)
{
	const struct http *h = ctx;
	const struct http_request rq = { url, c };
	struct http_reply r = { .status = 200, .type = "text/html; charset=utf-8", .body = BUF_INIT };

	(void)version;
	(void)data;
	if (*size)
		return MHD_NO;		/* a body: nobody of ours sends one */
	/* The first call comes before the end of the request is seen; answered then, the connection would not be
	 * kept. What we refuse anyway is not waited for. */
	if (!*state && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)) {
		*state = (void *)(uintptr_t)h;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		plain(&r, 405, "Only GET and HEAD are answered here.");
	else if (!http_host_valid(p_lookup_connection_value(c, MHD_HEADER_KIND, "Host"), h->port))
		plain(&r, 403, "This address is not one of this program; use the one it printed at its start.");
	else if (strlen(url) > URL_MAX)
		plain(&r, 414, "The address is too long.");
	else
		h->fn(h->ctx, &rq, &r);
	return send_reply(c, &r);
}

static enum rc listen_on(struct http *h, uint16_t port, struct err *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int on = 1;

	if ((h->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return err_errno(e, "socket");
	(void)setsockopt(h->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(h->fd, (struct sockaddr *)&a, sizeof a) || listen(h->fd, CONNECTIONS)) {
		if (errno == EADDRINUSE)
			return err_set(e, RC_CONFLICT, "port %u: in use by another program, perhaps another 'colep serve'; end that "
			    "one, or choose another with --port, 0 for any free one", (unsigned)port);
		return err_errno(e, "port %u", (unsigned)port);
	}
	if (getsockname(h->fd, (struct sockaddr *)&a, &n))
		return err_errno(e, "port %u", (unsigned)port);
	h->port = ntohs(a.sin_port);
	return RC_OK;
}

enum rc http_open(struct http **out, uint16_t port, http_handler *fn, void *ctx, struct err *e)
{
	struct http *h = xmalloc(sizeof *h);
	const union MHD_DaemonInfo *info;
	enum rc rc;

	*h = (struct http){ .fd = -1, .fn = fn, .ctx = ctx };
	if ((rc = load(h, e)) || (rc = listen_on(h, port, e)))
		goto out;
	h->daemon = p_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, h, MHD_OPTION_LISTEN_SOCKET, h->fd,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE, MHD_OPTION_END);
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

enum rc http_run(struct http *h, int stop, struct err *e)
{
	struct pollfd p[2] = { { h->poll_fd, POLLIN, 0 }, { stop, POLLIN, 0 } };
	MHD_UNSIGNED_LONG_LONG wait;
	int timeout;

	for (;;) {
		timeout = p_get_timeout(h->daemon, &wait) == MHD_YES ? (wait > 60000 ? 60000 : (int)wait) : -1;
		if (poll(p, 2, timeout) < 0 && errno != EINTR)
			return err_errno(e, "waiting for requests");
		if (p[1].revents)
			return RC_OK;
		if (p_run(h->daemon) != MHD_YES)
			return err_set(e, RC_IO, LIBRARY ": cannot go on");
	}
}

void http_close(struct http *h)
{
	if (!h)
		return;
	if (h->daemon)
		p_stop_daemon(h->daemon);	/* closes the socket too */
	else if (h->fd >= 0)
		close(h->fd);
	if (h->library)
		dlclose(h->library);
	free(h);
}
