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

static void compress(uint32_t h[5], const unsigned char *p)
{
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], t;
	unsigned i;

	for (i = 0; i < 16; i++)
		w[i] = load(p + 4 * i);
	for (; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
#define ROUNDS(from, to, f, k) \
	for (i = (from); i < (to); i++) { \
		t = rol(a, 5) + (f) + e + (k) + w[i]; \
		e = d; \
		d = c; \
		c = rol(b, 30); \
		b = a; \
		a = t; \
	}
	ROUNDS(0, 20, d ^ (b & (c ^ d)), 0x5a827999u)
	ROUNDS(20, 40, b ^ c ^ d, 0x6ed9eba1u)
	ROUNDS(40, 60, (b & c) | (d & (b | c)), 0x8f1bbcdcu)
	ROUNDS(60, 80, b ^ c ^ d, 0xca62c1d6u)
#undef ROUNDS
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
