/* kb/index/postings.h: the list of a term: which documents of a segment have it, what it weighs in each and where it stands.
 * Layout: postings.c. */
#ifndef KB_INDEX_POSTINGS_H
#define KB_INDEX_POSTINGS_H

#include "kb/index/pack.h"
#include "kb/index/segment.h"

/* A list in the making: begun with norms and n set and all else 0; may begin again and again. */
struct postings_out {
	const uint8_t *norms;		/* of the documents of the segment */
	uint32_t n;			/* these */
	uint32_t df;			/* postings, of blocks that are full; ended: all */
	struct buf skips, blocks, row;	/* ended: one behind the other, the list as it stands in the heap */
	struct buf lengths, places;	/* and its positions */
	struct buf places_n;		/* bytes of each block of them, u32 each */
	/* in work: */
	uint32_t last;			/* last place of the block before */
	uint32_t docs[PACK], weights[PACK], counts[PACK];
	unsigned m;			/* postings waiting for their block */
	struct buf pos;			/* their positions, u32 each */
	struct buf all;			/* place and weight of all postings, u32 each, of a segment that may have dense lists */
};
void postings_begin(struct postings_out *o);
/* Places rising, positions rising. */
void postings_add(struct postings_out *o, uint32_t place, uint32_t weight, const uint32_t *positions, size_t n);
void postings_end(struct postings_out *o);
size_t postings_here(const struct postings_out *o);	/* bytes, when it is short enough to stand in the dictionary; else 0 */
void postings_put_here(struct buf *to, const struct postings_out *o);
void postings_free(struct postings_out *o);

/* The postings of a term, a block at a time. */
struct cursor {
	struct segment *s;
	struct listing x;
	uint32_t docs[PACK], weights[PACK];
	unsigned n, i;			/* of the block in work; the posting looked at */
	struct str packed;		/* its weights, when they are not in weights yet; else STR_NONE */
	uint32_t block, nblocks, bits_block, last;	/* block: the next one; last: last place of the one before */
	uint64_t at, positions_at;	/* in the heaps: of the next block; of the positions of this one */
	uint64_t row;			/* of a dense list, where its weights by place begin; else 0 */
	const char *skips, *lengths;	/* see postings.c; lengths NULL: not read yet */
	char one[8];			/* the skip of a single block, which stands nowhere as a whole; skips points to it */
	size_t here;			/* bytes of a list that stands here, behind which its positions stand */
	struct str coded;		/* the positions of the block in work, as bits */
	uint64_t bit_at;		/* so many bits of these are before posting bit_i */
	unsigned first, later, bit_i;	/* first, later: parameters of the positions */
	const char *points;		/* where some of them begin; NULL: not told */
	unsigned width;			/* of the numbers in lengths */
	bool bits_open, as_many, one_as_many, by_length;	/* how they are told, see postings.c */
	const uint8_t *norms;		/* of the documents of one chunk of columns; NULL: not asked for yet */
	uint32_t norms_chunk;
	struct buf copy, lengths_copy, skips_copy, bits_copy;	/* for what crosses chunks */
};
enum rc cursor_open(struct cursor *c, struct segment *s, const struct listing *x, struct err *e) NODISCARD;
void cursor_rewind(struct cursor *c);	/* as it was opened */
void cursor_close(struct cursor *c);	/* always */
/* The next block: c->docs, n; i = 0. */
enum iter cursor_docs(struct cursor *c, struct err *e);
/* Its weights too. */
enum rc cursor_weights(struct cursor *c, struct err *e) NODISCARD;
/* The weight of the posting c stands at; cheaper when few of a block are asked for. */
enum rc cursor_weight(uint32_t *weight, struct cursor *c, struct err *e) NODISCARD;
/* What is known of a block without decoding it. Not of lists that stand here, c->x.here. */
struct skip { uint32_t last; uint8_t weight, norm; };	/* no document is behind `last`; highest weight (255: or more); shortest norm */
static inline struct skip cursor_skip(const struct cursor *c, uint32_t block)
{
	const char *p = c->skips + (size_t)block * 8;

	return (struct skip){ u32_get(p), (uint8_t)p[6], (uint8_t)p[7] };
}
enum rc cursor_pass(struct cursor *c, struct err *e) NODISCARD;	/* leave the next block out */
/* To the first posting at or after place; ITER_DONE: none. Never goes back. Weights are for cursor_weights. */
enum iter cursor_seek(struct cursor *c, uint32_t place, struct err *e);
/* The weight at a place, 0: none. Never goes back; of a dense list, one with c->row, mostly without going there. */
enum rc cursor_look(uint32_t *weight, struct cursor *c, uint32_t place, struct err *e) NODISCARD;
/* Of a dense list, the weights of n places from an even one on: row_weight of each, ROW_MORE: cursor_look tells. Borrowed from
 * the map, or from *copy. */
enum { ROW_MORE = 15 };
enum rc cursor_row(const char **row, struct cursor *c, uint32_t from, uint32_t n, struct buf *copy, struct err *e) NODISCARD;
static inline uint32_t row_weight(const char *row, uint32_t i)
{
	return (unsigned char)row[i / 2] >> 4 * (i % 2) & ROW_MORE;
}
/* In the block in work: the number of the first posting at or behind a place that is not behind its last. */
unsigned cursor_first(const struct cursor *c, uint32_t place);
/* The next posting, and its weight. */
enum iter cursor_next(struct cursor *c, struct err *e);
/* Append the positions of the posting c stands at, rising, to an array of u32 in *to. Never goes back. */
enum rc cursor_positions(struct cursor *c, struct buf *to, struct err *e) NODISCARD;

#endif
