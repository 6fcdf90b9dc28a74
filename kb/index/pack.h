/* kb/index/pack.h: rows of whole numbers in few bytes: blocks of 128 packed side by side, streams of bits, and the
 * check that stands behind whatever the index stores. */
#ifndef KB_INDEX_PACK_H
#define KB_INDEX_PACK_H

#include "kb/base/str.h"

enum { PACK = 128 };			/* numbers in a block */

/* Append a block. */
void pack_put(struct buf *b, const uint32_t v[PACK]);
/* Decode a block that begins s; the bytes it took, or 0: it does not decode. */
size_t pack_get(uint32_t v[PACK], struct str s);
/* Gaps, less one each, as numbers that rise from the one before them (UINT32_MAX: there is none). false: they run over. */
bool pack_rising(uint32_t v[PACK], uint32_t before);

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

struct bits_in { const unsigned char *p, *end; uint64_t acc; unsigned n; };
void bits_from(struct bits_in *i, struct str s);
/* false: the stream is at its end. */
bool rice_get(uint32_t *v, struct bits_in *i, unsigned k);

/* Numbers in 4 bytes, low first. */
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

#endif
