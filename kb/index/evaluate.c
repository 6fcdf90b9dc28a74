/* kb/index/evaluate.c: see evaluate.h.
 *
 * MaxScore over block maxima. The skip entries of a list (postings.c) tell what a block of it can add at most; so, for
 * each word of the query, what it can add at all. The words with the least are put aside as long as all of them together
 * cannot bring a document among the best: a document that has no other cannot get there. The others, the essential
 * ones, lead: each document that has one of them is looked at, but for blocks that cannot bring a document there with
 * the most of all other words. Documents that lack too much fall at once, then dead ones and those left out, by a filter
 * too; only for the rest the words put aside are sought, the most promising first, until it is known that the
 * document stays below. What must stand in a row is looked at last, of documents that would get in.
 *
 * When words must be there, the rarest of them leads alone, document by document, and the others are sought first, the
 * rarest first. Else documents are scored by the words that lead a window of places at a time, and those that may get in are
 * picked (window.c). The rarest words lead that have as many documents as are wanted, and those that are cheaper added than
 * sought in what so many documents are likely to bring. Mostly the rest cannot bring in another document then; where it
 * can, what is enough to be among the best is known now, and enough words lead once more; one of them that is dense, a word of
 * which a list has a row (postings.c), is not added for that: it names the documents that it may bring in, as long as these
 * are few (window.c). As more is needed from window to window, words that cannot bring a document there any more are put aside
 * too.
 *
 * Where those have a large part of all documents, what each word can add is known by window, and so is which lead. When
 * hits are counted, nothing is left out for being low.
 *
 * A filter comes as bits, one for each place (passing.h): no others are looked at than those that pass. When words that led
 * did not bring in enough of these, it is known what they add to them: mostly a rare word is then nowhere any more.
 *
 * Scores are sums of whole numbers, so the order of adding does not show: what gets in has its whole score, because no
 * block of it was left out. */
#include "kb/index/window.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW_FIRST = 512, DENSE = 2, AS_CHEAP = 12, AS_CHEAP_ROW = 2, FEW = 1024, PICKED = 4096, PICKED_FIRST = 256,
	DENSE_LISTS = 4, NAMED_PART = 64, NAMED_FEW = 8 };
/* DENSE: a larger part of all documents goes by what words add in each window. AS_CHEAP: adding so many postings costs what
 * seeking a word in one document does; where that is one look, AS_CHEAP_ROW; FEW are never much. PICKED: when there are so
 * many, they are finished, for the first time when there are PICKED_FIRST. DENSE_LISTS: a word of more is not dense. NAMED_PART: a
 * larger part of a window is too much to be named; NAMED_FEW: where no larger part of all documents passes, adding is cheap */

struct evaluator *evaluator_open(void)
{
	struct evaluator *v = calloc(1, sizeof *v);	/* large, and pages that no query met are never touched */

	if (!v)
		out_of_memory();
	v->f.documents = UINT64_MAX;
	return v;
}

static void free_positions(struct evaluator *v)
{
	while (v->nwords)
		buf_free(&v->positions[--v->nwords]);
	free(v->positions);
}

void evaluator_close(struct evaluator *v)
{
	if (!v)
		return;
	free_positions(v);
	free(v->lists);
	free(v->words);
	free(v->order);
	free(v->touched);
	free(v->picked);
	buf_free(&v->row);
	free(v);
}

const struct bm25 *evaluator_formula(struct evaluator *v, uint64_t documents, uint64_t length)
{
	if (v->f.documents != documents || v->f.length != length)
		bm25_set(&v->f, documents, length);
	return &v->f;
}

/* ---- documents ---- */

/* What a word adds to a document. A word that would add less than is `lacking` may be taken for one that it has not. */
static enum rc word_seek(bool *has, uint32_t *add, struct evaluator *v, struct word *w, uint32_t place, int64_t lacking)
{
	const struct found *f = w->p->found;
	uint32_t weight = 0, one;
	size_t i;

	*has = false;
	*add = 0;
	if (f) {
		found_to(w, place);
		*has = w->at < f->n && f->places[w->at] == place;
		*add = *has ? f->scores[w->at] : 0;
		return RC_OK;
	}
	for (i = 0; i < w->p->n; i++) {
		struct cursor *c = &w->lists[i].c;

		if (!c->row && !c->x.here.p && (!c->n || c->docs[c->n - 1] < place)) {
			struct skip k = { 0 };

			while (c->block < c->nblocks && (k = cursor_skip(c, c->block)).last < place)
				if (cursor_pass(c, v->e))
					return v->e->rc;
			if (c->block == c->nblocks || (int64_t)bm25_most(&v->f, w->p->idf, k.weight, k.norm) < lacking)
				continue;
		}
		if (cursor_look(&one, c, place, v->e))
			return v->e->rc;
		weight = one > weight ? one : weight;
	}
	*has = weight > 0;
	if (*has)
		*add = bm25_score(&v->f, w->p->idf, weight, v->norms[place - v->from]);
	return RC_OK;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* Where a word stands in a document, rising. */
static enum rc word_positions(struct buf *b, struct word *w, uint32_t place, struct err *e)
{
	size_t i, from = 0;
	enum rc rc;

	buf_clear(b);
	for (i = 0; i < w->p->n; i++) {
		struct cursor *c = &w->lists[i].c;

		if ((c->i >= c->n || c->docs[c->i] != place) && cursor_seek(c, place, e) == ITER_ERROR)
			return e->rc;
		if (c->i >= c->n || c->docs[c->i] != place)
			continue;
		from += b->n > 0;
		if ((rc = cursor_positions(c, b, e)))
			return rc;
	}
	if (from)
		qsort(b->p, b->n / sizeof(uint32_t), sizeof(uint32_t), by_number);
	return RC_OK;
}

/* Do the words of a row stand one behind the other in a document? What is left of the places
 * where the row may begin, word by word, is kept in the first word's positions. */
static enum rc in_a_row(bool *yes, struct evaluator *v, const struct row *row, uint32_t place)
{
	struct buf *begins = &v->positions[row->first];
	uint32_t *to = NULL;
	size_t n = 0, k, i, j, kept;
	enum rc rc = RC_OK;

	for (k = 0; k < row->n && !rc && (k == 0 || n); k++) {
		struct buf *b = &v->positions[row->first + k];
		const uint32_t *at;
		size_t m;

		if ((rc = word_positions(b, &v->words[row->first + k], place, v->e)))
			break;
		at = (const uint32_t *)(const void *)b->p;
		m = b->n / sizeof *at;
		if (k == 0) {
			to = (uint32_t *)(void *)begins->p;
			n = m;
			continue;
		}
		for (i = j = kept = 0; i < n; i++) {
			while (j < m && at[j] < to[i] + k)
				j++;
			if (j == m)
				break;
			if (at[j] == to[i] + k)
				to[kept++] = to[i];
		}
		n = kept;
	}
	*yes = n > 0;
	return rc;
}

/* A hit, and what it scores in all. */
static void accept(struct evaluator *v, uint32_t place, uint32_t score)
{
	const struct evaluate *q = v->q;

	if (q->total)
		++*q->total;
	if (q->counts)
		counts_add(q->counts, v->chunk, place);
	if (q->hits) {
		buf_add(q->hits, &place, sizeof place);
		buf_add(q->hits, &score, sizeof score);
		if (q->one)
			v->need = UINT64_MAX;	/* no other gets in */
		return;
	}
	top_offer(v->t, score, place, v->seg);
	if (!q->total)
		set_need(v);
}

/* A document of the window that scores so much so far, and may get in. The first n words in order are to be sought;
 * `spare`: the most they add. */
static enum rc finish(struct evaluator *v, uint32_t place, uint32_t score, size_t n, uint64_t spare)
{
	const struct evaluate *q = v->q;
	const uint64_t need = v->need;
	uint32_t add;
	bool has;
	size_t i;
	enum rc rc;

	while (n--) {
		struct word *w = v->order[n];

		spare -= w->bound;
		if (!w->any)
			continue;
		if ((rc = word_seek(&has, &add, v, w, place, (int64_t)need - (int64_t)(score + spare))))
			return rc;
		score += add;
		if ((w->p->must && !has) || score + spare < need)
			return RC_OK;
	}
	for (i = 0; i < q->nrows; i++)
		if ((rc = in_a_row(&has, v, &q->rows[i], place)) || !has)
			return rc;
	accept(v, place, score);
	return RC_OK;
}

static enum rc reach(struct evaluator *v, uint32_t place)	/* v->norms are those of the chunk that it is in */
{
	enum rc rc = columns_chunk(&v->chunk, v->s, place / CHUNK_DOCS, v->e);

	if (rc)
		return rc;
	v->norms = v->chunk->norms;
	v->from = place / CHUNK_DOCS * CHUNK_DOCS;
	v->to = v->from + CHUNK_DOCS;
	return RC_OK;
}

/* Finish what was picked. */
static enum rc finish_picked(struct evaluator *v, size_t n, uint64_t spare)
{
	const struct picked *p = v->picked, *const end = p + v->npicked;
	enum rc rc = RC_OK;

	for (; p < end && !rc; p++)
		if (p->score + spare >= v->need && ((p->place >= v->from && p->place < v->to) || !(rc = reach(v, p->place))))
			rc = finish(v, p->place, p->score, n, spare);
	v->npicked = 0;
	return rc;
}

/* ---- in windows ---- */

static bool has_row(const struct word *w)
{
	return w->p->n == 1 && w->lists[0].c.row;
}

/* One of its few lists has a row. */
static bool dense(const struct word *w)
{
	size_t i;

	for (i = 0; i < w->p->n && !w->lists[i].c.row; i++)
		;
	return i < w->p->n && w->p->n <= DENSE_LISTS;
}

/* So many postings cost as much to add as it costs to seek a word in `size` documents. */
static uint64_t as_cheap(const struct word *w, uint64_t size)
{
	return (has_row(w) ? AS_CHEAP_ROW : AS_CHEAP * w->p->n) * size;
}

/* To the next window; small ones first: `first` places, then twice as many. */
static enum rc next_window(struct evaluator *v, uint32_t first)
{
	enum rc rc;

	v->from = v->to;
	v->to = v->from < first ? first : v->from < WINDOW ? 2 * v->from : v->from + WINDOW;
	v->to = v->to < v->s->info.n ? v->to : v->s->info.n;
	if (!(rc = columns_chunk(&v->chunk, v->s, v->from / CHUNK_DOCS, v->e)))
		v->norms = v->chunk->norms + v->from % CHUNK_DOCS;
	return rc;
}

/* What is put aside is known by window. */
static enum rc in_windows(struct evaluator *v)
{
	const struct evaluate *q = v->q;
	uint64_t sum, spare, size;
	size_t i, j, n;
	bool any;
	enum rc rc = RC_OK;

	v->naming = NULL;
	for (v->to = 0; v->to < v->s->info.n && !rc && !(q->all && v->need);) {
		if ((rc = next_window(v, WINDOW_FIRST)))
			break;
		sum = spare = n = 0;
		any = q->all;
		for (i = 0; i < q->n; i++) {
			struct word *w = v->order[i];

			window_bound(v, w);
			any |= w->any;
			sum += w->bound;
			for (j = i; j && w->bound < v->order[j - 1]->bound; j--)
				v->order[j] = v->order[j - 1];
			v->order[j] = w;
		}
		if (!any || sum < v->need || none_passes(v, v->from, v->to - 1))
			continue;
		for (i = size = 0; i < q->n; i++)
			if (n == i && (!v->order[n]->any || spare + v->order[n]->bound < v->need))
				spare += v->order[n++]->bound;
			else
				size += v->order[i]->size;
		for (; n && v->order[n - 1]->any && v->order[n - 1]->size <= as_cheap(v->order[n - 1], size) + FEW;
		    size += v->order[n]->size)
			spare -= v->order[--n]->bound;
		if (!(rc = window_pick(v, n, sum, spare)))
			rc = finish_picked(v, n, spare);
	}
	return rc;
}

/* ---- by document ---- */

static uint32_t list_most(const struct evaluator *v, const struct word *w, const struct cursor *c)
{
	struct skip k, high = { .weight = 0, .norm = UINT8_MAX };	/* high: of the block that has the most */
	uint32_t most = 0, b, one;
	unsigned i;

	for (i = 0; c->x.here.p && i < c->n; i++) {	/* it is decoded */
		one = bm25_score(&v->f, w->p->idf, c->weights[i], 0);
		most = one > most ? one : most;
	}
	if (c->x.here.p)
		return most;
	for (b = 0; b < c->nblocks; b++) {
		k = cursor_skip(c, b);
		if (k.weight <= high.weight && k.norm >= high.norm)
			continue;
		if ((one = bm25_most(&v->f, w->p->idf, k.weight, k.norm)) > most) {
			most = one;
			high = k;
		}
	}
	return most;
}

/* The most that a word adds to any document. */
static void word_most(const struct evaluator *v, struct word *w)
{
	const struct found *f = w->p->found;
	uint32_t one;
	size_t i;

	w->most = 0;
	for (i = 0; f && i < f->n; i++)
		w->most = f->scores[i] > w->most ? f->scores[i] : w->most;
	for (i = 0; i < w->p->n; i++) {
		one = list_most(v, w, &w->lists[i].c);
		w->most = one > w->most ? one : w->most;
	}
}

/* To a list's first place from `place` on; UINT32_MAX: none. Blocks that are too low with `others` are passed over. */
static enum rc list_to(uint32_t *at, struct evaluator *v, struct cursor *c, uint32_t idf, uint32_t place, uint64_t others)
{
	*at = UINT32_MAX;
	for (;;) {
		while (c->i < c->n && c->docs[c->i] < place)
			c->i++;
		if (c->i < c->n) {
			*at = c->docs[c->i];
			return RC_OK;
		}
		while (!c->x.here.p && c->block < c->nblocks) {
			struct skip s = cursor_skip(c, c->block);

			if (s.last >= place && others + bm25_most(&v->f, idf, s.weight, s.norm) >= v->need)
				break;
			if (cursor_pass(c, v->e))
				return v->e->rc;
		}
		if (c->block == c->nblocks)
			return RC_OK;
		if (cursor_docs(c, v->e) != ITER_ITEM)
			return v->e->rc;
	}
}

static enum rc word_to(struct evaluator *v, struct word *w, uint32_t place, uint64_t others)
{
	const struct found *f = w->p->found;
	uint32_t at;
	size_t i;
	enum rc rc;

	w->place = UINT32_MAX;
	if (f) {
		found_to(w, place);
		w->place = w->at < f->n ? f->places[w->at] : UINT32_MAX;
	}
	for (i = 0; i < w->p->n; i++) {
		if ((rc = list_to(&at, v, &w->lists[i].c, w->p->idf, place, others)))
			return rc;
		w->place = at < w->place ? at : w->place;
	}
	return RC_OK;
}

/* What a word that leads adds to the document it is at. */
static enum rc word_add(uint32_t *score, struct evaluator *v, struct word *w)
{
	uint32_t weight = 0;
	size_t i;

	if (w->p->found) {
		*score += w->p->found->scores[w->at];
		return RC_OK;
	}
	for (i = 0; i < w->p->n; i++) {
		struct cursor *c = &w->lists[i].c;

		if (c->i >= c->n || c->docs[c->i] != w->place)
			continue;
		if (cursor_weights(c, v->e))
			return v->e->rc;
		weight = c->weights[c->i] > weight ? c->weights[c->i] : weight;
	}
	*score += bm25_score(&v->f, w->p->idf, weight, v->norms[w->place - v->from]);
	return RC_OK;
}

/* The first n words in order are put aside, the others lead: the most that they all add, *spare: those put aside. */
static uint64_t set_apart(struct evaluator *v, size_t n, uint64_t *spare)
{
	uint64_t all = 0;
	size_t i;

	v->to = 0;
	*spare = 0;
	for (i = 0; i < v->q->n; i++) {
		struct word *w = v->order[i];

		w->any = w->size > 0;
		w->bound = w->most;
		all += w->most;
		*spare += i < n ? w->most : 0;
	}
	return all;
}

/* One word leads, the last in order: each of its documents is looked at when it stands there. */
static enum rc by_document(struct evaluator *v)
{
	const size_t n = v->q->n - 1;
	struct word *w = v->order[n];
	struct cursor *c = &w->lists[0].c;
	uint64_t spare;
	uint32_t score, place;
	enum rc rc;

	set_apart(v, n, &spare);
	while (w->p->n == 1) {			/* one list: all of a block in a row */
		if ((rc = list_to(&place, v, c, w->p->idf, 0, spare)) || place == UINT32_MAX)
			return rc;
		for (; c->i < c->n; c->i++) {
			place = c->docs[c->i];
			if (v->q->passing && !passing_has(v->q->passing, place))
				continue;
			if ((c->packed.p && (rc = cursor_weights(c, v->e))) || (place >= v->to && (rc = reach(v, place))))
				return rc;
			score = bm25_score(&v->f, w->p->idf, c->weights[c->i], v->norms[place - v->from]);
			if (score + spare >= v->need && !left_out(v, place) && (rc = finish(v, place, score, n, spare)))
				return rc;
		}
	}
	for (rc = word_to(v, w, 0, spare); !rc && w->place != UINT32_MAX; rc = word_to(v, w, w->place + 1, spare)) {
		if (w->place >= v->to && (rc = reach(v, w->place)))
			break;
		score = 0;
		if ((rc = word_add(&score, v, w)))
			break;
		if (score + spare >= v->need && !left_out(v, w->place) && (rc = finish(v, w->place, score, n, spare)))
			break;
	}
	return rc;
}

/* So many of `size` documents may get in with what other words add, `rest` at most; the best of them score most of `most`.
 * Scores are spread, so twice as much brings in four times as many. */
static uint64_t likely(uint64_t size, uint64_t rest, uint64_t most)
{
	const uint64_t part = most ? (rest << 8) / most * 4 / 3 : 256;

	return part < 256 ? size * part * part >> 16 : size;
}

/* How many words are put aside now that more is needed: those too that can bring no document there alone, and are sought cheaper
 * in what is picked without them than they are added. */
static size_t lead_fewer(const struct evaluator *v, size_t n, uint64_t rest)
{
	uint64_t size = leading(v, n);

	for (; n + 1 < v->q->n && (rest += v->order[n]->most) < v->need; n++) {
		size -= v->order[n]->size;
		if (v->order[n]->size <= as_cheap(v->order[n], likely(size, rest, v->need)))
			break;
	}
	return n;
}

/* How many of the n words put aside, which add `rest` at most, are sought in what was picked: those are rather added, though what
 * was added before is then added once more, that would take longer. */
static size_t lead_more(const struct evaluator *v, size_t n, uint64_t rest)
{
	const uint64_t enough = enough_with(v, rest);
	uint64_t picked = 0, size = leading(v, n);
	size_t i;

	for (i = 0; i < v->npicked; i++)
		picked += v->picked[i].score >= enough;
	while (n > v->dense && v->order[n - 1]->size + size <= as_cheap(v->order[n - 1], picked))
		size += v->order[--n]->size;
	return n;
}

/* From v->to on, to the first window in which a word that leads may be; in none: the last. */
static void pass_windows(struct evaluator *v, size_t n)
{
	uint32_t first = v->s->info.n - 1, at;
	size_t i, j;

	for (i = n; i < v->q->n && first >= v->to + WINDOW; i++) {
		const struct word *w = v->order[i];
		const struct found *f = w->p->found;

		if (!w->any)
			continue;
		if (f && w->at < f->n && f->places[w->at] < first)
			first = f->places[w->at];
		for (j = 0; j < w->p->n; j++) {
			const struct cursor *c = &w->lists[j].c;

			if (c->i == c->n && c->block == c->nblocks)
				continue;
			at = c->i < c->n ? c->docs[c->i] : (c->n ? c->docs[c->n - 1] : c->last) + 1;
			first = at < first ? at : first;
		}
	}
	if (first > v->to)
		v->to = first / WINDOW * WINDOW;
}

/* In windows, by what each word adds to any document of the segment. *aside words are put aside; fewer after that: so many should
 * be, as what was found only tells; `sure`: that is not asked. */
static enum rc by_most(struct evaluator *v, size_t *aside, bool sure)
{
	size_t n = *aside, fewer;
	uint64_t spare, rest, all = set_apart(v, n, &spare);
	uint32_t from, to;
	bool ask, naming;
	enum rc rc = RC_OK;

	while (v->to < v->s->info.n && !rc) {
		naming = v->naming && spare >= v->need;
		if (!naming)
			pass_windows(v, n);
		if ((rc = next_window(v, naming ? WINDOW_FIRST : WINDOW)))
			break;
		from = v->from;
		to = v->to;
		if (!none_passes(v, from, to - 1) && (rc = window_pick(v, n, all, spare)))
			break;
		if ((v->all_over = naming && from && v->npicked > (to - from) / NAMED_PART))
			break;
		if (naming || v->npicked >= (sure ? PICKED : PICKED_FIRST) || to == v->s->info.n) {
			if (!sure && to == v->s->info.n && (fewer = lead_more(v, n, spare)) < n) {
				*aside = fewer;
				return RC_OK;
			}
			rc = finish_picked(v, n, spare);
			v->to = to;
			ask = !sure && (v->need || to == v->s->info.n);
			for (fewer = n, rest = spare; ask && fewer && rest >= v->need; fewer--)
				rest -= v->order[fewer - 1]->most;
			if (rc || fewer < n) {
				*aside = fewer;
				return rc;
			}
			sure |= ask && fewer == n;
		}
		v->to = to;
		if (sure && (fewer = lead_fewer(v, n, spare)) > n) {
			rc = rc ? rc : finish_picked(v, n, spare);
			for (v->to = to; n < fewer; n++)
				spare += v->order[n]->most;
		}
	}
	return rc;
}

/* ---- a segment ---- */

/* Before its first posting; of a list that stands here, at it. */
static enum rc begin_list(struct evaluator *v, struct list *l)
{
	cursor_rewind(&l->c);
	l->next = 0;
	return l->c.x.here.p && cursor_docs(&l->c, v->e) != ITER_ITEM ? v->e->rc : RC_OK;
}

/* So are all. */
static enum rc begin(struct evaluator *v)
{
	size_t i;

	for (i = 0; i < v->opened; i++)
		if (begin_list(v, &v->lists[i]))
			return v->e->rc;
	for (i = 0; i < v->q->n; i++)
		v->words[i].at = v->words[i].had = 0;
	return RC_OK;
}

/* Does a row tell high weights apart? The highest of most blocks are not far above what it can tell. */
static bool row_tells(const struct cursor *c)
{
	uint64_t sum = 0;
	uint32_t b;

	for (b = 0; b < c->nblocks; b++)
		sum += cursor_skip(c, b).weight;
	return sum / c->nblocks < ROW_MORE * 4 / 3;
}

/* The lists of a dense word once more: what it names lies ahead of what is sought. */
static enum rc open_named(struct evaluator *v, struct word *w)
{
	size_t i;

	v->naming = w;
	w->named = v->lists + v->opened;
	for (i = 0; i < w->p->n; i++) {
		struct list *l = &w->named[i];

		v->opened++;
		if (cursor_open(&l->c, v->s, &w->p->lists[i], v->e) || begin_list(v, l))
			return v->e->rc;
		l->by_row = l->c.row && row_tells(&l->c);
	}
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
		free_positions(v);
		free(v->words);
		free(v->order);
		v->words = xmalloc(words * sizeof *v->words);
		v->order = xmalloc(words * sizeof *v->order);
		v->positions = xmalloc(words * sizeof *v->positions);
		for (; v->nwords < words; v->nwords++)
			v->positions[v->nwords] = (struct buf)BUF_INIT;
	}
}

/* Words in the order of being sought, which is from the last to the first: those that must be there before others, the rarest
 * first; of the others those that are dense last. */
static bool earlier(const struct word *a, const struct word *b)
{
	if (a->p->must != b->p->must)
		return b->p->must;
	return !a->p->must && dense(a) != dense(b) ? dense(a) : a->size > b->size;
}

struct kept { struct pick v[PRIMED]; size_t n; };		/* the best of the segments before */

static void keep(struct kept *k, const struct top *t)
{
	k->n = t && t->limit <= PRIMED ? t->n : 0;	/* of more, nothing starts over */
	if (k->n)
		memcpy(k->v, t->v, k->n * sizeof *k->v);
}

/* What was found so far only tells how much is enough: the best of the segments before are the best again. */
static enum rc start_over(struct evaluator *v, const struct kept *k)
{
	struct top *t = v->t;

	if (t->n == t->limit && t->limit)
		v->guess = larger(v->guess, (uint64_t)t->v[0].score << SHOWN);
	if (k->n)
		memcpy(t->v, k->v, k->n * sizeof *k->v);
	t->n = k->n;
	v->sums.n = v->npicked = 0;
	set_need(v);
	return begin(v);
}

/* The words that led, all but the first n in order, added all of their documents that pass: it is known now what they add. */
static void set_had(struct evaluator *v, size_t n)
{
	for (; n < v->q->n; n++) {
		struct word *w = v->order[n];

		w->size = w->had ? w->size : 0;
		w->most = w->had ? w->had - 1 : 0;
	}
}

/* Of the n words put aside, is the last one that is dense the only one that may bring documents in alone? */
static bool one_names(const struct evaluator *v, size_t n)
{
	uint64_t rest = 0;
	size_t i;

	for (i = 0; i < n; i++)
		rest += i + 1 == v->dense ? 0 : v->order[i]->most;
	return !rest || rest < v->need;
}

/* The rarest words lead that have enough documents, and others where that is cheaper than to seek them in what they are likely to
 * bring; then maybe more. */
static enum rc rarest_first(struct evaluator *v)
{
	const uint64_t limit = v->t->limit && v->t->limit <= PRIMED ? v->t->limit : UINT64_MAX;
	uint64_t size = 0, rest = 0, most = 0;
	size_t n = v->q->n, first, i;
	struct kept kept;
	enum rc rc;

	for (i = 0; i < n; i++)
		rest += v->order[i]->most;
	for (; n > v->dense; most = v->order[n]->most > most ? v->order[n]->most : most) {
		if (size >= limit && v->order[n - 1]->size > as_cheap(v->order[n - 1], likely(size, rest, most)) + FEW)
			break;
		size += v->order[--n]->size;
		rest -= v->order[n]->most;
	}
	keep(&kept, v->t);
	if (n && size >= limit && size < v->s->info.n / DENSE) {
		first = n;
		if ((rc = by_most(v, &n, false)) || n == first)
			return rc;
		if (v->q->passing && v->to == v->s->info.n)
			set_had(v, first);
		if ((rc = start_over(v, &kept)))
			return rc;
		n = n < v->dense ? v->dense : n;
		size = leading(v, n);
	}
	if (size >= v->s->info.n / DENSE || !one_names(v, n))
		return in_windows(v);
	if (v->dense && (rc = open_named(v, v->order[v->dense - 1])))
		return rc;
	return (rc = by_most(v, &n, true)) || !v->all_over || (rc = start_over(v, &kept)) ? rc : in_windows(v);
}

enum rc evaluate_segment(struct evaluator *v, struct top *t, struct segment *s, size_t seg, const struct evaluate *q,
    struct err *e)
{
	size_t i, j, n = 0;
	bool must = false;
	enum rc rc = RC_OK;

	for (i = 0; i < q->n; i++)
		n += q->parts[i].n;
	make_room(v, 2 * n, q->n);	/* dense words are opened twice */
	v->q = q;
	v->s = s;
	v->t = t;
	v->seg = seg;
	v->e = e;
	v->need = 0;
	v->guess = q->least >> SHOWN << SHOWN;
	v->share = q->passing && s->info.n ? ((uint64_t)q->passing->n << 16) / s->info.n : 1 << 16;
	v->opened = v->npicked = 0;
	v->naming = NULL;
	v->all_over = false;
	for (i = 0; i < q->n && !rc; i++) {
		const struct part *p = &q->parts[i];
		struct word *w = &v->words[i];

		*w = (struct word){ .p = p, .lists = v->lists + v->opened, .size = p->found ? p->found->n : 0 };
		for (j = 0; j < p->n && !rc; j++, v->opened++) {
			w->size += p->lists[j].df;
			rc = cursor_open(&w->lists[j].c, s, &p->lists[j], e);
		}
		must |= p->must;
		if (p->must && !w->size)
			goto out;
		for (j = i; j && earlier(w, v->order[j - 1]); j--)
			v->order[j] = v->order[j - 1];
		v->order[j] = w;
	}
	if (rc || (rc = begin(v)))
		goto out;
	v->dense = 0;
	if (!must && !q->total && !q->hits && !q->all && t->limit <= PRIMED && v->share >= (1 << 16) / NAMED_FEW)
		while (v->dense < q->n && dense(v->order[v->dense]))
			v->dense++;
	for (i = 0; i < q->n; i++)
		word_most(v, &v->words[i]);
	if (!q->total && !q->hits)
		set_need(v);
	v->sums.sure = must || q->total || q->hits || t->limit > PRIMED ? 0 : t->limit;
	v->sums.n = 0;
	if (must)
		rc = by_document(v);
	else if (q->total || q->hits || q->all)
		rc = in_windows(v);
	else
		rc = rarest_first(v);
out:
	while (v->opened)
		cursor_close(&v->lists[--v->opened].c);
	return rc;
}
