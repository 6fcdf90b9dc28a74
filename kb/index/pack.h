/* kb/index/pack.h: whole numbers in few bytes: blocks of 128 packed side by side, streams of bits, 7-bit groups; and the
 * check that stands behind whatever the index stores. */
#ifndef KB_INDEX_PACK_H
#define KB_INDEX_PACK_H

#include <string.h>

#include "kb/base/str.h"

enum { PACK = 128 };			/* numbers in a block */

/* Append a block. */
void pack_put(struct buf *b, const uint32_t v[PACK]);
/* Decode a block that begins s; the bytes it took, or 0: it does not decode. */
size_t pack_get(uint32_t v[PACK], struct str s);
/* Number i of a block that begins s; false: it does not decode. */
bool pack_one(uint32_t *v, struct str s, unsigned i);
/* A block of gaps, less one each, as numbers that rise from the one before them (UINT32_MAX: there is none); the bytes it
 * took, or 0: it does not decode, or they run over. */
size_t pack_rising(uint32_t v[PACK], struct str s, uint32_t before);

/* A stream of bits, low bits of a byte first; whole bytes from bits_open to bits_end. */
struct bits_out { struct buf *b; uint64_t acc; unsigned n; };
void bits_open(struct bits_out *o, struct buf *b);
void bits_end(struct bits_out *o);
/* A number by its Rice code of parameter k < 31: v >> k ones and a zero, then the low k bits. A quotient of RICE_MAX or
 * more: RICE_MAX ones, then 32 bits of the number. */
enum { RICE_MAX = 24 };
void rice_put(struct bits_out *o, uint32_t v, unsigned k);
/* The parameter that suits n numbers of this sum. */
unsigned rice_parameter(uint64_t sum, uint64_t n);
/* A number below a bound that the reader knows, of which any is as likely, by its truncated binary code: w bits for bounds
 * up to 2^w, less one for as many of the lowest numbers as codes are left over. */
void truncated_put(struct bits_out *o, uint32_t v, uint32_t bound);

struct bits_in { const unsigned char *p, *end; uint64_t acc; unsigned n; };
void bits_from(struct bits_in *i, struct str s);
static inline void bits_fill(struct bits_in *i)		/* at least 56 bits, but for the end */
{
	uint64_t w;

	if (i->end - i->p >= 8) {
		memcpy(&w, i->p, sizeof w);
		i->acc |= w << i->n;		/* bytes are taken low first: a little-endian machine, as all of Debian's */
		i->p += (63 - i->n) / 8;
		i->n |= 56;
		return;
	}
	for (; i->n <= 56 && i->p < i->end; i->n += 8)
		i->acc |= (uint64_t)*i->p++ << i->n;
}
/* n bits, at most 32, that nobody wants. */
static inline bool bits_pass(struct bits_in *i, unsigned n)
{
	if (i->n < n)
		bits_fill(i);
	if (i->n < n)
		return false;
	i->acc >>= n;
	i->n -= n;
	return true;
}

/* false: the stream is at its end. */
static inline bool rice_get(uint32_t *v, struct bits_in *i, unsigned k)
{
	unsigned q = ~i->acc ? (unsigned)__builtin_ctzll(~i->acc) : 64;

	if (q >= RICE_MAX || q + 1 + k > i->n) {
		bits_fill(i);
		q = ~i->acc ? (unsigned)__builtin_ctzll(~i->acc) : 64;
		if (q >= RICE_MAX) {
			if (i->n < RICE_MAX + 32)
				return false;
			*v = (uint32_t)(i->acc >> RICE_MAX);
			i->acc = i->acc >> RICE_MAX >> 32;
			i->n -= RICE_MAX + 32;
			return true;
		}
		if (i->n < q + 1 + k)
			return false;
	}
	i->acc >>= q + 1;
	*v = q << k | (uint32_t)(i->acc & (((uint64_t)1 << k) - 1));
	i->acc >>= k;
	i->n -= q + 1 + k;
	return true;
}

/* bound: at least 1. false: the stream is at its end. */
static inline bool truncated_get(uint32_t *v, struct bits_in *i, uint32_t bound)
{
	unsigned w = 31 - (unsigned)__builtin_clz((bound - 1) | 1);	/* of a short code */
	uint64_t few = ((uint64_t)2 << w) - bound, x, more;

	*v = 0;
	if (bound <= 1)
		return true;
	if (i->n <= w)
		bits_fill(i);
	x = i->acc & (((uint64_t)1 << w) - 1);
	more = x >= few;			/* as likely as not: no branch */
	x += more * (x + (i->acc >> w & 1) - few);
	w += (unsigned)more;
	if (i->n < w)
		return false;
	i->acc >>= w;
	i->n -= w;
	*v = (uint32_t)x;
	return true;
}

/* Numbers in 2 and in 4 bytes, low first. */
static inline uint16_t u16_get(const void *p)
{
	const unsigned char *c = p;

	return (uint16_t)(c[0] | c[1] << 8);
}
static inline void u16_put(void *p, uint16_t v)
{
	unsigned char *c = p;

	c[0] = (unsigned char)v, c[1] = (unsigned char)(v >> 8);
}
static inline uint32_t u32_get(const void *p)
{
	const unsigned char *c = p;

	return (uint32_t)c[0] | (uint32_t)c[1] << 8 | (uint32_t)c[2] << 16 | (uint32_t)c[3] << 24;
}
static inline void u32_put(void *p, uint32_t v)
{
	unsigned char *c = p;

	c[0] = (unsigned char)v, c[1] = (unsigned char)(v >> 8), c[2] = (unsigned char)(v >> 16), c[3] = (unsigned char)(v >> 24);
}
void u32_add(struct buf *b, uint32_t v);

/* 64 bits that depend on every bit of seed and bytes: against accidents, not intent. A single byte that differs
 * always tells. */
uint64_t check_of(uint64_t seed, struct str bytes);

/* Numbers in 7-bit groups, low first. varint_get: false at the end or past 64 bits. */
void varint_put(struct buf *b, uint64_t v);
bool varint_more(uint64_t *v, struct str *s);
static inline bool varint_get(uint64_t *v, struct str *s)
{
	const unsigned char *p = (const unsigned char *)s->p;

	if (s->n && p[0] < 0x80) {
		*v = p[0];
		s->p++, s->n--;
		return true;
	}
	if (s->n > 1 && p[1] < 0x80) {
		*v = (uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7;
		s->p += 2, s->n -= 2;
		return true;
	}
	if (s->n > 2 && p[2] < 0x80) {
		*v = (uint64_t)(p[0] & 0x7f) | (uint64_t)(p[1] & 0x7f) << 7 | (uint64_t)p[2] << 14;
		s->p += 3, s->n -= 3;
		return true;
	}
	return varint_more(v, s);
}

#endif
