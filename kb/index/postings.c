/* kb/index/postings.c: see postings.h. A list in the heap is cut into blocks of 128 documents, the last one shorter:
 *
 *	for each block: u32 its last document, u16 its bytes, u8 its highest weight (255: or more), u8 its shortest norm;
 *		of a single one the last two alone
 *	the blocks: a full one: two packs (pack.h), the documents as gaps - 1 and the weights - 1;
 *		the last one, when shorter than that, but at least FEW: u8 Rice parameter, + 128 when all weigh 1, then bits: for
 *		each document its gap - 1, and by Rice code 0 its weight - 1, if they do not;
 *		when it is shorter still: for each document varint (gap - 1) * 2 + 1 when its weight is 1; else + 0, and
 *		varint weight - 2. The gap of the very first document is its place + 1
 *
 *	and, when it is dense: of a segment of 4,096 documents or more it has a fifth: a row of half a byte for each
 *		document of the segment, low half first: its weight, 0: it has none, 15: that or more, see its block
 *
 *	and its positions: u8 width 2 or 4, and for each block a number of that width, its bytes; but nothing of a single
 *		one; then the blocks: u8 + 128 when each document has as many as it weighs, + 64 when those that weigh 1 have
 *		one, + BY_LENGTH; in a full one, for each STEP documents but the first, u16 the bit at which they begin, 0: not
 *		told (so that who looks for one passes over few); then bits: for each document, by Rice code
 *		0, its weight less how many positions it has, if that is not told; the first position; each later one less the
 *		one before, less 1. Positions are spread over a document, whose norm tells how long it may be at most: a
 *		single one is a truncated binary number below that; of several, both kinds have Rice codes of the parameter
 *		that suits such a mean distance. Where a position is not below (a norm is of weights): instead of BY_LENGTH
 *		the Rice parameter of first positions, and behind it u8 that of later ones
 *
 * A list here, in the dictionary, is of less than 128 documents and at most HERE bytes: the block as above; one block of
 * positions. Two thirds of all terms stand in one document: for them the look-up is the answer. Places 0 (weight 1,
 * position 4, norm 7) and 3 (weight 3, positions 9 and 12, norm 20), by parameter 2:
 *	01  04 01  5f  6e 11	bits, low first: 011 | 10, 110 10, 0 01 */
#include "kb/index/postings.h"

#include <limits.h>
#include <string.h>

#include "kb/index/columns.h"

enum { HERE = 40, SKIP = 8, SKIP_ONE = 2, FEW = 8, STEP = 32, POINTS = PACK / STEP - 1, ALL_ONE = 128, DENSE = 5, DENSE_FROM = 4096 };
enum { AS_MANY = 128, ONE_AS_MANY = 64, BY_LENGTH = 31 };

/* ---- writing ---- */

void postings_begin(struct postings_out *o)
{
	buf_clear(&o->skips);
	buf_clear(&o->blocks);
	buf_clear(&o->places_n);
	buf_clear(&o->places);
	buf_clear(&o->all);
	o->df = 0;
	o->last = UINT32_MAX;
}

/* The Rice parameter of n positions in a document of at most `longest`. */
static inline unsigned spread(uint32_t longest, uint32_t n)
{
	const uint32_t sum = (uint32_t)((uint64_t)longest * 11 / 16);
	int k;

	if (n >= sum)
		return 0;
	k = __builtin_clz(n + 1) - __builtin_clz(sum);	/* the logarithm of their quotient, or one more */
	return (unsigned)(k - ((uint64_t)(n + 1) << k > sum));
}

/* The positions of the postings that wait. */
static void put_positions(struct postings_out *o)
{
	const uint32_t none = 0, *longest = norm_longest(), *q;
	const uint32_t *const from = o->pos.p ? (const uint32_t *)(const void *)o->pos.p : &none;	/* codes stand nowhere */
	uint64_t first = 0, later = 0, nfirst = 0, nlater = 0;
	bool as_many = true, one_as_many = true, by_length = true;
	struct bits_out bits;
	unsigned k1 = BY_LENGTH, k2 = 0, i;
	uint32_t j, most;
	size_t begin, at;

	for (i = 0, q = from; i < o->m; q += o->counts[i++]) {
		as_many &= o->counts[i] == o->weights[i];
		one_as_many &= o->counts[i] == 1 || o->weights[i] > 1;
		by_length &= !o->counts[i] || q[o->counts[i] - 1] < longest[o->norms[o->docs[i]]];
	}
	for (i = 0, q = from; i < o->m && !by_length; q += o->counts[i++])
		if (o->counts[i]) {
			first += q[0];
			nfirst++;
			later += q[o->counts[i] - 1] - q[0] - (o->counts[i] - 1);
			nlater += o->counts[i] - 1;
		}
	if (!by_length) {
		k1 = rice_parameter(first, nfirst);
		k2 = rice_parameter(later, nlater);
	}
	buf_putc(&o->places, (char)(k1 | (as_many ? AS_MANY : 0) | (one_as_many ? ONE_AS_MANY : 0)));
	if (!by_length)
		buf_putc(&o->places, (char)k2);
	for (i = 0; o->m == PACK && i < POINTS; i++)
		buf_add(&o->places, "\0", 2);
	begin = o->places.n;
	bits_open(&bits, &o->places);
	for (i = 0, q = from; i < o->m; q += o->counts[i++]) {
		at = (o->places.n - begin) * 8 + bits.n;
		if (i && i % STEP == 0 && o->m == PACK && at <= UINT16_MAX)
			u16_put(o->places.p + begin - 2 * (POINTS + 1 - i / STEP), (uint16_t)at);
		most = longest[o->norms[o->docs[i]]];
		if (!as_many && !(one_as_many && o->weights[i] == 1))
			rice_put(&bits, o->weights[i] - o->counts[i], 0);
		if (by_length && o->counts[i] == 1) {
			truncated_put(&bits, q[0], most);
			continue;
		}
		if (by_length)
			k1 = k2 = spread(most, o->counts[i]);
		for (j = 0; j < o->counts[i]; j++)
			rice_put(&bits, j ? q[j] - q[j - 1] - 1 : q[0], j ? k2 : k1);
	}
	bits_end(&bits);
}

static void put_block(struct postings_out *o)
{
	uint32_t v[PACK], last = o->last, most = 0;
	char skip[SKIP] = { 0 };		/* the block's bytes: set later */
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
		buf_putc(&o->blocks, (char)(most == 1 ? k | ALL_ONE : k));
		bits_open(&bits, &o->blocks);
		for (i = 0; i < o->m; i++) {
			rice_put(&bits, v[i], k);
			if (most > 1)
				rice_put(&bits, o->weights[i] - 1, 0);
		}
		bits_end(&bits);
	}
	u32_put(skip, last);
	skip[6] = (char)(most > UINT8_MAX ? UINT8_MAX : most);
	skip[7] = (char)norm;
	buf_add(&o->skips, skip, sizeof skip);
	o->last = last;
}

/* The bytes of a list's row; 0: it has none. */
static size_t row_bytes(uint32_t df, uint32_t documents)
{
	return documents >= DENSE_FROM && df >= documents / DENSE ? ((size_t)documents + 1) / 2 : 0;
}

static void put_row(struct postings_out *o)
{
	const size_t n = row_bytes(o->df, o->n);
	const uint32_t *p, *end;

	buf_clear(&o->row);
	if (!n)
		return;
	p = (const uint32_t *)(const void *)o->all.p;
	end = p + o->all.n / sizeof *p;
	buf_reserve(&o->row, n);
	memset(o->row.p, 0, n);
	o->row.n = n;
	for (; p < end; p += 2)
		o->row.p[p[0] / 2] = (char)((unsigned char)o->row.p[p[0] / 2] | (p[1] < ROW_MORE ? p[1] : ROW_MORE) << 4 * (p[0] % 2));
}

static void flush_postings(struct postings_out *o)
{
	const size_t blocks = o->blocks.n, places = o->places.n;
	uint32_t bytes;
	unsigned i;

	if (!o->m)
		return;
	for (i = 0; i < o->m && o->n >= DENSE_FROM; i++) {
		buf_add(&o->all, &o->docs[i], sizeof *o->docs);
		buf_add(&o->all, &o->weights[i], sizeof *o->weights);
	}
	put_block(o);
	put_positions(o);
	u16_put(o->skips.p + o->skips.n - 4, (uint16_t)(o->blocks.n - blocks));
	bytes = (uint32_t)(o->places.n - places);
	buf_add(&o->places_n, &bytes, sizeof bytes);
	o->df += o->m;
	o->m = 0;
	buf_clear(&o->pos);
}

void postings_add(struct postings_out *o, uint32_t place, uint32_t weight, const uint32_t *positions, size_t n)
{
	o->docs[o->m] = place;
	o->weights[o->m] = weight;
	o->counts[o->m++] = (uint32_t)n;
	if (n)
		buf_add(&o->pos, positions, n * sizeof *positions);
	if (o->m == PACK)
		flush_postings(o);
}

/* The bytes of the blocks of positions, in the width that does. */
static void put_lengths(struct postings_out *o)
{
	const uint32_t *p = (const uint32_t *)(const void *)o->places_n.p;
	size_t n = o->places_n.n / sizeof *p, width = 2, i;
	char bytes[4];

	buf_clear(&o->lengths);
	if (n < 2)
		return;
	for (i = 0; i < n; i++)
		width = p[i] > UINT16_MAX ? 4 : width;
	buf_putc(&o->lengths, (char)width);
	for (i = 0; i < n; i++) {
		u32_put(bytes, p[i]);
		buf_add(&o->lengths, bytes, width);
	}
}

void postings_end(struct postings_out *o)
{
	flush_postings(o);
	put_row(o);
	put_lengths(o);
	if (o->skips.n != SKIP)
		return;
	memmove(o->skips.p, o->skips.p + SKIP - SKIP_ONE, SKIP_ONE);
	o->skips.n = SKIP_ONE;
}

size_t postings_here(const struct postings_out *o)
{
	const size_t n = o->blocks.n + o->places.n;

	return o->df < PACK && n <= HERE ? n : 0;
}

void postings_put_here(struct buf *to, const struct postings_out *o)
{
	buf_str_add(to, buf_str(&o->blocks));
	buf_str_add(to, buf_str(&o->places));
}

void postings_free(struct postings_out *o)
{
	struct buf *const all[] = { &o->skips, &o->blocks, &o->row, &o->lengths, &o->places, &o->places_n, &o->pos, &o->all };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_free(all[i]);
}

/* ---- reading ---- */

/* Of what stands before the blocks of a list. */
static size_t skips_bytes(const struct cursor *c)
{
	return c->nblocks == 1 ? SKIP_ONE : (size_t)c->nblocks * SKIP;
}

enum rc cursor_open(struct cursor *c, struct segment *s, const struct listing *x, struct err *e)
{
	const char *p;
	size_t row;
	enum rc rc;

	c->s = s;
	c->x = *x;
	c->lengths = NULL;
	c->skips = NULL;
	c->norms = NULL;
	c->row = 0;
	c->copy = c->lengths_copy = c->skips_copy = c->bits_copy = (struct buf)BUF_INIT;
	c->nblocks = (uint32_t)(((uint64_t)x->df + PACK - 1) / PACK);
	cursor_rewind(c);
	if (x->here.p)
		return RC_OK;
	row = row_bytes(x->df, s->info.n);
	if (x->list_n < skips_bytes(c) + row || x->list_n > s->info.heap[0] || x->list > s->info.heap[0] - x->list_n)
		return segment_broken(e, s, "lists");
	c->row = row ? x->list + x->list_n - row : 0;
	if ((rc = segment_bytes(&p, s, 0, x->list, skips_bytes(c), &c->skips_copy, e)))
		return rc;
	c->skips = p;
	if (c->nblocks == 1) {
		u32_put(c->one, s->info.n - 1);		/* it may be earlier, which is found when it is decoded */
		memcpy(c->one + SKIP - SKIP_ONE, p, SKIP_ONE);
		c->skips = c->one;
	}
	return RC_OK;
}

void cursor_rewind(struct cursor *c)
{
	c->n = c->i = 0;
	c->block = c->bits_block = 0;
	c->last = UINT32_MAX;
	c->bits_open = false;
	c->packed = STR_NONE;
	c->at = c->x.list + skips_bytes(c);
	c->lengths = NULL;
}

void cursor_close(struct cursor *c)
{
	buf_free(&c->copy);
	buf_free(&c->lengths_copy);
	buf_free(&c->skips_copy);
	buf_free(&c->bits_copy);
}

/* The bytes of a block in the heap. */
static size_t block_bytes(const struct cursor *c, uint32_t block)
{
	return c->nblocks == 1 ? c->x.list_n - SKIP_ONE : u16_get(c->skips + (size_t)block * SKIP + 4);
}

/* The last block, when it is not full: of FEW documents or more. The bytes it took, or 0: it does not decode. */
static size_t rice_block(struct cursor *c, struct str s)
{
	uint64_t place = c->last == UINT32_MAX ? 0 : (uint64_t)c->last + 1;
	struct bits_in bits;
	uint32_t v, w = 0;
	unsigned i, k;
	bool all_one;

	if (!s.n)
		return 0;
	k = (unsigned char)s.p[0] & (ALL_ONE - 1);
	all_one = (unsigned char)s.p[0] & ALL_ONE;
	if (k > 30)
		return 0;
	bits_from(&bits, str_sub(s, 1, s.n));
	for (i = 0; i < c->n; i++) {
		if (!rice_get(&v, &bits, k) || (place += v) >= c->s->info.n ||
		    (!all_one && (!rice_get(&w, &bits, 0) || w == UINT32_MAX)))
			return 0;
		c->docs[i] = (uint32_t)place++;
		c->weights[i] = w + 1;
	}
	for (; i < PACK; i++)
		c->docs[i] = UINT32_MAX;
	return s.n - bits.n / 8 - (size_t)(bits.end - bits.p);
}

/* Of fewer. */
static size_t short_block(struct cursor *c, struct str s)
{
	const uint64_t n = c->s->info.n;
	const size_t all = s.n;
	uint64_t v, w, place = c->last == UINT32_MAX ? 0 : (uint64_t)c->last + 1;
	unsigned i;

	if (c->n >= FEW)
		return rice_block(c, s);
	for (i = 0; i < c->n; i++) {
		if (!varint_get(&v, &s) || v / 2 >= n || (place += v / 2) >= n)
			return 0;
		w = 1;
		if (v % 2 == 0) {
			if (!varint_get(&w, &s) || w > UINT32_MAX - 2)
				return 0;
			w += 2;
		}
		c->docs[i] = (uint32_t)place++;
		c->weights[i] = (uint32_t)w;
	}
	for (; i < PACK; i++)
		c->docs[i] = UINT32_MAX;
	return all - s.n;
}

static bool full_block(struct cursor *c, struct str s, uint32_t last)
{
	size_t n = pack_rising(c->docs, s, c->last);

	if (!n)
		return false;
	c->packed = str_sub(s, n, s.n);
	return (c->docs[PACK - 1] == last || c->nblocks == 1) && c->docs[PACK - 1] < c->s->info.n;
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
		if (!(c->here = short_block(c, c->x.here)))
			goto bad;
		c->block++;
		return ITER_ITEM;
	}
	n = block_bytes(c, c->block);
	if (!n || c->at - c->x.list + n > c->x.list_n)
		goto bad;
	if (segment_bytes(&p, c->s, 0, c->at, n, &c->copy, e))
		return ITER_ERROR;
	if (c->n == PACK ? !full_block(c, (struct str){ p, n }, cursor_skip(c, c->block).last) : short_block(c, (struct str){ p, n }) != n)
		goto bad;
	c->at += n;
	c->block++;
	return ITER_ITEM;
bad:
	(void)segment_broken(e, c->s, "lists");
	return ITER_ERROR;
}

enum rc cursor_weights(struct cursor *c, struct err *e)
{
	unsigned i, none = 0;

	if (!c->packed.p)
		return RC_OK;
	if (pack_get(c->weights, c->packed) != c->packed.n)
		return segment_broken(e, c->s, "lists");
	for (i = 0; i < PACK; i++)
		none |= ++c->weights[i] == 0;	/* it ran over */
	c->packed = STR_NONE;
	return none ? segment_broken(e, c->s, "lists") : RC_OK;
}

enum rc cursor_weight(uint32_t *weight, struct cursor *c, struct err *e)
{
	if (!c->packed.p)
		*weight = c->weights[c->i];
	else if (!pack_one(weight, c->packed, c->i) || ++*weight == 0)
		return segment_broken(e, c->s, "lists");
	return RC_OK;
}

enum rc cursor_pass(struct cursor *c, struct err *e)
{
	uint32_t last = cursor_skip(c, c->block).last;

	if (c->n)
		c->last = c->docs[c->n - 1];
	c->n = c->i = 0;
	if (c->last != UINT32_MAX && last <= c->last)
		return segment_broken(e, c->s, "lists");
	c->last = last;
	c->at += block_bytes(c, c->block++);
	return RC_OK;
}

/* The first of a block that is not less; one is. Three steps without branches, each of looks that do not wait for one another;
 * behind the last document all are greater. */
static const uint32_t *first_from(const uint32_t *docs, uint32_t place)
{
	unsigned i, n = 0;

	docs += 32 * ((docs[31] < place) + (docs[63] < place) + (docs[95] < place));
	docs += 8 * ((docs[7] < place) + (docs[15] < place) + (docs[23] < place));
	for (i = 0; i < 7; i++)
		n += docs[i] < place;
	return docs + n;
}

unsigned cursor_first(const struct cursor *c, uint32_t place)
{
	return (unsigned)(first_from(c->docs, place) - c->docs);
}

enum iter cursor_seek(struct cursor *c, uint32_t place, struct err *e)
{
	enum iter more;

	if (c->i < c->n && c->docs[c->i] >= place)
		return ITER_ITEM;
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
	c->i = cursor_first(c, place);
	return ITER_ITEM;
}

enum rc cursor_row(const char **row, struct cursor *c, uint32_t from, uint32_t n, struct buf *copy, struct err *e)
{
	return segment_bytes(row, c->s, 0, c->row + from / 2, (n + 1) / 2, copy, e);
}

enum rc cursor_look(uint32_t *weight, struct cursor *c, uint32_t place, struct err *e)
{
	const uint64_t at = c->row + place / 2;
	const char *p;
	enum iter more;

	if (c->row) {
		p = segment_byte(c->s, 0, at);
		if (!p && segment_bytes(&p, c->s, 0, at, 1, &c->copy, e))
			return e->rc;
		if ((*weight = row_weight(p, place % 2)) < ROW_MORE)
			return RC_OK;
	}
	if ((more = cursor_seek(c, place, e)) == ITER_ERROR)
		return e->rc;
	if (more == ITER_ITEM && c->docs[c->i] == place)
		return cursor_weight(weight, c, e);
	*weight = 0;
	return c->row ? segment_broken(e, c->s, "lists") : RC_OK;
}

enum iter cursor_next(struct cursor *c, struct err *e)
{
	enum iter more;

	if ((!c->n || ++c->i >= c->n) && (more = cursor_docs(c, e)) != ITER_ITEM)
		return more;
	return cursor_weights(c, e) ? ITER_ERROR : ITER_ITEM;
}

/* The norms of the documents about a place. */
static enum rc norms_of(struct cursor *c, uint32_t place, struct err *e)
{
	const struct column_chunk *chunk;
	enum rc rc;

	if (c->norms && c->norms_chunk == place / CHUNK_DOCS)
		return RC_OK;
	c->norms_chunk = place / CHUNK_DOCS;
	if ((rc = columns_chunk(&chunk, c->s, c->norms_chunk, e)))
		return rc;
	c->norms = chunk->norms;
	return RC_OK;
}

/* The bytes of a block of positions in the heap. */
static size_t positions_bytes(const struct cursor *c, uint32_t block)
{
	const char *p = c->lengths + (size_t)block * c->width;

	return c->width == 4 ? u32_get(p) : c->width == 2 ? u16_get(p) : c->x.positions_n;
}

static enum rc open_lengths(struct cursor *c, struct err *e)
{
	const char *p;
	enum rc rc;

	c->width = 0;
	c->positions_at = c->x.positions;
	c->bits_block = 0;
	if (c->nblocks == 1) {
		c->lengths = "";
		return RC_OK;
	}
	if ((rc = segment_bytes(&p, c->s, 1, c->x.positions, 1, &c->lengths_copy, e)))
		return rc;
	c->width = (unsigned char)*p;
	if (c->width != 2 && c->width != 4)
		return segment_broken(e, c->s, "positions");
	c->positions_at += 1 + (uint64_t)c->nblocks * c->width;
	return segment_bytes(&c->lengths, c->s, 1, c->x.positions + 1, (size_t)c->nblocks * c->width, &c->lengths_copy, e);
}

/* Where the positions of the block in work begin. */
static enum rc open_bits(struct cursor *c, struct err *e)
{
	struct str s;
	const char *p;
	size_t n;
	enum rc rc;

	if (c->x.here.p) {
		s = str_sub(c->x.here, c->here, c->x.here.n);
	} else {
		if (!c->lengths && (rc = open_lengths(c, e)))
			return rc;
		for (; c->bits_block < c->block - 1; c->bits_block++)
			c->positions_at += positions_bytes(c, c->bits_block);
		n = positions_bytes(c, c->bits_block);
		if (c->positions_at - c->x.positions + n > c->x.positions_n)
			return segment_broken(e, c->s, "positions");
		if ((rc = segment_bytes(&p, c->s, 1, c->positions_at, n, &c->bits_copy, e)))
			return rc;
		s = (struct str){ p, n };
	}
	if (!s.n)
		return segment_broken(e, c->s, "positions");
	c->first = (unsigned char)s.p[0] & (ONE_AS_MANY - 1);
	c->later = c->first == BY_LENGTH ? 0 : s.n < 2 ? UINT_MAX : (unsigned char)s.p[1];
	if (c->first > BY_LENGTH || c->later > 30)
		return segment_broken(e, c->s, "positions");
	c->as_many = (unsigned char)s.p[0] & AS_MANY;
	c->one_as_many = (unsigned char)s.p[0] & ONE_AS_MANY;
	c->by_length = c->first == BY_LENGTH;
	if (c->by_length && (rc = norms_of(c, c->docs[0], e)))
		return rc;
	s = str_sub(s, c->by_length ? 1 : 2, s.n);
	c->points = NULL;
	if (c->n == PACK) {
		if (s.n < 2 * POINTS)
			return segment_broken(e, c->s, "positions");
		c->points = s.p;
		s = str_sub(s, 2 * POINTS, s.n);
	}
	c->coded = s;
	c->bits_open = true;
	c->bit_at = 0;
	c->bit_i = 0;
	return RC_OK;
}

/* Bits to be passed over, which are looked at eight bytes at a time; the last few bytes are left to others. */
struct quick {
	const char *p;
	uint64_t at, end;		/* the bit looked at; eight bytes begin before bit `end` */
	uint64_t x;			/* the bits from there on, so many: */
	unsigned left;
};

static inline bool quick_fill(struct quick *b)
{
	if (b->at >= b->end)
		return false;
	memcpy(&b->x, b->p + b->at / 8, sizeof b->x);
	b->x >>= b->at % 8;
	b->left = 64 - (unsigned)(b->at % 8);
	return true;
}

static inline void quick_pass(struct quick *b, unsigned n)
{
	b->x >>= n;
	b->at += n;
	b->left -= n;
}

/* A Rice code of parameter k; false: it is none of the short ones, or too near to the end. */
static inline bool quick_rice(struct quick *b, unsigned k, unsigned *quotient)
{
	unsigned q = (unsigned)__builtin_ctzll(~b->x | (uint64_t)1 << 63);

	if (q + 1 + k > b->left) {
		if (!quick_fill(b))
			return false;
		q = (unsigned)__builtin_ctzll(~b->x | (uint64_t)1 << 63);
	}
	if (q >= RICE_MAX)
		return false;
	quick_pass(b, q + 1 + k);
	*quotient = q;
	return true;
}

/* From posting c->bit_i on towards posting `to`, as far as that goes quickly: cursor_positions without what is not asked for. */
static enum rc pass_positions(struct cursor *c, unsigned to, struct err *e)
{
	const uint32_t *const longest = norm_longest();
	struct quick b = { .p = c->coded.p, .at = c->bit_at, .end = c->coded.n >= 8 ? 8 * (uint64_t)(c->coded.n - 8) + 1 : 0 };
	uint32_t count, bound;
	unsigned first, later, q, w;
	enum rc rc;

	for (; c->bit_i < to; c->bit_i++, c->bit_at = b.at) {
		const unsigned i = c->bit_i;

		count = c->weights[i];
		if (!c->as_many && !(c->one_as_many && count == 1)) {
			if (!quick_rice(&b, 0, &q) || q > count)
				return RC_OK;
			count -= q;
		}
		first = c->first;
		later = c->later;
		if (c->by_length && count) {
			if (c->norms_chunk != c->docs[i] / CHUNK_DOCS && (rc = norms_of(c, c->docs[i], e)))
				return rc;
			bound = longest[c->norms[c->docs[i] % CHUNK_DOCS]];
			if (count == 1) {		/* as truncated_get */
				w = 31 - (unsigned)__builtin_clz((bound - 1) | 1);
				if (b.left <= w && !quick_fill(&b))
					return RC_OK;
				if (bound > 1)
					quick_pass(&b, w + ((b.x & (((uint64_t)1 << w) - 1)) >= ((uint64_t)2 << w) - bound));
				continue;
			}
			first = later = spread(bound, count);
		}
		if (count && !quick_rice(&b, first, &q))
			return RC_OK;
		while (count > 1 && quick_rice(&b, later, &q))
			count--;
		if (count > 1)
			return RC_OK;
	}
	return RC_OK;
}

enum rc cursor_positions(struct cursor *c, struct buf *to, struct err *e)
{
	const uint32_t *const longest = norm_longest();
	uint32_t excess, count, most, v, at, j;
	struct bits_in bits;
	unsigned i, first, later;
	enum rc rc;

	if ((!c->bits_open && (rc = open_bits(c, e))) || (rc = cursor_weights(c, e)))
		return rc;
	if (c->points && c->bit_i < c->i / STEP * STEP && (at = u16_get(c->points + 2 * (c->i / STEP - 1)))) {
		c->bit_at = at;
		c->bit_i = c->i / STEP * STEP;
	}
	if ((rc = pass_positions(c, c->i, e)))
		return rc;
	bits_from(&bits, str_sub(c->coded, c->bit_at / 8, c->coded.n));
	if (!bits_pass(&bits, c->bit_at % 8))
		goto bad;
	first = c->first;
	later = c->later;
	for (i = c->bit_i; i <= c->i; i++) {
		excess = 0;
		count = c->weights[i];
		if (!c->as_many && !(c->one_as_many && count == 1) && (!rice_get(&excess, &bits, 0) || excess > count))
			goto bad;
		count -= excess;
		if (c->by_length && count) {
			if (c->norms_chunk != c->docs[i] / CHUNK_DOCS && (rc = norms_of(c, c->docs[i], e)))
				return rc;
			most = longest[c->norms[c->docs[i] % CHUNK_DOCS]];
			if (count == 1) {
				if (!truncated_get(&v, &bits, most))
					goto bad;
				if (i == c->i)
					buf_add(to, &v, sizeof v);
				continue;
			}
			first = later = spread(most, count);
		}
		for (j = 0, at = 0; j < count; j++) {
			if (!rice_get(&v, &bits, j ? later : first) || (j && v >= UINT32_MAX - at))
				goto bad;
			at = j ? at + v + 1 : v;
			if (i == c->i)
				buf_add(to, &at, sizeof at);
		}
	}
	c->bit_at = 8 * (uint64_t)(bits.p - (const unsigned char *)c->coded.p) - bits.n;
	c->bit_i = i;
	return RC_OK;
bad:
	return segment_broken(e, c->s, "positions");
}
