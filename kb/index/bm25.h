/* kb/index/bm25.h: how much a word counts in a document, in whole numbers, so that every machine gives the same scores. */
#ifndef KB_INDEX_BM25_H
#define KB_INDEX_BM25_H

#include <stdint.h>

enum { WEIGHTS = 32, NORMS = 256, WEIGHT_MORE = 255 };	/* weights below WEIGHTS are looked up; see bm25_most */

#define BM25_ONE ((uint32_t)1 << 16)	/* a weight of a word, 16.16 */

struct bm25 {				/* of a collection */
	uint64_t documents, length;	/* live ones; the sum of their norms' lengths */
	uint32_t table[WEIGHTS][NORMS];
};
void bm25_set(struct bm25 *f, uint64_t documents, uint64_t length);
/* Of a word that df of so many documents have, 16.16. */
uint32_t bm25_rare(uint64_t documents, uint64_t df);
static inline uint32_t bm25_idf(const struct bm25 *f, uint64_t df)
{
	return bm25_rare(f->documents, df);
}
__attribute__((pure)) uint32_t bm25_saturation(const struct bm25 *f, uint32_t weight, uint8_t norm);	/* 16.16; grows with weight, falls with norm */

static inline uint32_t bm25_score(const struct bm25 *f, uint32_t idf, uint32_t weight, uint8_t norm)
{
	uint32_t s = weight < WEIGHTS ? f->table[weight][norm] : bm25_saturation(f, weight, norm);

	return (uint32_t)((uint64_t)idf * s >> 16);
}

/* No document of a weight up to this (WEIGHT_MORE: of any) and a norm of this or more scores higher. */
__attribute__((pure)) uint32_t bm25_most(const struct bm25 *f, uint32_t idf, uint8_t weight, uint8_t norm);

#endif
