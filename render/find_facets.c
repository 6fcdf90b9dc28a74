/* render/find_facets.c: the facets of a copy: by what its documents can be narrowed down.
 *
 * A document has a set of values of each facet, one for most. Each different set stands once in a table, and a
 * column holds the number of each document's set: at 10,000 documents one or two characters each. */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "render/page.h"

enum { MOST = 500, FEW = 64 };		/* MOST: values of one document */
static const char *const names[FIND_FACETS] = { "kind", "country", "topic", "lang", "status", "year" };

struct value {
	uint64_t begin;			/* eight bytes of text; behind its end, zeros */
	struct str text;
	uint32_t doc;
};

static struct value value_of(struct str text, size_t doc)
{
	uint64_t begin = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		begin = begin << 8 | (i < text.n ? (unsigned char)text.p[i] : 0);
	return (struct value){ begin, text, (uint32_t)doc };
}

/* Most are told apart, and found alike, without looking where the text is. */
static int by_text(const void *pa, const void *pb)
{
	const struct value *a = pa, *b = pb;
	int d = a->begin != b->begin ? a->begin < b->begin ? -1 : 1 : a->text.n <= 8 && b->text.n <= 8 ?
	    (a->text.n > b->text.n) - (a->text.n < b->text.n) : str_cmp(a->text, b->text);

	return d ? d : (a->doc > b->doc) - (a->doc < b->doc);
}

/* Codes are written in either case; a facet has each once. */
static struct str folded(struct arena *a, struct str s, bool upper)
{
	char *p = arena_cstr(a, s);
	size_t i;

	for (i = 0; i < s.n; i++)
		if (upper ? p[i] >= 'a' && p[i] <= 'z' : p[i] >= 'A' && p[i] <= 'Z')
			p[i] ^= 0x20;
	return (struct str){ p, s.n };
}

/* The values of one document, at most max; none is fine. */
static size_t values_of(struct str *to, size_t max, struct arena *a, const struct entry *e, unsigned facet)
{
	const struct key *k = NULL;
	struct str one = STR_NONE;
	size_t i, n = 0;

	switch (facet) {
	case 0: one = cstr(e->kind->name); break;
	case 1: k = front_key(&e->original->doc.front, find_countries(e)); break;
	case 2: k = front_key(&e->original->doc.front, "topics"); break;
	case 3: one = e->lang; break;
	case 4: one = e->status; break;
	default: one = str_sub(e->date, 0, 4); break;
	}
	if (one.n)
		to[n++] = one;
	for (i = 0; k && i < k->n && n < max; i++)
		if (k->values[i].n)
			to[n++] = folded(a, k->values[i], facet == 1);
	return n;
}

struct str find_label(const struct find *f, unsigned facet, struct str value)
{
	static const char *const groups[FIND_FACETS] = { "kind", "countries", "topics", NULL, "value", NULL };
	const struct texts *t = groups[facet] ? copy_texts(f->copy) : NULL;
	struct str text = t ? text_of(t, groups[facet], value) : STR_NONE;
	const struct kind *k;

	if (text.n)
		return text;
	switch (facet) {
	case 0: return (k = kind_find(value)) ? cstr(k->label) : value;
	case 1: case 2: return vocab_label(&f->copy->vocab, groups[facet], value);
	case 3: return lang_name(value);
	default: return value;
	}
}

struct str find_owner(const struct find *f, struct str owner)
{
	char upper[2];
	const struct str country = { upper, 2 };
	struct str name = STR_NONE;
	size_t i;

	if (owner.n != 2) {
		if (copy_texts(f->copy))
			name = text_of(copy_texts(f->copy), "institutions", owner);
		return name.n ? name : vocab_label(&f->copy->vocab, "institutions", owner);
	}
	for (i = 0; i < 2; i++)
		upper[i] = (char)(owner.p[i] >= 'a' && owner.p[i] <= 'z' ? owner.p[i] - 32 : owner.p[i]);
	name = find_label(f, 1, country);
	return name.p == upper ? owner : name;	/* without one */
}

/* All values in order, each once; how many there are then. */
static size_t settle(struct find_facet *to)
{
	size_t i, n = 0;

	if (to->nvalues)
		qsort(to->values, to->nvalues, sizeof *to->values, str_order);
	for (i = 0; i < to->nvalues; i++)
		if (n == 0 || !str_eq(to->values[n - 1], to->values[i]))
			to->values[n++] = to->values[i];
	return to->nvalues = n;
}

/* The first `settled` values are in order, each once. Others come behind them and are put in order when they are as many, so
 * that a facet of a few values and one in which no document has what another has are both made quickly. */
static void put_value(struct find_facet *to, size_t *cap, size_t *settled, struct arena *a, struct str value)
{
	size_t at = str_lower(to->values, *settled, value);

	if (at < *settled && str_eq(to->values[at], value))
		return;
	if (to->nvalues == *cap)
		to->values = arena_grow(a, to->values, cap, sizeof *to->values);
	to->values[to->nvalues++] = value;
	if (to->nvalues > 2 * *settled + FEW)
		*settled = settle(to);
}

/* The sets of documents, and which is whose. */
static void make_sets(struct find_facet *to, struct find *f, const struct buf *bufs)
{
	struct value *sets = xmalloc((f->n + 1) * sizeof *sets);
	size_t i;

	for (i = 0; i < f->n; i++)
		sets[i] = value_of(buf_str(&bufs[i]), i);
	if (f->n)
		qsort(sets, f->n, sizeof *sets, by_text);
	for (i = 0; i < f->n; i++)
		to->nsets += i == 0 || !str_eq(sets[i].text, sets[i - 1].text);
	to->sets = arena_array(&f->a, to->nsets, sizeof *to->sets);
	to->column = arena_array(&f->a, f->n, sizeof *to->column);
	for (to->nsets = i = 0; i < f->n; i++) {
		if (i == 0 || !str_eq(sets[i].text, sets[i - 1].text))
			to->sets[to->nsets++] = arena_str(&f->a, sets[i].text);
		to->column[sets[i].doc] = (uint32_t)to->nsets - 1;
	}
	free(sets);
}

void find_facet(struct find *f, unsigned facet)
{
	struct find_facet *to = &f->facets[facet];
	struct arena a = ARENA_INIT;
	struct str *found = arena_array(&a, MOST, sizeof *found);
	struct found { struct str text; size_t doc; } *all = NULL;	/* by document */
	struct buf *bufs = arena_array(&a, f->n, sizeof *bufs);
	size_t n = 0, cap = 0, values = 0, settled = 0, i, k, got, at[MOST], first, put;

	to->name = names[facet];
	for (i = 0; i < f->n; i++)
		for (got = values_of(found, MOST, &f->a, f->docs[i], facet), k = 0; k < got; k++) {
			if (n == cap)
				all = arena_grow(&a, all, &cap, sizeof *all);
			all[n++] = (struct found){ found[k], i };
			put_value(to, &values, &settled, &f->a, found[k]);
		}
	(void)settle(to);
	to->labels = arena_array(&f->a, to->nvalues, sizeof *to->labels);
	for (i = 0; i < to->nvalues; i++)
		to->labels[i] = find_label(f, facet, to->values[i]);
	for (i = 0; i < n; i = k) {
		for (got = 0, k = i; k < n && all[k].doc == all[i].doc; k++) {	/* once in a document */
			put = str_lower(to->values, to->nvalues, all[k].text);
			for (first = got; first > 0 && at[first - 1] > put; first--)
				;
			if (first > 0 && at[first - 1] == put)
				continue;
			memmove(at + first + 1, at + first, (got++ - first) * sizeof *at);
			at[first] = put;
		}
		for (first = 0; first < got; first++)
			find_number(&bufs[all[i].doc], (uint32_t)at[first]);
	}
	make_sets(to, f, bufs);
	for (i = 0; i < f->n; i++)
		buf_free(&bufs[i]);
	arena_free(&a);
}
