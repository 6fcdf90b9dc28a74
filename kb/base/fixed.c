/* kb/base/fixed.c: see fixed.h. */
#include "kb/base/fixed.h"

/* Whole bits, then one bit of the fraction at a time by squaring. */
uint32_t fixed_log2(uint64_t x)
{
	uint32_t whole = 0, frac = 0, i;

	if (x >= (uint64_t)2 << 16) {
		whole = 47 - (uint32_t)__builtin_clzll(x);
		x >>= whole;
	}
	for (i = 0; i < 16; i++) {
		x = x * x >> 16;
		frac <<= 1;
		if (x >= (uint64_t)2 << 16) {
			x >>= 1;
			frac |= 1;
		}
	}
	return whole << 16 | frac;
}

uint64_t whole_root(uint64_t x)
{
	uint64_t r = 0, bit = (uint64_t)1 << 62;

	while (bit > x)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		if (x >= r + bit) {
			x -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}
