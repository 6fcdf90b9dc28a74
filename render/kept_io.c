/* render/kept_io.c: see kept_io.h.
 *
 * A file begins with "colepkpt", the sum of what follows it (u64, check_of over pieces of PIECE bytes), and the key. Then
 * numbers are in the machine's order, strings have their length in front, u32.
 *
 * The sum tells accidents, not intent: who can write below .git can do anything there. Of a large file that is mapped and
 * hardly read it is not looked at each time: FILE.right has the id of this run of the machine and the stat with which the file
 * was found right, or written. While both are the same, nobody wrote the file, and no power was cut before all of it was on
 * the disk. Who relies on it removes FILE.right until it comes to a good end, so one who dies of what the disk changed dies
 * of it once. */
#include "render/kept_io.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kb/base/arena.h"
#include "kb/base/file.h"
#include "kb/index/pack.h"

#define PIECE ((size_t)1 << 20)
#define MAGIC "colepkpt"
enum { SUM = 8, KEY = 16, BODY = KEY + KEPT_KEY, SECOND = 1000000000 };
_Static_assert(BODY == KEPT_BODY, "as told");

struct kept_stat kept_stat(const struct stat *st)
{
	return (struct kept_stat){ (uint64_t)st->st_size, (uint64_t)st->st_ino,
		(uint64_t)st->st_mtim.tv_sec * SECOND + (uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec * SECOND + (uint64_t)st->st_ctim.tv_nsec };
}

bool kept_stat_tells(const struct kept_stat *s)
{
	return s->ctime % SECOND || s->mtime % SECOND;
}

bool kept_stat_same(const struct kept_stat *now, const struct kept_stat *was)
{
	return kept_stat_tells(now) && !memcmp(now, was, sizeof *now);
}

static uint64_t sum_of(struct str s)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < s.n; i += PIECE)
		sum = check_of(sum, str_sub(s, i, i + PIECE));
	return sum;
}

/* at: 0, or the address, and it may be written to. */
static bool map_file(struct kept_map *m, const char *path, uintptr_t at)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	struct stat st;
	void *p = MAP_FAILED;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		p = mmap((void *)at, (size_t)st.st_size, at ? PROT_READ | PROT_WRITE : PROT_READ,
		    at ? MAP_PRIVATE | MAP_FIXED_NOREPLACE : MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return false;
	if (at && (uintptr_t)p != at) {	/* a kernel that does not know the flag */
		munmap(p, (size_t)st.st_size);
		return false;
	}
	*m = (struct kept_map){ .all = { p, (size_t)st.st_size }, .stat = kept_stat(&st) };
	return true;
}

bool kept_map_any(struct kept_map *m, const char *path)
{
	return map_file(m, path, 0);
}

/* What stands in FILE.right; false: the system does not tell when it was started. */
static bool right_of(struct buf *b, const struct kept_stat *stat)
{
	static const char boot[] = "/proc/sys/kernel/random/boot_id";
	int fd = open(boot, O_RDONLY | O_CLOEXEC);
	char id[36];
	ssize_t got = fd < 0 ? -1 : read(fd, id, sizeof id);

	if (fd >= 0)
		close(fd);
	if (got != (ssize_t)sizeof id || !kept_stat_tells(stat))
		return false;
	buf_add(b, id, sizeof id);
	buf_add(b, stat, sizeof *stat);
	return true;
}

static bool vouched(const char *path, const struct kept_stat *stat)
{
	struct buf is = BUF_INIT, should = BUF_INIT;
	struct arena a = ARENA_INIT;
	const char *right = arena_printf(&a, "%s.right", path);
	struct err e = ERR_INIT;
	bool ok = right_of(&should, stat) && !file_read(&is, right, 4096, &e) && str_eq(buf_str(&is), buf_str(&should)) &&
	    !unlink(right);

	buf_free(&is);
	buf_free(&should);
	arena_free(&a);
	return ok;
}

void kept_vouch(const char *path, const struct kept_stat *stat)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct kept_pen p;
	struct err e = ERR_INIT;

	if (right_of(&b, stat) && !kept_pen_open(&p, arena_printf(&a, "%s.right", path), false, &e)) {
		kept_pen_write(&p, buf_str(&b));
		if (kept_pen_close(&p, &e))
			e.rc = RC_OK;	/* the sum is looked at then */
	}
	buf_free(&b);
	arena_free(&a);
}

enum rc kept_map_at(struct kept_map *m, const char *path, const unsigned char key[KEPT_KEY], uintptr_t at)
{
	uint64_t sum;

	*m = (struct kept_map){ .all = STR_NONE };
	if (!map_file(m, path, at))
		return RC_NOTFOUND;
	m->body = str_sub(m->all, BODY, m->all.n);
	if (m->all.n >= BODY && memcmp(m->all.p, MAGIC, SUM) == 0 && memcmp(m->all.p + KEY, key, KEPT_KEY) == 0) {
		memcpy(&sum, m->all.p + SUM, sizeof sum);
		if ((at && vouched(path, &m->stat)) || sum_of(str_sub(m->all, KEY, m->all.n)) == sum)
			return RC_OK;
	}
	kept_unmap(m);
	return RC_NOTFOUND;
}

enum rc kept_map(struct kept_map *m, const char *path, const unsigned char key[KEPT_KEY])
{
	return kept_map_at(m, path, key, 0);
}

void kept_unmap(struct kept_map *m)
{
	if (m->all.p)
		munmap((void *)(uintptr_t)m->all.p, m->all.n);
	*m = (struct kept_map){ .all = STR_NONE };
}

struct str kept_sum(const struct kept_map *m)
{
	return str_sub(m->all, SUM, KEY);
}

enum rc kept_pen_open(struct kept_pen *p, const char *path, bool on, struct err *e)
{
	enum rc rc;

	*p = (struct kept_pen){ .a = ARENA_INIT };
	p->path = arena_cstr(&p->a, cstr(path));
	p->file = on ? p->path : arena_printf(&p->a, "%s.%ld", path, (long)getpid());
	p->fd = open(p->file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (on ? 0 : O_CREAT | O_TRUNC), 0600);
	if (p->fd >= 0 && (!on || lseek(p->fd, 0, SEEK_END) >= 0))
		return RC_OK;
	rc = err_errno(e, "%s: cannot be written", p->file);
	if (p->fd >= 0)
		close(p->fd);
	arena_free(&p->a);
	return rc;
}

void kept_pen_write(struct kept_pen *p, struct str s)
{
	if (!p->err.rc)
		(void)!fd_write(p->fd, s, p->file, &p->err);
}

enum rc kept_pen_close(struct kept_pen *p, struct err *e)
{
	enum rc rc;

	if (close(p->fd) && !p->err.rc)
		(void)err_errno(&p->err, "%s: cannot be written", p->file);
	if (!p->err.rc && p->file != p->path && rename(p->file, p->path))
		(void)err_errno(&p->err, "%s: cannot be written", p->path);
	if (p->err.rc)
		unlink(p->file);
	rc = p->err.rc ? err_set(e, p->err.rc, "%s", p->err.msg) : RC_OK;
	arena_free(&p->a);
	return rc;
}

struct kept_out {
	struct kept_pen pen;
	struct buf b;			/* less than a piece */
	uint64_t sum;
	size_t at;			/* bytes of the file so far */
};

enum rc kept_begin(struct kept_out **out, const char *path, const unsigned char key[KEPT_KEY], struct err *e)
{
	struct kept_out *o = xmalloc(sizeof *o);
	const char head[KEY] = { 0 };
	enum rc rc;

	*o = (struct kept_out){ .b = BUF_INIT };
	if ((rc = kept_pen_open(&o->pen, path, false, e))) {
		free(o);
		return rc;
	}
	kept_pen_write(&o->pen, (struct str){ head, KEY });
	o->at = KEY;
	kept_add(o, (struct str){ (const char *)key, KEPT_KEY });
	*out = o;
	return RC_OK;
}

static void flush(struct kept_out *o)
{
	o->sum = check_of(o->sum, buf_str(&o->b));
	kept_pen_write(&o->pen, buf_str(&o->b));
	buf_clear(&o->b);
}

void kept_add(struct kept_out *o, struct str s)
{
	size_t n;

	for (o->at += s.n; s.n; s = str_sub(s, n, s.n)) {
		n = s.n < PIECE - o->b.n ? s.n : PIECE - o->b.n;
		buf_add(&o->b, s.p, n);
		if (o->b.n == PIECE)
			flush(o);
	}
}

void kept_add_u32(struct kept_out *o, uint32_t v)
{
	kept_add(o, (struct str){ (const char *)&v, sizeof v });
}

void kept_add_str(struct kept_out *o, struct str s)
{
	kept_add_u32(o, (uint32_t)s.n);
	kept_add(o, s);
}

void kept_add_zeros(struct kept_out *o)
{
	static const char zeros[KEPT_ALIGN] = { 0 };

	kept_add(o, (struct str){ zeros, (KEPT_ALIGN - o->at % KEPT_ALIGN) % KEPT_ALIGN });
}

enum rc kept_end(struct kept_out *o, struct err *e)
{
	char head[KEY];
	enum rc rc;

	if (o->b.n)
		flush(o);
	memcpy(head, MAGIC, SUM);
	memcpy(head + SUM, &o->sum, sizeof o->sum);
	if (!o->pen.err.rc && pwrite(o->pen.fd, head, KEY, 0) != KEY)
		(void)err_errno(&o->pen.err, "%s: cannot be written", o->pen.file);
	rc = kept_pen_close(&o->pen, e);
	buf_free(&o->b);
	free(o);
	return rc;
}

bool kept_take(struct str *part, struct str *s, size_t n)
{
	if (s->n < n)
		return false;
	*part = (struct str){ s->p, n };
	*s = (struct str){ s->p + n, s->n - n };
	return true;
}

bool kept_take_into(void *to, struct str *s, size_t n)
{
	struct str part;

	if (!kept_take(&part, s, n))
		return false;
	memcpy(to, part.p, n);
	return true;
}

bool kept_take_u32(uint32_t *v, struct str *s)
{
	return kept_take_into(v, s, sizeof *v);
}

bool kept_take_u64(uint64_t *v, struct str *s)
{
	return kept_take_into(v, s, sizeof *v);
}

bool kept_take_str(struct str *part, struct str *s)
{
	uint32_t n;

	return kept_take_u32(&n, s) && kept_take(part, s, n);
}

bool kept_take_zeros(struct str *s, const struct kept_map *m)
{
	struct str zeros;

	return kept_take(&zeros, s, (KEPT_ALIGN - (size_t)(s->p - m->all.p) % KEPT_ALIGN) % KEPT_ALIGN);
}

void kept_put_u32(struct buf *b, size_t n)
{
	uint32_t v = (uint32_t)n;

	buf_add(b, &v, sizeof v);
}

void kept_put_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof v);
}

void kept_put_str(struct buf *b, struct str s)
{
	kept_put_u32(b, s.n);
	buf_str_add(b, s);
}

/* ---- rows by name ---- */

static struct str name_of(const void *row)
{
	return *(const struct str *)row;
}

size_t kept_rows_lower(const void *rows, size_t size, size_t from, size_t to, struct str name)
{
	size_t mid;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (str_cmp(name_of((const char *)rows + mid * size), name) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static char *copy_rows(char *to, const char *from, size_t bytes)
{
	if (bytes)
		memcpy(to, from, bytes);
	return to + bytes;
}

size_t kept_rows_merge(void *out, const void *x, size_t nx, const void *y, size_t ny, size_t size, bool (*gone)(const void *row))
{
	const char *rows = x, *other = y, *const end = other + ny * size;
	char *to = out;
	size_t i = 0, at;

	for (; other < end; other += size, i = at) {
		at = kept_rows_lower(x, size, i, nx, name_of(other));
		to = copy_rows(to, rows + i * size, (at - i) * size);
		if (!gone(other))
			to = copy_rows(to, other, size);
		at += at < nx && str_eq(name_of(rows + at * size), name_of(other));
	}
	to = copy_rows(to, rows + i * size, (nx - i) * size);
	return (size_t)(to - (char *)out) / size;
}
