/* kb/index/segment.h: one immutable part of the index: the words of some documents, which of them has each word, how
 * much it weighs there and where it stands. Documents are called by their place in the segment, in order of id. What
 * is known of each document stands in columns.h. Layout: segment.c. */
#ifndef KB_INDEX_SEGMENT_H
#define KB_INDEX_SEGMENT_H

#include "kb/base/arena.h"
#include "kb/gate/lmdb.h"

struct segment_tables {			/* all may be one */
	table_id terms, lists, positions, columns, dead, forms, gone;
};
/* Keys of a segment's rows begin with a number of its own for each kind of them. */
enum rows { ROWS_ASIDE, ROWS_TERMS, ROWS_LISTS, ROWS_POSITIONS, ROWS_COLUMNS, ROWS_DEAD, ROWS_FORMS, ROWS_GONE };
enum { SEGMENTS_MAX = 1 << 27 };	/* so that no key begins like a name, or with four bytes 255 */
static inline uint32_t segment_rows(uint32_t segment, enum rows kind)
{
	return (uint32_t)1 << 31 | segment << 3 | (uint32_t)kind;
}
/* Keys: u32 as segment_rows gives it, u32 part, big-endian. */
struct segment_key { char b[8]; };
struct str segment_key(struct segment_key *k, uint32_t rows, uint32_t part);	/* borrows *k */

struct segment_info {			/* as the stamp keeps it */
	uint32_t id, n, dead;		/* n documents, dead of which are gone */
	uint32_t nlate;			/* so many of the dead are told here alone */
	const uint32_t *late;		/* their places, rising; in an arena */
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
struct seen;				/* sealed.h */

/* A chunk of a heap, with its checks and LMDB's header of 16 bytes, fills 16 pages. */
enum { HEAP_PART = 4096, HEAP_PARTS = 16, HEAP_CHUNK = 65520 - 4 - 4 * HEAP_PARTS };
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
/* The same of one whose dead are asked for one by one. */
void segment_open_undead(struct segment *s, struct arena *a, struct txn *t, const struct segment_tables *tables,
    const struct segment_info *info, struct seen *seen);
enum rc segment_gone(bool *gone, struct segment *s, uint32_t place, struct err *e) NODISCARD;
static inline bool segment_dead(const struct segment *s, uint32_t place)
{
	return s->dead && (s->dead[place / 64] >> place % 64 & 1);
}
/* n bytes of a heap (0: lists, 1: positions): from the map, or over the edge of a chunk in *copy. */
enum rc segment_bytes(const char **p, struct segment *s, unsigned which, uint64_t at, size_t n, struct buf *copy, struct err *e) NODISCARD;
/* One byte, when its part was found right before; else NULL. */
static inline const char *segment_byte(const struct segment *s, unsigned which, uint64_t at)
{
	const struct heap_chunk *h = &s->chunks[which][at / HEAP_CHUNK];

	return h->right >> at % HEAP_CHUNK / HEAP_PART & 1 ? h->p + at % HEAP_CHUNK : NULL;
}
enum rc segment_broken(struct err *e, const struct segment *s, const char *what);	/* "its WHAT are damaged" */
/* Mark n places dead, rising, that are not: in s->info, which the stamp keeps. */
void segment_kill(struct segment *s, const uint32_t *places, size_t n);
/* What info alone tells of the dead goes into the rows. */
enum rc segment_settle(struct segment *s, struct err *e) NODISCARD;
/* Take all rows of a segment out. */
enum rc segment_drop(struct txn *t, const struct segment_tables *tables, const struct segment_info *info, struct err *e) NODISCARD;

struct listing {				/* of one term */
	uint32_t df;			/* documents that have it, dead ones counted */
	uint64_t list, positions;	/* where in the heaps */
	size_t list_n, positions_n;	/* bytes */
	struct str here;		/* inline: the list itself, borrowed; else STR_NONE */
};
/* Of n terms, rising, those that the segment has: *found of them, in this order. */
enum rc segment_find(struct listing *x, size_t *found, const struct segment *s, const struct str *terms, size_t n,
    struct err *e) NODISCARD;

/* A list will be read: its beginning is on its way into the cache. */
void segment_expect(const struct segment *s, const struct listing *x);

struct entries {			/* of a dictionary block: what is left of it */
	struct str rest;
	uint64_t list, positions;	/* where those of the next term that has any begin in the heaps */
	bool any;			/* that is known */
};

/* All terms, in order of bytes. */
struct terms {
	const struct segment *s;
	struct segment_key head;	/* its first 4 bytes begin each key */
	struct store_iter it;		/* borrows head until its first step, so this struct stays where it is */
	char term[64];
	size_t n;			/* bytes of it */
	struct str strings;		/* what is left of the block in work */
	struct entries entries;
	unsigned left, i, entry_i;	/* its terms to come; which this one is; which `entries` begins with */
	bool open;
};
enum rc terms_open(struct terms *t, const struct segment *s, struct err *e) NODISCARD;
enum iter terms_next(struct terms *t, struct err *e);
/* What belongs to the term that terms_next just gave. */
enum rc terms_entry(struct listing *x, struct terms *t, struct err *e) NODISCARD;
void terms_close(struct terms *t);

#endif
