/* kb/index/segment.h: one immutable part of the index: the words of some documents, which of them has each word, how
 * much it weighs there and where it stands. Documents are called by their place in the segment, in order of id. What
 * is known of each document stands in columns.h. Layout: segment.c. */
#ifndef KB_INDEX_SEGMENT_H
#define KB_INDEX_SEGMENT_H

#include "kb/base/arena.h"
#include "kb/gate/lmdb.h"
#include "kb/index/pack.h"

struct segment_tables {			/* all may be one */
	table_id terms, lists, positions, columns, dead, forms, gone;
};
/* Keys of a segment's rows begin with a number of its own for each kind of them. */
enum rows { ROWS_TERMS, ROWS_LISTS, ROWS_POSITIONS, ROWS_COLUMNS, ROWS_DEAD, ROWS_FORMS, ROWS_GONE };
enum { SEGMENTS_MAX = 1 << 28 };
static inline uint32_t segment_rows(uint32_t segment, enum rows kind)
{
	return segment << 3 | (uint32_t)kind;
}
struct segment_info {			/* as the stamp keeps it */
	uint32_t id, n, dead;		/* n documents, dead of which are gone */
	uint64_t terms;
	uint64_t heap[2];		/* bytes of lists and of positions */
};

/* ---- writing ---- */

struct segment_out;
/* Between two writes, when many bytes are waiting: may commit *t and begin another. */
typedef enum rc turn_fn(void *ctx, struct err *e);
/* norms: of each of n documents, borrowed to the end. Keys of `id` must not be there, and none after it. */
struct segment_out *segment_create(struct txn **t, const struct segment_tables *tables, uint32_t id, const uint8_t *norms,
    uint32_t n, turn_fn *turn, void *ctx);
/* Terms rising, for each its postings, places rising; positions rising. What fails is told by segment_finish. */
void segment_term(struct segment_out *o, struct str term);
void segment_posting(struct segment_out *o, uint32_t place, uint32_t weight, const uint32_t *positions, size_t n);
enum rc segment_finish(struct segment_info *info, struct segment_out *o, struct err *e) NODISCARD;	/* frees o, always */

/* ---- reading ---- */

struct columns;				/* columns.h */
struct seen;				/* which values were found right already, so that each is checked once a process */

struct heap_chunk {
	const char *p;			/* NULL: not asked for yet */
	uint32_t right;			/* bits of its parts: found right */
};
struct segment {
	struct segment_info info;
	struct txn *txn;
	struct segment_tables t;
	struct seen *seen;
	struct heap_chunk *chunks[2];	/* of the heaps; NULL: not asked for yet */
	struct columns *columns;	/* NULL: not asked for yet */
	const uint64_t *dead;		/* bit by place; NULL: none */
	struct arena *a;
};
/* Lives as long as t and a. RC_CORRUPT: the dead are not those told. */
enum rc segment_open(struct segment *s, struct arena *a, struct txn *t, const struct segment_tables *tables,
    const struct segment_info *info, struct seen *seen, struct err *e) NODISCARD;
static inline bool segment_dead(const struct segment *s, uint32_t place)
{
	return s->dead && (s->dead[place / 64] >> place % 64 & 1);
}
/* Mark places dead; rising. */
enum rc segment_kill(struct segment *s, const uint32_t *places, size_t n, struct err *e) NODISCARD;
/* Take all rows of a segment out. */
enum rc segment_drop(struct txn *t, const struct segment_tables *tables, const struct segment_info *info, struct err *e) NODISCARD;

struct seen *seen_open(void);
void seen_close(struct seen *s);
bool seen_right(const struct seen *s, uint32_t segment, unsigned table, uint32_t chunk);	/* was it found right already? */
void seen_mark(struct seen *s, uint32_t segment, unsigned table, uint32_t chunk);

struct listing {				/* of one term */
	uint32_t df;			/* documents that have it, dead ones counted */
	uint64_t list, positions;	/* where in the heaps */
	size_t list_n, positions_n;	/* bytes */
	struct str here;		/* inline: the list itself, borrowed; else STR_NONE */
};
/* Of n terms, rising, those that the segment has: *found of them, in this order. */
enum rc segment_find(struct listing *x, size_t *found, const struct segment *s, const struct str *terms, size_t n,
    struct err *e) NODISCARD;

/* Terms in order of bytes, from the first that is not before `from`. */
struct terms {
	const struct segment *s;
	struct store_iter it;		/* borrows from[] until its first step, so this struct stays where it is */
	char from[4 + 64], term[64];
	size_t n, shared;		/* bytes of the term; how many of them are the last one's too */
	struct str strings, entries;	/* what is left of the block in work */
	unsigned left, i, entry_i;	/* its terms to come; which this one is; which `entries` begins with */
	bool open, held;		/* held: the term was read already, and not given */
};
enum rc terms_open(struct terms *t, const struct segment *s, struct str from, struct err *e) NODISCARD;
enum iter terms_next(struct terms *t, struct err *e);
/* What belongs to the term that terms_next just gave. */
enum rc terms_entry(struct listing *x, struct terms *t, struct err *e) NODISCARD;
void terms_close(struct terms *t);

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
	const char *skips, *lengths;	/* see segment.c; lengths NULL: not read yet */
	struct bits_in bits;
	unsigned first, later, bit_i;	/* parameters of the positions; the posting that bits stands before */
	bool bits_open, as_many;	/* as_many: no posting of the block weighs more than it has positions */
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
struct skip { uint32_t last; uint8_t weight, norm; };	/* last document; highest weight (255: or more); shortest norm */
static inline struct skip cursor_skip(const struct cursor *c, uint32_t block)
{
	const char *p = c->skips + (size_t)block * 8;

	return (struct skip){ u32_get(p), (uint8_t)p[6], (uint8_t)p[7] };
}
/* Of a dense list, one with c->row: the weight at a place, 0: none, without going there. Never goes back. */
enum rc cursor_look(uint32_t *weight, struct cursor *c, uint32_t place, struct err *e) NODISCARD;
enum rc cursor_pass(struct cursor *c, struct err *e) NODISCARD;	/* leave the next block out */
/* To the first posting at or after place; ITER_DONE: none. Never goes back. Weights are for cursor_weights. */
enum iter cursor_seek(struct cursor *c, uint32_t place, struct err *e);
/* The next posting, and its weight. */
enum iter cursor_next(struct cursor *c, struct err *e);
/* Append the positions of the posting c stands at, rising, to an array of u32 in *to. Never goes back. */
enum rc cursor_positions(struct cursor *c, struct buf *to, struct err *e) NODISCARD;

/* Keys: u32 as segment_rows gives it, u32 part, big-endian. */
struct segment_key { char b[8]; };
struct str segment_key(struct segment_key *k, uint32_t rows, uint32_t part);	/* borrows *k */
/* Stored values carry a check of key and bytes behind them. */
void seal(struct buf *b, struct str key);	/* append it */
bool sealed(struct str *v, struct str key);	/* is it right? takes it off */
/* The same of a value in a table: put down as the last of all keys or wherever it belongs, *value being emptied; looked
 * up, RC_NOTFOUND, or RC_CORRUPT when it is not right. */
enum rc sealed_append(struct txn *t, table_id id, struct str key, struct buf *value, struct err *e) NODISCARD;
enum rc sealed_put(struct txn *t, table_id id, struct str key, struct buf *value, struct err *e) NODISCARD;
enum rc sealed_get(struct str *v, struct txn *t, table_id id, struct str key, struct err *e) NODISCARD;

#endif
