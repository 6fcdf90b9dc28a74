/* kb/index/sum.c: is the index's file as its last writer left it? LMDB keeps no checksums, and a page that
 * something else wrote over gives wrong answers, or a read outside of the map, which kills. So beside the file
 * stands a record, FILE-sum; numbers low byte first:
 *
 *	u64	size, inode, mtime, ctime (nanoseconds) of the file
 *	u32	check of the first two pages, which every commit writes
 *	u32	check of all that stands before
 *	u32	for each page a check of its number and bytes (check_of, pack.h), never 0; 0: no table uses it
 *
 * Whoever commits writes it, still under the lock. LMDB never writes over a page that is in use, so after a commit
 * only pages that were free, or new, are read: a small change costs as much, whatever the size of the file.
 *
 * A reader compares the stat; when that differs (the node was copied, or somebody is writing) all pages are read, 50 MB
 * in about 10 ms. A disk may also change a byte without a trace in the stat, and in LMDB's own part of a page that ends a
 * process, or hides a row. So who opens the file reads LOOK pages of it in any case: all of a small index, or a stretch of
 * a large one, another one each process; beyond it the checks of the values (sealed.c) tell what is read. The sum is no
 * defence against intent: who can write here can write the record as well.
 *
 * The record is written in place, not by a rename: on a full disk there is no room for a second one. Read
 * half written, it does not match, and the reader looks again under the lock. */
#include "kb/index/sum.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kb/base/arena.h"
#include "kb/index/pack.h"

enum { META_PAGES = 2, STAT = 32, HEAD = STAT + 4 + 4, RUN = 64, LOOK = 1024 };
/* RUN: pages that are read at once; LOOK: 4 MB, in part of the time that the program takes to start */

void sum_free(struct sum *s)
{
	buf_free(&s->free);
	*s = (struct sum)SUM_INIT;
}

static int record_open(const char *path, int flags)
{
	struct arena a = ARENA_INIT;
	int fd = open(arena_printf(&a, "%s-sum", path), flags | O_CLOEXEC | O_NOFOLLOW, 0644);

	arena_free(&a);
	return fd;
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void stat_put(char head[HEAD], const struct stat *st)
{
	const uint64_t v[STAT / 8] = { (uint64_t)st->st_size, (uint64_t)st->st_ino,
		(uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec };
	size_t i;

	for (i = 0; i < STAT; i++)
		head[i] = (char)(v[i / 8] >> 8 * (i % 8));
}

/* Read pages from..from + n - 1, at most RUN, to room; the last one may be cut short: zeroes. */
static bool pages_read(char *room, int fd, size_t psize, uint64_t from, size_t n)
{
	ssize_t got = pread(fd, room, n * psize, (off_t)(from * psize));

	if (got <= 0 || (size_t)got + psize <= n * psize)
		return false;
	memset(room + got, 0, n * psize - (size_t)got);
	return true;
}

static uint32_t page_check(const char *page, size_t psize, uint64_t number)
{
	uint32_t h = (uint32_t)check_of(number, (struct str){ page, psize });

	return h ? h : 1;
}

static bool meta_check(uint32_t *check, int fd, size_t psize)
{
	char *room = xmalloc(META_PAGES * psize);
	bool read = pages_read(room, fd, psize, 0, META_PAGES);

	if (read)
		*check = (uint32_t)check_of(0, (struct str){ room, META_PAGES * psize });
	free(room);
	return read;
}

static uint32_t head_check(const char head[HEAD])
{
	return (uint32_t)check_of(1, (struct str){ head, HEAD - 4 });
}

/* Are the pages from..pages - 1 that have a check as it says? A map, as reading so much costs twice what checking it does. */
static bool pages_right(int fd, int record, size_t psize, uint64_t from, uint64_t pages)
{
	enum { MAPPED = 1024 };
	char checks[4 * MAPPED], *map;
	uint64_t page;
	size_t n, i;
	bool right = true;

	for (page = from; page < pages && right; page += n) {
		n = pages - page < MAPPED ? (size_t)(pages - page) : MAPPED;
		memset(checks, 0, sizeof checks);	/* those behind the record's end were never used */
		if (pread(record, checks, 4 * n, (off_t)(HEAD + 4 * page)) < 0)
			return false;
		map = mmap(NULL, n * psize, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, (off_t)(page * psize));
		if (map == MAP_FAILED)
			return false;
		for (i = 0; i < n && right; i++) {
			uint32_t want = u32_get(checks + 4 * i);

			right = !want || want == page_check(map + i * psize, psize, page + i);
		}
		munmap(map, n * psize);
	}
	return right;
}

bool sum_right(const char *path, bool look)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), record = record_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	char want[HEAD], is[HEAD];
	size_t psize = page_size();
	struct stat st, rst;
	struct timespec now;
	bool right = false, same;
	uint64_t pages, from = META_PAGES;
	uint32_t meta;

	if (fd < 0 || record < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || fstat(record, &rst) || !S_ISREG(rst.st_mode) ||
	    pread(record, want, HEAD, 0) != HEAD || u32_get(want + HEAD - 4) != head_check(want))
		goto out;
	stat_put(is, &st);
	same = memcmp(is, want, STAT) == 0;
	right = same && !look;
	if (!right && memcmp(is, want, 8) == 0) {
		pages = ((uint64_t)st.st_size + psize - 1) / psize;
		if (same && pages > LOOK) {
			clock_gettime(CLOCK_MONOTONIC, &now);	/* process ids are all the same in a container */
			from = (uint64_t)now.tv_nsec / 1000 % (pages / LOOK + 1) * LOOK;
			from = from < META_PAGES ? META_PAGES : from;
			pages = pages < from + LOOK ? pages : from + LOOK;
		}
		right = meta_check(&meta, fd, psize) && meta == u32_get(want + STAT) &&
		    pages_right(fd, record, psize, from, pages);
	}
out:
	if (fd >= 0)
		close(fd);
	if (record >= 0)
		close(record);
	return right;
}

void sum_forget(const char *path)
{
	struct arena a = ARENA_INIT;

	unlink(arena_printf(&a, "%s-sum", path));	/* who may not, cannot make the index anew either */
	arena_free(&a);
}

enum rc sum_before(struct sum *s, struct store *store, struct err *e)
{
	enum rc rc;

	if (s->free.n && s->commit == store_commit(store))
		return RC_OK;
	if ((rc = store_free_pages(&s->free, store, e)))
		buf_clear(&s->free);
	s->commit = store_commit(store);
	return rc;
}

enum use { KEPT, USED, FREED };		/* what a commit did with a page: as it was; written; not in use any more */

static bool is_free(const struct buf *bits, uint64_t page)
{
	return page / 8 >= bits->n || ((unsigned char)bits->p[page / 8] >> page % 8 & 1);
}

static enum use use_of(const struct buf *was, const struct buf *now, uint64_t page)
{
	bool before = !is_free(was, page), after = !is_free(now, page);

	return before == after ? KEPT : after ? USED : FREED;
}

/* Put down the checks of those pages of which `now` tells otherwise than what was. */
static bool put_checks(int fd, int record, char *room, size_t psize, const struct buf *was, const struct buf *now, uint64_t pages)
{
	char checks[4 * RUN];
	uint64_t page, to;
	size_t n, i;
	enum use use;

	for (page = META_PAGES; page < pages; page = to) {
		if (page % 8 == 0 && page / 8 < now->n && page / 8 < was->n && now->p[page / 8] == was->p[page / 8]) {
			to = page + 8;		/* of most pages nothing changes */
			continue;
		}
		to = page + 1;
		if ((use = use_of(was, now, page)) == KEPT)
			continue;
		while (to < pages && to - page < RUN && use_of(was, now, to) == use)
			to++;
		n = (size_t)(to - page);
		memset(checks, 0, sizeof checks);
		if (use == USED && !pages_read(room, fd, psize, page, n))
			return false;
		for (i = 0; use == USED && i < n; i++)
			u32_put(checks + 4 * i, page_check(room + i * psize, psize, page + i));
		if (pwrite(record, checks, 4 * n, (off_t)(HEAD + 4 * page)) != (ssize_t)(4 * n))
			return false;
	}
	return true;
}

enum rc sum_commit(struct sum *s, struct store *store, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), record = record_open(path, O_RDWR | O_CREAT);
	struct sum now = SUM_INIT;
	size_t psize = page_size();
	char *room = xmalloc(RUN * psize);
	struct stat st, rst;
	uint64_t pages;
	enum rc rc;

	if (fd < 0 || record < 0 || fstat(fd, &st) || fstat(record, &rst)) {
		rc = err_errno(e, "%s", path);
		goto out;
	}
	if ((rc = store_free_pages(&now.free, store, e)))
		goto out;
	now.commit = store_commit(store);
	pages = ((uint64_t)st.st_size + psize - 1) / psize;
	if ((uint64_t)rst.st_size != HEAD + 4 * pages && ftruncate(record, (off_t)(HEAD + 4 * pages)))
		rc = err_errno(e, "%s-sum", path);
	else if (!put_checks(fd, record, room, psize, &s->free, &now.free, pages))
		rc = err_errno(e, "%s-sum", path);
out:
	if (fd >= 0)
		close(fd);
	if (record >= 0)
		close(record);
	free(room);
	if (rc) {
		buf_free(&now.free);
		buf_clear(&s->free);
		return rc;
	}
	buf_free(&s->free);
	*s = now;
	return RC_OK;
}

enum rc sum_write(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), record = record_open(path, O_WRONLY | O_CREAT);
	char head[HEAD];
	size_t psize = page_size();
	struct stat st;
	uint32_t meta;
	enum rc rc = RC_OK;

	if (fd < 0 || record < 0 || fstat(fd, &st)) {
		rc = err_errno(e, "%s", path);
		goto out;
	}
	if (!meta_check(&meta, fd, psize)) {
		rc = err_errno(e, "%s", path);
		goto out;
	}
	stat_put(head, &st);
	u32_put(head + STAT, meta);
	u32_put(head + HEAD - 4, head_check(head));
	if (pwrite(record, head, HEAD, 0) != HEAD)
		rc = err_errno(e, "%s-sum", path);
out:
	if (fd >= 0)
		close(fd);
	if (record >= 0)
		close(record);
	return rc;
}
