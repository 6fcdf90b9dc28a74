/* render/find_lists.c: from the words that the parts of find.c collected to forms, lists and postings.
 *
 * Words have numbers, and so have the strings that they become (the stem in their language and in English, the surface), by
 * chance. All strings are sorted, and from there on go by their places, so that nothing of that is seen in the result. */
#include "render/find_parts.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

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
struct order {
	const struct find *f;
	struct ordered *v;
	size_t n;
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

/* Sort strings that are alike up to `at`: in place, by one byte after another. */
static void order(const struct order *o, struct ordered *v, size_t n, size_t at)
{
	enum { FEW = 16 };
	unsigned half = at % 8 / 4, shift = 24 - at % 4 * 8, c, to;
	uint32_t next[256], end[256] = { 0 };
	struct ordered t, u;
	size_t i, k;

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
	for (c = 1, i = end[0]; c < 256; i = end[c++])
		if (end[c] - i > 1)
			order(o, v + i, end[c] - i, at + 1);
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
static void name_strings(struct find *f, struct order *o)
{
	struct str s = buf_str(&f->becomes);
	struct find_becomes w;
	size_t far = 0;
	uint32_t at;

	for (; find_becomes_take(&w, &s); far = f->becomes.n - s.n) {
		struct find_used *u = &f->used[w.number];

		*u = (struct find_used){ EMPTY, EMPTY, EMPTY, 0 };
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

/* f->strings, and of each word the places of its own there: f->used; f->order is by form. */
static void order_strings(struct find *f)
{
	struct order o = { .f = f };
	struct str s, last = STR_NONE;
	uint32_t place, number;
	size_t i;

	gather(f);
	f->used = xmalloc((f->nwords + 1) * sizeof *f->used);
	o.v = xmalloc((3 * (size_t)f->nwords + 1) * sizeof *o.v);	/* what is not needed of it is not touched */
	name_strings(f, &o);
	order(&o, o.v, o.n, 0);
	f->strings = xmalloc((o.n + 1) * sizeof *f->strings);
	f->lengths = xmalloc(o.n + 1);
	f->order = xmalloc((f->nwords + 1) * sizeof *f->order);
	for (i = 0; i < o.n; i++) {
		expect(&o, i);
		number = number_of(&o, i);
		s = string_of(&o, o.v[i].which);
		if (!i || !str_eq(s, last)) {
			f->strings[f->nstrings] = (uint32_t)(s.p - f->becomes.p);
			f->lengths[f->nstrings++] = (unsigned char)s.n;
		}
		last = s;
		place = (uint32_t)f->nstrings - 1;
		switch (o.v[i].which % STRINGS) {
		case FORM:
			f->order[f->nused++] = number;
			f->used[number].form = place;
			break;
		case TERM: f->used[number].term = place; break;
		default: f->used[number].english = place; break;
		}
	}
	free(o.v);
	f->strings = xrealloc(f->strings, (f->nstrings + 1) * sizeof *f->strings);
	f->lengths = xrealloc(f->lengths, f->nstrings + 1);
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

/* Of each word its list, and room in each list for all documents of its words. Of what words become, alike ones summed up. */
static void make_used(struct find *f)
{
	struct find_used *u;
	uint32_t t;
	size_t i, k, n = 0, first;

	f->list_of = xmalloc((f->nwords + 1) * sizeof *f->list_of);
	f->list_at = xmalloc((f->nstrings + 1) * sizeof *f->list_at);
	memset(f->list_at, 0, (f->nstrings + 1) * sizeof *f->list_at);
	for (i = 0; i < f->nwords; i++) {
		u = &f->used[i];
		u->term = u->term == AS_FORM ? u->form : u->term;
		u->english = u->english == AS_FORM ? u->form : u->english == AS_TERM ? u->term : u->english;
		u->n = f->count[i];
		f->list_of[i] = u->term;
		if (u->term != EMPTY)
			f->list_at[u->term + 1] += u->n;
	}
	for (i = 0; i < f->nstrings; i++)
		f->list_at[i + 1] += f->list_at[i];
	for (first = i = 0; i < f->nused; i++) {	/* by form already */
		t = f->order[i];
		if (n && f->used[f->order[n - 1]].form != f->used[t].form)
			first = n;
		for (k = n; k > first && by_used(&f->used[f->order[k - 1]], &f->used[t]) > 0; k--)
			;
		if (k > first && !by_used(&f->used[f->order[k - 1]], &f->used[t])) {
			f->used[f->order[k - 1]].n += f->used[t].n;
			continue;
		}
		memmove(f->order + k + 1, f->order + k, (n++ - k) * sizeof *f->order);
		f->order[k] = t;
	}
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
	uint32_t form = f->used[f->order[i]].form;
	size_t k, n;

	for (r->n = 0; i < f->nused && f->used[f->order[i]].form == form; i++) {
		const struct find_used *u = &f->used[f->order[i]];

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
		f->forms[f->nforms] = f->used[f->order[i]].form;
		f->ref_at[f->nforms++] = (uint32_t)nrefs;
		if (r.n)
			memcpy(f->refs + nrefs, r.v, r.n * sizeof *r.v);
		nrefs += r.n;
	}
	f->ref_at[f->nforms] = (uint32_t)nrefs;
	free(r.v);
}

static void expect_form(const struct find *f, size_t i)
{
	if (i + FAR < f->nused)
		__builtin_prefetch(&f->used[f->order[i + FAR]]);
	if (i + NEAR < f->nused)
		__builtin_prefetch(f->becomes.p + f->strings[f->used[f->order[i + NEAR]].form]);
}

struct find_count find_count_of(const struct find *f, size_t i)
{
	const struct find_used *u = &f->used[f->order[i]];

	expect_form(f, i);
	return (struct find_count){ find_string(f, u->form), find_string(f, u->term),
	    u->english == EMPTY ? STR_NONE : find_string(f, u->english), u->n };
}

/* ---- postings ---- */

/* The lists of one document: weights summed up by list. Lists lie all over memory, so each step is taken for all words of
 * the document before the next: then the processor waits for many at a time. */
struct sums {
	uint32_t from, to;		/* lists that count */
	uint32_t *weight;		/* by list less from; 0 between documents */
	uint32_t *lists, *weights;	/* of the document: each list once, less from */
	size_t n, cap;
};

static void sum_up(struct sums *s, const struct find *f, size_t k)
{
	struct str posts = find_posts(f, k);
	size_t i, n = 0, got = 0;
	uint32_t list, weight;
	uint64_t word;

	if (posts.n > s->cap) {		/* more than it has words */
		s->cap = posts.n * 2;
		s->lists = xrealloc(s->lists, s->cap * sizeof *s->lists);
		s->weights = xrealloc(s->weights, s->cap * sizeof *s->weights);
	}
	while (find_post_take(&word, &weight, &posts)) {
		s->lists[n] = (uint32_t)word - 1;
		s->weights[n++] = weight;
	}
	for (i = 0; i < n; i++) {
		s->lists[i] = f->list_of[s->lists[i]] - s->from;
		__builtin_prefetch(&s->weight[s->lists[i]], 1);	/* of one that does not count too: it does no harm */
	}
	for (i = 0; i < n; i++) {
		if ((list = s->lists[i]) >= s->to - s->from)
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
	uint32_t weight;
	uint64_t word;
	size_t k;

	for (k = 0; k < f->n; k++) {
		struct str posts = find_posts(f, k);

		while (find_post_take(&word, &weight, &posts))
			if (f->list_of[word - 1] != EMPTY)
				f->length[k] += weight;
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

/* Lists s->from to s->to into f->posts, each up to its end. */
static void fill_lists(struct find *f, struct sums *s, uint32_t *end)
{
	uint8_t impacts[256];		/* of the document in work, by weight; 0: not known yet */
	uint32_t n = s->to - s->from;
	size_t i, k;

	for (i = 0; i < n; i++)
		end[i] = f->list_at[s->from + i] - f->list_at[s->from];
	s->weight = xmalloc((n + 1) * sizeof *s->weight);
	memset(s->weight, 0, (n + 1) * sizeof *s->weight);
	for (k = 0; k < f->n; k++) {	/* in order of number, so that lists rise */
		sum_up(s, f, k);
		memset(impacts, 0, sizeof impacts);
		for (i = 0; i < s->n; i++)
			__builtin_prefetch(&f->posts[end[s->lists[i]]], 1);
		for (i = 0; i < s->n; i++) {
			uint32_t w = s->weights[i] > 255 ? 255 : s->weights[i];

			if (!impacts[w])
				impacts[w] = (uint8_t)find_impact(w, f->length[k], f->average);
			f->posts[end[s->lists[i]]++] = (uint32_t)k << 8 | impacts[w];
		}
	}
	free(s->weight);
}

/* ---- writing out ---- */

static void encode_forms(struct find *f)
{
	struct find_encoder to = { .to = &f->blocks[FIND_BY_FORM], .kind = FIND_BY_FORM };
	struct buf tail = BUF_INIT;
	struct refs r = { .v = NULL };
	struct str *refs = NULL, form;
	size_t i, k, next, cap = 0;

	for (i = 0; i < f->nused; i = next) {
		expect_form(f, i);
		form = find_string(f, f->used[f->order[i]].form);
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
	}
	find_items_end(&to);
	(void)find_twins(to.to);
	free(r.v);
	free(refs);
	buf_free(&tail);
}

/* Lists from `from` on up to their ends in f->posts. */
static void encode_lists(struct find_encoder *to, const struct find *f, uint32_t from, const uint32_t *end, uint32_t n)
{
	struct buf tail = BUF_INIT;
	uint32_t i, at;
	size_t blocks;

	for (i = 0; i < n; i++) {
		if (i + NEAR < n)
			__builtin_prefetch(f->becomes.p + f->strings[from + i + NEAR]);
		at = f->list_at[from + i] - f->list_at[from];
		if (at == end[i])
			continue;
		buf_clear(&tail);
		find_list_tail(&tail, f->posts + at, end[i] - at);
		blocks = to->to->n;
		find_item(to, find_string(f, from + i), buf_str(&tail));
		if (to->to->n > blocks)
			to->to->v[blocks].rank = from + i;
	}
	buf_free(&tail);
}

/* All lists: as many at a time as fill half the memory of all, or, where they are to be asked, all. */
static void make_lists(struct find *f)
{
	struct find_encoder to = { .to = &f->blocks[FIND_BY_TERM], .kind = FIND_BY_TERM };
	uint32_t all = f->list_at[f->nstrings], most = f->out ? all / 2 + 1 : UINT32_MAX, *end, at, i, n;
	struct sums s = { .to = 0 };

	measure(f);
	end = xmalloc((f->nstrings + 1) * sizeof *end);
	for (s.from = 0; s.from < f->nstrings; s.from = s.to) {
		for (s.to = s.from + 1; s.to < f->nstrings && f->list_at[s.to + 1] - f->list_at[s.from] <= most; s.to++)
			;
		f->posts = xmalloc((f->list_at[s.to] - f->list_at[s.from] + 1) * sizeof *f->posts);
		fill_lists(f, &s, end);
		encode_lists(&to, f, s.from, end, s.to - s.from);
		if (f->out) {
			free(f->posts);
			f->posts = NULL;
		}
	}
	find_items_end(&to);
	(void)find_twins(to.to);
	for (at = 0, i = 0; !f->out && i < f->nstrings; i++) {	/* room that was left goes */
		n = end[i] - f->list_at[i];
		memmove(f->posts + at, f->posts + f->list_at[i], n * sizeof *f->posts);
		f->list_at[i] = at;
		at += n;
	}
	f->list_at[f->nstrings] = at;
	free(s.lists);
	free(s.weights);
	free(end);
	free(f->list_of);
	f->list_of = NULL;
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
	struct str posts;
	uint32_t weight;
	uint64_t word;
	size_t k;

	f->count = xmalloc((f->nwords + 1) * sizeof *f->count);
	memset(f->count, 0, (f->nwords + 1) * sizeof *f->count);
	for (k = 0; k < f->nparts; k++)
		for (posts = buf_str(&f->parts[k].posts); find_post_take(&word, &weight, &posts);)
			f->count[word - 1]++;
}

static void words_half(struct find *f)
{
	count_words(f);
	if (!f->out)
		return;
	find_save_words(f);
	strings_free(&f->words);
}

static void lists_half(struct find *f)
{
	unsigned i;

	make_lists(f);
	for (i = 0; f->out && i < f->nparts; i++)
		buf_free(&f->parts[i].posts);
}

static void forms_half(struct find *f)
{
	encode_forms(f);
	if (f->out) {
		find_save_forms(f);
		free(f->used);
		free(f->order);
		f->used = NULL;
		f->order = NULL;
	} else {
		make_forms(f);
	}
	find_facets(f);
}

void find_finish(struct find *f, const char *path, const unsigned char key[KEPT_KEY])
{
	unsigned i;

	for (i = 0; i < f->nparts; i++)
		strings_free(&f->parts[i].local);
	strings_seal(&f->words);
	f->nwords = (uint32_t)f->words.n;
	if (path)
		find_save_begin(f, path, key);
	both(f, order_strings, words_half);
	make_used(f);
	free(f->count);
	f->count = NULL;
	both(f, lists_half, forms_half);
}

void find_forget(struct find *f)
{
	unsigned i;

	for (i = 0; i < f->nparts; i++) {
		struct find_part *p = &f->parts[i];

		stems_close(p->stems);
		strings_free(&p->local);
		buf_free(&p->becomes);
		free(p->weights);
		buf_free(&p->posts);
		buf_free(&p->text);
		free(p->numbers);
		free(p->fresh);
		*p = (struct find_part){ 0 };
	}
	strings_free(&f->words);
	buf_free(&f->becomes);
	free(f->used);
	free(f->order);
	free(f->strings);
	free(f->lengths);
	free(f->forms);
	free(f->ref_at);
	free(f->refs);
	free(f->list_at);
	free(f->posts);
	f->used = NULL;
	f->lengths = NULL;
	f->order = f->strings = f->forms = f->ref_at = f->refs = f->list_at = f->posts = NULL;
}
