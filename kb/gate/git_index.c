/* kb/gate/git_index.c: the file .git/index, git's list of files with their stat data, read and written whole.
 *
 *	"DIRC", version (2, 3, 4), number of entries		32 bits each, big-endian, as all below
 *	ctime ctime_ns mtime mtime_ns dev ino mode uid gid size	10 numbers
 *	id							20 bytes
 *	flags							16 bits: 1 valid, 1 extended, 2 stage, 12 length of the path
 *	more flags						16 bits, when extended (version 3 and on)
 *	path		version 2, 3: as it is, NULs to a multiple of 8, at least one
 *			version 4: varint of bytes to take off the path before, the rest, NUL
 *	extensions, each 4 letters, length, bytes; one that begins with a small letter must be understood
 *	SHA-1 of all before (zeros: not made)
 *
 * The stat data are a cache: a file whose stat is as in its entry has the entry's content, unless it was
 * changed in the second when the index was written, or later, when a change leaves the time as it is. Git
 * and we alike look into such a file, and before an index is written anew, entries as new as the old one
 * whose files were not looked into lose their size, so that they are looked into next time.
 *
 * Written as version 2 or 3 without extensions; git makes them again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/base/sha1.h"
#include "kb/gate/git_parts.h"

#define INDEX_BYTES ((size_t)1 << 30)	/* about ten million files */
#define FIXED 62			/* bytes of an entry before its path */
#define EXTENDED 0x4000u
#define NAME_MASK 0x0fffu

static uint32_t get32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint16_t get16(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static void add32(struct buf *b, uint32_t x)
{
	const unsigned char p[4] = { (unsigned char)(x >> 24), (unsigned char)(x >> 16), (unsigned char)(x >> 8),
		(unsigned char)x };

	buf_add(b, p, sizeof p);
}

static void add16(struct buf *b, uint16_t x)
{
	const unsigned char p[2] = { (unsigned char)(x >> 8), (unsigned char)x };

	buf_add(b, p, sizeof p);
}

unsigned index_stage(const struct index_entry *en)
{
	return en->flags >> 12 & 3;
}

static int by_path(const void *x, const void *y)
{
	const struct index_entry *a = x, *b = y;
	int c = str_cmp(a->path, b->path);

	return c ? c : (int)index_stage(a) - (int)index_stage(b);
}

/* Git's varint of offsets: seven bits a byte, high first, one added for each byte that follows. */
static bool varint(size_t *v, struct str *s)
{
	size_t i, got = 0;

	for (i = 0; i < s->n && i < 5; i++) {
		got = (i ? got + 1 : 0) << 7 | ((unsigned char)s->p[i] & 0x7f);
		if (!((unsigned char)s->p[i] & 0x80)) {
			*v = got;
			*s = str_sub(*s, i + 1, s->n);
			return true;
		}
	}
	return false;
}

static bool entry_parse(struct index_entry *en, struct str *s, struct buf *path, unsigned version, struct arena *a)
{
	struct str all = *s;
	uint32_t *const fields[] = { &en->ctime, &en->ctime_ns, &en->mtime, &en->mtime_ns, &en->dev, &en->ino, &en->mode,
		&en->uid, &en->gid, &en->size };
	size_t i, n, cut = 0;

	if (s->n < FIXED)
		return false;
	for (i = 0; i < sizeof fields / sizeof *fields; i++)
		*fields[i] = get32(s->p + 4 * i);
	memcpy(en->id.b, s->p + 40, sizeof en->id.b);
	en->flags = get16(s->p + 60) & (uint16_t)~NAME_MASK;
	*s = str_sub(*s, FIXED, s->n);
	if (en->flags & EXTENDED) {
		if (version < 3 || s->n < 2)
			return false;
		en->more = get16(s->p);
		*s = str_sub(*s, 2, s->n);
	}
	if (version == 4 && (!varint(&cut, s) || cut > path->n))
		return false;
	n = str_chr(*s, '\0');
	if (n == SIZE_MAX)
		return false;
	path->n = version == 4 ? path->n - cut : 0;
	buf_add(path, s->p, n);
	if (path->n == 0 || path->n > PATH_BYTES)
		return false;
	en->path = arena_str(a, buf_str(path));
	*s = str_sub(*s, n + 1, s->n);
	if (version != 4) {
		size_t used = (all.n - s->n + 7) / 8 * 8;	/* the NUL read is the first of the padding */

		if (used > all.n)
			return false;
		*s = str_sub(all, used, all.n);
	}
	return true;
}

static bool extensions_known(struct str s)
{
	while (s.n >= 8) {
		if (s.p[0] < 'A' || s.p[0] > 'Z' || get32(s.p + 4) > s.n - 8)
			return false;
		s = str_sub(s, 8 + (size_t)get32(s.p + 4), s.n);
	}
	return s.n == 0;
}

static bool sum_right(struct str raw)
{
	static const unsigned char none[20];
	unsigned char sum[20];
	struct sha1 s;

	sha1_init(&s);
	sha1_add(&s, raw.p, raw.n - 20);
	sha1_done(sum, &s);
	return memcmp(sum, raw.p + raw.n - 20, 20) == 0 || memcmp(none, raw.p + raw.n - 20, 20) == 0;
}

/* Of one path there is the file that all agree on, or stages of what was not merged. */
static bool follows(const struct index_entry *before, const struct index_entry *en)
{
	return by_path(before, en) < 0 && (index_stage(before) || !str_eq(before->path, en->path));
}

static bool parse(struct index_file *ix, struct arena *a, struct str raw)
{
	struct buf path = BUF_INIT;
	struct str rest;
	unsigned version;
	size_t n, i;
	bool ok;

	if (raw.n < 32 || memcmp(raw.p, "DIRC", 4) != 0 || !sum_right(raw))
		return false;
	version = get32(raw.p + 4);
	n = get32(raw.p + 8);
	rest = str_sub(raw, 12, raw.n - 20);
	if (version < 2 || version > 4 || n > rest.n / FIXED)
		return false;
	ix->v = arena_array(a, n, sizeof *ix->v);
	for (i = 0, ok = true; i < n && ok; i++)
		ok = entry_parse(&ix->v[i], &rest, &path, version, a) && (i == 0 || follows(&ix->v[i - 1], &ix->v[i]));
	ix->n = n;
	buf_free(&path);
	return ok && extensions_known(rest);
}

enum rc index_read(struct index_file *ix, struct arena *a, const char *path, struct err *e)
{
	struct index_file got = { .there = false };
	struct buf raw = BUF_INIT;
	enum rc rc = RC_OK;

	/* The stat first: if the file is replaced meanwhile, the time is too old, which only costs looking. */
	if (lstat(path, &got.st) == 0)
		rc = file_read(&raw, path, INDEX_BYTES, e);
	if (!rc)
		got.there = parse(&got, a, buf_str(&raw));
	else if (rc == RC_NOTFOUND)
		rc = RC_OK;
	buf_free(&raw);
	if (!rc)
		*ix = got.there ? got : (struct index_file){ .there = false };
	return rc;
}

bool index_stands(const struct index_file *ix, const char *path)
{
	struct stat now;

	return ix->there && lstat(path, &now) == 0 && now.st_ino == ix->st.st_ino && now.st_size == ix->st.st_size &&
	    now.st_mtim.tv_sec == ix->st.st_mtim.tv_sec && now.st_mtim.tv_nsec == ix->st.st_mtim.tv_nsec;
}

struct index_entry *index_find(const struct index_file *ix, struct str path)
{
	size_t lo = 0, hi = ix->n, mid;

	while (lo < hi) {
		int c;

		mid = lo + (hi - lo) / 2;
		c = str_cmp(path, ix->v[mid].path);
		if (c == 0)
			return index_stage(&ix->v[mid]) == 0 ? &ix->v[mid] : NULL;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static uint32_t mode_of(const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return MODE_LINK;
	return st->st_mode & 0100 ? MODE_EXEC : MODE_FILE;
}

bool index_trust(const struct index_file *ix, const struct index_entry *en, const struct stat *st)
{
	if ((uint32_t)st->st_mtim.tv_sec != en->mtime || (uint32_t)st->st_mtim.tv_nsec != en->mtime_ns ||
	    (uint32_t)st->st_ctim.tv_sec != en->ctime || (uint32_t)st->st_ctim.tv_nsec != en->ctime_ns ||
	    (uint32_t)st->st_ino != en->ino || (uint32_t)st->st_size != en->size ||
	    S_ISLNK(st->st_mode) != (en->mode == MODE_LINK))
		return false;
	if (en->size == 0)		/* empty, or made so above because it was as new as the index */
		return false;
	return en->fresh || st->st_mtim.tv_sec < ix->st.st_mtim.tv_sec;
}

void index_stat(struct index_entry *en, const struct stat *st)
{
	en->ctime = (uint32_t)st->st_ctim.tv_sec;
	en->ctime_ns = (uint32_t)st->st_ctim.tv_nsec;
	en->mtime = (uint32_t)st->st_mtim.tv_sec;
	en->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	en->dev = (uint32_t)st->st_dev;
	en->ino = (uint32_t)st->st_ino;
	en->mode = mode_of(st);
	en->uid = (uint32_t)st->st_uid;
	en->gid = (uint32_t)st->st_gid;
	en->size = (uint32_t)st->st_size;
	en->fresh = true;
}

/* Ours say so and are locked besides, until we end in whatever way: one that says so and is free is of a process
 * that was killed. What git itself made is left alone. */
static const char ours[] = "colep\n";

static void remove_dead(const char *lock)
{
	char head[sizeof ours - 1];
	struct stat st, now;
	int fd = open(lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return;
	if (read(fd, head, sizeof head) == (ssize_t)sizeof head && memcmp(head, ours, sizeof head) == 0 &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && lstat(lock, &now) == 0 && st.st_ino == now.st_ino &&
	    st.st_dev == now.st_dev)
		unlink(lock);
	close(fd);
}

enum rc index_lock(int *fd, const char *path, bool wait, struct err *e)
{
	const struct timespec pause = { 0, 20000000 };	/* 20 ms */
	struct buf lock = BUF_INIT;
	enum rc rc = RC_OK;
	int tries = wait ? 100 : 0;

	buf_printf(&lock, "%s.lock", path);
	while ((*fd = open(lock.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644)) < 0 && errno == EEXIST &&
	    tries-- > 0) {
		remove_dead(lock.p);
		nanosleep(&pause, NULL);
	}
	if (*fd >= 0 && (flock(*fd, LOCK_EX | LOCK_NB) || write(*fd, ours, sizeof ours - 1) < 0))
		errno = 0;		/* a disk that cannot: then a dead one is told, not removed */
	if (*fd < 0 && errno == EEXIST)
		rc = err_set(e, RC_CONFLICT, "%s: another git holds it; try again, and if none is running, remove it", lock.p);
	else if (*fd < 0)
		rc = err_errno(e, "%s", lock.p);
	buf_free(&lock);
	return rc;
}

void index_unlock(int fd, const char *path)
{
	struct buf lock = BUF_INIT;

	close(fd);
	buf_printf(&lock, "%s.lock", path);
	unlink(lock.p);
	buf_free(&lock);
}

static void entry_format(struct buf *b, const struct index_entry *en)
{
	static const char zeros[8];
	size_t start = b->n;
	uint16_t flags = en->flags & (uint16_t)~(NAME_MASK | EXTENDED);

	add32(b, en->ctime);
	add32(b, en->ctime_ns);
	add32(b, en->mtime);
	add32(b, en->mtime_ns);
	add32(b, en->dev);
	add32(b, en->ino);
	add32(b, en->mode);
	add32(b, en->uid);
	add32(b, en->gid);
	add32(b, en->size);
	buf_add(b, en->id.b, sizeof en->id.b);
	flags |= (uint16_t)(en->path.n < NAME_MASK ? en->path.n : NAME_MASK);
	add16(b, en->more ? flags | EXTENDED : flags);
	if (en->more)
		add16(b, en->more);
	buf_str_add(b, en->path);
	buf_add(b, zeros, 8 - (b->n - start) % 8);
}

enum rc index_write(int fd, const char *path, struct index_entry *v, size_t n, int64_t racy, struct err *e)
{
	struct buf b = BUF_INIT;
	unsigned char sum[20];
	struct sha1 s;
	unsigned version = 2;
	enum rc rc;
	size_t i;

	if (n)
		qsort(v, n, sizeof *v, by_path);
	for (i = 0; i < n; i++)
		version = v[i].more ? 3 : version;
	buf_reserve(&b, n * 128 + 32);
	buf_puts(&b, "DIRC");
	add32(&b, version);
	add32(&b, (uint32_t)n);
	for (i = 0; i < n; i++) {
		if (!v[i].fresh && (int64_t)v[i].mtime >= racy)
			v[i].size = 0;
		entry_format(&b, &v[i]);
	}
	sha1_init(&s);
	sha1_add(&s, b.p, b.n);
	sha1_done(sum, &s);
	buf_add(&b, sum, sizeof sum);
	rc = file_write_fast(path, buf_str(&b), 0644, e);	/* through a file of its own: the lock stays ours to tell */
	index_unlock(fd, path);
	buf_free(&b);
	return rc;
}
