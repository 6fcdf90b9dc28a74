/* kb/base/blake2b.c: see blake2b.h. One block of one text is twelve rounds of which each step waits for the one before. So there
 * are LANES, each with a text of its own, and every step is taken for all of them by one instruction. A lane that is through
 * takes the next text; when there is none, it goes on with nothing, and nobody looks at what comes of that. */
#include "kb/base/blake2b.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 4, BLOCK = 128 };
typedef uint64_t words __attribute__((vector_size(LANES * sizeof(uint64_t))));

static const uint64_t start[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static inline uint64_t word_at(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

#define TURN(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define MIX(a, b, c, d, x, y) do { \
	v[a] += v[b] + m[x]; v[d] = TURN(v[d] ^ v[a], 32); v[c] += v[d]; v[b] = TURN(v[b] ^ v[c], 24); \
	v[a] += v[b] + m[y]; v[d] = TURN(v[d] ^ v[a], 16); v[c] += v[d]; v[b] = TURN(v[b] ^ v[c], 63); \
} while (0)

/* Which words of the block a round mixes in, in turn; the last two are as the first two. */
static const unsigned char order[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

struct lane {
	const unsigned char *p;		/* the next block */
	size_t left;			/* bytes from there on */
	size_t text;
	bool works;
	unsigned char last[BLOCK];	/* the last block, with zeros behind it */
};

static void take(struct lane *l, struct str text, size_t i)
{
	l->p = (const unsigned char *)text.p;
	l->left = text.n;
	l->text = i;
	l->works = true;
}

static inline __attribute__((always_inline)) void all_lanes(unsigned char (*out)[64], const struct str *texts, size_t n)
{
	struct lane lanes[LANES] = { { .works = false } };
	words h[8], v[16], m[16], count = { 0 }, end = { 0 };
	const unsigned char *at[LANES];
	size_t next = 0, busy = 0, i, k, got;
	uint64_t word;

	for (i = 0; i < 8; i++)
		h[i] = (words){ 0 };
	do {
		for (k = 0; k < LANES; k++) {
			struct lane *l = &lanes[k];

			if (l->works && end[k]) {
				for (i = 0; i < 8; i++) {
					word = htole64(h[i][k]);
					memcpy(out[l->text] + 8 * i, &word, sizeof word);
				}
				l->works = false;
				busy--;
			}
			if (!l->works && next < n) {
				take(l, texts[next], next);
				next++;
				busy++;
				count[k] = 0;
				for (i = 0; i < 8; i++)
					h[i][k] = start[i];
				h[0][k] ^= 0x01010000 ^ 64;	/* no key, 64 bytes of hash */
			}
			got = l->left < BLOCK ? l->left : BLOCK;
			end[k] = l->left <= BLOCK ? UINT64_MAX : 0;
			count[k] += got;
			at[k] = l->p;
			if (got < BLOCK) {
				memset(l->last, 0, BLOCK);
				if (got)
					memcpy(l->last, l->p, got);
				at[k] = l->last;
			}
			l->p = got ? l->p + got : l->p;
			l->left -= got;
		}
		for (i = 0; i < 16; i++)
			m[i] = (words){ word_at(at[0] + 8 * i), word_at(at[1] + 8 * i), word_at(at[2] + 8 * i), word_at(at[3] + 8 * i) };
		for (i = 0; i < 8; i++) {
			v[i] = h[i];
			v[i + 8] = (words){ start[i], start[i], start[i], start[i] };
		}
		v[12] ^= count;
		v[14] ^= end;
		for (i = 0; i < 12; i++) {
			const unsigned char *o = order[i % 10];

			MIX(0, 4, 8, 12, o[0], o[1]);
			MIX(1, 5, 9, 13, o[2], o[3]);
			MIX(2, 6, 10, 14, o[4], o[5]);
			MIX(3, 7, 11, 15, o[6], o[7]);
			MIX(0, 5, 10, 15, o[8], o[9]);
			MIX(1, 6, 11, 12, o[10], o[11]);
			MIX(2, 7, 8, 13, o[12], o[13]);
			MIX(3, 4, 9, 14, o[14], o[15]);
		}
		for (i = 0; i < 8; i++)
			h[i] ^= v[i] ^ v[i + 8];
	} while (busy);
}

#ifdef __x86_64__
__attribute__((target("avx512vl"))) static void by_avx512(unsigned char (*out)[64], const struct str *texts, size_t n)
{
	all_lanes(out, texts, n);
}

__attribute__((target("avx2"))) static void by_avx2(unsigned char (*out)[64], const struct str *texts, size_t n)
{
	all_lanes(out, texts, n);
}

bool blake2b_lanes(unsigned char (*out)[64], const struct str *texts, size_t n)
{
	if (!__builtin_cpu_supports("avx2"))
		return false;
	if (n)
		(__builtin_cpu_supports("avx512vl") ? by_avx512 : by_avx2)(out, texts, n);
	return true;
}
#else
bool blake2b_lanes(unsigned char (*out)[64], const struct str *texts, size_t n)
{
	(void)out;
	(void)texts;
	(void)n;
	return false;
}
#endif
