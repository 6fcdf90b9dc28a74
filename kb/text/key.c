/* kb/text/key.c: see key.h. Eight bytes a step. */
#include "kb/text/key.h"

#include <string.h>

static uint64_t load(const char *p, size_t n)	/* n bytes, at most 8; zeroes behind them */
{
	uint64_t v = 0;
	uint32_t low, high;

	if (n == 8) {
		memcpy(&v, p, 8);
	} else if (n >= 4) {
		memcpy(&low, p, 4);
		memcpy(&high, p + n - 4, 4);
		v = (uint64_t)high << (8 * (n - 4)) | low;
	} else if (n) {
		v = (unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << (8 * (n / 2)) | (uint64_t)(unsigned char)p[n - 1] << (8 * (n - 1));
	}
	return v;
}

void word_key(struct word_key *k, struct str s, unsigned lang)
{
	uint64_t h = lang ^ s.n, v;
	size_t i = 0, n;

	k->near[0] = k->near[1] = k->near[2] = 0;
	for (; s.n; s.p += n, s.n -= n, i++) {
		n = s.n < 8 ? s.n : 8;
		v = load(s.p, n);
		if (i < 3)
			k->near[i] = v;
		h = (h ^ v) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;	/* so that the last bytes reach the low bits too */
	k->hash = (uint32_t)(h >> 32);
}
