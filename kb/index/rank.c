/* kb/index/rank.c: from a parsed query to the best documents.
 *
 * A word of the query stands for all the terms it may be, by the tiers of expand.h; a document's weight for a word is
 * the highest of these terms' weights in it, and the documents counted for it are those of each of them that are
 * alive. That is exact whatever died since, so an index brought forward scores as one made anew.
 *
 * First all words are looked up: what they are in the index, where their lists stand, how many living documents have
 * them, so what they count (bm25.h). A phrase's documents are found at once, because what it counts depends on how many
 * there are: the rarest word leads, the others are looked up by their skip entries, and where a document has all of
 * them, they must stand at positions in a row. Then each segment is evaluated (evaluate.h), and records are read
 * of the best only. */
#include "kb/index/clause.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/columns.h"
#include "kb/index/evaluate.h"
#include "kb/index/expand.h"
#include "kb/index/parts.h"

struct lists {				/* of one word in one segment */
	struct listing *v;
	size_t n;
};
struct run {
	struct snap *s;
	struct arena *a;
	struct query *q;
	const struct bm25 *f;
	struct buf *note;
	struct cursor *c;		/* for counting */
	uint64_t **out;			/* by segment: bits of the documents left out; NULL: none */
	struct part *parts;		/* segment * most + number */
	size_t n, most;
	bool none;			/* what must be there is nowhere */
};

static size_t words64(const struct segment *s)
{
	return ((size_t)s->info.n + 63) / 64;
}

/* ---- lists of a word ---- */

static int by_term(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* Where the segments have the terms of a word. */
static enum rc find_lists(struct lists *l, struct run *r, const struct word *w, struct err *e)
{
	size_t seg;
	enum rc rc = RC_OK;

	if (w->n)
		qsort(w->terms, w->n, sizeof *w->terms, by_term);
	for (seg = 0; seg < r->s->stamp.nsegments && !rc; seg++) {
		l[seg].v = arena_array(r->a, w->n, sizeof *l->v);
		rc = segment_find(l[seg].v, &l[seg].n, &r->s->segments[seg], w->terms, w->n, e);
	}
	return rc;
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
		while ((more = cursor_docs(r->c, e)) == ITER_ITEM)
			for (k = 0; k < r->c->n; k++)
				n += segment_dead(s, r->c->docs[k]);
	}
	cursor_close(r->c);
	if (more == ITER_ERROR)
		return e->rc;
	*dead = n;
	return RC_OK;
}

/* Set the bits of a list's documents. */
static enum rc mark(uint64_t *bits, struct run *r, struct segment *s, const struct listing *x, struct err *e)
{
	enum iter more = ITER_ERROR;
	unsigned k;

	if (!cursor_open(r->c, s, x, e))
		while ((more = cursor_docs(r->c, e)) == ITER_ITEM)
			for (k = 0; k < r->c->n; k++)
				bits[r->c->docs[k] / 64] |= (uint64_t)1 << r->c->docs[k] % 64;
	cursor_close(r->c);
	return more == ITER_ERROR ? e->rc : RC_OK;
}

/* How many living documents have the word: those of its terms, added up. One that has two of them is counted twice, and
 * no list is read for it. */
static enum rc count_documents(uint64_t *df, struct run *r, const struct lists *l, struct err *e)
{
	size_t seg, i;
	uint32_t dead;
	enum rc rc;

	*df = 0;
	for (seg = 0; seg < r->s->stamp.nsegments; seg++)
		for (i = 0; i < l[seg].n; i++) {
			dead = 0;
			if (r->s->segments[seg].dead && (rc = count_dead(&dead, r, &r->s->segments[seg], &l[seg].v[i], e)))
				return rc;
			*df += l[seg].v[i].df - dead;
		}
	if (*df > r->s->stamp.documents)
		*df = r->s->stamp.documents;
	return RC_OK;
}

/* A word's lists by the first tier that finds a document; exact: by no other. */
static enum rc find_word(struct lists *l, uint64_t *df, struct run *r, struct word *w, bool last, bool exact, struct err *e)
{
	const enum typed typed = !last ? TYPED_WHOLE : r->q->typing ? TYPED_PART : TYPED_LAST;
	struct expansion x = { 0 };
	enum rc rc = RC_OK;
	enum tier tier;

	*df = 0;
	for (tier = 0; tier < (exact ? TIER_EXACT + 1 : TIERS) && !*df; tier++) {
		if ((rc = expand_word(&x, r->a, r->s, w->raw, tier, typed, e)))
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

static struct lists *no_lists(struct run *r)
{
	return arena_array(r->a, r->s->stamp.nsegments + 1, sizeof(struct lists));
}

/* ---- what is to be evaluated ---- */

static void add_part(struct run *r, const struct lists *l, const struct found *f, uint32_t idf, bool must)
{
	size_t seg;

	for (seg = 0; seg < r->s->stamp.nsegments; seg++)
		r->parts[seg * r->most + r->n] = (struct part){ .lists = l ? l[seg].v : NULL, .n = l ? l[seg].n : 0,
		    .found = f ? &f[seg] : NULL, .idf = idf, .must = must };
	r->n++;
}

static uint64_t *out_bits(struct run *r, size_t seg)
{
	if (!r->out[seg])
		r->out[seg] = arena_array(r->a, words64(&r->s->segments[seg]), sizeof **r->out);
	return r->out[seg];
}

/* A single word: its documents score, or are left out. */
static enum rc run_word(struct run *r, struct word *w, bool last, bool not, bool must, struct err *e)
{
	struct lists *l = no_lists(r);
	uint64_t df = 0;
	size_t seg, i;
	enum rc rc = find_word(l, &df, r, w, last, not, e);

	if (rc)
		return rc;
	if (!df)
		r->none |= must;
	else if (!not)
		add_part(r, l, NULL, bm25_idf(r->f, df), must);
	for (seg = 0; not && seg < r->s->stamp.nsegments && !rc; seg++)
		for (i = 0; i < l[seg].n && !rc; i++)
			rc = mark(out_bits(r, seg), r, &r->s->segments[seg], &l[seg].v[i], e);
	return rc;
}

/* ---- phrases ---- */

struct need {				/* a word that a document must have */
	struct lists *l;		/* by segment */
	uint64_t df;
	uint32_t idf;
	struct cursor *c;		/* of this segment's lists */
	size_t n;
	uint64_t size;			/* their postings */
	uint32_t weight;		/* in the document looked at */
	struct buf positions;
	size_t at;			/* in positions, see in_a_row */
};
struct matches {			/* documents that have all */
	uint32_t *places, *weights;	/* weights: nneeds a document */
	size_t n, cap;
};

static enum iter need_seek(struct need *d, uint32_t place, struct err *e)
{
	enum iter more, got = ITER_DONE;
	size_t i;

	for (i = 0; i < d->n; i++) {
		if ((more = cursor_seek(&d->c[i], place, e)) == ITER_ERROR)
			return more;
		if (more == ITER_ITEM && d->c[i].docs[d->c[i].i] == place)
			got = ITER_ITEM;
	}
	return got;
}

/* Its weight in the document that its cursors were sent to. */
static enum rc need_weigh(struct need *d, uint32_t place, struct err *e)
{
	size_t i;
	enum rc rc;

	d->weight = 0;
	for (i = 0; i < d->n; i++) {
		struct cursor *c = &d->c[i];

		if (c->i >= c->n || c->docs[c->i] != place)
			continue;
		if ((rc = cursor_weights(c, e)))
			return rc;
		d->weight = c->weights[c->i] > d->weight ? c->weights[c->i] : d->weight;
	}
	return RC_OK;
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

static enum rc add_match(struct matches *f, uint32_t place, struct need *needs, size_t n, struct err *e)
{
	size_t k;
	enum rc rc;

	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 64;

		f->places = xrealloc(f->places, cap * sizeof *f->places);
		f->weights = xrealloc(f->weights, cap * n * sizeof *f->weights);
		f->cap = cap;
	}
	f->places[f->n] = place;
	for (k = 0; k < n; k++) {
		if ((rc = need_weigh(&needs[k], place, e)))
			return rc;
		f->weights[f->n * n + k] = needs[k].weight;
	}
	f->n++;
	return RC_OK;
}

/* The living documents of a segment that have all needs, and each phrase among them: clauses in the order of needs. */
static enum rc find_all(struct matches *f, struct run *r, size_t seg, struct need *needs, size_t n, struct clause *const *clauses,
    size_t nclauses, struct err *e)
{
	struct segment *s = &r->s->segments[seg];
	struct need **order = arena_array(r->a, n, sizeof *order);	/* the rarest first */
	size_t k, i, at, opened = 0;
	uint32_t place = 0;
	enum rc rc = RC_OK;

	for (k = 0; k < n; k++) {
		for (i = 0, needs[k].size = 0; i < needs[k].l[seg].n; i++)
			needs[k].size += needs[k].l[seg].v[i].df;
		if (!needs[k].size)
			return RC_OK;
		for (i = k; i && needs[k].size < order[i - 1]->size; i--)
			order[i] = order[i - 1];
		order[i] = &needs[k];
	}
	for (; opened < n; opened++) {
		struct need *d = &needs[opened];

		d->n = d->l[seg].n;
		d->c = xmalloc(d->n * sizeof *d->c);
		for (i = 0; i < d->n; i++)
			if (cursor_open(&d->c[i], s, &d->l[seg].v[i], e))
				rc = e->rc;
	}
	while (!rc && !(rc = need_first(&place, order[0], place, e)) && place != UINT32_MAX) {
		bool all = !segment_dead(s, place);

		for (k = 1; k < n && all && !rc; k++) {
			enum iter more = need_seek(order[k], place, e);

			if (more == ITER_ERROR)
				rc = e->rc;
			all = more == ITER_ITEM;
		}
		for (k = 0, at = 0; k < nclauses && all && !rc; at += clauses[k++]->n)
			if (clauses[k]->phrase)
				rc = in_a_row(&all, &needs[at], clauses[k]->n, place, e);
		if (all && !rc)
			rc = add_match(f, place, needs, n, e);
		place++;
	}
	for (k = 0; k < opened; k++) {
		for (i = 0; i < needs[k].n; i++)
			cursor_close(&needs[k].c[i]);
		free(needs[k].c);
	}
	return rc;
}

/* What the documents found in a segment score, for evaluation; or they are left out. */
static enum rc take_matches(struct found *to, struct run *r, size_t seg, const struct matches *f, const struct need *needs, size_t n,
    bool not, struct err *e)
{
	struct segment *s = &r->s->segments[seg];
	const struct column_chunk *c;
	size_t i, k;
	enum rc rc;

	for (i = 0; not && i < f->n; i++)
		out_bits(r, seg)[f->places[i] / 64] |= (uint64_t)1 << f->places[i] % 64;
	if (not)
		return RC_OK;
	to->n = f->n;
	to->places = arena_array(r->a, f->n, sizeof *to->places);
	to->scores = arena_array(r->a, f->n, sizeof *to->scores);
	for (i = 0; i < f->n; i++) {
		if ((rc = columns_chunk(&c, s, f->places[i] / CHUNK_DOCS, e)))
			return rc;
		to->places[i] = f->places[i];
		for (k = 0; k < n; k++)
			to->scores[i] += bm25_score(r->f, needs[k].idf, f->weights[i * n + k], c->norms[f->places[i] % CHUNK_DOCS]);
	}
	return RC_OK;
}

/* Clauses, phrases among them, whose documents must have all their words: as one part, or left out. */
static enum rc run_needs(uint64_t *found, struct run *r, struct clause *const *clauses, size_t nclauses, size_t open_clause,
    struct err *e)
{
	size_t nsegments = r->s->stamp.nsegments, n = 0, k, j, seg, w;
	struct matches *f = arena_array(r->a, nsegments + 1, sizeof *f);
	struct found *to = arena_array(r->a, nsegments + 1, sizeof *to);
	struct need *needs;
	uint64_t all = 0;
	enum rc rc = RC_OK;

	for (k = 0; k < nclauses; k++)
		n += clauses[k]->n;
	needs = arena_array(r->a, n + 1, sizeof *needs);
	for (k = 0, j = 0; k < nclauses && !rc; k++)
		for (w = 0; w < clauses[k]->n && !rc; w++, j++) {
			needs[j].l = no_lists(r);
			rc = find_word(needs[j].l, &needs[j].df, r, &clauses[k]->words[w], k == open_clause,
			    clauses[k]->phrase || clauses[k]->not, e);
		}
	for (seg = 0; seg < nsegments && !rc; seg++) {
		rc = find_all(&f[seg], r, seg, needs, n, clauses, nclauses, e);
		all += f[seg].n;
	}
	for (k = 0; k < n && !rc; k++)		/* a phrase's words are as rare as the phrase */
		needs[k].idf = bm25_idf(r->f, nclauses == 1 ? all : needs[k].df);
	for (seg = 0; seg < nsegments; seg++) {
		if (!rc)
			rc = take_matches(&to[seg], r, seg, &f[seg], needs, n, clauses[0]->not, e);
		free(f[seg].places);
		free(f[seg].weights);
	}
	for (k = 0; k < n; k++)
		buf_free(&needs[k].positions);
	if (!rc && all && !clauses[0]->not)
		add_part(r, NULL, to, 0, clauses[0]->must);
	*found = all;
	return rc;
}

static struct str said(const struct clause *c)	/* the words of a clause as they were typed */
{
	const struct str first = c->words[0].raw, last = c->words[c->n - 1].raw;

	return (struct str){ first.p, (size_t)(last.p - first.p) + last.n };
}

/* A phrase scores the documents that have it. One that nobody wrote, within a longer question, is taken as its words. */
static enum rc run_phrase(struct run *r, struct clause *c, struct err *e)
{
	uint64_t found;
	enum rc rc = run_needs(&found, r, &c, 1, SIZE_MAX, e);
	size_t i;

	if (rc || found || c->not || r->q->positive < 2)
		return rc;
	buf_printf(r->note, "%sno document has \"%.*s\" in a row: looking for its words", r->note->n ? ", " : "", FMT_STR(said(c)));
	for (i = 0; i < c->n && !rc; i++)
		rc = run_word(r, &c->words[i], false, false, false, e);
	return rc;
}

static enum rc run_clauses(struct run *r, struct err *e)
{
	struct query *q = r->q;
	struct clause **must = arena_array(r->a, q->n + 1, sizeof *must);
	size_t i, n = 0, last = q->open_end ? q->n - 1 : SIZE_MAX, last_must = SIZE_MAX;
	bool phrase = false;
	uint64_t found;
	enum rc rc = RC_OK;

	for (i = 0; i < q->n; i++) {
		struct clause *c = &q->clauses[i];

		if (c->must) {
			if (i == last)
				last_must = n;
			phrase |= c->phrase;
			must[n++] = c;
		}
	}
	if (phrase) {
		rc = run_needs(&found, r, must, n, last_must, e);
		r->none |= !rc && !found;
	}
	for (i = 0; i < n && !phrase && !rc; i++)
		rc = run_word(r, &must[i]->words[0], i == last_must, false, true, e);
	for (i = 0; i < q->n && !rc; i++) {
		struct clause *c = &q->clauses[i];

		if (!c->must)
			rc = c->phrase ? run_phrase(r, c, e) : run_word(r, &c->words[0], i == last, c->not, false, e);
	}
	return rc;
}

/* ---- the whole ---- */

static enum rc run_segments(struct result *res, struct run *r, struct top *t, const struct filters *f, struct column_counts *counts,
    bool total, struct err *e)
{
	size_t seg;
	enum rc rc = RC_OK;

	for (seg = 0; seg < r->s->stamp.nsegments && !rc; seg++) {
		struct segment *s = &r->s->segments[seg];
		struct evaluate q = { .parts = r->parts + seg * r->most, .n = r->n, .all = r->q->positive == 0, .out = r->out[seg],
		    .counts = counts, .total = total ? &res->total : NULL };
		struct column_filter *filter;

		if (!(rc = columns_filter(&filter, r->a, s, f, e)) && counts)
			rc = counts_segment(counts, s, e);
		q.filter = filter;
		if (!rc && !r->none)
			rc = evaluate_segment(r->s->ix->evaluator, t, s, seg, &q, e);
	}
	return rc;
}

enum rc query_run(struct result *res, struct arena *a, struct snap *s, struct query *q, const struct filters *f,
    size_t limit, enum counting count, struct err *e)
{
	struct run r = { .s = s, .a = a, .q = q };
	struct top top;
	struct column_counts *counts = count == COUNT_FACETS ? counts_open(a) : NULL;
	struct buf note = BUF_INIT;
	size_t i, n = s->stamp.nsegments;
	uint32_t ordinal = 0;
	enum rc rc;

	*res = (struct result){ 0 };
	if (!s->ix->evaluator)
		s->ix->evaluator = evaluator_open();
	r.f = evaluator_formula(s->ix->evaluator, s->stamp.documents, s->stamp.length);
	r.note = &note;
	r.c = xmalloc(sizeof *r.c);
	r.out = arena_array(a, n, sizeof *r.out);
	for (i = 0; i < q->n; i++)
		r.most += q->clauses[i].n;
	r.parts = arena_array(a, n * r.most, sizeof *r.parts);
	top_open(&top, limit, s, a, e);
	if (!(rc = run_clauses(&r, e)))
		rc = run_segments(res, &r, &top, f, counts, count != COUNT_NONE, e);
	if (!rc)
		rc = top_close(&top);
	res->hits = arena_array(a, top.n, sizeof *res->hits);
	for (i = 0; i < top.n && !rc; i++) {
		res->hits[i].score = top.v[i].score;
		if (!(rc = columns_ordinal(&ordinal, &s->segments[top.v[i].seg], top.v[i].place, e)))
			rc = snap_by_ordinal(&res->hits[i].record, s, a, ordinal, e);
	}
	res->n = top.n;
	if (count == COUNT_NONE)
		res->total = res->n;
	if (counts && !rc)
		counts_close(&res->facets, &res->nfacets, counts);
	if (note.n)
		res->note = arena_str(a, buf_str(&note));
	buf_free(&note);
	free(r.c);
	return snap_result(s, rc);
}
