/* kb/index/order.c: see order.h. Heads are sorted by radix: a pass for each byte in which they differ, the last byte first,
 * each pass stable. That takes the time of a few comparisons per string, and reads no string. What is left are
 * strings that begin alike for eight bytes, in short runs. */
#include "kb/index/order.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"

enum { FEW = 256 };			/* fewer than this are compared one by one */

uint64_t order_head(struct str s)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		v = v << 8 | (i < s.n ? (unsigned char)s.p[i] : 0);
	return v;
}

static void radix(struct ordered *v, size_t n)
{
	struct ordered *other = xmalloc(n * sizeof *other), *from = v, *to = other, *kept;
	size_t (*count)[256] = xmalloc(8 * sizeof *count), i, sum, c;
	unsigned byte, k;

	memset(count, 0, 8 * sizeof *count);
	for (i = 0; i < n; i++)
		for (byte = 0; byte < 8; byte++)
			count[byte][v[i].head >> 8 * byte & 0xff]++;
	for (byte = 0; byte < 8; byte++) {
		if (count[byte][v[0].head >> 8 * byte & 0xff] == n)
			continue;
		for (k = 0, sum = 0; k < 256; k++, sum += c) {
			c = count[byte][k];
			count[byte][k] = sum;
		}
		for (i = 0; i < n; i++)
			to[count[byte][from[i].head >> 8 * byte & 0xff]++] = from[i];
		kept = from;
		from = to;
		to = kept;
	}
	if (from != v)
		memcpy(v, from, n * sizeof *v);
	free(other);
	free(count);
}

struct both {
	order_fn *cmp;
	void *ctx;
};

static int by_all(const void *x, const void *y, void *ctx)
{
	const struct ordered *a = x, *b = y;
	const struct both *both = ctx;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	return both->cmp(x, y, both->ctx);
}

void order(struct ordered *v, size_t n, order_fn *cmp, void *ctx)
{
	struct both both = { cmp, ctx };
	size_t i, end;

	if (n < FEW) {
		if (n > 1)
			qsort_r(v, n, sizeof *v, by_all, &both);
		return;
	}
	radix(v, n);
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && v[end].head == v[i].head; end++)
			;
		if (end - i > 1)
			qsort_r(v + i, end - i, sizeof *v, cmp, ctx);
	}
}
