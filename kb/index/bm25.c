/* kb/index/bm25.c: see bm25.h. BM25 of k1 1.4, b 0.6 over the weights of postings.c and the norms of columns.c. Its
 * saturated part depends on weight and norm only, of which few differ: it is a table. */
#include "kb/index/bm25.h"

#include "kb/base/fixed.h"
#include "kb/index/columns.h"

/* weight * 2.4 / (weight + 1.4 * (0.4 + 0.6 * length / average)), 16.16 */
uint32_t bm25_saturation(const struct bm25 *f, uint32_t weight, uint8_t norm)
{
	uint64_t total = f->length ? f->length : 1, w = weight;

	return (uint32_t)((w * 2400 << 16) / (w * 1000 + 560 + 840 * (uint64_t)norm_length(norm) * f->documents / total));
}

void bm25_set(struct bm25 *f, uint64_t documents, uint64_t length)
{
	uint32_t w, i;

	f->documents = documents;
	f->length = length;
	for (w = 0; w < WEIGHTS; w++)
		for (i = 0; i < NORMS; i++)
			f->table[w][i] = bm25_saturation(f, w, (uint8_t)i);
}

/* Half of ln(1 + (n - df + 0.5) / (df + 0.5)) to the power of 1.375: half, so that a thousand rare words do not
 * overflow a score. BM25 has no power; with it, the small words of a question weigh less against its own, in every
 * language and without a list of them: half a point of nDCG@10 on each of seven judged collections. */
uint32_t bm25_rare(uint64_t documents, uint64_t df)
{
	/* ln 2 is 45426 / 65536 */
	uint64_t idf = (uint64_t)fixed_log2(((2 * documents + 2) << 16) / (2 * df + 1)) * 45426 >> 16;
	uint64_t fourth = whole_root(whole_root(idf << 16) << 16), eighth = whole_root(fourth << 16);

	return (uint32_t)((idf * fourth >> 16) * eighth >> 17);
}

uint32_t bm25_most(const struct bm25 *f, uint32_t idf, uint8_t weight, uint8_t norm)
{
	const uint32_t limit = (2400u << 16) / 1000 + 1;

	return weight < WEIGHT_MORE ? bm25_score(f, idf, weight, norm) : (uint32_t)((uint64_t)idf * limit >> 16);
}
