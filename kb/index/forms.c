/* kb/index/forms.c: see forms.h. Two tables hold them:
 *
 *	forms	u32 as segment_rows gives it, last form of the block  ->  entries of about BLOCK bytes, in order of form, then term:
 *		u8 bytes shared with the form before (0: the first), varint further bytes, these bytes;
 *		u8 bytes shared with the form, varint further bytes, these bytes: the term;
 *		varint occurrences
 *	gone	the same: occurrences in documents of other segments that died when this one was written
 *
 * What is told of a form is the sum of all forms less the sum of all gone, so it is exact at any time; of a document
 * that is replaced, only the words that differ are written. When segments are merged the two meet and are one number.
 *
 * All entries of one form stand in one block. Forms "border" (term "border", 7 times) and "borders" (the same, 3):
 *	00 06 b o r d e r  06 00  07    06 01 s  06 00  03
 * Shared bytes end with a character. A check stands behind each value, as told in sealed.c.
 *
 * Near forms are found by walking the blocks of the first letter with the rows of the edit-distance table kept by depth:
 * a form computes rows for its own letters only, and where no cell of a row is within the edits allowed, all forms
 * that share that beginning are passed over, with whole blocks of them. The rows of a term that its form begins with are
 * among those of the form. */
#include "kb/index/forms.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kb/index/order.h"
#include "kb/index/pack.h"
#include "kb/index/parts.h"
#include "kb/index/sealed.h"
#include "kb/text/fold.h"

enum { BLOCK = 326, KEY_HEAD = 4 };	/* BLOCK: with its key; so twelve fill a page of LMDB */
#define COUNT_MAX ((uint64_t)1 << 40)	/* more than any text has; sums of such stay far from overflow */

struct item {
	struct str form, term;
	int64_t n;
};
struct forms {
	struct arena a;
	struct item *v;
	size_t n, cap, settled;		/* settled: so many are in order, and the first ones */
};

static enum rc broken(struct err *e)
{
	return err_set(e, RC_CORRUPT, "index: its words are damaged; 'colep index --rebuild' makes it anew");
}

/* ---- writing ---- */

struct forms *forms_open(void)
{
	struct forms *f = xmalloc(sizeof *f);

	*f = (struct forms){ .n = 0 };
	return f;
}

void forms_close(struct forms *f)
{
	if (!f)
		return;
	free(f->v);
	arena_free(&f->a);
	free(f);
}

void forms_add(struct forms *f, struct str form, struct str term, int64_t n)
{
	if (!form.n || !term.n || form.n > WORD_MAX || term.n > WORD_MAX)
		return;
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 1024;
		f->v = xrealloc(f->v, f->cap * sizeof *f->v);
	}
	form = arena_str(&f->a, form);
	term = str_starts(form, term) ? str_sub(form, 0, term.n) : arena_str(&f->a, term);
	f->v[f->n++] = (struct item){ form, term, n };
}

static int by_form(const struct item *a, const struct item *b)
{
	int k = str_cmp(a->form, b->form);

	return k ? k : str_cmp(a->term, b->term);
}

static int by_place(const void *x, const void *y, void *ctx)
{
	const struct forms *f = ctx;

	return by_form(&f->v[((const struct ordered *)x)->i], &f->v[((const struct ordered *)y)->i]);
}

/* In order, equal ones added up; none that is nothing. */
void forms_settle(struct forms *f)
{
	struct ordered *by;
	struct item *v;
	size_t i, n = 0;

	if (f->settled == f->n)
		return;
	by = xmalloc(f->n * sizeof *by);
	for (i = 0; i < f->n; i++)
		by[i] = (struct ordered){ order_head(f->v[i].form), i };
	order(by, f->n, by_place, f);
	v = xmalloc(f->n * sizeof *v);
	for (i = 0; i < f->n; i++) {
		const struct item *x = &f->v[by[i].i];

		if (n && by_form(&v[n - 1], x) == 0) {
			v[n - 1].n += x->n;
			continue;
		}
		n -= n && !v[n - 1].n;
		v[n++] = *x;
	}
	n -= n && !v[n - 1].n;
	free(by);
	free(f->v);
	f->v = v;
	f->cap = f->n;
	f->n = f->settled = n;
}

bool forms_none(struct forms *f)
{
	forms_settle(f);
	return f->n == 0;
}

static struct str key_head(char key[KEY_HEAD + WORD_MAX], uint32_t segment, bool gone, struct str form)
{
	struct segment_key k;

	segment_key(&k, segment_rows(segment, gone ? ROWS_GONE : ROWS_FORMS), 0);
	memcpy(key, k.b, KEY_HEAD);
	if (form.n)
		memcpy(key + KEY_HEAD, form.p, form.n);
	return (struct str){ key, KEY_HEAD + form.n };
}

static void put_shared(struct buf *b, struct str s, struct str before)
{
	const size_t i = str_utf8_alike(s, before);

	buf_putc(b, (char)i);
	varint_put(b, s.n - i);
	buf_str_add(b, str_sub(s, i, s.n));
}

static void put_entry(struct buf *b, const struct item *x, struct str before)
{
	buf_clear(b);
	put_shared(b, x->form, before);
	put_shared(b, x->term, x->form);
	varint_put(b, (uint64_t)(x->n < 0 ? -x->n : x->n));
}

struct forms_out {			/* blocks in the making */
	struct txn *t;
	const struct segment_tables *tables;
	uint32_t segment;
	bool gone;
	struct buf block, one, before;	/* before: the form of the last entry */
};

static enum rc end_block(struct forms_out *o, struct err *e)
{
	char key[KEY_HEAD + WORD_MAX];

	if (!o->block.n)
		return RC_OK;
	return (o->tables->forms != o->tables->gone ? sealed_append : sealed_put)(o->t, o->gone ? o->tables->gone : o->tables->forms,
	    key_head(key, o->segment, o->gone, buf_str(&o->before)), &o->block, e);
}

static enum rc put_item(struct forms_out *o, const struct item *x, struct err *e)
{
	enum rc rc = RC_OK;

	put_entry(&o->one, x, o->block.n ? buf_str(&o->before) : STR_NONE);
	if (KEY_HEAD + x->form.n + o->block.n + o->one.n > BLOCK && o->block.n && !str_eq(x->form, buf_str(&o->before))) {
		rc = end_block(o, e);
		put_entry(&o->one, x, STR_NONE);
	}
	buf_str_add(&o->block, buf_str(&o->one));
	buf_clear(&o->before);
	buf_str_add(&o->before, x->form);
	return rc;
}

static void free_out(struct forms_out *o)
{
	buf_free(&o->block);
	buf_free(&o->one);
	buf_free(&o->before);
}

/* Those of one sign. */
static enum rc write_sign(const struct forms *f, bool gone, struct txn *t, const struct segment_tables *tables, uint32_t segment,
    struct err *e)
{
	struct forms_out o = { .t = t, .tables = tables, .segment = segment, .gone = gone };
	const struct item *x;
	enum rc rc = RC_OK;

	for (x = f->v; x < f->v + f->n && !rc; x++)
		if ((x->n < 0) == gone)
			rc = put_item(&o, x, e);
	if (!rc)
		rc = end_block(&o, e);
	free_out(&o);
	return rc;
}

enum rc forms_write(struct forms *f, struct txn *t, const struct segment_tables *tables, uint32_t segment, struct err *e)
{
	enum rc rc;

	forms_settle(f);
	rc = write_sign(f, false, t, tables, segment, e);
	return rc ? rc : write_sign(f, true, t, tables, segment, e);
}

enum rc forms_drop(struct txn *t, const struct segment_tables *tables, uint32_t segment, struct err *e)
{
	char key[KEY_HEAD + WORD_MAX];
	enum rc rc = txn_del_all(t, tables->forms, key_head(key, segment, false, STR_NONE), e);

	return rc ? rc : txn_del_all(t, tables->gone, key_head(key, segment, true, STR_NONE), e);
}

/* ---- reading ---- */

struct entry {				/* one entry of a block, and room for the next */
	struct str rest;
	char form[WORD_MAX], term[WORD_MAX];
	size_t nform, nterm, shared;
	uint64_t n;
};

/* On with the next entry: 1, 0 at the end of the block, -1 broken. */
static int entry_next(struct entry *x)
{
	uint64_t more;
	size_t shared;

	if (!x->rest.n)
		return 0;
	shared = (unsigned char)*x->rest.p;
	x->rest = str_sub(x->rest, 1, x->rest.n);
	if (shared > x->nform || !varint_get(&more, &x->rest) || more > WORD_MAX - shared || more > x->rest.n || shared + more == 0)
		return -1;
	memcpy(x->form + shared, x->rest.p, more);
	x->shared = shared;
	x->nform = shared + more;
	x->rest = str_sub(x->rest, more, x->rest.n);
	if (!x->rest.n || (shared = (unsigned char)*x->rest.p) > x->nform)
		return -1;
	x->rest = str_sub(x->rest, 1, x->rest.n);
	if (!varint_get(&more, &x->rest) || more > WORD_MAX - shared || more > x->rest.n || shared + more == 0)
		return -1;
	memcpy(x->term, x->form, shared);
	if (more)
		memcpy(x->term + shared, x->rest.p, more);
	x->nterm = shared + more;
	x->rest = str_sub(x->rest, more, x->rest.n);
	return varint_get(&x->n, &x->rest) && x->n && x->n <= COUNT_MAX ? 1 : -1;
}

static enum rc copy_table(struct forms *f, bool gone, struct txn *t, table_id table, uint32_t segment, struct err *e)
{
	char head[KEY_HEAD + WORD_MAX];
	struct str begin = key_head(head, segment, gone, STR_NONE), k, v;
	struct entry *x = xmalloc(sizeof *x);
	struct store_iter it;
	enum iter more;
	int got = 0;
	enum rc rc;

	if ((rc = store_iter_open(&it, t, table, begin, e)))
		goto out;
	while (got >= 0 && (more = store_iter_next(&it, &k, &v, e)) == ITER_ITEM && str_starts(k, begin)) {
		got = sealed(&v, k) ? 0 : -1;
		*x = (struct entry){ .rest = v };
		while (got >= 0 && (got = entry_next(x)) > 0)
			forms_add(f, (struct str){ x->form, x->nform }, (struct str){ x->term, x->nterm }, gone ? -(int64_t)x->n : (int64_t)x->n);
	}
	rc = got < 0 ? broken(e) : more == ITER_ERROR ? e->rc : RC_OK;
	store_iter_close(&it);
out:
	free(x);
	return rc;
}

enum rc forms_copy(struct forms *f, struct txn *t, const struct segment_tables *tables, uint32_t segment, struct err *e)
{
	enum rc rc = copy_table(f, false, t, tables->forms, segment, e);

	return rc ? rc : copy_table(f, true, t, tables->gone, segment, e);
}

struct input {				/* words of a segment, read one by one */
	char head[KEY_HEAD + WORD_MAX];
	struct store_iter it;		/* borrows head */
	struct entry x;
	bool open;
	bool more;			/* there is one: */
	struct item word;		/* borrows x */
};

static enum rc input_next(struct input *in, struct err *e)
{
	struct str k, v;
	enum iter more;
	int got;

	while (!(got = entry_next(&in->x))) {
		if ((more = store_iter_next(&in->it, &k, &v, e)) == ITER_ERROR)
			return e->rc;
		in->more = more == ITER_ITEM && str_starts(k, (struct str){ in->head, KEY_HEAD });
		if (!in->more)
			return RC_OK;
		if (!sealed(&v, k))
			return broken(e);
		in->x = (struct entry){ .rest = v };
	}
	in->word = (struct item){ { in->x.form, in->x.nform }, { in->x.term, in->x.nterm }, (int64_t)in->x.n };
	return got < 0 ? broken(e) : RC_OK;
}

enum rc forms_merge(struct txn *t, const struct segment_tables *tables, uint32_t segment, struct txn *from,
    const struct segment_tables *sources, size_t n, struct err *e)
{
	struct forms_out o = { .t = t, .tables = tables, .segment = segment };
	struct input *in = xmalloc((n + 1) * sizeof *in);
	struct buf form = BUF_INIT, term = BUF_INIT;
	struct item least;
	size_t k, first;
	enum rc rc = RC_OK;

	for (k = 0; k < n; k++)
		in[k].open = false;
	for (k = 0; k < n && !rc; k++) {
		in[k].x = (struct entry){ .rest = STR_NONE };
		if (!(rc = store_iter_open(&in[k].it, from, sources->forms, key_head(in[k].head, (uint32_t)k, false, STR_NONE), e))) {
			in[k].open = true;
			rc = input_next(&in[k], e);
		}
	}
	while (!rc) {
		for (k = 0, first = n; k < n; k++)
			if (in[k].more && (first == n || by_form(&in[k].word, &in[first].word) < 0))
				first = k;
		if (first == n)
			break;
		buf_clear(&form);
		buf_str_add(&form, in[first].word.form);
		buf_clear(&term);
		buf_str_add(&term, in[first].word.term);
		least = (struct item){ buf_str(&form), buf_str(&term), 0 };
		for (k = first; k < n && !rc; k++)
			if (in[k].more && by_form(&in[k].word, &least) == 0) {
				least.n += in[k].word.n;
				rc = input_next(&in[k], e);
			}
		if (!rc)
			rc = put_item(&o, &least, e);
	}
	if (!rc)
		rc = end_block(&o, e);
	for (k = 0; k < n; k++)
		if (in[k].open)
			store_iter_close(&in[k].it);
	free(in);
	free_out(&o);
	buf_free(&form);
	buf_free(&term);
	return rc;
}

struct near {				/* what near forms are looked for of */
	uint32_t want[WORD_MAX];	/* its letters */
	size_t letters;
	unsigned edits;
	unsigned char rows[WORD_MAX + 2][WORD_MAX + 1];	/* rows[d][i]: edits from the first d letters of an entry to the first i of want */
	uint32_t is[WORD_MAX + 1];	/* the letters of the entry, by depth */
	size_t depth;			/* letters of the entry that have a row */
	size_t bytes[WORD_MAX + 1];	/* where each begins */
	size_t dead_end;		/* bytes of a beginning none of whose forms is near, or 0 */
	uint64_t stems;			/* bits: so many letters of `want` are a stem */
	unsigned char by_stem[WORD_MAX + 2];	/* by depth: edits from so many letters of the entry to the nearest stem */
};
struct search {
	struct arena *a;
	struct snap *s;
	struct form *v;
	size_t n, cap;
	struct str form;
	bool gone;			/* what is read is gone; some was */
	bool any_gone;
	bool whole;			/* what an entry tells is all there is of its form and term */
	uint64_t least;			/* only the most frequent are wanted: what comes with fewer occurrences is not among them */
	struct near *near;		/* NULL: others than near ones */
};

static int by_name(const void *x, const void *y)
{
	const struct form *a = x, *b = y;
	int k = str_cmp(a->form, b->form);

	return k ? k : str_cmp(a->term, b->term);
}

static int by_rank(const void *x, const void *y)
{
	const struct form *a = x, *b = y;

	if (a->edits != b->edits)
		return a->edits < b->edits ? -1 : 1;
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return by_name(x, y);
}

void forms_sort(struct form_list *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof *l->v, by_rank);
}

/* Of the words of a beginning, the most frequent are kept: sorted whenever there are twice as many. They come in order, so
 * one as frequent as the last of these would stand behind it. */
static void cut_off(struct search *q)
{
	struct form_list l = { q->v, q->n };

	forms_sort(&l);
	q->n = FORMS_BEST;
	q->least = q->v[q->n - 1].n + 1;
}

static void keep(struct search *q, struct str form, struct str term, uint64_t n, unsigned edits)
{
	if (q->n == q->cap)
		q->v = arena_grow(q->a, q->v, &q->cap, sizeof *q->v);
	q->v[q->n++] = (struct form){ arena_str(q->a, form), arena_str(q->a, term), q->gone ? 0 - n : n, edits };
	q->any_gone |= q->gone;
	if (q->whole && q->n == 2 * FORMS_BEST)
		cut_off(q);
}

/* Rows for the letters of x that the entry before did not have. Its edits, or more than allowed. */
static unsigned edits_of(struct near *q, const struct entry *x)
{
	const struct str form = { x->form, x->nform };
	size_t i, at, d = q->depth;
	unsigned char *row, *up, *upup, least;
	uint64_t stems;
	unsigned v;

	if (q->dead_end && x->shared >= q->dead_end)
		return q->edits + 1;
	q->dead_end = 0;
	while (d && q->bytes[d] > x->shared)
		d--;
	for (at = q->bytes[d]; at < form.n;) {
		q->is[d] = str_utf8_next(form, &at);
		up = q->rows[d++];
		row = q->rows[d];
		upup = d > 1 ? q->rows[d - 2] : NULL;
		q->bytes[d] = at;
		row[0] = least = (unsigned char)d;
		for (i = 1; i <= q->letters; i++) {
			v = up[i - 1] + (q->want[i - 1] != q->is[d - 1] ? 1u : 0u);
			if (row[i - 1] + 1u < v)
				v = row[i - 1] + 1u;
			if (up[i] + 1u < v)
				v = up[i] + 1u;
			if (upup && i > 1 && q->want[i - 1] == q->is[d - 2] && q->want[i - 2] == q->is[d - 1] && upup[i - 2] + 1u < v)
				v = upup[i - 2] + 1u;
			row[i] = (unsigned char)v;
			if (v < least)
				least = (unsigned char)v;
		}
		q->by_stem[d] = UCHAR_MAX;
		for (stems = q->stems; stems; stems &= stems - 1)
			if (row[__builtin_ctzll(stems)] < q->by_stem[d])
				q->by_stem[d] = row[__builtin_ctzll(stems)];
		if (least > q->edits) {
			q->depth = d;
			q->dead_end = at;
			return q->edits + 1;
		}
	}
	q->depth = d;
	return q->rows[d][q->letters];
}

/* Edits from the term of x to a stem, where x begins with it; else more than allowed. */
static unsigned stem_edits(const struct near *q, const struct entry *x)
{
	size_t d = q->depth;

	if (!q->stems || x->nterm > x->nform || memcmp(x->term, x->form, x->nterm) != 0)
		return q->edits + 1;
	while (d && q->bytes[d] > x->nterm)
		d--;
	return d && q->bytes[d] == x->nterm ? q->by_stem[d] : q->edits + 1;
}

/* Is no beginning of what has rows near a stem? */
static bool no_stem(const struct near *q)
{
	size_t d;

	for (d = q->stems ? q->depth : 0; d && q->by_stem[d] > q->edits; d--)
		;
	return d == 0;
}

/* What one segment has in one table. A key is the last form of its block, so the first key that is not less leads to the
 * first block to read. When all forms of a beginning are too far and it goes on behind the block, those behind it are
 * the next to look at. */
static enum rc search_segment(struct search *q, table_id table, uint32_t segment, struct err *e)
{
	char key[KEY_HEAD + WORD_MAX + 1];
	struct str k, v, at, from = q->form;
	struct entry *x = xmalloc(sizeof *x);
	size_t first = 0, seen = 0;
	bool done = false;
	enum rc rc = RC_OK;
	int got = 0;

	if (q->near) {
		(void)str_utf8_next(from, &first);
		from = str_sub(from, 0, first);
		q->near->depth = q->near->dead_end = 0;
	}
	at = key_head(key, segment, q->gone, from);
	while (!done && !(rc = txn_get_from(&k, &v, q->s->txn, table, at, e)) && k.n > KEY_HEAD && k.n <= KEY_HEAD + WORD_MAX &&
	    memcmp(k.p, key, KEY_HEAD) == 0) {
		bool far = false;

		got = sealed(&v, k) ? 0 : -1;
		*x = (struct entry){ .rest = v };
		while (!done && !far && got >= 0 && (got = entry_next(x)) > 0) {
			const struct str form = { x->form, x->nform }, term = { x->term, x->nterm };
			unsigned edits = 0, by_stem;

			if (!str_starts(form, from)) {
				done = str_cmp(form, from) > 0;
			} else if (q->near) {
				edits = edits_of(q->near, x);
				by_stem = stem_edits(q->near, x);
				edits = by_stem < edits ? by_stem : edits;
				if (edits <= q->near->edits)
					keep(q, form, term, x->n, edits);
				else
					far = q->near->dead_end && no_stem(q->near) && k.n >= KEY_HEAD + q->near->dead_end &&
					    memcmp(k.p + KEY_HEAD, x->form, q->near->dead_end) == 0;
			} else {
				if (q->gone || x->n >= q->least)
					keep(q, form, term, x->n, 0);
				done = ++seen == FORMS_MAX;
			}
		}
		if (got < 0) {
			rc = broken(e);
			break;
		}
		at = key_head(key, segment, q->gone, far ? (struct str){ x->form, q->near->dead_end } : str_sub(k, KEY_HEAD, k.n));
		key[at.n++] = far ? (char)0xff : '\0';	/* behind all that begin so; right behind */
	}
	free(x);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The entries of one form, which stand in one block: its terms. Bytes are compared where they differ from those of the form
 * before, and nothing is copied. */
static enum rc search_exact(struct search *q, table_id table, uint32_t segment, struct err *e)
{
	char key[KEY_HEAD + WORD_MAX], term[WORD_MAX];
	size_t same = 0, have = 0, shared, parts[2][2];	/* of form and of term: bytes shared, bytes of its own */
	const char *own[2];
	struct str k, v;
	uint64_t more, n;
	bool equal;
	int i;
	enum rc rc;

	rc = txn_get_from(&k, &v, q->s->txn, table, key_head(key, segment, q->gone, q->form), e);
	if (rc || k.n <= KEY_HEAD || memcmp(k.p, key, KEY_HEAD) != 0)
		return rc == RC_NOTFOUND ? RC_OK : rc;
	if (!sealed(&v, k))
		return broken(e);
	while (v.n) {
		for (i = 0; i < 2; i++) {
			if (v.n < 2 || (shared = (unsigned char)*v.p) > have)
				goto bad;
			v = (struct str){ v.p + 1, v.n - 1 };
			if (!varint_get(&more, &v) || more > WORD_MAX - shared || more > v.n || shared + more == 0)
				goto bad;
			own[i] = v.p;
			parts[i][0] = shared;
			parts[i][1] = more;
			v = (struct str){ v.p + more, v.n - more };
			if (i == 0)
				have = shared + more;
		}
		if (!varint_get(&n, &v) || !n || n > COUNT_MAX)
			goto bad;
		if (parts[0][0] > same)		/* before it as the last one was */
			continue;
		for (same = shared = parts[0][0]; same < have && same < q->form.n && own[0][same - shared] == q->form.p[same]; same++)
			;
		equal = same == q->form.n && have == same;
		if (!equal && (same == q->form.n || (same < have && (unsigned char)own[0][same - shared] > (unsigned char)q->form.p[same])))
			return RC_OK;
		if (!equal)
			continue;
		memcpy(term, q->form.p, parts[1][0]);
		memcpy(term + parts[1][0], own[1], parts[1][1]);
		keep(q, q->form, (struct str){ term, parts[1][0] + parts[1][1] }, n, 0);
	}
	return RC_OK;
bad:
	return broken(e);
}

static enum rc search_all(struct form_list *out, struct search *q, bool exact, struct err *e)
{
	size_t i, n = 0, kept = 0;
	uint64_t rows = 1;
	enum rc rc = RC_OK;

	for (i = 0; i < 2 * q->s->stamp.nsegments && !rc && q->form.n; i++) {
		const struct segment *in = &q->s->segments[i / 2];
		const table_id table = i % 2 ? in->t.gone : in->t.forms;
		const uint32_t segment = in->info.id;

		q->gone = i % 2;
		if (q->gone && table != in->t.forms && ((rc = txn_count(&rows, q->s->txn, table, e)) || !rows))
			continue;
		rc = (exact ? search_exact : search_segment)(q, table, segment, e);
	}
	if (rc)
		return rc;
	if (q->n > 1 && (q->s->stamp.nsegments > 1 || q->any_gone))
		qsort(q->v, q->n, sizeof *q->v, by_name);
	for (i = 0; i < q->n; i++)
		if (n && by_name(&q->v[n - 1], &q->v[i]) == 0)
			q->v[n - 1].n += q->v[i].n;
		else
			q->v[n++] = q->v[i];
	for (i = 0; i < n; i++)
		if ((int64_t)q->v[i].n > 0)
			q->v[kept++] = q->v[i];
	*out = (struct form_list){ q->v, kept };
	forms_sort(out);
	return RC_OK;
}

enum rc forms_exact(struct form_list *out, struct arena *a, struct snap *s, struct str form, struct err *e)
{
	struct search q = { .a = a, .s = s, .form = str_utf8_cut(form, WORD_MAX) };

	return search_all(out, &q, true, e);
}

enum rc forms_prefix(struct form_list *out, struct arena *a, struct snap *s, struct str form, struct err *e)
{
	struct search q = { .a = a, .s = s, .form = str_utf8_cut(form, WORD_MAX) };
	enum rc rc;

	q.whole = s->stamp.nsegments == 1;
	if (!(rc = search_all(out, &q, false, e)) && q.whole && q.any_gone) {	/* not so: sums tell */
		q = (struct search){ .a = a, .s = s, .form = q.form };
		rc = search_all(out, &q, false, e);
	}
	if (!rc && out->n > FORMS_BEST)
		out->n = FORMS_BEST;
	return rc;
}

enum rc forms_near(struct form_list *out, struct arena *a, struct snap *s, struct str form, unsigned edits, uint64_t stems,
    struct err *e)
{
	struct near *near = arena_array(a, 1, sizeof *near);
	struct search q = { .a = a, .s = s, .form = str_utf8_cut(form, WORD_MAX), .near = near };
	size_t i;

	near->edits = edits;
	for (i = 0; i < q.form.n;)
		near->want[near->letters++] = str_utf8_next(q.form, &i);
	for (i = 0; i <= near->letters; i++)
		near->rows[0][i] = (unsigned char)i;
	near->stems = stems & (near->letters < 63 ? ((uint64_t)2 << near->letters) - 1 : UINT64_MAX) & ~(uint64_t)1;
	return search_all(out, &q, false, e);
}
