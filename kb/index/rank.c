/* kb/index/rank.c: from a parsed query to the best documents.
 *
 * Ranking is BM25 (k1 1.4, b 0.7; idf_of has a power) over the weights of segment.c and the norms of columns.c, in whole numbers, so that
 * every machine gives the same scores. A word of the query stands for all the terms it may be, by the tiers of
 * expand.h; a document's weight for a word is the highest of these terms' weights in it, and the documents counted
 * for it are those that have any of them and are alive. That is exact whatever died since, so an index brought
 * forward scores as one made anew.
 *
 * Evaluation goes word by word: lists are decoded a block at a time and added to a flat array of scores, one slot for each
 * document of all segments; bits tell which slots were hit. A word with one list in a segment is added as it is decoded;
 * with several, their highest weights are gathered first. The array is kept, zeroed, for the next query, so a query
 * costs what its lists hold and not what the index holds. What must be there (+word) and phrases go document by
 * document instead: the rarest word leads, the others are looked up by their skip entries; a phrase's words must
 * stand at positions in a row. Filters are asked for documents that scored, and never for more.
 *
 * The saturated part of the formula depends on weight and norm only, of which few differ: it is a table. Ties go by id, which is the order of places within a segment. */
#include "kb/index/clause.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/columns.h"
#include "kb/index/expand.h"
#include "kb/index/parts.h"

enum { WEIGHTS = 32, NORMS = 256 };	/* weights below WEIGHTS are looked up */

struct scratch {
	size_t slots;			/* room for so many; all zero between queries */
	uint32_t *score, *weight;	/* 16.16 fixed point; of the word in work */
	uint64_t *hit, *out, *has;	/* bit by slot: scored; left out; has the word in work */
	uint64_t documents, length;	/* what the table is of */
	uint32_t table[WEIGHTS][NORMS];
};

void scratch_free(struct scratch *s)
{
	if (!s)
		return;
	free(s->score);
	free(s->weight);
	free(s->hit);
	free(s->out);
	free(s->has);
	free(s);
}

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);		/* pages that no query touches cost nothing */

	if (!p)
		out_of_memory();
	return p;
}

static uint32_t saturation(const struct scratch *s, uint32_t weight, uint8_t norm);

static struct scratch *scratch_of(struct index *ix, const struct stamp *st, size_t slots)
{
	struct scratch *s = ix->scratch;

	if (!s || s->slots < slots) {
		scratch_free(s);
		s = ix->scratch = xmalloc(sizeof *s);
		s->slots = slots;
		s->score = zeroed(slots, sizeof *s->score);
		s->weight = zeroed(slots, sizeof *s->weight);
		s->hit = zeroed(slots / 64, sizeof *s->hit);
		s->out = zeroed(slots / 64, sizeof *s->out);
		s->has = zeroed(slots / 64, sizeof *s->has);
		s->documents = UINT64_MAX;
	}
	if (s->documents != st->documents || s->length != st->length) {
		uint32_t w, i;

		s->documents = st->documents;
		s->length = st->length;
		for (w = 0; w < WEIGHTS; w++)
			for (i = 0; i < NORMS; i++)
				s->table[w][i] = saturation(s, w, (uint8_t)i);
	}
	return s;
}

/* weight * 2.4 / (weight + 1.4 * (0.3 + 0.7 * length / average)), 16.16 */
static uint32_t saturation(const struct scratch *s, uint32_t weight, uint8_t norm)
{
	uint64_t total = s->length ? s->length : 1, w = weight;

	return (uint32_t)((w * 2400 << 16) / (w * 1000 + 420 + 980 * (uint64_t)norm_length(norm) * s->documents / total));
}

/* log2 of a 48.16 number, as 16.16: whole bits, then one bit of the fraction at a time by squaring. */
static uint32_t log2_fixed(uint64_t x)
{
	uint32_t whole = 0, frac = 0, i;

	while (x >= (uint64_t)2 << 16)
		x >>= 1, whole++;
	for (i = 0; i < 16; i++) {
		x = x * x >> 16;
		frac <<= 1;
		if (x >= (uint64_t)2 << 16) {
			x >>= 1;
			frac |= 1;
		}
	}
	return whole << 16 | frac;
}

struct lists {				/* of one word in one segment */
	struct listing *v;
	size_t n;
	bool gathered;			/* they stand in weight and has */
};
struct run {
	struct snap *s;
	struct arena *a;
	struct query *q;
	struct scratch *m;
	size_t *base;			/* first slot of each segment, a multiple of 64; base[nsegments]: number of slots */
	struct buf *note;
	struct cursor *c;
};

static uint64_t root(uint64_t x)		/* the largest whole number whose square is no more */
{
	uint64_t r = 0, bit = (uint64_t)1 << 62;

	while (bit > x)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		if (x >= r + bit) {
			x -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

/* Half of ln(1 + (n - df + 0.5) / (df + 0.5)) to the power of 1.375, 16.16: half, so that a thousand rare words do not
 * overflow a score. BM25 has no power; with it, the small words of a question weigh less against its own, in every
 * language and without a list of them: half a point of nDCG@10 on each of seven judged collections. */
static uint32_t idf_of(const struct run *r, uint64_t df)
{
	uint64_t n = r->s->stamp.documents;
	uint64_t idf = (uint64_t)log2_fixed(((2 * n + 2) << 16) / (2 * df + 1)) * 45426 >> 16;	/* ln 2 is 45426 / 65536 */
	uint64_t fourth = root(root(idf << 16) << 16), eighth = root(fourth << 16);

	return (uint32_t)((idf * fourth >> 16) * eighth >> 17);
}

/* ---- lists of a word ---- */

/* Where a segment has the terms of a word. */
static enum rc find_lists(struct lists *l, struct run *r, const struct word *w, struct err *e)
{
	size_t seg, i;
	enum rc rc;

	for (seg = 0; seg < r->s->stamp.nsegments; seg++) {
		l[seg] = (struct lists){ arena_array(r->a, w->n, sizeof *l->v), 0, false };
		for (i = 0; i < w->n; i++) {
			rc = segment_find(&l[seg].v[l[seg].n], &r->s->segments[seg], w->terms[i], e);
			if (!rc)
				l[seg].n++;
			else if (rc != RC_NOTFOUND)
				return rc;
		}
	}
	return RC_OK;
}

/* Put the highest weights of several lists into weight and has; those of the living. */
static enum rc gather(struct run *r, struct lists *l, size_t seg, struct err *e)
{
	struct segment *s = &r->s->segments[seg];
	uint32_t *weight = r->m->weight + r->base[seg];
	uint64_t *has = r->m->has + r->base[seg] / 64;
	enum iter more = ITER_DONE;
	size_t i;
	unsigned k;

	l->gathered = true;
	for (i = 0; i < l->n; i++) {
		if (cursor_open(r->c, s, &l->v[i], e)) {
			cursor_close(r->c);
			return e->rc;
		}
		while ((more = cursor_block(r->c, e)) == ITER_ITEM)
			for (k = 0; k < r->c->n; k++) {
				uint32_t place = r->c->docs[k];

				if (r->c->weights[k] > weight[place])
					weight[place] = r->c->weights[k];
				has[place / 64] |= (uint64_t)1 << place % 64;
			}
		cursor_close(r->c);
		if (more == ITER_ERROR)
			return e->rc;
	}
	return RC_OK;
}

static size_t words64(const struct segment *s)
{
	return ((size_t)s->info.n + 63) / 64;
}

static void forget(struct run *r, struct lists *l)
{
	size_t seg, i;

	for (seg = 0; seg < r->s->stamp.nsegments; seg++) {
		uint64_t *has = r->m->has + r->base[seg] / 64;

		for (i = 0; l[seg].gathered && i < words64(&r->s->segments[seg]); i++)
			if (has[i]) {
				has[i] = 0;
				memset(r->m->weight + r->base[seg] + 64 * i, 0, 64 * sizeof *r->m->weight);
			}
		l[seg].gathered = false;
	}
}

/* Documents of one list that are dead. */
static enum rc count_dead(uint32_t *dead, struct run *r, struct segment *s, const struct listing *x, struct err *e)
{
	uint32_t n = 0, place = 0;
	enum iter more = ITER_DONE;
	size_t i = 0;
	unsigned k;

	if (cursor_open(r->c, s, x, e)) {
		more = ITER_ERROR;
	} else if (s->info.dead < x->df / 64) {		/* look each of them up */
		for (i = 0; i < words64(s) && more != ITER_ERROR; i++) {
			uint64_t bits = s->dead[i];

			for (; bits && more != ITER_ERROR; bits &= bits - 1) {
				place = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(bits);
				if ((more = cursor_seek(r->c, place, e)) == ITER_ITEM)
					n += r->c->docs[r->c->i] == place;
			}
		}
	} else {
		while ((more = cursor_block(r->c, e)) == ITER_ITEM)
			for (k = 0; k < r->c->n; k++)
				n += segment_dead(s, r->c->docs[k]);
	}
	cursor_close(r->c);
	if (more == ITER_ERROR)
		return e->rc;
	*dead = n;
	return RC_OK;
}

/* Living documents that have the word. Several lists are gathered for it, and stay so until `forget`. */
static enum rc count_documents(uint64_t *df, struct run *r, struct lists *l, struct err *e)
{
	size_t seg, i;
	uint32_t dead;
	enum rc rc;

	*df = 0;
	for (seg = 0; seg < r->s->stamp.nsegments; seg++) {
		struct segment *s = &r->s->segments[seg];

		if (l[seg].n == 1) {
			dead = 0;
			if (s->dead && (rc = count_dead(&dead, r, s, &l[seg].v[0], e)))
				return rc;
			*df += l[seg].v[0].df - dead;
		} else if (l[seg].n) {
			if ((rc = gather(r, &l[seg], seg, e)))
				return rc;
			for (i = 0; i < words64(s); i++) {
				uint64_t bits = r->m->has[r->base[seg] / 64 + i];

				*df += (uint64_t)__builtin_popcountll(s->dead ? bits & ~s->dead[i] : bits);
			}
		}
	}
	return RC_OK;
}

/* A word's lists by the first tier that finds a document; exact: by no other. */
static enum rc find_word(struct lists *l, uint64_t *df, struct run *r, struct word *w, bool last, bool exact, struct err *e)
{
	struct expansion x = { 0 };
	enum rc rc = RC_OK;
	enum tier tier;

	*df = 0;
	for (tier = 0; tier < (exact ? TIER_EXACT + 1 : TIERS) && !*df; tier++) {
		forget(r, l);
		if ((rc = expand_word(&x, r->a, r->s, w->raw, tier, last ? (r->q->typing ? TYPED_PART : TYPED_LAST) : TYPED_WHOLE, e)))
			break;
		w->terms = x.terms;
		w->n = x.n;
		if ((rc = find_lists(l, r, w, e)) || (rc = count_documents(df, r, l, e)))
			break;
	}
	if (!rc && *df && x.shown.n) {
		if (r->note->n)
			buf_puts(r->note, ", ");
		buf_printf(r->note, "showing %.*s for %.*s", FMT_STR(x.shown), FMT_STR(w->raw));
	}
	return rc;
}

/* ---- scores ---- */

static inline uint32_t score_of(const struct scratch *m, uint32_t idf, uint32_t weight, uint8_t norm)
{
	uint32_t s = weight < WEIGHTS ? m->table[weight][norm] : saturation(m, weight, norm);

	return (uint32_t)((uint64_t)idf * s >> 16);
}

static enum rc norms_of(const uint8_t **norms, struct run *r, size_t seg, uint32_t place, struct err *e)
{
	const struct column_chunk *c;
	enum rc rc = columns_chunk(&c, &r->s->segments[seg], place / CHUNK_DOCS, e);

	if (!rc)
		*norms = c->norms;
	return rc;
}

static enum rc add_list(struct run *r, size_t seg, const struct listing *x, uint32_t idf, struct err *e)
{
	const struct scratch *m = r->m;
	const uint32_t *weights = r->c->weights;
	uint32_t *score = m->score + r->base[seg], chunk = UINT32_MAX, place;
	uint64_t *hit = r->m->hit + r->base[seg] / 64;
	const uint8_t *norms = NULL;
	enum iter more = ITER_DONE;
	unsigned k;

	if (cursor_open(r->c, &r->s->segments[seg], x, e))
		more = ITER_ERROR;
	while (more != ITER_ERROR && (more = cursor_block(r->c, e)) == ITER_ITEM)
		for (k = 0; k < r->c->n; k++) {
			place = r->c->docs[k];
			if (place / CHUNK_DOCS != chunk) {
				chunk = place / CHUNK_DOCS;
				if (norms_of(&norms, r, seg, place, e)) {
					more = ITER_ERROR;
					break;
				}
			}
			score[place] += score_of(m, idf, weights[k], norms[place % CHUNK_DOCS]);
			hit[place / 64] |= (uint64_t)1 << place % 64;
		}
	cursor_close(r->c);
	return more == ITER_ERROR ? e->rc : RC_OK;
}

static enum rc add_gathered(struct run *r, size_t seg, uint32_t idf, struct err *e)
{
	uint32_t *score = r->m->score + r->base[seg], place;
	const uint64_t *has = r->m->has + r->base[seg] / 64;
	uint64_t *hit = r->m->hit + r->base[seg] / 64, bits;
	const uint8_t *norms;
	size_t i;
	enum rc rc;

	for (i = 0; i < words64(&r->s->segments[seg]); i++) {
		if (!has[i])
			continue;
		if ((rc = norms_of(&norms, r, seg, (uint32_t)(64 * i), e)))
			return rc;
		for (bits = has[i]; bits; bits &= bits - 1) {
			place = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(bits);
			score[place] += score_of(r->m, idf, r->m->weight[r->base[seg] + place], norms[place % CHUNK_DOCS]);
		}
		hit[i] |= has[i];
	}
	return RC_OK;
}

static enum rc mark_out(struct run *r, size_t seg, const struct listing *x, struct err *e)
{
	uint64_t *out = r->m->out + r->base[seg] / 64;
	enum iter more = ITER_DONE;
	unsigned k;

	if (cursor_open(r->c, &r->s->segments[seg], x, e))
		more = ITER_ERROR;
	while (more != ITER_ERROR && (more = cursor_block(r->c, e)) == ITER_ITEM)
		for (k = 0; k < r->c->n; k++)
			out[r->c->docs[k] / 64] |= (uint64_t)1 << r->c->docs[k] % 64;
	cursor_close(r->c);
	return more == ITER_ERROR ? e->rc : RC_OK;
}

/* A single word: its documents score, or are left out. */
static enum rc run_word(struct run *r, struct clause *c, bool last, struct err *e)
{
	struct lists *l = arena_array(r->a, r->s->stamp.nsegments + 1, sizeof *l);
	uint64_t df = 0;
	size_t seg, i;
	enum rc rc = find_word(l, &df, r, &c->words[0], last, c->not, e);

	for (seg = 0; seg < r->s->stamp.nsegments && !rc && df; seg++) {
		if (c->not)
			for (i = 0; i < l[seg].n && !rc; i++)
				rc = mark_out(r, seg, &l[seg].v[i], e);
		else if (l[seg].gathered)
			rc = add_gathered(r, seg, idf_of(r, df), e);
		else if (l[seg].n)
			rc = add_list(r, seg, &l[seg].v[0], idf_of(r, df), e);
	}
	forget(r, l);
	return rc;
}

/* ---- what must be there, and phrases ---- */

struct need {				/* a word that a document must have */
	struct word *word;
	struct lists *l;		/* by segment */
	uint64_t df;
	struct cursor *c;		/* of this segment's lists */
	size_t n;
	uint32_t weight;		/* in the document looked at */
	struct buf positions;
	size_t at;			/* in positions, see in_a_row */
};
struct found {				/* documents that have all */
	uint32_t *places, *weights;	/* weights: nneeds a document */
	size_t n, cap;
};

static enum iter need_seek(struct need *d, uint32_t place, struct err *e)
{
	enum iter more, got = ITER_DONE;
	size_t i;

	d->weight = 0;
	for (i = 0; i < d->n; i++) {
		if ((more = cursor_seek(&d->c[i], place, e)) == ITER_ERROR)
			return more;
		if (more == ITER_ITEM && d->c[i].docs[d->c[i].i] == place) {
			got = ITER_ITEM;
			if (d->c[i].weights[d->c[i].i] > d->weight)
				d->weight = d->c[i].weights[d->c[i].i];
		}
	}
	return got;
}

/* The first place at or after `place` that one of the lists has; UINT32_MAX: none. */
static enum rc need_first(uint32_t *found, struct need *d, uint32_t place, struct err *e)
{
	enum iter more;
	size_t i;

	*found = UINT32_MAX;
	for (i = 0; i < d->n; i++) {
		if ((more = cursor_seek(&d->c[i], place, e)) == ITER_ERROR)
			return e->rc;
		if (more == ITER_ITEM && d->c[i].docs[d->c[i].i] < *found)
			*found = d->c[i].docs[d->c[i].i];
	}
	return RC_OK;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* Do the words of a phrase stand in a row in the document that their cursors are at? */
static enum rc in_a_row(bool *yes, struct need *d, size_t n, uint32_t place, struct err *e)
{
	uint32_t want;
	size_t i, k, from;
	enum rc rc;

	*yes = false;
	for (k = 0; k < n; k++) {
		buf_clear(&d[k].positions);
		d[k].at = 0;
		for (i = 0, from = 0; i < d[k].n; i++) {
			struct cursor *c = &d[k].c[i];

			if (c->i >= c->n || c->docs[c->i] != place)
				continue;
			from += d[k].positions.n > 0;
			if ((rc = cursor_positions(c, &d[k].positions, e)))
				return rc;
		}
		if (!d[k].positions.n)
			return RC_OK;
		if (from)
			qsort(d[k].positions.p, d[k].positions.n / sizeof want, sizeof want, by_number);
	}
	for (;;) {				/* `want`: where the phrase may begin */
		const uint32_t *p = (const uint32_t *)(const void *)d[0].positions.p;

		if (d[0].at == d[0].positions.n / sizeof *p)
			return RC_OK;
		want = p[d[0].at++];
		for (k = 1; k < n; k++) {
			size_t m = d[k].positions.n / sizeof *p;

			p = (const uint32_t *)(const void *)d[k].positions.p;
			while (d[k].at < m && p[d[k].at] < want + k)
				d[k].at++;
			if (d[k].at == m)
				return RC_OK;
			if (p[d[k].at] != want + k)
				break;
		}
		if (k == n) {
			*yes = true;
			return RC_OK;
		}
	}
}

static void found_add(struct found *f, uint32_t place, const struct need *needs, size_t n)
{
	size_t k;

	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 64;

		f->places = xrealloc(f->places, cap * sizeof *f->places);
		f->weights = xrealloc(f->weights, cap * n * sizeof *f->weights);
		f->cap = cap;
	}
	f->places[f->n] = place;
	for (k = 0; k < n; k++)
		f->weights[f->n * n + k] = needs[k].weight;
	f->n++;
}

/* The living documents of a segment that have all needs, and each phrase among them: clauses in the order of needs. */
static enum rc find_all(struct found *f, struct run *r, size_t seg, struct need *needs, size_t n, struct clause *const *clauses,
    size_t nclauses, struct err *e)
{
	struct segment *s = &r->s->segments[seg];
	size_t k, i, lead = 0, at, opened = 0;
	uint64_t size, least = UINT64_MAX;
	uint32_t place = 0;
	enum rc rc = RC_OK;

	for (k = 0; k < n; k++) {
		for (i = 0, size = 0; i < needs[k].l[seg].n; i++)
			size += needs[k].l[seg].v[i].df;
		if (!size)
			return RC_OK;
		if (size < least) {
			least = size;
			lead = k;
		}
	}
	for (; opened < n; opened++) {
		struct need *d = &needs[opened];

		d->n = d->l[seg].n;
		d->c = xmalloc(d->n * sizeof *d->c);
		for (i = 0; i < d->n; i++)
			if (cursor_open(&d->c[i], s, &d->l[seg].v[i], e))
				rc = e->rc;
	}
	while (!rc && !(rc = need_first(&place, &needs[lead], place, e)) && place != UINT32_MAX) {
		bool all = !segment_dead(s, place);

		for (k = 0; k < n && all && !rc; k++) {
			enum iter more = need_seek(&needs[k], place, e);

			if (more == ITER_ERROR)
				rc = e->rc;
			all = more == ITER_ITEM;
		}
		for (k = 0, at = 0; k < nclauses && all && !rc; at += clauses[k++]->n)
			if (clauses[k]->phrase)
				rc = in_a_row(&all, &needs[at], clauses[k]->n, place, e);
		if (all && !rc)
			found_add(f, place, needs, n);
		place++;
	}
	for (k = 0; k < opened; k++) {
		for (i = 0; i < needs[k].n; i++)
			cursor_close(&needs[k].c[i]);
		free(needs[k].c);
	}
	return rc;
}

/* Documents that have all words of some clauses: they score, or are left out; only = true: no others can be hits. */
static enum rc run_needs(struct run *r, struct clause *const *clauses, size_t nclauses, size_t open_clause, bool only,
    uint64_t *found, struct err *e)
{
	size_t nsegments = r->s->stamp.nsegments, n = 0, k, j, seg, i, w;
	struct found *f = arena_array(r->a, nsegments + 1, sizeof *f);
	struct need *needs;
	uint64_t all = 0;
	enum rc rc = RC_OK;

	for (k = 0; k < nclauses; k++)
		n += clauses[k]->n;
	needs = arena_array(r->a, n + 1, sizeof *needs);
	for (k = 0, j = 0; k < nclauses && !rc; k++)
		for (w = 0; w < clauses[k]->n && !rc; w++, j++) {
			needs[j].word = &clauses[k]->words[w];
			needs[j].l = arena_array(r->a, nsegments + 1, sizeof *needs[j].l);
			rc = find_word(needs[j].l, &needs[j].df, r, needs[j].word, k == open_clause, clauses[k]->phrase || clauses[k]->not, e);
			forget(r, needs[j].l);
		}
	for (seg = 0; seg < nsegments && !rc; seg++) {
		rc = find_all(&f[seg], r, seg, needs, n, clauses, nclauses, e);
		all += f[seg].n;
	}
	for (k = 0, j = 0; k < nclauses; k++)		/* a phrase's words are as rare as the phrase */
		for (w = 0; w < clauses[k]->n; w++, j++)
			needs[j].df = clauses[k]->phrase && nclauses == 1 ? all : needs[j].df;
	for (seg = 0; seg < nsegments && !rc; seg++) {
		uint64_t *hit = r->m->hit + r->base[seg] / 64, *out = r->m->out + r->base[seg] / 64;
		const uint8_t *norms;

		if (only)
			memset(out, 0xff, words64(&r->s->segments[seg]) * sizeof *out);
		for (i = 0; i < f[seg].n && !rc; i++) {
			uint32_t place = f[seg].places[i];

			if (clauses[0]->not) {
				out[place / 64] |= (uint64_t)1 << place % 64;
				continue;
			}
			if ((rc = norms_of(&norms, r, seg, place, e)))
				break;
			for (k = 0; k < n; k++)
				r->m->score[r->base[seg] + place] += score_of(r->m, idf_of(r, needs[k].df), f[seg].weights[i * n + k],
				    norms[place % CHUNK_DOCS]);
			hit[place / 64] |= (uint64_t)1 << place % 64;
			if (only)
				out[place / 64] &= ~((uint64_t)1 << place % 64);
		}
	}
	for (seg = 0; seg < nsegments; seg++) {
		free(f[seg].places);
		free(f[seg].weights);
	}
	for (k = 0; k < n; k++)
		buf_free(&needs[k].positions);
	*found = all;
	return rc;
}

/* ---- picking ---- */

struct pick {
	uint32_t score, place;
	size_t seg;
	struct str id;			/* empty until it is asked for */
};
struct top {
	struct run *r;
	struct pick *v;			/* a heap: the worst on top */
	size_t n, limit;
	enum rc rc;			/* of looking an id up */
	struct err *e;
};

static void pick_id(struct top *t, struct pick *p)
{
	struct record rec;
	uint32_t ordinal = 0;

	if (p->id.n || t->rc)
		return;
	(void)((t->rc = columns_ordinal(&ordinal, &t->r->s->segments[p->seg], p->place, t->e)) ||
	    (t->rc = docs_get(&rec, t->r->a, t->r->s->txn, &t->r->s->t, ordinal, t->e)));
	if (!t->rc)
		p->id = rec.id;
}

/* Does a come before b? By score as it is shown, then by id. */
static bool before(struct top *t, struct pick *a, struct pick *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	if (a->seg == b->seg)
		return a->place < b->place;
	pick_id(t, a);
	pick_id(t, b);
	return str_cmp(a->id, b->id) < 0;
}

static void sift(struct top *t, size_t n, size_t i)
{
	struct pick *h = t->v, x;
	size_t k;

	for (; (k = 2 * i + 1) < n; i = k) {
		if (k + 1 < n && before(t, &h[k], &h[k + 1]))
			k++;
		if (!before(t, &h[i], &h[k]))
			return;
		x = h[i], h[i] = h[k], h[k] = x;
	}
}

static void offer(struct top *t, struct pick p)
{
	size_t k;

	if (t->n < t->limit) {
		t->v[t->n++] = p;
		if (t->n == t->limit)
			for (k = t->n / 2; k-- > 0;)
				sift(t, t->n, k);
	} else if (t->limit && before(t, &p, &t->v[0])) {
		t->v[0] = p;
		sift(t, t->n, 0);
	}
}

/* Best first: take the worst off again and again. */
static void settle(struct top *t)
{
	struct pick x;
	size_t n, k;

	for (k = t->n < t->limit ? t->n / 2 : 0; k-- > 0;)
		sift(t, t->n, k);
	for (n = t->n; n > 1; n--) {
		x = t->v[0], t->v[0] = t->v[n - 1], t->v[n - 1] = x;
		sift(t, n - 1, 0);
	}
}

/* Look at every hit of a segment. all: every living document is one, of score 0. */
static enum rc pick_segment(struct top *t, uint64_t *total, size_t seg, const struct filters *f, struct column_counts *counts, bool all,
    struct err *e)
{
	struct run *r = t->r;
	struct segment *s = &r->s->segments[seg];
	const uint32_t *score = r->m->score + r->base[seg];
	const uint64_t *hit = r->m->hit + r->base[seg] / 64, *out = r->m->out + r->base[seg] / 64;
	const struct column_chunk *c = NULL;
	struct column_filter *filter;
	uint64_t bits;
	size_t i;
	enum rc rc;

	if ((rc = columns_filter(&filter, r->a, s, f, e)) || (counts && (rc = counts_segment(counts, s, e))))
		return rc;
	for (i = 0; i < words64(s); i++) {
		bits = (all ? UINT64_MAX : hit[i]) & ~out[i];
		if (s->dead)
			bits &= ~s->dead[i];
		if (64 * (i + 1) > s->info.n && s->info.n % 64)
			bits &= ((uint64_t)1 << s->info.n % 64) - 1;
		if (!bits)
			continue;
		if ((filter || counts) && (rc = columns_chunk(&c, s, (uint32_t)(64 * i / CHUNK_DOCS), e)))
			return rc;
		if (!filter)
			*total += (uint64_t)__builtin_popcountll(bits);
		for (; bits; bits &= bits - 1) {
			uint32_t place = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(bits), shown = score[place] >> 6;

			if (filter && !columns_pass(filter, c, place))
				continue;
			*total += filter != NULL;
			if (counts)
				counts_add(counts, c, place);
			if (t->n < t->limit || (t->limit && shown >= t->v[0].score))
				offer(t, (struct pick){ shown, place, seg, STR_NONE });
		}
	}
	return t->rc;
}

static void clear(struct run *r)
{
	struct scratch *m = r->m;
	size_t i, n = r->base[r->s->stamp.nsegments] / 64;

	for (i = 0; i < n; i++) {
		if (m->hit[i])
			memset(m->score + 64 * i, 0, 64 * sizeof *m->score);
		if (m->has[i])			/* only when something failed */
			memset(m->weight + 64 * i, 0, 64 * sizeof *m->weight);
		m->hit[i] = m->out[i] = m->has[i] = 0;
	}
}

static struct str said(const struct clause *c)	/* the words of a clause as they were typed */
{
	const struct str first = c->words[0].raw, last = c->words[c->n - 1].raw;

	return (struct str){ first.p, (size_t)(last.p - first.p) + last.n };
}

/* A phrase scores the documents that have it. One that nobody wrote, within a longer question, is taken as its words. */
static enum rc run_phrase(struct run *r, struct clause *c, struct err *e)
{
	struct clause word = { .n = 1 };
	uint64_t found;
	enum rc rc = run_needs(r, &c, 1, SIZE_MAX, false, &found, e);
	size_t i;

	if (rc || found || c->not || r->q->positive < 2)
		return rc;
	buf_printf(r->note, "%sno document has \"%.*s\" in a row: looking for its words", r->note->n ? ", " : "", FMT_STR(said(c)));
	for (i = 0; i < c->n && !rc; i++) {
		word.words = &c->words[i];
		rc = run_word(r, &word, false, e);
	}
	return rc;
}

static enum rc run_clauses(struct run *r, struct err *e)
{
	uint64_t found;
	struct query *q = r->q;
	struct clause **must = arena_array(r->a, q->n + 1, sizeof *must);
	size_t i, n = 0, last = q->open_end ? q->n - 1 : SIZE_MAX, last_must = SIZE_MAX;
	enum rc rc = RC_OK;

	for (i = 0; i < q->n && !rc; i++) {
		struct clause *c = &q->clauses[i];

		if (c->must) {
			if (i == last)
				last_must = n;
			must[n++] = c;
		}
	}
	if (n)
		rc = run_needs(r, must, n, last_must, true, &found, e);
	for (i = 0; i < q->n && !rc; i++) {
		struct clause *c = &q->clauses[i];

		if (c->must)
			continue;
		rc = c->phrase ? run_phrase(r, c, e) : run_word(r, c, i == last, e);
	}
	return rc;
}

enum rc query_run(struct result *res, struct arena *a, struct snap *s, struct query *q, const struct filters *f,
    size_t limit, bool facets, struct err *e)
{
	struct run r = { .s = s, .a = a, .q = q };
	struct top top = { .r = &r, .e = e };
	struct column_counts *counts = facets ? counts_open(a) : NULL;
	struct buf note = BUF_INIT;
	size_t seg, n = 0, k;
	uint32_t ordinal = 0;
	enum rc rc;

	*res = (struct result){ 0 };
	r.note = &note;
	r.base = arena_array(a, s->stamp.nsegments + 1, sizeof *r.base);
	for (seg = 0; seg < s->stamp.nsegments; seg++) {
		r.base[seg] = n;
		n += 64 * words64(&s->segments[seg]);
	}
	r.base[seg] = n;
	r.m = scratch_of(s->ix, &s->stamp, n);
	r.c = arena_alloc(a, sizeof *r.c);
	top.limit = limit < s->stamp.documents ? limit : (size_t)s->stamp.documents;
	top.v = arena_array(a, top.limit, sizeof *top.v);
	rc = run_clauses(&r, e);
	for (seg = 0; seg < s->stamp.nsegments && !rc; seg++)
		rc = pick_segment(&top, &res->total, seg, f, counts, q->positive == 0, e);
	clear(&r);
	if (!rc)
		settle(&top);
	rc = rc ? rc : top.rc;
	res->hits = arena_array(a, top.n, sizeof *res->hits);
	for (k = 0; k < top.n && !rc; k++) {
		res->hits[k].score = top.v[k].score;
		if (!(rc = columns_ordinal(&ordinal, &s->segments[top.v[k].seg], top.v[k].place, e)))
			rc = snap_by_ordinal(&res->hits[k].record, s, a, ordinal, e);
	}
	res->n = top.n;
	if (counts && !rc)
		counts_close(&res->facets, &res->nfacets, counts);
	if (note.n)
		res->note = arena_str(a, buf_str(&note));
	buf_free(&note);
	return snap_result(s, rc);
}
