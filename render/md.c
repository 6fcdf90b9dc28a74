/* render/md.c: the parent's side of md_worker.c: one worker, one document after another, one second of processor time each,
 * whatever else the machine does, so that a page does not depend on that.
 *
 * Documents that are expected are sent before they are asked for, so that neither side waits for the other at each of them.
 * Answers come in the order of the questions. Where one does not come, it may be for a document behind it, whose turn it was:
 * then all that were sent go to the next worker one by one, and what fails alone has failed.
 *
 * The worker is believed in nothing: not to answer, not to end, not to say a length that is true. Each
 * failure costs it its life, and the next document gets a new one. It is replaced after DOCS documents
 * also when all went well, which keeps its CPU time below its limit and bounds how long one that was
 * taken over could lie about the documents of others. Not sooner: one that comes late is a fork of all that
 * was read since, which costs more and tells it more.
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

#define DEADLINE 1000			/* ms of processor time for a document, from when it is waited for */
#define PATIENCE 10000			/* ms by the clock, for one that takes none */
#define DOCS 10000			/* documents of one worker: DOCS * DEADLINE is below its CPU limit */
#define CHUNK ((size_t)64 << 10)	/* bytes that are read at a time */

struct md {
	pid_t pid;			/* 0: none */
	int fd;
	unsigned docs;
	struct str *texts;		/* borrowed: to be asked for, from `next` on; up to `asked` the worker has them, or out */
	size_t next, asked, n, cap;
	size_t alone;			/* of these, so many are sent one by one */
	struct buf out, in;		/* to and from the worker: from out_at on not sent, from in_at on not looked at */
	size_t out_at, in_at;
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

	buf_clear(&m->out);
	buf_clear(&m->in);
	m->out_at = m->in_at = 0;
	m->asked = m->next;		/* what it had of the others goes to the next one */
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

struct md *md_open_later(void)
{
	struct md *m = xmalloc(sizeof *m);

	*m = (struct md){ .fd = -1 };
	return m;
}

enum rc md_open(struct md **out, struct err *e)
{
	struct md *m = md_open_later();
	enum rc rc;

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
	buf_free(&m->out);
	buf_free(&m->in);
	free(m->texts);
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

/* Send what there is room for. That the worker has ended is seen where its answer is read, behind those that it gave. */
static bool send_some(struct md *m)
{
	ssize_t k;

	if (m->out_at == m->out.n)
		return false;
	k = send(m->fd, m->out.p + m->out_at, m->out.n - m->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (k < 0)
		return false;
	m->out_at += (size_t)k;
	if (m->out_at == m->out.n) {
		buf_clear(&m->out);
		m->out_at = 0;
	}
	return true;
}

/* Until n bytes that were not looked at are there. until: set when it is waited for the first time. */
static enum end receive(struct md *m, size_t n, struct deadline *until)
{
	struct pollfd p = { m->fd, POLLIN, 0 };
	int64_t left = DEADLINE;
	bool sent;
	ssize_t k;

	if (m->in.n - m->in_at < n && m->in_at) {
		memmove(m->in.p, m->in.p + m->in_at, m->in.n - m->in_at);
		m->in.n -= m->in_at;
		m->in_at = 0;
	}
	while (m->in.n - m->in_at < n) {
		sent = send_some(m);
		buf_reserve(&m->in, n - m->in.n < CHUNK ? CHUNK : n - m->in.n);
		k = recv(m->fd, m->in.p + m->in.n, n - m->in.n < CHUNK ? CHUNK : n - m->in.n, MSG_DONTWAIT);
		if (k == 0 || (k < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
			return END_DEAD;
		if (k > 0)
			m->in.n += (size_t)k;
		if (k > 0 || sent)
			continue;
		if (!until->clock)
			*until = (struct deadline){ spent_ms(m->pid) + DEADLINE, now_ms() + PATIENCE };
		else if (now_ms() >= until->clock || (left = until->spent - spent_ms(m->pid)) <= 0)
			return END_LATE;
		p.events = m->out_at < m->out.n ? POLLIN | POLLOUT : POLLIN;
		if (poll(&p, 1, left < DEADLINE ? (int)left : DEADLINE) < 0 && errno != EINTR)
			return END_DEAD;
	}
	return END_OK;
}

/* The next answer; it is good until something is received. */
static enum end answer(struct str *raw, struct md *m)
{
	struct deadline until = { 0 };
	enum end end;
	uint32_t n;

	if ((end = receive(m, sizeof n, &until)))
		return end;
	memcpy(&n, m->in.p + m->in_at, sizeof n);
	if (n > MD_OUT)
		return END_LONG;
	if ((end = receive(m, sizeof n + n, &until)))
		return end;
	*raw = (struct str){ m->in.p + m->in_at + sizeof n, n };
	m->in_at += sizeof n + n;
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

/* Ask the worker, if there is one, for all that is expected. */
static void ask(struct md *m)
{
	char c;

	/* One with something to say before it was asked, or nothing any more, is of no use. */
	if (m->pid && m->asked == m->next &&
	    (m->docs >= DOCS || m->in_at < m->in.n || recv(m->fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) >= 0))
		reap(m);
	if (m->out_at) {
		memmove(m->out.p, m->out.p + m->out_at, m->out.n - m->out_at);
		m->out.n -= m->out_at;
		m->out_at = 0;
	}
	for (; m->pid && m->asked < m->n && m->docs < DOCS && (!m->alone || m->asked == m->next); m->asked++, m->docs++) {
		uint32_t n = (uint32_t)m->texts[m->asked].n;

		buf_add(&m->out, &n, sizeof n);
		buf_str_add(&m->out, m->texts[m->asked]);
	}
}

void md_forget(struct md *m)
{
	if (m->asked > m->next)
		reap(m);		/* its next answer is one that nobody wants */
	m->next = m->asked = m->n = m->alone = 0;
}

static void expect(struct md *m, struct str markdown)
{
	if (m->next == m->n)
		md_forget(m);
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 16;
		m->texts = xrealloc(m->texts, m->cap * sizeof *m->texts);
	}
	m->texts[m->n++] = markdown;
}

void md_expect(struct md *m, struct str markdown)
{
	if (markdown.n > MD_IN)
		return;			/* md_render does not ask for it either */
	expect(m, markdown);
}

void md_begin(struct md *m)
{
	ask(m);
	(void)send_some(m);
}

/* The raw HTML, good until the next document. */
static enum rc parse(struct str *raw, struct md *m, struct str markdown, struct err *e)
{
	bool again = true;
	enum end end;
	enum rc rc = RC_OK;
	size_t sent;
	int status;

	if (m->next == m->n || m->texts[m->next].p != markdown.p || m->texts[m->next].n != markdown.n) {
		md_forget(m);
		expect(m, markdown);
	}
	for (;;) {
		ask(m);
		if (!m->pid && (rc = spawn(m, e))) {
			m->asked = ++m->next;
			return rc;
		}
		ask(m);
		sent = m->asked - m->next;
		if ((end = answer(raw, m)) == END_OK)
			break;
		status = reap(m);
		if (sent > 1) {
			m->alone = sent;
		} else if (!again || end != END_DEAD || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
			m->asked = m->next + 1;
			rc = explain(e, end, status);
			break;
		} else {
			again = false;
		}
	}
	m->next++;
	m->alone -= m->alone > 0;
	return rc;
}

static void broken(struct buf *html, struct str markdown)
{
	buf_puts(html, "<pre class=\"broken\" dir=\"auto\">");
	buf_html_escape(html, markdown);
	buf_puts(html, "</pre>\n");
}

enum rc md_render(struct buf *html, struct md *m, struct str markdown, md_link_fn *link, void *ctx, struct err *e)
{
	struct str raw;
	enum rc rc;

	if (markdown.n > MD_IN) {
		rc = err_set(e, RC_INVALID, "%zu bytes of Markdown, more than %zu", markdown.n, MD_IN);
	} else if ((rc = parse(&raw, m, markdown, e)) == RC_OK) {
		buf_reserve(html, raw.n + raw.n / 4);
		rc = md_filter(html, raw, link, ctx, e);
		if (rc)
			reap(m);	/* one that writes such HTML is not asked again */
	}
	if (rc == RC_INVALID)
		broken(html, markdown);
	return rc;
}
