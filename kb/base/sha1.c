/* kb/base/sha1.c: see sha1.h. FIPS 180-4, 6.1. Where the processor has instructions for it (x86-64 with SHA), by those: a
 * sixth of the time. */
#include "kb/base/sha1.h"

#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

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

static void compress_one(uint32_t h[5], const unsigned char *p)
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

#ifdef __x86_64__
#define FOUR(g, f) do { \
	if ((g) >= 4) \
		w[(g) & 3] = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(w[(g) & 3], w[((g) + 1) & 3]), w[((g) + 2) & 3]), w[((g) + 3) & 3]); \
	x = (g) ? _mm_sha1nexte_epu32(e, w[(g) & 3]) : _mm_add_epi32(e, w[0]); \
	e = abcd; \
	abcd = _mm_sha1rnds4_epu32(abcd, x, f); \
} while (0)
#define FOUR_BY_FIVE(g, f) FOUR(g, f); FOUR((g) + 1, f); FOUR((g) + 2, f); FOUR((g) + 3, f); FOUR((g) + 4, f)

/* Four rounds an instruction. Registers hold the first word in their highest lane. */
__attribute__((target("sha,sse4.1"))) static void compress_by_instructions(uint32_t h[5], const unsigned char *p, size_t blocks)
{
	const __m128i turn = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
	__m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)h), 0x1b), e = _mm_set_epi32((int)h[4], 0, 0, 0);
	__m128i w[4], x;
	unsigned i;

	for (; blocks; blocks--, p += 64) {
		const __m128i abcd0 = abcd, e0 = e;

		for (i = 0; i < 4; i++)
			w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p + 16 * i)), turn);
		FOUR_BY_FIVE(0, 0);
		FOUR_BY_FIVE(5, 1);
		FOUR_BY_FIVE(10, 2);
		FOUR_BY_FIVE(15, 3);
		e = _mm_sha1nexte_epu32(e, e0);
		abcd = _mm_add_epi32(abcd, abcd0);
	}
	_mm_storeu_si128((__m128i *)h, _mm_shuffle_epi32(abcd, 0x1b));
	h[4] = (uint32_t)_mm_extract_epi32(e, 3);
}

static int has_instructions(void)
{
	static int known;		/* 1: it has not, 2: it has; who looks at the same time finds the same */
	unsigned a, b = 0, c = 0, d;
	int is = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!is) {
		is = 1 + (__get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) && (c & bit_SSSE3) && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
		    (b & bit_SHA));
		__atomic_store_n(&known, is, __ATOMIC_RELAXED);
	}
	return is == 2;
}
#endif

static void compress(uint32_t h[5], const unsigned char *p, size_t blocks)
{
#ifdef __x86_64__
	if (has_instructions()) {
		compress_by_instructions(h, p, blocks);
		return;
	}
#endif
	for (; blocks; blocks--, p += 64)
		compress_one(h, p);
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
		compress(s->h, s->block, 1);
		p += part;
		n -= part;
	}
	compress(s->h, p, n / 64);
	if (n % 64)
		memcpy(s->block, p + n / 64 * 64, n % 64);
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
