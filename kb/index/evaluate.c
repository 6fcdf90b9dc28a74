/* kb/index/evaluate.c: see evaluate.h.
 *
 * MaxScore over block maxima, a window of WINDOW places at a time. The skip entries of a list (segment.c) tell what a
 * block of it can add at most; so, for each word of the query, what it can add in this window. The words with the
 * least are put aside as long as all of them together cannot bring a document among the best: a document that has
 * no other cannot get there. The others, the essential ones, are decoded and added to an array of scores, one slot
 * for each place of the window, but for blocks that cannot bring a document there with the most of all other words.
 * Then the documents that were hit are looked at, in order: dead ones and those left out fall at once, those that lack
 * too much next, then those that the filter does not pass; only for the rest the words put aside are sought, the most
 * promising first, until it is known that the document stays below.
 *
 * What is enough to be among the best is known late when documents are looked at in order. So it is guessed first, from
 * below: as many documents as are wanted score at least what the rarest word alone gives those that it gives the most.
 * And the first windows are small.
 *
 * When words must be there, the rarest of them is the only essential one, and the others are sought first, the
 * rarest first. When hits are counted, nothing is left out for being low.
 *
 * Scores are sums of whole numbers, so the order of adding does not show: what gets in has its whole score, because no
 * block of it was left out. */
#include "kb/index/evaluate.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 4096, WINDOW_FIRST = 512, PRIMED = 128 };	/* PRIMED: more best documents are not guessed for */
_Static_assert(CHUNK_DOCS % WINDOW == 0, "a window has its norms in one chunk");

struct list {				/* of one term */
	struct cursor c;
	uint32_t next;			/* the first block that reaches the window */
};
struct word {
	const struct part *p;
	struct list *lists;
	uint64_t size;			/* postings */
	size_t at;			/* in p->found: the first at or behind what was looked at */
	bool any;			/* it may be in the window */
	uint32_t bound;			/* the most it adds to a document of the window */
};
struct evaluator {
	struct bm25 f;
	/* by place less from, all zero between windows: of all words; of the one in work */
	uint32_t score[WINDOW], weight[WINDOW];
	uint64_t hit[WINDOW / 64], has[WINDOW / 64];	/* its bits: scored; has the word in work */
	struct list *lists;
	struct word *words, **order;
	size_t nlists, nwords;		/* room */
	/* the work: */
	const struct evaluate *q;
	struct segment *s;
	struct top *t;
	size_t seg;
	struct err *e;
	const struct column_chunk *chunk;
	const uint8_t *norms;		/* by place less from */
	uint32_t from, to;		/* the window */
	uint64_t need, guess;		/* no document that scores less gets in; as it was guessed */
};

struct evaluator *evaluator_open(void)
{
	struct evaluator *v = xmalloc(sizeof *v);

	memset(v, 0, sizeof *v);
	v->f.documents = UINT64_MAX;
	return v;
}

void evaluator_close(struct evaluator *v)
{
	if (!v)
		return;
	free(v->lists);
	free(v->words);
	free(v->order);
	free(v);
}

const struct bm25 *evaluator_formula(struct evaluator *v, uint64_t documents, uint64_t length)
{
	if (v->f.documents != documents || v->f.length != length)
		bm25_set(&v->f, documents, length);
	return &v->f;
}

/* ---- bounds ---- */

static void set_need(struct evaluator *v)
{
	uint64_t need = top_need(v->t, v->seg);

	v->need = need > v->guess ? need : v->guess;
}

static void list_bound(struct evaluator *v, struct word *w, struct list *l)
{
	struct cursor *c = &l->c;
	uint32_t b, most = 0, one;
	struct skip k;
	unsigned i;

	if (c->x.here.p) {			/* it is decoded: what is in the window itself */
		while (c->i < c->n && c->docs[c->i] < v->from)
			c->i++;
		for (i = c->i; i < c->n && c->docs[i] < v->to; i++) {
			one = bm25_score(&v->f, w->p->idf, c->weights[i], v->norms[c->docs[i] - v->from]);
			most = one > most ? one : most;
			w->any = true;
		}
	} else {
		while (l->next < c->nblocks && cursor_skip(c, l->next).last < v->from)
			l->next++;
		for (b = l->next; b < c->nblocks && (b == 0 || cursor_skip(c, b - 1).last < v->to - 1); b++) {
			k = cursor_skip(c, b);
			one = bm25_most(&v->f, w->p->idf, k.weight, k.norm);
			most = one > most ? one : most;
			w->any = true;
		}
	}
	w->bound = most > w->bound ? most : w->bound;
}

static void word_bound(struct evaluator *v, struct word *w)
{
	const struct found *f = w->p->found;
	size_t i;

	w->bound = 0;
	w->any = false;
	if (f) {
		while (w->at < f->n && f->places[w->at] < v->from)
			w->at++;
		for (i = w->at; i < f->n && f->places[i] < v->to; i++) {
			w->bound = f->scores[i] > w->bound ? f->scores[i] : w->bound;
			w->any = true;
		}
	}
	for (i = 0; i < w->p->n; i++)
		list_bound(v, w, &w->lists[i]);
}

/* ---- essential words ---- */

static inline void mark(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= (uint64_t)1 << i % 64;
}

/* The postings of a list that stand in the window: they score; gather: their weights are gathered. `others`: the most that
 * all other words add. */
static enum rc add_list(struct evaluator *v, struct list *l, uint32_t idf, uint64_t others, bool gather)
{
	struct cursor *c = &l->c;
	uint32_t from = v->from, before, k;
	unsigned i, end;

	while (from < v->to) {
		if (!c->n || c->docs[c->n - 1] < from) {
			for (; c->block < c->nblocks; ) {
				struct skip s = cursor_skip(c, c->block);

				before = c->n ? c->docs[c->n - 1] : c->last;
				if (before != UINT32_MAX && before >= v->to - 1)
					return RC_OK;
				if (s.last >= from && others + bm25_most(&v->f, idf, s.weight, s.norm) >= v->need)
					break;
				if (s.last >= v->to)	/* it may do in the next window */
					return RC_OK;
				if (cursor_pass(c, v->e))
					return v->e->rc;
			}
			if (c->block == c->nblocks)
				return RC_OK;
			if (cursor_docs(c, v->e) != ITER_ITEM)
				return v->e->rc;
		}
		for (i = c->i; c->docs[i] < from; i++)
			;
		for (end = c->n; end > i && c->docs[end - 1] >= v->to; end--)
			;
		if (i < end && cursor_weights(c, v->e))
			return v->e->rc;
		if (gather)
			for (; i < end; i++) {
				k = c->docs[i] - v->from;
				v->weight[k] = c->weights[i] > v->weight[k] ? c->weights[i] : v->weight[k];
				mark(v->has, k);
			}
		else
			for (; i < end; i++) {
				k = c->docs[i] - v->from;
				v->score[k] += bm25_score(&v->f, idf, c->weights[i], v->norms[k]);
				mark(v->hit, k);
			}
		c->i = end;
		from = c->docs[c->n - 1] + 1;
	}
	return RC_OK;
}

static enum rc add_word(struct evaluator *v, struct word *w, uint64_t others)
{
	const struct found *f = w->p->found;
	uint64_t bits;
	uint32_t k;
	size_t i;
	enum rc rc;

	for (; f && w->at < f->n && f->places[w->at] < v->to; w->at++) {
		k = f->places[w->at] - v->from;
		v->score[k] += f->scores[w->at];
		mark(v->hit, k);
	}
	for (i = 0; i < w->p->n; i++)
		if ((rc = add_list(v, &w->lists[i], w->p->idf, others, w->p->n > 1)))
			return rc;
	for (i = 0; w->p->n > 1 && i < WINDOW / 64; i++) {
		for (bits = v->has[i]; bits; bits &= bits - 1) {
			k = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(bits);
			v->score[k] += bm25_score(&v->f, w->p->idf, v->weight[k], v->norms[k]);
			v->weight[k] = 0;
		}
		v->hit[i] |= v->has[i];
		v->has[i] = 0;
	}
	return RC_OK;
}

/* ---- documents ---- */

/* What a word adds to a document. A word that would add less than is `lacking` may be taken for one that it has not. */
static enum rc word_seek(bool *has, uint32_t *add, struct evaluator *v, struct word *w, uint32_t place, int64_t lacking)
{
	const struct found *f = w->p->found;
	uint32_t weight = 0;
	enum iter more;
	size_t i;

	*has = false;
	*add = 0;
	if (f) {
		while (w->at < f->n && f->places[w->at] < place)
			w->at++;
		*has = w->at < f->n && f->places[w->at] == place;
		*add = *has ? f->scores[w->at] : 0;
		return RC_OK;
	}
	for (i = 0; i < w->p->n; i++) {
		struct cursor *c = &w->lists[i].c;

		if (!c->x.here.p && (!c->n || c->docs[c->n - 1] < place)) {
			struct skip k = { 0 };

			while (c->block < c->nblocks && (k = cursor_skip(c, c->block)).last < place)
				if (cursor_pass(c, v->e))
					return v->e->rc;
			if (c->block == c->nblocks || (int64_t)bm25_most(&v->f, w->p->idf, k.weight, k.norm) < lacking)
				continue;
		}
		if ((more = cursor_seek(c, place, v->e)) == ITER_ERROR)
			return v->e->rc;
		if (more != ITER_ITEM || c->docs[c->i] != place)
			continue;
		if (cursor_weights(c, v->e))
			return v->e->rc;
		weight = c->weights[c->i] > weight ? c->weights[c->i] : weight;
		*has = true;
	}
	if (*has)
		*add = bm25_score(&v->f, w->p->idf, weight, v->norms[place - v->from]);
	return RC_OK;
}

/* A document of the window that scores so much so far. The first n words in order are to be sought; `spare`: the most they
 * add. */
static enum rc finish(struct evaluator *v, uint32_t place, uint32_t score, size_t n, uint64_t spare)
{
	const struct evaluate *q = v->q;
	uint32_t add;
	bool has;
	enum rc rc;

	if (score + spare < v->need || (q->filter && !columns_pass(q->filter, v->chunk, place)))
		return RC_OK;
	while (n--) {
		struct word *w = v->order[n];

		spare -= w->bound;
		if (!w->any)
			continue;
		if ((rc = word_seek(&has, &add, v, w, place, (int64_t)v->need - (int64_t)(score + spare))))
			return rc;
		score += add;
		if ((w->p->must && !has) || score + spare < v->need)
			return RC_OK;
	}
	if (q->total)
		++*q->total;
	if (q->counts)
		counts_add(q->counts, v->chunk, place);
	top_offer(v->t, score, place, v->seg);
	if (!q->total)
		set_need(v);
	return RC_OK;
}

/* Does a come before b among the words to seek? Sought are the last first. */
static bool earlier(const struct word *a, const struct word *b)
{
	if (a->p->must != b->p->must)
		return b->p->must;
	return a->p->must ? a->size > b->size : a->bound < b->bound;
}

static enum rc window(struct evaluator *v, struct word *lead)
{
	const struct evaluate *q = v->q;
	uint64_t sum = 0, spare = 0, bits;
	size_t i, j, n = 0;		/* words put aside */
	bool any = q->all;
	uint32_t place;
	enum rc rc = RC_OK;

	for (i = 0; i < q->n; i++) {
		struct word *w = v->order[i];

		word_bound(v, w);
		if (w->p->must && !w->any)
			return RC_OK;
		any |= w->any;
		sum += w->bound;
		for (j = i; j && earlier(w, v->order[j - 1]); j--)
			v->order[j] = v->order[j - 1];
		v->order[j] = w;
	}
	if (!any || sum < v->need)
		return RC_OK;
	if (lead) {				/* to the end, where it is not sought */
		for (n = 0; v->order[n] != lead; n++)
			;
		for (; n + 1 < q->n; n++)
			v->order[n] = v->order[n + 1];
		v->order[n] = lead;
		spare = sum - lead->bound;
	} else {
		while (n < q->n && spare + v->order[n]->bound < v->need)
			spare += v->order[n++]->bound;
	}
	for (i = n; i < q->n && !rc; i++)
		if (v->order[i]->any)
			rc = add_word(v, v->order[i], sum - v->order[i]->bound);
	for (i = 0; i < (v->to - v->from + 63) / 64; i++) {
		size_t word = v->from / 64 + i;

		bits = q->all ? UINT64_MAX : v->hit[i];
		if (v->to - v->from < 64 * (i + 1) && v->to % 64)
			bits &= ((uint64_t)1 << v->to % 64) - 1;
		bits &= ~((v->s->dead ? v->s->dead[word] : 0) | (q->out ? q->out[word] : 0));
		for (; bits && !rc; bits &= bits - 1) {
			place = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(bits);
			rc = finish(v, v->from + place, v->score[place], n, spare);
		}
		if (v->hit[i])
			memset(v->score + 64 * i, 0, 64 * sizeof *v->score);
		v->hit[i] = 0;
	}
	if (rc) {				/* in the middle of a word, maybe */
		memset(v->weight, 0, sizeof v->weight);
		memset(v->has, 0, sizeof v->has);
	}
	return rc;
}

/* ---- a segment ---- */

/* The least of `most` scores that as many documents of a list have from it alone; 0: it has not so many. Blocks that
 * hold no higher ones are passed over. */
static enum rc least_of_best(uint32_t *least, size_t most, struct evaluator *v, struct cursor *c, uint32_t idf)
{
	const struct evaluate *q = v->q;
	const struct column_chunk *chunk = NULL;
	uint32_t best[PRIMED], one, place, until = 0;	/* the least of them stands first */
	enum iter more;
	size_t n = 0, i, j;

	for (;;) {
		while (n == most && !c->x.here.p && c->block < c->nblocks) {
			struct skip k = cursor_skip(c, c->block);

			if (bm25_most(&v->f, idf, k.weight, k.norm) > best[0])
				break;
			if (cursor_pass(c, v->e))
				return v->e->rc;
		}
		if ((more = cursor_docs(c, v->e)) != ITER_ITEM)
			break;
		if (cursor_weights(c, v->e))
			return v->e->rc;
		for (i = 0; i < c->n; i++) {
			place = c->docs[i];
			if (place >= until) {
				if (columns_chunk(&chunk, v->s, place / CHUNK_DOCS, v->e))
					return v->e->rc;
				until = (place / CHUNK_DOCS + 1) * CHUNK_DOCS;
			}
			one = bm25_score(&v->f, idf, c->weights[i], chunk->norms[place % CHUNK_DOCS]);
			if ((n == most && one <= best[0]) || segment_dead(v->s, place) ||
			    (q->out && q->out[place / 64] >> place % 64 & 1) ||
			    (q->filter && !columns_pass(q->filter, chunk, place)))
				continue;
			if (n < most)
				for (j = n++; j && best[j - 1] > one; j--)
					best[j] = best[j - 1];
			else
				for (j = 0; j + 1 < most && best[j + 1] < one; j++)
					best[j] = best[j + 1];
			best[j] = one;
		}
	}
	*least = n == most ? best[0] : 0;
	return more == ITER_ERROR ? v->e->rc : RC_OK;
}

/* So much as many documents as are wanted score at least: what the rarest word gives them. */
static enum rc guess(struct evaluator *v)
{
	const struct evaluate *q = v->q;
	size_t limit = v->t->limit, i, j;
	struct cursor *rarest = NULL;
	uint32_t idf = 0, least;
	uint64_t size = 0;
	enum rc rc;

	if (!limit || limit > PRIMED)
		return RC_OK;
	for (i = 0; i < q->n; i++)
		for (j = 0; j < q->parts[i].n; j++) {
			struct cursor *c = &v->words[i].lists[j].c;

			if (q->parts[i].must)
				return RC_OK;
			size += c->x.df;
			if (c->x.df >= 2 * limit && (!rarest || c->x.df < rarest->x.df)) {
				rarest = c;
				idf = q->parts[i].idf;
			}
		}
	if (!rarest || size < 4 * (uint64_t)rarest->x.df)
		return RC_OK;
	if (!(rc = least_of_best(&least, limit, v, rarest, idf)))
		v->guess = (uint64_t)(least >> SHOWN) << SHOWN;
	return rc;
}

/* All cursors before their first posting; of lists that stand here, at it. */
static enum rc begin(struct evaluator *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		cursor_rewind(&v->lists[i].c);
		v->lists[i].next = 0;
		if (v->lists[i].c.x.here.p && cursor_docs(&v->lists[i].c, v->e) != ITER_ITEM)
			return v->e->rc;
	}
	for (i = 0; i < v->q->n; i++)
		v->words[i].at = 0;
	return RC_OK;
}

static void make_room(struct evaluator *v, size_t lists, size_t words)
{
	if (lists > v->nlists) {
		free(v->lists);
		v->lists = xmalloc(lists * sizeof *v->lists);
		v->nlists = lists;
	}
	if (words > v->nwords) {
		free(v->words);
		free(v->order);
		v->words = xmalloc(words * sizeof *v->words);
		v->order = xmalloc(words * sizeof *v->order);
		v->nwords = words;
	}
}

enum rc evaluate_segment(struct evaluator *v, struct top *t, struct segment *s, size_t seg, const struct evaluate *q,
    struct err *e)
{
	struct word *lead = NULL;
	size_t i, j, n = 0, opened = 0;
	enum rc rc = RC_OK;

	for (i = 0; i < q->n; i++)
		n += q->parts[i].n;
	make_room(v, n, q->n);
	v->q = q;
	v->s = s;
	v->t = t;
	v->seg = seg;
	v->e = e;
	v->need = v->guess = 0;
	for (i = 0; i < q->n && !rc; i++) {
		const struct part *p = &q->parts[i];
		struct word *w = v->order[i] = &v->words[i];

		*w = (struct word){ .p = p, .lists = v->lists + opened, .size = p->found ? p->found->n : 0 };
		for (j = 0; j < p->n && !rc; j++, opened++) {
			w->size += p->lists[j].df;
			rc = cursor_open(&w->lists[j].c, s, &p->lists[j], e);
		}
		if (p->must && (!lead || w->size < lead->size))
			lead = w;
	}
	if (rc || (lead && !lead->size))
		goto out;
	if (!q->total) {
		if ((rc = guess(v)))
			goto out;
		set_need(v);
	}
	rc = begin(v, opened);
	for (v->from = 0; v->from < s->info.n && !rc; v->from = v->to) {
		v->to = v->from < WINDOW_FIRST ? WINDOW_FIRST : v->from < WINDOW ? 2 * v->from : v->from + WINDOW;
		v->to = v->to < s->info.n ? v->to : s->info.n;
		if (q->all && v->need)
			break;
		if (!(rc = columns_chunk(&v->chunk, s, v->from / CHUNK_DOCS, e))) {
			v->norms = v->chunk->norms + v->from % CHUNK_DOCS;
			rc = window(v, lead);
		}
	}
out:
	for (i = 0; i < opened; i++)
		cursor_close(&v->lists[i].c);
	return rc;
}
