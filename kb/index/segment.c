/* kb/index/segment.c: see segment.h. A segment's rows stand in seven tables, two of them told in forms.c and one in
 * columns.c; or all in one, when it is small, so that a document that is replaced changes few pages. All keys begin with
 * its number * 8 + their kind (enum rows), u32 big-endian, and behind each value stands a check: u32, the low half of
 * check_of over key and value.
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
 *		else:	varint where its list begins in the heap of lists; varint bytes of its positions, varint where they
 *			begin in the heap of positions
 *
 * lists, positions: two heaps, each a row of bytes cut into chunks of CHUNK, keyed by u32 number; so that a value fills
 * 16 pages and can be written into room that another one left. Behind its bytes stand checks, u32, of each PART of them,
 * so that what is read of a chunk is checked and no more (the check of the whole is there too). What ranking reads is apart from positions, which
 * are three quarters of all. In the heap a list is cut into blocks of 128 documents, the last one shorter:
 *
 *	for each block: u32 its last document, u16 its bytes, u8 its highest weight (255: or more), u8 its shortest norm
 *	the blocks: a full one: two packs (pack.h), the documents as gaps - 1 and the weights - 1;
 *		the last one, when shorter than that, but at least FEW: u8 Rice parameter, then bits: for each document its gap - 1,
 *		and by Rice code 0 its weight - 1;
 *		when it is shorter still: for each document varint (gap - 1) * 2 + 1 when its weight is 1; else + 0, and
 *		varint weight - 2. The gap of the very first document is its place + 1
 *
 *	and, when it is dense: of a segment of 4,096 documents or more it has a fifth: a row of half a byte for each
 *		document of the segment, low half first: its weight, 0: it has none, 15: that or more, see its block
 *
 *	and its positions: for each block u32 bytes; then the blocks: u8 Rice parameter of first positions, + 128 when each
 *		document has as many as it weighs, u8 of later ones, then bits: for each document, by Rice code 0, its weight
 *		less how many positions it has, if they are not as many; the first position; each later one less the one
 *		before, less 1
 *
 * A list here, in the dictionary, is of less than 128 documents and at most HERE bytes: u8 bytes of the block; the
 * block as above; one block of positions. Two thirds of all terms stand in one document: for them the look-up is
 * the answer. Places 0 (weight 1, position 4) and 3 (weight 3, position 9), by parameters 2 and 0:
 *	03  01  04 01  02 00  62 0b	bits, low first: 0, 10 00 | 110, 110 10
 *
 * dead: u32 number of 16,384 documents -> bits by place, low first, whole words of 8 bytes: the document is gone; no row:
 * none is.
 * A segment is written once and then only loses documents; its number is never used again. */
#include "kb/index/segment.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/columns.h"
#include "kb/index/record.h"

enum { TERMS = 32, BLOCK_MAX = 472, HERE = 40, SKIP = 8, PART = 4096, PARTS = 16, CHUNK = 65520 - 4 - 4 * PARTS,
	TURN = 64 << 20, FEW = 8, AS_MANY = 128, DENSE = 5, DENSE_FROM = 4096, ROW_MORE = 15 };
/* BLOCK_MAX: eight blocks fill a page. CHUNK: with its checks and LMDB's header of 16 bytes, 16 pages. */
_Static_assert((CHUNK + PART - 1) / PART == PARTS, "a check for each part");

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

void seal(struct buf *b, struct str key)
{
	u32_add(b, (uint32_t)check_of(check_of(0, key), buf_str(b)));
}

bool sealed(struct str *v, struct str key)
{
	struct str bytes;

	if (v->n < 4)
		return false;
	bytes = str_sub(*v, 0, v->n - 4);
	if (u32_get(v->p + bytes.n) != (uint32_t)check_of(check_of(0, key), bytes))
		return false;
	*v = bytes;
	return true;
}

enum rc sealed_append(struct txn *t, table_id id, struct str key, struct buf *value, struct err *e)
{
	enum rc rc;

	seal(value, key);
	rc = txn_append(t, id, key, buf_str(value), e);
	buf_clear(value);
	return rc;
}

enum rc sealed_put(struct txn *t, table_id id, struct str key, struct buf *value, struct err *e)
{
	enum rc rc;

	seal(value, key);
	rc = txn_put(t, id, key, buf_str(value), e);
	buf_clear(value);
	return rc;
}

enum rc sealed_get(struct str *v, struct txn *t, table_id id, struct str key, struct err *e)
{
	enum rc rc = txn_get(v, t, id, key, e);

	if (!rc && !sealed(v, key))
		rc = err_set(e, RC_CORRUPT, "index: a value in it is damaged; 'colep index --rebuild' makes it anew");
	return rc;
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
	const uint8_t *norms;
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
	/* the term in work */
	struct buf term, before;	/* before: the last one of the block */
	uint32_t df, last;
	uint32_t docs[PACK], weights[PACK], counts[PACK];
	unsigned m;			/* postings waiting for their block */
	struct buf pos;			/* their positions, u32 each */
	struct buf skips, blocks, lengths, places;
	struct buf all, row;		/* all: place and weight of its postings, u32 each, of a segment that may have dense lists */
	bool any;			/* a term is in work */
};

struct segment_out *segment_create(struct txn **t, const struct segment_tables *tables, uint32_t id, const uint8_t *norms,
    uint32_t n, turn_fn *turn, void *ctx)
{
	struct segment_out *o = xmalloc(sizeof *o);

	*o = (struct segment_out){ .txn = t, .t = *tables, .id = id, .n = n, .norms = norms, .turn = turn, .ctx = ctx, .e = ERR_INIT };
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
	return (uint32_t)check_of(check_of(part, key), str_sub((struct str){ p, n }, part * PART, (part + 1) * PART));
}

static void heap_flush(struct segment_out *o, unsigned which)
{
	struct heap_out *h = &o->heap[which];
	struct segment_key k;

	const struct str key = segment_key(&k, segment_rows(o->id, which ? ROWS_POSITIONS : ROWS_LISTS),
	    h->at ? (uint32_t)((h->at - 1) / CHUNK) : 0);
	size_t n = h->chunk.n, i;

	for (i = 0; i < n; i += PART)
		u32_add(&h->chunk, part_check(key, h->chunk.p, n, i / PART));
	if (n)
		append(o, which ? o->t.positions : o->t.lists, key, &h->chunk);
}

static void heap_add(struct segment_out *o, unsigned which, struct str s)
{
	struct heap_out *h = &o->heap[which];

	while (s.n) {
		size_t room = CHUNK - h->chunk.n, n = s.n < room ? s.n : room;

		buf_add(&h->chunk, s.p, n);
		h->at += n;
		s = str_sub(s, n, s.n);
		if (h->chunk.n == CHUNK)
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
}

/* The positions of the postings that wait. */
static void put_positions(struct buf *b, const struct segment_out *o)
{
	uint64_t first = 0, later = 0, nfirst = 0, nlater = 0;
	bool as_many = true;
	const uint32_t *p = (const uint32_t *)(const void *)o->pos.p, *q = p;
	struct bits_out bits;
	unsigned k1, k2, i;
	uint32_t j;

	for (i = 0; i < o->m; q += o->counts[i++]) {
		as_many &= o->counts[i] == o->weights[i];
		if (!o->counts[i])
			continue;
		first += q[0];
		nfirst++;
		later += q[o->counts[i] - 1] - q[0] - (o->counts[i] - 1);
		nlater += o->counts[i] - 1;
	}
	k1 = rice_parameter(first, nfirst);
	k2 = rice_parameter(later, nlater);
	buf_putc(b, (char)(as_many ? k1 | AS_MANY : k1));
	buf_putc(b, (char)k2);
	bits_open(&bits, b);
	for (i = 0, q = p; i < o->m; q += o->counts[i++]) {
		if (!as_many)
			rice_put(&bits, o->weights[i] - o->counts[i], 0);
		for (j = 0; j < o->counts[i]; j++)
			rice_put(&bits, j ? q[j] - q[j - 1] - 1 : q[0], j ? k2 : k1);
	}
	bits_end(&bits);
}

static void put_block(struct segment_out *o)
{
	uint32_t v[PACK], last = o->last, most = 0;
	uint8_t norm = UINT8_MAX;
	struct bits_out bits;
	unsigned i, k;

	for (i = 0; i < o->m; i++) {
		uint32_t gap = o->docs[i] - last;	/* last is UINT32_MAX, which is -1, at first */

		if (o->m >= FEW)
			v[i] = gap - 1;
		else if (o->weights[i] == 1)
			varint_put(&o->blocks, (uint64_t)(gap - 1) * 2 + 1);
		else {
			varint_put(&o->blocks, (uint64_t)(gap - 1) * 2);
			varint_put(&o->blocks, o->weights[i] - 2);
		}
		last = o->docs[i];
		most = o->weights[i] > most ? o->weights[i] : most;
		norm = o->norms[last] < norm ? o->norms[last] : norm;
	}
	if (o->m == PACK) {
		pack_put(&o->blocks, v);
		for (i = 0; i < PACK; i++)
			v[i] = o->weights[i] - 1;
		pack_put(&o->blocks, v);
	} else if (o->m >= FEW) {
		k = rice_parameter((uint64_t)(uint32_t)(last - o->last) - o->m, o->m);
		buf_putc(&o->blocks, (char)k);
		bits_open(&bits, &o->blocks);
		for (i = 0; i < o->m; i++) {
			rice_put(&bits, v[i], k);
			rice_put(&bits, o->weights[i] - 1, 0);
		}
		bits_end(&bits);
	}
	u32_add(&o->skips, last);
	buf_putc(&o->skips, 0);			/* the block's bytes: set below */
	buf_putc(&o->skips, 0);
	buf_putc(&o->skips, (char)(most > UINT8_MAX ? UINT8_MAX : most));
	buf_putc(&o->skips, (char)norm);
	o->last = last;
}

/* The bytes of a list's row; 0: it has none. */
static size_t row_bytes(uint32_t df, uint32_t documents)
{
	return documents >= DENSE_FROM && df >= documents / DENSE ? ((size_t)documents + 1) / 2 : 0;
}

static void put_row(struct segment_out *o)
{
	const uint32_t *p = (const uint32_t *)(const void *)o->all.p, *end = p + o->all.n / sizeof *p;
	size_t n = row_bytes(o->df, o->n);

	buf_clear(&o->row);
	if (!n)
		return;
	buf_reserve(&o->row, n);
	memset(o->row.p, 0, n);
	o->row.n = n;
	for (; p < end; p += 2)
		o->row.p[p[0] / 2] = (char)((unsigned char)o->row.p[p[0] / 2] | (p[1] < ROW_MORE ? p[1] : ROW_MORE) << 4 * (p[0] % 2));
}

static void flush_postings(struct segment_out *o)
{
	size_t blocks = o->blocks.n, places = o->places.n, n;
	unsigned i;

	if (!o->m)
		return;
	for (i = 0; i < o->m && o->n >= DENSE_FROM; i++) {
		buf_add(&o->all, &o->docs[i], sizeof *o->docs);
		buf_add(&o->all, &o->weights[i], sizeof *o->weights);
	}
	put_block(o);
	put_positions(&o->places, o);
	n = o->blocks.n - blocks;
	o->skips.p[o->skips.n - 4] = (char)n;
	o->skips.p[o->skips.n - 3] = (char)(n >> 8);
	u32_add(&o->lengths, (uint32_t)(o->places.n - places));
	o->df += o->m;
	o->m = 0;
	buf_clear(&o->pos);
}

static void end_term(struct segment_out *o)
{
	struct buf *x = &o->value;
	struct str term = buf_str(&o->term);
	size_t shared = 0;

	if (!o->any)
		return;
	o->any = false;
	flush_postings(o);
	if (!o->df)
		return;
	buf_clear(x);
	varint_put(x, o->df);
	if (o->df < PACK && 1 + o->blocks.n + o->places.n <= HERE) {
		varint_put(x, (1 + o->blocks.n + o->places.n) * 2 + 1);
		buf_putc(x, (char)o->blocks.n);
		buf_str_add(x, buf_str(&o->blocks));
		buf_str_add(x, buf_str(&o->places));
	} else {
		put_row(o);
		varint_put(x, (o->skips.n + o->blocks.n + o->row.n) * 2);
		varint_put(x, o->heap[0].at);
		varint_put(x, o->lengths.n + o->places.n);
		varint_put(x, o->heap[1].at);
		heap_add(o, 0, buf_str(&o->skips));
		heap_add(o, 0, buf_str(&o->blocks));
		heap_add(o, 0, buf_str(&o->row));
		heap_add(o, 1, buf_str(&o->lengths));
		heap_add(o, 1, buf_str(&o->places));
	}
	if (o->terms == TERMS || (o->terms && 3 + o->strings.n + 2 + term.n + o->entries.n + x->n > BLOCK_MAX)) {
		struct buf kept = o->value;

		o->value = (struct buf)BUF_INIT;
		block_flush(o);
		buf_free(&o->value);
		o->value = kept;
	}
	if (o->terms == 0) {
		buf_clear(&o->first);
		buf_str_add(&o->first, term);
	} else {
		while (shared < term.n && shared < o->before.n && term.p[shared] == o->before.p[shared])
			shared++;
		buf_putc(&o->strings, (char)shared);
		buf_putc(&o->strings, (char)(term.n - shared));
		buf_str_add(&o->strings, str_sub(term, shared, term.n));
	}
	buf_str_add(&o->entries, buf_str(x));
	o->terms++;
	o->all_terms++;
	buf_clear(&o->before);
	buf_str_add(&o->before, term);
}

void segment_term(struct segment_out *o, struct str term)
{
	end_term(o);
	buf_clear(&o->term);
	buf_str_add(&o->term, str_sub(term, 0, 64));
	buf_clear(&o->skips);
	buf_clear(&o->blocks);
	buf_clear(&o->lengths);
	buf_clear(&o->places);
	buf_clear(&o->all);
	o->df = 0;
	o->last = UINT32_MAX;
	o->any = true;
}

void segment_posting(struct segment_out *o, uint32_t place, uint32_t weight, const uint32_t *positions, size_t n)
{
	o->docs[o->m] = place;
	o->weights[o->m] = weight;
	o->counts[o->m++] = (uint32_t)n;
	if (n)
		buf_add(&o->pos, positions, n * sizeof *positions);
	if (o->m == PACK)
		flush_postings(o);
}

enum rc segment_finish(struct segment_info *info, struct segment_out *o, struct err *e)
{
	struct buf *const all[] = { &o->heap[0].chunk, &o->heap[1].chunk, &o->first, &o->strings, &o->entries, &o->value, &o->term,
		&o->before, &o->pos, &o->skips, &o->blocks, &o->lengths, &o->places, &o->all, &o->row };
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
		*info = (struct segment_info){ o->id, o->n, 0, o->all_terms, { o->heap[0].at, o->heap[1].at } };
	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_free(all[i]);
	free(o);
	return rc;
}

/* ---- what was found right ---- */

enum { SEEN_MAX = 256 };
struct seen {
	struct { uint32_t segment; unsigned table; uint64_t *bits; size_t n; } *v;
	size_t n;
};

struct seen *seen_open(void)
{
	struct seen *s = xmalloc(sizeof *s);

	*s = (struct seen){ NULL, 0 };
	return s;
}

void seen_close(struct seen *s)
{
	if (!s)
		return;
	while (s->n)
		free(s->v[--s->n].bits);
	free(s->v);
	free(s);
}

static size_t seen_find(const struct seen *s, uint32_t segment, unsigned table)
{
	size_t i;

	for (i = 0; i < s->n && !(s->v[i].segment == segment && s->v[i].table == table); i++)
		;
	return i;
}

bool seen_right(const struct seen *s, uint32_t segment, unsigned table, uint32_t chunk)
{
	size_t i = seen_find(s, segment, table), word = chunk / 64;

	return i < s->n && word < s->v[i].n && (s->v[i].bits[word] >> chunk % 64 & 1);
}

void seen_mark(struct seen *s, uint32_t segment, unsigned table, uint32_t chunk)
{
	size_t i = seen_find(s, segment, table), word = chunk / 64;

	if (i == SEEN_MAX)			/* most of them are of segments that were merged */
		while (s->n)
			free(s->v[i = --s->n].bits);
	if (i == s->n) {
		s->v = xrealloc(s->v, ++s->n * sizeof *s->v);
		s->v[i].segment = segment;
		s->v[i].table = table;
		s->v[i].bits = NULL;
		s->v[i].n = 0;
	}
	if (word >= s->v[i].n) {
		s->v[i].bits = xrealloc(s->v[i].bits, (word + 1) * sizeof *s->v[i].bits);
		memset(s->v[i].bits + s->v[i].n, 0, (word + 1 - s->v[i].n) * sizeof *s->v[i].bits);
		s->v[i].n = word + 1;
	}
	s->v[i].bits[word] |= (uint64_t)1 << chunk % 64;
}

/* ---- reading ---- */

static enum rc broken(struct err *e, const struct segment *s, const char *what)
{
	return err_set(e, RC_CORRUPT, "index: segment %u: its %s are damaged; 'colep index --rebuild' makes it anew", s->info.id, what);
}

/* Of the bits of a chunk. */
static size_t dead_bytes(const struct segment_info *info, uint32_t chunk)
{
	uint32_t n = info->n - chunk * CHUNK_DOCS;

	return (size_t)((n < CHUNK_DOCS ? n : CHUNK_DOCS) + 63) / 64 * 8;
}

enum rc segment_open(struct segment *s, struct arena *a, struct txn *t, const struct segment_tables *tables,
    const struct segment_info *info, struct seen *seen, struct err *e)
{
	uint32_t chunk, chunks = (info->n + CHUNK_DOCS - 1) / CHUNK_DOCS, dead = 0;
	uint64_t *bits = NULL;
	struct segment_key k;
	struct str v;
	size_t i;
	enum rc rc;

	*s = (struct segment){ .info = *info, .txn = t, .t = *tables, .seen = seen, .a = a };
	for (chunk = 0; info->dead && chunk < chunks; chunk++) {
		const struct str key = segment_key(&k, segment_rows(info->id, ROWS_DEAD), chunk);

		rc = txn_get(&v, t, tables->dead, key, e);
		if (rc == RC_NOTFOUND)
			continue;
		if (rc)
			return rc;
		if (!sealed(&v, key) || v.n != dead_bytes(info, chunk))
			return broken(e, s, "dead documents");
		if (!bits)
			bits = arena_array(a, (size_t)chunks * CHUNK_DOCS / 64, sizeof *bits);
		memcpy(bits + (size_t)chunk * (CHUNK_DOCS / 64), v.p, v.n);
	}
	for (i = 0; bits && i < (size_t)chunks * CHUNK_DOCS / 64; i++)
		dead += (uint32_t)__builtin_popcountll(bits[i]);
	if (dead != info->dead)
		return broken(e, s, "dead documents");
	s->dead = bits;
	return RC_OK;
}

enum rc segment_kill(struct segment *s, const uint32_t *places, size_t n, struct err *e)
{
	struct buf bits = BUF_INIT;
	struct segment_key k;
	struct str v;
	size_t i = 0;
	enum rc rc = RC_OK;

	while (i < n && !rc) {
		uint32_t chunk = places[i] / CHUNK_DOCS;
		const struct str key = segment_key(&k, segment_rows(s->info.id, ROWS_DEAD), chunk);
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
			rc = broken(e, s, "dead documents");
			break;
		}
		for (; i < n && places[i] / CHUNK_DOCS == chunk; i++) {
			uint32_t at = places[i] % CHUNK_DOCS;

			s->info.dead += !((unsigned char)bits.p[at / 8] >> at % 8 & 1);
			bits.p[at / 8] = (char)((unsigned char)bits.p[at / 8] | 1u << at % 8);
		}
		rc = sealed_put(s->txn, s->t.dead, key, &bits, e);
	}
	buf_free(&bits);
	return rc;
}

enum rc segment_drop(struct txn *t, const struct segment_tables *tables, const struct segment_info *info, struct err *e)
{
	const table_id all[] = { tables->terms, tables->lists, tables->positions, tables->columns, tables->dead };
	struct segment_key k;
	unsigned i;
	enum rc rc = RC_OK;

	for (i = 0; i < sizeof all / sizeof *all && !rc; i++)	/* in the order of enum rows */
		rc = txn_del_all(t, all[i], str_sub(segment_key(&k, segment_rows(info->id, (enum rows)i), 0), 0, 4), e);
	return rc;
}

/* n bytes of a heap: from the map, or (over the edge of a chunk) in *copy. */
static enum rc heap_get(const char **p, struct segment *s, unsigned which, uint64_t at, size_t n, struct buf *copy, struct err *e)
{
	const uint32_t rows = segment_rows(s->info.id, which ? ROWS_POSITIONS : ROWS_LISTS);
	struct heap_chunk *c;
	struct segment_key k;
	struct str v;
	bool first = true;
	size_t part;
	enum rc rc;

	if (at > s->info.heap[which] || n > s->info.heap[which] - at)
		return broken(e, s, "lists");
	if (!s->chunks[which])
		s->chunks[which] = arena_array(s->a, (size_t)(s->info.heap[which] / CHUNK + 1), sizeof **s->chunks);
	for (;;) {
		uint32_t chunk = (uint32_t)(at / CHUNK);
		size_t from = (size_t)(at % CHUNK), whole = CHUNK, here;

		if ((uint64_t)chunk * CHUNK + CHUNK > s->info.heap[which])
			whole = (size_t)(s->info.heap[which] - (uint64_t)chunk * CHUNK);
		here = whole - from < n ? whole - from : n;
		c = &s->chunks[which][chunk];
		if (!c->p && n) {
			rc = txn_get(&v, s->txn, which ? s->t.positions : s->t.lists, segment_key(&k, rows, chunk), e);
			if (rc && rc != RC_NOTFOUND)
				return rc;
			if (rc || v.n != whole + (whole + PART - 1) / PART * 4 + 4)
				return broken(e, s, "lists");
			c->p = v.p;
		}
		for (part = from / PART; here && part <= (from + here - 1) / PART; part++) {
			if (c->right >> part & 1)
				continue;
			if (!seen_right(s->seen, s->info.id, which, chunk * PARTS + (uint32_t)part)) {
				if (u32_get(c->p + whole + 4 * part) != part_check(segment_key(&k, rows, chunk), c->p, whole, part))
					return broken(e, s, which ? "positions" : "lists");
				seen_mark(s->seen, s->info.id, which, chunk * PARTS + (uint32_t)part);
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

static bool entry_get(struct listing *x, struct str *s)
{
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
	if (!varint_get(&x->list, s) || !varint_get(&pn, s) || !varint_get(&x->positions, s))
		return false;
	x->positions_n = (size_t)pn;
	return true;
}

/* Pass over n entries. */
static bool entries_pass(struct str *s, unsigned n)
{
	const char *p = s->p, *end = s->p + s->n;
	uint64_t v = 0;
	unsigned i, k, shift;

	for (; n; n--)
		for (i = 0, k = 2; i < k; i++) {		/* two numbers, then bytes or three more */
			for (v = 0, shift = 0; p < end && (unsigned char)*p >= 0x80 && shift < 56; shift += 7)
				v |= (uint64_t)(*p++ & 0x7f) << shift;
			if (p == end || (unsigned char)*p >= 0x80)
				return false;
			v |= (uint64_t)(unsigned char)*p++ << shift;
			if (i == 1 && v % 2 == 0)
				k = 5;
			else if (i == 1 && v / 2 > (size_t)(end - p))
				return false;
			else if (i == 1)
				p += v / 2;
		}
	*s = (struct str){ p, (size_t)(end - p) };
	return true;
}

/* The parts of a dictionary block. */
static bool block_get(unsigned *terms, struct str *strings, struct str *entries, struct str v)
{
	size_t n;

	if (v.n < 3)
		return false;
	*terms = (unsigned char)v.p[0];
	n = (size_t)(unsigned char)v.p[1] | (size_t)(unsigned char)v.p[2] << 8;
	if (!*terms || n > v.n - 3)
		return false;
	*strings = str_sub(v, 3, 3 + n);
	*entries = str_sub(v, 3 + n, v.n);
	return true;
}

/* A dictionary block that terms are looked for in, in their order. */
struct scan {
	struct str strings, entries;
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
				return broken(e, s, "terms");
			b.left--;
			b.at = b.entry = 0;
			b.have = k.n - 4;
			memcpy(b.word, k.p + 4, b.have);
			got = scan_to(&b, term);
		}
		if (got < 0)
			return broken(e, s, "terms");
		if (!got)
			continue;
		if (!entries_pass(&b.entries, b.at - b.entry) || !entry_get(&x[*found], &b.entries))
			return broken(e, s, "terms");
		b.entry = b.at + 1;
		++*found;
	}
	return RC_OK;
}

enum rc terms_open(struct terms *t, const struct segment *s, struct str from, struct err *e)
{
	struct str k, v, start;
	enum iter more;
	enum rc rc;
	char *key;
	size_t n;

	*t = (struct terms){ .s = s };
	key = t->from;
	n = term_key(key, s->info.id, from);
	/* the block that `from` falls into begins before it, when there is one */
	rc = txn_get_before(&k, &v, s->txn, s->t.terms, (struct str){ key, n }, e);
	if (rc && rc != RC_NOTFOUND)
		return rc;
	if (!rc && k.n >= 4 && memcmp(k.p, key, 4) == 0)
		start = k;
	else
		start = (struct str){ key, n };
	if ((rc = store_iter_open(&t->it, s->txn, s->t.terms, start, e)))
		return rc;
	t->open = true;
	if (!from.n)
		return RC_OK;
	while ((more = terms_next(t, e)) == ITER_ITEM && str_cmp((struct str){ t->term, t->n }, from) < 0)
		;
	if (more == ITER_ERROR)
		return e->rc;
	if (more == ITER_ITEM)
		t->held = true;
	return RC_OK;
}

enum iter terms_next(struct terms *t, struct err *e)
{
	struct segment_key id;
	struct str k, v;
	size_t own;
	enum iter more;

	if (t->held) {
		t->held = false;
		t->shared = 0;
		return ITER_ITEM;
	}
	if (t->left) {
		if (t->strings.n < 2)
			goto bad;
		t->shared = (unsigned char)t->strings.p[0];
		own = (unsigned char)t->strings.p[1];
		if (t->shared > t->n || t->shared + own > sizeof t->term || own > t->strings.n - 2)
			goto bad;
		memcpy(t->term + t->shared, t->strings.p + 2, own);
		t->n = t->shared + own;
		t->strings = str_sub(t->strings, 2 + own, t->strings.n);
		t->left--;
		t->i++;
		return ITER_ITEM;
	}
	if ((more = store_iter_next(&t->it, &k, &v, e)) != ITER_ITEM)
		return more;
	segment_key(&id, segment_rows(t->s->info.id, ROWS_TERMS), 0);
	if (k.n < 4 || memcmp(k.p, id.b, 4) != 0)
		return ITER_DONE;
	if (k.n > 4 + sizeof t->term || !sealed(&v, k) || !block_get(&t->left, &t->strings, &t->entries, v))
		goto bad;
	for (t->shared = 0; t->shared < t->n && t->shared < k.n - 4 && t->term[t->shared] == k.p[4 + t->shared]; t->shared++)
		;
	memcpy(t->term, k.p + 4, k.n - 4);
	t->n = k.n - 4;
	t->left--;
	t->i = t->entry_i = 0;
	return ITER_ITEM;
bad:
	(void)broken(e, t->s, "terms");
	return ITER_ERROR;
}

enum rc terms_entry(struct listing *x, struct terms *t, struct err *e)
{
	for (; t->entry_i <= t->i; t->entry_i++)
		if (!entry_get(x, &t->entries))
			return broken(e, t->s, "terms");
	return RC_OK;
}

void terms_close(struct terms *t)
{
	if (t->open)
		store_iter_close(&t->it);
	t->open = false;
}

/* ---- postings ---- */

enum rc cursor_open(struct cursor *c, struct segment *s, const struct listing *x, struct err *e)
{
	size_t row;

	c->s = s;
	c->x = *x;
	c->lengths = NULL;
	c->skips = NULL;
	c->row = 0;
	c->copy = c->lengths_copy = c->skips_copy = c->bits_copy = (struct buf)BUF_INIT;
	c->nblocks = (uint32_t)(((uint64_t)x->df + PACK - 1) / PACK);
	cursor_rewind(c);
	if (x->here.p)
		return RC_OK;
	row = row_bytes(x->df, s->info.n);
	if (x->list_n < (size_t)c->nblocks * SKIP + row || x->list_n > s->info.heap[0] || x->list > s->info.heap[0] - x->list_n ||
	    x->positions_n < (size_t)c->nblocks * 4)
		return broken(e, s, "lists");
	c->row = row ? x->list + x->list_n - row : 0;
	return heap_get(&c->skips, s, 0, x->list, (size_t)c->nblocks * SKIP, &c->skips_copy, e);
}

void cursor_rewind(struct cursor *c)
{
	c->n = c->i = 0;
	c->block = c->bits_block = 0;
	c->last = UINT32_MAX;
	c->bits_open = false;
	c->packed = STR_NONE;
	c->at = c->x.list + (uint64_t)c->nblocks * SKIP;
	c->positions_at = c->x.positions + (uint64_t)c->nblocks * 4;
}

void cursor_close(struct cursor *c)
{
	buf_free(&c->copy);
	buf_free(&c->lengths_copy);
	buf_free(&c->skips_copy);
	buf_free(&c->bits_copy);
}

static unsigned skip_bytes(const char *skips, uint32_t block)
{
	const unsigned char *p = (const unsigned char *)skips + (size_t)block * SKIP;

	return p[4] | (unsigned)p[5] << 8;
}

/* The last block, when it is not full: of FEW documents or more. */
static bool rice_block(struct cursor *c, struct str s)
{
	uint64_t place = c->last == UINT32_MAX ? 0 : (uint64_t)c->last + 1;
	struct bits_in bits;
	uint32_t v, w;
	unsigned i, k;

	if (!s.n || (k = (unsigned char)s.p[0]) > 30)
		return false;
	bits_from(&bits, str_sub(s, 1, s.n));
	for (i = 0; i < c->n; i++) {
		if (!rice_get(&v, &bits, k) || (place += v) >= c->s->info.n || !rice_get(&w, &bits, 0) || w == UINT32_MAX)
			return false;
		c->docs[i] = (uint32_t)place++;
		c->weights[i] = w + 1;
	}
	for (; i < PACK; i++)
		c->docs[i] = UINT32_MAX;
	return bits.n + 8 * (uint64_t)(bits.end - bits.p) < 8;
}

/* Of fewer. */
static bool short_block(struct cursor *c, struct str s)
{
	const uint64_t n = c->s->info.n;
	uint64_t v, w, place = c->last == UINT32_MAX ? 0 : (uint64_t)c->last + 1;
	unsigned i;

	if (c->n >= FEW)
		return rice_block(c, s);
	for (i = 0; i < c->n; i++) {
		if (!varint_get(&v, &s) || v / 2 >= n || (place += v / 2) >= n)
			return false;
		w = 1;
		if (v % 2 == 0) {
			if (!varint_get(&w, &s) || w > UINT32_MAX - 2)
				return false;
			w += 2;
		}
		c->docs[i] = (uint32_t)place++;
		c->weights[i] = (uint32_t)w;
	}
	for (; i < PACK; i++)
		c->docs[i] = UINT32_MAX;
	return s.n == 0;
}

static bool full_block(struct cursor *c, struct str s, uint32_t last)
{
	size_t n = pack_rising(c->docs, s, c->last);

	if (!n)
		return false;
	c->packed = str_sub(s, n, s.n);
	return c->docs[PACK - 1] == last && last < c->s->info.n;
}

enum iter cursor_docs(struct cursor *c, struct err *e)
{
	const char *p;
	size_t n;

	if (c->block == c->nblocks)
		return ITER_DONE;
	if (c->n)
		c->last = c->docs[c->n - 1];
	c->n = c->block + 1 < c->nblocks || c->x.df % PACK == 0 ? PACK : c->x.df % PACK;
	c->i = 0;
	c->packed = STR_NONE;
	c->bits_open = false;
	if (c->x.here.p) {
		n = (unsigned char)c->x.here.p[0];
		if (n >= c->x.here.n || !short_block(c, str_sub(c->x.here, 1, 1 + n)))
			goto bad;
		c->block++;
		return ITER_ITEM;
	}
	n = skip_bytes(c->skips, c->block);
	if (c->at - c->x.list + n > c->x.list_n)
		goto bad;
	if (heap_get(&p, c->s, 0, c->at, n, &c->copy, e))
		return ITER_ERROR;
	if (c->n == PACK ? !full_block(c, (struct str){ p, n }, cursor_skip(c, c->block).last) : !short_block(c, (struct str){ p, n }))
		goto bad;
	c->at += n;
	c->block++;
	return ITER_ITEM;
bad:
	(void)broken(e, c->s, "lists");
	return ITER_ERROR;
}

enum rc cursor_weights(struct cursor *c, struct err *e)
{
	unsigned i, none = 0;

	if (!c->packed.p)
		return RC_OK;
	if (pack_get(c->weights, c->packed) != c->packed.n)
		return broken(e, c->s, "lists");
	for (i = 0; i < PACK; i++)
		none |= ++c->weights[i] == 0;	/* it ran over */
	c->packed = STR_NONE;
	return none ? broken(e, c->s, "lists") : RC_OK;
}

enum rc cursor_weight(uint32_t *weight, struct cursor *c, struct err *e)
{
	if (!c->packed.p)
		*weight = c->weights[c->i];
	else if (!pack_one(weight, c->packed, c->i) || ++*weight == 0)
		return broken(e, c->s, "lists");
	return RC_OK;
}

enum rc cursor_look(uint32_t *weight, struct cursor *c, uint32_t place, struct err *e)
{
	const uint64_t at = c->row + place / 2;
	const struct heap_chunk *h = &c->s->chunks[0][at / CHUNK];
	const char *p;
	enum iter more;

	if (h->right >> at % CHUNK / PART & 1)
		p = h->p + at % CHUNK;
	else if (heap_get(&p, c->s, 0, at, 1, &c->copy, e))
		return e->rc;
	if ((*weight = (unsigned char)*p >> 4 * (place % 2) & ROW_MORE) < ROW_MORE)
		return RC_OK;
	if ((more = cursor_seek(c, place, e)) != ITER_ITEM)
		return more == ITER_DONE ? broken(e, c->s, "lists") : e->rc;
	return cursor_weight(weight, c, e);
}

enum rc cursor_pass(struct cursor *c, struct err *e)
{
	uint32_t last = cursor_skip(c, c->block).last;

	if (c->n)
		c->last = c->docs[c->n - 1];
	c->n = c->i = 0;
	if (c->last != UINT32_MAX && last <= c->last)
		return broken(e, c->s, "lists");
	c->last = last;
	c->at += skip_bytes(c->skips, c->block++);
	return RC_OK;
}

enum iter cursor_seek(struct cursor *c, uint32_t place, struct err *e)
{
	const uint32_t *p;
	enum iter more;
	unsigned step;

	if (!c->n || c->docs[c->n - 1] < place) {
		while (!c->x.here.p && c->block < c->nblocks && cursor_skip(c, c->block).last < place)
			if (cursor_pass(c, e))
				return ITER_ERROR;
		if ((more = cursor_docs(c, e)) != ITER_ITEM) {
			c->n = c->i = 0;
			return more;
		}
		if (c->docs[c->n - 1] < place) {	/* only a list that has one block gets here */
			c->i = c->n;
			return ITER_DONE;
		}
	}
	for (step = PACK / 2, p = c->docs; step; step /= 2)	/* without branches: behind the last, all are greater */
		p += p[step - 1] < place ? step : 0;
	c->i = (unsigned)(p - c->docs);
	return ITER_ITEM;
}

enum iter cursor_next(struct cursor *c, struct err *e)
{
	enum iter more;

	if ((!c->n || ++c->i >= c->n) && (more = cursor_docs(c, e)) != ITER_ITEM)
		return more;
	return cursor_weights(c, e) ? ITER_ERROR : ITER_ITEM;
}

/* Where the positions of the block in work begin. */
static enum rc open_bits(struct cursor *c, struct err *e)
{
	struct str s;
	const char *p;
	size_t n;
	enum rc rc;

	if (c->x.here.p) {
		s = str_sub(c->x.here, 1 + (size_t)(unsigned char)c->x.here.p[0], c->x.here.n);
	} else {
		if (!c->lengths) {
			if ((rc = heap_get(&c->lengths, c->s, 1, c->x.positions, (size_t)c->nblocks * 4, &c->lengths_copy, e)))
				return rc;
			c->bits_block = 0;
		}
		for (; c->bits_block < c->block - 1; c->bits_block++)
			c->positions_at += u32_get(c->lengths + (size_t)c->bits_block * 4);
		n = u32_get(c->lengths + (size_t)c->bits_block * 4);
		if (c->positions_at - c->x.positions + n > c->x.positions_n)
			return broken(e, c->s, "positions");
		if ((rc = heap_get(&p, c->s, 1, c->positions_at, n, &c->bits_copy, e)))
			return rc;
		s = (struct str){ p, n };
	}
	if (s.n < 2 || (c->first = (unsigned char)s.p[0] & (AS_MANY - 1)) > 30 || (c->later = (unsigned char)s.p[1]) > 30)
		return broken(e, c->s, "positions");
	bits_from(&c->bits, str_sub(s, 2, s.n));
	c->as_many = (unsigned char)s.p[0] & AS_MANY;
	c->bits_open = true;
	c->bit_i = 0;
	return RC_OK;
}

enum rc cursor_positions(struct cursor *c, struct buf *to, struct err *e)
{
	struct bits_in bits;
	uint32_t excess, count, v, at, j;
	enum rc rc;

	if ((!c->bits_open && (rc = open_bits(c, e))) || (rc = cursor_weights(c, e)))
		return rc;
	bits = c->bits;
	for (; c->bit_i <= c->i; c->bit_i++) {
		excess = 0;
		if (!c->as_many && (!rice_get(&excess, &bits, 0) || excess > c->weights[c->bit_i]))
			goto bad;
		count = c->weights[c->bit_i] - excess;
		if (c->bit_i < c->i) {
			if (count && (!rice_pass(&bits, 1, c->first) || !rice_pass(&bits, count - 1, c->later)))
				goto bad;
			continue;
		}
		for (j = 0, at = 0; j < count; j++) {
			if (!rice_get(&v, &bits, j ? c->later : c->first) || (j && v >= UINT32_MAX - at))
				goto bad;
			at = j ? at + v + 1 : v;
			buf_add(to, &at, sizeof at);
		}
	}
	c->bits = bits;
	return RC_OK;
bad:
	return broken(e, c->s, "positions");
}
