/* kb/index/evaluate.h: the best documents of a segment for the words of a query, and how many there are. */
#ifndef KB_INDEX_EVALUATE_H
#define KB_INDEX_EVALUATE_H

#include "kb/index/bm25.h"
#include "kb/index/passing.h"
#include "kb/index/segment.h"
#include "kb/index/top.h"

static inline void bit_set(uint64_t *bits, uint32_t place)
{
	bits[place / 64] |= (uint64_t)1 << place % 64;
}

struct found {				/* documents that were found already: those of a phrase in a longer question */
	uint32_t *places, *scores;	/* places rising; scores 16.16 */
	size_t n;
};
struct part {				/* of a query, in one segment: a word, or documents found already */
	const struct listing *lists;	/* of the terms that the word may be: the highest weight counts */
	size_t n;
	const struct found *found;	/* NULL: a word */
	uint32_t idf;			/* how much it counts; found documents have their scores */
	bool must;			/* a document without it is no hit */
};
struct row { size_t first, n; };		/* so many parts, which must be there: they must stand one behind the other */
struct evaluate {
	const struct part *parts;	/* a document that has any of them is a hit */
	size_t n;
	const struct row *rows;
	size_t nrows;
	bool all;			/* there are none: every document is a hit, of score 0 */
	const uint64_t *out;		/* bit by place: no hit; NULL: none is left out */
	const struct passing *passing;	/* all others are no hits; NULL: that is not known, */
	const struct column_filter *filter;	/* or what does not pass is none; both NULL: all pass */
	struct column_counts *counts;	/* NULL: no facets */
	uint64_t *total;		/* hits are counted here; NULL: not */
	uint64_t least;			/* so much the last of the best scores at least, 16.16: it is known; 0: it is not */
	struct buf *hits;		/* none is offered: place and score of each are appended here, u32 each; NULL: not */
	bool one;			/* one of these is enough */
};

struct evaluator;			/* memory of queries, and the formula; owned */
struct evaluator *evaluator_open(void);
void evaluator_close(struct evaluator *v);	/* no-op on NULL */
/* The formula for a collection of so many living documents, of this length in all. */
const struct bm25 *evaluator_formula(struct evaluator *v, uint64_t documents, uint64_t length);
/* Offer the hits of segment number seg to t: all that can be among the best. Counted, every hit is looked at; else only
 * those that may get in are. */
enum rc evaluate_segment(struct evaluator *v, struct top *t, struct segment *s, size_t seg, const struct evaluate *q,
    struct err *e) NODISCARD;

#endif
