/* kb/index/rank.c: from a parsed query to the best documents.
 *
 * A word of the query stands for all the terms it may be, by the tiers of expand.h; a document's weight for a word is
 * the highest of these terms' weights in it, and the documents counted for it are those of each of them that are
 * alive. That is exact whatever died since, so an index brought forward scores as one made anew.
 *
 * Words that may stand for others (struct doubt) are right as they were typed when a document has them together with the rest
 * of the query (joint.h). Else the best documents for the rest of the query are found first, the word is read as what these
 * have (guess.h), and the query is evaluated once more. So what a word is read as does not hang on a filter, and where all
 * are right, none but the documents that pass is looked at.
 *
 * First all words are looked up: what they are in the index, where their lists stand, how many living documents have
 * them, so what they count (bm25.h). A phrase that must be there is its words, which must be there, in a row: positions
 * are looked at last. What another one counts depends on how many documents have it: they are found beforehand. Then each
 * segment is evaluated (evaluate.h). The best are told by id; records are read of those that somebody wants to see. */
#include "kb/index/clause.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/columns.h"
#include "kb/index/evaluate.h"
#include "kb/index/expand.h"
#include "kb/index/guess.h"
#include "kb/index/hint.h"
#include "kb/index/joint.h"
#include "kb/index/parts.h"
#include "kb/index/postings.h"

enum { SAID = 240 };			/* bytes of a phrase in a message */
enum { FEW = 2 };			/* documents: a word that has no more may be a misspelling of a frequent one */

enum again { FIRST, IN_NO_HIT, NOWHERE };	/* the phrase that is all of the query is in no hit; in no document */

struct lists {				/* of one word in one segment */
	struct listing *v;
	size_t n;
};
struct doubt {				/* a word that may stand for others */
	struct word *w;
	enum typed typed;
	uint64_t df;			/* documents that have it as it was typed */
	bool written;			/* it stands so in one */
	size_t part;			/* its number, when there are any */
	bool right;			/* it stands beside the rest of the query in a document */
	struct expansion x;		/* the words it may be; empty: it is none of them */
};
struct run {
	struct snap *s;
	struct arena *a;
	struct query *q;
	const struct bm25 *f;
	struct buf *note;
	struct cursor *c;		/* for counting */
	uint64_t **out;			/* by segment: bits of the documents left out; NULL: none */
	const struct passing **passing;	/* by segment: what the filters let through; NULL: not known, or all */
	struct column_filter **filters;	/* by segment; NULL: none, or what passes is known */
	bool narrow;			/* they hold for what is evaluated */
	struct part *parts;		/* segment * most + number */
	size_t n, most;
	struct row *rows;		/* of parts */
	size_t nrows;
	bool none;			/* what must be there is nowhere */
	enum again again;
	struct doubt *doubts;
	size_t ndoubts;
	struct hints hints;
	uint64_t lost;			/* so much less a document may score, 16.16, than it did before doubts were looked at */
	uint64_t least;			/* see struct evaluate */
};

static size_t words64(const struct segment *s)
{
	return ((size_t)s->info.n + 63) / 64;
}

/* ---- lists of a word ---- */

/* Where the segments have the terms of a word. */
static enum rc find_lists(struct lists *l, struct run *r, const struct word *w, struct err *e)
{
	size_t seg, i;
	enum rc rc = RC_OK;

	if (w->n)
		qsort(w->terms, w->n, sizeof *w->terms, str_order);
	for (seg = 0; seg < r->s->stamp.nsegments && !rc; seg++) {
		l[seg].v = arena_array(r->a, w->n, sizeof *l->v);
		rc = segment_find(l[seg].v, &l[seg].n, &r->s->segments[seg], w->terms, w->n, e);
		for (i = 0; i < l[seg].n && !rc; i++)
			segment_expect(&r->s->segments[seg], &l[seg].v[i]);
	}
	return rc;
}

/* Documents of one list that are dead. */
static enum rc count_dead(uint32_t *dead, struct run *r, struct segment *s, const struct listing *x, struct err *e)
{
	uint32_t n = 0, place;
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
				bit_set(bits, r->c->docs[k]);
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

static enum typed typed_of(const struct run *r, bool last)
{
	return !last ? TYPED_WHOLE : r->q->typing ? TYPED_PART : TYPED_LAST;
}

static void say_shown(struct run *r, struct str shown, struct str raw, bool both)
{
	if (r->note->n)
		buf_puts(r->note, ", ");
	buf_printf(r->note, both ? "showing also %.*s for %.*s" : "showing %.*s for %.*s", FMT_STR(shown), FMT_STR(raw));
}

/* A word's lists by the first tier below `end` that finds a document. */
static enum rc find_word(struct lists *l, uint64_t *df, bool *written, struct run *r, struct word *w, bool last, enum tier end,
    struct err *e)
{
	struct expansion x = { 0 };
	enum rc rc = RC_OK;
	enum tier tier;

	*df = 0;
	for (tier = 0; tier < end && !*df; tier++) {
		if ((rc = expand_word(&x, r->a, r->s, w->raw, tier, typed_of(r, last), e)))
			break;
		if (tier == TIER_EXACT && written)
			*written = x.written;
		w->terms = x.terms;
		w->n = x.n;
		if ((rc = find_lists(l, r, w, e)) || (rc = count_documents(df, r, l, e)))
			break;
	}
	if (!rc && *df && x.shown.n)
		say_shown(r, x.shown, w->raw, false);
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

/* A single word: its documents score, or are left out. What may stand for another one is looked at again when it is known
 * what the rest of the query finds. A name that stands in a document is right, rare as it may be. */
static enum rc run_word(struct run *r, struct word *w, bool last, bool exact, bool not, bool must, bool ask, bool named, struct err *e)
{
	struct lists *l = no_lists(r);
	uint64_t df = 0;
	bool written = false;
	size_t seg, i;
	enum rc rc = find_word(l, &df, &written, r, w, last, exact ? TIER_EXACT + 1 : must ? TIERS : TIER_PREFIX, e);

	if (rc)
		return rc;
	if (!exact && !must && !ask && !(named && written) && (df <= FEW || !written || typed_of(r, last) == TYPED_LAST))
		r->doubts[r->ndoubts++] = (struct doubt){ .w = w, .typed = typed_of(r, last), .df = df, .written = written,
		    .part = r->n };
	if (!df)
		r->none |= must;
	else if (!not)
		add_part(r, l, NULL, bm25_idf(r->f, df) / (ask ? ASKING : 1), must);
	for (seg = 0; not && seg < r->s->stamp.nsegments && !rc; seg++)
		for (i = 0; i < l[seg].n && !rc; i++)
			rc = mark(out_bits(r, seg), r, &r->s->segments[seg], &l[seg].v[i], e);
	return rc;
}

/* ---- phrases ---- */

/* A phrase that must be there. */
static enum rc run_row(struct run *r, struct clause *c, struct err *e)
{
	size_t i, first = r->n;
	enum rc rc = RC_OK;

	for (i = 0; i < c->n && !rc && !r->none; i++)
		rc = run_word(r, &c->words[i], false, true, false, true, false, false, e);
	r->rows[r->nrows++] = (struct row){ first, c->n };
	return rc;
}

/* What the documents of a phrase score, by segment, and how many there are: in f, its bytes in the arena. one: of one of them,
 * if there is any. */
static enum rc find_phrase(uint64_t *n, struct found *f, struct run *r, struct clause *c, bool one, struct err *e)
{
	const struct row row = { 0, c->n };
	struct part *parts = arena_array(r->a, c->n, sizeof *parts);
	struct lists **l = arena_array(r->a, c->n, sizeof *l);
	struct buf hits = BUF_INIT;
	uint64_t df = 1;
	uint32_t idf;
	size_t seg, i;
	enum rc rc = RC_OK;

	*n = 0;
	for (i = 0; i < c->n && !rc && df; i++) {
		l[i] = no_lists(r);
		rc = find_word(l[i], &df, NULL, r, &c->words[i], false, TIER_EXACT + 1, e);
	}
	for (seg = 0; seg < r->s->stamp.nsegments && !rc && df && !(one && *n); seg++) {
		struct evaluate q = { .parts = parts, .n = c->n, .rows = &row, .nrows = 1, .hits = &hits, .one = one };
		const uint32_t *v;

		for (i = 0; i < c->n; i++)
			parts[i] = (struct part){ .lists = l[i][seg].v, .n = l[i][seg].n, .idf = BM25_ONE, .must = true };
		buf_clear(&hits);
		rc = evaluate_segment(r->s->ix->evaluator, NULL, &r->s->segments[seg], seg, &q, e);
		v = (const uint32_t *)(const void *)hits.p;
		f[seg].n = hits.n / sizeof *v / 2;
		f[seg].places = arena_array(r->a, f[seg].n, sizeof *f->places);
		f[seg].scores = arena_array(r->a, f[seg].n, sizeof *f->scores);
		for (i = 0; i < f[seg].n; i++) {
			f[seg].places[i] = v[2 * i];
			f[seg].scores[i] = v[2 * i + 1];
		}
		*n += f[seg].n;
	}
	idf = bm25_idf(r->f, *n);		/* its words are as rare as the phrase */
	for (seg = 0; seg < r->s->stamp.nsegments; seg++)
		for (i = 0; i < f[seg].n; i++)
			f[seg].scores[i] = (uint32_t)((uint64_t)f[seg].scores[i] * idf / BM25_ONE);
	buf_free(&hits);
	return rc;
}

static struct str said(const struct clause *c)	/* the words of a clause as they were typed */
{
	const struct str first = c->words[0].raw, last = c->words[c->n - 1].raw;

	return (struct str){ first.p, (size_t)(last.p - first.p) + last.n };
}

/* A phrase scores the documents that have it, or leaves them out. One that nobody wrote is taken as its words; not one that
 * stands in documents, but in none that is a hit. */
static enum rc run_phrase(struct run *r, struct clause *c, struct err *e)
{
	struct found *f = arena_array(r->a, r->s->stamp.nsegments + 1, sizeof *f);
	uint64_t found = 0;
	enum rc rc = r->again == NOWHERE ? RC_OK : find_phrase(&found, f, r, c, r->again == IN_NO_HIT && !c->not, e);
	size_t seg, i;

	for (seg = 0; seg < r->s->stamp.nsegments && !rc && c->not; seg++)
		for (i = 0; i < f[seg].n; i++)
			bit_set(out_bits(r, seg), f[seg].places[i]);
	if (rc || c->not)
		return rc;
	if (found) {
		add_part(r, NULL, f, bm25_idf(r->f, found), false);
		return RC_OK;
	}
	buf_printf(r->note, "%sno document has \"%.*s%s\" in a row: looking for its words", r->note->n ? ", " : "",
	    FMT_STR(str_utf8_cut(said(c), SAID)), said(c).n > SAID ? "…" : "");
	for (i = 0; i < c->n && !rc; i++)
		rc = run_word(r, &c->words[i], false, false, false, false, false, false, e);
	return rc;
}

static enum rc run_clauses(struct run *r, struct err *e)
{
	struct query *q = r->q;
	size_t i, last = q->open_end ? q->n - 1 : SIZE_MAX;
	enum rc rc = RC_OK;

	for (i = 0; i < q->n && !rc && !r->none; i++) {
		struct clause *c = &q->clauses[i];

		if (!c->phrase)
			rc = run_word(r, &c->words[0], i == last, c->not, c->not, c->must, r->hints.ask[i] && !c->must,
			    r->hints.names[i], e);
		else if (c->must || (q->positive == 1 && !c->not && r->again == FIRST))
			rc = run_row(r, c, e);
		else
			rc = run_phrase(r, c, e);
	}
	return rc;
}

/* ---- hints ---- */

/* The documents that have what a word of the query names count more. */
static enum rc run_hints(struct run *r, struct err *e)
{
	const struct hints *h = &r->hints;
	struct lists *l;
	uint64_t df;
	size_t i;
	enum rc rc = RC_OK;

	for (i = 0; i < h->n && !rc; i++) {
		struct str term = arena_str(r->a, stems_term(index_stems(r->s->ix), h->codes[i], 0));

		l = no_lists(r);
		if (!(rc = find_lists(l, r, &(struct word){ .terms = &term, .n = 1 }, e)) && !(rc = count_documents(&df, r, l, e)) && df)
			add_part(r, l, NULL, hint_weight(bm25_idf(r->f, df), h->codes[i], h->others, h->ask[0]), false);
	}
	return rc;
}

/* ---- words that may stand for others ---- */

/* The words it may be, by the first tier below `end` that knows one. */
static enum rc other_words(struct expansion *x, struct run *r, const struct doubt *d, enum tier end, struct err *e)
{
	size_t i, n;
	enum tier tier;
	enum rc rc = RC_OK;

	*x = (struct expansion){ 0 };
	for (tier = TIER_PREFIX; tier < end && !x->forms.n && !rc; tier++) {
		rc = expand_word(x, r->a, r->s, d->w->raw, tier, d->typed, e);
		for (i = n = 0; i < x->forms.n; i++)		/* itself is no other */
			if (!word_has(d->w, x->forms.v[i].term))
				x->forms.v[n++] = x->forms.v[i];
		x->forms.n = n;
	}
	return rc;
}

/* More terms that a word may be: as a part of the query of their own. `share` of what it would count, 16.16; often: as much
 * also goes by how much a word of so many documents counts; 0: no. */
static enum rc add_terms(struct run *r, struct word *w, struct str *terms, size_t n, uint32_t share, uint64_t often, struct err *e)
{
	struct word more = { .terms = terms, .n = n };
	struct str *all = arena_array(r->a, w->n + n, sizeof *all);
	struct lists *l = no_lists(r);
	uint64_t df, idf;
	enum rc rc;

	if ((rc = find_lists(l, r, &more, e)) || (rc = count_documents(&df, r, l, e)) || !df)
		return rc;
	idf = bm25_idf(r->f, df);
	if (often)
		idf = (idf + bm25_idf(r->f, often < r->s->stamp.documents ? often : r->s->stamp.documents)) / 2;
	add_part(r, l, NULL, (uint32_t)(idf * share >> 16), false);
	if (w->n)
		memcpy(all, w->terms, w->n * sizeof *all);
	memcpy(all + w->n, terms, n * sizeof *all);
	w->terms = all;
	w->n += n;
	return RC_OK;
}

/* What a word in doubt may be. As it was typed, it stays; but it counts half when it is more likely another one. Of a
 * beginning all words are looked for too, since which one is meant often nothing tells: together they are frequent, and the
 * one that is meant is less so, so they count what lies between; less, where documents have it as it was typed. */
static enum rc run_doubt(struct run *r, const struct doubt *d, const struct top *best, struct err *e)
{
	const struct expansion *x = &d->x;
	const bool beginning = !x->shown.n;
	struct guess g[GUESSES];
	size_t k, n, seg;
	uint64_t often;
	enum rc rc = guess_words(g, &n, &often, r->a, r->s, &x->forms, best, d->df || beginning, e);

	if (rc)
		return rc;
	if (beginning)
		rc = add_terms(r, d->w, x->terms, x->n, BM25_ONE >> ((d->df > 0) + d->written), often, e);
	for (k = 0; k < n && !rc; k++)
		rc = add_terms(r, d->w, &g[k].term, 1, g[k].share >> (d->df || beginning), 0, e);
	for (seg = 0; d->df && n && seg < r->s->stamp.nsegments; seg++) {
		uint32_t *idf = &r->parts[seg * r->most + d->part].idf;

		r->lost += seg ? 0 : bm25_most(r->f, *idf - *idf / 2, WEIGHT_MORE, 0) + 1;
		*idf /= 2;
	}
	if (n && !beginning)
		say_shown(r, g[0].form, d->w->raw, d->df > 0);
	return rc;
}

/* One that may be the beginning of others, though it is right. */
static bool only_begun(const struct doubt *d)
{
	return d->typed == TYPED_LAST && !d->written;
}

/* Are the words in doubt right as they were typed? One that stands beside the rest of the query in a document is no
 * misspelling. That is asked until those asked about have as many documents as there are, so a thousand frequent words
 * cost no more than a few; the others, of which documents have some form, are taken as right. */
static enum rc find_right(struct run *r, struct err *e)
{
	struct joint *v = arena_array(r->a, r->ndoubts, sizeof *v);
	uint64_t asked = 0;
	size_t i, n = 0;
	enum rc rc;

	for (i = 0; i < r->ndoubts; i++) {
		struct doubt *d = &r->doubts[i];

		d->right = d->df && asked >= r->s->stamp.documents;
		if (d->df && !d->right)
			v[n++].part = d->part;
		asked += d->df;
	}
	rc = n ? joint_find(v, n, r->s, r->parts, r->most, r->n, r->out, e) : RC_OK;
	for (i = n = 0; i < r->ndoubts; i++)
		if (r->doubts[i].df && !r->doubts[i].right)
			r->doubts[i].right = v[n++].yes;
	return rc;
}

/* What they may be; *any: one of them may be another. */
static enum rc find_others(bool *any, struct run *r, struct err *e)
{
	size_t i;
	enum rc rc = find_right(r, e);

	*any = false;
	for (i = 0; i < r->ndoubts && !rc; i++) {
		struct doubt *d = &r->doubts[i];

		if (!d->right || only_begun(d))
			rc = other_words(&d->x, r, d, d->right ? TIER_PREFIX + 1 : d->df ? TIER_FIRST : TIERS, e);
		*any |= d->x.forms.n > 0;
	}
	return rc;
}

/* Add what the words in doubt may be, knowing what the query finds best. */
static enum rc run_doubts(struct run *r, const struct top *best, struct err *e)
{
	size_t i;
	enum rc rc = RC_OK;

	for (i = 0; i < r->ndoubts && !rc; i++)
		if (r->doubts[i].x.forms.n)
			rc = run_doubt(r, &r->doubts[i], best, e);
	return rc;
}

/* ---- the whole ---- */

/* Are there an eighth as many postings as documents? */
static bool many_postings(const struct run *r)
{
	uint64_t n = 0;
	size_t seg, i, j;

	for (seg = 0; seg < r->s->stamp.nsegments; seg++)
		for (i = 0; i < r->n; i++)
			for (j = 0; j < r->parts[seg * r->most + i].n; j++)
				n += r->parts[seg * r->most + i].lists[j].df;
	return n >= r->s->stamp.documents / 8;
}

/* What the filters do not let through is no hit. That is known of all documents, unless they are asked for the first time and
 * few documents come up, hits not being counted: then each of these is asked. */
static enum rc run_filters(struct run *r, const struct filters *f, enum counting count, struct err *e)
{
	const bool now = count != COUNT_NONE || many_postings(r);
	struct index *ix = r->s->ix;
	size_t seg;
	enum rc rc = RC_OK;

	r->passing = arena_array(r->a, r->s->stamp.nsegments, sizeof *r->passing);
	r->filters = arena_array(r->a, r->s->stamp.nsegments, sizeof *r->filters);
	if (!ix->passings)
		ix->passings = passings_open();
	passings_begin(ix->passings);
	for (seg = 0; seg < r->s->stamp.nsegments && !rc; seg++) {
		struct segment *s = &r->s->segments[seg];

		if (!(rc = passings_get(&r->passing[seg], ix->passings, r->a, s, f, now, e)) && !r->passing[seg])
			rc = columns_filter(&r->filters[seg], r->a, s, f, e);
	}
	return rc;
}

static enum rc run_segments(struct result *res, struct run *r, struct top *t, struct column_counts *counts, bool total,
    struct err *e)
{
	size_t seg;
	enum rc rc = RC_OK;

	for (seg = 0; seg < r->s->stamp.nsegments && !rc; seg++) {
		struct segment *s = &r->s->segments[seg];
		struct evaluate q = { .parts = r->parts + seg * r->most, .n = r->n, .rows = r->rows, .nrows = r->nrows,
		    .all = r->q->positive == 0, .out = r->out[seg], .passing = r->narrow ? r->passing[seg] : NULL,
		    .filter = r->narrow ? r->filters[seg] : NULL, .counts = counts, .total = total ? &res->total : NULL,
		    .least = r->least };

		if (counts)
			rc = counts_segment(counts, s, e);
		if (!rc && !r->none)
			rc = evaluate_segment(r->s->ix->evaluator, t, s, seg, &q, e);
	}
	return rc;
}

struct wanted { size_t limit; enum counting count; };

/* The best documents of all segments, counted anew. */
static enum rc run_top(struct result *res, struct run *r, struct top *t, struct column_counts **counts, struct wanted w,
    struct err *e)
{
	enum rc rc;

	res->total = 0;
	*counts = w.count == COUNT_FACETS ? counts_open(r->a) : NULL;
	top_open(t, w.limit, r->s, r->a, e);
	rc = run_segments(res, r, t, *counts, w.count != COUNT_NONE, e);
	return rc ? rc : top_close(t);
}

/* The best of all documents were looked for before words in doubt were read as others: those that pass are kept, as far as
 * that is known of them. */
static void keep_passing(const struct run *r, struct top *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->n && (!r->narrow || r->passing[t->v[i].seg]); i++)
		if (!r->narrow || passing_has(r->passing[t->v[i].seg], t->v[i].place))
			t->v[n++] = t->v[i];
	t->n = n;
}

/* What a word in doubt is read as hangs on the best of all documents, not on filters, which come behind. */
static enum rc run_best(struct result *res, struct run *r, struct top *t, struct column_counts **counts, struct wanted w,
    const struct filters *f, struct err *e)
{
	const bool narrow = filters_any(f);
	const size_t parts = r->n;
	struct wanted look = w;
	uint64_t least;
	bool any;
	enum rc rc = find_others(&any, r, e);

	if (rc)
		return rc;
	if (any) {
		look.limit = w.limit < LOOKED_AT_BEST ? LOOKED_AT_BEST : w.limit;
		look.count = narrow ? COUNT_NONE : w.count;
		if ((rc = run_top(res, r, t, counts, look, e)) || (rc = run_doubts(r, t, e)) || (!narrow && r->n == parts && !r->lost))
			return rc;
	}
	r->narrow = narrow;
	if (narrow && (rc = run_filters(r, f, w.count, e)))
		return rc;
	if (any)
		keep_passing(r, t);
	if (any && w.count == COUNT_NONE && w.limit && t->n >= w.limit) {	/* enough: the best, unless words were added */
		if (r->n == parts && !r->lost)
			return RC_OK;
		least = (uint64_t)t->v[w.limit - 1].score << SHOWN;
		r->least = least > r->lost ? least - r->lost : 0;
	}
	return run_top(res, r, t, counts, w, e);
}

static enum rc run_query(struct result *res, struct arena *a, struct snap *s, struct query *q, const struct filters *f,
    size_t limit, enum counting count, enum again again, struct err *e)
{
	struct run r = { .s = s, .a = a, .q = q, .again = again };
	struct top top = { 0 };
	struct column_counts *counts = NULL;
	struct buf note = BUF_INIT;
	size_t i, n = s->stamp.nsegments;
	enum rc rc;

	*res = (struct result){ 0 };
	if (!s->ix->evaluator)
		s->ix->evaluator = evaluator_open();
	r.f = evaluator_formula(s->ix->evaluator, s->stamp.documents, s->stamp.length);
	r.note = &note;
	if (q->no_date.n)
		buf_printf(&note, "%.*s is no date, so it is looked for as words; write %.*s:2022, 2022-05 or 2022-05-18",
		    FMT_STR(str_utf8_cut(q->no_date, SAID)), 5, q->no_date.p);
	r.c = xmalloc(sizeof *r.c);
	r.out = arena_array(a, n, sizeof *r.out);
	for (i = 0; i < q->n; i++)
		r.most += q->clauses[i].n;
	r.doubts = arena_array(a, r.most, sizeof *r.doubts);
	r.most = r.most * (2 + GUESSES) + HINTS_MAX;
	hints_find(&r.hints, a, index_stems(s->ix), q);
	r.parts = arena_array(a, n * r.most, sizeof *r.parts);
	r.rows = arena_array(a, q->n, sizeof *r.rows);
	rc = run_clauses(&r, e);
	if (!rc)
		rc = run_hints(&r, e);
	if (!rc)
		rc = run_best(res, &r, &top, &counts, (struct wanted){ limit, count }, f, e);
	top.n = top.n < limit ? top.n : limit;
	res->hits = arena_array(a, top.n, sizeof *res->hits);
	for (i = 0; i < 2 * top.n && !rc; i++)
		columns_expect_id(&s->segments[top.v[i % top.n].seg], top.v[i % top.n].place, i >= top.n);
	for (i = 0; i < top.n && !rc; i++) {
		struct segment *seg = &s->segments[top.v[i].seg];
		struct hit *h = &res->hits[i];

		h->score = top.v[i].score;
		h->id = top.v[i].id;
		if (!h->id.p)
			rc = columns_id(&h->id, a, seg, top.v[i].place, e);
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

enum rc query_records(struct result *res, struct arena *a, struct snap *s, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < res->n && !rc; i++)
		rc = snap_by_id(&res->hits[i].record, s, a, res->hits[i].id, e);
	return snap_result(s, rc);
}

/* A phrase is all that is looked for, and need not be there. */
static bool lone_phrase(const struct query *q)
{
	size_t i;

	for (i = 0; i < q->n && (q->clauses[i].not || !q->clauses[i].phrase || q->clauses[i].must); i++)
		;
	return q->positive == 1 && i < q->n;
}

enum rc query_run(struct result *res, struct arena *a, struct snap *s, struct query *q, const struct filters *f,
    size_t limit, enum counting count, struct err *e)
{
	enum rc rc = run_query(res, a, s, q, f, limit, count, FIRST, e);

	if (rc || res->n || res->total || !lone_phrase(q))
		return rc;
	return run_query(res, a, s, q, f, limit, count, !limit || q->n > 1 || filters_any(f) ? IN_NO_HIT : NOWHERE, e);
}
