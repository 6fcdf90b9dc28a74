/* render/md.c: the parent's side of md_worker.c: one worker, one document at a time, one second of processor time each,
 * whatever else the machine does, so that a page does not depend on that.
 *
 * The worker is believed in nothing: not to answer, not to end, not to say a length that is true. Each
 * failure costs it its life, and the next document gets a new one. It is replaced after DOCS documents
 * also when all went well, which keeps its CPU time below its limit and bounds how long one that was
 * taken over could lie about the documents of others.
 *
 * A worker killed by SIGKILL that we did not send (the out-of-memory killer, an administrator, the end
 * of the thread that had forked it) says nothing about the document, which is tried once more. */
#include "render/md.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kb/base/arena.h"
#include "render/md_worker.h"

#define DEADLINE 1000			/* ms of processor time for a document, from the first byte sent to the last received */
#define PATIENCE 10000			/* ms by the clock, for one that takes none */
#define DOCS 3000			/* documents of one worker: DOCS * DEADLINE is below its CPU limit */

struct md {
	pid_t pid;			/* 0: none */
	int fd;
	unsigned docs;
	struct buf raw;			/* what the worker answered */
};

static enum rc spawn(struct md *m, struct err *e)
{
	pid_t self = getpid();
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		return err_errno(e, "pipe to the Markdown parser");
	m->pid = fork();
	if (m->pid == 0)
		md_worker(fd[1], self);
	if (m->pid < 0) {
		m->pid = 0;
		err_errno(e, "process for the Markdown parser");
		close(fd[0]);
		close(fd[1]);
		return RC_IO;
	}
	close(fd[1]);
	m->fd = fd[0];
	m->docs = 0;
	return RC_OK;
}

/* End the worker and return its status as wait(2) has it. One that was ending already keeps its own. */
static int reap(struct md *m)
{
	int status = 0;
	pid_t got;

	if (m->pid == 0)
		return 0;
	kill(m->pid, SIGKILL);
	while ((got = waitpid(m->pid, &status, 0)) < 0 && errno == EINTR)
		;
	close(m->fd);
	m->pid = 0;
	m->fd = -1;
	return got < 0 ? 0 : status;
}

enum rc md_open(struct md **out, struct err *e)
{
	struct md *m = xmalloc(sizeof *m);
	enum rc rc;

	*m = (struct md){ .fd = -1 };
	if ((rc = spawn(m, e))) {
		free(m);
		return rc;
	}
	*out = m;
	return RC_OK;
}

void md_close(struct md *m)
{
	if (!m)
		return;
	reap(m);
	buf_free(&m->raw);
	free(m);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* How an exchange with the worker ended. */
enum end { END_OK, END_LATE, END_DEAD, END_LONG };

/* ms of processor time that the worker has taken; 0 when it has ended, which poll tells. */
static int64_t spent_ms(pid_t pid)
{
	struct timespec t;
	clockid_t id;

	if (clock_getcpuclockid(pid, &id) || clock_gettime(id, &t))
		return 0;
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct deadline { int64_t spent, clock; };

/* Move n bytes to (out) or from (in) the worker; one of the two is NULL. */
static enum end transfer(struct md *m, const char *out, char *in, size_t n, struct deadline until)
{
	struct pollfd p = { m->fd, out ? POLLOUT : POLLIN, 0 };
	int64_t left;
	ssize_t k;

	while (n) {
		k = out ? send(m->fd, out, n, MSG_NOSIGNAL | MSG_DONTWAIT) : recv(m->fd, in, n, MSG_DONTWAIT);
		if (k > 0) {
			n -= (size_t)k;
			out = out ? out + k : NULL;
			in = in ? in + k : NULL;
			continue;
		}
		if (k == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
			return END_DEAD;
		if (now_ms() >= until.clock || (left = until.spent - spent_ms(m->pid)) <= 0)
			return END_LATE;
		if (poll(&p, 1, left < DEADLINE ? (int)left : DEADLINE) < 0 && errno != EINTR)
			return END_DEAD;
	}
	return END_OK;
}

static enum end exchange(struct md *m, struct str markdown)
{
	struct deadline until = { spent_ms(m->pid) + DEADLINE, now_ms() + PATIENCE };
	uint32_t n = (uint32_t)markdown.n;
	enum end end;

	buf_clear(&m->raw);
	if ((end = transfer(m, (const char *)&n, NULL, sizeof n, until)) ||
	    (end = transfer(m, markdown.p, NULL, markdown.n, until)) ||
	    (end = transfer(m, NULL, (char *)&n, sizeof n, until)))
		return end;
	if (n > MD_OUT)
		return END_LONG;
	buf_reserve(&m->raw, n);
	if ((end = transfer(m, NULL, m->raw.p, n, until)))
		return end;
	m->raw.n = n;
	m->raw.p[n] = '\0';
	return END_OK;
}

/* The message for an exchange that did not end well, from what became of the worker. */
static enum rc explain(struct err *e, enum end end, int status)
{
	if (end == END_LATE)
		return err_set(e, RC_INVALID, "Markdown parser: no end within %d ms", DEADLINE);
	if (end == END_LONG)
		return err_set(e, RC_INVALID, "Markdown parser: more than %zu bytes of HTML", MD_OUT);
	if (WIFEXITED(status) && WEXITSTATUS(status) == MD_EXIT_MEMORY)
		return err_set(e, RC_INVALID, "Markdown parser: out of memory");
	if (WIFEXITED(status) && WEXITSTATUS(status) == MD_EXIT_SANDBOX)
		return err_set(e, RC_IO, "Markdown parser: the system does not let it be locked in");
	if (WIFSIGNALED(status))
		return err_set(e, RC_INVALID, "Markdown parser: ended by signal %d", WTERMSIG(status));
	return err_set(e, RC_INVALID, "Markdown parser: ended with status %d", WEXITSTATUS(status));
}

/* The raw HTML into m->raw. */
static enum rc parse(struct md *m, struct str markdown, struct err *e)
{
	bool again = true;
	enum end end;
	enum rc rc;
	int status;
	char c;

	/* One with something to say before it was asked, or nothing any more, is of no use. */
	if (m->pid && (m->docs >= DOCS || recv(m->fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) >= 0))
		reap(m);
	for (;; again = false) {
		if (m->pid == 0 && (rc = spawn(m, e)))
			return rc;
		m->docs++;
		if ((end = exchange(m, markdown)) == END_OK)
			return RC_OK;
		status = reap(m);
		if (!(again && end == END_DEAD && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
			return explain(e, end, status);
	}
}

static void broken(struct buf *html, struct str markdown)
{
	buf_puts(html, "<pre class=\"broken\" dir=\"auto\">");
	buf_html_escape(html, markdown);
	buf_puts(html, "</pre>\n");
}

enum rc md_render(struct buf *html, struct md *m, struct str markdown, md_link_fn *link, void *ctx, struct err *e)
{
	enum rc rc;

	if (markdown.n > MD_IN) {
		rc = err_set(e, RC_INVALID, "%zu bytes of Markdown, more than %zu", markdown.n, MD_IN);
	} else if ((rc = parse(m, markdown, e)) == RC_OK) {
		rc = md_filter(html, buf_str(&m->raw), link, ctx, e);
		if (rc)
			reap(m);	/* one that writes such HTML is not asked again */
	}
	if (rc == RC_INVALID)
		broken(html, markdown);
	return rc;
}
