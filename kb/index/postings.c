/* kb/index/postings.c: see postings.h. A list in the heap is cut into blocks of 128 documents, the last one shorter:
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
 *	03  01  04 01  02 00  62 0b	bits, low first: 0, 10 00 | 110, 110 10 */
#include "kb/index/postings.h"

#include <string.h>

enum { HERE = 40, SKIP = 8, FEW = 8, AS_MANY = 128, DENSE = 5, DENSE_FROM = 4096, ROW_MORE = 15 };

/* ---- writing ---- */

void postings_begin(struct postings_out *o)
{
	buf_clear(&o->skips);
	buf_clear(&o->blocks);
	buf_clear(&o->lengths);
	buf_clear(&o->places);
	buf_clear(&o->all);
	o->df = 0;
	o->last = UINT32_MAX;
}

/* The positions of the postings that wait. */
static void put_positions(struct postings_out *o)
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
	buf_putc(&o->places, (char)(as_many ? k1 | AS_MANY : k1));
	buf_putc(&o->places, (char)k2);
	bits_open(&bits, &o->places);
	for (i = 0, q = p; i < o->m; q += o->counts[i++]) {
		if (!as_many)
			rice_put(&bits, o->weights[i] - o->counts[i], 0);
		for (j = 0; j < o->counts[i]; j++)
			rice_put(&bits, j ? q[j] - q[j - 1] - 1 : q[0], j ? k2 : k1);
	}
	bits_end(&bits);
}

static void put_block(struct postings_out *o)
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

static void put_row(struct postings_out *o)
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

static void flush_postings(struct postings_out *o)
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
	put_positions(o);
	n = o->blocks.n - blocks;
	o->skips.p[o->skips.n - 4] = (char)n;
	o->skips.p[o->skips.n - 3] = (char)(n >> 8);
	u32_add(&o->lengths, (uint32_t)(o->places.n - places));
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

void postings_end(struct postings_out *o)
{
	flush_postings(o);
	put_row(o);
}

size_t postings_here(const struct postings_out *o)
{
	const size_t n = 1 + o->blocks.n + o->places.n;

	return o->df < PACK && n <= HERE ? n : 0;
}

void postings_put_here(struct buf *to, const struct postings_out *o)
{
	buf_putc(to, (char)o->blocks.n);
	buf_str_add(to, buf_str(&o->blocks));
	buf_str_add(to, buf_str(&o->places));
}

void postings_free(struct postings_out *o)
{
	struct buf *const all[] = { &o->skips, &o->blocks, &o->row, &o->lengths, &o->places, &o->pos, &o->all };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_free(all[i]);
}

/* ---- reading ---- */

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
		return segment_broken(e, s, "lists");
	c->row = row ? x->list + x->list_n - row : 0;
	return segment_bytes(&c->skips, s, 0, x->list, (size_t)c->nblocks * SKIP, &c->skips_copy, e);
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
	if (segment_bytes(&p, c->s, 0, c->at, n, &c->copy, e))
		return ITER_ERROR;
	if (c->n == PACK ? !full_block(c, (struct str){ p, n }, cursor_skip(c, c->block).last) : !short_block(c, (struct str){ p, n }))
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

enum rc cursor_look(uint32_t *weight, struct cursor *c, uint32_t place, struct err *e)
{
	const uint64_t at = c->row + place / 2;
	const char *p = segment_byte(c->s, 0, at);
	enum iter more;

	if (!p && segment_bytes(&p, c->s, 0, at, 1, &c->copy, e))
		return e->rc;
	if ((*weight = (unsigned char)*p >> 4 * (place % 2) & ROW_MORE) < ROW_MORE)
		return RC_OK;
	if ((more = cursor_seek(c, place, e)) != ITER_ITEM)
		return more == ITER_DONE ? segment_broken(e, c->s, "lists") : e->rc;
	return cursor_weight(weight, c, e);
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
			if ((rc = segment_bytes(&c->lengths, c->s, 1, c->x.positions, (size_t)c->nblocks * 4, &c->lengths_copy, e)))
				return rc;
			c->bits_block = 0;
		}
		for (; c->bits_block < c->block - 1; c->bits_block++)
			c->positions_at += u32_get(c->lengths + (size_t)c->bits_block * 4);
		n = u32_get(c->lengths + (size_t)c->bits_block * 4);
		if (c->positions_at - c->x.positions + n > c->x.positions_n)
			return segment_broken(e, c->s, "positions");
		if ((rc = segment_bytes(&p, c->s, 1, c->positions_at, n, &c->bits_copy, e)))
			return rc;
		s = (struct str){ p, n };
	}
	if (s.n < 2 || (c->first = (unsigned char)s.p[0] & (AS_MANY - 1)) > 30 || (c->later = (unsigned char)s.p[1]) > 30)
		return segment_broken(e, c->s, "positions");
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
	return segment_broken(e, c->s, "positions");
}
