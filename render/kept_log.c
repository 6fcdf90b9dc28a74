/* render/kept_log.c: see kept_log.h.
 *
 *	"colepklg", the key
 *	pieces, one behind the other
 *	the table: stamp; count; for each piece, by name: name, offset u64, length, check (low half of check_of)
 *	offset of the table, its length, check_of it: u64
 *
 * Numbers are u32 in the machine's order but where told, strings have their length in front. New pieces are written behind
 * all that is there, and a new table behind them; who is stopped in between leaves no log. When more than half of the file
 * is of no use any more it is written anew. */
#include "render/kept_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/index/pack.h"

#define MAGIC "colepklg"
enum { NAME = 8, HEAD = NAME + KEPT_KEY, FOOT = 24, FLUSH = 1 << 20 };

static bool take_u64(uint64_t *v, struct str *s)
{
	struct str part;

	if (!kept_take(&part, s, sizeof *v))
		return false;
	memcpy(v, part.p, sizeof *v);
	return true;
}

static bool parse(struct kept_log *l, struct str stamp)
{
	struct str foot, s = l->map.all;
	uint64_t at, n, check;
	uint32_t count, i;

	foot = str_sub(s, s.n - FOOT, s.n);
	if (!take_u64(&at, &foot) || !take_u64(&n, &foot) || !take_u64(&check, &foot) || at < HEAD || at > s.n - FOOT ||
	    n != s.n - FOOT - at)
		return false;
	s = str_sub(s, at, at + n);
	if (check_of(0, s) != check || !kept_take_str(&l->stamp, &s) || !str_eq(l->stamp, stamp) || !kept_take_u32(&count, &s) ||
	    count > s.n / 20)
		return false;
	l->v = arena_array(&l->a, count, sizeof *l->v);
	for (i = 0; i < count; i++) {
		struct kept_piece *p = &l->v[i];

		if (!kept_take_str(&p->name, &s) || !take_u64(&p->at, &s) || !kept_take_u32(&p->n, &s) || !kept_take_u32(&p->check, &s) ||
		    p->at < HEAD || p->at > at || p->n > at - p->at)
			return false;
		l->live += p->n;
	}
	l->n = count;
	return s.n == 0;
}

bool kept_log_open(struct kept_log *l, const char *path, const unsigned char key[KEPT_KEY], struct str stamp)
{
	*l = (struct kept_log){ .a = ARENA_INIT };
	if (!kept_map_any(&l->map.all, path))
		return false;
	if (l->map.all.n >= HEAD + FOOT && memcmp(l->map.all.p, MAGIC, NAME) == 0 &&
	    memcmp(l->map.all.p + NAME, key, KEPT_KEY) == 0 && parse(l, stamp))
		return true;
	kept_log_close(l);
	return false;
}

void kept_log_close(struct kept_log *l)
{
	kept_unmap(&l->map);
	arena_free(&l->a);
	*l = (struct kept_log){ .a = ARENA_INIT };
}

static const struct kept_piece *find(const struct kept_log *l, struct str name)
{
	size_t from = 0, to = l->n, mid;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (str_cmp(l->v[mid].name, name) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from < l->n && str_eq(l->v[from].name, name) ? &l->v[from] : NULL;
}

bool kept_log_has(const struct kept_log *l, struct str name)
{
	return find(l, name) != NULL;
}

bool kept_log_get(struct str *piece, const struct kept_log *l, struct str name)
{
	const struct kept_piece *p = find(l, name);

	if (!p)
		return false;
	*piece = str_sub(l->map.all, p->at, p->at + p->n);
	return (uint32_t)check_of(0, *piece) == p->check;
}

/* ---- writing ---- */

struct kept_log_out {
	struct arena a;
	const char *path, *file;	/* file: what is written, path or a temporary one */
	int fd;
	struct buf b;
	uint64_t at;			/* where b will stand */
	const struct kept_log *was;
	struct kept_piece *v;		/* put; n UINT32_MAX: dropped */
	size_t n, cap;
	struct err err;
};

static void flush(struct kept_log_out *o)
{
	if (!o->err.rc)
		(void)!fd_write(o->fd, buf_str(&o->b), o->file, &o->err);
	o->at += o->b.n;
	buf_clear(&o->b);
}

static struct kept_piece *next(struct kept_log_out *o, struct str name)
{
	if (o->n == o->cap)
		o->v = arena_grow(&o->a, o->v, &o->cap, sizeof *o->v);
	o->v[o->n] = (struct kept_piece){ .name = arena_str(&o->a, name), .n = UINT32_MAX };
	return &o->v[o->n++];
}

enum rc kept_log_begin(struct kept_log_out **out, const char *path, const unsigned char key[KEPT_KEY],
    const struct kept_log *was, struct err *e)
{
	struct kept_log_out *o = xmalloc(sizeof *o);
	bool on = was && was->map.all.n / 2 <= was->live + HEAD;
	enum rc rc;

	*o = (struct kept_log_out){ .a = ARENA_INIT, .was = was };
	o->path = arena_cstr(&o->a, cstr(path));
	o->file = on ? o->path : arena_printf(&o->a, "%s.%ld", path, (long)getpid());
	o->fd = open(o->file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (on ? 0 : O_CREAT | O_TRUNC), 0600);
	if (o->fd < 0 || (on && lseek(o->fd, 0, SEEK_END) != (off_t)was->map.all.n)) {
		rc = err_errno(e, "%s: cannot be written", o->file);
		if (o->fd >= 0)
			close(o->fd);
		arena_free(&o->a);
		free(o);
		return rc;
	}
	if (on) {
		o->at = was->map.all.n;
	} else {
		buf_puts(&o->b, MAGIC);
		buf_add(&o->b, key, KEPT_KEY);
	}
	*out = o;
	return RC_OK;
}

void kept_log_put(struct kept_log_out *o, struct str name, struct str piece)
{
	struct kept_piece *p = next(o, name);

	p->at = o->at + o->b.n;
	p->n = (uint32_t)piece.n;
	p->check = (uint32_t)check_of(0, piece);
	buf_str_add(&o->b, piece);
	if (o->b.n >= FLUSH)
		flush(o);
}

void kept_log_drop(struct kept_log_out *o, struct str name)
{
	(void)next(o, name);
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct kept_piece *)a)->name, ((const struct kept_piece *)b)->name);
}

static void row(struct buf *b, const struct kept_piece *p)
{
	uint32_t n = (uint32_t)p->name.n;

	buf_add(b, &n, sizeof n);
	buf_str_add(b, p->name);
	buf_add(b, &p->at, sizeof p->at);
	buf_add(b, &p->n, sizeof p->n);
	buf_add(b, &p->check, sizeof p->check);
}

enum rc kept_log_end(struct kept_log_out *o, struct str stamp, struct err *e)
{
	bool anew = o->file != o->path;
	size_t i = 0, k = 0, old = o->was ? o->was->n : 0, n = o->n;
	struct buf rows = BUF_INIT;
	uint64_t foot[3];
	uint32_t count = 0, len = (uint32_t)stamp.n;
	enum rc rc;

	if (n)
		qsort(o->v, n, sizeof *o->v, by_name);
	while (i < old || k < n) {
		int d = i == old ? 1 : k == n ? -1 : str_cmp(o->was->v[i].name, o->v[k].name);
		struct kept_piece p = d < 0 ? o->was->v[i] : o->v[k];

		i += d <= 0;
		k += d >= 0;
		if (d >= 0 && p.n == UINT32_MAX)
			continue;
		if (d < 0 && anew) {
			uint64_t at = o->at + o->b.n;

			buf_str_add(&o->b, str_sub(o->was->map.all, p.at, p.at + p.n));
			p.at = at;
			if (o->b.n >= FLUSH)
				flush(o);
		}
		row(&rows, &p);
		count++;
	}
	foot[0] = o->at + o->b.n;
	foot[1] = sizeof len + stamp.n + sizeof count + rows.n;
	buf_add(&o->b, &len, sizeof len);
	buf_str_add(&o->b, stamp);
	buf_add(&o->b, &count, sizeof count);
	buf_str_add(&o->b, buf_str(&rows));
	foot[2] = check_of(0, str_sub(buf_str(&o->b), o->b.n - foot[1], o->b.n));
	buf_add(&o->b, foot, sizeof foot);
	flush(o);
	if (close(o->fd) && !o->err.rc)
		(void)err_errno(&o->err, "%s: cannot be written", o->file);
	if (!o->err.rc && anew && rename(o->file, o->path))
		(void)err_errno(&o->err, "%s: cannot be written", o->path);
	if (o->err.rc)
		unlink(o->file);
	rc = o->err.rc ? err_set(e, o->err.rc, "%s", o->err.msg) : RC_OK;
	buf_free(&rows);
	buf_free(&o->b);
	arena_free(&o->a);
	free(o);
	return rc;
}
