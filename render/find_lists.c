/* render/find_lists.c: from the words that the parts of find.c collected to forms, lists and postings.
 *
 * Words have numbers, and so have the strings that they become (the stem in their language and in English, the surface), by
 * chance. All strings are sorted, and from there on go by their places, so that nothing of that is seen in the result. */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/pack.h"
#include "kb/text/stem.h"

/* ---- all strings ---- */

struct ordered {			/* a string by its first eight bytes, then the rest */
	uint64_t first;
	uint32_t number;
};

static int by_bytes(const void *pa, const void *pb, void *strings)
{
	const struct ordered *a = pa, *b = pb;

	return a->first != b->first ? (a->first < b->first ? -1 : 1) :
	    str_cmp(strings_at(strings, a->number), strings_at(strings, b->number));
}

static void order_strings(struct find *f)
{
	struct strings *s = &f->all.strings;
	struct ordered *v = xmalloc((s->n + 1) * sizeof *v);
	size_t n = 0, i, k;

	f->to = xmalloc((s->n + 1) * sizeof *f->to);
	for (i = 0; i < s->n; i++) {
		struct str t = strings_at(s, i);

		f->to[i] = UINT32_MAX;
		if (!t.n)
			continue;
		v[n] = (struct ordered){ 0, (uint32_t)i };
		for (k = 0; k < 8; k++)
			v[n].first = v[n].first << 8 | (k < t.n ? (unsigned char)t.p[k] : 0);
		n++;
	}
	if (n)
		qsort_r(v, n, sizeof *v, by_bytes, s);
	f->strings = arena_array(&f->a, n, sizeof *f->strings);
	f->nstrings = n;
	for (i = 0; i < n; i++) {
		f->strings[i] = strings_at(s, v[i].number);
		f->to[v[i].number] = (uint32_t)i;
	}
	free(v);
}

/* ---- forms ---- */

static int by_used(const void *pa, const void *pb)
{
	const struct find_used *a = pa, *b = pb;

	if (a->form != b->form)
		return a->form < b->form ? -1 : 1;
	if (a->term != b->term)
		return a->term < b->term ? -1 : 1;
	return (a->english > b->english) - (a->english < b->english);
}

/* What all words become, alike ones summed up. */
static void make_used(struct find *f)
{
	const struct find_words *w = &f->all;
	struct find_used *v = xmalloc((w->words.n + 1) * sizeof *v);
	size_t n = 0, i;

	for (i = 0; i < w->words.n; i++) {
		v[n] = (struct find_used){ f->to[w->of[i].form], f->to[w->of[i].term], f->to[w->of[i].english], w->words.v[i].value };
		n += v[n].form != UINT32_MAX && v[n].term != UINT32_MAX;
	}
	if (n)
		qsort(v, n, sizeof *v, by_used);
	f->used = v;
	for (i = 0; i < n; i++)
		if (f->nused && !by_used(&v[f->nused - 1], &v[i]))
			v[f->nused - 1].n += v[i].n;
		else
			v[f->nused++] = v[i];
}

static int by_number(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

static void make_forms(struct find *f)
{
	const struct find_used *v;
	size_t i, k, from, n, nrefs = 0;

	make_used(f);
	v = f->used;
	f->forms = arena_array(&f->a, f->nused, sizeof *f->forms);
	f->ref_at = arena_array(&f->a, f->nused + 1, sizeof *f->ref_at);
	f->refs = arena_array(&f->a, 2 * f->nused, sizeof *f->refs);
	for (i = 0; i < f->nused;) {
		f->forms[f->nforms] = v[i].form;
		f->ref_at[f->nforms++] = (uint32_t)nrefs;
		for (from = nrefs; i < f->nused && v[i].form == f->forms[f->nforms - 1]; i++) {
			if (v[i].term != v[i].form)
				f->refs[nrefs++] = v[i].term;
			if (v[i].english != v[i].form && v[i].english != v[i].term && v[i].english != UINT32_MAX)
				f->refs[nrefs++] = v[i].english;
		}
		if (nrefs - from > 1)
			qsort(f->refs + from, nrefs - from, sizeof *f->refs, by_number);
		for (n = k = from; k < nrefs; k++)
			if (k == from || f->refs[k] != f->refs[k - 1])
				f->refs[n++] = f->refs[k];
		nrefs = n;
	}
	f->ref_at[f->nforms] = (uint32_t)nrefs;
}

size_t find_stretch(struct find_count **v, size_t *n, size_t *cap, const struct find *f, size_t from)
{
	size_t i;

	for (*n = 0, i = from; i < f->nused; i++) {
		const struct find_used *u = &f->used[i];

		if (i > from && u->form != u[-1].form && find_cuts(f->strings[u->form], FIND_BY_FORM))
			break;
		if (*n == *cap) {
			*cap = *cap * 2 + 4096;
			*v = xrealloc(*v, *cap * sizeof **v);
		}
		(*v)[(*n)++] = (struct find_count){ f->strings[u->form], f->strings[u->term],
			u->english == UINT32_MAX ? STR_NONE : f->strings[u->english], u->n };
	}
	return i;
}

/* ---- postings ---- */

/* The lists of one document: weights summed up by list. Lists lie all over memory, so each step is taken for all words of
 * the document before the next: then the processor waits for many at a time. */
struct sums {
	uint32_t *list_of;		/* the list of each word, or UINT32_MAX */
	uint32_t *weight;		/* by list; 0 between documents */
	uint32_t *lists, *weights;	/* of the document: each list once */
	size_t n, cap;
};

static void sum_up(struct sums *s, const struct find *f, size_t k)
{
	struct str posts = find_posts(f, k);
	uint64_t word, weight;
	size_t i, n = 0;
	uint32_t list;

	if (posts.n > s->cap) {		/* more than it has words */
		s->cap = posts.n * 2;
		s->lists = xrealloc(s->lists, s->cap * sizeof *s->lists);
		s->weights = xrealloc(s->weights, s->cap * sizeof *s->weights);
	}
	while (varint_get(&word, &posts) && varint_get(&weight, &posts)) {
		s->lists[n] = (uint32_t)word;
		s->weights[n++] = (uint32_t)weight;
	}
	for (i = 0; i < n; i++)
		s->lists[i] = s->list_of[s->lists[i]];
	for (s->n = i = 0; i < n; i++) {
		if ((list = s->lists[i]) == UINT32_MAX)
			continue;
		if (!s->weight[list])
			s->lists[s->n++] = list;
		s->weight[list] += s->weights[i];
	}
	for (i = 0; i < s->n; i++) {
		s->weights[i] = s->weight[s->lists[i]];
		s->weight[s->lists[i]] = 0;
	}
}

uint32_t find_coarse(uint32_t length)
{
	unsigned shift = 0;

	while (length >> shift >= 32)
		shift++;
	return length >> shift << shift;
}

uint32_t find_impact(uint32_t weight, uint32_t length, uint32_t average)
{
	uint32_t base = 300 + (uint32_t)((uint64_t)900 * find_coarse(length) / average), w = weight > 255 ? 255 : weight,
	    d = w * 1000 + base, q = (FIND_IMPACT * 1000 * w + d / 2) / d;

	return q ? q : 1;
}

static void fill_lists(struct find *f)
{
	struct sums s = { .weight = xmalloc((f->nstrings + 1) * sizeof *s.weight) };
	uint32_t *next = xmalloc((f->nstrings + 1) * sizeof *next);
	const struct find_words *w = &f->all;
	size_t i, k;

	s.list_of = xmalloc((w->words.n + 1) * sizeof *s.list_of);
	for (i = 0; i < w->words.n; i++)
		s.list_of[i] = f->to[w->of[i].form] == UINT32_MAX ? UINT32_MAX : f->to[w->of[i].term];
	memset(s.weight, 0, (f->nstrings + 1) * sizeof *s.weight);
	memset(next, 0, (f->nstrings + 1) * sizeof *next);
	for (k = 0; k < f->n; k++) {
		sum_up(&s, f, k);
		for (i = 0; i < s.n; i++) {
			next[s.lists[i]]++;
			f->length[k] += s.weights[i];
		}
		f->length[k] += !f->length[k];
		f->total += f->length[k];
	}
	f->average = f->n ? find_coarse((uint32_t)(f->total / f->n)) : 1;
	f->list_at = arena_array(&f->a, f->nstrings + 1, sizeof *f->list_at);
	for (k = 0; k < f->nstrings; k++)
		f->list_at[k + 1] = f->list_at[k] + next[k];
	f->posts = arena_array(&f->a, f->list_at[f->nstrings], sizeof *f->posts);
	memcpy(next, f->list_at, f->nstrings * sizeof *next);
	for (k = 0; k < f->n; k++) {	/* in order of number, so that lists rise */
		sum_up(&s, f, k);
		for (i = 0; i < s.n; i++)
			__builtin_prefetch(&f->posts[next[s.lists[i]]], 1);
		for (i = 0; i < s.n; i++)
			f->posts[next[s.lists[i]]++] = (uint32_t)k << 8 | find_impact(s.weights[i], f->length[k], f->average);
	}
	free(s.list_of);
	free(s.weight);
	free(s.lists);
	free(s.weights);
	free(next);
}

void find_finish(struct find *f)
{
	unsigned i;

	for (i = 0; i < f->nparts; i++)
		strings_free(&f->parts[i].local);
	order_strings(f);
	strings_seal(&f->all.strings);
	strings_seal(&f->all.words);
	free(f->all.strings.v);		/* f->strings has them */
	f->all.strings.v = NULL;
	make_forms(f);
	fill_lists(f);
	free(f->all.of);
	free(f->to);
	f->all.of = NULL;
	f->to = NULL;
}

static int by_str(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void find_encode_forms(struct find_encoder *e, const struct find_count *v, size_t n)
{
	struct buf tail = BUF_INIT;
	struct str *refs = NULL, form;
	size_t i = 0, k, got, many, cap = 0;

	while (i < n) {
		form = v[i].form;
		for (got = 0; i < n && str_eq(v[i].form, form); i++) {
			if (got + 2 > cap) {
				cap = cap * 2 + 16;
				refs = xrealloc(refs, cap * sizeof *refs);
			}
			if (!str_eq(v[i].term, form))
				refs[got++] = v[i].term;
			if (v[i].english.n && !str_eq(v[i].english, form))
				refs[got++] = v[i].english;
		}
		if (got > 1)
			qsort(refs, got, sizeof *refs, by_str);
		for (many = k = 0; k < got; k++)
			if (!k || !str_eq(refs[k], refs[many - 1]))
				refs[many++] = refs[k];
		buf_clear(&tail);
		find_form_tail(&tail, form, refs, many);
		find_item(e, form, buf_str(&tail));
	}
	free(refs);
	buf_free(&tail);
}

void find_encode(struct find *f)
{
	struct find_encoder forms = { .to = &f->blocks[FIND_BY_FORM], .a = &f->a, .kind = FIND_BY_FORM },
	    lists = { .to = &f->blocks[FIND_BY_TERM], .a = &f->a, .kind = FIND_BY_TERM };
	struct find_count *counts = NULL;
	struct buf tail = BUF_INIT;
	size_t i, n, cap = 0, blocks;

	for (i = 0; i < f->nused;) {
		i = find_stretch(&counts, &n, &cap, f, i);
		find_encode_forms(&forms, counts, n);
	}
	for (i = 0; i < f->nstrings; i++) {
		if (f->list_at[i] == f->list_at[i + 1])
			continue;
		buf_clear(&tail);
		find_list_tail(&tail, f->posts + f->list_at[i], f->list_at[i + 1] - f->list_at[i]);
		blocks = lists.to->n;
		find_item(&lists, f->strings[i], buf_str(&tail));
		if (lists.to->n > blocks)
			lists.to->v[blocks].rank = (uint32_t)i;
	}
	(void)find_twins(forms.to);
	(void)find_twins(lists.to);
	find_items_end(&forms);
	find_items_end(&lists);
	free(counts);
	buf_free(&tail);
	find_facets(f);
}

void find_forget(struct find *f)
{
	unsigned i;

	for (i = 0; i < f->nparts; i++) {
		struct find_part *p = &f->parts[i];

		stems_close(p->stems);
		strings_free(&p->local);
		strings_free(&p->becomes);
		buf_free(&p->posts);
		buf_free(&p->text);
		buf_free(&p->surface);
		free(p->numbers);
		free(p->fresh);
		*p = (struct find_part){ 0 };
	}
	strings_free(&f->all.words);
	free(f->all.of);
	free(f->to);
	free(f->used);
	f->all.of = NULL;
	f->to = NULL;
	f->used = NULL;
}
