/* tests/unit/rank.c: what a query finds is what a reader finds who looks at every document: the same ones, in the same
 * order, with the same scores, whatever the evaluation left out; over several segments and after documents died. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kb/base/date.h"
#include "kb/index/bm25.h"
#include "kb/index/build.h"
#include "kb/index/clause.h"
#include "kb/index/columns.h"
#include "kb/index/evaluate.h"
#include "kb/index/expand.h"
#include "kb/index/pack.h"
#include "kb/index/hint.h"
#include "kb/index/parts.h"
#include "kb/index/passing.h"
#include "kb/index/sealed.h"

enum { SEGMENTS = 3, DOCS = 10500, WORDS = 90, LONGEST = 40, HEAVY = 1, RARES = 8, RARE = WORDS - 5 - RARES };
/* RARE: from here on, RARES words are in few documents */
static const uint32_t sizes[SEGMENTS] = { 9000, 1499, 1 };	/* several windows of places; one; no more than a document */

static struct arena a, kept;		/* of a query; of the whole test */
static struct err e = ERR_INIT;
static uint64_t seed = 5;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* ---- documents ---- */

struct doc {
	struct str id;
	size_t seg;
	unsigned lang;
	size_t n;
	struct { unsigned short term; unsigned char word, weight; bool running; } w[LONGEST];
	uint8_t norm;
	bool dead, lesson;
	unsigned year;
};
static struct doc docs[DOCS];		/* in order of id */
static struct str words[WORDS];
static struct snap snap;
static struct index ix;
static struct bm25 formula;

static void make_words(void)
{
	static const char *const ends[] = { "", "s", "ing", "ed", "а", "ami" }, *const parts[] = { "bor", "tra", "mig", "ne", "po", "ска", "rü" };
	static const char *const named[] = { "open", "0open", "actions", "0action", "who" };	/* hints, what they are of, and a question */
	size_t i, k;

	for (i = 0; i < WORDS; i++) {
		struct buf b = BUF_INIT;
		uint32_t n = 1 + below(3);

		while (n--)
			buf_puts(&b, parts[below(7)]);
		buf_puts(&b, ends[below(6)]);
		words[i] = arena_str(&kept, buf_str(&b));
		buf_free(&b);
	}
	for (i = 0; i < sizeof named / sizeof *named; i++)
		words[WORDS - 1 - i] = cstr(named[i]);
	for (i = k = 0; k < RARES; i++)			/* slips of frequent words, which are right beside words they stand with */
		if (words[i].n > 5 && words[i].p[0] > 0 && words[i].p[1] > 0)
			words[RARE + k++] = cstr(arena_printf(&kept, "%.1sq%.*s", words[i].p, FMT_STR(str_sub(words[i], 2, words[i].n))));
}

static struct str lang_of(const struct doc *d)
{
	return d->lang == stems_lang(STR("en")) ? STR("en") : d->lang == stems_lang(STR("ru")) ? STR("ru") : STR("xx");
}

static void make_docs(void)
{
	size_t i, k, left[SEGMENTS], first = 0;
	bool has, begins = false;	/* the next one is the first of a block of the first word's list, right behind the one before */

	for (i = 0; i < SEGMENTS; i++)
		left[i] = sizes[i];
	for (i = 0; i < DOCS; i++) {
		struct doc *d = &docs[i];

		do
			d->seg = below(DOCS) < sizes[0] ? 0 : below(sizes[1]) ? 1 : 2;
		while (!left[d->seg] && (left[0] || left[1] || left[2]));
		left[d->seg]--;
		d->id = cstr(arena_printf(&kept, "ll-mk-2022-%05zu", i));
		d->lang = stems_lang(below(3) ? STR("en") : below(2) ? STR("ru") : STR("xx"));
		d->lesson = below(4) == 0;
		d->year = below(100) ? 2015 + below(8) : 2023;
		d->n = 1 + below(below(20) ? 12 : LONGEST);
		for (k = 0; k < d->n; k++) {
			uint32_t rank = below(WORDS);	/* the first words are frequent: the first one nearly everywhere */

			d->w[k].word = (unsigned char)(k == 0 && below(300) ? 0 : rank * below(rank + 1) / WORDS);
			if (d->w[k].word >= RARE && d->w[k].word < RARE + RARES && below(16))
				d->w[k].word = 0;
			if (k == 1 && below(str_is(lang_of(d), "en") ? 2 : 40) == 0)	/* its list is dense too, but of one language */
				d->w[k].word = HEAVY;
			d->w[k].weight = (unsigned char)(below(9) ? 1 : below(9) ? 3 : 12 + below(8));	/* that a row has no room for, too */
			if (d->w[k].word == 0)			/* its row tells high weights apart */
				d->w[k].weight = (unsigned char)(k || below(40) ? 1 : 12 + below(4));
			if (d->w[k].word == HEAVY)
				d->w[k].weight = (unsigned char)(14 + below(16));
			d->w[k].running = below(10) > 0;
		}
		if (d->seg)
			continue;
		if (begins) {				/* one of the best, and short */
			d->n = 1;
			d->w[0].word = 0;
			d->w[0].weight = 19;
		}
		for (k = 0, has = false; k < d->n; k++)
			has |= d->w[k].word == 0;
		first += has;
		begins = has && first % 128 == 0;
	}
}

static void open_tables(struct txn *t)
{
	static const char *const names[] = { "meta", "docs", "texts", "forms", "gone", "files", "terms", "lists", "positions", "columns",
		"dead" };
	table_id *const ids[] = { &snap.t.meta, &snap.t.docs, &snap.t.texts, &snap.t.large.forms, &snap.t.large.gone, &snap.t.files,
		&snap.t.large.terms, &snap.t.large.lists, &snap.t.large.positions, &snap.t.large.columns, &snap.t.large.dead };
	size_t i;

	for (i = 0; i < sizeof ids / sizeof *ids; i++)
		assert_int_equal(txn_table(ids[i], t, names[i], &e), RC_OK);
}

static void put_record(struct txn *t, struct columns_out *columns, const struct doc *d, uint32_t ordinal)
{
	struct record r = { .id = d->id, .kind = d->lesson ? STR("lesson") : STR("issue"), .lang = lang_of(d), .title = d->id };
	struct buf b = BUF_INIT;

	r.date = cstr(arena_printf(&a, "%u-05-01", d->year));
	varint_put(&b, ordinal);
	record_encode(&b, &r);
	assert_int_equal(sealed_put(t, snap.t.docs, d->id, &b, &e), RC_OK);
	columns_add(columns, &r, ordinal, d->norm);
	buf_free(&b);
}

/* A segment of the documents that are in it. */
static void put_segment(struct txn **t, struct segment_info *info, size_t seg)
{
	struct columns_out *columns = columns_create();
	struct builder *b = builder_open();
	struct stems *stems = stems_open();
	struct forms *f = forms_open();
	uint32_t places[DOCS], n = 0;
	struct segment_out *o;
	size_t i, k;

	for (i = 0; i < DOCS; i++) {
		struct doc *d = &docs[i];

		if (d->seg != seg)
			continue;
		builder_document(b, n);
		for (k = 0; k < d->n; k++)
			builder_word(b, stems, words[d->w[k].word], d->lang, d->w[k].weight, d->w[k].running, COMES);
		d->norm = norm_of(builder_end(b));
		put_record(*t, columns, d, (uint32_t)i);
		places[n] = n;
		n++;
		snap.stamp.documents++;
		snap.stamp.length += norm_length(d->norm);
		snap.stamp.langs[d->lang]++;
	}
	o = segment_create(t, &snap.t.large, (uint32_t)seg, columns_norms(columns), n, NULL, NULL);
	builder_write(&b, 1, o, places);
	assert_int_equal(segment_finish(info, o, &e), RC_OK);
	assert_int_equal(columns_write(columns, *t, snap.t.large.columns, (uint32_t)seg, &e), RC_OK);
	builder_forms(b, f);
	assert_int_equal(forms_write(f, *t, &snap.t.large, (uint32_t)seg, &e), RC_OK);
	forms_close(f);
	stems_close(stems);
	builder_close(b);
	columns_free(columns);
}

static void kill_some(struct segment *s, size_t seg)
{
	uint32_t places[DOCS], place = 0, n = 0;
	size_t i;

	for (i = 0; i < DOCS; i++) {
		if (docs[i].seg != seg)
			continue;
		if (below(7) == 0) {
			places[n++] = place;
			docs[i].dead = true;
			snap.stamp.documents--;
			snap.stamp.length -= norm_length(docs[i].norm);
		}
		place++;
	}
	segment_kill(s, places, n);
}

/* ---- the slow reader ---- */

/* Which terms a word may be. */
enum { TERMS = 3 * WORDS };
struct sense { bool term[TERMS]; };

struct slow_doubt { const struct word *w; bool last, written; uint64_t df; uint32_t *weight, idf; struct sense sense; };
struct slow {
	uint32_t *score;		/* 16.16 */
	bool *hit, *out, *must;
	bool any_must;
	const struct query *q;
	struct slow_doubt doubts[64];
	size_t ndoubts;
	uint64_t asked;			/* documents of the words in doubt so far */
	struct slow_part { const uint32_t *weight; uint32_t idf; bool must; } parts[256];
	size_t nparts;
};

static void add_part(struct slow *s, const uint32_t *weight, uint32_t idf, bool must)
{
	assert_true(s->nparts < sizeof s->parts / sizeof *s->parts);
	s->parts[s->nparts++] = (struct slow_part){ weight, idf, must };
}

static struct str terms[TERMS];		/* of the words, in each language; documents have the first of those that are the same */

static void make_terms(void)
{
	const unsigned langs[] = { 0, stems_lang(STR("en")), stems_lang(STR("ru")) };
	size_t i, k;
	unsigned t;

	for (t = 0; t < TERMS; t++)
		terms[t] = arena_str(&kept, stems_term(index_stems(&ix), words[t / 3], langs[t % 3]));
	for (i = 0; i < DOCS; i++)
		for (k = 0; k < docs[i].n; k++) {	/* the first that is the same */
			struct str term = terms[3 * docs[i].w[k].word + (docs[i].lang == langs[1] ? 1 : docs[i].lang == langs[2] ? 2 : 0)];

			for (t = 0; !str_eq(terms[t], term); t++)
				;
			docs[i].w[k].term = (unsigned short)t;
		}
}

static void make_sense(struct sense *s, const struct expansion *x)
{
	unsigned i;
	size_t k;

	memset(s, 0, sizeof *s);
	for (i = 0; i < TERMS; i++)
		for (k = 0; k < x->n; k++)
			s->term[i] |= str_eq(terms[i], x->terms[k]);
}

/* The highest weight that one of the terms has in a document. */
static uint32_t weight_in(const struct doc *d, const struct sense *x)
{
	uint32_t most = 0, sum;
	size_t i, j;

	for (i = 0; i < d->n; i++) {
		if (!x->term[d->w[i].term])
			continue;
		for (j = 0, sum = 0; j < d->n; j++)
			sum += d->w[j].term == d->w[i].term ? d->w[j].weight : 0;
		most = sum > most ? sum : most;
	}
	return most;
}

/* How many of the terms a document has. */
static uint64_t terms_in(const struct doc *d, const struct sense *x)
{
	uint64_t n = 0;
	size_t i, j;

	for (i = 0; i < d->n; i++) {
		for (j = 0; j < i && d->w[j].term != d->w[i].term; j++)
			;
		n += j == i && x->term[d->w[i].term];
	}
	return n;
}

/* Documents that have a sense, and its weight in each. */
static uint64_t weigh(uint32_t *weight, const struct sense *sense)
{
	uint64_t df = 0;
	size_t i;

	for (i = 0; i < DOCS; i++) {
		weight[i] = weight_in(&docs[i], sense);
		df += docs[i].dead ? 0 : terms_in(&docs[i], sense);
	}
	return df < snap.stamp.documents ? df : snap.stamp.documents;
}

static enum typed typed_of(const struct query *q, bool last)
{
	return last ? (q->typing ? TYPED_PART : TYPED_LAST) : TYPED_WHOLE;
}

/* By the first tier from one to another (left out) that finds a document. */
static uint64_t look_up(uint32_t *weight, struct sense *sense, bool *written, const struct query *q, const struct word *w, bool last,
    enum tier end)
{
	struct expansion x;
	enum tier tier;
	uint64_t df = 0;

	for (tier = 0; tier < end && !df; tier++) {
		assert_int_equal(expand_word(&x, &a, &snap, w->raw, tier, typed_of(q, last), &e), RC_OK);
		if (tier == TIER_EXACT && written)
			*written = x.written;
		make_sense(sense, &x);
		df = weigh(weight, sense);
	}
	return df;
}

static bool in_a_row(const struct doc *d, const struct sense *x, size_t n)
{
	size_t i, j, k;

	for (i = 0; i < d->n; i++) {
		for (j = i, k = 0; j < d->n && k < n; j++) {
			if (!d->w[j].running)
				continue;
			if (!x[k].term[d->w[j].term])
				break;
			k++;
		}
		if (k == n)
			return true;
	}
	return false;
}

/* Documents that have all words of some clauses; together: a phrase's words are as rare as the phrase. */
static uint64_t all_of(struct slow *s, struct clause *const *c, size_t nc, size_t open_clause, bool together)
{
	uint32_t *weight[16];
	struct sense x[16];
	uint64_t df[16], found = 0;
	uint32_t sum, *there = arena_array(&a, DOCS, sizeof *there);
	size_t n = 0, i, j, k;
	bool *has = arena_array(&a, DOCS, sizeof *has);

	for (i = 0; i < nc; i++)
		for (j = 0; j < c[i]->n; j++, n++) {
			weight[n] = arena_array(&a, DOCS, sizeof **weight);
			df[n] = look_up(weight[n], &x[n], NULL, s->q, &c[i]->words[j], i == open_clause && !c[i]->phrase,
			    c[i]->phrase || c[i]->not ? TIER_EXACT + 1 : TIERS);
		}
	for (i = 0; i < DOCS; i++) {
		has[i] = !docs[i].dead;
		for (j = 0; j < n; j++)
			has[i] &= weight[j][i] > 0;
		for (j = 0, k = 0; j < nc && has[i]; k += c[j++]->n)
			has[i] = !c[j]->phrase || in_a_row(&docs[i], &x[k], c[j]->n);
		found += has[i];
		there[i] = has[i];
	}
	for (j = 0; j < n && c[0]->must; j++)
		add_part(s, weight[j], bm25_idf(&formula, df[j]), true);
	if (together && found && !c[0]->not)
		add_part(s, there, bm25_idf(&formula, found), false);
	for (i = 0; i < DOCS; i++) {
		s->must[i] |= c[0]->must && has[i];
		s->out[i] |= c[0]->not && has[i];
		s->hit[i] |= !c[0]->not && has[i];
		for (j = 0, sum = 0; j < n && has[i] && !c[0]->not; j++)
			sum += bm25_score(&formula, together ? BM25_ONE : bm25_idf(&formula, df[j]), weight[j][i], docs[i].norm);
		s->score[i] += together ? (uint32_t)((uint64_t)sum * bm25_idf(&formula, found) / BM25_ONE) : sum;
	}
	return found;
}

static void add_scores(struct slow *s, const uint32_t *weight, uint32_t idf)
{
	size_t i;

	for (i = 0; i < DOCS; i++)
		if (weight[i]) {
			s->hit[i] = true;
			s->score[i] += bm25_score(&formula, idf, weight[i], docs[i].norm);
		}
}

static void one_word(struct slow *s, const struct word *w, bool last, bool not, bool ask)
{
	uint32_t *weight = arena_array(&a, DOCS, sizeof *weight);
	struct sense x;
	bool written;
	uint64_t df = look_up(weight, &x, &written, s->q, w, last, not ? TIER_EXACT + 1 : TIER_PREFIX);
	uint32_t idf = bm25_idf(&formula, df) / (ask ? 4 : 1);
	size_t i;

	for (i = 0; i < DOCS && not; i++)
		s->out[i] |= df && weight[i];
	if (not)
		return;
	if (df) {
		add_scores(s, weight, idf);
		add_part(s, weight, idf, false);
	}
	if (!ask && (df <= 2 || !written || typed_of(s->q, last) == TYPED_LAST))
		s->doubts[s->ndoubts++] = (struct slow_doubt){ w, last, written, df, weight, idf, x };
}

struct want { uint32_t score, doc; };

struct slow_guess { struct sense sense; struct str term; uint64_t n, seen, share; };

static int by_share(const void *x, const void *y)
{
	const struct slow_guess *p = x, *q = y;

	return p->share != q->share ? (p->share < q->share) - (p->share > q->share) : str_cmp(p->term, q->term);
}

static bool same_term(const struct sense *one, const struct sense *of)
{
	size_t i;

	for (i = 0; i < TERMS; i++)
		if (one->term[i] && of->term[i])
			return true;
	return false;
}

/* Has a document a word, and of the 32 others that must be there or count most all that must, and three eighths of what they
 * count? */
static bool joint(const struct slow *s, const uint32_t *weight)
{
	struct slow_part rest[256];
	size_t n = 0, i, k;

	for (i = 0; i < s->nparts; i++) {
		const struct slow_part *p = &s->parts[i];

		if (p->weight == weight)
			continue;
		for (k = n++; k && (p->must != rest[k - 1].must ? p->must : p->idf > rest[k - 1].idf); k--)
			rest[k] = rest[k - 1];
		rest[k] = *p;
	}
	n = n < 32 ? n : 32;
	for (i = 0; i < DOCS; i++) {
		uint64_t all = 0, sum = 0;
		bool must = true;

		for (k = 0; k < n; k++) {
			all += rest[k].idf;
			sum += rest[k].weight[i] ? rest[k].idf : 0;
			must &= rest[k].weight[i] || !rest[k].must;
		}
		if (weight[i] && !docs[i].dead && !s->out[i] && must && sum >= all * 3 / 8)
			return true;
	}
	return false;
}

/* A word in doubt: the first 16 documents of n as they are best are looked at. */
static void slow_doubt(struct slow *s, const struct slow_doubt *d, const struct want *best, size_t n)
{
	uint32_t *weight = arena_array(&a, DOCS, sizeof *weight);
	struct slow_guess *g;
	struct expansion x = { 0 };
	struct sense all;
	bool beginning, half, right;
	uint64_t n_all = 0, seen_all = 0, often = 0, df;
	enum tier tier;
	size_t i, k, m = 0, used = 0;

	right = d->df && (s->asked >= snap.stamp.documents || joint(s, d->weight));
	s->asked += d->df;
	n = n < 16 ? n : 16;
	if (right && (d->written || typed_of(s->q, d->last) != TYPED_LAST))
		return;
	for (tier = TIER_PREFIX; tier < (right ? TIER_PREFIX + 1 : d->df ? TIER_FIRST : TIERS) && !x.forms.n; tier++) {
		assert_int_equal(expand_word(&x, &a, &snap, d->w->raw, tier, typed_of(s->q, d->last), &e), RC_OK);
		for (i = k = 0; i < x.forms.n; i++) {
			make_sense(&all, &(struct expansion){ .terms = &x.forms.v[i].term, .n = 1 });
			if (!same_term(&all, &d->sense))
				x.forms.v[k++] = x.forms.v[i];
		}
		x.forms.n = k;
	}
	if (!x.forms.n)
		return;
	beginning = !x.shown.n;
	half = beginning || d->df;
	g = arena_array(&a, x.forms.n, sizeof *g);
	for (i = 0; i < x.forms.n; i++) {
		for (k = 0; k < m && !str_eq(g[k].term, x.forms.v[i].term); k++)
			;
		if (k == 64)
			continue;
		m += k == m;
		g[k].term = x.forms.v[i].term;
		g[k].n += x.forms.v[i].n;
		n_all += x.forms.v[i].n;
	}
	for (k = 0; k < m; k++)
		often += ((g[k].n << 16) + n_all - 1) / n_all * g[k].n;
	often >>= 16;
	make_sense(&all, &x);
	if (beginning && (df = weigh(weight, &all)))
		add_scores(s, weight, (bm25_idf(&formula, df) + bm25_idf(&formula, often < snap.stamp.documents ? often : snap.stamp.documents)) / 2 >>
		    ((d->df > 0) + d->written));
	for (k = 0; k < m; k++) {
		make_sense(&g[k].sense, &(struct expansion){ .terms = &g[k].term, .n = 1 });
		for (i = 0; i < n; i++)
			g[k].seen += weight_in(&docs[best[i].doc], &g[k].sense) ? 65536 / (i + 2) : 0;
		seen_all += g[k].seen;
	}
	for (k = 0; k < m; k++) {
		g[k].share = (g[k].n << 16) / n_all;
		if (seen_all)
			g[k].share = ((g[k].seen << 16) / seen_all * 3 + g[k].share) / 4;
		if (half && !g[k].seen)
			g[k].share = 0;
	}
	qsort(g, m, sizeof *g, by_share);
	for (k = 0; k < m && used < 2 && g[k].share; k++, used++)
		if ((df = weigh(weight, &g[k].sense)))
			add_scores(s, weight, (uint32_t)(bm25_idf(&formula, df) * (g[k].share >> half) >> 16));
	for (i = 0; i < DOCS && d->df && used; i++)
		if (d->weight[i])
			s->score[i] += bm25_score(&formula, d->idf / 2, d->weight[i], docs[i].norm) -
			    bm25_score(&formula, d->idf, d->weight[i], docs[i].norm);
}

/* What the documents of a code score more: an nth of it. */
static void slow_hint(struct slow *s, struct str code, uint32_t nth)
{
	uint32_t *weight = arena_array(&a, DOCS, sizeof *weight);
	struct str term = arena_str(&a, stems_term(index_stems(&ix), code, 0));
	struct sense x;
	uint64_t df;

	make_sense(&x, &(struct expansion){ .terms = &term, .n = 1 });
	if ((df = weigh(weight, &x))) {
		add_scores(s, weight, (2 * bm25_idf(&formula, df) + BM25_ONE) / nth);
		add_part(s, weight, (2 * bm25_idf(&formula, df) + BM25_ONE) / nth, false);
	}
}

static void read_slowly(struct slow *s, const struct query *q)
{
	struct hints h;
	struct clause *must[16];
	size_t n = 0, i, j, last = q->open_end ? q->n - 1 : SIZE_MAX, last_must = SIZE_MAX;

	hints_find(&h, &a, index_stems(&ix), q);
	*s = (struct slow){ .q = q };
	s->score = arena_array(&a, DOCS, sizeof *s->score);
	s->hit = arena_array(&a, DOCS, 1);
	s->out = arena_array(&a, DOCS, 1);
	s->must = arena_array(&a, DOCS, 1);
	for (i = 0; i < q->n; i++)
		if (q->clauses[i].must) {
			last_must = i == last ? n : last_must;
			must[n++] = &q->clauses[i];
		}
	if ((s->any_must = n > 0))
		all_of(s, must, n, last_must, false);
	for (i = 0; i < q->n; i++) {
		struct clause *c = &q->clauses[i];

		if (c->must)
			continue;
		if (!c->phrase)
			one_word(s, &c->words[0], i == last, c->not, h.ask[i]);
		else if (!all_of(s, &c, 1, SIZE_MAX, c->not || q->positive > 1) && !c->not)
			for (j = 0; j < c->n; j++)
				one_word(s, &c->words[j], false, false, false);
	}
	for (i = 0; i < h.n; i++) {
		const int m = (int)h.others - (h.codes[i].n == 3) - (h.ask[0] ? 2 : 0);

		slow_hint(s, h.codes[i], m > 1 ? (uint32_t)(m * m) : 1);
	}
}

/* ---- comparing ---- */

static int best_first(const void *x, const void *y)
{
	const struct want *p = x, *q = y;

	return p->score != q->score ? (p->score < q->score) - (p->score > q->score) : (p->doc > q->doc) - (p->doc < q->doc);
}

static bool passes_lang(const struct doc *d, const struct filters *f)
{
	size_t i;

	for (i = 0; i < f->nlang && !str_eq(f->lang[i], lang_of(d)); i++)
		;
	return i < f->nlang;
}

/* What a slow reader found, best first. */
static size_t list_hits(struct want *want, size_t *lessons, const struct slow *s, const struct filters *f)
{
	int64_t first, last;
	size_t i, n = 0;

	*lessons = 0;
	for (i = 0; i < DOCS; i++) {
		bool yes = date_parse(&first, &last, cstr(arena_printf(&a, "%u-05-01", docs[i].year)));

		if (docs[i].dead || s->out[i] || (s->any_must && !s->must[i]) || (!s->hit[i] && s->q->positive) || !yes ||
		    (f->nkind && docs[i].lesson != str_is(f->kind[0], "lesson")) || (f->nlang && !passes_lang(&docs[i], f)) ||
		    (f->since <= f->until && (last < f->since || first > f->until)))
			continue;
		*lessons += docs[i].lesson;
		want[n++] = (struct want){ s->score[i] >> SHOWN, (uint32_t)i };
	}
	if (n)
		qsort(want, n, sizeof *want, best_first);
	return n;
}

/* What passes is known of one segment alone: the others came since the filters were asked for. */
static void know_one(const struct filters *f)
{
	const struct passing *p;

	passings_close(ix.passings);
	ix.passings = passings_open();
	passings_begin(ix.passings);
	assert_int_equal(passings_get(&p, ix.passings, &a, &snap.segments[0], f, true, &e), RC_OK);
}

static void compare(struct str text, const struct filters *filters, bool typing)
{
	static const size_t limits[] = { 1, 10, 100, DOCS, 0 };
	static struct want want[DOCS];
	struct filters f = *filters;
	struct result res;
	struct query *q;
	struct slow s;
	size_t n, i, k, lessons;
	enum counting count;

	assert_int_equal(query_parse(&q, &f, &a, text, &e), RC_OK);
	if (typing)
		query_typing(q);
	read_slowly(&s, q);
	n = list_hits(want, &lessons, &s, &(struct filters)FILTERS_INIT);
	for (i = 0; i < s.ndoubts; i++)
		slow_doubt(&s, &s.doubts[i], want, n);
	n = list_hits(want, &lessons, &s, &f);
	for (k = 0; k < sizeof limits / sizeof *limits; k++)
		for (count = COUNT_NONE; count <= COUNT_FACETS; count++) {
			size_t most = n < limits[k] ? n : limits[k];

			if (count == COUNT_NONE && (k == 1 || k == 2))
				know_one(&f);
			assert_int_equal(query_run(&res, &a, &snap, q, &f, limits[k], count, &e), RC_OK);
			if (res.n != most || (count != COUNT_NONE && res.total != n))
				fail_msg("%.*s: %zu of %llu, not %zu of %zu", FMT_STR(text), res.n, (unsigned long long)res.total, most, n);
			for (i = 0; i < most; i++)
				if (!str_eq(res.hits[i].id, docs[want[i].doc].id) || res.hits[i].score != want[i].score)
					fail_msg("%.*s, best %zu, number %zu: %.*s of %u, not %.*s of %u", FMT_STR(text), limits[k], i,
					    FMT_STR(res.hits[i].id), res.hits[i].score, FMT_STR(docs[want[i].doc].id), want[i].score);
			for (i = 0; i < res.nfacets; i++)
				if (strcmp(res.facets[i].field, "kind") == 0 && str_is(res.facets[i].value, "lesson"))
					assert_int_equal(res.facets[i].count, lessons);
		}
}

static void put_some_word(struct buf *b, const struct doc *d)
{
	struct str w = words[below(12) == 0 ? WORDS - 1 - below(5) : below(3) ? d->w[below((uint32_t)d->n)].word : below(WORDS)];

	switch (below(6)) {
	case 0:					/* a beginning */
		w = str_utf8_cut(w, w.n - 1);
		break;
	case 1:					/* a letter is wrong */
		buf_str_add(b, str_sub(w, 0, 1));
		buf_putc(b, 'q');
		w = str_sub(w, 2, w.n);
		break;
	default:
		break;
	}
	buf_str_add(b, w);
}

/* One of the few documents that have a rare word. */
static const struct doc *rare_doc(struct str *word)
{
	size_t i = below(DOCS), k;

	for (;; i = (i + 1) % DOCS)
		for (k = 0; k < docs[i].n; k++)
			if (docs[i].w[k].word >= RARE && docs[i].w[k].word < RARE + RARES) {
				*word = words[docs[i].w[k].word];
				return &docs[i];
			}
}

static void ask(unsigned turns)
{
	struct buf b = BUF_INIT;
	unsigned turn, n, k;
	bool sought, not, many, first = false;

	for (turn = 0; turn < turns; turn++) {
		struct filters f = FILTERS_INIT;

		const struct doc *rare = NULL;
		struct str word = STR_NONE;

		buf_clear(&b);
		if (below(2) == 0) {
			rare = rare_doc(&word);
			if ((first = below(2)))
				buf_printf(&b, "%.*s ", FMT_STR(word));
		}
		many = below(16) == 0;
		for (n = many ? 45 : 1 + below(6), sought = false; n; n--) {
			const struct doc *d = rare ? rare : &docs[below(DOCS)];

			not = below(8) == 0;
			sought |= !not;
			buf_puts(&b, not ? "-" : !many && below(6) == 0 ? "+" : "");
			if (below(5) == 0 && d->n > 3) {
				size_t at = below((uint32_t)d->n - 2);

				buf_putc(&b, '"');
				for (k = 2 + below(2); k; k--, at++) {
					buf_str_add(&b, words[d->w[at].word]);
					buf_putc(&b, k > 1 ? ' ' : '"');
				}
			} else {
				put_some_word(&b, d);
			}
			buf_puts(&b, n > 1 ? " " : "");
		}
		if (rare && !first)
			buf_printf(&b, " %.*s", FMT_STR(word));
		if (below(2) == 0)
			assert_true(filters_add(&f, &a, STR("kind"), below(2) ? STR("lesson") : STR("issue")));
		for (n = below(4) ? 0 : 1 + below(2); n; n--)	/* of ru and xx are many documents, but few have the words of en */
			assert_true(filters_add(&f, &a, STR("lang"), n > 1 ? STR("xx") : below(2) ? STR("ru") : STR("en")));
		if (below(3) == 0)	/* since 2023: one of a hundred */
			assert_true(filters_add(&f, &a, STR("since"), cstr(arena_printf(&a, "%u", 2014 + below(10)))));
		if (below(40) == 0)
			buf_clear(&b);
		if (f.nkind || f.nlang || f.since <= f.until || (b.n && sought))
			compare(buf_str(&b), &f, below(5) == 0);
		arena_free(&a);
	}
	buf_free(&b);
}

/* A dense word brings in documents that have no rarer one; or of whose rarer one few pass. */
static void ask_dense(void)
{
	static const size_t dense[] = { 0, HEAVY };
	const struct filters none = FILTERS_INIT;
	size_t i;

	for (i = HEAVY + 1; i < RARE; i++) {
		struct filters few = FILTERS_INIT;

		assert_true(filters_add(&few, &a, STR("since"), STR("2023")));
		compare(cstr(arena_printf(&a, "%.*s %.*s %.*s", FMT_STR(words[i]), FMT_STR(words[RARE - 1 - i / 2]),
		    FMT_STR(words[dense[i % 2]]))), &few, false);
		arena_free(&a);
	}

	for (i = 0; i < 2 * RARES; i++) {
		compare(cstr(arena_printf(&a, "%.*s %.*s", FMT_STR(words[RARE + i / 2]), FMT_STR(words[dense[i % 2]]))), &none, false);
		arena_free(&a);
	}
}

/* Slips of words that the documents found have not: enough of the best of these pass. */
static void ask_slips(void)
{
	size_t i;

	for (i = 0; i < 2 * RARES; i++) {
		struct filters most = FILTERS_INIT;

		assert_true(filters_add(&most, &a, STR("since"), STR("2015")));
		compare(cstr(arena_printf(&a, "%.*s %.*s", FMT_STR(words[RARE + i / 2]), FMT_STR(words[i % 2 ? 11 : 15]))), &most, false);
		arena_free(&a);
	}
}

static void test_rank__finds_what_a_reader_of_every_document_finds(void **state)
{
	struct segment_info infos[SEGMENTS];
	struct segment segments[SEGMENTS];
	char dir[] = "/tmp/colep-rank-XXXXXX";
	struct seen *seen = seen_open();
	struct store *store;
	unsigned round;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(store_open(&store, arena_printf(&kept, "%s/x.mdb", dir), (size_t)1 << 28, true, &e), RC_OK);
	snap = (struct snap){ .ix = &ix, .segments = segments, .stamp = { .nsegments = SEGMENTS, .segments = infos } };
	make_words();
	make_docs();
	make_terms();
	assert_int_equal(txn_begin(&snap.txn, store, true, &e), RC_OK);
	open_tables(snap.txn);
	for (i = 0; i < SEGMENTS; i++)
		put_segment(&snap.txn, &infos[i], i);
	for (round = 0; round < 2; round++) {		/* all alive; some dead */
		for (i = 0; i < SEGMENTS; i++) {
			assert_int_equal(segment_open(&segments[i], &kept, snap.txn, &snap.t.large, &infos[i], seen, &e), RC_OK);
			if (round) {
				kill_some(&segments[i], i);
				infos[i] = segments[i].info;
			}
		}
		assert_int_equal(txn_commit(&snap.txn, &e), RC_OK);
		assert_int_equal(txn_begin(&snap.txn, store, false, &e), RC_OK);
		for (i = 0; i < SEGMENTS; i++)
			assert_int_equal(segment_open(&segments[i], &kept, snap.txn, &snap.t.large, &infos[i], seen, &e), RC_OK);
		bm25_set(&formula, snap.stamp.documents, snap.stamp.length);
		ask_dense();
		ask_slips();
		ask(320);
		txn_abort(&snap.txn);
		assert_int_equal(txn_begin(&snap.txn, store, true, &e), RC_OK);
	}
	txn_abort(&snap.txn);
	store_close(store);
	seen_close(seen);
	stems_close(ix.stems);
	evaluator_close(ix.evaluator);
	arena_free(&snap.a);
	unlink(arena_printf(&kept, "%s/x.mdb", dir));
	unlink(arena_printf(&kept, "%s/x.mdb-lock", dir));
	rmdir(dir);
	arena_free(&a);
	arena_free(&kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rank__finds_what_a_reader_of_every_document_finds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rank", tests, NULL, NULL);
}
