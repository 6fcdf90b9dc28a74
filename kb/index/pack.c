/* kb/index/pack.c: see pack.h.
 *
 * A block of 128 numbers (patched frame of reference):
 *
 *	u8	width w, 0 to 32
 *	u8	number of exceptions e, at most 127
 *	16 w	bytes: the low w bits of each number. Four lanes of 32-bit words side by side: number i is in lane i % 4,
 *		as that lane's number i / 4; a lane fills its words from the low bit, one after another
 *	e times	u8 index, varint number >> w
 *
 * The width is the one that makes the block shortest. The lanes are there so that four numbers are unpacked by one
 * instruction; the compiler makes one unpacker for each width out of one function.
 * 127 ones and, last, 300:	01 01 fx16... (lanes of 1-bit numbers: 127 bits set, 300 & 1 = 0) 7f 96 01 */
#include "kb/index/pack.h"

#include <string.h>

typedef uint32_t lanes __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) void unpack(uint32_t *v, const char *p, unsigned w)
{
	const lanes mask = { w == 32 ? UINT32_MAX : ((uint32_t)1 << w % 32) - 1, w == 32 ? UINT32_MAX : ((uint32_t)1 << w % 32) - 1,
		w == 32 ? UINT32_MAX : ((uint32_t)1 << w % 32) - 1, w == 32 ? UINT32_MAX : ((uint32_t)1 << w % 32) - 1 };
	unsigned used = 0, i;
	lanes word, x;

	memcpy(&word, p, sizeof word);
#pragma GCC unroll 32
	for (i = 0; i < PACK / 4; i++) {
		x = word >> used;
		if (used + w > 32) {
			p += sizeof word;
			memcpy(&word, p, sizeof word);
			x |= word << (32 - used);
			used = used + w - 32;
		} else if ((used += w) == 32 && i + 1 < PACK / 4) {
			p += sizeof word;
			memcpy(&word, p, sizeof word);
			used = 0;
		}
		x &= mask;
		memcpy(v + 4 * i, &x, sizeof x);
	}
}

static void unpack_width(uint32_t *v, const char *p, unsigned w)
{
	switch (w) {
#define WIDTH(n) case n: unpack(v, p, n); break;
	WIDTH(1) WIDTH(2) WIDTH(3) WIDTH(4) WIDTH(5) WIDTH(6) WIDTH(7) WIDTH(8) WIDTH(9) WIDTH(10) WIDTH(11)
	WIDTH(12) WIDTH(13) WIDTH(14) WIDTH(15) WIDTH(16) WIDTH(17) WIDTH(18) WIDTH(19) WIDTH(20) WIDTH(21) WIDTH(22)
	WIDTH(23) WIDTH(24) WIDTH(25) WIDTH(26) WIDTH(27) WIDTH(28) WIDTH(29) WIDTH(30) WIDTH(31) WIDTH(32)
#undef WIDTH
	default: memset(v, 0, PACK * sizeof *v);
	}
}

static void pack(char *p, const uint32_t *v, unsigned w)
{
	const uint32_t mask = w == 32 ? UINT32_MAX : ((uint32_t)1 << w) - 1;
	lanes word = { 0 }, x;
	unsigned used = 0, i;

	for (i = 0; i < PACK / 4; i++) {
		memcpy(&x, v + 4 * i, sizeof x);
		x &= mask;
		word |= x << used;
		if ((used += w) >= 32) {
			memcpy(p, &word, sizeof word);
			p += sizeof word;
			used -= 32;
			word = used ? x >> (w - used) : (lanes){ 0 };
		}
	}
}

static unsigned bits_of(uint32_t v)
{
	return v ? 32 - (unsigned)__builtin_clz(v) : 0;
}

void pack_put(struct buf *b, const uint32_t v[PACK])
{
	unsigned count[33] = { 0 }, w, best = 32, over = 0, most = 0, i;
	size_t cost, least = SIZE_MAX;

	for (i = 0; i < PACK; i++)
		count[bits_of(v[i])]++;
	for (w = 32; w <= 32; w--) {
		if (over > 127)
			break;
		cost = 16 * w + over * (size_t)(1 + (most > w ? (most - w + 6) / 7 : 0));
		if (cost < least) {
			least = cost;
			best = w;
		}
		over += count[w];
		if (count[w] && !most)
			most = w;
	}
	buf_reserve(b, 2 + 16 * best);
	b->p[b->n++] = (char)best;
	b->p[b->n++] = 0;
	cost = b->n - 1;
	if (best)
		pack(b->p + b->n, v, best);
	b->n += 16 * best;
	b->p[b->n] = '\0';
	for (i = 0, over = 0; i < PACK; i++)
		if (bits_of(v[i]) > best) {
			buf_putc(b, (char)i);
			varint_put(b, v[i] >> best);
			over++;
		}
	b->p[cost] = (char)over;
}

size_t pack_get(uint32_t v[PACK], struct str s)
{
	unsigned w, e;
	struct str rest;
	uint64_t high;

	if (s.n < 2)
		return 0;
	w = (unsigned char)s.p[0];
	e = (unsigned char)s.p[1];
	if (w > 32 || s.n < 2 + 16 * (size_t)w)
		return 0;
	unpack_width(v, s.p + 2, w);
	if (!e)
		return 2 + 16 * (size_t)w;
	if (w == 32)
		return 0;
	rest = str_sub(s, 2 + 16 * (size_t)w, s.n);
	for (; e; e--) {
		unsigned i = rest.n ? (unsigned char)rest.p[0] : PACK;

		rest = str_sub(rest, 1, rest.n);
		if (i >= PACK || !varint_get(&high, &rest) || high > UINT32_MAX >> w)
			return 0;
		v[i] |= (uint32_t)high << w;
	}
	return s.n - rest.n;
}

bool pack_one(uint32_t *v, struct str s, unsigned i)
{
	unsigned w, e, bit;
	struct str rest;
	uint64_t high;
	const char *p;

	if (s.n < 2 || (w = (unsigned char)s.p[0]) > 32 || s.n < 2 + 16 * (size_t)w || i >= PACK)
		return false;
	bit = i / 4 * w;
	p = s.p + 2 + 16 * (size_t)(bit / 32) + 4 * (size_t)(i % 4);
	high = w ? u32_get(p) : 0;
	if (bit % 32 + w > 32)
		high |= (uint64_t)u32_get(p + 16) << 32;
	*v = (uint32_t)(high >> bit % 32 & (((uint64_t)1 << w) - 1));
	rest = str_sub(s, 2 + 16 * (size_t)w, s.n);
	for (e = (unsigned char)s.p[1]; e; e--) {
		unsigned at = rest.n ? (unsigned char)rest.p[0] : PACK;

		rest = str_sub(rest, 1, rest.n);
		if (at >= PACK || w == 32 || !varint_get(&high, &rest) || high > UINT32_MAX >> w)
			return false;
		if (at == i)
			*v |= (uint32_t)high << w;
	}
	return true;
}

size_t pack_rising(uint32_t v[PACK], struct str s, uint32_t before)
{
	const lanes zero = { 0 }, steps = { 1, 2, 3, 4 };
	lanes sum = { before, before, before, before }, any = zero, x;
	size_t n = pack_get(v, s);
	uint64_t at = (uint64_t)before + 1;
	unsigned i;

	if (!n)
		return 0;
	for (i = 0; i < PACK / 4 && s.p[1]; i++) {	/* any exception */
		memcpy(&x, v + 4 * i, sizeof x);
		any |= x;
	}
	if (*s.p <= 24 && (any[0] | any[1] | any[2] | any[3]) >> 24 == 0 && (at & UINT32_MAX) >> 31 == 0) {	/* no sum runs over */
		for (i = 0; i < PACK / 4; i++) {
			memcpy(&x, v + 4 * i, sizeof x);
			x += __builtin_shufflevector(x, zero, 4, 0, 1, 2);
			x += __builtin_shufflevector(x, zero, 4, 5, 0, 1);
			sum += x + steps;
			memcpy(v + 4 * i, &sum, sizeof sum);
			sum = __builtin_shufflevector(sum, sum, 3, 3, 3, 3);
		}
		return n;
	}
	for (i = 0, at &= UINT32_MAX; i < PACK; i++, at++) {
		at += v[i];
		if (at > UINT32_MAX)
			return 0;
		v[i] = (uint32_t)at;
	}
	return n;
}

/* ---- bits ---- */

void bits_open(struct bits_out *o, struct buf *b)
{
	*o = (struct bits_out){ b, 0, 0 };
}

static void bits_flush(struct bits_out *o)
{
	buf_reserve(o->b, 9);
	for (; o->n >= 8; o->n -= 8, o->acc >>= 8)
		o->b->p[o->b->n++] = (char)o->acc;
	o->b->p[o->b->n] = '\0';
}

void bits_end(struct bits_out *o)
{
	if (o->n % 8)
		o->n += 8 - o->n % 8;
	bits_flush(o);
}

static void bits_put(struct bits_out *o, uint64_t v, unsigned n)	/* n at most 32 */
{
	o->acc |= v << o->n;
	o->n += n;
	if (o->n >= 32)
		bits_flush(o);
}

void rice_put(struct bits_out *o, uint32_t v, unsigned k)
{
	uint32_t q = v >> k;

	if (q >= RICE_MAX) {
		bits_put(o, ((uint64_t)1 << RICE_MAX) - 1, RICE_MAX);
		bits_put(o, v, 32);
		return;
	}
	bits_put(o, ((uint64_t)1 << q) - 1, q + 1);
	if (k)
		bits_put(o, v & (((uint32_t)1 << k) - 1), k);
}

unsigned rice_parameter(uint64_t sum, uint64_t n)
{
	unsigned k = 0;

	/* The mean times ln 2, about 11/16, is where one bit more begins to pay. */
	while (n && k < 30 && n << (k + 1) <= sum * 11 / 16)
		k++;
	return k;
}

void truncated_put(struct bits_out *o, uint32_t v, uint32_t bound)
{
	unsigned w = bound > 1 ? 31 - (unsigned)__builtin_clz(bound - 1) : 0;
	uint64_t few = ((uint64_t)2 << w) - bound, x = v + few;

	if (bound <= 1)
		return;
	if (v < few)
		bits_put(o, v, w);
	else
		bits_put(o, x >> 1 | (x & 1) << w, w + 1);
}

void bits_from(struct bits_in *i, struct str s)
{
	*i = (struct bits_in){ (const unsigned char *)s.p, (const unsigned char *)s.p + s.n, 0, 0 };
}

void u32_add(struct buf *b, uint32_t v)
{
	char bytes[4];

	u32_put(bytes, v);
	buf_add(b, bytes, sizeof bytes);
}

/* ---- check ---- */

/* Four lanes of multiply and shift over words of eight bytes. Each step can be undone, so what differs in one word
 * differs to the end. */
static inline uint64_t check_lane(uint64_t lane, uint64_t w)
{
	lane = (lane ^ w) * 0x9e3779b97f4a7c15u;
	__asm__("" : "+r"(lane));		/* four lanes in vectors of 64-bit products are slower by far than side by side */
	return lane ^ lane >> 29;
}

uint64_t check_of(uint64_t seed, struct str s)
{
	const uint64_t odd = 0x9e3779b97f4a7c15u;
	uint64_t a = seed ^ 1, b = 2, c = 3, d = 4, w[4], sum = (uint64_t)s.n * odd, lane[4];
	size_t j;

	for (; s.n >= sizeof w; s.p += sizeof w, s.n -= sizeof w) {
		memcpy(w, s.p, sizeof w);
		a = check_lane(a, w[0]);
		b = check_lane(b, w[1]);
		c = check_lane(c, w[2]);
		d = check_lane(d, w[3]);
	}
	lane[0] = a, lane[1] = b, lane[2] = c, lane[3] = d;
	memset(w, 0, sizeof w);
	if (s.n)
		memcpy(w, s.p, s.n);
	for (j = 0; j < 4; j++) {
		lane[j] = (lane[j] ^ w[j]) * odd;
		sum = (sum ^ lane[j] ^ lane[j] >> 29) * odd;
		sum ^= sum >> 32;
	}
	return sum;
}

enum { VARINT_MAX = 10 };		/* bytes of 64 bits */

void varint_put(struct buf *b, uint64_t v)
{
	char *p;

	if (b->n + VARINT_MAX + 1 > b->cap)
		buf_reserve(b, VARINT_MAX);
	for (p = b->p + b->n; v >= 0x80; v >>= 7)
		*p++ = (char)(v | 0x80);
	*p++ = (char)v;
	*p = '\0';
	b->n = (size_t)(p - b->p);
}

bool varint_more(uint64_t *v, struct str *s)
{
	uint64_t sum = 0;
	unsigned shift, c;

	for (shift = 0; s->n && shift < 64; shift += 7) {
		c = (unsigned char)*s->p;
		s->p++, s->n--;
		sum |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*v = sum;
			return true;
		}
	}
	return false;
}
