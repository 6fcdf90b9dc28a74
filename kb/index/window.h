/* kb/index/window.h: the scores of a window of places, and what evaluate.c and window.c know of a segment in work. */
#ifndef KB_INDEX_WINDOW_H
#define KB_INDEX_WINDOW_H

#include "kb/index/evaluate.h"
#include "kb/index/postings.h"

enum { WINDOW = 4096, PRIMED = 128 };	/* PRIMED: more best documents are not guessed for */

struct list {				/* of one term */
	struct cursor c;
	uint32_t next;			/* the first block that reaches the window */
	bool by_row;			/* it names places by its row */
};
struct word {
	const struct part *p;
	struct list *lists;
	struct list *named;		/* of a dense word: the same, by which it names places; else NULL */
	uint64_t size;			/* postings; 0: none, or none that passes */
	size_t at;			/* in p->found: the first at or behind what was looked at */
	bool any;			/* it may be in the window */
	uint32_t bound;			/* the most it adds to a document of the window */
	uint32_t most;			/* to any document that may pass */
	uint32_t asked, passed;		/* so many postings were asked whether they pass; so many do */
	uint32_t had;			/* with a filter: one more than to any that was added, or passed over as too low; 0: none passes */
	uint32_t place;			/* of one that leads: the first that it has at or behind what was looked at */
};
struct evaluator {
	struct bm25 f;
	/* by place less from, all zero between windows: of all words; of the one in work */
	uint32_t score[WINDOW], weight[WINDOW];
	uint64_t hit[WINDOW / 64];	/* its bits: may get in */
	uint64_t any_hit;		/* bits of those of these that are not zero */
	uint16_t *touched;		/* places less from that were scored, some of them again and again */
	size_t ntouched, room;
	struct picked { uint32_t place, score; } *picked;	/* what may get in, of one window or more; places rising */
	size_t npicked, picked_room;
	struct sums {			/* the highest scores so far, the least first: see more_needed */
		uint32_t v[PRIMED];
		size_t n, sure;		/* sure: so many of them tell what is needed; 0: none do */
	} sums;
	struct list *lists;
	struct word *words, **order;
	struct buf *positions;		/* by word */
	size_t nlists, nwords;		/* room */
	/* the work: */
	const struct evaluate *q;
	struct segment *s;
	struct top *t;
	size_t seg, opened;		/* opened: lists */
	struct err *e;
	const struct column_chunk *chunk;
	const uint8_t *norms;		/* by place less from */
	uint32_t from, to;		/* the window */
	uint64_t need, guess;		/* no document that scores less gets in; as it was guessed */
	uint64_t share;			/* so large a part of all documents pass, 16.16 */
	size_t dense;			/* so many words, first in order, are dense: they have a list with a row */
	const struct word *naming;	/* one of these, that names places, see window.c; NULL: none does */
	bool all_over;			/* it names too many */
	struct buf row;			/* for what crosses chunks */
};

static inline uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline void set_need(struct evaluator *v)
{
	v->need = larger(top_need(v->t, v->seg), v->guess);
}

/* Of the documents from `first`, which is one, to `last`: is it known that none passes? A broken list tells any last one. */
static inline bool none_passes(const struct evaluator *v, uint32_t first, uint32_t last)
{
	const uint32_t end = v->s->info.n - 1;

	return v->q->passing && !passing_most(v->q->passing, first, last < end ? last : end);
}

/* What a document must score before those are sought that add `spare` at most. */
static inline uint64_t enough_with(const struct evaluator *v, uint64_t spare)
{
	return v->need > spare ? v->need - spare : 0;
}

/* To the first of the documents found already that is at or behind place. */
static inline void found_to(struct word *w, uint32_t place)
{
	while (w->at < w->p->found->n && w->p->found->places[w->at] < place)
		w->at++;
}

/* Of the chunk that v->chunk is. */
static inline bool left_out(const struct evaluator *v, uint32_t place)
{
	const struct evaluate *q = v->q;

	return (q->passing && !passing_has(q->passing, place)) || segment_dead(v->s, place) ||
	    (q->out && q->out[place / 64] >> place % 64 & 1) ||
	    (q->filter && !columns_pass(q->filter, v->chunk, place % CHUNK_DOCS));
}

/* Postings of all words that lead, when the first n in order are put aside. */
static inline uint64_t leading(const struct evaluator *v, size_t n)
{
	uint64_t size = 0;

	for (; n < v->q->n; n++)
		size += v->order[n]->size;
	return size;
}

/* What a word adds to a document of the window at most: w->bound, w->any. */
void window_bound(struct evaluator *v, struct word *w);
/* Score the window by the words that lead, and pick what may get in; the first n words in order are put aside; spare: the most they add, sum: all. */
enum rc window_pick(struct evaluator *v, size_t n, uint64_t sum, uint64_t spare) NODISCARD;

#endif
