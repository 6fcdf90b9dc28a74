/* render/md_worker.c: the process in which cmark-gfm runs, and the only file that includes it.
 *
 * The parser is C of others on bytes of others: quadratic inputs and a read out of bounds are known,
 * more must be expected. So it runs where a takeover gains nothing but the answer to this document:
 *
 *	files     all closed but the pipe, which is fd 0; none can be opened
 *	calls     recvfrom and sendto on fd 0, giving memory back, exit; anything else is death by SIGSYS
 *	memory    one piece of ARENA bytes, mapped before the doors close, emptied after each document;
 *	          no call that would get more is allowed
 *	time      the parent's: it kills (md.c); RLIMIT_CPU stands behind that
 *
 * The arena makes memory a matter of the document alone: a worker that has served a thousand others has
 * as much of it as a new one, and whether a text is refused does not depend on what came before. cmark
 * takes all it needs from the allocator given to it; free gives back the last piece only. Measured on
 * 256 KiB: 6 MB for prose; 91 MB for nothing but ">", the most of a dozen hostile inputs whose answer
 * was not far beyond MD_OUT.
 *
 * RLIMIT_AS is set after the arena is mapped. A parent with large maps (LMDB, thread stacks) may be above
 * it already; that only forbids more, which is what it is for. The stack is touched before, since it could
 * not grow after. Under AddressSanitizer the limit is left out and its calls are allowed. */
#include "render/md_worker.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <seccomp.h>

#include "kb/base/str.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define ARENA ((size_t)160 << 20)	/* bytes */
#define ARENA_KEEP ((size_t)4 << 20)	/* bytes kept between documents; the rest goes back to the system */
#define MAX_AS ((rlim_t)256 << 20)	/* bytes: the arena, the libraries, the stack */
#define MAX_CPU (4 * 3600)		/* seconds in all; md.c replaces a worker before it can get there */
#define STACK ((size_t)256 << 10)	/* bytes touched beforehand; cmark walks its trees without recursion */
#define OPTIONS CMARK_OPT_FOOTNOTES	/* safe is the default: no raw HTML */

/* The allocator cmark is given: pieces one after another, each behind 16 bytes that hold its size. */
#define HEAD 16
static char *arena;
static size_t used, last;		/* bytes in use; where the last piece's head lies */

static void *piece(size_t n)
{
	size_t room;

	if (n > ARENA || (room = HEAD + (n + 15) / 16 * 16) > ARENA - used)
		_exit(MD_EXIT_MEMORY);
	last = used;
	used += room;
	memcpy(arena + last, &n, sizeof n);
	return arena + last + HEAD;
}

static void *mem_calloc(size_t count, size_t size)
{
	size_t n;
	void *p;

	if (__builtin_mul_overflow(count, size, &n))
		_exit(MD_EXIT_MEMORY);
	p = piece(n);
	return memset(p, 0, n);
}

static void *mem_realloc(void *p, size_t n)
{
	size_t old;
	void *q;

	if (!p)
		return piece(n);
	memcpy(&old, (char *)p - HEAD, sizeof old);
	if (n <= old)
		return p;
	if ((char *)p == arena + last + HEAD) {		/* the last piece grows where it is */
		used = last;
		return piece(n);
	}
	q = piece(n);
	return memcpy(q, p, old);
}

static void mem_free(void *p)
{
	if (p && (char *)p == arena + last + HEAD)
		used = last;
}

static cmark_mem mem = { mem_calloc, mem_realloc, mem_free };

static void mem_reset(void)
{
	if (used > ARENA_KEEP)
		madvise(arena + ARENA_KEEP, ARENA - ARENA_KEEP, MADV_DONTNEED);
	used = last = 0;
}

/* Several documents that were sent one behind the other, and answers that go back together. */
static char in[64 << 10], out[128 << 10];
static size_t at, have, ready;		/* in in: looked at, there; in out: to be sent */

static void read_all(char *p, size_t n)
{
	ssize_t got;
	size_t part;

	while (n) {
		if (at == have) {
			got = recv(0, in, sizeof in, 0);
			if (got == 0)
				_exit(0);	/* the parent closed the pipe or ended */
			if (got < 0) {
				if (errno == EINTR)
					continue;
				_exit(1);
			}
			at = 0;
			have = (size_t)got;
		}
		part = n < have - at ? n : have - at;
		memcpy(p, in + at, part);
		at += part;
		p += part;
		n -= part;
	}
}

static void write_all(const char *p, size_t n)
{
	ssize_t put;

	while (n) {
		put = send(0, p, n, MSG_NOSIGNAL);
		if (put < 0) {
			if (errno == EINTR)
				continue;
			_exit(1);
		}
		p += put;
		n -= (size_t)put;
	}
}

static void answer(const char *p, size_t n)
{
	if (n > sizeof out - ready) {
		write_all(out, ready);
		ready = 0;
	}
	if (n > sizeof out) {
		write_all(p, n);
		return;
	}
	memcpy(out + ready, p, n);
	ready += n;
}

/* Is the next document there already. */
static bool asked(void)
{
	uint32_t n;

	if (have - at < sizeof n)
		return false;
	memcpy(&n, in + at, sizeof n);
	return n <= have - at - sizeof n;
}

static void serve(cmark_syntax_extension **ext, size_t n_ext)
{
	cmark_parser *parser;
	cmark_node *tree;
	char *text, *html;
	uint32_t n;
	bool valid;
	size_t i;

	if (!asked()) {
		write_all(out, ready);
		ready = 0;
	}
	read_all((char *)&n, sizeof n);
	if (n > MD_IN)
		_exit(1);
	mem_reset();
	text = piece(n);
	read_all(text, n);
	valid = str_utf8_bad((struct str){ text, n }) == n;	/* in one look: the parser would look at line by line */
	parser = cmark_parser_new_with_mem(OPTIONS | (valid ? 0 : CMARK_OPT_VALIDATE_UTF8), &mem);
	for (i = 0; i < n_ext; i++)
		cmark_parser_attach_syntax_extension(parser, ext[i]);
	cmark_parser_feed(parser, text, n);
	tree = cmark_parser_finish(parser);
	html = cmark_render_html_with_mem(tree, OPTIONS, cmark_parser_get_syntax_extensions(parser), &mem);
	i = strlen(html);
	n = i > MD_OUT ? UINT32_MAX : (uint32_t)i;
	memcpy(html - sizeof n, &n, sizeof n);	/* the end of its head, where nothing is */
	answer(html - sizeof n, sizeof n + (i > MD_OUT ? 0 : i));
}

static int limit(unsigned what, rlim_t value)
{
	return setrlimit(what, &(struct rlimit){ value, value });
}

static int limits(void)
{
	return limit(RLIMIT_CORE, 0) || limit(RLIMIT_FSIZE, 0) || limit(RLIMIT_CPU, MAX_CPU) ||
	    (!SANITIZED && (limit(RLIMIT_NOFILE, 0) || limit(RLIMIT_AS, MAX_AS)));
}

static int allow_on_pipe(scmp_filter_ctx c, int call)
{
	return seccomp_rule_add(c, SCMP_ACT_ALLOW, call, 1, SCMP_A0(SCMP_CMP_EQ, 0));
}

static int lock_in(void)
{
	static const int plain[] = { SCMP_SYS(exit), SCMP_SYS(exit_group) };
	static const int sanitizer[] = { SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
		SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(write), SCMP_SYS(futex), SCMP_SYS(sigaltstack),
		SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(getpid), SCMP_SYS(gettid),
		SCMP_SYS(sched_yield), SCMP_SYS(readlink), SCMP_SYS(clock_gettime) };
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
	size_t i;
	int bad;

	if (!c)
		return -1;
	bad = allow_on_pipe(c, SCMP_SYS(recvfrom)) || allow_on_pipe(c, SCMP_SYS(sendto)) ||
	    seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(madvise), 1, SCMP_A2(SCMP_CMP_EQ, MADV_DONTNEED));
	for (i = 0; i < sizeof plain / sizeof plain[0]; i++)
		bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, plain[i], 0);
	for (i = 0; SANITIZED && i < sizeof sanitizer / sizeof sanitizer[0]; i++)
		bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, sanitizer[i], 0);
	bad |= seccomp_load(c);		/* sets no_new_privs as well */
	return bad;			/* c is not freed: that would need calls that are now forbidden */
}

/* Signals as in a new program: a handler of the parent has nothing to do here. */
static void signals(void)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The filter is made after the limit on memory, which a parent with large maps is above already: what it needs (some
 * 20 KB) must be in the heap by then. */
static void fill_heap(void)
{
	enum { PIECES = 8, PIECE = 64 << 10 };
	void *p[PIECES];
	int i;

	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	for (i = 0; i < PIECES; i++)
		p[i] = malloc(PIECE);
	for (i = 0; i < PIECES; i++)
		free(p[i]);
}

static void touch_stack(void)
{
	volatile char page[STACK];
	size_t i;

	for (i = 0; i < sizeof page; i += 512)
		page[i] = 0;
}

void md_worker(int fd, pid_t parent)
{
	static const char *const names[] = { "table", "strikethrough", "autolink", "tasklist" };
	cmark_syntax_extension *ext[sizeof names / sizeof names[0]];
	size_t i;

	if (fd != 0 && dup2(fd, 0) < 0)
		_exit(MD_EXIT_SANDBOX);
	/* Under a sanitizer fd 2 stays, for its report. */
	if ((SANITIZED ? close(1), close_range(3, ~0U, 0) : close_range(1, ~0U, 0)) < 0)
		_exit(MD_EXIT_SANDBOX);
	signals();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(MD_EXIT_SANDBOX);
	cmark_gfm_core_extensions_ensure_registered();
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!(ext[i] = cmark_find_syntax_extension(names[i])))
			_exit(MD_EXIT_SANDBOX);
	arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena == MAP_FAILED)
		_exit(MD_EXIT_SANDBOX);
	touch_stack();
	fill_heap();
	if (limits() || prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || lock_in())
		_exit(MD_EXIT_SANDBOX);
	for (;;)
		serve(ext, sizeof ext / sizeof ext[0]);
}
