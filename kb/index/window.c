/* kb/index/window.c: see window.h.
 *
 * The lists of the words that lead are added to an array of scores, one slot for each place of the window; then those places
 * are picked that may get in. What their scores are already they are at least in the end, so the highest of them tell what
 * is needed before any word is sought.
 *
 * Where few places came up, these are noted and looked at alone, else all of the window. A word that leads alone adds all there is to
 * add, so what it brings in is picked at once. Where no document gets in without the word that is added first, mostly the rarest,
 * the others are added beside it alone: in most blocks there are few such places. A block that with the most of all
 * other words cannot bring a document among the best is passed over, unread.
 *
 * A dense list is not added: a look at its row (postings.c) tells what it has of a place, so it is sought in what others
 * bring. Where a word that has such a list may bring in documents that no word that leads has, it names them: they need not be
 * added, as those that weigh enough for that are few, and found in the row sixteen places at once.
 *
 * A filter comes as bits, one for each place, and as a row (passing.h). Blocks in which none passes are passed over, and only
 * postings that pass are added; or all, where most of a list did so far: who does not pass is not picked. */
#include "kb/index/window.h"

#include <string.h>

enum { SPARSE = 8, AT_ONCE = 16, AS_FOUND = 6, BY_ROW = 4 };
/* SPARSE: words that have a smaller part of all documents note which they came to, else all of a window are looked through,
 * AT_ONCE. AS_FOUND: so many postings are asked whether they pass while one that passes is sought. BY_ROW: where a
 * smaller part of a list's documents pass, each of them is looked up in its row; else blocks that are too low are passed over */
_Static_assert(CHUNK_DOCS % WINDOW == 0, "a window has its norms in one chunk");
_Static_assert(WINDOW / 64 == 64, "what of a window was hit is told by one word of bits for each 64 places");

typedef uint32_t lanes __attribute__((vector_size(16)));	/* as in pack.c */

/* ---- bounds ---- */

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

void window_bound(struct evaluator *v, struct word *w)
{
	const struct found *f = w->p->found;
	size_t i;

	w->bound = 0;
	w->any = false;
	if (!w->size)
		return;
	if (f) {
		found_to(w, v->from);
		for (i = w->at; i < f->n && f->places[i] < v->to; i++) {
			w->bound = f->scores[i] > w->bound ? f->scores[i] : w->bound;
			w->any = true;
		}
	}
	for (i = 0; i < w->p->n; i++)
		list_bound(v, w, &w->lists[i]);
	w->bound = w->bound < w->most ? w->bound : w->most;
}

/* ---- what is needed ---- */

/* A document scores so much at least: so many of the best such tell what is needed. Is it more now? */
static inline bool more_needed(struct evaluator *v, uint32_t score)
{
	struct sums *s = &v->sums;
	size_t j;

	if (!s->sure || (s->n == s->sure && score <= s->v[0]))
		return false;
	if (s->n < s->sure)
		for (j = s->n++; j && s->v[j - 1] > score; j--)
			s->v[j] = s->v[j - 1];
	else
		for (j = 0; j + 1 < s->sure && s->v[j + 1] < score; j++)
			s->v[j] = s->v[j + 1];
	s->v[j] = score;
	if (s->n < s->sure || (s->v[0] >> SHOWN << SHOWN) <= v->guess)
		return false;
	v->guess = s->v[0] >> SHOWN << SHOWN;
	set_need(v);
	return true;
}

/* ---- essential words ---- */

/* Room for n more places. */
static void touch_room(struct evaluator *v, size_t n)
{
	if (v->ntouched + n <= v->room)
		return;
	v->room = 2 * v->room + n;
	v->touched = xrealloc(v->touched, v->room * sizeof *v->touched);
}

/* Postings' scores are added; or added and not noted, as the whole window will be looked through; or their weights are
 * gathered. Of the word that is the last to be added: only what is high enough, or was hit before. One that is the only one to
 * be added, and has one list: what is high enough is picked at once. BESIDE: only where another was added before. */
enum adding { ADD, ADD_MANY, ADD_LAST, ADD_BESIDE, GATHER, GATHER_LAST, GATHER_BESIDE, PICK };

struct places {				/* of one window, being added */
	uint32_t idf;
	uint64_t spare, enough;		/* spare: the most that words put aside add; enough: of the last word, only what scores so much */
	uint16_t *touched;
	struct word *w;
};

/* A document that passes has the word, which adds no more than so much. */
static inline void word_had(struct word *w, uint32_t most)
{
	w->had = most < w->had ? w->had : most + 1;
}

/* What the posting adds; 0 of GATHER: that is known when the weights of all lists are. */
static inline __attribute__((always_inline)) uint32_t add_one(struct evaluator *v, struct places *to, uint32_t k, uint32_t weight,
    enum adding how)
{
	uint32_t one;

	one = how == GATHER || how == GATHER_BESIDE ? 0 : bm25_score(&v->f, to->idf, weight, v->norms[k]);
	if (how == PICK) {
		if (one < to->enough || left_out(v, v->from + k))
			return one;
		v->picked[v->npicked++] = (struct picked){ v->from + k, one };
		if (more_needed(v, one))
			to->enough = enough_with(v, to->spare);
		return one;
	}
	if ((how == ADD_LAST || how == GATHER_LAST) && one < to->enough && !v->score[k])
		return one;
	if (how == GATHER || how == GATHER_LAST || how == GATHER_BESIDE)
		v->weight[k] = weight > v->weight[k] ? weight : v->weight[k];
	else
		v->score[k] += one;
	if (how != ADD_MANY && how != ADD_BESIDE)
		*to->touched++ = (uint16_t)k;
	return one;
}

/* The postings of a block, from i on, that stand in the window; where it ends. */
static inline __attribute__((always_inline)) unsigned add_block(struct evaluator *v, const struct cursor *c, unsigned i,
    struct places *to, enum adding how)
{
	const uint32_t *const docs = c->docs, *const weights = c->weights, from = v->from;
	unsigned end = c->n;

	if (docs[end - 1] >= v->to)
		for (end = i; docs[end] < v->to; end++)
			;
	for (; i < end; i++)
		(void)add_one(v, to, docs[i] - from, weights[i], how);
	return i;
}

/* The same of those alone that pass: each of these is sought, or, where that is more work, the postings that pass are found
 * first, without branches. */
static inline __attribute__((always_inline)) enum rc add_passing(struct evaluator *v, struct cursor *c, unsigned i,
    struct places *to, enum adding how)
{
	const struct passing *p = v->q->passing;
	const uint32_t *const docs = c->docs;
	uint8_t at[PACK];
	unsigned end = c->n, n = 0, j;
	uint32_t place;

	if (docs[end - 1] >= v->to)
		end = cursor_first(c, v->to);
	if (!c->x.here.p && 2 * to->w->passed > to->w->asked) {
		const struct skip k = cursor_skip(c, c->block - 1);

		word_had(to->w, bm25_most(&v->f, to->idf, k.weight, k.norm));
		if (docs[i] < v->to && cursor_weights(c, v->e))
			return v->e->rc;
		c->i = add_block(v, c, i, to, how);
		return RC_OK;
	}
	if (i < end && AS_FOUND * passing_most(p, docs[i], docs[end - 1]) < end - i)
		for (place = passing_from(p, docs[i], v->to); place <= docs[end - 1]; place = passing_from(p, place + 1, v->to)) {
			j = cursor_first(c, place);
			at[n] = (uint8_t)j;
			n += docs[j] == place;
		}
	else
		for (j = i; j < end; j++) {
			at[n] = (uint8_t)j;
			n += passing_has(p, docs[j]);
		}
	to->w->asked += end - i;
	to->w->passed += n;
	c->i = end;
	if (n && cursor_weights(c, v->e))
		return v->e->rc;
	for (j = 0; j < n; j++)
		word_had(to->w, add_one(v, to, docs[at[j]] - v->from, c->weights[at[j]], how));
	return RC_OK;
}

/* The same of those alone that stand where a word was added before: they are found first, without branches. */
static inline __attribute__((always_inline)) enum rc add_beside(struct evaluator *v, struct cursor *c, unsigned i,
    struct places *to, enum adding how)
{
	const uint32_t *const docs = c->docs, *const score = v->score, from = v->from;
	const unsigned end = docs[c->n - 1] < v->to ? c->n : cursor_first(c, v->to);
	uint8_t at[PACK];
	unsigned n = 0, j;

	for (j = i; j < end; j++) {
		at[n] = (uint8_t)j;
		n += score[docs[j] - from] != 0;
	}
	c->i = end;
	if (n && cursor_weights(c, v->e))
		return v->e->rc;
	for (j = 0; j < n; j++)
		(void)add_one(v, to, docs[at[j]] - from, c->weights[at[j]], how);
	return RC_OK;
}

/* Sixteen weights of a row of n bytes, from byte i on. */
static inline uint64_t sixteen(const char *row, uint32_t i, uint32_t n)
{
	uint64_t weights = 0;

	if (n - i >= sizeof weights)
		memcpy(&weights, row + i, sizeof weights);
	else
		memcpy(&weights, row + i, n - i);
	return weights;
}

/* Of a dense list, by its row: all of the window that pass. */
static inline __attribute__((always_inline)) enum rc add_row(struct evaluator *v, struct cursor *c, struct places *to, enum adding how)
{
	const uint64_t *pass = v->q->passing->row + v->from / 16;
	const uint32_t bytes = (v->to - v->from + 1) / 2;
	uint32_t i, k, weight;
	uint64_t weights;
	const char *row;
	unsigned at;

	if (cursor_row(&row, c, v->from, v->to - v->from, &v->row, v->e))
		return v->e->rc;
	for (i = 0; i < bytes; i += 8)
		for (weights = sixteen(row, i, bytes) & *pass++; weights; weights &= ~((uint64_t)15 << at)) {
			at = (unsigned)__builtin_ctzll(weights) / 4 * 4;
			k = 2 * i + at / 4;
			weight = weights >> at & 15;
			if (weight == ROW_MORE && cursor_look(&weight, c, v->from + k, v->e))
				return v->e->rc;
			word_had(to->w, add_one(v, to, k, weight, how));
			to->w->passed++;
		}
	to->w->asked += (uint32_t)((uint64_t)c->x.df * (v->to - v->from) / v->s->info.n);
	return RC_OK;
}

/* The postings of a list that stand in the window. `others`: the most that all other words add. */
static inline __attribute__((always_inline)) enum rc add_postings(struct evaluator *v, struct list *l, struct places *to,
    uint64_t others, enum adding how)
{
	struct cursor *c = &l->c;
	uint32_t from = v->from, before, most;
	unsigned i;

	while (from < v->to) {
		if (!c->n || c->docs[c->n - 1] < from) {
			for (; c->block < c->nblocks; ) {
				struct skip s = cursor_skip(c, c->block);

				before = c->n ? c->docs[c->n - 1] : c->last;
				if (before != UINT32_MAX && before >= v->to - 1)
					return RC_OK;
				if (s.last >= from && !none_passes(v, before + 1 > from ? before + 1 : from, s.last)) {
					most = bm25_most(&v->f, to->idf, s.weight, s.norm);
					if (others + most >= v->need)
						break;
					word_had(to->w, most);
				}
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
		if (how == ADD_BESIDE || how == GATHER_BESIDE) {
			if (add_beside(v, c, i, to, how))
				return v->e->rc;
		} else if (v->q->passing) {
			if (add_passing(v, c, i, to, how))
				return v->e->rc;
		} else {
			if (c->docs[i] < v->to && cursor_weights(c, v->e))
				return v->e->rc;
			c->i = add_block(v, c, i, to, how);
		}
		from = c->docs[c->n - 1] + 1;
	}
	return RC_OK;
}

/* Do few documents of a word pass? As in the windows before; in the first, as of all documents. */
static bool few_pass(const struct evaluator *v, const struct word *w)
{
	const struct passing *p = v->q->passing;

	return p && (w->asked ? w->passed < w->asked / BY_ROW : p->n < v->s->info.n / BY_ROW);
}

static enum rc add_list(struct evaluator *v, struct word *w, struct list *l, uint64_t others, uint64_t spare, enum adding how)
{
	struct places to = { w->p->idf, spare, enough_with(v, spare), NULL, w };
	const bool by_row = l->c.row && few_pass(v, w);
	enum rc rc;

	touch_room(v, v->to - v->from);
	to.touched = v->touched + v->ntouched;
	switch (how) {
	case ADD:
		rc = by_row ? add_row(v, &l->c, &to, ADD) : add_postings(v, l, &to, others, ADD);
		break;
	case ADD_MANY:
		rc = by_row ? add_row(v, &l->c, &to, ADD_MANY) : add_postings(v, l, &to, others, ADD_MANY);
		break;
	case ADD_LAST:
		rc = by_row ? add_row(v, &l->c, &to, ADD_LAST) : add_postings(v, l, &to, others, ADD_LAST);
		break;
	case ADD_BESIDE:
		rc = add_postings(v, l, &to, others, ADD_BESIDE);
		break;
	case GATHER_BESIDE:
		rc = add_postings(v, l, &to, others, GATHER_BESIDE);
		break;
	case GATHER:
		rc = by_row ? add_row(v, &l->c, &to, GATHER) : add_postings(v, l, &to, others, GATHER);
		break;
	case GATHER_LAST:
		rc = by_row ? add_row(v, &l->c, &to, GATHER_LAST) : add_postings(v, l, &to, others, GATHER_LAST);
		break;
	default:
		rc = by_row ? add_row(v, &l->c, &to, PICK) : add_postings(v, l, &to, others, PICK);
	}
	v->ntouched = (size_t)(to.touched - v->touched);
	return rc;
}

/* others: the most that all other words add, spare: those put aside. */
static enum rc add_word(struct evaluator *v, struct word *w, uint64_t others, uint64_t spare, enum adding how)
{
	const struct found *f = w->p->found;
	const size_t first = v->ntouched;
	uint32_t k, one, most = 0;
	size_t i;
	enum rc rc;

	if (w->p->n > 1)
		how = how == ADD_LAST ? GATHER_LAST : how == ADD_BESIDE ? GATHER_BESIDE : GATHER;
	if (f) {
		found_to(w, v->from);
		touch_room(v, f->n);
	}
	for (; f && w->at < f->n && f->places[w->at] < v->to; w->at++) {
		k = f->places[w->at] - v->from;
		v->score[k] += f->scores[w->at];
		word_had(w, f->scores[w->at]);
		v->touched[v->ntouched++] = (uint16_t)k;
	}
	for (i = 0; i < w->p->n; i++)
		if ((rc = add_list(v, w, &w->lists[i], others, spare, how)))
			return rc;
	for (i = first; w->p->n > 1 && i < v->ntouched; i++) {
		k = v->touched[i];
		one = bm25_score(&v->f, w->p->idf, v->weight[k], v->norms[k]);
		most = one > most ? one : most;
		v->score[k] += one;
		v->weight[k] = 0;
	}
	if (w->p->n > 1 && first < v->ntouched)
		word_had(w, most);
	return RC_OK;
}

/* ---- what may get in ---- */

struct naming {
	const struct word *w;
	uint64_t others;		/* the most that all other words put aside add */
	const char *row;		/* of the window */
	struct skip block;		/* in work: */
	uint32_t first, last;		/* its places in the window */
	uint64_t enough;		/* so much the word must add there */
};

static void set_enough(const struct evaluator *v, struct naming *by)
{
	by->enough = enough_with(v, by->others);
}

/* A place where the word adds `one`, and that is enough. */
static inline void name_one(struct evaluator *v, struct naming *by, uint32_t k, uint32_t one)
{
	if (v->hit[k / 64] >> k % 64 & 1 || v->score[k] + one + by->others < v->need || left_out(v, v->from + k))
		return;
	bit_set(v->hit, k);
	v->any_hit |= (uint64_t)1 << k / 64;
	if (more_needed(v, v->score[k] + one))
		set_enough(v, by);
}

/* A bit for each of sixteen weights of a row that is `least` or more. */
static inline uint32_t high_weights(uint64_t weights, uint32_t least)
{
	const uint64_t ones = 0x0101010101010101, more = (16 - least) * ones;
	const uint64_t low = weights & 15 * ones, high = weights >> 4 & 15 * ones;
	uint64_t bits = ((low + more) >> 4 & ones) | ((high + more) >> 3 & 2 * ones);	/* two in each byte */

	bits = (bits | bits >> 6) & 0x000f000f000f000f;
	bits = (bits | bits >> 12) & 0x000000ff000000ff;
	return (uint32_t)(bits | bits >> 24) & 0xffff;
}

/* By the row: of the places of a block. */
static enum rc name_in_row(struct evaluator *v, struct naming *by, struct cursor *c)
{
	const uint32_t first = by->first - v->from, last = by->last - v->from, bytes = (v->to - v->from + 1) / 2;
	const uint32_t idf = by->w->p->idf;
	uint64_t weights;
	uint32_t least = ROW_MORE, i, k, weight, one, bits;

	while (least > 1 && bm25_score(&v->f, idf, least - 1, by->block.norm) >= by->enough)
		least--;
	for (i = first / 16 * 16; i <= last; i += 16) {
		weights = sixteen(by->row, i / 2, bytes);
		if (v->q->passing)
			weights &= v->q->passing->row[(v->from + i) / 16];
		for (bits = high_weights(weights, least); bits; bits &= bits - 1) {
			k = i + (uint32_t)__builtin_ctz(bits);
			if (k < first || k > last)	/* another block's; behind the last document, of a broken row */
				continue;
			weight = row_weight(by->row, k);
			if (weight == ROW_MORE) {
				if (bm25_most(&v->f, idf, by->block.weight, v->norms[k]) < by->enough)
					continue;
				if (cursor_look(&weight, c, v->from + k, v->e))
					return v->e->rc;
			}
			one = bm25_score(&v->f, idf, weight, v->norms[k]);
			if (one >= by->enough)
				name_one(v, by, k, one);
		}
	}
	return RC_OK;
}

/* May a block of the list, whose places begin at by->first, name one? */
static bool in_block(const struct evaluator *v, struct naming *by, const struct cursor *c, uint32_t block)
{
	by->block = cursor_skip(c, block);
	by->last = by->block.last < v->to ? by->block.last : v->to - 1;
	if (by->last < by->first || none_passes(v, by->first, by->block.last))
		return false;
	set_enough(v, by);
	return bm25_most(&v->f, by->w->p->idf, by->block.weight, by->block.norm) >= by->enough;
}

/* The places of the window that a list names. */
static enum rc name_by_row(struct evaluator *v, struct naming *by, struct list *l)
{
	const struct cursor *c = &l->c;
	uint32_t b;

	if (cursor_row(&by->row, &l->c, v->from, v->to - v->from, &v->row, v->e))
		return v->e->rc;
	while (l->next < c->nblocks && cursor_skip(c, l->next).last < v->from)
		l->next++;
	for (b = l->next, by->first = v->from; b < c->nblocks && by->first < v->to; b++) {
		if (in_block(v, by, c, b) && name_in_row(v, by, &l->c))
			return v->e->rc;
		by->first = by->last < by->first ? by->first : by->last + 1;
	}
	return RC_OK;
}

/* The same of a list that has no row. */
static enum rc name_by_list(struct evaluator *v, struct naming *by, struct list *l)
{
	struct cursor *c = &l->c;
	uint32_t before, one;
	unsigned i;

	for (;;) {
		if (c->n && c->docs[c->n - 1] >= v->from) {
			for (i = c->i; c->docs[i] < v->from; i++)
				;
			if (c->docs[i] < v->to && cursor_weights(c, v->e))
				return v->e->rc;
			set_enough(v, by);
			for (; i < c->n && c->docs[i] < v->to; i++) {
				one = bm25_score(&v->f, by->w->p->idf, c->weights[i], v->norms[c->docs[i] - v->from]);
				if (one >= by->enough && (!v->q->passing || passing_has(v->q->passing, c->docs[i])))
					name_one(v, by, c->docs[i] - v->from, one);
			}
			c->i = i;
			if (i < c->n)
				return RC_OK;
		}
		for (;;) {
			before = c->n ? c->docs[c->n - 1] : c->last;
			if (c->block == c->nblocks || (before != UINT32_MAX && before + 1 >= v->to))
				return RC_OK;
			by->first = before != UINT32_MAX && before + 1 > v->from ? before + 1 : v->from;
			if (in_block(v, by, c, c->block))
				break;
			if (cursor_pass(c, v->e))	/* nor will it in the next window: what is enough only rises */
				return v->e->rc;
		}
		if (cursor_docs(c, v->e) != ITER_ITEM)
			return v->e->rc;
	}
}

/* The places of the window that the dense word names, the words put aside adding `spare` at most: their bits are set. */
static enum rc name_places(struct evaluator *v, uint64_t spare)
{
	struct naming by = { .w = v->naming };
	size_t i;
	enum rc rc = RC_OK;

	if (!v->naming || spare < v->need || none_passes(v, v->from, v->to - 1))
		return RC_OK;
	by.others = spare - by.w->most;
	for (i = 0; i < by.w->p->n && !rc; i++)
		rc = by.w->named[i].by_row ? name_by_row(v, &by, &by.w->named[i]) : name_by_list(v, &by, &by.w->named[i]);
	return rc;
}

/* Of the places that came up, those that may get in: their bits are set; the others' scores are zero again. */
static void pick_touched(struct evaluator *v, uint64_t spare)
{
	const uint16_t *const touched = v->touched;	/* NULL: never any did */
	const size_t n = v->ntouched;
	const bool any_out = v->s->dead || v->q->out || v->q->passing || v->q->filter;
	uint64_t enough = enough_with(v, spare);
	uint32_t k, score;
	size_t i;

	for (i = 0; i < n; i++) {
		k = touched[i];
		score = v->score[k];
		if (score < enough || (any_out && left_out(v, v->from + k))) {
			v->score[k] = 0;
			continue;
		}
		if (v->hit[k / 64] >> k % 64 & 1)
			continue;
		bit_set(v->hit, k);
		v->any_hit |= (uint64_t)1 << k / 64;
		if (more_needed(v, score))
			enough = enough_with(v, spare);
	}
	v->ntouched = 0;
}

static void pick_hits(struct evaluator *v)
{
	uint32_t k;

	for (; v->any_hit; v->any_hit &= v->any_hit - 1) {
		uint64_t *hit = &v->hit[__builtin_ctzll(v->any_hit)];

		for (; *hit; *hit &= *hit - 1) {
			k = (uint32_t)(64 * (hit - v->hit)) + (uint32_t)__builtin_ctzll(*hit);
			v->picked[v->npicked++] = (struct picked){ v->from + k, v->score[k] };
			v->score[k] = 0;
		}
	}
}

/* Of all places of the window. What is needed is more than the words put aside add, so none gets in that did not come up. */
static void pick_through(struct evaluator *v, uint64_t spare)
{
	const bool any_out = v->s->dead || v->q->out || v->q->passing || v->q->filter;
	const uint32_t width = v->to - v->from;
	uint64_t enough = enough_with(v, spare);
	lanes four[AT_ONCE / 4], least, any;
	uint64_t two[2];
	uint32_t i, k;

	for (i = 0; i < width && enough <= UINT32_MAX; i += AT_ONCE) {
		least = (lanes){ 0 } + (uint32_t)enough;
		memcpy(four, v->score + i, sizeof four);
		any = (lanes)(four[0] >= least) | (lanes)(four[1] >= least) | (lanes)(four[2] >= least) | (lanes)(four[3] >= least);
		memcpy(two, &any, sizeof any);
		if (!(two[0] | two[1]))
			continue;
		for (k = i; k < i + AT_ONCE; k++) {
			if (v->score[k] < enough || (any_out && left_out(v, v->from + k)))
				continue;
			v->picked[v->npicked++] = (struct picked){ v->from + k, v->score[k] };
			if (more_needed(v, v->score[k]))
				enough = enough_with(v, spare);
		}
	}
	memset(v->score, 0, width * sizeof *v->score);
	v->ntouched = 0;
}

/* Does no document get in without a word, which not many have? Then others are added beside it. Not with a filter: it is told
 * what each adds to all that pass. */
static bool is_needed(const struct evaluator *v, const struct word *w, uint64_t sum)
{
	return sum - w->bound < v->need && w->size <= v->s->info.n / SPARSE && !v->q->passing;
}

enum rc window_pick(struct evaluator *v, size_t n, uint64_t sum, uint64_t spare)
{
	const struct evaluate *q = v->q;
	enum adding how = ADD;
	bool needed;
	uint32_t k;
	size_t i;
	enum rc rc = RC_OK;

	if (v->npicked + WINDOW > v->picked_room) {
		v->picked_room = 2 * v->picked_room + WINDOW;
		v->picked = xrealloc(v->picked, v->picked_room * sizeof *v->picked);
	}
	for (k = v->from; q->all && k < v->to; k++)
		if (!left_out(v, k))
			v->picked[v->npicked++] = (struct picked){ k, 0 };
	if (!v->naming && n + 1 == q->n && v->order[n]->p->n == 1 && !v->order[n]->p->found)
		return v->order[n]->any ? add_word(v, v->order[n], spare, spare, PICK) : RC_OK;
	needed = !v->naming && n + 1 < q->n && is_needed(v, v->order[q->n - 1], sum);
	if (!v->naming && !needed && n + 1 < q->n && leading(v, n) * v->share >> 16 > v->s->info.n / SPARSE && enough_with(v, spare))
		how = ADD_MANY;
	for (i = q->n; i-- > n && !rc;) {
		struct word *w = v->order[i];
		const bool last = i == n && (how == ADD || (how == ADD_MANY && w->p->n > 1));

		if (w->any)
			rc = add_word(v, w, sum - w->bound, spare, last ? ADD_LAST : how);
		if (needed && !v->ntouched)
			return rc;
		how = needed ? ADD_BESIDE : how;
	}
	if (rc) {				/* in the middle of a word, maybe */
		memset(v->score, 0, sizeof v->score);
		memset(v->weight, 0, sizeof v->weight);
		v->ntouched = 0;
		return rc;
	}
	if (how == ADD_MANY) {
		pick_through(v, spare);
		return RC_OK;
	}
	pick_touched(v, spare);
	rc = name_places(v, spare);
	pick_hits(v);
	return rc;
}
