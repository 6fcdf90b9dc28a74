/* kb/base/sha1.c: see sha1.h. FIPS 180-4, 6.1. */
#include "kb/base/sha1.h"

#include <string.h>

static uint32_t rol(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t load(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store(unsigned char *p, uint32_t x)
{
	p[0] = (unsigned char)(x >> 24);
	p[1] = (unsigned char)(x >> 16);
	p[2] = (unsigned char)(x >> 8);
	p[3] = (unsigned char)x;
}

/* One round; the caller names the five variables in turn, so that nothing is moved between them. The schedule is a
 * ring of 16 words, made as it is used. */
#define NEXT(i) (w[(i) & 15] = rol(w[((i) + 13) & 15] ^ w[((i) + 8) & 15] ^ w[((i) + 2) & 15] ^ w[(i) & 15], 1))
#define ROUND(a, b, c, d, e, f, k, x) (e += rol(a, 5) + (f) + (k) + (x), b = rol(b, 30))
#define CHOOSE(b, c, d) (d ^ (b & (c ^ d)))
#define PARITY(b, c, d) (b ^ c ^ d)
#define MOST(b, c, d) ((b & c) | (d & (b | c)))
#define FIVE(i, F, k, X) \
	ROUND(a, b, c, d, e, F(b, c, d), k, X(i)); \
	ROUND(e, a, b, c, d, F(a, b, c), k, X((i) + 1)); \
	ROUND(d, e, a, b, c, F(e, a, b), k, X((i) + 2)); \
	ROUND(c, d, e, a, b, F(d, e, a), k, X((i) + 3)); \
	ROUND(b, c, d, e, a, F(c, d, e), k, X((i) + 4))
#define FIRST(i) ((i) < 16 ? w[(i) & 15] : NEXT(i))
#define TWENTY(i, F, k, X) FIVE(i, F, k, X); FIVE((i) + 5, F, k, X); FIVE((i) + 10, F, k, X); FIVE((i) + 15, F, k, X)

static void compress(uint32_t h[5], const unsigned char *p)
{
	uint32_t w[16], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	unsigned i;

	for (i = 0; i < 16; i++)
		w[i] = load(p + 4 * i);
	TWENTY(0, CHOOSE, 0x5a827999u, FIRST);
	TWENTY(20, PARITY, 0x6ed9eba1u, NEXT);
	TWENTY(40, MOST, 0x8f1bbcdcu, NEXT);
	TWENTY(60, PARITY, 0xca62c1d6u, NEXT);
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void sha1_init(struct sha1 *s)
{
	*s = (struct sha1){ .h = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u } };
}

void sha1_add(struct sha1 *s, const void *data, size_t n)
{
	const unsigned char *p = data;
	size_t used = (size_t)(s->n % 64), part;

	if (n == 0)			/* p may be NULL */
		return;
	s->n += n;
	if (used) {
		part = n < 64 - used ? n : 64 - used;
		memcpy(s->block + used, p, part);
		if (used + part < 64)
			return;
		compress(s->h, s->block);
		p += part;
		n -= part;
	}
	for (; n >= 64; p += 64, n -= 64)
		compress(s->h, p);
	if (n)
		memcpy(s->block, p, n);
}

void sha1_done(unsigned char out[20], struct sha1 *s)
{
	static const unsigned char pad[64] = { 0x80 };
	unsigned char length[8];
	uint64_t bits = s->n * 8;
	size_t used = (size_t)(s->n % 64);
	unsigned i;

	store(length, (uint32_t)(bits >> 32));
	store(length + 4, (uint32_t)bits);
	sha1_add(s, pad, used < 56 ? 56 - used : 120 - used);
	sha1_add(s, length, sizeof length);
	for (i = 0; i < 5; i++)
		store(out + 4 * i, s->h[i]);
}
