/* tests/bench/bench.c: measures colep as its users meet it, by starting it, and prints a table.
 *
 *	bench COLEP FLOOR DOCS QUERIES TYPOS WORK
 *
 * Beside each time stand the floor (what the same bytes cost when nothing but the work is done, see floor.c) and
 * a peer that does the like: git for import, SQLite's FTS5 for index and search. Nothing here passes or fails. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kb/base/file.h"

enum { IMPORTS = 3, REBUILDS = 5, REPLACES = 15, SITES = 3, COLD = 200, STARTS = 100, BATCHES = 5 };

static struct err e = ERR_INIT;
static struct arena a = ARENA_INIT;
static const char *colep, *floor_program, *docs, *queries, *typos, *work, *node;

static _Noreturn void fail(const char *why)
{
	fprintf(stderr, "bench: %s\n", why);
	exit(3);
}

static double now(void)		/* microseconds */
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- running ---- */

static long rss;			/* KiB: the largest of the last program run, its own children not counted */
static double cpu;			/* microseconds of processor time of the last program run, or the median of several */
static const char *out_file, *err_file;	/* in the work folder */

/* Run a program (argv ends in NULL) and wait; microseconds. Its output goes to two files. */
static double run(int *status, const char *const argv[])
{
	double start = now();
	struct rusage u;
	pid_t pid = vfork();
	int st;

	if (pid < 0)
		fail("no process can be started");
	if (pid == 0) {
		int out = open(out_file, O_WRONLY | O_CREAT | O_TRUNC, 0644), err = open(err_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		if (out < 0 || err < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
			_exit(126);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (wait4(pid, &st, 0, &u) != pid)
		fail("waiting for a program");
	rss = u.ru_maxrss;
	cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
	*status = WIFEXITED(st) ? WEXITSTATUS(st) : 255;
	return now() - start;
}

static struct str said(const char *file)
{
	struct buf b = BUF_INIT;
	struct str s;

	if (file_read(&b, file, (size_t)1 << 30, &e))
		fail(e.msg);
	s = arena_str(&a, buf_str(&b));
	buf_free(&b);
	return s;
}

#define RUN(...) must((const char *const[]){ __VA_ARGS__, NULL })
static double must(const char *const argv[])
{
	int status;
	double t = run(&status, argv);

	if (status != 0) {
		fprintf(stderr, "bench: %s %s %s: exit %d\n", argv[0], argv[1] ? argv[1] : "", argv[1] && argv[2] ? argv[2] : "", status);
		fail(arena_cstr(&a, said(err_file)));
	}
	return t;
}

static double shell(const char *script)
{
	return RUN("sh", "-ec", script);
}

static struct str first_line(const char *script)
{
	struct str s, line = STR_NONE;

	shell(script);
	s = said(out_file);
	(void)str_line(&line, &s);
	return line;
}

static uint64_t number_of(const char *script)
{
	uint64_t n = 0;

	(void)str_u64(&n, first_line(script));
	return n;
}

static int by_value(const void *x, const void *y)
{
	double p = *(const double *)x, q = *(const double *)y;

	return (p > q) - (p < q);
}

static double at(double *v, size_t n, unsigned percent)
{
	if (!n)
		return 0;
	qsort(v, n, sizeof *v, by_value);
	return v[n * percent / 100 < n ? n * percent / 100 : n - 1];
}

/* ---- the table ---- */

static const char *time_text(double us)
{
	if (us >= 1e6)
		return arena_printf(&a, "%.2f s", us / 1e6);
	if (us >= 1e3)
		return arena_printf(&a, "%.2f ms", us / 1e3);
	return arena_printf(&a, "%.0f us", us);
}

static void row(const char *what, double t, double floor, const char *floor_is, double peer, const char *peer_is)
{
	printf("%-34s %10s", what, time_text(t));
	if (floor > 0)
		printf("  %10s %6.1f  %-38s", time_text(floor), t / floor, floor_is);
	else
		printf("  %10s %6s  %-38s", "", "", "");
	if (peer > 0)
		printf("  %10s %6.2f  %s", time_text(peer), t / peer, peer_is);
	putchar('\n');
	fflush(stdout);
}

/* ---- floors, by name ---- */

static struct str floors;

static double floor_of(const char *name)
{
	struct str rest = floors, line, key;

	while (str_line(&line, &rest))
		if (str_split(&key, &line, '\t') && str_is(key, name))
			return strtod(arena_cstr(&a, line), NULL);
	return 0;
}

static double empty_start(void)
{
	double v[STARTS];
	size_t i;

	for (i = 0; i < STARTS; i++)
		v[i] = RUN("true");
	return at(v, STARTS, 50);
}

/* ---- what is measured ---- */

/* Into a new folder each time, and none is removed before the end: ext4 searches long for an inode where many were
 * freed less than a minute ago. */
static double import_once(void)
{
	static unsigned n;

	node = arena_printf(&a, "%s/node%u", work, n++);
	RUN(colep, "init", node, "--id", "bps");
	shell("sync");
	return RUN(colep, "-C", node, "import", docs);
}

static double median_of(size_t n, double once(void))
{
	double *v = arena_array(&a, n, sizeof *v), *c = arena_array(&a, n, sizeof *c);
	size_t i;

	for (i = 0; i < n; i++) {
		v[i] = once();
		c[i] = cpu;
	}
	cpu = at(c, n, 50);
	return at(v, n, 50);
}

static double rebuild_once(void)
{
	return RUN(colep, "-C", node, "index", "--rebuild");
}

static double save_once(void)
{
	return RUN(colep, "-C", node, "save", "-m", "A word more");
}

static double index_once(void)
{
	return RUN(colep, "-C", node, "index");
}

/* Replace one document: save, and the index that the next search waits for; *search: with that search. */
static void replace(double *save, double *index, double *search)
{
	const char *path = arena_cstr(&a, first_line(arena_printf(&a, "cd %s && ls lessons/de/*.md | head -1", node)));
	double s[REPLACES], x[REPLACES], q[REPLACES];
	struct buf b = BUF_INIT;
	size_t i;

	path = path_join(&a, node, path);
	for (i = 0; i < REPLACES; i++) {
		buf_clear(&b);
		if (file_read(&b, path, (size_t)1 << 20, &e))
			fail(e.msg);
		buf_printf(&b, "\nxylograph%zuq and nothing else.\n", i);
		if (file_write_fast(path, buf_str(&b), 0644, &e))
			fail(e.msg);
		s[i] = save_once();
		if (i % 2)
			x[i / 2] = index_once();
		else
			q[i / 2] = RUN(colep, "-C", node, "search", arena_printf(&a, "xylograph%zuq", i));
	}
	buf_free(&b);
	*save = at(s, REPLACES, 50);
	*index = at(x, REPLACES / 2, 50);
	*search = at(q, (REPLACES + 1) / 2, 50);
}

/* Each query by a process of its own. program: NULL is colep; else sqlite3 on that database. */
static void cold(double *median, double *p95, const char *file, const char *db)
{
	double *v = arena_array(&a, COLD, sizeof *v);
	struct str rest = said(file), line, qid, word;
	size_t n = 0;
	int status;

	while (n < COLD && str_line(&line, &rest)) {
		(void)str_split(&qid, &line, '\t');
		if (db) {
			struct buf b = BUF_INIT;

			while (str_split(&word, &line, ' '))
				buf_printf(&b, "%s\"%.*s\"", b.n ? " OR " : "", FMT_STR(word));
			v[n++] = run(&status, (const char *const[]){ "sqlite3", db, arena_printf(&a, "select id, snippet(d, 1, '[[', ']]', '', 30) "
			    "from d where d match '%s' order by rank limit 10", buf_cstr(&b)), NULL });
			buf_free(&b);
		} else {
			v[n++] = run(&status, (const char *const[]){ colep, "-C", node, "search", arena_cstr(&a, line), NULL });
		}
		if (status > 1)
			fail(arena_cstr(&a, said(err_file)));
	}
	*median = at(v, n, 50);
	*p95 = at(v, n, 95);
}

static void warm(double *median, double *p95, const char *file)
{
	double *v = arena_array(&a, 1000, sizeof *v), m[BATCHES], p[BATCHES];
	struct str rest, line, qid;
	size_t i, n;

	for (i = 0; i < BATCHES; i++) {
		RUN(colep, "-C", node, "search", "--batch", file, "--timing");
		for (n = 0, rest = said(err_file); n < 1000 && str_line(&line, &rest);)
			if (str_split(&qid, &line, ' '))
				v[n++] = strtod(arena_cstr(&a, line), NULL);
		m[i] = at(v, n, 50);
		p[i] = at(v, n, 95);
	}
	*median = at(m, BATCHES, 50);
	*p95 = at(p, BATCHES, 50);
}

static double git_add_commit(void)
{
	shell(arena_printf(&a, "cp -r %s %s/git && sync && git -C %s/git init -q -b main", docs, work, work));
	return shell(arena_printf(&a, "cd %s/git && git add . && git -c user.name=b -c user.email=b@b.invalid commit -qm x", work));
}

static double git_fast_import(void)
{
	shell(arena_printf(&a, "cd %s && git init -q -b main fast && git -C git fast-export main > fast.in && sync", work));
	return shell(arena_printf(&a, "cd %s/fast && git fast-import --quiet < ../fast.in", work));
}

static double git_checkout(void)
{
	return shell(arena_printf(&a, "cd %s/fast && git reset -q --hard main", work));
}

static double site_once(void)
{
	static unsigned n;

	return RUN(colep, "-C", node, "site", arena_printf(&a, "%s/site%u", work, n++));
}

static double du(const char *what)
{
	return (double)number_of(arena_printf(&a, "find %s -type f -printf '%%s\\n' | awk '{ n += $1 } END { print n + 0 }'", what)) / 1e6;
}

static void machine(double n)
{
	printf("colep bench: %.0f documents\nmachine: %.*s; ", n, FMT_STR(first_line("sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1")));
	printf("%ld cores; ", sysconf(_SC_NPROCESSORS_ONLN));
	printf("%.*s\n", FMT_STR(first_line("uname -sr")));
	printf("versions: %.*s; ", FMT_STR(first_line("git --version")));
	printf("sqlite %.*s; ", FMT_STR(first_line("(sqlite3 --version || echo none) | cut -d' ' -f1")));
	printf("colep %.*s\n", FMT_STR(first_line(arena_printf(&a, "%s version", colep))));
}

int main(int argc, char **argv)
{
	double import, rebuild, save, index, search, start, hot, hot95, miss, miss95, first, first95, sq = 0, sq95 = 0, add, fast, out;
	double texts, git, ix, tree, store, site, pages;
	double cpu_import, cpu_rebuild, cpu_site, cpu_git;
	long rss_import, rss_rebuild;
	bool sqlite;
	const char *db;
	uint64_t n;

	if (argc != 7) {
		fputs("usage: bench COLEP FLOOR DOCS QUERIES TYPOS WORK\n", stderr);
		return 2;
	}
	colep = argv[1], floor_program = argv[2], docs = argv[3], queries = argv[4], typos = argv[5], work = argv[6];
	db = path_join(&a, work, "fts5.db");
	out_file = path_join(&a, work, "out");
	err_file = path_join(&a, work, "err");
	n = number_of(arena_printf(&a, "find %s -name '*.md' | wc -l", docs));
	machine((double)n);
	texts = du(docs);
	sqlite = number_of("command -v sqlite3 >/dev/null && echo 1 || echo 0") == 1;

	import = median_of(IMPORTS, import_once);
	cpu_import = cpu, rss_import = rss;
	rebuild = median_of(REBUILDS, rebuild_once);
	cpu_rebuild = cpu, rss_rebuild = rss;
	ix = du(arena_printf(&a, "%s/.git/colep", node));
	git = du(arena_printf(&a, "%s/.git", node)) - ix;
	tree = texts;
	store = (git + tree + ix) * 1e6;
	RUN(floor_program, docs, arena_printf(&a, "%.0f", store), queries, typos, db);
	floors = said(out_file);
	start = empty_start();
	cold(&first, &first95, queries, NULL);
	warm(&hot, &hot95, queries);
	warm(&miss, &miss95, typos);
	replace(&save, &index, &search);
	if (sqlite)
		cold(&sq, &sq95, queries, db);
	site = median_of(SITES, site_once);
	cpu_site = cpu;
	pages = du(arena_printf(&a, "%s/site0", work));
	add = git_add_commit();
	cpu_git = cpu;
	fast = git_fast_import();
	out = git_checkout();

	printf("\n%-34s %10s  %10s %6s  %-38s  %10s %6s\n", "", "time", "floor", "ratio", "", "peer", "ratio");
	row("import, indexed", import, floor_of("read") + floor_of("sha1zlib") + floor_of("words") + floor_of("write"),
	    "read, sha1, zlib, words, write+fsync", add, "git add, git commit");
	row("  without the index (difference)", import - rebuild, floor_of("read") + floor_of("sha1zlib"), "read, sha1, zlib", fast + out,
	    "git fast-import, git reset --hard");
	row("index --rebuild", rebuild, floor_of("words"), "cutting into words", floor_of("fts5.index"), "FTS5, porter, durable");
	row("replace one: save", save, 6 * floor_of("lmdb") + start, "6 durable commits, empty start", 0, "");
	row("replace one: index", index, floor_of("lmdb") + start, "durable commit of LMDB, empty start", floor_of("fts5.replace"),
	    "FTS5, in the process");
	row("replace one: first search", search, floor_of("lmdb") + start, "durable commit of LMDB, empty start", 0, "");
	row("cold search, median", first, start, "an empty program", sq, "sqlite3, FTS5");
	row("cold search, p95", first95, start, "an empty program", sq95, "sqlite3, FTS5");
	row("warm query, median", hot, 0, "", floor_of("fts5.warm"), "FTS5, OR, ids only");
	row("warm query, p95", hot95, 0, "", floor_of("fts5.warm.p95"), "FTS5, OR, ids only");
	row("warm, one wrong letter, median", miss, 0, "", 0, "");
	row("warm, one wrong letter, p95", miss95, 0, "", 0, "");
	row("site", site, floor_of("write") * pages * 1e6 / store, "write+fsync of as many bytes", 0, "");
	printf("\nfloors: read %s, write+fsync of %.0f MB %s, sha1+zlib %s, words %s, durable commit %s, empty start %s\n",
	    time_text(floor_of("read")), store / 1e6, time_text(floor_of("write")), time_text(floor_of("sha1zlib")),
	    time_text(floor_of("words")), time_text(floor_of("lmdb")), time_text(start));
	printf("peers: git add+commit %s, fast-import %s, reset --hard %s\n", time_text(add), time_text(fast), time_text(out));
	printf("processor time: import %s, rebuild %s, site %s; git add+commit %s\n", time_text(cpu_import), time_text(cpu_rebuild),
	    time_text(cpu_site), time_text(cpu_git));
	printf("sizes: texts %.1f MB; .git %.1f MB (%.2f); index %.1f MB (%.2f); FTS5 %.1f MB (%.2f)\n", texts, git, git / texts, ix, ix / texts,
	    sqlite ? du(db) : 0, sqlite ? du(db) / texts : 0);
	printf("site: %.1f MB\nmemory: import %.0f MB, rebuild %.0f MB at most\n", pages, (double)rss_import / 1e3, (double)rss_rebuild / 1e3);
	arena_free(&a);
	return 0;
}
