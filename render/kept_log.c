/* render/kept_log.c: see kept_log.h.
 *
 *	"colepklg", the key
 *	pieces, one behind the other
 *	the table: stamp; offset u64 and length of the rows that it goes on from, those of a table that has all; zeros: it has all
 *		itself; rows: count; for each piece, by name: name, offset u64, length, check (low half of check_of); length
 *		UINT32_MAX: it is no more
 *	offset of the table, its length, check_of it and then of the rows that it goes on from: u64
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
#define GONE UINT32_MAX			/* length of a piece */

/* Rows of a table; those of pieces stand before it. all: it has all there are, and none that is no more. */
static bool take_rows(struct kept_rows *to, struct arena *a, struct str s, uint64_t at, bool all)
{
	uint32_t count, i;

	if (!kept_take_u32(&count, &s) || count > s.n / 20)
		return false;
	to->v = arena_array(a, count, sizeof *to->v);
	for (i = 0; i < count; i++) {
		struct kept_piece *p = &to->v[i];

		if (!kept_take_str(&p->name, &s) || !kept_take_u64(&p->at, &s) || !kept_take_u32(&p->n, &s) || !kept_take_u32(&p->check, &s) ||
		    (p->n == GONE ? all : (p->at < HEAD || p->at > at || p->n > at - p->at)))
			return false;
	}
	to->n = count;
	return s.n == 0;
}

static bool is_gone(const void *piece)
{
	return ((const struct kept_piece *)piece)->n == GONE;
}

/* All pieces: those of the table that has all, and what differs from it. */
static void merge(struct kept_log *l)
{
	const struct kept_rows *x = &l->base, *y = &l->more;
	size_t i;

	l->v = x->v;
	l->n = x->n;
	if (y->n) {
		l->v = arena_array(&l->a, x->n + y->n, sizeof *l->v);
		l->n = kept_rows_merge(l->v, x->v, x->n, y->v, y->n, sizeof *l->v, is_gone);
	}
	for (i = 0; i < l->n; i++)
		l->live += l->v[i].n;
}

static bool parse(struct kept_log *l, struct str stamp)
{
	struct str all = l->map.all, foot = str_sub(all, all.n - FOOT, all.n), s, base = STR_NONE;
	uint64_t at, n, check;

	if (!kept_take_u64(&at, &foot) || !kept_take_u64(&n, &foot) || !kept_take_u64(&check, &foot) || at < HEAD || at > all.n - FOOT ||
	    n != all.n - FOOT - at)
		return false;
	s = str_sub(all, at, at + n);
	if (!kept_take_str(&l->stamp, &s) || !str_eq(l->stamp, stamp) || !kept_take_u64(&l->base_at, &s) || !kept_take_u32(&l->base_n, &s) ||
	    l->base_at > at || l->base_n > at - l->base_at)
		return false;
	if (l->base_n)
		base = str_sub(all, l->base_at, l->base_at + l->base_n);
	if (check_of(check_of(0, str_sub(all, at, at + n)), base) != check ||
	    !take_rows(l->base_n ? &l->more : &l->base, &l->a, s, at, !l->base_n) ||
	    (l->base_n && !take_rows(&l->base, &l->a, base, l->base_at, true)))
		return false;
	if (!l->base_n) {		/* the next one may go on from this */
		l->base_at = at + n - s.n;
		l->base_n = (uint32_t)s.n;
	}
	merge(l);
	return true;
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
	return kept_rows_lower(l->v, sizeof *l->v, 0, l->n, name);
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
	struct kept_piece *v;		/* put; n GONE: dropped */
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
	o->v[o->n] = (struct kept_piece){ .name = arena_str(&o->a, name), .n = GONE };
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

/* How much may differ from the table that has all. */
#define MORE_MAX(n) ((n) / 8 + 64)

enum rc kept_log_end(struct kept_log_out *o, struct str stamp, struct err *e)
{
	bool on = !o->anew && o->was->more.n + o->n < MORE_MAX(o->was->base.n);
	const struct kept_rows none = { NULL, 0 }, was = !o->was ? none : on ? o->was->more : (struct kept_rows){ o->was->v, o->was->n };
	size_t i = 0, k = 0, n = o->n;
	struct buf rows = BUF_INIT, table = BUF_INIT;
	uint32_t count = 0;
	uint64_t at, check;
	enum rc rc;

	if (n)
		qsort(o->v, n, sizeof *o->v, by_name);
	while (i < was.n || k < n) {
		int d = i == was.n ? 1 : k == n ? -1 : str_cmp(was.v[i].name, o->v[k].name);
		struct kept_piece p = d < 0 ? was.v[i] : o->v[k];

		i += d <= 0;
		if (d >= 0)
			for (k++; k < n && str_eq(o->v[k].name, p.name); k++)
				;
		if (p.n == GONE && !on)
			continue;
		if (d < 0 && o->anew)
			p.at = add(o, str_sub(o->was->map.all, p.at, p.at + p.n));
		row(&rows, &p);
		count++;
	}
	kept_put_str(&table, stamp);
	kept_put_u64(&table, on ? o->was->base_at : 0);
	kept_put_u32(&table, on ? o->was->base_n : 0);
	kept_put_u32(&table, count);
	buf_str_add(&table, buf_str(&rows));
	at = add(o, buf_str(&table));
	check = check_of(0, buf_str(&table));
	check = check_of(check, on ? str_sub(o->was->map.all, o->was->base_at, o->was->base_at + o->was->base_n) : STR_NONE);
	kept_put_u64(&o->b, at);
	kept_put_u64(&o->b, table.n);
	kept_put_u64(&o->b, check);
	flush(o);
	rc = kept_pen_close(&o->pen, e);
	buf_free(&rows);
	buf_free(&table);
	buf_free(&o->b);
	arena_free(&o->a);
	free(o);
	return rc;
}
