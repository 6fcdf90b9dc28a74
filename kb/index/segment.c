/* kb/index/segment.c: see segment.h. A segment's rows stand in seven tables, two of them told in forms.c and one in
 * columns.c; or all in one, when it is small, so that a document that is replaced changes few pages. All keys begin with
 * 2^31 + its number * 8 + their kind (enum rows), u32 big-endian, and behind each value stands a check (sealed.c). So those of
 * a new segment stand behind all others, where LMDB fills its pages as they come.
 *
 * terms: the dictionary. Key: the first term of a block of up to 32. Value:
 *
 *	u8	number of terms
 *	u16	bytes of the strings that follow (numbers of fixed size are low byte first)
 *	for each term but the first: u8 bytes shared with the term before, u8 bytes of its own, these
 *	for each term:
 *		varint	documents that have it
 *		varint	bytes of its list * 2 + 1 when the list follows here, + 0 when it stands in the heap
 *		here:	the list
 *		else:	varint bytes of its positions; of the first such term of the block, varint where its list begins
 *			in the heap of lists, and varint where its positions begin in the heap of positions: those of the
 *			next one stand behind them
 *
 * lists, positions: two heaps, each a row of bytes cut into chunks of HEAP_CHUNK, keyed by u32 number; so that a value fills
 * 16 pages and can be written into room that another one left. Behind its bytes stand checks, u32, of each HEAP_PART of them,
 * so that what is read of a chunk is checked and no more (the check of the whole is there too). What ranking reads is
 * apart from positions, which are three quarters of all. What a list is: postings.c.
 *
 * dead: u32 number of 4,096 documents -> bits by place, low first, whole words of 8 bytes: the document is gone; no row:
 * none is. Keys begin with a bit less, so that these rows stand together, in front of those of segments that are small. Of
 * what went last the stamp tells (segment_info.late), which every update writes anyway; of some together the bits are set.
 * A segment is written once and then only loses documents; its number is never used again. */
#include "kb/index/segment.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/columns.h"
#include "kb/index/postings.h"
#include "kb/index/sealed.h"

enum { TERMS = 32, BLOCK_MAX = 496, TURN = 64 << 20, DEAD_DOCS = 4096, EXPECTED = 512 };	/* BLOCK_MAX: with its key; so eight fill a page of LMDB */
_Static_assert((HEAP_CHUNK + HEAP_PART - 1) / HEAP_PART == HEAP_PARTS, "a check for each part");

struct str segment_key(struct segment_key *k, uint32_t rows, uint32_t part)
{
	const uint32_t v[2] = { rows, part };
	size_t i;

	for (i = 0; i < 8; i++)
		k->b[i] = (char)(v[i / 4] >> (24 - 8 * (i % 4)));
	return (struct str){ k->b, 8 };
}

static size_t term_key(char key[4 + 64], uint32_t segment, struct str term)
{
	struct segment_key k;
	size_t n = term.n < 64 ? term.n : 64;

	segment_key(&k, segment_rows(segment, ROWS_TERMS), 0);
	memcpy(key, k.b, 4);
	if (n)
		memcpy(key + 4, term.p, n);
	return 4 + n;
}

/* ---- writing ---- */

struct heap_out {
	struct buf chunk;
	uint64_t at;			/* bytes so far */
};
struct segment_out {
	struct txn **txn;
	struct segment_tables t;
	uint32_t id, n;
	turn_fn *turn;
	void *ctx;
	size_t waiting;			/* bytes since the last turn */
	enum rc rc;
	struct err e;

	struct heap_out heap[2];
	/* the dictionary block in work */
	struct buf first, strings, entries, value;
	unsigned terms;
	uint64_t all_terms;
	bool any_heap;			/* of the block: one that stands in the heaps */
	/* the term in work */
	struct buf term, before;	/* before: the last one of the block */
	struct postings_out list;
	bool any;			/* a term is in work */
};

struct segment_out *segment_create(struct txn **t, const struct segment_tables *tables, uint32_t id, const uint8_t *norms,
    uint32_t n, turn_fn *turn, void *ctx)
{
	struct segment_out *o = xmalloc(sizeof *o);

	*o = (struct segment_out){ .txn = t, .t = *tables, .id = id, .n = n, .list = { .norms = norms, .n = n }, .turn = turn, .ctx = ctx, .e = ERR_INIT };
	return o;
}

static void append(struct segment_out *o, table_id table, struct str key, struct buf *value)
{
	o->waiting += value->n;
	if (!o->rc)
		o->rc = (o->t.terms == o->t.lists ? sealed_put : sealed_append)(*o->txn, table, key, value, &o->e);
	if (!o->rc && o->turn && o->waiting > TURN) {
		o->waiting = 0;
		o->rc = o->turn(o->ctx, &o->e);
	}
	buf_clear(value);
}

/* Of a part of a chunk of n bytes. */
static uint32_t part_check(struct str key, const char *p, size_t n, size_t part)
{
	return (uint32_t)check_of(check_of(part, key), str_sub((struct str){ p, n }, part * HEAP_PART, (part + 1) * HEAP_PART));
}

static void heap_flush(struct segment_out *o, unsigned which)
{
	struct heap_out *h = &o->heap[which];
	struct segment_key k;

	const struct str key = segment_key(&k, segment_rows(o->id, which ? ROWS_POSITIONS : ROWS_LISTS),
	    h->at ? (uint32_t)((h->at - 1) / HEAP_CHUNK) : 0);
	size_t n = h->chunk.n, i;

	for (i = 0; i < n; i += HEAP_PART)
		u32_add(&h->chunk, part_check(key, h->chunk.p, n, i / HEAP_PART));
	if (n)
		append(o, which ? o->t.positions : o->t.lists, key, &h->chunk);
}

static void heap_add(struct segment_out *o, unsigned which, struct str s)
{
	struct heap_out *h = &o->heap[which];

	while (s.n) {
		size_t room = HEAP_CHUNK - h->chunk.n, n = s.n < room ? s.n : room;

		buf_add(&h->chunk, s.p, n);
		h->at += n;
		s = str_sub(s, n, s.n);
		if (h->chunk.n == HEAP_CHUNK)
			heap_flush(o, which);
	}
}

static void block_flush(struct segment_out *o)
{
	struct buf *v = &o->value;
	char key[4 + 64];
	size_t n;

	if (!o->terms)
		return;
	buf_clear(v);
	buf_putc(v, (char)o->terms);
	buf_putc(v, (char)o->strings.n);
	buf_putc(v, (char)(o->strings.n >> 8));
	buf_str_add(v, buf_str(&o->strings));
	buf_str_add(v, buf_str(&o->entries));
	n = term_key(key, o->id, buf_str(&o->first));
	append(o, o->t.terms, (struct str){ key, n }, v);
	buf_clear(&o->strings);
	buf_clear(&o->entries);
	o->terms = 0;
	o->any_heap = false;
}

/* What the dictionary says of the term in work: o->value. */
static void make_entry(struct segment_out *o, size_t here)
{
	const struct postings_out *l = &o->list;
	struct buf *x = &o->value;

	buf_clear(x);
	varint_put(x, l->df);
	if (here) {
		varint_put(x, here * 2 + 1);
		postings_put_here(x, l);
		return;
	}
	varint_put(x, (l->skips.n + l->blocks.n + l->row.n) * 2);
	varint_put(x, l->lengths.n + l->places.n);
	if (!o->any_heap) {
		varint_put(x, o->heap[0].at);
		varint_put(x, o->heap[1].at);
	}
}

static void end_term(struct segment_out *o)
{
	struct buf *x = &o->value;
	struct str term = buf_str(&o->term);
	struct postings_out *l = &o->list;
	size_t shared, here;
	struct buf last;

	if (!o->any)
		return;
	o->any = false;
	postings_end(l);
	if (!l->df)
		return;
	here = postings_here(l);
	make_entry(o, here);
	if (o->terms == TERMS || (o->terms && 4 + o->first.n + 3 + o->strings.n + 2 + term.n + o->entries.n + x->n > BLOCK_MAX)) {
		block_flush(o);
		make_entry(o, here);	/* now the first of its block */
	}
	if (!here) {
		o->any_heap = true;
		heap_add(o, 0, buf_str(&l->skips));
		heap_add(o, 0, buf_str(&l->blocks));
		heap_add(o, 0, buf_str(&l->row));
		heap_add(o, 1, buf_str(&l->lengths));
		heap_add(o, 1, buf_str(&l->places));
	}
	if (o->terms == 0) {
		buf_clear(&o->first);
		buf_str_add(&o->first, term);
	} else {
		shared = str_alike(term, buf_str(&o->before));
		buf_putc(&o->strings, (char)shared);
		buf_putc(&o->strings, (char)(term.n - shared));
		buf_str_add(&o->strings, str_sub(term, shared, term.n));
	}
	buf_str_add(&o->entries, buf_str(x));
	o->terms++;
	o->all_terms++;
	last = o->before;		/* its memory is for the next one */
	o->before = o->term;
	o->term = last;
}

void segment_term(struct segment_out *o, struct str term)
{
	end_term(o);
	buf_clear(&o->term);
	buf_str_add(&o->term, str_sub(term, 0, 64));
	postings_begin(&o->list);
	o->any = true;
}

void segment_posting(struct segment_out *o, uint32_t place, uint32_t weight, const uint32_t *positions, size_t n)
{
	postings_add(&o->list, place, weight, positions, n);
}

enum rc segment_finish(struct segment_info *info, struct segment_out *o, struct err *e)
{
	struct buf *const all[] = { &o->heap[0].chunk, &o->heap[1].chunk, &o->first, &o->strings, &o->entries, &o->value, &o->term,
		&o->before };
	enum rc rc;
	size_t i;

	end_term(o);
	block_flush(o);
	heap_flush(o, 0);
	heap_flush(o, 1);
	rc = o->rc;
	if (rc)
		*e = o->e;
	else
		*info = (struct segment_info){ .id = o->id, .n = o->n, .terms = o->all_terms, .heap = { o->heap[0].at, o->heap[1].at } };
	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_free(all[i]);
	postings_free(&o->list);
	free(o);
	return rc;
}

/* ---- reading ---- */

enum rc segment_broken(struct err *e, const struct segment *s, const char *what)
{
	return err_set(e, RC_CORRUPT, "index: segment %u: its %s are damaged; 'colep index --rebuild' makes it anew", s->info.id, what);
}

/* In front of all rows of segments. */
static struct str dead_key(struct segment_key *k, uint32_t segment, uint32_t chunk)
{
	return segment_key(k, segment_rows(segment, ROWS_DEAD) & ~((uint32_t)1 << 31), chunk);
}

/* Of the bits of a chunk. */
static size_t dead_bytes(const struct segment_info *info, uint32_t chunk)
{
	uint32_t n = info->n - chunk * DEAD_DOCS;

	return (size_t)((n < DEAD_DOCS ? n : DEAD_DOCS) + 63) / 64 * 8;
}

void segment_open_undead(struct segment *s, struct arena *a, struct txn *t, const struct segment_tables *tables,
    const struct segment_info *info, struct seen *seen)
{
	*s = (struct segment){ .info = *info, .txn = t, .t = *tables, .seen = seen, .a = a };
}

enum rc segment_open(struct segment *s, struct arena *a, struct txn *t, const struct segment_tables *tables,
    const struct segment_info *info, struct seen *seen, struct err *e)
{
	uint32_t chunk, chunks = info->n / DEAD_DOCS + (info->n % DEAD_DOCS != 0), dead = 0;
	uint64_t *bits = NULL;
	struct segment_key k;
	struct str v;
	size_t i;
	enum rc rc;

	segment_open_undead(s, a, t, tables, info, seen);
	if (info->dead)
		bits = arena_array(a, (size_t)chunks * DEAD_DOCS / 64, sizeof *bits);
	for (chunk = 0; info->dead > info->nlate && chunk < chunks; chunk++) {
		const struct str key = dead_key(&k, info->id, chunk);

		rc = txn_get(&v, t, tables->dead, key, e);
		if (rc == RC_NOTFOUND)
			continue;
		if (rc)
			return rc;
		if (!sealed(&v, key) || v.n != dead_bytes(info, chunk))
			return segment_broken(e, s, "dead documents");
		memcpy(bits + (size_t)chunk * (DEAD_DOCS / 64), v.p, v.n);
	}
	for (i = 0; i < info->nlate; i++)
		bits[info->late[i] / 64] |= (uint64_t)1 << info->late[i] % 64;
	for (i = 0; bits && i < (size_t)chunks * DEAD_DOCS / 64; i++)
		dead += (uint32_t)__builtin_popcountll(bits[i]);
	if (dead != info->dead)
		return segment_broken(e, s, "dead documents");
	s->dead = bits;
	return RC_OK;
}

enum rc segment_gone(bool *gone, struct segment *s, uint32_t place, struct err *e)
{
	const uint32_t chunk = place / DEAD_DOCS, at = place % DEAD_DOCS;
	struct segment_key k;
	const struct str key = dead_key(&k, s->info.id, chunk);
	struct str v;
	size_t i;
	enum rc rc;

	*gone = false;
	for (i = 0; i < s->info.nlate && !*gone; i++)
		*gone = s->info.late[i] == place;
	if (*gone || s->info.dead == s->info.nlate)
		return RC_OK;
	if ((rc = txn_get(&v, s->txn, s->t.dead, key, e)))
		return rc == RC_NOTFOUND ? RC_OK : rc;
	if (!sealed(&v, key) || v.n != dead_bytes(&s->info, chunk))
		return segment_broken(e, s, "dead documents");
	*gone = (unsigned char)v.p[at / 8] >> at % 8 & 1;
	return RC_OK;
}

void segment_kill(struct segment *s, const uint32_t *places, size_t n)
{
	uint32_t *all = arena_array(s->a, s->info.nlate + n, sizeof *all);
	size_t i = 0, j = 0, k = 0;

	while (i < s->info.nlate || j < n)
		all[k++] = j == n || (i < s->info.nlate && s->info.late[i] < places[j]) ? s->info.late[i++] : places[j++];
	s->info.late = all;
	s->info.nlate = (uint32_t)k;
	s->info.dead += (uint32_t)n;
}

enum rc segment_settle(struct segment *s, struct err *e)
{
	const uint32_t *places = s->info.late, n = s->info.nlate;
	struct buf bits = BUF_INIT;
	struct segment_key k;
	struct str v;
	size_t i = 0;
	enum rc rc = RC_OK;

	while (i < n && !rc) {
		uint32_t chunk = places[i] / DEAD_DOCS;
		const struct str key = dead_key(&k, s->info.id, chunk);
		const size_t bytes = dead_bytes(&s->info, chunk);

		buf_clear(&bits);
		rc = txn_get(&v, s->txn, s->t.dead, key, e);
		if (rc == RC_NOTFOUND) {
			buf_reserve(&bits, bytes);
			memset(bits.p, 0, bytes);
			bits.n = bytes;
		} else if (rc) {
			break;
		} else if (sealed(&v, key) && v.n == bytes) {
			buf_str_add(&bits, v);
		} else {
			rc = segment_broken(e, s, "dead documents");
			break;
		}
		for (; i < n && places[i] / DEAD_DOCS == chunk; i++) {
			uint32_t at = places[i] % DEAD_DOCS;

			bits.p[at / 8] = (char)((unsigned char)bits.p[at / 8] | 1u << at % 8);
		}
		rc = sealed_put(s->txn, s->t.dead, key, &bits, e);
	}
	if (!rc) {
		s->info.late = NULL;
		s->info.nlate = 0;
	}
	buf_free(&bits);
	return rc;
}

enum rc segment_drop(struct txn *t, const struct segment_tables *tables, const struct segment_info *info, struct err *e)
{
	const table_id all[] = { tables->terms, tables->lists, tables->positions, tables->columns };
	struct segment_key k;
	unsigned i;
	enum rc rc = txn_del_all(t, tables->dead, str_sub(dead_key(&k, info->id, 0), 0, 4), e);

	for (i = 0; i < sizeof all / sizeof *all && !rc; i++)	/* in the order of enum rows */
		rc = txn_del_all(t, all[i], str_sub(segment_key(&k, segment_rows(info->id, (enum rows)(ROWS_TERMS + i)), 0), 0, 4), e);
	return rc;
}

enum rc segment_bytes(const char **p, struct segment *s, unsigned which, uint64_t at, size_t n, struct buf *copy, struct err *e)
{
	const uint32_t rows = segment_rows(s->info.id, which ? ROWS_POSITIONS : ROWS_LISTS);
	struct heap_chunk *c;
	struct segment_key k;
	struct str v;
	bool first = true;
	size_t part;
	enum rc rc;

	if (at > s->info.heap[which] || n > s->info.heap[which] - at)
		return segment_broken(e, s, "lists");
	if (!s->chunks[which])
		s->chunks[which] = arena_array(s->a, (size_t)(s->info.heap[which] / HEAP_CHUNK + 1), sizeof **s->chunks);
	for (;;) {
		uint32_t chunk = (uint32_t)(at / HEAP_CHUNK);
		size_t from = (size_t)(at % HEAP_CHUNK), whole = HEAP_CHUNK, here;

		if ((uint64_t)chunk * HEAP_CHUNK + HEAP_CHUNK > s->info.heap[which])
			whole = (size_t)(s->info.heap[which] - (uint64_t)chunk * HEAP_CHUNK);
		here = whole - from < n ? whole - from : n;
		c = &s->chunks[which][chunk];
		if (!c->p && n) {
			rc = txn_get(&v, s->txn, which ? s->t.positions : s->t.lists, segment_key(&k, rows, chunk), e);
			if (rc && rc != RC_NOTFOUND)
				return rc;
			if (rc || v.n != whole + (whole + HEAP_PART - 1) / HEAP_PART * 4 + 4)
				return segment_broken(e, s, "lists");
			c->p = v.p;
		}
		for (part = from / HEAP_PART; here && part <= (from + here - 1) / HEAP_PART; part++) {
			if (c->right >> part & 1)
				continue;
			if (!seen_right(s->seen, s->info.id, which, chunk * HEAP_PARTS + (uint32_t)part)) {
				if (u32_get(c->p + whole + 4 * part) != part_check(segment_key(&k, rows, chunk), c->p, whole, part))
					return segment_broken(e, s, which ? "positions" : "lists");
				seen_mark(s->seen, s->info.id, which, chunk * HEAP_PARTS + (uint32_t)part);
			}
			c->right |= 1u << part;
		}
		if (first && here == n) {
			*p = n ? c->p + from : "";
			return RC_OK;
		}
		if (first)
			buf_clear(copy);
		first = false;
		buf_add(copy, c->p + from, here);
		at += here;
		n -= here;
		if (!n) {
			*p = copy->p;
			return RC_OK;
		}
	}
}

void segment_expect(const struct segment *s, const struct listing *x)
{
	const struct heap_chunk *c = s->chunks[0] && !x->here.p && x->list < s->info.heap[0] ? &s->chunks[0][x->list / HEAP_CHUNK] : NULL;
	const size_t at = x->list % HEAP_CHUNK;
	size_t i;

	for (i = 0; c && c->p && i < x->list_n && i < EXPECTED && at + i < HEAP_CHUNK; i += 64)
		__builtin_prefetch(c->p + at + i);
}

static bool entry_get(struct listing *x, struct entries *r)
{
	struct str *s = &r->rest;
	uint64_t df, n, pn = 0;

	*x = (struct listing){ 0 };
	if (!varint_get(&df, s) || !varint_get(&n, s) || !df || df > UINT32_MAX)
		return false;
	x->df = (uint32_t)df;
	x->list_n = (size_t)(n / 2);
	if (n % 2) {
		if (x->list_n > s->n || !x->list_n || df >= PACK)
			return false;
		x->here = str_sub(*s, 0, x->list_n);
		*s = str_sub(*s, x->list_n, s->n);
		return true;
	}
	if (!varint_get(&pn, s) || (!r->any && (!varint_get(&r->list, s) || !varint_get(&r->positions, s))))
		return false;
	x->positions_n = (size_t)pn;
	x->list = r->list;
	x->positions = r->positions;
	r->list += x->list_n;
	r->positions += x->positions_n;
	r->any = true;
	return true;
}

/* Pass over n entries: entry_get without what is not asked for. */
static bool entries_pass(struct entries *r, unsigned n)
{
	const char *p = r->rest.p, *end = p + r->rest.n;
	uint64_t v[5];
	unsigned i, k, shift;

	for (; n; n--) {
		for (i = 0, k = 2; i < k; i++) {		/* two numbers, then bytes, or one or three more */
			for (v[i] = 0, shift = 0; p < end && (unsigned char)*p >= 0x80 && shift < 56; shift += 7)
				v[i] |= (uint64_t)(*p++ & 0x7f) << shift;
			if (p == end || (unsigned char)*p >= 0x80)
				return false;
			v[i] |= (uint64_t)(unsigned char)*p++ << shift;
			if (i == 1 && v[1] % 2 == 0)
				k = r->any ? 3 : 5;
		}
		if (k == 2) {
			if (v[1] / 2 > (size_t)(end - p))
				return false;
			p += v[1] / 2;
			continue;
		}
		if (k == 5) {
			r->list = v[3];
			r->positions = v[4];
		}
		r->list += v[1] / 2;
		r->positions += v[2];
		r->any = true;
	}
	r->rest = (struct str){ p, (size_t)(end - p) };
	return true;
}

/* The parts of a dictionary block. */
static bool block_get(unsigned *terms, struct str *strings, struct entries *entries, struct str v)
{
	size_t n;

	if (v.n < 3)
		return false;
	*terms = (unsigned char)v.p[0];
	n = u16_get(v.p + 1);
	if (!*terms || n > v.n - 3)
		return false;
	*strings = str_sub(v, 3, 3 + n);
	*entries = (struct entries){ .rest = str_sub(v, 3 + n, v.n) };
	return true;
}

/* A dictionary block that terms are looked for in, in their order. */
struct scan {
	struct str strings;
	struct entries entries;
	char word[64];
	size_t have;			/* bytes of word, the term looked at */
	unsigned left, at, entry;	/* terms behind it; which it is; which `entries` begins with */
};

/* On to the term, or the first after it: 1, 0: it is not there, -1: broken. */
static int scan_to(struct scan *b, struct str term)
{
	size_t same = 0, shared, own;

	for (;;) {
		while (same < b->have && same < term.n && b->word[same] == term.p[same])
			same++;
		if (same == term.n)
			return b->have == term.n;
		if (same < b->have && (unsigned char)b->word[same] > (unsigned char)term.p[same])
			return 0;
		do {				/* those that share more with the one before are before the term, as it is */
			if (!b->left)
				return 0;
			if (b->strings.n < 2)
				return -1;
			shared = (unsigned char)b->strings.p[0];
			own = (unsigned char)b->strings.p[1];
			if (shared > b->have || shared + own > sizeof b->word || own > b->strings.n - 2)
				return -1;
			memcpy(b->word + shared, b->strings.p + 2, own);
			b->have = shared + own;
			b->strings = (struct str){ b->strings.p + 2 + own, b->strings.n - 2 - own };
			b->left--;
			b->at++;
		} while (shared > same);
		same = shared < same ? shared : same;
	}
}

enum rc segment_find(struct listing *x, size_t *found, const struct segment *s, const struct str *terms, size_t n, struct err *e)
{
	struct scan b = { .left = 0 };
	struct str k = STR_NONE, v;
	char key[4 + 64];
	size_t i;
	int got = 0;
	enum rc rc;

	for (i = *found = 0; i < n; i++) {
		const struct str term = terms[i], at = { key, term_key(key, s->info.id, term) };

		if (!k.n || !(got = scan_to(&b, term))) {
			const struct str before = k;

			if (k.n && b.left)	/* the scan stands at a later term */
				continue;
			if ((rc = txn_get_before(&k, &v, s->txn, s->t.terms, at, e)) == RC_NOTFOUND) {
				k = STR_NONE;
				continue;
			}
			if (rc)
				return rc;
			if (k.n < 4 || k.n > 4 + 64 || memcmp(k.p, key, 4) != 0) {
				k = STR_NONE;
				continue;
			}
			if (k.p == before.p)
				continue;
			if (!sealed(&v, k) || !block_get(&b.left, &b.strings, &b.entries, v))
				return segment_broken(e, s, "terms");
			b.left--;
			b.at = b.entry = 0;
			b.have = k.n - 4;
			memcpy(b.word, k.p + 4, b.have);
			got = scan_to(&b, term);
		}
		if (got < 0)
			return segment_broken(e, s, "terms");
		if (!got)
			continue;
		if (!entries_pass(&b.entries, b.at - b.entry) || !entry_get(&x[*found], &b.entries))
			return segment_broken(e, s, "terms");
		b.entry = b.at + 1;
		++*found;
	}
	return RC_OK;
}

enum rc terms_open(struct terms *t, const struct segment *s, struct err *e)
{
	enum rc rc;

	*t = (struct terms){ .s = s };
	segment_key(&t->head, segment_rows(s->info.id, ROWS_TERMS), 0);
	if ((rc = store_iter_open(&t->it, s->txn, s->t.terms, (struct str){ t->head.b, 4 }, e)))
		return rc;
	t->open = true;
	return RC_OK;
}

enum iter terms_next(struct terms *t, struct err *e)
{
	struct str k, v;
	size_t shared, own;
	enum iter more;

	if (t->left) {
		if (t->strings.n < 2)
			goto bad;
		shared = (unsigned char)t->strings.p[0];
		own = (unsigned char)t->strings.p[1];
		if (shared > t->n || shared + own > sizeof t->term || own > t->strings.n - 2)
			goto bad;
		memcpy(t->term + shared, t->strings.p + 2, own);
		t->n = shared + own;
		t->strings = str_sub(t->strings, 2 + own, t->strings.n);
		t->left--;
		t->i++;
		return ITER_ITEM;
	}
	if ((more = store_iter_next(&t->it, &k, &v, e)) != ITER_ITEM)
		return more;
	if (k.n < 4 || memcmp(k.p, t->head.b, 4) != 0)
		return ITER_DONE;
	if (k.n > 4 + sizeof t->term || !sealed(&v, k) || !block_get(&t->left, &t->strings, &t->entries, v))
		goto bad;
	memcpy(t->term, k.p + 4, k.n - 4);
	t->n = k.n - 4;
	t->left--;
	t->i = t->entry_i = 0;
	return ITER_ITEM;
bad:
	(void)segment_broken(e, t->s, "terms");
	return ITER_ERROR;
}

enum rc terms_entry(struct listing *x, struct terms *t, struct err *e)
{
	for (; t->entry_i <= t->i; t->entry_i++)
		if (!entry_get(x, &t->entries))
			return segment_broken(e, t->s, "terms");
	return RC_OK;
}

void terms_close(struct terms *t)
{
	if (t->open)
		store_iter_close(&t->it);
	t->open = false;
}
