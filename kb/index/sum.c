/* kb/index/sum.c: is the index's file as its last writer left it? LMDB keeps no checksums, and a page that
 * something else wrote over gives wrong answers, or a read outside of the map, which kills. So beside the file
 * stands a record, FILE-sum. Seven numbers of 16 hexadecimal digits:
 *
 *	size, inode, mtime, ctime (nanoseconds)
 *	sum of all pages in use but the first two: of check_of (pack.h) over each page, by its number
 *	sum of the first two, which every commit writes
 *	check of all that stands before and behind
 *
 * then the pages that are free: for each run of them varint pages between, varint length.
 *
 * Whoever commits writes it, still under the lock. LMDB never writes over a page that is in use, so after a commit
 * only pages that were free, or new, are added to the sum, and pages that became free are taken off it while they
 * still hold what they held: a small change costs reading a few pages, whatever the size of the file.
 *
 * A reader compares the stat; only when that differs (the node was copied, or somebody is writing) the bytes are
 * summed, 50 MB in about 10 ms. The sum is no defence against intent: who can write here can write the record as well.
 * What changes on the disk without a trace in the stat is told by the checks of the values (segment.c), not here.
 *
 * The record is written in place, not by a rename: on a full disk there is no room for a second one. Read
 * half written, it does not match, and the reader looks again under the lock. */
#include "kb/index/sum.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/index/pack.h"
#include "kb/index/record.h"

enum { SIZE, INODE, MTIME, CTIME, PAGES, META, CHECK, FIELDS, DIGITS = 16, HEAD = FIELDS * DIGITS, META_PAGES = 2 };
#define RECORD_MAX ((size_t)64 << 20)

void sum_free(struct sum *s)
{
	buf_free(&s->free);
	*s = (struct sum)SUM_INIT;
}

static void stat_fields(uint64_t f[FIELDS], const struct stat *st)
{
	f[SIZE] = (uint64_t)st->st_size;
	f[INODE] = (uint64_t)st->st_ino;
	f[MTIME] = (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
	f[CTIME] = (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec;
}

static const char *record_path(struct arena *a, const char *path)
{
	return arena_printf(a, "%s-sum", path);
}

static uint64_t record_check(const uint64_t f[FIELDS], struct str runs)
{
	return check_of(check_of(0, (struct str){ (const char *)f, CHECK * sizeof *f }), runs);
}

/* ---- pages ---- */

/* Add the sums of pages from..to - 1 to *sum, or take them off. The last one may be cut short: zeroes. */
static bool sum_run(uint64_t *sum, int fd, size_t psize, uint64_t from, uint64_t to, bool off)
{
	enum { CHUNK = 64 };
	char *chunk = xmalloc(CHUNK * psize);
	ssize_t n = 1;
	uint64_t page, k, h;

	for (page = from; page < to && n > 0; page += k) {
		k = to - page < CHUNK ? to - page : CHUNK;
		n = pread(fd, chunk, (size_t)k * psize, (off_t)(page * psize));
		if (n <= 0)
			break;
		k = ((uint64_t)n + psize - 1) / psize;
		memset(chunk + n, 0, (size_t)k * psize - (size_t)n);
		for (uint64_t i = 0; i < k; i++) {
			h = check_of(page + i, (struct str){ chunk + i * psize, psize });
			*sum += off ? 0 - h : h;
		}
	}
	free(chunk);
	return page >= to;
}

struct runs {				/* of free pages, as encoded */
	struct str rest;
	uint64_t from, to;		/* the run looked at; at the end both are UINT64_MAX */
};

static void runs_next(struct runs *r)
{
	uint64_t gap, n;

	if (!r->rest.n || !varint_get(&gap, &r->rest) || !varint_get(&n, &r->rest) || gap > UINT64_MAX / 4 || n > UINT64_MAX / 4) {
		r->from = r->to = UINT64_MAX;
		return;
	}
	r->from = r->to + gap;
	r->to = r->from + n;
}

static void runs_open(struct runs *r, struct str bytes)
{
	*r = (struct runs){ bytes, 0, 0 };
	runs_next(r);
}

/* All pages but the first two that are in use. */
static bool sum_used(uint64_t *sum, int fd, size_t psize, uint64_t pages, struct str free_runs)
{
	struct runs r;
	uint64_t page = META_PAGES, to;

	for (runs_open(&r, free_runs); page < pages; runs_next(&r)) {
		to = r.from < pages ? r.from : pages;
		if (page < to && !sum_run(sum, fd, psize, page, to, false))
			return false;
		page = r.to > page ? r.to : page;
	}
	return true;
}

/* Pages in use by `mine`, of `pages`, that are not by `other`, of `others`: added, or taken off. */
static bool sum_only(uint64_t *sum, int fd, size_t psize, struct str mine, uint64_t pages, struct str other, uint64_t others, bool off)
{
	struct runs m, o;
	uint64_t page = META_PAGES, to;

	/* not in use by other: its free runs, and what lies behind its end */
	for (runs_open(&o, other), runs_open(&m, mine);;) {
		uint64_t from = o.from < others ? o.from : others;

		to = o.from < others ? o.to : pages;
		from = from < page ? page : from;
		if (from >= pages)
			return true;
		to = to < pages ? to : pages;
		for (page = from; page < to;) {
			while (m.to <= page && m.from != UINT64_MAX)
				runs_next(&m);
			if (m.from <= page) {
				page = m.to;		/* free to mine */
				continue;
			}
			from = m.from < to ? m.from : to;
			if (!sum_run(sum, fd, psize, page, from, off))
				return false;
			page = from;
		}
		page = page < to ? to : page;
		if (o.from >= others)
			return true;
		runs_next(&o);
	}
}

/* ---- the record ---- */

bool sum_right(struct sum *out, const char *path)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct buf record = BUF_INIT;
	uint64_t want[FIELDS] = { 0 }, is[FIELDS] = { 0 };
	char digits[DIGITS + 1], *end;
	struct stat st;
	bool right = false;
	struct str runs;
	size_t i, psize = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || file_read(&record, record_path(&a, path), RECORD_MAX, &e) || record.n < HEAD)
		goto out;
	for (i = 0; i < FIELDS; i++) {
		memcpy(digits, record.p + i * DIGITS, DIGITS);
		digits[DIGITS] = '\0';
		want[i] = strtoull(digits, &end, 16);
		if (*end)
			goto out;
	}
	runs = str_sub(buf_str(&record), HEAD, record.n);
	stat_fields(is, &st);
	if (record_check(want, runs) != want[CHECK] || is[SIZE] != want[SIZE])
		goto out;
	right = memcmp(is, want, PAGES * sizeof *is) == 0 ||
	    (sum_used(&is[PAGES], fd, psize, (is[SIZE] + psize - 1) / psize, runs) && is[PAGES] == want[PAGES] &&
	    sum_run(&is[META], fd, psize, 0, META_PAGES, false) && is[META] == want[META]);
	if (right && out) {
		sum_free(out);
		buf_str_add(&out->free, runs);
		out->pages = (is[SIZE] + psize - 1) / psize;
		out->sum = want[PAGES];
		out->known = true;
	}
out:
	if (fd >= 0)
		close(fd);
	buf_free(&record);
	arena_free(&a);
	return right;
}

void sum_forget(const char *path)
{
	struct arena a = ARENA_INIT;

	unlink(record_path(&a, path));		/* who may not, cannot make the index anew either */
	arena_free(&a);
}

enum rc sum_commit(struct sum *s, struct store *store, const char *path, struct err *e)
{
	struct sum now = { .known = true, .sum = s->sum };
	size_t psize = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	enum rc rc;

	if (fd < 0 || fstat(fd, &st)) {
		rc = err_errno(e, "%s", path);
		goto out;
	}
	now.pages = ((uint64_t)st.st_size + psize - 1) / psize;
	if ((rc = store_free_pages(&now.free, store, e)))
		goto out;
	if (!s->known) {
		now.sum = 0;
		rc = sum_used(&now.sum, fd, psize, now.pages, buf_str(&now.free)) ? RC_OK : err_errno(e, "%s", path);
	} else if (!sum_only(&now.sum, fd, psize, buf_str(&s->free), s->pages, buf_str(&now.free), now.pages, true) ||
	    !sum_only(&now.sum, fd, psize, buf_str(&now.free), now.pages, buf_str(&s->free), s->pages, false)) {
		rc = err_errno(e, "%s", path);
	}
out:
	if (fd >= 0)
		close(fd);
	if (rc) {
		buf_free(&now.free);
		s->known = false;
		return rc;
	}
	buf_free(&s->free);
	*s = now;
	return RC_OK;
}

enum rc sum_write(const struct sum *s, const char *path, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf record = BUF_INIT;
	uint64_t f[FIELDS] = { 0 };
	struct stat st;
	enum rc rc = RC_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int rfd = open(record_path(&a, path), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	size_t i;

	f[PAGES] = s->sum;
	if (fd < 0 || rfd < 0 || fstat(fd, &st) || !sum_run(&f[META], fd, (size_t)sysconf(_SC_PAGESIZE), 0, META_PAGES, false)) {
		rc = err_errno(e, "%s", path);
		goto out;
	}
	stat_fields(f, &st);
	f[CHECK] = record_check(f, buf_str(&s->free));
	for (i = 0; i < FIELDS; i++)
		buf_printf(&record, "%016llx", (unsigned long long)f[i]);
	buf_str_add(&record, buf_str(&s->free));
	if (pwrite(rfd, record.p, record.n, 0) != (ssize_t)record.n || ftruncate(rfd, (off_t)record.n))
		rc = err_errno(e, "%s", record_path(&a, path));
out:
	if (fd >= 0)
		close(fd);
	if (rfd >= 0)
		close(rfd);
	buf_free(&record);
	arena_free(&a);
	return rc;
}
