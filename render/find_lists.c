/* render/find_lists.c: from the words that the parts of find.c collected to forms, lists and postings.
 *
 * Each part numbered its words as they came. They are put into one dictionary with the strings that they become: the stem
 * in their language and in English, the surface. Strings that are stems or surfaces are sorted; forms are numbered in that
 * order and lists by first use, so that no part is seen in the result. When the documents use the very words of the build
 * before, its dictionary and its order are used as they are (find_kept.c). */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/record.h"
#include "kb/text/chars.h"

/* ---- one dictionary ---- */

static uint32_t put(struct strings *to, struct str s)
{
	return (uint32_t)strings_put(to, s, 0, strings_hash(s, 0), NULL);
}

/* Room for one more word. */
static struct find_word *next_word(struct find_words *w, size_t *cap)
{
	if (w->words.n > *cap) {
		*cap = *cap ? *cap * 2 : 4096;
		w->of = xrealloc(w->of, *cap * sizeof *w->of);
	}
	return &w->of[w->words.n - 1];
}

/* The kept words that are still in a document. */
static void add_kept(struct find_words *all, size_t *cap, struct find *f, const char *used)
{
	const struct find_words *kept = &f->kept_words;
	size_t k;
	bool is_new;

	f->to[f->kept] = xmalloc((kept->words.n + 1) * sizeof(uint32_t));
	for (k = 0; k < kept->words.n; k++) {
		strings_expect(&all->words, &kept->words, k);
		if (!used[k])
			continue;
		f->to[f->kept][k] = (uint32_t)strings_put(&all->words, strings_at(&kept->words, k), kept->words.v[k].tag,
		    kept->words.v[k].hash, &is_new);
		*next_word(all, cap) = (struct find_word){ put(&all->strings, strings_at(&kept->strings, kept->of[k].term)),
		    put(&all->strings, strings_at(&kept->strings, kept->of[k].english)),
		    put(&all->strings, strings_at(&kept->strings, kept->of[k].form)) };
	}
}

static void add_part(struct find_words *all, size_t *cap, struct find *f, unsigned part)
{
	struct find_part *p = &f->parts[part];
	struct buf surface = BUF_INIT;
	struct find_word *to;
	struct str word;
	bool is_new;
	size_t k;

	f->to[part] = xmalloc((p->words.n + 1) * sizeof(uint32_t));
	for (k = 0; k < p->words.n; k++) {
		strings_expect(&all->words, &p->words, k);
		word = strings_at(&p->words, k);
		f->to[part][k] = (uint32_t)strings_put(&all->words, word, p->words.v[k].tag, p->words.v[k].hash, &is_new);
		if (!is_new)
			continue;
		to = next_word(all, cap);
		to->term = put(&all->strings, stems_term(p->stems, word, p->words.v[k].tag));
		to->english = p->words.v[k].tag == p->english ? to->term :
		    put(&all->strings, stems_term(p->stems, word, p->english));
		buf_clear(&surface);
		text_surface(&surface, word);
		to->form = put(&all->strings, buf_str(&surface));
	}
	strings_free(&p->words);
	buf_free(&surface);
}

/* Which kept words are in a document; the caller frees. */
static char *used_words(const struct find *f)
{
	size_t n = f->kept_words.words.n, k;
	char *used = xmalloc(n + 1);
	uint64_t word, weight;
	struct str posts;

	memset(used, 0, n + 1);
	for (k = 0; k < f->n; k++) {
		if (f->spots[k].part != f->kept)
			continue;
		for (posts = find_posts(f, k); varint_get(&word, &posts) && varint_get(&weight, &posts);)
			if (word < n)
				used[word] = 1;
	}
	return used;
}

/* Are the words of the parts among the kept ones, and all of these in use? Then to[] leads there. */
static bool same_words(struct find *f, const char *used)
{
	const struct strings *kept = &f->kept_words.words;
	char *mine = memcpy(xmalloc(kept->n + 1), used, kept->n + 1);
	bool same = kept->n > 0;
	unsigned i;
	size_t k, at;

	for (i = 0; same && i < f->kept; i++) {
		const struct strings *words = &f->parts[i].words;

		f->to[i] = xmalloc((words->n + 1) * sizeof(uint32_t));
		for (k = 0; same && k < words->n; k++) {
			at = strings_find(kept, strings_at(words, k), words->v[k].tag);
			if ((same = at != SIZE_MAX))
				mine[at] = 1;
			f->to[i][k] = (uint32_t)at;
		}
	}
	same = same && !memchr(mine, 0, kept->n);
	for (i = 0; !same && i < f->kept; i++) {
		free(f->to[i]);
		f->to[i] = NULL;
	}
	free(mine);
	return same;
}

/* ---- forms and lists ---- */

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

static int by_number(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* rank[string], string_of[rank] of the strings that are marked; those that are not have UINT32_MAX. */
static void rank_strings(uint32_t *rank, uint32_t *string_of, const struct strings *s, const char *marked)
{
	struct ordered *v = xmalloc((s->n + 1) * sizeof *v);
	size_t i, k, n = 0;

	for (i = 0; i < s->n; i++) {
		struct str t = strings_at(s, i);

		rank[i] = UINT32_MAX;
		if (!marked[i])
			continue;
		v[n] = (struct ordered){ 0, (uint32_t)i };
		for (k = 0; k < 8; k++)
			v[n].first = v[n].first << 8 | (k < t.n ? (unsigned char)t.p[k] : 0);
		n++;
	}
	if (n)
		qsort_r(v, n, sizeof *v, by_bytes, (void *)(uintptr_t)s);
	for (i = 0; i < n; i++) {
		rank[v[i].number] = (uint32_t)i;
		string_of[i] = v[i].number;
	}
	free(v);
}

/* All pairs of a form and a term that words of it were counted under, by their ranks; sorted. */
static uint64_t *pairs_of(size_t *n, const struct find_words *w, const uint32_t *rank, const char *term)
{
	uint64_t *v = xmalloc((3 * w->words.n + 1) * sizeof *v);
	size_t i;

	for (*n = i = 0; i < w->words.n; i++) {
		const struct find_word *of = &w->of[i];
		uint64_t form = (uint64_t)rank[of->form] << 32;

		if (!w->strings.v[of->form].n || !term[of->term])
			continue;
		v[(*n)++] = form | rank[of->term];
		if (of->form != of->term && term[of->form])
			v[(*n)++] = form | rank[of->form];
		if (of->english != of->term && term[of->english])
			v[(*n)++] = form | rank[of->english];
	}
	if (*n)
		qsort(v, *n, sizeof *v, by_number);
	return v;
}

/* Forms in order, each with its lists, which are numbered by first use. */
static void make_lists(struct find *f)
{
	const struct find_words *w = &f->all;
	size_t most = w->strings.n + 1, i, n, refs = 0;
	char *term = xmalloc(most), *marked = xmalloc(most);
	uint32_t *rank = xmalloc(most * sizeof *rank), *string_of = xmalloc(most * sizeof *string_of),
	    *list_of_term = xmalloc(most * sizeof *list_of_term), form, last = UINT32_MAX, t;
	uint64_t *pairs;

	memset(term, 0, most);
	memset(marked, 0, most);
	for (i = 0; i < w->words.n; i++) {
		if (w->strings.v[w->of[i].term].n)
			term[w->of[i].term] = marked[w->of[i].term] = 1;
		marked[w->of[i].form] = 1;
	}
	rank_strings(rank, string_of, &w->strings, marked);
	pairs = pairs_of(&n, w, rank, term);
	memset(list_of_term, 0xff, most * sizeof *list_of_term);
	f->form_strings = xmalloc((w->words.n + 1) * sizeof *f->form_strings);
	f->ref_at = arena_array(&f->a, w->words.n + 1, sizeof *f->ref_at);
	f->refs = arena_array(&f->a, n + 1, sizeof *f->refs);
	for (i = 0; i < n; i++) {
		if (i && pairs[i] == pairs[i - 1])
			continue;
		form = (uint32_t)(pairs[i] >> 32);
		t = string_of[(uint32_t)pairs[i]];
		if (form != last) {
			f->form_strings[f->nforms] = string_of[form];
			f->ref_at[f->nforms++] = (uint32_t)refs;
			last = form;
		}
		if (list_of_term[t] == UINT32_MAX)
			list_of_term[t] = (uint32_t)f->nlists++;
		f->refs[refs++] = list_of_term[t];
	}
	f->ref_at[f->nforms] = (uint32_t)refs;
	f->list_of = xmalloc((w->words.n + 1) * sizeof *f->list_of);
	for (i = 0; i < w->words.n; i++)
		f->list_of[i] = list_of_term[w->of[i].term];
	free(pairs);
	free(term);
	free(marked);
	free(rank);
	free(string_of);
	free(list_of_term);
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
	const uint32_t *to = f->to[f->spots[k].part];
	uint64_t word, weight;
	size_t i, n = 0;
	uint32_t list;

	if (posts.n > s->cap) {		/* more than it has words */
		s->cap = posts.n * 2;
		s->lists = xrealloc(s->lists, s->cap * sizeof *s->lists);
		s->weights = xrealloc(s->weights, s->cap * sizeof *s->weights);
	}
	while (varint_get(&word, &posts) && varint_get(&weight, &posts)) {
		if (f->spots[k].part == f->kept && word >= f->kept_words.words.n)
			continue;
		s->lists[n] = (uint32_t)word;
		s->weights[n++] = (uint32_t)weight;
	}
	for (i = 0; to && i < n; i++)
		s->lists[i] = to[s->lists[i]];
	for (i = 0; i < n; i++)
		s->lists[i] = f->list_of[s->lists[i]];
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

static void fill_lists(struct find *f)
{
	struct sums s = { .weight = xmalloc((f->nlists + 1) * sizeof *s.weight) };
	uint32_t *next = xmalloc((f->nlists + 1) * sizeof *next), w, q, d, base;
	size_t i, k;

	memset(s.weight, 0, (f->nlists + 1) * sizeof *s.weight);
	memset(next, 0, (f->nlists + 1) * sizeof *next);
	for (k = 0; k < f->n; k++) {
		sum_up(&s, f, k);
		for (i = 0; i < s.n; i++) {
			next[s.lists[i]]++;
			f->length[k] += s.weights[i];
		}
		f->length[k] += !f->length[k];
		f->total += f->length[k];
	}
	f->list_at = arena_array(&f->a, f->nlists + 1, sizeof *f->list_at);
	for (k = 0; k < f->nlists; k++)
		f->list_at[k + 1] = f->list_at[k] + next[k];
	f->posts = arena_array(&f->a, f->list_at[f->nlists], sizeof *f->posts);
	memcpy(next, f->list_at, f->nlists * sizeof *next);
	for (k = 0; k < f->n; k++) {	/* in order of number, so that lists rise */
		base = 300 + (uint32_t)((uint64_t)900 * f->length[k] * f->n / f->total);
		sum_up(&s, f, k);
		for (i = 0; i < s.n; i++)
			__builtin_prefetch(&f->posts[next[s.lists[i]]], 1);
		for (i = 0; i < s.n; i++) {
			w = s.weights[i] > 255 ? 255 : s.weights[i];
			d = w * 1000 + base;	/* the impact, as told in find.c */
			q = (FIND_IMPACT * 1000 * w + d / 2) / d;
			f->posts[next[s.lists[i]]++] = (uint32_t)k << 8 | (q ? q : 1);
		}
	}
	free(s.weight);
	free(s.lists);
	free(s.weights);
	free(next);
}

void find_finish(struct find *f)
{
	char *used = used_words(f);
	size_t cap = 0;
	unsigned i;

	if (same_words(f, used)) {
		f->same = true;
		f->all = f->kept_words;
		find_kept_lists(f);
	} else {
		if (f->kept_words.words.n)
			add_kept(&f->all, &cap, f, used);
		for (i = 0; i < f->kept; i++)
			add_part(&f->all, &cap, f, i);
		make_lists(f);
	}
	free(used);
	fill_lists(f);
}

void find_encode(struct find *f)
{
	size_t i;

	f->forms = arena_array(&f->a, f->nforms, sizeof *f->forms);
	for (i = 0; i < f->nforms; i++)
		f->forms[i] = arena_str(&f->a, strings_at(&f->all.strings, f->form_strings[i]));
	find_forget(f);
	find_facets(f);
	find_blocks(f);
}

void find_forget(struct find *f)
{
	unsigned i;

	for (i = 0; i < f->nparts; i++) {
		struct find_part *p = &f->parts[i];

		free(f->to[i]);
		if (i == f->kept)
			continue;
		stems_close(p->stems);
		strings_free(&p->local);
		strings_free(&p->words);
		buf_free(&p->posts);
		buf_free(&p->text);
	}
	if (!f->same) {
		strings_free(&f->all.words);
		strings_free(&f->all.strings);
		free(f->all.of);
		free(f->list_of);
		free(f->form_strings);
	}
	f->all = (struct find_words){ 0 };
	f->list_of = f->form_strings = NULL;
	f->nparts = 0;
	kept_unmap(&f->map);
	kept_unmap(&f->words_map);
}
