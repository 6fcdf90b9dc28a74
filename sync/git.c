/* sync/git.c: see git.h. */
#include "sync/git.h"
#include "sync/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/node.h"
#include "sync/pin.h"

enum { ARGS_MAX = 64, SAID_MAX = 4096 };
#define OUT_MAX ((size_t)64 << 20)
#define SLOW ((uint64_t)16 << 20)		/* bytes a second: the slowest machine unpacks more */

/* Also against the settings of the node itself: it may be a stick that somebody handed over. */
static const char *const always[] = { "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c",
	"maintenance.auto=false", "-c", "fetch.fsckObjects=true", "-c", "transfer.unpackLimit=1", "-c", "transfer.bundleURI=false",
	"-c", "protocol.version=2", "-c", "submodule.recurse=false", "-c", "credential.helper=",
	"-c", "core.alternateRefsCommand=:", "-c", "core.sshCommand=ssh", "-c", "core.askPass=", "-c", "core.gitProxy=",
	"-c", "core.bigFileThreshold=1m" };

static enum rc number_of(uint64_t *v, struct arena *a, const struct node *n, const char *key, struct err *e)
{
	static const char units[] = "kmg";
	struct str said;
	const char *unit;
	uint64_t got;
	enum rc rc = node_config(&said, a, n, key, e);

	if (rc || !said.n)
		return rc;
	unit = strchr(units, said.p[said.n - 1] | 32);
	if (!str_u64(&got, str_sub(said, 0, said.n - (unit != NULL))) || got > (uint64_t)1 << 40)
		return err_set(e, RC_INVALID, "%s: %.*s is no number; mend it with git config", key, FMT_STR(said));
	*v = got << (unit ? 10 * (unit - units + 1) : 0);
	return RC_OK;
}

enum rc git_limits_read(struct git_limits *out, struct arena *a, const struct node *n, struct err *e)
{
	struct git_limits l = { .pack = (uint64_t)1 << 30, .objects = 2000000, .depth = 250, .inflated = (uint64_t)4 << 30,
		.patience = 120 };
	enum rc rc;

	(void)((rc = number_of(&l.pack, a, n, "colep.packMax", e)) || (rc = number_of(&l.objects, a, n, "colep.objectsMax", e)) ||
	    (rc = number_of(&l.depth, a, n, "colep.depthMax", e)) || (rc = number_of(&l.inflated, a, n, "colep.inflatedMax", e)) ||
	    (rc = number_of(&l.patience, a, n, "colep.patience", e)));
	if (!rc)
		*out = l;
	return rc;
}

static void limit(int what, uint64_t value)
{
	const struct rlimit l = { (rlim_t)value, (rlim_t)value };

	if (setrlimit(what, &l))
		_exit(127);
}

/* A peer whose certificate was compared by its words: git takes that one from it and no other. */
static void use_pin(const char *const *args)
{
	struct arena a = ARENA_INIT;
	const char *file;
	char *full;

	for (; *args; args++)
		if ((file = pin_file(&a, ".git/colep", *args)) && (full = realpath(file, NULL)))
			setenv("GIT_SSL_CAINFO", full, 1);
}

static void child(const struct git_run *how, const char *const *args, int in, int out, int err)
{
	const char *argv[ARGS_MAX + sizeof always / sizeof *always + 2] = { "git" };
	size_t n = 1, i;

	if (how->from && ((in = open(how->from, O_RDONLY | O_CLOEXEC)) < 0 || lseek(in, how->skip, SEEK_SET) < 0))
		_exit(127);
	if (how->to && (out = open(how->to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0)
		_exit(127);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 || (how->dir && chdir(how->dir)))
		_exit(127);
	for (i = 0; i < sizeof always / sizeof *always; i++)
		argv[n++] = always[i];
	for (i = 0; args[i] && i < ARGS_MAX; i++)
		argv[n++] = args[i];
	argv[n] = NULL;
	setenv("GIT_ALLOW_PROTOCOL", "file:https:http:ssh", 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
	setenv("GIT_NO_LAZY_FETCH", "1", 1);
	setenv("LC_ALL", "C", 1);
	use_pin(args);
	if (how->objects)
		setenv("GIT_OBJECT_DIRECTORY", how->objects, 1);
	if (how->index)
		setenv("GIT_INDEX_FILE", how->index, 1);
	if (how->alternates)
		setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", how->alternates, 1);
	if (how->limits) {
		limit(RLIMIT_FSIZE, how->limits->pack);
		limit(RLIMIT_AS, how->limits->inflated);
		limit(RLIMIT_CPU, 60 + how->limits->inflated / SLOW);
	}
	if (how->protocol)
		setenv("GIT_PROTOCOL", how->protocol, 1);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN);	/* then it is told: fetch is silent about a signal to what it starts */
	execvp("git", (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Why it failed: what ssh said before git's "fatal: Could not read from remote repository", else the first thing fatal,
 * else the last line. What others said is not to steer a terminal. */
static void last_lines(struct arena *a, struct str said, const char **text)
{
	struct str line, last = STR_NONE, fatal = STR_NONE, remote = STR_NONE;
	char *p;

	while (str_line(&line, &said)) {
		line = str_trim(line);
		if (str_starts(line, STR("remote: ")) && !remote.n)
			remote = str_sub(line, 8, line.n);
		if (str_starts(line, STR("fatal: ")) && !fatal.n)
			fatal = last.n && str_starts(line, STR("fatal: Could not read from remote")) ? last : str_sub(line, 7, line.n);
		if (line.n)
			last = line;
	}
	/* The sentence of a web server says more than its number. */
	if (str_find(fatal, STR("The requested URL returned error")) != SIZE_MAX && remote.n)
		fatal = remote;
	*text = p = arena_cstr(a, str_sub(fatal.n ? fatal : last, 0, 300));
	for (; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

/* What git said: its end is kept. Progress is written with carriage returns. */
static void listen(struct buf *said, const struct git_run *how, const char *chunk, size_t n)
{
	struct arena a = ARENA_INIT;
	const char *last;
	size_t i;

	if (said->n + n > SAID_MAX)
		buf_splice(said, 0, said->n / 2, STR_NONE);
	for (i = 0; i < n && said->n < SAID_MAX; i++)
		buf_putc(said, chunk[i] == '\r' ? '\n' : chunk[i]);
	if (how->tick) {
		last_lines(&a, buf_str(said), &last);
		how->tick(how->ctx, last);
	}
	arena_free(&a);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct pipes { int in, out, err; };

/* Feed and read until all pipes are closed (true), or time is up, or it has been silent for too long. */
static bool talk(struct buf *out, struct buf *said, const struct git_run *how, const struct pipes *to)
{
	struct pollfd p[3] = { { to->in, POLLOUT, 0 }, { to->out, POLLIN, 0 }, { to->err, POLLIN, 0 } };
	double start = now(), end = start + (how->seconds ? (double)how->seconds : 3600), heard = start;
	struct str input = how->input;
	char chunk[2048];
	bool done = false;
	ssize_t n;
	int i;

	if (!input.n) {
		close(p[0].fd);
		p[0].fd = -1;
	}
	while (!(done = p[0].fd < 0 && p[1].fd < 0 && p[2].fd < 0)) {
		double left = end - now(), silence = how->silent ? heard + (double)how->silent - now() : left;

		left = silence < left ? silence : left;
		if (left <= 0 || (poll(p, 3, left > 60 ? 60000 : (int)(left * 1000) + 1) < 0 && errno != EINTR))
			break;
		if (p[0].fd >= 0 && p[0].revents) {
			n = write(p[0].fd, input.p, input.n);
			if (n > 0)
				input = str_sub(input, (size_t)n, input.n);
			if ((n < 0 && errno != EINTR && errno != EAGAIN) || !input.n) {
				close(p[0].fd);
				p[0].fd = -1;
			}
		}
		for (i = 1; i < 3; i++) {
			if (p[i].fd < 0 || !p[i].revents)
				continue;
			n = read(p[i].fd, chunk, sizeof chunk);
			if (n > 0)
				heard = now();
			if (n > 0 && i == 1 && out->n + (size_t)n <= OUT_MAX)
				buf_add(out, chunk, (size_t)n);
			else if (n > 0 && i == 2)
				listen(said, how, chunk, (size_t)n);
			else if (n == 0 || (n < 0 && errno != EINTR)) {
				close(p[i].fd);
				p[i].fd = -1;
			}
		}
	}
	for (i = 0; i < 3; i++)
		if (p[i].fd >= 0)
			close(p[i].fd);
	return done;
}

/* Was it a limit that ended it? fetch says of an index-pack that was killed only that it said nothing. */
static const char *limit_met(const struct git_limits *l, int status, const char *why, struct arena *a)
{
	if (strstr(why, "File too large"))
		return arena_printf(a, "more than %llu bytes in one pack; refused (git config colep.packMax)", (unsigned long long)l->pack);
	if (strstr(why, "invalid index-pack output") || strstr(why, "ut of memory") || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
		return "a pack that takes too long or too much memory to unpack; refused (git config colep.inflatedMax)";
	return NULL;
}

static void trace(const char *const *args)
{
	if (!getenv("COLEP_TRACE"))
		return;
	fputs("colep: git", stderr);
	for (; *args; args++)
		fprintf(stderr, " %s", *args);
	fputc('\n', stderr);
}

enum rc git_run(struct buf *out, const struct git_run *how, const char *const *args, struct err *e)
{
	int in[2] = { -1, -1 }, o[2] = { -1, -1 }, er[2] = { -1, -1 }, status = 0, i;
	struct arena a = ARENA_INIT;
	struct buf said = BUF_INIT;
	const char *why, *met;
	bool in_time;
	pid_t pid;
	enum rc rc = RC_OK;

	trace(args);
	if (pipe2(in, O_CLOEXEC) || pipe2(o, O_CLOEXEC) || pipe2(er, O_CLOEXEC) || (pid = fork()) < 0) {
		rc = err_errno(e, "git");
		for (i = 0; i < 2; i++) {
			if (in[i] >= 0) close(in[i]);
			if (o[i] >= 0) close(o[i]);
			if (er[i] >= 0) close(er[i]);
		}
		return rc;
	}
	if (pid == 0) {
		/* Killed with us. What it starts ends when its pipes do. Asking for a password needs the terminal. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || (!isatty(0) && (setsid() < 0 || setenv("SSH_ASKPASS_REQUIRE", "never", 1))))
			_exit(127);
		child(how, args, in[0], o[1], er[1]);
	}
	close(in[0]);
	close(o[1]);
	close(er[1]);
	in_time = talk(out, &said, how, &(struct pipes){ in[1], o[0], er[0] });
	if (!in_time && kill(-pid, SIGKILL))	/* its session, so that ssh and the like go with it */
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	last_lines(&a, buf_str(&said), &why);
	if (!in_time)
		rc = err_set(e, RC_IO, "no answer in time");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		rc = err_set(e, RC_IO, "the git program cannot be run; install git");
	else if (WIFEXITED(status) && !WEXITSTATUS(status))
		rc = RC_OK;
	else if (how->limits && (met = limit_met(how->limits, status, why, &a)))
		rc = err_set(e, RC_UNTRUSTED, "%s", met);
	else
		rc = err_set(e, RC_IO, "%s", *why ? why : "git ended with an error");
	buf_free(&said);
	arena_free(&a);
	return rc;
}

/* Git's own measure (gc.auto, gc.autoPackLimit): loose objects are spread over 256 folders, so one tells of all. Trees of
 * merged views find what they are like among more others than git looks at by itself: 186 bytes an authored commit for
 * merging instead of 317, in a history of 3,000 commits over 10,000 documents. */
enum { PACKS = 50, LOOSE = 6700 };
#define WINDOW "pack.window=250"

void git_tidy(struct arena *a, const char *dir)
{
	const char *args[] = { "-c", arena_printf(a, "gc.auto=%d", LOOSE), "-c", "gc.autoDetach=true", "-c", WINDOW, "gc", "--auto",
		"--quiet", NULL };
	struct git_run how = { .dir = dir };
	struct err odd = ERR_INIT;
	struct buf out = BUF_INIT;
	char **names;
	size_t n, i, packs = 0;

	if (!dir_list(&names, &n, a, path_join(a, dir, ".git/objects/pack"), &odd))
		for (i = 0; i < n; i++)
			packs += str_ends(cstr(names[i]), STR(".pack"));
	if (dir_list(&names, &n, a, path_join(a, dir, ".git/objects/17"), &odd))
		n = 0;
	if ((packs > PACKS || n > (LOOSE + 255) / 256) && git_run(&out, &how, args, &odd))
		odd.rc = RC_OK;			/* another day */
	buf_free(&out);
}

/* ---- lending ---- */

/* "version=2", and keys of the kind that git sends; anything else is as if nothing was said. */
static bool protocol_valid(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789=:-");

	return n && !s[n] && n <= 64;
}

static int memory_file(struct str s)
{
	int fd = memfd_create("ask", MFD_CLOEXEC);
	ssize_t n;

	while (fd >= 0 && s.n) {
		if ((n = write(fd, s.p, s.n)) < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return -1;
		}
		s = str_sub(s, (size_t)n, s.n);
	}
	if (fd >= 0 && lseek(fd, 0, SEEK_SET))
		return close(fd), -1;
	return fd;
}

enum rc upload_open(struct upload *u, const struct node *n, const char *protocol, struct str ask, struct err *e)
{
	static const char *const offer[] = { "-c", "transfer.hideRefs=refs/", "-c", "transfer.hideRefs=!refs/heads/main", "-c",
		"transfer.hideRefs=!refs/colep/main", "-c", "uploadpack.allowAnySHA1InWant=false", "-c", "pack.threads=1", "-c",
		"uploadpack.keepAlive=5", "upload-pack", "--strict", "--stateless-rpc" };
	enum { OFFERED = sizeof offer / sizeof *offer };
	const char *args[OFFERED + 5];
	struct git_run how = { .dir = n->dir, .protocol = protocol && protocol_valid(protocol) ? protocol : NULL };
	int in = -1, out[2] = { -1, -1 }, quiet = -1;
	pid_t parent = getpid();
	struct arena a = ARENA_INIT;
	struct buf head = BUF_INIT;
	struct err odd = ERR_INIT;
	size_t k = 0;
	sigset_t none;
	enum rc rc = RC_OK;

	if (file_read(&head, path_join(&a, n->git, "HEAD"), 1024, &odd) || !str_is(str_trim(buf_str(&head)), "ref: refs/heads/main")) {
		args[k++] = "-c";
		args[k++] = "transfer.hideRefs=HEAD";	/* somebody is looking at a branch of inbox/ */
	}
	buf_free(&head);
	arena_free(&a);
	memcpy(args + k, offer, sizeof offer);
	k += OFFERED;
	if (!ask.p)
		args[k++] = "--advertise-refs";
	args[k++] = ".git";
	args[k] = NULL;
	if ((in = memory_file(ask)) < 0 || (quiet = open("/dev/null", O_WRONLY | O_CLOEXEC)) < 0 || pipe2(out, O_CLOEXEC) ||
	    fcntl(out[0], F_SETFL, O_NONBLOCK) || (u->pid = fork()) < 0) {
		rc = err_errno(e, "git");
		goto out;
	}
	if (u->pid == 0) {
		setpgid(0, 0);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
			_exit(127);
		child(&how, args, in, out[1], quiet);
	}
	setpgid(u->pid, u->pid);	/* whoever of the two comes first: it is to be killed as a group */
	u->out = out[0];
	out[0] = -1;
out:
	if (in >= 0)
		close(in);
	if (quiet >= 0)
		close(quiet);
	if (out[0] >= 0)
		close(out[0]);
	if (out[1] >= 0)
		close(out[1]);
	return rc;
}

void upload_close(struct upload *u)
{
	if (u->out >= 0)
		close(u->out);
	u->out = -1;
	kill(-u->pid, SIGKILL);
	while (waitpid(u->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
