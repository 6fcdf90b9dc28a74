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

struct ordered {			/* a string by eight of its bytes; behind its end, zeros: no word has one */
	uint64_t eight;
	uint32_t number;
};

static uint64_t eight_at(struct str s, size_t at)
{
	uint64_t v = 0;
	size_t i;

	for (i = at; i < at + 8; i++)
		v = v << 8 | (i < s.n ? (unsigned char)s.p[i] : 0);
	return v;
}

static bool is_before(const struct ordered *a, const struct ordered *b, const struct strings *s)
{
	return a->eight != b->eight ? a->eight < b->eight : str_cmp(strings_at(s, a->number), strings_at(s, b->number)) < 0;
}

/* Sort strings that are alike up to `at`: in place, by one byte after another. */
static void order(struct ordered *v, size_t n, size_t at, const struct strings *s)
{
	enum { FEW = 16 };
	unsigned shift = 56 - at % 8 * 8, c, to;
	uint32_t next[256], end[256] = { 0 };
	struct ordered t, u;
	size_t i, k;

	for (i = 0; at && at % 8 == 0 && i < n; i++)
		v[i].eight = eight_at(strings_at(s, v[i].number), at);
	if (n <= FEW) {
		for (i = 1; i < n; i++) {
			for (t = v[i], k = i; k > 0 && is_before(&t, &v[k - 1], s); k--)
				v[k] = v[k - 1];
			v[k] = t;
		}
		return;
	}
	for (i = 0; i < n; i++)
		end[v[i].eight >> shift & 0xff]++;
	for (i = k = 0; i < 256; i++) {
		next[i] = (uint32_t)k;
		end[i] = (uint32_t)(k += end[i]);
	}
	for (c = 0; c < 256; c++)	/* what stands in another's place takes it from there, until one comes that belongs here */
		while (next[c] < end[c]) {
			for (t = v[next[c]]; (to = t.eight >> shift & 0xff) != c; t = u) {
				u = v[next[to]];
				v[next[to]++] = t;
			}
			v[next[c]++] = t;
		}
	for (c = 1, i = end[0]; c < 256; i = end[c++])
		if (end[c] - i > 1)
			order(v + i, end[c] - i, at + 1, s);
}

static void order_strings(struct find *f)
{
	struct strings *s = &f->all.strings;
	struct ordered *v = xmalloc((s->n + 1) * sizeof *v);
	size_t n = 0, i;

	for (i = 0; i < s->n; i++)
		if (strings_at(s, i).n)
			v[n++] = (struct ordered){ eight_at(strings_at(s, i), 0), (uint32_t)i };
	order(v, n, 0, s);
	f->to = xmalloc((s->n + 1) * sizeof *f->to);
	memset(f->to, 0xff, (s->n + 1) * sizeof *f->to);	/* UINT32_MAX */
	f->strings = xmalloc((n + 1) * sizeof *f->strings);
	f->nstrings = n;
	for (i = 0; i < n; i++) {
		f->strings[i] = s->v[v[i].number].at;
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
	uint32_t *at = xmalloc((f->nstrings + 2) * sizeof *at);	/* at[i + 1]: where the next one of form i goes */
	struct find_used u, *v;
	size_t i, k, n;

	memset(at, 0, (f->nstrings + 2) * sizeof *at);
	for (i = 0; i < f->nwords; i++)
		if (f->to[w->of[i].form] != UINT32_MAX && f->to[w->of[i].term] != UINT32_MAX)
			at[f->to[w->of[i].form] + 2]++;
	for (i = 0; i < f->nstrings; i++)
		at[i + 2] += at[i + 1];
	f->used = v = xmalloc((at[f->nstrings + 1] + 1) * sizeof *v);
	for (i = 0; i < f->nwords; i++) {
		u = (struct find_used){ f->to[w->of[i].form], f->to[w->of[i].term], f->to[w->of[i].english], f->count[i] };
		if (u.form != UINT32_MAX && u.term != UINT32_MAX)
			v[at[u.form + 1]++] = u;
	}
	n = at[f->nstrings];
	free(at);
	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && v[k].form == v[i].form; k++)
			;
		if (k - i > 1)
			qsort(v + i, k - i, sizeof *v, by_used);
		for (; i < k; i++)
			if (f->nused && !by_used(&v[f->nused - 1], &v[i]))
				v[f->nused - 1].n += v[i].n;
			else
				v[f->nused++] = v[i];
	}
}

static int by_number(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

static void make_forms(struct find *f)
{
	const struct find_used *v = f->used;
	size_t i, k, from, n, nrefs = 0;

	f->forms = xmalloc((f->nused + 1) * sizeof *f->forms);
	f->ref_at = xmalloc((f->nused + 1) * sizeof *f->ref_at);
	f->refs = xmalloc((2 * f->nused + 1) * sizeof *f->refs);
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

/* Of each word its list, and room in each list for all documents of its words. */
static void make_room(struct find *f)
{
	const struct find_words *w = &f->all;
	uint32_t list;
	size_t i;

	f->list_of = xmalloc((f->nwords + 1) * sizeof *f->list_of);
	f->list_at = xmalloc((f->nstrings + 1) * sizeof *f->list_at);
	memset(f->list_at, 0, (f->nstrings + 1) * sizeof *f->list_at);
	for (i = 0; i < f->nwords; i++) {
		f->list_of[i] = list = f->to[w->of[i].form] == UINT32_MAX ? UINT32_MAX : f->to[w->of[i].term];
		if (list != UINT32_MAX)
			f->list_at[list + 1] += f->count[i];
	}
	for (i = 0; i < f->nstrings; i++)
		f->list_at[i + 1] += f->list_at[i];
}

size_t find_stretch(struct find_count **v, size_t *n, size_t *cap, const struct find *f, size_t from)
{
	size_t i;

	for (*n = 0, i = from; i < f->nused; i++) {
		const struct find_used *u = &f->used[i];

		if (i > from && u->form != u[-1].form && find_cuts(find_string(f, u->form), FIND_BY_FORM))
			break;
		if (*n == *cap) {
			*cap = *cap * 2 + 4096;
			*v = xrealloc(*v, *cap * sizeof **v);
		}
		(*v)[(*n)++] = (struct find_count){ find_string(f, u->form), find_string(f, u->term),
			u->english == UINT32_MAX ? STR_NONE : find_string(f, u->english), u->n };
	}
	return i;
}

/* ---- postings ---- */

/* The lists of one document: weights summed up by list. Lists lie all over memory, so each step is taken for all words of
 * the document before the next: then the processor waits for many at a time. */
struct sums {
	uint32_t *weight;		/* by list; 0 between documents */
	uint32_t *lists, *weights;	/* of the document: each list once */
	size_t n, cap;
};

static void sum_up(struct sums *s, const struct find *f, size_t k)
{
	struct str posts = find_posts(f, k);
	uint64_t word, weight;
	size_t i, n = 0, got = 0;
	uint32_t list;

	if (posts.n > s->cap) {		/* more than it has words */
		s->cap = posts.n * 2;
		s->lists = xrealloc(s->lists, s->cap * sizeof *s->lists);
		s->weights = xrealloc(s->weights, s->cap * sizeof *s->weights);
	}
	while (varint_get(&word, &posts) && varint_get(&weight, &posts)) {
		s->lists[n] = (uint32_t)word - 1;
		s->weights[n++] = (uint32_t)weight;
	}
	for (i = 0; i < n; i++) {
		s->lists[i] = f->list_of[s->lists[i]];
		__builtin_prefetch(&s->weight[s->lists[i]], 1);	/* of UINT32_MAX too: it does no harm */
	}
	for (i = 0; i < n; i++) {
		if ((list = s->lists[i]) == UINT32_MAX)
			continue;
		s->lists[got] = list;
		got += !s->weight[list];
		s->weight[list] += s->weights[i];
	}
	for (s->n = got, i = 0; i < got; i++) {
		s->weights[i] = s->weight[s->lists[i]];
		s->weight[s->lists[i]] = 0;
	}
}

/* Lengths of all documents. */
static void measure(struct find *f)
{
	uint64_t word, weight;
	size_t k;

	for (k = 0; k < f->n; k++) {
		struct str posts = find_posts(f, k);

		while (varint_get(&word, &posts) && varint_get(&weight, &posts))
			if (f->list_of[word - 1] != UINT32_MAX)
				f->length[k] += (uint32_t)weight;
		f->length[k] += !f->length[k];
		f->total += f->length[k];
	}
	f->average = f->n ? find_coarse((uint32_t)(f->total / f->n)) : 1;
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
	uint32_t *end = xmalloc((f->nstrings + 1) * sizeof *end), at, n;
	uint8_t impacts[256];		/* of the document in work, by weight; 0: not known yet */
	size_t i, k;

	measure(f);
	memset(s.weight, 0, (f->nstrings + 1) * sizeof *s.weight);
	memcpy(end, f->list_at, f->nstrings * sizeof *end);
	f->posts = xmalloc((f->list_at[f->nstrings] + 1) * sizeof *f->posts);
	for (k = 0; k < f->n; k++) {	/* in order of number, so that lists rise */
		sum_up(&s, f, k);
		memset(impacts, 0, sizeof impacts);
		for (i = 0; i < s.n; i++)
			__builtin_prefetch(&f->posts[end[s.lists[i]]], 1);
		for (i = 0; i < s.n; i++) {
			uint32_t w = s.weights[i] > 255 ? 255 : s.weights[i];

			if (!impacts[w])
				impacts[w] = (uint8_t)find_impact(w, f->length[k], f->average);
			f->posts[end[s.lists[i]]++] = (uint32_t)k << 8 | impacts[w];
		}
	}
	for (at = 0, i = 0; i < f->nstrings; i++) {	/* room that was left goes */
		n = end[i] - f->list_at[i];
		memmove(f->posts + at, f->posts + f->list_at[i], n * sizeof *f->posts);
		f->list_at[i] = at;
		at += n;
	}
	f->list_at[f->nstrings] = at;
	free(s.weight);
	free(s.lists);
	free(s.weights);
	free(end);
	free(f->list_of);
	f->list_of = NULL;
}

static int by_str(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void find_counts_tail(struct buf *b, const struct find_count *v, size_t n)
{
	struct str form = v->form, *refs = xmalloc(2 * n * sizeof *refs);
	size_t i, k, got = 0, many;

	for (i = 0; i < n; i++) {
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
	find_form_tail(b, form, refs, many);
	free(refs);
}

/* ---- writing out ---- */

static void encode_forms(struct find *f)
{
	struct find_encoder to = { .to = &f->blocks[FIND_BY_FORM], .kind = FIND_BY_FORM };
	struct buf tail = BUF_INIT;
	struct str *refs = xmalloc((f->ref_at[f->nforms] + 1) * sizeof *refs), form;
	size_t i, k, n;

	for (i = 0; i < f->nforms; i++) {
		form = find_string(f, f->forms[i]);
		for (n = 0, k = f->ref_at[i]; k < f->ref_at[i + 1]; k++)
			refs[n++] = find_string(f, f->refs[k]);
		buf_clear(&tail);
		find_form_tail(&tail, form, refs, n);
		find_item(&to, form, buf_str(&tail));
	}
	find_items_end(&to);
	(void)find_twins(to.to);
	free(refs);
	buf_free(&tail);
}

static void encode_lists(struct find *f)
{
	struct find_encoder to = { .to = &f->blocks[FIND_BY_TERM], .kind = FIND_BY_TERM };
	struct buf tail = BUF_INIT;
	size_t i, blocks;

	for (i = 0; i < f->nstrings; i++) {
		if (f->list_at[i] == f->list_at[i + 1])
			continue;
		buf_clear(&tail);
		find_list_tail(&tail, f->posts + f->list_at[i], f->list_at[i + 1] - f->list_at[i]);
		blocks = to.to->n;
		find_item(&to, find_string(f, i), buf_str(&tail));
		if (to.to->n > blocks)
			to.to->v[blocks].rank = (uint32_t)i;
	}
	find_items_end(&to);
	(void)find_twins(to.to);
	buf_free(&tail);
}

/* Two halves of the work, by two threads where there are two; they write to different parts of f. */
typedef void half_fn(struct find *f);
struct half { half_fn *fn; struct find *f; };

static void *half_run(void *arg)
{
	const struct half *h = arg;

	h->fn(h->f);
	return NULL;
}

static void both(struct find *f, half_fn *one, half_fn *other)
{
	struct half h = { other, f };
	pthread_t thread;
	bool runs = f->nparts > 1 && !pthread_create(&thread, NULL, half_run, &h);

	one(f);
	if (runs)
		pthread_join(thread, NULL);
	else
		other(f);
}

/* In how many documents each word is. */
static void count_words(struct find *f)
{
	uint64_t word, weight;
	struct str posts;
	size_t k;

	f->nwords = (uint32_t)f->all.words.n;
	f->count = xmalloc((f->nwords + 1) * sizeof *f->count);
	memset(f->count, 0, (f->nwords + 1) * sizeof *f->count);
	for (k = 0; k < f->nparts; k++)
		for (posts = buf_str(&f->parts[k].posts); varint_get(&word, &posts) && varint_get(&weight, &posts);)
			f->count[word - 1]++;
}

static void strings_half(struct find *f)
{
	order_strings(f);
	make_used(f);
	make_forms(f);
	make_room(f);
	free(f->all.of);
	free(f->to);
	free(f->count);
	free(f->all.strings.v);		/* f->strings tells where they are */
	f->all.of = NULL;
	f->to = f->count = NULL;
	f->all.strings.v = NULL;
}

static void words_half(struct find *f)
{
	if (!f->out)
		return;
	find_save_words(f);
	strings_free(&f->all.words);
}

static void lists_half(struct find *f)
{
	unsigned i;

	fill_lists(f);
	for (i = 0; f->out && i < f->nparts; i++)
		buf_free(&f->parts[i].posts);
	encode_lists(f);
}

static void forms_half(struct find *f)
{
	if (f->out) {
		find_save_forms(f);
		free(f->used);
		f->used = NULL;
	}
	encode_forms(f);
	find_facets(f);
}

void find_finish(struct find *f, const char *path, const unsigned char key[KEPT_KEY])
{
	unsigned i;

	for (i = 0; i < f->nparts; i++) {
		strings_free(&f->parts[i].local);
		strings_free(&f->parts[i].becomes);
	}
	strings_seal(&f->all.strings);
	strings_seal(&f->all.words);
	if (path)
		find_save_begin(f, path, key);
	count_words(f);
	both(f, strings_half, words_half);
	both(f, lists_half, forms_half);
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
		free(p->numbers);
		free(p->fresh);
		*p = (struct find_part){ 0 };
	}
	strings_free(&f->all.words);
	strings_free(&f->all.strings);
	free(f->all.of);
	free(f->used);
	free(f->strings);
	free(f->forms);
	free(f->ref_at);
	free(f->refs);
	free(f->list_at);
	free(f->posts);
	f->all.of = NULL;
	f->used = NULL;
	f->strings = f->forms = f->ref_at = f->refs = f->list_at = f->posts = NULL;
}
