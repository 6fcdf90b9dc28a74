/* kb/index/sum.c: is the index's file as its last writer left it? LMDB keeps no checksums, and a page that
 * something else wrote over gives wrong answers, or a read outside of the map, which kills. So beside the file
 * stands a record, FILE-sum; numbers low byte first:
 *
 *	u32	check of all that follows, to the last of the late checks
 *	u32	number of late checks, at most LATE
 *	u32	check of the first two pages, which every commit writes
 *	u32	0
 *	u64	size, inode, mtime, ctime (nanoseconds) of the file
 *	u32 each: a page, its check		late checks
 *
 *	from BASE on, u32 for each page: a check of its number and bytes (check_of, pack.h), never 0; 0: no table uses it
 *
 * Whoever commits writes it, still under the lock. LMDB never writes over a page that is in use, so after a commit
 * only pages that were free, or new, are read: a small change costs as much, whatever the size of the file. What it did to
 * some pages here and there is put down as late checks, which come before those of the same pages behind BASE, a later one
 * before an earlier one: one write, together with the rest. When they are too many, all go to their place.
 *
 * The record is written when the disk has the commit. If the power goes before, any of its pages may be there: without those
 * that lead to them (the first two) the file is as it was before, as all of the others were free; with these it is not right.
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

enum { META_PAGES = 2, STAT = 32, HEAD = 16 + STAT, BASE = 4096, LATE = (BASE - HEAD) / 8, LOOK = 1024 };
/* LOOK: 4 MB, in part of the time that the program takes to start */

static void files_close(struct sum *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->record >= 0)
		close(s->record);
	s->fd = s->record = -1;
}

void sum_free(struct sum *s)
{
	files_close(s);
	if (s->map)
		munmap((void *)(uintptr_t)s->map, s->mapped);
	buf_free(&s->free);
	buf_free(&s->late);
	*s = (struct sum)SUM_INIT;
}

static int record_open(const char *path, int flags)
{
	struct arena a = ARENA_INIT;
	int fd = open(arena_printf(&a, "%s-sum", path), flags | O_CLOEXEC | O_NOFOLLOW, 0644);

	arena_free(&a);
	return fd;
}

/* Both files, kept open by who writes. */
static bool files_open(struct sum *s, const char *path)
{
	if (s->fd < 0)
		s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (s->record < 0)
		s->record = record_open(path, O_RDWR | O_CREAT);
	return s->fd >= 0 && s->record >= 0;
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void stat_put(char to[STAT], const struct stat *st)
{
	const uint64_t v[STAT / 8] = { (uint64_t)st->st_size, (uint64_t)st->st_ino,
		(uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec };
	size_t i;

	for (i = 0; i < STAT; i++)
		to[i] = (char)(v[i / 8] >> 8 * (i % 8));
}

/* The file, of so many bytes, as it stands in memory: who wrote some pages here and there need not read them, a call for
 * each. The map is larger, so that it is seldom made anew while the file grows. */
static bool map_file(struct sum *s, size_t size)
{
	void *map;

	if (size <= s->mapped)
		return true;
	if (s->map)
		munmap((void *)(uintptr_t)s->map, s->mapped);
	map = mmap(NULL, 2 * size, PROT_READ, MAP_SHARED, s->fd, 0);
	s->map = map == MAP_FAILED ? NULL : map;
	s->mapped = s->map ? 2 * size : 0;
	return s->map;
}

static uint32_t page_check(const char *page, size_t psize, uint64_t number)
{
	uint32_t h = (uint32_t)check_of(number, (struct str){ page, psize });

	return h ? h : 1;
}

static uint32_t meta_check(const char *pages, size_t psize)
{
	return (uint32_t)check_of(0, (struct str){ pages, META_PAGES * psize });
}

static bool meta_right(int fd, size_t psize, uint32_t want)
{
	char *room = xmalloc(META_PAGES * psize);
	bool right = pread(fd, room, META_PAGES * psize, 0) == (ssize_t)(META_PAGES * psize) && meta_check(room, psize) == want;

	free(room);
	return right;
}

/* What of a head's check stands for, n late checks behind it. */
static uint32_t head_check(const char *head, size_t n)
{
	return (uint32_t)check_of(1, (struct str){ head + 4, HEAD - 4 + 8 * n });
}

/* *late: its late checks, which live in head. */
static bool head_read(char head[BASE], struct str *late, int record)
{
	ssize_t got = pread(record, head, BASE, 0);
	size_t n;

	if (got < HEAD || (n = u32_get(head + 4)) > ((size_t)got - HEAD) / 8 || u32_get(head) != head_check(head, n))
		return false;
	*late = (struct str){ head + HEAD, 8 * n };
	return true;
}

/* Put the late checks of pages from..from + n - 1 in the place of what is there. */
static void late_over(char *checks, struct str late, uint64_t from, size_t n)
{
	for (; late.n; late = str_sub(late, 8, late.n)) {
		uint32_t page = u32_get(late.p);

		if (page >= from && page - from < n)
			memcpy(checks + 4 * (page - from), late.p + 4, 4);
	}
}

/* Are the pages from..pages - 1 that have a check as it says? A map, as reading so much costs twice what checking it does. */
static bool pages_right(int fd, int record, struct str late, size_t psize, uint64_t from, uint64_t pages)
{
	enum { MAPPED = 1024 };
	char checks[4 * MAPPED], *map;
	uint64_t page;
	size_t n, i;
	bool right = true;

	for (page = from; page < pages && right; page += n) {
		n = pages - page < MAPPED ? (size_t)(pages - page) : MAPPED;
		memset(checks, 0, sizeof checks);	/* those behind the record's end were never used */
		if (pread(record, checks, 4 * n, (off_t)(BASE + 4 * page)) < 0)
			return false;
		late_over(checks, late, page, n);
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

bool sum_right(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), record = record_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	char head[BASE], is[STAT];
	const char *want = head + HEAD - STAT;
	size_t psize = page_size();
	struct stat st, rst;
	struct timespec now;
	struct str late;
	bool right = false;
	uint64_t pages, from = META_PAGES;

	if (fd < 0 || record < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || fstat(record, &rst) || !S_ISREG(rst.st_mode) ||
	    !head_read(head, &late, record))
		goto out;
	stat_put(is, &st);
	if (memcmp(is, want, 8) == 0) {
		pages = ((uint64_t)st.st_size + psize - 1) / psize;
		if (memcmp(is, want, STAT) == 0 && pages > LOOK) {
			clock_gettime(CLOCK_MONOTONIC, &now);	/* process ids are all the same in a container */
			from = (uint64_t)now.tv_nsec / 1000 % (pages / LOOK + 1) * LOOK;
			from = from < META_PAGES ? META_PAGES : from;
			pages = pages < from + LOOK ? pages : from + LOOK;
		}
		right = meta_right(fd, psize, u32_get(head + 8)) && pages_right(fd, record, late, psize, from, pages);
	}
out:
	if (fd >= 0)
		close(fd);
	if (record >= 0)
		close(record);
	return right;
}

bool sum_stands(struct sum *s, const char *path)
{
	char head[BASE], is[STAT];
	struct stat st, rst;
	struct str late;

	if (!files_open(s, path) || fstat(s->fd, &st) || fstat(s->record, &rst) || !rst.st_nlink ||
	    !head_read(head, &late, s->record))
		return false;
	stat_put(is, &st);
	return memcmp(is, head + HEAD - STAT, STAT) == 0;
}

void sum_forget(const char *path)
{
	struct arena a = ARENA_INIT;

	unlink(arena_printf(&a, "%s-sum", path));	/* who may not, cannot make the index anew either */
	arena_free(&a);
}

/* The late checks that stand in the record; none when it is not right, which who reads it finds. */
static void late_load(struct sum *s)
{
	char head[BASE];
	struct str late;

	buf_clear(&s->late);
	if (s->record >= 0 && head_read(head, &late, s->record))
		buf_str_add(&s->late, late);
}

enum rc sum_before(struct sum *s, struct store *store, const char *path, struct err *e)
{
	enum rc rc;

	if (s->free.n && s->commit == store_commit(store))
		return RC_OK;
	if (!files_open(s, path))
		return err_errno(e, "%s", path);
	late_load(s);
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

/* Add the checks of those pages of which `now` tells otherwise than what was. Where they are many, as of a new file, those
 * that are done leave the memory of this process. */
static void add_checks(struct sum *s, size_t psize, const struct buf *now, uint64_t pages)
{
	uint64_t page = META_PAGES, from = 0, done = 0;
	enum use use;
	char pair[8];

	while (page < pages) {
		if (page % 64 == 0 && page / 8 + 8 <= now->n && page / 8 + 8 <= s->free.n &&
		    memcmp(now->p + page / 8, s->free.p + page / 8, 8) == 0) {
			page += 64;		/* of most pages nothing changes */
			continue;
		}
		if ((use = use_of(&s->free, now, page)) != KEPT) {
			u32_put(pair, (uint32_t)page);
			u32_put(pair + 4, use == USED ? page_check(s->map + page * psize, psize, page) : 0);
			buf_add(&s->late, pair, sizeof pair);
			done++;
		}
		page++;
		if (done == LOOK) {
			(void)madvise((void *)(uintptr_t)(s->map + from * psize), (size_t)(page - from) * psize, MADV_DONTNEED);
			from = page;
			done = 0;
		}
	}
}

/* All late checks go to their place, in a file of so many pages. */
static bool late_settle(struct sum *s, uint64_t pages)
{
	size_t n = 4 * (size_t)pages;
	char *checks = xmalloc(n);
	bool done;

	memset(checks, 0, n);
	done = pread(s->record, checks, n, BASE) >= 0;
	late_over(checks, buf_str(&s->late), 0, (size_t)pages);
	done = done && pwrite(s->record, checks, n, BASE) == (ssize_t)n;
	free(checks);
	buf_clear(&s->late);
	return done;
}

enum rc sum_commit(struct sum *s, struct store *store, const char *path, struct err *e)
{
	struct buf now = BUF_INIT;
	size_t psize = page_size();
	struct stat st, rst;
	uint64_t pages;
	enum rc rc;

	if (!files_open(s, path) || fstat(s->fd, &st) || fstat(s->record, &rst)) {
		rc = err_errno(e, "%s", path);
		goto out;
	}
	if ((rc = store_free_pages(&now, store, e)))
		goto out;
	pages = ((uint64_t)st.st_size + psize - 1) / psize;
	if (((uint64_t)rst.st_size != BASE + 4 * pages && ftruncate(s->record, (off_t)(BASE + 4 * pages))) || !map_file(s, (size_t)st.st_size)) {
		rc = err_errno(e, "%s-sum", path);
		goto out;
	}
	add_checks(s, psize, &now, pages);
	if (s->late.n > 8 * LATE && !late_settle(s, pages))
		rc = err_errno(e, "%s-sum", path);
out:
	buf_free(&s->free);
	if (rc) {			/* what is told then is that it is damaged */
		buf_free(&now);
		buf_clear(&s->late);
	}
	s->free = now;
	s->commit = store_commit(store);
	return rc;
}

enum rc sum_write(struct sum *s, const char *path, struct err *e)
{
	char head[BASE];
	struct stat st;
	size_t n;

	if (!files_open(s, path) || fstat(s->fd, &st) || !map_file(s, (size_t)st.st_size))
		return err_errno(e, "%s", path);
	if (!s->free.n)
		late_load(s);
	n = s->late.n / 8;
	u32_put(head + 4, (uint32_t)n);
	u32_put(head + 8, meta_check(s->map, page_size()));
	u32_put(head + 12, 0);
	stat_put(head + HEAD - STAT, &st);
	if (n)
		memcpy(head + HEAD, s->late.p, 8 * n);
	u32_put(head, head_check(head, n));
	return pwrite(s->record, head, HEAD + 8 * n, 0) == (ssize_t)(HEAD + 8 * n) ? RC_OK : err_errno(e, "%s-sum", path);
}
