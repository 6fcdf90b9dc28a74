/* kb/index/passing.h: which documents of a segment a filter lets through: found once, and kept for the questions after. */
#ifndef KB_INDEX_PASSING_H
#define KB_INDEX_PASSING_H

#include "kb/index/columns.h"

struct passing {
	uint64_t *bits;			/* by place */
	uint64_t *row;			/* half a byte for each place, as in rows of lists (postings.h): 15: it passes; else 0 */
	uint32_t *below;		/* of the documents below place 64 * i so many pass; one more than there are words of bits */
	uint32_t n;			/* of all */
};
static inline bool passing_has(const struct passing *p, uint32_t place)
{
	return p->bits[place / 64] >> place % 64 & 1;
}
/* At most so many from place `first` to `last` pass: as many as in the words of bits that these stand in. */
static inline uint32_t passing_most(const struct passing *p, uint32_t first, uint32_t last)
{
	return p->below[last / 64 + 1] - p->below[first / 64];
}
/* The first that passes from `place` on, or the number of documents: none does. */
uint32_t passing_from(const struct passing *p, uint32_t place, uint32_t documents);

struct passings;			/* of one store; owned */
struct passings *passings_open(void);
void passings_close(struct passings *k);	/* no-op on NULL */
/* Those of the query before need not stay. */
void passings_begin(struct passings *k);
/* What of a segment passes; it stays until the next passings_begin. *p NULL: not known yet; filters are looked through
 * when they are asked for again, or when this is `now`. */
enum rc passings_get(const struct passing **p, struct passings *k, struct arena *a, struct segment *s, const struct filters *f,
    bool now, struct err *e) NODISCARD;

#endif
