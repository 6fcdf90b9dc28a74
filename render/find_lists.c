/* render/find_lists.c: from the words that the parts of find.c collected to forms, lists and postings.
 *
 * Words have numbers, and so have the strings that they become (the stem in their language and in English, the surface), by
 * chance. All strings are sorted, and from there on go by their places, so that nothing of that is seen in the result. */
#include "render/find_parts.h"

#include <endian.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kb/doc/called.h"
#include "kb/text/stem.h"

/* Strings lie all over memory: what will be looked at is fetched before. */
enum { FAR = 24, NEAR = 12 };

/* ---- all strings ---- */

enum { FORM, TERM, ENGLISH, STRINGS = 4 };	/* of each word */
#define EMPTY UINT32_MAX
#define AS_FORM (EMPTY - 1)
#define AS_TERM (EMPTY - 2)

struct ordered {			/* a string by eight of its bytes; behind its end, zeros: no word has one */
	uint32_t eight[2];
	uint32_t which;			/* STRINGS times where the word is in becomes, and which of its strings */
};
/* Lists from `from` to `to` are filled by two threads: one takes documents from the first on, the other from the last on, some
 * at a time until they meet, so that both are done at once, whatever else either has to do. */
enum { SOME = 64 };
struct filling {
	uint32_t from, half, to;	/* half: a block begins there wherever it stands, or to */
	atomic_size_t taken;		/* how many times SOME documents */
	uint32_t *posts;		/* of list i: from list_at[i] - list_at[from] on */
	uint32_t *end, *begin;		/* by list less from: of what came from the first on; of what came from the last on */
	struct find_blocks rest;	/* of lists from half on */
};
struct order {
	struct find *f;
	struct ordered *v;
	size_t n;
	uint32_t end[256];		/* where those that begin with each byte end */
	atomic_uint sorted;		/* how many of these bytes somebody sorted, or does, from the last one on */
	uint32_t *forms;		/* numbers of words, by form; behind nforms, of those that have none */
	size_t nforms;
	struct filling fill;
};

/* As find_becomes_take, of what we wrote ourselves. */
static struct str string_of(const struct order *o, uint32_t which)
{
	const char *p = o->f->becomes.p + which / STRINGS + sizeof(uint32_t), *form = p + 1;
	size_t n = (unsigned char)*p;
	unsigned i, code;

	for (p = form + n, i = which % STRINGS; i; i--) {	/* p: a stem; what it has of its own stands behind its code */
		code = (unsigned char)*p++;
		if (i == 1)
			return code < 128 ? (struct str){ form, code } : (struct str){ p, code - 128 };
		p += code < 128 ? 0 : code - 128;
	}
	return (struct str){ form, n };
}

static void read_eight(struct ordered *v, struct str s, size_t at)
{
	uint64_t eight = 0;
	size_t i;

	if (s.n >= at + 8) {
		memcpy(&eight, s.p + at, 8);
		eight = be64toh(eight);
	} else {
		for (i = at; i < at + 8; i++)
			eight = eight << 8 | (i < s.n ? (unsigned char)s.p[i] : 0);
	}
	v->eight[0] = (uint32_t)(eight >> 32);
	v->eight[1] = (uint32_t)eight;
}

static bool is_before(const struct ordered *a, const struct ordered *b, const struct order *o)
{
	if (a->eight[0] != b->eight[0])
		return a->eight[0] < b->eight[0];
	if (a->eight[1] != b->eight[1])
		return a->eight[1] < b->eight[1];
	if (!(a->eight[1] & 0xff))
		return false;		/* both end here */
	return str_cmp(string_of(o, a->which), string_of(o, b->which)) < 0;
}

/* In place, by the byte at `at`; end: where those of each byte end. */
static void part(struct ordered *v, size_t n, size_t at, uint32_t end[256])
{
	unsigned half = at % 8 / 4, shift = 24 - at % 4 * 8, c, to;
	struct ordered t, u;
	uint32_t next[256];
	size_t i, k;

	memset(end, 0, 256 * sizeof *end);
	for (i = 0; i < n; i++)
		end[v[i].eight[half] >> shift & 0xff]++;
	for (i = k = 0; i < 256; i++) {
		next[i] = (uint32_t)k;
		end[i] = (uint32_t)(k += end[i]);
	}
	for (c = 0; c < 256; c++)	/* what stands in another's place takes it from there, until one comes that belongs here */
		while (next[c] < end[c]) {
			for (t = v[next[c]]; (to = t.eight[half] >> shift & 0xff) != c; t = u) {
				u = v[next[to]];
				v[next[to]++] = t;
			}
			v[next[c]++] = t;
		}
}

/* Sort strings that are alike up to `at`: in place, by one byte after another. */
static void order(const struct order *o, struct ordered *v, size_t n, size_t at)
{
	enum { FEW = 32 };
	uint32_t end[256];
	struct ordered t;
	size_t i, k;
	unsigned c;

	if (at && at % 8 == 0)
		for (i = 0; i < n; i++) {
			if (i + 2 < n)
				__builtin_prefetch(o->f->becomes.p + v[i + 2].which / STRINGS);
			read_eight(&v[i], string_of(o, v[i].which), at);
		}
	if (n <= FEW) {
		for (i = 1; i < n; i++) {
			for (t = v[i], k = i; k > 0 && is_before(&t, &v[k - 1], o); k--)
				v[k] = v[k - 1];
			v[k] = t;
		}
		return;
	}
	part(v, n, at, end);
	for (c = 1, i = end[0]; c < 256; i = end[c++])
		if (end[c] - i > 1)
			order(o, v + i, end[c] - i, at + 1);
}

/* Those of one first byte after another, as long as there are some that nobody sorts: scripts of two bytes are many words of
 * one byte, and those have high ones. */
static void sort_some(struct order *o)
{
	unsigned i, from, c;

	while ((i = atomic_fetch_add(&o->sorted, 1)) < 256) {
		c = 255 - i;
		from = c ? o->end[c - 1] : 0;
		if (o->end[c] - from > 1)
			order(o, o->v + from, o->end[c] - from, 1);
	}
}

/* One piece of what the parts have. */
static void gather(struct find *f)
{
	unsigned i;

	f->becomes = f->parts[0].becomes;
	f->parts[0].becomes = (struct buf)BUF_INIT;
	for (i = 1; i < f->nparts; i++) {
		buf_str_add(&f->becomes, buf_str(&f->parts[i].becomes));
		buf_free(&f->parts[i].becomes);
	}
}

/* Which strings there are, those of a word that are alike once; of a word without form or stem, none. */
static void name_strings(struct order *o)
{
	struct find *f = o->f;
	struct str s = buf_str(&f->becomes);
	struct find_becomes w;
	size_t far = 0;
	uint32_t at;

	for (; find_becomes_take(&w, &s); far = f->becomes.n - s.n) {
		struct find_used *u = &f->used[w.number];

		u->form = u->term = u->english = EMPTY;
		if (!w.form.n || !w.term.n || far > UINT32_MAX / STRINGS)
			continue;	/* a copy of some 60 million words and more: its pages are whole, these are not found */
		at = (uint32_t)far;
		u->form = 0;
		u->term = str_eq(w.term, w.form) ? AS_FORM : 0;
		u->english = !w.english.n ? EMPTY : str_eq(w.english, w.form) ? AS_FORM : str_eq(w.english, w.term) ? AS_TERM : 0;
		o->v[o->n].which = at * STRINGS + FORM;
		read_eight(&o->v[o->n++], w.form, 0);
		if (!u->term) {
			o->v[o->n].which = at * STRINGS + TERM;
			read_eight(&o->v[o->n++], w.term, 0);
		}
		if (!u->english) {
			o->v[o->n].which = at * STRINGS + ENGLISH;
			read_eight(&o->v[o->n++], w.english, 0);
		}
	}
}

static uint32_t number_of(const struct order *o, size_t i)
{
	uint32_t number;

	memcpy(&number, o->f->becomes.p + o->v[i].which / STRINGS, sizeof number);
	return number;
}

static void expect(const struct order *o, size_t i)
{
	if (i + FAR < o->n)
		__builtin_prefetch(o->f->becomes.p + o->v[i + FAR].which / STRINGS);
	if (i + NEAR < o->n)
		__builtin_prefetch(&o->f->used[number_of(o, i + NEAR)], 1);
}

/* Give back the memory of the first n; they are not looked at again. */
static void give_back(struct ordered *v, size_t n)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)v + page - 1) / page * page, to = (uintptr_t)(v + n) / page * page;

	if (to > from)
		(void)madvise((char *)v + (from - (uintptr_t)v), to - from, MADV_DONTNEED);
}

/* f->sorted, and of each word the places of its own there: f->used. */
static void place_strings(struct order *o)
{
	struct str s, last = STR_NONE;
	struct find *f = o->f;
	uint32_t place, number;
	size_t i;

	f->strings = xmalloc((o->n + 1) * sizeof *f->strings);	/* what is not needed of it is not touched */
	o->forms = xmalloc((f->nwords + 1) * sizeof *o->forms);
	buf_reserve(&f->sorted, f->becomes.n);
	for (i = 0; i < o->n; i++) {
		if (i % (1 << 16) == 0)		/* as much memory as what is made of them takes */
			give_back(o->v, i);
		expect(o, i);
		number = number_of(o, i);
		s = string_of(o, o->v[i].which);
		if (!i || !str_eq(s, last)) {
			f->strings[f->nstrings++] = (uint32_t)f->sorted.n;
			buf_str_add(&f->sorted, s);
		}
		last = s;
		place = (uint32_t)f->nstrings - 1;
		switch (o->v[i].which % STRINGS) {
		case FORM:
			o->forms[o->nforms++] = number;
			f->used[number].form = place;
			break;
		case TERM: f->used[number].term = place; break;
		default: f->used[number].english = place; break;
		}
	}
	f->strings[f->nstrings] = (uint32_t)f->sorted.n;
	free(o->v);
	buf_free(&f->becomes);
}

/* ---- forms ---- */

static int by_used(const struct find_used *a, const struct find_used *b)
{
	if (a->form != b->form)
		return a->form < b->form ? -1 : 1;
	if (a->term != b->term)
		return a->term < b->term ? -1 : 1;
	return (a->english > b->english) - (a->english < b->english);
}

/* Of each word its list, and room in each list for all documents of its words. */
static void name_lists(struct order *o)
{
	struct find *f = o->f;
	struct find_used *u;
	size_t i, n = o->nforms;

	f->list_at = xmalloc((f->nstrings + 1) * sizeof *f->list_at);
	memset(f->list_at, 0, (f->nstrings + 1) * sizeof *f->list_at);
	for (i = 0; i < f->nwords; i++) {
		u = &f->used[i];
		u->term = u->term == AS_FORM ? u->form : u->term;
		u->english = u->english == AS_FORM ? u->form : u->english == AS_TERM ? u->term : u->english;
		if (u->form == EMPTY)
			o->forms[n++] = (uint32_t)i;
		u->n = f->list_of[i];
		f->list_of[i] = u->term;
		if (u->term != EMPTY)
			f->list_at[u->term + 1] += u->n;
	}
	for (i = 0; i < f->nstrings; i++)
		f->list_at[i + 1] += f->list_at[i];
}

/* Put used[forms[i]] at i, for all i: of each cycle one waits while the others move up. forms becomes 0, 1, and so on. */
static void move_used(struct find_used *used, uint32_t *forms, uint32_t n)
{
	struct find_used first;
	uint32_t i, k, next;

	for (i = 0; i < n; i++) {
		first = used[i];
		for (k = i; (next = forms[k]) != i; k = next) {
			used[k] = used[next];
			forms[k] = k;
		}
		used[k] = first;
		forms[k] = k;
	}
}

/* f->used by form, stem, English stem, alike ones summed up. */
static void sort_used(struct order *o)
{
	struct find *f = o->f;
	struct find_used *v = f->used, u;
	size_t i, k, n = 0, first = 0;

	move_used(v, o->forms, f->nwords);
	for (i = 0; i < o->nforms; i++) {
		u = v[i];
		if (n && v[n - 1].form != u.form)
			first = n;
		for (k = n; k > first && by_used(&v[k - 1], &u) > 0; k--)
			;
		if (k > first && !by_used(&v[k - 1], &u)) {
			v[k - 1].n += u.n;
			continue;
		}
		memmove(v + k + 1, v + k, (n++ - k) * sizeof *v);
		v[k] = u;
	}
	free(o->forms);
	f->nused = n;
}

static int by_number(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

struct refs {				/* lists of a form besides that of its own string */
	uint32_t *v;
	size_t n, cap;
};

/* Of the form of word i in order; returns the first one of the next form. */
static size_t refs_of(struct refs *r, const struct find *f, size_t i)
{
	uint32_t form = f->used[i].form;
	size_t k, n;

	for (r->n = 0; i < f->nused && f->used[i].form == form; i++) {
		const struct find_used *u = &f->used[i];

		if (r->n + 2 > r->cap) {
			r->cap = 2 * r->cap + 16;
			r->v = xrealloc(r->v, r->cap * sizeof *r->v);
		}
		if (u->term != form)
			r->v[r->n++] = u->term;
		if (u->english != form && u->english != u->term && u->english != EMPTY)
			r->v[r->n++] = u->english;
	}
	if (r->n > 1)
		qsort(r->v, r->n, sizeof *r->v, by_number);
	for (n = k = 0; k < r->n; k++)
		if (k == 0 || r->v[k] != r->v[k - 1])
			r->v[n++] = r->v[k];
	r->n = n;
	return i;
}

/* What is asked: the forms with their lists. */
static void make_forms(struct find *f)
{
	struct refs r = { .v = NULL };
	size_t i, next, nrefs = 0;

	f->forms = xmalloc((f->nused + 1) * sizeof *f->forms);
	f->ref_at = xmalloc((f->nused + 1) * sizeof *f->ref_at);
	f->refs = xmalloc((2 * f->nused + 1) * sizeof *f->refs);
	for (i = 0; i < f->nused; i = next) {
		next = refs_of(&r, f, i);
		f->forms[f->nforms] = f->used[i].form;
		f->ref_at[f->nforms++] = (uint32_t)nrefs;
		if (r.n)
			memcpy(f->refs + nrefs, r.v, r.n * sizeof *r.v);
		nrefs += r.n;
	}
	f->ref_at[f->nforms] = (uint32_t)nrefs;
	free(r.v);
}

struct find_count find_count_of(const struct find *f, size_t i)
{
	const struct find_used *u = &f->used[i];

	return (struct find_count){ find_string(f, u->form), find_string(f, u->term),
	    u->english == EMPTY ? STR_NONE : find_string(f, u->english), u->n };
}

/* ---- postings ---- */

/* The lists of one document: weights summed up by list. Lists lie all over memory, so each step is taken for all words of
 * the document before the next: then the processor waits for many at a time. */
enum { LARGE = UINT8_MAX };		/* a weight of which more is the same */
struct sums {
	uint32_t from, to;		/* lists that count */
	uint8_t *weight;		/* by list less from, up to LARGE; 0 between documents */
	uint32_t *lists, *weights;	/* of the document: each list once, less from */
	size_t n, cap;
};

static void sum_up(struct sums *s, const struct find *f, size_t k)
{
	struct str posts = find_posts(f, k);
	size_t i, n = 0, got = 0;
	uint32_t list, weight;
	uint64_t word, sum;

	if (posts.n > s->cap) {		/* more than it has words */
		s->cap = posts.n * 2;
		s->lists = xrealloc(s->lists, s->cap * sizeof *s->lists);
		s->weights = xrealloc(s->weights, s->cap * sizeof *s->weights);
	}
	while (find_post_take(&word, &weight, &posts)) {
		list = f->list_of[word - 1] - s->from;
		__builtin_prefetch(&s->weight[list], 1);	/* of one that does not count too: it does no harm */
		s->lists[n] = list;
		s->weights[n] = weight;
		n += list < s->to - s->from;
	}
	for (i = 0; i < n; i++) {
		list = s->lists[i];
		s->lists[got] = list;
		got += !s->weight[list];
		sum = s->weight[list] + s->weights[i];
		s->weight[list] = (uint8_t)(sum < LARGE ? sum : LARGE);
	}
	for (s->n = got, i = 0; i < got; i++) {
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
	uint32_t base = 560 + (uint32_t)((uint64_t)840 * find_coarse(length) / average), w = weight < LARGE ? weight : LARGE,
	    d = w * 1000 + base, q = (FIND_IMPACT * 1000 * w + d / 2) / d;

	return q ? q : 1;
}

/* The lists of document k, behind those of the ones before or, from the back, in front of those behind it. */
static void fill_document(struct filling *to, struct sums *s, const struct find *f, size_t k, bool back)
{
	uint8_t impacts[LARGE + 1];	/* by weight; 0: not known yet */
	uint32_t *at = back ? to->begin : to->end;
	size_t i;

	sum_up(s, f, k);
	memset(impacts, 0, sizeof impacts);
	for (i = 0; i < s->n; i++)
		__builtin_prefetch(&to->posts[at[s->lists[i]]], 1);
	for (i = 0; i < s->n; i++) {
		uint32_t w = s->weights[i], *p = &at[s->lists[i]];

		if (!impacts[w])
			impacts[w] = (uint8_t)find_impact(w, f->length[k], f->average);
		to->posts[back ? --*p : (*p)++] = (uint32_t)k << 8 | impacts[w];
	}
}

/* In order of number or against it, so that lists rise. */
static void fill(struct order *o, bool back)
{
	struct filling *to = &o->fill;
	struct sums s = { .from = to->from, .to = to->to };
	size_t all = (o->f->n + SOME - 1) / SOME, mine, i, k, n;

	s.weight = xmalloc((to->to - to->from + 1) * sizeof *s.weight);
	memset(s.weight, 0, (to->to - to->from + 1) * sizeof *s.weight);
	for (mine = 0; atomic_fetch_add(&to->taken, 1) < all; mine++) {
		k = (back ? all - 1 - mine : mine) * SOME;
		n = o->f->n - k < SOME ? o->f->n - k : SOME;
		for (i = 0; i < n; i++)
			fill_document(to, &s, o->f, back ? k + n - 1 - i : k + i, back);
	}
	free(s.weight);
	free(s.lists);
	free(s.weights);
}

static void fill_front(struct order *o)
{
	fill(o, false);
}

static void fill_back(struct order *o)
{
	fill(o, true);
}

static void fill_begin(struct filling *to, const struct find *f, uint32_t from, uint32_t half, uint32_t end)
{
	uint32_t n = end - from, i, base = f->list_at[from];

	*to = (struct filling){ .from = from, .half = half, .to = end };
	to->posts = xmalloc_large((f->list_at[end] - base + 1) * sizeof *to->posts);
	to->end = xmalloc((n + 1) * sizeof *to->end);
	to->begin = xmalloc((n + 1) * sizeof *to->begin);
	for (i = 0; i < n; i++) {
		to->end[i] = f->list_at[from + i] - base;
		to->begin[i] = f->list_at[from + i + 1] - base;
	}
}

/* List i in one piece: where a document has two words of it, room is left in the middle. */
static uint32_t *fill_list(uint32_t *n, struct filling *of, const struct find *f, uint32_t i)
{
	uint32_t base = f->list_at[of->from], at = f->list_at[i] - base, next = f->list_at[i + 1] - base,
	    *end = &of->end[i - of->from], *begin = &of->begin[i - of->from], more = next - *begin;

	if (*end < *begin)
		memmove(of->posts + *end, of->posts + *begin, more * sizeof *of->posts);
	*end += more;
	*begin = next;
	*n = *end - at;
	return of->posts + at;
}

/* ---- writing out ---- */

static void encode_forms(struct find *f)
{
	struct find_encoder to = { .to = &f->blocks[FIND_BY_FORM], .kind = FIND_BY_FORM };
	struct find_counts_out counts = { .piece = BUF_INIT };
	struct buf tail = BUF_INIT;
	struct refs r = { .v = NULL };
	struct str *refs = NULL, form;
	size_t i, k, next, cap = 0;

	memset(f->coded, 0, called_ncodes);
	for (i = 0; i < f->nused; i = next) {
		form = find_string(f, f->used[i].form);
		find_called_form(f, form, true);
		next = refs_of(&r, f, i);
		if (r.n > cap) {
			cap = r.cap;
			refs = xrealloc(refs, cap * sizeof *refs);
		}
		for (k = 0; k < r.n; k++)
			refs[k] = find_string(f, r.v[k]);
		buf_clear(&tail);
		find_form_tail(&tail, form, refs, r.n);
		find_item(&to, form, buf_str(&tail));
		for (k = i; f->out && k < next; k++)
			find_save_count(&counts, f, k);
	}
	find_items_end(&to);
	(void)find_twins(to.to);
	if (f->out)
		find_save_counts_end(&counts, f);
	free(r.v);
	free(refs);
	buf_free(&tail);
}

static void encode_lists(struct find_blocks *blocks, const struct find *f, struct filling *of, uint32_t from, uint32_t to)
{
	struct find_encoder e = { .to = blocks, .kind = FIND_BY_TERM };
	struct buf tail = BUF_INIT;
	uint32_t *posts, i, n;
	size_t had;

	for (i = from; i < to; i++) {
		posts = fill_list(&n, of, f, i);
		if (!n)
			continue;
		buf_clear(&tail);
		find_list_tail(&tail, posts, n);
		had = blocks->n;
		find_item(&e, find_string(f, i), buf_str(&tail));
		if (blocks->n > had)
			blocks->v[had].rank = i;
	}
	buf_free(&tail);
	find_items_end(&e);
}

static void encode_first(struct order *o)
{
	encode_lists(&o->f->blocks[FIND_BY_TERM], o->f, &o->fill, o->fill.from, o->fill.half);
}

static void encode_second(struct order *o)
{
	encode_lists(&o->fill.rest, o->f, &o->fill, o->fill.half, o->fill.to);
}

/* To be asked: posts of all lists, without the room that was left. */
static void keep_lists(struct find *f, struct filling *all)
{
	uint32_t i, n, at = 0, *posts;

	for (i = 0; i < f->nstrings; i++) {
		posts = fill_list(&n, all, f, i);
		memmove(all->posts + at, posts, n * sizeof *posts);
		f->list_at[i] = at;
		at += n;
	}
	f->list_at[f->nstrings] = at;
	f->posts = all->posts;
	all->posts = NULL;
}

/* The first list from about `posts` postings on at which a block begins wherever it stands, or the end. */
static uint32_t list_apart(const struct find *f, uint32_t posts)
{
	uint32_t i;

	for (i = 0; i < f->nstrings; i++)
		if (f->list_at[i] >= posts && f->list_at[i + 1] > f->list_at[i] && find_cuts(find_string(f, i), FIND_BY_TERM))
			break;
	return i;
}

/* Two halves of the work, by two threads where there are two; they write to different parts of f. */
typedef void half_fn(struct order *o);
struct half { half_fn *fn; struct order *o; };

static void *half_run(void *arg)
{
	const struct half *h = arg;

	h->fn(h->o);
	return NULL;
}

static void both(struct order *o, half_fn *one, half_fn *other)
{
	struct half h = { other, o };
	pthread_t thread;
	bool runs = o->f->nparts > 1 && !pthread_create(&thread, NULL, half_run, &h);

	one(o);
	if (runs)
		pthread_join(thread, NULL);
	else
		other(o);
}

/* In how many documents each word is. */
static void count_words(struct find *f)
{
	struct str posts;
	uint32_t weight;
	uint64_t word;
	size_t k;

	f->list_of = xmalloc((f->nwords + 1) * sizeof *f->list_of);
	memset(f->list_of, 0, (f->nwords + 1) * sizeof *f->list_of);
	for (k = 0; k < f->nparts; k++)
		for (posts = buf_str(&f->parts[k].posts); find_post_take(&word, &weight, &posts);)
			f->list_of[word - 1]++;
}

enum { APART = 2 };			/* facets before this one are made while words are saved, the others while strings are placed */

static void make_facets(struct find *f, unsigned from, unsigned to)
{
	for (; from < to; from++)
		find_facet(f, from);
}

/* First what needs no memory: meanwhile the other half gives back that of the words. */
static void names_half(struct order *o)
{
	make_facets(o->f, 0, APART);
	gather(o->f);
	o->v = xmalloc((3 * (size_t)o->f->nwords + 1) * sizeof *o->v);	/* what is not needed of it is not touched */
	name_strings(o);
	part(o->v, o->n, 0, o->end);
}

static void words_half(struct order *o)
{
	if (o->f->out) {
		find_save_words(o->f);
		strings_free(&o->f->words);
	}
	count_words(o->f);
}

static void facets_half(struct order *o)
{
	make_facets(o->f, APART, FIND_FACETS);
}

static void forms_half(struct order *o)
{
	struct find *f = o->f;

	sort_used(o);
	encode_forms(f);
	if (!f->out) {
		make_forms(f);
		find_called(&f->called, f);
	} else {
		free(f->used);
		f->used = NULL;
	}
	fill_back(o);
}

/* After the last list is filled. */
static void forget_posts(struct find *f)
{
	size_t i;

	free(f->list_of);
	f->list_of = NULL;
	for (i = 0; f->out && i < f->nparts; i++)
		buf_free(&f->parts[i].posts);
}

/* All lists, to be kept for who asks, or one half of them and then the other: that takes less memory at a time. */
static void make_lists(struct order *o)
{
	struct find *f = o->f;
	uint32_t cuts[5] = { 0 }, all = f->list_at[f->nstrings], i, n = f->out ? 4 : 2;

	for (i = 1; i < n; i++)
		cuts[i] = list_apart(f, (uint32_t)((uint64_t)all * i / n));
	cuts[n] = (uint32_t)f->nstrings;
	for (i = 0; i < n; i += 2) {
		fill_begin(&o->fill, f, cuts[i], cuts[i + 1], cuts[i + 2]);
		both(o, fill_front, i ? fill_back : forms_half);
		if (i + 2 == n)
			forget_posts(f);
		both(o, encode_first, encode_second);
		find_blocks_join(&f->blocks[FIND_BY_TERM], &o->fill.rest);
		if (!f->out)
			keep_lists(f, &o->fill);
		free(o->fill.posts);
		free(o->fill.end);
		free(o->fill.begin);
	}
	(void)find_twins(&f->blocks[FIND_BY_TERM]);
}

void find_finish(struct find *f, const char *path, const unsigned char key[KEPT_KEY])
{
	struct order o = { .f = f };
	size_t i;

	for (i = 0; i < f->nparts; i++)
		strings_free(&f->parts[i].local);
	strings_seal(&f->words);
	f->nwords = (uint32_t)f->words.n;
	for (f->total = i = 0; i < f->n; i++)
		f->total += f->length[i];
	f->average = f->n ? find_coarse((uint32_t)(f->total / f->n)) : 1;
	if (path)
		find_save_begin(f, path, key);
	f->used = xmalloc((f->nwords + 1) * sizeof *f->used);
	both(&o, names_half, words_half);
	both(&o, sort_some, sort_some);
	both(&o, place_strings, facets_half);
	name_lists(&o);
	make_lists(&o);
}

void find_forget(struct find *f)
{
	unsigned i;

	for (i = 0; i < f->nparts; i++) {
		struct find_part *p = &f->parts[i];

		stems_close(p->stems);
		strings_free(&p->local);
		buf_free(&p->becomes);
		free(p->hashes);
		free(p->weights);
		buf_free(&p->posts);
		buf_free(&p->text);
		free(p->numbers);
		free(p->fresh);
		*p = (struct find_part){ 0 };
	}
	strings_free(&f->words);
	buf_free(&f->becomes);
	buf_free(&f->sorted);
	buf_free(&f->called);
	free(f->used);
	free(f->strings);
	free(f->forms);
	free(f->ref_at);
	free(f->refs);
	free(f->list_at);
	free(f->posts);
	f->used = NULL;
	f->strings = f->forms = f->ref_at = f->refs = f->list_at = f->posts = NULL;
}
