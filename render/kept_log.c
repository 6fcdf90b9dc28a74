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

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kb/index/pack.h"

#define MAGIC "colepklg"
enum { NAME = 8, HEAD = NAME + KEPT_KEY, FOOT = 24, FLUSH = 1 << 18 };

static bool parse(struct kept_log *l, struct str stamp)
{
	struct str foot, s = l->map.all;
	uint64_t at, n, check;
	uint32_t count, i;

	foot = str_sub(s, s.n - FOOT, s.n);
	if (!kept_take_u64(&at, &foot) || !kept_take_u64(&n, &foot) || !kept_take_u64(&check, &foot) || at < HEAD || at > s.n - FOOT ||
	    n != s.n - FOOT - at)
		return false;
	s = str_sub(s, at, at + n);
	if (check_of(0, s) != check || !kept_take_str(&l->stamp, &s) || !str_eq(l->stamp, stamp) || !kept_take_u32(&count, &s) ||
	    count > s.n / 20)
		return false;
	l->v = arena_array(&l->a, count, sizeof *l->v);
	for (i = 0; i < count; i++) {
		struct kept_piece *p = &l->v[i];

		if (!kept_take_str(&p->name, &s) || !kept_take_u64(&p->at, &s) || !kept_take_u32(&p->n, &s) || !kept_take_u32(&p->check, &s) ||
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
	if (!kept_map_any(&l->map, path))
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

size_t kept_log_lower(const struct kept_log *l, struct str name)
{
	size_t from = 0, to = l->n, mid;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (str_cmp(l->v[mid].name, name) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

bool kept_log_get(struct str *piece, const struct kept_log *l, struct str name)
{
	size_t i = kept_log_lower(l, name);
	const struct kept_piece *p = &l->v[i];

	if (i == l->n || !str_eq(p->name, name))
		return false;
	*piece = str_sub(l->map.all, p->at, p->at + p->n);
	return (uint32_t)check_of(0, *piece) == p->check;
}

/* ---- writing ---- */

struct kept_log_out {
	struct kept_pen pen;
	bool anew;			/* what `was` has is copied; else it stands there */
	struct buf b;
	uint64_t at;			/* where b will stand */
	const struct kept_log *was;
	struct arena a;
	struct kept_piece *v;		/* put; n UINT32_MAX: dropped */
	size_t n, cap;
};

static void flush(struct kept_log_out *o)
{
	kept_pen_write(&o->pen, buf_str(&o->b));
	o->at += o->b.n;
	buf_clear(&o->b);
}

/* Append a piece; returns where it stands. */
static uint64_t add(struct kept_log_out *o, struct str piece)
{
	uint64_t at = o->at + o->b.n;

	buf_str_add(&o->b, piece);
	if (o->b.n >= FLUSH)
		flush(o);
	return at;
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
	enum rc rc;

	*o = (struct kept_log_out){ .a = ARENA_INIT, .was = was };
	o->anew = !was || was->map.all.n / 2 > was->live + HEAD;
	if ((rc = kept_pen_open(&o->pen, path, !o->anew, e))) {
		free(o);
		return rc;
	}
	if (o->anew) {
		buf_puts(&o->b, MAGIC);
		buf_add(&o->b, key, KEPT_KEY);
	} else {
		o->at = was->map.all.n;
		if (lseek(o->pen.fd, 0, SEEK_CUR) != (off_t)o->at)
			(void)err_set(&o->pen.err, RC_IO, "%s: somebody else writes there; build again", path);
	}
	*out = o;
	return RC_OK;
}

void kept_log_put(struct kept_log_out *o, struct str name, struct str piece)
{
	struct kept_piece *p = next(o, name);

	p->at = add(o, piece);
	p->n = (uint32_t)piece.n;
	p->check = (uint32_t)check_of(0, piece);
}

void kept_log_drop(struct kept_log_out *o, struct str name)
{
	(void)next(o, name);
}

/* Of one name, what was put before what was dropped. */
static int by_name(const void *pa, const void *pb)
{
	const struct kept_piece *a = pa, *b = pb;
	int d = str_cmp(a->name, b->name);

	return d ? d : (a->n > b->n) - (a->n < b->n);
}

static void row(struct buf *b, const struct kept_piece *p)
{
	kept_put_str(b, p->name);
	kept_put_u64(b, p->at);
	kept_put_u32(b, p->n);
	kept_put_u32(b, p->check);
}

enum rc kept_log_end(struct kept_log_out *o, struct str stamp, struct err *e)
{
	size_t i = 0, k = 0, old = o->was ? o->was->n : 0, n = o->n;
	struct buf rows = BUF_INIT, table = BUF_INIT;
	uint32_t count = 0;
	uint64_t at;
	enum rc rc;

	if (n)
		qsort(o->v, n, sizeof *o->v, by_name);
	while (i < old || k < n) {
		int d = i == old ? 1 : k == n ? -1 : str_cmp(o->was->v[i].name, o->v[k].name);
		struct kept_piece p = d < 0 ? o->was->v[i] : o->v[k];

		i += d <= 0;
		if (d >= 0)
			for (k++; k < n && str_eq(o->v[k].name, p.name); k++)
				;
		if (p.n == UINT32_MAX)
			continue;
		if (d < 0 && o->anew)
			p.at = add(o, str_sub(o->was->map.all, p.at, p.at + p.n));
		row(&rows, &p);
		count++;
	}
	kept_put_str(&table, stamp);
	kept_put_u32(&table, count);
	buf_str_add(&table, buf_str(&rows));
	at = add(o, buf_str(&table));
	kept_put_u64(&o->b, at);
	kept_put_u64(&o->b, table.n);
	kept_put_u64(&o->b, check_of(0, buf_str(&table)));
	flush(o);
	rc = kept_pen_close(&o->pen, e);
	buf_free(&rows);
	buf_free(&table);
	buf_free(&o->b);
	arena_free(&o->a);
	free(o);
	return rc;
}
